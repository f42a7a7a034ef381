"""Request bodies → values, or a 400 that says what is wrong. Their fields are openapi.yaml's."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from mock_server.errors import BreachError, bad_request
from mock_server.strict_json import DEEPEST, loads

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
        value = loads(body)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the body is not valid JSON: {error}"[:200]) from error
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    if body.count(b"{") + body.count(b"[") > DEEPEST and not _fits(value, DEEPEST):
        raise bad_request(f"the body is nested more than {DEEPEST} levels deep")
    return value


def _fits(value: Any, levels: int) -> bool:
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return inner is None or (levels > 0 and all(_fits(item, levels - 1) for item in inner))


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


def message_text(body: Mapping[str, Any], *, limit: int = 20_000) -> str:
    """The words of a message that is as its schema has it: the texts of its parts, joined."""
    joined = "".join(part["text"] for part in body["new_message"]["parts"])
    if len(joined) > limit:
        raise BreachError(f"new_message.parts: the text is longer than {limit} characters")
    return joined
