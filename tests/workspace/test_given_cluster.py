"""A given cluster: its workers compute, whatever its scheduler knows of us, and what dies or cannot work is told."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask import config

from core.base import settings
from core.base.errors import AnalysisError, Cancelled, ClusterFailed, JobLost, VideoUnreadable
from core.base.progress import silent
from core.workspace.jobs import own_cluster
from core.workspace.jobs.cluster import spread
from core.workspace.jobs.given_cluster import MOST_DEATHS, GivenCluster, anywhere, given
from core.workspace.jobs.runner import Runner
from tests.clusters import scheduler, workers
from tests.workspace.test_jobs import Memory, ended


def square(number: int, report) -> tuple[int, int]:
    """A number's square, and the process that computed it."""
    report(1, 2, "Computing")
    time.sleep(0.2)
    return number * number, os.getpid()


def refuse(reason: str, report) -> None:
    raise VideoUnreadable(reason, "Choose another.")


def divide(report) -> float:
    return 1 / 0


def die(marks: str, times: int, report) -> int:
    """The end of its process, the first few times; each leaves a mark."""
    before = len(list(Path(marks).iterdir()))
    Path(marks, str(before)).touch()
    if before < times:
        os._exit(1)
    return before


def endless(marks: str, report) -> None:
    """Work until it is stopped, which leaves a mark."""
    Path(marks, "begun").touch()
    try:
        while True:
            report(0, 1, "Working")
            time.sleep(0.05)
    except Cancelled:
        Path(marks, "stopped").touch()
        raise


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cluster")
    with scheduler(folder) as (address, _), workers(address, folder):
        yield address


@pytest.fixture(autouse=True)
def connected(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings name the cluster of a test; the connection ends with it."""
    if "address" in request.fixturenames:
        monkeypatch.setenv("KINETOSCOPE_SCHEDULER", request.getfixturevalue("address"))
    settings.current.cache_clear()
    yield
    monkeypatch.delenv("KINETOSCOPE_SCHEDULER", raising=False)
    settings.current.cache_clear()
    given()


def appears(path: Path) -> bool:
    """Whether a file is there, sooner or later."""
    give_up = time.monotonic() + 240
    while not path.exists() and time.monotonic() < give_up:
        time.sleep(0.1)
    return path.exists()


def test_calls_are_computed_by_all_workers_though_the_scheduler_cannot_import_us(address):
    results: dict[int, tuple[int, int]] = {}
    told: list[tuple[int, int, str]] = []

    def task(number: int, report):
        results[number] = anywhere(square, number, report=report)

    numbers = list(range(12))
    while len({process for _, process in results.values()}) < 2:  # until both are up
        spread(task, [(number,) for number in numbers], [10] * 12, "Computing", lambda *entry: told.append(entry))
        assert {number: value for number, (value, _) in results.items()} == {n: n * n for n in numbers}
        assert told[-1][:2] == (120, 120) and told[-1][2].startswith("Computing, 12 of 12, on ")
    assert os.getpid() not in {process for _, process in results.values()}
    assert all(0 <= done <= total == 120 for done, total, _ in told)


def keep_squares(folder: str, report) -> None:
    """A job of the dashboard: a file for each process that computed."""

    def task(number: int, report):
        _, process = anywhere(square, number, report=report)
        Path(folder, str(process)).touch()

    spread(task, [(number,) for number in range(8)], [10] * 8, "Computing", report)
    Path(folder, f"job {os.getpid()}").touch()


def test_a_job_of_the_dashboard_runs_at_home_and_has_the_cluster_compute(address, tmp_path):
    runner = Runner(Memory(), memory_bytes=700 * 2**20)
    try:
        runner.submit("squares", "Squares", keep_squares, str(tmp_path))
        job = ended(runner, "squares")
    finally:
        runner.close()
    assert job.state == "done" and (job.done, job.total) == (80, 80), job.error
    names = {path.name for path in tmp_path.iterdir()}
    (home,) = (name.removeprefix("job ") for name in names if name.startswith("job "))
    assert len(names) > 1 and home not in names


def test_errors_of_a_task_arrive_as_they_are(address):
    with pytest.raises(VideoUnreadable, match="It is a song") as caught:
        anywhere(refuse, "It is a song.", report=silent)
    assert caught.value.hint == "Choose another."
    with pytest.raises(AnalysisError, match="ZeroDivisionError: division by zero"):
        anywhere(divide, report=silent)


def test_a_call_goes_on_elsewhere_when_its_worker_dies_and_is_given_up_at_the_third(address, tmp_path):
    (twice := tmp_path / "twice").mkdir()
    (always := tmp_path / "always").mkdir()
    assert anywhere(die, str(twice), MOST_DEATHS - 1, report=silent) == MOST_DEATHS - 1
    with pytest.raises(JobLost, match="3 worker processes of the cluster ended") as caught:
        anywhere(die, str(always), 99, report=silent)
    assert not isinstance(caught.value, ClusterFailed)
    assert len(list(always.iterdir())) == MOST_DEATHS
    assert anywhere(square, 3, report=silent)[0] == 9


def test_a_call_that_is_stopped_stops_at_its_worker(address, tmp_path):
    def report(_done: int, _total: int, message: str) -> None:
        if (tmp_path / "begun").exists():
            raise Cancelled(message)

    with pytest.raises(Cancelled):
        anywhere(endless, str(tmp_path), report=report)
    assert appears(tmp_path / "stopped")


def test_a_file_that_workers_do_not_see_is_told_with_the_way_out(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("here.mp4").touch()  # the workers run in another folder
    with pytest.raises(ClusterFailed, match=r"The worker tcp://.* has no file here\.mp4") as caught:
        anywhere(square, 3, file="here.mp4", report=silent)
    assert "Mount its folder" in caught.value.hint
    assert anywhere(square, 3, file="nowhere.mp4", report=silent) == (9, os.getpid()), "it is the task that tells"


def test_workers_that_cannot_import_us_and_a_scheduler_that_dies_are_told(tmp_path, monkeypatch):
    with scheduler(tmp_path) as (address, process), workers(address, tmp_path, count=1, able=False):
        monkeypatch.setenv("KINETOSCOPE_SCHEDULER", address)
        settings.current.cache_clear()
        with pytest.raises(ClusterFailed, match="cannot import Kinetoscope: No module named 'core'") as caught:
            anywhere(square, 3, report=silent)
        assert "docs/scale.md" in caught.value.hint
    with scheduler(tmp_path) as (address, process):
        cluster = GivenCluster(address)
        waits = threading.Event()

        def report(*_progress):
            if not waits.is_set():
                waits.set()
                process.kill()

        with pytest.raises(ClusterFailed, match="no longer answers") as caught:
            cluster.compute(square, 3, report=report)
        assert waits.is_set() and "continue" in caught.value.hint
        with pytest.raises(ClusterFailed, match="no longer answers"):
            cluster.compute(square, 3, report=silent)
        cluster.close()


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("core.workspace.jobs.given_cluster.CONNECT_WITHIN_S", 0.5)
    monkeypatch.setenv("KINETOSCOPE_SCHEDULER", "tcp://127.0.0.1:9")
    settings.current.cache_clear()
    with pytest.raises(ClusterFailed, match="could not be reached") as caught:
        spread(square, [(1,)], [1], "Computing", silent)
    assert "docs/scale.md" in caught.value.hint


def test_what_is_no_address_of_a_scheduler_is_told():
    for address in ("nonsense", "http://host:8786", "tls://host"):
        with pytest.raises(ClusterFailed, match="expected an address such as tls://host:8786"):
            GivenCluster(address)


@pytest.fixture
def tls_files(tmp_path: Path) -> dict[str, str]:
    """Dask's configuration of a key and a certificate that lie in files, as an administrator writes it."""
    security = own_cluster.new_identity()
    (tmp_path / "key.pem").write_text(security.tls_client_key)
    (tmp_path / "certificate.pem").write_text(security.tls_ca_file)
    names = {f"distributed.comm.tls.{role}" for role in ("client", "scheduler", "worker")}
    files = {"distributed.comm.tls.ca-file": str(tmp_path / "certificate.pem")}
    files |= {f"{name}.key": str(tmp_path / "key.pem") for name in names}
    return files | {f"{name}.cert": str(tmp_path / "certificate.pem") for name in names}


@pytest.mark.logs_errors
def test_a_given_cluster_is_reached_by_tls_with_the_certificates_of_dasks_configuration(tls_files, monkeypatch):
    from distributed import LocalCluster, Security

    monkeypatch.setattr("core.workspace.jobs.given_cluster.CONNECT_WITHIN_S", 2)
    with config.set(tls_files):
        cluster = LocalCluster(
            n_workers=1, threads_per_worker=1, protocol="tls://", security=Security(require_encryption=True),
            host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=60,
        )  # fmt: skip
        with cluster:
            assert cluster.scheduler_address.startswith("tls://")
            reached = GivenCluster(cluster.scheduler_address)
            assert reached.compute(square, 4, report=silent)[0] == 16
            reached.close()
            without = config.set(dict.fromkeys(tls_files))
            with without, pytest.raises(ClusterFailed, match="could not be reached") as caught:
                GivenCluster(cluster.scheduler_address)
            assert "distributed.comm.tls" in caught.value.hint
