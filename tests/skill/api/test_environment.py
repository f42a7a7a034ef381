"""Proxies and certificates that the environment names: what concerns our host works or is named,
all else is passed over."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from skill.api import transport
from skill.api.client import Client
from skill.api.environment import certificates, proxy_for
from skill.errors import NetworkError, UsageError
from skill.token import Token
from tests.skill import proxies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}
HERE = "https://api.test"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def shown(url: str, **environ: str) -> str | None:
    """The proxy for a URL in an environment."""
    proxy = proxy_for(url, environ)
    return None if proxy is None else proxy.shown


class TestWhichProxy:
    @pytest.mark.parametrize(
        ("environ", "proxy"),
        [
            ({}, None),
            ({"all_proxy": "proxy.test:3128"}, "http://proxy.test:3128"),
            ({"ALL_PROXY": " http://proxy.test:1 "}, "http://proxy.test:1"),
            ({"ALL_PROXY": "socks://proxy.test:1"}, "socks5://proxy.test:1"),
            ({"all_proxy": "SOCKS5H://me:pw@proxy.test:1"}, "socks5h://proxy.test:1"),
            ({"https_proxy": "http://a.test:1/", "HTTPS_PROXY": "http://b.test:1"}, "http://a.test:1"),
            ({"https_proxy": "", "HTTPS_PROXY": "http://b.test:1"}, None),
            ({"https_proxy": "http://a.test:1", "all_proxy": "socks5://b.test:1"}, "http://a.test:1"),
            # What does not concern us is passed over.
            ({"https_proxy": "http://a.test:1", "ALL_PROXY": "http://b.test:99999"}, "http://a.test:1"),
            ({"http_proxy": "nonsense://", "NO_PROXY": "::1/128"}, None),
            ({"ftp_proxy": "http://:x", "no_proxy": "[::1"}, None),
        ],
    )  # fmt: skip
    def test_the_one_for_https_before_the_one_for_all(
        self, environ: dict[str, str], proxy: str | None
    ) -> None:
        assert shown(f"{HERE}/x", **environ) == proxy

    @pytest.mark.parametrize(
        "rules",
        [
            "*", "api.test", ".api.test", "*.api.test", "test", "API.TEST", "api.test:443", "a.test, api.test",
            "a.test api.test", "https://api.test", "a*.test", "::1/128,[::1],10.0.0.0/8,api.test.", ",;api.test",
        ],
    )  # fmt: skip
    def test_a_host_that_is_to_be_reached_without(self, rules: str) -> None:
        assert shown(HERE, https_proxy="http://p.test:1", NO_PROXY=rules) is None

    @pytest.mark.parametrize(
        "rules",
        [
            "", " ", "::1/128", "[::1]", "[::1]:443", "::1", "10.0.0.0/8", "0.0.0.0/0", "::/0", "localhost", "pi.test",
            "xapi.test", "api.test:8443", "www.api.test", "[", "[]", "]:", "/", "/8", "1/2/3", ":", ":443", "*.", ".", "api.test:x",
            "999.0.0.0/8", "10.0.0.0/99", "[::1]/x", "%", "\\", "api\x00.test", "<local>",
        ],
    )  # fmt: skip
    def test_what_means_another_host_or_none(self, rules: str) -> None:
        assert shown(HERE, https_proxy="http://p.test:1", NO_PROXY=rules) == "http://p.test:1"

    @pytest.mark.parametrize(
        ("host", "rules", "direct"),
        [
            ("10.1.2.3", "10.0.0.0/8", True),
            ("10.1.2.3", "10.1.2.3/8", True),
            ("10.1.2.3", "11.0.0.0/8", False),
            ("10.1.2.3", "10.1.2.3", True),
            ("10.1.2.3", "10.1.2.3:443", True),
            ("10.1.2.3", "10.1.*", True),
            ("10.1.2.3", "1.2.3", False),
            ("[2001:db8::1]", "2001:db8::/32", True),
            ("[2001:db8::1]", "[2001:db8::1]", True),
            ("[2001:db8::1]", "[2001:db8::1]:443", True),
            ("[2001:db8::1]", "[2001:db8::1]:444", False),
            ("[2001:db8::1]", "2001:0db8::0001", True),
            ("[2001:db8::1]", "[2001:db8::]/32", True),
            ("[2001:db8::1]", "10.0.0.0/8", False),
        ],
    )
    def test_addresses(self, host: str, rules: str, direct: bool) -> None:
        proxy = shown(f"https://{host}", https_proxy="http://p.test:1", NO_PROXY=rules)
        assert (proxy is None) is direct

    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:1", "https://localhost", "https://a.localhost.", "http://[::1]:1", "https://127.9.9.9"],
    )  # fmt: skip
    def test_nothing_on_this_machine_is_asked_through_one(self, url: str) -> None:
        assert shown(url, all_proxy="nonsense", http_proxy="x://", https_proxy="http://p:1") is None

    @pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
    @pytest.mark.parametrize(
        "value",
        [
            "http://me:secret@127.0.0.1:99999", "http://me:secret@p.test:port", "socks4://me:secret@p.test:1", "http://",
            "http://me:secret@", "http://me:se#cret@p.test:1", "://me:secret@p", "http://[::1", "http://me:secret@p.test:0", "http:// /",
            "http://me:secret@p\x7f.test:1", "me:secret@p.test:x", "direct://me:secret@p.test",
        ],
    )  # fmt: skip
    def test_one_that_cannot_be_used_is_named_and_its_password_is_not(
        self, name: str, value: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            proxy_for(HERE, {name: value})
        told = caught.value.message + caught.value.hint
        assert name in caught.value.message
        assert name in caught.value.hint
        assert "secret" not in told
        assert "se#" not in told

    def test_a_password_is_in_nothing_that_is_shown(self) -> None:
        proxy = proxy_for(HERE, {"https_proxy": "http://me:secret@p.test:1"})
        assert proxy is not None
        assert "secret" not in repr(proxy) + proxy.shown


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[proxies.Backend]:
    with proxies.tls_backend(tmp_path) as backend:
        yield backend


@pytest.fixture
def trusted(backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch) -> proxies.Backend:
    """A backend whose company's certificate the environment names."""
    monkeypatch.setenv("SSL_CERT_FILE", str(backend.ca))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return backend


def subject_hash(certificate: Path) -> str:
    """Under which name OpenSSL looks for a certificate in a folder."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to tell the hash of a certificate")
    command = [openssl, "x509", "-noout", "-hash", "-in", str(certificate)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


async def balance(url: str = f"https://{proxies.HOST}") -> float:
    """Ask a backend for the credits, with a token."""
    async with Client(url, HEADERS, Token("nmv_usr_canary")) as client:
        return (await client.credits()).available


async def refusal(url: str = f"https://{proxies.HOST}") -> NetworkError:
    """What asking a backend comes to; the token and the password are not in it."""
    with pytest.raises(NetworkError) as caught:
        await balance(url)
    error = caught.value
    assert "secret" not in error.message + error.hint
    assert error.unsent
    return error


@pytest.mark.anyio
class TestThroughAProxy:
    async def test_http(self, trusted: proxies.Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        with proxies.http_proxy(trusted.port) as proxy:
            monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
            monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
            monkeypatch.setenv("no_proxy", "localhost,127.0.0.1/8,::1/128,[::1]")
            assert await balance() == 7
        assert proxy.asked == [(proxies.HOST, 443)]
        assert proxy.said == ["Basic bWU6c2VjcmV0"]
        ((_, headers),) = trusted.asked
        assert headers["Authorization"] == "Bearer nmv_usr_canary"
        assert "Proxy-Authorization" not in headers

    @pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
    @pytest.mark.parametrize("credentials", ["", "me:secret@"])
    async def test_socks_which_resolves_the_name(
        self,
        trusted: proxies.Backend,
        monkeypatch: pytest.MonkeyPatch,
        scheme: str,
        credentials: str,
    ) -> None:
        with proxies.socks_proxy(trusted.port) as proxy:
            monkeypatch.setenv("ALL_PROXY", f"{scheme}://{credentials}127.0.0.1:{proxy.port}")
            assert await balance() == 7
        assert proxy.asked == [(proxies.HOST, 443)]
        assert proxy.said == ([credentials.rstrip("@")] if credentials else [])

    @pytest.mark.parametrize(
        ("status", "told"),
        [
            ("407 Proxy Authentication Required", "wants another user and password"),
            ("403 Forbidden", "gives no way to backend.test (403 Forbidden)"),
            ("502 Bad Gateway", "gives no way to backend.test (502 Bad Gateway)"),
        ],
    )
    async def test_one_that_refuses_is_named(
        self, trusted: proxies.Backend, monkeypatch: pytest.MonkeyPatch, status: str, told: str
    ) -> None:
        with proxies.http_proxy(trusted.port, status) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{proxy.port}")
            error = await refusal()
        assert f"http://127.0.0.1:{proxy.port}" in error.message
        assert told in error.message
        assert "HTTPS_PROXY" in error.hint
        assert error.retryable is status.startswith("502")
        assert trusted.asked == []

    @pytest.mark.parametrize("scheme", ["http", "socks5"])
    async def test_one_that_is_not_there_is_named(
        self, monkeypatch: pytest.MonkeyPatch, trusted: proxies.Backend, scheme: str
    ) -> None:
        monkeypatch.setenv("all_proxy", f"{scheme}://me:secret@127.0.0.1:9")
        error = await refusal()
        assert f"The proxy {scheme}://127.0.0.1:9" in error.message
        assert "all_proxy" in error.hint

    @pytest.mark.parametrize("scheme", ["http", "socks5", "socks5://me:secret@"])
    @pytest.mark.parametrize(
        "answer", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\n", b"\x05\xff", b"\x05\x00", b"\x05\x02\x01\x01", b"\x05"]
    )  # fmt: skip
    async def test_a_port_that_is_no_such_proxy_is_named(
        self, monkeypatch: pytest.MonkeyPatch, scheme: str, answer: bytes
    ) -> None:
        with proxies.babbler(answer) as port:
            where = scheme if "@" in scheme else f"{scheme}://"
            monkeypatch.setenv("all_proxy", f"{where}127.0.0.1:{port}")
            assert f"The proxy {scheme[:5].rstrip(':')}" in (await refusal()).message

    async def test_a_socks_proxy_that_is_silent_is_not_waited_for(
        self, trusted: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "_TUNNEL_WITHIN", 0.05)
        with proxies.socks_proxy(trusted.port, speaks=False) as proxy:
            monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{proxy.port}")
            assert "(no answer)" in (await refusal()).message

    async def test_an_answer_may_take_longer_than_the_way_to_it(
        self, trusted: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The limit is for the tunnel: what has been sent is not given up by it."""
        monkeypatch.setattr(transport, "_TUNNEL_WITHIN", 3600.0)
        with proxies.http_proxy(trusted.port) as proxy:
            monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{proxy.port}")
            async with Client(
                f"https://{proxies.HOST}", HEADERS, Token("nmv_usr_canary")
            ) as client:
                await client.credits()
                monkeypatch.setattr(transport, "_TUNNEL_WITHIN", -1.0)
                with pytest.raises(NetworkError, match="no answer"):
                    await client.credits()


@pytest.mark.anyio
class TestCertificates:
    @pytest.mark.parametrize("holds", ["file", "folder", "folder beside one that is missing"])
    async def test_what_is_named_is_trusted(
        self, backend: proxies.Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: str
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        url = f"https://localhost:{backend.port}"
        if holds == "file":
            monkeypatch.setenv("SSL_CERT_FILE", str(backend.ca))
        else:
            (tmp_path / "store").mkdir()
            shutil.copy(backend.ca, tmp_path / "store" / f"{subject_hash(backend.ca)}.0")
            missing = "/no/such:" if "missing" in holds else ""
            monkeypatch.setenv("SSL_CERT_DIR", f"{missing}{tmp_path / 'store'}")
        assert await balance(url) == 7

    async def test_what_the_system_trusts_is_trusted(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A company puts its certificate there; a variable that is empty is as one that is not."""
        import ssl

        monkeypatch.setenv("SSL_CERT_FILE", "")
        monkeypatch.setenv("SSL_CERT_DIR", " ")
        nowhere = ssl.get_default_verify_paths()._replace(cafile="", capath="")
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
        from truststore import _openssl

        monkeypatch.setattr(_openssl, "_CA_FILE_CANDIDATES", [str(backend.ca)])
        assert await balance(f"https://localhost:{backend.port}") == 7

    @pytest.mark.parametrize("variable", ["", "SSL_CERT_FILE"])
    async def test_what_nobody_trusts_is_told_with_what_to_set(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        import certifi

        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name, raising=False)
        if variable:
            monkeypatch.setenv(variable, certifi.where())
        error = await refusal(f"https://localhost:{backend.port}")
        assert "shows a certificate that is not trusted" in error.message
        assert "SSL_CERT_FILE" in error.hint
        assert ("unset SSL_CERT_FILE" in error.hint) is bool(variable)
        assert backend.asked == []

    @pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    @pytest.mark.parametrize("kind", ["missing", "empty", "a folder", "a file", "no PEM"])
    def test_what_cannot_be_read_is_named(self, tmp_path: Path, name: str, kind: str) -> None:
        place = tmp_path / "place"
        if kind == "a folder":
            place.mkdir()
        elif kind != "missing":
            place.write_bytes(b"" if kind == "empty" else b"\x00\xff words")
        if (name, kind) == ("SSL_CERT_DIR", "a folder"):
            assert certificates(HERE, {name: str(place)})
            return
        with pytest.raises(UsageError) as caught:
            certificates(HERE, {name: str(place)})
        assert f"{name} names {place}" in caught.value.message
        assert f"Unset {name}" in caught.value.hint

    def test_one_place_that_can_be_read_is_enough(self, backend: proxies.Backend) -> None:
        environ = {"SSL_CERT_FILE": str(backend.ca), "SSL_CERT_DIR": "/no/such"}
        assert certificates(HERE, environ)

    def test_none_are_read_for_http(self) -> None:
        assert certificates("http://127.0.0.1:1", {"SSL_CERT_FILE": "/no/such"}) is False

    async def test_one_that_has_expired_speaks_of_the_clock(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with proxies.tls_backend(tmp_path, datetime(2020, 1, 1, tzinfo=UTC)) as backend:
            monkeypatch.setenv("SSL_CERT_FILE", str(backend.ca))
            error = await refusal(f"https://localhost:{backend.port}")
        assert "clock" in error.hint
