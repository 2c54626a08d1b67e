"""One odd row does not take the others with it: it is left out and told; a file of nothing else is refused."""

import json

import pytest

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Segment
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from core.stages.formats.common.files import MOST_FINDINGS, FirstFindings
from core.workflows.annotation import files as label_files
from tests.labels import events, files_of, labels, read, steady

A = steady(250)
GOOD = [("a", 1.0, 2.0, "walk"), ("a", 3.0, 4.0, "run")]
MADE = labels(Segment(1.0, 2.0, "walk"), Segment(3.0, 4.0, "run"), info=A)
VIA_ROW = '"9_x","[""a.mp4""]",{},"{}"\n'
ODD: dict[str, list[object]] = {  # what is added to a file that is otherwise sound
    "activitynet": [
        {"segment": [5, 4], "label": "x"}, {"segment": [5], "label": "x"}, {"segment": [5, 6]}, 7,
        {"segment": ["a", 6], "label": "x"}, {"segment": [90, 95], "label": "x"}, {"segment": None, "label": "x"},
    ],
    "coco": [
        {"id": 9, "video_id": 7, "category_id": 1, "segment": [5, 6]}, {"id": 9, "video_id": 1, "category_id": 8},
        {"id": 1, "video_id": 1, "category_id": 1, "segment": [5, 6]}, 7,
        {"id": 9, "video_id": 1, "category_id": 1, "segment": [6, 5]},
    ],
    "fiftyone": [
        {"label": 0}, {"label": 9, "support": [1, 2]}, {"label": 0, "support": [0, 2]}, {"label": 0, "support": [3]},
        {"label": 0, "support": [240, 260]}, {"label": 0, "support": [1, 2], "timestamps": [5, 6]}, 7,
    ],
    "via": [{"vid": "7", "z": [5, 6], "xy": [], "av": {"1": "x"}}, {"vid": "1", "z": [5, 6], "xy": [], "av": {}},
            {"vid": "1", "z": [], "xy": [], "av": {"1": "x"}}, {"vid": "1", "z": [6, 5], "av": {"1": "x"}}, 7],
    "via-csv": [VIA_ROW.format("5,6", "{}"), VIA_ROW.format("6,5", '{""behaviour"":""x""}'), '"9_x","[]",5,6,"{}"\n',
                VIA_ROW.format("soon,6", '{""behaviour"":""x""}'), '"9_x",5,6\n'],
}  # fmt: skip
CASES = [(name, row) for name, rows in ODD.items() for row in rows]


def with_row(name: str, content: bytes, row: object) -> bytes:
    if name == "via-csv":
        return content + str(row).encode()
    entry = json.loads(content)
    if name == "via":
        entry["metadata"]["odd"] = row
    else:
        rows = {"activitynet": lambda: entry["database"]["a"]["annotations"], "coco": lambda: entry["annotations"],
                "fiftyone": lambda: entry["labels"]["a"]}[name]()  # fmt: skip
        rows.insert(1, row)
    return json.dumps(entry).encode()


@pytest.mark.parametrize(("name", "row"), CASES)
def test_an_odd_row_is_left_out_and_told_and_the_others_are_kept(name: str, row: object):
    form = FORMATS[name]
    found = read(form, with_row(name, form.write(MADE), row), A)
    assert events(found) == sorted(GOOD)
    assert any(finding.left_out for finding in found.findings)
    assert all("(left out)" in conversion.told(one) for one in found.findings if one.left_out and "left" not in one.got)


@pytest.mark.parametrize(("name", "row"), [case for case in CASES if case[0] in ("activitynet", "fiftyone", "via-csv")])
def test_a_file_of_odd_rows_alone_is_refused_with_what_is_odd(name: str, row: object):
    form = FORMATS[name]
    nothing = Labels(labels(info=A).clips, ("walk",))
    with pytest.raises(FormatInvalid, match=r"a\.(json|csv), .*expected .* got "):
        read(form, with_row(name, form.write(nothing), row), A)


def test_very_many_odd_rows_are_told_by_the_first_and_their_number():
    rows = "path,label,start,end\na.mp4,walk,1,2\n" + "".join(f"a.mp4,run,{at + 2},{at}\n" for at in range(5000))
    found = FORMATS["csv"].read({"t.csv": rows.encode()}, ReadOptions((A,)))
    assert events(found) == [("a", 1.0, 2.0, "walk")] and len(found.findings) < 210
    assert found.findings[-1].got == "4801 more remarks like these"  # one of the sound row


@pytest.mark.parametrize("name", ["csv", "boris"])
def test_of_very_many_odd_rows_only_the_first_stay_in_memory(name: str, monkeypatch: pytest.MonkeyPatch):
    kept = []
    monkeypatch.setattr(FirstFindings, "bounded", lambda findings, _file: kept.append(len(findings.all)) or ())
    rows = {
        "csv": "path,label,start,end\na.mp4,walk,1,2\n" + "a.mp4,run,9\na.mp4,run,4,3\n" * 2000,
        "boris": "Observation id,Media file name,Subject,Behavior,Behavior type,Time\n"
        "o,a.mp4,x,walk,START,1\no,a.mp4,x,walk,STOP,2\n" + "o,a.mp4,x,run,STOP,soon\n" * 4000,
    }[name]
    FORMATS[name].read({"t.csv": rows.encode()}, ReadOptions((A,)))
    assert kept and max(kept) <= MOST_FINDINGS


@pytest.mark.parametrize("name", ["feral", "fiftyone", "mstcn"])
def test_of_frames_of_several_clips_those_that_were_given_are_read_and_the_rest_is_told(name: str):
    other = labels(Segment(1.0, 2.0, "hop"), info=steady(200, path="/clips/b.mp4"))
    form = FORMATS[name]
    both = Labels((*MADE.clips, *other.clips), ("walk", "run", "hop"))
    files = form.files(both) if form.files else files_of(form, form.write(both))
    found = form.read(files, ReadOptions((A,)))
    assert events(found, joined=True) == sorted(GOOD)
    assert any(finding.left_out and "b" in finding.got for finding in found.findings)


def test_the_label_page_tells_of_labels_of_other_clips():
    table = "path,label,start,end\na.mp4,walk,1,2\nb.mp4,run,1,2\nc.mp4,run,1,2\n"
    found = label_files.read({"t.csv": table.encode()}, A, "a.mp4")
    assert events(found) == [("a", 1.0, 2.0, "walk")]
    (finding,) = [finding for finding in found.findings if finding.left_out]
    assert finding.got == "labels of b.mp4, c.mp4"


@pytest.mark.parametrize("name", ["activitynet", "fiftyone", "labelstudio", "via", "via-csv"])
def test_labels_of_one_name_that_overlap_stand_in_several_tracks_where_the_program_lets_them(name: str):
    spans = ((1.0, 3.0), (2.0, 4.0), (2.4, 2.8), (3.0, 5.0), (6.0, 7.0))
    lanes = tuple(Lane((Segment(*span, "walk"),), seen=((0.0, 10.0),), name=str(at)) for at, span in enumerate(spans))
    written = Labels((ClipLabels("a.mp4", lanes, info=A),), ("walk",))
    found = read(FORMATS[name], FORMATS[name].write(written), A)
    assert events(found) == [("a", *span, "walk") for span in spans]
    assert [lane.name for lane in found.clips[0].lanes] == ["walk", "walk 2", "walk 3"]
