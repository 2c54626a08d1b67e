"""HDF5 files from outside, read with bounds: no link to another file, nothing larger than it may be.

Specifications in a file, which could describe types, are not looked at: names and shapes of what is read are ours.
As a program, it gives what `contents` makes of standard input as JSON.
"""

import json
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import h5py
import h5py.h5f
import h5py.h5o
import h5py.h5p
import numpy as np

from core.base.errors import FormatInvalid
from core.stages.formats.common.files import LARGEST_BYTES, LARGEST_TABLE_BYTES, refused, shown
from core.stages.formats.nwb.tables import BEHAVIOR, CATALOGUE, MEND, NUMBERS, TEXTS

MOST_OBJECTS = 100_000
MOST_ROWS = 1_000_000
MOST_ROWS_AT_ONCE = 4096
FAULTS = (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, MemoryError)


class Hdf5File:
    """An open file. name: for complaints; objects: all its groups and data sets, by path, but the specifications."""

    def __init__(self, name: str, size: int, root: h5py.File):
        self.name, self.root = name, root
        self.chunk_rows = max(1, min(MOST_ROWS_AT_ONCE, LARGEST_BYTES // max(1, size)))
        self.left = LARGEST_BYTES  # of text that may still be read
        self.paths: dict[int, str] = {}  # of objects, by where they lie in the file
        self.objects: dict[str, Any] = dict(self._walk())

    def _walk(self) -> Iterator[tuple[str, Any]]:
        """All that lies in the file itself, each once, however hard links run in circles."""
        waiting: list[tuple[str, h5py.Group]] = [("", self.root)]
        count = 0
        while waiting:
            path, group = waiting.pop()
            for name in group:
                count += 1
                where = f"{path}/{name}"
                if count > MOST_OBJECTS:
                    raise refused(self.name, 0, f"at most {MOST_OBJECTS} objects", "more", MEND)
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.SoftLink) or where == "/specifications":
                    continue
                if not isinstance(link, h5py.HardLink):
                    raise refused(self.name, where, "all data in the file itself", "a link to another file", MEND)
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
                if address in self.paths:
                    continue
                self.paths[address] = where
                yield where, item
                if isinstance(item, h5py.Group):
                    waiting.append((where, item))

    def attribute(self, item: Any, name: str) -> str:
        """The text of an attribute, "" where there is none."""
        if name not in item.attrs or item.attrs.get_id(name).get_storage_size() > LARGEST_BYTES:
            return ""
        value = item.attrs[name]
        return _text(value) if isinstance(value, (str, bytes)) else ""

    def linked(self, table: h5py.Group, name: str) -> str:
        """The path of the group that a link of a table leads to, in the same file; "" where there is none."""
        target = table.get(name)
        if not isinstance(target, h5py.Group):
            return ""
        return self.paths.get(h5py.h5o.get_info(target.id).addr, "")

    def has(self, table: h5py.Group, name: str) -> bool:
        """Whether a table has such a column."""
        return f"{table.name}/{name}" in self.objects

    def numbers(self, table: h5py.Group, name: str) -> np.ndarray:
        """(N,) float64: a column of numbers."""
        column = self._column(table, name)
        if column.dtype.kind not in "fiu":
            raise refused(self.name, str(column.name), "numbers", shown(str(column.dtype)), MEND)
        return np.asarray(column[()], np.float64)

    def texts(self, table: h5py.Group, name: str) -> list[str]:
        """A column of texts, read piece by piece, for any number of its rows can name one long text."""
        column = self._column(table, name)
        texts: list[str] = []
        for first in range(0, len(column), self.chunk_rows):
            rows = column[first : first + self.chunk_rows]
            texts += [self._bounded(column, value) for value in rows]
        return texts

    def text(self, path: str) -> str:
        """A single text, "" where there is none."""
        item = self.objects.get(path)
        if not isinstance(item, h5py.Dataset):
            return ""
        self._check(item)
        return self._bounded(item, item[()]) if item.shape == () else ""

    def _bounded(self, item: h5py.Dataset, value: Any) -> str:
        if not isinstance(value, (str, bytes)):
            raise refused(self.name, item.name or "/", "text", shown(type(value).__name__), MEND)
        self.left -= len(value)
        if self.left < 0:
            raise refused(self.name, item.name or "/", f"at most {LARGEST_BYTES >> 20} MiB of text", "more", MEND)
        return _text(value)

    def _column(self, table: h5py.Group, name: str) -> h5py.Dataset:
        """A column of a table, of bounded length."""
        path = f"{table.name}/{name}"
        column = self.objects.get(path)
        if not isinstance(column, h5py.Dataset):
            raise refused(self.name, path, "a column", "none", MEND)
        self._check(column)
        if column.ndim != 1 or len(column) > MOST_ROWS:
            raise refused(self.name, path, f"one column of at most {MOST_ROWS} rows", shown(column.shape), MEND)
        return column

    def _check(self, item: h5py.Dataset) -> None:
        """Refuse data out of other files, and pieces that unpack to more than may be read."""
        if item.external or item.is_virtual:
            raise refused(self.name, item.name or "/", "all data in the file itself", "data in another file", MEND)
        sizes = [int(np.prod(shape, dtype=np.float64)) for shape in (item.shape, item.chunks) if shape]
        if any(size * item.dtype.itemsize > LARGEST_BYTES for size in sizes):
            raise refused(self.name, item.name or "/", f"at most {LARGEST_BYTES >> 20} MiB", "more", MEND)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


@contextmanager
def opened(name: str, content: bytes) -> Generator[Hdf5File, None, None]:
    """The bytes of a file; FormatInvalid says what is wrong with it, whatever h5py makes of it."""
    if len(content) > LARGEST_TABLE_BYTES:
        raise refused(name, 0, f"at most {LARGEST_TABLE_BYTES >> 20} MiB", f"{len(content)} bytes")
    try:
        with _in_memory(content) as root:
            yield Hdf5File(name, len(content), root)
    except FAULTS as error:
        text = str(error).partition("\n")[0]
        raise refused(name, 0, "an undamaged HDF5 file", text or type(error).__name__, MEND) from error


def _in_memory(content: bytes) -> h5py.File:
    """A file of which nothing lies on a disk."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    access.set_file_image(content)
    return h5py.File(h5py.h5f.open(b"labels", h5py.h5f.ACC_RDONLY, access))


# What is of use -------------------------------------------------------------------------------------------------------

KINDS = ("EthogramBouts", "EventsTable", "ImageSeries")
SINGLE = ("/general/notes", "/general/subject/subject_id", "/session_start_time")
INTERVALS = "observation_intervals"


def contents(name: str, content: bytes) -> dict[str, Any]:
    """The tables and texts of a file that labels are made of, as plain JSON."""
    with opened(name, content) as file:
        groups = {path: item for path, item in file.objects.items() if isinstance(item, h5py.Group)}
        kinds = {path: file.attribute(item, "neurodata_type") for path, item in groups.items()}
        chosen = dict.fromkeys(path for path, kind in kinds.items() if kind in KINDS)
        links = {path: file.linked(groups[path], INTERVALS) for path in chosen if kinds[path] == KINDS[0]}
        catalogue = f"/processing/{BEHAVIOR}/{CATALOGUE}"
        chosen |= dict.fromkeys(path for path in (*links.values(), catalogue) if path in groups)
        tables = {
            path: {
                "kind": kinds[path],
                "attributes": {key: file.attribute(groups[path], key) for key in ("labeling_method", "annotator")},
                "links": {INTERVALS: links[path]} if links.get(path) else {},
                "columns": _columns(file, groups[path], kinds[path]),
            }
            for path in chosen
        }
        return {"tables": tables, "texts": {path: file.text(path) for path in SINGLE}}


def _columns(file: Hdf5File, table: h5py.Group, kind: str) -> dict[str, Any]:
    """The columns of a table that are of use; of one that cannot be used, why. Events without labels are not read."""
    if kind == "EventsTable" and not file.has(table, "label"):
        return {}
    columns: dict[str, Any] = {}
    for name in (*NUMBERS, *TEXTS):
        if file.has(table, name):
            try:
                columns[name] = file.numbers(table, name).tolist() if name in NUMBERS else file.texts(table, name)
            except FormatInvalid as error:
                columns[name] = {"refused": [str(error), error.hint]}
    return columns


def _main() -> None:
    try:
        entries = contents(sys.argv[1], sys.stdin.buffer.read())
    except FormatInvalid as error:
        entries = {"refused": [str(error), error.hint]}
    sys.stdout.write(json.dumps(entries))


if __name__ == "__main__":
    _main()
