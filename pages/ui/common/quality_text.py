"""Findings of the quality check as text, and as segments of a lane."""

from collections.abc import Sequence
from html import escape

from core.domain import Segment
from core.stages.quality import QualityFinding
from pages.ui.common import formatting

NOTHING_FOUND = "No problems found."


# What each finding is called, one and many, and what it means for who looks at the clip.
CALLED = {
    "black": ("black", "The picture is black."),
    "dark": ("dark", "Less than an eighth of the usual brightness. The steps Gamma and Local contrast recover "
"some detail."),
    "bright": ("overexposed", "Half of the picture is clipped to white, which no step can recover."),
    "blurred": ("blurred", "Much less sharp than the rest of the clip: out of focus, or blurred by camera motion."),
    "repeated": ("repeated", "Motion stutters: to a network it appears to stop and then jump."),
    "still": ("frozen", "The picture does not change: a frozen camera, or a still image in the clip."),
    "flash": ("flash", "A sudden, brief change of brightness, which a network may mistake for an event."),
    "missing": ("missing", "The timestamps jump here. The Repair step fills short gaps."),
    "unreadable": ("unreadable", "The file is damaged here. Try a fresh copy from the source."),
}  # fmt: skip


def what(finding: QualityFinding) -> str:
    """A finding in words, without its time: dark, 9 frames repeat the one before."""
    many, single = formatting.count(finding.frames, "frame"), finding.frames == 1
    if finding.kind == "repeated":
        return f"{many} {'repeats' if single else 'repeat'} the one before"
    if finding.kind in ("missing", "unreadable"):
        return f"{many} {'is' if single else 'are'} {CALLED[finding.kind][0]}"
    return "a flash" if finding.kind == "flash" else CALLED[finding.kind][0]


def sentence(finding: QualityFinding) -> str:
    """The same with its time: dark from 0:03.00 to 0:05.00."""
    start, stop = formatting.clock(finding.start_s, decimals=2), formatting.clock(finding.stop_s, decimals=2)
    short = finding.kind == "flash" or finding.stop_s - finding.start_s < 0.1
    return f"{what(finding)} at {start}" if short else f"{what(finding)} from {start} to {stop}"


def meanings(findings: Sequence[QualityFinding]) -> list[str]:
    """What each kind of these findings means, as Markdown."""
    return [
        f"**{CALLED[kind][0].capitalize()}.** {CALLED[kind][1]}"
        for kind in dict.fromkeys(finding.kind for finding in findings)
    ]


def headline(findings: Sequence[QualityFinding]) -> str:
    """HTML of the findings in a sentence: the longest three."""
    longest = sorted(findings, key=lambda finding: finding.start_s - finding.stop_s)[:3]
    text = formatting.listed(
        escape(sentence(finding)) for finding in sorted(longest, key=lambda finding: finding.start_s)
    )
    more = f", and {formatting.count(len(findings) - 3, 'more finding')}" if len(findings) > 3 else ""
    return f"{text[0].upper()}{text[1:]}{more}."


def segments(findings: Sequence[QualityFinding]) -> tuple[Segment, ...]:
    """The findings as segments of one lane; where two overlap, the later one begins when the earlier ends."""
    made: list[Segment] = []
    for finding in sorted(findings, key=lambda finding: finding.start_s):
        start_s = max([finding.start_s, *(segment.stop_s for segment in made[-1:])])
        if start_s < finding.stop_s:
            made.append(Segment(start_s, finding.stop_s, what(finding)))
    return tuple(made)
