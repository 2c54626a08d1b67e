"""CSV: one row a label. Seconds from 0 with three decimals, end excluded; comma, decimal dot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.domain import ClipLabels, Labels
from core.stages.formats.common.clip_names import meant, stem
from core.stages.formats.common.csv_tables import IDS, MEANINGS, SIDES, SOME_ROWS, Row, Table, table_of
from core.stages.formats.common.files import (
    LARGEST_TABLE_BYTES,
    Files,
    Findings,
    FirstFindings,
    ReadOptions,
    one_file,
    shown,
    text_of,
)
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import csv_table, one_line, placed, seconds

NAME = "csv"
TITLE = "CSV: a table of segments"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = "seconds, 3 decimals", "from 0", "the end is not part of the segment"
KEEPS = {"confidence", "overlaps", "several", "split", "stretches", "whole"}
DIGIT_S = 0.001
REMARK = "Empty start and end mean the whole clip."
COLUMNS = ("start_s", "stop_s", "label", "confidence")
FLAT = ("path", "label", "start", "end", "split", "group", "subject")
READ = {**MEANINGS, "confidence": ("confidence", "score")}


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a table with a column of labels and one of clips or times."""
    first = head.partition("\n")[0].lower()
    cells = {cell.strip().strip('"') for sign in ",;\t" for cell in first.split(sign)}
    return (
        name.lower().endswith((".csv", ".tsv"))
        and bool(cells & set(MEANINGS["label"]))
        and any(cells & {*MEANINGS[meaning], *IDS} for meaning in ("path", "start"))
    )


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """What a network found: a header and one row a segment, of several clips with the path in the first column.

    Else the flat table of labelled sets: path, label, start, end, split, group, subject, and where known, confidence.
    """
    one_line([label for clip in labels.clips for label in clip.labels], "CSV")
    if labels.clips and all(clip.model for clip in labels.clips):
        several = len(labels.clips) > 1 or labels.many
        rows = (((clip.name, *row) if several else row) for clip in labels.clips for row in _found(clip))
        return csv_table(("path", *COLUMNS) if several else COLUMNS, rows)
    rows = [row for clip in labels.clips for row in _flat(clip)]
    if any(row[-1] for row in rows):
        return csv_table((*FLAT, "confidence"), rows)
    return csv_table(FLAT, (row[:-1] for row in rows))


def _found(clip: ClipLabels) -> Iterable[tuple[str, ...]]:
    for item in placed(clip, "CSV"):
        yield *seconds(item.segment, "CSV"), item.segment.label, _confidence(item.segment.confidence)


def _flat(clip: ClipLabels) -> Iterable[tuple[str, ...]]:
    """The rows of a clip: path, label, start, end, split, group, subject, confidence."""
    entry = (clip.split, clip.group, clip.subject)
    if clip.label:
        yield clip.name, clip.label, "", "", *entry, ""
    for lane in clip.lanes:
        for segment in lane.segments:
            own = (clip.split, clip.group, clip.subject or lane.subject)
            yield clip.name, segment.label, *seconds(segment, "CSV"), *own, _confidence(segment.confidence)


def _confidence(confidence: float | None) -> str:
    return "" if confidence is None else f"{confidence:.3f}"


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of a table; without a column of paths it is about the clip that it is named after."""
    name, content = one_file(files)
    findings = FirstFindings()
    reader = Reader(name, options, DIGIT_S)
    return read_table(
        reader,
        table_of(text_of(name, content, LARGEST_TABLE_BYTES), name, findings, needed=("label",), meanings=READ),
        findings,
    )


def read_table(reader: Reader, table: Table, findings: FirstFindings) -> Labels:
    """The labels of the rows of a table, whatever its columns were called."""
    table = table.with_clips(lambda name: name if meant(name, reader.asked.clips) else "")
    rows: dict[str, list[Row]] = {}
    alone = stem(reader.file)
    for row in table.rows:
        if path := row.cells.get("path", alone):
            rows.setdefault(path, []).append(row)
        else:
            reader.left_out(row.where, "a path", "an empty cell")
    if not table.rows:
        rows[alone] = []
    places = {row.line: row.where for row in table.rows if row.path}
    table = replace(table, rows=())  # a million rows take room: each goes once its label is there
    clips = [_clip(reader, path, own, table, findings, len(rows) == 1) for path, own in rows.items()]
    for finding in findings.all:
        tell = reader.left_out if finding.left_out else reader.noted
        tell(places.get(finding.line, finding.line), finding.expected, finding.got)
    reader.findings.count(findings.more, left_out=findings.left_out_more)
    return reader.labels(clips)


def _clip(reader: Reader, path: str, rows: list[Row], table: Table, findings: Findings, alone: bool) -> ClipLabels:
    """The labels of one clip; its rows are used up."""
    where = rows[0].where if rows else 0
    kinds = list({id(row.cells): row.cells for row in rows}.values())
    entries: dict[str, Any] = {meaning: _same(reader, meaning, path, where, kinds) for meaning in ("split", "group")}
    subjects = {cells.get("subject", "") for cells in kinds}
    entries["subject"] = min(subjects, default="") if len(subjects) < 2 else ""
    if entries["split"].lower() not in SIDES:
        reader.unused(where, "train, val, test or nothing as split", shown(entries["split"]))
    entries["split"] = SIDES.get(entries["split"].lower(), "")
    whole: list[tuple[Row, str]] = []
    events = list(_events(reader, rows, table, findings, whole, apart=len(subjects) > 1))
    label = _whole(reader, path, whole, bool(events))
    return reader.clip(path, events if label is not None else [], alone=alone, label=label or "", **entries)


def _events(
    reader: Reader, rows: list[Row], table: Table, findings: Findings, whole: list[tuple[Row, str]], *, apart: bool
) -> Iterator[Event]:
    """The labelled stretches of a clip; rows for all of it go to `whole`. apart: each subject in its own track."""
    rows.reverse()
    while rows:
        some = rows[: -SOME_ROWS - 1 : -1]
        del rows[-SOME_ROWS:]
        for row, times in zip(some, table.times(some, findings), strict=True):
            line, cells, _, _, certainty, path = row
            where = path or line
            label = cells["label"] or reader.label("", where)
            if times:
                confidence = reader.confidence(certainty, where) if certainty else None
                subject = cells.get("subject", "") if apart else ""
                yield Event(times[0], times[1], label, where, confidence, "", "", "", subject, times[2])
            elif times is not None and label:
                whole.append((row, label))


def _whole(reader: Reader, path: str, whole: Sequence[tuple[Row, str]], parts: bool) -> str | None:
    """The label of a clip as a whole; None where rows contradict each other, so that the clip is left out."""
    labels = sorted({label for _, label in whole})
    if whole and parts:
        reader.left_out(whole[0][0].where, f"{path} as a whole or by segments", "both")
        return None
    if len(labels) > 1:
        reader.left_out(whole[1][0].where, f"one label for all of {path}, once", " and ".join(map(shown, labels)))
        return None
    for row, label in whole[1:]:
        reader.unused(row.where, f"one label for all of {path}, once", f"{shown(label)} again")
    return labels[0] if labels else ""


def _same(reader: Reader, meaning: str, path: str, where: int | str, kinds: Sequence[Mapping[str, str]]) -> str:
    """What all rows of a clip say of it; nothing where they differ, which is told."""
    texts = {cells.get(meaning, "") for cells in kinds}
    if len(texts) > 1:
        reader.unused(where, f"one {meaning} for {path}", " and ".join(map(shown, sorted(texts))))
        return ""
    return min(texts, default="")
