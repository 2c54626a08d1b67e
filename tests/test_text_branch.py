"""The text branch and its fusion with the visual network."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core import lines, network, text_branch
from core.domain import Line, Lines
from core.errors import FormatInvalid, NotEnoughExamples
from core.network import Example, NetworkSettings

STEPS, CHANNELS = 6, 8
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


def accuracies(classes: Sequence[tuple[int, int]]) -> dict[str, float]:
    """What picture, words and both together name rightly of clips that none of them has learned from."""
    labels = len(classes)
    learned, said = made_set(10, 1, classes)
    judged, judged_said = made_set(4, 2, classes)
    tested, tested_said = made_set(8, 3, classes)
    settings = NetworkSettings(units=8, epochs=15, batch_size=8, learning_rate=1e-2)
    run = network.runner(network.fit(settings, learned, labels=labels).model)
    branch = text_branch.fit(said, [one.targets for one in learned], labels=labels)
    weights = text_branch.learned_weights(
        np.concatenate([run(one.values) for one in judged]),
        np.concatenate([branch.scores(one) for one in judged_said]),
        np.ones(len(judged) * STEPS, bool),
        np.concatenate([one.targets for one in judged]),
    )
    right: dict[str, list[bool]] = {"picture": [], "words": [], "both": []}
    for one, texts in zip(tested, tested_said, strict=True):
        picture, text = run(one.values), branch.scores(texts)
        both = text_branch.fused(picture, text, np.ones(STEPS, bool), weights)
        for name, scores in (("picture", picture), ("words", text), ("both", both)):
            right[name].append(int(scores.mean(axis=0).argmax()) == one.targets[0])
    return {name: float(np.mean(each)) for name, each in right.items()}


def test_words_and_picture_together_name_what_neither_does_alone():
    found = accuracies(CLASSES)
    assert found["both"] >= 0.95 and found["picture"] <= 0.65 and found["words"] <= 0.65, found


def test_words_near_a_step_are_those_said_within_two_seconds():
    texts = (Lines("subtitle", (Line(0.0, 1.0, "one"), Line(5.0, 6.0, "two"))), Lines("note", (Line(0, 9, "mine"),)))
    assert text_branch.near(lines.spoken(texts), np.array([0.5, 2.9, 3.1, 9.0])) == ("one", "one", "two", "")
    assert text_branch.words("Don't RIDE 骑马, já") == ["don", "t", "ride", "骑", "马", "já"]
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
    with pytest.raises(NotEnoughExamples, match="No labelled step has words"):
        text_branch.fit([("", "")], [np.array([0, 1])], labels=2)


def test_a_text_branch_is_saved_and_read_in_safe_mode_and_other_layers_are_not(tmp_path: Path):
    import keras

    model = text_branch.build(5, 3)
    path = tmp_path / "words.keras"
    read = network.read(path, network.save(model, path))
    codes = text_branch.coded(("a", "b", "c", "d", "e"), ["a b", "c"])
    np.testing.assert_allclose(model([codes, codes > 0]), read([codes, codes > 0]), atol=1e-6)
    strange = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda values: values)])
    path = tmp_path / "strange.keras"
    with pytest.raises(FormatInvalid, match="expected layers of"):
        network.read(path, network.save(strange, path))
