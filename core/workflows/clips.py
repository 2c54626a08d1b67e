"""Clips of the workspace: added, measured, given a thumbnail and a copy that browsers play."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np

from core.base import addresses
from core.base.errors import AnalysisError, Cancelled, ResultMissing, VideoUnreadable
from core.base.progress import Report, reported, silent
from core.domain import (
    Frame,
    VideoInfo,
)
from core.domain.fingerprint import fingerprint
from core.workspace.jobs.given_cluster import anywhere
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

BYTES_PER_FRAME = 4096  # of a file, about
USUAL_FRAMES = 1000  # of a clip of unknown size
MIN_SEGMENT_S = 0.5  # shorter stretches of one label go to a neighbour
THUMBNAIL_PX = 320
SUFFIXES = (  # of the files in a folder that are taken for clips
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".flv", ".mpg", ".mpeg"),
    *(".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".dv", ".mxf", ".vob", ".gif", ".webp"),
)
DULL = 24  # standard deviation of a picture's grey values below which it tells nothing
BRIEF_S = 60.0
SAMPLE_NAME = "sample clip.mp4"
DRAWING = "Drawing the sample clip"


@short()
def add_video(store: Store, path: str | Path, report: Report = silent, *, name: str = "") -> str:
    """Measure the clip at a path or an address and catalogue it with a thumbnail; gives its digest.

    A clip that is known already gets a further name, and the path where it lies now unless its file is still there.
    name: for people, by default that of the file.
    """
    info = _measured(store, path, report)
    try:
        known = store.entry(info.digest)
    except ResultMissing:
        store.save_video(info)
        known = store.entry(info.digest)
    else:
        store.note_name(info.digest, known.name, known.info.path)
        if addresses.is_address(known.info.path) or not Path(known.info.path).is_file():
            store.save_video(info)
    if known.info.path == info.path:  # an upload is called after its digest in the workspace
        name = name or known.name
    store.note_name(info.digest, name or Path(path).name, str(path))
    return info.digest


def sizes(paths: Sequence[str]) -> list[int]:
    """About how many frames the files at these paths have, for progress: nothing of them is known yet."""
    guesses = []
    for path in paths:
        with suppress(OSError):  # of an object elsewhere too, which nobody asks for its size just for this
            guesses.append(max(1, Path(path).stat().st_size // BYTES_PER_FRAME))
            continue
        guesses.append(USUAL_FRAMES if addresses.is_address(path) else 1)
    return guesses


def job_key(path: str) -> str:
    """The key of the job that adds the file at a path."""
    return f"add-{fingerprint('add', path)}"


def digests_added(store: Store, since: float) -> dict[str, str]:
    """The digests of the clips that were added since then, known ones too, by the keys of the jobs that added them."""
    return {job_key(path): digest for digest, _, path in store.names_noted(since)}


def measure_aside(store: Store, path: str | Path, report: Report = silent) -> VideoInfo:
    """The same, but the clip is not in the library before `take_in`; what was measured of it is kept till then."""
    info = _measured(store, path, report)
    store.write(_aside_key(info.digest), info, kind="measured", video=info.digest)
    return info


def measured_aside(store: Store, digest: str, name: str) -> VideoInfo | None:
    """A clip that was measured aside and is not in the library; ResultMissing where it is gone. name: for people."""
    with suppress(ResultMissing):
        if _is_there(store.video(digest).path):
            return None
    with suppress(ResultMissing):
        info = store.read(_aside_key(digest), VideoInfo)
        if Path(info.path).is_file():
            return info
    raise ResultMissing(f"{name} was moved or deleted after it was checked.", "Check the dataset again.")


def take_in(store: Store, info: VideoInfo, name: str) -> None:
    """Let a clip that was measured aside be one of the library; one that was unpacked here moves to the uploads."""
    store.save_video(replace(info, path=store.kept_import(info.path, info.digest, name)))
    store.delete(_aside_key(info.digest))


def _aside_key(digest: str) -> str:
    return fingerprint("measured", 1, digest)


def _measured(store: Store, path: str | Path, report: Report) -> VideoInfo:
    """What is known of the clip in a file; one that nothing is known of is measured and gets its thumbnail."""
    from core.stages import video

    path = addresses.absolute(str(path))
    digest = anywhere(video.digest, path, file=path, report=report)
    for known in (store.video, lambda known_digest: store.read(_aside_key(known_digest), VideoInfo)):
        with suppress(ResultMissing):
            info = known(digest)
            return replace(info, path=path, plays_in_browser=info.plays_in_browser and not addresses.is_address(path))
    info, thumbnail = anywhere(measure, path, digest, file=path, report=report)
    _write_thumbnail(store, digest, thumbnail)
    return info


def _is_there(path: str) -> bool:
    """Whether a clip still lies where it was; of an address that is believed, until it is read."""
    return addresses.is_address(path) or Path(path).is_file()


def measure(path: str, digest: str, report: Report = silent) -> tuple[VideoInfo, bytes]:
    """What can be measured of the clip in a file, and its thumbnail, a JPEG; nothing is stored."""
    from core.stages import video

    info = video.probe(path, digest, report)
    return info, _thumbnail(info)


@short()
def add_upload(store: Store, path: str | Path, name: str, report: Report = silent) -> str:
    """The same for a copy that `keep_upload` made of a file called `name`; one that is refused is not kept."""
    try:
        return add_video(store, path, report, name=name)
    except (AnalysisError, Cancelled) as ended:
        store.discard_upload(path)
        if isinstance(ended, VideoUnreadable):
            raise VideoUnreadable(
                str(ended).replace(str(path), name).replace(Path(path).name, name), ended.hint
            ) from ended
        raise


@short()
def add_sample(store: Store, report: Report = silent) -> str:
    """Render the sample clip, keep it in the workspace and catalogue it, unless it is there; gives its digest."""
    report(0, 0, DRAWING)  # before the libraries are imported and the backdrops drawn, which takes seconds
    from core.stages import video
    from core.stages.drawing import sample_clip

    for row in store.clip_rows():
        if row.uploaded and SAMPLE_NAME in row.names and Path(row.path).exists():
            store.take_back([row.digest])
            return row.digest
    with tempfile.TemporaryDirectory() as folder:
        rendered = Path(folder, SAMPLE_NAME)
        video.write(str(rendered), reported(sample_clip.sample_clip(), report, sample_clip.FRAMES, DRAWING))
        with open(rendered, "rb") as stream:
            kept = store.keep_upload(stream, SAMPLE_NAME)
    return add_video(store, kept, report, name=SAMPLE_NAME)


@short()
def delete_marked(store: Store, digests: Sequence[str], report: Report = silent) -> None:
    """Delete those of the clips that are still marked with `set_aside`, with all that was made of them."""
    marked = store.videos_set_aside()
    for done, digest in enumerate(digests):
        report(done, len(digests), "Deleting clips")
        if digest in marked:
            with suppress(ResultMissing):  # another session was first
                store.delete_video(digest)


def is_brief(store: Store, digest: str) -> bool:
    """Whether all frames of a clip can be gone through in a few seconds."""
    return store.video(digest).duration_s <= BRIEF_S


@short(when=is_brief)
def proxy(store: Store, digest: str, report: Report = silent) -> None:
    """Make the small H.264 copy of a clip that browsers play, unless it is there."""
    from core.stages import video

    info, path = store.video(digest), store.proxy_path(digest)
    if not path.exists():
        video.make_proxy(info, str(path), report)
        with suppress(ResultMissing):
            store.video(digest)
            return
        store.remove_pictures(digest)  # the clip was deleted meanwhile


def moment(store: Store, digest: str, time_s: float, before: int = 0, after: int = 0) -> list[Frame]:
    """The frame on screen at `time_s` with some frames before and after it."""
    from core.stages import video

    return video.around(store.video(digest), time_s, before=before, after=after)


def _thumbnail(info: VideoInfo) -> bytes:
    """A small JPEG of a moment that tells something: the first of a few that is not dull, else the best of them."""
    import cv2

    image = _telling_picture(info)
    height = max(1, round(THUMBNAIL_PX * image.shape[0] / image.shape[1]))
    small = cv2.resize(image, (THUMBNAIL_PX, height), interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return encoded.tobytes()


def _write_thumbnail(store: Store, digest: str, content: bytes) -> None:
    path = store.thumbnail_path(digest)
    partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _telling_picture(info: VideoInfo) -> np.ndarray:
    from core.stages import video

    best, most = None, -1.0
    for share in (0.33, 0.1, 0.5, 0.7, 0.9):
        image = video.frame_at(info, share * info.duration_s).image
        spread = float(image[::4, ::4].mean(axis=2).std())
        if spread > most:
            best, most = image, spread
        if spread >= DULL:
            break
    assert best is not None
    return best
