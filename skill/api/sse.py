"""Bytes → server-sent events. Pure: no socket, no clock.

`Decoder` follows WHATWG's standard
(https://html.spec.whatwg.org/multipage/server-sent-events.html), but keeps what that drops and
this backend means something by: comments and empty `data:` lines are its heartbeats.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

MAX_EVENT_BYTES = 8 * 1024 * 1024
GARBLED = object()
_BOM = b"\xef\xbb\xbf"
_CR, _LF, _COLON = 13, 10, 58


@dataclass(frozen=True, slots=True)
class Data:
    """The data of one server-sent event, its lines joined by newlines."""

    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment or an empty event: a sign of life."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that could not be taken; the stream goes on."""

    reason: str


ServerEvent = Data | Comment | Dropped
_COMMENT = Comment()


class Decoder:
    """Server-sent events out of bytes, cut anywhere, in linear time and bounded memory.

    Lines end at CR, LF or CRLF and nowhere else: U+2028 and U+0085 may stand in the JSON.
    An event of more than `limit` bytes is dropped, with one notice where it ends.
    """

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        # A line under way is kept no further than it takes to see that it is too long.
        self._longest = limit + len(_BOM)
        self._tail = bytearray()  # the line under way
        self._after_cr = False
        self._first = True  # no line yet: a byte order mark may stand before it
        self._data: bytes | bytearray | None = None  # of the event under way
        self._size = 0  # of its lines

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        # `in` finds a byte given as a number many times faster than one given as bytes.
        if _LF not in chunk and _CR not in chunk:
            if len(self._tail) <= self._longest:
                self._tail += chunk
            return []
        last = chunk[-1]
        if self._after_cr and not self._tail and chunk[0] == _LF:
            chunk = chunk[1:]
        self._after_cr = last == _CR
        lines = chunk.splitlines()
        rest = b"" if last in (_CR, _LF) else lines.pop()
        if self._tail:
            self._tail += lines[0]
            lines[0] = bytes(self._tail)
            self._tail.clear()
        self._tail += rest
        return self._take(lines)

    def close(self) -> list[ServerEvent]:
        """The connection has ended. A last event without its blank line counts if its JSON
        is whole; else it was cut off, and that is told."""
        events = self._take([bytes(self._tail)]) if self._tail else []
        self._tail.clear()
        for event in self._take([b""]):
            if isinstance(event, Data) and parse_json(event.text) is GARBLED:
                events.append(Dropped("the last event was cut off"))
            else:
                events.append(event)
        return events

    def _take(self, lines: list[bytes]) -> list[ServerEvent]:
        if self._first and lines:
            self._first = False
            lines[0] = lines[0].removeprefix(_BOM)
        events: list[ServerEvent] = []
        data, size = self._data, self._size
        for line in lines:
            if not line:
                if data is None:
                    continue
                if size > self._limit:
                    events.append(Dropped(f"an event of more than {self._limit} bytes"))
                elif data and not data.isspace():
                    events.append(Data(data.decode("utf-8", "replace")))
                else:
                    events.append(_COMMENT)
                data = None
                continue
            if line[0] == _COLON:
                events.append(_COMMENT)
                continue
            if line[:6] == b"data: ":
                value = line[6:]
            elif line[:5] == b"data:" or line == b"data":
                value = line[5:]
            else:
                continue  # event, id, retry and unknown fields: this backend has none
            if data is None:
                data, size = value, len(line)
            elif size <= self._limit:
                if isinstance(data, bytes):
                    data = bytearray(data)
                data += b"\n"
                data += value
                size += len(line)
        self._data, self._size = data, size
        return events


def parse_json(text: str) -> object:
    """Parse JSON, or return GARBLED where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # ValueError: no JSON, or a number of 5,000 digits
        return GARBLED
