"""A mock backend on a real socket, photographs, and the command line as a function."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PIL import Image

from mock_server import Backend, Server
from skill import clock
from skill.cli.main import main
from tests.skill.shapes import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_server.backend.render_queue import Renderer


T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def backend(renderer: Renderer) -> Backend:
    """A backend whose renders are instant."""
    return Backend(pace=0, renderer=renderer)


@pytest.fixture
def server(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(backend) as server:
        monkeypatch.setenv("NEMO_API_URL", server.url)
        monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.001")
        yield server


class AtOnce(Executor):
    """Renders while it is asked to: how busy the machine is makes no difference."""

    def __init__(self, threads: int, thread_name_prefix: str) -> None:
        """Takes what a pool of threads does."""

    def submit(self, work: Callable[..., T], /, *args: object, **named: object) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(work(*args, **named))
        return done


class SkippingClock(clock.PacedClock):
    """Its time passes in sleeps alone: how busy the machine is makes no difference."""

    _slept = 0.0

    def now(self) -> float:
        return self._slept

    async def sleep(self, seconds: float) -> None:
        self._slept += seconds
        await super().sleep(seconds)


def skip_waits(patch: pytest.MonkeyPatch) -> None:
    """Have a render given up after as many looks as the contract has, however quickly they come.
    A stream, whose time does not pass, is never given up. Renders that come to an end have to be
    made `AtOnce`."""

    def at_pace(limits: clock.TimeLimits, pace: float) -> clock.TimeLimits:
        return replace(limits, heartbeats_only=clock.PATIENCE / pace)

    patch.setattr(clock.TimeLimits, "at_pace", at_pace)
    patch.setattr("skill.jobs.connection.PacedClock", SkippingClock)


@pytest.fixture
def skipping_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for a render as `skip_waits` has it."""
    skip_waits(monkeypatch)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three different pictures."""
    paths = []
    for name, colour in (("cat.png", "teal"), ("cup.jpg", "orange"), ("sky.png", "navy")):
        path = tmp_path / name
        Image.new("RGB", (96, 64), colour).save(path)
        paths.append(path)
    return paths


def start(*words: object, read: bool = False) -> subprocess.Popen[str]:
    """The command line as a process of its own; with `read`, what it prints can be read."""
    output = subprocess.PIPE if read else subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-m", "skill", *map(str, words)],
        stdout=output,
        stderr=output,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The one JSON object of --json."""
        return json.loads(self.out)


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """The command line, in a folder of its own. What --json prints is held to its schema."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*words: object) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in words])
        printed = capsys.readouterr()
        if "--json" in words:
            check(printed.out, printed.err)
        return Ran(code, printed.out, printed.err)

    return run
