"""Results whole or not at all, nothing outside the workspace touched, and every trouble of the disk in words."""

import errno
import io
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import AnalysisError, ResultMissing
from core.domain import Analysis, Features, LabelScore, Prediction, Recipe, Segment, Track, VideoInfo
from core.domain.jobs import Job
from core.stages.preprocessing.geometry import Flip, Rotate
from core.workspace.store import STALE_S, Store, cleaned_name, results
from core.workspace.store.videos import LONGEST_NAME, file_name

ROOT = Path(__file__).resolve().parents[2]
KEY, OTHER = "ab" * 20, "cd" * 20
DIGEST, DIGEST_2 = "12" * 32, "34" * 32


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "workspace")
    yield store
    store.close()


def info(digest=DIGEST, path="/clips/run é.mp4", frame_count=5) -> VideoInfo:
    times_s = np.arange(frame_count) / 25
    return VideoInfo(
        path, digest, 64, 48, frame_count, 6, times_s, Fraction(25), False, frame_count / 25, "h264", True, ("odd",)
    )


def features(steps=4, channels=3) -> Features:
    values = np.arange(steps * channels, dtype=np.float32).reshape(steps, channels)
    return Features(np.arange(steps) * 0.32, values, (0.0, steps * 0.32))


def same(one: VideoInfo, other: VideoInfo) -> bool:
    names = [name for name in one.__dataclass_fields__ if name not in ("times_s", "checks")]
    return [getattr(one, name) for name in names] == [getattr(other, name) for name in names]


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# Clips


def test_a_clip_comes_back_as_it_was_measured(store):
    store.save_video(info())
    back = Store(store.workspace).video(DIGEST)
    assert same(back, info())
    np.testing.assert_array_equal(back.times_s, info().times_s)
    assert back.times_s.dtype == np.float64 and not back.times_s.flags.writeable


def test_the_library_lists_the_latest_clip_first_with_its_name(store):
    store.save_video(info(), name="first")
    store.save_video(info(DIGEST_2, "/clips/second.mp4"))
    assert [entry.name for entry in store.videos()] == ["second.mp4", "first"]
    assert not store.videos()[0].uploaded and store.videos()[0].added <= time.time()


def test_a_clip_that_is_saved_again_is_replaced_and_keeps_its_place(store):
    store.save_video(info(), name="old")
    added = store.entry(DIGEST).added
    store.save_video(info(path="/elsewhere/new.mp4", frame_count=7))
    assert store.entry(DIGEST).added == added and store.entry(DIGEST).name == "new.mp4"
    assert store.video(DIGEST).frame_count == 7 and len(store.videos()) == 1


def test_a_change_by_another_process_is_seen(store):
    store.save_video(info())
    assert store.video(DIGEST).frame_count == 5
    Store(store.workspace).save_video(info(frame_count=9))
    assert store.video(DIGEST).frame_count == 9
    Store(store.workspace).delete_video(DIGEST)
    with pytest.raises(ResultMissing):
        store.video(DIGEST)


def test_a_clip_is_found_by_the_beginning_of_its_digest(store):
    store.save_video(info())
    store.save_video(info("12" * 31 + "ff"))
    assert store.find_video("12" * 31 + "F").digest.endswith("ff")
    for prefix, reason in [("12", "2 clips"), ("9", "No clip"), ("", "No clip"), ("%", "No clip"), ("../", "No clip")]:
        with pytest.raises(ResultMissing, match=reason):
            store.find_video(prefix)


def test_names_of_files_that_are_no_unicode_can_be_kept(store):
    store.save_video(info(path="/clips/\udce9t\udce9.mp4"))
    assert store.video(DIGEST).path == "/clips/\udce9t\udce9.mp4"
    store.entry(DIGEST).name.encode("utf-8")


def test_deleting_a_clip_takes_all_that_was_made_from_it_and_not_the_source(store, tmp_path):
    source = tmp_path / "source.mp4"
    source.write_bytes(b"film")
    store.save_video(info(path=str(source)))
    store.save_video(info(DIGEST_2))
    store.write(KEY, features(), kind="features", video=DIGEST)
    store.write(OTHER, features(), kind="features", video=DIGEST_2)
    for path in (store.thumbnail_path(DIGEST), store.proxy_path(DIGEST), store.thumbnail_path(DIGEST_2)):
        path.write_bytes(b"picture")
    for key in (KEY, OTHER, f"proxy-{DIGEST}"):
        store.save_job(Job(key, "t", "done"))
    store.delete_video(DIGEST)
    assert source.read_bytes() == b"film"
    assert [entry.info.digest for entry in store.videos()] == [DIGEST_2]
    assert store.has(OTHER) and not store.has(KEY)
    assert [job.key for job in store.jobs()] == [OTHER]
    left = [path for path in everything_in(store.workspace) if DIGEST in path or KEY in path]
    assert not left and store.thumbnail_path(DIGEST_2).exists()
    with pytest.raises(ResultMissing):
        store.delete_video(DIGEST)


# Uploads


def test_an_upload_is_kept_once_under_the_digest_of_its_bytes(store):
    film = os.urandom(3 * 2**20 + 17)
    path = store.keep_upload(io.BytesIO(film), "My film.MP4")
    assert path == store.upload_folder / f"{sha256(film).hexdigest()}.mp4" and path.read_bytes() == film
    assert store.keep_upload(io.BytesIO(film), "again.avi") == path
    assert everything_in(store.upload_folder) == [path.name]
    store.save_video(info(sha256(film).hexdigest(), str(path)))
    assert store.videos()[0].name == "again.avi" and store.videos()[0].uploaded
    store.delete_video(sha256(film).hexdigest())
    assert not path.exists()


def test_a_clip_that_was_uploaded_once_and_lies_elsewhere_now_is_called_as_it_is_there(store):
    path = store.keep_upload(io.BytesIO(b"film"), "From a browser.mp4")
    digest = sha256(b"film").hexdigest()
    store.save_video(info(digest, str(path)))
    assert store.entry(digest).name == "From a browser.mp4"
    store.save_video(info(digest, "/clips/from-the-disk.mp4"))
    assert (store.entry(digest).name, store.entry(digest).uploaded) == ("from-the-disk.mp4", False)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\x.mp4", "a/b/../../x.mp4", "", ".", "..", "x.mp4/../..", "\0.mp4", "x." + "é" * 300],
)
def test_no_name_of_an_upload_leads_out_of_its_folder(store, name):
    path = store.keep_upload(io.BytesIO(name.encode()), name)
    assert path.parent == store.upload_folder and path.exists()
    assert path.name.split(".")[0] == sha256(name.encode()).hexdigest()
    assert cleaned_name(name) and not set("/\\\0") & set(cleaned_name(name))


def test_names_are_cleaned_for_people():
    assert cleaned_name("C:\\films\\ my  film\u202e\x07.mp4 ") == "my film .mp4"
    assert cleaned_name("e\u0301.mp4") == "é.mp4"
    assert cleaned_name("Фильм 电影 quote'and\"double.mp4") == "Фильм 电影 quote'and\"double.mp4"
    assert cleaned_name("\u200b..") == "clip"
    long = cleaned_name("x" * 500 + ".webm")
    assert len(long) == LONGEST_NAME and long.endswith(".webm")


def test_an_upload_that_breaks_off_leaves_nothing(store):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            chunk = super().read(min(size, 100))
            if not chunk:
                raise ConnectionResetError("gone")
            return chunk

    with pytest.raises(AnalysisError):
        store.keep_upload(Broken(b"x" * 1000), "film.mp4")
    assert not everything_in(store.upload_folder)


# Results


def test_results_of_every_kind_come_back(store):
    prediction = Prediction(np.arange(2.0), np.full((2, 2), 0.5, np.float32), ("", "run"), "model", (0.0, 2.0))
    track = Track(DIGEST, ("", "run"), (Segment(0, 1, "run", 0.5),), (0.0, 2.0), "model")
    values = [features(), prediction, track, Analysis(info(), "model", (LabelScore("run", 0.5),), track)]
    for place, value in enumerate(values):
        store.write(f"{place:040x}", value, kind="test", video=DIGEST)
    back = [store.read(f"{place:040x}", type(value)) for place, value in enumerate(values)]
    np.testing.assert_array_equal(back[0].values, features().values)
    np.testing.assert_array_equal(back[1].scores, prediction.scores)
    assert back[2] == track and same(back[3].video, info()) and back[3].ranking == values[3].ranking
    assert back[0].values.dtype == np.float32 and not back[0].values.flags.writeable


def test_large_arrays_are_mapped_and_not_copied(store):
    store.write(KEY, features(1000, 1024), kind="features")
    values = store.read(KEY, Features).values
    assert isinstance(values, np.memmap)
    with pytest.raises(ValueError):
        values[0, 0] = 1
    store.delete(KEY)
    assert values[999, 1023] == 1000 * 1024 - 1  # who reads it may go on reading


def test_on_windows_no_file_is_held_open_by_a_result(store, monkeypatch):
    """A mapped file could be neither deleted nor replaced there."""
    monkeypatch.setattr(results, "MAPS", False)
    store.write(KEY, features(1000, 1024), kind="features")
    values = store.read(KEY, Features).values
    assert not isinstance(values, np.memmap) and not values.flags.writeable
    assert values[999, 1023] == 1000 * 1024 - 1


def test_what_is_not_there_is_missing(store):
    for key in (KEY, "../../etc", "", "ABCDEF", "12/34", "é"):
        assert not store.has(key)
        with pytest.raises(ResultMissing):
            store.read(key, Features)


@pytest.mark.parametrize("name", ["../x", "", "a/b", "G", "ab.partial", "١", "a" * 129, "ab\n"])
def test_only_hex_digits_become_paths(store, name):
    for call in (store.proxy_path, store.thumbnail_path, store.delete):
        with pytest.raises(ValueError, match="hex digits"):
            call(name)
    with pytest.raises(ValueError, match="hex digits"):
        store.write(name, features(), kind="features")
    assert not store.workspace.exists() or not everything_in(store.workspace / "results")


def damage(folder: Path, how: str) -> None:
    array, value = folder / "array1.npy", folder / "value.json"
    if how == "array gone":
        array.unlink()
    elif how == "array cut":
        array.write_bytes(array.read_bytes()[:-100])
    elif how == "array empty":
        array.write_bytes(b"")
    elif how == "array is a pickle":
        array.write_bytes(pickle.dumps(os.getcwd))
    elif how == "array of objects":
        np.save(array, np.array([{}], dtype=object), allow_pickle=True)
    elif how == "another shape":
        np.save(array, np.zeros((2, 2), np.float32))
    elif how == "text cut":
        value.write_text(value.read_text()[:-5])
    elif how == "text is binary":
        value.write_bytes(b"\xff\xfe\0")
    else:
        value.write_text('{"type": "Features", "older": 1}')


def test_a_result_that_is_replaced_while_it_is_read_is_neither_mixed_nor_missed(store):
    """A page reads a training each second while its worker writes it anew."""
    key, stop = "ab" * 20, threading.Event()

    def value(number: int) -> Features:
        return Features(np.full(3, number) + np.arange(3.0), np.full((3, 2), number, np.float32), (0.0, number + 9.0))

    store.write(key, value(0), kind="features")
    other = Store(store.workspace)

    def write():
        for number in range(1, 150):
            other.write(key, value(number), kind="features")
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        found = store.read(key, Features)
        assert found.times_s[0] == found.values[0, 0] == found.seen_s[1] - 9.0
    writer.join()
    assert store.has(key)


@pytest.mark.parametrize("steps", [4, 100_000])
@pytest.mark.parametrize(
    "how",
    [
        "array gone",
        "array cut",
        "array empty",
        "array is a pickle",
        "array of objects",
        "another shape",
        "text cut",
        "text is binary",
        "another version",
    ],
)
def test_a_damaged_result_is_deleted_and_told_as_missing(store, how, steps):
    store.write(KEY, features(steps), kind="features", video=DIGEST)
    damage(store.workspace / "results" / KEY, how)
    with pytest.raises(ResultMissing, match="damaged"):
        store.read(KEY, Features)
    assert not store.has(KEY) and not everything_in(store.workspace / "results")


def test_a_result_that_cannot_be_written_leaves_nothing(store, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        store.write(KEY, features(), kind="features")
    assert not store.has(KEY) and not everything_in(store.workspace / "results")


def test_writing_again_replaces(store):
    store.write(KEY, features(4), kind="features")
    store.write(KEY, features(6), kind="features")
    assert len(store.read(KEY, Features).values) == 6
    assert [path.name for path in (store.workspace / "results").iterdir()] == [KEY]


WRITER = """
import sys
sys.path.insert(0, {root!r})
from tests.workspace.test_store import KEY, Features, Store, features
store = Store({workspace!r})
for _ in range(40):
    store.write(KEY, features(), kind="features")
    store.label_slots(f"label {{place}}" for place in range(30))
print(list(store.label_slots(f"label {{place}}" for place in range(30)).values()))
"""


def test_several_processes_may_write_the_same_at_once(store):
    code = WRITER.format(root=str(ROOT), workspace=str(store.workspace))
    writers = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [writer.communicate(timeout=300)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert said[0] == said[1] == f"{list(range(30))}\n"
    np.testing.assert_array_equal(store.read(KEY, Features).values, features().values)
    assert [path.name for path in (store.workspace / "results").iterdir()] == [KEY]


def test_many_threads_may_use_one_store(store):
    failures = []

    def work(number):
        try:
            for turn in range(10):
                key = f"{number:020x}{turn:020x}"
                store.write(key, features(), kind="features")
                store.save_job(Job(key, "t"))
                assert store.read(key, Features).values.shape == (4, 3) and store.load_job(key)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and len(store.jobs()) == 60


# Jobs, recipes, labels


def test_jobs_are_remembered(store):
    job = Job("any key", "Title", "failed", 3, 9, "m", "error", "hint", 1.0, 2.0, 3.0, "1:2", 1.5, 2, 2.5)
    store.save_job(job)
    store.save_job(Job("later", "Title", submitted=time.time()))
    assert store.load_job("any key") == job and store.load_job("no") is None
    assert [found.key for found in Store(store.workspace).jobs()] == ["later"]  # older than a month: forgotten


def test_recipes_are_kept_by_name(store):
    recipe = Recipe((Rotate(90), Flip()))
    store.save_recipe(" Dark\n corridor ", recipe)
    store.save_recipe("again", Recipe())
    store.save_recipe("again", recipe)
    assert store.recipes() == {"again": recipe, "Dark corridor": recipe}
    store.delete_recipe("again")
    assert list(store.recipes()) == ["Dark corridor"]
    with pytest.raises(AnalysisError, match="name"):
        store.save_recipe("  ", recipe)


def test_a_saved_recipe_with_a_step_that_is_gone_hides_no_other(store):
    store.save_recipe("good", Recipe())
    with store._changing() as catalogue:
        catalogue.execute("INSERT INTO recipes VALUES ('old', ?)", ('{"type":"Recipe","steps":[{"type":"Gone"}]}',))
    assert list(store.recipes()) == ["good"]


def test_labels_keep_their_numbers_for_ever(store):
    assert store.label_slots(["run", "jump", "run"]) == {"run": 0, "jump": 1}
    assert store.label_slots(["é", "jump"]) == {"é": 2, "jump": 1}
    assert Store(store.workspace).label_slots(["run"]) == {"run": 0} and store.label_slots([]) == {}


# The whole


def test_a_store_travels_as_its_path_and_makes_nothing_until_written_to(tmp_path):
    store = Store(tmp_path / "a" / "workspace")
    copy = pickle.loads(pickle.dumps(store))
    assert copy.workspace == store.workspace and not store.has(KEY)
    assert not (tmp_path / "a").exists()
    copy.save_job(Job("k", "t", submitted=time.time()))
    assert len(store.jobs()) == 1
    copy.close()
    assert len(copy.jobs()) == 1


def test_leftovers_of_dead_processes_go_after_a_day(store):
    store.save_video(info(DIGEST_2))
    store.write(KEY, features(), kind="features", video=DIGEST)
    store.write(OTHER, features(), kind="features", video=DIGEST_2)
    store.upload_folder.mkdir()
    old = [store.workspace / "results" / "x.partial", store.upload_folder / "y.partial"]
    old[0].mkdir()
    old[1].touch()
    young = store.upload_folder / "z.partial"
    young.touch()
    yesterday = time.time() - STALE_S - 10
    for path in old:
        os.utime(path, (yesterday, yesterday))
    with store._changing() as catalogue:
        catalogue.execute("UPDATE results SET written = ?", (yesterday,))
    assert Store(store.workspace).videos()
    assert not any(path.exists() for path in old) and young.exists()
    assert store.has(OTHER) and not store.has(KEY)  # its clip is not in the library


def test_a_damaged_catalogue_is_told(store):
    store.workspace.mkdir()
    store.catalogue.write_bytes(b"this is no database" * 1000)
    with pytest.raises(AnalysisError, match="damaged") as caught:
        store.videos()
    assert str(store.catalogue) in str(caught.value) and "Do not delete it" in caught.value.hint
    store.catalogue.unlink()
    assert store.videos() == []


def test_a_catalogue_of_a_newer_program_is_refused(store):
    store.videos()
    store.close()
    connection = sqlite3.connect(store.catalogue)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(AnalysisError, match="newer program"):
        store.videos()


def test_a_catalogue_that_another_keeps_busy_is_told(store, monkeypatch):
    monkeypatch.setattr("core.workspace.store.database.BUSY_S", 0.05)
    store.save_job(Job("k", "t", submitted=time.time()))
    other = sqlite3.connect(store.catalogue, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(AnalysisError, match="Another program is using") as caught:
        store.save_job(Job("k", "t"))
    assert caught.value.hint
    assert store.load_job("k")  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.save_job(Job("k", "t"))


@pytest.mark.parametrize(
    ("number", "said", "hint"),
    [
        (errno.ENOSPC, "no room left", "Delete clips"),
        (errno.EDQUOT, "no room left", "Delete clips"),
        (errno.EROFS, "cannot be written to", "write permission"),
        (errno.EACCES, "cannot be written to", "write permission"),
        (errno.EIO, "Input/output error", "disk"),
    ],
)
def test_troubles_of_the_disk_are_told_with_the_folder(store, monkeypatch, number, said, hint):
    store.videos()

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(AnalysisError, match=said) as caught:
        store.write(KEY, features(), kind="features")
    assert str(store.workspace) in str(caught.value) and hint in caught.value.hint
    assert not store.has(KEY) and not everything_in(store.workspace / "results")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database or disk is full", "no room left"),
        ("attempt to write a readonly database", "cannot be written to"),
        ("unable to open database file", "cannot be written to"),
        ("disk I/O error", "cannot be used"),
    ],
)
def test_troubles_of_the_catalogue_are_told(store, said, told):
    with pytest.raises(AnalysisError, match=told) as caught, store._changing():
        raise sqlite3.OperationalError(said)
    assert caught.value.hint


def test_a_workspace_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AnalysisError) as caught:
        Store(tmp_path / "file").videos()
    assert caught.value.hint


def test_a_full_disk_is_told_by_the_system_itself():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    store = Store("/dev/full/workspace")
    with pytest.raises(AnalysisError):
        store.videos()
    with pytest.raises(AnalysisError, match="no room left"), store._explained(), open("/dev/full", "wb", 0) as full:
        shutil.copyfileobj(io.BytesIO(b"x"), full)


@pytest.mark.parametrize(
    "name, kept",
    [
        ("walks.zip", "walks.zip"),
        ("C:walks.zip", "C_walks.zip"),
        ('a<b>|"?*.zip', "a_b_____.zip"),
        ("nul.zip", "_nul.zip"),
        ("COM1", "_COM1"),
        ("console.zip", "console.zip"),
    ],
)
def test_a_name_is_filed_as_windows_allows(monkeypatch, name: str, kept: str):
    assert file_name(name) == cleaned_name(name)
    monkeypatch.setattr(os, "name", "nt")
    assert file_name(name) == kept
