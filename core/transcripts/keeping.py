"""Lines beside a clip, in the store, where the search and the trainings find them."""

from core.errors import ResultMissing
from core.jobs import Report, silent
from core.keys import fingerprint
from core.lines import keep_lines
from core.store import Store
from core.transcripts import reading

INSIDE = "subtitle inside"


def take_file(store: Store, digest: str, name: str, content: bytes) -> tuple[str, ...]:
    """Keep the subtitles or the transcript in a file beside a clip, in place of an earlier one; gives what was odd."""
    found = reading.read(name, content, duration_s=store.video(digest).duration_s)
    keep_lines(store, digest, found.source, found.lines)
    return found.notes


def inside_key(digest: str) -> str:
    """The name of the job that looks for subtitles inside a clip."""
    return fingerprint("subtitles inside", 1, digest)


def take_inside(store: Store, digest: str, report: Report = silent) -> None:
    """Keep the subtitles in text that a clip holds itself, each stream by itself; ResultMissing where it has none."""
    from core import video

    info = store.video(digest)
    found = video.subtitles_inside(info, report)
    kept = 0
    for language, cues in zip(found.languages, found.texts, strict=True):
        lines, _ = reading.lines_of_raw(cues, duration_s=info.duration_s)
        if lines:
            source = " ".join((INSIDE, language)).strip()
            keep_lines(store, digest, source if kept == 0 or language else f"{source} {kept + 1}", lines)
            kept += 1
    if not kept:
        pictures = f" {found.pictures} of its streams hold subtitles as pictures." if found.pictures else ""
        hint = "Give subtitles or a transcript as a file."
        raise ResultMissing(f"No subtitles in text are inside this clip.{pictures}", hint)
