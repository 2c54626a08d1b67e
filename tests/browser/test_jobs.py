"""The jobs in the header, seen from any page and any tab: what runs, cancelling it, and the way to its result."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.stages import video
from core.workflows import clips
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, open_page, overflow_px, picture, press, settle, wait_until
from tests.conftest import moving_square


@pytest.fixture
def digest(apart: Dashboard, tmp_path: Path) -> str:
    """A clip that takes a while."""
    path = tmp_path / "long.mp4"
    video.write(path, moving_square(4000))
    return clips.add_video(Store(apart.workspace), path)


def in_header(page: Page) -> Locator:
    return page.locator(".st-key-jobs-indicator .jobs > button")


def row(page: Page, title: str) -> Locator:
    return page.locator(".st-key-jobs-indicator li").filter(has_text=title)


def stands_alone(page: Page) -> bool:
    """Whether the indicator covers nothing else of the header."""
    boxes = page.evaluate(
        """() => [".st-key-jobs-indicator", "[data-testid=stLogoLink]", "[data-testid=stMainMenu]",
            "[data-testid=stTopNavSection]", "[data-testid=stExpandSidebarButton]", "[data-testid=stStatusWidget]"]
            .map((selector) => [...document.querySelectorAll(selector)].map((part) => part.getBoundingClientRect()))
            .map((parts) => parts.filter(({width}) => width).map(({x, y, right, bottom}) => [x, y, right, bottom]))"""
    )
    (own,), *others = boxes
    assert own[0] >= 0 and own[3] <= 60, "it is in the header"
    apart = [box[2] <= own[0] or own[2] <= box[0] for parts in others for box in parts]
    return len(apart) >= 2 and all(apart)


def test_work_is_seen_on_every_page_cancelled_from_anywhere_and_leads_to_its_result(
    page: Page, browser: Browser, apart: Dashboard, digest: str
):
    with open_page(browser, width=420, height=800, scheme="dark") as other:
        go(other, apart)
        expect(in_header(other)).to_have_text(re.compile(r"^Jobs"))
        go(page, apart, f"/timeline?video={digest[:16]}")
        press(page, "Analyse the clip")
        expect(page.get_by_test_id("stProgress")).to_contain_text("frames/s", timeout=PATIENCE_MS)
        expect(in_header(page)).to_contain_text("Analyse the clip")
        expect(in_header(other)).to_contain_text("%", timeout=PATIENCE_MS)
        for tab, widths in ((other, (420,)), (page, (640, 1024, 1920, 1440))):
            for width in widths:
                tab.set_viewport_size({"width": width, "height": 900})
                wait_until(lambda tab=tab: stands_alone(tab) and overflow_px(tab) <= 0)
        go(page, apart, "/train")
        in_header(page).click()
        expect(row(page, "Analyse the clip")).to_contain_text("Timeline · long.mp4")
        picture(page, "jobs-running")
        row(page, "Analyse the clip").get_by_role("button", name="Open page").click()
        expect(page.get_by_role("heading", name="Timeline", level=1)).to_be_visible()
        settle(page)
        expect(page.get_by_role("combobox", name="Clip")).to_have_value("long.mp4")
        in_header(other).click()
        wait_until(lambda: any(apart.workspace.glob("results/*/*-*.npz")), seconds=PATIENCE_MS / 1000)
        row(other, "Analyse the clip").get_by_role("button", name="Cancel").click()
        expect(row(other, "Analyse the clip")).to_contain_text("cancelled", timeout=PATIENCE_MS)
        expect(page.get_by_text(re.compile("Cancelled. What was analysed so far is kept"))).to_be_visible(
            timeout=PATIENCE_MS
        )
        picture(other, "jobs-cancelled-dark-420")
        row(other, "Analyse the clip").get_by_role("button", name="Continue").click()
        expect(in_header(other)).to_contain_text("%", timeout=PATIENCE_MS)
        other.keyboard.press("Escape")
        expect(row(other, "Analyse the clip")).to_have_count(0)
