"""A job's message to the project's agent: sent once, and looked up where its answer was lost.

That it may have been sent is written down before its first byte leaves; from then on it is never
sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.api.retry import recovery_waits
from skill.api.turn import End
from skill.errors import (
    BackendFailedError,
    BusyError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    SkillError,
    UnfinishedError,
    UsageError,
    error_for,
)
from skill.events import Detail, Notice, Stage
from skill.i18n import say
from skill.jobs.conversation import Answer, converse
from skill.jobs.job import Goal, Step
from skill.jobs.pricing import check_cost
from skill.jobs.prompt import message_of
from skill.sanitize import clean_line
from skill.timeline import Timeline, changes

if TYPE_CHECKING:
    from skill.api.agent_events import StreamFailure
    from skill.api.models import Credits, State
    from skill.jobs.context import JobContext
    from skill.jobs.job import Job


async def send_message(context: JobContext) -> None:
    """Send the message and hear its answer to the end."""
    job, connection = context.job, context.connection
    state = await connection.state(job.session_id)
    laid_out = Timeline.from_draft(state.draft).ready
    if job.goal is Goal.EXTEND and not job.files and not laid_out:
        await context.advance(Step.FAILED)
        raise NotFoundError(
            say("There is nothing to make longer: the project's timeline is empty."),
            hint=say("Say what the video should be: image-to-video chat MESSAGE"),
        )
    job.draft = state.draft
    balance = context.before or await context.balance()
    job.credits.before = balance.available if balance else None
    try:
        await check_cost(context, balance, laid_out=laid_out)
    except UsageError:  # it would be the same once more
        await context.advance(Step.FAILED)
        raise
    _tell_of_it(context)
    await context.save(only_from=Step.UPLOADED)

    try:
        answer = await connection.call(lambda: _send_once(context))
    except SkillError as error:
        if isinstance(error, BusyError) or job.step is Step.UPLOADED:
            raise
        context.tell(Detail(error.message))
        await _recover(context)
        return
    await _heard(context, answer)


async def _send_once(context: JobContext) -> Answer:
    """Send the message, which is written down before. One that was refused was not carried out: that
    is written down too, and it may go out once more."""
    job = context.job

    async def about_to_send() -> None:
        await context.advance(Step.SENDING, only_from=Step.UPLOADED)

    try:
        return await converse(context.connection, job.session_id, message_of(job), about_to_send)
    except SkillError as error:
        if job.step is Step.SENDING and _refused(error, job):
            await context.advance(Step.UPLOADED, only_from=Step.SENDING)
        raise


async def _heard(context: JobContext, answer: Answer) -> None:
    """Note an answer, and what came of it."""
    job = context.job
    context.actions = answer.actions
    job.text = answer.text
    job.answered = answer.end is End.CLOSED
    await context.save()
    if answer.end in (End.CUT, End.TIMED_OUT):
        await _recover(context)
        return
    after = await context.connection.state(job.session_id)
    if answer.failure is not None:
        await _fail(context, answer.failure, after)
    await _conclude(context, after)


def _tell_of_it(context: JobContext) -> None:
    job, listing = context.job, context.config.manifest.listing
    if job.vague:
        context.tell(
            Notice(
                say(
                    'Being specific gives better results, for example: "{example}"',
                    example=say(listing.example),
                )
            )
        )
    long = job.goal in (Goal.MAKE, Goal.EXTEND) and not context.config.local
    working = (
        say("Working on it... This may take a few minutes.") if long else say("Working on it...")
    )
    context.tell(Stage("generate", working))


async def _fail(context: JobContext, failure: StreamFailure, after: State) -> None:
    """Raise an error told inside the stream. What was changed before it is kept: the job then
    stands where `resume` exports it. Where nothing was, but it is paid for, `resume` looks again."""
    job = context.job
    told = changes(job.draft, after.draft, job.language)
    balance = await context.balance()
    message = clean_line(failure.message, 300).rstrip(".。")
    if failure.code == _NO_CREDITS and not told:
        await context.advance(Step.UPLOADED)
        error = error_for(failure.code, message)
        raise context.connection.no_credits(error) if isinstance(error, NoCreditsError) else error
    if told:
        await _take(context, after)
    elif not _paid(context, balance):
        await context.advance(Step.FAILED)
    raise BackendFailedError(
        (
            say(
                "The backend failed at it: {message}. Changed before that: {changes}.",
                message=message,
                changes=say("; ").join(told),
            )
            if told
            else say("The backend failed at it: {message}. Nothing was changed.", message=message)
        )
        + _charged(job.credits.before, balance),
        hint=say("Say it in other words, or in smaller steps: image-to-video chat MESSAGE"),
    )


async def _conclude(context: JobContext, after: State) -> None:
    """Note what came of a message that was heard to its end. What is paid for and not there yet is
    looked for as after a cut."""
    job = context.job
    # Words alone may be all that was asked for, where there is a video already.
    said = job.goal is Goal.CHAT and job.text and Timeline.from_draft(after.draft).ready
    if not _came(job, after) and not said and _paid(context, await context.balance()):
        await _recover(context)
    else:
        await _take(context, after)


def _came(job: Job, state: State) -> bool:
    """Whether what the message is paid for is there: a video, or something that is changed."""
    if job.goal is Goal.MAKE:
        return Timeline.from_draft(state.draft).ready
    return bool(changes(job.draft, state.draft, job.language))


def _paid(context: JobContext, now: Credits | None) -> bool:
    """Whether credits were taken for the message, or are held, as far as is known."""
    before = context.job.credits.before
    if context.config.local:
        return False
    return before is None or now is None or now.frozen > 0 or now.available < before


async def _take(context: JobContext, after: State) -> None:
    """Note what the message has changed."""
    job = context.job
    await context.note_cost()
    job.changes = list(changes(job.draft, after.draft, job.language))
    context.see(after)
    # Only now is it the project that further commands mean: a `make` that comes to
    # nothing leaves the one before as it was.
    await context.keep_project()
    await context.advance(Step.ANSWERED)


# ---------------------------------------------------------------- it may have been sent


async def look_up_message(context: JobContext) -> None:
    """Find out from the project what came of a message that another process may have sent."""
    connection, job = context.connection, context.job
    if job.answered:  # it was heard to its end; only what changed was not noted any more
        await _conclude(context, await connection.state(job.session_id))
    elif await _changed(context):
        return
    elif context.config.local:
        # This backend died with the process that sent the message: what it had not done
        # by then it will never do, and it charges nothing.
        await context.advance(Step.UPLOADED)
    else:
        await _recover(context)


async def _recover(context: JobContext) -> None:
    """Read the state until it shows what came of the message, which is not sent again."""
    heard = context.job.answered
    context.tell(
        Notice(
            say("What was paid for is not there yet; looking again.")
            if heard
            else say("No whole answer came; looking at the project for what came of it.")
        )
    )
    for wait in recovery_waits(context.connection.timing):
        await _pause(context, wait)
        if await _changed(context):
            return
    raise UnfinishedError(
        (
            say("The answer came, and what was paid for is not there yet.")
            if heard
            else say("No whole answer came, and the project has not changed since.")
        )
        + _charged(context.job.credits.before, await context.balance()),
        hint=say(
            "The message is not sent a second time. Look again later with resume; or give it up with cancel, and begin anew."
        ),
    )


async def _changed(context: JobContext) -> bool:
    job = context.job
    state = await context.connection.state(job.session_id)
    if not _came(job, state):
        return False
    await _take(context, await _settled(context, state))
    return True


async def _settled(context: JobContext, state: State) -> State:
    """The state once the backend is done with it. A generation has two stages, the clip
    and then its music, title and effects: as long as credits are held, work goes on."""
    job, timing = context.job, context.connection.timing
    for _ in range(timing.recovery_reads):
        balance = await context.balance()
        if balance is None or not balance.frozen:
            break
        told = say("; ").join(changes(job.draft, state.draft, job.language))
        context.tell(Notice(say("{told}. The backend is still at it.", told=told)))
        await _pause(context, timing.recovery_again)
        state = await context.connection.state(job.session_id)
    return state


async def _pause(context: JobContext, seconds: float) -> None:
    while seconds > 0:
        step = min(seconds, context.connection.timing.sign_of_life)
        await context.connection.clock.sleep(step)
        seconds -= step
        if seconds > 0:
            context.tell(Notice(say("Looking again in {seconds:.0f} s.", seconds=seconds)))


_NO_CREDITS = 2001
# What a backend that has not carried a message out answers. Whatever else comes once it has
# left, an unknown code or a gateway's word, leaves open what became of it.
_REFUSALS = frozenset({1001, 1002, 2001, 4001, 4002, 400, 401, 402, 403, 404, 413, 415, 429})


def _refused(error: SkillError, job: Job) -> bool:
    """Whether the message was certainly not carried out."""
    if isinstance(error, NetworkError):
        return error.unsent
    if isinstance(error, UsageError):  # the backend of this machine met a full disk
        return job.backend == "local"
    busy = error.backend_code == 409 and not job.files  # with a message of somebody else's
    return error.backend_code in _REFUSALS or busy


def _charged(before: float | None, now: Credits | None) -> str:
    """What the balance says of a message of which nothing else is known."""
    if before is None or now is None:
        return ""
    if now.frozen:
        return say(" {held:g} credits are held: the backend may still be at it.", held=now.frozen)
    taken = before - now.available
    if taken > 0:
        return say(" {taken:g} credits were taken.", taken=taken)
    return say(" No credits were taken.")
