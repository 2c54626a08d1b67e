"""The search box and what was found: moments with their picture, their score and why; a click plays one."""

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
LIBRARY, CLIP = "The whole library", "The chosen clip"
EXAMPLES = ("someone rides a horse", "在厨房做饭", "ein Kind lacht")
FOUND = "found"  # the lane of the player
WATCHED = "search.watched"
OTHERWISE = "Say it in another way, as you would name an action: “playing the piano” rather than “music”."
QUOTED = "What is in quotation marks is only found as it stands. Leave the marks out to search by meaning."

_moments = theme.component(Path(__file__).with_name("moments.js"))


def box() -> tuple[str, str]:
    """What is asked for, and the digest of the clip to search in; empty for all."""
    if state.widget("search.query") is None or state.remembered("search.told", "") != state.query():
        state.set_widget("search.query", state.query())
        state.remember("search.told", state.query())
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    with left:
        st.text_input(
            "What do you look for?",
            key="search.query",
            placeholder=f"Such as: {EXAMPLES[0]}",
            icon=":material/search:",
            on_change=_ask,
        )
    with right:
        wanted = st.segmented_control(
            "Where", (LIBRARY, CLIP), default=LIBRARY, key="search.where", required=True, label_visibility="collapsed"
        )
    if wanted != CLIP:
        return state.query(), ""
    info = state.chosen_video()
    st.caption(f"Only in {theme.plain(state.store().entry(info.digest).name)}. Choose another clip in the library.")
    return state.query(), info.digest


def _ask() -> None:
    """Search for what stands in the box."""
    state.ask(str(state.widget("search.query") or ""))
    state.remember("search.told", state.query())
    state.remember("search.shown", SHOWN)


def _example(text: str) -> None:
    state.ask(text)
    state.remember("search.shown", SHOWN)


def show(asked: str, place: str) -> None:
    """All that was found, or why nothing was."""
    if not asked:
        _invite()
        return
    try:
        with st.spinner("Searching"):
            found = cache.hits(asked, place)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        st.button("Try again", icon=":material/refresh:")  # any press runs the page again
        return
    if not found.clips:
        theme.empty(
            "Nothing can be searched yet", "Moments are found here as soon as a network has looked at a first clip."
        )
        return
    _understood(found)
    if not found.moments:
        theme.empty("No moment fits these words", QUOTED if full_text.asked(asked).phrases else OTHERWISE)
        return
    _list(found)


def _invite() -> None:
    """What can be typed."""
    theme.empty(
        "Describe a moment in a few words",
        "Any of 16 languages will do. Moments are found by the actions that a network sees in them, and by what is "
        "said where a clip has subtitles or a transcript; words in quotation marks are found exactly. Nothing you type "
        "leaves this machine.",
    )
    with st.container(horizontal=True):
        for text in EXAMPLES:
            st.button(text, key=f"search.example.{text}", icon=":material/search:", on_click=_example, args=(text,))


def _understood(found: Hits) -> None:
    """Where the words stand in texts, and the known actions that they were taken for; a warning where none is near."""
    named = formatting.listed(f"{one.label} {one.score:.2f}" for one in found.meant)
    clips = formatting.count(found.clips, "clip")
    said = f" The words stand in the text of {formatting.count(found.said, 'moment')}." if found.said else ""
    quoted = bool(full_text.asked(found.query).phrases)
    near = (
        "" if quoted or not named else f" Nearest known actions, with their nearness in meaning: {theme.plain(named)}."
    )
    st.caption(f"Searched {clips}.{said}{near}")
    if found.said or quoted:
        return
    if not found.trusted and found.meant:
        theme.notes(
            ["None of the actions known here comes near these words, so what is shown may have little to do with them."]
        )
    elif found.moments and found.moments[0].score < searching.WEAK:
        theme.notes(
            ["No moment fits these words well; those that fit best are shown. Name the action alone to be surer."]
        )


def _list(found: Hits) -> None:
    """The moments, best first, and the one that is watched."""
    shown = state.remembered("search.shown", SHOWN)
    moments = found.moments[:shown]
    items = [_item(place, one) for place, one in enumerate(moments)]
    order = f"{found.query}|" + "|".join(f"{one.video[:12]}{one.start_s}" for one in moments)
    answer = _moments(key="search.moments", data={"items": items, "order": order}, on_picked_change=_nothing)
    if len(found.moments) > shown:
        st.button(
            f"Show more of {formatting.number(len(found.moments))}",
            icon=":material/expand_more:",
            on_click=state.remember,
            args=("search.shown", shown * 2),
        )
    if isinstance(answer.picked, int) and 0 <= answer.picked < len(moments):
        state.remember(WATCHED, (found.query, answer.picked))
    query, place = state.remembered(WATCHED, ("", 0))
    if query == found.query and place < len(found.moments):
        _watch(found, found.moments[place])


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def _item(place: int, one: Moment) -> dict:
    """A moment as the component draws it."""
    return {
        "id": place,
        "source": f"{prefix()}/moments/{one.video}?t={middle_s(one):.2f}",
        "fallback": f"{prefix()}/thumbs/{one.video}",
        "when": when(one),
        "name": _name(one),
        "why": one.why,
        "score": f"{one.score:.2f}",
        "fit": f"{one.score:.0%}",
    }


def middle_s(one: Moment) -> float:
    """The moment whose picture stands for it."""
    return (one.start_s + one.stop_s) / 2


def when(one: Moment) -> str:
    """From when to when it lasts."""
    return f"{formatting.clock(one.start_s, places=1)} to {formatting.clock(one.stop_s, places=1)}"


def _name(one: Moment) -> str:
    return cache.name_of(one.video) or Path(one.path).name


def _forget() -> None:
    state.remember(WATCHED, ("", 0))


@st.dialog("Watch", width="large", on_dismiss=_forget)
def _watch(found: Hits, one: Moment) -> None:
    """One moment in large; the player shows all that was found in its clip."""
    st.html(f'<div class="k-name">{escape(_name(one))}</div>')
    theme.facts((when(one), f"score {one.score:.2f}", one.why))
    try:
        info = state.store().video(one.video)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    player.show(
        info, [player.Row(FOUND, _lane(found, one.video))], cache.slots((found.query,)), quiet=True, at_once=True,
        playable=player.playable(info), start_s=one.start_s, key=f"search.player.{one.video}.{one.start_s:.2f}",
    )  # fmt: skip
    if button.pressed("Open on the Timeline", icon=":material/view_timeline:", type="tertiary", key="search.open"):
        _forget()
        state.choose(one.video)
        state.jump(one.start_s)
        state.go("timeline")
        st.rerun()


def _lane(found: Hits, video: str) -> list[Segment]:
    """All moments of one clip in the order of time; of those that overlap the best."""
    lane: list[Segment] = []
    for one in found.moments:
        free = all(one.stop_s <= other.start_s or other.stop_s <= one.start_s for other in lane)
        if one.video == video and free:
            lane.append(Segment(one.start_s, one.stop_s, found.query, one.score))
    return sorted(lane, key=lambda each: each.start_s)
