"""The files of the sessions: what was uploaded or generated, what it is, and where it lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import anyio.to_thread

from mock_server.agent.director import Picture
from mock_server.backend.generated_pictures import draw
from mock_server.backend.models import Account, Media, Session, World
from mock_server.backend.store import Store
from mock_server.errors import NO_SESSION, UPLOAD_FORMATS, ApiError, unsupported_file

YOUNG_SECONDS = 86_400.0
"""A file of no session that is younger may be one that another process is just receiving."""


@dataclass(frozen=True)
class Received:
    """A file that has arrived: the sender's name made safe, where it lies, SHA-256, bytes."""

    name: str
    path: Path
    hash: str
    size: int

    @property
    def key(self) -> str:
        return self.path.stem


class MediaFacts(Protocol):
    """What an inspector finds in a file: type image, video or audio; pixels, seconds; whether
    it has sound."""

    @property
    def type(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def duration(self) -> float | None: ...
    @property
    def fps(self) -> float | None: ...
    @property
    def sound(self) -> bool: ...


Inspector = Callable[[Path], MediaFacts]


class Library:
    """The media of a backend, on disk under the store's folder."""

    def __init__(self, store: Store, inspector: Inspector) -> None:
        self._store = store
        self._inspector = inspector

    @property
    def incoming(self) -> Path:
        """Where uploads are written while they arrive."""
        return self._store.root / "media"

    def path(self, item: Media) -> Path:
        return self._store.root / item.path

    async def add(
        self, account: Account, session_id: str, received: Sequence[Received], now: float
    ) -> list[Media]:
        """Look into files that have arrived and put them into the session, all or none.

        A file the session has already (by content) is not added again. Raises ApiError 4001, 1002.
        """
        kept: set[str] = set()
        try:
            found = [await anyio.to_thread.run_sync(self._look, item) for item in received]
            with self._store.change() as world:
                session = session_of(world, account, session_id)
                session.used_at = now
                have = {item.hash: item for item in session.uploads}
                for item in found:
                    if item.hash not in have:
                        have[item.hash] = item
                        session.uploads.append(item)
                answer = [replace(have[item.hash], name=item.name) for item in found]
            kept = {item.key for item in answer}
        finally:
            for spare in received:
                if spare.key not in kept:
                    spare.path.unlink(missing_ok=True)
        return answer

    def draw(self, session_id: str, pictures: Sequence[Picture], *, upload: bool = False) -> None:
        """Draw pictures and put them into the session: generated ones, or as if they were uploaded."""
        drawn = [draw(picture, self.incoming) for picture in pictures]
        with self._store.change() as world:
            session = world.sessions[session_id]
            media = session.uploads if upload else session.generated
            have = {item.hash for item in media}
            media += [item for item in drawn if item.hash not in have]

    def find(self, key: str) -> tuple[Path, str] | None:
        """Where the public file with that key lies, and its name; None if there is none."""
        world = self._store.read()
        for session in world.sessions.values():
            for item in session.media:
                if item.key == key:
                    return self.path(item), item.name
        for render in world.renders.values():
            if render.key == key and render.path:
                return self._store.root / "renders" / render.path, f"{render.id}.mp4"
        return None

    def prune(self, now: float) -> None:
        """Remove the files that belong to no session and no render."""
        world = self._store.read()
        kept = {item.path for session in world.sessions.values() for item in session.media}
        for render in world.renders.values():
            kept |= {f"renders/{render.key}.mp4", f"renders/{render.path}"}
        for folder in ("media", "renders"):
            for path in (self._store.root / folder).iterdir():
                young = now - path.stat().st_mtime < YOUNG_SECONDS
                if f"{folder}/{path.name}" not in kept and not young:
                    path.unlink(missing_ok=True)

    def _look(self, file: Received) -> Media:
        try:
            facts = self._inspector(file.path)
        except ImportError:
            raise
        except Exception as error:
            # The boundary to the inspector: whatever it raises refuses this file, for that reason.
            raise unsupported_file(file.name, str(error) or type(error).__name__) from error
        format_ = "jpg" if facts.format == "jpeg" else facts.format
        if format_ not in UPLOAD_FORMATS:
            raise unsupported_file(file.name, f"its content is {format_}")
        return Media(
            key=file.key,
            name=file.name,
            type=facts.type,
            format=format_,
            hash=file.hash,
            size=file.size,
            path=f"media/{file.path.name}",
            duration=facts.duration,
            sound=facts.sound,
            width=facts.width,
            height=facts.height,
            fps=facts.fps,
        )


def file_path(key: str, name: str) -> str:
    """Where a file is fetched, on whatever host the backend is."""
    return f"/files/{key}/{quote(name, safe='')}"


def media_info(item: Media, url: str) -> dict[str, Any]:
    """How a file is listed, in the answer to its upload and in the state."""
    return {
        "filename": item.name,
        "file_type": item.type,
        "cdn_url": url,
        "duration": item.duration,
        "width": item.width,
        "height": item.height,
        "fps": item.fps,
        "hash": item.hash,
    }


def session_of(world: World, account: Account, session_id: str) -> Session:
    """A session of this user. Raises ApiError 1002."""
    session = world.sessions.get(session_id)
    if session is None or session.user_id != account.user_id:
        raise ApiError(NO_SESSION, "Session not found")
    return session
