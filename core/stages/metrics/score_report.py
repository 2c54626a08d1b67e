"""The scores of label files as JSON: each number under its name, undefined ones as null with the reason."""

from typing import Any

from core.base.registry import METRICS
from core.domain import Comparison, Estimate, Scorecard
from core.stages.metrics.scorecard import scorecard
from core.stages.metrics.sequence import CUTS, match_counts

CONVENTIONS = {
    "scale": "0 to 1",
    "segments": "runs of one label; background runs are dropped, and runs on both sides of one are not merged",
    "frame_accuracy": "frames of all videos pooled (yabufarha/ms-tcn eval.py)",
    "frame_accuracy_by_video": "mean over videos (Lea et al., CVPR 2017)",
    "edit": "1 - distance / length of the longer sequence of segments, mean over videos (both references)",
    "f1_10, f1_25, f1_50": "counts summed over videos, then F1 (yabufarha/ms-tcn eval.py)",
    "f1_10_by_video, f1_25_by_video, f1_50_by_video": "F1 of each video, then the mean (Lea et al., CVPR 2017)",
}


def report(comparison: Comparison) -> dict[str, Any]:
    """What `python -m core score` prints: the headline first, then all else that a reader needs to trust it."""
    card = scorecard(comparison)
    first = ("frame_accuracy", "edit", *(f"f1_{cut}" for cut in CUTS))
    names = [*first, *(name for name in card.overall if name not in first)]
    return {
        **{name: card.overall[name].value for name in names},
        **_basis(comparison, card),
        "counts": {f"f1_{cut}": _counts(comparison, cut) for cut in CUTS},
        "intervals": _intervals(card, names),
        "undefined": {name: card.overall[name].why for name in names if card.overall[name].value is None},
        "left_out": {name: card.overall[name].left_out for name in names if card.overall[name].left_out},
        "by_label": [_label(card, index) for index in range(len(card.labels))],
        "warnings": list(card.warnings),
        "conventions": CONVENTIONS,
    }


def _basis(comparison: Comparison, card: Scorecard) -> dict[str, Any]:
    """How much was scored, and what a blind guess would reach."""
    return {
        "videos": card.clip_count,
        "groups": card.group_count,
        "frames": len(comparison.truth),
        "labelled_frames": card.labelled,
        "labels": list(card.labels),
        "background": comparison.labels[comparison.background] if comparison.background >= 0 else None,
        "majority": card.majority.value,
        "never_predicted": list(card.never_predicted),
        "predictions_without_truth": card.strays,
    }


def _counts(comparison: Comparison, cut: int) -> dict[str, int]:
    right, wrong, missed = match_counts(comparison, cut)
    return {"true_positives": int(right), "false_positives": int(wrong), "false_negatives": int(missed)}


def _intervals(card: Scorecard, names: list[str]) -> dict[str, Any]:
    drawn = {name: card.overall[name] for name in names if card.overall[name].low is not None}
    arrays = {name: {"low": estimate.low, "high": estimate.high} for name, estimate in drawn.items()}
    return {"unit": card.unit, "units": card.unit_count, "draws": card.draws, "seed": card.seed, "percent": 95} | arrays


def _label(card: Scorecard, index: int) -> dict[str, Any]:
    numbers: dict[str, Estimate] = {name: estimates[index] for name, estimates in card.by_label.items()}
    return {
        "label": card.labels[index],
        "true_frames": int(card.confusion[index].sum()),
        "predicted_frames": int(card.confusion[:, index].sum()),
        **{name: number.value for name, number in numbers.items() if METRICS[name].needs == "labels"},
    }
