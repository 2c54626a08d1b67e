"""Labelled sets of the workspace: check a source, keep the set with its clips, make one, find near-duplicates in it.

A set is checked by a job, whose result waits in the store until the user agrees: `check`, then `keep` or `drop`.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from core.base import zip_files
from core.base.errors import AnalysisError, NotEnoughExamples, ResultMissing, VideoUnreadable
from core.base.progress import Report, silent
from core.domain import Dataset, Duplicates, Finding, Item, PerceptualHashes
from core.domain.fingerprint import fingerprint
from core.stages.drawing import sample_dataset
from core.workflows import clips as clips_workflow
from core.workflows import datasets
from core.workspace.store import Store, cleaned_name

MADE_NAME = "Sample movements"
MADE_KEY = "made-set"
TRIES = 2  # times a clip may end the process that reads it before it is left out


# Importing ------------------------------------------------------------------------------------------------------------


def import_key(source: datasets.Source) -> str:
    """The name of what a check of that source finds."""
    return fingerprint("import", 1, source)


def check(store: Store, source: datasets.Source, report: Report = silent) -> None:
    """Read a labelled set, measure its clips, and store the set that holds with all that was found.

    Nothing is in the library before `keep`. What was measured when the check is stopped is not measured twice.
    """
    store.write(import_key(source), gathered(store, source, report), kind="import")


def gathered(store: Store, source: datasets.Source, report: Report = silent) -> Dataset:
    """The set of a source with all that was found, its clips measured aside; see `take_clips`."""
    report(0, 0, "Reading the dataset")
    path = Path(source.path).expanduser()
    if not _is_zip(path):
        return _measured(store, datasets.read(replace(source, path=str(path))), report)
    folder = _unpacked_folder(store, import_key(source))
    try:
        root = _unpack(path, folder, report)
        inner = replace(source, path=str(root), clips="", name=source.name or path.stem)
        draft = replace(datasets.confined(datasets.read(inner), root), source=f"zip {path.name}")
        dataset = _measured(store, draft, report)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not dataset.items:
        shutil.rmtree(folder, ignore_errors=True)
    return dataset


def keep(store: Store, key: str, name: str) -> str:
    """Make a checked import a labelled set under a name of its own, its clips in the library; gives that name."""
    dataset = store.read(key, Dataset)
    if not dataset.items:
        raise NotEnoughExamples("No clip of this dataset can be used.", "Fix the listed problems, and check again.")
    wanted = cleaned_name(name) if name.strip() else dataset.name
    if any(entry.name == wanted for entry in store.datasets()):
        raise AnalysisError(f"There is already a dataset named {wanted!r}.", "Choose another name.")
    take_clips(store, dataset)
    store.save_dataset(replace(dataset, name=wanted), datasets.key(dataset))
    drop(store, key)
    return wanted


def take_clips(store: Store, dataset: Dataset) -> None:
    """Let the clips of a set that was gathered be clips of the library: all, or where one is gone none."""
    names = {item.video: Path(item.path).name for item in dataset.items}
    aside = [clips_workflow.measured_aside(store, digest, name) for digest, name in names.items()]
    for info in aside:
        if info is not None:
            clips_workflow.take_in(store, info, names[info.digest])
    store.take_back(names)


def drop(store: Store, key: str) -> None:
    """Forget a checked import, with what was unpacked for it."""
    store.delete(key)
    shutil.rmtree(_unpacked_folder(store, key), ignore_errors=True)


def _unpacked_folder(store: Store, key: str) -> Path:
    """Where the zip of an import is unpacked until it is taken in or forgotten."""
    return store.import_folder / f"unpacked-{key}"


def _is_zip(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() == ".zip" or zip_files.is_zip(path))


def _unpack(path: Path, folder: Path, report: Report) -> Path:
    """Unpack a zip into a folder, in place of what an earlier check left there; gives the folder of the set."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return datasets.unpack(path, folder, report)


def _measured(store: Store, draft: datasets.Draft, report: Report) -> Dataset:
    """The draft with its clips measured aside."""
    items: list[Item] = []
    findings: list[Finding] = []
    total = len(draft.entries)
    for count, entry in enumerate(draft.entries):
        message = f"Measuring {entry.path}"
        report(count, total, message)
        try:
            with _watched(store, entry.file):
                info = clips_workflow.measure_aside(
                    store, entry.file, lambda *_, count=count, message=message: report(count, total, message)
                )
        except VideoUnreadable as error:
            findings.append(datasets.unreadable(entry, str(error)))
            continue
        item, item_findings = datasets.item(draft, entry, info)
        items += [item] if item else []
        findings += item_findings
    report(total, total, "Done")
    return datasets.dataset(draft, items, findings)


@contextmanager
def _watched(store: Store, file: str) -> Iterator[None]:
    """Count how often reading a file ended the whole process; from TRIES on it is refused."""
    mark = store.import_folder / f"reading-{fingerprint(os.fsencode(file).hex())}"
    tries = mark.stat().st_size if mark.exists() else 0
    if tries >= TRIES:
        raise VideoUnreadable(
            f"It crashed the process that read it, {tries} times.", "Check whether it plays elsewhere."
        )
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_bytes(b"." * (tries + 1))
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


# The made set ---------------------------------------------------------------------------------------------------------


def make_set(
    store: Store, groups: int = sample_dataset.GROUPS, takes: int = sample_dataset.TAKES, report: Report = silent
) -> None:
    """Draw the made set, keep its clips in the library and the set under MADE_NAME."""
    clips = sample_dataset.clips(groups=groups, takes=takes)
    known = set(store.digests())
    items: list[Item] = []
    try:
        for count, clip in enumerate(clips):
            report(count, len(clips), "Drawing clips")
            items.append(_drawn(store, clip))
    except BaseException:
        for item in items:
            if item.video not in known:
                store.delete_video(item.video)
        raise
    made = Dataset(MADE_NAME, sample_dataset.LABELS, tuple(items), source=sample_dataset.NOTICE)
    store.save_dataset(made, datasets.key(made))
    report(len(clips), len(clips), "Done")


def _drawn(store: Store, clip: sample_dataset.MadeClip) -> Item:
    """A clip of the made set, drawn and in the library."""
    from core.stages import video

    name = Path(clip.path).name
    with tempfile.TemporaryDirectory() as folder:
        video.write(Path(folder, name), sample_dataset.frames(clip))
        with open(Path(folder, name), "rb") as stream:
            kept = store.keep_upload(stream, name)
    info = store.video(clips_workflow.add_video(store, kept))
    return Item(info.digest, clip.path, info.duration_s, label=clip.label, group=clip.group)


# Near-duplicates ------------------------------------------------------------------------------------------------------


def duplicates_key(dataset_key: str) -> str:
    """The name of the near-duplicates of a set."""
    return fingerprint("duplicates", 2, dataset_key)


def find_duplicates(store: Store, name: str, report: Report = silent) -> None:
    """Hash the clips of a set, each once for good, and store which look alike."""
    dataset = store.dataset(name)
    videos = [item.video for item in dataset.items]
    all_looks = []
    for count, digest in enumerate(videos):
        report(count, len(videos), "Checking clips")
        all_looks.append(_looks(store, digest))
    key = datasets.key(dataset)
    store.write(duplicates_key(key), datasets.near_duplicates(key, all_looks, videos, report), kind="duplicates")


def _looks(store: Store, digest: str) -> PerceptualHashes:
    """The hashes of a clip, stored."""
    from core.stages import video
    from core.workflows.datasets import duplicates

    key = fingerprint("looks", 2, digest)
    with suppress(ResultMissing):
        return store.read(key, PerceptualHashes)
    info = store.video(digest)
    width = min(duplicates.WIDTH_PX, info.width_px)
    size = width, max(8, round(width * info.height_px / info.width_px))
    looks = datasets.looks(video.read(info, stop_s=duplicates.STEP_S * duplicates.MOST_MOMENTS, size_px=size))
    store.write(key, looks, kind="looks", video=digest)
    return looks


def duplicates(store: Store, dataset_key: str) -> Duplicates | None:
    """The near-duplicates of a set, where they were looked for."""
    with suppress(ResultMissing):
        return store.read(duplicates_key(dataset_key), Duplicates)
    return None
