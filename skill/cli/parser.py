"""The command line's words: every command, its options, its examples."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from skill.errors import UsageError
from skill.i18n import primary_tag, say
from skill.settings.choices import ASPECTS, FORMATS, FPS, LOOKS, RESOLUTIONS, is_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FLAGS = ("--local", "--json", "--quiet", "--verbose")


class Parser(argparse.ArgumentParser):
    """Wrong words are a UsageError like any other, so that --json can tell them too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(_in_words(message), hint=say("See: {prog} --help", prog=self.prog))


# What argparse says, and how we say it; what is not here is told as it is.
_SAID = (
    (r"the following arguments are required: (?P<names>.+)", "Missing: {names}."),
    (
        r"argument (?P<name>\S+): invalid choice: (?P<value>.+?) \(choose from (?P<choices>.+)\)",
        "{name} cannot be {value}: it is one of {choices}.",
    ),
    (r"argument (?P<name>\S+): expected (?:one|at least one) argument", "{name} lacks its value."),
    (r"argument (?P<name>\S+): invalid \w+ value: (?P<value>.+)", "{name} cannot be {value}."),
    (r"argument (?P<name>\S+): (?P<why>.+)", "{name}: {why}."),
    (r"(?P<message>.+)", "{message}."),
)


def _in_words(message: str) -> str:
    for shape, sentence in _SAID:
        if found := re.fullmatch(shape, message, re.DOTALL):
            return say(sentence, **found.groupdict())
    return message


@dataclass(frozen=True)
class Command:
    """One command: a short sentence, two examples that run, and what adds its arguments.
    `several` names the argument that takes as many words as there are."""

    help: str
    examples: tuple[str, str]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    several: str = ""


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options in the words. Raises UsageError; --help prints and raises SystemExit."""
    options, rest = build_parser(_only(words)).parse_known_args(words)
    if rest:
        # Photos and words that stand behind an option argparse leaves over: make a -p x b
        several = COMMANDS[options.command].several if options.command else ""
        if not several or any(word.startswith("-") for word in rest):
            raise UsageError(
                say("Not understood: {rest}.", rest=" ".join(rest)),
                hint=say("See: image-to-video --help"),
            )
        taken = getattr(options, several)
        taken += [Path(word) if options.command == "make" else word for word in rest]
    return options


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of one alone, which takes a tenth of the time."""
    parser = Parser(
        prog="image-to-video",
        description="Photos in, MP4 out: by the NemoVideo backend, or on this machine with --local.",
        epilog="Begin with: image-to-video demo",
        allow_abbrev=False,
    )
    _globals(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name in [only] if only else COMMANDS:
        command = COMMANDS[name]
        examples = "\n  ".join(f"image-to-video {example}" for example in command.examples)
        sub = commands.add_parser(
            name,
            help=command.help,
            description=command.help[:1].upper() + command.help[1:] + ".",
            epilog=f"examples:\n  {examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _globals(sub, top=False)
        command.arguments(sub)
    return parser


def _only(words: Sequence[str]) -> str | None:
    """The command, where nothing but flags stands before it: else it takes the whole parser."""
    for word in words:
        if word not in FLAGS:
            return word if word in COMMANDS else None
    return None


def _globals(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """The global options; they may stand before or after the command."""
    default: dict[str, Any] = {} if top else {"default": argparse.SUPPRESS}
    flag: dict[str, Any] = {"action": "store_true", **default}
    add = parser.add_argument_group("global options").add_argument
    add("--local", help="the built-in backend: no account, no network, no cost", **flag)
    add("--json", help="one JSON object on stdout, JSON lines on stderr", **flag)
    add("--quiet", help="nothing on stderr but errors", **flag)
    add("--verbose", help="tell what is sent (tokens taken out)", **flag)
    add("--home", type=Path, metavar="DIR", help="where state lives", **default)
    add("--skill", type=Path, metavar="DIR", help="the skill folder to speak for", **default)
    add("--timeout", type=_seconds, metavar="S", help="for the whole command", **default)
    add("--pace", type=float, metavar="F", help="multiply every wait (loopback only)", **default)
    add("--language", type=_language, metavar="L", help="en, zh …; else as you write", **default)
    add("--version", "-V", action=_Version, nargs=0, help="the version", default=argparse.SUPPRESS)


class VersionAskedError(Exception):
    """The words ask for the version: nothing else of them counts."""


class _Version(argparse.Action):
    def __call__(self, *args: object, **kwargs: object) -> None:
        raise VersionAskedError


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not is_seconds(value):
        raise argparse.ArgumentTypeError(say("{text!r} is no number of seconds", text=text))
    return value


def _language(text: str) -> str:
    tag = primary_tag(text)
    if not tag:
        raise argparse.ArgumentTypeError(say("{text!r} is no language, as en or zh is", text=text))
    return tag


def _credits(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(say("{text!r} is no number of credits", text=text))
    return int(text)


# ---------------------------------------------------------------- each command's arguments


def _output(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-o", "--output", type=Path, metavar="FILE", help="the MP4; else a free name here")


def _output_force(parser: argparse.ArgumentParser) -> None:
    _output(parser)
    parser.add_argument("--force", action="store_true", help="overwrite FILE")


def _extras(parser: argparse.ArgumentParser) -> None:
    """What is made of the video, beside it."""
    add = parser.add_argument
    add("--format", choices=FORMATS, help="beside the MP4 a small loop: FILE.gif, FILE.webp")
    add("--poster", action="store_true", help="a good frame as FILE-poster.jpg")
    add("--sheet", action="store_true", help="twelve frames as FILE-sheet.jpg")


def _care(parser: argparse.ArgumentParser) -> None:
    """How files are made ready."""
    add = parser.add_argument
    add(
        "--shrink",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="make photos over the limit smaller (the default)",
    )
    add("--keep-metadata", action="store_true", help="leave place, date and camera in the photos")


def _no_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-wait", action="store_true", help="leave it to the background")


def _dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="what would be sent and its cost; sends nothing"
    )


def _paid(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--max-credits", type=_credits, metavar="N", help="send nothing if it may cost more")
    add("--new", action="store_true", help="also if an unfinished job does the same already")


def _make(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("photos", nargs="+", type=Path, metavar="PHOTO", help="pictures and clips, in order")
    add("-p", "--prompt", default="", help="what the video should be, in your words")
    _output_force(parser)
    _extras(parser)
    add("--aspect", choices=ASPECTS, help="the shape of the frame")
    add("--resolution", choices=RESOLUTIONS, help="the shorter side of the frame")
    add("--fps", type=int, choices=FPS, help="frames a second")
    add("--duration", type=_seconds, metavar="S", help="how long it is, in seconds")
    add("--music", metavar="STYLE", help="a style (lofi, ambient, upbeat, cinematic), or none")
    add("--look", choices=LOOKS, help="the colours; none: as the photos have them")
    add("--title", metavar="TEXT", help="words that stand on the picture")
    add(
        "--caption",
        action="append",
        default=[],
        metavar="TEXT",
        dest="captions",
        help="words over a photo: once for each, in the photos' order",
    )
    _care(parser)
    add("--no-export", action="store_true", help="up to the timeline, no file")
    _no_wait(parser)
    _dry_run(parser)
    _paid(parser)


def _extend(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("video", nargs="?", type=Path, metavar="VIDEO", help="one of your own; else the project's")
    add("-p", "--prompt", default="", help="what the new footage should be, in your words")
    add("--duration", type=_seconds, metavar="S", help="how much longer")
    _output_force(parser)
    _extras(parser)
    _no_wait(parser)
    _dry_run(parser)
    _paid(parser)


def _words(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("words", nargs="*", metavar="WORDS", help="as the user says them")
    add(
        "--file",
        action="append",
        default=[],
        type=Path,
        metavar="F",
        dest="files",
        help="what the words are said of; may be repeated",
    )


def _ask(parser: argparse.ArgumentParser) -> None:
    _words(parser)
    _output(parser)
    _care(parser)
    _paid(parser)


def _chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", nargs="+", metavar="MESSAGE", help="what is to be changed")
    _no_wait(parser)
    _paid(parser)


def _upload(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE|URL", help="the backend fetches URLs itself")
    _care(parser)


def _job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "job", nargs="?", metavar="JOB", help="its name; else the newest unfinished one"
    )


def _export(parser: argparse.ArgumentParser) -> None:
    _output_force(parser)
    _extras(parser)
    _no_wait(parser)


def _resume(parser: argparse.ArgumentParser) -> None:
    _job(parser)
    _output_force(parser)
    _extras(parser)
    _no_wait(parser)
    parser.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)


def _demo(parser: argparse.ArgumentParser) -> None:
    _output_force(parser)
    _extras(parser)
    parser.add_argument("--aspect", choices=ASPECTS, help="the shape of the frame")


def _translate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="+", metavar="TEXT", help="what the backend said")


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "of", nargs="?", choices=[*COMMANDS], metavar="COMMAND", help="only what this one prints"
    )


def _bundle(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("listings", nargs="*", metavar="LISTING", help="a listing's name")
    add("--all", action="store_true", help="all four")
    add("-o", "--output", type=Path, metavar="DIR", required=True, help="the folder they go into")
    add("--force", action="store_true", help="replace folders that are there")


def _mock(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--port", type=int, default=0, metavar="N", help="0: a free one")
    add("--host", default="127.0.0.1", metavar="H", help="the address it listens at")
    add("--seed", type=int, default=0, metavar="N", help="the same seed gives the same answers")
    add("--dialect", choices=("typed", "adk"), default="typed", help="of the stream")
    add(
        "--renderer",
        choices=("real", "instant"),
        help="of the videos; instant is one dark frame, and all there is where OpenCV and PyAV are not",
    )
    add(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="what goes wrong (may be repeated)",
    )
    add("--scenarios", action="store_true", help="print the names there are, and no more")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="leave the network out")


def _contract(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--against", metavar="URL", help="this backend; else a mock that is started for it")
    add(
        "--spend",
        action="store_true",
        help="send one message, about 100 credits, also to what is no mock",
    )
    add(
        "--force", action="store_true", help="spend even if an earlier check may have been paid for"
    )
    add("--junit", type=Path, metavar="FILE", help="write the report as JUnit XML too")


COMMANDS: dict[str, Command] = {
    "make": Command(
        "photos in, MP4 out: connect, upload, generate, export, download",
        (
            "make a.jpg b.jpg -p 'a calm slideshow' -o trip.mp4",
            "make --local a.jpg --aspect 9:16 --music lofi --title 'Our trip'",
        ),
        _make,
        several="photos",
    ),
    "extend": Command(
        "make the video longer: new footage goes on from its last frame",
        ("extend --duration 10 -o longer.mp4", "extend clip.mp4 -p 'the waves roll on'"),
        _extend,
    ),
    "ask": Command(
        "any sentence of the user's: routed, done, answered",
        ("ask 'make it 8 seconds and add a title'", "ask 'animate this' --file photo.jpg"),
        _ask,
        several="words",
    ),
    "route": Command(
        "which action a sentence would be; touches no network",
        ("route 'send me the video'", "route '把标题改成余额不足'"),
        _words,
        several="words",
    ),
    "connect": Command("token and project, ready to work", ("connect", "connect --local")),
    "chat": Command(
        "send a message to the project's agent",
        ("chat 'add calm piano music at 30%'", "chat --local 'make it 12 seconds'"),
        _chat,
        several="message",
    ),
    "upload": Command(
        "put files into the project",
        ("upload a.jpg b.jpg", "upload https://example.com/photo.jpg"),
        _upload,
        several="files",
    ),
    "status": Command("the project's timeline", ("status", "status --local --json")),
    "credits": Command("what is left of the credits", ("credits", "credits --json")),
    "export": Command(
        "render the project and fetch the MP4",
        ("export -o trip.mp4", "export --local"),
        _export,
    ),
    "jobs": Command("what is unfinished", ("jobs", "jobs --json")),
    "resume": Command(
        "go on with a job, without sending or paying again",
        ("resume", "resume job_0123456789"),
        _resume,
    ),
    "cancel": Command("give a job up", ("cancel", "cancel job_0123456789"), _job),
    "open": Command(
        "the link with which a person opens the project in a browser", ("open", "open --json")
    ),
    "demo": Command(
        "a video of pictures it draws itself, with --local",
        ("demo", "demo -o demo.mp4 --force"),
        _demo,
    ),
    "doctor": Command(
        "try what a video needs: what is set up, what is missing, what to do",
        ("doctor", "doctor --offline --json"),
        _doctor,
    ),
    "translate": Command(
        "the backend's GUI talk as plain words and actions",
        ("translate 'Click the Export button to save it.'", "translate '打开音频面板'"),
        _translate,
        several="text",
    ),
    "mock": Command(
        "serve the mock backend",
        ("mock --port 8123 --dialect adk", "mock --scenario stream-cut"),
        _mock,
    ),
    "contract": Command(
        "check that a backend keeps the published contract",
        ("contract", "contract --against http://127.0.0.1:8123 --junit contract.xml"),
        _contract,
    ),
    "bundle": Command(
        "self-contained skill folders, ready to install or publish",
        ("bundle --all -o dist", "bundle joy-image-to-video -o dist --force"),
        _bundle,
        several="listings",
    ),
    "headers": Command("the attribution headers this install sends", ("headers", "headers --json")),
    "schema": Command(
        "JSON Schemas of what --json prints", ("schema", "schema make --json"), _schema
    ),
}
