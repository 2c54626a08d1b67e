"""Cached frames, measurements and predictions of clips."""

from pathlib import Path

import numpy as np

from core.base.errors import AnalysisError, ResultMissing
from core.domain import Analysis, Branches, Features, Frame, Lines, Prediction, Quality, Recipe, Sheet
from core.stages.networks.explain import projection
from core.stages.preprocessing.frame_clock import Clock, choosing, clock_of
from core.stages.quality import QualityFinding, findings
from core.workflows import clip_results, clips, predictions, texts
from core.workflows import frames as frames_workflow
from core.workflows.search import thumbnails
from pages.ui import state
from pages.ui.cache.memory import cached
from pages.ui.common.media import preview


def name_of(digest: str) -> str:
    """The name of a clip; empty where it is gone."""
    try:
        return state.store().entry(digest).name
    except ResultMissing:
        return ""


@cached(most=6)
def frames(digest: str, index: int, reach: int) -> tuple[Frame, ...]:
    """The frame of that index with `reach` frames on either side, read-only, from the quick worker."""
    time_s = float(state.store().video(digest).times_s[index])
    decoded = tuple(state.runner().ask(clips.moment, state.store(), digest, time_s, reach, reach))
    for frame in decoded:
        frame.image.flags.writeable = False
    return decoded


def clock(digest: str) -> Clock:
    """The frames of the clip after the recipe."""
    return _clock(digest, choosing(state.recipe()))


@cached(most=32)
def _clock(digest: str, recipe: Recipe) -> Clock:
    return clock_of(recipe, state.store().video(digest))


@cached(most=16)
def source_picture(digest: str, index: int) -> str:
    """A frame of the clip as a page shows it: the address of a JPEG."""
    return preview.address(preview.middle(frames(digest, index, 0), index).image)


def picture_or_problem(digest: str, index: int) -> tuple[str, str]:
    """The address of a frame as JPEG, and the reason if there is none."""
    try:
        return source_picture(digest, index), ""
    except AnalysisError as error:
        return "", f"{error} {error.hint}"


def sheet(digest: str, cells: frames_workflow.Places) -> Sheet:
    """The contact sheet of these frames; the quick worker makes it where it is not there."""
    key = frames_workflow.sheet_key(digest, cells)
    if not state.store().has(key):
        state.runner().ask(frames_workflow.make_sheet, state.store(), digest, cells, timeout_s=120)
    return state.store().read(key, Sheet)


@cached(most=12)
def sheet_pictures(digest: str, cells: frames_workflow.Places) -> tuple[dict, ...]:
    """The same as a page draws it: the index of each picture, its moment in words, and the address of a JPEG."""
    return preview.drawn(sheet(digest, cells))


def moment_picture(digest: str, time_s: float) -> Path:
    """A small picture of a moment, which the quick worker makes where it is not there."""
    key = thumbnails.picture_key(digest, time_s)
    if not state.store().has(key):
        state.runner().ask(thumbnails.make_picture, state.store(), digest, time_s)
    return state.store().file_path(key)


@cached(most=4)
def quality(digest: str) -> Quality:
    """What was measured of a clip's frames."""
    return state.store().read(frames_workflow.quality_key(digest), Quality)


@cached(most=16)
def quality_findings(digest: str) -> tuple[QualityFinding, ...]:
    """The findings of the quality check of a clip."""
    return findings(quality(digest), state.store().video(digest))


def analysis(digest: str, model: str) -> Analysis:
    """What the model predicts for the clip with the current recipe (and the texts of the clip, if it reads text)."""
    card, engine = state.models()[model], state.settings().engine
    key = predictions.prediction_key(state.store(), digest, state.recipe(), card, engine)

    return analysis_at(digest, model, key)


@cached(most=16)
def analysis_at(digest: str, model: str, key: str) -> Analysis:
    """The same from the prediction that is stored under a key."""
    return predictions.analysis_at(state.store(), digest, state.models()[model], key)


def results(digest: str) -> list[clip_results.ClipResult]:
    """The stored predictions of a clip, the newest first."""
    keys = " ".join(key for key, _ in state.store().written_of(digest, *predictions.KINDS))
    models = " ".join(f"{card.name}:{card.version}" for card in state.models().values())
    return _results(digest, keys, models) if keys else []


@cached(most=32)
def _results(digest: str, keys: str, models: str) -> list[clip_results.ClipResult]:
    return clip_results.stored(state.store(), digest, state.models(), state.settings().engine)


@cached(most=4)
def prediction(key: str) -> Prediction:
    """The scores stored under a key."""
    return state.store().read(key, Prediction)


@cached(most=4)
def branches(key: str) -> Branches:
    """The scores of picture and text apart, by the key of the scores of both together."""
    return state.store().read(predictions.branches_key(key), Branches)


def transcripts(digest: str) -> tuple[Lines, ...]:
    """The texts that are stored with a clip, by their source."""
    keys = " ".join(state.store().made_of(digest, texts.LINES))
    return _transcripts(digest, keys) if keys else ()


@cached(most=8)
def _transcripts(digest: str, keys: str) -> tuple[Lines, ...]:
    return texts.lines_of(state.store(), digest)


def slots(labels: tuple[str, ...]) -> dict[str, int]:
    """The number of each label, from which its colour follows."""
    return state.store().label_slots(labels)


@cached(most=8)
def plane(key: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps of the features stored under a key on a plane, and the share of variance of its two axes."""
    return projection.plane(np.asarray(state.store().read(key, Features).values))
