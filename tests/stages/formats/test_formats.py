"""Files that tell others what was found."""

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from core.base.errors import FormatInvalid, UnknownName
from core.base.registry import FORMATS
from core.domain import Analysis, Labels, LabelScore, Segment, Track, VideoInfo
from core.stages import formats
from core.stages.formats.common import conversion


def analysis(*segments: Segment, path: str = "/clips/a.mp4") -> Analysis:
    info = VideoInfo(
        path=path,
        digest="d" * 64,
        width_px=320,
        height_px=240,
        frame_count=2,
        declared_count=3,
        times_s=np.array([0.0, 1001 / 30000]),
        rate_hz=Fraction(30000, 1001),
        variable_rate=False,
        duration_s=2002 / 30000,
        codec="h264",
        plays_in_browser=True,
        notes=("2 of 3 declared frames can be read",),
    )
    labels = ("nothing certain", *dict.fromkeys(segment.label for segment in segments))
    track = Track(info.digest, labels, segments, (0.0, 3700.0), "m")
    return Analysis(info, "m", (LabelScore("walk", 0.75), LabelScore("run", 0.25)), track)


def labels_of(*segments: Segment, path: str = "/clips/a.mp4") -> Labels:
    return formats.labels_of(analysis(*segments, path=path))


WALK = Segment(0.08, 0.2, "walk", 0.931)
RUN = Segment(3661.5, 3662.0004, "run", None)


@pytest.mark.parametrize("name", conversion.writable())
def test_every_format_can_tell_that_nothing_was_found(name):
    assert FORMATS[name].write(labels_of())


def test_formats_are_listed_by_their_names_whatever_their_modules_are_called():
    assert list(FORMATS) == sorted(FORMATS)


def test_json_has_exactly_the_promised_fields():
    content = json.loads(FORMATS["json"].write(labels_of(WALK, RUN)))
    assert content == {
        "video": {
            "path": "/clips/a.mp4",
            "digest": "d" * 64,
            "width_px": 320,
            "height_px": 240,
            "frame_count": 2,
            "declared_count": 3,
            "rate_hz": 29.97003,
            "variable_rate": False,
            "duration_s": 0.066733,
            "codec": "h264",
            "notes": ["2 of 3 declared frames can be read"],
        },
        "model": "m",
        "labels": [{"label": "walk", "score": 0.75}, {"label": "run", "score": 0.25}],
        "segments": [
            {"start_s": 0.08, "stop_s": 0.2, "label": "walk", "confidence": 0.931},
            {"start_s": 3661.5, "stop_s": 3662.0004, "label": "run", "confidence": None},
        ],
    }


def test_json_of_several_clips_is_a_list_in_order():
    several = FORMATS["json"].write(formats.labels_of(analysis(path="b"), analysis(path="a")))
    assert [one["video"]["path"] for one in json.loads(several)] == ["b", "a"]


def test_json_survives_a_path_that_is_no_text():
    assert json.loads(FORMATS["json"].write(labels_of(path="/a\udcff.mp4")))["video"]["path"] == "/a\udcff.mp4"


def test_csv_golden():
    expected = b"start_s,stop_s,label,confidence\n0.080,0.200,walk,0.931\n3661.500,3662.000,run,\n"
    assert FORMATS["csv"].write(labels_of(WALK, RUN)) == expected


def test_csv_of_several_clips_begins_with_their_paths():
    several = FORMATS["csv"].write(formats.labels_of(analysis(WALK, path="a, b.mp4"), analysis(WALK, path="c.mp4")))
    rows = list(csv.DictReader(io.StringIO(several.decode())))
    assert [(row["path"], row["label"]) for row in rows] == [("a, b.mp4", "walk"), ("c.mp4", "walk")]


def test_vtt_golden():
    expected = b"WEBVTT\n\n1\n00:00:00.080 --> 00:00:00.200\nwalk 0.93\n\n2\n01:01:01.500 --> 01:01:02.000\nrun\n"
    assert FORMATS["vtt"].write(labels_of(WALK, RUN)) == expected


def test_vtt_escapes_what_would_be_markup():
    written = FORMATS["vtt"].write(labels_of(replace(WALK, label="R&B <fast>")))
    assert b"R&amp;B &lt;fast&gt; 0.93" in written


@pytest.mark.parametrize("label", ["a --> b", "a\nb", "a\r", "a\u2028b"])
def test_vtt_refuses_a_label_that_it_cannot_hold(label):
    with pytest.raises(FormatInvalid, match="cannot hold the label"):
        FORMATS["vtt"].write(labels_of(replace(WALK, label=label)))


def test_an_unknown_format_says_what_it_may_have_meant():
    with pytest.raises(UnknownName) as caught:
        FORMATS["jsn"]
    assert "json" in caught.value.hint
