"""The Features page as a person uses it: a layer's maps over the frame, where the network looks, and is that true."""

import io
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.stages import video
from core.workflows import clips
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, assert_stands, go, open_page, picture, press, settle, turn_to, upload
from tests.browser.test_newcomer import downloaded
from tests.conftest import sample_frames


@pytest.fixture(scope="module")
def short_path(sample_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of the sample clip."""
    path = tmp_path_factory.mktemp("clips") / "short.mp4"
    video.write(path, sample_frames(sample_path)[:75])
    return path


def choose(page: Page, label: str, option: str) -> None:
    """Choose an entry of a select box by a part of its text."""
    box = page.get_by_role("combobox", name=label).first
    box.click()
    box.fill(option)
    page.get_by_role("option").filter(has_text=option).first.click()
    settle(page)


def test_a_person_sees_what_the_network_sees_and_whether_that_is_true(
    page: Page, dashboard: Dashboard, short_path: Path
):
    go(page, dashboard)
    upload(page, short_path)
    turn_to(page, "Frames")
    expect(page.locator(".sheet .cell")).to_have_count(24, timeout=PATIENCE_MS)
    page.locator(".sheet .cell").nth(8).click()
    turn_to(page, "Features")
    choose(page, "Network", "EfficientNet-Lite0")
    press(page, "Compute block_9")
    maps = page.locator(".k-tiles img[alt^=Channel]")
    expect(maps.first).to_be_visible(timeout=PATIENCE_MS)
    expect(maps).to_have_count(12)
    plain = maps.first.get_attribute("src")
    page.get_by_text("Overlay on the frame").first.click()
    expect(maps.first).not_to_have_attribute("src", plain or "")
    values = np.load(io.BytesIO(downloaded(page, "All of this layer (NPZ)")))
    assert values["values"].ndim == 4 and values["values_axes"].tolist() == ["time", "down", "right", "channel"]
    picture(page, "features-maps")

    page.get_by_text("Explanations").click()
    press(page, "Compute features")
    expect(page.get_by_text("Faithfulness test")).to_be_visible(timeout=PATIENCE_MS)
    press(page, "Run the test")
    expect(page.get_by_text("area under the curve")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    shown = cv2.imdecode(np.frombuffer(downloaded(page, "This picture (PNG)"), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and shown.shape[0] >= 224
    picture(page, "features-reasons")
    page.get_by_text("Whole clip").click()
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=PATIENCE_MS)
    picture(page, "features-clip")


def test_the_page_stands_in_narrow_and_dark_windows(browser: Browser, dashboard: Dashboard, short_path: Path):
    digest = clips.add_video(Store(dashboard.workspace), short_path)
    with open_page(browser, scheme="dark") as page:
        go(page, dashboard, f"/features?video={digest[:16]}&t=1")
        choose(page, "Network", "EfficientNet-Lite0")
        maps = page.locator(".k-tiles img[alt^=Channel]")
        begin = page.get_by_role("button", name=re.compile("Compute block"))
        maps.or_(begin).first.wait_for(timeout=PATIENCE_MS)
        if begin.count():  # another window has not computed them yet
            begin.click()
        expect(maps.first).to_be_visible(timeout=PATIENCE_MS)
        for view in ("Feature maps", "Explanations", "Whole clip"):
            page.get_by_text(view, exact=True).click()
            settle(page)
            if view != "Explanations":
                expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=PATIENCE_MS)
            assert_stands(page, f"features-{view.split()[0].lower()}")
