"""Reports in words: each number in them is recomputed from the tracks, and each language tells the same."""

import re
from itertools import pairwise
from statistics import median
from string import Formatter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import AnalysisError
from core.domain import Segment, Track
from core.stages import narrative
from core.stages.formats import webvtt
from core.stages.formats.common.files import ReadOptions
from core.stages.narrative import Subject, facts
from core.stages.narrative.languages import LANGUAGES

pytestmark = pytest.mark.usefixtures("no_network")
LABELS = ("nothing certain", "walk", "jump over", "骑马", "swim")
CLOCK = r"(?:\d+:)?\d+:\d\d\.\d"
LENGTH = {"en": r"[\d.]+ s|\d+ min \d+ s|\d+ h \d+ min", "zh": r"[\d.]+ 秒|\d+ 分 \d+ 秒|\d+ 小时 \d+ 分"}
LINES = {  # by language, each line of a report on one clip that holds a number
    "en": {
        "seen": "Analysed: (?P<start>CLOCK) to (?P<stop>CLOCK), (?P<length>LENGTH).",
        "covered": "(?P<length>LENGTH) are labelled, (?P<share>N) % of the time: (?P<count>N) segments? of "
        "(?P<labels>N) labels?; nothing is certain for (?P<rest>LENGTH).",
        "whole": "The whole time is labelled: (?P<count>N) segments? of (?P<labels>N) labels?.",
        "once": "- (?P<label>.+): once, from (?P<at>CLOCK), for (?P<total>LENGTH) \\((?P<share>N) % of the time\\)"
        "SURE.",
        "often": "- (?P<label>.+): (?P<count>N) times, (?P<total>LENGTH) in total \\((?P<share>N) % of the time\\), "
        "(?P<mean>LENGTH) on average, (?P<longest>LENGTH) at most \\(from (?P<at>CLOCK)\\)SURE.",
        "stretch": "- (?P<start>CLOCK) to (?P<stop>CLOCK): (?P<label>.+?), (?P<length>LENGTH)SURE.",
        "look": "- (?P<at>CLOCK): (?P<label>.+), (?P<length>LENGTH), confidence (?P<sure>N) %, "
        "(?P<doubt>LENGTH) in doubt.",
        "rare": "- Rare: (?P<label>.+) from (?P<at>CLOCK), for (?P<length>LENGTH).",
        "long": "- Very long: (?P<label>.+) from (?P<at>CLOCK), (?P<length>LENGTH), which is (?P<times>N) times its "
        "median duration of (?P<usual>LENGTH).",
        "unsure": "- Low confidence: (?P<label>.+) from (?P<at>CLOCK), for (?P<length>LENGTH), "
        "confidence (?P<sure>N) %.",
        "gap": "- Nothing certain: from (?P<at>CLOCK), for (?P<length>LENGTH).",
    },
    "zh": {
        "seen": "分析范围：(?P<start>CLOCK) 至 (?P<stop>CLOCK)，共 (?P<length>LENGTH)。",
        "covered": "共有 (?P<labels>N) 个标签、(?P<count>N) 个片段，总时长 (?P<length>LENGTH)，占 (?P<share>N)%；"
        "其余 (?P<rest>LENGTH)无法确定。",
        "whole": "全部时间均有标签：(?P<labels>N) 个标签，(?P<count>N) 个片段。",
        "once": "- (?P<label>.+)：1 次，始于 (?P<at>CLOCK)，总时长 (?P<total>LENGTH)（占 (?P<share>N)%）SURE。",
        "often": "- (?P<label>.+)：(?P<count>N) 次，总时长 (?P<total>LENGTH)（占 (?P<share>N)%），"
        "平均 (?P<mean>LENGTH)，最长 (?P<longest>LENGTH)（始于 (?P<at>CLOCK)）SURE。",
        "stretch": "- (?P<start>CLOCK) 至 (?P<stop>CLOCK)：(?P<label>.+?)，(?P<length>LENGTH)SURE。",
        "look": "- (?P<at>CLOCK)：(?P<label>.+)，时长 (?P<length>LENGTH)，"
        "置信度 (?P<sure>N)%，存疑 (?P<doubt>LENGTH)。",
        "rare": "- 罕见：(?P<label>.+)，始于 (?P<at>CLOCK)，时长 (?P<length>LENGTH)。",
        "long": "- 过长：(?P<label>.+)，始于 (?P<at>CLOCK)，时长 (?P<length>LENGTH)，是中位时长 (?P<usual>LENGTH) 的 "
        "(?P<times>N) 倍。",
        "unsure": "- 置信度低：(?P<label>.+)，始于 (?P<at>CLOCK)，时长 (?P<length>LENGTH)，置信度 (?P<sure>N)%。",
        "gap": "- 无法确定：始于 (?P<at>CLOCK)，时长 (?P<length>LENGTH)。",
    },
}
SURE = {"en": "(?:, confidence (?P<sure>N) %)?", "zh": "(?:，置信度 (?P<sure>N)%)?"}
RULES = {"en": "THE RULES", "zh": "规则"}


def pattern(language: str, kind: str) -> re.Pattern[str]:
    told = LINES[language][kind].replace("SURE", SURE[language])
    told = told.replace("CLOCK", CLOCK).replace("LENGTH", LENGTH[language])
    told = re.sub(r"\.$", r"\\.", told)
    return re.compile(re.sub(r"(?<=>)N(?=\))", lambda _: r"[\d.]+", told))


def seconds(told: str) -> tuple[float, float]:
    """A clock or a length as (seconds, half of what its last digit stands for)."""
    if ":" in told:
        return sum(float(each) * 60**power for power, each in enumerate(reversed(told.split(":")))), 0.0501
    numbers = [float(each) for each in re.findall(r"[\d.]+", told)]
    if "h" in told or "小时" in told:
        return numbers[0] * 3600 + numbers[1] * 60, 60.0
    if len(numbers) == 2:
        return numbers[0] * 60 + numbers[1], 0.501
    return numbers[0], 0.00501 if numbers[0] < 1 else 0.0501


def agrees(told: str, expected_s: float) -> bool:
    value, within = seconds(told)
    return abs(value - expected_s) <= within


def share_agrees(told: str, expected: float) -> bool:
    return abs(float(told) - 100 * expected) <= (0.0501 if "." in told else 0.501)


@st.composite
def tracks(draw, sure: bool | None = None) -> Track:
    """A random track: some labels, some gaps, sureness told or not."""
    told = draw(st.booleans()) if sure is None else sure
    at, segments = draw(st.integers(0, 3000)) / 100, []
    start_s = at
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.sampled_from((0, 0, 13, 400, 9000))) / 100
        stop = at + draw(st.sampled_from((7, 50, 100, 333, 1000, 61_00, 4000_00))) / 100
        label = draw(st.sampled_from(LABELS[1:]))
        confidence = draw(st.integers(0, 100)) / 100 if told else None
        segments.append(Segment(round(at, 2), round(stop, 2), label, confidence))
        at = round(stop, 2)
    at = at if segments else at + 1
    stop_s = at + draw(st.sampled_from((0.0, 0.5, 1.0, 700.0)))
    return Track("ab" * 32, LABELS, tuple(segments), (start_s, round(stop_s, 2)), "a made model")


class Expected:
    """The numbers of a track, computed here by other means."""

    def __init__(self, track: Track):
        self.segments = track.segments
        self.start_s, self.stop_s = track.seen_s
        self.whole_s = self.stop_s - self.start_s
        self.labels = {each.label for each in track.segments}

    def of(self, label: str) -> list[float]:
        return [each.stop_s - each.start_s for each in self.segments if each.label == label]

    def sure(self, label: str) -> float | None:
        told = [each for each in self.segments if each.label == label and each.confidence is not None]
        lengths = [each.stop_s - each.start_s for each in told]
        return (
            sum((each.confidence or 0) * s for each, s in zip(told, lengths, strict=True)) / sum(lengths)
            if told
            else None
        )

    def at(self, told: str, label: str = "", length: str = "") -> list[Segment]:
        """The segments that begin there, and carry that label, and last so long."""
        return [
            each
            for each in self.segments
            if agrees(told, each.start_s)
            and label in ("", each.label)
            and (not length or agrees(length, each.stop_s - each.start_s))
        ]  # fmt: skip

    def seen(self, got: dict[str, str]):
        assert agrees(got["start"], self.start_s) and agrees(got["stop"], self.stop_s)
        assert agrees(got["length"], self.whole_s)

    def covered(self, got: dict[str, str]):
        total_s = sum(each.stop_s - each.start_s for each in self.segments)
        assert (int(got["count"]), int(got["labels"])) == (len(self.segments), len(self.labels))
        assert agrees(got["length"], total_s) and agrees(got["rest"], self.whole_s - total_s)
        assert share_agrees(got["share"], total_s / self.whole_s)

    def whole(self, got: dict[str, str]):
        assert (int(got["count"]), int(got["labels"])) == (len(self.segments), len(self.labels))
        assert sum(each.stop_s - each.start_s for each in self.segments) == pytest.approx(self.whole_s, abs=0.005)

    def often(self, got: dict[str, str]):
        own = self.of(got["label"])
        assert len(own) == int(got.get("count", 1)) and agrees(got["total"], sum(own))
        assert share_agrees(got["share"], sum(own) / self.whole_s)
        assert "mean" not in got or (agrees(got["mean"], sum(own) / len(own)) and agrees(got["longest"], max(own)))
        assert any(each.stop_s - each.start_s == pytest.approx(max(own)) for each in self.at(got["at"], got["label"]))
        sure = self.sure(got["label"])
        assert (got["sure"] is None) == (sure is None) and (sure is None or share_agrees(got["sure"], sure))

    once = often

    def look(self, got: dict[str, str]):
        found = self.at(got["at"], got["label"], got["length"])
        assert any(
            share_agrees(got["sure"], each.confidence or 0)
            and agrees(got["doubt"], (each.stop_s - each.start_s) * (1 - (each.confidence or 0)))
            for each in found
        )

    def rare(self, got: dict[str, str]):
        (own,) = self.of(got["label"])
        assert self.at(got["at"], got["label"], got["length"]) and own < 0.05 * self.whole_s and len(self.labels) >= 3

    def long(self, got: dict[str, str]):
        own, found = self.of(got["label"]), self.at(got["at"], got["label"], got["length"])
        assert len(own) >= 4 and agrees(got["usual"], median(own))
        ratios = [(each.stop_s - each.start_s) / median(own) for each in found]
        assert any(ratio >= 3 - 1e-9 and abs(float(got["times"]) - ratio) <= 0.0501 for ratio in ratios)

    def unsure(self, got: dict[str, str]):
        found = self.at(got["at"], got["label"], got["length"])
        assert any((each.confidence or 0) < 0.5 and share_agrees(got["sure"], each.confidence or 0) for each in found)

    def gap(self, got: dict[str, str]):
        ends = [self.start_s, *(each.stop_s for each in self.segments)]
        starts = [*(each.start_s for each in self.segments), self.stop_s]
        gaps = [(stop, start - stop) for stop, start in zip(ends, starts, strict=True) if start > stop]
        assert any(
            agrees(got["at"], at) and agrees(got["length"], s) and s >= max(2, 0.1 * self.whole_s - 1e-9)
            for at, s in gaps
        )


def recompute(report: str, language: str, track: Track) -> None:
    """Each number of a report as text, computed again from the track."""
    body = report.split(f"\n{RULES[language]}\n")[0].splitlines()[1:]
    expected, stretches = Expected(track), []
    for line in body:
        if not re.search(r"\d", line) and not re.match(r"- .+: once", line):
            continue
        kind, found = next(
            (kind, found) for kind in LINES[language] if (found := pattern(language, kind).fullmatch(line))
        )
        if kind == "stretch":
            stretches.append(found.groupdict())
        else:
            getattr(expected, kind)(found.groupdict())
    assert len(stretches) == len(track.segments)
    for got, segment in zip(stretches, track.segments, strict=True):
        assert agrees(got["start"], segment.start_s) and agrees(got["stop"], segment.stop_s)
        assert got["label"] == segment.label and agrees(got["length"], segment.stop_s - segment.start_s)
        told = segment.confidence
        assert told is None if got["sure"] is None else share_agrees(got["sure"], told)


@pytest.mark.parametrize("language", LANGUAGES)
@given(track=tracks())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_each_number_of_a_report_is_recomputed_from_the_track(language: str, track: Track):
    recompute(narrative.write([Subject("street.mp4", track)], language=language, form="text"), language, track)


@given(several=st.lists(tracks(), min_size=2, max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_a_report_on_several_clips_adds_up(several: list[Track]):
    subjects = [Subject(f"clip {'abcd'[place]}", track) for place, track in enumerate(several)]
    report = narrative.write(subjects, language="en", form="text")
    whole_s = sum(track.seen_s[1] - track.seen_s[0] for track in several)
    found = re.search(rf"Analysed: (\d+) clips, ({LENGTH['en']}) in total", report)
    assert found and int(found[1]) == len(several) and agrees(found[2], whole_s)
    every = [segment for track in several for segment in track.segments]
    often = rf"^- (\S.*): (once|\d+ times) in (\d+) clips?, ({LENGTH['en']}) in total"
    told = re.findall(often, report, re.MULTILINE)
    assert {each[0] for each in told} == {segment.label for segment in every}
    for label, count, clips, total in told:
        own = [segment for segment in every if segment.label == label]
        assert (1 if count == "once" else int(count.split()[0])) == len(own)
        assert int(clips) == sum(any(segment.label == label for segment in track.segments) for track in several)
        assert agrees(total, sum(segment.stop_s - segment.start_s for segment in own))


@pytest.mark.parametrize("language", LANGUAGES)
@given(track=tracks(sure=True))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_chapters_are_webvtt_that_covers_the_clip(language: str, track: Track):
    content = narrative.write([Subject("street.mp4", track)], language=language, form="vtt").encode()
    if not track.segments and track.seen_s[0] == track.seen_s[1]:
        return
    (clip,) = webvtt.read({"street.vtt": content}, ReadOptions()).clips
    (lane,) = clip.lanes
    chapters = lane.segments
    assert chapters[0].start_s == pytest.approx(track.seen_s[0], abs=6e-4)
    assert chapters[-1].stop_s == pytest.approx(track.seen_s[1], abs=6e-4)
    assert all(one.stop_s == other.start_s for one, other in pairwise(chapters))
    nothing = LANGUAGES[language].phrases["chapter gap"]
    told = [each for each in chapters if each.label != nothing]
    for chapter, segment in zip(told, track.segments, strict=True):
        assert chapter.start_s == pytest.approx(segment.start_s, abs=6e-4)
        assert chapter.label.startswith(segment.label)
        (percent,) = re.findall(r"\d+", chapter.label)
        assert share_agrees(percent, segment.confidence or 0)


def walks(*lengths_s: float) -> Track:
    """A clip of walks of these lengths, a second apart."""
    starts_s = [sum(lengths_s[:place]) + place for place in range(len(lengths_s))]
    segments = [Segment(at_s, at_s + s, "walk") for at_s, s in zip(starts_s, lengths_s, strict=True)]
    return Track("ab" * 32, LABELS, tuple(segments), (0.0, segments[-1].stop_s), "me")


@pytest.mark.parametrize(
    ("lengths_s", "expected"),
    [
        ((1.0, 1.0, 1.0, 5.0), [5.0]),  # "at least 4"
        ((1.0, 1.0, 5.0), []),
        ((1.0, 1.0, 1.0, 3.0), [3.0]),  # "at least 3.0 times"
        ((1.0, 1.0, 1.0, 2.9), []),
        ((1.0, 1.0, 3.0, 6.5), [6.5]),  # of an even number the median lies in the middle: 2.0
        ((1.0, 1.0, 3.0, 5.5), []),
    ],
)
def test_a_stretch_is_very_long_by_the_rules_that_the_report_states(lengths_s, expected: list[float]):
    track = walks(*lengths_s)
    found = facts.facts([Subject("clip", track)]).oddities
    assert [oddity.stretch.length_s for oddity in found if oddity.rule == "long"] == expected
    assert facts.RULES["long"] == {"times": 3.0, "count": 4}, "which is what the report says of itself"


def test_all_languages_have_the_same_phrases_with_the_same_values():
    def fields(template: str) -> list[tuple[str, str]]:
        return sorted((name, kind or "") for _, name, kind, _ in Formatter().parse(template) if name)

    first, *others = LANGUAGES.values()
    for other in others:
        assert set(first.phrases) == set(other.phrases) and set(first.nouns) == set(other.nouns)
        for key, template in first.phrases.items():
            assert fields(template) == fields(other.phrases[key]), key
    for language in LANGUAGES.values():
        for noun, forms in language.nouns.items():
            assert {language.plural(count) for count in range(200)} == set(forms), noun


@pytest.mark.parametrize(
    ("language", "clock", "length", "share", "count"),
    [
        ("en", "1:02:03.5", "2 min 5 s", "0.4 %", "1\u202f240 clips"),
        ("zh", "1:02:03.5", "2 分 5 秒", "0.4%", "1,240 个视频"),
    ],
)
def test_each_language_has_its_own_numbers_and_clocks(language, clock, length, share, count):
    told = LANGUAGES[language]
    assert told.clock(3723.46) == clock and told.length(125.2) == length
    assert told.share(0.0041) == share and told.counted(1240, "clips") == count
    assert told.clock(59.96) == ("1:00.0" if language == "en" else "01:00.0")
    assert told.length(59.96) == ("1 min 0 s" if language == "en" else "1 分 0 秒")


def test_labels_cannot_become_markup_or_break_chapters():
    bad = "a --> b & <i>*x*</i> [y](z) {label}\n# head"
    track = Track("ab", ("nothing", bad), (Segment(0, 1, bad, 0.5),), (0, 2), "{author}")
    markdown = narrative.write([Subject("_clip_.mp4", track)], language="en", form="md")
    assert "\\<i\\>" in markdown and "\\[y\\]\\(z\\)" in markdown and "\n# head" not in markdown
    assert markdown.startswith("# What happens in \\_clip\\_.mp4\n")
    chapters = narrative.write([Subject("clip.mp4", track)], language="zh", form="vtt")
    (clip,) = webvtt.read({"clip.vtt": chapters.encode()}, ReadOptions()).clips
    assert len(clip.lanes[0].segments) == 2 and "<i>" in clip.lanes[0].segments[0].label


def test_the_label_of_nothing_is_no_label():
    track = Track("ab", ("rest", "walk"), (Segment(0, 4, "rest", 0.9), Segment(4, 6, "walk", 0.9)), (0, 10), "me")
    found = facts.facts([Subject("clip", track)])
    assert [each.label for each in found.labels] == ["walk"] and found.covered_s == 2


def test_a_stretch_that_is_all_but_sure_is_not_worth_a_look():
    track = Track("ab", ("nothing", "walk"), (Segment(0, 4, "walk", 0.999), Segment(4, 9, "walk", 0.9)), (0, 10), "me")
    assert [each.segment.start_s for each in facts.facts([Subject("clip", track)]).first] == [4]


def test_a_track_without_labels_says_so_and_chapters_want_one_clip():
    empty = Track("ab", ("nothing", "walk"), (), (0.0, 5.0), "")
    assert "No label is certain at any moment" in narrative.write([Subject("clip", empty)], language="en", form="text")
    for subjects, form, language in (([], "text", "en"), ([Subject("a", empty)] * 2, "vtt", "en")):
        with pytest.raises(AnalysisError):
            narrative.write(subjects, language=language, form=form)
    for form, language in (("pdf", "en"), ("text", "xx")):
        with pytest.raises(AnalysisError, match="There is no"):
            narrative.write([Subject("clip", empty)], language=language, form=form)
