"""What the player's page part tells the browser, and what it takes from it. The player itself: tests/browser."""

import base64
import re
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.domain import Edit, Point, Segment
from core.stages.preprocessing.frame_clock import frame_table
from core.stages.tracks.segmentation import NOTHING
from pages.ui import state
from pages.ui.common.player import player
from pages.ui.common.player.data import PlayerData
from pages.ui.common.player.rows import COLUMNS, DIFFERS, LaneCurve, Palette, PlayerLane, new_edits, packed
from scripts.marked import times_of
from tests.pages.test_pages import video_info

ROOT = Path(__file__).resolve().parents[2]
SLOTS = {"walk": 0, "run": 1}


def clip(times_s: np.ndarray, last_s: float = 0.04):
    return video_info(
        "/clips/a.mp4", times_s=times_s, frame_count=len(times_s), declared_count=len(times_s),
        duration_s=float(times_s[-1] + last_s), rate_hz=Fraction(25),
    )  # fmt: skip


def read_table(content: bytes) -> np.ndarray:
    """The borders of frames as the player computes them."""
    unit_s = np.frombuffer(content[:8], "<f8")[0]
    return np.append(0, np.cumsum(np.frombuffer(content[8:], "<u4").astype(np.int64))) * unit_s


@pytest.mark.parametrize("rate", ["25", "23.976", "58.83", "jittered"])
def test_the_table_of_frames_is_right_to_a_microsecond_after_hours(rate):
    times_s = times_of(rate, 300_000)
    borders_s = read_table(frame_table(clip(times_s)))
    assert len(borders_s) == 300_001
    assert np.abs(borders_s[:-1] - times_s).max() <= 0.51e-6
    assert borders_s[-1] == pytest.approx(times_s[-1] + 0.04, abs=1e-6)


def test_a_frame_that_stays_for_hours_fits_into_the_table():
    borders_s = read_table(frame_table(clip(np.array([0.0, 20_000.0]))))
    assert borders_s == pytest.approx([0, 20_000, 20_000.04], abs=1e-5)


def test_what_is_sent_has_the_fields_that_the_component_reads():
    types = (ROOT / "pages" / "ui" / "common" / "player" / "types.d.ts").read_text("utf-8")
    interface = re.search(r"interface PlayerData \{(.*?)\n\}", types, re.DOTALL)
    assert interface and re.findall(r"^  (\w+)\??:", interface[1], re.MULTILINE) == [
        field.name for field in fields(PlayerData)
    ]


def numbers(text: str, kind: str) -> list[float]:
    return np.frombuffer(base64.b64decode(text), kind).tolist()


def test_a_lane_travels_as_columns_of_numbers():
    palette = Palette(SLOTS, ["run"])
    found = (Segment(0.1, 0.5, "walk", 0.81), Segment(0.5, 1 / 3 + 0.4, "run"))
    row = packed(PlayerLane("mine", found, seen=[(0, 1.5)], prefix="it is", edits=True), palette)
    assert numbers(row["starts"], "<f8") == [0.1, 0.5]
    assert numbers(row["stops"], "<f8") == [0.5, 1 / 3 + 0.4]
    assert numbers(row["confidences"], "u1") == [81, 255]
    assert [palette.entries[int(at)]["label"] for at in numbers(row["labels"], "<u2")] == ["walk", "run"]
    assert (row["name"], row["title"], row["edits"], row["seen"]) == ("mine", "it is", True, [[0, 1.5]])
    assert palette.entries[0]["label"] == "run", "what can be painted comes first"


def test_points_travel_by_time_beside_the_segments():
    palette = Palette(SLOTS, ["run"])
    points = (Point(1 / 3, "walk"), Point(0.25, "run", 0.5))
    row = packed(PlayerLane("mine", points=points), palette)
    assert numbers(row["pointTimes"], "<f8") == [0.25, 1 / 3]
    assert numbers(row["pointConfidences"], "u1") == [50, 255]
    assert [palette.entries[int(at)]["label"] for at in numbers(row["pointLabels"], "<u2")] == ["run", "walk"]


def test_a_difference_is_red_whatever_its_label():
    palette = Palette(SLOTS, ["walk"])
    packed(PlayerLane("differs", [Segment(0, 1, "walk")], look="difference"), palette)
    assert [one["colour"] for one in palette.entries] == ["#0072B2", DIFFERS]


def test_ten_thousand_segments_take_less_than_a_third_of_a_megabyte():
    many = [Segment(at, at + 0.5, "walk", 0.5) for at in range(10_000)]
    row = packed(PlayerLane("found", many), Palette(SLOTS, []))
    assert sum(len(text) for text in row.values() if isinstance(text, str)) < 330_000


def test_a_long_curve_is_averaged_and_a_gap_in_it_is_low():
    values = np.tile([0.0, 1.0], 3 * COLUMNS)
    line = packed(
        PlayerLane("s", curves=[LaneCurve("a", np.arange(6.0 * COLUMNS), values, "#0072B2")]), Palette({}, [])
    )
    shown = numbers(line["curves"][0]["values"], "u1")
    assert len(shown) == COLUMNS
    assert set(shown) == {128}
    line = packed(
        PlayerLane("s", curves=[LaneCurve("a", np.arange(2.0), np.array([np.nan, 1]), "#0072B2")]), Palette({}, [])
    )
    assert numbers(line["curves"][0]["values"], "u1") == [0, 255]


def message(n: int, **changes) -> dict:
    return {
        "from": "x",
        "n": n,
        "kind": "paint",
        "row": "mine",
        "at": 0,
        "start": 1,
        "stop": 3,
        "label": "walk",
    } | changes


def asked(told, done=None):
    return new_edits(told, done or {}, clip(times_of("23.976", 50)), ("mine",), ("walk", "run"))


def test_an_edit_lies_exactly_on_the_borders_of_frames():
    times_s = times_of("23.976", 50)
    found, done = asked([message(1), message(2, start=10, stop=50, label=NOTHING)])
    assert found[0] == Edit("paint", "mine", 0.0, times_s[1], times_s[3], "walk", "x", 1)
    assert found[1] == Edit("paint", "mine", 0.0, times_s[10], times_s[49] + 0.04, NOTHING, "x", 2)
    assert done == {"x": 2}


def test_an_end_that_was_not_moved_stays_where_it_was():
    between = float(times_of("23.976", 50)[3]) - 0.013
    ((edit,), _) = asked([message(1, kind="change", stop_s=between)])
    assert edit.stop_s == between
    ((edit,), _) = asked([message(1, kind="change", stop_s=between - 0.05)])
    assert edit.stop_s == times_of("23.976", 50)[3], "but only where that is the border which is named"


def test_a_point_lies_at_the_moment_of_its_frame_also_the_last():
    times_s = times_of("23.976", 50)
    (first, moved), _ = asked([
        message(1, kind="point", start=0, stop=1), message(2, kind="change", at=0.0, mark="walk", start=49, stop=50),
    ])  # fmt: skip
    assert (first.kind, first.start_s, first.label, first.mark) == ("point", 0.0, "walk", "")
    assert (moved.at_s, moved.mark, moved.start_s) == (0.0, "walk", times_s[49])


def test_each_edit_is_handed_out_once_and_a_new_browser_counts_anew():
    told = [message(1), message(2), message(3)]
    found, done = asked(told, {"x": 2})
    assert (len(found), done) == (1, {"x": 3})
    assert asked(told, done) == ([], {"x": 3})
    mixed = [message(3), message(1) | {"from": "y"}, message(4)]
    assert [(one.sender, one.serial) for one in asked(mixed, done)[0]] == [("y", 1), ("x", 4)]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "drop table"},
        {"row": "predicted"},
        {"label": "fly"},
        {"start": 3, "stop": 1},
        {"stop": 51},
        {"start": -1},
        {"start": 1.5},
        {"at": "0"},
        {"at": float("nan")},
        {"at": 1e9},
        {"start": None},
        {"label": ["walk"]},
        {"kind": ["paint"]},
        {"mark": 3},
        {"kind": "point", "start": 50, "stop": 50},
        {"kind": "change", "mark": "walk", "start": 50, "stop": 50},
    ],
)
def test_what_is_no_edit_is_left_out_and_does_not_come_again(change):
    assert asked([message(1, **change)]) == ([], {"x": 1})


@pytest.mark.parametrize(
    "told", [None, 5, "edits", {"edits": 3}, [3, {}, {"from": "x", "n": "1"}, {"from": 3, "n": 1}]]
)
def test_nonsense_tells_no_edit(told):
    assert asked(told)[0] == []


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict:
    """The session as a plain dict."""
    kept: dict = {}
    monkeypatch.setattr(state, "widget", kept.get)
    monkeypatch.setattr(state, "remember", kept.__setitem__)
    monkeypatch.setattr(state, "remembered", kept.get)
    return kept


def test_the_page_is_told_each_edit_once_and_the_browser_then_knows(session):
    info, heard = clip(times_of("25", 50)), []
    session["p"] = {"edits": [message(1), message(2, kind="undo")]}
    assert player._done("p") == {}, "what was not handed out yet is not told as known"
    assert player._hand_out("p", info, ("mine",), ("walk",), heard.append)
    assert not player._hand_out("p", info, ("mine",), ("walk",), heard.append)
    assert [edit.kind for edit in heard] == ["paint", "undo"]
    assert player._done("p") == {"x": 2}


def test_a_lane_that_nobody_draws_in_takes_no_edit(session):
    session["p"] = {"edits": [message(1)]}
    assert not player._hand_out("p", clip(times_of("25", 50)), ("mine",), ("walk",), None)
    assert player._done("p") == {}


def test_the_banner_tells_how_long_frames_stay():
    assert player._varies(clip(times_of("25", 50))) == ""
    varying = video_info("/a.mp4", times_s=np.append(0, 0.03 * np.arange(2, 51)), variable_rate=True)
    assert "30 to 60 ms" in player._varies(varying)


def test_every_key_is_documented():
    script = (ROOT / "pages/ui/common/player/keys.js").read_text(encoding="utf-8")
    listed = list(re.findall(r"^  (?:inside|anywhere|editing)\(\[(.*?)\], \"", script, re.MULTILINE))
    keys = [key for names in listed for key in re.findall(r'"(.*?)"', names)]
    documented = (ROOT / "docs/player.md").read_text(encoding="utf-8")
    assert len(keys) > 30
    assert not [key for key in keys if f"`{key}`" not in documented]
