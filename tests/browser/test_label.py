"""The Label page as a person uses it: fix three segments by keyboard, undo one, export, import back unchanged."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core import pipeline
from core.domain import Document, Segment
from core.labelling import journal
from core.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import go, open_page, picture, press, settle, wait_until
from tests.browser.test_newcomer import downloaded
from tests.browser.test_pictures import overflow_px

LABELS = ("walk", "run", "jump", "sit")
DRAWN = Document(
    LABELS,
    tuple(Segment(2.0 * at, 2.0 * at + 2, label) for at, label in enumerate(("walk", "run", "run", "walk", "jump"))),
    ((0.0, 12.0),),
    "actions",
    "Ann",
)


@pytest.fixture
def digest(dashboard: Dashboard, sample_path: Path) -> str:
    """The sample clip in the library, with a track of five segments."""
    store = Store(dashboard.workspace)
    digest = pipeline.add_video(store, sample_path)
    for one in store.tracks(digest):
        store.drop_track(one)
    journal.begin(store, digest, DRAWN)
    return digest


def labels_of(dashboard: Dashboard, digest: str, place: int = 0) -> list[tuple[float, float, str]]:
    """What is on the disk, as another process reads it."""
    track = journal.tracks(Store(dashboard.workspace), digest)[place]
    return [(round(one.start_s, 3), round(one.stop_s, 3), one.label) for one in track.document.segments]


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def test_three_segments_are_fixed_by_keyboard_one_undone_and_all_comes_back_from_files(
    page: Page, dashboard: Dashboard, digest: str, tmp_path: Path
):
    go(page, dashboard, f"/label?video={digest[:16]}&t=1")
    page.locator(".player[data-settled=yes]").wait_for()
    page.locator(".player").focus()
    keys(page, ".")  # to where the second one begins
    keys(page, "3")
    wait_until(lambda: labels_of(dashboard, digest)[1][2] == "jump")
    keys(page, ".", "4")
    wait_until(lambda: labels_of(dashboard, digest)[2][2] == "sit")
    keys(page, ".", "Delete")
    wait_until(lambda: len(labels_of(dashboard, digest)) == 4)
    keys(page, "Control+z")
    wait_until(lambda: len(labels_of(dashboard, digest)) == 5)
    expect(page.get_by_text("4 edits")).to_be_visible()
    now = [(2.0 * at, 2.0 * at + 2, label) for at, label in enumerate(("walk", "jump", "sit", "walk", "jump"))]
    assert labels_of(dashboard, digest) == now
    picture(page, "label")

    page.get_by_test_id("stButtonGroup").get_by_text("Files", exact=True).click()
    for name, suffix in (("ELAN: tiers of annotations", ".eaf"), ("BORIS: tabular events", ".csv")):
        choose_format(page, name)
        path = tmp_path / f"labels{suffix}"
        path.write_bytes(downloaded(page, f"Download {name}"))
        page.locator("input[type=file]").first.set_input_files(path)
        press(page, "Take in 1 track")
        settle(page)
    wait_until(lambda: len(Store(dashboard.workspace).tracks(digest)) == 3)
    assert labels_of(dashboard, digest, 1) == labels_of(dashboard, digest, 2) == now


def choose_format(page: Page, name: str) -> None:
    box = page.get_by_role("combobox", name="Format").first
    box.click()
    box.fill(name.split(":")[0])
    page.get_by_role("option").filter(has_text=name).first.click()
    settle(page)
    expect(page.get_by_role("button", name=f"Download {name}")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (420, "light")])
def test_the_page_stands_in_narrow_and_dark_windows(
    browser: Browser, dashboard: Dashboard, digest: str, width: int, scheme: str
):
    with open_page(browser, width=width, scheme=scheme) as page:
        go(page, dashboard, f"/label?video={digest[:16]}&t=3")
        page.locator(".player[data-settled=yes]").wait_for()
        for view in ("Draft", "Compare", "Learn", "Files", "Video"):
            page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
            settle(page)
            assert overflow_px(page) <= 0, f"{view} is wider than its window"
        picture(page, f"label-{scheme}-{width}")
