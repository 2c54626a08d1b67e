"""What an NWB file holds of labels, as plain values: made of HDF5 in a process of its own.

HDF5 itself may crash or never end on a damaged file; then that file is refused, and nothing else ends.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from core.base.errors import FormatInvalid
from core.base.settings import ROOT
from core.stages.formats.common.files import refused
from core.stages.formats.nwb.tables import MEND

COMMAND = (sys.executable, "-m", "core.stages.formats.nwb.hdf5")
LONGEST_S = 180.0  # that a file may take to be read; a million rows take about a minute


@dataclass(frozen=True)
class NwbTable:
    """A table. name: its path; columns: those that are of use, or why one of them cannot be used."""

    name: str
    kind: str
    attributes: Mapping[str, str]
    links: Mapping[str, str]
    columns: Mapping[str, Any]


class NwbContents:
    """The tables of a file by their paths, and its texts. name: for complaints."""

    def __init__(self, name: str, entries: Mapping[str, Any]):
        self.name = name
        self.tables = {path: NwbTable(path, **entry) for path, entry in entries["tables"].items()}
        self.texts_by_path: Mapping[str, str] = entries["texts"]

    def kinds(self, kind: str) -> list[tuple[str, NwbTable]]:
        """The tables of a neurodata type with their paths, in the order of their paths, numbers by their size."""
        tables = [(path, table) for path, table in self.tables.items() if table.kind == kind]
        return sorted(tables, key=lambda entry: (entry[0].rstrip("0123456789"), len(entry[0]), entry[0]))

    def linked(self, table: NwbTable, name: str) -> NwbTable | None:
        """The table that a link of a table leads to, in the same file; None where there is none."""
        return self.tables.get(table.links.get(name, ""))

    def column(self, table: NwbTable, name: str) -> list[Any]:
        """A column of numbers or of texts; FormatInvalid where it is missing or cannot be used."""
        if name not in table.columns:
            raise refused(self.name, f"{table.name}/{name}", "a column", "none", MEND)
        values = table.columns[name]
        if isinstance(values, dict):
            raise FormatInvalid(*values["refused"])
        return values

    def text(self, path: str) -> str:
        """A single text, "" where there is none."""
        return self.texts_by_path.get(path, "")


def read(name: str, content: bytes) -> NwbContents:
    """The contents of the bytes of a file; FormatInvalid says what is wrong with it."""
    name = PurePosixPath(name).name
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    try:
        child = subprocess.run(
            [*COMMAND, name],
            input=content,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refused(name, 0, f"a file that is read within {LONGEST_S:g} s", "a longer time", MEND) from None
    if child.returncode:
        got = "one at which HDF5 crashes, or for which the memory is too small"
        raise refused(name, 0, "an undamaged HDF5 file", got, MEND)
    entries = json.loads(child.stdout)
    if "refused" in entries:
        raise FormatInvalid(*entries["refused"])
    return NwbContents(name, entries)
