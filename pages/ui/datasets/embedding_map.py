"""The embedding map of a dataset: which clips a CNN sees as alike, before any network has learned."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset, EmbeddingMap, Split
from core.workflows import training
from core.workflows.experiments import embedding_map
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.common.pickers import backbone_menu
from pages.ui.datasets import embedding_figure

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

USUAL_CNN = "i3d-kinetics400"
AREAS = {"whole": "Whole picture", "middle": "Centre square"}
METHODS = {"t-sne": "t-SNE", "pca": "PCA"}
POINTS = {False: "Clips", True: "Time steps"}
CLASS, GROUP, FOLD = "Class", "Group", "Test fold"
ABOUT = (
    "Clips with similar features lie close together. If classes form clusters, the CNN alone tells them apart. "
    "Missing features are computed first."
)
LISTED = 200


def panel(entry: DatasetEntry, dataset: Dataset) -> None:
    """The choices, the map, and the clips that are selected in it."""
    *columns, menu = st.columns([4, 2, 2, 2, 3], vertical_alignment="bottom")
    backbone, area, method, over_time = _choices(*columns)
    engine, recipe = state.settings().engine, training.view(area, backbone)
    key = embedding_map.map_key(entry.key, recipe, backbone, engine, method, over_time=over_time)
    task = (embedding_map.make_map, state.store(), dataset, key, recipe, backbone, engine, method, over_time)
    at_once = training.gathered(state.store(), dataset, recipe, backbone, engine)
    if job_panel.ready(key, "Create the map", *task, at_once=at_once, about=ABOUT):
        _map(entry, dataset, cache.embedding_map(key), key, menu)


def _choices(
    cnn: "DeltaGenerator", where: "DeltaGenerator", how: "DeltaGenerator", what: "DeltaGenerator"
) -> tuple[str, str, str, bool]:
    """CNN, picture area, method, and whether points are time steps, each chosen in a column."""
    names = backbone_menu.names()
    usual = state.starting("train.cnn", "sets.map.cnn", USUAL_CNN)
    backbone = cnn.selectbox(
        "CNN", names, names.index(usual if usual in names else USUAL_CNN), backbone_menu.title, key="sets.map.cnn"
    )
    kept = state.starting("train.area", "sets.map.area", "whole")
    area = where.selectbox(
        "Picture area", list(AREAS), list(AREAS).index(kept) if kept in AREAS else 0, AREAS.__getitem__,
        key="sets.map.area",
    )  # fmt: skip
    method = how.selectbox(
        "Method", list(METHODS), 0, METHODS.__getitem__, key="sets.map.method",
        help="t-SNE keeps similar clips together; distances between clusters mean little. PCA keeps distances.",
    )  # fmt: skip
    over_time = what.selectbox("Points", list(POINTS), 0, POINTS.__getitem__, key="sets.map.points")
    return backbone, area, method, over_time


def _map(entry: DatasetEntry, dataset: Dataset, made: EmbeddingMap, key: str, menu: "DeltaGenerator") -> None:
    """The map with its colours, which are chosen in `menu`, and the selected clips beside it."""
    split = _split(entry)
    known = embedding_map.classes(dataset, made)
    sources = _sources(entry, dataset, made, split, known)
    st.markdown(_finding(made, known, split))
    names = list(sources)
    chosen = menu.selectbox("Colour", names, key=f"sets.map.colour.{entry.key}.{len(names)}")
    values = sources[chosen]()
    slots = cache.slots(dataset.labels)
    left, right = st.columns([5, 3], gap="medium")
    figure = embedding_figure.scatter(made, dataset, values, slots, dark=state.is_dark())
    with left:
        picked = st.plotly_chart(
            figure, key=f"sets.map.{key}.{chosen}", on_select="rerun", selection_mode=("lasso", "box", "points"),
            config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "autoScale2d"]},
        )  # fmt: skip
        if len(set(made.items.tolist())) < made.clips:
            points, clips = formatting.count(len(made.points), "point"), formatting.count(made.clips, "clip")
            st.caption(f"{points}, drawn evenly from {clips}.")
    with right:
        _selected(dataset, made, known, chosen, values, [point["customdata"] for point in picked.selection.points])


def _split(entry: DatasetEntry) -> Split | None:
    """The split of the dataset, or the suggested one; None where it cannot be split."""
    kept = state.store().split_keys(entry.key)
    try:
        return cache.kept_split(kept[0]) if kept else cache.suggested_split(entry)
    except AnalysisError:
        return None


def _finding(made: EmbeddingMap, known: tuple[str, ...], split: Split | None) -> str:
    """How well classes are told apart, in a sentence."""
    share = embedding_map.agreement(made, known, split.groups) if split else None
    what = "steps" if made.times_s.max() >= 0 else "clips"
    if share is None:
        return "There is one group only, so nearest neighbours of other groups cannot be compared."
    shown = formatting.per_cent(share)
    return f"For **{shown}** of the {what}, the nearest neighbour of another group has the same class."


def _sources(
    entry: DatasetEntry, dataset: Dataset, made: EmbeddingMap, split: Split | None, known: tuple[str, ...]
) -> dict[str, Callable[[], tuple[str, ...]]]:
    """What points may be coloured by: a value for each point."""
    items = made.items.tolist()
    sources: dict[str, Callable[[], tuple[str, ...]]] = {CLASS: lambda: known}
    if split:
        sources[GROUP] = lambda: tuple(split.groups[index] for index in items)
        sources[FOLD] = lambda: embedding_map.test_folds(split, items)
    for run, record in training.all_runs(state.store()).items():
        if record.dataset_key == entry.key and record.scores:
            sources[f"Errors of {record.name}"] = lambda run=run: embedding_map.outcomes(
                made, training.held_out(state.store(), run)
            )
    cells = state.store().metadata()
    for column in state.store().metadata_columns():
        of_items = [cells.get(dataset.items[index].video, {}).get(column, "") for index in items]
        if any(of_items):
            sources[column] = lambda of_items=of_items: tuple(of_items)
    return sources


def _selected(
    dataset: Dataset, made: EmbeddingMap, known: tuple[str, ...], title: str, values: tuple[str, ...], rows: list[int]
) -> None:
    """The clips that are selected, with the way to each."""
    if not rows:
        theme.empty("No clips selected", "Draw around points of the map, or click one, to list its clips here.")
        return
    listed = rows[:LISTED]
    st.markdown(f"**{formatting.count(len(rows), 'point')} selected**")
    table = [_row(dataset, made, known, title, values, row) for row in listed]
    chosen = st.dataframe(
        table, hide_index=True, width="stretch", height=min(38 + 35 * len(table), 440), on_select="rerun",
        selection_mode="single-row", key=f"sets.map.rows.{hash(tuple(listed))}",
    )  # fmt: skip
    places = chosen["selection"]["rows"]
    item = dataset.items[int(made.items[listed[places[0]]])] if places and places[0] < len(listed) else None
    st.button(
        "Open on Timeline", icon=":material/view_timeline:", key="sets.map.open", disabled=item is None,
        on_click=state.go, args=("timeline", item.video if item else ""),
        help="Select a clip in the table." if item is None else None,
    )  # fmt: skip


def _row(
    dataset: Dataset, made: EmbeddingMap, known: tuple[str, ...], title: str, values: tuple[str, ...], row: int
) -> dict[str, str]:
    """A point as a row of a table."""
    time_s = float(made.times_s[row])
    own = {"Clip": dataset.items[int(made.items[row])].path.rpartition("/")[2], CLASS: known[row]}
    own |= {"Time": formatting.clock(time_s, decimals=1)} if time_s >= 0 else {}
    return own if title == CLASS else own | {title: values[row]}
