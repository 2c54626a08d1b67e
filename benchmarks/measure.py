"""A measured figure beside its bar, and the table that shows many."""

import importlib
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value. bar: what it must reach, or None where it is only told. at_least: else at most.

    note: how it was measured, where the name leaves that open.
    """

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the bar is reached; a figure without a bar always is."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


@dataclass
class Watch:
    """Seconds on the wall that the block under `watch()` took."""

    seconds: float = field(default=0.0)


@contextmanager
def watch() -> Iterator[Watch]:
    """Time the block: `with watch() as time: ...`, then `time.seconds`."""
    taken = Watch()
    start = time.perf_counter()
    yield taken
    taken.seconds = time.perf_counter() - start


def figures_of(name: str) -> list[Figure]:
    """The figures of the benchmark in the module of that name."""
    return importlib.import_module(f"benchmarks.{name}").main()


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed (the nearest-rank definition)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table, ready for the README."""
    rows = [("what", "measured", "bar", "")]
    for figure in figures:
        sign = ">=" if figure.at_least else "<="
        bar = "" if figure.bar is None else f"{sign} {_number(figure.bar)} {figure.unit}".strip()
        verdict = "" if figure.bar is None else "met" if figure.met else "MISSED"
        name = f"{figure.name} ({figure.note})" if figure.note else figure.name
        rows.append((name, f"{_number(figure.value)} {figure.unit}".strip(), bar, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine() -> str:
    """The machine in words: processor, cores, memory."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {memory_gb:.0f} GiB memory, no GPU used, Python {platform.python_version()}"


def _processor() -> str:
    """The processor's name as Linux tells it, else what Python knows."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _number(value: float) -> str:
    """Three meaningful digits, without an exponent."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
