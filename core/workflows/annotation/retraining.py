"""What people drew as a labelled set, the network that learns from it, and what more labels were worth.

Each time that labels go into a set it becomes another version of itself, with another key; features are made once for
each clip, so that a network learns anew in seconds. What networks said of clips that they never saw is kept with each
training, and is judged here by the latest labels of all: so the scores of early and late networks can be compared.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import AnalysisError, NotEnoughExamples, ResultMissing
from core.base.progress import Report, silent
from core.domain import Contribution, Dataset, DrawnTrack, HeldOut, Item, Learned, Segment, Split, Training, intervals
from core.domain.fingerprint import fingerprint
from core.workflows import datasets, models, training
from core.workflows.datasets import library
from core.workspace.store import Store, cleaned_name

BACKBONE, VIEW = "i3d-kinetics400", "whole"
BACKGROUND = "nothing"
SOURCE = "labels drawn here"


# Into a set -----------------------------------------------------------------------------------------------------------


def contribute(store: Store, name: str, video: str, track: DrawnTrack) -> Dataset:
    """Put what was looked at in a track into the labelled set of that name, which is made if there is none.

    Elsewhere in the clip the set says what it said before; what the same track put there earlier and no longer says is
    taken back. Where nobody looked, the set knows nothing.
    """
    name = cleaned_name(name)
    before = _set_of(store, name)
    if not track.seen:
        raise NotEnoughExamples("This track has no labels yet.", "Draw or accept some labels first.")
    known = {item.video: index for index, item in enumerate(before.items)}
    base = before.items[known[video]] if video in known else None
    base = _before(store, name, video, base)
    made = _overlaid(store, video, base, track, before.background)
    items = list(before.items)
    if video in known:
        items[known[video]] = made
    else:
        items.append(made)
    used = dict.fromkeys([*before.labels, *(segment.label for segment in made.segments)])
    labels = tuple(used) if before.background in ("", *used) else (before.background, *used)
    after = Dataset(name, labels, tuple(items), before.background, before.source, before.findings)
    _keep(store, before, after)
    store.write(_given_key(name, video), Contribution(base, made), kind="contribution", video=video)
    return after


def _set_of(store: Store, name: str) -> Dataset:
    """The set of that name, or the beginning of one."""
    if any(entry.name == name for entry in store.datasets()):
        return store.dataset(name)
    return Dataset(name, (BACKGROUND,), (), BACKGROUND, SOURCE)


def _given_key(name: str, video: str) -> str:
    return fingerprint("contribution", 1, name, video)


def _before(store: Store, name: str, video: str, now: Item | None) -> Item | None:
    """What the set said of a clip before labels were put there by hand; what it says now, where it changed since."""
    with suppress(ResultMissing):
        given = store.read(_given_key(name, video), Contribution)
        if given.after == now:
            return given.before
    return now


def _overlaid(store: Store, video: str, base: Item | None, track: DrawnTrack, background: str) -> Item:
    """A clip of a set with the labels of a track over those that it had."""
    entry = store.entry(video)
    segments, seen = _known(base)
    kept = intervals.outside(segments, track.seen)
    fresh = [replace(segment, confidence=None) for segment in track.segments if segment.label != background]
    whole = tuple(sorted([*kept, *fresh], key=lambda segment: segment.start_s))
    together = intervals.union([*seen, *track.seen])
    if base is None:
        return Item(video, entry.name, entry.info.duration_s, segments=whole, seen=together)
    return replace(base, label="", segments=whole, seen=together)


def _known(base: Item | None) -> tuple[list[Segment], tuple[tuple[float, float], ...]]:
    """Segments and seen stretches of an item; one with a label of the whole clip is one segment."""
    if base is None:
        return [], ()
    if base.label:
        return [Segment(0.0, base.duration_s, base.label)], ((0.0, base.duration_s),)
    return list(base.segments), base.seen


def _keep(store: Store, before: Dataset, after: Dataset) -> None:
    """Keep a new version of a set, and note it and the one before it."""
    if before.items:
        _note(store, before, datasets.key(before))
    library.keep_version(store, before, after)
    _note(store, after, datasets.key(after))


# What is known of each version ----------------------------------------------------------------------------------------


def labelled_s(dataset: Dataset) -> float:
    """How many seconds of a set's clips carry labels that can be learned."""
    if dataset.background:
        return sum(item.duration_s if item.label else intervals.length_s(item.seen) for item in dataset.items)
    return sum(
        item.duration_s if item.label else intervals.length_s(intervals.covered(item.segments))
        for item in dataset.items
    )


def _version_key(key: str) -> str:
    return fingerprint("version of a set", 1, key)


def _note(store: Store, dataset: Dataset, key: str) -> None:
    if not store.has(_version_key(key)):
        videos = tuple(item.video for item in dataset.items)
        learned = Learned(dataset.name, key, time.time(), labelled_s(dataset), videos)
        store.write(_version_key(key), learned, kind="version of a set")


# Learning anew --------------------------------------------------------------------------------------------------------


def plan(store: Store, name: str, engine: str, *, seed: int = 0) -> str:
    """File a training on a set as it is now, with the CNN and the settings of its latest one; gives its key."""
    dataset = store.dataset(name)
    key = datasets.key(dataset)
    _note(store, dataset, key)
    kept = store.split_keys(key)
    split = store.read(kept[0], Split) if kept else datasets.split_for(dataset)
    latest = next((run for run in training.all_runs(store).values() if run.dataset == name), None)
    backbone = latest.backbone if latest else BACKBONE
    return training.plan(
        store,
        dataset,
        split,
        backbone=backbone,
        engine=engine,
        recipe=latest.recipe if latest else training.view(VIEW, backbone),
        options=training.options_of(latest.settings) if latest else training.Options(),
        seed=seed,
        name=f"{name}, {labelled_s(dataset):.0f} s of labels",
    )


def learn(store: Store, key: str, report: Report = silent) -> None:
    """Work off such a plan, and make its network a model that can draft labels."""
    training.train(store, key, report)
    record = training.run_of(store, key)
    if record.network_sha256 and not model_of(store, key):
        training.save_model(store, key, models.ModelLibrary.of(store).free_name(record.dataset))


def model_of(store: Store, key: str) -> str:
    """The name of the model that was made of a training; empty where there is none."""
    model_cards = models.ModelLibrary.of(store).own().cards()
    return next((name for name, card in model_cards.items() if card.settings.get("training") == key), "")


# What labels were worth -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LearningPoint:
    """One training on a version of a set. seconds: of labels that were there; score: share of held-out moments that it
    named rightly, by the latest labels, of so many; told: that share when it ended, by the labels of its day.
    """

    training: str
    made: float
    seconds: float
    score: float
    moments: int
    told: float


def curve(store: Store, name: str) -> tuple[LearningPoint, ...]:
    """The trainings on all versions of a set that were noted, by how much was labelled.

    All are judged on the clips that every one of them was tested on, by the labels that the set has now.
    """
    dataset = store.dataset(name)
    rows = [row for row in _tested(store, name) if row is not None]
    common = set.intersection(*(set(videos) for *_, videos in rows)) if rows else set()
    points = []
    for key, record, version, held_out, videos in rows:
        right, count = _rescored(dataset, record, held_out, videos, common)
        if count:
            value = record.scores.get("accuracy", 0.0)
            points.append(LearningPoint(key, record.created, version.seconds, right / count, count, value))
    return tuple(sorted(points, key=lambda point: (point.seconds, point.made)))


def _tested(store: Store, name: str) -> list[tuple[str, Training, Learned, HeldOut, tuple[str, ...]] | None]:
    """Trainings that have ended, with the version that they learned from, what they said, and of which clips."""
    tested = []
    for key, record in training.all_runs(store).items():
        with suppress(AnalysisError):
            if record.dataset == name and record.state == "done":
                version = store.read(_version_key(record.dataset_key), Learned)
                held_out = training.held_out(store, key)
                tested.append((key, record, version, held_out, tuple(version.videos[item] for item in held_out.items)))
    return tested


def _rescored(
    dataset: Dataset, record: Training, held_out: HeldOut, videos: Sequence[str], common: set[str]
) -> tuple[int, int]:
    """How many known moments of some clips were named rightly, of how many."""
    items = {item.video: item for item in dataset.items}
    right = count = 0
    for index, video in enumerate(videos):
        if video not in common or video not in items:
            continue
        rows = slice(int(held_out.starts[index]), int(held_out.starts[index + 1]))
        truth = datasets.targets(dataset, items[video], held_out.times_s[rows])
        named = np.array([dataset.labels.index(label) if label in dataset.labels else -2 for label in record.labels])
        answers = named[held_out.scores[rows].argmax(axis=1)]
        known = truth != datasets.UNKNOWN
        right, count = right + int((answers[known] == truth[known]).sum()), count + int(known.sum())
    return right, count
