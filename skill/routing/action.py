"""What can be done with a user's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What is done with the words; only `CHAT`, and `UPLOAD` with a message, may cost credits."""

    EXPORT = "export"
    CREDITS = "credits"
    STATE = "state"
    UPLOAD = "upload"
    CHAT = "chat"


@dataclass(frozen=True)
class Route:
    """Where a sentence goes. `message` is what the agent is sent, None where it is sent nothing.

    `vague` marks a wish with nothing specific in it ("make it better"): it is sent all the same.
    """

    action: Action
    message: str | None
    files: tuple[str, ...]
    reason: str
    vague: bool = False
