"""Who we are to the backend: the token and the current project, and reads that are retried."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import anyio

from skill.api.retry import retry_wait
from skill.clock import CLOUD, LOCAL, PacedClock
from skill.errors import (
    AuthError,
    BackendFailedError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    RateLimitedError,
    SkillError,
)
from skill.events import Detail, Notice, Stage, Tell
from skill.i18n import say
from skill.jobs.job import StoredSession, StoredToken
from skill.jobs.projects import Projects
from skill.jobs.threads import run_blocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from skill.api.client import Client
    from skill.api.models import Account, Credits, Session, State
    from skill.clock import Clock, Timing
    from skill.jobs.store import Vault
    from skill.settings.config import Config
    from skill.token import Token

T = TypeVar("T")
_SOON = 5.0  # s of real time
_BAD_TOKEN = (1001, 401)
_NO_CLIENT_ID = 400  # the contract's code for X-Client-Id missing
_TOKEN_EVERY = 7 * 86_400.0  # s: a client gets one anonymous token in so long


class Connection:
    """A client that knows its token and its projects."""

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
        self.projects = Projects(config, vault)
        self._user_id = ""
        self.greeted = False

    @property
    def anonymous(self) -> bool:
        return self.config.token is None

    async def authorize(self) -> None:
        """Have a token: the user's own, the one that was kept, or a new anonymous one."""
        if self.client.token is not None:
            return
        if self.config.token is not None:
            self.client.token = self.config.token
        elif not await self._take_kept(refused=None):
            await self._take_new(refused=None)

    async def _take_kept(self, refused: Token | None) -> bool:
        """Use the token in the vault, unless it is the one that was refused. Whether it has expired
        is for the backend to say: the clock of this machine may be wrong."""
        client_id = self.projects.client_id
        stored = await run_blocking(self.vault.token, self.config.backend, client_id)
        if stored is None or stored.token == refused:
            return False
        self.client.token, self._user_id = stored.token, stored.user_id
        return True

    async def _take_new(self, refused: Token | None) -> None:
        """Ask for an anonymous token: one process at a time, since a client gets one in 7 days
        and whoever waited finds it in the vault."""
        if not self.greeted:
            self.tell(Stage("connect", say("Setting things up...")))
            self.greeted = True
        lock = self.vault.lock("token")
        try:
            while not lock.take():
                await self.clock.sleep(self.timing.lock)
            self.projects = Projects(self.config, self.vault)  # another may have made a client id
            if not await self._take_kept(refused):
                account = await self._ask_for_token()
                stored = StoredToken(account.token, account.user_id, account.expires_at)
                keep, client_id = self.vault.keep_token, self.projects.client_id
                await run_blocking(keep, self.config.backend, client_id, stored)
                self.client.token, self._user_id = account.token, account.user_id
        finally:
            lock.release()

    async def _ask_for_token(self) -> Account:
        """Ask for a token of our client id. Where its answer was lost, now or by a process that
        died, the backend may have given it all the same, and gives no other for 7 days: then
        we ask as another client. The request ends as the token is kept."""
        begin = self.vault.begin_token_request
        lost = not await run_blocking(begin, self.config.backend, self.projects.client_id)
        try:
            return await self._first_answer(lost=lost)
        except NetworkError as error:
            if error.unsent and not lost:
                await self._end_token_request()
            raise
        except SkillError:
            await self._end_token_request()
            raise

    async def _end_token_request(self) -> None:
        end = self.vault.end_token_request
        await run_blocking(end, self.config.backend, self.projects.client_id)

    async def _first_answer(self, *, lost: bool) -> Account:
        """What the backend answers; `lost`: an answer to the same client id may have been."""
        try:
            return await self._request_token()
        except NetworkError as error:
            if error.unsent:
                raise
            lost = True
            await self.clock.sleep(self.timing.retry_base)
        except RateLimitedError:
            if lost and await self._another_client_id():
                return await self._request_token()
            await self._pause(self.timing.rate_limit)  # the contract: 30 s, once
        except BackendFailedError as error:
            if error.backend_code != _NO_CLIENT_ID or not await self._another_client_id():
                raise
        try:
            return await self._request_token()
        except RateLimitedError:
            if not lost or not await self._another_client_id():
                raise
            return await self._request_token()

    async def _request_token(self) -> Account:
        try:
            return await self.client.anonymous_token(self.projects.client_id)
        except RateLimitedError as error:
            error.retry_after = _TOKEN_EVERY
            error.hint = _no_other_token()
            raise

    async def _another_client_id(self) -> bool:
        """Be another client from here on; false where the client id is of the user's choice."""
        if self.config.client_id:
            return False
        self.tell(Detail("asking for a token as another client"))
        await self._end_token_request()
        await run_blocking(self.vault.new_client_id)
        self.projects = Projects(self.config, self.vault)
        return True

    async def call(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request that changes something but costs nothing. One that was refused as one
        too many (429) was not carried out: it is made once more after the pause asked for."""
        try:
            return await self.once(request)
        except RateLimitedError as error:
            pause = max(self.timing.rate_limit, error.retry_after or 0.0)
            if pause > self.timing.retry_after_cap:
                raise
        await self._pause(pause)
        return await self.once(request)

    async def _pause(self, seconds: float) -> None:
        self.tell(Notice(say("The backend asks for a pause of {seconds:.0f} s.", seconds=seconds)))
        await self.clock.sleep(seconds)

    async def once(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make one request. One that was refused was not carried out, so it is made again, once,
        where what it was refused for can be mended: a token of ours that is no longer good (1001),
        a client id that is missing (400)."""
        await self.authorize()
        mended: set[int | None] = set()
        while True:
            try:
                return await request()
            except NoCreditsError as error:
                self.no_credits(error)
                raise
            except (AuthError, BackendFailedError) as error:
                code = error.backend_code
                if code in mended or not await self._mend(code):
                    if code in _BAD_TOKEN and self.anonymous:
                        error.hint = _no_other_token()
                    raise
                mended.add(code)

    async def _mend(self, code: int | None) -> bool:
        """Do what the contract says of a code; false where it says nothing that would help."""
        if code == _NO_CLIENT_ID:
            self.client.client_id = self.projects.client_id
            return True
        if code not in _BAD_TOKEN or not self.anonymous:
            return False
        self.tell(Detail("the anonymous token is no longer good; asking for a new one"))
        refused = self.client.token
        try:
            if not await self._take_kept(refused):
                await self._take_new(refused)
        except RateLimitedError as error:  # there is no other: it may be taken after all
            self.tell(Detail(error.message))
        except NetworkError as error:
            error.unsent = True  # the request itself was refused
            raise
        return True

    async def read(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request that changes nothing; what is likely to pass is tried again."""
        attempt, started = 0, self.clock.now()
        while True:
            try:
                return await self.once(request)
            except SkillError as error:
                elapsed = self.clock.now() - started
                wait = retry_wait(error, attempt, self.timing, self._jitter, elapsed)
                if wait is None:
                    raise
                self.tell(Detail(f"{error.message} Trying again in {wait:.1f} s."))
                await self.clock.sleep(wait)
                attempt += 1

    async def state(self, session_id: str) -> State:
        return await self.read(lambda: self.client.state(session_id))

    async def balance_if_known(self) -> Credits | None:
        """The balance of the account there is a token for; None where there is none, or where
        the backend does not say."""
        if self.config.token is not None:
            self.client.token = self.config.token
        elif self.config.local or not await self._take_kept(refused=None):
            return None
        try:
            return await self.client.credits()
        except SkillError as error:
            self.tell(Detail(error.message))
            return None

    async def balance_at_once(self) -> Credits | None:
        """The balance, for what is good to know and no more; None where it does not come soon."""
        with anyio.move_on_after(_SOON):
            try:
                return await self.once(self.client.credits)
            except SkillError as error:
                self.tell(Detail(error.message))
        return None

    def no_credits(self, error: NoCreditsError) -> NoCreditsError:
        """2001 with the way out that fits: register where anonymous, else top up."""
        if not self.anonymous or self.config.local or not self._user_id:
            return error
        link = f"{self.config.web_url}/register?bind={self._user_id}"
        error.hint = say(
            "Register to keep this project and get credits: {link} Or make the video on this machine with --local.",
            link=link,
        )
        return error

    # ------------------------------------------------------------ the project

    async def create_session(self, language: str) -> StoredSession:
        """A new project. It costs nothing, so a request that provably never left is made once
        more."""

        async def create() -> Session:
            return await self.client.create_session(language)

        try:
            made = await self.call(create)
        except NetworkError as error:
            if not error.unsent:
                raise
            await self.clock.sleep(self.timing.retry_base)
            made = await self.call(create)
        user_id = made.user_id or self._user_id
        return StoredSession(made.session_id, made.task_id, user_id, language)

    async def session(self, language: str) -> StoredSession:
        """The current project, or a new one: the one that is meant from here on. Where the backend
        no longer knows it (1002), a new one is taken if nothing is lost by that; else NotFoundError
        says so."""
        session = await run_blocking(lambda: self.projects.current)
        if session is not None:
            try:
                await self.state(session.session_id)
            except NotFoundError as error:
                if error.backend_code != 1002:
                    raise
                await run_blocking(self.projects.lost, session.session_id, error)
                session = None
        if session is None:
            session = await self.create_session(language)
        await run_blocking(self.projects.keep, session)
        return session


def _no_other_token() -> str:
    return say(
        "A client gets one anonymous token in 7 days. Set NEMO_TOKEN to one of your own, or make the video on this machine with --local."
    )


@asynccontextmanager
async def open_connection(
    config: Config, tell: Tell, language: Callable[[], str], clock: Clock | None = None
) -> AsyncIterator[Connection]:
    """Open a connection to the backend of `config`. `language` is asked for that of the user when a
    backend of our own has something to say. Raises UsageError where the state folder cannot be
    used, or where what --local needs is not installed."""
    from skill.api.client import Client
    from skill.jobs.store import Vault

    async with AsyncExitStack() as stack:
        vault = Vault.open(config.home)
        stack.callback(vault.close)
        transport = None
        if config.local:
            from skill.local import ADDRESS, running

            config = replace(config, api_url=ADDRESS)
            transport = await stack.enter_async_context(running(config.home, tell, language))
        client = Client(
            config.api_url,
            config.manifest.headers,
            transport=transport,
            log=lambda line: tell(Detail(line)),
        )
        timing = (LOCAL if config.local else CLOUD).at_pace(config.pace)
        async with client:
            yield Connection(config, client, vault, clock or PacedClock(config.pace), timing, tell)
