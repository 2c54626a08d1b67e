"""What Evaluate says in words: each number in two sentences, shares and intervals, tables. No st calls."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.base.registry import METRICS
from core.domain import Estimate, Evaluation, Rivalry
from core.stages import metrics
from core.workflows import evaluation
from pages.ui.common import formatting
from pages.ui.evaluate import selection

if TYPE_CHECKING:
    from pandas import DataFrame

SEGMENT_F1 = (
    "A predicted segment counts as found if it shares at least {} % of the time with a true one of its class. Broken, "
    "doubled and invented segments all lower it; small shifts of the borders do not."
)
HELP = {
    "accuracy": "The share of clips that were named rightly. If most clips show one thing, naming that always scores "
    "high too: compare it with the most frequent class.",
    "top5": "The share of clips whose true class is among the five best guesses. It shows whether a wrong answer was "
    "at least near.",
    "balanced_accuracy": "First the share that is right for each class, then the mean of these shares. Rare classes "
    "count as much as frequent ones.",
    "precision": "When the model says this class, how often is it right? There is none where it never says it.",
    "recall": "When this class is true, how often does the model say it? There is none where no clip has it.",
    "f1": "Precision and recall of a class in one number, low as soon as one of them is low. It ends at 100 %, where "
    "all are found and none is invented.",
    "macro_precision": "The mean precision over all classes that occur. A class that is never said counts as 0.",
    "macro_recall": "The mean recall over all classes that occur. It is the same number as the mean class accuracy.",
    "macro_f1": "The mean of the F1 of all classes that occur, each counting the same. It is the usual single number "
    "where some classes are rare.",
    "weighted_precision": "The mean precision, each class weighing as much as it has clips. Frequent ones decide it.",
    "weighted_recall": "The mean recall, each class weighing as much as it has clips. It always equals the accuracy.",
    "weighted_f1": "The mean F1, each class weighing as much as it has clips. Frequent classes decide it.",
    "micro_f1": "The F1 after adding up hits and misses of all classes. With one label a clip it equals the accuracy.",
    "kappa": "Agreement beyond what chance would give: 1 is perfect, 0 is what two guessers with the same habits "
    "reach. Below 0 is worse than that.",
    "ece": "When the model says “80 % sure” it should be right in 80 % of such cases; this is how far off that is on "
    "average. 0 is perfect; with fewer than 100 clips it comes out too large.",
    "ece_equal_mass": "The same over 15 bins that hold equally many clips. It is steadier where the model is almost "
    "always very sure.",
    "brier": "How far the scores lie from the truth: 0 is certain and right, 2 is certain and wrong. It punishes wrong "
    "answers and wrong confidence alike.",
    "log_loss": "How surprised the model is by the truth: 0 is never. Each mistake that it was certain of costs a lot.",
    "roc_auc": "Of one clip that has this class and one that has not, how often does the first score higher? 50 % is "
    "a coin.",
    "macro_roc_auc": "The mean over classes of how well their score sorts clips that have it before those that have "
    "not. 50 % is a coin.",
    "average_precision": "How pure the list of clips stays while it is read from the highest score down. Guessing "
    "reaches the share of clips that have the class.",
    "macro_average_precision": "The mean over classes of how pure their lists stay, read from the highest score down. "
    "It falls where mistakes score high.",
    "frame_accuracy": "The share of all labelled moments that were named rightly. Long clips weigh more than short.",
    "frame_accuracy_by_video": "The same share for each clip, then the mean. If it differs much from the one over all "
    "moments, long and short clips are not recognised alike.",
    "time_accuracy": "The share of labelled time that was named rightly. It differs from the share of moments where "
    "these are not evenly spaced.",
    "edit": "Are the right things found in the right order? How long they last does not count, but each stretch that "
    "is broken in two costs.",
    **{f"f1_{cut}": SEGMENT_F1.format(cut) for cut in (10, 25, 50)},
    **{
        f"f1_{cut}_by_video": f"F1@{cut} of each clip, then the mean. Each clip counts the same, however many "
        "segments it has."
        for cut in (10, 25, 50)
    },
    "map_50": "How pure the list of found segments stays, read from the surest down; one is right if it shares half of "
    "its time with a true one. It is the mean over classes.",
    "map_mean": "The same over demands from 50 to 95 % of shared time. It is the number that the ActivityNet contest "
    "tells.",
    "bout_precision": "Of the bouts that were found, the share that belongs to a true one with at least half of the "
    "time in common. The others are false alarms.",
    "bout_recall": "Of the true bouts, the share that was found, with at least half of the time in common. The others "
    "were missed.",
    "bout_f1": "Precision and recall of bouts in one number. It is low as soon as one of them is.",
    "onset_error": "How many seconds too late (above 0) or too early (below 0) found bouts begin, on average. Early "
    "and late can cancel each other.",
    "offset_error": "How many seconds too late (above 0) or too early (below 0) found bouts end, on average. Early "
    "and late can cancel each other.",
}
SHORT = {
    "ece": "Calibration error",
    "macro_f1": "Mean F1",
    "balanced_accuracy": "Mean class accuracy",
    "edit": "Edit score",
    "brier": "Brier score",
    "time_accuracy": "Time that is right",
    "bout_precision": "Bouts: precision",
    "bout_recall": "Bouts: recall",
    "onset_error": "Begins too late by",
    "offset_error": "Ends too late by",
    "map_50": "mAP at 0.5",
    "map_mean": "mAP 0.5 to 0.95",
}
INTERVAL = (
    "The interval tells where the number would lie with very many clips like these, in 95 of 100 such cases. What was "
    "recorded together is drawn together, so it holds for new people or recordings, not only for new clips of these."
)
FEW = (
    "There are only {} in the test. With others the numbers may come out quite different: read the intervals as a "
    "hint, not as a promise."
)


def explained(name: str) -> str:
    """A number in two sentences, as help beside it."""
    return HELP.get(name, "")


def value(name: str, estimate: Estimate) -> str:
    """A number in its unit: per cent, seconds, or plain."""
    if estimate.value is None:
        return "–"
    unit = METRICS[name].unit
    if unit == "s":
        return _signed(estimate.value) + " s"
    return f"{estimate.value:.2f}" if unit or name == "kappa" else f"{100 * estimate.value:.1f} %"


def interval(name: str, estimate: Estimate) -> str:
    """The interval of a number in its unit, or why it has none."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate.why or "no interval"
    unit = METRICS[name].unit
    if unit == "s":
        return f"{_signed(estimate.low)} to {_signed(estimate.high)} s"
    if unit or name == "kappa":
        return f"{estimate.low:.2f} to {estimate.high:.2f}"
    return f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f} %"


def _signed(seconds: float) -> str:
    return f"{seconds:+.2f}".replace("-", "−")


def main_number(evaluation: Evaluation) -> str:
    """The name of the number that is told first."""
    return "frame_accuracy" if evaluation.found.over_time else "accuracy"


def sentence(evaluation: Evaluation) -> str:
    """The outcome in a sentence; HTML."""
    estimate = evaluation.card.overall[main_number(evaluation)]
    if estimate.value is None:
        return "Nothing could be scored."
    many = selection.many(evaluation, evaluation.card.labelled)
    return f"<b>{formatting.per_cent(estimate.value)}</b> of {many} were named rightly."


def expected(evaluation: Evaluation) -> str:
    """What the interval of the first number means, in a sentence."""
    card = evaluation.card
    estimate = card.overall[main_number(evaluation)]
    if estimate.low is None or estimate.high is None:
        return estimate.why or ""
    units = formatting.count(card.unit_count, card.unit)
    return (
        f"With other {card.unit}s like these, expect {formatting.per_cent(estimate.low)} to {formatting.per_cent(estimate.high)} "
        f"(95 % interval, from {units})."
    )


def warnings(evaluation: Evaluation) -> list[str]:
    """What to beware of before the numbers are believed, the gravest first."""
    card = evaluation.card
    few = card.unit_count < metrics.bootstrap.FEW_UNITS
    gaps = [text for text in (_left_out(evaluation), _one_class(evaluation)) if text]
    texts = [FEW.format(formatting.count(card.unit_count, card.unit))] if few else []
    rest = [warning for warning in evaluation.warnings if warning and not (few and "not reliable" in warning)]
    return gaps + texts + [f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" for text in rest]


def true_classes(evaluation: Evaluation) -> list[str]:
    """The classes that are true of something that was judged."""
    return [label for label, row in zip(evaluation.card.labels, evaluation.card.confusion, strict=True) if row.any()]


def _left_out(evaluation: Evaluation) -> str:
    """What to say where a model does not know some classes of the set, and their clips were not judged."""
    matching = evaluation.origin.matching
    if not (matching.strangers and matching.left_out):
        return ""
    return (
        f"{formatting.count(matching.clips, 'clip')} of {formatting.classes(len(matching.strangers))} were left out, "
        "since the "
        f"model does not know {selection.some(matching.strangers)} by name. Say above which of its classes mean "
        "the same, or count them as wrong."
    )


def _one_class(evaluation: Evaluation) -> str:
    """What to say where all that was judged is of one class."""
    classes = true_classes(evaluation)
    if len(classes) != 1:
        return ""
    return f"All that was judged is of one class, {classes[0]}: whoever always says that reaches 100 %."


def short(name: str) -> str:
    """The name of a number where there is little room."""
    return SHORT.get(name) or METRICS[name].label


def numbers(evaluation: Evaluation, names: Iterable[str]) -> "DataFrame":
    """All numbers over classes for a table."""
    from pandas import DataFrame

    overall = evaluation.card.overall
    shown = [name for name in names if name in overall]
    columns = {
        "What": [METRICS[name].label for name in shown],
        "Value": [value(name, overall[name]) for name in shown],
        "95 % interval": [interval(name, overall[name]) for name in shown],
        "What it tells": [explained(name) for name in shown],
    }
    return DataFrame(columns)


def class_table(evaluation: Evaluation, shown: Sequence[int]) -> "DataFrame":
    """A row for each class: how many, recall, precision, F1 with intervals."""
    from pandas import DataFrame

    card = evaluation.card
    truths, predicted = card.confusion.sum(axis=1), card.confusion.sum(axis=0)
    rows = []
    for index in shown:
        row = {"Class": card.labels[index], "True": int(truths[index]), "Said": int(predicted[index])}
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
            "Said": [confusion.predicted for confusion in confusions],
            "How often": [confusion.count for confusion in confusions],
            "Of the true class": [100 * confusion.share for confusion in confusions],
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
                "Missed": matched.misses,
                "False alarms": matched.false_alarms,
            }
            rows.append(row | {"Begins": _off(matched.onset), "Ends": _off(matched.offset)})
    return DataFrame(rows)


def _off(errors: metrics.bouts.Errors) -> str:
    """How far off beginnings or ends are, in words."""
    return "–" if errors.median_s is None else f"{errors.median_s:.2f} s off"


def beaten(rivalry: Rivalry, name: str) -> str:
    """The outcome of a comparison in a sentence; HTML."""
    _, _, gap = rivalry.overall[name]
    if gap.value is None:
        return "The two cannot be told apart."
    points = f"{abs(100 * gap.value):.1f} points"
    ahead = "first" if gap.value > 0 else "second"
    if gap.value == 0:
        return f"Both reach the same {METRICS[name].label.lower()}."
    if gap.low is None or gap.high is None:
        return f"The {ahead} is <b>{points}</b> ahead; how sure that is cannot be told."
    if gap.low <= 0 <= gap.high:
        return f"The {ahead} is <b>{points}</b> ahead, which may well be chance."
    return f"The {ahead} is <b>{points}</b> ahead, more than chance explains."


def rivals(rivalry: Rivalry) -> "DataFrame":
    """The numbers of both, and their difference, for a table."""
    from pandas import DataFrame

    names = list(rivalry.overall)
    first, second, gap = zip(*(rivalry.overall[name] for name in names), strict=True)
    columns: Mapping[str, list[str]] = {
        "What": [METRICS[name].label for name in names],
        "First": [value(name, estimate) for name, estimate in zip(names, first, strict=True)],
        "Second": [value(name, estimate) for name, estimate in zip(names, second, strict=True)],
        "First minus second": [value(name, estimate) for name, estimate in zip(names, gap, strict=True)],
        "95 % interval": [interval(name, estimate) for name, estimate in zip(names, gap, strict=True)],
    }
    return DataFrame(columns)
