"""One method an endpoint: against the mock on a real socket, and against answers made up."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
import respx

from skill.api.client import Client
from skill.api.public_address import fetch_public
from skill.errors import (
    AuthError,
    BackendFailedError,
    ExportBlockedError,
    FileRefusedError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    RateLimitedError,
    SkillError,
)
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mock_server import Server

pytestmark = pytest.mark.anyio

HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}
URL = "https://backend.test"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class TestAgainstTheMock:
    async def test_all_eleven_endpoints(
        self, server: Server, photos: list[Path], clip: bytes
    ) -> None:
        async with Client(server.url, HEADERS) as client:
            account = await client.anonymous_token("client-1")
            assert account.credits == 100
            assert account.user_id.startswith("anon_")
            assert account.expires_at is not None
            client.token = account.token
            session = await client.create_session("en")
            with photos[0].open("rb") as file:
                (media,) = await client.upload(session.session_id, "cat.png", "image/png", file)
            assert (media.filename, media.file_type, media.width, media.height) == (
                "cat.png",
                "image",
                96,
                64,
            )
            raw = b""
            async with client.send_message(
                session.session_id, "turn my photos into a video, 3 seconds", read_timeout=10
            ) as pieces:
                async for piece in pieces:
                    raw += piece
            assert b"data:" in raw
            credits = await client.credits()
            assert credits.total == credits.available + credits.frozen < 100
            state = await client.state(session.session_id)
            assert state.draft is not None
            assert len(state.video_infos) == 1
            render = await client.start_render("render_1", session.session_id, state.draft)
            assert (render.id, render.url) == ("render_1", None)
            for _ in range(1000):
                render = await client.render_status("render_1")
                if render.status == "completed":
                    break
                await anyio.sleep(0.01)
            assert render.url is not None
            async with fetch_public(render.url, loopback=True) as response:
                assert await response.aread() == clip
            async with client.download("render_1") as response:
                assert await response.aread() == clip
            with pytest.raises(BackendFailedError, match="cannot be cancelled"):
                await client.cancel_render("render_1")
            claim = await client.claim_token(session.task_id, session.session_id)
            assert claim.claim_token.startswith("clm_")

    async def test_the_attribution_headers_go_with_every_request_and_the_token_with_all_but_the_first(
        self, server: Server
    ) -> None:
        async with Client(server.url, HEADERS) as client:
            client.token = (await client.anonymous_token("client-1")).token
            await client.create_session()
            await client.credits()
        entries = list(server.backend.journal)
        assert [entry.endpoint for entry in entries] == ["token", "session", "credits"]
        for entry in entries:
            assert {name: entry.headers[name.lower()] for name in HEADERS} == HEADERS
        assert ["authorization" in entry.headers for entry in entries] == [False, True, True]


async def answered(
    call: Callable[[Client], Awaitable[Any]], response: httpx.Response | Exception, path: str = ""
) -> Any:
    """What a call makes of an answer."""
    with respx.mock(base_url=URL) as router:
        route = router.route(url__regex=f"{URL}/.*")
        if isinstance(response, Exception):
            route.mock(side_effect=response)
        else:
            route.mock(return_value=response)
        async with Client(URL, HEADERS, Token("nmv_usr_canary")) as client:
            return await call(client)


def credits(client: Client) -> Awaitable[Any]:
    return client.credits()


@pytest.mark.parametrize("place", ["status", "code", "both"])
@pytest.mark.parametrize(
    ("code", "kind", "exit_code"),
    [
        (1001, AuthError, 3),
        (1002, NotFoundError, 4),
        (2001, NoCreditsError, 5),
        (4001, FileRefusedError, 6),
        (4002, FileRefusedError, 6),
        (400, BackendFailedError, 10),
        (402, ExportBlockedError, 7),
        (429, RateLimitedError, 8),
        (7777, BackendFailedError, 10),
    ],
)
async def test_every_code_in_either_place(
    code: int, kind: type[SkillError], exit_code: int, place: str
) -> None:
    status = {
        "status": code if code < 600 else 400,
        "code": 200,
        "both": code if code < 600 else 400,
    }[place]
    body = {"message": "said the backend"} | (
        {} if place == "status" and code < 600 else {"code": code}
    )
    with pytest.raises(kind, match="said the backend") as caught:
        await answered(credits, httpx.Response(status, json=body))
    assert caught.value.exit_code == exit_code


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (httpx.Response(200, html="<html>proxy</html>"), "not the JSON"),
        (httpx.Response(502, html="<html>proxy</html>"), "HTTP 502"),
        (httpx.Response(404, text="nothing here"), "could not be read"),
        (httpx.Response(200, content=b'{"code":0,"data":{"avail'), "not the JSON"),
        (httpx.Response(200, json=[1, 2]), "not the JSON"),
        (httpx.Response(200, json={"code": 0, "data": []}), "holds no `data`"),
        (httpx.Response(200, json={"code": 0, "data": {"available": "many"}}), "no balance"),
        (
            httpx.Response(302, headers={"location": "https://elsewhere.test"}),
            "redirects elsewhere",
        ),
        (httpx.Response(200, content=b"[" * 17_000_000), "larger than"),
        (
            httpx.Response(
                200, stream=httpx.ByteStream(b"x"), headers={"content-encoding": "gzip, gzip"}
            ),
            "packed",
        ),
        (httpx.ReadTimeout("slow"), "did not answer"),
    ],
)
async def test_what_is_no_answer_is_a_network_error(
    response: httpx.Response | Exception, said: str
) -> None:
    with pytest.raises(NetworkError, match=said) as caught:
        await answered(credits, response)
    assert caught.value.exit_code == 9
    assert not caught.value.unsent
    assert "canary" not in str(caught.value)


async def test_only_a_connection_that_never_was_counts_as_unsent() -> None:
    with pytest.raises(NetworkError) as caught:
        await answered(credits, httpx.ConnectError("refused"))
    assert caught.value.unsent


async def test_retry_after_is_told() -> None:
    response = httpx.Response(429, json={"code": 429, "message": ""}, headers={"retry-after": "12"})
    with pytest.raises(RateLimitedError) as caught:
        await answered(credits, response)
    assert caught.value.retry_after == 12


@pytest.mark.parametrize(
    "body",
    [
        {
            "id": "r",
            "status": "completed",
            "progress": 100,
            "output": {"url": "https://cdn.test/x", "duration": 5},
        },
        {
            "success": True,
            "data": {
                "id": "r",
                "status": "COMPLETED",
                "progress": 100,
                "outputUrl": "https://cdn.test/x",
                "duration": 5,
            },
        },
        {
            "code": 0,
            "data": {
                "id": "r",
                "status": "completed",
                "progress": 250,
                "output": {"outputUrl": "https://cdn.test/x", "duration": 5},
            },
        },
    ],
)
async def test_both_shapes_of_a_renders_answer(body: dict[str, Any]) -> None:
    render = await answered(
        lambda client: client.render_status("r"), httpx.Response(200, json=body)
    )
    assert (render.status, render.progress, render.url, render.duration) == (
        "completed", 100, "https://cdn.test/x", 5,
    )  # fmt: skip


async def test_success_false_is_an_error() -> None:
    response = httpx.Response(200, json={"success": False, "error": "no gpu"})
    with pytest.raises(BackendFailedError, match="no gpu"):
        await answered(lambda client: client.render_status("r"), response)


async def test_what_is_sent_for_a_message_and_a_render() -> None:
    sent: list[Any] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, json.loads(request.content), dict(request.headers)))
        return httpx.Response(200, json={"id": "render_1", "status": "pending"})

    draft = {"t": [], "unknown": {"kept": [1, 2.5, "ü"]}}
    with respx.mock(base_url=URL) as router:
        router.post("/api/render/proxy/lambda").mock(side_effect=take)
        async with Client(URL, HEADERS, Token("nmv_usr_canary")) as client:
            await client.start_render("render_1", "s1", draft)
    path, body, headers = sent[0]
    assert path == "/api/render/proxy/lambda"
    assert body == {
        "id": "render_1",
        "sessionId": "s1",
        "draft": draft,
        "output": {"format": "mp4", "quality": "high"},
    }
    assert headers["authorization"] == "Bearer nmv_usr_canary"


async def test_a_message_that_is_answered_with_an_error_instead_of_a_stream() -> None:
    async def send(client: Client) -> None:
        async with client.send_message("s", "hi", read_timeout=5) as pieces:
            async for _ in pieces:
                pass

    with pytest.raises(NoCreditsError):
        await answered(send, httpx.Response(200, json={"code": 2001, "message": "none"}))
    with pytest.raises(NetworkError, match="no stream but text/html"):
        await answered(send, httpx.Response(200, html="{}"))


async def test_without_a_token_nothing_but_the_first_request_is_made() -> None:
    async with Client(URL, HEADERS) as client:
        with pytest.raises(AuthError, match="no token yet"):
            await client.credits()
        with pytest.raises(AuthError, match="no token yet"):
            await client.upload("s", "a.png", "image/png", io.BytesIO(b"x"))
