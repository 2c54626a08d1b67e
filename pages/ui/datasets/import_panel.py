"""Importing datasets: from a path, an upload or the sample dataset; the result of the check and its confirmation."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset
from core.workflows import datasets
from core.workflows.datasets import importer
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import followed_jobs, job_panel
from pages.ui.datasets import tables

FIND_OUT = "Detect automatically"
LISTED = ("ucf", "hmdb", "mstcn")
TABLES = (".csv", ".tsv")
PANEL = "sets"
IMPORT, MADE = "import-", importer.MADE_KEY
SIZES = {(12, 2): "144 clips, enough for training", (4, 1): "24 clips, for a quick look"}  # scenes, clips of each


def panel(*, opened: bool) -> None:
    """The ways to add a dataset."""
    with st.expander("Import a dataset", expanded=opened, icon=":material/library_add:"):
        left, right = st.columns([9, 4], gap="large")
        with left:
            _by_place()
        with right:
            _made()
    flash.show(PANEL)


def _by_place() -> None:
    """A path or an upload, its layout, and the button that begins the check."""
    turn = state.remembered("sets.turn", 0)
    upload = st.file_uploader(
        "Upload a ZIP file or a table",
        type=["zip", "csv", "tsv"],
        key=f"sets.upload.{turn}",
        help="A ZIP file of a folder with clips, or a CSV table that lists clips on this machine.",
    )
    path = st.text_input(
        "Or enter a path on this machine",
        key=f"sets.path.{turn}",
        placeholder="/home/me/actions, a ZIP file or a CSV table",
        help="The clips stay where they are. Recommended for large datasets.",
    )
    forms: tuple[datasets.SourceForm, ...] = get_args(datasets.SourceForm)
    form = st.selectbox("Layout", forms, 0, lambda name: datasets.FORMS.get(name, FIND_OUT), key="sets.form")
    place = path.strip().strip("\"'")
    source = datasets.Source(path=place, **_details(form, _columns(place, upload)))
    if button.pressed("Check dataset", key="sets.check", type="primary", icon=":material/fact_check:"):
        _begin(source, upload)
        state.remember("sets.turn", turn + 1)
        st.rerun()


def _columns(path: str, upload: Any) -> list[str]:
    """The names of the columns of the table that was given; none where it is no table."""
    if upload is not None:
        first = bytes(upload.getbuffer()[: datasets.MOST_OF_HEADER])
        return datasets.columns(first, upload.name) if upload.name.lower().endswith(TABLES) else []
    if not path.lower().endswith(TABLES):
        return []
    try:
        with open(path, "rb") as file:
            return datasets.columns(file.read(datasets.MOST_OF_HEADER), Path(path).name)
    except OSError:  # the check says what is wrong with it
        return []


def _details(form: datasets.SourceForm, columns: list[str]) -> dict:
    """The options of a layout besides its path, and the layout. columns: of the table that was given."""
    details: dict = {"form": form}
    if form in LISTED:
        details["split"] = int(st.number_input("Split number", 1, 99, 1, key="sets.split"))
    if form in ("csv", "labels", *LISTED):
        details["clips"] = st.text_input(
            "Folder of the clips, if different", key="sets.clips", placeholder="/home/me/clips"
        ).strip()
    if form == "mstcn":
        details["every"] = int(st.number_input("Frames per label", 1, 30, 1, key="sets.every"))
    if form in ("csv", "labels"):
        details["watched"] = _watched()
    if form in ("", "csv") and columns:
        details["columns"] = _meanings(columns)
        details["form"] = "csv" if details["columns"] else form
    return details


def _meanings(columns: list[str]) -> tuple[tuple[str, str], ...]:
    """Which column of a table means what, where its name does not say so."""
    with st.expander("Columns of the table"):
        chosen = {
            meaning: st.selectbox(
                meaning.capitalize(), columns, index=None, placeholder="Detect by name", key=f"sets.column.{meaning}"
            )
            for meaning in datasets.MEANINGS
        }
    return tuple((meaning, column) for meaning, column in chosen.items() if column)


def _watched() -> bool:
    """Whether the time between labelled segments is annotated."""
    options = {
        False: "unknown: not annotated",
        True: "nothing happens: fully annotated",
    }
    return bool(
        st.radio("Between the labelled segments of a clip", list(options), 0, options.__getitem__, key="sets.watched")
    )


def _begin(source: datasets.Source, upload) -> None:
    """Begin to check what was given, or say why not."""
    try:
        if upload is not None:
            kept = state.store().keep_import(upload, upload.name)
            source = replace(source, path=str(kept), name=Path(upload.name).stem)
        if not source.path:
            raise AnalysisError("No file or path was given.", "Upload a ZIP file or a table, or enter a path.")
        followed_jobs.forget_ended(PANEL)
        key = importer.import_key(source)
        importer.drop(state.store(), key)
        name = source.name or Path(source.path).name
        state.submit(IMPORT + key, f"Check {name}", importer.check, state.store(), source)
        followed_jobs.follow(PANEL, IMPORT + key)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def _made() -> None:
    """The button that creates the sample dataset."""
    st.markdown("**No data yet?**")
    st.caption(
        "Short synthetic clips of a light that moves, grows or rotates, in both directions. The "
        "two classes of a pair differ only in the order of their frames."
    )
    size = st.radio("Size", list(SIZES), 0, SIZES.__getitem__, key="sets.size", label_visibility="collapsed")
    if button.pressed("Create the sample dataset", key="sets.made", icon=":material/shapes:"):
        followed_jobs.forget_ended(PANEL)
        state.submit(MADE, "Create the sample dataset", importer.make_set, state.store(), *size)
        followed_jobs.follow(PANEL, MADE)
        st.rerun()


def progress() -> bool:
    """The running and failed checks, and those that wait for confirmation; whether there are any."""
    keys = [job.key for job in state.store().jobs() if job.active and (job.key.startswith(IMPORT) or job.key == MADE)]
    jobs = followed_jobs.jobs(PANEL, keys)
    for job in jobs:
        if job.active:
            job_panel.watch(job.key, noun="clip")
        elif job.state == "done":
            followed_jobs.forget(PANEL, job.key)
        else:
            followed_jobs.ended(PANEL, job, "Not imported")
    waiting = state.store().keys("import")
    for key in waiting:
        _agreement(key)
    return bool(waiting) or any(job.active for job in jobs)


# What a check found ---------------------------------------------------------------------------------------------------


def _agreement(key: str) -> None:
    """The result of a check, with buttons to import or discard the dataset."""
    try:
        dataset = cache.checked(key)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    lost = sum(finding.left_out for finding in dataset.findings)
    with st.container(border=True, key=f"agreement-{key}"):
        _headline(dataset, lost)
        if dataset.findings:
            st.dataframe(tables.findings(dataset.findings), hide_index=True, width="stretch", key=f"found.{key}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", value=dataset.name, key=f"name.{key}")
            title = "Import valid clips" if lost else "Import dataset"
            agreed = button.pressed(title, key=f"keep.{key}", type="primary", disabled=not dataset.items)
            if button.pressed("Discard", key=f"drop.{key}"):
                importer.drop(state.store(), key)
                st.rerun()
    if agreed:
        _keep(key, name)


def _headline(dataset: Dataset, lost: int) -> None:
    usable = formatting.count(len(dataset.items), "clip")
    st.markdown(f"**{theme.plain(dataset.name)}** was checked.")
    theme.facts(
        (
            f"{usable} in {formatting.classes(len(dataset.labels))} can be used",
            f"{formatting.count(lost, 'item')} would be skipped" if lost else "nothing would be skipped",
            dataset.source,
        )
    )
    if lost and dataset.items:
        st.caption(
            "Nothing has been imported yet. Fix the problems and check the dataset again, or import "
            "without the items below."
        )
    elif lost:
        st.caption(
            "No clip can be used. Fix the problems and check the dataset again. If the clips are in another folder, "
            "select the layout of the labels and enter the folder of the clips."
        )


def _keep(key: str, name: str) -> None:
    try:
        state.keep("sets.name", importer.keep(state.store(), key, name))
    except AnalysisError as error:
        flash.keep(PANEL, error)
    st.rerun()
