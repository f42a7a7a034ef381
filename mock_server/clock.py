"""Time as the backend sees it: the real one, one that runs faster, or one that is moved by hand."""

import asyncio
import threading
import time

DAY = 86_400.0
LAST = 253_370_764_800.0
"""9999-01-01: no clock goes beyond, so that there is a date for a week later too."""

_Sleeper = tuple[float, asyncio.AbstractEventLoop, asyncio.Event]
"""When it is to go on, in which loop, and what wakes it there."""


class Clock:
    """Where the backend reads the time and waits. Times are Unix seconds.

    start: the time it begins at; now, if None.
    rate:  its seconds in a second of the machine's: 1 is real time, 60 a minute a second, and at 0
           it stands still until `advance` moves it. May be set at any time.

    Its methods may be called from any thread.
    """

    def __init__(self, start: float | None = None, *, rate: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._sleepers: set[_Sleeper] = set()
        if start is not None and not 0 <= start <= LAST:
            raise ValueError("a clock begins from 1970 on and before the year 9999")
        self._first = start, _checked(rate)
        self._begin()

    def now(self) -> float:
        with self._lock:
            return self._now()

    @property
    def rate(self) -> float:
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        with self._lock:
            checked = _checked(rate)
            self._read, self._at = self._now(), time.time()
            self._rate = checked
            self._wake(self._read)

    def advance(self, seconds: float = 0.0, *, days: float = 0.0) -> None:
        """Move it on; who waited for a moment that has come goes on. Raises ValueError for a way
        back, and for one beyond the year 9998."""
        step = seconds + days * DAY
        if not 0 <= step < float("inf"):
            raise ValueError("a clock is moved on by a number of seconds, not negative")
        with self._lock:
            if self._now() + step > LAST:
                raise ValueError("a clock does not go beyond the year 9998")
            self._read += step
            self._wake(self._now())

    def reset(self) -> None:
        """Begin again with the time and the rate it was made with. Nobody waits any longer."""
        with self._lock:
            self._begin()
            self._wake(float("inf"))

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        loop, stirred = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            sleeper = (self._now() + seconds, loop, stirred)
            self._sleepers.add(sleeper)
        try:
            while (left := self._left(sleeper)) > 0:
                stirred.clear()
                rate = self._rate
                alarm = loop.call_later(left / rate, stirred.set) if rate else None
                try:
                    await stirred.wait()
                finally:
                    if alarm is not None:
                        alarm.cancel()
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)

    @property
    def sleepers(self) -> int:
        """How many waits are waiting for this clock."""
        return len(self._sleepers)

    def _begin(self) -> None:
        start, self._rate = self._first
        self._at = time.time()
        self._read = self._at if start is None else start

    def _now(self) -> float:
        return min(self._read + (time.time() - self._at) * self._rate, LAST)

    def _left(self, sleeper: _Sleeper) -> float:
        """Seconds that a sleeper still waits; none if it is waited for no more."""
        with self._lock:
            return sleeper[0] - self._now() if sleeper in self._sleepers else 0.0

    def _wake(self, now: float) -> None:
        """Let go who has waited until now, and let the others work out anew how long it takes.

        Inside the lock: a sleeper that is cancelled meanwhile waits for it, so its loop lives.
        """
        for _, loop, stirred in self._sleepers:
            loop.call_soon_threadsafe(stirred.set)
        self._sleepers = {sleeper for sleeper in self._sleepers if sleeper[0] > now}


class ManualClock(Clock):
    """A clock that stands still until `advance` is called, at a time that is always the same."""

    def __init__(self, start: float = 1_760_000_000.0) -> None:
        super().__init__(start, rate=0.0)


def _checked(rate: float) -> float:
    if not 0 <= rate < float("inf"):
        raise ValueError("a clock's rate is a number, not negative")
    return float(rate)
