"""Take jobs to their end: begin them, go on with them, wait for those of another process, give them up."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from skill.errors import BusyError, NotFoundError, SkillError, from_record
from skill.events import Detail, Notice
from skill.i18n import say, speak
from skill.jobs.background import LogReader, log_of
from skill.jobs.job import Goal, Step
from skill.jobs.partial_file import discard
from skill.jobs.plan import redirect
from skill.jobs.request import ResumeRequest
from skill.jobs.results import reply_of, uploaded, video_of
from skill.jobs.suggestions import offer_home
from skill.jobs.threads import run_blocking

if TYPE_CHECKING:
    from skill.jobs.connection import Connection
    from skill.jobs.job import Job
    from skill.jobs.request import JobRequest
    from skill.jobs.results import Reply, Video
    from skill.screentalk import GuiAction

_GLANCE = 0.1  # s between two looks at what another process does
_LET_GO = 10.0  # s it may take to let go of a job


class JobRunner:
    """Runs the jobs of one connection, one at a time. `job` is the one at work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._vault = connection.vault
        self._config = connection.config
        self.job: Job | None = None

    @property
    def asked_to_stop(self) -> bool:
        """Whether another command has given up the job at work here."""
        return self.job is not None and self._vault.stop_request(self.job).exists()

    async def begin(self, job: Job, request: JobRequest) -> Video | Reply:
        """Write the job that was planned for a request down and take it to its end."""
        add = self._vault.add
        await run_blocking(add, job, again=request.new, asked_at=request.asked_at)
        with self._vault.holding(job):
            return await self._finish(job)

    async def resume(self, request: ResumeRequest) -> Video | Reply:
        """Go on with a job. While another process works on it, its reports are told here; where it
        ends without having ended the job, we take over."""
        job = self.job = self._pick(request.job)
        attended = False
        while True:
            try:
                with self._vault.holding(job):
                    if attended and job.failure is not None and not job.finished:
                        error = from_record(vars(job.failure))
                        error.job = job.id
                        await offer_home(self._vault, job, error)
                        raise error
                    return await self._go_on(job, request)
            except BusyError:
                if request.redirects:
                    raise
                attended = True
                await self._attend(job)

    async def work(self, job_id: str) -> None:
        """Be the background process of a job; where another has it already, leave it to that."""
        job = self._vault.job(job_id)
        speak(self._config.language or job.language)
        with suppress(BusyError), self._vault.holding(job):
            self._connection.tell(
                Notice(
                    say(
                        "Working on {job} in the background (process {process}).",
                        job=job.id,
                        process=os.getpid(),
                    )
                )
            )
            await self._go_on(job, ResumeRequest())

    async def cancel(self, job_id: str | None) -> Job:
        """Give a job up, also where another process works on it: that is asked to let go of it."""
        job = self._pick(job_id)
        deadline = anyio.current_time() + _LET_GO
        while True:
            try:
                with self._vault.holding(job):
                    await self._give_up(job)
                return job
            except BusyError:
                if anyio.current_time() > deadline:
                    self._vault.stop_request(job).unlink(missing_ok=True)
                    raise
                self._vault.stop_request(job).touch(0o600)
                await anyio.sleep(_GLANCE)

    def _pick(self, job_id: str | None) -> Job:
        """The job that is meant, whose language is spoken from here on."""
        job = self._vault.pick(job_id, self._config.backend, self._config.manifest.name)
        speak(self._config.language or job.language)
        return job

    async def _go_on(self, job: Job, request: ResumeRequest) -> Video | Reply:
        """Take a job that is held from where it stands to its end."""
        if redirect(job, request, self._connection.projects):
            await run_blocking(self._vault.save, job)
        if job.step is Step.DONE and (not job.export or await anyio.Path(job.target).is_file()):
            return await self._result(job)
        if job.step is Step.FAILED and job.failure is not None:
            error = from_record(vars(job.failure))
            error.final = True
            raise error
        if job.finished:
            raise NotFoundError(
                say(
                    "{job} is {step}: there is nothing to go on with.",
                    job=job.id,
                    step=say(job.step.value),
                ),
                hint=say("See what is unfinished: image-to-video jobs"),
            )
        return await self._finish(job, resuming=bool(job.session_id))

    async def _attend(self, job: Job) -> None:
        """Tell what the process that works on a job tells, until it lets go of it."""
        log = LogReader(log_of(self._config.home, job.id))
        lock = self._vault.lock(job.id)
        tell = self._connection.tell
        tell(
            Notice(say("{job} is being worked on by another process; waiting for it.", job=job.id))
        )
        while lock.held:
            for report in log.read():
                tell(report)
            await anyio.sleep(_GLANCE)
        for report in log.read():
            tell(report)

    async def _give_up(self, job: Job) -> None:
        """A render of the job that has not begun is cancelled at the backend."""
        if job.finished:
            return
        job.step, step = Step.CANCELLED, job.step
        discard(job.download)
        self._vault.clear_workspace(job)
        await run_blocking(self._vault.save, job)
        if step is Step.RENDERING and job.render.id:
            client = self._connection.client
            try:
                await self._connection.call(lambda: client.cancel_render(job.render.id))
            except SkillError as error:  # never begun, too late, no network: it is given up here
                self._connection.tell(Detail(error.message))

    async def _finish(self, job: Job, *, resuming: bool = False) -> Video | Reply:
        from skill.jobs.worker import run_job

        self.job = job
        actions = await run_job(self._connection, job, resuming=resuming)
        return await self._result(job, actions)

    async def _result(self, job: Job, actions: tuple[GuiAction, ...] = ()) -> Video | Reply:
        """What came of a job that is done. Nothing here may fail for want of the network: the
        work is done and paid for."""
        if job.goal is Goal.UPLOAD:
            return uploaded(job)
        return video_of(job) if job.export else await reply_of(job, actions, self._connection)
