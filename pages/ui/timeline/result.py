"""The result on the Timeline: headline, player and segments; downloads, scores and report in tabs."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Analysis, ModelCard, Prediction, Recipe, VideoInfo
from core.workflows.clip_results import ClipResult
from pages.ui import cache, state
from pages.ui.common import figures, formatting, quality_text, theme, trouble
from pages.ui.common.player import player
from pages.ui.timeline import annotations, correction, report, result_files, segments, text_branch, transcripts

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TOP = 5
LEARNED = "The model was trained on this clip. Expect worse predictions for new clips."
BARELY = 0.01  # mean score below which a label without a segment is not worth a row
NAMED = 3  # labels in the headline
CURVES = 3  # labels whose scores are drawn beneath the segments
MIN_SHOWN_LABELS = 2  # labels without a segment that are shown anyhow


def show(info: VideoInfo, card: ModelCard, shown: ClipResult, menu: Callable[[VideoInfo, ClipResult], None]) -> None:
    """A result, or why it cannot be read. menu: draws which one it is, with the others."""
    try:
        analysis = cache.analysis_at(info.digest, card.name, shown.key)
        prediction = cache.prediction(shown.key)
        apart = cache.branches(shown.key) if card.words else None
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    which, recipe = partial(menu, info, shown), shown.recipe or Recipe()
    learned = cache.is_trained_on(card.name, info.digest)
    if apart is None:
        draw(analysis, prediction, shown.key, recipe=recipe, which=which, learned=learned)
    else:
        lanes_apart = text_branch.rows(apart, card, info.digest)
        draw(
            analysis, prediction, shown.key, recipe=recipe, which=which, learned=learned,
            text=text_branch.sentence(apart), apart=lanes_apart,
        )  # fmt: skip


def draw(
    analysis: Analysis,
    prediction: Prediction,
    key: str,
    *,
    recipe: Recipe,
    which: Callable[[], None] | None = None,
    between: Callable[[], None] | None = None,
    learned: bool = False,
    text: str = "",
    apart: Sequence[player.PlayerLane] = (),
) -> None:
    """The same from what was read, made with `recipe`. between: draws what belongs between player and scores.

    which: draws which result it is. learned: whether the model learned from the clip. text: what led to it, in words.
    apart: lanes of what the parts of the model say, beneath what they say together.
    """
    labels = shown_labels(analysis)
    slots = cache.slots(labels)
    begun = bool(state.store().tracks(analysis.video.digest))
    _finding(analysis, which, begun=begun, learned=learned)
    _playing(analysis, prediction, slots, key, apart)
    if text:
        st.caption(f":material/subtitles: {theme.plain(text)}")
    if recipe.steps:
        prepared = formatting.preparation(recipe, analysis.video)
        st.caption(f"The player shows the original clip. This result was made with: {prepared}.")
    if between:
        between()
    files, scores, words = st.tabs(["Download", "Scores over time", "Report"], on_change="rerun", key="timeline.tabs")
    if files.open:
        with files:
            correction.note(begun=begun)
            result_files.show(analysis)
    if scores.open:
        with scores:
            _over_time(_heatmap(key, labels, slots, state.is_dark(), prediction), key)
    if words.open:
        with words:
            report.show(analysis)


def _over_time(heatmap: "Figure", key: str) -> None:
    """The scores over time of the result of that key."""
    st.caption("The score at each moment of the clip, of each label with a segment and of the best others.")
    st.plotly_chart(heatmap, key=f"heatmap.{key}", config={"displayModeBar": False, "scrollZoom": False})


@cache.cached(most=32)
def _heatmap(key: str, labels: tuple[str, ...], slots: dict[str, int], dark: bool, _prediction: Prediction) -> "Figure":
    """The scores over time of the prediction of that key. It is kept: drawing it took 40 % of the time of a run."""
    return figures.heatmap(_prediction, labels, slots, dark=dark)


def _finding(analysis: Analysis, which: Callable[[], None] | None, *, begun: bool, learned: bool) -> None:
    """The finding in words, and beside it which result it is, and the way to correct it."""
    about = f'<div class="k-leak">{LEARNED}</div>' if learned else ""
    with st.container(key="timeline-finding"):
        headline, menu = st.columns([8, 5], vertical_alignment="center", gap="medium")
        headline.html(f'<div class="k-headline">{sentence(analysis)}</div>{about}')
        with menu.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
            if which:
                with st.container(width="stretch"):
                    which()
            correction.button(analysis, begun=begun)


def shown_labels(analysis: Analysis) -> tuple[str, ...]:
    """The labels of the segments and the best of the rest by their mean score, best first; none that barely shows."""
    texts = {segment.label for segment in analysis.track.segments}
    best = [label_score for label_score in analysis.ranking if label_score.label not in texts]
    worth = [
        label_score.label
        for index, label_score in enumerate(best)
        if index < MIN_SHOWN_LABELS or label_score.score >= BARELY
    ]
    rest = worth[: max(0, figures.ROWS - len(texts))]
    return tuple(
        label_score.label for label_score in analysis.ranking if label_score.label in texts or label_score.label in rest
    )


def preview(info: VideoInfo) -> None:
    """The clip before there is a result, where the browser plays it as it is."""
    if info.plays_in_browser or state.store().proxy_path(info.digest).exists():
        _previewed(info)


@trouble.fragment
def _previewed(info: VideoInfo) -> None:
    with st.container(key="timeline-preview"):
        player.show(info, (), {}, key=f"preview.{info.digest}", playable=True)


def sentence(analysis: Analysis) -> str:
    """HTML of the finding in words: the longest labels, in the order in which they first occur in the clip."""
    seconds: dict[str, float] = {}
    for segment in analysis.track.segments:
        seconds[segment.label] = seconds.get(segment.label, 0.0) + segment.stop_s - segment.start_s
    start_s, stop_s = analysis.track.seen_s
    if not seconds:
        first = analysis.ranking[0]
        score = formatting.per_cent(first.score)
        return f"No confident prediction. The closest label is <b>{escape(first.label)}</b>, at {score}."
    whole_s = stop_s - start_s
    longest = sorted(seconds, key=lambda label: -seconds[label])[:NAMED]
    if len(seconds) == 1 and seconds[longest[0]] > 0.98 * whole_s:
        return f"<b>{escape(longest[0])}</b> throughout: {formatting.length(whole_s)}."
    named = [f"<b>{escape(label)}</b> for {formatting.length(seconds[label])}" for label in seconds if label in longest]
    more = f", and {formatting.count(len(seconds) - NAMED, 'other label')}" if len(seconds) > NAMED else ""
    return f"{formatting.listed(named)}{more}, in {formatting.length(whole_s)} of video."


@trouble.fragment
def _playing(
    analysis: Analysis, prediction: Prediction, slots: dict[str, int], key: str, apart: Sequence[player.PlayerLane]
) -> None:
    """The player, and below it the segments and the scores of the whole clip; a selected row is played."""
    screen = st.container(key="timeline-player")
    left, right = st.columns([3, 2], gap="large")
    with left:
        transcripts.tables(lambda: segments.table(analysis.track.segments, key), analysis.video, key)
    with right:
        _whole_clip(analysis, slots)
    with screen:
        playable = player.playable(analysis.video)
        people = annotations.tracks(analysis)
        more = [*apart, *annotations.rows(analysis, people), _scores(prediction, slots), *_quality(analysis.video)]
        entries = dict.fromkeys(segment.label for row in apart for segment in row.segments)
        known = slots | cache.slots(tuple(entries)) | cache.slots(annotations.labels(people))
        called = text_branch.BOTH if apart else "network" if people else "actions"
        player.player(analysis, known, playable=playable, key=f"player.{key}", more=more, named=called)


def _whole_clip(analysis: Analysis, slots: dict[str, int]) -> None:
    """The best labels with their scores over the whole clip."""
    best = [
        label_score
        for label_score in analysis.ranking
        if label_score.label in slots and label_score.score >= BARELY / 2
    ][:TOP]
    chips = "".join(
        theme.chip(label_score.label, slots[label_score.label], formatting.per_cent(label_score.score))
        for label_score in best
    )
    st.markdown("**Whole clip**")
    st.caption("The mean score of each label over the whole clip.")
    st.html(f"<div>{chips}</div>")


def _scores(prediction: Prediction, slots: dict[str, int]) -> player.PlayerLane:
    """The scores of the first labels over time, as curves."""
    lines = [
        player.LaneCurve(
            label, prediction.times_s, prediction.scores[:, prediction.labels.index(label)], figures.colour(slot)
        )
        for label, slot in list(slots.items())[:CURVES]
    ]
    return player.PlayerLane("scores", curves=lines)


def _quality(info: VideoInfo) -> list[player.PlayerLane]:
    """What may go wrong in the clip, where that was measured and something was found."""
    try:
        findings = quality_text.segments(cache.quality_findings(info.digest))
    except AnalysisError:
        return []
    return [player.PlayerLane("quality", findings, look="quality")] if findings else []
