"""Search in two languages and land on the moment; name labels in words and see them over time."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.base import settings
from core.domain import Prediction, Recipe
from core.workflows import clips, models, predictions
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, picture, press, settle, turn_to, wait_until
from tests.browser.test_newcomer import downloaded
from tests.workflows.test_search import KINETICS

STEP_S = 0.1
TALK = """1
00:00:00,200 --> 00:00:00,900
我们用卡尔曼滤波

2
00:00:01,200 --> 00:00:01,900
<i>Anna Kowalska</i> dances
""".encode()


@pytest.fixture(scope="module")
def danced(dashboard: Dashboard, square_clip: Path) -> str:
    """A clip of two seconds in the running server's library, as if a network saw yoga and then tap dancing in it."""
    store = Store(dashboard.workspace)
    digest = clips.add_video(store, square_clip)
    card = models.ModelLibrary.of(settings.current()).cards()["kinetics400"]
    key = predictions.prediction_key(store, digest, Recipe(), card, settings.current().engine)
    scores = np.full((20, 400), 0.1 / 399, np.float32)
    for step in range(20):
        scores[step, KINETICS.index("yoga" if step < 10 else "tap dancing")] = 0.9
    told = Prediction((np.arange(20) + 0.5) * STEP_S, scores, KINETICS, card.name, (0.0, 2.0))
    store.write(key, told, kind="prediction", video=digest)
    return digest


def landed(dialog: Locator, start_s: float) -> None:
    """Wait until the player stands at a moment, or plays on from there."""
    video = dialog.locator("video")
    video.wait_for(state="attached", timeout=PATIENCE_MS)
    wait_until(lambda: start_s - 0.05 <= video.evaluate("video => video.currentTime") < start_s + 1.05)


def test_a_search_in_two_languages_lands_on_the_moment(page: Page, dashboard: Dashboard, danced: str):
    go(page, dashboard, "/search?q=somebody+is+tap+dancing")
    card = page.get_by_role("button", name="Play square.mp4, 0:01.0 to 0:02.0: tap dancing 0.90")
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    box = page.get_by_role("textbox", name="Query")
    expect(box).to_have_value("somebody is tap dancing")
    box.fill("有人在做瑜伽")
    box.press("Enter")
    card = page.get_by_role("button", name="Play square.mp4, 0:00.0 to 0:01.0: yoga 0.90")
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    assert "q=%E6%9C%89" in page.url
    picture(page, "search")
    box.fill("tap dancing")
    box.press("Enter")
    page.get_by_role("button", name="Play square.mp4, 0:01.0").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("tap dancing 0.90")).to_be_visible()
    landed(dialog, 1.0)
    settle(page)
    picture(page, "search-watch")
    press(page, "Open in Timeline")
    expect(page.get_by_role("heading", name="Timeline", level=1)).to_be_visible()
    settle(page)
    assert "t=1" in page.url


def test_labels_in_words_appear_on_the_timeline(page: Page, dashboard: Dashboard, danced: str):
    go(page, dashboard, f"/timeline?video={danced[:16]}&model=in-words")
    page.get_by_role("textbox", name="Labels").fill("做瑜伽\neine Stepptänzerin\na fisherman")
    press(page, "Find labels")
    headline = page.locator(".k-headline")
    expect(headline).to_contain_text("做瑜伽 for 1.0 s", timeout=PATIENCE_MS)
    expect(headline).to_contain_text("eine Stepptänzerin for 1.0 s")
    expect(page.locator(".k-carried")).to_contain_text("tap dancing")
    expect(page.locator(".k-carried")).to_contain_text("not seen in this clip")
    picture(page, "labels-in-words")
    page.get_by_role("tab", name="Report").click()
    for title, told in (("Plain text", "做瑜伽: once, from 0:00.0, for 1.0 s"), ("WebVTT chapters", "\n做瑜伽, ")):
        content = downloaded(page, title).decode()
        assert told in content and "a fisherman" not in content and "none of these" not in content


def test_a_line_of_an_added_file_is_found_where_it_is_said(page: Page, dashboard: Dashboard, danced: str):
    go(page, dashboard, f"/timeline?video={danced[:16]}&model=kinetics400")
    page.get_by_text("Add text", exact=True).click()
    page.locator("input[type=file]").set_input_files({"name": "talk.srt", "mimeType": "text/plain", "buffer": TALK})
    expect(page.get_by_text("Subtitles, 2 lines")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("tab", name="Subtitles")).to_be_visible()
    turn_to(page, "Search")
    for query, name in (("卡尔曼", "0:00.2 to 0:00.9"), ("Kowalska", "0:01.2 to 0:01.9")):
        box = page.get_by_role("textbox", name="Query")
        box.fill(query)
        box.press("Enter")
        expect(page.get_by_role("button", name=f"Play square.mp4, {name}: said:")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("button", name="Play square.mp4").first).to_contain_text(query)
    settle(page)
    picture(page, "search-said")
    page.get_by_role("button", name="Play square.mp4, 0:01.2").click()
    landed(page.get_by_role("dialog"), 1.2)
