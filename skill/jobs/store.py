"""What has to survive: client id, anonymous token, projects, jobs.

One SQLite file, shared by the four listings, in a folder only its user can read. Every
change is on disk (fsynced) before the call returns, so that what is written here before a
request is sent is still known when the process dies with the request under way.

Older and newer copies of the skill use the same file: what a newer one has added is kept.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from skill.errors import BusyError, NotFoundError, UnfinishedError, UsageError
from skill.file_lock import Lock
from skill.i18n import say
from skill.jobs.database import Database, damaged
from skill.jobs.job import NewerJob, Step, StoredSession, StoredToken
from skill.jobs.json_fields import (
    DamagedRecordError,
    Fields,
    date_of,
    with_unknown,
)
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from skill.jobs.job import Job

_READY = "ready"


class Vault:
    """The state folder. Open with `Vault.open`; safe between processes, and between threads."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._db = database

    @classmethod
    def open(cls, folder: Path) -> Vault:
        """Open or make the vault in `folder`. Raises UsageError where it is damaged, from a newer
        version that keeps things otherwise, on a disk without locks, or on one that is full or
        read-only: never a silent fresh start."""
        return cls(folder, Database.open(folder))

    def close(self) -> None:
        self._db.close()

    # ------------------------------------------------------------ who we are

    def client_id(self) -> str:
        """A UUID, made once and kept: a client gets one anonymous token in 7 days."""
        select = "SELECT value FROM settings WHERE key = 'client_id'"
        rows = self._db.rows(select)
        if not rows:
            import uuid

            insert = "INSERT OR IGNORE INTO settings (key, value) VALUES ('client_id', ?)"
            self._db.write(insert, str(uuid.uuid4()))
            rows = self._db.rows(select)
        return str(rows[0][0])

    def new_client_id(self) -> None:
        """Be another client from here on."""
        import uuid

        self._db.write(
            "INSERT INTO settings (key, value) VALUES ('client_id', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            str(uuid.uuid4()),
        )

    def begin_token_request(self, backend: str, client_id: str) -> bool:
        """Write down that a token is about to be asked for. False where it was before, and whether
        one was given is not known."""
        insert = "INSERT OR IGNORE INTO settings (key, value) VALUES (?, '')"
        return self._db.write(insert, f"token {backend} {client_id}") == 1

    def end_token_request(self, backend: str, client_id: str) -> None:
        self._db.write("DELETE FROM settings WHERE key = ?", f"token {backend} {client_id}")

    def token(self, backend: str, client_id: str) -> StoredToken | None:
        """The anonymous token that is kept, if any. Raises UsageError where it is none."""
        select = "SELECT token, user_id, expires_at FROM tokens WHERE backend = ? AND client_id = ?"
        found = [_token(*row) for row in self._db.rows(select, backend, client_id)]
        if None in found:
            raise self._damaged(say("the anonymous token in it is none"))
        return found[0] if found else None

    def keep_token(self, backend: str, client_id: str, stored: StoredToken) -> None:
        """Keep an anonymous token, with which the request for it ends."""
        with self._db.transaction():
            self._db.write(
                "INSERT INTO tokens (backend, client_id, token, user_id, expires_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (backend, client_id) DO UPDATE SET token ="
                " excluded.token, user_id = excluded.user_id, expires_at = excluded.expires_at",
                backend,
                client_id,
                stored.token.reveal(),
                stored.user_id,
                stored.expires_at.isoformat() if stored.expires_at else None,
            )
            self.end_token_request(backend, client_id)

    # ------------------------------------------------------------ checks that cost

    def begin_check(self, backend: str) -> bool:
        """Write down that a check of a backend is about to be paid for. False where an earlier one
        was, whose end nobody has been told."""
        insert = "INSERT OR IGNORE INTO settings (key, value) VALUES (?, '')"
        return self._db.write(insert, f"check {backend}") == 1

    def check_begun(self, backend: str) -> bool:
        """Whether a check of a backend was paid for, maybe, and its end has not been told."""
        return bool(self._db.rows("SELECT 1 FROM settings WHERE key = ?", f"check {backend}"))

    def end_check(self, backend: str) -> None:
        self._db.write("DELETE FROM settings WHERE key = ?", f"check {backend}")

    # ------------------------------------------------------------ projects

    def session(self, owner: str, listing: str) -> StoredSession | None:
        """The project this listing worked on last. `owner`: a backend and an account of it. Raises
        UsageError where its record is damaged."""
        rows = self._db.rows(
            "SELECT record FROM sessions WHERE owner = ? AND listing = ? ORDER BY used DESC LIMIT 1",
            owner,
            listing,
        )
        if not rows:
            return None
        try:
            fields = Fields.parse(rows[0][0])
            return StoredSession(
                fields.needed("session_id"),
                fields.needed("task_id"),
                fields.needed("user_id"),
                fields.text("language", "en"),
                fields.flag("touched"),
                fields.flag("laid_out"),
            )
        except DamagedRecordError as error:
            raise self._damaged(say("the record of the project cannot be read")) from error

    def last_owner(self, listing: str) -> str | None:
        """Whose project this listing worked on last, of all; None where there is none."""
        select = "SELECT owner FROM sessions WHERE listing = ? ORDER BY used DESC LIMIT 1"
        rows = self._db.rows(select, listing)
        return str(rows[0][0]) if rows else None

    def keep_session(self, owner: str, listing: str, session: StoredSession) -> None:
        """Write the project down and make it the current one."""
        with self._db.transaction():
            rows = self._db.rows(
                "SELECT record FROM sessions WHERE owner = ? AND session_id = ?",
                owner,
                session.session_id,
            )
            self._db.write(
                "INSERT INTO sessions (owner, listing, session_id, record, used)"
                " VALUES (?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM sessions))"
                " ON CONFLICT (owner, session_id) DO UPDATE SET"
                " listing = excluded.listing, record = excluded.record, used = excluded.used",
                owner,
                listing,
                session.session_id,
                self._json(vars(session), rows),
            )

    def drop_session(self, owner: str, session_id: str) -> None:
        self._db.write("DELETE FROM sessions WHERE owner = ? AND session_id = ?", owner, session_id)

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

    def add(self, job: Job, *, again: bool, asked_at: float) -> None:
        """Write a new job down. Raises UnfinishedError where another is paid for the same already,
        which is unfinished, or was begun since this one was asked for (Unix seconds), unless it is
        meant to be done `again`. Of several processes that ask for the same at once, one succeeds."""
        with self._db.transaction():
            same = None if again else self.under_way(job, asked_at)
            if same is not None:
                raise UnfinishedError(
                    say("{job} does the same already, so nothing was sent.", job=same.id),
                    hint=say("Go on with it: resume. If it is meant once more, add --new."),
                    job=same.id,
                )
            self.save(job)

    def under_way(self, job: Job, asked_at: float) -> Job | None:
        """The other job that `add` refuses a new one for, if any. On this machine nothing is paid
        for."""
        if job.backend == "local":
            return None
        since = datetime.fromtimestamp(asked_at, UTC)
        return next((other for other in self._begun(since) if job.repeats(other)), None)

    def history(self, job: Job) -> list[Job]:
        """What was done for the job's project before it, the oldest first, and the job itself."""
        rows = self._db.rows(
            "SELECT id, record FROM jobs WHERE json_extract(record, '$.session_id') = ? AND id != ?"
            " ORDER BY created, rowid",
            job.session_id or None,
            job.id,
        )
        return [*_not_lost(self._read(rows)), job]

    def save(self, job: Job, *, only_from: Step | None = None) -> None:
        """Write the job down as it is now; it is on disk when this returns. `only_from`: raises
        BusyError, and changes nothing, where it does not stand at that step on disk."""
        from skill.jobs.record import record_of

        record = record_of(job)
        with self._db.transaction():
            if only_from is not None and self.job(job.id).step is not only_from:
                raise BusyError(
                    say("{job} was taken on by another process.", job=job.id), job=job.id
                )
            self._db.write(
                "INSERT INTO jobs (id, record, finished, created) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET record = excluded.record,"
                " finished = excluded.finished, created = excluded.created",
                job.id,
                self._json(record, self._db.rows("SELECT record FROM jobs WHERE id = ?", job.id)),
                int(job.finished),
                record["created"],
            )

    def _json(self, record: dict[str, Any], before: list[tuple[Any, ...]]) -> str:
        """The record as it is to be written over the one `before`, if there is one."""
        if not before:
            return json.dumps(record)
        try:
            return json.dumps(with_unknown(record, Fields.parse(before[0][0]).all))
        except DamagedRecordError as error:
            raise self._damaged(say("a record in it cannot be read")) from error

    def job(self, job_id: str) -> Job:
        """Raises NotFoundError where there is none of that id, UsageError where its record is
        damaged or of a newer version."""
        from skill.jobs.record import read_job

        rows = self._db.rows("SELECT record FROM jobs WHERE id = ?", job_id)
        if not rows:
            raise NotFoundError(
                say("There is no job {job}.", job=job_id),
                hint=say("See what there is: image-to-video jobs"),
            )
        job = read_job(job_id, rows[0][0], self._db.path)
        if isinstance(job, NewerJob):
            raise job.error
        return job

    def _damaged(self, what: str) -> UsageError:
        return damaged(self._db.path, what)

    def pick(self, job_id: str | None, backend: str, listing: str) -> Job:
        """The job of that id, or the newest unfinished one of a listing at `backend`: another's is
        gone on with, and may be paid for, only where it is named. Raises NotFoundError, and
        UsageError where the job belongs to another backend or cannot be read."""
        if job_id is None:
            return self._newest(backend, listing)
        job = self.job(job_id)
        if job.backend != backend:
            other = "--local" if job.backend == "local" else f"NEMO_API_URL={job.backend}"
            raise UsageError(
                say("{job} belongs to another backend.", job=job.id),
                hint=say("Run the command with {setting}.", setting=other),
            )
        return job

    def _newest(self, backend: str, listing: str) -> Job:
        jobs = [job for job in self._unfinished() if job.backend == backend]
        if not jobs:
            raise NotFoundError(
                say("Nothing is unfinished: there is nothing to go on with."),
                hint=say("Begin with: image-to-video make PHOTO…"),
            )
        own = next((job for job in jobs if job.listing == listing), None)
        if own is None:
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
        if isinstance(own, NewerJob):
            raise own.error
        return own

    def unfinished(self, backend: str | None = None) -> list[Job]:
        """What `resume` can go on with (at one backend), the newest first. Raises UsageError where
        a record is damaged."""
        jobs = [job for job in self._unfinished() if not isinstance(job, NewerJob)]
        return [job for job in jobs if backend in (None, job.backend)]

    def _begun(self, since: datetime) -> list[Job]:
        """What is unfinished, or done and begun since then, the newest first."""
        rows = self._db.rows(
            "SELECT id, record FROM jobs WHERE finished = 0 OR created >= ?"
            " ORDER BY created DESC, rowid DESC",
            since.isoformat(),
        )
        return _not_lost(self._read(rows))

    def newer(self, backend: str) -> list[NewerJob]:
        """What is unfinished at a backend and needs a newer version to go on with."""
        jobs = [job for job in self._unfinished() if isinstance(job, NewerJob)]
        return [job for job in jobs if job.backend == backend]

    def _unfinished(self) -> list[Job | NewerJob]:
        return self._read(
            self._db.rows(
                "SELECT id, record FROM jobs WHERE finished = 0 ORDER BY created DESC, rowid DESC"
            )
        )

    def _read(self, rows: list[tuple[Any, ...]]) -> list[Job | NewerJob]:
        """The jobs of rows of id and record. Raises UsageError where a record is damaged."""
        from skill.jobs.record import read_job

        return [read_job(str(job_id), record, self._db.path) for job_id, record in rows]


def _not_lost(jobs: list[Job | NewerJob]) -> list[Job]:
    """Those that are under way or done, and can be read."""
    lost = (Step.FAILED, Step.CANCELLED)
    return [job for job in jobs if not isinstance(job, NewerJob) and job.step not in lost]


def _token(text: object, user_id: object, expires_at: object) -> StoredToken | None:
    """None where it is no token."""
    try:
        if isinstance(text, str) and isinstance(user_id, str):
            date = date_of(expires_at) if expires_at is not None else None
            return StoredToken(Token(text), user_id, date)
    except (DamagedRecordError, UsageError):
        pass  # a token that is damaged may still be told from: nothing of it is shown
    return None
