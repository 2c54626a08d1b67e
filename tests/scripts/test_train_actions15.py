"""The rules of the training of actions-15: nothing leaks from one fold into another."""

from collections import Counter
from pathlib import Path

import pytest

from core.base.settings import ROOT
from core.domain import ModelCard, serialization
from scripts import train_actions15 as training

PEOPLE = ("daria", "denis", "eli", "ido", "ira", "lena", "lyova", "moshe", "shahar")
ACTIONS = ("bend", "jack", "run")
SPORTS = ("Diving", "Swing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder laid out like the real one, with empty files."""
    names = [f"weizmann/{action}/{person}_{action}.avi" for action in ACTIONS for person in PEOPLE]
    names += [f"ucf5/{sport}/v_{sport}_g{i:02}_c0{c}.avi" for sport in SPORTS for i in range(8, 26) for c in (1, 2)]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_a_group_is_never_in_two_folds(folder):
    clips = training.find_clips(folder)
    folds: dict[str, set[int]] = {}
    for clip in clips:
        folds.setdefault(clip.group, set()).add(clip.fold)
    assert len(folds) == len(PEOPLE) + 2 * 18
    assert all(len(found) == 1 for found in folds.values())


def test_each_fold_has_its_share_of_each_class(folder):
    counts = Counter((clip.label, clip.fold) for clip in training.find_clips(folder))
    for label in ACTIONS + SPORTS:
        share = [counts[label, fold] for fold in range(training.FOLDS)]
        assert min(share) >= 1 and max(share) - min(share) <= 2


def test_folds_do_not_depend_on_the_order_of_files():
    groups = [f"Diving g{i:02}" for i in range(8, 26)] + list(PEOPLE)
    assert training.deal(groups) == training.deal(groups[::-1])


def test_streams_stay_inside_a_fold_and_inside_their_clips(folder):
    clips = training.find_clips(folder)
    streams = training.make_streams(clips, dict.fromkeys((clip.path for clip in clips), 6.0))
    for parts in streams:
        assert len({part.clip.fold for part in parts}) == 1
        assert all(0 <= part.start_s < part.stop_s <= 6.0 for part in parts)
    assert {part.clip.group for parts in streams for part in parts} == {clip.group for clip in clips}
    assert streams == training.make_streams(clips, dict.fromkeys((clip.path for clip in clips), 6.0))


@pytest.mark.parametrize(
    ("told", "truth", "score"),
    [("abc", "abc", 1), ("abc", "ac", 2 / 3), ("", "ab", 0), ("ba", "ab", 0), ("aabb", "ab", 0.5), ("", "", 1)],
)
def test_edit_score(told, truth, score):
    assert training.edit_score(told, truth) == pytest.approx(score)


def test_the_shipped_card_names_what_was_held_out(shared_data):
    text = (ROOT / "models" / training.NAME / "card.json").read_text(encoding="utf-8")
    card = serialization.from_json(text, ModelCard)
    clips = training.find_clips(shared_data)
    held_out = {clip.group for clip in clips if clip.fold == training.HELD_OUT}
    assert card.settings["held_out"] == sorted(held_out)
    assert set(card.labels) == {clip.label for clip in clips}
    assert card.scores["clip accuracy"] >= 0.95 and card.scores["step accuracy in streams"] >= 0.80
