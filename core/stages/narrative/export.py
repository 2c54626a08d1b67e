"""Reports as files: plain text, Markdown, and chapters that players read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.base.errors import AnalysisError
from core.base.registry import unknown
from core.domain import Segment
from core.stages.narrative import sentences
from core.stages.narrative.facts import Subject, facts, with_gaps
from core.stages.narrative.languages import LANGUAGES, Language

MARKUP = "\\`*_{}[]<>()#+-!|~$:"  # what Markdown would read in a label or a name


@dataclass(frozen=True)
class Form:
    """A kind of file that reports are written as."""

    name: str
    title: str
    suffix: str
    mime: str
    render: Callable[[Sequence[Subject], Language], str]


def write(subjects: Sequence[Subject], *, language: str, form: str) -> str:
    """The report on one clip, or on several together, in a language and a form."""
    if not subjects:
        raise AnalysisError("There is no clip to report on.", "Name one.")
    if language not in LANGUAGES:
        raise unknown("language", language, LANGUAGES)
    if form not in FORMS:
        raise unknown("report format", form, FORMS)
    return FORMS[form].render(subjects, LANGUAGES[language])


def _text(subjects: Sequence[Subject], language: Language) -> str:
    title, parts = sentences.report(facts(subjects))
    lines = [language.worded(title), ""]
    for part in parts:
        if part.title:
            lines += ["", language.worded(part.title).upper(), ""]
        lines += [f"- {language.worded(line)}" if part.title else language.worded(line) for line in part.lines]
    return "\n".join(lines) + "\n"


def _markdown(subjects: Sequence[Subject], language: Language) -> str:
    title, parts = sentences.report(facts(subjects))
    lines = [f"# {language.worded(title, _marked_name)}"]
    for part in parts:
        lines += ["", f"## {language.worded(part.title)}"] if part.title else []
        lines += ["", *(f"- {language.worded(line, _marked)}" for line in part.lines)]
    return "\n".join(lines) + "\n"


def _marked(kind: str, text: str) -> str:
    return f"**{_marked_name(kind, text)}**" if kind == "label" else _marked_name(kind, text)


def _marked_name(kind: str, text: str) -> str:
    return "".join(f"\\{letter}" if letter in MARKUP else letter for letter in text)


def _chapters(subjects: Sequence[Subject], language: Language) -> str:
    """WebVTT chapters of one clip: a cue a stretch, those without a label too, none overlapping (w3.org/TR/webvtt1)."""
    if len(subjects) != 1:
        raise AnalysisError("Chapters describe one clip only.", "Give one clip, or choose another format.")
    cues, last_ms = [], 0
    for segment in with_gaps(subjects[0]):
        start_ms, stop_ms = max(round(segment.start_s * 1000), last_ms), round(segment.stop_s * 1000)
        if start_ms < stop_ms:
            text = _chapter(segment, subjects[0], language)
            cues.append(f"{len(cues) + 1}\n{_clock(start_ms)} --> {_clock(stop_ms)}\n{text}\n")
            last_ms = stop_ms
    return "\n".join(["WEBVTT\n", *cues])


def _chapter(segment: Segment, subject: Subject, language: Language) -> str:
    if segment.label == subject.track.labels[0]:
        return language.worded(sentences.phrase("chapter gap"))
    phrase = sentences.phrase("chapter", label=segment.label, sure=sentences.sureness(segment.confidence))
    return language.worded(phrase, _cue_text)


def _cue_text(kind: str, text: str) -> str:
    text = text.replace("-->", "\N{RIGHTWARDS ARROW}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


FORMS = {
    form.name: form
    for form in (
        Form("text", "Plain text", ".txt", "text/plain", _text),
        Form("md", "Markdown", ".md", "text/markdown", _markdown),
        Form("vtt", "WebVTT chapters", ".chapters.vtt", "text/vtt", _chapters),
    )
}
