"""One request and its answer: journalled, exposed to faults, never a traceback."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import bodies
from mock_server.backend import Backend
from mock_server.errors import ApiError
from mock_server.faults import Fault
from mock_server.journal import Entry
from mock_server.library import file_path
from mock_server.wire import Wire
from mock_server.world import Account, Media


@dataclass
class Call:
    """One request to one endpoint, with what a handler needs."""

    backend: Backend
    request: Request
    entry: Entry
    fault: Fault | None = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def bearer(self) -> str | None:
        """The token it comes with."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def account(self) -> Account:
        """Who asks. Raises ApiError 1001."""
        return self.backend.accounts.authenticate(self.bearer)

    @property
    def multipart(self) -> bool:
        kind = self.request.headers.get("content-type", "").lower()
        return self.entry.endpoint == "upload" and kind.startswith("multipart/form-data")

    async def drain(self) -> None:
        """Read and forget the body: a sender that is cut off would not see the answer."""
        async for _ in self.request.stream():
            pass

    def media_url(self, item: Media) -> str:
        return self.url(item.key, item.name)

    def url(self, key: str, name: str) -> str:
        """A public address of a file on this very server, as the client reached it."""
        return str(self.request.base_url).rstrip("/") + file_path(key, name)


Handler = Callable[[Call], Awaitable[ASGIApp]]


class Endpoint:
    """An endpoint as an ASGI application: journalled, exposed to faults, never a traceback."""

    def __init__(self, backend: Backend, name: str, handler: Handler) -> None:
        self._backend = backend
        self._name = name
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        backend = self._backend
        entry = backend.journal.open(
            self._name,
            request.method,
            scope["path"],
            request.headers,
            backend.clock.now(),
            query=scope["query_string"].decode("latin-1"),
        )
        entry.session = request.path_params.get("session")
        wire = Wire(scope, receive, send, entry, backend.pause)
        try:
            response = await self._answer(Call(backend, request, entry), wire)
            if response is not None:
                await response(scope, receive, wire)
        except ClientDisconnect:
            pass  # the journal says so
        finally:
            wire.finish("dropped")

    async def _answer(self, call: Call, wire: Wire) -> ASGIApp | None:
        """The response, or None if a fault has cut the connection instead."""
        problem = await self._read(call)
        fault = self._backend.faults.take(call.entry, self._backend.seed)
        if fault is not None:
            call.fault = fault
            wire.arm(fault)
            call.entry.fault = fault.name
            if call.multipart and (fault.answers or fault.drops):
                await call.drain()
            if fault.delay:
                await self._backend.pause(fault.delay)
            if fault.expire_token and call.bearer:
                self._backend.accounts.change(call.bearer, expire=True)
            if fault.drops:
                wire.hang_up()
                return None
            if fault.answers:
                return _canned(fault, call.entry)
        try:
            if problem is not None:
                raise problem
            response = await self._handler(call)
        except ApiError as error:
            call.entry.code = error.code
            return envelope(None, code=error.code, message=error.message)
        call.entry.code = 0
        return response

    async def _read(self, call: Call) -> ApiError | None:
        """Take the body in, so that the journal has it whatever happens next.

        Files are left to the handler, which writes them to disk.
        """
        if call.multipart or self._name not in _WITH_BODY:
            return None
        try:
            raw = await bodies.read(call.request)
            call.body = bodies.parse_object(raw)
        except ApiError as problem:
            return problem
        call.entry.take(raw)
        session = call.body.get("session_id", call.body.get("sessionId"))
        if isinstance(session, str):
            call.entry.session = session
        return None


_WITH_BODY = ("session", "message", "upload", "render", "claim")


def envelope(
    data: Any, *, code: int = 0, message: str = "success", status: int | None = None
) -> Response:
    """`{"code", "message", "data"}`. A code that is an HTTP status is sent as one too."""
    if status is None:
        status = code if 400 <= code < 600 else 200
    return json_response({"code": code, "message": message, "data": data}, status)


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, headers, media_type="application/json")


def _canned(fault: Fault, entry: Entry) -> Response:
    code = fault.code if fault.code is not None else (fault.status or 0)
    entry.code = code
    if fault.body is None:
        message = f"Fault: {code}" if code else "success"
        response = envelope(None, code=code, message=message, status=fault.status)
        response.headers.update(fault.headers)
        return response
    status = fault.status or 200
    if isinstance(fault.body, str):
        return Response(fault.body, status, {"content-type": "text/html", **fault.headers})
    return json_response(fault.body, status, fault.headers)
