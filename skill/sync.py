"""The work without an event loop: `SyncStudio` for several calls, and a function for one call.

    video = skill.make_video(["cat.jpg"], "a slow zoom, 5 seconds", local=True)

    with skill.SyncStudio(local=True) as studio:
        studio.make(["cat.jpg"], "a slow zoom, 5 seconds")
        studio.chat("make it slower")

Both take `tell`, which is called with what happens meanwhile, and the settings of
`Config.resolve` by name. They raise what the method of `Studio` does; inside a running event
loop, where they would stop everything else, UsageError. A call that was interrupted (Ctrl-C)
goes on with `resume`.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, Unpack

from skill.errors import UsageError
from skill.i18n import say
from skill.jobs.request import (
    AskArguments,
    ClipArguments,
    CostArguments,
    ExtendArguments,
    FileArguments,
    MakeArguments,
    ResumeArguments,
)
from skill.jobs.studio import Studio
from skill.jobs.threads import new_event_loop
from skill.settings.config import Config, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from types import TracebackType
    from typing import Self

    from skill.api.models import Credits
    from skill.events import Tell
    from skill.jobs.job import Job
    from skill.jobs.request import VideoOptions
    from skill.jobs.results import Connected, Reply, Status, Video
    from skill.settings.config import StrPath

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    method: Callable[Concatenate[Studio, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[SyncStudio, P], T]:
    """The method of a Studio as one of a SyncStudio: with the same arguments, and what it says of
    itself."""

    @wraps(method)
    def call(self: SyncStudio, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._runner.run(method(self._studio, *args, **kwargs))

    return call


class SyncStudio:
    """A `Studio` without an event loop, for several calls over one connection: to be used in a
    `with` statement. Takes `tell` and the settings of `Config.resolve`."""

    def __init__(self, tell: Tell | None = None, **settings: Unpack[Settings]) -> None:
        self._tell = tell
        self._settings = settings

    def __enter__(self) -> Self:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise UsageError(
                say("This cannot be called inside a running event loop."),
                hint=say("Await the method of a Studio instead; its docstring names it."),
            )
        self._opening = Studio.open(Config.resolve(**self._settings), self._tell)
        self._runner = asyncio.Runner(loop_factory=new_event_loop)
        try:
            self._studio = self._runner.run(self._opening.__aenter__())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._runner:
            self._runner.run(self._opening.__aexit__(kind, error, trace))

    connect = _blocking(Studio.connect)
    make = _blocking(Studio.make)
    lay_out = _blocking(Studio.lay_out)
    upload = _blocking(Studio.upload)
    chat = _blocking(Studio.chat)
    ask = _blocking(Studio.ask)
    status = _blocking(Studio.status)
    credits = _blocking(Studio.credits)
    export = _blocking(Studio.export)
    extend = _blocking(Studio.extend)
    resume = _blocking(Studio.resume)
    cancel = _blocking(Studio.cancel)

    def jobs(self) -> list[Job]:
        """What is unfinished at this backend, the newest first."""
        return self._studio.jobs()


class CallArguments(Settings, total=False):
    """Those of every function here: the settings, and `tell`."""

    tell: Tell | None


class MakeCall(CallArguments, MakeArguments, total=False):
    """Those of `make_video`."""


class UploadCall(CallArguments, FileArguments, total=False):
    """Those of `upload`."""

    words: str


class ChatCall(CallArguments, CostArguments, total=False):
    """Those of `chat`."""


class AskCall(CallArguments, AskArguments, total=False):
    """Those of `ask`."""


class ExportCall(CallArguments, ClipArguments, total=False):
    """Those of `export`."""


class ExtendCall(CallArguments, ExtendArguments, total=False):
    """Those of `extend`."""


class ResumeCall(CallArguments, ResumeArguments, total=False):
    """Those of `resume`."""


def make_video(
    photos: StrPath | Sequence[StrPath],
    prompt: str = "",
    wish: VideoOptions | None = None,
    **arguments: Unpack[MakeCall],
) -> Video:
    """Photos in, MP4 out, as a new project: `Studio.make`. With `local=True` on this machine, free
    and offline; else by the cloud, for credits.

    `prompt` and `wish` say what the video should be. It stands at `output` (`.mp4`), else under a
    free name in this folder; a file that is there is overwritten with `force` alone. `extras` are
    made of it on this machine. `shrink` and `keep_metadata` say how photos are made ready. With
    `max_credits` nothing is sent that may cost more: about 100. Raises
    SkillError; where that names a job, `resume` goes on with it and pays nothing again.
    """
    return _call(SyncStudio.make, photos, prompt, wish, **arguments)


def connect(**arguments: Unpack[CallArguments]) -> Connected:
    """Have a token and a project, made where there is none (`Studio.connect`). Costs nothing.
    Raises SkillError."""
    return _call(SyncStudio.connect, **arguments)


def upload(
    files: StrPath | Sequence[StrPath], urls: Sequence[str] = (), **arguments: Unpack[UploadCall]
) -> Reply:
    """Put files, and files the backend fetches itself, into the current project
    (`Studio.upload`). Takes `words`, `shrink`, `keep_metadata`. Raises SkillError."""
    return _call(SyncStudio.upload, files, urls, **arguments)


def chat(message: str, **arguments: Unpack[ChatCall]) -> Reply:
    """Send a message to the current project's agent, once: this is what costs credits
    (`Studio.chat`). With `max_credits` none is sent that may cost more. Raises SkillError."""
    return _call(SyncStudio.chat, message, **arguments)


def ask(
    words: str,
    files: StrPath | Sequence[StrPath] = (),
    output: StrPath | None = None,
    **arguments: Unpack[AskCall],
) -> Reply:
    """Any sentence of the user's, with files or without, to the current project: routed, done,
    answered (`Studio.ask`). A change to the video may cost credits; `route` tells beforehand
    whether it is one. `output`: where the video goes if it is an export. Takes `shrink`,
    `keep_metadata`; with `max_credits` no message is sent that may cost more. Raises SkillError."""
    return _call(SyncStudio.ask, words, files, output, **arguments)


def status(**arguments: Unpack[CallArguments]) -> Status:
    """The current project's timeline and uploads (`Studio.status`). Raises SkillError,
    NotFoundError where there is no project."""
    return _call(SyncStudio.status, **arguments)


def credits(**arguments: Unpack[CallArguments]) -> Credits:
    """The account's balance, in credits (`Studio.credits`); where there is no account, a free
    anonymous one is taken. Raises SkillError."""
    return _call(SyncStudio.credits, **arguments)


def export(output: StrPath | None = None, **arguments: Unpack[ExportCall]) -> Video:
    """Render the current project as it stands and fetch the MP4 (`Studio.export`). Costs no
    credits. `output`, `force` and `extras` as for `make_video`. Raises SkillError."""
    return _call(SyncStudio.export, output, **arguments)


def extend(
    video: StrPath | None = None, prompt: str = "", **arguments: Unpack[ExtendCall]
) -> Video:
    """Make the current project's video, or a `video` of the user's own in a new project, longer by
    `seconds` (`Studio.extend`). Costs what a generation does. Takes `output`, `force`, `extras` and
    `max_credits` as `make_video` does. Raises SkillError."""
    return _call(SyncStudio.extend, video, prompt, **arguments)


def resume(job: str | None = None, **arguments: Unpack[ResumeCall]) -> Video | Reply:
    """Go on with a job, the newest unfinished one by default, without sending or paying again
    (`Studio.resume`). What comes of it is what the call would have returned that began it; `output`
    is another place for its video, `force` and `extras` as for `make_video`. Raises SkillError,
    NotFoundError where nothing is unfinished."""
    return _call(SyncStudio.resume, job, **arguments)


def cancel(job: str | None = None, **arguments: Unpack[CallArguments]) -> Job:
    """Give a job up, the newest unfinished one by default (`Studio.cancel`). Raises SkillError,
    NotFoundError where nothing is unfinished."""
    return _call(SyncStudio.cancel, job, **arguments)


def unfinished_jobs(**arguments: Unpack[CallArguments]) -> list[Job]:
    """What is unfinished at this backend, the newest first (`Studio.jobs`). Raises SkillError."""
    return _call(SyncStudio.jobs, **arguments)


_OF_THE_CALL = frozenset(CallArguments.__optional_keys__)


def _call(method: Callable[..., T], *words: object, **arguments: Any) -> T:
    """Run a method of a studio that is open for as long as it takes."""
    settings = {name: arguments.pop(name) for name in _OF_THE_CALL & arguments.keys()}
    with SyncStudio(**settings) as studio:
        return method(studio, *words, **arguments)
