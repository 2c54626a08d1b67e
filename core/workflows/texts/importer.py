"""Lines beside a clip, in the store, where the search and the trainings find them."""

from core.base.errors import FormatInvalid, ResultMissing
from core.base.progress import Report, silent
from core.domain import Line
from core.domain.fingerprint import fingerprint
from core.workflows.texts import parser
from core.workflows.texts.text_store import keep_lines, lines_of
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

INSIDE, NOTE = "subtitle inside", "note"
NOTE_S = 5.0  # that a note stands for from its moment on


def take_file(store: Store, digest: str, name: str, content: bytes) -> tuple[str, ...]:
    """Keep the subtitles or the transcript in a file beside a clip, in place of an earlier one; gives what was odd."""
    reading = parser.read(name, content, duration_s=store.video(digest).duration_s)
    keep_lines(store, digest, reading.source, reading.lines)
    return reading.notes


def take_note(store: Store, digest: str, time_s: float | None, text: str) -> None:
    """Keep a note of a person at a moment of a clip, beside those that are there. time_s: None where it is no time."""
    duration_s, words = store.video(digest).duration_s, parser.plain(text)[: parser.LONGEST_TEXT]
    if not words:
        raise FormatInvalid("The note is empty.", "Enter the text of the note.")
    if time_s is None or not 0 <= time_s < duration_s:
        raise FormatInvalid(
            "The time of the note is outside the clip.", f"Enter a time from 0 to {duration_s:.1f} s, such as 0:12.5."
        )
    notes = {line for lines in lines_of(store, digest) if lines.source == NOTE for line in lines.lines}
    notes.add(Line(time_s, min(time_s + NOTE_S, duration_s), words))
    if len(notes) > parser.MOST_LINES:
        raise FormatInvalid(f"A clip can have at most {parser.MOST_LINES} notes.", "Delete some notes first.")
    keep_lines(store, digest, NOTE, sorted(notes, key=lambda line: (line.start_s, line.text)))


def inside_key(digest: str) -> str:
    """The name of the job that looks for subtitles inside a clip."""
    return fingerprint("subtitles inside", 1, digest)


@short()
def take_inside(store: Store, digest: str, report: Report = silent) -> None:
    """Keep the subtitles in text that a clip holds itself, each stream by itself; ResultMissing where it has none."""
    from core.stages import video

    info = store.video(digest)
    inside = video.subtitles_inside(info, report)
    kept = 0
    for language, cues in zip(inside.languages, inside.texts, strict=True):
        lines, _ = parser.lines_of_raw(cues, duration_s=info.duration_s)
        if lines:
            source = " ".join((INSIDE, language)).strip()
            keep_lines(store, digest, source if kept == 0 or language else f"{source} {kept + 1}", lines)
            kept += 1
    if not kept:
        pictures = f" {inside.pictures} of its streams contain subtitles as pictures." if inside.pictures else ""
        hint = "Give subtitles or a transcript as a file."
        raise ResultMissing(f"This clip contains no text subtitles.{pictures}", hint)
