"""What a newcomer without data does: make the sample set, split it, train on it, stop, go on, save, use the model."""

import re

import numpy as np
from playwright.sync_api import Browser, Page, expect

from core.base.settings import current
from core.domain import Features
from core.workflows import experiments, predictions, training
from core.workflows.datasets import importer
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, open_page, overflow_px, picture, press, settle, turn_to

CNN = "i3d-kinetics400"
LOOKS = (("dark", 420),)  # scheme, width


def look_at_all(store: Store) -> None:
    """Features for the sample set in which each class has a channel of its own.

    The CNN itself is tested elsewhere; here it would take a minute.
    """
    made = store.dataset(importer.MADE_NAME)
    for place, item in enumerate(made.items):
        values = np.random.default_rng(place).normal(0, 0.3, (16, 64)).astype(np.float32)
        values[:, made.labels.index(item.label)] += 2
        found = Features(0.08 + 0.16 * np.arange(16.0), values, (0.0, item.duration_s))
        for seen in experiments.LIGHTENED:
            key = predictions.features_key(item.video, training.view(seen, CNN), CNN, current().engine)
            store.write(key, found, kind="features", video=item.video)


def view(page: Page, name: str) -> None:
    """Turn to a part of a page."""
    page.get_by_role("radio", name=name, exact=True).click()
    settle(page)


def make_the_sample_set(page: Page, dashboard: Dashboard) -> None:
    go(page, dashboard, "/datasets")
    expect(page.get_by_text("No datasets yet")).to_be_visible()
    small = page.get_by_text("24 clips, for a quick look")
    expect(small).to_be_visible()
    picture(page, "datasets-empty")
    small.click()
    settle(page)
    press(page, "Create the sample dataset")
    expect(page.get_by_text("All classes have the same number of examples")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "datasets-classes")


def split_by_group(page: Page) -> None:
    view(page, "Groups and split")
    expect(page.get_by_text(re.compile(r"4 groups")).first).to_be_visible()
    page.get_by_role("spinbutton", name="Folds").fill("2")
    page.get_by_role("spinbutton", name="Folds").press("Enter")
    settle(page)
    press(page, "Use this split")
    expect(page.get_by_text("This is the current split of the dataset")).to_be_visible()
    picture(page, "datasets-split")


def train(page: Page) -> None:
    """On the small dial, stopped once there is a curve, and then to the end."""
    turn_to(page, "Train")
    press(page, "Compute features")
    expect(page.get_by_text("Features of all 24 clips")).to_be_visible()
    view(page, "Small")
    picture(page, "train-new")
    press(page, "Train")
    expect(page.get_by_text(re.compile(r"Fold \d of 2: epoch \d+"))).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".js-plotly-plot").nth(1)).to_be_visible()
    press(page, "Cancel")
    expect(page.get_by_text("The best network so far was kept")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "train-stopped")
    press(page, "Resume")
    expect(page.get_by_text(re.compile(r"linear probe, which ignores the order"))).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "train-done")


def use_it(page: Page) -> None:
    """Save the network as a model, and find the actions of a clip with it."""
    name = page.get_by_role("textbox", name="Model name")
    name.fill("Movements of a light")
    name.press("Enter")
    settle(page)
    press(page, "Save as model")
    expect(page.get_by_text("Saved as the model Movements of a light")).to_be_visible()
    view(page, "Models")
    picture(page, "train-models")
    press(page, "Use on a clip")
    expect(page.get_by_role("heading", name="Timeline", level=1)).to_be_visible()
    settle(page)
    press(page, "Analyse the clip")
    expect(page.locator(".k-headline b").first).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "timeline-own-model")


def look_dark_and_narrow(browser: Browser, dashboard: Dashboard) -> None:
    """The two pages with a set and a training, on a telephone at night: nothing may be cut off."""
    for scheme, width in LOOKS:
        with open_page(browser, width=width, scheme=scheme) as page:
            for name, heading in (("datasets", "Examples per class"), ("train", "Network")):
                go(page, dashboard, f"/{name}")
                expect(page.get_by_text(heading, exact=True).first).to_be_visible()
                settle(page)
                picture(page, f"{name}-{scheme}-{width}")
                assert overflow_px(page) <= 0, f"{name} is wider than its window"


def test_a_newcomer_trains_on_the_sample_set_and_uses_the_model(page: Page, browser: Browser, apart: Dashboard):
    store = Store(apart.workspace)
    make_the_sample_set(page, apart)
    look_at_all(store)
    split_by_group(page)
    train(page)
    (record,) = training.all_runs(store).values()
    assert record.state == "done" and record.scores["accuracy"] >= 0.9
    look_dark_and_narrow(browser, apart)
    use_it(page)
    said = page.locator(".k-headline b").first.inner_text()
    assert said in store.dataset(importer.MADE_NAME).labels
