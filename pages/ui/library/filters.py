"""The clips of the Library that are listed: found by name, filtered by what is known of them, in an order."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from core.workflows.clip_list import ANY, NONE, ClipFilter, ListChoices, ListedClip
from pages.ui import cache, state
from pages.ui.common import formatting, theme

ORDERS = {"added": "Newest first", "name": "Name", "length": "Longest first"}
FEW = 4  # clips from which on there is something to look for
FORM = "library.filter"  # the key of what opens the form
NOTE, STARTS = "library.filter.", "library.filter-starts."  # before the fields of the form, in what is remembered
TURN = "library.filter-turn"  # counts how often the form was cleared
ANALYSED = {"+": "Analysed", "-": "Not analysed"}
LABELLED = {"+": "Labelled", "-": "Not labelled"}


def matching(clips: Sequence[ListedClip], choices: ListChoices) -> list[ListedClip]:
    """The clips that are asked for, in the selected order, and the controls for both.

    A search and a filter look through all clips, those of datasets too.
    """
    if len(clips) < FEW:
        return _own(clips)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        wanted = _search()
        form = st.popover("Filter", icon=":material/filter_list:", width="content", on_change="rerun", key=FORM)
        if form.open:
            with form:
                _form(choices)
        by = _order()
    chosen = _asked(wanted, choices)
    active = list(_described(chosen))
    if active:
        _tell(active)
    listed = chosen.chosen(clips) if wanted or active else _own(clips)
    if by == "name":
        return sorted(listed, key=lambda clip: clip.row.name.lower())
    return sorted(listed, key=lambda clip: clip.row.duration_s, reverse=True) if by == "length" else listed


def _search() -> str:
    wanted = st.text_input(
        "Search by name", state.starting("library.search", "library.wanted", ""), key="library.wanted",
        placeholder="Search by name", label_visibility="collapsed", width="stretch",
    ) or ""  # fmt: skip
    state.keep("library.search", wanted)
    return wanted


def _order() -> str:
    orders, before = list(ORDERS), state.starting("library.order", "library.by", "added")
    by = st.selectbox(
        "Order", orders, orders.index(before), ORDERS.__getitem__, key="library.by", label_visibility="collapsed",
        width=170,
    )  # fmt: skip
    state.keep("library.order", by)
    return by


def _own(clips: Sequence[ListedClip]) -> list[ListedClip]:
    """The clips without those that are there for a dataset alone, and the switch that shows these too."""
    others = cache.only_in_datasets()
    rest = [clip for clip in clips if clip.row.digest not in others]
    if not rest or len(rest) == len(clips):
        return list(clips)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.toggle(
            "Show clips of datasets", state.starting("library.datasets", "library.all", False), key="library.all",
            help="Clips that were imported or drawn with a dataset. Clips that you added yourself are always shown.",
        )  # fmt: skip
        state.keep("library.datasets", shown)
        if not shown:
            hidden = len(clips) - len(rest)
            verb = "is" if hidden == 1 else "are"
            st.caption(f"{formatting.count(hidden, 'clip')} of datasets {verb} hidden.", width="content")
    return list(clips) if shown else rest


# The filter -----------------------------------------------------------------------------------------------------------


def _form(choices: ListChoices) -> None:
    """What can be asked for. It stays set while other pages are visited, and is empty in a new session."""
    left, right = st.columns(2)
    with left:
        _draw("analysed", _analysed, "")
    with right:
        _draw("labelled", _labelled, "")
    _several("folders", "Folder", choices.folders, "uploaded")
    _several("datasets", "Dataset", (NONE, *choices.datasets) if choices.datasets else (), "no dataset")
    _several("tags", "Tags, all of them", choices.tags, "", least=1)
    _cells(choices)
    left, right = st.columns(2)
    with left:
        _draw("shortest", lambda key, start: _seconds("Length, at least (s)", key, start), 0.0)
        _draw("from", lambda key, start: _day("Added from", key, start), "")
    with right:
        _draw("longest", lambda key, start: _seconds("Length, at most (s)", key, start), 0.0)
        _draw("to", lambda key, start: _day("Added to", key, start), "")


def _cells(choices: ListChoices) -> None:
    """The columns of the metadata that are asked about, and of each the texts that are asked for."""
    columns = [column for column, values in choices.values.items() if len(values) > 1]
    if len(columns) > 1:
        _several("columns", "Metadata", columns, "")
    for column in columns:
        if len(columns) == 1 or column in _noted("columns", ()):
            _several(f"cells.{column}", column, choices.values[column], "empty")
        else:
            state.remember(f"{NOTE}cells.{column}", ())


def _asked(text: str, choices: ListChoices) -> ClipFilter:
    """What is asked for, as it was set in the form."""
    analysed, first, last = _noted("analysed", ""), _noted("from", ""), _noted("to", "")
    cells = ((column, _noted(f"cells.{column}", ())) for column in choices.values)
    return ClipFilter(
        text=text,
        folders=_noted("folders", ()),
        analysed=analysed[1:] if analysed[:1] == "+" else "",
        unanalysed=analysed[1:] if analysed[:1] == "-" else "",
        labelled={"+": True, "-": False}.get(_noted("labelled", "")),
        datasets=_noted("datasets", ()),
        tags=_noted("tags", ()),
        cells=tuple((column, texts) for column, texts in cells if texts),
        shortest_s=_noted("shortest", 0.0),
        longest_s=_noted("longest", 0.0) or math.inf,
        added=(_midnight(first, 0.0), _midnight(last, math.inf, after=1)),
    )


def _noted(field: str, default: Any) -> Any:
    return state.remembered(f"{NOTE}{field}", default)


def _draw(field: str, draw: Callable[[str, Any], Any], default: Any) -> None:
    """A widget of the form, whose value is noted. draw: draws it under a key with what it begins with."""
    key = f"{NOTE}{field}.{state.remembered(TURN, 0)}"
    if state.widget(key) is None:
        state.remember(f"{STARTS}{field}", _noted(field, default))
    value = draw(key, state.remembered(f"{STARTS}{field}", default))
    state.remember(f"{NOTE}{field}", tuple(value) if isinstance(value, list) else value)


def _clear() -> None:
    """Ask for nothing any more: the widgets of the form are new ones."""
    for beginning in (NOTE, STARTS):
        state.forget_notes(beginning)
    state.remember(TURN, state.remembered(TURN, 0) + 1)


def _analysed(key: str, start: str) -> str:
    models = {name: card.title for name, card in state.models().items()}
    options = ["", *(f"{sign}{name}" for name in (ANY, *models) for sign in ANALYSED)]

    def title(option: str) -> str:
        by = f" by {models[option[1:]]}" if option[1:] in models else ""
        return f"{ANALYSED[option[0]]}{by}" if option else "Any"

    return st.selectbox("Analysis", options, options.index(start) if start in options else 0, title, key=key)


def _labelled(key: str, start: str) -> str:
    options = ["", *LABELLED]
    return st.selectbox("Labels", options, options.index(start), lambda sign: LABELLED.get(sign, "Any"), key=key)


def _several(field: str, title: str, options: Sequence[str], without: str, *, least: int = 2) -> None:
    """Some of the options; nothing is drawn for fewer than so many. without: what the empty text is called."""
    if len(options) < least and not _noted(field, ()):
        return

    def draw(key: str, start: tuple[str, ...]) -> list[str]:
        known = dict.fromkeys((*options, *(state.widget(key) or ()), *start))  # one may have gone meanwhile
        return st.multiselect(
            title, list(known), list(start), format_func=lambda option: option or f"({without})", key=key,
            placeholder="Any",
        )  # fmt: skip

    _draw(field, draw, ())


def _seconds(title: str, key: str, start: float) -> float:
    """A length that was typed; 0 for none."""
    return st.number_input(title, 0.0, None, start or None, 1.0, "%g", key=key, placeholder="Any") or 0.0


def _day(title: str, key: str, start: str) -> str:
    """A day that was chosen, as 2026-05-03; empty for none."""
    day = st.date_input(title, date.fromisoformat(start) if start else None, key=key)
    return day.isoformat() if day else ""


def _midnight(day: str, default: float, *, after: int = 0) -> float:
    """When a day begins, or so many days after it; the default for no day."""
    if not day:
        return default
    return datetime.combine(date.fromisoformat(day) + timedelta(days=after), time.min).timestamp()


def _described(chosen: ClipFilter) -> Iterator[str]:
    """What is asked for, but for the search text, in a few words each."""
    titles = {ANY: "", **{name: f" by {card.title}" for name, card in state.models().items()}}
    for name, sign in ((chosen.analysed, "+"), (chosen.unanalysed, "-")):
        if name:
            yield ANALYSED[sign] + titles.get(name, "")
    if chosen.labelled is not None:
        yield LABELLED["+" if chosen.labelled else "-"]
    lists = (
        ("folder", chosen.folders, "uploaded"), ("dataset", chosen.datasets, "none"), ("tag", chosen.tags, ""),
        *((column, texts, "empty") for column, texts in chosen.cells),
    )  # fmt: skip
    for name, texts, without in lists:
        if texts:
            yield f"{name}: {', '.join(text or without for text in texts)}"
    if chosen.shortest_s:
        yield f"at least {formatting.length(chosen.shortest_s)}"
    if chosen.longest_s < math.inf:
        yield f"at most {formatting.length(chosen.longest_s)}"
    if chosen.added[0]:
        yield f"added from {formatting.day(chosen.added[0])}"
    if chosen.added[1] < math.inf:
        yield f"added to {formatting.day(chosen.added[1] - 1)}"


def _tell(active: Sequence[str]) -> None:
    """What is asked for, and the button that clears it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(theme.plain(f"Filter: {' · '.join(active)}"), width="content")
        st.button("Clear filter", key="library.filter.clear", type="tertiary", on_click=_clear)
