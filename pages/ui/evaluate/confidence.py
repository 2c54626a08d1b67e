"""Confidence: whether the model is right as often as it says, curves of one class, and what a threshold would do."""

import streamlit as st

from core.domain import Evaluation
from core.workflows import evaluation
from core.workflows.evaluation import choices
from core.workflows.evaluation.choices import Choice
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.evaluate import clip_list, descriptions, headline, overview, selection
from pages.ui.evaluate import figures as evaluate_figures

CURVES = {"sweep": "Threshold", "roc": "ROC curve", "precision-recall": "Precision and recall"}
HINTS = {
    "bin": ("Click a point of the plot", "The clips that it stands for are shown here."),
    "above": ("Click a count or a point of a curve", "The clips that it stands for are shown here."),
}
NUMBERS = ("ece", "brier", "log_loss")
HOW = {
    "roc": "How many true clips are found (up) at the price of how many others (right), for each threshold. Click a "
    "point to see what is said from there on.",
    "precision-recall": "How pure what is said stays (up) while more of the true clips are found (right). Click a "
    "point to see what is said from there on.",
}


def show(key: str) -> None:
    """Reliability above, one class below; the clips of what was clicked on the right."""
    evaluation = cache.evaluation(key)
    if evaluation.found.scores is None:
        theme.empty("There is no confidence", "Only labels are known of this prediction, not how sure they are.")
        return
    for kind, draw in (("bin", _reliability), ("above", _one_class)):
        left, right = st.columns([6, 5], gap="large")
        with left:
            draw(key, evaluation)
        with right:
            _clips(key, kind)


def _clips(key: str, kind: str) -> None:
    """The clips of what was clicked in the part beside, or how to see them."""
    choice = state.remembered(f"evaluate.choice.{kind}.{key}", ())
    if choice:
        clip_list.panel(key, choice, at=kind)
    else:
        theme.empty(*HINTS[kind])


def _choose(key: str, kind: str, choice: Choice) -> None:
    """Let this be what was clicked last in a part; empty where nothing is."""
    state.remember(f"evaluate.choice.{kind}.{key}", choice)


def _reliability(key: str, results: Evaluation) -> None:
    """Said beside found, before and after scaling."""
    theme.section("Is it as sure as it may be?", "A point below the dotted line is surer than it has reason to be.")
    overall = results.card.overall
    names = [name for name in NUMBERS if name in overall]
    headline.numbers(results, names)
    scaled = False
    if results.calibration is not None:
        scaled = st.toggle("After temperature scaling", key="evaluate.scaled", help=results.calibration.about)
        _temperature(results)
    figure = evaluate_figures.reliability(
        evaluation.reliability(results, calibrated=scaled), dark=state.is_dark(), noun=selection.noun(results)
    )
    name = f"evaluate.reliability.{key}.{scaled}"
    picked = st.plotly_chart(
        figure, key=name, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET
    )
    if (clicked := overview.heard(name, picked)) is not None:
        _choose(key, "bin", ("bin", int(clicked[0]), int(scaled)) if clicked else ())
    st.caption("Larger points stand for more of them; hollow ones for fewer than ten, which tell little.")


def _temperature(evaluation: Evaluation) -> None:
    """What temperature scaling does, in a line."""
    assert evaluation.calibration is not None
    heats = sorted(evaluation.calibration.temperatures)
    before, after = evaluation.calibration.before.value, evaluation.calibration.after.value
    text = " to ".join(dict.fromkeys((f"{heats[0]:.2f}", f"{heats[-1]:.2f}")))
    if before is None or after is None:
        return
    st.caption(
        f"Temperature {text}: the calibration error {'falls' if after < before else 'does not fall'}, from "
        f"{100 * before:.1f} to {100 * after:.1f} %.",
        help="Scores are made flatter (above 1) or steeper (below 1) by one number; which class wins never changes. "
        "It was fitted on clips other than those it is judged on.",
    )


def _one_class(key: str, evaluation: Evaluation) -> None:
    """Curves and thresholds of one class against the rest."""
    theme.section("One class against the rest", "What if only a score above some threshold counted?")
    labels = [evaluation.card.labels[index] for index in cache.label_order(key, "worst first", "occurring")]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = str(st.selectbox("Class", labels, 0, key=f"evaluate.curve-class.{key}", width=240))
        kind = st.segmented_control(
            "Shown as", list(CURVES), default="sweep", format_func=CURVES.__getitem__, key="evaluate.curve",
            required=True,
        )  # fmt: skip
    if kind == "sweep":
        _sweep(key, evaluation, label)
    else:
        _curve(key, evaluation, label, str(kind))


def _curve(key: str, evaluation: Evaluation, label: str, kind: str) -> None:
    """A curve whose points can be clicked."""
    curve = cache.curve(key, label, kind)
    if curve is None:
        theme.empty("There is no such curve", "It needs clips that have this class, and others that have not.")
        return
    name = "roc_auc" if kind == "roc" else "average_precision"
    index = evaluation.card.labels.index(label)
    st.metric(
        "Area under it", f"{100 * curve.area:.1f} %",
        descriptions.interval(name, evaluation.card.by_label[name][index]) if name in evaluation.card.by_label else None,
        delta_color="off", delta_arrow="off", help=descriptions.explained(name),
    )  # fmt: skip
    chart = f"evaluate.{kind}.{key}.{label}"
    picked = st.plotly_chart(
        evaluate_figures.curve(curve, kind, evaluate_figures.share_of(evaluation, index), dark=state.is_dark()),
        key=chart, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET,
    )  # fmt: skip
    if (clicked := overview.heard(chart, picked)) is not None:
        _choose(key, "above", ("above", label, float(clicked[0]), "all") if clicked else ())
    st.caption(HOW[kind])


def _sweep(key: str, evaluation: Evaluation, label: str) -> None:
    """What a threshold makes of a class, with its clips."""
    sweep = cache.sweep(key, label)
    best = min(max(round(100 * sweep.chosen, 1), 0.0), 100.0)
    threshold = st.slider(
        "Lowest score that counts as this class, %", 0.0, 100.0, best, 0.1, key=f"evaluate.threshold.{key}.{label}",
        help="It starts where F1 is highest on these very clips, which flatters it: choose a threshold on other clips "
        "than those you report.",
    )  # fmt: skip
    st.plotly_chart(
        evaluate_figures.sweep(sweep, threshold / 100, dark=state.is_dark()), key=f"evaluate.sweep.{key}.{label}",
        theme=None, config=figures.QUIET,
    )  # fmt: skip
    kinds = {"right": "Right", "false alarms": "False alarms", "missed": "Missed"}
    with st.container(horizontal=True):
        for what, name in kinds.items():
            choice = ("above", label, threshold / 100, what)
            many = len(choices.rows(evaluation, choice))
            st.button(
                f"{name}: {formatting.number(many)}", key=f"evaluate.above.{what}", help=selection.ABOVE[what],
                on_click=_choose, args=(key, "above", choice),
            )  # fmt: skip
