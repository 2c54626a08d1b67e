"""Drawn labels: edits, their journal, drafts, and what is learned from them."""

import json
import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import EditRefused, FormatInvalid
from core.base.registry import FORMATS
from core.domain import Change, DrawnTrack, Edit, Point, Recipe, Renaming, Segment, VideoInfo, intervals
from core.domain.serialization import from_json, to_json
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from core.stages.preprocessing.sampling import Trim
from core.stages.tracks.segmentation import NOTHING
from core.workflows.annotation import edits, files, journal
from core.workspace.store import Store

VIDEO = "ab" * 32
EDIT_CASES = json.loads((Path(__file__).parents[1] / "data" / "edits.json").read_text("utf-8"))
LABELS = ("walk", "run", "jump")


def track(*segments: tuple, seen=((0.0, 10.0),)) -> DrawnTrack:
    return DrawnTrack(LABELS, tuple(Segment(*one) for one in segments), tuple(seen), "actions", "ann")


def told(found: DrawnTrack) -> list[tuple[float, float, str]]:
    return [(one.start_s, one.stop_s, one.label) for one in found.segments]


THREE = track((1.0, 3.0, "walk"), (3.0, 5.0, "run"), (6.0, 8.0, "jump"))


# Edits ----------------------------------------------------------------------------------------------------------------


def test_painting_cuts_and_splits_what_lies_beneath():
    assert told(edits.paint(THREE, 2.0, 4.0, "jump")) == [
        *((1.0, 2.0, "walk"), (2.0, 4.0, "jump"), (4.0, 5.0, "run"), (6.0, 8.0, "jump"))
    ]
    assert told(edits.paint(THREE, 1.5, 2.0, "run"))[:3] == [(1.0, 1.5, "walk"), (1.5, 2.0, "run"), (2.0, 3.0, "walk")]


def test_painting_touching_segments_of_one_label_does_not_join_them():
    assert told(edits.paint(THREE, 5.0, 6.0, "run"))[1:3] == [(3.0, 5.0, "run"), (5.0, 6.0, "run")]


def test_nothing_happening_and_unlabelled_are_two_things():
    unseen = track(seen=())
    nothing = edits.paint(unseen, 2.0, 4.0, NOTHING)
    assert (nothing.segments, nothing.seen) == ((), ((2.0, 4.0),))
    forgotten = edits.unlabel(THREE, 2.0, 4.0)
    assert forgotten.seen == ((0.0, 2.0), (4.0, 10.0))
    assert told(forgotten) == [(1.0, 2.0, "walk"), (4.0, 5.0, "run"), (6.0, 8.0, "jump")]
    deleted = edits.delete(THREE, 1.5)
    assert deleted.seen == THREE.seen and told(deleted) == told(THREE)[1:]


def test_what_is_drawn_counts_as_seen():
    drawn = edits.paint(edits.paint(track(seen=()), 4.0, 5.0, "walk"), 1.0, 2.0, "run")
    assert drawn.seen == ((1.0, 2.0), (4.0, 5.0))
    assert edits.paint(drawn, 2.0, 4.0, "jump").seen == ((1.0, 5.0),)
    assert edits.change(drawn, 4.5, 2.5, 4.5).seen == ((1.0, 2.0), (2.5, 5.0))


def test_ends_move_up_to_the_neighbours_and_no_further():
    assert told(edits.change(THREE, 3.0, 4.0, 6.0))[1] == (4.0, 6.0, "run")
    with pytest.raises(EditRefused, match=r"'run' would overlap 'jump' at 6\.000 s"):
        edits.change(THREE, 3.0, 4.0, 6.5)


def test_a_common_border_moves_between_the_outer_ends():
    assert told(edits.border(THREE, 1.0, 4.0))[:2] == [(1.0, 4.0, "walk"), (4.0, 5.0, "run")]
    for at_s, to_s in ((1.0, 5.0), (1.0, 1.0), (3.0, 5.5)):
        with pytest.raises(EditRefused):
            edits.border(THREE, at_s, to_s)


@pytest.mark.parametrize("case", EDIT_CASES, ids=lambda case: case["name"])
def test_edits_do_what_the_table_says_and_so_does_the_player(case: dict):
    """tests/js/rows.test.js holds the player's JavaScript to the same table."""
    points = tuple(Point(*point) for point in case.get("points", []))
    before = replace(track(*case["segments"], seen=[tuple(span) for span in case["seen"]]), points=points)
    given = dict(case["edit"])
    if given["kind"] == "paint":
        given["label"] = given["label"] or NOTHING
    edit = Edit(row="mine", **given)
    if "after" not in case:
        with pytest.raises(EditRefused):
            edits.edited(before, edit)
        return
    after = edits.edited(before, edit)
    expected = track(*case["after"]["segments"], seen=[tuple(span) for span in case["after"]["seen"]])
    assert (after.segments, after.seen) == (expected.segments, expected.seen)
    left = case["after"].get("points", case.get("points", []))
    assert after.points == tuple(Point(*point) for point in left)


def test_split_and_merge_undo_each_other():
    halves = edits.split(THREE, 2.0)
    assert told(halves)[:2] == [(1.0, 2.0, "walk"), (2.0, 3.0, "walk")]
    assert edits.merge(halves, 1.0) == THREE
    assert told(edits.merge(THREE, 3.0))[1:] == [(3.0, 8.0, "run")]
    for refused in (lambda: edits.split(THREE, 1.0), lambda: edits.split(THREE, 5.5), lambda: edits.merge(THREE, 7.0)):
        with pytest.raises(EditRefused):
            refused()


def test_another_label_for_a_segment_drops_what_a_network_was_sure_of():
    sure = track((1.0, 3.0, "walk", 0.7))
    assert edits.label(sure, 2.0, "run").segments == (Segment(1.0, 3.0, "run"),)
    assert edits.label(sure, 2.0, " new  one ").labels[-1] == "new one"
    assert edits.label(sure, 2.0, NOTHING).segments == ()


def test_accepting_fills_only_what_was_not_looked_at():
    mine = track((1.0, 3.0, "walk"), seen=((0.0, 4.0),))
    draft = [Segment(2.0, 5.0, "run", 0.9), Segment(5.0, 7.0, "fly", 0.4), Segment(7.0, 9.0, "run", 0.5)]
    taken = edits.accept(mine, 3.0, 8.0, draft)
    assert told(taken) == [(1.0, 3.0, "walk"), (4.0, 5.0, "run"), (5.0, 7.0, "fly"), (7.0, 8.0, "run")]
    assert taken.seen == ((0.0, 8.0),) and taken.labels[-1] == "fly"
    assert all(one.confidence is None for one in taken.segments)
    further = edits.accept(taken, 8.0, 9.0, draft)
    assert told(further)[-1] == (7.0, 9.0, "run"), "stretches accepted one after another become one"
    split = edits.split(THREE, 2.0)
    assert told(edits.accept(split, 9.0, 11.0, ()))[:2] == told(split)[:2], "and what a person split stays split"


NOTED = DrawnTrack(
    LABELS,
    (
        Segment(1.0, 3.0, "walk", 0.9, "limps"),
        Segment(3.0, 5.0, "run", 0.8, "falls"),
        Segment(6.0, 8.0, "jump", 0.7, "twice"),
    ),
    ((0.0, 10.0),),
    "actions",
    "ann",
)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit("paint", "mine", 0.0, 2.0, 4.0, "jump"), [*((1.0, 2.0, "limps"), (2.0, 4.0, ""), (4.0, 5.0, "falls"))]),
        (Edit("paint", "mine", 0.0, 1.5, 2.0, "run"), [*((1.0, 1.5, "limps"), (1.5, 2.0, ""), (2.0, 3.0, "limps"))]),
        (Edit("unlabel", "mine", 0.0, 2.0, 4.0), [(1.0, 2.0, "limps"), (4.0, 5.0, "falls")]),
        (Edit("change", "mine", 1.5, 0.5, 2.5), [(0.5, 2.5, "limps"), (3.0, 5.0, "falls")]),
        (Edit("border", "mine", 1.5, 0.0, 4.0), [(1.0, 4.0, "limps"), (4.0, 5.0, "falls")]),
        (Edit("split", "mine", 0.0, 2.0, 2.0), [(1.0, 2.0, "limps"), (2.0, 3.0, "limps"), (3.0, 5.0, "falls")]),
        (Edit("merge", "mine", 1.5, 0.0, 0.0), [(1.0, 5.0, "limps falls")]),
        (Edit("label", "mine", 1.5, 0.0, 0.0, "run"), [(1.0, 3.0, "limps"), (3.0, 5.0, "falls")]),
        (Edit("delete", "mine", 1.5, 0.0, 0.0), [(3.0, 5.0, "falls")]),
    ],
    ids=lambda part: part.kind if isinstance(part, Edit) else "",
)
def test_no_edit_drops_the_note_of_a_segment_that_stays(edit: Edit, expected: list[tuple[float, float, str]]):
    after = edits.edited(NOTED, edit)
    noted = [(one.start_s, one.stop_s, one.note) for one in after.segments]
    assert noted[: len(expected)] == expected and noted[-1] == (6.0, 8.0, "twice")
    made = edits.changed(NOTED, after)
    assert edits.done(NOTED, made) == after and edits.undone(after, made) == NOTED


def test_a_merged_segment_keeps_the_only_note_as_it_was():
    assert edits.merge(edits.note(NOTED, 1.0, ""), 1.0).segments[0].note == "falls"
    assert edits.merge(edits.note(NOTED, 3.0, ""), 1.0).segments[0].note == "limps"
    assert edits.note(NOTED, 1.0, "  two\n words ").segments[0] == Segment(1.0, 3.0, "walk", 0.9, "two words")


def test_a_draft_beside_a_noted_segment_of_its_label_leaves_the_note_alone():
    """Each side: joined with what a network says, a segment would carry a note over what nobody wrote it about."""
    mine = DrawnTrack(LABELS, (Segment(4.0, 6.0, "walk", note="limps"),), ((4.0, 6.0),), "actions", "ann")
    taken = edits.accept(mine, 0.0, 10.0, [Segment(2.0, 8.0, "walk", 0.9)])
    assert [(one.start_s, one.stop_s, one.note) for one in taken.segments] == [
        (2.0, 4.0, ""), (4.0, 6.0, "limps"), (6.0, 8.0, ""),
    ]  # fmt: skip


def test_names_and_order_of_labels_leave_notes_alone():
    for after in (
        edits.rename(NOTED, "walk", "run"), edits.arrange(NOTED, LABELS[::-1]), edits.look(NOTED, 10.0, 12.0)
    ):  # fmt: skip
        assert [one.note for one in after.segments] == ["limps", "falls", "twice"]


def test_labels_are_offered_renamed_joined_and_withdrawn():
    more = edits.offer(THREE, "skip")
    assert more.labels == (*LABELS, "skip")
    assert edits.withdraw(more, "skip") == THREE
    with pytest.raises(EditRefused, match="in use"):
        edits.withdraw(THREE, "walk")
    joined = edits.rename(THREE, "run", "walk")
    assert joined.labels == ("walk", "jump") and [one.label for one in joined.segments] == ["walk", "walk", "jump"]
    assert edits.arrange(THREE, ("jump", "run", "walk")).labels == ("jump", "run", "walk")
    for name in ("", "  ", NOTHING, "x" * 99, "walk"):
        with pytest.raises(EditRefused):
            edits.offer(THREE, name)


@pytest.mark.parametrize("kind", ["change", "border", "split", "merge", "label", "delete"])
def test_an_edit_of_a_segment_that_is_gone_is_refused(kind: str):
    with pytest.raises(EditRefused):
        edits.edited(THREE, Edit(kind, "mine", 9.0, 9.0, 9.5, "walk"))


moments = st.integers(0, 40).map(lambda quarter: quarter / 4)
some_edits = st.builds(
    lambda kind, at_s, ends, label, mark: Edit(kind, "mine", at_s, min(ends), max(ends), label, mark=mark),
    st.sampled_from(["paint", "unlabel", "change", "border", "split", "merge", "label", "delete", "point", "point"]),
    moments,
    st.tuples(moments, moments),
    st.sampled_from([*LABELS, NOTHING, "new"]),
    st.sampled_from(["", "", *LABELS[:2]]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(some_edits, max_size=25))
def test_any_edits_give_sound_tracks_and_each_change_leads_there_and_back(asked: list[Edit]):
    now, rows = POINTS, labels_of(POINTS)
    for edit in asked:
        try:
            after = edits.edited(now, edit)
        except EditRefused:
            continue
        made = edits.changed(now, after)
        assert edits.done(now, made) == after and edits.undone(after, made) == now
        alike = [(point.time_s, point.label) for point in after.points]
        assert alike == sorted(set(alike), key=lambda point: (point[0], alike.index(point)))
        if edit.kind == "paint" and not edit.mark:  # by other means: a row of quarters
            rows = labels_of(now)
            name = "-" if edit.label == NOTHING else edit.label
            rows[round(4 * edit.start_s) : round(4 * edit.stop_s)] = name
            assert (labels_of(after) == rows).all()
        now = after


def labels_of(found: DrawnTrack) -> np.ndarray:
    """What is said of each quarter of a second: "" where nobody looked, "-" where nothing happens."""
    rows = np.full(44, "", dtype=object)
    for start_s, stop_s in found.seen:
        rows[round(4 * start_s) : round(4 * stop_s)] = "-"
    for one in found.segments:
        rows[round(4 * one.start_s) : round(4 * one.stop_s)] = one.label
    return rows


def test_spans():
    some = ((0.0, 2.0), (3.0, 5.0))
    assert intervals.union([*some, (2.0, 2.5)]) == ((0.0, 2.5), (3.0, 5.0))
    assert intervals.without(some, (1.0, 4.0)) == ((0.0, 1.0), (4.0, 5.0))
    assert intervals.gaps(some, (1.0, 6.0)) == ((2.0, 3.0), (5.0, 6.0))
    assert intervals.common(some, ((1.0, 4.0),)) == ((1.0, 2.0), (3.0, 4.0))


# Points ---------------------------------------------------------------------------------------------------------------


POINTS = replace(THREE, points=(Point(2.0, "run"), Point(4.0, "jump", 0.5, "loud")))


def points_of(found: DrawnTrack) -> list[tuple[float, str]]:
    return [(point.time_s, point.label) for point in found.points]


def test_a_point_is_added_within_a_segment_and_cuts_nothing():
    added = edits.edited(THREE, Edit("point", "mine", 0.0, 2.0, 2.5, "peck"))
    assert points_of(added) == [(2.0, "peck")] and added.labels == (*LABELS, "peck")
    assert (added.segments, added.seen) == (THREE.segments, THREE.seen)
    assert edits.add_point(added, 2.0, "peck") == added, "the same point twice is one"
    two = edits.add_point(edits.add_point(added, 2.0, "run"), 1.0, "run")
    assert points_of(two) == [(1.0, "run"), (2.0, "peck"), (2.0, "run")]
    with pytest.raises(EditRefused):
        edits.add_point(THREE, 2.0, NOTHING)


def test_segments_come_and_go_above_points_which_stay():
    for edit in (
        Edit("paint", "mine", 0.0, 0.0, 9.0, "walk"), Edit("paint", "mine", 0.0, 0.0, 9.0, NOTHING),
        Edit("delete", "mine", 2.0), Edit("merge", "mine", 2.0), Edit("change", "mine", 2.0, 0.5, 1.5),
    ):  # fmt: skip
        assert edits.edited(POINTS, edit).points == POINTS.points
    assert points_of(edits.unlabel(POINTS, 2.0, 4.0)) == [(4.0, "jump")], "what nobody looked at has no points"


def test_a_point_is_moved_renamed_and_deleted():
    assert points_of(edits.edited(POINTS, Edit("change", "mine", 2.0, 6.0, 6.5, mark="run"))) == [
        (4.0, "jump"), (6.0, "run"),
    ]  # fmt: skip
    renamed = edits.edited(POINTS, Edit("label", "mine", 4.0, label="walk", mark="jump"))
    assert renamed.points[1] == Point(4.0, "walk", None, "loud"), "a note stays"
    assert points_of(edits.edited(POINTS, Edit("delete", "mine", 4.0, mark="jump"))) == [(2.0, "run")]
    assert points_of(edits.label_point(POINTS, 2.0, "run", NOTHING)) == [(4.0, "jump")]
    same = replace(POINTS, points=(Point(2.0, "run"), Point(2.0, "jump")))
    assert points_of(edits.label_point(same, 2.0, "run", "jump")) == [(2.0, "jump")], "two alike become one"
    assert points_of(edits.move_point(POINTS, 4.0, "jump", 2.0)) == [(2.0, "run"), (2.0, "jump")]
    again = edits.add_point(POINTS, 2.0, "jump")
    assert points_of(edits.move_point(again, 4.0, "jump", 2.0)) == [(2.0, "run"), (2.0, "jump")]


@pytest.mark.parametrize("kind", ["change", "label", "delete", "split", "point"])
def test_an_edit_of_a_point_that_is_gone_or_that_no_point_knows_is_refused(kind: str):
    with pytest.raises(EditRefused):
        edits.edited(POINTS, Edit(kind, "mine", 3.0, 3.0, 3.5, "walk", mark="run"))


def test_points_are_undone_and_redone_and_a_point_costs_no_other_points(store: Store):
    name = journal.begin(store, VIDEO, replace(THREE, points=tuple(Point(float(at), "run") for at in range(500))))
    states = [journal.read(store, name).document]
    made = (
        Edit("point", "mine", 0.0, 1.5, 2.0, "run"), Edit("point", "mine", 0.0, 1.5, 2.0, "peck"),
        Edit("change", "mine", 1.5, 2.5, 3.0, mark="peck"), Edit("label", "mine", 2.5, label="jump", mark="peck"),
        Edit("delete", "mine", 2.5, mark="jump"), Edit("unlabel", "mine", 0.0, 0.0, 4.0),
    )  # fmt: skip
    states += [journal.apply(store, name, edit).document for edit in made]
    assert [kind for _, kind in journal.read(store, name).done] == [
        "point", "point", "change point", "label point", "delete point", "unlabel",
    ]  # fmt: skip
    assert len(store.edit_body(name, 1)) < 1000, "one point among five hundred"
    journal._held.clear()
    for before in reversed(states[:-1]):
        assert journal.undo(store, name).document == before
    for after in states[1:]:
        assert journal.redo(store, name).document == after


def test_changes_of_an_earlier_version_keep_their_points():
    """They carry all points in their heads, and say nothing of where the points changed."""
    renamed = edits.rename(POINTS, "run", "dash")
    body = json.loads(to_json(edits.changed(POINTS, renamed)))
    earlier = {key: value for key, value in body.items() if not key.startswith("points_")}
    assert set(body) - set(earlier) == {"points_first", "points_removed", "points_added"}
    made = from_json(json.dumps(earlier), Change)
    assert edits.done(POINTS, made) == renamed and edits.undone(renamed, made) == POINTS


# The journal ----------------------------------------------------------------------------------------------------------


def painted(store: Store, name: str, start_s: float, stop_s: float, label: str) -> journal.TrackState:
    return journal.apply(store, name, Edit("paint", "mine", 0.0, start_s, stop_s, label))


def test_edits_are_undone_and_redone_back_to_the_first(store: Store):
    name = journal.begin(store, VIDEO, track(seen=()))
    states = [journal.read(store, name).document]
    states += [painted(store, name, place, place + 1.0, LABELS[place % 3]).document for place in range(12)]
    for before in reversed(states[:-1]):
        assert journal.undo(store, name).document == before
    assert journal.undo(store, name).document == states[0], "before the first there is nothing"
    for after in states[1:]:
        assert journal.redo(store, name).document == after
    journal.undo(store, name)
    other = painted(store, name, 20.0, 21.0, "walk")
    assert not other.undone and journal.redo(store, name) == other, "a new edit ends what could be redone"


def test_another_process_reads_the_same_with_its_history(store: Store, monkeypatch):
    name = journal.begin(store, VIDEO, track(seen=()))
    for place in range(30):
        painted(store, name, place, place + 0.5, "run")
        if place % 5 == 4:
            journal.undo(store, name)
    here = journal.read(store, name)
    journal._held.clear()
    there = journal.read(Store(store.workspace), name)
    assert there == here
    monkeypatch.setattr(journal, "REPLAYED", 10)
    painted(store, name, 50.0, 51.0, "jump")
    kept = journal.read(store, name)
    assert store.track_state(name) is not None
    journal._held.clear()
    again = journal.read(store, name)
    assert (again.document, again.done, again.undone, again.made) == (kept.document, kept.done, kept.undone, kept.made)
    assert journal.undo(store, name).document == here.document


def test_two_windows_write_to_one_track(store: Store):
    name = journal.begin(store, VIDEO, track(seen=()))
    other = Store(store.workspace)
    painted(store, name, 0.0, 1.0, "walk")
    painted(other, name, 2.0, 3.0, "run")
    assert told(painted(store, name, 4.0, 5.0, "jump").document) == [
        *((0.0, 1.0, "walk"), (2.0, 3.0, "run"), (4.0, 5.0, "jump"))
    ]


def test_an_edit_that_changes_nothing_leaves_no_trace(store: Store):
    name = journal.begin(store, VIDEO, THREE)
    assert journal.edit(store, name, "look", lambda found: edits.look(found, 1.0, 2.0)).number == 0


def test_a_dropped_track_comes_back(store: Store):
    name = journal.begin(store, VIDEO, THREE)
    journal.drop(store, name)
    assert journal.tracks(store, VIDEO) == []
    journal.restore(store, name)
    assert [one.document for one in journal.tracks(store, VIDEO)] == [THREE]


def label_on(workspace: Path, name: str, telling) -> None:
    """Edit without end, telling the number of each edit once it is confirmed; ends only by being killed."""
    place, kept, rng = 0, Store(workspace), random.Random(0)
    while True:
        if rng.random() < 0.2:
            found = journal.undo(kept, name)
        else:
            found = painted(kept, name, place, place + 0.5, rng.choice(LABELS))
            place += 1
        telling.send((found.number, found.document))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that cannot be caught")
@pytest.mark.parametrize("after_s", [0.05, 0.11, 0.2])
def test_a_kill_between_any_two_edits_loses_nothing_that_was_confirmed(store: Store, after_s: float):
    name = journal.begin(store, VIDEO, track(seen=()))
    here, there = multiprocessing.get_context("spawn").Pipe()
    worker = multiprocessing.get_context("spawn").Process(target=label_on, args=(store.workspace, name, there))
    worker.start()
    confirmed = here.recv()
    until = time.monotonic() + after_s
    while time.monotonic() < until and here.poll(0.5):
        confirmed = here.recv()
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join()
    while here.poll(0):
        confirmed = here.recv()
    found = journal.read(Store(store.workspace), name)
    assert found.number in (confirmed[0], confirmed[0] + 1), "at most the edit that was under way is more"
    if found.number == confirmed[0]:
        assert found.document == confirmed[1]
    else:
        (last,) = store.edits(name, found.number)
        assert last[1] in ("paint", "undo")
    assert journal.undo(store, name).number == found.number + 1


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["elan", "boris", "json", "csv", "vtt", "srt", "deepethogram"])
def test_tracks_come_back_unchanged_from_files(form: str):
    info = info_of(60)
    mine = track((1.0, 3.0, "walk"), (3.0, 5.0, "run"), (6.0, 8.0, "jump"), seen=((0.0, 12.0),))
    content = FORMATS[form].write(files.labels_of([mine], info, "street.mp4"))
    given = {f"street{FORMATS[form].suffix}": content}
    found = files.read(given, info, "street.mp4", form=form, options=ReadOptions(watched=True))
    (back,) = files.tracks_of(found) if form != "deepethogram" else (_joined(files.tracks_of(found)),)
    assert told(back) == told(mine)
    assert back.seen == mine.seen


def _joined(tracks: tuple[DrawnTrack, ...]) -> DrawnTrack:
    """DeepEthogram has a column for each label; together they are the track."""
    segments = sorted((one for each in tracks for one in each.segments), key=lambda one: one.start_s)
    return DrawnTrack(LABELS, tuple(segments), tracks[0].seen)


def test_labels_that_are_not_known_are_decided_on_and_what_is_left_out_is_unlabelled():
    info = info_of(60)
    found = files.labels_of([THREE], info, "street.mp4")
    assert conversion.unknown_labels(found, ["walk"]) == ("run", "jump")
    (taken,) = files.tracks_of(found, Renaming((("run", "walk"), ("jump", ""))))
    assert told(taken) == [(1.0, 3.0, "walk"), (3.0, 5.0, "walk")]
    assert taken.seen == ((0.0, 6.0), (8.0, 10.0))


def test_what_a_file_does_not_say_was_looked_at_stays_unlabelled():
    content = b"WEBVTT\n\n00:01.000 --> 00:03.000\nwalk\n"
    (taken,) = files.tracks_of(files.read({"a.vtt": content}, info_of(60), "a.mp4"))
    assert taken.seen == ((1.0, 3.0),)


def test_labels_of_other_clips_are_refused():
    found = files.labels_of([THREE], info_of(60), "street.mp4")
    others = tuple(replace(found.clips[0], name=name, info=None) for name in ("one.mp4", "two.mp4"))
    content = FORMATS["json"].write(replace(found, clips=others))
    with pytest.raises(FormatInvalid, match=r"of one\.mp4, two\.mp4, not of street\.mp4"):
        files.read({"a.json": content}, info_of(60), "street.mp4")


def test_labels_survive_a_changed_recipe_and_the_deletion_of_their_clip(store: Store):
    """A track knows the clip's digest and the source clock alone."""
    store.save_video(info_of(60))
    name = journal.begin(store, VIDEO, THREE)
    store.save_recipe("shorter", Recipe((Trim((1.0, 4.0)),)))
    assert journal.read(store, name).document == THREE
    store.delete_video(VIDEO)
    store.save_video(info_of(60))
    assert [one.document for one in journal.tracks(store, VIDEO)] == [THREE]


def info_of(frames: int) -> VideoInfo:
    return VideoInfo(
        "/clips/x.mp4", VIDEO, 96, 64, frames, frames, np.arange(frames) / 5, Fraction(5), False, frames / 5, "h264",
        True, (),
    )  # fmt: skip


def test_an_edit_that_comes_again_after_a_kill_counts_once(tmp_path: Path):
    """The server was killed between keeping an edit and saying so: the browser sends all of it again."""
    store = Store(tmp_path)
    one = journal.begin(store, VIDEO, THREE)
    sent = [
        Edit("label", "mine", 2.0, label="jump", sender="tab", serial=1),
        Edit("delete", "mine", 7.0, sender="tab", serial=2),
        Edit("undo", "mine", sender="tab", serial=3),
        Edit("split", "mine", 4.0, 4.0, 4.0, sender="tab", serial=4),
    ]
    for edit in sent[:3]:
        journal.apply(store, one, edit)
    store = Store(tmp_path)
    for edit in sent:
        journal.apply(store, one, edit)
    found = journal.apply(store, one, Edit("undo", "mine", sender="other tab", serial=1))
    assert told(found.document) == [(1.0, 3.0, "jump"), (3.0, 5.0, "run"), (6.0, 8.0, "jump")]
    assert [kind for _, kind, *_ in store.edits(one)] == ["begin", "label", "delete", "undo", "split", "undo"]
