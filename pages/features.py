"""Features: feature maps layer by layer, explanations of a label, and the features of the whole clip."""

import streamlit as st

from pages.ui import state
from pages.ui.common import trouble
from pages.ui.common.pickers import backbone_menu, clip_bar
from pages.ui.features import explanations, feature_maps, whole_clip
from pages.ui.features import network as network_view

VIEWS = {"maps": "Feature maps", "reasons": "Explanations", "clip": "Whole clip", "network": "Network"}
SHOWS = {"maps": feature_maps.show, "reasons": explanations.show, "clip": whole_clip.show, "network": network_view.show}


def network() -> str:
    """The selected CNN, by default that of the selected model."""
    card = state.chosen_model()
    names = backbone_menu.names()
    index = names.index(card.backbone) if card else 0
    return st.selectbox("Network", names, index, format_func=backbone_menu.title, key="features.backbone")


info = clip_bar.head(
    "Features", "Select a view to see what a network computes from the clip, and which parts support a label."
)

with st.container(horizontal=True, vertical_alignment="bottom"):
    backbone = network()
    view = st.segmented_control(
        "View", list(VIEWS), default="maps", format_func=VIEWS.__getitem__, key="features.view", required=True
    )


@trouble.fragment
def part() -> None:
    """The selected view, as a fragment that reruns while a slider moves."""
    SHOWS[view or "maps"](info, backbone)


part()
