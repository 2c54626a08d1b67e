"""Kinetoscope's server: the dashboard, the routes of clips and pictures, and the workers beside it.

Start it with `make run`, or `streamlit run app.py`. It answers on this machine only, under the names in
`server.allowedHosts`.
"""

import asyncio
import gzip
import re
import time
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.base.errors import AnalysisError, ResultMissing
from core.base.rights import owner_only
from core.stages.preprocessing.frame_clock import frame_table
from core.workflows.annotation import journal
from core.workflows.watched_folders import LOOK_EVERY_S
from pages.ui import cache, interrupted_runs, late_requests, state
from pages.ui.common.controls import downloads
from pages.ui.common.jobs import listing

HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?", re.ASCII)
KEY = re.compile(r"[0-9a-f]{40}", re.ASCII)
REST = 20  # between two looks into watched folders, as many times as long as a look takes
BACK_UP_EVERY_S = 3600.0  # looked at; a copy is made once a day
OWN = (None, "same-origin", "none")  # what a browser says of requests by our own pages, and of typed addresses
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-cache",
}
UNFRAMED = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY"}
KINDS = {b"ftyp": "video/mp4", b"\x1a\x45\xdf\xa3": "video/webm", b"PK\x03\x04": "application/zip"}


def clip(request: Request) -> Response:
    """A clip as browsers play it, by byte ranges: the file itself where they can, else the copy made for them."""
    digest = request.path_params["digest"]
    info = state.store().video(digest)
    path = Path(info.path) if info.plays_in_browser else state.store().proxy_path(digest)
    if not path.is_file():
        return _refusal(404)
    return FileResponse(path, media_type=_kind(path), headers=HEADERS)


def thumb(request: Request) -> Response:
    """The small picture of a clip."""
    digest = request.path_params["digest"]
    state.store().video(digest)
    path = state.store().thumbnail_path(digest)
    return FileResponse(path, media_type="image/jpeg", headers=HEADERS) if path.is_file() else _refusal(404)


def frames(request: Request) -> Response:
    """The moments at which the frames of a clip appear, for the player: see frame_clock.frame_table."""
    table = gzip.compress(frame_table(state.store().video(request.path_params["digest"])), 1)
    return Response(table, media_type="application/octet-stream", headers={**HEADERS, "Content-Encoding": "gzip"})


def moment(request: Request) -> Response:
    """A small picture of one moment of a clip, ?t=seconds; that of the whole clip where there is none."""
    digest, told = request.path_params["digest"], request.query_params.get("t", "")
    if not SECONDS.fullmatch(told):
        return _refusal(404)
    try:
        state.store().video(digest)
        path = cache.moment_picture(digest, float(told))
    except ResultMissing:
        raise
    except AnalysisError:
        return thumb(request)
    return FileResponse(path, media_type="image/jpeg", headers=HEADERS)


def export(request: Request) -> Response:
    """A file that was made to be taken along, sent as it lies on disk; the page gives it its name."""
    path = state.store().file_path(request.path_params["digest"])
    if not path.is_file():
        return _refusal(404)
    return FileResponse(path, media_type=_kind(path), headers={**HEADERS, "Content-Disposition": "attachment"})


def download(request: Request) -> Response:
    """A file that a page offers, made when it is asked for; see pages.ui.common.controls.downloads."""
    offer = downloads.offered(request.path_params["digest"])
    if offer is None:
        return _refusal(404)
    attachment = f"attachment; filename*=UTF-8''{quote(offer.name)}"
    return Response(offer.read(), media_type=offer.mime, headers={**HEADERS, "Content-Disposition": attachment})


def jobs(_request: Request) -> Response:
    """What runs, what waits and what has ended, for the indicator in the header."""
    return JSONResponse(listing.listing(), headers=HEADERS)


def change_jobs(request: Request) -> Response:
    """Cancel jobs or begin them again, then the same. The header keeps off older browsers that send no Sec-Fetch-Site:
    they ask before they send it for a page of another site, and nobody answers."""
    if request.headers.get("x-kinetoscope") != "jobs":
        return _refusal(403)
    name = request.query_params.get("name", "")
    match request.path_params["action"]:
        case "cancel":
            listing.cancel(name)
        case "cancel-all":
            listing.cancel_all()
        case "repeat":
            listing.repeat(name)
        case _:
            return _refusal(404)
    return jobs(request)


def tracks(request: Request) -> Response:
    """The revision of the tracks of a clip, for the Label page; see pages/ui/label/revision.js."""
    return JSONResponse({"revision": journal.revision(state.store(), request.path_params["digest"])}, headers=HEADERS)


def home(request: Request) -> Response:
    """The first page has no name in its address; who types its name is led to it."""
    query = request.url.query
    return RedirectResponse(f"./?{query}" if query else "./", headers=UNFRAMED)


def own(answer):
    """Only for our own pages."""

    async def endpoint(request: Request) -> Response:
        if request.headers.get("sec-fetch-site") not in OWN:
            return _refusal(403)
        try:
            return await run_in_threadpool(answer, request)
        except ResultMissing:
            return _refusal(404)
        except AnalysisError:  # of the workspace; the page says more
            return _refusal(503)

    return endpoint


def guarded(answer, name: re.Pattern[str] = DIGEST):
    """Only for our own pages, and only digests or keys: nothing else of the address ever becomes a path."""

    def checked(request: Request) -> Response:
        if not name.fullmatch(request.path_params["digest"]):
            return _refusal(404)
        return answer(request)

    return own(checked)


def _refusal(status: int) -> Response:
    return PlainTextResponse(
        {403: "Forbidden", 404: "Not found", 503: "Service unavailable"}[status], status, headers=HEADERS
    )


def _kind(path: Path) -> str:
    """The media type by the first bytes; names of files say little."""
    with open(path, "rb") as file:
        head = file.read(12)
    return KINDS.get(head[4:8]) or KINDS.get(head[:4]) or "application/octet-stream"


class NeverFramed:
    """Tells browsers with every answer that no page of another site may show it in a frame and lead our buttons."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                headers["X-Frame-Options"] = UNFRAMED["X-Frame-Options"]
                headers.append("Content-Security-Policy", UNFRAMED["Content-Security-Policy"])  # beside that of a route
            await send(message)

        await self.app(scope, receive, answer)


class KnownHosts:
    """Refuses requests for a host that is not ours, as a site would send that rebinds its name to this machine.

    A WebSocket must come from a page of that same host and port too: the rule of one origin does not hold for it.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_ours(Headers(scope=scope), scope["type"]):
            await self.app(scope, receive, send)
        else:
            await _refusal(403)(scope, receive, send)


def _is_ours(headers: Headers, kind: str) -> bool:
    """Whether a request is for us, and for a WebSocket also from us; behind a proxy both names are the proxy's."""
    host = headers.get("host", "").lower()
    match = HOST.fullmatch(host)
    allowed = {*st.get_option("server.allowedHosts"), st.get_option("browser.serverAddress")}
    if "*" not in allowed and (match is None or match["name"].strip("[]").rstrip(".") not in allowed):
        return False
    return kind == "http" or headers.get("origin", "").lower() in (f"http://{host}", f"https://{host}")


def failed(_request: Request, _error: Exception) -> Response:
    """What is sent when the server fails over a request; the error itself stands in the terminal."""
    return PlainTextResponse("Internal server error", 500, headers=UNFRAMED)


@asynccontextmanager
async def lifespan(app: st.App):
    """Begin to start the workers, which takes a second in the background; end them with the server.

    What the server writes is for its owner alone, and a workspace that others could read is closed to them. The
    catalogue is backed up now and each day, and watched folders are looked into.
    """
    with owner_only():
        await run_in_threadpool(state.close_to_others)
        state.runner()
        tasks = asyncio.create_task(back_up_daily()), asyncio.create_task(watch_folders())
        yield
        for task in tasks:
            task.cancel()
        await run_in_threadpool(state.close)


async def back_up_daily() -> None:
    """Have the catalogue backed up for as long as the server runs."""
    while True:
        await run_in_threadpool(state.back_up)
        await asyncio.sleep(BACK_UP_EVERY_S)


async def watch_folders() -> None:
    """Look into watched folders for as long as the server runs; less often where that takes long."""
    while True:
        began_s = time.monotonic()
        await run_in_threadpool(state.look_into_folders)
        await asyncio.sleep(max(LOOK_EVERY_S, REST * (time.monotonic() - began_s)))


ROUTES = [
    Route("/library", home),
    Route("/clips/{digest}", guarded(clip)),
    Route("/thumbs/{digest}", guarded(thumb)),
    Route("/frames/{digest}", guarded(frames)),
    Route("/moments/{digest}", guarded(moment)),
    Route("/exports/{digest}", guarded(export, KEY)),
    Route("/downloads/{digest}", guarded(download, KEY)),
    Route("/tracks/{digest}", guarded(tracks)),
    Route("/jobs", own(jobs)),
    Route("/jobs/{action}", own(change_jobs), methods=["POST"]),
]
interrupted_runs.hand_presses_on()
late_requests.let_go()
app = st.App(
    "pages/ui/shell.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[Middleware(NeverFramed), Middleware(KnownHosts)],
    exception_handlers={Exception: failed},  # answers outside of all middleware
)
