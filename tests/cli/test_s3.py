"""Commands about clips in S3: the same results as of files, and nothing of the credentials is kept."""

import csv
import io
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


# Results there --------------------------------------------------------------------------------------------------------


def objects(prefix: str) -> dict[str, bytes]:
    """The objects below a prefix of the bucket, by the rest of their keys."""
    import boto3

    client = boto3.client("s3")
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())]
    return {key.removeprefix(prefix): client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def results_in(workspace: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in (workspace / "results").rglob("*"))


def test_a_study_is_written_there_as_it_is_here_and_again_computes_nothing(
    command, folder, shared_workspace, monkeypatch, tmp_path
):
    call = ("study", folder, "--model", MODEL, "--parquet", "--output")
    code, _, err = command(*call, tmp_path / "out")
    assert code == 0, err
    here = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    before = results_in(shared_workspace)
    (tmp_path / "groups.csv").write_text("old")
    with object_store(monkeypatch, {"out/study/groups.csv": tmp_path / "groups.csv"}):
        code, out, err = command(*call, f"s3://{BUCKET}/out/study")
        assert (code, out) == (0, b""), err
        assert f"groups.csv in s3://{BUCKET}/out/study is from an earlier study" in err
        assert objects("out/study/") == {**here, "groups.csv": b"old"}
        code, _, err = command(*call, f"S3://{BUCKET}/out/study/")
        assert code == 0 and objects("out/study/") == {**here, "groups.csv": b"old"}, err
        code, _, err = command(*call, f"s3://{BUCKET}")
        assert code == 0 and here.items() <= objects("").items(), err
    assert results_in(shared_workspace) == before


def test_an_address_that_ends_in_a_slash_is_a_folder_and_any_other_a_file(command, folder, monkeypatch, tmp_path):
    call = ("analyze", folder, "--model", MODEL, "--format")
    _, table, _ = command(*call, "csv")
    single = ("analyze", folder / "0.mp4", "--model", MODEL)
    _, one, _ = command(*single)
    with object_store(monkeypatch, {}):
        for output in ("tables/all.csv", "again.csv"):
            code, out, err = command(*call, "csv", "--output", f"s3://{BUCKET}/{output}")
            assert (code, out) == (0, b"") and objects(output) == {"": table}, err
        for output in ("titles/", "titles too"):
            code, _, err = command(*call, "vtt", "--output", f"s3://{BUCKET}/{output}")
            assert code == 0 and sorted(objects(output.rstrip("/"))) == ["/0.vtt", "/1.vtt"], err
        code, _, err = command(*single, "--output", f"s3://{BUCKET}/alone/")
        assert code == 0 and objects("alone/") == {"0.json": one}, err
        (tmp_path / "one.json").write_bytes(one)
        code, _, err = command("convert", tmp_path / "one.json", f"s3://{BUCKET}/one.csv")
        assert code == 0 and b"start,end," in objects("one.csv")[""], err
    code, _, err = command(*single, "--output", (tmp_path / "a b.json").as_uri())
    assert code == 0 and (tmp_path / "a b.json").read_bytes() == one, err


@pytest.mark.parametrize(
    "output, words",
    [
        ("s3://elsewhere/out", "There is no bucket elsewhere"),
        ("https://example.com/out", "Results cannot be written to addresses that begin with https://"),
        (f"s3://someone:{SECRET}@{BUCKET}/out", "contains a key"),
        (f"s3://{BUCKET}/out?X-Amz-Signature={SECRET}", "contains a key"),
        ("s3://", "names no bucket"),
        ("s3://Not_A Bucket!/out", "is not a valid address"),
        ("file://server/out", "of another machine"),
    ],
)
def test_an_address_that_cannot_be_written_to_is_told_before_anything_is_done(
    command, folder, monkeypatch, output, words
):
    with object_store(monkeypatch, {}):
        for call in (("study", folder, "--model", MODEL), ("analyze", folder / "0.mp4", "--model", MODEL)):
            code, out, err = command(*call, "--output", output)
            assert (code, out) == (1, b"") and words in err and "hint: " in err, err
            assert SECRET not in err and "Traceback" not in err and "Analysing" not in err and "study: " not in err


def test_a_file_is_asked_for_where_a_command_writes_one(command, folder, monkeypatch):
    with object_store(monkeypatch, {}):
        code, _, err = command("search", "walk", folder / "0.mp4", "--output", f"s3://{BUCKET}/found/")
        assert code == 1 and f"s3://{BUCKET}/found/ is a folder" in err and "hint: " in err


def test_a_server_that_is_gone_and_a_missing_package_are_told(command, folder, monkeypatch):
    call = ("analyze", folder / "0.mp4", "--model", MODEL, "--output", f"s3://{BUCKET}/out.json")
    with object_store(monkeypatch, {}) as server:
        server.stop()
        code, out, err = command(*call)
        assert (code, out) == (1, b"") and "cannot be reached" in err and "hint: Check the connection" in err
    monkeypatch.setitem(sys.modules, "s3fs", None)
    code, out, err = command(*call)
    assert (code, out) == (1, b"") and "s3fs, which is not installed" in err and "pip install s3fs" in err


class Refusing(BaseHTTPRequestHandler):
    """Objects that may be looked at and not be written."""

    protocol_version = "HTTP/1.1"  # in which a client waits to be told that it may go on

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


def test_a_bucket_that_refuses_is_told_and_what_was_computed_is_kept(command, folder, shared_workspace, monkeypatch):
    call = ("analyze", folder / "1.mp4", "--model", MODEL, "--output", f"s3://{BUCKET}/out.json")
    with object_store(monkeypatch, {}):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        code, out, err = command(*call)
        server.shutdown()
        server.server_close()
        assert (code, out) == (1, b"") and f"do not allow writing s3://{BUCKET}/out.json" in err and "hint: " in err
        assert SECRET not in err and results_in(shared_workspace)


def test_an_address_with_a_key_in_it_is_kept_nowhere(command, shared_workspace):
    code, out, err = command("analyze", f"s3://someone:{SECRET}@bucket/clip.mp4", "--model", MODEL)
    assert code == 1 and "contains a key" in err and SECRET not in err and not out
    code, out, err = command("probe", f"s3://someone:{SECRET}@bucket/clip.mp4")
    assert code == 1 and "contains a key" in err and SECRET not in err and not out
