"""A piece of work, complete enough for another process to go on with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from skill.api.models import Media
    from skill.errors import UsageError
    from skill.media.prepared import LeftOut, PreparedFile
    from skill.token import Token


class Goal(StrEnum):
    """What a job is for."""

    MAKE = "make"
    EXTEND = "extend"
    CHAT = "chat"
    EXPORT = "export"
    UPLOAD = "upload"


class Step(StrEnum):
    """How far a job has come. Each step is written down before the next is begun."""

    STARTED = "started"  # nothing sent yet
    UPLOADED = "uploaded"  # all files are up; the message has not been sent
    SENDING = "sending"  # the message may have been sent: it is never sent again
    ANSWERED = "answered"  # the work on the draft is done
    RENDERING = "rendering"  # the render's id is in use, or about to be
    RENDERED = "rendered"  # the clip is there: it has to be fetched
    DELIVERED = "delivered"  # the clip stands; what is made of it is to be made
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


PAID = frozenset({Goal.MAKE, Goal.EXTEND, Goal.CHAT})
"""What sends a message, which costs credits."""

FINISHED = frozenset({Step.DONE, Step.CANCELLED, Step.FAILED})

EXTRAS = ("preview", "poster", "sheet")
"""What can be made of a clip beside it."""


@dataclass
class RenderState:
    """The render of a job. `id` is ours and empty before it is begun; `posted`: the backend has
    taken it; `url`: where its clip can be fetched."""

    id: str = ""
    attempt: int = 0
    posted: bool = False
    url: str = ""


@dataclass
class DownloadState:
    """How far a clip is fetched, written down before its first byte. `part`: the file, empty where
    there is none; `source`: where its bytes come from, "url" (the render's own) or "backend";
    `validator`: the entity tag or date by which they are known to be of the same clip; `length`:
    of the whole clip, in bytes."""

    part: str = ""
    source: str = ""
    validator: str = ""
    length: int | None = None


@dataclass
class Balance:
    """The account's credits before and after the message; None where they are not known."""

    before: float | None = None
    after: float | None = None


@dataclass(frozen=True)
class StoredFailure:
    """What stopped whoever worked on a job last: an error's `record`."""

    code: str
    message: str
    hint: str


@dataclass
class Job:
    """One piece of work.

    `files`: in the order in which they are to be seen, one that is to be seen twice twice. `shrink`
    and `keep_metadata` say how they are made ready. `urls`: fetched by the backend
    itself, the first `fetched` of them already. `media`: what it says of what is up. `vague`: the
    prompt is. `max_credits`: what the message may cost at most, as the user agreed.
    `account`: with which it was begun. `uploaded`: the SHA-256 of each file that is up. `left_out`:
    the files it is done without. `draft`: the one before the message. `answered`: the
    stream was heard to its end. `summary`, `ready`: of the timeline as it was seen last.
    `named`: the target was chosen by the user. `delivered`: the SHA-256 of the clip that is
    about to stand there. `extras`: what is to be made beside the clip (each of EXTRAS) and what
    its name ends with; `made`: where it stands; `missed`: why it was not made.
    """

    id: str
    goal: Goal
    backend: str
    listing: str
    created: datetime
    step: Step = Step.STARTED
    session_id: str = ""
    task_id: str = ""
    user_id: str = ""
    account: str = ""
    language: str = "en"
    message: str = ""
    vague: bool = False
    max_credits: int | None = None
    files: list[PreparedFile] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    fetched: int = 0
    media: list[Media] = field(default_factory=list)
    fresh: bool = False  # the project was made for this job
    shrink: bool = True
    keep_metadata: bool = False
    uploaded: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
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
    render: RenderState = field(default_factory=RenderState)
    delivered: str = ""
    download: DownloadState = field(default_factory=DownloadState)
    extras: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)
    credits: Balance = field(default_factory=Balance)
    failure: StoredFailure | None = None

    @classmethod
    def new(cls, goal: Goal, backend: str, listing: str) -> Job:
        """A job that nothing has been done for yet."""
        return cls(f"job_{os.urandom(5).hex()}", goal, backend, listing, datetime.now(UTC))

    @property
    def finished(self) -> bool:
        """Whether there is nothing to go on with: done, given up or failed."""
        return self.step in FINISHED

    def repeats(self, other: Job) -> bool:
        """Whether it would have the backend do once more what `other` does, and be paid for it: the
        same words on the same files, whatever they are called, in the same project."""
        return (
            self.goal is other.goal
            and self.goal in PAID
            and (self.backend, self.account) == (other.backend, other.account)
            and (self.listing, self.message) == (other.listing, other.message)
            and self._contents == other._contents
            and (
                self.session_id == other.session_id
                # One of its own, which is to be made, or has been made already.
                or (not self.session_id and other.fresh)
            )
        )

    @property
    def _contents(self) -> list[str]:
        """The SHA-256 of each of the user's files that go into it."""
        return [file.original.sha256 for file in self.files]

    @property
    def uploads(self) -> list[PreparedFile]:
        """The files that are sent: each content once."""
        first: dict[str, PreparedFile] = {}
        for file in self.files:
            first.setdefault(file.sha256, file)
        return list(first.values())

    @property
    def sources(self) -> list[Path]:
        """The user's own files that go into it."""
        return [file.original.path for file in self.files]


class NewerJob(NamedTuple):
    """An unfinished job that only a newer version can go on with; `error` says so."""

    id: str
    backend: str
    listing: str
    error: UsageError


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
