"""`--local` where there is no network: in a sandbox that denies sockets, and in a network namespace
that has not even `lo`."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from skill import interpreter
from skill.media.mp4 import probe
from tests import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

MAKE = ("make", "--local", "-p", "a slow zoom", "--duration", "1", "--resolution", "480p")
SANDBOX = (sys.executable, sandbox.__file__)
NAMESPACE = ("unshare", "--map-root-user", "--net")
REACH = "import socket; socket.create_server(('127.0.0.1', 0)); socket.create_connection(('127.0.0.1', 1))"


@cache
def can(*prefix: str) -> bool:
    """Whether a program may be started so here."""
    if sys.platform != "linux" or platform.machine() not in sandbox.NUMBERS:
        return False
    if shutil.which(prefix[0]) is None:
        return False
    return not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode


@pytest.fixture(params=[*sandbox.DENIED, "no lo"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Run Python with these words where there is no network; returns what became of it."""
    prefix = NAMESPACE if request.param == "no lo" else (*SANDBOX, request.param)
    if not can(*prefix):
        pytest.skip(f"{prefix[0]} {prefix[-1]}: not allowed here")

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, *map(str, words)],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if name != "NEMO_API_URL"},
                "PYTHONPATH": str(interpreter.ROOT),
                "IMAGE_TO_VIDEO_HOME": str(tmp_path / "state"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_there_is_no_network(run: Run) -> None:
    assert run("-c", REACH).returncode == 1


def test_a_video_and_what_stands_beside_it_are_made(
    run: Run, photos: list[Path], tmp_path: Path
) -> None:
    made = run("-m", "skill", *MAKE, photos[0], "-o", "a.mp4", "--format", "gif")
    assert made.returncode == 0, made.stderr
    assert probe(tmp_path / "a.mp4").duration == pytest.approx(1, abs=0.1)
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")
    assert run("-m", "skill", "chat", "--local", "make the music quieter").returncode == 0


@pytest.mark.parametrize("run", ["pairs"], indirect=True)
def test_it_is_made_in_the_background_and_followed(
    run: Run, photos: list[Path], tmp_path: Path
) -> None:
    begun = run("-m", "skill", *MAKE, photos[0], "-o", "b.mp4", "--no-wait", "--json")
    assert begun.returncode == 0, begun.stderr
    job = json.loads(begun.stdout)["data"]["job"]
    followed = run("-m", "skill", "--local", "resume", job)
    assert followed.returncode == 0, followed.stderr
    assert probe(tmp_path / "b.mp4").duration == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("run", ["pairs"], indirect=True)
def test_a_program_makes_one(run: Run, photos: list[Path], tmp_path: Path) -> None:
    words = "'a calm video, 1 second, 480p', local=True, output='c.mp4'"
    program = f"import sys, skill; skill.make_video(sys.argv[1:], {words})"
    made = run("-c", program, photos[0])
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "c.mp4").is_file()


def test_no_server_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_TO_VIDEO_HOME", str(tmp_path))
    program = (
        "import sys; from skill.cli.main import main; main(['--local', 'credits']); "
        "print(sorted({'uvicorn', 'h11', 'httpcore'} & sys.modules.keys()))"
    )
    done = subprocess.run(interpreter.command(program), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
