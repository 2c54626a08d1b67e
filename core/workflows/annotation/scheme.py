"""The label scheme of the workspace: names, order and keys of the labels, shared by all clips and edited in one place.

A track keeps the labels that it was drawn with; what people can give is the scheme. A label that a track uses and the
scheme lacks, as after an import, is added to it.
"""

from collections.abc import Iterable, Sequence

from core.base.errors import EditRefused
from core.stages.tracks.segmentation import NOTHING
from core.workflows.annotation import edits, journal
from core.workflows.annotation.journal import TrackState
from core.workspace.store import Store


def labels(store: Store) -> tuple[str, ...]:
    """The labels in the order of their keys; at first those of the tracks that were drawn before there was a scheme."""
    known = store.scheme()
    if known:
        return known
    offered = [label for track in _tracks(store) for label in track.document.labels]
    return store.change_scheme(lambda before: before or tuple(dict.fromkeys(offered))) if offered else ()


def add(store: Store, wanted: Iterable[str]) -> tuple[str, ...]:
    """Add labels that the scheme lacks; gives these."""
    before = (*labels(store), NOTHING)
    fresh = tuple(label for label in dict.fromkeys(wanted) if label not in before)
    if fresh:
        store.change_scheme(lambda scheme: tuple(dict.fromkeys([*scheme, *fresh])))
    return fresh


def complete(store: Store, tracks: Iterable[TrackState]) -> tuple[str, ...]:
    """Add the labels that tracks use and the scheme lacks; gives these."""
    documents = [track.document for track in tracks]
    return add(store, (mark.label for document in documents for mark in (*document.segments, *document.points)))


def rename(store: Store, before: str, after: str) -> None:
    """A label has another name, in the scheme and in every track; the name of another label makes the two one."""
    after = edits.cleaned(after)
    if before not in labels(store):
        raise EditRefused(f"There is no label {before!r} any more.", "It has been changed; reload the page.")
    for track in _tracks(store):
        if before in track.document.labels:
            journal.edit(store, track.track_id, "rename label", lambda document: edits.rename(document, before, after))
    store.change_scheme(lambda scheme: tuple(dict.fromkeys(after if label == before else label for label in scheme)))


def remove(store: Store, unwanted: str) -> None:
    """One label less; EditRefused where a track of whatever clip uses it."""
    clips = {track.video for track in _tracks(store) if unwanted in _used(track)}
    if clips:
        count = "1 clip" if len(clips) == 1 else f"{len(clips)} clips"
        raise EditRefused(f"{unwanted!r} is in use in {count}.", "Give its segments another label first.")
    store.change_scheme(lambda scheme: tuple(label for label in scheme if label != unwanted))


def move(store: Store, label: str, by: int) -> None:
    """A label stands so many places further on, as far as there are any: order is that of keys."""

    def moved(scheme: Sequence[str]) -> tuple[str, ...]:
        if label not in scheme:
            return tuple(scheme)
        place = min(max(scheme.index(label) + by, 0), len(scheme) - 1)
        others = [other for other in scheme if other != label]
        return (*others[:place], label, *others[place:])

    store.change_scheme(moved)


def _used(track: TrackState) -> set[str]:
    return {mark.label for mark in (*track.document.segments, *track.document.points)}


def _tracks(store: Store) -> list[TrackState]:
    """All tracks of all clips, the clip that was labelled last first."""
    return [track for video in store.labelled_videos() for track in reversed(journal.tracks(store, video))]
