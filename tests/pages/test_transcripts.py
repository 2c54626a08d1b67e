"""The words of a clip on the Timeline: none, added, shown, removed, and what went wrong."""

from dataclasses import replace

import pytest

from core.domain.jobs import Job
from core.workflows import texts
from core.workflows.search import query
from pages.ui import state
from tests.pages.test_pages import DIGEST, button, clip, page, runner, save_prediction, told, unfolded  # noqa: F401
from tests.workflows.test_texts import SRT


@pytest.fixture
def answering(runner, clip, monkeypatch):  # noqa: F811
    """Workers that read subtitles at once."""
    ask = runner.ask
    monkeypatch.setattr(
        runner,
        "ask",
        lambda task, *rest, **more: task(*rest) if task is texts.take_file else ask(task, *rest, **more),
    )
    return runner


def test_without_words_the_timeline_says_how_to_add_some(answering):
    at = unfolded(page("timeline"), "texts.add")
    words = told(at)
    assert "Text of the clip" in words and "No text yet." in words
    assert "No speech recognition package is installed" in words and button(at, "Extract subtitles")


def test_a_file_is_taken_and_shown_beside_the_player_and_removed(answering):
    save_prediction()
    at = unfolded(page("timeline"), "texts.add")
    at.file_uploader(key="texts.0").set_value(("talk.srt", SRT.encode(), "text/plain")).run()
    assert "**Subtitles**, 2 lines" in told(at)
    assert [tab.label for tab in at.tabs][:2] == ["Labels", "Subtitles"]
    assert any("Hello there" in list(table.value.get("words", [])) for table in at.dataframe)
    at.button(key="drop.subtitle").click().run()
    assert "No text yet." in told(at) and not texts.lines_of(state.store(), DIGEST)


def test_what_is_wrong_with_a_file_or_odd_about_it_is_told(answering):
    at = unfolded(page("timeline"), "texts.add")
    at.file_uploader(key="texts.0").set_value(("talk.srt", b"nothing here", "text/plain")).run()
    assert "talk.srt contains no text within the duration" in told(at)
    at.file_uploader(key="texts.1").set_value(
        ("talk.srt", SRT.replace("there", "grüß").encode("latin-1"), "text/plain")
    ).run()
    assert "was read as Windows-1252" in told(at)


def test_subtitles_inside_are_taken_by_a_job_that_can_fail(answering):
    key = texts.inside_key(DIGEST)
    at = unfolded(page("timeline"), "texts.add")
    button(at, "Extract subtitles").click().run()
    assert answering.known[key].active and "Cancel" in told(at)
    failed = Job(key, "Extract subtitles", "failed", error="This clip contains no text subtitles.", hint="Give a file.")
    answering.known[key] = replace(failed, submitted=1.0)
    assert "This clip contains no text subtitles" in told(unfolded(page("timeline"), "texts.add"))


def test_a_note_is_kept_at_its_moment_found_and_told_apart(answering):
    at = page("timeline")
    at.text_input(key="note.text.0").input("ask <b>Zbigniew</b> about this")
    at.text_input(key="note.at.0").input("0:01.5")
    button(at, "Save note").click().run()
    at.text_input(key="note.text.1").input("and his sister")
    button(at, "Save note").click().run()
    assert "**Notes**, 2 lines" in told(at)
    (notes,) = texts.lines_of(state.store(), DIGEST)
    assert [line.text for line in notes.lines] == ["and his sister", "ask Zbigniew about this"]
    (first, *_) = query.search(state.store(), "Zbigniew").moments
    assert (first.start_s, first.why) == (1.5, 'noted: "ask Zbigniew about this"')


@pytest.mark.parametrize(
    ("text", "time", "why"),
    [("", "0:01", "The note is empty"), ("x", "soon", "outside the clip"), ("x", "9:00", "outside the clip")],
)
def test_a_note_that_cannot_be_kept_is_explained_and_stays_in_the_form(answering, text, time, why):
    at = page("timeline")
    at.text_input(key="note.text.0").input(text)
    at.text_input(key="note.at.0").input(time)
    button(at, "Save note").click().run()
    assert why in told(at) and at.text_input(key="note.text.0").value == text
