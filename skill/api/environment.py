"""How this machine has its connections made: through which proxy, and trusting which certificates.

httpx reads the same variables, but fails on any that it cannot use. Here only what concerns the
host that is asked for is read, and what is wrong with it is an error that names the variable.
No proxy's user or password stands in an error.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from skill.errors import UsageError
from skill.i18n import say
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext
    from typing import Any

_SCHEMES = {
    "http": "http",
    "https": "https",
    "socks": "socks5",  # as desktops write it
    "socks5": "socks5",
    "socks5h": "socks5h",
}
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w.:-]+")
# [::1], [::1]:443, 10.0.0.0/8, example.com, .example.com:8443
_RULE = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<name>.+?))(?P<bits>/\d+)?(?::(?P<port>\d+))?")


@dataclass(frozen=True)
class Proxy:
    """A proxy that requests go through. `source`: the variable that names it, or what else."""

    url: httpx.URL = field(repr=False)
    source: str

    @property
    def shown(self) -> str:
        """Scheme, host and port, without the user and the password."""
        return f"{self.url.scheme}://{self.url.netloc.decode()}"

    def for_httpx(self, verify: SSLContext | bool) -> httpx.Proxy:
        """`verify` checks a proxy that is spoken to over TLS."""
        context = verify if self.url.scheme == "https" and not isinstance(verify, bool) else None
        return httpx.Proxy(self.url, ssl_context=context)


def proxy_for(url: str, environ: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy that the environment, or else the system's settings, has for a URL; None where the
    way is direct, as it always is to this machine.

    Raises UsageError where that proxy cannot be used; others are not looked at.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if _is_loopback(host):
        return None
    found = _variable(parts.scheme, environ) or _variable("all", environ)
    if found is None:
        system = _of_system(parts.scheme, host)
        source = say("the system's settings")
        return None if system is None else Proxy(_proxy_url(system, source), source)
    rules, _ = _variable("no", environ) or ("", "")
    port = parts.port or _PORTS.get(parts.scheme)
    if any(_matches(rule, host, port) for rule in re.split(r"[\s,;]+", rules.lower())):
        return None
    value, name = found
    return Proxy(_proxy_url(value, name), name)


def _variable(kind: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """What `http_proxy` or `HTTP_PROXY` holds and which of them it is, for the kind `http`; one in
    small letters counts before the other, and unsets it where it is empty."""
    for name in (f"{kind}_proxy", f"{kind}_proxy".upper()):
        if (value := environ.get(name)) is not None:
            return (value.strip(), name) if value.strip() else None
    return None


def _of_system(scheme: str, host: str) -> str | None:
    if sys.platform not in ("darwin", "win32"):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxy = getproxies().get(scheme)
    return proxy if proxy and not proxy_bypass(host) else None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _matches(rule: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY, in small letters, means a host; what is no entry means none."""
    rule = rule.rpartition("://")[2].rstrip("/")
    if rule == "*":
        return True
    if _address(rule) is not None:  # ::1, which has colons but no port
        return rule == host or _address(rule) == _address(host)
    parts = _RULE.fullmatch(rule)
    if parts is None or (parts["port"] and int(parts["port"]) != port):
        return False
    name = parts["v6"] or parts["name"]
    address = _address(host)
    try:
        network = ipaddress.ip_network(name + (parts["bits"] or ""), strict=False)
    except ValueError:
        domain = name.removeprefix("*").strip(".")
        below = bool(domain) and address is None and f".{host}".endswith(f".{domain}")
        return below or fnmatchcase(host, name)
    return address is not None and address in network


def _proxy_url(value: str, source: str) -> httpx.URL:
    """The URL of a proxy as httpx takes it. Raises UsageError, which does not show it: a password
    may stand in it."""
    scheme, mark, rest = value.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", value)
    try:
        if scheme not in _SCHEMES:
            raise ValueError(clean_line(scheme, 20))
        url = httpx.URL(f"{_SCHEMES[scheme]}://{rest}")
        if _HOST.fullmatch(url.host) and (url.port is None or 0 < url.port < 65536):
            return url.copy_with(path="/", query=None, fragment=None)
        why = say("it is no address")
    except httpx.InvalidURL:
        why = say("it is no address")
    except ValueError as error:
        why = say("{scheme} is no kind of proxy that is known", scheme=error)
    raise UsageError(
        say("The proxy that {name} names cannot be used: {why}.", name=source, why=why),
        hint=say(
            "Set {name} to http://HOST:PORT or socks5://HOST:PORT, or unset it; a user and password go before the host, as USER:PASSWORD@ with %-codes for special characters.",
            name=source,
        ),
    )


def certificates(url: str, environ: Mapping[str, str] = os.environ) -> SSLContext | bool:
    """The certificates to check a URL's server by: those that SSL_CERT_FILE and SSL_CERT_DIR name,
    else the system's and certifi's. They are read (20 ms) for https only.

    Raises UsageError where nothing of what is named can be read.
    """
    if urlsplit(url).scheme != "https":
        return False
    import ssl

    places = certificate_places(environ)
    if not places:
        import truststore

        context: SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if sys.platform not in ("darwin", "win32"):  # where the system may have none
            import certifi

            context.load_verify_locations(certifi.where())
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    errors = []
    for name, place in places:
        try:
            if name == "SSL_CERT_DIR":
                os.scandir(place).close()  # OpenSSL passes over what is not there
                context.load_verify_locations(capath=place)
            else:
                with Path(place).open("rb"):  # says more of what is wrong than OpenSSL
                    context.load_verify_locations(cafile=place)
        except OSError as error:  # ssl.SSLError is one
            errors.append(_unreadable(name, place, error))
    if len(errors) == len(places):
        raise errors[0]
    return context


def certificate_places(environ: Mapping[str, str] = os.environ) -> list[tuple[str, str]]:
    """Where the certificates to trust lie, and the variable that says so: a file, and folders."""
    file = environ.get("SSL_CERT_FILE", "").strip()
    folders = map(str.strip, environ.get("SSL_CERT_DIR", "").split(os.pathsep))
    named = [("SSL_CERT_FILE", file), *(("SSL_CERT_DIR", folder) for folder in folders)]
    return [(name, place) for name, place in named if place]


def _unreadable(name: str, place: str, error: OSError) -> UsageError:
    reason = error.strerror if error.filename is not None else None
    return UsageError(
        say(
            "{name} names {path}, where no certificates can be read ({reason}).",
            name=name,
            path=clean_line(place, 200),
            reason=reason or say("there are none in it"),
        ),
        hint=say("Unset {name}, or set it to certificates in PEM format.", name=name),
    )


def httpx_options(url: str) -> dict[str, Any]:
    """The proxy and the certificates for a URL, as options of an httpx client. Raises UsageError."""
    proxy, verify = proxy_for(url), certificates(url)
    return {"proxy": proxy.for_httpx(verify) if proxy else None, "verify": verify}
