"""Who we are to the backend: the token and the current project, and reads that are retried."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from skill.errors import (
    AuthError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    RateLimitedError,
    SkillError,
)
from skill.polling import retry_wait
from skill.report import Detail, Notice, Stage, Tell
from skill.vault import StoredSession, StoredToken, Vault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from skill.client import Client, Session, State
    from skill.clock import Clock, Timing
    from skill.config import Config

T = TypeVar("T")


class Connection:
    """A client that knows its token and its projects. Make it, then `authorize`."""

    def __init__(
        self,
        config: Config,
        client: Client,
        vault: Vault,
        clock: Clock,
        timing: Timing,
        tell: Tell,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.config = config
        self.client = client
        self.vault = vault
        self.clock = clock
        self.timing = timing
        self.tell = tell
        self._jitter = jitter
        self._client_id = config.client_id or vault.client_id()
        self._user_id = ""

    @property
    def anonymous(self) -> bool:
        return self.config.token is None

    async def authorize(self) -> None:
        """Have a token: the user's own, the one that was kept, or a new anonymous one."""
        if self.client.token is not None:
            return
        if self.config.token is not None:
            self.client.token = self.config.token
            return
        stored = self.vault.token(self.config.backend, self._client_id)
        if stored is not None and not self._expired(stored):
            self.client.token, self._user_id = stored.token, stored.user_id
            return
        await self._take_token()

    def _expired(self, stored: StoredToken) -> bool:
        return stored.expires_at is not None and stored.expires_at <= self.clock.wall() + timedelta(
            minutes=1
        )

    async def _take_token(self) -> None:
        self.tell(Stage("connect", "Setting things up..."))
        try:
            account = await self.client.anonymous_token(self._client_id)
        except RateLimitedError:
            # The contract: 30 s, once.
            self.tell(Notice(f"The backend asks for a pause of {self.timing.rate_limit:.0f} s."))
            await self.clock.sleep(self.timing.rate_limit)
            account = await self.client.anonymous_token(self._client_id)
        stored = StoredToken(account.token, account.user_id, account.expires_at)
        self.vault.keep_token(self.config.backend, self._client_id, stored)
        self.client.token, self._user_id = account.token, account.user_id

    async def call(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make one request. A token of ours that is no longer good (1001) is replaced, once;
        the request it was refused for was not carried out, so it is made again."""
        await self.authorize()
        try:
            return await request()
        except AuthError:
            if not self.anonymous:
                raise
            self.tell(Detail("the anonymous token is no longer good; asking for a new one"))
            self.vault.drop_token(self.config.backend, self._client_id)
            self.client.token = None
            await self._take_token()
            return await request()
        except NoCreditsError as error:
            raise self.no_credits(error) from error

    async def read(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request that changes nothing; what is likely to pass is tried again."""
        attempt = 0
        while True:
            try:
                return await self.call(request)
            except SkillError as error:
                wait = retry_wait(error, attempt, self.timing, self._jitter)
                if wait is None:
                    raise
                self.tell(Detail(f"{error.message} Trying again in {wait:.1f} s."))
                await self.clock.sleep(wait)
                attempt += 1

    async def state(self, session_id: str) -> State:
        return await self.read(lambda: self.client.state(session_id))

    def no_credits(self, error: NoCreditsError) -> NoCreditsError:
        """2001 with the way out that fits: register where anonymous, else top up."""
        if not self.anonymous or self.config.local or not self._user_id:
            return error
        link = f"{self.config.web_url}/register?bind={self._user_id}"
        return NoCreditsError(
            error.message,
            hint=f"Register to keep this project and get credits: {link}"
            " Or make the video on this machine with --local.",
        )

    # ------------------------------------------------------------ the project

    @property
    def current(self) -> StoredSession | None:
        return self.vault.session(self.config.backend, self.config.manifest.name)

    def required(self) -> StoredSession:
        """The current project. Raises NotFoundError where there is none yet."""
        session = self.current
        if session is None:
            raise NotFoundError(
                "There is no project yet.",
                hint="Begin with photos: image-to-video make PHOTO…, or upload PHOTO…",
            )
        return session

    async def new_session(self, language: str) -> StoredSession:
        """A new project, which becomes the current one. It costs nothing, so a request that
        provably never left is made once more."""

        async def create() -> Session:
            return await self.client.create_session(language)

        try:
            made = await self.call(create)
        except NetworkError as error:
            if not error.unsent:
                raise
            await self.clock.sleep(self.timing.retry_base)
            made = await self.call(create)
        session = StoredSession(
            made.session_id, made.task_id, made.user_id or self._user_id, language
        )
        self.vault.keep_session(self.config.backend, self.config.manifest.name, session)
        return session

    async def session(self, language: str) -> StoredSession:
        """The current project, or a new one. Where the backend no longer knows it (1002), a
        new one is taken if nothing is lost by that; else NotFoundError says so."""
        session = self.current
        if session is None:
            return await self.new_session(language)
        try:
            await self.state(session.session_id)
        except NotFoundError as error:
            self.vault.drop_session(self.config.backend, session.session_id)
            if session.touched:
                raise NotFoundError(
                    "The backend does not know the project any more; what was in it is lost there.",
                    hint="Upload the photos again: a new project is made for them.",
                ) from error
            return await self.new_session(language)
        return session
