"""Work on many clips, shared out: over the workers of a given cluster, or over threads here."""

from collections.abc import Callable, Sequence
from typing import Any

from core.base.progress import Report
from core.base.threads import side_by_side
from core.workspace.jobs.given_cluster import given


def spread(
    task: Callable[..., Any], calls: Sequence[tuple[Any, ...]], sizes: Sequence[int], message: str, report: Report
) -> None:
    """Run task(*call, report=report) for each of the calls, of which each is as long as its size says.

    They run on threads of this process, in the order of the calls: two at a time, or with a given cluster as many as
    its workers have room for, to which each call hands its long parts. What has been done stays done when one of them
    fails or the job is stopped.
    """
    cluster = given() if calls else None
    if cluster is None:
        side_by_side(task, calls, sizes, message, report)
    else:

        def with_threads(done: int, total: int, text: str) -> None:
            threads = cluster.threads
            report(done, total, f"{text}, on {threads} threads" if threads else f"{text}, waiting for workers")

        side_by_side(task, calls, sizes, message, with_threads, room=cluster.room)
