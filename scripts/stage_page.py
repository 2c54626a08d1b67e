"""The player with made lanes, as the address asks: ?video=DIGEST&stage=one, many, long or edit.

Edits go into a track in memory; each is noted with the moment at which it was taken, in edits.jsonl of the workspace.
"""

import json
import time
from contextlib import suppress
from functools import cache

import numpy as np
import streamlit as st

from core.base.errors import EditRefused
from core.domain import DrawnTrack, Edit, Segment, VideoInfo
from core.workflows.annotation.edits import edited
from pages.ui import state
from pages.ui.common import theme
from pages.ui.common.player import player
from pages.ui.common.player.player import LaneCurve, PlayerLane

LABELS = ("walk", "run", "jump", "sit down")
HISTORY: dict[str, list[DrawnTrack]] = {}
LONG = 10_000


@cache
def segments(duration_s: float, count: int, seed: int) -> tuple[Segment, ...]:
    """Stretches of random length all over the clip, some touching, each with a confidence."""
    random = np.random.default_rng(seed)
    ends_s = np.sort(random.uniform(0, duration_s, 2 * count))
    stops_s = np.where(random.random(count) < 0.4, np.append(ends_s[2::2], duration_s), ends_s[1::2])
    names, sures = random.integers(0, len(LABELS), count), random.uniform(0.3, 1, count)
    return tuple(
        Segment(float(start), float(stop), LABELS[name], None if seed == 1 else float(sure))
        for start, stop, name, sure in zip(ends_s[::2], stops_s, names, sures, strict=True)
        if stop > start
    )


def curves(duration_s: float) -> list[LaneCurve]:
    """Scores of two labels as a network might give them."""
    times_s = np.arange(0, duration_s, 0.32)
    waves = (0.5 + 0.45 * np.sin(times_s / speed) for speed in (1.3, 3.1))
    return [
        LaneCurve(name, times_s, wave, colour)
        for name, wave, colour in zip(LABELS, waves, ("#0072B2", "#E69F00"), strict=False)
    ]


def document(info: VideoInfo, count: int) -> DrawnTrack:
    """The track as it is after all edits."""
    if info.digest not in HISTORY:
        found = segments(info.duration_s, count, 1) if count else ()
        seen = ((0.0, info.duration_s),) if count else ((0.0, info.duration_s / 2),)
        HISTORY[info.digest] = [DrawnTrack(LABELS, found, seen, "mine")]
    return HISTORY[info.digest][-1]


def take(info: VideoInfo, edit: Edit) -> None:
    """Do an edit, and note when that was done."""
    past = HISTORY[info.digest]
    if edit.kind == "undo":
        past[1:] = past[1:-1]
    elif edit.kind != "redo":
        with suppress(EditRefused):
            past.append(edited(past[-1], edit))
    with open(state.settings().workspace / "edits.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"taken": time.time(), **vars(edit)}) + "\n")


def rows(info: VideoInfo, stage: str) -> list[PlayerLane]:
    """The lanes of a stage."""
    count = LONG if stage == "long" else 14
    said = PlayerLane("predicted", segments(info.duration_s, count, 2))
    if stage == "one":
        return [PlayerLane("", said.segments, seen=[(0.0, 0.9 * info.duration_s)])]
    own = document(info, LONG if stage == "long" else 0)
    mine = PlayerLane("mine", own.segments, seen=own.seen, edits=True)
    if stage == "edit":
        return [mine, said]
    truth = PlayerLane("truth", segments(info.duration_s, count, 3), prefix="it is")
    differs = PlayerLane("differs", segments(info.duration_s, count, 4), look="difference")
    bad = PlayerLane("quality", [Segment(0.1, 0.4, "walk")], look="quality")
    return [truth, said, differs, mine, PlayerLane("scores", curves=curves(info.duration_s)), bad]


@st.fragment
def stage(info: VideoInfo) -> None:
    """The player, drawn anew with each edit."""
    name = st.query_params.get("stage", "one")
    slots = {label: place for place, label in enumerate(LABELS)}
    player.show(
        info, rows(info, name), slots, key=f"stage.{info.digest}", playable=player.playable(info), start_s=0.0,
        labels=() if name == "one" else LABELS, on_edit=lambda edit: take(info, edit),
    )  # fmt: skip


st.set_page_config(layout="wide")
theme.styles()
theme.title("Stage", "The player alone.")
stage(state.store().video(st.query_params["video"]))
