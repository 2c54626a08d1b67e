"""Splitting a dataset: groups, folds, and near-duplicates that must stay together."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset, Grouping, Pair, Split
from core.workflows import datasets
from core.workflows.datasets import importer
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.common.media import thumbnails
from pages.ui.datasets import tables

METHODS: dict[datasets.SplitMethod, str] = {
    "folds": "Cross-validation by group",
    "leave one group out": "Leave one group out",
    "given": "Original split",
}
OWN = "Custom pattern"
PAIRS = 12
ON_VALIDATION = (
    "The dataset has validation clips and no test clips: scores are computed on the validation clips, and some "
    "training groups are held out for early stopping."
)
LOOK = (
    "Finds clips that were re-encoded, resized or slightly trimmed by comparing their "
    "pictures. The result is stored. A near-duplicate in both training and test data "
    "inflates scores."
)


def panel(entry: DatasetEntry, dataset: Dataset) -> None:
    """Groups, folds and the button that keeps them."""
    theme.section(
        "Groups",
        "Clips of a group share people, location or recording. A group is never divided between "
        "training and test data.",
    )
    grouping = _grouping(entry, dataset)
    if grouping is None:
        return
    joins = _joins(entry)
    try:
        groups = datasets.groups_from(dataset, grouping, joins=joins)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    with st.expander(f"Show {formatting.count(len(set(groups)), 'group')}", icon=":material/workspaces:"):
        st.dataframe(tables.grouped(dataset, groups), hide_index=True, width="stretch", height=320)
    theme.section("Split", "Each fold trains on some groups and is tested on held-out groups.")
    _folds(entry, dataset, grouping, joins, len(set(groups)))


def _joins(entry: DatasetEntry) -> tuple[tuple[int, int], ...]:
    """Which pairs of clips stay together: as set in this session, at first as the set's split has them."""
    stored = state.remembered(f"sets.joins.{entry.key}", None)
    if stored is not None:
        return stored
    kept = state.store().split_keys(entry.key)
    return state.store().read(kept[0], Split).joins if kept else ()


def _grouping(entry: DatasetEntry, dataset: Dataset) -> Grouping | None:
    """The selected grouping; None until a pattern is entered."""
    offers = {f"{offer.title} · {formatting.count(offer.count, 'group')}": offer for offer in cache.offers(entry)}
    chosen = st.radio("Group by", [*offers, OWN], 0, key=f"sets.grouping.{entry.key}")
    if chosen in offers:
        offer = offers[chosen]
        if offer.grouping.by != "clip":
            st.caption(f"Examples: {theme.plain(formatting.listed(offer.examples))}.")
        else:
            st.caption("Choose this only if no two clips share people, location or recording.")
        return offer.grouping
    text = st.text_input(
        "Pattern",
        key=f"sets.pattern.{entry.key}",
        placeholder="^(?P<group>[^_]+)_",
        help=(
            "A regular expression, matched against the clip's file name without its extension, or "
            "against the whole path if it contains a slash. The capture named group identifies the "
            "group. gNN is short for the groups of UCF101."
        ),
    )
    try:
        return datasets.grouping_of(text.strip()) if text.strip() else None
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None


def _folds(entry: DatasetEntry, dataset: Dataset, grouping: Grouping, joins: tuple, groups: int) -> None:
    """The folds as they would be, and the button that keeps them. groups: how many there are."""
    given = any(item.split in ("test", "val") for item in dataset.items)
    options: list[datasets.SplitMethod] = [method for method in METHODS if given or method != "given"]
    left, middle, right = st.columns([4, 2, 2])
    method = left.selectbox("Method", options, len(options) - 1 if given else 0, METHODS.__getitem__, key="sets.method")
    usual = max(2, min(5, groups))
    count = int(middle.number_input("Folds", 2, 100, usual, key=f"sets.folds.{usual}", disabled=method != "folds"))
    seed = int(
        right.number_input("Seed", 0, 10_000, 0, key="sets.seed", help="Random seed for assigning groups to folds.")
    )
    try:
        split = cache.drawn_split(entry, grouping, method, count, seed, joins)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    st.plotly_chart(tables.fold_bars(split, dark=state.is_dark()), key="sets.fold-bars", config=figures.QUIET)
    with st.expander("All folds", icon=":material/table_rows:"):
        st.dataframe(tables.folds(split), hide_index=True, width="stretch")
    if method == "given" and datasets.tests_on_validation(dataset):
        theme.notes((ON_VALIDATION,))
    _warnings(dataset, split)
    _save(entry, split, _leaks(entry, split))


def _warnings(dataset: Dataset, split: Split) -> None:
    """Classes that cannot be trained or tested in a fold."""
    findings = datasets.gaps(dataset, split)
    if findings:
        texts = [
            f"{finding.file.capitalize()} has no {finding.expected}"
            + ("." if finding.got == "none" else f": {finding.got}.")
            for finding in findings[:8]
        ]
        theme.notes((*texts, *((f"and {len(findings) - 8} more.",) if len(findings) > 8 else ())))


def _leaks(entry: DatasetEntry, split: Split) -> tuple[Pair, ...]:
    """A warning about near-duplicates in different parts of a fold."""
    duplicates = importer.duplicates(state.store(), entry.key)
    if duplicates is None:
        st.caption("Near-duplicates have not been searched for yet; see the Near-duplicates view.")
        return ()
    torn = datasets.leaks(split, duplicates)
    if torn:
        pairs = formatting.count(len(torn), "pair")
        theme.notes(
            (f"{pairs} of similar clips are in different parts of a fold. Join them in the Near-duplicates view.",)
        )
    return torn


def _save(entry: DatasetEntry, split: Split, torn: tuple[Pair, ...]) -> None:
    """The button that makes this the split of the dataset."""
    key = datasets.split_key(split)
    kept = state.store().split_keys(entry.key)
    if kept and kept[0] == key:
        st.success("This is the current split of the dataset. Training uses it.", icon=":material/check_circle:")
        return
    agreed = not torn or st.checkbox("These clips are different: keep them in separate groups", key=f"sets.agree.{key}")
    if button.pressed(
        "Use this split", key="sets.save", type="primary", icon=":material/call_split:", disabled=not agreed
    ):
        state.store().save_split(split, key)
        st.rerun()


# Near-duplicates ------------------------------------------------------------------------------------------------------


def duplicates(entry: DatasetEntry, dataset: Dataset) -> None:
    """Clips that look alike, and which of them must stay in one group."""
    key = importer.duplicates_key(entry.key)
    task = (importer.find_duplicates, state.store(), entry.name)
    if not job_panel.ready(key, "Find near-duplicates", *task, noun="clip", about=LOOK):
        return
    pairs = importer.duplicates(state.store(), entry.key)
    if pairs is None:
        st.rerun()
    if pairs.left:
        theme.notes((f"{formatting.number(pairs.left)} pairs were not compared because too many clips are similar.",))
    if not pairs.pairs:
        theme.empty("No near-duplicates found", "No groups need to be joined.")
        return
    theme.section(
        f"{formatting.count(len(pairs.pairs), 'pair')} of similar clips",
        "If they come from the same recording, keep them in one group so that no split separates them.",
    )
    _join_all(entry, pairs.pairs)
    shown = state.remembered(f"sets.pairs.{entry.key}", PAIRS)
    for pair in pairs.pairs[:shown]:
        _pair(entry, dataset, pair)
    if len(pairs.pairs) > shown:
        st.button(
            "Show more pairs", icon=":material/expand_more:", on_click=state.remember,
            args=(f"sets.pairs.{entry.key}", shown * 2),
        )  # fmt: skip


def _join_all(entry: DatasetEntry, pairs: tuple[Pair, ...]) -> None:
    joins = _joins(entry)
    every = tuple((pair.first, pair.second) for pair in pairs)
    with st.container(horizontal=True):
        st.button(
            "Join all pairs",
            icon=":material/join_inner:",
            disabled=set(joins) >= set(every),
            on_click=state.remember,
            args=(f"sets.joins.{entry.key}", every),
        )
        st.button(
            "Separate all pairs", disabled=not joins, on_click=state.remember, args=(f"sets.joins.{entry.key}", ())
        )


def _pair(entry: DatasetEntry, dataset: Dataset, pair: Pair) -> None:
    """Two clips side by side, and whether they stay together."""
    joins = _joins(entry)
    ends = (pair.first, pair.second)
    with st.container(border=True, key=f"pair-{pair.first}-{pair.second}"):
        left, right, rest = st.columns([2, 2, 4], vertical_alignment="center")
        for column, index in ((left, pair.first), (right, pair.second)):
            item = dataset.items[index]
            column.html(thumbnails.small(item.video, item.duration_s))
            column.caption(theme.plain(item.path))
        rest.markdown(
            "Identical files." if pair.same else f"Picture similarity: {formatting.per_cent(1 - pair.picture)}."
        )
        together = rest.toggle("Keep in one group", ends in joins, key=f"sets.join.{entry.key}.{ends}.{ends in joins}")
    if together != (ends in joins):
        others = tuple(join for join in joins if join != ends)
        state.remember(f"sets.joins.{entry.key}", (*others, ends) if together else others)
        st.rerun()
