"""A workspace that the program made at commit 4d565c9 opens, and nothing in it is made again; see tests/data."""

import json
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base import settings
from core.base.registry import STEPS
from core.cli import evaluation
from core.domain import (
    Branches,
    Change,
    Checkpoint,
    Contribution,
    Dataset,
    DrawnTrack,
    Duplicates,
    Evaluation,
    Features,
    FoldDone,
    Grouping,
    HeldOut,
    Index,
    Learned,
    Lines,
    ModelCard,
    Named,
    PerceptualHashes,
    Prediction,
    Quality,
    Recipe,
    Rivalry,
    Segment,
    Sheet,
    Split,
    Training,
    TrainingProgress,
    Trial,
    Vectors,
    VideoInfo,
)
from core.domain.fingerprint import fingerprint
from core.domain.jobs import Job
from core.domain.serialization import from_json, pretty_json, to_json
from core.stages.networks.explain.activations import Activations, FrameWindow
from core.stages.networks.explain.attribution import Attribution, Evidence
from core.stages.networks.explain.deletion import Deletion
from core.stages.networks.explain.layers import Architecture
from core.workflows import clips, datasets, explanations, frames, models, predictions, rendering, training
from core.workflows.annotation import journal, retraining
from core.workflows.datasets import importer
from core.workflows.evaluation import comparison, evaluator, results
from core.workflows.evaluation import report as reports
from core.workflows.experiments import tuning
from core.workflows.search import index, text_encoders, thumbnails, zero_shot
from core.workflows.texts.text_store import keep_lines, lines_of
from core.workflows.training import checkpoints, features, options, runs
from core.workspace.store import Store

ARCHIVE = Path(__file__).resolve().parents[1] / "data" / "workspace-4d565c9.zip"
LITE, I3D = "efficientnet-lite0", "i3d-kinetics400"
AS_IT_IS = Recipe()
CLASSES: dict[str, Any] = {  # what is stored under each kind of result; None for files
    "activations": Activations,
    "anatomy": Architecture,
    "attribution": Attribution,
    "checkpoint": Checkpoint,
    "contribution": Contribution,
    "dataset": Dataset,
    "deletion": Deletion,
    "duplicates": Duplicates,
    "evaluation": Evaluation,
    "evidence": Evidence,
    "export": None,
    "features": Features,
    "fold": FoldDone,
    "held out": HeldOut,
    "import": Dataset,
    "labels in words": Named,
    "lines": Lines,
    "looks": PerceptualHashes,
    "means": Features,
    "measured": VideoInfo,
    "moment picture": None,
    "network": None,
    "picture and words apart": Branches,
    "prediction": Prediction,
    "prediction with words": Prediction,
    "progress": TrainingProgress,
    "quality": Quality,
    "rivalry": Rivalry,
    "search": tuple[Trial, ...],
    "search index": Index,
    "set features": Dataset,
    "sheet": Sheet,
    "split": Split,
    "split of training": Split,
    "stretch": FrameWindow,
    "text vectors": Vectors,
    "training": Training,
    "version of a set": Learned,
}
TAGS = """
Activations Anatomy Attribution Baseline Branches Calibration Change Checkpoint Comparison Contribution Crop Dataset
Deletion Denoise Document Duplicates Epoch Estimate Evaluation Evidence Features Finding Flip FoldDone FoldResult Gamma
Grouping Head HeldOut Hold Index Item LabelScore Layer Learned Line Lines LocalContrast Looks Matching ModelCard Named
Origin Pair Point Prediction Progress Quality Recipe Repair Resample Resize Rivalry Rotate Scorecard Segment Sheet Split
Stretch TemporalSmooth Training Trial Trim Vectors VideoInfo array
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the old workspace, moved here, beside its manifest."""
    folder = tmp_path_factory.mktemp("old")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    workspace, before = folder / "workspace", json.loads((folder / "manifest.json").read_text("utf-8"))["workspace"]
    catalogue = sqlite3.connect(workspace / "catalogue.sqlite")
    with catalogue:
        catalogue.execute("UPDATE videos SET info = replace(info, ?, ?)", (before, str(workspace)))
        for table, column in (("results", "written"), ("jobs", "submitted")):  # as if made today: old ones are tidied
            shifted = f"UPDATE {table} SET {column} = {column} + ? - (SELECT max({column}) FROM {table})"
            catalogue.execute(shifted, (time.time(),))
    catalogue.close()
    return workspace


@pytest.fixture(scope="module")
def manifest(opened: Path) -> dict[str, Any]:
    """What the script that made the workspace noted of it."""
    return json.loads((opened.parent / "manifest.json").read_text("utf-8"))


@pytest.fixture
def old(opened: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The old workspace as that of this program; whoever tries to write a result fails."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(opened))
    monkeypatch.setenv("KINETOSCOPE_ENGINE", manifest["engine"])
    monkeypatch.setattr(Store, "_filing", _refused)
    settings.current.cache_clear()
    store = Store(opened)
    yield store
    store.close()
    settings.current.cache_clear()


def _refused(_store: Store, key: str, kind: str, _video: str) -> None:
    raise AssertionError(f"a result of kind {kind!r} is made again: {key}")


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """What the catalogue answers, read beside the store."""
    catalogue = sqlite3.connect(store.workspace / "catalogue.sqlite")
    try:
        return catalogue.execute(query).fetchall()
    finally:
        catalogue.close()


def tags(value: Any) -> set[str]:
    """The names of classes in parsed JSON."""
    if isinstance(value, dict):
        own = {value["type"]} if isinstance(value.get("type"), str) else set()
        return own.union(*map(tags, value.values()))
    return set().union(*map(tags, value)) if isinstance(value, list) else set()


# What lies in it ------------------------------------------------------------------------------------------------------


NEWER_STEPS = {"Lighten", "Views"}  # which no recipe of the old workspace has


def test_the_workspace_holds_a_value_of_every_class(manifest):
    assert set(manifest["classes"]) == set(TAGS.split())
    assert {kind for _, kind, _ in manifest["results"]} == set(CLASSES)
    assert set(STEPS) - NEWER_STEPS <= set(manifest["classes"])


def test_the_catalogue_lists_all_results(old, manifest):
    assert old.tidy() is None
    listed = rows(old, "SELECT key, kind, video FROM results ORDER BY kind, key")
    assert [list(row) for row in listed] == manifest["results"]
    assert all(old.has(key) for key, *_ in listed)


def as_then(text: str) -> str:
    """The JSON of a value without the fields that its class got since then, which are empty."""
    for later in (
        '"channels":0,',
        '"interval":[],',
        '"validation_curve":[],',
        '"jumps":[],',
        '"points_added":[],"points_first":0,"points_removed":[],',
    ):
        text = text.replace(later, "")
    return text


def test_every_result_is_read_and_written_as_it_was(old, manifest):
    for key, kind, _ in manifest["results"]:
        folder = old.workspace / "results" / key
        if CLASSES[kind] is None:
            assert old.file_path(key).stat().st_size > 0
            continue
        arrays: dict[str, np.ndarray] = {}
        text = (folder / "value.json").read_text("ascii")
        assert as_then(to_json(old.read(key, CLASSES[kind]), arrays=arrays)) == text, kind
        assert {f"{name}.npy" for name in arrays} == {path.name for path in folder.glob("*.npy")}
        for name, values in arrays.items():
            kept = np.load(folder / f"{name}.npy")
            assert values.dtype == kept.dtype and np.array_equal(values, kept)


def test_clips_recipes_and_cards_are_read_and_written_as_they_were(old, manifest):
    for digest, text in rows(old, "SELECT digest, info FROM videos"):
        assert as_then(to_json(old.video(digest), arrays={})) == text
        assert Path(old.video(digest).path).is_file()
    texts = dict(rows(old, "SELECT name, body FROM recipes"))
    assert {name: to_json(recipe) for name, recipe in old.recipes().items()} == texts
    steps = len(STEPS) - len(NEWER_STEPS)
    assert len(texts) == steps + 1 and len(old.recipes()["all steps"].steps) == steps
    path = old.workspace / "models" / "squares" / "card.json"
    assert pretty_json(from_json(path.read_text("utf-8"), ModelCard)) == path.read_text("utf-8")
    assert old.label_slots(["nothing certain", "left"]) == {"nothing certain": 2, "left": 0}


def test_each_entry_of_the_journals_is_read_and_written_as_it_was(old):
    states = rows(old, "SELECT body FROM track_states")
    edits = rows(old, "SELECT kind, body FROM edits WHERE body != ''")
    assert len(states) == 1 and len(edits) == 13
    for kind, body in [*edits, *(("begin", body) for (body,) in states)]:
        assert as_then(to_json(from_json(body, DrawnTrack if kind == "begin" else Change))) == body


def test_jobs_are_as_they_were(old, manifest):
    bodies = [json.loads(body) for (body,) in rows(old, "SELECT body FROM jobs ORDER BY submitted DESC")]
    assert [asdict(job) for job in old.jobs()] == [asdict(Job("", "")) | body for body in bodies]
    states = {job.title: (job.state, job.fraction, job.hint) for job in old.jobs()}
    assert states["Labels of the sample clip"] == ("done", 1.0, "")
    assert states["Copy for the browser"] == ("failed", 0.0, "Make some.")
    assert old.load_job("made-set").done == 3  # type: ignore[union-attr]


# Keys -----------------------------------------------------------------------------------------------------------------


def keys_of_clips(old: Store, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys of results of clips, as this program makes them."""
    engine, recipes = manifest["engine"], old.recipes()
    sample, dot, moving = (manifest["clips"][name] for name in ("sample", "dot", "moving"))
    for name, recipe in recipes.items():
        yield f"features of {name.removeprefix('only ')}", predictions.features_key("ab" * 32, recipe, I3D, engine)
    yield "sheet", frames.sheet_key(sample, frames.spread(old.video(sample), 3))
    yield "quality", frames.quality_key(sample)
    yield "frames", frames.export_key(moving, (1, 4), recipes["only Flip"], ("a", "b"))
    yield "moment picture", thumbnails.picture_key(sample, 1.5)
    for model in ("actions-15", "kinetics400"):
        card, _ = models.ModelLibrary.of(old).get(model)
        yield f"prediction of {model}", predictions.prediction_key(old, sample, AS_IT_IS, card, engine)
    base = manifest["keys"]["prediction of actions-15"]
    yield "named", zero_shot.named_key(base, ("someone throws a ball", "a clock ticks"))
    use = text_encoders.ENCODERS[text_encoders.USUAL]
    yield "vectors", fingerprint("text vectors", 1, use.name, use.version, ("left", "right"))
    (known,) = old.keys(index.KIND)
    kinds = (*predictions.KINDS, "lines")
    sources = {key: (key, video, kind) for kind in kinds for key, video in old.made(kind)}
    yield "index", index.key_of([sources[key] for key in old.read(known, Index).sources])
    strips = (rendering.Strip("mine", (Segment(0.0, 0.5, "right", 0.75, "a note"),)), rendering.Strip("other", ()))
    yield "cuts", rendering.cut_key(moving, strips)
    card, _ = models.ModelLibrary.of(old).get("squares")
    key = predictions.prediction_key(old, moving, AS_IT_IS, card, engine)
    colours = (("right", "#112233"), ("left", "#445566"))
    yield "film", rendering.film_key(old, moving, rendering.Wanted(strips, colours, key))
    wanted = rendering.Wanted(strips, (), key, True, recipes["only Flip"], "squares", engine)
    yield "film with activation", rendering.film_key(old, moving, wanted)
    yield from keys_of_reasons(old, dot, card, engine)


def keys_of_reasons(old: Store, dot: str, card: ModelCard, engine: str) -> Iterator[tuple[str, str]]:
    """The keys of all that shows why a label was given."""
    recipe = predictions.prepared(AS_IT_IS, card)
    prediction = predictions.prediction_key(old, dot, AS_IT_IS, card, engine)
    yield "prediction of squares", prediction
    yield "branches", predictions.branches_key(prediction)
    asked = explanations.ExplanationQuestion(explanations.ClipWindow(dot, recipe, LITE, 0), card, engine, 1, 1)
    known = explanations.anatomy(old, LITE)
    yield "anatomy", explanations.anatomy_key(LITE)
    yield "stretch", asked.view.key
    yield "activations", asked.view.layer_key(known.last)
    yield "attribution", asked.attribution_key
    yield "deletion", asked.deletion_key("blur")
    yield "evidence", asked.gradient_key
    yield "means", explanations.means_key(dot, recipe, LITE, known.first)


def keys_of_sets(old: Store, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys of labelled sets and of what was learned from them."""
    engine, dataset = manifest["engine"], old.dataset("Squares")
    yield "dataset", datasets.key(dataset)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2, seed=3, joins=((0, 1),))
    yield "split", datasets.split_key(split)
    yield "split of the search", datasets.split_key(datasets.leave_one_group_out(dataset, Grouping("column")))
    yield "duplicates", importer.duplicates_key(datasets.key(dataset))
    waiting = datasets.Source(
        "/tmp/kinetoscope-4d565c9/waiting", form="folder", name="Waiting", columns=(("label", "what"),)
    )
    yield "import", importer.import_key(waiting)
    recipe, dials = options.view("whole-plain", LITE), chosen()
    yield "set features", features.set_key(datasets.key(dataset), recipe, LITE, engine)
    plan = partial(runs.plan, old, dataset, split, backbone=LITE, engine=engine, recipe=recipe, options=dials)
    yield "training with words", plan(seed=5, words=True)
    yield "stopped training", plan(seed=6)
    apart = manifest["keys"]["split of the search"]
    yield "search", tuning.search_key(search(datasets.key(dataset), apart, engine))
    yield "drawn set", datasets.key(old.dataset("Drawn scenes"))
    yield "planned training", retraining.plan(old, "Drawn scenes", engine, seed=2)
    yield from keys_of_evaluations(old, manifest)


def chosen() -> options.Options:
    """How the networks of the old workspace were trained."""
    return options.Options(units=1, epochs=2, patience=1, dropout=0.1, stop_early=True)


def search(dataset: str, split: str, engine: str) -> tuning.Search:
    """The search for settings of the old workspace."""
    return tuning.Search("Squares", dataset, split, (LITE,), engine, "whole-plain", chosen(), most=2, seconds=60.0)


def questions(manifest: dict[str, Any]) -> dict[str, evaluator.EvaluationQuestion]:
    """What was evaluated in the old workspace."""
    keys, engine = manifest["keys"], manifest["engine"]
    swapped = (("left", "right"), ("right", "left"))
    return {
        "run": evaluator.EvaluationQuestion("Squares", "run", keys["training with words"]),
        "stopped run": evaluator.EvaluationQuestion("Squares", "run", keys["stopped training"]),
        "model": evaluator.EvaluationQuestion(
            "Squares", "model", "squares", grouping=Grouping("column"), engine=engine
        ),
        "matched model": evaluator.EvaluationQuestion(
            "Squares", "model", "squares", split=keys["split"], pairs=swapped, engine=engine
        ),
    }


def keys_of_evaluations(old: Store, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    made = {name: evaluator.question_key(old, question) for name, question in questions(manifest).items()}
    yield from ((f"evaluation of {name}", key) for name, key in made.items())
    yield "rivalry", comparison.rivalry_key(made["run"], made["model"])
    yield "report", reports.report_key(made["run"])


UNSTORED = {"dataset", "drawn set", "film with activation", "split of the search"}  # names of content, not of results


def test_every_key_is_made_as_it_was(old, manifest):
    made = dict(keys_of_clips(old, manifest)) | dict(keys_of_sets(old, manifest))
    expected = dict(manifest["keys"])
    private = {name: expected.pop(name) for name in ("contribution", "version of a set")}
    assert made == expected
    stored = {name for name in made if not name.startswith("features of ")} - UNSTORED
    assert [name for name in sorted(stored) if not old.has(made[name])] == []
    assert all(map(old.has, private.values()))


# Nothing is made again ------------------------------------------------------------------------------------------------


def test_work_that_was_done_is_not_done_again(old, manifest):
    engine, (sample, dot) = manifest["engine"], (manifest["clips"][name] for name in ("sample", "dot"))
    for model in ("actions-15", "kinetics400"):
        predictions.predict(old, sample, AS_IT_IS, model, engine)
    card, _ = models.ModelLibrary.of(old).get("squares")
    predictions.predict(old, dot, AS_IT_IS, "squares", engine)
    explanations.check(
        old,
        explanations.ExplanationQuestion(
            explanations.ClipWindow(dot, predictions.prepared(AS_IT_IS, card), LITE, 0), card, engine, 1, 1
        ),
    )
    actions, _ = models.ModelLibrary.of(old).get("actions-15")
    zero_shot.find_named(old, sample, AS_IT_IS, actions, engine, ("someone throws a ball", "a clock ticks"))
    frames.make_sheet(old, sample, frames.spread(old.video(sample), 3))
    thumbnails.make_picture(old, sample, 1.5)
    assert clips.add_sample(old) == sample
    assert text_encoders.stored_vectors(old, text_encoders.ENCODERS[text_encoders.USUAL], ("left", "right")).shape == (
        2,
        512,
    )
    spoken = next(each for each in lines_of(old, sample) if each.source == "subtitle")
    keep_lines(old, sample, "subtitle", spoken.lines)
    assert features.gathered(old, old.dataset("Squares"), options.view("whole-plain", LITE), LITE, engine)


def test_the_command_line_finds_the_evaluation(old, manifest):
    judged = evaluation.run(
        old,
        "Squares",
        model=manifest["keys"]["training with words"][:12],
        groups="",
        split="",
        strangers="left out",
        match=(),
        engine=manifest["engine"],
        report=lambda *_: None,
    )
    assert scores(judged) == manifest["numbers"]["scores of the evaluation of run"]


def scores(judged: Evaluation) -> dict[str, float | None]:
    """The numbers of an evaluation by the names of their metrics."""
    return {name: estimate.value for name, estimate in judged.card.overall.items()}


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["actions-15", "kinetics400"])
def test_the_labels_of_the_sample_clip_are_as_they_were(old, manifest, model):
    card, _ = models.ModelLibrary.of(old).get(model)
    told = predictions.analysis(old, manifest["clips"]["sample"], AS_IT_IS, card, manifest["engine"])
    best = [[one.label, round(one.score, 6)] for one in told.ranking[:3]]
    assert best == manifest["numbers"][f"ranking of {model}"]
    track = [[one.start_s, one.stop_s, one.label, round(one.confidence or 0, 6)] for one in told.track.segments]
    assert track == manifest["numbers"][f"track of {model}"]


def test_trainings_and_evaluations_say_what_they_said(old, manifest):
    numbers, keys = manifest["numbers"], manifest["keys"]
    for name in ("training with words", "stopped training"):
        record = checkpoints.run_of(old, keys[name])
        assert record.scores == numbers[f"scores of {name}"] and record.state == numbers[f"state of {name}"]
    for name in questions(manifest):
        judged = results.read(old, keys[f"evaluation of {name}"])
        assert scores(judged) == numbers[f"scores of the evaluation of {name}"]
    stopped = keys["stopped training"]
    assert checkpoints.progress(old, stopped) and len(checkpoints.folds_done(old, stopped)) == 1
    assert len(checkpoints.held_out(old, stopped).items) and len(checkpoints.probe(old, stopped).items)
    assert set(training.all_runs(old)) == {keys[f"{name} training"] for name in ("stopped", "planned")} | {
        keys["training with words"]
    }
    assert [trial.number for trial in tuning.trials(old, keys["search"])] == [0, 1]
    assert retraining.model_of(old, keys["training with words"]) == "squares"


def test_drawn_labels_are_as_they_were(old, manifest):
    names, told = manifest["numbers"]["tracks"], manifest["numbers"]["scenes"]
    tracks = {state.track_id: state for state in journal.tracks(old, manifest["clips"]["sample"])}
    assert set(tracks) == {names["scenes"], names["other"]}
    state = tracks[names["scenes"]]
    assert [[one.start_s, one.stop_s, one.label, one.note] for one in state.document.segments] == told["segments"]
    assert "a person wrote this note" in {one.note for one in state.document.segments}
    assert (state.number, list(state.document.labels)) == (told["number"], told["labels"])
    assert [list(map(list, steps)) for steps in (state.done, state.undone)] == [told["done"], told["undone"]]
    assert old.last_serial(state.track_id, "window 1") == 3
    notes = next(each for each in lines_of(old, manifest["clips"]["sample"]) if each.source == "note")
    assert [line.text for line in notes.lines] == ["cards slide onto the table"]


def test_a_network_of_the_old_workspace_still_says_what_it_said(old, manifest):
    card, folder = models.ModelLibrary.of(old).get("squares")
    dot = manifest["clips"]["dot"]
    seen = old.read(
        predictions.features_key(dot, predictions.prepared(AS_IT_IS, card), LITE, manifest["engine"]), Features
    )
    both, _ = predictions.label_with_words(card, folder, seen, ())
    kept = old.read(manifest["keys"]["prediction of squares"], Prediction)
    assert np.allclose(both.scores, kept.scores, atol=1e-5) and both.labels == kept.labels
