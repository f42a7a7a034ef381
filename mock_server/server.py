"""The backend on a real socket: uvicorn on a thread of its own, started and stopped at will."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mock_server.backend.backend import Backend
from mock_server.hosts import is_loopback
from mock_server.http.app import create_app

START_SECONDS = 20.0
GRACE_SECONDS = 0.1


class Server:
    """Serves a backend until it is stopped, and closes it then.

        with Server(Backend()) as server:
            httpx.get(server.url + "/api/credits/balance/simple")

    Port 0 takes a free one. Who shows `key` may use the control routes; without one they are for
    this machine. An address that other machines reach always has a key: `self.key`, made if none is
    given. Raises OSError if the address cannot be had; the backend is closed then. Raises ValueError
    for a key that does not fit into a header.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        control: bool = True,
        key: str | None = None,
    ) -> None:
        self.backend = backend
        if key and not (key.isascii() and key.isprintable() and key == key.strip()):
            raise ValueError("a key is printable ASCII, with no space before or after it")
        self.key = key or (None if is_loopback(host) else secrets.token_hex(16))
        try:
            self._socket = _listen(host, port)
        except OSError:
            backend.close()
            raise
        bound = self._socket.getsockname()
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{bound[1]}"
        config = uvicorn.Config(
            create_app(backend, control=control, key=self.key),
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_keep_alive=30,
        )
        self._server = _Uvicorn(config)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to serve; returns when requests are answered."""
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="mock-server", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(START_SECONDS):
            self.stop()
            raise RuntimeError("the mock server did not start")

    def stop(self) -> None:
        """Drop what is under way, end the thread, close the socket and the backend."""
        if self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._thread = None
        self._socket.close()
        self.backend.close()

    def serve_forever(self, ready: Callable[[str], None]) -> int:
        """Serve in the foreground until SIGINT or SIGTERM, and return which of them it was. To be
        called from the main thread."""
        stop = threading.Event()
        heard: list[int] = []

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            heard.append(number)
            stop.set()

        _want_more_files()
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, ask_to_stop) for number in numbers]
        try:
            with self:
                ready(self.url)
                # In slices: on Windows a wait without an end hears no signal.
                while not stop.wait(0.5):
                    pass
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
        return heard[0]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would let two processes share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _want_more_files() -> None:
    """Let this process have as many files open as it may: each stream is one, and many systems
    give a program 1,024 unless it asks for more."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # where "no limit" cannot be asked for
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Uvicorn(uvicorn.Server):
    """uvicorn that says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    async def main_loop(self) -> None:
        # As uvicorn's own, which sleeps to the end of its tenth of a second also when asked to stop.
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # As uvicorn's own, but it pauses for answers under way only if there are any, and not for
        # long: the loop that ends next cancels them, and a cancelled turn gives its credits back.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)

    def stop(self) -> None:
        """End `run`, from another thread. Answers under way are dropped."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class _Protocol(H11Protocol):
    """HTTP/1.1 that hands each request a way to cut its connection, for the faults."""

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, {**app_state, "hang_up": self._hang_up}, _loop)

    def _hang_up(self, *, reset: bool) -> None:
        transport = self.transport
        if not reset:
            transport.close()
            return
        # Lingering for no time makes the close a RST (POSIX, setsockopt SO_LINGER).
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            struct.pack("hh" if os.name == "nt" else "ii", 1, 0),
        )
        transport.abort()
