"""The real clients, a HOME for each test, and the skill as they get it.

What is not installed is skipped with the reason; `install.py` beside this file installs it.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from mock_server import Backend, Server
from skill.install.bundle import bundle as bundle_all
from skill.settings.listings import DEFAULT, LISTINGS
from tests.clients.install import Clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_server.backend.render_queue import Renderer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

CLIENTS = Clients()
"""Looked up before a test puts HOME elsewhere."""

NOWHERE = "http://127.0.0.1:9"
"""A proxy that is none: what asks a proxy for the outside gets no answer."""


@dataclass(frozen=True)
class Machine:
    """A user's machine: an empty HOME, the installed programs, no network but loopback."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        client: str | Path,
        *arguments: str | Path,
        at: Path | None = None,
        timeout: float = 240,
        expect: int = 0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a client, by its name, or any other program, by its path."""
        program = CLIENTS.program(client) if isinstance(client, str) else client
        done = subprocess.run(
            [str(part) for part in (program, *arguments)],
            env=self._environ(),
            cwd=at or self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
        return done

    def skill(
        self, folder: Path, *words: str | Path, expect: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run the skill that lies in `folder`, as its SKILL.md says."""
        uv = CLIENTS.bin / "uv"
        return self.run(
            uv, "run", "-q", "--project", folder, "image-to-video", *words, expect=expect
        )

    def headers(self, folder: Path) -> dict[str, str]:
        """The attribution headers that the skill in `folder` sends."""
        answer: Any = json.loads(self.skill(folder, "headers", "--json").stdout)
        headers: dict[str, str] = answer["data"]
        return headers

    def _environ(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(CLIENTS.bin), "/usr/bin", "/bin")),
            "LC_ALL": "C.UTF-8",
            "HTTP_PROXY": NOWHERE,
            "HTTPS_PROXY": NOWHERE,
            "NO_PROXY": "127.0.0.1,localhost",
            "NODE_OPTIONS": f'--require "{HERE / "loopback.cjs"}"',
            "UV_CACHE_DIR": str(CLIENTS.packages),
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            **self.environ,
        }


def needs(*clients: str) -> pytest.MarkDecorator:
    """Skips, with the reason, where one of the clients is not installed."""
    reasons = [reason for client in clients if (reason := CLIENTS.missing(client))]
    return pytest.mark.skipif(bool(reasons), reason="; ".join(reasons))


@pytest.fixture
def machine(home: Path) -> Machine:
    return Machine(home)


@pytest.fixture
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders that an installer is given, by listing; a test may use them up."""
    place = tmp_path_factory.mktemp("bundles")
    return {made.name: made.path for made in bundle_all(list(LISTINGS.values()), place)}


@pytest.fixture
def bundle(bundles: dict[str, Path]) -> Path:
    return bundles[DEFAULT.name]


@pytest.fixture
def backend(renderer: Renderer) -> Backend:
    """A hundred times as fast as the real one."""
    return Backend(pace=0.01, renderer=renderer)


@pytest.fixture
def server(backend: Backend, machine: Machine) -> Iterator[Server]:
    with Server(backend) as server:
        machine.environ["NEMO_API_URL"] = server.url
        machine.environ["IMAGE_TO_VIDEO_PACE"] = "0.1"
        yield server


@pytest.fixture
def photos(home: Path) -> list[Path]:
    """Two pictures of the user's; one has a space in its name."""
    folder = home / "Pictures"
    folder.mkdir()
    paths = [folder / "my cat.png", folder / "cup.jpg"]
    for path, colour in zip(paths, ("teal", "orange"), strict=True):
        Image.new("RGB", (96, 64), colour).save(path)
    return paths
