"""The command about studies: the labels of many recordings as tables, and groups of recordings compared."""

import argparse
import math
import sys
from pathlib import Path

from core.base import addresses, settings
from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.cli import console
from core.stages.formats.nwb import writer as nwb
from core.workflows import models as models_workflow
from core.workflows.study import Study, StudyOptions, nwb_files, writing
from core.workflows.study import study as studied
from core.workflows.study.clips import ClipFailure
from core.workflows.study.report import colours_of
from core.workspace.store import Store


def study(chosen: argparse.Namespace) -> console.Output:
    """Tables of many clips. A clip that fails is told and the others go on."""
    here = settings.current()
    _check_folder(chosen.output, chosen.tracks)
    if chosen.nwb:
        nwb.require()
    options = StudyOptions(
        clips=tuple(chosen.clips),
        model=chosen.model or models_workflow.DEFAULT_MODEL,
        recipe=console.preparation(chosen),
        tracks=chosen.tracks,
        form=chosen.source or "",
        metadata=chosen.metadata,
        clip_column=chosen.clip_column,
        group=chosen.group,
        subject=chosen.subject,
        max_gap_s=chosen.max_gap,
        correction=chosen.correction,
    )
    store = Store(here.workspace)
    with console.TerminalProgress("study") as progress:
        made = studied(store, options, engine=here.engine, report=progress)
    for failure in made.failures:
        console.complain(failure.error, failure.name)
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)
    if not made.clips:
        return console.Output({}, failed=True)
    if not chosen.output:
        return console.Output({"": writing.budget(made)}, bool(made.failures))
    files = writing.files(made, colours_of(store, made.labels))
    if chosen.parquet:
        tables = (writing.SEGMENTS, writing.BUDGET)
        files |= {name.replace(".csv", ".parquet"): writing.parquet(files[name]) for name in tables}
    for name in writing.OPTIONAL:
        if name not in files and console.is_there(chosen.output, name):
            print(f"note: {name} in {chosen.output} is from an earlier study", file=sys.stderr)
    failed = _write_nwb(made, chosen) if chosen.nwb else False
    return console.Output(files, failed or bool(made.failures))


def _write_nwb(made: Study, chosen: argparse.Namespace) -> bool:
    """Write an NWB file of each clip, one by one; whether any failed, which is told."""
    failed = False
    with console.TerminalProgress("study") as progress:
        for name, content in nwb_files.files(made, chosen.session_start, progress):
            if isinstance(content, ClipFailure):
                failed = True
                console.complain(content.error, content.name)
            else:
                console.deliver({f"{nwb_files.FOLDER}/{name}": content}, chosen.output)
    return failed


def _check_folder(output: str | None, tracks: str) -> None:
    """Refuse what cannot be the folder of the tables before the long work begins."""
    console.check_place(output, folder=True)
    if not output or addresses.is_address(output):
        return
    if Path(output).exists() and not Path(output).is_dir():
        raise AnalysisError(f"{output} is not a folder.", "Give a folder as --output: a study is several files.")
    if tracks and Path(tracks).is_dir() and Path(output).resolve().is_relative_to(Path(tracks).resolve()):
        hint = "Choose an --output outside of it: the next study would read the tables as label files."
        raise AnalysisError(f"{output} lies in the folder of the label files, {tracks}.", hint)


# What can be asked ----------------------------------------------------------------------------------------------------


def add(commands: console.Commands) -> None:
    """Offer this command."""
    about = (
        "Summarise many clips: their segments, the time budget of each label in each clip, and which label follows "
        "which. With a table about the clips, compare groups of them. Clips are labelled by a model, or by label files."
    )
    parser = commands.add_parser("study", help="summarise many clips and compare groups", description=about)
    parser.add_argument("clips", metavar="CLIP", nargs="*", help="a clip, or a folder of clips")
    _add_labels(parser)
    parser.add_argument("--metadata", metavar="TABLE.csv", default="", help="a table with one row per clip")
    names = "the column of --metadata with the file names of the clips (default: clip)"
    parser.add_argument("--clip-column", metavar="NAME", default="", help=names)
    parser.add_argument("--group", metavar="COLUMN", default="", help="compare the groups of clips in this column")
    pooled = "the clips of one subject are pooled before groups are compared (default: each clip is a subject)"
    parser.add_argument("--subject", metavar="COLUMN", default="", help=pooled)
    gap = "count a transition only if the next label starts within this time (default: any time)"
    parser.add_argument("--max-gap", metavar="SECONDS", type=_seconds, help=gap)
    kinds = ("holm", "benjamini-hochberg")
    several = "how p values are adjusted for several comparisons (default: %(default)s)"
    parser.add_argument("--correction", choices=kinds, default=kinds[0], help=several)
    folder = "the folder for the tables and the report, created if missing, also as s3://bucket/folder "
    folder += "(default: print budget.csv)"
    parser.add_argument("--output", metavar="DIR", help=folder)
    parquet = "also write segments and time budgets as Parquet; needs --output"
    parser.add_argument("--parquet", action="store_true", help=parquet)
    neuro = "also write an NWB file of each clip below DIR/nwb; needs --output, and pynwb and ndx-ethogram installed"
    parser.add_argument("--nwb", action="store_true", help=neuro)
    begin = "when recordings began, for --nwb: a date and time such as 2026-03-01T14:05+01:00, or the column of "
    begin += "--metadata that holds it (default: the column session_start, or date with time)"
    parser.add_argument("--session-start", metavar="TIME|COLUMN", default="", help=begin)
    parser.set_defaults(run=study, problem=_problem)


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help=f"see `models` (default: {models_workflow.DEFAULT_MODEL})")
    console.add_preparation(parser)
    tracks = "use these label files, a file or a folder, instead of a model; clips are matched by name"
    parser.add_argument("--tracks", metavar="PATH", default="", help=tracks)
    parser.add_argument(
        "--from",
        dest="source",
        metavar="NAME",
        choices=tuple(FORMATS),
        help=f"format of --tracks: {', '.join(FORMATS)}",
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds


def _problem(chosen: argparse.Namespace) -> str:
    """What does not fit together in a call, in words; empty if all does."""
    if not chosen.clips and not chosen.tracks:
        return "give clips, a folder of clips, or --tracks"
    if chosen.tracks and (chosen.model or chosen.recipe or chosen.views):
        return "--tracks replaces the model: omit --model, --recipe and --views"
    if chosen.source and not chosen.tracks:
        return "--from needs --tracks"
    if not chosen.metadata and (chosen.group or chosen.subject or chosen.clip_column):
        return "--group, --subject and --clip-column name columns of --metadata: give that table too"
    if chosen.parquet and not chosen.output:
        return "--parquet needs --output"
    if chosen.nwb and not chosen.output:
        return "--nwb needs --output"
    if chosen.session_start and not chosen.nwb:
        return "--session-start needs --nwb"
    return ""
