"""The clips behind a number: pictures with truth, prediction and confidence; a click on one plays it at its moment."""

from html import escape
from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Case, Listing
from core.workflows.evaluation.choices import Choice
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.player import player
from pages.ui.evaluate import selection
from pages.ui.evaluate.label_changes import editor, pending

ORDERS = {
    "surest mistakes": "Most confident errors",
    "least sure": "Least confident",
    "by name": "Name",
    "as listed": "Dataset order",
}
PAGE = 48  # pictures at first; “Show more” doubles them
BEFORE_S = 1.5  # a mistake plays from so long before its surest moment
WATCHED = "evaluate.watched"

_gallery = theme.component(Path(__file__).with_name("gallery.js"))


def panel(key: str, choice: Choice, *, at: str, title: str = "", first: str = "surest mistakes") -> None:
    """The clips selected by `choice`, page by page. at: the name of the place on the page; first: the usual order."""
    evaluation = cache.evaluation(key)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"evaluate-list-{at}"):
        st.html(f'<div class="k-chosen">{escape(title or selection.described(choice))}</div>')
        names = ORDERS if first != "as listed" else ORDERS | {"as listed": "Most suspicious"}
        order = st.selectbox(
            "Order", list(names), list(names).index(first), names.__getitem__, key=f"evaluate.order.{at}.{first}",
            width=190, label_visibility="collapsed",
        )  # fmt: skip
        shown_key = f"evaluate.shown.{key}.{choice}.{order}"
        shown = state.remembered(shown_key, PAGE)
        listing = cache.listing(key, choice, str(order), 0, shown)
        if listing.total:
            editor.for_list(key, listing.cases, at)
    st.caption(counted(listing, selection.noun(evaluation)))
    if not listing.total:
        theme.empty("None", "No clips match this selection.")
        return
    marks = _marks(key, listing)
    name = f"{key}.{choice}.{order}.{sorted(marks.items())}"
    _pictures(listing, marks, key=f"evaluate.gallery.{at}", name=name, at=at)
    if listing.total > shown:
        st.button(
            f"Show more ({formatting.number(listing.total)} in total)",
            icon=":material/expand_more:",
            key=f"evaluate.more.{at}",
            on_click=state.remember, args=(shown_key, shown * 2),
        )  # fmt: skip
    if state.remembered(WATCHED, ("", 0))[0] == at:
        _watch(key, choice, str(order), at)


def counted(listing: Listing, noun: str) -> str:
    """How many there are, in words; stretches that stand for moments are told with both numbers."""
    if noun == "clip":
        return formatting.count(listing.rows, "clip")
    stretches = formatting.count(listing.total, "stretch").replace("stretchs", "stretches")
    return f"{formatting.count(listing.rows, noun)} in {stretches}"


def _marks(key: str, listing: Listing) -> dict[int, str]:
    """What changes in the new version of the dataset, by the place of a clip in an evaluation."""
    known = pending.dataset_of(key)
    if known is None or not pending.changes(known[0]):
        return {}
    entry, dataset = known
    made = {(change.video, change.path): change for change in pending.changes(entry)}
    numbers = cache.evaluation(key).items
    items = {case.unit: dataset.items[int(numbers[case.unit])] for case in listing.cases}
    changed = {unit: made[item.video, item.path] for unit, item in items.items() if (item.video, item.path) in made}
    return {unit: f"Changed: {pending.describe(change)}" for unit, change in changed.items()}


def _pictures(listing: Listing, marks: dict[int, str], *, key: str, name: str, at: str) -> None:
    """The gallery; what was clicked is what is watched from now on."""
    slots = cache.slots(
        tuple(sorted({label for case in listing.cases for label in (case.truth, case.predicted) if label}))
    )
    items = [_item(index, case, slots, marks.get(case.unit, "")) for index, case in enumerate(listing.cases)]
    order = f"{name}|" + "|".join(f"{item['id']}" for item in items)
    answer = _gallery(key=key, data={"items": items, "order": order}, on_picked_change=_nothing)
    if isinstance(answer.picked, int) and 0 <= answer.picked < listing.total:
        state.remember(WATCHED, (at, answer.picked))


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def _item(index: int, case: Case, slots: dict[str, int], mark: str) -> dict:
    """A case as the gallery draws it. mark: what is to change of it, "" where nothing is."""
    second = f"Second: {case.other}." if case.other else ""
    return {
        "id": index,
        "source": _picture(case),
        "fallback": f"{player.prefix()}/thumbs/{case.video}",
        "length": _when(case),
        "name": case.path.rpartition("/")[2],
        "truth": case.truth or "unknown",
        "truth_colour": figures.colour(slots[case.truth]) if case.truth else "transparent",
        "prediction": case.predicted,
        "prediction_colour": figures.colour(slots[case.predicted]),
        "confidence": "" if case.confidence is None else formatting.per_cent(case.confidence),
        "right": case.right,
        "note": " ".join(text for text in (second, mark) if text),
    }


def _picture(case: Case) -> str:
    """Where the picture is: of the whole clip, or of the moment at which the model was surest of a stretch."""
    if _whole(case):
        return f"{player.prefix()}/thumbs/{case.video}"
    return f"{player.prefix()}/moments/{case.video}?t={case.moment_s:.2f}"


def _whole(case: Case) -> bool:
    return case.rows == 1 and case.start_s == 0


def _when(case: Case) -> str:
    """The length of a clip, or from when to when a stretch of it lasts."""
    if _whole(case):
        return formatting.clock(case.stop_s)
    return f"{formatting.clock(case.start_s, decimals=1)} to {formatting.clock(case.stop_s, decimals=1)}"


def _forget() -> None:
    state.remember(WATCHED, ("", 0))


@st.dialog("Watch", width="large", on_dismiss=_forget)
def _watch(key: str, choice: Choice, order: str, at: str) -> None:
    """One clip in full, with its lanes, and buttons to the previous and the next."""
    index = state.remembered(WATCHED, (at, 0))[1]
    listing = cache.listing(key, choice, order, index, 1)
    if not listing.cases:
        theme.empty("Clip not found", "Close this dialog and click again.")
        return
    case = listing.cases[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="k-name">{escape(case.path)}</div>', width="stretch")
        _steps(index, listing.total, at)
    _labels_and_scores(case)
    editor.for_clip(key, case)
    start_s = case.start_s if case.rows == 1 else max(case.start_s, case.moment_s - BEFORE_S)
    play(key, case.video, case.unit, start_s=start_s)
    if button.pressed("Open in Timeline", icon=":material/view_timeline:", type="tertiary", key="evaluate.open"):
        _forget()
        state.go("timeline", case.video)
        st.rerun()


def _steps(index: int, total: int, at: str) -> None:
    """Buttons to the clips before and after."""
    for name, icon, to, shortcut in (
        ("Previous", ":material/chevron_left:", index - 1, "p"),
        ("Next", ":material/chevron_right:", index + 1, "n"),
    ):
        st.button(
            name, icon=icon, key=f"evaluate.{name}", disabled=not 0 <= to < total, shortcut=shortcut,
            on_click=state.remember, args=(WATCHED, (at, to)),
        )  # fmt: skip
    st.caption(f"{formatting.number(index + 1)} of {formatting.number(total)}")


def _labels_and_scores(case: Case) -> None:
    """Truth and prediction as chips with the scores that the model gave them, and what else is known of the clip."""
    slots = cache.slots(tuple(sorted({case.truth, case.predicted} - {""})))
    chips = [("true label", case.truth, case.own), ("predicted", case.predicted, case.confidence)]
    text = "".join(_chip(name, label, slots[label], score) for name, label, score in chips if label)
    facts = [f"group {case.group}"] if case.group and case.group != case.path else []
    facts += [f"tested in fold {case.fold + 1}"] if case.fold >= 0 else []
    facts += [f"second: {case.other}"] if case.other else []
    st.html(f'<div>{text}<span class="k-fact">{escape(" · ".join(facts))}</span></div>')


def _chip(name: str, label: str, slot: int, score: float | None) -> str:
    text = "" if score is None else formatting.per_cent(score)
    return f'<span class="k-fact">{name}</span>{theme.chip(label, slot, text)}'


def play(key: str, video: str, unit: int, *, start_s: float, at_once: bool = True) -> None:
    """The player with the lanes of truth, prediction and difference."""
    try:
        info, lanes = state.store().video(video), cache.lanes(key, unit)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    labels = {segment.label for segment in (*lanes.truth, *lanes.predicted)}
    player.compared(
        info, lanes.truth, lanes.predicted, lanes.disagreement, cache.slots(tuple(sorted(labels))), at_once=at_once,
        playable=player.playable(info), start_s=start_s, key=f"evaluate.player.{video}.{start_s:.2f}",
    )  # fmt: skip
