"""The tool that tests the tests: what it changes, what it leaves alone, and that it finds a place again."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from scripts import mutate
from scripts.mutant_tests import related
from scripts.mutants import found_again, mutations

SOURCE = '''"""A module; LEAST = 3 is a text here."""

from math import floor

LEAST: int = 3


class Track:
    """Holds stretches."""

    def __repr__(self):
        return f"Track({1 + 1})"

    def longest(self, lengths: list[float], *, most: int = 5) -> float:
        """The longest of the first `most`: 2 > 1."""
        assert lengths > []
        if len(lengths) < LEAST and not self.open:
            raise ValueError("fewer than 3", 3 + 1)
        self.seen.append(most)
        self.count = len(lengths)
        return max(lengths[:most], key=abs) * 2.0


def tens(number: int) -> int:
    return floor(number / 10)
'''


def changes(kind: str) -> set[tuple[str, str]]:
    return {(one.before, one.after) for one in mutations(SOURCE) if one.kind == kind}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("border", {("len(lengths) < LEAST", "(len(lengths) <= LEAST)")}),
        ("opposite", {("len(lengths) < LEAST", "(len(lengths) >= LEAST)")}),
        ("and, or", {("len(lengths) < LEAST and not self.open", "(len(lengths) < LEAST or not self.open)")}),
        ("not", {("not self.open", "(self.open)")}),
        ("constant", {
            ("3", "4"), ("3", "2"), ("5", "6"), ("5", "4"), ("2.0", "1.0"), ("2.0", "4.0"), ("10", "11"), ("10", "9"),
        }),
        ("slice", {("lengths[:most]", "(lengths[:])")}),
        ("keyword", {("max(lengths[:most], key=abs)", "(max(lengths[:most]))")}),
        ("other call", {
            ("max(lengths[:most], key=abs)", "(min(lengths[:most], key=abs))"),
            ("floor(number / 10)", "(ceil(number / 10))"),
        }),
        ("arithmetic", {
            ("max(lengths[:most], key=abs) * 2.0", "(max(lengths[:most], key=abs) / 2.0)"),
            ("number / 10", "(number * 10)"),
        }),
        ("statement", {
            ("self.seen.append(most)", "pass"),
            ("self.count = len(lengths)", "pass"),
            ('raise ValueError("fewer than 3", 3 + 1)', "pass"),
        }),
        ("return", {
            ("return max(lengths[:most], key=abs) * 2.0", "return 0.0"), ("return floor(number / 10)", "return 0"),
        }),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_made_where_it_matters_and_nowhere_else(kind: str, expected: set[tuple[str, str]]):
    """Not in texts, hints, assertions, messages of errors, and what is printed of an object."""
    assert changes(kind) == expected


def test_every_change_is_python_and_changes_one_place():
    for one in mutations(SOURCE):
        changed = one.applied(SOURCE)
        compile(changed, "changed.py", "exec")
        assert changed != SOURCE and changed.replace(one.after, "", 1) != SOURCE
        assert SOURCE.startswith(changed[: one.start]) and SOURCE.endswith(changed[one.start + len(one.after) :])


def kept(path: Path, root: Path, number: int) -> dict:
    return {"file": path.relative_to(root).as_posix()} | asdict(mutations(path.read_text("utf-8"))[number])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lengths", "durations"),
        ("longest", "longest_s"),
        ("LEAST", "FEWEST"),
        ('"""A module', '"""\n\nAnother module'),
        ("fewer than 3", "too few"),
    ],
)
def test_places_are_found_again_after_renames(tmp_path: Path, before: str, after: str):
    (tmp_path / "core").mkdir()
    path = tmp_path / "core" / "tracks.py"
    path.write_text(SOURCE)
    places = [kept(path, tmp_path, number) for number in range(len(mutations(SOURCE)))]
    path.unlink()
    moved = tmp_path / "core" / "stages" / "moved.py"
    moved.parent.mkdir()
    moved.write_text(SOURCE.replace(before, after))
    for number, place in enumerate(places):
        where = found_again(tmp_path, place)
        assert where is not None and where[0] == moved
        assert where[1] == mutations(moved.read_text())[number]


def test_a_place_that_was_rewritten_is_lost_and_no_other_is_taken_for_it(tmp_path: Path):
    (tmp_path / "core").mkdir()
    path = tmp_path / "core" / "tracks.py"
    path.write_text(SOURCE)
    number = next(number for number, one in enumerate(mutations(SOURCE)) if one.kind == "border")
    place = kept(path, tmp_path, number)
    path.write_text(SOURCE.replace("len(lengths) < LEAST", "len(lengths) <= LEAST"))
    assert found_again(tmp_path, place) is None


def test_a_seed_draws_the_same_places_each_time_and_none_of_the_named(tmp_path: Path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "tracks.py").write_text(SOURCE)
    named = [{"file": "core/tracks.py", "before": "LEAST: int = 3"}]
    first = mutate.drawn(tmp_path, 1, 5, named)
    assert first == mutate.drawn(tmp_path, 1, 5, named) != mutate.drawn(tmp_path, 2, 5, named)
    lines = [place["line"] for place in first]
    assert len(set(lines)) == 5 and SOURCE.splitlines().index("LEAST: int = 3") + 1 not in lines


def test_related_tests_import_a_file_or_mirror_it(tmp_path: Path):
    for name, text in {
        "core/stages/tracks/__init__.py": "from core.stages.tracks.smoothing import smooth\n",
        "core/stages/tracks/smoothing.py": "",
        "core/workflows/search/query.py": "from core.stages.tracks.smoothing import smooth\n",
        "tests/stages/test_tracks.py": "",
        "tests/stages/test_video.py": "",
        "tests/workflows/test_edits.py": "from core.stages import tracks\n",
        "tests/workflows/test_search.py": "from core.workflows.search import query\n",
        "tests/browser/test_tracks.py": "import core.stages.tracks.smoothing\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    path = tmp_path / "core" / "stages" / "tracks" / "smoothing.py"
    names = [test.relative_to(tmp_path / "tests").as_posix() for test in related(tmp_path, path)]
    assert names == ["stages/test_tracks.py", "workflows/test_edits.py"]
    wider = [test.name for test in related(tmp_path, path, wider=True)]
    assert wider == ["test_tracks.py", "test_edits.py", "test_search.py"]


def test_the_table_tells_how_many_were_killed():
    place = {"file": "core/a.py", "line": 3, "before": "a | b", "after": "pass"}
    lists = {
        "drawn": {"7": [place | {"outcome": "killed", "by": "t"}, place | {"outcome": "survived", "argued": "same"}]},
        "first run": {"7": "none of them"},
        "named": [place | {"what": "a without b", "test": "test_a", "outcome": "killed"}],
    }
    told = mutate.tables(json.loads(json.dumps(lists)))
    assert "| core/a.py:3 | a without b | `test_a` | killed |" in told
    assert "### Seed 7: 1 of 2 killed (1 killed, 1 survived)" in told and "none of them" in told
    assert "| 1 | core/a.py:3 | `a \\| b` left out | killed by t |" in told and "- 2: same" in told
