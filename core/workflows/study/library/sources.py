"""Where the labels of clips of the workspace are from: stored predictions of a model, or tracks that people drew.

Only what is stored is used; nothing is analysed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.base.errors import ResultMissing
from core.domain import ClipLabels, DrawnTrack, Lane, ModelCard, Recipe, VideoInfo, intervals, labels_of_analysis
from core.domain.fingerprint import fingerprint
from core.stages.formats.common.frame_times import EXACT_S
from core.workflows import predictions
from core.workflows.annotation import journal
from core.workflows.clips import MIN_SEGMENT_S
from core.workflows.evaluation import label_matching
from core.workflows.models import ModelLibrary
from core.workflows.predictions import KINDS
from core.workflows.study.clips import StudyClip
from core.workspace.store import Store

TRAINING_UNKNOWN = (
    "The training data of this model are described in words only. Make sure that no clip of this study is among them."
)
MOST_HELD = 20_000  # clips whose authors are held in memory
_HELD_AUTHORS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}  # by workspace and clip, with their version


@dataclass(frozen=True)
class LabelSource:
    """Whose labels are used.

    kind: "model" for the predictions of a model, "annotator" for the tracks that a person drew, "corrected" for the
    predictions of a model with the labels of people in their place wherever somebody labelled. name: of the model, or
    of the person, "" for tracks without a name. own_recipe: predictions with the recipe of each clip, else without one.
    threshold: mean scores below it give no segment, None for that of the model; shortest_s: of a segment.
    """

    kind: Literal["model", "annotator", "corrected"]
    name: str
    own_recipe: bool = True
    threshold: float | None = None
    shortest_s: float = MIN_SEGMENT_S


def card_of(store: Store, source: LabelSource) -> ModelCard:
    """The card of the model of a source, with the threshold that was chosen."""
    card = ModelLibrary.of(store).get(source.name)[0]
    return card if source.threshold is None else replace(card, threshold=source.threshold)


# Which clips have labels ----------------------------------------------------------------------------------------------


def stamp(store: Store) -> str:
    """What tells one state of all labels from another; quick, however many clips there are."""
    keys = [key for kind in KINDS for key, _ in store.made(kind)]
    drawn = [(video, store.tracks_version(video)) for video in store.labelled_videos()]
    recipes = sorted((digest, fingerprint(recipe)) for digest, recipe in store.recipes_of_clips().items())
    return fingerprint("labels of the workspace", sorted(keys), sorted(drawn), recipes, sorted(store.digests()))


def annotators(store: Store) -> dict[str, tuple[str, ...]]:
    """The people who drew labels, by name, each with the clips of the library in which they did."""
    known = set(store.digests())
    clips: dict[str, list[str]] = {}
    for video in sorted(known.intersection(store.labelled_videos())):
        for author in _authors(store, video):
            clips.setdefault(author, []).append(video)
    return {author: tuple(clips[author]) for author in sorted(clips)}


def _authors(store: Store, video: str) -> tuple[str, ...]:
    """The people who labelled a clip; its tracks are read again only when they changed."""
    name, version = (str(store.workspace.absolute()), video), store.tracks_version(video)
    if _HELD_AUTHORS.get(name, ("",))[0] != version:
        authors = tuple(dict.fromkeys(state.document.author for state in _drawn(store, video)))
        if len(_HELD_AUTHORS) >= MOST_HELD:
            _HELD_AUTHORS.clear()
        _HELD_AUTHORS[name] = (version, authors)
    return _HELD_AUTHORS[name][1]


def versions(store: Store, source: LabelSource, engine: str) -> dict[str, str]:
    """The clips of the library that have labels of a source, each with what tells these labels from later ones."""
    if source.kind == "annotator":
        return {video: store.tracks_version(video) for video in annotators(store).get(source.name, ())}
    stored = {key for kind in KINDS for key, _ in store.made(kind)}
    keys = prediction_keys(store, source, engine)
    known = {digest: key for digest, key in keys.items() if key in stored}
    if source.kind == "model":
        return known
    return {digest: f"{key} {store.tracks_version(digest)}" for digest, key in known.items()}


def prediction_keys(store: Store, source: LabelSource, engine: str) -> dict[str, str]:
    """Under which key the prediction of each clip of the library lies, or would lie."""
    card = ModelLibrary.of(store).get(source.name)[0]
    recipes = store.recipes_of_clips() if source.own_recipe else {}
    return {
        digest: predictions.prediction_key(store, digest, recipes.get(digest, Recipe()), card, engine)
        for digest in sorted(store.digests())
    }


def learned_from(store: Store, source: LabelSource) -> frozenset[str]:
    """The clips that the model of a source was trained on, as far as its card leads to them."""
    if source.kind == "annotator":
        return frozenset()
    card = ModelLibrary.of(store).get(source.name)[0]
    return _training_clips(store, card) or frozenset()


def is_training_unknown(store: Store, source: LabelSource) -> bool:
    """Whether the card of a model tells of its training clips in words only."""
    if source.kind == "annotator":
        return False
    card = ModelLibrary.of(store).get(source.name)[0]
    return bool(card.network) and _training_clips(store, card) is None


def _training_clips(store: Store, card: ModelCard) -> frozenset[str] | None:
    """The clips that a model was trained on; None where its card does not lead to them."""
    known = label_matching.learned_from(store, card)
    if known is not None:
        return frozenset(known[1])
    entry = next((entry for entry in store.datasets() if entry.key == card.settings.get("data")), None)
    return frozenset(item.video for item in store.dataset(entry.name).items) if entry else None


# Their labels ---------------------------------------------------------------------------------------------------------


def labelled_clip(store: Store, source: LabelSource, digest: str, key: str, name: str) -> StudyClip:
    """A clip with its labels; ResultMissing where they are gone. key: of its prediction, "" for labels of people."""
    info = store.video(digest)
    if source.kind == "annotator":
        drawn = [
            _counted(state.document, info) for state in _drawn(store, digest) if state.document.author == source.name
        ]
        if not drawn:
            raise ResultMissing(f"{name} has no labels by {source.name or 'an unnamed person'}.", "Label it first.")
        return StudyClip(name, info.path, ClipLabels(name, tuple(drawn), info=info), digest, source.name or "no name")
    labels = labels_of_analysis(
        predictions.analysis_at(store, digest, card_of(store, source), key, shortest_s=source.shortest_s)
    )
    if source.kind == "corrected" and (states := _drawn(store, digest)):
        latest = max(states, key=lambda state: state.made)
        labels = replace(labels, lanes=(corrected(labels.lanes[0], latest.document),))
        return StudyClip(name, info.path, labels, digest, f"{source.name}, corrected")
    return StudyClip(name, info.path, labels, digest, source.name)


def _counted(drawn: DrawnTrack, info: VideoInfo) -> Lane:
    """The labels of a track. The frame of a point was watched too, where anything is known of what was watched."""
    if not drawn.seen:
        return drawn.lane
    borders_s, frames = [*info.times_s.tolist(), info.duration_s], []
    for point in drawn.points:
        if not any(start_s <= point.time_s <= stop_s for start_s, stop_s in drawn.seen):
            frame = max(int(np.searchsorted(info.times_s, point.time_s + EXACT_S, side="right")) - 1, 0)
            frames.append((borders_s[frame], borders_s[frame + 1]))
    return replace(drawn.lane, seen=intervals.union((*drawn.seen, *frames)))


def corrected(predicted: Lane, drawn: DrawnTrack) -> Lane:
    """The labels of a person wherever they labelled, and the prediction elsewhere."""
    left = intervals.outside(predicted.segments, drawn.seen)
    segments = tuple(sorted((*left, *drawn.segments), key=lambda segment: segment.start_s))
    return Lane(segments, drawn.points, intervals.union((*predicted.seen, *drawn.seen)), author=predicted.author)


def _drawn(store: Store, video: str) -> list[journal.TrackState]:
    """The tracks of a clip in which somebody labelled anything."""
    return [state for state in journal.tracks(store, video) if state.document.seen or state.document.points]


def names_of_clips(names: Mapping[str, str]) -> dict[str, str]:
    """The name of each clip in the tables, by digest; clips that are called alike get the beginning of theirs."""
    counts: dict[str, int] = {}
    for name in names.values():
        counts[name] = counts.get(name, 0) + 1
    return {digest: name if counts[name] == 1 else f"{name} ({digest[:8]})" for digest, name in names.items()}
