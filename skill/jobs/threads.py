"""What blocks (hashing, waiting for the disk) in a thread, so that the event loop goes on."""

from __future__ import annotations

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
