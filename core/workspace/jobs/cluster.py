"""What all clusters share: Dask's settings, and work shared out over the workers of a given cluster."""

import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

from core.base.errors import JobLost
from core.base.progress import Report, silent
from core.base.threads import side_by_side
from core.workspace.jobs.own_cluster import QUIET
from core.workspace.jobs.worker import LANE_VARIABLE, keep_steady_clocks

CRASH = "A damaged file can cause this: check whether the clip plays elsewhere, or try again."


def spread(
    task: Callable[..., Any], calls: Sequence[tuple[Any, ...]], sizes: Sequence[int], message: str, report: Report
) -> None:
    """Run task(*call, report=report) for each of the calls, of which each is as long as its size says.

    Inside a job on a cluster that was given to us its workers share the calls; elsewhere two run at a time, on threads,
    in the order of the calls. What has been done stays done when one of them fails or the job is stopped.
    """
    if len(calls) > 1 and _on_given_cluster():
        report(0, sum(sizes), message)
        _shared(task, calls, sizes, message, report)
    else:
        side_by_side(task, calls, sizes, message, report)


def configure_dask() -> None:
    """Leave memory to the nanny alone, threads to the libraries, no server open that nobody asked for, steady clocks.

    What dask logs here of workers that die is silenced: the runner tells it itself.
    """
    from dask import config

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(QUIET)
    keep_steady_clocks()
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
            # What dask looks at of itself 2 to 50 times a second costs an idle program 8 % of a core.
            "distributed.admin.tick.interval": "1s",
            "distributed.admin.system-monitor.interval": "5s",
            "distributed.admin.system-monitor.gil.enabled": False,
            "distributed.worker.memory.monitor-interval": "200ms",
            # 15 s after a crash SpecCluster would give up a lane for good if its next process is not up just then.
            "distributed.deploy.lost-worker-timeout": "1000 days",
            # A task in native code that holds the interpreter for minutes is at work, and its worker not dead.
            "distributed.scheduler.worker-ttl": None,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
    )


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
