"""Files at addresses that somebody else has named, fetched without the token."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

from skill.api.environment import certificates, proxy_for
from skill.api.public_address import check_peer, check_resolved, check_url
from skill.api.transport import downloading, http_client, send
from skill.errors import NetworkError
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping


@asynccontextmanager
async def fetch_public(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    loopback: bool,
    transport: httpx.AsyncBaseTransport | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> AsyncIterator[httpx.Response]:
    """Ask for what is at a public address, without the token and our headers. Any status is an
    answer; a redirect is one too, and not followed.

    `loopback`: the backend that names the address is on this machine, and may name this machine.
    `transport`: what that backend is reached by, where it is not the network.
    Raises the errors of `skill.api.public_address` where the address is none to fetch from,
    NetworkError where it does not answer, or breaks off in the caller's block.
    """
    url = check_url(url, loopback=loopback)
    proxy = None if loopback else proxy_for(url)
    if proxy is None:
        await check_resolved(url, loopback=loopback)
    async with http_client(
        proxy,
        verify=certificates(url),
        timeout=httpx.Timeout(60.0, connect=10.0),
        transport=transport,
    ) as http:
        try:
            request = http.build_request(
                "GET", url, headers={"Accept-Encoding": "identity", **(headers or {})}
            )
        except httpx.InvalidURL as error:
            raise NetworkError(say("The clip's address is not a URL.")) from error
        response = await send(http, request, log, proxy, redirects=True)
        async with downloading(response):
            if proxy is None:
                check_peer(response, loopback=loopback)
            yield response
