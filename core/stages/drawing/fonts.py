"""Text in pictures, in the letters that this machine has: the font that comes with Pillow, else one of the system."""

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

MISSING = "\uffff"  # no font has a letter for this
# Where systems keep fonts, and those of them that hold many scripts; the first that has all letters is taken.
FOLDERS = {
    "win32": ("C:/Windows/Fonts",),
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
}.get(sys.platform, ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"))
WANTED = (
    "dejavusans.ttf", "notosans-regular.ttf", "notosanscjk-regular.ttc", "notosansarabic-regular.ttf",
    "notosanshebrew-regular.ttf", "notosansdevanagari-regular.ttf", "notosansthai-regular.ttf", "arial.ttf",
    "arial unicode.ttf", "segoeui.ttf", "msyh.ttc", "msgothic.ttc", "malgun.ttf", "nirmala.ttf", "pingfang.ttc",
    "hiragino sans gb.ttc", "freesans.ttf", "liberationsans-regular.ttf", "wqy-zenhei.ttc", "droidsansfallbackfull.ttf",
)  # fmt: skip
SHAPED = ((0x0590, 0x08FF), (0x0900, 0x0DFF), (0x0E00, 0x109F), (0x1780, 0x17FF))  # letters that change by neighbours


class Lettering:
    """Lines of text of one size."""

    def __init__(self, size_px: int):
        self.size_px = size_px

    def has(self, text: str) -> bool:
        """Whether there is a font with all letters of a text, and what it takes to set them rightly."""
        return _font(text, self.size_px) is not None

    def mask(self, text: str, width_px: int) -> np.ndarray:
        """(h, w) uint8, how much ink there is at each place of a line of text; cut with an ellipsis to a width."""
        return _mask(text, self.size_px, width_px)


@lru_cache(maxsize=4096)
def _mask(text: str, size_px: int, width_px: int) -> np.ndarray:
    font = _font(text, size_px)
    if font is None or not text:
        return np.zeros((0, 0), np.uint8)
    shown = text
    while shown and font.getlength(shown) > width_px:
        shown = shown[:-2].rstrip("\u2026 ") + "\u2026" if len(shown) > 2 else ""
    ascent, descent = font.getmetrics()
    size = max(1, min(width_px, round(font.getlength(shown)) + 2)), ascent + descent
    picture = Image.new("L", size)
    ImageDraw.Draw(picture).text((0, 0), shown, 255, font)
    return np.asarray(picture)


@lru_cache(maxsize=4096)
def _font(text: str, size_px: int) -> Any:
    """The first font with all letters; None where there is none."""
    if any(low <= ord(letter) <= high for letter in text for low, high in SHAPED) and not features.check("raqm"):
        return None
    letters = frozenset(letter for letter in text if not letter.isspace())
    for font_path in ("", *_system_fonts()):
        font = _opened(font_path, size_px)
        if font is not None and not any(_lacks(font_path, letter) for letter in letters):
            return font
    return None


@lru_cache(maxsize=65536)
def _lacks(text: str, letter: str) -> bool:
    """Whether a font draws a letter as it draws what no font has."""
    font = _opened(text, 32)
    if not letter.isprintable():
        return True
    return bytes(font.getmask(letter)) == bytes(font.getmask(MISSING))


@lru_cache(maxsize=64)
def _opened(text: str, size_px: int) -> Any:
    """A font of a size: Pillow's own where no place is named; None for a file that is none."""
    try:
        return ImageFont.truetype(text, size_px) if text else ImageFont.load_default(size_px)
    except OSError:
        return None


@lru_cache(maxsize=1)
def _system_fonts() -> tuple[str, ...]:
    """The files of WANTED that this system has, in that order."""
    texts: dict[str, str] = {}
    for folder in (Path(folder).expanduser() for folder in FOLDERS):
        if folder.is_dir():
            for path in folder.rglob("*.tt[fc]"):
                texts.setdefault(path.name.lower(), str(path))
    return tuple(texts[name] for name in WANTED if name in texts)
