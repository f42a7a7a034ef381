"""Where a clip may be fetched from: no private address, in whatever notation or behind a name."""

from __future__ import annotations

import ipaddress
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from skill.api.client import Client
from skill.api.public_address import (
    RefusedError,
    check_peer,
    check_resolved,
    check_url,
    fetch_public,
    public,
)
from skill.errors import NetworkError
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}
CLIP = "https://cdn.test/clip.mp4"


@pytest.mark.parametrize(
    ("url", "loopback", "good"),
    [
        ("https://cdn.test/clip.mp4", False, True),
        ("https://8.8.8.8/clip.mp4", False, True),
        ("http://cdn.test/clip.mp4", False, False),
        ("http://127.0.0.1:8000/clip.mp4", True, True),
        ("http://127.0.0.1:8000/clip.mp4", False, False),
        ("https://127.0.0.1/clip.mp4", False, False),
        ("https://localhost/clip.mp4", False, False),
        ("https://10.0.0.1/clip.mp4", True, False),
        ("https://192.168.1.1/clip.mp4", False, False),
        ("https://169.254.169.254/latest/meta-data", False, False),
        ("https://[::1]/clip.mp4", False, False),
        ("https://[fd00::1]/clip.mp4", False, False),
        ("https://0x7f.1/clip.mp4", False, False),
        ("https://2130706433/clip.mp4", False, False),
        ("https://user@cdn.test/clip.mp4", False, False),
        ("file:///etc/passwd", True, False),
        ("ftp://cdn.test/clip.mp4", False, False),
        ("https://[broken", False, False),
        ("", False, False),
    ],
)
def test_where_a_clip_may_come_from(url: str, loopback: bool, good: bool) -> None:
    if good:
        check_url(url, loopback=loopback)
    else:
        with pytest.raises(NetworkError, match="address is not"):
            check_url(url, loopback=loopback)


@pytest.mark.parametrize(
    "host",
    [
        # IPv4 that is not for everybody
        "0.0.0.0",
        "127.255.255.254",
        "172.16.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "192.88.99.1",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        # IPv4 in other notations
        "0177.0.0.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "017700000001",
        "127.0.0.0x1",
        "127.0x1",
        "127.1",
        "127.0.1",
        "10.0.0.010",
        "3232235777",
        "1.2.3.4.5",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "127%2e0.0.1",
        "１２７.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127.0.0.1。",
        "٢١٣٠٧٠٦٤٣٣",
        # IPv6
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2002:c0a8:101::1]",
        "[2002:808:808::1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::8.8.8.8]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[2606:4700::1111%25eth0]",
        "[fec0::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[100::1]",
        "[::ffff:0:127.0.0.1]",
        "[v1.fe80]",
        "[2606:4700::1111].cdn.test",
        "[2606:4700::1111]cdn.test",
        "[8.8.8.8]",
        # Names
        "localhost.",
        "LOCALHOST",
        "ｌｏｃａｌｈｏｓｔ",
        "ℓocalhost",
        "local\u00adhost",
        "a.localhost",
        "a.localhost.",
        "localhost.localdomain",
        "printer.local",
        "router.home.arpa",
        "metadata.google.internal",
        "metadata.google.internal.",
        "metadata。google。internal",
        "intranet",
        "cdn.test..",
        ".cdn.test",
        "cdn..test",
        "",
        # What parsers disagree about
        "cdn.test\\@127.0.0.1",
        "127.0.0.1\\.cdn.test",
        "127.0.0.1%00.cdn.test",
        "127.0.0.1\t.cdn.test",
        "@cdn.test",
        "user:pass@cdn.test",
        "127.0.0.1%23@cdn.test",
        "cdn.test:port",
        "a" * 64 + ".test",
        ".".join(["a" * 60] * 5),
    ],
)
def test_no_disguise_leads_inside(host: str) -> None:
    with pytest.raises(RefusedError, match=r"^The clip's address is not [^\n]*\.$"):
        check_url(f"https://{host}/clip.mp4", loopback=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "0.0.0.0", "10.0.0.1", "169.254.169.254", "a.localhost", "[::]", "127.1"]
)
def test_a_backend_on_this_machine_may_name_that_and_nothing_else_inside(host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(RefusedError):
            check_url(f"{scheme}://{host}/clip.mp4", loopback=True)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://CDN.Test./a%20b?s=%2F+x#part", "https://cdn.test/a%20b?s=%2F+x"),
        ("https://bücher.example:8443/x", "https://xn--bcher-kva.example:8443/x"),
        ("https://my_bucket.s3.test/x", "https://my_bucket.s3.test/x"),
        ("https://[2606:4700:0::1111]:443/x", "https://[2606:4700::1111]:443/x"),
        ("https://[64:ff9b::808:808]/x", "https://[64:ff9b::808:808]/x"),
        ("https://cdn.test", "https://cdn.test"),
    ],
)
def test_what_is_asked_for_is_what_was_looked_at(url: str, asked: str) -> None:
    """The host is handed on as it was understood, so that no second parser understands another."""
    got = check_url(url, loopback=False)
    assert got == asked
    assert httpx.URL(got).host == httpx.URL(asked).host


@given(st.ip_addresses())
def test_what_is_public_for_us_is_global_for_everybody(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_ipv6_around_an_ipv4_address_is_as_public_as_that(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for wrapped in (0xFFFF << 32 | number, 0x64FF9B << 96 | number):
        assert public(ipaddress.IPv6Address(wrapped)) == public(inner)
    assert not public(ipaddress.IPv6Address(number))


def test_the_lines_say_why() -> None:
    for url, why in (
        ("http://cdn.test/x", "it is not https"),
        ("https://a@cdn.test/x", "not written plainly"),
        ("https://10.0.0.1/x", "10.0.0.1 is not on the public internet"),
        ("https://\x1b[31m.test/x", "is not a URL"),
    ):
        with pytest.raises(RefusedError, match=why) as caught:
            check_url(url, loopback=False)
        assert caught.value.exit_code == 9


def resolving(*addresses: object) -> Callable[..., Awaitable[list[tuple[Any, ...]]]]:
    async def resolve(host: str, port: int, **more: object) -> list[tuple[Any, ...]]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return resolve


class TestResolved:
    @pytest.mark.parametrize(
        "addresses",
        [
            ["127.0.0.1"],
            ["93.184.216.34", "10.0.0.1"],
            ["2606:4700::1111", "::ffff:127.0.0.1"],
            ["fe80::1%2"],
            ["2606:4700::1111%2"],
            ["64:ff9b::7f00:1"],
            [b"\x00"],
            ["nonsense"],
            [],
        ],
    )
    def test_a_name_that_leads_inside_is_refused(self, addresses: list[object]) -> None:
        async def check() -> None:
            await check_resolved(
                "https://127.0.0.1.nip.io/x", loopback=False, resolve=resolving(*addresses)
            )

        with pytest.raises(RefusedError, match="does not resolve to the public internet"):
            anyio.run(check)

    def test_a_name_with_public_addresses_only_is_good(self) -> None:
        async def check() -> None:
            for addresses in (["93.184.216.34"], ["2606:4700::1111", "64:ff9b::808:808"]):
                resolve = resolving(*addresses)
                await check_resolved("https://cdn.test/x", loopback=False, resolve=resolve)

        anyio.run(check)

    @pytest.mark.parametrize(
        "failure", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label")]
    )
    def test_a_name_that_is_not_known_may_be_so_for_now(self, failure: Exception) -> None:
        async def resolve(*what: object, **more: object) -> list[tuple[Any, ...]]:
            raise failure

        async def check() -> None:
            await check_resolved("https://cdn.test/x", loopback=False, resolve=resolve)

        with pytest.raises(NetworkError, match=r"cdn\.test cannot be found: ") as caught:
            anyio.run(check)
        assert not isinstance(caught.value, RefusedError)

    def test_an_address_needs_no_resolving_and_this_machine_neither(self) -> None:
        async def check() -> None:
            for url in ("https://8.8.8.8/x", "https://[2606:4700::1111]/x"):
                await check_resolved(url, loopback=False, resolve=resolving("10.0.0.1"))
            url = "http://localhost:1/x"
            await check_resolved(url, loopback=True, resolve=resolving("127.0.0.1"))
            with pytest.raises(RefusedError):
                await check_resolved(url, loopback=False, resolve=resolving("127.0.0.1"))

        anyio.run(check)

    def test_the_systems_resolver_is_asked_by_default(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(anyio, "getaddrinfo", resolving("192.168.0.1"))

        async def check() -> None:
            await check_resolved("https://cdn.test/x", loopback=False)

        with pytest.raises(RefusedError):
            anyio.run(check)


def answered_by(address: object, url: str = "https://cdn.test/x") -> httpx.Response:
    stream = SimpleNamespace(get_extra_info={"server_addr": address}.get)
    return httpx.Response(
        200, request=httpx.Request("GET", url), extensions={"network_stream": stream}
    )


class TestPeer:
    @pytest.mark.parametrize(
        "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "x"]
    )
    def test_a_name_that_resolved_anew_is_found_out(self, address: str) -> None:
        for loopback in (False, True):
            with pytest.raises(RefusedError, match="led into a network that is not public"):
                check_peer(answered_by((address, 443)), loopback=loopback)

    def test_a_public_peer_is_good_and_this_machine_where_it_was_asked_for(self) -> None:
        check_peer(answered_by(("93.184.216.34", 443)), loopback=False)
        check_peer(answered_by(("2606:4700::1111", 443, 0, 0)), loopback=False)
        here = "http://localhost:1/x"
        check_peer(answered_by(("::1", 1, 0, 0), here), loopback=True)
        for address, loopback in (("127.0.0.1", False), ("93.184.216.34", True)):
            with pytest.raises(RefusedError):
                check_peer(answered_by((address, 1), here), loopback=loopback)

    def test_a_peer_that_is_not_known_is_not_taken_for_a_good_one(self) -> None:
        with pytest.raises(NetworkError, match="connection was lost"):
            check_peer(answered_by(None), loopback=False)


# What is fetched: without the token, and past no proxy of another.


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name resolves to one public address; the list is of those that were asked for."""
    asked: list[str] = []

    async def getaddrinfo(host: str, *more: object, **options: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.215.14", 443))]

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.anyio
async def test_a_file_is_fetched_without_the_token_and_our_headers(resolve: list[str]) -> None:
    with respx.mock() as router:
        route = router.get(CLIP).respond(200, content=b"clip")
        async with (
            Client("https://backend.test", HEADERS, Token("nmv_usr_canary")),
            fetch_public(CLIP, {"Range": "bytes=4-"}, loopback=False) as response,
        ):
            assert await response.aread() == b"clip"
    sent = route.calls.last.request.headers
    assert sent["range"] == "bytes=4-"
    assert "authorization" not in sent
    assert not [name for name in sent if name.startswith("x-skill")]


@pytest.mark.anyio
@pytest.mark.parametrize("loopback", [True, False])
async def test_a_proxy_resolves_the_name_unless_the_backend_is_on_this_machine(
    resolve: list[str], monkeypatch: pytest.MonkeyPatch, loopback: bool
) -> None:
    """Nothing of a backend on this machine is told to a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:1")
    with respx.mock() as router:
        router.get(CLIP).respond(200)
        async with fetch_public(CLIP, loopback=loopback):
            assert resolve == (["cdn.test"] if loopback else [])


@pytest.mark.anyio
async def test_an_address_that_is_not_public_is_not_asked() -> None:
    with respx.mock() as router, pytest.raises(NetworkError, match="not on the public internet"):
        async with fetch_public("https://10.0.0.1/clip.mp4", loopback=False):
            pass
    assert not router.calls


@pytest.mark.anyio
async def test_what_is_asked_for_is_logged_without_its_query(resolve: list[str]) -> None:
    lines: list[str] = []
    with respx.mock() as router:
        router.get(CLIP).respond(206)
        async with fetch_public(f"{CLIP}?signature=x", loopback=False, log=lines.append):
            pass
    assert lines == [f"GET {CLIP}", "→ 206"]
