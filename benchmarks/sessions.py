"""How long a person waits on an analysed Timeline while nineteen others work on the same server, and its memory.

Each session is a WebSocket client, as a browser's: it opens the page, then asks for it again and again after a moment
of thought. BASELINE=/path/to/a/checkout measures the server of that checkout in turn with this one, and compares.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.measure import Figure, percentile
from core.stages import video
from core.stages.drawing.sample_clip import sample_clip
from scripts.dashboard import answers

ROOT = Path(__file__).resolve().parent.parent
SESSIONS, PRESSES, THOUGHT_S = 20, 8, (0.5, 1.5)
LOADS = 200
ROUNDS = 3
BAR = 1.8
PATIENCE_S = 120


def main() -> list[Figure]:
    """p95 of an interaction here, the ratio to the baseline where one is given, and the server's memory."""
    roots = [Path(root).resolve() for root in (os.environ.get("BASELINE", ""),) if root] + [ROOT]
    with tempfile.TemporaryDirectory() as folder:
        address = _analysed(Path(folder, "made"), roots[0])
        waits: dict[Path, list[list[float]]] = {root: [] for root in roots}
        for number in range(ROUNDS):
            for root in roots if number % 2 == 0 else reversed(roots):
                workspace = shutil.copytree(Path(folder, "made"), Path(folder, f"{number}-{roots.index(root)}"))
                with _server(root, workspace) as (port, _):
                    waits[root].append(asyncio.run(_busy(port, address)))
        with _server(ROOT, shutil.copytree(Path(folder, "made"), Path(folder, "memory"))) as (port, process):
            first_mb, last_mb = asyncio.run(_loads(port, address, process))
    own = [wait for round_waits in waits[ROOT] for wait in round_waits]
    figures = [
        Figure("interaction, median of 20 sessions", statistics.median(own), "s"),
        Figure("interaction, p95 of 20 sessions", percentile(own, 95), "s"),
        Figure(f"server memory from load {LOADS // 4} to {LOADS}", last_mb - first_mb, "MB", 20, at_least=False),
    ]
    if len(roots) > 1:
        ratios = [percentile(b, 95) / percentile(a, 95) for b, a in zip(waits[roots[0]], waits[ROOT], strict=True)]
        note = f"rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
        figures.append(Figure("p95 of the baseline over ours", statistics.median(ratios), "x", BAR, note=note))
    return figures


def _analysed(workspace: Path, root: Path) -> str:
    """A workspace of that checkout with the analysed sample clip; gives the address of its Timeline."""
    clip = workspace.parent / "sample.mp4"
    video.write(clip, sample_clip())
    environment = {**os.environ, "KINETOSCOPE_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", "core", "analyze", str(clip), "--model", "kinetics400", "--format", "json"]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return f"video={video.digest(clip)[:16]}&model=kinetics400"


@contextmanager
def _server(root: Path, workspace: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The server of a checkout, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with open(workspace / "server.log", "w") as log:
        process = subprocess.Popen(
            command, cwd=root, env={**os.environ, "KINETOSCOPE_WORKSPACE": str(workspace)}, stdout=log, stderr=log
        )
    try:
        give_up = time.time() + PATIENCE_S
        while not answers(f"http://127.0.0.1:{port}") and time.time() < give_up:
            time.sleep(0.1)
        time.sleep(8)  # its workers start
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


class Visitor:
    """One session on the Timeline."""

    def __init__(self, port: int, address: str):
        self.port, self.address = port, address
        self.page_hash = ""

    async def __aenter__(self) -> "Visitor":
        own = f"127.0.0.1:{self.port}"
        self.socket = await websockets.connect(
            f"ws://{own}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(f"http://{own}"),
            max_size=None,
        )
        await self.ask()
        return self

    async def __aexit__(self, *_why: object) -> None:
        await self.socket.close()

    async def ask(self) -> float:
        """Have the page run; seconds until it has."""
        message, start = BackMsg(), time.perf_counter()
        message.rerun_script.query_string = self.address
        if self.page_hash:
            message.rerun_script.page_script_hash = self.page_hash
        else:
            message.rerun_script.page_name = "timeline"
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(self.socket.recv(decode=False), PATIENCE_S))
            kind = answer.WhichOneof("type")
            if kind == "navigation":
                self.page_hash = answer.navigation.page_script_hash or self.page_hash
            if kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return time.perf_counter() - start


async def _busy(port: int, address: str) -> list[float]:
    """How long each press of each of 20 sessions took, after all have opened the page."""
    chance = random.Random(7)
    async with contextlib.AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visitor(port, address)) for _ in range(SESSIONS)]

        async def work(visitor: Visitor, pauses: list[float]) -> list[float]:
            waits = []
            for pause_s in pauses:
                await asyncio.sleep(pause_s)
                waits.append(await visitor.ask())
            return waits

        pauses = [[chance.uniform(*THOUGHT_S) for _ in range(PRESSES)] for _ in visitors]
        done = await asyncio.gather(*(work(visitor, own) for visitor, own in zip(visitors, pauses, strict=True)))
    return [wait for waits in done for wait in waits]


async def _loads(port: int, address: str, process: psutil.Process) -> tuple[float, float]:
    """The server's memory in MB after a quarter of the loads and after all, each a session that comes and goes."""
    first_mb = 0.0
    for number in range(LOADS):
        async with Visitor(port, address) as visitor:
            await visitor.ask()
        if number == LOADS // 4:
            first_mb = process.memory_info().rss / 2**20
    return first_mb, process.memory_info().rss / 2**20
