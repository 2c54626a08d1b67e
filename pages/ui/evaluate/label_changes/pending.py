"""The changes to a dataset that were made in this session: each can be undone, all are saved as a new version."""

from collections.abc import Iterable, Sequence

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Case, Dataset, DatasetVersion, Item, LabelChange
from core.workflows import dataset_versions
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import button

PANEL = "evaluate.changes"  # of error messages
SAVED = "evaluate.version"  # what is remembered: the dataset that was changed, and the name of its new version
MOST_LISTED = 50


def dataset_of(key: str) -> tuple[DatasetEntry, Dataset] | None:
    """The dataset of an evaluation; None where it was deleted, or changed since."""
    results = cache.evaluation(key)
    content = (results.dataset, results.origin.dataset_key)
    entry = next((entry for entry in state.store().datasets() if (entry.name, entry.key) == content), None)
    dataset = cache.dataset(entry) if entry else None
    return (entry, dataset) if entry and dataset else None


def items_of(key: str, dataset: Dataset, cases: Iterable[Case]) -> tuple[Item, ...]:
    """The items of a dataset that cases of an evaluation belong to, each once."""
    numbers = cache.evaluation(key).items
    return tuple(dict.fromkeys(dataset.items[int(numbers[case.unit])] for case in cases))


def changes(entry: DatasetEntry) -> tuple[LabelChange, ...]:
    """The changes that are not saved yet, in the order in which they were made."""
    return state.remembered(_name(entry), ())


def change_of(entry: DatasetEntry, item: Item) -> LabelChange | None:
    """The change of a clip, if there is one."""
    return next((change for change in changes(entry) if (change.video, change.path) == (item.video, item.path)), None)


def describe(change: LabelChange) -> str:
    """What a change does to its clip."""
    return f"{change.before} → {change.label}" if change.label else "excluded"


def change_items(entry: DatasetEntry, items: Sequence[Item], label: str) -> None:
    """Note a new label of clips, "" to exclude them; the label that a clip has undoes its change. A callback."""
    state.remember(SAVED, ())
    undo(entry, items)
    made = [LabelChange(item.video, item.path, item.label, label) for item in items if label != item.label or not label]
    state.remember(_name(entry), (*changes(entry), *made))


def undo(entry: DatasetEntry, items: Iterable[Item | LabelChange]) -> None:
    """Forget the changes of clips; a callback."""
    clips = {(item.video, item.path) for item in items}
    state.remember(_name(entry), tuple(kept for kept in changes(entry) if (kept.video, kept.path) not in clips))


def _name(entry: DatasetEntry) -> str:
    return f"evaluate.changes.{entry.name}.{entry.key}"


# The bar --------------------------------------------------------------------------------------------------------------


def bar(key: str) -> None:
    """How many changes there are to the dataset of an evaluation, and the way to save them."""
    flash.show(PANEL)
    known = dataset_of(key)
    if known is None:
        return
    entry, _ = known
    made = changes(entry)
    if not made:
        _saved(entry)
        return
    title = dataset_versions.titles(state.store())[entry.name]
    with st.container(border=True, key="label-changes"):
        with st.container(horizontal=True, vertical_alignment="center"):
            count = formatting.count(len(made), "change")
            st.markdown(f"**{count}** to {theme.plain(title)}, not saved yet", width="stretch")
            st.button(
                "Undo all", icon=":material/undo:", type="tertiary", key="changes.undo", on_click=undo,
                args=(entry, made),
            )  # fmt: skip
            with st.popover("Save as new version", icon=":material/save:", type="primary"):
                _save_form(entry)
        with st.expander("Show changes", icon=":material/rule:"):
            _listed(entry, made)


def _listed(entry: DatasetEntry, made: Sequence[LabelChange]) -> None:
    for index, change in enumerate(made[:MOST_LISTED]):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{theme.plain(change.path)}: **{theme.plain(describe(change))}**", width="stretch")
            st.button("Undo", key=f"changes.undo.{index}", type="tertiary", on_click=undo, args=(entry, (change,)))
    if len(made) > MOST_LISTED:
        st.caption(f"and {formatting.number(len(made) - MOST_LISTED)} more.")


def _save_form(entry: DatasetEntry) -> None:
    """Note and name of the new version, and the button that makes it."""
    st.caption(
        f"“{theme.plain(entry.name)}” is kept with its runs and evaluations. The new version has the same split for "
        "the clips that stay."
    )
    note = st.text_area("Note", key="changes.note", placeholder="What was checked, and why", height=80)
    author = st.text_input("Your name", state.remembered("label.author", ""), key="changes.author", placeholder="Ann")
    if button.pressed("Save version", type="primary", key="changes.save", icon=":material/save:"):
        _save(entry, note or "", author or "")
        st.rerun()


def _save(entry: DatasetEntry, note: str, author: str) -> None:
    """Save a version with the changes, or keep why that failed."""
    if author.strip():
        state.remember("label.author", author.strip())
    try:
        made = dataset_versions.save_version(state.store(), entry.name, changes(entry), note=note, author=author)
    except AnalysisError as error:
        flash.keep(PANEL, error)
        return
    state.remember(_name(entry), ())
    state.remember(SAVED, (entry.name, made.name))


def _saved(entry: DatasetEntry) -> None:
    """The version that was saved last from this dataset, and where to go on."""
    before, name = state.remembered(SAVED, ()) or ("", "")
    version: DatasetVersion | None = state.store().dataset_versions().get(name)
    if before != entry.name or version is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="version-saved"):
        count = formatting.count(len(version.changes), "change")
        st.success(f"Saved as **{theme.plain(name)}** with {count}.", icon=":material/check_circle:", width="stretch")
        for title, page, icon in (("Train on it", "train", "school"), ("Open in Datasets", "datasets", "dataset")):
            if button.pressed(title, key=f"changes.{page}", icon=f":material/{icon}:"):
                state.keep("sets.name", name)
                state.go(page)
                st.rerun()
