"""What a file is, told from its first bytes alone: a video container, or why it is none.

The name plays no part. Only what stands in CONTAINERS is ever handed to a decoder, under the demuxer named here.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.base.errors import VideoUnreadable
from core.stages.video import sources
from core.stages.video.sources import open_plain

HEAD_BYTES = 16 * 1024
CONTAINERS = ("mov", "matroska", "avi", "asf", "mpegts", "mpeg", "flv", "ogg", "dv", "mxf", "gif")
CHOOSE = "Choose a video file, for example MP4, MOV, MKV, WebM, AVI, WMV, MPEG or GIF."
CONVERT = "Convert it to MP4 (H.264) and add that."

_MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid", b"styp", b"moof", b"sidx"}
_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"}
_STARTS = {
    b"\x1a\x45\xdf\xa3": "matroska",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
    b"\x00\x00\x01\xba": "mpeg",
    b"FLV\x01": "flv",
    b"OggS": "ogg",
    b"\x1f\x07\x00\x3f": "dv",
    b"\x1f\x07\x00\xbf": "dv",
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02": "mxf",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}
_REFUSED = {
    b"\x89PNG": ("a still image (PNG)", CHOOSE),
    b"\xff\xd8\xff": ("a still image (JPEG)", CHOOSE),
    b"BM": ("a still image (BMP)", CHOOSE),
    b"II*\x00": ("a still image (TIFF)", CHOOSE),
    b"MM\x00*": ("a still image (TIFF)", CHOOSE),
    b"8BPS": ("a still image (Photoshop)", CHOOSE),
    b"\x00\x00\x00\x0cjP  ": ("a still image (JPEG 2000)", CHOOSE),
    b"fLaC": ("an audio file (FLAC)", CHOOSE),
    b"FORM": ("an audio file (AIFF)", CHOOSE),
    b"#!AMR": ("an audio file (AMR)", CHOOSE),
    b"\xff\xfb": ("an audio file (MP3)", CHOOSE),
    b"\xff\xf3": ("an audio file (MP3)", CHOOSE),
    b"PK\x03\x04": ("an archive (ZIP)", "Unpack it and choose the video inside."),
    b"7z\xbc\xaf\x27\x1c": ("an archive (7z)", "Unpack it and choose the video inside."),
    b"Rar!": ("an archive (RAR)", "Unpack it and choose the video inside."),
    b"\x1f\x8b": ("an archive (gzip)", "Unpack it and choose the video inside."),
    b"%PDF": ("a document (PDF)", CHOOSE),
    b"#EXTM3U": ("a playlist, which only refers to other files", "Choose the video that it refers to."),
    b"ffconcat": ("a playlist, which only refers to other files", "Choose the video that it refers to."),
    b"version https://git-lfs": (
        "a Git LFS pointer: a note that stands in for the video",
        "Fetch the video itself with `git lfs pull`, then choose it again.",
    ),
}


@dataclass(frozen=True)
class Content:
    """A file let in: demuxer is one of CONTAINERS; modified_ns and size_bytes are as it was looked at."""

    demuxer: str
    size_bytes: int
    modified_ns: int


def content_of(path: str) -> Content:
    """What the file is, if it is a video container; VideoUnreadable with the reason and the next step if not."""
    name = Path(path).name
    status = sources.status_of(path)
    with open_plain(path) as file:
        head = _head(file, name)
        demuxer = _container(head)
        if not demuxer:
            what, hint = _refusal(head)
            raise VideoUnreadable(f"{name} is {what}.", hint)
        if demuxer == "mov":
            _check_index(file, status.size_bytes, name)
    return Content(demuxer, status.size_bytes, status.modified_ns)


def unsteady(path: str, content: Content) -> bool:
    """Whether the file has changed since it was looked at."""
    try:
        status = sources.status_of(path)
    except VideoUnreadable:
        return True
    return (status.size_bytes, status.modified_ns) != (content.size_bytes, content.modified_ns)


def oversized_track(path: str, limit_px: int) -> tuple[int, int] | None:
    """The size that an MP4 or MOV claims for a track where a side of it is beyond `limit_px`, else None.

    Source: ISO/IEC 14496-12, 8.3.2 (width and height close the track header box, as 16.16 fixed point).
    """
    with open_plain(path) as file:
        for match in re.finditer(b"tkhd", _index(file)):
            start, box = match.end(), match.string
            end = start + (92 if box[start : start + 1] == b"\x01" else 80) + 4
            width, height = (int.from_bytes(box[end - back : end - back + 2], "big") for back in (8, 4))
            if max(width, height) > limit_px:
                return width, height
    return None


def encrypted(path: str) -> bool:
    """Whether an MP4 or MOV declares a protected picture (ISO/IEC 23001-7: sample entry `encv`)."""
    with open_plain(path) as file:
        return b"encv" in _index(file)


def _head(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(HEAD_BYTES)
    except OSError as error:
        raise VideoUnreadable(f"{name} cannot be read: {error.strerror}.", "Check the disk that it is on.") from error


def _container(head: bytes) -> str:
    """The demuxer for a file that begins like this, or nothing."""
    for start, demuxer in _STARTS.items():
        if head.startswith(start):
            return demuxer
    if head[4:8] in _MOV_BOXES and not (head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS):
        return "mov"
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"):
        return "avi"
    return "mpegts" if _transport_stream(head) else ""


def _transport_stream(head: bytes) -> bool:
    """Whether 0x47 stands at the start of each packet of 188, 192 or 204 bytes, at least five of them."""
    for length in (188, 192, 204):
        for first in range(min(length, len(head))):
            marks = head[first::length][:10]
            if len(marks) >= 5 and marks == b"G" * len(marks):
                return True
    return False


def _refusal(head: bytes) -> tuple[str, str]:
    """What a file that is no video is, and what to do now."""
    if not head:
        return "empty (0 bytes)", "Copy or download it again."
    if head.startswith(b"ID3"):
        cover = " with a cover picture" if b"APIC" in head else ""
        return f"an audio file (MP3){cover}", CHOOSE
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ("an animated WebP image", CONVERT) if b"ANIM" in head[:64] else ("a still image (WebP)", CHOOSE)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "an audio file (WAV)", CHOOSE
    if head[4:8] == b"ftyp":
        return "a still image (HEIC or AVIF)", CHOOSE
    for start, reason in _REFUSED.items():
        if head.startswith(start):
            return reason
    return _refused_text(head)


def _refused_text(head: bytes) -> tuple[str, str]:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page, not a video", "Open its address in a browser and save the video itself."
    if b"<svg" in start:
        return "a drawing (SVG)", CHOOSE
    if b"<mpd" in start or b"#extm3u" in start:
        return "a playlist, which only refers to other files", "Choose the video that it refers to."
    if not head.strip(b"\x00"):
        return "not a video: it starts with zeros only", "Copy or download it again."
    if re.fullmatch(rb"[\t\r\n\f\x1b\x20-\x7e\x80-\xff]*", head) and _is_text(head):
        return "plain text, not a video", CHOOSE
    return "not a video of a kind that can be read here", CHOOSE + " If it is a video, convert it to MP4 (H.264)."


def _is_text(head: bytes) -> bool:
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _boxes(file: BinaryIO, size: int):
    """The outer boxes of an MP4 or MOV as (name, where, length), as far as they can be followed."""
    where = 0
    for _ in range(100_000):
        file.seek(where)
        head = file.read(16)
        if len(head) < 8:
            return
        length = int.from_bytes(head[:4], "big")
        length = int.from_bytes(head[8:16], "big") if length == 1 else length or size - where
        if length < 8:
            return
        yield head[4:8], where, length
        where += length
        if where > size:
            return


def _check_index(file: BinaryIO, size: int, name: str) -> None:
    """An MP4 or MOV without its index cannot be played: most often it was cut off while it was written or copied."""
    names = {box for box, _, _ in _boxes(file, size)}
    if not names & {b"moov", b"moof"}:
        what = "has no index (moov): it was cut off before its end, or never finished"
        raise VideoUnreadable(f"{name} {what}.", "Copy or download it again, or recover it with a repair tool.")


def _index(file: BinaryIO) -> bytes:
    """The bytes of the index (moov), at most 16 MiB of them; empty where there is none."""
    size = file.seek(0, os.SEEK_END)
    for box, where, length in _boxes(file, size):
        if box == b"moov":
            file.seek(where)
            return file.read(min(length, 2**24))
    return b""
