"""Subtitles inside clips, as text on the clip's own clock. Those that are pictures are told, and not read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av.error import FFmpegError

from core.base.errors import VideoUnreadable
from core.base.progress import Pace, Report, silent
from core.domain import VideoInfo
from core.stages.video.containers import container_of, explained
from core.stages.video.file_signatures import content_of

TEXT_CODECS = {"srt", "subrip", "mov_text", "ass", "ssa", "webvtt", "text"}
MOST_CUES = 100_000


@dataclass(frozen=True)
class Inside:
    """The subtitles inside a clip. texts: by stream, cues of (start_s, stop_s or None, text, as ASS writes it).

    languages: what the file says of each of these streams, "" for nothing. pictures: how many streams hold no text.
    """

    languages: tuple[str, ...]
    texts: tuple[tuple[tuple[float, float | None, str], ...], ...]
    pictures: int


def subtitles_inside(info: VideoInfo, report: Report = silent) -> Inside:
    """All subtitles in a clip; the file is read from end to end. VideoUnreadable where it is gone or damaged."""
    name, pace = Path(info.path).name, Pace(report, "Reading subtitles")
    with explained(info.path), container_of(info.path, content_of(info.path).demuxer) as container:
        every = list(container.streams.subtitles)
        streams = [stream for stream in every if stream.codec_context and stream.codec_context.name in TEXT_CODECS]
        cues: dict[int, list[tuple[float, float | None, str]]] = {stream.index: [] for stream in streams}
        start_s, whole_s = float(info.clock_start_s), max(1, round(info.duration_s))
        for packet in container.demux(streams) if streams else ():
            rows = cues[packet.stream.index]
            rows += _cues(packet, start_s)
            if len(rows) > MOST_CUES:
                raise VideoUnreadable(f"{name} holds more than {MOST_CUES} subtitles.", "Split the clip into parts.")
            pace(min(whole_s, round(rows[-1][0]) if rows else 0), whole_s)
        languages = tuple(stream.metadata.get("language", "").replace("und", "") for stream in streams)
    return Inside(languages, tuple(tuple(cue) for cue in cues.values()), len(every) - len(streams))


def _cues(packet: Any, start_s: float) -> list[tuple[float, float | None, str]]:
    """The texts of a packet; one that is damaged holds none."""
    if packet.pts is None or not packet.size:
        return []
    try:
        subtitles = packet.stream.codec_context.decode2(packet)
    except FFmpegError:
        return []
    at_s = float(packet.pts * packet.time_base) - start_s
    lasts_s = float(packet.duration * packet.time_base) if packet.duration else None
    texts = [getattr(subtitle, "ass", b"") or getattr(subtitle, "text", b"") for subtitle in subtitles or ()]
    return [(at_s, None if lasts_s is None else at_s + lasts_s, _spoken(text)) for text in texts if text]


def _spoken(text: bytes) -> str:
    """The last of the nine fields in which a decoder gives a line of ASS."""
    decoded = text.decode("utf-8", "replace")
    return decoded.split(",", 8)[-1] if decoded.count(",") >= 8 else decoded
