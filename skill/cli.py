"""`image-to-video`: words in, exit code out.

Only what every command needs is imported here; an agent pays for it each time.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from skill.console import Console
from skill.errors import InternalError, SkillError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

ASPECTS = ("16:9", "9:16", "1:1", "4:5")
RESOLUTIONS = ("480p", "720p", "1080p")


class _Parser(argparse.ArgumentParser):
    """Wrong words are a UsageError like any other, so that --json can tell them too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message[:1].upper() + message[1:] + ".", hint=f"See: {self.prog} --help")


def _globals(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """The global options; they may stand before or after the command."""
    default: dict[str, Any] = {} if top else {"default": argparse.SUPPRESS}
    flag: dict[str, Any] = {"action": "store_true", **default}
    group = parser.add_argument_group("global options")
    group.add_argument(
        "--local", help="the built-in backend: no account, no network, no cost", **flag
    )
    group.add_argument("--json", help="one JSON object on stdout, JSON lines on stderr", **flag)
    group.add_argument("--quiet", help="nothing on stderr but errors", **flag)
    group.add_argument("--verbose", help="tell what is sent (tokens taken out)", **flag)
    group.add_argument("--home", type=Path, metavar="DIR", help="where state lives", **default)
    group.add_argument(
        "--skill", type=Path, metavar="DIR", help="the skill folder to speak for", **default
    )
    group.add_argument(
        "--timeout", type=_seconds, metavar="S", help="for the whole command", **default
    )
    group.add_argument(
        "--pace", type=float, metavar="F", help="multiply every wait (loopback only)", **default
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return value


_seconds.__name__ = "number of seconds"


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


_count.__name__ = "number of credits"


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. Each command names its function in `skill.commands`."""
    parser = _Parser(
        prog="image-to-video",
        description="Photos in, MP4 out: by the NemoVideo backend, or on this machine with --local.",
        epilog="Begin with: image-to-video demo",
        allow_abbrev=False,
    )
    _globals(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, help_: str, first: str, second: str) -> argparse.ArgumentParser:
        examples = f"examples:\n  image-to-video {first}\n  image-to-video {second}"
        sub = commands.add_parser(
            name,
            help=help_,
            description=help_[:1].upper() + help_[1:] + ".",
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _globals(sub, top=False)
        return sub

    make = command(
        "make",
        "photos in, MP4 out: connect, upload, generate, export, download",
        "make a.jpg b.jpg -p 'a calm slideshow' -o trip.mp4",
        "make --local a.jpg --aspect 9:16 --music lofi --title 'Our trip'",
    )
    make.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    make.add_argument("-p", "--prompt", default="", help="what the video should be, in your words")
    make.add_argument("-o", "--output", type=Path, metavar="FILE")
    make.add_argument("--aspect", choices=ASPECTS)
    make.add_argument("--resolution", choices=RESOLUTIONS)
    make.add_argument("--duration", type=_seconds, metavar="S")
    make.add_argument(
        "--music", metavar="STYLE", help="a style (lofi, ambient, upbeat, cinematic), or none"
    )
    make.add_argument("--title", metavar="TEXT")
    make.add_argument("--no-export", action="store_true", help="up to the timeline, no file")
    make.add_argument(
        "--dry-run", action="store_true", help="what would be sent and its cost; sends nothing"
    )
    make.add_argument(
        "--max-credits", type=_count, metavar="N", help="send nothing if it may cost more"
    )
    make.add_argument("--force", action="store_true", help="overwrite FILE")

    ask = command(
        "ask",
        "any sentence of the user's: routed, done, answered",
        "ask 'make it 8 seconds and add a title'",
        "ask 'animate this' --file photo.jpg",
    )
    route = command(
        "route",
        "which action a sentence would be; touches no network",
        "route 'send me the video'",
        "route '把标题改成余额不足'",
    )
    for sub in (ask, route):
        sub.add_argument("words", nargs="*", metavar="WORDS")
        sub.add_argument(
            "--file", action="append", default=[], type=Path, metavar="F", dest="files"
        )
    ask.add_argument("-o", "--output", type=Path, metavar="FILE")

    command("connect", "token and project, ready to work", "connect", "connect --local")
    chat = command(
        "chat",
        "send a message to the project's agent",
        "chat 'add calm piano music at 30%'",
        "chat --local 'make it 12 seconds'",
    )
    chat.add_argument("message", nargs="+", metavar="MESSAGE")
    upload = command(
        "upload",
        "put files into the project",
        "upload a.jpg b.jpg",
        "upload https://example.com/photo.jpg",
    )
    upload.add_argument("files", nargs="+", metavar="FILE|URL")
    command("status", "the project's timeline", "status", "status --local --json")
    command("credits", "what is left of the credits", "credits", "credits --json")
    export = command(
        "export", "render the project and fetch the MP4", "export -o trip.mp4", "export --local"
    )
    export.add_argument("-o", "--output", type=Path, metavar="FILE")
    export.add_argument("--force", action="store_true", help="overwrite FILE")

    command("jobs", "what is unfinished", "jobs", "jobs --json")
    for name, help_ in (
        ("resume", "go on with a job, without sending or paying again"),
        ("cancel", "give a job up"),
    ):
        command(name, help_, name, f"{name} job_0123456789").add_argument(
            "job", nargs="?", metavar="JOB"
        )
    command(
        "open", "the link with which a person opens the project in a browser", "open", "open --json"
    )

    demo = command(
        "demo",
        "a video of pictures it draws itself, with --local",
        "demo",
        "demo -o demo.mp4 --force",
    )
    demo.add_argument("-o", "--output", type=Path, metavar="FILE")
    demo.add_argument("--aspect", choices=ASPECTS)
    demo.add_argument("--force", action="store_true", help="overwrite FILE")
    command("doctor", "what is set up, what is missing, what to do", "doctor", "doctor --json")
    translate = command(
        "translate",
        "the backend's GUI talk as plain words and actions",
        "translate 'Click the Export button to save it.'",
        "translate '打开音频面板'",
    )
    translate.add_argument("text", nargs="+", metavar="TEXT")
    mock = command("mock", "serve the mock backend", "mock", "mock --port 8123 --dialect adk")
    mock.add_argument("--port", type=int, default=0, metavar="N", help="0: a free one")
    mock.add_argument("--host", default="127.0.0.1", metavar="H")
    mock.add_argument("--seed", type=int, default=0, metavar="N")
    mock.add_argument("--dialect", choices=("typed", "adk"), default="typed", help="of the stream")
    command("headers", "the attribution headers this install sends", "headers", "headers --json")
    return parser


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
    parser = build_parser()
    console.command = next((word for word in words if not word.startswith("-")), "")
    options, rest = parser.parse_known_args(words)
    if rest:
        _take_rest(options, rest)
    if options.command is None:
        parser.print_help(console.err)
        raise UsageError("No command was given.", hint="Begin with: image-to-video demo")
    console.command = options.command
    console.json, console.quiet, console.verbose = options.json, options.quiet, options.verbose
    console.prefix = _prefix(options)
    from skill import commands

    return commands.run(options, console)


def _take_rest(options: argparse.Namespace, rest: list[str]) -> None:
    """Photos and words that stand behind an option argparse leaves over: `make a -p x b`."""
    several = {"make": "photos", "upload": "files", "ask": "words", "route": "words"}
    name = several.get(options.command, "")
    if not name or any(word.startswith("-") for word in rest):
        raise UsageError(
            f"Not understood: {' '.join(rest)}.",
            hint=f"See: image-to-video {options.command or ''} --help".replace("  ", " "),
        )
    getattr(options, name).extend(Path(word) if name == "photos" else word for word in rest)


def _prefix(options: argparse.Namespace) -> tuple[str, ...]:
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
