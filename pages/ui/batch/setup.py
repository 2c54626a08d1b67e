"""A new batch: which clips, which model, and what is done to the clips first."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Recipe
from core.workflows import batches, clip_files, models, watched_folders
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.pickers import clip_paths

SELECTED = "batch.clips"  # what other pages hand over, as digests
PANEL = "batch"  # of messages
SELECTION, LIBRARY, FOLDER = "Selected clips", "All clips of the library", "A folder"
OWN, NONE = "Each clip's own", "None"


def selected() -> tuple[str, ...]:
    """The clips that were selected on another page."""
    known = state.store().clip_names() if state.remembered(SELECTED, ()) else {}
    return tuple(digest for digest in state.remembered(SELECTED, ()) if digest in known)


def show(*, opened: bool) -> None:
    """The form."""
    known = state.models()
    with st.expander("New batch", expanded=opened, icon=":material/add_circle:"):
        if not known:
            theme.empty("No models found", "Restore the models/ folder of the program, then reload this page.")
            return
        left, right = st.columns([3, 2], gap="large")
        with left:
            source = _source()
            items = _items(source)
        with right:
            names = list(known)
            model = st.selectbox(
                "Model", names, names.index(models.DEFAULT_MODEL) if models.DEFAULT_MODEL in names else 0,
                lambda name: known[name].title, key="batch.model",
            )  # fmt: skip
            recipes = state.store().recipes()
            recipe = st.selectbox(
                "Preparation", [OWN, NONE, *recipes], key="batch.recipe",
                help="Steps that are applied to each clip before the model looks at it. They are laid out on Prepare.",
            )  # fmt: skip
        flash.show(PANEL)
        st.button(
            _begin_text(source, len(items)), type="primary", icon=":material/play_arrow:", key="batch.begin",
            disabled=source != FOLDER and not items,
            on_click=_begin, args=(source, items, model, _recipe(recipe, recipes)),
        )  # fmt: skip


def _begin_text(source: str, count: int) -> str:
    if source == FOLDER:
        return "Analyse this folder"
    return f"Analyse {formatting.count(count, 'clip')}"


def _source() -> str:
    """Where the clips are from."""
    chosen, whole = selected(), len(_library())
    sources = [*([SELECTION] if chosen else []), LIBRARY, FOLDER]
    counts = {SELECTION: len(chosen), LIBRARY: whole}
    return st.radio(
        "Clips", sources, key=f"batch.source.{len(sources)}",
        format_func=lambda name: f"{name} ({formatting.number(counts[name])})" if name in counts else name,
    )  # fmt: skip


def _items(source: str) -> tuple[str, ...]:
    """The clips of a source, as far as they are known before the button is pressed."""
    if source == FOLDER:
        st.text_input(
            "Folder", key="batch.folder", placeholder="/home/me/videos or s3://bucket/videos",
            help="All clips in it and its subfolders are added to the library and analysed. The files stay in place.",
        )  # fmt: skip
        st.checkbox(
            "Watch this folder", key="batch.watch",
            help="New clips in it are added and analysed as soon as they are complete, until you stop watching.",
        )  # fmt: skip
        return ()
    if source == LIBRARY and (left_out := len(state.store().clip_names()) - len(_library())):
        st.caption(f"Left out: {formatting.count(left_out, 'clip')} that came with datasets.")
    return selected() if source == SELECTION else _library()


def _library() -> tuple[str, ...]:
    others = cache.only_in_datasets()
    return tuple(digest for digest in state.store().digests() if digest not in others)


def _recipe(name: str, recipes: dict[str, Recipe]) -> Recipe | None:
    if name == OWN:
        return None
    return recipes.get(name, Recipe())


def _begin(source: str, items: tuple[str, ...], model: str, recipe: Recipe | None) -> None:
    """Keep the batch and begin its job: a callback."""
    try:
        if source == FOLDER and state.widget("batch.watch"):
            folder = clip_files.folder_typed(state.widget("batch.folder") or "")
            state.remember("batch.shown", watched_folders.begin(state.store(), folder, model, recipe).name)
            return
        if source == FOLDER:
            items = tuple(clip_paths.clips_typed(state.widget("batch.folder") or ""))
        batch = batches.begin(state.store(), items, model, recipe)
    except (AnalysisError, OSError) as error:
        flash.keep(PANEL, error, hint="Check the path and its permissions.")
        return
    state.remember(SELECTED, ())
    submit(batch)


def submit(batch: batches.Batch) -> None:
    """Begin the job of a batch, or go on with it."""
    state.remember("batch.shown", batch.name)
    title = f"Analyse {formatting.count(len(batch.items), 'clip')}"
    engine = state.settings().engine
    state.submit(batches.job_key(batch), title, batches.run, state.store(), batch, engine, again=lambda: state.CONTINUE)
