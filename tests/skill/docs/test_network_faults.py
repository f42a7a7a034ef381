"""docs/faults.md, the part of the way to the backend: proxies, certificates, names, addresses."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

from skill.clock import PacedClock
from tests.skill import proxies
from tests.skill.docs.test_faults import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.skill.conftest import Ran

HEAD = """\
| what is set, and what answers | what `credits` says | exit | tokens that left |
|---|---|---|---|
"""
# What is set, where the proxy that leads to the backend, the one that refuses and the company's
# certificates stand for themselves.
CASES: tuple[tuple[str, dict[str, str]], ...] = (
    ("`NO_PROXY` with CIDR and brackets, beside a proxy", {"NO_PROXY": "::1/128,[::1],10.0.0.0/8", "HTTPS_PROXY": "http://WORKS"}),
    ("`https_proxy` beside an `all_proxy` of another kind", {"https_proxy": "http://WORKS", "all_proxy": "socks5://127.0.0.1:1"}),
    ("a SOCKS proxy", {"ALL_PROXY": "socks5://SOCKS"}),
    ("a proxy with a port that is none", {"ALL_PROXY": "http://me:secret@127.0.0.1:99999"}),
    ("a proxy of a kind that is not known", {"HTTPS_PROXY": "socks4://me:secret@127.0.0.1:1080"}),
    ("a proxy that wants a password (407)", {"HTTPS_PROXY": "http://me:secret@ASKS"}),
    ("a proxy that refuses (403)", {"HTTPS_PROXY": "http://REFUSES"}),
    ("a proxy that is not there", {"HTTPS_PROXY": "http://127.0.0.1:9"}),
    ("`SSL_CERT_FILE` that is missing", {"HTTPS_PROXY": "http://WORKS", "SSL_CERT_FILE": "/no/such.pem"}),
    ("`SSL_CERT_FILE` that is a folder", {"HTTPS_PROXY": "http://WORKS", "SSL_CERT_FILE": "/"}),
    ("`SSL_CERT_FILE` that is empty", {"HTTPS_PROXY": "http://WORKS", "SSL_CERT_FILE": "/dev/null"}),
    ("a company's proxy that nobody trusts", {"HTTPS_PROXY": "http://WORKS", "SSL_CERT_FILE": ""}),
    ("`NEMO_API_URL` in capitals, with spaces and a slash", {"NEMO_API_URL": " HTTPS://Backend.TEST/ ", "HTTPS_PROXY": "http://WORKS"}),
    ("`NEMO_API_URL` that is no address", {"NEMO_API_URL": "backend.test"}),
)  # fmt: skip


async def no_sleep(clock: PacedClock, seconds: float) -> None:
    """No wait between two tries."""


def test_the_page_says_what_happens_on_the_way(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    table = HEAD
    with ExitStack() as stack:
        backend = stack.enter_context(proxies.tls_backend(tmp_path))
        ports = {
            "WORKS": proxies.http_proxy(backend.port),
            "SOCKS": proxies.socks_proxy(backend.port),
            "ASKS": proxies.http_proxy(backend.port, "407 Proxy Authentication Required"),
            "REFUSES": proxies.http_proxy(backend.port, "403 Forbidden"),
        }
        places = {
            name: f"127.0.0.1:{stack.enter_context(proxy).port}" for name, proxy in ports.items()
        }
        usual = {"NEMO_TOKEN": "nmv_usr_canary", "NEMO_API_URL": f"https://{proxies.HOST}"}
        usual |= {"SSL_CERT_FILE": str(backend.ca), "SSL_CERT_DIR": ""}
        for what, environ in CASES:
            backend.asked.clear()
            with monkeypatch.context() as patch:
                patch.setattr(PacedClock, "sleep", no_sleep)
                for name, value in (usual | environ).items():
                    patch.setenv(name, re.sub("|".join(places), lambda m: places[m[0]], value))
                ran = run("credits")
            sent = len([headers for _, headers in backend.asked if "Authorization" in headers])
            assert "secret" not in ran.out + ran.err
            assert (sent > 0) == (ran.code == 0)
            lines = [*ran.err.splitlines(), *([] if ran.code else ["the credits"])]
            seen = re.sub(r"127\.0\.0\.1:\d{4,}", "PROXY", " ⏎ ".join(lines))
            table += f"| {what} | {seen} | {ran.code} | {sent} |\n"
    check("The way to the backend", table, update=request.config.getoption("--update-docs"))
