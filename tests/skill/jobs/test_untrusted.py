"""Answers from below HTTP: whatever comes, one clear line, in bounded time and memory."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from skill.api import client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.skill.conftest import Ran

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MIB = b"x" * 1024 * 1024


class RawServer:
    """A socket that answers every request with the same bytes, however wrong."""

    def __init__(self, answer: Callable[[], Iterable[bytes]], *, reset: bool) -> None:
        self._answer = answer
        self._reset = reset
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if not connection.recv(65536):
                return
            self.requests += 1
            for piece in self._answer():
                connection.sendall(piece)
            if self._reset:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RawServer]]:
    """A backend of one answer; a request and its answer may take a third of a second."""
    servers: list[RawServer] = []
    monkeypatch.setenv("NEMO_TOKEN", "a-token")
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.001")
    monkeypatch.setattr(client, "_WHOLE_CALL", 0.3)

    def answer(pieces: Callable[[], Iterable[bytes]], *, reset: bool = False) -> RawServer:
        servers.append(RawServer(pieces, reset=reset))
        monkeypatch.setenv("NEMO_API_URL", servers[-1].url)
        return servers[-1]

    yield answer
    for server in servers:
        server.close()


def drip() -> Iterator[bytes]:
    """A byte now and then, for ever."""
    pause = threading.Event()
    yield OK + b"Content-Length: 100000\r\n\r\n"
    while True:
        pause.wait(0.02)
        yield b" "


def informed() -> Iterator[bytes]:
    pause = threading.Event()
    while True:
        pause.wait(0.01)
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


ANSWERS: dict[str, Callable[[], Iterable[bytes]]] = {
    "nothing": list,
    "no HTTP": lambda: [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "half a status line": lambda: [b"HTTP/1.1 20"],
    "headers without end": lambda: itertools.chain(
        [OK], itertools.repeat(b"X-A: " + MIB + b"\r\n")
    ),
    "hints without end": informed,
    "a body without end": lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(MIB)),
    "a body of 64 MB": lambda: [OK + b"Content-Length: 67108864\r\n\r\n", *[MIB] * 64],
    "a body that is cut off": lambda: [OK + b'Content-Length: 900\r\n\r\n{"code":0,'],
    "a negative length": lambda: [OK + b"Content-Length: -5\r\n\r\n{}"],
    "two lengths": lambda: [OK + b"Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}"],
    "chunks that are none": lambda: [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"],
    "a chunk that is cut off": lambda: [OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{}"],
    "a packed bomb": lambda: [
        OK + b"Content-Encoding: gzip\r\n\r\n",
        *[gzip.compress(b" " * 1_000_000)] * 50_000,
    ],
    "a slow drip": drip,
    "a page instead": lambda: [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    ],
    "numbers without end": lambda: [
        OK + b'Connection: close\r\n\r\n{"code":0,"data":{"available":' + b"9" * 100_000 + b"}}"
    ],
    "JSON too deep": lambda: [OK + b"Connection: close\r\n\r\n" + b'{"data":' * 100_000],
    "half a character": lambda: [OK + b'Connection: close\r\n\r\n{"code":0,"data":"\xf0\x9f"}'],
    "data of the wrong type": lambda: [OK + b'Connection: close\r\n\r\n{"code":0,"data":[1]}'],
    "a field of the wrong type": lambda: [
        OK + b'Connection: close\r\n\r\n{"code":0,"data":{"available":{"x":1}}}'
    ],
}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda name: name.replace(" ", "-"))
def test_one_clear_line(
    answering: Callable[..., RawServer], run: Callable[..., Ran], answer: str
) -> None:
    server = answering(ANSWERS[answer])
    tracemalloc.start()
    ran = run("credits")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ran.code == 9, ran.err
    line, *hint = ran.err.splitlines()
    assert line.startswith("error: ")
    assert len(line) < 300
    assert len(hint) <= 1
    assert ran.out == ""
    assert 1 <= server.requests <= 5
    assert peak < 48 * 1024 * 1024


def test_a_connection_that_is_reset(
    answering: Callable[..., RawServer], run: Callable[..., Ran]
) -> None:
    answering(lambda: [OK + b"\r\n{"], reset=True)
    assert run("credits").code == 9


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_stays(
    answering: Callable[..., RawServer], run: Callable[..., Ran], status: int
) -> None:
    elsewhere = answering(lambda: [OK + b"Content-Length: 2\r\n\r\n{}"])
    head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}/x\r\nContent-Length: 0\r\n\r\n"
    answering(lambda: [head.encode()])
    ran = run("credits")
    assert (ran.code, elsewhere.requests) == (9, 0)
    assert "redirects elsewhere" in ran.err
