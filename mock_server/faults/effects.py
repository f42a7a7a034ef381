"""What a fault holds, by what it is about: the parts of `scenarios/schema.json`, which says what each
field does. What is not set stays as it is without the fault. Seconds are times the backend's pace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mock_server.journal import Entry


@dataclass(frozen=True)
class RequestFilter:
    """Which requests to an endpoint it hits, and how many of them; `times` of None is all."""

    times: int | None = 1
    after: int = 0
    share: float = 1.0
    match: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, entry: Entry) -> bool:
        """Whether a request is one that `match` means."""
        match = self.match
        if not match:
            return True
        words = (entry.text or "") if "contains" in match or "regex" in match else ""
        return (
            match.get("session") in (None, entry.session)
            and match.get("contains", "").casefold() in words.casefold()
            and re.search(match.get("regex", ""), words) is not None
            and all(
                re.search(pattern, entry.headers.get(name.lower(), ""))
                for name, pattern in match.get("headers", {}).items()
            )
        )


@dataclass(frozen=True)
class AnswerFault:
    """What is answered instead, how much of it, and when."""

    code: int | None = None
    status: int | None = None
    body: dict[str, Any] | list[Any] | str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    truncate_after_bytes: int | None = None
    delay: float = 0.0
    expire_token: bool = False


@dataclass(frozen=True)
class ConnectionFault:
    """Where the connection is cut or stalls, and how fast it is."""

    reset: bool = False
    cut_after_bytes: int | None = None
    cut_after_events: int | None = None
    mid_event: bool = False
    stop_work: bool = False
    drip: float | None = None
    stall: float | Literal["forever"] | None = None
    stall_after_bytes: int | None = None
    stall_after_events: int | None = None

    @property
    def cuts(self) -> bool:
        return self.cut_after_bytes is not None or self.cut_after_events is not None


@dataclass(frozen=True)
class StreamFault:
    """What stands in the stream of a message besides its answer."""

    heartbeats_for: float | None = None
    duplicate: bool = False
    junk: bool = False
    error: Literal["event", "crash"] | None = None
    error_after_events: int | None = None


@dataclass(frozen=True)
class WorkFault:
    """What goes wrong with the work itself."""

    silent: bool | None = None
    second_stage_after: float | None = None
    shows_after: float | None = None
    outcome: Literal["failed", "stuck"] | None = None
