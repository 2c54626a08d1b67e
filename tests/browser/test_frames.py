"""The Frames page as a person uses it: step by keys, magnify, find what is wrong, take pictures along."""

import csv
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.domain import ClipRecipe, Frame, Recipe
from core.stages import video
from core.stages.preprocessing.filters import Gamma
from core.workflows import clips, frames
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, assert_stands, go, open_page, picture, press, settle
from tests.conftest import sample_frames

FACTS = "figcaption .facts"


@pytest.fixture(scope="module")
def faulty(dashboard: Dashboard, sample_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sample clip with a black and a blurred stretch and four frames left out, in the server's library."""

    def made():
        for frame in sample_frames(sample_path)[:200]:
            image = frame.image
            if 60 <= frame.index < 85:
                image = np.zeros_like(image)
            if 120 <= frame.index < 145:
                image = cv2.GaussianBlur(image, (0, 0), 4)
            if not 170 <= frame.index < 174:
                yield Frame(frame.index, frame.time_s, image)

    path = tmp_path_factory.mktemp("clips") / "faulty.mp4"
    video.write(path, made())
    return clips.add_video(Store(dashboard.workspace), path)


def open_frames(page: Page, dashboard: Dashboard, digest: str, more: str = "") -> None:
    """The Frames page of that clip, once its sheet and its frame stand."""
    go(page, dashboard, f"/frames?video={digest[:16]}{more}")
    expect(page.locator(".sheet .cell")).to_have_count(24, timeout=PATIENCE_MS)
    expect(page.locator("figure img").first).to_be_visible(timeout=PATIENCE_MS)
    settle(page)


def test_a_person_finds_what_is_wrong_and_takes_pictures_along(page: Page, dashboard: Dashboard, faulty: str):
    open_frames(page, dashboard, faulty)
    press(page, "Check all frames")
    expect(page.locator(".k-headline")).to_contain_text("Black from 0:02.40 to 0:03.40", timeout=PATIENCE_MS)
    for told in ("blurred from 0:04.80 to 0:05.80", "4 frames are missing"):
        expect(page.locator(".k-headline")).to_contain_text(told)
    page.get_by_test_id("stDataFrame").click(position={"x": 15, "y": 55})
    expect(page.locator(FACTS).first).to_contain_text("at 0:02.400")
    for place in (2, 9):
        page.locator(".sheet .cell input").nth(place).check()
    press(page, "Make a ZIP of 2 frames")
    link = page.locator("a.k-download")
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename == "faulty-frames.zip"
    info = Store(dashboard.workspace).video(faulty)
    with zipfile.ZipFile(Path(waiting.value.path())) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("frames.csv").decode())))
        assert [int(row["index"]) for row in rows] == [frames.spread(info, 24)[place][0] for place in (2, 9)]
        coded = cv2.imdecode(np.frombuffer(archive.read(rows[0]["file"]), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(coded[..., ::-1], video.frame_at(info, float(rows[0]["time_s"])).image)


def test_keys_step_the_sheet_jumps_and_the_address_follows(page: Page, dashboard: Dashboard, faulty: str):
    open_frames(page, dashboard, faulty, "&t=1")
    box = page.get_by_role("spinbutton", name="Frame, exact value")
    facts = page.locator(FACTS).first
    for key, index in (("ArrowRight", 26), ("ArrowRight", 27), ("Shift+ArrowRight", 37), ("ArrowLeft", 36)):
        page.keyboard.press(key)
        expect(facts).to_contain_text(f"frame {index} at")
        expect(box).to_have_value(str(index))
    page.locator(".sheet .cell button").nth(20).click()
    expect(facts).not_to_contain_text("frame 36 at")
    settle(page)
    page.get_by_label("Go to time").fill("0:01.2")
    page.keyboard.press("Enter")
    expect(facts).to_contain_text("frame 30 at 0:01.200")
    page.wait_for_url("**t=1.2*")
    page.get_by_role("slider", name="Frame").focus()
    page.keyboard.press("ArrowRight")
    expect(facts).to_contain_text("frame 31 at")  # the arrow moves the slider and is no shortcut as well
    box.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(facts).to_contain_text("frame 12 at")
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name="Frame")).to_be_focused()  # and on: the box keeps nobody in


def test_close_up_each_pixel_is_that_of_the_file(page: Page, dashboard: Dashboard, faulty: str):
    Store(dashboard.workspace).keep_clip_recipe(faulty, ClipRecipe(Recipe((Gamma(2.0),))))
    open_frames(page, dashboard, faulty, "&t=1")
    expect(page.locator("figure", has_text="After").locator("img").first).to_be_visible(timeout=PATIENCE_MS)
    first = page.locator(".picture").first
    first.dblclick(position={"x": 60, "y": 60})
    for _ in range(5):
        page.get_by_role("button", name="Zoom in").click()
    expect(page.locator("img.detail")).to_have_count(2)
    expect(page.locator(".grid").first).to_be_visible()
    settle(page)
    first.hover(position={"x": 50, "y": 50})
    told = page.locator(".pixel").inner_text()
    column, row, *colour = (int(part) for part in told.replace(",", " ").replace("RGB", " ").split() if part.isdigit())
    info = Store(dashboard.workspace).video(faulty)
    assert video.frame_at(info, 1.0).image[row, column].tolist() == colour
    picture(page, "frames-close", whole=False)
    page.get_by_role("button", name="Fit").click()
    expect(page.locator("img.detail")).to_have_count(0)


def test_the_page_stands_in_narrow_and_dark_windows(browser: Browser, dashboard: Dashboard, faulty: str):
    store = Store(dashboard.workspace)
    if not store.has(frames.quality_key(faulty)):
        frames.make_quality(store, faulty)
    with open_page(browser, scheme="dark") as page:
        open_frames(page, dashboard, faulty, "&t=2.5")
        expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=PATIENCE_MS)
        assert_stands(page, "frames")
