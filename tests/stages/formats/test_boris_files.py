"""BORIS as it writes its files: which clip is meant, offsets, states without a length or an end, counts, projects."""

import json

import pytest

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import Labels
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from tests.labels import events, steady

A, B = steady(250), steady(200, path="/clips/b.mp4")
HEAD = (
    "Observation id,Source,Time offset (s),Media duration (s),FPS,Subject,Behavior,Behavior type,Time,"
    "Media file name,Comment\n"
)
SPAN = "Observation id,Source,Time offset (s),Media duration (s),Subject,Behavior,Behavior type,Start (s),Stop (s),Media file name\n"  # noqa: E501


def tabular(*rows: str, source: str = "player #1:x/a.mp4", offset: str = "0", length: str = "10.000") -> str:
    return HEAD + "".join(f"o,{source},{offset},{length},25,,{row},\n" for row in rows)


def aggregated(*rows: str, source: str = "player #1:x/a.mp4") -> str:
    return SPAN + "".join(f"o,{source},0,10.000,,{row},a.mp4\n" for row in rows)


def project(*observed: list, states: tuple[str, ...] = ("rest", "groom"), **more) -> str:
    kinds = [*((code, "State event") for code in states), ("blink", "Point event")]
    conf = {str(at): {"type": kind, "key": "x", "code": code} for at, (code, kind) in enumerate(kinds)}
    about = {"file": {"1": ["C:\\v\\a.mp4"]}, "type": "MEDIA", "time offset": 0.0, "events": list(observed)}
    about |= {"media_info": {"length": {"C:\\v\\a.mp4": 10.0}, "fps": {"C:\\v\\a.mp4": 25.0}}, **more}
    return json.dumps({"project_format_version": "7.0", "behaviors_conf": conf, "observations": {"o": about}})


def read(name: str, text: str, *clips) -> Labels:
    files = {name: text.encode()}
    return conversion.detect_files(files).read(files, ReadOptions(clips=clips))


def points(labels: Labels) -> list[tuple[str, float]]:
    return [(one.label, one.time_s) for clip in labels.clips for lane in clip.lanes for one in lane.points]


@pytest.mark.parametrize("unknown", ["Not found", "NA", "", "not found"])
def test_a_medium_that_is_not_told_is_that_of_the_source(unknown: str):
    rows = (f"rest,START,0.000,{unknown}", "rest,STOP,4.000,x/a.mp4", f"groom,START,9,{unknown}", "groom,STOP,10,a.mp4")
    expected = [("a", 0.0, 4.0, "rest"), ("a", 9.0, 10.0, "groom")]
    assert events(read("e.csv", tabular(*rows), A)) == sorted(expected)
    assert events(read("e.tsv", tabular(*rows).replace(",", "\t"), A, B)) == sorted(expected)
    bare = "Observation id,Subject,Behavior,Behavior type,Time,Media file name\n"
    bare += "".join(f"o,,{row}\n" for row in rows)
    assert events(read("e.csv", bare, A)) == sorted(expected)


@pytest.mark.parametrize("offset", ["100.0", "00:01:40.000", "-2.5"])
def test_times_with_an_offset_are_of_the_file_that_source_names(offset: str):
    shift = -2.5 if offset == "-2.5" else 100.0
    rows = (f"rest,START,{shift + 1},Not found", f"rest,STOP,{shift + 3},Not found")
    assert events(read("e.csv", tabular(*rows, offset=offset), A)) == [("a", 1.0, 3.0, "rest")]


def test_files_that_follow_one_another_are_told_apart_by_their_lengths():
    several = {"source": "player #1:a.mp4;x/b.mp4|player #2:c.mp4", "length": "10.0004;8.000|18.0"}
    rows = ("rest,START,9.000,a.mp4", "rest,STOP,11.000,b.mp4", "blink,POINT,12.000,Not found")
    labels = read("e.csv", tabular(*rows, **several), A, B)
    assert events(labels) == [("a", 9.0, 10.0, "rest"), ("b", 0.0, 1.0, "rest")]
    assert points(labels) == [("blink", 2.0)]
    unknown = read(
        "e.csv", tabular("rest,START,1,a.mp4", "rest,STOP,2,a.mp4", *rows[2:], **(several | {"length": "NA"}))
    )
    assert events(unknown) == [("a", 1.0, 2.0, "rest")]
    assert [finding.left_out for finding in unknown.findings] == [True]


def two_players(offset: object, *observed: list, **more) -> str:
    """A project of two players, the second of which shows b.mp4 (8 s) with an offset."""
    info = {"length": {"a.mp4": 10.0, "b.mp4": 8.0}, "fps": {}, "offset": {"1": 0.0, "2": offset}}
    return project(*observed, **({"file": {"1": ["a.mp4"], "2": ["b.mp4"]}, "media_info": info} | more))


SHOWN: list[list] = [
    [1.0, "", "rest", "", ""], [2.0, "", "rest", "", ""], [3.0, "", "groom", "", ""], [5.0, "", "groom", "", ""],
    [6.0, "", "blink", "", ""], [9.0, "", "rest", "", ""], [9.5, "", "rest", "", ""],
]  # fmt: skip


@pytest.mark.parametrize("offset", [4.0, "4.0", 4])
def test_a_player_that_begins_later_shows_times_less_its_offset(offset: object):
    labels = read("p.boris", two_players(offset, *SHOWN), B)
    assert events(labels) == [("b", 0.0, 1.0, "groom"), ("b", 5.0, 5.5, "rest")]
    assert points(labels) == [("blink", 2.0)]
    (lost,) = [finding for finding in labels.findings if finding.left_out]
    assert "'rest' from 1 to 2 s" in lost.got and "player #2 shows b.mp4" in lost.expected
    assert any("4 s after the first" in finding.got for finding in labels.findings)
    assert events(read("p.boris", two_players(offset, *SHOWN), A)) == [
        ("a", 1.0, 2.0, "rest"), ("a", 3.0, 5.0, "groom"), ("a", 9.0, 9.5, "rest"),
    ]  # fmt: skip


def test_a_player_that_began_before_shows_later_times_up_to_its_end():
    labels = read("p.boris", two_players(-2.5, *SHOWN, [4.0, "", "rest", "", ""], [7.0, "", "rest", "", ""]), B)
    assert events(labels) == [("b", 3.5, 4.5, "rest"), ("b", 5.5, 7.5, "groom"), ("b", 6.5, 8.0, "rest")]
    assert any("shortened" in finding.got for finding in labels.findings)


def test_offsets_that_boris_does_not_apply_are_told():
    several = {"file": {"1": ["a.mp4"], "2": ["b.mp4", "c.mp4"]}}
    for text, clip, where in (
        (two_players(4.0, *SHOWN, **several), B, ("b", 1.0, 2.0, "rest")),
        (two_players(0.0, *SHOWN).replace('"1": 0.0', '"1": 4.0'), A, ("a", 1.0, 2.0, "rest")),
    ):
        labels = read("p.boris", text, clip)
        assert events(labels)[0] == where and any("BORIS ignores" in finding.got for finding in labels.findings)


def test_the_offset_of_an_old_project_and_one_that_is_no_number():
    old = two_players(0.0, *SHOWN).replace('"offset": {"1": 0.0, "2": 0.0}', '"offset": {}')
    old = old.replace('"type": "MEDIA"', '"type": "MEDIA", "time offset second player": 4.0')
    assert events(read("p.boris", old, B))[0] == ("b", 0.0, 1.0, "groom")
    with pytest.raises(FormatInvalid, match="seconds as offset of player #2"):
        read("p.boris", two_players("soon", *SHOWN), B)


def test_the_clip_of_a_second_player_is_found_and_told():
    both = {"source": "player #1:a.mp4|player #2:b.mp4", "length": "10.0|8.0"}
    labels = read("e.csv", tabular("rest,START,1,a.mp4", "rest,STOP,2,a.mp4", **both), B)
    assert events(labels) == [("b", 1.0, 2.0, "rest")] and "player #2" in labels.findings[0].got


def test_observations_of_other_clips_are_left_out_and_told():
    text = tabular("rest,START,1,a.mp4", "rest,STOP,2,a.mp4")
    other = tabular("rest,START,3,b.mp4", "rest,STOP,4,b.mp4", source="player #1:b.mp4").removeprefix(HEAD)
    labels = read("e.csv", text + other.replace("o,", "p,"), A)
    assert events(labels) == [("a", 1.0, 2.0, "rest")]
    assert any(finding.left_out and "b.mp4" in finding.got for finding in labels.findings)
    with pytest.raises(FormatInvalid, match=r"labels of a\.mp4, got labels of b\.mp4"):
        read("e.csv", HEAD + other, A)


@pytest.mark.parametrize("shape", ["tabular", "aggregated", "project"])
def test_a_state_without_a_length_is_a_moment_in_every_shape(shape: str):
    text = {
        "tabular": tabular("rest,START,3,a.mp4", "rest,STOP,3,a.mp4", "groom,START,4,a.mp4", "groom,STOP,5,a.mp4"),
        "aggregated": aggregated("rest,STATE,3.000,3.000", "groom,STATE,4.000,5.000"),
        "project": project(
            [3.0, "", "rest", "", ""], [3.0, "", "rest", "", ""], [4, "", "groom", "", ""], [5, "", "groom", "", ""]
        ),
    }[shape]
    labels = read("e.boris" if shape == "project" else "e.csv", text, A)
    assert events(labels) == [("a", 4.0, 5.0, "groom")] and points(labels) == [("rest", 3.0)]
    assert any("kept as a moment" in finding.got for finding in labels.findings)


@pytest.mark.parametrize("shape", ["tabular", "aggregated", "project"])
def test_a_state_without_an_end_is_left_out_and_told_in_every_shape(shape: str):
    text = {
        "tabular": tabular("rest,START,3,a.mp4", "groom,START,4,a.mp4", "groom,STOP,5,a.mp4"),
        "aggregated": aggregated("rest,STATE,3.000,NA", "groom,STATE,4.000,5.000"),
        "project": project([3.0, "", "rest", "", ""], [4, "", "groom", "", ""], [5, "", "groom", "", ""]),
    }[shape]
    files = {"e.boris" if shape == "project" else "e.csv": text.encode()}
    labels = conversion.detect_files(files).read(files, ReadOptions((A,), watched=True))
    assert events(labels) == [("a", 4.0, 5.0, "groom")]
    assert any(finding.left_out for finding in labels.findings)
    assert labels.clips[0].lanes[0].seen == ((0.0, 3.0),)


def test_rows_that_contradict_each_other_are_left_out_and_the_rest_is_kept():
    rows = (
        "rest,START,1,a.mp4",
        "rest,START,2,a.mp4",
        "rest,STOP,3,a.mp4",
        "groom,STOP,4,a.mp4",
        "groom,LATER,5,a.mp4",
    )
    labels = read("e.csv", tabular(*rows, "groom,START,soon,a.mp4", "groom,START,6,a.mp4", "groom,STOP,7,a.mp4"), A)
    assert events(labels) == [("a", 6.0, 7.0, "groom")]
    assert len([finding for finding in labels.findings if finding.left_out]) == 6
    short = tabular("groom,START,6,a.mp4", "groom,STOP,7,a.mp4").replace(",\n", "\n")
    assert events(read("e.csv", short, A)) == [("a", 6.0, 7.0, "groom")]


def test_a_column_of_counts_is_left_out_of_a_binary_table_and_the_others_are_kept():
    table = "time,bite,rest\n0.0,0,1\n0.5,2,1\n1.0,1,0\n1.5,0,1\n"
    labels = FORMATS["boris-binary"].read({"a.csv": table.encode()}, ReadOptions((A,)))
    assert events(labels) == [("a", 0.0, 1.0, "rest"), ("a", 1.5, 2.0, "rest")] and labels.classes == ("rest",)
    (finding,) = [finding for finding in labels.findings if finding.left_out]
    assert finding.line == 3 and "bite" in finding.expected and "count" in finding.got
    ragged = FORMATS["boris-binary"].read({"a.csv": f"{table}2.0,0\n".encode()}, ReadOptions((A,)))
    assert events(ragged) == events(labels)


def test_a_project_tells_states_points_modifiers_and_files():
    observed = (
        [2.0, "tom", "rest", "deep|long", "hi", 50], [4.0, "tom", "rest", "deep|long", "", 100],
        [1.0, "", "blink", "", "", 25], [5.0, "", "gone", "", ""],
    )  # fmt: skip
    labels = read("p.boris", project(*observed), A)
    (lane, other) = sorted(labels.clips[0].lanes, key=lambda lane: lane.subject, reverse=True)
    assert events(labels) == [("a", 2.0, 4.0, "rest (deep|long)")] and lane.segments[0].note == "hi"
    assert (lane.subject, other.points[0].time_s) == ("tom", 1.0)
    assert any("no behaviour of the project" in finding.got for finding in labels.findings)
    parts = FORMATS["boris"].parts({"p.boris": project(*observed).encode()})
    assert ("observation", "o", 3) in [(part.kind, part.name, part.count) for part in parts]
    files = {"1": ["a.mp4", "b.mp4"], "2": []}
    info = {"length": {"a.mp4": 10.0, "b.mp4": 8.0}, "fps": {}}
    ran_on = project([111.0, "", "rest", "", ""], [112.5, "", "rest", "", ""], file=files, media_info=info)
    ran_on = ran_on.replace('"time offset": 0.0', '"time offset": 100.0')
    assert events(read("p.boris", ran_on, A, B)) == [("b", 1.0, 2.5, "rest")]


def test_the_old_shape_names_its_medium_above_the_table():
    above = "Observation id,o,,,,,\nPlayer #1,C:\\v\\a.mp4,,,,,\nTime offset (s),5.0,,,,,\n"
    table = above + "Time,Media file path,Total length,FPS,Subject,Behavior,Status\n"
    table += "00:00:06.000,Not found,10.0,25.0,,rest,START\n00:00:08.500,NA,10.0,25.0,,rest,STOP\n"
    assert events(read("e.csv", table, A)) == [("a", 1.0, 3.5, "rest")]
    with pytest.raises(FormatInvalid, match=r"labels of b\.mp4, got labels of a\.mp4"):
        read("e.csv", table, B)
