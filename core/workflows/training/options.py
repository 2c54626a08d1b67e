"""What can be chosen about a training.

The defaults were chosen on validation groups; crop, noise and learning rate on draws of few clips of UCF101 and of the
made set.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from core.base.registry import BACKBONES
from core.domain import Recipe
from core.stages.networks.recurrent import NetworkSettings
from core.stages.preprocessing.filters import Lighten
from core.stages.preprocessing.geometry import Resize
from core.stages.preprocessing.sampling import Hold


@dataclass(frozen=True)
class Options(NetworkSettings):
    """How a network is trained on a fold.

    stop_early: the validation groups say after which epoch it is best, and the training ends there. again: it is
    then retrained for as many epochs with the validation groups included. Without stop_early all epochs are run, and
    the validation groups are learned like the others: where clips are few, they serve better so than as judges.
    """

    dropout: float = 0.5
    learning_rate: float = 6e-3
    epochs: int = 40
    stretch: float = 0.3
    crop: float = 0.7
    noise: float = 0.2
    stop_early: bool = False
    again: bool = True


DIALS = {
    "small": Options(units=32, epochs=25, patience=6),
    "medium": Options(),
    "large": Options(units=128, layers=2, epochs=60, patience=12, stop_early=True),
}
LEAST_STEPS = 4
SQUARE_PX = 224  # side of the picture that all CNNs take
PLAIN = "-plain"
VIEWS = ("whole", "middle", f"whole{PLAIN}", f"middle{PLAIN}")


def view(name: str, backbone: str) -> Recipe:
    """The steps of a training that a CNN needs: which part of the picture it sees, whether dark pictures are
    lightened, and an end that is held for motion.

    "whole": all of it, squeezed into a square; "middle": the largest square in its middle. Names that end in PLAIN
    leave dark pictures as they are.
    """
    area, lightened = name.removesuffix(PLAIN), not name.endswith(PLAIN)
    squeezed = (Resize(SQUARE_PX, SQUARE_PX, "stretch"),) if area == "whole" else ()  # pyright: ignore[reportCallIssue]
    lighten = (Lighten(),) if lightened else ()  # pyright: ignore[reportCallIssue]
    return Recipe((*squeezed, *lighten, *((Hold(),) if BACKBONES[backbone].volumetric else ())))


def sized(options: Options, clips: int) -> Options:
    """The options with batches small enough that each epoch has at least LEAST_STEPS steps, where clips allow."""
    return replace(options, batch_size=min(options.batch_size, max(1, clips // LEAST_STEPS)))


def options_of(settings: dict[str, Any]) -> Options:
    """The options out of what was stored of them; what is not known any more is left out."""
    known = {field.name for field in fields(Options)}
    return Options(**{name: value for name, value in settings.items() if name in known})


def plain(options: NetworkSettings) -> dict[str, Any]:
    """The options as they are stored."""
    return asdict(options)
