"""What pages read again and again: results and frames, each read once and then remembered under short texts.

The only file that touches st.cache_*. What a remembered function is given names what it reads, and is never an array.
"""

import json
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.base.errors import AnalysisError, ResultMissing
from core.domain import (
    Analysis,
    Branches,
    Dataset,
    Evaluation,
    Features,
    Frame,
    Grouping,
    Hits,
    Lines,
    Listing,
    Named,
    Prediction,
    Quality,
    Recipe,
    Rivalry,
    Sheet,
    Split,
    Training,
    serialization,
)
from core.stages.metrics.curves import Curve, Sweep
from core.stages.networks.explain import projection
from core.stages.preprocessing.frame_clock import Clock, choosing, clock_of
from core.stages.video.quality import Finding, findings
from core.workflows import clips, datasets, predictions
from core.workflows import evaluation as evaluations
from core.workflows import frames as frames_of_clips
from core.workflows import texts as transcripts
from core.workflows.evaluation import choices, split_selection
from core.workflows.search import index, query, thumbnails
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import theme
from pages.ui.common.media import preview

# Frames and results of a clip ----------------------------------------------------------------------------------------


def frames(digest: str, index: int, reach: int) -> tuple[Frame, ...]:
    """The frame of that index with `reach` frames on either side, read-only, from the quick worker."""
    return _frames(str(state.settings().workspace), digest, index, reach)


@st.cache_resource(max_entries=6, show_spinner=False)
def _frames(workspace: str, digest: str, index: int, reach: int) -> tuple[Frame, ...]:
    time_s = float(state.store().video(digest).times_s[index])
    found = tuple(state.runner().ask(clips.moment, state.store(), digest, time_s, reach, reach))
    for frame in found:
        frame.image.flags.writeable = False
    return found


def clock(digest: str) -> Clock:
    """What the recipe makes of the clip's frames."""
    return _clock(str(state.settings().workspace), digest, serialization.to_json(choosing(state.recipe())))


@st.cache_resource(max_entries=32, show_spinner=False)
def _clock(workspace: str, digest: str, recipe_text: str) -> Clock:
    return clock_of(serialization.from_json(recipe_text, Recipe), state.store().video(digest))


@st.cache_resource(max_entries=16, show_spinner=False)
def _source_picture(workspace: str, digest: str, index: int) -> str:
    return preview.address(preview.middle(frames(digest, index, 0), index).image)


def source_picture(digest: str, index: int) -> str:
    """A frame of the clip as a page shows it: the address of a JPEG."""
    return _source_picture(str(state.settings().workspace), digest, index)


def sheet(digest: str, places: frames_of_clips.Places) -> Sheet:
    """The contact sheet of these places; the quick worker makes it where it is not there."""
    key = frames_of_clips.sheet_key(digest, places)
    if not state.store().has(key):
        state.runner().ask(frames_of_clips.make_sheet, state.store(), digest, places, timeout_s=120)
    return state.store().read(key, Sheet)


def sheet_pictures(digest: str, places: frames_of_clips.Places) -> tuple[dict, ...]:
    """The same as a page draws it: each picture's index, moment in words, and the address of a JPEG."""
    return _sheet_pictures(str(state.settings().workspace), digest, frames_of_clips.sheet_key(digest, places), places)


@st.cache_resource(max_entries=12, show_spinner=False)
def _sheet_pictures(workspace: str, digest: str, key: str, _places: frames_of_clips.Places) -> tuple[dict, ...]:
    return preview.drawn(sheet(digest, _places))


def quality(digest: str) -> Quality:
    """What was measured of a clip's frames."""
    return _quality(str(state.settings().workspace), digest)


@st.cache_resource(max_entries=4, show_spinner=False)
def _quality(workspace: str, digest: str) -> Quality:
    return state.store().read(frames_of_clips.quality_key(digest), Quality)


def quality_findings(digest: str) -> tuple[Finding, ...]:
    """What may go wrong in a clip, by what was measured of its frames."""
    return _quality_findings(str(state.settings().workspace), digest)


@st.cache_resource(max_entries=16, show_spinner=False)
def _quality_findings(workspace: str, digest: str) -> tuple[Finding, ...]:
    return findings(quality(digest), state.store().video(digest))


def analysis(digest: str, model: str) -> Analysis:
    """All that the model tells of the clip with the recipe at hand, and the words at hand where it reads them."""
    card, engine = state.models()[model], state.settings().engine
    key = predictions.prediction_key(state.store(), digest, state.recipe(), card, engine)
    return _analysis(str(state.settings().workspace), digest, state.recipe_json(), model, key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _analysis(workspace: str, digest: str, recipe_text: str, model: str, key: str) -> Analysis:
    used = serialization.from_json(recipe_text, Recipe)
    return predictions.analysis(state.store(), digest, used, state.models()[model], state.settings().engine)


def prediction(key: str) -> Prediction:
    """The scores stored under a key."""
    return _prediction(str(state.settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _prediction(workspace: str, key: str) -> Prediction:
    return state.store().read(key, Prediction)


def branches(key: str) -> Branches:
    """What picture and words say apart, by the key of what they say together."""
    return _branches(str(state.settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _branches(workspace: str, key: str) -> Branches:
    return state.store().read(predictions.branches_key(key), Branches)


def texts(digest: str) -> tuple[Lines, ...]:
    """The words that are kept beside a clip, by their source."""
    keys = " ".join(state.store().made_of(digest, transcripts.LINES))
    return _texts(str(state.settings().workspace), digest, keys) if keys else ()


@st.cache_resource(max_entries=8, show_spinner=False)
def _texts(workspace: str, digest: str, keys: str) -> tuple[Lines, ...]:
    return transcripts.lines_of(state.store(), digest)


def slots(labels: tuple[str, ...]) -> dict[str, int]:
    """The number of each label, from which its colour follows; the same for good."""
    return _slots(str(state.settings().workspace), labels)


@st.cache_resource(max_entries=64, show_spinner=False)
def _slots(workspace: str, labels: tuple[str, ...]) -> dict[str, int]:
    return state.store().label_slots(labels)


def plane(key: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps of the features stored under a key on a plane, and the share of variance of its two axes."""
    return _plane(str(state.settings().workspace), key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _plane(workspace: str, key: str) -> tuple[np.ndarray, np.ndarray]:
    return projection.plane(np.asarray(state.store().read(key, Features).values))


def picture_or_problem(digest: str, index: int) -> tuple[str, str]:
    """A frame of the clip as a page shows it, and why there is none if there is none."""
    try:
        return source_picture(digest, index), ""
    except AnalysisError as error:
        return "", f"{error} {error.hint}"


# Labelled sets --------------------------------------------------------------------------------------------------------


def dataset(entry: DatasetEntry) -> Dataset | None:
    """A labelled set; told and None where it cannot be read."""
    try:
        return _dataset(str(state.settings().workspace), entry.body)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None


def checked(key: str) -> Dataset:
    """What a check of a labelled set found, before it is taken in."""
    return state.store().read(key, Dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def _dataset(workspace: str, body: str) -> Dataset:
    return state.store().read(body, Dataset)


def kept_split(key: str) -> Split:
    """A split that was kept for a labelled set."""
    return state.store().read(key, Split)


def suggested_split(entry: DatasetEntry) -> Split:
    """The split that a labelled set gets where nobody chose one."""
    return _suggested_split(str(state.settings().workspace), entry.body)


@st.cache_resource(max_entries=4, show_spinner="Drawing groups")
def _suggested_split(workspace: str, body: str) -> Split:
    return datasets.split_for(_dataset(workspace, body))


def offers(entry: DatasetEntry) -> tuple[datasets.Offer, ...]:
    """The groupings that fit a labelled set."""
    return _offers(str(state.settings().workspace), entry.body)


@st.cache_resource(max_entries=4, show_spinner=False)
def _offers(workspace: str, body: str) -> tuple[datasets.Offer, ...]:
    return datasets.offers(_dataset(workspace, body))


def drawn_split(
    entry: DatasetEntry, grouping: Grouping, method: datasets.SplitMethod, count: int, seed: int, joins: tuple
) -> Split:
    """The split of a labelled set that is asked for; SplitInvalid where there is none such."""
    return _drawn_split(
        str(state.settings().workspace),
        entry.body,
        serialization.to_json(grouping),
        method,
        count,
        seed,
        serialization.to_json(joins),
    )


@st.cache_resource(max_entries=8, show_spinner="Drawing groups")
def _drawn_split(
    workspace: str, body: str, grouping: str, method: datasets.SplitMethod, count: int, seed: int, joins: str
) -> Split:
    found, told = _dataset(workspace, body), serialization.from_json(grouping, Grouping)
    pairs = serialization.from_json(joins, tuple[tuple[int, int], ...])
    return datasets.draw_split(found, told, method, count=count, seed=seed, joins=pairs)


def training_or_none(key: str) -> Training | None:
    """The training of that key; None where it was deleted."""
    with suppress(ResultMissing):
        return state.store().read(key, Training)
    return None


# Evaluations ----------------------------------------------------------------------------------------------------------


def evaluation(key: str) -> Evaluation:
    """The evaluation stored under a key."""
    return _evaluation(str(state.settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _evaluation(workspace: str, key: str) -> Evaluation:
    return evaluations.read(state.store(), key)


def rivalry(key: str) -> Rivalry:
    """The comparison of two evaluations stored under a key."""
    return _rivalry(str(state.settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _rivalry(workspace: str, key: str) -> Rivalry:
    return state.store().read(key, Rivalry)


def listing(key: str, choice: choices.Choice, order: str, first: int, most: int) -> Listing:
    """Some of the cases of an evaluation that a click asks for."""
    return _listing(str(state.settings().workspace), key, json.dumps(choice), order, first, most)


@st.cache_resource(max_entries=64, show_spinner=False)
def _listing(workspace: str, key: str, choice: str, order: str, first: int, most: int) -> Listing:
    found = _evaluation(workspace, key)
    kind, *rest = json.loads(choice)
    if kind == "changed":
        other, rival, what = rest
        both = found, _evaluation(workspace, other), _rivalry(workspace, rival)
        return evaluations.changed(*both, what, first=first, most=most)
    rows = choices.rows(found, (kind, *rest))
    return evaluations.cases(found, rows, order=order, first=first, most=most)  # type: ignore[arg-type]


def label_order(key: str, how: str, only: str) -> tuple[int, ...]:
    """The classes of an evaluation in an order."""
    return _label_order(str(state.settings().workspace), key, how, only)


@st.cache_resource(max_entries=32, show_spinner=False)
def _label_order(workspace: str, key: str, how: str, only: str) -> tuple[int, ...]:
    return evaluations.label_order(_evaluation(workspace, key), how, only)  # type: ignore[arg-type]


def curve(key: str, label: str, kind: str) -> Curve | None:
    """The ROC or precision-recall curve of a class."""
    return _curve(str(state.settings().workspace), key, label, kind)


@st.cache_resource(max_entries=32, show_spinner=False)
def _curve(workspace: str, key: str, label: str, kind: str) -> Curve | None:
    return evaluations.curve(_evaluation(workspace, key), label, kind)  # type: ignore[arg-type]


def sweep(key: str, label: str) -> Sweep:
    """What each threshold gives for a class."""
    return _sweep(str(state.settings().workspace), key, label)


@st.cache_resource(max_entries=32, show_spinner=False)
def _sweep(workspace: str, key: str, label: str) -> Sweep:
    return evaluations.sweep(_evaluation(workspace, key), label)


def lanes(key: str, unit: int) -> evaluations.Lanes:
    """Truth, prediction and where they differ, of a clip of an evaluation."""
    return _lanes(str(state.settings().workspace), key, unit)


@st.cache_resource(max_entries=64, show_spinner=False)
def _lanes(workspace: str, key: str, unit: int) -> evaluations.Lanes:
    return evaluations.lanes(state.store(), _evaluation(workspace, key), unit)


def named_split(entry: DatasetEntry, told: str, grouping: Grouping, model: str) -> str:
    """The key of the split of a labelled set that is asked for in a word, as for the command line; it is kept."""
    return _named_split(str(state.settings().workspace), entry.body, told, serialization.to_json(grouping), model)


@st.cache_resource(max_entries=32, show_spinner=False)
def _named_split(workspace: str, body: str, told: str, grouping: str, model: str) -> str:
    chosen = serialization.from_json(grouping, Grouping)
    return split_selection.split_named(state.store(), _dataset(workspace, body), told, chosen, model)


# Words ----------------------------------------------------------------------------------------------------------------


def hits(asked: str, digest: str = "") -> Hits:
    """What a search finds in the library, or in one clip; the quick worker searches."""
    return _hits(str(state.settings().workspace), asked, digest, index.stamp(state.store()))


@st.cache_resource(max_entries=16, show_spinner=False)
def _hits(workspace: str, asked: str, digest: str, stamp: str) -> Hits:
    return state.runner().ask(query.search, state.store(), asked, (digest,) if digest else None, timeout_s=90)


def name_of(digest: str) -> str:
    """The name of a clip; empty where it is gone."""
    try:
        return state.store().entry(digest).name
    except ResultMissing:
        return ""


def named(key: str) -> Named:
    """What was found of labels in words, stored under a key."""
    return _named(str(state.settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _named(workspace: str, key: str) -> Named:
    return state.store().read(key, Named)


def moment_picture(digest: str, time_s: float) -> Path:
    """A small picture of a moment, which the quick worker makes where it is not there."""
    key = thumbnails.picture_key(digest, time_s)
    if not state.store().has(key):
        state.runner().ask(thumbnails.make_picture, state.store(), digest, time_s)
    return state.store().file_path(key)


@st.cache_resource(scope="session", show_spinner=False)
def downloads_of_this_session() -> dict[str, deque[Any]]:
    """The files that this session may download, by the place on a page; see downloads.py. Gone with the session."""
    return {}
