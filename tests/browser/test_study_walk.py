"""A study as a new user makes it: recordings, own training, one batch, groups, corrections, and files to take along."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from playwright.sync_api import Page, expect

from core.__main__ import main
from core.base import settings
from core.domain import DrawnTrack, Frame
from core.stages import video
from core.workflows.annotation import journal
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, picture, press, settle, turn_to, wait_until
from tests.browser.test_newcomer import downloaded

LEARNED = ("daria", "denis", "eli", "ido")
HELD_OUT = ("ira", "lena", "lyova", "moshe", "shahar")
ACTIONS = ("bend", "jack", "walk", "wave2")
BOUT, RATE_HZ = 40, 25  # frames
MODEL = "Four actions"
TABLES = ("segments.csv", "budget.csv", "transitions.csv")

pytestmark = pytest.mark.training


@pytest.fixture
def recordings(shared_data: Path, tmp_path: Path) -> Path:
    """Nine recordings of four actions each, labels for each frame of four of them, and a table about all."""
    streams = shared_data / "weizmann-streams"
    (tmp_path / "labels" / "groundTruth").mkdir(parents=True)
    (tmp_path / "videos").mkdir()
    for person in LEARNED + HELD_OUT:
        labels = (streams / "groundTruth" / f"{person}.txt").read_text().split()
        kept = middles(labels)
        frames = video.read(video.probe(streams / "videos" / f"{person}.mp4", "ab"))
        chosen = [frame.image for frame in frames if frame.index in kept]
        moments = (Frame(index, index / RATE_HZ, image) for index, image in enumerate(chosen))
        video.write(tmp_path / "videos" / f"{person}.mp4", moments)
        if person in LEARNED:
            lines = "\n".join(labels[index] for index in sorted(kept))
            (tmp_path / "labels" / "groundTruth" / f"{person}.txt").write_text(f"{lines}\n")
    rows = [(f"{person}.mp4", person, "AB"[at % 2], at // 3 + 1) for at, person in enumerate(LEARNED + HELD_OUT)]
    with (tmp_path / "about.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("clip", "person", "group", "day"), *rows])
    return tmp_path


def middles(labels: list[str]) -> set[int]:
    """The frames in the middle of the bout of each of the actions."""
    kept = set()
    for action in ACTIONS:
        first = labels.index(action) + (labels.count(action) - BOUT) // 2
        kept.update(range(first, first + BOUT))
    return kept


def type_in(page: Page, name: str, text: str, role: str = "textbox") -> None:
    box = page.get_by_role(role, name=name, exact=True)  # pyright: ignore[reportArgumentType]
    box.fill(text)
    box.press("Enter")
    settle(page)


def pick(page: Page, box: str, option: str) -> None:
    page.get_by_role("combobox", name=box, exact=True).click()
    page.get_by_role("option", name=option).first.click()
    settle(page)


def view(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()
    settle(page)


def add_recordings(page: Page, dashboard: Dashboard, recordings: Path) -> None:
    go(page, dashboard)
    type_in(page, "Path or address", str(recordings / "videos"))
    expect(page.get_by_text("shahar.mp4").first).to_be_visible(timeout=PATIENCE_MS)
    wait_until(lambda: len(Store(dashboard.workspace).digests()) == 9)
    settle(page)
    view(page, "Table")
    page.get_by_text("Metadata", exact=True).first.click()
    expect(page.get_by_role("tab", name="From a CSV file")).to_be_visible()
    settle(page)
    page.locator("input[type=file]").last.set_input_files(recordings / "about.csv")
    press(page, "Add to 9 clips")
    wait_until(lambda: len(Store(dashboard.workspace).metadata()) == 9)
    settle(page)
    picture(page, "walk-library")


def train(page: Page, dashboard: Dashboard, recordings: Path) -> str:
    """Import the labels of four recordings and train on them; gives the name of the model."""
    turn_to(page, "Datasets")
    pick(page, "Layout", "A label for each frame")
    type_in(page, "Or enter a path on this machine", str(recordings / "labels"))
    type_in(page, "Folder of the clips, if different", str(recordings / "videos"))
    press(page, "Check dataset")
    expect(page.get_by_text("4 clips in 4 classes can be used")).to_be_visible(timeout=PATIENCE_MS)
    press(page, "Import dataset")
    expect(page.get_by_text("All classes have the same number of examples")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    view(page, "Groups and split")
    type_in(page, "Folds", "2", "spinbutton")
    press(page, "Use this split")
    expect(page.get_by_text("This is the current split of the dataset")).to_be_visible()
    turn_to(page, "Train")
    pick(page, "CNN", "EfficientNet")
    press(page, "Compute features")
    expect(page.get_by_text("Features of all 4 clips")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    view(page, "Small")
    press(page, "Train")
    page.get_by_role("textbox", name="Model name").wait_for(timeout=PATIENCE_MS)
    settle(page)
    type_in(page, "Model name", MODEL)
    press(page, "Save as model")
    expect(page.get_by_text(f"Saved as the model {MODEL}")).to_be_visible()
    return "four-actions"


def analyse(page: Page) -> None:
    turn_to(page, "Batch")
    pick(page, "Model", MODEL)
    press(page, "Analyse 9 clips")
    page.get_by_role("button", name=re.compile("Open Study$")).wait_for(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "walk-batch")
    press(page, "Open Study")
    expect(page.get_by_role("heading", name="Study", level=1)).to_be_visible()
    settle(page)


def compare(page: Page) -> None:
    """Groups of the five persons that the model did not learn from; the other four are shown as learned from."""
    pick(page, "Labels", MODEL)
    pick(page, "Group by", "group")
    pick(page, "Subject", "person")
    expect(page.get_by_text("The model was trained on 4 clips of these")).to_be_visible(timeout=PATIENCE_MS)
    view(page, "Group comparison")
    expect(page.get_by_text("Include 4 clips that the model was trained on")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    picture(page, "walk-groups")


def files_of(page: Page) -> zipfile.ZipFile:
    """The tables of the study that is shown."""
    view(page, "Files")
    page.get_by_role("button", name="Create files").wait_for(timeout=PATIENCE_MS)
    press(page, "Create files")
    download = page.get_by_role("link", name=re.compile("Download all"))
    download.wait_for(timeout=PATIENCE_MS)
    settle(page)
    with page.expect_download() as waiting:
        download.click()
    return zipfile.ZipFile(Path(waiting.value.path()))


def correct(page: Page, dashboard: Dashboard) -> list[str]:
    """The second and the third bout of a held-out recording get other labels; gives the labels of all bouts of it."""
    store = Store(dashboard.workspace)
    (digest,) = (row.digest for row in store.clip_rows() if row.name == "lena.mp4")
    go(page, dashboard, f"/timeline?video={digest[:16]}&model=four-actions")
    press(page, "Correct on Label")
    expect(page.get_by_role("heading", name="Label", level=1)).to_be_visible()
    page.locator(".player[data-settled=yes]").wait_for()
    settle(page)
    press(page, "Accept all remaining")
    expect(page.get_by_text("The whole clip has been reviewed")).to_be_visible()

    def document() -> DrawnTrack:
        (track,) = journal.tracks(Store(dashboard.workspace), digest)
        return track.document

    before = document()
    page.locator(".player").focus()
    page.keyboard.press("Home")
    page.locator(".player[data-settled=yes][data-frame='0']").wait_for()
    for place in (1, 2):
        start = str(round(25 * before.segments[place].start_s))
        while page.locator(".player").get_attribute("data-frame") != start:
            page.locator(".player[data-settled=yes]").wait_for()
            page.keyboard.press(".")
        page.locator(f".player[data-settled=yes][data-frame='{start}']").wait_for()
        near = {segment.label for segment in document().segments[place - 1 : place + 2]}
        label = next(label for label in before.labels if label not in near)
        page.keyboard.press(str(before.labels.index(label) + 1))
        wait_until(lambda place=place, label=label: document().segments[place].label == label)
    picture(page, "walk-corrected")
    return [segment.label for segment in document().segments]


@pytest.fixture
def study(
    apart: Dashboard, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Callable[..., dict[str, pd.DataFrame]]]:
    """Run the command line on the workspace of the dashboard; gives the tables that it writes."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(apart.workspace))
    settings.current.cache_clear()

    def run(*options: str | Path, output: Path) -> dict[str, pd.DataFrame]:
        assert main(["study", *map(str, options), "--output", str(output)]) == 0
        return {path.name: pd.read_csv(path) for path in output.glob("*.csv")}

    yield run
    settings.current.cache_clear()


def table(box: zipfile.ZipFile, name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(box.read(name)))


def test_nine_recordings_become_a_study(
    page: Page, apart: Dashboard, recordings: Path, study: Callable[..., dict[str, pd.DataFrame]]
):
    add_recordings(page, apart, recordings)
    model = train(page, apart, recordings)
    analyse(page)
    compare(page)
    box = files_of(page)
    of_table = ("--metadata", recordings / "about.csv", "--group", "group", "--subject", "person")
    by_model = ("--model", model, *of_table)
    own = study(recordings / "videos", *by_model, output=recordings / "all")
    for name in TABLES:
        assert_frame_equal(table(box, name), own[name], check_like=True, rtol=1e-6)
    five = [recordings / "videos" / f"{person}.mp4" for person in HELD_OUT]
    compared = study(*five, *by_model, output=recordings / "five")
    assert_frame_equal(table(box, "groups.csv"), compared["groups.csv"])

    labels = correct(page, apart)
    turn_to(page, "Study")
    pick(page, "Labels", f"{MODEL}, with corrections")
    expect(page.locator(".raster canvas")).to_be_visible(timeout=PATIENCE_MS)
    box = files_of(page)
    corrected, before = table(box, "segments.csv"), own["segments.csv"]
    assert list(corrected[corrected["clip"] == "lena.mp4"]["label"]) == labels
    others = [segments[segments["clip"] != "lena.mp4"].reset_index(drop=True) for segments in (corrected, before)]
    columns = ["clip", "label", "start_s", "stop_s"]
    assert_frame_equal(others[0][columns], others[1][columns], rtol=1e-6)
    (recordings / "segments.csv").write_bytes(box.read("segments.csv"))
    drawn = ("--tracks", recordings / "segments.csv", *of_table)
    again = study(recordings / "videos", *drawn, output=recordings / "tidy")
    assert_frame_equal(table(box, "budget.csv"), again["budget.csv"], check_like=True, rtol=1e-6)
    assert b"<svg" in downloaded(page, "Ethogram, SVG")
    picture(page, "walk-files")
