"""What stands in the first screen of 1440 x 900 px, without scrolling."""

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect

from core.base.settings import current
from core.domain import DrawnTrack, Prediction, Recipe, Segment, VideoInfo
from core.stages.preprocessing.geometry import Rotate
from core.workflows import clips, models, predictions
from core.workflows.annotation import journal
from core.workspace.store import Store
from scripts import marked
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, assert_stands, go, open_page, settle

LABELS = ("juggling balls", "surfing water", "yoga", "abseiling", "air drumming")


@pytest.fixture(scope="module")
def clip(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    """A clip that nothing was made of."""
    store = Store(dashboard.workspace)
    path = marked.make(tmp_path_factory.mktemp("clips") / "first screen.mp4", "25", 250)
    return store.video(clips.add_video(store, path))


def stand_in(store: Store, clip: VideoInfo, recipe: Recipe) -> None:
    """As if kinetics400 saw each of the labels for two seconds."""
    card, _ = models.ModelLibrary.of(store).get("kinetics400")
    scores = np.full((20, len(card.labels)), 0.1 / (len(card.labels) - 1), np.float32)
    scores[np.arange(20), [card.labels.index(label) for label in LABELS for _ in range(4)]] = 0.9
    prediction = Prediction(0.25 + 0.5 * np.arange(20), scores, card.labels, card.name, (0.0, clip.duration_s))
    key = predictions.prediction_key(store, clip.digest, recipe, card, current().engine)
    store.write(key, prediction, kind="prediction", video=clip.digest)


def assert_in_first_screen(part: Locator) -> None:
    box = part.bounding_box()
    assert box, "it is not drawn"
    assert box["y"] >= 0 and box["y"] + box["height"] <= 900, box
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1440, box


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_clip_lanes_and_buttons_stand_in_the_first_screen(
    browser: Browser, dashboard: Dashboard, clip: VideoInfo, scheme: str
):
    store = Store(dashboard.workspace)
    with open_page(browser, scheme=scheme) as page:
        if scheme == "light":
            go(page, dashboard, f"/timeline?video={clip.digest[:16]}")
            assert_in_first_screen(page.get_by_role("button", name="Analyse the clip"))
            assert_in_first_screen(page.locator(".player"))
            stand_in(store, clip, Recipe((Rotate(angle_deg=5.0),)))
            stand_in(store, clip, Recipe())
            drawn = tuple(Segment(2.0 * at, 2.0 * at + 2, label) for at, label in enumerate(LABELS[:4]))
            many = (*LABELS, *(f"further label {number}" for number in range(20)))
            journal.begin(store, clip.digest, DrawnTrack(many, drawn, ((0.0, 8.0),), "actions", "Ann"))
        for path in ("timeline", "label"):
            go(page, dashboard, f"/{path}?video={clip.digest[:16]}&t=3")
            player = page.locator(".player[data-settled=yes]")
            player.wait_for()
            settle(page)
            assert_in_first_screen(player)
            if path == "timeline":
                expect(page.get_by_role("combobox", name="Result, 2 in total")).to_be_visible()
            assert player.bounding_box()["width"] > 1200, "over the full width"  # type: ignore[index]
            assert player.locator("video").bounding_box()["height"] >= 260  # type: ignore[index]
        assert_in_first_screen(player.locator(".chips"))


def test_the_pictures_of_prepare_stand_side_by_side_in_the_first_screen(
    browser: Browser, dashboard: Dashboard, clip: VideoInfo
):
    with open_page(browser) as page:
        go(page, dashboard, f"/prepare?video={clip.digest[:16]}&t=3")
        before, after = page.locator(".crop .picture"), page.locator(".compare .picture:visible")
        for part in (before, after, page.get_by_role("slider", name="Angle")):
            expect(part).to_be_visible(timeout=PATIENCE_MS)
            assert_in_first_screen(part)
        left, right = before.bounding_box(), after.bounding_box()
        assert left["x"] + left["width"] < right["x"] and abs(left["y"] - right["y"]) < 20  # type: ignore[index]


def test_nothing_is_cut_off_in_narrower_windows(browser: Browser, dashboard: Dashboard, clip: VideoInfo):
    with open_page(browser, width=1024) as page:
        for path in ("", "prepare", "timeline", "label"):
            go(page, dashboard, f"/{path}?video={clip.digest[:16]}")
            assert_stands(page, f"{path or 'library'}-light", (1024, 420))
