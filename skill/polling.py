"""When to look again, and when to stop looking: renders, cuts and reads that failed.

Pure: time is handed in, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skill.errors import (
    BackendFailedError,
    NetworkError,
    RateLimitedError,
    SkillError,
    UnfinishedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skill.clock import Timing

COMPLETED = frozenset({"completed"})
FAILED = frozenset({"failed", "cancelled", "canceled"})
UNDER_WAY = frozenset({"pending", "processing"})


@dataclass
class RenderWatch:
    """One render, from its start to its end or the deadline."""

    timing: Timing
    started: float

    def wait(self, status: str, message: str, now: float) -> float | None:
        """Seconds until the next look; None: it is there.

        Raises BackendFailedError where it failed, and UnfinishedError at the deadline: the
        render may yet complete, and its id is kept.
        """
        if status in COMPLETED:
            return None
        if status in FAILED:
            raise BackendFailedError(f"The render {status}{': ' + message if message else '.'}")
        left = self.timing.render_deadline - (now - self.started)
        if left <= 0:
            known = "" if status in UNDER_WAY else " (a status that is not known)"
            raise UnfinishedError(
                f"The render is still {status or 'without a status'}{known} after "
                f"{self.timing.render_deadline / 60:.0f} minutes."
            )
        return min(self.timing.poll, left)


def recovery_waits(timing: Timing) -> Iterator[float]:
    """After a cut: how long to wait before each look at the state, in seconds."""
    yield timing.recovery_first
    for _ in range(timing.recovery_reads):
        yield timing.recovery_again


def retry_wait(
    error: SkillError, attempt: int, timing: Timing, random: Callable[[], float]
) -> float | None:
    """Seconds to wait before a read is tried once more; None: it is not.

    `attempt` counts from 0; `random` gives numbers in [0, 1) (full jitter: the wait is
    drawn from 0 to base * 2 ** attempt). A Retry-After is kept to, up to the cap.
    """
    if not isinstance(error, NetworkError | RateLimitedError) or attempt >= timing.retries:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= timing.retry_after_cap else None
    return random() * min(timing.retry_cap, timing.retry_base * 2.0**attempt)
