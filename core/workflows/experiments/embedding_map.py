"""The clips of a dataset as a map of their features: what a CNN tells apart before any network has learned.

Features are standardised, reduced to their main components, and laid out in a plane by t-SNE (van der Maaten and
Hinton, JMLR 2008), which keeps near what is alike, or by the first two components (PCA), which keep distances.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import TEST, Dataset, EmbeddingMap, Features, HeldOut, Recipe, Split
from core.domain.fingerprint import fingerprint
from core.stages.networks.recurrent_training import UNKNOWN
from core.workflows import datasets, predictions
from core.workflows.training import features
from core.workspace.store import Store

METHODS = ("t-sne", "pca")
MOST_POINTS = 3000  # drawn evenly where there are more
COMPONENTS = 50  # that t-SNE is given, as its authors did
NEIGHBOURS = 20
PERPLEXITY = 30.0
LEAST = 5  # points of a map
FEW = 1000  # points, below which threads wait for each other longer than they compute


def map_key(
    dataset_key: str, recipe: Recipe, backbone: str, engine: str, method: str, *, over_time: bool = False
) -> str:
    """The name of the map of a dataset's features."""
    version = BACKBONES[backbone].version
    return fingerprint("embedding map", 1, dataset_key, recipe, backbone, version, engine, method, over_time)


def make_map(
    store: Store,
    dataset: Dataset,
    key: str,
    recipe: Recipe,
    backbone: str,
    engine: str,
    method: str,
    over_time: bool,
    report: Report = silent,
) -> None:
    """Compute features that are missing, lay them out, and store the map under its key, which `map_key` gives.

    method: one of METHODS. over_time: a point for each step and not for each clip. Of more than MOST_POINTS some are
    drawn evenly: whole clips, or as many steps of each clip. NotEnoughExamples below LEAST points.
    """
    features.gather_of(store, dataset, recipe, backbone, engine, report)
    report(0, 0, "Laying out the map")
    items, times_s, values = _rows(store, dataset, recipe, backbone, engine, over_time=over_time)
    if len(items) < LEAST:
        hint = "Show time steps, or add clips." if not over_time else "Add clips."
        raise NotEnoughExamples(f"A map needs at least {LEAST} points; the dataset gives {len(items)}.", hint)
    reduced, explained = _reduced(values)
    points = reduced[:, :2] if method == "pca" else _tsne(reduced)
    if points.shape[1] < 2:
        points = np.column_stack([points, np.zeros(len(points))])
    near = _nearest(reduced)
    shares = tuple(explained[:2].tolist()) if method == "pca" else ()
    made = EmbeddingMap(points.astype(np.float32), items, times_s, near, shares, len(dataset.items))
    store.write(key, made, kind="embedding map")


def _rows(
    store: Store, dataset: Dataset, recipe: Recipe, backbone: str, engine: str, *, over_time: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of items (P,), moments (P,), features (P, D); the features of one clip in memory at a time."""
    indices = _drawn(len(dataset.items), MOST_POINTS)
    each = max(1, MOST_POINTS // max(1, len(indices)))
    items: list[int] = []
    times_s: list[float] = []
    values: list[np.ndarray] = []
    for index in indices.tolist():
        key = predictions.features_key(dataset.items[index].video, recipe, backbone, engine)
        of_clip = store.read(key, Features)
        if over_time:
            steps = _drawn(len(of_clip.values), each)
            items += [index] * len(steps)
            times_s += of_clip.times_s[steps].tolist()
            values += list(of_clip.values[steps])
        else:
            items.append(index)
            times_s.append(-1.0)
            values.append(of_clip.values.mean(axis=0))
    return np.array(items, np.int64), np.array(times_s), np.array(values, np.float32)


def _drawn(count: int, most: int) -> np.ndarray:
    """Indices of at most so many of `count` things, evenly spread."""
    return (
        np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)) if count else np.zeros(0, int)
    )


def _reduced(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P, K) main components of standardised features, K at most COMPONENTS, and the share of variance of each."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    count = min(COMPONENTS, len(values) - 1, values.shape[1])
    model = PCA(count, random_state=0, svd_solver="full" if min(values.shape) <= 500 else "randomized")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # features that are all equal have no variance
        reduced = model.fit_transform(StandardScaler().fit_transform(values))
    return reduced, np.nan_to_num(model.explained_variance_ratio_)


def _tsne(reduced: np.ndarray) -> np.ndarray:
    """(P, 2) by t-SNE, from the first two components on, so that the same features give the same map."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(PERPLEXITY, (len(reduced) - 1) / 3)
    start: Any = "pca" if reduced.shape[1] >= 2 and reduced.std() > 0 else "random"
    with threadpool_limits(1 if len(reduced) < FEW else None):
        return TSNE(2, perplexity=perplexity, init=start, random_state=0).fit_transform(reduced)


def _nearest(reduced: np.ndarray) -> np.ndarray:
    """(P, K) the nearest other points."""
    from sklearn.neighbors import NearestNeighbors

    count = min(NEIGHBOURS, len(reduced) - 1)
    model = NearestNeighbors(n_neighbors=count).fit(reduced)
    return model.kneighbors(return_distance=False).astype(np.int64)  # of its own points, each without itself


def classes(dataset: Dataset, made: EmbeddingMap) -> tuple[str, ...]:
    """The class of each point, that of most of its clip where it stands for a clip; "" where nobody looked."""
    names = []
    for index, time_s in zip(made.items.tolist(), made.times_s.tolist(), strict=True):
        item = dataset.items[index]
        moments_s = np.array([time_s]) if time_s >= 0 else np.linspace(0, item.duration_s, 101)[:-1]
        known = datasets.targets(dataset, item, moments_s)
        known = known[known != UNKNOWN]
        names.append(dataset.labels[int(np.bincount(known).argmax())] if len(known) else "")
    return tuple(names)


def test_folds(split: Split, items: Sequence[int]) -> tuple[str, ...]:
    """The fold in which each of some items is tested, counted from 1; "" where it never is."""
    tested = split.parts == TEST  # (F, N)
    return tuple(str(int(tested[:, index].argmax()) + 1) if tested[:, index].any() else "" for index in items)


CORRECT, INCORRECT, UNTESTED = "correct", "incorrect", "not tested"


def outcomes(made: EmbeddingMap, held_out: HeldOut) -> tuple[str, ...]:
    """Whether a run classified each point correctly on held-out clips: of a whole clip, most of its rows."""
    rows = {
        int(item): slice(*ends)
        for item, *ends in zip(held_out.items, held_out.starts[:-1], held_out.starts[1:], strict=True)
    }
    texts = []
    for index, time_s in zip(made.items.tolist(), made.times_s.tolist(), strict=True):
        row = rows.get(index, slice(0, 0))
        truth, times_s = held_out.truth[row], held_out.times_s[row]
        right = (held_out.scores[row].argmax(axis=1) == truth)[truth != UNKNOWN] if len(truth) else np.zeros(0, bool)
        if len(right) and time_s >= 0 and len(truth) > 1:
            nearest = int(np.abs(times_s[truth != UNKNOWN] - time_s).argmin())
            right = right[nearest : nearest + 1]
        texts.append(UNTESTED if not len(right) else CORRECT if right.mean() >= 0.5 else INCORRECT)
    return tuple(texts)


def agreement(made: EmbeddingMap, classes: Sequence[str], groups: Sequence[str]) -> float | None:
    """The share of points whose nearest neighbour of another group has the same class; None where none has such one.

    classes: of each point; groups: of each item of the dataset.
    """
    named = np.asarray(classes, dtype=object)
    group = np.asarray(groups, dtype=object)[made.items]
    others = group[made.neighbours] != group[:, None]  # (P, K)
    known = others.any(axis=1) & (named != "")
    if not known.any():
        return None
    first = made.neighbours[np.arange(len(group)), others.argmax(axis=1)]
    return float((named[first] == named)[known].mean())
