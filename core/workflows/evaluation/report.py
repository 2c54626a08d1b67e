"""A report that opens anywhere: one HTML file with its charts, pictures and the library that draws them.

Names of clips and labels are never trusted: the template escapes them all, and charts travel as JSON that cannot end a
script.
"""

import base64
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.base.errors import AnalysisError
from core.base.percentages import per_cent_range
from core.base.progress import Report, silent
from core.base.registry import METRICS
from core.domain import Case, Estimate, Evaluation
from core.domain.caveats import is_leak
from core.domain.fingerprint import fingerprint
from core.workflows import clips
from core.workflows.evaluation import export, label_matching, queries, report_charts, results
from core.workflows.evaluation.metrics_summary import headline, ordered
from core.workflows.html_report import percent, rendered
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

VERSION = 1
MISTAKES = 10
SUSPECTS = 20
PAIRS = 12
PICTURE_PX = 360
QUALITY = 82  # of a picture's JPEG
BY_LABEL = ("precision", "recall", "f1", "average_precision")


@dataclass(frozen=True)
class Shot:
    """A mistake as a picture: what the clip shows at its moment, as a data URI, "" where it cannot be read."""

    case: Case
    picture: str


def report_key(key: str) -> str:
    """The name of the report of an evaluation."""
    return fingerprint("evaluation report", VERSION, key)


@short()
def make_report(store: Store, key: str, report: Report = silent) -> None:
    """Write the report of a stored evaluation as one HTML file."""
    judged = results.read(store, key)
    content = html(judged, shots(store, judged, report))
    store.write_file(report_key(key), lambda path: _put(path, content), kind="export")
    report(MISTAKES, MISTAKES, "Done")


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def shots(store: Store, judged: Evaluation, report: Report = silent) -> tuple[Shot, ...]:
    """The surest mistakes, each with its picture."""
    cases = queries.cases(judged, queries.mistakes(judged), order="surest mistakes", most=MISTAKES).cases
    taken = []
    for count, case in enumerate(cases):
        report(count, len(cases), "Rendering pictures of the most confident errors")
        taken.append(Shot(case, _picture(store, case)))
    return tuple(taken)


def _picture(store: Store, case: Case) -> str:
    """The frame at the moment of a case; where the clip cannot be read, its thumbnail; else nothing."""
    with suppress(AnalysisError):
        return _data_uri(_jpeg(clips.moment(store, case.video, case.moment_s)[0].image))
    path = store.thumbnail_path(case.video)
    return _data_uri(path.read_bytes()) if path.is_file() else ""


def _jpeg(image: np.ndarray) -> bytes:
    size = PICTURE_PX, max(1, round(PICTURE_PX * image.shape[0] / image.shape[1]))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[
        1
    ].tobytes()


def _data_uri(content: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode('ascii')}"


# The page -------------------------------------------------------------------------------------------------------------


def html(judged: Evaluation, pictures: Sequence[Shot]) -> bytes:
    """The report as bytes of one HTML file."""
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    values = {**_template_values(judged, pictures), "plotly": Markup(get_plotlyjs())}
    template = Path(__file__).with_name("report.html.jinja")
    return rendered(template, values, filters={"between": between, "number": number}, tests={"leak": is_leak})


def _template_values(judged: Evaluation, pictures: Sequence[Shot]) -> dict[str, Any]:
    """What the template shows."""
    numbers = headline(judged)
    names = {baseline.name: baseline.title for baseline in judged.baselines}
    drawn = [
        report_charts.headline_chart(numbers, names),
        report_charts.matrix_chart(judged),
        report_charts.reliability_chart(judged),
    ]
    drawn += report_charts.curve_charts(judged)
    suspects = queries.cases(judged, judged.suspects, order="as listed", most=SUSPECTS)
    return {
        "judged": judged,
        "numbers": numbers,
        "overall": ordered(judged.card.overall),
        "charts": {chart.name: chart for chart in drawn},
        "drawn": {chart.name: {"data": chart.data, "layout": chart.layout} for chart in drawn},
        "labels": _labels(judged),
        "columns": [name for name in BY_LABEL if name in judged.card.by_label],
        "names": {name: METRICS[name].label for name in BY_LABEL},
        "metrics": METRICS,
        "pairs": queries.confused(judged, PAIRS),
        "shots": pictures,
        "mistakes": queries.cases(judged, queries.mistakes(judged), most=0),
        "suspects": suspects,
        "matched": label_matching.describe_matching(judged.origin.matching),
        "settings": {name: str(value) for name, value in judged.origin.settings.items()},
        "when": time.strftime("%-d %B %Y", time.localtime(judged.created)),
        "what": "stretches" if judged.found.over_time else "clips",
        "file": export.report_name(judged),
    }


def _labels(judged: Evaluation) -> list[dict[str, Any]]:
    """The rows of the table of labels; those that never occur are left out."""
    card = judged.card
    return [
        {
            "label": card.labels[index],
            "true": int(card.confusion[index].sum()),
            "predicted": int(card.confusion[:, index].sum()),
            "numbers": {name: card.by_label[name][index] for name in BY_LABEL if name in card.by_label},
        }
        for index in queries.label_order(judged, "given", "occurring")
    ]


# Words ----------------------------------------------------------------------------------------------------------------


def number(estimate: Estimate, unit: str = "") -> str:
    """An estimate in its unit: shares in per cent, seconds, or a plain number."""
    if estimate.value is None:
        return "–"
    return {"": percent(estimate.value), "s": f"{estimate.value:+.2f} s", "x": f"{estimate.value:.3f}"}[unit]


def between(estimate: Estimate, unit: str = "") -> str:
    """The interval of an estimate; empty where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    if estimate.low == estimate.high:
        return "all draws alike"
    if unit:
        digits = 2 if unit == "s" else 3
        return f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}" + (" s" if unit == "s" else "")
    return per_cent_range(estimate.low, estimate.high)
