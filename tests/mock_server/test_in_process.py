"""Without a socket the backend answers as over one: each of these is asked both ways."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast

import httpx
import pytest
import respx

from mock_server import ManualClock
from mock_server.backend.backend import Backend
from mock_server.in_process import PRODUCTION, production
from mock_server.server import Server
from tests.mock_server.api import ATTRIBUTION, MAKE, Api, FakeRenderer, inspector
from tests.mock_server.http.test_streams import Reader
from tests.waiting import HANGS, until

Open = Callable[..., Api]


@pytest.fixture(params=["socket", "in process"])
def way(request: pytest.FixtureRequest, renderer: FakeRenderer) -> Iterator[Open]:
    """A client of a backend: `way(pace=1.0)`."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Api:
            fakes = {"renderer": renderer, "inspector": inspector}
            backend = Backend(**{"pace": 0.0, "silent_rate": 0.0, **fakes, **settings})
            if request.param == "socket":
                server = stack.enter_context(Server(backend))
                url = server.url
            else:
                stack.enter_context(production(backend))
                server, url = cast("Server", None), f"https://{PRODUCTION}"
            http = stack.enter_context(
                httpx.Client(base_url=url, headers=ATTRIBUTION, trust_env=False, timeout=HANGS)
            )
            return Api(backend, server, http)

        yield start


def asked(api: Api) -> list[tuple[str, int, dict[str, str], Any]]:
    """One of each kind of request; what is another each time is left out."""
    responses = [
        api.http.get("/api/credits/balance/simple"),
        api.http.post("/api/auth/anonymous-token"),
        api.http.get("/api/credits/balance/simple?x=1&y=%C3%A4"),
        api.http.head("/api/credits/balance/simple"),
        api.http.put("/run_sse"),
        api.http.get("/nowhere/%2e%2e/ä b"),
        api.http.post("/run_sse", content=b"{"),
    ]
    api.made("beach.png")
    responses.append(api.http.post("/run_sse", json=api.message("what is this?")))
    api.render()
    done = api.wait()
    responses.append(api.http.get("/api/render/proxy/render_1/download"))
    responses.append(api.http.get(done["output"]["url"], headers={"Range": "bytes=100-199"}))
    responses.append(api.http.post("/api/render/proxy/lambda/render_1/cancel"))
    changing = ("date", "last-modified", "etag")
    return [
        (
            response.request.method,
            response.status_code,
            {name: value for name, value in response.headers.items() if name not in changing},
            response.content,
        )
        for response in responses
    ]


def test_every_answer_is_the_same_both_ways(renderer: FakeRenderer) -> None:
    settings: dict[str, Any] = {"pace": 0, "silent_rate": 0, "clock": ManualClock()}
    settings |= {"renderer": renderer, "inspector": inspector}
    with Server(Backend(**settings)) as server, httpx.Client(base_url=server.url) as http:
        http.headers.update(ATTRIBUTION)
        over_a_socket = asked(Api(server.backend, server, http))
    backend = Backend(**settings)
    with production(backend), httpx.Client(base_url=f"https://{PRODUCTION}") as http:
        http.headers.update(ATTRIBUTION)
        without = asked(Api(backend, cast("Server", None), http))
    assert without == over_a_socket


class TestStreams:
    def test_each_event_is_read_before_the_next_is_sent(self, way: Open) -> None:
        api = way(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png", "b.png")
        with api.stream(MAKE) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            reader = Reader(api, response)
            assert reader.read(4).count(b"\n\n") == 4
            (entry,) = api.backend.journal.calls("message")
            assert entry.ended is None

    def test_who_leaves_early_gets_the_price_back(self, way: Open) -> None:
        api = way(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        with api.stream(MAKE) as response:
            reader = Reader(api, response)
            reader.read(2)
            assert api.credits()["frozen"] == 50
        until(lambda: api.credits() == {"available": 100, "frozen": 0, "total": 100})
        (entry,) = api.backend.journal.calls("message")
        until(lambda: entry.ended == "dropped")

    def test_who_left_early_is_answered_at_once(self, way: Open) -> None:
        api = way(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        for _ in range(25):
            with api.stream(MAKE) as response:
                assert response.status_code == 200
            if api.server is not None:  # over a socket it takes a moment
                until(lambda: not api.backend.messages.busy())

    def test_who_left_early_is_answered_at_once_async(self, way: Open) -> None:
        api = way(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")

        async def leave() -> None:
            async with (
                httpx.AsyncClient(base_url=api.http.base_url, headers=api.http.headers) as http,
                http.stream("POST", "/run_sse", json=api.message(MAKE)) as response,
            ):
                assert response.status_code == 200

        for _ in range(10):
            asyncio.run(leave())
            if api.server is not None:
                until(lambda: not api.backend.messages.busy())

    def test_async_too(self, way: Open) -> None:
        api = way(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        clock = api.backend.clock

        async def read() -> bytes:
            body = b""
            async with (
                httpx.AsyncClient(base_url=api.http.base_url, headers=api.http.headers) as http,
                http.stream("POST", "/run_sse", json=api.message(MAKE)) as response,
            ):
                chunks = response.aiter_raw()
                for number in range(1, 4):
                    await asyncio.to_thread(until, lambda: clock.sleepers == 1)
                    clock.advance(0.05)
                    while body.count(b"\n\n") < number:
                        body += await anext(chunks)
            return body

        assert asyncio.run(read()).count(b"\n\n") == 3
        until(lambda: api.credits()["frozen"] == 0)

    def test_who_is_cancelled_while_it_waits_has_left(self, way: Open) -> None:
        api = way(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")

        async def give_up() -> None:
            async with httpx.AsyncClient(
                base_url=api.http.base_url, headers=api.http.headers
            ) as http:
                asked = asyncio.create_task(http.post("/run_sse", json=api.message(MAKE)))
                await asyncio.to_thread(until, lambda: api.backend.clock.sleepers == 1)
                asked.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asked

        asyncio.run(give_up())
        until(lambda: api.credits()["frozen"] == 0)

    def test_many_at_once(self, way: Open) -> None:
        api = way().start()
        path = "/api/credits/balance/simple"

        async def ask() -> list[int]:
            async with httpx.AsyncClient(
                base_url=api.http.base_url, headers=api.http.headers, timeout=HANGS
            ) as http:
                answers = await asyncio.gather(*[http.get(path) for _ in range(60)])
            return [answer.status_code for answer in answers]

        assert asyncio.run(ask()) == [200] * 60


class TestCuts:
    @pytest.mark.parametrize(
        ("fault", "error", "said"),
        [
            ({"cut_after_events": 3}, httpx.RemoteProtocolError, "incomplete chunked read"),
            ({"cut_after_bytes": 40}, httpx.RemoteProtocolError, "incomplete chunked read"),
            ({"cut_after_bytes": 0}, httpx.RemoteProtocolError, "without sending a response"),
            ({"reset": True}, httpx.ReadError, None),
            ({"reset": True, "cut_after_events": 3}, httpx.ReadError, None),
        ],
    )
    def test_a_stream(
        self, way: Open, fault: dict[str, Any], error: type[Exception], said: str | None
    ) -> None:
        api = way().start()
        api.upload("a.png")
        api.backend.fail("message", **fault)
        with pytest.raises(error, match=said):
            api.say(MAKE)
        assert api.backend.journal.calls("message")[0].ended == "cut"
        worked = 50 if fault != {"reset": True} else 100
        until(lambda: api.credits() == {"available": worked, "frozen": 0, "total": worked})

    def test_what_came_before_the_cut_is_read(self, way: Open) -> None:
        api = way().start()
        api.upload("a.png")
        api.backend.fail("message", cut_after_bytes=40)
        with api.stream(MAKE) as response:
            chunks = response.iter_raw()
            body = b""
            while len(body) < 40:
                body += next(chunks)
            with pytest.raises(httpx.RemoteProtocolError):
                next(chunks)
        assert len(body) == 40

    def test_an_answer_whose_length_was_told(self, way: Open) -> None:
        api = way().start()
        api.backend.fail("credits", cut_after_bytes=10)
        with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes, expected"):
            api.http.get("/api/credits/balance/simple")

    def test_the_one_after_it_is_answered(self, way: Open) -> None:
        api = way().start()
        api.backend.fail("credits", reset=True)
        with pytest.raises(httpx.ReadError):
            api.credits()
        assert api.credits()["total"] == 100

    def test_async_too(self, way: Open) -> None:
        api = way().start()
        api.backend.fail("credits", reset=True)

        async def ask() -> None:
            async with httpx.AsyncClient(base_url=api.http.base_url) as http:
                await http.get("/api/credits/balance/simple")

        with pytest.raises(httpx.ReadError):
            asyncio.run(ask())


def test_an_answer_that_takes_too_long_is_a_timeout(way: Open) -> None:
    api = way(pace=1.0, clock=ManualClock()).start()
    api.backend.fail("credits", delay=60, times=2)
    path = "/api/credits/balance/simple"
    with pytest.raises(httpx.ReadTimeout):
        api.http.get(path, timeout=0.1)

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=api.http.base_url, timeout=0.1) as http:
            await http.get(path)

    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(ask())


def test_a_large_file_is_not_sent_ahead_of_who_reads_it_and_arrives_whole(way: Open) -> None:
    api = way().start()
    photo = b"x" * 24_000_000  # more than a socket buffers
    files = api.upload("a.png", contents=photo).json()["data"]["files"]
    with api.http.stream("GET", files[0]["cdn_url"]) as response:
        chunks = response.iter_raw()
        first = next(chunks)
        for _ in range(600):
            api.credits()
        (entry,) = api.backend.journal.calls("file")
        assert entry.ended is None
        assert first + b"".join(chunks) == photo


class TestOtherHosts:
    def test_a_request_to_anywhere_else_reaches_nothing(self) -> None:
        with (
            production(Backend(pace=0)),
            pytest.raises(respx.models.AllMockedAssertionError, match=r"example\.com"),
        ):
            httpx.get("https://example.com/")

    def test_unless_a_route_answers_it(self) -> None:
        with production(Backend(pace=0)) as router:
            router.get("https://example.com/").respond(204)
            assert httpx.get("https://example.com/").status_code == 204

    def test_this_machine_is_reached(self) -> None:
        with Server(Backend(pace=0)) as server, production(Backend(pace=0)):
            answer = httpx.get(server.url + "/api/credits/balance/simple")
            assert answer.json()["code"] == 1001
            assert len(server.backend.journal) == 1

    def test_what_was_asked_is_among_the_routers_calls(self) -> None:
        with production(Backend(pace=0)) as router:
            httpx.get(f"https://{PRODUCTION}/api/credits/balance/simple")
            assert router.calls.last.request.url.host == PRODUCTION

    def test_httpx_is_as_before_when_it_is_over(self) -> None:
        with production(Backend(pace=0)):
            pass
        with Server(Backend(pace=0)) as server:
            assert httpx.get(server.url + "/nowhere").status_code == 404
