"""What a person sees when there is nothing yet, when something is wrong, and while long work runs."""

import contextlib
import re
import signal
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from core.stages import video
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, picture, press, settle, turn_to, upload, wait_until
from tests.conftest import moving_square

CRASHED = re.compile(r"process that worked on this clip died")


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made clip of four minutes: long enough to be watched, cancelled and killed while it is analysed."""
    path = tmp_path_factory.mktemp("clips") / "long.mp4"
    video.write(path, moving_square(6000))
    return path


@pytest.fixture
def analysing(page: Page, apart: Dashboard, long_clip: Path) -> Page:
    """The Timeline while the long clip is being analysed: the network has begun to look at frames."""
    go(page, apart)
    upload(page, long_clip)
    turn_to(page, "Timeline")
    press(page, "Analyse the clip")
    expect(page.get_by_text(re.compile(r"frames a second"))).to_be_visible(timeout=PATIENCE_MS)
    return page


def worker_of(dashboard: Dashboard) -> psutil.Process:
    """The worker process that has used the most processor time: the one at work."""
    processes = psutil.Process(dashboard.pid).children(recursive=True)
    return max(processes, key=lambda process: sum(process.cpu_times()[:2]))


def test_each_page_says_what_to_do_when_there_is_nothing(page: Page, apart: Dashboard):
    go(page, apart)
    expect(page.get_by_text("The library is empty")).to_be_visible()
    picture(page, "library-empty")
    for name in ("Prepare", "Frames", "Timeline"):
        turn_to(page, name)
        expect(page.get_by_text("No clips yet")).to_be_visible()
        picture(page, f"{name.lower()}-empty")
        press(page, "Open Library")
        expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
        settle(page)


def test_a_file_that_is_no_video_is_refused_with_a_reason(page: Page, apart: Dashboard, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"This is no video. " * 500)
    go(page, apart)
    page.locator("input[type=file]").first.set_input_files(broken)
    told = page.get_by_test_id("stAlert").filter(has_text="Not added").filter(has_text="broken.mp4")
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    expect(told).to_contain_text(re.compile(r"[Cc]hoose|[Cc]onvert"))
    picture(page, "library-failed")
    press(page, "Close")
    expect(told).to_have_count(0)
    assert not list((apart.workspace / "clips").iterdir()), "a refused upload is not kept"


def test_a_running_analysis_can_be_left_found_again_and_cancelled(analysing: Page, apart: Dashboard):
    page = analysing
    picture(page, "timeline-running")
    page.reload()
    expect(page.get_by_text(re.compile(r"frames a second"))).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("combobox", name="Clip")).to_have_value("long.mp4")
    press(page, "Cancel")
    expect(page.get_by_text(re.compile("[Ss]topped"))).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "timeline-cancelled")
    expect(page.get_by_role("button", name=re.compile("Try again$"))).to_be_visible()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV], ids=lambda how: how.name)
def test_a_crash_of_the_worker_ends_the_job_and_not_the_server(analysing: Page, apart: Dashboard, how: signal.Signals):
    page, worker = analysing, worker_of(apart)
    worker.send_signal(how)
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    failed = page.get_by_test_id("stAlert").filter(has_text=CRASHED)
    expect(failed).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "timeline-failed")
    press(page, "Try again")
    expect(page.get_by_text(re.compile(r"frames a second"))).to_be_visible(timeout=PATIENCE_MS)


def test_no_process_is_left_when_the_server_ends(page: Page, apart: Dashboard):
    go(page, apart)
    server = psutil.Process(apart.pid)
    wait_until(lambda: len(server.children(recursive=True)) >= 2)
    children = server.children(recursive=True)
    server.terminate()
    _, alive = psutil.wait_procs(children, timeout=20)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert not alive, f"left behind: {alive}"
