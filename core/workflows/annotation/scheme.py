"""The label scheme of the workspace: names, order and keys of the labels, shared by all clips and edited in one place.

A track keeps the labels that it was drawn with; what people can give is the scheme. A label that a track uses and the
scheme lacks, as after an import, is added to it. A label is a state, which is given as segments, or a point, which is
given at single moments; one that comes as points only when it is added is a point.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from core.base.errors import EditRefused
from core.domain import DrawnTrack
from core.stages.tracks.segmentation import NOTHING
from core.workflows.annotation import edits, journal
from core.workflows.annotation.journal import TrackState
from core.workspace.store import Store

LabelKind: TypeAlias = Literal["state", "point"]


def labels(store: Store) -> tuple[str, ...]:
    """The labels in the order of their keys; at first those of the tracks that were drawn before there was a scheme."""
    known = store.scheme()
    if known:
        return known
    documents = [track.document for track in _tracks(store)]
    offered = [label for document in documents for label in document.labels]
    if not offered:
        return ()
    store.change_point_labels(add=_only_points(documents))
    return store.change_scheme(lambda before: before or tuple(dict.fromkeys(offered)))


def kind(store: Store, label: str) -> LabelKind:
    """Whether a label is given as segments or as points."""
    return "point" if label in store.point_labels() else "state"


def add(store: Store, wanted: Iterable[str], tracks: Iterable[DrawnTrack] = ()) -> tuple[str, ...]:
    """Add labels that the scheme lacks; gives these. Those that come in these tracks as points only become points."""
    before = (*labels(store), NOTHING)
    fresh = tuple(label for label in dict.fromkeys(wanted) if label not in before)
    if fresh:
        store.change_point_labels(add=_only_points(tuple(tracks)).intersection(fresh))
        store.change_scheme(lambda scheme: tuple(dict.fromkeys([*scheme, *fresh])))
    return fresh


def complete(store: Store, tracks: Iterable[TrackState]) -> tuple[str, ...]:
    """Add the labels that tracks use and the scheme lacks; gives these."""
    documents = [track.document for track in tracks]
    used = (mark.label for document in documents for mark in (*document.segments, *document.points))
    return add(store, used, documents)


def rename(store: Store, before: str, after: str) -> None:
    """A label has another name, in the scheme and in every track; the name of another label makes the two one."""
    after, known = edits.cleaned(after), labels(store)
    if before not in known:
        raise EditRefused(f"There is no label {before!r} any more.", "It has been changed; reload the page.")
    if after == before:
        return
    own = kind(store, before)
    if after in known and kind(store, after) != own:
        raise EditRefused(
            f"“{before}” is a {own} and “{after}” is a {kind(store, after)}: they cannot be merged.",
            "Choose another name, or give both the same kind.",
        )
    if own == "point":
        store.change_point_labels(add=[after])
    for track in _tracks(store):
        if before in track.document.labels:
            journal.edit(store, track.track_id, "rename label", lambda document: edits.rename(document, before, after))
    store.change_scheme(lambda scheme: tuple(dict.fromkeys(after if label == before else label for label in scheme)))
    store.change_point_labels(drop=[before])


def remove(store: Store, unwanted: str) -> None:
    """One label less; EditRefused where a track of whatever clip uses it."""
    clips = {track.video for track in _tracks(store) if unwanted in _used(track)}
    if clips:
        raise EditRefused(
            f"{unwanted!r} is in use in {_count(len(clips), 'clip')}.",
            "Give its segments and points another label first.",
        )
    store.change_scheme(lambda scheme: tuple(label for label in scheme if label != unwanted))
    store.change_point_labels(drop=[unwanted])


def change_kind(store: Store, label: str, wanted: LabelKind) -> None:
    """A label is given as segments or as points from now on; EditRefused where it comes as the other in any clip."""
    if label not in labels(store):
        raise EditRefused(f"There is no label {label!r} any more.", "It has been changed; reload the page.")
    if wanted == "point":
        uses = [(track.video, mark) for track in _tracks(store) for mark in track.document.segments]
        noun, why = "segment", "a point has no duration"
    else:
        uses = [(track.video, mark) for track in _tracks(store) for mark in track.document.points]
        noun, why = "point", "a state needs a start and a stop"
    if clips := [video for video, mark in uses if mark.label == label]:
        where = f"{_count(len(clips), noun)} in {_count(len(set(clips)), 'clip')}"
        raise EditRefused(
            f"“{label}” has {where}, and {why}.",
            f"Delete the {noun}s or give them another label first, or add a new label for the {wanted}s.",
        )
    store.change_point_labels(add=[label] * (wanted == "point"), drop=[label] * (wanted == "state"))


def move(store: Store, label: str, by: int) -> None:
    """A label stands so many places further on, as far as there are any: order is that of keys."""

    def moved(scheme: Sequence[str]) -> tuple[str, ...]:
        if label not in scheme:
            return tuple(scheme)
        place = min(max(scheme.index(label) + by, 0), len(scheme) - 1)
        others = [other for other in scheme if other != label]
        return (*others[:place], label, *others[place:])

    store.change_scheme(moved)


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _only_points(tracks: Sequence[DrawnTrack]) -> set[str]:
    """The labels that come as points in these tracks and never as segments."""
    lasting = {segment.label for track in tracks for segment in track.segments}
    return {point.label for track in tracks for point in track.points} - lasting


def _used(track: TrackState) -> set[str]:
    return {mark.label for mark in (*track.document.segments, *track.document.points)}


def _tracks(store: Store) -> list[TrackState]:
    """All tracks of all clips, the clip that was labelled last first."""
    return [track for video in store.labelled_videos() for track in reversed(journal.tracks(store, video))]
