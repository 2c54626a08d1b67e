"""Reading label files to score: MS-TCN, one label a line, a file or a folder of them.

A line is a frame, counted from 0. Result files of yabufarha/ms-tcn are read too: a header line, then all labels on one
line. Text is UTF-8, line ends are those of Unix or Windows, a last newline is optional.
"""

from pathlib import Path

import numpy as np

from core.base.errors import FormatInvalid, ScoringRefused
from core.base.registry import unknown
from core.domain import Comparison
from core.stages.formats import mstcn
from core.stages.formats.common.reader import BACKGROUND
from core.stages.metrics.comparison import of_rows

LARGEST_BYTES = 256 * 2**20


def read_mstcn(path: Path) -> tuple[str, ...]:
    """The labels of one file."""
    return mstcn.labels_in(_text(path), str(path))


def compare_mstcn(truth: Path, prediction: Path, *, background: str | None = None) -> Comparison:
    """Two label files, or two folders in which files of one name belong together.

    background: the label whose segments do not count; "" where all do; None: `background` if a file has that label.
    Labels are told in alphabetical order after the background.
    """
    pairs = _pairs(truth, prediction)
    rows = [(read_mstcn(path), read_mstcn(other)) for _, path, other in pairs]
    known = sorted({label for both in rows for row in both for label in row})
    empty = _background(background, known)
    labels = [empty, *(label for label in known if label != empty)] if empty else known
    numbers = {label: at for at, label in enumerate(labels)}
    for (name, _, _), (texts, other) in zip(pairs, rows, strict=True):
        if len(texts) != len(other):
            raise ScoringRefused(
                f"{name}: truth has {len(texts)} frames, the prediction {len(other)}; they are the same up to frame "
                f"{min(len(texts), len(other)) - 1} at most.",
                "Both must be made for the same frames of the same clip: do not trim or pad either of them.",
            )
    sides = zip(*rows, strict=True)
    true, arrays = ([np.array([numbers[label] for label in row], np.int64) for row in side] for side in sides)
    return of_rows(labels, true, arrays, names=[name for name, _, _ in pairs], background=0 if empty else -1)


def _background(text: str | None, known: list[str]) -> str:
    if text is None:
        return BACKGROUND if BACKGROUND in known else ""
    if text and text not in known:
        raise unknown("label", text, dict.fromkeys(known))
    return text


def _pairs(truth: Path, prediction: Path) -> list[tuple[str, Path, Path]]:
    """Name, truth and prediction of each video."""
    for path in (truth, prediction):
        if not path.exists():
            raise FormatInvalid(f"There is no file or folder {path}.", "Check the path.")
    if truth.is_dir() != prediction.is_dir():
        raise ScoringRefused("One of the two is a folder, the other a file.", "Give two files, or two folders.")
    if not truth.is_dir():
        return [(truth.stem, truth, prediction)]
    true, paths = ({path.stem: path for path in _files(folder)} for folder in (truth, prediction))
    if not true:
        raise FormatInvalid(f"{truth} holds no files.", "Give a folder with one label file per video.")
    if missing := sorted(set(true) - set(paths)):
        raise ScoringRefused(
            f"{len(missing)} of {len(true)} videos have no prediction, first {missing[0]!r}.",
            "Predict each video, under the same file name.",
        )
    return [(name, true[name], paths[name]) for name in sorted(true)]


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FormatInvalid(f"{path} is larger than {LARGEST_BYTES >> 20} MiB.", "Give a text file of labels.")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatInvalid(
            f"{path} cannot be read: {error}", "Give a UTF-8 text file with one label per line."
        ) from error
