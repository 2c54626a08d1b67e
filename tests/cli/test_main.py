"""The command line: results, progress, errors and exit codes."""

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.__main__ import _reader_is_gone
from core.base import settings
from core.base.registry import FORMATS
from core.base.settings import ROOT
from core.cli import console
from core.domain import Recipe, serialization
from core.stages import video
from core.stages.formats.common import conversion
from core.stages.preprocessing.sampling import Trim
from core.workflows import models, predictions
from core.workspace.store import Store
from tests.cli.conftest import MODEL
from tests.conftest import moving_square

VIDEO_FIELDS = ["path", "digest", "width_px", "height_px", "frame_count", "declared_count"]
VIDEO_FIELDS += ["rate_hz", "variable_rate", "duration_s", "codec", "notes"]


def apart(*arguments, workspace: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    surroundings = {**os.environ, "KINETOSCOPE_WORKSPACE": str(workspace), **environment}
    words = [sys.executable, "-m", "core", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True)


def test_probe_prints_what_was_measured(command, square_clip):
    code, out, _ = command("probe", square_clip)
    content = json.loads(out)
    assert code == 0 and list(content) == VIDEO_FIELDS
    assert (content["frame_count"], content["rate_hz"], content["width_px"]) == (50, 25, 96)


def test_models_lists_names_labels_and_scores(command):
    code, out, err = command("models")
    lines = out.decode().splitlines()
    assert code == 0 and err == ""
    assert lines[0].split() == ["name", "title", "backbone", "labels", "held-out", "scores"]
    rows = {line.split()[0]: line for line in lines[1:]}
    assert "400" in rows["kinetics400"] and "1000" in rows[MODEL]
    assert "clip accuracy 0." in rows["actions-15"] or "clip accuracy 1." in rows["actions-15"]


def test_models_as_json(command):
    _, out, _ = command("models", "--format", "json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert rows["kinetics400"]["labels"] == 400 and rows["actions-15"]["scores"]
    assert list(rows[MODEL]) == ["name", "title", "backbone", "labels", "scores"]


def test_analyze_prints_the_promised_json_and_nothing_else(command, square_clip):
    code, out, err = command("analyze", square_clip, "--model", MODEL)
    content = json.loads(out)
    assert code == 0 and list(content) == ["video", "model", "labels", "segments"]
    assert list(content["video"]) == VIDEO_FIELDS and content["model"] == MODEL
    scores = [found["score"] for found in content["labels"]]
    assert scores == sorted(scores, reverse=True) and len(scores) == 1000
    assert all(list(one) == ["start_s", "stop_s", "label", "confidence"] for one in content["segments"])
    assert content["segments"][-1]["stop_s"] <= content["video"]["duration_s"]
    assert all(line.startswith(f"{square_clip}: ") for line in err.splitlines())


def test_a_folder_is_watched_until_the_command_is_interrupted(command, tmp_path, monkeypatch):
    folder, results, looks = tmp_path / "camera", tmp_path / "results", []
    folder.mkdir()
    results.mkdir()

    def sleep(_seconds: float):
        looks.append(sorted(path.name for path in results.iterdir()))
        if len(looks) == 1:
            (folder / "bad.mp4").write_bytes(b"no video")
            video.write(folder / "a.mp4", moving_square(12))
        if len(looks) == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr("core.cli.watching.time", SimpleNamespace(sleep=sleep))
    code, out, err = command("analyze", folder, "--watch", "--model", MODEL, "--format", "csv", "--output", results)
    assert (code, out) == (130, b"")
    assert looks == [[], [], ["a.csv"], ["a.csv"], ["a.csv"], ["a.csv"]]
    assert err.count("bad.mp4: ") == 1 + err.count("bad.mp4: taken in") and "a.mp4: analysed" in err


@pytest.mark.parametrize(
    "words", [("a.mp4", "--watch"), (".", "..", "--watch"), (".", "--watch", "--output", "pyproject.toml")]
)
def test_what_cannot_be_watched_is_refused(command, words, capfdbinary):
    with pytest.raises(SystemExit):
        command("analyze", *words)
    assert b"--watch" in capfdbinary.readouterr().err


def test_the_command_line_gives_what_the_pages_show(command, square_clip, shared_workspace):
    _, out, _ = command("analyze", square_clip, "--model", MODEL)
    store, here = Store(shared_workspace), settings.current()
    found = predictions.analysis(
        store, json.loads(out)["video"]["digest"], Recipe(), models.ModelLibrary.of(here).cards()[MODEL], here.engine
    )
    assert predictions.export(found, "json") == out


def test_labels_that_a_format_cannot_hold_are_refused_in_words(command, square_clip):
    code, out, err = command("analyze", square_clip, "--model", MODEL, "--format", "ucf101")
    assert (code, out) == (1, b"") and "separates labels by spaces" in err and "hint: Rename it" in err


def test_labels_that_a_format_writes_otherwise_are_noted_once(command, square_clip, sample_path, tmp_path):
    note = f"note: {FORMATS['mstcn'].title} does not keep spaces in labels, which become underscores\n"
    code, out, err = command("analyze", square_clip, "--model", MODEL, "--format", "mstcn")
    assert code == 0 and b"_" in out and err.count("note: ") == err.count(note) == 1
    call = ("analyze", sample_path, square_clip, "--model", MODEL, "--output", tmp_path, "--format")
    assert command(*call, "mstcn")[2].count(note) == 1
    assert "note: " not in command(*call, "csv")[2]


@pytest.mark.parametrize("name", sorted({*conversion.writable()} - {"ucf101"}))
def test_output_holds_the_same_bytes_as_standard_output(command, square_clip, tmp_path, name):
    _, printed, _ = command("analyze", square_clip, "--model", MODEL, "--format", name)
    code, out, _ = command("analyze", square_clip, "--model", MODEL, "--format", name, "--output", tmp_path / "found")
    assert code == 0 and out == b"" and (tmp_path / "found").read_bytes() == printed
    assert [path.name for path in tmp_path.iterdir()] == ["found"]


def test_several_clips_are_a_json_list_in_their_order(command, square_clip, sample_path):
    _, out, _ = command("analyze", sample_path, square_clip, "--model", MODEL)
    assert [one["video"]["path"] for one in json.loads(out)] == [str(sample_path), str(square_clip)]


def test_several_clips_are_one_csv_with_paths(command, square_clip, sample_path):
    _, out, _ = command("analyze", sample_path, square_clip, "--model", MODEL, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert list(rows[0]) == ["path", "start_s", "stop_s", "label", "confidence"]
    assert {row["path"] for row in rows} == {str(sample_path), str(square_clip)}


def test_one_csv_has_no_paths(command, square_clip):
    _, out, _ = command("analyze", square_clip, "--model", MODEL, "--format", "csv")
    assert out.splitlines()[0] == b"start_s,stop_s,label,confidence"


def test_several_clips_as_vtt_go_into_a_folder(command, square_clip, sample_path, tmp_path):
    call = ("analyze", sample_path, square_clip, "--model", MODEL, "--format", "vtt")
    assert command(*call, "--output", tmp_path / "subtitles")[0] == 0
    assert sorted(path.name for path in (tmp_path / "subtitles").iterdir()) == ["sample.vtt", "square.vtt"]
    with pytest.raises(SystemExit) as caught:
        command(*call)
    assert caught.value.code == 2


def test_a_bad_clip_among_good_ones_is_told_and_the_others_are_printed(command, square_clip, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    code, out, err = command("analyze", bad, square_clip, "--model", MODEL)
    assert code == 1 and [one["video"]["path"] for one in json.loads(out)] == [str(square_clip)]
    assert f"error: {bad}: " in err and "hint: " in err


def test_one_bad_clip_prints_nothing_on_standard_output(command, tmp_path):
    code, out, err = command("analyze", tmp_path / "none.mp4", "--model", MODEL)
    assert (code, out) == (1, b"") and "error: " in err and "hint: " in err and "Traceback" not in err


def test_a_recipe_is_read_from_a_file(command, square_clip, tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text(serialization.pretty_json(Recipe((Trim((0.0, 1.0)),))))
    _, out, _ = command("analyze", square_clip, "--model", MODEL, "--recipe", path)
    assert max(one["stop_s"] for one in json.loads(out)["segments"]) <= 1.0


def test_a_recipe_that_cannot_be_read_is_told_before_anything_is_done(command, square_clip, tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text('{"type": "Recipe", "steps": [{"type": "Sharpen"}]}')
    code, _, err = command("analyze", square_clip, "--model", MODEL, "--recipe", path)
    assert code == 1 and "recipe.json" in err and "Analysing" not in err
    code, _, err = command("analyze", square_clip, "--model", MODEL, "--recipe", tmp_path / "none.json")
    assert code == 1 and "cannot be read" in err


def test_an_unknown_model_says_what_it_may_have_meant(command, square_clip):
    code, out, err = command("analyze", square_clip, "--model", "kinetics40")
    assert (code, out) == (1, b"") and "hint: Did you mean kinetics400" in err


def test_a_place_that_does_not_exist_is_told_before_anything_is_done(command, square_clip, tmp_path):
    code, _, err = command("analyze", square_clip, "--model", MODEL, "--output", tmp_path / "none" / "a.json")
    assert code == 1 and "There is no folder" in err and "Analysing" not in err


@pytest.mark.parametrize("call", [(), ("analyze",), ("analyze", "a.mp4", "--format", "xml"), ("probe",)])
def test_a_wrong_call_exits_with_2(command, call):
    with pytest.raises(SystemExit) as caught:
        command(*call)
    assert caught.value.code == 2


def test_help_needs_none_of_the_heavy_libraries(shared_workspace):
    program = "import sys; from core.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    program += "print([name for name in ('tensorflow', 'keras', 'openvino', 'av') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.rstrip().endswith("[]") and "analyze" in done.stdout, done.stderr


def test_a_process_prints_the_result_alone(square_clip, shared_workspace):
    done = apart("analyze", square_clip, "--model", MODEL, workspace=shared_workspace)
    assert done.returncode == 0 and json.loads(done.stdout)["model"] == MODEL
    assert all(line.startswith(f"{square_clip}: ") for line in done.stderr.splitlines())


def test_an_interrupt_ends_with_130_and_leaves_nothing_behind(sample_path, shared_workspace, tmp_path):
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"type": "Recipe", "steps": [{"type": "Denoise", "radius_px": 4}]}')
    before = sorted(shared_workspace.glob("results/*"))
    words = [sys.executable, "-m", "core", "analyze", sample_path, "--model", MODEL, "--recipe", recipe]
    words += ["--output", tmp_path / "found.json"]
    surroundings = {**os.environ, "KINETOSCOPE_WORKSPACE": str(shared_workspace)}
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # shells deafen what they run behind
    with subprocess.Popen(words, cwd=ROOT, env=surroundings, stderr=subprocess.PIPE, text=True, **heard) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "Analysing frames" in line:
                break
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
    assert running.returncode == 130 and "Traceback" not in rest and rest.endswith("interrupted\n")
    assert sorted(shared_workspace.glob("results/*")) == before
    assert not list(tmp_path.glob("*found*")) and not list(shared_workspace.rglob("*.partial*"))


def test_a_closed_pipe_is_known_on_each_system(monkeypatch):
    """Windows says that the argument is invalid."""
    assert _reader_is_gone(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert not _reader_is_gone(OSError(errno.EINVAL, "Invalid argument"))
    monkeypatch.setattr(os, "name", "nt")
    assert _reader_is_gone(OSError(errno.EINVAL, "Invalid argument"))
    assert not _reader_is_gone(OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize("system, session, redraws", [("posix", "", True), ("nt", "", False), ("nt", "a1b2", True)])
def test_progress_is_redrawn_only_where_the_terminal_can(monkeypatch, system: str, session: str, redraws: bool):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("WT_SESSION", session)
    monkeypatch.setattr(os, "name", system)
    console.TerminalProgress("a.mp4")(1, 2, "Looking")
    assert terminal.getvalue() == ("\r\x1b[2Ka.mp4: Looking (1 of 2)" if redraws else "a.mp4: Looking (1 of 2)\n")
