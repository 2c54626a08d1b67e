"""Frames to H.264 in MP4, each at its own time: for files, and for what browsers cannot show as it is."""

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import PictureType

from core.base.errors import AnalysisError
from core.base.progress import Pace, Report, silent
from core.domain import Frame, VideoInfo
from core.stages.video.containers import container_of, threads
from core.stages.video.file_signatures import content_of
from core.stages.video.reader import read

CLOCK_HZ = 90_000  # finer than any camera

_RUN_UP_S = 1.0  # of sound that is decoded before what is wanted: decoders find their feet in it
_SOUND_HZ = 48_000
_X264 = {"preset": "veryfast", "crf": "21", "tune": "fastdecode"}


def write(
    path: str | Path, frames: Iterable[Frame], rate_hz: Fraction | None = None, *, sound: VideoInfo | None = None
) -> None:
    """Write frames as an MP4 (H.264, 4:2:0, BT.709) that plays everywhere, each at its own time from the first.

    rate_hz: how long the last frame stays, where the gap before it does not tell. sound: the clip whose sound is heard
    with them, from the time of the first of them on. Odd sizes lose one pixel. The file appears under its name when it
    is whole; nothing is left of one that is not.
    """
    _encode(path, frames, last_s=float(1 / rate_hz) if rate_hz else None, sound=sound)


def make_proxy(info: VideoInfo, path: str | Path, report: Report = silent, *, height_px: int = 720) -> None:
    """Write what browsers can show of a clip: same pictures, same clock, sound kept, at most `height_px` high."""
    scale = min(1.0, height_px / info.height_px)
    size = tuple(max(2, round(side * scale / 2) * 2) for side in (info.width_px, info.height_px))

    def frames() -> Iterator[Frame]:
        pace = Pace(report, "Making a copy that browsers can play")
        for frame in read(info, size_px=(size[0], size[1])):
            pace(frame.index, info.frame_count)
            yield frame

    _encode(path, frames(), last_s=info.duration_s - float(info.times_s[-1]), sound=info)


def _encode(path: str | Path, frames: Iterable[Frame], *, last_s: float | None, sound: VideoInfo | None) -> None:
    """Write all to a file beside `path` and give it that name at the end."""
    partial = Path(f"{path}.partial").absolute()
    try:
        with av.open(f"file:{partial}", "w", format="mp4", options={"movflags": "faststart"}) as output:
            _fill(output, frames, last_s, sound)
        partial.replace(path)
    except (FFmpegError, OSError) as error:
        reason = error.strerror or error
        raise AnalysisError(f"{Path(path).name} cannot be written: {reason}.", "Is the disk full?") from error
    finally:
        partial.unlink(missing_ok=True)


def _fill(output: Any, frames: Iterable[Frame], last_s: float | None, sound: VideoInfo | None) -> None:
    """Encode each frame with the time until the next as its duration."""
    writer, held, gap_s = None, None, 0.04
    for frame in frames:
        if writer is None:
            writer = _Writer(output, frame, sound)
        if held is not None:
            gap_s = frame.time_s - held.time_s
            writer.put(held, gap_s)
        held = frame
    if writer is None or held is None:
        raise ValueError("There is no frame to write")
    writer.put(held, last_s or gap_s)
    writer.close()


class _Writer:
    """Pictures to H.264 on the clock of CLOCK_HZ, from the first frame's time on; sound beside them where asked for."""

    def __init__(self, output: Any, first: Frame, sound: VideoInfo | None):
        self._output, self._start_s, self._key_s = output, first.time_s, -math.inf
        self._stream = output.add_stream("libx264", rate=25, options=_X264)
        self._stream.height, self._stream.width = (max(2, side - side % 2) for side in first.image.shape[:2])
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.time_base = Fraction(1, CLOCK_HZ)
        context.max_b_frames, context.thread_count = 0, threads()
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.color_range = 1  # 16 to 235
        self._durations: dict[int, int] = {}
        self._sound = _Sound(output, sound, first.time_s) if sound else None

    def put(self, frame: Frame, gap_s: float) -> None:
        """Encode one frame; at least one a second is a key frame, so that a player finds any moment soon."""
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), "rgb24").reformat(
            self._stream.width,
            self._stream.height,
            format="yuv420p",
            dst_colorspace="ITU709",
            dst_color_range="MPEG",
            threads=1,
        )
        time_s = frame.time_s - self._start_s
        picture.time_base, picture.pts = Fraction(1, CLOCK_HZ), round(time_s * CLOCK_HZ)
        self._durations[picture.pts] = max(1, round((time_s + gap_s) * CLOCK_HZ) - picture.pts)
        if time_s - self._key_s >= 1:
            picture.pict_type, self._key_s = PictureType.I, time_s
        self._write(picture)
        if self._sound:
            self._sound.until(time_s + gap_s)

    def close(self) -> None:
        """Write what the encoders still hold."""
        self._write(None)
        if self._sound:
            self._sound.close()

    def _write(self, picture: Any) -> None:
        for packet in self._stream.encode(picture):
            packet.duration = self._durations.pop(packet.pts)
            self._output.mux(packet)


class _Sound:
    """The first sound of a clip from a moment on, coded anew as AAC on the clock of its pictures.

    It begins with the first whole 1024 samples, at most 22 ms after that moment. Sound that is broken just ends.
    """

    def __init__(self, output: Any, info: VideoInfo, from_s: float):
        self._output, self._start_s, self._held = output, float(info.clock_start_s) + from_s, None
        self._source = container_of(info.path, content_of(info.path).demuxer)
        self._frames: Iterator[Any] = iter(())
        if self._source.streams.audio:
            self._stream = output.add_stream("aac", rate=_SOUND_HZ, layout="stereo")
            self._frames = self._resampled(self._source.streams.audio[0], far=from_s > 2 * _RUN_UP_S)
            self._held = next(self._frames, None)

    def until(self, time_s: float) -> None:
        """Write what sounds before `time_s`, counted from the first picture."""
        while self._held is not None and self._held.pts < time_s * _SOUND_HZ:
            self._output.mux(self._stream.encode(self._held))
            self._held = next(self._frames, None)

    def close(self) -> None:
        """Write what the encoder still holds."""
        if self._source.streams.audio:
            self._output.mux(self._stream.encode(None))
        self._source.close()

    def _resampled(self, stream: Any, *, far: bool) -> Iterator[Any]:
        """Sound from the first picture on, in stereo, pts in samples, rising. far: that lies far into the clip."""
        resampler, last = av.AudioResampler("fltp", "stereo", _SOUND_HZ, frame_size=1024), -1
        with suppress(FFmpegError, ValueError, OSError):
            for frame in self._from_before(stream) if far else self._source.decode(stream):
                for piece in resampler.resample(frame):
                    if piece.pts is None:
                        continue
                    piece.pts = round((float(piece.pts * (piece.time_base or 0)) - self._start_s) * _SOUND_HZ)
                    piece.time_base = Fraction(1, _SOUND_HZ)
                    if piece.pts > last:
                        last = piece.pts
                        yield piece

    def _from_before(self, stream: Any) -> Iterator[Any]:
        """Sound from a little before the first picture; all of it where the file cannot be entered there."""
        first = None
        with suppress(FFmpegError, ValueError, OSError):
            self._source.seek(int((self._start_s - _RUN_UP_S) / stream.time_base), stream=stream)
            first = next(iter(self._source.decode(stream)), None)
        if first is None or first.time is None or first.time > self._start_s:
            self._source.seek(0)
        else:
            yield first
        yield from self._source.decode(stream)
