"""Files that are in the library already are told, and found under all their names."""

import shutil
import time
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.workflows import clips
from pages.ui import state
from pages.ui.library import import_panel
from tests.pages.test_pages import FakeRunner, page, runner, told

__all__ = ["runner"]
TODAY = datetime.now().strftime("%d %B %Y").lstrip("0")


def add(runner: FakeRunner, at: AppTest, path: Path) -> AppTest:
    """What the Library shows after a file was added by its path."""
    at.text_input(key=import_panel.PATH).set_value(str(path))
    next(one for one in at.button if one.label == "Add from path").click().run()
    finish(runner, clips.job_key(str(path)), lambda: clips.add_video(state.store(), str(path)))
    return at.run()


def finish(runner: FakeRunner, key: str, task) -> None:
    since = time.time()
    task()
    runner.known[key] = replace(runner.known[key], state="done", submitted=since)


def messages(at: AppTest) -> str:
    return "\n".join(one.value for one in [*at.info, *at.toast])


@pytest.fixture
def golf(square_clip: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(square_clip, tmp_path / "golf.mp4"))


def test_a_copy_is_told_by_the_name_of_the_first_and_found_by_both(runner, golf: Path):
    at = add(runner, page("library"), golf)
    assert "Added golf.mp4." in messages(at)
    copy = Path(shutil.copy(golf, golf.with_name("golf_copy.mp4")))
    at = add(runner, at, copy)
    assert f'"golf_copy.mp4" is the same as golf.mp4, added on {TODAY}.' in messages(at).replace("\\", "")
    assert "Added golf_copy" not in messages(at)
    (entry,) = state.store().videos()
    assert (entry.names, entry.info.path) == (("golf.mp4", "golf_copy.mp4"), str(golf))
    assert "Also added as golf" in told(at)
    at.button(key="close.intake").click().run()
    assert "is the same as" not in messages(at)
    box = next(one for one in page("timeline").selectbox if one.label == "Clip")
    assert box.options == ["golf.mp4 (also golf_copy.mp4)"]


def test_the_same_file_added_again_is_in_the_library_already(runner, golf: Path):
    at = add(runner, add(runner, page("library"), golf), golf)
    assert f'"golf.mp4" is in the library already, added on {TODAY}.' in messages(at).replace("\\", "")


def test_the_same_bytes_uploaded_under_another_name_are_told(runner, golf: Path):
    store = state.store()
    clips.add_video(store, golf)
    at = page("library")
    at.file_uploader[0].upload("second.mp4", golf.read_bytes(), "video/mp4").run()
    kept = str(store.keep_upload(BytesIO(golf.read_bytes()), "second.mp4"))
    finish(runner, clips.job_key(kept), lambda: clips.add_upload(store, kept, "second.mp4"))
    assert '"second.mp4" is the same as golf.mp4' in messages(at.run()).replace("\\", "")


def test_a_clip_whose_file_was_renamed_is_found_by_both_names(runner, golf: Path):
    store = state.store()
    digest = clips.add_video(store, golf)
    moved = golf.rename(golf.with_name("final.mp4"))
    assert clips.add_video(store, moved) == digest
    assert store.entry(digest).names == ("final.mp4", "golf.mp4")
    assert store.video(digest).path == str(moved)
    store.delete_video(digest)
    assert store.names_noted(0) == []
