"""Confidence: calibration, curves of one class, and the effect of a threshold."""

import streamlit as st

from core.domain import Evaluation
from core.workflows import evaluation
from core.workflows.evaluation import choices
from core.workflows.evaluation.choices import Choice
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.evaluate import clip_list, descriptions, headline, metric_figures, overview, selection

CURVES = {"sweep": "Threshold", "roc": "ROC curve", "precision-recall": "Precision–recall curve"}
HINTS = {
    "bin": ("Click a point of the plot", "The clips behind it are shown here."),
    "above": ("Click a count or a point of a curve", "The clips behind it are shown here."),
}
NUMBERS = ("ece", "brier", "log_loss")
HOW = {
    "roc": (
        "True positive rate against false positive rate for each threshold. Click a point to see "
        "the clips at or above that threshold."
    ),
    "precision-recall": (
        "Precision against recall for each threshold. Click a point to see the clips at or above that threshold."
    ),
}


def show(key: str) -> None:
    """Reliability above, one class below; the clips of what was clicked on the right."""
    evaluation = cache.evaluation(key)
    if evaluation.found.scores is None:
        theme.empty("No confidence scores", "This prediction contains labels only, without scores.")
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
    """The reliability plot, before and after scaling."""
    theme.section("Calibration", "Points below the dotted line are overconfident.")
    overall = results.card.overall
    names = [name for name in NUMBERS if name in overall]
    headline.numbers(results, names)
    scaled = False
    if results.calibration is not None:
        scaled = st.toggle("After temperature scaling", key="evaluate.scaled", help=results.calibration.about)
        _temperature(results)
    figure = metric_figures.reliability(
        evaluation.reliability(results, calibrated=scaled), dark=state.is_dark(), noun=selection.noun(results)
    )
    name = f"evaluate.reliability.{key}.{scaled}"
    picked = st.plotly_chart(
        figure, key=name, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET
    )
    if (clicked := overview.heard(name, picked)) is not None:
        _choose(key, "bin", ("bin", int(clicked[0]), int(scaled)) if clicked else ())
    st.caption("Larger points stand for more predictions; hollow points stand for fewer than ten and are unreliable.")


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
        f"{formatting.per_cent_range(before, after)}.",
        help=(
            "Temperature scaling makes scores less (above 1) or more (below 1) confident; the "
            "predicted class never changes. The temperature was fitted on other clips than those "
            "shown here."
        ),
    )


def _one_class(key: str, evaluation: Evaluation) -> None:
    """Curves and thresholds of one class against the rest."""
    theme.section("One class versus the rest", "Effect of a score threshold.")
    labels = [evaluation.card.labels[index] for index in cache.label_order(key, "worst first", "occurring")]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = str(st.selectbox("Class", labels, 0, key=f"evaluate.curve-class.{key}", width=240))
        kind = st.segmented_control(
            "Chart", list(CURVES), default="sweep", format_func=CURVES.__getitem__, key="evaluate.curve",
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
        theme.empty("No curve available", "The curve needs clips with this class and clips without it.")
        return
    name = "roc_auc" if kind == "roc" else "average_precision"
    index, by_label = evaluation.card.labels.index(label), evaluation.card.by_label
    st.metric(
        "Area under the curve", formatting.per_cent(curve.area, decimals=1),
        descriptions.interval(name, by_label[name][index]) if name in by_label else None,
        delta_color="off", delta_arrow="off", help=descriptions.explained(name),
    )  # fmt: skip
    chart = f"evaluate.{kind}.{key}.{label}"
    picked = st.plotly_chart(
        metric_figures.curve(curve, kind, metric_figures.share_of(evaluation, index), dark=state.is_dark()),
        key=chart, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET,
    )  # fmt: skip
    if (clicked := overview.heard(chart, picked)) is not None:
        _choose(key, "above", ("above", label, float(clicked[0]), "all") if clicked else ())
    st.caption(HOW[kind])


def _sweep(key: str, evaluation: Evaluation, label: str) -> None:
    """The effect of a threshold on a class, with its clips."""
    sweep = cache.sweep(key, label)
    best = min(max(round(100 * sweep.chosen, 1), 0.0), 100.0)
    threshold = st.slider(
        "Score threshold, %", 0.0, 100.0, best, 0.1, key=f"evaluate.threshold.{key}.{label}",
        help=("The initial value maximises F1 on these clips, which is optimistic: choose a threshold "
"on other clips than those you report."),
    )  # fmt: skip
    st.plotly_chart(
        metric_figures.sweep(sweep, threshold / 100, dark=state.is_dark()), key=f"evaluate.sweep.{key}.{label}",
        theme=None, config=figures.QUIET,
    )  # fmt: skip
    kinds = {"right": "Correct", "false alarms": "False positives", "missed": "False negatives"}
    with st.container(horizontal=True):
        for what, name in kinds.items():
            choice = ("above", label, threshold / 100, what)
            many = len(choices.rows(evaluation, choice))
            st.button(
                f"{name}: {formatting.number(many)}", key=f"evaluate.above.{what}", help=selection.ABOVE[what],
                on_click=_choose, args=(key, "above", choice),
            )  # fmt: skip
