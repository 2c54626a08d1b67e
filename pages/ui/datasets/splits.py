"""The parts of Datasets that part a set: what a group is, the folds, and near-duplicates that must stay together."""

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
    "folds": "Folds by group",
    "leave one group out": "Leave one group out",
    "given": "The split it came with",
}
OWN = "A pattern of your own"
PAIRS = 12
LOOK = (
    "Clips that were encoded anew, resized or slightly trimmed are told by how their pictures look. Found once, "
    "the result is kept. A near-duplicate in training and test makes a score look better than it is."
)


def panel(entry: DatasetEntry, dataset: Dataset) -> None:
    """Groups, folds and the button that keeps them."""
    theme.section(
        "What belongs together",
        "Clips of one group share people, place or recording. No group is torn: what is tested was never trained on.",
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
    with st.expander(f"See the {formatting.count(len(set(groups)), 'group')}", icon=":material/workspaces:"):
        st.dataframe(tables.grouped(dataset, groups), hide_index=True, width="stretch", height=320)
    theme.section("How it is split", "Each fold trains on some groups and is tested on others it never saw.")
    _folds(entry, dataset, grouping, joins)


def _joins(entry: DatasetEntry) -> tuple[tuple[int, int], ...]:
    """Which pairs of clips stay together: as set in this session, at first as the set's split has them."""
    told = state.remembered(f"sets.joins.{entry.key}", None)
    if told is not None:
        return told
    kept = state.store().split_keys(entry.key)
    return state.store().read(kept[0], Split).joins if kept else ()


def _grouping(entry: DatasetEntry, dataset: Dataset) -> Grouping | None:
    """The grouping that was chosen; None while a pattern is still to be typed."""
    offers = {f"{one.title} · {formatting.count(one.count, 'group')}": one for one in cache.offers(entry)}
    chosen = st.radio("A group is told by", [*offers, OWN], 0, key=f"sets.grouping.{entry.key}")
    if chosen in offers:
        offer = offers[chosen]
        if offer.grouping.by != "clip":
            st.caption(f"For example {theme.plain(formatting.listed(offer.examples))}.")
        else:
            st.caption("Choose this only if no two clips show the same person, place or recording.")
        return offer.grouping
    text = st.text_input(
        "Pattern",
        key=f"sets.pattern.{entry.key}",
        placeholder="^(?P<group>[^_]+)_",
        help="A regular expression, searched in the clip's name without its ending; with a / in it, in the whole path. "
        "Its part named group counts. gNN is short for UCF101's groups.",
    )
    try:
        return datasets.grouping_of(text.strip()) if text.strip() else None
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None


def _folds(entry: DatasetEntry, dataset: Dataset, grouping: Grouping, joins: tuple) -> None:
    """The folds as they would be, and the button that keeps them."""
    given = any(item.split == "test" for item in dataset.items)
    options = [method for method in METHODS if given or method != "given"]
    left, middle, right = st.columns([4, 2, 2])
    method = left.selectbox("Method", options, len(options) - 1 if given else 0, METHODS.__getitem__, key="sets.method")
    count = int(middle.number_input("Folds", 2, 100, 5, key="sets.folds", disabled=method != "folds"))
    seed = int(right.number_input("Seed", 0, 10_000, 0, key="sets.seed", help="Another seed draws other groups."))
    try:
        split = cache.drawn_split(entry, grouping, method, count, seed, joins)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    st.plotly_chart(tables.fold_bars(split, dark=state.is_dark()), key="sets.fold-bars", config=figures.QUIET)
    with st.expander("The folds one by one", icon=":material/table_rows:"):
        st.dataframe(tables.folds(split), hide_index=True, width="stretch")
    _warnings(dataset, split)
    _save(entry, split, _leaks(entry, split))


def _warnings(dataset: Dataset, split: Split) -> None:
    """What cannot be learned or tested in some fold."""
    found = datasets.gaps(dataset, split)
    if found:
        told = [
            f"{one.file.capitalize()} has no {one.expected}{'' if one.got == 'none' else f': {one.got}'}."
            for one in found[:8]
        ]
        theme.notes((*told, *((f"and {len(found) - 8} more of the kind.",) if len(found) > 8 else ())))


def _leaks(entry: DatasetEntry, split: Split) -> tuple[Pair, ...]:
    """The near-duplicates that the split has on two sides, told."""
    found = importer.duplicates(state.store(), entry.key)
    if found is None:
        st.caption("Near-duplicates were not looked for yet; see the part of that name.")
        return ()
    torn = datasets.leaks(split, found)
    if torn:
        pairs = formatting.count(len(torn), "pair")
        theme.notes(
            (f"{pairs} of clips that look alike stand on two sides of a fold. See Near-duplicates to join them.",)
        )
    return torn


def _save(entry: DatasetEntry, split: Split, torn: tuple[Pair, ...]) -> None:
    """The button that makes this split the one of the set."""
    key = datasets.split_key(split)
    kept = state.store().split_keys(entry.key)
    if kept and kept[0] == key:
        st.success("This is the split of the set. Training uses it.", icon=":material/check_circle:")
        return
    agreed = not torn or st.checkbox("These clips are different: split them all the same", key=f"sets.agree.{key}")
    told = "Use this split instead" if kept else "Use this split"
    if button.pressed(told, key="sets.save", type="primary", icon=":material/call_split:", disabled=not agreed):
        state.store().save_split(split, key)
        st.rerun()


# Near-duplicates ------------------------------------------------------------------------------------------------------


def duplicates(entry: DatasetEntry, dataset: Dataset) -> None:
    """Clips that look alike, and which of them must stay in one group."""
    key = importer.duplicates_key(entry.key)
    task = (importer.find_duplicates, state.store(), entry.name)
    if not job_panel.ready(key, "Look for near-duplicates", *task, noun="clip", about=LOOK):
        return
    found = importer.duplicates(state.store(), entry.key)
    if found is None:
        st.rerun()
    if found.left:
        theme.notes(
            (f"{formatting.number(found.left)} pairs were not compared: too many clips look alike at first sight.",)
        )
    if not found.pairs:
        theme.empty("No two clips look alike", "Nothing needs to be joined.")
        return
    theme.section(
        f"{formatting.count(len(found.pairs), 'pair')} of clips that look alike",
        "Are they one recording? Then keep them in one group, so that no split parts them.",
    )
    _join_all(entry, found.pairs)
    shown = state.remembered(f"sets.pairs.{entry.key}", PAIRS)
    for pair in found.pairs[:shown]:
        _pair(entry, dataset, pair)
    if len(found.pairs) > shown:
        st.button(
            "Show more pairs", icon=":material/expand_more:", on_click=state.remember,
            args=(f"sets.pairs.{entry.key}", shown * 2),
        )  # fmt: skip


def _join_all(entry: DatasetEntry, pairs: tuple[Pair, ...]) -> None:
    joins = _joins(entry)
    every = tuple((pair.first, pair.second) for pair in pairs)
    with st.container(horizontal=True):
        st.button(
            "Keep all together",
            icon=":material/join_inner:",
            disabled=set(joins) >= set(every),
            on_click=state.remember,
            args=(f"sets.joins.{entry.key}", every),
        )
        st.button(
            "Keep none together", disabled=not joins, on_click=state.remember, args=(f"sets.joins.{entry.key}", ())
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
            "The same bytes." if pair.same else f"Their pictures agree to {formatting.per_cent(1 - pair.picture)}."
        )
        together = rest.toggle("Keep in one group", ends in joins, key=f"sets.join.{entry.key}.{ends}.{ends in joins}")
    if together != (ends in joins):
        others = tuple(one for one in joins if one != ends)
        state.remember(f"sets.joins.{entry.key}", (*others, ends) if together else others)
        st.rerun()
