"""Run a command: what it asks for is done by a studio, and what came of it shown on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skill.cli.requests import REQUESTED, packages_of, request_of
from skill.i18n import say, speak

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from skill.cli.console import Console
    from skill.cli.requests import Invocation
    from skill.jobs.request import Request
    from skill.jobs.studio import Studio
    from skill.settings.choices import Aspect
    from skill.settings.config import Settings


def run(invocation: Invocation, console: Console) -> int:
    """Do what the command says; returns the exit code, raises SkillError."""
    name, settings, arguments = invocation.command, invocation.settings, invocation.arguments
    if group := packages_of(invocation):
        from skill.install import packages

        packages.provide(group, console.tell)
    if name not in ("mock", "contract", *_TALKING, *REQUESTED):
        from skill.cli import offline

        offline.COMMANDS[name](console, settings, **arguments)
        return 0
    from skill.cli.runner import caught

    with caught(console.tell):
        if name == "mock":
            from skill.cli.mock import serve

            return serve(console, pace=settings["pace"], **arguments)
        if name == "contract":
            from skill.cli.contract import Options, check

            check(Options(settings=settings, timeout=invocation.timeout, **arguments), console)
        else:
            _talk(invocation, console)
    return 0


def _talk(invocation: Invocation, console: Console) -> None:
    """Run a command that talks to the backend."""
    from skill.settings.config import Config

    demo = invocation.command == "demo"
    request = request_of(invocation)
    settings: Settings = {**invocation.settings, "local": invocation.settings["local"] or demo}
    config = Config.resolve(**settings)
    words = request.words if request else ""
    begins = demo or _begins(request)
    if words or begins:
        speak(config.language_of(words))
    if config.local:
        from skill.local import require

        require()
        if "--local" not in console.prefix:
            console.prefix = ("--local", *console.prefix)
    if request and invocation.no_wait and not invocation.dry_run:
        from skill.cli.hand_over import hand_over

        hand_over(console, config, request, invocation.timeout)
        return
    talks = invocation.command in ("chat", "ask") or invocation.arguments.get("no_export", False)
    console.words_to_stdout = talks and not console.json
    from skill.cli.runner import run as run_action

    async def act(studio: Studio) -> None:
        if not words and not begins:
            speak(studio.language)
        if request is not None:
            await _do(request, invocation, console, studio)
        else:
            await _TALKING[invocation.command](console, studio, **invocation.arguments)

    run_action(console, config, invocation.timeout, act)


def _begins(request: Request | None) -> bool:
    """Whether it begins a project of its own: none has a say in it."""
    from skill.jobs.request import ExtendRequest, MakeRequest

    return isinstance(request, MakeRequest) or (
        isinstance(request, ExtendRequest) and request.video is not None
    )


async def _do(request: Request, invocation: Invocation, console: Console, studio: Studio) -> None:
    """Do what is asked for, be the background process that does it, or tell what it would be."""
    from skill.cli.views import show_outcome, show_plan
    from skill.jobs.request import ExtendRequest, MakeRequest

    if invocation.detached:
        await studio.work(invocation.arguments["job"])
    elif invocation.dry_run and isinstance(request, MakeRequest | ExtendRequest):
        job = studio.plan(request)
        balance, same = await studio.known_balance(), studio.under_way(job, request)
        show_plan(console, studio.config, job, balance, same)
    else:
        show_outcome(console, await studio.run(request))


# ---------------------------------------------------------------- without a request


async def _connect(console: Console, studio: Studio) -> None:
    connected = await studio.connect()
    credits = connected.credits
    data = {
        "session_id": connected.session_id,
        "anonymous": connected.anonymous,
        "credits": vars(credits),
    }
    console.answer(data, [say("Ready.")])


async def _credits(console: Console, studio: Studio) -> None:
    credits = await studio.credits()
    console.answer(vars(credits), [studio.credits_line(credits)])


async def _status(console: Console, studio: Studio) -> None:
    status = await studio.status()
    data = {
        "summary": status.timeline.summary(),
        "timeline": status.timeline.to_json(),
        "media": [_public(item) for item in status.media],
        "session_id": status.session_id,
    }
    names = [
        str(item["filename"])
        for item in data["media"]
        if isinstance(item, dict) and item.get("filename")
    ]
    lines = [status.timeline.summary()]
    if names:
        lines.append(say("Uploaded: {names}", names=say(", ").join(names)))
    next_ = [console.next("export")] if status.timeline.ready else []
    console.answer(data, lines, next_)
    console.suggest(next_)


def _public(item: object) -> object:
    """An uploaded file's facts; its address at the backend is of no use to anybody here."""
    from skill.sanitize import clean_line

    if not isinstance(item, dict):
        return None
    return {
        str(key): clean_line(value, 200) if isinstance(value, str) else value
        for key, value in item.items()
        if key in ("filename", "file_type", "duration", "width", "height", "fps", "hash")
    }


async def _cancel(console: Console, studio: Studio, *, job: str | None) -> None:
    given_up = await studio.cancel(job)
    told = (
        say("{job} is given up.", job=given_up.id)
        if given_up.step.value == "cancelled"
        else say("{job} is {step} already.", job=given_up.id, step=say(given_up.step.value))
    )
    console.answer({"job": given_up.id, "step": given_up.step.value}, [told])


async def _open(console: Console, studio: Studio) -> None:
    link = await studio.open_link()
    console.answer({"link": link}, [link])


async def _demo(
    console: Console,
    studio: Studio,
    *,
    output: Path | None,
    force: bool,
    aspect: Aspect | None,
    **beside: Any,
) -> None:
    """Draw four pictures and make a video of them."""
    import shutil

    import anyio.to_thread

    from skill.cli.demo_pictures import draw_pictures
    from skill.cli.views import show_video
    from skill.errors import UsageError
    from skill.events import Stage
    from skill.jobs.output_path import places
    from skill.jobs.request import ClipRequest, Extras, VideoOptions

    extras = Extras(**beside)
    target = places(ClipRequest(output=output, force=force, extras=extras), "demo").video
    folder = studio.config.home / "demo"  # kept until the clip is there, so that resume finds them
    console.tell(Stage("draw", say("Drawing four pictures...")))
    try:
        pictures = await anyio.to_thread.run_sync(draw_pictures, folder)
    except OSError as error:
        raise UsageError(
            say("{path} cannot be used: {reason}.", path=folder, reason=error.strerror or error),
            hint=say("Make room, or name a state folder on another disk with --home DIR."),
        ) from error
    made = await studio.make(
        pictures,
        say("a calm slideshow of my pictures"),
        VideoOptions(aspect=aspect, duration=12, music="lofi", title=say("Made on this machine")),
        output=output or target,
        force=force,
        extras=extras,
    )
    shutil.rmtree(folder, ignore_errors=True)
    show_video(console, made)


_TALKING: dict[str, Callable[..., Awaitable[None]]] = {
    "connect": _connect,
    "status": _status,
    "credits": _credits,
    "cancel": _cancel,
    "open": _open,
    "demo": _demo,
}
