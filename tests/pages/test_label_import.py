"""Import of label files on the Label page: read and taken in by workers, what a file leaves open, and what fails."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import FormatInvalid, JobLost
from core.base.registry import FORMATS
from core.domain import Prediction, Recipe, Segment, VideoInfo
from core.stages.formats.common import conversion, selection
from core.workflows import datasets, predictions
from core.workflows.annotation import edits, files, importer, journal
from core.workspace.store import Store
from pages.ui.timeline.result_files import EVERYDAY
from tests.labels import nwb_file
from tests.pages.test_label import MINE, store, track
from tests.pages.test_pages import (
    CARD,
    FakeRunner,
    button,
    clip,
    downloads_of,
    page,
    prediction_key,
    runner,
    save_prediction,
    told,
)

__all__ = ["clip", "runner", "store", "track"]


class ImportRunner(FakeRunner):
    """Runs what a page asks for and, on `work`, the jobs that it began, as the workers would."""

    def __init__(self):
        super().__init__()
        self.tasks: dict[str, partial] = {}
        self.working = False

    def submit(self, key, title, task, *args, **origin):
        self.tasks[key] = partial(task, *args)
        return super().submit(key, title, task, *args, **origin)

    def cancel(self, key):
        if key in self.known:
            self.known[key] = replace(self.known[key], state="cancelled")

    def ask(self, task, store, digest, *args, **_):
        if self.failure:
            raise self.failure
        self.working = True
        try:
            return task(store, digest, *args)
        finally:
            self.working = False

    def work(self, key: str) -> None:
        """Do a job."""
        self.ask(lambda *_: self.tasks[key](), None, "")
        self.known[key] = replace(self.known[key], state="done")

    def active(self) -> str:
        """The key of the one job that is under way."""
        (key,) = [key for key, job in self.known.items() if job.active]
        return key


@pytest.fixture
def workers(runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> ImportRunner:
    """Workers that import labels; no file is read outside them."""
    fake = ImportRunner()
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: fake)
    for module, name in ((selection, "of"), (selection, "read"), (conversion, "detect_files"), (importer, "read_path")):
        monkeypatch.setattr(module, name, _in_workers(fake, getattr(module, name)))
    return fake


def _in_workers(fake: ImportRunner, function):
    def checked(*args):
        assert fake.working, "the server reads a file"
        return function(*args)

    return checked


def upload(at: AppTest, name: str, content: bytes, turn: int = 0) -> AppTest:
    return at.file_uploader(key=f"label.upload.{turn}").set_value((name, content, "text/plain")).run()


def form_of(at: AppTest):
    return next(box for box in at.selectbox if str(box.key).startswith("label.form."))


def becomes(at: AppTest, label: str):
    return next(box for box in at.selectbox if box.label == f"“{label}” becomes")


def test_files_are_taken_along_and_taken_in_with_a_decision_on_each_new_label(
    store: Store, clip: VideoInfo, track: str, workers: ImportRunner
):
    at = page("label", **{"page.label.view": "files"})
    ((title, file),) = downloads_of(at).items()
    assert title == f"Download {FORMATS['elan'].title}" and file.name == "street.eaf"
    assert file.read().count(b"<ALIGNABLE_ANNOTATION ") == len(MINE.segments)
    content = FORMATS["elan"].write(files.labels_of([edits.rename(MINE, "run", "sprint")], clip, "street.mp4"))
    upload(at, "street.eaf", content)
    assert "1 label not in the label scheme" in told(at)
    becomes(at, "sprint").set_value("run").run()
    button(at, "Import 1 track").click().run()
    (before, taken) = journal.tracks(store, clip.digest)
    assert taken.document.segments == before.document.segments
    assert at.file_uploader(key="label.upload.1") and not list(store.import_folder.iterdir())


@pytest.mark.parametrize("name", EVERYDAY)
def test_each_file_of_the_timeline_is_imported_with_the_same_segments(
    store: Store, clip: VideoInfo, track: str, workers: ImportRunner, name: str
):
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]], np.float32)
    made = Prediction(np.array([0.27, 0.741, 1.333, 1.77]), scores, CARD.labels, CARD.name, (0.0, 2.0))
    store.write(prediction_key(), made, kind="prediction", video=clip.digest)
    shown = predictions.analysis(store, clip.digest, Recipe(), CARD, "tensorflow-f32").track.segments
    at = page("timeline")
    assert "All three can be imported on Label, under Files" in told(at)
    content = downloads_of(at)[FORMATS[name].title].read()
    at = upload(page("label", **{"page.label.view": "files"}), f"street.{name}", content)
    button(at, "Import 1 track").click().run()
    taken = journal.tracks(store, clip.digest)[-1].document.segments
    assert [segment.label for segment in taken] == [segment.label for segment in shown] == ["walk", "run"]
    ends_s = [(segment.start_s, segment.stop_s) for segment in shown]
    assert [(segment.start_s, segment.stop_s) for segment in taken] == [
        pytest.approx(ends, abs=5e-4) for ends in ends_s
    ]


def test_datasets_take_the_table_of_label_and_not_that_of_the_timeline_which_names_no_clip(
    store: Store, clip: VideoInfo, track: str, tmp_path: Path
):
    save_prediction()
    (tmp_path / "timeline.csv").write_bytes(downloads_of(page("timeline"))[FORMATS["csv"].title].read())
    at = page("label", **{"page.label.view": "files", "page.label.format": "csv"})
    assert "exported here can be imported below and on Datasets" in told(at)
    ((_, file),) = downloads_of(at).items()
    (tmp_path / "label.csv").write_bytes(file.read())
    (tmp_path / "street.mp4").touch()
    (entry,) = datasets.read(datasets.Source(str(tmp_path / "label.csv"))).entries
    stretches = [(part.start, part.stop, part.label) for part in entry.stretches]
    assert stretches == [(segment.start_s, segment.stop_s, segment.label) for segment in MINE.segments]
    with pytest.raises(FormatInvalid, match="expected a column 'path'"):
        datasets.read(datasets.Source(str(tmp_path / "timeline.csv")))


def test_a_label_that_is_left_out_takes_its_time_along(store: Store, clip: VideoInfo, track: str, workers):
    at = page("label", **{"page.label.view": "files"})
    content = b"label,start,end\nsprint,0.4,0.8\nwalk,0.8,1.2\nhop,1.5,1.8\n"
    upload(at, "street.csv", content)
    assert "1 track with 3 segments, 1.1 s reviewed." in told(at)
    becomes(at, "sprint").set_value("\0drop").run()
    assert "1 track with 2 segments, 0.70 s reviewed." in told(at)
    button(at, "Import 1 track").click().run()
    taken = journal.tracks(store, clip.digest)[-1].document
    assert taken.seen_s == pytest.approx(0.7) and [segment.label for segment in taken.segments] == ["walk", "hop"]


def test_an_imported_label_that_is_kept_is_added_to_the_scheme_and_told(
    store: Store, clip: VideoInfo, track: str, workers: ImportRunner
):
    at = page("label", **{"page.label.view": "files"})
    content = FORMATS["elan"].write(files.labels_of([edits.rename(MINE, "run", "sprint")], clip, "street.mp4"))
    upload(at, "street.eaf", content)
    assert store.scheme() == ("walk", "run")
    button(at, "Import 1 track").click().run()
    assert store.scheme() == ("walk", "run", "sprint")
    assert [one.value for one in at.toast] == ["Added to the labels of all clips: sprint"]


def test_of_a_file_with_parts_some_are_taken_and_of_one_with_tracks_some(
    store: Store, clip: VideoInfo, track: str, workers: ImportRunner
):
    at = page("label", **{"page.label.view": "files"})
    hands = edits.rename(MINE, "run", "walk")
    tracks = [replace(hands, name="hands"), replace(hands, name="feet")]
    made = files.labels_of(tracks, clip, "street.mp4")
    upload(at, "street.eaf", FORMATS["elan"].write(made))
    assert [one.label for one in at.multiselect] == ["Tiers"] and "Import 2 tracks" in told(at)
    at.multiselect[0].set_value(["feet"]).run()
    button(at, "Import 1 track").click().run()
    assert journal.tracks(store, clip.digest)[-1].document.name == "feet"
    upload(at, "a.json", FORMATS["json"].write(made), 1)
    (picked,) = [one for one in at.multiselect if one.options[0].startswith("hands")]
    picked.set_value([0]).run()
    button(at, "Import 1 track").click().run()
    assert journal.tracks(store, clip.digest)[-1].document.name == "hands"


def test_an_nwb_file_is_taken_in_and_is_no_choice_of_downloads(
    store: Store, clip: VideoInfo, track: str, workers: ImportRunner, tmp_path: Path
):
    at = page("label", **{"page.label.view": "files"})
    (downloads,) = [box for box in at.selectbox if box.key == "label.format.pick"]
    assert FORMATS["elan"].title in downloads.options and FORMATS["nwb"].title not in downloads.options
    content = nwb_file(tmp_path / "x.nwb", Segment(0.1, 0.3, "walk"), Segment(0.3, 0.5, "run"))
    upload(at, "street.nwb", content)
    assert FORMATS["nwb"].title in form_of(at).options and "Import 1 track" in told(at)
    button(at, "Import 1 track").click().run()
    taken = journal.tracks(store, clip.digest)[-1].document
    assert taken.author == "Bea" and [segment.label for segment in taken.segments] == ["walk", "run"]
    upload(at, "street.nwb", content[:1000], 1)
    assert "expected an undamaged HDF5 file" in at.error[0].value and not at.exception


def test_what_a_file_leaves_open_is_asked(store: Store, track: str, workers: ImportRunner):
    at = page("label", **{"page.label.view": "files"})
    content = b'[{"data": {"video": "street.mp4"}, "annotations": [{"result": []}], "timelinelabels": 1}]'
    upload(at, "tasks.json", content)
    rate = next(one for one in at.text_input if one.label.startswith("Frame rate"))
    rate.set_value("soon").run()
    assert "'soon' is not a frame rate" in told(at) and not at.exception
    button(at, "Discard").click().run()
    upload(at, "x.vtt", b"WEBVTT\n\n00:00:00.400 --> 00:00:00.800\nwalk 0.93\n", 1)
    next(one for one in at.checkbox if one.label.startswith("The last number")).uncheck().run()
    assert "“walk 0.93” becomes" in [one.label for one in at.selectbox]


def test_a_file_that_is_none_is_told_and_discarded(store: Store, track: str, workers: ImportRunner):
    at = page("label", **{"page.label.view": "files"})
    upload(at, "x.eaf", b"<html>")
    assert at.error and not at.exception
    other = page("label", **{"page.label.view": "files"})
    assert [error.value for error in other.error] == [error.value for error in at.error], "told after a reload too"
    button(other, "Discard").click().run()
    assert not other.error and not list(store.import_folder.iterdir())


def test_a_large_file_is_read_and_imported_by_jobs_that_any_session_finds(
    store: Store, clip: VideoInfo, track: str, workers: ImportRunner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importer, "SMALL_BYTES", 0)
    rows = "".join(f"{label},{at / 10},{at / 10 + 0.05}\n" for at, label in enumerate(("walk", "run") * 5))
    at = page("label", **{"page.label.view": "files"})
    upload(at, "street.csv", f"label,start,end\n{rows}".encode())
    assert workers.known[workers.active()].title == "Read street.csv"
    assert "Read street" in told(page("label", **{"page.label.view": "files"}))
    workers.work(workers.active())
    at = page("label", **{"page.label.view": "files"})
    assert "1 track with 10 segments" in told(at)
    button(at, "Import 1 track").click().run()
    key = workers.active()
    assert workers.known[key].title == "Import street.csv" and "Import 1 track" not in told(at)
    workers.known[key] = replace(workers.known[key], state="failed", error="The disk is full.", hint="Free some space.")
    at = page("label", **{"page.label.view": "files"})
    assert "The disk is full" in told(at) and len(journal.tracks(store, clip.digest)) == 1
    button(at, "Import 1 track").click().run()
    workers.work(key)
    workers.work(key)  # as if its end had been lost
    assert "10 segments" in str(journal.tracks(store, clip.digest)[-1].document)
    at = page("label", **{"page.label.view": "files"})
    assert len(journal.tracks(store, clip.digest)) == 2 and importer.kept_file(store, clip.digest) is None


def test_another_option_ends_the_reading_that_was_begun_and_comes_back(
    store: Store, track: str, workers: ImportRunner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importer, "SMALL_BYTES", 0)
    at = page("label", **{"page.label.view": "files"})
    upload(at, "street.csv", b"label,start,end\nwalk,0.4,0.8\n")
    workers.work(first := workers.active())
    at.run()
    form_of(at).set_value("csv").run()
    second = workers.active()
    form_of(at).set_value("boris").run()
    assert len({first, second, workers.active()}) == 3 and workers.known[second].state == "cancelled"
    form_of(at).set_value("csv").run()
    assert workers.active() == second


def test_workers_that_give_no_answer_lose_nothing(store: Store, clip: VideoInfo, track: str, workers: ImportRunner):
    at = page("label", **{"page.label.view": "files"})
    workers.failure = JobLost("The process that works ended.", "Try again.")
    upload(at, "street.csv", b"label,start,end\nwalk,0.4,0.8\n")
    assert "The process that works ended" in told(at)
    workers.failure = None
    at.run()
    workers.failure = JobLost("The process that works ended.", "Try again.")
    button(at, "Import 1 track").click().run()
    assert "The process that works ended" in told(at) and len(journal.tracks(store, clip.digest)) == 1
    workers.failure = None
    button(at, "Import 1 track").click().run()
    assert len(journal.tracks(store, clip.digest)) == 2
