"""The command `study`: its files, what is told, and its exit codes."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from core.workflows.study import writing
from tests.cli.conftest import MODEL

FILES = ["boris_aggregated.csv", "budget.csv", "report.html", "segments.csv", "study.json", "transitions.csv"]


@pytest.fixture
def clips(tmp_path: Path, square_clip: Path) -> Path:
    """A folder with two clips of 50 frames, and a file that is none of them."""
    folder = tmp_path / "clips"
    folder.mkdir()
    shutil.copy(square_clip, folder / "one.mp4")
    shutil.copy(square_clip, folder / "two.mp4")
    (folder / "readme.txt").write_text("two words a line\n")
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Labels of the first clip as a table, and of the second as a label for each frame."""
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "one.csv").write_text("label,start,end,confidence\nwalk,0,0.4,0.75\nrest,0.4,1,\nwalk,1,1.2,\n")
    (folder / "two.txt").write_text("walk\n" * 25 + "background\n" * 25)
    return folder


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_two_formats_become_the_tables_of_a_study(command, clips, labels, tmp_path):
    table, output = tmp_path / "table.csv", tmp_path / "out"
    table.write_text("clip;diet\none;sweet\ntwo.mp4;sour\n")
    output.mkdir()
    (output / "mine.txt").write_text("kept")
    (output / "budget.csv").write_text("old")
    call = ("study", clips, "--tracks", labels, "--metadata", table, "--group", "diet", "--output", output)
    code, out, err = command(*call)
    assert code == 0 and out == b"" and "error" not in err
    assert sorted(path.name for path in output.iterdir()) == sorted([*FILES, "groups.csv", "mine.txt"])
    budget = {(row["clip"], row["label"]): row for row in rows_of((output / "budget.csv").read_bytes())}
    own = budget["one.mp4", "walk"]
    expected = {"diet": "sweet", "count": "2", "total_s": "0.6", "share": "0.3", "mean_s": "0.3", "median_s": "0.3"}
    expected |= {"rate_per_min": "60.0", "latency_s": "0.0", "kind": "state", "cut": "1", "watched_s": "2.0"}
    assert {name: own[name] for name in expected} == expected
    assert list(own) == ["clip", "diet", *writing.BUDGET_COLUMNS]
    assert budget["two.mp4", "walk"]["share"] == "0.5" and budget["two.mp4", "rest"]["mean_s"] == ""
    segments = rows_of((output / "segments.csv").read_bytes())
    stretches = [(row["clip"], row["label"], row["start_s"], row["duration_s"], row["confidence"]) for row in segments]
    assert stretches[0] == ("one.mp4", "walk", "0.000", "0.400", "0.750")
    assert stretches[-1] == ("two.mp4", "walk", "0.000", "1.000", "") and len(stretches) == 4
    transitions = rows_of((output / "transitions.csv").read_bytes())
    assert [tuple(row.values()) for row in transitions] == [("rest", "walk", "1"), ("walk", "rest", "1")]
    groups = rows_of((output / "groups.csv").read_bytes())
    shares = next(row for row in groups if (row["label"], row["measure"]) == ("walk", "share"))
    assert list(shares) == list(writing.GROUP_COLUMNS)
    assert [shares[name] for name in ("group_a", "group_b", "n_a", "n_b")] == ["sour", "sweet", "1", "1"]
    assert float(shares["difference"]) == pytest.approx(-0.2) and shares["low"] == "" and shares["p_adjusted"] == "1.0"
    about = json.loads((output / "study.json").read_text())
    counts = {"clips": 2, "failed": 0, "labels": 2, "segments": 4, "points": 0, "transitions": 2}
    assert about["counts"] == counts | {"comparisons": len(groups)}
    assert about["files"] == [
        "segments.csv",
        "budget.csv",
        "transitions.csv",
        "groups.csv",
        "boris_aggregated.csv",
        "study.json",
        "report.html",
    ]
    assert [clip["labels_from"] for clip in about["clips"]] == ["one.csv", "two.txt"] and about["model"] is None
    notes = [line.removeprefix("note: ") for line in err.splitlines() if line.startswith("note: ")]
    assert about["notes"] == notes and any("each clip counts as a subject" in note for note in notes)


def test_without_a_folder_the_budgets_are_printed(command, clips, labels, tmp_path):
    code, out, _ = command("study", clips, "--tracks", labels)
    assert code == 0 and {row["clip"] for row in rows_of(out)} == {"one.mp4", "two.mp4"}
    output = tmp_path / "out"
    command("study", clips, "--tracks", labels, "--output", output)
    assert (output / "budget.csv").read_bytes() == out and sorted(path.name for path in output.iterdir()) == FILES
    code, _, err = command("study", clips, "--tracks", labels, "--output", output, "--parquet")
    assert code == 0 and {"budget.parquet", "segments.parquet"} <= {path.name for path in output.iterdir()}
    (output / "groups.csv").write_text("old")
    _, _, err = command("study", clips, "--tracks", labels, "--output", output)
    assert "groups.csv in" in err and "is from an earlier study" in err


def test_a_clip_that_fails_is_told_and_the_rest_is_written(command, clips, tmp_path, shared_workspace):
    (clips / "bad.mp4").write_text("no video")
    output = tmp_path / "out"
    code, _, err = command("study", clips, "--model", MODEL, "--output", output)
    assert code == 1 and "error: bad.mp4: " in err and "hint: " in err and "Traceback" not in err
    about = json.loads((output / "study.json").read_text())
    assert [clip["clip"] for clip in about["clips"]] == ["one.mp4", "two.mp4"]
    assert [failure["name"] for failure in about["failed"]] == ["bad.mp4"]
    assert about["model"]["name"] == MODEL and len(about["model"]["digest"]) == 40
    budget = rows_of((output / "budget.csv").read_bytes())
    assert budget and {row["watched_s"] for row in budget} == {"2.0"}
    made = results_in(shared_workspace)
    code, _, _ = command("study", clips, "--model", MODEL, "--output", output)
    assert code == 1 and made and results_in(shared_workspace) == made, "only what is missing is done"
    assert json.loads((output / "study.json").read_text()) == about


def results_in(workspace: Path) -> list[tuple[str, int]]:
    """The stored results and when each was written."""
    return sorted((str(path), path.stat().st_mtime_ns) for path in (workspace / "results").rglob("*"))


def test_where_all_clips_fail_nothing_is_written(command, tmp_path):
    code, out, err = command("study", tmp_path / "none.mp4", "--model", MODEL, "--output", tmp_path / "out")
    assert (code, out) == (1, b"") and "error: none.mp4: " in err and not (tmp_path / "out").exists()


def test_what_cannot_be_is_told_before_anything_is_done(command, clips, labels, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("clip,diet\none,sweet\n")
    call = ("study", clips, "--tracks", labels, "--metadata", table)
    for options, words in (
        (("--group", "sex"), "has no column 'sex'"),
        (("--clip-column", "file", "--group", "diet"), "has no column 'file'"),
        (("--group", "diet"), "has only 'sweet'"),
        (("--output", table), "is not a folder"),
        (("--output", labels), "lies in the folder of the label files"),
        (("--output", tmp_path / "none" / "out"), "There is no folder"),
    ):
        code, out, err = command(*call, *options)
        assert (code, out) == (1, b"") and words in err and "hint: " in err and "Reading" not in err
    code, _, err = command("study", clips, "--tracks", tmp_path / "none")
    assert code == 1 and "There is no file or folder" in err
    code, _, err = command("study", clips, "--model", "thing")
    assert code == 1 and "Did you mean things" in err


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("a.mp4", "--tracks", "labels", "--model", "things"),
        ("a.mp4", "--from", "csv"),
        ("a.mp4", "--group", "sex"),
        ("a.mp4", "--max-gap", "-1"),
        ("a.mp4", "--max-gap", "nan"),
        ("a.mp4", "--correction", "none"),
        ("a.mp4", "--parquet"),
    ],
)
def test_a_call_that_does_not_fit_together_exits_with_2(command, options):
    with pytest.raises(SystemExit) as caught:
        command("study", *options)
    assert caught.value.code == 2
