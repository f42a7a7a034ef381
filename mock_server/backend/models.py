"""Everything the backend remembers, as plain data that can be written to JSON and read back."""

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

TOKEN_DAYS = 7
ANONYMOUS_CREDITS = 100


class AccountPlan(StrEnum):
    """What an account may do. Only FREE is kept from exporting."""

    TRIAL = "trial"
    FREE = "free"
    PRO = "pro"


class Status(StrEnum):
    """The life of a render."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


def fingerprint(token: str) -> str:
    """What is kept of a token: its SHA-256. The token itself is never stored."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass
class Account:
    key: str
    """SHA-256 of the token."""
    user_id: str
    credits: int
    client_id: str | None = None
    expires_at: float | None = None
    plan: AccountPlan = AccountPlan.TRIAL

    @property
    def registered(self) -> bool:
        return not self.user_id.startswith("anon_")


@dataclass
class Media:
    """One uploaded or generated file. `path` is relative to the storage folder."""

    key: str
    name: str
    type: str
    format: str
    hash: str
    size: int
    path: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    sound: bool = True
    """Also of a file kept from a time when this was not asked."""


@dataclass
class Session:
    id: str
    task_id: str
    task_name: str
    user_id: str
    ordinal: int
    used_at: float
    language: str | None = None
    turns: int = 0
    draft: dict[str, Any] = field(default_factory=dict)
    uploads: list[Media] = field(default_factory=list)
    generated: list[Media] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """The hashes of the uploads there were when the last message was answered."""

    @property
    def media(self) -> list[Media]:
        return [*self.uploads, *self.generated]


@dataclass
class Render:
    id: str
    session_id: str
    account: str
    created_at: float
    worker: str
    """Which process renders it: a restarted backend finds orphans by this."""
    status: Status = Status.PENDING
    progress: float = 0.0
    completed_at: float | None = None
    error: str | None = None
    key: str = ""
    path: str = ""
    duration: float = 0.0
    width: int = 0
    height: int = 0
    size: int = 0


@dataclass
class World:
    """Accounts by token fingerprint, sessions and renders by id."""

    accounts: dict[str, Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    renders: dict[str, Render] = field(default_factory=dict)
    sessions_made: int = 0

    def to_json(self) -> dict[str, Any]:
        return {"version": 1, **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError if `data` is not what `to_json` wrote."""
        if data["version"] != 1:
            raise ValueError(f"version {data['version']!r}, this program knows version 1")
        return cls(
            accounts={
                key: Account(**{**value, "plan": AccountPlan(value["plan"])})
                for key, value in data["accounts"].items()
            },
            sessions={key: _session(value) for key, value in data["sessions"].items()},
            renders={
                key: Render(**{**value, "status": Status(value["status"])})
                for key, value in data["renders"].items()
            },
            sessions_made=int(data["sessions_made"]),
        )


def _session(value: dict[str, Any]) -> Session:
    media = {name: [Media(**item) for item in value[name]] for name in ("uploads", "generated")}
    return Session(**{**value, **media})
