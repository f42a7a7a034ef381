"""Server-sent events → what the backend's agent did, in either of the two dialects it speaks.
Pure.

Typed events name their kind (`{"type": "text", …}`); those of the agent kit have an `author`,
and parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skill.api.sse import GARBLED, Comment, Dropped, ServerEvent, parse_json


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Still working."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words for the user. `whole`: an agent-kit event that repeats what its partial events
    brought in pieces."""

    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent uses a tool: kept inside."""

    name: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A tool has answered, or the draft has changed: kept inside, since it may hold tokens and
    internal URLs."""


@dataclass(frozen=True, slots=True)
class StreamFailure:
    """An error told inside the stream. `code`: the contract's, if it is one."""

    message: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that is no JSON object, or of no known kind: noted and passed over."""

    reason: str


AgentEvent = Heartbeat | Text | ToolCall | Activity | StreamFailure | Unreadable


def agent_events(server_event: ServerEvent) -> list[AgentEvent]:
    """The events in one server-sent event; never raises, whatever the JSON."""
    if isinstance(server_event, Comment):
        return [Heartbeat()]
    if isinstance(server_event, Dropped):
        return [Unreadable(server_event.reason)]
    value = parse_json(server_event.text)
    if value is not GARBLED:
        return _interpret(value)
    lines = server_event.text.split("\n")
    if len(lines) == 1:
        return [Unreadable("an event that is no JSON")]
    # Events whose blank lines were lost on the way arrive as one, a JSON object a line.
    return [event for line in lines if line.strip() for event in _interpret(parse_json(line))]


def _interpret(value: object) -> list[AgentEvent]:
    if not isinstance(value, dict):
        return [Unreadable("an event that is no JSON object")]
    kind = value.get("type")
    if isinstance(kind, str) and "author" not in value:
        return _typed(kind, value)
    return _agent_kit(value)


def _typed(kind: str, value: dict[str, Any]) -> list[AgentEvent]:
    match kind:
        case "text":
            content = value.get("content")
            return [Text(content)] if isinstance(content, str) and content else [Heartbeat()]
        case "heartbeat":
            return [Heartbeat()]
        case "tool_call":
            return [ToolCall(str(value.get("name", "")))]
        case "tool_result":
            return [Activity()]
        case "error":
            return [_failure(value)]
    return [Unreadable(f"an event of the unknown type {kind[:40]!r}")]


def _agent_kit(value: dict[str, Any]) -> list[AgentEvent]:
    events: list[AgentEvent] = []
    content = value.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            continue
        text, call, response = (
            part.get("text"),
            part.get("functionCall"),
            part.get("functionResponse"),
        )
        if isinstance(text, str) and text and part.get("thought") is not True:
            events.append(Text(text, whole=value.get("partial") is not True))
        if isinstance(call, dict):
            events.append(ToolCall(str(call.get("name", ""))))
        if isinstance(response, dict):
            events.append(Activity())
    actions = value.get("actions")
    delta = actions.get("stateDelta") if isinstance(actions, dict) else None
    if isinstance(delta, dict) and isinstance(delta.get("draft"), dict):
        events.append(Activity())
    if (
        value.get("errorCode")
        or value.get("errorMessage")
        or value.get("error")
        or (isinstance(value.get("code"), int) and value["code"] not in (0, 200))
    ):
        events.append(_failure(value))
    if events:
        return events
    # An event without content (a thought, a bare state change) is a sign of life.
    return (
        [Heartbeat()]
        if "author" in value or parts is not None
        else [Unreadable("an unknown event")]
    )


def _failure(value: dict[str, Any]) -> StreamFailure:
    code = value.get("errorCode", value.get("code"))
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 6:
        code = int(code)
    for key in ("errorMessage", "message", "error", "content"):
        message = value.get(key)
        if isinstance(message, dict):
            message = message.get("message")
        if isinstance(message, str) and message:
            break
    else:
        message = code if isinstance(code, str) and code else "no reason given"
    return StreamFailure(
        message, code if isinstance(code, int) and not isinstance(code, bool) else None
    )
