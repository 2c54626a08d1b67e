"""How else the known labels can be put: beside each name other wordings in English, German and Chinese.

`wordings.tsv` holds a row for each of the 400 labels of Kinetics. It was written by hand from the names alone, as a
dictionary would put them, without looking at any clip. Its last two columns came later; they are empty where a label
is one of those that the search and labels in words are judged on, so that nothing was fitted to these. A label that is
not in the table has its own name only.
"""

import re
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "synonyms.tsv"
FORMS = ("label", "en", "de", "zh", "en2", "zh2")  # the columns of the table
BREAKS = re.compile(r"(?<=[a-z])(?=[A-Z])|_+|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


@cache
def table() -> dict[str, tuple[str, ...]]:
    """All wordings of each label of the table, its name first."""
    head, *rows = TABLE.read_text(encoding="utf-8").splitlines()
    if tuple(head.split("\t")) != FORMS:
        raise ValueError(f"{TABLE.name}: expected the columns {FORMS}, got {head!r}")
    return {row.split("\t")[0]: tuple(filter(None, row.split("\t"))) for row in rows}


def of(label: str) -> tuple[str, ...]:
    """The wordings of a label; one that is not in the table is only taken apart: JumpRope is "jump rope"."""
    return table().get(label) or (spoken(label),)


def spoken(label: str) -> str:
    """A name as people would say it: wave_2 and Wave2 are "wave"."""
    parts = [part for part in BREAKS.sub(" ", label).split() if not part.isdigit()]
    return " ".join(parts).lower() if parts and BREAKS.search(label) else label
