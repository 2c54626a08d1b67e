"""A file of labels is summed up in bounded size, and its tracks are made all or none."""

from pathlib import Path

import pytest

from core.base.registry import FORMATS
from core.domain import ClipLabels, DrawnTrack, Labels, Lane, Point, Renaming, Segment
from core.workflows.annotation import files, importer, journal
from core.workflows.annotation.importer import ImportChoice, LabelReading
from core.workspace.store import Store
from tests.labels import steady

INFO = steady(250)


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path / "workspace")
    store.save_video(INFO, name="a.mp4")
    yield store
    store.close()


def kept(store: Store, name: str, content: str | bytes) -> LabelReading:
    path = store.import_folder / "given" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return LabelReading(str(path), name)


def rows(count: int, labels: int = 1, subjects: int = 1) -> str:
    lines = (f"s{at % subjects},l{at % labels},{at / 100},{at / 100 + 0.01}" for at in range(count))
    return "subject,label,start,end\n" + "\n".join(lines)


def test_a_summary_lists_no_more_than_a_page_can_show(store: Store):
    reading = kept(store, "a.csv", rows(900, labels=450, subjects=150) + "\ns0,l0,9,8" * 300)
    summary = importer.summary(store, INFO.digest, reading)
    assert (len(summary.labels), summary.label_count) == (importer.MOST_LABELS, 450)
    assert (len(summary.tracks), summary.rest_count) == (importer.MOST_TRACKS, 50)
    assert sum(track.segments for track in summary.tracks) + summary.rest.segments == 900
    assert len(summary.notes) == importer.MOST_NOTES and summary.note_count > importer.MOST_NOTES
    assert not any(track.labels for track in summary.tracks)


def test_a_refused_file_keeps_its_format_and_says_why(store: Store):
    summary = importer.summary(store, INFO.digest, kept(store, "a.csv", "label,start,end\nwalk,2,1\n"))
    assert summary.form == "csv" and "expected an end after the start" in summary.error and not summary.tracks
    other = importer.summary(store, INFO.digest, kept(store, "a.xyz", "?"))
    assert not other.form and other.error == "a.xyz is not in a known format."


def test_what_a_summary_says_under_other_labels_is_what_is_imported(store: Store):
    lanes = (
        Lane((Segment(0.0, 1.0, "walk"), Segment(1.0, 3.0, "run")), (), ((0.0, 5.0),), "feet"),
        Lane((Segment(0.0, 1.0, "run"),), (), (), "hands"),
        Lane((), (Point(2.0, "blink"),), (), "eyes"),
    )
    labels = Labels((ClipLabels("a.mp4", lanes, label="hop", info=INFO),), ("walk", "run", "blink", "hop"))
    for renaming in (Renaming(), Renaming((("run", ""),)), Renaming((("blink", ""), ("hop", ""), ("run", "walk")))):
        summary = importer._summarised(importer.FileSummary(), labels, files.tracks_of(labels))
        renamed = [track.renamed(renaming, labels.background) for track in summary.tracks]
        held = [track for track in renamed if track.holds]
        made = files.tracks_of(labels, renaming)
        assert [(track.name, track.segments, track.points) for track in held] == [
            (track.name, len(track.segments), len(track.points)) for track in made
        ]
        assert [track.seen_s for track in held] == pytest.approx([track.seen_s for track in made])


@pytest.mark.parametrize("places", [(0,), (2,), (1, 3), (0, 1, 2, 3)])
def test_tracks_are_chosen_by_their_places_in_the_summary(places: tuple[int, ...]):
    lanes = (
        Lane((Segment(0.0, 1.0, "walk"),), (), (), "feet"),
        Lane((), (), (), "nothing"),
        Lane((Segment(0.0, 1.0, "run"),), (), (), "hands"),
        Lane((), (Point(2.0, "blink"),), (), "eyes"),
    )
    labels = Labels((ClipLabels("a.mp4", lanes, label="hop", info=INFO),), ("walk", "run", "blink", "hop"))
    tracks = files.tracks_of(labels)
    assert files.tracks_of(files.with_tracks(labels, places)) == tuple(tracks[place] for place in places)


def test_an_import_done_twice_is_there_once_in_the_order_of_the_file(store: Store):
    tracks = [DrawnTrack(("walk",), (Segment(0.0, 1.0, "walk"),), ((0.0, 1.0),), name) for name in "cabd"]
    content = FORMATS["json"].write(files.labels_of(tracks, INFO, "a.mp4"))
    reading, choice = kept(store, "a.json", content), ImportChoice((0, 1, 3))
    for _ in range(2):
        importer.take(store, INFO.digest, reading, choice)
    assert [track.document.name for track in journal.tracks(store, INFO.digest)] == ["c", "a", "d"]
    made = importer.imported(store, importer.import_key(INFO.digest, reading, choice))
    assert made is not None and len(made.tracks) == 3


def test_labels_that_a_file_gives_as_points_only_are_points_of_the_scheme(store: Store):
    lane = Lane((Segment(0.0, 1.0, "walk"),), (Point(0.5, "walk"), Point(9.96, "blink")), ((0.0, 10.0),))
    content = FORMATS["json"].write(Labels((ClipLabels("a.mp4", (lane,), info=INFO),), ("walk", "blink")))
    importer.take(store, INFO.digest, kept(store, "a.json", content), ImportChoice())
    (track,) = journal.tracks(store, INFO.digest)
    assert track.document.points == lane.points
    assert (store.scheme(), store.point_labels()) == (("walk", "blink"), ("blink",))


def test_tracks_are_filed_all_or_none(store: Store):
    with pytest.raises(ValueError, match="hex"):
        store.begin_tracks(INFO.digest, {"ab" * 16: "{}", "no id": "{}"})
    assert store.tracks(INFO.digest) == []


def test_a_waiting_file_goes_with_its_clip_and_a_new_one_takes_its_place(store: Store, tmp_path: Path):
    (tmp_path / "b.csv").write_text("label,start,end\nwalk,1,2\n")
    for _ in range(2):
        with (tmp_path / "b.csv").open("rb") as stream:
            waiting = importer.keep(store, INFO.digest, stream, "b.csv")
    assert importer.kept_file(store, INFO.digest) == waiting and waiting.small
    assert len(list(store.import_folder.iterdir())) == 1
    Path(waiting.path).unlink()
    assert importer.kept_file(store, INFO.digest) is None, "it was tidied away"
    store.delete_video(INFO.digest)
    assert store.keys("label file") == []


def test_only_what_was_kept_aside_is_discarded(store: Store, tmp_path: Path):
    own = tmp_path / "own" / "labels.csv"
    own.parent.mkdir()
    own.write_text("label\n")
    store.discard_import(str(own))
    assert own.is_file()
