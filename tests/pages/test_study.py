"""The Study page: empty, without labels, ready, groups, warnings, files; jobs run here, at once."""

import base64
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base import settings
from core.domain import Point, Prediction, Recipe
from core.domain.jobs import Job
from core.workflows import models, predictions
from core.workflows.annotation import edits, journal
from core.workflows.study.library import question, sources
from core.workspace.store import Store
from pages.ui import state
from pages.ui.study import figures
from tests.pages.test_pages import FakeRunner, button, downloads_of, page, told
from tests.workflows.test_library_study import clip, drawn, predicted, study_of

pytestmark = pytest.mark.usefixtures("no_network")
ENGINE = "tensorflow-f32"


class PromptWorkers(FakeRunner):
    """Workers that do each job at once, here, unless they are told to wait."""

    waits = False

    def submit(self, key, title, task, *args, **origin):
        job = super().submit(key, title, task, *args, **origin)
        if not self.waits:
            task(*args)
            self.known[key] = Job(key, title, "done", submitted=job.submitted)
        return self.known[key]


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromptWorkers]:
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path), "KINETOSCOPE_ENGINE": ENGINE})
    prompt = PromptWorkers()
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: prompt)
    yield prompt
    state.store().close()


@pytest.fixture
def store(workers: PromptWorkers) -> Store:
    return state.store()


def opened(view: str = "", **session) -> AppTest:
    """The page once its labels are read. view: which of the parts below the raster is shown."""
    more = {"page.study.view": view} if view else {}
    return page("study", **more, **session).run().run()


def raster(at: AppTest) -> dict:
    """What the raster was given."""
    (component,) = [one for one in at.get("bidi_component") if "raster" in one.proto.component_name]
    return json.loads(component.proto.json)


def numbers_of(at: AppTest, column: str) -> pd.DataFrame:
    """The table that has that column."""
    (table,) = [one.value for one in at.dataframe if column in one.value.columns]
    return table


def choose(at: AppTest, label: str, value: str) -> AppTest:
    (box,) = [one for one in at.selectbox if one.label == label]
    return box.set_value(value).run().run()


# Without a study


def test_an_empty_library_sends_to_the_library(workers: PromptWorkers):
    at = page("study")
    assert "No clips yet" in told(at) and button(at, "Open Library")


def test_clips_that_nothing_labelled_lead_to_their_analysis(store: Store):
    for name in ("a.mp4", "b.mp4"):
        clip(store, name, 4.0)
    at = opened()
    assert "None of these clips is analysed" in told(at)
    button(at, "Analyse 2 clips").click().run()
    assert "<h1>Batch</h1>" in told(at) and "2 clips" in told(at) and at.session_state["model"] == "actions-15"


def test_labels_that_are_being_read_are_waited_for(store: Store, workers: PromptWorkers):
    study_of(store, {"a": 2})
    workers.waits = True
    at = page("study")
    (job,) = workers.known.values()
    assert job.title == "Read the labels" and job.active and not at.get("bidi_component")[1:]
    workers.known[job.key] = Job(job.key, job.title, "failed", error="The worker ended.", hint="Start it again.")
    assert "The worker ended" in told(at.run()) and button(at, "Try again")


# The raster and what stands above it


def test_clips_without_metadata_are_shown_and_nothing_is_compared(store: Store):
    digests = study_of(store, {"a": 2, "b": 1}, metadata=False)
    without = clip(store, "c.mp4", 9.0)
    at = opened("groups")
    data = raster(at)
    assert [row["name"] for row in data["rows"]] == ["a0.mp4", "a1.mp4", "b0.mp4"]
    assert {row["id"] for row in data["rows"]} == set(digests.values()) and without not in digests.values()
    assert [label["label"] for label in data["labels"]] == ["<b>walk</b>", "rest"]
    words = told(at)
    assert "3 clips" in words and "1 clip without labels by this person" in words and "9 bouts" in words
    assert "<b>&lt;b&gt;walk&lt;/b&gt;</b> 19 % and <b>rest</b> 12 % of the time." in words
    assert "No metadata" in words and [box.disabled for box in at.selectbox if box.label == "Group by"] == [True]


def test_points_are_counted_as_points_and_stand_in_the_raster(store: Store):
    digest, pecks = clip(store, "a.mp4", 10.0), tuple(Point(at_s, "peck") for at_s in (1.0, 2.0, 9.96))
    track = journal.begin(store, digest, drawn([], 10.0, seen=(), points=pecks, labels=("peck", "walk")))
    at = opened()
    words, data = told(at), raster(at)
    assert "<b>peck</b> 3 times." in words and "0 bouts" in words and "3 points" in words
    moments = [np.frombuffer(base64.b64decode(data[name]), np.float32).tolist() for name in ("from", "to")]
    assert moments[0] == moments[1] == pytest.approx([1.0, 2.0, 9.96])
    table = numbers_of(at, "rate_per_min")
    assert table[["label", "count", "rate_per_min"]].to_numpy().tolist() == [["peck", 3, 18.0]]
    journal.edit(store, track, "paint", lambda document: edits.paint(document, 0.0, 4.0, "walk"))
    words = told(opened())
    assert "<b>walk</b> 99 % of the time." in words and "1 bout" in words and "3 points" in words


def test_what_is_clicked_is_opened_on_the_timeline(store: Store):
    digests = study_of(store, {"a": 2})
    at = opened()
    at.session_state["study.raster"] = {"picked": {"clip": digests["a1.mp4"], "at": 3.48}}
    at.run()
    assert "Timeline" in told(at) and at.session_state["video"] == digests["a1.mp4"]
    assert at.session_state["moment_s"] == 3.48


def test_rows_are_grouped_sorted_and_remembered(store: Store):
    study_of(store, {"a": 2, "b": 2})
    at = choose(opened(), "Group by", "diet")
    assert [(row["name"], row["group"]) for row in raster(at)["rows"]] == [
        ("a0.mp4", "diet: a"), ("a1.mp4", "diet: a"), ("b0.mp4", "diet: b"), ("b1.mp4", "diet: b"),
    ]  # fmt: skip
    assert "Largest difference: <b>&lt;b&gt;walk&lt;/b&gt;</b> takes 11 % in a and 36 % in b." in told(at)
    at = choose(at, "Sort rows by", "Share of <b>walk</b>")
    assert [row["name"] for row in raster(at)["rows"]] == ["a1.mp4", "a0.mp4", "b1.mp4", "b0.mp4"]
    assert raster(opened())["rows"][0]["name"] == "a1.mp4", "another session begins with it"


def test_a_column_of_times_aligns_clips_at_the_time_of_day(store: Store):
    digests = study_of(store, {"a": 2})
    store.keep_metadata({digests["a0.mp4"]: {"begun": "14:05"}, digests["a1.mp4"]: {"begun": "2026-03-01T09:00:30"}})
    assert raster(opened())["clocks"] == {"begun": [50700.0, 32430.0]}
    store.keep_metadata({digests["a1.mp4"]: {"begun": "noon"}})
    assert raster(opened())["clocks"] == {}


def test_clips_are_chosen_by_tag_and_by_value(store: Store):
    digests = study_of(store, {"a": 2, "b": 2})
    store.add_tag([digests["a0.mp4"], digests["b1.mp4"]], "pilot")
    at = opened()
    boxes = {box.label: box for box in at.multiselect}
    boxes["Tags"].set_value(["pilot"]).run()
    assert [row["name"] for row in raster(at)["rows"]] == ["a0.mp4", "b1.mp4"]
    {box.label: box for box in at.multiselect}["diet"].set_value(["b"]).run()
    assert [row["name"] for row in raster(at)["rows"]] == ["b1.mp4"]
    {box.label: box for box in at.multiselect}["diet"].set_value(["b"]).run()
    {box.label: box for box in at.multiselect}["animal"].set_value(["a0"]).run()
    assert "No clips selected" in told(at)


def test_predictions_are_read_with_the_threshold_that_is_set(store: Store, workers: PromptWorkers):
    digest = clip(store, "a.mp4", 4.0)
    card = models.ModelLibrary.of(settings.current()).cards()["actions-15"]
    scores = np.zeros((8, len(card.labels)), np.float32)
    scores[:4, 0], scores[:4, 2], scores[4:, 1], scores[4:, 2] = 0.9, 0.1, 0.6, 0.4
    made = Prediction((np.arange(8) + 0.5) / 2, scores, card.labels, card.name, (0.0, 4.0))
    key = predictions.prediction_key(store, digest, Recipe(), card, ENGINE)
    store.write(key, made, kind="prediction", video=digest)
    at = opened()
    assert [label["label"] for label in raster(at)["labels"]] == ["Diving", "bend"]
    (threshold,) = [slider for slider in at.slider if slider.label == "Threshold"]
    threshold.set_value(0.7).run().run()
    assert [label["label"] for label in raster(at)["labels"]] == ["bend"]


def test_a_prediction_that_is_gone_is_told_and_the_others_are_shown(store: Store):
    first, second = clip(store, "a.mp4", 4.0), clip(store, "b.mp4", 4.0)
    for digest in (first, second):
        predicted(store, digest, Recipe(), 4.0)
    (key,) = store.made_of(second, "prediction")
    shutil.rmtree(store.result_folder(key))
    store.keep_preference("study.sort", "Duration")
    at = opened()
    assert [row["id"] for row in raster(at)["rows"]] == [first]
    assert "b.mp4: There is no result" in told(at)


@pytest.mark.parametrize("view", ["budgets", "transitions", "time", "groups", "files"])
def test_clips_in_which_nothing_is_labelled_are_a_study_too(store: Store, view: str):
    digest = clip(store, "a.mp4", 9.0)
    journal.begin(store, digest, drawn([], 9.0))
    store.keep_metadata({digest: {"diet": "a"}})
    store.keep_preference("study.group", "diet")
    at = opened(view)
    assert "No label takes any time in these clips." in told(at) and len(raster(at)["rows"]) == 1
    if view == "files":
        button(at, "Create files").click().run().run()
        assert "Report" in downloads_of(at)


# What stands below it


def test_budgets_of_clips_and_groups_are_numbers_in_a_table(store: Store):
    study_of(store, {"a": 2, "b": 2})
    at = opened()
    table = numbers_of(at, "share").set_index(["clip", "label"])
    assert table.loc[("b1.mp4", "<b>walk</b>"), "share"] == pytest.approx(100 * 7.3 / 20)
    assert table.loc[("a0.mp4", "rest"), "gap_s"] == pytest.approx(15.5)
    at = choose(at, "Group by", "diet")
    groups = numbers_of(at, "subjects").set_index(["group", "label"])
    assert groups.loc[("b", "<b>walk</b>"), "mean_s"] == pytest.approx(7.15)


@pytest.mark.parametrize("view", ["transitions", "time"])
def test_further_views_are_figures(store: Store, view: str):
    study_of(store, {"a": 2})
    assert len(opened(view).get("plotly_chart")) == {"transitions": 2, "time": 1}[view]


def test_a_longest_gap_leaves_out_transitions_here_and_in_the_files(store: Store):
    study_of(store, {"a": 2})
    at = opened("transitions")
    assert "however long the gap" in told(at)
    (field,) = [box for box in at.number_input if box.label == "Longest gap, s"]
    at = field.set_value(20.0).run()
    assert "at most 20 s later" in told(at) and len(at.get("plotly_chart")) == 2
    (field,) = [box for box in at.number_input if box.label == "Longest gap, s"]
    at = field.set_value(0.0).run()
    assert "No transitions" in told(at) and "within 0 s" in told(at)
    again = opened("transitions")
    assert "within 0 s" in told(again), "it is kept for later sessions"
    files = opened("files")
    button(files, "Create files").click().run().run()
    key = store.keys("export")[0]
    with zipfile.ZipFile(store.file_path(key)) as box:
        assert box.read("transitions.csv").decode().splitlines() == ["from,to,count"]
        assert '"max_gap_s": 0.0' in box.read("study.json").decode()


def test_shares_over_time_are_of_labels_or_of_groups(store: Store):
    study_of(store, {"a": 2, "b": 2})
    at = opened("time")
    (labels,) = [box for box in at.multiselect if box.label == "Labels"]
    assert labels.value == ["<b>walk</b>", "rest"]
    at = choose(at, "Group by", "diet")
    (label,) = [box for box in at.selectbox if box.label == "Label"]
    assert label.value == "<b>walk</b>" and len(at.get("plotly_chart")) == 1


def test_a_matrix_of_some_labels_shows_shares_of_all_transitions():
    counts, totals = np.array([[0, 3], [1, 1]]), np.array([12, 2])
    matrix = figures.transition_matrix(counts, totals, ["<i>a</i>", "b"], dark=True)
    (cells,) = matrix.data
    assert np.asarray(cells.z).tolist() == [[0, 25], [50, 50]] and cells.x[0] == "&lt;i&gt;a&lt;/i&gt;"
    assert list(cells.text[0]) == ["", "3"]
    graph = figures.transition_graph(counts, ["a", "b"], {"a": 0, "b": 1}, dark=False)
    widths = sorted(arrow.arrowwidth for arrow in graph.layout.annotations)
    assert len(widths) == 2 and widths[1] == pytest.approx(5.6), "none from a label to itself"


def test_groups_are_compared_by_subjects_and_few_are_warned_of(store: Store):
    study_of(store, {"a": 4, "b": 4})
    at = opened("groups")
    assert "No groups chosen" in told(at)
    at = choose(choose(at, "Group by", "diet"), "Subject", "animal")
    assert "fewer than 5 subjects" in told(at) and "No interval can be trusted" in told(at)
    table = numbers_of(at, "p_adjusted").set_index("label")
    assert table.loc["<b>walk</b>", "subjects"] == "2 and 2" and "low" not in table.columns
    assert table.loc["<b>walk</b>", "difference"] == pytest.approx(25.0)
    at = choose(at, "Group by", "animal")
    assert "fewer than 5 subjects" in told(at), "one subject in each"


def test_enough_subjects_have_an_interval_and_no_warning(store: Store):
    study_of(store, {"a": 12, "b": 12})
    at = choose(choose(opened("groups"), "Group by", "diet"), "Subject", "animal")
    assert "fewer than" not in told(at)
    row = numbers_of(at, "p_adjusted").set_index("label").loc["<b>walk</b>"]
    assert row["low"] < row["difference"] < row["high"] and row["p"] < 0.05 < 1 and row["p_adjusted"] >= row["p"]


def test_a_column_with_one_value_is_no_comparison(store: Store):
    study_of(store, {"a": 3})
    at = choose(opened("groups"), "Group by", "diet")
    assert "Only one group" in told(at) and "only the value a" in told(at)


def test_training_clips_are_marked_and_compared_only_when_included(store: Store, monkeypatch: pytest.MonkeyPatch):
    digests = study_of(store, {"a": 12, "b": 12})
    learned = frozenset([digests["a0.mp4"]])
    monkeypatch.setattr(sources, "learned_from", lambda store, source: learned)
    monkeypatch.setattr(question, "learned_from", lambda store, source: learned)
    at = choose(opened("groups"), "Group by", "diet")
    assert [row["learned"] for row in raster(at)["rows"]] == [True] + 23 * [False]
    assert "trained on 1 clip of these, marked with *" in told(at)
    assert set(numbers_of(at, "p_adjusted")["subjects"]) == {"12 and 11"}
    (toggle,) = [toggle for toggle in at.toggle if "trained on" in toggle.label]
    toggle.set_value(True).run().run()
    assert set(numbers_of(at, "p_adjusted")["subjects"]) == {"12 and 12"}


def test_the_headline_compares_the_clips_that_group_comparison_does(store: Store, monkeypatch: pytest.MonkeyPatch):
    digests = study_of(store, {"a": 2, "b": 2})
    monkeypatch.setattr(sources, "learned_from", lambda store, source: frozenset([digests["a0.mp4"]]))
    at = choose(opened(), "Group by", "diet")
    assert re.findall(r"takes (\d+) % in a and (\d+) % in b", told(at))[0] == ("12", "36")
    store.keep_preference("study.learned", True)
    assert re.findall(r"takes (\d+) % in a and (\d+) % in b", told(opened()))[0] == ("11", "36")


def test_the_files_are_those_of_the_command_line(store: Store):
    study_of(store, {"a": 3, "b": 3})
    at = choose(opened("files"), "Group by", "diet")
    button(at, "Create files").click().run().run()
    assert "Download all" in told(at)
    offers = downloads_of(at)
    report = offers["Report"].read().decode()
    assert "&lt;b&gt;walk&lt;/b&gt;" in report and "<b>walk" not in report and "Group comparison" in report
    budget = pd.read_csv(io.BytesIO(offers["Budgets, CSV"].read()))
    assert budget.groupby("label")["count"].sum().to_dict() == {"<b>walk</b>": 6, "rest": 12}
    segments = pd.read_parquet(io.BytesIO(offers["Segments, Parquet"].read()))
    assert len(segments) == 18 and segments["stop_s"].max() == 19.0
    assert b"<svg" in offers["Ethogram, SVG"].read()
    (key,) = store.keys("export")
    with zipfile.ZipFile(store.file_path(key)) as box:
        names = ["segments.csv", "budget.csv", "transitions.csv", "groups.csv", "boris_aggregated.csv"]
        assert box.namelist() == [*names, "study.json", "report.html"]


def test_nwb_files_are_offered_where_their_packages_are_installed(store: Store, monkeypatch: pytest.MonkeyPatch):
    study_of(store, {"a": 1})
    monkeypatch.setitem(sys.modules, "ndx_ethogram", None)
    words = told(opened("files"))
    assert "pip install pynwb ndx-ethogram" in words and "Create NWB files" not in words


def test_nwb_files_can_be_downloaded(store: Store):
    pytest.importorskip("ndx_ethogram", reason="pynwb and ndx-ethogram are not installed")
    (digest,) = study_of(store, {"a": 1}).values()
    store.keep_metadata({digest: {"session_start": "2026-03-01T14:05+01:00"}})
    at = opened("files")
    button(at, "Create NWB files").click().run().run()
    assert "Download NWB files" in told(at)
    (key,) = store.keys("export")
    with zipfile.ZipFile(store.file_path(key)) as box:
        assert box.namelist() == ["a0.nwb"]


def test_all_segments_stand_in_a_table_with_links(store: Store):
    digests = study_of(store, {"a": 1})
    at = opened()
    at.session_state["study.segments"] = True
    table = numbers_of(at.run(), "open")
    assert list(table["label"]) == ["rest", "<b>walk</b>", "rest"]
    assert list(table["open"])[1] == f"timeline?video={digests['a0.mp4'][:16]}&t=3.000"
