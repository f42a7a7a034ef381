"""`doctor`: what it ticks it has tried, and each cross says what to do."""

from __future__ import annotations

import contextlib
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from skill.cli import doctor, reachability
from tests.skill import proxies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from skill.cli.reachability import Check
    from tests.skill.conftest import Ran

NETWORK = ["proxy", "certificates", "name resolution", "connection", "clock"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The renderer is tried where a test is of it."""
    monkeypatch.setattr(doctor, "_TRIAL", "print('-')")


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[proxies.Backend]:
    with proxies.tls_backend(tmp_path) as backend:
        monkeypatch.setenv("NEMO_API_URL", f"https://localhost:{backend.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(backend.ca))
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        yield backend


def checks(*, offline: bool = False, local: bool = False) -> dict[str, Check]:
    """By name; no cross without a remedy."""
    found = doctor.examine({"local": local}, offline=offline)
    assert [check.name for check in found if not check.ok and not check.remedy] == []
    return {check.name: check for check in found}


def crosses(**how: bool) -> dict[str, Check]:
    return {name: check for name, check in checks(**how).items() if not check.ok}


class TestTheNetwork:
    def test_the_backend_is_asked_without_a_token(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_canary")
        found = checks()
        assert [name for name in found if name in NETWORK] == NETWORK
        assert all(found[name].ok for name in NETWORK)
        ((_, headers),) = backend.asked
        assert "authorization" not in {name.lower() for name in headers}
        assert "canary" not in str(headers)

    @pytest.mark.parametrize("how", [{"offline": True}, {"local": True}])
    def test_it_is_left_out(self, backend: proxies.Backend, how: dict[str, bool]) -> None:
        assert not set(checks(**how)) & set(NETWORK)
        assert backend.asked == []

    def test_a_proxy_that_cannot_be_used(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_API_URL", "https://backend.test")
        monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@127.0.0.1:99999")
        found = crosses()
        assert set(found) == {"proxy"}
        assert "HTTPS_PROXY" in found["proxy"].remedy
        assert "secret" not in str(found)

    def test_a_proxy_that_refuses(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_API_URL", "https://backend.test")
        with proxies.http_proxy(backend.port, "407 Proxy Authentication Required") as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{proxy.port}")
            found = checks()
        assert found["proxy"].found == f"http://127.0.0.1:{proxy.port} (HTTPS_PROXY)"
        assert found["name resolution"].found == "127.0.0.1"
        assert not found["connection"].ok
        assert "HTTPS_PROXY" in found["connection"].remedy
        assert "secret" not in str(found)

    def test_certificates_that_cannot_be_read(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", "/no/such.pem")
        assert set(crosses()) == {"certificates"}

    def test_a_certificate_that_is_not_trusted(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        found = crosses()
        assert set(found) == {"connection"}
        assert "SSL_CERT_FILE" in found["connection"].remedy

    def test_a_name_that_is_not_known(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def getaddrinfo(*asked: object, **more: object) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        found = crosses()
        assert set(found) == {"name resolution"}
        assert found["name resolution"].found == "localhost: Name or service not known"
        assert "--local" in found["name resolution"].remedy

    def test_a_resolver_that_is_silent_is_not_waited_for(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: over.wait())
        monkeypatch.setattr(reachability, "_RESOLVED_WITHIN", 0.01)
        try:
            assert "no answer in 0.01 s" in crosses()["name resolution"].found
        finally:
            over.set()

    def test_a_backend_that_is_silent_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reachability, "_ANSWERED_WITHIN", 0.1)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
            monkeypatch.setenv("NEMO_API_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
            found = crosses()
        assert set(found) == {"connection"}
        assert "--local" in found["connection"].remedy

    def test_nobody_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NEMO_API_URL", "http://127.0.0.1:9")
        assert set(crosses()) == {"connection"}

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "HTTP 200, text/html"),
            (b"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\n\r\n{}", "HTTP 503"),
            (b"HTTP/1.1 302 Found\r\nLocation: http://login.test\r\n\r\n", "redirects elsewhere"),
            (b"SSH-2.0-OpenSSH\r\n", "did not answer"),
            (b"", "did not answer"),
        ],
    )
    def test_what_is_no_answer_of_the_backends(
        self, monkeypatch: pytest.MonkeyPatch, answer: bytes, told: str
    ) -> None:
        with proxies.babbler(answer) as port:
            monkeypatch.setenv("NEMO_API_URL", f"http://127.0.0.1:{port}")
            found = crosses()
        assert set(found) == {"connection"}
        assert told in found["connection"].found

    @pytest.mark.parametrize(
        ("hours", "told"), [(0, "right"), (8, "480 minutes ahead"), (-24, "1440 minutes behind")]
    )
    def test_the_clock(
        self, backend: proxies.Backend, monkeypatch: pytest.MonkeyPatch, hours: int, told: str
    ) -> None:
        now = datetime.now(UTC) + timedelta(hours=hours)
        monkeypatch.setattr(reachability, "_now", lambda: now)
        clock = checks()["clock"]
        assert clock.found.startswith(told)
        assert clock.ok is (hours == 0)


class TestTheRenderer:
    def test_it_makes_a_frame_and_looks_for_fonts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        found = checks(offline=True)
        assert found["local renderer"].found == "it works"
        assert found["fonts"].ok

    @pytest.mark.parametrize(
        ("program", "told"),
        [
            ("import no_such_codec", "No module named 'no_such_codec'"),
            ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "exit -11"),
        ],
    )
    def test_one_that_breaks(
        self, monkeypatch: pytest.MonkeyPatch, program: str, told: str
    ) -> None:
        monkeypatch.setattr(doctor, "_TRIAL", program)
        found = crosses(offline=True)
        assert set(found) == {"local renderer"}
        assert told in found["local renderer"].found

    def test_one_that_hangs_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "_TRIAL", "import time; time.sleep(999)")
        monkeypatch.setattr(doctor, "_TRIED_WITHIN", 0.05)
        assert "no answer in 0.05 s" in crosses(offline=True)["local renderer"].found

    @pytest.mark.parametrize(
        ("lacking", "ok"), [("Emoji", True), ("Thai Emoji", False), ("Latin", False)]
    )
    def test_fonts_that_are_missing(
        self, monkeypatch: pytest.MonkeyPatch, lacking: str, ok: bool
    ) -> None:
        monkeypatch.setattr(doctor, "_TRIAL", f"print({lacking!r})")
        fonts = checks(offline=True)["fonts"]
        assert fonts.ok is ok
        assert fonts.remedy
        assert fonts.found.endswith(": " + lacking.replace(" ", ", "))


class TestTheState:
    def test_a_folder_that_cannot_be_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("IMAGE_TO_VIDEO_HOME", str(tmp_path / "file" / "state"))
        assert set(crosses(offline=True)) == {"state"}

    def test_one_whose_locks_cannot_be_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("IMAGE_TO_VIDEO_HOME", str(tmp_path / "state"))
        assert crosses(offline=True) == {}
        (tmp_path / "state" / "locks" / "doctor.lock").unlink()
        (tmp_path / "state" / "locks" / "doctor.lock").mkdir()
        assert set(crosses(offline=True)) == {"state"}

    def test_a_disk_that_is_almost_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import shutil

        usage = shutil.disk_usage("/")._replace(free=5_000_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        assert "only 4.8 MB are free" in crosses(offline=True)["state"].found


def test_what_is_said_is_one_line_each_and_a_cross_has_another(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_API_URL", "http://127.0.0.1:9")
    ran = run("doctor")
    assert ran.code == 0
    (at,) = (n for n, line in enumerate(ran.out.splitlines()) if line.startswith("✗"))
    assert ran.out.splitlines()[at + 1].startswith("    Check the network")
    assert run("doctor", "--json").answer["data"]["healthy"] is False
    assert run("doctor", "--offline", "--json").answer["data"]["healthy"] is True
