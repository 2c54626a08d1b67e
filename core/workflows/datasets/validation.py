"""A draft against its measured clips: what of it holds becomes a labelled set, the rest is told."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.domain import Dataset, Finding, Item, Segment, VideoInfo, intervals
from core.stages.formats.common.frame_times import reach_s
from core.stages.formats.mstcn import fits_every
from core.workflows.datasets.draft import Draft, Entry, Findings, Stretch


def confined(draft: Draft, root: Path) -> Draft:
    """The draft without clips outside a folder: what was uploaded may not name other files of this machine."""
    findings, kept, root = Findings(list(draft.findings)), [], root.resolve()
    for entry in draft.entries:
        if Path(entry.file).resolve().is_relative_to(root):
            kept.append(entry)
        else:
            findings.left_out(entry.listed, entry.line, "a clip of the dataset", f"{entry.path}, elsewhere")
    return replace(draft, entries=tuple(kept), findings=tuple(findings.all))


def unreadable(entry: Entry, reason: str) -> Finding:
    """The finding for a clip that could not be measured."""
    got = reason if entry.listed == entry.path else f"{entry.path}: {reason}"
    return Finding(entry.listed, entry.line, "a clip that can be read", got)


def item(draft: Draft, entry: Entry, info: VideoInfo) -> tuple[Item | None, tuple[Finding, ...]]:
    """The entry as an item, in seconds of its clip's own clock, and what was found; None where nothing holds."""
    findings = Findings()
    if info.damaged:
        findings.noted(entry.listed, entry.line, f"{entry.path} whole", " ".join(info.notes))
    fields = {"group": entry.group, "subject": entry.subject, "split": entry.split}
    if entry.label:
        made = Item(info.digest, entry.path, info.duration_s, label=entry.label, **fields)  # pyright: ignore[reportArgumentType]
        return made, tuple(findings.all)
    bounds_s = np.append(info.times_s, info.duration_s)
    stretches = _from_rows(entry, bounds_s, findings) if entry.row_count else _from_seconds(entry, bounds_s, findings)
    sound, torn = _apart(entry, stretches, findings)
    segments = tuple(
        Segment(stretch.start, stretch.stop, stretch.label) for stretch in sound if stretch.label != draft.background
    )
    if draft.watched and not entry.row_count:
        seen = reduce(intervals.without, torn, ((0.0, info.duration_s),))
    else:
        seen = intervals.union((stretch.start, stretch.stop) for stretch in sound)
    if not sound:
        findings.left_out(entry.listed, entry.line, f"a labelled segment of {entry.path} that holds", "none")
        return None, tuple(findings.all)
    made = Item(info.digest, entry.path, info.duration_s, segments=segments, seen=seen, **fields)  # pyright: ignore[reportArgumentType]
    return made, tuple(findings.all)


def dataset(draft: Draft, items: Sequence[Item], findings: Iterable[Finding], *, name: str = "") -> Dataset:
    """The set of what holds, with all that was found. Classes that have no clip left are told and left out."""
    collected = Findings([*draft.findings, *findings])
    kept = _once(items, collected)
    used = {label for item in kept for label in (item.label, *(part.label for part in item.segments))}
    background = draft.background if any(item.seen for item in kept) else ""
    labels = tuple(label for label in draft.labels if label in used or label == background)
    known = {finding.file for finding in collected.all if finding.left_out} | set(labels)
    for label in (label for label in draft.labels if label not in known):
        collected.left_out(label, 0, f"clips of the class {label!r}", "none")
    _alike(labels, collected)
    unique = tuple(dict.fromkeys(collected.all))
    return Dataset(name or draft.name, labels, tuple(kept), background, draft.source, unique)


def _from_rows(entry: Entry, bounds_s: np.ndarray, findings: Findings) -> list[Stretch]:
    """Stretches told in rows, as seconds; none where the rows do not fit the frames. bounds_s: (N + 1,)."""
    frames = len(bounds_s) - 1
    if entry.row_count != math.ceil(frames / entry.every):
        fits = fits_every(entry.row_count, frames)
        text = f"; they would fit every {fits} frames" if fits and entry.every == 1 else ""
        rows = "1 row" if entry.row_count == 1 else f"{entry.row_count} rows"
        findings.left_out(
            entry.listed, 0, f"{math.ceil(frames / entry.every)} rows for {frames} frames of {entry.path}", rows + text
        )
        return []
    last = [min(entry.every * round(stretch.stop), frames) for stretch in entry.stretches]
    return [
        replace(stretch, start=float(bounds_s[entry.every * round(stretch.start)]), stop=float(bounds_s[stop]))
        for stretch, stop in zip(entry.stretches, last, strict=True)
    ]


def _from_seconds(entry: Entry, bounds_s: np.ndarray, findings: Findings) -> list[Stretch]:
    """Stretches told in seconds, moved onto frame times that lie within their last digit, and within the clip."""
    end_s, kept = float(bounds_s[-1]), []
    frame_s = float(bounds_s[-1] - bounds_s[-2])
    for stretch in entry.stretches:
        start_s = _snapped(stretch.start, stretch.resolution, bounds_s)
        stop_s = end_s if math.isinf(stretch.stop) else _snapped(stretch.stop, stretch.resolution, bounds_s)
        where = f"{stretch.label} from {stretch.start:g} to {stretch.stop:g} s"
        if start_s >= end_s or stop_s > end_s + max(frame_s, stretch.resolution) + 1e-9:
            expected = f"a segment within the {end_s:.3f} s of {entry.path}"
            findings.left_out(entry.listed, stretch.line, expected, where)
            continue
        if stop_s > end_s:
            findings.noted(
                entry.listed, stretch.line, f"an end by {end_s:.3f} s", f"{stretch.stop:g} s, which is shortened to it"
            )
            stop_s = end_s
        if start_s < stop_s:
            kept.append(replace(stretch, start=start_s, stop=stop_s))
        else:
            findings.left_out(entry.listed, stretch.line, "a segment of at least one frame", where)
    return kept


def _snapped(time_s: float, resolution: float, bounds_s: np.ndarray) -> float:
    """The one frame time within the resolution of a time, or else the time itself."""
    within_s = reach_s(resolution) + 1e-9
    first, stop = np.searchsorted(bounds_s, (time_s - within_s, time_s + within_s))
    return float(bounds_s[first]) if stop - first == 1 else time_s


def _apart(
    entry: Entry, stretches: Sequence[Stretch], findings: Findings
) -> tuple[list[Stretch], list[tuple[float, float]]]:
    """The stretches that overlap no other, in order, and the extents of those that do: nothing is known there."""
    ordered = sorted(stretches, key=lambda part: (part.start, part.stop, part.line))
    bad: set[int] = set()
    latest = 0
    for index in range(1, len(ordered)):
        before, stretch = ordered[latest], ordered[index]
        if stretch.start < before.stop:
            bad |= {latest, index}
            got = (
                f"{stretch.label} from {stretch.start:.3f} s, in {before.label} of line {before.line} "
                f"up to {before.stop:.3f} s"
            )
            findings.left_out(entry.listed, stretch.line, f"segments of {entry.path} that do not overlap", got)
            findings.left_out(
                entry.listed,
                before.line,
                f"segments of {entry.path} that do not overlap",
                f"overlaps line {stretch.line}",
            )
        if stretch.stop > before.stop:
            latest = index
    sound = [part for number, part in enumerate(ordered) if number not in bad]
    return sound, [(ordered[number].start, ordered[number].stop) for number in sorted(bad)]


def _once(items: Sequence[Item], findings: Findings) -> list[Item]:
    """The items without those whose bytes carry different labels; the same bytes under two names are told."""
    by_video: dict[str, list[Item]] = {}
    for item in items:
        by_video.setdefault(item.video, []).append(item)
    contradictory: set[str] = set()
    for video, same in by_video.items():
        for first, second in pairwise(same):
            if (first.label, first.segments) != (second.label, second.segments):
                contradictory.add(video)
                got = f"the same bytes as {first.path}, which has a different label"
                findings.left_out(second.path, 0, "one truth for each clip", got)
                findings.left_out(first.path, 0, "one truth for each clip", f"the same bytes as {second.path}")
            else:
                findings.noted(second.path, 0, "a clip of its own", f"the same bytes as {first.path}")
    return [listed for listed in items if listed.video not in contradictory]


def _alike(labels: Sequence[str], findings: Findings) -> None:
    """Say which labels may be meant to be one."""
    seen: dict[str, str] = {}
    for label in labels:
        plain = "".join(letter for letter in label.casefold() if letter.isalnum())
        if plain in seen:
            findings.noted(label, 0, "labels that differ in more than case and signs", f"{label!r} and {seen[plain]!r}")
        seen[plain] = label
