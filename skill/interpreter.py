"""This very copy of the skill, whatever else is installed: where it lies, and as a process of its
own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder that `skill` and `mock_server` lie in."""

_added: list[str] = []


def add(folder: Path) -> None:
    """Have what lies in `folder` imported, also by the processes that are started from here."""
    _added.append(str(folder))
    sys.path.append(str(folder))


def call() -> list[str]:
    """How this program is called again, by whoever called it: what brought its packages along is
    started by uv, and is on nobody's PATH."""
    if _added and "UV" in os.environ:  # https://docs.astral.sh/uv/reference/environment/#uv
        return ["uv", "run", "--project", str(ROOT), "image-to-video"]
    return ["image-to-video"]


def command(program: str, *words: str) -> list[str]:
    """What starts `program`, Python that can import `skill`, with `words` as its arguments.
    Nothing is imported from the folder it is started in."""
    prelude = "import sys; sys.path[:0] = sys.argv.pop(1).split('\\n'); "
    paths = "\n".join([str(ROOT), *_added])
    return [sys.executable, "-P", "-c", prelude + program, paths, *words]
