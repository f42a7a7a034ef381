"""The user's words → which action they ask for, and in which language. Pure: no model, no network, no clock.

`route` reads a sentence (`reading.py`) by word classes (`words.py`, `filler.py`) and rules with their
reasons (`rules.py`): data, to be read and added to. How people write a word is `spelling.py`;
`detect_language` is in `script.py`.
How it is done, how to teach it, and which mistake was preferred to which: docs/words.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skill.routing.action import Action, Route
from skill.routing.reading import route

if TYPE_CHECKING:
    from skill.routing.script import detect_language

__all__ = ["Action", "Route", "detect_language", "route"]


def __getattr__(name: str) -> Any:
    """`detect_language`, imported when it is first wanted: `route` starts without it."""
    if name != "detect_language":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from skill.routing.script import detect_language

    return detect_language
