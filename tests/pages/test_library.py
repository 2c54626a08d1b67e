"""Clips of the Library that are played out of their cards."""

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import ClipRecipe, Dataset, Item, Recipe, VideoInfo
from core.stages.preprocessing.geometry import Flip
from core.workflows import datasets
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
        notes[viewer.PLAYED] = ""  # as the dialog does it
        at.session_state["page"] = notes
    assert opened(at.run()) == []


def test_deleting_a_clip_tells_what_it_takes_along_and_what_stays(clip: VideoInfo):
    store = state.store()
    words = told(page("library"))
    assert "Delete **street" in words
    assert not [text for text in ("dataset", "recipe of Prepare", "Labels drawn") if text in words]
    for name in ("Pets", "Moves"):
        dataset = Dataset(name, ("cat",), (Item(clip.digest, "street.mp4", 2.0, label="cat"),))
        store.save_dataset(dataset, datasets.key(dataset))
    store.keep_clip_recipe(clip.digest, ClipRecipe(Recipe((Flip(),))))
    store.begin_tracks(clip.digest, {"ab" * 16: "{}"})
    words = told(page("library"))
    assert "It is in the datasets Moves and Pets, each of which cannot be trained on without it" in words
    assert "Its recipe of Prepare is deleted too" in words
    assert "Labels drawn in it are kept and return when the clip is added again" in words
    store.delete_dataset("Moves")
    assert "It is in the dataset Pets, which cannot be trained on without it" in told(page("library"))


def test_the_dialog_leads_to_the_timeline(clip: VideoInfo):
    at = page("library")
    button(at, "Play").click().run()
    button(at, "Open in Timeline").click().run()
    assert at.session_state["video"] == clip.digest
    assert opened(at) == []
    assert "<h1>Timeline</h1>" in told(at)
