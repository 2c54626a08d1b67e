"""Take the pictures of the README from the running program, with the sample clip and the made set: ours to show."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from core.base.settings import current
from core.domain import ClipRecipe, Grouping, Recipe
from core.stages.preprocessing.geometry import Crop, Rotate
from core.stages.preprocessing.sampling import Trim
from core.workflows import clips, datasets, evaluation, predictions, training
from core.workflows.datasets import importer
from core.workspace.store import Store
from scripts.dashboard import ROOT, chromium, serve

PICTURES = ROOT / "docs" / "pictures"
CNN = "efficientnet-lite0"  # sees single pictures, so that the network has something to do
WINDOW = ViewportSize(width=1440, height=900)


def main() -> None:
    """Write one PNG for each page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        store = Store(workspace)
        digest = clips.add_sample(store)
        predictions.predict(store, digest, Recipe(), "kinetics400", current().engine)
        evaluated(store)
        with serve(workspace) as dashboard, chromium() as browser:
            page = browser.new_page(viewport=WINDOW)
            clip = f"?video={digest[:16]}&t=3&model=kinetics400"
            take(page, f"{dashboard.url}/timeline{clip}", "timeline", ".player[data-settled=yes]")
            steps = (Trim(), Crop(across_pct=(15.0, 85.0), down_pct=(10.0, 90.0)), Rotate(angle_deg=6.0))
            store.keep_clip_recipe(digest, ClipRecipe(Recipe(steps)))
            take(page, f"{dashboard.url}/prepare{clip}", "prepare", ".compare img")
            take(page, f"{dashboard.url}/evaluate", "evaluate", ".js-plotly-plot >> text=predicted class")


def evaluated(store: Store) -> None:
    """Draw a made set, train on it and evaluate the training: a few minutes."""
    importer.make_set(store, groups=10, takes=1)
    dataset, engine, recipe = store.dataset(importer.MADE_NAME), current().engine, training.view("whole", CNN)
    training.gather(store, dataset.name, recipe, CNN, engine)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=5)
    key = training.plan(
        store, dataset, split, backbone=CNN, engine=engine, recipe=recipe, options=training.DIALS["small"],
        name="A first try",
    )  # fmt: skip
    training.train(store, key)
    evaluation.evaluate(store, evaluation.EvaluationQuestion(dataset.name, "run", key))


def take(page: Page, address: str, name: str, awaited: str) -> None:
    """Open a page, wait for its last part, and keep a picture of all of it."""
    page.goto(address)
    page.locator(awaited).first.wait_for(timeout=60_000)
    for video in page.locator(".player video").all():
        video.evaluate("video => video.readyState >= 2 || new Promise(ready => video.oncanplay = ready)")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    tall = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": WINDOW["width"], "height": tall})
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
    page.set_viewport_size(WINDOW)
    print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
