"""The texts of Evaluate: explanations of metrics, shares and intervals, tables. No st calls."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from core.base.registry import METRICS
from core.domain import Estimate, Evaluation, Rivalry
from core.domain.caveats import is_leak, leak_of
from core.stages import metrics
from core.workflows import evaluation
from core.workflows.evaluation.results import NO_INTERVAL
from pages.ui.common import formatting
from pages.ui.evaluate import selection

if TYPE_CHECKING:
    from pandas import DataFrame

INTERVAL = (
    "The 95 % confidence interval, from a bootstrap over groups: clips recorded together are "
    "resampled together, so it holds for new people or recordings, not only for new clips of "
    "the same ones."
)
FEW = (
    "The test data contains only {}. Results may differ considerably on other data, and the "
    "intervals are only approximate."
)


def explained(name: str) -> str:
    """The explanation of a metric, as its tooltip."""
    return METRICS[name].help


def value(name: str, estimate: Estimate) -> str:
    """A number in its unit: per cent, seconds, or plain."""
    if estimate.value is None:
        return "–"
    unit = METRICS[name].unit
    if unit == "s":
        return _signed(estimate.value) + " s"
    return f"{estimate.value:.2f}" if unit or name == "kappa" else formatting.per_cent(estimate.value, decimals=1)


def interval(name: str, estimate: Estimate) -> str:
    """The interval of a number in its unit, or why it has none."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "no interval" if estimate.why == NO_INTERVAL else estimate.why or "no interval"
    unit = METRICS[name].unit
    if unit == "s":
        return f"{_signed(estimate.low)} to {_signed(estimate.high)} s"
    if unit or name == "kappa":
        return f"{estimate.low:.2f} to {estimate.high:.2f}"
    return formatting.per_cent_range(estimate.low, estimate.high)


def _signed(seconds: float) -> str:
    return f"{seconds:+.2f}".replace("-", "−")


def main_number(evaluation: Evaluation) -> str:
    """The name of the main metric."""
    return "frame_accuracy" if evaluation.found.over_time else "accuracy"


def sentence(evaluation: Evaluation, part: str = "") -> str:
    """The main result in a sentence, or first that the model learned from these clips; HTML.

    part: how much of its split a run has tested, where that is not all.
    """
    leak = leak_of(evaluation.warnings)
    if leak:
        what, _, _ = leak.partition(". ")
        return f'<span class="k-leak">{escape(what.rstrip("."))}.</span>'
    return result(evaluation).removesuffix(".") + (f" in {part}." if part else ".")


def result(evaluation: Evaluation) -> str:
    """The main metric in a sentence; HTML."""
    estimate = evaluation.card.overall[main_number(evaluation)]
    if estimate.value is None:
        return "Nothing could be evaluated."
    many = selection.many(evaluation, evaluation.card.labelled)
    return f"<b>{formatting.per_cent(estimate.value)}</b> of {many} were correctly classified."


def expected(evaluation: Evaluation) -> str:
    """The meaning of the interval of the main metric, in a sentence; of a leak, why there is none."""
    card = evaluation.card
    if leak := leak_of(evaluation.warnings):
        _, _, advice = leak.partition(". ")
        return f"{_plain(result(evaluation))} {advice}"
    estimate = card.overall[main_number(evaluation)]
    if estimate.low is None or estimate.high is None:
        return estimate.why or ""
    units = formatting.count(card.unit_count, card.unit)
    return (
        f"Expected on similar {card.unit}s: {formatting.per_cent(estimate.low)} to "
        f"{formatting.per_cent(estimate.high)} (95 % interval, from {units})."
    )


def warnings(evaluation: Evaluation) -> list[str]:
    """The caveats, the most serious first."""
    card = evaluation.card
    few = metrics.caveats.few_units(card.unit, card.unit_count)
    gaps = [text for text in (_left_out(evaluation), _one_class(evaluation)) if text]
    texts = (
        [FEW.format(formatting.count(card.unit_count, card.unit))] if few and not leak_of(evaluation.warnings) else []
    )
    rest = [warning for warning in evaluation.warnings if warning and warning != str(few) and not is_leak(warning)]
    return gaps + texts + [f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" for text in rest]


def _plain(html: str) -> str:
    return html.replace("<b>", "").replace("</b>", "")


def true_classes(evaluation: Evaluation) -> list[str]:
    """The classes that occur in the evaluated clips."""
    return [label for label, row in zip(evaluation.card.labels, evaluation.card.confusion, strict=True) if row.any()]


def _left_out(evaluation: Evaluation) -> str:
    """The note on clips that were excluded because the model does not know their class."""
    matching = evaluation.origin.matching
    if not (matching.strangers and matching.left_out):
        return ""
    return (
        f"{formatting.count(matching.clips, 'clip')} of {formatting.classes(len(matching.strangers))} were excluded "
        f"because these classes are unknown to the model: {selection.some(matching.strangers)}. Match the class names "
        "above, or count them as errors."
    )


def _one_class(evaluation: Evaluation) -> str:
    """The note for an evaluation with a single class."""
    classes = true_classes(evaluation)
    if len(classes) != 1:
        return ""
    return f"All evaluated clips are of one class, {classes[0]}: always predicting it reaches 100 %."


def short(name: str) -> str:
    """The name of a number where there is little room."""
    return METRICS[name].short


def numbers(evaluation: Evaluation, names: Iterable[str]) -> "DataFrame":
    """All numbers over classes for a table."""
    from pandas import DataFrame

    overall = evaluation.card.overall
    shown = [name for name in names if name in overall]
    columns = {
        "Metric": [METRICS[name].label for name in shown],
        "Value": [value(name, overall[name]) for name in shown],
        "95 % interval": [interval(name, overall[name]) for name in shown],
        "Description": [explained(name) for name in shown],
    }
    return DataFrame(columns)


def class_table(evaluation: Evaluation, shown: Sequence[int]) -> "DataFrame":
    """A row for each class: how many, recall, precision, F1 with intervals."""
    from pandas import DataFrame

    card = evaluation.card
    truths, predicted = card.confusion.sum(axis=1), card.confusion.sum(axis=0)
    rows = []
    for index in shown:
        row = {"Class": card.labels[index], "True": int(truths[index]), "Predicted": int(predicted[index])}
        for name in ("recall", "precision", "f1"):
            estimate = card.by_label[name][index]
            row[METRICS[name].label] = None if estimate.value is None else 100 * estimate.value
            row[f"{METRICS[name].label}, 95 %"] = interval(name, estimate)
        rows.append(row)
    return DataFrame(rows)


def pairs(confusions: Sequence["evaluation.Confusion"]) -> "DataFrame":
    """The most confused pairs of classes."""
    from pandas import DataFrame

    return DataFrame(
        {
            "True": [confusion.truth for confusion in confusions],
            "Predicted": [confusion.predicted for confusion in confusions],
            "Count": [confusion.count for confusion in confusions],
            "Share of true class": [100 * confusion.share for confusion in confusions],
        }
    )


def bouts(evaluation: Evaluation) -> "DataFrame":
    """A row for each class that has bouts, and one for all: hits, misses, false alarms, how far off they are."""
    from pandas import DataFrame

    rows = []
    background = evaluation.found.background
    labels = [label for index, label in enumerate(evaluation.card.labels) if index != background]
    for label in ("", *labels):
        matched = metrics.bouts.bouts(evaluation.found, label=label)
        if matched.hits + matched.misses + matched.false_alarms:
            row = {
                "Class": label or "All",
                "Hits": matched.hits,
                "False negatives": matched.misses,
                "False positives": matched.false_alarms,
            }
            rows.append(row | {"Onset": _off(matched.onset), "Offset": _off(matched.offset)})
    return DataFrame(rows)


def _off(errors: metrics.bouts.Errors) -> str:
    """Onset or offset errors in words."""
    return "–" if errors.median_s is None else f"{errors.median_s:.2f} s"


def beaten(rivalry: Rivalry, name: str) -> str:
    """The result of a comparison in a sentence, or why there is none; HTML."""
    if leak := leak_of(rivalry.warnings):
        what, _, _ = leak.partition(". ")
        return f'<span class="k-leak">No winner. {escape(what.rstrip("."))}.</span>'
    _, _, gap = rivalry.overall[name]
    if gap.value is None:
        return "The difference could not be computed."
    points = f"{abs(100 * gap.value):.1f} points"
    ahead = "first" if gap.value > 0 else "second"
    if gap.value == 0:
        return f"Both have the same {METRICS[name].label.lower()}."
    if gap.low is None or gap.high is None:
        return f"The {ahead} is <b>{points}</b> ahead; no interval is available."
    if gap.low <= 0 <= gap.high:
        return f"The {ahead} is <b>{points}</b> ahead, which may be due to chance."
    return f"The {ahead} is <b>{points}</b> ahead, a significant difference."


def rivals(rivalry: Rivalry) -> "DataFrame":
    """The numbers of both, and their difference, for a table."""
    from pandas import DataFrame

    names = list(rivalry.overall)
    first, second, gap = zip(*(rivalry.overall[name] for name in names), strict=True)
    columns: Mapping[str, list[str]] = {
        "Metric": [METRICS[name].label for name in names],
        "First": [value(name, estimate) for name, estimate in zip(names, first, strict=True)],
        "Second": [value(name, estimate) for name, estimate in zip(names, second, strict=True)],
        "Difference (first − second)": [value(name, estimate) for name, estimate in zip(names, gap, strict=True)],
        "95 % interval": [interval(name, estimate) for name, estimate in zip(names, gap, strict=True)],
    }
    return DataFrame(columns)
