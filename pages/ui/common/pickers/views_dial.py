"""How many views of a clip a network looks at: fast, or careful at several times the cost."""

import streamlit as st

from core.stages.preprocessing.views import Views
from pages.ui import state

FAST = "fast"
KINDS = {FAST: "Fast", "mirror": "With mirror image", "careful": "Careful"}
ABOUT = {
    FAST: "One view: the centre square, or the picture area that the model was trained with.",
    "mirror": "Two views, the clip and its mirror image, at twice the time. Their features are averaged.",
    "careful": "Six views, three squares and their mirror images, at six times the time. Models trained on the whole "
    "picture use two. Their features are averaged.",
}


def show() -> None:
    """The dial of the clip's recipe, with what each position costs."""
    kind = next((step.kind for step in state.recipe().steps if isinstance(step, Views)), FAST)
    key = f"views.{state.chosen_digest()}.{kind}"
    st.segmented_control(
        "Views", list(KINDS), default=kind, format_func=KINDS.__getitem__, key=key, required=True,
        on_change=_choose, args=(key,),
    )  # fmt: skip
    st.caption(ABOUT[kind])


def _choose(key: str) -> None:
    """Give the recipe of the clip the chosen views."""
    kind = state.widget(key)
    if kind:
        state.use_views(None if kind == FAST else Views(kind))
