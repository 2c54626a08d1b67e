"""The words of clips from a set with subtitles to a model that reads them: trained without and with, and used."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from core.base.settings import current
from core.domain import Dataset, Features, Grouping, Item, VideoInfo
from core.stages import video
from core.workflows import clips, datasets, experiments, predictions, training
from core.workflows import texts as transcripts
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, analyse, go, open_page, overflow_px, picture, press, settle
from tests.conftest import moving_square
from tests.stages.test_text_branch import SAID, made_set
from tests.workflows.test_text_training import srt

CNN = "i3d-kinetics400"
LABELS = ("ride a horse", "ride a camel", "cut onions", "cut bread", "wait outside", "wait inside")
LENGTH_S = 3.0
LOOKS = (("dark", 420),)  # scheme, width


def add_clip(store: Store, folder: Path) -> VideoInfo:
    """A clip of the library."""
    path = folder / "stable.mp4"
    video.write(path, moving_square(24, size_px=(192, 128), rate_hz=8.0))
    return store.video(clips.add_video(store, path))


def look_at(store: Store, digest: str, values: np.ndarray) -> None:
    """Features for a clip: what the CNN sees in it is made up."""
    found = Features(0.25 + 0.5 * np.arange(6.0), values, (0.0, LENGTH_S))
    for seen in experiments.LIGHTENED:
        key = predictions.features_key(digest, training.view(seen, CNN), CNN, current().engine)
        store.write(key, found, kind="features", video=digest)


def make_set(store: Store, like: VideoInfo) -> None:
    """Six classes: two differ by their words alone, two by their picture alone. One group learns, one is tested."""
    items: list[Item] = []
    for part, count in (("train", 4), ("test", 2)):
        examples, texts = made_set(count, 10 + count)
        for example, said in zip(examples, texts, strict=True):
            label, number = LABELS[int(example.targets[0])], len(items)
            digest = f"{number:02x}" * 32
            store.save_video(replace(like, digest=digest, path=f"/clips/{number}.mp4"))
            look_at(store, digest, example.values)
            transcripts.take_file(store, digest, "said.srt", srt(said[0]))
            items.append(Item(digest, f"{label} {number}.mp4", LENGTH_S, label=label, group=part, split=part))
    dataset = Dataset("Kitchen and stable", LABELS, tuple(items))
    store.save_dataset(dataset, datasets.key(dataset))
    split = datasets.given_split(dataset, Grouping("column"))
    store.save_split(split, datasets.split_key(split))


def train(page: Page, name: str, *, words: bool) -> None:
    page.get_by_role("radio", name="New run", exact=True).click()
    settle(page)
    if not words:
        press(page, "Compute features")
        page.get_by_role("radio", name="Small", exact=True).click()
        settle(page)
    if words:
        expect(page.get_by_text("36 of 36 clips have subtitles or a transcript")).to_be_visible()
        page.get_by_text("Use text", exact=True).click()
        settle(page)
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    press(page, "Train")
    expect(page.get_by_text(f"{name}. On the same folds")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)


def look(browser: Browser, dashboard: Dashboard, address: str, name: str, sign: str) -> None:
    """The same page in the dark and on a telephone: nothing may be cut off."""
    for scheme, width in LOOKS:
        with open_page(browser, width=width, scheme=scheme) as page:
            go(page, dashboard, address)
            expect(page.get_by_text(sign).first).to_be_visible(timeout=PATIENCE_MS)
            if (tab := page.get_by_role("tab", name="Scores over time")).count():
                tab.click()
            for drawn in (page.get_by_text("both", exact=True), page.locator(".js-plotly-plot").first):
                expect(drawn).to_be_visible(timeout=PATIENCE_MS)
            settle(page)
            picture(page, f"{name}-{scheme}-{width}")
            assert overflow_px(page) <= 0, f"{name} is wider than its window"


def test_words_are_learned_compared_saved_and_read_on_the_timeline(
    page: Page, browser: Browser, apart: Dashboard, tmp_path: Path
):
    store = Store(apart.workspace)
    clip = add_clip(store, tmp_path)
    look_at(store, clip.digest, made_set(1, 99)[0][0].values)
    make_set(store, clip)
    fresh = clip.digest
    go(page, apart, "/train")
    train(page, "Without words", words=False)
    expect(page.get_by_text("Video only")).to_have_count(0)
    train(page, "With words", words=True)
    for branch in ("Video only", "Text only", "Video and text"):
        expect(page.get_by_text(branch, exact=True)).to_be_visible()
    picture(page, "words-train")
    name = page.get_by_role("textbox", name="Model name")
    name.fill("stable")
    name.press("Enter")
    settle(page)
    press(page, "Save as model")
    expect(page.get_by_text("Saved as the model stable")).to_be_visible()
    use_it(page, apart, store, fresh, tmp_path)
    look(browser, apart, f"/timeline?video={fresh[:16]}&model=stable", "words-timeline", "of the moments")
    records = {record.name: record for record in training.all_runs(store).values()}
    assert records["With words"].scores["accuracy"] >= records["Without words"].scores["accuracy"] + 0.2


def use_it(page: Page, dashboard: Dashboard, store: Store, fresh: str, folder: Path) -> None:
    """The model on a clip that it never saw: without words, and with those of one class and of another."""
    go(page, dashboard, f"/timeline?video={fresh[:16]}&model=stable")
    analyse(page)
    expect(page.get_by_text("this clip has none: the prediction is based on video only")).to_be_visible()
    picture(page, "words-timeline-without")
    expect(page.get_by_text("both", exact=True)).to_have_count(0)
    late = srt(" ".join(SAID[0])).replace(b"00:00:00,000", b"00:00:02,900")
    (folder / "late.srt").write_bytes(late)
    page.get_by_text("Add text", exact=True).click()
    page.locator("input[type=file]").first.set_input_files(folder / "late.srt")
    expect(page.get_by_role("button", name="Analyse the clip")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    analyse(page)
    expect(page.get_by_text(re.compile(r"subtitles are close to 67\s?% of the moments"))).to_be_visible()
    expect(page.locator(".k-headline b", has_text=LABELS[0])).to_be_visible(timeout=PATIENCE_MS)
    for lane in ("both", "picture", "words"):
        expect(page.get_by_text(lane, exact=True)).to_be_visible()
    picture(page, "words-timeline")
