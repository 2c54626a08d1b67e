"""The Frames page: a contact sheet of an hour, the way to another frame, and the pass that measures each frame.

"On the server" is told as in the benchmark of Prepare: by Chromium's own clock of the connection, from what was sent to
the message with the new picture.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from benchmarks import clips
from benchmarks.measure import Figure, percentile, watch
from benchmarks.prepare import Exchanges, listen
from core.domain import VideoInfo
from core.workflows import clips as clips_workflow
from core.workflows import frames
from core.workspace.store import Store
from scripts.dashboard import chromium, serve

MINUTES = 60
SHEETS = 5
STEPS, JUMPS = 30, 30
WARM = 5  # of each, left out


def main() -> list[Figure]:
    """The sheet is made anew each time, from opening the file to the stored result; the hour was never decoded."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "workspace")
        short = store.video(clips_workflow.add_video(store, clips.full_hd()))
        hour = _prolonged(short)
        store.save_video(hour)
        sheets = [_sheet_s(store, hour, turn) for turn in range(SHEETS)]
        with watch() as passing:
            frames.make_quality(store, short.digest)
        with serve(store.workspace) as dashboard, chromium() as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            steps, jumps = _visits(page, f"{dashboard.url}/frames?video={hour.digest[:16]}&t=60", hour)
        Path(hour.path).unlink()
    length = f"{hour.duration_s / 60:.0f} min of 1080p, {clips.content()}"
    rate = short.frame_count / passing.seconds
    return [
        Figure("contact sheet of 24 frames, worst", max(sheets), "s", 3, False, f"{length}, {SHEETS} sheets"),
        Figure("to the next frame of it on the server, p95", percentile(steps, 95), "ms", 300, False),
        Figure("to any frame of it on the server, p95", percentile(jumps, 95), "ms", 300, False),
        Figure("measuring the quality of 1080p", rate, "frames/s", note=f"{short.duration_s:.0f} s of it"),
    ]


def _visits(page: Page, address: str, info: VideoInfo) -> tuple[list[float], list[float]]:
    """Milliseconds on the server for steps by one frame, and for jumps all over the clip."""
    exchanges = listen(page)
    page.goto(address)
    page.locator(".sheet .cell").nth(23).wait_for(timeout=60_000)
    page.locator("figure img").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    box = page.get_by_role("spinbutton", name="Frame, exact value", exact=True)
    steps = [_visit(page, exchanges, lambda: page.keyboard.press("ArrowRight")) for _ in range(STEPS)]
    places = np.random.default_rng(3).permutation(info.frame_count)[:JUMPS]
    jumps = [
        _visit(page, exchanges, lambda index=index: (box.fill(str(index)), box.press("Enter"))) for index in places
    ]
    return steps[WARM:], jumps[WARM:]


def _visit(page: Page, exchanges: Exchanges, move) -> float:
    exchanges.clear()
    move()
    for _ in range(200):
        page.wait_for_timeout(50)
        if exchanges.pictures:
            break
    page.wait_for_timeout(200)  # until the server has ended its run
    return exchanges.milliseconds


def _prolonged(short: VideoInfo) -> VideoInfo:
    """The clip played over and over, and what decoding it from end to end would tell."""
    times = max(1, round(MINUTES * 60 / short.duration_s))
    starts_s = np.arange(times) * short.duration_s
    return replace(
        short,
        path=str(clips.repeated(Path(short.path), times)),
        digest="0" * 63 + "1",
        times_s=np.round((starts_s[:, None] + short.times_s).ravel() * clips.RATE_HZ) / clips.RATE_HZ,
        frame_count=times * short.frame_count,
        declared_count=times * short.frame_count,
        duration_s=times * short.duration_s,
        checks=np.tile(short.checks, times),
    )


def _sheet_s(store: Store, info: VideoInfo, turn: int) -> float:
    """Seconds to make a sheet that was not there; each turn begins a little later, so that none is read again."""
    places = tuple((index + turn * 13, slack - 100) for index, slack in frames.spread(info, 24))
    with watch() as taken:
        frames.make_sheet(store, info.digest, places)
    return taken.seconds
