"""What the files of each tool have in store: each trap that is known, met."""

import json
from fractions import Fraction

import pytest

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import Labels, Point, Segment
from core.stages.formats import ReadOptions
from core.stages.formats.common import safe_xml
from tests.labels import VARIABLE, A, events, labels, read, steady

EVENT = [("a", 0.08, 0.2, "walk")]


def refused(name: str, content: str | bytes, *infos, match: str, **asked) -> FormatInvalid:
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(FormatInvalid, match=match) as caught:
        read(FORMATS[name], content, *infos, **asked)
    return caught.value


def found(name: str, content: str, *infos, **asked) -> Labels:
    return read(FORMATS[name], content.encode(), *infos, **asked)


def value(name: str, content: object, *infos, **asked) -> Labels:
    return found(name, json.dumps(content), *infos, **asked)


# XML ------------------------------------------------------------------------------------------------------------------


def test_xml_may_be_40_levels_deep_and_no_deeper():
    assert safe_xml.parsed("a.eaf", b"<a>" * 40 + b"</a>" * 40).tag == "a"
    with pytest.raises(FormatInvalid, match="at most 40 levels"):
        safe_xml.parsed("a.eaf", b"<a>" * 41 + b"</a>" * 41)


# All ------------------------------------------------------------------------------------------------------------------


def test_a_time_with_few_digits_is_moved_onto_its_frame():
    info = steady(300, 30)
    cues = "".join(
        f"{i}\n00:00:{start / 30:06.3f} --> 00:00:{(start + 1) / 30:06.3f}\nwalk\n\n"
        for i, start in enumerate(range(0, 300, 2))
    )
    (lane,) = found("vtt", f"WEBVTT\n\n{cues}", info).clips[0].lanes
    assert [round(one.start_s * 30, 9) for one in lane.segments] == list(range(0, 300, 2))
    assert [round(one.stop_s * 30, 9) for one in lane.segments] == list(range(1, 301, 2))


def test_two_frames_within_a_digit_are_told_and_the_time_is_left():
    info = steady(100, 2000)
    told = found("vtt", "WEBVTT\n\n00:00:00.010 --> 00:00:00.020\nwalk\n", info)
    assert events(told) == [("a", 0.01, 0.02, "walk")] and "one frame within 0.001 s" in told.findings[0].expected


def test_an_end_a_frame_behind_the_clip_is_cut_and_told_and_one_further_is_refused():
    told = found("vtt", "WEBVTT\n\n00:00:00.320 --> 00:00:00.430\nwalk\n", A)
    assert events(told) == [("a", 0.32, 0.4, "walk")] and "shortened" in told.findings[0].got
    error = refused("vtt", "WEBVTT\n\n00:00:00.320 --> 00:00:00.500\nwalk\n", A, match=r"a.vtt, line 3: .*0.400 s")
    assert error.hint


def test_overlaps_become_a_track_for_each_label_and_an_overlap_of_one_label_is_refused():
    rows = "path,label,start,end\na.mp4,walk,0.08,0.20\na.mp4,groom,0.12,0.30\n"
    told = found("csv", rows, A)
    assert [lane.name for lane in told.clips[0].lanes] == ["walk", "groom"] and "a track for each" in told.findings[
        0
    ].got
    refused("csv", f"{rows}a.mp4,walk,0.16,0.24\n", A, match="one label at a time in a track")
    again = found("csv", f"{rows}a.mp4,walk,0.08,0.20\n", A)
    assert events(again) == events(told) and (again.findings[0].line, again.findings[0].left_out) == (4, True)


def test_up_to_twenty_problems_are_told_at_once():
    rows = "path,label,start,end\n" + "a.mp4,walk,2,1\n" * 30
    assert str(refused("csv", rows, A, match="line 2")).count("line ") == 20


def test_a_clip_of_another_name_is_told_and_one_of_several_is_bound_by_name():
    told = found("csv", "path,label,start,end\nelse.mp4,walk,0.08,0.20\n", A)
    assert "taken as that clip's" in told.findings[0].got
    several = "path,label,start,end\nx/a.avi,walk,0.08,0.20\nb.mp4,walk,1,2\n"
    clips = found("csv", several, A).clips
    assert clips[0].info is A and clips[1].info is None


def test_where_nothing_says_what_was_looked_at_nothing_is_assumed():
    cue = "WEBVTT\n\n00:00:00.080 --> 00:00:00.200\nwalk\n"
    assert found("vtt", cue, A).clips[0].lanes[0].seen == ()
    assert found("vtt", cue, A, watched=True).clips[0].lanes[0].seen == ((0.0, 0.4),)
    with pytest.raises(FormatInvalid, match=r"frame 0 of .* is not annotated") as caught:
        FORMATS["mstcn"].write(found("vtt", cue, A))
    assert "--watched" in caught.value.hint
    refused("vtt", cue, match="does not say how long", watched=True)


@pytest.mark.parametrize("name", ["elan", "cvat"])
def test_hostile_xml_is_refused(name):
    laughs = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
    root = "ANNOTATION_DOCUMENT" if name == "elan" else "annotations"
    bomb = f'<?xml version="1.0"?>\n<!DOCTYPE z [<!ENTITY l0 "ha">{laughs}]>\n<{root}>&l9;</{root}>'
    outside = f'<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<{root}>&x;</{root}>'
    blowup = f'<!DOCTYPE z [<!ENTITY a "{"a" * 50_000}">]><{root}>{"&a;" * 5_000}</{root}>'
    parameter = f'<!DOCTYPE z SYSTEM "http://127.0.0.1:9/x.dtd"><{root}/>'
    for hostile in (bomb, outside, blowup, parameter):
        refused(name, hostile, A, match=r"line \d: expected XML without a document type")
    refused(name, "<a>" * 5000 + "</a>" * 5000, A, match="at most 40 levels")
    refused(name, f'<?xml version="1.0" encoding="UTF-16"?><{root}/>', A, match="UTF-8")
    refused(name, f"<{root}><open></{root}>", A, match=r"line 1: expected well-formed XML")


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.suffix == ".json"])
def test_hostile_json_is_refused(name):
    for hostile in ('{"a": NaN}', '{"a": 1e999}', '{"a": 1, "a": 2}', "[" * 100_000, '{"a": ' * 3000, "[1,]"):
        refused(name, hostile, A, match="^a.json, ")
    refused(name, '{"a":\n1,\n]}', A, match="line 3")
    refused(name, b'{"a": "\xe9"}', A, match="text in UTF-8")


# Lists ----------------------------------------------------------------------------------------------------------------

UCF = {
    "classInd.txt": b"1 Dive\r\n2 HandstandPushups\r\n",
    "trainlist01.txt": b"Dive/v_Dive_g08_c01.avi 1\r\nHandstandPushups/v_HandStandPushups_g08_c01.avi 2\r\n",
    "testlist01.txt": b"Dive/v_Dive_g01_c01.avi\r\n",
}


def ucf(**changed: bytes):
    return FORMATS["ucf101"].read(UCF | {f"{name}.txt": content for name, content in changed.items()}, ReadOptions())


def test_ucf_takes_the_class_from_the_folder_and_the_group_from_class_and_number():
    clips = ucf().clips
    assert [(one.label, one.group, one.split) for one in clips] == [
        ("Dive", "Dive g08", "train"),
        ("HandstandPushups", "HandstandPushups g08", "train"),
        ("Dive", "Dive g01", "test"),
    ]


@pytest.mark.parametrize(
    "changed, match",
    [
        (
            {"trainlist01": b"Dive/v_Dive_g08_c01.avi 2\n"},
            r"trainlist01.txt, line 1: expected 1, the number of Dive, got 2",
        ),
        ({"trainlist01": b"Swim/v_Swim_g08_c01.avi 1\n"}, "expected a class of classInd.txt, got Swim"),
        ({"testlist01": b"Dive/v_Dive_g08_c01.avi\n"}, r"testlist01.txt, line 1: .*once"),
        ({"testlist01": b"Dive/v_Dive_g08_c02.avi\n"}, "group Dive g08 in one list only"),
        ({"classInd": b"1 Dive\n1 Swim\n"}, "each class and each number once"),
    ],
)
def test_ucf_lists_that_contradict_themselves_are_refused(changed, match):
    with pytest.raises(FormatInvalid, match=match):
        ucf(**changed)


def test_hmdb_zero_is_not_validation_and_class_names_hold_underscores():
    files = {"shoot_ball_test_split1.txt": b"a_x.avi 1 \r\nb_x.avi 2\r\nc_x.avi 0\r\n"}
    told = FORMATS["hmdb51"].read(files, ReadOptions())
    assert [(one.label, one.split) for one in told.clips] == [
        ("shoot_ball", part) for part in ("train", "test", "unused")
    ]
    assert {(one.expected[:2], one.got) for one in told.findings} == {("70", "1"), ("30", "1")}
    with pytest.raises(FormatInvalid, match="line 1: expected a clip, then 0, 1 or 2"):
        FORMATS["hmdb51"].read({"shoot_ball_test_split1.txt": b"a_x.avi 3\n"}, ReadOptions())
    with pytest.raises(FormatInvalid, match="walk_test_split1"):
        FORMATS["hmdb51"].read({**files, "walk_test_split2.txt": b"a 1\n"}, ReadOptions())


# MS-TCN ---------------------------------------------------------------------------------------------------------------


def test_mstcn_rows_must_be_the_frames_or_an_exact_step():
    rows = "walk\n" * 5
    error = refused("mstcn", rows, A, match="10 rows for 10 frames, got 5 rows")
    assert "--every 2" in error.hint
    assert events(found("mstcn", rows, A, every=2)) == [("a", 0.0, 0.4, "walk")]
    assert "--every" not in refused("mstcn", "walk\n" * 9, A, match="got 9 rows").hint


def test_mstcn_background_is_background_only_when_it_is_called_so():
    assert events(found("mstcn", "background\n" * 4 + "walk\n" * 6, A)) == [("a", 0.16, 0.4, "walk")]
    assert len(events(found("mstcn", "Background\n" * 4 + "walk\n" * 6, A))) == 2


def test_mstcn_lists_end_in_a_newline_and_names_keep_their_dots():
    told = labels(Segment(0.08, 0.2, "walk"), info=steady(path="/x/a.b.mp4"))
    files = FORMATS["mstcn"].files(told)
    assert all(content.endswith(b"\n") for content in files.values()) and "groundTruth/a.b.txt" in files
    assert FORMATS["mstcn"].read(files, ReadOptions((told.clips[0].info,))).clips[0].info is told.clips[0].info


def test_mstcn_writes_underscores_for_spaces_and_tells_so():
    form, standing = FORMATS["mstcn"], labels(Segment(0.08, 0.2, "stand up"), info=A)
    assert form.write(standing).decode().split() == ["background"] * 2 + ["stand_up"] * 3 + ["background"] * 5
    assert form.files(standing)["mapping.txt"] == b"0 background\n1 stand_up\n"
    assert form.lost(standing)[-1] == "spaces in labels, which become underscores"
    assert not [text for text in form.lost(labels(Segment(0.08, 0.2, "stand_up"))) if "spaces" in text]
    assert events(found("mstcn", form.write(standing).decode(), A)) == [("a", 0.08, 0.2, "stand_up")]


def test_mstcn_refuses_labels_that_differ_by_a_space_alone():
    both = labels(Segment(0.0, 0.08, "stand_up"), Segment(0.08, 0.2, "stand up"))
    with pytest.raises(FormatInvalid, match="'stand_up' and 'stand up' would both be 'stand_up'"):
        FORMATS["mstcn"].write(both)
    with pytest.raises(FormatInvalid, match="would both be"):
        FORMATS["mstcn"].files(both)


def test_mstcn_refuses_blanks_and_labels_out_of_the_mapping():
    refused(
        "mstcn", "stand up\n" * 10, A, match="line 1: expected one label without spaces, got 2 words: .*9 more rows"
    )
    files = {"groundTruth/a.txt": b"walk\n" * 10, "mapping.txt": b"0 background\n"}
    with pytest.raises(FormatInvalid, match=r"groundTruth/a.txt, line 1: expected a label of mapping.txt"):
        FORMATS["mstcn"].read(files, ReadOptions((A,)))


def test_mstcn_result_files_are_read():
    result = "### Frame level recognition: ###\n" + " ".join(["walk"] * 10) + "\n"
    assert events(found("mstcn", result, A)) == [("a", 0.0, 0.4, "walk")]
    refused("mstcn", "### Frame level recognition: ###\nwalk\nwalk\n", A, match="one line of labels after the header")


def test_frames_of_a_clip_of_varying_rate_are_told_by_its_clock():
    rows = "background\n" * 2 + "walk\n" * 3 + "background\n" * 5
    assert events(found("mstcn", rows, VARIABLE)) == [("a", 0.12, 0.32, "walk")]


# ActivityNet ----------------------------------------------------------------------------------------------------------


def activitynet(**clip) -> dict:
    return {"version": "1.3", "taxonomy": [], "database": {"a": {"subset": "validation", "duration": 0.4, **clip}}}


def test_activitynet_segments_without_a_length_are_points():
    told = value("activitynet", activitynet(annotations=[{"segment": [0, 0], "label": "walk"}]), A)
    assert told.clips[0].lanes[0].points == (Point(0.0, "walk"),) and told.clips[0].split == "val"


def test_activitynet_compares_the_duration_and_reads_the_flat_form():
    told = value("activitynet", activitynet(duration=0.9, annotations=[]), A)
    assert told.findings[0].expected == "0.400 s of a.mp4"
    flat = {
        "a": {"duration_second": 0.4, "duration_frame": 10, "annotations": [{"segment": [0.08, 0.2], "label": "walk"}]}
    }
    assert events(value("activitynet", flat, A)) == EVENT
    refused(
        "activitynet",
        json.dumps(activitynet(annotations=[{"segment": [1], "label": "x"}])),
        match=r"\$.database.a\[0\]",
    )


# BORIS ----------------------------------------------------------------------------------------------------------------

OLD = """Observation id,observation #1,,,,,,,
Media file(s),,,,,,,,
Time offset (s),{offset},,,,,,,
Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status
{rows}"""
START, STOP = "{},C:\\clips\\a.mp4,0.400,25.0,{},walk,,,START\n", "{},C:\\clips\\a.mp4,0.400,25.0,{},walk,,,STOP\n"


def old(*rows: str, offset: str = "0.0") -> str:
    return OLD.format(offset=offset, rows="".join(rows))


def test_boris_old_tabular_has_a_preamble_and_its_offset_is_taken_off():
    rows = (START.format("10.080", "s"), STOP.format("10.200", "s"))
    told = found("boris", old(*rows, offset="10.0"), A)
    assert events(told) == EVENT and told.clips[0].lanes[0].subject == "s"
    tabs = old(*rows, offset="10.0").replace(",", "\t")
    assert events(found("boris", tabs, A)) == EVENT
    refused("boris", old(*rows, offset="soon"), A, match="a number as Time offset")
    error = refused(
        "boris", old(START.format("1700000000.08", ""), STOP.format("1700000000.2", "")), A, match="beginning"
    )
    assert "date" in error.hint


def test_boris_starts_and_stops_alternate_for_each_subject_behaviour_and_modifiers():
    mixed = old(START.format("0.08", "s"), START.format("0.08", "t"), STOP.format("0.2", "t"), STOP.format("0.24", "s"))
    told = {lane.subject: lane.segments[0].stop_s for lane in found("boris", mixed, A).clips[0].lanes}
    assert told == {"s": 0.24, "t": 0.2}
    refused("boris", old(START.format("0.08", "s")), A, match="open START of 'walk' of s at 0.080 s")
    refused("boris", old(STOP.format("0.08", "s")), A, match="a START before its STOP")


def test_boris_labels_of_another_clip_are_refused():
    other = old(START.format("0.08", "s"), STOP.format("0.2", "s")).replace("a.mp4", "b.mp4")
    refused("boris", other, A, match=r"expected labels of a.mp4, got labels of b.mp4")


def test_boris_times_that_run_on_over_files_are_refused():
    head = "Observation id,Source,Time offset (s),Subject,Behavior,Behavior type,Time,Media file name,Comment\n"
    row = "o,player #1:a.mp4;b.mp4,0,,walk,{},{},{},\n"
    first = head + row.format("START", 0.08, "a.mp4") + row.format("STOP", 0.2, "a.mp4")
    assert events(found("boris", first, A)) == EVENT
    refused("boris", head + row.format("POINT", 0.5, "b.mp4"), match="a label in a.mp4")


def test_boris_modifiers_join_the_label_or_not():
    head = "Observation id,Subject,Behavior,Modifier #1,Behavior type,Time,Media file name,Comment\n"
    rows = "o,,groom,left,START,0.08,a.mp4,hi\no,,groom,left,STOP,0.2,a.mp4,\no,,blink,None,POINT,0.24,a.mp4,\n"
    told = found("boris", head + rows, A)
    assert events(told) == [("a", 0.08, 0.2, "groom (left)")] and told.clips[0].lanes[0].segments[0].note == "hi"
    assert told.clips[0].lanes[0].points[0].label == "blink"
    assert events(found("boris", head + rows, A, only=(("modifier", ()),))) == [("a", 0.08, 0.2, "groom")]


def test_boris_aggregated_points_have_no_length_and_no_focal_subject_is_none():
    head = "Observation id,Media file,Total length,FPS,Subject,Behavior,Modifiers,Behavior type,"
    head += "Start (s),Stop (s),Duration (s)\n"
    common = "o,x/a.mp4,0.4,25,No focal subject"
    rows = f"{common},walk,,STATE,0.08,0.2,0.12\n{common},blink,,POINT,0.3,0.3,NA\n"
    told = found("boris-aggregated", head + rows, A)
    (lane,) = told.clips[0].lanes
    assert events(told) == EVENT and lane.subject == "" and lane.points[0].time_s == pytest.approx(0.3)


def test_boris_binary_holds_zero_and_one_at_even_steps():
    assert events(found("boris-binary", "time,walk\n0.0,0\n0.1,1\n0.2,1\n0.3,0\n0.4,0\n", A)) == [
        ("a", 0.1, 0.3, "walk")
    ]
    refused("boris-binary", "time,walk\n0.0,0\n0.1,2\n0.2,0\n", A, match="line 3: expected 0 or 1 as walk")
    refused("boris-binary", "time,walk\n0.0,0\n0.1,1\n0.3,0\n", A, match="line 4: expected a step of 0.100 s")


def test_boris_points_go_round():
    told = labels(Segment(0.08, 0.2, "walk"))
    lane = told.clips[0].lanes[0]
    made = Labels(
        (type(told.clips[0])("a.mp4", (type(lane)(lane.segments, (Point(0.24, "blink"),)),), info=A),),
        ("walk", "blink"),
    )
    for name in ("boris", "boris-aggregated", "via", "via-csv", "json"):
        again = read(FORMATS[name], FORMATS[name].write(made), A)
        assert [(one.time_s, one.label) for one in again.clips[0].lanes[0].points] == [(0.24, "blink")]


# ELAN -----------------------------------------------------------------------------------------------------------------


def eaf(slots: str, tiers: str, media: str = 'MEDIA_URL="file:///a.mp4"', header: str = "") -> str:
    head = f"<HEADER {header}><MEDIA_DESCRIPTOR {media}/></HEADER><TIME_ORDER>\n{slots}</TIME_ORDER>"
    return f"<ANNOTATION_DOCUMENT>{head}\n{tiers}</ANNOTATION_DOCUMENT>"


def slot(number: int, ms: int | None = None) -> str:
    told = "" if ms is None else f' TIME_VALUE="{ms}"'
    return f'<TIME_SLOT TIME_SLOT_ID="ts{number}"{told} />\n'


def mark(number: int, first: int, stop: int, label: str = "walk") -> str:
    slots = f'TIME_SLOT_REF1="ts{first}" TIME_SLOT_REF2="ts{stop}"'
    inner = f"<ANNOTATION_VALUE>{label}</ANNOTATION_VALUE>"
    one = f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}" {slots}>{inner}</ALIGNABLE_ANNOTATION>'
    return f"<ANNOTATION>{one}</ANNOTATION>"


def refer(number: int, parent: int, label: str) -> str:
    inner = f"<ANNOTATION_VALUE>{label}</ANNOTATION_VALUE>"
    one = f'<REF_ANNOTATION ANNOTATION_ID="a{number}" ANNOTATION_REF="a{parent}">{inner}</REF_ANNOTATION>'
    return f"<ANNOTATION>{one}</ANNOTATION>"


def tier(name: str, *marks: str) -> str:
    return f'<TIER TIER_ID="{name}" ANNOTATOR="me" PARTICIPANT="you">{"".join(marks)}</TIER>\n'


def test_elan_slots_without_a_time_are_filled_in_along_their_tier_not_along_the_list_of_slots():
    slots = slot(38, 8000) + "".join(slot(i) for i in range(39, 43)) + slot(43, 8000) + slot(44, 9000) + slot(55, 11000)
    chain = (
        mark(i, first, stop, f"w{i}")
        for i, (first, stop) in enumerate([(38, 39), (39, 40), (40, 41), (41, 42), (42, 55)])
    )
    told = found("elan", eaf(slots, tier("words", *chain) + tier("other", mark(9, 43, 44))))
    assert [(one.start_s, one.stop_s) for one in told.clips[0].lanes[0].segments] == [
        (8.0, 8.6),
        (8.6, 9.2),
        (9.2, 9.8),
        (9.8, 10.4),
        (10.4, 11.0),
    ]


def test_elan_slots_that_no_later_time_bounds_are_told_and_not_made_up():
    slots = slot(1, 80) + slot(2) + slot(3)
    refused("elan", eaf(slots, tier("words", mark(1, 1, 2), mark(2, 2, 3))), A, match="line")


def test_elan_annotations_that_refer_to_others_take_their_times_and_several_of_one_have_none():
    slots, words = slot(1, 80) + slot(2, 200), tier("words", mark(1, 1, 2))
    told = found("elan", eaf(slots, words + tier("kind", refer(2, 1, "verb"))), A)
    assert events(told) == [("a", 0.08, 0.2, "verb"), ("a", 0.08, 0.2, "walk")]
    two = found("elan", eaf(slots, words + tier("kind", refer(2, 1, "x"), refer(3, 1, "y"))), A)
    assert events(two) == EVENT and all("2 that refer to a1" in one.got for one in two.findings if one.left_out)
    refused("elan", eaf(slots, tier("kind", refer(2, 7, "x"))), A, match="there to refer to")


def test_elan_tiers_are_tracks_with_annotator_and_participant_and_may_be_the_label():
    told = found("elan", eaf(slot(1, 80) + slot(2, 200), tier("walk", mark(1, 1, 2, "x"))), A, attribute="tier")
    (lane,) = told.clips[0].lanes
    assert events(told) == EVENT and (lane.name, lane.author, lane.subject) == ("walk", "me", "you")


def test_elan_unknown_slots_empty_stretches_other_units_and_an_origin():
    refused("elan", eaf(slot(1, 80), tier("t", mark(1, 1, 2))), match="line 4: expected a time slot of TIME_ORDER")
    refused("elan", eaf(slot(1, 80) + slot(2, 80), tier("t", mark(1, 1, 2))), match="a start and a later end")
    refused("elan", eaf("", "", header='TIME_UNITS="PAL-frames"'), match="TIME_UNITS milliseconds")
    shifted = eaf(slot(1, 80) + slot(2, 200), tier("t", mark(1, 1, 2)), media='MEDIA_URL="a.mp4" TIME_ORIGIN="40"')
    told = found("elan", shifted, A)
    assert events(told) == [("a", 0.12, 0.24, "walk")] and "0.04 s (TIME_ORIGIN)" in told.findings[0].got


# DeepEthogram ---------------------------------------------------------------------------------------------------------


def ethogram(*rows: str, header: str = ",background,walk,groom") -> str:
    rows = rows or ("1,0,0",)
    filled = [*rows, *["1,0,0"] * (10 - len(rows))]
    return "\n".join([header, *(f"{i},{row}" for i, row in enumerate(filled))]) + "\n"


def test_deepethogram_minus_one_is_unlabelled_in_its_own_class_alone():
    told = found("deepethogram", ethogram("-1,-1,-1", "0,1,-1.0", "1,0,0"), A)
    lanes = {lane.name: lane for lane in told.clips[0].lanes}
    assert lanes["walk"].seen == ((0.04, 0.4),) and lanes["groom"].seen == ((0.08, 0.4),)
    assert events(told) == [("a", 0.04, 0.08, "walk")]
    again = read(FORMATS["deepethogram"], FORMATS["deepethogram"].write(told), A)
    assert again.clips == told.clips and again.classes == ("walk", "groom")


def test_deepethogram_is_never_turned_on_its_side():
    wide = steady(2)
    classes = ",".join(f"c{i}" for i in range(5))
    told = found("deepethogram", f",background,{classes}\n0,0,1,0,0,0,0\n1,1,0,0,0,0,0\n", wide)
    assert told.classes == tuple(f"c{i}" for i in range(5)) and events(told) == [("a", 0.0, 0.04, "c0")]


@pytest.mark.parametrize(
    "content, match",
    [
        (ethogram(*["1,1,0"] * 10), r"a_labels.csv, line 2: expected background 0 beside another class"),
        (ethogram(*["0,0,0"] * 10), "background 1 where all others are 0"),
        (ethogram(*["0,2,0"] * 10), r"line 2: expected -1, 0 or 1 as walk, got \'2\'"),
        (ethogram(header="frame,background,walk,groom"), "an empty cell, then background"),
        (ethogram(header=",walk,groom,run"), "an empty cell, then background"),
        (ethogram(*["1,0,0"] * 11), "10 rows, as the clip has frames, got 11"),
        (ethogram(*["1,0,0"] * 11).replace("\n0,1,0,0", ""), "line 2: expected the index 0, got 1"),
    ],
)
def test_deepethogram_tables_that_contradict_themselves_are_refused(content, match):
    refused("deepethogram", content, A, match=match)


# Label Studio, CVAT, FiftyOne, FERAL ----------------------------------------------------------------------------------


def studio(**region) -> list:
    told = {"ranges": [{"start": 3, "end": 5}], "timelinelabels": ["walk"], **region}
    return [{"data": {"video": "a.mp4"}, "annotations": [{"result": [{"type": "timelinelabels", "value": told}]}]}]


def test_label_studio_frames_count_on_a_rate_that_the_export_does_not_tell():
    with pytest.raises(FormatInvalid, match="which the file does not contain") as caught:
        value("labelstudio", studio())
    assert "--rate" in caught.value.hint and "24" in caught.value.hint
    assert events(value("labelstudio", studio(), rate_hz=Fraction(24))) == [("a", 0.08333, 0.20833, "walk")]
    told = value("labelstudio", studio(), A, rate_hz=Fraction(24))
    assert "frameRate 24" in told.findings[0].got
    assert events(value("labelstudio", studio(), A)) == EVENT
    refused("labelstudio", json.dumps(studio()), VARIABLE, match="which the file does not contain")


def test_label_studio_takes_the_rate_of_a_configuration_and_turns_one_below_1():
    for told in ("25", "0.04"):
        config = f'<View><Video name="video" value="$video" frameRate="{told}"/></View>'.encode()
        files = {"tasks.json": json.dumps(studio()).encode(), "config.xml": config}
        assert events(FORMATS["labelstudio"].read(files, ReadOptions((A,)))) == EVENT


@pytest.mark.parametrize(
    "ranges", [[{"start": None, "end": 5}], [{"start": 3, "end": 5}] * 2, [{"start": 0, "end": 5}], []]
)
def test_label_studio_open_several_and_impossible_ranges_are_refused(ranges):
    refused(
        "labelstudio", json.dumps(studio(ranges=ranges)), A, match=r"\$\[0\].annotations\[0\].result\[0\].value.ranges"
    )


def cvat(inner: str, meta: str = "<size>10</size>") -> str:
    task = f"<task>{meta}<source>a.mp4</source></task>"
    return f"<annotations><version>1.1</version><meta>{task}</meta>\n{inner}</annotations>"


def test_cvat_tracks_end_at_their_first_outside_frame_and_may_begin_again():
    boxes = "".join(f'<box frame="{frame}" outside="{out}"/>' for frame, out in ((2, 0), (5, 1), (7, 0)))
    told = found("cvat", cvat(f'<track id="0" label="walk">{boxes}</track>'), A)
    assert events(told) == [("a", 0.08, 0.2, "walk"), ("a", 0.28, 0.4, "walk")]


def test_cvat_labels_only_what_lies_between_start_and_stop_and_every_step():
    tags = "".join(f'<image id="{frame}"><tag label="walk"/></image>' for frame in (2, 4))
    bounds = "<size>7</size><start_frame>1</start_frame><stop_frame>7</stop_frame>"
    assert found("cvat", cvat(tags, bounds), A).clips[0].lanes[0].seen == ((0.04, 0.32),)
    stepped = "<size>5</size><start_frame>0</start_frame><stop_frame>9</stop_frame><frame_filter>step=2</frame_filter>"
    told = found("cvat", cvat(tags, stepped), A)
    assert (
        events(told) == [("a", 0.08, 0.12, "walk"), ("a", 0.16, 0.2, "walk")]
        and "every 2 frames" in told.findings[0].got
    )
    assert events(found("cvat", cvat(tags, stepped), A, every=2)) == [("a", 0.08, 0.24, "walk")]
    refused("cvat", cvat(tags, "<size>9</size>"), A, match="10 frames, got 9")
    refused("cvat", cvat('<image id="10"/>'), A, match="line 2: expected a frame below 10")


def test_fiftyone_counts_from_1_includes_the_end_and_reads_timestamps():
    def told(**row):
        return {"classes": ["walk"], "labels": {"a": [{"label": 0, **row}]}}

    assert events(value("fiftyone", told(support=[3, 5]), A)) == EVENT
    assert events(value("fiftyone", told(timestamps=[0.08, 0.2]))) == EVENT
    assert events(value("fiftyone", told(timestamps=["00:00:00.080", "00:00:00.20"]), A)) == EVENT
    assert events(value("fiftyone", told(support=[3, 5], timestamps=[0.08, 0.2]), A)) == EVENT
    for row, match in (
        ({"support": [0, 5]}, "from 1"),
        ({"support": [3, 11]}, "frames up to 10"),
        ({"support": [3, 5], "timestamps": [0.2, 0.4]}, "frames of the timestamps"),
        ({}, "support or timestamps"),
        ({"support": [3, 5], "label": 1}, "the index of a class"),
    ):
        refused("fiftyone", json.dumps(told(**row)), A, match=match)


def feral(row, **more) -> dict:
    return {"is_multilabel": False, "class_names": {"0": "other", "1": "walk"}, "labels": {"a.mp4": row}, **more}


def test_feral_lists_must_be_the_frames_and_name_known_classes():
    row = [0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    assert events(value("feral", feral(row), A)) == EVENT
    for told, match in (
        (feral(row[:-1]), "10 numbers, as the clip has frames, got 9"),
        (feral([2] * 10), r"\$.labels.a.mp4\[0\]: expected a number of class_names, got 2 and in 9 more rows"),
        (feral([True] * 10), "a number of class_names"),
        (feral(row, is_multilabel=True), "false"),
    ):
        refused("feral", json.dumps(told), A, match=match)
    assert value("feral", feral(row, splits={"train": ["a.mp4"], "inference": ["b.mp4"]}), A).clips[0].split == "train"


# Tables ---------------------------------------------------------------------------------------------------------------


def test_csv_semicolons_decimal_commas_and_labels_that_look_like_numbers():
    told = found("csv", "path;label;start;end\na.mp4;007;0,08;0,2\n", A)
    assert events(told) == [("a", 0.08, 0.2, "007")]
    refused("csv", "path;label;start;end\na.mp4;walk;0,08;0.2\n", match="both dots and commas")
    refused("csv", "path,label,label\na,b,c\n", match="each column once")


def test_csv_of_whole_clips_and_the_header_of_the_keras_example():
    told = found("csv", "video_name,tag\na.avi,walk\nb.avi,run\n")
    assert [(one.name, one.label) for one in told.clips] == [("a.avi", "walk"), ("b.avi", "run")]
    refused("csv", "path,label,start,end\na.mp4,walk,0.1,\n", match="both start and end, or neither")
    refused("csv", "path,label,start,end\na.mp4,walk,00:00:01:50,3\n", match="units are ambiguous")
    refused("csv", "path,label,start,end\na.mp4,walk,,\na.mp4,run,0,1\n", match="as a whole or by segments")


def test_createml_without_a_start_begins_with_the_clip_and_without_an_end_ends_with_it():
    rows = [{"videoPath": "a.mp4", "label": "walk", "end": 0.2}, {"videoPath": "a.mp4", "label": "run", "start": 0.2}]
    assert events(value("createml", rows, A)) == [("a", 0.0, 0.2, "walk"), ("a", 0.2, 0.4, "run")]
    refused("createml", json.dumps([{"videoPath": "a.mp4"}]), match=r"\$\[0\]: expected a label")


def test_coco_ids_must_lead_somewhere():
    told = {"videos": [{"id": 1, "file_name": "a.mp4"}], "categories": [{"id": 1, "name": "walk"}]}
    told["annotations"] = [{"id": 1, "video_id": 2, "category_id": 1, "segment": [0, 1]}]
    refused("coco", json.dumps(told), match="ids that are there, got video 2, category 1")


# VIA ------------------------------------------------------------------------------------------------------------------

VIA_HEAD = "# CSV_HEADER = metadata_id,file_list,temporal_segment_start,temporal_segment_end,metadata\n"


def test_via_headers_are_comments_and_a_still_frame_has_no_end():
    told = found("via-csv", VIA_HEAD + '"1_x","[""a.mp4""]",0.08,,"{""behaviour"":""walk""}"\n', A)
    assert told.clips[0].lanes[0].points == (Point(0.08, "walk"),)
    refused(
        "via-csv", VIA_HEAD + '"1_x","[""a.mp4"",""b.mp4""]",0.08,0.2,"{""behaviour"":""walk""}"\n', match="one file"
    )


def test_via_options_are_told_by_the_project_and_not_by_the_temporal_table():
    refused("via-csv", VIA_HEAD + '"1_x","[""a.mp4""]",0.08,0.2,"{""behaviour"":""0""}"\n', match="id of an option")
    project = json.loads(FORMATS["via"].write(labels(Segment(0.08, 0.2, "0"))))
    project["attribute"]["1"] |= {"type": 4, "options": {"0": "walk"}}
    assert events(value("via", project, A)) == EVENT
    project["attribute"]["1"]["options"] = {}
    refused("via", json.dumps(project), A, match="the id of an option whose name is told")
    full = (
        '# ATTRIBUTE = {"1":{"aname":"behaviour","type":4,"options":{"0":"walk"}}}\n'
        "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata\n"
        '"1_x","[""a.mp4""]",0,"[0.08,0.2]","[]","{""1"":""0""}"\n'
    )
    assert events(found("via-csv", full, A)) == EVENT


def test_via_regions_are_left_out_and_of_several_attributes_one_is_asked_for():
    project = json.loads(FORMATS["via"].write(labels(Segment(0.08, 0.2, "walk"))))
    project["metadata"]["2_x"] = {"vid": "1", "z": [0.1], "xy": [2, 1, 1, 5, 5], "av": {"1": "box"}}
    told = value("via", project, A)
    assert events(told) == EVENT and "region in space" in told.findings[0].got
    project["attribute"]["2"] = {"aname": "mood", "type": 1}
    for one in project["metadata"].values():
        one["av"]["2"] = "calm"
    assert "--attribute" in refused("via", json.dumps(project), A, match="one attribute").hint
    assert events(value("via", project, A, attribute="mood")) == [("a", 0.08, 0.2, "calm")]


# Subtitles ------------------------------------------------------------------------------------------------------------


def test_subtitles_take_both_signs_and_exactly_three_digits():
    assert events(found("vtt", "WEBVTT\n\n00:00,080 --> 00:00,200 align:start\nwalk\n", A)) == EVENT
    assert events(found("srt", "1\n00:00:00.080 --> 00:00:00.200\n<i>walk</i>\n", A)) == EVENT
    error = refused("vtt", "WEBVTT\n\n00:00:00.09 --> 00:00:00.200\nwalk\n", A, match="line 3: .*VIA")
    assert "what they count is not known" in str(error)
    refused("vtt", "WEBVTT\n\n00:00:60.000 --> 00:01:01.000\nwalk\n", match="line 3")
    refused("srt", "1\n00:00:01,000 --> 00:00:01,000\nwalk\n", match="an end after the start")
    refused("vtt", "1\n00:00:00.080 --> 00:00:00.200\nwalk\n", match="line 1: expected WEBVTT")


def test_webvtt_notes_styles_and_metadata_are_no_cues_and_markup_is_stripped():
    text = "WEBVTT Kind: captions\nLanguage: en\n\nNOTE a\nb\n\nSTYLE\n::cue {}\n\nid\n00:00:00.080 --> 00:00:00.200\n"
    assert events(found("vtt", f"{text}<v Roger>R&amp;B &lt;b></v>\n", A)) == [("a", 0.08, 0.2, "R&B <b>")]


def test_a_last_number_is_a_confidence_unless_it_is_said_to_be_text():
    cue = "WEBVTT\n\n00:00:00.080 --> 00:00:00.200\nwalk 0.93\n"
    (lane,) = found("vtt", cue, A).clips[0].lanes
    assert (lane.segments[0].label, lane.segments[0].confidence) == ("walk", 0.93)
    assert events(found("vtt", cue, A, confidences=False)) == [("a", 0.08, 0.2, "walk 0.93")]
    with pytest.raises(FormatInvalid, match="as a confidence"):
        FORMATS["vtt"].write(labels(Segment(0.08, 0.2, "walk 0.93")))


@pytest.mark.parametrize("label", ["a --> b", "a\nb", "<i>a</i>"])
def test_srt_refuses_what_it_has_no_way_to_write(label):
    with pytest.raises(FormatInvalid):
        FORMATS["srt"].write(labels(Segment(0.08, 0.2, label)))


# Traps that several formats share -------------------------------------------------------------------------------------


def test_boris_columns_are_found_by_name_wherever_they_stand():
    head = "Comment,Time,weather,Behavior type,Behavior,Behavioral category,Subject,Observation id,Media file name\n"
    rows = ",0.080,dry,START,walk,moving,s,o,a.mp4\n,0.200,dry,STOP,walk,moving,s,o,a.mp4\n"
    told = found("boris", head + rows, A)
    assert events(told) == EVENT and told.clips[0].lanes[0].subject == "s"


def test_boris_rows_may_end_at_the_very_end_of_the_clip():
    rows = "".join(f"{at / 25:.3f},{int(2 <= at < 5)}\n" for at in range(11))
    assert events(found("boris-binary", f"time,walk\n{rows}", A)) == EVENT


def test_elan_is_written_without_a_blank_before_the_end_of_an_empty_element():
    assert b" />" not in FORMATS["elan"].write(labels(Segment(0.08, 0.2, "walk"), Segment(0.24, 0.4, "run")))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("path,label,start,end\na.mp4,walk,00:00:00:02,00:00:00:05\n", "00:00:00:02"),
        ("path,label,label,start,end\na.mp4,walk,run,0.08,0.2\n", "label"),
        ("path,label,start,end\na.mp4,walk,0.08,\n", "end"),
        ("path;label;start;end\na.mp4,walk,0.08,0.2\n", "4 cells"),
    ],
)
def test_tables_that_leave_something_open_are_refused(content, match):
    refused("csv", content, A, match=match)


def test_via_segments_of_several_files_are_refused():
    row = '"1_x","[""a.mp4"",""b.mp4""]",0.08,0.2,"{""behaviour"":""walk""}"\n'
    refused("via-csv", VIA_HEAD + row, A, match="one file")


def test_mstcn_results_that_are_a_frame_longer_than_their_clip_are_refused_with_both_numbers():
    rows = ["background"] * 2 + ["walk"] * 3 + ["background"] * 6
    content = "### Frame level recognition: ###\n" + " ".join(rows) + "\n"
    refused("mstcn", content, A, match=r"10.*11|11.*10")


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_cue_without_length_is_refused(name: str):
    head = "WEBVTT\n\n" if name == "vtt" else "1\n"
    mark = "." if name == "vtt" else ","
    cue = f"{head}00:00:00{mark}080 --> 00:00:00{mark}080\nwalk\n"
    refused(name, cue, A, match="an end after the start")


def test_a_rate_that_is_that_of_the_clip_is_not_remarked_upon():
    content = FORMATS["labelstudio"].write(labels(Segment(0.08, 0.2, "walk")))
    assert not read(FORMATS["labelstudio"], content, A, rate_hz=Fraction(25)).findings
    (finding,) = read(FORMATS["labelstudio"], content, A, rate_hz=Fraction(24)).findings
    assert "frameRate 24" in finding.got
