"""What runs inside a worker process: its set-up, the task, its reports and how it is asked to stop.

Pickled calls are those that our own server sent to its own worker, as dask does anyway.
"""

import contextlib
import faulthandler
import importlib
import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from core.base import settings, threads
from core.base.errors import AnalysisError, Cancelled, JobLost
from core.base.rights import OTHERS
from core.domain.jobs import JobState

TOPIC = "kinetoscope-jobs"
REPORT_EVERY_S = 0.2
CLUSTER_REPORT_EVERY_S = 1.0  # all workers of a given cluster report through one scheduler
LARGEST_LOG = 4 * 2**20  # bytes
LOG_VARIABLE = "KINETOSCOPE_WORKER_LOG"
LANE_VARIABLE = "KINETOSCOPE_LANE"
WARM_VARIABLE = "KINETOSCOPE_WARM"
NICENESS = {"job": 5, "short": 2, "quick": 0}  # by lane: the page first, then short jobs, then long ones
SMALLER = "Trim or shrink the clip, or set KINETOSCOPE_WORKER_MEMORY_GB to more if this machine has it."
REPORT_BUG = "This is a bug: please report it with the clip that caused it."


def packed(task: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """A call as bytes, so that dask looks into nothing of it and its errors are told where they arise."""
    import cloudpickle

    return cloudpickle.dumps((task, arguments))


_stopped: set[str] = set()  # tokens of jobs that were asked to stop


def dask_setup(worker: Any) -> None:
    """Called by dask in each worker of ours: its files are for their owner, what it prints goes to the log, and jobs
    make way for the page."""
    os.umask(OTHERS)
    keep_steady_clocks()
    worker.http_server.stop()  # Dask starts one in any case, and in the clear
    if path := os.environ.get(LOG_VARIABLE):
        _print_to(Path(path))
    faulthandler.enable()
    if niceness := NICENESS.get(os.environ.get(LANE_VARIABLE, ""), 0):
        _make_way(niceness)
    modules = os.environ.get(WARM_VARIABLE, "").split()
    threading.Thread(target=_import, args=(modules,), name="warm", daemon=True).start()


@cache
def keep_steady_clocks() -> None:
    """Have Tornado's timers and Dask's messages wait by a clock that nobody sets.

    They wait until a moment of the clock of the system: after it was set back by an hour, no message would be sent for
    an hour, no job begun and none stopped.
    """
    from distributed import batched
    from tornado.ioloop import IOLoop

    offset_s = time.time() - time.monotonic()
    clocks: tuple[tuple[Any, Callable[..., float]], ...] = (
        (batched, lambda: offset_s + time.monotonic()),
        (IOLoop, lambda _loop: offset_s + time.monotonic()),
    )
    for owner, clock in clocks:
        setattr(owner, "time", clock)  # noqa: B010  a type checker refuses to assign to a class of others


def _make_way(niceness: int) -> None:
    """Give this process a lower priority than the server's."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    else:
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)  # of Windows


def _import(modules: list[str]) -> None:
    """Import modules ahead of the first task that needs them; what fails here will fail there, and be told."""
    for module in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(module)


def _print_to(path: Path) -> None:
    """Send standard output and error of this process to the end of a file, begun anew when it has grown large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        with contextlib.suppress(PermissionError):  # on Windows, as long as another worker writes to it
            path.replace(path.with_suffix(".old"))
    with open(path, "ab", buffering=0) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


def ask_to_stop(token: str) -> None:
    """Make the next report of that job raise Cancelled; run in every worker."""
    _stopped.add(token)


class _Reporter:
    """The report of one job: called each batch, it tells those who listen to a topic at most every so many seconds."""

    def __init__(self, token: str, topic: str = TOPIC, every_s: float = REPORT_EVERY_S):
        from distributed import get_worker

        self.token, self.topic, self.every_s = token, topic, every_s
        self.worker = get_worker()
        self.told_at = 0.0
        self.message = ""

    def __call__(self, done: int, total: int, message: str) -> None:
        if self.token in _stopped:
            raise Cancelled(message)
        now = time.monotonic()
        if now - self.told_at >= self.every_s or message != self.message or done == total:
            self.told_at, self.message = now, message
            self.tell(int(done), int(total), str(message))

    def tell(self, done: int, total: int, message: str) -> None:
        """Send one report now."""
        entries = {"token": self.token, "at": time.time(), "done": done, "total": total, "message": message}
        self.worker.log_event(self.topic, entries)


def work(token: str, call: bytes) -> tuple[JobState, str, str]:
    """Run a task to its end, which is told as state, error and hint: dask never sees an exception of it."""
    report = _Reporter(token)
    report.tell(0, 0, "")
    try:
        task, arguments = pickle.loads(call)
        task(*arguments, report=report)
    except Cancelled:
        return "cancelled", "", ""
    except AnalysisError as error:
        return "failed", str(error), error.hint
    except MemoryError:
        return "failed", "The process that worked on this clip ran out of memory.", SMALLER
    except BaseException as error:  # SystemExit too: nothing may take the worker down
        traceback.print_exc()
        sys.stderr.flush()
        path = os.environ.get(LOG_VARIABLE)
        return "failed", f"{type(error).__name__}: {error}", f"The details are in {path}." if path else REPORT_BUG
    finally:
        _stopped.discard(token)
    return "done", "", ""


def answer(call: bytes) -> tuple[str, Any]:
    """Run a task of the quick lane; errors meant for the user come back as values, with class and hint."""
    try:
        task, arguments = pickle.loads(call)
        return "value", task(*arguments)
    except AnalysisError as error:
        return "error", error
    except Cancelled as error:
        return "error", JobLost("The work was stopped.", str(error))


@cache
def _limit_libraries() -> None:
    threads.limit_libraries(settings.current().threads)


def computed(topic: str, token: str, call: bytes) -> tuple[str, Any]:
    """Run a call on a worker of a given cluster: ("value", its value) or ("error", what to raise there)."""
    report = _Reporter(token, topic, CLUSTER_REPORT_EVERY_S)
    report.tell(0, 0, "")
    try:
        _limit_libraries()
        task, arguments = pickle.loads(call)
        return "value", task(*arguments, report=report)
    except AnalysisError as error:
        return "error", error
    except Cancelled:
        return "error", JobLost("The work was stopped.", "Start it again.")
    except MemoryError:
        return "error", AnalysisError("The worker that processed it ran out of memory.", SMALLER)
    except BaseException as error:  # SystemExit too: nothing may take the worker down
        traceback.print_exc()
        return "error", AnalysisError(f"{type(error).__name__}: {error}", REPORT_BUG)
    finally:
        _stopped.discard(token)
