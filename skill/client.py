"""One method an endpoint, on httpx. No policy and no waiting: what to do about an error is
decided by whoever calls.

Every request bears the three attribution headers, and all but the first the token; the
token goes to the backend's own origin and to no other, so redirects are not followed.
"""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

import anyio
import httpx

from skill.errors import AuthError, BackendFailedError, NetworkError, UsageError, error_for
from skill.sanitize import clean_line
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from ssl import SSLContext
    from types import TracebackType
    from typing import Self

MAX_ANSWER_BYTES = 16 * 1024 * 1024
_WHOLE_CALL = 90.0  # s for a request and its whole answer, however slowly it drips
_WHOLE_UPLOAD = 1800.0
_MAX_DEPTH = 100
_NAME = re.compile(r"[A-Za-z0-9_.~:@-]{1,512}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Account:
    """An anonymous token and whose it is. `expires_at` is None where none was told."""

    token: Token
    user_id: str
    credits: int | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Session:
    """A project at the backend."""

    session_id: str
    task_id: str
    user_id: str


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


@dataclass(frozen=True)
class Credits:
    available: float
    frozen: float
    total: float


@dataclass(frozen=True)
class State:
    """A session's state. `draft` is kept as it came: what is unknown in it is sent back untouched."""

    session_id: str
    task_id: str
    draft: dict[str, Any] | None
    video_infos: tuple[Any, ...]
    generated_media: object
    raw: dict[str, Any]


@dataclass(frozen=True)
class Render:
    """A render's status, from either shape of answer. `progress` 0-100; `size` in bytes."""

    id: str
    status: str
    progress: float
    url: str | None
    duration: float | None
    size: int | None
    message: str


@dataclass(frozen=True)
class ClaimToken:
    """Opens the project in a browser and can do nothing else."""

    claim_token: str
    expires_in: float | None


class Client:
    """The backend's eleven endpoints. Use as an async context manager.

    Raises the errors of `skill.errors` and no others.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        token: Token | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._log = log
        self.loopback = urlsplit(self.base_url).hostname in _LOOPBACK
        self._http = httpx.AsyncClient(
            base_url=self.base_url,
            headers={
                # What unpacks to gigabytes is not asked for, nor taken.
                "Accept-Encoding": "identity",
                "User-Agent": f"{headers['X-Skill-Source']}/{headers['X-Skill-Version']}",
                **headers,
            },
            timeout=httpx.Timeout(30.0, connect=10.0),
            follow_redirects=False,
            # A proxy must see neither what stays on this machine nor its token.
            trust_env=not self.loopback,
            verify=_tls(self.base_url),
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, traceback)

    # 1
    async def anonymous_token(self, client_id: str) -> Account:
        """POST /api/auth/anonymous-token: once in 7 days per client (429 before)."""
        data = await self._call(
            "POST", "/api/auth/anonymous-token", headers={"X-Client-Id": client_id}, bare=True
        )
        return Account(
            token=_token(data),
            user_id=_name(data, "user_id"),
            credits=_whole(data.get("credits")),
            expires_at=_time(data.get("expires_at")),
        )

    # 2
    async def create_session(self, language: str | None = None) -> Session:
        """POST /api/tasks/me/with-session/nemo_agent."""
        body = {"task_name": "project"} | ({"language": language} if language else {})
        data = await self._call("POST", "/api/tasks/me/with-session/nemo_agent", body=body)
        return Session(
            session_id=_name(data, "session_id", required=True),
            task_id=_name(data, "task_id"),
            user_id=_name(data, "user_id"),
        )

    # 3
    @asynccontextmanager
    async def send_message(
        self, session_id: str, text: str, *, read_timeout: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """POST /run_sse: the answer's bytes as they come. This is the request that costs.

        `read_timeout`: seconds without a single byte after which the connection counts as dead.
        """
        body = {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }
        request = self._http.build_request(
            "POST",
            "/run_sse",
            content=_json(body),
            headers=self._authorization() | _JSON | {"Accept": "text/event-stream"},
            timeout=httpx.Timeout(30.0, connect=10.0, read=read_timeout),
        )
        response = await self._send(request)
        try:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.status_code != 200 or kind != "text/event-stream":
                _envelope(response, await _read(response))
                raise NetworkError(
                    f"The answer to the message is no stream but {clean_line(kind, 60) or 'untyped'}."
                )
            yield self._pieces(response)
        finally:
            await response.aclose()

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.HTTPError as error:
            raise NetworkError(f"The stream broke off ({_reason(error)}).") from error

    # 4
    async def upload(
        self, session_id: str, name: str, mime: str, file: BinaryIO
    ) -> tuple[Media, ...]:
        """POST /api/upload-video/…: one file, streamed from disk."""
        return await self._uploaded(session_id, files=[("files", (name, file, mime))])

    async def upload_urls(self, session_id: str, urls: Sequence[str]) -> tuple[Media, ...]:
        """The same endpoint for files the backend fetches itself."""
        return await self._uploaded(session_id, body={"urls": list(urls), "source_type": "url"})

    async def _uploaded(self, session_id: str, **content: Any) -> tuple[Media, ...]:
        data = await self._call(
            "POST",
            f"/api/upload-video/nemo_agent/me/{quote(session_id, safe='')}",
            patience=httpx.Timeout(300.0, connect=10.0),
            **content,
        )
        return tuple(_media(item) for item in _list(data, "files"))

    # 5
    async def credits(self) -> Credits:
        """GET /api/credits/balance/simple."""
        data = await self._call("GET", "/api/credits/balance/simple")
        available, frozen = _number(data.get("available")), _number(data.get("frozen"))
        if available is None:
            raise NetworkError("The backend's answer holds no balance (`available`).")
        total = _number(data.get("total"))
        return Credits(
            available, frozen or 0, available + (frozen or 0) if total is None else total
        )

    # 6
    async def state(self, session_id: str) -> State:
        """GET /api/state/nemo_agent/me/<session>/latest."""
        path = f"/api/state/nemo_agent/me/{quote(session_id, safe='')}/latest"
        data = await self._call("GET", path)
        state = data.get("state")
        state = state if isinstance(state, dict) else {}
        draft, infos = state.get("draft"), state.get("video_infos")
        return State(
            session_id=session_id,
            task_id=_name(data, "task_id"),
            draft=_shallow(draft) if isinstance(draft, dict) else None,
            video_infos=tuple(infos) if isinstance(infos, list) else (),
            generated_media=state.get("generated_media"),
            raw=state,
        )

    # 7
    async def start_render(
        self, render_id: str, session_id: str, draft: Mapping[str, Any]
    ) -> Render:
        """POST /api/render/proxy/lambda: `render_id` is the caller's and must be new."""
        body = {
            "id": render_id,
            "sessionId": session_id,
            "draft": draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return _render(await self._call("POST", "/api/render/proxy/lambda", body=body), render_id)

    # 8
    async def render_status(self, render_id: str) -> Render:
        """GET /api/render/proxy/lambda/<id>."""
        path = f"/api/render/proxy/lambda/{quote(render_id, safe='')}"
        return _render(await self._call("GET", path), render_id)

    # 9
    async def cancel_render(self, render_id: str) -> Render:
        """POST /api/render/proxy/lambda/<id>/cancel: a pending render is given up."""
        path = f"/api/render/proxy/lambda/{quote(render_id, safe='')}/cancel"
        return _render(await self._call("POST", path), render_id)

    # 10
    @asynccontextmanager
    async def download(self, render_id: str) -> AsyncIterator[httpx.Response]:
        """GET /api/render/proxy/<id>/download: the file, where `output.url` cannot be reached."""
        path = f"/api/render/proxy/{quote(render_id, safe='')}/download"
        request = self._http.build_request("GET", path, headers=self._authorization())
        response = await self._send(request)
        if response.status_code != 200:
            try:
                _envelope(response, await _read(response))
            finally:
                await response.aclose()
        async with self._file(response) as response:
            yield response

    @asynccontextmanager
    async def fetch(self, url: str) -> AsyncIterator[httpx.Response]:
        """The file at a render's `output.url`: public, so without the token and our headers."""
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=False,
            trust_env=not self.loopback,
            verify=_tls(url),
        ) as bare:
            request = bare.build_request("GET", url, headers={"Accept-Encoding": "identity"})
            async with self._file(await self._send(request, through=bare)) as response:
                yield response

    @asynccontextmanager
    async def _file(self, response: httpx.Response) -> AsyncIterator[httpx.Response]:
        try:
            if response.status_code != 200:
                raise NetworkError(f"The download was answered with HTTP {response.status_code}.")
            yield response
        except httpx.HTTPError as error:
            raise NetworkError(f"The download broke off ({_reason(error)}).") from error
        finally:
            await response.aclose()

    # 11
    async def claim_token(self, task_id: str, session_id: str) -> ClaimToken:
        """POST /api/auth/claim-token."""
        body = {"task_id": task_id, "session_id": session_id}
        data = await self._call("POST", "/api/auth/claim-token", body=body)
        return ClaimToken(
            _name(data, "claim_token", required=True), _number(data.get("expires_in"))
        )

    def _authorization(self) -> dict[str, str]:
        if self.token is None:
            raise AuthError("There is no token yet.", hint="Run: image-to-video connect")
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        files: object = None,
        headers: Mapping[str, str] | None = None,
        patience: httpx.Timeout | None = None,
        bare: bool = False,
    ) -> dict[str, Any]:
        request = self._http.build_request(
            method,
            path,
            content=None if body is None else _json(body),
            files=files,  # type: ignore[arg-type]
            headers={
                **({} if bare else self._authorization()),
                **({} if body is None else _JSON),
                **(headers or {}),
            },
            timeout=patience or httpx.USE_CLIENT_DEFAULT,
        )
        try:
            with anyio.fail_after(_WHOLE_CALL if files is None else _WHOLE_UPLOAD):
                response = await self._send(request)
                try:
                    return _envelope(response, await _read(response))
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise NetworkError(
                f"{request.url.netloc.decode()} took too long to answer.",
                hint="Check the network, then try again.",
            ) from error

    async def _send(
        self, request: httpx.Request, through: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        self._log(f"{request.method} {request.url.copy_with(query=None)}")
        try:
            response = await (through or self._http).send(request, stream=True)
        except httpx.HTTPError as error:
            raise NetworkError(
                f"{request.url.netloc.decode()} did not answer ({_reason(error)}).",
                hint="Check the network and NEMO_API_URL, then run the command again.",
                unsent=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout),
            ) from error
        self._log(f"→ {response.status_code}")
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", ""):
            await response.aclose()
            raise NetworkError("The answer came packed in a way that was not asked for.")
        if response.is_redirect:
            await response.aclose()
            raise NetworkError(
                f"{request.url.host} redirects elsewhere (HTTP {response.status_code}); not followed.",
                hint="Set NEMO_API_URL to the backend's own address.",
            )
        return response


_JSON = {"Content-Type": "application/json"}


def _json(body: object) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise NetworkError("The project's draft holds what cannot be sent back.") from error


def _tls(url: str) -> SSLContext | bool:
    """Certificates are read (20 ms) only where there is something to check them for."""
    return httpx.create_ssl_context() if urlsplit(url).scheme == "https" else False


def _reason(error: Exception) -> str:
    return clean_line(str(error), 200) or type(error).__name__


async def _read(response: httpx.Response) -> bytes:
    """The body, of at most MAX_ANSWER_BYTES once unpacked."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes(65536):
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise NetworkError("The backend's answer is larger than any it should give.")
    except httpx.HTTPError as error:
        raise NetworkError(f"The answer broke off ({_reason(error)}).") from error
    return bytes(body)


def _envelope(response: httpx.Response, body: bytes) -> dict[str, Any]:
    """What an answer holds, or its error, from the HTTP status and from a `code` inside.

    Three shapes: {"code","message","data"}; {"success","data"}; bare (render proxy).
    """
    try:
        answer = json.loads(body, parse_constant=lambda constant: None)
    except (ValueError, RecursionError):
        answer = None
    status = response.status_code
    retry_after = _retry_after(response.headers.get("retry-after"))
    if not isinstance(answer, dict):
        if status >= 400:
            raise error_for(status, retry_after=retry_after, unread=status not in (402, 413, 429))
        raise NetworkError(
            "The backend's answer is not the JSON it should be.",
            hint="A proxy may stand between; check NEMO_API_URL, then try again.",
        )
    code, message = answer.get("code"), answer.get("message")
    message = clean_line(message, 300) if isinstance(message, str) else ""
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code)
    if isinstance(code, int) and code not in (0, 200):
        raise error_for(code, message, retry_after=retry_after)
    if status >= 400:
        raise error_for(status, message, retry_after=retry_after)
    if answer.get("success") is False:
        said = message or clean_line(str(answer.get("error", "")), 300)
        raise BackendFailedError(f"The backend refused. It said: {said or 'nothing'}.")
    if "code" in answer or "success" in answer:
        data = answer.get("data")
        if not isinstance(data, dict):
            raise NetworkError("The backend's answer holds no `data`.")
        return data
    return answer


def _retry_after(value: str | None) -> float | None:
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


def _render(data: dict[str, Any], render_id: str) -> Render:
    output = data.get("output")
    output = output if isinstance(output, dict) else {}
    status = data.get("status")
    url = output.get("url") or data.get("outputUrl") or output.get("outputUrl")
    message = data.get("message") or data.get("error") or ""
    return Render(
        id=_text(data, "id", render_id),
        status=clean_line(status, 40).lower() if isinstance(status, str) else "",
        progress=min(100.0, max(0.0, _number(data.get("progress")) or 0.0)),
        url=url if isinstance(url, str) else None,
        duration=_number(output.get("duration", data.get("duration"))),
        size=_whole(output.get("size", data.get("size"))),
        message=clean_line(message if isinstance(message, str) else json.dumps(message), 300),
    )


def _token(data: Mapping[str, Any]) -> Token:
    try:
        return Token(_text(data, "token"))
    except UsageError as error:
        raise NetworkError("The backend gave a token that is none.") from error


def _name(data: Mapping[str, Any], field: str, *, required: bool = False) -> str:
    """An id that may stand in a path, a link and on a terminal."""
    text = _text(data, field, None if required else "")
    if text and not _NAME.fullmatch(text):
        raise NetworkError(f"The backend's answer holds a `{field}` that is none.")
    return text


def _shallow(draft: dict[str, Any]) -> dict[str, Any]:
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
    raise NetworkError("The project's draft is nested deeper than a draft can be.")


def _media(item: object) -> Media:
    if not isinstance(item, dict):
        raise NetworkError("The backend's answer to the upload is not as it should be (`files`).")
    return Media(
        filename=clean_line(_text(item, "filename", "")),
        file_type=clean_line(_text(item, "file_type", ""), 20),
        cdn_url=clean_line(_text(item, "cdn_url", ""), 2000),
        duration=_number(item.get("duration")),
        width=_whole(item.get("width")),
        height=_whole(item.get("height")),
        hash=clean_line(_text(item, "hash", ""), 200) or None,
    )


def _text(data: Mapping[str, Any], field: str, default: str | None = None) -> str:
    value = data.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and (value or default is not None):
        return value
    if default is not None:
        return default
    raise NetworkError(f"The backend's answer holds no `{field}`.")


def _list(data: Mapping[str, Any], field: str) -> list[Any]:
    value = data.get(field)
    if not isinstance(value, list):
        raise NetworkError(f"The backend's answer holds no `{field}`.")
    return value


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
        return value
    return None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
