"""The Evaluate page: empty, under way, failed, ready; what a click lists; every view; what it says in words."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.base.registry import METRICS
from core.domain import Dataset, Evaluation, FoldResult, Grouping, HeldOut, Item, Matching, ModelCard, Recipe, Segment
from core.domain.jobs import Job
from core.workflows import datasets, evaluation, models, training
from core.workflows.evaluation import choices, comparison
from core.workflows.training import checkpoints
from core.workspace.store import Store
from pages.ui import cache, state
from pages.ui.evaluate import confusion_matrix, descriptions, metric_figures
from tests.pages.test_pages import FakeRunner, button, downloads_of, give, page, runner, told, video_info

__all__ = ["runner"]

LABELS = ("jump", "run", "walk")
PEOPLE = ("ann", "bob", "cy", "dee")
MISTAKES = {1: 2, 4: 2, 6: 1, 16: 0}  # clip: what is said of it


def some_set(labels: tuple[str, ...] = LABELS, count: int = 24) -> Dataset:
    """Clips of some classes and four persons."""
    items = tuple(
        Item(f"{place:064x}", f"{labels[place % len(labels)]}/{PEOPLE[place // len(labels) % 4]}_{place}.mp4", 3.0,
             label=labels[place % len(labels)])
        for place in range(count)
    )  # fmt: skip
    return Dataset("Moves", labels, items, source="folder /clips")


def over_time_set() -> Dataset:
    """Four clips of two segments and a gap each."""
    segments = (Segment(0.0, 1.5, "run"), Segment(2.0, 4.0, "walk"))
    items = tuple(
        Item(f"{place:064x}", f"{who}_{place}.mp4", 4.0, segments=segments, seen=((0.0, 4.0),))
        for place, who in enumerate(PEOPLE)
    )
    return Dataset("Moves", ("nothing", "run", "walk"), items, background="nothing", source="folder /clips")


def scores_of(predicted: np.ndarray, count: int) -> np.ndarray:
    """Scores that are surer from clip to clip, with the best on what is predicted."""
    rows = np.arange(len(predicted))
    scores = np.full((len(predicted), count), 0.1, np.float32)
    scores[rows, predicted] = 0.6 + rows / len(rows)
    return scores / scores.sum(axis=1, keepdims=True)


def clip_answers(dataset: Dataset, mistakes: dict[int, int]) -> HeldOut:
    """What networks said of the clips of a set: the truth, but for some."""
    count = len(dataset.items)
    truth = np.array([dataset.labels.index(item.label) for item in dataset.items])
    said = truth.copy()
    said[list(mistakes)] = list(mistakes.values())
    rows = np.arange(count)
    scores = scores_of(said, len(dataset.labels))
    return HeldOut(rows, rows // len(dataset.labels) % 2, np.arange(count + 1), np.full(count, 1.5), truth, scores)


def step_answers(dataset: Dataset) -> HeldOut:
    """What networks said of each half second of clips labelled over time: the truth, but one step late."""
    truth = np.tile([1, 1, 1, 0, 2, 2, 2, 2], len(dataset.items))
    said = np.roll(truth, 1)
    times_s = np.tile(np.arange(8) / 2 + 0.25, len(dataset.items))
    places = np.arange(len(dataset.items))
    starts = np.arange(len(dataset.items) + 1) * 8
    return HeldOut(places, places % 2, starts, times_s, truth, scores_of(said, len(dataset.labels)))


def trained(store: Store, dataset: Dataset, said: HeldOut, *, seed: int = 0, **changes) -> str:
    """The key of a training of that set that ended with these answers."""
    split = datasets.grouped_folds(dataset, Grouping("pattern", r"[a-z]+(?=_\d)"), count=2)
    key = training.plan(
        store, dataset, split, name=f"Try {seed + 1}", backbone="i3d-kinetics400", engine="tensorflow-f32",
        recipe=Recipe(), options=training.Options(), seed=seed,
    )  # fmt: skip
    for what in ("held out", "probe"):
        checkpoints.Checkpoints(store, key).keep_held_out(said, what)
    record = training.run_of(store, key)
    folds = (FoldResult(("ann",), 12, 1.0, (), 0),) * 2
    ended: dict[str, Any] = {"state": "done", "folds": folds, "scores": {"accuracy": 0.83}, "created": 1.0 + seed}
    store.write(key, replace(record, **(ended | changes)), kind="training")
    return key


@pytest.fixture
def store(runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(state, "models", dict)
    return state.store()


@pytest.fixture
def run(store: Store) -> str:
    """A training on a set of 24 clips, four of which are named wrongly."""
    dataset = some_set()
    store.save_dataset(dataset, datasets.key(dataset))
    return trained(store, dataset, clip_answers(dataset, MISTAKES))


def answered(store: Store, run: str) -> str:
    """The key of the evaluation of a training, which is made."""
    asked = evaluation.EvaluationQuestion("Moves", "run", run)
    evaluation.evaluate(store, asked)
    return evaluation.question_key(store, asked)


@pytest.fixture
def key(store: Store, run: str) -> str:
    return answered(store, run)


def view(at, name: str):
    return next(one for one in at.segmented_control if one.label == "View").select(name).run()


def chosen(at, label: str):
    return next(one for one in (*at.segmented_control, *at.selectbox, *at.multiselect) if one.label == label)


def click(at, name: str, *customdata):
    """Click a marker of the chart of that name."""
    at.session_state[name] = {"selection": {"points": [{"customdata": list(customdata)}]}}
    return at.run()


# Before there are numbers ---------------------------------------------------------------------------------------------


def test_without_a_set_the_page_says_where_to_get_one(store):
    words = told(page("evaluate"))
    assert "No datasets yet" in words and "Open Datasets" in words


def test_without_a_training_or_model_the_page_says_what_to_do(store):
    dataset = some_set()
    store.save_dataset(dataset, datasets.key(dataset))
    assert "Nothing to evaluate yet" in told(page("evaluate"))


def test_the_newest_training_is_evaluated_at_once_and_shows_its_progress(store, run, runner):
    at = page("evaluate")
    (job,) = runner.known.values()
    assert job.title == "Evaluate" and job.active
    assert (chosen(at, "Dataset").value, chosen(at, "Dataset").disabled) == ("Moves", False)
    assert any(one.label == "Cancel" for one in at.button)
    assert "Try 1, 83 %" in "".join(chosen(at, "Run or model").options)


def test_an_evaluation_that_failed_says_why_and_can_be_tried_again(store, run, runner):
    asked = evaluation.question_key(store, evaluation.EvaluationQuestion("Moves", "run", run))
    runner.known[asked] = Job(asked, "Evaluate", "failed", error="It died.", hint="Look at the set.")
    at = page("evaluate")
    words = told(at)
    assert "It died" in words and "Look at the set" in words
    button(at, "Try again").click().run()
    assert runner.known[asked].active


def test_a_training_whose_answers_are_gone_is_told(store, run, runner):
    store.delete_dataset("Moves")
    dataset = some_set(count=21)
    store.save_dataset(dataset, datasets.key(dataset))
    assert "Nothing to evaluate yet" in told(page("evaluate")), "of another content of the set"


def test_a_model_is_judged_at_first_on_groups_it_never_saw_and_its_classes_can_be_matched(store, monkeypatch, runner):
    dataset = some_set()
    store.save_dataset(dataset, datasets.key(dataset))
    card = ModelCard("m", "My model", "i3d-kinetics400", 1, ("run", "walk", "hop"), settings={"held_out": ("ann",)})
    monkeypatch.setattr(state, "models", lambda: {"m": card})
    monkeypatch.setattr(models.ModelLibrary, "get", lambda library, name: (card, None))
    at = page("evaluate")
    on = chosen(at, "Clips")
    assert on.options == ["6 clips that the model was not trained on", "All 24 clips of the dataset"]
    assert "Unknown to the model: jump (1 class, 8 clips of 24)" in told(at)
    chosen(at, "Clips of unknown classes").select("wrong").run()
    button(at, "Evaluate").click().run()
    chosen(at, "“jump” corresponds to").select("hop").run()
    assert not [one for one in at.segmented_control if one.label == "Clips of unknown classes"]
    button(at, "Evaluate").click().run()
    chosen(at, "Clips").select("").run()
    button(at, "Evaluate").click().run()
    assert len(runner.known) == 3, "each is a question of its own"
    told(at)


def known_models(monkeypatch, **labels: tuple[str, ...]) -> None:
    """Let there be models that know these labels."""
    cards = {name: ModelCard(name, f"Model {name}", "i3d-kinetics400", 1, those) for name, those in labels.items()}
    monkeypatch.setattr(state, "models", lambda: cards)
    monkeypatch.setattr(models.ModelLibrary, "get", lambda library, name: (cards[name], None))


def test_the_first_choice_is_the_model_that_knows_most_labels(store, monkeypatch):
    dataset = some_set()
    store.save_dataset(dataset, datasets.key(dataset))
    known_models(monkeypatch, a=("hop", "swim"), b=("hop", "Run"), c=("run", "walk"), d=("jump", "walk"))
    assert chosen(page("evaluate"), "Run or model").value == "model:c"


def test_a_model_that_knows_no_label_cannot_be_evaluated_until_one_is_matched(store, monkeypatch, runner):
    dataset = some_set()
    store.save_dataset(dataset, datasets.key(dataset))
    known_models(monkeypatch, a=("hop", "swim"))
    at = page("evaluate")
    assert button(at, "Evaluate").disabled and not runner.known
    assert "knows none of the labels of &#x27;Moves&#x27;" in told(at) and "match labels by hand" in told(at)
    chosen(at, "Clips of unknown classes").select("wrong").run()
    assert button(at, "Evaluate").disabled, "nor with all of them counted as errors"
    question = evaluation.EvaluationQuestion(
        "Moves", "model", "a", strangers="wrong", engine="tensorflow-f32", grouping=cache.suggested_split(
            store.datasets()[0]
        ).grouping,
    )  # fmt: skip
    failed = evaluation.question_key(store, question)
    runner.known[failed] = Job(failed, "Evaluate", "failed", error="The model knows none of the labels.")
    assert not [element for element in at.run().button if element.label == "Try again"]
    chosen(at, "“jump” corresponds to").select("hop").run()
    assert not button(at, "Evaluate").disabled
    button(at, "Evaluate").click().run()
    assert len(runner.known) == 2


# Overview -------------------------------------------------------------------------------------------------------------


def test_the_first_screen_tells_the_outcome_with_interval_warning_and_what_is_simpler(key):
    at = page("evaluate")
    words = told(at)
    assert "<b>83 %</b> of 24 clips were correctly classified." in words
    assert "Expected on similar groups" in words and "from 4 groups" in words
    assert "The test data contains only 4 groups" in words
    assert {one.label: one.value for one in at.metric}["Accuracy"] == "83.3 %"
    assert all(one.help.count(".") >= 2 for one in at.metric), "two sentences each"
    assert len(at.get("plotly_chart")) == 3


def matrix_chart(key: str, turn: int = 0) -> str:
    return f"evaluate.matrix.{key}.counts.{turn}.{hash((0, 1, 2))}"


def test_a_click_on_a_cell_lists_exactly_its_clips_and_one_way_back(key):
    at = click(page("evaluate"), matrix_chart(key), 1, 2)
    words = told(at)
    assert "“run” predicted as “walk”" in words and "\n2 clips" in words
    listing = cache.listing(key, ("cell", "run", "walk"), "as listed", 0, 50)
    assert [case.path for case in listing.cases] == ["run/ann_1.mp4", "run/bob_4.mp4"]
    at = click(at, matrix_chart(key), 0, 2)
    assert "“jump” predicted as “walk”" in told(at) and "No clips match this selection" in told(at)
    button(at, "All classes").click().run()
    assert "Per class" in told(at)


def test_every_cell_lists_as_many_clips_as_it_counts(key):
    found = cache.evaluation(key)
    for (truth, said), count in np.ndenumerate(found.card.confusion):
        listing = cache.listing(key, ("cell", LABELS[truth], LABELS[said]), "surest mistakes", 0, 50)
        assert (listing.rows, len(listing.cases)) == (count, count)
        assert all((case.truth, case.predicted) == (LABELS[truth], LABELS[said]) for case in listing.cases)


def test_every_bin_and_every_point_of_a_curve_lists_as_many_clips_as_it_counts(key):
    found = cache.evaluation(key)
    for scaled in (0, 1):
        table = evaluation.reliability(found, calibrated=bool(scaled))
        for place, count in enumerate(table.counts):
            assert cache.listing(key, ("bin", place, scaled), "as listed", 0, 50).rows == count
    curve = cache.curve(key, "run", "roc")
    assert curve is not None
    drawn: Any = metric_figures.curve(curve, "roc", 1 / 3, dark=False).data[1]
    for false, true, (threshold,) in zip(drawn.x, drawn.y, drawn.customdata, strict=True):
        listing = cache.listing(key, ("above", "run", threshold, "all"), "as listed", 0, 50)
        assert listing.rows == pytest.approx((16 * false + 8 * true) / 100)


def test_a_click_on_a_class_lists_its_mistakes(key):
    at = click(page("evaluate"), f"evaluate.classes.{key}.recall.worst first.0", "walk")
    words = told(at)
    assert "“walk”: errors" in words and "\n2 clips" in words


def test_a_clip_that_is_watched_tells_truth_and_prediction_and_leads_on(store, key):
    info = video_info("/clips/ann_1.mp4", digest=f"{4:064x}")
    store.save_video(info)
    at = click(page("evaluate"), matrix_chart(key), 1, 2)
    give(at, **{"page.evaluate.watched": ("overview", 0)})
    words = told(at.run())
    assert "run/bob_4.mp4" in words and "predicted" in words and "1 of 2" in words
    button(at, "Next").click().run()
    words = told(at)
    assert ("run/ann_1.mp4" in words and "2 of 2" in words and "not known" in words.lower()) or at.error


# The other views ------------------------------------------------------------------------------------------------------


def test_errors_lists_all_mistakes_pairs_and_classes(key):
    at = view(page("evaluate"), "errors")
    assert "All errors" in told(at) and "\n4 clips" in told(at)
    at = chosen(at, "Errors").select("pairs").run()
    (pairs,) = [table.value for table in at.dataframe]
    assert list(pairs["Count"]) == [2, 1, 1]
    at = chosen(at, "Errors").select("class").run()
    assert "errors" in told(at)
    at = chosen(at, "Show").select("right").run()
    assert "correctly classified" in told(at)
    at = chosen(at, "Errors").select("suspects").run()
    assert "Suspicious labels" in told(at) or "No suspicious labels" in told(at)


def test_confidence_lists_a_bin_and_what_a_threshold_does(key):
    at = view(page("evaluate"), "confidence")
    words = told(at)
    assert "Click a point of the plot" in words and "Brier score" in {one.label for one in at.metric}
    found = cache.evaluation(key)
    table = evaluation.reliability(found)
    place = int(np.argmax(table.counts))
    at = click(at, f"evaluate.reliability.{key}.False", place)
    assert f"\n{int(table.counts[place])} clips" in told(at)
    counts = [one for one in at.button if re.match(r"Correct:|False positives:|False negatives:", one.label)]
    numbers = {one.label.partition(":")[0]: int(one.label.partition(": ")[2]) for one in counts}
    assert numbers["Correct"] + numbers["False negatives"] == 8, "each class has eight clips"
    button(at, f"False negatives: {numbers['False negatives']}").click().run()
    assert "with a score below" in told(at)


def test_a_point_of_a_curve_lists_what_is_said_from_there_on(key):
    at = view(page("evaluate"), "confidence")
    at = chosen(at, "Chart").select("roc").run()
    label = str(chosen(at, "Class").value)
    at = click(at, f"evaluate.roc.{key}.{label}", 0.5)
    many = len(choices.rows(cache.evaluation(key), ("above", label, 0.5, "all")))
    assert f"Score of “{label}” at least 50.0 %" in told(at) and f"\n{many} clips" in told(at)


def test_a_set_labelled_over_time_counts_moments_and_shows_ribbons(store, runner):
    dataset = over_time_set()
    store.save_dataset(dataset, datasets.key(dataset))
    key = answered(store, trained(store, dataset, step_answers(dataset), over_time=True))
    for item in dataset.items:
        store.save_video(video_info(f"/clips/{item.path}", digest=item.video, duration_s=4.0))
    at = page("evaluate")
    assert "of 32 moments were correctly classified" in told(at)
    at = view(at, "errors")
    found = cache.evaluation(key)
    listing = cache.listing(key, ("mistakes",), "surest mistakes", 0, 50)
    assert listing.rows == len(evaluation.mistakes(found)) and listing.total < listing.rows + 1
    assert f"{listing.rows} moments in {listing.total} stretches" in told(at)
    words = told(view(at, "time"))
    assert "k-ribbon" in words and "Edit score" in {one.label for one in at.metric}


def test_two_trainings_are_compared_and_what_changed_side_is_listed(store, run, runner):
    second = trained(store, some_set(), clip_answers(some_set(), {1: 2}), seed=-1)
    one, other = answered(store, run), answered(store, second)
    at = view(page("evaluate"), "compare")
    rival = evaluation.rivalry_key(one, other)
    assert runner.known[rival].title == "Compare"
    evaluation.compare(store, one, other)
    words = told(at.run())
    assert "The second is <b>12.5 points</b> ahead" in words
    assert "Only the second is correct" in words and "\n3 clips" in words


def test_alone_there_is_nothing_to_compare_with(key):
    assert "Nothing to compare with" in told(view(page("evaluate"), "compare"))


def test_the_report_is_made_by_a_job_and_then_offered(store, key, runner):
    at = view(page("evaluate"), "report")
    button(at, "Create report").click().run()
    report = evaluation.report_key(key)
    assert runner.known[report].active
    store.write_file(report, lambda path: path.write_text("<!doctype html>"), kind="export")
    words = told(at.run())
    assert f'href="/exports/{report}"' in words and ".html" in words
    files = downloads_of(at)
    judged = evaluation.read(store, key)
    assert files["JSON"].read() == evaluation.as_json(judged) and files["CSV"].read() == evaluation.as_csv(judged)
    assert "core evaluate Moves" in at.code[0].value


# Words and figures ----------------------------------------------------------------------------------------------------


def test_every_metric_is_explained_in_two_sentences():
    short = {name for name, metric in METRICS.items() if not re.search(r"[.?;:] .*[.]$", metric.help)}
    assert not short


def test_clips_that_were_left_out_and_a_single_class_are_the_first_warnings(store):
    dataset = some_set()
    found = evaluated(store, dataset, clip_answers(dataset, {}))
    matching = Matching((("walk", "walk"),), ("jump", "run"), 16, 3)
    some = replace(found, origin=replace(found.origin, matching=matching))
    assert descriptions.warnings(some)[0].startswith(
        "16 clips of 2 classes were excluded because these classes are unknown to the model: jump and run"
    )
    wrong = replace(some, origin=replace(some.origin, matching=replace(matching, left_out=False)))
    assert "excluded" not in descriptions.warnings(wrong)[0]
    assert descriptions.true_classes(found) == list(LABELS)
    alone = np.where(np.arange(len(LABELS))[:, None] == 0, found.card.confusion, 0)
    single = replace(found, card=replace(found.card, confusion=alone))
    assert f"one class, {LABELS[0]}" in descriptions.warnings(single)[0]


def test_a_leak_is_the_headline_and_nothing_is_expected_of_new_clips(store):
    dataset = some_set()
    leak = "LEAK: this model was trained on 24 of the 24 clips that it is evaluated on. The scores may mislead."
    judged = replace(evaluated(store, dataset, clip_answers(dataset, {})), warnings=(leak, "another."))
    assert ">This model was trained on 24 of the 24 clips that it is evaluated on.<" in descriptions.sentence(judged)
    assert descriptions.expected(judged) == "100 % of 24 clips were correctly classified. The scores may mislead."
    assert not any("LEAK" in text or "trained on" in text for text in descriptions.warnings(judged))
    key = "ab" * 32
    store.write(key, judged, kind="evaluation")
    read = evaluation.read(store, key)
    assert descriptions.interval("accuracy", read.card.overall["accuracy"]) == "no interval"
    evaluation.compare(store, key, key)
    rivalry = comparison.read(store, evaluation.rivalry_key(key, key))
    assert "trained on 24 of the 24 clips that it is evaluated on.<" in descriptions.beaten(rivalry, "accuracy")
    assert "No winner." in descriptions.beaten(rivalry, "accuracy") and "ahead" not in descriptions.beaten(
        rivalry, "accuracy"
    )


def evaluated(store: Store, dataset: Dataset, said: HeldOut) -> Evaluation:
    store.save_dataset(dataset, datasets.key(dataset))
    return evaluation.read(store, answered(store, trained(store, dataset, said)))


def test_the_matrix_shows_each_count_with_a_marker_on_each_cell(store):
    found = evaluated(store, some_set(), clip_answers(some_set(), MISTAKES))
    drawn: Any = confusion_matrix.figure(found, (2, 0, 1), "counts", dark=True)
    right, wrong, markers = drawn.data
    assert np.nansum(right.z) == 20 and np.nansum(wrong.z) == 4
    assert [list(cell) for cell in markers.customdata][:3] == [[2, 2], [2, 0], [2, 1]]
    assert "<b>run</b>, predicted as <b>walk</b>: 2 clips" in markers.text
    shares: Any = confusion_matrix.figure(found, (0, 1, 2), "truth", dark=False)
    assert np.nansum(shares.data[0].z) + np.nansum(shares.data[1].z) == pytest.approx(300)


def test_many_classes_are_shown_a_part_at_a_time_the_most_confused_first(store, monkeypatch):
    labels = tuple(f"class {place:03d}" for place in range(60))
    dataset = some_set(labels, 480)  # too many for the slow intervals, which keeps this quick
    found = evaluated(store, dataset, clip_answers(dataset, {3: 5, 63: 5, 10: 11}))
    parts = confusion_matrix.parts(found, tuple(range(60)))
    first, *rest = parts.values()
    assert first == (3, 5, 10, 11)
    assert sorted(place for part in rest for place in part) == list(range(60))
    assert max(map(len, rest)) == confusion_matrix.MOST_CLASSES
    at = page("evaluate")
    assert "are shown" in told(at) and "Show more (60 classes in total)" in told(at)


def test_the_class_bars_tell_values_and_intervals(store):
    found = evaluated(store, some_set(), clip_answers(some_set(), MISTAKES))
    truths = found.card.confusion.sum(axis=1)
    drawn: Any = metric_figures.classes(LABELS, truths, found.card.by_label, (1, 0), "recall", dark=False)
    recall = next(trace for trace in drawn.data if trace.name == "Recall")
    assert list(recall.x) == pytest.approx([62.5, 87.5]) and [name for (name,) in recall.customdata] == ["run", "jump"]
