"""What a visitor has chosen: the only file that touches st.session_state and st.query_params.

Session state holds names, keys and short texts, never arrays or models. The clip, the moment, the part of it that is
shown large, the recipe, the model and the track that is drawn in are mirrored in the address, so that a link opens what
its sender saw.
"""

import base64
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NoReturn

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

from core.base import settings as core_settings
from core.base.errors import AnalysisError, FormatInvalid, ResultMissing
from core.base.settings import Settings
from core.domain import ModelCard, Recipe, Step, VideoInfo, serialization
from core.workflows import models as models_workflow
from core.workflows.search import query as searching
from core.workspace.jobs.runner import Runner
from core.workspace.store import Store, VideoEntry
from pages.ui import theme

IN_WORDS = "in-words"  # stands where a model is named
PREFIX = 16  # hex digits of a digest that an address carries
LONGEST_RECIPE = 64_000  # characters of a recipe out of an address
ADDRESS = ("video", "t", "view", "track", "model", "recipe", "q", "labels")
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
    """Write what was chosen into the address."""
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
    if view := shown_part():
        told["view"] = "-".join(f"{end_s:.2f}" for end_s in view)
    if track := drawn_in(digest):
        told["track"] = track[:PREFIX]
    if "model" in st.session_state:
        told["model"] = st.session_state["model"]
    if in_words() and named_text():
        told["labels"] = named_text()
    if recipe().steps:
        told["recipe"] = packed(recipe())
    return told


def packed(chosen: Recipe) -> str:
    """A recipe as an address carries it."""
    return base64.urlsafe_b64encode(zlib.compress(serialization.to_json(chosen).encode(), 9)).decode().rstrip("=")


def _adopt(told: Mapping[str, str]) -> None:
    if "q" in told:
        ask(told["q"])
    if "labels" in told:
        name_labels(told["labels"][:LONGEST_WORDS])
    if "video" in told:
        try:
            st.session_state["video"] = store().find_video(told["video"]).digest
        except ResultMissing:
            gone = "The clip that this link names is not in this library. Add it there, or go on with another one."
            st.warning(gone, icon=":material/link_off:")
            return
    if "t" in told:
        st.session_state["moment_s"] = _number(told["t"])
        st.session_state["touched"] = st.session_state.get("touched", 0) + 1
    if "view" in told:
        show_part(*(_number(end) for end in told["view"].partition("-")[::2]))
    if "track" in told:
        draw_in(chosen_digest(), told["track"][:PREFIX])
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
        return serialization.from_json(plain.decode(), Recipe, source="the address")
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
        st.session_state["view"] = ()
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
    st.button("Open the library", type="primary", icon=":material/video_library:", on_click=go, args=("library",))
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


def delete_dataset(name: str) -> None:
    """Delete a labelled set; its clips stay."""
    try:
        store().delete_dataset(name)
    except AnalysisError as error:
        remember("problem", (str(error), error.hint))


def show_problem() -> None:
    """Tell what went wrong in a callback, once."""
    told = st.session_state.pop("page.problem", None)
    if told:
        theme.problem(*told)


def go(page: str, digest: str = "", *, model: str = "") -> None:
    """Show another page in the next run, with another clip and another model if named.

    As a callback of a button outside of fragments, which no run can miss; elsewhere followed by a rerun.
    """
    if digest:
        choose(digest)
    if model:
        choose_model(model)
    st.session_state["go"] = page


def follow_press() -> None:
    """Turn to the page that a press asked for."""
    if page := st.session_state.pop("go", ""):
        st.switch_page(f"../{page}.py", query_params=_described())


def moment_s(info: VideoInfo) -> float:
    """The moment that is looked at, within the clip."""
    return min(max(st.session_state.get("moment_s", 0.0), 0.0), float(info.times_s[-1]))


def set_moment(time_s: float) -> None:
    """Look at another moment from now on."""
    st.session_state["moment_s"] = float(time_s)


def shown_part() -> tuple[float, ...]:
    """Start and stop of the part of the clip that players show large; empty where that is all of it."""
    return st.session_state.get("view", ())


def show_part(start_s: float, stop_s: float) -> None:
    """Show another part of the clip large from now on; all of it where there is no such part."""
    st.session_state["view"] = (start_s, stop_s) if start_s < stop_s else ()


def drawn_in(digest: str) -> str:
    """The track of a clip that is drawn in, or how its name begins; empty where none was chosen."""
    return remembered(f"label.track.{digest}", "")


def draw_in(digest: str, track: str) -> None:
    """Draw in another track of a clip from now on."""
    remember(f"label.track.{digest}", track)


def jump(time_s: float) -> None:
    """Look at another moment, and let all that shows the moment begin there."""
    set_moment(time_s)
    st.session_state["touched"] = touched() + 1


def touched() -> int:
    """Counts how often the moment was set from elsewhere than its slider, which then begins anew."""
    return st.session_state.get("touched", 0)


def position(info: VideoInfo, time_s: float) -> int:
    """The index of the frame on screen at a moment."""
    return max(0, int(np.searchsorted(info.times_s, time_s + 5e-4, side="right")) - 1)


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
    st.session_state["parts"] = tuple((part.uid, part.on, serialization.to_json(part.step)) for part in changed)


def new_uid() -> int:
    """A number for a step that no other step of this session has had."""
    st.session_state["uid"] = st.session_state.get("uid", 0) + 1
    return st.session_state["uid"]


def recipe() -> Recipe:
    """The steps that are switched on."""
    return Recipe(tuple(part.step for part in parts() if part.on))


def recipe_json() -> str:
    """The same as canonical text."""
    return serialization.to_json(recipe())


def use_recipe(chosen: Recipe) -> None:
    """Work with a copy of this recipe from now on."""
    set_parts(tuple(Part(new_uid(), True, step) for step in chosen.steps))


def read_recipe(name: str, content: bytes) -> Recipe:
    """A recipe out of a file; FormatInvalid or RecipeInvalid say what is wrong with it."""
    try:
        return serialization.from_json(content.decode("utf-8"), Recipe, source=name)
    except UnicodeDecodeError as error:
        raise FormatInvalid(f"{name} is no text.", "Choose a recipe that was downloaded from here.") from error


@cache
def _parsed(text: str) -> Any:
    return serialization.from_json(text, Step)  # type: ignore[type-abstract]


def _step(text: str) -> Any:
    if _parsed.cache_info().currsize > 10_000:
        _parsed.cache_clear()
    return _parsed(text)


# The model ----------------------------------------------------------------------------------------------------------


def models() -> dict[str, ModelCard]:
    """The models that can be used, by name."""
    return models_workflow.models(settings())


def broken_models() -> dict[str, AnalysisError]:
    """What is wrong with the models that cannot be used, by their folder."""
    return models_workflow.broken_models(settings())


def chosen_model() -> ModelCard | None:
    """The model that is used; where none was chosen the usual one, or the first; None where there is none."""
    known = models()
    wanted = known.get(st.session_state.get("model", "")) or known.get(models_workflow.DEFAULT_MODEL)
    return wanted or next(iter(known.values()), None)


def own_models() -> dict[str, ModelCard]:
    """The models that were trained or taken in here, by name."""
    return models_workflow.models(replace(settings(), models=settings().models[1:]))


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


def presses() -> set[str]:
    """The buttons that were pressed and whose action did not begin yet; see button.pressed."""
    return st.session_state.setdefault("presses", set())


@contextmanager
def heeding_presses() -> Iterator[None]:
    """A run of a page: at its end no press waits any longer, unless the run is cut short for another."""
    waiting = presses()
    try:
        yield
    except RerunException:
        raise
    except BaseException:
        waiting.clear()
        raise
    waiting.clear()


def is_dark() -> bool:
    """Whether the page is shown on a dark ground."""
    return st.context.theme.type == "dark"
