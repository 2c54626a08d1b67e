"""Selected frames as a ZIP file of PNG pictures with a table of their times and labels."""

from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError, RecipeInvalid, ResultMissing
from core.domain import Recipe, VideoInfo
from core.workflows import frames, predictions
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.common.jobs import job_panel
from pages.ui.frames import contact_sheet

WAYS = {"ticked": "Ticked frames", "every": "Every n-th frame", "shots": "One per shot"}


def show(info: VideoInfo) -> None:
    """Which frames, as they are or after the recipe, and the file of them."""
    theme.section("Export frames", "Full-size PNG files with a table of index, time and label.")
    way = st.segmented_control(
        "Frames",
        list(WAYS),
        default="ticked",
        key="export.way",
        required=True,
        format_func=WAYS.__getitem__,
        label_visibility="collapsed",
    )
    indices = _chosen(info, str(way))
    recipe = _recipe(info)
    try:
        shown = frames.shown_by(recipe, info, indices) if recipe.steps else indices
    except RecipeInvalid as error:
        theme.problem(str(error), error.hint)
        return
    if len(shown) < len(indices):
        st.caption(
            f"The recipe keeps {formatting.number(len(shown))} of these {formatting.number(len(indices))} frames."
        )
    if shown:
        _file(info, shown, recipe)


def _chosen(info: VideoInfo, way: str) -> tuple[int, ...]:
    """The indices of the frames, rising; nothing, with advice, where none is chosen."""
    if way == "every":
        many = st.number_input(
            "Interval in frames",
            1,
            max(1, info.frame_count),
            max(1, info.frame_count // 24),
            key="export.every",
            width=200,
        )
        return tuple(range(0, info.frame_count, int(many)))
    if way == "shots":
        if state.store().has(frames.quality_key(info.digest)):
            return tuple(index for index, _ in frames.of_shots(cache.quality(info.digest)))
        st.caption("Shots have not been detected yet: run “Check all frames” first.")
        return ()
    return _ticked(info)


def _ticked(info: VideoInfo) -> tuple[int, ...]:
    """The frames that were ticked, with buttons to add the one on screen and to begin anew."""
    ticked, here = contact_sheet.ticked(info), state.position(info, state.moment_s(info))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Add frame {here}", icon=":material/add:", key="tick.here", disabled=here in ticked,
            on_click=contact_sheet.tick, args=(info, tuple(sorted({*ticked, here}))),
        )  # fmt: skip
        st.button(
            "Clear",
            icon=":material/close:",
            key="tick.none",
            disabled=not ticked,
            on_click=contact_sheet.tick,
            args=(info, ()),
        )
    if not ticked:
        st.caption("No frames selected. Tick frames on the contact sheet, or add the current frame.")
    else:
        named = formatting.listed(formatting.number(index) for index in ticked[:8])
        st.caption(f"{formatting.count(len(ticked), 'frame')}: {named}{' and more' if len(ticked) > 8 else ''}.")
    return ticked


def _recipe(info: VideoInfo) -> Recipe:
    """The recipe that the pictures go through; an empty one leaves them as they are."""
    recipe = state.recipe()
    if recipe.steps and st.toggle("Apply the recipe", key="export.after", help=formatting.preparation(recipe, info)):
        return recipe
    return Recipe()


def _file(info: VideoInfo, indices: tuple[int, ...], recipe: Recipe) -> None:
    """The file where it is made, else the button that makes it."""
    labels = _labels(info, indices)
    key = frames.export_key(info.digest, indices, recipe, labels)
    many = formatting.count(len(indices), "frame")
    job = (frames.make_export, state.store(), info.digest, indices, recipe, labels)
    if not job_panel.ready(key, f"Make a ZIP of {many}", *job, noun="picture"):
        return
    path = state.store().file_path(key)
    name = formatting.file_name(Path(state.store().entry(info.digest).name).stem, "-frames.zip")
    downloads.stored(f"Download {many}, {formatting.size(path.stat().st_size)}", key, name)
    if not any(labels):
        st.caption("To include labels in the table, analyse the clip on the Timeline first.")


def _labels(info: VideoInfo, indices: tuple[int, ...]) -> tuple[str, ...]:
    """The label at each frame where a prediction of the chosen model is stored; else empty ones."""
    card, none = state.chosen_model(), ("",) * len(indices)
    if card is None:
        return none
    if not state.store().has(
        predictions.prediction_key(state.store(), info.digest, state.recipe(), card, state.settings().engine)
    ):
        return none
    try:
        segments = cache.analysis(info.digest, card.name).track.segments
    except (AnalysisError, ResultMissing):
        return none
    moments_s = [float(info.times_s[index]) for index in indices]
    return tuple(
        next((segment.label for segment in segments if segment.start_s <= moment_s < segment.stop_s), "")
        for moment_s in moments_s
    )
