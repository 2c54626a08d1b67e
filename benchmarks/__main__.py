"""Run the benchmarks and print one table. Usage: python -m benchmarks [NAME...]

Each benchmark runs in a process of its own, so that none inherits another's memory or warm caches.
"""

import multiprocessing
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.measure import Figure, figures_of, machine, table, watch


def names() -> list[str]:
    """The modules beside this one that have a main()."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    return [file.stem for file in files if "\ndef main(" in file.read_text(encoding="utf-8")]


def run_apart(name: str) -> list[Figure]:
    """The figures of one benchmark, run in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(figures_of, name).result()


def main(chosen: list[str]) -> int:
    """Run `chosen`, or all; the exit status tells whether each ran and each bar was met."""
    unknown = sorted(set(chosen) - set(names()))
    if unknown:
        print(f"error: there is no benchmark named {unknown[0]}\nhint: there are {', '.join(names())}", file=sys.stderr)
        return 2
    figures, broken = [], []
    for name in chosen or names():
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            with watch() as taken:
                measured = run_apart(name)
        except Exception:
            traceback.print_exc()
            broken.append(name)
            continue
        print(f"{table(measured)}\n({taken.seconds:.0f} s)\n", file=sys.stderr, flush=True)
        figures += measured
    print(f"\n{machine()}\n\n{table(figures)}")
    if broken:
        print(f"\nerror: these benchmarks did not end: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken or not all(figure.met for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
