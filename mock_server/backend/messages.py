"""The messages to sessions: one at a time for each, decided by the director and answered by a turn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mock_server import errors
from mock_server.agent.director import Asset, Reply, direct
from mock_server.backend.credits import Credits
from mock_server.backend.media_library import Library
from mock_server.backend.models import Account, Session
from mock_server.backend.sessions import Sessions
from mock_server.backend.settings import Settings
from mock_server.backend.store import Mark, Store
from mock_server.backend.turn import Turn
from mock_server.clock import Clock
from mock_server.errors import ApiError
from mock_server.faults import Fault


@dataclass
class Messages:
    """The messages of a backend. `settings` gives those of the moment, `pause` lets seconds go by at
    their pace."""

    store: Store
    clock: Clock
    sessions: Sessions
    credits: Credits
    library: Library
    settings: Callable[[], Settings]
    pause: Callable[[float], Awaitable[None]]

    def __post_init__(self) -> None:
        self._answering: set[_Answering] = set()

    def busy(self) -> set[str]:
        """The ids of the sessions whose message is being answered."""
        return {answering.session_id for answering in list(self._answering)}

    def begin(
        self,
        account: Account,
        session_id: str,
        words: str,
        *,
        fault: Fault | None = None,
        source: str | None = None,
    ) -> Turn:
        """Take a message: decide what it means and hold its price until the turn ends.
        `source` names the listing it came by.

        Raises ApiError 1002, 2001, or 409 while another message of the session is being answered.
        """
        self.sessions.find(account, session_id)
        self.sessions.finish_drafts(session_id)
        session, settings = self.sessions.find(account, session_id), self.settings()
        mark = self.store.claim(f"turn-{session.id}")
        if mark is None:
            raise ApiError(errors.BUSY, "The session is still busy with another message.")
        try:
            reply = self.reply(session, words, source)
            seen = [item.hash for item in session.uploads]
            price = settings.prices.of(reply.kind)
            self.credits.hold(session.id, account.key, price, unlimited=settings.unlimited)
            ordinal = f"{session.ordinal}-{self.sessions.count_turn(session.id)}"
            self.library.draw(session.id, reply.pictures)
        except BaseException:
            self.credits.release(session.id, spend=False)
            mark.close()
            raise
        answering = _Answering(self, session.id, mark, seen)
        self._answering.add(answering)
        return Turn(answering, ordinal, reply, settings, fault)

    def reply(self, session: Session, words: str, source: str | None = None) -> Reply:
        """What the agent makes of a message to a session. Changes nothing."""
        assets = [
            Asset(
                item.hash,
                item.name,
                item.type,
                item.width,
                item.height,
                item.duration,
                item.sound,
                item.fps,
            )
            for item in session.uploads
        ]
        return direct(
            words,
            session.draft,
            assets,
            seen=session.seen,
            seed=self.settings().seed,
            language=session.language,
            source=source,
        )

    def give_up(self) -> None:
        """End the turns that are under way; they cost nothing."""
        for answering in list(self._answering):
            answering.end(done=False)

    def _forget(self, answering: "_Answering") -> bool:
        """Whether that message was still being answered; it is not any more."""
        try:
            self._answering.remove(answering)
        except KeyError:
            return False
        return True


@dataclass(eq=False)
class _Answering:
    """A message that is being answered: what its turn sees of the backend. The mark keeps other
    messages out of its session, `seen` are the hashes of the uploads that it knows of."""

    messages: Messages
    session_id: str
    mark: Mark
    seen: list[str]

    async def pause(self, seconds: float) -> None:
        await self.messages.pause(seconds)

    def now(self) -> float:
        return self.messages.clock.now()

    def save_draft(self, draft: dict[str, Any], *, after: float = 0.0) -> None:
        messages = self.messages
        messages.sessions.save_draft(self.session_id, draft, after=after * messages.settings().pace)

    def end(self, *, done: bool) -> None:
        messages = self.messages
        if not messages._forget(self):
            return
        spend = done and not messages.settings().unlimited
        messages.credits.release(self.session_id, spend=spend)
        if done:
            messages.sessions.mark_seen(self.session_id, self.seen)
        self.mark.close()
