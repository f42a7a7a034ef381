"""Request bodies → values, or a 400 that names the field."""

import json
from collections.abc import Mapping
from typing import Any, Never

from starlette.requests import Request

from mock_server.errors import bad_request

BODY_LIMIT = 8 * 1024 * 1024


async def read(request: Request) -> bytes:
    """The body of a request. Raises ApiError 400 if it is too large, once it is read to its end."""
    size = 0
    chunks: list[bytes] = []
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_LIMIT:
            chunks.append(chunk)
    if size > BODY_LIMIT:
        raise bad_request(f"the body is larger than {BODY_LIMIT // 2**20} MiB")
    return b"".join(chunks)


def parse_object(body: bytes) -> dict[str, Any]:
    """Bytes → a JSON object whose every value can be written out again."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the body is not valid JSON: {error}"[:200]) from error
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    return value


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def text(body: Mapping[str, Any], field: str, *, limit: int = 200) -> str:
    """A string with something in it."""
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise bad_request(f"{field} is missing or not a string")
    if len(value) > limit:
        raise bad_request(f"{field} is longer than {limit} characters")
    return value


def optional_text(body: Mapping[str, Any], field: str) -> str | None:
    return None if body.get(field) is None else text(body, field)


def literal(body: Mapping[str, Any], field: str, expected: str) -> None:
    """A string that has to be this one."""
    if body.get(field) != expected:
        raise bad_request(f"{field} must be {expected!r}")


def message_text(body: Mapping[str, Any], *, limit: int = 20_000) -> str:
    """The words of a message: the texts of `new_message.parts`, joined."""
    message = body.get("new_message")
    if not isinstance(message, dict):
        raise bad_request("new_message is missing or not an object")
    parts = message.get("parts")
    if not isinstance(parts, list) or not parts:
        raise bad_request("new_message.parts is missing or empty")
    words = []
    for number, part in enumerate(parts):
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            raise bad_request(f"new_message.parts[{number}].text is missing or not a string")
        words.append(part["text"])
    joined = "".join(words)
    if not joined.strip():
        raise bad_request("new_message.parts: the text is empty")
    if len(joined) > limit:
        raise bad_request(f"new_message.parts: the text is longer than {limit} characters")
    return joined


def draft_to_render(body: Mapping[str, Any]) -> dict[str, Any]:
    """A draft with at least one track that has segments."""
    draft = body.get("draft")
    if not isinstance(draft, dict):
        raise bad_request("draft is missing or not an object")
    tracks = draft.get("t")
    if not isinstance(tracks, list) or not all(isinstance(track, dict) for track in tracks):
        raise bad_request("draft.t is missing or not a list of tracks")
    if not any(isinstance(track.get("sg"), list) and track["sg"] for track in tracks):
        raise bad_request("draft is not ready for export: no track has a segment in sg")
    return draft


def output_format(body: Mapping[str, Any]) -> None:
    """`output` asks for what there is: {"format": "mp4", "quality": …}."""
    output = body.get("output")
    if not isinstance(output, dict):
        raise bad_request("output is missing or not an object")
    if output.get("format") != "mp4":
        raise bad_request("output.format must be 'mp4'")
    text(output, "quality")


def urls(body: Mapping[str, Any]) -> list[str]:
    """The addresses of an upload by URL."""
    literal(body, "source_type", "url")
    value = body.get("urls")
    if not isinstance(value, list) or not value or len(value) > 50:
        raise bad_request("urls is missing, empty or has more than 50 entries")
    if not all(isinstance(url, str) for url in value):
        raise bad_request("urls must be strings")
    return value
