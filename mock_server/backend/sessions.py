"""The sessions: projects with their draft, their files and how many messages they were sent."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mock_server import errors
from mock_server.backend.media_library import media_info, session_of
from mock_server.backend.models import Account, Media, Session
from mock_server.backend.store import Store
from mock_server.clock import Clock

CLAIM_SECONDS = 3600


class Sessions:
    """The sessions of a backend. Those that are handed out are not to be edited."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._due: dict[str, tuple[float, dict[str, Any]]] = {}
        """By session: when a draft comes by itself, and which."""

    def create(self, account: Account, task_name: str, language: str | None) -> Session:
        """A new session of this user."""
        with self._store.change() as world:
            session = Session(
                id=secrets.token_hex(16),
                task_id=f"task_{secrets.token_hex(8)}",
                task_name=task_name,
                user_id=account.user_id,
                ordinal=world.sessions_made,
                used_at=self._clock.now(),
                language=language,
            )
            world.sessions_made += 1
            world.sessions[session.id] = session
        return session

    def find(self, account: Account, session_id: str) -> Session:
        """A session of this user. Raises ApiError 1002."""
        self.finish_drafts()
        return session_of(self._store.read(), account, session_id)

    def state(
        self, account: Account, session_id: str, url: Callable[[Media], str]
    ) -> dict[str, Any]:
        """What endpoint 6 answers; `url` gives the public address of a file. Raises ApiError 1002."""
        session = self.find(account, session_id)
        meta = session.draft.get("m", {})
        canvas = {key: meta[key] for key in ("width", "height", "ratio") if key in meta}
        analyses = [
            {"hash": item.hash, "summary": f"{item.type}: {Path(item.name).stem}"}
            for item in session.uploads
        ]
        return {
            "session_id": session.id,
            "task_id": session.task_id,
            "task_name": session.task_name,
            "state": {
                "draft": session.draft,
                "video_infos": [media_info(item, url(item)) for item in session.uploads],
                "generated_media": [media_info(item, url(item)) for item in session.generated],
                "canvas_config": canvas,
                "video_analyses": analyses,
            },
        }

    def claim_token(self, account: Account, task_id: str, session_id: str) -> dict[str, Any]:
        """A token that opens a project in a browser and can do nothing else. Raises ApiError 1002,
        or 400 for a task of another session."""
        if self.find(account, session_id).task_id != task_id:
            raise errors.bad_request("task_id does not belong to session_id")
        return {"claim_token": f"clm_{secrets.token_hex(16)}", "expires_in": CLAIM_SECONDS}

    def count_turn(self, session_id: str) -> int:
        """Note that a session is sent a message, and return how many it was sent before."""
        with self._store.change() as world:
            session = world.sessions[session_id]
            session.turns += 1
            session.used_at = self._clock.now()
            return session.turns - 1

    def mark_seen(self, session_id: str, uploads: Sequence[str]) -> None:
        """Remember the hashes of the uploads that a session's last message knew of."""
        with self._store.change() as world:
            if session_id in world.sessions:
                world.sessions[session_id].seen = list(uploads)

    def save_draft(self, session_id: str, draft: dict[str, Any], *, after: float = 0.0) -> None:
        """Make this the session's draft, at once or so many seconds later."""
        if after > 0:
            self._due[session_id] = self._clock.now() + after, draft
            return
        with self._store.change() as world:
            if session_id in world.sessions:
                world.sessions[session_id].draft = draft

    def finish_drafts(self, session_id: str | None = None) -> None:
        """Save the drafts that were to come later: those whose time has come, and a session's."""
        now = self._clock.now()
        for key, (due, draft) in list(self._due.items()):
            due_now = due <= now or key == session_id
            if due_now and self._due.pop(key, None) is not None:
                self.save_draft(key, draft)

    def forget_drafts(self) -> None:
        """Let no draft come later that was to."""
        self._due.clear()
