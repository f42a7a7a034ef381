"""The program: `image-to-video`, and `python -m skill`."""

from __future__ import annotations

import gc
import sys


def run() -> None:
    """Run one command as a process of its own.

    The garbage collector rests while modules are loaded and finds nothing to look through at
    the end: that is a sixth of the time a short command takes (benchmarks/startup.py).
    """
    gc.disable()
    from skill.cli import main

    code = main()
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    run()
