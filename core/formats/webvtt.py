"""WebVTT: subtitles that name what is seen. Milliseconds from 0, end excluded; source: w3.org/TR/webvtt1."""

from core.domain import Analysis, Segment
from core.errors import FormatInvalid

NAME = "vtt"
TITLE = "WebVTT: subtitles for a player"
SUFFIX = ".vtt"
MIME = "text/vtt"


def write(analysis: Analysis) -> bytes:
    """One cue a segment: its label and, where known, its confidence with two decimals."""
    cues = [_cue(number, segment) for number, segment in enumerate(analysis.track.segments, start=1)]
    return "\n".join(["WEBVTT\n", *cues]).encode()


def _cue(number: int, segment: Segment) -> str:
    start_ms, stop_ms = round(segment.start_s * 1000), round(segment.stop_s * 1000)
    if start_ms == stop_ms:
        raise FormatInvalid(
            f"WebVTT holds milliseconds: {segment.label!r} from {segment.start_s} to {segment.stop_s} s "
            "would be empty.",
            "Choose JSON for such short segments.",
        )
    confidence = "" if segment.confidence is None else f" {segment.confidence:.2f}"
    return f"{number}\n{_clock(start_ms)} --> {_clock(stop_ms)}\n{_text(segment.label)}{confidence}\n"


def _text(label: str) -> str:
    """The label as cue text; `-->` and line breaks are refused, as the standard has no way to write them."""
    if "-->" in label or label.splitlines() != [label]:
        raise FormatInvalid(f"WebVTT cannot hold the label {label!r}.", "Rename it: no `-->` and no line break.")
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
