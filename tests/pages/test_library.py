"""Clips of the Library that are played out of their cards."""

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import ClipRecipe, Dataset, Item, Recipe, VideoInfo
from core.stages.drawing.sample_dataset import NOTICE
from core.stages.preprocessing.geometry import Flip
from core.workflows import datasets
from core.workflows.datasets import importer
from pages.ui import state
from pages.ui.library import viewer
from tests.pages.test_pages import FakeRunner, button, clip, page, runner, told, video_info

__all__ = ["clip", "runner"]


def opened(at: AppTest) -> list[str]:
    """The titles of the dialogs that are open."""
    blocks = [child for child in at._tree[2].children.values() if child.type == "dialog"]
    return [block.proto.dialog.title for block in blocks]


def players(at: AppTest) -> list[str]:
    """The clips that are loaded by players, by their digests."""
    keys = [getattr(element, "key", None) or "" for element in at.get("bidi_component")]
    return [key.removeprefix("library.player.") for key in keys if key.startswith("library.player.")]


def test_a_clip_is_played_out_of_its_card_before_it_was_analysed_and_no_other_is_loaded(
    runner: FakeRunner, clip: VideoInfo
):
    state.store().save_video(video_info("/clips/[b]_1.mp4", digest="cd" * 32))
    at = page("library", video=clip.digest, moment_s=1.0)
    assert (opened(at), players(at)) == ([], [])
    at.button(key=f"play.{'cd' * 32}").click().run()
    assert (opened(at), players(at)) == ([r"\[b\]\_1.mp4"], ["cd" * 32])
    assert (opened(at.run()), players(at)) == ([r"\[b\]\_1.mp4"], ["cd" * 32]), "it stays while the page runs again"
    assert not runner.known, "nothing is computed for it"
    assert (at.session_state["video"], at.session_state["moment_s"]) == (clip.digest, 1.0)


def test_a_clip_that_browsers_cannot_play_is_converted_in_its_dialog(runner: FakeRunner):
    state.store().save_video(video_info("/clips/old.avi", plays_in_browser=False))
    at = page("library")
    button(at, "Play").click().run()
    (job,) = runner.known.values()
    assert (job.title, opened(at)) == ("Convert for playback", ["old.avi"])


@pytest.mark.parametrize("way", ["deleted", "closed"])
def test_the_dialog_goes_with_its_clip_and_when_it_is_closed(clip: VideoInfo, way: str):
    state.store().save_video(video_info("/clips/b.mp4", digest="cd" * 32))
    at = page("library")
    at.button(key=f"play.{clip.digest}").click().run()
    if way == "deleted":
        state.store().delete_video(clip.digest)
    else:
        notes = dict(at.session_state["page"])
        notes[viewer.PLAYED] = ()  # as the dialog does it
        at.session_state["page"] = notes
    assert opened(at.run()) == []


def test_the_dialog_opens_by_a_press_only_and_not_when_the_library_is_opened_again(clip: VideoInfo):
    at = page("library")
    button(at, "Play").click().run()
    at.switch_page("../timeline.py").run()
    at.switch_page("../library.py").run()
    assert opened(at) == []
    button(at, "Play").click().run()
    assert opened(at) == ["street.mp4"]


def test_deleting_a_clip_tells_what_it_takes_along_and_what_stays(clip: VideoInfo):
    store = state.store()
    words = told(page("library"))
    assert "Delete **street" in words
    assert not [text for text in ("belongs to", "preparation recipe", "Labels drawn") if text in words]
    for name in ("Pets", "Moves"):
        dataset = Dataset(name, ("cat",), (Item(clip.digest, "street.mp4", 2.0, label="cat"),))
        store.save_dataset(dataset, datasets.key(dataset))
    store.keep_clip_recipe(clip.digest, ClipRecipe(Recipe((Flip(),))))
    store.begin_tracks(clip.digest, {"ab" * 16: "{}"})
    words = told(page("library"))
    assert "It belongs to the datasets Moves and Pets. Leave it out there before you train on them" in words
    assert "Its preparation recipe is deleted too" in words
    assert "Labels drawn in it are kept and return when the clip is added again" in words
    store.delete_dataset("Moves")
    assert "It belongs to the dataset Pets. Leave it out there before you train on it" in told(page("library"))


def test_the_dialog_leads_to_the_timeline(clip: VideoInfo):
    at = page("library")
    button(at, "Play").click().run()
    button(at, "Open in Timeline").click().run()
    assert at.session_state["video"] == clip.digest
    assert opened(at) == []
    assert "<h1>Timeline</h1>" in told(at)


# Clips of datasets ----------------------------------------------------------------------------------------------------


def digest(number: int) -> str:
    return f"{number:064x}"


def save_set(name: str, *numbers: int, source: str = "folder /sets/a") -> None:
    """A dataset of clips that are in the library; nobody added them."""
    items = tuple(Item(digest(number), f"walk/{number}.mp4", 2.0, label="walk") for number in numbers)
    for number in numbers:
        if digest(number) not in state.store().digests():
            state.store().save_video(video_info(f"/sets/a/walk/{number}.mp4", digest=digest(number)))
    state.store().save_dataset(Dataset(name, ("walk",), items, source=source), key=digest(sum(numbers)))


def add_by_hand(number: int, path: str) -> None:
    state.store().save_video(video_info(path, digest=digest(number)))
    state.store().note_name(digest(number), path.rsplit("/", 1)[-1], path)


def cards(at: AppTest) -> set[int]:
    return {int(key.removeprefix("play."), 16) for one in at.button if (key := one.key or "").startswith("play.")}


def test_clips_of_datasets_are_hidden_beside_other_clips_and_the_choice_is_kept(runner: FakeRunner):
    save_set("walks", *range(1, 6))
    at = page("library")
    assert (cards(at), len(at.toggle)) == ({1, 2, 3, 4, 5}, 0), "there is nothing else to show"
    add_by_hand(9, "/clips/mine.mp4")
    at = page("library")
    assert cards(at) == {9} and "5 clips of datasets are hidden." in told(at)
    (switch,) = at.toggle
    switch.set_value(True).run()
    assert cards(at) == {1, 2, 3, 4, 5, 9} and "hidden." not in told(at)
    assert cards(page("library")) == {1, 2, 3, 4, 5, 9}, "kept for later sessions"


def test_a_search_by_name_looks_through_clips_of_datasets(runner: FakeRunner):
    save_set("walks", *range(1, 6))
    add_by_hand(9, "/clips/mine.mp4")
    at = page("library")
    at.text_input(key="library.wanted").set_value("3.mp4").run()
    assert cards(at) == {3}


def test_clips_that_were_added_by_hand_are_shown_though_a_dataset_uses_them(runner: FakeRunner):
    add_by_hand(1, "/clips/mine.mp4")
    save_set("walks", 1, 2)
    assert cards(page("library")) == {1}
    add_by_hand(2, "/sets/a/walk/2.mp4")
    assert cards(page("library")) == {1, 2}, "added by its path after the import"


def test_clips_of_the_sample_dataset_are_hidden_unless_they_were_added_by_another_path(runner: FakeRunner):
    add_by_hand(9, "/clips/mine.mp4")
    for number in (1, 2):
        add_by_hand(number, f"/work/clips/{digest(number)}.mp4")  # as the drawing notes its copies
    save_set(importer.MADE_NAME, 1, 2, source=NOTICE)
    assert cards(page("library")) == {9}
    add_by_hand(2, "/downloads/drawn.mp4")
    assert cards(page("library")) == {2, 9}
