"""Why a label was given: what speaks for it over time and in a window, and tests of that by deletion.

Scores come from the engine in use.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.base.numerics import softmax
from core.base.progress import Report, silent
from core.domain import Features, ModelCard
from core.domain.fingerprint import fingerprint
from core.stages.networks.backbones import Backbone
from core.stages.networks.explain import activations, attribution, deletion
from core.stages.networks.explain.activations import Activations
from core.stages.networks.explain.attribution import Attribution, Evidence
from core.stages.networks.explain.deletion import Deletion
from core.workflows import models, predictions
from core.workflows.explanations.classifiers import model_folder
from core.workflows.explanations.feature_maps import anatomy, anatomy_key, features, show, stretch, study
from core.workflows.explanations.windows import ClipWindow, window_s
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

NEAR_STEPS = 256  # on either side of a moment: how far a recurrent network is asked what spoke for a label there


FeatureFunction = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class ExplanationQuestion:
    """Why a label: of a model at a step of the clip, and where in a window. label: its place in the card's labels.

    step: of the clip's features; it matters to recurrent networks, whose scores differ from step to step. A linear
    classifier is asked about each step by itself, and has step 0.
    """

    view: ClipWindow
    card: ModelCard
    engine: str
    label: int
    step: int = 0

    @property
    def digest(self) -> str:
        """The clip."""
        return self.view.digest

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


def attribute(store: Store, question: ExplanationQuestion, report: Report = silent) -> Attribution:
    """Store what speaks for a label at a step of a recurrent network."""
    from core.stages.networks import recurrent

    if not store.has(question.attribution_key):
        card = question.card
        whole = _whole(store, question, report)
        report(0, 0, "Computing the attribution")
        model = recurrent.read(model_folder(store, card) / card.network, card.network_sha256)
        first, stop = _near(question.step, len(whole.times_s))
        values, times_s = np.array(whole.values[first:stop]), whole.times_s[first:stop]
        result = attribution.attribution(
            model, values, times_s, label=question.label, name=question.name, step=question.step - first
        )
        store.write(question.attribution_key, result, kind="attribution", video=question.view.digest)
    return store.read(question.attribution_key, Attribution)


def _whole(store: Store, question: ExplanationQuestion, report: Report) -> Features:
    view = question.view
    return features(store, view.digest, view.recipe, view.backbone, question.engine, report)


def _near(step: int, steps: int) -> tuple[int, int]:
    return max(0, step - NEAR_STEPS), min(steps, step + NEAR_STEPS + 1)


@short(when=lambda store, question: store.has(question.features_key))
def locate(store: Store, question: ExplanationQuestion, report: Report = silent) -> Evidence:
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
        result = Evidence(times_s, maps, question.name, exact=False)
        store.write(question.gradient_key, result, kind="evidence", video=question.view.digest)
    return evidence(store, question)


def is_located(store: Store, question: ExplanationQuestion) -> bool:
    """Whether all that `locate` makes is there."""
    if not store.has(anatomy_key(question.view.backbone)):
        return False
    known = anatomy(store, question.view.backbone)
    text = question.view.layer_key(known.last) if known.pooled else question.gradient_key
    return store.has(text) and store.has(question.attribution_key if question.card.network else question.features_key)


def evidence(store: Store, question: ExplanationQuestion) -> Evidence:
    """Where in a window what speaks for a label lies, from what is stored; ResultMissing where something is not."""
    known = anatomy(store, question.view.backbone)
    if not known.pooled:
        return store.read(question.gradient_key, Evidence)
    shown = store.read(question.view.layer_key(known.last), Activations)
    towards, baseline = _towards(store, question, shown.times_s)
    maps = attribution.evidence(shown.values, towards, baseline=baseline)
    return Evidence(shown.times_s, maps, question.name, exact=True)


def lane(store: Store, question: ExplanationQuestion) -> tuple[np.ndarray, np.ndarray]:
    """(T,) moments and (T,) how much each speaks for a label, over the clip, from what is stored."""
    if question.card.network:
        stored = store.read(question.attribution_key, Attribution)
        return stored.times_s, stored.importance
    whole = store.read(question.features_key, Features)
    kernel, _ = question.view.cnn.classifier()
    return whole.times_s, whole.values @ attribution.direction(kernel, question.label)


def _towards(store: Store, question: ExplanationQuestion, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray | float]:
    """The direction in the features that speaks for a label, at each of these moments, and what counts as nothing."""
    if not question.card.network:
        kernel, _ = question.view.cnn.classifier()
        return attribution.direction(kernel, question.label), 0.0
    stored = store.read(question.attribution_key, Attribution)
    nearest = np.abs(stored.times_s[None] - times_s[:, None]).argmin(axis=1)
    return stored.gradients[nearest], stored.baseline


def check(store: Store, question: ExplanationQuestion, hidden: str = "blur", report: Report = silent) -> Deletion:
    """Store whether hiding what an explanation marks lowers the label's score faster than hiding at random."""
    key = question.deletion_key(hidden)
    if not store.has(key):
        marks = locate(store, question, report).maps
        pictures = np.array(stretch(store, question.view).meant)
        report(0, 0, "Loading the network")
        score = scorer(store, question)
        result = deletion.deletion(pictures, marks, score, label=question.name, hidden=hidden, report=report)
        store.write(key, result, kind="deletion", video=question.view.digest)
    return store.read(key, Deletion)


def scorer(store: Store, question: ExplanationQuestion) -> Callable[[np.ndarray], float]:
    """A function from the pictures of a window, seen by themselves, to the score of a label, 0 to 1, by the engine.

    Of a linear classifier it is the score of the mean over the window; of a recurrent network the score at the step of
    the question, with the window's features in place of those that the clip has there.
    """
    run = _engine(question.view.cnn, question.engine, store.engine_cache)
    return _recurrent(store, question, run) if question.card.network else _linear(question, run)


def _engine(backbone: Backbone, engine: str, cache: Path) -> FeatureFunction:
    """A function from pictures to their features, (steps, D)."""
    from core.stages.networks import inference_engine as engines

    run, per_step = engines.load(backbone, engine, cache), backbone.frames_per_step
    return lambda pictures: run(activations.held(pictures, per_step))


def _linear(question: ExplanationQuestion, run: FeatureFunction) -> Callable[[np.ndarray], float]:
    kernel, bias = question.view.cnn.classifier()

    def score(pictures: np.ndarray) -> float:
        return float(softmax(run(pictures).mean(axis=0) @ kernel + bias)[question.label])

    return score


def _recurrent(store: Store, question: ExplanationQuestion, run: FeatureFunction) -> Callable[[np.ndarray], float]:
    view, card = question.view, question.card
    whole = store.read(question.features_key, Features)
    first, stop = _near(question.step, len(whole.times_s))
    start_s, _ = window_s(store.video(view.digest), view.recipe, view.cnn, view.number)
    index = int(np.searchsorted(whole.times_s[first:stop], start_s))
    network = models.network_of(model_folder(store, card) / card.network, card.network_sha256)

    def score(pictures: np.ndarray) -> float:
        values = np.array(whole.values[first:stop])
        rows = run(pictures)[: len(values) - index]
        values[index : index + len(rows)] = rows
        return float(network(values)[question.step - first, question.label])

    return score
