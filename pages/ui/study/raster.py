"""The labels of all clips over time, a row for each; a click opens its moment on the Timeline."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from pandas import DataFrame

from core.domain.fingerprint import fingerprint
from core.workflows.clip_list import by_number
from core.workflows.study.library.clock_times import clock_s, is_clock
from core.workflows.study.library.columns import StudyColumns
from core.workflows.study.library.raster import drawing_of
from core.workflows.study.report import svg
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.study.choices import ChosenStudy

NAME, LENGTH = "Name", "Duration"
SHARE = "Share of "
LINK = "timeline?video={}&t={:.3f}"
PREFIX = 16  # digits of a digest in a link

_raster = theme.component(Path(__file__).with_name("raster.js"))


@dataclass(frozen=True)
class RasterOrder:
    """The rows of a raster in order: places among the rows of the columns, and the head above each."""

    rows: tuple[int, ...]
    heads: tuple[str, ...]


def show(study: ChosenStudy) -> None:
    """The raster with the order of its rows; what was clicked is opened."""
    columns = cache.study_columns(study.key)
    order = _ordered(study, columns, state.kept("study.sort", NAME))
    slots = cache.slots(columns.labels)
    data = _data(study, columns, order, slots)
    answer = _raster(key="study.raster", data=data, on_picked_change=_nothing)
    picked = answer.picked
    if isinstance(picked, dict) and picked.get("clip") in study.digests and isinstance(picked.get("at"), int | float):
        _open(str(picked["clip"]), float(picked["at"]))
        st.rerun()


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def _open(digest: str, moment_s: float) -> None:
    state.choose(digest)
    state.jump(moment_s)
    state.go("timeline")


# Rows -----------------------------------------------------------------------------------------------------------------


def choose_order(study: ChosenStudy) -> None:
    """What rows are sorted by within a group, remembered."""
    labels = cache.study_columns(study.key).labels
    options = [NAME, LENGTH, *state.store().metadata_columns(), *(f"{SHARE}{label}" for label in labels)]
    before = state.starting("study.sort", "study.sort.box", NAME)
    by = st.selectbox(
        "Sort rows by", options, options.index(before) if before in options else 0, key="study.sort.box",
        label_visibility="collapsed", format_func=lambda name: f"Sorted by {name[0].lower()}{name[1:]}",
    )  # fmt: skip
    state.keep("study.sort", str(by))


def _ordered(study: ChosenStudy, columns: StudyColumns, by: str) -> RasterOrder:
    """The rows by group, and within a group by what was chosen."""
    values = _values(study, columns, by)
    ranks = {name: rank for rank, name in enumerate(study.group_names)}
    digests = sorted(study.digests, key=lambda digest: (ranks.get(study.groups.get(digest, ""), 0), values[digest]))
    rows = columns.of_clips(digests)
    heads = tuple(f"{study.group}: {study.groups[columns.digests[row]]}" if study.group else "" for row in rows)
    return RasterOrder(tuple(int(row) for row in rows), heads)


def _values(study: ChosenStudy, columns: StudyColumns, by: str) -> Mapping[str, Any]:
    """What the clips are sorted by; equal ones stay in the order of their names."""
    if by == LENGTH:
        ends_s = dict(zip(columns.digests, columns.ends_s.tolist(), strict=True))
        return {digest: ends_s[digest] for digest in study.digests}
    if by in state.store().metadata_columns():
        cells = {digest: study.cells.get(digest, {}).get(by, "") for digest in study.digests}
        return {digest: (not cell, *by_number(cell)) for digest, cell in cells.items()}
    if by.startswith(SHARE):
        table = cache.clip_budgets(study.key, study.chosen, study.digests)
        own = table[table["label"] == by.removeprefix(SHARE)].groupby("digest")["share"].mean()
        return {digest: -float(own.get(digest, 0.0) or 0.0) for digest in study.digests}
    return {digest: study.names[digest].casefold() for digest in study.digests}


# What the browser draws -----------------------------------------------------------------------------------------------


def _data(study: ChosenStudy, columns: StudyColumns, order: RasterOrder, slots: Mapping[str, int]) -> dict[str, Any]:
    drawing = drawing_of(columns, order.rows)
    colours = [figures.colour(slots[columns.labels[place]]) for place in drawing.places]
    rows = [_row(study, columns, row, head) for row, head in zip(order.rows, order.heads, strict=True)]
    clocks = _clocks(study, columns, order.rows)
    return {
        "key": fingerprint(study.key, order.rows, order.heads, study.names, sorted(study.learned), colours, clocks),
        "rows": rows,
        "labels": [
            {"label": columns.labels[place], "colour": colour}
            for place, colour in zip(drawing.places, colours, strict=True)
        ],
        "clocks": clocks,
        "starts": _text(drawing.starts),
        "from": _text(drawing.start_s),
        "to": _text(drawing.stop_s),
        "label": _text(drawing.labels),
    }


def _row(study: ChosenStudy, columns: StudyColumns, row: int, head: str) -> dict[str, Any]:
    digest, track = columns.digests[row], columns.tracks[row]
    name = study.names[digest] + (f" · {track}" if track else "")
    learned = digest in study.learned
    return {"id": digest, "name": name, "group": head, "end": float(columns.ends_s[row]), "learned": learned}


def _clocks(study: ChosenStudy, columns: StudyColumns, rows: Sequence[int]) -> dict[str, list[float | None]]:
    """The time of day at which the clip of each row begins, by the column that says so."""
    clocks: dict[str, list[float | None]] = {}
    for name in state.store().metadata_columns():
        cells = [study.cells.get(columns.digests[row], {}).get(name, "") for row in rows]
        if is_clock(cells):
            clocks[name] = [clock_s(cell) for cell in cells]
    return clocks


def _text(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")


# Beside it ------------------------------------------------------------------------------------------------------------


def picture(study: ChosenStudy) -> None:
    """The raster as SVG."""
    columns = cache.study_columns(study.key)
    order = _ordered(study, columns, state.kept("study.sort", NAME))
    downloads.button(
        "Ethogram, SVG", partial(_svg, study, columns, order, cache.slots(columns.labels)), "ethogram.svg",
        "image/svg+xml", key="study.raster.svg",
    )  # fmt: skip


def _svg(study: ChosenStudy, columns: StudyColumns, order: RasterOrder, slots: Mapping[str, int]) -> bytes:
    rows = [_row(study, columns, row, head) for row, head in zip(order.rows, order.heads, strict=True)]
    segments = [columns.segments[columns.segments[:, 0] == row] for row in order.rows]
    drawn = [
        svg.RasterRow(
            row["name"],
            row["group"],
            row["end"],
            tuple((columns.labels[int(label)], start_s, stop_s) for _, label, start_s, stop_s, _ in own.tolist()),
        )
        for row, own in zip(rows, segments, strict=True)
    ]
    return svg.raster(drawn, {label: figures.colour(slot) for label, slot in slots.items()}).encode()


def table(study: ChosenStudy) -> None:
    """All segments as a table with links, for those who cannot use the raster."""
    box = st.expander("All segments as a table", icon=":material/table:", on_change="rerun", key="study.segments")
    if not box.open:
        return
    columns = cache.study_columns(study.key)
    own = columns.segments[np.isin(columns.segments[:, 0], columns.of_clips(study.digests))]
    rows, places = own[:, 0].astype(int), own[:, 1].astype(int)
    entries = {
        "clip": [study.names[columns.digests[row]] for row in rows],
        "label": [columns.labels[place] for place in places],
        "start, s": own[:, 2],
        "stop, s": own[:, 3],
        "open": [
            LINK.format(columns.digests[row][:PREFIX], start_s) for row, start_s in zip(rows, own[:, 2], strict=True)
        ],
    }
    if study.group:
        entries[study.group] = [study.groups[columns.digests[row]] for row in rows]
    links = st.column_config.LinkColumn("open", display_text="Timeline")
    with box:
        st.dataframe(DataFrame(entries), hide_index=True, height=400, column_config={"open": links})
        points = int((own[:, 2] == own[:, 3]).sum())
        after = f", {formatting.count(points, 'point')}" if points else ""
        st.caption(f"{formatting.count(len(own) - points, 'segment')}{after}")
