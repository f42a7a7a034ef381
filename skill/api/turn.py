"""One message and its answer: the agent's events and the time → what the user is told, and when
to stop listening. Pure: time is handed in, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from skill.api.agent_events import (
    AgentEvent,
    Heartbeat,
    StreamFailure,
    Text,
    ToolCall,
    Unreadable,
)

if TYPE_CHECKING:
    from skill.clock import Timing


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


TurnEvent = Say | StillWorking | SignOfLife | Remark


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
    failure: StreamFailure | None = None
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
            self._last_event + self.timing.limits.heartbeats_only,
            self.started + self.timing.limits.whole_turn,
        )

    def receive(self, event: AgentEvent, now: float) -> list[TurnEvent]:
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
            case StreamFailure():
                self.failure = event
                self.end = End.FAILED
            case Unreadable(reason):
                notices.append(Remark(f"passed over {reason}"))
        return notices

    def tick(self, now: float) -> list[TurnEvent]:
        if self.end is not None:
            return []
        if (
            now - self._last_event >= self.timing.limits.heartbeats_only
            or now - self.started >= self.timing.limits.whole_turn
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

    def close(self, now: float) -> list[TurnEvent]:
        """The stream has closed as streams do."""
        if self.end is None:
            self.end = End.CLOSED
        return self._release(now)

    def cut(self, now: float) -> list[TurnEvent]:
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

    def _say(self, text: str, now: float) -> list[TurnEvent]:
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

    def _release(self, now: float) -> list[TurnEvent]:
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
