"""The order of the stages: a clip is added, its frames become features, features a prediction, a prediction a track.

Keys chain: a prediction's key holds its features' key, which holds the clip, the recipe, the CNN and the engine. Long
functions write the store whole, at the end, and run in a worker; the others are quick enough for a page and import
neither TensorFlow nor a decoder.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import accumulate, chain, islice
from pathlib import Path

import numpy as np

from core.base import settings
from core.base.errors import FormatInvalid, RecipeInvalid
from core.base.numerics import softmax
from core.base.progress import Report, part_of, reported, silent
from core.base.registry import BACKBONES, FORMATS
from core.domain import (
    NO_PICTURE,
    Analysis,
    Branches,
    Features,
    Frame,
    Lines,
    ModelCard,
    Prediction,
    Recipe,
    Track,
    VideoInfo,
)
from core.domain.fingerprint import fingerprint
from core.stages import formats
from core.stages.networks import backbones
from core.stages.preprocessing import recipes
from core.stages.preprocessing.geometry import Resize
from core.stages.preprocessing.sampling import Hold
from core.stages.preprocessing.views import single_views
from core.stages.tracks import segmentation
from core.workflows.clips import MIN_SEGMENT_S
from core.workflows.models import ModelLibrary, branch_of, network_of
from core.workflows.texts import text_store
from core.workspace.jobs import given_cluster
from core.workspace.jobs.lanes import short
from core.workspace.store import ResultPieces, Store

KINDS = ("prediction", text_store.WITH_WORDS)  # of results, that predictions are filed as


def features_key(digest: str, recipe: Recipe, backbone_name: str, engine: str) -> str:
    """The name of a clip's features."""
    backbone = BACKBONES[backbone_name]
    return fingerprint("features", 1, digest, recipe, backbone.name, backbone.version, engine)


def prepared(recipe: Recipe, card: ModelCard) -> Recipe:
    """The steps of a person followed by those that the model was trained with."""
    return Recipe((*recipe.steps, *card.recipe.steps))


def prediction_key(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str) -> str:
    """The name of what a model says of a clip, where it reads words with what is said in the clip as it is now."""
    texts = text_store.spoken_keys(store, digest) if card.words else ()
    return key_with_texts(digest, recipe, card, engine, texts)


def key_with_texts(digest: str, recipe: Recipe, card: ModelCard, engine: str, texts: tuple[str, ...]) -> str:
    """The same, where what is said in the clip is known already: the keys of its spoken texts."""
    features = features_key(digest, prepared(recipe, card), card.backbone, engine)
    words = (texts,) if card.words else ()
    return fingerprint("prediction", 1, features, card.name, card.version, card.labels, *words)


def branches_key(prediction: str) -> str:
    """The name of what picture and words say apart, by the key of what they say together."""
    return fingerprint("branches", 1, prediction)


def recipe_key(prediction: str) -> str:
    """The name of the recipe that a person chose for a prediction, by the key of the prediction."""
    return fingerprint("recipe of a prediction", 1, prediction)


def _is_seen(store: Store, digest: str, recipe: Recipe, model_name: str, engine: str) -> bool:
    """Whether the features are there that a prediction needs, so that it is made in a moment."""
    card, _ = ModelLibrary.of(store).get(model_name)
    return has_features(store, digest, recipe, card, engine)


def has_features(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str, *_others: object) -> bool:
    """Whether the features are there that a model reads of a clip."""
    return store.has(features_key(digest, prepared(recipe, card), card.backbone, engine))


@short(when=_is_seen)
def predict(store: Store, digest: str, recipe: Recipe, model_name: str, engine: str, report: Report = silent) -> None:
    """Make and store what a model says of a clip, and the features it needs; what is there already is not made again.

    Progress is told in frames of the clip.
    """
    info = store.video(digest)
    card, folder = ModelLibrary.of(store).get(model_name)
    text_keys = text_store.spoken_keys(store, digest) if card.words else ()
    key = key_with_texts(digest, recipe, card, engine, text_keys)
    frames = frames_read(info, recipe)
    if store.known(key, Prediction) is None:
        features = features_of(store, info, prepared(recipe, card), card.backbone, engine, report)
        report(frames, frames, "Reading labels")
        store.write(recipe_key(key), recipe, kind="recipe of a prediction", video=digest)
        if card.words:
            texts = tuple(store.read(text_key, Lines) for text_key in text_keys)
            prediction, apart = label_with_words(card, folder, features, texts)
            store.write(branches_key(key), apart, kind=text_store.WITH_WORDS_APART, video=digest)
            store.write(key, prediction, kind=text_store.WITH_WORDS, video=digest)
        else:
            store.write(key, label(card, folder, features), kind=KINDS[0], video=digest)
    report(frames, frames, "Done")


def analysis(
    store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str, *, shortest_s: float = MIN_SEGMENT_S
) -> Analysis:
    """All that is told about a clip, from what `predict` stored; ResultMissing before that."""
    key = prediction_key(store, digest, recipe, card, engine)
    return analysis_at(store, digest, card, key, shortest_s=shortest_s)


def analysis_at(store: Store, digest: str, card: ModelCard, key: str, *, shortest_s: float = MIN_SEGMENT_S) -> Analysis:
    """The same from the prediction that is stored under a key."""
    info = store.video(digest)
    prediction = store.read(key, Prediction)
    track = segmentation.track(
        prediction, video=digest, threshold=card.threshold, shortest_s=shortest_s, author=card.name
    )
    words = store.read(branches_key(key), Branches).sources if card.words else None
    return Analysis(info, card.name, segmentation.ranking(prediction), track, words)


def tracks_apart(branches: Branches, card: ModelCard, digest: str) -> tuple[Track, Track]:
    """What the picture alone says of a clip, and the words alone where there are any, told as in `analysis`."""
    entries = {"video": digest, "threshold": card.threshold, "shortest_s": MIN_SEGMENT_S}
    return (
        segmentation.track(branches.picture, author="picture alone", **entries),
        segmentation.track(branches.words, author="words alone", where=branches.worded, **entries),
    )


def export(analysis: Analysis, format_name: str, name: str = "") -> bytes:
    """The analysis as a file of one of the FORMATS. name: of the clip for people, where it is not that of its file."""
    return FORMATS[format_name].write(formats.labels_of(analysis, name=name))


def extract(
    info: VideoInfo,
    recipe: Recipe,
    backbone_name: str,
    engine: str,
    engine_cache: Path,
    report: Report = silent,
    *,
    pieces: backbones.Pieces | None = None,
) -> Features:
    """What a CNN says of each step of a clip; no result is stored. A place to cancel comes with each few frames.

    pieces: where a run that broke off left what it had, and where this one leaves it.
    """
    from core.stages.networks import inference_engine as engines

    backbone = BACKBONES[backbone_name]
    total = frames_read(info, recipe)
    report(0, total, "Loading the network")
    kept = backbones.Continuation(backbone.stages, pieces)
    return look(info, recipe, backbone, engines.load(backbone, engine, engine_cache), report, kept=kept)


def look(
    info: VideoInfo,
    recipe: Recipe,
    backbone: backbones.Backbone,
    run: backbones.LoadedBackbone,
    report: Report = silent,
    *,
    kept: backbones.Continuation | None = None,
) -> Features:
    """What `run` says of each step of a clip that is cut into chunks as `backbone` wants them.

    Progress is how far the network is, not the reading.
    """
    kept = kept or backbones.Continuation(backbone.stages)
    total = frames_read(info, recipe)
    report(0, total, "Analysing frames")
    seen_from = _index_of_row(info, recipe, backbone, kept.first_row)
    with closing(frames_of(info, recipe, backbone.size_px, seen_from=seen_from)) as frames:
        first_index = _first_index(info, recipe)
        steps = accumulate(
            ((frame, round((frame.index - first_index) * kept.share)) for frame in _not_empty(frames, info)),
            lambda before, step: (step[0], max(before[1], step[1])),
        )
        shown = reported(steps, report, total, "Analysing frames", done=lambda step: step[1])
        shown_frames = (frame for frame, _done in shown)
        features = backbones.features(backbone, shown_frames, run, kept=kept)
    start_s, stop_s = features.seen_s
    stop_s = min(stop_s, info.duration_s, recipes.source_stretch_s(recipe)[1])
    held = any(isinstance(step, Hold) for step in recipe.steps)
    there = (features.times_s <= stop_s + 1e-9) | (not held)  # moments after the end are not told
    there[0] = True
    return replace(features, times_s=features.times_s[there], values=features.values[there], seen_s=(start_s, stop_s))


def _index_of_row(info: VideoInfo, recipe: Recipe, backbone: backbones.Backbone, row: int) -> int:
    """The index of the first frame whose picture matters where the first rows of a backbone's grid do not.

    A recipe with memory has to see the clip from its start: 0.
    """
    if not row or not recipes.frame_by_frame(recipe):
        return 0
    clock = Recipe(tuple(step for step in recipe.steps if not step.picture))
    frames = backbones.grid(clock.apply(_unseen(info, 0, info.frame_count)), backbone.rate_hz)
    frame = next(islice(frames, row, None), None)
    return info.frame_count if frame is None else frame.index


def _unseen(info: VideoInfo, first: int, stop: int) -> Iterator[Frame]:
    """Frames of a clip without their pictures."""
    return (Frame(index, float(info.times_s[index]), NO_PICTURE) for index in range(first, stop))


def label(card: ModelCard, folder: Path, features: Features) -> Prediction:
    """The model's smoothed scores at each step: of its network, or without one of its CNN's own classifier."""
    if card.network:
        return _smoothed(card, folder, features, _seen(card, folder, features))
    kernel, bias = BACKBONES[card.backbone].classifier()  # (D, C), (C,)
    logits = segmentation.smooth(features.values @ kernel + bias, features.times_s, width_s=card.smooth_s)  # (T, C)
    return _as_prediction(card, folder, features, softmax(logits).astype(np.float32))


def label_with_words(
    card: ModelCard, folder: Path, features: Features, texts: Sequence[Lines]
) -> tuple[Prediction, Branches]:
    """The same of a model that reads words too: what both say together, and each apart. texts: spoken in the clip."""
    branch = branch_of(folder / card.words, card.words_sha256, len(card.labels))
    near = branch.near(texts, features.times_s)
    seen, values, worded = _seen(card, folder, features), branch.scores(near), branch.says(near)  # (T, C), (T, C), (T,)
    both, picture = (_smoothed(card, folder, features, scores) for scores in (branch.fused(seen, values, worded), seen))
    words = _smoothed(card, folder, features, values, where=worded)
    return both, Branches(picture, words, worded, tuple(text.source for text in texts))


def _seen(card: ModelCard, folder: Path, features: Features) -> np.ndarray:
    """(T, C) what the network says of the picture."""
    return network_of(folder / card.network, card.network_sha256)(features.values)


def _smoothed(
    card: ModelCard, folder: Path, features: Features, scores: np.ndarray, where: np.ndarray | None = None
) -> Prediction:
    smoothed = segmentation.smooth(scores, features.times_s, width_s=card.smooth_s, where=where)
    return _as_prediction(card, folder, features, smoothed)


def _as_prediction(card: ModelCard, folder: Path, features: Features, scores: np.ndarray) -> Prediction:
    if scores.shape[1] != len(card.labels):
        raise FormatInvalid(
            f"{folder}: the network gives {scores.shape[1]} scores, the card {len(card.labels)} labels."
        )
    return Prediction(features.times_s, scores, card.labels, card.name, features.seen_s)


def features_of(
    store: Store, info: VideoInfo, recipe: Recipe, backbone_name: str, engine: str, report: Report
) -> Features:
    """The stored features, or else new ones, stored; what a run that broke off had computed is not computed again.

    Of a recipe with several views, the mean of the features of each, which are stored too.
    """
    key = features_key(info.digest, recipe, backbone_name, engine)
    features = store.known(key, Features)
    if features is None and len(views := single_views(recipe)) > 1:
        seen = (
            features_of(store, info, view, backbone_name, engine, part_of(report, place, len(views)))
            for place, view in enumerate(views)
        )
        features = _averaged(seen, len(views))
        store.write(key, features, kind="features", video=info.digest)
    if features is None:
        if cluster := given_cluster.given():
            call = (info, recipe, backbone_name, engine)
            features = cluster.compute(extract_on_worker, *call, file=info.path, report=report)
            store.write(key, features, kind="features", video=info.digest)
            return features
        pieces = ResultPieces(store, _pieces_key(key, backbone_name, engine), info.digest)
        features = extract(info, recipe, backbone_name, engine, store.engine_cache, report, pieces=pieces)
        store.write(key, features, kind="features", video=info.digest)
        pieces.forget()
    return features


def _averaged(seen: Iterable[Features], count: int) -> Features:
    """The mean of the features of several views of one clip, which have the same steps."""
    first, *others = seen
    values = sum((features.values for features in others), first.values.astype(np.float64)) / count  # (T, D)
    return replace(first, values=values.astype(first.values.dtype))


def extract_on_worker(
    info: VideoInfo, recipe: Recipe, backbone_name: str, engine: str, report: Report = silent
) -> Features:
    """`extract` on a worker of a given cluster, which keeps converted networks in the workspace of its own settings."""
    cache = Store(settings.current().workspace).engine_cache
    return extract(info, recipe, backbone_name, engine, cache, report)


def goes_on(store: Store, digest: str, recipe: Recipe, backbone_name: str, engine: str) -> bool:
    """Whether a run that broke off left something of these features, from where the next one goes on."""
    keys = [features_key(digest, view, backbone_name, engine) for view in single_views(recipe)]
    pieces = (ResultPieces(store, _pieces_key(key, backbone_name, engine), digest) for key in keys)
    return any(piece.exist() for piece in pieces) or (len(keys) > 1 and any(store.has(key) for key in keys))


def _pieces_key(features: str, backbone_name: str, engine: str) -> str:
    """The name of the pieces of features: of the same windows, computed by the same library."""
    from core.stages.networks import inference_engine as engines

    return fingerprint("pieces", 1, features, BACKBONES[backbone_name].stages, engines.release(engine))


def frames_of(
    info: VideoInfo,
    recipe: Recipe,
    size_px: int,
    *,
    within_s: tuple[float, float] = (0.0, math.inf),
    seen_from: int = 0,
) -> Generator[Frame, None, None]:
    """The frames that a recipe makes of a clip, or of those frames of it that appear in `within_s`.

    Frames that no step may matter to are skipped by seeking. Where steps allow, the decoder gives them
    just large enough for a square of `size_px`, which is several times faster than making them whole first.
    seen_from: the index from which pictures are needed; the frames before it come without, if the recipe allows.
    """
    from core.stages import video

    kept_s = recipes.source_stretch_s(recipe)
    start_s, stop_s = max(kept_s[0], within_s[0]), min(kept_s[1], within_s[1])
    size, rest = _decoded_size(info, recipe, size_px)
    first, stop = np.searchsorted(info.times_s, (start_s, stop_s)).tolist()
    unseen = _unseen(info, first, min(max(first, seen_from), stop))
    if first < seen_from < info.frame_count:
        start_s = float(info.times_s[seen_from])
    seen = video.read(info, start_s=start_s, stop_s=stop_s, size_px=size) if seen_from < info.frame_count else ()
    yield from rest.apply(chain(unseen, seen))


def _decoded_size(info: VideoInfo, recipe: Recipe, size_px: int) -> tuple[tuple[int, int] | None, Recipe]:
    """The size in which to decode, None for the clip's own, and the steps that are left to do."""
    pictures = [step for step in recipe.steps if step.picture]
    if all(step.scale_free for step in pictures):
        return backbones.covering(info.width_px, info.height_px, size_px), recipe
    squeezed = Resize(size_px, size_px, "stretch")
    if [step for step in pictures if not step.squeeze_free] == [squeezed]:  # the decoder does it in passing
        return (size_px, size_px), Recipe(tuple(step for step in recipe.steps if step != squeezed))
    return None, recipe


def frames_read(info: VideoInfo, recipe: Recipe) -> int:
    """How many frames of the source a recipe reads."""
    start, stop = np.searchsorted(info.times_s, recipes.source_stretch_s(recipe))
    return int(stop - start)


def _first_index(info: VideoInfo, recipe: Recipe) -> int:
    return int(np.searchsorted(info.times_s, recipes.source_stretch_s(recipe)[0]))


def _not_empty(frames: Iterator[Frame], info: VideoInfo) -> Iterator[Frame]:
    """The same frames; RecipeInvalid where there is none."""
    first = next(frames, None)
    if first is None:
        raise RecipeInvalid(
            f"The recipe removes all frames of the clip, which runs from 0 to {info.duration_s:.2f} s.",
            "Widen or remove its Trim step.",
        )
    yield first
    yield from frames
