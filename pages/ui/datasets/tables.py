"""Tables and figures of datasets, from domain values. No st calls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.domain import TEST, TRAIN, VALIDATION, Dataset, Finding, Item, Split
from pages.ui.common import formatting
from pages.ui.common.figures import INK, INK_DARK, colour

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure

PARTS = {TRAIN: ("train", "#0072B2"), VALIDATION: ("validation", "#E69F00"), TEST: ("test", "#009E73")}
TALLEST_PX = 720
GIVEN = {"": "", "train": "training", "val": "validation", "test": "testing", "unused": "not used"}


def findings(items: Sequence[Finding]) -> "DataFrame":
    """What was found in a source, what is left out first."""
    from pandas import DataFrame

    ordered = sorted(items, key=lambda finding: not finding.left_out)
    columns = {
        "Location": [finding.file for finding in ordered],
        "Line": [str(finding.line or "") for finding in ordered],
        "Expected": [finding.expected for finding in ordered],
        "Got": [finding.got for finding in ordered],
        "Outcome": ["skipped" if finding.left_out else "imported anyway" for finding in ordered],
    }
    return DataFrame({name: cells for name, cells in columns.items() if name != "Line" or any(cells)})


def clips(dataset: Dataset, groups: Sequence[str] = ()) -> "DataFrame":
    """A row for each clip of a set."""
    from pandas import DataFrame

    shown = groups or [item.group for item in dataset.items]
    columns = {
        "Clip": [item.path for item in dataset.items],
        "Label": [_describe_labels(item) for item in dataset.items],
        "Seconds": [item.duration_s for item in dataset.items],
        "Group": shown,
        "Subject": [item.subject for item in dataset.items],
        "Original split": [GIVEN[item.split] for item in dataset.items],
    }
    return DataFrame({name: cells for name, cells in columns.items() if any(cells)})


def _describe_labels(item: Item) -> str:
    """The label of a clip, or how many segments it has of what."""
    if item.label:
        return item.label
    labels = tuple(dict.fromkeys(part.label for part in item.segments))
    few = ", ".join(labels[:4]) + (f" and {len(labels) - 4} more" if len(labels) > 4 else "")
    return f"{formatting.count(len(item.segments), 'segment')}: {few}" if labels else "background only"


def grouped(dataset: Dataset, groups: Sequence[str]) -> "DataFrame":
    """A row for each group: how many clips, of which classes."""
    from pandas import DataFrame

    members: dict[str, list[Item]] = {}
    for group, item in zip(groups, dataset.items, strict=True):
        members.setdefault(group, []).append(item)
    rows = [
        {
            "Group": group,
            "Clips": len(own),
            "Classes": len(set().union(*(labels_of(item) for item in own))),
            "Seconds": sum(item.duration_s for item in own),
            "Example": ", ".join(item.path.rpartition("/")[2] for item in own[:3]),
        }
        for group, own in sorted(members.items())
    ]
    return DataFrame(rows)


def labels_of(item: Item) -> set[str]:
    """The labels that a clip shows."""
    return {item.label} if item.label else {part.label for part in item.segments}


def counts(dataset: Dataset) -> dict[str, tuple[int, float]]:
    """For each label in order: clips, or segments in a set of segments, and seconds."""
    totals: Counter[str] = Counter()
    seconds = dict.fromkeys(dataset.labels, 0.0)
    for item in dataset.items:
        pieces = [(part.label, part.stop_s - part.start_s) for part in item.segments]
        if item.seen and dataset.background:
            rest_s = sum(stop - start for start, stop in item.seen) - sum(length for _, length in pieces)
            pieces += [(dataset.background, rest_s)] if rest_s > 1e-6 else []
        for label, length_s in pieces or [(item.label, item.duration_s)]:
            totals[label] += 1
            seconds[label] += length_s
    return {label: (totals[label], float(seconds[label])) for label in dataset.labels}


def balance(dataset: Dataset) -> str:
    """The class balance in words."""
    sizes = [count for count, _ in counts(dataset).values()]
    if not sizes or min(sizes) == max(sizes):
        return "All classes have the same number of examples."
    times = max(sizes) / max(1, min(sizes))
    if times < 2:
        return "The classes are roughly balanced."
    return (
        f"The largest class has {times:.0f} times as many examples as the smallest; "
        "training weights classes accordingly."
    )


def lengths(dataset: Dataset) -> str:
    """How long the clips are, in words."""
    shortest, longest = (formatting.length(pick(item.duration_s for item in dataset.items)) for pick in (min, max))
    return f"All clips: {shortest}." if shortest == longest else f"From {shortest} to {longest}."


def class_bars(dataset: Dataset, slots: Mapping[str, int], *, dark: bool) -> "Figure":
    """How many examples each class has."""
    from plotly import graph_objects as go

    pairs = counts(dataset)
    labels = list(pairs)
    unit = "segments" if any(item.segments for item in dataset.items) else "clips"
    bars = go.Bar(
        y=labels,
        x=[count for count, _ in pairs.values()],
        orientation="h",
        marker={"color": [colour(slots[label]) for label in labels]},
        text=[formatting.number(count) for count, _ in pairs.values()],
        textangle=0,
        customdata=[formatting.length(seconds) for _, seconds in pairs.values()],
        hovertemplate="%{y}: %{x} " + unit + ", %{customdata} in total<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_yaxes(autorange="reversed", automargin=True, title=None, dtick=1 if len(labels) <= 60 else None)
    figure.update_xaxes(title=f"number of {unit}", rangemode="tozero")
    return _laid_out(figure, dark, min(TALLEST_PX, 90 + 30 * len(labels)))


def duration_bars(dataset: Dataset, *, dark: bool) -> "Figure":
    """How long the clips are."""
    from plotly import graph_objects as go

    lengths_s = np.array([item.duration_s for item in dataset.items])
    edges_s = np.histogram_bin_edges(lengths_s, bins=min(24, max(4, round(len(lengths_s) ** 0.5))))
    numbers, _ = np.histogram(lengths_s, edges_s)
    texts = [f"{formatting.length(a)} to {formatting.length(b)}" for a, b in pairwise(edges_s)]
    bars = go.Bar(
        x=(edges_s[:-1] + edges_s[1:]) / 2,
        y=numbers,
        width=np.diff(edges_s) * 0.92,
        marker={"color": "#B8873A"},
        customdata=texts,
        hovertemplate="%{y} clips of %{customdata}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_xaxes(title="duration, s")
    figure.update_yaxes(title="clips", rangemode="tozero")
    return _laid_out(figure, dark, 300)


def fold_bars(split: Split, *, dark: bool) -> "Figure":
    """The number of clips in each part of each fold."""
    from plotly import graph_objects as go

    names = [f"fold {number + 1}" for number in range(len(split.parts))]
    figure = go.Figure()
    for part, (name, shade) in PARTS.items():
        numbers = (split.parts == part).sum(axis=1)
        if not numbers.any():
            continue
        text = f"%{{y}}: %{{x}} clips {name}<extra></extra>"
        figure.add_bar(y=names, x=numbers, name=name, orientation="h", marker={"color": shade}, hovertemplate=text)
    figure.update_layout(
        barmode="stack", legend={"orientation": "h", "traceorder": "normal", "y": 1.02, "yanchor": "bottom", "x": 0}
    )
    figure.update_yaxes(autorange="reversed", automargin=True, title=None)
    figure.update_xaxes(title="clips")
    return _laid_out(figure, dark, min(TALLEST_PX, 130 + 26 * len(names)))


def folds(split: Split) -> "DataFrame":
    """A row for each fold."""
    from pandas import DataFrame

    rows = []
    for number in range(len(split.parts)):
        fold = split.fold(number)
        names = ", ".join(fold.groups[:8]) + (f" and {len(fold.groups) - 8} more" if len(fold.groups) > 8 else "")
        parts = {"Train": len(fold.train), "Validation": len(fold.validation), "Test": len(fold.test)}
        rows.append({"Fold": number + 1} | parts | {"Test groups": names})
    return DataFrame(rows)


def _laid_out(figure: "Figure", dark: bool, height_px: int) -> "Figure":
    ink = INK_DARK if dark else INK
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": 28, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13, "color": ink},
        hoverlabel={"align": "left"},
        bargap=0.28,
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont={"size": 13, "color": ink}, fixedrange=True, zeroline=False, showgrid=False)
    return figure
