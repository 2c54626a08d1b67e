"""Frames by seeking, contact sheets, and files of chosen frames."""

import csv
import io
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.base.errors import AnalysisError, Cancelled, VideoUnreadable
from core.domain import Quality, Recipe, Sheet, VideoInfo
from core.stages import video
from core.stages.preprocessing.filters import Gamma, TemporalSmooth
from core.stages.preprocessing.geometry import Rotate
from core.stages.preprocessing.sampling import Trim
from core.workflows import clips, frames
from core.workspace.store import Store


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, sample_path: Path) -> tuple[Path, str]:
    """A workspace with the sample clip, and the clip's digest."""
    workspace = tmp_path_factory.mktemp("frames") / "workspace"
    store = Store(workspace)
    digest = clips.add_video(store, sample_path)
    store.close()
    return workspace, digest


@pytest.fixture
def store(sample: tuple[Path, str]):
    store = Store(sample[0])
    yield store
    store.close()


@pytest.fixture
def info(store: Store, sample: tuple[Path, str]) -> VideoInfo:
    return store.video(sample[1])


def images(info: VideoInfo) -> list[np.ndarray]:
    return [frame.image for frame in video.read(info)]


# Seeking --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indices", [[0], [3, 4, 60, 61, 200], [299], list(range(0, 300, 37))])
def test_picked_frames_are_those_of_decoding_from_the_beginning(info, indices):
    whole = images(info)
    picked = list(video.picked(info, indices))
    assert [frame.index for frame in picked] == indices
    assert all(np.array_equal(frame.image, whole[frame.index]) for frame in picked)


def test_no_frame_is_picked_where_none_is_asked_for(info):
    assert list(video.picked(info, [])) == []


@pytest.mark.parametrize("slack", [0, 5, 12])
def test_near_frames_are_true_and_no_farther_than_their_slack(info, slack):
    whole, indices = images(info), list(range(12, 288, 25))
    near = video.near(info, indices, slacks=[slack] * len(indices))
    assert all(abs(frame.index - index) <= slack for frame, index in zip(near, indices, strict=True))
    assert all(np.array_equal(frame.image, whole[frame.index]) for frame in near)
    assert all(frame.time_s == info.times_s[frame.index] for frame in near)


def test_key_frames_are_taken_where_the_slack_allows(info):
    """The sample clip has a key frame each 25 frames."""
    near = video.near(info, [30, 55, 80, 120], slacks=[6] * 4)
    assert [frame.index for frame in near] == [25, 50, 75, 125]


@pytest.mark.parametrize(
    "name",
    ["vfr.mp4", "bitflips_mdat.mp4", "neg_pts.mkv", "edit_list_cut.mp4", "anim.gif", "wmv2.wmv", "interlaced.mp4"],
)
def test_odd_clips_give_true_frames_too(shared_data: Path, name: str):
    info = video.probe(shared_data / "awkward" / name, "ab" * 32)
    whole, indices = images(info), list(range(1, info.frame_count, 5))
    for frame in [*video.near(info, indices, slacks=[2] * len(indices)), *video.picked(info, indices)]:
        assert np.array_equal(frame.image, whole[frame.index])
        assert frame.time_s == info.times_s[frame.index]


@pytest.mark.parametrize("seed", range(3))
def test_steps_to_and_fro_give_the_frames_of_decoding_from_the_beginning(info, seed):
    whole, index = images(info), 100
    for by in np.random.default_rng(seed).choice([1, 1, 1, -1, -1, 7, -9, 30, -45, 120], 40):
        index = int(np.clip(index + by, 0, info.frame_count - 1))
        before, after = int(by) % 3, int(by) % 2
        stretch = video.around(info, float(info.times_s[index]), before=before, after=after)
        expected = range(max(0, index - before), min(info.frame_count, index + after + 1))
        assert [frame.index for frame in stretch] == list(expected)
        assert all(np.array_equal(frame.image, whole[frame.index]) for frame in stretch)


def test_steps_in_another_clip_are_that_clips(info, square_clip):
    other = video.probe(square_clip, "cd" * 32)
    for index in (3, 4, 5):
        for clip in (info, other):
            (frame,) = video.around(clip, float(clip.times_s[index]), before=0, after=0)
            assert frame.image.shape[:2] == (clip.height_px, clip.width_px)
            assert frame.index == index


def test_a_file_that_was_replaced_is_told(info, square_clip):
    with pytest.raises(VideoUnreadable, match="changed"):
        video.near(replace(info, path=str(square_clip)), [10, 280], slacks=[4, 4])


# Contact sheets -------------------------------------------------------------------------------------------------------


def test_places_are_even_and_their_slacks_do_not_meet(info):
    long = replace(
        info, frame_count=90_000, times_s=np.arange(90_000) / 25, duration_s=3600.0, checks=np.zeros(0, np.uint32)
    )
    for clip in (info, long):
        for count in (12, 24, 48):
            places = frames.spread(clip, count)
            assert len(places) == count
            gaps = np.diff([index for index, _ in places])
            assert gaps.max() - gaps.min() <= 1
            assert all(a + more < b - less for (a, more), (b, less) in pairwise(places))
    assert frames.spread(info, 24)[0] == (6, 0)
    assert frames.spread(long, 24)[0][1] > 200


def test_a_clip_of_few_frames_gives_each_once(info):
    short = replace(info, frame_count=5, times_s=info.times_s[:5], duration_s=0.2, checks=info.checks[:5])
    assert frames.spread(short, 24) == ((0, 0), (1, 0), (2, 0), (3, 0), (4, 0))


def test_a_sheet_is_stored_with_small_pictures_of_the_right_frames(store, info):
    places = frames.spread(info, 12)
    frames.make_sheet(store, info.digest, places)
    sheet = store.read(frames.sheet_key(info.digest, places), Sheet)
    assert sheet.indices.tolist() == [index for index, _ in places]
    np.testing.assert_array_equal(sheet.times_s, info.times_s[sheet.indices])
    first = cv2.imdecode(np.asarray(sheet.pictures[: sheet.ends[0]]), cv2.IMREAD_COLOR)
    assert first.shape == (144, 256, 3)
    whole = video.frame_at(info, float(sheet.times_s[0])).image
    small = cv2.resize(whole, (256, 144), interpolation=cv2.INTER_AREA)
    assert np.abs(first[..., ::-1].astype(int) - small).mean() < 4


def test_a_sheet_that_is_there_is_not_made_again(store, info, monkeypatch):
    places = frames.spread(info, 24)
    frames.make_sheet(store, info.digest, places)
    monkeypatch.setattr(video, "near", None)
    frames.make_sheet(store, info.digest, places)


def test_the_measures_give_a_place_in_each_shot(store, info):
    reports = []
    frames.make_quality(store, info.digest, lambda *told: reports.append(told))
    measured = store.read(frames.quality_key(info.digest), Quality)
    assert len(measured.times_s) == info.frame_count
    assert reports[-1][:2] == (info.frame_count, info.frame_count)
    places = frames.of_shots(measured)
    borders = [*measured.shots.tolist(), info.frame_count]
    assert len(places) == len(measured.shots) >= 2
    for (index, slack), first, stop in zip(places, borders, borders[1:], strict=False):
        assert first <= index - slack <= index + slack < stop


# Files ----------------------------------------------------------------------------------------------------------------


def exported(store: Store, info: VideoInfo, indices, recipe=Recipe(), labels=None) -> tuple[dict, list[dict]]:  # noqa: B008
    """The pictures of a file by name, and the rows of its table."""
    labels = labels or ("",) * len(indices)
    frames.make_export(store, info.digest, indices, recipe, labels)
    with zipfile.ZipFile(store.file_path(frames.export_key(info.digest, indices, recipe, labels))) as archive:
        assert archive.testzip() is None
        content = {name: archive.read(name) for name in archive.namelist()}
    rows = list(csv.DictReader(io.StringIO(content.pop("frames.csv").decode())))
    return {name: picture(coded) for name, coded in content.items()}, rows


def picture(coded: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_a_file_holds_the_frames_losslessly_with_their_times_and_labels(store, info):
    pictures, rows = exported(store, info, (7, 130), labels=("fall, hard", ""))
    whole = images(info)
    assert list(pictures) == ["frame_000007.png", "frame_000130.png"]
    assert np.array_equal(pictures["frame_000007.png"], whole[7])
    assert np.array_equal(pictures["frame_000130.png"], whole[130])
    assert rows == [
        {"index": "7", "time_s": "0.280000", "label": "fall, hard", "file": "frame_000007.png"},
        {"index": "130", "time_s": "5.200000", "label": "", "file": "frame_000130.png"},
    ]


@pytest.mark.parametrize("indices", [(0, 1, 2, 3), (2, 60, 61, 299)])
def test_frames_after_a_recipe_are_those_of_the_whole_recipe(store, info, indices):
    recipe = Recipe((TemporalSmooth(2), Rotate(90.0), Gamma(1.5)))
    pictures, _ = exported(store, info, indices, recipe)
    whole = [frame.image for frame in recipe.apply(video.read(info))]
    for index in indices:
        assert np.array_equal(pictures[f"frame_{index:06}.png"], whole[index])


def test_frames_that_a_recipe_cuts_away_are_not_shown(info):
    assert frames.shown_by(Recipe((Trim((1.0, 2.0)),)), info, (0, 30, 49, 50)) == (30, 49)


@pytest.mark.parametrize(("indices", "expected"), [((), "No frame"), (tuple(range(5001)), "too many")])
def test_no_frame_and_too_many_are_refused(store, info, indices, expected):
    with pytest.raises(AnalysisError, match=expected):
        frames.make_export(store, info.digest, indices, Recipe(), ("",) * len(indices))


def test_a_file_that_was_cancelled_leaves_nothing_behind(store, info):
    def cancel(done: int, total: int, message: str) -> None:
        if done == 2:
            raise Cancelled(message)

    before = sorted(path.name for path in (store.workspace / "results").iterdir())
    with pytest.raises(Cancelled):
        frames.make_export(store, info.digest, (1, 2, 3, 4), Recipe(), ("",) * 4, cancel)
    assert sorted(path.name for path in (store.workspace / "results").iterdir()) == before


def test_a_file_is_deleted_with_its_clip(tmp_path, square_clip):
    store = Store(tmp_path / "workspace")
    digest = clips.add_video(store, square_clip)
    frames.make_export(store, digest, (1,), Recipe(), ("",))
    path = store.file_path(frames.export_key(digest, (1,), Recipe(), ("",)))
    assert path.is_file()
    store.delete_video(digest)
    assert not path.exists()
    store.close()


def test_files_older_than_a_week_are_tidied_away(tmp_path, square_clip, monkeypatch):
    store = Store(tmp_path / "workspace")
    digest = clips.add_video(store, square_clip)
    frames.make_export(store, digest, (1,), Recipe(), ("",))
    path = store.file_path(frames.export_key(digest, (1,), Recipe(), ("",)))
    store.tidy()
    assert path.is_file()
    monkeypatch.setattr("core.workspace.store.UNUSED_KEPT_S", -1.0)
    store.tidy()
    assert not path.exists()
    store.close()
