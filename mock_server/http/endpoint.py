"""One request and its answer: journalled, held to the contract, exposed to faults, never a
traceback."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import openapi
from mock_server.backend.backend import Backend
from mock_server.backend.media_library import file_path
from mock_server.backend.models import Account, Media
from mock_server.errors import FAILED, ApiError, BreachError, StorageError, bad_request
from mock_server.faults import Fault
from mock_server.faults.effects import AnswerFault
from mock_server.http import bodies
from mock_server.http.fault_injection import Wire
from mock_server.journal import Entry
from mock_server.openapi import Operation

VIOLATIONS_KEPT = 50
"""How many a journal entry holds, and how many unknown fields."""
NAME_KEPT = 200
"""Characters kept of the place of an unknown field."""
_JSON = "application/json"
_ENOUGH = Fault("any", reset=True)
"""What hits the requests beyond `Backend.max_requests`."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_log = logging.getLogger(__name__)


@dataclass
class Call:
    """One request to one endpoint, with what a handler needs. `headers` has names in lower case."""

    backend: Backend
    request: Request
    entry: Entry
    headers: Mapping[str, str]
    operation: Operation | None
    """What the contract says of it; None for what stands outside of it."""
    fault: Fault | None = None
    _body: dict[str, Any] = field(default_factory=dict)
    _wrong: str | None = None
    """What is wrong with the body."""
    _wrong_headers: dict[str, str] = field(default_factory=dict)

    @property
    def bearer(self) -> str | None:
        """The token it comes with."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def account(self) -> Account:
        """Who asks. Raises ApiError 1001."""
        return self.backend.accounts.authenticate(self.bearer)

    @property
    def multipart(self) -> bool:
        return self.entry.endpoint == "upload" and self._kind == "multipart/form-data"

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body, as its schema has it. Raises ApiError 400, which names the field."""
        if self._wrong is not None:
            raise bad_request(self._wrong)
        return self._body

    def want_headers(self, *names: str, code: int, message: str = "") -> None:
        """Raises ApiError with this code if one of the headers is not as the contract has it."""
        if wrong := [self._wrong_headers[name] for name in names if name in self._wrong_headers]:
            raise ApiError(code, message + ", ".join(wrong))

    def note(self, violation: str) -> None:
        """Put into the journal what is not as the contract has it."""
        noted, violation = self.entry.violations, self.entry.hide(violation)
        if violation not in noted and len(noted) < VIOLATIONS_KEPT:
            noted.append(violation)
            self.entry.touch()

    def note_unknown(self, place: str) -> None:
        """Put into the journal what the contract does not know."""
        if len(self.entry.unknown) < VIOLATIONS_KEPT:
            self.entry.unknown.append(self.entry.hide(place)[:NAME_KEPT])

    def check_head(self) -> None:
        """Hold headers and query to the contract."""
        if self.operation is None:
            return
        if self.request.method != self.operation.method:
            self.note(f"{self.request.method} {self.entry.path} {openapi.NOT_IN_CONTRACT}")
        for found in openapi.header_differences(self.operation, self.headers):
            if found.severity == "info":
                self.note_unknown(found.place)
            else:
                name = found.place.removeprefix("header.")
                self._wrong_headers[name] = f"{name} {found.said}"
                self.note(str(found))
        if self.entry.query:
            for name, _ in parse_qsl(self.entry.query, keep_blank_values=True):
                if name not in self.operation.query:
                    self.note_unknown(f"query.{name}")

    async def take_body(self) -> None:
        """Take the body in, so that the journal has it whatever happens next, and hold it to the
        contract. Files are left to the handler, which writes them to disk."""
        requests = self.operation.requests if self.operation else {}
        if self.multipart or (self.operation and not requests):
            return
        try:
            raw = await bodies.read(self.request)
            self.entry.take(raw)
            if not requests:
                return
            body = bodies.parse_object(raw)
        except ApiError as problem:
            self._wrong = problem.message
            self.note(f"body: {problem.message}")
            return
        session = body.get("session_id", body.get("sessionId"))
        if isinstance(session, str):
            self.entry.session = self.entry.hide(session)
        if self._kind not in requests:
            self.note(f"header.Content-Type must be {' or '.join(requests)}")
        schema = requests[_JSON]
        self._body = body
        for found in openapi.differences(schema, body):
            if found.severity == "info":
                self.note_unknown(f"body.{found.place}")
            else:
                self._wrong = self._wrong or str(found)
                self.note(f"body.{found}")

    def check_answer(self, response: ASGIApp) -> None:
        """Hold the backend's own answer to the contract."""
        if self.operation is None or not isinstance(response, Response):
            return
        kind, value = response.media_type or "", getattr(response, "value", None)
        for found in openapi.answer_differences(self.operation, response.status_code, kind, value):
            self._blame(str(found))

    def check_event(self, event: bytes) -> None:
        """Hold an event of the backend's own stream to the contract."""
        data = event.removeprefix(b"data:").strip()
        schema = self.operation.event if self.operation else None
        if schema is None or not data or not event.startswith(b"data:"):
            return
        for found in openapi.differences(schema, json.loads(data)):
            self._blame(f"event {found}")

    def _blame(self, what: str) -> None:
        self.note(f"answer: {what}")
        _log.error("%s: the answer is not as the contract has it: %s", self.entry.endpoint, what)

    @property
    def _kind(self) -> str:
        """The body's content type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

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
    """An endpoint as an ASGI application; the name is that of its operation, if it has one."""

    def __init__(self, backend: Backend, name: str, handler: Handler) -> None:
        self._backend = backend
        self._name = name
        self._handler = handler
        self._operation = openapi.operations().get(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        backend = self._backend
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        entry = backend.journal.open(
            self._name,
            scope["method"],
            scope["path"],
            headers,
            backend.clock.now(),
            query=scope["query_string"].decode("latin-1"),
        )
        session = scope["path_params"].get("session")
        entry.session = None if session is None else entry.hide(session)
        wire = Wire(scope, receive, send, entry, backend.pause)
        call = Call(backend, request, entry, headers, self._operation)
        try:
            response = await self._answer(call, wire)
            if response is not None:
                await response(scope, receive, wire)
        except ClientDisconnect:
            pass  # the journal says so
        finally:
            wire.finish("dropped")

    async def _answer(self, call: Call, wire: Wire) -> ASGIApp | None:
        """The response, or None if a fault has cut the connection instead."""
        call.check_head()
        await call.take_body()
        settings = self._backend.settings
        most = settings.max_requests
        if most is not None and call.entry.number > most:
            call.note(f"more than {most} requests: no further one is answered")
            fault: Fault | None = _ENOUGH
        else:
            fault = self._backend.faults.take(call.entry, settings.seed)
        if fault is not None:
            call.fault = fault
            wire.arm(fault)
            call.entry.fault = fault.name
            if call.multipart and (fault.answers or fault.drops):
                await call.drain()
            if fault.answer.delay:
                await self._backend.pause(fault.answer.delay)
            if fault.answer.expire_token and call.bearer:
                self._backend.accounts.change(call.bearer, expire=True)
            if fault.drops:
                wire.hang_up()
                return None
            if fault.answers:
                return _canned(fault.answer, call.entry)
        try:
            response = await self._handler(call)
        except ApiError as error:
            if isinstance(error, BreachError):
                call.note(f"body: {error.message}")
            call.entry.code = error.code
            response = envelope(None, code=error.code, message=error.message)
        except (StorageError, OSError) as error:
            self._backend.storage_failed(error)
            call.entry.code = FAILED
            return envelope(None, code=FAILED, message=str(error))
        else:
            if call.entry.code is None:
                call.entry.code = 0
        if settings.validate:
            call.check_answer(response)
        return response


class JsonResponse(Response):
    """An answer as JSON, with the value that it was made of."""

    media_type = _JSON

    def __init__(
        self, value: Any, content: bytes, status: int, headers: dict[str, str] | None
    ) -> None:
        super().__init__(content, status, headers)
        self.value = value


def envelope(
    data: Any, *, code: int = 0, message: str = "success", status: int | None = None
) -> Response:
    """`{"code", "message", "data"}`. A code that is an HTTP status is sent as one too."""
    if status is None:
        status = code if 400 <= code < 600 else 200
    return json_response({"code": code, "message": message, "data": data}, status)


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JsonResponse(value, _encode(value).encode(), status, headers)


def _canned(fault: AnswerFault, entry: Entry) -> Response:
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
