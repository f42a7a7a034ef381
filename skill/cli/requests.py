"""What a command's options ask for: the user's words, a job, and what that may cost."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from typing import TypedDict

    from skill.install.packages import Group
    from skill.jobs.job import Job, StoredSession
    from skill.jobs.previews import Extras
    from skill.jobs.prompt import Wish
    from skill.jobs.store import Vault
    from skill.settings.config import Config

    class Care(TypedDict):
        """Arguments of `Studio` and `skill.jobs.plan` for whatever takes files."""

        shrink: bool
        keep_metadata: bool


def packages_of(options: Namespace) -> Group | None:
    """The packages the command needs, beside what comes with Python."""
    if options.command in ("route", "translate"):
        return None
    if options.command == "doctor":  # it tells what is missing
        return "base"
    output = getattr(options, "output", None)
    loop = getattr(options, "format", None) or (output.suffix[1:].lower() if output else "")
    beside = any(getattr(options, name, False) for name in ("poster", "sheet"))
    if options.command == "contract":  # it starts a mock where no other backend is named
        return "base" if options.against else "local"
    if options.local or options.command in ("demo", "mock") or beside or loop in ("gif", "webp"):
        return "local"
    return "base"


def words_of(options: Namespace) -> str:
    """What the user says in the command, in whatever language."""
    from skill.jobs.plan import said_in

    for name in ("words", "message"):
        if said := getattr(options, name, None):
            return " ".join(said)
    texts = (getattr(options, "title", None), *getattr(options, "captions", ()))
    return said_in(getattr(options, "prompt", ""), *texts)


def extras_of(options: Namespace) -> Extras:
    """What is wished beside the video."""
    from skill.jobs.previews import Extras

    return Extras(options.format, options.poster, options.sheet)


def care_of(options: Namespace) -> Care:
    """How files are made ready."""
    return {"shrink": options.shrink, "keep_metadata": options.keep_metadata}


def plan_of(options: Namespace, config: Config, project: StoredSession | None) -> Job:
    """The job that `make` or `extend` would be; nothing is written down."""
    from skill.jobs.plan import plan_extend, plan_make

    if options.command == "extend":
        return plan_extend(
            config,
            project,
            options.video,
            options.prompt,
            seconds=options.duration,
            target=options.output,
            force=options.force,
            extras=extras_of(options),
            max_credits=options.max_credits,
        )
    return plan_make(
        config,
        options.photos,
        options.prompt,
        _wish(options),
        target=options.output,
        force=options.force,
        export=not options.no_export,
        extras=extras_of(options),
        max_credits=options.max_credits,
        **care_of(options),
    )


def _wish(options: Namespace) -> Wish:
    from skill.jobs.prompt import Wish

    return Wish(
        options.aspect,
        options.resolution,
        options.duration,
        options.music,
        options.title,
        options.fps,
        options.look,
        tuple(options.captions),
    )


def job_of(options: Namespace, config: Config, vault: Vault) -> Job:
    """The job that the options mean, written down: a new one, or the one to resume."""
    from skill.jobs.plan import plan_chat, plan_export, redirect
    from skill.jobs.previews import NOTHING
    from skill.jobs.projects import Projects

    match options.command:
        case "make" | "extend":
            job = plan_of(options, config, Projects(config, vault).current)
        case "chat":
            session = Projects(config, vault).current
            job = plan_chat(config, session, words_of(options), max_credits=options.max_credits)
        case "export":
            session = Projects(config, vault).required()
            job = plan_export(
                config, session, options.output, force=options.force, extras=extras_of(options)
            )
        case _:
            job = vault.pick(options.job, config.backend, config.manifest.name)
            wished = extras_of(options)
            if options.output is not None or wished != NOTHING:
                with vault.holding(job):
                    if redirect(job, options.output, force=options.force, extras=wished):
                        vault.save(job)
            return job
    job.account = Projects(config, vault).owner
    vault.save(job)
    return job


def check_words_cap(options: Namespace, config: Config) -> None:
    """Raises UsageError where what is said may cost more than --max-credits. (Of `make` and `extend`
    it is settled with the rest of their plan.)"""
    from skill.jobs.plan import check_cap
    from skill.jobs.projects import Projects
    from skill.jobs.prompt import expected_credits
    from skill.jobs.store import Vault
    from skill.routing import route

    most = getattr(options, "max_credits", None)
    if most is None or options.command not in ("chat", "ask"):
        return
    if options.command == "ask":
        way = route(" ".join(options.words), [str(file) for file in options.files])
        if way.message is None:
            return
    with closing(Vault.open(config.home)) as vault:
        project = Projects(config, vault).current
    laid_out = project is not None and project.laid_out
    check_cap(config, expected_credits("chat", laid_out=laid_out), most)
