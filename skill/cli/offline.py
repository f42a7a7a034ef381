"""The commands that talk to no backend: typed options in, an answer on the console."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.i18n import say, size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from skill.cli.console import Console
    from skill.settings.config import Settings


def _route(console: Console, settings: Settings, *, words: list[str], files: list[Path]) -> None:
    from skill.routing import route

    said = " ".join(words)
    if not said.strip() and not files:
        raise UsageError(
            say("Nothing was said."), hint=say("Say what you want: image-to-video route 'export'")
        )
    way = route(said, [str(file) for file in files])
    data = {
        "action": way.action.value,
        "message": way.message,
        "files": list(way.files),
        "reason": way.reason,
        "vague": way.vague,
    }
    console.answer(data, [f"{way.action}: {way.reason}"])


def _translate(console: Console, settings: Settings, *, text: list[str]) -> None:
    from skill.sanitize import clean
    from skill.screentalk import translate

    translation = translate(clean(" ".join(text)))
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


def _headers(console: Console, settings: Settings) -> None:
    from skill.settings.manifest import Manifest

    headers = Manifest.load(settings["skill"]).headers
    console.answer(headers, [f"{name}: {value}" for name, value in headers.items()])


def _bundle(
    console: Console,
    settings: Settings,
    *,
    listings: list[str],
    all: bool,  # noqa: A002 - the option's name
    output: Path,
    force: bool,
) -> None:
    from skill.install.bundle import bundle
    from skill.settings.listings import LISTINGS

    if bool(listings) == all:
        raise UsageError(
            say("Name the listings to bundle, or --all of them."),
            hint=say("There are: {names}", names=say(", ").join(LISTINGS)),
        )
    names = LISTINGS if all else dict.fromkeys(listings)
    if unknown := [name for name in names if name not in LISTINGS]:
        raise UsageError(
            say("There is no listing {name}.", name=unknown[0]),
            hint=say("There are: {names}", names=say(", ").join(LISTINGS)),
        )
    made = bundle([LISTINGS[name] for name in names], output, force=force)
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


def _schema(console: Console, settings: Settings, *, of: str | None) -> None:
    import json

    from skill.cli.json_schema import schemas

    data = schemas(of)
    console.answer(data, [json.dumps(data, indent=2)])


def _doctor(console: Console, settings: Settings, *, offline: bool) -> None:
    from skill.cli.doctor import examine

    lines = []
    checks = examine(settings, offline=offline)
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


def _jobs(console: Console, settings: Settings) -> None:
    from skill.jobs.store import Vault
    from skill.settings.config import Config

    config = Config.resolve(**settings)
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
            "created": job.created.isoformat(timespec="seconds"),
            "failure": vars(job.failure) if job.failure else None,
        }
        for job in jobs
    ]
    lines = []
    for job in jobs:
        state = say("at work") if job.id in working else say("waits")
        how_far = say(", ").join([say(job.step.value), state])
        whose = "" if job.listing == config.manifest.name else f"({job.listing})"
        line = f"{job.id}  {job.goal}  {how_far}  {job.created.isoformat(timespec='seconds')}  {job.target} {whose}"
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


COMMANDS: dict[str, Callable[..., None]] = {
    "route": _route,
    "translate": _translate,
    "headers": _headers,
    "bundle": _bundle,
    "schema": _schema,
    "doctor": _doctor,
    "jobs": _jobs,
}
