"""Parts of files: what is listed can be taken or left, what is left troubles nobody, and nothing is merged unsaid."""

import json

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Segment, listed
from core.stages.formats import ReadOptions
from core.stages.formats.common import selection
from tests.labels import A, events, file_name, labels

# Written by hand after the formats' own examples: three tiers, of which the last holds what cannot be read.
EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T10:00:00+00:00" FORMAT="3.0" VERSION="3.0">
 <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4"/></HEADER>
 <TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="80"/>
 <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="200"/></TIME_ORDER>
 <TIER TIER_ID="hands" LINGUISTIC_TYPE_REF="lt"><ANNOTATION>
  <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
   <ANNOTATION_VALUE>wave</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
 <TIER TIER_ID="empty" LINGUISTIC_TYPE_REF="lt"/>
 <TIER TIER_ID="words" LINGUISTIC_TYPE_REF="lt" PARENT_REF="hands">
  <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a2" ANNOTATION_REF="a1"><ANNOTATION_VALUE>x</ANNOTATION_VALUE>
  </REF_ANNOTATION></ANNOTATION>
  <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1"><ANNOTATION_VALUE>y</ANNOTATION_VALUE>
  </REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>
"""
# Two people coded the same clip, and one of them another clip too.
BORIS = """Observation id,Subject,Behavior,Modifier #1,Modifier #2,Behavior type,Time,Media file name,Comment
ann,mouse,run,fast,left,START,0.080,a.mp4,
ann,mouse,run,fast,left,STOP,0.200,a.mp4,
ann,,rest,None,,START,0.240,a.mp4,
ann,,rest,None,,STOP,0.360,a.mp4,
bob,mouse,run,slow,,START,0.040,a.mp4,
bob,mouse,run,slow,,STOP,0.240,a.mp4,
other,mouse,run,fast,,POINT,0.080,b.mp4,
"""
AGGREGATED = """Observation id,Media file name,Subject,Behavior,Modifiers,Behavior type,Start (s),Stop (s),Duration (s)
ann,a.mp4,mouse,run,fast|left,STATE,0.080,0.200,0.120
bob,a.mp4,rat,run,,STATE,0.040,0.240,0.200
"""


def taken(form: str, content: str, *only: tuple[str, tuple[str, ...]], clips=(A,), **asked) -> Labels:
    name = file_name(FORMATS[form])
    return selection.read({name: content.encode()}, FORMATS[form], ReadOptions(clips, only=only, **asked))


def told(form: str, content: str) -> list[str]:
    return selection.told(selection.of({file_name(FORMATS[form]): content.encode()}, FORMATS[form]))


def test_tiers_are_listed_and_one_that_cannot_be_read_is_told_or_left():
    assert told("elan", EAF) == ["tier: hands (1), empty (0), words (2)"]
    whole = taken("elan", EAF)
    assert events(whole) == [("a", 0.08, 0.2, "wave")]
    assert [one.got for one in whole.findings if one.left_out] == ["one of 2 that refer to a1"] * 2
    with pytest.raises(FormatInvalid, match="2 that refer to a1"):
        taken("elan", EAF, ("tier", ("words",)))
    found = taken("elan", EAF, ("tier", ("hands",)))
    assert events(found) == [("a", 0.08, 0.2, "wave")]
    assert [lane.name for lane in found.clips[0].lanes] == ["hands"]


def test_observations_of_one_clip_are_never_merged():
    both = taken("boris", BORIS, ("observation", ("ann", "bob")))
    lanes = {(lane.name, lane.subject): [one.label for one in lane.segments] for lane in both.clips[0].lanes}
    assert lanes == {("ann", "mouse"): ["run (fast|left)"], ("ann", ""): ["rest"], ("bob", "mouse"): ["run (slow)"]}
    assert any("2: each has tracks of its own" in one.got for one in both.findings)
    (alone,) = taken("boris", BORIS, ("observation", ("bob",))).clips[0].lanes
    assert (alone.name, alone.subject, alone.segments[0].stop_s) == ("", "mouse", 0.24)


def test_observations_of_other_clips_are_left_out_and_told():
    found = taken("boris", BORIS)
    assert [clip.name for clip in found.clips] == ["a.mp4"]
    assert any(one.left_out and one.got == "labels of b.mp4" for one in found.findings)
    with pytest.raises(FormatInvalid, match=r"labels of a.mp4, got labels of b.mp4") as caught:
        taken("boris", BORIS, ("observation", ("other",)))
    assert "observations of that clip" in caught.value.hint


def test_subjects_and_modifiers_are_listed_and_each_may_be_left():
    assert told("boris", BORIS) == [
        "observation: ann (2), bob (1), other (1)",
        "subject: mouse (3), No focal subject (1)",
        "modifier: Modifier #1 (3), Modifier #2 (1)",
    ]
    ann = ("observation", ("ann",))
    assert events(taken("boris", BORIS, ann, ("subject", ("No focal subject",)))) == [("a", 0.24, 0.36, "rest")]
    mouse = (ann, ("subject", ("mouse",)))
    for names, label in (((), "run"), (("Modifier #1",), "run (fast)"), (("Modifier #2",), "run (left)")):
        assert events(taken("boris", BORIS, *mouse, ("modifier", names))) == [("a", 0.08, 0.2, label)]


def test_the_aggregated_shape_has_the_same_parts():
    assert told("boris-aggregated", AGGREGATED) == [
        "observation: ann (1), bob (1)", "subject: mouse (1), rat (1)", "modifier: Modifiers (1)",
    ]  # fmt: skip
    rat = taken("boris-aggregated", AGGREGATED, ("subject", ("rat",)))
    assert events(rat) == [("a", 0.04, 0.24, "run")]


def test_what_differs_by_its_modifiers_alone_is_refused_without_them_where_it_overlaps():
    rows = "o,m,run,{0},,START,{1},a.mp4,\no,m,run,{0},,STOP,{2},a.mp4,\n"
    content = BORIS.splitlines()[0] + "\n" + rows.format("fast", 0.08, 0.2) + rows.format("slow", 0.12, 0.24)
    assert len(events(taken("boris", content))) == 2
    with pytest.raises(FormatInvalid, match="one label at a time in a track"):
        taken("boris", content, ("modifier", ()))


def test_each_attribute_of_via_becomes_a_track_where_several_are_taken():
    project = json.loads(FORMATS["via"].write(labels(Segment(0.08, 0.2, "walk"))))
    project["attribute"]["2"] = {"aname": "mood", "type": 1}
    for one in project["metadata"].values():
        one["av"]["2"] = "calm"
    content = json.dumps(project)
    assert told("via", content) == ["attribute: behaviour (1), mood (1)"]
    both = taken("via", content, ("attribute", ("behaviour", "mood")))
    assert {lane.name: lane.segments[0].label for lane in both.clips[0].lanes} == {"behaviour": "walk", "mood": "calm"}
    assert events(taken("via", content, ("attribute", ("mood",)))) == [("a", 0.08, 0.2, "calm")]


def test_annotations_of_several_people_are_tracks_and_drafts_of_models_are_told():
    def drawn(start: int) -> dict:
        value = {"ranges": [{"start": start, "end": 5}], "timelinelabels": ["walk"]}
        return {"result": [{"type": "timelinelabels", "value": value}]}

    task = {"data": {"video": "a.mp4"}, "annotations": [drawn(3), drawn(4)], "predictions": [drawn(1)]}
    content = json.dumps([task])
    assert told("labelstudio", content) == ["annotation: annotation 1 (1), annotation 2 (1)"]
    both = taken("labelstudio", content)
    assert [lane.author for lane in both.clips[0].lanes] == ["annotation 1", "annotation 2"]
    assert any("1 predictions, which are left out" in one.got for one in both.findings)
    assert events(taken("labelstudio", content, ("annotation", ("annotation 2",)))) == [("a", 0.12, 0.2, "walk")]


def test_a_part_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(FormatInvalid, match="no tier 'feet'") as caught:
        taken("elan", EAF, ("tier", ("feet",)))
    assert "'hands', 'empty', 'words'" in caught.value.hint
    with pytest.raises(FormatInvalid, match="has no subject") as caught:
        taken("elan", EAF, ("subject", ("mouse",)))
    assert "tier, track" in caught.value.hint
    with pytest.raises(FormatInvalid, match="no track 'feet'"):
        taken("boris", BORIS, ("observation", ("bob",)), ("track", ("feet",)))


NAMES = st.lists(st.sampled_from(["hands", "feet", "a=b", "手", "=x", " b"]), min_size=1, max_size=4, unique=True)


@hypothesis_settings(max_examples=40, deadline=None)
@given(NAMES, st.data())
def test_the_tiers_that_are_taken_are_those_tracks_and_no_others(names: list[str], data):
    lanes = tuple(
        Lane((Segment(0.04 * at, 0.04 * at + 0.08, f"label {at}"),), name=name) for at, name in enumerate(names)
    )
    clip = ClipLabels("a.mp4", lanes, info=A)
    made = Labels((clip,), listed((), (clip,)))
    picked = data.draw(st.lists(st.sampled_from(names), unique=True))
    for form, kind in (("elan", "tier"), ("json", "track")):
        content = FORMATS[form].write(made).decode()
        found = taken(form, content, (kind, tuple(picked)))
        expected = [(lane.name, lane.segments[0].label) for lane in lanes if lane.name in picked]
        assert [(lane.name, lane.segments[0].label) for one in found.clips for lane in one.lanes] == expected


def test_tracks_get_other_names_for_what_is_written():
    lanes = (Lane((Segment(0.0, 0.2, "x"),), name="hands"), Lane((Segment(0.2, 0.4, "y"),)))
    found = Labels((ClipLabels("a.mp4", lanes, info=A),), ("x", "y"))
    fresh = selection.named(found, {"hands": "Hände", "": "rest"})
    assert [lane.name for lane in fresh.clips[0].lanes] == ["Hände", "rest"]
    assert b'TIER_ID="H\xc3\xa4nde"' in FORMATS["elan"].write(fresh)
    with pytest.raises(FormatInvalid, match="no track 'feet'"):
        selection.named(found, {"feet": "x"})
