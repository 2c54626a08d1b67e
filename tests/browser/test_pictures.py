"""Pages in dark windows, wide and narrow: nothing may be cut off."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.domain import Recipe
from core.stages.preprocessing.geometry import Crop, Rotate
from core.workflows import clips
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, assert_stands, go, open_page
from tests.browser.test_first_screen import stand_in

RECIPE = Recipe((Rotate(angle_deg=8.0), Crop(across_pct=(10.0, 90.0), down_pct=(10.0, 90.0))))


@pytest.fixture(scope="module")
def digest(dashboard: Dashboard, sample_path: Path) -> str:
    """The sample clip, as if it was analysed."""
    store = Store(dashboard.workspace)
    digest = clips.add_video(store, sample_path)
    stand_in(store, store.video(digest), Recipe())
    store.save_recipe("ten degrees and a crop", RECIPE)
    return digest


def test_pages_stand_in_narrow_and_dark_windows(browser: Browser, dashboard: Dashboard, digest: str):
    with open_page(browser, scheme="dark") as page:
        for name in ("library", "prepare", "timeline"):
            go(page, dashboard, f"/{name if name != 'library' else ''}?video={digest[:16]}&t=3&model=kinetics400")
            if name == "prepare":
                expect(page.locator(".compare img").first).to_be_visible(timeout=PATIENCE_MS)
            if name == "timeline":
                page.get_by_role("tab", name="Scores over time").click()
                expect(page.locator(".js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
                page.locator(".player video").evaluate(
                    "video => video.readyState >= 2 || new Promise(ready => video.oncanplay = ready)"
                )
            assert_stands(page, name)
            page.set_viewport_size({"width": 1440, "height": 900})
