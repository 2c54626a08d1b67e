"""Findings of the quality check in words, and as segments of a lane."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from core.domain import Segment
from core.stages.video.quality import QualityFinding
from pages.ui.common import formatting

if TYPE_CHECKING:
    pass


NOTHING_FOUND = "Nothing stands out."


# What each finding is called, one and many, and what it means for who looks at the clip.
CALLED = {
    "black": ("black", "There is nothing to see."),
    "dark": ("dark", "Less than an eighth of the usual light. Gamma or Local contrast bring some of it back."),
    "bright": ("washed out", "Half of the picture is clipped to white, which no step brings back."),
    "blurred": ("blurred", "Far less sharp than the rest of the clip: out of focus, or moved while it was taken."),
    "repeated": ("repeated", "Motion stutters. A network sees it stand still and then leap."),
    "still": ("standing still", "The same picture again and again: a frozen camera, or a still put into the clip."),
    "flash": ("flash", "A sudden change of light and back, which a network may take for an event."),
    "missing": ("missing", "The clock leaps here. The step Repair fills short gaps."),
    "unreadable": ("unreadable", "The file is damaged here. A copy from its source may be whole."),
}  # fmt: skip


def what(finding: QualityFinding) -> str:
    """A finding in words, without its time: dark, 9 frames repeat the one before."""
    many, one = formatting.count(finding.frames, "frame"), finding.frames == 1
    if finding.kind == "repeated":
        return f"{many} {'repeats' if one else 'repeat'} the one before"
    if finding.kind in ("missing", "unreadable"):
        return f"{many} {'is' if one else 'are'} {CALLED[finding.kind][0]}"
    return "a flash" if finding.kind == "flash" else CALLED[finding.kind][0]


def sentence(finding: QualityFinding) -> str:
    """The same with its time: dark from 0:03.00 to 0:05.00."""
    start, stop = formatting.clock(finding.start_s, places=2), formatting.clock(finding.stop_s, places=2)
    short = finding.kind == "flash" or finding.stop_s - finding.start_s < 0.1
    return f"{what(finding)} at {start}" if short else f"{what(finding)} from {start} to {stop}"


def meanings(found: Sequence[QualityFinding]) -> list[str]:
    """What each kind of these findings means, as Markdown."""
    return [
        f"**{CALLED[kind][0].capitalize()}.** {CALLED[kind][1]}" for kind in dict.fromkeys(each.kind for each in found)
    ]


def headline(found: Sequence[QualityFinding]) -> str:
    """HTML of the findings in a sentence: the longest three."""
    longest = sorted(found, key=lambda finding: finding.start_s - finding.stop_s)[:3]
    told = formatting.listed(
        escape(sentence(finding)) for finding in sorted(longest, key=lambda finding: finding.start_s)
    )
    more = f", and {formatting.count(len(found) - 3, 'more finding')}" if len(found) > 3 else ""
    return f"{told[0].upper()}{told[1:]}{more}."


def segments(found: Sequence[QualityFinding]) -> tuple[Segment, ...]:
    """The findings as segments of one lane; where two overlap, the later one begins when the earlier ends."""
    made: list[Segment] = []
    for each in sorted(found, key=lambda finding: finding.start_s):
        start_s = max([each.start_s, *(one.stop_s for one in made[-1:])])
        if start_s < each.stop_s:
            made.append(Segment(start_s, each.stop_s, what(each)))
    return tuple(made)
