"""Active runs: progress, live curves and fold results; and how a run ended that failed."""

import streamlit as st

from core.base.errors import ResultMissing
from core.domain.jobs import Job
from core.domain.training import CURVE
from core.workflows import training
from core.workflows.training import checkpoints
from pages.ui import state
from pages.ui.common import figures, formatting, theme, trouble
from pages.ui.common.controls import button
from pages.ui.common.jobs import indicator, job_panel
from pages.ui.train import run_figures

RESUME = "Resume"
FOLLOWED = "train.followed"  # what is remembered of the run that was started or chosen last


def begin(key: str) -> None:
    """Start or resume a planned run, and follow it on the page."""
    record = training.run_of(state.store(), key)
    state.remember(FOLLOWED, key)
    if record.state != "done":
        state.submit(key, f"Train {record.name}", training.train, state.store(), key, again=lambda: RESUME)
    st.rerun()


def is_active() -> bool:
    """Whether the run that is followed waits or runs."""
    job = state.runner().job(state.remembered(FOLLOWED, ""))
    return job is not None and job.active


def arrive() -> None:
    """Follow the run that was chosen in the list of jobs; where it has ended, show it in full."""
    if (key := indicator.arrived()) in state.store().keys("training"):
        state.remember(FOLLOWED, key)
        state.set_widget("train.tab", "new" if is_active() else "runs")


def under_way() -> bool:
    """The active runs, and the result of the one started here; whether there is anything to show."""
    known = set(state.store().keys("training"))
    active = [job.key for job in state.store().jobs() if job.active and job.key in known]
    followed = state.remembered(FOLLOWED, "")
    keys = dict.fromkeys(([followed] if followed in known else []) + active)
    shown = [_one(key, key == followed) for key in keys]
    return any(shown)


def _one(key: str, followed: bool) -> bool:
    job = state.runner().job(key)
    if job is not None and job.active:
        job_panel.watch(key, noun="step")
        _curves(key)
        return True
    record = training.run_of(state.store(), key)
    if not followed or record.state == "done":
        return False
    _ended(key, job)
    return True


def _ended(key: str, job: Job | None) -> None:
    """How a run ended early, with a button to resume."""
    kept = training.run_of(state.store(), key).state == "stopped"
    if job is not None and job.state in ("failed", "lost"):
        theme.problem(job.error or f"{job.title} did not finish.", job.hint)
    else:
        best = "Stopped. The best network so far was kept; see Runs."
        message = best if kept else "Stopped before the first result."
        st.info(message, icon=":material/pause_circle:")
    with st.container(horizontal=True):
        if button.pressed(RESUME, key=f"train.on.{key}", type="primary", icon=":material/resume:"):
            begin(key)
        if button.pressed("Close", key=f"train.leave.{key}"):
            state.remember(FOLLOWED, "")
            st.rerun()


@trouble.fragment(run_every=1.0)
def _curves(key: str) -> None:
    """Loss and score after each epoch of the current fold, updated each second."""
    try:
        progress, done = training.progress(state.store(), key), checkpoints.folds_done(state.store(), key)
    except ResultMissing:
        return
    if done:
        chips = "".join(
            f"<span>fold {index}: {formatting.per_cent(fold.accuracy)}</span>" for index, fold in enumerate(done, 1)
        )
        st.html(f'<div class="k-facts">{chips}</div>')
    if progress is None:
        return
    best = min(range(len(progress.history)), key=lambda index: _loss(progress.history[index]))
    st.caption(
        _where(
            progress.fold,
            progress.again,
            len(progress.history),
            progress.passes,
            checkpoints.run_of(state.store(), key).fold_count,
        )
    )
    left, right = st.columns(2, gap="large")
    dark, epochs = state.is_dark(), progress.passes
    left.plotly_chart(
        run_figures.loss(progress.history, epochs=epochs, dark=dark), key=f"loss.{key}", config=figures.QUIET
    )
    judged = progress.history[-1].validation_loss is not None
    right.plotly_chart(
        run_figures.score(progress.history, epochs=epochs, best=best if judged else None, dark=dark),
        key=f"score.{key}",
        config=figures.QUIET,
    )


def _loss(epoch) -> float:
    return epoch.loss if epoch.validation_loss is None else epoch.validation_loss


def _where(fold: int, retraining: bool, done: int, epochs: int, folds: int) -> str:
    """The progress of a run in words."""
    if fold == CURVE:
        return f"Validation curve, fold 1 without its validation groups: epoch {done} of {epochs}"
    which = "Final network on all clips" if fold == folds else f"Fold {fold + 1} of {folds}"
    stage = ", retraining with validation groups" if retraining else ""
    return f"{which}{stage}: epoch {done} of {epochs if retraining else f'at most {epochs}'}"
