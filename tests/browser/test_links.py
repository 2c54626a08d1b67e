"""Addresses: links that open what their sender saw, clips by byte ranges, and requests that are refused."""

import http.client
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.domain import VideoInfo
from core.workflows import clips
from core.workspace.store import Store
from scripts.dashboard import Dashboard
from tests.browser.conftest import PATIENCE_MS, go, open_page


@pytest.fixture(scope="module")
def clip(dashboard: Dashboard, sample_path: Path) -> VideoInfo:
    """The sample clip in the catalogue of the running server, as a second process added it."""
    store = Store(dashboard.workspace)
    return store.video(clips.add_video(store, sample_path))


def request(dashboard: Dashboard, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request, sent as it is: no client tidies the path."""
    host, port = dashboard.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("path", ["/", "/prepare", "/frames", "/timeline"])
def test_a_cold_link_opens_its_page_with_the_clip_and_the_moment(
    browser: Browser, dashboard: Dashboard, clip: VideoInfo, path: str
):
    heading = path.strip("/").capitalize() or "Library"
    with open_page(browser) as page:
        go(page, dashboard, f"{path}?video={clip.digest[:16]}&t=2.5")
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        expect(page.get_by_text(re.compile("[Pp]age not found"))).to_have_count(0)
        if path == "/prepare":
            expect(page.get_by_role("spinbutton", name="Moment, exact value")).to_have_value(
                "2.500", timeout=PATIENCE_MS
            )
            expect(page.get_by_role("spinbutton", name="Moment, exact value")).to_have_count(1)
        if path != "/":
            expect(page.get_by_role("combobox", name="Clip")).to_have_value(Path(clip.path).name)


def test_a_link_to_a_clip_that_is_gone_says_so(page: Page, dashboard: Dashboard):
    go(page, dashboard, "/timeline?video=0123456789abcdef")
    expect(page.get_by_text("The clip in this link is not in this library.")).to_be_visible()


def test_a_clip_is_served_by_byte_ranges(dashboard: Dashboard, clip: VideoInfo):
    content = Path(clip.path).read_bytes()
    status, headers, body = request(dashboard, f"/clips/{clip.digest}", Range="bytes=100-199")
    assert (status, body) == (206, content[100:200])
    assert headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert headers["content-type"] == "video/mp4"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers
    status, _, body = request(dashboard, f"/clips/{clip.digest}", Range="bytes=-50")
    assert (status, body) == (206, content[-50:])
    assert request(dashboard, f"/clips/{clip.digest}", Range=f"bytes={len(content)}-")[0] == 416
    status, _, body = request(dashboard, f"/clips/{clip.digest}")
    assert (status, body) == (200, content)


def test_a_thumbnail_is_served(dashboard: Dashboard, clip: VideoInfo):
    status, headers, body = request(dashboard, f"/thumbs/{clip.digest}")
    assert (status, headers["content-type"], body[:2]) == (200, "image/jpeg", b"\xff\xd8")


@pytest.mark.parametrize("route", ["clips", "thumbs", "exports"])
@pytest.mark.parametrize(
    "name",
    [
        "0" * 64,
        "0" * 40,
        "abc",
        "..%2f..%2fcatalogue.db",
        "../../catalogue.db",
        "%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "a" * 63 + "%0a",
        "A" * 64,
        "٠".encode().hex() * 16,
    ],
)
def test_what_is_no_known_digest_is_not_found(dashboard: Dashboard, clip: VideoInfo, route: str, name: str):
    status, headers, body = request(dashboard, f"/{route}/{name}")
    served_as_page = status == 200 and headers["content-type"].startswith("text/html")  # Streamlit's own fallback
    assert status in (400, 404) or served_as_page
    assert b"root:" not in body and b"SQLite" not in body


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/clips/{digest}", "/thumbs/{digest}"])
def test_a_foreign_host_is_refused(dashboard: Dashboard, clip: VideoInfo, path: str):
    status, _, body = request(dashboard, path.format(digest=clip.digest), Host="evil.example:8501")
    assert status in (400, 403)
    assert len(body) < 200


def test_other_sites_get_no_clip(dashboard: Dashboard, clip: VideoInfo):
    status, _, _ = request(dashboard, f"/clips/{clip.digest}", Sec_Fetch_Site="cross-site")
    assert status == 403


def test_a_clip_cannot_be_changed_through_its_address(dashboard: Dashboard, clip: VideoInfo):
    for method in ("PUT", "DELETE", "POST"):
        assert request(dashboard, f"/clips/{clip.digest}", method)[0] in (403, 404, 405)
    assert Path(clip.path).exists()
