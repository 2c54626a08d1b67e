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


def value(name: str, one: Estimate) -> str:
    """A number in its unit: per cent, seconds, or plain."""
    if one.value is None:
        return "–"
    unit = METRICS[name].unit
    if unit == "s":
        return _signed(one.value) + " s"
    return f"{one.value:.2f}" if unit or name == "kappa" else f"{100 * one.value:.1f} %"


def interval(name: str, one: Estimate) -> str:
    """The interval of a number in its unit, or why it has none."""
    if one.value is None or one.low is None or one.high is None:
        return one.why or "no interval"
    unit = METRICS[name].unit
    if unit == "s":
        return f"{_signed(one.low)} to {_signed(one.high)} s"
    if unit or name == "kappa":
        return f"{one.low:.2f} to {one.high:.2f}"
    return f"{100 * one.low:.1f} to {100 * one.high:.1f} %"


def _signed(seconds: float) -> str:
    return f"{seconds:+.2f}".replace("-", "−")


def main_number(found: Evaluation) -> str:
    """The name of the number that is told first."""
    return "frame_accuracy" if found.found.over_time else "accuracy"


def sentence(found: Evaluation) -> str:
    """The outcome in a sentence; HTML."""
    one = found.card.overall[main_number(found)]
    if one.value is None:
        return "Nothing could be scored."
    many = selection.many(found, found.card.labelled)
    return f"<b>{formatting.per_cent(one.value)}</b> of {many} were named rightly."


def expected(found: Evaluation) -> str:
    """What the interval of the first number means, in a sentence."""
    card = found.card
    one = card.overall[main_number(found)]
    if one.low is None or one.high is None:
        return one.why or ""
    units = formatting.count(card.unit_count, card.unit)
    return (
        f"With other {card.unit}s like these, expect {formatting.per_cent(one.low)} to {formatting.per_cent(one.high)} "
        f"(95 % interval, from {units})."
    )


def warnings(found: Evaluation) -> list[str]:
    """What to beware of before the numbers are believed, the gravest first."""
    card = found.card
    few = metrics.caveats.few_units(card.unit, card.unit_count)
    gaps = [one for one in (_left_out(found), _one_class(found)) if one]
    told = [FEW.format(formatting.count(card.unit_count, card.unit))] if few else []
    rest = [one for one in found.warnings if one and one != str(few)]
    return gaps + told + [f"{one[0].upper()}{one[1:]}{'' if one.endswith('.') else '.'}" for one in rest]


def true_classes(found: Evaluation) -> list[str]:
    """The classes that are true of something that was judged."""
    return [label for label, row in zip(found.card.labels, found.card.confusion, strict=True) if row.any()]


def _left_out(found: Evaluation) -> str:
    """What to say where a model does not know some classes of the set, and their clips were not judged."""
    matching = found.origin.matching
    if not (matching.strangers and matching.left_out):
        return ""
    return (
        f"{formatting.count(matching.clips, 'clip')} of {formatting.classes(len(matching.strangers))} were left out, "
        "since the "
        f"model does not know {selection.some(matching.strangers)} by name. Say above which of its classes mean "
        "the same, or count them as wrong."
    )


def _one_class(found: Evaluation) -> str:
    """What to say where all that was judged is of one class."""
    classes = true_classes(found)
    if len(classes) != 1:
        return ""
    return f"All that was judged is of one class, {classes[0]}: whoever always says that reaches 100 %."


def short(name: str) -> str:
    """The name of a number where there is little room."""
    return SHORT.get(name) or METRICS[name].label


def numbers(found: Evaluation, names: Iterable[str]) -> "DataFrame":
    """All numbers over classes for a table."""
    from pandas import DataFrame

    overall = found.card.overall
    told = [name for name in names if name in overall]
    columns = {
        "What": [METRICS[name].label for name in told],
        "Value": [value(name, overall[name]) for name in told],
        "95 % interval": [interval(name, overall[name]) for name in told],
        "What it tells": [explained(name) for name in told],
    }
    return DataFrame(columns)


def class_table(found: Evaluation, shown: Sequence[int]) -> "DataFrame":
    """A row for each class: how many, recall, precision, F1 with intervals."""
    from pandas import DataFrame

    card = found.card
    truths, said = card.confusion.sum(axis=1), card.confusion.sum(axis=0)
    rows = []
    for place in shown:
        told = {"Class": card.labels[place], "True": int(truths[place]), "Said": int(said[place])}
        for name in ("recall", "precision", "f1"):
            one = card.by_label[name][place]
            told[METRICS[name].label] = None if one.value is None else 100 * one.value
            told[f"{METRICS[name].label}, 95 %"] = interval(name, one)
        rows.append(told)
    return DataFrame(rows)


def pairs(found: Sequence["evaluation.Confusion"]) -> "DataFrame":
    """The most confused pairs of classes."""
    from pandas import DataFrame

    return DataFrame(
        {
            "True": [one.truth for one in found],
            "Said": [one.predicted for one in found],
            "How often": [one.count for one in found],
            "Of the true class": [100 * one.share for one in found],
        }
    )


def bouts(found: Evaluation) -> "DataFrame":
    """A row for each class that has bouts, and one for all: hits, misses, false alarms, how far off they are."""
    from pandas import DataFrame

    rows = []
    background = found.found.background
    labels = [label for place, label in enumerate(found.card.labels) if place != background]
    for label in ("", *labels):
        one = metrics.bouts.bouts(found.found, label=label)
        if one.hits + one.misses + one.false_alarms:
            told = {"Class": label or "All", "Hits": one.hits, "Missed": one.misses, "False alarms": one.false_alarms}
            rows.append(told | {"Begins": _off(one.onset), "Ends": _off(one.offset)})
    return DataFrame(rows)


def _off(found: metrics.bouts.Errors) -> str:
    """How far off beginnings or ends are, in words."""
    return "–" if found.median_s is None else f"{found.median_s:.2f} s off"


def beaten(found: Rivalry, name: str) -> str:
    """The outcome of a comparison in a sentence; HTML."""
    _, _, gap = found.overall[name]
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


def rivals(found: Rivalry) -> "DataFrame":
    """The numbers of both, and their difference, for a table."""
    from pandas import DataFrame

    told = list(found.overall)
    first, second, gap = zip(*(found.overall[name] for name in told), strict=True)
    columns: Mapping[str, list[str]] = {
        "What": [METRICS[name].label for name in told],
        "First": [value(name, one) for name, one in zip(told, first, strict=True)],
        "Second": [value(name, one) for name, one in zip(told, second, strict=True)],
        "First minus second": [value(name, one) for name, one in zip(told, gap, strict=True)],
        "95 % interval": [interval(name, one) for name, one in zip(told, gap, strict=True)],
    }
    return DataFrame(columns)
