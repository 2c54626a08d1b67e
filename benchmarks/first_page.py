"""How long a person waits from the start of the server until the first page is on the screen."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.measure import Figure
from scripts.dashboard import answers, chromium, serve

STARTS = 3


def main() -> list[Figure]:
    """The slowest of some starts, each with an empty workspace and a new browser tab."""
    with chromium() as browser:
        seconds = [_one_start(browser) for _ in range(STARTS)]
    return [
        Figure(
            "server start to first page on screen", max(seconds), "s", 3, at_least=False, note=f"slowest of {STARTS}"
        )
    ]


def _one_start(browser: Browser) -> float:
    """Seconds from the start of the process until the page's heading is seen in an open browser."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "workspace", wait_s=0) as dashboard:
        page = browser.new_page()
        while not answers(dashboard.url):
            time.sleep(0.02)
        page.goto(dashboard.url, wait_until="commit")
        page.get_by_role("heading").first.wait_for(timeout=30_000)
        seconds = time.time() - dashboard.started
        page.close()
    return seconds
