"""The arithmetic of `make bench`: what is printed as met is met."""

import pytest

from benchmarks.__main__ import main, names
from benchmarks.measure import Figure, percentile, table


def test_every_benchmark_of_the_readme_s_bars_is_found():
    assert {"end_to_end", "memory", "prepare", "first_page"} <= set(names())
    assert "measure" not in names() and "clips" not in names()


@pytest.mark.parametrize(
    ("value", "at_least", "met"), [(2.0, True, True), (1.9, True, False), (2.0, False, True), (2.1, False, False)]
)
def test_a_bar_is_met_on_its_right_side_and_on_the_bar_itself(value: float, at_least: bool, met: bool):
    assert Figure("speed", value, "times", 2.0, at_least).met is met


def test_a_figure_without_a_bar_is_only_told():
    row = table([Figure("decode alone", 123.4, "frames/s", note="one clip")]).splitlines()[-1]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == ["decode alone (one clip)", "123 frames/s", "", ""]


def test_percentiles_are_values_that_were_measured():
    values = [float(value) for value in range(1, 21)]
    assert percentile(values, 95) == 19
    assert percentile(values, 100) == 20
    assert percentile(values, 50) == 10
    assert percentile([7.0], 95) == 7


def test_an_unknown_benchmark_is_refused_with_what_there_is(capsys: pytest.CaptureFixture[str]):
    assert main(["speeed"]) == 2
    told = capsys.readouterr().err
    assert "speeed" in told and "end_to_end" in told
