"""What a format that needs a label for each frame asks before it is written of a clip that has none in places."""

import streamlit as st


def stated(statement: str, before: bool, *, key: str, about: str) -> bool:
    """Whether a person states that nothing happens there; else what to do is said. about: how much that is."""
    checked = st.checkbox(statement, before, key=key, help=about)
    if not checked:
        st.info(
            "This format needs a label for each frame. Select the box if nothing happens where there is no label. "
            "Otherwise choose a format that keeps unlabelled parts, such as DeepEthogram.",
            icon=":material/visibility_off:",
        )
    return checked
