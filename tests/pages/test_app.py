"""The routes of clips and pictures: byte ranges, and who is refused."""

import asyncio
import gzip
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

import app
from core.base import settings
from core.domain import DrawnTrack
from core.stages.preprocessing.frame_clock import frame_table
from core.workflows.annotation import edits, journal, scheme
from pages.ui import cache, state
from pages.ui.common.controls import downloads
from tests.pages.test_pages import video_info

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
DIGEST = "cd" * 32


@dataclass
class Answer:
    """What the server sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def ask(
    path: str, answer: Answer | None = None, *, host: str = "127.0.0.1:8501", method: str = "GET", **headers: str
) -> Answer:
    """The answer of our routes behind our middleware; it is also put into `answer`, for where the server raises."""
    answer = answer or Answer()
    server = Starlette(
        routes=app.ROUTES,
        middleware=[Middleware(app.NeverFramed), Middleware(app.KnownHosts)],
        exception_handlers={Exception: app.failed},
    )
    sent = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": path.partition("?")[2].encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8501),
    }

    async def receive():
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    run_apart(server(scope, receive, send))
    return answer


def run_apart(work: Coroutine[object, object, None]):
    """Run it in a thread of its own: Playwright keeps a loop running in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that stands for a clip in the library."""
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path / "space"), "KINETOSCOPE_ENGINE": "tensorflow-f32"})
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    path = tmp_path / "clip without suffix"
    path.write_bytes(MP4)
    state.store().save_video(video_info(str(path), digest=DIGEST))
    yield path  # type: ignore[misc]
    state.store().close()


def test_a_clip_is_sent_whole_and_by_byte_ranges(clip):
    whole = ask(f"/clips/{DIGEST}")
    assert (whole.status, whole.body) == (200, MP4)
    assert whole.headers["content-type"] == "video/mp4"
    part = ask(f"/clips/{DIGEST}", range="bytes=100-199")
    assert (part.status, part.body) == (206, MP4[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(MP4)}"
    assert ask(f"/clips/{DIGEST}", range=f"bytes={len(MP4)}-").status == 416


def test_the_answer_is_ours_alone_and_no_other_type(clip):
    headers = ask(f"/clips/{DIGEST}").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_a_clip_that_browsers_cannot_play_is_sent_as_its_copy(clip):
    state.store().save_video(video_info(str(clip), digest=DIGEST, plays_in_browser=False))
    assert ask(f"/clips/{DIGEST}").status == 404
    state.store().proxy_path(DIGEST).write_bytes(MP4[:50])
    assert ask(f"/clips/{DIGEST}").body == MP4[:50]


def test_the_picture_of_a_clip(clip):
    assert ask(f"/thumbs/{DIGEST}").status == 404
    state.store().thumbnail_path(DIGEST).write_bytes(b"\xff\xd8jpeg")
    answer = ask(f"/thumbs/{DIGEST}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")


def test_the_table_of_frames_is_sent_packed_and_to_our_own_pages_only(clip):
    answer = ask(f"/frames/{DIGEST}")
    assert (answer.status, answer.headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(answer.body) == frame_table(state.store().video(DIGEST))
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert ask(f"/frames/{DIGEST}", sec_fetch_site="cross-site").status == 403


def test_the_revision_of_the_tracks_changes_with_each_edit_and_is_told_to_our_own_pages_only(clip):
    revisions = [ask(f"/tracks/{DIGEST}").body, ask(f"/tracks/{DIGEST}").body]
    assert revisions[0] == revisions[1]
    track = journal.begin(state.store(), DIGEST, DrawnTrack(("walk",), (), (), "actions", "ann"))
    for change in (
        lambda: None,
        lambda: journal.edit(state.store(), track, "look", lambda document: edits.look(document, 0.0, 1.0)),
        lambda: scheme.add(state.store(), ("run",)),
        lambda: journal.drop(state.store(), track),
    ):
        change()
        revisions.append(ask(f"/tracks/{DIGEST}").body)
    assert len(set(revisions)) == 5
    assert ask(f"/tracks/{DIGEST}", sec_fetch_site="cross-site").status == 403
    assert ask(f"/tracks/{DIGEST}", host="evil.example").status == 403
    assert ask(f"/tracks/{DIGEST}", method="POST").status == 405
    assert ask("/tracks/..%2f").status == 404


def test_a_file_of_frames_is_sent_to_be_saved(clip):
    assert ask(f"/exports/{'ab' * 20}").status == 404
    state.store().write_file("ab" * 20, lambda path: path.write_bytes(b"PK zip"), kind="export", video=DIGEST)
    answer = ask(f"/exports/{'ab' * 20}")
    assert (answer.status, answer.body) == (200, b"PK zip")
    assert answer.headers["content-disposition"] == "attachment"
    assert ask(f"/exports/{DIGEST}").status == 404


@pytest.fixture
def shelf(monkeypatch) -> dict:
    """What a session may download."""
    kept: dict = {}
    monkeypatch.setattr(cache, "downloads_of_this_session", lambda: kept)
    return kept


def test_what_a_page_offers_is_made_when_it_is_asked_for(shelf):
    made = []
    offer = downloads.Download("Größe 1.csv", "text/csv", lambda: made.append("once") or b"a,b")
    address = downloads.offer("table", offer)
    assert not made and ask(address, sec_fetch_site="cross-site").status == 403 and not made
    answer = ask(address)
    assert (answer.status, answer.body, made) == (200, b"a,b", ["once"])
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.csv"
    assert ask(f"/downloads/{'ab' * 20}").status == 404


def test_a_link_stays_good_while_the_page_runs_again_and_ends_with_its_session(shelf):
    addresses = [downloads.offer("table", downloads.Download("a.csv", "text/csv", text)) for text in "abcd"]
    assert [ask(address).status for address in addresses] == [404, 200, 200, 200]
    assert ask(addresses[1]).body == b"b", "a link keeps what it was drawn with"
    downloads.offer("elsewhere", downloads.Download("a.csv", "text/csv", "e"))
    assert ask(addresses[1]).status == 200
    shelf.clear()
    assert {ask(address).status for address in addresses} == {404}


@pytest.mark.parametrize(
    "name",
    [
        "ab" * 32,
        "cd" * 31,
        "CD" * 32,
        "x" * 64,
        "..",
        "%2e%2e%2fetc%2fpasswd",
        "../../etc/passwd",
        "٣" * 64,
        DIGEST + "\n",
    ],
)
def test_anything_but_a_digest_of_the_library_is_not_found(clip, name):
    assert ask(f"/clips/{name}").status == 404
    assert ask(f"/thumbs/{name}").status == 404
    assert ask(f"/frames/{name}").status == 404
    assert ask(f"/exports/{name}").status == 404


def test_an_unknown_digest_leaves_no_folder_behind(clip):
    ask(f"/thumbs/{'ab' * 32}")
    assert not list(state.store().workspace.glob(f"videos/{'ab' * 32}"))


def test_a_file_that_is_gone_is_not_found(clip):
    clip.unlink()
    assert ask(f"/clips/{DIGEST}").status == 404


@pytest.mark.logs_errors
def test_a_route_that_fails_is_answered_in_words_that_nobody_may_frame(clip, monkeypatch):
    def fail(_store, digest):
        raise ValueError(digest)

    monkeypatch.setattr(type(state.store()), "video", fail)
    with pytest.raises(ValueError, match=DIGEST):
        ask(f"/clips/{DIGEST}", kept := Answer())
    assert (kept.status, kept.body) == (500, b"Internal server error")
    assert (kept.headers["x-frame-options"], kept.headers["content-security-policy"]) == (
        "DENY", "frame-ancestors 'none'"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_pages_of_other_sites_are_refused(clip, site, status):
    assert ask(f"/clips/{DIGEST}", sec_fetch_site=site).status == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8501", 200), ("127.0.0.1", 200), ("[::1]:8501", 200), ("LOCALHOST.", 200), ("evil.example", 403),
     ("127.0.0.1.evil.example:8501", 403), ("localhost@evil.example", 403), ("", 403)],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(clip, host, status):
    assert ask(f"/clips/{DIGEST}", host=host).status == status


def test_only_reading_is_possible(clip):
    assert ask(f"/clips/{DIGEST}", method="HEAD").body == b""
    assert ask(f"/clips/{DIGEST}", method="POST").status == 405
    assert ask(f"/clips/{DIGEST}", method="DELETE").status == 405


def test_the_server_listens_on_this_machine_only_and_tells_nobody():
    import streamlit as st

    assert st.get_option("server.address") == "127.0.0.1"
    assert st.get_option("browser.gatherUsageStats") is False
    assert "*" not in st.get_option("server.allowedHosts")


def test_the_workers_start_and_end_with_the_server(monkeypatch):
    done = []
    monkeypatch.setattr(state, "runner", lambda: done.append("started"))
    monkeypatch.setattr(state, "close", lambda: done.append("ended"))

    async def live():
        async with app.lifespan(app.app):
            assert done == ["started"]

    run_apart(live())
    assert done == ["started", "ended"]


@pytest.mark.parametrize("path", [f"/clips/{DIGEST}", f"/moments/{DIGEST}?t=1", f"/tracks/{DIGEST}", "/jobs"])
def test_a_damaged_catalogue_is_no_failure_of_the_server(clip, monkeypatch, path):
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: state.store())  # it lists jobs from there
    state.store().close()
    state.store().catalogue.write_bytes(b"no database" * 999)
    assert ask(path).status == 503
