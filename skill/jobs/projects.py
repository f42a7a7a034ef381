"""Which project is meant: the one each listing worked on last, for each account."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from skill.errors import ElsewhereError, NotFoundError, UsageError
from skill.i18n import say

if TYPE_CHECKING:
    from skill.jobs.job import Job, StoredSession
    from skill.jobs.store import Vault
    from skill.settings.config import Config


_ON_THIS_MACHINE = "local "  # how an owner there begins


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

    @property
    def meant(self) -> StoredSession | None:
        """The current project, for a command that goes on with one. Raises ElsewhereError where the
        one that was worked on last is not here: on this machine, or at the account."""
        owner = self._vault.last_owner(self._listing)
        local = owner is not None and owner.startswith(_ON_THIS_MACHINE)
        if owner is not None and local != self.owner.startswith(_ON_THIS_MACHINE):
            raise _elsewhere(local=local)
        return self.current

    def required(self) -> StoredSession:
        """The current project. Raises NotFoundError where there is none yet, and what `meant` does."""
        session = self.meant
        if session is None:
            raise NotFoundError(
                say("There is no project yet."),
                hint=say("Begin with photos: image-to-video make PHOTO…, or upload PHOTO…"),
            )
        return session

    def sources(self, job: Job) -> list[Path]:
        """What a job's clip is never put over: the user's files that its project is known to be
        made of, and the media that the local backend keeps."""
        jobs = [job]
        with suppress(UsageError):  # one of them cannot be read any more
            jobs = self._vault.history(job)
        named = [
            path
            for one in jobs
            for path in (*one.sources, *(Path(item.file) for item in one.left_out))
        ]
        return [*named, *kept_media(self._vault.folder)]

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


def _elsewhere(*, local: bool) -> ElsewhereError:
    error = (
        ElsewhereError(
            say("The project that was worked on last is on this machine; nothing was sent."),
            hint=say("Add --local; or begin one at the account with connect, and say it again."),
        )
        if local
        else ElsewhereError(
            say("The project that was worked on last is at the account, not on this machine."),
            hint=say(
                "Leave --local away; or begin one here with connect --local, and say it again."
            ),
        )
    )
    error.local = local
    return error


def kept_media(home: Path) -> list[Path]:
    """The folders where the local backend keeps what was uploaded and rendered."""
    return [home / "local" / "media", home / "local" / "renders"]
