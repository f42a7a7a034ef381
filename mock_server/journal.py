"""What was asked of the backend, kept in order so that a test can look it up."""

import hashlib
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT_LIMIT = 16_384
_SECRETS = ("token", "secret", "password", "authorization", "cookie")


@dataclass
class Entry:
    """One request and what became of it. Bearers are cut to eight hex digits of their SHA-256."""

    number: int
    endpoint: str
    method: str
    path: str
    headers: dict[str, str]
    started: float
    session: str | None = None
    body: Any = None
    status: int | None = None
    code: int | None = None
    fault: str | None = None
    sent: int = 0
    duration: float | None = None
    """Seconds until the answer was complete; None while it is still under way."""
    ended: str | None = None
    """complete, cut (by a fault) or dropped (by the client); None while it is under way."""

    @property
    def text(self) -> str | None:
        """The words of a message; None for anything else."""
        if self.endpoint != "message" or not isinstance(self.body, Mapping):
            return None
        message = self.body.get("new_message")
        parts = message.get("parts") if isinstance(message, Mapping) else None
        if not isinstance(parts, list):
            return None
        texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
        return "".join(text for text in texts if isinstance(text, str))


@dataclass
class Journal:
    """The last `size` requests, oldest first."""

    size: int = 1000
    _entries: deque[Entry] = field(init=False)
    _count: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._entries = deque(maxlen=self.size)

    def open(
        self, endpoint: str, method: str, path: str, headers: Mapping[str, str], started: float
    ) -> Entry:
        with self._lock:
            self._count += 1
            entry = Entry(self._count, endpoint, method, path, _clean_headers(headers), started)
            self._entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def calls(self, endpoint: str | None = None, *, session: str | None = None) -> list[Entry]:
        """The requests to an endpoint (all, if None), of one session if it is given."""
        return [
            entry
            for entry in self
            if endpoint in (None, entry.endpoint) and session in (None, entry.session)
        ]

    def messages(self, session: str | None = None) -> list[str]:
        """The words of every message that reached the backend whole, also of those a fault then
        hit; a request that broke off before its body was there is none."""
        return [
            entry.text or ""
            for entry in self.calls("message", session=session)
            if entry.body is not None
        ]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def short_fingerprint(secret: str) -> str:
    """Eight hex digits that tell two secrets apart and give neither away."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def clean_body(value: Any, *, depth: int = 0) -> Any:
    """A copy of a JSON value that is bounded and has its secrets cut."""
    if depth > 12:
        return "…"
    if isinstance(value, Mapping):
        return {
            str(key): f"sha256:{short_fingerprint(str(item))}"
            if any(word in str(key).lower() for word in _SECRETS)
            else clean_body(item, depth=depth + 1)
            for key, item in list(value.items())[:200]
        }
    if isinstance(value, list):
        return [clean_body(item, depth=depth + 1) for item in value[:200]]
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        return value[:TEXT_LIMIT] + "…"
    return value


def _clean_headers(headers: Mapping[str, str]) -> dict[str, str]:
    clean = {}
    for name, value in headers.items():
        if any(word in name for word in _SECRETS):
            scheme, _, secret = value.rpartition(" ")
            clean[name] = f"{scheme} sha256:{short_fingerprint(secret)}".strip()
        else:
            clean[name] = value[:2048]
    return clean
