"""`image-to-video`: words in, exit code out.

Only what every command needs is imported here; an agent pays for it each time.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import skill
from skill.cli.console import Console
from skill.cli.parser import COMMANDS, VersionAskedError, build_parser, parse
from skill.errors import (
    ElsewhereError,
    InternalError,
    NetworkError,
    SkillError,
    StoppedError,
    UsageError,
)
from skill.i18n import of_environment, say, speak
from skill.sanitize import clean_line
from skill.token import Token, hide

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import FrameType


class _Terminated(KeyboardInterrupt):
    """SIGTERM, told as Ctrl-C is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    asked_at = None if argv is None else time.time()
    console = Console(json="--json" in words, own=_own_token())
    _encode(console)
    before = _hear_sigterm()
    try:
        code = _run(words, console, asked_at)
        console.check_answer()
        return code
    except SkillError as error:
        return _report(console, error)
    except KeyboardInterrupt as stop:
        number = signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT
        return _report(console, StoppedError(number, *map(str, stop.args[:1])))
    except Exception as error:  # the outermost boundary: a bug of ours
        if os.environ.get("IMAGE_TO_VIDEO_DEBUG"):
            console.trace(error)
        return _report(console, _bug(error))
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _own_token() -> Token | None:
    with suppress(UsageError):  # whoever needs it says so
        return Token(os.environ.get("NEMO_TOKEN", ""))
    return None


def _hear_sigterm() -> Any:
    """Have SIGTERM heard from the first moment on; returns what was there before."""

    def terminate(number: int, frame: FrameType | None) -> NoReturn:
        raise _Terminated

    try:
        return signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # not the main thread: whoever runs us there hears signals himself
        return None


def _encode(console: Console) -> None:
    for stream in (console.out, console.err):
        if isinstance(stream, io.TextIOWrapper):
            # JSON is UTF-8 whatever the terminal; elsewhere what cannot be shown is stood in for.
            encoding = "utf-8" if console.json else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _run(words: list[str], console: Console, asked_at: float | None) -> int:
    console.command = next((word for word in words if word in COMMANDS), "")
    speak(of_environment(os.environ) or "en")
    if any(hide(word) != word for word in words):
        raise UsageError(
            say(
                "The token stands among the command's words, where others on this machine can read it."
            ),
            hint=say("Leave it away: it is read from NEMO_TOKEN."),
        )
    if ("--help" in words or "-h" in words) and (text := _help(words)):
        console.answer({"help": text}, [text.rstrip()])
        return 0
    try:
        options = parse(words)
    except VersionAskedError:
        from skill.install import packages

        packages.provide("base", console.tell)
        version = skill.__version__
        console.answer({"version": version}, [f"image-to-video {version}"])
        return 0
    if options.command is None:
        if not console.json and console.err is not None:
            build_parser().print_help(console.err)
        raise UsageError(say("No command was given."), hint=say("Begin with: image-to-video demo"))
    console.set_up(
        options.command,
        _prefix(options),
        json=options.json,
        quiet=options.quiet,
        verbose=options.verbose,
    )
    if options.language:
        speak(options.language)
    from skill.cli import commands
    from skill.cli.requests import invocation_of

    try:
        return commands.run(invocation_of(options, asked_at), console)
    except ElsewhereError as error:  # the same command, where the project is
        console.prefix = ("--local",) if error.local else ()
        error.instead = tuple(word for word in words if word != "--local")
        raise
    except NetworkError as error:
        if error.unsent and not options.local and options.command != "contract":
            _offer_local(error, words, options)
        raise


def _offer_local(error: NetworkError, words: list[str], options: argparse.Namespace) -> None:
    """Have an error of a network that leads nowhere tell what needs none."""
    sentence = say("image-to-video doctor tries each step of the way; --local needs no network.")
    error.hint = " ".join(filter(None, [error.hint, sentence]))
    begins = options.command == "make" or (options.command == "extend" and options.video)
    if begins and not error.job:
        error.instead = ("--local", *words)


def _help(words: list[str]) -> str:
    """What `--help` prints; empty where it is no option but one of the command's words."""
    text = io.StringIO()
    with redirect_stdout(text), suppress(SystemExit, VersionAskedError):
        parse(words)
    return text.getvalue()


def _prefix(options: argparse.Namespace) -> tuple[str, ...]:
    """The global options that a command which goes on with this one needs too."""
    prefix: list[str] = ["--local"] if options.local else []
    for name in ("home", "skill", "pace", "language"):
        value = getattr(options, name)
        if value is not None:
            prefix.append(f"--{name}={value}")
    return tuple(prefix)


def _report(console: Console, error: SkillError) -> int:
    from skill.install import packages

    # Also of words that were wrong, it is told how they are said again.
    with suppress(OSError, SkillError):  # no cache can be read, there is no home
        packages.missing("base")
    console.error(error)
    return error.exit_code


def _bug(error: BaseException) -> SkillError:
    # The type and the place, and no message: it might hold what must not be shown.
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OSError) and error.filename is not None:
        return UsageError(
            say(
                "{path} cannot be used: {reason}.",
                path=clean_line(str(error.filename), 200),
                reason=error.strerror,
            ),
            hint=say(
                "Check the path and its rights. Work that was begun is kept: image-to-video jobs"
            ),
        )
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return InternalError(
        say(
            "This is a bug in the skill ({kind} at {place}).",
            kind=type(error).__name__,
            place=place,
        ),
        hint=say("Work that was begun is kept: image-to-video jobs"),
    )
