"""What the backend answers, made typed: every shape, and either place of an error.

Pure: JSON in; values, or the errors of `skill.errors`, out, whatever the JSON is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from skill.errors import CODES, BackendFailedError, NetworkError, UsageError, error_for
from skill.i18n import say
from skill.sanitize import clean_line
from skill.token import Token, hide

if TYPE_CHECKING:
    from typing import Self

JsonObject = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_.~:@-]{1,512}")
_MAX_DEPTH = 100


def envelope(status: int, retry_after: float | None, body: str) -> JsonObject:
    """What an answer holds, or its error, from the HTTP status and from a `code` inside.

    Three shapes: {"code","message","data"}; {"success","data"}; bare (render proxy).
    """
    try:
        answer = json.loads(body, parse_constant=lambda constant: None)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        if status >= 400:
            raise error_for(status, retry_after=retry_after, unread=status not in (402, 413, 429))
        raise NetworkError(
            say("The backend's answer is not the JSON it should be."),
            hint=say("A proxy may stand between; check NEMO_API_URL, then try again."),
        )
    code, message = answer.get("code"), answer.get("message")
    message = clean_line(message, 300) if isinstance(message, str) else ""
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        code = int(code)
    if isinstance(code, int) and code not in (0, 200):
        known = code in CODES or status < 500
        raise error_for(code if known else status, message, retry_after=retry_after)
    if status >= 400:
        raise error_for(status, message, retry_after=retry_after)
    if answer.get("success") is False:
        said = message or clean_line(str(answer.get("error", "")), 300)
        raise BackendFailedError(
            say("The backend refused. It said: {said}", said=said)
            if said
            else say("The backend refused, without a reason.")
        )
    if "code" in answer or "success" in answer:
        data = answer.get("data")
        if not isinstance(data, dict):
            raise NetworkError(say("The backend's answer holds no `data`."))
        return data
    return answer


@dataclass(frozen=True)
class Account:
    """An anonymous token and whose it is. `expires_at` is None where none was told."""

    token: Token
    user_id: str
    credits: int | None
    expires_at: datetime | None

    @classmethod
    def read(cls, data: JsonObject) -> Self:
        """Read what a request for a token answered. Raises NetworkError where it holds no token."""
        try:
            token = Token(_text(data, "token"))
        except UsageError as error:
            raise NetworkError(say("The backend gave a token that is none.")) from error
        expires_at = _moment(data.get("expires_at"))
        user_id = hide(_name(data, "user_id"))
        return cls(token, user_id, _whole(data.get("credits")), expires_at)


@dataclass(frozen=True)
class Session:
    """A project at the backend."""

    session_id: str
    task_id: str
    user_id: str

    @classmethod
    def read(cls, data: JsonObject) -> Self:
        """Read a new project. Raises NetworkError where it has no id."""
        session_id = _name(data, "session_id", required=True)
        return cls(session_id, _name(data, "task_id"), _name(data, "user_id"))


@dataclass(frozen=True)
class Media:
    """An uploaded file as the backend sees it. Duration in seconds, sizes in pixels."""

    filename: str
    file_type: str
    cdn_url: str
    duration: float | None
    width: int | None
    height: int | None
    hash: str | None

    @classmethod
    def read_all(cls, data: JsonObject) -> tuple[Self, ...]:
        """Read the files of an upload. Raises NetworkError where it lists none."""
        files = data.get("files")
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            raise NetworkError(say("The backend's answer holds no `files`."))
        return tuple(
            cls(
                filename=clean_line(_text(file, "filename", "")),
                file_type=clean_line(_text(file, "file_type", ""), 20),
                cdn_url=clean_line(_text(file, "cdn_url", ""), 2000),
                duration=_number(file.get("duration")),
                width=_whole(file.get("width")),
                height=_whole(file.get("height")),
                hash=clean_line(_text(file, "hash", ""), 200) or None,
            )
            for file in files
        )


@dataclass(frozen=True)
class Credits:
    """An account's balance. `frozen` is held by work in progress; `total` is the sum."""

    available: float
    frozen: float
    total: float

    @classmethod
    def read(cls, data: JsonObject) -> Self:
        """From the backend's answer. Raises NetworkError where it holds no balance."""
        available, frozen = _number(data.get("available")), _number(data.get("frozen")) or 0
        if available is None:
            raise NetworkError(say("The backend's answer holds no balance (`available`)."))
        total = _number(data.get("total"))
        return cls(available, frozen, available + frozen if total is None else total)


@dataclass(frozen=True)
class State:
    """A session's state. `draft` is kept as it came: what is unknown in it is sent back untouched."""

    draft: JsonObject | None
    video_infos: tuple[Any, ...]

    @classmethod
    def read(cls, data: JsonObject) -> Self:
        """Read a project's state; what is not there is empty."""
        state = data.get("state")
        state = state if isinstance(state, dict) else {}
        draft, infos = state.get("draft"), state.get("video_infos")
        return cls(
            draft=_shallow(draft) if isinstance(draft, dict) else None,
            video_infos=tuple(infos) if isinstance(infos, list) else (),
        )


@dataclass(frozen=True)
class Render:
    """A render's status, from either shape of answer. `id`: the answer's, where it gives one that
    may stand in a path, else the one that was asked for; `progress` 0-100; `size` in bytes."""

    id: str
    status: str
    progress: float
    url: str | None
    duration: float | None
    size: int | None
    message: str

    @classmethod
    def read(cls, data: JsonObject, render_id: str) -> Self:
        """Read a render, of either shape."""
        output = data.get("output")
        output = output if isinstance(output, dict) else {}
        status = data.get("status")
        url = output.get("url") or data.get("outputUrl") or output.get("outputUrl")
        message = data.get("message") or data.get("error") or ""
        given = data.get("id")
        if not (isinstance(given, str) and _NAME.fullmatch(given) and given.strip(".")):
            given = render_id
        return cls(
            id=given,
            status=clean_line(status, 40).lower() if isinstance(status, str) else "",
            progress=min(100.0, max(0.0, _number(data.get("progress")) or 0.0)),
            url=url if isinstance(url, str) else None,
            duration=_number(output.get("duration", data.get("duration"))),
            size=_whole(output.get("size", data.get("size"))),
            message=clean_line(message if isinstance(message, str) else json.dumps(message), 300),
        )


@dataclass(frozen=True)
class ClaimToken:
    """Opens the project in a browser and can do nothing else. `expires_in` in seconds."""

    claim_token: str
    expires_in: float | None

    @classmethod
    def read(cls, data: JsonObject) -> Self:
        """Read a claim token. Raises NetworkError where there is none."""
        return cls(_name(data, "claim_token", required=True), _number(data.get("expires_in")))


def retry_after(value: str | None) -> float | None:
    """Seconds, from either form of the header (RFC 9110, 10.2.3)."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)) / timedelta(seconds=1))


def _text(data: JsonObject, field: str, default: str | None = None) -> str:
    value = data.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and (value or default is not None):
        return value
    if default is not None:
        return default
    raise NetworkError(say("The backend's answer holds no `{field}`.", field=field))


def _name(data: JsonObject, field: str, *, required: bool = False) -> str:
    """An id that may stand in a path, a link and on a terminal."""
    text = _text(data, field, None if required else "")
    if text and not _NAME.fullmatch(text):
        raise NetworkError(say("The backend's answer holds a `{field}` that is none.", field=field))
    return text


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        return value
    return None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shallow(draft: JsonObject) -> JsonObject:
    """The draft, unless it is nested beyond what any draft is."""
    level: list[Any] = [draft]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return draft
    raise NetworkError(say("The project's draft is nested deeper than a draft can be."))
