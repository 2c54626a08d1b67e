"""Which behaviour follows which: from each bout to the next bout of the same track."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from core.domain import Lane
from core.stages.study.watched_bouts import watched_bouts

SLACK_S = 1e-9


def transitions(lane: Lane, max_gap_s: float | None = None, *, end_s: float = float("inf")) -> Counter[tuple[str, str]]:
    """How often a bout of the first label is followed by a bout of the second; a label can follow itself.

    max_gap_s: the longest time between the two; None allows any. Two bouts with an unwatched hole between them are no
    transition, since nobody knows what came between. Points are not bouts: they neither make a transition nor
    break one.
    """
    longest_s = float("inf") if max_gap_s is None else max_gap_s + SLACK_S
    every = transitions_with_gaps(lane, end_s=end_s)
    return Counter((earlier, later) for earlier, later, gap_s in every if gap_s <= longest_s)


def transitions_with_gaps(lane: Lane, *, end_s: float = float("inf")) -> list[tuple[str, str, float]]:
    """Each such transition in order: both labels and the seconds between them, however many these are."""
    bouts = [bout for bout in watched_bouts(lane, end_s) if bout.start_s < bout.stop_s]
    return [
        (earlier.label, later.label, later.start_s - earlier.stop_s)
        for earlier, later in pairwise(bouts)
        if earlier.stretch == later.stretch
    ]


def transition_shares(counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """Of the transitions from a label, the share that lead to each other label: those from a label sum to 1.

    A label from which nothing leads has no entry. Counts of several clips are added before: `sum(counts, Counter())`.
    """
    totals: Counter[str] = Counter()
    for (label, _), count in counts.items():
        totals[label] += count
    return {pair: count / totals[pair[0]] for pair, count in counts.items() if count}
