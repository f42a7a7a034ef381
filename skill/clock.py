"""Time: every wait of the contract in one place, and the clock that measures it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True)
class Timing:
    """The contract's waits, in seconds."""

    still_working: float = 120.0  # "⏳ Still working..." this often
    sign_of_life: float = 30.0  # no silence longer than this
    heartbeats_only: float = 600.0  # nothing but heartbeats for so long is a time-out
    whole_turn: float = 900.0  # a stream lasts at most 15 minutes
    recovery_first: float = 30.0  # after a cut: wait, read the state
    recovery_again: float = 60.0  # unchanged: wait, read again
    recovery_reads: int = 5  # unchanged so often: failed
    poll: float = 30.0  # between two looks at a render
    render_stalled: float = 300.0  # a render without progress for so long is left for later
    render_deadline: float = 1800.0  # and so is one that takes longer in all
    lock: float = 0.2  # between two tries for a lock another process holds
    rate_limit: float = 30.0  # after a 429 on the token, once
    retry_base: float = 1.0  # reads: full jitter up to base * 2 ** attempt
    retry_cap: float = 20.0
    retry_after_cap: float = 60.0  # a longer Retry-After is told, not waited for
    retries: int = 4
    retry_deadline: float = 120.0  # no further try so long after the first


CLOUD = Timing()
# The built-in backend answers at once and its progress is true: look often, wait for the end.
LOCAL = Timing(poll=0.2, render_deadline=86_400.0, recovery_first=1.0, recovery_again=1.0)


class Clock(Protocol):
    """What the work needs of time; tests hand in one that does not wait."""

    def now(self) -> float: ...
    def wall(self) -> datetime: ...
    def real(self, seconds: float) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class PacedClock:
    """The real clock, with every wait multiplied by `pace`.

    `now` runs 1/pace as fast as the wall, so that whoever counts in the contract's seconds
    needs not know of the pace. `real` turns such seconds into the wall's.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = pace

    def now(self) -> float:
        return time.monotonic() / self.pace

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def real(self, seconds: float) -> float:
        return seconds * self.pace

    async def sleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(self.real(seconds))
