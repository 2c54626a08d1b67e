"""Taking labelled sets in: from a path, an upload or drawn by the program; what a check found, and the user's word."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset
from core.domain.jobs import Job
from core.workflows import datasets
from core.workflows.datasets import importer
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.datasets import tables

FIND_OUT = "Find out"
LISTED = ("ucf", "hmdb", "mstcn")
IMPORT, MADE = "import-", importer.MADE_KEY
SIZES = {(12, 2): "144 clips, enough to learn from", (4, 1): "24 clips, to see how it works"}  # scenes, clips of each


def panel(*, opened: bool) -> None:
    """The ways to add a labelled set."""
    with st.expander("Add a labelled set", expanded=opened, icon=":material/library_add:"):
        left, right = st.columns([9, 4], gap="large")
        with left:
            _by_place()
        with right:
            _made()
    told = state.remembered("sets.problem", ())
    if told:
        theme.problem(*told)
        state.remember("sets.problem", ())


def _by_place() -> None:
    """A path or an upload, its layout, and the button that begins the check."""
    turn = state.remembered("sets.turn", 0)
    upload = st.file_uploader(
        "Upload a zip or a table",
        type=["zip", "csv", "tsv"],
        key=f"sets.upload.{turn}",
        help="A zip of a folder with the clips in it, or a CSV table that names clips on this machine.",
    )
    path = st.text_input(
        "Or a path on this machine",
        key=f"sets.path.{turn}",
        placeholder="/home/me/actions, a zip or a CSV table",
        help="The clips stay where they are. Best for large sets.",
    )
    forms: tuple[datasets.Form, ...] = get_args(datasets.Form)
    form = st.selectbox("Layout", forms, 0, lambda name: datasets.FORMS.get(name, FIND_OUT), key="sets.form")
    source = datasets.Source(path=path.strip().strip("\"'"), form=form, **_details(form))
    if button.pressed("Check this set", key="sets.check", type="primary", icon=":material/fact_check:"):
        _begin(source, upload)
        state.remember("sets.turn", turn + 1)
        st.rerun()


def _details(form: datasets.Form) -> dict:
    """What a layout needs to be told besides the path."""
    details: dict = {}
    if form in LISTED:
        details["split"] = int(st.number_input("Which of the numbered splits", 1, 99, 1, key="sets.split"))
    if form in ("csv", "labels", *LISTED):
        details["clips"] = st.text_input(
            "Folder of the clips, if they lie elsewhere", key="sets.clips", placeholder="/home/me/clips"
        ).strip()
    if form == "mstcn":
        details["every"] = int(st.number_input("A label for every so many frames", 1, 30, 1, key="sets.every"))
    if form in ("csv", "labels"):
        details["watched"] = _watched()
    if form == "csv":
        with st.expander("The columns have other names"):
            columns = {
                meaning: st.text_input(meaning, key=f"sets.column.{meaning}").strip() for meaning in datasets.MEANINGS
            }
        details["columns"] = tuple((meaning, header) for meaning, header in columns.items() if header)
    return details


def _watched() -> bool:
    """What is known between the labelled stretches of a clip."""
    options = {
        False: "nothing is known: nobody may have looked",
        True: "nothing happens: all of it was watched",
    }
    return bool(
        st.radio("Between the labelled stretches of a clip", list(options), 0, options.__getitem__, key="sets.watched")
    )


def _begin(source: datasets.Source, upload) -> None:
    """Begin to check what was given, or say why not."""
    try:
        if upload is not None:
            kept = state.store().keep_import(upload, upload.name)
            source = replace(source, path=str(kept), name=Path(upload.name).stem)
        if not source.path:
            raise AnalysisError("Neither a file nor a path was given.", "Upload a zip or a table, or type a path.")
        key = importer.import_key(source)
        importer.drop(state.store(), key)
        name = source.name or Path(source.path).name
        state.runner().submit(IMPORT + key, f"Check {name}", importer.check, state.store(), source)
        _follow(IMPORT + key)
    except AnalysisError as error:
        state.remember("sets.problem", (str(error), error.hint))


def _made() -> None:
    """The button that draws the made set."""
    st.markdown("**Nothing at hand?**")
    st.caption(
        "Short clips drawn by this program: a light that crosses, grows or turns, each way. The two classes of a pair "
        "differ in nothing but the order of their frames."
    )
    size = st.radio("How much of it", list(SIZES), 0, SIZES.__getitem__, key="sets.size", label_visibility="collapsed")
    if button.pressed("Make the sample set", key="sets.made", icon=":material/shapes:"):
        state.runner().submit(MADE, "Make the sample set", importer.make_set, state.store(), *size)
        _follow(MADE)
        st.rerun()


def _follow(key: str) -> None:
    followed = state.remembered("sets.keys", ())
    state.remember("sets.keys", (*(one for one in followed if one != key), key))


def _forget(key: str) -> None:
    state.remember("sets.keys", tuple(one for one in state.remembered("sets.keys", ()) if one != key))


def progress() -> bool:
    """The checks under way, those that ended badly, and those that wait for a word; whether there are any."""
    runner = state.runner()
    keys = [job.key for job in state.store().jobs() if job.active and (job.key.startswith(IMPORT) or job.key == MADE)]
    followed = state.remembered("sets.keys", ())
    jobs = [job for key in dict.fromkeys((*followed, *keys)) if (job := runner.job(key)) is not None]
    for job in jobs:
        if job.active:
            job_panel.watch(job.key, noun="clip")
        elif job.state == "done":
            _forget(job.key)
        else:
            _ended(job)
    waiting = state.store().keys("import")
    for key in waiting:
        _agreement(key)
    return bool(waiting) or any(job.active for job in jobs)


def _ended(job: Job) -> None:
    """Say why a check gave nothing, until that is closed."""
    column, button = st.columns([8, 1], vertical_alignment="center")
    with column:
        if job.state == "cancelled":
            st.info(f"{theme.plain(job.title)}: stopped. Nothing was taken in.", icon=":material/cancel:")
        else:
            theme.problem(job.error or f"{job.title} did not end.", job.hint)
    button.button("Close", key=f"close.{job.key}", on_click=_forget, args=(job.key,))


# What a check found ---------------------------------------------------------------------------------------------------


def _agreement(key: str) -> None:
    """What a check found, and the buttons to take the set in or to forget it."""
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
            name = st.text_input("Name of the set", value=dataset.name, key=f"name.{key}")
            title = "Take in what can be used" if lost else "Take this set in"
            agreed = button.pressed(title, key=f"keep.{key}", type="primary", disabled=not dataset.items)
            if button.pressed("Forget it", key=f"drop.{key}"):
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
            f"{formatting.count(lost, 'thing')} would be left out" if lost else "nothing would be left out",
            dataset.source,
        )
    )
    if lost:
        st.caption(
            "The set is not taken in before you agree. Mend it and check it again, or go on without what is told."
        )


def _keep(key: str, name: str) -> None:
    try:
        state.remember("sets.name", importer.keep(state.store(), key, name))
    except AnalysisError as error:
        state.remember("sets.problem", (str(error), error.hint))
    st.rerun()
