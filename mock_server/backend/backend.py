"""The backend itself: accounts, sessions, credits, uploads and drafts, with a clock of its own.

Nothing here knows of HTTP. What is refused is an `ApiError`; what is answered is plain data.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Unpack

from mock_server import errors
from mock_server.agent.director import Picture
from mock_server.agent.steps import Save
from mock_server.backend import instant_renderer
from mock_server.backend.accounts import Accounts, expired
from mock_server.backend.credits import Credits
from mock_server.backend.media_library import Inspector, Library, MediaFacts
from mock_server.backend.messages import Messages
from mock_server.backend.models import (
    TOKEN_DAYS,
    Account,
    AccountPlan,
    Render,
    World,
)
from mock_server.backend.render_queue import RenderedVideo, Renderer, Renders
from mock_server.backend.sessions import Sessions
from mock_server.backend.settings import Settings, SettingsChanges
from mock_server.backend.store import Store
from mock_server.clock import DAY, Clock
from mock_server.errors import ApiError
from mock_server.faults import Fault, Faults
from mock_server.journal import Journal
from mock_server.scenarios import Scenarios

RENDERER_NEEDS = ("av", "cv2", "numpy", "regex", "uharfbuzz")
"""What `mock_server.render` imports, and a backend that renders instantly does without."""


class Backend:
    """One backend with all its state. Its methods may be called from any thread.

    storage:     where files and, if `persistent`, everything else is kept; None is a temporary
                 folder that `close` removes. Raises StorageError if the folder cannot be used.
    renderer:    what makes the videos: "real" (mock_server.render), "instant" (one frame)
                 or one of your own; None is the real one where its packages are installed.
    inspector:   what looks into uploads; that of the renderer if None.

    The other keywords are the fields of `Settings`: pace, seed, dialect and so on.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        storage: Path | None = None,
        persistent: bool = False,
        renderer: Renderer | Literal["real", "instant"] | None = None,
        inspector: Inspector | None = None,
        **settings: Unpack[SettingsChanges],
    ) -> None:
        if isinstance(renderer, str) and renderer not in ("real", "instant"):
            raise ValueError(f"no renderer {renderer!r}; there are real, instant")
        if persistent and storage is None:
            raise ValueError("a persistent backend needs a storage folder")
        self._first = self._base = Settings(**settings)
        self.clock = clock or Clock()
        self.faults = Faults()
        self.journal = Journal()
        self._store = Store(storage, persistent=persistent)
        self.accounts = Accounts(self._store, self.clock)
        self.credits = Credits(self.accounts)
        self.sessions = Sessions(self._store, self.clock)
        real = renderer == "real" or (renderer != "instant" and all(map(find_spec, RENDERER_NEEDS)))
        self.library = Library(
            self._store, inspector or (_inspect if real else instant_renderer.inspect)
        )
        if renderer is None or isinstance(renderer, str):
            renderer = _render if real else instant_renderer.render
        self.renders = Renders(self._store, self.clock, renderer, pace=lambda: self.settings.pace)
        self.messages = Messages(
            self._store,
            self.clock,
            self.sessions,
            self.credits,
            self.library,
            settings=lambda: self.settings,
            pause=self.pause,
        )
        self.is_instant = renderer is instant_renderer.render
        self.scenarios = Scenarios(self.faults, self._settle_accounts)
        self._settle_accounts()
        if persistent:
            self.renders.fail_orphans()
            self._prune()

    # Settings

    @property
    def settings(self) -> Settings:
        """How it behaves now: as it was told to, and over that the scenarios that are on, the last
        of them uppermost."""
        settings = self._base
        for scenario in self.scenarios.playing:
            settings = settings.overlaid(scenario.settings)
        return settings

    def configure(self, **changes: Unpack[SettingsChanges]) -> None:
        """Change some settings. A scenario that is on still lays its own over them."""
        self._base = replace(self._base, **changes)
        self._settle_accounts()

    def _settle_accounts(self) -> None:
        settings = self.settings
        self.accounts.force(credits=settings.credits, plan=settings.plan)

    # Projects

    @property
    def spent(self) -> int:
        """Credits that messages have cost, of all accounts together."""
        return self.credits.spent

    def prepare(self, token: str, *, photos: int = 1, words: str | None = None) -> str:
        """The id of a new session of a token's account, for what begins in the middle: so many photos
        are uploaded to it, and the draft is what a message of these words makes of them. Nothing
        is charged, nothing stands in the journal. A token that is unknown becomes that of a
        registered user. Raises ApiError 1001 for one that has expired."""
        if not self.accounts.knows(token):
            self.accounts.add(token)
        account = self.accounts.authenticate(token)
        made = self.sessions.create(account, "project", None).id
        uploads = [_photo(number) for number in range(1, photos + 1)]
        self.library.draw(made, uploads, upload=True)
        if words is not None:
            session = self.sessions.find(account, made)
            reply = self.messages.reply(session, words)
            self.library.draw(made, reply.pictures)
            for step in reply.steps:
                if isinstance(step, Save):
                    self.sessions.save_draft(made, step.draft)
            self.sessions.mark_seen(made, [item.hash for item in session.uploads])
        return made

    def start_render(
        self,
        account: Account,
        render_id: str,
        session_id: str,
        draft: dict[str, Any],
        outcome: Literal["failed", "stuck"] | None = None,
    ) -> Render:
        """Queue a render of a draft. Raises ApiError 402, 1002, or 400 for a used id."""
        if account.plan is AccountPlan.FREE:
            raise ApiError(
                errors.EXPORT_BLOCKED,
                "Export is blocked on the free plan. "
                "Register or upgrade your plan to unlock export.",
            )
        session = self.sessions.find(account, session_id)
        media = {item.hash: self.library.path(item) for item in session.media}
        return self.renders.submit(render_id, session_id, account.key, draft, media, outcome)

    # The whole

    def world(self) -> World:
        """All that is remembered, as it is now. Not to be edited."""
        self.sessions.finish_drafts()
        return self._store.read()

    async def pause(self, seconds: float) -> None:
        """Let so many seconds go by, at the backend's pace."""
        pace = self.settings.pace
        if pace > 0:
            await self.clock.sleep(seconds * pace)
        else:
            await asyncio.sleep(0)

    def fail(self, endpoint: str, /, **what: Any) -> Fault:
        """Arm a fault: the keywords are those of `Fault`. Raises TypeError for any other, and
        ValueError for what one cannot be."""
        fault = Fault(endpoint, **what)
        self.faults.add(fault)
        return fault

    def storage_failed(self, error: Exception) -> None:
        """Note what came in the way of using the storage folder."""
        self._store.failure = error

    def take_storage_failure(self) -> Exception | None:
        """What came in the way of using the storage folder since this was asked last, if anything
        did: also what a render met, which nobody waits for."""
        failure, self._store.failure = self._store.failure, None
        return failure

    def reset(self) -> None:
        """Be as new: no accounts, sessions, files, renders, faults and scenarios, an empty journal,
        and the settings and the time it was made with."""
        self.scenarios.clear()
        self._base = self._first
        self._settle_accounts()
        self.clock.reset()
        self.renders.forget()
        self.faults.clear()
        self.sessions.forget_drafts()
        self.messages.give_up()  # who comes again with the same token pays for nothing
        with self._store.change() as world:
            files = [item.path for session in world.sessions.values() for item in session.media]
            files += [f"renders/{render.path}" for render in world.renders.values() if render.path]
            world.accounts.clear()
            world.sessions.clear()
            world.renders.clear()
            world.sessions_made = 0
        for path in files:
            (self._store.root / path).unlink(missing_ok=True)
        self.journal.clear()
        self.credits.spent = 0

    def close(self) -> None:
        """Stop the renders and remove the temporary folder. May be called twice."""
        try:
            self.renders.close()
        finally:
            self.messages.give_up()
            self._store.close()

    def _prune(self) -> None:
        """Drop expired accounts, sessions unused for seven days, and the files of neither."""
        now = self.clock.now()
        with self._store.change() as world:
            for key, account in list(world.accounts.items()):
                if expired(account, now):
                    del world.accounts[key]
            users = {account.user_id for account in world.accounts.values()}
            for key, session in list(world.sessions.items()):
                unused = session.used_at <= now - TOKEN_DAYS * DAY
                if unused or session.user_id not in users:
                    del world.sessions[key]
                    self._store.forget_claim(f"turn-{key}")
            for key, render in list(world.renders.items()):
                if render.session_id not in world.sessions:
                    del world.renders[key]
        self.library.prune(now)


def _photo(number: int) -> Picture:
    name = f"photo-{number}"
    return Picture(hashlib.sha256(name.encode()).hexdigest(), name, 640, 480)


def _render(
    draft: dict[str, Any], media: Mapping[str, Path], target: Path, **hooks: Any
) -> RenderedVideo:
    # Imported when the first video is made: the renderer loads OpenCV and PyAV.
    from mock_server.render import render

    return render(draft, media, target, **hooks)


def _inspect(path: Path) -> MediaFacts:
    from mock_server.render import inspect

    return inspect(path)
