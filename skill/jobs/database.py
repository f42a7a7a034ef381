"""The state folder's one SQLite file: made whole or not at all, and used only where it is ours."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.errors import UsageError
from skill.file_lock import Lock
from skill.files import put
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterator

# Copies of the skill that are installed already refuse a higher version, and write whole rows of
# these columns: what is added has to stand in tables of its own.
SCHEMA_VERSION = 1
FILE_NAME = "vault.db"

_SCHEMA = """
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tokens (
    backend TEXT NOT NULL, client_id TEXT NOT NULL, token TEXT NOT NULL, user_id TEXT NOT NULL,
    expires_at TEXT, PRIMARY KEY (backend, client_id)
);
CREATE TABLE sessions (
    owner TEXT NOT NULL, listing TEXT NOT NULL, session_id TEXT NOT NULL, record TEXT NOT NULL,
    used INTEGER NOT NULL, PRIMARY KEY (owner, session_id)
);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, record TEXT NOT NULL, finished INTEGER NOT NULL, created TEXT NOT NULL
);
"""
_TABLES = {
    "settings": {"key", "value"},
    "tokens": {"backend", "client_id", "token", "user_id", "expires_at"},
    "sessions": {"owner", "listing", "session_id", "record", "used"},
    "jobs": {"id", "record", "finished", "created"},
}
_KEYS = {
    "settings": {"key"},
    "tokens": {"backend", "client_id"},
    "sessions": {"owner", "session_id"},
    "jobs": {"id"},
}

_PATIENCE = 2.0  # s an older copy, which makes the file empty first, has to fill it
_GLANCE = 0.01  # s


class Database:
    """Open with `Database.open`; safe between processes, and between threads. Every change is on
    disk when the call returns. What goes wrong is a UsageError that names the file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, folder: Path) -> Database:
        """Open the file in `folder`, or make it. Raises UsageError where folder or file cannot be
        used: never a silent fresh start."""
        path = folder / FILE_NAME
        try:
            _own(folder)
            _check_locks(folder)
        except OSError as error:
            raise UsageError(
                say(
                    "The state folder {folder} cannot be used: {reason}.",
                    folder=error.filename or folder,
                    reason=error.strerror or error,
                ),
                hint=say("Name another with --home DIR or IMAGE_TO_VIDEO_HOME."),
            ) from error
        with _explained(path):
            if not os.path.lexists(path):
                _create(path)
            _check_file(path)
            connection = _connect(path)
        database = cls(path, connection)
        try:
            database._check_schema()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with self._lock, _explained(self.path):
            return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, *values: object) -> int:
        """Make one change; returns the number of rows changed."""
        with self.transaction():
            return self._connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is read and written inside stands, or none of it; nobody else writes meanwhile. One
        may stand inside another, and is a part of that."""
        with self._lock, _explained(self.path):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _check_schema(self) -> None:
        """Raises UsageError where our columns are not all there. A newer version may have more,
        in a row that can be written without them."""
        ((version,),) = self.rows("PRAGMA user_version")
        for table, names in _TABLES.items():
            columns = self.rows(f"PRAGMA table_info({table})")
            found = {name for _, name, *_ in columns}
            keys = {name for *_, name, _kind, _needed, _default, key in columns if key}
            needed = {name for _, name, _, needed, default, _ in columns if needed and not default}
            if names <= found and keys == _KEYS[table] and needed <= names:
                continue
            if version > SCHEMA_VERSION:
                raise UsageError(
                    say("{path} was written by a newer version of this skill.", path=self.path),
                    hint=say("Update the skill, or name another folder with --home DIR."),
                )
            raise damaged(self.path, say("it is not a state file of this skill"))


def damaged(path: Path, what: str) -> UsageError:
    """The error of a file that holds what no version has written: `what` that is."""
    return UsageError(
        say("{path} is damaged: {what}.", path=path, what=what),
        hint=say(
            "Nothing was changed. Put a copy of it back, or move it away (the jobs in it are then unknown)."
        ),
    )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",  # never made by being opened
        uri=True,
        timeout=30.0,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = FAST")  # a token that is replaced is gone
    except BaseException:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    """Make the file under another name, and have it stand under its own once it is whole. Of
    several that do so at once, one succeeds and the others use its file."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_connect(new)) as connection:
            version = f"PRAGMA user_version = {SCHEMA_VERSION};"
            connection.executescript(f"BEGIN;{_SCHEMA}{version}COMMIT;")
        with _creating(path.parent), suppress(FileExistsError):
            put(new, path, force=False)
            _sync(path.parent)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def _creating(folder: Path) -> Iterator[None]:
    """One process at a time, for file systems where a name cannot be taken at one stroke."""
    lock = _open_lock(folder)
    while not lock.take():
        time.sleep(_GLANCE)
    try:
        yield
    finally:
        lock.release()


def _open_lock(folder: Path) -> Lock:
    return Lock(folder / "locks" / "open.lock")


def _check_locks(folder: Path) -> None:
    """Raises UsageError where the disk has no locks. (SQLite would wait for one, and a job would
    pass for one that another process works on.)"""
    lock = _open_lock(folder)
    if lock.take():
        lock.release()


def _check_file(path: Path) -> None:
    """Whether it is a file with something in it, for its user's eyes alone. Raises UsageError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise UsageError(
            say("{path} is not a file.", path=path),
            hint=say("Move it away, or name another folder with --home DIR."),
        )
    until = time.monotonic() + _PATIENCE
    while not path.stat().st_size:
        if time.monotonic() >= until:
            raise damaged(path, say("it is empty"))
        time.sleep(_GLANCE)
    _narrow(path, 0o600)


def _sync(folder: Path) -> None:
    """Have a new name in it on disk, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _own(folder: Path) -> None:
    """Make the folder, or take it over, readable by its user alone."""
    if folder.exists():
        mode = folder.stat().st_mode
        if folder.parent == folder or mode & stat.S_ISVTX or _is_home(folder):
            raise UsageError(
                say(
                    "{folder} is shared with other things: state needs a folder of its own.",
                    folder=folder,
                ),
                hint=say("For example --home {folder}", folder=folder / "image-to-video"),
            )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _narrow(folder, 0o700)


def _is_home(folder: Path) -> bool:
    try:
        return folder.resolve() == Path.home().resolve()
    except RuntimeError:  # this user has no home
        return False


def _narrow(path: Path, mode: int) -> None:
    """Take away the rights that go beyond `mode`."""
    rights = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and rights & ~mode:
        path.chmod(rights & mode)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(
            say("{path} cannot be used: {error}.", path=path, error=reason or error),
            hint=say(
                "Nothing was changed. If the file is damaged, move it away (the jobs in it are then unknown); if the disk is full or read-only, name another folder with --home DIR."
            ),
        ) from error
