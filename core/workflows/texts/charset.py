"""Bytes to text, whatever they were written in.

A byte-order mark says it. Without one it is UTF-8 where it can be, UTF-16 where every other byte is 0, GB 18030 where
the bytes above 127 stand in pairs and are many, as in Chinese, else Windows-1252, which holds the letters of Latin-1.
"""

import codecs
import re

from core.base.errors import FormatInvalid

LARGEST_BYTES = 16 * 2**20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
TITLES = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "gb18030": "GB 18030", "cp1252": "Windows-1252"}
RUNS = re.compile(rb"[\x80-\xff]+")
LETTERS = re.compile(rb"[A-Za-z]")
PAIRED_SHARE = 0.9  # of the bytes above 127 that stand in runs of an even length, from which they may be Chinese
LEAST_SHARE = 0.15  # as many bytes above 127 as letters of the alphabet, below which they are accents of the latter
UNPRINTED = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], " ")


def decoded(name: str, content: bytes) -> tuple[str, str]:
    """The text of a file with \\n as line ends, and what it was written in where that had to be guessed."""
    if len(content) > LARGEST_BYTES:
        text = f"{name} has {len(content) / 2**20:.0f} MiB; at most {LARGEST_BYTES >> 20} MiB are allowed."
        raise FormatInvalid(text, "Check that this is the right file, or shorten it.")
    mark = next((coding for mark, coding in MARKS if content.startswith(mark)), "")
    for coding in [mark] if mark else _likely(content):
        try:
            text = content.decode(coding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n").translate(UNPRINTED), TITLES.get(coding, "")
    hint = "Choose subtitles (SRT, WebVTT, ASS) or a transcript with times, saved as UTF-8."
    raise FormatInvalid(f"{name} is not a readable text file.", hint)


def _likely(content: bytes) -> list[str]:
    """The codings to try, the likeliest first."""
    head = content[:4096]
    if len(content) % 2 == 0 and head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) < 0.05 * len(head):
            return ["utf-16-le" if odd > even else "utf-16-be"]
    return ["utf-8", "gb18030", "cp1252"] if _is_chinese(content[: 2**18]) else ["utf-8", "cp1252", "latin-1"]


def _is_chinese(content: bytes) -> bool:
    """Whether the bytes above 127 stand in pairs, and are many beside the letters of the alphabet."""
    lengths = [len(run) for run in RUNS.findall(content)]
    paired, letters = sum(length for length in lengths if length % 2 == 0), len(LETTERS.findall(content))
    return paired >= PAIRED_SHARE * sum(lengths) and sum(lengths) >= LEAST_SHARE * letters
