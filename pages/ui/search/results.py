"""The search box and its results: moments with picture, score and reason; a click plays one."""

from html import escape
from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Hits, Moment, Segment
from core.workflows.search import full_text
from core.workflows.search import query as searching
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.player import player
from pages.ui.common.player.player import prefix

SHOWN = 12
LIBRARY, CLIP = "Whole library", "Selected clip"
EXAMPLES = ("someone rides a horse", "在厨房做饭", "ein Kind lacht")
FOUND = "match"  # the lane of the player
WATCHED = "search.watched"
OTHERWISE = "Try other words that name an action: “playing the piano” rather than “music”."
SCORE = (
    "The score of a result, from 0 to 1, says how well it matches the query. For an action, it is higher the closer "
    "the action is to the query in meaning, and the more confident the network is in it. For a line of text, it is "
    "higher the more of the words occur in it, or the closer it is in meaning. It is not a probability."
)
LEARNED = "the model was trained on this clip"
QUOTED = "Words in quotation marks are matched exactly. Remove the quotation marks to search by meaning."

_moments = theme.component(Path(__file__).with_name("moments.js"))


def box() -> tuple[str, str]:
    """What is asked for, and the digest of the clip to search in; empty for all."""
    if state.widget("search.query") is None or state.remembered("search.told", "") != state.query():
        state.set_widget("search.query", state.query())
        state.remember("search.told", state.query())
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    with left:
        st.text_input(
            "Query",
            key="search.query",
            placeholder=f"Such as: {EXAMPLES[0]}",
            icon=":material/search:",
            on_change=_ask,
        )
    with right:
        wanted = st.segmented_control(
            "Location",
            (LIBRARY, CLIP),
            default=LIBRARY,
            key="search.where",
            required=True,
            label_visibility="collapsed",
        )
    if wanted != CLIP:
        return state.query(), ""
    info = state.chosen_video()
    st.caption(
        f"Searches only in {theme.plain(state.store().entry(info.digest).name)}. Select another clip in the library."
    )
    return state.query(), info.digest


def _ask() -> None:
    """Search for what stands in the box."""
    state.ask(str(state.widget("search.query") or ""))
    state.remember("search.told", state.query())
    state.remember("search.shown", SHOWN)


def _example(text: str) -> None:
    state.ask(text)
    state.remember("search.shown", SHOWN)


def show(text: str, digest: str) -> None:
    """The results, or why there are none."""
    if not text:
        _invite()
        return
    try:
        with st.spinner("Searching"):
            hits = cache.hits(text, digest)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        st.button("Try again", icon=":material/refresh:")  # any press runs the page again
        return
    if not hits.clips:
        theme.empty("Nothing to search yet", "Analyse at least one clip to search for moments.")
        return
    _understood(hits)
    if not hits.moments:
        theme.empty("No results", QUOTED if full_text.parse_query(text).phrases else OTHERWISE)
        return
    _list(hits)


def _invite() -> None:
    """What can be typed."""
    theme.empty(
        "Describe a moment in a few words",
        "Search in any of 16 languages. Moments are found by the actions that a network "
        "recognises, and by the text of subtitles and transcripts. Words in quotation marks are "
        "matched exactly. Nothing you type leaves this machine.",
    )
    with st.container(horizontal=True):
        for text in EXAMPLES:
            st.button(text, key=f"search.example.{text}", icon=":material/search:", on_click=_example, args=(text,))


def _understood(hits: Hits) -> None:
    """Matches in text, and the known actions closest to the query; a warning if none is close."""
    named = formatting.listed(f"{label_score.label} {label_score.score:.2f}" for label_score in hits.meant)
    clips = formatting.count(hits.clips, "clip")
    text = f" The words occur in the text of {formatting.count(hits.said, 'moment')}." if hits.said else ""
    quoted = bool(full_text.parse_query(hits.query).phrases)
    near = "" if quoted or not named else f" Closest known actions, with their similarity: {theme.plain(named)}."
    st.caption(f"Searched {clips}.{text}{near}", help=SCORE)
    if hits.said or quoted:
        return
    if not hits.trusted and hits.meant:
        theme.notes(["No known action is close to this query, so the results may not be relevant."])
    elif hits.moments and hits.moments[0].score < searching.WEAK:
        theme.notes(["No moment matches well; the best matches are shown. For better results, name only the action."])


def _list(hits: Hits) -> None:
    """The moments, best first, and the one that is watched."""
    shown = state.remembered("search.shown", SHOWN)
    moments = hits.moments[:shown]
    items = [_item(index, moment) for index, moment in enumerate(moments)]
    order = f"{hits.query}|" + "|".join(f"{moment.video[:12]}{moment.start_s}" for moment in moments)
    answer = _moments(key="search.moments", data={"items": items, "order": order}, on_picked_change=_nothing)
    if len(hits.moments) > shown:
        st.button(
            f"Show more ({formatting.number(len(hits.moments))} in total)",
            icon=":material/expand_more:",
            on_click=state.remember,
            args=("search.shown", shown * 2),
        )
    if isinstance(answer.picked, int) and 0 <= answer.picked < len(moments):
        state.remember(WATCHED, (hits.query, answer.picked))
    query, index = state.remembered(WATCHED, ("", 0))
    if query == hits.query and index < len(hits.moments):
        _watch(hits, hits.moments[index])


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def _item(index: int, moment: Moment) -> dict:
    """A moment as the component draws it."""
    return {
        "id": index,
        "source": f"{prefix()}/moments/{moment.video}?t={middle_s(moment):.2f}",
        "fallback": f"{prefix()}/thumbs/{moment.video}",
        "when": when(moment),
        "name": _name(moment),
        "why": _why(moment),
        "score": f"{moment.score:.2f}",
        "fit": f"{100 * moment.score:.1f}%",  # a length of CSS, which has no space in it
    }


def _why(moment: Moment) -> str:
    """What matched; where the model learned from the clip, that it did."""
    learned = moment.source and cache.is_trained_on(cache.prediction(moment.source).model, moment.video)
    return f"{moment.why} · {LEARNED}" if learned else moment.why


def middle_s(moment: Moment) -> float:
    """The moment whose picture stands for it."""
    return (moment.start_s + moment.stop_s) / 2


def when(moment: Moment) -> str:
    """From when to when it lasts."""
    return f"{formatting.clock(moment.start_s, decimals=1)} to {formatting.clock(moment.stop_s, decimals=1)}"


def _name(moment: Moment) -> str:
    return cache.name_of(moment.video) or Path(moment.path).name


def _forget() -> None:
    state.remember(WATCHED, ("", 0))


@st.dialog("Watch", width="large", on_dismiss=_forget)
def _watch(hits: Hits, moment: Moment) -> None:
    """One moment in large; the player shows all that was found in its clip."""
    st.html(f'<div class="k-name">{escape(_name(moment))}</div>')
    theme.facts((when(moment), f"score {moment.score:.2f}", _why(moment)))
    try:
        info = state.store().video(moment.video)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    lanes = [player.PlayerLane(FOUND, _lane(hits, moment.video))]
    player.show(
        info, lanes, cache.slots((hits.query,)), quiet=True, at_once=True,
        playable=player.playable(info), start_s=moment.start_s,
        key=f"search.player.{moment.video}.{moment.start_s:.2f}",
    )  # fmt: skip
    if button.pressed("Open in Timeline", icon=":material/view_timeline:", type="tertiary", key="search.open"):
        _forget()
        state.choose(moment.video)
        state.jump(moment.start_s)
        state.go("timeline")
        st.rerun()


def _lane(hits: Hits, video: str) -> list[Segment]:
    """All moments of one clip in the order of time; of those that overlap the best."""
    lane: list[Segment] = []
    for moment in hits.moments:
        free = all(moment.stop_s <= other.start_s or other.stop_s <= moment.start_s for other in lane)
        if moment.video == video and free:
            lane.append(Segment(moment.start_s, moment.stop_s, hits.query, moment.score))
    return sorted(lane, key=lambda segment: segment.start_s)
