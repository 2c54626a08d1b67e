"""How much faster two workers of a given cluster are than one, each of one thread, on a machine with two cores.

CLIPS clips of 5 s (640 x 480, 25 frames/s) go through a batch in parts of PART, each part with one worker and with two,
in turn; the workers stay up and have loaded the network before. KINETOSCOPE_BENCH_CLIPS changes the number of clips.

Where other programs need the processor too, two workers cannot get twice of it. A second ratio therefore leaves out the
time for which the workers waited for a processor, as Linux counts it.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from benchmarks.batch import short_clips
from benchmarks.measure import Figure, watch
from core.base import settings
from core.domain import Recipe
from core.workflows import batches, predictions
from core.workflows.models import ModelLibrary
from core.workspace.jobs.given_cluster import given
from core.workspace.store import Store
from tests.clusters import scheduler, workers

CLIPS, PART = int(os.environ.get("KINETOSCOPE_BENCH_CLIPS", "96")), 24
MODEL = "kinetics400"
BAR = 1.6


def main() -> list[Figure]:
    """Clips a minute with one worker and with two, and their ratio."""
    paths = short_clips(CLIPS)
    parts = [paths[first : first + PART] for first in range(0, len(paths), PART)]
    taken_s: dict[int, list[float]] = {1: [], 2: []}
    waited_s = {1: 0.0, 2: 0.0}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        alone = _alone(folder / "alone", parts[0])
        with _cluster(folder, 1) as first, _cluster(folder, 2) as second:
            addresses, launchers = {1: first[0], 2: second[0]}, {1: first[1], 2: second[1]}
            for count in (1, 2):
                _seconds(folder / f"warm {count}", addresses[count], parts[0][: 4 * count])
            tables = {}
            for number, part in enumerate(parts):
                for count in (1, 2) if number % 2 == 0 else (2, 1):
                    workspace = folder / f"{number} on {count}"
                    before_s = _waited_s(launchers[count])
                    taken_s[count].append(_seconds(workspace, addresses[count], part))
                    waited_s[count] += (_waited_s(launchers[count]) - before_s) / count
                    if number == 0:
                        tables[count] = _scores(workspace)
    ratios = [single / double for single, double in zip(taken_s[1], taken_s[2], strict=True)]
    note = f"parts of {PART}: {', '.join(f'{ratio:.2f}' for ratio in ratios)}; load {os.getloadavg()[1]:.1f}"
    free_s = {count: sum(taken_s[count]) - waited_s[count] for count in (1, 2)}
    waits = ", ".join(f"{waited_s[count] / sum(taken_s[count]):.0%} of the time of {count}" for count in (1, 2))
    difference = max(_difference(tables[count], alone) for count in (1, 2))
    return [
        Figure("clips analysed by one worker", 60 * len(paths) / sum(taken_s[1]), "clips/min"),
        Figure("clips analysed by two workers", 60 * len(paths) / sum(taken_s[2]), "clips/min"),
        Figure("two workers over one", sum(taken_s[1]) / sum(taken_s[2]), "x", BAR, note=note),
        Figure("the same without waits for a processor", free_s[1] / free_s[2], "x", BAR, note=waits),
        Figure("largest difference of a score to one process without a cluster", difference, "", 1e-3, at_least=False),
    ]


@contextmanager
def _cluster(folder: Path, count: int) -> Iterator[tuple[str, int]]:
    """The address of a scheduler with so many workers, which share converted networks with the process alone, and the
    process that began them."""
    own = folder / f"cluster of {count}"
    (own / "workspace").mkdir(parents=True)
    (own / "workspace" / "engine").symlink_to(folder / "alone" / "engine", target_is_directory=True)
    with scheduler(own) as (address, _), workers(address, own, count=count) as launcher:
        yield address, launcher.pid


def _waited_s(launcher: int) -> float:
    """For how long the threads of all workers waited for a processor until now; 0 where the system does not say."""
    tasks = [task for child in psutil.Process(launcher).children(recursive=True) for task in _tasks(child.pid)]
    return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9


def _tasks(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").glob("*/schedstat"))


def _alone(workspace: Path, paths: Sequence[Path]) -> dict[str, np.ndarray]:
    _seconds(workspace, "", paths)
    return _scores(workspace)


def _seconds(workspace: Path, address: str, paths: Sequence[Path]) -> float:
    """How long a batch takes in an empty workspace; once all workers are up."""
    os.environ["KINETOSCOPE_SCHEDULER"] = address
    settings.current.cache_clear()
    store = Store(workspace)
    batch = batches.begin(store, list(map(str, paths)), MODEL, Recipe())
    given()
    with watch() as time_s:
        batches.run(store, batch, settings.current().engine)
    return time_s.seconds


def _scores(workspace: Path) -> dict[str, np.ndarray]:
    """What is predicted of each clip."""
    store, engine = Store(workspace), settings.current().engine
    card, _ = ModelLibrary.of(store).get(MODEL)
    keys = {digest: predictions.prediction_key(store, digest, Recipe(), card, engine) for digest in store.digests()}
    return {digest: store.read(key, predictions.Prediction).scores.copy() for digest, key in keys.items()}


def _difference(scores: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> float:
    assert set(scores) == set(others)
    return max(float(np.abs(scores[digest] - others[digest]).max()) for digest in scores)
