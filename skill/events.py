"""What happens meanwhile, as the work tells it; the command line makes lines and bars of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Report:
    """Something that happens while the work goes on: a Stage, Progress, Words, a Notice or a
    Detail. None of them holds a token."""


@dataclass(frozen=True)
class Stage(Report):
    """A stage begins. `stage`: connect, prepare, draw, upload, generate, render, download, preview,
    poster, sheet or check."""

    stage: str
    message: str


@dataclass(frozen=True)
class Progress(Report):
    """How far a stage has come, 0 to 100."""

    stage: str
    progress: float


@dataclass(frozen=True)
class Words(Report):
    """The backend's words, translated and cleaned, in the order they come."""

    text: str


@dataclass(frozen=True)
class Notice(Report):
    """Something the user should know while waiting."""

    message: str


@dataclass(frozen=True)
class Detail(Report):
    """What only `--verbose` shows."""

    message: str


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
