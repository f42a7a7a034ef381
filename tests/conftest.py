"""What every test stands on: a home of its own, no network but loopback, servers on real sockets."""

from __future__ import annotations

import io
import logging
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from skill.i18n import speak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mock_server.backend.render_queue import Renderer

# The machine is shared and noisy, and a run is to say the same as the one before.
settings.register_profile("shared", deadline=None, derandomize=True)
settings.load_profile("shared")

# Coverage is measured of what runs in these processes: those that a test starts are killed, have
# their files cut and tell what they have imported.
_OURS = ("NEMO_", "IMAGE_TO_VIDEO_", "SKILL_SOURCE", "COVERAGE_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-docs",
        action="store_true",
        help="write the tables in docs/ anew from what happens",
    )


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HOME, and none of the real environment's settings."""
    for name in list(os.environ):
        if name.startswith((*_OURS, "PYTHON")) or name == "UV" or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    speak("en")
    return home


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere but this machine fails the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("127.0.0.1", "::1", "localhost", "unix"):
            raise AssertionError(f"a test tried to reach {host}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def breaches() -> Iterator[list[str]]:
    """Every answer of the mock's own is held to the contract, in every test: what it logs of one
    that is not so fails the test, unless the test takes it out of this list."""
    log, heard = logging.getLogger("mock_server.http.endpoint"), Heard()
    log.addHandler(heard)
    yield heard.said
    log.removeHandler(heard)
    assert heard.said == []


class Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture(scope="session")
def clip() -> bytes:
    """A real MP4 of one second, 64 x 36."""
    from tests.video import encode, shades

    return encode(io.BytesIO(), shades(64, 36), kind="mp4").getvalue()


@pytest.fixture
def renderer(clip: bytes) -> Renderer:
    """An instant one: every clip is the same second."""

    from mock_server.render import Rendered

    def render(
        draft: Mapping[str, Any],
        media: Mapping[str, Path],
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Rendered:
        progress(0.5)
        target.write_bytes(clip)
        return Rendered(target, 64, 36, 1.0, len(clip))

    return render


@pytest.fixture
def reluctant(clip: bytes) -> Renderer:
    """One whose first clip of each backend is instant; the others come only once given up."""

    from mock_server.render import Rendered

    begun: set[Path] = set()

    def render(
        draft: dict[str, Any],
        media: Mapping[str, Path],
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Rendered:
        pause = threading.Event()
        while target.parent in begun and not cancelled():
            pause.wait(0.002)
        begun.add(target.parent)
        target.write_bytes(clip)
        return Rendered(target, 64, 36, 1.0, len(clip))

    return render
