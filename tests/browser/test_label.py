"""The Label page as a person uses it: watch, accept, fix by keyboard, undo, export and import, retrain, make a film."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.base.settings import current
from core.domain import DrawnTrack, Features, Grouping, Prediction, Recipe, Segment, VideoInfo
from core.stages import video
from core.workflows import clips, datasets, models, predictions, training
from core.workflows.annotation import edits, journal, retraining, scheme
from core.workflows.training.options import Options
from core.workspace.store import Store
from scripts import marked
from scripts.dashboard import Dashboard
from tests.browser.conftest import (
    PATIENCE_MS,
    assert_stands,
    go,
    open_page,
    picture,
    press,
    settle,
    turn_to,
    wait_until,
)
from tests.browser.test_newcomer import downloaded

LABELS = ("walk", "run", "jump", "sit")
SAID = ("bend", "run", "walk", "jump", "skip")  # what the model drafts, two seconds each
CNN, FRAMES = "efficientnet-lite0", 250
OPTIONS = Options(units=8, epochs=12, patience=10, dropout=0.0, learning_rate=0.02, batch_size=12, stretch=0.0)
DRAWN = DrawnTrack(
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
    digest = clips.add_video(store, sample_path)
    for one in store.tracks(digest):
        store.drop_track(one)
    journal.begin(store, digest, DRAWN)
    return digest


def test_tabs_on_one_track_see_each_others_edits_and_a_drag_is_not_disturbed(
    browser: Browser, dashboard: Dashboard, digest: str
):
    store = Store(dashboard.workspace)
    (track,) = store.tracks(digest)
    with open_page(browser) as first, open_page(browser) as second:
        for page in (first, second):
            go(page, dashboard, f"/label?video={digest[:16]}")
            page.locator(".player[data-settled=yes]").wait_for()
        walks = [page.locator(".player button.segment[title^='walk, 0:00.0 to']") for page in (first, second)]
        expect(walks[0]).to_have_count(1)
        first.bring_to_front()
        lane = first.locator(".player .lane").bounding_box()
        assert lane, "there is no lane"
        at = lambda time_s: (lane["x"] + lane["width"] * time_s / 12, lane["y"] + 12)  # noqa: E731
        first.mouse.move(*at(10.5))
        first.mouse.down()
        first.mouse.move(*at(11.0), steps=3)
        journal.edit(store, track, "delete", lambda document: edits.delete(document, 1.0))
        expect(walks[1]).to_have_count(0)
        first.mouse.move(*at(11.5), steps=3)
        first.mouse.up()
        expect(walks[0]).to_have_count(0)
        expect(second.locator(".player button.segment[title*='to 0:11.5']")).to_have_count(1)
        assert [label for *_, label in labels_of(dashboard, digest)][:4] == ["run", "run", "walk", "jump"]
        assert len(labels_of(dashboard, digest)) == 5


def test_points_are_set_by_their_key_moved_by_the_mouse_and_undone_after_a_reload(
    page: Page, dashboard: Dashboard, digest: str
):
    store = Store(dashboard.workspace)
    (track,) = store.tracks(digest)
    scheme.add(store, ["bite"])
    scheme.change_kind(store, "bite", "point")
    times_s = store.video(digest).times_s
    points = lambda: [(point.time_s, point.label) for point in journal.read(store, track).document.points]  # noqa: E731
    go(page, dashboard, f"/label?video={digest[:16]}")
    key = page.locator(".player .chip", has_text="bite").locator("kbd").inner_text()
    page.locator(".player[data-settled=yes]").focus()
    for name, frame in (("Home", 0), ("End", len(times_s) - 1)):
        page.keyboard.press(name)
        expect(page.locator(".player[data-settled=yes]")).to_have_attribute("data-frame", str(frame))
        page.keyboard.press(key)
        wait_until(lambda frame=frame: (times_s[frame], "bite") in points())
    assert labels_of(dashboard, digest) == [(one.start_s, one.stop_s, one.label) for one in DRAWN.segments]
    diamond = page.get_by_role("button", name="Select bite, at 0:00.00")
    box = diamond.bounding_box()
    assert box, "it is not drawn"
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"], steps=3)
    page.mouse.up()
    wait_until(lambda: (0.0, "bite") not in points())
    assert len(points()) == 2 and points()[0][0] in times_s
    page.reload()
    page.locator(".player[data-settled=yes]").focus()
    page.keyboard.press("Control+Z")
    wait_until(lambda: points() == [(0.0, "bite"), (times_s[-1], "bite")])
    picture(page, "label-points")


def labels_of(dashboard: Dashboard, digest: str, place: int = 0) -> list[tuple[float, float, str]]:
    """What is on the disk, as another process reads it."""
    track = journal.tracks(Store(dashboard.workspace), digest)[place]
    return [(round(one.start_s, 3), round(one.stop_s, 3), one.label) for one in track.document.segments]


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


@pytest.fixture
def begun(apart: Dashboard, tmp_path: Path) -> str:
    """A clip whose frames carry their numbers, what a model says of it, and a set of six other clips.

    CNN and model are tested elsewhere; here they would take minutes, so their answers are stand-ins.
    """
    store = Store(apart.workspace)
    clip = store.video(clips.add_video(store, marked.make(tmp_path / "marked.mp4", "25", FRAMES)))
    card, _ = models.ModelLibrary.of(store).get("actions-15")
    steps = [card.labels.index(label) for label in SAID for _ in range(4)]
    scores = np.full((len(steps), len(card.labels)), 0.02, np.float32)
    scores[np.arange(len(steps)), steps] = np.linspace(0.5, 0.9, len(steps))
    said = Prediction(
        0.2 + 0.4 * np.arange(len(steps)), scores / scores.sum(axis=1)[:, None], card.labels, card.name,
        (0.0, clip.duration_s),
    )  # fmt: skip
    key = predictions.prediction_key(store, clip.digest, Recipe(), card, current().engine)
    store.write(key, said, kind="prediction", video=clip.digest)
    file_set(store, clip)
    return clip.digest


def file_set(store: Store, clip: VideoInfo) -> None:
    """A set of six clips that are nothing but features, with a split and the settings of a training."""
    for number in range(7):
        own = replace(clip, digest=f"{number:02x}" * 32) if number else clip
        if number:
            store.save_video(own, name=f"{number}.mp4")
        values = np.random.default_rng(number).normal(0, 0.4, (20, 8)).astype(np.float32)
        values[np.arange(20), [SAID.index(label) for label in SAID for _ in range(4)]] += 2
        key = predictions.features_key(own.digest, Recipe(), CNN, current().engine)
        store.write(key, Features(0.25 + 0.5 * np.arange(20), values, (0.0, 10.0)), kind="features", video=own.digest)
        drawn = tuple(Segment(2.0 * at, 2.0 * at + 2, label) for at, label in enumerate(SAID))
        if number:
            made = retraining.contribute(store, "moves", own.digest, DrawnTrack(SAID, drawn, ((0.0, 10.0),)))
    split = datasets.grouped_folds(made, Grouping("clip"), count=2)
    store.save_split(split, datasets.split_key(split))
    asked = {"backbone": CNN, "engine": current().engine, "recipe": Recipe(), "options": OPTIONS}
    training.plan(store, made, split, final=True, **asked)


def test_predictions_are_watched_corrected_taken_along_and_learned_from(page: Page, apart: Dashboard, begun: str):
    begin(page, apart, begun)
    watch(page, apart, begun)
    accept(page, apart, begun)
    fixed = fix(page, apart, begun)
    see_beside(page, apart, begun)
    take_along(page, apart, begun, fixed)
    learn(page)
    film(page, apart)


def begin(page: Page, dashboard: Dashboard, digest: str) -> None:
    go(page, dashboard, f"/label?video={digest[:16]}&model=actions-15")
    for name, text in (("Labels", ", ".join(SAID)), ("Annotator", "Ann")):
        page.get_by_role("textbox", name=name).fill(text)
        page.get_by_role("textbox", name=name).press("Tab")
        settle(page)
    picture(page, "label-begin")
    press(page, "Create track")
    page.locator(".player[data-settled=yes]").wait_for()
    settle(page)


def watch(page: Page, dashboard: Dashboard, digest: str) -> None:
    """While it plays, the draft that is told is the one of the frame on screen."""
    store = Store(dashboard.workspace)
    card, _ = models.ModelLibrary.of(store).get("actions-15")
    said = predictions.analysis(store, digest, Recipe(), card, current().engine).track.segments
    times_s, player = marked.times_of("25", FRAMES), page.locator(".player")
    player.focus()
    keys(page, "Home", "Space")
    seen = set()
    for _ in range(12):
        page.wait_for_timeout(250)
        frame, told, after = player.evaluate(
            f"(player) => {{ const see = {marked.READ}; const told = player.querySelector('.confidence').textContent;"
            "return [see(player), told, see(player)] }"
        )
        near = {one.label for at in (frame - 1, frame, after + 1) for one in said if _holds(one, times_s, at)}
        assert told.removeprefix("a draft: ") in near, (frame, told)
        seen.add(told)
    keys(page, "Space")
    assert len(seen) >= 2, "predictions move with the picture"
    picture(page, "label-draft")


def _holds(one: Segment, times_s: np.ndarray, frame: int) -> bool:
    return one.start_s <= times_s[min(max(frame, 0), FRAMES - 1)] < one.stop_s


def accept(page: Page, dashboard: Dashboard, digest: str) -> None:
    """The stretch that is worth a look most by its key, and then all that is left."""
    left = page.get_by_text(re.compile(r"\d segments left"))
    expect(left).to_contain_text("5 segments")
    page.keyboard.press("Shift+A")
    expect(left).to_contain_text("4 segments")
    press(page, "Accept all remaining")
    expect(page.get_by_text("The whole clip has been reviewed")).to_be_visible()
    assert [label for *_, label in labels_of(dashboard, digest)] == list(SAID)


def fix(page: Page, dashboard: Dashboard, digest: str) -> list[tuple[float, float, str]]:
    """Three segments by keyboard, and the last of it undone."""
    before = labels_of(dashboard, digest)
    page.locator(".player").focus()
    keys(page, "Home")
    page.locator(".player[data-settled=yes][data-frame='0']").wait_for()
    for at, (key, label) in enumerate((("2", SAID[1]), ("3", SAID[2]), ("1", SAID[0]))):
        start = round(before[at + 2][0] * 25)
        page.keyboard.press(".")
        while page.locator(".player").get_attribute("data-frame") != str(start):
            page.locator(".player[data-settled=yes]").wait_for()
            page.keyboard.press(".")
        page.locator(f".player[data-settled=yes][data-frame='{start}']").wait_for()
        page.keyboard.press("4" if label == before[at + 2][2] else key)
        wait_until(lambda at=at: labels_of(dashboard, digest)[at + 2][2] != before[at + 2][2])
    three = labels_of(dashboard, digest)
    keys(page, "Control+z")
    wait_until(lambda: labels_of(dashboard, digest) == [*three[:4], before[4]])
    picture(page, "label-fixed")
    return labels_of(dashboard, digest)


def see_beside(page: Page, dashboard: Dashboard, digest: str) -> None:
    """On the Timeline: what the network says, what was drawn, and where they differ."""
    label = page.url
    turn_to(page, "Timeline")
    page.locator(".player[data-settled=yes]").wait_for()
    settle(page)
    names = page.locator(".player .names")
    for name in ("network", "Ann", "differs"):
        expect(names).to_contain_text(name)
    picture(page, "timeline-drawn")
    page.goto(label)
    page.locator(".player[data-settled=yes]").wait_for()
    settle(page)


def take_along(page: Page, dashboard: Dashboard, digest: str, now: list[tuple[float, float, str]]) -> None:
    """Out to ELAN and to BORIS, and back in as tracks that say the same."""
    view(page, "Files")
    names = page.locator(".player .names > *")
    count = names.count()
    for name, suffix in (("ELAN: tiers of annotations", ".eaf"), ("BORIS: tabular events", ".csv")):
        choose_format(page, name)
        path = dashboard.workspace / f"labels{suffix}"
        path.write_bytes(downloaded(page, f"Download {name}"))
        page.locator("input[type=file]").first.set_input_files(path)
        expect(page.get_by_role("button", name="Import 1 track")).to_be_visible()
        picture(page, f"label-take-in{suffix}")
        press(page, "Import 1 track")
        count += 1
        expect(names).to_have_count(count)  # a list that is opened while the new lane moves the page closes again
        settle(page)
    wait_until(lambda: len(Store(dashboard.workspace).tracks(digest)) == 3)
    assert labels_of(dashboard, digest, 0) == labels_of(dashboard, digest, 1) == labels_of(dashboard, digest, 2) == now


def learn(page: Page) -> None:
    """Into the set, a training on it, and what it got right over what was labelled."""
    view(page, "Train")
    box = page.get_by_role("combobox", name="Dataset")
    box.click()
    box.fill("moves")
    page.get_by_role("option", name="moves").click()
    settle(page)
    press(page, "Add 10.0 s to “moves”")
    expect(page.get_by_text("The dataset “moves” now contains 1 min 10 s of labels in 7 clips")).to_be_visible()
    press(page, "Train on this dataset")
    expect(page.get_by_text("Training is complete")).to_be_visible(timeout=PATIENCE_MS)
    told = page.get_by_text(
        re.compile(r"\d+\s?% of 140 held-out moments correctly classified, after 1 min 10 s of labels")
    )
    expect(told).to_be_visible()
    settle(page)
    picture(page, "label-learned")
    press(page, "Draft with this network")
    expect(page.get_by_role("combobox", name="Drafted by")).to_have_value(re.compile("moves"))


def film(page: Page, dashboard: Dashboard) -> None:
    """The labels burnt into an MP4 that browsers play, with all its frames."""
    view(page, "Video")
    press(page, "Create video")
    link = page.get_by_text(re.compile("^Download video"))
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    with page.expect_download() as waiting:
        link.click()
    path = dashboard.workspace / "film.mp4"
    waiting.value.save_as(path)
    made = video.probe(path, video.digest(path))
    assert (made.frame_count, made.codec, made.plays_in_browser) == (FRAMES, "h264", True)
    assert made.duration_s == pytest.approx(FRAMES / 25, abs=0.01)


def view(page: Page, name: str) -> None:
    """Turn to what can be done with labels, once the page rests: a control may be drawn anew."""
    settle(page)
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    settle(page)


def choose_format(page: Page, name: str) -> None:
    box = page.get_by_role("combobox", name="Format").first
    box.click()
    box.fill(name.split(":")[0])
    page.get_by_role("option").filter(has_text=name).first.click()
    settle(page)
    expect(page.get_by_role("link", name=f"Download {name}")).to_be_visible()


def test_the_page_stands_in_narrow_and_dark_windows(browser: Browser, dashboard: Dashboard, digest: str):
    with open_page(browser, scheme="dark") as page:
        go(page, dashboard, f"/label?video={digest[:16]}&t=3")
        page.locator(".player[data-settled=yes]").wait_for()
        for view in ("Draft", "Compare", "Train", "Files", "Video"):
            page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
            settle(page)
            assert_stands(page, f"label-{view.lower()}")
