"""The server is killed while somebody draws: what was drawn arrives when it is back, each edit once."""

import os
import signal
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.workflows import clips
from core.workflows.annotation import journal
from core.workspace.store import Store
from scripts.dashboard import Dashboard, free_port, serve
from tests.browser.conftest import check_log, new_context, picture, settle, wait_until
from tests.browser.test_label import DRAWN, keys


def opened(context: BrowserContext, dashboard: Dashboard, digest: str) -> Page:
    """A tab with the player at the beginning of the first segment."""
    page = context.new_page()
    page.goto(f"{dashboard.url}/label?video={digest[:16]}&t=1")
    page.locator(".player[data-settled=yes]").wait_for()
    settle(page)
    page.locator(".player").focus()
    return page


def at(page: Page, frame: int) -> None:
    """Go to the next border, which is that frame."""
    page.keyboard.press(".")
    page.locator(f".player[data-settled=yes][data-frame='{frame}']").wait_for()


def kill(dashboard: Dashboard) -> None:
    os.kill(dashboard.pid, signal.SIGKILL)


def test_what_is_drawn_while_the_server_is_gone_arrives_once(browser: Browser, tmp_path: Path, sample_path: Path):
    store, port = Store(tmp_path / "workspace"), free_port()
    digest = clips.add_video(store, sample_path)
    track = journal.begin(store, digest, DRAWN)

    def holds(*labels: str) -> bool:
        return [one.label for one in journal.read(store, track).document.segments] == list(labels)

    context = new_context(browser)
    with serve(store.workspace, port=port) as running:
        page = opened(context, running, digest)
        at(page, 50)
        keys(page, "3")
        wait_until(lambda: holds("walk", "jump", "run", "walk", "jump"))
        keys(page, "Control+z")
        kill(running)  # before or after the undo was kept: nobody knows
        at(page, 100)
        keys(page, "4")
        expect(page.get_by_text("not saved yet")).to_be_visible()
        picture(page, "label-server-gone")
    with serve(store.workspace, port=port) as running:
        wait_until(lambda: holds("walk", "run", "sit", "walk", "jump"))
        expect(page.get_by_text("not saved yet")).to_be_hidden()
        settle(page)
        page.locator(".player").focus()
        kill(running)
        at(page, 150)
        keys(page, "2")
        page.locator(".player").get_by_title("run, 0:06.0 to 0:08.0").wait_for()
        page.close()
    with serve(store.workspace, port=port) as running:
        page = opened(context, running, digest)
        wait_until(lambda: holds("walk", "run", "sit", "run", "jump"))
        page.locator(".player").get_by_title("run, 0:06.0 to 0:08.0").wait_for()
        keys(page, "Control+z")
        wait_until(lambda: holds("walk", "run", "sit", "walk", "jump"))
    context.close()
    check_log(running)
    assert [kind for _, kind, *_ in store.edits(track)] == ["begin", "label", "undo", "label", "label", "undo"]
