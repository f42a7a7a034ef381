"""When to look again, and when to stop looking: renders, cuts and reads that failed.

Pure: time is handed in, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skill.errors import (
    BackendFailedError,
    NetworkError,
    RateLimitedError,
    SkillError,
    UnfinishedError,
)
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skill.clock import Timing

COMPLETED = frozenset({"completed"})
FAILED = frozenset({"failed", "cancelled", "canceled"})
_ABSENT = 4  # looks at a render that is not known, with the polls between: two minutes


@dataclass
class RenderWatch:
    """One render, from its start to its end or to where waiting has no more sense.

    The reference gives a render 5 minutes in all. Here they count from its last progress, so
    that a long video is not given up while it is being made, with a bound on the whole.
    """

    timing: Timing
    started: float
    _progress: float = field(default=-1.0, init=False)
    _moved: float = field(init=False)
    _absent: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._moved = self.started

    def wait_unknown(self) -> float | None:
        """Seconds until the next look at a render that was accepted and is not known (404): it may
        take a while to be known everywhere. None: it is gone."""
        self._absent += 1
        return self.timing.poll if self._absent <= _ABSENT else None

    def wait(self, status: str, progress: float, message: str, now: float) -> float | None:
        """Seconds until the next look; None: it is there.

        Raises BackendFailedError where it failed, and UnfinishedError at the deadline: the
        render may yet complete, and its id is kept.
        """
        self._absent = 0
        if status in COMPLETED:
            return None
        if status in FAILED:
            raise BackendFailedError(
                say(
                    "The render came to nothing ({status}): {message}",
                    status=status,
                    message=message,
                )
                if message
                else say("The render came to nothing ({status}).", status=status)
            )
        if progress >= self._progress + 1:
            self._progress, self._moved = progress, now
        left = min(
            self.timing.limits.render_stalled - (now - self._moved),
            self.timing.limits.render_deadline - (now - self.started),
        )
        if left <= 0:
            raise UnfinishedError(
                say(
                    "The render is not done after {minutes:.0f} minutes (its status: {status}).",
                    minutes=(now - self.started) / 60,
                    status=status or "-",
                )
            )
        return min(self.timing.poll, left)


def recovery_waits(timing: Timing) -> Iterator[float]:
    """After a cut: how long to wait before each look at the state, in seconds."""
    yield timing.recovery_first
    for _ in range(timing.recovery_reads):
        yield timing.recovery_again


def retry_wait(
    error: SkillError,
    attempt: int,
    timing: Timing,
    random: Callable[[], float],
    elapsed: float = 0.0,
) -> float | None:
    """Seconds to wait before a read is tried once more; None: it is not.

    `attempt` counts from 0; `random` gives numbers in [0, 1) (full jitter: the wait is
    drawn from 0 to base * 2 ** attempt). A Retry-After is kept to, up to the cap. `elapsed`:
    seconds since the first try; answers that drip in slowly are not waited for again and again.
    """
    if not isinstance(error, NetworkError | RateLimitedError) or attempt >= timing.retries:
        return None
    if error.final or elapsed >= timing.limits.retry_deadline:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= timing.retry_after_cap else None
    return random() * min(timing.retry_cap, timing.retry_base * 2.0**attempt)
