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
    found = cache.evaluation(key)
    if found.found.scores is None:
        theme.empty("There is no confidence", "Only labels are known of this prediction, not how sure they are.")
        return
    for kind, draw in (("bin", _reliability), ("above", _one_class)):
        left, right = st.columns([6, 5], gap="large")
        with left:
            draw(key, found)
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


def _reliability(key: str, found: Evaluation) -> None:
    """Said beside found, before and after scaling."""
    theme.section("Is it as sure as it may be?", "A point below the dotted line is surer than it has reason to be.")
    overall = found.card.overall
    names = [name for name in NUMBERS if name in overall]
    headline.numbers(found, names)
    scaled = False
    if found.calibration is not None:
        scaled = st.toggle("After temperature scaling", key="evaluate.scaled", help=found.calibration.about)
        _temperature(found)
    figure = evaluate_figures.reliability(
        evaluation.reliability(found, calibrated=scaled), dark=state.is_dark(), noun=selection.noun(found)
    )
    name = f"evaluate.reliability.{key}.{scaled}"
    picked = st.plotly_chart(
        figure, key=name, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET
    )
    if (told := overview.heard(name, picked)) is not None:
        _choose(key, "bin", ("bin", int(told[0]), int(scaled)) if told else ())
    st.caption("Larger points stand for more of them; hollow ones for fewer than ten, which tell little.")


def _temperature(found: Evaluation) -> None:
    """What temperature scaling does, in a line."""
    assert found.calibration is not None
    heats = sorted(found.calibration.temperatures)
    before, after = found.calibration.before.value, found.calibration.after.value
    told = " to ".join(dict.fromkeys((f"{heats[0]:.2f}", f"{heats[-1]:.2f}")))
    if before is None or after is None:
        return
    st.caption(
        f"Temperature {told}: the calibration error {'falls' if after < before else 'does not fall'}, from "
        f"{100 * before:.1f} to {100 * after:.1f} %.",
        help="Scores are made flatter (above 1) or steeper (below 1) by one number; which class wins never changes. "
        "It was fitted on clips other than those it is judged on.",
    )


def _one_class(key: str, found: Evaluation) -> None:
    """Curves and thresholds of one class against the rest."""
    theme.section("One class against the rest", "What if only a score above some threshold counted?")
    labels = [found.card.labels[place] for place in cache.label_order(key, "worst first", "occurring")]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = str(st.selectbox("Class", labels, 0, key=f"evaluate.curve-class.{key}", width=240))
        kind = st.segmented_control(
            "Shown as", list(CURVES), default="sweep", format_func=CURVES.__getitem__, key="evaluate.curve",
            required=True,
        )  # fmt: skip
    if kind == "sweep":
        _sweep(key, found, label)
    else:
        _curve(key, found, label, str(kind))


def _curve(key: str, found: Evaluation, label: str, kind: str) -> None:
    """A curve whose points can be clicked."""
    curve = cache.curve(key, label, kind)
    if curve is None:
        theme.empty("There is no such curve", "It needs clips that have this class, and others that have not.")
        return
    name = "roc_auc" if kind == "roc" else "average_precision"
    place = found.card.labels.index(label)
    st.metric(
        "Area under it", f"{100 * curve.area:.1f} %",
        descriptions.interval(name, found.card.by_label[name][place]) if name in found.card.by_label else None,
        delta_color="off", delta_arrow="off", help=descriptions.explained(name),
    )  # fmt: skip
    chart = f"evaluate.{kind}.{key}.{label}"
    picked = st.plotly_chart(
        evaluate_figures.curve(curve, kind, evaluate_figures.share_of(found, place), dark=state.is_dark()),
        key=chart, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET,
    )  # fmt: skip
    if (told := overview.heard(chart, picked)) is not None:
        _choose(key, "above", ("above", label, float(told[0]), "all") if told else ())
    st.caption(HOW[kind])


def _sweep(key: str, found: Evaluation, label: str) -> None:
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
            many = len(choices.rows(found, choice))
            st.button(
                f"{name}: {formatting.number(many)}", key=f"evaluate.above.{what}", help=selection.ABOVE[what],
                on_click=_choose, args=(key, "above", choice),
            )  # fmt: skip
