"""What happens while the work goes on, as `tell` is called with it; the command line prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Event:
    """Something that happens while the work goes on: a Stage, Progress, Words, a Notice or a
    Detail. Its sentences are in the user's language; none of them holds a token."""


Report = Event
"""The name of Event up to version 2."""


@dataclass(frozen=True)
class Stage(Event):
    """A stage begins. `stage`: connect, prepare, draw, upload, generate, render, download, preview,
    poster, sheet or check."""

    stage: str
    message: str


@dataclass(frozen=True)
class Progress(Event):
    """How far a stage has come, 0 to 100."""

    stage: str
    progress: float


@dataclass(frozen=True)
class Words(Event):
    """A piece of the backend's answer, translated and cleaned, in the order they come."""

    text: str


@dataclass(frozen=True)
class Notice(Event):
    """Something the user should know while waiting."""

    message: str


@dataclass(frozen=True)
class Detail(Event):
    """What only `--verbose` shows."""

    message: str


Tell = Callable[[Event], None]

_KINDS: dict[str, Callable[..., Event]] = {
    kind.__name__.lower(): kind for kind in (Stage, Progress, Words, Notice, Detail)
}


def to_json(event: Event) -> dict[str, Any]:
    """Return the event as an object that can be written as JSON."""
    return {"event": type(event).__name__.lower(), **vars(event)}


def from_json(value: dict[str, Any]) -> Event | None:
    """Return the event that `to_json` was given; None where `value` is none."""
    fields = {name: field for name, field in value.items() if name != "event"}
    try:
        return _KINDS[value["event"]](**fields)
    except (KeyError, TypeError):
        return None
