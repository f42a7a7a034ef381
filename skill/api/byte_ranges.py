"""Which bytes of a file an answer brings: RFC 9110, 14 (ranges) and 13.1.5 (If-Range). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skill.api.public_address import RefusedError
from skill.errors import NetworkError
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ByteRange:
    """Which bytes of the clip an answer brings: from `start` to before `end`, of `length`.
    None where that is not told."""

    start: int
    end: int | None
    length: int | None


_RANGE = re.compile(r"bytes +(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)


def range_of(
    status: int, headers: Mapping[str, str], have: int, validator: str, length: int | None
) -> ByteRange | None:
    """What an answer holds, where `have` bytes were there and those after were asked for; None
    where it does not go on with them: then all is to be asked for. (RFC 9110, 14.4, 15.3.7.)

    Raises RefusedError for an answer without a file, NetworkError for one that may pass.
    """
    if status == 200:
        told = headers.get("content-length", "")
        whole = int(told) if re.fullmatch(r"[0-9]{1,18}", told) else None
        return ByteRange(0, whole, whole)
    if have and status == 416:
        return None
    if have and status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if found is None:
            return None
        start, end = int(found[1]), int(found[2]) + 1
        whole = None if found[3] == "*" else int(found[3])
        if start != have or end <= start or end > (whole or end):
            return None
        if length is not None and (whole not in (None, length) or end > length):
            return None
        name = "etag" if validator.startswith('"') else "last-modified"
        if headers.get(name, validator) != validator:
            return None
        return ByteRange(start, end, whole or length)
    message = say("The download was answered with HTTP {status}.", status=status)
    passing = status in (408, 425, 429) or status >= 500
    raise NetworkError(message) if passing else RefusedError(message)


def validator_of(headers: Mapping[str, str]) -> str:
    """By what a file is known to be the same one later: a strong entity tag, or else its date
    where that is a strong one (RFC 9110, 8.8.1 to 8.8.3); empty where there is neither."""
    tag = headers.get("etag", "")
    if re.fullmatch(r'"[!#-~]{1,200}"', tag):
        return tag
    changed, now = headers.get("last-modified", ""), headers.get("date", "")
    return changed if changed and now and _apart(changed, now) else ""


def _apart(changed: str, now: str) -> bool:
    from email.utils import parsedate_to_datetime

    if len(changed) > 40 or not changed.isascii() or not changed.isprintable():
        return False
    try:
        return (parsedate_to_datetime(now) - parsedate_to_datetime(changed)).total_seconds() >= 1
    except (ValueError, TypeError, OverflowError):
        return False
