"""The Library as a table: filters, columns, metadata, and what is done with clips that are ticked."""

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import Dataset, Item
from core.workflows import datasets
from core.workflows.clip_list import ClipFilter
from pages.ui import state
from pages.ui.library import clip_table, dataset_panel, filters, selection
from pages.ui.state import deletion
from tests.pages.test_pages import FakeRunner, button, page, runner, told, video_info

__all__ = ["runner"]

COUNT = 6


def digest(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def clips(runner: FakeRunner) -> FakeRunner:
    """Six clips in two folders, two of them with metadata, and one that is labelled."""
    store = state.store()
    for number in range(COUNT):
        path = f"/study/day {number % 2}/anna_{number}.mp4"
        store.save_video(video_info(path, digest=digest(number), duration_s=2.0 + number))
    store.keep_metadata({digest(0): {"subject": "anna", "dose": "2"}, digest(1): {"subject": "ben", "dose": "10"}})
    store.add_tag([digest(0), digest(2)], "pilot")
    store.begin_tracks(digest(3), {"ab" * 16: "{}"})
    return runner


def table(**session) -> AppTest:
    at = page("library", **session)
    return at.segmented_control(key="library.views").set_value("Table").run()


def shown(at: AppTest) -> list[str]:
    """The names of the clips in the table."""
    assert not at.exception
    return [] if not at.dataframe else list(at.dataframe[0].value["name"])


def tick(at: AppTest, *rows: int) -> AppTest:
    at.session_state[str(at.dataframe[0].key)] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return at.run()


def opened(at: AppTest, key: str) -> AppTest:
    at.session_state[key] = True
    return at.run()


def noted(at: AppTest, field: str, value: object) -> AppTest:
    """The page after a field of the filter was set."""
    key = f"{filters.NOTE}{field}.{at.session_state['page'].get(filters.TURN, 0)}"
    at.session_state[key] = value
    return at.run()


def told_of_filter(at: AppTest) -> str:
    """What the page says of the filter; empty where it says nothing."""
    texts = (caption.value.replace(chr(92), "") for caption in at.caption)
    return next((text for text in texts if text.startswith("Filter:")), "")


# Views and columns ----------------------------------------------------------------------------------------------------


def test_the_table_shows_all_that_is_known_and_the_view_is_kept(clips: FakeRunner):
    dataset = Dataset("walks", ("walk",), (Item(digest(4), "anna_4.mp4", 2.0, label="walk"),))
    state.store().note_name(digest(4), "anna_4.mp4", "/study/day 0/anna_4.mp4")
    state.store().save_dataset(dataset, datasets.key(dataset))
    frame = table().dataframe[0].value.set_index("name")
    assert list(frame["folder"]) == [f"study/day {number % 2}" for number in reversed(range(COUNT))]
    first, fourth = frame.loc["anna_0.mp4"], frame.loc["anna_3.mp4"]
    assert (first["tags"], first["cell subject"], first["cell dose"], first["length"]) == ("pilot", "anna", 2.0, 2.0)
    assert (fourth["labelled"], first["labelled"], frame.loc["anna_4.mp4"]["datasets"]) == ("yes", "", "walks")
    assert page("library").dataframe, "the view is kept for later sessions"


def test_columns_that_are_not_wanted_stay_away_and_new_ones_are_shown(clips: FakeRunner):
    at = table()
    box = next(one for one in at.multiselect if one.label == "Columns")
    box.unselect("folder").unselect("cell dose").run()
    again = page("library")
    assert list(again.dataframe[0].proto.column_order)[:3] == ["name", "length", "size"]
    assert "cell dose" not in again.dataframe[0].proto.column_order
    state.store().add_metadata_column("weight")
    assert "cell weight" in again.run().dataframe[0].proto.column_order
    assert "folder" not in again.dataframe[0].proto.column_order


def test_a_card_shows_tags_and_metadata_with_nothing_of_them_read_as_html(clips: FakeRunner):
    state.store().keep_metadata({digest(5): {"note": "<b>x</b>"}})
    words = told(page("library"))
    assert "<b>pilot</b>subject: anna · dose: 2" in words and "note: &lt;b&gt;x" in words


# Filters --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "numbers"),
    [
        ("tags", ["pilot"], [2, 0]),
        ("labelled", "+", [3]),
        ("labelled", "-", [5, 4, 2, 1, 0]),
        ("folders", ["study/day 1"], [5, 3, 1]),
        ("shortest", 6.0, [5, 4]),
        ("analysed", "+*", []),
        ("analysed", "-*", [5, 4, 3, 2, 1, 0]),
    ],
)
def test_a_filter_leaves_the_clips_that_are_asked_for(clips: FakeRunner, field: str, value, numbers: list[int]):
    at = noted(opened(table(), filters.FORM), field, value)
    assert shown(at) == [f"anna_{number}.mp4" for number in numbers]
    if not numbers:
        assert "No matching clips" in told(at)


def test_filters_combine_stay_while_other_pages_are_open_and_are_cleared(clips: FakeRunner):
    at = noted(opened(table(), filters.FORM), "columns", ["subject"])
    at = noted(noted(at, "cells.subject", ["anna", ""]), "tags", ["pilot"])
    assert shown(at) == ["anna_2.mp4", "anna_0.mp4"] and "tag: pilot · subject: anna, empty" in told_of_filter(at)
    at.text_input(key="library.wanted").set_value("_0").run()
    assert shown(at) == ["anna_0.mp4"]
    at.switch_page("../datasets.py").run()
    at.switch_page("../library.py").run()
    assert shown(at) == ["anna_0.mp4"], "it stays while other pages are visited"
    button(at, "Clear filter").click().run()
    assert shown(at) == ["anna_0.mp4"] and "tag" not in told_of_filter(at), "the search stays"
    assert len(shown(opened(page("library"), filters.FORM))) == 1, "it is kept, the filter is not"


def test_days_and_lengths_of_the_form_are_what_is_asked_for(clips: FakeRunner):
    at = noted(opened(table(), filters.FORM), "longest", 3.5)
    assert shown(at) == ["anna_1.mp4", "anna_0.mp4"] and "at most 3.5 s" in told(at)
    assert filters._midnight("2026-05-03", 0.0, after=1) - filters._midnight("2026-05-03", 0.0) == 86400
    assert ClipFilter().added == (filters._midnight("", 0.0), filters._midnight("", float("inf")))


# Clips that are ticked ------------------------------------------------------------------------------------------------


def test_ticked_clips_are_tagged_and_untagged(clips: FakeRunner):
    at = opened(tick(table(), 0, 5), "ticked.tag")
    assert "2 clips selected" in told(at)
    at.text_input(key="tag.new").input("night")
    button(at, "Add tag").click().run()
    assert state.store().tags() == {digest(0): ("night", "pilot"), digest(2): ("pilot",), digest(5): ("night",)}
    at.button(key="tag.remove.pilot").click().run()
    assert state.store().tags() == {digest(0): ("night",), digest(2): ("pilot",), digest(5): ("night",)}
    at.button(key="tag.add.pilot").click().run()
    assert state.store().tags()[digest(5)] == ("night", "pilot")
    at.text_input(key="tag.new").input(" ")
    button(at, "Add tag").click().run()
    assert "need a name" in at.error[0].value


def test_all_that_match_are_ticked_at_once_and_get_a_cell(clips: FakeRunner):
    at = table()
    at.text_input(key="library.wanted").set_value("anna").run()
    at = noted(opened(at, filters.FORM), "folders", ["study/day 1"])
    at.button(key="select.all").click().run()
    assert "3 clips selected" in told(at)
    opened(at, "ticked.metadata")
    at.selectbox(key="cell.column").set_value("subject")
    at.text_input(key="cell.text").input("carl")
    button(at, "Set for 3 clips").click().run()
    subjects = {number: state.store().metadata().get(digest(number), {}).get("subject") for number in range(COUNT)}
    assert subjects == {0: "anna", 1: "carl", 2: None, 3: "carl", 4: None, 5: "carl"}


def test_ticks_go_with_the_table_they_were_made_in(clips: FakeRunner):
    at = tick(table(), 1)
    assert "1 clip selected" in told(at)
    at.selectbox(key="library.by").set_value("name").run()
    assert "clip selected" not in told(at), "the same row is another clip"


def test_one_ticked_clip_is_opened(clips: FakeRunner):
    at = tick(table(), 2)
    at.button(key="ticked.timeline").click().run()
    assert at.session_state["video"] == digest(3) and "<h1>Timeline</h1>" in told(at)


def test_ticked_clips_are_handed_to_the_page_that_analyses_many(clips: FakeRunner):
    at = tick(table(), 1, 3)
    at.button(key="ticked.analyse").click().run()
    assert "<h1>Batch</h1>" in told(at)
    assert at.session_state["page"]["batch.clips"] == (digest(4), digest(2))


def test_the_metadata_of_ticked_clips_is_a_table(clips: FakeRunner):
    content = selection.metadata_csv((digest(0), digest(2)))
    assert content == b"clip,subject,dose\nanna_2.mp4,,\nanna_0.mp4,anna,2\n"


# Deleting -------------------------------------------------------------------------------------------------------------


def test_ticked_clips_are_deleted_when_the_page_is_left_and_not_those_that_were_taken_back(clips: FakeRunner):
    at = opened(tick(table(), 0, 1), "ticked.delete")
    assert "Delete **2 clips** and all their results?" in told(at) and "2 original files are kept." in told(at)
    at.button(key="delete.ticked").click().run()
    assert shown(at) == [f"anna_{number}.mp4" for number in (3, 2, 1, 0)]
    at = opened(tick(at, 0), "ticked.delete")
    at.button(key="delete.ticked").click().run()
    assert "Deleted 3 clips" in told(at)
    button(at, "Undo").click().run()
    assert len(shown(at)) == COUNT
    at = opened(tick(at, 5), "ticked.delete")
    at.button(key="delete.ticked").click().run()
    assert len(state.store().digests()) == COUNT
    at.switch_page("../datasets.py").run()
    assert len(state.store().digests()) == COUNT - 1 and clips.withdrawn == [digest(0)]


def test_of_very_many_clips_the_page_awaits_the_first_and_a_job_deletes_the_rest(
    clips: FakeRunner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deletion, "AWAITED", 2)
    begun: list[tuple] = []
    submit = clips.submit
    monkeypatch.setattr(clips, "submit", lambda *args, **origin: begun.append(args) or submit(*args, **origin))
    at = page("library")
    state.store().set_aside([digest(number) for number in range(5)], "a session that ended")
    at.switch_page("../datasets.py").run()
    assert sorted(state.store().digests()) == [digest(number) for number in (2, 3, 4, 5)]
    ((_, title, task, store, rest),) = begun
    assert title == "Delete 3 clips" and len(clips.withdrawn) == 5
    state.store().take_back([digest(4)])
    task(store, rest)
    assert sorted(state.store().digests()) == [digest(4), digest(5)], "one was taken back meanwhile"


def test_what_many_clips_take_along_is_counted(clips: FakeRunner):
    dataset = Dataset("walks", ("walk",), (Item(digest(4), "anna_4.mp4", 2.0, label="walk"),))
    state.store().note_name(digest(4), "anna_4.mp4", "/study/day 0/anna_4.mp4")
    state.store().save_dataset(dataset, datasets.key(dataset))
    path = str(state.store().upload_folder / f"{digest(9)}.mp4")
    state.store().save_video(video_info(path, digest=digest(9)), name="own.mp4")
    words = told(opened(tick(table(), *range(COUNT + 1)), "ticked.delete"))
    assert "1 uploaded copy is deleted too." in words and "6 original files are kept." in words
    assert "1 clip belong to the dataset walks. Leave them out there" in words.replace("belongs", "belong")
    assert "Labels drawn in them are kept" in words


def test_clips_that_another_session_deleted_are_offered_back_until_it_has_ended(clips: FakeRunner):
    first = opened(tick(table(), 0), "ticked.delete")
    first.button(key="delete.ticked").click().run()
    second = page("library")
    assert "Deleted anna" in told(second)
    second.switch_page("../datasets.py").run()
    assert len(state.store().digests()) == COUNT, "the first session can still undo it"
    state.store().take_back([digest(5)])
    state.store().set_aside([digest(5)], "a session of a program that ended")
    third = page("library")
    assert "Deleted anna" in told(third), "it can be undone after the program was started again"
    third.switch_page("../datasets.py").run()
    assert digest(5) not in state.store().digests()


# Metadata -------------------------------------------------------------------------------------------------------------


def panel(at: AppTest, tab: str) -> AppTest:
    at.session_state["library.metadata"] = True
    at.session_state["library.metadata.tabs"] = tab
    return at.run()


def test_a_csv_file_is_shown_before_its_cells_are_added(clips: FakeRunner):
    at = panel(table(), "From a CSV file")
    text = b"name;Subject;weight\nanna_0;zoe;20\nanna_3.mp4;;21\nnone;x;1\n"
    at.file_uploader(key="metadata.file.0").upload("animals.csv", text, "text/csv").run()
    words = told(at)
    assert "2 of 6 clips match" in words and "not in the library: none" in words
    assert "1 cell has another value now, which is replaced." in words
    assert state.store().metadata_columns() == ("subject", "dose"), "nothing is changed yet"
    button(at, "Add to 2 clips").click().run()
    metadata = state.store().metadata()
    assert metadata[digest(0)] == {"subject": "zoe", "dose": "2", "weight": "20"}
    assert metadata[digest(3)] == {"weight": "21"}
    assert [toast.value for toast in at.toast] == ["Metadata added to 2 clips."]


def test_a_file_that_is_no_table_says_why(clips: FakeRunner):
    at = panel(table(), "From a CSV file")
    at.file_uploader(key="metadata.file.0").upload("animals.csv", b"PK\x03\x04", "text/csv").run()
    assert "a spreadsheet" in at.error[0].value and not at.exception


def test_a_pattern_is_shown_before_its_cells_are_added(clips: FakeRunner):
    at = panel(table(), "From file names")
    at.text_input(key="metadata.pattern.0").input("{day}/{subject}{x}").run()
    assert "Nothing separates" in at.error[0].value
    at.text_input(key="metadata.pattern.0").input("{day}/{animal}_{number}").run()
    assert "6 of 6 clips match" in told(at)
    preview = next(one.value for one in at.dataframe if "cell animal" in one.value)
    assert list(preview.iloc[0]) == ["anna_5.mp4", "day 1", "anna", "5"]
    button(at, "Add to 6 clips").click().run()
    assert state.store().metadata()[digest(5)] == {"day": "day 1", "animal": "anna", "number": "5"}


def test_columns_are_added_renamed_and_deleted(clips: FakeRunner):
    at = panel(table(), "Columns")
    at.text_input(key="column.new").input("Dose")
    button(at, "Add column").click().run()
    assert "already" in at.error[0].value
    at.text_input(key="column.new").input("sex")
    button(at, "Add column").click().run()
    at.selectbox(key="column.old").set_value("dose")
    at.text_input(key="column.name").input("dose mg")
    button(at, "Rename").click().run()
    assert state.store().metadata_columns() == ("subject", "dose mg", "sex")
    at.selectbox(key="column.gone").set_value("subject").run()
    assert "Delete the column **subject** with 2 filled cells?" in told(at)
    button(at, "Delete column").click().run()
    assert state.store().metadata()[digest(0)] == {"dose mg": "2"}


def test_cells_that_were_typed_are_saved_once(clips: FakeRunner, monkeypatch: pytest.MonkeyPatch):
    notes: dict[str, object] = {}
    edited: dict[str, dict[int, dict[str, str | None]]] = {"edited_rows": {}}
    monkeypatch.setattr(state, "remember", notes.__setitem__)
    monkeypatch.setattr(state, "remembered", notes.get)
    monkeypatch.setattr(state, "widget", lambda key: edited)
    digests = tuple(map(digest, range(COUNT)))
    edited["edited_rows"] = {0: {"cell subject": "zoe"}, 4: {"cell dose": "7", "name": "x"}}
    clip_table._save("table 1", digests)
    assert state.store().metadata()[digest(0)]["subject"] == "zoe"
    assert state.store().metadata()[digest(4)] == {"dose": "7"}
    state.store().keep_metadata({digest(0): {"subject": "changed elsewhere"}})
    edited["edited_rows"][1] = {"cell subject": None}
    clip_table._save("table 1", digests)
    assert state.store().metadata()[digest(0)]["subject"] == "changed elsewhere", "saved before, and not again"
    assert state.store().metadata()[digest(1)] == {"dose": "10"}


def test_without_columns_there_is_nothing_to_edit_and_with_them_there_is_a_table(clips: FakeRunner):
    at = table()
    at.toggle(key="library.editing").set_value(True).run()
    (editor,) = at.data_editor
    assert list(editor.proto.column_order)[:3] == ["name", "cell subject", "cell dose"]
    for column in ("subject", "dose"):
        state.store().delete_metadata_column(column)
    assert page("library").toggle(key="library.editing").disabled


def test_ticked_clips_are_added_to_a_dataset_by_a_column_and_then_with_one_label(clips: FakeRunner):
    store = state.store()
    before = Dataset("my walks", ("walk",), (Item(digest(4), "anna_4.mp4", 2.0, label="walk"),))
    store.save_dataset(before, datasets.key(before))
    for number in range(COUNT):
        store.note_name(digest(number), f"anna_{number}.mp4", f"/study/day {number % 2}/anna_{number}.mp4")
    store.keep_metadata(
        {digest(0): {"behaviour": "walk"}, digest(1): {"behaviour": "run"}, digest(2): {"subject": "x"}}
    )
    at = opened(tick(table(), 3, 4, 5), "ticked.dataset.0")
    assert at.selectbox(key="dataset.column").value == "behaviour", "the usual name is offered first"
    assert at.selectbox(key="dataset.subject").value == "subject"
    words = told(at.selectbox(key="dataset.name").set_value("my walks").run())
    assert "1 clip left out" in words and "Its cell in the column behaviour is empty" in words
    button(at, "Add 2 clips").click().run()
    assert not at.exception
    made = store.dataset("my walks")
    assert {(item.label, item.subject) for item in made.items[1:]} == {("walk", "anna"), ("run", "ben")}
    at = opened(at, "ticked.dataset.1")
    at.radio(key="dataset.by").set_value(dataset_panel.FOR_ALL).run()
    at.text_input(key="dataset.label").set_value("sit").run()
    at.selectbox(key="dataset.subject").set_value(dataset_panel.NO_SUBJECT).run()
    at.selectbox(key="dataset.name").set_value("my walks").run()
    assert "It is in the dataset already, with run." in told(at)
    button(at, "Add 1 clip").click().run()
    assert store.dataset("my walks").labels == ("walk", "run", "sit")
