"""Label Studio as it exports: names of uploads, rates in the configuration, regions that are none, skipped work."""

import json

import pytest

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from tests.labels import events, steady

A, B = steady(250), steady(250, path="/clips/my clip (2).mp4")


def region(start: object, end: object, *labels: str, **more) -> dict:
    value = {"ranges": [{"start": start, "end": end}], "timelinelabels": list(labels or ("grasp",))}
    return {"id": "r", "to_name": "video", "type": "timelinelabels", "value": value, **more}


def task(*regions: dict, video: str = "/data/upload/3/1a2b3c4d-a.mp4", **data) -> dict:
    annotations = [{"id": 1, "was_cancelled": False, "result": list(regions)}]
    return {"id": 1, "data": {"video": video, **data}, "annotations": annotations}


def read(tasks: list, *clips, config: str = "", **asked) -> Labels:
    files = {"tasks.json": json.dumps(tasks).encode()} | ({"config.xml": config.encode()} if config else {})
    return conversion.detect_files(files).read(files, ReadOptions(clips=clips, **asked))


@pytest.mark.parametrize(
    "video",
    [
        *("/data/upload/3/1a2b3c4d-a.mp4", "upload/9/FFEE0011-a.mp4", "https://x.org/b/a.mp4?X-Amz-Date=2&k=b.mp4"),
        *("s3://bucket/in/a.mp4", "/data/local-files/?d=videos/a.mp4", "https://x.org/media/1a2b3c4d-a.mp4?token=1"),
        *("/data/upload/1/deadbeef-cafe0123-a.mp4", "/data/upload/1/1a2b3c4d-A.MP4"),
    ],
)
def test_a_video_is_bound_by_the_name_within_its_address(video: str):
    labels = read([task(region(26, 50), video=video)], A, B)
    assert events(labels) == [("a", 1.0, 2.0, "grasp")] and labels.clips[0].info is A
    assert not any("taken as that clip's" in finding.got for finding in labels.findings)


@pytest.mark.parametrize(
    "video", ["1a2b3c4d-my_clip_2.mp4", "1a2b3c4d-my%20clip%20(2).mp4", "1a2b3c4d-my_clip_(2).mp4"]
)
def test_a_name_that_an_upload_changed_is_known_again(video: str):
    labels = read([task(region(26, 50), video=f"/data/upload/1/{video}")], A, B)
    assert labels.clips[0].info is B


def test_a_name_that_begins_like_a_prefix_is_taken_as_it_is_first():
    own, other = steady(250, path="/c/2024-a.mp4"), A
    assert read([task(region(26, 50), video="/data/upload/1/2024-a.mp4")], own, other).clips[0].info is own
    assert read([task(region(26, 50), video="/data/upload/1/12345678-2024-a.mp4")], own, other).clips[0].info is own


def test_of_several_tasks_those_of_clips_that_were_given_are_read_and_the_rest_is_told():
    other = task(region(1, 25, "release"), video="/data/upload/3/9f8e7d6c-other.mp4")
    labels = read([other, task(region(26, 50))], A)
    assert events(labels) == [("a", 1.0, 2.0, "grasp")]
    assert any(finding.left_out and "other.mp4" in finding.got for finding in labels.findings)
    told = read([other, task(region(26, 50))], A, steady(path="/c/third.mp4")).findings
    assert any(finding.expected == "labels of third.mp4" for finding in told)
    with pytest.raises(FormatInvalid, match="does not contain"):
        read([other, other], A, B)


def test_two_tasks_of_one_clip_become_tracks_of_it():
    again = task(region(51, 75, "release"), video="/data/upload/3/99999999-a.mp4")
    labels = read([task(region(26, 50)), again], A)
    assert [lane.name for lane in labels.clips[0].lanes] == ["task 1", "task 2"] and len(labels.clips) == 1


@pytest.mark.parametrize(
    ("tag", "data", "stop_s"),
    [
        ('frameRate="50"', {}, 1.0), ('framerate="12.5"', {}, 4.0), ('frameRate="$fps"', {"fps": 10}, 5.0),
        ('framerate="$rate"', {"rate": "20"}, 2.5), ("", {}, 50 / 24), ('frameRate="0.04"', {}, 2.0),
    ],
)  # fmt: skip
def test_the_rate_stands_in_the_configuration(tag: str, data: dict, stop_s: float):
    config = f'<View><Video name="v" value="$clip" {tag}/><TimelineLabels name="t" toName="v"/></View>'
    one = task(region(1, 50), video="about a.mp4", **data) | {}
    one["data"]["clip"] = "/data/upload/1/1a2b3c4d-a.mp4"
    assert events(read([one], A, config=config)) == [("a", 0.0, pytest.approx(stop_s, abs=1e-4), "grasp")]


def test_a_rate_that_the_task_does_not_hold_is_asked_for():
    config = '<View><Video name="v" value="$video" frameRate="$fps"/></View>'
    with pytest.raises(FormatInvalid, match=r"\$fps") as caught:
        read([task(region(1, 50))], A, config=config)
    assert "--rate" in caught.value.hint
    assert events(read([task(region(1, 50))], A, config=config, rate_hz=25)) == [("a", 0.0, 2.0, "grasp")]
    both = [task(region(1, 50), fps="soon"), task(region(1, 50), video="upload/1a2b3c4d-b.mp4", fps=25)]
    labels = read(both, A, steady(100, path="/c/b.mp4"), config=config)
    assert events(labels) == [("b", 0.0, 2.0, "grasp")] and any(one.left_out for one in labels.findings)


def test_the_video_of_a_task_may_have_any_key():
    one = task(region(1, 50), video="")
    one["data"] = {"title": "the first", "clip_url": "/data/upload/1/1a2b3c4d-a.mp4"}
    assert read([one], A, B).clips[0].info is A


def test_what_is_no_region_of_time_is_left_out_and_told():
    box = {"id": "k", "type": "videorectangle", "value": {"sequence": [{"frame": 40}], "labels": []}}
    copy = {"id": "k", "type": "timelinelabels", "value": {"sequence": [{"frame": 40}], "timelinelabels": ["grasp"]}}
    odd = [region(None, 5), region(9, 3), region(1, 9) | {"value": {"ranges": [{"start": 1, "end": 9}]}}]
    labels = read([task(box, box, copy, region(26, 50), *odd)], A)
    assert events(labels) == [("a", 1.0, 2.0, "grasp")]
    told = [finding.got for finding in labels.findings if finding.left_out]
    assert len(told) == 5 and any(text.startswith("2 of another kind, 'videorectangle'") for text in told)
    assert not read([task(box, copy)], A).clips[0].labels


def test_a_skipped_annotation_is_left_out_and_the_other_is_no_track_of_several():
    one = task(region(26, 50))
    one["annotations"].insert(0, {"id": 2, "was_cancelled": True, "result": [region(1, 9, "wrong")]})
    labels = read([one], A)
    assert events(labels) == [("a", 1.0, 2.0, "grasp")] and labels.clips[0].lanes[0].author == ""
    assert any("skipped" in finding.got for finding in labels.findings)
    one["annotations"].pop()
    assert not read([one], A).clips[0].labels


def test_the_short_export_holds_the_same_regions():
    regions = [
        {"ranges": [{"start": 26, "end": 50}], "timelinelabels": ["grasp"]},
        {"sequence": [], "timelinelabels": []},
    ]
    short = {"video": "/data/upload/3/1a2b3c4d-a.mp4", "id": 1, "tl": regions, "annotator": 2, "fps": 50}
    assert events(read([short], A)) == [("a", 1.0, 2.0, "grasp")]
    config = '<View><Video name="v" value="$video" frameRate="$fps"/></View>'
    assert events(read([short], A, config=config)) == [("a", 0.5, 1.0, "grasp")]
