"""The Frames page: a contact sheet of an hour, one step to the next frame, and the pass that measures each frame."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import clips
from benchmarks.measure import Figure, percentile, watch
from core import frames, pipeline
from core.domain import VideoInfo
from core.store import Store

MINUTES = 60
SHEETS = 5


def main() -> list[Figure]:
    """The sheet is made anew each time, from opening the file to the stored result; the hour was never decoded."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "workspace")
        short = store.video(pipeline.add_video(store, clips.full_hd()))
        hour = _prolonged(short)
        store.save_video(hour)
        sheets = [_sheet_s(store, hour, turn) for turn in range(SHEETS)]
        steps = [_step_ms(store, hour, index) for index in _stepped(hour)]
        with watch() as passing:
            frames.make_quality(store, short.digest)
        Path(hour.path).unlink()
    length = f"{hour.duration_s / 60:.0f} min of 1080p, {clips.content()}"
    rate = short.frame_count / passing.seconds
    return [
        Figure("contact sheet of 24 frames, worst", max(sheets), "s", 3, False, f"{length}, {SHEETS} sheets"),
        Figure("a frame of that clip by seeking, p95", percentile(steps, 95), "ms", 300, False, f"{len(steps)} steps"),
        Figure("measuring the quality of 1080p", rate, "frames/s", note=f"{short.duration_s:.0f} s of it"),
    ]


def _prolonged(short: VideoInfo) -> VideoInfo:
    """The clip played over and over, and what decoding it from end to end would tell."""
    times = max(1, round(MINUTES * 60 / short.duration_s))
    starts_s = np.arange(times) * short.duration_s
    return replace(
        short,
        path=str(clips.repeated(Path(short.path), times)),
        digest="0" * 63 + "1",
        times_s=np.round((starts_s[:, None] + short.times_s).ravel() * clips.RATE_HZ) / clips.RATE_HZ,
        frame_count=times * short.frame_count,
        declared_count=times * short.frame_count,
        duration_s=times * short.duration_s,
        checks=np.tile(short.checks, times),
    )


def _sheet_s(store: Store, info: VideoInfo, turn: int) -> float:
    """Seconds to make a sheet that was not there; each turn begins a little later, so that none is read again."""
    places = tuple((index + turn * 13, slack - 100) for index, slack in frames.spread(info, 24))
    with watch() as taken:
        frames.make_sheet(store, info.digest, places)
    return taken.seconds


def _stepped(info: VideoInfo) -> list[int]:
    """Frames as a person visits them: twenty in a row, then jumps all over the clip."""
    jumps = np.random.default_rng(3).integers(0, info.frame_count, 40)
    return [*range(1000, 1020), *map(int, jumps)]


def _step_ms(store: Store, info: VideoInfo, index: int) -> float:
    with watch() as taken:
        (frame,) = pipeline.moment(store, info.digest, float(info.times_s[index]))
    assert frame.index == index
    return 1000 * taken.seconds
