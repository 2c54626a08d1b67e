"""What a study is about: whose labels, which clips, and the columns that name group and subject."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import streamlit as st

from core.domain.fingerprint import fingerprint
from core.workflows.clips import MIN_SEGMENT_S
from core.workflows.study.groups import NO_GROUP, shown_groups
from core.workflows.study.library.question import LibraryQuestion
from core.workflows.study.library.sources import LabelSource, names_of_clips
from pages.ui import cache, state
from pages.ui.common import theme

NONE = "–"
MOST_VALUES = 40  # of a column that clips can be filtered by
UNNAMED = "an unnamed person"


@dataclass(frozen=True)
class ChosenStudy:
    """The study that is shown. source: whose labels; key: of the columns of its labels.

    names: all clips that were chosen, by digest; digests: those of them that have labels, in the order of their names.
    groups, subjects: of these, by digest; empty where no column was chosen. learned: those that the model learned from.
    """

    source: LabelSource
    key: str
    names: Mapping[str, str]
    digests: tuple[str, ...]
    cells: Mapping[str, Mapping[str, str]]
    group: str
    subject: str
    learned: frozenset[str]

    @cached_property
    def chosen(self) -> str:
        """A name of these clips."""
        return fingerprint(self.digests)

    @cached_property
    def by(self) -> str:
        """A name of the groups and subjects of these clips."""
        return fingerprint(self.group, self.subject, self.groups, self.subjects)

    @cached_property
    def groups(self) -> dict[str, str]:
        """The group of each clip with labels."""
        return {digest: self._cell(digest, self.group) or NO_GROUP for digest in self.digests} if self.group else {}

    @cached_property
    def subjects(self) -> dict[str, str]:
        """The subject of each clip with labels, as far as it has one."""
        cells = {digest: self._cell(digest, self.subject) for digest in self.digests}
        return {digest: cell for digest, cell in cells.items() if cell}

    @cached_property
    def group_names(self) -> tuple[str, ...]:
        """The groups that there are, in the order of comparisons; clips without a value last."""
        return shown_groups(self.groups.values())

    @cached_property
    def compared(self) -> "ChosenStudy":
        """The same without clips that the model was trained on, unless group comparison includes them."""
        if not self.learned or state.kept("study.learned", False):
            return self
        return replace(self, digests=tuple(digest for digest in self.digests if digest not in self.learned))

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The clips without labels."""
        return tuple(sorted(set(self.names) - set(self.digests)))

    def _cell(self, digest: str, column: str) -> str:
        return self.cells.get(digest, {}).get(column, "") if column else ""

    def question(self, **options: Any) -> LibraryQuestion:
        """The same for a worker."""
        return LibraryQuestion(self.digests, self.source, self.group, self.subject, **options)


def choose() -> ChosenStudy | None:
    """The choices in one row; None where there is nothing that has labels."""
    cells, columns = state.store().metadata(), state.store().metadata_columns()
    row = st.columns([5, 3, 3, 3], vertical_alignment="bottom")
    with row[0]:
        source = _source()
    if source is None:
        return None
    with row[1]:
        names = _clips(cells, columns)
    with row[2]:
        group = _column("Group by", "study.group", columns, "Clips are compared by the values of this column.")
    with row[3]:
        about = "Clips of one subject, such as an animal, are pooled before groups are compared."
        subject = _column("Subject", "study.subject", columns, about)
    labelled, key = cache.labelled(source)
    digests = tuple(digest for digest in names if digest in labelled)
    learned = cache.learned_from(source).intersection(digests)
    return ChosenStudy(source, key, names, digests, cells, group, subject, learned)


def _column(title: str, name: str, columns: tuple[str, ...], about: str) -> str:
    """A column of the metadata, remembered; "" for none."""
    options = [NONE, *columns]
    before = state.starting(name, f"{name}.box", "")
    picked = st.selectbox(
        title, options, options.index(before) if before in columns else 0, key=f"{name}.box", help=about,
        disabled=not columns,
    )  # fmt: skip
    column = "" if picked == NONE else str(picked)
    if columns:
        state.keep(name, column)
    return column


# Labels ---------------------------------------------------------------------------------------------------------------


def _source() -> LabelSource | None:
    """Whose labels, and how predictions become segments."""
    options = _sources()
    if not options:
        return None
    names = list(options)
    before = state.starting("study.source", "study.source.box", "")
    if before not in names:
        before = max(names, key=lambda name: len(cache.labelled(LabelSource(*options[name][:2]))[0]))
        state.remember("study.source.start", before)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = st.selectbox(
            "Labels", names, names.index(before), lambda name: options[name][2], key="study.source.box",
            help="Predictions are those that are stored; nothing is analysed on this page.",
        )  # fmt: skip
        state.keep("study.source", str(picked))
        kind, name, _ = options[str(picked)]
        return LabelSource(kind, name) if kind == "annotator" else _predictions(kind, name)


def _sources() -> dict[str, tuple[Any, str, str]]:
    """Kind, name and title of all that gives labels, by a text that is remembered."""
    authors = cache.label_authors()
    options = {f"model {card.name}": ("model", card.name, card.title) for card in state.models().values()}
    for author in authors:
        options[f"annotator {author}"] = ("annotator", author, f"Labels by {author or UNNAMED}")
    if authors:
        for card in state.models().values():
            options[f"corrected {card.name}"] = ("corrected", card.name, f"{card.title}, with corrections")
    return options


def _predictions(kind: Any, name: str) -> LabelSource:
    """How predictions become segments."""
    card = state.models()[name]
    with st.popover("Options", icon=":material/tune:", width="content"):
        own = st.toggle(
            "Recipe of each clip", state.starting("study.recipe", "study.recipe.on", True), key="study.recipe.on",
            help="Uses predictions with the recipe of Prepare that each clip has now; else those without a recipe.",
        )  # fmt: skip
        before = state.starting(f"study.threshold.{name}", f"study.threshold.{name}.at", card.threshold)
        threshold = st.slider(
            "Threshold", 0.0, 1.0, before, 0.05, key=f"study.threshold.{name}.at",
            help="Where the best score is below it, nothing is labelled. It begins with that of the model.",
        )  # fmt: skip
        shortest_s = st.slider(
            "Shortest bout, s", 0.0, 5.0, state.starting("study.shortest", "study.shortest.at", MIN_SEGMENT_S), 0.1,
            key="study.shortest.at", help="A shorter bout goes to the neighbour that scores better there.",
        )  # fmt: skip
    state.keep(f"study.threshold.{name}", threshold)
    state.keep("study.shortest", shortest_s)
    state.keep("study.recipe", own)
    return LabelSource(kind, name, own, None if threshold == card.threshold else threshold, shortest_s)


# Clips ----------------------------------------------------------------------------------------------------------------


def _clips(cells: Mapping[str, Mapping[str, str]], columns: tuple[str, ...]) -> dict[str, str]:
    """The clips that were chosen, by digest, in the order of their names."""
    there = names_of_clips({row.digest: row.name for row in cache.clip_rows()})
    of_datasets = cache.only_in_datasets().intersection(there)
    kept = set(there)
    with st.popover("Clips", icon=":material/filter_list:", width="stretch"):
        if 0 < len(of_datasets) < len(there):
            about = "Clips that were imported with a dataset. Clips that you added yourself always take part."
            begun = state.starting("study.datasets", "study.datasets.on", False)
            if not st.toggle("Clips of datasets", begun, key="study.datasets.on", help=about):
                kept -= of_datasets
            state.keep("study.datasets", bool(state.widget("study.datasets.on")))
        for choice in (_tagged(), *(_with_value(column, cells) for column in columns)):
            kept = kept if choice is None else kept & choice
    return {digest: there[digest] for digest in sorted(kept, key=lambda digest: there[digest].casefold())}


def _tagged() -> set[str] | None:
    """The clips with any of the tags that were chosen; None where none was."""
    tags = state.store().tags()
    names = sorted({tag for own in tags.values() for tag in own}, key=str.casefold)
    if not names:
        st.caption("Tags and metadata of clips, by which they can be selected and compared, are added in the library.")
        return None
    wanted = set(_several("Tags", "study.tags", names))
    return {digest for digest, own in tags.items() if wanted.intersection(own)} if wanted else None


def _with_value(column: str, cells: Mapping[str, Mapping[str, str]]) -> set[str] | None:
    """The clips with any of the values of a column that were chosen; None where none was."""
    values = sorted({row[column] for row in cells.values() if column in row}, key=str.casefold)
    if not 1 < len(values) <= MOST_VALUES:
        return None
    wanted = set(_several(column, f"study.filter.{column}", values))
    return {digest for digest, row in cells.items() if row.get(column) in wanted} if wanted else None


def _several(title: str, name: str, options: list[str]) -> tuple[str, ...]:
    before = [option for option in state.starting(name, f"{name}.box", ()) if option in options]
    picked = st.multiselect(theme.plain(title), options, before, key=f"{name}.box", placeholder="All")
    state.keep(name, tuple(picked))
    return tuple(picked)
