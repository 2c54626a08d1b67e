"""The settings of a training at the command line: single ones, a file of them, and the command that repeats a run."""

import argparse
import csv
import io
import json
import shlex
from dataclasses import asdict, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import FormatInvalid
from core.cli import datasets as commands
from core.cli.training_options import chosen_options
from core.domain import Training
from core.workflows.evaluation import export
from core.workflows.training import DIALS, VIEWS, Options, view
from core.workflows.training.commands import PROGRAM, command_of
from core.workflows.training.option_knobs import KNOBS
from tests.workflows.test_evaluation import clips, judge, over_time, said_of, sure_of

ALL_KNOBS = [knob for knobs in KNOBS.values() for knob in knobs]


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands.add(parser.add_subparsers())  # pyright: ignore[reportArgumentType]
    return parser.parse_args(["train", "set", *words])


def value_of(knob) -> st.SearchStrategy:
    if knob.kind == "choice":
        return st.sampled_from(knob.choices)
    if knob.kind == "bool":
        return st.booleans()
    return st.integers(int(knob.low), int(knob.high)) if knob.kind == "int" else st.floats(knob.low, knob.high)


def test_every_setting_is_a_knob():
    assert {knob.name for knob in ALL_KNOBS} == {field.name for field in fields(Options)}


def test_without_options_the_settings_are_those_of_the_page():
    assert chosen_options(parsed()) == Options()
    assert chosen_options(parsed("--size", "large")) == DIALS["large"]


def test_single_settings_go_before_those_of_size_and_file(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"accuracy": 1, "settings": {"units": 16, "dropout": 0, "words": True}}))
    words = (
        "--size",
        "small",
        "--settings",
        str(path),
        "--units",
        "8",
        "--passes",
        "3",
        "--batch",
        "2",
        "--no-augment",
    )
    options = chosen_options(parsed(*words))
    assert (options.units, options.epochs, options.batch_size, options.dropout) == (8, 3, 2, 0)
    assert (options.stretch, options.crop, options.noise) == (0, 1, 0)
    assert options.patience == DIALS["small"].patience


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[1]", "no JSON object"),
        ("{", "cannot be read"),
        ('{"unit": 3}', "there is no setting 'unit'"),
        ('{"units": "many"}', "units is 'many', expected a whole number"),
        ('{"units": true}', "units is True, expected a whole number"),
        ('{"crop": 0.0}', "out of range"),
        ('{"cell": "rnn"}', "expected 'gru' or 'lstm'"),
    ],
)
def test_bad_settings_say_what_is_wrong(tmp_path, content, expected):
    path = tmp_path / "settings.json"
    path.write_text(content)
    with pytest.raises(FormatInvalid, match=expected):
        chosen_options(parsed("--settings", str(path)))


def test_a_number_out_of_bounds_is_refused_with_the_bounds(capsys):
    with pytest.raises(SystemExit):
        parsed("--units", "3")
    assert "expected 4 to 1024, got 3" in capsys.readouterr().err


@given(st.fixed_dictionaries({knob.name: value_of(knob) for knob in ALL_KNOBS}), st.sampled_from(VIEWS))
def test_the_command_of_a_run_repeats_its_settings(values, looked):
    options = Options(**values)
    recipe = view(looked, "i3d-kinetics400")
    record = Training(
        "run", "my set", "aa", "bb" * 32, ("run", "walk"), "i3d-kinetics400", 1, "f32", recipe,
        asdict(options) | {"words": True}, seed=7, created=0.0,
    )  # fmt: skip
    words = shlex.split(command_of(record))
    assert words[:5] == [*PROGRAM.split(), "my set"]
    chosen = parsed(*words[5:])
    assert chosen_options(chosen) == options
    assert (chosen.split, chosen.seed, chosen.view, chosen.words) == ("bb" * 32, 7, looked, True)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_all_scores_are_written_from_which_every_curve_can_be_computed():
    truth = [0, 1, 2, 0]
    judged = judge(clips(truth), said_of(sure_of([0, 2, 2, 0]), truth))
    rows = table(export.scores_csv(judged))
    assert [row["truth"] for row in rows] == [judged.found.labels[label] for label in judged.found.truth]
    scores = np.array([[float(row[f"score: {label}"]) for label in judged.found.labels] for row in rows])
    assert judged.found.scores is not None
    np.testing.assert_allclose(scores, judged.found.scores, rtol=1e-5)
    timed = over_time(np.array([[0, 1, 1]]), np.array([[0, 1, 0]]))
    assert timed.found.times_s is not None
    assert [float(row["time_s"]) for row in table(export.scores_csv(timed))] == timed.found.times_s.tolist()
