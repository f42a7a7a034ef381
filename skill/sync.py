"""The work in one call, for a program that has no event loop: each runs one method of `Studio`.

    video = skill.make_video(["cat.jpg"], "a slow zoom, 5 seconds", local=True)

All take `tell`, which is called with what happens meanwhile, and the settings of
`Config.resolve` by name. They raise what the method does; inside a running event loop, where
they would stop everything else, UsageError. A call that was interrupted (Ctrl-C) goes on with
`resume`.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import anyio

from skill.errors import UsageError
from skill.i18n import say
from skill.jobs.previews import NOTHING
from skill.jobs.studio import Studio
from skill.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from skill.api.models import Credits
    from skill.events import Report
    from skill.jobs.previews import Extras
    from skill.jobs.prompt import Wish
    from skill.jobs.results import Reply, Video

    StrPath = str | os.PathLike[str]

T = TypeVar("T")


class Settings(TypedDict, total=False):
    """The settings of `Config.resolve`, which says what they are."""

    local: bool
    home: Path | None
    skill: Path | None
    pace: float | None
    language: str | None


def _ignore(report: Report) -> None:
    """Nobody wants to know."""


def make_video(
    photos: StrPath | Sequence[StrPath],
    prompt: str = "",
    *,
    wish: Wish | None = None,
    output: StrPath | None = None,
    force: bool = False,
    extras: Extras = NOTHING,
    max_credits: int | None = None,
    tell: Callable[[Report], None] = _ignore,
    **settings: Unpack[Settings],
) -> Video:
    """Photos in, MP4 out, as a new project: `Studio.make`. With `local=True` on this machine, free
    and offline; else by the cloud, for credits.

    `prompt` and `wish` say what the video should be. It stands at `output` (`.mp4`), else under a
    free name in this folder; a file that is there is overwritten with `force` alone. With
    `max_credits` nothing is sent that may cost more: about 100. Raises
    SkillError; where that names a job, `resume` goes on with it and pays nothing again.
    """
    paths, target = _paths(photos), _path(output)
    return _run(
        "make_video",
        lambda studio: studio.make(
            paths,
            prompt,
            wish,
            output=target,
            force=force,
            extras=extras,
            max_credits=max_credits,
        ),
        tell,
        settings,
    )


def ask(
    words: str,
    files: StrPath | Sequence[StrPath] = (),
    *,
    output: StrPath | None = None,
    max_credits: int | None = None,
    tell: Callable[[Report], None] = _ignore,
    **settings: Unpack[Settings],
) -> Reply:
    """Any sentence of the user's, with files or without, to the current project: routed, done,
    answered (`Studio.ask`). A change to the video may cost credits; `route` tells beforehand
    whether it is one. `output`: where the video goes if it is an export. With
    `max_credits` no message is sent that may cost more. Raises SkillError."""
    paths, target = _paths(files), _path(output)
    return _run(
        "ask",
        lambda studio: studio.ask(words, paths, target, max_credits=max_credits),
        tell,
        settings,
    )


def export(
    output: StrPath | None = None,
    *,
    force: bool = False,
    extras: Extras = NOTHING,
    tell: Callable[[Report], None] = _ignore,
    **settings: Unpack[Settings],
) -> Video:
    """Render the current project as it stands and fetch the MP4 (`Studio.export`). Costs no
    credits. `output` and `force` as for `make_video`. Raises SkillError."""
    target = _path(output)
    return _run(
        "export",
        lambda studio: studio.export(target, force=force, extras=extras),
        tell,
        settings,
    )


def resume(
    job: str | None = None,
    *,
    output: StrPath | None = None,
    force: bool = False,
    extras: Extras = NOTHING,
    tell: Callable[[Report], None] = _ignore,
    **settings: Unpack[Settings],
) -> Video | Reply:
    """Go on with a job, the newest unfinished one by default, without sending or paying again
    (`Studio.resume`). What comes of it is what the call would have returned that began it; `output`
    is another place for its video, `force` and `extras` as for `make_video`. Raises SkillError,
    NotFoundError where nothing is unfinished."""
    target = _path(output)
    return _run(
        "resume",
        lambda studio: studio.resume(job, output=target, force=force, extras=extras),
        tell,
        settings,
    )


def credits(*, tell: Callable[[Report], None] = _ignore, **settings: Unpack[Settings]) -> Credits:
    """The account's balance, in credits (`Studio.credits`); where there is no account, a free
    anonymous one is taken. Raises SkillError."""
    return _run("credits", lambda studio: studio.credits(), tell, settings)


def _path(path: StrPath | None) -> Path | None:
    return None if path is None else Path(path)


def _paths(paths: StrPath | Sequence[StrPath]) -> list[Path]:
    """One path is a list of one: its letters are no files."""
    return [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]


def _run(
    name: str,
    action: Callable[[Studio], Awaitable[T]],
    tell: Callable[[Report], None],
    settings: Settings,
) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise UsageError(
            say("skill.{name} cannot be called inside a running event loop.", name=name),
            hint=say("Await the method of a Studio instead; its docstring names it."),
        )

    async def work() -> T:
        async with Studio.open(Config.resolve(**settings), tell) as studio:
            return await action(studio)

    return anyio.run(work)
