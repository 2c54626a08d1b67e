"""Metadata out of the paths of clips by a pattern such as `{group}/{subject}_{day}.mp4`.

A name in braces is a column, which takes one or more characters; `*` takes any, also none; everything else stands for
itself. Neither goes beyond a folder. A column ends where what follows it in the pattern first comes. Folders in the
pattern are the last ones of the path. Where the file name of the pattern has no dot, suffixes of files do not count.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.base.errors import FormatInvalid

ANYTHING = "*"
PIECE = re.compile(r"\{([^{}]*)\}|(\*+)|([^{}*]+)|([{}])")
EXAMPLE = "Write it like {subject}_{day}.mp4, with a column name in each pair of braces."


@dataclass(frozen=True)
class Gap:
    """What a pattern leaves open. column: whose cell it is; "" for none, and then it may be empty."""

    column: str = ""


PatternPart = tuple[str | Gap, ...]  # of the name of a file or a folder: texts and gaps, in turn


@dataclass(frozen=True)
class FileNamePattern:
    """A pattern that was read. parts: of folders, then that of the file, each of which must fit."""

    parts: tuple[PatternPart, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it fills, from left to right."""
        return tuple(piece.column for part in self.parts for piece in part if isinstance(piece, Gap) and piece.column)

    def cells(self, path: str) -> dict[str, str]:
        """What the path says of each column; nothing where the pattern does not fit."""
        return self._read(path, _leftmost)

    def is_ambiguous(self, path: str) -> bool:
        """Whether the path fits in another way too, with other cells. Patterns with `*` are taken as they come."""
        if any(piece == Gap() for part in self.parts for piece in part):
            return False
        return self.cells(path) != self._read(path, _rightmost)

    def _read(self, path: str, read) -> dict[str, str]:
        names = path.replace("\\", "/").split("/")[-len(self.parts) :]
        if len(names) < len(self.parts):
            return {}
        if not any("." in piece for piece in self.parts[-1] if isinstance(piece, str)):
            names[-1] = _without_suffix(names[-1])
        cells: dict[str, str] = {}
        for part, name in zip(self.parts, names, strict=True):
            texts = read(part, name)
            if texts is None:
                return {}
            cells.update({gap.column: text for gap, text in texts if gap.column})
        return cells


def pattern_of(text: str) -> FileNamePattern:
    """The pattern that a text is; FormatInvalid says what is wrong with it."""
    text = text.strip().replace("\\", "/").lstrip("/")
    pattern = FileNamePattern(tuple(_part(name, text) for name in text.split("/")))
    columns = [column.casefold() for column in pattern.columns]
    if not columns:
        raise FormatInvalid("The pattern has no column.", EXAMPLE)
    if twice := next((column for column in pattern.columns if columns.count(column.casefold()) > 1), ""):
        raise FormatInvalid(f"The column {twice!r} occurs more than once in the pattern.", "Use another name.")
    return pattern


def _part(name: str, whole: str) -> PatternPart:
    """The pieces of one name of a pattern."""
    pieces: list[str | Gap] = []
    for column, anything, literal, brace in (match.groups() for match in PIECE.finditer(name)):
        if brace:
            raise FormatInvalid(f"The pattern {whole[:80]!r} has a brace without its counterpart.", EXAMPLE)
        piece = literal or (Gap() if anything else Gap(" ".join(column.split())))
        if isinstance(piece, Gap) and not anything and not piece.column:
            raise FormatInvalid(f"The pattern {whole[:80]!r} has braces without a column name.", EXAMPLE)
        if isinstance(piece, Gap) and pieces and isinstance(pieces[-1], Gap):
            hint = "Put the text between them that separates them in the file names, such as _ or -."
            raise FormatInvalid("Nothing separates two columns, or a column and *, in the pattern.", hint)
        pieces.append(piece)
    if not pieces:
        raise FormatInvalid(f"The pattern {whole[:80]!r} has an empty folder or file name.", EXAMPLE)
    return tuple(pieces)


def _without_suffix(name: str) -> str:
    front, dot, _ = name.rpartition(".")
    return front if dot and front else name


Read = list[tuple[Gap, str]] | None


def _leftmost(part: PatternPart, name: str) -> Read:
    """The texts of the gaps, each as short as can be, from left to right; None where the part does not fit.

    To take the first place of each text leaves most for the others: nothing needs to be tried twice.
    """
    texts: list[tuple[Gap, str]] = []
    at, gap = 0, None
    for number, piece in enumerate(part):
        if isinstance(piece, Gap):
            gap = piece
            continue
        first = at + (1 if gap and gap.column else 0)
        last = number == len(part) - 1
        start = len(name) - len(piece) if last and gap else name.find(piece, first) if gap else at
        if start < first or not name.startswith(piece, start):
            return None
        if gap:
            texts.append((gap, name[at:start]))
        at, gap = start + len(piece), None
    if gap:
        if gap.column and at >= len(name):
            return None
        texts.append((gap, name[at:]))
        at = len(name)
    return texts if at == len(name) else None


def _rightmost(part: PatternPart, name: str) -> Read:
    """The same with each gap as short as can be from right to left."""
    turned = tuple(piece[::-1] if isinstance(piece, str) else piece for piece in reversed(part))
    texts = _leftmost(turned, name[::-1])
    return None if texts is None else [(gap, text[::-1]) for gap, text in reversed(texts)]


# Many clips -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PatternFit:
    """What a pattern says of paths. cells: of each, empty where it does not fit; ambiguous: those that fit otherwise
    too."""

    columns: tuple[str, ...]
    cells: tuple[dict[str, str], ...]
    ambiguous: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many paths the pattern fits."""
        return sum(map(bool, self.cells))


def fit(text: str, paths: Sequence[str]) -> PatternFit:
    """What a pattern says of each path; FormatInvalid where it is none."""
    pattern = pattern_of(text)
    cells = tuple(map(pattern.cells, paths))
    ambiguous = tuple(path for path, own in zip(paths, cells, strict=True) if own and pattern.is_ambiguous(path))
    return PatternFit(pattern.columns, cells, ambiguous)
