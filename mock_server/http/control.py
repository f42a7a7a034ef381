"""The routes under /__mock__/: what a test turns and reads. For this machine alone, or for whoever
shows the key."""

import json
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.backend.backend import Backend
from mock_server.backend.media_library import file_path
from mock_server.backend.models import AccountPlan, Status
from mock_server.errors import NOT_FOUND, ApiError, bad_request
from mock_server.hosts import is_loopback
from mock_server.http import bodies
from mock_server.http.control_faults import fault_actions
from mock_server.http.page import page_routes
from mock_server.http.summary import SHORT_KEY, summary
from mock_server.http.uploads import MAX_FILES
from mock_server.journal import ENDPOINTS, UNKNOWN
from mock_server.openapi.json_schema import LARGEST_WHOLE_NUMBER

FORBIDDEN = 403
KEY_HEADER = "x-mock-key"
KEY_COOKIE = "mock_key"
PREFIX = "/__mock__"


def control_routes(backend: Backend, key: str | None = None) -> list[Mount]:
    """The control routes of a backend. None of them is journalled. With a key they are for who
    shows it, from wherever; without one for this machine."""
    table: list[tuple[str, str, Action]] = [
        ("GET", "/state", _state),
        ("GET", "/journal", _journal),
        ("DELETE", "/journal", _clear_journal),
        ("POST", "/accounts", _accounts),
        ("POST", "/sessions", _sessions),
        ("POST", "/clock", _clock),
        ("POST", "/seed", _seed),
        ("POST", "/renders", _renders),
        ("POST", "/reset", _reset),
        *((method, path, _plain(action)) for method, path, action in fault_actions()),
    ]
    routes: list[BaseRoute] = [
        Route(path, _answering(backend, action), methods=[method]) for method, path, action in table
    ]
    routes += page_routes(backend)
    return [Mount(PREFIX, routes=routes, middleware=[Middleware(Guard, key=key)])]


class Guard:
    """Lets in who may turn the backend's knobs: neither other machines, nor a page of another host
    that was made to resolve to this one, nor a page of another origin.

    The key comes in the header X-Mock-Key. A browser opens /__mock__/?key=…: it gets a cookie for
    it and is sent on, so that the key stays in no address.
    """

    def __init__(self, app: ASGIApp, key: str | None = None) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer: ASGIApp = self._app
        given = request.query_params.get("key")
        if refused := self._refused(request):
            answer = _answer(None, FORBIDDEN, refused)
        elif given is not None and self._key is not None:
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(KEY_COOKIE, self._key, path=PREFIX, httponly=True, samesite="strict")
        await answer(scope, receive, send)

    def _refused(self, request: Request) -> str | None:
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "The control routes are not for pages of other origins."
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return "The control routes are not for pages of other origins."
        if self._key is not None:
            return None if self._shown(request) else "The control routes want X-Mock-Key."
        client = request.client.host if request.client else ""
        here = is_loopback(client) and is_loopback(_name(host))
        return None if here else "The control routes are for this machine only."

    def _shown(self, request: Request) -> bool:
        shown = [
            request.headers.get(KEY_HEADER),
            request.cookies.get(KEY_COOKIE),
            request.query_params.get("key") if request.method == "GET" else None,
        ]
        wanted = (self._key or "").encode()
        return any(
            secrets.compare_digest(key.encode("utf-8", "surrogateescape"), wanted)
            for key in shown
            if key is not None
        )


def _name(host: str) -> str:
    """The name or address in a Host header; empty if there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


@dataclass(frozen=True)
class Ask:
    """What a control route is asked: the fields of its JSON body, or of its query.

    The readers give None for a field that is missing, and raise ApiError 400 for one that is not
    what it has to be.
    """

    backend: Backend
    fields: dict[str, Any]
    base: str
    """The address of this server, as the caller reached it."""

    def only(self, *known: str) -> None:
        if unknown := sorted(set(self.fields) - set(known)):
            raise bad_request(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")

    def text(self, name: str) -> str | None:
        return bodies.optional_text(self.fields, name)

    def flag(self, name: str) -> bool | None:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise bad_request(f"{name} must be true or false")
        return value

    def whole(self, name: str, *, least: int | None = None) -> int | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_request(f"{name} must be a whole number")
        if least is not None and value < least:
            raise bad_request(f"{name} must be at least {least}")
        if abs(value) > LARGEST_WHOLE_NUMBER:
            raise bad_request(f"{name} must be at most {LARGEST_WHOLE_NUMBER}, with either sign")
        return value

    def number(self, name: str) -> float | None:
        """Not negative."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
            raise bad_request(f"{name} must be a number, not negative")
        if value > LARGEST_WHOLE_NUMBER:
            raise bad_request(f"{name} must be at most {LARGEST_WHOLE_NUMBER}")
        return float(value)

    def query(self, name: str) -> float | None:
        """A number that stands in the query."""
        try:
            value = float(self.fields[name]) if name in self.fields else None
        except ValueError:
            value = math.nan
        if value is not None and not math.isfinite(value):
            raise bad_request(f"{name} must be a number")
        return value

    def choice(self, name: str, choices: list[str]) -> str | None:
        value = self.fields.get(name)
        if value is not None and value not in choices:
            raise bad_request(f"{name} is one of {', '.join(choices)}")
        return None if value is None else str(value)


Action = Callable[[Ask], Any]


def _answering(backend: Backend, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def route(request: Request) -> Response:
        name = request.url.path.removeprefix(f"{PREFIX}/")
        try:
            if request.method == "POST":
                raw = await bodies.read(request)
                fields = bodies.parse_object(raw) if raw else {}
            else:
                fields = dict(request.query_params)
                fields.pop("key", None)
                fields |= request.path_params
            data = action(Ask(backend, fields, str(request.base_url).rstrip("/")))
        except ApiError as error:
            return _answer(None, error.code, f"{name}: {error.message}")
        if request.method == "GET":  # a client may have put its bearer wherever it has a say
            data = backend.journal.secrets.clean(data)
        return _answer(data)

    return route


def _plain(action: Callable[[Backend, dict[str, Any]], Any]) -> Action:
    return lambda ask: action(ask.backend, ask.fields)


def _answer(data: Any, code: int = 0, message: str = "success") -> Response:
    # In ASCII: half a surrogate pair, which a client may have sent, has no UTF-8.
    text = json.dumps({"code": code, "message": message, "data": data})
    status = code if 400 <= code < 600 else 200
    return Response(text.encode(), status, media_type="application/json")


def _state(ask: Ask) -> Any:
    ask.only()
    return summary(ask.backend, lambda key, name: ask.base + file_path(key, name))


def _journal(ask: Ask) -> Any:
    """The entries that fit; of `since` only what has come or changed after that version."""
    ask.only("endpoint", "session", "status", "code", "after", "before", "violations", "since")
    status, code, since = ask.query("status"), ask.query("code"), ask.query("since")
    violations = ask.choice("violations", ["true", "false"])
    entries = ask.backend.journal.calls(
        ask.choice("endpoint", [*ENDPOINTS, UNKNOWN]),
        session=ask.text("session"),
        status=None if status is None else int(status),
        code=None if code is None else int(code),
        after=ask.query("after"),
        before=ask.query("before"),
        violations=None if violations is None else violations == "true",
    )
    return [entry.to_json() for entry in entries if since is None or entry.changed > since]


def _clear_journal(ask: Ask) -> Any:
    ask.only()
    ask.backend.journal.clear()
    return None


def _reset(ask: Ask) -> Any:
    ask.only()
    ask.backend.reset()
    return None


def _seed(ask: Ask) -> Any:
    ask.only("seed")
    seed = ask.whole("seed")
    if seed is None:
        raise bad_request("seed is missing")
    ask.backend.configure(seed=seed)
    return {"seed": seed}


def _accounts(ask: Ask) -> Any:
    """Change the account of `token`, or that of `account` (its key in the state), or all. With
    `create` a token becomes known: the one that is given, or a new one, which is answered."""
    ask.only("token", "account", "create", "credits", "grant", "plan", "registered", "expire")
    token, account = ask.text("token"), ask.text("account")
    if account is not None and len(account) < SHORT_KEY:
        raise bad_request(f"account is a key in the state, of {SHORT_KEY} digits")
    credits, grant = ask.whole("credits", least=0), ask.whole("grant")
    plan = ask.choice("plan", [item.value for item in AccountPlan])
    registered, expire = ask.flag("registered"), ask.flag("expire")
    answer: dict[str, Any] = {}
    if ask.flag("create"):
        if account is not None:
            raise bad_request("account is given by the backend; create takes a token")
        token = answer["token"] = token or f"nmv_usr_{secrets.token_hex(20)}"
        ask.backend.accounts.add(token)
    changed = ask.backend.accounts.change(
        token,
        account=account,
        credits=credits,
        grant=grant or 0,
        plan=None if plan is None else AccountPlan(plan),
        registered=registered,
        expire=bool(expire),
    )
    if not changed and (token or account):
        raise ApiError(NOT_FOUND, f"no account has this {'token' if token else 'account'}")
    return {"changed": changed, **answer}


def _sessions(ask: Ask) -> Any:
    """Make a session that has photos, and a draft if words are given."""
    ask.only("token", "photos", "words")
    token, words = ask.text("token"), ask.text("words")
    photos = ask.whole("photos", least=0)
    if token is None:
        raise bad_request("token is missing")
    if photos is not None and photos > MAX_FILES:
        raise bad_request(f"photos must be at most {MAX_FILES}")
    session = ask.backend.prepare(token, photos=1 if photos is None else photos, words=words)
    return {"session_id": session}


def _clock(ask: Ask) -> Any:
    """Move the clock on, or let it run at another rate."""
    ask.only("advance", "days", "rate")
    seconds, days, rate = ask.number("advance"), ask.number("days"), ask.number("rate")
    if seconds is None and days is None and rate is None:
        raise bad_request("advance, days or rate is missing")
    clock = ask.backend.clock
    try:
        if rate is not None:
            clock.rate = rate
        clock.advance(seconds or 0.0, days=days or 0.0)
    except ValueError as error:
        raise bad_request(str(error)) from error
    return {"now": clock.now(), "rate": clock.rate}


def _renders(ask: Ask) -> Any:
    """Be done with the render `id`, or with all that are unfinished, however they stand."""
    ask.only("id", "status", "message")
    render_id, message = ask.text("id"), ask.text("message")
    status = ask.choice("status", [Status.COMPLETED, Status.FAILED])
    if status is None:
        raise bad_request("status is missing: completed or failed")
    renders = ask.backend.renders
    chosen = renders.unfinished() if render_id is None else [render_id]
    for item in chosen:
        if status == Status.COMPLETED:
            renders.complete(item)
        elif message is None:
            renders.fail(item)
        else:
            renders.fail(item, message)
    return {"changed": chosen}
