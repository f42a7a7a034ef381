"""The render of a job's timeline: begun under an id that is written down first, and followed to its
end."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from skill.api.retry import RenderWatch
from skill.errors import (
    AuthError,
    BackendFailedError,
    ExportBlockedError,
    NoCreditsError,
    NotFoundError,
    RateLimitedError,
    SkillError,
)
from skill.events import Notice, Progress, Stage
from skill.i18n import say
from skill.jobs.job import Goal, Step
from skill.sanitize import clean_line
from skill.timeline import changes

if TYPE_CHECKING:
    from skill.api.models import Render
    from skill.jobs.context import JobContext


# What is refused with these has nothing to do with the id.
_NOT_STARTED = (AuthError, ExportBlockedError, NoCreditsError, NotFoundError, RateLimitedError)


async def begin_render(context: JobContext) -> None:
    """Choose the id of the render, where there is something to render. Nothing is sent yet."""
    job = context.job
    if not job.export:
        await context.advance(Step.DONE)
        return
    state = await context.connection.state(job.session_id)
    context.see(state)
    if job.goal is Goal.EXTEND and not changes(job.draft, state.draft, job.language):
        await _not_longer(context)
    if not job.ready:
        await _nothing_there(context)
    now = context.connection.clock.wall().timestamp() * 1000
    # New also where two are begun in the same millisecond, or the clock was set back.
    job.render.id = f"render_{now:.0f}{secrets.randbelow(10**6):06}"
    job.render.posted = False
    context.tell(Stage("render", say("Rendering...")))
    await context.advance(Step.RENDERING)


async def _not_longer(context: JobContext) -> None:
    """Raise what is said of an extension of which nothing came: the same video once more would pass
    for a longer one. Where it was charged for, what came of it may yet turn up: `resume` looks
    again."""
    job = context.job
    await _fail_if_free(context)
    raise BackendFailedError(
        say("The video is as long as before. It said: {said}", said=clean_line(job.text, 300))
        if job.text
        else say("The video is as long as before."),
        hint=say("Say it in other words: image-to-video extend -p WORDS"),
    )


async def _fail_if_free(context: JobContext) -> None:
    """Have the job end where its message is known to have cost nothing; else `resume` looks again."""
    credits = context.job.credits
    if credits.before is not None and credits.before == credits.after:
        await context.advance(Step.FAILED)


async def _nothing_there(context: JobContext) -> None:
    """Raise what is said of an empty timeline."""
    empty = say("There is nothing to export: the project's timeline is empty.")
    if context.job.goal is not Goal.EXPORT:
        await _fail_if_free(context)
        raise BackendFailedError(
            empty,
            hint=say("It has cost nothing: say it again, in other words.")
            if context.job.finished
            else say("Look again with resume, or say it anew: image-to-video chat MESSAGE"),
        )
    await context.advance(Step.FAILED)
    raise NotFoundError(
        empty, hint=say("Say what the video should be: image-to-video chat MESSAGE")
    )


async def finish_render(context: JobContext) -> None:
    """Start the render, unless it is started, and wait until its clip is there."""
    job, connection = context.job, context.connection
    if not job.render.posted and not await _start(context):
        return
    watch = RenderWatch(connection.timing, connection.clock.now())
    while True:
        try:
            render = await _status(context)
        except NotFoundError as error:
            wait = watch.wait_unknown()
            if wait is None:
                await _again(
                    context,
                    BackendFailedError(say("The render is gone. {message}", message=error.message)),
                )
                return
            await connection.clock.sleep(wait)
            continue
        context.tell(Progress("render", render.progress))
        try:
            now = connection.clock.now()
            wait = watch.wait(render.status, render.progress, render.message, now)
        except BackendFailedError as error:
            await _again(context, error)
            return
        if wait is None:
            break
        await connection.clock.sleep(wait)
    job.render.url = render.url or ""
    await context.advance(Step.RENDERED)


async def _start(context: JobContext) -> bool:
    """Start the render, unless it turns out to have been started; false where it has to be
    begun once more."""
    job, connection = context.job, context.connection
    if not (context.resuming and await _known(context)):
        draft = (await connection.state(job.session_id)).draft or {}
        try:
            render = await connection.call(
                lambda: context.client.start_render(job.render.id, job.session_id, draft)
            )
            job.render.id = render.id
        except _NOT_STARTED:
            await context.advance(Step.ANSWERED)
            raise
        except SkillError as error:
            # The answer was lost, or the id is refused as used: is it ours that is there?
            if not await _known(context):
                await _again(context, error)
                return False
    job.render.posted = True
    await context.save()
    return True


async def _known(context: JobContext) -> bool:
    try:
        await _status(context)
    except NotFoundError:
        return False
    return True


async def _status(context: JobContext) -> Render:
    render_id = context.job.render.id
    return await context.connection.read(lambda: context.client.render_status(render_id))


async def _again(context: JobContext, error: SkillError) -> None:
    """Try a render that failed once more, under a new id; raise its error the second time."""
    render = context.job.render
    last = render.attempt > 0
    render.id, render.attempt = "", 0 if last else 1
    await context.advance(Step.ANSWERED)
    if last:
        error.hint = say("Rendering costs nothing: try again later.")
        raise error
    context.tell(Notice(say("The render came to nothing; trying once more.")))
