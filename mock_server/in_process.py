"""The backend without a socket: what code under test sends to the production host by httpx is
answered by a backend in the same process.

    from mock_server import Backend
    from mock_server.in_process import production

    with production(Backend(pace=0)):
        httpx.post("https://mega-api-prod.nemovideo.ai/api/auth/anonymous-token", …)

Answers stream as they do over a socket, and faults that cut the connection cut it here too, with the
errors that httpx has for that. Needs respx (the `testing` extra).
"""

import asyncio
import contextlib
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import formatdate
from functools import partial
from typing import Any
from urllib.parse import unquote

import anyio.to_thread
import httpx
import respx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message

from mock_server import hosts
from mock_server.backend.backend import Backend
from mock_server.http.app import create_app

PRODUCTION = "mega-api-prod.nemovideo.ai"
"""The host of the contract. The addresses of files that are handed out are on it too."""
AHEAD = 65_536
"""Bytes that are written ahead of who reads them, as uvicorn does."""


@contextlib.contextmanager
def production(backend: Backend, host: str = PRODUCTION) -> Iterator[respx.MockRouter]:
    """Answer what httpx sends to `host`, sync or async, by this backend, and close it at the end.

    What goes to this machine goes through. A request to anywhere else is an error, unless a route
    of the router that is handed out answers it, or another router of respx.
    """
    try:
        with start_blocking_portal() as portal:
            router = _Router(create_app(backend, control=False), portal, host)
            for name in hosts.NAMES:
                router.route(host=name).pass_through()
            try:
                with router:
                    yield router
            finally:
                portal.call(portal.stop, True)
    finally:
        backend.close()


class _Router(respx.MockRouter):
    """The routes of respx, and before them a host that an application answers.

    Not by a route of its own: what a route calls is not told whether it is waited for.
    """

    def __init__(self, app: ASGIApp, portal: BlockingPortal, host: str) -> None:
        super().__init__(assert_all_called=False)
        self._app = app
        self._portal = portal
        self._loop = portal.call(_running_loop)
        self._host = host

    def handler(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            return super().handler(request)
        exchange = self._open(request)
        return self._answer(request, exchange, exchange.take())

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            return await super().async_handler(request)
        exchange = self._open(request)
        return self._answer(request, exchange, await exchange.take_async())

    def _open(self, request: httpx.Request) -> "_Exchange":
        exchange = _Exchange(request, self._loop)
        self._portal.start_task_soon(exchange.run, self._app)
        return exchange

    def _answer(
        self, request: httpx.Request, exchange: "_Exchange", start: "_Head | bytes | None"
    ) -> httpx.Response:
        assert isinstance(start, _Head)
        response = httpx.Response(
            start.status,
            headers=start.headers,
            stream=exchange,
            request=request,
            extensions={"http_version": b"HTTP/1.1"},
        )
        self.record(request, response=response)
        return response


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


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


class _Exchange(httpx.SyncByteStream, httpx.AsyncByteStream):
    """One request, and its answer for a reader on another thread: the head, chunks of the body,
    and then either None for its end or the error that httpx raises for a broken connection."""

    def __init__(self, request: httpx.Request, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop
        self._patience: float | None = request.extensions.get("timeout", {}).get("read")
        self._told: queue.SimpleQueue[_Head | bytes | httpx.TransportError | None] = (
            queue.SimpleQueue()
        )
        self._head: _Head | None = None
        self._asked = False
        self._over = asyncio.Event()
        """Nothing more is sent: it is complete, cut, or the reader has left."""
        self._sent = self._ahead = 0
        self._room = asyncio.Event()

    # On the application's side, in its loop

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
            "server": (url.host, url.port or 443),
            "state": {"hang_up": self._hang_up},
        }
        try:
            await app(scope, self._receive, self._send)
        finally:
            self._end(self._broken())

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._request.content, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._over.is_set():
            return
        if message["type"] == "http.response.start":
            self._head = _Head(message)
            self._told.put(self._head)
            return
        body = message.get("body", b"")
        if body and self._request.method != "HEAD":
            self._sent += len(body)
            self._ahead += len(body)
            self._told.put(body)
        if not message.get("more_body", False):
            self._end(None)
        while self._ahead > AHEAD and not self._over.is_set():
            self._room.clear()
            await self._room.wait()

    def _hang_up(self, *, reset: bool) -> None:
        self._end(
            httpx.ReadError("[Errno 104] Connection reset by peer") if reset else self._broken()
        )

    def _end(self, error: httpx.TransportError | None) -> None:
        if not self._over.is_set():
            self._leave()
            self._told.put(error)

    def _leave(self) -> None:
        self._over.set()
        self._room.set()

    def _taken(self, size: int) -> None:
        self._ahead -= size
        self._room.set()

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

    # On the reader's side, in any thread

    def take(self) -> _Head | bytes | None:
        """The next of what is told. Raises what is told as an error, and httpx.ReadTimeout."""
        try:
            told = self._told.get(timeout=self._patience)
        except queue.Empty:
            self.close()
            raise httpx.ReadTimeout("timed out", request=self._request) from None
        if isinstance(told, bytes):
            self._call(partial(self._taken, len(told)))
        if isinstance(told, httpx.TransportError):
            told.request = self._request
            raise told
        return told

    async def take_async(self) -> _Head | bytes | None:
        if not self._told.empty():
            return self.take()
        try:
            return await anyio.to_thread.run_sync(
                self.take, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
            )
        except BaseException:
            self.close()
            self._told.put(None)  # for the thread that may still wait
            raise

    def __iter__(self) -> Iterator[bytes]:
        while isinstance(chunk := self.take(), bytes):
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(chunk := await self.take_async(), bytes):
            yield chunk

    def close(self) -> None:
        """Leave: to the application it is a client that has gone."""
        self._call(self._leave)

    async def aclose(self) -> None:
        self.close()

    def _call(self, what: Callable[[], Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody to tell
            self._loop.call_soon_threadsafe(what)
