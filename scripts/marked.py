"""Clips whose every frame carries its own number as a row of blocks, and a look at it through the player."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page

from core.domain import Frame
from core.stages import video

BITS = 16
SIZE_PX = (320, 180)
BLOCK_PX = SIZE_PX[0] // BITS
# What the player shows: go to a frame as a person does who types its number, wait until it is settled, read the blocks.
VISIT = """async (player, frame) => {
    const field = player.querySelector(".field");
    field.value = String(frame);
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    const end = performance.now() + 10000;
    while (player.dataset.settled !== "yes" || player.dataset.frame !== String(frame)) {
        if (performance.now() > end) throw new Error(`frame ${frame}: ${JSON.stringify(player.dataset)}`);
        await new Promise((next) => setTimeout(next, 4));
    }
    return (%s)(player);
}"""
READ = """(player) => {
    const video = player.querySelector("video");
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0);
    const block = video.videoWidth / 16;
    let number = 0;
    for (let bit = 0; bit < 16; bit += 1) {
        const [red] = pen.getImageData(Math.round((bit + 0.5) * block), Math.round(block / 2), 1, 1).data;
        if (red > 127) number |= 1 << bit;
    }
    return number;
}"""


def times_of(rate: str, count: int) -> np.ndarray:
    """Moments of `count` frames: at "25", "23.976" or "58.83" frames a second, or "jittered" around 30."""
    if rate == "jittered":
        gaps_s = np.random.default_rng(7).uniform(0.012, 0.055, count - 1)
        return np.append(0, np.cumsum(gaps_s))
    gap_s = {"25": 1 / 25, "23.976": 1001 / 24000, "58.83": 1 / 58.83}[rate]
    return np.arange(count) * gap_s


def picture(index: int) -> np.ndarray:
    """A frame with its number in blocks along its upper edge, and something that moves beneath."""
    width, height = SIZE_PX
    made = np.full((height, width, 3), (70, 76, 92), np.uint8)
    made[:BLOCK_PX] = 0
    for bit in range(BITS):
        if index >> bit & 1:
            made[:BLOCK_PX, bit * BLOCK_PX : (bit + 1) * BLOCK_PX] = 255
    left = 3 * index % (width - 30)
    made[70:130, left : left + 30] = (226, 150, 40)
    return made


def make(path: Path, rate: str, count: int) -> Path:
    """A clip of that rate in which each frame tells its number."""
    times_s = times_of(rate, count)
    frames = (Frame(index, float(time_s), picture(index)) for index, time_s in enumerate(times_s))
    video.write(path, frames, Fraction(float(1 / np.diff(times_s).mean())).limit_denominator(10_000))
    return path


def open_player(page: Page, url: str, digest: str, stage: str) -> Locator:
    """The player of the stage, when it stands at the first frame."""
    page.goto(f"{url}/?video={digest}&stage={stage}")
    player = page.locator(".player[data-settled=yes]")
    player.wait_for(timeout=240_000)
    return page.locator(".player")


def shown(player: Locator, frame: int) -> int:
    """The number in the picture that is on screen after the player was asked for a frame."""
    return player.evaluate(VISIT % READ, frame)


def on_screen(player: Locator) -> int:
    """The number in the picture that is on screen."""
    return player.evaluate(READ)
