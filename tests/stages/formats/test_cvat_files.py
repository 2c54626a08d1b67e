"""CVAT as it exports: skeletons whose points are outside one by one, tracks never closed, projects of tasks."""

import pytest

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from tests.labels import events, steady

A, B = steady(250), steady(200, path="/clips/b.mp4")


def task(source: str, size: int, number: int = 1, *, more: str = "", tag: str = "source") -> str:
    return f"<task><id>{number}</id><size>{size}</size><{tag}>{source}</{tag}>{more}</task>"


def cvat(meta: str, *elements: str) -> str:
    return f"<annotations><version>1.1</version><meta>{meta}</meta>\n{chr(10).join(elements)}</annotations>"


def project(*tasks: str) -> str:
    return (
        f"<project><id>9</id><tasks>{''.join(tasks)}</tasks><labels><label><name>rat</name></label></labels></project>"
    )


def boxes(*frames: tuple[int, int], about: str = 'id="0" label="rat"') -> str:
    inner = "".join(f'<box frame="{at}" outside="{out}"/>' for at, out in frames)
    return f"<track {about}>{inner}</track>"


def skeleton(*frames: tuple[int, dict[str, int]]) -> str:
    inner = ""
    for at, points in frames:
        told = "".join(f'<points label="{name}" outside="{out}" points="1,1"/>' for name, out in points.items())
        inner += f'<skeleton frame="{at}" keyframe="1">{told}</skeleton>'
    return f'<track id="0" label="rat">{inner}</track>'


def read(text: str, *clips, **asked) -> Labels:
    files = {"x.xml": text.encode()}
    return conversion.detect_files(files).read(files, ReadOptions(clips=clips, **asked))


def test_a_skeleton_is_seen_while_any_of_its_points_is():
    track = skeleton(
        (25, {"nose": 0, "tail": 0}), (50, {"nose": 1}), (75, {"tail": 1}), (100, {"nose": 0}), (125, {"nose": 1})
    )
    labels = read(cvat(task("a.mp4", 250), track), A)
    assert events(labels) == [("a", 1.0, 3.0, "rat"), ("a", 4.0, 5.0, "rat")]
    assert not labels.findings
    own = '<track id="0" label="rat"><skeleton frame="25" outside="0"/><skeleton frame="50" outside="1"/></track>'
    assert events(read(cvat(task("a.mp4", 250), own), A)) == [("a", 1.0, 2.0, "rat")]


def test_a_skeleton_of_nested_tracks_is_seen_while_any_of_them_is():
    parts = "".join(
        f'<track id="{at}" label="{at}"><points frame="25" outside="0"/><points frame="{stop}" outside="1"/></track>'
        for at, stop in enumerate((50, 75))
    )
    nested = f'<track id="0" label="rat" type="skeleton">{parts}</track>'
    assert events(read(cvat(task("a.mp4", 250), nested), A)) == [("a", 1.0, 3.0, "rat")]


@pytest.mark.parametrize(
    ("size", "more", "stop_s"),
    [
        (250, "", 10.0), (50, "<stop_frame>249</stop_frame><frame_filter>step=5</frame_filter>", 10.0),
        (84, "<frame_filter>step=3</frame_filter>", 10.0), (200, "<stop_frame>199</stop_frame>", 8.0),
        (20, "<start_frame>0</start_frame><stop_frame>190</stop_frame><frame_filter>step=10</frame_filter>", 8.0),
    ],
)  # fmt: skip
def test_a_track_that_is_never_closed_lasts_to_the_end_of_its_task_and_is_told(size: int, more: str, stop_s: float):
    labels = read(cvat(task("a.mp4", size, more=more), boxes((30, 0), (60, 0))), A)
    assert events(labels) == [("a", 1.2, stop_s, "rat")]
    assert any("never closed" in finding.got and f"{stop_s:.3f} s" in finding.got for finding in labels.findings)
    points = skeleton((30, {"nose": 0, "tail": 0}), (60, {"nose": 1}))
    assert events(read(cvat(task("a.mp4", size, more=more), points), A)) == [("a", 1.2, stop_s, "rat")]


def test_a_track_that_is_closed_is_not_remarked_upon():
    assert not read(cvat(task("a.mp4", 250), boxes((25, 0), (50, 1))), A).findings


@pytest.mark.parametrize("tag", ["source", "name"])
def test_the_frames_of_a_project_run_on_over_its_tasks(tag: str):
    tasks = (task("a.mp4", 250, 4, tag=tag), task("b.mp4", 100, 5, tag=tag, more="<frame_filter>step=2</frame_filter>"))
    text = cvat(
        project(*tasks),
        boxes((25, 0), (50, 1), about='id="0" label="rat" task_id="4"'),
        boxes((300, 0), (350, 1), about='id="1" label="cat" task_id="5"'),
        '<image id="400" task_id="5"><tag label="dog"/></image>',
    )
    labels = read(text, A, B, every=2)
    assert events(labels) == [("a", 1.0, 2.0, "rat"), ("b", 2.0, 4.0, "cat"), ("b", 6.0, 6.08, "dog")]
    alone = read(text, B, every=2)
    assert events(alone) == [("b", 2.0, 4.0, "cat"), ("b", 6.0, 6.08, "dog")]
    assert any(finding.left_out and "a.mp4" in finding.got for finding in alone.findings)


def test_elements_without_the_number_of_their_task_lie_where_the_frames_run_on():
    tasks = (task("a.mp4", 250, 4), task("b.mp4", 200, 5))
    labels = read(cvat(project(*tasks), boxes((25, 0), (50, 1)), boxes((275, 0), (300, 1))), A, B)
    assert events(labels) == [("a", 1.0, 2.0, "rat"), ("b", 1.0, 2.0, "rat")]


def test_frames_begin_anew_with_each_subset_of_a_project_and_where_they_do_in_the_file():
    about = 'id="1" label="cat" task_id="5"'
    subsets = (
        task("a.mp4", 250, 4, more="<subset>train</subset>"),
        task("b.mp4", 200, 5, more="<subset>test</subset>"),
    )
    labels = read(cvat(project(*subsets), boxes((25, 0), (50, 1), about=about)), B)
    assert events(labels) == [("b", 1.0, 2.0, "cat")]
    same = (task("a.mp4", 250, 4), task("b.mp4", 200, 5))
    assert events(read(cvat(project(*same), boxes((25, 0), (50, 1), about=about)), B)) == [("b", 1.0, 2.0, "cat")]


def test_elements_that_belong_nowhere_or_lie_beyond_the_clip_are_left_out_and_told():
    odd = (boxes((25, 0), (50, 1), about='id="1" label="cat" task_id="7"'), boxes((9, 0), about='id="2" task_id="4"'))
    rows = (boxes((25, 0), (50, 1), (400, 0), about='id="0" label="rat" task_id="4"'), *odd)
    labels = read(cvat(project(task("a.mp4", 250, 4), task("b.mp4", 200, 5)), *rows), A, B)
    assert events(labels) == [("a", 1.0, 2.0, "rat")]
    assert len([finding for finding in labels.findings if finding.left_out]) == 3
    shapes = '<image id="1"><box label="rat"/><tag label="rat"/></image>'
    labels = read(cvat(task("a.mp4", 250), shapes), A)
    assert events(labels) == [("a", 0.04, 0.08, "rat")] and "1 shapes" in labels.findings[0].got
    with pytest.raises(FormatInvalid, match="a frame below 250"):
        read(cvat(task("a.mp4", 250), boxes((400, 0))), A)
