"""Studies: tables of many clips, checked against pandas; the table about the clips, and files of labels, with all that
may be odd about them."""

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import AnalysisError, FormatInvalid, NotEnoughExamples
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Segment
from core.workflows.study import Study, StudyOptions, study, writing
from core.workflows.study.clips import names_of
from core.workflows.study.metadata import MetadataTable, matched, read_metadata
from core.workspace.store import Store

ENGINE = "openvino-f32"  # of which nothing is asked here
LENGTHS_S = {"a1.mp4": 60.0, "a2.mp4": 45.5, "b1.mp4": 80.25, "b2.mp4": 33.0, "b3.mp4": 51.2}
MEASURES = {"total_s", "share", "mean_s", "median_s", "rate_per_min", "latency_s"}
BOUTS = ("Observation id", "Media file name", "Media duration (s)", "FPS", "Subject", "Behavior", "Behavior type")
BOUTS += ("Start (s)", "Stop (s)")


def bouts(path: Path, rows: Iterable[Sequence[object]], lengths_s=LENGTHS_S) -> Path:
    """A file of BORIS' aggregated events, which states how long clips last. rows: clip, label, start, stop, subject."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(BOUTS)
        for clip, label, start_s, stop_s, *subject in rows:
            kind = "POINT" if start_s == stop_s else "STATE"
            who = subject[0] if subject else "No focal subject"
            writer.writerow([clip, clip, lengths_s[clip], 25, who, label, kind, start_s, stop_s])
    return path


def made_rows() -> list[tuple[str, str, float, float]]:
    """Bouts that do not overlap, some touching, in whole milliseconds."""
    rng = np.random.default_rng(3)
    rows = []
    for clip, length_s in LENGTHS_S.items():
        ends = np.sort(rng.choice(np.arange(1, int(length_s * 1000)), 24, replace=False)) / 1000
        labels = rng.choice(["rest", "walk", "groom"] if clip != "b3.mp4" else ["rest", "walk"], 23)
        kept = rng.random(23) < 0.7
        spans = zip(labels, pairwise(ends), kept, strict=True)
        rows += [(clip, str(label), float(a), float(b)) for label, (a, b), keep in spans if keep]
    return rows


def made(store: Store, tracks: Path, clips: Sequence[object] = (), **options) -> Study:
    return study(store, StudyOptions(clips=tuple(map(str, clips)), tracks=str(tracks), **options), engine=ENGINE)


def tables_of(result: Study) -> dict[str, pd.DataFrame]:
    files = writing.files(result, {})
    return {name: pd.read_csv(io.BytesIO(content)) for name, content in files.items() if name.endswith(".csv")}


def budget_by_pandas(rows: pd.DataFrame, lengths_s: dict[str, float]) -> pd.DataFrame:
    """Time budgets without our code. rows: clip, label, start, stop."""
    entries = []
    for clip, length_s in lengths_s.items():
        for label in sorted(rows.label.unique()):
            own = rows[(rows["clip"] == clip) & (rows.label == label)]
            lengths = own.stop - own.start
            entries.append(
                {
                    "clip": clip,
                    "label": label,
                    "count": len(own),
                    "total_s": lengths.sum(),
                    "share": lengths.sum() / length_s,
                    "mean_s": lengths.mean(),
                    "median_s": lengths.median(),
                    "rate_per_min": 60 * len(own) / length_s,
                    "latency_s": own.start.min(),
                }
            )
    return pd.DataFrame(entries).set_index(["clip", "label"])


def assert_same(budget: pd.DataFrame, expected: pd.DataFrame) -> None:
    own = budget.set_index(["clip", "label"])
    assert list(own.index) == list(expected.index) and (own["count"] == expected["count"]).all()
    for name in MEASURES:
        pd.testing.assert_series_equal(own[name], expected[name], atol=1e-6, rtol=0, check_dtype=False)


def transitions_by_pandas(rows: pd.DataFrame, longest_s: float = np.inf) -> dict[tuple[str, str], int]:
    own = rows.sort_values(["clip", "start"])
    after = own.groupby("clip")[["label", "start"]].shift(-1)
    near = after.start - own.stop <= longest_s + 1e-9
    return pd.crosstab(own.label[near], after.label[near]).stack().loc[lambda counts: counts > 0].to_dict()


# Tables ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap_s", [None, 0.0, 1.5])
def test_tables_equal_a_computation_with_pandas(store, tmp_path, gap_s):
    rows = made_rows()
    result = made(store, bouts(tmp_path / "labels.csv", rows), max_gap_s=gap_s)
    tables = tables_of(result)
    frame = pd.DataFrame(rows, columns=["clip", "label", "start", "stop"])
    assert_same(tables["budget.csv"], budget_by_pandas(frame, LENGTHS_S))
    counts = tables["transitions.csv"]
    expected = transitions_by_pandas(frame, np.inf if gap_s is None else gap_s)
    assert {(row["from"], row["to"]): row["count"] for _, row in counts.iterrows()} == expected
    segments = tables["segments.csv"]
    assert list(segments.columns) == ["clip", *writing.SEGMENT_COLUMNS] and set(segments.kind) == {"state"}
    own = segments[["clip", "label", "start_s", "stop_s"]].values.tolist()
    assert sorted(own) == sorted(map(list, rows)) and "groups.csv" not in tables
    assert np.allclose(segments.duration_s, segments.stop_s - segments.start_s, atol=1e-9)


def test_frame_labels_of_real_clips_give_what_pandas_counts(store, shared_data):
    streams = shared_data / "weizmann-streams"
    truth = pd.read_csv(streams / "segments.csv")
    names = sorted(path.stem for path in (streams / "videos").glob("*.mp4"))
    assert len(names) == 9
    result = made(store, streams / "groundTruth", [streams / "videos" / f"{name}.mp4" for name in names])
    truth = truth[truth.video.isin(names)]
    rate_hz = 25
    rows = pd.DataFrame(
        {
            "clip": truth.video + ".mp4",
            "label": truth.action,
            "start": truth.start_frame / rate_hz,
            "stop": truth.end_frame_exclusive / rate_hz,
        }
    )
    tables = tables_of(result)
    assert_same(tables["budget.csv"], budget_by_pandas(rows, dict(rows.groupby("clip").stop.max())))
    counts = {(row["from"], row["to"]): row["count"] for _, row in tables["transitions.csv"].iterrows()}
    assert counts == transitions_by_pandas(rows) and not result.failures
    some = made(store, streams / "groundTruth", [streams / "videos" / "ido.mp4"])
    assert [note for note in some.notes if "labels of other clips" in note and "denis.txt" in note]


def test_points_have_a_count_and_no_duration_in_any_clip(store, tmp_path):
    rows = [("a1.mp4", "call", 5.0, 5.0), ("a1.mp4", "call", 9.0, 9.0), ("a2.mp4", "rest", 1.0, 2.0)]
    tables = tables_of(made(store, bouts(tmp_path / "labels.csv", rows)))
    calls = tables["budget.csv"].query("label == 'call'").set_index("clip")
    assert calls["count"].to_dict() == {"a1.mp4": 2, "a2.mp4": 0} and set(calls.kind) == {"point"}
    assert calls[["total_s", "share", "mean_s"]].isna().all(axis=None)
    assert calls.rate_per_min["a1.mp4"] == pytest.approx(2.0) and calls.latency_s["a1.mp4"] == 5.0
    points = tables["segments.csv"].query("kind == 'point'")
    assert points[["start_s", "stop_s", "duration_s"]].values.tolist() == [[5.0, 5.0, 0.0], [9.0, 9.0, 0.0]]


def test_each_subject_of_a_clip_has_a_budget_of_its_own(store, tmp_path):
    rows = [("a1.mp4", "walk", 0.0, 6.0, "Ann"), ("a1.mp4", "rest", 6.0, 9.0, "Ann")]
    rows += [("a1.mp4", "walk", 3.0, 6.0, "Bob"), ("a2.mp4", "walk", 1.0, 2.0)]
    result = made(store, bouts(tmp_path / "labels.csv", rows))
    tables = tables_of(result)
    walks = tables["budget.csv"].query("label == 'walk'").fillna("")
    assert dict(zip(walks["clip"].str[:2] + walks.track, walks.total_s, strict=True)) == {
        "a1Ann": 6,
        "a1Bob": 3,
        "a2": 1,
    }
    assert tables["transitions.csv"].values.tolist() == [["walk", "rest", 1]]
    assert any("several subjects" in note and "a1.mp4" in note for note in result.notes)


def test_labels_that_overlap_are_counted_each_by_itself(store, tmp_path):
    rows = [("a1.mp4", "walk", 0.0, 10.0), ("a1.mp4", "call", 2.0, 4.0), ("a1.mp4", "call", 6.0, 7.0)]
    result = made(store, bouts(tmp_path / "labels.csv", rows))
    tables = tables_of(result)
    assert "track" not in tables["budget.csv"].columns
    assert tables["budget.csv"].set_index("label").total_s.to_dict() == {"call": 3.0, "walk": 10.0}
    assert tables["transitions.csv"].values.tolist() == [["call", "call", 1]]
    assert any("overlap" in note for note in result.notes)


def test_the_aggregated_events_of_boris_are_read_back_as_the_same_study(store, tmp_path):
    rows = [
        *made_rows(),
        ("a1.mp4", "call", 5.0, 5.0),
        ("b2.mp4", "look", 1.0, 4.0, "Ann"),
        ("b2.mp4", "look", 3.0, 6.0, "Bob"),
    ]
    table = tmp_path / "table.csv"
    table.write_text("clip,diet,Source,Modifier #1\na1.mp4,sweet,lab,x\nb2.mp4,sour,,\n")
    result = made(store, bouts(tmp_path / "labels.csv", rows), metadata=str(table))
    files = writing.files(result, {})
    written = pd.read_csv(io.BytesIO(files["boris_aggregated.csv"]), dtype=str, keep_default_na=False)
    columns = list(written.columns)
    assert columns[columns.index("FPS (frame/s)") + 1 : columns.index("Subject")] == [
        "diet", "metadata_Source", "metadata_Modifier #1"
    ]  # fmt: skip
    call = written[written["Behavior"] == "call"].iloc[0]
    assert call[["Behavior type", "Start (s)", "Stop (s)", "Duration (s)"]].tolist() == [
        "POINT",
        "5.000",
        "5.000",
        "NA",
    ]
    assert call[["diet", "metadata_Source", "Subject"]].tolist() == ["sweet", "lab", "No focal subject"]
    assert call["Observation duration by subject by observation"] == "60.0" and call["Observation id"] == "a1"
    looks = written[written["Behavior"] == "look"]
    assert looks["Subject"].tolist() == ["Ann", "Bob"]
    (path := tmp_path / "again.csv").write_bytes(files["boris_aggregated.csv"])
    again = writing.files(made(store, path), {})
    plain = writing.files(made(store, tmp_path / "labels.csv"), {})
    for name in ("budget.csv", "segments.csv", "transitions.csv"):
        assert sorted(again[name].splitlines()) == sorted(plain[name].splitlines()), name


def test_subjects_of_the_metadata_and_clips_called_alike_are_told_apart_in_boris(store, tmp_path):
    lengths_s = {"a.mp4": 10.0, "a.avi": 12.0}
    labels = bouts(tmp_path / "labels.csv", [("a.mp4", "walk", 1.0, 2.0), ("a.avi", "walk", 3.0, 4.0)], lengths_s)
    (table := tmp_path / "table.csv").write_text("clip,animal\na.mp4,m1\na.avi,m2\n")
    result = made(store, labels, metadata=str(table), subject="animal")
    written = pd.read_csv(io.BytesIO(writing.files(result, {})["boris_aggregated.csv"]), dtype=str)
    cells = written[["Observation id", "Media file name", "animal", "Subject"]].values.tolist()
    assert cells == [["a.mp4", "a.mp4", "m1", "m1"], ["a.avi", "a.avi", "m2", "m2"]]


def test_what_boris_cannot_pair_is_written_all_the_same(store, tmp_path):
    lanes = (
        Lane((Segment(0.0, 4.0, "walk"), Segment(5.0001, 5.0002, "two\nlines")), (), ((0.0, 9.0),), "hands"),
        Lane((Segment(3.0, 6.0, "walk"),), (), ((0.0, 9.0),), "feet"),
    )
    clip = ClipLabels("a.mp4", lanes, duration_s=9.0)
    (path := tmp_path / "a.json").write_bytes(FORMATS["json"].write(Labels((clip,), clip.labels)))
    written = pd.read_csv(io.BytesIO(writing.files(made(store, path), {})["boris_aggregated.csv"]), dtype=str)
    cells = written[["Behavior", "Start (s)", "Stop (s)"]].values.tolist()
    assert cells == [["walk", "0.000", "6.000"], ["two\nlines", "5.000", "5.000"]], "as in the time budget"


# Groups ---------------------------------------------------------------------------------------------------------------


def test_groups_are_compared_over_subjects_whose_clips_are_pooled(store, tmp_path):
    rows = made_rows()
    table = tmp_path / "table.csv"
    table.write_text("clip,dose,animal\na1,10,x\na2.mp4,10,y\nb1.mp4,2,z\nb2.mp4,2,z\nb3.mp4,,w\n")
    options = {"metadata": str(table), "group": "dose", "subject": "Animal", "correction": "holm"}
    result = made(store, bouts(tmp_path / "labels.csv", rows), **options)
    groups = tables_of(result)["groups.csv"]
    frame = pd.DataFrame(rows, columns=["clip", "label", "start", "stop"])
    frame["animal"] = frame["clip"].map({"a1.mp4": "x", "a2.mp4": "y", "b1.mp4": "z", "b2.mp4": "z"})
    totals = (frame.stop - frame.start).groupby([frame.label, frame.animal]).sum().unstack(fill_value=0.0)
    shares = totals / pd.Series({"x": 60.0, "y": 45.5, "z": 80.25 + 33.0})
    own = groups[groups.measure == "share"].set_index("label")
    assert set(own.group_a) == {2} and set(own.group_b) == {10}  # by their size, not by the alphabet
    assert set(own.n_a) == {1} and set(own.n_b) == {2} and own.low.isna().all()
    assert np.allclose(own.mean_a, shares.z.loc[own.index], atol=1e-6, rtol=0)
    assert np.allclose(own.mean_b, shares[["x", "y"]].mean(axis=1).loc[own.index], atol=1e-6, rtol=0)
    assert np.allclose(own.difference, own.mean_b - own.mean_a, atol=2e-6, rtol=0)
    assert any("without a group" in note and "b3.mp4" in note for note in result.notes)


@pytest.mark.parametrize("correction", ["holm", "benjamini-hochberg"])
def test_p_values_are_adjusted_over_all_rows_together(store, tmp_path, correction):
    lengths_s = {f"c{number}.mp4": 20.0 for number in range(12)}
    rows = [(clip, "rest", at / 10, at * 0.6 + 1) for at, clip in enumerate(lengths_s)]
    rows += [(clip, "walk", 12.0, 13.0 + at % 3) for at, clip in enumerate(lengths_s)]
    table = tmp_path / "table.csv"
    table.write_text("clip,half\n" + "".join(f"{clip},{'ab'[at > 5]}\n" for at, clip in enumerate(lengths_s)))
    options = {"metadata": str(table), "group": "half", "correction": correction}
    compared = made(store, bouts(tmp_path / "labels.csv", rows, lengths_s), **options).groups or ()
    p = np.array([row.difference.p for row in compared])
    order, places = np.argsort(p, kind="stable"), np.arange(1, len(p) + 1)
    holm = np.maximum.accumulate(p[order] * places[::-1])
    hochberg = np.minimum.accumulate((p[order] * len(p) / places)[::-1])[::-1]
    expected = np.minimum(holm if correction == "holm" else hochberg, 1)
    assert np.allclose([compared[at].p_adjusted for at in order], expected) and p.min() < 0.01
    assert not np.allclose(holm, hochberg) and all(row.p_adjusted >= row.difference.p for row in compared)


def test_without_subjects_each_clip_is_one_which_is_told(store, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("clip;sex\na1;f\na2;f\nb1;m\nb2;m\nb3;m\n")
    result = made(store, bouts(tmp_path / "labels.csv", made_rows()), metadata=str(table), group="sex")
    assert {(row.difference.n_a, row.difference.n_b) for row in result.groups or () if row.measure == "share"} == {
        (2, 3)
    }
    assert any("each clip counts as a subject" in note for note in result.notes)


def test_every_pair_of_groups_is_compared_and_a_subject_in_several_is_told(store, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("clip\tgroup\tsubject\na1\tA\t1\na2\tB\t1\nb1\tC\t2\nb2\tC\t3\nb3\tB\t4\n")
    options = {"metadata": str(table), "group": "group", "subject": "subject"}
    result = made(store, bouts(tmp_path / "labels.csv", made_rows()), **options)
    pairs = {(row.group_a, row.group_b) for row in result.groups or ()}
    assert pairs == {("A", "B"), ("A", "C"), ("B", "C")}
    assert any("subjects in several groups" in note and note.endswith(": 1") for note in result.notes)


def test_a_column_that_is_not_there_or_parts_nothing_is_refused(store, square_clip, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("clip,sex,age\nsquare,f,3\n")
    for options in ({"group": "sxe"}, {"group": "sex", "subject": "who"}, {"clip_column": "file"}):
        with pytest.raises(FormatInvalid, match="has no column") as caught:
            made(store, tmp_path, [square_clip], metadata=str(table), **options)
        assert "Its columns:" in caught.value.hint and "sex, age" in caught.value.hint
    with pytest.raises(NotEnoughExamples, match="only 'f'"):
        made(store, tmp_path, [square_clip], metadata=str(table), group="sex")
    with pytest.raises(NotEnoughExamples, match="no value"):
        made(store, bouts(tmp_path / "labels.csv", [("a1.mp4", "rest", 0, 1)]), metadata=str(table), group="sex")


def test_a_group_whose_clips_all_fail_leaves_nothing_to_compare(store, square_clip, tmp_path):
    table, labels = tmp_path / "table.csv", tmp_path / "labels.csv"
    table.write_text("clip,sex\nsquare,f\ngone,m\n")
    labels.write_text("path,label,start,end\nsquare.mp4,walk,0,1\ngone.mp4,walk,0,1\n")
    result = made(store, labels, [square_clip, "gone.mp4"], metadata=str(table), group="sex")
    assert result.groups == () and [failure.name for failure in result.failures] == ["gone.mp4"]
    assert any("nothing is compared" in note for note in result.notes)


# The table about the clips --------------------------------------------------------------------------------------------


def table_of(folder: Path, text: str | bytes, column: str = "") -> MetadataTable:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_metadata(str(path), column, writing.BESIDE_METADATA)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfclip;dose\r\na.mp4; 2\r\n",
        "Clip\tdose\na\t2\n".encode("utf-16"),
        b'"dose","CLIP"\n"2","x/A.MP4"\n',
    ],
    ids=["mark and semicolons", "UTF-16 and tabs", "quotes, folders and capitals"],
)
def test_a_table_is_read_however_it_was_saved(tmp_path, content):
    table = table_of(tmp_path, content)
    assert table.columns == ("dose",) and matched(table, ["/clips/a.mp4"]).cells == (("2",),)


def test_rows_that_agree_count_once_and_those_that_differ_count_for_nothing(tmp_path):
    table = table_of(tmp_path, "clip,dose,sex\na,1,f\na.mp4,1,f\nb,1,f\nb,2,f\nc,3,\n")
    metadata = matched(table, ["a.mp4", "b.mp4", "c.mp4", "d.mp4"])
    assert metadata.cells == (("1", "f"), ("", ""), ("3", ""), ("", ""))
    notes = "\n".join(metadata.notes)
    assert "a.mp4 has 2 rows in table.csv (lines 2 and 3), which agree" in notes
    assert "b.mp4 has 2 rows in table.csv (lines 4 and 5), which differ in dose: none of them is used" in notes
    assert "1 of 4 clips without a row: d.mp4" in notes and "empty in the column 'sex': c.mp4" in notes


def test_rows_of_no_clip_and_of_several_are_told(tmp_path):
    table = table_of(tmp_path, "clip,dose\nnone.mp4,1\n,2\nday 1/a.mp4,3\na,4\n")
    metadata = matched(table, ["/x/day 1/a.mp4", "/x/day 2/a.mp4"])
    assert metadata.cells == (("3",), ("",))
    notes = "\n".join(metadata.notes)
    assert "not in this study: none.mp4" in notes and "line 3: the row names no clip" in notes
    assert "line 5: 'a' can mean 2 clips" in notes


def test_columns_called_like_ours_get_a_prefix_and_are_still_found(tmp_path):
    table = table_of(tmp_path, "clip,Label,metadata_label,share,\na,1,2,3,4\n")
    assert table.columns == ("metadata_metadata_Label", "metadata_label", "metadata_share")
    assert table.place("label", "--group") == 0 and matched(table, ["a.mp4"]).cells == (("1", "2", "3"),)
    notes = "\n".join(table.notes)
    assert "'share' is written as 'metadata_share'" in notes and "columns without a name are not used" in notes


def test_rows_of_another_length_are_told_and_left_out(tmp_path):
    table = table_of(tmp_path, "clip,dose\na,1\nb,2,3\n")
    assert [row.clip for row in table.rows] == ["a"] and "line 3: expected 2 cells, got 3" in table.notes[0]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"name,dose\na,1\n", "has no column 'clip'"),
        (b"clip,dose,Dose\na,1,2\n", "each column once"),
        (b"PK\x03\x04 a workbook", "a spreadsheet"),
        (b"clip,dose\n\xff\xfe\xfa,1\n", "UTF-8"),
        (b"", "columns"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_words(tmp_path, content, words):
    with pytest.raises(FormatInvalid, match=words) as caught:
        table_of(tmp_path, content)
    assert caught.value.hint
    with pytest.raises(FormatInvalid, match="cannot be read"):
        read_metadata(str(tmp_path / "none.csv"), "", ())


# Files of labels ------------------------------------------------------------------------------------------------------


def test_a_clip_that_is_no_video_has_the_length_that_its_labels_state(store, square_clip, tmp_path):
    clip = tmp_path / "a1.mp4"
    clip.write_text("no video")
    rows = [("a1.mp4", "rest", 0.0, 15.0), ("b1.mp4", "rest", 0.0, 1.0), ("square.mp4", "rest", 0.0, 1.0)]
    labels = bouts(tmp_path / "labels.csv", rows, {**LENGTHS_S, "square.mp4": 2.0})
    result = made(store, labels, [clip, tmp_path / "gone.mp4", square_clip])
    shares = {row.clip: row.budget.share for row in result.budget}
    assert shares == {"a1.mp4": 0.25, "square.mp4": 0.5} and not result.failures
    notes = "\n".join(result.notes)
    assert "a1.mp4 cannot be read as a video" in notes and "60 s is that in labels.csv" in notes
    assert "without labels, which take no part: gone.mp4" in notes and "not used: b1.mp4" in notes


def test_a_clip_that_is_read_counts_as_long_as_it_was_measured(store, square_clip, tmp_path):
    labels = bouts(tmp_path / "labels.csv", [("square.mp4", "rest", 0.0, 1.0)], {"square.mp4": 9.0})
    result = made(store, labels, [square_clip])
    assert result.budget[0].budget.share == pytest.approx(0.5) and result.budget[0].watched_s == pytest.approx(2.0)


def test_labels_of_one_clip_never_go_to_the_only_clip_of_another_name(store, square_clip, tmp_path):
    labels = bouts(tmp_path / "labels.csv", [("a1.mp4", "rest", 0.0, 1.0)])
    with pytest.raises(NotEnoughExamples, match=r"No clip has labels; .*not used: a1\.mp4; .*no part: square\.mp4"):
        made(store, labels, [square_clip])


def test_a_bad_file_of_labels_or_clip_is_told_and_the_others_go_on(store, square_clip, tmp_path):
    folder, clips = tmp_path / "labels", tmp_path / "clips"
    folder.mkdir()
    clips.mkdir()
    for name in ("good", "twice", "bad"):
        shutil.copy(square_clip, clips / f"{name}.mp4")
    (clips / "dark.mp4").write_text("no video")
    (folder / "good.csv").write_text("label,start,end\nwalk,0,1\n")
    (folder / "bad.csv").write_text("label,start,end\nwalk,one,two\n")
    (folder / "dark.csv").write_text("label,start,end\nwalk,0,1\n")
    (folder / "twice.csv").write_text("label,start,end\nwalk,0,1\n")
    (folder / "twice.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nrest\n")
    (folder / "notes.md").write_text("two words\n")
    result = made(store, folder, [clips])
    assert [clip.name for clip in result.clips] == ["good.mp4"]
    failures = {failure.name: str(failure.error) for failure in result.failures}
    assert sorted(failures) == ["bad.csv", "dark.mp4", "twice.mp4"]
    assert "length is not known" in failures["dark.mp4"] and "twice.csv, twice.vtt" in failures["twice.mp4"]
    assert any("in no known format" in note and "notes.md" in note for note in result.notes)


def test_the_same_recording_under_two_names_is_told(store, square_clip, tmp_path):
    shutil.copy(square_clip, tmp_path / "other.mp4")
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label,start,end\nsquare.mp4,walk,0,1\nother.mp4,rest,0,1\n")
    result = made(store, labels, [square_clip, tmp_path, square_clip])
    assert [(row.clip, row.label) for row in result.segments] == [("square.mp4", "walk"), ("other.mp4", "rest")]
    assert any("square.mp4 and other.mp4 are the same recording" in note for note in result.notes)


def test_a_folder_without_videos_is_refused(store, tmp_path):
    with pytest.raises(AnalysisError, match="contains no video files"):
        made(store, tmp_path, [tmp_path])


def test_clips_called_alike_are_told_apart_by_their_folders():
    assert names_of(["/x/1/a.mp4", "/x/2/a.mp4", "/x/b.mp4"]) == ("1/a.mp4", "2/a.mp4", "b.mp4")
