"""A small picture of a moment that a search found."""

from pathlib import Path

from core.domain.fingerprint import fingerprint
from core.workflows import clips
from core.workspace.store import Store

WIDTH_PX = 320


def picture_key(digest: str, time_s: float) -> str:
    """The name of the picture of a moment."""
    return fingerprint("moment picture", 1, digest, round(time_s, 2), WIDTH_PX)


def make_picture(store: Store, digest: str, time_s: float) -> None:
    """Store the frame on screen at that moment as a small JPEG, unless it is there."""
    import cv2

    key = picture_key(digest, time_s)
    if store.has(key):
        return
    (frame,) = clips.moment(store, digest, time_s)
    height, width = frame.image.shape[:2]
    size = WIDTH_PX, max(1, round(WIDTH_PX * height / width))
    small = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])[1]

    def fill(path: Path) -> None:
        path.write_bytes(encoded.tobytes())

    store.write_file(key, fill, kind="moment picture", video=digest)
