"""One message being answered: its reply played out in time, its price held meanwhile."""

import math
from collections.abc import AsyncGenerator
from typing import Any, Protocol

from mock_server.agent.director import Reply, TurnKind
from mock_server.agent.sse import dialect
from mock_server.agent.steps import Beat, Broken, Save, Say, Step, ToolCall
from mock_server.backend.settings import Settings
from mock_server.faults import Fault, chance

GAP = 0.05
"""Seconds between two events, times the backend's pace."""
HEARTBEAT = 15.0
"""Seconds between two heartbeats of a stream that brings nothing else, times pace."""
TROUBLE = "I encountered a temporary issue."
"""What an agent says that breaks down; the contract's words."""


class TurnContext(Protocol):
    """What a turn needs of its backend, for the one session that it is about."""

    @property
    def session_id(self) -> str: ...

    def now(self) -> float:
        """The time in Unix seconds."""

    async def pause(self, seconds: float) -> None:
        """Let so many seconds go by, at the backend's pace."""

    def save_draft(self, draft: dict[str, Any], *, after: float = 0.0) -> None:
        """Make this the session's draft, at once or so many seconds (times pace) later."""

    def end(self, *, done: bool) -> None:
        """Spend what the message holds if it was done, give it back if not. A second call does
        nothing."""


class Turn:
    """The answer to one message.

    The work is done while the stream is read: a reader who leaves early stops it. Then the price is
    given back, and the draft stays as the last stage that was reached left it.
    """

    def __init__(
        self,
        context: TurnContext,
        ordinal: str,
        reply: Reply,
        settings: Settings,
        fault: Fault | None = None,
    ) -> None:
        self._context = context
        self._ordinal = ordinal
        self._reply = reply
        self._fault = fault or Fault("message")
        silent = self._fault.work.silent
        self.kind = reply.kind
        self.silent = reply.kind is TurnKind.EDIT and (
            is_silent(settings.seed, ordinal, settings.silent_rate) if silent is None else silent
        )
        self._dialect = settings.dialect

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The events on the wire, at the backend's pace. Saves the drafts as it passes them."""
        context, stream = self._context, self._fault.stream
        code = self._fault.answer.code
        turn = f"{context.session_id[:8]}-{self._ordinal}"
        wire = dialect(self._dialect, turn=turn, now=context.now)
        breakdown = Broken(stream.error or "event", 500 if code is None else code, TROUBLE)
        done, sent = False, 0
        try:
            for number in range(math.ceil((stream.heartbeats_for or 0.0) / HEARTBEAT)):
                await context.pause(HEARTBEAT)
                for event in wire.encode(Beat("event" if number % 2 == 0 else "comment")):
                    yield event
            steps, later = self._stages()
            for step in steps:
                if isinstance(step, Save):
                    context.save_draft(step.draft)
                for event in wire.encode(step):
                    if sent == stream.error_after_events:
                        for last in wire.encode(breakdown):
                            yield last
                        return
                    await context.pause(GAP)
                    yield event
                    sent += 1
            if later is not None:
                context.save_draft(later[0].draft, after=later[1])
            done = True
            if stream.error is not None:
                for event in wire.encode(breakdown):
                    yield event
        finally:
            context.end(done=done)

    def abandon(self) -> None:
        """Give the turn up before its stream was begun."""
        self._context.end(done=False)

    def _stages(self) -> tuple[list[Step], tuple[Save, float] | None]:
        """What the stream tells, and the draft that comes on its own account so many seconds after
        it, if one does: a generation saves the raw cut, and then calls the tool that finishes it."""
        work, steps = self._fault.work, list(self._reply.steps)
        if self.silent:
            steps = [step for step in steps if not isinstance(step, Say)]
        saves = [step for step in steps if isinstance(step, Save)]
        if saves and work.shows_after is not None:
            steps = [step for step in steps if not isinstance(step, Save)]
            return steps, (saves[-1], work.shows_after)
        if self.silent or work.second_stage_after is None or len(saves) < 2:
            return steps, None
        raw = steps.index(saves[0])
        finishing = next(p for p in range(raw, len(steps)) if isinstance(steps[p], ToolCall))
        return steps[:finishing], (saves[-1], work.second_stage_after)


def is_silent(seed: int, ordinal: str, rate: float) -> bool:
    """Whether an edit closes without text: a fixed draw for each (seed, session, turn)."""
    return chance(seed, ordinal) < rate
