"""The player by itself: the frame shown is the frame asked for, and labels are drawn where the mouse and keys say."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.stages import video
from core.workflows import clips
from core.workspace.store import Store
from scripts import marked
from scripts.dashboard import Dashboard
from tests.browser.conftest import assert_stands, open_page, picture, serve_again, wait_until

RATES = ("25", "23.976", "58.83", "jittered")
FRAMES, VISITS = 150, 40
LOOK = """(player) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 96, height: 64 });
    canvas.getContext("2d").drawImage(player.querySelector("video"), 0, 0, 96, 64);
    return Array.from(canvas.getContext("2d").getImageData(0, 0, 96, 64).data);
}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A workspace with a marked clip of each rate, and their digests."""
    folder = tmp_path_factory.mktemp("marked")
    store = Store(folder / "workspace")
    digests = {rate: clips.add_video(store, marked.make(folder / f"{rate}.mp4", rate, FRAMES)) for rate in RATES}
    store.close()
    return folder / "workspace", digests


@pytest.fixture(scope="module")
def stage(made: tuple[Path, dict[str, str]]) -> Iterator[Dashboard]:
    """A server with the player alone."""
    with serve_again(made[0], program="scripts/stage.py") as running:
        yield running


def test_the_frame_shown_is_the_frame_asked_for_at_any_rate(browser: Browser, stage: Dashboard, made):
    for rate, digest in made[1].items():
        with open_page(browser) as page:
            player = marked.open_player(page, stage.url, digest, "one")
            asked = [*random.Random(rate).sample(range(FRAMES), VISITS - 2), 0, FRAMES - 1]
            assert [marked.shown(player, frame) for frame in asked] == asked, rate
            expect(player.locator(".varies")).to_be_visible(visible=rate == "jittered")


@pytest.mark.parametrize("name", ["vfr.mp4", "edit_list_cut.mp4", "rotate_meta_90.mp4"])
def test_the_picture_of_an_odd_file_is_the_one_that_we_decode(
    page: Page, stage: Dashboard, shared_data: Path, name: str
):
    """Varying gaps; a copy made for the browser, as the file begins before it is shown; a picture that lies."""
    store = Store(stage.workspace)
    digest = clips.add_video(store, shared_data / "awkward" / name)
    info = store.video(digest)
    if not info.plays_in_browser:
        clips.proxy(store, digest)
    store.close()
    decoded = [small(frame.image) for frame in video.read(info)]
    player = marked.open_player(page, stage.url, digest, "one")
    for frame in random.Random(name).sample(range(2, info.frame_count - 2), 6):
        seen = np.array(player.evaluate(marked.VISIT % LOOK, frame), float).reshape(64, 96, 4)[..., :3]
        apart = {near: np.abs(decoded[near] - seen).mean() for near in range(frame - 2, frame + 3)}
        assert apart[frame] <= min(apart.values()) + 0.05, (frame, apart)


def small(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, (96, 64), interpolation=cv2.INTER_AREA).astype(float)


def settled(page: Page, frame: int) -> None:
    page.locator(f".player[data-settled=yes][data-frame='{frame}']").wait_for()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_clicks_and_keys_find_the_frame_too(page: Page, stage: Dashboard, made):
    player = marked.open_player(page, stage.url, made[1]["jittered"], "one")
    times_s = marked.times_of("jittered", FRAMES)
    ruler = page.locator(".ruler")
    ruler.scroll_into_view_if_needed()
    wide = (ruler.bounding_box() or {})["width"]
    end_s = float(player.evaluate("player => player.querySelector('video').duration"))
    for frame in (17, 93):
        middle_s = (times_s[frame] + times_s[frame + 1]) / 2
        ruler.click(position={"x": middle_s / end_s * wide, "y": 10})
        settled(page, frame)
        assert marked.on_screen(player) == frame
    for keys, frame in (
        (["ArrowRight"] * 3, 96),
        (["Shift+ArrowLeft"], 86),
        (["ArrowLeft"], 85),
        (["Home"], 0),
        (["End"], 149),
    ):
        press(page, *keys)
        settled(page, frame)
        assert marked.on_screen(player) == frame
    press(page, "Home", "Space")
    video = player.locator("video")
    wait_until(lambda: video.evaluate("video => video.currentTime > 0.6"))
    press(page, "Space")
    wait_until(lambda: video.evaluate("video => video.paused"))
    # the head comes to stand at what is seen
    wait_until(lambda: str(marked.on_screen(player)) == player.get_attribute("data-frame"))


def test_keys_zoom_and_are_listed(page: Page, stage: Dashboard, made):
    player = marked.open_player(page, stage.url, made[1]["25"], "many")
    expect(page.locator(".overview")).to_be_hidden()
    press(page, "+", "+")
    expect(page.locator(".overview")).to_be_visible()
    press(page, "f")
    expect(page.locator(".overview")).to_be_hidden()
    expect(page.get_by_role("slider", name="Playhead")).to_have_attribute(
        "aria-valuetext", "frame 0, 0:00.00, nothing happening"
    )
    press(page, "?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_contain_text("split the segment at the playhead")
    picture(page, "player-keys")
    press(page, "Escape")
    expect(keys).to_be_hidden()
    wait_until(lambda: player.locator("button.segment").count() > 20)


def edits(stage: Dashboard) -> list[dict]:
    path = stage.workspace / "edits.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def titles(player: Locator) -> list[str]:
    return player.locator(".row[aria-label=mine] button").evaluate_all("all => all.map(one => one.title)")


def test_labels_are_drawn_mended_and_undone(page: Page, stage: Dashboard, made):
    player = marked.open_player(page, stage.url, made[1]["25"], "edit")
    lane = page.locator(".lane")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box() or {}
    x_of = lambda second: box["x"] + second / 6.0 * box["width"]  # noqa: E731
    y = box["y"] + 16

    def drag(start_s: float, stop_s: float) -> None:
        page.mouse.move(x_of(start_s), y)
        page.mouse.down()
        page.mouse.move(x_of((start_s + stop_s) / 2), y)
        page.mouse.move(x_of(stop_s), y)
        page.mouse.up()

    def becomes(*expected: str) -> None:
        wait_until(lambda: titles(player) == list(expected))

    drag(1.0, 2.0)
    becomes("walk, 0:01.0 to 0:02.0")
    drag(2.0, 2.4)
    becomes("walk, 0:01.0 to 0:02.4")
    page.locator(".row[aria-label=mine] button.segment").click()  # what was drawn or dragged is not selected
    press(page, "2")
    becomes("run, 0:01.0 to 0:02.4")
    page.locator(".ruler").click(position={"x": box["width"] * 1.5 / 6, "y": 8})
    press(page, "Shift+S")
    becomes("run, 0:01.0 to 0:01.5", "run, 0:01.5 to 0:02.4")
    press(page, "3")
    becomes("run, 0:01.0 to 0:01.5", "jump, 0:01.5 to 0:02.4")
    drag(1.5, 1.8)
    becomes("run, 0:01.0 to 0:01.8", "jump, 0:01.8 to 0:02.4")
    page.locator(".row[aria-label=mine] button.segment").first.click()
    press(page, "Shift+M")
    becomes("run, 0:01.0 to 0:02.4")
    press(page, "Control+z")
    becomes("run, 0:01.0 to 0:01.8", "jump, 0:01.8 to 0:02.4")
    page.locator(".row[aria-label=mine] button.segment").last.click()
    press(page, "Delete")
    wait_until(lambda: len(edits(stage)) >= 9)
    told = edits(stage)
    assert [one["kind"] for one in told] == [
        "paint",
        "change",
        "label",
        "split",
        "label",
        "border",
        "merge",
        "undo",
        "delete",
    ]
    times_s = {round(float(each), 9) for each in marked.times_of("25", FRAMES)}
    assert all(round(one[end], 9) in times_s for one in told for end in ("start_s", "stop_s"))
    picture(page, "player-editing")


def test_a_key_held_while_it_plays_paints_what_passes(page: Page, stage: Dashboard, made):
    player = marked.open_player(page, stage.url, made[1]["58.83"], "edit")
    press(page, "Space")
    video = player.locator("video")
    video.evaluate("video => { video.playbackRate = 0.2 }")  # so that a busy machine comes to hold the key in time
    wait_until(lambda: video.evaluate("video => video.currentTime > 0.3"))
    page.keyboard.down("4")
    held_s = video.evaluate("video => video.currentTime")
    wait_until(lambda: video.evaluate("(video, begun) => video.currentTime > begun + 0.1", held_s))
    page.keyboard.up("4")
    press(page, "Space")
    wait_until(lambda: len(titles(player)) == 1)
    assert re.match(r"sit down, 0:0[012]\.", titles(player)[0])
    page.get_by_role("slider", name="Playhead").focus()
    press(page, "Escape", "Home", "Shift+ArrowRight")
    settled(page, 10)
    count = len(edits(stage))
    page.keyboard.down("1")
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    page.keyboard.up("1")
    wait_until(lambda: len(titles(player)) == 2 and len(edits(stage)) > count)  # the page shows it before it is kept
    last = edits(stage)[-1]
    times_s = marked.times_of("58.83", FRAMES)
    assert [last["start_s"], last["stop_s"]] == pytest.approx([times_s[10], times_s[14]], abs=2e-5)


def test_how_it_looks(browser: Browser, stage: Dashboard, made):
    with open_page(browser, scheme="dark") as page:
        marked.open_player(page, stage.url, made[1]["jittered"], "many")
        assert_stands(page, "player")
