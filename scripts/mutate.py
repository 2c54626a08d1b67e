"""Whether tests notice when the program is changed: draw places in core/, change one at a time, run the related tests.

    python -m scripts.mutate draw --seed 11 --count 60    draw places anew and keep the list
    python -m scripts.mutate run --seed 11                try those of the list that have no outcome yet
    python -m scripts.mutate run --seed 11 --again        try those that survived or were not found once more
    python -m scripts.mutate named                        try the named changes, each with the test that pins it
    python -m scripts.mutate table                        write the lists into docs/testing.md

Files are drawn in proportion to their lines, then a kind of change, then a place; see `scripts.mutants`. All is tried
in a copy of the checkout. Related are the tests that import the changed file, or a package that re-exports it, and
those whose path mirrors it; then those that import a file which imports it, as far as MOST_S seconds reach; none in a
browser. A test that kills must pass without the change.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scripts.mutant_tests import Workshop
from scripts.mutants import mutations

ROOT = Path(__file__).resolve().parent.parent
LISTS = ROOT / "docs" / "mutants.json"
DOCUMENT = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- mutants: made by scripts/mutate.py -->", "<!-- end of mutants -->"
KEPT = ("file", "function", "kind", "line", "before", "after", "shape", "twin", "home")
COUNTED = ("killed", "timeout")


# Drawing --------------------------------------------------------------------------------------------------------------


def drawn(root: Path, seed: int, count: int, named: Sequence[dict]) -> list[dict]:
    """So many places; none in a line that one of the named changes changes, and none twice."""
    rng = random.Random(seed)
    paths = sorted((root / "core").rglob("*.py"))
    sources = [path.read_text("utf-8") for path in paths]
    weights = [source.count("\n") for source in sources]
    places: list[dict] = []
    while len(places) < count:
        (number,) = rng.choices(range(len(paths)), weights)
        path, source = paths[number], sources[number]
        kinds = sorted({mutation.kind for mutation in mutations(source)})
        if not kinds:
            continue
        kind = rng.choice(kinds)
        mutation = rng.choice([mutation for mutation in mutations(source) if mutation.kind == kind])
        place = {"file": path.relative_to(root).as_posix()} | asdict(mutation)
        place = {name: place[name] for name in KEPT}
        taken = any((one["file"], one["line"]) == (place["file"], place["line"]) for one in places)
        if not taken and not _named(place, source, named):
            places.append(place)
    return places


def _named(place: dict, source: str, named: Sequence[dict]) -> bool:
    line = source.splitlines()[place["line"] - 1]
    return any(one["file"] == place["file"] and one["before"].splitlines()[0].strip() in line for one in named)


# Trying ---------------------------------------------------------------------------------------------------------------


def tried(seed: str, *, again: bool) -> None:
    """Try the places of a list, and keep each outcome as soon as it is there."""
    lists = json.loads(LISTS.read_text("utf-8"))
    places = lists["drawn"][seed]
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(ROOT, Path(folder))
        for number, place in enumerate(places, 1):
            if place.get("outcome") in COUNTED or (place.get("outcome") and not again):
                continue
            began = time.monotonic()
            place |= shop.outcome(place)
            _keep(lists)
            told = f"{place['file']}:{place['line']}  {_change(place)}  {place['outcome']} {place.get('by', '')}"
            print(f"{number:3d}  {time.monotonic() - began:4.0f} s  {told}", flush=True)
        for test in shop.unsound(place.get("by", "") for place in places):
            print(f"{test} fails without any change, too: mend it, and run again")
            for place in (place for place in places if place.get("by") == test):
                place |= {"outcome": "", "by": ""}
    if all(place.get("outcome") for place in places):
        lists["first run"].setdefault(seed, _summary(places))
    _keep(lists)


def _keep(lists: dict) -> None:
    LISTS.write_text(json.dumps(lists, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def named_tried(*, again: bool) -> None:
    """Try each named change with the test that pins it; those that were killed before only if asked again."""
    lists = json.loads(LISTS.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(ROOT, Path(folder))
        for change in lists["named"]:
            if change["outcome"] == "killed" and not again:
                continue
            change |= shop.outcome_of_named(change)
            _keep(lists)
            print(f"{change['what']}: {change['outcome']}", flush=True)


# The table ------------------------------------------------------------------------------------------------------------


def _change(place: dict) -> str:
    """A change in one short line."""
    if place["after"] == "pass":
        return f"`{_short(place['before'])}` left out"
    return f"`{_short(place['before'])}` -> `{_short(place['after'])}`"


def _short(code: str, most: int = 70) -> str:
    line = " ".join(code.split())
    return line if len(line) <= most else f"{line[: most - 4]} ..."


def _summary(places: Sequence[dict]) -> str:
    """How many were killed, a timeout counting as that, and how many of each outcome there are."""
    outcomes = [place.get("outcome") or "not tried" for place in places]
    counts = ", ".join(f"{outcomes.count(name)} {name}" for name in sorted(set(outcomes)))
    return f"{sum(outcome in COUNTED for outcome in outcomes)} of {len(places)} killed ({counts})"


def tables(lists: dict) -> str:
    """Both lists and how many were killed, as Markdown."""
    parts = ["| place | change | pinned by | outcome |\n|---|---|---|---|"]
    for change in lists["named"]:
        pinned = f"`{change['test']}`"
        parts.append(f"| {change['file']}:{change['line']} | {change['what']} | {pinned} | {change['outcome']} |")
    parts.append("")
    for seed, places in lists["drawn"].items():
        parts.append(f"### Seed {seed}: {_summary(places)}\n")
        if first := lists["first run"].get(seed):
            parts.append(f"First run, before tests were written for it: {first}.\n")
        parts.append("| # | place | change | outcome |\n|--:|---|---|---|")
        for number, place in enumerate(places, 1):
            outcome = " by ".join(filter(None, (place.get("outcome", ""), place.get("by", ""))))
            row = (str(number), f"{place['file']}:{place['line']}", _change(place), outcome)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
        argued = [(number, place["argued"]) for number, place in enumerate(places, 1) if place.get("argued")]
        parts.append("\n" + "".join(f"- {number}: {why}\n" for number, why in argued))
    return "\n".join(parts)


def written() -> None:
    """Write the tables into the document, between their two marks."""
    text = DOCUMENT.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    made = tables(json.loads(LISTS.read_text("utf-8")))
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{made}\n{END}{tail}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=("draw", "run", "named", "table"))
    parser.add_argument("--seed", default="11")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args(arguments)
    if given.what == "draw":
        lists = json.loads(LISTS.read_text("utf-8"))
        lists["drawn"][given.seed] = drawn(ROOT, int(given.seed), given.count, lists["named"])
        _keep(lists)
    elif given.what == "run":
        tried(given.seed, again=given.again)
    elif given.what == "named":
        named_tried(again=given.again)
    else:
        written()
    return 0


if __name__ == "__main__":
    sys.exit(main())
