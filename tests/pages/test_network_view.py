"""The network as a picture, and what each part of it makes of a clip: on Features and on Train."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.registry import BACKBONES
from core.domain import Features, Prediction, Recipe
from core.stages.networks.explain.gates import LayerTrace
from core.stages.networks.recurrent import NetworkSettings
from core.stages.preprocessing.time_edits import TimeEdit
from core.workflows import models, predictions
from core.workflows.explanations import inside
from core.workflows.explanations.inside import CnnSummary, NetworkTrace
from pages.ui import state
from pages.ui.common.network import diagram as network_diagram
from tests.pages.test_pages import CARD, DIGEST, clip, page, runner, told

__all__ = ["clip", "runner"]
ENGINE = "tensorflow-f32"
SUMMARY = CnnSummary(57, 12_345_678, (99, 223, 223))
OWN = replace(
    CARD, name="own", title="My model", network="network.keras", network_sha256="ab" * 32, settings={"units": 8}
)


@pytest.fixture
def card(clip, monkeypatch: pytest.MonkeyPatch):
    """A model with a network of its own, that is in use."""
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {OWN.name: OWN})
    state.store().write(inside.summary_key(OWN.backbone), SUMMARY, kind="cnn summary")
    return OWN


def network(**chosen):
    at = page("features")
    at.segmented_control(key="features.view").select("network").run()
    if chosen:
        at.segmented_control(key="features.part").select(chosen["part"]).run()
    return at


def keep_features(card) -> None:
    key = predictions.features_key(DIGEST, predictions.prepared(Recipe(), card), card.backbone, ENGINE)
    values = np.random.default_rng(0).normal(0, 1, (6, 12)).astype(np.float32)
    state.store().write(key, Features(np.arange(6) / 3, values, (0.0, 2.0)), kind="features", video=DIGEST)


def test_the_picture_has_a_box_for_each_part_with_its_shape_and_parameters():
    settings = NetworkSettings(units=64)
    parts = network_diagram.diagram("i3d-kinetics400", SUMMARY, settings, 5, clip="12 s", steps=38)
    assert [part.name for part in parts] == [
        "Clip", "Frames", "CNN", "Features", "Standardise", "Bidirectional GRU", "Scores",
    ]  # fmt: skip
    shapes = [part.shape for part in parts]
    assert shapes == ["12 s", "N × 224 × 224 × 3", "I3D (sees motion)", "38 × 1024", "38 × 1024", "38 × 128", "38 × 5"]
    assert parts[2].parameters == 12_345_678 and "99 frames" in parts[2].detail
    assert parts[-1].parameters == 129 * 5


def test_a_model_without_a_network_ends_in_the_classifier_of_its_cnn():
    parts = network_diagram.diagram("efficientnet-lite0", CnnSummary(1, 2, (1, 0, 0)), None, 1000)
    assert [part.name for part in parts] == ["Clip", "Frames", "CNN", "Features", "Scores"]
    assert "one frame, the whole picture" in parts[2].detail and parts[-1].parameters == 1281 * 1000


def test_names_in_the_picture_are_escaped():
    assert "<b>" not in network_diagram.html([network_diagram.DiagramPart("<b>x</b>", "<i>", "<u>")])


def test_the_network_of_the_model_is_shown_with_the_way_to_look_inside(card):
    at = network()
    words = told(at)
    assert "k-network" in words and "GRU" in words
    assert "Look inside the network" in words
    assert BACKBONES[card.backbone].title.split(",")[0] in words


def test_inside_the_rnn_shows_each_gate_of_each_direction(card):
    keep_features(card)
    rng = np.random.default_rng(1)
    names = ("hidden state", "update", "reset", "candidate")
    layers = tuple(
        LayerTrace(0, "gru", backward, names, rng.uniform(0, 1, (4, 6, 8)).astype(np.float32))
        for backward in (False, True)
    )
    scores = np.full((6, len(card.labels)), 1 / len(card.labels), np.float32)
    traced = NetworkTrace(np.arange(6) / 3, scores, layers, np.arange(6), scores)
    state.store().write(inside.trace_key(DIGEST, Recipe(), card, ENGINE), traced, kind="network trace")
    at = network(part="inside")
    (layer,) = (menu for menu in at.selectbox if menu.label == "Layer")
    assert layer.options == ["GRU layer, forward in time", "GRU layer, backward in time"]
    (gate,) = (menu for menu in at.selectbox if menu.label == "Values")
    assert gate.options == ["Hidden state", "Update", "Reset", "Candidate"]
    gate.select("update").run()
    assert "1 keeps all of it" in told(at)
    at = network(part="scores")
    assert "if it ended at this moment" in told(at)


def test_an_edit_of_time_is_compared_with_the_clip_as_it_is(card):
    store = state.store()
    labels = card.labels
    plain, edited = (
        np.tile(row, (4, 1)).astype(np.float32) for row in (np.eye(len(labels))[0], np.eye(len(labels))[1])
    )
    for key, scores in (
        (predictions.prediction_key(store, DIGEST, Recipe(), card, ENGINE), plain),
        (inside.edit_key(DIGEST, Recipe(), card, ENGINE, TimeEdit("shuffled")), edited),
    ):
        made = Prediction(np.arange(4) / 2 + 0.25, scores, labels, card.name, (0.0, 2.0))
        store.write(key, made, kind="edited prediction", video=DIGEST)
    words = told(network(part="time"))
    assert f"<b>{labels[0]}</b> (100 %) becomes <b>{labels[1]}</b> (100 %)" in words


def test_a_cnn_without_a_model_says_where_to_get_one(card):
    at = page("features")
    other = next(name for name in ("efficientnet-lite0", "i3d-kinetics400") if name != card.backbone)
    at.selectbox(key="features.backbone").select(other).run()
    at.segmented_control(key="features.view").select("network").run()
    assert "No model with this network" in told(at)
