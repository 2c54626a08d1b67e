"""The comparison of two tracks on the Label page: their agreement, and where they differ."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.workflows.annotation import agreement
from core.workflows.annotation.agreement import TrackAgreement
from core.workflows.annotation.journal import TrackState
from pages.ui import state
from pages.ui.common import formatting, theme, track_names
from pages.ui.common.player.rows import LaneCurve, PlayerLane

KAPPA = "#0072B2"
MEANS = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"))
SOURCE = "Terms from Landis and Koch (Biometrics, 1977)."


def _other(info: VideoInfo, now: TrackState, tracks: Sequence[TrackState]) -> TrackState | None:
    """The track that is compared with the one that is drawn in."""
    rest = [track for track in tracks if track.track_id != now.track_id]
    wanted = state.remembered(f"label.other.{info.digest}", "")
    return next((state for state in rest if state.track_id == wanted), rest[0] if rest else None)


def agreement_with(info: VideoInfo, now: TrackState, tracks: Sequence[TrackState]) -> TrackAgreement | None:
    """The agreement of the two; None if there is nothing to compare."""
    other = _other(info, now, tracks)
    try:
        return agreement.agreement(now.document, other.document, info) if other else None
    except AnalysisError:
        return None


def rows(compared: TrackAgreement | None) -> list[PlayerLane]:
    """The lanes of a comparison: where the two differ, and kappa over time."""
    if compared is None:
        return []
    values = np.maximum(np.nan_to_num(compared.over_time), 0)
    lane = PlayerLane("kappa", curves=[LaneCurve("kappa", compared.times_s, values, KAPPA)])
    return [PlayerLane("differs", compared.differences, look="difference"), lane]


def show(info: VideoInfo, now: TrackState, tracks: Sequence[TrackState], compared: TrackAgreement | None) -> None:
    """Which track, and the numbers."""
    other, named = _other(info, now, tracks), track_names.titles(tracks)
    if other is None:
        theme.empty("Only one track", "Have a second person annotate a new track, or import their file.")
        return
    rest = [text for text in named if text != now.track_id]
    key = f"label.against.{other.track_id}"
    st.selectbox(
        f"Compare {named[now.track_id]} with", rest, rest.index(other.track_id), named.__getitem__, key=key, width=420,
        on_change=_pick, args=(info, key),
    )  # fmt: skip
    if compared is None:
        st.info("No frame has been reviewed by both annotators yet.", icon=":material/visibility_off:")
        return
    _numbers(compared)


def _pick(info: VideoInfo, key: str) -> None:
    state.remember(f"label.other.{info.digest}", state.widget(key))


def _numbers(compared: TrackAgreement) -> None:
    left, middle, right = st.columns(3)
    left.metric("Cohen's kappa", _kappa(compared.kappa), help=SOURCE)
    middle.metric("Agreement", formatting.per_cent(compared.share))
    right.metric("Reviewed by both", formatting.length(compared.both_s))
    st.caption(meaning(compared))
    if compared.by_label:
        st.table({"label": [text for text, _ in compared.by_label], "kappa": [_kappa(k) for _, k in compared.by_label]})


def _kappa(kappa: float | None) -> str:
    return "undefined" if kappa is None else f"{kappa:.2f}"


def meaning(compared: TrackAgreement) -> str:
    """The agreement in a sentence."""
    count = formatting.count(len(compared.differences), "stretch").replace("stretchs", "stretches")
    where = f" They differ in {count}, shown in the lane “differs”." if compared.differences else ""
    if compared.kappa is None:
        return f"Kappa is undefined: both use the same single label.{where}"
    text = next((word for least, word in MEANS if compared.kappa >= least), "poor")
    return f"Agreement beyond chance is {text}. Each frame counts as one observation.{where}"
