"""The text branch and its fusion with the visual network."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.base.errors import FormatInvalid, NotEnoughExamples, WeightsMissing
from core.domain import Line, Lines
from core.stages.networks import text_branch
from core.stages.networks.recurrent_training import Example
from core.stages.networks.text_branch import TextBranch
from core.workflows.texts import text_store

STEPS, CHANNELS = 6, 8
pytestmark = pytest.mark.usefixtures("no_network")
SAID = (("she", "rides", "a", "horse"), ("he", "cuts", "an", "onion"), ("nobody", "says", "much", "today"))
# Six classes, each a picture and a saying. 0 and 1 differ by their words alone, 2 and 3 by their picture alone; 4 and 5
# let every picture and every saying belong to two classes, so that neither alone can name more than half of the clips.
# With the first four classes alone no balanced set keeps each branch below 0.75.
CLASSES = ((0, 0), (0, 1), (1, 2), (2, 2), (1, 0), (2, 1))


def made_set(
    count: int, seed: int, classes: Sequence[tuple[int, int]] = CLASSES
) -> tuple[list[Example], list[tuple[str, ...]]]:
    """Clips of made features and sayings, so many a class, with noise in both."""
    rng = np.random.default_rng(seed)
    looks = np.random.default_rng(7).standard_normal((3, CHANNELS)) * 2
    fillers = ("well", "so", "and", "then", "look", "here", "now")
    examples, texts = [], []
    for label, (picture, saying) in list(enumerate(classes)) * count:
        values = looks[picture] + rng.standard_normal((STEPS, CHANNELS))
        examples.append(Example(values.astype(np.float32), np.full(STEPS, label, np.int64)))
        said = [str(word) for word in (*SAID[saying], *rng.choice(fillers, 3))]
        texts.append((" ".join(said[at] for at in rng.permutation(len(said))),) * STEPS)
    return examples, texts


def test_words_near_a_step_are_those_said_within_two_seconds():
    texts = (Lines("subtitle", (Line(0.0, 1.0, "one"), Line(5.0, 6.0, "two"))), Lines("note", (Line(0, 9, "mine"),)))
    assert text_branch.near(text_store.spoken(texts), np.array([0.5, 2.9, 3.1, 9.0])) == ("one", "one", "two", "")
    assert text_branch.tokenise("Don't RIDE 骑马, já") == ["don", "t", "ride", "骑", "马", "já"]
    codes = text_branch.coded(("a", "b"), ["b a c", "", "a " * 99])
    assert codes.shape == (3, text_branch.MOST_WORDS) and list(codes[0][:4]) == [3, 2, 1, 0] and not codes[1].any()


def test_a_step_without_words_keeps_what_the_picture_says():
    picture = np.array([[0.7, 0.3], [0.7, 0.3]], np.float32)
    text = np.array([[0.1, 0.9], [0.5, 0.5]], np.float32)
    both = text_branch.fused(picture, text, np.array([True, False]))
    np.testing.assert_allclose(both[0], [0.07 / 0.34, 0.27 / 0.34], atol=1e-3)
    np.testing.assert_allclose(both[1], picture[1], atol=1e-6)
    assert text_branch.learned_weights(picture, text, np.array([False, False]), np.array([0, 1])) == (1.0, 1.0)


def test_useless_words_get_no_weight():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    picture = np.where(truth[:, None] == np.arange(2), 0.8, 0.2).astype(np.float32)
    noise = rng.dirichlet((1, 1), 400).astype(np.float32)
    weights = text_branch.learned_weights(picture, noise, np.ones(400, bool), truth)
    assert weights[0] >= 1 and weights[1] == 0


def test_without_words_there_is_nothing_to_learn():
    with pytest.raises(NotEnoughExamples, match="No labelled time step has text"):
        text_branch.fit([("", "")], [np.array([0, 1])], labels=2)


# A branch as a file


def made_branch(vocabulary: Sequence[str] = ("ride", "a", "骑"), labels: int = 3, width: int = 4) -> TextBranch:
    """A text branch of random numbers, whose model is nothing but them."""
    rng, wide = np.random.default_rng(0), 4 * width
    shapes = ((len(vocabulary) + 2, width), (width, wide), (width, wide), (wide,), (width, labels), (labels,))
    numbers = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    return TextBranch(tuple(vocabulary), SimpleNamespace(get_weights=lambda: numbers), 1.5, 8, (0.5, 2.0))


def test_a_text_branch_reads_back_as_it_was(tmp_path: Path):
    model = text_branch.build(5, 3)
    branch = TextBranch(("a", "b", "c", "d", "e"), model, 3.0, text_branch.MOST_WORDS, (0.25, 1.5))
    digest = text_branch.save(branch, tmp_path / "words.npz")
    text_branch.check(tmp_path / "words.npz", digest, 3)
    read = text_branch.load(tmp_path / "words.npz", digest, 3)
    assert (read.vocabulary, read.near_s, read.most_words, read.weights) == (tuple("abcde"), 3.0, 32, (0.25, 1.5))
    np.testing.assert_array_equal(read.scores(["a b", "", "z c"]), branch.scores(["a b", "", "z c"]))
    assert list(tmp_path.iterdir()) == [tmp_path / "words.npz"]


@settings(max_examples=25, deadline=None)
@given(
    some.lists(some.text(max_size=20), max_size=12),
    some.floats(0.1, 60),
    some.integers(1, 64),
    some.tuples(some.floats(0, 9), some.floats(0, 9)),
)
def test_any_branch_that_can_be_trained_is_saved_and_passes_every_check(tmp_path_factory, texts, near_s, most, weights):
    branch = replace(made_branch(text_branch.vocabulary_of(texts)), near_s=near_s, most_words=most, weights=weights)
    path = tmp_path_factory.getbasetemp() / "any.npz"
    digest = text_branch.save(branch, path)
    text_branch.check(path, digest, 3)
    told = json.loads(np.load(path)["told"].tobytes())
    assert told["vocabulary"] == list(branch.vocabulary) and told["weights"] == list(weights)


@settings(max_examples=120, deadline=None)
@given(some.data())
def test_a_damaged_file_is_refused_whatever_is_wrong_with_it(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    text_branch.save(made_branch(), path)
    content = bytearray(path.read_bytes())
    if data.draw(some.booleans()):
        del content[data.draw(some.integers(0, len(content) - 1)) :]
    else:
        at = data.draw(some.integers(0, len(content) - 1))
        content[at] ^= data.draw(some.integers(1, 255))
    path.write_bytes(content)
    before = hashlib.sha256(content).hexdigest()
    try:
        text_branch.check(path, before, 3)
    except FormatInvalid as error:
        assert str(path) in str(error) and error.hint


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """The file with other arrays, under a right SHA-256."""
    text_branch.save(made_branch(), path)
    parts = dict(np.load(path))
    change(parts)
    packed = io.BytesIO()
    np.savez(packed, **parts)
    path.write_bytes(packed.getvalue())
    return hashlib.sha256(packed.getvalue()).hexdigest()


def told(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """A change of what a file tells in words."""

    def change(parts: dict[str, Any]) -> None:
        text = json.dumps(json.loads(parts["told"].tobytes()) | changes)
        parts["told"] = np.frombuffer(text.encode(), np.uint8)

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.pop("bias"),
        lambda parts: parts.update(more=np.zeros(3, np.float32)),
        lambda parts: parts.update(bias=np.array([{}], object)),
        lambda parts: parts.update(bias=np.zeros(16)),
        lambda parts: parts.update(bias=np.full(16, np.nan, np.float32)),
        lambda parts: parts.update(kernel=np.asfortranarray(parts["kernel"])),
        lambda parts: parts.update(embedding=np.zeros((9, 4), np.float32)),
        lambda parts: parts.update(scores_bias=np.zeros(4, np.float32)),
        lambda parts: parts.update(told=np.zeros(3, np.uint8)),
        lambda parts: parts.update(told=np.frombuffer(b"[" * 99_999, np.uint8)),
        told(near_s=float("nan")),
        told(near_s=-1),
        told(most_words=True),
        told(most_words=10**9),
        told(weights=[1.0]),
        told(weights=["1", 2]),
        told(vocabulary=["ride", "ride", "a"]),
        told(vocabulary=["ride", "two words", "a"]),
        told(vocabulary=["ride", "A", "a"]),
        told(vocabulary="ride"),
        told(other=1),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_must_be_is_refused(tmp_path: Path, change):
    path = tmp_path / "words.npz"
    digest = rewritten(path, change)
    with pytest.raises(FormatInvalid, match=r"words\.npz") as refused:
        text_branch.check(path, digest, 3)
    assert refused.value.hint


def test_a_file_that_is_missing_large_or_another_is_refused(tmp_path: Path):
    path = tmp_path / "words.npz"
    with pytest.raises(WeightsMissing, match=r"words\.npz"):
        text_branch.check(path, "", 3)
    digest = text_branch.save(made_branch(), path)
    with pytest.raises(FormatInvalid, match="expected SHA-256"):
        text_branch.check(path, "0" * 64, 3)
    with pytest.raises(FormatInvalid, match="expected scores_kernel"):
        text_branch.check(path, digest, 4)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("told", "embedding", "kernel", "recurrent_kernel", "bias", "scores_kernel", "scores_bias"):
            archive.writestr(f"{name}.npy", bytes(text_branch.LARGEST_BYTES // 4))
    with pytest.raises(FormatInvalid, match="bytes in it"):
        text_branch.check(path, hashlib.sha256(path.read_bytes()).hexdigest(), 3)
