"""All clips of the library with what is known of each, and the filter that chooses among them."""

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from core.domain import ModelCard
from core.workflows.clip_results import models_of_clips
from core.workflows.predictions import KINDS
from core.workspace.store import ClipRow, Store

NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)  # as people write them, without leading zeros
ANY = "*"  # stands for any model, and for any dataset
NONE = ""  # stands for no model, no dataset and an empty cell


@dataclass(frozen=True, slots=True)
class ListedClip:
    """A clip with what is known of it. folder: as short as tells the folders of the library apart.

    models: the names of those that predicted it; cells: its metadata by column, without empty cells.
    """

    row: ClipRow
    folder: str = ""
    models: tuple[str, ...] = ()
    labelled: bool = False
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cells: Mapping[str, str] = field(default_factory=dict)


def listed(
    store: Store, rows: Sequence[ClipRow], cards: Mapping[str, ModelCard], datasets: Mapping[str, tuple[str, ...]]
) -> tuple[ListedClip, ...]:
    """The clips of these rows in their order. datasets: the names of those that contain a clip, by its digest."""
    folders = short_folders({row.folder for row in rows})
    models, labelled = models_of_clips(store, cards), set(store.labelled_videos())
    tags, cells = store.tags(), store.metadata()
    return tuple(
        ListedClip(
            row,
            folders[row.folder],
            models.get(row.digest, ()),
            row.digest in labelled,
            datasets.get(row.digest, ()),
            tags.get(row.digest, ()),
            cells.get(row.digest, {}),
        )
        for row in rows
    )


def version(store: Store) -> str:
    """What tells one state of all that is listed from another, but for models and datasets; quick."""
    return store.lists_version(*KINDS)


@dataclass(frozen=True)
class ListChoices:
    """What a filter of these clips can ask for. values: the texts of each column, NONE where a cell is empty."""

    folders: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def choices(clips: Sequence[ListedClip], columns: Sequence[str]) -> ListChoices:
    """All that occurs, in the order of the alphabet and of numbers. columns: those of the metadata."""
    return ListChoices(
        folders=tuple(sorted({clip.folder for clip in clips})),
        models=tuple(sorted({model for clip in clips for model in clip.models})),
        datasets=tuple(sorted({name for clip in clips for name in clip.datasets})),
        tags=tuple(sorted({tag for clip in clips for tag in clip.tags}, key=str.casefold)),
        values={name: tuple(sorted({clip.cells.get(name, NONE) for clip in clips}, key=by_number)) for name in columns},
    )


def by_number(text: str) -> tuple[float, str]:
    """What sorts numbers by their size, before other texts."""
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number, text.casefold()


def short_folders(folders: Iterable[str]) -> dict[str, str]:
    """What each folder is called: its path from the last folder on that all have in common. "" stays empty."""
    paths = sorted({folder for folder in folders if folder})
    try:
        common = PurePath(os.path.commonpath(paths)) if paths else PurePath()
    except ValueError:  # on several drives
        common = PurePath()
    whole = not common.name  # nothing in common but the root
    names = {path: path if whole else PurePath(path).relative_to(common.parent).as_posix() for path in paths}
    return {"": "", **names}


@dataclass(frozen=True)
class ClipFilter:
    """What a clip has to be; what is not asked for is left as it is by default. All must hold.

    text: part of one of its names. folders: one of them, by its short name. analysed, unanalysed: a model that
    predicted it, or did not; ANY for any. datasets: one of them that contains it, NONE for none. tags: all of them.
    cells: of each column one of these texts, NONE for an empty cell. added: [from, to) in epoch seconds.
    """

    text: str = ""
    folders: tuple[str, ...] = ()
    analysed: str = ""
    unanalysed: str = ""
    labelled: bool | None = None
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cells: tuple[tuple[str, tuple[str, ...]], ...] = ()
    shortest_s: float = 0.0
    longest_s: float = math.inf
    added: tuple[float, float] = (0.0, math.inf)

    def chosen(self, clips: Iterable[ListedClip]) -> list[ListedClip]:
        """The clips that pass, in the order in which they come."""
        text = self.text.strip().casefold()
        return [clip for clip in clips if self._passes(clip, text)]

    def _passes(self, clip: ListedClip, text: str) -> bool:
        row = clip.row
        return (
            (not text or any(text in name.casefold() for name in row.names))
            and self.shortest_s <= row.duration_s <= self.longest_s
            and self.added[0] <= row.added < self.added[1]
            and (self.labelled is None or clip.labelled == self.labelled)
            and (not self.folders or clip.folder in self.folders)
            and (not self.analysed or _predicted(clip, self.analysed))
            and (not self.unanalysed or not _predicted(clip, self.unanalysed))
            and (not self.datasets or _is_of(clip.datasets, self.datasets))
            and all(tag in clip.tags for tag in self.tags)
            and all(clip.cells.get(column, NONE) in texts for column, texts in self.cells)
        )


def _predicted(clip: ListedClip, model: str) -> bool:
    return bool(clip.models) if model == ANY else model in clip.models


def _is_of(names: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(name in wanted for name in names) or (not names and NONE in wanted)
