"""The segments on the Timeline: all labels in the chart of scores, a table that plays and is filtered."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.domain import Analysis, ModelCard, Prediction, Recipe, Segment, Track, VideoInfo
from core.workflows import models, predictions
from pages.ui import state
from pages.ui.common import figures
from pages.ui.timeline.result import sentence
from pages.ui.timeline.segments import passing
from tests.pages.test_pages import DIGEST, clip, page, runner, told, unfolded, video_info

__all__ = ["clip", "runner"]

LABELS = tuple(f"action {number}" for number in range(figures.ROWS + 4))
CARD = ModelCard("made", "A made model", "i3d-kinetics400", 1, LABELS)
SEGMENTS = (Segment(0.0, 1.0, "walk", 0.9), Segment(1.0, 1.5, "run", 0.4), Segment(2.0, 5.0, "walk", None))


@pytest.fixture
def result(clip: VideoInfo, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prediction in which each of many labels has a segment of two seconds; its key."""
    frames = 50 * len(LABELS)
    long = replace(clip, frame_count=frames, times_s=np.arange(frames) / 25, duration_s=frames / 25)
    state.store().save_video(long)
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {CARD.name: CARD})
    count = len(LABELS)
    scores = np.full((2 * count, count), 0.1 / (count - 1), np.float32)
    scores[np.arange(2 * count), np.repeat(np.arange(count), 2)] = 0.9
    times_s = np.arange(2 * count) + 0.5
    key = predictions.prediction_key(state.store(), DIGEST, Recipe(), CARD, "tensorflow-f32")
    made = Prediction(times_s, scores, LABELS, CARD.name, (0.0, long.duration_s))
    state.store().write(key, made, kind="prediction", video=DIGEST)
    return key


def table(at: AppTest) -> list[str]:
    """The labels in the table of segments."""
    return list(at.dataframe[0].value["label"])


def select(at: AppTest, key: str, row: int, column: str) -> None:
    """Click a cell of a table, and run."""
    at.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[row, column]]}}
    at.run()
    assert not at.exception


def test_the_headline_names_the_longest_labels_in_the_order_of_the_clip():
    stretches = (("a blip", 0.0, 0.5), ("walk", 1.0, 2.0), ("run", 2.0, 5.0), ("walk", 5.0, 6.0), ("jump", 6.0, 10.0))
    segments = tuple(Segment(start_s, stop_s, label, 0.9) for label, start_s, stop_s in stretches)
    labels = ("", "jump", "run", "walk", "a blip")
    analysis = Analysis(video_info("/clips/a.mp4"), "made", (), Track(DIGEST, labels, segments, (0.0, 10.0), "made"))
    assert sentence(analysis) == (
        "<b>walk</b> for 2.0 s, <b>run</b> for 3.0 s and <b>jump</b> for 4.0 s, and 1 other label, in 10.0 s of video."
    )


def test_the_chart_of_scores_has_a_row_for_each_label_with_a_segment(result: str):
    at = page("timeline")
    assert sorted(table(at)) == sorted(LABELS)
    chart = unfolded(at, "timeline.tabs", "Scores over time").get("plotly_chart")[0].proto.spec
    assert [label for label in LABELS if label not in chart] == []


def test_a_click_on_any_cell_plays_its_row(result: str):
    at = page("timeline")
    starts = list(at.dataframe[0].value["start"])
    select(at, f"table.{result}", 3, "duration")
    first = at.session_state["page"]["seek"]
    select(at, f"table.{result}", 5, "label")
    second = at.session_state["page"]["seek"]
    assert [f"0:{moment_s:05.2f}" for moment_s, _, _ in (first, second)] == [starts[3], starts[5]]
    assert first[2] and second[1] == first[1] + 1
    at.run()
    assert at.session_state["page"]["seek"] == second, "a run for another reason does not play it again"


def test_the_table_is_filtered_and_plays_what_it_shows(result: str):
    at = page("timeline")
    at.multiselect(key=f"filter.labels.{result}").select(LABELS[2]).select(LABELS[7]).run()
    assert sorted(table(at)) == [LABELS[2], LABELS[7]]
    assert f"2 of {len(LABELS)} segments" in told(at)
    shown = at.dataframe[0].proto.id.split("-", 2)[-1]  # the key behind Streamlit's own digits
    assert shown.startswith(f"table.{result}.")
    start = at.dataframe[0].value["start"][1]
    select(at, shown, 1, "label")
    assert f"0:{at.session_state['page']['seek'][0]:05.2f}" == start
    at.slider(key=f"filter.confidence.{result}").set_value(100).run()
    assert "No segment passes the filter" in told(at)


@pytest.mark.parametrize(
    ("labels", "shortest_s", "least", "expected"),
    [
        ((), 0.0, 0.0, [0, 1, 2]),
        (("run",), 0.0, 0.0, [1]),
        ((), 0.5, 0.0, [0, 1, 2]),
        ((), 0.6, 0.0, [0, 2]),
        ((), 0.0, 0.4, [0, 1]),
        (("walk",), 1.0, 0.95, []),
    ],
)
def test_segments_pass_by_label_duration_and_confidence(labels, shortest_s, least, expected):
    shown = passing(SEGMENTS, labels, shortest_s=shortest_s, least=least)
    assert [SEGMENTS.index(segment) for segment in shown] == expected


def test_a_format_that_rewrites_labels_says_so_before_it_is_downloaded(result: str):
    at = page("timeline")
    at.selectbox(key="download.other").select("mstcn").run()
    assert "spaces in labels, which become underscores" in told(at)
