"""Zero-shot labels on the Timeline: the labels, the result, and the known actions behind each decision."""

from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import ModelCard, Named, VideoInfo
from core.workflows import search
from core.workflows.search import zero_shot
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.common.zero_shot_labels import STRICTNESS
from pages.ui.timeline import result

EXAMPLE = "someone rides a horse\n做饭\nSeilspringen"
ABOUT = "One label per line, in any of 16 languages. Short names of actions work best."
LIMITS = (
    "Nothing was trained for these labels (zero-shot). Each moment is assigned to the label "
    "closest in meaning to the actions that the network recognises. If those actions are "
    "wrong or missing, so is the label."
)


def show(info: VideoInfo, card: ModelCard, base: str) -> None:
    """All of it. base: the key of what the known labels say of the clip."""
    with st.expander(_folded(base), expanded=not _there(base), icon=":material/edit:", key=f"named-{_there(base)}"):
        least = _form()
    if not state.named_text().strip():
        theme.empty("Enter labels", "Enter your labels above, one per line, and press “Find labels”.")
        return
    try:
        labels = search.read_labels(state.named_text())
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    key = search.named_key(base, labels, least)
    task = (state.store(), info.digest, state.recipe(), card, state.settings().engine, labels, least)
    if job_panel.ready(key, "Find labels", search.find_named, *task, at_once=True):
        _found(info, key)


def _there(base: str) -> bool:
    """Whether the result for the labels in the form is stored."""
    least = STRICTNESS[state.remembered("named.strict", "usual")]
    try:
        return state.store().has(search.named_key(base, search.read_labels(state.named_text()), least))
    except AnalysisError:
        return False


def _folded(base: str) -> str:
    """The form in one line, for when it is folded."""
    labels = ", ".join(state.named_text().split("\n"))
    return f"Labels: **{theme.plain(labels)}**" if _there(base) else "Labels in your own words"


def _form() -> float:
    """The labels, and the similarity threshold."""
    if state.remembered("named.told", None) != state.named_text():
        state.set_widget("named.text", state.named_text())
        state.remember("named.told", state.named_text())
    kept = state.remembered("named.strict", "usual")
    with st.form("named", border=True):
        st.text_area("Labels", key="named.text", placeholder=EXAMPLE, height=130, help=ABOUT)
        strict = st.segmented_control(
            "Strictness", list(STRICTNESS), default=kept, key="named.strict", required=True,
            help="How similar in meaning a label must be. Moments below this limit get none of your labels.",
        )  # fmt: skip
        st.form_submit_button("Find labels", type="primary", icon=":material/play_arrow:", on_click=_take)
    state.remember("named.strict", str(strict))
    return STRICTNESS[str(strict)]


def _take() -> None:
    """Run the zero-shot labels in the form."""
    state.name_labels(str(state.widget("named.text") or ""))
    state.remember("named.told", state.named_text())


def _found(info: VideoInfo, key: str) -> None:
    try:
        named = cache.named(key)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    result.draw(
        zero_shot.read_analysis(info, named),
        named.prediction,
        key,
        recipe=state.recipe(),
        between=lambda: _carried(named),
    )


def _carried(named: Named) -> None:
    """The known actions behind each decision."""
    theme.section("Matched actions", LIMITS)
    labels = named.prediction.labels[:-1]
    slots = cache.slots(labels)
    rows = "".join(
        f"<tr><td>{theme.chip(label, slots[label])}</td><td>{_describe_scores(carried, share=True)}</td>"
        f"<td>{_describe_scores(nearest, share=False)}</td></tr>"
        for label, nearest, carried in zip(labels, named.nearest, named.carried, strict=True)
    )
    st.html(
        '<table class="k-carried"><thead><tr><th>your label</th><th>actions in this clip</th>'
        f"<th>similar actions</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _describe_scores(scores, *, share: bool) -> str:
    """Known actions with their share of a decision, or their similarity."""
    if not scores:
        return '<em class="k-unseen">not seen in this clip</em>'
    named = [
        f"{escape(score.label)} <em>{formatting.per_cent(score.score) if share else f'{score.score:.2f}'}</em>"
        for score in scores
    ]
    return ", ".join(named)
