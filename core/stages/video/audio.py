"""The sound of a clip, as recognisers of speech take it."""

from pathlib import Path

import numpy as np

from core.base.errors import VideoUnreadable
from core.base.progress import Pace, Report, silent
from core.domain import VideoInfo
from core.stages.video.containers import container_of, explained
from core.stages.video.file_signatures import content_of

RATE_HZ = 16_000
LONGEST_S = 4 * 3600.0


def speech_sound(info: VideoInfo, report: Report = silent) -> np.ndarray:
    """(N,) float32 samples from -1 to 1 at RATE_HZ, one channel, the first at the first frame of the clip."""
    import av

    name, pace, pieces = Path(info.path).name, Pace(report, "Reading the audio"), []
    seconds = min(info.duration_s, LONGEST_S)
    with explained(info.path), container_of(info.path, content_of(info.path).demuxer) as container:
        streams = container.streams.audio
        if not streams:
            raise VideoUnreadable(f"{name} has no audio.", "Choose a clip with speech.")
        resampler, first_s = av.AudioResampler("flt", "mono", RATE_HZ), None
        for frame in container.decode(streams[0]):
            at_s = float(frame.time or 0.0) - float(info.clock_start_s)
            first_s = at_s if first_s is None else first_s
            if at_s > seconds:
                break
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
            pace(max(0, min(round(at_s), round(seconds))), max(1, round(seconds)))
    return _placed(np.concatenate([np.zeros(0, np.float32), *pieces]), first_s or 0.0, seconds)


def _placed(samples: np.ndarray, first_s: float, seconds: float) -> np.ndarray:
    """The samples so that the first is at 0 s and none is after the clip's end."""
    shift = round(first_s * RATE_HZ)
    moved = np.concatenate([np.zeros(max(shift, 0), np.float32), samples[max(-shift, 0) :]])
    return moved[: round(seconds * RATE_HZ)].astype(np.float32)
