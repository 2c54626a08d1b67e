"""What is written comes back the same; what is malformed is told, whatever it is."""

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import FormatInvalid
from core.domain import Features, LabelScore, ModelCard, Recipe, Segment, Step, Track, VideoInfo
from core.domain.serialization import from_json, pretty_json, to_json
from core.domain.serialization.reader import DEEPEST
from core.stages.preprocessing.geometry import Crop, Rotate
from core.stages.preprocessing.sampling import Trim


@dataclass(frozen=True)
class Everything:
    """One field of each kind that the codec knows."""

    text: str
    whole: int
    number: float
    truth: bool
    rate_hz: Fraction
    pair: tuple[float, float]
    many: tuple[str, ...]
    counts: dict[str, int]
    plain: dict[str, Any]
    free: Any
    maybe: float | None
    way: Literal["left", "right"]
    inner: Segment


EVERYTHING = Everything(
    text="é \u2028 \U0001f600",
    whole=-3,
    number=0.1,
    truth=True,
    rate_hz=Fraction(30000, 1001),
    pair=(0.0, 1e-300),
    many=("a", ""),
    counts={"b": 2, "a": 1},
    plain={"type": "not a class", "list": [1, None, {"deep": 2.5}]},
    free=[1, "x"],
    maybe=None,
    way="left",
    inner=Segment(0.0, 1.5, "run", 0.5),
)
CARD = ModelCard("name", "Title", "i3d", 1, ("a", "b"), recipe=Recipe((Rotate(90), Crop())), settings={"units": [64]})


def test_everything_comes_back_as_it_was():
    assert from_json(to_json(EVERYTHING), Everything) == EVERYTHING
    assert from_json(pretty_json(EVERYTHING), Everything) == EVERYTHING
    assert from_json(to_json(CARD), ModelCard) == CARD


def test_canonical_text_is_sorted_compact_and_ascii():
    assert to_json(Segment(0, 1, "é")) == (
        '{"confidence":null,"label":"\\u00e9","note":"","start_s":0.0,"stop_s":1.0,"type":"Segment"}'
    )
    assert to_json({"b": 1, "a": (1, 2)}) == '{"a":[1,2],"b":1}'


def test_pretty_text_shows_letters_and_the_order_of_the_class():
    text = pretty_json(Segment(0, 1, "é"))
    assert '"é"' in text
    assert list(json.loads(text)) == ["type", "start_s", "stop_s", "label", "confidence", "note"]


def test_values_are_written_as_their_field_declares_them():
    assert to_json(Rotate(90)) == to_json(Rotate(90.0))
    assert to_json(Trim((0, 3))) == to_json(Trim((0.0, 3.0)))
    assert to_json(Segment(-0.0, 2, "a", np.float64(1))) == to_json(Segment(0, 2.0, "a", 1))
    assert to_json(replace(EVERYTHING, maybe=1, rate_hz=25)) == to_json(
        replace(EVERYTHING, maybe=1.0, rate_hz=Fraction(25))
    )
    assert to_json(1) != to_json(1.0) != to_json("1.0")
    assert to_json(Fraction(25)) != to_json("25")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": float("-inf")}, 2**64])
def test_numbers_without_json_are_refused_in_writing(value):
    with pytest.raises(ValueError):
        to_json(value)


@pytest.mark.parametrize(
    "value",
    [
        {1: 2},
        {1, 2},
        object(),
        np.array(["a"], dtype=object),
        np.array(["a"]),
        replace(EVERYTHING, whole=1.5),
        replace(EVERYTHING, text=3),
        replace(EVERYTHING, number=True),
        replace(EVERYTHING, pair=(1.0,)),
    ],
)
def test_values_that_could_not_be_read_are_refused_in_writing(value):
    with pytest.raises(TypeError):
        to_json(value)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool", ">f4", "uint32"])
def test_arrays_come_back_with_type_and_shape(dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for part in (array, array[:, ::2].transpose(2, 0, 1), array[:0], array.reshape(-1)[0]):
        back = from_json(to_json(np.asarray(part)), np.ndarray)
        assert back.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(back, part)


def test_arrays_may_be_put_aside():
    features = Features(np.arange(3.0), np.ones((3, 2), np.float32), (0, 3))
    arrays = {}
    text = to_json(features, arrays=arrays)
    assert len(text) < 200 and len(arrays) == 2
    back = from_json(text, Features, arrays=arrays)
    assert back.values is features.values and back.seen_s == (0.0, 3.0)
    with pytest.raises(FormatInvalid):
        from_json(text, Features)


def test_names_of_files_that_are_no_unicode_survive():
    info = VideoInfo(
        "/clips/\udce9t\udce9.mp4", "ab", 4, 4, 1, 0, np.zeros(1), Fraction(25), False, 0.04, "h", True, ()
    )
    assert from_json(to_json(info), VideoInfo).path == info.path
    assert from_json(pretty_json(info), VideoInfo).path == info.path


def test_a_single_step_is_revived_by_its_name():
    assert from_json(to_json(Rotate(12.5)), Step) == Rotate(12.5)  # type: ignore[type-abstract]


def test_fields_left_out_take_their_defaults():
    assert from_json('{"type": "Recipe"}', Recipe) == Recipe()
    assert from_json('\ufeff{"type": "Recipe", "steps": [{"type": "Rotate"}]}', Recipe) == Recipe((Rotate(),))


def changed(value: Any, **fields: Any) -> str:
    """The JSON of a value with some fields overwritten, or dropped where they are `...`."""
    plain = json.loads(to_json(value)) | fields
    return json.dumps({name: field for name, field in plain.items() if field is not ...})


MALFORMED = [
    ("", "JSON"),
    ("{", "line 1, column 2"),
    ("[1, 2", "JSON"),
    ("null", '"type"'),
    ("[]", '"type"'),
    ('{"type": 3}', '"type"'),
    ('{"type": "Recipe"}', "'Everything'"),
    ('{"type": "Everything", "type": "Everything"}', "twice"),
    ("[" * 100_000, "levels"),
    ('{"a":' * 100_000, "levels"),
    (changed(EVERYTHING, unknown=1), "unknown"),
    (changed(EVERYTHING, text=...), "'text'"),
    (changed(EVERYTHING, text=1), "$.text: expected text, got 1"),
    (changed(EVERYTHING, text="\ud800"), "$.text"),
    (changed(EVERYTHING, whole=1.0), "a whole number, got 1.0"),
    (changed(EVERYTHING, whole=True), "a whole number, got True"),
    (changed(EVERYTHING, whole=2**63), "2^63"),
    (changed(EVERYTHING, whole=int("9" * 4000)), "2^63"),
    (changed(EVERYTHING, number="1"), "a number"),
    (changed(EVERYTHING, number=False), "a number"),
    (changed(EVERYTHING, number=float("nan")), "finite"),
    (changed(EVERYTHING, number=float("-inf")), "finite"),
    (changed(EVERYTHING, number=1).replace('"number": 1', '"number": 1e999'), "finite"),
    (changed(EVERYTHING, number=1).replace('"number": 1', '"number": ' + "1" * 5000 + ".0"), "finite"),
    (changed(EVERYTHING, truth=1), "true or false"),
    (changed(EVERYTHING, rate_hz="1/0"), "a fraction"),
    (changed(EVERYTHING, rate_hz=29.97), "a fraction"),
    (changed(EVERYTHING, rate_hz="٣"), "a fraction"),
    (changed(EVERYTHING, pair=[1]), "2 values"),
    (changed(EVERYTHING, pair={"0": 1}), "a list"),
    (changed(EVERYTHING, many="ab"), "a list"),
    (changed(EVERYTHING, many=["a", 1]), "$.many[1]"),
    (changed(EVERYTHING, counts={"a": 1.5}), "$.counts.a"),
    (changed(EVERYTHING, counts=[]), "an object"),
    (changed(EVERYTHING, plain=[]), "an object"),
    (changed(EVERYTHING, plain={"a": json.loads("[" * 60 + "]" * 60)}), f"at most {DEEPEST} levels"),
    (changed(EVERYTHING, maybe="x"), "a number"),
    (changed(EVERYTHING, way="up"), "'left' or 'right'"),
    (changed(EVERYTHING, way=["left"]), "'left' or 'right'"),
    (changed(EVERYTHING, inner=None), "Segment"),
    (changed(EVERYTHING, inner=json.loads(changed(Segment(0, 1, "a"), stop_s=-1))), "segment runs from 0.0 to -1.0"),
]


@pytest.mark.parametrize(("text", "reason"), MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_text_says_where_and_why(text, reason):
    with pytest.raises(FormatInvalid) as caught:
        from_json(text, Everything, source="card.json")
    assert str(caught.value).startswith("card.json, ")
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 400 and caught.value.hint


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"type": "Rotat"}, "Rotat"),
        ({"type": "Registry"}, "a preprocessing step"),
        ({"type": "Segment", "start_s": 0.0, "stop_s": 1.0, "label": "a"}, "a preprocessing step"),
        ({"type": "Rotate", "angle_deg": "90"}, "$.steps[0].angle_deg"),
        ({"type": "Rotate", "angle_deg": 1e9}, "a valid Rotate"),
        ({"angle_deg": 1.0}, '"type"'),
    ],
)
def test_recipes_with_steps_that_are_none_are_refused(step, reason):
    with pytest.raises(FormatInvalid, match=r"recipe\.json") as caught:
        from_json(json.dumps({"type": "Recipe", "steps": [step]}), Recipe, source="recipe.json")
    assert reason in str(caught.value)


def test_a_misspelt_step_is_told_what_it_may_have_meant():
    with pytest.raises(FormatInvalid) as caught:
        from_json('{"type": "Recipe", "steps": [{"type": "Rotat"}]}', Recipe)
    assert "Rotate" in caught.value.hint


GOOD_ARRAY = json.loads(to_json(np.zeros((2, 3))))


@pytest.mark.parametrize(
    "array",
    [
        3,
        {"type": "array"},
        {"type": "array", "name": "array0"},
        GOOD_ARRAY | {"dtype": "O"},
        GOOD_ARRAY | {"dtype": "<U8"},
        GOOD_ARRAY | {"dtype": ["<f8"]},
        GOOD_ARRAY | {"dtype": {"a": 1}},
        GOOD_ARRAY | {"shape": [2, 4]},
        GOOD_ARRAY | {"shape": [-2, -3]},
        GOOD_ARRAY | {"shape": [2**40, 2**40]},
        GOOD_ARRAY | {"shape": [1] * 100 + [6]},
        GOOD_ARRAY | {"shape": [0, 10**15, 10**15], "base64": ""},
        GOOD_ARRAY | {"shape": "23"},
        GOOD_ARRAY | {"base64": "é"},
        GOOD_ARRAY | {"base64": "AAA"},
        GOOD_ARRAY | {"base64": 7},
        GOOD_ARRAY | {"more": 1},
    ],
    ids=range(17),
)
def test_malformed_arrays_are_refused(array):
    with pytest.raises(FormatInvalid):
        from_json(json.dumps(array), np.ndarray)


def test_bytes_and_overlong_texts_are_refused(monkeypatch):
    with pytest.raises(FormatInvalid):
        from_json(b"{}", Recipe)  # type: ignore[arg-type]
    monkeypatch.setattr("core.domain.serialization.reader.LONGEST_TEXT", 10)
    with pytest.raises(FormatInvalid, match="at most 10"):
        from_json(to_json(Recipe()), Recipe)


KINDS = [Everything, Recipe, ModelCard, Track, VideoInfo, Features, LabelScore, dict[str, float], Step]
NAMES = st.sampled_from(
    ["type", "steps", "array", "dtype", "shape", "base64", "labels", "Rotate", "Recipe", "Features"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner, max_size=6),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(JSON, st.sampled_from(KINDS))
def test_no_json_raises_anything_else(value, kind):
    try:
        from_json(json.dumps(value), kind)
    except FormatInvalid as error:
        assert error.hint


@settings(deadline=None, max_examples=150)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")), st.sampled_from(KINDS))
def test_no_text_raises_anything_else(text, kind):
    try:
        from_json(text, kind)
    except FormatInvalid as error:
        assert error.hint


VALUES = [
    Track("ab", ("", "run"), (Segment(0, 1, "run"), Segment(1, 2, "run")), (0, 3), "me"),
    Features(np.arange(3.0), np.ones((3, 2), np.float32), (0, 3)),
    CARD,
]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(VALUES), st.data())
def test_no_damage_to_a_good_value_raises_anything_else(value, data):
    plain = json.loads(to_json(value))
    place = plain
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        deeper = place[key]
        if not deeper or not isinstance(deeper, dict | list) or data.draw(st.booleans()):
            break
        place = deeper
    place[key] = data.draw(JSON)
    try:
        from_json(json.dumps(plain), type(value))
    except FormatInvalid as error:
        assert error.hint


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(), st.integers(-(2**62), 2**62), st.fractions())
def test_scalars_come_back_exactly(number, text, whole, rate):
    try:
        text.encode()
    except UnicodeEncodeError:
        text = ""
    value = replace(EVERYTHING, number=number, text=text, whole=whole, rate_hz=rate)
    assert from_json(to_json(value), Everything) == value
