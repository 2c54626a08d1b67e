"""Commands about clips in S3: the same results as of files, and nothing of the credentials is kept."""

import csv
import io
from pathlib import Path

import pytest

from core.stages import video
from core.workflows import batches, clips
from core.workspace.store import Store
from tests.cli.conftest import MODEL
from tests.conftest import moving_square
from tests.object_store import BUCKET, SECRET, object_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two short clips."""
    (folder := tmp_path / "clips").mkdir()
    for number in range(2):
        video.write(folder / f"{number}.mp4", moving_square(20 + 10 * number))
    return folder


def rows(table: bytes) -> list[tuple[str, ...]]:
    """The rows of a table of labels, with the names of files for their places."""
    entries = list(csv.reader(io.StringIO(table.decode())))
    return [(Path(path).name, *others) for path, *others in entries]


def test_a_folder_in_s3_gives_the_labels_of_the_files(command, folder, shared_workspace, monkeypatch):
    code, here, err = command("analyze", folder, "--model", MODEL, "--format", "csv")
    assert code == 0, err
    store = Store(shared_workspace)
    for digest in store.digests():
        store.delete_video(digest)
    with object_store(monkeypatch, {f"day/{path.name}": path for path in folder.iterdir()}):
        code, there, err = command("analyze", f"s3://{BUCKET}/day", "--model", MODEL, "--format", "csv")
        assert code == 0, err
        assert rows(there) == rows(here) and f"s3://{BUCKET}/day/0.mp4".encode() in there
        code, single, err = command("analyze", f"s3://{BUCKET}/day/1.mp4", "--model", MODEL)
        assert code == 0 and single.startswith(b"{"), err
        code, _, err = command("analyze", f"s3://{BUCKET}/night", "--model", MODEL)
        assert code == 1 and f"error: There is no s3://{BUCKET}/night" in err and "hint: " in err
        code, _, err = command("study", f"s3://{BUCKET}/day", "--model", MODEL, "--output", folder.parent / "study")
        assert code == 0, err
    paths = store.paths(store.digests())
    assert sorted(paths.values()) == [f"s3://{BUCKET}/day/{number}.mp4" for number in range(2)]
    kept = [path for path in shared_workspace.rglob("*") if path.is_file() and "engine" not in path.parts]
    assert kept and not any(SECRET.encode() in path.read_bytes() for path in kept)


def test_a_clip_that_is_there_and_here_is_read_here_and_one_whose_file_is_gone_there(store, folder, monkeypatch):
    path, address = folder / "0.mp4", f"s3://{BUCKET}/0.mp4"
    with object_store(monkeypatch, {"0.mp4": path}):
        digest = clips.add_video(store, path)
        assert clips.add_video(store, address) == digest and store.video(digest).path == str(path)
        assert store.video(digest).plays_in_browser
        path.unlink()
        assert clips.add_video(store, address) == digest and store.video(digest).path == address
        assert not store.video(digest).plays_in_browser
        batch = batches.begin(store, [address], MODEL)
        assert batches.is_digest(digest) and batch.items == (address,)


def test_an_address_with_a_key_in_it_is_kept_nowhere(command, shared_workspace):
    code, out, err = command("analyze", f"s3://someone:{SECRET}@bucket/clip.mp4", "--model", MODEL)
    assert code == 1 and "contains a key" in err and SECRET not in err and not out
    code, out, err = command("probe", f"s3://someone:{SECRET}@bucket/clip.mp4")
    assert code == 1 and "contains a key" in err and SECRET not in err and not out
