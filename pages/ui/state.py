"""The only file that touches st.session_state, st.query_params and st.cache_*.

Session state holds names, keys and short texts, never arrays or models. The clip, the moment, the recipe and the model
are mirrored in the address, so that a link opens what its sender saw.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import streamlit as st

from core import codec, datasets, explain, pipeline, transcripts
from core import evaluation as evaluations
from core import frames as frames_of_clips
from core import settings as core_settings
from core.clock import Clock, choosing, clock_of
from core.domain import (
    Analysis,
    Dataset,
    Evaluation,
    Features,
    Frame,
    Grouping,
    Hits,
    Lines,
    Listing,
    ModelCard,
    Named,
    Prediction,
    Quality,
    Recipe,
    Rivalry,
    Sheet,
    Split,
    Step,
    Training,
    VideoInfo,
)
from core.errors import AnalysisError, FormatInvalid, ResultMissing
from core.jobs import Runner
from core.metrics.curves import Curve, Sweep
from core.quality import Finding, findings
from core.settings import Settings
from core.store import DatasetEntry, Store, VideoEntry
from core.training import command
from core.words import index, picturing, searching
from pages.ui import evaluate_choice, preview, theme

IN_WORDS = "in-words"  # stands where a model is named
PREFIX = 16  # hex digits of a digest that an address carries
LONGEST_RECIPE = 64_000  # characters of a recipe out of an address
ADDRESS = ("video", "t", "model", "recipe", "q", "labels")
LONGEST_WORDS = 5000  # characters of labels in words out of an address


# What the program works with ----------------------------------------------------------------------------------------


def settings() -> Settings:
    """The settings of this server."""
    return core_settings.current()


def store() -> Store:
    """The workspace."""
    return _store(settings())


def runner() -> Runner:
    """The workers; they start with the first call, in the background."""
    return _runner(settings())


def close() -> None:
    """End the workers."""
    if _runner.cache_info().currsize:
        runner().close()
        _runner.cache_clear()


@cache
def _store(chosen: Settings) -> Store:
    return Store(chosen.workspace)


@cache
def _runner(chosen: Settings) -> Runner:
    place = _store(chosen)
    return Runner(place, scheduler=chosen.scheduler, memory_bytes=chosen.worker_memory_bytes, log=place.worker_log)


# The address --------------------------------------------------------------------------------------------------------


def follow_address() -> None:
    """Take over what the address says where it differs from what was last written there, then write what is true."""
    told = {name: st.query_params[name] for name in ADDRESS if name in st.query_params}
    if told and told != st.session_state.get("address"):
        _adopt(told)
    mirror()


def mirror() -> None:
    """Write the clip, the moment, the model and the recipe into the address."""
    told = _described()
    if told != {name: st.query_params[name] for name in ADDRESS if name in st.query_params}:
        others = {name: value for name, value in st.query_params.items() if name not in ADDRESS}
        st.query_params.from_dict(others | told)
    st.session_state["address"] = told


def _described() -> dict[str, str]:
    digest, query = st.session_state.get("video", ""), st.session_state.get("query", "")
    asked = {"q": query} if query else {}
    if not digest:
        return asked
    told = {"video": digest[:PREFIX]} | asked
    if st.session_state.get("moment_s"):
        told["t"] = f"{st.session_state['moment_s']:.3f}".rstrip("0").rstrip(".")
    if "model" in st.session_state:
        told["model"] = st.session_state["model"]
    if in_words() and named_text():
        told["labels"] = named_text()
    if recipe().steps:
        told["recipe"] = packed(recipe())
    return told


def packed(chosen: Recipe) -> str:
    """A recipe as an address carries it."""
    return base64.urlsafe_b64encode(zlib.compress(codec.to_json(chosen).encode(), 9)).decode().rstrip("=")


def _adopt(told: Mapping[str, str]) -> None:
    if "q" in told:
        ask(told["q"])
    if "labels" in told:
        name_labels(told["labels"][:LONGEST_WORDS])
    if "video" in told:
        try:
            st.session_state["video"] = store().find_video(told["video"]).digest
        except ResultMissing:
            st.warning("The clip that this link names is not in this library.", icon=":material/link_off:")
            return
    if "t" in told:
        st.session_state["moment_s"] = _number(told["t"])
        st.session_state["touched"] = st.session_state.get("touched", 0) + 1
    if "model" in told:
        st.session_state["model"] = told["model"]
    if "recipe" in told and (sent := _unpacked(told["recipe"])) is not None and sent != recipe():
        use_recipe(sent)


def _number(text: str) -> float:
    """A moment out of an address; 0 for anything that is none."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 <= number < 1e6 else 0.0


def _unpacked(text: str) -> Recipe | None:
    """A recipe out of an address; None for anything that is none."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        plain = zlib.decompressobj().decompress(packed, LONGEST_RECIPE)
        return codec.from_json(plain.decode(), Recipe, source="the address")
    except (ValueError, zlib.error, AnalysisError):
        return None


# The clip and the moment --------------------------------------------------------------------------------------------


def entries() -> list[VideoEntry]:
    """All clips of the library, the latest first."""
    return store().videos()


def chosen_digest() -> str:
    """The clip that is worked on; empty if there is none."""
    return st.session_state.get("video", "")


def choose(digest: str) -> None:
    """Work on another clip from now on, from its start."""
    if digest != st.session_state.get("video"):
        st.session_state["video"] = digest
        st.session_state["moment_s"] = 0.0
        st.session_state["touched"] = st.session_state.get("touched", 0) + 1


def chosen_video() -> VideoInfo:
    """The clip that is worked on, at first the latest; a page without one stops here and says what to do."""
    with suppress(ResultMissing):
        return store().video(chosen_digest())
    known = entries()
    if not known:
        _no_clip()
    choose(known[0].info.digest)
    return known[0].info


def _no_clip() -> NoReturn:
    """Say what to do without a clip, and end the page."""
    st.session_state.pop("video", None)
    theme.empty("There is no clip yet", "Add one in the library: your own, or the sample clip to try things with.")
    if st.button("Open the library", type="primary", icon=":material/video_library:"):
        go("library")
    st.stop()


def delete(digest: str) -> None:
    """Delete a clip from the library with all that was made of it."""
    try:
        store().delete_video(digest)
    except AnalysisError as error:
        remember("problem", (str(error), error.hint))
    if st.session_state.get("video") == digest:
        for name in ("video", "moment_s"):
            st.session_state.pop(name, None)


def show_problem() -> None:
    """Tell what went wrong in a callback, once."""
    told = st.session_state.pop("page.problem", None)
    if told:
        theme.problem(*told)


def go(page: str, digest: str = "") -> None:
    """Show another page, with another clip if one is named."""
    if digest:
        choose(digest)
    st.switch_page(f"../{page}.py", query_params=_described())


def moment_s(info: VideoInfo) -> float:
    """The moment that is looked at, within the clip."""
    return min(max(st.session_state.get("moment_s", 0.0), 0.0), float(info.times_s[-1]))


def set_moment(time_s: float) -> None:
    """Look at another moment from now on."""
    st.session_state["moment_s"] = float(time_s)


def jump(time_s: float) -> None:
    """Look at another moment, and let all that shows the moment begin there."""
    set_moment(time_s)
    st.session_state["touched"] = touched() + 1


def touched() -> int:
    """Counts how often the moment was set from elsewhere than its slider, which then begins anew."""
    return st.session_state.get("touched", 0)


# The recipe ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A step in the making. uid: its number in this session; on: whether it takes part."""

    uid: int
    on: bool
    step: Any


def parts() -> tuple[Part, ...]:
    """All steps in order, those that are switched off too."""
    return tuple(Part(uid, on, _step(text)) for uid, on, text in st.session_state.get("parts", ()))


def set_parts(changed: tuple[Part, ...]) -> None:
    """Keep these steps in place of those before."""
    st.session_state["parts"] = tuple((part.uid, part.on, codec.to_json(part.step)) for part in changed)


def new_uid() -> int:
    """A number for a step that no other step of this session has had."""
    st.session_state["uid"] = st.session_state.get("uid", 0) + 1
    return st.session_state["uid"]


def recipe() -> Recipe:
    """The steps that are switched on."""
    return Recipe(tuple(part.step for part in parts() if part.on))


def recipe_json() -> str:
    """The same as canonical text."""
    return codec.to_json(recipe())


def use_recipe(chosen: Recipe) -> None:
    """Work with a copy of this recipe from now on."""
    set_parts(tuple(Part(new_uid(), True, step) for step in chosen.steps))


@cache
def _parsed(text: str) -> Any:
    return codec.from_json(text, Step)  # type: ignore[type-abstract]


def _step(text: str) -> Any:
    if _parsed.cache_info().currsize > 10_000:
        _parsed.cache_clear()
    return _parsed(text)


# The model ----------------------------------------------------------------------------------------------------------


def models() -> dict[str, ModelCard]:
    """The models that can be used, by name."""
    return pipeline.models(settings())


def broken_models() -> dict[str, AnalysisError]:
    """What is wrong with the models that cannot be used, by their folder."""
    return pipeline.broken_models(settings())


def chosen_model() -> ModelCard | None:
    """The model that is used; where none was chosen the usual one, or the first; None where there is none."""
    known = models()
    wanted = known.get(st.session_state.get("model", "")) or known.get(pipeline.DEFAULT_MODEL)
    return wanted or next(iter(known.values()), None)


def own_models() -> dict[str, ModelCard]:
    """The models that were trained or taken in here, by name."""
    return pipeline.models(replace(settings(), models=settings().models[1:]))


def choose_model(name: str) -> None:
    """Use another model from now on."""
    st.session_state["model"] = name


def in_words() -> bool:
    """Whether labels in words are looked for, in place of those of a model."""
    return st.session_state.get("model") == IN_WORDS


def named_text() -> str:
    """The labels in words, one a line, as they were typed."""
    return st.session_state.get("labels", "")


def name_labels(text: str) -> None:
    """Look for these labels in words from now on."""
    st.session_state["labels"] = text


def query() -> str:
    """What is searched for."""
    return st.session_state.get("query", "")


def ask(text: str) -> None:
    """Search for this from now on."""
    st.session_state["query"] = " ".join(text.split())[: searching.LONGEST_QUERY]


# Small things that pages remember -----------------------------------------------------------------------------------


def remember(name: str, value: str | int | float | tuple) -> None:
    """Keep a small value of this session under a name of a page's own."""
    st.session_state[f"page.{name}"] = value


def remembered(name: str, default: Any) -> Any:
    """What was kept under that name."""
    return st.session_state.get(f"page.{name}", default)


def widget(key: str) -> Any:
    """What the widget of that key says; None before it was drawn."""
    return st.session_state.get(key)


def set_widget(key: str, value: str | int | float | bool) -> None:
    """Let the widget of that key say this when it is drawn next; for callbacks."""
    st.session_state[key] = value


def is_dark() -> bool:
    """Whether the page is shown on a dark ground."""
    return st.context.theme.type == "dark"


# Remembered reads: only texts and numbers name them -----------------------------------------------------------------


def frames(digest: str, index: int, reach: int) -> tuple[Frame, ...]:
    """The frame of that index with `reach` frames on either side, read-only, from the quick worker."""
    return _frames(str(settings().workspace), digest, index, reach)


@st.cache_resource(max_entries=6, show_spinner=False)
def _frames(workspace: str, digest: str, index: int, reach: int) -> tuple[Frame, ...]:
    time_s = float(store().video(digest).times_s[index])
    found = tuple(runner().ask(pipeline.moment, store(), digest, time_s, reach, reach))
    for frame in found:
        frame.image.flags.writeable = False
    return found


def clock(digest: str) -> Clock:
    """What the recipe makes of the clip's frames."""
    return _clock(str(settings().workspace), digest, codec.to_json(choosing(recipe())))


@st.cache_resource(max_entries=32, show_spinner=False)
def _clock(workspace: str, digest: str, recipe_text: str) -> Clock:
    return clock_of(codec.from_json(recipe_text, Recipe), store().video(digest))


@st.cache_resource(max_entries=16, show_spinner=False)
def _source_picture(workspace: str, digest: str, index: int) -> str:
    return preview.address(preview.middle(frames(digest, index, 0), index).image)


def source_picture(digest: str, index: int) -> str:
    """A frame of the clip as a page shows it: the address of a JPEG."""
    return _source_picture(str(settings().workspace), digest, index)


def sheet(digest: str, places: frames_of_clips.Places) -> Sheet:
    """The contact sheet of these places; the quick worker makes it where it is not there."""
    key = frames_of_clips.sheet_key(digest, places)
    if not store().has(key):
        runner().ask(frames_of_clips.make_sheet, store(), digest, places, timeout_s=120)
    return store().read(key, Sheet)


def sheet_pictures(digest: str, places: frames_of_clips.Places) -> tuple[dict, ...]:
    """The same as a page draws it: each picture's index, moment in words, and the address of a JPEG."""
    return _sheet_pictures(str(settings().workspace), digest, frames_of_clips.sheet_key(digest, places), places)


@st.cache_resource(max_entries=12, show_spinner=False)
def _sheet_pictures(workspace: str, digest: str, key: str, _places: frames_of_clips.Places) -> tuple[dict, ...]:
    return preview.drawn(sheet(digest, _places))


def quality(digest: str) -> Quality:
    """What was measured of a clip's frames."""
    return _quality(str(settings().workspace), digest)


@st.cache_resource(max_entries=4, show_spinner=False)
def _quality(workspace: str, digest: str) -> Quality:
    return store().read(frames_of_clips.quality_key(digest), Quality)


def quality_findings(digest: str) -> tuple[Finding, ...]:
    """What may go wrong in a clip, by what was measured of its frames."""
    return _quality_findings(str(settings().workspace), digest)


@st.cache_resource(max_entries=16, show_spinner=False)
def _quality_findings(workspace: str, digest: str) -> tuple[Finding, ...]:
    return findings(quality(digest), store().video(digest))


def analysis(digest: str, model: str) -> Analysis:
    """All that the model tells of the clip with the recipe at hand."""
    return _analysis(str(settings().workspace), digest, recipe_json(), model, models()[model].version)


@st.cache_resource(max_entries=16, show_spinner=False)
def _analysis(workspace: str, digest: str, recipe_text: str, model: str, version: str) -> Analysis:
    used = codec.from_json(recipe_text, Recipe)
    return pipeline.analysis(store(), digest, used, models()[model], settings().engine)


def prediction(key: str) -> Prediction:
    """The scores stored under a key."""
    return _prediction(str(settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _prediction(workspace: str, key: str) -> Prediction:
    return store().read(key, Prediction)


def texts(digest: str) -> tuple[Lines, ...]:
    """The words that are kept beside a clip, by their source."""
    keys = " ".join(sorted(key for key, video in store().made(transcripts.LINES) if video == digest))
    return _texts(str(settings().workspace), digest, keys) if keys else ()


@st.cache_resource(max_entries=8, show_spinner=False)
def _texts(workspace: str, digest: str, keys: str) -> tuple[Lines, ...]:
    return transcripts.lines_of(store(), digest)


def slots(labels: tuple[str, ...]) -> dict[str, int]:
    """The number of each label, from which its colour follows; the same for good."""
    return _slots(str(settings().workspace), labels)


@st.cache_resource(max_entries=64, show_spinner=False)
def _slots(workspace: str, labels: tuple[str, ...]) -> dict[str, int]:
    return store().label_slots(labels)


def position(info: VideoInfo, time_s: float) -> int:
    """The index of the frame on screen at a moment."""
    return max(0, int(np.searchsorted(info.times_s, time_s + 5e-4, side="right")) - 1)


def read_recipe(name: str, content: bytes) -> Recipe:
    """A recipe out of a file; FormatInvalid or RecipeInvalid say what is wrong with it."""
    try:
        return codec.from_json(content.decode("utf-8"), Recipe, source=name)
    except UnicodeDecodeError as error:
        raise FormatInvalid(f"{name} is no text.", "Choose a recipe that was downloaded from here.") from error


def plane(key: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps of the features stored under a key on a plane, and the share of variance of its two axes."""
    return _plane(str(settings().workspace), key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _plane(workspace: str, key: str) -> tuple[np.ndarray, np.ndarray]:
    return explain.plane(np.asarray(store().read(key, Features).values))


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
        return _dataset(str(settings().workspace), entry.body)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None


def checked(key: str) -> Dataset:
    """What a check of a labelled set found, before it is taken in."""
    return store().read(key, Dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def _dataset(workspace: str, body: str) -> Dataset:
    return store().read(body, Dataset)


def kept_split(key: str) -> Split:
    """A split that was kept for a labelled set."""
    return store().read(key, Split)


def suggested_split(entry: DatasetEntry) -> Split:
    """The split that a labelled set gets where nobody chose one."""
    return _suggested_split(str(settings().workspace), entry.body)


@st.cache_resource(max_entries=4, show_spinner="Drawing groups")
def _suggested_split(workspace: str, body: str) -> Split:
    return command.split_for(_dataset(workspace, body), "", "")


def offers(entry: DatasetEntry) -> tuple[datasets.Offer, ...]:
    """The groupings that fit a labelled set."""
    return _offers(str(settings().workspace), entry.body)


@st.cache_resource(max_entries=4, show_spinner=False)
def _offers(workspace: str, body: str) -> tuple[datasets.Offer, ...]:
    return datasets.offers(_dataset(workspace, body))


def drawn_split(entry: DatasetEntry, grouping: Grouping, method: str, count: int, seed: int, joins: tuple) -> Split:
    """The split of a labelled set that is asked for; SplitInvalid where there is none such."""
    return _drawn_split(
        str(settings().workspace), entry.body, codec.to_json(grouping), method, count, seed, codec.to_json(joins)
    )


@st.cache_resource(max_entries=8, show_spinner="Drawing groups")
def _drawn_split(workspace: str, body: str, grouping: str, method: str, count: int, seed: int, joins: str) -> Split:
    found, told = _dataset(workspace, body), codec.from_json(grouping, Grouping)
    pairs = codec.from_json(joins, tuple[tuple[int, int], ...])
    if method == "given":
        return datasets.given_split(found, told, seed=seed, joins=pairs)
    if method == "folds":
        return datasets.grouped_folds(found, told, count=count, seed=seed, joins=pairs)
    return datasets.leave_one_group_out(found, told, seed=seed, joins=pairs)


def training_or_none(key: str) -> Training | None:
    """The training of that key; None where it was deleted."""
    with suppress(ResultMissing):
        return store().read(key, Training)
    return None


def delete_dataset(name: str) -> None:
    """Delete a labelled set; its clips stay."""
    try:
        store().delete_dataset(name)
    except AnalysisError as error:
        remember("problem", (str(error), error.hint))


# Evaluations ----------------------------------------------------------------------------------------------------------


def evaluation(key: str) -> Evaluation:
    """The evaluation stored under a key."""
    return _evaluation(str(settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _evaluation(workspace: str, key: str) -> Evaluation:
    return evaluations.read(store(), key)


def rivalry(key: str) -> Rivalry:
    """The comparison of two evaluations stored under a key."""
    return _rivalry(str(settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _rivalry(workspace: str, key: str) -> Rivalry:
    return store().read(key, Rivalry)


def listing(key: str, choice: evaluate_choice.Choice, order: str, first: int, most: int) -> Listing:
    """Some of the cases of an evaluation that a click asks for."""
    return _listing(str(settings().workspace), key, json.dumps(choice), order, first, most)


@st.cache_resource(max_entries=64, show_spinner=False)
def _listing(workspace: str, key: str, choice: str, order: str, first: int, most: int) -> Listing:
    found = _evaluation(workspace, key)
    kind, *rest = json.loads(choice)
    if kind == "changed":
        other, rival, what = rest
        both = found, _evaluation(workspace, other), _rivalry(workspace, rival)
        return evaluations.changed(*both, what, first=first, most=most)
    rows = evaluate_choice.rows(found, (kind, *rest))
    return evaluations.cases(found, rows, order=order, first=first, most=most)  # type: ignore[arg-type]


def label_order(key: str, how: str, only: str) -> tuple[int, ...]:
    """The classes of an evaluation in an order."""
    return _label_order(str(settings().workspace), key, how, only)


@st.cache_resource(max_entries=32, show_spinner=False)
def _label_order(workspace: str, key: str, how: str, only: str) -> tuple[int, ...]:
    return evaluations.label_order(_evaluation(workspace, key), how, only)  # type: ignore[arg-type]


def curve(key: str, label: str, kind: str) -> Curve | None:
    """The ROC or precision-recall curve of a class."""
    return _curve(str(settings().workspace), key, label, kind)


@st.cache_resource(max_entries=32, show_spinner=False)
def _curve(workspace: str, key: str, label: str, kind: str) -> Curve | None:
    return evaluations.curve(_evaluation(workspace, key), label, kind)  # type: ignore[arg-type]


def sweep(key: str, label: str) -> Sweep:
    """What each threshold gives for a class."""
    return _sweep(str(settings().workspace), key, label)


@st.cache_resource(max_entries=32, show_spinner=False)
def _sweep(workspace: str, key: str, label: str) -> Sweep:
    return evaluations.sweep(_evaluation(workspace, key), label)


def lanes(key: str, unit: int) -> evaluations.Lanes:
    """Truth, prediction and where they differ, of a clip of an evaluation."""
    return _lanes(str(settings().workspace), key, unit)


@st.cache_resource(max_entries=64, show_spinner=False)
def _lanes(workspace: str, key: str, unit: int) -> evaluations.Lanes:
    return evaluations.lanes(store(), _evaluation(workspace, key), unit)


def named_split(entry: DatasetEntry, told: str, grouping: Grouping, model: str) -> str:
    """The key of the split of a labelled set that is asked for in a word, as for the command line; it is kept."""
    return _named_split(str(settings().workspace), entry.body, told, codec.to_json(grouping), model)


@st.cache_resource(max_entries=32, show_spinner=False)
def _named_split(workspace: str, body: str, told: str, grouping: str, model: str) -> str:
    chosen = codec.from_json(grouping, Grouping)
    return evaluations.command.split_named(store(), _dataset(workspace, body), told, chosen, model)


# Words ----------------------------------------------------------------------------------------------------------------


def hits(asked: str, digest: str = "") -> Hits:
    """What a search finds in the library, or in one clip; the quick worker searches."""
    return _hits(str(settings().workspace), asked, digest, index.stamp(store()))


@st.cache_resource(max_entries=16, show_spinner=False)
def _hits(workspace: str, asked: str, digest: str, stamp: str) -> Hits:
    return runner().ask(searching.search, store(), asked, (digest,) if digest else None, timeout_s=90)


def name_of(digest: str) -> str:
    """The name of a clip; empty where it is gone."""
    try:
        return store().entry(digest).name
    except ResultMissing:
        return ""


def named(key: str) -> Named:
    """What was found of labels in words, stored under a key."""
    return _named(str(settings().workspace), key)


@st.cache_resource(max_entries=4, show_spinner=False)
def _named(workspace: str, key: str) -> Named:
    return store().read(key, Named)


def moment_picture(digest: str, time_s: float) -> Path:
    """A small picture of a moment, which the quick worker makes where it is not there."""
    key = picturing.picture_key(digest, time_s)
    if not store().has(key):
        runner().ask(picturing.make_picture, store(), digest, time_s)
    return store().file_path(key)
