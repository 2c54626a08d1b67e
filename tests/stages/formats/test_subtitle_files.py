"""Subtitles as programs and people write them: no blank lines, other line ends and letters, cues that hold nothing."""

import codecs

import pytest

from core.domain import Labels
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from tests.labels import events, steady

A = steady(250)
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nwalk\n\n00:03.000 --> 00:04.000\nrun\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nwalk\n\n2\n00:00:03,000 --> 00:00:04,000\nrun\n"
BOTH = [("a", 1.0, 2.0, "walk"), ("a", 3.0, 4.0, "run")]


def read(name: str, content: str | bytes, **asked) -> Labels:
    files = {name: content.encode() if isinstance(content, str) else content}
    return conversion.detect_files(files).read(files, ReadOptions((A,), **asked))


def dense(text: str) -> str:
    head, _, rest = text.partition("\n\n") if text.startswith("WEBVTT") else ("", "", text)
    return f"{head}\n\n" * bool(head) + rest.replace("\n\n", "\n")


@pytest.mark.parametrize("text", [VTT, SRT], ids=["vtt", "srt"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\r\r\n"], ids=repr)
@pytest.mark.parametrize("letters", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_line_ends_and_letters_of_any_kind_and_no_blank_lines(text: str, ends: str, letters: str):
    name = "a.vtt" if text is VTT else "a.srt"
    for one in (text, dense(text), text.rstrip("\n")):
        content = one.replace("\n", ends).encode(letters)
        assert events(read(name, content)) == sorted(BOTH)
    marked = codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    assert events(read(name, marked)) == sorted(BOTH)


def test_a_cue_without_a_blank_line_before_it_may_have_a_number_or_none():
    numbered = "WEBVTT\n\n7\n00:01.000 --> 00:02.000\nwalk\n8\n00:03.000 --> 00:04.000\nrun\n"
    assert events(read("a.vtt", numbered)) == sorted(BOTH)
    assert events(read("a.vtt", "WEBVTT\n00:01.000-->00:02.000\nwalk\n00:03.000 --> 00:04.000 line:0\nrun")) == sorted(
        BOTH
    )
    assert events(read("a.srt", "00:00:01 --> 00:00:02\nwalk\n00:00:03,000 --> 00:00:04,000\nrun\n")) == sorted(BOTH)
    digits = "1\n00:00:01,000 --> 00:00:02,000\n7\n2\n00:00:03,000 --> 00:00:04,000\n2\n"
    assert events(read("a.srt", digits)) == [("a", 1.0, 2.0, "7"), ("a", 3.0, 4.0, "2")]
    unnumbered = "WEBVTT\n\n00:01.000 --> 00:02.000\n7\n00:03.000 --> 00:04.000\n8\n"
    assert events(read("a.vtt", unnumbered)) == [("a", 1.0, 2.0, "7"), ("a", 3.0, 4.0, "8")]


def test_empty_cues_are_left_out_and_told_and_are_no_background():
    empty = "WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:03.000 --> 00:04.000\n00:05.000 --> 00:06.000\nrun\n"
    labels = read("a.vtt", empty, watched=True)
    assert events(labels) == [("a", 5.0, 6.0, "run")]
    assert [finding.line for finding in labels.findings if finding.left_out] == [3, 5]
    assert labels.clips[0].lanes[0].seen == ((0.0, 1.0), (2.0, 3.0), (4.0, 10.0))
    numbered = "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\n<i></i>\n"
    numbered += "3\n00:00:05,000 --> 00:00:06,000\nrun"
    assert events(read("a.srt", numbered)) == [("a", 5.0, 6.0, "run")]


def test_odd_cues_are_left_out_and_the_others_are_kept():
    odd = "1\n00:00:02,000 --> 00:00:01,000\nback\n\n2\n00:00:03,00 --> 00:00:04,000\nshort\n\n3\nno times\n\n"
    odd += "4\n00:00:20,000 --> 00:00:21,000\nlate\n\n5\n00:00:05,000 --> 00:00:06,000\nrun\n\nits second line\n"
    labels = read("a.srt", odd)
    assert events(labels) == [("a", 5.0, 6.0, "run")]
    assert len([finding for finding in labels.findings if finding.left_out]) == 5


def test_comments_with_arrows_are_no_cues():
    text = "WEBVTT\nKind: x\n\nNOTE a --> b\nc\n\nNOTE\nd\n00:01.000 --> 00:02.000\nwalk --> away\n"
    assert events(read("a.vtt", text)) == [("a", 1.0, 2.0, "walk --> away")]
