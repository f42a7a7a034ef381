"""One method for each of the backend's endpoints. No policy and no waiting: what to do about an
error is decided by whoever calls.

Every request bears the three attribution headers, and all but the first the token; the
token goes to the backend's own origin and to no other, so redirects are not followed; where
a file is fetched, they are handed to the caller.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

import anyio
import httpx

from skill.api.environment import certificates, proxy_for
from skill.api.models import Account, ClaimToken, Credits, Media, Render, Session, State
from skill.api.transport import (
    LargeReads,
    ThreadedBody,
    downloading,
    encode_json,
    hide_tokens_in_logs,
    http_client,
    read_answer,
    reason,
    send,
)
from skill.errors import AuthError, NetworkError
from skill.i18n import say
from skill.sanitize import clean_line
from skill.settings.config import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from skill.token import Token

_WHOLE_CALL = 90.0  # s for a request and its whole answer, however slowly it drips
_WHOLE_UPLOAD = 1800.0
_UPLOAD_TIMEOUT = httpx.Timeout(300.0, connect=10.0)
_JSON = {"Content-Type": "application/json"}


class Client:
    """The backend's eleven endpoints, for whoever wants no more than those: `Studio` does the work.
    Use as an async context manager.

    `headers` are the attribution headers (`Manifest.load().headers`), `token` the bearer, without
    which only `anonymous_token` can be called, `transport` what takes requests there instead of
    the network. Answers are the values of `skill.api.models`, whose docstrings give the units.
    Raises the errors of `skill.errors` and no others; no token stands in any of them.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        token: Token | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self.transport = transport
        self.client_id: str | None = None
        """Sent with every request from here on, for a backend that asks for it (400)."""
        self.log = log or (lambda line: None)
        self.loopback = urlsplit(self.base_url).hostname in LOOPBACK
        hide_tokens_in_logs()
        # A proxy must see neither what stays on this machine nor its token.
        self._proxy = proxy_for(self.base_url) if transport is None else None
        self._http = http_client(
            self._proxy,
            base_url=self.base_url,
            headers={
                # What unpacks to gigabytes is not asked for, nor taken.
                "Accept-Encoding": "identity",
                "User-Agent": f"{headers['X-Skill-Source']}/{headers['X-Skill-Version']}",
                **headers,
            },
            timeout=httpx.Timeout(30.0, connect=10.0),
            # None is kept: it might be the token, and would go out with the next request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            verify=certificates(self.base_url),
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
        about_to_send: Callable[[], Awaitable[None]] | None = None,
        *,
        read_timeout: float,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """POST /run_sse: the answer's bytes as they come. This is the request that costs.

        `about_to_send` is awaited once the connection stands and the headers are out, before
        the first byte of the body: until then no backend can have taken the message.
        `read_timeout`: seconds without a single byte after which the connection counts as dead.
        """
        body = {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }
        content = encode_json(body)

        async def late() -> AsyncIterator[bytes]:
            if about_to_send is not None:
                await about_to_send()
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
        response = await send(self._http, request, self.log, self._proxy)
        try:
            kind = clean_line(response.headers.get("content-type", "").partition(";")[0], 60)
            if response.status_code != 200 or kind.lower() != "text/event-stream":
                await read_answer(response)
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
                say("The stream broke off ({reason}).", reason=reason(error))
            ) from None

    # 4
    async def upload(
        self,
        session_id: str,
        name: str,
        mime: str,
        file: BinaryIO,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[Media, ...]:
        """POST /api/upload-video/…: one file, streamed from disk. `progress` is told how many
        bytes of it have been read."""

        def read() -> None:
            if progress is not None:
                progress(file.tell())

        request = self._http.build_request(
            "POST",
            _upload_path(session_id),
            files=[("files", (name, LargeReads(file), mime))],  # type: ignore[list-item]
            headers=self._authorization(),
            timeout=_UPLOAD_TIMEOUT,
        )
        assert isinstance(request.stream, httpx.SyncByteStream)
        request.stream = ThreadedBody(request.stream, read)
        return Media.read_all(await self._answer(request, _WHOLE_UPLOAD))

    async def upload_urls(self, session_id: str, urls: Sequence[str]) -> tuple[Media, ...]:
        """The same endpoint for files the backend fetches itself."""
        body = {"urls": list(urls), "source_type": "url"}
        data = await self._call(
            "POST", _upload_path(session_id), body=body, timeouts=_UPLOAD_TIMEOUT
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
        async with downloading(
            await send(self._http, request, self.log, self._proxy, redirects=True)
        ) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            words = response.status_code == 200 and kind == "application/json"
            known = response.status_code in (200, 206, 416) or response.has_redirect_location
            if words or not known:
                await read_answer(response)
                raise NetworkError(
                    say(
                        "The download was answered with HTTP {status} and no file.",
                        status=response.status_code,
                    )
                )
            yield response

    def owns(self, url: str) -> bool:
        """Whether a URL is at the backend's own origin: where the token may go."""
        try:
            there = httpx.URL(url)
        except httpx.InvalidURL:
            return False
        here = self._http.base_url
        same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
        return same and not there.userinfo  # a user in it would take the token's place

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
        client = {} if self.client_id is None else {"X-Client-Id": self.client_id}
        return {"Authorization": f"Bearer {self.token.reveal()}", **client}

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeouts: httpx.Timeout | None = None,
        bare: bool = False,
    ) -> dict[str, Any]:
        """Make a request with JSON, or nothing, in it. `bare`: without the token."""
        request = self._http.build_request(
            method,
            path,
            content=None if body is None else encode_json(body),
            headers={
                **({} if bare else self._authorization()),
                **({} if body is None else _JSON),
                **(headers or {}),
            },
            timeout=timeouts or httpx.USE_CLIENT_DEFAULT,
        )
        return await self._answer(request, _WHOLE_CALL, bare=bare)

    async def _answer(
        self, request: httpx.Request, whole: float, *, bare: bool = False
    ) -> dict[str, Any]:
        """Send a request and read its answer, in `whole` seconds at most."""
        try:
            with anyio.fail_after(whole):
                response = await send(self._http, request, self.log, self._proxy)
                try:
                    return await read_answer(response, bare=bare)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise NetworkError(
                say("{host} took too long to answer.", host=request.url.netloc.decode()),
                hint=say("Check the network, then try again."),
            ) from None


def _upload_path(session_id: str) -> str:
    return f"/api/upload-video/nemo_agent/me/{quote(session_id, safe='')}"


class _Bearer(httpx.Auth):
    def __init__(self, client: Client) -> None:
        self._client = client

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._client.owns(str(request.url)):
            request.headers.update(self._client._authorization())
        yield request
