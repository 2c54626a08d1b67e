"""The Dask cluster: our own worker processes, or one that was given, and work shared out over its workers."""

import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from core.base.errors import JobLost
from core.base.progress import Report, silent
from core.workspace.jobs import worker
from core.workspace.jobs.worker import LANE_VARIABLE, LOG_VARIABLE, WARM_VARIABLE

WorkerLane = Literal["job", "quick"]
QUIET = logging.CRITICAL + 1


def spread(
    task: Callable[..., Any], calls: Sequence[tuple[Any, ...]], sizes: Sequence[int], message: str, report: Report
) -> None:
    """Run task(*call, report=report) for each of the calls, of which each is as long as its size says.

    Inside a job on a cluster that was given to us its workers share the calls; elsewhere they are run one by one.
    What has been done stays done when one of them fails or the job is stopped.
    """
    total, done = sum(sizes), 0
    report(0, total, message)
    if _on_given_cluster() and len(calls) > 1:
        _shared(task, calls, sizes, message, report)
        return
    for number, (call, size) in enumerate(zip(calls, sizes, strict=True), 1):
        text = f"{message}, {number} of {len(calls)}"
        task(*call, report=partial(_within, report, done, size, total, text))
        done += size
        report(done, total, text)


def _within(report: Report, before: int, size: int, whole: int, message: str, done: int, total: int, _own: str) -> None:
    """Tell a part of some work as progress of the whole."""
    report(before + (round(size * done / total) if total else 0), whole, message)


CRASH = "A damaged file can cause this: check whether the clip plays elsewhere, or try again."


def configure_dask() -> None:
    """Leave memory to the nanny alone, threads to the libraries, and no server open that nobody asked for.

    What dask logs here of workers that die is silenced: the runner tells it itself.
    """
    from dask import config

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(QUIET)

    config.set(
        {
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.worker.memory.terminate": 0.95,
            "distributed.worker.profile.enabled": False,
            "distributed.nanny.pre-spawn-environ": {},
            "distributed.comm.compression": False,
            "distributed.admin.low-level-log-length": 1000,
            # 15 s after a crash SpecCluster would give up a lane for good if its next process is not up just then.
            "distributed.deploy.lost-worker-timeout": "1000 days",
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
    )


def own_cluster(memory_bytes: int, log: Path | None, warm: tuple[str, ...]) -> Any:
    """A scheduler in this process and a worker process for each lane, all on the loopback address."""
    from distributed import Nanny, Scheduler, SpecCluster

    place = {"host": "127.0.0.1", "protocol": "tcp://", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    entries = {"nthreads": 1, "memory_limit": memory_bytes, "preload": [worker.__name__], "silence_logs": QUIET}
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", LOG_VARIABLE: str(log or ""), WARM_VARIABLE: " ".join(warm)}
    workers = {
        lane: {
            "cls": Nanny,
            "options": place | entries | {"resources": {lane: 1}, "env": environment | {LANE_VARIABLE: lane}},
        }
        for lane in get_args(WorkerLane)
    }
    scheduler = {"cls": Scheduler, "options": place | {"port": 0, "allowed_failures": 0}}
    return SpecCluster(workers=workers, scheduler=scheduler, silence_logs=QUIET)  # pyright: ignore[reportArgumentType]


def _on_given_cluster() -> bool:
    """Whether this is a worker, but none of our own."""
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return LANE_VARIABLE not in os.environ


def _shared(
    task: Callable[..., Any], calls: Sequence[tuple[Any, ...]], sizes: Sequence[int], message: str, report: Report
) -> None:
    """Run calls on all workers of the cluster that this job runs on; its own worker takes part."""
    from distributed import KilledWorker, wait, worker_client

    done, total = 0, sum(sizes)
    with worker_client() as client:
        futures = {
            client.submit(task, *call, report=silent, pure=False): size for call, size in zip(calls, sizes, strict=True)
        }
        left = set(futures)
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        try:
            while left:
                report(done, total, f"{message}, on {workers} workers")
                with contextlib.suppress(TimeoutError):
                    waited: Any = wait(left, timeout=1, return_when="FIRST_COMPLETED")  # not a coroutine in a task
                    ended = waited.done
                    done += sum(futures[future] for future in ended if future.result() is None)
                    left -= ended
        except KilledWorker as error:
            raise JobLost("A worker of the cluster crashed while processing one of the clips.", CRASH) from error
        finally:
            client.cancel(list(futures), force=True)
    report(done, total, message)
