"""A trained text branch as one file: a zip of plain arrays, as NumPy writes them, and its words as JSON among them.

Such a file may come from a stranger. It is read without `numpy.load`: what it holds, how large that is and of which
type is compared with what must be there before anything is made of it, and nothing in it is evaluated.
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Callable
from hashlib import sha256 as hashed
from pathlib import Path
from typing import Any

import numpy as np

from core.base import zip_files
from core.base.errors import FormatInvalid, WeightsMissing
from core.stages.networks.text_branch.model import MOST_KNOWN, TextBranch, build, tokenise

LARGEST_BYTES = 2**24  # of the file, and of all that is packed in it
HEADER = "told"
ARRAYS = ("embedding", "kernel", "recurrent_kernel", "bias", "scores_kernel", "scores_bias")  # in the model's order
WIDEST, LONGEST_S, MOST_NEAR, HEAVIEST = 512, 60.0, 512, 100.0
HEAD = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<kind><f4|\|u1)', 'fortran_order': False, "
    rb"'shape': \((?P<shape>\d{1,8},|\d{1,8}, \d{1,8})\), \} *\n",
    re.DOTALL,
)
AGAIN = "Train the model again, or download it again."
Numbers = dict[str, np.ndarray]


def save(branch: TextBranch, path: Path) -> str:
    """Write a text branch, whole or not at all; gives the file's SHA-256 in hex."""
    entries = {
        "near_s": branch.near_s,
        "most_words": branch.most_words,
        "weights": list(branch.weights),
        "vocabulary": list(branch.vocabulary),
    }
    text = np.frombuffer(json.dumps(entries, ensure_ascii=False).encode(), np.uint8)
    numbers = zip(ARRAYS, branch.model.get_weights(), strict=True)
    packed = io.BytesIO()
    np.savez_compressed(
        packed, allow_pickle=False, **{HEADER: text}, **{name: item.astype("<f4") for name, item in numbers}
    )
    partial = path.with_name(f".{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.write_bytes(packed.getvalue())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return hashed(packed.getvalue()).hexdigest()


def load(path: Path, sha256: str, labels: int) -> TextBranch:
    """The text branch in the file, which must be the very file that its card names, for so many labels."""
    entries, numbers = _parts(path, sha256, labels)
    known, width = numbers["embedding"].shape
    model = build(known - 2, labels, most_words=entries["most_words"], width=width)
    model.set_weights([numbers[name] for name in ARRAYS])
    first, second = entries["weights"]
    return TextBranch(tuple(entries["vocabulary"]), model, entries["near_s"], entries["most_words"], (first, second))


def check(path: Path, sha256: str, labels: int) -> None:
    """Refuse a file that `load` would refuse, without making a network."""
    _parts(path, sha256, labels)


def _parts(path: Path, sha256: str, labels: int) -> tuple[dict[str, Any], Numbers]:
    """What a file tells, and its numbers, all checked."""
    content = _content(path, sha256)
    try:
        arrays = _unpacked(content)
        header = json.loads(arrays.pop(HEADER).tobytes().decode())
        _check_told(header)
        _check_numbers(arrays, len(header["vocabulary"]), labels)
    except zipfile.BadZipFile as error:
        raise FormatInvalid(f"{path} is not a text branch file: {error}.", AGAIN) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FormatInvalid(f"{path}: {error}.", AGAIN) from error
    return header, arrays


def _content(path: Path, sha256: str) -> bytes:
    """The bytes of a file, after it was shown to be the one that was named."""
    if not path.is_file():
        raise WeightsMissing(f"The text branch file {path} is missing.", "Restore the complete folder of the model.")
    if path.stat().st_size > LARGEST_BYTES:
        raise FormatInvalid(f"{path}: expected at most {LARGEST_BYTES} bytes, got {path.stat().st_size}.", AGAIN)
    content = path.read_bytes()
    if (got := hashed(content).hexdigest()) != sha256:
        raise FormatInvalid(
            f"{path}: expected SHA-256 {sha256 or '(none)'}, got {got}.",
            "The file changed after its card was written. Restore the original, or train the model again.",
        )
    return content


def _unpacked(content: bytes) -> Numbers:
    """The arrays in a zip; ValueError where there are others than there must be, or they are too large."""
    with zip_files.opened(content) as archive:
        members = {member.filename: member for member in archive.infolist()}
        expected = {f"{name}.npy": name for name in (HEADER, *ARRAYS)}
        if set(members) != set(expected) or len(archive.infolist()) != len(expected):
            raise ValueError(f"expected {', '.join(expected)}, got {', '.join(members) or 'nothing'}"[:300])
        if (whole := sum(member.file_size for member in members.values())) > LARGEST_BYTES:
            raise ValueError(f"expected at most {LARGEST_BYTES} bytes in it, got {whole}")
        return {name: _array(zip_files.content(archive, members[member]), member) for member, name in expected.items()}


def _array(raw: bytes, name: str) -> np.ndarray:
    """An array of numbers as NumPy writes it, whose size is what its head says."""
    head = HEAD.match(raw)
    expected = "|u1" if name == f"{HEADER}.npy" else "<f4"
    if head is None or head["kind"].decode() != expected:
        raise ValueError(f"{name}: expected the head of an array of {expected}, got {raw[:60]!a}")
    shape, kind = tuple(int(item) for item in re.findall(rb"\d+", head["shape"])), np.dtype(expected)
    if math.prod(shape) * kind.itemsize != len(raw) - head.end():
        raise ValueError(f"{name}: expected {shape} of {expected}, got {len(raw) - head.end()} bytes")
    return np.frombuffer(raw, kind, offset=head.end()).reshape(shape)


def _check_told(header: Any) -> None:
    rules: dict[str, Callable[[Any], bool]] = {
        "near_s": lambda got: _is_number(got, LONGEST_S) and got > 0,
        "most_words": lambda got: isinstance(got, int) and _is_number(got, MOST_NEAR) and got > 0,
        "weights": lambda got: isinstance(got, list) and len(got) == 2 and all(_is_number(x, HEAVIEST) for x in got),
        "vocabulary": _is_vocabulary,
    }
    if not isinstance(header, dict) or set(header) != set(rules):
        raise ValueError(f"expected {', '.join(rules)} in what it tells")
    for name, fits in rules.items():
        if not fits(header[name]):
            raise ValueError(f"{name} is invalid: {str(header[name])[:80]}")


def _is_number(got: Any, most: float) -> bool:
    return isinstance(got, int | float) and not isinstance(got, bool) and 0 <= got <= most


def _is_vocabulary(got: Any) -> bool:
    """Whether it is a list of different words, each one that could be found in a text."""
    if not isinstance(got, list) or len(got) > MOST_KNOWN or not all(isinstance(word, str) for word in got):
        return False
    return len(set(got)) == len(got) and all(tokenise(word) == [word] for word in got)


def _check_numbers(numbers: Numbers, known: int, labels: int) -> None:
    width = numbers["embedding"].shape[-1] if numbers["embedding"].ndim else 0
    if not 1 <= width <= WIDEST:
        raise ValueError(f"expected 1 to {WIDEST} numbers a word, got {width}")
    wide = 4 * width
    shapes = ((known + 2, width), (width, wide), (width, wide), (wide,), (width, labels), (labels,))
    for name, shape in zip(ARRAYS, shapes, strict=True):
        if numbers[name].shape != shape:
            raise ValueError(f"expected {name} of {shape}, got {numbers[name].shape}")
        if not np.isfinite(numbers[name]).all():
            raise ValueError(f"expected finite numbers in {name}")
