"""What happens meanwhile, as the work tells it; the command line makes lines and bars of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stage:
    """A stage begins: connect, upload, generate, render, download."""

    stage: str
    message: str


@dataclass(frozen=True)
class Progress:
    """How far a stage has come, 0-100."""

    stage: str
    progress: float


@dataclass(frozen=True)
class Words:
    """The backend's words, translated and cleaned, in the order they come."""

    text: str


@dataclass(frozen=True)
class Notice:
    """Something the user should know while waiting."""

    message: str


@dataclass(frozen=True)
class Detail:
    """What only `--verbose` shows. Holds no token."""

    message: str


Report = Stage | Progress | Words | Notice | Detail
Tell = Callable[[Report], None]

_KINDS: dict[str, Callable[..., Report]] = {
    kind.__name__.lower(): kind for kind in (Stage, Progress, Words, Notice, Detail)
}


def to_event(report: Report) -> dict[str, Any]:
    """The report as an object that can be written as JSON."""
    return {"event": type(report).__name__.lower(), **vars(report)}


def from_event(event: dict[str, Any]) -> Report | None:
    """The report that `to_event` was given; None where it is none."""
    fields = {name: value for name, value in event.items() if name != "event"}
    try:
        return _KINDS[event["event"]](**fields)
    except (KeyError, TypeError):
        return None
