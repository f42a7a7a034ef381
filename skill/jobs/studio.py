"""The work itself, one method an action: what the command line and programs call.

async with Studio.open(Config.resolve(local=True)) as studio:
    video = await studio.make(["cat.jpg"], "a slow zoom, 5 seconds")
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import anyio.to_thread

from skill.errors import AuthError, InternalError, SkillError, UsageError
from skill.events import Detail
from skill.i18n import say, speak
from skill.jobs.connection import open_connection
from skill.jobs.plan import check_message_cap, plan
from skill.jobs.request import (
    AskRequest,
    ChatRequest,
    ExportRequest,
    ExtendRequest,
    MakeRequest,
    ResumeRequest,
    UploadRequest,
)
from skill.jobs.results import Connected, Reply, Status, Video, balance_line
from skill.jobs.runner import JobRunner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from skill.api.client import Client
    from skill.api.models import Credits
    from skill.clock import Clock
    from skill.events import Tell
    from skill.jobs.connection import Connection
    from skill.jobs.job import Job, StoredSession
    from skill.jobs.request import (
        AskArguments,
        ClipArguments,
        CostArguments,
        ExtendArguments,
        FileArguments,
        JobRequest,
        LayOutArguments,
        MakeArguments,
        Request,
        ResumeArguments,
        VideoOptions,
    )
    from skill.settings.config import Config, StrPath


class Studio:
    """Everything a user can ask for, on the current project of a backend.

    Open it with `Studio.open`. Each method does its work to the end, however long that takes, and
    raises the errors of `skill.errors`; beside them only OSError, of a file or folder of the
    user's own. What costs is written down before it is sent: whoever is cancelled or dies in
    between goes on with `resume`, and pays nothing again.

    Arguments that several methods take: `output` is where the clip goes (`.mp4`), else a free name
    in this folder; a file that is there is overwritten with `force` alone. `extras` (`skill.Extras`)
    are made of the clip on this machine. `shrink` (the default) makes photos over the listing's
    limit smaller; what they tell beside the picture is removed, unless `keep_metadata`. With
    `max_credits` nothing is sent that may cost more: a generation costs about 100 credits, an edit
    about 50. What an unfinished job is paid for already is not sent once more (UnfinishedError names
    the job), unless it is `new`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client
        self._config = connection.config
        self._runner = JobRunner(connection)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, config: Config, tell: Tell | None = None, *, clock: Clock | None = None
    ) -> AsyncIterator[Studio]:
        """A studio on the backend of `config`; with `config.local`, on one of its own, for which
        it has to be asyncio that runs. `tell` is called in the event loop with what happens
        meanwhile (`skill.events`). Raises UsageError where the state folder cannot be used, or
        where what --local needs is not installed."""
        tell = tell or (lambda event: None)
        async with open_connection(config, tell, lambda: studio.language, clock) as connection:
            studio = cls(connection)
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

    async def make(
        self,
        photos: StrPath | Sequence[StrPath],
        prompt: str = "",
        wish: VideoOptions | None = None,
        **arguments: Unpack[MakeArguments],
    ) -> Video:
        """Photos in, MP4 out, as a new project. `prompt` and `wish` say what the video should be.
        Takes `output`, `force`, `extras`, `shrink`, `keep_metadata`, `max_credits`."""
        return await self._video(MakeRequest(photos, prompt, wish, **arguments))

    async def lay_out(
        self,
        photos: StrPath | Sequence[StrPath],
        prompt: str = "",
        wish: VideoOptions | None = None,
        **arguments: Unpack[LayOutArguments],
    ) -> Reply:
        """`make` up to the timeline: it may be changed by `chat` before `export`. Takes `shrink`,
        `keep_metadata`, `max_credits`."""
        return await self._reply(MakeRequest(photos, prompt, wish, export=False, **arguments))

    async def upload(
        self,
        files: StrPath | Sequence[StrPath],
        urls: Sequence[str] = (),
        *,
        words: str = "",
        **arguments: Unpack[FileArguments],
    ) -> Reply:
        """Put files, and files the backend fetches itself, into the current project; `words` are
        offered to be said next; `data["files"]` is what the backend says of them. Takes `shrink`,
        `keep_metadata`."""
        return await self._reply(UploadRequest(files, urls, words, **arguments))

    async def chat(self, message: str, **arguments: Unpack[CostArguments]) -> Reply:
        """Send a message to the project's agent, once: this is what costs credits. Takes
        `max_credits`."""
        return await self._reply(ChatRequest(message, **arguments))

    async def export(
        self, output: StrPath | None = None, **arguments: Unpack[ClipArguments]
    ) -> Video:
        """Render the current project and fetch the clip. Costs no credits. Takes `force`,
        `extras`."""
        return await self._video(ExportRequest(output=output, **arguments))

    async def extend(
        self,
        video: StrPath | None = None,
        prompt: str = "",
        **arguments: Unpack[ExtendArguments],
    ) -> Video:
        """Make the current project's video, or a `video` of the user's own in a new project, longer
        by so many `seconds` (the listing's duration, else 10): new footage goes on from its last
        frame. Costs what a generation does. Takes `seconds`, `output`, `force`, `extras`,
        `max_credits`. Raises NotFoundError where there is no video, and what `make` does."""
        return await self._video(ExtendRequest(video, prompt, **arguments))

    async def ask(
        self,
        words: str,
        files: StrPath | Sequence[StrPath] = (),
        output: StrPath | None = None,
        **arguments: Unpack[AskArguments],
    ) -> Reply:
        """Any sentence: routed, done, answered. `output` is for an export. Takes `shrink`,
        `keep_metadata`, `max_credits`."""
        return await self._ask(AskRequest(words, files, output, **arguments))

    async def _ask(self, request: AskRequest) -> Reply:
        from skill.routing import Action, route

        words = request.words
        speak(self._config.language_of(words))
        if not request.paths and not words.strip():
            raise UsageError(
                say("Nothing was said."),
                hint=say("Say what you want: image-to-video ask 'make it slower'"),
            )
        way = route(words, [str(file) for file in request.paths])
        if way.message is not None:
            check_message_cap(self._config, self.project, request.max_credits)
        match way.action:
            case Action.CREDITS:
                credits = await self._credits()
                return Reply(Action.CREDITS, self.credits_line(credits), data=vars(credits))
            case Action.STATE:
                summary = (await self._status()).timeline.summary()
                return Reply(Action.STATE, summary, summary=summary)
            case Action.EXPORT:
                video = await self.export(request.output)
                text = say("The video is ready: {file}", file=video.file)
                return Reply(Action.EXPORT, text, summary=video.summary, video=video)
            case Action.UPLOAD:
                return await self._upload_and_say(request, way.message)
            case Action.CHAT:
                return await self.chat(words, max_credits=request.max_credits, new=request.new)
        raise InternalError(f"no such action: {way.action}")

    async def _upload_and_say(self, request: AskRequest, message: str | None) -> Reply:
        if not request.paths:
            raise UsageError(
                say("Which file? None was named."),
                hint=say('Name it: image-to-video ask "…" --file photo.jpg'),
            )
        uploaded = await self.upload(
            request.files,
            words=message or "",
            shrink=request.shrink,
            keep_metadata=request.keep_metadata,
        )
        if message is None:
            return uploaded
        reply = await self.chat(message, max_credits=request.max_credits, new=request.new)
        return replace(reply, action=reply.action.UPLOAD)

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

    def credits_line(self, credits: Credits) -> str:
        """A balance in words."""
        return balance_line(credits, local=self._config.local)

    # ------------------------------------------------------------ jobs

    @property
    def job(self) -> Job | None:
        """The one at work: what whoever stops this can point to."""
        return self._runner.job

    @property
    def asked_to_stop(self) -> bool:
        """Whether another command has given up the job at work here."""
        return self._runner.asked_to_stop

    def jobs(self) -> list[Job]:
        """What is unfinished at this backend, the newest first."""
        return self._connection.vault.unfinished(self._config.backend)

    async def resume(
        self, job_id: str | None = None, **arguments: Unpack[ResumeArguments]
    ) -> Video | Reply:
        """Go on with a job (the newest by default), without sending or paying again. While
        another process works on it, its reports are told here; where it ends without having
        ended the job, we take over. A job that is done answers as it did when it was done, once
        `extras` are made of its clip too; one that failed says again why. Takes `output`, `force`,
        `extras`."""
        return await self.run(ResumeRequest(job_id, **arguments))

    async def work(self, job_id: str) -> None:
        """Be the background process of a job; where another has it already, leave it to that."""
        await self._runner.work(job_id)

    async def cancel(self, job_id: str | None = None) -> Job:
        """Give a job up, also where another process works on it; a render of it that has not
        begun is cancelled at the backend."""
        speak(self.language)
        return await self._runner.cancel(job_id)

    async def run(self, request: Request) -> Video | Reply:
        """Do what is asked for, to its end: what every action comes to."""
        match request:
            case AskRequest():
                return await self._ask(request)
            case ResumeRequest():
                speak(self.language)
                return await self._runner.resume(request)
            case _:
                job = await anyio.to_thread.run_sync(self._planned, request)
                speak(job.language)
                return await self._runner.begin(job, request)

    def _planned(self, request: JobRequest) -> Job:
        """Plan in a worker thread, since the files are read."""
        import skill.jobs.worker  # noqa: F401 - it comes next, and takes 100 ms to load

        return self.plan(request)

    def plan(self, request: JobRequest) -> Job:
        """The job that would do it; nothing is sent and nothing written down."""
        return plan(self._config, self._connection.projects, request)

    def under_way(self, job: Job, request: JobRequest) -> Job | None:
        """The other job that is paid for the same as one that is planned for a request, if any."""
        if request.new:
            return None
        return self._connection.vault.under_way(job, request.asked_at)

    async def _credits(self) -> Credits:
        return await self._connection.read(self._client.credits)

    async def _status(self) -> Status:
        from skill.timeline import Timeline

        session = self._connection.projects.required()
        state = await self._connection.state(session.session_id)
        return Status(Timeline.from_draft(state.draft), state.video_infos, session.session_id)

    async def _video(self, request: Request) -> Video:
        video = await self.run(request)
        assert isinstance(video, Video)
        return video

    async def _reply(self, request: Request) -> Reply:
        reply = await self.run(request)
        assert isinstance(reply, Reply)
        return reply
