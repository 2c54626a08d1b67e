"""Full text: our own search in the index against SQLite's FTS5, on the same 200,000 lines.

Not part of `python -m benchmarks`: it was written to decide which of the two is used (see docs/search.md). Run it with
`python -m benchmarks.full_text`.

FTS5 gets every advantage that it offers: folded text, scripts without spaces stored a letter apart and asked as
phrases, quoted words as phrases, words of five letters and more as prefixes, the Porter stemmer for the other words.
"""

import csv
import sqlite3
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.words import LINES, NAMES_SAID, QUERIES, TALKING, TIMED, _phrases, _talk
from core.domain import Index, Line, Lines
from core.workflows.search import full_text, index, synonyms

DRAWN = 60  # lines from which queries are made
RIGHT = {
    "ucf5/Diving": "springboard diving",
    "ucf5/JumpRope": "skipping rope",
    "ucf5/SkyDiving": "skydiving",
    "ucf5/Surfing": "surfing water",
    "ucf5/Swing": "swinging on something",
    "weizmann/run": "jogging",
    "clips/walking_the_dog": "walking the dog",
    "clips/flipping_pancake": "flipping pancake",
    "clips/golf_driving": "golf driving",
    "clips/arm_wrestling": "arm wrestling",
}  # what the searches of the benchmark are about, among the 400 labels
FORMS = (  # a word as it is searched, and a line that holds another form of it
    ("filters", "the Kalman filter comes first"),
    ("riding", "a man rides a horse"),
    ("run", "he runs along the beach"),
    ("Kinder", "ein Kind lacht im Garten"),
    ("Filtern", "der Filter glättet das Signal"),
    ("Kalman", "das Kalmanfilter kommt zuerst"),
    ("Tuer", "die Tür geht auf"),
    ("chevaux", "un cheval court"),
)
Engine = Callable[[str], list[int]]  # a query to the rows of lines, best first


def compare() -> None:
    """Print the table of the two."""
    lines = [line.text for number in range(TALKING) for line in _talk(number, np.random.default_rng(number)).lines]
    for name, build in (("own index", own), ("FTS5", fts5)):
        begun = time.process_time()
        search = build(lines)
        print(f"{name}: {len(lines)} lines taken in after {time.process_time() - begun:.1f} s of processor time")
        for what, figure in (
            ("20 searches, precision at 5 among wordings", precision(build)),
            ("names that are said once, their line first", names_first(search, lines)),
            ("quoted words, all lines and no other", literal(search, lines)),
            ("two Chinese letters, all lines and no other", chinese(search, lines)),
            ("a word missing, the line among the first five", missing_word(search, lines)),
            ("another form of a word, found", forms(build)),
        ):
            print(f"  {what}: {figure:.3f}", flush=True)
        print("  a search, median and slowest: {:.0f}, {:.0f} ms".format(*speed(search)), flush=True)


def own(lines: Sequence[str]) -> Engine:
    """The search that the program uses."""
    making = index._Making()
    made = Lines("subtitle", tuple(Line(float(at), at + 1.0, text) for at, text in enumerate(lines)))
    making.take_texts("key", "clip", made, np.zeros((len(lines), 512), np.float32))
    whole: Index = making.index()
    return lambda query: [match.row for match in full_text.lines(whole, query, np.ones(1, bool))]


def fts5(lines: Sequence[str]) -> Engine:
    """SQLite's full-text index in memory, best first by BM25."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE lines USING fts5(text, tokenize = 'porter unicode61 remove_diacritics 2')")
    database.executemany("INSERT INTO lines VALUES (?)", ((" ".join(full_text.words_of(text)),) for text in lines))

    def search(query: str) -> list[int]:
        expression = fts5_query(query)
        rows = database.execute(
            "SELECT rowid - 1 FROM lines WHERE lines MATCH ? ORDER BY rank LIMIT 300", (expression,)
        )
        return [row for (row,) in rows]

    return search


def fts5_query(query: str) -> str:
    """A query in the language of FTS5."""
    parsed = full_text.parse_query(query)
    if parsed.phrases:
        return " AND ".join('"' + " ".join(phrase) + '"' for phrase in parsed.phrases)
    words = ((unit, '"' + " ".join(unit) + '"') for unit in parsed.units)
    return " OR ".join(
        f"{text} *" if len(unit) == 1 and len(unit[0]) >= full_text.BEGINNING else text for unit, text in words
    )


def precision(build: Callable[[Sequence[str]], Engine]) -> float:
    """Share of right wordings among the first five, over the searches of the benchmark; the wordings are the lines."""
    table = synonyms.table()
    labels = [label for label, wordings in table.items() for _ in wordings]
    search = build([text for wordings in table.values() for text in wordings])
    searches = [row for row in csv.DictReader(QUERIES.open(encoding="utf-8")) if row["right"] in RIGHT]
    hits = [[labels[row] == RIGHT[query["right"]] for row in search(query["query"])[:5]] for query in searches]
    return float(np.mean([sum(hit) / 5 for hit in hits]))


def names_first(search: Engine, lines: Sequence[str]) -> float:
    return float(np.mean([any(name in lines[row] for row in search(name)[:1]) for name in NAMES_SAID]))


def literal(search: Engine, lines: Sequence[str]) -> float:
    """How often a phrase of two words in quotation marks finds the lines in which it stands, and no others."""
    phrases = [" ".join(words[:2]) for words in map(str.split, drawn(lines)) if len(words) > 1 and words[0].isascii()]
    folded = [" " + " ".join(full_text.words_of(line)) + " " for line in lines]
    right = []
    for phrase in phrases:
        wanted = " " + " ".join(full_text.words_of(phrase)) + " "
        expected = {row for row, line in enumerate(folded) if wanted in line}
        rows = set(search(f'"{phrase}"'))
        right.append(rows == expected if len(expected) <= 300 else len(rows) == 300 and rows <= expected)
    return float(np.mean(right))


def chinese(search: Engine, lines: Sequence[str]) -> float:
    """The same of the first two letters of Chinese lines."""
    pairs = {text[:2] for text in drawn(lines, 4 * DRAWN) if len(text) > 1 and all(map(full_text.dense, text[:2]))}
    right = []
    for pair in sorted(pairs):
        expected = {row for row, line in enumerate(lines) if pair in line}
        rows = set(search(pair))
        right.append(rows == expected if len(expected) <= 300 else len(rows) == 300 and rows <= expected)
    return float(np.mean(right))


def missing_word(search: Engine, lines: Sequence[str]) -> float:
    """How often a line is among the first five when it is asked for with a word that it does not hold."""
    queries = [text for text in drawn(lines) if len(text.split()) >= 4]
    return float(np.mean([any(lines[row] == text for row in search(f"{text} zebra")[:5]) for text in queries]))


def forms(build: Callable[[Sequence[str]], Engine]) -> float:
    search = build([line for _, line in FORMS])
    return float(np.mean([row in search(word) for row, (word, _) in enumerate(FORMS)]))


def speed(search: Engine) -> tuple[float, float]:
    """Milliseconds of processor time that a search takes."""
    taken = []
    for query in (*TIMED, *NAMES_SAID, "the water", "jumping", "跳"):
        begun = time.process_time()
        search(query)
        taken.append(1000 * (time.process_time() - begun))
    return float(np.median(taken)), max(taken)


def drawn(lines: Sequence[str], count: int = DRAWN) -> list[str]:
    """Some of the lines, the same in each run."""
    return [lines[int(row)] for row in np.random.default_rng(1).choice(len(lines), count, replace=False)]


if __name__ == "__main__":
    assert TALKING * LINES == 200_000 and _phrases()
    compare()
