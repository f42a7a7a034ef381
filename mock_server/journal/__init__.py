"""What was asked of the backend and what it answered. Knows the contract's document, and no backend.

Requests are kept in order, so that a test can look them up and demand what is to hold of them.
"""

import itertools
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import unquote_plus

from mock_server.journal.redaction import (
    HEADER_LIMIT,
    HOLD_SECRETS,
    PART_LIMIT,
    Secrets,
    clean_headers,
    cut,
    is_secret,
    without_secrets,
)
from mock_server.openapi import ATTRIBUTION
from mock_server.strict_json import loads_or_none

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
UNKNOWN = "unknown"
"""The endpoint of a request to none of them."""
_GLANCE = 0.01
"""Seconds between two looks of who waits."""


@dataclass(eq=False)
class Entry:
    """One request and what became of it. Secrets are cut to eight hex digits of their SHA-256
    before they are kept."""

    number: int
    endpoint: str
    method: str
    path: str
    headers: dict[str, str]
    started: float
    """Unix seconds, by the backend's clock."""
    query: str = ""
    session: str | None = None
    status: int | None = None
    code: int | None = None
    fault: str | None = None
    type: str = ""
    """The answer's content type."""
    sent: int = 0
    """Bytes of the answer's body."""
    first_byte: float | None = None
    """Seconds until the answer began; None while there is nothing of it."""
    duration: float | None = None
    """Seconds until the answer was complete; None while it is still under way."""
    ended: str | None = None
    """complete, cut (by a fault) or dropped (by the client); None while it is under way."""
    violations: list[str] = field(default_factory=list)
    """What in the request, or in the backend's own answer, is not as the contract has it."""
    unknown: list[str] = field(default_factory=list)
    """Fields of the request that the contract does not know: "body.new_message.rol"."""
    leaked: bool = False
    """Whether a bearer stood where none belongs; `violations` says where."""
    changed: int = 0
    """The journal's version when this entry was last changed."""
    size: int = 0
    """Bytes that are kept of body and answer."""
    _body: bytes = field(default=b"", repr=False)
    _answer: list[tuple[float, bytes]] = field(default_factory=list, repr=False)
    _kept: int = field(default=0, repr=False)
    _versions: Iterator[int] = field(default_factory=itertools.count, repr=False)
    _masked: Callable[[str], str] = field(default=lambda text: text, repr=False)

    def take(self, body: bytes) -> None:
        """Keep the request's body."""
        text = body.decode("utf-8", "replace")
        if b"\\u" in body and (value := loads_or_none(body)) is not None:  # an escape hides nothing
            text = json.dumps(value, ensure_ascii=False)
        if (masked := self._masked(text)) != text:
            self.leak("body: holds a bearer")
            body = masked.encode("utf-8", "replace")
        self.size -= len(self._body)
        self._body = cut(body)
        self.size += len(self._body)
        self.touch()

    def tell(self, after: float, chunk: bytes) -> None:
        """Keep a part of the answer that goes out `after` so many seconds. A stream that answers
        what holds a bearer is not kept: it may repeat it in pieces."""
        if chunk and not (self.leaked and self.streamed):
            if self._kept < PART_LIMIT:
                kept = cut(chunk)
                self._answer.append((after, kept))
                self.size += len(kept)
            self._kept += len(chunk)
            self.touch()

    def leak(self, what: str) -> None:
        """Note that a bearer stands where none belongs."""
        self.leaked = True
        self.violations.append(what)

    def hide(self, text: str) -> str:
        """A text of the client's as it may be kept: without the bearers in it."""
        return self._masked(text)

    def touch(self) -> None:
        """Let those who watch the journal see that this entry has changed."""
        self.changed = next(self._versions)

    @property
    def body(self) -> Any:
        """The request's body as JSON, or as text if it is none; of an upload {"files": names};
        None if there was none."""
        value = loads_or_none(self._body)
        if value is None and self._body.strip() not in (b"", b"null"):
            return self._body.decode("utf-8", "replace")
        return without_secrets(value, self._masked)

    @property
    def answer(self) -> Any:
        """The answer: JSON as it is, other text as a string, a stream as the list of what its
        `data:` lines hold; of anything else, and of what is too long to keep, None."""
        if self.streamed:
            return [value for _, value in self.events]
        if self._kept > PART_LIMIT:
            return None
        whole = b"".join(chunk for _, chunk in self._answer)
        if self.type.startswith("application/json"):
            return without_secrets(loads_or_none(whole), self._masked)
        text = self._masked(whole.decode("utf-8", "replace"))
        return text if self.type.startswith("text/") else None

    @property
    def events(self) -> list[tuple[float, Any]]:
        """What the `data:` lines of a stream hold, each with its seconds after the request; a
        comment line is a string that begins with a colon. As far as they were kept."""
        told: list[tuple[float, Any]] = []
        if not self.streamed:
            return told
        rest = b""
        for after, chunk in self._answer:
            *blocks, rest = (rest + chunk).split(b"\n\n")
            told += [(after, _event(block)) for block in blocks if block]
        if rest:
            told.append((self._answer[-1][0], _event(rest)))
        return [(after, without_secrets(value, self._masked)) for after, value in told]

    @property
    def streamed(self) -> bool:
        return self.type.startswith("text/event-stream")

    @property
    def text(self) -> str | None:
        """The words of a message; None for anything else."""
        body = self.body if self.endpoint == "message" else None
        if not isinstance(body, Mapping):
            return None
        message = body.get("new_message")
        parts = message.get("parts") if isinstance(message, Mapping) else None
        if not isinstance(parts, list):
            return None
        texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
        return "".join(text for text in texts if isinstance(text, str))

    @property
    def said(self) -> str | None:
        """What a stream tells the user, as a client that reads both dialects has it: the agent's
        text once, whole where it came whole, without its thoughts. None for anything else."""
        return _said(self.answer) if self.streamed else None

    def __str__(self) -> str:
        """It in a line, and its violations below, for whoever reads why a test failed."""
        text = self.text
        words = "" if text is None else f" {_shortened(text)!r}"
        code = f" code {self.code}" if self.code else ""
        answer = "no answer" if self.status is None else f"{self.status}{code}"
        ended = "" if self.ended == "complete" else f", {self.ended or 'under way'}"
        fault = f" (fault: {self.fault})" if self.fault else ""
        line = f"#{self.number} {self.endpoint}: {self.method} {self.path}{words} → {answer}"
        return "\n    ".join(map(_printable, [f"{line}{ended}{fault}", *self.violations]))

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, for the control routes."""
        public = {
            item.name: getattr(self, item.name)
            for item in fields(self)
            if not item.name.startswith("_")
        }
        events = self.events
        answer = [value for _, value in events] if self.streamed else self.answer
        said = _said(answer) if self.streamed else None
        return {**public, "body": self.body, "answer": answer, "events": events, "said": said}


class Journal:
    """The last `size` requests, oldest first, in at most about `limit` bytes of bodies and answers.

    What is demanded by `assert_…` and does not hold is an AssertionError that lists the requests.
    So it is where requests that might tell otherwise have been forgotten since `clear`.
    """

    def __init__(self, size: int = 1000, *, limit: int = 32 * 1024 * 1024) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._forgotten = 0
        self._limit = limit
        self._numbers = itertools.count(1)
        self._versions = itertools.count(1)
        self._lock = threading.Lock()
        self.secrets = Secrets()

    def open(
        self,
        endpoint: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        started: float,
        *,
        query: str = "",
    ) -> Entry:
        with self._lock:
            entry = Entry(
                next(self._numbers),
                endpoint,
                method,
                path,
                clean_headers(headers),
                started,
                query,
                _versions=self._versions,
                _masked=self.secrets.mask,
            )
            self._look_for_bearers(entry, headers)
            entry.path, entry.query = entry.path[:HEADER_LIMIT], entry.query[:HEADER_LIMIT]
            entry.touch()
            self._forgotten += len(self._entries) == self._entries.maxlen
            self._entries.append(entry)
            if entry.number % 64 == 0:
                self._bound()
        return entry

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def since(self, version: int) -> list[Entry]:
        """The requests that have come or changed after that version (`Entry.changed`)."""
        return [entry for entry in self if entry.changed > version]

    def calls(
        self,
        endpoint: str | None = None,
        *,
        session: str | None = None,
        status: int | None = None,
        code: int | None = None,
        after: float | None = None,
        before: float | None = None,
        violations: bool | None = None,
    ) -> list[Entry]:
        """The requests for which everything holds that is given: the endpoint, the session, the
        HTTP status and the code of the answer, begun at `after` or later and before `before` (Unix
        seconds, by the backend's clock), with or without violations. Raises ValueError for an
        endpoint that there is not."""
        if endpoint not in (None, *ENDPOINTS, UNKNOWN):
            raise ValueError(
                f"no endpoint {endpoint!r}; there are {', '.join(ENDPOINTS)}, {UNKNOWN}"
            )
        return [
            entry
            for entry in self
            if endpoint in (None, entry.endpoint)
            and session in (None, entry.session)
            and status in (None, entry.status)
            and code in (None, entry.code)
            and (after is None or entry.started >= after)
            and (before is None or entry.started < before)
            and violations in (None, bool(entry.violations))
        ]

    def messages(self, session: str | None = None) -> list[str]:
        """The words of every message that reached the backend whole, also of those a fault then
        hit; a request that broke off before its body was there is none."""
        return [
            entry.text or ""
            for entry in self.calls("message", session=session)
            if isinstance(entry.body, Mapping)
        ]

    def assert_once(self, endpoint: str, *, session: str | None = None) -> Entry:
        """Demand that an endpoint was asked just once (in that session), and get the request."""
        __tracebackhide__ = True
        calls = self.calls(endpoint, session=session)
        if len(calls) != 1:
            raise AssertionError(
                _listed(f"{endpoint} was asked {len(calls)} times, not once", calls)
            )
        self._assert_whole()
        return calls[0]

    def assert_order(self, *endpoints: str) -> None:
        """Demand that these were asked one after the other; others may have come between."""
        __tracebackhide__ = True
        asked = iter(self)
        for place, endpoint in enumerate(endpoints):
            if all(entry.endpoint != endpoint for entry in asked):
                before = f" after {', '.join(endpoints[:place])}" if place else ""
                raise AssertionError(_listed(f"{endpoint} was not asked{before}", self))

    def assert_attributed(self) -> None:
        """Demand that every request (but those for public files) had all attribution headers."""
        __tracebackhide__ = True
        wanted = [name.lower() for name in ATTRIBUTION]
        bare = [
            entry
            for entry in self
            if entry.endpoint != "file"
            and not all(entry.headers.get(name, "").strip() for name in wanted)
        ]
        if bare:
            raise AssertionError(_listed(f"sent without {', '.join(ATTRIBUTION)}", bare))
        self._assert_whole()

    def assert_no_repeats(self) -> None:
        """Demand that no session was sent the same message twice: each is charged."""
        __tracebackhide__ = True
        messages = self.calls("message")
        sent = [(entry, text) for entry in messages if (text := entry.text) is not None]
        said = Counter((entry.session, text) for entry, text in sent)
        twice = [entry for entry, text in sent if said[entry.session, text] > 1]
        if twice:
            raise AssertionError(_listed("the same message was sent again", twice))
        self._assert_whole()

    def assert_no_leaks(self) -> None:
        """Demand that bearers stood in `Authorization` alone, and went with no public file."""
        __tracebackhide__ = True
        if leaks := [entry for entry in self if entry.leaked]:
            raise AssertionError(_listed("a bearer stood where none belongs", leaks))
        self._assert_whole()

    def assert_no_violations(self) -> None:
        """Demand that everything was as the contract has it."""
        __tracebackhide__ = True
        if wrong := self.calls(violations=True):
            raise AssertionError(_listed("not as the contract has it", wrong))
        self._assert_whole()

    def _assert_whole(self) -> None:
        """Demand that nothing has been forgotten."""
        __tracebackhide__ = True
        if self._forgotten:
            raise AssertionError(
                f"the first {self._forgotten} requests are no longer in the journal, so this "
                "cannot be said of all: clear it before what it is to tell of"
            )

    def wait_for(self, endpoint: str, *, times: int = 1, seconds: float = 10.0) -> Entry:
        """Wait until an endpoint was asked so many times and the last of these answers is over, and
        get that request: for what works beside the test. Not to be called in an event loop; there
        `await asyncio.to_thread(…)`."""
        __tracebackhide__ = True
        until = time.monotonic() + seconds
        while len(calls := self.calls(endpoint)) < times or calls[times - 1].ended is None:
            if time.monotonic() > until:
                told = f"{endpoint} was not answered {times} times in {seconds:g} s"
                raise AssertionError(_listed(told, self))
            time.sleep(_GLANCE)
        return calls[times - 1]

    def __str__(self) -> str:
        return "\n".join(_folded(self))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._forgotten = 0

    def _look_for_bearers(self, entry: Entry, headers: Mapping[str, str]) -> None:
        """Note bearers that stand in a request's address or headers and should not, and cut them
        out of what is kept."""
        mask = self.secrets.mask
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        bearer = bearer.strip() if scheme.lower() == "bearer" else ""
        self.secrets.know(bearer)
        if bearer and entry.endpoint == "file":
            entry.leak("header.authorization: a bearer, for a file that is public")
        others = {name: value for name, value in headers.items() if name not in HOLD_SECRETS}
        query = unquote_plus(entry.query) if entry.query else ""
        whole = "\n".join([entry.path, query, *others, *others.values()])
        if mask(whole) == whole:
            return
        places = {"path": entry.path, "query": query}
        places |= {f"header.{name}": f"{name}: {value}" for name, value in others.items()}
        for place, text in places.items():
            if mask(text) != text:
                entry.leak(f"{mask(place)}: holds a bearer")
        entry.path = mask(entry.path)
        if (masked := mask(query)) != query:
            entry.query = masked
        entry.headers = {
            mask(name): mask(others[name])[:HEADER_LIMIT]
            if name in others and not is_secret(name)
            else value
            for name, value in entry.headers.items()
        }

    def _bound(self) -> None:
        total = sum(entry.size for entry in self._entries)
        while total > self._limit and len(self._entries) > 1:
            total -= self._entries.popleft().size
            self._forgotten += 1


def _listed(what: str, entries: Iterable[Entry]) -> str:
    return "\n".join([f"{what}:", *(f"  {line}" for line in _folded(entries))])


def _folded(entries: Iterable[Entry]) -> Iterator[str]:
    """Them in lines; of many of a kind in a row the first and the last, and how many lie between."""
    for _, alike in itertools.groupby(entries, lambda entry: str(entry).partition(" ")[2]):
        first, *between = alike
        yield str(first)
        if len(between) > 3:
            yield f"… {len(between) - 1} more of these"
            between = between[-1:]
        yield from map(str, between)


def _printable(text: str) -> str:
    """A line for a terminal: what would steer it, or break the line, stands there escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _said(events: Iterable[Any]) -> str:
    said, pieces = "", ""
    for event in events:
        if not isinstance(event, Mapping):
            continue
        if event.get("type") == "text":
            said += str(event.get("content", ""))
        elif text := _spoken(event):
            if event.get("partial"):
                pieces += text
            else:
                said, pieces = said + text, ""
    return said + pieces


def _spoken(event: Mapping[str, Any]) -> str:
    """The text of an event of the agent kit that is for the user."""
    content = event.get("content")
    if not isinstance(content, Mapping) or content.get("role") == "user":
        return ""
    parts = content.get("parts")
    return "".join(
        str(part.get("text", ""))
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, Mapping) and not part.get("thought")
    )


def _event(block: bytes) -> Any:
    if not block.startswith(b"data:"):
        return block.decode("utf-8", "replace")
    data = block[5:].strip()
    value = loads_or_none(data)
    return data.decode("utf-8", "replace") if value is None else value
