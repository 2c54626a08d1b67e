"""Report in words on the Timeline and at the command line."""

import numpy as np
import pytest

from core.__main__ import main
from core.base import settings
from core.domain import ModelCard, Prediction, Recipe, serialization
from core.stages.networks.backbones import BACKBONES
from core.workflows import clips, predictions
from core.workspace.store import Store
from tests.pages.test_pages import clip, downloads_of, page, runner, save_prediction, told, unfolded  # noqa: F401

pytestmark = pytest.mark.usefixtures("no_network")
MODEL = "made"


def test_timeline_tells_the_findings_in_words_in_both_languages(clip):  # noqa: F811
    save_prediction()
    at = unfolded(page("timeline"), "timeline.tabs", "Report")
    words = told(at)
    assert "Report" in [tab.label for tab in at.tabs]
    assert "**walk**: once, from 0:00.0, for 1.0 s (50 % of the time)" in words
    files = downloads_of(at)
    assert {"Plain text", "Markdown", "WebVTT chapters"} <= set(files)
    assert "walk: once, from 0:00.0, for 1.0 s" in files["Plain text"].read().decode()
    at.segmented_control(key="report.language").set_value("zh").run()
    assert "**walk**：1 次，始于 00:00.0，总时长 1.0 秒" in told(at)


@pytest.fixture
def command(tmp_path, square_clip, monkeypatch, capfdbinary):
    """Run the command line in a workspace where a made model has looked at a clip."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(tmp_path))
    settings.current.cache_clear()
    card = ModelCard(MODEL, "A made model", "i3d-kinetics400", BACKBONES["i3d-kinetics400"].version, ("walk", "run"))
    path = tmp_path / "models" / MODEL / "card.json"
    path.parent.mkdir(parents=True)
    path.write_text(serialization.pretty_json(card))
    with_store = Store(tmp_path)
    digest = clips.add_video(with_store, square_clip)
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]], np.float32)
    made = Prediction(np.array([0.25, 0.75, 1.25, 1.75]), scores, card.labels, card.name, (0.0, 2.0))
    key = predictions.prediction_key(with_store, digest, Recipe(), card, settings.current().engine)
    with_store.write(key, made, kind="prediction", video=digest)

    def run(*arguments):
        code = main(["report", *map(str, arguments), "--model", MODEL])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    yield run
    with_store.close()
    settings.current.cache_clear()


def test_report_command_tells_a_clip_in_each_form_and_language(command, square_clip, tmp_path):
    code, out, _ = command(square_clip)
    assert code == 0 and "What happens in square.mp4" in out and "run: once, from 0:01.0" in out
    code, out, _ = command(square_clip, "--language", "zh", "--format", "md")
    assert code == 0 and "## 各时段的动作" in out
    code, out, _ = command(square_clip, "--format", "vtt", "--output", tmp_path / "chapters.vtt")
    assert code == 0 and out == ""
    assert (
        (tmp_path / "chapters.vtt")
        .read_text()
        .startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\nwalk, confidence 85 %")
    )
    code, out, _ = command(square_clip, square_clip)
    assert code == 0 and "What happens in 2 clips" in out


def test_report_command_explains_what_it_cannot_do(command, square_clip, tmp_path):
    assert command(square_clip, square_clip, "--format", "vtt")[0] == 1
    code, _, err = command(tmp_path / "missing.mp4")
    assert code == 1 and "error:" in err
