"""Words: how near they are to known labels, labels in words over time, and the search."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.base import settings
from core.base.errors import AnalysisError
from core.domain import Line, ModelCard, Prediction, Recipe, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.networks.backbones import BACKBONES
from core.workflows import models
from core.workflows import predictions as predictions_workflow
from core.workflows.search import (
    full_text,
    index,
    keep_lines,
    read_labels,
    semantics,
    synonyms,
    text_encoders,
    zero_shot,
)
from core.workflows.search import query as searching
from core.workflows.search.text_encoders import ENCODERS, Encoder, encode, stored_vectors
from core.workspace.store import Store

KINETICS = BACKBONES["i3d-kinetics400"].labels()
STEP_S = 0.32


pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture
def card() -> ModelCard:
    return models.ModelLibrary.of(settings.current()).cards()["kinetics400"]


def seen(*parts: tuple[str, int], surely: float = 0.9) -> Prediction:
    """What a network would say that sees these labels for so many steps one after another."""
    rest = (1 - surely) / (len(KINETICS) - 1)
    rows = [[surely if label == told else rest for label in KINETICS] for told, steps in parts for _ in range(steps)]
    times_s = (np.arange(len(rows)) + 0.5) * STEP_S
    return Prediction(times_s, np.array(rows, np.float32), KINETICS, "kinetics400", (0.0, len(rows) * STEP_S))


def clip(store: Store, name: str, *predictions: Prediction) -> str:
    """A clip of the library of which these predictions are known; gives its digest."""
    digest = fingerprint("clip", name) + "0" * 24
    times_s = np.arange(100) / 25
    info = VideoInfo(
        path=f"/clips/{name}",
        digest=digest,
        width_px=320,
        height_px=240,
        frame_count=100,
        declared_count=100,
        times_s=times_s,
        rate_hz=Fraction(25),
        variable_rate=False,
        duration_s=4.0,
        codec="h264",
        plays_in_browser=True,
        notes=(),
    )
    store.save_video(info)
    for place, prediction in enumerate(predictions):
        store.write(fingerprint("made", name, place), prediction, kind="prediction", video=digest)
    return digest


def best(found) -> list[str]:
    return [Path(one.path).name for one in found.moments]


# Meaning


def test_each_known_label_stands_in_the_table_with_four_wordings_or_six():
    table = synonyms.table()
    assert tuple(table) == KINETICS
    for label, cells in table.items():
        assert cells[0] == label and len(cells) in (4, len(synonyms.FORMS))
        assert len(set(cells)) == len(cells) and all(cell == cell.strip() for cell in cells)


@pytest.mark.parametrize(("label", "told"), [("JumpRope", "jump rope"), ("wave2", "wave"), ("a_b c", "a b c")])
def test_names_are_taken_apart(label: str, told: str):
    assert synonyms.of(label) == (told,)


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_puts_like_meanings_together(name: str):
    encoder = ENCODERS[name]
    vectors = encode(encoder, ["a dog runs", "ein Hund rennt", "一只狗在跑", "the price of oil rose"])
    assert vectors.shape == (4, encoder.width) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ vectors.T
    assert cosines[0, 1:3].min() > cosines[0, 3] + 0.2
    assert np.allclose(encode(encoder, ["a dog runs"]), vectors[:1], atol=1e-5)  # no matter what comes beside it
    assert encode(encoder, []).shape == (0, encoder.width)


def test_vectors_of_names_are_kept(store: Store, monkeypatch):
    encoder = ENCODERS["use-multilingual-3"]
    first = stored_vectors(store, encoder, ("a name that only this test has",))
    assert len(store.keys("text vectors")) == 1
    monkeypatch.setattr("core.workflows.search.text_encoders._HELD", {})
    monkeypatch.setattr("core.workflows.search.text_encoders.encode", None)
    assert np.array_equal(stored_vectors(store, encoder, ("a name that only this test has",)), first)


def test_vectors_are_read_by_several_threads_at_once(store: Store, monkeypatch):
    class Slow(dict):
        """Lets other threads go on between filing a value and reading it."""

        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            time.sleep(0.01)

    encoded = []

    def encode_slowly(texts):
        encoded.extend(texts)
        return np.eye(8, dtype=np.float32)[[int(text) for text in texts]]

    monkeypatch.setattr(text_encoders, "_HELD", Slow())
    monkeypatch.setattr(text_encoders, "MOST_HELD", 1)
    encoder = Encoder("slow", "A slow encoder", 1, 8, encode_slowly)
    texts = [str(number) for number in (0, 1, 2, 3) * 4]
    with ThreadPoolExecutor(4) as threads:
        vectors = list(threads.map(lambda text: stored_vectors(store, encoder, (text,)), texts))
    assert [int(vector.argmax()) for vector in vectors] == [int(text) for text in texts]
    assert sorted(encoded) == ["0", "1", "2", "3"]  # each once


def test_the_weights_are_loaded_once_by_several_threads(monkeypatch):
    loads = []

    def load():
        loads.append(1)
        time.sleep(0.05)
        return object()

    monkeypatch.setattr(text_encoders, "_loaded", cache(load))
    with ThreadPoolExecutor(4) as threads:
        encoders = list(threads.map(lambda _: text_encoders._use(), range(4)))
    assert len(loads) == 1 and len(set(encoders)) == 1


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("someone rides a horse", "riding or walking with horse"),
        ("monter à cheval", "riding or walking with horse"),
        ("弹钢琴的女孩", "playing piano"),
        ("Kartoffeln schälen", "peeling potatoes"),
    ],
)
def test_words_are_nearest_to_the_label_that_means_the_same(store: Store, words: str, label: str):
    bank = semantics.of_labels(store, KINETICS)
    row = bank.nearness([words])[0]
    assert bank.nearest(row, 1)[0].label == label
    assert row.max() > semantics.NEAR


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("someone rides a horse", "rides horse"),
        ("Kind auf der Schaukel", "Schaukel"),
        ("有人在跳绳", "跳绳"),
        ("quelqu'un plonge", "plonge"),
        ("the", "the"),
        ("a woman", "a woman"),
    ],
)
def test_the_gist_of_words_is_what_is_done(text: str, told: str):
    assert semantics.gist(text) == told


@pytest.mark.parametrize("words", ["a child is welding in a video", "ein Kind beim Schweißen", "一个孩子在焊接"])
def test_who_does_it_does_not_hide_what_is_done(store: Store, words: str):
    bank = semantics.of_labels(store, KINETICS)
    assert bank.nearest(bank.nearness([words])[0], 1)[0].label == "welding"


@pytest.mark.parametrize(
    ("word", "begins"),
    [("Hunde", "dog"), ("juggles", "juggling"), ("bowl", "bowling")],
)
def test_a_word_that_stands_in_a_wording_in_some_form_leads_to_its_label(store: Store, word: str, begins: str):
    bank = semantics.of_labels(store, KINETICS)
    assert begins in bank.nearest(bank.nearness([word])[0], 1)[0].label


def test_words_in_any_form_and_letters_by_pairs_are_held():
    assert full_text.sought("cooks") <= full_text.pieces("cooking an egg") and not full_text.sought(
        "egg"
    ) <= full_text.pieces("beg")
    assert full_text.sought("跳绳") <= full_text.pieces("他在跳绳") and not full_text.sought(
        "跳绳"
    ) <= full_text.pieces("跳过绳子")
    assert full_text.sought("狗") <= full_text.pieces("遛狗") and full_text.sought("...") == frozenset()


def test_labels_outside_the_table_have_a_meaning_too(store: Store):
    bank = semantics.of_labels(store, ("RideHorse", "playing piano"))
    assert bank.nearest(bank.nearness(["riding a horse"])[0], 1)[0].label == "RideHorse"


# Labels in words


def test_labels_in_words_follow_what_is_seen(store: Store):
    known = seen(("skydiving", 10), ("making tea", 10), ("playing cello", 10))
    found = zero_shot.name(store, known, ("从飞机上跳伞", "a cellist", "Tennis"))
    assert found.prediction.labels == ("从飞机上跳伞", "a cellist", "Tennis", zero_shot.REST)
    winners = found.prediction.scores.argmax(axis=1)
    assert winners.tolist() == [0] * 10 + [3] * 10 + [1] * 10
    assert found.nearest[2][0].label == "playing tennis"
    assert found.carried[0][0].label == "skydiving" and found.carried[0][0].score > 0.5
    assert found.carried[2] == ()  # it was seen nowhere


def test_the_rest_is_told_as_nothing_certain(store: Store, card: ModelCard):
    digest = clip(store, "a.mp4")
    known = seen(("skydiving", 10), ("making tea", 10))
    base = predictions_workflow.prediction_key(store, digest, Recipe(), card, "tensorflow-f32")
    store.write(base, known, kind="prediction", video=digest)
    zero_shot.find_named(store, digest, Recipe(), card, "tensorflow-f32", ("a parachutist",))
    told = zero_shot.analysis(store, digest, zero_shot.named_key(base, ("a parachutist",)))
    (only,) = told.track.segments
    assert (only.label, only.start_s, round(only.stop_s, 6)) == ("a parachutist", 0, 3.2)
    assert told.track.labels == ("nothing certain", "a parachutist")
    assert [one.label for one in told.ranking] == ["a parachutist"]


def test_a_higher_bar_leaves_more_to_the_rest(store: Store):
    known = seen(("skydiving", 10), surely=0.5)
    shares = [
        zero_shot.name(store, known, ("flying",), least).prediction.scores[:, 1].mean() for least in (0.0, 0.2, 0.4)
    ]
    assert shares[0] < shares[1] < shares[2]


def test_only_the_strongest_labels_take_part():
    rows = zero_shot.strongest(np.array([[0.1, 0.4, 0.3, 0.2]], np.float32), 2)
    assert np.allclose(rows, [[0, 4 / 7, 3 / 7, 0]])


@pytest.mark.parametrize(
    ("typed", "told"),
    [("  \n ", "No label"), ("None of these", "is reserved"), ("x" * 121, "too long"), ("\n".join("abc" * 20), "")],
)
def test_labels_that_cannot_be_looked_for_are_refused(typed: str, told: str):
    if not told:
        assert read_labels(typed) == ("a", "b", "c")
        return
    with pytest.raises(AnalysisError, match=told) as refused:
        read_labels(typed)
    assert refused.value.hint


# The index


def test_moments_begin_where_what_is_seen_changes():
    start_s, stop_s, label, score = index.moments(seen(("yoga", 25), ("welding", 25), surely=0.8))
    named = [KINETICS[place] for place in label[:, 0]]
    assert [each for each in named if each in ("yoga", "welding")] == named == sorted(named, reverse=True)
    assert start_s[0] == 0 and stop_s[-1] == pytest.approx(16) and np.allclose(start_s[1:], stop_s[:-1])
    change = start_s[named.index("welding")]
    assert abs(change - 8) < index.MIN_MOMENT_S
    assert score[0, 0] == pytest.approx(0.8, abs=1e-3) and score.shape == (len(start_s), index.LABELS_PER_MOMENT)


def test_a_moment_in_which_nothing_changes_lasts_half_a_minute_at_most():
    steps = 75
    still = Prediction(
        np.arange(steps) + 0.5, np.tile(np.float32([0.2, 0.8]), (steps, 1)), ("no", "yes"), "own", (0, 75)
    )
    start_s, stop_s, label, _ = index.moments(still)
    assert (start_s.tolist(), stop_s.tolist()) == ([0, 30, 60], [30, 60, 75])
    assert label[:, 0].tolist() == [1, 1, 1]


def test_a_model_with_few_labels_is_indexed_too():
    few = Prediction(np.array([0.5]), np.array([[0.3, 0.7]], np.float32), ("no", "yes"), "own", (0.0, 1.0))
    _, _, label, score = index.moments(few)
    assert label.tolist() == [[1, 0, 0, 0, 0, 0, 0, 0]]
    assert score[0].tolist() == pytest.approx([0.7, 0.3, 0, 0, 0, 0, 0, 0], abs=1e-3)


def test_the_index_follows_the_library(store: Store):
    clip(store, "yoga.mp4", seen(("yoga", 20)))
    assert best(searching.search(store, "做瑜伽的人")) == ["yoga.mp4"]
    welded = clip(store, "welding.mp4", seen(("welding", 20)))
    waiting = clip(store, "new.mp4")
    found = searching.search(store, "a worker welds steel")
    assert best(found)[0] == "welding.mp4" and found.waiting == (waiting,) and found.clips == 2
    assert index.behind(store) == 0 and len(store.keys(index.KIND)) == 1
    store.delete_video(welded)
    assert "welding.mp4" not in best(searching.search(store, "a worker welds steel"))


def test_another_process_finds_the_index_on_disk(store: Store, monkeypatch):
    clip(store, "yoga.mp4", seen(("yoga", 20)))
    before = index.current(store)
    monkeypatch.setattr(index, "_HELD", {})
    monkeypatch.setattr(index, "_updated", None)
    after = index.current(Store(store.workspace))
    assert after.sources == before.sources and np.array_equal(after.label, before.label)


def test_texts_with_their_seconds_are_found(store: Store):
    digest = clip(store, "talk.mp4")
    keep_lines(store, digest, "subtitle", [Line(0, 2, "welcome to the show"), Line(2, 5, "the horse is ill today")])
    (first, *_) = searching.search(store, "ein krankes Pferd").moments
    assert (first.start_s, first.stop_s, first.why) == (2, 5, "subtitle: the horse is ill today")
    keep_lines(store, digest, "subtitle", [Line(0, 2, "welcome to the show")])
    assert not searching.search(store, "ein krankes Pferd").moments
    keep_lines(store, digest, "note", [Line(1, 3, "a sick horse")])
    assert [one.why for one in searching.search(store, "ein krankes Pferd").moments] == ["note: a sick horse"]


# The search


def test_the_best_moment_comes_first_and_says_why(store: Store):
    clip(store, "mixed.mp4", seen(("yoga", 20), ("playing piano", 20), ("yoga", 20)))
    clip(store, "unsure.mp4", seen(("playing piano", 20), surely=0.4))
    first, second, *_ = searching.search(store, "someone plays the piano").moments
    assert Path(first.path).name == "mixed.mp4" and Path(second.path).name == "unsure.mp4"
    assert abs(first.start_s - 6.4) < 1 and abs(first.stop_s - 12.8) < 1
    assert first.why.startswith("playing piano 0.8") and first.score > second.score > 0


@pytest.mark.parametrize("asked", ["yoga or playing the piano", "做瑜伽或者弹钢琴", "Yoga oder Klavier spielen"])
def test_either_of_two_wishes_is_as_welcome(store: Store, asked: str):
    for label in ("yoga", "playing piano", "welding"):
        clip(store, f"{label}.mp4", seen((label, 20)))
    first, second, *rest = searching.search(store, asked).moments
    assert {Path(one.path).name for one in (first, second)} == {"yoga.mp4", "playing piano.mp4"}
    assert min(first.score, second.score) > 0.5 and all(one.score < 0.1 for one in rest)


@pytest.mark.parametrize(
    ("asked", "wishes"),
    [
        ("surfing OR diving or sledding", ("surfing", "diving", "sledding")),
        ("冲浪或跳伞", ("冲浪", "跳伞")),
        ("或许在跳伞", ("或许在跳伞",)),
        ("orange or", ("orange or",)),
        ("or", ("or",)),
        ('"rock or pop"', ('"rock or pop"',)),
        ("a or b or c or d or e or f", ("a or b or c or d or e or f",)),
    ],
)
def test_wishes_are_parted_where_the_words_say_so(asked: str, wishes: tuple[str, ...]):
    assert searching.wished(asked) == wishes


def test_neighbouring_moments_are_one_result(store: Store):
    clip(store, "long.mp4", seen(("playing piano", 300)))
    (only,) = searching.search(store, "piano").moments
    assert only.start_s == 0 and only.stop_s == pytest.approx(96)


def test_two_models_that_see_the_same_give_one_result(store: Store):
    own = Prediction(np.array([0.5, 1.5]), np.ones((2, 1), np.float32), ("PianoPlaying",), "own", (0.0, 2.0))
    clip(store, "both.mp4", seen(("playing piano", 6)), own)
    assert len(searching.search(store, "playing the piano").moments) == 1


def test_a_search_can_be_of_some_clips_only(store: Store):
    digests = [clip(store, f"{number}.mp4", seen(("yoga", 10))) for number in range(3)]
    found = searching.search(store, "yoga", digests[1:2])
    assert best(found) == ["1.mp4"] and found.clips == 1


def test_words_that_no_label_comes_near_are_said_to_be_so(store: Store):
    clip(store, "a.mp4", seen(("yoga", 10)))
    assert searching.search(store, "yoga").trusted
    assert not searching.search(store, "1996").trusted


def test_an_empty_library_gives_no_moment(store: Store):
    found = searching.search(store, "anything")
    assert (found.moments, found.clips, found.waiting, found.trusted) == ((), 0, (), False)


@pytest.mark.parametrize("query", ["", " \n ", "x" * 301])
def test_a_search_for_nothing_or_too_much_is_refused(store: Store, query: str):
    with pytest.raises(AnalysisError) as refused:
        searching.search(store, query)
    assert refused.value.hint


def test_the_command_line_tells_moments_as_json(workspace: Path, monkeypatch, capfdbinary):
    clip(Store(workspace), "yoga.mp4", seen(("yoga", 20)))
    clip(Store(workspace), "new.mp4")
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(workspace))
    settings.current.cache_clear()
    try:
        assert main(["search", "做瑜伽", "--library", "--format", "json"]) == 0
        out, err = capfdbinary.readouterr()
        (only,) = json.loads(out)["moments"]
        assert list(only) == ["path", "start_s", "stop_s", "score", "why"]
        assert only["path"] == "/clips/yoga.mp4" and only["why"] == "yoga 0.90"
        assert b"1 of 2 clips cannot be searched yet" in err
        clip(Store(workspace), "more.mp4", seen(("yoga", 20)))
        for most in (1, 2):
            assert main(["search", "做瑜伽", "--most", str(most), "--format", "json"]) == 0
            assert len(json.loads(capfdbinary.readouterr().out)["moments"]) == most
        assert main(["search", " "]) == 1
        with pytest.raises(SystemExit, match="2"):
            main(["search", "yoga", "a.mp4", "--library"])
    finally:
        settings.current.cache_clear()
