"""The features of a labelled set, made in one job, each clip once for good."""

from collections.abc import Iterable
from functools import partial

from core.base.errors import AnalysisError, ClusterFailed, ResultMissing
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import Dataset, Features, Recipe, VideoInfo
from core.domain.fingerprint import fingerprint
from core.workflows import datasets, predictions
from core.workspace.jobs.cluster import spread
from core.workspace.store import Store


def set_key(dataset_key: str, recipe: Recipe, backbone_name: str, engine: str) -> str:
    """The name of the features of a set, which is named by its own key."""
    return fingerprint("set features", 1, dataset_key, recipe, backbone_name, BACKBONES[backbone_name].version, engine)


def gathered(store: Store, dataset: Dataset, recipe: Recipe, backbone_name: str, engine: str) -> bool:
    """Whether the features of all clips of a set are there."""
    return not _missing(store, _digests(dataset), recipe, backbone_name, engine)


def gather(store: Store, name: str, recipe: Recipe, backbone_name: str, engine: str, report: Report = silent) -> None:
    """Make the features of the clips of a stored set that have none yet; progress is told in frames.

    On a cluster several workers share the clips. What was made stays when the job is stopped.
    """
    gather_of(store, store.dataset(name), recipe, backbone_name, engine, report)


def gather_of(
    store: Store, dataset: Dataset, recipe: Recipe, backbone_name: str, engine: str, report: Report = silent
) -> None:
    """The same for a set that is not stored."""
    missing = _missing(store, _digests(dataset), recipe, backbone_name, engine)
    named = {item.video: item.path for item in dataset.items}
    frames = [predictions.frames_read(info_of(store, digest, named[digest]), recipe) for digest in missing]
    calls = [(store, digest, named[digest], recipe, backbone_name, engine) for digest in missing]
    spread(make_features, calls, frames, "Computing features", report)
    key = set_key(datasets.key(dataset), recipe, backbone_name, engine)
    store.write(key, dataset, kind="set features")


def info_of(store: Store, digest: str, path: str) -> VideoInfo:
    """What was measured of a clip of a set; an error names it as the set does."""
    try:
        return store.video(digest)
    except ResultMissing as error:
        hint = "Add it to the library again, or leave it out of the dataset on the page Datasets."
        raise ResultMissing(f"{path} is no longer in the library.", hint) from error


def make_features(
    store: Store, digest: str, path: str, recipe: Recipe, backbone_name: str, engine: str, report: Report = silent
) -> None:
    """Make and store the features of one clip of a set; errors name it as the set does."""
    try:
        predictions.features_of(store, store.video(digest), recipe, backbone_name, engine, report)
    except ClusterFailed:
        raise
    except AnalysisError as error:
        raise type(error)(f"{path}: {error}", error.hint) from error


def features_of_all(store: Store, dataset: Dataset, recipe: Recipe, backbone_name: str, engine: str) -> list[Features]:
    """The features of each item; ResultMissing if a clip has none."""
    try:
        read = partial(store.read, expected=Features)
        return [read(predictions.features_key(item.video, recipe, backbone_name, engine)) for item in dataset.items]
    except ResultMissing as error:
        raise ResultMissing("The features of a clip of this dataset do not exist.", "Compute them first.") from error


def _digests(dataset: Dataset) -> list[str]:
    return list(dict.fromkeys(item.video for item in dataset.items))


def _missing(store: Store, digests: Iterable[str], recipe: Recipe, backbone_name: str, engine: str) -> list[str]:
    keys = ((digest, predictions.features_key(digest, recipe, backbone_name, engine)) for digest in digests)
    return [digest for digest, key in keys if not store.has(key)]
