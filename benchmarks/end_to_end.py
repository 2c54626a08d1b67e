"""From a 60 s 1080p H.264 clip to its labels: how close to what decoder and CNN allow, and how far from naive ways.

All is measured in one process, in turn, several rounds over; each figure is the median of its rounds. "Decode alone"
reads the clip as the pipeline does; "CNN alone" is the network over all frames of the clip, which lie in memory.

The naive loop is what a first script does, with the same CNN: read a frame with PyAV, make it an RGB picture, resize it
with OpenCV, `predict` on it alone with Keras, then the labels. I3D takes frames in eights, so its naive loop gives it
each frame held for eight. The loop runs on the first frames of the clip and is told as frames a second.

Eager PyTorch-style I3D in float32: 1.56 s for 64 frames on two cores, a figure from the literature of this project,
not measured here, because PyTorch is none of its requirements.
"""

import os
import statistics
import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks import clips
from benchmarks.measure import Figure, watch
from core.base.settings import current
from core.domain import Recipe, VideoInfo
from core.stages import video
from core.stages.networks import inference_engine
from core.stages.networks.backbones import BACKBONES, Backbone, LoadedBackbone, covering, features, squared
from core.workflows import clips as clips_workflow
from core.workflows import models, predictions
from core.workspace.store import Store

MODEL = "kinetics400"
EAGER_FRAMES_PER_S = 64 / 1.56
ROUNDS = int(os.environ.get("KINETOSCOPE_BENCH_ROUNDS", "3"))
NAIVE_FRAMES = 60


def main() -> list[Figure]:
    """Frames a second of each part and of the whole, and the three ratios that have bars."""
    path = clips.full_hd()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        info = store.video(clips_workflow.add_video(store, path))
        backbone = BACKBONES[models.ModelLibrary.of(current()).cards()[MODEL].backbone]
        run = inference_engine.load(backbone, current().engine, store.engine_cache)
        predictions.predict(store, info.digest, Recipe(), MODEL, current().engine)  # compiles, and warms up
        rounds = [_round(store, info, backbone, run) for _ in range(ROUNDS)]
    decode, cnn, whole = (statistics.median(column) for column in zip(*rounds, strict=True))
    limit = 1 / (1 / decode + 1 / cnn)
    naive = naive_frames_per_s(path, backbone)
    clip = f"{clips.SECONDS} s of {clips.content()}, {clips.mbit_per_s(path, clips.SECONDS):.1f} Mbit/s"
    return [
        Figure("decode alone", decode, "frames/s", note=clip),
        Figure("CNN alone", cnn, "frames/s", note=f"{backbone.name}, {current().engine}"),
        Figure("end to end", whole, "frames/s", note=f"{whole / 25:.1f} times as fast as it plays"),
        Figure("end to end over the limit of decoder and CNN", whole / limit, "", 0.85),
        Figure("naive loop", naive, "frames/s", note=f"same CNN, first {NAIVE_FRAMES} frames"),
        Figure("end to end over the naive loop", whole / naive, "times", 10),
        Figure(
            "CNN alone over eager float32", cnn / EAGER_FRAMES_PER_S, "times", note="reference 1.56 s for 64 frames"
        ),
        Figure("end to end over eager float32 CNN alone", whole / EAGER_FRAMES_PER_S, "times", 4),
    ]


def _round(store: Store, info: VideoInfo, backbone: Backbone, run: LoadedBackbone) -> tuple[float, float, float]:
    """Frames a second of the decoder alone, of the CNN alone, and of the whole with nothing stored."""
    size = covering(info.width_px, info.height_px, backbone.size_px)
    with watch() as decoding:
        for _ in video.read(info, size_px=size):
            pass
    prepared = [
        replace(frame, image=squared(frame.image, backbone.size_px)) for frame in video.read(info, size_px=size)
    ]
    with watch() as computing:
        features(backbone, prepared, run)
    card = models.ModelLibrary.of(current()).cards()[MODEL]
    store.delete(predictions.features_key(info.digest, Recipe(), backbone.name, current().engine))
    store.delete(predictions.prediction_key(store, info.digest, Recipe(), card, current().engine))
    with watch() as working:
        predictions.predict(store, info.digest, Recipe(), MODEL, current().engine)
    return tuple(info.frame_count / time.seconds for time in (decoding, computing, working))  # type: ignore[return-value]


def naive_frames_per_s(path: Path, backbone: Backbone) -> float:
    """Frames a second of the loop that reads a frame and predicts on it alone."""
    model = backbone.build()
    kernel, bias = backbone.classifier()
    size = (backbone.size_px, backbone.size_px)
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        _predict_one(model, backbone, next(frames), size, kernel, bias)
        with watch() as looping:
            for frame in islice(frames, NAIVE_FRAMES):
                _predict_one(model, backbone, frame, size, kernel, bias)
    return NAIVE_FRAMES / looping.seconds


def _predict_one(model, backbone: Backbone, frame, size: tuple[int, int], kernel: np.ndarray, bias: np.ndarray) -> int:
    """The best label of one frame."""
    picture = cv2.resize(frame.to_ndarray(format="rgb24"), size)
    held = np.repeat(picture[None], backbone.frames_per_step, axis=0) if backbone.volumetric else picture
    row = model.predict(held[None], verbose=0).reshape(-1, backbone.channels)[0]
    return int((row @ kernel + bias).argmax())
