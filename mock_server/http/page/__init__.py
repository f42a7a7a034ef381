"""The page at /__mock__/: what a developer sees and turns while a client talks to the backend.

A document, its style and its scripts, and three routes: what is new, one request in full, and a
file of a session. What it changes it changes by the control routes. None of it is journalled.
"""

import json
import secrets
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from mock_server.backend.backend import Backend
from mock_server.http.page.feed import Feed

TYPES = {
    "index.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "requests.js": "text/javascript",
    "projects.js": "text/javascript",
    "controls.js": "text/javascript",
    "elements.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""What lies in this package to be served, and what it is."""

POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page loads nothing from elsewhere, and runs nothing that stands in what it shows."""


def page_routes(backend: Backend) -> list[Route]:
    """The page and what it reads. Whoever mounts them says who may come in."""
    run = secrets.token_hex(8)  # tells a page that it is another server now

    async def document(request: Request) -> Response:
        return _file("index.html")

    async def part(request: Request) -> Response:
        return _file(request.path_params["name"])

    async def live(request: Request) -> Response:
        asked = request.query_params
        since = asked.get("since", "0")
        known = asked.get("run") == run and since.isdecimal() and len(since) < 20
        feed = Feed(backend, run, int(since) if known else 0)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(feed.lines(), 200, headers, "text/event-stream")

    async def request_in_full(request: Request) -> Response:
        number = request.path_params["number"]
        found = next((entry for entry in backend.journal if str(entry.number) == number), None)
        if found is None:
            return Response("That request is no longer in the journal.", 404)
        text = json.dumps(found.to_json())  # in ASCII: half a surrogate pair has no UTF-8
        headers = {"cache-control": "no-store"}
        return Response(text, 200, headers, "application/json")

    async def media(request: Request) -> Response:
        found = backend.library.find(request.path_params["key"])
        if found is None or not found[0].is_file():
            return Response("There is no such file.", 404)
        # Uploaded by someone: never to be run as a page of this origin.
        headers = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
        return FileResponse(found[0], headers=headers)

    return [
        Route("/", document),
        Route("/page/{name}", part),
        Route("/live", live),
        Route("/requests/{number}", request_in_full),
        Route("/media/{key}", media),
    ]


def _file(name: str) -> Response:
    if name not in TYPES:
        return Response("There is no such file.", 404)
    headers = {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
    content = files(__package__).joinpath(name).read_bytes()
    return Response(content, 200, headers, TYPES[name])
