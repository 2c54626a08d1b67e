"""One server and one Chromium for all browser tests, and the moves that several of them make."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.dashboard import ROOT, Dashboard, chromium, serve

PICTURES = ROOT / "build" / "pictures"
PATIENCE_MS = 120_000  # for what decodes or computes; on a busy machine of two cores
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; a missing one is an error, never a skip."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A server with a workspace of its own, shared by the tests of a run."""
    with serve(tmp_path_factory.mktemp("dashboard") / "workspace") as running:
        yield running
    check_log(running)


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Dashboard]:
    """A server for one test alone, with an empty workspace."""
    with serve(tmp_path / "workspace") as running:
        yield running
    check_log(running)


def check_log(dashboard: Dashboard) -> None:
    """A server that printed a traceback has a bug, whatever the page showed."""
    log = dashboard.log.read_text(errors="replace")
    assert "Traceback" not in log, log


@contextmanager
def open_page(browser: Browser, *, width: int = 1440, height: int = 900, scheme: str = "light") -> Iterator[Page]:
    """A new tab that notes what goes wrong in it; errors in the page fail the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True  # type: ignore[arg-type]
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, f"errors in the page: {errors}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new tab of usual size."""
    with open_page(browser) as page:
        yield page


def settle(page: Page) -> None:
    """Wait until Streamlit has run the script to its end and shows nothing stale."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE_MS)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def go(page: Page, dashboard: Dashboard, path: str = "/") -> None:
    """Open an address of the dashboard and wait until its page stands."""
    page.goto(dashboard.url + path)
    page.get_by_role("heading").first.wait_for(timeout=PATIENCE_MS)
    settle(page)


def turn_to(page: Page, name: str) -> None:
    """Choose a page in the menu."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=re.compile(name)).first).to_be_visible()
    settle(page)


def picture(page: Page, name: str) -> Path:
    """Keep a picture of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def wait_until(holds: Callable[[], bool], *, seconds: float = 30) -> None:
    """Ask again and again until `holds()` is true; fail when it is not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)
