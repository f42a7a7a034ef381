"""Steps of an answer → bytes of a server-sent event stream, in the two forms the backend speaks."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mock_server.agent.steps import Beat, Broken, Save, Say, Step, ToolCall, ToolResult

DIALECTS = ("typed", "adk")
"""The forms in which a stream is written."""
PIECE = 22
"""About how many characters of text go into one event."""


class Dialect(Protocol):
    """Turns one step after the other into events; holds what has to be the same across them."""

    def encode(self, step: Step) -> Iterator[bytes]: ...


def dialect(name: str, *, turn: str, now: Callable[[], float]) -> Dialect:
    """The dialect of that name, one of `DIALECTS`, for one turn."""
    return Adk(turn, now) if name == "adk" else Typed()


class Typed:
    """`{"type": "text", "content": …}` and its kin. Text comes as pieces to be joined."""

    def encode(self, step: Step) -> Iterator[bytes]:
        match step:
            case Say(text):
                for piece in pieces(text):
                    yield _data({"type": "text", "content": piece})
            case ToolCall(name, args):
                yield _data({"type": "tool_call", "name": name, "args": args})
            case ToolResult(name, result):
                yield _data({"type": "tool_result", "name": name, "result": result})
            case Beat("event"):
                yield _data({"type": "heartbeat"})
            case Beat(form):
                yield _beat(form)
            case Broken("event", code, message):
                yield _data({"type": "error", "code": code, "message": message})
            case Broken(message=message):
                yield _crash(message, {})
            case Save():
                pass


class Adk:
    """Events of Google's agent kit, as its `/run_sse` writes them (google-adk 2.13.0).

    Camel case; text as partial pieces and then the whole again; the draft in `stateDelta`.
    """

    def __init__(self, turn: str, now: Callable[[], float]) -> None:
        self._turn = turn
        self._now = now
        self._count = 0
        self._call = ""

    def encode(self, step: Step) -> Iterator[bytes]:
        match step:
            case Say(text):
                for piece in pieces(text):
                    yield self._event([{"text": piece}], partial=True)
                yield self._event([{"text": text}])
            case ToolCall(name, args, thought):
                self._call = f"adk-{self._id('call')}"
                call = {"functionCall": {"id": self._call, "name": name, "args": args}}
                aloud = [{"text": thought, "thought": True}] if thought else []
                yield self._event([*aloud, call])
            case ToolResult(name, result):
                answer = {"id": self._call, "name": name, "response": result}
                yield self._event([{"functionResponse": answer}], role="user")
            case Beat(form):
                yield _beat("empty" if form == "empty" else "comment")
            case Save(draft):
                yield self._event([], state={"draft": draft})
            case Broken("event", code, message):
                yield self._event([], error={"errorCode": str(code), "errorMessage": message})
            case Broken(message=message):
                yield _crash(message, {"timestamp": self._now()})

    def _event(
        self,
        parts: list[dict[str, Any]],
        *,
        role: str = "model",
        partial: bool = False,
        state: dict[str, Any] | None = None,
        error: dict[str, str] | None = None,
    ) -> bytes:
        self._count += 1
        event: dict[str, Any] = {}
        if parts:
            event["content"] = {"parts": parts, "role": role}
        if partial:
            event["partial"] = True
        event |= error or {}
        event |= {
            "invocationId": f"e-{self._turn}",
            "author": "nemo_agent",
            "actions": {"stateDelta": state or {}, "artifactDelta": {}},
            "id": self._id("event"),
            "timestamp": self._now(),
        }
        return _data(event)

    def _id(self, kind: str) -> str:
        digest = hashlib.sha256(f"{self._turn}:{kind}:{self._count}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """Cut text as a model's stream does: small pieces, mostly between words, nothing lost."""
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            space = text.rfind(" ", start + 1, end)
            end = space if space > start else end
        yield text[start:end]
        start = end


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _crash(message: str, more: dict[str, Any]) -> bytes:
    """What the agent kit's server writes where the agent has raised an error (google-adk 2.13.0,
    cli/api_server.py): no event."""
    details = {"error_type": "RuntimeError", "error_message": message, **more}
    return _data({"error": f"RuntimeError: {message}", "error_details": details})


def _beat(form: str) -> bytes:
    return b"data:\n\n" if form == "empty" else b": keep-alive\n\n"
