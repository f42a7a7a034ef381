"""The world on disk: one JSON file that is replaced whole, under a lock shared by processes."""

import json
import os
import shutil
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from mock_server.backend.models import World
from mock_server.errors import StorageError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        file.seek(0)
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
            else:
                return True
else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


class Mark(Protocol):
    """What a holder of a claim has in hand."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class _Held:
    """A mark of a world that is in memory: no file is opened for it, so that a thousand turns at
    once do not want a thousand files."""

    marks: set[str]
    name: str

    def close(self) -> None:
        self.marks.discard(self.name)


class Store:
    """Holds the world in memory and, if persistent, in `folder`/world.json.

    Without a folder everything lies in a temporary one, which `close` removes. All changes go
    through `change`: it takes the lock, reads what another process may have written, lets the
    caller edit, and replaces the file. Objects taken from the world are stale after the next
    change, so they are looked up again each time.
    """

    def __init__(self, folder: Path | None, *, persistent: bool) -> None:
        self._persistent = persistent and folder is not None
        self._mutex = threading.RLock()
        self._world = World()
        self._marks: set[str] = set()
        self._stamp: tuple[int, int] | None = None
        self.failure: Exception | None = None
        """What came in the way of reading or writing the folder, until somebody takes note."""
        try:
            if folder is not None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._persistent and folder is not None:
                folder.chmod(0o700)
                self.root = folder
            else:
                self.root = Path(tempfile.mkdtemp(prefix="mock-server-", dir=folder))
                # Also for one that is never closed: it goes with the store, or with the process.
                self._remove = weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
            for name in ("media", "renders", "marks"):
                (self.root / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot use the storage folder {folder}: {error}") from error
        if self._persistent:
            with self._locked():
                self._reload()

    @property
    def persistent(self) -> bool:
        return self._persistent

    def read(self) -> World:
        """The world as it is now, also if another process changed it. Not to be edited."""
        with self._mutex:
            if self._persistent:
                self._reload()
            return self._world

    @contextmanager
    def change(self) -> Iterator[World]:
        """The world, to be edited. What was edited is on disk when the block ends."""
        with self._mutex:
            if not self._persistent:
                yield self._world
                return
            with self._locked():
                self._reload()
                try:
                    yield self._world
                except BaseException:
                    self._stamp = None
                    raise
                self._save()

    def claim(self, name: str) -> Mark | None:
        """Take a mark that one holder among all processes can have; None if it is taken.

        It is held until it is closed, at the latest until the process ends.
        """
        if not self._persistent:
            with self._mutex:
                if name in self._marks:
                    return None
                self._marks.add(name)
            return _Held(self._marks, name)
        place = self.root / "marks" / Path(name).name
        with self._writing(place):
            file = place.open("ab")
        if _lock(file, wait=False):
            return file
        file.close()
        return None

    def claimed(self, name: str) -> bool:
        """Whether a live process holds that mark."""
        mark = self.claim(name)
        if mark is None:
            return True
        mark.close()
        self.forget_claim(name)
        return False

    def forget_claim(self, name: str) -> None:
        """Remove a mark that nobody will ask for again."""
        if self._persistent:
            (self.root / "marks" / Path(name).name).unlink(missing_ok=True)

    def close(self) -> None:
        if not self._persistent:
            self._remove()

    @property
    def _file(self) -> Path:
        return self.root / "world.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        place = self.root / "lock"
        with self._writing(place):
            file = place.open("ab")
        with file:
            _lock(file, wait=True)
            yield

    @contextmanager
    def _writing(self, place: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = StorageError(f"cannot write {place}: {error}")
            raise self.failure from error

    def _reload(self) -> None:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            if self._stamp is None:
                self._world = World()
            return
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp == self._stamp:
            return
        try:
            self._world = World.from_json(json.loads(self._file.read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            self.failure = StorageError(
                f"{self._file} cannot be read ({error!r}). Move it away to start afresh."
            )
            raise self.failure from error
        self._stamp = stamp

    def _save(self) -> None:
        fresh = self._file.with_suffix(".new")
        text = json.dumps(self._world.to_json(), ensure_ascii=True, separators=(",", ":"))
        with self._writing(self._file):
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._file)
            status = self._file.stat()
        self._stamp = (status.st_mtime_ns, status.st_ino)
