"""Labels carried from a clip to one that was exported from it, and back.

A track is always on the clock of its source; no step of a recipe moves it. An exported clip has a clock of its own that
begins with the first frame that was kept, so its labels are those of the source, cut to what was kept and shifted.
Resampling, rotating and the like move nothing: a label is a stretch of time, not of frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.base.errors import RecipeInvalid
from core.clock import clock_of
from core.domain import Lane, Point, Recipe, Segment, Track, VideoInfo
from core.preprocess import Trim

EXACT_S = 1e-6  # two times that differ by less are one


@dataclass(frozen=True)
class Cut:
    """The stretch [start_s, stop_s) of a source that an exported clip shows."""

    start_s: float
    stop_s: float

    def __post_init__(self):
        if not 0 <= self.start_s < self.stop_s:
            raise ValueError(f"a cut from {self.start_s} to {self.stop_s} s")


def cut_of(recipe: Recipe, info: VideoInfo) -> Cut:
    """What of a clip is left by a recipe: from its first kept frame until the last one within Trim disappears."""
    kept = clock_of(recipe, info)
    trimmed = clock_of(Recipe(tuple(step for step in recipe.steps if isinstance(step, Trim))), info)
    if not len(kept.times_s) or not len(trimmed.indices):
        raise RecipeInvalid("The steps keep no frame of this clip.", "Widen the stretch of Trim.")
    ends_s = [*info.times_s[1:].tolist(), info.duration_s]
    return Cut(float(kept.times_s[0]), float(ends_s[trimmed.indices[-1]]))


def to_export(lane: Lane, cut: Cut) -> Lane:
    """The labels on the clock of the exported clip."""
    return replace(
        lane,
        segments=_cut(lane.segments, cut, -cut.start_s),
        points=tuple(
            replace(one, time_s=_shifted(one.time_s, -cut.start_s))
            for one in lane.points
            if cut.start_s - EXACT_S <= one.time_s < cut.stop_s - EXACT_S
        ),
        seen=_spans(lane.seen, cut, -cut.start_s),
    )


def to_source(lane: Lane, cut: Cut) -> Lane:
    """Labels of the exported clip on the clock of the source; outside the cut nothing is known."""
    shown = Cut(0.0, cut.stop_s - cut.start_s)
    return replace(
        lane,
        segments=_cut(lane.segments, shown, cut.start_s),
        points=tuple(replace(one, time_s=_shifted(one.time_s, cut.start_s)) for one in lane.points),
        seen=_spans(lane.seen, shown, cut.start_s),
    )


def put_back(lane: Lane, edited: Lane, cut: Cut) -> Lane:
    """The labels of the source with those of the cut replaced by what became of them in the exported clip."""
    inside = to_source(edited, cut)
    before, after = Cut(0.0, cut.start_s) if cut.start_s > 0 else None, Cut(cut.stop_s, float("inf"))
    outside = [part for part in (before, after) if part]
    ends_s = (cut.start_s, cut.stop_s)
    parted_s = [end_s for end_s in ends_s if any(one.start_s < end_s < one.stop_s for one in lane.segments)]
    segments = [one for part in outside for one in _cut(lane.segments, part, 0.0)]
    seen = [one for part in outside for one in _spans(lane.seen, part, 0.0)]
    points: list[Point] = [one for one in lane.points if not cut.start_s <= one.time_s < cut.stop_s]
    return replace(
        lane,
        segments=_joined(sorted([*segments, *inside.segments], key=lambda one: one.start_s), parted_s),
        points=tuple(sorted([*points, *inside.points], key=lambda one: (one.time_s, one.label))),
        seen=_touching(sorted([*seen, *inside.seen])),
    )


def track_to_export(track: Track, cut: Cut, video: str) -> Track | None:
    """The track on the clock of the exported clip of that digest; None where its author saw nothing of it."""
    seen = _spans((track.seen_s,), cut, -cut.start_s)
    if not seen:
        return None
    return replace(track, video=video, segments=_cut(track.segments, cut, -cut.start_s), seen_s=seen[0])


def track_to_source(track: Track, cut: Cut, video: str) -> Track | None:
    """A track of the exported clip on the clock of its source; None where its author saw nothing of that."""
    shown = Cut(0.0, cut.stop_s - cut.start_s)
    seen = _spans((track.seen_s,), shown, cut.start_s)
    if not seen:
        return None
    return replace(track, video=video, segments=_cut(track.segments, shown, cut.start_s), seen_s=seen[0])


def _cut(segments: Sequence[Segment], cut: Cut, shift_s: float) -> tuple[Segment, ...]:
    """Segments within a cut, shifted; what would be left of a segment must be longer than nothing."""
    kept = []
    for one in segments:
        start_s, stop_s = max(one.start_s, cut.start_s), min(one.stop_s, cut.stop_s)
        if stop_s - start_s > EXACT_S:
            kept.append(replace(one, start_s=_shifted(start_s, shift_s), stop_s=_shifted(stop_s, shift_s)))
    return tuple(kept)


def _spans(seen: Sequence[tuple[float, float]], cut: Cut, shift_s: float) -> tuple[tuple[float, float], ...]:
    """Stretches within a cut, shifted."""
    within = ((max(start_s, cut.start_s), min(stop_s, cut.stop_s)) for start_s, stop_s in seen)
    return tuple((_shifted(one, shift_s), _shifted(other, shift_s)) for one, other in within if other - one > EXACT_S)


def _shifted(time_s: float, shift_s: float) -> float:
    """A time moved by a shift; what the sum of two floats leaves over is taken off."""
    return max(round(time_s + shift_s, 9), 0.0) if shift_s else time_s


def _joined(segments: Sequence[Segment], parted_s: Sequence[float]) -> tuple[Segment, ...]:
    """Segments with those joined again that the cut had parted at these moments."""
    kept: list[Segment] = []
    for one in segments:
        last = kept[-1] if kept else None
        parted = any(abs(one.start_s - end_s) < EXACT_S for end_s in parted_s)
        if last and parted and replace(one, start_s=last.start_s, stop_s=last.stop_s) == last:
            kept[-1] = replace(last, stop_s=one.stop_s)
        else:
            start_s = max(one.start_s, last.stop_s) if last else one.start_s
            kept.append(replace(one, start_s=start_s))
    return tuple(kept)


def _touching(seen: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    kept: list[tuple[float, float]] = []
    for start_s, stop_s in seen:
        if kept and start_s - kept[-1][1] < EXACT_S:
            kept[-1] = (kept[-1][0], max(stop_s, kept[-1][1]))
        else:
            kept.append((start_s, stop_s))
    return tuple(kept)
