"""The transport on its own, around applications of a few lines. That the backend's answers stream
and break over it as over a socket is held in tests/mock_server/test_in_process.py."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.http.asgi_transport import AHEAD, answering
from tests.waiting import HANGS

T = TypeVar("T")

URL = "http://127.0.0.1/"
CHUNK = b"x" * 10_000


def asked(app: ASGIApp, work: Callable[[httpx.AsyncClient], Awaitable[T]], timeout: float) -> T:
    """What comes of some work with a client of an application."""

    async def run() -> T:
        async with (
            answering(app) as transport,
            httpx.AsyncClient(transport=transport, timeout=timeout) as http,
        ):
            return await asyncio.wait_for(work(http), HANGS)

    return asyncio.run(run())


async def answer(send: Send, status: int = 200, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Body:
    """A request's body that never ends by itself; `given` is how many chunks of it have gone."""

    def __init__(self, most: int = 1000) -> None:
        self.given, self._most = 0, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.given < self._most:
            self.given += 1
            yield CHUNK


class TestRequestBody:
    def test_it_is_not_read_ahead_of_the_application(self) -> None:
        body, ahead = Body(), set()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            taken, more = 0, True
            while more:
                message = await receive()
                taken, more = taken + bool(message["body"]), message["more_body"]
                ahead.add(body.given - taken)
            await answer(send, body=b"%d" % taken)

        response = asked(app, lambda http: http.post(URL, content=body.__aiter__()), HANGS)
        assert response.content == b"1000"
        assert max(ahead) <= 2

    def test_who_answers_without_reading_it_is_heard(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await answer(send, 413)

        body = Body()
        response = asked(app, lambda http: http.post(URL, content=body.__aiter__()), HANGS)
        assert response.status_code == 413
        assert body.given < 5

    def test_one_that_nobody_reads_is_a_timeout(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.Event().wait()

        with pytest.raises(httpx.WriteTimeout):
            asked(app, lambda http: http.post(URL, content=Body().__aiter__()), 0.05)

    def test_where_it_fails_the_error_is_the_senders_and_the_application_told(self) -> None:
        told: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            while not told or told[-1]["type"] != "http.disconnect":
                told.append(await receive())

        async def body() -> AsyncIterator[bytes]:
            yield CHUNK
            raise LookupError

        with pytest.raises(LookupError):
            asked(app, lambda http: http.post(URL, content=body()), HANGS)
        assert told[-1]["type"] == "http.disconnect"


class TestAnswer:
    def test_it_is_not_sent_ahead_of_its_reader(self) -> None:
        sent = 0

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal sent
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(100):
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
                sent += len(CHUNK)
            await send({"type": "http.response.body", "body": b""})

        async def work(http: httpx.AsyncClient) -> int:
            async with http.stream("GET", URL) as response:
                await asyncio.sleep(0)
                assert 0 < sent <= AHEAD
                return sum([len(part) async for part in response.aiter_raw()])

        assert asked(app, work, HANGS) == 100 * len(CHUNK)

    def test_who_leaves_waits_until_the_application_has_noticed(self) -> None:
        noticed = False

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal noticed
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            assert (await receive())["type"] == "http.disconnect"
            for _ in range(10):
                await asyncio.sleep(0)
            noticed = True

        async def work(http: httpx.AsyncClient) -> bool:
            async with http.stream("GET", URL):
                pass
            return noticed

        assert asked(app, work, HANGS)

    def test_an_application_that_fails_breaks_the_connection(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise LookupError

        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            asked(app, lambda http: http.get(URL), HANGS)

    def test_what_is_not_answered_at_the_end_is_dropped(self) -> None:
        dropped = False

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal dropped
            await answer(send)
            try:
                await asyncio.Event().wait()
            finally:
                dropped = True

        assert asked(app, lambda http: http.get(URL), HANGS).status_code == 200
        assert dropped
