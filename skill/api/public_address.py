"""Files at addresses that somebody else has named, fetched without the token: from the public
internet, and from no address behind it.

A render's `output.url`, and whatever that redirects to, is somebody else's word. It is looked
at three times: as it is written (`check_url`), as its name resolves (`check_resolved`), and
as the connection came to stand (`check_peer`), since a name may resolve anew in between.
Where a proxy does the resolving, names are resolved out of our sight and the peer is the proxy:
only the first look is left then.

All raise RefusedError, or NetworkError for what may pass.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import anyio
import httpx

from skill.api.environment import certificates, proxy_for
from skill.api.transport import downloading, http_client, send
from skill.errors import NetworkError
from skill.i18n import say
from skill.sanitize import clean_line
from skill.settings.config import LOOPBACK
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Resolve = Callable[..., Awaitable[list[tuple[Any, ...]]]]
    IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_RESOLVED_WITHIN = 10.0  # s
# Names that mean this machine or this network: RFC 6761, RFC 6762, RFC 8375, and ICANN's
# reservation of .internal (under which cloud machines have their metadata).
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "home.arpa")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_PLAIN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^@\[\]\\]+)(:[0-9]*)?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")

_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            # What some Pythons call global, or all of them (https://www.iana.org/assignments/iana-ipv4-special-registry).
            "192.0.0.0/24",
            "192.88.99.0/24",
            "168.63.129.16/32",  # Azure's own services, seen from inside Azure
            "2001::/23",  # among them Teredo
            "2002::/16",  # 6to4, given up in RFC 7526
            "3fff::/20",
        ),
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1


class RefusedError(NetworkError):
    """Not from there, however often it is asked."""


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
    Raises RefusedError where the address is none to fetch from, NetworkError where it does not answer, or breaks off in the caller's block.
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


def check_url(url: str, *, loopback: bool) -> str:
    """Whether a URL is one to fetch from: https, without user, at a name or address that is
    public whatever notation it hides in. A backend on this machine (`loopback`) may name this
    machine, over http too. Returns the URL with its host as it is to be asked for."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = canonical(parts.hostname or "")
    except ValueError:
        raise RefusedError(say("The clip's address is not a URL.")) from None
    check_bare(url)
    if _CONTROLS.search(url) or not _PLAIN.fullmatch(parts.netloc):
        raise _refused(say("it is not written plainly"))
    if host in LOOPBACK and loopback:
        if parts.scheme not in ("http", "https"):
            raise _refused(say("it is no web address"))
    elif parts.scheme != "https":
        raise _refused(say("it is not https"))
    elif not _may_be_public(host):
        raise _refused(
            say("{host} is not on the public internet", host=clean_line(host, 80) or "-")
        )
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))


def check_bare(url: str) -> None:
    """Whether a URL is free of the token: a backend that puts it there would have us say it."""
    if hide(url) != url:
        raise _refused(say("the token stands in it"))


def canonical(host: str) -> str:
    """A URL's host as resolvers see it: what stands for ASCII made ASCII, other scripts in
    punycode, no dot at the end. Raises ValueError for what is no host."""
    if not host.isascii():
        import idna

        # UTS 46, as browsers do it: ⑫７。0.0.1 is an address, ｌｏｃａｌｈｏｓｔ a name.
        host = idna.encode(host, uts46=True).decode("ascii")
    host = host.lower().removesuffix(".")
    if ":" in host:
        return str(ipaddress.IPv6Address(host))
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise ValueError("not a host")
    return host


def _may_be_public(host: str) -> bool:
    try:
        return public(ipaddress.ip_address(host))
    except ValueError:
        pass
    # A name; but one whose last label is a number is an IPv4 address in disguise
    # (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    last = host.rpartition(".")[2]
    if "." not in host or last.isdigit() or last.startswith("0x"):
        return False
    return not any(f".{host}".endswith(f".{name}") for name in _LOCAL_NAMES)


def public(address: IPAddress) -> bool:
    """Whether it leads to the public internet, also where IPv6 only wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _wrapped(address)
        if inner is not None and not public(inner):
            return False
        if address.ipv4_mapped is not None or address in _NAT64:
            return True
        if address not in _UNICAST or address.scope_id is not None:
            return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    inner = address.ipv4_mapped
    if inner is None and (address in _NAT64 or address in _COMPATIBLE):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner


async def check_resolved(url: str, *, loopback: bool, resolve: Resolve | None = None) -> None:
    """Whether every address that the URL's name resolves to is public. `url` is one that
    `check_url` gave back; `resolve` is anyio.getaddrinfo, or what a test puts in its place."""
    host = urlsplit(url).hostname or ""
    if (loopback and host in LOOPBACK) or ":" in host or host.rpartition(".")[2].isdigit():
        return
    found: list[tuple[Any, ...]] = []
    try:
        with anyio.fail_after(_RESOLVED_WITHIN):
            found = await (resolve or anyio.getaddrinfo)(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetworkError(
            say("{host} cannot be found: {reason}.", host=clean_line(host, 80), reason=_why(error))
        ) from error
    if not found or not all(_is_public(entry[4][0]) for entry in found):
        raise _refused(
            say("{host} does not resolve to the public internet", host=clean_line(host, 80))
        )


def check_peer(response: httpx.Response, *, loopback: bool) -> None:
    """Whether who answered is where the URL may lead: at a public address, or on this machine
    where that was asked for. To be called before a byte of the body is read."""
    stream = response.extensions.get("network_stream")
    if stream is None:
        return  # a transport without a network
    # https://www.encode.io/httpcore/extensions/#network_stream
    peer = stream.get_extra_info("server_addr")
    if peer is None:
        raise NetworkError(say("The connection was lost before it was known where to."))
    local = loopback and response.request.url.host in LOOPBACK
    if not (_is_here(peer[0]) if local else _is_public(peer[0])):
        raise _refused(say("it led into a network that is not public"))


def _is_public(address: object) -> bool:
    try:
        return public(ipaddress.ip_address(str(address)))
    except ValueError:
        return False


def _is_here(address: object) -> bool:
    try:
        return ipaddress.ip_address(str(address)).is_loopback
    except ValueError:
        return False


def _refused(why: str) -> RefusedError:
    return RefusedError(say("The clip's address is not one to fetch from: {why}.", why=why))


def _why(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) else ""
    return clean_line(words or str(error), 100) or type(error).__name__
