"""An iterator run ahead in a thread of its own, so that making and using overlap."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


class _Source(Generic[T]):
    def __init__(self, items: Generator[T], depth: int) -> None:
        self._items = items
        self._ready: queue.Queue[T | _End] = queue.Queue(depth)
        self._stop = threading.Event()
        # In the caller's context, so that what is logged here can be told to whom it is made for.
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._run,), name="render-frames", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def stop(self) -> None:
        """Ends the thread, at the latest when the item it is at is made."""
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.01)
            except queue.Empty:
                continue
        self._thread.join()

    def _run(self) -> None:
        end = _End()
        try:
            for item in self._items:
                if self._stop.is_set():
                    break
                self._ready.put(item)
        except BaseException as error:
            end = _End(error)
        finally:
            self._items.close()
        self._ready.put(end)


@contextmanager
def prefetched(items: Generator[T], depth: int) -> Iterator[Iterator[T]]:
    """`items`, made up to `depth` ahead in a thread that is gone when the context is left.

    What making one raises is raised where it would have come.
    """
    source = _Source(items, depth)
    source.start()
    try:
        yield iter(source)
    finally:
        source.stop()
