"""The report of a study as one HTML file that opens offline.

svg: its figures
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.stages.drawing.palette import colour
from core.stages.study.group_comparison import FEWEST_SUBJECTS
from core.workflows.html_report import percent, rendered
from core.workflows.study.groups import MEASURES, NO_GROUP, GroupMeasure, GroupRow, shown_groups
from core.workflows.study.library.budgets import clip_budgets, group_budgets
from core.workflows.study.library.columns import DataTable, StudyColumns, packed
from core.workflows.study.report import svg
from core.workflows.study.result import Study
from core.workspace.store import Store

MOST_BARS = 40  # clips with a bar each
MOST_IN_MATRIX = 25  # labels of the table of transitions
MOST_FIGURES = 12  # labels with a figure of their subjects


def colours_of(store: Store, labels: Sequence[str]) -> dict[str, str]:
    """The colours of labels, the same as on pages."""
    return {label: colour(slot) for label, slot in store.label_slots(labels).items()}


def html(study: Study, colours: Mapping[str, str]) -> bytes:
    """The report as bytes of one HTML file."""
    columns = packed([replace(clip, digest=clip.name) for clip in study.clips])
    groups = _cells(study, study.group, NO_GROUP)
    table = group_budgets(columns, [clip.name for clip in study.clips], groups, _cells(study, study.subject, ""))
    values = {
        "study": study,
        "raster": _raster(study, groups, colours),
        "bars": _bars(study, columns, table, colours),
        "budgets": table.to_dict("records"),
        "corrected": study.correction.budgets if study.correction else None,
        "held_out": study.correction.held_out if study.correction else None,
        "grouped": study.group is not None,
        "transitions": _transitions(study),
        "comparisons": _comparisons(study),
        "few": _has_few_subjects(study.groups or ()),
        "watched_min": float(columns.watched_s.sum()) / 60,
        "settings": _settings(study.about),
    }
    filters = {"number": number, "p": p_value}
    return rendered(Path(__file__).with_name("report.html.jinja"), values, filters=filters)


def _cells(study: Study, column: int | None, missing: str) -> dict[str, str]:
    """What a column says of each clip, by its name; clips without a value have `missing`, or none if that is ""."""
    if column is None:
        return {}
    cells = {row.clip: row.metadata[column] or missing for row in study.budget}
    return {clip: cell for clip, cell in cells.items() if cell}


# Figures --------------------------------------------------------------------------------------------------------------


def _raster(study: Study, groups: Mapping[str, str], colours: Mapping[str, str]) -> Any:
    """The raster, group after group, as markup."""
    from markupsafe import Markup

    column = "" if study.group is None else f"{study.columns[study.group]}: "
    rows = [
        svg.RasterRow(
            f"{clip.name} · {track.name}" if track.name else clip.name,
            f"{column}{groups[clip.name]}" if clip.name in groups else "",
            track.end_s,
            tuple((segment.label, segment.start_s, segment.stop_s) for lane in track.lanes for segment in lane.segments)
            + tuple((point.label, point.time_s, point.time_s) for lane in track.lanes for point in lane.points),
        )
        for clip in study.clips
        for track in clip.tracks
    ]
    ranks = {f"{column}{group}": rank for rank, group in enumerate(shown_groups(groups.values()))}
    return Markup(svg.raster(sorted(rows, key=lambda row: ranks.get(row.head, -1)), colours))


def _bars(study: Study, columns: StudyColumns, table: DataTable, colours: Mapping[str, str]) -> Any:
    """The shares of each group, or of each clip where there are no groups, as markup."""
    from markupsafe import Markup

    name = "group"
    if study.group is None and len(study.clips) <= MOST_BARS:
        table, name = clip_budgets(columns, [clip.name for clip in study.clips]), "digest"
    shares = table.dropna(subset=["share"]).groupby([name, "label"])["share"].mean()
    rows = [
        svg.BarRow(str(row) or "all clips", {str(label): float(share) for label, share in shares[row].items()})
        for row in dict.fromkeys(table[name])
        if row in shares.index.get_level_values(0)
    ]
    return Markup(svg.bars(rows, colours))


def _comparisons(study: Study) -> list[dict[str, Any]]:
    """For each measure its rows, and for some labels a figure of the subjects; the smallest p values first."""
    from markupsafe import Markup

    parts = []
    for name, measure in MEASURES.items():
        rows = [row for row in study.groups or () if row.measure == name]
        ranked = sorted(rows, key=lambda row: (row.difference.p is None, row.difference.p))
        labels = list(dict.fromkeys(row.label for row in ranked))[: MOST_FIGURES if name == "share" else 0]
        figures = {label: Markup(_points(study, label, name, measure)) for label in labels}
        if rows:
            parts.append({"measure": measure, "rows": rows, "figures": figures})
    return parts


def _points(study: Study, label: str, name: str, measure: GroupMeasure) -> str:
    groups: dict[str, list[float]] = {}
    for entry in study.subjects:
        if (entry.label, entry.measure) == (label, name):
            groups.setdefault(entry.group, [])
            groups[entry.group] += [measure.factor * entry.value] if entry.value is not None else []
    rows = [
        svg.PointRow(group, tuple(values), sum(values) / len(values) if values else None)
        for group, values in ((group, groups[group]) for group in shown_groups(groups))
    ]
    return svg.points(rows, measure.unit)


def _transitions(study: Study) -> dict[str, Any]:
    """The labels that follow each other most, and how often each follows each, with its share of the first one's."""
    weights: dict[str, int] = {}
    totals: dict[str, int] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in study.transitions:
        counts[row.earlier, row.later] = row.count
        totals[row.earlier] = totals.get(row.earlier, 0) + row.count
        for label in (row.earlier, row.later):
            weights[label] = weights.get(label, 0) + row.count
    labels = sorted(sorted(weights, key=lambda label: -weights[label])[:MOST_IN_MATRIX])
    rows = []
    for earlier in labels:
        own = [counts.get((earlier, later), 0) for later in labels]
        whole = max(totals.get(earlier, 0), 1)
        rows.append({"label": earlier, "cells": [(count, count / whole) for count in own]})
    return {"labels": labels, "rows": rows, "left_out": len(weights) - len(labels)}


# Words ----------------------------------------------------------------------------------------------------------------


def _has_few_subjects(rows: Sequence[GroupRow]) -> bool:
    return any(min(row.difference.n_a, row.difference.n_b) < FEWEST_SUBJECTS for row in rows)


def _settings(about: Mapping[str, Any]) -> dict[str, str]:
    """How the study was made, as rows of a table; the clips stand in study.json."""
    settings = {"program": f"{about['program']} {about['version']}"}
    parts = {"model": about["model"], "labels": about.get("labels"), "options": about["options"]}
    for part, entries in parts.items():
        for name, value in (entries or {}).items():
            if name not in ("clips", "measures") and value not in (None, ""):
                settings[f"{part}: {name.replace('_', ' ')}"] = value if isinstance(value, str) else json.dumps(value)
    if about["recipe"] is not None:
        settings["recipe"] = json.dumps(about["recipe"], ensure_ascii=False)
    if about["tracks"]:
        settings["label files"] = about["tracks"]
    return settings


def number(value: float | None, unit: str = "", factor: float = 1.0) -> str:
    """A number with two decimals, or with the unit % in per cent; a dash where there is none."""
    if value is None or pd.isna(value):
        return "–"
    if unit == "%":
        return percent(value * factor / 100)
    return f"{value * factor:.2f}"


def p_value(p: float | None) -> str:
    """A p value with so many digits as are of use."""
    return "–" if p is None else "< 0.0001" if p < 1e-4 else f"{p:.4f}"
