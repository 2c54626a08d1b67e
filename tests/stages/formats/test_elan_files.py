"""ELAN with several media, each with a time at which the document begins, and with annotations that hold nothing."""

import pytest

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from tests.labels import events, steady

ONE, TWO = steady(250, path="/c/cam1.mp4"), steady(100, path="/c/cam 2.mp4")


def medium(name: str, origin: str = "", kind: str = "video/mp4") -> str:
    told = f' TIME_ORIGIN="{origin}"' if origin else ""
    return f'<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/v/{name}" MIME_TYPE="{kind}"{told}/>'


def eaf(media: str, *marks: tuple[object, object, str]) -> str:
    slots, inner = "", ""
    for at, (start, stop, label) in enumerate(marks):
        slots += f'<TIME_SLOT TIME_SLOT_ID="s{at}" TIME_VALUE="{start}"/><TIME_SLOT TIME_SLOT_ID="e{at}" '
        slots += f'TIME_VALUE="{stop}"/>\n'
        inner += f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{at}" TIME_SLOT_REF1="s{at}" '
        inner += f'TIME_SLOT_REF2="e{at}"><ANNOTATION_VALUE>{label}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
        inner += "</ANNOTATION>\n"
    head = f'<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">{media}</HEADER>'
    tier = f'<TIER TIER_ID="t">{inner}</TIER>'
    return f"<ANNOTATION_DOCUMENT>{head}<TIME_ORDER>{slots}</TIME_ORDER>{tier}</ANNOTATION_DOCUMENT>"


def read(text: str, *clips, **asked) -> Labels:
    files = {"talk.eaf": text.encode()}
    return conversion.detect_files(files).read(files, ReadOptions(clips=clips, **asked))


CAMERAS = medium("cam1.mp4", "1500") + medium("cam%202.mp4", "250") + medium("cam1.wav", "", "audio/x-wav")


def test_times_are_those_of_the_medium_that_was_given_wherever_it_stands():
    text = eaf(CAMERAS, (1000, 3000, "wave"))
    assert events(read(text, TWO)) == [("cam 2", 1.25, 3.25, "wave")]
    assert events(read(text, ONE)) == [("cam1", 2.5, 4.5, "wave")]
    assert events(read(text, ONE, TWO)) == [("cam 2", 1.25, 3.25, "wave"), ("cam1", 2.5, 4.5, "wave")]
    told = read(text, TWO).findings
    assert any("0.25 s (TIME_ORIGIN)" in finding.got for finding in told)
    assert any(
        finding.expected == "labels of else.mp4" for finding in read(text, TWO, steady(path="else.mp4")).findings
    )


def test_sound_is_not_the_clip_where_there_is_a_film():
    media = medium("talk.wav", "9000", "audio/x-wav") + medium("talk.mp4", "500")
    for clip in (steady(250, path="/c/talk.mp4"), steady(250, path="/c/renamed.mp4")):
        assert events(read(eaf(media, (1000, 3000, "wave")), clip))[0][1:] == (1.5, 3.5, "wave")


def test_which_of_several_media_is_meant_is_refused_only_where_it_matters():
    other = steady(250, path="/c/renamed.mp4")
    with pytest.raises(FormatInvalid, match=r"one of them called renamed.mp4, got .* cam1.mp4, cam 2.mp4"):
        read(eaf(CAMERAS, (1000, 3000, "wave")), other)
    same = medium("cam1.mp4") + medium("cam2.mp4")
    assert events(read(eaf(same, (1000, 3000, "wave")), other)) == [("renamed", 1.0, 3.0, "wave")]


def test_what_lies_beside_one_of_several_media_is_cut_or_left_out_and_told():
    text = eaf(CAMERAS, (1000, 3000, "in"), (3000, 6000, "over"), (6000, 7000, "out"))
    labels = read(text, TWO)
    assert events(labels) == [("cam 2", 1.25, 3.25, "in"), ("cam 2", 3.25, 4.0, "over")]
    assert any(finding.left_out and finding.got.startswith("1 annotations") for finding in labels.findings)
    early = medium("cam1.mp4") + medium("cam2.mp4", "-2000")
    labels = read(eaf(early, (1000, 3000, "begun"), (4000, 5000, "in")), steady(250, path="/c/cam2.mp4"))
    assert events(labels) == [("cam2", 0.0, 1.0, "begun"), ("cam2", 2.0, 3.0, "in")]


def test_annotations_that_hold_nothing_are_left_out_and_told_and_are_no_background():
    marks = ((1000, 2000, "wave"), (2000, 3000, ""), (4000, 4000, "none"), ("soon", 5000, "odd"), (6000, 7000, "nod"))
    labels = read(eaf(medium("cam1.mp4"), *marks), ONE, watched=True)
    assert events(labels) == [("cam1", 1.0, 2.0, "wave"), ("cam1", 6.0, 7.0, "nod")]
    assert len([finding for finding in labels.findings if finding.left_out]) == 4
    assert labels.clips[0].lanes[0].seen == ((0.0, 2.0), (3.0, 10.0))


def test_a_document_may_be_in_utf_16():
    text = '<?xml version="1.0" encoding="UTF-16"?>\n' + eaf(medium("cam1.mp4"), (1000, 2000, "走る"))
    files = {"talk.eaf": text.encode("utf-16")}
    labels = conversion.detect_files(files).read(files, ReadOptions((ONE,)))
    assert events(labels) == [("cam1", 1.0, 2.0, "走る")]
