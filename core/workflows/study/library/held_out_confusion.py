"""How the model of a study confuses labels on held-out clips, in seconds, out of its stored evaluations.

The labels are those of the evaluated dataset, followed by what the model knows beyond, as the evaluation matched them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.base.errors import ResultMissing
from core.base.progress import Report, silent
from core.domain import Dataset, Evaluation, Item, ModelCard, Prediction, Recipe, Segment, intervals
from core.domain.intervals import Span
from core.stages.study import confused_seconds
from core.stages.tracks import segmentation
from core.workflows import predictions
from core.workflows.evaluation import label_matching
from core.workflows.study.library.sources import LabelSource, card_of, learned_from
from core.workspace.store import Store

NOTHING = ""  # the label of what has none


@dataclass(frozen=True)
class HeldOutClips:
    """The clips of an evaluation that the model was not trained on.

    key: of the evaluation; dataset: its name. units: their places in the evaluation; videos: their digests.
    trained: how many clips of the evaluation the model was trained on. crossed: whether each clip was labelled by the
    network of its fold, as in cross-validation.
    """

    key: str
    dataset: str
    units: tuple[int, ...]
    videos: tuple[str, ...]
    trained: int
    crossed: bool


@dataclass(frozen=True, eq=False)
class HeldOutConfusion:
    """labels: (L) the last one is NOTHING; seconds: (clips, L, L), rows are truth. names: for each label of the model,
    the one of these labels that stands for it."""

    labels: tuple[str, ...]
    seconds: np.ndarray
    names: dict[str, str]


def held_out_clips(store: Store, source: LabelSource, engine: str) -> tuple[HeldOutClips, ...]:
    """The stored evaluations of the model of a source that tell how it confuses labels now, the latest first.

    An evaluation of another version of the model, or of a dataset that has changed since, does not count; nor does one
    of a run whose clips have one label each, since it does not keep what is predicted over time.
    """
    if source.kind != "model":
        return ()
    card, learned = card_of(store, source), learned_from(store, source)
    dataset_keys = {entry.key: entry.name for entry in store.datasets()}
    made: list[HeldOutClips] = []
    for key in store.keys("evaluation"):
        judged = store.known(key, Evaluation)
        if judged is None or judged.origin.dataset_key not in dataset_keys:
            continue
        units, trained = _units(store, judged, card, learned, engine)
        if units or trained:
            videos = tuple(judged.videos[unit] for unit in units)
            crossed = judged.origin.source == "run"
            made.append(HeldOutClips(key, dataset_keys[judged.origin.dataset_key], units, videos, trained, crossed))
    return tuple(made)


def _units(
    store: Store, judged: Evaluation, card: ModelCard, learned: frozenset[str], engine: str
) -> tuple[tuple[int, ...], int]:
    """The clips of an evaluation that the model of a card labelled without having learned from them, and the others."""
    origin, comparison = judged.origin, judged.found
    if origin.source == "run":
        own = origin.name == card.settings.get("training") and comparison.over_time and comparison.scores is not None
        return (tuple(range(len(judged.videos))) if own else ()), 0
    if origin.name != card.name:
        return (), 0
    current = [
        unit
        for unit, (video, key) in enumerate(zip(judged.videos, origin.predictions, strict=True))
        if key == predictions.prediction_key(store, video, Recipe(), card, engine) and store.has(key)
    ]
    kept = tuple(unit for unit in current if judged.videos[unit] not in learned)
    return kept, len(current) - len(kept)


def confusion_of(store: Store, source: LabelSource, clips: HeldOutClips, report: Report = silent) -> HeldOutConfusion:
    """The confusion on held-out clips, with the threshold and the shortest bout of a source."""
    judged, card = store.read(clips.key, Evaluation), card_of(store, source)
    dataset = store.dataset(clips.dataset)
    matching = judged.origin.matching
    matching = matching if matching.pairs else label_matching.matched(dataset, card)
    labels, columns = label_matching.columns(dataset, card, matching)
    names = {theirs: labels[int(place)] for theirs, place in zip(card.labels, columns, strict=True)}
    unknown = {*matching.strangers} if matching.left_out else set()
    axis = (*labels, NOTHING)
    seconds: list[np.ndarray] = []
    for count, unit in enumerate(clips.units):
        report(count, len(clips.units), "Reading held-out clips")
        prediction = _prediction(store, judged, unit, card)
        track = segmentation.track(
            prediction, video=judged.videos[unit], threshold=card.threshold, shortest_s=source.shortest_s, author=""
        )
        predicted = [(names.get(part.label, part.label), part.start_s, part.stop_s) for part in track.segments]
        true = _true_parts(dataset, dataset.items[int(judged.items[unit])], prediction.seen_s, unknown)
        seconds.append(confused_seconds(_rows(true, axis), _rows(predicted, axis), len(axis)))
    return HeldOutConfusion(axis, np.array(seconds).reshape(-1, len(axis), len(axis)), names)


def _prediction(store: Store, judged: Evaluation, unit: int, card: ModelCard) -> Prediction:
    """What the model predicted over time in a clip; in a run, the network of its fold, smoothed as the model is."""
    if judged.origin.source == "model":
        return store.read(judged.origin.predictions[unit], Prediction)
    comparison = judged.found
    if comparison.starts is None or comparison.times_s is None or comparison.scores is None:
        raise ResultMissing("This evaluation does not keep predictions over time.", "Choose another evaluation.")
    rows = slice(int(comparison.starts[unit]), int(comparison.starts[unit + 1]))
    times_s, item_s = np.asarray(comparison.times_s[rows]), judged.found.ends_s
    end_s = float(item_s[unit]) if item_s is not None else float(times_s[-1])
    scores = segmentation.smooth(np.asarray(comparison.scores[rows]), times_s, width_s=card.smooth_s)
    return Prediction(times_s, scores, comparison.labels, card.name, (0.0, end_s))


def _true_parts(dataset: Dataset, item: Item, seen_s: Span, unknown: set[str]) -> Iterator[tuple[str, float, float]]:
    """Label, start and stop of all of a clip whose truth is known, as far as the model saw it.

    What has no segment is the background of the dataset. A background that the model does not know is NOTHING; any
    other label that is unknown to it is left out.
    """
    background = NOTHING if dataset.background in unknown else dataset.background
    known = intervals.common(((0.0, item.duration_s),) if item.label else item.seen, (seen_s,))
    segments = (Segment(0.0, item.duration_s, item.label),) if item.label else item.segments
    for span in known:
        for segment in intervals.touching(segments, span):
            label = background if segment.label == dataset.background else segment.label
            if label not in unknown:
                yield label, max(segment.start_s, span[0]), min(segment.stop_s, span[1])
        yield from ((background, *gap) for gap in intervals.gaps(intervals.covered(segments), span))


def _rows(parts: Iterable[tuple[str, float, float]], axis: tuple[str, ...]) -> np.ndarray:
    """(N, 3) float64: place of the label, start and stop."""
    places = {label: place for place, label in enumerate(axis)}
    return np.array([(places[label], start_s, stop_s) for label, start_s, stop_s in parts], np.float64).reshape(-1, 3)
