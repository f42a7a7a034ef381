"""The backend itself: accounts, sessions, credits, uploads and drafts, with a clock of its own.

Nothing here knows of HTTP. What is refused is an `ApiError`; what is answered is plain data.
"""

import asyncio
import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from mock_server import errors
from mock_server.agent import director
from mock_server.agent.director import Asset, Kind, Picture, direct
from mock_server.agent.steps import Save
from mock_server.backend import instant_renderer
from mock_server.backend.accounts import Accounts, expired, iso
from mock_server.backend.media_library import (
    Inspector,
    Library,
    MediaFacts,
    file_path,
    media_info,
    session_of,
)
from mock_server.backend.models import TOKEN_DAYS, Account, Media, Plan, Render, Session
from mock_server.backend.render_queue import Rendered, Renderer, Renders
from mock_server.backend.store import Mark, Store
from mock_server.backend.turn import Turn
from mock_server.clock import DAY, Clock
from mock_server.errors import ApiError
from mock_server.faults import Fault, Faults
from mock_server.journal import Journal
from mock_server.scenarios import Scenarios

CLAIM_SECONDS = 3600
UPLOAD_LIMIT = 200 * 1024 * 1024
RENDERER_NEEDS = ("av", "cv2", "numpy", "regex", "uharfbuzz")
"""What `mock_server.render` imports, and a backend that renders instantly does without."""
SHORT_KEY = 8
"""So many digits of an account's key are shown."""


@dataclass(frozen=True)
class Prices:
    """Credits for each kind of turn. The contract: a generation about 100, a session of edits 50."""

    first_cut: int = 50
    generation: int = 100
    edit: int = 5
    question: int = 0

    def of(self, kind: Kind) -> int:
        return int(getattr(self, kind.value))


@dataclass
class _Busy:
    """A turn under way: what it holds of an account, the mark that keeps others out,
    and the hashes of the uploads it knows of."""

    account: str
    price: int
    mark: Mark
    seen: list[str]


class Backend:
    """One backend with all its state. Its methods may be called from any thread.

    storage:     where files and, if `persistent`, everything else is kept; None is a temporary
                 folder that `close` removes. Raises StorageError if the folder cannot be used.
    unlimited:   credits are shown but never spent.
    dialect:     how streams are written: typed or adk.
    pace:        multiplies every delay the backend makes; 0 is none at all.
    silent_rate: the share of edits whose stream closes without text, decided by `seed`.
    max_requests: further ones have their connection reset, so that who asks for ever comes to an end.
    render_shape: bare, or wrapped in {"success": true, "data": …}.
    validate:    whether its own answers are held to the contract (openapi.yaml), as requests always
                 are; what is not so is noted in the journal and logged.
    renderer:    what makes the videos: "real" (mock_server.render), "instant" (one frame)
                 or one of your own; None is the real one where its packages are installed.
    inspector:   what looks into uploads; that of the renderer if None.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        clock: Clock | None = None,
        storage: Path | None = None,
        persistent: bool = False,
        unlimited: bool = False,
        dialect: str = "typed",
        pace: float = 1.0,
        silent_rate: float = 0.3,
        max_upload: int = UPLOAD_LIMIT,
        max_requests: int | None = None,
        render_shape: Literal["bare", "wrapped"] = "bare",
        prices: Prices | None = None,
        validate: bool = True,
        renderer: Renderer | Literal["real", "instant"] | None = None,
        inspector: Inspector | None = None,
    ) -> None:
        if dialect not in ("typed", "adk"):
            raise ValueError(f"no dialect {dialect!r}; there are typed, adk")
        if render_shape not in ("bare", "wrapped"):
            raise ValueError(f"no render shape {render_shape!r}; there are bare, wrapped")
        if isinstance(renderer, str) and renderer not in ("real", "instant"):
            raise ValueError(f"no renderer {renderer!r}; there are real, instant")
        if persistent and storage is None:
            raise ValueError("a persistent backend needs a storage folder")
        self.seed = self._first_seed = seed
        self.clock = clock or Clock()
        self.dialect = dialect
        self.pace = pace
        self.silent_rate = silent_rate
        self.max_upload = max_upload
        self.max_requests = max_requests
        self.render_shape = render_shape
        self.unlimited = unlimited
        self.validate = validate
        self.prices = prices or Prices()
        self.faults = Faults()
        self.journal = Journal()
        self.spent = 0
        """Credits that messages have cost, of all accounts together."""
        self._store = Store(storage, persistent=persistent)
        self._busy: dict[str, _Busy] = {}
        self._later: dict[str, tuple[float, dict[str, Any]]] = {}
        """By session: the draft it gets by itself, and when."""
        self._lock = threading.Lock()
        self.accounts = Accounts(self._store, self.clock)
        real = renderer == "real" or (renderer != "instant" and all(map(find_spec, RENDERER_NEEDS)))
        self.library = Library(
            self._store, inspector or (_inspect if real else instant_renderer.inspect)
        )
        if renderer is None or isinstance(renderer, str):
            renderer = _render if real else instant_renderer.render
        self.renders = Renders(self._store, self.clock, renderer, pace=pace)
        self.is_instant = renderer is instant_renderer.render
        self.scenarios = Scenarios(self)
        if persistent:
            self.renders.fail_orphans()
            self._prune()

    # Sessions

    def create_session(
        self, account: Account, task_name: str, language: str | None
    ) -> dict[str, Any]:
        with self._store.change() as world:
            session = Session(
                id=secrets.token_hex(16),
                task_id=f"task_{secrets.token_hex(8)}",
                task_name=task_name,
                user_id=account.user_id,
                ordinal=world.sessions_made,
                used_at=self.clock.now(),
                language=language,
            )
            world.sessions_made += 1
            world.sessions[session.id] = session
        return {"task_id": session.task_id, "session_id": session.id, "user_id": account.user_id}

    def session(self, account: Account, session_id: str) -> Session:
        """A session of this user. Raises ApiError 1002."""
        self._finish_drafts()
        return session_of(self._store.read(), account, session_id)

    def state(
        self, account: Account, session_id: str, url: Callable[[Media], str]
    ) -> dict[str, Any]:
        """What endpoint 6 answers; `url` gives the public address of a file."""
        session = self.session(account, session_id)
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
        """A token that opens a project in a browser and can do nothing else."""
        if self.session(account, session_id).task_id != task_id:
            raise errors.bad_request("task_id does not belong to session_id")
        return {"claim_token": f"clm_{secrets.token_hex(16)}", "expires_in": CLAIM_SECONDS}

    # Credits and turns

    def balance(self, account: Account) -> dict[str, Any]:
        total, frozen = self.accounts.credits(account.key), self._frozen(account.key)
        return {"available": total - frozen, "frozen": frozen, "total": total}

    def begin_turn(
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
        self.session(account, session_id)
        self._finish_drafts(session_id)
        session = self.session(account, session_id)
        mark = self._store.claim(f"turn-{session.id}")
        if mark is None:
            raise ApiError(errors.BUSY, "The session is still busy with another message.")
        try:
            plan = self._plan(session, words, source)
            seen = [item.hash for item in session.uploads]
            busy = _Busy(account.key, self.prices.of(plan.kind), mark, seen)
            self._hold(session.id, busy)
            with self._store.change() as world:
                ordinal = world.sessions[session.id].turns
                world.sessions[session.id].turns += 1
                world.sessions[session.id].used_at = self.clock.now()
            if plan.pictures:
                self.library.draw(session.id, plan.pictures)
        except BaseException:
            self._busy.pop(session.id, None)
            mark.close()
            raise
        return Turn(self, session.id, f"{session.ordinal}-{ordinal}", plan, fault)

    def _plan(self, session: Session, words: str, source: str | None = None) -> director.Plan:
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
            seed=self.seed,
            language=session.language,
            source=source,
        )

    def prepare(self, token: str, *, photos: int = 1, words: str | None = None) -> str:
        """The id of a new session of a token's account, for what begins in the middle: so many photos
        are uploaded to it, and the draft is what a message of these words makes of them. Nothing
        is charged, nothing stands in the journal. A token that is unknown becomes that of a
        registered user. Raises ApiError 1001 for one that has expired."""
        if not self.accounts.knows(token):
            self.accounts.add(token)
        account = self.accounts.authenticate(token)
        made = self.create_session(account, "project", None)
        session = self.session(account, made["session_id"])
        self.library.draw(
            session.id, [_photo(number) for number in range(1, photos + 1)], upload=True
        )
        session = self.session(account, session.id)
        if words is not None:
            plan = self._plan(session, words)
            self.library.draw(session.id, plan.pictures)
            for step in plan.steps:
                if isinstance(step, Save):
                    self.save_draft(session.id, step.draft)
            with self._store.change() as world:
                world.sessions[session.id].seen = [item.hash for item in session.uploads]
        return session.id

    def save_draft(self, session_id: str, draft: dict[str, Any], *, after: float = 0.0) -> None:
        """The session's draft becomes this one, at once or so many seconds (times pace) later."""
        if after * self.pace > 0:
            self._later[session_id] = self.clock.now() + after * self.pace, draft
            return
        with self._store.change() as world:
            if session_id in world.sessions:
                world.sessions[session_id].draft = draft

    def _finish_drafts(self, session_id: str | None = None) -> None:
        """Save the drafts that were to come later: those whose time has come, and a session's."""
        now = self.clock.now()
        for key, (due, draft) in list(self._later.items()):
            due_now = due <= now or key == session_id
            if due_now and self._later.pop(key, None) is not None:
                self.save_draft(key, draft)

    def end_turn(self, session_id: str, *, done: bool) -> None:
        """Spend what the turn held if it was done, give it back if not."""
        busy = self._busy.pop(session_id, None)
        if busy is None:
            return
        if done and not self.unlimited and busy.price:
            self.accounts.spend(busy.account, busy.price)
            self.spent += busy.price
        if done:
            with self._store.change() as world:
                if session_id in world.sessions:
                    world.sessions[session_id].seen = busy.seen
        busy.mark.close()

    def _hold(self, session_id: str, busy: _Busy) -> None:
        with self._lock:
            available = self.accounts.credits(busy.account) - self._frozen(busy.account)
            if busy.price > available and not self.unlimited:
                raise ApiError(
                    errors.NO_CREDITS, f"Not enough credits: {busy.price} needed, {available} left."
                )
            busy.price = min(busy.price, available)
            self._busy[session_id] = busy

    def _frozen(self, key: str) -> int:
        return sum(busy.price for busy in list(self._busy.values()) if busy.account == key)

    # Renders

    def start_render(
        self,
        account: Account,
        render_id: str,
        session_id: str,
        draft: dict[str, Any],
        outcome: Literal["failed", "stuck"] | None = None,
    ) -> Render:
        """Queue a render of a draft. Raises ApiError 402, 1002, or 400 for a used id."""
        if account.plan is Plan.FREE:
            raise ApiError(
                errors.EXPORT_BLOCKED,
                "Export is blocked on the free plan. "
                "Register or upgrade your plan to unlock export.",
            )
        session = self.session(account, session_id)
        media = {item.hash: self.library.path(item) for item in session.media}
        return self.renders.submit(render_id, session_id, account.key, draft, media, outcome)

    # The whole

    async def pause(self, seconds: float) -> None:
        """Let so many seconds go by, at the backend's pace."""
        if self.pace > 0:
            await self.clock.sleep(seconds * self.pace)
        else:
            await asyncio.sleep(0)

    def fail(self, endpoint: str, /, **what: Any) -> Fault:
        """Arm a fault: the keywords are the fields of `Fault`. Raises TypeError for any other, and
        ValueError for what one cannot be."""
        known = [item.name for item in fields(Fault) if item.name != "endpoint"]
        if unknown := sorted(set(what) - set(known)):
            raise TypeError(f"a fault has no {', '.join(unknown)}; it has {', '.join(known)}")
        fault = Fault(endpoint, **what)
        self.faults.add(fault)
        return fault

    def summary(
        self, url: Callable[[str, str], str] = file_path, *, newest: int | None = None
    ) -> dict[str, Any]:
        """All there is as plain data, without any token: for the control routes. With `newest`
        only so many accounts, and so many sessions with their renders: those used last.

        `url` gives the address of a file by its key and name. An account is known by the first
        eight digits of its key. Times are Unix seconds, but for the clock's `now`.
        """
        self._finish_drafts()
        world, now = self._store.read(), self.clock.now()
        accounts, sessions = list(world.accounts.values()), list(world.sessions.values())
        renders = list(world.renders.values())
        if newest is not None:
            accounts = accounts[-newest:]
            sessions = sorted(sessions, key=lambda session: session.used_at)[-newest:]
            shown = {session.id for session in sessions}
            renders = [render for render in renders if render.session_id in shown]
        return {
            "accounts": [self._account(item, now) for item in accounts],
            "sessions": [self._session(item, url) for item in sessions],
            "renders": [self._rendering(item, url) for item in renders],
            "clock": {
                "now": iso(now),
                "time": now,
                "rate": self.clock.rate,
                "sleepers": self.clock.sleepers,
            },
            "spent": self.spent,
            "seed": self.seed,
            "pace": self.pace,
            "dialect": self.dialect,
            "faults": [asdict(fault) for fault in self.faults.armed()],
        }

    def _account(self, account: Account, now: float) -> dict[str, Any]:
        frozen = self._frozen(account.key)
        return {
            **asdict(account),
            "key": account.key[:SHORT_KEY],
            "frozen": frozen,
            "available": account.credits - frozen,
            "registered": account.registered,
            "expired": expired(account, now),
        }

    def _session(self, session: Session, url: Callable[[str, str], str]) -> dict[str, Any]:
        def shown(media: list[Media]) -> list[dict[str, Any]]:
            hidden = ("key", "path")
            return [
                {name: value for name, value in asdict(item).items() if name not in hidden}
                | {"url": url(item.key, item.name)}
                for item in media
            ]

        return {
            **asdict(session),
            "busy": session.id in self._busy,
            "uploads": shown(session.uploads),
            "generated": shown(session.generated),
        }

    def _rendering(self, render: Render, url: Callable[[str, str], str]) -> dict[str, Any]:
        hidden = ("key", "path", "worker")
        return {
            **{name: value for name, value in asdict(render).items() if name not in hidden},
            "account": render.account[:SHORT_KEY],
            "progress": self.renders.progress(render),
            "url": url(render.key, f"{render.id}.mp4") if render.path else None,
        }

    def reset(self) -> None:
        """Be as new: no accounts, sessions, files, renders and faults, an empty journal, and the
        seed and the time it was made with."""
        self.scenarios.clear()
        self.seed = self._first_seed
        self.clock.reset()
        self.renders.forget()
        self.faults.clear()
        self._later.clear()
        for session_id in list(self._busy):  # who comes again with the same token pays for nothing
            self.end_turn(session_id, done=False)
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
        self.spent = 0

    def close(self) -> None:
        """Stop the renders and remove the temporary folder. May be called twice."""
        self.renders.close()
        for session_id in list(self._busy):
            self.end_turn(session_id, done=False)
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
) -> Rendered:
    # Imported when the first video is made: the renderer loads OpenCV and PyAV.
    from mock_server.render import render

    return render(draft, media, target, **hooks)


def _inspect(path: Path) -> MediaFacts:
    from mock_server.render import inspect

    return inspect(path)
