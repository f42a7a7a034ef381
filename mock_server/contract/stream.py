"""The answer to a message: the bytes of a server-sent event stream → what they say. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_server.strict_json import loads_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPED = ("text", "tool_call", "tool_result", "heartbeat")
_DONE = ("done", "[DONE]", "end", "complete", "finish")


@dataclass
class Heard:
    """A stream that was listened to. `broke` says how it ended, if it was not by closing."""

    status: int
    type: str
    body: bytearray = field(default_factory=bytearray)
    broke: str = ""

    @property
    def blocks(self) -> list[list[str]]:
        """The lines of each block."""
        text = self.body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return [block.split("\n") for block in text.split("\n\n") if block.strip("\n")]

    @property
    def data(self) -> list[str]:
        """What each `data:` line holds, without the empty ones."""
        lines = (line for block in self.blocks for line in block if line.startswith("data:"))
        return [text for line in lines if (text := line[5:].strip())]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON objects among them."""
        return [value for text in self.data if isinstance(value := loads_or_none(text), dict)]

    @property
    def dialect(self) -> str | None:
        """typed or adk, by the first event that says; None where none does."""
        for event in self.events:
            if "type" in event:
                return "typed"
            if "invocationId" in event or "author" in event:
                return "adk"
        return None


def lines(heard: Heard) -> Iterator[tuple[str, str]]:
    """Places and what is wrong there: each line is `data:` with JSON or nothing, or a comment."""
    if not heard.body:
        yield "", "the stream is empty"
    elif not heard.broke and not heard.body.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")):
        yield "", "the last event is not ended by an empty line"
    for number, block in enumerate(heard.blocks):
        for line in filter(None, block):
            text = line.removeprefix("data:").strip()
            if line.startswith(":") or (line.startswith("data:") and not text):
                continue
            if not line.startswith("data:"):
                yield f"event[{number}]", f"{line[:40]!r} is neither data nor a comment"
            elif not isinstance(loads_or_none(text), dict):
                yield f"event[{number}]", f"{text[:40]!r} is no JSON object"


def kinds(heard: Heard) -> Iterator[tuple[str, str]]:
    """All events are of one dialect, and each of a known kind; the end is not told by one."""
    dialect = heard.dialect
    if dialect is None:
        yield "", "no event tells which dialect this is"
        return
    for number, event in enumerate(heard.events):
        place = f"event[{number}]"
        if "error" in event or event.get("type") == "error" or "errorCode" in event:
            yield place, f"the agent failed: {json.dumps(event, ensure_ascii=False)[:200]}"
        elif dialect == "typed":
            if event.get("type") in _DONE:
                yield f"{place}.type", f"is {event['type']!r}: the stream closes, none says so"
            elif event.get("type") not in _TYPED:
                yield f"{place}.type", f"is {event.get('type')!r}: {', '.join(_TYPED)}"
        elif "type" in event or "invocationId" not in event:
            yield place, "is no event of the agent kit, as those before"


def tools(heard: Heard) -> Iterator[tuple[str, str]]:
    """Each tool's result follows its call."""
    called: list[object] = []
    for number, event in enumerate(heard.events):
        for name, key, result in _tools(event):
            if not result:
                called.append(key)
            elif key in called:
                called.remove(key)
            else:
                yield f"event[{number}]", f"{name!r} answers, and was not called"


def _tools(event: dict[str, Any]) -> Iterator[tuple[object, object, bool]]:
    """Name, what a call and its result have in common, and whether it is the result."""
    if event.get("type") in ("tool_call", "tool_result"):
        yield event.get("name"), event.get("name"), event["type"] == "tool_result"
    for part in _parts(event):
        for form in ("functionCall", "functionResponse"):
            tool = part.get(form)
            if isinstance(tool, dict):
                yield tool.get("name"), (tool.get("name"), tool.get("id")), form != "functionCall"


def whole(heard: Heard) -> Iterator[tuple[str, str]]:
    """In the agent kit's dialect, pieces that are `partial` are followed by the whole of them."""
    pieces, first = "", 0
    for number, event in enumerate(heard.events):
        spoken = [part for part in _parts(event) if not part.get("thought")]
        text = "".join(part["text"] for part in spoken if isinstance(part.get("text"), str))
        if event.get("partial"):
            first, pieces = (number, text) if not pieces else (first, pieces + text)
        elif text:
            if pieces and text != pieces:
                yield f"event[{number}]", "is not the whole of the partial pieces before it"
            pieces = ""
    if pieces:
        yield f"event[{first}]", "partial pieces are not followed by their whole"


def _parts(event: dict[str, Any]) -> list[dict[str, Any]]:
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
