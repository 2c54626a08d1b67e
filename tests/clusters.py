"""Clusters for tests: a scheduler in a process that cannot import this project, and workers in processes that can."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMING_UP_S = 240


@contextmanager
def scheduler(folder: Path, *, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address and the process of a scheduler on this machine, which a worker's first death does not excuse."""
    log = folder / "scheduler.log"
    options = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with _process("scheduler", *options, log=log, folder=folder) as process:
        give_up = time.monotonic() + COMING_UP_S
        while not (match := re.search(r"Scheduler at:\s+(tcp://[\d.:]+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < give_up, log.read_text()
            time.sleep(0.1)
        yield match[1], process


@contextmanager
def workers(address: str, folder: Path, *, count: int = 2, able: bool = True) -> Iterator["subprocess.Popen[bytes]"]:
    """Worker processes of one thread each, with a workspace of their own. able: whether they can import `core`."""
    environment = {"KINETOSCOPE_WORKSPACE": str(folder / "workspace"), "KINETOSCOPE_THREADS": "1"}
    if able:
        environment["PYTHONPATH"] = str(ROOT)
    options = (address, "--nthreads", "1", "--nworkers", str(count), "--no-dashboard", "--local-directory", str(folder))
    with _process("worker", *options, log=folder / "worker.log", folder=folder, **environment) as process:
        yield process


@contextmanager
def _process(kind: str, *options: str, log: Path, folder: Path, **environment: str):
    """A process of Dask's own command line, which runs in a folder without this project."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    surroundings |= {"PYTHONSAFEPATH": "1", "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", **environment}
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=surroundings, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
