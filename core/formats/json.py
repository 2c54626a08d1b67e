"""JSON: what was measured of the clip, its labels best first, and its segments. Seconds from 0, end excluded."""

import json
from collections.abc import Sequence
from typing import Any

from core.domain import Analysis, VideoInfo

NAME = "json"
TITLE = "JSON: clip, labels and segments"
SUFFIX = ".json"
MIME = "application/json"


def write(analysis: Analysis) -> bytes:
    """One object: video, model, labels (best first, mean over the clip) and segments."""
    return _bytes(_content(analysis))


def write_all(analyses: Sequence[Analysis]) -> bytes:
    """A list of such objects, in the order given."""
    return _bytes([_content(analysis) for analysis in analyses])


def write_video(info: VideoInfo) -> bytes:
    """What was measured of a clip, alone."""
    return _bytes(_video(info))


def _content(analysis: Analysis) -> dict[str, Any]:
    return {
        "video": _video(analysis.video),
        "model": analysis.model,
        "labels": [{"label": found.label, "score": round(found.score, 6)} for found in analysis.ranking],
        "segments": [
            {
                "start_s": round(segment.start_s, 6),
                "stop_s": round(segment.stop_s, 6),
                "label": segment.label,
                "confidence": None if segment.confidence is None else round(segment.confidence, 6),
            }
            for segment in analysis.track.segments
        ],
    }


def _video(info: VideoInfo) -> dict[str, Any]:
    return {
        "path": info.path,
        "digest": info.digest,
        "width_px": info.width_px,
        "height_px": info.height_px,
        "frame_count": info.frame_count,
        "declared_count": info.declared_count,
        "rate_hz": round(float(info.rate_hz), 6),
        "variable_rate": info.variable_rate,
        "duration_s": round(info.duration_s, 6),
        "codec": info.codec,
        "notes": list(info.notes),
    }


def _bytes(content: Any) -> bytes:
    """UTF-8; a path that is not (a file name may hold any byte) is told with \\udcXX escapes."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")
