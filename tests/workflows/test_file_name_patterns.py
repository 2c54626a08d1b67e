"""Patterns that read metadata out of the paths of clips."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import FormatInvalid
from core.workflows.file_name_patterns import Gap, fit, pattern_of


@pytest.mark.parametrize(
    ("pattern", "path", "cells"),
    [
        ("{subject}_{day}_{camera}.mp4", "/study/anna_3_top.mp4", {"subject": "anna", "day": "3", "camera": "top"}),
        ("{subject}_{day}", "anna_3.mp4", {"subject": "anna", "day": "3"}),
        ("{subject}_{day}", "anna_3", {"subject": "anna", "day": "3"}),
        ("{subject}_{day}.mp4", "anna_3.avi", {}),
        ("{subject}_{day}", "anna_3_top.mp4", {"subject": "anna", "day": "3_top"}),
        ("{group}/{subject}_*.mp4", "/study/control/anna_3.mp4", {"group": "control", "subject": "anna"}),
        ("{group}/{subject}_*.mp4", "anna_3.mp4", {}),
        ("{group}/*", "/a/control/x.mp4", {"group": "control"}),
        ("/study/{group}/*.mp4", "/a/study/control/x.mp4", {"group": "control"}),
        ("/study/{group}/*.mp4", "/a/other/control/x.mp4", {}),
        (r"{group}\{subject}.mp4", r"C:\study\control\anna.mp4", {"group": "control", "subject": "anna"}),
        ("s{id}", "s12.mp4", {"id": "12"}),
        ("s{id}", "s.mp4", {}),
        ("s{id}", "t12.mp4", {}),
        ("{a}.{b}.mp4", "x.y.mp4", {"a": "x", "b": "y"}),
        ("{a}__{b}", "x___y.mp4", {"a": "x", "b": "_y"}),
        ("*_{day}", "_3.mp4", {"day": "3"}),
        ("{day of test}-*", "2-.mp4", {"day of test": "2"}),
        ("(v1+)_{a}", "(v1+)_x.mp4", {"a": "x"}),
    ],
)
def test_a_pattern_reads_columns_out_of_a_path(pattern: str, path: str, cells: dict[str, str]):
    assert pattern_of(pattern).cells(path) == cells


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "empty"),
        ("plain.mp4", "has no column"),
        ("*.mp4", "has no column"),
        ("{a}{b}", "Nothing separates"),
        ("{a}*", "Nothing separates"),
        ("{}_x", "without a column name"),
        ("{ }_x", "without a column name"),
        ("{a", "without its counterpart"),
        ("a}_{b}", "without its counterpart"),
        ("{a}_{A}", "more than once"),
        ("{a}/{a}", "more than once"),
        ("{a}//{b}", "empty folder or file name"),
        ("{a}/", "empty folder or file name"),
    ],
)
def test_a_pattern_that_is_none_is_refused_with_the_reason(pattern: str, message: str):
    with pytest.raises(FormatInvalid, match=message) as caught:
        pattern_of(pattern)
    assert caught.value.hint


def test_clips_that_fit_and_those_that_fit_in_several_ways_are_counted():
    fitting = fit("{subject}_{day}", ["a_1.mp4", "b_2_x.mp4", "c.mp4"])
    assert (fitting.columns, fitting.count, fitting.ambiguous) == (("subject", "day"), 2, ("b_2_x.mp4",))
    assert fit("{subject}_*", ["b_2_x.mp4"]).ambiguous == (), "the asterisk takes the rest"


# Properties -----------------------------------------------------------------------------------------------------------

TEXTS = st.text("ab_-", max_size=8)
PIECES = st.lists(st.sampled_from(["{}", "*", "_", "-", "a_"]), min_size=1, max_size=6)


def joined(pieces: list[str]) -> str:
    """A pattern of the pieces, with columns of different names, in which something separates gaps."""
    parts: list[str] = []
    for piece in pieces:
        if parts and {piece, parts[-1][:1]} <= {"{}", "{", "*"}:
            parts.append("_")
        parts.append(f"{{c{len(parts)}}}" if piece == "{}" else piece)
    return "".join(parts)


def by_regex(pattern: str, name: str, *, lazy: str = "?") -> dict[str, str]:
    """The same by Python's own engine, which tries out what fits."""
    part = pattern_of(pattern).parts[0]
    gap = {True: rf"(.+{lazy})", False: rf"(?:.*{lazy})"}
    text = "".join(gap[bool(piece.column)] if isinstance(piece, Gap) else re.escape(piece) for piece in part)
    match = re.fullmatch(text, name)
    return dict(zip(pattern_of(pattern).columns, match.groups(), strict=True)) if match else {}


@given(PIECES.map(joined).filter(lambda text: "{" in text), TEXTS)
def test_a_pattern_reads_what_a_regular_expression_reads(pattern: str, name: str):
    own = pattern_of(pattern)
    assert own.cells(name) == by_regex(pattern, name)
    if "*" not in pattern:
        assert own.is_ambiguous(name) == (by_regex(pattern, name) != by_regex(pattern, name, lazy=""))


@given(st.lists(st.text(st.characters(exclude_characters="_/\\."), min_size=1), min_size=1, max_size=5))
def test_what_a_pattern_writes_it_reads_again(texts: list[str]):
    columns = [f"c{number}" for number in range(len(texts))]
    pattern = "_".join(f"{{{column}}}" for column in columns)
    path = "_".join(texts) + ".mp4"
    assert pattern_of(pattern).cells(path) == dict(zip(columns, texts, strict=True))
    assert not pattern_of(pattern).is_ambiguous(path)


def test_a_long_name_with_many_separators_takes_no_time():
    pattern = "_".join(f"{{c{number}}}" for number in range(20)) + "x"
    assert fit(pattern, ["_".join("a" * 60) + ".mp4"] * 1000).count == 0
