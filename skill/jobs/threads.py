"""What blocks (hashing, waiting for the disk) in a thread, so that the event loop goes on; and an
event loop that hears of its end wherever it runs."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


async def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread. As if it was called without one, it is called, once, and has
    ended when this returns or raises, whoever cancels the task meanwhile: what was paid for is
    noted, and no note is made once the job is let go of."""
    begin, ended = threading.Lock(), threading.Event()

    def call() -> T:
        begin.acquire()  # kept: whoever comes second does not call it again
        try:
            return function(*args, **kwargs)
        finally:
            ended.set()

    returned: list[T] = []
    with anyio.CancelScope(shield=True):
        try:
            returned.append(await anyio.to_thread.run_sync(call))
        except BaseException:
            # No scope holds back asyncio's own cancellation.
            if begin.acquire(blocking=False):
                function(*args, **kwargs)
            else:
                ended.wait()
            raise
    return returned[0]


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop, also where a sandbox denies the sockets by which asyncio lets threads
    wake its own."""
    try:
        waking, woken = socket.socketpair()
        with waking, woken:
            waking.send(b"\0")
    except OSError:
        if os.name == "posix":
            return _PipeEventLoop()
    return asyncio.new_event_loop()


class _PipeEnd:
    """One end of a pipe, in the words of a socket."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def recv(self, size: int) -> bytes:
        return os.read(self._descriptor, size)

    def send(self, data: bytes) -> int:
        return os.write(self._descriptor, data)

    def close(self) -> None:
        os.close(self._descriptor)


class _PipeEventLoop(asyncio.SelectorEventLoop):
    """The loop of asyncio, woken through a pipe instead of a pair of sockets."""

    _internal_fds: int
    _read_from_self: Callable[[], None]
    _add_reader: Callable[[int, Callable[[], None]], object]

    def _make_self_pipe(self) -> None:
        self._ssock, self._csock = map(_PipeEnd, os.pipe())
        self._internal_fds += 1
        self._add_reader(self._ssock.fileno(), self._read_from_self)
