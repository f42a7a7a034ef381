"""A file on its way up: from disk, in large pieces, and whole each time it is sent."""

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING, Any, BinaryIO

import anyio
import httpx
import pytest

from skill.api.client import Client
from skill.jobs import plan as planning
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

pytestmark = pytest.mark.anyio

HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}
SIZE = 12 * 1024 * 1024


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Sink(httpx.AsyncBaseTransport):
    """Takes requests piece by piece, as a socket does; keeps their sizes and what `keep` says."""

    def __init__(self, *, keep: bool = True) -> None:
        self.pieces: list[int] = []
        self.bodies: list[bytes] = []
        self.promised: list[int] = []
        self._keep = keep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = bytearray()
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for piece in request.stream:
            self.pieces.append(len(piece))
            if self._keep:
                body += piece
        self.bodies.append(bytes(body))
        self.promised.append(int(request.headers["content-length"]))
        return httpx.Response(200, json={"code": 0, "data": {"files": []}})


def client(sink: Sink) -> Client:
    return Client("https://backend.test", HEADERS, Token("nmv_usr_x"), transport=sink)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * (SIZE // 256))
    return path


async def test_a_large_file_goes_up_in_few_pieces_and_little_memory(file: Path) -> None:
    sink = Sink(keep=False)
    async with client(sink) as backend:
        tracemalloc.start()
        with file.open("rb") as body:
            await backend.upload("s", "clip.mp4", "video/mp4", body)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(sink.pieces) < 32
    assert sum(sink.pieces) == sink.promised[0]
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("on_disk", [True, False])
async def test_the_same_open_file_is_sent_whole_again(file: Path, on_disk: bool) -> None:
    """As it is where the first token was refused; on disk, or in a program's memory."""
    sink, content = Sink(), await anyio.Path(file).read_bytes()
    body: BinaryIO = file.open("rb") if on_disk else io.BytesIO(content)
    with body:
        async with client(sink) as backend:
            for _ in range(2):
                await backend.upload("s", "clip.mp4", "video/mp4", body)
    assert [len(sent) for sent in sink.bodies] == sink.promised
    assert all(sent.count(content) == 1 for sent in sink.bodies)
    assert b'name="files"; filename="clip.mp4"\r\nContent-Type: video/mp4\r\n' in sink.bodies[1]


def test_a_file_that_goes_meanwhile_is_one_clear_line(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = planning._prepared

    def prepared(*words: Any, **settings: Any) -> Any:
        files = real(*words, **settings)
        photos[0].unlink()
        return files

    monkeypatch.setattr(planning, "_prepared", prepared)
    for command in ("upload", "make"):
        ran = run(command, photos[0], "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage"), ran.answer
        assert "can no longer be read" in ran.answer["error"]["message"]
        photos[0].write_bytes(photos[1].read_bytes())
