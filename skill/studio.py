"""The work itself, one method an action: what the command line and programs call.

async with Studio.open(Config.resolve(local=True)) as studio:
    video = await studio.make([Path("cat.jpg")], "a slow zoom, 5 seconds")
"""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.clock import CLOUD, LOCAL, Clock, PacedClock
from skill.connection import Connection
from skill.errors import BackendFailedError, InternalError, NotFoundError, UsageError
from skill.report import Notice, Report, Stage
from skill.vault import Job, Step, Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from skill.client import Credits, Media
    from skill.config import Config
    from skill.gui import GuiAction
    from skill.listings import Listing
    from skill.media import LocalFile
    from skill.routing import Action
    from skill.timeline import Timeline

# What a generation costs, as the contract has it: an approximate figure.
GENERATION_CREDITS = 100


@dataclass(frozen=True)
class Wish:
    """What the video should be, beside the words of the prompt. Duration in seconds."""

    aspect: str | None = None
    resolution: str | None = None
    duration: float | None = None
    music: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class Video:
    """A finished clip. `bytes` its size, `duration` in seconds, the rest in pixels."""

    file: Path
    bytes: int
    duration: float
    width: int
    height: int
    job: str
    session_id: str
    summary: str
    text: str = ""
    credits_before: float | None = None
    credits_after: float | None = None


@dataclass(frozen=True)
class Reply:
    """What an action said and did. `text` is never empty; `data` is for actions that answer
    with more than words (credits, a video)."""

    action: Action
    text: str
    changes: tuple[str, ...] = ()
    summary: str = ""
    offers: tuple[tuple[str, ...], ...] = ()
    data: dict[str, Any] | None = None
    video: Video | None = None


@dataclass(frozen=True)
class Connected:
    session_id: str
    anonymous: bool
    credits: Credits


@dataclass(frozen=True)
class Status:
    timeline: Timeline
    media: tuple[Any, ...]
    session_id: str


def plan_message(prompt: str, wish: Wish, listing: Listing) -> str:
    """The message for a prompt and a wish, the listing filling in what neither says: the
    backend's agent takes nothing but words."""
    prompt = prompt if prompt.strip() else listing.example
    wish = replace(
        wish,
        resolution=wish.resolution or listing.resolution,
        duration=wish.duration or listing.duration,
    )
    said = [prompt.strip().rstrip(".") + "."]
    if wish.aspect:
        said.append(f"Aspect ratio: {wish.aspect}.")
    if wish.resolution:
        said.append(f"Resolution: {wish.resolution}.")
    if wish.duration:
        said.append(f"Duration: {wish.duration:g} seconds.")
    if wish.music:
        said.append(f"Background music: {wish.music}.")
    if wish.title:
        said.append('Title: "' + wish.title.replace('"', "'") + '".')
    return " ".join(said)


class Studio:
    """Everything a user can ask for. Open it with `Studio.open`; raises `skill.errors`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client
        self._vault = connection.vault
        self._config = connection.config
        self._listing = connection.config.manifest.listing
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
        """A studio on the backend of `config`; with `config.local`, on one of its own."""
        from skill.client import Client
        from skill.report import Detail

        with ExitStack() as stack:
            vault = Vault.open(config.home)
            stack.callback(vault.close)
            if config.local:
                from skill.local import running

                config = replace(config, api_url=stack.enter_context(running(config.home)))
            client = Client(
                config.api_url, config.manifest.headers, log=lambda line: tell(Detail(line))
            )
            clock = clock or PacedClock(config.pace)
            timing = LOCAL if config.local else CLOUD
            async with client:
                yield cls(Connection(config, client, vault, clock, timing, tell))

    # ------------------------------------------------------------ the actions

    async def connect(self, language: str = "en") -> Connected:
        """Have a token and a project."""
        await self._connection.authorize()
        session = await self._connection.session(language)
        credits = await self.credits()
        return Connected(session.session_id, self._connection.anonymous, credits)

    async def credits(self) -> Credits:
        return await self._connection.read(self._client.credits)

    async def status(self) -> Status:
        from skill.timeline import Timeline

        session = self._connection.required()
        state = await self._state(session.session_id)
        return Status(Timeline.from_draft(state.draft), state.video_infos, session.session_id)

    async def upload(self, files: Sequence[Path], urls: Sequence[str] = ()) -> tuple[Media, ...]:
        """Put files, and files the backend fetches itself, into the current project."""
        local = self._inspect(files)
        session = await self._connection.session("en")
        media: list[Media] = []
        for number, file in enumerate(local, 1):
            self._tell(Stage("upload", f"Uploading {file.name} ({number} of {len(local)})..."))
            with file.path.open("rb") as body:
                media += await self._connection.call(
                    lambda file=file, body=body: self._client.upload(  # type: ignore[misc]
                        session.session_id, file.name, file.mime, body
                    )
                )
        if urls:
            self._tell(Stage("upload", "The backend fetches the files..."))
            media += await self._connection.call(
                lambda: self._client.upload_urls(session.session_id, urls)
            )
        self._vault.touch_session(self._config.backend, session.session_id)
        return tuple(media)

    async def chat(self, message: str) -> Reply:
        """Send a message to the project's agent: this is what costs credits."""
        from skill.routing import detect_language

        language = detect_language(message)
        session = await self._connection.session(language)
        job = self._job("chat", language)
        job.session_id, job.task_id = session.session_id, session.task_id
        job.message, job.export, job.step = message, False, Step.UPLOADED
        self._vault.save(job)
        actions = await self._run(job)
        return await self._reply(job, actions)

    async def export(self, target: Path | None, *, force: bool = False) -> Video:
        """Render the current project and fetch the clip. Costs no credits."""
        from skill.delivery import check_target

        session = self._connection.required()
        target = target or free_name("video")
        check_target(target, force=force)
        job = self._job("export", session.language)
        job.session_id, job.task_id, job.step = session.session_id, session.task_id, Step.ANSWERED
        job.target, job.force = str(target.absolute()), force
        self._vault.save(job)
        return await self._video(job)

    async def make(
        self,
        photos: Sequence[Path],
        prompt: str = "",
        wish: Wish | None = None,
        *,
        target: Path | None = None,
        force: bool = False,
        export: bool = True,
    ) -> Video | Reply:
        """Photos in, MP4 out; with `export` false, up to the timeline."""
        job = self.plan(photos, prompt, wish or Wish(), target=target, force=force, export=export)
        self._vault.save(job)
        if export:
            return await self._video(job)
        return await self._reply(job, await self._run(job))

    def plan(
        self,
        photos: Sequence[Path],
        prompt: str,
        wish: Wish,
        *,
        target: Path | None = None,
        force: bool = False,
        export: bool = True,
    ) -> Job:
        """The job `make` would run; local files are looked into, nothing is sent."""
        from skill.delivery import check_target
        from skill.routing import detect_language

        files = self._inspect(photos)
        target = target or free_name(files[0].name.rpartition(".")[0])
        if export:
            check_target(target, force=force)
        job = self._job("make", detect_language(prompt))
        job.message = plan_message(prompt, wish, self._listing)
        job.files = [
            {
                "path": str(file.path.absolute()),
                "name": file.name,
                "mime": file.mime,
                "kind": file.kind,
                "size": file.size,
                "sha256": file.sha256,
            }
            for file in files
        ]
        job.export, job.target, job.force = export, str(target.absolute()), force
        return job

    async def ask(
        self, words: str, files: Sequence[Path] = (), target: Path | None = None
    ) -> Reply:
        """Any sentence: routed, done, answered."""
        from skill.routing import Action, route

        way = route(words, [str(file) for file in files])
        match way.action:
            case Action.CREDITS:
                credits = await self.credits()
                return Reply(Action.CREDITS, credits_line(credits), data=vars(credits))
            case Action.STATE:
                status = await self.status()
                summary = status.timeline.summary()
                return Reply(Action.STATE, summary, summary=summary)
            case Action.EXPORT:
                video = await self.export(target)
                return Reply(
                    Action.EXPORT,
                    f"The video is ready: {video.file}",
                    summary=video.summary,
                    video=video,
                )
            case Action.UPLOAD:
                if not files:
                    raise UsageError(
                        "Which file? None was named.",
                        hint='Name it: image-to-video ask "…" --file photo.jpg',
                    )
                media = await self.upload(files)
                if way.message is None:
                    text = f"Uploaded: {', '.join(item.filename for item in media)}."
                    return Reply(Action.UPLOAD, text)
                return replace(await self.chat(way.message), action=Action.UPLOAD)
            case Action.CHAT:
                if way.vague:
                    self._tell(
                        Notice(
                            f'Being specific gives better results, for example: "{self._listing.example}"'
                        )
                    )
                return await self.chat(words)
        raise InternalError(f"no such action: {way.action}")

    async def open_link(self) -> str:
        """The link with which a person opens the project in a browser."""
        session = self._connection.required()
        claim = await self._connection.call(
            lambda: self._client.claim_token(session.task_id, session.session_id)
        )
        return f"{self._config.web_url}/workspace/claim?ct={claim.claim_token}"

    # ------------------------------------------------------------ unfinished work

    def jobs(self) -> list[Job]:
        return [job for job in self._vault.unfinished() if job.backend == self._config.backend]

    async def resume(self, job_id: str | None = None) -> Video | Reply:
        """Go on with a job (the newest by default), without sending or paying again."""
        job = self._pick(job_id)
        if job.finished:
            raise NotFoundError(
                f"{job.id} is {job.step}: there is nothing to go on with.",
                hint=f"Its file: {job.target}" if job.target and job.step is Step.DONE else "",
            )
        if job.export:
            return await self._video(job, resuming=True)
        return await self._reply(job, await self._run(job, resuming=True))

    async def cancel(self, job_id: str | None = None) -> Job:
        """Give a job up; a render of it that has not begun is cancelled at the backend."""
        job = self._pick(job_id)
        if not job.finished:
            if job.step is Step.RENDERING and job.render_id:
                with suppress(NotFoundError, BackendFailedError):  # never begun, or too late
                    await self._connection.call(lambda: self._client.cancel_render(job.render_id))
            job.step = Step.CANCELLED
            self._vault.save(job)
        return job

    def _pick(self, job_id: str | None) -> Job:
        if job_id is not None:
            job = self._vault.job(job_id)
            if job.backend != self._config.backend:
                other = "--local" if job.backend == "local" else f"NEMO_API_URL={job.backend}"
                raise UsageError(
                    f"{job.id} belongs to another backend.", hint=f"Run the command with {other}."
                )
            return job
        jobs = self.jobs()
        if not jobs:
            raise NotFoundError(
                "Nothing is unfinished.", hint="Begin with: image-to-video make PHOTO…"
            )
        return jobs[0]

    # ------------------------------------------------------------ shared pieces

    @property
    def _tell(self) -> Callable[[Report], None]:
        return self._connection.tell

    def _job(self, goal: str, language: str) -> Job:
        job = self._vault.new_job(goal, self._config.backend, self._config.manifest.name)
        job.language = language
        return job

    def _inspect(self, paths: Sequence[Path]) -> list[LocalFile]:
        from skill.media import inspect_all

        return inspect_all(paths, self._listing)

    async def _state(self, session_id: str) -> Any:
        try:
            return await self._connection.state(session_id)
        except NotFoundError:
            self._vault.drop_session(self._config.backend, session_id)
            raise

    async def _run(self, job: Job, *, resuming: bool = False) -> tuple[GuiAction, ...]:
        from skill.worker import Worker

        self.job = job
        worker = Worker(self._connection, resuming=resuming)
        await worker.run(job)
        return worker.actions

    async def _video(self, job: Job, *, resuming: bool = False) -> Video:
        from skill.mp4 import probe
        from skill.timeline import Timeline

        await self._run(job, resuming=resuming)
        target = Path(job.target)
        clip = probe(target)
        timeline = Timeline.from_draft((await self._connection.state(job.session_id)).draft)
        after = (await self.credits()).available if job.goal == "make" else None
        return Video(
            file=target,
            bytes=target.stat().st_size,
            duration=round(clip.duration, 3),
            width=clip.width,
            height=clip.height,
            job=job.id,
            session_id=job.session_id,
            summary=timeline.summary(),
            text=job.text,
            credits_before=job.credits_before,
            credits_after=after,
        )

    async def _reply(self, job: Job, actions: tuple[GuiAction, ...]) -> Reply:
        """What came of a message: the backend's words, what changed, and what the screen it
        speaks of stands for, done where that is free and safe."""
        from skill.gui import GuiAction
        from skill.routing import Action
        from skill.timeline import Timeline

        timeline = Timeline.from_draft((await self._connection.state(job.session_id)).draft)
        summary = timeline.summary()
        parts = [job.text] if job.text else []
        if not job.text and job.changes:
            parts.append("Done. " + "; ".join(job.changes) + ".")
        if GuiAction.CREDITS in actions:
            parts.append(credits_line(await self.credits()))
        if GuiAction.STATE in actions or (not parts and actions):
            parts.append(summary)
        if not parts:
            parts.append(
                "The backend finished without a word, and nothing on the timeline has changed."
            )
        offers = (("export",),) if timeline.ready else ()
        return Reply(
            Action.CHAT,
            "\n".join(parts),
            changes=tuple(job.changes),
            summary=summary,
            offers=offers,
        )


def credits_line(credits: Credits) -> str:
    held = f" ({credits.frozen:g} more are held by work in progress)" if credits.frozen else ""
    return f"{credits.available:g} credits are available{held}."


def free_name(stem: str) -> Path:
    """A name for the clip in the current folder that is not taken."""
    target = Path(f"{stem}.mp4")
    number = 2
    while target.exists():
        target = Path(f"{stem}-{number}.mp4")
        number += 1
    return target
