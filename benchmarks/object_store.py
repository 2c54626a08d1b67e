"""How fast clips are analysed that lie in S3, over how fast the same clips are as files.

CLIPS clips of 5 s (640 x 480, 25 frames/s) go through a batch in parts of PART, each from a server of moto in a process
of its own on this machine and from disk, in turn. The server takes part of the same processor.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.batch import short_clips
from benchmarks.measure import Figure, watch
from core.base import settings
from core.domain import Recipe
from core.workflows import batches
from core.workspace.store import Store

CLIPS, PART = int(os.environ.get("KINETOSCOPE_BENCH_CLIPS", "48")), 8
MODEL, BUCKET, PORT = "kinetics400", "recordings", 5555
BAR = 0.85


def main() -> list[Figure]:
    """Clips a minute from disk and from S3, and their ratio."""
    paths = short_clips(CLIPS)
    taken_s: dict[str, list[float]] = {"disk": [], "S3": []}
    with tempfile.TemporaryDirectory() as text, _server(paths):
        folder = Path(text)
        _seconds(folder / "warm", [str(paths[0]), f"s3://{BUCKET}/{paths[1].name}"], folder)
        for first in range(0, len(paths), PART):
            part = paths[first : first + PART]
            items = {"disk": [str(path) for path in part], "S3": [f"s3://{BUCKET}/{path.name}" for path in part]}
            for place in ("disk", "S3") if first // PART % 2 == 0 else ("S3", "disk"):
                taken_s[place].append(_seconds(folder / f"{first} {place}", items[place], folder))
    ratios = [disk / there for disk, there in zip(taken_s["disk"], taken_s["S3"], strict=True)]
    note = f"parts of {PART}: {', '.join(f'{ratio:.2f}' for ratio in ratios)}; load {os.getloadavg()[1]:.1f}"
    return [
        Figure("clips analysed from disk", 60 * len(paths) / sum(taken_s["disk"]), "clips/min"),
        Figure("clips analysed from S3", 60 * len(paths) / sum(taken_s["S3"]), "clips/min"),
        Figure("S3 over disk", sum(taken_s["disk"]) / sum(taken_s["S3"]), "x", BAR, note=note),
    ]


@contextmanager
def _server(paths: Sequence[Path]) -> Iterator[None]:
    """A server that holds the clips; this process has the credentials for it."""
    import boto3  # type: ignore[import-not-found]
    from botocore.exceptions import BotoCoreError  # type: ignore[import-not-found]

    os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        client, there = boto3.client("s3"), False
        while not there:
            time.sleep(0.5)
            with suppress(BotoCoreError):
                client.create_bucket(Bucket=BUCKET)
                there = True
        for path in paths:
            client.upload_file(str(path), BUCKET, path.name)
        yield
    finally:
        process.terminate()
        process.wait()


def _seconds(workspace: Path, items: Sequence[str], folder: Path) -> float:
    """How long a batch takes in a workspace that holds nothing but the converted network."""
    workspace.mkdir(0o700)
    if workspace.name != "warm":
        (workspace / "engine").symlink_to(folder / "warm" / "engine", target_is_directory=True)
    store = Store(workspace)
    batch = batches.begin(store, items, MODEL, Recipe())
    with watch() as time_s:
        batches.run(store, batch, settings.current().engine)
    return time_s.seconds
