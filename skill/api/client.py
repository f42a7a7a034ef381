"""One method an endpoint, on httpx. No policy and no waiting: what to do about an error is
decided by whoever calls.

Every request bears the three attribution headers, and all but the first the token; the
token goes to the backend's own origin and to no other, so redirects are not followed; where
a file is fetched, they are handed to the caller.
"""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

import anyio
import httpx

from skill.api.models import (
    Account,
    ClaimToken,
    Credits,
    Media,
    Render,
    Session,
    State,
    envelope,
    retry_after,
)
from skill.api.public_address import proxy_for
from skill.errors import AuthError, NetworkError, UsageError
from skill.i18n import say
from skill.sanitize import clean_line
from skill.settings.config import LOOPBACK
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
    from ssl import SSLContext
    from types import TracebackType
    from typing import Self

    from skill.token import Token

MAX_ANSWER_BYTES = 16 * 1024 * 1024
_WHOLE_CALL = 90.0  # s for a request and its whole answer, however slowly it drips
_WHOLE_UPLOAD = 1800.0


class Client:
    """The backend's eleven endpoints, for whoever wants no more than those: `Studio` does the work.
    Use as an async context manager.

    `headers` are the attribution headers (`Manifest.load().headers`), `token` the bearer, without
    which only `anonymous_token` can be called. Answers are the values of `skill.api.models`, whose
    docstrings give the units. Raises the errors of `skill.errors` and no others; no token stands
    in any of them.
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
        self.loopback = urlsplit(self.base_url).hostname in LOOPBACK
        for name in _LOGS:
            logging.getLogger(name).addFilter(_hide_in_log)
        self._http = _http(
            base_url=self.base_url,
            headers={
                # What unpacks to gigabytes is not asked for, nor taken.
                "Accept-Encoding": "identity",
                "User-Agent": f"{headers['X-Skill-Source']}/{headers['X-Skill-Version']}",
                **headers,
            },
            timeout=httpx.Timeout(30.0, connect=10.0),
            follow_redirects=False,
            # None is kept: it might be the token, and would go out with the next request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
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
        return Account.read(
            await self._call(
                "POST",
                "/api/auth/anonymous-token",
                headers={"X-Client-Id": client_id},
                bare=True,
            )
        )

    # 2
    async def create_session(self, language: str | None = None) -> Session:
        """POST /api/tasks/me/with-session/nemo_agent."""
        body = {"task_name": "project"} | ({"language": language} if language else {})
        path = "/api/tasks/me/with-session/nemo_agent"
        return Session.read(await self._call("POST", path, body=body))

    # 3
    @asynccontextmanager
    async def send_message(
        self,
        session_id: str,
        text: str,
        about_to_send: Callable[[], None] = lambda: None,
        *,
        read_timeout: float,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """POST /run_sse: the answer's bytes as they come. This is the request that costs.

        `about_to_send` is called once the connection stands and the headers are out, before
        the first byte of the body: until then no backend can have taken the message.
        `read_timeout`: seconds without a single byte after which the connection counts as dead.
        """
        body = {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }
        content = _json(body)

        async def late() -> AsyncIterator[bytes]:
            about_to_send()
            yield content

        request = self._http.build_request(
            "POST",
            "/run_sse",
            content=late(),
            headers={
                **self._authorization(),
                **_JSON,
                "Accept": "text/event-stream",
                "Content-Length": str(len(content)),
            },
            timeout=httpx.Timeout(30.0, connect=10.0, read=read_timeout),
        )
        response = await self._send(request)
        try:
            kind = clean_line(response.headers.get("content-type", "").partition(";")[0], 60)
            if response.status_code != 200 or kind.lower() != "text/event-stream":
                await _answer(response)
                raise NetworkError(
                    say(
                        "The answer to the message is no stream but {kind}.", kind=kind or "untyped"
                    )
                )
            yield self._pieces(response)
        finally:
            await response.aclose()

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.HTTPError as error:
            raise NetworkError(
                say("The stream broke off ({reason}).", reason=_reason(error))
            ) from None

    # 4
    async def upload(
        self, session_id: str, name: str, mime: str, file: BinaryIO
    ) -> tuple[Media, ...]:
        """POST /api/upload-video/…: one file, streamed from disk."""
        return await self._uploaded(session_id, files=[("files", (name, _Pieces(file), mime))])

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
        return Media.read_all(data)

    # 5
    async def credits(self) -> Credits:
        """GET /api/credits/balance/simple."""
        return Credits.read(await self._call("GET", "/api/credits/balance/simple"))

    # 6
    async def state(self, session_id: str) -> State:
        """GET /api/state/nemo_agent/me/<session>/latest."""
        path = f"/api/state/nemo_agent/me/{quote(session_id, safe='')}/latest"
        return State.read(await self._call("GET", path))

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
        data = await self._call("POST", "/api/render/proxy/lambda", body=body)
        return Render.read(data, render_id)

    # 8
    async def render_status(self, render_id: str) -> Render:
        """GET /api/render/proxy/lambda/<id>."""
        path = f"/api/render/proxy/lambda/{quote(render_id, safe='')}"
        return Render.read(await self._call("GET", path), render_id)

    # 9
    async def cancel_render(self, render_id: str) -> Render:
        """POST /api/render/proxy/lambda/<id>/cancel: a pending render is given up."""
        path = f"/api/render/proxy/lambda/{quote(render_id, safe='')}/cancel"
        return Render.read(await self._call("POST", path), render_id)

    # 10
    @asynccontextmanager
    async def download(
        self, render_id: str, headers: Mapping[str, str] | None = None, *, at: str | None = None
    ) -> AsyncIterator[httpx.Response]:
        """GET /api/render/proxy/<id>/download: the file, where `output.url` cannot be reached.

        The answer is one with a file (200, 206), says that there is no such part of it (416), or
        redirects. `at`: where it has redirected to, on the backend's own origin.
        """
        if at is not None and not self.owns(at):
            raise NetworkError(say("The token is for the backend alone."))
        request = self._http.build_request(
            "GET",
            f"/api/render/proxy/{quote(render_id, safe='')}/download" if at is None else at,
            headers={**self._authorization(), **(headers or {})},
        )
        async with self._file(await self._send(request, redirects=True)) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            words = response.status_code == 200 and kind == "application/json"
            known = response.status_code in (200, 206, 416) or response.has_redirect_location
            if words or not known:
                await _answer(response)
                raise NetworkError(
                    say(
                        "The download was answered with HTTP {status} and no file.",
                        status=response.status_code,
                    )
                )
            yield response

    @asynccontextmanager
    async def fetch(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """What is at a public address, whatever the status: without the token and our headers.
        A redirect is the answer, not followed."""
        async with _http(
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=False,
            # Who resolves the name is known by this, and not left to be guessed.
            proxy=self.proxy(url),
            trust_env=False,
            verify=_tls(url),
        ) as bare:
            try:
                request = bare.build_request(
                    "GET", url, headers={"Accept-Encoding": "identity", **(headers or {})}
                )
            except httpx.InvalidURL as error:
                raise NetworkError(say("The clip's address is not a URL.")) from error
            response = await self._send(request, through=bare, redirects=True)
            async with self._file(response) as response:
                yield response

    def proxy(self, url: str) -> str | None:
        """The proxy `fetch` goes through, if any."""
        return None if self.loopback else proxy_for(url)

    def owns(self, url: str) -> bool:
        """Whether a URL is at the backend's own origin: where the token may go."""
        try:
            there = httpx.URL(url)
        except httpx.InvalidURL:
            return False
        here = self._http.base_url
        same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
        return same and not there.userinfo  # a user in it would take the token's place

    @asynccontextmanager
    async def _file(self, response: httpx.Response) -> AsyncIterator[httpx.Response]:
        try:
            yield response
        except httpx.HTTPError as error:
            raise NetworkError(
                say("The download broke off ({reason}).", reason=_reason(error))
            ) from None
        finally:
            await response.aclose()

    # 11
    async def claim_token(self, task_id: str, session_id: str) -> ClaimToken:
        """POST /api/auth/claim-token."""
        body = {"task_id": task_id, "session_id": session_id}
        return ClaimToken.read(await self._call("POST", "/api/auth/claim-token", body=body))

    @property
    def bearer(self) -> httpx.Auth:
        """The token, for requests that are made past this client: it goes on none but those to
        the backend's own origin."""
        return _Bearer(self)

    def _authorization(self) -> dict[str, str]:
        if self.token is None:
            raise AuthError(say("There is no token yet."), hint=say("Run: image-to-video connect"))
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
                    return await _answer(response, bare=bare)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise NetworkError(
                say("{host} took too long to answer.", host=request.url.netloc.decode()),
                hint=say("Check the network, then try again."),
            ) from None

    async def _send(
        self,
        request: httpx.Request,
        through: httpx.AsyncClient | None = None,
        *,
        redirects: bool = False,
    ) -> httpx.Response:
        self._log(f"{request.method} {request.url.copy_with(query=None)}")
        try:
            response = await (through or self._http).send(request, stream=True)
        except httpx.HTTPError as error:
            raise NetworkError(
                say(
                    "{host} did not answer ({reason}).",
                    host=request.url.netloc.decode(),
                    reason=_reason(error),
                ),
                hint=say("Check the network and NEMO_API_URL, then run the command again."),
                unsent=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout),
            ) from None
        self._log(f"→ {response.status_code}")
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", ""):
            await response.aclose()
            raise NetworkError(say("The answer came packed in a way that was not asked for."))
        if response.is_redirect and not redirects:
            await response.aclose()
            raise NetworkError(
                say(
                    "{host} redirects elsewhere (HTTP {status}); not followed.",
                    host=request.url.host,
                    status=response.status_code,
                ),
                hint=say("Set NEMO_API_URL to the backend's own address."),
            )
        return response


class _Bearer(httpx.Auth):
    def __init__(self, client: Client) -> None:
        self._client = client

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._client.owns(str(request.url)):
            request.headers.update(self._client._authorization())
        yield request


class _Pieces:
    """A file that is read 512 KiB at a time: httpx asks for 64, which takes it twice as long
    (benchmarks/upload.py)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(max(size, 512 * 1024))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


_JSON = {"Content-Type": "application/json"}


def _json(body: object) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise NetworkError(say("The project's draft holds what cannot be sent back.")) from error


def _http(**options: Any) -> httpx.AsyncClient:
    try:
        return httpx.AsyncClient(**options)
    except (ImportError, ValueError) as error:  # a SOCKS proxy; a scheme that is unknown
        raise UsageError(
            say(
                "The proxy that the environment names cannot be used: {reason}",
                reason=_reason(error),
            ),
            hint=say("Unset ALL_PROXY and HTTPS_PROXY, or name an http proxy there."),
        ) from error


def _tls(url: str) -> SSLContext | bool:
    """Certificates are read (20 ms) only where there is something to check them for."""
    return httpx.create_ssl_context() if urlsplit(url).scheme == "https" else False


# Every error of httpx's is told and left behind ("from None"): what it quotes of an answer, and
# the variables of its frames, may hold the token.
def _reason(error: Exception) -> str:
    return clean_line(str(error), 200) or type(error).__name__


# httpx logs reason phrases, httpcore all headers of an answer.
_LOGS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")))


def _hide_in_log(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if (hidden := hide(message)) != message:
        record.msg, record.args = hidden, ()
    return True


async def _answer(response: httpx.Response, *, bare: bool = False) -> dict[str, Any]:
    """What the answer holds, or its error. `bare`: the answer may be a token."""
    body = await _text(response, bare=bare)
    if isinstance(body, NetworkError):
        raise body
    return envelope(response.status_code, retry_after(response.headers.get("retry-after")), body)


async def _text(response: httpx.Response, *, bare: bool) -> str | NetworkError:
    """The body, of at most MAX_ANSWER_BYTES. A token that is said in it goes no further, not
    even as a variable of an error's frames, but from where tokens come (`bare`)."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes(65536):
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                return NetworkError(say("The backend's answer is larger than any it should give."))
        text = body.decode("utf-8-sig", "surrogatepass")
    except httpx.HTTPError as error:
        return NetworkError(say("The answer broke off ({reason}).", reason=_reason(error)))
    except UnicodeDecodeError:
        return ""
    return text if bare else hide(text)
