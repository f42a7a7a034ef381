"""`image-to-video`: words in, exit code out.

Only what every command needs is imported here; an agent pays for it each time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from skill.arguments import COMMANDS, build_parser, parse
from skill.console import Console
from skill.errors import InternalError, SkillError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    console = Console(json="--json" in words)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a stand-in, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(words, console)
    except SkillError as error:
        return _report(console, error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has gone; nothing more can be said, and that is no fault.
        sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        return 0
    except Exception as error:  # the outermost boundary: a bug of ours
        if os.environ.get("IMAGE_TO_VIDEO_DEBUG"):
            raise
        return _report(console, _bug(error))


def _run(words: list[str], console: Console) -> int:
    console.command = next((word for word in words if word in COMMANDS), "")
    options = parse(words)
    if options.command is None:
        build_parser().print_help(console.err)
        raise UsageError("No command was given.", hint="Begin with: image-to-video demo")
    console.command = options.command
    console.json, console.quiet, console.verbose = options.json, options.quiet, options.verbose
    console.prefix = _prefix(options)
    from skill import commands

    return commands.run(options, console)


def _prefix(options: argparse.Namespace) -> tuple[str, ...]:
    """The global options that a command which goes on with this one needs too."""
    prefix: list[str] = ["--local"] if options.local else []
    for name in ("home", "skill", "pace"):
        value = getattr(options, name)
        if value is not None:
            prefix += [f"--{name}", str(value)]
    return tuple(prefix)


def _report(console: Console, error: SkillError) -> int:
    next_ = [console.next("resume", error.job)] if error.job else []
    console.error(error, next_)
    return error.exit_code


def _bug(error: Exception) -> SkillError:
    # The type and the place, and no message: it might hold what must not be shown.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return InternalError(
        f"This is a bug in the skill ({type(error).__name__} at {place}).",
        hint="Work that was begun is kept: image-to-video jobs",
    )
