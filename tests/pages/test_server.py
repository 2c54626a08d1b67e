"""The whole server as it is run: what every answer carries, and whose WebSockets it opens."""

import http.client
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.base import rights
from scripts.dashboard import Dashboard, serve
from tests.conftest import with_networks

STREAM = "/_stcore/stream"  # Streamlit's own WebSocket
DIGEST = "cd" * 32


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Iterator[Dashboard]:
    """A server with an empty workspace."""
    with serve(with_networks(tmp_path_factory.mktemp("server") / "workspace", networks)) as running:
        yield running


def port_of(server: Dashboard) -> int:
    port = urlsplit(server.url).port
    assert port
    return port


def answer(server: Dashboard, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, list[str]]]:
    """Status and headers of an answer, each header with all its values."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=60)
    connection.request(method, path, headers=headers)
    reply = connection.getresponse()
    reply.read()
    values: dict[str, list[str]] = {}
    for name, value in reply.getheaders():
        values.setdefault(name.lower(), []).append(value)
    connection.close()
    return reply.status, values


def handshake(server: Dashboard, host: str, origin: str | None, path: str = STREAM) -> tuple[int, bytes]:
    """Status and headers of the answer to a request for a WebSocket; 101 where it is opened."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    lines += [f"Origin: {origin}"] if origin is not None else []
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        head = b""
        while b"\r\n\r\n" not in head and (part := connection.recv(4096)):
            head += part
    return int(head.split()[1]), head


@pytest.mark.parametrize(
    ("path", "method", "host", "status"),
    [
        ("/", "GET", None, 200),
        ("/timeline", "GET", None, 200),
        ("/index.html", "GET", None, 200),
        ("/favicon.png", "GET", None, 200),
        ("/_stcore/health", "GET", None, 200),
        ("/_stcore/host-config", "GET", None, 200),
        ("/_stcore/upload_file/a/b", "PUT", None, 403),
        ("/media/none.png", "GET", None, 404),
        ("/static/js/none.js", "GET", None, 200),
        (f"/clips/{DIGEST}", "GET", None, 404),
        (f"/clips/{DIGEST}", "POST", None, 405),
        ("/clips/..%2f..%2fetc%2fpasswd", "GET", None, None),
        ("/", "GET", "evil.example", 403),
        ("/%00", "GET", None, None),
    ],
)
def test_no_answer_may_be_shown_in_a_frame(server, path, method, host, status):
    got, headers = answer(server, path, method, **({"Host": host} if host else {}))
    assert status in (None, got)
    assert headers["x-frame-options"] == ["DENY"]
    assert any("frame-ancestors 'none'" in policy for policy in headers["content-security-policy"])


def test_scripts_and_styles_of_the_page_may_not_be_framed_either(server):
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=60)
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    connection.close()
    scripts = [part.partition('"')[0] for part in page.split('src="')[1:]]
    assert scripts
    for script in scripts:
        status, headers = answer(server, f"/{script.removeprefix('./').removeprefix('/')}")
        assert (status, headers["x-frame-options"]) == (200, ["DENY"])


def test_a_websocket_is_opened_for_our_own_pages_only(server):
    port = port_of(server)
    own = f"127.0.0.1:{port}"
    assert handshake(server, own, f"http://{own}")[0] == 101
    assert handshake(server, f"localhost:{port}", f"http://LOCALHOST:{port}")[0] == 101
    foreign = [
        "http://evil.example",
        f"http://evil.example:{port}",
        f"http://127.0.0.1:{port + 1}",  # another program of this machine
        "http://127.0.0.1",
        f"http://localhost:{port}",  # its pages have their own socket
        "http://localhost:3000",
        "null",
        "",
        None,
    ]
    for origin in foreign:
        status, head = handshake(server, own, origin)
        assert status == 403, origin
        assert b"frame-ancestors 'none'" in head
    assert handshake(server, f"evil.example:{port}", f"http://evil.example:{port}")[0] == 403


def test_a_websocket_of_a_route_that_nobody_wrote_yet_is_guarded_too(server):
    own = f"127.0.0.1:{port_of(server)}"
    assert handshake(server, own, "http://localhost:3000", "/to/come")[0] == 403


@pytest.mark.skipif(os.name == "nt", reason="Windows has no bits for the rights of others")
def test_what_the_server_and_its_workers_write_is_for_their_owner_alone(tmp_path):
    before = os.umask(0o022)
    try:
        with serve(tmp_path / "workspace") as running:
            await_file(running.workspace / "worker.log")
            wide = {path.name for path in [running.workspace, *running.workspace.rglob("*")] if rights.is_wide(path)}
            assert wide == {"server.log"}, "this one was made by the test"
            assert running.log.read_text().count("It is closed to them from now on") == 1
        with serve(tmp_path / "workspace") as running:
            assert "closed to them" not in running.log.read_text()
    finally:
        os.umask(before)


def await_file(path: Path) -> None:
    give_up = time.monotonic() + 240
    while not path.exists():
        assert time.monotonic() < give_up, f"{path} was not made"
        time.sleep(0.05)


def test_who_types_the_name_of_the_first_page_is_led_to_it(server):
    status, headers = answer(server, "/library?video=0123456789abcdef&t=1")
    assert status == 307 and headers["location"] == ["./?video=0123456789abcdef&t=1"]
    assert answer(server, "/library")[1]["location"] == ["./"]
