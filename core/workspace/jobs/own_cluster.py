"""Our own workers: a scheduler in this process, a worker process for each lane, and nobody else at their ports.

The lane "short" is there only while it is wanted: a process that has loaded a network takes about 1 GB.

Whoever reaches a port of Dask can run code as its user. All of ours speak TLS, with a key that is made at each start,
stays with this process and its workers, and is asked of both sides. The HTTP servers of Dask are closed, and what it
puts on the search path of Python lies in a folder of this user alone.
"""

import contextlib
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Literal, get_args

from core.workspace.jobs import worker
from core.workspace.jobs.worker import LANE_VARIABLE, LOG_VARIABLE, WARM_VARIABLE, keep_steady_clocks

WorkerLane = Literal["job", "short", "quick"]
ON_DEMAND: WorkerLane = "short"
IDLE_S = 300.0  # for which a lane on demand stays when it has nothing to do
QUIET = logging.CRITICAL + 1
LOOK_EVERY_S = 1.0
AFTER_FAILURE_S = 30.0
STUCK_AFTER_S = 600.0  # far longer than a worker takes to start on a busy machine
VALID = timedelta(days=3650)  # before and after the start: clocks are set back, and servers run for years
_preparation = spawn.get_preparation_data


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


def preparation_without_main(name: str) -> dict[str, Any]:
    """What multiprocessing tells a new process, but for the main module, which the process would run.

    In a server of Streamlit that is the page which runs just then, and a nanny starts its worker anew at any time.
    """
    return {key: value for key, value in _preparation(name).items() if not key.startswith("init_main")}


def new_identity() -> Any:
    """A distributed.Security with a new key and a certificate of its own, in memory, that trusts nothing else.

    As Security.temporary() makes it, whose certificate is refused when the clock is set back, and after a year.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
    from distributed import Security

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kinetoscope")])
    unsigned = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    unsigned = unsigned.serial_number(x509.random_serial_number())
    unsigned = unsigned.not_valid_before(now - VALID).not_valid_after(now + VALID)
    certificate = unsigned.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    roles = ("client", "scheduler", "worker")
    pairs = {f"tls_{role}_cert": certificate for role in roles} | {f"tls_{role}_key": secret for role in roles}
    return Security(require_encryption=True, tls_ca_file=certificate, **pairs)


class OwnCluster:
    """The processes of our lanes; a lane that is down for good in the eyes of Dask is started anew.

    Dask's nanny gives up for good when one restart of its worker fails, or when a living worker loses its connection.
    on_up: called when a lane on demand that was wanted is up.
    """

    def __init__(self, memory_bytes: int, log: Path | None, warm: tuple[str, ...], on_up: Callable[[], None]):
        from dask import config

        self._scratch = tempfile.mkdtemp(prefix="kinetoscope-")
        self._closing = threading.Event()
        self._on_up = on_up
        self._demand = threading.Lock()
        self._wanted_at = float("-inf")  # when the lane on demand was last wanted
        self._there = False  # whether it may be given tasks
        spawn.get_preparation_data = preparation_without_main
        try:
            with config.set({"temporary-directory": self._scratch}):  # the scheduler's; those of the lanes are options
                self.dask, self._on_demand = _spec_cluster(memory_bytes, log, warm, self._scratch)
            self.dask.sync(_close_http, self.dask)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._up_at: dict[WorkerLane, float] = dict.fromkeys(get_args(WorkerLane), time.monotonic())
        self._keeper = threading.Thread(target=self._keep_up, name="job-lanes", daemon=True)
        self._keeper.start()

    def pid(self, lane: WorkerLane) -> int | None:
        """The process of a lane; None while it is down."""
        nanny = self.dask.workers.get(lane)
        return nanny and nanny.pid

    def take(self, lane: WorkerLane) -> bool:
        """Whether a lane is there for a task that is handed over now. One on demand is on its way where it is not."""
        with self._demand:
            if lane != ON_DEMAND:
                return True
            self._wanted_at = time.monotonic()
            return self._there

    def close(self, timeout: float) -> None:
        """End all processes."""
        self._closing.set()
        self._keeper.join(timeout)
        try:
            self.dask.close(timeout=timeout)
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _keep_up(self) -> None:
        """Look after the lanes until the end."""
        wait_s = LOOK_EVERY_S
        while not self._closing.wait(wait_s):
            wait_s = AFTER_FAILURE_S
            with contextlib.suppress(Exception):  # no process can be started just now, or the cluster is closing
                self._look_at_demand()
                self.dask.sync(self._revive, callback_timeout=STUCK_AFTER_S)
                if ON_DEMAND in self.dask.worker_spec and not self._there:
                    self._there = True
                    self._on_up()
                wait_s = LOOK_EVERY_S

    def _look_at_demand(self) -> None:
        """Enter the lane on demand where it is wanted, and strike it off when it has been idle for long."""
        with self._demand:
            entered = ON_DEMAND in self.dask.worker_spec
            states = [state for state in self.dask.scheduler.workers.values() if state.name == ON_DEMAND]
            if any(state.processing for state in states):
                self._wanted_at = time.monotonic()
            wanted = time.monotonic() - self._wanted_at < IDLE_S
            if wanted and not entered:
                self._up_at[ON_DEMAND] = time.monotonic()
                self.dask.worker_spec[ON_DEMAND] = self._on_demand
            elif entered and not wanted:
                self._there = False
                del self.dask.worker_spec[ON_DEMAND]

    async def _revive(self) -> None:
        """Give each lane that is down a new nanny; called in the cluster's event loop."""
        from distributed import Status

        names = {state.name for state in self.dask.scheduler.workers.values()}
        for lane, nanny in list(self.dask.workers.items()):
            if lane in names:
                self._up_at[lane] = time.monotonic()
            stuck = time.monotonic() - self._up_at[lane] > STUCK_AFTER_S
            if stuck:
                with contextlib.suppress(Exception):
                    await nanny.close(timeout=5)
            if stuck or nanny.status in (Status.closed, Status.failed):
                self._up_at[lane] = time.monotonic()
                del self.dask.workers[lane]
        if set(self.dask.worker_spec) != set(self.dask.workers):
            await self.dask  # starts what is missing, ends what is struck off


def _spec_cluster(memory_bytes: int, log: Path | None, warm: tuple[str, ...], scratch: str) -> tuple[Any, Any]:
    """The scheduler and the nannies, all on the loopback address, and what the lane on demand is made of."""
    from distributed import Nanny, Scheduler, SpecCluster

    security = new_identity()
    place = {"host": "127.0.0.1", "protocol": "tls://", "security": security}
    place |= {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
    entries = {"nthreads": 1, "memory_limit": memory_bytes, "preload": [worker.__name__], "silence_logs": QUIET}
    entries |= {"local_directory": scratch}
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", LOG_VARIABLE: str(log or ""), WARM_VARIABLE: " ".join(warm)}
    workers = {
        lane: {
            "cls": Nanny,
            "options": place | entries | {"resources": {lane: 1}, "env": environment | {LANE_VARIABLE: lane}},
        }
        for lane in get_args(WorkerLane)
    }
    scheduler = {"cls": Scheduler, "options": place | {"port": 0, "allowed_failures": 0}}
    on_demand = workers.pop(ON_DEMAND)
    settings = {"security": security, "silence_logs": QUIET}
    return SpecCluster(workers=workers, scheduler=scheduler, **settings), on_demand  # pyright: ignore[reportArgumentType]


async def _close_http(cluster: Any) -> None:
    """Stop the scheduler's HTTP server, which Dask starts in any case; a worker's is stopped in its dask_setup."""
    cluster.scheduler.http_server.stop()
