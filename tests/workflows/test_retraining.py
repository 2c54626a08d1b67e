"""Drafts out of predictions, agreement of two authors, and labels that become a set and a network."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.base.errors import NotEnoughExamples, ScoringRefused
from core.domain import Dataset, DrawnTrack, Features, Grouping, Item, Prediction, Recipe, Segment, Split, VideoInfo
from core.stages.tracks.segmentation import NOTHING
from core.workflows import datasets, predictions, training
from core.workflows.annotation import agreement, drafts, edits, retraining
from core.workflows.training.options import Options
from core.workspace.store import Store

CNN, ENGINE = "efficientnet-lite0", "tensorflow-f32"
OPTIONS = Options(units=8, epochs=12, patience=10, dropout=0.0, learning_rate=0.02, batch_size=12, stretch=0.0)
LABELS = ("walk", "run")


def digest_of(number: int) -> str:
    return f"{number:02x}" * 32


def info_of(number: int, frames: int = 40, rate_hz: float = 4.0) -> VideoInfo:
    return VideoInfo(
        f"/clips/{number}.mp4", digest_of(number), 96, 64, frames, frames, np.arange(frames) / rate_hz,
        Fraction(rate_hz), False, frames / rate_hz, "h264", True, (),
    )  # fmt: skip


INFO = info_of(1)  # 10 s, a frame each quarter


def document(*segments: tuple, seen=((0.0, 10.0),), author: str = "ann") -> DrawnTrack:
    return DrawnTrack(LABELS, tuple(Segment(*one) for one in segments), tuple(seen), "", author)


# Drafts ---------------------------------------------------------------------------------------------------------------


def said(*best: float) -> Prediction:
    """One step a second, in which the first label has this score."""
    first = np.array(best, np.float32)
    return Prediction(
        np.arange(len(best)) + 0.5, np.stack([first, 1 - first], 1), LABELS, "net", (0.0, float(len(best)))
    )


def test_where_a_network_wavers_comes_before_where_it_is_sure():
    found = drafts.to_look_at(said(1.0, 1.0, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 0.02, 0.02), (), (), INFO)
    assert [(one.start_s, one.stop_s) for one in found[:2]] == [(2, 4), (8, 10)]
    assert (found[0].doubt, found[1].doubt, found[-1].doubt) == pytest.approx((1, 0.04, 0))


def test_doubt_runs_from_none_to_all():
    assert drafts.margin(np.array([[0.5, 0.5], [1.0, 0.0]])) == pytest.approx([1, 0])


def test_what_is_put_off_comes_last_in_the_order_of_putting_off():
    told = said(0.9, 0.9, 0.55, 0.6, 0.1, 0.1, 1.0, 1.0, 0.3, 0.3)
    before = [one.start_s for one in drafts.to_look_at(told, (), (), INFO)]
    after = [one.start_s for one in drafts.to_look_at(told, (), (), INFO, put_off=[3.0, 9.0, 3.0])]
    assert after == [start_s for start_s in before if start_s not in (2, 8)] + [8, 2]


def test_clips_of_one_network_are_ordered_together():
    sure, unsure = (drafts.looks(said(*[best] * 10), (), (), INFO) for best in (0.99, 0.6))
    found = drafts.in_order([sure, unsure])
    assert sorted(place for place, _ in found) == [0] * 5 + [1] * 5
    assert found[0][0] == 1


def test_what_was_looked_at_is_not_asked_again_and_pieces_hold_whole_frames():
    found = drafts.pieces(((1.0, 3.0), (9.9, 10.0)), (0.0, 10.0), INFO, 2.0)
    assert found[0] == (0.0, 1.0) and found[1][0] == 3.0 and found[-1][1] == 10.0
    assert all(one in np.append(INFO.times_s, 10.0) for piece in found for one in piece)
    assert drafts.pieces(((0.0, 10.0),), (0.0, 10.0), INFO, 2.0) == []


def test_a_draft_stands_only_where_nobody_looked():
    draft = [Segment(0.0, 4.0, "walk", 0.8), Segment(4.0, 6.0, NOTHING), Segment(6.0, 9.0, "run", 0.5)]
    assert drafts.unseen(draft, ((1.0, 2.0), (8.0, 10.0))) == (
        Segment(0.0, 1.0, "walk", 0.8), Segment(2.0, 4.0, "walk", 0.8), Segment(6.0, 8.0, "run", 0.5),
    )  # fmt: skip


# Two authors ----------------------------------------------------------------------------------------------------------


def test_kappa_is_that_of_scikit_learn_over_frames_that_both_looked_at():
    ann = document((0.0, 4.0, "walk"), (5.0, 8.0, "run"))
    bob = document((0.5, 5.0, "walk"), (5.0, 7.0, "run"), (7.0, 9.0, "walk"), seen=((0.0, 9.5),), author="bob")
    found = agreement.agreement(ann, bob, INFO)
    frames = list(range(38))
    mine = ["walk" if n < 16 else "run" if 20 <= n < 32 else "-" for n in frames]
    other = ["walk" if 2 <= n < 20 else "run" if 20 <= n < 28 else "walk" if 28 <= n < 36 else "-" for n in frames]
    assert found.kappa == pytest.approx(cohen_kappa_score(mine, other))
    assert found.both_s == 9.5
    assert found.share == pytest.approx(np.mean(np.array(mine) == np.array(other)))
    run = dict(found.by_label)["run"]
    assert run == pytest.approx(cohen_kappa_score([n == "run" for n in mine], [n == "run" for n in other]))
    assert [(one.start_s, one.stop_s, one.label) for one in found.differences] == [
        (0.0, 0.5, "walk, or nothing"), (4.0, 5.0, "nothing, or walk"), (7.0, 8.0, "run, or walk"),
        (8.0, 9.0, "nothing, or walk"),
    ]  # fmt: skip


def test_differences_stand_only_where_both_looked():
    ann = document((0.0, 4.0, "walk"), seen=((0.0, 6.0),))
    net = document((2.0, 5.0, "run"), (7.0, 9.0, "run"), seen=((1.0, 10.0),))
    assert agreement.differences(ann, net, INFO) == (
        Segment(1.0, 2.0, "walk, or nothing"), Segment(2.0, 4.0, "walk, or run"), Segment(4.0, 5.0, "nothing, or run"),
    )  # fmt: skip
    assert agreement.differences(ann, document(seen=((7.0, 8.0),)), INFO) == ()


def test_same_labels_agree_wholly_and_strangers_cannot_be_compared():
    one = document((0.0, 4.0, "walk"))
    assert agreement.agreement(one, one, INFO).kappa == pytest.approx(1)
    with pytest.raises(ScoringRefused):
        agreement.agreement(replace(one, segments=(), seen=((0.0, 1.0),)), document(seen=((5.0, 6.0),)), INFO)


# Into a set -----------------------------------------------------------------------------------------------------------


def features_of(number: int, labels: list[str]) -> Features:
    """Features of two steps a second that tell the label of each second, with some noise."""
    rng = np.random.default_rng(number)
    values = rng.normal(0, 0.4, (20, 4)).astype(np.float32)
    for second, label in enumerate(labels):
        values[2 * second : 2 * second + 2, LABELS.index(label)] += 2
    return Features(np.arange(20) / 2 + 0.25, values, (0.0, 10.0))


@pytest.fixture
def clips(store: Store) -> Store:
    """Six clips with features, of which nothing is labelled."""
    for number in range(1, 7):
        store.save_video(info_of(number), name=f"{number}.mp4")
        found = features_of(number, truth(number))
        key = predictions.features_key(digest_of(number), Recipe(), CNN, ENGINE)
        store.write(key, found, kind="features", video=digest_of(number))
    return store


def truth(number: int) -> list[str]:
    return ["walk" if (second + number) % 4 < 2 else "run" for second in range(10)]


def labelled(number: int, seconds: int) -> DrawnTrack:
    found = document(seen=())
    for second, label in enumerate(truth(number)[:seconds]):
        found = edits.paint(found, second, second + 1.0, label)
    return found


def test_what_was_looked_at_goes_into_a_set_and_nothing_else(clips: Store):
    track = edits.paint(labelled(1, 3), 6.0, 7.0, NOTHING)
    made = retraining.contribute(clips, "Mine", digest_of(1), track)
    (item,) = made.items
    assert (item.segments, item.seen) == (track.segments, ((0.0, 3.0), (6.0, 7.0)))
    assert made.background == "nothing" and made.labels[1:] == LABELS
    assert clips.dataset("Mine") == made
    targets = datasets.targets(made, item, np.array([0.5, 4.0, 6.5]))
    assert [made.labels[place] if place >= 0 else "?" for place in targets] == [truth(1)[0], "?", "nothing"]
    assert retraining.labelled_s(made) == 4.0


def test_a_set_keeps_what_it_said_elsewhere_and_takes_back_what_a_track_no_longer_says(clips: Store):
    given = Dataset("Given", LABELS, (Item(digest_of(1), "1.mp4", 10.0, label="walk", group="g", split="train"),))
    clips.save_dataset(given, datasets.key(given))
    first = retraining.contribute(clips, "Given", digest_of(1), document((2.0, 4.0, "run"), seen=((2.0, 5.0),)))
    (item,) = first.items
    told = [(one.start_s, one.stop_s, one.label) for one in item.segments]
    assert told == [(0.0, 2.0, "walk"), (2.0, 4.0, "run"), (5.0, 10.0, "walk")]
    assert (item.seen, item.group, item.split) == (((0.0, 10.0),), "g", "train")
    again = retraining.contribute(clips, "Given", digest_of(1), document((8.0, 9.0, "run"), seen=((8.0, 9.0),)))
    assert [(one.start_s, one.stop_s) for one in again.items[0].segments] == [(0.0, 8.0), (8.0, 9.0), (9.0, 10.0)]
    with pytest.raises(NotEnoughExamples):
        retraining.contribute(clips, "Given", digest_of(1), document(seen=()))


def test_a_split_goes_on_with_the_set(clips: Store):
    for number in range(1, 5):
        made = retraining.contribute(clips, "Mine", digest_of(number), labelled(number, 4))
    split = datasets.leave_one_group_out(made, Grouping("clip"))
    clips.save_split(split, datasets.split_key(split))
    after = retraining.contribute(clips, "Mine", digest_of(5), labelled(5, 4))
    (key,) = clips.split_keys(datasets.key(after))
    assert len(retraining.plan(clips, "Mine", ENGINE)) == 40
    found = clips.read(key, Split)
    assert (found.method, len(found.parts), len(found.groups)) == ("leave one group out", 5, 5)


@pytest.mark.training
def test_more_labels_are_judged_by_the_latest_labels_on_the_same_clips(clips: Store):
    for number in range(1, 7):
        made = retraining.contribute(clips, "Mine", digest_of(number), labelled(number, 2))
    split = datasets.grouped_folds(made, Grouping("clip"), count=2)
    clips.save_split(split, datasets.split_key(split))
    first = training.plan(clips, made, split, backbone=CNN, engine=ENGINE, recipe=Recipe(), options=OPTIONS, final=True)
    retraining.learn(clips, first)
    name = retraining.model_of(clips, first)
    assert name and (clips.workspace / "models" / name / "card.json").is_file()
    for number in range(1, 7):
        retraining.contribute(clips, "Mine", digest_of(number), labelled(number, 8))
    second = retraining.plan(clips, "Mine", ENGINE)
    assert training.run_of(clips, second).settings == training.run_of(clips, first).settings, "goes on as before"
    retraining.learn(clips, second)
    few, many = retraining.curve(clips, "Mine")
    assert (few.training, many.training) == (first, second)
    assert (few.seconds, many.seconds) == (12.0, 48.0)
    assert few.moments == many.moments == 6 * 16, "both are judged on the moments that are known now"
    assert many.score >= 0.75
    assert few.told == training.run_of(clips, first).scores["accuracy"]
