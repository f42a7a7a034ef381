"""The work itself, one method an action: what the command line and programs call.

async with Studio.open(Config.resolve(local=True)) as studio:
    video = await studio.make([Path("cat.jpg")], "a slow zoom, 5 seconds")
"""

from __future__ import annotations

import os
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ParamSpec

import anyio
import anyio.to_thread

from skill.clock import CLOUD, LOCAL, Clock, PacedClock
from skill.errors import (
    AuthError,
    BusyError,
    InternalError,
    NotFoundError,
    SkillError,
    UsageError,
    from_record,
)
from skill.events import Detail, Notice, Report
from skill.i18n import say, speak
from skill.jobs.background import LogReader, log_of
from skill.jobs.connection import Connection
from skill.jobs.job import Goal, Step
from skill.jobs.partial_file import discard
from skill.jobs.plan import (
    plan_chat,
    plan_export,
    plan_extend,
    plan_make,
    plan_upload,
    redirect,
)
from skill.jobs.previews import NOTHING
from skill.jobs.prompt import Wish
from skill.jobs.results import Connected, Reply, Status, Video, uploaded, video_of
from skill.jobs.store import Vault
from skill.jobs.suggestions import at_home

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from skill.api.client import Client
    from skill.api.models import Credits
    from skill.jobs.job import Job, StoredSession
    from skill.jobs.previews import Extras
    from skill.screentalk import GuiAction
    from skill.settings.config import Config

P = ParamSpec("P")
_GLANCE = 0.1  # s between two looks at what another process does
_LET_GO = 10.0  # s it may take to let go of a job


class Studio:
    """Everything a user can ask for, on the current project of a backend.

    Open it with `Studio.open`. Each method does its work to the end, however long that takes, and
    raises the errors of `skill.errors`; beside them only OSError, of a file or folder of the
    user's own. What costs is written down before it is sent: whoever is cancelled or dies in
    between goes on with `resume`, and pays nothing again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client
        self._vault = connection.vault
        self._config = connection.config
        self.job: Job | None = None  # the one at work: what whoever stops this can point to

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: Config,
        tell: Callable[[Report], None] = lambda report: None,
        *,
        clock: Clock | None = None,
    ) -> AsyncIterator[Studio]:
        """A studio on the backend of `config`; with `config.local`, on one of its own, for which
        it has to be asyncio that runs. `tell` is called in the event loop with what happens
        meanwhile (`skill.events`). Raises UsageError where the state folder cannot be used, or
        where what --local needs is not installed."""
        from skill.api.client import Client

        with ExitStack() as stack:
            vault = Vault.open(config.home)
            stack.callback(vault.close)
            if config.local:
                from skill.local import running

                url = running(config.home, tell, lambda: studio.language)
                config = replace(config, api_url=stack.enter_context(url))
            client = Client(
                config.api_url, config.manifest.headers, log=lambda line: tell(Detail(line))
            )
            clock = clock or PacedClock(config.pace)
            timing = (LOCAL if config.local else CLOUD).at_pace(config.pace)
            async with client:
                studio = cls(Connection(config, client, vault, clock, timing, tell))
                yield studio

    @property
    def config(self) -> Config:
        """The settings it was opened with."""
        return self._config

    @property
    def language(self) -> str:
        """The language where the user has said no words, a BCP 47 primary tag: that of the last
        job here, else of the current project, else of the environment."""
        known = self.job or self.project
        return self._config.language or (
            known.language if known is not None else self._config.language_of("")
        )

    @property
    def project(self) -> StoredSession | None:
        """The one that is worked on, if any."""
        return self._connection.projects.current

    # ------------------------------------------------------------ the actions

    async def connect(self) -> Connected:
        """Have a token and a project, made where there is none. Costs nothing."""
        speak(self.language)
        await self._connection.authorize()
        session = await self._connection.session(self.language)
        credits = await self.credits()
        return Connected(session.session_id, self._connection.anonymous, credits)

    async def credits(self) -> Credits:
        """The account's balance."""
        speak(self.language)
        return await self._credits()

    async def authorized(self) -> Client:
        """The client, with a token, for whoever has to speak to the backend himself. An anonymous
        token that is no longer good is replaced; raises AuthError where one of the user's own is
        not accepted, and what asking for one fails with."""
        try:
            await self._connection.once(self._client.credits)
        except SkillError as error:
            if isinstance(error, AuthError) or self._client.token is None:
                raise
            self._connection.tell(Detail(error.message))
        return self._client

    async def known_balance(self) -> Credits | None:
        """The balance, where there is an account to ask for: no token is taken for it, and no
        answer is no failure."""
        return await self._connection.balance_if_known()

    async def status(self) -> Status:
        """The current project's timeline and uploads. Raises NotFoundError where there is none."""
        speak(self.language)
        return await self._status()

    async def upload(
        self,
        files: Sequence[Path],
        urls: Sequence[str] = (),
        *,
        words: str = "",
        shrink: bool = True,
        keep_metadata: bool = False,
    ) -> Reply:
        """Put files, and files the backend fetches itself, into the current project. `shrink`
        and `keep_metadata` as for `make`; `words` are offered to be said next; `data["files"]`
        is what the backend says of them."""
        job = await self._plan(
            plan_upload,
            self._config,
            self.project,
            files,
            urls,
            words=words,
            shrink=shrink,
            keep_metadata=keep_metadata,
        )
        reply = await self.begin(job)
        assert isinstance(reply, Reply)
        return reply

    async def chat(self, message: str, *, max_credits: int | None = None) -> Reply:
        """Send a message to the project's agent, once: this is what costs credits. With
        `max_credits` none is sent that may cost more: a first cut about 100, an edit about 50."""
        job = plan_chat(self._config, self.project, message, max_credits=max_credits)
        reply = await self.begin(job)
        assert isinstance(reply, Reply)
        return reply

    async def export(
        self, output: Path | None = None, *, force: bool = False, extras: Extras = NOTHING
    ) -> Video:
        """Render the current project and fetch the clip. Costs no credits. `output`, `force` and
        `extras` as for `make`."""
        speak(self.language)
        session = self._connection.projects.required()
        job = plan_export(self._config, session, output, force=force, extras=extras)
        video = await self.begin(job)
        assert isinstance(video, Video)
        return video

    async def make(
        self,
        photos: Sequence[Path],
        prompt: str = "",
        wish: Wish | None = None,
        *,
        output: Path | None = None,
        force: bool = False,
        shrink: bool = True,
        keep_metadata: bool = False,
        extras: Extras = NOTHING,
        max_credits: int | None = None,
    ) -> Video:
        """Photos in, MP4 out, as a new project. It stands at `output` (`.mp4`), else under a free
        name in this folder; a file that is there is overwritten with `force` alone. Photos over
        the listing's limit are made smaller, unless `shrink` is false; what they tell beside the
        picture is removed, unless `keep_metadata`. `extras` are made of the video on this
        machine. With `max_credits` nothing is sent that may cost more: about 100."""
        job = await self._plan(
            plan_make,
            self._config,
            photos,
            prompt,
            wish or Wish(),
            target=output,
            force=force,
            shrink=shrink,
            keep_metadata=keep_metadata,
            extras=extras,
            max_credits=max_credits,
        )
        video = await self.begin(job)
        assert isinstance(video, Video)
        return video

    async def lay_out(
        self,
        photos: Sequence[Path],
        prompt: str = "",
        wish: Wish | None = None,
        *,
        shrink: bool = True,
        keep_metadata: bool = False,
    ) -> Reply:
        """`make` up to the timeline: it may be changed by `chat` before `export`."""
        job = await self._plan(
            plan_make,
            self._config,
            photos,
            prompt,
            wish or Wish(),
            export=False,
            shrink=shrink,
            keep_metadata=keep_metadata,
        )
        reply = await self.begin(job)
        assert isinstance(reply, Reply)
        return reply

    async def extend(
        self,
        video: Path | None = None,
        prompt: str = "",
        *,
        seconds: float | None = None,
        output: Path | None = None,
        force: bool = False,
        extras: Extras = NOTHING,
        max_credits: int | None = None,
    ) -> Video:
        """Make the current project's video, or a `video` of the user's own in a new project, longer
        by so many `seconds` (the listing's duration, else 10): new footage goes on from its last
        frame. Costs what a generation does. The rest is as for `make`. Raises
        NotFoundError where there is no video, and what `make` does."""
        job = await self._plan(
            plan_extend,
            self._config,
            self.project,
            video,
            prompt,
            seconds=seconds,
            target=output,
            force=force,
            extras=extras,
            max_credits=max_credits,
        )
        made = await self.begin(job)
        assert isinstance(made, Video)
        return made

    async def _plan(self, plan: Callable[P, Job], *args: P.args, **options: P.kwargs) -> Job:
        """Plan a job in a worker thread, since its files are read; speaks its language then."""

        def read() -> Job:
            import skill.jobs.worker  # noqa: F401 - it comes next, and takes 100 ms to load

            return plan(*args, **options)

        job = await anyio.to_thread.run_sync(read)
        speak(job.language)
        return job

    async def begin(self, job: Job) -> Video | Reply:
        """Write a planned job down and take it to its end."""
        job.account = self._connection.projects.owner
        self._vault.save(job)
        with self._vault.holding(job):
            return await self._finish(job)

    async def ask(
        self,
        words: str,
        files: Sequence[Path] = (),
        output: Path | None = None,
        *,
        shrink: bool = True,
        keep_metadata: bool = False,
        max_credits: int | None = None,
    ) -> Reply:
        """Any sentence: routed, done, answered. `output`, where it is an export, `shrink` and
        `keep_metadata` as for `make`; `max_credits` as for `chat`."""
        from skill.routing import Action, route

        speak(self._config.language_of(words))
        if not files and not words.strip():
            raise UsageError(
                say("Nothing was said."),
                hint=say("Say what you want: image-to-video ask 'make it slower'"),
            )
        way = route(words, [str(file) for file in files])
        match way.action:
            case Action.CREDITS:
                credits = await self._credits()
                return Reply(Action.CREDITS, self.credits_line(credits), data=vars(credits))
            case Action.STATE:
                status = await self._status()
                summary = status.timeline.summary()
                return Reply(Action.STATE, summary, summary=summary)
            case Action.EXPORT:
                video = await self.export(output)
                return Reply(
                    Action.EXPORT,
                    say("The video is ready: {file}", file=video.file),
                    summary=video.summary,
                    video=video,
                )
            case Action.UPLOAD:
                if not files:
                    raise UsageError(
                        say("Which file? None was named."),
                        hint=say('Name it: image-to-video ask "…" --file photo.jpg'),
                    )
                uploaded = await self.upload(
                    files, words=way.message or "", shrink=shrink, keep_metadata=keep_metadata
                )
                if way.message is None:
                    return uploaded
                reply = await self.chat(way.message, max_credits=max_credits)
                return replace(reply, action=Action.UPLOAD)
            case Action.CHAT:
                return await self.chat(words, max_credits=max_credits)
        raise InternalError(f"no such action: {way.action}")

    async def open_link(self) -> str:
        """The link with which a person opens the project in a browser. Whoever has it can open
        the project and do nothing else: it holds a claim token, never the token."""
        speak(self.language)
        if self._config.local:
            raise UsageError(
                say("A --local project is on this machine only: there is no page to open."),
                hint=say("Export it: image-to-video export"),
            )
        session = self._connection.projects.required()
        claim = await self._connection.call(
            lambda: self._client.claim_token(session.task_id, session.session_id)
        )
        return f"{self._config.web_url}/workspace/claim?ct={claim.claim_token}"

    # ------------------------------------------------------------ unfinished work

    def jobs(self) -> list[Job]:
        """What is unfinished at this backend, the newest first."""
        return self._vault.unfinished(self._config.backend)

    async def resume(
        self,
        job_id: str | None = None,
        *,
        output: Path | None = None,
        force: bool = False,
        extras: Extras = NOTHING,
    ) -> Video | Reply:
        """Go on with a job (the newest by default), without sending or paying again. While
        another process works on it, its reports are told here; where it ends without having
        ended the job, we take over. A job that is done answers as it did when it was done, once
        `extras` are made of its clip too; one that failed says again why."""
        self.job = job = self._pick(job_id)
        attended = False
        while True:
            try:
                with self._vault.holding(job):
                    if attended and job.failure is not None and not job.finished:
                        error = from_record(vars(job.failure))
                        error.job = job.id
                        error.instead = at_home(job, error)
                        raise error
                    return await self._go_on(job, output, force=force, extras=extras)
            except BusyError:
                if output is not None or extras != NOTHING:
                    raise
                attended = True
                await self._attend(job)

    async def work(self, job_id: str) -> None:
        """Be the background process of a job; where another has it already, leave it to that."""
        job = self._vault.job(job_id)
        speak(self._config.language or job.language)
        with suppress(BusyError), self._vault.holding(job):
            self._tell(
                Notice(
                    say(
                        "Working on {job} in the background (process {process}).",
                        job=job.id,
                        process=os.getpid(),
                    )
                )
            )
            await self._go_on(job, None, force=False, extras=NOTHING)

    async def _go_on(
        self, job: Job, target: Path | None, *, force: bool, extras: Extras
    ) -> Video | Reply:
        """Take a job that is held from where it stands to its end."""
        if redirect(job, target, force=force, extras=extras):
            self._vault.save(job)
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
        self._tell(
            Notice(say("{job} is being worked on by another process; waiting for it.", job=job.id))
        )
        while lock.held:
            for report in log.read():
                self._tell(report)
            await anyio.sleep(_GLANCE)
        for report in log.read():
            self._tell(report)

    @property
    def asked_to_stop(self) -> bool:
        """Whether another command has given up the job at work here."""
        return self.job is not None and self._vault.stop_request(self.job).exists()

    async def cancel(self, job_id: str | None = None) -> Job:
        """Give a job up, also where another process works on it; a render of it that has not
        begun is cancelled at the backend."""
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

    async def _give_up(self, job: Job) -> None:
        if job.finished:
            return
        job.step, step = Step.CANCELLED, job.step
        discard(job.download)
        self._vault.clear_workspace(job)
        self._vault.save(job)
        if step is Step.RENDERING and job.render.id:
            try:
                await self._connection.call(lambda: self._client.cancel_render(job.render.id))
            except SkillError as error:  # never begun, too late, no network: it is given up here
                self._tell(Detail(error.message))

    def _pick(self, job_id: str | None) -> Job:
        """The job that is meant, whose language is spoken from here on."""
        speak(self.language)
        job = self._vault.pick(job_id, self._config.backend, self._config.manifest.name)
        speak(self._config.language or job.language)
        return job

    # ------------------------------------------------------------ shared pieces

    @property
    def _tell(self) -> Callable[[Report], None]:
        return self._connection.tell

    async def _credits(self) -> Credits:
        return await self._connection.read(self._client.credits)

    async def _status(self) -> Status:
        from skill.timeline import Timeline

        session = self._connection.projects.required()
        state = await self._connection.state(session.session_id)
        return Status(Timeline.from_draft(state.draft), state.video_infos, session.session_id)

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
        return video_of(job) if job.export else await self._reply(job, actions)

    async def _reply(self, job: Job, actions: tuple[GuiAction, ...]) -> Reply:
        """What came of a message: the backend's words, what changed, and what the screen it
        speaks of stands for, done where that is free and safe."""
        from skill.routing import Action
        from skill.screentalk import GuiAction, sentences_for

        parts = [job.text] if job.text else []
        if not job.text and job.changes:
            parts.append(say("Done:"))
            parts += [f"- {change}" for change in job.changes]
        if not parts:
            parts += map(say, sentences_for(actions))
        if GuiAction.CREDITS in actions:
            balance = await self._connection.balance_at_once()
            parts += [self.credits_line(balance)] if balance is not None else []
        if GuiAction.STATE in actions:
            parts.append(job.summary)
        if not parts:
            parts.append(
                say("The backend finished without a word, and nothing on the timeline has changed.")
            )
        return Reply(
            Action.CHAT,
            "\n".join(parts),
            changes=tuple(job.changes),
            summary=job.summary,
            offers=_offers(job),
            tells_changes=not job.text,
            credits_before=job.credits.before,
            credits_after=job.credits.after,
        )

    def credits_line(self, credits: Credits) -> str:
        """A balance in words."""
        if self._config.local:
            return say("Work on this machine (--local) is free: no credits are used.")
        if not credits.frozen:
            return say("{available:g} credits are available.", available=credits.available)
        return say(
            "{available:g} credits are available ({held:g} more are held by work in progress).",
            available=credits.available,
            held=credits.frozen,
        )


def _offers(job: Job) -> tuple[tuple[str, ...], ...]:
    """The commands that come next: two wishes and the export, where there is something to see."""
    if not job.ready:
        return ()
    return (*(("chat", wish) for wish in job.wishes), ("export",))
