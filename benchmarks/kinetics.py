"""How often models/kinetics400 names what a clip shows, on real clips that its CNN was not trained on.

The 87 clips are of UCF101, five classes, each of which one or two of the 400 labels fit; the seven others are named
after their label. A clip's label is the one whose score is highest in the mean over its steps, as on the Timeline page.
Everything runs through the same code as the program, with this machine's engine and with float32.
"""

import os
from pathlib import Path

from benchmarks.clips import ROOT
from benchmarks.measure import Figure
from core.base import settings
from core.domain import Recipe
from core.workflows import clips, models, predictions
from core.workspace.store import Store

CLIPS = ROOT.parent / "shared" / "data"
WORKSPACE = Path(os.environ.get("KINETOSCOPE_BENCH_FEATURES") or ROOT / "build" / "bench" / "kinetics")
MODEL = "kinetics400"
FITTING = {
    "Diving": ("springboard diving", "diving cliff"),
    "JumpRope": ("skipping rope",),
    "SkyDiving": ("skydiving",),
    "Surfing": ("surfing water",),
    "Swing": ("swinging on something",),
}


def main() -> list[Figure]:
    """The scores with their bars, for each engine; nothing where the real clips are absent."""
    if not (CLIPS / "ucf5").is_dir():
        return []
    here = settings.current().engine
    engines = [here] if here.endswith("f32") else [here, here.replace("bf16", "f32")]
    return [figure for engine in engines for figure in _figures(engine)]


def _figures(engine: str) -> list[Figure]:
    videos = sorted((CLIPS / "ucf5").glob("*/*.avi"))
    places = [place(path, FITTING[path.parent.name], engine) for path in videos]
    named = sorted((CLIPS / "clips").iterdir())
    own = [place(path, (path.stem.replace("_", " "),), engine) for path in named]
    note = f"{len(places)} clips of five UCF101 classes, {engine}"
    return [
        Figure("kinetics400, right label first", share(places, 1), "", 0.86, note=note),
        Figure("kinetics400, right label among five", share(places, 5), "", 0.99, note=note),
        Figure("kinetics400, own label first", sum(at < 1 for at in own), f"of {len(own)}", 6, note=engine),
        Figure("kinetics400, own label among three", sum(at < 3 for at in own), f"of {len(own)}", 7, note=engine),
    ]


def place(path: Path, fitting: tuple[str, ...], engine: str) -> int:
    """Where in the ranking of a clip's labels the first fitting one stands; 0 is best."""
    store = Store(WORKSPACE)
    digest = clips.add_video(store, path)
    predictions.predict(store, digest, Recipe(), MODEL, engine)
    card = models.ModelLibrary.of(settings.current()).cards()[MODEL]
    ranking = [entry.label for entry in predictions.analysis(store, digest, Recipe(), card, engine).ranking]
    return min(ranking.index(label) for label in fitting)


def share(places: list[int], among: int) -> float:
    """The part of clips whose fitting label is among so many first."""
    return sum(at < among for at in places) / len(places)
