"""One message being answered: its plan played out in time, its price held meanwhile."""

import asyncio
import hashlib
import math
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from mock_server.dialects import dialect
from mock_server.director import Kind, Plan
from mock_server.events import Beat, Save, Say, Step

if TYPE_CHECKING:
    from mock_server.backend import Backend

GAP = 0.05
"""Seconds between two events, times the backend's pace."""
HEARTBEAT = 15.0
"""Seconds between two heartbeats of a stream that brings nothing else, times pace."""


class Turn:
    """The answer to one message.

    The work is done while the stream is read: a reader who leaves early stops it. Then the price is
    given back, and the draft stays as the last stage that was reached left it.
    """

    def __init__(
        self, backend: "Backend", session_id: str, ordinal: str, plan: Plan, *, silent: bool | None
    ) -> None:
        self._backend = backend
        self._session_id = session_id
        self._ordinal = ordinal
        self._plan = plan
        self.kind = plan.kind
        self.silent = plan.kind is Kind.EDIT and (
            is_silent(backend.seed, ordinal, backend.silent_rate) if silent is None else silent
        )
        self._ended = False

    async def stream(self, *, heartbeats_for: float = 0.0) -> AsyncGenerator[bytes, None]:
        """The events on the wire, at the backend's pace. Saves the drafts as it passes them."""
        backend = self._backend
        wire = dialect(
            backend.dialect,
            turn=f"{self._session_id[:8]}-{self._ordinal}",
            now=backend.clock.now,
        )
        done = False
        try:
            for number in range(math.ceil(heartbeats_for / HEARTBEAT)):
                await self._wait(HEARTBEAT)
                for event in wire.encode(Beat("event" if number % 2 == 0 else "comment")):
                    yield event
            for step in self._steps():
                if isinstance(step, Save):
                    backend.save_draft(self._session_id, step.draft)
                for event in wire.encode(step):
                    await self._wait(GAP)
                    yield event
            done = True
        finally:
            self._end(done=done)

    def abandon(self) -> None:
        """Give the turn up before its stream was begun."""
        self._end(done=False)

    def _end(self, *, done: bool) -> None:
        if not self._ended:
            self._ended = True
            self._backend.end_turn(self._session_id, done=done)

    def _steps(self) -> list[Step]:
        if self.silent:
            return [step for step in self._plan.steps if not isinstance(step, Say)]
        return list(self._plan.steps)

    async def _wait(self, seconds: float) -> None:
        if self._backend.pace > 0:
            await self._backend.clock.sleep(seconds * self._backend.pace)
        else:
            await asyncio.sleep(0)


def is_silent(seed: int, ordinal: str, rate: float) -> bool:
    """Whether an edit closes without text: a fixed draw for each (seed, session, turn)."""
    digest = hashlib.sha256(f"{seed}:{ordinal}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < rate
