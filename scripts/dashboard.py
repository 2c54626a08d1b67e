"""The dashboard in a process of its own and a Chromium to look at it: for browser tests, benchmarks and pictures."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from scripts.setup import find_chromium

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass(frozen=True)
class Dashboard:
    """A running server. pid: its process; log: the file with all that it printed; started: time.time() of its start."""

    url: str
    pid: int
    workspace: Path
    log: Path
    started: float


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url: str) -> bool:
    """Whether the server at `url` says that it is healthy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/_stcore/health", timeout=2) as reply:
            return reply.status == 200
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def serve(
    workspace: Path, *, wait_s: float = 240, program: str = "app.py", port: int | None = None
) -> Iterator[Dashboard]:
    """Serve the dashboard with `workspace` as its own; stopped, with its workers, at the end.

    port: else a free one. With wait_s=0 it is handed out as soon as the process is begun, whether it answers or not.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    port, log = port or free_port(), workspace / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", program, "--server.address", "127.0.0.1"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    environment = {**os.environ, "KINETOSCOPE_WORKSPACE": str(workspace)}
    with log.open("w") as output:
        started = time.time()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    dashboard = Dashboard(f"http://127.0.0.1:{port}", process.pid, workspace, log, started)
    try:
        _await_health(dashboard, process, wait_s)
        yield dashboard
    finally:
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))  # Windows has no SIGTERM to catch
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_health(dashboard: Dashboard, process: subprocess.Popen, wait_s: float) -> None:
    while time.time() - dashboard.started < wait_s and not answers(dashboard.url):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}:\n{dashboard.log.read_text()}")
        time.sleep(0.05)
    if wait_s and not answers(dashboard.url):
        raise RuntimeError(f"The server did not answer within {wait_s} s:\n{dashboard.log.read_text()}")


def chromium_path() -> str:
    """The program file of a Chromium or Google Chrome on this machine."""
    path = find_chromium()
    if not path:
        raise RuntimeError("There is no Chromium or Google Chrome here. `make test` installs one on Debian and Ubuntu.")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium driven by Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
