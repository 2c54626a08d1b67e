"""Words: how fast a search is, how often words find the right clip, and labels in words without any training.

The twenty searches in data/search_queries.csv were written down, with the clips that are right, before there was a
search. The names of the five classes are those that the bars are told for. The table of wordings that the program
uses was written from the names of the 400 labels alone, and its settings were chosen on other labels than these.
"""

import csv
import json
import shutil
import sqlite3
import time
from dataclasses import fields
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.clips import ROOT
from benchmarks.kinetics import CLIPS, WORKSPACE
from benchmarks.measure import Figure, percentile, watch
from core.base import settings
from core.domain import Line, Lines, Prediction, Recipe, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.networks.backbones import BACKBONES
from core.workflows import clips as clips_workflow
from core.workflows import models, predictions
from core.workflows.search import full_text, index, semantics, synonyms, zero_shot
from core.workflows.search import query as searching
from core.workflows.search.text_encoders import ENCODERS, USUAL, encode
from core.workspace.store import Store

MANY = 10_000
TALKING, LINES = 1_000, 200  # of the clips, and the lines of each
NAMES_SAID = ("Anna Kowalska", "卡尔曼滤波", "Sonnenblumenöl")  # each said once in all lines
CLASSES = ("Diving", "JumpRope", "SkyDiving", "Surfing", "Swing")
NAMES = {
    "English": ("diving into water", "jumping rope", "skydiving", "surfing", "swinging on a swing"),
    "Chinese": ("跳水", "跳绳", "跳伞", "冲浪", "荡秋千"),
    "German": ("ins Wasser springen", "Seilspringen", "Fallschirmspringen", "Surfen", "Schaukeln"),
    "French": ("plonger dans l'eau", "sauter à la corde", "sauter en parachute", "faire du surf", "se balancer"),
}
BARS = {"English": 0.95, "Chinese": 0.8}
ELSEWHERE = ("playing the piano", "riding a horse", "做饭")  # on none of the 87 clips
FRAMES = {  # sentences about who does something, by language; en2 and zh2 are the last columns of the table
    "en": "a child is {}",
    "de": "ein Kind beim {}",
    "zh": "一个孩子在{}",
}
QUERIES = Path(__file__).parent / "data" / "search_queries.csv"
TIMED = ("someone rides a horse", "做饭", "ein Kind lacht", "playing music outside", "打篮球", "a man shaves his beard")


def main() -> list[Figure]:
    """All figures; those on real clips only where the clips are."""
    figures = _speed()
    figures += _hidden()
    return figures + _named() + _found() if (CLIPS / "ucf5").is_dir() else figures


def _speed() -> list[Figure]:
    """How fast texts are encoded, and a library of many made clips searched."""
    encoder, labels = ENCODERS[USUAL], BACKBONES["i3d-kinetics400"].labels()
    with watch() as loading:
        encode(encoder, ["a first text"])
    with watch() as encoding:
        encode(encoder, labels)
    store = _library(ROOT / "build" / "bench" / "words")
    found = index.current(store)
    searching.search(store, "anything")
    taken, first = [], 0
    for _ in range(10):
        for query in (*TIMED, *NAMES_SAID):
            begun = time.perf_counter()
            best = searching.search(store, query).moments[:1]
            taken.append(time.perf_counter() - begun)
            first += query in NAMES_SAID and query in best[0].why
    arrays = (getattr(found, one.name) for one in fields(found))
    held = sum(one.nbytes for one in arrays if isinstance(one, np.ndarray))
    store.close()
    shutil.rmtree(store.workspace)
    return [
        Figure("words, load the text encoder", loading.seconds, "s"),
        Figure("words, encode 400 labels", encoding.seconds, "s", 2, at_least=False),
        Figure(
            "words, search 10,000 clips, 95 of 100 within",
            1000 * percentile(taken, 95),
            "ms",
            300,
            at_least=False,
            note=f"{TALKING} of them with {LINES} lines each, {len(taken)} searches",
        ),
        Figure("words, arrays of that index", held / 1e6, "MB"),
        Figure("words, names that are said once: their line first", first / 10, f"of {len(NAMES_SAID)}"),
    ]


def _library(workspace: Path) -> Store:
    """A workspace with many clips, each with some moments of made scores, as if all had been analysed.

    Some of them talk: their lines are made of words of the table of wordings, and their vectors are drawn, because
    encoding them would take minutes.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    store, draw = Store(workspace), np.random.default_rng(0)
    labels = BACKBONES["i3d-kinetics400"].labels()
    making, clips, results, spoken = index._Making(), [], [], []
    for number in range(MANY):
        digest = sha256(str(number).encode()).hexdigest()
        key = digest[:40]
        making.take_moments(key, digest, _made(labels, draw))
        info = json.dumps({"path": f"/clips/{number}.mp4"})
        clips.append((digest, info, b"", f"{number}.mp4", number, number, 0))
        results.append((key, "prediction", digest, number))
        if number < TALKING:
            said = _talk(number, draw)
            lines = fingerprint("lines", number)
            store.write(lines, said, kind=index.LINES, video=digest)
            making.take_texts(lines, digest, said, draw.normal(0, 0.04, (LINES, 512)).astype(np.float32))
            spoken.append(lines)
    store.videos()  # lays the catalogue out
    with sqlite3.connect(store.catalogue) as catalogue:
        catalogue.executemany("INSERT INTO videos VALUES (?, ?, ?, ?, ?, ?, ?)", clips)
        catalogue.executemany("INSERT INTO results VALUES (?, ?, ?, ?)", results)
    catalogue.close()
    keys = [(key, "", "") for key in (*(key for key, *_ in results), *spoken)]
    store.write(index.key_of(keys), making.index(), kind=index.KIND)
    return store


def _talk(number: int, draw: np.random.Generator) -> Lines:
    """Made lines, some English, some German, some Chinese; each of NAMES_SAID stands in one line of all."""
    texts = [" ".join(told) for told in draw.choice(_phrases(), (LINES, 2))]
    if number < len(NAMES_SAID):
        texts[LINES // 2] += f" {NAMES_SAID[number]}"
    return Lines("subtitle", tuple(Line(3.0 * at, 3.0 * at + 2.5, text) for at, text in enumerate(texts)))


@cache
def _phrases() -> list[str]:
    return [told for each in synonyms.table().values() for told in each]


def _made(labels: tuple[str, ...], draw: np.random.Generator) -> Prediction:
    """Ten seconds of three actions after one another."""
    logits = draw.normal(0, 1, (30, len(labels)))
    for first in range(0, 30, 10):
        logits[first : first + 10, draw.integers(len(labels))] += 7
    raised = np.exp(logits)
    scores = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return Prediction((np.arange(30) + 0.5) * 0.32, scores, labels, "kinetics400", (0.0, 9.6))


def _hidden() -> list[Figure]:
    """How often a wording leads to its label by the others, where it is hidden: as it is, and in a sentence.

    Labels that the other figures are about take no part.
    """
    store, table = Store(ROOT / "build" / "bench" / "words"), synonyms.table()
    bank = semantics.of_labels(store, tuple(table))
    firsts = [*bank.first.tolist(), len(bank.wordings)]
    held = [full_text.pieces(text) for told in table.values() for text in told]
    drawn = [
        (place, column, text)
        for place, told in enumerate(table.values())
        for column, text in enumerate(told)
        if column and len(told) == len(synonyms.FORMS)
    ]
    figures = []
    for name, framed in (("as they are", False), ("in a sentence about a child", True)):
        texts = [FRAMES[synonyms.FORMS[at][:2]].format(text) if framed else text for _, at, text in drawn]
        right = 0
        for (place, column, _), text, vector in zip(drawn, texts, bank.query_vectors(texts), strict=True):
            wanted = full_text.sought(semantics.gist(text))
            near = bank.wordings @ vector + semantics.LITERAL * np.array([wanted <= each for each in held])
            near[firsts[place] + column] = -1
            right += int(np.maximum.reduceat(near, bank.first).argmax()) == place
        figures.append(
            Figure(f"hidden wordings {name}: own label of 400", right / len(drawn), note=f"{len(drawn)} wordings")
        )
    store.close()
    return figures


def _looked_at(path: Path) -> tuple[VideoInfo, Prediction]:
    """A clip of the benchmarks' workspace and what the usual model says of it."""
    store, here = Store(WORKSPACE), settings.current()
    card = models.ModelLibrary.of(here).cards()[models.DEFAULT_MODEL]
    digest = clips_workflow.add_video(store, path)
    predictions.predict(store, digest, Recipe(), card.name, here.engine)
    return store.video(digest), store.read(
        predictions.prediction_key(store, digest, Recipe(), card, here.engine), Prediction
    )


def _named() -> list[Figure]:
    """How often the best of five labels in words is the right one, over the 87 clips."""
    store = Store(WORKSPACE)
    clips = [(path.parent.name, *_looked_at(path)) for path in sorted((CLIPS / "ucf5").glob("*/*.avi"))]
    figures = []
    for language, names in NAMES.items():
        right = 0
        for truth, info, known in clips:
            told = zero_shot.read_analysis(info, zero_shot.name(store, known, names)).ranking[0].label
            right += told == names[CLASSES.index(truth)]
        name = f"labels in words, {language}, clip accuracy"
        figures.append(Figure(name, right / len(clips), "", BARS.get(language), note=f"{len(clips)} clips, 5 classes"))
    rest = [zero_shot.name(store, known, ELSEWHERE).prediction.scores[:, -1].mean() for _, _, known in clips]
    note = f"{', '.join(ELSEWHERE)}: on none of the clips"
    return [
        *figures,
        Figure(
            "labels in words, share of clips told as none", sum(share > 0.5 for share in rest) / len(rest), note=note
        ),
    ]


def _found() -> list[Figure]:
    """Precision among the first five moments, over all searches with at least five right clips."""
    store = Store(WORKSPACE)
    paths = [path for folder in ("ucf5", "weizmann", "clips") for path in sorted((CLIPS / folder).rglob("*.*"))]
    digests = [_looked_at(path)[0].digest for path in paths]
    shares, firsts = [], []
    for row in csv.DictReader(QUERIES.open(encoding="utf-8")):
        right = [row["right"] in str(path) for path in paths]
        found = searching.search(store, row["query"], digests).moments[:5]
        hits = [row["right"] in one.path for one in found]
        print(f"{row['query']}: {sum(hits)} of the first {len(found)}", flush=True)
        if sum(right) >= 5:
            shares.append(sum(hits) / 5)
        else:
            firsts.append(bool(hits) and hits[0])
    return [
        Figure(
            "search, precision at 5",
            float(np.mean(shares)),
            "",
            0.8,
            note=f"{len(shares)} searches, {len(paths)} clips",
        ),
        Figure("search, right clip first", sum(firsts), f"of {len(firsts)}", note="searches with fewer right clips"),
    ]
