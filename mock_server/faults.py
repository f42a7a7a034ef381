"""What is to go wrong, where and how often."""

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

ENDPOINTS = (
    "token",
    "session",
    "message",
    "upload",
    "credits",
    "state",
    "render",
    "render_status",
    "render_cancel",
    "render_download",
    "claim",
    "file",
)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. What is not set stays as it is without the fault.

    `code` alone comes inside a 200 (or under its own status, if it is one), `status` alone with the
    same number as code, both together as told; `body` replaces the answer's body (a dict is sent as
    JSON, a string as text/html, as a proxy would). These three answer instead of the backend, which
    does nothing. `reset` alone drops the connection before the backend has done anything.

    `cut_after_bytes` and, of a message's stream, `cut_after_events` let the backend work and cut its
    answer off: closed, or reset if `reset` is set. The work itself goes on to its end, unless `stop_work` is set.
    """

    endpoint: str
    code: int | None = None
    status: int | None = None
    body: dict[str, Any] | list[Any] | str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    """How many requests it hits; None for all."""
    after: int = 0
    """How many requests it lets pass first."""
    delay: float = 0.0
    """Seconds before anything happens, multiplied by the backend's pace."""
    cut_after_bytes: int | None = None
    cut_after_events: int | None = None
    reset: bool = False
    stop_work: bool = False
    heartbeats_for: float | None = None
    """A message's stream first brings nothing but heartbeats for so many seconds (times pace)."""
    silent: bool | None = None
    """Whether an edit's stream closes without text; None leaves it to the seed."""
    outcome: Literal["failed", "stuck"] | None = None
    """What becomes of a render that was accepted."""

    def __post_init__(self) -> None:
        if self.endpoint not in ENDPOINTS:
            raise ValueError(f"no endpoint {self.endpoint!r}; there are {', '.join(ENDPOINTS)}")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or None for every request")
        for name in ("code", "status", "after", "cut_after_bytes", "cut_after_events"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise ValueError(f"{name} must be a whole number")
        for name in ("delay", "heartbeats_for"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int | float) or value < 0):
                raise ValueError(f"{name} must be a number of seconds")
        if self.status is not None and not 200 <= self.status < 600:
            raise ValueError("status must be from 200 to 599")
        if self.outcome not in (None, "failed", "stuck"):
            raise ValueError("outcome is 'failed' or 'stuck'")

    @property
    def answers(self) -> bool:
        """Whether this fault answers in the backend's place."""
        return self.code is not None or self.status is not None or self.body is not None

    @property
    def drops(self) -> bool:
        """Whether it ends the connection before the backend has done anything."""
        cuts = self.cut_after_bytes is not None or self.cut_after_events is not None
        return self.reset and not cuts and not self.answers

    @property
    def name(self) -> str:
        """What the journal calls it."""
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, spec in self.__dataclass_fields__.items()
            if name not in ("endpoint", "body", "headers", "times", "after")
            and getattr(self, name) != spec.default
        ]
        return " ".join([*changed, *(["body"] if self.body is not None else [])])


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    hits: int = 0


class Faults:
    """The faults that are armed, oldest first. The first that applies to a request hits it."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault))

    def take(self, endpoint: str) -> Fault | None:
        """The fault that hits this request, if one does. Every call counts as one request."""
        hit: Fault | None = None
        with self._lock:
            for armed in self._armed:
                if armed.fault.endpoint != endpoint:
                    continue
                armed.seen += 1
                spent = armed.fault.times is not None and armed.hits >= armed.fault.times
                if hit is None and not spent and armed.seen > armed.fault.after:
                    armed.hits += 1
                    hit = armed.fault
        return hit

    def armed(self) -> list[Fault]:
        """The faults that can still hit something."""
        with self._lock:
            return [
                armed.fault
                for armed in self._armed
                if armed.fault.times is None or armed.hits < armed.fault.times
            ]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()
