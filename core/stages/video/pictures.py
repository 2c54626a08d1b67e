"""Decoded pictures as RGB, as displayed: turned, with square pixels and the right colours; and their checksums."""

import zlib
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation

from core.stages.video.containers import MAX_PIXELS

# ITU-T H.273, table 4
_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}


def image_of(picture: Any, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8 RGB of `size` (width, height), turned as the file asks."""
    turns = quarter_turns(picture)
    width, height = size if turns % 2 == 0 else size[::-1]
    matrix = _matrix(picture)
    shrinks = width * height < picture.width * picture.height
    image = picture.reformat(
        width,
        height,
        format="rgba" if has_alpha(picture.format.name) else "rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=None if int(picture.color_range) in (0, 1, 2) else "MPEG",
        interpolation=Interpolation.AREA if shrinks else Interpolation.BICUBIC,
        threads=1,
    ).to_ndarray()  # (H, W, 3 or 4)
    if image.shape[2] == 4:
        opaque = image[..., 3:].astype(np.uint16)  # (H, W, 1)
        image = ((image[..., :3] * opaque + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _matrix(picture: Any) -> str | None:
    """The colour matrix that the picture names; where it names none that is known, that which players assume.

    These are BT.709 for high definition, else BT.601. Pictures that are RGB already have none.
    """
    if picture.format.is_rgb:
        return None
    assumed = "ITU709" if picture.width >= 1280 or picture.height > 576 else "ITU601"
    return _MATRICES.get(int(picture.colorspace), assumed)


def quarter_turns(picture: Any) -> int:
    """Counter-clockwise quarter turns that the file asks for."""
    return round(picture.rotation / 90) % 4


def aspect_of(stream: Any) -> Fraction:
    """Width of a pixel over its height."""
    return Fraction(stream.sample_aspect_ratio or 1)


def sane(size: tuple[int, int], aspect: Fraction) -> bool:
    """Whether pixels of that shape can be meant."""
    if not Fraction(1, 10) <= aspect <= 10:
        return False
    return size[0] * size[1] * max(aspect, 1 / aspect) <= MAX_PIXELS


def displayed(size: tuple[int, int], aspect: Fraction, turns: int) -> tuple[int, int]:
    """Width and height with square pixels, after the turns. Pixels that are not square are stretched, not squeezed."""
    width, height = size
    if sane(size, aspect):
        width, height = max(width, round(width * aspect)), max(height, round(height / aspect))
    return (height, width) if turns % 2 else (width, height)


@cache
def has_alpha(pixels: str) -> bool:
    """Whether pictures of that pixel format can be transparent."""
    return any(component.is_alpha for component in av.VideoFormat(pixels, 16, 16).components)


def check_of(picture: Any) -> int:
    """A checksum of the picture as decoded: of the sums of its columns, eight bytes at a time, in each plane."""
    pixels, checksum = picture.format, 0
    deep = max(component.bits for component in pixels.components) > 8
    for plane in picture.planes:
        wide = pixels.padded_bits_per_pixel // 8 if len(picture.planes) == 1 else 1 + deep  # bytes for each pixel
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        used = rows[:, : min(plane.width * wide, plane.line_size) // 8 * 8]
        checksum = zlib.crc32(used.view(np.uint64).sum(axis=0).tobytes(), checksum)
    return checksum
