"""The words of clips on Train: offered where there are some, and told apart in the results."""

import pytest

from core import training
from core.domain import Line
from core.words import keep_lines
from pages.ui import worded
from tests.test_pages import button, page, runner, told, video_info
from tests.test_train_page import dataset, ended, looked_at, planned, store, tab

__all__ = ["dataset", "looked_at", "runner", "store"]
WORDS = {"picture accuracy": 0.5, "words accuracy": 0.55, "both accuracy": 0.875, "both macro_f1": 0.8}


def test_train_offers_the_words_where_clips_have_some(looked_at, store, runner):
    assert not any(one.label == "Use the words" for one in page("train").toggle)
    for item in looked_at.items:
        store.save_video(video_info(f"/clips/{item.path}", digest=item.video))
    keep_lines(store, looked_at.items[0].video, "subtitle", [Line(0.0, 1.0, "she rides a horse")])
    at = page("train")
    assert "1 of 24 clips have subtitles or a transcript." in told(at)
    next(one for one in at.toggle if one.label == "Use the words").set_value(True).run()
    button(at, "Train").click().run()
    (record,) = training.all_runs(store).values()
    assert record.settings["words"] is True and record.name.endswith("with words")


def test_what_the_words_add_is_told_beside_the_picture(looked_at, store):
    ended(store, planned(store, looked_at, words=True), words=WORDS)
    at = tab(page("train"), "Trainings")
    tiles = {one.label: one.value for one in at.metric}
    assert tiles == {"Picture alone": "50.0 %", "Words alone": "55.0 %", "Both together": "87.5 %"}
    assert "With the words 37.5 in 100 clips more are named rightly" in told(at)


@pytest.mark.parametrize(("both", "expected"), [(0.5, "change nothing"), (0.4, "10.0 in 100 clips fewer")])
def test_words_that_do_not_help_are_told_so(looked_at, store, both, expected):
    record = ended(store, planned(store, looked_at, words=True), words=WORDS | {"both accuracy": both})
    assert expected in worded.sentence(record)
