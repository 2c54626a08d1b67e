"""What a newcomer does: add a clip, turn it and back, crop, find the actions, play them, take the result along."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from core.base.registry import FORMATS
from core.stages import formats  # noqa: F401
from core.stages.drawing import sample_clip
from scripts.dashboard import ROOT, Dashboard
from tests.browser.conftest import (
    PATIENCE_MS,
    add_step,
    after_picture,
    analyse,
    drag,
    go,
    picture,
    press,
    serve_again,
    set_number,
    settle,
    turn_to,
    upload,
)
from tests.conftest import with_networks


def prepare(page: Page, *, size: tuple[int, int]) -> None:
    """Turn the chosen clip by 90 degrees and back, draw a crop and set it to a tenth off each side, flip it."""
    width, height = size
    press(page, "Prepare")
    expect(after_picture(page)).to_contain_text(f"{width} × {height} px", timeout=PATIENCE_MS)
    set_number(page, "Angle", 90)
    expect(after_picture(page)).to_contain_text(f"{height} × {width} px")
    picture(page, f"prepare-turned-{width}")
    set_number(page, "Angle", 0)
    expect(after_picture(page)).to_contain_text(f"{width} × {height} px")
    drag(page, page.locator(".crop .picture"), (0.25, 0.0), (0.75, 1.0))
    expect(page.get_by_role("spinbutton", name="Across, from, exact value")).to_have_value(re.compile(r"2[45]\.\d"))
    expect(after_picture(page)).not_to_contain_text(f"{width} × {height} px")
    for label, value in (("Across, from", 10), ("Across, to", 90), ("Down, from", 0), ("Down, to", 100)):
        set_number(page, label, value)
    expect(after_picture(page)).to_contain_text(f"{width * 8 // 10} × {height} px")
    expect(page.locator(".crop .box")).to_have_css("left", re.compile(r"\d"))
    add_step(page, "Flip")
    expect(page.get_by_text(f"Preparation: Crop {width * 8 // 10} × {height} px · Flip")).to_be_visible()
    picture(page, f"prepare-cropped-{width}")


def play_segment(page: Page, label: str) -> None:
    """Click the last segment of that label in the lane; the video must jump to its start and play."""
    video = page.locator(".player video")
    expect(video).to_be_visible(timeout=PATIENCE_MS)
    video.evaluate("video => video.readyState >= 2 || new Promise(ready => video.oncanplay = ready)")
    segment = page.locator(".player button.segment", has_text=label).last
    start_s = clock_s(re.search(r", ([\d:.]+) to ", segment.get_attribute("title") or "").group(1))  # type: ignore
    segment.click()
    video.evaluate(
        """(video, start) => new Promise((played, late) => {
            const look = () => !video.paused && video.currentTime > start + 0.05
                && video.currentTime < start + 8 ? played() : requestAnimationFrame(look);
            look();
            setTimeout(() => late(new Error(`at ${video.currentTime} s, paused: ${video.paused}`)), 120000);
        })""",
        start_s,
    )
    video.evaluate("video => video.pause()")


def clock_s(told: str) -> float:
    """Seconds of m:ss.s."""
    minutes, seconds = told.split(":")
    return 60 * int(minutes) + float(seconds)


def downloaded(page: Page, title: str) -> bytes:
    """The bytes behind a link to a file."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile(rf"{re.escape(title)}$")).first.click()
    return Path(waiting.value.path()).read_bytes()


def recipe_file(page: Page, folder: Path) -> Path:
    """The recipe at hand, downloaded on the Prepare page."""
    turn_to(page, "Prepare")
    page.get_by_text("Saved recipes").click()
    path = folder / "recipe.json"
    path.write_bytes(downloaded(page, "Download as JSON"))
    turn_to(page, "Timeline")
    return path


def at_command_line(dashboard: Dashboard, *arguments: str) -> bytes:
    """Standard output of `python -m core` on the workspace of the dashboard."""
    done = subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        env={**os.environ, "KINETOSCOPE_WORKSPACE": str(dashboard.workspace)},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def downloads_agree_with_the_command_line(
    page: Page, dashboard: Dashboard, folder: Path, *compared: Literal["csv", "json", "vtt"]
) -> None:
    """Files of the page tell the same segments, and are byte for byte those of the command line."""
    files = {name: downloaded(page, FORMATS[name].title) for name in ("csv", "json", "vtt")}
    told = json.loads(files["json"])
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    assert [row["label"] for row in rows] == [segment["label"] for segment in told["segments"]]
    assert files["vtt"].decode().count(" --> ") == len(rows)
    recipe = recipe_file(page, folder)
    analyze = ("analyze", told["video"]["path"], "--model", told["model"], "--recipe", str(recipe))
    for name in compared:
        assert at_command_line(dashboard, *analyze, "--format", name) == files[name], name


@pytest.fixture(scope="module")
def newcomers(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Iterator[Dashboard]:
    """A server with an empty workspace, to which newcomers come one after the other."""
    with serve_again(with_networks(tmp_path_factory.mktemp("newcomers") / "workspace", networks)) as running:
        yield running


def test_a_newcomer_without_a_clip_goes_the_same_way_with_the_sample(page: Page, newcomers: Dashboard, tmp_path: Path):
    go(page, newcomers)
    expect(page.get_by_text("The library is empty")).to_be_visible()
    press(page, "Add the sample clip")
    expect(page.locator(".k-name", has_text="sample clip")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    prepare(page, size=(640, 360))
    press(page, "Continue to the Timeline")
    analyse(page)
    for label in sample_clip.LABELS:  # though the frame is cropped
        expect(page.locator(".player button.segment", has_text=label).first).to_be_visible()
    picture(page, "timeline-sample")
    expect(page.get_by_text("Scores over time")).to_be_visible()
    downloads_agree_with_the_command_line(page, newcomers, tmp_path, "csv")


def test_a_newcomer_finds_the_right_label_in_a_real_clip(
    page: Page, newcomers: Dashboard, shared_data: Path, tmp_path: Path
):
    clip = sorted((shared_data / "ucf5" / "Surfing").glob("*.avi"))[0]
    go(page, newcomers)
    upload(page, clip)
    prepare(page, size=(320, 240))
    press(page, "Continue to the Timeline")
    expect(page.get_by_text("400 actions").first).to_be_visible()
    analyse(page)
    expect(page.locator(".k-headline b", has_text="surfing water")).to_be_visible()
    play_segment(page, "surfing water")
    picture(page, "timeline-kinetics400")
    downloads_agree_with_the_command_line(page, newcomers, tmp_path, "json", "vtt")
    page.get_by_text("Model:").first.click()  # folded once there is a result
    expect(page.get_by_role("button", name="Edit preparation")).to_be_visible()  # the last of what opens
    settle(page)
    page.locator("[class*=st-key-model-actions-15]").get_by_role("button", name="Use this model").click()
    settle(page)
    page.get_by_role("button", name=re.compile("Analyse with 15 everyday and sport actions")).click()
    surfing = page.locator(".k-headline b", has_text=re.compile("^Surfing$"))  # Kinetics: surfing water
    expect(surfing).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    play_segment(page, surfing.inner_text())
    picture(page, "timeline-actions-15")
