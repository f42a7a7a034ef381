"""The steps of an answer, before they have a form on the wire."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Say:
    """Words for the user, sent in pieces."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """The agent calls one of its tools; `thought` is what it thinks aloud while it does."""

    name: str
    args: dict[str, Any]
    thought: str = ""


@dataclass(frozen=True)
class ToolResult:
    """What the tool answered. It is internal and may hold addresses and tokens."""

    name: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Beat:
    """Nothing yet, still working."""

    form: Literal["event", "comment", "empty"] = "event"


@dataclass(frozen=True)
class Save:
    """The draft becomes this one."""

    draft: dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """The agent breaks down. It says so in an event of its kind, or its server does, in a line
    that is no event, because it has crashed."""

    form: Literal["event", "crash"]
    code: int
    message: str


Step = Say | ToolCall | ToolResult | Beat | Save | Broken
