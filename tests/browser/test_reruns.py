"""Presses at the worst moment: while the page runs again, and in a run that is cut short."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.dashboard import Dashboard
from tests.browser.conftest import go, press, serve_again, wait_until


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The server of a page whose runs can be held."""
    with serve_again(tmp_path_factory.mktemp("held") / "workspace", program="tests/browser/held.py") as running:
        yield running


class Runs:
    """The runs of the page in one tab, by their numbers."""

    def __init__(self, page: Page, held: Dashboard):
        self.folder = held.workspace
        go(page, held)
        self.latest = self.count()

    def count(self) -> int:
        return len(list(self.folder.glob("run-*")))

    def hold(self, number: int) -> None:
        """Let a run to come wait before it draws anything."""
        (self.folder / f"hold-{number}").touch()

    def release(self, number: int) -> None:
        (self.folder / f"hold-{number}").unlink()

    def end(self, number: int) -> None:
        """Let a run to come be cut short before it draws anything."""
        (self.folder / f"ends-{number}").touch()

    def begun(self, number: int) -> None:
        """Wait until a run has begun."""
        wait_until(lambda: self.count() >= number)


@pytest.fixture
def runs(page: Page, held: Dashboard) -> Iterator[Runs]:
    yield Runs(page, held)
    for file in held.workspace.glob("*-[0-9]*"):
        file.unlink()


def test_a_press_counts_though_a_job_ends_in_its_run(page: Page, runs: Runs):
    runs.end(runs.latest + 1)
    press(page, "Count")
    expect(page.get_by_text("Counted 1")).to_be_visible()
    runs.begun(runs.latest + 2)


def test_a_press_counts_though_something_else_is_pressed_in_its_run(page: Page, runs: Runs):
    runs.hold(runs.latest + 1)
    press(page, "Count")
    runs.begun(runs.latest + 1)
    page.get_by_text("Something else").click()
    runs.release(runs.latest + 1)  # it goes on, and is cut short before it draws the button
    runs.begun(runs.latest + 2)
    expect(page.get_by_text("Counted 1")).to_be_visible()


def test_a_file_comes_while_the_page_runs_again_after_a_run_that_was_cut_short(page: Page, runs: Runs):
    first, second = runs.latest + 1, runs.latest + 2
    runs.hold(first)
    runs.hold(second)
    page.get_by_text("Something else").click()
    runs.begun(first)
    page.get_by_text("Something else").click()
    runs.release(first)
    runs.begun(second)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    assert Path(waiting.value.path()).read_bytes() == b"the content"
    runs.release(second)
