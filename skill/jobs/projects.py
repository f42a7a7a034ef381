"""Which project is meant: the one each listing worked on last, for each account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.errors import NotFoundError
from skill.i18n import say

if TYPE_CHECKING:
    from skill.jobs.job import StoredSession
    from skill.jobs.store import Vault
    from skill.settings.config import Config


class Projects:
    """The projects of one account at one backend, as one listing sees them."""

    def __init__(self, config: Config, vault: Vault) -> None:
        self._vault = vault
        self._listing = config.manifest.name
        self.client_id = config.client_id or vault.client_id()
        # Those of one account are unknown to another.
        account = config.token.fingerprint if config.token is not None else self.client_id
        self.owner = f"{config.backend} {account}"

    @property
    def current(self) -> StoredSession | None:
        return self._vault.session(self.owner, self._listing)

    def required(self) -> StoredSession:
        """The current project. Raises NotFoundError where there is none yet."""
        session = self.current
        if session is None:
            raise NotFoundError(
                say("There is no project yet."),
                hint=say("Begin with photos: image-to-video make PHOTO…, or upload PHOTO…"),
            )
        return session

    def keep(self, session: StoredSession) -> None:
        """Make it the project that further commands mean."""
        self._vault.keep_session(self.owner, self._listing, session)

    def lost(self, session_id: str, error: NotFoundError) -> None:
        """The backend does not know a project any more (1002): forget it. Raises NotFoundError
        where there was something in it; else a new one may take its place."""
        session = self.current
        self._vault.drop_session(self.owner, session_id)
        if session is not None and session.session_id == session_id and not session.touched:
            return
        raise NotFoundError(
            say("The backend does not know the project any more; what was in it is lost there."),
            hint=say("Upload the photos again: a new project is made for them."),
        ) from error
