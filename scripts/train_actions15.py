"""Train models/actions-15: fifteen everyday and sport actions over time, from I3D features.

Usage: python -m scripts.train_actions15 FOLDER [--workspace FOLDER] [--output FOLDER]

FOLDER holds `ucf5/<class>/v_<class>_gNN_cMM.avi` and `weizmann/<class>/<person>_<class>.avi`, the clips of five UCF101
classes and of the Weizmann set, and `weizmann-streams` to be scored on. The clips are for research only and never
become part of the project; the network does.

Groups are dealt into FOLDS by the hash of their name before anything is looked at: a group is a source video of a
UCF101 class, or a Weizmann person in whatever clip. Fold HELD_OUT is never trained on, nor was any setting chosen by
it: SETTINGS, SMOOTH_S and THRESHOLD were chosen by leaving out each of the other folds in turn (`--choose` shows how
they score there). benchmarks/actions15.py leaves out every fold in turn, so that the held-out scores can be weighed.

The network learns from single clips and from streams: clips of one fold joined in random order picture by picture, so
that the CNN sees the cut as it would in a real film. A step of a stream carries the label of its middle.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from core.base import settings
from core.base.registry import BACKBONES
from core.domain import Features, Frame, ModelCard, Prediction, Recipe, serialization
from core.domain.fingerprint import fingerprint
from core.stages.networks import backbones, inference_engine, recurrent, recurrent_training
from core.stages.networks.recurrent import NetworkSettings
from core.stages.networks.recurrent_training import Example
from core.stages.tracks import segmentation
from core.workflows import clips as clips_workflow
from core.workflows import predictions
from core.workspace.store import Store

NAME = "actions-15"
BACKBONE = "i3d-kinetics400"
SEED = 15
FOLDS = 5
HELD_OUT = 0
ORDERS = 2  # streams made of each Weizmann person's clips, and of each fold's UCF101 clips
STRETCH_S = (1.5, 5.0)  # length of a UCF101 clip's part in a stream
SMOOTH_S = 1.0
THRESHOLD = 0.4
SETTINGS = NetworkSettings(cell="gru", units=64, bidirectional=True, dropout=0.3, epochs=30)
NAMES = {"clips": "clip accuracy", "steps": "step accuracy in streams", "edit": "edit score in streams"}
IN_TURN = "each fold left out in turn"
TRAINED_ON = (
    "Clips of five UCF101 classes and of the Weizmann actions, alone and joined into streams; both datasets are for "
    "research only. Fold {held_out} of {folds} was held out: its groups are listed under settings.held_out (a UCF101 "
    "group is a class with its source video, a Weizmann group is a person). The scores are from these groups, or from "
    "cross-validation with the same settings, in which each fold was held out once (without this network)."
)


@dataclass(frozen=True)
class Clip:
    """One clip of a set. group: what shares people, place or source, in all clips of both sets. fold: 0 to FOLDS-1."""

    path: Path
    label: str
    group: str
    fold: int


@dataclass(frozen=True)
class Part:
    """A stretch of a clip that stands in a stream. mirrored: left and right change places; no label here minds."""

    clip: Clip
    start_s: float
    stop_s: float
    mirrored: bool


@dataclass(frozen=True, eq=False)
class Item:
    """One thing to learn from or to be scored on. kind: "clip", "stream" or "shared stream"."""

    name: str
    kind: str
    fold: int
    features: Features
    targets: np.ndarray  # (T,) int64


# What there is to learn from ------------------------------------------------------------------------------------------


def find_clips(folder: Path) -> list[Clip]:
    """All clips of both sets, each in its fold."""
    ucf = sorted(folder.glob("ucf5/*/*.avi"))
    weizmann = sorted(folder.glob("weizmann/*/*.avi"))
    named = [(path, path.parent.name, f"{path.parent.name} {path.stem.split('_')[2]}") for path in ucf]
    named += [(path, path.parent.name, path.stem.split("_")[0]) for path in weizmann]
    if not ucf or not weizmann:
        raise SystemExit(f"error: {folder} has no ucf5 or no weizmann\nhint: give the folder that holds both")
    folds = deal([group for _, _, group in named])
    return [Clip(path, label, group, folds[group]) for path, label, group in named]


def deal(groups: Sequence[str]) -> dict[str, int]:
    """The fold of each group: dealt in turn in the order of their hashes, each UCF101 class and the persons apart."""
    folds = {}
    for _, members in groupby(sorted(set(groups), key=_rank), key=lambda group: _rank(group)[0]):
        folds.update({group: i % FOLDS for i, group in enumerate(members)})
    return folds


def _rank(group: str) -> tuple[str, str]:
    return group.partition(" ")[0] if " " in group else "", sha256(f"{SEED} {group}".encode()).hexdigest()


def make_streams(clips: Sequence[Clip], lengths_s: Mapping[Path, float]) -> list[tuple[Part, ...]]:
    """The streams of each fold: each person's clips in ORDERS random orders, and the fold's UCF101 clips, in parts,
    with one person's clips among them."""
    rng = random.Random(SEED)
    streams = []
    for fold in range(FOLDS):
        sport = [clip for clip in clips if clip.fold == fold and " " in clip.group]
        people = sorted({clip.group for clip in clips if clip.fold == fold and " " not in clip.group})
        for _ in range(ORDERS):
            streams += [_shuffled(person, [], clips, lengths_s, rng) for person in people]
            streams.append(_shuffled(rng.choice(people), sport, clips, lengths_s, rng))
    return streams


def _shuffled(
    person: str, sport: Sequence[Clip], clips: Sequence[Clip], lengths_s: Mapping[Path, float], rng: random.Random
) -> tuple[Part, ...]:
    """A person's clips and parts of the clips of `sport`, in random order."""
    parts = [_part(clip, lengths_s[clip.path], rng, whole=True) for clip in clips if clip.group == person]
    parts += [_part(clip, lengths_s[clip.path], rng) for clip in sport]
    return tuple(rng.sample(parts, len(parts)))


def _part(clip: Clip, length_s: float, rng: random.Random, *, whole: bool = False) -> Part:
    """A clip or a random stretch of it, mirrored or not."""
    kept_s = length_s if whole else min(length_s, rng.uniform(*STRETCH_S))
    start_s = rng.uniform(0, length_s - kept_s)
    return Part(clip, start_s, start_s + kept_s, rng.random() < 0.5)


# Features -------------------------------------------------------------------------------------------------------------


def gather(folder: Path, store: Store) -> tuple[list[Item], tuple[str, ...]]:
    """All items with their features, stored ones where the workspace has them, and the labels in their order."""
    clips = find_clips(folder)
    labels = tuple(sorted({clip.label for clip in clips}, key=str.lower))
    digests = {clip.path: clips_workflow.add_video(store, clip.path) for clip in clips}
    lengths_s = {path: store.video(digest).duration_s for path, digest in digests.items()}
    items = []
    for clip in clips:
        features = _clip_features(store, digests[clip.path])
        target = np.full(len(features.values), labels.index(clip.label))
        items.append(Item(clip.path.stem, "clip", clip.fold, features, target))
        _tell(f"{len(items)} of {len(clips)} clips")
    for i, parts in enumerate(streams := make_streams(clips, lengths_s)):
        features, names = _stream_features(store, parts, digests)
        targets = np.array([labels.index(name) for name in names])
        items.append(Item(f"stream {i}", "stream", parts[0].clip.fold, features, targets))
        _tell(f"{i + 1} of {len(streams)} streams")
    return items + _shared_streams(folder, store, labels, {clip.group: clip.fold for clip in clips}), labels


def _clip_features(store: Store, digest: str) -> Features:
    """The features of a whole clip, made and filed as the program does."""
    chosen = settings.current().engine
    key = predictions.features_key(digest, Recipe(), BACKBONE, chosen)
    if not store.has(key):
        features = predictions.extract(store.video(digest), Recipe(), BACKBONE, chosen, store.engine_cache)
        store.write(key, features, kind="features", video=digest)
    return store.read(key, Features)


def _stream_features(store: Store, parts: Sequence[Part], digests: Mapping[Path, str]) -> tuple[Features, list[str]]:
    """The features of the parts played one after the other, and the label of each step."""
    chosen = settings.current().engine
    backbone = BACKBONES[BACKBONE]
    names, ends_s, now_s = [], [], 0.0
    for part in parts:
        now_s += _ticks(part) * 0.04
        names.append(part.clip.label)
        ends_s.append(now_s)
    spec = [(digests[part.clip.path], part.start_s, part.stop_s, part.mirrored) for part in parts]
    key = fingerprint("stream", 2, spec, backbone.name, backbone.version, chosen)
    if not store.has(key):
        run = inference_engine.load(backbone, chosen, store.engine_cache)
        store.write(key, backbones.features(backbone, _joined(store, parts, digests), run), kind="features")
    features = store.read(key, Features)
    places = np.searchsorted(ends_s, features.times_s, side="right").clip(max=len(parts) - 1)
    return features, [names[place] for place in places]


def _ticks(part: Part) -> int:
    """How many frames at 25/s a part lasts."""
    return max(1, round((part.stop_s - part.start_s) * 25))


def _joined(store: Store, parts: Sequence[Part], digests: Mapping[Path, str]) -> Iterator[Frame]:
    """The frames of all parts on one clock of 25 frames/s."""
    backbone, count = BACKBONES[BACKBONE], 0
    for part in parts:
        stretch_s = (part.start_s, part.stop_s)
        source = predictions.frames_of(
            store.video(digests[part.clip.path]), Recipe(), backbone.size_px, within_s=stretch_s
        )
        kept = list(islice(backbones.grid(source, backbone.rate_hz), _ticks(part)))
        kept += [kept[-1]] * (_ticks(part) - len(kept))
        for frame in kept:
            image = np.ascontiguousarray(frame.image[:, ::-1]) if part.mirrored else frame.image
            yield Frame(count, count / 25, image)
            count += 1


def _shared_streams(folder: Path, store: Store, labels: tuple[str, ...], folds: Mapping[str, int]) -> list[Item]:
    """The ready-made streams of each Weizmann person, whose truth is a label a frame."""
    items = []
    for path in sorted(folder.glob("weizmann-streams/videos/*.mp4")):
        truth = (folder / "weizmann-streams" / "groundTruth" / f"{path.stem}.txt").read_text().split()
        digest = clips_workflow.add_video(store, path)
        features = _clip_features(store, digest)
        frames = np.searchsorted(store.video(digest).times_s, features.times_s, side="right") - 1
        targets = np.array([labels.index(truth[frame]) for frame in frames])
        items.append(Item(path.stem, "shared stream", folds[path.stem], features, targets))
    return items


def _tell(message: str) -> None:
    print(f"\r{message}    ", end="", file=sys.stderr, flush=True)


# Training and scoring -------------------------------------------------------------------------------------------------


def train(
    items: Sequence[Item], *, labels: int, folds: Sequence[int], chosen: NetworkSettings = SETTINGS
) -> recurrent_training.Fitted:
    """A network trained on the clips and own streams of `folds`, all for as many epochs as SETTINGS says."""
    training = [_example(item) for item in items if item.fold in folds and item.kind != "shared stream"]
    return recurrent_training.fit(chosen, training, labels=labels, seed=SEED)


def _example(item: Item) -> Example:
    return Example(np.ascontiguousarray(item.features.values), item.targets.astype(np.int64))


def score(
    run: recurrent.ScoreFunction, items: Sequence[Item], labels: tuple[str, ...], *, smooth_s: float = SMOOTH_S
) -> dict[str, float]:
    """Accuracy over clips, and over the steps of the shared streams with their mean edit score, both 0 to 1."""
    hits: dict[str, list[float]] = {"clips": [], "ucf": [], "weizmann": [], "steps": [], "edit": []}
    for item in (item for item in items if item.kind != "stream"):
        scores = segmentation.smooth(run(item.features.values), item.features.times_s, width_s=smooth_s)
        if item.kind == "clip":
            hit = float(scores.mean(axis=0).argmax() == item.targets[0])
            hits["clips"].append(hit)
            hits["ucf" if item.name.startswith("v_") else "weizmann"].append(hit)
        else:
            hits["steps"].extend((scores.argmax(axis=1) == item.targets).astype(float))
            hits["edit"].append(edit_score(_told(item, scores, labels), _runs(labels[i] for i in item.targets)))
    return {name: float(np.mean(values)) for name, values in hits.items() if values}


def _told(item: Item, scores: np.ndarray, labels: tuple[str, ...]) -> list[str]:
    """The labels in their order as the program would tell them."""
    prediction = Prediction(item.features.times_s, scores, labels, NAME, item.features.seen_s)
    told = segmentation.track(
        prediction, video="", threshold=THRESHOLD, shortest_s=clips_workflow.MIN_SEGMENT_S, author=NAME
    )
    return [segment.label for segment in told.segments]


def _runs(names: Iterator[str]) -> list[str]:
    return [name for name, _ in groupby(names)]


def edit_score(told: Sequence[str], truth: Sequence[str]) -> float:
    """1 - Levenshtein distance between two lists over the length of the longer one (Lea et al. 2016), 0 to 1."""
    row = list(range(len(truth) + 1))
    for i, name in enumerate(told, start=1):
        last, row[0] = row[0], i
        for j, other in enumerate(truth, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (name != other))
    return 1 - row[-1] / max(len(told), len(truth), 1)


def left_out(
    items: Sequence[Item], labels: tuple[str, ...], folds: Sequence[int], chosen: NetworkSettings = SETTINGS
) -> list[dict[str, float]]:
    """The scores on each of `folds` of a network trained on the others of them."""
    scores = []
    for fold in folds:
        fitted = train(items, labels=len(labels), folds=[other for other in folds if other != fold], chosen=chosen)
        scores.append(score(recurrent.runner(fitted.model), [item for item in items if item.fold == fold], labels))
    return scores


def over_all_folds(items: Sequence[Item], labels: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """For each score its mean with every fold left out once, and the lowest of the folds.

    A clip, a step or a stream counts the same in whatever fold it is.
    """
    each = left_out(items, labels, range(FOLDS))
    found = {}
    for name in each[0]:
        weights = [_count(items, fold, name) for fold in range(FOLDS)]
        told = [scores[name] for scores in each]
        found[name] = (float(np.average(told, weights=weights)), min(told))
    return found


def _count(items: Sequence[Item], fold: int, name: str) -> int:
    """How many clips, steps or streams of a fold a score is the mean of."""
    own = [item for item in items if item.fold == fold]
    clips = [item.name.startswith("v_") for item in own if item.kind == "clip"]
    streams = [len(item.targets) for item in own if item.kind == "shared stream"]
    counts = {"clips": len(clips), "ucf": sum(clips), "weizmann": len(clips) - sum(clips)}
    return (counts | {"steps": sum(streams), "edit": len(streams)})[name]


# The model's folder ---------------------------------------------------------------------------------------------------


def write_model(
    folder: Path, items: Sequence[Item], labels: tuple[str, ...], groups: Sequence[str]
) -> dict[str, float]:
    """Train on all folds but HELD_OUT, score on that, and write network and card; gives the scores."""
    fitted = train(items, labels=len(labels), folds=[fold for fold in range(FOLDS) if fold != HELD_OUT])
    told = over_all_folds(items, labels)
    held_out = [item for item in items if item.fold == HELD_OUT]
    scores = score(recurrent.runner(fitted.model), held_out, labels)
    card = ModelCard(
        name=NAME,
        title="15 everyday and sport actions",
        backbone=BACKBONE,
        backbone_version=BACKBONES[BACKBONE].version,
        labels=labels,
        network="network.keras",
        network_sha256=recurrent.save(fitted.model, folder / "network.keras"),
        engine=settings.current().engine,
        smooth_s=SMOOTH_S,
        threshold=THRESHOLD,
        settings={**asdict(SETTINGS), "folds": FOLDS, "held_out": sorted(groups), "versions": _versions()},
        trained_on=TRAINED_ON.format(held_out=HELD_OUT, folds=FOLDS),
        licence="Apache-2.0 for the network; the clips it learned from are for research only and not part of it",
        seed=SEED,
        scores={
            **{NAMES[name]: round(value, 4) for name, value in scores.items() if name in NAMES},
            **{f"{NAMES[name]}, {IN_TURN}": round(told[name][0], 4) for name in NAMES},
        },
        created=time.strftime("%Y-%m-%d"),
    )
    (folder / "card.json").write_text(serialization.pretty_json(card), encoding="utf-8")
    return scores


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("tensorflow", "keras", "openvino", "numpy")}


def main() -> None:
    """Gather features, which takes minutes the first time, train, score and write."""
    parser = argparse.ArgumentParser(description="Train models/actions-15.")
    parser.add_argument("folder", type=Path, help="holds ucf5, weizmann and weizmann-streams")
    parser.add_argument("--workspace", type=Path, default=settings.current().workspace, help="where features are kept")
    parser.add_argument("--output", type=Path, default=settings.ROOT / "models" / NAME)
    parser.add_argument("--choose", action="store_true", help="score the settings inside the training folds, and stop")
    chosen = parser.parse_args()
    items, labels = gather(chosen.folder, Store(chosen.workspace))
    if chosen.choose:
        for scores in left_out(items, labels, [fold for fold in range(FOLDS) if fold != HELD_OUT]):
            print(scores)
        return
    groups = {clip.group for clip in find_clips(chosen.folder) if clip.fold == HELD_OUT}
    print(write_model(chosen.output, items, labels, sorted(groups)))


if __name__ == "__main__":
    main()
