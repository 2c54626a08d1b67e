"""Every odd file that we know: read to its last frame, or refused with a reason, in moments.

The table says what is expected: a count of frames and a word of each note, or a word of the reason.
"""

from pathlib import Path

import numpy as np
import pytest

from core.base.errors import VideoUnreadable
from core.stages import video

PLAYS = {
    "-leading-dash.mp4": 101,
    "av1.mkv": 15,
    "av1_video.mkv": 125,
    "base_h264.mp4": 101,
    "anim.gif": 40,
    "fps_0_1.mp4": 5,
    "fps_240.mp4": 970,
    "h264_10bits.mp4": 30,
    "h265_10bits.mp4": 30,
    "hevc_10bit.mp4": 101,
    "mp4_named.avi": 101,
    "no_extension": 101,
    "odd_dims_444.mp4": 101,
    "quote'and\"double.mp4": 101,
    "rotate_meta_180.mp4": 101,
    "rotate_meta_90.mp4": 101,
    "sar_4_3.mp4": 101,
    "tiny16.mp4": 101,
    "uhd_3frames.mp4": 3,
    "unordered.mov": 4,
    "vfr.mp4": 47,
    "video_180.mov": 3,
    "video_90.mov": 3,
    "with_audio.mp4": 101,
    "wmv2.wmv": 101,
    "имя с пробелом 动作 é.mp4": 101,
}
WARNED = {
    "DV.dv": (1, "single frame"),
    "bitflips_mdat.mp4": (22, "Damaged after 0.84 s: 22 of 101 declared frames can be read"),
    "corrupted.mp4": (28, "Damaged after 2.70 s: 28 of 50 declared frames can be read"),
    "edit_list_cut.mp4": (76, "76 of 101"),
    "interlaced.mp4": (50, "interlaced"),
    "neg_pts.mkv": (76, "25 frames are left out: without a time"),
    "one_frame.mp4": (1, "single frame"),
    "tkhd_huge_dims.mp4": (101, "65535"),
    "truncated_faststart_half.mp4": (32, "Damaged after 1.24 s: 32 of 101 declared frames can be read"),
    "two_video_streams.mkv": (101, "2 video streams; the first"),
    "vp9_alpha.webm": (101, "transparency"),
}
REFUSED = {
    "M2TS.mts": "fragment",
    "Pentax.avi": "fragment",
    "anim.webp": "animated WebP",
    "audio_only.mp4": "contains only audio",
    "cover_art.mp3": "audio file (MP3) with a cover",
    "cover_art_named.mp4": "audio file (MP3) with a cover",
    "encrypted_cenc.mp4": "encrypted",
    "html_named.mp4": "web page",
    "huge_stts_count.mp4": "index is damaged",
    "lfs_pointer.mp4": "Git LFS pointer",
    "plain_text_decodes_as_video.txt": "plain text",
    "png_named.mp4": "still image",
    "random_bytes.mp4": "not a video",
    "still.png": "still image",
    "truncated_no_moov.mp4": "no index",
    "zero_bytes.mp4": "empty",
}
SIZES = {
    "anim.gif": (180, 144),
    "odd_dims_444.mp4": (178, 142),
    "rotate_meta_180.mp4": (180, 144),
    "rotate_meta_90.mp4": (144, 180),
    "sar_4_3.mp4": (240, 144),
    "uhd_3frames.mp4": (3840, 3072),
    "video_180.mov": (568, 320),
    "video_90.mov": (320, 568),
}
NEED_PROXY = {"av1.mkv", "anim.gif", "h264_10bits.mp4", "hevc_10bit.mp4", "odd_dims_444.mp4", "wmv2.wmv", "neg_pts.mkv"}


@pytest.fixture(scope="session")
def awkward(shared_data: Path) -> Path:
    return shared_data / "awkward"


def test_the_table_names_every_file(awkward: Path):
    assert {path.name for path in awkward.iterdir()} == {*PLAYS, *WARNED, *REFUSED}
    assert len(PLAYS) + len(WARNED) + len(REFUSED) == 53


@pytest.mark.parametrize("name", [*PLAYS, *WARNED])
def test_a_clip_that_can_be_read_is_read_to_its_last_frame(awkward: Path, name: str):
    count, note = WARNED.get(name, (PLAYS.get(name), ""))
    info = video.probe(awkward / name, "digest")
    assert info.frame_count == count
    assert note in " ".join(info.notes) if note else not info.notes
    indices = []
    for frame in video.read(info):
        assert frame.image.shape == (info.height_px, info.width_px, 3)
        assert frame.time_s == info.times_s[frame.index]
        indices.append(frame.index)
    assert indices == list(range(info.frame_count))


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_clip_is_refused_with_reason_and_advice(awkward: Path, name: str):
    with pytest.raises(VideoUnreadable) as refusal:
        video.probe(awkward / name, "digest")
    assert REFUSED[name] in str(refusal.value)
    assert name in str(refusal.value)
    assert len(refusal.value.hint) > 10


@pytest.mark.parametrize("name", SIZES)
def test_size_is_as_displayed(awkward: Path, name: str):
    info = video.probe(awkward / name, "digest")
    assert (info.width_px, info.height_px) == SIZES[name]


@pytest.mark.parametrize("name", ["base_h264.mp4", "vfr.mp4", *sorted(NEED_PROXY)])
def test_what_browsers_cannot_show_is_known(awkward: Path, name: str):
    assert video.probe(awkward / name, "digest").plays_in_browser == (name not in NEED_PROXY)


@pytest.mark.parametrize("name", [*PLAYS, *WARNED])
def test_any_moment_shows_the_frame_that_reading_forward_shows(awkward: Path, name: str):
    info = video.probe(awkward / name, "digest")
    asked = sorted(np.random.default_rng(0).choice(info.frame_count, min(5, info.frame_count), replace=False))
    forward = {frame.index: frame for frame in video.read(info) if frame.index in asked}
    for index in asked:
        frame = video.frame_at(info, info.times_s[index] + 1e-5)
        assert frame.index == index
        assert np.array_equal(frame.image, forward[index].image)


def test_turned_clips_stand_upright(awkward: Path):
    """The same pictures, marked to be shown turned: counter-clockwise by the angle in the name."""
    plain = video.frame_at(video.probe(awkward / "base_h264.mp4", "digest"), 1.0).image
    turned = video.frame_at(video.probe(awkward / "rotate_meta_90.mp4", "digest"), 1.0).image
    assert np.array_equal(turned, np.rot90(plain))
    turned = video.frame_at(video.probe(awkward / "rotate_meta_180.mp4", "digest"), 1.0).image
    assert np.array_equal(turned, np.rot90(plain, 2))


def test_a_variable_rate_is_seen_and_its_times_are_true(awkward: Path):
    info = video.probe(awkward / "vfr.mp4", "digest")
    assert info.variable_rate
    assert set(np.round(np.diff(info.times_s), 6)) == {0.04, 0.08, 0.12}


def test_metadata_that_is_no_utf8_is_no_obstacle(shared_data: Path):
    assert video.probe(shared_data / "clips" / "cartwheeling.avi", "digest").frame_count == 83


@pytest.mark.parametrize(
    "name", ["edit_list_cut.mp4", "fps_0_1.mp4", "neg_pts.mkv", "rotate_meta_90.mp4", "tiny16.mp4"]
)
def test_a_copy_for_browsers_keeps_every_time(awkward: Path, tmp_path: Path, name: str):
    info = video.probe(awkward / name, "digest")
    video.make_proxy(info, tmp_path / "proxy.mp4")
    proxy = video.probe(tmp_path / "proxy.mp4", "digest")
    assert proxy.plays_in_browser
    assert np.abs(proxy.times_s - info.times_s).max() < 1e-3
    assert abs(proxy.duration_s - info.duration_s) < 1e-3
    assert (proxy.width_px, proxy.height_px) == (info.width_px, info.height_px)
