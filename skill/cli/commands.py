"""One function a command: options in, an answer on the console, an exit code out."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from skill.cli.requests import (
    care_of,
    check_words_cap,
    extras_of,
    job_of,
    packages_of,
    plan_of,
    words_of,
)
from skill.cli.views import show_outcome, show_plan, show_reply, show_video
from skill.errors import UsageError
from skill.i18n import say, size_in_words, speak

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable

    from skill.cli.console import Console
    from skill.jobs.studio import Studio
    from skill.settings.config import Config


def run(options: Namespace, console: Console) -> int:
    """Do what the options say; returns the exit code, raises SkillError."""
    name = options.command
    if group := packages_of(options):
        from skill.install import packages

        packages.provide(group, console.tell)
    if name in _PLAIN:
        _PLAIN[name](options, console)
        return 0
    if name == "mock":
        return _mock(options, console)
    if name == "contract":
        from skill.cli.contract import check

        check(options, console)
        return 0
    return _talk(_TALKING[name], options, console)


def _config(options: Namespace, *, local: bool = False) -> Config:
    from skill.settings.config import Config

    return Config.resolve(
        local=options.local or local,
        home=options.home,
        skill=options.skill,
        pace=options.pace,
        language=options.language,
    )


# ---------------------------------------------------------------- without a backend


def _route(options: Namespace, console: Console) -> None:
    from skill.routing import route

    words = " ".join(options.words)
    if not words.strip() and not options.files:
        raise UsageError(
            say("Nothing was said."), hint=say("Say what you want: image-to-video route 'export'")
        )
    way = route(words, [str(file) for file in options.files])
    data = {
        "action": way.action.value,
        "message": way.message,
        "files": list(way.files),
        "reason": way.reason,
        "vague": way.vague,
    }
    console.answer(data, [f"{way.action}: {way.reason}"])


def _translate(options: Namespace, console: Console) -> None:
    from skill.sanitize import clean
    from skill.screentalk import translate

    translation = translate(clean(" ".join(options.text)))
    actions = [action.value for action in translation.actions]
    lines = [
        line
        for line in (
            translation.text,
            say("actions: {actions}", actions=say(", ").join(actions)) if actions else "",
        )
        if line
    ]
    console.answer({"text": translation.text, "actions": actions}, lines)


def _headers(options: Namespace, console: Console) -> None:
    from skill.settings.manifest import Manifest

    headers = Manifest.load(options.skill).headers
    console.answer(headers, [f"{name}: {value}" for name, value in headers.items()])


def _bundle(options: Namespace, console: Console) -> None:
    from skill.install.bundle import bundle
    from skill.settings.listings import LISTINGS

    if bool(options.listings) == options.all:
        raise UsageError(
            say("Name the listings to bundle, or --all of them."),
            hint=say("There are: {names}", names=say(", ").join(LISTINGS)),
        )
    names = LISTINGS if options.all else dict.fromkeys(options.listings)
    if unknown := [name for name in names if name not in LISTINGS]:
        raise UsageError(
            say("There is no listing {name}.", name=unknown[0]),
            hint=say("There are: {names}", names=say(", ").join(LISTINGS)),
        )
    made = bundle([LISTINGS[name] for name in names], options.output, force=options.force)
    console.answer(
        {"bundles": [{**vars(one), "path": str(one.path)} for one in made]},
        [
            say(
                "{path}: {count} files, {size}",
                path=one.path,
                count=one.files,
                size=size_in_words(one.bytes),
            )
            for one in made
        ],
    )


def _schema(options: Namespace, console: Console) -> None:
    import json

    from skill.cli.json_schema import schemas

    data = schemas(options.of)
    console.answer(data, [json.dumps(data, indent=2)])


def _doctor(options: Namespace, console: Console) -> None:
    from skill.cli.doctor import examine

    checks = examine(options)
    lines = []
    for check in checks:
        mark = "✓" if check.ok else "✗"
        lines.append(
            say("{mark} {name}: {found}", mark=mark, name=say(check.name), found=check.found)
        )
        if check.remedy:
            lines.append(f"    {check.remedy}")
    data = {
        "healthy": all(check.ok for check in checks),
        "checks": [vars(check) for check in checks],
    }
    console.answer(data, lines)


def _jobs(options: Namespace, console: Console) -> None:
    from skill.jobs.store import Vault

    config = _config(options)
    with closing(Vault.open(config.home)) as vault:
        jobs = vault.unfinished(config.backend)
        newer = vault.newer(config.backend)
        working = {job.id for job in jobs if vault.lock(job.id).held}
    data = [
        {
            "job": job.id,
            "skill": job.listing,
            "goal": job.goal.value,
            "step": job.step.value,
            "working": job.id in working,
            "target": job.target,
            "created": job.created.isoformat(),
            "failure": vars(job.failure) if job.failure else None,
        }
        for job in jobs
    ]
    lines = []
    for job in jobs:
        state = say("at work") if job.id in working else say("waits")
        how_far = say(", ").join([say(job.step.value), state])
        whose = "" if job.listing == config.manifest.name else f"({job.listing})"
        line = f"{job.id}  {job.goal}  {how_far}  {job.created.isoformat()}  {job.target} {whose}"
        lines.append(line.rstrip())
        if job.failure and job.id not in working:
            lines.append(f"    {job.failure.message}")
    unreadable = [
        {"job": job.id, "skill": job.listing, "message": job.error.message, "hint": job.error.hint}
        for job in newer
    ]
    lines += [line for job in newer for line in (job.error.message, f"    {job.error.hint}")]
    next_ = [console.next("resume", job.id) for job in jobs]
    console.answer(
        {"jobs": data, "unreadable": unreadable}, lines or [say("Nothing is unfinished.")], next_
    )
    console.suggest(next_[:1])


# ---------------------------------------------------------------- with a backend


async def _connect(options: Namespace, console: Console, studio: Studio) -> None:
    connected = await studio.connect()
    credits = connected.credits
    data = {
        "session_id": connected.session_id,
        "anonymous": connected.anonymous,
        "credits": vars(credits),
    }
    console.answer(data, [say("Ready.")])


async def _credits(options: Namespace, console: Console, studio: Studio) -> None:
    credits = await studio.credits()
    console.answer(vars(credits), [studio.credits_line(credits)])


async def _status(options: Namespace, console: Console, studio: Studio) -> None:
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


async def _upload(options: Namespace, console: Console, studio: Studio) -> None:
    urls = [name for name in options.files if "://" in name]
    paths = [Path(name) for name in options.files if "://" not in name]
    show_reply(console, await studio.upload(paths, urls, **care_of(options)))


async def _chat(options: Namespace, console: Console, studio: Studio) -> None:
    show_reply(console, await studio.chat(words_of(options), max_credits=options.max_credits))


async def _ask(options: Namespace, console: Console, studio: Studio) -> None:
    words = " ".join(options.words)
    reply = await studio.ask(
        words,
        options.files,
        options.output,
        max_credits=options.max_credits,
        **care_of(options),
    )
    show_reply(console, reply)


async def _export(options: Namespace, console: Console, studio: Studio) -> None:
    video = await studio.export(options.output, force=options.force, extras=extras_of(options))
    show_video(console, video)


async def _make(options: Namespace, console: Console, studio: Studio) -> None:
    show_outcome(console, await studio.begin(plan_of(options, studio.config, studio.project)))


async def _dry_run(options: Namespace, console: Console, studio: Studio) -> None:
    job = plan_of(options, studio.config, studio.project)
    show_plan(console, studio.config, job, await studio.known_balance())


async def _demo(options: Namespace, console: Console, studio: Studio) -> None:
    import shutil

    import anyio.to_thread

    from skill.cli.demo_pictures import draw_pictures
    from skill.events import Stage
    from skill.jobs.plan import places
    from skill.jobs.prompt import Wish

    extras = extras_of(options)
    target = places(options.output, "demo", force=options.force, extras=extras).video
    folder = studio.config.home / "demo"  # kept until the clip is there, so that resume finds them
    console.tell(Stage("draw", say("Drawing four pictures...")))
    pictures = await anyio.to_thread.run_sync(draw_pictures, folder)
    wish = Wish(aspect=options.aspect, duration=12, music="lofi", title=say("Made on this machine"))
    made = await studio.make(
        pictures,
        say("a calm slideshow of my pictures"),
        wish,
        output=options.output or target,
        force=options.force,
        extras=extras,
    )
    shutil.rmtree(folder, ignore_errors=True)
    show_video(console, made)


async def _resume(options: Namespace, console: Console, studio: Studio) -> None:
    if options.detached:
        await studio.work(options.job)
        return
    made = await studio.resume(
        options.job, output=options.output, force=options.force, extras=extras_of(options)
    )
    show_outcome(console, made)


async def _cancel(options: Namespace, console: Console, studio: Studio) -> None:
    job = await studio.cancel(options.job)
    told = (
        say("{job} is given up.", job=job.id)
        if job.step.value == "cancelled"
        else say("{job} is {step} already.", job=job.id, step=say(job.step.value))
    )
    console.answer({"job": job.id, "step": job.step.value}, [told])


async def _open(options: Namespace, console: Console, studio: Studio) -> None:
    link = await studio.open_link()
    console.answer({"link": link}, [link])


# ---------------------------------------------------------------- how they are run


def _talk(
    action: Callable[[Namespace, Console, Studio], Awaitable[None]],
    options: Namespace,
    console: Console,
) -> int:
    """Run an action on a studio."""
    config = _config(options, local=options.command == "demo")
    words = words_of(options)
    # A project of its own: none has a say in it.
    begins = options.command in ("make", "demo") or bool(getattr(options, "video", None))
    if words or begins:
        speak(config.language_of(words))
    if config.local:
        from skill.local import require

        require()
        if "--local" not in console.prefix:
            console.prefix = ("--local", *console.prefix)
    check_words_cap(options, config)
    if getattr(options, "no_wait", False) and not getattr(options, "dry_run", False):
        _hand_over(options, console, config)
        return 0
    if getattr(options, "dry_run", False):
        action = _dry_run
    talks = options.command in ("chat", "ask") or getattr(options, "no_export", False)
    console.words_to_stdout = talks and not console.json
    from skill.cli.runner import run as run_action

    async def act(studio: Studio) -> None:
        if not words and not begins:
            speak(studio.language)
        await action(options, console, studio)

    run_action(console, config, options.timeout, act)
    return 0


def _hand_over(options: Namespace, console: Console, config: Config) -> None:
    """--no-wait: the job goes to a process of its own, and this one is done."""
    from skill.jobs.background import log_of, start
    from skill.jobs.store import Vault

    with closing(Vault.open(config.home)) as vault:
        job = job_of(options, config, vault)
        try:
            if not job.finished and not vault.lock(job.id).held:
                limit = () if options.timeout is None else (f"--timeout={options.timeout}",)
                start(job, config, limit)
        except KeyboardInterrupt as stop:
            raise type(stop)(job.id) from None  # it may be at work already: that has to be told
    data = {"job": job.id, "target": job.target, "log": str(log_of(config.home, job.id))}
    next_ = [console.next("resume", job.id)]
    lines = [
        say("{job} is {step} already.", job=job.id, step=say(job.step.value))
        if job.finished
        else say("{job} goes on in the background.", job=job.id),
        say("Wait for it, or see how it went: {command}", command=next_[0]),
    ]
    console.answer(data, lines, next_)


def _mock(options: Namespace, console: Console) -> int:
    from skill.local import mock, scenarios

    if options.scenarios:
        there_are = {scenario.name: scenario.description for scenario in scenarios()}
        widest = max(map(len, there_are))
        console.answer(
            {"scenarios": [{"name": name, "description": is_} for name, is_ in there_are.items()]},
            [f"{name:{widest}}  {is_}" for name, is_ in there_are.items()],
        )
        return 0

    def ready(url: str) -> None:
        backend = server.backend
        key = {} if server.key is None else {"key": server.key}
        page = f"{url}/__mock__/" + (f"?key={server.key}" if key else "")
        console.answer(
            {
                "url": url,
                "page": page,
                "dialect": backend.settings.dialect,
                "seed": backend.settings.seed,
                "renderer": "instant" if backend.is_instant else "real",
                "scenarios": backend.scenarios.active,
                **key,
            },
            [
                say("The mock backend listens at {url}", url=url),
                *([say("Key of its control routes: {key}", **key)] if key else []),
                *([say("Its videos are one dark frame each.")] if backend.is_instant else []),
                say("See what happens: {page}", page=page),
                console.runnable(say("Use it: NEMO_API_URL={url} image-to-video connect", url=url)),
            ],
        )

    try:
        server = mock(
            seed=options.seed,
            dialect=options.dialect,
            pace=1.0 if options.pace is None else options.pace,
            host=options.host,
            port=options.port,
            renderer=options.renderer,
            scenarios=options.scenario,
        )
    except (OSError, OverflowError) as error:
        raise UsageError(
            say(
                "Cannot listen on {host} port {port}: {reason}.",
                host=options.host,
                port=options.port,
                reason=str(getattr(error, "strerror", None) or error).rstrip("."),
            ),
            hint=say("Take another --port, or 0 for a free one."),
        ) from error
    return 128 + server.serve_forever(ready)


_PLAIN: dict[str, Callable[[Namespace, Console], None]] = {
    "route": _route,
    "translate": _translate,
    "headers": _headers,
    "bundle": _bundle,
    "schema": _schema,
    "doctor": _doctor,
    "jobs": _jobs,
}
_TALKING: dict[str, Callable[[Namespace, Console, Studio], Awaitable[None]]] = {
    "make": _make,
    "extend": _make,
    "ask": _ask,
    "connect": _connect,
    "chat": _chat,
    "upload": _upload,
    "status": _status,
    "credits": _credits,
    "export": _export,
    "resume": _resume,
    "cancel": _cancel,
    "open": _open,
    "demo": _demo,
}
