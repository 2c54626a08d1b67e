"""Backups of the catalogue: one a day for seven days, and back to one of them with all that can still be read."""

import os
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.__main__ import main
from core.base import settings
from core.base.errors import AnalysisError, CatalogueDamaged, ResultMissing
from core.workspace.store import Store, backups, database
from tests.workspace.test_store import DIGEST, DIGEST_2, info

TRACK = "ab" * 16


@pytest.fixture
def drawn(store: Store) -> Store:
    """A workspace with a clip and a track of 40 edits."""
    store.save_video(info())
    store.begin_tracks(DIGEST, {TRACK: "{}"})
    for number in range(1, 41):
        assert store.add_edit(
            TRACK, number, "draw", number, f'{{"edit": {number}, "note": "{"x" * 300}"}}', ("tab", number)
        )
    return store


def damage(store: Store, *, begin: float = 0.5) -> None:
    """Overwrite the later part of the file, as a bad disk does."""
    store.close()
    sqlite3.connect(store.catalogue).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    size = store.catalogue.stat().st_size
    with open(store.catalogue, "r+b") as file:
        file.seek(int(size * begin))
        file.write(os.urandom(size - int(size * begin)))


def test_a_copy_is_made_once_a_day_and_seven_are_kept(drawn, monkeypatch):
    today = date.today()
    for days in range(9):

        class Day(date):
            @classmethod
            def today(cls):
                return today + timedelta(days=days)  # noqa: B023

        monkeypatch.setattr(backups, "date", Day)
        assert drawn.back_up().name == f"catalogue-{today + timedelta(days=days)}.sqlite"
        assert drawn.back_up() is None
    kept = drawn.backups()
    assert [copy.day for copy in kept] == [today + timedelta(days=days) for days in range(8, 1, -1)]
    assert {(copy.clips, copy.tracks, copy.sets) for copy in kept} == {(1, 1, 0)}
    assert not list(drawn.workspace.glob("backups/*.partial*"))


def test_an_empty_workspace_is_not_backed_up(store):
    assert store.back_up() is None
    store.videos()
    assert store.back_up() is None and store.backups() == []


def test_a_damaged_catalogue_is_never_copied_over_a_whole_one(drawn):
    damage(drawn)
    with pytest.raises(CatalogueDamaged):
        drawn.back_up()
    assert drawn.backups() == []


def test_a_copy_is_for_its_owner_alone(drawn):
    if os.name == "nt":
        pytest.skip("Windows has no such bits")
    path = drawn.back_up()
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("begin", [0.0, 0.3, 0.9])
def test_labels_are_back_after_damage(drawn, begin):
    edits = drawn.edits(TRACK)
    drawn.back_up()
    damage(drawn, begin=begin)
    old = drawn.restore(date.today())
    assert old.exists() and old.name.startswith("catalogue-damaged-")
    assert drawn.edits(TRACK) == edits and drawn.video(DIGEST).frame_count == info().frame_count
    assert Store(drawn.workspace).edits(TRACK) == edits


def test_what_was_made_since_the_backup_is_taken_over_as_far_as_it_can_be_read(drawn):
    drawn.back_up()
    drawn.save_video(info(DIGEST_2))
    for number in range(41, 81):
        drawn.add_edit(TRACK, number, "draw", number, "{}", ("tab", number))
    edits = drawn.edits(TRACK)
    drawn.restore(date.today())  # nothing is damaged: all can be read
    assert drawn.edits(TRACK) == edits and drawn.last_serial(TRACK, "tab") == 80
    assert {entry.info.digest for entry in drawn.videos()} == {DIGEST, DIGEST_2}


def test_a_page_that_is_damaged_costs_the_rows_in_it_and_no_others(drawn):
    drawn.back_up()
    for number in range(41, 400):
        drawn.add_edit(TRACK, number, "draw", number, f'"{"y" * 300}"')
    edits = drawn.edits(TRACK)
    damage(drawn, begin=0.97)
    drawn.restore(date.today())
    kept = drawn.edits(TRACK)
    assert [edit[0] for edit in kept[:41]] == list(range(41)) and set(kept) <= set(edits)
    assert len(kept) > 300


def test_a_damaged_backup_is_refused_and_the_catalogue_left_alone(drawn):
    path = drawn.back_up()
    path.write_bytes(b"no database" * 999)
    with pytest.raises(CatalogueDamaged, match="damaged too"):
        drawn.restore(date.today())
    assert len(drawn.edits(TRACK)) == 41
    assert [(copy.clips, copy.tracks) for copy in drawn.backups()] == [(0, 0)]


def test_a_day_without_a_backup_is_told(drawn):
    with pytest.raises(ResultMissing, match="no backup of 2020-01-01"):
        drawn.restore(date(2020, 1, 1))


def test_whoever_starts_anew_keeps_what_was_there(drawn):
    damage(drawn, begin=0.0)
    old = drawn.start_anew()
    assert drawn.videos() == [] and old.exists()


def test_the_commands_list_and_restore(drawn, monkeypatch, capsys):
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(drawn.workspace)})
    monkeypatch.setattr(settings, "current", lambda: chosen)
    assert main(["backups"]) == 1 and "no backups" in capsys.readouterr().err
    drawn.back_up()
    assert main(["backups"]) == 0
    assert f"{date.today()}  clips: 1, label tracks: 1, datasets: 0" in capsys.readouterr().out
    damage(drawn)
    assert main(["restore"]) == 0
    assert "is in use" in capsys.readouterr().out
    assert len(drawn.edits(TRACK)) == 41
    assert main(["restore", "2020-01-01"]) == 1


@pytest.mark.parametrize("pages", [1, 2])
def test_a_full_disk_is_called_a_full_disk(drawn, pages):
    """SQLite's own limit of a file stands for the disk."""
    connection = drawn._opened()
    size = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {size + pages}")
    with pytest.raises(AnalysisError, match="There is no room left") as caught:
        for number in range(41, 999):
            drawn.add_edit(TRACK, number, "draw", number, "x" * 3000)
    assert "Delete clips" in caught.value.hint and not isinstance(caught.value, CatalogueDamaged)


def test_a_catalogue_whose_tables_are_gone_is_damaged(drawn):
    drawn.close()
    connection = sqlite3.connect(drawn.catalogue)
    connection.execute("DROP TABLE videos")
    connection.close()
    with pytest.raises(CatalogueDamaged, match="no such table") as caught:
        drawn.videos()
    assert "restore" in caught.value.hint and "delete" not in caught.value.hint.replace("Do not delete", "")


def test_a_tables_rows_by_hand_are_all_named():
    """A table that is added must be one that people fill, or one whose rows are made again or hold for a moment."""
    made_again = {"results", "jobs", "track_states", "batch_tries", "predicted"}
    passing = {"set_aside"}
    names = {part.split()[2] for schema in database.SCHEMAS for part in schema.split(";") if "CREATE TABLE" in part}
    assert names - made_again - passing == {*backups.BY_HAND, *backups.NEWER_COUNTS}


def test_backups_lie_where_the_workspace_says(drawn):
    assert drawn.back_up() == Path(drawn.workspace, "backups", f"catalogue-{date.today()}.sqlite")
