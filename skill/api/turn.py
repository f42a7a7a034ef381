"""The answer to a message: bytes → events (two dialects) → what to tell, when to stop.

Pure: no socket, no clock. `Decoder` follows WHATWG's server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html), but keeps what the
standard drops and this backend means something by: comments and empty `data:` lines are
its heartbeats.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skill.clock import Timing

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_CR, _LF, _COLON = 13, 10, 58


# ---------------------------------------------------------------- bytes → server-sent events


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
            if isinstance(event, Data) and _loads(event.text) is _GARBLED:
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


# ---------------------------------------------------------------- data → events, both dialects


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Still working."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words for the user. `whole`: an agent-kit event that repeats what its partial events
    brought in pieces."""

    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent uses a tool: kept inside."""

    name: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool has answered: kept inside, it may hold tokens and internal URLs."""

    name: str


@dataclass(frozen=True, slots=True)
class DraftUpdate:
    """The new draft, as an agent-kit event may carry it."""

    draft: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error told inside the stream. `code`: the contract's, if it is one."""

    message: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that is no JSON object, or of no known kind: noted and passed over."""

    reason: str


Event = Heartbeat | Text | ToolCall | ToolResult | DraftUpdate | Failure | Unreadable
_GARBLED = object()


def parse(server_event: ServerEvent) -> list[Event]:
    """The events in one server-sent event; never raises, whatever the JSON."""
    if isinstance(server_event, Comment):
        return [Heartbeat()]
    if isinstance(server_event, Dropped):
        return [Unreadable(server_event.reason)]
    value = _loads(server_event.text)
    if value is not _GARBLED:
        return _interpret(value)
    lines = server_event.text.split("\n")
    if len(lines) == 1:
        return [Unreadable("an event that is no JSON")]
    # Events whose blank lines were lost on the way arrive as one, a JSON object a line.
    return [event for line in lines if line.strip() for event in _interpret(_loads(line))]


def _loads(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # ValueError: no JSON, or a number of 5,000 digits
        return _GARBLED


def _interpret(value: object) -> list[Event]:
    if not isinstance(value, dict):
        return [Unreadable("an event that is no JSON object")]
    kind = value.get("type")
    if isinstance(kind, str) and "author" not in value:
        return _typed(kind, value)
    return _agent_kit(value)


def _typed(kind: str, value: dict[str, Any]) -> list[Event]:
    match kind:
        case "text":
            content = value.get("content")
            return [Text(content)] if isinstance(content, str) and content else [Heartbeat()]
        case "heartbeat":
            return [Heartbeat()]
        case "tool_call":
            return [ToolCall(str(value.get("name", "")))]
        case "tool_result":
            return [ToolResult(str(value.get("name", "")))]
        case "error":
            return [_failure(value)]
    return [Unreadable(f"an event of the unknown type {kind[:40]!r}")]


def _agent_kit(value: dict[str, Any]) -> list[Event]:
    events: list[Event] = []
    content = value.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            continue
        text, call, response = (
            part.get("text"),
            part.get("functionCall"),
            part.get("functionResponse"),
        )
        if isinstance(text, str) and text and part.get("thought") is not True:
            events.append(Text(text, whole=value.get("partial") is not True))
        if isinstance(call, dict):
            events.append(ToolCall(str(call.get("name", ""))))
        if isinstance(response, dict):
            events.append(ToolResult(str(response.get("name", ""))))
    actions = value.get("actions")
    delta = actions.get("stateDelta") if isinstance(actions, dict) else None
    draft = delta.get("draft") if isinstance(delta, dict) else None
    if isinstance(draft, dict):
        events.append(DraftUpdate(draft))
    if (
        value.get("errorCode")
        or value.get("errorMessage")
        or value.get("error")
        or (isinstance(value.get("code"), int) and value["code"] not in (0, 200))
    ):
        events.append(_failure(value))
    if events:
        return events
    # An event without content (a thought, a bare state change) is a sign of life.
    return (
        [Heartbeat()]
        if "author" in value or parts is not None
        else [Unreadable("an unknown event")]
    )


def _failure(value: dict[str, Any]) -> Failure:
    code = value.get("errorCode", value.get("code"))
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 6:
        code = int(code)
    for key in ("errorMessage", "message", "error", "content"):
        message = value.get(key)
        if isinstance(message, dict):
            message = message.get("message")
        if isinstance(message, str) and message:
            break
    else:
        message = code if isinstance(code, str) and code else "no reason given"
    return Failure(message, code if isinstance(code, int) and not isinstance(code, bool) else None)


# ---------------------------------------------------------------- events + time → what to tell


@dataclass(frozen=True, slots=True)
class Say:
    """Text for the user, in order; joined it is the whole answer."""

    text: str


@dataclass(frozen=True, slots=True)
class StillWorking:
    """Two more minutes without a word."""

    elapsed: float


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """Half a minute more without a word."""

    elapsed: float


@dataclass(frozen=True, slots=True)
class Remark:
    """For the log: a tool at work, an event that was passed over."""

    text: str


Notice = Say | StillWorking | SignOfLife | Remark


class End(StrEnum):
    """How a turn ended."""

    CLOSED = "closed"  # the stream closed: that is the end
    CUT = "cut"  # the connection broke in mid-stream
    TIMED_OUT = "timed_out"  # heartbeats only, or 15 minutes in all
    FAILED = "failed"  # an error told inside the stream


_NOISE = "i encountered a temporary issue"
MAX_TEXT = 200_000  # characters of an answer; no answer for a person is longer


@dataclass
class Turn:
    """One message and its answer, as a machine over (event, time in seconds).

    Feed it with `receive`, `tick` at `next_tick`, and `close` or `cut` at the end; each
    returns what to tell now. `end` is None while the turn is open.
    """

    timing: Timing
    started: float
    end: End | None = None
    failure: Failure | None = None
    draft: dict[str, Any] | None = None
    said: str = ""  # all text so far
    _pieces: str = ""  # text of the answer under way, whose whole may follow
    _held: str = ""  # may turn out to be the noise after a good answer
    _snapshots: bool | None = None
    _last_event: float = field(init=False)
    _last_told: float = field(init=False)
    _next_notice: float = field(init=False)

    def __post_init__(self) -> None:
        self._last_event = self._last_told = self.started
        self._next_notice = self.started + self.timing.still_working

    @property
    def next_tick(self) -> float:
        """When `tick` has something to say at the latest."""
        return min(
            self._next_notice,
            self._last_told + self.timing.sign_of_life,
            self._last_event + self.timing.heartbeats_only,
            self.started + self.timing.whole_turn,
        )

    def receive(self, event: Event, now: float) -> list[Notice]:
        if self.end is not None:
            return []
        notices = self.tick(now)
        if self.end is not None or isinstance(event, Heartbeat):
            return notices
        self._last_event = now
        match event:
            case Text() if len(self.said) < MAX_TEXT:
                notices += self._say(self._fresh(event), now)
            case Text():
                notices.append(Remark("passed over text beyond the length of any answer"))
            case ToolCall(name):
                self._pieces, self._snapshots = "", None
                notices.append(Remark(f"tool {name}"))
            case DraftUpdate(draft):
                self.draft = draft
            case Failure():
                self.failure = event
                self.end = End.FAILED
            case Unreadable(reason):
                notices.append(Remark(f"passed over {reason}"))
        return notices

    def tick(self, now: float) -> list[Notice]:
        if self.end is not None:
            return []
        if (
            now - self._last_event >= self.timing.heartbeats_only
            or now - self.started >= self.timing.whole_turn
        ):
            self.end = End.TIMED_OUT
            return self._release(now)
        if now >= self._next_notice:
            while self._next_notice <= now:
                self._next_notice += self.timing.still_working
            self._last_told = now
            return [StillWorking(now - self.started)]
        if now - self._last_told >= self.timing.sign_of_life:
            self._last_told = now
            return [SignOfLife(now - self.started)]
        return []

    def close(self, now: float) -> list[Notice]:
        """The stream has closed as streams do."""
        if self.end is None:
            self.end = End.CLOSED
        return self._release(now)

    def cut(self, now: float) -> list[Notice]:
        """The connection broke: what was asked for may go on at the backend."""
        if self.end is None:
            self.end = End.CUT
        return self._release(now)

    def _fresh(self, event: Text) -> str:
        """What of the event's text was not there before."""
        text, before = event.text, self._pieces
        if event.whole and before:
            self._pieces, self._snapshots = "", None
            if text.startswith(before):
                return text[len(before) :]
            # Not what the pieces were: another text, unless it differs in white space alone.
            return "" if "".join(text.split()) == "".join(before.split()) else "\n" + text
        if not before and self.said and not self.said[-1].isspace():
            text = "\n" + text  # another answer, after a tool or a whole text
        if event.whole:
            return text
        if before and self._snapshots is not False and text.startswith(before):
            # Pieces that each repeat what came before are snapshots. One short repetition
            # ("ha", "ha") is no proof of that; a longer piece that goes on, or a long one, is.
            if len(text) > len(before) or len(text) >= 16:
                self._snapshots = True
                self._pieces = text
                return text[len(before) :]
        elif before and self._snapshots is None:
            self._snapshots = False
        self._pieces = before + text
        return text

    def _say(self, text: str, now: float) -> list[Notice]:
        """Text to be shown, less a trailing "I encountered a temporary issue"."""
        text = self._held + text
        self._held = ""
        good = bool(self.said.strip())
        at = text.lower().find(_NOISE)
        if at == -1:
            at = _overlap(text, _NOISE)
        elif len(text) - at > 400:  # far more than that sentence: it was part of an answer
            at = len(text)
        if at < len(text) and (good or text[:at].strip()):
            text, self._held = text[:at], text[at:]
        text = text[: MAX_TEXT - len(self.said)]
        if not text:
            return []
        self.said += text
        self._last_told = now
        return [Say(text)]

    def _release(self, now: float) -> list[Notice]:
        held, self._held = self._held, ""
        if not held or held.lower().startswith(_NOISE):
            return []
        self.said += held
        self._last_told = now
        return [Say(held)]


def _overlap(text: str, phrase: str) -> int:
    """Where in `text` a beginning of `phrase` starts that reaches to its end; len(text) if none."""
    low = text[-len(phrase) :].lower()
    for size in range(min(len(low), len(phrase)), 0, -1):
        if low.endswith(phrase[:size]):
            return len(text) - size
    return len(text)
