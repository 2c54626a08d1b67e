"""The command about the metadata of clips of the library: as a table, and out of a table or out of file names."""

import argparse
import sys
from collections.abc import Sequence

from core.base import settings
from core.base.errors import ResultMissing
from core.cli import console
from core.workflows.study import library_metadata
from core.workflows.study.library_metadata import MetadataProposal
from core.workflows.study.metadata import read_metadata
from core.workspace.store import ClipRow, Store


def metadata(chosen: argparse.Namespace) -> console.Output:
    """The metadata of all clips as CSV, or what was set."""
    console.check_place(chosen.output)
    store = Store(settings.current().workspace)
    rows = store.clip_rows()
    if not rows:
        raise ResultMissing("The library has no clips.", "Add clips in the dashboard, or analyse some with `analyze`.")
    if not chosen.table and not chosen.pattern:
        return console.Output({"": library_metadata.as_csv(rows, store.metadata_columns(), store.metadata())})
    proposal = _proposal(chosen, rows)
    for note in proposal.notes:
        print(f"note: {note}", file=sys.stderr)
    if not proposal.cells:
        hint = "Clips are matched by file name: check the column of the table, or the pattern."
        raise ResultMissing(f"None of {proposal.clips} clips of the library match.", hint)
    if not chosen.dry_run:
        store.keep_metadata(proposal.cells)
    done = "would be set" if chosen.dry_run else "set"
    print(f"note: metadata of {len(proposal.cells)} of {proposal.clips} clips {done}", file=sys.stderr)
    own = [row for row in rows if row.digest in proposal.cells]
    return console.Output({"": library_metadata.as_csv(own, proposal.columns, proposal.cells)})


def _proposal(chosen: argparse.Namespace, rows: Sequence[ClipRow]) -> MetadataProposal:
    """What the call would set."""
    if chosen.pattern:
        return library_metadata.out_of_names(chosen.pattern, rows)
    return library_metadata.out_of_table(read_metadata(chosen.table, chosen.clip_column, ()), rows)


def add(commands: console.Commands) -> None:
    """Offer this command."""
    about = (
        "Print the metadata of all clips of the library as CSV. With --set or --pattern, set metadata and print what "
        "was set; other cells stay as they are."
    )
    parser = commands.add_parser("metadata", help="print or set metadata of clips", description=about)
    table = "a CSV table with one row per clip; an empty cell changes nothing"
    parser.add_argument("--set", dest="table", metavar="TABLE.csv", default="", help=table)
    names = "the column of --set with the file names of the clips (default: clip)"
    parser.add_argument("--clip-column", metavar="NAME", default="", help=names)
    pattern = "read metadata out of file names, such as '{group}/{subject}_{day}.mp4'"
    parser.add_argument("--pattern", metavar="PATTERN", default="", help=pattern)
    parser.add_argument("--dry-run", action="store_true", help="print what would be set, and change nothing")
    parser.add_argument("--output", metavar="FILE.csv", help="write the table to a file instead of standard output")
    parser.set_defaults(run=metadata, problem=_problem)


def _problem(chosen: argparse.Namespace) -> str:
    """What does not fit together in a call, in words; empty if all does."""
    if chosen.table and chosen.pattern:
        return "give --set or --pattern, not both"
    if chosen.clip_column and not chosen.table:
        return "--clip-column names a column of --set: give that table too"
    if chosen.dry_run and not chosen.table and not chosen.pattern:
        return "--dry-run needs --set or --pattern"
    return ""
