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
from skill.jobs.pricing import check_cap, expected_credits
from skill.sanitize import clean_line
from skill.timeline import Timeline, changes

if TYPE_CHECKING:
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
    balance = await context.balance()
    job.credits.before = balance.available if balance else None
    await _check_cost(context, laid_out=laid_out)
    _tell_of_it(context)
    await context.save(only_from=Step.UPLOADED)

    async def about_to_send() -> None:
        await context.advance(Step.SENDING, only_from=Step.UPLOADED)

    try:
        answer = await connection.once(
            lambda: converse(connection, job.session_id, job.message, about_to_send)
        )
    except BusyError:
        raise
    except SkillError as error:
        if job.step is Step.UPLOADED or _refused(error, job):
            # It never left, or was refused: it was certainly not carried out. Files that
            # are up are worth going on with; a sentence is as quickly said again.
            await context.advance(Step.UPLOADED if job.files else Step.FAILED)
            raise
        context.tell(Detail(error.message))
        await _recover(context)
        return
    await _heard(context, answer)


async def _heard(context: JobContext, answer: Answer) -> None:
    """Note an answer, and what came of it."""
    job = context.job
    context.actions = answer.actions
    job.text = answer.text
    if answer.end in (End.CUT, End.TIMED_OUT):
        await context.save()
        await _recover(context)
        return
    job.answered = answer.end is End.CLOSED
    await context.save()
    after = await context.connection.state(job.session_id)
    if answer.end is End.FAILED:
        await _fail(context, answer, after)
    await _take(context, after)


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


async def _check_cost(context: JobContext, *, laid_out: bool) -> None:
    """No message that may cost more than was agreed; and in a listing that is careful with
    credits, what it may cost before it goes out, and none where nothing is left. `laid_out` as
    for `expected_credits`. Raises UsageError, NoCreditsError."""
    job, config = context.job, context.config
    left = job.credits.before
    if config.local:
        return
    cost = expected_credits(job.goal, laid_out=laid_out)
    try:
        check_cap(config, cost, job.max_credits, begun=True)
    except UsageError:
        await context.advance(Step.FAILED)
        raise
    if not config.manifest.listing.careful:
        return
    if left is not None and left <= 0:
        if not job.files:
            await context.advance(Step.FAILED)
        raise context.connection.no_credits(
            NoCreditsError(
                say("No credits are left, so nothing was sent."),
                hint=say(
                    "Top up credits in your account, or make the video on this machine with --local."
                ),
            )
        )
    context.tell(
        Notice(
            say("This may cost about {cost} credits.", cost=cost)
            if left is None
            else say(
                "This may cost about {cost} credits; there are {left:g}.", cost=cost, left=left
            )
        )
    )


async def _fail(context: JobContext, answer: Answer, after: State) -> None:
    """Raise an error told inside the stream. What was changed before it is kept: the job then
    stands where `resume` exports it."""
    job = context.job
    told = changes(job.draft, after.draft, job.language)
    error = _failure(context, answer, told)
    if told:
        await _take(context, after)
    elif isinstance(error, NoCreditsError) and job.files:
        await context.advance(Step.UPLOADED)
    else:
        await context.advance(Step.FAILED)
    raise error


def _failure(context: JobContext, answer: Answer, told: tuple[str, ...]) -> SkillError:
    assert answer.failure is not None
    message = clean_line(answer.failure.message, 300)
    error: SkillError = BackendFailedError(
        say(
            "The backend failed at it: {message}. Changed before that: {changes}.",
            message=message,
            changes=say("; ").join(told),
        )
        if told
        else say("The backend failed at it: {message}. Nothing was changed.", message=message),
        hint=say("Say it in other words, or in smaller steps: image-to-video chat MESSAGE"),
    )
    if answer.failure.code is not None:
        error = error_for(answer.failure.code, message)
    if isinstance(error, NoCreditsError):
        error = context.connection.no_credits(error)
    return error


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
        await _take(context, await connection.state(job.session_id))
    elif await _changed(context):
        return
    elif context.config.local:
        # This backend died with the process that sent the message: what it had not done
        # by then it will never do, and it charges nothing.
        await context.advance(Step.UPLOADED)
    else:
        await _recover(context)


async def _recover(context: JobContext) -> None:
    """The connection was lost with the message under way: read the state until it shows
    what came of it. The message is not sent again."""
    context.tell(Notice(say("No whole answer came; looking at the project for what came of it.")))
    for wait in recovery_waits(context.connection.timing):
        await _pause(context, wait)
        if await _changed(context):
            return
    raise UnfinishedError(
        say("No whole answer came, and the project has not changed since.")
        + _charged(context.job.credits.before, await context.balance()),
        hint=say(
            "The message is not sent a second time. Look again later with resume; or give it up with cancel, and begin anew."
        ),
    )


async def _changed(context: JobContext) -> bool:
    job = context.job
    state = await context.connection.state(job.session_id)
    if not changes(job.draft, state.draft, job.language):
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


# What a backend that has not carried a message out answers. Whatever else comes once it has
# left, an unknown code or a gateway's word, leaves open what became of it.
_REFUSALS = frozenset({1001, 1002, 2001, 4001, 4002, 400, 401, 402, 403, 404, 413, 415, 429})


def _refused(error: SkillError, job: Job) -> bool:
    """Whether the message was certainly not carried out."""
    if isinstance(error, NetworkError):
        return error.unsent
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
