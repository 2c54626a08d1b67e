"""10,000 clips on 64 workers that die now and then, simulated from what is measured here, and where that would bend.

Measured are the processor times of a worker, of the scheduler and of the process at home for real clips of 5 s (see
batch.short_clips), and a clip's changes of the catalogue. Storage is taken to send 1 Gbit/s. Times of the processor are
what a call takes on one thread that nobody else needs.
"""

import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.batch import SECONDS, short_clips
from benchmarks.cluster_simulation import Course, SimulatedClip, Simulation, Site
from benchmarks.measure import Figure
from core.base import settings
from core.base.progress import Report, silent
from core.domain import Recipe
from core.workflows import clips, predictions
from core.workflows.models import ModelLibrary
from core.workspace.jobs.cluster import spread
from core.workspace.jobs.given_cluster import given
from core.workspace.store import Store
from tests.clusters import scheduler, workers

MEASURED, CLIPS, WORKERS, ECHOES = 24, 10_000, 64, 600
MODEL = "kinetics400"
STORAGE = 1e9 / 8  # bytes a second
HOURS = 10_000
LIVES_S, POISONOUS = 24 * 3600.0, 10  # a worker; clips at which workers die


@dataclass(frozen=True)
class Measured:
    """Processor seconds. calls: of a worker for each clip and call; scheduler: a call; the others, at home: a clip."""

    calls: tuple[tuple[float, ...], ...]
    sizes: tuple[float, ...]
    scheduler: float
    asking: float
    labels: float
    catalogue: float

    @property
    def home(self) -> float:
        """What the process at home takes for a clip."""
        return self.asking + self.labels + self.catalogue

    def longer(self, times: float) -> "Measured":
        """The same for clips that are so many times as long."""
        calls = tuple(tuple(call * times for call in clip) for clip in self.calls)
        sizes = tuple(size * times for size in self.sizes)
        return replace(self, calls=calls, sizes=sizes, labels=self.labels * times)

    @property
    def clip(self) -> float:
        """What a worker takes for a clip on average."""
        return sum(map(sum, self.calls)) / len(self.calls)


def main() -> list[Figure]:
    """The course of 10,000 clips, the costs of 10,000 hours, and how many workers each part would serve."""
    os.environ["KINETOSCOPE_THREADS"] = "1"
    settings.current.cache_clear()
    measured = _measure(short_clips(MEASURED + 2))
    course, alone = _course(measured, WORKERS), CLIPS * measured.clip
    note = f"{course.repeated} calls repeated, {course.left_out} clips left out"
    hours = _course(measured.longer(3600 / SECONDS), WORKERS)
    core_hours = HOURS * measured.clip / SECONDS
    bends = {
        "the scheduler": 3 * measured.scheduler,
        "the process at home": measured.home,
        "its catalogue alone": measured.catalogue,
        "storage at 1 Gbit/s": 3 * sum(measured.sizes) / len(measured.sizes) / STORAGE,
    }
    figures = [
        Figure("a worker, a clip of 5 s", measured.clip, "s"),
        Figure("the scheduler, a call", 1000 * measured.scheduler, "ms"),
        Figure("the process at home, a clip: calls", 1000 * measured.asking, "ms"),
        Figure("the process at home, a clip: labels", 1000 * measured.labels, "ms"),
        Figure("the process at home, a clip: catalogue", 1000 * measured.catalogue, "ms"),
        Figure(f"{HOURS} hours of video", core_hours, "core hours"),
        Figure(f"{CLIPS} clips on {WORKERS} workers", course.seconds / 60, "min", note=note),
        Figure(f"{CLIPS} clips of an hour on {WORKERS} workers", hours.seconds / 86400, "days"),
        Figure(f"{WORKERS} workers over one, clips of an hour", alone * 3600 / SECONDS / hours.seconds, "x"),
        Figure(f"{WORKERS} workers over one", alone / course.seconds, "x"),
        *(Figure(f"workers that {name} keeps busy", measured.clip / demand) for name, demand in bends.items()),
    ]
    for count in (16, 32, 128, 256, 1024):
        other = _course(measured, count)
        busy = ", ".join(f"{name} {share:.0%}" for name, share in other.busy.items())
        figures.append(Figure(f"{count} workers over one", alone / other.seconds, "x", note=busy))
    return figures


def _course(measured: Measured, count: int) -> Course:
    """10,000 clips like those that were measured, on so many workers; the scheduler dies once."""
    chance = random.Random(7)
    picked = [chance.randrange(len(measured.calls)) for _ in range(CLIPS)]
    poisonous = set(chance.sample(range(CLIPS), POISONOUS))
    asked = [
        SimulatedClip(measured.calls[at], float(measured.sizes[at]), number in poisonous)
        for number, at in enumerate(picked)
    ]
    half_s = CLIPS * measured.clip / count / 2
    site = Site(count, measured.scheduler, measured.home, STORAGE, LIVES_S, scheduler_dies_s=(half_s,))
    return Simulation(asked, site).course()


def _measure(paths: Sequence[Path]) -> Measured:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        store = Store(folder / "alone")
        calls = [_calls(store, path) for path in paths][2:]  # the first load the network
        sizes = tuple(float(path.stat().st_size) for path in paths[2:])
        labels, catalogue = _labels(store), _catalogue(store, folder / "catalogue")
        asking, scheduler_s = _on_cluster(folder, store)
        return Measured(tuple(calls), sizes, scheduler_s, len(calls[0]) * asking, labels, catalogue)


def _calls(store: Store, path: Path) -> tuple[float, ...]:
    """Processor seconds of the three calls for a clip, as a worker makes them; clip and features are kept then."""
    from core.stages import video

    card, _ = ModelLibrary.of(store).get(MODEL)
    moments = [time.process_time()]
    digest = video.digest(path)
    moments.append(time.process_time())
    info, _ = clips.measure(str(path), digest)
    moments.append(time.process_time())
    recipe, engine = predictions.prepared(Recipe(), card), settings.current().engine
    features = predictions.extract(info, recipe, card.backbone, engine, store.engine_cache)
    moments.append(time.process_time())
    store.save_video(info)
    store.write(predictions.features_key(digest, recipe, card.backbone, engine), features, kind="features")
    return tuple(stop - start for start, stop in pairwise(moments))


def _labels(store: Store) -> float:
    """Processor seconds in which labels are read from the features of a clip, and kept."""
    first, *others = store.digests()
    predictions.predict(store, first, Recipe(), MODEL, settings.current().engine)  # loads what it needs
    start = time.process_time()
    for digest in others:
        predictions.predict(store, digest, Recipe(), MODEL, settings.current().engine)
    return (time.process_time() - start) / len(others)


def echo(value: object, report: Report) -> object:
    """A call that takes no time."""
    return value


def _on_cluster(folder: Path, store: Store) -> tuple[float, float]:
    """Processor seconds of the process at home and of a real scheduler for a call, whose value is that of a clip."""
    infos = [entry.info for entry in store.videos()]
    with scheduler(folder) as (address, process), workers(address, folder):
        os.environ["KINETOSCOPE_SCHEDULER"] = address
        settings.current.cache_clear()
        cluster, spent = given(), []
        assert cluster is not None

        def call(number: int, report: Report) -> None:
            cluster.compute(echo, infos[number % len(infos)], report=report)

        for count in (20, ECHOES):  # the first waits for workers
            before = time.process_time(), _spent(process.pid)
            spread(call, [(number,) for number in range(count)], [1] * count, "Calling", silent)
            spent = [(time.process_time() - before[0]) / count, (_spent(process.pid) - before[1]) / count]
        os.environ["KINETOSCOPE_SCHEDULER"] = ""
        settings.current.cache_clear()
        given()
    return spent[0], spent[1]


def _spent(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


def _catalogue(measured: Store, folder: Path) -> float:
    """Seconds in which the catalogue takes in one clip: the clip, its name, and its results, without their arrays."""
    store, infos = Store(folder), [entry.info for entry in measured.videos()]
    store.save_video(infos[0])
    start, rounds = time.perf_counter(), 10
    for number in range(rounds):
        for info in infos:
            store.save_video(info)
            store.note_name(info.digest, f"{number}", info.path)
            for kind in ("features", "recipe of a prediction", "prediction"):
                store.write(f"{number:04x}{info.digest[:40]}{len(kind):04x}", Recipe(), kind=kind, video=info.digest)
            store.end_try("batch", info.path)
    return (time.perf_counter() - start) / rounds / len(infos)
