"""How far a request gets on its way to the backend: proxy, certificates, name, connection, clock."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from skill.errors import NetworkError, SkillError
from skill.i18n import say
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ssl import SSLContext

    from skill.api.environment import Proxy
    from skill.settings.config import Config

_RESOLVED_WITHIN = 3.0  # s
_ANSWERED_WITHIN = 4.0  # s
_CLOCK_MAY_DIFFER = 300.0  # s


@dataclass(frozen=True)
class Check:
    """One thing that was tried. `remedy` says what to do; empty where nothing need be."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def cross(name: str, error: SkillError) -> Check:
    """The check that ended in an error."""
    return Check(name, False, error.message, error.hint)


def network(config: Config) -> Iterator[Check]:
    """How far a request gets on its way to the backend; what lies behind a cross is not tried."""
    from skill.api.environment import certificate_places, certificates, proxy_for

    url = config.api_url
    try:
        proxy = proxy_for(url)
    except SkillError as error:
        yield cross("proxy", error)
        return
    named = f"{proxy.shown} ({proxy.source})" if proxy else say("none is used")
    yield Check("proxy", True, named)
    try:
        verify = certificates(url)
    except SkillError as error:
        yield cross("certificates", error)
        return
    if verify is not False:
        places = say(", ").join(f"{place} ({name})" for name, place in certificate_places())
        yield Check("certificates", True, places or say("those of the system"))
    host = proxy.url.host if proxy else urlsplit(url).hostname or ""
    if reason := _unresolved(host):
        remedy = say(
            "Check the network and its DNS server; where there is a proxy, set HTTPS_PROXY. With --local no network is needed."
        )
        yield Check("name resolution", False, f"{host}: {reason}", remedy)
        return
    yield Check("name resolution", True, host)
    yield from _connection(config, proxy, verify)


def _unresolved(host: str) -> str:
    """Why a host's name leads to no address; empty if it does. Where nobody answers, resolvers
    take up to a minute, and cannot be stopped: the thread is left to end with the program."""
    told: list[str] = []

    def look() -> None:
        try:
            socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            told.append(getattr(error, "strerror", None) or type(error).__name__)
        else:
            told.append("")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_RESOLVED_WITHIN)
    return told[0] if told else say("no answer in {seconds:g} s", seconds=_RESOLVED_WITHIN)


def _connection(config: Config, proxy: Proxy | None, verify: SSLContext | bool) -> Iterator[Check]:
    import anyio

    from skill.jobs.threads import new_event_loop

    how = {"loop_factory": new_event_loop}
    try:
        status, headers = anyio.run(_ask, config, proxy, verify, backend_options=how)
    except NetworkError as error:
        yield cross("connection", error)
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if status >= 500:
        told = say("The backend answered with HTTP {code}.", code=status)
        yield Check("connection", False, told, say("It is likely to pass: try again in a moment."))
    elif kind != "application/json":
        told = say(
            "HTTP {status}, {kind}: no answer of the backend's",
            status=status,
            kind=clean_line(kind, 60) or "-",
        )
        remedy = say(
            "A proxy, or a page to sign in to the network, may stand between: open a web page, and check NEMO_API_URL."
        )
        yield Check("connection", False, told, remedy)
    else:
        yield Check("connection", True, say("the backend answers (HTTP {status})", status=status))
    yield from _clock(headers)


async def _ask(
    config: Config, proxy: Proxy | None, verify: SSLContext | bool
) -> tuple[int, Mapping[str, str]]:
    """Ask the backend for the credits without a token; returns the status and headers. Raises
    NetworkError."""
    import anyio

    from skill.api.transport import http_client, send

    try:
        with anyio.fail_after(_ANSWERED_WITHIN):
            async with http_client(proxy, verify=verify, timeout=_ANSWERED_WITHIN) as http:
                request = http.build_request(
                    "GET",
                    f"{config.api_url}/api/credits/balance/simple",
                    headers={"Accept-Encoding": "identity", **config.manifest.headers},
                )
                response = await send(http, request, lambda line: None, proxy)
                await response.aclose()
                return response.status_code, response.headers
    except TimeoutError:
        raise NetworkError(
            say(
                "{host} took too long to answer.",
                host=proxy.shown if proxy else urlsplit(config.api_url).netloc,
            ),
            hint=say(
                "A firewall may swallow what is sent: where there is a proxy, set HTTPS_PROXY. With --local no network is needed."
            ),
        ) from None


def _clock(headers: Mapping[str, str]) -> Iterator[Check]:
    """Certificates and the days of tokens go by the clock."""
    from email.utils import parsedate_to_datetime

    try:
        theirs = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return
    minutes = (_now() - theirs).total_seconds() / 60
    if abs(minutes) * 60 <= _CLOCK_MAY_DIFFER:
        yield Check("clock", True, say("right"))
        return
    told = (
        say("{minutes:.0f} minutes ahead of the backend's", minutes=minutes)
        if minutes > 0
        else say("{minutes:.0f} minutes behind the backend's", minutes=-minutes)
    )
    yield Check("clock", False, told, say("Set the clock of this machine."))


def _now() -> datetime:
    return datetime.now(UTC)
