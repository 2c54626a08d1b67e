"""The numbers of a report, taken from tracks and from nothing else, and the rules by which something is unusual."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from core.domain import Segment, Track

RARE_SHARE = 0.05  # of the time looked at, that a rare label stays below
RARE_AMONG = 3  # labels without which none is called rare
LONG_TIMES = 3.0  # how many times its label's median a very long stretch lasts
LONG_AMONG = 4  # stretches of a label without which none is called long
UNSURE = 0.5  # mean score below which all other labels together are likelier
GAP_SHARE = 0.1  # of the clip, from which a stretch without a label is told
GAP_S = 2.0  # seconds that such a stretch lasts at least
DOUBT_S = 0.05  # seconds of doubt from which a stretch is worth a look
MAX_LISTED = 5  # of each kind that are told
RULES = {
    "rare": {"share": RARE_SHARE, "labels": RARE_AMONG},
    "long": {"times": LONG_TIMES, "count": LONG_AMONG},
    "unsure": {"sure": UNSURE},
    "gap": {"share": GAP_SHARE, "length": GAP_S},
}


@dataclass(frozen=True)
class Subject:
    """A clip that is told of. name: for people."""

    name: str
    track: Track

    @property
    def seen_s(self) -> tuple[float, float]:
        """The stretch that is told of: what its author looked at, and all that carries a label."""
        ends = [self.track.seen_s, *((part.start_s, part.stop_s) for part in self.track.segments)]
        return min(start for start, _ in ends), max(stop for _, stop in ends)

    @property
    def labelled(self) -> tuple[Segment, ...]:
        """Its segments, without those of the label that means nothing happening."""
        return tuple(part for part in self.track.segments if part.label != self.track.labels[0])


@dataclass(frozen=True)
class LabelledStretch:
    """A labelled stretch of a clip."""

    name: str
    segment: Segment

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return self.segment.stop_s - self.segment.start_s

    @property
    def doubt_s(self) -> float:
        """Its doubtful seconds: its length times what is missing to full sureness."""
        return self.length_s * (1 - (1.0 if self.segment.confidence is None else self.segment.confidence))


@dataclass(frozen=True)
class LabelFacts:
    """How often, how long and how sure a label is. share: of the time looked at; sure: None where nobody said."""

    label: str
    count: int
    clips: int
    total_s: float
    share: float
    mean_s: float
    longest: LabelledStretch
    sure: float | None


@dataclass(frozen=True)
class Oddity:
    """Something unusual. rule: which of RULES it meets; usual_s: how long its label lasts as a rule, for "long"."""

    rule: str
    stretch: LabelledStretch
    usual_s: float = 0.0


@dataclass(frozen=True)
class Facts:
    """All numbers of a report. oddities: by rule, of each the most telling first; first: where to look first."""

    subjects: tuple[Subject, ...]
    stretches: tuple[LabelledStretch, ...]
    seen_s: float
    covered_s: float
    labels: tuple[LabelFacts, ...]
    oddities: tuple[Oddity, ...]
    first: tuple[LabelledStretch, ...]

    @property
    def share(self) -> float:
        """The part of the time looked at that carries a label."""
        return part(self.covered_s, self.seen_s)

    @property
    def sure_told(self) -> bool:
        """Whether anybody said how sure a label is."""
        return any(label.sure is not None for label in self.labels)


def facts(subjects: Sequence[Subject]) -> Facts:
    """The numbers of some clips together, or of one."""
    stretches = tuple(LabelledStretch(subject.name, segment) for subject in subjects for segment in subject.labelled)
    seen_s = sum(subject.seen_s[1] - subject.seen_s[0] for subject in subjects)
    labels = _labels(stretches, seen_s)
    doubtful = sorted(
        (stretch for stretch in stretches if stretch.doubt_s >= DOUBT_S), key=lambda stretch: -stretch.doubt_s
    )
    return Facts(
        tuple(subjects),
        stretches,
        seen_s,
        sum(stretch.length_s for stretch in stretches),
        labels,
        (*_rare(labels), *_long(stretches, labels), *_unsure(stretches), *_gaps(subjects)),
        tuple(doubtful[:MAX_LISTED]),
    )


def part(some: float, whole: float) -> float:
    """some / whole; 0 of nothing."""
    return some / whole if whole > 0 else 0.0


def _labels(stretches: Sequence[LabelledStretch], seen_s: float) -> tuple[LabelFacts, ...]:
    """Each label, that which lasts longest first."""
    by_label: dict[str, list[LabelledStretch]] = {}
    for stretch in stretches:
        by_label.setdefault(stretch.segment.label, []).append(stretch)
    label_rows = []
    for label, own in by_label.items():
        total_s = sum(labelled_stretch.length_s for labelled_stretch in own)
        clips, longest = (
            len({labelled_stretch.name for labelled_stretch in own}),
            max(own, key=lambda labelled_stretch: labelled_stretch.length_s),
        )
        share, mean_s = part(total_s, seen_s), total_s / len(own)
        label_rows.append(LabelFacts(label, len(own), clips, total_s, share, mean_s, longest, _sure(own)))
    return tuple(sorted(label_rows, key=lambda label_facts: -label_facts.total_s))


def _sure(stretches: Sequence[LabelledStretch]) -> float | None:
    """The mean confidence over the seconds of the stretches of which it is known."""
    arrays = [
        (stretch.length_s, stretch.segment.confidence)
        for stretch in stretches
        if stretch.segment.confidence is not None
    ]
    return sum(length * sure for length, sure in arrays) / sum(length for length, _ in arrays) if arrays else None


# What is unusual ------------------------------------------------------------------------------------------------------


def _rare(labels: Sequence[LabelFacts]) -> Iterator[Oddity]:
    """Labels that are seen once, for less than RARE_SHARE, where there are RARE_AMONG or more; the shortest first."""
    if len(labels) >= RARE_AMONG:
        rare = [label for label in labels if label.count == 1 and label.share < RARE_SHARE]
        yield from (Oddity("rare", label.longest) for label in rare[: -MAX_LISTED - 1 : -1])


def _long(stretches: Sequence[LabelledStretch], labels: Sequence[LabelFacts]) -> Iterator[Oddity]:
    """Stretches of LONG_TIMES the median of their label, which has LONG_AMONG or more; the longest first."""
    usual_s = {
        label.label: median(stretch.length_s for stretch in stretches if stretch.segment.label == label.label)
        for label in labels
        if label.count >= LONG_AMONG
    }
    oddities = [
        Oddity("long", stretch, usual_s[stretch.segment.label])
        for stretch in stretches
        if stretch.segment.label in usual_s and stretch.length_s >= LONG_TIMES * usual_s[stretch.segment.label]
    ]
    yield from sorted(oddities, key=lambda oddity: -oddity.stretch.length_s)[:MAX_LISTED]


def _unsure(stretches: Sequence[LabelledStretch]) -> Iterator[Oddity]:
    """Stretches whose confidence is below UNSURE, the least sure first."""
    unsure = [
        stretch
        for stretch in stretches
        if stretch.segment.confidence is not None and stretch.segment.confidence < UNSURE
    ]
    yield from (
        Oddity("unsure", stretch)
        for stretch in sorted(unsure, key=lambda labelled_stretch: labelled_stretch.segment.confidence or 0)[
            :MAX_LISTED
        ]
    )


def _gaps(subjects: Sequence[Subject]) -> Iterator[Oddity]:
    """Stretches without a label that last GAP_S and GAP_SHARE of their clip, the longest first."""
    oddities = [
        Oddity("gap", LabelledStretch(subject.name, gap)) for subject in subjects for gap in _long_gaps(subject)
    ]
    yield from sorted(oddities, key=lambda oddity: -oddity.stretch.length_s)[:MAX_LISTED]


def _long_gaps(subject: Subject) -> Iterator[Segment]:
    start_s, stop_s = subject.seen_s
    least_s = max(GAP_S, GAP_SHARE * (stop_s - start_s))
    yield from (gap for gap in gaps(subject) if subject.labelled and gap.stop_s - gap.start_s >= least_s)


def gaps(subject: Subject) -> Iterator[Segment]:
    """The stretches of a clip without a label."""
    at_s, stop_s = subject.seen_s
    for segment in subject.labelled:
        if segment.start_s > at_s:
            yield Segment(at_s, segment.start_s, subject.track.labels[0])
        at_s = segment.stop_s
    if stop_s > at_s:
        yield Segment(at_s, stop_s, subject.track.labels[0])


def with_gaps(subject: Subject) -> tuple[Segment, ...]:
    """The whole of a clip, stretch after stretch."""
    named = [replace(segment, note="") for segment in subject.labelled]
    return tuple(sorted([*named, *gaps(subject)], key=lambda segment: segment.start_s))
