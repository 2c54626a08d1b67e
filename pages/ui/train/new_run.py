"""A new run: dataset, CNN, features, settings and the start button."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset, Split
from core.domain.fingerprint import fingerprint
from core.workflows import experiments, training
from core.workflows.training.options import PLAIN
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import formatting, split_description, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.common.network import diagram as network_diagram
from pages.ui.common.pickers import backbone_menu, dataset_picker, missing_clips
from pages.ui.train import descriptions, form, progress, runs, split_checks, sweeps, tuning

ABOUT = (
    "A CNN computes features of each clip once. After that, training a network takes seconds "
    "to minutes, with any settings."
)
FEATURES_ARE_KEPT = "Features computed so far are kept."
CHOSEN = "train.chosen"  # what is remembered of the settings of the run that was started last
USUAL_CNN = "i3d-kinetics400"


def show(entries: list[DatasetEntry]) -> bool:
    """The form of a new run, from top to bottom, with the runs under way below its button; whether it got there."""
    entry = dataset_picker.pick(entries)
    dataset = cache.dataset(entry)
    if dataset is None:
        return False
    theme.facts(dataset_picker.facts(dataset))
    try:
        training.check_classes(dataset)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return False
    split = _split(entry, dataset)
    if split is None or missing_clips.show(entry, dataset):
        return False
    theme.section("Features", "A pretrained CNN turns pictures into features, which are the input of the network.")
    backbone, area, lightened = _eyes()
    view = _view(entry, dataset, split, backbone, area, lightened=lightened)
    if view is None:
        return False
    st.caption(f":material/check_circle: Features of all {formatting.count(len(dataset.items), 'clip')} are available.")
    theme.section("Network", "Medium is suitable for most datasets.")
    options, worded = form.options(), _worded(dataset)
    _picture(dataset, options, backbone)
    _begin(entry, dataset, split, options, backbone, view, worded)
    runs.latest()
    tuning.panel(entry, split, options, backbone, view)
    sweeps.panel(entry, dataset, split, options, backbone, view)
    return True


def _view(
    entry: DatasetEntry, dataset: Dataset, split: Split, backbone: str, area: str, *, lightened: bool
) -> str | None:
    """The view whose features are there; None while they are not, with the button that computes them."""
    store, engine = state.store(), state.settings().engine
    if area != "auto":
        view = area if lightened else f"{area}{PLAIN}"
        recipe = training.view(view, backbone)
        key, task = training.set_key(entry.key, recipe, backbone, engine), (entry.name, recipe, backbone, engine)
        there = _gathered(dataset, view, backbone)
        return view if _computed(key, dataset, there, training.gather, *task) else None
    views = experiments.LIGHTENED if lightened else experiments.UNLIGHTENED
    key = experiments.choice_key(entry.key, split, backbone, engine, views)
    choice = experiments.chosen(store, key)
    there = choice is not None and _gathered(dataset, choice.view, backbone)
    if not _computed(key, dataset, there, experiments.choose, dataset, split, backbone, engine, views) or not choice:
        return None
    st.caption(descriptions.chosen_area(choice))
    return choice.view


def _gathered(dataset: Dataset, view: str, backbone: str) -> bool:
    """Whether the features of a dataset are there."""
    recipe = training.view(view, backbone)
    return training.gathered(state.store(), dataset, recipe, backbone, state.settings().engine)


def _computed(key: str, dataset: Dataset, there: bool, task: Callable[..., Any], *args: Any) -> bool:
    """Whether features are there; else the job that computes them is shown, or the button that begins it."""
    return job_panel.ready(
        key, "Compute features", task, state.store(), *args, there=there, about=_about(dataset),
        kept=lambda: FEATURES_ARE_KEPT,
    )  # fmt: skip


def _about(dataset: Dataset) -> str:
    seconds = sum(item.duration_s for item in dataset.items)
    return f"{ABOUT} The dataset holds {formatting.length(seconds)} of video."


def _split(entry: DatasetEntry, dataset: Dataset) -> Split | None:
    """The split of the dataset, or the default one."""
    kept = state.store().split_keys(entry.key)
    try:
        split = cache.kept_split(kept[0]) if kept else cache.suggested_split(entry)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        title = "Split" if kept else "Suggested split"
        st.markdown(f"{title}: **{theme.plain(split_description.describe(split))}**")
        st.button(
            "Change split", icon=":material/call_split:", type="tertiary", key="train.split", on_click=state.go,
            args=("datasets",),
        )  # fmt: skip
    split_checks.show(entry, dataset, split)
    return split


def _eyes() -> tuple[str, str, bool]:
    """The CNN, its picture area, and whether dark pictures are lightened."""
    left, right = st.columns(2, gap="large")
    names = backbone_menu.names()
    before = state.starting("train.cnn", "train.backbone", USUAL_CNN)
    backbone = left.selectbox(
        "CNN", names, names.index(before if before in names else USUAL_CNN), backbone_menu.title, key="train.backbone",
        help="I3D sees motion and is the better choice for actions. The others see single frames.",
    )  # fmt: skip
    areas = list(descriptions.AREAS)
    seen = state.starting("train.area", "train.view", areas[0])
    area = right.radio(
        "Picture area", areas, areas.index(seen) if seen in areas else 0, descriptions.AREAS.__getitem__,
        key="train.view",
        help="Automatic computes the features of both and compares them on the training groups of the first fold. "
        "Choose the centre square if the sides do not matter and shapes must not be distorted.",
    )  # fmt: skip
    lightened = right.toggle(
        "Lighten dark clips", state.starting("train.light", "train.lightened", True), key="train.lightened",
        help="Increases the local contrast of dark pictures. Bright pictures are not changed.",
    )  # fmt: skip
    state.keep("train.cnn", backbone)
    state.keep("train.area", area)
    state.keep("train.light", lightened)
    return backbone, area, lightened


def _worded(dataset: Dataset) -> bool:
    """Whether to use the text of the clips; shown if some clips have text."""
    count = training.has_words(state.store(), dataset)
    if not count:
        return False
    text = (
        f"{formatting.number(count)} of {formatting.count(len(dataset.items), 'clip')} have subtitles or a transcript."
    )
    chosen = st.toggle(
        "Use text", key="train.words",
        help="A second network is trained on the text near each moment. Results are shown for video, text and both.",
    )  # fmt: skip
    st.caption(text)
    return chosen


def _picture(dataset: Dataset, options: training.Options, backbone: str) -> None:
    """The network with these settings as a picture, when it is opened."""
    box = st.expander("Network as a picture", icon=":material/schema:", on_change="rerun", key="train.picture")
    if box.open:
        with box:
            clips = formatting.count(len(dataset.items), "clip")
            network_diagram.show(backbone, options, len(dataset.labels), clip=clips)
            st.caption("Open a clip on Features, view Network, to see what each part makes of it.")


def _begin(
    entry: DatasetEntry, dataset: Dataset, split: Split, options: training.Options, backbone: str, view: str,
    worded: bool,
) -> None:  # fmt: skip
    """Seed, name and the start button, which says so while a run with these settings is under way."""
    left, middle, right = st.columns([3, 1, 1.4], vertical_alignment="bottom")
    usual = f"{entry.name}, {descriptions.network(vars(options))}{', with text' if worded else ''}"
    name = left.text_input("Name", placeholder=usual, key="train.name")
    seed = int(middle.number_input("Seed", 0, 10_000, 0, key="train.seed", help="Random seed for weights and batches."))
    chosen = fingerprint("chosen", repr((entry.key, split, options, backbone, view, worded, seed, name)))
    running = progress.is_active() and chosen == state.remembered(CHOSEN, "")
    if button.pressed(
        "Training…" if running else "Train", within=right, type="primary", width="stretch", key="train.start",
        icon="spinner" if running else ":material/school:", disabled=running,
    ):  # fmt: skip
        state.remember(CHOSEN, chosen)
        key = training.plan(
            state.store(), dataset, split, backbone=backbone, engine=state.settings().engine,
            recipe=training.view(view, backbone), options=options, seed=seed,
            name=name.strip() or usual, words=worded,
        )  # fmt: skip
        progress.begin(key)
