"""Equal inputs have one name, here and in every other process; unequal ones never share one."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.domain import Recipe
from core.domain.fingerprint import fingerprint
from core.stages.preprocessing.geometry import Crop, Flip, Rotate

ROOT = Path(__file__).resolve().parents[2]


def test_a_fingerprint_is_40_hex_digits():
    assert len(fingerprint()) == 40 and set(fingerprint("a", 1)) <= set("0123456789abcdef")


def test_a_known_fingerprint_never_changes():
    # printf '["features",1,{"steps":[],"type":"Recipe"}]' | sha256sum
    assert fingerprint("features", 1, Recipe()) == "77b7fb35f9c4bf3edac8367049d6af6ee9bc5793"


def test_the_same_in_another_process():
    recipe = Recipe((Rotate(90), Crop()))
    code = (
        "from core.stages.preprocessing import *;"
        "from core.domain import Recipe; from core.domain.fingerprint import fingerprint;"
        "print(fingerprint('x', Recipe((Rotate(90.0), Crop()))), end='')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == fingerprint("x", recipe)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((Recipe((Rotate(90), Flip())),), (Recipe((Flip(), Rotate(90))),)),
        ((Recipe((Rotate(90),)),), (Recipe((Rotate(90.5),)),)),
        ((Recipe(),), (Recipe((Rotate(0),)),)),
        (("ab", "c"), ("a", "bc")),
        ((1,), ("1",)),
        ((1,), (1.0,)),
        ((True,), (1,)),
        ((None,), ("",)),
        ((Fraction(25),), ("25",)),
        ((np.zeros(2),), (np.zeros((2, 1)),)),
        ((np.zeros(2, np.float32),), (np.zeros(1, np.float64),)),
    ],
)
def test_what_differs_has_another_name(one, other):
    assert fingerprint(*one) != fingerprint(*other)


def test_numbers_that_mean_the_same_to_a_step_have_one_name():
    assert fingerprint(Rotate(90)) == fingerprint(Rotate(90.0)) == fingerprint(Rotate(np.float32(90)))
    assert fingerprint(Rotate(0.0)) == fingerprint(Rotate(-0.0))


def test_the_order_of_a_dict_is_no_difference():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
