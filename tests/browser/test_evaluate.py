"""Evaluate as a person uses it: the number in a cell, its clips, one that plays, and the report, opened elsewhere."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.domain import Dataset, Evaluation, Item
from core.stages import video
from core.workflows import clips, datasets, evaluation
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, open_page, picture, press, settle, wait_until
from tests.conftest import moving_square
from tests.pages.test_evaluate import LABELS, clip_answers, trained

MISTAKES = {1: 2, 4: 2, 6: 1}


@pytest.fixture(scope="module")
def found(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """What the networks of a training said of nine made clips, evaluated in the server's workspace."""
    store, folder = Store(dashboard.workspace), tmp_path_factory.mktemp("moves")
    items = []
    for place in range(9):
        path = folder / f"{'abc'[place // 3]}_{place}.mp4"
        video.write(path, moving_square(24 + place))
        info = store.video(clips.add_video(store, path))
        label = LABELS[place % 3]
        items.append(Item(info.digest, f"{label}/{path.name}", info.duration_s, label=label))
    dataset = Dataset("Moves", LABELS, tuple(items), source="made")
    store.save_dataset(dataset, datasets.key(dataset))
    asked = evaluation.EvaluationQuestion("Moves", "run", trained(store, dataset, clip_answers(dataset, MISTAKES)))
    evaluation.evaluate(store, asked)
    return evaluation.read(store, evaluation.question_key(store, asked))


def matrix_of(page: Page) -> Locator:
    return page.locator(".js-plotly-plot", has_text="predicted class")


def click_cell(page: Page, row: int, column: int) -> None:
    """Click a cell of the confusion matrix of three classes."""
    area = matrix_of(page).locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * (column + 0.5) / 3, box["y"] + box["height"] * (row + 0.5) / 3)


def test_each_cell_lists_its_clips_and_one_of_them_plays(page: Page, dashboard: Dashboard, found: Evaluation):
    go(page, dashboard, "/evaluate")
    expect(matrix_of(page)).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "evaluate-light-1440")
    for (row, column), count in np.ndenumerate(found.card.confusion):
        if not count:
            continue
        click_cell(page, row, column)
        truth, said = LABELS[row], LABELS[column]
        told = f"“{truth}” correctly classified" if row == column else f"“{truth}” predicted as “{said}”"
        expect(page.locator(".k-chosen")).to_have_text(told)
        expect(page.locator(".gallery .card")).to_have_count(int(count))
        page.wait_for_timeout(400)  # two clicks in a row would be a double click
    click_cell(page, 1, 2)
    expect(page.locator(".k-chosen")).to_have_text("“run” predicted as “walk”")
    page.locator(".gallery .card").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".names span")).to_have_text(["truth", "predicted", "differs"])
    expect(dialog.locator(".segment", has_text="walk, not run")).to_be_visible()
    wait_until(lambda: dialog.locator("video").evaluate("video => video.currentTime > 0"))
    page.wait_for_timeout(300)
    picture(page, "evaluate-watch")
    dialog.get_by_role("button", name="Next Shortcut N").click()
    expect(dialog.get_by_text("2 of 2")).to_be_visible()


def test_the_report_opens_where_there_is_no_network(
    page: Page, browser: Browser, dashboard: Dashboard, found: Evaluation, tmp_path: Path
):
    go(page, dashboard, "/evaluate")
    page.get_by_test_id("stMain").get_by_text("Report", exact=True).click()
    settle(page)
    press(page, "Create report")
    link = page.get_by_role("link", name=re.compile("^Download report"))
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    with page.expect_download() as download:
        link.click()
    path = tmp_path / download.value.suggested_filename
    assert path.suffix == ".html"
    download.value.save_as(path)
    with open_page(browser) as other:
        asked: list[str] = []
        other.on("request", lambda request: asked.append(request.url))
        other.goto(path.as_uri())
        expect(other.get_by_role("heading", level=1)).to_contain_text("Try 1")
        expect(other.locator(".js-plotly-plot").first).to_be_visible()
        assert not [url for url in asked if re.match("https?:", url)]
        picture(other, "evaluate-report")
