"""A command's options → typed values: the settings, what it asks for, the packages it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from skill.install.packages import Group
    from skill.jobs.request import Request
    from skill.settings.config import Settings

T = TypeVar("T")

_SETTINGS = ("local", "home", "skill", "pace", "language")
_FOR_THE_CONSOLE = ("json", "quiet", "verbose")
_HOW_IT_RUNS = ("no_wait", "dry_run", "detached")
REQUESTED = frozenset({"make", "extend", "export", "resume", "chat", "ask", "upload"})
"""The commands that come to a request."""


class Invocation(NamedTuple):
    """A command as it was called. `timeout` in seconds; `no_wait`: leave the job to the background;
    `dry_run`: only tell what would be sent; `detached`: be that background; `asked_at` in Unix
    seconds, None where the process is there for nothing else; `arguments`: its own options, by
    name."""

    command: str
    settings: Settings
    timeout: float | None
    no_wait: bool
    dry_run: bool
    detached: bool
    asked_at: float | None
    arguments: dict[str, Any]


def invocation_of(options: Namespace, asked_at: float | None) -> Invocation:
    """The options, sorted by what they are for."""
    rest = vars(options).copy()
    for name in _FOR_THE_CONSOLE:
        del rest[name]
    settings: Any = {name: rest.pop(name) for name in _SETTINGS}
    command, timeout = rest.pop("command"), rest.pop("timeout")
    no_wait, dry_run, detached = (rest.pop(name, False) for name in _HOW_IT_RUNS)
    return Invocation(command, settings, timeout, no_wait, dry_run, detached, asked_at, rest)


def packages_of(invocation: Invocation) -> Group | None:
    """The packages the command needs, beside what comes with Python."""
    command, arguments = invocation.command, invocation.arguments
    if command in ("route", "translate"):
        return None
    if command == "doctor":  # it tells what is missing
        return "base"
    if command == "contract":  # it starts a mock where no other backend is named
        return "base" if arguments["against"] else "local"
    output: Path | None = arguments.get("output")
    loop = arguments.get("format") or (output.suffix[1:].lower() if output else "")
    beside = arguments.get("poster") or arguments.get("sheet") or loop in ("gif", "webp")
    if invocation.settings["local"] or command in ("demo", "mock") or beside:
        return "local"
    return "base"


def request_of(invocation: Invocation) -> Request | None:
    """What the command asks for, if it is one of `REQUESTED`. Raises UsageError."""
    from skill.clock import process_began
    from skill.jobs import request

    asked_at = process_began() if invocation.asked_at is None else invocation.asked_at
    given = {**invocation.arguments, "asked_at": asked_at}
    match invocation.command:
        case "make":
            wish = _read(request.VideoOptions, given)
            extras = _read(request.Extras, given)
            export = not given["no_export"]
            return _read(request.MakeRequest, given, wish=wish, extras=extras, export=export)
        case "extend":
            extras = _read(request.Extras, given)
            return _read(request.ExtendRequest, given, extras=extras, seconds=given["duration"])
        case "export":
            return _read(request.ExportRequest, given, extras=_read(request.Extras, given))
        case "resume":
            return _read(request.ResumeRequest, given, extras=_read(request.Extras, given))
        case "chat":
            return _read(request.ChatRequest, given, message=" ".join(given["message"]))
        case "ask":
            return _read(request.AskRequest, given, words=" ".join(given["words"]))
        case "upload":
            files = [name for name in given["files"] if "://" not in name]
            urls = [name for name in given["files"] if "://" in name]
            return _read(request.UploadRequest, given, files=files, urls=urls, words="")
    return None


def _read(kind: type[T], given: dict[str, Any], **settled: object) -> T:
    """A data class whose fields are the options of that name, or what is settled."""
    from dataclasses import fields

    names = [field.name for field in fields(kind) if field.name not in settled]  # type: ignore[arg-type]
    return kind(**{name: given[name] for name in names}, **settled)
