"""Commands about files of labels: turn one into another program's, and score one against the truth."""

import argparse
import json
import sys
from pathlib import Path

from core.base import settings
from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.cli import console
from core.domain import Labels, Part, Renaming
from core.stages import formats
from core.stages.formats.common import conversion, selection
from core.stages.formats.common.files import read_path
from core.stages.formats.labelstudio import rate_of
from core.stages.metrics import mstcn_files, score_report
from core.workspace.store import Store


def convert(chosen: argparse.Namespace) -> console.Output:
    """Labels of one file as a file of another format; what was odd and what is lost is told as notes."""
    console.check_place(chosen.output, folder=True)
    folder = chosen.output.endswith("/") or console.is_folder(chosen.output)
    form = FORMATS[chosen.to] if chosen.to else conversion.format_for(chosen.output)
    store = Store(settings.current().workspace) if chosen.video else None
    clips = tuple(store.video(console.added(store, clip)) for clip in chosen.video) if store else ()
    options = formats.ReadOptions(
        clips,
        watched=chosen.watched,
        rate_hz=rate_of(chosen.rate) if chosen.rate else None,
        every=chosen.every,
        split=chosen.split,
        attribute=chosen.attribute,
        confidences=not chosen.plain,
        only=_only(chosen.only),
    )
    labels, left = _read(chosen, options)
    labels = conversion.renamed(labels, _renaming(chosen))
    labels = selection.named(labels, dict(_pairs("name", chosen.name)))
    labels = conversion.points_as_frames(labels) if chosen.points == "frame" else labels
    written = conversion.convert(labels, form, folder=folder)
    held = [f"converted every {text}; use --only to select some" for text in selection.told(left)]
    for note in (*held, *map(conversion.told, labels.findings), *written.notes):
        print(f"note: {note}", file=sys.stderr)
    return console.Output(written.files)


def _read(chosen: argparse.Namespace, options: formats.ReadOptions) -> tuple[Labels, tuple[Part, ...]]:
    """The labels of IN, and the parts of it among which nothing was chosen."""
    files = read_path(chosen.labels)
    source = FORMATS[chosen.source] if chosen.source else conversion.detect_files(files)
    labels = selection.read(files, source, options)
    return labels, tuple(part for part in selection.of(files, source) if not options.chosen(part.kind))


def _only(texts: list[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What --only says: the names of each kind; of a kind with an empty name alone, none."""
    pairs = _pairs("only", texts)
    kinds = dict.fromkeys(kind for kind, _ in pairs)
    return tuple((kind, tuple(name for own, name in pairs if own == kind and name)) for kind in kinds)


def _pairs(option: str, texts: list[str]) -> list[tuple[str, str]]:
    """What stands before and after the first = of each."""
    if wrong := [text for text in texts if "=" not in text]:
        form = {"only": "KIND=NAME"}.get(option, "OLD=NEW")
        raise AnalysisError(f"--{option} {wrong[0]} has no equals sign.", f"Write --{option} {form}.")
    parted = [text.partition("=") for text in texts]
    return [(before, after) for before, _, after in parted]


def _renaming(chosen: argparse.Namespace) -> Renaming:
    """What --map and --drop say."""
    pairs = [told.partition("=") for told in chosen.map]
    if wrong := [old for old, _, new in pairs if not old or not new]:
        raise AnalysisError(f"--map {wrong[0]} has no new label.", "Write --map OLD=NEW.")
    told = [*((old, new) for old, _, new in pairs), *((label, "") for label in chosen.drop)]
    if len(dict(told)) < len(told):
        raise AnalysisError("--map and --drop name a label more than once.", "Name each label only once.")
    return Renaming(tuple(told))


def score(chosen: argparse.Namespace) -> console.Output:
    """How well predicted labels over time agree with the true ones."""
    comparison = mstcn_files.compare_mstcn(chosen.truth, chosen.prediction, background=chosen.background)
    content = json.dumps(score_report.report(comparison), indent=2, ensure_ascii=False, allow_nan=False)
    return console.Output({"": f"{content}\n".encode("utf-8", "backslashreplace")})


# What can be asked ----------------------------------------------------------------------------------------------------


def add(commands: console.Commands) -> None:
    """Offer these commands."""
    _add_convert(commands)
    _add_score(commands)


def _add_convert(commands: console.Commands) -> None:
    about = "Convert label files between formats. The format is inferred from the suffix if possible."
    turned = commands.add_parser("convert", help="convert label files between formats", description=about)
    turned.add_argument("labels", metavar="IN", type=Path, help="a file, or a folder or ZIP of several")
    turned.add_argument(
        "output", metavar="OUT", help="a file, or a folder (ending in /) for formats with several files"
    )
    turned.add_argument("--from", dest="source", metavar="NAME", help=f"format of IN: {', '.join(FORMATS)}")
    turned.add_argument("--to", metavar="NAME", help="format of OUT")
    clip = "the labelled clip, needed for formats that count frames; may be repeated"
    turned.add_argument("--video", metavar="CLIP", action="append", default=[], help=clip)
    watched = "the whole of each clip was annotated: nothing happens where there is no label"
    turned.add_argument("--watched", action="store_true", help=watched)
    turned.add_argument("--map", metavar="OLD=NEW", action="append", default=[], help="rename a label")
    turned.add_argument("--drop", metavar="LABEL", action="append", default=[], help="remove a label")
    moments = "point events: omitted if OUT cannot hold them, or converted to segments of one frame"
    turned.add_argument("--points", choices=("keep", "frame"), default="keep", help=moments)
    some = "select parts of IN: tier (ELAN), observation, subject, modifier (BORIS), attribute (VIA), annotation "
    some += "(Label Studio), or track; may be repeated; an empty NAME selects none"
    turned.add_argument("--only", metavar="KIND=NAME", action="append", default=[], help=some)
    called = "rename a track (an ELAN tier); an empty OLD is the unnamed track"
    turned.add_argument("--name", metavar="OLD=NEW", action="append", default=[], help=called)
    turned.add_argument("--rate", metavar="N", help="frameRate of Label Studio's Video tag")
    turned.add_argument("--every", type=_at_least_1, default=1, metavar="N", help="each label covers N frames")
    turned.add_argument("--split", type=int, choices=(1, 2, 3), default=1, help="number of the split lists")
    turned.add_argument("--attribute", default="", metavar="NAME", help="VIA: attribute that is the label; ELAN: tier")
    turned.add_argument("--plain", action="store_true", help="a number at the end of a subtitle is part of its label")
    turned.set_defaults(run=convert)


def _at_least_1(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _add_score(commands: console.Commands) -> None:
    about = (
        "Score predicted labels over time against the truth (two files or two folders) and print the scores as JSON."
    )
    scored = commands.add_parser("score", help="score label files against the truth", description=about)
    scored.add_argument("truth", metavar="TRUTH", type=Path)
    scored.add_argument("prediction", metavar="PREDICTION", type=Path)
    scored.add_argument("--format", choices=("mstcn",), default="mstcn", help="mstcn: one line per frame")
    blank = "label whose segments are ignored, '' for none (default: background, if present)"
    scored.add_argument("--background", metavar="LABEL", help=blank)
    scored.add_argument("--output", metavar="FILE")
    scored.set_defaults(run=score)
