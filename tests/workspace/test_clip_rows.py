"""Rows of all clips at once, which models predicted them, and clips that are about to be deleted."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.base.errors import ResultMissing
from core.domain import Prediction
from core.workspace.store import Store
from tests.pages.test_pages import video_info

CLIP, OTHER = "12" * 32, "34" * 32


def save(store: Store, path: str, digest: str) -> None:
    store.save_video(video_info(path, digest=digest))


def test_a_row_says_what_the_entry_says_and_where_the_clip_came_from(store: Store):
    save(store, "/study/day 1/a.mp4", CLIP)
    store.note_name(CLIP, "other name.mp4", "/elsewhere/other name.mp4")
    (row,) = store.clip_rows()
    entry = store.entry(CLIP)
    assert (row.digest, row.names, row.added, row.uploaded) == (CLIP, entry.names, entry.added, False)
    sizes = row.path, row.duration_s, row.width_px, row.height_px, row.frame_count
    info = entry.info
    assert sizes == (info.path, info.duration_s, info.width_px, info.height_px, info.frame_count)
    assert (row.source, row.folder) == ("/study/day 1/a.mp4", "/study/day 1")


def test_an_upload_has_no_folder_unless_it_was_added_from_one_as_well(store: Store):
    path = str(store.upload_folder / f"{CLIP}.mp4")
    store.save_video(video_info(path, digest=CLIP), name="a.mp4")
    store.note_name(CLIP, "a.mp4", path)
    (row,) = store.clip_rows()
    assert (row.uploaded, row.source, row.folder) == (True, "a.mp4", "")
    store.note_name(CLIP, "a.mp4", "/study/day 1/a.mp4")
    (row,) = store.clip_rows()
    assert (row.uploaded, row.folder) == (True, "/study/day 1")


def test_rows_come_in_the_order_of_entries_and_their_version_follows_each_change(store: Store):
    versions = [store.clips_version()]
    changes = (
        lambda: save(store, "/a.mp4", CLIP),
        lambda: save(store, "/b.mp4", OTHER),
        lambda: store.note_name(CLIP, "c.mp4", "/c.mp4"),
        lambda: save(store, "/moved/a.mp4", CLIP),
        lambda: store.delete_video(OTHER),
    )
    for change in changes:
        change()
        versions.append(store.clips_version())
        assert [row.digest for row in store.clip_rows()] == [entry.info.digest for entry in store.videos()]
    assert len(set(versions)) == len(versions)


def test_the_version_of_lists_follows_labels_metadata_tags_and_predictions(store: Store):
    save(store, "/a.mp4", CLIP)
    made = Prediction(np.array([0.0]), np.ones((1, 1), np.float32), ("walk",), "made", (0.0, 1.0))
    versions = [store.lists_version("prediction")]
    changes = (
        lambda: save(store, "/b.mp4", OTHER),
        lambda: store.keep_metadata({CLIP: {"day": "1"}}),
        lambda: store.add_tag([CLIP], "pilot"),
        lambda: store.begin_tracks(CLIP, {"ab" * 16: "{}"}),
        lambda: store.drop_track("ab" * 16),
        lambda: store.write("cd" * 20, made, kind="prediction", video=CLIP),
        lambda: store.delete("cd" * 20),
    )
    for change in changes:
        change()
        versions.append(store.lists_version("prediction"))
    assert all(earlier != later for earlier, later in pairwise(versions))
    store.write("ef" * 20, made, kind="another", video=CLIP)
    assert store.lists_version("prediction") == versions[-1]


# Predictions ----------------------------------------------------------------------------------------------------------


def test_predictions_are_noted_once_and_go_with_their_results(store: Store):
    save(store, "/a.mp4", CLIP)
    made = Prediction(np.array([0.0]), np.ones((1, 1), np.float32), ("walk",), "made", (0.0, 1.0))
    for key in ("ab" * 20, "cd" * 20):
        store.write(key, made, kind="prediction", video=CLIP)
    store.write("ef" * 20, replace(made, model="other"), kind="something else", video=CLIP)
    keys = store.predictions_to_note("prediction", "other kind")
    assert sorted(keys) == ["ab" * 20, "cd" * 20]
    assert store.plain_fields(keys[0])["model"] == "made"
    assert store.plain_fields("99" * 20) == {}
    store.note_predictions([(key, "made", "f") for key in keys])
    assert (store.predictions_to_note("prediction"), store.predicted()) == ([], [(CLIP, "made", "f")])
    store.delete("ab" * 20)
    assert store.predicted() == [(CLIP, "made", "f")]
    store.delete("cd" * 20)
    assert store.predicted() == []


# Clips that are about to be deleted -----------------------------------------------------------------------------------


def test_a_clip_that_was_set_aside_is_whole_until_it_is_deleted(store: Store):
    for path, digest in (("/a.mp4", CLIP), ("/b.mp4", OTHER)):
        save(store, path, digest)
    store.set_aside([CLIP, OTHER], "first session")
    assert Store(store.workspace).videos_set_aside() == {CLIP: "first session", OTHER: "first session"}
    assert {row.digest for row in store.clip_rows()} == {CLIP, OTHER} and store.video(CLIP)
    store.take_back([OTHER])
    assert store.videos_set_aside() == {CLIP: "first session"}
    store.delete_video(CLIP)
    assert store.videos_set_aside() == {}
    with pytest.raises(ResultMissing):
        store.video(CLIP)
    save(store, "/a.mp4", CLIP)
    assert store.videos_set_aside() == {}, "the mark went with the clip"


@pytest.mark.parametrize("way", ["by its path", "measured again"])
def test_a_clip_that_is_added_again_is_no_longer_set_aside(store: Store, way: str):
    save(store, "/a.mp4", CLIP)
    store.set_aside([CLIP], "session")
    if way == "by its path":
        store.note_name(CLIP, "a.mp4", "/a.mp4")
    else:
        save(store, "/a.mp4", CLIP)
    assert store.videos_set_aside() == {}
