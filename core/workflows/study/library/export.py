"""What pages have workers make of a study: the columns that are drawn, and the files to download."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from core.base.errors import AnalysisError, FormatInvalid
from core.base.progress import Report, silent
from core.domain.fingerprint import fingerprint
from core.stages.formats.nwb import writer as nwb
from core.workflows.study import nwb_files, writing
from core.workflows.study.clips import ClipFailure, StudyClip, first_names
from core.workflows.study.corrected_shares import latest_evaluation
from core.workflows.study.library.columns import packed
from core.workflows.study.library.question import (
    VERSION,
    LibraryQuestion,
    comparison_key,
    correction_key,
    keep,
    library_study,
)
from core.workflows.study.library.sources import LabelSource, labelled_clip, versions
from core.workflows.study.report import colours_of
from core.workflows.study.result import Study
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

COLUMNS_VERSION = 2  # of what columns hold
FILES_VERSION = 2  # of what files hold

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # of entries, so that equal studies are equal files


def columns_key(source: LabelSource, known: Mapping[str, str]) -> str:
    """The name of the columns of all clips that have labels of a source. known: their versions."""
    return fingerprint("study columns", COLUMNS_VERSION, source, sorted(known.items()))


@short()
def read_labels(store: Store, source: LabelSource, engine: str, report: Report = silent) -> None:
    """Store the labels of all clips of the library as columns."""
    known = versions(store, source, engine)
    key = columns_key(source, known)
    clips: list[StudyClip] = []
    failures: list[str] = []
    for place, (digest, version) in enumerate(known.items()):
        report(place, len(known), "Reading labels")
        try:
            clips.append(labelled_clip(store, source, digest, version.partition(" ")[0], digest))
        except AnalysisError as error:
            failures.append(f"{digest}: {error}")
    keep(store, key, packed(clips, failures))


def files_key(store: Store, question: LibraryQuestion, engine: str) -> str:
    """The name of the ZIP of a study: of its groups, its corrected budgets, and the longest gap of a transition."""
    evaluation = latest_evaluation(store, question.source, engine)
    correction = correction_key(store, question, evaluation.key, engine) if evaluation else ""
    gap_s = () if question.max_gap_s is None else (question.max_gap_s,)
    return fingerprint("study files", FILES_VERSION, comparison_key(store, question, engine), correction, *gap_s)


@short()
def make_files(store: Store, question: LibraryQuestion, engine: str, report: Report = silent) -> None:
    """Store the ZIP of all files of a study."""
    made = library_study(store, question, engine, report)
    report(0, 0, "Writing files")
    content = zipped(writing.files(made, colours_of(store, made.labels)))
    key = files_key(store, question, engine)
    store.write_file(key, lambda path: _put(path, content), kind="export")


def is_nwb_installed() -> bool:
    """Whether the packages are there that write NWB files."""
    return nwb.installed()


def nwb_key(comparison: str) -> str:
    """The name of the ZIP of NWB files of a study, by the key of its comparison of groups."""
    return fingerprint("study as NWB", VERSION, comparison)


@short()
def make_nwb_files(store: Store, question: LibraryQuestion, engine: str, report: Report = silent) -> None:
    """Store a ZIP with an NWB file of each clip of a study; FormatInvalid where there is none of some clips."""
    nwb.require()
    made = library_study(store, question, engine, report)
    key = nwb_key(comparison_key(store, question, engine))
    store.write_file(key, lambda path: _put_nwb_files(path, made, report), kind="export")


def _put_nwb_files(path: Path, made: Study, report: Report) -> None:
    failures: list[ClipFailure] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in nwb_files.files(made, report=report):
            if isinstance(content, ClipFailure):
                failures.append(content)
            else:
                box.writestr(_entry(name), content)
    if failures:
        first = failures[0]
        names = first_names([failure.name for failure in failures])
        raise FormatInvalid(f"{len(failures)} of {len(made.clips)} clips, {names}: {first.error}", first.error.hint)


def zipped(files: dict[str, bytes]) -> bytes:
    """Files as a ZIP."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in files.items():
            box.writestr(_entry(name), content)
    return archive.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def part(store: Store, key: str, name: str) -> bytes:
    """One file out of the stored ZIP of a study."""
    with zipfile.ZipFile(store.file_path(key)) as box:
        return box.read(name)


def columnar(store: Store, key: str, name: str) -> bytes:
    """One table out of the stored ZIP of a study, as Parquet."""
    return writing.parquet(part(store, key, name))


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
