"""A cluster that was given to us: its workers compute, and the process that asks them keeps what they computed.

A worker gets a function and its arguments and gives a value back. It opens no catalogue and writes nothing into the
workspace. The scheduler takes apart what it is sent and would import each module that is named there. What it is sent
names none of ours: a function that travels as its own code, and bytes.
"""

import contextlib
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from core.base import addresses, settings
from core.base.errors import ClusterFailed, JobLost
from core.base.progress import Report
from core.workspace.jobs.failures import CRASH
from core.workspace.jobs.own_cluster import configure_dask
from core.workspace.jobs.worker import ask_to_stop, packed

T = TypeVar("T")
MOST_DEATHS = 3  # of workers, at one call
CONNECT_WITHIN_S = 10
LOOK_EVERY_S = 0.2
ASK_EVERY_S = 1.0  # for the number of threads
TELL_WITHIN_S = 5
RESULT_WITHIN_S = 600  # features of many hours, over a slow network
GUIDE = "docs/scale.md describes how to start a cluster."
CERTIFICATES = "Its certificates are read from Dask's configuration: distributed.comm.tls."
ADDRESS = re.compile(r"(tls|tcp)://[^\s/]+:\d+")


def _check(address: str) -> None:
    """Refuse what Dask would find out when half of its client is there, which then cannot be closed."""
    from distributed import Security

    if not ADDRESS.fullmatch(address):
        problem = f"KINETOSCOPE_SCHEDULER is {address!r}, expected an address such as tls://host:8786."
        raise ClusterFailed(problem, GUIDE)
    if address.startswith("tls://") and Security().get_connection_args("client").get("ssl_context") is None:
        problem = f"The scheduler {address} could not be reached: no certificates are configured."
        raise ClusterFailed(problem, f"{CERTIFICATES} {GUIDE}")


def call_by_value() -> Callable[..., tuple[str, Any]]:
    """What a worker runs. A function inside a function travels as its code, so that nobody imports it from here."""

    def call_of_kinetoscope(topic: str, token: str, file: str, call: bytes) -> tuple[str, Any]:
        from pathlib import Path

        from distributed import get_worker

        if file and not Path(file).exists():
            return "unseen", get_worker().address
        try:
            from core.workspace.jobs.worker import computed
        except ImportError as error:
            return "unable", (get_worker().address, str(error))
        return "ended", computed(topic, token, call)

    return call_of_kinetoscope


class GivenCluster:
    """The workers of the scheduler at an address. ClusterFailed if it cannot be reached."""

    def __init__(self, address: str):
        from distributed import Client

        configure_dask()
        self.address = address
        self._topic = f"kinetoscope-{uuid4().hex}"
        self._reports: dict[str, tuple[int, int, str]] = {}  # by the token of a call, the latest
        self._call = call_by_value()
        self.threads, self._asked_at = 0, float("-inf")
        _check(address)
        try:
            self._client: Any = Client(address, set_as_default=False, timeout=CONNECT_WITHIN_S)
            self._client.subscribe_topic(self._topic, self._hear)
        except Exception as error:
            hint = f"Is {address} up, and can it be reached? {GUIDE}"
            if address.startswith("tls://"):
                hint += f" {CERTIFICATES}"
            problem = f"The scheduler {address} could not be reached: {type(error).__name__}: {error}"
            raise ClusterFailed(problem, hint) from error

    @property
    def alive(self) -> bool:
        """Whether the scheduler answers."""
        return self._client.status == "running"

    def room(self) -> int:
        """How many calls should be under way now: one for each thread, and a few that wait for the next free one."""
        if time.monotonic() - self._asked_at > ASK_EVERY_S:
            with contextlib.suppress(Exception):  # told by the calls that wait
                self.threads = sum(self._client.nthreads().values())
            self._asked_at = time.monotonic()
        return self.threads + max(2, self.threads // 4)

    def compute(self, task: Callable[..., T], *arguments: Any, file: str = "", report: Report) -> T:
        """What task(*arguments, report=report) gives on some worker. An error of the task is raised as it is.

        file: what the task reads: a path, or an address, which is not looked for. ClusterFailed if the cluster cannot
        do it, JobLost if several workers died of the call: one death says little, as a worker also dies of other
        reasons.
        """
        call, deaths = packed(task, arguments), 0
        file = "" if addresses.is_address(file) else file
        while True:
            kind, value = self._answer(file, call, report, deaths)
            if kind == "killed":
                deaths += value
                if deaths >= MOST_DEATHS:
                    raise JobLost(f"{deaths} worker processes of the cluster ended while they processed it.", CRASH)
            elif kind == "unseen" and not Path(file).exists():
                return task(*arguments, report=report)  # which tells that it is gone
            elif kind == "ended":
                outcome, result = value
                if outcome == "error":
                    raise result
                return result
            else:
                raise ClusterFailed(*_unfit(kind, value, file))

    def close(self) -> None:
        """Leave the cluster."""
        with contextlib.suppress(Exception):
            self._client.close(timeout=TELL_WITHIN_S)

    def _answer(self, file: str, call: bytes, report: Report, deaths: int) -> tuple[str, Any]:
        """What one worker says of a call, or ("killed", of how many workers that was the end)."""
        from distributed import CancelledError, KilledWorker

        token = f"{uuid4().hex}-{deaths}"
        names = {"key": f"kinetoscope-{token}", "pure": False, "retries": 0}
        try:
            future = self._client.submit(self._call, self._topic, token, file, call, **names)
        except Exception as error:  # the scheduler died since the last call
            raise self._gone() from error
        ended = threading.Event()
        future.add_done_callback(lambda _future: ended.set())
        try:
            while not ended.wait(LOOK_EVERY_S):
                if not self.alive:
                    raise self._gone()
                report(*self._reports.get(token, (0, 0, "Waiting for a worker of the cluster")))
            return future.result(timeout=RESULT_WITHIN_S)
        except KilledWorker as error:
            return "killed", error.allowed_failures + 1
        except (CancelledError, TimeoutError):
            raise self._gone() from None
        except BaseException:
            self._stop(future, token)
            raise
        finally:
            self._reports.pop(token, None)

    def _gone(self) -> ClusterFailed:
        hint = f"Start it again, then continue: what was done is kept. {GUIDE}"
        return ClusterFailed(f"The scheduler {self.address} no longer answers.", hint)

    def _stop(self, future: Any, token: str) -> None:
        """Have a call end at its next report, or never begin."""
        if self.alive:
            with contextlib.suppress(Exception):  # a worker that is just dying needs no telling
                future.cancel()
                run = self._client._run
                self._client.sync(run, ask_to_stop, token, on_error="ignore", callback_timeout=TELL_WITHIN_S)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take in a report; called in the client's event loop."""
        entries = event[1]
        self._reports[entries["token"]] = (entries["done"], entries["total"], entries["message"])


def _unfit(kind: str, value: Any, file: str) -> tuple[str, str]:
    """Message and hint for a worker that cannot do what is asked of it."""
    if kind == "unseen":
        hint = "Mount its folder at the same path on the machine of each worker, or give the clip by its s3:// address."
        return f"The worker {value} has no file {file}.", hint
    worker, reason = value
    hint = f"Start the workers with the Python of Kinetoscope, in its folder. {GUIDE}"
    return f"The worker {worker} cannot import Kinetoscope: {reason}.", hint


_connecting = threading.Lock()
_clusters: list[GivenCluster] = []  # the one that this process is connected to


def given() -> GivenCluster | None:
    """The cluster that the settings name, connected once in a process; None without one."""
    address = settings.current().scheduler
    with _connecting:
        if _clusters and (_clusters[0].address != address or not _clusters[0].alive):
            _clusters.pop().close()
        if address and not _clusters:
            _clusters.append(GivenCluster(address))
        return _clusters[0] if _clusters else None


def anywhere(task: Callable[..., T], *arguments: Any, file: str = "", report: Report) -> T:
    """What task(*arguments, report=report) gives, computed by a worker of the given cluster, or here without one.

    file: what the task reads.
    """
    cluster = given()
    if cluster is None:
        return task(*arguments, report=report)
    return cluster.compute(task, *arguments, file=file, report=report)
