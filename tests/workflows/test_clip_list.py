"""All clips with what is known of each, and the filter that chooses among them."""

from pathlib import Path

import numpy as np
import pytest

from core.domain import ModelCard, Prediction
from core.workflows.clip_list import ANY, NONE, ClipFilter, ListedClip, listed, short_folders
from core.workflows.clip_results import models_of_clips
from core.workspace.store import ClipRow, Store
from tests.pages.test_pages import video_info

MADE = ModelCard("made", "A made model", "i3d-kinetics400", 1, ("walk", "run"))
DIGESTS = [f"{number:064x}" for number in range(3)]


def clip(name: str, **known) -> ListedClip:
    row = {"added": 0.0, "duration_s": 2.0, "others": ()}
    row |= {key: known.pop(key) for key in tuple(known) if key in row}
    path = f"/study/{name}"
    values = ClipRow("ab" * 32, name, path, path, row["added"], False, row["duration_s"], 96, 64, 50, row["others"])
    return ListedClip(values, **known)


CLIPS = (
    clip("a.mp4", folder="study/day 1", models=("made",), tags=("night", "pilot"), cells={"subject": "anna"}),
    clip("b.mp4", folder="study/day 2", labelled=True, datasets=("walks",), tags=("pilot",), duration_s=60.0),
    clip("c.mp4", models=("made", "other"), cells={"subject": "ben", "dose": "2"}, added=100.0, others=("Alpha.mp4",)),
)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (ClipFilter(), "abc"),
        (ClipFilter(text="A.MP4 "), "ac"),  # c has a further name
        (ClipFilter(text="alpha"), "c"),
        (ClipFilter(folders=("study/day 1", "study/day 2")), "ab"),
        (ClipFilter(folders=("",)), "c"),
        (ClipFilter(analysed=ANY), "ac"),
        (ClipFilter(analysed="other"), "c"),
        (ClipFilter(unanalysed=ANY), "b"),
        (ClipFilter(unanalysed="other"), "ab"),
        (ClipFilter(analysed="made", unanalysed="other"), "a"),
        (ClipFilter(labelled=True), "b"),
        (ClipFilter(labelled=False), "ac"),
        (ClipFilter(datasets=("walks",)), "b"),
        (ClipFilter(datasets=(NONE,)), "ac"),
        (ClipFilter(datasets=(NONE, "walks")), "abc"),
        (ClipFilter(tags=("pilot",)), "ab"),
        (ClipFilter(tags=("pilot", "night")), "a"),
        (ClipFilter(cells=(("subject", ("anna", "ben")),)), "ac"),
        (ClipFilter(cells=(("subject", ("anna", NONE)),)), "ab"),
        (ClipFilter(cells=(("subject", ("anna", "ben")), ("dose", ("2",)))), "c"),
        (ClipFilter(shortest_s=2.0, longest_s=2.0), "ac"),
        (ClipFilter(longest_s=1.99), ""),
        (ClipFilter(added=(100.0, 100.5)), "c"),
        (ClipFilter(added=(0.0, 100.0)), "ab"),
        (ClipFilter(tags=("pilot",), labelled=True, analysed=ANY), ""),
    ],
)
def test_a_filter_chooses_the_clips_for_which_all_holds(wanted: ClipFilter, names: str):
    assert "".join(clip.row.name[0] for clip in wanted.chosen(CLIPS)) == names


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        ({""}, {"": ""}),
        ({"/d/study"}, {"/d/study": "study"}),
        ({"/d/study/a", "/d/study/b", ""}, {"/d/study/a": "study/a", "/d/study/b": "study/b", "": ""}),
        ({"/d/study", "/d/study/b"}, {"/d/study": "study", "/d/study/b": "study/b"}),
        ({"/one", "/two/three"}, {"/one": "/one", "/two/three": "/two/three"}),
        ({"/one"}, {"/one": "one"}),
        ({"/"}, {"/": "/"}),
    ],
)
def test_folders_are_called_as_short_as_tells_them_apart(folders: set[str], names: dict[str, str]):
    assert short_folders(folders) == {"": "", **names}


@pytest.fixture
def clips(store: Store) -> Store:
    """Three clips of two folders; the second was predicted."""
    for digest, path in zip(DIGESTS, ("/s/x/1.mp4", "/s/y/2.mp4", "/s/y/3.mp4"), strict=True):
        store.save_video(video_info(path, digest=digest))
    predict(store, "aa" * 20, DIGESTS[1], ("walk", "run"))
    return store


def predict(store: Store, key: str, digest: str, labels: tuple[str, ...], model: str = "made") -> None:
    scores = np.full((1, len(labels)), 1 / len(labels), np.float32)
    store.write(key, Prediction(np.array([0.0]), scores, labels, model, (0.0, 1.0)), kind="prediction", video=digest)


def rows_of(store: Store, cards: dict[str, ModelCard], sets: dict[str, tuple[str, ...]]) -> tuple[ListedClip, ...]:
    return listed(store, store.clip_rows(), cards, sets)


def test_what_is_known_of_clips_is_listed(clips: Store):
    clips.keep_metadata({DIGESTS[0]: {"subject": "anna"}})
    clips.add_tag([DIGESTS[2]], "pilot")
    clips.begin_tracks(DIGESTS[2], {"ab" * 16: "{}"})
    by_digest = {clip.row.digest: clip for clip in rows_of(clips, {"made": MADE}, {DIGESTS[0]: ("walks",)})}
    first, second, third = map(by_digest.__getitem__, DIGESTS)
    assert (first.folder, first.datasets, first.cells, first.models) == ("s/x", ("walks",), {"subject": "anna"}, ())
    assert (second.folder, second.models, second.labelled, second.tags) == ("s/y", ("made",), False, ())
    assert (third.labelled, third.tags, third.models, third.cells) == (True, ("pilot",), (), {})
    assert [clip.row.digest for clip in rows_of(clips, {}, {})] == [entry.info.digest for entry in clips.videos()]


def test_only_predictions_with_the_labels_that_a_model_has_now_count(clips: Store):
    predict(clips, "bb" * 20, DIGESTS[0], ("walk", "jump"))
    predict(clips, "cc" * 20, DIGESTS[2], ("walk", "run"), model="gone")
    assert models_of_clips(clips, {"made": MADE}) == {DIGESTS[1]: ("made",)}
    predict(clips, "dd" * 20, DIGESTS[0], ("walk", "run"))
    assert models_of_clips(clips, {"made": MADE}) == {DIGESTS[0]: ("made",), DIGESTS[1]: ("made",)}


def test_a_prediction_that_cannot_be_read_says_of_no_clip_that_it_was_analysed(clips: Store):
    Path(clips.result_folder("aa" * 20), "value.json").write_text("{")
    assert models_of_clips(clips, {"made": MADE}) == {}
