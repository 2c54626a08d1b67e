"""From one format to another: which format a file is, what its labels become, and the command that does it all."""

from dataclasses import replace

import pytest

from core.__main__ import main
from core.base import settings
from core.base.errors import FormatInvalid, LabelsMismatch, UnknownName
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Point, Renaming, Segment, tracks_of_lane
from core.stages.formats.common import conversion
from core.stages.formats.common.files import packed, read_path, unpacked
from tests.labels import A, events, labels

CUES = "WEBVTT\n\n1\n00:00:00.080 --> 00:00:00.200\nwalk\n\n2\n00:00:00.200 --> 00:00:00.320\nsit down\n"
TWO = labels(Segment(0.0, 0.08, "walk"), Segment(0.08, 0.2, "groom"), Segment(0.24, 0.4, "walk"))


# Which format ---------------------------------------------------------------------------------------------------------


def test_a_file_that_fits_several_formats_is_refused_with_the_candidates():
    head = b"path,label,Behavior,Behavior type,Time\n"
    with pytest.raises(FormatInvalid, match=r"can be read as boris .* or csv") as caught:
        conversion.detect("a.csv", head)
    assert "--from" in caught.value.hint


@pytest.mark.parametrize("name, head", [("a.bin", b"\0\1"), ("a.json", b"{}"), ("a.csv", b"a,b\n"), ("a", b"")])
def test_a_file_that_fits_none_is_refused_with_what_is_known(name, head):
    with pytest.raises(FormatInvalid, match=f"{name} is not in a known format") as caught:
        conversion.detect(name, head)
    assert "elan" in caught.value.hint


@pytest.mark.parametrize(
    "name, form",
    [
        *(("x.vtt", "vtt"), ("x.SRT", "srt"), ("x.eaf", "elan"), ("x.csv", "csv"), ("a_labels.csv", "deepethogram")),
        *(("x.json", "json"), ("x.xml", "cvat"), ("x.txt", "mstcn")),
    ],
)
def test_the_suffix_decides_where_it_can(name, form):
    assert conversion.format_for(name) is FORMATS[form]


@pytest.mark.parametrize("name, told", [("x.zip", "hmdb51 or ucf101"), ("x.pdf", "no format"), ("x", "no format")])
def test_a_suffix_that_stands_for_none_or_several_asks(name, told):
    with pytest.raises(FormatInvalid, match=told) as caught:
        conversion.format_for(name)
    assert "--to" in caught.value.hint


def test_a_zip_is_unpacked_in_memory_and_what_could_do_harm_is_refused(tmp_path):
    files = {"classInd.txt": b"1 a\n", "deep/x.txt": b"1"}
    assert unpacked("a.zip", packed(files)) == files
    for damaged in (packed(files)[:60], b"PK\x03\x04" + b"\0" * 40):
        with pytest.raises(FormatInvalid):
            unpacked("a.zip", damaged)
    with pytest.raises(FormatInvalid, match="at most"):
        unpacked("a.zip", packed({"a.txt": b"0" * (65 << 20)}))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"1")
    (tmp_path / ".hidden").write_bytes(b"1")
    assert read_path(tmp_path) == {"sub/a.txt": b"1"}
    with pytest.raises(FormatInvalid, match="no file or folder"):
        read_path(tmp_path / "none")


# Labels under other names ---------------------------------------------------------------------------------------------


def test_labels_that_a_project_does_not_know_must_be_decided_on():
    assert conversion.unknown_labels(TWO, ["walk"]) == ("groom",)
    with pytest.raises(LabelsMismatch, match="'groom'"):
        conversion.renamed(TWO, Renaming(), known=["walk"])
    with pytest.raises(LabelsMismatch, match="no label 'sit'"):
        conversion.renamed(TWO, Renaming((("sit", "walk"),)))


def test_a_label_that_is_left_out_becomes_unlabelled_and_never_background():
    told = conversion.renamed(TWO, Renaming((("groom", ""),)), known=["walk"])
    (lane,) = told.clips[0].lanes
    assert lane.seen == ((0.0, 0.08), (0.2, 0.4)) and told.classes == ("walk",)
    assert events(told) == [("a", 0.0, 0.08, "walk"), ("a", 0.24, 0.4, "walk")]
    assert told.findings[-1].got == "1 of 'groom', left out as requested"


def test_labels_may_become_one_another_or_background():
    assert events(conversion.renamed(TWO, Renaming((("groom", "walk"),))), joined=True) == [
        ("a", 0.0, 0.2, "walk"),
        ("a", 0.24, 0.4, "walk"),
    ]
    told = conversion.renamed(replace(TWO, background="idle"), Renaming((("groom", "idle"),)))
    assert told.clips[0].lanes[0].seen == ((0.0, 0.4),) and told.classes == ("walk",)


def test_a_moment_becomes_the_frame_that_is_shown_then():
    points = (Point(0.1, "blink"), Point(0.11, "blink"), Point(0.24, "blink"))
    clip = ClipLabels("a.mp4", (Lane((Segment(0.0, 0.2, "walk"),), points, ((0.0, 0.4),)),), info=A)
    told = conversion.points_as_frames(Labels((clip,), ("walk", "blink")))
    assert [lane.name for lane in told.clips[0].lanes] == ["", "blink"]
    assert [(one.start_s, one.stop_s) for one in told.clips[0].lanes[1].segments] == [(0.08, 0.12), (0.24, 0.28)]
    lost = conversion.convert(Labels((clip,), ("walk", "blink")), FORMATS["csv"]).notes
    assert any("point events" in note for note in lost)


def test_a_lane_becomes_a_track_for_each_stretch_that_was_seen():
    lane = Lane((Segment(0.0, 0.1, "walk"), Segment(0.3, 0.4, "run")), seen=((0.0, 0.2), (0.3, 0.4)), author="me")
    one, other = tracks_of_lane(lane, "digest", "nothing", 0.4)
    assert (one.seen_s, other.seen_s, one.author) == ((0.0, 0.2), (0.3, 0.4), "me")
    assert [one.label for one in other.segments] == ["run"] and one.labels == ("nothing", "walk", "run")
    unseen = tracks_of_lane(replace(lane, seen=()), "digest", "nothing", 0.4)
    assert [track.seen_s for track in unseen] == [(0.0, 0.1), (0.3, 0.4)]


def test_segments_that_touch_are_one_stretch_that_was_seen():
    parts = (Segment(0.0, 0.1, "walk"), Segment(0.2, 0.3, "run"), Segment(0.3, 0.35, "walk"), Segment(0.35, 0.4, "run"))
    tracks = tracks_of_lane(Lane(parts), "digest", "nothing", 0.4)
    assert [track.seen_s for track in tracks] == [(0.0, 0.1), (0.2, 0.4)]
    assert [len(track.segments) for track in tracks] == [1, 3]


def test_files_are_packed_small_and_the_same_every_time():
    files = {"b.txt": b"walk\n" * 20_000, "a.txt": b"run\n"}
    content = packed(files)
    assert len(content) < 2_000 and packed(dict(reversed(files.items()))) == content
    assert unpacked("labels.zip", content) == files


# The command ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def convert(tmp_path, monkeypatch, capfd):
    """Run `convert` in a folder of its own with labels.vtt; gives exit code and standard error."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)
    settings.current.cache_clear()
    (tmp_path / "labels.vtt").write_text(CUES)

    def run(*arguments: object) -> tuple[int, str]:
        code = main(["convert", *map(str, arguments)])
        out, err = capfd.readouterr()
        assert out == ""
        return code, err

    yield run
    settings.current.cache_clear()


def test_labels_go_from_format_to_format_and_back(convert, tmp_path):
    assert convert("labels.vtt", "labels.eaf") == (0, "")
    code, err = convert("labels.eaf", "labels.csv")
    assert code == 0 and "note: " in err and "track" in err
    code, err = convert("labels.csv", "events.csv", "--to", "boris")
    assert code == 0
    assert convert("events.csv", "again.vtt")[0] == 0
    assert (tmp_path / "again.vtt").read_text() == CUES


def test_frames_are_told_by_the_clip(convert, tmp_path, square_clip):
    code, err = convert("labels.vtt", "rows.txt", "--map", "sit down=sit")
    assert code == 1 and "hint: Give the clip too (--video" in err and not (tmp_path / "rows.txt").exists()
    code, err = convert("labels.vtt", "rows.txt", "--map", "sit down=sit", "--video", square_clip)
    assert code == 1 and "frame 0 of" in err and "--watched" in err
    assert convert("labels.vtt", "rows.txt", "--map", "sit down=sit", "--video", square_clip, "--watched")[0] == 0
    rows = (tmp_path / "rows.txt").read_text().split("\n")
    assert rows == ["background"] * 2 + ["walk"] * 3 + ["sit"] * 3 + ["background"] * 42 + [""]
    assert convert("rows.txt", "back.srt", "--video", square_clip, "--drop", "sit")[0] == 0
    assert (tmp_path / "back.srt").read_text() == "1\n00:00:00,080 --> 00:00:00,200\nwalk\n"


def test_parts_of_a_file_are_told_taken_and_called_otherwise(convert, tmp_path):
    head = "Observation id,Subject,Behavior,Modifier #1,Behavior type,Time,Media file name,Comment\n"
    row = "{0},{1},run,fast,{2},{3},a.mp4,\n"
    rows = [row.format(*one) for one in (("o", "m", "START", 0), ("o", "m", "STOP", 1), ("p", "n", "POINT", 2))]
    (tmp_path / "events.csv").write_text(head + "".join(rows))
    code, err = convert("events.csv", "all.eaf")
    assert code == 0 and "converted every observation: o (1), p (1); use --only to select some" in err
    some = ("--only", "observation=o", "--only", "modifier=", "--name", "m=mouse")
    code, err = convert("events.csv", "some.eaf", *some)
    assert code == 0 and "observation" not in err and "subject: m (1), n (1)" in err
    written = (tmp_path / "some.eaf").read_text()
    assert 'TIER_ID="mouse"' in written and "<ANNOTATION_VALUE>run</" in written and written.count("<TIER ") == 1
    assert "Write --only KIND=NAME" in convert("events.csv", "x.eaf", "--only", "o")[1]
    assert "no observation 'q'" in convert("events.csv", "x.eaf", "--only", "observation=q")[1]


def test_a_folder_holds_formats_of_several_files(convert, tmp_path, square_clip):
    call = ("labels.vtt", "set/", "--to", "mstcn", "--map", "sit down=sit", "--video", square_clip, "--watched")
    assert convert(*call)[0] == 0
    written = sorted(str(one.relative_to(tmp_path / "set")) for one in (tmp_path / "set").rglob("*.txt"))
    assert written == ["groundTruth/square.txt", "mapping.txt"]
    assert convert("set", "found.json", "--to", "feral", "--video", square_clip)[0] == 0
    assert convert("labels.vtt", "set/", "--to", "vtt")[0] == 1


def test_what_cannot_be_done_is_told_and_changes_nothing(convert, tmp_path):
    (tmp_path / "out.srt").write_text("kept")
    (tmp_path / "bad.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:00.500\nwalk\n")
    for call, told in (
        (("bad.vtt", "out.srt"), "bad.vtt, line 3"),
        (("labels.vtt", "out.srt", "--map", "run=walk"), "no label 'run'"),
        (("labels.vtt", "out.srt", "--map", "walk"), "--map walk has no new label"),
        (("labels.vtt", "out.srt", "--drop", "walk", "--drop", "walk"), "more than once"),
        (("labels.vtt", "out.srt", "--watched"), "does not say how long"),
        (("none.vtt", "out.srt"), "no file or folder"),
        (("labels.vtt", "out.srt", "--from", "elan"), "labels.vtt, line 1"),
        (("labels.vtt", "out.srt", "--rate", "fast"), "not a frame rate"),
        (("labels.vtt", "none/out.srt"), "There is no folder"),
    ):
        code, err = convert(*call)
        assert code == 1 and told in err and "hint: " in err and "Traceback" not in err, err
    assert (tmp_path / "out.srt").read_text() == "kept"
    code, err = convert("labels.vtt", "out.srt", "--to", "elann")
    assert code == 1 and "Did you mean elan" in err


def test_an_unknown_format_is_no_format():
    with pytest.raises(UnknownName):
        FORMATS["eaf"]
