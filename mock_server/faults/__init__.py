"""What is to go wrong, where and how often. Knows the journal's requests, and no backend."""

import hashlib
import json
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from mock_server.faults.fault_schema import fault_fields, mistakes, schema
from mock_server.journal import ENDPOINTS, Entry

ANY = "any"
"""In a fault: whichever endpoint it is."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. What is not set stays as it is without the fault; a fault with
    nothing set lets its request pass. What each field does, and may hold, is said in
    `scenarios/schema.json`. Seconds are multiplied by the backend's pace.

    `code` (unless `error` is set), `status` and `body` answer instead of the backend, which does
    nothing. `reset` alone drops the connection before the backend has done anything. A cut lets the
    backend work; the work goes on to its end, unless `stop_work` is set.

    Raises ValueError for what a field cannot hold, with one line for each.
    """

    endpoint: str

    times: int | None = 1
    after: int = 0
    share: float = 1.0
    match: Mapping[str, Any] = field(default_factory=dict)

    code: int | None = None
    status: int | None = None
    body: dict[str, Any] | list[Any] | str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    truncate_after_bytes: int | None = None
    delay: float = 0.0
    expire_token: bool = False

    reset: bool = False
    cut_after_bytes: int | None = None
    cut_after_events: int | None = None
    mid_event: bool = False
    stop_work: bool = False
    drip: float | None = None
    stall: float | Literal["forever"] | None = None
    stall_after_bytes: int | None = None
    stall_after_events: int | None = None

    heartbeats_for: float | None = None
    duplicate: bool = False
    junk: bool = False
    error: Literal["event", "crash"] | None = None
    error_after_events: int | None = None

    silent: bool | None = None
    second_stage_after: float | None = None
    outcome: Literal["failed", "stuck"] | None = None

    def __post_init__(self) -> None:
        if wrong := list(self._mistakes()):
            raise ValueError("\n".join(wrong))

    def _mistakes(self) -> Collection[str]:
        if self.endpoint not in (*ENDPOINTS, ANY):
            there = ", ".join((*ENDPOINTS, ANY))
            return [f"no endpoint {self.endpoint!r}; there are {there}"]
        told = self.told
        wrong = mistakes(schema()["$defs"]["fault"], told)
        for name in told:
            places = fault_fields()[name].get("endpoints")
            if places and self.endpoint not in (*places, ANY):
                wrong.append(f"{name} is for {', '.join(places)}, not {self.endpoint}")
        try:
            json.dumps(self.body, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            wrong.append(f"body: cannot be sent: {error}"[:200])
        for name, value in self.headers.items() if not wrong else ():
            if not _HEADER.fullmatch(f"{name}: {value}"):
                wrong.append(f"headers.{name!r}: no header: a name, and a line of Latin-1 for it")
        for name, needs in _NEEDS.items():
            if name in told and not told.keys() & set(needs):
                wrong.append(f"{name} needs {' or '.join(needs)}")
        return wrong

    @property
    def told(self) -> dict[str, Any]:
        """The fields that are set, the endpoint aside."""
        told = {}
        for spec in fields(self)[1:]:
            default = spec.default if spec.default_factory is MISSING else spec.default_factory()
            if (value := getattr(self, spec.name)) != default or type(value) is not type(default):
                told[spec.name] = value
        return told

    @property
    def answers(self) -> bool:
        """Whether this fault answers in the backend's place."""
        told = self.code if self.error is None else None
        return told is not None or self.status is not None or self.body is not None

    @property
    def drops(self) -> bool:
        """Whether it ends the connection before the backend has done anything."""
        cuts = self.cut_after_bytes is not None or self.cut_after_events is not None
        return self.reset and not cuts and not self.answers

    @property
    def name(self) -> str:
        """What the journal calls it."""
        which = ("times", "after", "share", "match", "headers")
        told = {name: value for name, value in self.told.items() if name not in which}
        told_body = ["body"] if told.pop("body", None) is not None else []
        return " ".join([*(f"{name}={value!r}" for name, value in told.items()), *told_body])

    def concerns(self, entry: Entry) -> bool:
        """Whether it is about a request like this."""
        if self.endpoint not in (entry.endpoint, ANY):
            return False
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


_HEADER = re.compile(
    r"[\w!#$%&'*+.^`|~-]+: ([!-~\xa1-\xff]([ !-~\xa1-\xff]*[!-~\xa1-\xff])?)?", re.ASCII
)
_NEEDS = {
    "mid_event": ("cut_after_events", "stall_after_events"),
    "stop_work": ("cut_after_bytes", "cut_after_events"),
    "stall_after_bytes": ("stall",),
    "stall_after_events": ("stall",),
    "error_after_events": ("error",),
}
"""Fields that do nothing unless one of others is set too."""


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.hits >= self.fault.times

    def hits_next(self, seed: int) -> bool:
        """Whether it hits the request that it has just seen."""
        fault = self.fault
        if self.spent or self.seen <= fault.after:
            return False
        return fault.share >= 1 or chance(seed, f"{fault.endpoint}:{self.seen}") < fault.share


class Faults:
    """The faults that are armed, oldest first. The first that applies to a request hits it."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault))

    def remove(self, faults: Collection[Fault]) -> None:
        """Disarm these very faults, as far as they are armed."""
        gone = {id(fault) for fault in faults}
        with self._lock:
            self._armed = [armed for armed in self._armed if id(armed.fault) not in gone]

    def take(self, entry: Entry, seed: int = 0) -> Fault | None:
        """The fault that hits this request, if one does. Every call counts as one request."""
        if not self._armed:
            return None
        hit: Fault | None = None
        with self._lock:
            for armed in self._armed:
                if not armed.fault.concerns(entry):
                    continue
                armed.seen += 1
                if hit is None and armed.hits_next(seed):
                    armed.hits += 1
                    hit = armed.fault
        return hit

    def armed(self) -> list[Fault]:
        """The faults that can still hit something."""
        with self._lock:
            return [armed.fault for armed in self._armed if not armed.spent]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()


def chance(seed: int, what: str) -> float:
    """A number from 0 up to 1 that is always the same for the same seed and thing."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
