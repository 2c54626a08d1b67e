"""Facts as sentences in sections, before their language is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.stages.narrative.facts import RULES, Facts, LabelFacts, LabelledStretch, Oddity, Subject, part
from core.stages.narrative.languages import Phrase

MOST_STRETCHES = 200  # that are listed one by one
MOST_CLIPS = 200
WHOLE_S = 0.005  # less without a label is told as none


@dataclass(frozen=True)
class Clause:
    """A section of a report. title: None for what stands under the title of the whole."""

    title: Phrase | None
    lines: tuple[Phrase, ...]


def phrase(key: str, **values: Any) -> Phrase:
    """A phrase with its values."""
    return Phrase(key, values)


def report(facts: Facts) -> tuple[Phrase, tuple[Clause, ...]]:
    """The title and the sections."""
    alone = len(facts.subjects) == 1
    title = phrase("title", name=facts.subjects[0].name) if alone else phrase("title set", clips=len(facts.subjects))
    parts = [Clause(None, tuple(_overview(facts, alone)))]
    if facts.stretches:
        parts += [
            Clause(phrase("how"), tuple(_of_label(label, alone) for label in facts.labels)),
            Clause(phrase("first"), tuple(_first(facts, alone))),
            Clause(phrase("unusual"), tuple(_unusual(facts.oddities, alone)) or (phrase("usual"),)),
            Clause(phrase("when" if alone else "when set"), tuple(_when(facts, alone))),
            Clause(phrase("rules"), tuple(_rules())),
        ]
    return title, tuple(parts)


def _overview(facts: Facts, alone: bool) -> Iterator[Phrase]:
    start_s, stop_s = facts.subjects[0].seen_s
    if alone:
        yield phrase("seen", start=start_s, stop=stop_s, length=facts.seen_s)
    else:
        yield phrase("seen set", clips=len(facts.subjects), length=facts.seen_s)
    for author in dict.fromkeys(subject.track.author for subject in facts.subjects if subject.track.author):
        yield phrase("author", author=author)
    if not facts.stretches:
        yield phrase("nothing")
        return
    rest_s = max(facts.seen_s - facts.covered_s, 0.0)
    count, labels = len(facts.stretches), len(facts.labels)
    if rest_s < WHOLE_S:
        yield phrase("covered all", count=count, labels=labels)
        return
    yield phrase("covered", count=count, labels=labels, length=facts.covered_s, share=facts.share, rest=rest_s)


def sureness(sure: float | None) -> Phrase:
    """How sure, or nothing."""
    return phrase("sure unknown") if sure is None else phrase("sure", sure=sure)


def _of_label(label_facts: LabelFacts, alone: bool) -> Phrase:
    at_s, sure = label_facts.longest.segment.start_s, sureness(label_facts.sure)
    shared = {
        "label": label_facts.label,
        "count": label_facts.count,
        "total": label_facts.total_s,
        "share": label_facts.share,
        "at": at_s,
    }
    if alone and label_facts.count == 1:
        return Phrase("once", shared | {"sure": sure})
    longer = shared | {"mean": label_facts.mean_s, "longest": label_facts.longest.length_s, "sure": sure}
    return Phrase("often", longer) if alone else Phrase("often set", longer | _place(label_facts))


def _place(label_facts: LabelFacts) -> dict[str, Any]:
    return {"clips": label_facts.clips, "name": label_facts.longest.name}


def _unusual(oddities: Sequence[Oddity], alone: bool) -> Iterator[Phrase]:
    for oddity in oddities:
        segment, length_s = oddity.stretch.segment, oddity.stretch.length_s
        entries: dict[str, Any] = {"at": segment.start_s, "length": length_s}
        if oddity.rule != "gap":
            entries["label"] = segment.label
        if oddity.rule == "long":
            entries |= {"usual": oddity.usual_s, "times": part(length_s, oddity.usual_s)}
        if oddity.rule == "unsure":
            entries["sure"] = segment.confidence
        yield _in_clip(oddity.stretch, Phrase(oddity.rule, entries), alone)


def _in_clip(stretch: LabelledStretch, inner: Phrase, alone: bool) -> Phrase:
    return inner if alone else phrase("in clip", name=stretch.name, told=inner)


def _first(facts: Facts, alone: bool) -> Iterator[Phrase]:
    if not facts.first:
        yield phrase("no doubt" if facts.sure_told else "no sureness")
    for stretch in facts.first:
        entries = {"at": stretch.segment.start_s, "label": stretch.segment.label, "length": stretch.length_s}
        sure = {"sure": stretch.segment.confidence, "doubt": stretch.doubt_s}
        yield _in_clip(stretch, Phrase("look", entries | sure), alone)


def _when(facts: Facts, alone: bool) -> Iterator[Phrase]:
    if not alone:
        yield from (_clip(subject) for subject in facts.subjects[:MOST_CLIPS])
        if len(facts.subjects) > MOST_CLIPS:
            yield phrase("more clips", count=len(facts.subjects) - MOST_CLIPS)
        return
    for stretch in facts.stretches[:MOST_STRETCHES]:
        segment = stretch.segment
        entries = {"start": segment.start_s, "stop": segment.stop_s, "label": segment.label, "length": stretch.length_s}
        yield Phrase("stretch", entries | {"sure": sureness(segment.confidence)})
    if len(facts.stretches) > MOST_STRETCHES:
        yield phrase("more", count=len(facts.stretches) - MOST_STRETCHES)


def _clip(subject: Subject) -> Phrase:
    """A clip of several in one line."""
    start_s, stop_s = subject.seen_s
    seconds: dict[str, float] = {}
    for segment in subject.labelled:
        seconds[segment.label] = seconds.get(segment.label, 0.0) + segment.stop_s - segment.start_s
    if not seconds:
        return phrase("clip nothing", name=subject.name, whole=stop_s - start_s)
    most = max(seconds, key=lambda label: seconds[label])
    entries = {"label": most, "length": seconds[most], "whole": stop_s - start_s, "count": len(subject.labelled)}
    return Phrase("clip", entries | {"name": subject.name})


def _rules() -> Iterator[Phrase]:
    yield from (Phrase(f"rule {name}", limits) for name, limits in RULES.items())
    yield phrase("rule first")
