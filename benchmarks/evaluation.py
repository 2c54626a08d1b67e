"""How long 10,000 clips and 400 labels take from stored predictions to the first screen, and then for each click.

The predictions are made up; what is measured is the program's own way: the job that compares, scores, draws intervals
and fits temperatures, then reading its result and all that the first screen shows, then what clicks ask for.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Figure, percentile, watch
from core.base.progress import silent
from core.domain import Dataset, Evaluation, HeldOut, Item, Origin
from core.workflows import datasets, evaluation
from core.workflows.evaluation import results
from core.workspace.store import Store

CLIPS, LABELS, FOLDS, GROUPS = 10_000, 400, 5, 500
CLICKS = 200
KEY = "0123abcd"


def main() -> list[Figure]:
    """Seconds to the first screen, milliseconds of a click, and memory that clicks add."""
    dataset, said = made()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        with watch() as judging:
            store.write(KEY, judged(dataset, said), kind="evaluation")
        with watch() as reading:
            found = store.read(KEY, Evaluation)
        with watch() as drawing:
            first_screen(found)
        clicks(found, np.random.default_rng(1), 10)
        before = _memory_mb()
        times_ms = clicks(found, np.random.default_rng(2), CLICKS)
        added = _memory_mb() - before
    size = f"{CLIPS} clips x {LABELS} labels"
    whole = judging.seconds + reading.seconds + drawing.seconds
    return [
        Figure("From stored predictions to the first screen", whole, "s", 5, at_least=False, note=size),
        Figure("The same on a second visit", reading.seconds + drawing.seconds, "s", 5, at_least=False),
        Figure(
            "A click: cell, label, bin, threshold, curve, sweep; 95th percentile",
            percentile(times_ms, 95),
            "ms",
            300,
            at_least=False,
        ),
        Figure("The slowest click", max(times_ms), "ms"),
        Figure(f"Peak memory that {CLICKS} clicks add", added, "MB"),
    ]


def made() -> tuple[Dataset, HeldOut]:
    """A set, and what networks said of its clips: right in about two of three."""
    rng = np.random.default_rng(0)
    labels = tuple(f"label {place}" for place in range(LABELS))
    truth = rng.integers(0, LABELS, CLIPS)
    logits = rng.normal(0, 1, (CLIPS, LABELS)).astype(np.float32)
    logits[np.arange(CLIPS), truth] += rng.normal(4, 1.5, CLIPS)
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    groups = rng.integers(0, GROUPS, CLIPS)
    items = tuple(
        Item(f"{place:064x}", f"{labels[label]}/clip {place}.mp4", 10.0, label=labels[label], group=f"group {group}")
        for place, (label, group) in enumerate(zip(truth, groups, strict=True))
    )
    steps = np.arange(CLIPS + 1, dtype=np.int64)
    said = HeldOut(np.arange(CLIPS), groups % FOLDS, steps, np.full(CLIPS, 5.0), truth, scores)
    return Dataset("Made", labels, items), said


def judged(dataset: Dataset, said: HeldOut) -> Evaluation:
    """The evaluation that the job makes, beside two baselines."""
    groups = [item.group for item in dataset.items]
    simple = np.random.default_rng(3).permutation(said.truth)
    simpler = [(name, name, "made up", simple) for name in ("majority", "linear_probe")]
    origin = Origin("Made", "run", KEY, datasets.key(dataset), "made up", {}, 0, {}, "")
    answers = results.Answers(dataset, groups, said, origin, (), simpler, split_key="", crossed=True)
    return results.evaluate_answers(answers, silent)


def first_screen(found: Evaluation) -> list[Any]:
    """What the page shows before anything is clicked."""
    order = evaluation.label_order(found, "clusters")
    return [
        evaluation.headline(found),
        evaluation.confused(found),
        evaluation.matrix(found, order, "truth"),
        evaluation.reliability(found),
        evaluation.cases(found, evaluation.mistakes(found)),
    ]


def clicks(found: Evaluation, rng: np.random.Generator, count: int) -> list[float]:
    """Milliseconds of clicks of all kinds, in turn."""
    times_ms = []
    for number in range(count):
        label, other = (found.found.labels[place] for place in rng.integers(0, LABELS, 2))
        asked = _asked(found, label, other, number)[number % 10]
        began = time.perf_counter()
        asked()
        times_ms.append(1000 * (time.perf_counter() - began))
    return times_ms


def _asked(found: Evaluation, label: str, other: str, number: int) -> list[Callable[[], Any]]:
    def listed(rows: np.ndarray) -> Any:
        return evaluation.cases(found, rows)

    return [
        lambda: listed(evaluation.in_cell(found, label, other)),
        lambda: listed(evaluation.in_cell(found, label, label)),
        lambda: listed(evaluation.of_label(found, label, "errors")),
        lambda: listed(evaluation.in_bin(found, number % 15)),
        lambda: listed(evaluation.in_bin(found, number % 15, calibrated=True)),
        lambda: listed(evaluation.above(found, label, 0.3, "all")),
        lambda: evaluation.curve(found, label, "roc"),
        lambda: evaluation.curve(found, label, "precision-recall"),
        lambda: evaluation.sweep(found, label),
        lambda: evaluation.matrix(found, evaluation.label_order(found, "clusters", "confused")),
    ]


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
