"""A catalogue that is damaged, locked, full or read-only: every page says so in words, and labels come back."""

import os
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import JobLost
from core.workspace.store import database
from pages.ui import state
from tests.pages.test_pages import DIGEST, clip, page, runner, told  # noqa: F401

NAMES = tuple(sorted(path.stem for path in (Path(__file__).parents[2] / "pages").glob("[a-z]*.py")))
TRACK = "ab" * 16


@pytest.fixture(autouse=True)
def no_previews(runner):  # noqa: F811
    """There is no file behind the clip, so workers could not show it."""
    runner.failure = JobLost("There was no answer.", "Try again.")


def damage() -> None:
    """Overwrite the catalogue, whose journal is in it by then."""
    state.store().close()
    sqlite3.connect(state.store().catalogue).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    state.store().catalogue.write_bytes(os.urandom(state.store().catalogue.stat().st_size))


@pytest.mark.parametrize("name", NAMES)
def test_every_page_offers_the_backups_of_a_damaged_catalogue(clip, name):  # noqa: F811
    state.store().begin_tracks(DIGEST, {TRACK: "{}"})
    state.back_up()
    damage()
    at = page(name)
    assert "is damaged" in told(at) and "1 clip, 1 label track, 0 datasets" in told(at)
    at.button(key=f"restore.{date.today()}").click().run()
    assert "is damaged" not in told(at)
    assert state.store().tracks(DIGEST) == [TRACK]


def test_without_a_backup_one_can_begin_anew(clip):  # noqa: F811
    damage()
    at = page("library")
    assert "There is no backup yet" in told(at)
    at.button(key="restore.none").click().run()
    assert "The library is empty" in told(at)
    assert len(list(state.store().workspace.glob("catalogue-damaged-*.sqlite"))) == 1


def test_a_backup_that_is_damaged_too_is_told_and_another_can_be_chosen(clip):  # noqa: F811
    state.back_up()
    backup = state.store().backups()[0]
    backup.path.write_bytes(b"no database" * 99)
    damage()
    at = page("library")
    at.button(key=f"restore.{backup.day}").click().run()
    assert "is damaged too" in told(at)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_says_that_another_program_holds_the_catalogue(clip, name, monkeypatch):  # noqa: F811
    """Held as a program holds it that rewrites the file."""
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    at = page(name)
    state.store().close()
    holder = sqlite3.connect(state.store().catalogue, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        at.run()
        assert "Another program is using" in told(at)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    at.run()
    assert "Another program is using" not in told(at)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_says_that_the_disk_is_full(clip, name):  # noqa: F811
    """What must be written to open a page, if anything must, is refused in words."""
    connection = state.store()._opened()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    at = page(name)
    assert not at.exception


def test_a_failed_backup_is_told_once(clip):  # noqa: F811
    damage()
    state.back_up()
    state.back_up()
    notices = [notice for notice in state.new_notices() if "could not be backed up" in notice]
    assert len(notices) == 1


def unexpected() -> None:
    """A fragment that meets an error that nobody expected."""
    import streamlit as st

    from core.base.errors import AnalysisError
    from pages.ui.common import trouble

    @trouble.fragment
    def part() -> None:
        st.button("Again", key="again")
        raise AnalysisError("The disk is gone.", "Plug it in.")

    part()
    st.markdown("The rest")


def test_an_error_in_a_fragment_is_told_there_and_the_rest_of_the_page_stands(runner):  # noqa: F811
    at = AppTest.from_function(unexpected, default_timeout=60).run()
    assert not at.exception and "The rest" in told(at)
    assert "The disk is gone" in at.error[0].value and "Plug it in" in at.error[0].value
