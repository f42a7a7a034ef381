"""This very copy of the skill as a process of its own, whatever else is installed."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def command(program: str, *words: str) -> list[str]:
    """What starts `program`, Python that can import `skill`, with `words` as its arguments.
    Nothing is imported from the folder it is started in."""
    prelude = "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    return [sys.executable, "-P", "-c", prelude + program, str(_ROOT), *words]
