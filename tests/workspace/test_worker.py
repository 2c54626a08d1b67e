"""A worker's set-up on systems that differ from this one."""

import os
from pathlib import Path

import psutil
import pytest

from core.workspace.jobs import worker


def test_on_windows_long_jobs_make_way_by_a_priority_class(monkeypatch: pytest.MonkeyPatch):
    """There is no os.nice there."""
    priorities = []
    monkeypatch.delattr(os, "nice")
    monkeypatch.setattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 16384, raising=False)
    monkeypatch.setattr(psutil.Process, "nice", lambda _, value: priorities.append(value))
    worker._make_way(5)
    assert priorities == [16384]


def test_a_large_log_that_another_worker_holds_open_is_written_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """As on Windows, which renames no open file."""
    log, opened = tmp_path / "worker.log", []
    log.write_bytes(b"before")

    def refuse(*_: object) -> Path:
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(worker, "LARGEST_LOG", 1)
    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(os, "dup2", lambda source, _: opened.append(os.write(source, b"!")))
    worker._print_to(log)
    assert log.read_bytes() == b"before!!" and opened == [1, 1]


def test_a_large_log_is_begun_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    log = tmp_path / "worker.log"
    log.write_bytes(b"before")
    monkeypatch.setattr(worker, "LARGEST_LOG", 1)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    worker._print_to(log)
    assert log.read_bytes() == b"" and log.with_suffix(".old").read_bytes() == b"before"
