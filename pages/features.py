"""Features: what a CNN sees in the clip layer by layer, what speaks for a label, and the clip as the CNN knows it."""

import streamlit as st

from pages.ui import state
from pages.ui.common import theme
from pages.ui.common.pickers import backbone_menu, clip_bar
from pages.ui.features import explanations, feature_maps, whole_clip

VIEWS = {"maps": "Feature maps", "reasons": "Explanations", "clip": "Whole clip"}
SHOWS = {"maps": feature_maps.show, "reasons": explanations.show, "clip": whole_clip.show}


def network() -> str:
    """The CNN that is looked into, at first that of the model in use."""
    card = state.chosen_model()
    names = backbone_menu.names()
    index = names.index(card.backbone) if card else 0
    return st.selectbox("Network", names, index, format_func=backbone_menu.title, key="features.backbone")


theme.title("Features", "What a neural network computes from the clip, and which parts support a label.")
info = state.chosen_video()
clip_bar.show(info)
with st.container(horizontal=True, vertical_alignment="bottom"):
    backbone = network()
    view = st.segmented_control(
        "View", list(VIEWS), default="maps", format_func=VIEWS.__getitem__, key="features.view", required=True
    )


@st.fragment
def part() -> None:
    """The part that is chosen, run again by itself while a slider moves."""
    SHOWS[view or "maps"](info, backbone)


part()
