"""How long the Library takes on the server's side with thousands of clips: at first, and with another filter."""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Figure, watch
from core.base.settings import ROOT
from core.domain import Prediction, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.networks import backbones  # noqa: F401  which the cards of models name
from core.workflows import models
from core.workspace.store import Store

CLIPS = 10_000
PREDICTED = 500  # of the clips
ROUNDS = 5
FILTERED_MS, EDITED_MS = 300, 500
EDITED = "after a cell was edited"
DIGEST = f"{7:064x}"  # of the clip that is edited
COLUMNS = ("subject", "day", "camera", "dose")


def main() -> list[Figure]:
    """The first run of the page with caches that are empty, and runs after the filter or the search has changed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        workspace = Path(folder, "workspace")
        _fill(Store(workspace))
        _page(Path(folder, "empty"))  # what is loaded once
        figures = []
        for view in ("Cards", "Table"):
            Store(workspace).keep_preference("library.view", view)
            with watch() as first:
                at = _page(workspace, fresh=True)
            figures.append(
                Figure(f"Library, first screen, {view.lower()}", first.seconds, "s", 2, False, f"{CLIPS} clips")
            )
            for name, change in _changes(Store(workspace)):
                figures.append(_changed(at, f"{view.lower()}, {name}", change))
        from pages.ui import state

        state.close()
    return figures


def _fill(store: Store) -> None:
    """Clips of 50 subjects in folders, with metadata and tags, some of them with predictions."""
    times_s = np.arange(50) / 25
    digests = [f"{number:064x}" for number in range(CLIPS)]
    for number, digest in enumerate(digests):
        store.save_video(
            VideoInfo(
                path=f"/study/group {number % 4}/subject{number % 50}_day{number % 9}_{number}.mp4", digest=digest,
                width_px=640, height_px=480, frame_count=50, declared_count=50, times_s=times_s, rate_hz=Fraction(25),
                variable_rate=False, duration_s=2.0 + number % 7, codec="h264", plays_in_browser=True, notes=(),
            )
        )  # fmt: skip
    store.keep_metadata(
        {
            digest: {column: f"{column} {number % (10 + place)}" for place, column in enumerate(COLUMNS)}
            for number, digest in enumerate(digests)
        }
    )
    store.add_tag(digests[::3], "pilot")
    card, _ = models.ModelLibrary.of(store).get("actions-15")
    scores = np.full((1, len(card.labels)), 1 / len(card.labels), np.float32)
    made = Prediction(times_s[:1], scores, card.labels, card.name, (0.0, 1.0))
    for digest in digests[:PREDICTED]:
        store.write(fingerprint("made prediction", digest), made, kind="prediction", video=digest)


def _page(workspace: Path, *, fresh: bool = False) -> Any:
    """The page in a new session of a workspace. fresh: nothing of it is remembered by the server."""
    os.environ["KINETOSCOPE_WORKSPACE"] = str(workspace)
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    from core.base import settings
    from pages.ui.state import session

    settings.current.cache_clear()
    if fresh:
        st.cache_resource.clear()
        session._store.cache_clear()
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=300)
    return _shown(at.run())


def _shown(at: Any) -> Any:
    if at.exception:
        raise RuntimeError(f"The page failed: {[error.value for error in at.exception]}")
    return at


def _changes(store: Store) -> Iterator[tuple[str, Callable[[int], dict[str, object]]]]:
    """What a person asks for, other each time."""
    yield "search", lambda turn: {"library.wanted": f"subject{turn}"}
    yield "tag and text", lambda turn: _noted(f"subject{turn}_", tags=("pilot",))
    yield "metadata", lambda turn: _noted(cells=(f"subject {turn}", f"subject {turn + 1}"))
    yield "analysed by a model", lambda turn: _noted(analysed="+actions-15", shortest=float(turn))
    yield "not analysed", lambda turn: _noted(analysed="-actions-15", shortest=float(turn))
    yield "no filter", lambda turn: _noted("." * (turn % 2))
    yield EDITED, lambda turn: store.keep_metadata({DIGEST: {"dose": f"{turn}"}}) or {}


def _noted(wanted: str = "", *, cells: tuple[str, ...] = (), **fields: object) -> dict[str, object]:
    """A filter as the form notes it. wanted: the search text; cells: subjects."""
    notes = {f"library.filter.{name}": value for name, value in {"cells.subject": cells, **fields}.items()}
    return {"library.wanted": wanted, "page": notes}


def _changed(at: Any, name: str, change: Callable[[int], dict[str, object]]) -> Figure:
    """The median of some runs, each after a change."""
    taken = []
    for turn in range(1, ROUNDS + 1):
        values = change(turn)
        notes = {key: value for key, value in at.session_state["page"].items() if not key.startswith("library.filter.")}
        at.session_state["page"] = notes | values.pop("page", {})  # type: ignore[operator]
        for key, value in values.items():
            at.session_state[key] = value
        with watch() as run:
            _shown(at.run())
        if any("No matching clips" in element.proto.body for element in at.get("html")):
            raise RuntimeError(f"Nothing was left by the filter {name!r}")
        taken.append(run.seconds)
    bar_ms = EDITED_MS if EDITED in name else FILTERED_MS
    return Figure(f"Library, {name}", 1000 * statistics.median(taken), "ms", bar_ms, False, f"{CLIPS} clips")
