"""How long the Prepare page takes from a slider to the new picture of a 1080p clip, in Chromium and on the server.

The page runs as it does for a user: a slider is set to one value after another, as dragging does, and each new
picture is awaited. "In Chromium" runs from the slider's event until the new picture is decoded and the next screen
drawn. "On the server" runs, by Chromium's own clock of the connection, from the value sent to the message with the new
picture, so it includes the way over the loopback and back.
"""

import base64
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import clips
from benchmarks.measure import Figure, percentile
from core.domain import ClipRecipe, Recipe
from core.stages.preprocessing.geometry import Crop, Rotate
from core.workflows import clips as clips_workflow
from core.workspace.store import Store
from scripts.dashboard import chromium, serve

VALUES = 40
PICTURE = b"data:image/jpeg"
SET_AND_AWAIT = """
async ([range, image, value]) => {
  const begun = performance.now(), before = image.src;
  range.value = value;
  range.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((seen, late) => {
    const watcher = new MutationObserver(() => image.src !== before && (watcher.disconnect(), seen()));
    watcher.observe(image, {attributes: true, attributeFilter: ["src"]});
    setTimeout(() => late(new Error(`no new picture for ${value}`)), 10000);
  });
  await image.decode();
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}
"""


@dataclass
class Exchanges:
    """The moments, in seconds of Chromium's clock, of messages on the page's connection: sent, and with a picture."""

    sent: list[float] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)

    def clear(self) -> None:
        """Forget what was noted."""
        self.sent.clear()
        self.pictures.clear()

    def note(self, received: dict) -> None:
        """Take in a message from the server."""
        if PICTURE in base64.b64decode(received["response"]["payloadData"]):
            self.pictures.append(received["timestamp"])

    @property
    def milliseconds(self) -> float:
        """From the value sent to the picture after the steps, which is received last."""
        return 1000 * (self.pictures[-1] - self.sent[0])


def main() -> list[Figure]:
    """The 95th percentile of both, over a rotation and a crop, the first five values of each left out as warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        store = Store(workspace)
        digest = clips_workflow.add_video(store, clips.full_hd())
        with serve(workspace) as dashboard, chromium() as browser:
            address = f"{dashboard.url}/prepare?video={digest[:16]}&t=2"
            store.keep_clip_recipe(digest, ClipRecipe(Recipe((Rotate(angle_deg=10),))))
            turned = _series(browser, address, "Angle", 11, 1.0)
            store.keep_clip_recipe(digest, ClipRecipe(Recipe((Crop(across_pct=(5, 95)),))))
            cropped = _series(browser, address, "Across, from", 6, 0.5)
    seen, served = ([*first, *second] for first, second in zip(turned, cropped, strict=True))
    count = f"{len(seen)} values of rotate and crop"
    return [
        Figure("slider to new preview on the server, p95", percentile(served, 95), "ms", 100, False, count),
        Figure("slider to new preview in Chromium, p95", percentile(seen, 95), "ms", 350, False, count),
        Figure("slider to new preview in Chromium, median", percentile(seen, 50), "ms"),
    ]


def _series(browser: Browser, address: str, label: str, first: float, by: float) -> tuple[list[float], list[float]]:
    """Milliseconds in Chromium and on the server for each of VALUES values of one slider."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    exchanges = listen(page)
    page.goto(address)
    thumb = page.get_by_role("slider", name=label, exact=True)
    picture = page.locator("figure:visible", has_text="After").locator("img.whole")
    thumb.wait_for(timeout=60_000)
    picture.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    handles = [thumb.element_handle(), picture.element_handle()]
    seen, served = [], []
    for turn in range(VALUES):
        exchanges.clear()
        seen.append(page.evaluate(SET_AND_AWAIT, [*handles, first + turn * by]))
        page.wait_for_timeout(200)  # until the server has ended its run
        served.append(exchanges.milliseconds)
    page.close()
    return seen[5:], served[5:]


def listen(page: Page) -> Exchanges:
    """Note each message on the page's connection to the server."""
    exchanges = Exchanges()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameSent", lambda frame: exchanges.sent.append(frame["timestamp"]))
    session.on("Network.webSocketFrameReceived", exchanges.note)
    return exchanges
