"""Requests as the contract has them, and their answers as they came."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from mock_server import openapi
from mock_server.strict_json import loads_or_none

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mock_server.contract.target import Target

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of an answer that are read; a clip may be larger."""


class UnusableAnswerError(Exception):
    """What came cannot be gone on with; its word is noted, unless something critical has been."""


@dataclass(frozen=True)
class Answer:
    """An answer to an operation: HTTP status, content type without its parameters, and the body
    as it came but for the bearer; `json` is None where it is none."""

    operation: str
    status: int
    type: str
    body: bytes

    @cached_property
    def json(self) -> Any:
        return loads_or_none(self.body)

    @property
    def data(self) -> dict[str, Any]:
        """The envelope's; empty where there is none."""
        data = self.json.get("data") if isinstance(self.json, dict) else None
        return data if isinstance(data, dict) else {}

    @property
    def code(self) -> int | str | None:
        """The envelope's, or the HTTP status where there is none and it is no success."""
        value = self.json
        if isinstance(value, dict) and "code" in value:
            code = value["code"]
            return code if isinstance(code, int) and not isinstance(code, bool) else repr(code)
        return None if self.status == 200 else self.status


class Bearer(httpx.Auth):
    """A token that was taken for the checks alone."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Client:
    """Requests to one backend. Nothing is sent twice, no redirect is followed, no cookie kept."""

    def __init__(self, target: Target) -> None:
        self._http = httpx.AsyncClient(
            base_url=target.url,
            headers={
                "Accept-Encoding": "identity",
                "User-Agent": "image-to-video-contract",
                **target.headers,
            },
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=not target.loopback and not target.connect,
            **target.connect,
        )
        self._target = target
        self.auth = target.auth
        self.reached = False
        """Whether any answer has come."""

    async def close(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        operation: str,
        *,
        session: str = "",
        render: str = "",
        body: object = None,
        files: list[tuple[str, bytes]] | None = None,
        auth: httpx.Auth | None = None,
        anonymous: bool = False,
        headers: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
    ) -> Answer:
        """One request. `files`: name and content each, as multipart; `anonymous`: without a
        bearer; `without`: the headers to leave away. Raises httpx.HTTPError."""
        request = self._request(operation, session, render, body, files, headers, without)
        async with self._sent(request, auth or self.auth, anonymous=anonymous) as response:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise UnusableAnswerError(f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
        body = self.hidden(bytes(content))
        return Answer(operation, response.status_code, _type(response), body)

    def hidden(self, content: bytes) -> bytes:
        """What came, without the bearer."""
        text = content.decode("utf-8", "surrogateescape")
        hidden = self._target.hide(text)
        return content if hidden == text else hidden.encode("utf-8", "surrogateescape")

    @asynccontextmanager
    async def opened(
        self, operation: str, *, render: str = "", body: object = None, patience: float = 60.0
    ) -> AsyncIterator[httpx.Response]:
        """The answer as it begins, to be read by whoever asks. Raises httpx.HTTPError."""
        headers = {"Accept": "text/event-stream"} if operation == "message" else None
        request = self._request(operation, "", render, body, None, headers, ())
        request.extensions["timeout"] = httpx.Timeout(60.0, connect=10.0, read=patience).as_dict()
        async with self._sent(request, self.auth) as response:
            yield response

    @asynccontextmanager
    async def public(self, url: str) -> AsyncIterator[httpx.Response]:
        """What is at a public address: nothing of ours goes there."""
        if self._target.fetch is not None:
            async with self._target.fetch(url) as response:
                yield response
            return
        async with (
            httpx.AsyncClient(trust_env=not self._target.loopback, timeout=60) as bare,
            bare.stream("GET", url) as response,
        ):
            yield response

    async def control(self, path: str, body: Mapping[str, Any]) -> None:
        """Turn something of the mock."""
        answer = await self._http.post(f"/__mock__/{path}", json=body)
        answer.raise_for_status()

    def _request(
        self,
        operation: str,
        session: str,
        render: str,
        body: object,
        files: list[tuple[str, bytes]] | None,
        headers: Mapping[str, str] | None,
        without: tuple[str, ...],
    ) -> httpx.Request:
        asked = openapi.operations()[operation]
        path = asked.path.format(session=quote(session, safe=""), render=quote(render, safe=""))
        content: dict[str, Any] = {}
        if files is not None:
            content["files"] = [("files", (name, data)) for name, data in files]
        elif body is not None:
            content["json"] = body
        request = self._http.build_request(asked.method, path, headers=headers, **content)
        for name in without:
            request.headers.pop(name, None)
        return request

    @asynccontextmanager
    async def _sent(
        self, request: httpx.Request, auth: httpx.Auth | None, *, anonymous: bool = False
    ) -> AsyncIterator[httpx.Response]:
        response = await self._http.send(request, stream=True, auth=None if anonymous else auth)
        self.reached = True
        try:
            yield response
        finally:
            await response.aclose()


def _type(response: httpx.Response) -> str:
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()
