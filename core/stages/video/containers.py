"""The file, opened by what its bytes say it is, and its decoder, which goes on after damage.

Only the demuxers of file_signatures are ever asked, by name, and nothing inside a file may open another file or an
address. Errors of PyAV and of the system are told in words here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.logging
from av.error import ExitError, FFmpegError
from av.stream import Disposition

from core.base import addresses, object_store, settings
from core.base.errors import VideoUnreadable
from core.stages.video import file_signatures, sources
from core.stages.video.file_signatures import Content

MAX_PIXELS = 8192 * 4608  # 8K; a frame that claims more is refused before memory is taken for it
STALL_S = 10.0  # a file that gives no packet for so long is given up
MOST_THREADS = 8
AGAIN = "Copy or download it again. If it plays elsewhere, convert it to MP4 (H.264) and add that."

av.logging.set_level(None)


class Decoder:
    """One walk through the pictures of a stream, in the order of display, over damage where there is any.

    After damage nothing is believed until the next key frame: what a decoder makes up in between looks like a picture
    and is none. packets, errors, corrupt: what was met so far; damage_at: pictures given before the first error.
    """

    def __init__(self, container: Any, stream: Any):
        self._container, self._stream = container, stream
        self._stands_alone = stream.codec_context.codec.intra_only
        self.packets = self.errors = self.corrupt = self.damage_at = self._given = 0
        self._lost = False  # between damage and the next key frame
        self._floor: int | None = None  # pictures before it refer to what was lost

    def __iter__(self) -> Iterator[Any]:
        for packet in self._packets():
            if packet is not None:
                if not packet.size:
                    continue  # an AVI's way to say "the same picture again"
                self.packets += 1
                if self._lost and not packet.is_keyframe:
                    continue
                if self._lost:
                    self._lost, self._floor = False, packet.pts
            elif self._lost:
                return
            yield from self._decoded(packet)

    def _packets(self) -> Iterator[Any]:
        """All packets, then None to drain the decoder. Reading goes on after an error a few times, then ends."""
        for _ in range(20):
            try:
                yield from self._container.demux(self._stream)
                break
            except (ExitError, MemoryError):
                raise
            except (FFmpegError, IndexError):  # the latter where the streams change under PyAV's feet
                self._damage()
        yield None

    def _decoded(self, packet: Any) -> Iterator[Any]:
        try:
            pictures = self._stream.codec_context.decode(packet)
        except EOFError:
            return
        except MemoryError:
            raise
        except FFmpegError:
            self._damage()
            return
        for picture in pictures:
            if self._floor is not None and picture.pts is not None and picture.pts < self._floor:
                continue
            self.corrupt += picture.is_corrupt
            if picture.is_corrupt and self._stands_alone:
                self._damage(lost=False)
                continue
            self._given += 1
            yield picture

    def _damage(self, lost: bool = True) -> None:
        if not self.errors:
            self.damage_at = self._given
        self.errors += 1
        self._lost = lost
        if lost:
            self._stream.codec_context.flush_buffers()


def threads() -> int:
    """How many threads decode or encode a clip."""
    return min(MOST_THREADS, settings.current().threads)


@contextmanager
def opened(path: str, content: Content, *, careful: bool) -> Iterator[tuple[Any, Any]]:
    """The container and its first stream of moving pictures, ready to decode. All errors of PyAV end here."""
    with explained(path), container_of(path, content.demuxer) as container:
        streams = pictures_of(container)
        if not streams:
            raise _no_picture(path, container)
        stream = streams[0]
        context = stream.codec_context
        if context is None:
            raise VideoUnreadable(f"{Path(path).name} uses a codec that cannot be decoded here.", AGAIN)
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_type = "NONE" if careful else "AUTO"
        context.thread_count = 1 if careful else threads()
        yield container, stream


def container_of(path: str, demuxer: str) -> Any:
    """The file, opened by the demuxer that its content asks for; nothing in it can open another file or address."""
    remote = addresses.is_address(path)
    return av.open(
        sources.open_plain(path) if remote else "file:" + str(Path(path).absolute()),
        format=demuxer,
        metadata_errors="ignore",
        timeout=(STALL_S, STALL_S),
        options={
            "format_whitelist": ",".join(file_signatures.CONTAINERS),
            "protocol_whitelist": "file",
            "max_streams": "64",
            "max_pixels": str(MAX_PIXELS),
        },
    )


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Errors of PyAV and of the system, told in words."""
    name = Path(path).name
    try:
        yield
    except MemoryError:
        what = "declares more data than memory can hold: its index is damaged"
        raise VideoUnreadable(f"{name} {what}.", AGAIN) from None
    except ExitError:
        raise VideoUnreadable(f"No data could be read from {name} for {STALL_S:.0f} s.", AGAIN) from None
    except (FFmpegError, OverflowError, UnicodeError) as error:
        raise VideoUnreadable(f"{name} cannot be read as a video: {sources.reason(error)}.", AGAIN) from error
    except OSError as error:
        hint = object_store.CONNECTION if addresses.is_address(path) else "Check the disk."
        raise VideoUnreadable(f"{name} cannot be read: {sources.reason(error)}.", hint) from error


def pictures_of(container: Any) -> list[Any]:
    """The video streams that move: covers and thumbnails are left out."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & still]


def _no_picture(path: str, container: Any) -> VideoUnreadable:
    if container.streams.video:
        what = "is audio with a cover picture, not a video"
    elif container.streams.audio:
        what = "contains only audio"
    else:
        what = "contains no video"
    return VideoUnreadable(f"{Path(path).name} {what}.", file_signatures.CHOOSE)


def codec_name(stream: Any) -> str:
    """The short name of what the pictures are coded in."""
    name = stream.codec_context.name
    return "av1" if name == "libdav1d" else name
