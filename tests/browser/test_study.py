"""The raster of the Study page as a person uses it: it is panned, and a click on a bout lands on its moment."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.domain import DrawnTrack, Segment
from core.workflows import clips
from core.workflows.annotation import journal
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, picture, settle

ZOOMS = 3


@pytest.fixture
def labelled(apart: Dashboard, square_clip: Path, sample_path: Path, tmp_path: Path) -> str:
    """Two real clips with labels by Anna; gives the digest of the one whose rest lies between 1.2 and 1.8 s."""
    store = Store(apart.workspace)
    shutil.copy(square_clip, tmp_path / "b.mp4")
    digests = [clips.add_video(store, path) for path in (sample_path, tmp_path / "b.mp4")]
    for digest, spans in zip(digests, ((2.0, 4.0), (1.2, 1.8)), strict=True):
        end_s = store.video(digest).duration_s
        segments = (Segment(0.2, 0.8, "<i>walk</i>"), Segment(*spans, "rest"))
        journal.begin(store, digest, DrawnTrack(("<i>walk</i>", "rest"), segments, ((0.0, end_s),), "", "Anna"))
    store.keep_metadata({digests[0]: {"diet": "fat"}, digests[1]: {"diet": "control"}})
    store.keep_preference("study.group", "diet")
    return digests[1]


def place_of(canvas: Locator, colour: str) -> tuple[float, float]:
    """The middle of the first stretch of that colour in the first row, in pixels of the canvas."""
    return canvas.evaluate(
        """async (canvas, colour) => {
          for (const _ of [1, 2]) await new Promise((drawn) => requestAnimationFrame(drawn));
          const scale = canvas.width / canvas.clientWidth;
          const wanted = colour.match(/\\w\\w/g).map((part) => Number.parseInt(part, 16));
          const y = 30;
          const row = canvas.getContext("2d").getImageData(0, y * scale, canvas.width, 1).data;
          const is = (x) => wanted.every((value, at) => row[4 * x + at] === value);
          const all = [...Array(canvas.width).keys()].filter(is);
          let stop = all[0];
          while (is(stop)) stop += 1;
          return [(all[0] + stop) / 2 / scale, y];
        }""",
        colour,
    )


def test_the_raster_is_panned_and_a_click_lands_on_the_moment(page: Page, apart: Dashboard, labelled: str):
    go(page, apart, "/study")
    canvas = page.locator(".raster canvas")
    expect(canvas).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    expect(page.locator(".k-headline")).to_contain_text("Largest difference")
    chip = page.locator(".raster .chip", has_text="rest")
    colour = chip.locator("i").evaluate("dot => getComputedStyle(dot).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour))
    wanted = f"{red:02X}{green:02X}{blue:02X}"
    before = place_of(canvas, wanted)
    canvas.focus()
    for _ in range(ZOOMS):
        canvas.press("+")
    for _ in range(20):
        canvas.press("ArrowLeft")  # back to the start of the clips
    box = canvas.bounding_box()
    assert box and box["y"] + box["height"] <= 900, "it stands in the first screen"
    zoomed = place_of(canvas, wanted)
    page.mouse.move(box["x"] + zoomed[0] + 100, box["y"] + zoomed[1])
    page.mouse.down()
    page.mouse.move(box["x"] + zoomed[0], box["y"] + zoomed[1], steps=5)
    page.mouse.up()
    x, y = place_of(canvas, wanted)
    assert zoomed[0] > before[0] and abs(zoomed[0] - 100 - x) < 6, "it moved with the pointer"
    canvas.hover(position={"x": x, "y": y})
    expect(page.locator(".raster .tip")).to_have_text("b.mp4: rest, 0:01.2 to 0:01.8")
    picture(page, "study")
    canvas.click(position={"x": x, "y": y})
    expect(page.get_by_role("heading", name="Timeline", level=1)).to_be_visible()
    settle(page)
    assert f"video={labelled[:16]}" in page.url
    moment = float(re.findall(r"[?&]t=([\d.]+)", page.url)[0])
    assert 1.2 <= moment < 1.8
