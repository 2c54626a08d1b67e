"""Odd subtitles, the way a person gives them: on the Timeline of a clip and at the command line."""

from pathlib import Path

import pytest

from core.__main__ import main
from core.base import settings
from core.domain import Recipe
from core.workflows import clips, models, predictions, texts
from core.workspace.store import Store
from pages.ui import state
from tests.pages.test_pages import DIGEST, clip, page, runner, told, unfolded
from tests.pages.test_transcripts import answering
from tests.workflows.test_search import seen
from tests.workflows.test_texts import SRT

pytestmark = pytest.mark.usefixtures("no_network")
__all__ = ["answering", "clip", "runner"]
FIRST, SECOND = SRT.strip().split("\n\n")
ODD = {  # name: content, its lines (None where it is refused), what is told of it
    "overlapping.srt": (SRT.replace("00:00:00,900", "00:00:01,500").encode(), 2, ""),
    "backwards.srt": (f"{SECOND}\n\n{FIRST}\n".encode(), 2, ""),
    "ends-first.srt": (SRT.replace("00:00:00,900", "00:00:00,100").encode(), 2, "no valid end"),
    "latin.srt": (SRT.replace("there", "grüß").encode("latin-1"), 2, "was read as Windows-1252"),
    "chinese.srt": (SRT.replace("there", "他骑着一匹马穿过田野").encode("gbk"), 2, "was read as GB 18030"),
    "markup.srt": (SRT.replace("there", "<b><script>x()</script>{\\an8}there</b>").encode(), 2, ""),
    "long.srt": (SRT.replace("there", "<i>word</i> " * 850_000).encode(), 2, "shortened to 1000 characters"),
    "many.srt": (b"1\n00:00:00,100 --> 00:00:01,000\nwords and words\n\n" * 30_000, None, "lines are too many"),
    "picture.srt": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, None, "is not a readable text file"),
    "empty.srt": (b"", None, "contains no text within the duration"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_subtitles_are_taken_or_refused_on_the_page(answering, name: str):
    content, lines, note = ODD[name]
    at = unfolded(page("timeline"), "texts.add")
    at.file_uploader(key="texts.0").set_value((name, content, "text/plain")).run()
    assert note in told(at)
    kept = texts.lines_of(state.store(), DIGEST)
    assert [len(each.lines) for each in kept] == ([] if lines is None else [lines])
    assert all("<" not in line.text for each in kept for line in each.lines)
    assert ("No text yet." in told(at)) == (lines is None)


def test_odd_subtitles_are_taken_or_refused_at_the_command_line(
    workspace: Path, square_clip: Path, monkeypatch, capfdbinary, tmp_path: Path
):
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(workspace))
    settings.current.cache_clear()
    store = Store(workspace)
    try:
        here = settings.current()
        digest = clips.add_video(store, square_clip)
        key = predictions.prediction_key(
            store, digest, Recipe(), models.ModelLibrary.of(here).cards()["kinetics400"], here.engine
        )
        store.write(key, seen(("yoga", 6)), kind="prediction", video=digest)
        for name, (content, lines, note) in ODD.items():
            texts.drop(store, digest, "subtitle")
            (tmp_path / name).write_bytes(content)
            code = main(
                ["analyze", str(square_clip), "--words", str(tmp_path / name), "--output", str(tmp_path / "x.csv")]
            )
            err = capfdbinary.readouterr().err.decode()
            assert (code, note in err, "Traceback" in err) == (int(lines is None), True, False), (name, err)
            kept = texts.lines_of(store, digest)
            assert [len(each.lines) for each in kept] == ([] if lines is None else [lines]), name
    finally:
        settings.current.cache_clear()
