"""Where results are written: files whole or not at all, devices and pipes as they are."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.__main__ import main
from core.base.errors import AnalysisError
from core.base.settings import ROOT
from core.cli import console

CONTENT = b"label,start\n" * 20_000  # more than a pipe holds at once
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no devices, pipes or descriptors among its files")
DELIVER = "import sys; from core.cli import console; console.deliver({'': b'new'}, sys.argv[1])"


def read_through(path: Path, output: Path) -> bytes:
    """What a reader of the pipe at `path` gets while CONTENT is delivered to `output`."""
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()), daemon=True)
    reader.start()
    console.deliver({"": CONTENT}, str(output))
    reader.join(timeout=60)
    assert received, "nothing was written into the pipe"
    return received[0]


@posix
def test_a_pipe_is_written_through_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read_through(pipe, pipe) == CONTENT
    assert stat.S_ISFIFO(pipe.lstat().st_mode) and [path.name for path in tmp_path.iterdir()] == ["pipe"]


@posix
def test_a_link_to_a_pipe_is_written_through_and_stays_a_link(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("pipe")
    assert read_through(pipe, link) == CONTENT
    assert link.is_symlink() and stat.S_ISFIFO(pipe.lstat().st_mode)


@posix
def test_a_device_is_written_through_and_stays_a_device(tmp_path):
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # as Linux numbers its /dev/null
        device.write_bytes(b"anything")
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    console.deliver({"": CONTENT}, str(device))
    assert stat.S_ISCHR(device.lstat().st_mode) and [path.name for path in tmp_path.iterdir()] == ["null"]


@posix
def test_no_other_file_takes_the_place_of_dev_null(tmp_path, monkeypatch, capfd):
    """Renaming is refused here, so that a failure of this test costs nobody's /dev/null."""

    def refuse(self: Path, target: Path):
        raise AssertionError(f"{self} would replace {target}")

    monkeypatch.setattr(Path, "replace", refuse)
    before = os.lstat(os.devnull)
    assert main(["convert", str(_table(tmp_path)), os.devnull, "--to", "srt"]) == 0, capfd.readouterr().err
    console.deliver({"": CONTENT}, os.devnull)
    assert os.path.samestat(before, os.lstat(os.devnull))


def _table(folder: Path) -> Path:
    path = folder / "labels.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nwalk\n")
    return path


@posix
@pytest.mark.parametrize(("mode", "expected"), [("wb", b"new"), ("ab", b"old new")])
def test_standard_output_by_name_goes_where_the_shell_sent_it(tmp_path, mode, expected):
    if not Path("/dev/stdout").is_symlink():
        pytest.skip("this system has no /dev/stdout")
    redirected, name = tmp_path / "redirected", tmp_path / "name"
    redirected.write_bytes(b"old ")
    name.symlink_to("/dev/stdout")  # that of the system is only reached by a link, so that no failure costs it
    before = redirected.stat().st_ino
    with open(redirected, mode) as output:
        subprocess.run([sys.executable, "-c", DELIVER, str(name)], stdout=output, cwd=ROOT, check=True)
    assert redirected.read_bytes() == expected
    assert redirected.stat().st_ino == before and name.readlink() == Path("/dev/stdout")


@posix
def test_a_link_to_a_file_stays_and_the_file_is_replaced_in_one_step(tmp_path):
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "table.csv", tmp_path / "table.csv"
    target.write_bytes(b"old")
    link.symlink_to(target)
    console.deliver({"": CONTENT}, str(link))
    assert link.is_symlink() and target.read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kept", "table.csv", "table.csv"]


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path):
    with pytest.raises(AnalysisError, match="cannot be written") as caught:
        console.deliver({"": CONTENT}, str(tmp_path))
    assert caught.value.hint and not list(tmp_path.iterdir())


@posix
def test_several_clips_in_one_file_each_are_refused_for_a_pipe(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SystemExit):
        main(["analyze", "a.mp4", "b.mp4", "--format", "srt", "--output", str(tmp_path / "pipe")])
    assert "give a folder" in capsys.readouterr().err
