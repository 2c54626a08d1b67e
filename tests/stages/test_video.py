"""Clips that these tests make themselves: what is measured, how exactly a moment is found, what is refused."""

import os
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import Cancelled, VideoUnreadable
from core.domain import Frame, VideoInfo
from core.stages import video
from core.stages.video import containers

WIDTH, HEIGHT = 64, 48


def drawing(index: int) -> np.ndarray:
    """(48, 64, 3) uint8: coarse noise that is another for each index."""
    blocks = np.random.default_rng(index).integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    return np.kron(blocks, np.ones((8, 8, 1), np.uint8))


def film(
    path: Path, codec: str, ticks: list[int], *, pixels: str = "yuv420p", options: dict | None = None, hz: int = 25,
    first: int = 0,
) -> Path:  # fmt: skip
    """A clip whose frame i is drawing(first + i), shown from ticks[i] / hz on."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=hz, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        for index, tick in enumerate(ticks):
            picture = av.VideoFrame.from_ndarray(drawing(first + index), "rgb24")
            picture.pts, picture.time_base = tick, Fraction(1, hz)
            output.mux(stream.encode(picture))
        output.mux(stream.encode())
    return path


MADE = {
    "b_frames.mp4": ("libx264", "yuv420p", {"bf": "3", "g": "12"}),
    "open_gop.mp4": ("libx264", "yuv420p", {"bf": "3", "g": "12", "x264-params": "open-gop=1"}),
    "intra_refresh.mp4": ("libx264", "yuv420p", {"bf": "0", "g": "12", "intra-refresh": "1"}),
    "broadcast.ts": ("libx264", "yuv420p", {"bf": "2", "g": "12"}),
    "programme.mpg": ("mpeg2video", "yuv420p", {"bf": "2", "g": "12"}),
    "old.avi": ("mpeg4", "yuv420p", {"bf": "2", "g": "12"}),
    "web.webm": ("libvpx-vp9", "yuv420p", {"g": "12", "cpu-used": "8", "auto-alt-ref": "1", "lag-in-frames": "8"}),
    "whole.avi": ("mjpeg", "yuvj420p", {}),
    "exact.avi": ("ffv1", "bgr0", {}),
}


# A recorder sets its clock back after 25 frames: to the beginning, of which FFmpeg makes a later time, or a little.
SET_BACK = {"reset.ts": (2500, 0), "moved.ts": (2500, 2000)}  # the frames at which the clocks of the parts begin


def recorded(path: Path, begins: tuple[int, ...], frames: int = 25) -> Path:
    """A transport stream of parts whose clocks begin at these frames."""
    with open(path, "wb") as whole:
        for part, begin in enumerate(begins):
            piece = path.with_name(f"part-{path.name}")
            codec, pixels, options = MADE["broadcast.ts"]
            ticks = [begin + at for at in range(frames)]
            whole.write(film(piece, codec, ticks, pixels=pixels, options=options, first=part * frames).read_bytes())
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[VideoInfo, list[Frame]]]:
    """Each made clip: what was measured of it, and all its frames read forward."""
    folder, clips = tmp_path_factory.mktemp("made"), {}
    for name, (codec, pixels, options) in MADE.items():
        film(folder / name, codec, list(range(50)), pixels=pixels, options=options)
    for name, begins in SET_BACK.items():
        recorded(folder / name, begins)
    for name in (*MADE, *SET_BACK):
        info = video.probe(folder / name, "digest")
        clips[name] = info, list(video.read(info))
    return clips


@pytest.mark.parametrize("name", MADE)
def test_every_frame_and_its_time_are_found(made, name: str):
    info, frames = made[name]
    assert (info.frame_count, info.width_px, info.height_px) == (50, WIDTH, HEIGHT)
    assert np.allclose(info.times_s, np.arange(50) / 25, atol=1e-9 if name != "web.webm" else 1e-3)
    assert (info.rate_hz, info.variable_rate, info.notes) == (25, False, ())
    assert abs(info.duration_s - 2) < 2e-3
    assert [frame.index for frame in frames] == list(range(50))


@pytest.mark.parametrize("name", SET_BACK)
def test_a_clock_that_was_set_back_is_joined_and_told(made, name: str):
    info, frames = made[name]
    assert info.frame_count == 50 and np.allclose(info.times_s, np.arange(50) / 25, atol=1e-9)
    assert abs(info.duration_s - 2) < 2e-3 and not info.variable_rate
    assert info.notes == ("The recorder's clock was set back at 1.00 s: the parts are joined without a gap.",)
    assert all(np.abs(frame.image.astype(int) - drawing(frame.index)).mean() < 12 for frame in frames)


def test_a_clock_may_be_set_back_many_times(tmp_path: Path):
    info = video.probe(recorded(tmp_path / "many.ts", (900, 0, 0, 10, 5), frames=60), "digest")
    assert info.frame_count == 300 and len(info.jumps) == len(info.notes) == 4
    for index in (0, 59, 60, 150, 239, 240, 299):
        assert video.frame_at(info, float(info.times_s[index])).index == index


def test_a_pause_of_a_recorder_is_not_joined(tmp_path: Path):
    info = video.probe(film(tmp_path / "pause.ts", "libx264", [*range(25), *range(2500, 2525)]), "digest")
    assert info.jumps == () and info.duration_s == pytest.approx(101, abs=0.1)


@pytest.mark.parametrize("name", [*MADE, *SET_BACK])
@settings(max_examples=15, deadline=None)
@given(choice=st.integers(0, 10**6), shift_s=st.floats(0, 0.039))
def test_any_moment_shows_the_frame_that_reading_forward_shows(made, name: str, choice: int, shift_s: float):
    info, frames = made[name]
    expected = frames[choice % 50]
    frame = video.frame_at(info, expected.time_s + shift_s)
    assert frame.index == expected.index
    assert np.array_equal(frame.image, expected.image)


@pytest.mark.parametrize("name", [*MADE, *SET_BACK])
def test_reading_from_the_middle_gives_what_reading_from_the_start_gives(made, name: str):
    info, frames = made[name]
    part = list(video.read(info, start_s=info.times_s[17], stop_s=info.times_s[31]))
    assert [frame.index for frame in part] == list(range(17, 31))
    assert all(np.array_equal(frame.image, frames[frame.index].image) for frame in part)


def test_lossless_pixels_come_back_exactly(made):
    _, frames = made["exact.avi"]
    assert all(np.array_equal(frame.image, drawing(frame.index)) for frame in frames)


def test_frames_around_a_moment_stop_at_the_ends(made):
    info, _ = made["b_frames.mp4"]
    assert [frame.index for frame in video.around(info, 1.0, before=2, after=1)] == [23, 24, 25, 26]
    assert [frame.index for frame in video.around(info, 0.0, before=3, after=1)] == [0, 1]
    assert [frame.index for frame in video.around(info, 99.0, before=1, after=3)] == [48, 49]


def test_a_size_asked_for_is_given(made):
    info, _ = made["b_frames.mp4"]
    assert next(video.read(info, size_px=(32, 20))).image.shape == (20, 32, 3)


def test_variable_rate_times_are_measured(tmp_path: Path):
    ticks = [0, 1, 3, 4, 8, 9, 12]
    info = video.probe(film(tmp_path / "odd.mkv", "libx264", ticks, hz=10), "digest")
    assert info.variable_rate
    assert np.allclose(info.times_s, np.array(ticks) / 10, atol=1e-9)
    assert info.rate_hz == Fraction(6, 1) / Fraction(12, 10)


def test_a_clip_that_starts_late_begins_at_zero_and_needs_a_copy(tmp_path: Path):
    info = video.probe(film(tmp_path / "late.mkv", "libx264", list(range(50, 60))), "digest")
    assert (info.times_s[0], info.clock_start_s, info.plays_in_browser) == (0, 2, False)
    assert video.frame_at(info, 0.2).index == 5


# Red, green, blue of one YUV colour under each standard: ITU-R BT.601 (2.5.1) and BT.709 (3.2), narrow range.
@pytest.mark.parametrize(
    ("size", "matrix", "expected"),
    [
        ((64, 48), None, (204.1, 89.8, 64.6)),
        ((64, 48), 1, (214.3, 99.4, 61.9)),
        ((1280, 720), None, (214.3, 99.4, 61.9)),
        ((1280, 720), 5, (204.1, 89.8, 64.6)),
    ],
)
def test_colours_follow_the_standard_that_the_clip_names_or_its_size_implies(tmp_path, size, matrix, expected):
    path = tmp_path / "colour.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if matrix:
            stream.codec_context.colorspace = matrix
        picture = av.VideoFrame(*size, "yuv420p")
        for plane, value in zip(picture.planes, (120, 100, 180), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        output.mux(stream.encode(picture))
        output.mux(stream.encode())
    image = video.frame_at(video.probe(path, "digest"), 0).image
    assert np.abs(image[20, 20] - np.array(expected)).max() <= 3


def test_a_colour_matrix_that_does_not_exist_is_no_obstacle():
    from core.stages.video.pictures import image_of

    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, value in zip(picture.planes, (120, 100, 180), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    picture.colorspace = 65
    assert np.abs(image_of(picture, (WIDTH, HEIGHT))[9, 9] - np.array((204.1, 89.8, 64.6))).max() <= 3


def test_transparent_parts_are_black(tmp_path: Path):
    path = tmp_path / "glass.mov"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgba"
        for _ in range(3):
            image = np.full((HEIGHT, WIDTH, 4), (200, 100, 40, 255), np.uint8)
            image[:, :32, 3] = 0
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgba")))
        output.mux(stream.encode())
    info = video.probe(path, "digest")
    image = video.frame_at(info, 0).image
    assert image[5, 5].tolist() == [0, 0, 0]
    assert image[5, 50].tolist() == [200, 100, 40]
    assert "on black" in " ".join(info.notes)


def test_what_is_written_keeps_its_times_and_its_look(tmp_path: Path):
    times_s = [0.0, 0.04, 0.2, 0.24, 0.5]
    soft = np.linspace(0, 255, WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint8)
    video.write(tmp_path / "out.mp4", (Frame(i, 5 + t, soft) for i, t in enumerate(times_s)), Fraction(10))
    info = video.probe(tmp_path / "out.mp4", "digest")
    assert np.allclose(info.times_s, times_s, atol=1e-5)
    assert abs(info.duration_s - 0.6) < 1e-4
    assert info.plays_in_browser
    assert np.abs(video.frame_at(info, 0).image.astype(int) - soft).mean() < 4


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (17, 31)])
def test_odd_and_tiny_sizes_can_be_written(tmp_path: Path, size):
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    video.write(tmp_path / "tiny.mp4", [Frame(i, i / 25, image) for i in range(3)])
    info = video.probe(tmp_path / "tiny.mp4", "digest")
    assert (info.width_px, info.height_px) == tuple(max(2, side - side % 2) for side in size)


def test_a_stopped_copy_leaves_nothing_behind(made, tmp_path: Path):
    def stop(done: int, total: int, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        video.make_proxy(made["old.avi"][0], tmp_path / "proxy.mp4", stop)
    with pytest.raises(Cancelled):
        video.probe(made["old.avi"][0].path, "digest", stop)
    assert not list(tmp_path.iterdir())


def test_sound_is_kept_in_a_copy(tmp_path: Path):
    path = tmp_path / "talk.mkv"
    with av.open(str(path), "w") as output:
        pictures = output.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = output.add_stream("pcm_s16le", rate=44_100, layout="mono")
        for index in range(25):
            output.mux(pictures.encode(av.VideoFrame.from_ndarray(drawing(index), "rgb24")))
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.int16), "s16", "mono")
        samples.sample_rate, samples.pts = 44_100, 0
        output.mux(sound.encode(samples))
        output.mux(sound.encode())
        output.mux(pictures.encode())
    video.make_proxy(video.probe(path, "digest"), tmp_path / "proxy.mp4")
    with av.open(str(tmp_path / "proxy.mp4")) as copy:
        assert copy.streams.audio[0].codec_context.name == "aac"
        assert sum(frame.samples for frame in copy.decode(audio=0)) == pytest.approx(48_000, abs=3000)
    assert video.probe(tmp_path / "proxy.mp4", "digest").plays_in_browser


def test_damage_leaves_a_gap_and_reading_goes_on_at_the_next_key_frame(made, tmp_path: Path):
    info, frames = made["b_frames.mp4"]
    content = bytearray(Path(info.path).read_bytes())
    middle, length = len(content) // 2, len(content) // 20
    content[middle : middle + length] = np.random.default_rng(0).bytes(length)
    path = tmp_path / "hurt.mp4"
    path.write_bytes(content)
    hurt = video.probe(path, "digest")
    kept = np.round(hurt.times_s * 25).astype(int)
    assert 35 <= hurt.frame_count < 50
    assert kept[-1] == 49
    assert hurt.notes
    for index, frame in zip(kept, video.read(hurt), strict=True):
        assert np.array_equal(frame.image, frames[index].image)
    assert np.array_equal(video.frame_at(hurt, hurt.times_s[-1]).image, frames[49].image)


def test_a_file_that_was_replaced_is_noticed(made, tmp_path: Path):
    info, _ = made["b_frames.mp4"]
    other = film(tmp_path / "other.mp4", "libx264", list(range(10)))
    with pytest.raises(VideoUnreadable, match="changed since it was added"):
        list(video.read(replace(info, path=str(other))))
    with pytest.raises(VideoUnreadable, match="no file"):
        video.frame_at(replace(info, path=str(tmp_path / "gone.mp4")), 1)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")


def _sparse(path: Path, head: bytes, size: int) -> None:
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(size)


EBML = bytes.fromhex("1a45dfa3 9f 4286 81 01 42f7 81 01 42f2 81 04 42f3 81 08 4282 84 7765626d 4287 81 04 4285 81 02")
HOSTILE = {
    "playlist.mp4": (lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"), "playlist"),
    "concat.mp4": (lambda path: path.write_text("ffconcat version 1.0\nfile /etc/passwd\n"), "playlist"),
    "dash.mp4": (lambda path: path.write_text("<?xml version='1.0'?><MPD></MPD>"), "playlist"),
    "drawing.mp4": (lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "SVG"),
    "archive.mp4": (_zip, "ZIP"),
    "zeros.mp4": (lambda path: _sparse(path, b"", 2**32), "zeros"),
    "vast.mp4": (lambda path: _sparse(path, b"\0\0\0\x14ftypisom\0\0\0\0isom", 2**32), "no index"),
    "vast.webm": (lambda path: _sparse(path, EBML, 2**32), "No data could be read"),
    "vast.ts": (lambda path: _sparse(path, (b"G\x1f\xff\x10" + bytes(184)) * 10, 2**28), "."),
    "vast.avi": (lambda path: _sparse(path, b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\x7fhdrl", 2**32), "."),
    "head.gif": (lambda path: path.write_bytes(b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0"), "."),
    "folder.mp4": (Path.mkdir, "folder"),
    "pipe.mp4": (os.mkfifo, "pipe or a device"),
    "device.mp4": (lambda path: path.symlink_to("/dev/zero"), "pipe or a device"),
    "loop.mp4": (lambda path: path.symlink_to(path), "cannot be opened"),
    "box.mp4": (lambda path: path.write_bytes(b"\0\0\0\x01ftyp" + b"\xff" * 8 + bytes(50)), "no index"),
    "nothing.mp4": (lambda path: None, "no file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_holds_nothing_up(tmp_path: Path, monkeypatch, name: str):
    make, reason = HOSTILE[name]
    monkeypatch.setattr(containers, "STALL_S", 1.0)
    make(tmp_path / name)
    with pytest.raises(VideoUnreadable, match=reason) as refusal:
        video.digest(tmp_path / name)
        video.probe(tmp_path / name, "digest")
    assert refusal.value.hint


def test_a_picture_beyond_all_measure_takes_no_memory(tmp_path: Path):
    """A GIF of 60,000 x 60,000 px in 50 bytes."""
    path = tmp_path / "huge.gif"
    side = (60_000).to_bytes(2, "little") * 2
    image = b"," + bytes(4) + side + b"\0" + b"\x02\x02\x4c\x01\0"
    path.write_bytes(b"GIF89a" + side + b"\x80\0\0" + bytes(6) + image + b";")
    with pytest.raises(VideoUnreadable):
        video.probe(path, "digest")


def test_a_file_that_still_grows_is_refused(made, tmp_path: Path):
    path = tmp_path / "grows.avi"
    path.write_bytes(Path(made["exact.avi"][0].path).read_bytes())

    def grow(done: int, total: int, message: str) -> None:
        with open(path, "ab") as file:
            file.write(bytes(100))

    with pytest.raises(VideoUnreadable, match="changed while it was read"):
        video.digest(path, grow)
    with pytest.raises(VideoUnreadable, match="changed while it was read"):
        video.probe(path, "digest", grow)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(made, tmp_path: Path):
    path = tmp_path / "secret.mp4"
    path.write_bytes(Path(made["b_frames.mp4"][0].path).read_bytes())
    path.chmod(0)
    with pytest.raises(VideoUnreadable, match="no permission to read"):
        video.probe(path, "digest")


def test_the_digest_is_of_the_bytes(made):
    import hashlib

    path = made["b_frames.mp4"][0].path
    assert video.digest(path) == hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["b_frames.mp4", "programme.mpg", "old.avi", "web.webm", "exact.avi"])
@settings(max_examples=20, deadline=None)
@given(places=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=30))
def test_flipped_bytes_never_raise_anything_else(made, tmp_path_factory, name: str, places):
    content = bytearray(Path(made[name][0].path).read_bytes())
    for place, value in places:
        content[place % len(content)] = value
    path = tmp_path_factory.mktemp("flipped") / name
    path.write_bytes(content)
    try:
        info = video.probe(path, "digest")
        assert len(list(video.read(info))) == info.frame_count
    except VideoUnreadable as refusal:
        assert refusal.hint
