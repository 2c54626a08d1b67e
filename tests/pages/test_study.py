"""The Study page: empty, without labels, ready, groups, warnings, files; jobs run here, at once."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.base import settings
from core.domain.jobs import Job
from core.workflows.annotation import journal
from core.workspace.store import Store
from pages.ui import state
from tests.pages.test_pages import button, downloads_of, page, told
from tests.workflows.test_library_study import clip, drawn

pytestmark = pytest.mark.usefixtures("no_network")


class PromptWorkers:
    """Workers that do each job at once, here."""

    def __init__(self):
        self.known: dict[str, Job] = {}
        self.titles: list[str] = []

    def submit(self, key, title, task, *args, **_):
        self.titles.append(title)
        task(*args)
        self.known[key] = Job(key, title, "done")
        return self.known[key]

    def job(self, key):
        return self.known.get(key)


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromptWorkers]:
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path), "KINETOSCOPE_ENGINE": "tensorflow-f32"})
    prompt = PromptWorkers()
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: prompt)
    yield prompt
    state.store().close()


@pytest.fixture
def store(workers: PromptWorkers) -> Store:
    return state.store()


def test_an_empty_library_sends_to_the_library(workers: PromptWorkers):
    at = page("study")
    assert "No clips yet" in told(at) and button(at, "Open Library")


def study_of(store: Store, groups: dict[str, int], *, metadata: bool = True) -> dict[str, str]:
    """Clips labelled by Anna, so many in each group; in each group after the first one Anna saw more of <b>walk</b>."""
    digests: dict[str, str] = {}
    for place, (group, count) in enumerate(groups.items()):
        for number in range(count):
            name = f"{group}{number}.mp4"
            digests[name] = clip(store, name, 20.0)
            walked_s = 2.0 + 5 * place + 0.3 * number
            rows = [("rest", 1.0, 2.0), ("<b>walk</b>", 3.0, 3.0 + walked_s), ("rest", 17.5, 19.0)]
            journal.begin(store, digests[name], drawn(rows, 20.0))
            if metadata:
                store.keep_metadata({digests[name]: {"diet": group, "animal": f"{group}{number // 2}"}})
    return digests


def test_one_clip(store: Store, workers: PromptWorkers):
    study_of(store, {"a": 2, "b": 2})
    at = page("study")
    print(told(at)[:3000])
