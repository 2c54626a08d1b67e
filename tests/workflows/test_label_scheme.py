"""The label scheme of a workspace: shared by all clips, kept when a track says otherwise, edited in every track."""

import pytest

from core.base.errors import EditRefused
from core.domain import DrawnTrack, Point, Segment
from core.workflows.annotation import edits, journal, scheme
from core.workspace.store import Store

FIRST, SECOND = "12" * 32, "34" * 32


def draw(store: Store, video: str, *labels: str, offered: tuple[str, ...] = ()) -> str:
    """A track with a second of each label; its id."""
    segments = tuple(Segment(float(at), at + 1.0, label) for at, label in enumerate(labels))
    return journal.begin(
        store, video, DrawnTrack(tuple(dict.fromkeys([*offered, *labels])), segments, ((0.0, float(len(labels))),))
    )


def used(store: Store, track: str) -> list[str]:
    return [segment.label for segment in journal.read(store, track).document.segments]


def test_a_workspace_without_one_begins_with_the_labels_of_its_tracks(store: Store):
    assert scheme.labels(store) == () and store.scheme() == ()
    draw(store, FIRST, "walk", "run")
    draw(store, SECOND, "sit", "run", offered=("run", "fly"))
    assert scheme.labels(store) == ("run", "fly", "sit", "walk"), "those of the track that was begun last come first"
    assert Store(store.workspace).scheme() == ("run", "fly", "sit", "walk")


def test_labels_are_added_once_and_never_the_name_of_none(store: Store):
    assert scheme.add(store, ["walk", "run", "walk", "nothing certain"]) == ("walk", "run")
    assert scheme.add(store, ["run", "sit"]) == ("sit",)
    assert scheme.labels(store) == ("walk", "run", "sit")


def test_what_a_track_uses_is_added_but_not_what_it_only_offers(store: Store):
    scheme.add(store, ["walk"])
    track = draw(store, FIRST, "walk", "jump", offered=("fly",))
    assert scheme.complete(store, [journal.read(store, track)]) == ("jump",)
    assert scheme.labels(store) == ("walk", "jump")


def test_a_label_is_renamed_in_all_clips_and_can_be_undone_in_each(store: Store):
    scheme.add(store, ["walk", "run"])
    tracks = [draw(store, FIRST, "walk", "run"), draw(store, SECOND, "walk")]
    scheme.rename(store, "walk", "  stroll ")
    assert scheme.labels(store) == ("stroll", "run")
    assert [used(store, track) for track in tracks] == [["stroll", "run"], ["stroll"]]
    assert used(store, journal.undo(store, tracks[1]).track_id) == ["walk"]
    scheme.rename(store, "stroll", "run")
    assert scheme.labels(store) == ("run",)
    assert used(store, tracks[0]) == ["run", "run"]


def test_a_label_in_use_stays_and_another_goes(store: Store):
    scheme.add(store, ["walk", "run", "sit"])
    track = draw(store, FIRST, "walk", offered=("run",))
    with pytest.raises(EditRefused, match="in use in 1 clip"):
        scheme.remove(store, "walk")
    scheme.remove(store, "run")
    assert scheme.labels(store) == ("walk", "sit")
    assert scheme.complete(store, [journal.read(store, track)]) == ()
    journal.edit(store, track, "delete", lambda document: edits.delete(document, 0.5))
    scheme.remove(store, "walk")
    assert scheme.labels(store) == ("sit",)


@pytest.mark.parametrize(
    ("label", "by", "expected"), [("c", -1, "acbd"), ("a", -1, "abcd"), ("a", 9, "bcda"), ("x", 1, "abcd")]
)
def test_a_label_is_moved_among_the_others(store: Store, label: str, by: int, expected: str):
    scheme.add(store, "abcd")
    scheme.move(store, label, by)
    assert "".join(scheme.labels(store)) == expected


def test_a_colour_is_given_without_taking_that_of_another_label(store: Store):
    assert store.label_slots(["walk", "run"]) == {"walk": 0, "run": 1}
    store.give_colour("run", 0, 24)
    assert store.label_slots(["walk", "run", "sit"]) == {"walk": 0, "run": 24, "sit": 1}, (
        "the free number is given next"
    )
    store.give_colour("walk", 0, 24)
    assert store.label_slots(["walk"]) == {"walk": 0}


def test_a_label_is_a_state_until_it_is_made_a_point(store: Store):
    scheme.add(store, ["walk", "peck"])
    before = journal.revision(store, FIRST)
    assert store.point_labels() == () and scheme.kind(store, "peck") == "state"
    scheme.change_kind(store, "peck", "point")
    assert Store(store.workspace).point_labels() == ("peck",) and journal.revision(store, FIRST) != before
    scheme.change_kind(store, "peck", "state")
    assert scheme.kind(store, "peck") == "state"
    with pytest.raises(EditRefused, match="no label"):
        scheme.change_kind(store, "fly", "point")


def test_a_label_that_comes_as_the_other_kind_keeps_its_own(store: Store):
    scheme.add(store, ["walk", "peck"])
    track = draw(store, FIRST, "walk", "peck", "walk")
    draw(store, SECOND, "walk")
    with pytest.raises(EditRefused, match="3 segments in 2 clips, and a point has no duration") as refused:
        scheme.change_kind(store, "walk", "point")
    assert "another label first" in refused.value.hint
    journal.edit(store, track, "delete", lambda document: edits.delete(document, 1.5))
    scheme.change_kind(store, "peck", "point")
    journal.edit(store, track, "point", lambda document: edits.add_point(document, 0.5, "peck"))
    with pytest.raises(EditRefused, match="1 point in 1 clip, and a state needs"):
        scheme.change_kind(store, "peck", "state")


def test_a_kind_goes_with_the_name_and_ends_with_the_label(store: Store):
    scheme.add(store, ["walk", "peck", "call"])
    scheme.change_kind(store, "peck", "point")
    scheme.rename(store, "peck", "bite")
    scheme.rename(store, "bite", "bite")
    assert store.point_labels() == ("bite",)
    with pytest.raises(EditRefused, match="“bite” is a point and “walk” is a state: they cannot be merged"):
        scheme.rename(store, "bite", "walk")
    scheme.change_kind(store, "call", "point")
    scheme.rename(store, "call", "bite")
    assert (scheme.labels(store), store.point_labels()) == (("walk", "bite"), ("bite",))
    scheme.remove(store, "bite")
    scheme.add(store, ["bite"])
    assert store.point_labels() == ()


def test_labels_that_come_as_points_only_are_added_as_points(store: Store):
    points = (Point(0.5, "peck"), Point(0.5, "walk"))
    track = DrawnTrack(("walk", "peck", "sit"), (Segment(0.0, 1.0, "walk"),), ((0.0, 1.0),), points=points)
    assert scheme.add(store, track.labels, [track]) == ("walk", "peck", "sit")
    name = journal.begin(store, FIRST, track)
    assert store.point_labels() == ("peck",)
    journal.edit(store, name, "point", lambda document: edits.add_point(document, 0.25, "call"))
    assert scheme.complete(store, [journal.read(store, name)]) == ("call",)
    assert store.point_labels() == ("call", "peck")
    earlier = Store(store.workspace.with_name("earlier"))
    journal.begin(earlier, FIRST, track)
    assert scheme.labels(earlier) == track.labels and earlier.point_labels() == ("peck",)
