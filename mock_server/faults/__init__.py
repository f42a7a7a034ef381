"""What is to go wrong, where and how often. Knows the journal's requests, and no backend."""

import hashlib
import json
import re
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from itertools import chain
from typing import Any

from mock_server.faults.effects import (
    AnswerFault,
    ConnectionFault,
    RequestFilter,
    StreamFault,
    WorkFault,
)
from mock_server.faults.fault_schema import fault_fields, mistakes, schema
from mock_server.journal import ENDPOINTS, Entry

ANY = "any"
"""In a fault: whichever endpoint it is."""


@dataclass(frozen=True, init=False)
class Fault:
    """One thing that goes wrong; one with nothing set lets its request pass.

        Fault("message", cut_after_events=2, times=None)

    The keywords are the fields of the parts: what each of them does, and may hold, is said in
    `scenarios/schema.json`. `code` (unless `error` is set), `status` and `body` answer instead of the
    backend, which does nothing. `reset` alone drops the connection before the backend has done
    anything. A cut lets the backend work; the work goes on to its end, unless `stop_work` is set.

    Raises TypeError for a field that there is not, and ValueError for what a field cannot hold, with
    one line for each.
    """

    endpoint: str
    requests: RequestFilter
    answer: AnswerFault
    connection: ConnectionFault
    stream: StreamFault
    work: WorkFault

    def __init__(self, /, endpoint: str, **told: Any) -> None:
        known = {item.name: name for name, part in _PARTS.items() for item in fields(part)}
        if unknown := sorted(told.keys() - known.keys()):
            raise TypeError(f"a fault has no {', '.join(unknown)}; it has {', '.join(known)}")
        object.__setattr__(self, "endpoint", endpoint)
        for name, part in _PARTS.items():
            held = {key: value for key, value in told.items() if known[key] == name}
            object.__setattr__(self, name, part(**held))
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
            json.dumps(self.answer.body, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            wrong.append(f"body: cannot be sent: {error}"[:200])
        for name, value in self.answer.headers.items() if not wrong else ():
            if not _HEADER.fullmatch(f"{name}: {value}"):
                wrong.append(f"headers.{name!r}: no header: a name, and a line of Latin-1 for it")
        for name, needs in _NEEDS.items():
            if name in told and not told.keys() & set(needs):
                wrong.append(f"{name} needs {' or '.join(needs)}")
        return wrong

    def to_json(self) -> dict[str, Any]:
        """The endpoint and every field, also those that are not set."""
        parts = [asdict(getattr(self, name)).items() for name in _PARTS]
        return {"endpoint": self.endpoint, **dict(chain.from_iterable(parts))}

    @property
    def told(self) -> dict[str, Any]:
        """The fields that are set, the endpoint aside."""
        held = {key: value for name in _PARTS for key, value in vars(getattr(self, name)).items()}
        return {
            key: value
            for key, value in held.items()
            if value != _UNSET[key] or type(value) is not type(_UNSET[key])
        }

    @property
    def answers(self) -> bool:
        """Whether this fault answers in the backend's place."""
        answer = self.answer
        code = answer.code if self.stream.error is None else None
        return code is not None or answer.status is not None or answer.body is not None

    @property
    def drops(self) -> bool:
        """Whether it ends the connection before the backend has done anything."""
        return self.connection.reset and not self.connection.cuts and not self.answers

    @property
    def name(self) -> str:
        """What the journal calls it."""
        told = {key: value for key, value in self.told.items() if key not in _UNNAMED}
        told_body = ["body"] if told.pop("body", None) is not None else []
        return " ".join([*(f"{name}={value!r}" for name, value in told.items()), *told_body])

    def concerns(self, entry: Entry) -> bool:
        """Whether it is about a request like this."""
        return self.endpoint in (entry.endpoint, ANY) and self.requests.matches(entry)


_PARTS: dict[str, type[Any]] = {
    "requests": RequestFilter,
    "answer": AnswerFault,
    "connection": ConnectionFault,
    "stream": StreamFault,
    "work": WorkFault,
}
_UNSET = {key: value for part in _PARTS.values() for key, value in vars(part()).items()}
_UNNAMED = {*vars(RequestFilter()), "headers"}
"""Fields that the journal's name of a fault does without."""
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
        times = self.fault.requests.times
        return times is not None and self.hits >= times

    def hits_next(self, seed: int) -> bool:
        """Whether it hits the request that it has just seen."""
        requests = self.fault.requests
        if self.spent or self.seen <= requests.after:
            return False
        drawn = chance(seed, f"{self.fault.endpoint}:{self.seen}")
        return requests.share >= 1 or drawn < requests.share


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
