"""What can be done with a clip behind a number, or with several: choose another label, exclude it, tag it."""

from collections.abc import Sequence

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Case, Dataset, Item
from core.workflows import dataset_versions
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import flash, formatting, theme
from pages.ui.evaluate.label_changes import pending

OVER_TIME = "Labels over time are corrected on the Label page. The clip can be excluded here."


def for_clip(key: str, case: Case) -> None:
    """The controls for one clip of an evaluation; nothing where its dataset is gone."""
    known = pending.dataset_of(key)
    if known is not None:
        entry, dataset = known
        _controls(entry, dataset, pending.items_of(key, dataset, (case,)), at="watch")


def for_list(key: str, cases: Sequence[Case], at: str) -> None:
    """A button that opens the controls for several clips of a list. at: the name of the place on the page."""
    box = st.popover(
        "Change several", icon=":material/edit:", on_change="rerun", key=f"changes.several.{at}",
        help="Choose another label for several of these clips, exclude or tag them.",
    )  # fmt: skip
    known = pending.dataset_of(key) if box.open else None
    if known is None:
        return
    entry, dataset = known
    items = pending.items_of(key, dataset, cases)
    with box:
        chosen = st.multiselect(
            "Clips", range(len(items)), format_func=lambda index: items[index].path, key=f"changes.clips.{key}.{at}",
            placeholder=f"Choose clips ({formatting.number(len(items))} shown)",
        )  # fmt: skip
        if chosen:
            _controls(entry, dataset, tuple(items[index] for index in chosen), at=at)


def _controls(entry: DatasetEntry, dataset: Dataset, items: Sequence[Item], *, at: str) -> None:
    """Label, exclusion and tags of clips."""
    made = [pending.change_of(entry, item) for item in items]
    name = f"changes.{at}.{entry.key}.{items[0].video[:16]}.{len(items)}.{hash(tuple(made))}"
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"changes-{at}"):
        if all(item.label for item in items):
            _label(entry, dataset, items, name)
        if all(change is not None and not change.label for change in made):
            st.button(
                "Include again", icon=":material/undo:", key=f"{name}.include", on_click=pending.undo,
                args=(entry, items),
            )  # fmt: skip
        else:
            st.button(
                "Exclude", icon=":material/block:", key=f"{name}.exclude", on_click=pending.change_items,
                args=(entry, items, ""), help="Leaves the clip out of the new version of the dataset.",
            )  # fmt: skip
        _tags(items, f"changes.{at}.tags.{items[0].video[:16]}.{len(items)}")
    if not all(item.label for item in items):
        st.caption(OVER_TIME)
    if count := len(pending.changes(entry)):
        title = dataset_versions.titles(state.store())[entry.name]
        st.caption(f"{formatting.count(count, 'change')} to {theme.plain(title)}, not saved yet.")


def _label(entry: DatasetEntry, dataset: Dataset, items: Sequence[Item], name: str) -> None:
    """The labels of the dataset, and new ones; none is selected where several clips have different ones."""
    made = [pending.change_of(entry, item) for item in items]
    now = {change.label if change and change.label else item.label for item, change in zip(items, made, strict=True)}
    typed = [change.label for change in pending.changes(entry) if change.label]
    labels = list(dict.fromkeys((*dataset.labels, *typed)))
    st.selectbox(
        "Label", labels, labels.index(next(iter(now))) if len(now) == 1 else None, key=f"{name}.label", width=260,
        accept_new_options=True, placeholder="Choose a label", on_change=_relabel, args=(entry, items, f"{name}.label"),
        help="Choose another label, or type a new one.",
    )  # fmt: skip


def _relabel(entry: DatasetEntry, items: Sequence[Item], widget: str) -> None:
    if label := " ".join((state.widget(widget) or "").split()):
        pending.change_items(entry, items, label)


def _tags(items: Sequence[Item], name: str) -> None:
    """The tags of one clip, or a tag that several get; written at once."""
    store = state.store()
    tags = store.tags()
    known = sorted({tag for own in tags.values() for tag in own}, key=str.casefold)
    digests = tuple(dict.fromkeys(item.video for item in items))
    if len(digests) == 1:
        st.multiselect(
            "Tags", known, tags.get(digests[0], ()), key=f"{name}.{store.metadata_revision()}", width=260,
            accept_new_options=True, placeholder="Add a tag", on_change=_set_tags,
            args=(digests[0], f"{name}.{store.metadata_revision()}"),
        )  # fmt: skip
        return
    st.selectbox(
        "Tag", known, None, key=f"{name}.{store.metadata_revision()}", width=200, accept_new_options=True,
        placeholder="Add a tag to all", on_change=_add_tag, args=(digests, f"{name}.{store.metadata_revision()}"),
        help="Tags are those of the Library.",
    )  # fmt: skip


def _set_tags(digest: str, widget: str) -> None:
    """Write the tags of a clip as they are chosen; a callback."""
    store, chosen = state.store(), state.widget(widget) or ()
    now = store.tags().get(digest, ())
    try:
        for tag in chosen:
            if tag not in now:
                store.add_tag((digest,), tag)
        for tag in now:
            if tag not in chosen:
                store.remove_tag((digest,), tag)
    except AnalysisError as error:
        flash.keep(pending.PANEL, error)


def _add_tag(digests: tuple[str, ...], widget: str) -> None:
    """Give several clips a tag; a callback."""
    try:
        state.store().add_tag(digests, state.widget(widget) or "")
    except AnalysisError as error:
        flash.keep(pending.PANEL, error)
