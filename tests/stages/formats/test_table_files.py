"""Tables and Create ML's lists as people write them: columns that only sound like times, clock times, odd rows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import Labels
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from core.stages.formats.common.csv_tables import Row, Table
from core.stages.formats.common.files import LARGEST_BYTES, Findings, packed, read_path, unpacked
from core.workflows import datasets
from tests.labels import events, steady

A = steady(250)


def read(text: str, *clips, name: str = "t.csv", **asked) -> Labels:
    files = {name: text.encode()}
    return conversion.detect_files(files).read(files, ReadOptions(clips=clips or (A,), **asked))


@pytest.mark.parametrize(
    "column",
    [
        *("gender", "Calendar", "weekend", "trend_id", "backend", "legend", "starter", "sendTo", "attendees", "agenda"),
        *("restarts", "endemic", "friends", "Startup", "framework", "sometimes", "timely"),
    ],
)
def test_a_column_whose_name_only_contains_a_word_of_time_is_not_used(column: str):
    labels = read(f"path,label,{column}\na.mp4,walk,x\n")
    assert labels.clips[0].label == "walk" and f"'{column}', which is not used" in labels.findings[0].got


@pytest.mark.parametrize(
    "column",
    ["start_frame", "startFrame", "frame", "Frames", "endtime_ms", "onset", "Time", "TIME", "timestamp", "stop sec", "first_frame", "duration"],  # noqa: E501
)  # fmt: skip
def test_a_column_of_times_that_is_not_known_is_refused_where_the_times_are_not_known_without_it(column: str):
    with pytest.raises(FormatInvalid, match="times in columns named start and end"):
        read(f"path,label,{column}\na.mp4,walk,3\n")
    labels = read(f"path,label,start,end,{column}\na.mp4,walk,1,2,3\n")
    assert events(labels) == [("a", 1.0, 2.0, "walk")]


KINETICS = (
    "label,youtube_id,time_start,time_end,split,is_cc\nriding a bike,a,2,6,validate,0\nabseiling,b,10,20,train,0\n"
)


def test_the_table_of_kinetics_is_about_its_cuts_or_about_stretches_of_whole_clips():

    labels = read(KINETICS)
    assert events(labels) == [("a", 2.0, 6.0, "riding a bike"), ("b", 10.0, 20.0, "abseiling")]
    assert [clip.split for clip in labels.clips] == ["val", "train"]
    cut = steady(250, path="/k/b_000010_000020.mp4")
    labels = read(KINETICS, A, cut)
    assert [(clip.name, clip.label) for clip in labels.clips] == [("a.mp4", ""), ("b_000010_000020.mp4", "abseiling")]


def test_a_labelled_set_finds_the_cuts_of_kinetics(tmp_path):
    folder = tmp_path / "train" / "abseiling"
    folder.mkdir(parents=True)
    (folder / "b_000010_000020.mp4").write_bytes(b"x")
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "k.csv").write_text(KINETICS, encoding="utf-16")
    draft = datasets.read_csv(tmp_path / "k.csv")
    found = {entry.path: (entry.label, len(entry.stretches)) for entry in draft.entries}
    assert found == {"a.mp4": ("", 1), "train/abseiling/b_000010_000020.mp4": ("abseiling", 0)}


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [("00:01", "00:03", (1, 3)), ("0:03.50", "0:05.25", (3.5, 5.25)), ("00:00:01.5", "00:00:09", (1.5, 9)), ("00:01,25", "7", (1.25, 7))],  # noqa: E501
)  # fmt: skip
def test_clock_times_are_minutes_and_seconds_in_lists_and_in_tables(start: str, end: str, seconds: tuple):
    rows = [{"file_name": "a.mp4", "label": "run", "startTime": start, "endTime": end}]
    labels = read(json.dumps(rows), name="a.json")
    assert events(labels) == [("a", *map(float, seconds), "run")]
    assert any("read as minutes and seconds" in finding.got for finding in labels.findings)
    assert events(read(f"path;label;start;end\na.mp4;run;{start};{end}\n")) == events(labels)


def test_clock_times_that_count_frames_are_left_out_and_told():
    rows = [{"path": "a.mp4", "label": "run", "start": "00:00:01:12", "end": "00:00:02:00"}]
    rows += [{"path": "a.mp4", "label": "walk", "start": 1, "end": 2}, {"path": "a.mp4", "label": "x", "start": [1]}]
    labels = read(json.dumps(rows), name="a.json")
    assert events(labels) == [("a", 1.0, 2.0, "walk")]
    assert len([finding for finding in labels.findings if finding.left_out]) == 3


def test_odd_rows_are_left_out_and_the_others_are_kept():
    rows = ("a.mp4,walk,1,2,tom", ",run,1,2,", "a.mp4,,3,4,", "a.mp4,run,5,4,", "a.mp4,run,nan,6,", "a.mp4,run,7,,")
    late = ("a.mp4,late,90,95,", "a.mp4,walk,1,2,tom", "a.mp4,run", "a.mp4,run,8,9,ann")
    labels = read("path,label,start,end,subject\n" + "\n".join((*rows, *late)) + "\n", watched=True)
    assert events(labels) == [("a", 1.0, 2.0, "walk"), ("a", 8.0, 9.0, "run")]
    assert sorted(finding.line for finding in labels.findings if finding.left_out) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert {lane.subject for lane in labels.clips[0].lanes} == {"tom", "ann"}
    assert all(lane.seen == ((0.0, 3.0), (4.0, 10.0)) for lane in labels.clips[0].lanes)


def test_a_clip_whose_rows_contradict_each_other_is_left_out_and_the_others_are_kept():
    table = "path,label,start,end,split\na.mp4,walk,,,\na.mp4,run,0,1,\nb.mp4,run,1,2,fold 3\nc.mp4,x,,,\nc.mp4,y,,,\n"
    labels = read(table)
    assert events(labels) == [("b", 1.0, 2.0, "run")] and not any(clip.label for clip in labels.clips)
    assert len([finding for finding in labels.findings if finding.left_out]) == 3


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n"])
def test_a_table_may_have_the_line_ends_and_letters_of_a_spreadsheet(ends: str):
    text = ends.join(("path\tlabel\tstart\tend", "a.mp4\twalk\t1\t2", ""))
    files = {"t.csv": text.encode("utf-16")}
    labels = conversion.detect_files(files).read(files, ReadOptions((A,)))
    assert events(labels) == [("a", 1.0, 2.0, "walk")]


def test_a_table_may_be_larger_than_other_files(tmp_path):
    """Tables are read row by row, JSON and XML as a whole."""
    wide = "x" * 120_000
    rows = "path,label,start,end,remark\n" + "".join(f"a.mp4,walk,{at},{at}.5,{wide}\n" for at in range(600))
    (tmp_path / "t.csv").write_text(rows)
    files = read_path(tmp_path / "t.csv")
    assert len(files["t.csv"]) > LARGEST_BYTES and unpacked("t.zip", packed(files)) == files
    assert len(FORMATS["csv"].read(files, ReadOptions()).clips[0].lanes[0].segments) == 600
    assert len(datasets.read(datasets.Source(path=str(tmp_path / "t.csv"))).entries) == 0
    for name in ("json", "elan"):
        with pytest.raises(FormatInvalid, match="at most 64 MiB"):
            FORMATS[name].read(files, ReadOptions())


TIMES = st.one_of(
    st.decimals(0, 10**6, places=3).map(str),
    st.integers(0, 10**6).map(str),
    st.text("0123456789.,:;\n", max_size=6),
    st.sampled_from(["", "1.", ".5", "1.2.3", "1e3", "nan", "\u0661", "1" * 98, "1" * 99]),
    st.sampled_from(["1." + "0" * 97, "1." + "0" * 98]),
)  # fmt: skip


@given(st.lists(st.tuples(TIMES, TIMES), max_size=8), st.sampled_from([",", ";"]))
def test_the_times_of_a_row_are_the_same_whatever_rows_it_is_read_with(ends: list[tuple[str, str]], sign: str):
    rows = [Row(line, {"label": "walk"}, *times) for line, times in enumerate(ends, 2)]
    table = Table("t.csv", sign, {"label": 0, "start": 1, "end": 2}, ())
    together, apart, beside_odd = Findings(), Findings(), Findings()
    odd = Row(1, {"label": "walk"}, "soon", "1")
    assert table.times(rows, together) == table.times([*rows, odd], beside_odd)[:-1]
    assert table.times(rows, Findings()) == [table.times([row], apart)[0] for row in rows]
    assert together.all == apart.all == beside_odd.all[:-1]


def test_an_odd_row_among_thousands_is_told_with_its_line():
    rows = [f"a.mp4,walk,{at / 1000:.3f},{at / 1000 + 0.001:.3f}" for at in range(9000)]
    rows[5000] = "a.mp4,walk,soon,5.001"
    labels = read("path,label,start,end\n" + "\n".join(rows) + "\n", steady(10_000, rate=1000))
    assert len(events(labels)) == 8999
    assert labels.findings[-1].line == 5002 and labels.findings[-1].got == "'soon'"
