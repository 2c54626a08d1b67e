"""Frames by time and by index, exactly those that decoding from the beginning gives."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError

from core.base.errors import VideoUnreadable
from core.domain import Frame, VideoInfo
from core.stages.video.containers import Decoder, explained, opened
from core.stages.video.file_signatures import content_of
from core.stages.video.pictures import check_of, image_of

SEEK_OVER = 48  # frames: decoding fewer than these costs no more than opening and seeking
HELD = 16  # frames: how many are held for steps back, and how far ahead decoding on beats seeking
LOOK_FOR_KEY = 600  # packets after a seek among which a key frame must come


def read(
    info: VideoInfo, *, start_s: float = 0.0, stop_s: float = math.inf, size_px: tuple[int, int] | None = None
) -> Iterator[Frame]:
    """The frames that appear in [start_s, stop_s), one by one, as displayed: turned, and with square pixels.

    size_px: (width, height) to scale to, which costs less here than later. Memory does not grow with the clip.
    """
    first, stop = np.searchsorted(info.times_s, (start_s, stop_s))
    return _frames(info, int(first), int(stop), size_px)


def frame_at(info: VideoInfo, time_s: float) -> Frame:
    """The frame on screen at `time_s`: the last that has appeared by then; the first for any earlier time."""
    return around(info, time_s, before=0, after=0)[0]


def around(info: VideoInfo, time_s: float, *, before: int, after: int) -> list[Frame]:
    """The frame on screen at `time_s` with up to so many frames before and after it."""
    index = max(0, int(np.searchsorted(info.times_s, time_s, side="right")) - 1)
    first, stop = max(0, index - before), min(info.frame_count, index + after + 1)
    walk = _Walk.towards(info, first)
    frames = [_frame(info, at, picture, None) for at, picture in walk.stretch(first, stop)]
    _Walk.held = walk
    return frames


class _Walk:
    """A walk through a clip that can be gone on with: a step to the next frame decodes one, not all since a key frame.

    The last walk is held, with the pictures it met last, so that steps back cost nothing for a while either.
    """

    held: "_Walk | None" = None

    def __init__(self, info: VideoInfo, first: int):
        self.info = info
        self._pictures = _pictures(info, first, info.frame_count)
        self._met: deque[tuple[int, Any]] = deque()  # in order, without a gap

    @classmethod
    def towards(cls, info: VideoInfo, first: int) -> "_Walk":
        """The held walk where it leads to the frame `first` soon, else a new one; none is held until this one is."""
        walk, cls.held = cls.held, None
        if walk is None or (walk.info.digest, walk.info.path) != (info.digest, info.path) or not walk._met:
            return cls(info, first)
        oldest, latest = walk._met[0][0], walk._met[-1][0]
        if oldest <= first <= latest + HELD:
            return walk
        return cls(info, max(0, first - HELD) if oldest - HELD <= first < oldest else first)

    def stretch(self, first: int, stop: int) -> list[tuple[int, Any]]:
        """(index, picture) for each index of [first, stop)."""
        while not self._met or self._met[-1][0] < stop - 1:
            self._met.append(next(self._pictures))
            while self._met[0][0] < min(first, self._met[-1][0] - HELD):
                self._met.popleft()
        return [(index, picture) for index, picture in self._met if first <= index < stop]


def picked(info: VideoInfo, indices: Sequence[int], *, size_px: tuple[int, int] | None = None) -> Iterator[Frame]:
    """The frames of these indices, which must rise, one by one; where many lie between two of them, by seeking."""
    start = 0
    for position in range(1, len(indices) + 1):
        if position == len(indices) or indices[position] - indices[position - 1] > SEEK_OVER:
            run = set(indices[start:position])
            for index, picture in _pictures(info, indices[start], indices[position - 1] + 1):
                if index in run:
                    yield _frame(info, index, picture, size_px)
            start = position


def near(
    info: VideoInfo, indices: Sequence[int], *, slacks: Sequence[int], size_px: tuple[int, int] | None = None
) -> list[Frame]:
    """A frame for each of `indices`, which must rise: at most so many frames from it as its slack says.

    That is a key frame where there is one, which is decoded without any other, so that a few frames of a long clip come
    at once; else the frame of that index itself. Each frame carries its own index and time, and is checked like all.
    """
    frames: dict[int, Frame] = {}
    left: dict[int, set[int]] = {}  # the indices without a key frame, by the key frame before them
    with opened(info.path, content_of(info.path), careful=info.damaged) as (container, stream):
        for index, slack in zip(indices, slacks, strict=True):
            before = -1 - index
            for sought in (index, min(index + slack, info.frame_count - 1)):
                key, picture = _key_picture(container, stream, info, sought)
                if picture is not None and abs(key - index) <= slack and _agrees(info, key, picture):
                    frames[index] = _frame(info, key, picture, size_px)
                    break
                if sought == index and picture is not None:
                    before = key
            else:
                left.setdefault(before, set()).add(index)
    for group in left.values():
        for index, picture in _pictures(info, min(group), max(group) + 1):
            if index in group:
                frames[index] = _frame(info, index, picture, size_px)
    return [frames[index] for index in indices]


def _frames(info: VideoInfo, first: int, stop: int, size_px: tuple[int, int] | None) -> Iterator[Frame]:
    for index, picture in _pictures(info, first, stop):
        yield _frame(info, index, picture, size_px)


def _frame(info: VideoInfo, index: int, picture: Any, size_px: tuple[int, int] | None) -> Frame:
    with explained(info.path):
        image = image_of(picture, size_px or (info.width_px, info.height_px))
    return Frame(index, float(info.times_s[index]), image)


def _key_picture(container: Any, stream: Any, info: VideoInfo, index: int) -> tuple[int, Any]:
    """(index, picture) of the key frame from which decoding the frame of `index` begins; (-1, None) without one."""
    none = -1, None
    if not _seek(container, stream, info, float(info.times_s[index])):
        return none
    context = stream.codec_context
    try:
        for packet in islice(container.demux(stream), LOOK_FOR_KEY):
            if packet.size and packet.is_keyframe:
                pictures = [*context.decode(packet), *context.decode(None)]
                return next(_indexed(info, pictures, stream.time_base), none)
    except FFmpegError:
        pass
    return none


def _pictures(info: VideoInfo, first: int, stop: int) -> Iterator[tuple[int, Any]]:
    """(index, picture) for each index of [first, stop), decoded forward from a place before it.

    A seek may land late, or its decoder may lack what the picture refers to. So what follows a seek is held against
    the table and the checksums, and the place to begin is moved back, at last to the beginning, until they agree.
    """
    content = content_of(info.path)
    for back_s in (0.0, 2.0, 20.0, None):
        sought = back_s is not None
        if first >= stop or (sought and info.times_s[first] - (back_s or 0) <= 0):
            continue
        with opened(info.path, content, careful=info.damaged) as (container, stream):
            if sought and not _seek(container, stream, info, float(info.times_s[first]) - (back_s or 0)):
                continue
            for index, picture in _indexed(info, Decoder(container, stream), stream.time_base):
                if index < first:
                    continue
                if sought and (index > first or not _agrees(info, index, picture)):
                    break
                yield index, picture
                first = index + 1
                if first >= stop:
                    return
    if first < stop:
        what = f"frame {first} can no longer be read"
        raise VideoUnreadable(f"{Path(info.path).name} has changed since it was added: {what}.", "Add it again.")


def _seek(container: Any, stream: Any, info: VideoInfo, time_s: float) -> bool:
    ahead_s = next((ahead for index, ahead in reversed(info.jumps) if time_s >= info.times_s[index]), Fraction(0))
    stamp = math.floor((Fraction(time_s) + ahead_s + info.clock_start_s) / stream.time_base)
    try:
        container.seek(stamp, stream=stream)
    except FFmpegError:
        return False
    return True


def _indexed(info: VideoInfo, pictures: Iterable[Any], base: Fraction) -> Iterator[tuple[int, Any]]:
    """Pictures with their place in the table of times, which rises; those that are not in it are left out."""
    index, start = -1, info.clock_start_s / base
    for picture in pictures:
        stamp = picture.pts if info.clock == "pts" else picture.dts
        if stamp is not None:
            position = _place(info, (stamp - start) * base, index)
        else:
            position = index + 1 if info.clock == "dts" and 0 <= index < info.frame_count - 1 else None
        if position is not None and position > index:
            index = position
            yield index, picture


def _place(info: VideoInfo, time_s: Fraction, after: int) -> int | None:
    """The index of the frame at a time of the file, later than that index; None where there is none."""
    for begin, end, ahead_s in _parts(info):
        wanted = time_s - ahead_s
        index = int(np.searchsorted(info.times_s, wanted.numerator / wanted.denominator))
        if max(begin, after + 1) <= index < end and info.times_s[index] == wanted.numerator / wanted.denominator:
            return index
    return None


def _parts(info: VideoInfo) -> Iterator[tuple[int, int, Fraction]]:
    """The parts of a clip between jumps of its clock: first index, stop, and how far the file's time is ahead."""
    begins = ((0, Fraction(0)), *info.jumps)
    ends = (*(index for index, _ in info.jumps), info.frame_count)
    for (begin, ahead_s), end in zip(begins, ends, strict=True):
        yield begin, end, ahead_s


def _agrees(info: VideoInfo, index: int, picture: Any) -> bool:
    return not len(info.checks) or int(info.checks[index]) == check_of(picture)
