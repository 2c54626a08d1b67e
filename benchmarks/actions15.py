"""How good models/actions-15 is: on the groups that it never saw, and of the same training over all groups in turn.

The shipped network is scored on the held-out fold of scripts/train_actions15.py, through the same code as the program.
The held-out fold is small, so the same training is repeated leaving out each fold in turn, which says whether its
score is luck of the draw. Without the real clips, which are not part of the project, there is nothing to measure.
"""

import os
from pathlib import Path

from benchmarks.clips import ROOT
from benchmarks.measure import Figure
from core.base import settings
from core.stages.networks import recurrent
from core.workflows import models
from core.workspace.store import Store
from scripts import train_actions15 as training

CLIPS = ROOT.parent / "shared" / "data"
WORKSPACE = Path(os.environ.get("KINETOSCOPE_BENCH_FEATURES") or ROOT / "build" / "bench" / "actions15")


def main() -> list[Figure]:
    """The held-out scores with their bars, the scores over all folds, and those with the other engine."""
    if not (CLIPS / "ucf5").is_dir():
        return []
    store = Store(WORKSPACE)
    items, labels = training.gather(CLIPS, store)
    held_out = [item for item in items if item.fold == training.HELD_OUT]
    here = settings.current()
    card = models.ModelLibrary.of(here).cards()[training.NAME]
    run = recurrent.load(here.models[0] / card.name / card.network, card.network_sha256)
    scores = training.score(run, held_out, labels)
    clips = sum(item.kind == "clip" for item in held_out)
    steps = sum(len(item.targets) for item in held_out if item.kind == "shared stream")
    return [
        Figure("actions-15, clip accuracy", scores["clips"], "", 0.95, note=f"{clips} clips of held-out groups"),
        Figure(
            "actions-15, step accuracy", scores["steps"], "", 0.80, note=f"{steps} steps of held-out persons' streams"
        ),
        Figure("actions-15, edit score", scores["edit"], "", note="the same streams"),
        *_over_all_folds(items, labels),
    ]


def _over_all_folds(items: list[training.Item], labels: tuple[str, ...]) -> list[Figure]:
    """The means over all folds, each left out once."""
    names = {"clips": "clip accuracy", "ucf": "UCF101 clips", "weizmann": "Weizmann clips"}
    names |= {"steps": "step accuracy", "edit": "edit score"}
    return [
        Figure(
            f"actions-15, all folds, {names[name]}",
            mean,
            note=f"each of {training.FOLDS} folds left out in turn; lowest {lowest:.3f}",
        )
        for name, (mean, lowest) in training.over_all_folds(items, labels).items()
    ]
