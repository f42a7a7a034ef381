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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
import httpx
import respx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp

from mock_server import hosts
from mock_server.backend.backend import Backend
from mock_server.http.app import create_app
from mock_server.http.asgi_transport import Exchange

P = ParamSpec("P")
T = TypeVar("T")

PRODUCTION = "mega-api-prod.nemovideo.ai"
"""The host of the contract. The addresses of files that are handed out are on it too."""


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
        self._host = host

    def handler(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            return super().handler(request)
        stream = _Stream(Exchange(request), self._portal)
        return self._record(request, stream, self._portal.call(stream.answer, self._app))

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            return await super().async_handler(request)
        stream = _Stream(Exchange(request), self._portal)
        return self._record(request, stream, await stream.call(stream.answer, self._app))

    def _record(
        self, request: httpx.Request, stream: "_Stream", answer: httpx.Response
    ) -> httpx.Response:
        answer.stream = stream
        self.record(request, response=answer)
        return answer


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of an answer that is given in the portal's thread, for a reader in another."""

    def __init__(self, exchange: Exchange, portal: BlockingPortal) -> None:
        self._exchange = exchange
        self._portal = portal

    async def answer(self, app: ASGIApp) -> httpx.Response:
        """Have it answered; to be called in the portal."""
        self._running = asyncio.create_task(self._exchange.run(app))
        return await self._exchange.answer()

    def __iter__(self) -> Iterator[bytes]:
        while not self._exchange.finished:
            if (body := self._portal.call(self._exchange.read)) is not None:
                yield body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._exchange.finished:
            if (body := await self.call(self._exchange.read)) is not None:
                yield body

    def close(self) -> None:
        if self._exchange.finished:
            return
        with contextlib.suppress(RuntimeError):  # the portal is closed: there is nobody to tell
            self._portal.call(self._exchange.aclose)

    async def aclose(self) -> None:
        if self._exchange.finished:
            return
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.close, limiter=anyio.CapacityLimiter(1))

    async def call(self, what: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it in the portal, from another event loop. Who is cancelled meanwhile has left."""
        try:
            return await anyio.to_thread.run_sync(
                self._portal.call,
                partial(what, *args, **kwargs),
                abandon_on_cancel=True,
                limiter=anyio.CapacityLimiter(1),
            )
        except BaseException:
            await self.aclose()  # it also ends the wait in that thread
            raise
