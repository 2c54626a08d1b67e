"""What a person sees when there is nothing yet, when something is wrong, and while long work runs."""

import contextlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from core.stages import video
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, picture, press, serve_again, settle, turn_to, upload, wait_until
from tests.conftest import moving_square, with_networks

CRASHED = re.compile(r"process that worked on this clip crashed")


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made clip of four minutes: long enough to be watched, cancelled and killed while it is analysed."""
    path = tmp_path_factory.mktemp("clips") / "long.mp4"
    video.write(path, moving_square(6000))
    return path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Iterator[Dashboard]:
    """A server with an empty workspace, for the tests that leave it empty and for the one that ends it."""
    with serve_again(with_networks(tmp_path_factory.mktemp("fresh") / "workspace", networks)) as running:
        yield running


def at_work(page: Page) -> None:
    """Wait until the network has begun to look at frames."""
    expect(page.get_by_test_id("stProgress")).to_contain_text("frames/s", timeout=PATIENCE_MS)


def worker_of(dashboard: Dashboard) -> psutil.Process:
    """The worker process that is at work: the first to use half a second of the processor from now on."""
    used_s = lambda process: sum(process.cpu_times()[:2])  # noqa: E731
    before = {process: used_s(process) for process in psutil.Process(dashboard.pid).children(recursive=True)}
    at_work: list[psutil.Process] = []

    def look() -> bool:
        at_work.extend(process for process, begun_s in before.items() if used_s(process) > begun_s + 0.5)
        return bool(at_work)

    wait_until(look)
    return at_work[0]


def test_each_page_says_what_to_do_when_there_is_nothing(page: Page, fresh: Dashboard):
    go(page, fresh)
    expect(page.get_by_text("The library is empty")).to_be_visible()
    picture(page, "library-empty")
    for name in ("Prepare", "Frames", "Timeline"):
        turn_to(page, name)
        expect(page.get_by_text("No clips yet")).to_be_visible()
        picture(page, f"{name.lower()}-empty")
        press(page, "Open Library")
        expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
        settle(page)


def test_a_file_that_is_no_video_is_refused_with_a_reason(page: Page, fresh: Dashboard, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"This is no video. " * 500)
    go(page, fresh)
    page.locator("input[type=file]").first.set_input_files(broken)
    told = page.get_by_test_id("stAlert").filter(has_text="Not added").filter(has_text="broken.mp4")
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    expect(told).to_contain_text(re.compile(r"[Cc]hoose|[Cc]onvert"))
    picture(page, "library-failed")
    press(page, "Close")
    expect(told).to_have_count(0)
    assert not list((fresh.workspace / "clips").iterdir()), "a refused upload is not kept"


def test_no_process_is_left_when_the_server_ends(page: Page, fresh: Dashboard):
    go(page, fresh)
    server = psutil.Process(fresh.pid)
    wait_until(lambda: len(server.children(recursive=True)) >= 2)
    children = server.children(recursive=True)
    server.terminate()
    _, alive = psutil.wait_procs(children, timeout=120)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert not alive, f"left behind: {alive}"


def test_an_analysis_is_found_again_cancelled_and_outlived_when_its_worker_crashes(
    page: Page, apart: Dashboard, long_clip: Path
):
    go(page, apart)
    upload(page, long_clip)
    turn_to(page, "Timeline")
    press(page, "Analyse the clip")
    at_work(page)
    wait_until(lambda: any(apart.workspace.glob("results/*/*-*.npz")), seconds=PATIENCE_MS / 1000)
    picture(page, "timeline-running")
    found_again_and_cancelled(page)
    for how in (signal.SIGKILL, signal.SIGSEGV):
        press(page, "Continue")
        at_work(page)
        crashes(page, worker_of(apart), how)
    press(page, "Continue")
    at_work(page)


def found_again_and_cancelled(page: Page) -> None:
    page.reload()
    at_work(page)
    expect(page.get_by_role("combobox", name="Clip")).to_have_value("long.mp4")
    press(page, "Cancel")
    expect(page.get_by_text(re.compile("Cancelled"))).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "timeline-cancelled")


def crashes(page: Page, worker: psutil.Process, how: signal.Signals) -> None:
    """The crash of a worker ends the job and not the server."""
    worker.send_signal(how)
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    failed = page.get_by_test_id("stAlert").filter(has_text=CRASHED)
    expect(failed).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "timeline-failed")
