"""The program: `image-to-video`, and `python -m skill`."""

from __future__ import annotations

import gc
import os
import sys


def run() -> None:
    """Run one command as a process of its own.

    The garbage collector rests while modules are loaded and finds nothing to look through at
    the end: that is a sixth of the time a short command takes (benchmarks/startup.py).
    """
    gc.disable()
    _fill_standard_descriptors()
    if os.environ.get("PYTHONPATH"):
        from skill import interpreter
        from skill.install import packages

        if packages.brought_along("base"):
            interpreter.leave_pythonpath()
    from skill.cli.main import main
    from skill.cli.output import keep_stderr

    if "--json" in sys.argv and not os.environ.get("IMAGE_TO_VIDEO_DEBUG"):
        keep_stderr()
    try:
        code = main()
    finally:
        _flush()
    gc.freeze()
    sys.exit(code)


def _fill_standard_descriptors() -> None:
    """Open what is closed of 0, 1 and 2, so that no file gets the number of an output stream."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _flush() -> None:
    """What nobody reads any more must not turn into a failure when the interpreter ends."""
    from skill.cli.output import silence

    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            silence(stream)


if __name__ == "__main__":
    run()
