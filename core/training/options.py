"""What can be chosen about a training, with defaults that were chosen on validation groups alone."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from core.domain import Recipe
from core.network import NetworkSettings
from core.preprocess import Resize


@dataclass(frozen=True)
class Options(NetworkSettings):
    """How a network is trained on a fold.

    stop_early: the validation groups say after which pass it is best, and the training ends there. again: it then
    learns once more for as many passes from the validation groups too. Without stop_early all passes are run, and the
    validation groups are learned like the others.
    """

    dropout: float = 0.5
    epochs: int = 40
    stretch: float = 0.3
    stop_early: bool = True
    again: bool = True


DIALS = {
    "small": Options(units=32, epochs=25, patience=6),
    "medium": Options(),
    "large": Options(units=128, layers=2, epochs=60, patience=12),
}
SQUARE_PX = 224  # side of the picture that all CNNs take
VIEWS = {
    "whole": Recipe((Resize(SQUARE_PX, SQUARE_PX, "stretch"),)),  # pyright: ignore[reportCallIssue]
    "middle": Recipe(),
}


def options_of(settings: dict[str, Any]) -> Options:
    """The options out of what was stored of them; what is not known any more is left out."""
    known = {field.name for field in fields(Options)}
    return Options(**{name: value for name, value in settings.items() if name in known})


def plain(options: NetworkSettings) -> dict[str, Any]:
    """The options as they are stored."""
    return asdict(options)
