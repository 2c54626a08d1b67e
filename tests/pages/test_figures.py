"""Colours that tell labels apart, and the figures."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.domain import Prediction, Segment
from pages.ui.common import figures, formatting

# Simulation of colour blindness in linear RGB at full strength: Machado, Oliveira and Fernandes 2009, table 1.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
# Linear RGB to OKLab: Ottosson 2020, bottosson.github.io/posts/oklab.
TO_CONES = np.array(
    [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.6806995, 0.10739696], [0.08830246, 0.28171884, 0.6299787]]
)
TO_LAB = np.array(
    [[0.21045426, 0.79361779, -0.00407205], [1.9779985, -2.42859221, 0.45059371], [0.02590404, 0.78277177, -0.80867577]]
)


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(colour: str, sight: str) -> np.ndarray:
    return TO_LAB @ np.cbrt(TO_CONES @ np.clip(SIGHTS[sight] @ linear(colour), 0, 1))


def least_distance(colours: tuple[str, ...]) -> float:
    return min(
        float(np.linalg.norm(seen(one, sight) - seen(other, sight)))
        for sight in SIGHTS
        for one, other in combinations(colours, 2)
    )


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((figures.luminance(one), figures.luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def prediction(steps: int, *, labels: tuple[str, ...] = ("walk", "run", "jump")) -> Prediction:
    raised = np.random.default_rng(7).random((steps, len(labels))) ** 4 + 1e-3
    scores = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return Prediction(np.arange(steps) * 0.32 + 0.16, scores, labels, "made", (0.0, 0.32 * steps))


def test_there_are_24_colours_that_differ_with_and_without_colour_blindness():
    assert len(set(figures.PALETTE)) == 24
    assert least_distance(figures.PALETTE[:12]) > 0.07
    assert least_distance(figures.PALETTE) > 0.04


@pytest.mark.parametrize("colour", figures.PALETTE)
def test_each_colour_shows_on_paper_and_on_black_and_can_be_written_on(colour):
    assert contrast(colour, "#FBFAF7") > 1.5
    assert contrast(colour, "#131417") > 1.9
    assert contrast(figures.ink(colour), colour) >= 4.5


def test_a_label_keeps_its_colour_and_colours_return_after_the_last():
    assert figures.colour(3) == figures.colour(3) == figures.PALETTE[3]
    assert figures.colour(24) == figures.colour(0)


@pytest.mark.parametrize("dark", [False, True])
def test_the_heatmap_shows_scores_in_per_cent_on_the_clock_of_the_clip(dark):
    made = prediction(10)
    figure = figures.heatmap(made, ("run", "walk"), {"run": 1, "walk": 0}, dark=dark)
    (drawn,) = figure.data
    np.testing.assert_allclose(drawn.x, np.arange(11) * 0.32, atol=1e-9)
    np.testing.assert_allclose(drawn.z[0], 100 * made.scores[:, 1], rtol=1e-5)
    assert drawn.customdata[1][0].tolist() == ["0:00.2", "walk"]
    assert figures.PALETTE[1] in figure.layout.yaxis.ticktext[0]
    assert list(figure.layout.yaxis.range or ()) == [] and figure.layout.yaxis.autorange == "reversed"
    assert "score, %" in drawn.colorbar.title.text


def test_a_long_clip_is_averaged_to_as_many_columns_as_a_screen_has():
    made = prediction(5001)
    (drawn,) = figures.heatmap(made, ("walk",), {"walk": 0}, dark=False).data
    assert len(drawn.z[0]) <= figures.COLUMNS
    assert len(drawn.x) == len(drawn.z[0]) + 1
    assert drawn.x[-1] == made.seen_s[1]
    np.testing.assert_allclose(drawn.z[0][0], 100 * made.scores[:5, 0].mean(), rtol=1e-5)


@pytest.mark.parametrize("stop_s", [0.04, 1.0, 14.8, 61, 599, 7200, 90000])
def test_ticks_are_few_rise_and_stay_within_the_clip(stop_s):
    ticks = figures.time_ticks(stop_s)
    assert ticks[0] == 0
    assert len(ticks) <= 8
    assert all(0 <= tick <= stop_s for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_the_table_tells_when_how_long_what_and_how_sure():
    table = figures.segment_table((Segment(0.0, 61.5, "walk", 0.5), Segment(61.5, 62.0, "run")))
    assert table["start"].tolist() == ["0:00.00", "1:01.50"]
    assert table["duration"].tolist() == [61.5, 0.5]
    assert table["confidence"].tolist()[0] == 50
    assert np.isnan(table["confidence"].tolist()[1])


@pytest.mark.parametrize(
    ("seconds", "places", "expected"),
    [(0, 0, "0:00"), (59.6, 0, "1:00"), (83.456, 2, "1:23.46"), (59.999, 2, "1:00.00"), (3600, 0, "1:00:00"),
     (3725.25, 1, "1:02:05.2"), (5.5, 3, "0:05.500")],
)  # fmt: skip
def test_moments_are_written_as_a_clock(seconds, places, expected):
    assert formatting.clock(seconds, decimals=places) == expected


def test_numbers_are_written_with_units():
    assert formatting.rate(30000 / 1001) == "29.97 frames/s"
    assert formatting.rate(25) == "25 frames/s"
    assert formatting.count(1, "frame") == "1 frame"
    assert formatting.count(12000, "frame") == "12\u202f000 frames"
    assert formatting.length(0.48) == "0.48 s"
    assert formatting.length(125) == "2 min 5 s"
    assert formatting.per_cent(0.004) == "0.4 %"
    assert formatting.per_cent_range(0.8419, 0.91) == "84.2 to 91.0 %"
    assert formatting.hover_per_cent("y", decimals=0) == "%{y:.0f} %"
    assert formatting.listed(["a", "b", "c"]) == "a, b and c"
    assert formatting.file_name('a/"b" c', ".csv") == "b--c.csv"


def test_percentages_are_written_in_one_place():
    root = Path(__file__).parents[2]
    paths = [path for folder in ("core", "pages") for path in (root / folder).rglob("*.py")]
    own_format = re.compile(r"\.\d%\}|:\.\df\}+ %")
    written = {str(path.relative_to(root)) for path in paths if own_format.search(path.read_text(encoding="utf-8"))}
    assert written <= {"core/base/percentages.py"}
