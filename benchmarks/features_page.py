"""The Features page run again and again over stored maps, timed on the server's side. Used by benchmarks.explain."""

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import watch
from core.base.settings import ROOT

ROUNDS = 4


def runs(workspace: Path, digest: str, layers: Sequence[str]) -> list[float]:
    """Seconds of each run of the page after its layer, its channels or its moment has changed."""
    os.environ["KINETOSCOPE_WORKSPACE"] = str(workspace)
    from streamlit.testing.v1 import AppTest

    from core.base import settings

    settings.current.cache_clear()
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=60)
    at.session_state["video"], at.session_state["moment_s"] = digest, 2.0
    at.session_state["model"] = "kinetics400"
    at.run()
    at.switch_page("../features.py").run()
    at.session_state["features.every.i3d-kinetics400"] = True
    taken = []
    for turn in range(ROUNDS * len(layers)):
        for change in _changes(turn, layers):
            for name, value in change.items():
                at.session_state[name] = value
            with watch() as run:
                at.run()
            if at.exception or not at.get("plotly_chart"):
                raise RuntimeError(f"The page did not show its maps: {[error.value for error in at.exception]}")
            taken.append(run.seconds)
    from pages.ui import state

    state.close()
    return taken


def _changes(turn: int, layers: Sequence[str]) -> list[dict[str, object]]:
    """Another layer, then other channels, then another moment of the same window."""
    layer = layers[turn % len(layers)]
    return [
        {"page.features.layer.i3d-kinetics400": layer, f"features.layers.i3d-kinetics400.{True}": layer},
        {"features.how": ("strong", "varied")[turn % 2], "features.over": turn % 3 == 0},
        {"moment_s": 2.0 + 0.06 * (turn % 15), "touched": turn + 1},
    ]
