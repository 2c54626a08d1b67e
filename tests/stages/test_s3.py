"""Clips in S3: read by ranges as a file is, and every way in which that fails is told."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base import addresses
from core.base.errors import AnalysisError, VideoUnreadable
from core.domain import Frame
from core.stages import video
from core.stages.video import sources
from core.workflows import clip_files
from tests.object_store import BUCKET, SECRET, object_store

FOLDER = f"s3://{BUCKET}/day 1"


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of several ranges: noise is not compressed."""
    numbers, path = np.random.default_rng(1), tmp_path_factory.mktemp("noise") / "noise.mp4"
    images = (numbers.integers(0, 255, (480, 640, 3), np.uint8) for _ in range(60))
    video.write(path, (Frame(index, index / 25, image) for index, image in enumerate(images)))
    assert path.stat().st_size > 4 * sources.BLOCK_BYTES
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, noise: Path, square_clip: Path) -> Iterator[Any]:
    text = noise.with_name("notes.txt")
    text.write_text("plain")
    names = {"day 1/noise.mp4": noise, "day 1/b/square.mp4": square_clip, "day 1/notes.txt": text, ".x/a.mp4": noise}
    with object_store(monkeypatch, names) as server:
        yield server


def refusal(address: str) -> AnalysisError:
    with pytest.raises(AnalysisError) as caught:
        video.digest(addresses.absolute(address))
    assert caught.value.hint and SECRET not in f"{caught.value} {caught.value.hint}"
    return caught.value


def test_a_clip_there_is_the_same_clip_as_the_file(server, square_clip):
    address = f"{FOLDER}/b/square.mp4"
    digest = video.digest(address)
    there, here = video.probe(address, digest), video.probe(square_clip, video.digest(square_clip))
    assert digest == here.digest and there.path == address
    assert np.array_equal(there.times_s, here.times_s)
    assert not there.plays_in_browser and here.plays_in_browser, "a browser gets a copy, for it has no credentials"
    for ours, theirs in zip(video.read(there), video.read(here), strict=True):
        assert np.array_equal(ours.image, theirs.image)
    assert video.frame_at(there, 1.0).index == video.frame_at(here, 1.0).index == 25


def test_only_the_ranges_that_are_read_are_fetched(server, noise):
    size = noise.stat().st_size
    file = sources.RemoteFile(f"{FOLDER}/noise.mp4")
    assert file.read(1000) == noise.read_bytes()[:1000]
    file.seek(size - 1000)
    assert file.read() == noise.read_bytes()[-1000:] and file.read() == b""
    assert 1000 < file._file.cache.total_requested_bytes <= 3 * sources.BLOCK_BYTES < size
    file.close()


def test_a_folder_there_is_listed_with_those_below_and_nothing_but_video_files(server):
    expected = [f"{FOLDER}/b/square.mp4", f"{FOLDER}/noise.mp4"]
    assert clip_files.clips_at(FOLDER) == clip_files.clips_typed(f' "{FOLDER}/" ') == expected
    assert clip_files.clips_at(f"s3://{BUCKET}") == expected, "what begins with a dot is of the system"
    assert clip_files.clips_at(expected[0]) == expected[:1]
    with pytest.raises(VideoUnreadable, match=r"There is no s3://recordings/day 2"):
        clip_files.clips_at(f"s3://{BUCKET}/day 2")


@pytest.mark.parametrize(
    "address, words",
    [
        ("s3://elsewhere/clip.mp4", "There is no s3://elsewhere/clip.mp4"),
        (f"s3://{BUCKET}/clip.mp4", f"There is no s3://{BUCKET}/clip.mp4"),
        (FOLDER, "is a folder"),
        (f"{FOLDER}/notes.txt", "plain text, not a video"),
    ],
)
def test_what_is_no_clip_there_is_told(server, address, words):
    assert words in str(refusal(address))


def test_without_credentials_it_is_told_where_they_are_looked_for(server, monkeypatch, tmp_path):
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    s3fs.S3FileSystem.clear_instance_cache()
    error = refusal(f"{FOLDER}/noise.mp4")
    assert "no credentials" in str(error) and "~/.aws/credentials" in error.hint


def test_a_connection_that_is_lost_is_told_and_never_taken_for_the_end(server, noise):
    address = f"{FOLDER}/noise.mp4"
    info = video.probe(address, video.digest(address))
    frames = video.read(info)
    assert next(frames).index == 0
    server.stop()
    with pytest.raises(VideoUnreadable, match="the connection was lost") as caught:
        assert len(list(frames)) < info.frame_count - 1
    assert "try again" in caught.value.hint
    assert "cannot be reached" in str(refusal(address))


def test_without_the_package_it_is_told_which_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    error = refusal("s3://bucket/clip.mp4")
    assert "s3fs, which is not installed" in str(error) and "pip install s3fs" in error.hint


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "gs", "gopher", "S4"])
def test_other_schemes_are_refused_with_the_reason(scheme):
    error = refusal(f"{scheme}://host/clip.mp4")
    assert f"begin with {scheme.lower()}://" in str(error) and "s3://" in error.hint


@pytest.mark.parametrize(
    "address",
    [
        f"s3://someone:{SECRET}@bucket/clip.mp4",
        f"s3://bucket/clip.mp4?X-Amz-Credential=someone&X-Amz-Signature={SECRET}",
        f"S3://bucket/clip.mp4?AWSAccessKeyId=someone&Signature={SECRET}",
    ],
)
def test_an_address_with_a_key_in_it_is_refused_and_not_repeated(address):
    assert "contains a key" in str(refusal(address))


def test_a_file_address_is_its_path(tmp_path):
    assert addresses.absolute((tmp_path / "a b.mp4").as_uri()) == str(tmp_path / "a b.mp4")
    assert addresses.absolute("file://localhost/data/a.mp4") == str(Path("/data/a.mp4"))
    with pytest.raises(VideoUnreadable, match="another machine"):
        addresses.absolute("file://server/data/a.mp4")
    with pytest.raises(VideoUnreadable, match="names no bucket"):
        addresses.absolute("s3:///clip.mp4")
