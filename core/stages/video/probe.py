"""What decoding a clip once tells of it: its digest, the table of frame times, and what is odd about it."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from core.base import addresses
from core.base.errors import VideoUnreadable
from core.base.progress import Pace, Report, silent
from core.domain import VideoInfo
from core.stages.video import clock, file_signatures, sources
from core.stages.video.containers import AGAIN, Decoder, codec_name, explained, opened, pictures_of
from core.stages.video.file_signatures import Content, content_of
from core.stages.video.pictures import aspect_of, check_of, displayed, has_alpha, quarter_turns, sane

MAX_SIDE_PX = 16_384
MAX_DURATION_S = 100 * 3600.0

_CHUNK_BYTES = 4 * 2**20
_BROWSER_CODECS = {"mov": {"h264"}, "matroska": {"vp8", "vp9"}}
_HDR = {16: "PQ", 18: "HLG"}


def digest(path: str | Path, report: Report = silent) -> str:
    """SHA-256 of the file's bytes, in hex. What cannot be opened as a video is refused before they are all read."""
    path = str(path)
    content = content_of(path)
    with opened(path, content, careful=False):
        pass
    total, pace = max(1, content.size_bytes // 2**20), Pace(report, "Reading the file")
    checksum, done = hashlib.sha256(), 0
    with sources.open_plain(path) as file, explained(path):
        while done < content.size_bytes and (chunk := file.read(min(_CHUNK_BYTES, content.size_bytes - done))):
            checksum.update(chunk)
            done += len(chunk)
            pace(done // 2**20, total)
    _require_steady(path, content)
    return checksum.hexdigest()


def probe(path: str | Path, digest: str, report: Report = silent) -> VideoInfo:
    """What decoding the whole clip once tells of it; VideoUnreadable with the reason where no frame can be read.

    A clip that shows damage is decoded a second time on one thread, which loses the same frames in each pass.
    """
    path = addresses.absolute(str(path))
    content = content_of(path)
    survey = _survey(path, content, report, careful=False)
    if survey.suspicious:
        fast, survey = survey, _survey(path, content, report, careful=True)
        survey.fickle = fast.checks != survey.checks
    _require_steady(path, content)
    if not survey.pts:
        raise _no_frame(path, content, survey)
    if survey.errors and content.demuxer == "mov" and file_signatures.encrypted(path):
        raise _encrypted(path)
    return _info(path, digest, content, survey)


@dataclass
class _Survey:
    """What one pass over a clip collected, frame by frame."""

    careful: bool
    codec: str = ""
    time_base: Fraction = Fraction(1)
    declared: int = 0
    rate: Fraction | None = None
    aspect: Fraction = Fraction(1)
    streams: int = 1
    container_start_s: float = 0.0
    size: tuple[int, int] = (0, 0)
    quarter_turns: int = 0
    pixels: str = ""
    packets: int = 0
    errors: int = 0
    corrupt: int = 0
    damage_at: int = 0
    interlaced: int = 0
    sizes: int = 0
    transfer: int = 0
    transparent: str = ""
    fickle: bool = False  # several threads do not see the same pictures as one
    last_duration: int = 0
    jumps: clock.Jumps = ()
    pts: list[int | None] = field(default_factory=list)
    dts: list[int | None] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)

    @property
    def suspicious(self) -> bool:
        """Whether frames may have been lost. On several threads a decoder swallows some of its errors."""
        return bool(self.errors or self.corrupt or len(self.pts) < self.packets)

    def add(self, picture: Any) -> None:
        """Note what one more picture says of itself."""
        if not self.pts:
            self.size, self.pixels = (picture.width, picture.height), picture.format.name
            self.quarter_turns, self.transfer = quarter_turns(picture), int(picture.color_trc)
            if has_alpha(self.pixels) and picture.reformat(format="rgba").to_ndarray()[..., 3].min() < 255:
                self.transparent = "Transparent parts are shown on black."
        self.sizes += (picture.width, picture.height) != self.size
        self.interlaced += bool(picture.interlaced_frame)
        self.last_duration = picture.duration or 0
        self.pts.append(picture.pts)
        self.dts.append(picture.dts)
        self.checks.append(check_of(picture))


def _survey(path: str, content: Content, report: Report, *, careful: bool) -> _Survey:
    """Decode everything once and note what each frame says of itself."""
    with opened(path, content, careful=careful) as (container, stream):
        survey = _Survey(
            careful=careful,
            codec=codec_name(stream),
            time_base=stream.time_base,
            declared=max(0, stream.frames),
            rate=stream.average_rate or stream.guessed_rate,
            aspect=aspect_of(stream),
            streams=len(pictures_of(container)),
            transparent="Its transparency is left out." if stream.metadata.get("alpha_mode") == "1" else "",
            container_start_s=(container.start_time or 0) / 1e6,
        )
        decoder, pace = Decoder(container, stream), Pace(report, "Reading every frame")
        total = survey.declared or int((container.duration or 0) / 1e6 * (survey.rate or 0))
        for picture in decoder:
            survey.add(picture)
            pace(len(survey.pts), max(total, len(survey.pts)))
        survey.packets, survey.errors, survey.corrupt = decoder.packets, decoder.errors, decoder.corrupt
        survey.damage_at = decoder.damage_at
    if content.demuxer == "mpegts":
        survey.pts, survey.jumps = clock.joined(survey.pts, survey.time_base)
    return survey


def _info(path: str, digest: str, content: Content, survey: _Survey) -> VideoInfo:
    kind, kept, stamps = _clock(path, survey)
    base, first = survey.time_base, stamps[0]
    times_s = np.array([(stamp - first) * base.numerator / base.denominator for stamp in stamps], np.float64)
    if times_s[-1] > MAX_DURATION_S:
        days = times_s[-1] / 86400
        raise VideoUnreadable(
            f"{Path(path).name} declares a duration of {days:,.0f} days: its timestamps are damaged.", AGAIN
        )
    width, height = displayed(survey.size, survey.aspect, survey.quarter_turns)
    end_s = _end_s(path, survey, times_s)
    whole = len(kept) == len(survey.pts) == survey.packets and not survey.errors and not list(_notes_on_gaps(times_s))
    return VideoInfo(
        path=path,
        digest=digest,
        width_px=width,
        height_px=height,
        frame_count=len(kept),
        declared_count=survey.declared,
        times_s=times_s,
        rate_hz=_rate(survey, times_s, stamps, end_s),
        variable_rate=_varies(times_s),
        duration_s=end_s,
        codec=survey.codec,
        plays_in_browser=whole and first == 0 and not survey.jumps and _plays_in_browser(path, content, survey),
        notes=tuple(_notes(path, content, survey, times_s, kept)),
        clock_start_s=first * base,
        clock=kind,
        jumps=tuple((bisect_left(kept, place), ticks * base) for place, ticks in survey.jumps) if kind == "pts" else (),
        damaged=survey.careful and bool(survey.errors or survey.corrupt or survey.fickle),
        checks=np.array(survey.checks, np.uint32)[kept],
    )


def _clock(path: str, survey: _Survey) -> tuple[str, list[int], list[int]]:
    """The time stamps that rise: which kind they are, the frames that carry them, and the stamps themselves.

    Presentation stamps where they rise; else decoding stamps (AVI with B-frames has no others); else the frames whose
    presentation stamps rise, if these are half of all. Frames before the first stamp lie before the clip's beginning.
    """
    for kind, stamps in (("pts", survey.pts), ("dts", _with_drained(survey.dts))):
        kept = [index for index, stamp in enumerate(stamps) if stamp is not None]
        chosen = [stamp for stamp in stamps if stamp is not None]
        if kept and len(kept) == len(stamps) - kept[0] and all(b > a for a, b in pairwise(chosen)):
            return kind, kept, chosen
    kept, chosen = _rising_part(survey.pts)
    if 2 * len(kept) < len(survey.pts):
        what = f"Of its {len(survey.pts)} frames only {len(kept)} have increasing timestamps"
        raise VideoUnreadable(f"{Path(path).name} has no usable timestamps. {what}.", AGAIN)
    return "pts", kept, chosen


def _with_drained(stamps: list[int | None]) -> list[int | None]:
    """The same stamps, with those that the decoder kept back at the end continued at the usual gap."""
    known = [stamp for stamp in stamps if stamp is not None]
    if len(known) < 2:
        return stamps
    gap = max(1, int(np.median(np.diff(known))))
    tail = len(stamps) - next(index for index in range(len(stamps), 0, -1) if stamps[index - 1] is not None)
    return stamps[: len(stamps) - tail] + [known[-1] + gap * step for step in range(1, tail + 1)]


def _rising_part(stamps: list[int | None]) -> tuple[list[int], list[int]]:
    kept, chosen = [], []
    for index, stamp in enumerate(stamps):
        if stamp is not None and (not chosen or stamp > chosen[-1]):
            kept.append(index)
            chosen.append(stamp)
    return kept, chosen


def _end_s(path: str, survey: _Survey, times_s: np.ndarray) -> float:
    """When the last frame disappears: after its own duration if it states a sane one, else after the median gap."""
    gaps = np.diff(times_s)
    own = float(survey.last_duration * survey.time_base)
    if 0 < own <= (20 * gaps.max() if len(gaps) else 60):
        return float(times_s[-1]) + own
    if len(gaps):
        return float(times_s[-1] + np.median(gaps))
    if survey.rate and 0.01 <= survey.rate <= 1000:
        return float(1 / survey.rate)
    raise VideoUnreadable(f"{Path(path).name} contains a single frame without a duration.", AGAIN)


def _rate(survey: _Survey, times_s: np.ndarray, stamps: list[int], end_s: float) -> Fraction:
    """The mean rate; the declared one where it tells each time of the table within rounding to a millisecond."""
    declared, count = survey.rate, len(stamps)
    if declared and count > 1 and np.allclose(np.arange(count) / float(declared), times_s, rtol=0, atol=1.5e-3):
        return Fraction(declared)
    if count > 1:
        return (count - 1) / ((stamps[-1] - stamps[0]) * survey.time_base)
    return Fraction(1 / end_s).limit_denominator(1001)


def _varies(times_s: np.ndarray) -> bool:
    """Whether a gap differs from the median by more than a millisecond, which is what rounding may do."""
    gaps = np.diff(times_s)
    return bool(len(gaps) and np.abs(gaps - np.median(gaps)).max() > 1.001e-3)


def _plays_in_browser(path: str, content: Content, survey: _Survey) -> bool:
    """Whether browsers decode this codec in this container and show it on the same clock."""
    if addresses.is_address(path):
        return False  # the player gets a copy
    if survey.codec not in _BROWSER_CODECS.get(content.demuxer, ()) or survey.container_start_s != 0:
        return False
    if content.demuxer == "matroska":
        with sources.open_plain(path) as file:
            if b"webm" not in file.read(64):
                return False
    plain = survey.pixels in ("yuv420p", "yuvj420p") and not survey.transparent
    return plain and not survey.interlaced and not survey.sizes


def _notes(path: str, content: Content, survey: _Survey, times_s: np.ndarray, kept: list[int]) -> Iterator[str]:
    """What was odd, a sentence each."""
    yield from _notes_on_loss(content, survey, times_s, kept)
    if content.demuxer == "mov" and (size := file_signatures.oversized_track(path, MAX_SIDE_PX)):
        yield f"Its header wrongly declares a picture of {size[0]} x {size[1]} px."
    for place, _ in survey.jumps:
        at_s = times_s[min(bisect_left(kept, place), len(times_s) - 1)]
        yield f"The recorder's clock was set back at {at_s:.2f} s: the parts are joined without a gap."
    if survey.streams > 1:
        yield f"It contains {survey.streams} video streams; the first is used."
    if survey.sizes:
        yield f"The picture size changes within the clip; frames are shown at {survey.size[0]} x {survey.size[1]} px."
    if survey.interlaced:
        yield "It is interlaced: moving edges show comb artefacts."
    if survey.transparent:
        yield survey.transparent
    if survey.transfer in _HDR:
        yield f"High dynamic range ({_HDR[survey.transfer]}): colours look paler than on an HDR screen."
    if not sane(survey.size, survey.aspect):
        yield f"It declares an implausible pixel aspect ratio of {survey.aspect}; pixels are treated as square."
    if len(times_s) == 1:
        yield "It contains a single frame."


def _notes_on_loss(content: Content, survey: _Survey, times_s: np.ndarray, kept: list[int]) -> Iterator[str]:
    count, number, declared = len(kept), len(survey.pts), survey.declared
    of_declared = f"{count} of {declared} declared frames" if declared else f"{count} frames"
    if survey.errors:
        last = max((index for index, frame in enumerate(kept) if frame < survey.damage_at), default=0)
        yield f"Damaged after {times_s[last]:.2f} s: {of_declared} can be read."
    elif count != declared and declared:
        edited = content.demuxer == "mov" and number < survey.packets
        yield f"{of_declared} can be shown{': the others are outside the edit list of the file' if edited else ''}."
    if survey.corrupt:
        yield f"{_counted(survey.corrupt)} flagged as damaged by the decoder."
    yield from _notes_on_gaps(times_s)
    if number > count:
        untimed = sum(stamp is None for stamp in survey.pts)
        reason = "without a timestamp" if untimed >= number - count else "with timestamps that do not increase"
        yield f"{_counted(number - count)} left out: {reason}."


def _notes_on_gaps(times_s: np.ndarray) -> Iterator[str]:
    """Holes in a clock that is even otherwise."""
    gaps = np.diff(times_s)
    usual = np.median(gaps) if len(gaps) >= 5 else 0
    wide = np.flatnonzero(gaps > 1.5 * usual + 1e-3)
    even = np.abs(gaps - usual) < 2e-3
    if len(wide) and usual and len(wide) + even.sum() == len(gaps) and len(wide) <= 0.1 * len(gaps):
        missing = int(np.round(gaps[wide] / usual - 1).sum())
        text = f"at {times_s[wide[0]]:.2f} s" if len(wide) == 1 else f"in {len(wide)} places"
        yield f"{_counted(missing)} missing {text}. The step Repair can fill such gaps."


def _counted(count: int) -> str:
    return "1 frame is" if count == 1 else f"{count} frames are"


def _require_steady(path: str, content: Content) -> None:
    if file_signatures.unsteady(path, content):
        raise VideoUnreadable(
            f"{Path(path).name} changed while it was read.", "Wait until it is complete, then add it."
        )


def _encrypted(path: str) -> VideoUnreadable:
    return VideoUnreadable(f"{Path(path).name} is encrypted.", "Export it without copy protection and add that.")


def _no_frame(path: str, content: Content, survey: _Survey) -> VideoUnreadable:
    """Why a container that opened gave no picture."""
    if content.demuxer == "mov" and file_signatures.encrypted(path):
        return _encrypted(path)
    declared = f"It declares {survey.declared} frames, and none" if survey.declared else "No frame of it"
    return VideoUnreadable(
        f"{Path(path).name} is damaged or only a fragment. {declared} can be read ({survey.codec}).", AGAIN
    )
