"""The batches that were begun: how each is, its clips, and what failed and why."""

from collections.abc import Sequence

import streamlit as st

from core.domain.jobs import Job
from core.workflows import batches
from core.workflows.batches import Batch, BatchItem
from pages.ui import cache, state
from pages.ui.batch import setup, watching
from pages.ui.common import formatting, theme, trouble
from pages.ui.common.jobs import job_panel

LISTED = 1000  # clips at once
REFRESH_S, SLOW_REFRESH_S = 3.0, 20.0  # of the clips while the job goes on
WAITING, DONE, FAILED, GONE = "not analysed", "analysed", "failed", "deleted"


def batches_of_known_models() -> list[Batch]:
    """The batches whose model is there, the latest first."""
    known = state.models()
    return [batch for batch in batches.stored(state.store()) if batch.model in known]


def show(known: list[Batch]) -> None:
    """One of the batches in full."""
    batch = _shown(known)
    job = state.runner().job(batches.job_key(batch))
    if batch.folder:
        watching.show(batch, active=job is not None and job.active)
    if job is None or not job.active:
        items = cache.batch_items(batch)
        theme.section(*_headline(batch, items))
        _ended(batch, items, job)
        _results(batch, items)
        return
    theme.section(f"Analysing {formatting.count(len(batch.items), 'clip')}", _how(batch))
    job_panel.watch(job.key, noun="frame", stop=job_panel.CANCEL if batch.watching else job_panel.PAUSE)
    every_s = REFRESH_S if len(batch.items) <= LISTED else SLOW_REFRESH_S
    trouble.fragment(_so_far, run_every=every_s)(batch)


def _so_far(batch: Batch) -> None:
    """The clips of a batch while its job goes on, brought up to date now and then."""
    items = cache.batch_items(batch)
    st.markdown(f"**{_headline(batch, items)[0]}**")
    _results(batch, items, active=True)


def _results(batch: Batch, items: Sequence[BatchItem], *, active: bool = False) -> None:
    """What failed, and the clips."""
    _failures(batch, items, active=active)
    if items:
        with st.container(key="batch-clips"):
            _table(items)
    else:
        theme.empty("No clips yet", "New clips appear here as soon as their files are complete.")
    if not active:
        st.button(
            "Remove from this list", icon=":material/playlist_remove:", key=f"batch.remove.{batch.name}",
            type="tertiary", on_click=_remove, args=(batch,), help="Results of clips are kept.",
        )  # fmt: skip


def _shown(known: list[Batch]) -> Batch:
    """The batch that is looked at: the latest, until another is chosen."""
    names = {batch.name: batch for batch in known}
    shown = state.remembered("batch.shown", "")
    if len(known) > 1:
        titles = {batch.name: _title(batch, place) for place, batch in enumerate(known)}
        place = list(names).index(shown) if shown in names else 0
        shown = st.selectbox("Batch", list(names), place, titles.__getitem__, key=f"batch.pick.{known[0].name}.{shown}")
        state.remember("batch.shown", shown)
    return names.get(shown, known[0])


def _title(batch: Batch, place: int) -> str:
    latest = f", folder {batch.folder}" if batch.folder else " (latest)" if place == 0 else ""
    return f"{formatting.count(len(batch.items), 'clip')} with {_model(batch)}{latest}"


def _model(batch: Batch) -> str:
    return state.models()[batch.model].title


def _headline(batch: Batch, items: Sequence[BatchItem]) -> tuple[str, str]:
    """How much is done, and how it is made."""
    if not items:
        return "Waiting for clips", _how(batch)
    done = sum(item.done for item in items)
    return f"{formatting.number(done)} of {formatting.count(len(items), 'clip')} analysed", _how(batch)


def _how(batch: Batch) -> str:
    if batch.recipe is None:
        steps = "each clip's own preparation"
    else:
        steps = (
            formatting.count(len(batch.recipe.steps), "preparation step") if batch.recipe.steps else "no preparation"
        )
    return f"{_model(batch)}, {steps}."


def _ended(batch: Batch, items: Sequence[BatchItem], job: Job | None) -> None:
    """What is left to do, and the buttons for it."""
    left = [item for item in items if not (item.done or item.error or item.gone)]
    if job is not None and job.state == "failed" and left:
        theme.problem(job.error, job.hint)
    elif left and not batch.watching:
        text = "Interrupted" if job is None or job.state == "lost" else "Paused"
        st.info(f"{text}. {formatting.count(len(left), 'clip')} left to analyse.", icon=":material/pause_circle:")
    elif any(item.done for item in items):
        st.button(
            "Open Study", type="primary", icon=":material/query_stats:", key=f"batch.study.{batch.name}",
            on_click=_study, args=(batch,),
        )  # fmt: skip
    if left and not batch.watching:
        st.button(
            "Continue", type="primary", icon=":material/resume:", key=f"batch.continue.{batch.name}",
            on_click=setup.submit, args=(batch,),
        )  # fmt: skip


def _study(batch: Batch) -> None:
    """Go to Study, with the labels that the model of the batch predicted: a callback."""
    state.keep("study.source", f"model {batch.model}")
    state.go("study")


def _remove(batch: Batch) -> None:
    state.store().delete_batch(batch.name)
    state.remember("batch.shown", "")


def _failures(batch: Batch, items: Sequence[BatchItem], *, active: bool) -> None:
    """The clips that failed, and why."""
    failed = [item for item in items if item.error]
    if not failed:
        return
    st.error(f"**{formatting.count(len(failed), 'clip')} could not be analysed.**", icon=":material/error:")
    rows = [{"Clip": item.name, "What happened": item.error, "What to do": item.hint} for item in failed[:LISTED]]
    st.dataframe(rows, hide_index=True, width="stretch")
    if not active:
        st.button(
            f"Retry {formatting.count(len(failed), 'failed clip')}", icon=":material/refresh:",
            key=f"batch.retry.{batch.name}", on_click=_retry, args=(batch,),
        )  # fmt: skip


def _retry(batch: Batch) -> None:
    state.store().forget_tries(batch.name)
    setup.submit(batch)


def _table(items: Sequence[BatchItem]) -> None:
    """All clips with their state; one that is selected can be opened."""
    rows = [{"Clip": item.name, "State": _state(item)} for item in items[:LISTED]]
    chosen = st.dataframe(
        rows, hide_index=True, width="stretch", height=min(38 + 35 * len(rows), 420), key="batch.items",
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    if len(items) > LISTED:
        st.caption(f"The first {formatting.number(LISTED)} of {formatting.count(len(items), 'clip')}.")
    places = chosen["selection"]["rows"]
    item = items[places[0]] if places and places[0] < len(items) else None
    st.button(
        f"Open {item.name} on Timeline" if item and item.done else "Open on Timeline", icon=":material/view_timeline:",
        key="batch.open", disabled=not (item and item.done), on_click=state.go,
        args=("timeline", item.digest if item else ""),
        help="Select an analysed clip in the table." if not (item and item.done) else None,
    )  # fmt: skip


def _state(item: BatchItem) -> str:
    if item.gone:
        return GONE
    return DONE if item.done else FAILED if item.error else WAITING
