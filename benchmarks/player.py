"""The player: is each frame the one that was asked for, how smoothly long clips zoom, how soon an edit is stored.

A made clip carries the number of each frame as a row of blocks in its picture. The player is asked for frames, and the
number is read back from what is on screen. Pan and zoom: wheel events with each picture of the screen, over four hours
with 10,000 segments in each of four lanes. Edits: ends of segments dragged with the mouse in that same player; from
letting go of the button to the page having taken the edit and stored it.
"""

import json
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Locator, Page

from benchmarks import clips
from benchmarks.measure import Figure, percentile
from core.domain import VideoInfo
from core.workflows import clips as clips_workflow
from core.workspace.store import Store
from scripts import marked
from scripts.dashboard import Dashboard, chromium, serve

RATES = ("25", "23.976", "58.83", "jittered")
FRAMES, VISITS = 600, 200
HOURS, MINUTES = 4, 5  # of the long clip, and of the one that it repeats
EDITS = 40
SECONDS = 6
# Zoom in and out and pan to and fro with each picture of the screen; gives milliseconds between pictures.
SWING = """async (player, seconds) => {
    const lane = player.querySelector(".lane"), frame = lane.getBoundingClientRect();
    const turn = (deltaX, deltaY, ctrlKey) => lane.dispatchEvent(new WheelEvent("wheel", { deltaX, deltaY, ctrlKey,
        clientX: frame.left + frame.width * 0.4, clientY: frame.top + 8, bubbles: true, cancelable: true }));
    const gaps = [], begun = performance.now();
    let last = begun, count = 0;
    while (performance.now() - begun < 1000 * seconds) {
        const phase = (performance.now() - begun) / 1000;
        if (%s) turn(0, Math.sin(phase * 2) > 0 ? -28 : 28, true);
        else turn(Math.sin(phase * 2) > 0 ? 45 : -45, 0, false);
        const now = await new Promise(requestAnimationFrame);
        gaps.push(performance.now() - last);
        last = performance.now();
        count += 1;
    }
    return gaps.slice(5);
}"""


def main() -> list[Figure]:
    """All of it in one browser, against one server."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "workspace")
        made = {rate: _marked(store, Path(folder), rate) for rate in RATES}
        hours = _hours(store, Path(folder))
        store.close()
        with serve(Path(folder) / "workspace", program="scripts/stage.py") as stage, chromium() as browser:
            exact = [_exactness(browser, stage, rate, digest) for rate, digest in made.items()]
            smooth = _smoothness(browser, stage, hours)
            edits = _edits(browser, stage, hours)
    return [*exact, *smooth, *edits]


def _marked(store: Store, folder: Path, rate: str) -> str:
    return clips_workflow.add_video(store, marked.make(folder / f"{rate}.mp4", rate, FRAMES))


def _exactness(browser: Browser, stage: Dashboard, rate: str, digest: str) -> Figure:
    """How many of the frames that were asked for were on screen."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    player = marked.open_player(page, stage.url, digest, "one")
    asked = random.Random(rate).sample(range(FRAMES), VISITS)
    start = time.perf_counter()
    right = sum(marked.shown(player, frame) == frame for frame in asked)
    each_ms = 1000 * (time.perf_counter() - start) / VISITS
    page.close()
    return Figure(f"right frames of {VISITS} at {rate} frames/s", right, "", VISITS, note=f"{each_ms:.0f} ms each")


def _hours(store: Store, folder: Path) -> VideoInfo:
    """Four hours of marked pictures, and what decoding them from end to end would tell."""
    short = store.video(_long_marked(store, folder))
    times = round(HOURS * 3600 / short.duration_s)
    starts_s = np.arange(times) * short.duration_s
    hours = replace(
        short,
        path=str(clips.repeated(Path(short.path), times)),
        digest="0" * 63 + "2",
        times_s=(starts_s[:, None] + short.times_s).ravel(),
        frame_count=times * short.frame_count,
        declared_count=times * short.frame_count,
        duration_s=times * short.duration_s,
        checks=np.tile(short.checks, times),
    )
    store.save_video(hours)
    return hours


def _long_marked(store: Store, folder: Path) -> str:
    return clips_workflow.add_video(store, marked.make(folder / "long.mp4", "25", MINUTES * 60 * 25))


def _long(browser: Browser, stage: Dashboard, hours: VideoInfo) -> tuple[Page, Locator]:
    """The player with the long clip."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    player = marked.open_player(page, stage.url, hours.digest, "long")
    page.locator(".lane").scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    return page, player


def _smoothness(browser: Browser, stage: Dashboard, hours: VideoInfo) -> list[Figure]:
    """Pictures a second while it zooms, and while it pans with hundreds of segments in view."""
    page, player = _long(browser, stage, hours)
    figures = []
    note = f"{HOURS} h, 4 lanes of 10,000 segments, 1440 px"
    for name, zooms in (("zoom", "true"), ("pan", "false")):
        gaps_ms = player.evaluate(SWING % zooms, SECONDS)
        figures.append(Figure(f"{name}, mean rate", 1000 * len(gaps_ms) / sum(gaps_ms), "frames/s", 30, note=note))
        figures.append(Figure(f"{name}, 95 % of pictures come within", percentile(gaps_ms, 95), "ms"))
        for _ in range(4):
            page.keyboard.press("+")
    page.close()
    return figures


def _edits(browser: Browser, stage: Dashboard, hours: VideoInfo) -> list[Figure]:
    """From the end of a drag to the edit being stored; both told by the clock of this machine."""
    page, player = _long(browser, stage, hours)
    page.locator(".ruler").click(position={"x": 300, "y": 8})
    for _ in range(9):
        page.keyboard.press("+")
    page.wait_for_timeout(1500)  # until the last picture is drawn and the buttons lie on it
    page.evaluate("addEventListener('pointerup', (e) => (window.let_go = performance.timeOrigin + e.timeStamp), true)")
    taken = stage.workspace / "edits.jsonl"
    waits_ms = [wait for turn in range(2 * EDITS) if (wait := _edit_ms(page, player, taken, turn)) is not None][:EDITS]
    page.close()
    note = f"{len(waits_ms)} drags among 10,000 segments"
    return [Figure("an edit is stored after a drag, p95", percentile(waits_ms, 95), "ms", 200, False, note=note)]


def _edit_ms(page: Page, player: Locator, taken: Path, turn: int) -> float | None:
    """Drag an end of a segment that is in view by some pixels; None where that changed nothing."""
    before = len(taken.read_text().splitlines()) if taken.exists() else 0
    spots = player.evaluate(
        "(player) => [...player.querySelectorAll('.row[aria-label=mine] button')].map((one) =>"
        " one.getBoundingClientRect()).filter((one) => one.width > 30 && one.right < 1300)"
        ".map(({ right, top, height }) => [right, top + height / 2])"
    )
    x, y = spots[turn % len(spots)]
    page.mouse.move(x - 1, y)
    page.mouse.down()
    page.mouse.move(x - 6, y)
    page.mouse.move(x - 9 - turn % 5, y)
    page.mouse.up()
    for _ in range(40):
        page.wait_for_timeout(25)
        lines = taken.read_text().splitlines() if taken.exists() else []
        if len(lines) > before:
            page.wait_for_timeout(350)
            return 1000 * json.loads(lines[before])["taken"] - page.evaluate("window.let_go")
    return None
