"""What may be kept of a request and of its answer: bounded, and without its secrets."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from mock_server.strict_json import DEEPEST, loads_or_none

TEXT_LIMIT = 16_384
"""Characters kept of a text in a body."""
PART_LIMIT = 65_536
"""Bytes kept of a request's body, and of its answer."""
HEADER_LIMIT = 2048
"""Characters kept of a header, of a path and of a query."""
BEARERS_KNOWN = 64
"""So many of the bearers that came last are looked for where none belongs."""
_TOKEN = re.compile(r"nmv_usr_\w+", re.IGNORECASE)
_LOOKS_LIKE_ONE = "nmv_usr_"
_SCHEMES = ("basic", "bearer", "digest")
HOLD_SECRETS = ("authorization", "x-mock-key")
"""Headers that are there to hold one."""
_SHORT = 8
"""Characters of a bearer that might stand anywhere by chance."""
_SECRETS = ("token", "secret", "password", "authorization", "cookie", "mock-key")
_SECRET_BYTES = tuple(word.encode() for word in _SECRETS)


class Secrets:
    """The secrets that are known, to be found where they do not belong. They are never shown, and
    gone with the process."""

    def __init__(self) -> None:
        self._bearers: dict[str, None] = {}
        self._hidden: list[str] = []

    def know(self, bearer: str) -> None:
        """Look for a bearer from now on, unless it might stand anywhere by chance."""
        if len(bearer) > _SHORT and bearer not in self._bearers:
            self._bearers[bearer] = None
            if len(self._bearers) > BEARERS_KNOWN:
                del self._bearers[next(iter(self._bearers))]

    def hide(self, secret: str) -> None:
        """Look for this one for ever."""
        self._hidden.append(secret)

    def clean(self, value: Any) -> Any:
        """A copy of plain data in which no text holds a secret."""
        return without_secrets(value, self.mask)

    def mask(self, text: str) -> str:
        """A text without the bearers in it: those that are known, and what looks like one."""
        for bearer in (*self._hidden, *list(self._bearers)):
            if bearer in text:
                text = text.replace(bearer, f"sha256:{short_fingerprint(bearer)}")
        if _LOOKS_LIKE_ONE not in text.lower():
            return text
        return _TOKEN.sub(lambda found: f"sha256:{short_fingerprint(found[0])}", text)


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether what is called so, in lower case, is not to be kept."""
    return any(word in name for word in _SECRETS)


def short_fingerprint(secret: str) -> str:
    """Eight hex digits that tell two secrets apart and give neither away."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def without_secrets(value: Any, masked: Callable[[str], str], *, depth: int = 0) -> Any:
    """A copy of plain data with each text in it `masked`, and nothing deeper than `DEEPEST`."""
    if isinstance(value, str):
        return masked(value)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth == DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            masked(str(key)): without_secrets(item, masked, depth=depth + 1)
            for key, item in value.items()
        }
    return [without_secrets(item, masked, depth=depth + 1) for item in value]


def clean_body(value: Any, *, depth: int = 0) -> Any:
    """A copy of a JSON value that is bounded and has its secrets cut."""
    if depth > 12:
        return "…"
    if isinstance(value, Mapping):
        return {
            str(key): f"sha256:{short_fingerprint(str(item))}"
            if is_secret(str(key).lower())
            else clean_body(item, depth=depth + 1)
            for key, item in list(value.items())[:200]
        }
    if isinstance(value, list):
        return [clean_body(item, depth=depth + 1) for item in value[:200]]
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        return value[:TEXT_LIMIT] + "…"
    return value


def cut(data: bytes) -> bytes:
    """What may be kept of JSON, or of the lines of a stream: as it is, if it is short and holds
    no secret; else cleaned, or cut off."""
    lowered = data.lower()
    if len(data) <= PART_LIMIT and not any(word in lowered for word in _SECRET_BYTES):
        return data
    prefix = b"data:" if data.startswith(b"data:") else b""
    value = loads_or_none(data[len(prefix) :])
    if value is None:
        return f"… {len(data)} bytes".encode()
    text = json.dumps(clean_body(value), ensure_ascii=False)
    return prefix + text.encode("utf-8", "replace") + (b"\n\n" if prefix else b"")


def clean_headers(headers: Mapping[str, str]) -> dict[str, str]:
    clean = {}
    for name, value in headers.items():
        if is_secret(name):
            scheme, _, secret = value.partition(" ")
            known = secret and scheme.lower() in _SCHEMES
            said = f"sha256:{short_fingerprint(secret.strip() if known else value)}"
            clean[name] = f"{scheme} {said}" if known else said
        else:
            clean[name] = value[:HEADER_LIMIT]
    return clean
