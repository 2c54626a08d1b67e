"""One server and one Chromium for all browser tests, and the moves that several of them make."""

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError

from scripts.dashboard import ROOT, Dashboard, chromium, free_port, serve
from tests.conftest import with_networks

PICTURES = ROOT / "build" / "pictures"
WANTED = "PICTURES" in os.environ  # pictures of what the tests see; each costs half a second of the processor
PATIENCE_MS = 600_000  # for what decodes or computes; however busy the machine is
LIMIT_MS = 120_000  # for what a page does at once
SECTIONS = {
    "Clips": ("Library", "Prepare", "Frames"),
    "Analyse": ("Timeline", "Features", "Search", "Batch", "Study"),
    "Label and train": ("Label", "Datasets", "Train", "Evaluate"),
}
expect.set_options(timeout=LIMIT_MS)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; a missing one is an error, never a skip."""
    with chromium() as browser:
        yield browser
        _free.clear()


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Iterator[Dashboard]:
    """A server with a workspace of its own, shared by the tests of a run."""
    with serve(with_networks(tmp_path_factory.mktemp("dashboard") / "workspace", networks)) as running:
        yield running
    check_log(running)


_ports: list[int] = []


def port_again() -> int:
    """The port of an earlier server that has ended, else a free one: at an address that it knows Chromium need not load
    and compile the code of the pages again."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    _ports.append(free_port())
    return _ports[-1]


@contextmanager
def serve_again(workspace: Path, *, program: str = "app.py") -> Iterator[Dashboard]:
    """A server beside that of all tests, whose log must be clean when it ends."""
    with serve(workspace, program=program, port=port_again()) as running:
        yield running
    check_log(running)


@pytest.fixture
def apart(tmp_path: Path, networks: Path) -> Iterator[Dashboard]:
    """A server for one test alone, with an empty workspace."""
    with serve_again(with_networks(tmp_path / "workspace", networks)) as running:
        yield running


# What Starlette logs when a tab closes while Streamlit 1.67 is about to read its first message.
TAB_CLOSED = re.compile(
    r"Exception in ASGI application\n(?:(?:\s.*|Traceback .*|During handling .*|starlette\..*|\s*)\n)*?"
    r'\s*starlette\.websockets\.WebSocketDisconnected: Cannot call "send" once a close message has been sent\.\n'
)


def check_log(dashboard: Dashboard) -> None:
    """A server that printed a traceback has a bug, whatever the page showed."""
    log = dashboard.log.read_text(errors="replace")
    assert "Traceback" not in TAB_CLOSED.sub("", log), log


# Tabs that a test has left. The code of the pages lies compiled in their processes, which is most of what a page costs.
_free: list[Page] = []


@contextmanager
def open_page(browser: Browser, *, width: int = 1440, height: int = 900, scheme: str = "light") -> Iterator[Page]:
    """An empty tab, with its own storage, that notes what goes wrong in it; errors in the page fail the test."""
    page = _free.pop() if _free else new_context(browser).new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)  # pyright: ignore[reportArgumentType]
    errors: list[str] = []
    note = lambda error: errors.append(str(error))  # noqa: E731
    page.on("pageerror", note)
    yield page
    leave(page)
    page.remove_listener("pageerror", note)
    assert not errors, f"errors in the page: {errors}"


def new_context(browser: Browser) -> BrowserContext:
    """A storage for tabs whose requests to the server can be waited for."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(LIMIT_MS)
    context.add_init_script(path=Path(__file__).with_name("requests.js"))
    return context


def leave(page: Page) -> None:
    """Leave a tab as empty as a new one for who needs it next; what a test broke is thrown away."""
    try:
        page.unroute_all()
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        page.context.clear_cookies()
        page.mouse.move(0, 0)
        page.goto("about:blank")
        _free.append(page)
    except PlaywrightError:
        page.context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" and report.failed and "page" in item.funcargs:
        picture(item.funcargs["page"], f"failed-{item.name}", wanted=True)
    return report


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab of usual size."""
    with open_page(browser) as page:
        yield page


def settle(page: Page) -> None:
    """Wait until Streamlit has run the script for all that was done, and the browser has the code of all that it shows.

    A page that shows a traceback fails the test.
    """
    page.wait_for_function("() => window.isAnswered()", timeout=PATIENCE_MS)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def go(page: Page, dashboard: Dashboard, path: str = "/") -> None:
    """Open an address of the dashboard and wait until its page stands."""
    page.goto(dashboard.url + path)
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE_MS)
    settle(page)


def turn_to(page: Page, name: str) -> None:
    """Choose a page in the menus, once the page that is left has come to rest."""
    settle(page)
    section = next(section for section, pages in SECTIONS.items() if name in pages)
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    settle(page)


def press(page: Page, name: str) -> None:
    """Press the button whose text ends so (an icon's name may come before), once the page is at rest: what is still
    drawn above a button moves it between press and release."""
    button = page.get_by_role("button", name=re.compile(rf"{re.escape(name)}$")).first
    button.wait_for()
    settle(page)
    button.click()


def upload(page: Page, path: Path) -> None:
    """Give a file to the Library and wait until it has its card."""
    chooser = page.locator("input[type=file]").first
    if not chooser.count() or not page.get_by_text("Upload clips").is_visible():
        page.get_by_text("Add clips").click()
    chooser.set_input_files(path)
    expect(page.locator(".k-name", has_text=path.name)).to_be_visible(timeout=PATIENCE_MS)
    settle(page)


def after_picture(page: Page) -> Locator:
    """The picture that the recipe makes, on the Prepare page."""
    return page.locator("figure:visible", has_text="After")


def set_number(page: Page, label: str, value: float) -> None:
    """Type a value into the box of a slider."""
    box = page.get_by_role("spinbutton", name=f"{label}, exact value", exact=True)
    box.fill(str(value))
    box.press("Enter")


def drag(page: Page, picture: Locator, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Drag from a point of a picture to another, both in shares of its width and height."""
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box, "it is not drawn"
    (from_x, from_y), (to_x, to_y) = (
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, stop)
    )
    page.mouse.move(from_x, from_y)
    page.mouse.down()
    page.mouse.move((from_x + to_x) / 2, (from_y + to_y) / 2)
    page.mouse.move(to_x, to_y)
    page.mouse.up()


def add_step(page: Page, label: str) -> None:
    """Add a preprocessing step to the recipe."""
    settle(page)
    press(page, "Add a step")
    entry = page.get_by_role("menuitem", name=label, exact=True)
    entry.or_(page.get_by_role("option", name=label, exact=True)).click()
    expect(page.get_by_text(re.compile(rf"\d\. {label}"))).to_be_visible()
    settle(page)


def analyse(page: Page) -> None:
    """On the Timeline, find the actions with the model in use and wait for them."""
    press(page, "Analyse the clip")
    expect(page.locator(".k-headline")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)


def picture(page: Page, name: str, *, whole: bool = True, wanted: bool = WANTED) -> None:
    """Keep a picture of the whole page, not only of what the window shows, for people who want to see it."""
    if not wanted:
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    window = page.viewport_size or {"width": 1440, "height": 900}
    if whole:
        tall = page.evaluate("() => document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0")
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": window["width"], "height": max(tall, window["height"])})
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
    page.set_viewport_size(window)


def overflow_px(page: Page) -> int:
    """By how much the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def assert_stands(page: Page, name: str, widths: tuple[int, ...] = (1440, 420)) -> None:
    """In windows of these widths nothing of the page may be wider than its window."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        settle(page)
        page.wait_for_function("() => document.documentElement.scrollWidth <= window.innerWidth")
        picture(page, f"{name}-{width}")


def wait_until(holds: Callable[[], bool], *, seconds: float = 120) -> None:
    """Ask again and again until `holds()` is true; fail when it is not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)
