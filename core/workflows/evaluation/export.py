"""An evaluation as files for other programs: all numbers as JSON; clips, labels and the confusion matrix as CSV."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.base.registry import METRICS
from core.domain import Calibration, Case, Estimate, Evaluation
from core.domain.caveats import leak_of
from core.stages.formats.common.writer import csv_table
from core.stages.metrics import calibration
from core.workflows.evaluation import queries
from core.workflows.evaluation.metrics_summary import MAIN_METRICS, ordered

COLUMNS = ("clip", "digest", "group", "fold", "start_s", "stop_s", "truth", "predicted", "right", "confidence")
NUMBERS = ("precision", "recall", "f1", "roc_auc", "average_precision")
SCALE = "Shares are from 0 to 1, times in seconds; null means undefined (see `why`). Intervals are at 95 %."
OVER_TIME_TWINS = {"accuracy": "frame_accuracy"}  # what stands for it where labels are told over time


def report_name(judged: Evaluation) -> str:
    """A file name without its suffix."""
    words = re.sub(r"[^\w.-]+", "-", f"{judged.dataset} {judged.origin.title}".lower(), flags=re.ASCII)
    return words.strip("-.")[:80].rstrip("-.") or "evaluation"


# JSON -----------------------------------------------------------------------------------------------------------------


def printed(judged: Evaluation) -> dict[str, Any]:
    """The headline as the command line prints it: each number with its interval, null where it does not apply."""
    overall = judged.card.overall
    twins = OVER_TIME_TWINS if judged.found.over_time else {}
    rows = {name: _bounds(overall.get(twins.get(name, name))) for name in MAIN_METRICS}
    leak = leak_of(judged.warnings)
    more = [name for name in ("edit", "f1_10", "f1_25", "f1_50", "bout_f1", "map_50") if name in overall]
    return {
        **({"leak": leak} if leak else {}),
        **rows,
        **{name: _bounds(overall[name]) for name in more},
        "n_clips": judged.card.clip_count,
        "n_groups": judged.card.group_count,
        "baselines": {
            baseline.name: {
                name: baseline.overall[twins.get(name, name)].value for name in MAIN_METRICS if name in baseline.overall
            }
            | {name: baseline.overall[twin].value for name, twin in twins.items() if twin in baseline.overall}
            for baseline in judged.baselines
        },
        "scored": "time steps" if judged.found.over_time else "clips",
        "dataset": judged.dataset,
        "model": judged.origin.title,
        "split": judged.origin.split,
        "labels_not_known": list(judged.origin.matching.strangers),
        "warnings": list(judged.warnings),
    }


def _bounds(estimate: Estimate | None) -> dict[str, Any]:
    return (
        {"value": None, "low": None, "high": None} if estimate is None else _shown(estimate, ("value", "low", "high"))
    )


def _shown(estimate: Estimate, names: Sequence[str] = ("value", "low", "high", "why", "left_out")) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(estimate, name)) or name in ("value", "low", "high")}


def as_json(judged: Evaluation) -> bytes:
    """All numbers of an evaluation, and what they rest on."""
    card = judged.card
    entries = {
        "title": judged.origin.title,
        "dataset": judged.dataset,
        "clips": judged.basis,
        "split": judged.origin.split,
        "n_clips": card.clip_count,
        "n_groups": card.group_count,
        "labelled": card.labelled,
        "intervals": {"over": card.unit, "units": card.unit_count, "draws": card.draws, "seed": card.seed},
        "numbers": {
            name: {"label": METRICS[name].label, **_shown(estimate)} for name, estimate in ordered(card.overall).items()
        },
        "baselines": {
            baseline.name: {
                "about": baseline.about,
                **{name: _shown(estimate) for name, estimate in ordered(baseline.overall).items()},
            }
            for baseline in judged.baselines
        },
        "by_label": [_label(judged, index) for index in range(len(card.labels))],
        "confusion": {"labels": list(card.labels), "rows_are": "truth", "counts": card.confusion.tolist()},
        "calibration": _calibration(judged.calibration),
        "suspected_labels": [_suspect(suspect) for suspect in _suspects(judged)],
        **_origin(judged),
        "scale": SCALE,
    }
    return (json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def _origin(judged: Evaluation) -> dict[str, Any]:
    """How the answers were made, and what to beware of."""
    return {
        "matching": {
            "pairs": [list(pair) for pair in judged.origin.matching.pairs],
            "not_known_to_the_model": list(judged.origin.matching.strangers),
            "clips_with_such_a_label": judged.origin.matching.clips,
        },
        "warnings": list(judged.warnings),
        "settings": judged.origin.settings,
        "seed": judged.origin.seed,
        "versions": judged.origin.versions,
        "dataset_key": judged.origin.dataset_key,
        "command": judged.origin.command,
    }


def _calibration(fitted: Calibration | None) -> dict[str, Any] | None:
    if fitted is None:
        return None
    return {
        "about": fitted.about,
        "temperatures": list(fitted.temperatures),
        "ece_before": _shown(fitted.before),
        "ece_after": _shown(fitted.after),
    }


def _label(judged: Evaluation, index: int) -> dict[str, Any]:
    card = judged.card
    return {
        "label": card.labels[index],
        "true": int(card.confusion[index].sum()),
        "predicted": int(card.confusion[:, index].sum()),
        **{name: _shown(estimates[index]) for name, estimates in card.by_label.items()},
    }


def _suspects(judged: Evaluation) -> tuple[Case, ...]:
    return queries.cases(judged, judged.suspects, order="as listed", most=len(judged.suspects)).cases


def _suspect(case: Case) -> dict[str, Any]:
    names = ("path", "start_s", "stop_s", "truth", "predicted", "confidence")
    return {name: getattr(case, name) for name in names}


# CSV ------------------------------------------------------------------------------------------------------------------


def as_csv(judged: Evaluation) -> bytes:
    """A row for each clip, or in sets labelled over time for each stretch of one truth and one prediction."""
    cases = queries.cases(judged, queries.every(judged), order="as listed", most=len(judged.found.truth)).cases
    scaled = queries.scaled(judged)
    header = (
        (*COLUMNS, "score_of_truth", "confidence_calibrated") if judged.calibration else (*COLUMNS, "score_of_truth")
    )
    rows = []
    for case in cases:
        row = [case.path, case.video, case.group, case.fold + 1 or "", _seconds(case.start_s), _seconds(case.stop_s)]
        row += [case.truth, case.predicted, int(case.right), _score(case.confidence), _score(case.own)]
        rows.append(row)
    if judged.calibration:
        sure = scaled.table(calibration.confidence)[:, 0]
        for row, span in zip(rows, queries.spans(judged.found, queries.every(judged)).tolist(), strict=True):
            row.append(_score(float(sure[slice(*span)].mean())))
    return csv_table(header, rows)


def scores_csv(judged: Evaluation) -> bytes:
    """A row for each clip, or each time step, with the score of every class: all curves can be computed from it.

    Rows without a known truth have an empty one; they are not counted in any metric.
    """
    comparison = judged.found
    assert comparison.scores is not None
    timed = comparison.starts is not None and comparison.times_s is not None
    units = np.repeat(
        np.arange(len(comparison.names)), np.diff(comparison.starts) if comparison.starts is not None else 1
    )
    rows = []
    for row, unit in enumerate(units.tolist()):
        truth = comparison.labels[comparison.truth[row]] if comparison.truth[row] >= 0 else ""
        first = [
            comparison.names[unit],
            judged.videos[unit],
            comparison.groups[unit],
            int(judged.folds[unit]) + 1 or "",
        ]
        moment = [_seconds(float(comparison.times_s[row]))] if timed and comparison.times_s is not None else []
        scores = [f"{score:.6g}" for score in comparison.scores[row].tolist()]
        rows.append([*first, *moment, truth, comparison.labels[comparison.predicted[row]], *scores])
    header = ["clip", "digest", "group", "fold", *(["time_s"] if timed else []), "truth", "predicted"]
    return csv_table([*header, *(f"score: {label}" for label in comparison.labels)], rows)


def labels_csv(judged: Evaluation) -> bytes:
    """A row for each label, its numbers with their intervals."""
    names = [name for name in NUMBERS if name in judged.card.by_label]
    header = ["label", "true", "predicted", *(f"{name}{end}" for name in names for end in ("", "_low", "_high"))]
    rows = []
    for index, label in enumerate(judged.card.labels):
        estimates = [judged.card.by_label[name][index] for name in names]
        counts = judged.card.confusion[index].sum(), judged.card.confusion[:, index].sum()
        rows.append(
            [
                label,
                *counts,
                *(_score(value) for estimate in estimates for value in (estimate.value, estimate.low, estimate.high)),
            ]
        )
    return csv_table(header, rows)


def confusion_csv(judged: Evaluation) -> bytes:
    """The confusion matrix: a row for each true label, a column for each predicted one; of labels that occur."""
    indices = queries.label_order(judged, "given", "occurring")
    labels = [judged.card.labels[index] for index in indices]
    counts = judged.card.confusion[np.ix_(indices, indices)].tolist()
    return csv_table(
        ["truth \\ predicted", *labels], [[label, *row] for label, row in zip(labels, counts, strict=True)]
    )


def _seconds(moment_s: float) -> str:
    return f"{moment_s:.3f}"


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
