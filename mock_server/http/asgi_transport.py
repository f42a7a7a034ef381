"""An httpx transport that has an ASGI application answer in the event loop it is called in: no
socket, no thread.

`httpx.ASGITransport` hands an answer out when it is complete. Here both bodies stream, neither
further ahead of its reader than over a socket; the application is told when the reader leaves; and
faults that cut the connection raise what httpx raises for that.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from urllib.parse import unquote

import anyio
import httpx
from starlette.types import ASGIApp, Message

AHEAD = 65_536
"""Bytes that are written ahead of who reads them, as uvicorn does."""
NOTICE_SECONDS = 1.0
"""How long a reader who leaves waits for the application to notice."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def answering(
    app: ASGIApp, *, check: Callable[[], None] = lambda: None
) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """A transport whose requests `app` answers. Any number of clients may use it; what is still
    being answered at the end is dropped. `check` is called before an answer is handed out, and
    where one breaks off: what it raises is raised instead."""
    transport = _Transport(app, check)
    try:
        yield transport
    finally:
        await transport.drop()


class _Transport(httpx.AsyncBaseTransport):
    # It has no `aclose`: a client closes its transport, and is not the only one to use this one.

    def __init__(self, app: ASGIApp, check: Callable[[], None]) -> None:
        self._app = app
        self._check = check
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(request, self._check)
        task = asyncio.create_task(exchange.run(self._app))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await exchange.answer()

    async def drop(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(*running, return_exceptions=True)


class _Head:
    """The beginning of an answer, with the headers that uvicorn adds."""

    def __init__(self, message: Message) -> None:
        self.status: int = message["status"]
        self.headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
        told = {name.lower(): value for name, value in self.headers}
        length = told.get(b"content-length")
        self.length = None if length is None else int(length)
        self.headers.append((b"date", formatdate(usegmt=True).encode()))
        if length is None:
            self.headers.append((b"transfer-encoding", b"chunked"))


class Exchange(httpx.AsyncByteStream):
    """One request and its answer, whose body it is. The application is on one side (`run`), the
    reader on the other; all is called in one event loop."""

    def __init__(self, request: httpx.Request, check: Callable[[], None] = lambda: None) -> None:
        self._request = request
        self._check = check
        self._timeouts = request.extensions.get("timeout", {})
        self._changed = asyncio.Event()
        # The request's body
        self._asked: deque[bytes] = deque()
        self._asked_whole = self._heard_whole = False
        # The answer
        self._head: _Head | None = None
        self._told: deque[bytes] = deque()
        self._sent = self._ahead = 0
        self._over = False
        """Nothing more is sent: it is complete, cut, or the reader has left."""
        self._error: httpx.TransportError | None = None
        self._waits_for_news = self._ended = False
        """Whether the application is waiting to hear something; whether it has returned."""

    # On the application's side

    async def run(self, app: ASGIApp) -> None:
        """Let the application answer."""
        url = self._request.url
        path, _, query = url.raw_path.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "client": ("127.0.0.1", 0),
            "server": (url.host, url.port or (443 if url.scheme == "https" else 80)),
            "state": {"hang_up": self._hang_up},
        }
        try:
            await app(scope, self._receive, self._send)
        except Exception:  # Starlette has answered 500, and tells the server why
            _log.debug("%s %s", self._request.method, url.path, exc_info=True)
        finally:
            self._ended = True
            self._end(self._broken())

    async def _receive(self) -> Message:
        def news() -> bool:
            whole = self._asked_whole and not self._heard_whole
            return self._over or whole or bool(self._asked)

        self._waits_for_news = True
        try:
            await self._until(news)
        finally:
            self._waits_for_news = False
        if self._over:
            return {"type": "http.disconnect"}
        body = self._asked.popleft() if self._asked else b""
        self._heard_whole = self._asked_whole and not self._asked
        self._tell_all()
        return {"type": "http.request", "body": body, "more_body": not self._heard_whole}

    async def _send(self, message: Message) -> None:
        if self._over:
            return
        if message["type"] == "http.response.start":
            self._head = _Head(message)
            self._tell_all()
            return
        body = message.get("body", b"")
        if body and self._request.method != "HEAD":
            self._told.append(body)
            self._sent += len(body)
            self._ahead += len(body)
            self._tell_all()
        if not message.get("more_body", False):
            self._end(None)
        await self._until(lambda: self._over or self._ahead <= AHEAD)

    def _hang_up(self, *, reset: bool) -> None:
        self._end(
            httpx.ReadError("[Errno 104] Connection reset by peer") if reset else self._broken()
        )

    def _end(self, error: httpx.TransportError | None) -> None:
        if not self._over:
            self._over, self._error = True, error
        self._tell_all()

    def _broken(self) -> httpx.RemoteProtocolError:
        """What httpx says where the other side closes the connection now."""
        if self._head is None:
            return httpx.RemoteProtocolError("Server disconnected without sending a response.")
        missing = (
            "incomplete chunked read"
            if self._head.length is None
            else f"received {self._sent} bytes, expected {self._head.length}"
        )
        return httpx.RemoteProtocolError(
            f"peer closed connection without sending complete message body ({missing})"
        )

    # On the reader's side

    async def answer(self) -> httpx.Response:
        """Send the request's body; return the answer when its head has come. Raises the errors of
        httpx."""
        try:
            await self._send_body()
            await self._within("read", lambda: self._over or self._head is not None)
            self._check()
        except BaseException:
            await self.aclose()
            raise
        if self._head is None:
            raise self._error or self._broken()
        return httpx.Response(
            self._head.status,
            headers=self._head.headers,
            stream=self,
            request=self._request,
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def _send_body(self) -> None:
        assert isinstance(self._request.stream, httpx.AsyncByteStream)
        async for chunk in self._request.stream:
            await self._within("write", lambda: self._over or not self._asked)
            if self._over:  # what it has answered tells
                return
            self._asked.append(chunk)
            self._tell_all()
        self._asked_whole = True
        self._tell_all()

    async def read(self) -> bytes | None:
        """The next of the answer's body; None at its end. Raises the errors of httpx."""
        try:
            await self._within("read", lambda: self._over or bool(self._told))
        except BaseException:
            await self.aclose()
            raise
        if self._told:
            body = self._told.popleft()
            self._ahead -= len(body)
            self._tell_all()
            return body
        if self._error is not None:
            self._check()
            raise self._error
        return None

    @property
    def finished(self) -> bool:
        """Whether it is complete, and all of it has been read. May be asked in any thread."""
        return self._over and not self._told and self._error is None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (body := await self.read()) is not None:
            yield body

    async def aclose(self) -> None:
        """Leave: to the application it is a client that has gone. Where it waits to hear of that,
        it is waited for, so that the next request finds it done."""
        watched = self._waits_for_news and not self._over
        self._end(None)
        if watched:
            with anyio.move_on_after(NOTICE_SECONDS, shield=True):
                await self._until(lambda: self._ended)

    # On both

    async def _within(self, limit: str, ready: Callable[[], bool]) -> None:
        """Wait for as long as the request's timeout of that name has it."""
        seconds = self._timeouts.get(limit)
        try:
            with anyio.fail_after(seconds):
                await self._until(ready)
        except TimeoutError:
            late = httpx.WriteTimeout if limit == "write" else httpx.ReadTimeout
            raise late("timed out", request=self._request) from None

    async def _until(self, ready: Callable[[], bool]) -> None:
        while not ready():
            await self._changed.wait()

    def _tell_all(self) -> None:
        """Have all who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()
