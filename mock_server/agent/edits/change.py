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


def no_such(number: int, count: int) -> Change:
    """That there is no shot of that number, counted from 1, or from -1 back from the last, among so
    many."""
    if number < 0:
        return Change(
            Note(
                f"There are no {-number} clips, only {count}.",
                f"没有{-number}个片段，只有{count}个。",
            )
        )
    return Change(
        Note(
            f"There is no clip {number}: the video has {count} clip{'s' if count > 1 else ''}.",
            f"没有第{number}个片段：视频共有{count}个片段。",
        )
    )


def seconds(ms: int) -> str:
    """A time as it is told: in seconds, to one decimal at most."""
    return f"{round(ms / 1000, 1):g}"
