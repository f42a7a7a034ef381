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
    """Have what lies in `folder` imported before all else, also by the processes that are started
    from here."""
    _added.append(str(folder))
    sys.path.insert(0, str(folder))


def leave_pythonpath() -> None:
    """Import nothing from the folders that PYTHONPATH names, here and in the processes that are
    started from here, but for this copy of the skill."""
    import site

    named = set(map(os.path.abspath, os.environ.pop("PYTHONPATH", "").split(os.pathsep)))
    named -= set(site.getsitepackages())
    sys.path[:] = [str(ROOT), *(path for path in sys.path if path not in named)]


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
