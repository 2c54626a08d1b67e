"""Tracks of labels as journals in the store: every edit is on the disk before it counts, and none is ever rewritten.

A journal begins with a whole DrawnTrack. An edit adds a Change; undo and redo add that they happened, and so can be
undone themselves by redo and undo, back to the very first edit. An edit that comes twice, as when a server was killed
before it could say that it had it, counts once: each says who sent it, and its number there. What is read is kept here
between edits, and is brought up to date with what other processes and other windows added.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

from core.base.errors import EditRefused, FormatInvalid, ResultMissing
from core.domain import Change, DrawnTrack, Edit
from core.domain.fingerprint import fingerprint
from core.domain.serialization import from_json, to_json
from core.workflows.annotation import edits
from core.workspace.store import Store

MAX_HELD_TRACKS = 64  # tracks that are held in memory
REPLAYED = 200  # edits after which a track is kept whole when it is read
TRIES = 20  # times an edit is tried while others write to the same track
HISTORY = ("undo", "redo")


@dataclass(frozen=True)
class TrackState:
    """A track as it stands. track_id: of its journal; document: what it holds.

    number: of its latest edit; made: when that was, in seconds since 1970.
    done, undone: the edits that can be undone and redone, the next one last, as number and kind. kept: the edit after
    which the track was last kept whole.
    """

    track_id: str
    video: str
    document: DrawnTrack
    number: int
    made: float
    done: tuple[tuple[int, str], ...] = ()
    undone: tuple[tuple[int, str], ...] = ()
    kept: int = 0


_held: OrderedDict[tuple[str, str], TrackState] = OrderedDict()
_lock = threading.Lock()


# Tracks ---------------------------------------------------------------------------------------------------------------


def begin(store: Store, video: str, track: DrawnTrack) -> str:
    """File a new track of a clip; gives its id."""
    track_id = uuid4().hex
    begin_all(store, video, {track_id: track})
    return track_id


def begin_all(store: Store, video: str, tracks: Mapping[str, DrawnTrack]) -> None:
    """File new tracks of a clip by their ids, all or none; one that is there already stays as it is."""
    store.begin_tracks(video, {track_id: to_json(track) for track_id, track in tracks.items()})


def tracks(store: Store, video: str) -> list[TrackState]:
    """The tracks of a clip, the oldest first; one that cannot be read is left out."""
    states = []
    for track_id in store.tracks(video):
        with suppress(FormatInvalid):
            states.append(read(store, track_id))
    return states


def revision(store: Store, video: str) -> str:
    """What tells one state of the tracks of a clip and of the label scheme from another; quick, however many edits."""
    return fingerprint(store.tracks_version(video), store.scheme(), store.point_labels())


def drop(store: Store, track_id: str) -> None:
    """Take a track out of its clip; `restore` brings it back."""
    store.drop_track(track_id)


def restore(store: Store, track_id: str) -> None:
    """Bring a track back that was dropped."""
    store.drop_track(track_id, dropped=False)


def read(store: Store, track_id: str) -> TrackState:
    """A track as it stands; ResultMissing if there is none."""
    name = (str(store.workspace.absolute()), track_id)
    with _lock:
        known = _held.get(name)
    state = _advanced(store, known or _opened(store, track_id))
    with _lock:
        _held[name] = state
        _held.move_to_end(name)
        while len(_held) > MAX_HELD_TRACKS:
            _held.popitem(last=False)
    return state


def _opened(store: Store, track_id: str) -> TrackState:
    """A track as it was when it was kept whole, or at its beginning."""
    video, kept = store.video_of_track(track_id), store.track_state(track_id)
    if kept is None:
        first = store.edits(track_id)[:1]
        if not first:
            raise ResultMissing(f"The track {track_id[:12]!r} is empty.", "Choose another.")
        number, body, made = 0, first[0][3], first[0][4]
    else:
        (number, body), made = kept, 0.0
    document = from_json(body, DrawnTrack, source=f"track {track_id[:12]}")
    past, undone = _history(store.edit_outline(track_id, number + 1))
    return TrackState(track_id, video, document, number, made, past, undone, number)


def _history(outline: list[tuple[int, str]]) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
    """What of a journal can be undone, and redone."""
    past: list[tuple[int, str]] = []
    undone: list[tuple[int, str]] = []
    for number, kind in outline[1:]:
        if kind == "undo":
            undone.append(past.pop())
        elif kind == "redo":
            past.append(undone.pop())
        else:
            past.append((number, kind))
            undone.clear()
    return tuple(past), tuple(undone)


def _advanced(store: Store, state: TrackState) -> TrackState:
    """The track after all that its journal holds by now."""
    rows = store.edits(state.track_id, state.number if not state.made else state.number + 1)
    for number, kind, _target, body, made in rows:
        state = replace(state, made=made) if number == state.number else _after(store, state, number, kind, body, made)
    if state.number - state.kept >= REPLAYED:
        store.keep_track_state(state.track_id, state.number, to_json(state.document))
        state = replace(state, kept=state.number)
    return state


def _after(store: Store, state: TrackState, number: int, kind: str, body: str, made: float) -> TrackState:
    """The track after one more entry of its journal."""
    past, undone = state.done, state.undone
    if kind == "undo":
        document = edits.undone(state.document, _change(store, state.track_id, past[-1][0]))
        past, undone = past[:-1], (*undone, past[-1])
    elif kind == "redo":
        document = edits.done(state.document, _change(store, state.track_id, undone[-1][0]))
        past, undone = (*past, undone[-1]), undone[:-1]
    else:
        document = edits.done(state.document, from_json(body, Change, source=f"edit {number}"))
        past, undone = (*past, (number, kind)), ()
    return replace(state, document=document, number=number, made=made, done=past, undone=undone)


def _change(store: Store, track_id: str, number: int) -> Change:
    return from_json(store.edit_body(track_id, number), Change, source=f"edit {number} of track {track_id[:12]}")


# Edits ----------------------------------------------------------------------------------------------------------------


def edit(
    store: Store, track_id: str, kind: str, make: Callable[[DrawnTrack], DrawnTrack], *, sent: tuple[str, int] = ("", 0)
) -> TrackState:
    """The track after an edit, which is on the disk. make: one of `core.workflows.annotation.edits`; kind: its name.

    sent: who sent it, and its number there; one that came before changes nothing. An edit that changes nothing leaves
    no trace. EditRefused where it does not fit the track as it stands.
    """
    for _ in range(TRIES):
        state = read(store, track_id)
        if _came(store, track_id, sent):
            return state
        after = make(state.document)
        if after == state.document:
            return state
        body = to_json(edits.changed(state.document, after))
        if store.add_edit(track_id, state.number + 1, kind, 0, body, sent):
            return read(store, track_id)
    raise EditRefused("This track is being changed by others.", "Try again in a moment.")


def undo(store: Store, track_id: str) -> TrackState:
    """The track without its latest edit that was not undone yet; as it is where there is none."""
    return _step(store, track_id, "undo")


def redo(store: Store, track_id: str) -> TrackState:
    """The track with the edit that was undone last; as it is where there is none."""
    return _step(store, track_id, "redo")


def _came(store: Store, track_id: str, sent: tuple[str, int]) -> bool:
    """Whether the track has that message already, or a later one of its sender."""
    return bool(sent[0]) and sent[1] <= store.last_serial(track_id, sent[0])


def _step(store: Store, track_id: str, kind: str, sent: tuple[str, int] = ("", 0)) -> TrackState:
    for _ in range(TRIES):
        state = read(store, track_id)
        if _came(store, track_id, sent):
            return state
        waiting = state.done if kind == "undo" else state.undone
        if not waiting or store.add_edit(track_id, state.number + 1, kind, waiting[-1][0], "", sent):
            return read(store, track_id) if waiting else state
    raise EditRefused("This track is being changed by others.", "Try again in a moment.")


def apply(store: Store, track_id: str, sent_edit: Edit) -> TrackState:
    """The track after an edit out of the player."""
    sent = (sent_edit.sender, sent_edit.serial)
    if sent_edit.kind in HISTORY:
        return _step(store, track_id, sent_edit.kind, sent)
    name = edits.name_of(sent_edit)
    return edit(store, track_id, name, lambda document: edits.edited(document, sent_edit), sent=sent)
