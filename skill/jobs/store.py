"""What has to survive: client id, anonymous token, sessions, jobs.

One SQLite file, shared by the four listings, in a folder only its user can read. Every
change is on disk (fsynced) before the call returns, so that what is written here before a
request is sent is still known when the process dies with the request under way.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.errors import BusyError, NotFoundError, UsageError
from skill.file_lock import Lock
from skill.i18n import say
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

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


_READY = "ready"


class Step(StrEnum):
    """How far a job has come. Each step is written down before the next is begun."""

    STARTED = "started"  # nothing sent yet
    UPLOADED = "uploaded"  # all files are up; the message has not been sent
    SENDING = "sending"  # the message may have been sent: it is never sent again
    ANSWERED = "answered"  # the work on the draft is done
    RENDERING = "rendering"  # `render_id` is in use, or about to be
    RENDERED = "rendered"  # the clip is there: it has to be fetched
    DELIVERED = "delivered"  # the clip stands; what is made of it is to be made
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


FINISHED = frozenset({Step.DONE, Step.CANCELLED, Step.FAILED})


@dataclass
class Job:
    """One piece of work, complete enough for another process to go on with it.

    `goal`: make, extend, chat, export or upload. `files`: each as `skill.media.prepared` has it; `shrink`
    and `keep_metadata` say how they are made ready. `urls`: fetched by the backend itself, the first
    `fetched` of them already. `media`: what it says of what is up. `vague`: the wish is.
    `max_credits`: what the message may cost at most, as the user agreed.
    `account`: with which it was begun. `uploaded`: the hashes that are up. `left_out`: the files it
    is done without, each with its `reason`. `draft`: the one before the message. `answered`: the
    stream was heard to its end. `summary`, `ready`: of the timeline as it was seen last.
    `named`: the target was chosen by the user. `delivered`: the SHA-256 of the clip that is
    about to stand there. `download`: how far that is fetched, as `skill.jobs.download` has it.
    `extras`: what is to be made beside the clip, as `skill.jobs.previews` has it; `made`: where it
    stands; `missed`: why it was not made.
    `failure`: what stopped whoever worked on it last, as an error's record.
    """

    id: str
    goal: str
    backend: str
    listing: str
    step: Step = Step.STARTED
    session_id: str = ""
    task_id: str = ""
    user_id: str = ""
    account: str = ""
    language: str = "en"
    message: str = ""
    vague: bool = False
    max_credits: int | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    fetched: int = 0
    media: list[dict[str, Any]] = field(default_factory=list)
    fresh: bool = False  # the project was made for this job
    shrink: bool = True
    keep_metadata: bool = False
    uploaded: list[str] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    draft: dict[str, Any] | None = None
    answered: bool = False
    text: str = ""
    changes: list[str] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    summary: str = ""
    ready: bool = False
    export: bool = True
    target: str = ""
    named: bool = False
    force: bool = False
    render_id: str = ""
    render_attempt: int = 0
    render_posted: bool = False
    url: str = ""
    delivered: str = ""
    download: dict[str, str] = field(default_factory=dict)
    extras: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)
    credits_before: float | None = None
    credits_after: float | None = None
    failure: dict[str, str] | None = None
    created: str = ""

    @classmethod
    def new(cls, goal: str, backend: str, listing: str) -> Job:
        """A job that nothing has been done for yet."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(f"job_{os.urandom(5).hex()}", goal, backend, listing, created=created)

    @property
    def finished(self) -> bool:
        """Whether there is nothing to go on with: done, given up or failed."""
        return self.step in FINISHED


@dataclass
class StoredSession:
    """A project. `touched`: something is in it that a new one would lose; `laid_out`: something has
    stood on its timeline."""

    session_id: str
    task_id: str
    user_id: str
    language: str = "en"
    touched: bool = False
    laid_out: bool = False


@dataclass(frozen=True)
class StoredToken:
    """An anonymous token. `expires_at` is None where the backend told none."""

    token: Token
    user_id: str
    expires_at: datetime | None


class Vault:
    """The state folder. Open with `Vault.open`; safe between processes."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._db = connection

    @classmethod
    def open(cls, folder: Path) -> Vault:
        """Open or make the vault in `folder`. Raises UsageError where it is damaged, from a
        newer version, or on a disk that is full or read-only: never a silent fresh start."""
        path = folder / FILE_NAME
        try:
            _own(folder)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            _narrow(path, 0o600)
        except OSError as error:
            raise UsageError(
                say(
                    "The state folder {folder} cannot be used: {reason}.",
                    folder=folder,
                    reason=error.strerror or error,
                ),
                hint=say("Name another with --home DIR or IMAGE_TO_VIDEO_HOME."),
            ) from error
        with _readable(path):
            connection = sqlite3.connect(path, timeout=30.0, isolation_level=None)
            try:
                vault = cls(folder, connection)
                vault._prepare(path)
            except BaseException:
                connection.close()
                raise
        return vault

    def close(self) -> None:
        self._db.close()

    def _prepare(self, path: Path) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = FAST")  # a token that is replaced is gone
        self._db.execute("PRAGMA busy_timeout = 30000")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            with self._transaction():
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                    version = SCHEMA_VERSION
        if version > SCHEMA_VERSION:
            raise UsageError(
                say("{path} was written by a newer version of this skill.", path=path),
                hint=say("Update the skill, or name another folder with --home DIR."),
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _readable(self.folder / FILE_NAME):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with _readable(self.folder / FILE_NAME):
            return self._db.execute(sql, values).fetchall()

    def _write(self, sql: str, *values: object) -> None:
        with self._transaction():
            self._db.execute(sql, values)

    # ------------------------------------------------------------ who we are

    def client_id(self) -> str:
        """A UUID, made once and kept: a client gets one anonymous token in 7 days."""
        select = "SELECT value FROM settings WHERE key = 'client_id'"
        rows = self._rows(select)
        if not rows:
            import uuid

            self._write("INSERT OR IGNORE INTO settings VALUES ('client_id', ?)", str(uuid.uuid4()))
            rows = self._rows(select)
        return str(rows[0][0])

    def token(self, backend: str, client_id: str) -> StoredToken | None:
        rows = self._rows(
            "SELECT token, user_id, expires_at FROM tokens WHERE backend = ? AND client_id = ?",
            backend,
            client_id,
        )
        if not rows:
            return None
        text, user_id, expires = rows[0]
        return StoredToken(
            Token(text), user_id, datetime.fromisoformat(expires) if expires else None
        )

    def keep_token(self, backend: str, client_id: str, stored: StoredToken) -> None:
        self._write(
            "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?)",
            backend,
            client_id,
            stored.token.reveal(),
            stored.user_id,
            stored.expires_at.isoformat() if stored.expires_at else None,
        )

    # ------------------------------------------------------------ checks that cost

    def begin_check(self, backend: str) -> bool:
        """Write down that a check of a backend is about to be paid for. False where an earlier one
        was, whose end nobody has been told."""
        with self._transaction():
            insert = "INSERT OR IGNORE INTO settings VALUES (?, '')"
            return self._db.execute(insert, (f"check {backend}",)).rowcount == 1

    def check_begun(self, backend: str) -> bool:
        """Whether a check of a backend was paid for, maybe, and its end has not been told."""
        return bool(self._rows("SELECT 1 FROM settings WHERE key = ?", f"check {backend}"))

    def end_check(self, backend: str) -> None:
        self._write("DELETE FROM settings WHERE key = ?", f"check {backend}")

    # ------------------------------------------------------------ projects

    def session(self, owner: str, listing: str) -> StoredSession | None:
        """The project this listing worked on last. `owner`: a backend and an account of it."""
        rows = self._rows(
            "SELECT record FROM sessions WHERE owner = ? AND listing = ? ORDER BY used DESC LIMIT 1",
            owner,
            listing,
        )
        return StoredSession(**json.loads(rows[0][0])) if rows else None

    def keep_session(self, owner: str, listing: str, session: StoredSession) -> None:
        """Write the project down and make it the current one."""
        self._write(
            "INSERT OR REPLACE INTO sessions VALUES"
            " (?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM sessions))",
            owner,
            listing,
            session.session_id,
            json.dumps(asdict(session)),
        )

    def drop_session(self, owner: str, session_id: str) -> None:
        self._write("DELETE FROM sessions WHERE owner = ? AND session_id = ?", owner, session_id)

    # ------------------------------------------------------------ work

    def lock(self, name: str) -> Lock:
        """A lock between processes on something of this vault: a job, the token."""
        return Lock(self.folder / "locks" / f"{name}.lock")

    @contextmanager
    def holding(self, job: Job) -> Iterator[None]:
        """Be the one who works on a job, which is brought to where it stands now. A job that
        was saved is changed only inside this: what another has noted meanwhile would be lost.
        Raises BusyError where another process has it."""
        lock = self.lock(job.id)
        if not lock.take():
            raise BusyError(
                say("{job} is being worked on by another process.", job=job.id),
                hint=say("Wait for it, or give it up with cancel."),
                job=job.id,
            )
        try:
            vars(job).update(vars(self.job(job.id)))
            self.stop_request(job).unlink(missing_ok=True)  # it was meant for the one before
            yield
        finally:
            lock.release()

    def stop_request(self, job: Job) -> Path:
        """A file that asks whoever works on the job to let go of it."""
        return self.folder / "locks" / f"{job.id}.stop"

    def workspace(self, job: Job) -> Path:
        """A folder for the files that are made ready for a job."""
        folder = self.folder / _READY / job.id
        for path in (folder.parent, folder):
            path.mkdir(mode=0o700, exist_ok=True)
        return folder

    def clear_workspace(self, job: Job) -> None:
        import shutil

        shutil.rmtree(self.folder / _READY / job.id, ignore_errors=True)

    def save(self, job: Job, *, only_from: Step | None = None) -> None:
        """Write the job down as it is now; it is on disk when this returns. `only_from`: raises
        BusyError, and changes nothing, where it does not stand at that step on disk."""
        with self._transaction():
            if only_from is not None and self.job(job.id).step is not only_from:
                raise BusyError(
                    say("{job} was taken on by another process.", job=job.id), job=job.id
                )
            self._db.execute(
                "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)",
                (job.id, json.dumps(vars(job)), int(job.finished), job.created),
            )

    def job(self, job_id: str) -> Job:
        """Raises NotFoundError where there is none of that id."""
        rows = self._rows("SELECT record FROM jobs WHERE id = ?", job_id)
        if not rows:
            raise NotFoundError(
                say("There is no job {job}.", job=job_id),
                hint=say("See what there is: image-to-video jobs"),
            )
        return _job(rows[0][0])

    def pick(self, job_id: str | None, backend: str, listing: str) -> Job:
        """The job of that id, or the newest unfinished one of a listing at `backend`: another's is
        gone on with, and may be paid for, only where it is named. Raises NotFoundError, and
        UsageError where the job belongs to another backend."""
        if job_id is None:
            jobs = self.unfinished(backend)
            own = [job for job in jobs if job.listing == listing]
            if not jobs:
                raise NotFoundError(
                    say("Nothing is unfinished: there is nothing to go on with."),
                    hint=say("Begin with: image-to-video make PHOTO…"),
                )
            if not own:
                raise NotFoundError(
                    say(
                        "What is unfinished was begun with another skill, {listing}.",
                        listing=jobs[0].listing,
                    ),
                    hint=say(
                        "Go on with it there; or name it: image-to-video resume {job}",
                        job=jobs[0].id,
                    ),
                )
            return own[0]
        job = self.job(job_id)
        if job.backend != backend:
            other = "--local" if job.backend == "local" else f"NEMO_API_URL={job.backend}"
            raise UsageError(
                say("{job} belongs to another backend.", job=job.id),
                hint=say("Run the command with {setting}.", setting=other),
            )
        return job

    def unfinished(self, backend: str | None = None) -> list[Job]:
        """What `resume` can go on with (at one backend), the newest first."""
        rows = self._rows(
            "SELECT record FROM jobs WHERE finished = 0 ORDER BY created DESC, rowid DESC"
        )
        jobs = [_job(row[0]) for row in rows]
        return [job for job in jobs if backend in (None, job.backend)]


def _job(record: str) -> Job:
    try:
        fields = json.loads(record)
        fields["step"] = Step(fields["step"])
        return Job(**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            say(
                "A job in the vault cannot be read: it is damaged, or of a newer version of this skill."
            ),
            hint=say("Update the skill. Nothing was changed."),
        ) from error


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
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise UsageError(
            say("{path} cannot be used: {error}.", path=path, error=error),
            hint=say(
                "Nothing was changed. If the file is damaged, move it away (the jobs in it are then unknown); if the disk is full or read-only, name another folder with --home DIR."
            ),
        ) from error
