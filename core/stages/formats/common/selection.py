"""Which parts of a file are taken: tiers, observations, subjects, modifiers, attributes, annotations, or tracks.

A format whose files hold parts lists them with `parts(files)`, and asks of each whether it is taken, with
`asked.takes(kind, name)`. What is taken of a file that lists none, and of any other, is told from its tracks.
"""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from core.base.errors import FormatInvalid
from core.domain import Labels, Lane, Part
from core.stages.formats.common.files import Files, ReadOptions
from core.stages.formats.common.format import Format

TRACK = "track"


def of(files: Files, form: Format) -> tuple[Part, ...]:
    """The parts of a file among which there is a choice: those of a kind of which there are several, and modifiers."""
    parts = form.parts(files) if form.parts else ()
    counts = Counter(part.kind for part in parts)
    return tuple(part for part in parts if counts[part.kind] > 1 or part.kind in form.optional)


def read(files: Files, form: Format, options: ReadOptions) -> Labels:
    """The labels of the parts that are asked for; FormatInvalid where the file has no such part."""
    parts = form.parts(files) if form.parts and options.only else ()
    for kind, names in options.only:
        known = dict.fromkeys(part.name for part in parts if part.kind == kind)
        if kind != TRACK and not known:
            kinds = sorted({TRACK, *(part.kind for part in parts)})
            raise FormatInvalid(f"{form.title}: this file has no {kind}.", f"It has: {', '.join(kinds)}.")
        if strange := [name for name in names if kind != TRACK and name not in known]:
            raise FormatInvalid(f"This file has no {kind} {strange[0]!r}.", f"It has: {', '.join(map(repr, known))}.")
    with _without_collection():
        return taken(form.read(files, options), options)


@contextmanager
def _without_collection() -> Iterator[None]:
    """No search for cycles meanwhile: a file gives millions of small values without any, and it costs a fifth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def taken(labels: Labels, options: ReadOptions) -> Labels:
    """The labels of the tracks that are asked for, by their name, subject or author."""
    wanted = dict(options.only).get(TRACK)
    if wanted is None:
        return labels
    names = {name for clip in labels.clips for lane in clip.lanes for name in _names(lane)}
    if strange := [name for name in wanted if name not in names]:
        text = ", ".join(map(repr, sorted(names))) or "none with a name"
        raise FormatInvalid(f"There is no track {strange[0]!r}.", f"Its tracks: {text}.")
    clips = (
        replace(clip, lanes=tuple(lane for lane in clip.lanes if {*wanted} & {*_names(lane)})) for clip in labels.clips
    )
    return replace(labels, clips=tuple(clips))


def named(labels: Labels, names: Mapping[str, str]) -> Labels:
    """The labels with other names of tracks, by what they are called, "" for those that are called nothing."""
    known = {name for clip in labels.clips for lane in clip.lanes for name in _names(lane) or ("",)}
    if strange := [name for name in names if name not in known]:
        text = ", ".join(map(repr, sorted(known))) or "none"
        raise FormatInvalid(f"There is no track {strange[0]!r}.", f"Its tracks: {text}.")
    clips = (replace(clip, lanes=tuple(_renamed(lane, names) for lane in clip.lanes)) for clip in labels.clips)
    return replace(labels, clips=tuple(clips))


def _renamed(lane: Lane, names: Mapping[str, str]) -> Lane:
    fresh = next((names[name] for name in _names(lane) or ("",) if name in names), lane.name)
    return replace(lane, name=fresh)


def _names(lane: Lane) -> tuple[str, ...]:
    """What a track is called."""
    return tuple(name for name in (lane.name, lane.subject, lane.author) if name)


def told(parts: tuple[Part, ...]) -> list[str]:
    """The parts of each kind in a sentence."""
    kinds = dict.fromkeys(part.kind for part in parts)
    return [
        f"{kind}: {', '.join(f'{part.name} ({part.count})' for part in parts if part.kind == kind)}" for kind in kinds
    ]
