"""The routes under /__mock__/: what a test turns and reads. For this machine alone."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import bodies
from mock_server.backend import Backend
from mock_server.errors import ApiError, bad_request
from mock_server.page import page_routes
from mock_server.world import Plan

FORBIDDEN = 403

Action = Callable[[Backend, dict[str, Any]], Any]


def control_routes(backend: Backend) -> list[Mount]:
    """The control routes of a backend. None of them is journalled."""
    table: list[tuple[str, str, Action]] = [
        ("GET", "/journal", _journal),
        ("POST", "/reset", _reset),
        ("POST", "/faults", _faults),
        ("DELETE", "/faults", _no_faults),
        ("POST", "/accounts", _accounts),
        ("GET", "/state", _state),
        ("POST", "/clock", _clock),
    ]
    routes = [
        Route(path, _guarded(backend, action), methods=[method]) for method, path, action in table
    ]
    routes += page_routes(backend)
    return [Mount("/__mock__", routes=routes, middleware=[Middleware(_Guard)])]


class _Guard:
    """Lets this machine in, and nobody else, to all that lies behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _only_from_here(Request(scope))
        except ApiError as error:
            await _answer(None, error.code, error.message)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _guarded(backend: Backend, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def route(request: Request) -> Response:
        try:
            if request.method == "POST":
                raw = await bodies.read(request)
                body = bodies.parse_object(raw) if raw else {}
            else:
                body = dict(request.query_params)
            data = action(backend, body)
        except ApiError as error:
            return _answer(None, error.code, error.message)
        return _answer(data)

    return route


def _only_from_here(request: Request) -> None:
    """Refuse other machines, and pages of other hosts that were made to resolve to this one."""
    client = request.client.host if request.client else ""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    server = request.scope.get("server") or ("", None)
    if not _loopback(client) or not (_loopback(host) or host == server[0]):
        raise ApiError(FORBIDDEN, "The control routes are for this machine only.")
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise ApiError(FORBIDDEN, "The control routes are not for pages of other origins.")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _answer(data: Any, code: int = 0, message: str = "success") -> Response:
    text = json.dumps({"code": code, "message": message, "data": data}, ensure_ascii=False)
    status = code if 400 <= code < 600 else 200
    return Response(text.encode(), status, media_type="application/json")


def _journal(backend: Backend, query: dict[str, Any]) -> Any:
    calls = backend.journal.calls(query.get("endpoint"), session=query.get("session"))
    return [entry.to_json() for entry in calls]


def _reset(backend: Backend, body: dict[str, Any]) -> Any:
    backend.reset()
    return None


def _faults(backend: Backend, body: dict[str, Any]) -> Any:
    try:
        return asdict(backend.fail(**body))
    except (TypeError, ValueError) as error:
        raise bad_request(f"faults: {error}") from error


def _no_faults(backend: Backend, query: dict[str, Any]) -> Any:
    backend.faults.clear()
    return None


def _accounts(backend: Backend, body: dict[str, Any]) -> Any:
    """Change the account of `token`, or all. With `create`, a token of one's own becomes known."""
    known = {"token", "credits", "plan", "registered", "expire", "create"}
    if unknown := sorted(set(body) - known):
        raise bad_request(f"accounts: unknown {', '.join(unknown)}")
    token = bodies.optional_text(body, "token")
    credits = body.get("credits")
    if credits is not None and (not isinstance(credits, int) or isinstance(credits, bool)):
        raise bad_request("accounts: credits must be a whole number")
    try:
        plan = Plan(body["plan"]) if body.get("plan") is not None else None
    except ValueError as error:
        raise bad_request("accounts: plan is one of trial, free, pro") from error
    for flag in ("registered", "expire", "create"):
        if not isinstance(body.get(flag, False), bool):
            raise bad_request(f"accounts: {flag} must be true or false")
    if body.get("create"):
        if token is None:
            raise bad_request("accounts: token is missing")
        backend.accounts.add(token)
    changed = backend.accounts.change(
        token,
        credits=credits,
        plan=plan,
        registered=body.get("registered"),
        expire=body.get("expire", False),
    )
    return {"changed": changed}


def _state(backend: Backend, query: dict[str, Any]) -> Any:
    return backend.summary()


def _clock(backend: Backend, body: dict[str, Any]) -> Any:
    seconds = body.get("advance")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise bad_request("clock: advance must be a number of seconds, not negative")
    backend.clock.advance(seconds)
    return {"now": backend.clock.now()}
