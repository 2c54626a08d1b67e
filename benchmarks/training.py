"""How well networks learn from labelled sets, how fast, and from how many clips.

Real sets are not part of the project: without them only the made set is measured. All settings are the defaults,
which were chosen on validation groups and on few clips of other sets; each score is of groups that the network never
saw. Each part is told as soon as it is measured.
"""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.clips import ROOT
from benchmarks.measure import Figure, table
from core.base.registry import BACKBONES
from core.base.settings import current
from core.domain import Dataset, Grouping, Split
from core.stages import metrics
from core.stages.drawing.sample_dataset import PAIRS
from core.workflows import datasets, predictions, training
from core.workflows.datasets import importer, library
from core.workflows.training import checkpoints, features, training_data
from core.workspace.store import Store

CLIPS = ROOT.parent / "shared" / "data"
WORKSPACE = Path(os.environ.get("KINETOSCOPE_BENCH_FEATURES") or ROOT / "build" / "bench" / "training")
SEEDS = (0, 1, 2)
MOTION, STILL = "i3d-kinetics400", "efficientnet-lite0"
CURVE = (1, 2, 4, 8)  # clips of a class to learn from


def main() -> list[Figure]:
    """All figures; the first run makes the features of all sets, which takes minutes."""
    store, found = Store(WORKSPACE), []
    parts = (_made, _weizmann, _ucf, _streams) if (CLIPS / "weizmann").is_dir() else (_made,)
    for part in parts:
        figures = part(store)
        print(table(figures), file=sys.stderr, flush=True)
        found += figures
    return found


def _set(store: Store, path: str) -> Dataset:
    return library.stored_set(store, path, lambda *_: None)


def _trained(store: Store, dataset: Dataset, split: Split, backbone: str, seed: int = 0) -> tuple[str, float]:
    """A training anew, without a network for use: its key, and its seconds."""
    recipe = training.view("whole", backbone)
    features.gather_of(store, dataset, recipe, backbone, current().engine)
    asked = {"backbone": backbone, "engine": current().engine, "recipe": recipe, "options": training.Options()}
    key = training.plan(store, dataset, split, seed=seed, final=False, **asked)
    training.delete(store, key)
    key = training.plan(store, dataset, split, seed=seed, final=False, **asked)
    began = time.perf_counter()
    training.train(store, key)
    return key, time.perf_counter() - began


def _accuracy(store: Store, key: str) -> float:
    return checkpoints.run_of(store, key).scores["accuracy"]


# Real sets ------------------------------------------------------------------------------------------------------------


def _weizmann(store: Store) -> list[Figure]:
    dataset = _set(store, str(CLIPS / "weizmann"))
    rate = _rates(store, dataset)
    split = datasets.leave_one_group_out(dataset, Grouping("pattern", "^[^_]+"))
    tried = [_trained(store, dataset, split, MOTION, seed) for seed in SEEDS]
    scores = [_accuracy(store, key) for key, _ in tried]
    record = checkpoints.run_of(store, tried[0][0])
    fold_s = min(seconds for _, seconds in tried) / len(split.parts)
    each = ", ".join(f"{score:.3f}" for score in scores)
    probe = record.baselines["linear_probe"]
    return [
        Figure("Weizmann, leave one person out", float(np.mean(scores)), "", 0.96, note=f"I3D + BiGRU, seeds: {each}"),
        Figure("Weizmann, linear probe", probe, "", note="the same folds"),
        Figure("Weizmann, training one fold", fold_s, "s", 10, False, "features there; best of 3 runs of 9 folds"),
        _random_labels(store, dataset),
        rate,
        *_curve(store, dataset),
    ]


def _ucf(store: Store) -> list[Figure]:
    dataset = _set(store, str(CLIPS / "ucf5"))
    split = datasets.grouped_folds(dataset, datasets.grouping_of("gNN"), count=5)
    key, _ = _trained(store, dataset, split, MOTION)
    record = checkpoints.run_of(store, key)
    note = f"I3D + BiGRU, 87 clips; linear probe {record.baselines['linear_probe']:.3f}"
    return [Figure("UCF101, five classes, 5 folds by group", record.scores["accuracy"], "", 0.99, note=note)]


def _streams(store: Store) -> list[Figure]:
    dataset = _set(store, str(CLIPS / "weizmann-streams"))
    split = datasets.leave_one_group_out(dataset, Grouping("clip"))
    records = [checkpoints.run_of(store, _trained(store, dataset, split, MOTION, seed)[0]) for seed in SEEDS]
    steps, f1 = (float(np.mean([record.scores[name] for record in records])) for name in ("accuracy", "f1_50"))
    probe = records[0].baselines["linear_probe"]
    return [
        Figure("Weizmann streams, step accuracy", steps, "", 0.85, note=f"other persons; linear probe {probe:.3f}"),
        Figure("Weizmann streams, F1@50", f1, "", note="runs of steps, unsmoothed"),
    ]


def _random_labels(store: Store, dataset: Dataset) -> Figure:
    """How far a training on labels dealt at random lies from chance; within the interval it may be at most its half."""
    labels = np.random.default_rng(0).permutation([item.label for item in dataset.items])
    items = tuple(replace(item, label=str(label)) for item, label in zip(dataset.items, labels, strict=True))
    dealt = replace(dataset, name="Random labels", items=items)
    store.save_dataset(dealt, datasets.key(dealt))
    split = datasets.leave_one_group_out(dealt, Grouping("pattern", "^[^_]+"))
    accuracy = _accuracy(store, _trained(store, dealt, split, MOTION)[0])
    chance = 1 / len(dealt.labels)
    half = 1.96 * (chance * (1 - chance) / len(items)) ** 0.5
    note = f"accuracy {accuracy:.3f}, 95 % of chance lie within {half:.3f}"
    return Figure("Random labels, distance from chance", abs(accuracy - chance), "", half, False, note)


def _rates(store: Store, dataset: Dataset) -> Figure:
    """Frames a second over clips of a set in one job, over those of the same clips one by one."""
    few = replace(dataset, name="Few", items=dataset.items[:: max(1, len(dataset.items) // 8)][:8])
    recipe, engine = training.view("whole", MOTION), current().engine
    frames = sum(store.video(item.video).frame_count for item in few.items)
    predictions.extract(
        store.video(few.items[0].video), recipe, MOTION, engine, store.engine_cache
    )  # loads the network
    taken = []
    for together in (False, True):
        for item in few.items:
            store.delete(predictions.features_key(item.video, recipe, MOTION, engine))
        began = time.perf_counter()
        if together:
            features.gather_of(store, few, recipe, MOTION, engine)
        else:
            for item in few.items:
                predictions.extract(store.video(item.video), recipe, MOTION, engine, store.engine_cache)
        taken.append(time.perf_counter() - began)
    alone, job = (frames / seconds for seconds in taken)
    return Figure("features of a set, share of the single-clip rate", job / alone, "", 0.8, note=f"{job:.0f} frames/s")


def _curve(store: Store, dataset: Dataset) -> list[Figure]:
    """Accuracy over how many clips of each class are learned from: whole persons, drawn anew for each fold and seed."""
    people = Grouping("pattern", "^[^_]+")
    recipe = training.view("whole", MOTION)
    found = features.features_of_all(store, dataset, recipe, MOTION, current().engine)
    labelled = training_data.labelled_features(dataset, datasets.groups_from(dataset, people), found)
    names = sorted(set(labelled.groups))
    figures = []
    for count in CURVE:
        hits = [hit for test in names for hit in _few(labelled, test, _drawn(names, test, count))]
        note = "Weizmann, persons that are tested were never seen"
        figures.append(Figure(f"accuracy from {count} clips a class", float(np.mean(hits)), "", note=note))
    return figures


def _drawn(names: Sequence[str], test: str, count: int) -> set[str]:
    others = [name for name in names if name != test]
    return set(np.random.default_rng(names.index(test)).permutation(others)[:count].tolist())


def _few(labelled: training_data.LabelledFeatures, test: str, learned: set[str]) -> list[bool]:
    """Whether each clip of a person is named rightly by a network that learned from some others."""
    from core.stages.networks import recurrent, recurrent_training
    from core.workflows.training.options import sized

    examples = labelled.chosen([place for place, group in enumerate(labelled.groups) if group in learned])
    fitted = recurrent_training.fit(sized(training.Options(), len(examples)), examples, labels=len(labelled.labels))
    places = [place for place, group in enumerate(labelled.groups) if group == test]
    said = training_data.predicted(labelled, places, 0, recurrent.runner(fitted.model))
    return (said.scores.argmax(axis=1) == said.truth).tolist()


# The made set ---------------------------------------------------------------------------------------------------------


def _made(store: Store) -> list[Figure]:
    if importer.MADE_NAME not in [entry.name for entry in store.datasets()]:
        importer.make_set(store)
    dataset = store.dataset(importer.MADE_NAME)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=4)
    figures = []
    for backbone in (STILL, MOTION):
        key, seconds = _trained(store, dataset, split, backbone)
        record = checkpoints.run_of(store, key)
        name = BACKBONES[backbone].title.split(",")[0]
        note = f"{len(dataset.items)} clips, {seconds / len(split.parts):.1f} s a fold"
        bar = 0.95 if backbone == STILL else None
        figures.append(Figure(f"made set, {name} + BiGRU", record.scores["accuracy"], "", bar, note=note))
        if backbone == STILL:
            figures.append(_order(store, key, dataset, split))
    return figures


def _order(store: Store, key: str, dataset: Dataset, split: Split) -> Figure:
    """How far the linear probe is from chance where it only has to tell the two of a pair apart."""
    found = training_data.comparison(dataset, split.groups, training.probe(store, key))
    assert found.scores is not None
    hits = []
    for pair in PAIRS:
        places = [dataset.labels.index(label) for label in pair]
        rows = np.isin(found.truth, places)
        said = np.array(places)[found.scores[rows][:, places].argmax(axis=1)]
        hits += (said == found.truth[rows]).tolist()
    accuracy = float(np.mean(hits))
    interval = metrics.bootstrap.wilson(sum(hits), len(hits))
    note = f"within a pair it names {accuracy:.3f} rightly (95 % interval {interval.low:.3f} to {interval.high:.3f})"
    return Figure("made set, linear probe on pairs, distance from chance", abs(accuracy - 0.5), "", 0.15, False, note)
