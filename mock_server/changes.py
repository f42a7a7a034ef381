"""What was done to a montage, and the words that tell of it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Note:
    """One sentence for the user, in both languages."""

    english: str
    chinese: str


@dataclass(frozen=True)
class Change:
    """What was done, or with an empty `tool`, why it was not."""

    note: Note
    tool: str = ""
    args: dict[str, Any] = field(default_factory=dict)


def seconds(ms: int) -> str:
    """A time as it is told: in seconds, to one decimal at most."""
    return f"{round(ms / 1000, 1):g}"
