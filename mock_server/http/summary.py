"""All that a backend remembers as plain data, for the control routes and the page."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from mock_server.backend.accounts import expired, iso
from mock_server.backend.backend import Backend
from mock_server.backend.media_library import file_path
from mock_server.backend.models import Account, Media, Render, Session

SHORT_KEY = 8
"""So many digits of an account's key are shown."""

MediaUrl = Callable[[str, str], str]
"""A file's key and name → its address."""


def summary(
    backend: Backend, url: MediaUrl = file_path, *, newest: int | None = None
) -> dict[str, Any]:
    """All there is, without any token. With `newest` only so many accounts, and so many sessions
    with their renders: those used last.

    An account is known by the first eight digits of its key. Times are Unix seconds, but for the
    clock's `now`.
    """
    world, now, settings = backend.world(), backend.clock.now(), backend.settings
    busy = backend.messages.busy()
    accounts, sessions = list(world.accounts.values()), list(world.sessions.values())
    renders = list(world.renders.values())
    if newest is not None:
        accounts = accounts[-newest:]
        sessions = sorted(sessions, key=lambda session: session.used_at)[-newest:]
        shown = {session.id for session in sessions}
        renders = [render for render in renders if render.session_id in shown]
    return {
        "accounts": [_account(item, now, backend.credits.frozen(item.key)) for item in accounts],
        "sessions": [_session(item, url, busy=item.id in busy) for item in sessions],
        "renders": [_render(item, url, backend.renders.progress(item)) for item in renders],
        "clock": {
            "now": iso(now),
            "time": now,
            "rate": backend.clock.rate,
            "sleepers": backend.clock.sleepers,
        },
        "spent": backend.spent,
        "seed": settings.seed,
        "pace": settings.pace,
        "dialect": settings.dialect,
        "faults": [fault.to_json() for fault in backend.faults.armed()],
    }


def _account(account: Account, now: float, frozen: int) -> dict[str, Any]:
    return {
        **asdict(account),
        "key": account.key[:SHORT_KEY],
        "frozen": frozen,
        "available": account.credits - frozen,
        "registered": account.registered,
        "expired": expired(account, now),
    }


def _session(session: Session, url: MediaUrl, *, busy: bool) -> dict[str, Any]:
    def shown(media: list[Media]) -> list[dict[str, Any]]:
        return [_without(item, "key", "path") | {"url": url(item.key, item.name)} for item in media]

    return {
        **asdict(session),
        "busy": busy,
        "uploads": shown(session.uploads),
        "generated": shown(session.generated),
    }


def _render(render: Render, url: MediaUrl, progress: float) -> dict[str, Any]:
    return {
        **_without(render, "key", "path", "worker"),
        "account": render.account[:SHORT_KEY],
        "progress": progress,
        "url": url(render.key, f"{render.id}.mp4") if render.path else None,
    }


def _without(item: Media | Render, *hidden: str) -> dict[str, Any]:
    return {name: value for name, value in asdict(item).items() if name not in hidden}
