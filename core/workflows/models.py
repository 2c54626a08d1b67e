"""The models of this machine: where they lie, their cards, and what is wrong with broken ones."""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import AnalysisError, FormatInvalid
from core.base.registry import BACKBONES, unknown
from core.base.settings import ROOT, Settings
from core.domain import (
    ModelCard,
    serialization,
)
from core.stages.tracks import segmentation
from core.workspace.store import Store

if TYPE_CHECKING:
    from core.stages.networks.text_branch import TextBranch


DEFAULT_MODEL = "kinetics400"  # knows the most, so it is what a newcomer should see first


def models(settings: Settings) -> dict[str, ModelCard]:
    """The networks that can be used, by name: cards in the folders of `settings`, the project's own first."""
    return {name: card for name, (card, _folder) in _survey(settings.models)[0].items()}


def broken_models(settings: Settings) -> dict[str, AnalysisError]:
    """What is wrong with those that cannot be used, by the folder they lie in."""
    return _survey(settings.models)[1]


def _survey(places: tuple[Path, ...]) -> tuple[dict[str, tuple[ModelCard, Path]], dict[str, AnalysisError]]:
    found: dict[str, tuple[ModelCard, Path]] = {}
    broken: dict[str, AnalysisError] = {}
    for path in (path for place in places for path in sorted(place.glob("*/card.json"))):
        try:
            card = _card(path, path.stat().st_mtime_ns)
            if card.name in found:
                raise FormatInvalid(f"{path}: there already is a model named {card.name!r}.", "Rename one of the two.")
            found[card.name] = (card, path.parent)
        except AnalysisError as error:
            broken[str(path.parent)] = error
    return found, broken


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
            f"{path}: made for version {card.backbone_version} of {card.backbone}, here is {backbone.version}.",
            "Train it again on this version's features.",
        )
    if not card.labels or len(set(card.labels)) < len(card.labels) or segmentation.NOTHING in card.labels:
        raise FormatInvalid(f"{path}: labels must differ, and none may be {segmentation.NOTHING!r}.")
    if not 0 <= card.threshold <= 1 or not 0 <= card.smooth_s < math.inf:
        raise FormatInvalid(f"{path}: threshold {card.threshold} or smooth_s {card.smooth_s} is out of range.")
    if card.network != Path(card.network).name:
        raise FormatInvalid(f"{path}: expected a file of this folder as network, got {card.network!r}.")
    if card.words != Path(card.words).name or (card.words and not card.network):
        raise FormatInvalid(f"{path}: expected a file of this folder as words beside a network, got {card.words!r}.")


def model_of(store: Store, name: str) -> tuple[ModelCard, Path]:
    found, broken = _survey((ROOT / "models", store.workspace / "models"))
    for folder, error in broken.items():
        if Path(folder).name == name:
            raise error
    if name not in found:
        raise unknown("model", name, found)
    return found[name]


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
