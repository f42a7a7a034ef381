"""docs/faults.md, the part that no backend elsewhere has to do with: what goes wrong here."""

from __future__ import annotations

import errno
import os
import re
import socket
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from mock_server.http.uploads import _Writer
from mock_server.render.encode import Mp4
from skill.media import draw
from tests.skill import samples
from tests.skill.docs.test_faults import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.skill.conftest import Ran


def refused(number: int) -> Callable[..., NoReturn]:
    """The system does not do it."""

    def refuse(*_: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return refuse


HEAD = """\
| what goes wrong | what the user sees | exit | then `resume` |
|---|---|---|---|
"""
KILLED = "import os; os.kill(os.getpid(), 9)"
LOCAL: tuple[tuple[str, object, str, object], ...] = (
    ("no sockets: a sandbox denies them", socket, "socket", refused(errno.EPERM)),
    ("the disk is full at the upload", _Writer, "write", refused(errno.ENOSPC)),
    ("what the user may have of the disk is used up", _Writer, "write", refused(errno.EDQUOT)),
    ("the disk is full at the render", Mp4, "picture", refused(errno.ENOSPC)),
    ("the disk turns read-only", Mp4, "picture", refused(errno.EROFS)),
    ("memory runs out: the system kills what draws a photo", draw, "_PROGRAM", KILLED),
)


def masked(line: str) -> str:
    """A line without what differs from run to run."""
    line = re.sub(r"job_[0-9a-f]{10}", "JOB", line).replace(" --home=home ", " ")
    return line.replace(str(Path.cwd()) + "/", "").removeprefix("error: ").strip()


@pytest.mark.skipif(os.name != "posix", reason="the words are those of POSIX")
def test_the_page_says_what_happens_here(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    table = HEAD
    for number, (what, place, name, instead) in enumerate(LOCAL):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        Path("trip.jpg").write_bytes(samples.jpeg(6))
        words = ("make", "--local", "trip.jpg", "-p", "calm", "--duration", "1", "-o", "trip.mp4")
        with monkeypatch.context() as patch:
            patch.setattr(place, name, instead)
            ran = run(*words, "--resolution", "480p", "--home", "home")
        assert Path("trip.mp4").is_file() == (ran.code == 0)
        lines = list(takewhile(lambda line: line != "Next:", ran.err.splitlines()))
        error = next((n for n, line in enumerate(lines) if line.startswith("error: ")), len(lines))
        seen = "error: " + " ⏎ ".join(map(masked, lines[error:])) if ran.code else "the video"
        again = ""
        if ran.code:
            resumed = run("--local", "resume", "--home", "home")
            told = masked(resumed.err.splitlines()[0]) if resumed.code else "the video"
            again = f"{resumed.code}: {told}"
        table += f"| {what} | {seen} | {ran.code} | {again} |\n"
    title = "On this machine, with `--local`"
    check(title, table, update=request.config.getoption("--update-docs"))
