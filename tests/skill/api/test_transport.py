"""What all endpoints share: how a file goes into a request, and what the logs say."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
import respx

from skill.api.client import Client
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}
URL = "https://backend.test"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Watched(io.BytesIO):
    """A file that knows which threads have read it, and how much at a time."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[threading.Thread] = set()
        self.sizes: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.readers.add(threading.current_thread())
        piece = super().read(size)
        self.sizes.append(len(piece))
        return piece


async def uploaded(file: io.BytesIO, progress: Callable[[int], None]) -> bytes:
    """Upload a file; returns the request's body."""
    bodies: list[bytes] = []

    def take(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={"code": 0, "data": {"files": [{"filename": "a.mp4"}]}})

    with respx.mock(base_url=URL) as router:
        router.post(url__startswith=f"{URL}/api/upload-video/").mock(side_effect=take)
        async with Client(URL, HEADERS, Token("nmv_usr_canary")) as client:
            await client.upload("s1", "a.mp4", "video/mp4", file, progress)
    return bodies[0]


async def test_no_file_is_read_in_the_event_loop() -> None:
    file = Watched(bytes(2_000_000))
    heard: set[threading.Thread] = set()
    body = await uploaded(file, lambda read: heard.add(threading.current_thread()))
    assert bytes(2_000_000) in body
    assert threading.current_thread() not in file.readers
    assert heard == {threading.current_thread()}


async def test_a_file_is_read_512_kib_at_a_time_and_that_is_told() -> None:
    file, told = Watched(bytes(1_100_000)), list[int]()
    await uploaded(file, told.append)
    assert file.sizes == [524_288, 524_288, 51_424, 0]
    assert sorted(set(told)) == [0, 524_288, 1_048_576, 1_100_000]
    assert told == sorted(told)
