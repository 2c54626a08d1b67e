"""Keys and order of all that shows what a CNN sees and why a label was given; networks.explain does the sums.

A clip is looked at in windows that overlap by half, so that any moment lies near the middle of one: 64 frames of the
CNN's own clock for a CNN that sees motion, 16 frames of the clip for one of single pictures. What is shown of a window
is stored under a key of the clip, the recipe, the CNN, the layer and the window's number. Maps are computed by
TensorFlow in float32, as in the whole clip; scores come from the engine in use.

Functions that take `report` write the store and run in a worker; the others are NumPy and quick.
"""

import io
import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.base.errors import RecipeInvalid, WeightsMissing
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.base.settings import Settings
from core.domain import Features, ModelCard, Prediction, Recipe, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.networks.backbones import CLOCK_TOLERANCE_S, Backbone, Stage, squared
from core.stages.networks.explain import activations, attribution, deletion, layers
from core.stages.networks.explain.activations import Activations, FrameWindow
from core.stages.networks.explain.attribution import Attribution, Evidence
from core.stages.networks.explain.deletion import Deletion
from core.stages.networks.explain.layers import Architecture, Layer
from core.stages.preprocessing import recipes
from core.stages.preprocessing.frame_clock import choosing, clock_of
from core.workflows import models, predictions
from core.workspace.store import Store

MOVING_FRAMES, STILL_FRAMES = 64, 16
NEAR_STEPS = 256  # on either side of a moment: how far a recurrent network is asked what spoke for a label there


@dataclass(frozen=True)
class View:
    """A window of a clip, prepared by a recipe, as a CNN gets it. backbone: its name. number: from 0."""

    digest: str
    recipe: Recipe
    backbone: str
    number: int

    @property
    def cnn(self) -> Backbone:
        """The CNN itself."""
        return BACKBONES[self.backbone]

    @property
    def key(self) -> str:
        """The name of the window's pictures."""
        cnn = self.cnn
        size = window_frames(cnn)
        return fingerprint("stretch", 1, self.digest, self.recipe, cnn.name, cnn.version, size, self.number)

    def layer_key(self, layer: str) -> str:
        """The name of a layer's maps over the window."""
        return fingerprint("activations", 1, self.key, layer)


@dataclass(frozen=True)
class Question:
    """Why a label: of a model at a step of the clip, and where in a window. label: its place in the card's labels.

    step: of the clip's features; it matters to recurrent networks, whose scores differ from step to step. A linear
    classifier is asked about each step by itself, and has step 0.
    """

    view: View
    card: ModelCard
    engine: str
    label: int
    step: int = 0

    @property
    def name(self) -> str:
        """The label."""
        return self.card.labels[self.label]

    @property
    def features_key(self) -> str:
        """The name of the clip's features."""
        return predictions.features_key(self.view.digest, self.view.recipe, self.view.backbone, self.engine)

    @property
    def attribution_key(self) -> str:
        """The name of what speaks for the label over the clip."""
        card = self.card
        return fingerprint("attribution", 1, self.features_key, card.name, card.version, self.label, self.step)

    @property
    def gradient_key(self) -> str:
        """The name of a Grad-CAM over the window."""
        return fingerprint("gradient-maps", 1, self.attribution_key, self.view.key)

    def deletion_key(self, hidden: str) -> str:
        """The name of a deletion test over the window."""
        return fingerprint("deletion", 1, self.gradient_key, hidden)


# Windows --------------------------------------------------------------------------------------------------------------


def window_frames(backbone: Backbone) -> int:
    """How many frames of a CNN's clock a window has."""
    return MOVING_FRAMES if backbone.volumetric else STILL_FRAMES


def window_at(info: VideoInfo, recipe: Recipe, backbone: Backbone, moment_s: float) -> int:
    """The number of the window in whose middle a moment lies, or nearly so at the ends."""
    ticks_s, _ = _clock(info, recipe, backbone)
    size, hop = window_frames(backbone), window_frames(backbone) // 2
    tick = int(np.searchsorted(ticks_s, moment_s, side="right")) - 1
    return min(max(round((tick - size / 2) / hop), 0), _last_window(len(ticks_s), size))


def window_s(info: VideoInfo, recipe: Recipe, backbone: Backbone, number: int) -> tuple[float, float]:
    """When a window begins and ends."""
    ticks_s, stop_s = _clock(info, recipe, backbone)
    first, stop = _bounds(len(ticks_s), backbone, number)
    return float(ticks_s[first]), float(ticks_s[stop]) if stop < len(ticks_s) else stop_s


def _last_window(frames: int, size: int) -> int:
    return max(0, -(-(frames - size) // (size // 2)))


def _clock(info: VideoInfo, recipe: Recipe, backbone: Backbone) -> tuple[np.ndarray, float]:
    """When each frame of the CNN's clock is taken, and when the last one ends."""
    times_s, stop_s = info.times_s, info.duration_s
    if choosing(recipe).steps:
        made = clock_of(recipe, info)
        if not len(made.times_s):
            raise RecipeInvalid("The recipe leaves no frame of this clip.", "Widen or remove its Trim step.")
        times_s, stop_s = made.times_s, float(made.times_s[-1] + made.last_gap_s)
    if backbone.rate_hz is None:
        return times_s, stop_s
    start_s = float(times_s[0])
    count = max(1, math.ceil((stop_s - start_s - CLOCK_TOLERANCE_S) * float(backbone.rate_hz)))
    return start_s + np.arange(count) / float(backbone.rate_hz), stop_s


def _bounds(frames: int, backbone: Backbone, number: int) -> tuple[int, int]:
    """The first frame of a window and the one after its last."""
    size = window_frames(backbone)
    if not 0 <= number <= _last_window(frames, size):
        raise ValueError(f"There is no window {number} in {frames} frames")
    first = number * (size // 2)
    return first, min(first + size, frames)


def _stretch(info: VideoInfo, recipe: Recipe, backbone: Backbone, number: int, around: int) -> FrameWindow:
    """The pictures of a window, with up to `around` ticks before and after it."""
    ticks_s, stop_s = _clock(info, recipe, backbone)
    first, stop = _bounds(len(ticks_s), backbone, number)
    begin, end = max(0, first - around), min(len(ticks_s), stop + around)
    pictures = _on_screen(info, recipe, backbone, ticks_s[begin:end])
    stop_s = float(ticks_s[stop]) if stop < len(ticks_s) else stop_s
    return FrameWindow(ticks_s[begin:end].copy(), pictures, first - begin, stop - first, stop_s)


def _on_screen(info: VideoInfo, recipe: Recipe, backbone: Backbone, ticks_s: np.ndarray) -> np.ndarray:
    """The frame on screen at each tick, as the CNN gets it: (ticks, size, size, 3) uint8."""
    spare = recipes.reach(recipe) + 1
    first, last = np.searchsorted(info.times_s, (ticks_s[0], ticks_s[-1] + CLOCK_TOLERANCE_S), side="right")
    end_s = info.times_s[last + spare] if last + spare < info.frame_count else info.duration_s
    within_s = float(info.times_s[max(first - 1 - spare, 0)]), float(end_s)
    shown: list[np.ndarray] = []
    current = None
    with closing(predictions.frames_of(info, recipe, backbone.size_px, within_s=within_s)) as frames:
        for frame in frames:
            while current is not None and len(shown) < len(ticks_s) and _later(frame.time_s, ticks_s[len(shown)]):
                shown.append(current)
            current = squared(frame.image, backbone.size_px)
    if current is None:
        raise RecipeInvalid("The recipe leaves nothing at this moment.", "Move to another moment, or widen its Trim.")
    return np.stack(shown + [current] * (len(ticks_s) - len(shown)))


def _later(time_s: float, tick_s: float) -> bool:
    return time_s > tick_s + CLOCK_TOLERANCE_S


# What the CNN sees ----------------------------------------------------------------------------------------------------


def anatomy_key(backbone_name: str) -> str:
    """The name of what is known of a CNN's layers."""
    backbone = BACKBONES[backbone_name]
    return fingerprint("anatomy", 1, backbone.name, backbone.version)


def means_key(digest: str, recipe: Recipe, backbone_name: str, layer: str) -> str:
    """The name of a layer's channel means over a whole clip."""
    return fingerprint("means", 1, predictions.features_key(digest, recipe, backbone_name, "tensorflow-f32"), layer)


def study(store: Store, backbone_name: str, report: Report = silent) -> Architecture:
    """Store the layers of a CNN."""
    key = anatomy_key(backbone_name)
    if not store.has(key):
        report(0, 0, "Loading the network")
        store.write(key, layers.anatomy(BACKBONES[backbone_name]), kind="anatomy")
    return anatomy(store, backbone_name)


def anatomy(store: Store, backbone_name: str) -> Architecture:
    """The layers of a CNN as `study` stored them; ResultMissing before that. Read once in a process."""
    return _anatomy(store.workspace, anatomy_key(backbone_name))


@lru_cache(maxsize=16)
def _anatomy(workspace: Path, key: str) -> Architecture:
    return Store(workspace).read(key, Architecture)


def stretch(store: Store, view: View, report: Report = silent) -> FrameWindow:
    """Store what the CNN gets to see in a window."""
    if not store.has(view.key):
        known = study(store, view.backbone, report)
        report(0, 0, "Reading frames")
        around = activations.reach_frames(view.cnn, known.layer(known.last))
        found = _stretch(store.video(view.digest), view.recipe, view.cnn, view.number, around)
        store.write(view.key, found, kind="stretch", video=view.digest)
    return store.read(view.key, FrameWindow)


def show(store: Store, view: View, layer: str, report: Report = silent) -> Activations:
    """Store the maps of a layer over a window, and the window's pictures."""
    known = study(store, view.backbone, report).layer(layer)
    seen = stretch(store, view, report)
    key = view.layer_key(layer)
    if not store.has(key):
        report(0, 0, "Running the network up to this layer")
        store.write(key, activations.activations(view.cnn, known, seen), kind="activations", video=view.digest)
    return store.read(key, Activations)


def layer_means(
    store: Store, digest: str, recipe: Recipe, backbone_name: str, layer: str, report: Report = silent
) -> Features:
    """Store the mean of each channel of a layer at each of its steps, over the whole clip."""
    key = means_key(digest, recipe, backbone_name, layer)
    if not store.has(key):
        backbone = BACKBONES[backbone_name]
        known = study(store, backbone_name, report).layer(layer)
        run = _Means((activations.means_of(backbone, known),))
        features = predictions.look(store.video(digest), recipe, _cut_for(backbone, known), run, report)
        store.write(key, features, kind="means", video=digest)
    return store.read(key, Features)


@dataclass(frozen=True)
class _Means:
    """The network up to a layer, as `core.stages.networks.backbones.features` takes it: in one stage."""

    stages: tuple[Callable[[np.ndarray], np.ndarray], ...]


def _cut_for(backbone: Backbone, layer: Layer) -> Backbone:
    """The CNN as clips are cut for it when a layer is asked, not its end."""
    around = activations.reach_frames(backbone, layer)
    stage = Stage(window_frames(backbone) + 2 * around, layer.stride[0], around, around)
    return replace(backbone, stages=(stage,), channels=layer.shape[2])


def features(
    store: Store, digest: str, recipe: Recipe, backbone_name: str, engine: str, report: Report = silent
) -> Features:
    """Store the features of a whole clip."""
    return predictions.features_of(store, store.video(digest), recipe, backbone_name, engine, report)


def as_npz(features: Features, layer: str) -> bytes:
    """Features, or the means of a layer, as an .npz file: times_s (T,), values (T, D), layer, channels (D,) names."""
    file = io.BytesIO()
    channels = np.array([f"{layer}_{channel}" for channel in range(features.values.shape[1])])
    np.savez_compressed(
        file,
        allow_pickle=False,
        times_s=features.times_s,
        values=np.asarray(features.values),
        layer=np.array(layer),
        channels=channels,
    )
    return file.getvalue()


# Who reads the features -----------------------------------------------------------------------------------------------


def readers(settings: Settings, backbone_name: str) -> dict[str, ModelCard]:
    """The models whose labels come from this CNN's features, by name.

    Where none is its own classifier, that one comes along as a model of the CNN's own name, if it has one.
    """
    model_cards = {
        name: card for name, card in models.ModelLibrary.of(settings).cards().items() if card.backbone == backbone_name
    }
    if all(card.network for card in model_cards.values()) and (own := _own(backbone_name)):
        model_cards[own.name] = own
    return model_cards


def _own(backbone_name: str) -> ModelCard | None:
    """A CNN's own classifier as a model; None where it has none, or its weights are not here."""
    backbone = BACKBONES[backbone_name]
    try:
        labels = backbone.labels()
    except WeightsMissing:
        return None
    title = f"{backbone.title}: its own labels"
    return ModelCard(backbone.name, title, backbone.name, backbone.version, labels) if labels else None


def _folder(store: Store, card: ModelCard) -> Path:
    """The folder of a model; the CNN's own classifier has none and gives the workspace."""
    return store.workspace if card.name == card.backbone else models.ModelLibrary.of(store).get(card.name)[1]


def reading_key(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str) -> str:
    """The name of what `read` stores last."""
    own = card.name == card.backbone
    key = predictions.features_key(digest, recipe, card.backbone, engine)
    return key if own else predictions.prediction_key(store, digest, recipe, card, engine)


def read(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str, report: Report = silent) -> None:
    """Store the features of a clip, and what the model says of it if it is more than the CNN's own classifier."""
    features(store, digest, recipe, card.backbone, engine, report)
    if card.name != card.backbone:
        predictions.predict(store, digest, recipe, card.name, engine, report)


def order(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str) -> list[int]:
    """The places of the labels in the card, the best score over the whole clip first, from what is stored."""
    if card.name == card.backbone:
        kernel, bias = BACKBONES[card.backbone].classifier()
        whole = store.read(predictions.features_key(digest, recipe, card.backbone, engine), Features)
        scores = whole.values.mean(axis=0) @ kernel + bias
    else:
        prediction = store.read(predictions.prediction_key(store, digest, recipe, card, engine), Prediction)
        scores = prediction.scores.mean(axis=0)
    return [int(place) for place in np.argsort(-scores, kind="stable")]


# Why a label was given ------------------------------------------------------------------------------------------------


def attribute(store: Store, question: Question, report: Report = silent) -> Attribution:
    """Store what speaks for a label at a step of a recurrent network."""
    from core.stages.networks import recurrent

    if not store.has(question.attribution_key):
        card = question.card
        whole = _whole(store, question, report)
        report(0, 0, "Asking the network what spoke for the label")
        model = recurrent.read(_folder(store, card) / card.network, card.network_sha256)
        first, stop = _near(question.step, len(whole.times_s))
        values, times_s = np.array(whole.values[first:stop]), whole.times_s[first:stop]
        found = attribution.attribution(
            model, values, times_s, label=question.label, name=question.name, step=question.step - first
        )
        store.write(question.attribution_key, found, kind="attribution", video=question.view.digest)
    return store.read(question.attribution_key, Attribution)


def _whole(store: Store, question: Question, report: Report) -> Features:
    view = question.view
    return features(store, view.digest, view.recipe, view.backbone, question.engine, report)


def _near(step: int, steps: int) -> tuple[int, int]:
    return max(0, step - NEAR_STEPS), min(steps, step + NEAR_STEPS + 1)


def locate(store: Store, question: Question, report: Report = silent) -> Evidence:
    """Store all that `evidence` and `lane` need, and give the evidence."""
    known = study(store, question.view.backbone, report)
    if question.card.network:
        attribute(store, question, report)
    else:
        _whole(store, question, report)
    if known.pooled:
        show(store, question.view, known.last, report)
    elif not store.has(question.gradient_key):
        layer, seen = known.layer(known.last), stretch(store, question.view, report)
        times_s = activations.steps_s(seen, layer.stride[0])
        maps = attribution.gradient_maps(question.view.cnn, layer, seen, _towards(store, question, times_s)[0])
        found = Evidence(times_s, maps, question.name, exact=False)
        store.write(question.gradient_key, found, kind="evidence", video=question.view.digest)
    return evidence(store, question)


def is_located(store: Store, question: Question) -> bool:
    """Whether all that `locate` makes is there."""
    if not store.has(anatomy_key(question.view.backbone)):
        return False
    known = anatomy(store, question.view.backbone)
    text = question.view.layer_key(known.last) if known.pooled else question.gradient_key
    return store.has(text) and store.has(question.attribution_key if question.card.network else question.features_key)


def evidence(store: Store, question: Question) -> Evidence:
    """Where in a window what speaks for a label lies, from what is stored; ResultMissing where something is not."""
    known = anatomy(store, question.view.backbone)
    if not known.pooled:
        return store.read(question.gradient_key, Evidence)
    shown = store.read(question.view.layer_key(known.last), Activations)
    towards, baseline = _towards(store, question, shown.times_s)
    maps = attribution.evidence(shown.values, towards, baseline=baseline)
    return Evidence(shown.times_s, maps, question.name, exact=True)


def lane(store: Store, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """(T,) moments and (T,) how much each speaks for a label, over the clip, from what is stored."""
    if question.card.network:
        told = store.read(question.attribution_key, Attribution)
        return told.times_s, told.importance
    whole = store.read(question.features_key, Features)
    kernel, _ = question.view.cnn.classifier()
    return whole.times_s, whole.values @ attribution.direction(kernel, question.label)


def _towards(store: Store, question: Question, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray | float]:
    """The direction in the features that speaks for a label, at each of these moments, and what counts as nothing."""
    if not question.card.network:
        kernel, _ = question.view.cnn.classifier()
        return attribution.direction(kernel, question.label), 0.0
    told = store.read(question.attribution_key, Attribution)
    nearest = np.abs(told.times_s[None] - times_s[:, None]).argmin(axis=1)
    return told.gradients[nearest], told.baseline


def check(store: Store, question: Question, hidden: str = "blur", report: Report = silent) -> Deletion:
    """Store whether hiding what an explanation marks lowers the label's score faster than hiding at random."""
    key = question.deletion_key(hidden)
    if not store.has(key):
        marks = locate(store, question, report).maps
        pictures = np.array(stretch(store, question.view).meant)
        report(0, 0, "Loading the network")
        score = scorer(store, question)
        found = deletion.deletion(pictures, marks, score, label=question.name, hidden=hidden, report=report)
        store.write(key, found, kind="deletion", video=question.view.digest)
    return store.read(key, Deletion)


def scorer(store: Store, question: Question) -> Callable[[np.ndarray], float]:
    """A function from the pictures of a window, seen by themselves, to the score of a label, 0 to 1, by the engine.

    Of a linear classifier it is the score of the mean over the window; of a recurrent network the score at the step of
    the question, with the window's features in place of those that the clip has there.
    """
    run = _engine(question.view.cnn, question.engine, store.engine_cache)
    return _recurrent(store, question, run) if question.card.network else _linear(question, run)


Run = Callable[[np.ndarray], np.ndarray]


def _engine(backbone: Backbone, engine: str, cache: Path) -> Run:
    """A function from pictures to their features, (steps, D)."""
    from core.stages.networks import inference_engine as engines

    run, per_step = engines.load(backbone, engine, cache), backbone.frames_per_step
    return lambda pictures: run(activations.held(pictures, per_step))


def _linear(question: Question, run: Run) -> Callable[[np.ndarray], float]:
    kernel, bias = question.view.cnn.classifier()

    def score(pictures: np.ndarray) -> float:
        logits = run(pictures).mean(axis=0) @ kernel + bias
        raised = np.exp(logits - logits.max())
        return float(raised[question.label] / raised.sum())

    return score


def _recurrent(store: Store, question: Question, run: Run) -> Callable[[np.ndarray], float]:
    view, card = question.view, question.card
    whole = store.read(question.features_key, Features)
    first, stop = _near(question.step, len(whole.times_s))
    start_s, _ = window_s(store.video(view.digest), view.recipe, view.cnn, view.number)
    index = int(np.searchsorted(whole.times_s[first:stop], start_s))
    network = models.network_of(_folder(store, card) / card.network, card.network_sha256)

    def score(pictures: np.ndarray) -> float:
        values = np.array(whole.values[first:stop])
        rows = run(pictures)[: len(values) - index]
        values[index : index + len(rows)] = rows
        return float(network(values)[question.step - first, question.label])

    return score
