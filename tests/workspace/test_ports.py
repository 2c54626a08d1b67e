"""Nobody but our own processes speaks with the scheduler and the workers, or has Python read what is theirs."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOT_ONLY = "only root may run a test as another user"
SERVER = """
import sys
sys.path.insert(0, {root!r})
from tests.workspace.test_jobs import Memory
from tests.workspace.test_ports import look_at_path
from core.workspace.jobs.runner import Runner
if __name__ == "__main__":
    runner = Runner(Memory(), memory_bytes=2**30)
    runner.ask(look_at_path, timeout_s=240)
    print("up", flush=True)
    print(look_at_path(), flush=True)
    print(runner.ask(look_at_path, timeout_s=240), flush=True)
    sys.stdin.read()
    runner.close()
"""
# Tries each port in the ways in which Dask and browsers speak, as another user, and prints what it was answered.
STRANGER = """
import asyncio, json, os, socket, sys
from distributed import Security, rpc
from distributed.protocol.pickle import dumps
import distributed.comm.tcp, distributed.protocol.serialize, encodings.idna, cryptography.x509
own = Security.temporary()
context = own.get_connection_args("client")
if {nobody}:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)

async def call(address, arguments, operation, **values):
    async with rpc(address, connection_args=arguments, timeout=5) as peer:
        return await getattr(peer, operation)(**values)

def http(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n")
        return connection.recv(100)

async def main():
    answers = {{}}
    for port in json.loads(sys.argv[1]):
        for protocol, arguments in (("tcp", {{}}), ("tls", context)):
            for operation, values in (("identity", {{}}), ("run", {{"function": dumps(os.getuid)}})):
                try:
                    calling = call(f"{{protocol}}://127.0.0.1:{{port}}", arguments, operation, **values)
                    answer = await asyncio.wait_for(calling, 20)
                    answers[f"{{port}} {{protocol}} {{operation}}"] = str(answer)[:100]
                except Exception:
                    pass
        try:
            if b"HTTP" in (answer := http(port)):
                answers[f"{{port}} http"] = answer.decode()
        except OSError:
            pass
    print(json.dumps([os.getuid(), answers]))

asyncio.run(main())
"""


def look_at_path() -> str:
    """Where a module of the standard library comes from that nothing has imported yet."""
    import colorsys

    return colorsys.__file__


class Server:
    """A runner with its workers in processes of their own; `lines` is what it printed."""

    def __init__(self, folder: Path, **environment: str):
        script = folder / "server.py"
        script.write_text(SERVER.format(root=str(ROOT)))
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environment},
        )
        assert self.process.stdout
        self.lines = [self.process.stdout.readline().strip() for _ in range(3)]

    def __enter__(self):
        assert self.lines[0] == "up"
        return self

    def __exit__(self, *_):
        self.process.communicate("", timeout=120)

    def ports(self) -> list[int]:
        """All ports on which a process of this server listens."""
        tree = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        sockets = [connection for process in tree for connection in process.net_connections("inet")]
        listening = [connection.laddr for connection in sockets if connection.status == psutil.CONN_LISTEN]
        assert {address.ip for address in listening} == {"127.0.0.1"}
        assert not [connection for connection in sockets if connection.status == psutil.CONN_NONE], "no UDP either"
        return sorted({address.port for address in listening})


def answers(ports: list[int], nobody: bool) -> tuple[int, dict[str, str]]:
    """The user as whom the ports were tried, and what was answered there."""
    program = STRANGER.format(nobody=nobody)
    stranger = subprocess.run(
        [sys.executable, "-c", program, json.dumps(ports)], capture_output=True, text=True, cwd=ROOT
    )
    user, answered = json.loads(stranger.stdout.splitlines()[-1])
    return user, answered


@pytest.mark.parametrize(
    "nobody",
    [
        pytest.param(
            True,
            marks=pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason=ROOT_ONLY),
            id="another user",
        ),
        pytest.param(False, id="another program of this user"),
    ],
)
def test_no_port_answers_a_stranger(tmp_path, nobody):
    with Server(tmp_path) as server:
        ports = server.ports()
        user, answered = answers(ports, nobody)
        assert user == (65534 if nobody else os.getuid() if hasattr(os, "getuid") else 0)
        assert not answered
        assert len(ports) == 5, "a scheduler, two nannies, two workers, and no HTTP server"
        assert server.ports() == ports, "and all still serve their own"


@pytest.mark.skipif(os.name == "nt", reason="Windows has a temporary folder for each user")
def test_nothing_is_imported_from_the_temporary_folder_that_all_users_share(tmp_path):
    """Dask puts a folder of a known name there at the head of the search path, whoever made it."""
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    planted = shared / "dask-scratch-space"
    planted.mkdir()
    (planted / "colorsys.py").write_text("raise SystemExit('code of another user was run')")
    with Server(tmp_path, TMPDIR=str(shared)) as server:
        assert not [line for line in server.lines if str(shared) in line] and len(set(server.lines[1:])) == 1
    give_up = time.monotonic() + 60
    while [path for path in shared.iterdir() if path != planted] and time.monotonic() < give_up:
        time.sleep(0.1)
    assert list(shared.iterdir()) == [planted], "and what lay there for our own processes is removed"
