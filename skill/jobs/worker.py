"""A job, from wherever it stands to its end.

Each step is written to the vault before the request that costs or starts something, so a
job can be taken up by another process: what was certainly not sent is sent, what may have
been sent is looked up in the project's state and never sent again.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from skill.api.retry import RenderWatch, recovery_waits
from skill.api.turn import End
from skill.errors import (
    BackendFailedError,
    BusyError,
    FileRefusedError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    SkillError,
    UnfinishedError,
    UsageError,
    error_for,
)
from skill.events import Detail, Notice, Progress, Stage
from skill.files import sha256
from skill.i18n import say
from skill.jobs.conversation import Answer, converse
from skill.jobs.download import deliver
from skill.jobs.job import Failure, Goal, Job, Step, StoredSession
from skill.jobs.partial_file import discard
from skill.jobs.plan import check_cap
from skill.jobs.prompt import expected_credits
from skill.jobs.suggestions import at_home, next_wishes
from skill.jobs.upload import Uploads
from skill.sanitize import clean_line
from skill.timeline import Timeline, changes

if TYPE_CHECKING:
    from skill.api.models import Credits, Render, State
    from skill.jobs.connection import Connection
    from skill.screentalk import GuiAction


class Worker:
    """Runs jobs over one connection. `resuming`: the job was begun by another process, so
    what it did last is looked up before anything is done again."""

    def __init__(self, connection: Connection, *, resuming: bool = False) -> None:
        self._connection = connection
        self._client = connection.client
        self._vault = connection.vault
        self._tell = connection.tell
        self._resuming = resuming
        self._anew = False
        self.actions: tuple[GuiAction, ...] = ()

    async def run(self, job: Job) -> None:
        """Take a job that is held to its end. An error bears the job's id, and the job stands
        where `resume` can go on."""
        steps = {
            Step.STARTED: self._upload,
            Step.UPLOADED: self._send,
            Step.SENDING: self._look_up,
            Step.ANSWERED: self._choose_render,
            Step.RENDERING: self._render,
            Step.RENDERED: self._fetch,
            Step.DELIVERED: self._make_extras,
        }
        if job.failure is not None:
            job.failure = None
            self._vault.save(job)
        try:
            while not job.finished:
                try:
                    await steps[job.step](job)
                except NotFoundError as error:
                    self._begin_anew(job, error)
                self._resuming = False
        except BusyError:
            raise  # whatever is to be noted of the job, the other notes it
        except SkillError as error:
            hopeless = isinstance(error, FileRefusedError) or not job.session_id
            if job.step is Step.STARTED and hopeless:
                job.step = Step.FAILED  # nothing is lost by beginning again
            job.failure = Failure(**error.record)
            with suppress(UsageError):  # the vault itself may be what failed
                self._vault.save(job)
            if not job.finished:
                error.job = job.id
            error.instead = at_home(job, error)
            raise
        finally:
            if job.finished:
                self._vault.clear_workspace(job)

    def _begin_anew(self, job: Job, error: NotFoundError) -> None:
        """Take a new project where the backend no longer knows the job's (1002), as long as
        nothing is lost by it: the message has not been sent, and the files are still here."""
        unsent = job.step in (Step.STARTED, Step.UPLOADED)
        if error.backend_code == 1002 and not unsent:
            error.hint = (
                say(
                    "If that does not pass, what was in it is lost there: give the job up with cancel."
                )
                if job.account in ("", self._connection.projects.owner)
                else say(
                    "It was begun with another account: set NEMO_TOKEN and NEMO_CLIENT_ID as they were."
                )
            )
        if error.backend_code != 1002 or not unsent or self._anew:
            raise error
        if job.goal in (Goal.CHAT, Goal.UPLOAD, Goal.EXTEND) and not job.fresh:
            try:
                self._connection.projects.lost(job.session_id, error)
            except NotFoundError:
                job.step = Step.FAILED  # its place is gone, and nothing of it was sent
                raise
        self._anew = True
        self._tell(Detail(f"{error.message} Taking a new one."))
        job.session_id, job.task_id, job.user_id = "", "", ""
        job.uploaded, job.media, job.fetched, job.fresh = [], [], 0, False
        self._advance(job, Step.STARTED)

    def _advance(self, job: Job, step: Step, *, only_from: Step | None = None) -> None:
        before, job.step = job.step, step
        try:
            self._vault.save(job, only_from=only_from)
        except (UsageError, BusyError):
            job.step = before
            raise

    # ------------------------------------------------------------ the photos go up

    async def _upload(self, job: Job) -> None:
        uploads = Uploads(self._connection)
        await uploads.prepare(job)
        if not job.session_id:
            session = await self._connection.create_session(job.language)
            job.session_id, job.task_id, job.user_id = (
                session.session_id,
                session.task_id,
                session.user_id,
            )
            job.fresh = True
            self._vault.save(job)
            if self._connection.greeted:
                self._tell(Notice(say("Ready.")))
        await uploads.send(job, resuming=self._resuming)
        self._advance(job, Step.UPLOADED)

    async def _end_upload(self, job: Job) -> None:
        self._keep_project(job)
        if job.urls[job.fetched :]:
            self._tell(Stage("upload", say("The backend fetches the files...")))
        for url in job.urls[job.fetched :]:
            try:
                media = await self._connection.call(
                    lambda url=url: self._client.upload_urls(job.session_id, [url])  # type: ignore[misc]
                )
            except (FileRefusedError, BackendFailedError) as error:
                shown = clean_line(url, 200)
                error.message = say("{name}: {message}", name=shown, message=error.message)
                error.hint = say("Check the address, or fetch the file yourself and upload it.")
                self._advance(job, Step.FAILED)
                raise
            job.media += media
            job.fetched += 1
            self._vault.save(job)
        self._advance(job, Step.DONE)

    # ------------------------------------------------------------ the message goes out, once

    async def _send(self, job: Job) -> None:
        if job.goal == Goal.UPLOAD:
            await self._end_upload(job)
            return
        state = await self._connection.state(job.session_id)
        laid_out = Timeline.from_draft(state.draft).ready
        if job.goal == Goal.EXTEND and not job.files and not laid_out:
            self._advance(job, Step.FAILED)
            raise NotFoundError(
                say("There is nothing to make longer: the project's timeline is empty."),
                hint=say("Say what the video should be: image-to-video chat MESSAGE"),
            )
        job.draft = state.draft
        balance = await self._balance()
        job.credits.before = balance.available if balance else None
        self._weigh(job, laid_out=laid_out)
        if job.vague:
            listing = self._connection.config.manifest.listing
            self._tell(
                Notice(
                    say(
                        'Being specific gives better results, for example: "{example}"',
                        example=say(listing.example),
                    )
                )
            )
        long = job.goal in (Goal.MAKE, Goal.EXTEND) and not self._connection.config.local
        working = (
            say("Working on it... This may take a few minutes.")
            if long
            else say("Working on it...")
        )
        self._tell(Stage("generate", working))
        self._vault.save(job, only_from=Step.UPLOADED)

        def about_to_send() -> None:
            self._advance(job, Step.SENDING, only_from=Step.UPLOADED)

        try:
            answer = await self._connection.once(
                lambda: converse(self._connection, job.session_id, job.message, about_to_send)
            )
        except BusyError:
            raise
        except SkillError as error:
            if job.step is Step.UPLOADED or _refused(error, job):
                # It never left, or was refused: it was certainly not carried out. Files that
                # are up are worth going on with; a sentence is as quickly said again.
                self._advance(job, Step.UPLOADED if job.files else Step.FAILED)
                raise
            self._tell(Detail(error.message))
            await self._recover(job)
            return
        self.actions = answer.actions
        job.text = answer.text
        if answer.end in (End.CUT, End.TIMED_OUT):
            self._vault.save(job)
            await self._recover(job)
            return
        job.answered = answer.end is End.CLOSED
        self._vault.save(job)
        after = await self._connection.state(job.session_id)
        if answer.end is End.FAILED:
            await self._fail(job, answer, after)
        await self._take(job, after)

    def _weigh(self, job: Job, *, laid_out: bool) -> None:
        """No message that may cost more than was agreed; and in a listing that is careful with
        credits, what it may cost before it goes out, and none where nothing is left. `laid_out` as
        for `expected_credits`. Raises UsageError, NoCreditsError."""
        config, left = self._connection.config, job.credits.before
        if config.local:
            return
        cost = expected_credits(job.goal, laid_out=laid_out)
        try:
            check_cap(config, cost, job.max_credits, begun=True)
        except UsageError:
            self._advance(job, Step.FAILED)
            raise
        if not config.manifest.listing.careful:
            return
        if left is not None and left <= 0:
            if not job.files:
                self._advance(job, Step.FAILED)
            raise self._connection.no_credits(
                NoCreditsError(
                    say("No credits are left, so nothing was sent."),
                    hint=say(
                        "Top up credits in your account, or make the video on this machine with --local."
                    ),
                )
            )
        self._tell(
            Notice(
                say("This may cost about {cost} credits.", cost=cost)
                if left is None
                else say(
                    "This may cost about {cost} credits; there are {left:g}.", cost=cost, left=left
                )
            )
        )

    async def _fail(self, job: Job, answer: Answer, after: State) -> None:
        """An error told inside the stream. What was changed before it is kept: the job then
        stands where `resume` exports it."""
        told = changes(job.draft, after.draft, job.language)
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
            error = self._connection.no_credits(error)
        if told:
            await self._take(job, after)
        elif isinstance(error, NoCreditsError) and job.files:
            self._advance(job, Step.UPLOADED)
        else:
            self._advance(job, Step.FAILED)
        raise error

    async def _take(self, job: Job, after: State) -> None:
        await self._note_cost(job)
        job.changes = list(changes(job.draft, after.draft, job.language))
        self._see(job, after)
        # Only now is it the project that further commands mean: a `make` that comes to
        # nothing leaves the one before as it was.
        self._keep_project(job)
        self._advance(job, Step.ANSWERED)

    def _keep_project(self, job: Job) -> None:
        projects = self._connection.projects
        before = projects.current
        laid_out = before is not None and before.session_id == job.session_id and before.laid_out
        projects.keep(
            StoredSession(
                job.session_id,
                job.task_id,
                job.user_id,
                job.language,
                touched=True,
                laid_out=job.ready or laid_out,
            )
        )

    async def _note_cost(self, job: Job) -> None:
        """Have the balance after the message in the job, where it can be had at once."""
        if job.credits.before is None:
            return
        balance = await self._connection.balance_at_once()
        job.credits.after = balance.available if balance is not None else None

    def _see(self, job: Job, state: State) -> None:
        """Note the timeline, so that what was done can be told without asking again."""
        timeline = Timeline.from_draft(state.draft)
        job.summary, job.ready = timeline.summary(), timeline.ready
        job.wishes = list(next_wishes(timeline))

    async def _recover(self, job: Job) -> None:
        """The connection was lost with the message under way: read the state until it shows
        what came of it. The message is not sent again."""
        self._tell(Notice(say("No whole answer came; looking at the project for what came of it.")))
        for wait in recovery_waits(self._connection.timing):
            await self._pause(wait)
            if await self._changed(job):
                return
        raise UnfinishedError(
            say("No whole answer came, and the project has not changed since.")
            + _charged(job.credits.before, await self._balance()),
            hint=say(
                "The message is not sent a second time. Look again later with resume; or give it up with cancel, and begin anew."
            ),
        )

    async def _look_up(self, job: Job) -> None:
        if job.answered:  # it was heard to its end; only what changed was not noted any more
            await self._take(job, await self._connection.state(job.session_id))
        elif await self._changed(job):
            return
        elif self._connection.config.local:
            # This backend died with the process that sent the message: what it had not done
            # by then it will never do, and it charges nothing.
            self._advance(job, Step.UPLOADED)
        else:
            await self._recover(job)

    async def _changed(self, job: Job) -> bool:
        state = await self._connection.state(job.session_id)
        if not changes(job.draft, state.draft, job.language):
            return False
        await self._take(job, await self._settled(job, state))
        return True

    async def _settled(self, job: Job, state: State) -> State:
        """The state once the backend is done with it. A generation has two stages, the clip
        and then its music, title and effects: as long as credits are held, work goes on."""
        for _ in range(self._connection.timing.recovery_reads):
            balance = await self._balance()
            if balance is None or not balance.frozen:
                break
            told = say("; ").join(changes(job.draft, state.draft, job.language))
            self._tell(Notice(say("{told}. The backend is still at it.", told=told)))
            await self._pause(self._connection.timing.recovery_again)
            state = await self._connection.state(job.session_id)
        return state

    async def _balance(self) -> Credits | None:
        try:
            return await self._connection.read(self._client.credits)
        except SkillError as error:
            self._tell(Detail(error.message))
            return None

    async def _pause(self, seconds: float) -> None:
        while seconds > 0:
            step = min(seconds, self._connection.timing.sign_of_life)
            await self._connection.clock.sleep(step)
            seconds -= step
            if seconds > 0:
                self._tell(Notice(say("Looking again in {seconds:.0f} s.", seconds=seconds)))

    # ------------------------------------------------------------ the render, by its id

    async def _choose_render(self, job: Job) -> None:
        if not job.export:
            self._advance(job, Step.DONE)
            return
        state = await self._connection.state(job.session_id)
        self._see(job, state)
        if job.goal == Goal.EXTEND and not changes(job.draft, state.draft, job.language):
            self._not_longer(job)
        if not job.ready:
            empty = say("There is nothing to export: the project's timeline is empty.")
            if job.goal != Goal.EXPORT:  # what was paid for may yet turn up: `resume` looks again
                raise BackendFailedError(
                    empty,
                    hint=say("Look again with resume, or say it anew: image-to-video chat MESSAGE"),
                )
            self._advance(job, Step.FAILED)
            raise NotFoundError(
                empty, hint=say("Say what the video should be: image-to-video chat MESSAGE")
            )
        now = self._connection.clock.wall().timestamp() * 1000
        # New also where two are begun in the same millisecond, or the clock was set back.
        job.render.id = f"render_{now:.0f}{secrets.randbelow(10**6):06}"
        job.render.posted = False
        self._tell(Stage("render", say("Rendering...")))
        self._advance(job, Step.RENDERING)

    def _not_longer(self, job: Job) -> None:
        """An extension of which nothing came: the same video once more would pass for a longer one.
        Where it was charged for, what came of it may yet turn up: `resume` looks again."""
        if job.credits.before is not None and job.credits.before == job.credits.after:
            self._advance(job, Step.FAILED)
        raise BackendFailedError(
            say("The video is as long as before. It said: {said}", said=clean_line(job.text, 300))
            if job.text
            else say("The video is as long as before."),
            hint=say("Say it in other words: image-to-video extend -p WORDS"),
        )

    async def _render(self, job: Job) -> None:
        if not job.render.posted and not await self._start(job):
            return
        watch = RenderWatch(self._connection.timing, self._connection.clock.now())
        while True:
            try:
                render = await self._status(job)
            except NotFoundError as error:
                self._again(
                    job,
                    BackendFailedError(say("The render is gone. {message}", message=error.message)),
                )
                return
            self._tell(Progress("render", render.progress))
            try:
                wait = watch.wait(
                    render.status, render.progress, render.message, self._connection.clock.now()
                )
            except BackendFailedError as error:
                self._again(job, error)
                return
            if wait is None:
                break
            await self._connection.clock.sleep(wait)
        job.render.url = render.url or ""
        self._advance(job, Step.RENDERED)

    async def _start(self, job: Job) -> bool:
        """Start the render, unless it turns out to have been started; false where it has to be
        begun once more."""
        known = self._resuming and await self._known(job)
        if not known:
            draft = (await self._connection.state(job.session_id)).draft or {}
            try:
                await self._connection.call(
                    lambda: self._client.start_render(job.render.id, job.session_id, draft)
                )
            except (NetworkError, BackendFailedError) as error:
                # The answer was lost, or the id is refused as used: is it ours that is there?
                if not await self._known(job):
                    self._again(job, error)
                    return False
            except SkillError:
                self._advance(job, Step.ANSWERED)
                raise
        job.render.posted = True
        self._vault.save(job)
        return True

    async def _known(self, job: Job) -> bool:
        try:
            await self._status(job)
        except NotFoundError:
            return False
        return True

    async def _status(self, job: Job) -> Render:
        return await self._connection.read(lambda: self._client.render_status(job.render.id))

    def _again(self, job: Job, error: SkillError) -> None:
        """A render that failed is tried once more, under a new id."""
        job.render.id = ""
        last = job.render.attempt > 0
        job.render.attempt = 0 if last else 1
        self._advance(job, Step.ANSWERED)
        if last:
            error.hint = say("Rendering costs nothing: try again later.")
            raise error
        self._tell(Notice(say("The render came to nothing; trying once more.")))

    # ------------------------------------------------------------ the clip comes home

    async def _fetch(self, job: Job) -> None:
        self._tell(Stage("download", say("Downloading...")))
        if self._resuming and job.delivered and sha256(Path(job.target)) == job.delivered:
            # The process died between its rename and this note.
            self._delivered(job)
            return

        def about_to_stand(target: Path, digest: str) -> None:
            job.target, job.delivered = str(target), digest
            self._vault.save(job)

        await deliver(
            self._connection,
            job.render.url,
            job.render.id,
            Path(job.target),
            force=job.force,
            other=not job.named,
            state=job.download,
            note=lambda: self._vault.save(job),
            about_to_stand=about_to_stand,
        )
        self._delivered(job)

    def _delivered(self, job: Job) -> None:
        discard(job.download)
        self._note(job, Step.DELIVERED if job.extras else Step.DONE)

    def _note(self, job: Job, step: Step) -> None:
        """The clip stands, also where that cannot be noted; `delivered` tells `resume`."""
        try:
            self._advance(job, step)
        except UsageError as error:
            self._tell(Notice(error.message))
            job.step = step

    # ------------------------------------------------------------ what is made of the clip

    async def _make_extras(self, job: Job) -> None:
        """The clip stands and is paid for: what cannot be made of it is told, and no error."""
        from skill.jobs.previews import make_extra

        for kind, ending in job.extras.items():
            if kind in job.made:
                continue
            video = Path(job.target)
            try:
                place = await make_extra(
                    kind, ending, video, job.id, force=job.force, tell=self._tell
                )
                job.made[kind] = str(place)
            except UsageError as error:
                job.missed[kind] = "\n".join(filter(None, [error.message, error.hint]))
            self._note(job, Step.DELIVERED)
        self._note(job, Step.DONE)


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
