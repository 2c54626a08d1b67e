"""The models of this machine: where they are stored, their cards, and what is wrong with broken ones."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from core.base.errors import AnalysisError, FormatInvalid
from core.base.registry import BACKBONES, unknown
from core.base.settings import Settings, model_folders
from core.domain import (
    ModelCard,
    serialization,
)
from core.stages.tracks import segmentation
from core.workspace.store import Store

if TYPE_CHECKING:
    from core.stages.networks.text_branch import TextBranch


DEFAULT_MODEL = "kinetics400"  # knows the most, so it is what a newcomer should see first


def name_of(title: str) -> str:
    """The name of a model for what a person calls it: lowercase letters, digits and hyphens, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "model"


@dataclass(frozen=True)
class ModelLibrary:
    """The models of this machine: each is a folder with a card, beside the network that the card names.

    folders: where the models are; the last one is the workspace's own, which takes trained and imported models.
    """

    folders: tuple[Path, ...]

    @classmethod
    def of(cls, owner: Settings | Store) -> Self:
        """The models that these settings name, or that a program with this store can use."""
        return cls(owner.models if isinstance(owner, Settings) else model_folders(owner.workspace))

    def cards(self) -> dict[str, ModelCard]:
        """The models that can be used, by name; the project's own first."""
        return {name: card for name, (card, _folder) in self._survey()[0].items()}

    def broken(self) -> dict[str, AnalysisError]:
        """What is wrong with the models that cannot be used, by folder."""
        return self._survey()[1]

    def names(self) -> list[str]:
        """The names of all models, broken ones included."""
        return [path.parent.name for path in self._card_files()]

    def get(self, name: str) -> tuple[ModelCard, Path]:
        """The card and the folder of a model; an error says what is wrong with a broken or unknown one."""
        usable, broken = self._survey()
        for folder, error in broken.items():
            if Path(folder).name == name:
                raise error
        if name not in usable:
            raise unknown("model", name, usable)
        return usable[name]

    def own(self) -> Self:
        """The models that were trained or imported in this workspace."""
        return replace(self, folders=self.folders[-1:])

    def own_folder(self, name: str) -> Path:
        """The folder of a model of the workspace, whether it exists or not."""
        return self.folders[-1] / name

    def free_name(self, wanted: str, *, exactly: bool = False) -> str:
        """A model name that is not in use: lowercase letters, digits and hyphens.

        exactly: give `wanted` itself, or raise an error.
        """
        name = name_of(wanted)
        taken = {*self.names(), "backbones"}
        if exactly and (name != wanted or name in taken):
            reason = "is already in use" if name in taken else "contains characters that are not allowed"
            raise AnalysisError(
                f"The model name {wanted!r} {reason}.", "Use another name: lowercase letters, digits and hyphens."
            )
        numbered = (name, *(f"{name}-{number}" for number in range(2, 10_000)))
        return next(candidate for candidate in numbered if candidate not in taken)

    def _card_files(self) -> list[Path]:
        return [path for folder in self.folders for path in sorted(folder.glob("*/card.json"))]

    def _survey(self) -> tuple[dict[str, tuple[ModelCard, Path]], dict[str, AnalysisError]]:
        usable: dict[str, tuple[ModelCard, Path]] = {}
        broken: dict[str, AnalysisError] = {}
        for path in self._card_files():
            try:
                card = _card(path, path.stat().st_mtime_ns)
                if card.name in usable:
                    raise FormatInvalid(
                        f"{path}: there is already a model named {card.name!r}.", "Rename one of the two."
                    )
                usable[card.name] = (card, path.parent)
            except AnalysisError as error:
                broken[str(path.parent)] = error
        return usable, broken


@lru_cache(maxsize=256)
def _card(path: Path, _changed: int) -> ModelCard:
    """The card in a file, checked against its folder and its CNN."""
    try:
        card = serialization.from_json(path.read_text(encoding="utf-8"), ModelCard, source=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise FormatInvalid(f"{path} cannot be read: {error}") from error
    if card.name != path.parent.name:
        raise FormatInvalid(f"{path}: expected the folder's name {path.parent.name!r}, got {card.name!r}.")
    check_card(card, path)
    return card


def check_card(card: ModelCard, path: Path | str) -> None:
    """Refuse a card that does not fit its CNN, or says what cannot be."""
    backbone = BACKBONES[card.backbone]
    if card.backbone_version != backbone.version:
        raise FormatInvalid(
            f"{path}: made for version {card.backbone_version} of {card.backbone}, here is version {backbone.version}.",
            "Train the model again with this version.",
        )
    if not card.labels or len(set(card.labels)) < len(card.labels) or segmentation.NOTHING in card.labels:
        raise FormatInvalid(f"{path}: labels must differ, and none may be {segmentation.NOTHING!r}.")
    if not 0 <= card.threshold <= 1 or not 0 <= card.smooth_s < math.inf:
        raise FormatInvalid(f"{path}: threshold {card.threshold} or smooth_s {card.smooth_s} is out of range.")
    if card.network != Path(card.network).name:
        raise FormatInvalid(f"{path}: expected a file of this folder as network, got {card.network!r}.")
    if card.words != Path(card.words).name or (card.words and not card.network):
        raise FormatInvalid(f"{path}: expected a file of this folder as words beside a network, got {card.words!r}.")


@lru_cache(maxsize=8)
def network_of(path: Path, sha256: str) -> Callable[[np.ndarray], np.ndarray]:
    """The recurrent network, kept between clips."""
    from core.stages.networks import recurrent

    return recurrent.load(path, sha256)


@lru_cache(maxsize=8)
def branch_of(path: Path, sha256: str, labels: int) -> "TextBranch":
    """The text branch, kept between clips."""
    from core.stages.networks import text_branch

    return text_branch.load(path, sha256, labels)
