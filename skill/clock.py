"""The contract's waits and limits, and the clock that measures them."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

PATIENCE = 10.0
"""Seconds of real time that pass before any limit is reached, whatever the pace."""


@dataclass(frozen=True)
class TimeLimits:
    """How long to wait for something before giving it up, in seconds of the contract."""

    heartbeats_only: float = 600.0  # a stream with nothing but heartbeats
    whole_turn: float = 900.0  # a stream, in all
    render_stalled: float = 300.0  # a render without progress is left for later
    render_deadline: float = 1800.0  # and so is one that takes longer in all
    retry_deadline: float = 120.0  # no further try so long after the first

    def at_pace(self, pace: float) -> TimeLimits:
        """The limits for a clock that is `pace` times as slow as the real one. A clock that is
        fast makes the waits short, and the machine no faster."""
        least = PATIENCE / pace
        return TimeLimits(**{name: max(limit, least) for name, limit in asdict(self).items()})


@dataclass(frozen=True)
class Timing:
    """How long to wait between two attempts or notices, in seconds of the contract."""

    still_working: float = 120.0  # "⏳ Still working..." this often
    sign_of_life: float = 30.0  # no silence longer than this
    recovery_first: float = 30.0  # after a cut: wait, read the state
    recovery_again: float = 60.0  # unchanged: wait, read again
    recovery_reads: int = 5  # unchanged so often: failed
    poll: float = 30.0  # between two looks at a render
    lock: float = 0.2  # between two tries for a lock another process holds
    rate_limit: float = 30.0  # after a 429 on the token, once
    retry_base: float = 1.0  # reads: full jitter up to base * 2 ** attempt
    retry_cap: float = 20.0
    retry_after_cap: float = 60.0  # a longer Retry-After is told, not waited for
    retries: int = 4
    limits: TimeLimits = field(default_factory=TimeLimits)

    def at_pace(self, pace: float) -> Timing:
        """The timing for `PacedClock(pace)`, which scales the waits itself."""
        return replace(self, limits=self.limits.at_pace(pace))


CLOUD = Timing()
# The built-in backend answers at once and its progress is true: look often, wait for the end.
LOCAL = Timing(
    poll=0.2,
    recovery_first=1.0,
    recovery_again=1.0,
    limits=TimeLimits(render_deadline=86_400.0),
)


def process_began() -> float:
    """When this process began, in Unix seconds; now, where the system does not tell."""
    try:
        ticks = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        age = uptime - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        age = 0.0
    return time.time() - max(0.0, age)


class Clock(Protocol):
    """Tells the time and waits, in seconds of the contract; tests hand in one that doesn't wait."""

    def now(self) -> float: ...
    def wall(self) -> datetime: ...
    def real(self, seconds: float) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class PacedClock:
    """The real clock, with every wait multiplied by `pace`.

    `now` runs 1/pace as fast as real time, so that callers count in seconds of the contract
    whatever the pace. `real` converts those into real seconds; `wall` is the time of day (UTC).
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
