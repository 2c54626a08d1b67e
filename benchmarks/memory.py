"""The peak memory of the worker process on a 10-minute 1080p clip, beside that on a 1-minute one."""

import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import clips
from benchmarks.measure import Figure
from core.base.settings import current
from core.domain import Recipe
from core.workflows import clips as clips_workflow
from core.workflows import predictions
from core.workspace.jobs.runner import Runner
from core.workspace.store import Store

MODEL = "kinetics400"


def main() -> list[Figure]:
    """Both peaks and their ratio. The long clip is the short one ten times over, packet for packet."""
    short = clips.full_hd()
    short_mb = peak_mb(short)
    long_mb = peak_mb(clips.repeated(short, 10))
    return [
        Figure(f"worker's peak memory, 1080p clip of {clips.SECONDS} s", short_mb, "MB"),
        Figure(f"worker's peak memory, 1080p clip of {10 * clips.SECONDS} s", long_mb, "MB", 1500, at_least=False),
        Figure("long clip's peak over short clip's", long_mb / short_mb, "", 1.1, at_least=False),
    ]


def peak_mb(path: Path) -> float:
    """The most memory (VmHWM) that a worker held while it measured and analysed the clip, in MB of 10^6 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        runner = Runner(store, memory_bytes=current().worker_memory_bytes)
        try:
            _done(runner, "add", clips_workflow.add_video, store, path)
            digest = store.videos()[0].info.digest
            _done(runner, "predict", predictions.predict, store, digest, Recipe(), MODEL, current().engine)
            return max(map(_high_water_mb, psutil.Process().children(recursive=True)))
        finally:
            runner.close()


def _done(runner: Runner, key: str, task, *args) -> None:
    """Submit a job and wait for its end; a job that failed ends the benchmark."""
    job = runner.submit(key, key, task, *args)
    while job is None or job.active:
        time.sleep(0.2)
        job = runner.job(key)
    if job.state != "done":
        raise RuntimeError(f"{key} is {job.state}: {job.error} {job.hint}")


def _high_water_mb(process: psutil.Process) -> float:
    """The peak resident memory of a process since its start, as Linux counts it."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    marks = [line for line in lines if line.startswith("VmHWM")]
    return int(marks[0].split()[1]) * 1024 / 1e6 if marks else 0.0
