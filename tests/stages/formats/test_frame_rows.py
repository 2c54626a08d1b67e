"""Formats of a row a frame: an odd row leaves its frame unannotated and is told, the others are kept."""

import json

import pytest

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import Labels
from core.stages.formats import ReadOptions
from tests.labels import A, events, read
from tests.stages.formats.test_golden import golden

HOLE = ((0.0, 0.12), (0.16, 0.4))  # all but frame 3
KEPT = [("a", 0.08, 0.12, "walk"), ("a", 0.16, 0.2, "walk")]


def with_line(name: str, old: str, new: str) -> str:
    """The file by hand with another line in place of one."""
    text = golden(name).decode()
    assert text.count(f"\n{old}\n") == 1
    return text.replace(f"\n{old}\n", f"\n{new}\n" if new else "\n")


def mstcn(row: str) -> str:
    lines = golden("mstcn").decode().split("\n")
    return "\n".join([*lines[:3], row, *lines[4:]])


def feral(value: object) -> str:
    entry = json.loads(golden("feral"))
    entry["labels"]["a.mp4"][3] = value
    return json.dumps(entry)


def check_hole(found: Labels) -> None:
    """Frame 3 is unannotated, which is told; all else is as in the file by hand."""
    assert events(found) == KEPT and {lane.seen for lane in found.clips[0].lanes} == {HOLE}
    assert [finding for finding in found.findings if finding.left_out]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mstcn", mstcn("")), ("mstcn", mstcn("walk on")),
        ("feral", feral(7)), ("feral", feral(None)), ("feral", feral(True)), ("feral", feral("1")),
        ("feral", feral([])),
        *(("deepethogram", with_line("deepethogram", "3,0,1", row)) for row in
          ("", "3,0", "3,0,1,1", "3,0,2", "3,1,1", "3,0,0", "3,,", "x,0,1", "99,0,1", "3,0,1\n3,1,0")),
        *(("boris-binary", with_line("boris-binary", "0.12,1", row)) for row in
          ("", "0.12", "0.12,1,1", "soon,1", "0.12,?", "9.12,1", "-3,1", "0.12,1\n0.12,0")),
    ],
)  # fmt: skip
def test_an_odd_row_leaves_its_frame_unannotated(name: str, content: str):
    check_hole(read(FORMATS[name], content.encode(), A))


def test_a_row_that_stands_twice_counts_once():
    for name, row in (("deepethogram", "3,0,1"), ("boris-binary", "0.12,1")):
        found = read(FORMATS[name], with_line(name, row, f"{row}\n{row}").encode(), A)
        assert events(found) == [("a", 0.08, 0.2, "walk")], name
        assert {lane.seen for lane in found.clips[0].lanes} == {((0.0, 0.4),)}


def test_rows_that_are_odd_in_one_way_are_told_by_the_first_and_their_number():
    lines = golden("mstcn").decode().split("\n")
    found = read(FORMATS["mstcn"], "\n".join([*lines[:5], "", "", "", "", lines[9], ""]).encode(), A)
    (finding,) = found.findings
    assert (finding.line, finding.left_out) == (6, True)
    assert finding.got == "an empty line and in 3 more rows up to line 9"
    assert found.clips[0].lanes[0].seen == ((0.0, 0.2), (0.36, 0.4))


def test_a_file_in_which_nothing_happens_stays_one_when_a_row_is_odd():
    found = read(FORMATS["mstcn"], ("background\n" * 9 + "two words\n").encode(), A)
    assert events(found) == [] and found.clips[0].lanes[0].seen == ((0.0, 0.36),)


@pytest.mark.parametrize("name", ["mstcn", "feral", "deepethogram", "boris-binary"])
def test_a_file_of_odd_rows_alone_is_refused(name: str):
    content = {
        "mstcn": "two words\n" * 10,
        "feral": json.dumps({**json.loads(golden("feral")), "labels": {"a.mp4": [9] * 10}}),
        "deepethogram": ",background,walk\n" + "".join(f"{at},5,5\n" for at in range(10)),
        "boris-binary": "time,walk\n" + "".join(f"{at / 25},?\n" for at in range(10)),
    }[name]
    with pytest.raises(FormatInvalid, match="expected") as caught:
        read(FORMATS[name], content.encode(), A)
    assert caught.value.hint


def test_lists_of_the_folder_that_do_not_fit_are_left_out_beside_others():
    files = {"groundTruth/a.txt": golden("mstcn"), "groundTruth/b.txt": b"walk\n" * 3,
             "mapping.txt": b"0 background\nodd\n1 walk\n"}  # fmt: skip
    found = FORMATS["mstcn"].read(files, ReadOptions((A,)))
    assert events(found) == [("a", 0.08, 0.2, "walk")]
    assert [(finding.file, finding.line) for finding in found.findings if finding.left_out] == [
        ("mapping.txt", 2),
        ("mapping.txt", 0),
    ]


def test_a_table_that_counts_from_one_is_not_moved():
    rows = "".join(f"{at + 1},1,0\n" for at in range(10))
    with pytest.raises(FormatInvalid, match="line 2: expected the index 0, got 1"):
        read(FORMATS["deepethogram"], f",background,walk\n{rows}".encode(), A)


def test_steps_of_which_most_do_not_agree_are_refused():
    with pytest.raises(FormatInvalid, match="expected a step of"):
        read(FORMATS["boris-binary"], b"time,walk\n0.0,0\n0.1,1\n0.3,0\n0.35,1\n", A)


def test_classes_of_feral_without_a_first_may_be_called_other():
    entry = {**json.loads(golden("feral")), "class_names": {"1": "walk", "2": "other"}, "labels": {"a.mp4": [2] * 10}}
    found = read(FORMATS["feral"], json.dumps(entry).encode(), A)
    assert events(found) == [("a", 0.0, 0.4, "other")] and found.background == ""


def test_odd_splits_and_class_names_of_feral_are_told():
    entry = json.loads(golden("feral"))
    entry["splits"] = {"train": ["a.mp4", "b.mp4"], "test": ["a.mp4"]}
    entry["class_names"] |= {"x": "run", "2": "walk"}
    found = read(FORMATS["feral"], json.dumps(entry).encode(), A)
    assert events(found) == [("a", 0.08, 0.2, "walk")] and found.clips[0].split == ""
    assert len([finding for finding in found.findings if finding.left_out]) == 4
