"""What may go wrong in a clip: each kind of finding on made clips, where it is known what is wrong and where."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.domain import Frame, Quality, Recipe, VideoInfo
from core.stages import quality, video
from core.stages.preprocessing.repair import Repair
from core.stages.quality import QualityFinding, findings, measure

RATE_HZ = 25
Change = Callable[[int, np.ndarray], np.ndarray]


def texture(seed: int = 0) -> np.ndarray:
    """A picture with fine and coarse detail, of middle brightness. (90, 160, 3) uint8."""
    noise = np.random.default_rng(seed)
    coarse = cv2.resize(noise.integers(60, 180, (9, 16, 3), np.uint8), (160, 90), interpolation=cv2.INTER_CUBIC)
    fine = noise.integers(-25, 26, (90, 160, 1))
    return np.clip(coarse.astype(int) + fine, 0, 255).astype(np.uint8)


def frames(count: int, change: Change = lambda index, image: image, *, left_out: range = range(0)) -> Iterator[Frame]:
    """A texture that moves to the right by two pixels a frame, changed as `change` says."""
    moving = texture()
    for index in range(count):
        if index not in left_out:
            image = change(index, np.roll(moving, 2 * index, axis=1))
            yield Frame(index, index / RATE_HZ, np.ascontiguousarray(image))


def info_of(made: list[Frame], **changes) -> VideoInfo:
    known = VideoInfo(
        path="made.mp4", digest="ab" * 32, width_px=160, height_px=90, frame_count=len(made), declared_count=len(made),
        times_s=np.array([frame.time_s for frame in made]), rate_hz=Fraction(RATE_HZ), variable_rate=False,
        duration_s=made[-1].time_s + 1 / RATE_HZ, codec="h264", plays_in_browser=True, notes=(),
    )  # fmt: skip
    return replace(known, **changes)


def found(count: int, change: Change = lambda index, image: image, **changes) -> list[tuple]:
    """(kind, start in frames, stop in frames, how many frames) of each finding."""
    made = list(frames(count, change))
    told = findings(measure(made), info_of(made, **changes))
    return [(each.kind, round(each.start_s * RATE_HZ), round(each.stop_s * RATE_HZ), each.frames) for each in told]


def between(first: int, stop: int, change: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda index, image: change(image) if first <= index < stop else image


def test_a_good_clip_gives_no_finding_and_one_shot():
    made = list(frames(60))
    measured = measure(made)
    assert findings(measured, info_of(made)) == ()
    assert measured.shots.tolist() == [0]


def test_a_black_stretch_is_found_where_it_is_and_is_not_told_as_repeated_too():
    assert found(60, between(20, 35, np.zeros_like)) == [("black", 20, 35, 15)]


def test_a_dark_stretch_is_found_and_a_blink_is_none():
    dim = between(20, 35, lambda image: (image * 0.3).astype(np.uint8))
    assert found(60, dim) == [("dark", 20, 35, 15)]
    blink = found(60, between(20, 24, lambda image: (image * 0.3).astype(np.uint8)))
    assert [each[0] for each in blink] == ["flash"]


def test_a_washed_out_stretch_is_found():
    white = between(20, 40, lambda image: np.clip(image.astype(int) * 3, 0, 255).astype(np.uint8))
    assert ("bright", 20, 40, 20) in found(60, white)


@pytest.mark.parametrize("sigma", [1.5, 4.0])
def test_a_blurred_stretch_is_found(sigma):
    soft = between(20, 35, lambda image: cv2.GaussianBlur(image, (0, 0), sigma))
    assert found(60, soft) == [("blurred", 20, 35, 15)]


def test_a_clip_that_is_soft_throughout_has_no_blurred_stretch():
    assert found(60, lambda index, image: cv2.GaussianBlur(image, (0, 0), 3)) == []


def test_sharpness_does_not_hang_on_brightness_or_contrast():
    pale = [replace(frame, image=(frame.image // 2 + 60)) for frame in frames(3)]
    assert measure(pale).sharpness == pytest.approx(measure(frames(3)).sharpness, abs=0.05)


def test_repeated_frames_are_counted_as_one_stretch():
    moving = texture()
    held = between(0, 0, np.copy)
    assert found(60, held) == []
    slow = found(60, lambda index, image: np.roll(moving, 2 * (index - index % 3), axis=1))
    assert slow == [("repeated", 1, 60, 40)]


def test_a_picture_that_stands_still_for_a_second_is_told_so():
    moving = texture()
    frozen = found(80, lambda index, image: np.roll(moving, 2 * min(index, 40), axis=1) if index < 70 else image)
    assert frozen == [("still", 41, 70, 29)]


def test_a_single_moving_thing_is_no_repeat():
    def change(index: int, image: np.ndarray) -> np.ndarray:
        still = texture()
        still[40:46, index : index + 6] = 255
        return still

    assert found(60, change) == []


def test_a_flash_is_found_and_a_change_that_stays_is_none():
    brighter = lambda image: np.clip(image.astype(int) + 90, 0, 255).astype(np.uint8)  # noqa: E731
    assert ("flash", 30, 32, 2) in found(60, between(30, 32, brighter))
    assert not [each for each in found(60, between(30, 60, brighter)) if each[0] == "flash"]


def test_a_blink_to_dark_is_a_flash_too():
    assert ("flash", 30, 32, 2) in found(60, between(30, 32, lambda image: image // 3))


def measured(**rows: list[float]) -> Quality:
    """What is measured of a good clip, but for some rows."""
    (count,) = {len(row) for row in rows.values()}
    usual = {
        "brightness": 0.4, "luminance": 0.2, "black": 0.0, "white": 0.0, "sharpness": 0.6, "motion": 0.05, "largest": 90
    }  # fmt: skip
    columns = {name: np.full(count, value, np.float32) for name, value in usual.items()}
    columns |= {name: np.array(row, np.float32) for name, row in rows.items()}
    return Quality(times_s=np.arange(count) / RATE_HZ, shots=np.array([0]), **columns)


def kinds(quality: Quality) -> list[str]:
    made = [Frame(index, float(time_s), texture()) for index, time_s in enumerate(quality.times_s)]
    return [finding.kind for finding in findings(quality, info_of(made))]


@pytest.mark.parametrize(("share", "expected"), [(0.70, ["blurred"]), (0.74, ["blurred"]), (0.76, []), (0.80, [])])
def test_blurred_is_what_lacks_a_quarter_of_the_usual_sharpness(share: float, expected: list[str]):
    assert kinds(measured(sharpness=[0.6] * 30 + [0.6 * share] * 10 + [0.6] * 30)) == expected


@pytest.mark.parametrize(
    ("before", "amid", "expected"),
    [
        (0.78, 0.95, ["flash"]),
        (0.82, 0.99, []),  # the darker of the two is bright, too
        (0.99, 0.78, ["flash"]),
        (0.99, 0.82, []),
        (0.20, 0.28, []),  # the change is less than a tenth
    ],
)
def test_a_flash_has_a_dark_side_as_wcag_defines_it(before: float, amid: float, expected: list[str]):
    assert kinds(measured(luminance=[before] * 10 + [amid] * 3 + [before] * 10)) == expected


def test_missing_frames_are_those_that_repair_would_fill():
    made = list(frames(60, left_out=range(30, 34)))
    told = findings(measure(made), info_of(made))
    assert told == (QualityFinding("missing", 29 / RATE_HZ, 34 / RATE_HZ, 29, 4),)
    filled = [frame for frame in Recipe((Repair(),)).apply(made) if frame.filled]
    assert len(filled) == told[0].frames


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_gap_is_the_one_that_repair_goes_by(seed):
    times_s = np.cumsum(np.random.default_rng(seed).choice([0.04, 0.04, 0.04, 0.08, 0.2], 60))
    made = [Frame(index, float(time_s), texture()) for index, time_s in enumerate(times_s - times_s[0])]
    told = findings(measure(made), info_of(made))
    filled = sum(frame.filled for frame in Recipe((Repair(blank=False, longest_s=10.0),)).apply(made))
    assert sum(each.frames for each in told if each.kind == "missing") == filled


def test_the_end_of_a_damaged_file_is_unreadable():
    assert found(40, declared_count=100, damaged=True) == [("unreadable", 39, 40, 60)]
    assert found(40, declared_count=100) == []


def test_shots_begin_where_the_picture_changes_at_once_and_not_at_a_fade():
    one, other = cv2.GaussianBlur(texture(), (0, 0), 4), 255 - cv2.GaussianBlur(texture(1), (0, 0), 4)
    cut = list(frames(75, lambda index, image: np.roll(one if index < 30 else other, index, axis=1)))
    assert measure(cut).shots.tolist() == [0, 30]
    fade = list(frames(75, lambda index, image: cv2.addWeighted(one, 1 - index / 75, other, index / 75, 0)))
    assert measure(fade).shots.tolist() == [0]


def test_one_frame_is_enough():
    made = list(frames(1))
    measured = measure(made)
    assert findings(measured, info_of(made)) == ()
    assert measured.shots.tolist() == [0]


@pytest.mark.parametrize(
    ("size", "expected"), [((1920, 1080), (320, 180)), ((100, 50), (100, 50)), ((1080, 1920), (180, 320))]
)
def test_clips_are_measured_small_and_never_enlarged(size, expected):
    assert quality.small(*size) == expected


def test_all_is_found_in_a_coded_clip(tmp_path: Path):
    """What H.264 changes must not hide what is wrong, nor make up more."""

    def change(index: int, image: np.ndarray) -> np.ndarray:
        if 20 <= index < 30:
            return np.zeros_like(image)
        if 50 <= index < 62:
            return cv2.GaussianBlur(image, (0, 0), 3)
        return np.roll(texture(), 160, axis=1) if 80 <= index < 92 else image

    path = tmp_path / "made.mp4"
    video.write(path, frames(120, change, left_out=range(104, 107)))
    info = video.probe(path, "ab" * 32)
    told = findings(measure(video.read(info, size_px=quality.small(info.width_px, info.height_px))), info)
    assert [each.kind for each in told] == ["black", "blurred", "repeated", "missing"]
    assert [round(each.start_s * RATE_HZ) for each in told[:2]] == [20, 50]
    assert 8 <= told[2].frames <= 11
    assert told[3].frames == 3


def test_no_real_clip_is_told_to_be_mostly_wrong(shared_data: Path):
    for path in sorted((shared_data / "weizmann").rglob("*.avi"))[::30]:
        info = video.probe(path, "ab" * 32)
        assert findings(measure(video.read(info)), info) == (), path.name
