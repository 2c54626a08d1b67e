"""The address: what was chosen is mirrored there, so that a link opens what its sender saw."""

import base64
import zlib
from collections.abc import Mapping

import streamlit as st

from core.base.errors import AnalysisError, ResultMissing
from core.domain import Recipe, serialization
from pages.ui.state.clip_choice import chosen_digest, draw_in, drawn_in, show_part, shown_part
from pages.ui.state.model_choice import IN_USE, ask, in_words, name_labels, named_text, show_result, shown_result
from pages.ui.state.recipe_editor import recipe, use_recipe
from pages.ui.state.session import store

PREFIX = 16  # hex digits of a digest that an address carries
LONGEST_RECIPE = 64_000  # characters of a recipe out of an address
ADDRESS = ("video", "t", "view", "track", "result", "model", "recipe", "q", "labels")
LONGEST_WORDS = 5000  # characters of labels in words out of an address


def follow_address() -> None:
    """Take over what the address says where it differs from what was last written there, then write what is true."""
    texts = {name: st.query_params[name] for name in ADDRESS if name in st.query_params}
    if texts and texts != st.session_state.get("address"):
        _adopt(texts)
    mirror()


def mirror() -> None:
    """Write what was chosen into the address."""
    texts = _described()
    if texts != {name: st.query_params[name] for name in ADDRESS if name in st.query_params}:
        others = {name: value for name, value in st.query_params.items() if name not in ADDRESS}
        st.query_params.from_dict(others | texts)
    st.session_state["address"] = texts


def _described() -> dict[str, str]:
    digest, query = st.session_state.get("video", ""), st.session_state.get("query", "")
    values = {"q": query} if query else {}
    if not digest:
        return values
    values = {"video": digest[:PREFIX]} | values
    if st.session_state.get("moment_s"):
        values["t"] = f"{st.session_state['moment_s']:.3f}".rstrip("0").rstrip(".")
    if view := shown_part():
        values["view"] = "-".join(f"{end_s:.2f}" for end_s in view)
    if track := drawn_in(digest):
        values["track"] = track[:PREFIX]
    if shown_result():
        values["result"] = shown_result()[:PREFIX]
    if "model" in st.session_state:
        values["model"] = st.session_state["model"]
    if in_words() and named_text():
        values["labels"] = named_text()
    return values


def _adopt(texts: Mapping[str, str]) -> None:
    if "q" in texts:
        ask(texts["q"])
    if "labels" in texts:
        name_labels(texts["labels"][:LONGEST_WORDS])
    if "video" in texts:
        try:
            st.session_state["video"] = store().find_video(texts["video"]).digest
        except ResultMissing:
            gone = "The clip in this link is not in this library. Add it, or continue with another clip."
            st.warning(gone, icon=":material/link_off:")
            return
    if "t" in texts:
        st.session_state["moment_s"] = _number(texts["t"])
        st.session_state["touched"] = st.session_state.get("touched", 0) + 1
    if "view" in texts:
        show_part(*(_number(end) for end in texts["view"].partition("-")[::2]))
    if "track" in texts:
        draw_in(chosen_digest(), texts["track"][:PREFIX])
    if "model" in texts:
        st.session_state["model"] = texts["model"]
    if "recipe" in texts and (sent := _unpacked(texts["recipe"])) is not None:
        _take_recipe(sent)
    show_result(texts.get("result", IN_USE if {"model", "recipe"} & set(texts) else "")[:PREFIX])


def _take_recipe(sent: Recipe) -> None:
    """Use the recipe of a link from the time when links carried one, where the clip has none of its own."""
    if not recipe().steps:
        use_recipe(sent)
    elif recipe() != sent:
        kept = "The recipe in this link is not used, since the clip has its own. To use it, reset the steps on Prepare "
        st.warning(f"{kept}and open the link again.", icon=":material/link_off:")


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


def follow_press(shown: str) -> None:
    """Turn to the page that a press leads to, in each run of the page with the press: one can be stopped before."""
    pressed_on, page = st.session_state.get("go", ("", ""))
    if page and shown == pressed_on != page:
        st.switch_page(f"../{page}.py", query_params=_described())
    elif page:
        del st.session_state["go"]
