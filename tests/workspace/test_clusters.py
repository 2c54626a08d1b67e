"""Our own cluster keeps its lanes up; a given one is reached by TLS with the certificates of Dask's configuration."""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from types import ModuleType

import psutil
import pytest
from dask import config

from core.base.errors import JobLost
from core.workspace.jobs import own_cluster
from core.workspace.jobs.runner import Runner
from tests.workspace.test_jobs import Damaged, Memory, brief, crash, double, ended, running, wait_for

MEMORY = 700 * 2**20


def test_a_worker_never_runs_the_main_module(tmp_path, monkeypatch):
    """In a server that is the page which runs just then, whose script a worker that is started anew would run."""
    ran = tmp_path / "ran"
    (tmp_path / "page.py").write_text(f"open({str(ran)!r}, 'w').close()")
    page = ModuleType("__main__")
    page.__file__ = str(tmp_path / "page.py")
    monkeypatch.setitem(sys.modules, "__main__", page)
    runner = Runner(Damaged(), memory_bytes=MEMORY)  # which must not keep the workers from starting either
    try:
        assert runner.ask(double, 4, timeout_s=240) == 8
    finally:
        runner.close()
    assert not ran.exists()


def test_a_lane_comes_back_after_a_restart_that_failed():
    """Dask's nanny closes itself when one restart of its worker fails, and nothing of Dask starts another."""
    runner = Runner(Memory(), memory_bytes=MEMORY)
    try:
        runner.ask(double, 1, timeout_s=240)
        nanny = runner._cluster.dask.workers["job"]
        # Its next process fails as it starts, as over a full disk or a refused connection.
        nanny.process.worker_kwargs = {**nanny.process.worker_kwargs, "preload": ["no.such.module"]}
        runner.submit("crash", "Crash", crash)
        assert ended(runner, "crash").state == "failed"
        runner.submit("after", "Double", refuse_nothing)
        assert ended(runner, "after").state == "done"
        assert runner._cluster.dask.workers["job"] is not nanny
        assert runner.ask(double, 4, timeout_s=240) == 8
    finally:
        runner.close()


def test_the_short_lane_goes_when_it_is_idle_and_comes_back(monkeypatch, tmp_path):
    runner, gate = Runner(Memory(), memory_bytes=MEMORY), tmp_path / "gate"
    try:
        runner.submit("held", "Wait", wait_for, str(gate))
        running(runner, "held")
        assert runner._cluster.pid("short") is None
        pids = []
        for number in range(2):
            path = tmp_path / str(number)
            runner.submit(path.name, "Brief", brief, str(path))
            assert ended(runner, path.name).state == "done"
            pids.append(int(path.read_text()))
            monkeypatch.setattr(own_cluster, "IDLE_S", 0.0)
            give_up = time.monotonic() + 240
            while runner._cluster.pid("short") is not None or psutil.pid_exists(pids[-1]):
                assert time.monotonic() < give_up, "the lane stayed"
                time.sleep(0.05)
            monkeypatch.undo()
        assert pids[0] != pids[1] and runner.job("held").state == "running"
        assert runner.ask(double, 4, timeout_s=240) == 8
    finally:
        runner.close()


def refuse_nothing(*, report):
    report(1, 1, "Nothing to do")


@pytest.mark.parametrize("lane", ["job", "quick"])
def test_a_lane_comes_back_after_its_living_worker_lost_the_scheduler(lane):
    """Such a worker takes its nanny along; Dask means it to be for good."""
    runner = Runner(Memory(), memory_bytes=MEMORY)
    try:
        runner.ask(double, 1, timeout_s=240)
        cluster = runner._cluster.dask
        address = cluster.workers[lane].worker_address
        cluster.sync(close_stream, cluster.scheduler, address)
        give_up = time.monotonic() + 240
        while cluster.workers.get(lane) is None or cluster.workers[lane].worker_address in (None, address):
            assert time.monotonic() < give_up, "the lane stayed down"
            time.sleep(0.05)
        assert runner.ask(double, 4, timeout_s=240) == 8
        runner.submit("after", "Double", refuse_nothing)
        assert ended(runner, "after").state == "done"
    finally:
        runner.close()


async def close_stream(scheduler, address):
    """Break the connection of a worker, as a network does."""
    scheduler.stream_comms[address].abort()


def is_profiled() -> bool:
    """Whether Dask looks every ten milliseconds at what this process does."""
    return config.get("distributed.worker.profile.enabled")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_lane_whose_process_dies_again_and_again_comes_back():
    runner = Runner(Memory(), memory_bytes=MEMORY)
    try:
        runner.ask(double, 1, timeout_s=240)
        for wait_s in (0.0, 0.2, 0.5, 1.0):  # some of them while it only just starts
            time.sleep(wait_s)
            if pid := runner._cluster.pid("quick"):
                os.kill(pid, signal.SIGKILL)
        assert answered_in_the_end(runner) == 8
        assert runner.ask(is_profiled, timeout_s=240) is False, "nor one that was begun again"
    finally:
        runner.close()


def answered_in_the_end(runner: Runner) -> int:
    """What the quick lane says once its worker lives; one that dies may take a first question with it."""
    give_up = time.monotonic() + 240
    while True:
        try:
            return runner.ask(double, 4, timeout_s=60)
        except JobLost:
            assert time.monotonic() < give_up


def test_our_certificate_holds_when_the_clock_is_set_back_and_for_years():
    from cryptography import x509

    security = own_cluster.new_identity()
    certificate = x509.load_pem_x509_certificate(security.tls_ca_file.encode())
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(days=1000)
    assert certificate.not_valid_after_utc > now + timedelta(days=1000)
    assert security.require_encryption
    assert own_cluster.new_identity().tls_client_key != security.tls_client_key
