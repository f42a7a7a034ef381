"""What is checked, and how far one may go there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx

from mock_server import hosts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    Fetch = Callable[[str], AbstractAsyncContextManager[httpx.Response]]

MESSAGE_CREDITS = 100
"""What the contract says a generation costs, about."""
_PATIENCE = 10.0


class UnreachableError(Exception):
    """No answer came to the first request: there is nothing to check."""


@dataclass(frozen=True)
class Target:
    """A backend to check.

    headers:  the three attribution headers.
    auth:     puts the bearer on a request; it goes to `url` alone. None at a mock, where a token
              is taken for the purpose.
    mock:     whether it is a mock: with routes under /__mock__/, and accounts that are nobody's.
    spend:    whether one message may be sent to what is no mock.
    upload_limit: bytes of the largest file it takes, if that is known and small enough to pass.
    fetch:    opens a public address, without bearer or attribution; raises httpx.HTTPError.
              httpx alone if None.
    connect:  httpx's options for the way there, `proxy` and `verify`; as the environment says if
              empty.
    hide:     takes the bearer out of a text, wherever a backend repeats it: nothing that is looked
              at holds it then, and no cut leaves a half.
    sleep:    waits so many seconds. `poll`: seconds between two looks at a render.
    """

    url: str
    headers: Mapping[str, str]
    auth: httpx.Auth | None = None
    mock: bool = False
    spend: bool = False
    upload_limit: int | None = None
    fetch: Fetch | None = None
    connect: Mapping[str, Any] = field(default_factory=dict)
    hide: Callable[[str], str] = field(default=str)
    poll: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep)

    @property
    def loopback(self) -> bool:
        return urlsplit(self.url).hostname in hosts.NAMES


async def is_mock(url: str) -> bool:
    """Whether a mock listens there: asked of this machine alone. Raises UnreachableError, also where
    the answer does not end."""
    if urlsplit(url).hostname not in hosts.NAMES:
        return False
    try:
        with anyio.fail_after(_PATIENCE):
            async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE) as http:
                answer = await http.get(f"{url}/__mock__/state")
        state = answer.json()
    except (httpx.HTTPError, TimeoutError) as error:
        raise UnreachableError(str(error) or "no whole answer") from error
    except (ValueError, RecursionError):
        return False
    data = state.get("data") if isinstance(state, dict) else None
    return isinstance(data, dict) and {"accounts", "sessions", "renders"} <= data.keys()
