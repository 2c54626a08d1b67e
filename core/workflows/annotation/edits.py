"""Edits of a track of labels: each takes a DrawnTrack and gives another, or EditRefused where it does not fit.

Moments are seconds on the clock of the source file and are taken as they come: who lets people draw moves them onto
frames. What is painted, moved to or imported counts as looked at; what an edit leaves empty stays looked at, and so
becomes "nothing happening". Only `unlabel` says that nobody looked. A point never cuts a segment, no segment takes a
point away, and a point does not say what was looked at.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from core.base.errors import EditRefused
from core.domain import Change, DrawnTrack, Edit, Head, Point, Segment, intervals
from core.domain.intervals import Span
from core.stages.tracks.segmentation import NOTHING

LONGEST_LABEL = 80  # characters
SAME_S = 2e-6  # a point that comes so near to a moment is at it


# Stretches ------------------------------------------------------------------------------------------------------------


def paint(track: DrawnTrack, start_s: float, stop_s: float, label: str) -> DrawnTrack:
    """The stretch carries this label alone; what lay there is cut or split. NOTHING: nothing happens there."""
    _check_stretch(start_s, stop_s)
    left = _cut(track.segments, (start_s, stop_s))
    fresh = () if label == NOTHING else (Segment(start_s, stop_s, cleaned(label)),)
    labels = tuple(dict.fromkeys([*track.labels, *(segment.label for segment in fresh)]))
    seen = intervals.union([*track.seen, (start_s, stop_s)])
    return replace(track, labels=labels, segments=_sorted([*left, *fresh]), seen=seen)


def unlabel(track: DrawnTrack, start_s: float, stop_s: float) -> DrawnTrack:
    """Nothing is known of the stretch any more; points in it are gone too."""
    _check_stretch(start_s, stop_s)
    hole = (start_s, stop_s)
    points = tuple(point for point in track.points if not start_s <= point.time_s < stop_s)
    seen = intervals.without(track.seen, hole)
    return replace(track, segments=_sorted(_cut(track.segments, hole)), seen=seen, points=points)


def look(track: DrawnTrack, start_s: float, stop_s: float) -> DrawnTrack:
    """The stretch was looked at: where it has no label, nothing happens."""
    _check_stretch(start_s, stop_s)
    return replace(track, seen=intervals.union([*track.seen, (start_s, stop_s)]))


def accept(track: DrawnTrack, start_s: float, stop_s: float, draft: Sequence[Segment]) -> DrawnTrack:
    """The stretch carries what a draft says of it, as if a person had drawn it; what was looked at before stays."""
    _check_stretch(start_s, stop_s)
    free = intervals.gaps(track.seen, (start_s, stop_s))
    fresh = []
    for segment in draft:
        if segment.label != NOTHING:
            parts = intervals.within(free, (segment.start_s, segment.stop_s))
            fresh += [Segment(start, stop, segment.label) for start, stop in parts]
    labels = tuple(dict.fromkeys([*track.labels, *(segment.label for segment in fresh)]))
    seen = intervals.union([*track.seen, (start_s, stop_s)])
    return replace(track, labels=labels, segments=_mended(track.segments, fresh), seen=seen)


# One segment ----------------------------------------------------------------------------------------------------------


def change(track: DrawnTrack, at_s: float, start_s: float, stop_s: float) -> DrawnTrack:
    """The segment at a moment runs from start to stop; it may touch its neighbours, not enter them."""
    _check_stretch(start_s, stop_s)
    index = place_at(track, at_s)
    moved = replace(track.segments[index], start_s=start_s, stop_s=stop_s, confidence=None)
    others = [*track.segments[:index], *track.segments[index + 1 :]]
    if hit := next((other for other in others if other.start_s < stop_s and start_s < other.stop_s), None):
        raise EditRefused(
            f"{moved.label!r} would overlap {hit.label!r} at {hit.start_s:.3f} s.", "Move that segment first."
        )
    seen = intervals.union([*track.seen, (start_s, stop_s)])
    return replace(track, segments=_sorted([*others, moved]), seen=seen)


def border(track: DrawnTrack, at_s: float, to_s: float) -> DrawnTrack:
    """The segment at a moment and the one that it touches meet elsewhere."""
    index = place_at(track, at_s)
    segment, other = _neighbours(track, index)
    if segment.stop_s != other.start_s or not segment.start_s < to_s < other.stop_s:
        raise EditRefused(
            f"{segment.label!r} and {other.label!r} cannot meet at {to_s:.3f} s.", "Stay between their ends."
        )
    pair = replace(segment, stop_s=to_s, confidence=None), replace(other, start_s=to_s, confidence=None)
    return replace(track, segments=(*track.segments[:index], *pair, *track.segments[index + 2 :]))


def split(track: DrawnTrack, at_s: float) -> DrawnTrack:
    """The segment at a moment is two, which meet there."""
    index = place_at(track, at_s)
    segment = track.segments[index]
    if not segment.start_s < at_s < segment.stop_s:
        raise EditRefused(f"{segment.label!r} begins at {at_s:.3f} s.", "Go to a moment inside it.")
    pair = replace(segment, stop_s=at_s), replace(segment, start_s=at_s)
    return replace(track, segments=(*track.segments[:index], *pair, *track.segments[index + 1 :]))


def merge(track: DrawnTrack, at_s: float) -> DrawnTrack:
    """The segment at a moment swallows the next one, with what lies between."""
    index = place_at(track, at_s)
    segment, other = _neighbours(track, index)
    whole = replace(
        segment, stop_s=other.stop_s, confidence=None, note=" ".join(filter(None, (segment.note, other.note)))
    )
    segments = (*track.segments[:index], whole, *track.segments[index + 2 :])
    return replace(track, segments=segments, seen=intervals.union([*track.seen, (whole.start_s, whole.stop_s)]))


def label(track: DrawnTrack, at_s: float, wanted: str) -> DrawnTrack:
    """The segment at a moment carries another label; NOTHING takes it away."""
    if wanted == NOTHING:
        return delete(track, at_s)
    index = place_at(track, at_s)
    named = replace(track.segments[index], label=cleaned(wanted), confidence=None)
    labels = track.labels if named.label in track.labels else (*track.labels, named.label)
    return replace(track, labels=labels, segments=(*track.segments[:index], named, *track.segments[index + 1 :]))


def note(track: DrawnTrack, at_s: float, text: str) -> DrawnTrack:
    """The segment at a moment carries a note."""
    index = place_at(track, at_s)
    noted = replace(track.segments[index], note=" ".join(text.split()))
    return replace(track, segments=(*track.segments[:index], noted, *track.segments[index + 1 :]))


def delete(track: DrawnTrack, at_s: float) -> DrawnTrack:
    """The segment at a moment is gone: nothing happens there."""
    index = place_at(track, at_s)
    return replace(track, segments=(*track.segments[:index], *track.segments[index + 1 :]))


def place_at(track: DrawnTrack, at_s: float) -> int:
    """The place of the segment at a moment."""
    for index, segment in enumerate(track.segments):
        if segment.start_s <= at_s < segment.stop_s:
            return index
    raise EditRefused(f"There is no label at {at_s:.3f} s any more.", "It has been changed; reload the page.")


# One point ------------------------------------------------------------------------------------------------------------


def add_point(track: DrawnTrack, at_s: float, wanted: str) -> DrawnTrack:
    """A point with this label at a moment; there is one of a label at most."""
    fresh = Point(at_s, cleaned(wanted))
    if _has_point(track, fresh.label, at_s):
        return track
    labels = track.labels if fresh.label in track.labels else (*track.labels, fresh.label)
    return replace(track, labels=labels, points=_by_time([*track.points, fresh]))


def delete_point(track: DrawnTrack, at_s: float, mark: str) -> DrawnTrack:
    """The point of that label at a moment is gone."""
    index = _place_of_point(track, at_s, mark)
    return replace(track, points=(*track.points[:index], *track.points[index + 1 :]))


def move_point(track: DrawnTrack, at_s: float, mark: str, to_s: float) -> DrawnTrack:
    """The point of that label at a moment lies at another; one that is there already stays the only one."""
    index = _place_of_point(track, at_s, mark)
    left = delete_point(track, at_s, mark)
    if _has_point(left, mark, to_s):
        return left
    moved = replace(track.points[index], time_s=to_s, confidence=None)
    return replace(track, points=_by_time([*left.points, moved]))


def label_point(track: DrawnTrack, at_s: float, mark: str, wanted: str) -> DrawnTrack:
    """The point of that label at a moment carries another label; NOTHING takes it away."""
    if wanted == NOTHING:
        return delete_point(track, at_s, mark)
    index, name = _place_of_point(track, at_s, mark), cleaned(wanted)
    if name != mark and _has_point(track, name, at_s):
        return delete_point(track, at_s, mark)
    named = replace(track.points[index], label=name, confidence=None)
    labels = track.labels if name in track.labels else (*track.labels, name)
    return replace(track, labels=labels, points=(*track.points[:index], named, *track.points[index + 1 :]))


def _place_of_point(track: DrawnTrack, at_s: float, mark: str) -> int:
    for index, point in enumerate(track.points):
        if point.label == mark and abs(point.time_s - at_s) <= SAME_S:
            return index
    raise EditRefused(f"There is no point “{mark}” at {at_s:.3f} s any more.", "It has been changed; reload the page.")


def _has_point(track: DrawnTrack, label: str, at_s: float) -> bool:
    return any(point.label == label and abs(point.time_s - at_s) <= SAME_S for point in track.points)


def _by_time(points: Iterable[Point]) -> tuple[Point, ...]:
    return tuple(sorted(points, key=lambda point: point.time_s))


# The whole track ------------------------------------------------------------------------------------------------------


def offer(track: DrawnTrack, wanted: str) -> DrawnTrack:
    """One more label to draw with."""
    wanted = cleaned(wanted)
    if wanted in track.labels:
        raise EditRefused(f"There is already a label {wanted!r}.", "Use that one.")
    return replace(track, labels=(*track.labels, wanted))


def withdraw(track: DrawnTrack, unwanted: str) -> DrawnTrack:
    """One label less to draw with; one that is in use stays."""
    if any(mark.label == unwanted for mark in (*track.segments, *track.points)):
        raise EditRefused(f"{unwanted!r} is in use.", "Give its segments another label first.")
    return replace(track, labels=tuple(label for label in track.labels if label != unwanted))


def rename(track: DrawnTrack, before: str, after: str) -> DrawnTrack:
    """A label has another name everywhere in the track; the name of another label makes the two one."""
    after = cleaned(after)
    if before not in track.labels:
        raise EditRefused(f"There is no label {before!r} any more.", "It has been changed; reload the page.")

    def named(text: str) -> str:
        return after if text == before else text

    return replace(
        track,
        labels=tuple(dict.fromkeys(named(label) for label in track.labels)),
        segments=tuple(replace(segment, label=named(segment.label)) for segment in track.segments),
        points=tuple(replace(point, label=named(point.label)) for point in track.points),
    )


def arrange(track: DrawnTrack, labels: Sequence[str]) -> DrawnTrack:
    """The labels in another order, which is that of their keys."""
    if sorted(labels) != sorted(track.labels):
        raise EditRefused("The labels have been changed.", "Look again.")
    return replace(track, labels=tuple(labels))


def take(track: DrawnTrack, other: DrawnTrack) -> DrawnTrack:
    """All of another track in place of this one; this one's labels stay on offer."""
    labels = tuple(dict.fromkeys([*track.labels, *other.labels]))
    return replace(other, labels=labels, name=other.name or track.name, author=other.author or track.author)


# Edits out of the player ----------------------------------------------------------------------------------------------

_KINDS: dict[str, Callable[[DrawnTrack, Edit], DrawnTrack]] = {
    "paint": lambda track, edit: paint(track, edit.start_s, edit.stop_s, edit.label),
    "unlabel": lambda track, edit: unlabel(track, edit.start_s, edit.stop_s),
    "change": lambda track, edit: change(track, edit.at_s, edit.start_s, edit.stop_s),
    "border": lambda track, edit: border(track, edit.at_s, edit.stop_s),
    "split": lambda track, edit: split(track, edit.start_s),
    "merge": lambda track, edit: merge(track, edit.at_s),
    "label": lambda track, edit: label(track, edit.at_s, edit.label),
    "delete": lambda track, edit: delete(track, edit.at_s),
    "point": lambda track, edit: add_point(track, edit.start_s, edit.label),
}
_KINDS_OF_POINTS: dict[str, Callable[[DrawnTrack, Edit], DrawnTrack]] = {
    "change": lambda track, edit: move_point(track, edit.at_s, edit.mark, edit.start_s),
    "label": lambda track, edit: label_point(track, edit.at_s, edit.mark, edit.label),
    "delete": lambda track, edit: delete_point(track, edit.at_s, edit.mark),
}


def edited(track: DrawnTrack, edit: Edit) -> DrawnTrack:
    """The track after an edit out of the player, which is neither "undo" nor "redo"."""
    kinds = _KINDS_OF_POINTS if edit.mark else _KINDS
    if edit.kind not in kinds:
        raise EditRefused(f"There is no edit {name_of(edit)!r}.", "Reload the page.")
    return kinds[edit.kind](track, edit)


def name_of(edit: Edit) -> str:
    """What an edit out of the player is called in a journal."""
    return f"{edit.kind} point" if edit.mark else edit.kind


# What changed ---------------------------------------------------------------------------------------------------------


def changed(before: DrawnTrack, after: DrawnTrack) -> Change:
    """What leads from one state of a track to another, and back."""
    first, removed, added = _splice(before.segments, after.segments)
    seen_first, seen_removed, seen_added = _splice(before.seen, after.seen)
    points_first, points_removed, points_added = _splice(before.points, after.points)
    heads = _head(before), _head(after)
    renamed = (None, None) if replace(heads[0], points=()) == replace(heads[1], points=()) else heads
    return Change(
        first, removed, added, seen_first, seen_removed, seen_added, *renamed,
        points_first, points_removed, points_added,
    )  # fmt: skip


def done(track: DrawnTrack, made: Change) -> DrawnTrack:
    """The track after a change."""
    points = (*track.points[: made.points_first], *made.points_added, *_after(track, made, made.points_removed))
    return _spliced(track, made, made.removed, made.added, made.seen_removed, made.seen_added, points, made.after)


def undone(track: DrawnTrack, made: Change) -> DrawnTrack:
    """The track before a change."""
    points = (*track.points[: made.points_first], *made.points_removed, *_after(track, made, made.points_added))
    return _spliced(track, made, made.added, made.removed, made.seen_added, made.seen_removed, points, made.before)


def _after(track: DrawnTrack, made: Change, points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points of a track behind those of a change."""
    return track.points[made.points_first + len(points) :]


def _spliced(
    track: DrawnTrack,
    made: Change,
    removed: tuple[Segment, ...],
    added: tuple[Segment, ...],
    seen_removed: tuple[Span, ...],
    seen_added: tuple[Span, ...],
    points: tuple[Point, ...],
    head: Head | None,
) -> DrawnTrack:
    segments = (*track.segments[: made.first], *added, *track.segments[made.first + len(removed) :])
    seen = (*track.seen[: made.seen_first], *seen_added, *track.seen[made.seen_first + len(seen_removed) :])
    head = head or replace(_head(track), points=points)
    return DrawnTrack(head.labels, segments, seen, head.name, head.author, head.subject, head.points)


def _head(track: DrawnTrack) -> Head:
    return Head(track.labels, track.name, track.author, track.subject, track.points)


def _splice(before: tuple, after: tuple) -> tuple[int, tuple, tuple]:
    """Where two rows begin to differ, and what lies there in each until they are equal to the end."""
    shorter = min(len(before), len(after))
    first = next((index for index in range(shorter) if before[index] != after[index]), shorter)
    last = next((index for index in range(shorter - first) if before[-1 - index] != after[-1 - index]), shorter - first)
    return first, before[first : len(before) - last], after[first : len(after) - last]


# Parts ----------------------------------------------------------------------------------------------------------------


def _cut(segments: Iterable[Segment], hole: Span) -> list[Segment]:
    """Segments without what lies in a stretch; one that encloses it becomes two."""
    left = []
    for segment in segments:
        if segment.stop_s <= hole[0] or hole[1] <= segment.start_s:
            left.append(segment)
        else:
            parts = intervals.without([(segment.start_s, segment.stop_s)], hole)
            left += [replace(segment, start_s=start, stop_s=stop) for start, stop in parts]
    return left


def _mended(segments: Iterable[Segment], fresh: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments with fresh ones among them, which become one with those of their label that they touch."""
    joined: list[tuple[Segment, bool]] = []
    both = [(segment, False) for segment in segments] + [(segment, True) for segment in fresh]
    for segment, new in sorted(both, key=lambda pair: pair[0].start_s):
        last, was_new = joined[-1] if joined else (None, False)
        if (
            last
            and (new or was_new)
            and (last.stop_s, last.label, last.note) == (segment.start_s, segment.label, segment.note)
        ):
            joined[-1] = (replace(last, stop_s=segment.stop_s, confidence=None), True)
        else:
            joined.append((segment, new))
    return tuple(segment for segment, _ in joined)


def _sorted(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    return tuple(sorted(segments, key=lambda segment: segment.start_s))


def _neighbours(track: DrawnTrack, index: int) -> tuple[Segment, Segment]:
    for number, pair in enumerate(pairwise(track.segments)):
        if number == index:
            return pair
    raise EditRefused(f"No label follows {track.segments[index].label!r}.", "Choose one that is followed by another.")


def _check_stretch(start_s: float, stop_s: float) -> None:
    if not 0 <= start_s < stop_s:
        raise EditRefused(f"A label cannot run from {start_s:.3f} to {stop_s:.3f} s.", "Draw it from left to right.")


def cleaned(text: str) -> str:
    """A label as it is kept: one line, no blanks at its ends."""
    label_text = " ".join(text.split())
    if not label_text or len(label_text) > LONGEST_LABEL or label_text == NOTHING:
        raise EditRefused(f"{text[:90]!r} cannot be a label.", f"Give a name of 1 to {LONGEST_LABEL} characters.")
    return label_text
