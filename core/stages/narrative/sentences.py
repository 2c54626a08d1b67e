"""Facts as sentences in sections, before their language is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.stages.narrative.facts import RULES, Facts, LabelFacts, Oddity, Stretch, Subject, part
from core.stages.narrative.languages import Phrase

MOST_STRETCHES = 200  # that are listed one by one
MOST_CLIPS = 200
WHOLE_S = 0.005  # less without a label is told as none


@dataclass(frozen=True)
class Part:
    """A section of a report. title: None for what stands under the title of the whole."""

    title: Phrase | None
    lines: tuple[Phrase, ...]


def phrase(key: str, **values: Any) -> Phrase:
    """A phrase with its values."""
    return Phrase(key, values)


def report(found: Facts) -> tuple[Phrase, tuple[Part, ...]]:
    """The title and the sections."""
    alone = len(found.subjects) == 1
    title = phrase("title", name=found.subjects[0].name) if alone else phrase("title set", clips=len(found.subjects))
    parts = [Part(None, tuple(_overview(found, alone)))]
    if found.stretches:
        parts += [
            Part(phrase("how"), tuple(_of_label(each, alone) for each in found.labels)),
            Part(phrase("first"), tuple(_first(found, alone))),
            Part(phrase("unusual"), tuple(_unusual(found.oddities, alone)) or (phrase("usual"),)),
            Part(phrase("when" if alone else "when set"), tuple(_when(found, alone))),
            Part(phrase("rules"), tuple(_rules())),
        ]
    return title, tuple(parts)


def _overview(found: Facts, alone: bool) -> Iterator[Phrase]:
    start_s, stop_s = found.subjects[0].seen_s
    if alone:
        yield phrase("seen", start=start_s, stop=stop_s, length=found.seen_s)
    else:
        yield phrase("seen set", clips=len(found.subjects), length=found.seen_s)
    for author in dict.fromkeys(subject.track.author for subject in found.subjects if subject.track.author):
        yield phrase("author", author=author)
    if not found.stretches:
        yield phrase("nothing")
        return
    rest_s = max(found.seen_s - found.covered_s, 0.0)
    count, labels = len(found.stretches), len(found.labels)
    if rest_s < WHOLE_S:
        yield phrase("covered all", count=count, labels=labels)
        return
    yield phrase("covered", count=count, labels=labels, length=found.covered_s, share=found.share, rest=rest_s)


def sureness(sure: float | None) -> Phrase:
    """How sure, or nothing."""
    return phrase("sure unknown") if sure is None else phrase("sure", sure=sure)


def _of_label(each: LabelFacts, alone: bool) -> Phrase:
    at_s, sure = each.longest.segment.start_s, sureness(each.sure)
    shared = {"label": each.label, "count": each.count, "total": each.total_s, "share": each.share, "at": at_s}
    if alone and each.count == 1:
        return Phrase("once", shared | {"sure": sure})
    longer = shared | {"mean": each.mean_s, "longest": each.longest.length_s, "sure": sure}
    return Phrase("often", longer) if alone else Phrase("often set", longer | _place(each))


def _place(each: LabelFacts) -> dict[str, Any]:
    return {"clips": each.clips, "name": each.longest.name}


def _unusual(oddities: Sequence[Oddity], alone: bool) -> Iterator[Phrase]:
    for each in oddities:
        segment, length_s = each.stretch.segment, each.stretch.length_s
        told: dict[str, Any] = {"at": segment.start_s, "length": length_s}
        if each.rule != "gap":
            told["label"] = segment.label
        if each.rule == "long":
            told |= {"usual": each.usual_s, "times": part(length_s, each.usual_s)}
        if each.rule == "unsure":
            told["sure"] = segment.confidence
        yield _in_clip(each.stretch, Phrase(each.rule, told), alone)


def _in_clip(stretch: Stretch, told: Phrase, alone: bool) -> Phrase:
    return told if alone else phrase("in clip", name=stretch.name, told=told)


def _first(found: Facts, alone: bool) -> Iterator[Phrase]:
    if not found.first:
        yield phrase("no doubt" if found.sure_told else "no sureness")
    for each in found.first:
        told = {"at": each.segment.start_s, "label": each.segment.label, "length": each.length_s}
        sure = {"sure": each.segment.confidence, "doubt": each.doubt_s}
        yield _in_clip(each, Phrase("look", told | sure), alone)


def _when(found: Facts, alone: bool) -> Iterator[Phrase]:
    if not alone:
        yield from (_clip(subject) for subject in found.subjects[:MOST_CLIPS])
        if len(found.subjects) > MOST_CLIPS:
            yield phrase("more clips", count=len(found.subjects) - MOST_CLIPS)
        return
    for each in found.stretches[:MOST_STRETCHES]:
        segment = each.segment
        told = {"start": segment.start_s, "stop": segment.stop_s, "label": segment.label, "length": each.length_s}
        yield Phrase("stretch", told | {"sure": sureness(segment.confidence)})
    if len(found.stretches) > MOST_STRETCHES:
        yield phrase("more", count=len(found.stretches) - MOST_STRETCHES)


def _clip(subject: Subject) -> Phrase:
    """A clip of several in one line."""
    start_s, stop_s = subject.seen_s
    seconds: dict[str, float] = {}
    for segment in subject.labelled:
        seconds[segment.label] = seconds.get(segment.label, 0.0) + segment.stop_s - segment.start_s
    if not seconds:
        return phrase("clip nothing", name=subject.name, whole=stop_s - start_s)
    most = max(seconds, key=lambda label: seconds[label])
    told = {"label": most, "length": seconds[most], "whole": stop_s - start_s, "count": len(subject.labelled)}
    return Phrase("clip", told | {"name": subject.name})


def _rules() -> Iterator[Phrase]:
    yield from (Phrase(f"rule {name}", limits) for name, limits in RULES.items())
    yield phrase("rule first")
