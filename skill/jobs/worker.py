"""Run the remaining steps of a job.

Each step is written to the vault before the request that costs or starts something, so a
job can be taken up by another process: what was certainly not sent is sent, what may have
been sent is looked up in the project's state and never sent again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from skill.errors import (
    AuthError,
    BusyError,
    ExportBlockedError,
    FileRefusedError,
    NoCreditsError,
    NotFoundError,
    SkillError,
    UsageError,
)
from skill.events import Detail
from skill.i18n import say
from skill.jobs.context import JobContext
from skill.jobs.download import download_clip
from skill.jobs.job import Goal, Step, StoredFailure
from skill.jobs.message import look_up_message, send_message
from skill.jobs.previews import make_extras
from skill.jobs.render import begin_render, finish_render
from skill.jobs.suggestions import offer_home
from skill.jobs.threads import run_blocking
from skill.jobs.upload import fetch_urls, upload_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from skill.jobs.connection import Connection
    from skill.jobs.job import Job
    from skill.screentalk import GuiAction


async def _after_upload(context: JobContext) -> None:
    await (fetch_urls if context.job.goal is Goal.UPLOAD else send_message)(context)


_STEPS: dict[Step, Callable[[JobContext], Awaitable[None]]] = {
    Step.STARTED: upload_files,
    Step.UPLOADED: _after_upload,
    Step.SENDING: look_up_message,
    Step.ANSWERED: begin_render,
    Step.RENDERING: finish_render,
    Step.RENDERED: download_clip,
    Step.DELIVERED: make_extras,
}


async def run_job(
    connection: Connection, job: Job, *, resuming: bool = False
) -> tuple[GuiAction, ...]:
    """Take a job that is held to its end; returns what the screen that the backend spoke of stands
    for. `resuming`: it was begun by another process. An error bears the job's id, and the job
    stands where `resume` can go on."""
    context = JobContext(connection, job, resuming=resuming)
    if job.failure is not None:
        job.failure = None
        await context.save()
    try:
        await _run_steps(context)
    except BusyError:
        raise  # whatever is to be noted of the job, the other notes it
    except SkillError as error:
        if _is_hopeless(job, error):
            job.step = Step.FAILED
        job.failure = StoredFailure(**error.record)
        with suppress(UsageError):  # the vault itself may be what failed
            await context.save()
        if not job.finished:
            error.job = job.id
        await offer_home(connection.vault, job, error)
        raise
    finally:
        if job.finished:
            await run_blocking(connection.vault.clear_workspace, job)
    return context.actions


def _is_hopeless(job: Job, error: SkillError) -> bool:
    """Whether nothing is lost by beginning again: no file is up, and no message was carried out. A
    sentence is as quickly said again, once the account is in order."""
    if job.goal is Goal.EXPORT and isinstance(error, ExportBlockedError):
        return True  # an export begins with the next one
    if job.step is Step.STARTED:
        return isinstance(error, FileRefusedError | NoCreditsError) or not job.session_id
    said = job.step is Step.UPLOADED and not job.files and job.goal is not Goal.UPLOAD
    return said and not isinstance(error, AuthError)


async def _run_steps(context: JobContext) -> None:
    anew = False
    while not context.job.finished:
        try:
            await _STEPS[context.job.step](context)
        except NotFoundError as error:
            await _check_anew(context, error, tried=anew)
            anew = True
            await _begin_anew(context, error)
        context.resuming = False


async def _check_anew(context: JobContext, error: NotFoundError, *, tried: bool) -> None:
    """Whether a new project can take the place of one that the backend no longer knows (1002):
    nothing is lost as long as the message has not been sent, and the files are still here. Else
    the error is raised. `tried`: there has been one already."""
    job, projects = context.job, context.connection.projects
    unsent = job.step in (Step.STARTED, Step.UPLOADED)
    if error.backend_code == 1002 and not unsent:
        error.hint = (
            say("If that does not pass, what was in it is lost there: give the job up with cancel.")
            if job.account in ("", projects.owner)
            else say(
                "It was begun with another account: set NEMO_TOKEN and NEMO_CLIENT_ID as they were."
            )
        )
    if error.backend_code != 1002 or not unsent or tried:
        raise error
    if job.goal in (Goal.CHAT, Goal.UPLOAD, Goal.EXTEND) and not job.fresh:
        try:
            await run_blocking(projects.lost, job.session_id, error)
        except NotFoundError:
            job.step = Step.FAILED  # its place is gone, and nothing of it was sent
            raise


async def _begin_anew(context: JobContext, error: NotFoundError) -> None:
    job = context.job
    context.tell(Detail(f"{error.message} Taking a new one."))
    job.session_id, job.task_id, job.user_id = "", "", ""
    job.uploaded, job.media, job.fetched, job.fresh = [], [], 0, False
    await context.advance(Step.STARTED)
