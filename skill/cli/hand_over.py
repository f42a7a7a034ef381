"""--no-wait: a job is written down and left to a process of its own."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from skill.i18n import say
from skill.jobs.background import log_of, start
from skill.jobs.plan import plan, redirect
from skill.jobs.projects import Projects
from skill.jobs.request import AskRequest, ResumeRequest
from skill.jobs.store import Vault

if TYPE_CHECKING:
    from skill.cli.console import Console
    from skill.jobs.job import Job
    from skill.jobs.request import Request
    from skill.settings.config import Config


def hand_over(console: Console, config: Config, request: Request, timeout: float | None) -> None:
    """Have the job done in the background, for at most `timeout` seconds, and tell how to wait for
    it."""
    with closing(Vault.open(config.home)) as vault:
        job = _job_of(request, config, vault)
        try:
            if not job.finished and not vault.lock(job.id).held:
                limit = () if timeout is None else (f"--timeout={timeout}",)
                start(job, config, limit)
        except KeyboardInterrupt as stop:
            raise type(stop)(job.id) from None  # it may be at work already: that has to be told
    console.job = job.id
    data = {"job": job.id, "target": job.target, "log": str(log_of(config.home, job.id))}
    next_ = [console.next("resume", job.id)]
    lines = [
        say("{job} is {step} already.", job=job.id, step=say(job.step.value))
        if job.finished
        else say("{job} goes on in the background.", job=job.id),
        say("Wait for it, or see how it went: {command}", command=next_[0]),
    ]
    console.answer(data, lines, next_)


def _job_of(request: Request, config: Config, vault: Vault) -> Job:
    """The job that does what is asked for, written down: a new one, or the one to resume."""
    if isinstance(request, ResumeRequest):
        job = vault.pick(request.job, config.backend, config.manifest.name)
        if request.redirects:
            with vault.holding(job):
                if redirect(job, request, Projects(config, vault)):
                    vault.save(job)
        return job
    assert not isinstance(request, AskRequest)  # which has no --no-wait
    projects = Projects(config, vault)
    job = plan(config, projects, request)
    vault.add(job, again=request.new, asked_at=request.asked_at)
    return job
