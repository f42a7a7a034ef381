"""Time as the backend sees it: the real one, or one that a test moves by hand."""

import asyncio
import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Where the backend reads the time and waits. Times are Unix seconds."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...

    def advance(self, seconds: float = 0.0, *, days: float = 0.0) -> None: ...


class RealClock:
    """The machine's time, plus whatever it was advanced by. Waiting takes real time."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def advance(self, seconds: float = 0.0, *, days: float = 0.0) -> None:
        self._offset += seconds + days * 86_400


class ManualClock:
    """A clock that stands still until `advance` is called, from any thread."""

    def __init__(self, start: float = 1_760_000_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._sleepers: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        with self._lock:
            sleeper = (self._now + seconds, asyncio.get_running_loop(), woken)
            self._sleepers.append(sleeper)
        try:
            await woken.wait()
        finally:
            with self._lock:
                if sleeper in self._sleepers:
                    self._sleepers.remove(sleeper)

    def advance(self, seconds: float = 0.0, *, days: float = 0.0) -> None:
        with self._lock:
            self._now += seconds + days * 86_400
            due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._now]
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
            # Inside the lock: a sleeper that is cancelled meanwhile waits for it, so its loop lives.
            for _, loop, woken in due:
                loop.call_soon_threadsafe(woken.set)

    @property
    def sleepers(self) -> int:
        """How many waits are waiting for this clock."""
        return len(self._sleepers)
