"""The command line: the same code, keys and results as the pages.

Results go to standard output or to a file, whole or not at all; progress, `note: `, `error: ` and `hint: ` lines go to
standard error. Exit codes: 0, 1 for an error, 2 for a wrong call, 130 when interrupted.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence

from core.base import settings
from core.base.errors import AnalysisError
from core.base.rights import owner_only
from core.cli import backups, clips, console, datasets, labels, metadata, study, sweeps
from core.workspace.store import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        console.settle_places(chosen)
        if problem := chosen.problem(chosen):
            parser.error(problem)
        if notice := Store(settings.current().workspace).narrow():
            print(f"note: {notice}", file=sys.stderr)
        with console.quiet(), owner_only():
            output = chosen.run(chosen)
        console.deliver(output.report, getattr(chosen, "folder", None))
        console.deliver(output.files, getattr(chosen, "output", None))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except AnalysisError as error:
        console.complain(error)
        return 1
    except OSError as error:
        if not _reader_is_gone(error):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return 1
    return 1 if output.failed else 0


def _reader_is_gone(error: OSError) -> bool:
    """Whether whoever read the result has closed the pipe, after which nothing is left to say."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description="Label video clips over time, with the same code and results as the dashboard.",
        epilog="Set KINETOSCOPE_WORKSPACE to the folder for clips and results.",
    )
    parser.set_defaults(problem=lambda _chosen: "")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind in (clips, metadata, study, labels, datasets, sweeps, backups):
        kind.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
