"""What is fetched from a public address: without the token, and past no proxy of another."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
import respx

from skill.api.client import Client
from skill.api.public_fetch import fetch_public
from skill.errors import NetworkError
from skill.token import Token

pytestmark = pytest.mark.anyio

HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}
CLIP = "https://cdn.test/clip.mp4"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name resolves to one public address; the list is of those that were asked for."""
    asked: list[str] = []

    async def getaddrinfo(host: str, *more: object, **options: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.215.14", 443))]

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)
    return asked


async def test_a_file_is_fetched_without_the_token_and_our_headers(resolve: list[str]) -> None:
    with respx.mock() as router:
        route = router.get(CLIP).respond(200, content=b"clip")
        async with (
            Client("https://backend.test", HEADERS, Token("nmv_usr_canary")),
            fetch_public(CLIP, {"Range": "bytes=4-"}, loopback=False) as response,
        ):
            assert await response.aread() == b"clip"
    sent = route.calls.last.request.headers
    assert sent["range"] == "bytes=4-"
    assert "authorization" not in sent
    assert not [name for name in sent if name.startswith("x-skill")]


@pytest.mark.parametrize("loopback", [True, False])
async def test_a_proxy_resolves_the_name_unless_the_backend_is_on_this_machine(
    resolve: list[str], monkeypatch: pytest.MonkeyPatch, loopback: bool
) -> None:
    """Nothing of a backend on this machine is told to a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:1")
    with respx.mock() as router:
        router.get(CLIP).respond(200)
        async with fetch_public(CLIP, loopback=loopback):
            assert resolve == (["cdn.test"] if loopback else [])


async def test_an_address_that_is_not_public_is_not_asked() -> None:
    with respx.mock() as router, pytest.raises(NetworkError, match="not on the public internet"):
        async with fetch_public("https://10.0.0.1/clip.mp4", loopback=False):
            pass
    assert not router.calls


async def test_what_is_asked_for_is_logged_without_its_query(resolve: list[str]) -> None:
    lines: list[str] = []
    with respx.mock() as router:
        router.get(CLIP).respond(206)
        async with fetch_public(f"{CLIP}?signature=x", loopback=False, log=lines.append):
            pass
    assert lines == [f"GET {CLIP}", "→ 206"]
