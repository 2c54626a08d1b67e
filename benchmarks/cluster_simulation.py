"""A cluster simulated event by event: clips, workers that die, and what all of them wait for in turn.

Scheduler, the process at home with its catalogue, and storage serve first come, first served. A clip takes three calls:
its digest, its measures, its features. A worker computes while storage sends, so a call takes the longer of both.
"""

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

MOST_DEATHS = 3


@dataclass(frozen=True)
class SimulatedClip:
    """What a clip asks for. calls_s: of a worker, by call; size_bytes: read by each; poisonous: workers die of it."""

    calls_s: tuple[float, ...]
    size_bytes: float
    poisonous: bool = False


@dataclass(frozen=True)
class Site:
    """What is there. scheduler_s: for a call; home_s: for a clip, catalogue included; storage: bytes a second.

    lives_s: for which a worker lives on average; back_s: until another is up; scheduler_dies_s: moments, after each of
    which it takes scheduler_back_s until a person has started it again.
    """

    workers: int
    scheduler_s: float
    home_s: float
    storage: float
    lives_s: float = float("inf")
    back_s: float = 10.0
    scheduler_dies_s: tuple[float, ...] = ()
    scheduler_back_s: float = 60.0


@dataclass
class Server:
    """Something that serves one after the other."""

    free_s: float = 0.0
    busy_s: float = 0.0

    def serve(self, now_s: float, takes_s: float) -> float:
        """When a request that comes now is served."""
        self.free_s = max(now_s, self.free_s) + takes_s
        self.busy_s += takes_s
        return self.free_s


@dataclass(frozen=True)
class Course:
    """How it went. busy: shares of the whole time in which each was at work; repeated: calls that were lost."""

    seconds: float
    done: int
    left_out: int
    repeated: int
    busy: dict[str, float]


@dataclass
class Simulation:
    """All clips through a site, from the first to the last."""

    clips: Sequence[SimulatedClip]
    site: Site
    seed: int = 1
    now_s: float = 0.0
    epoch: int = 0  # of the scheduler
    running: int = 0
    done: int = 0
    left_out: int = 0
    repeated: int = 0
    work_s: float = 0.0
    scheduler: Server = field(default_factory=Server)
    home: Server = field(default_factory=Server)
    storage: Server = field(default_factory=Server)

    def __post_init__(self):
        self._chance, self._numbers = random.Random(self.seed), count()
        self._events: list[tuple[float, int, str, int, int]] = []  # when, a number, what, clip, epoch
        self._ready: deque[int] = deque()  # clips whose call waits for a worker
        self._idle, self._next = self.site.workers, 0
        self._calls, self._deaths = [0] * len(self.clips), [0] * len(self.clips)
        self._active: set[int] = set()

    def course(self) -> Course:
        """Run to the end."""
        for moment_s in self.site.scheduler_dies_s:
            self._at(moment_s, "scheduler dies", -1)
        self._begin()
        while self._events and self.done + self.left_out < len(self.clips):
            self.now_s, _, what, clip, epoch = heapq.heappop(self._events)
            if what == "scheduler dies":
                self._scheduler_dies()
            elif epoch == self.epoch:
                self._happen(what, clip)
            self._hand_out()
        workers = self.work_s / self.site.workers
        busy = {"workers": workers, "scheduler": self.scheduler.busy_s}
        busy |= {"home": self.home.busy_s, "storage": self.storage.busy_s}
        shares = {name: seconds / self.now_s for name, seconds in busy.items()}
        return Course(self.now_s, self.done, self.left_out, self.repeated, shares)

    def _at(self, moment_s: float, what: str, clip: int) -> None:
        heapq.heappush(self._events, (moment_s, next(self._numbers), what, clip, self.epoch))

    def _begin(self) -> None:
        """Have as many clips under way as the program does."""
        room = self.site.workers + max(2, self.site.workers // 4)
        while len(self._active) < room and self._next < len(self.clips):
            self._active.add(self._next)
            self._send(self._next)
            self._next += 1

    def _send(self, clip: int) -> None:
        self._at(self.scheduler.serve(self.now_s, self.site.scheduler_s), "waits for a worker", clip)

    def _hand_out(self) -> None:
        while self._idle and self._ready:
            clip = self._ready.popleft()
            self._idle -= 1
            asks, call = self.clips[clip], self._calls[clip]
            sent_s = self.storage.serve(self.now_s, asks.size_bytes / self.site.storage) - self.now_s
            takes_s, lives_s = max(asks.calls_s[call], sent_s), self.site.lives_s * self._chance.expovariate(1.0)
            if asks.poisonous and call == 1:
                lives_s = min(lives_s, takes_s * self._chance.random())
            self.work_s += min(takes_s, lives_s)
            self._at(self.now_s + min(takes_s, lives_s), "worker dies" if lives_s < takes_s else "call ends", clip)

    def _happen(self, what: str, clip: int) -> None:
        if what == "waits for a worker":
            self._ready.append(clip)
        elif what == "worker is back":
            self._idle += 1
        elif what == "worker dies":
            self._at(self.now_s + self.site.back_s, "worker is back", -1)
            self._deaths[clip] += 1
            if self._deaths[clip] < MOST_DEATHS:
                self.repeated += 1
                self._send(clip)
            else:
                self.left_out += 1
                self._leave(clip)
        elif what == "call ends":
            self._idle += 1
            self._calls[clip] += 1
            calls = len(self.clips[clip].calls_s)
            self._at(self.home.serve(self.now_s, self.site.home_s / calls), "is kept", clip)
        elif self._calls[clip] < len(self.clips[clip].calls_s):
            self._send(clip)
        else:
            self.done += 1
            self._leave(clip)

    def _leave(self, clip: int) -> None:
        self._active.remove(clip)
        self._begin()

    def _scheduler_dies(self) -> None:
        """All calls under way are lost; someone starts it again, and clips that were not done begin anew."""
        self.epoch += 1
        self._ready.clear()
        self.repeated += len(self._active)
        self._idle = self.site.workers
        up_s = self.now_s + self.site.scheduler_back_s
        for server in (self.scheduler, self.home, self.storage):
            server.free_s = up_s
        for clip in self._active:
            self._calls[clip] = 0
            self._send(clip)
