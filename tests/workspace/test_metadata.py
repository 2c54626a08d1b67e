"""Metadata and tags of clips: cells that are set, emptied and renamed, and what is refused."""

import pytest

from core.base.errors import AnalysisError
from core.workspace.store import Store

CLIP, OTHER = "12" * 32, "34" * 32


def test_cells_are_set_emptied_and_found_again_by_another_process(store: Store):
    store.keep_metadata({CLIP: {"Subject": " anna ", "day": "1"}, OTHER: {"subject": "ben", "dose": ""}})
    again = Store(store.workspace)
    assert again.metadata_columns() == ("Subject", "day", "dose"), "upper and lower case do not count"
    assert again.metadata() == {CLIP: {"Subject": "anna", "day": "1"}, OTHER: {"Subject": "ben"}}
    store.keep_metadata({CLIP: {"day": "", "SUBJECT": "carl"}})
    assert again.metadata()[CLIP] == {"Subject": "carl"}


def test_a_column_is_renamed_and_deleted_with_its_cells(store: Store):
    store.keep_metadata({CLIP: {"subject": "anna", "day": "1"}})
    store.rename_metadata_column("subject", "Animal")
    assert store.metadata() == {CLIP: {"Animal": "anna", "day": "1"}}
    with pytest.raises(AnalysisError, match="There is a column 'day' already"):
        store.rename_metadata_column("Animal", "Day")
    store.rename_metadata_column("Animal", "animal")
    store.add_metadata_column(" dose ")
    with pytest.raises(AnalysisError, match="There is a column 'dose' already"):
        store.add_metadata_column("Dose")
    assert store.metadata_columns() == ("animal", "day", "dose")
    store.delete_metadata_column("dose")
    store.delete_metadata_column("day")
    assert (store.metadata_columns(), store.metadata()) == (("animal",), {CLIP: {"animal": "anna"}})


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_name_that_is_none_changes_nothing(store: Store, name: str):
    before = store.metadata_revision()
    with pytest.raises(AnalysisError):
        store.keep_metadata({CLIP: {"day": "1", name: "2"}})
    with pytest.raises(AnalysisError):
        store.add_tag([CLIP], name)
    assert (store.metadata(), store.metadata_columns(), store.tags(), store.metadata_revision()) == ({}, (), {}, before)


def test_tags_are_given_and_taken(store: Store):
    store.add_tag([CLIP, OTHER], "pilot")
    store.add_tag([CLIP], "Night")
    store.add_tag([CLIP], "pilot")
    assert store.tags() == {CLIP: ("Night", "pilot"), OTHER: ("pilot",)}
    store.remove_tag([CLIP, OTHER], "pilot")
    assert store.tags() == {CLIP: ("Night",)}


def test_every_change_counts_the_revision_up(store: Store):
    changes = (
        lambda: store.add_metadata_column("dose"),
        lambda: store.keep_metadata({CLIP: {"day": "1"}}),
        lambda: store.rename_metadata_column("day", "date"),
        lambda: store.add_tag([CLIP], "pilot"),
        lambda: store.remove_tag([CLIP], "pilot"),
        lambda: store.delete_metadata_column("date"),
    )
    revisions = [store.metadata_revision()]
    for change in changes:
        change()
        revisions.append(store.metadata_revision())
    assert revisions == [*range(len(changes) + 1)]
