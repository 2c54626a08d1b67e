"""Many clips added at once: a single progress, a single cancel, and a single message about what came of them."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.workflows import clips
from pages.ui import state
from pages.ui.library import additions
from tests.pages.test_duplicates import messages
from tests.pages.test_pages import FakeRunner, button, page, runner, told, video_info

__all__ = ["runner"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven files."""
    made = tmp_path / "clips"
    made.mkdir()
    for number in range(7):
        (made / f"{number}.mp4").write_bytes(b"x")
    return made


def add(at: AppTest, path: Path) -> AppTest:
    at.text_input[0].input(str(path))
    return button(at, "Add from path").click().run()


def end(runner: FakeRunner, path: Path, how: str, *, number: int | None = None, **changes) -> None:
    """Let the job of a file end; number: of the clip that it is then in the library."""
    key = clips.job_key(str(path))
    if number is not None:
        digest = f"{number:064x}"
        if digest not in state.store().digests():
            state.store().save_video(video_info(str(path), digest=digest), name=path.name)
        state.store().note_name(digest, path.name, str(path))
    runner.known[key] = replace(runner.known[key], state=how, finished=time.time(), **changes)


def test_clips_that_are_added_together_have_one_progress_and_one_cancel(runner, folder: Path):
    at = add(page("library"), folder)
    end(runner, folder / "0.mp4", "done", number=0)
    at.run()
    (bar,) = at.get("progress")
    assert bar.proto.text.startswith("1 of 7")
    assert [one.label for one in at.button].count("Cancel") == 1 and "Add 0.mp4 and 6 more" in told(at).replace(
        "\\", ""
    )
    again = page("library")
    assert "Add 0.mp4 and 6 more" in told(again).replace("\\", ""), "a new session finds it again"
    button(again, "Cancel").click().run()
    assert len(runner.cancelled) == 6
    assert button(again, "Stopping…").disabled


def test_clips_added_meanwhile_join_those_that_are_being_added(runner, folder: Path, tmp_path: Path):
    at = add(page("library"), folder)
    end(runner, folder / "0.mp4", "done", number=0)
    (tmp_path / "late.mp4").write_bytes(b"x")
    add(at, tmp_path / "late.mp4")
    assert [bar.proto.text.split(" · ")[0] for bar in at.get("progress")] == ["1 of 8"]
    assert len({job.batch for job in runner.known.values()}) == 1


def test_what_failed_was_added_and_was_known_is_told_in_a_colour_each(runner, folder: Path):
    since = time.time()
    at = add(page("library"), folder)
    runner.known = {key: replace(job, submitted=since + job.submitted / 1000) for key, job in runner.known.items()}
    for number in range(3):
        end(runner, folder / f"{number}.mp4", "done", number=number)
    end(runner, folder / "3.mp4", "done", number=2)
    end(runner, folder / "4.mp4", "failed", error="The file is no video.", hint="Choose another.")
    end(runner, folder / "5.mp4", "lost", error="5.mp4 was not read to its end.")
    end(runner, folder / "6.mp4", "cancelled")
    (alert,) = at.run().error
    text = alert.value.replace("\\", "")
    assert text.startswith("**Not added: 2 files.**\n\n") and "Added: 3" not in text
    assert "4.mp4: The file is no video. Choose another." in text and "\n\n5.mp4 was not read" in text
    assert [message.value for message in at.success] == ["**Added: 3 files.**"], "in a colour of its own"
    (info,) = at.info
    assert info.value.startswith("**In the library already: 1 file. Cancelled: 1 file.**")
    assert '"3.mp4" is the same as 2.mp4' in info.value.replace("\\", "")
    assert not at.get("progress") and not at.toast
    assert at.run().error, "it stays until it is closed"
    button(at, "Close").click().run()
    assert not at.error and not at.run().error


def failed(runner: FakeRunner, path: Path) -> AppTest:
    """The Library after a file could not be added."""
    at = add(page("library"), path)
    end(runner, path, "failed", error="It is damaged.")
    assert at.run().error
    return at


def test_a_new_addition_replaces_an_older_error(runner, folder: Path):
    at = failed(runner, folder / "0.mp4")
    add(at, folder / "1.mp4")
    assert not at.error
    end(runner, folder / "1.mp4", "done", number=1)
    assert (messages(at.run()), len(at.error), len(at.success)) == ("Added 1.mp4.", 0, 0)
    add(at, folder / "2.mp4")
    end(runner, folder / "2.mp4", "failed", error="It is damaged too.")
    (alert,) = at.run().error
    assert alert.value.startswith("**Not added: 1 file.**") and "2.mp4" in alert.value.replace("\\", "")


def test_an_error_goes_when_the_page_is_left_after_it_was_seen(runner, folder: Path):
    at = failed(runner, folder / "0.mp4")
    at.switch_page("../timeline.py").run()
    assert not at.switch_page("../library.py").run().error
    add(at, folder / "1.mp4")
    at.switch_page("../timeline.py").run()
    end(runner, folder / "1.mp4", "failed", error="It is damaged.")
    assert at.switch_page("../library.py").run().error, "it ended on another page, and nobody has seen it"


def test_many_files_that_failed_are_listed_below_the_message(runner, folder: Path):
    at = add(page("library"), folder)
    for number in range(7):
        end(runner, folder / f"{number}.mp4", "failed", error=f"{number}.mp4 is no video.")
    (alert,) = at.run().error
    assert "4.mp4 is no video" in alert.value.replace("\\", "") and "5.mp4" not in alert.value
    assert "All 7 files" in told(at) and "6.mp4 is no video" in at.markdown[-1].value.replace("\\", "")


def test_clips_that_were_all_added_are_told_in_passing(runner, folder: Path):
    at = add(page("library"), folder)
    for number in range(7):
        end(runner, folder / f"{number}.mp4", "done", number=number)
    assert messages(at.run()) == "Added 7 clips."
    assert messages(at.run()) == "" and not at.error


def test_what_failed_of_a_batch_is_tried_again_without_the_rest(runner, folder: Path):
    from pages.ui.common.jobs import listing

    at = add(page("library"), folder)
    end(runner, folder / "0.mp4", "failed", error="No disk.")
    for number in range(1, 7):
        end(runner, folder / f"{number}.mp4", "done", number=number)
    at.run()
    (row,) = listing.listing()["rows"]
    listing.repeat(row["name"])
    (again, rest) = listing.listing()["rows"]
    assert (again["title"], again["state"], rest["title"]) == ("Add 0.mp4", "running", "Add 1.mp4 and 5 more")
    assert again["name"].startswith(additions.BATCH)


@pytest.mark.parametrize(
    "address, words",
    [
        ("ftp://host/clip.mp4", "Clips cannot be read from addresses that begin with ftp://"),
        ("s3://someone:secret@bucket/clip.mp4", "contains a key, a password or a signature"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_and_no_job_begun(runner, address: str, words: str):
    at = add(page("library"), Path("unused"))
    at.text_input[0].input(address)
    at = button(at, "Add from path").click().run()
    message = told(at).replace("\\", "")  # of Markdown
    assert words in message and "secret" not in message and not runner.known
