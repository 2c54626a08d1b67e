"""Long work in processes of its own: progress, cancel, and a crash ends one job, never the server.

A Runner has three lanes, each one worker process under dask.distributed: "job" works off tasks one after the other,
"short" is begun when a short task would wait for a long one, and "quick" answers previews, which never wait for either
(see lanes). A task is any picklable function that takes `report`; it writes what it makes, whole and at its end, and
the runner keeps a record of how it went.

Nothing here knows of video. dask is imported in the background thread that starts the workers.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.base.errors import AnalysisError, JobLost
from core.domain.jobs import Job, JobState
from core.workspace.jobs import lanes
from core.workspace.jobs.failures import Failures, no_answer, not_started
from core.workspace.jobs.own_cluster import OwnCluster, WorkerLane, configure_dask
from core.workspace.jobs.records import LOST, Records, RunningJob, in_order, progressed, settled, this_process
from core.workspace.jobs.worker import REPORT_BUG, TOPIC, answer, ask_to_stop, packed, work

MEMORY_TOPIC = "worker-restart-memory"  # where dask's nannies say that they ended a worker for its memory
SAVE_EVERY_S = 1.0
CANCEL_WITHIN_S = 30.0
TELL_WITHIN_S = 5  # a worker in native code that holds the interpreter hears nothing
CONNECT_WITHIN_S = 10
RECENT_S = 86400.0  # for how long a job that has ended is listed
RESULT_WITHIN_S = 120  # of a task that has ended: its worker may have just begun to live, on a busy machine


class Runner:
    """Runs tasks in worker processes. The constructor returns at once; what is submitted waits until they are up.

    records: where jobs are remembered. memory_bytes: a worker that takes more is ended. log: file for all that the
    workers print. warm: modules that they import while they have nothing to do.
    """

    def __init__(
        self,
        records: Records,
        *,
        memory_bytes: int,
        log: Path | None = None,
        warm: tuple[str, ...] = (),
    ):
        self._records = records
        self._memory_bytes = memory_bytes
        self._failures = Failures(memory_bytes, log)
        self._log = log
        self._warm = warm
        self._owner = this_process()
        self._lock = threading.RLock()
        self._runs: dict[str, RunningJob] = {}  # by job key
        self._lanes = lanes.JobLanes()
        self._unsaved: dict[str, Job] = {}  # jobs that have ended, until their record is written
        self._cluster: OwnCluster | None = None
        self._client: Any = None
        self._failure: JobLost | None = None
        self._closed = False
        self._up = threading.Event()  # started, failed to start, or closed
        self._quick = threading.Semaphore(1)
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="job-records")
        self._starter = threading.Thread(target=self._start, name="job-cluster", daemon=True)
        self._starter.start()

    def submit(self, key: str, title: str, task: Callable[..., Any], *args: Any, **origin: Any) -> Job:
        """File `task(*args, report=report)` under `key`, unless a job of that key is under way, and give its record.

        origin: page, page_clip and batch of the record.
        """
        short = lanes.is_short(task, args)
        with self._lock:
            if self._closed:
                raise JobLost(f"{title} was not started: the program is closing.", "Start the program again.")
            if key in self._runs:
                return self._runs[key].job
            about = lanes.clip_of(args)
            job = Job(key, title, submitted=time.time(), owner=self._owner, clip=about, **origin)
            run = RunningJob(job, task, args, short)
            self._runs[key] = run
            self._lanes.waiting.append(run)
            self._save(run)
        if self._up.is_set():
            self._advance()
        return job

    def cancel(self, key: str) -> None:
        """Stop the job of that key: at once while it waits, at its next report while it runs."""
        with self._lock:
            run = self._runs.get(key)
            if run is None or run.cancelled:
                return
            run.cancelled = True
            if run in self._lanes.waiting:
                self._end(run, "cancelled")
                return
            run.job = replace(run.job, stopping=True)
        threading.Thread(target=self._stop, args=(run,), name="job-cancel", daemon=True).start()

    def withdraw(self, digest: str) -> None:
        """Cancel all jobs that are about one clip alone, as it is going to be deleted, and keep no record of them."""
        with self._lock:
            runs = [run for run in self._runs.values() if run.job.clip == digest]
            for run in runs:
                run.withdrawn = True
        for run in runs:
            self.cancel(run.job.key)

    def job(self, key: str) -> Job | None:
        """How the job of that key goes or went; None if there never was one."""
        with self._lock:
            if known := self._runs[key].job if key in self._runs else self._unsaved.get(key):
                return known
        job = self._records.load_job(key)
        return settled(job) if job else None

    def jobs(self) -> list[Job]:
        """All jobs, whoever began them: those that run, those that wait in the order in which they will run, and those
        that ended within the last day, the latest first."""
        with self._lock:
            own = {run.job.key: run.job for run in self._lanes.in_line()}
            records = dict(self._unsaved) | own
        for job in self._records.recent_jobs(time.time() - RECENT_S):
            records.setdefault(job.key, settled(job))
        return in_order(records.values(), list(own))

    def before(self, key: str) -> list[Job]:
        """The jobs that a waiting job waits for, in the order in which they run; none where it runs or has ended."""
        with self._lock:
            return self._lanes.before(key)

    def wait_s(self, key: str) -> float | None:
        """About how many seconds until a waiting job begins; None where nobody can say, or where it does not wait."""
        waits = (job := self.job(key)) is not None and job.state == "queued"
        return lanes.wait_s(self.before(key)) if waits and self._up.is_set() else None

    def ask(self, task: Callable[..., Any], *args: Any, timeout_s: float = 30.0) -> Any:
        """What `task(*args)` returns, computed in the quick lane.

        An error of the task is raised here as it is; JobLost if its process dies or gives no answer within timeout_s.
        """
        give_up = time.monotonic() + timeout_s
        client = self._connected(give_up)
        if not self._quick.acquire(timeout=max(give_up - time.monotonic(), 0)):
            raise no_answer(timeout_s)
        try:
            future = client.submit(
                answer, packed(task, args), key=f"ask-{uuid4().hex}", pure=False, resources={"quick": 1}
            )
            return self._answered(future, give_up, timeout_s)
        finally:
            self._quick.release()

    def close(self) -> None:
        """End the workers and all jobs; those under way are told as lost."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            handed = [run.token for run in self._lanes.handed]
            for run in list(self._runs.values()):
                self._end(run, "lost", *LOST)
        self._starter.join()
        for token in handed:  # a task that stops by itself spares the wait for its process
            self._tell_to_stop(token)
        self._disconnect()
        self._saver.shutdown()

    # Starting and stopping the workers

    def _start(self) -> None:
        """Bring the workers up and begin what waits; on failure all that waits has failed."""
        try:
            self._forget_the_dead()
            self._connect()
        except Exception as error:
            self._failure = not_started(error)
            self._disconnect()
        self._up.set()
        self._advance()

    def _forget_the_dead(self) -> None:
        """Tell jobs of servers that are gone as lost."""
        with contextlib.suppress(AnalysisError):  # a damaged catalogue: the pages say so, and it may be restored there
            for job in self._records.jobs():
                if (known := settled(job)) is not job and job.key not in self._runs:
                    self._records.save_job(known)

    def _connect(self) -> None:
        from distributed import Client

        configure_dask()
        self._cluster = OwnCluster(self._memory_bytes, self._log, self._warm, self._advance)
        client = Client(self._cluster.dask, set_as_default=False, direct_to_workers=True, timeout=CONNECT_WITHIN_S)
        client.subscribe_topic(TOPIC, self._told)
        client.subscribe_topic(MEMORY_TOPIC, self._told_of_memory)
        self._client = client

    def _disconnect(self) -> None:
        """Close client and cluster, whatever state they are in."""
        for part in (self._client, self._cluster):
            if part is not None:
                with contextlib.suppress(Exception):
                    part.close(timeout=5)

    def _connected(self, give_up: float) -> Any:
        """The client once the workers are up."""
        if not self._up.wait(max(give_up - time.monotonic(), 0)):
            raise JobLost("The worker processes are still starting.", "Try again in a moment.")
        if self._failure or self._closed or self._client is None:
            raise self._failure or JobLost("The program is closing.", "Start the program again.")
        return self._client

    # Jobs

    def _advance(self) -> None:
        """Hand over what may begin now.

        To each lane one at a time: when a worker dies, dask blames all tasks that were handed to it.
        """
        while run := self._next():
            if self._failure:
                self._end(run, "failed", str(self._failure), self._failure.hint)
                continue
            options = {"resources": {run.lane: 1}}
            try:
                call = packed(run.task, run.arguments)
                run.future = self._client.submit(work, run.token, call, key=f"job-{run.token}", pure=False, **options)
                run.future.add_done_callback(partial(self._ended, run))
            except Exception as error:  # whatever pickle says of a task that cannot travel
                self._end(run, "failed", f"{run.job.title} could not be sent to its process: {error}", REPORT_BUG)

    def _next(self) -> RunningJob | None:
        """The next run to hand over; None while its lane is taken, or when nothing waits."""
        with self._lock:
            if self._closed:
                return None
            take = self._cluster.take if self._cluster and not self._failure else lambda _lane: True
            return self._lanes.next(take)

    def _told(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take in a report; called in the client's event loop."""
        _, report = event
        with self._lock:
            run = next((run for run in self._runs.values() if run.token == report["token"]), None)
            if run is None:
                return
            run.job = progressed(run, report)
            if time.monotonic() - run.saved_at >= SAVE_EVERY_S:
                self._save(run)

    def _told_of_memory(self, event: tuple[float, dict[str, Any]]) -> None:
        self._failures.too_large.add(event[1]["worker"])

    def _ended(self, run: RunningJob, future: Any) -> None:
        """Record how a run that was handed over has ended, and begin the next."""
        if future.status == "finished":
            try:
                state, error, hint = future.result(timeout=RESULT_WITHIN_S)
            except Exception as lost:
                state, error, hint = "failed", *self._failures.explained(lost)
        elif future.status == "error":
            state, error, hint = "failed", *self._failures.explained(future.exception(timeout=RESULT_WITHIN_S))
        else:
            state, error, hint = "lost", *LOST
        self._end(run, "cancelled" if run.cancelled and state != "done" else state, error, hint)
        self._advance()

    def _end(self, run: RunningJob, state: JobState, error: str = "", hint: str = "") -> None:
        """Record the end of a run, once."""
        with self._lock:
            self._lanes.remove(run)
            if self._runs.get(run.job.key) is not run:
                return
            if state == "cancelled":
                error = hint = ""
            done = run.job.total if state == "done" and run.job.total else run.job.done
            now = time.time()
            ending = {"state": state, "error": error, "hint": hint, "done": done, "finished": now, "stopping": False}
            run.job = replace(run.job, **ending, started=run.job.started or now)
            del self._runs[run.job.key]
            if run.withdrawn:
                self._saver.submit(self._forget, run.job.key)
            else:
                self._unsaved[run.job.key] = run.job
                self._save(run)

    def _save(self, run: RunningJob) -> None:
        """Have the record written in the background, in the order of the changes."""
        run.saved_at = time.monotonic()
        self._saver.submit(self._write, run.job)

    def _forget(self, key: str) -> None:
        with contextlib.suppress(AnalysisError):
            self._records.delete_job(key)

    def _write(self, job: Job) -> None:
        with contextlib.suppress(AnalysisError):  # a full disk: this process goes on remembering the job
            self._records.save_job(job)
            with self._lock:
                if self._unsaved.get(job.key) is job:
                    del self._unsaved[job.key]

    def _stop(self, run: RunningJob) -> None:
        """Ask a running task to stop, and end its process if it does not listen."""
        stop_at = time.monotonic() + CANCEL_WITHIN_S
        while time.monotonic() < stop_at and self._runs.get(run.job.key) is run:
            self._tell_to_stop(run.token)
            if not run.job.started and run.future is not None:  # it waits for a worker that is only just starting
                run.future.cancel()
            time.sleep(0.5)
        if self._runs.get(run.job.key) is run:
            self._kill(run.lane)

    def _tell_to_stop(self, token: str) -> None:
        """Have the next report of a task raise Cancelled, in whichever worker it runs."""
        with contextlib.suppress(Exception):  # a worker that is just dying needs no telling
            self._client.sync(self._client._run, ask_to_stop, token, on_error="ignore", callback_timeout=TELL_WITHIN_S)

    def _kill(self, lane: WorkerLane | None) -> None:
        """End the process of one of our own lanes; its nanny starts another."""
        import psutil

        if self._cluster and lane and not self._closed and (pid := self._cluster.pid(lane)):
            with contextlib.suppress(psutil.Error):
                psutil.Process(pid).kill()

    def _free_quick_lane(self, future: Any) -> None:
        """End a task that gives no answer, with its process, and wait until dask knows, or it would blame the next."""
        self._kill("quick")
        with contextlib.suppress(Exception):
            future.exception(timeout=10)

    def _answered(self, future: Any, give_up: float, timeout_s: float) -> Any:
        """The result of a task in the quick lane, or its error."""
        from distributed import CancelledError, KilledWorker

        try:
            kind, value = future.result(timeout=max(give_up - time.monotonic(), 0.001))
        except KilledWorker as error:
            raise JobLost(*self._failures.explained(error)) from error
        except CancelledError as error:
            raise JobLost(*LOST) from error
        except TimeoutError as error:
            if future.status == "error":
                raise
            self._free_quick_lane(future)
            raise no_answer(timeout_s) from error
        if kind == "error":
            raise value
        return value
