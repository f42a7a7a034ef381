"""The files of a job, up to the backend: made ready before anything is sent, and sent once each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from skill.api.models import Media
from skill.errors import BackendFailedError, FileRefusedError, NetworkError
from skill.events import Notice, Progress, Stage
from skill.files import sha256
from skill.i18n import say
from skill.jobs.job import PAID, Step
from skill.jobs.pricing import check_cost
from skill.jobs.prompt import renumbered
from skill.jobs.threads import run_blocking
from skill.media.draw import Drawing
from skill.media.file_errors import opened
from skill.media.prepared import LeftOut, make_ready, make_smaller, no_longer, told
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from skill.jobs.context import JobContext
    from skill.media.prepared import PreparedFile

_SMALLER = 2  # times a photo is made smaller that the backend finds too large


async def upload_files(context: JobContext) -> None:
    """Have a project, and all files of the job in it."""
    job, connection = context.job, context.connection
    uploads = _Uploads(context)
    await uploads.prepare()
    if not job.session_id:
        session = await connection.create_session(job.language)
        job.session_id, job.task_id, job.user_id = (
            session.session_id,
            session.task_id,
            session.user_id,
        )
        job.fresh = True
        job.account = connection.projects.owner
        await context.save(only_from=Step.STARTED)
        if connection.greeted:
            context.tell(Notice(say("Ready.")))
    if job.goal in PAID and job.files and not context.config.local:
        # Before the photos go up: whoever cannot pay for a video need not wait for them.
        context.before = await context.balance()
        await check_cost(context, context.before, laid_out=False)
    await uploads.send()
    await context.advance(Step.UPLOADED, only_from=Step.STARTED)


async def fetch_urls(context: JobContext) -> None:
    """Have the backend fetch the files that are named by addresses: the end of an upload."""
    job = context.job
    await context.keep_project()
    if job.urls[job.fetched :]:
        context.tell(Stage("upload", say("The backend fetches the files...")))
    for url in job.urls[job.fetched :]:
        try:
            media = await context.connection.call(
                lambda url=url: context.client.upload_urls(job.session_id, [url])  # type: ignore[misc]
            )
        except (FileRefusedError, BackendFailedError) as error:
            shown = clean_line(url, 200)
            error.message = say("{name}: {message}", name=shown, message=error.message)
            error.hint = say("Check the address, or fetch the file yourself and upload it.")
            await context.advance(Step.FAILED)
            raise
        job.media += media
        job.fetched += 1
        await context.save()
    await context.advance(Step.DONE)


class _Uploads:
    """A job's files on their way up. What is done is noted, so that another process can go on."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._job = context.job
        self._connection = context.connection
        self._tell = context.tell
        self._listing = context.config.manifest.listing

    async def prepare(self) -> None:
        """Have every file as it may be sent, before anything is."""
        job = self._job
        for item in job.left_out:
            self._tell(Notice(_without(item)))
        due = [file for file in job.uploads if file.sha256 not in job.uploaded and file.due]
        if not due:
            return
        self._tell(Stage("prepare", say("Making the files ready...")))
        ready: list[PreparedFile] = []
        for done, file in enumerate(due, 1):
            make = partial(
                make_ready,
                file,
                self._listing,
                self._context.vault.workspace(job),
                shrink=job.shrink,
                keep_metadata=job.keep_metadata,
                begun=bool(job.session_id),
            )
            try:
                ready.append(await _in_a_thread(make))
                self._put(file, ready[-1])
            except FileRefusedError as error:
                await self._leave_out(file, error)
            self._tell(Progress("prepare", 100 * done / len(due)))
        sentences = told(ready)
        await self._context.save(only_from=Step.STARTED)
        for sentence in sentences:
            self._tell(Notice(sentence))

    def _put(self, before: PreparedFile, after: PreparedFile) -> None:
        """Have a file stand for another, and for those of the same content."""
        job = self._job
        job.files = [
            replace(after, origin=file.original) if file.sha256 == before.sha256 else file
            for file in job.files
        ]

    async def send(self) -> None:
        """Send what is not there yet. What another process sent last is looked up first. Sending a
        file again costs nothing."""
        job = self._job
        if not job.files:
            return
        files = job.uploads
        uploading = (
            say("Uploading one file...")
            if len(files) == 1
            else say("Uploading {count} files...", count=len(files))
        )
        self._tell(Stage("upload", uploading))
        if self._context.resuming:
            await self._find_uploaded()
        total = sum(file.size for file in files)
        done = 0
        for file in files:
            if file.sha256 not in job.uploaded:
                try:
                    await self._upload_fitting(file, done, total)
                except FileRefusedError as error:
                    await self._leave_out(file, error)
            done += file.size
            self._tell(Progress("upload", 100 * done / total))

    async def _leave_out(self, file: PreparedFile, error: FileRefusedError) -> None:
        """Go on without a file that cannot be used, where that costs nothing and another is left;
        elsewhere the error is raised."""
        job = self._job
        same = [other.original.sha256 == file.original.sha256 for other in job.files]
        if not self._connection.config.local or all(same):
            raise error
        job.message = renumbered(job.message, [number for number, it in enumerate(same, 1) if it])
        job.files = [other for other, it in zip(job.files, same, strict=True) if not it]
        job.left_out.append(LeftOut.of(file.original.path, error))
        await self._context.save()
        self._tell(Notice(_without(job.left_out[-1])))

    async def _upload_fitting(self, file: PreparedFile, before: int, total: int) -> None:
        """Upload a file; a photo that the backend finds too large (4002) is sent smaller."""
        for tries_left in reversed(range(_SMALLER + 1)):
            try:
                await self._upload_one(file, before, total)
                return
            except FileRefusedError as error:
                error.message = say("{name}: {message}", name=file.name, message=error.message)
                large = error.backend_code in (4002, 413) and file.kind == "image"
                if not (large and self._job.shrink and tries_left):
                    raise
                file = await self._make_smaller(file, error)

    async def _make_smaller(self, file: PreparedFile, refusal: FileRefusedError) -> PreparedFile:
        job = self._job
        make = partial(
            make_smaller,
            file,
            self._listing,
            self._context.vault.workspace(job),
            {other.name for other in job.uploads if other.sha256 != file.sha256},
            keep_metadata=job.keep_metadata,
        )
        try:
            smaller = await _in_a_thread(make)
        except FileRefusedError:  # it moves, or is as small as it gets
            raise refusal from None
        self._put(file, smaller)
        await self._context.save()
        for sentence in told([smaller]):
            self._tell(Notice(sentence))
        return smaller

    async def _upload_one(self, file: PreparedFile, before: int, total: int) -> None:
        job = self._job

        def progress(read: int) -> None:
            self._tell(Progress("upload", 100 * (before + read) / total))

        async def send() -> tuple[Media, ...]:
            with opened(file.path) as source:
                if await run_blocking(sha256, file.path) != file.sha256:
                    raise no_longer(file)
                return await self._context.client.upload(
                    job.session_id, file.name, file.mime, source, progress
                )

        try:
            media = await self._connection.call(send)
        except NetworkError as error:
            if not error.unsent:
                await self._find_uploaded()
            if file.sha256 in job.uploaded:
                return
            # Sending a file again costs nothing; the message has not been sent yet.
            await self._connection.clock.sleep(self._connection.timing.retry_base)
            media = await self._connection.call(send)
        self._note(file, media)
        await self._context.save(only_from=Step.STARTED)

    async def _find_uploaded(self) -> None:
        """Learn from the state which files had arrived when the answer was lost. Where it tells no
        hashes, a name says so in a project that holds nothing but this job's files."""
        job = self._job
        state = await self._connection.state(job.session_id)
        infos = [info for info in state.video_infos if isinstance(info, dict)]
        for file in job.uploads:
            info = next((info for info in infos if _is_it(info, file, by_name=job.fresh)), None)
            if info is not None:
                self._note(file, _media(info, file.name))
        await self._context.save(only_from=Step.STARTED)

    def _note(self, file: PreparedFile, media: Iterable[Media]) -> None:
        job = self._job
        if file.sha256 not in job.uploaded:
            job.uploaded.append(file.sha256)
            job.media += media


def _without(item: LeftOut) -> str:
    return say("Left out: {reason}", reason=item.reason)


def _is_it(info: dict[str, Any], file: PreparedFile, *, by_name: bool) -> bool:
    if info.get("hash"):
        return bool(info["hash"] == file.sha256)
    return by_name and info.get("filename") == file.name


def _media(info: dict[str, Any], name: str) -> tuple[Media, ...]:
    """What the state tells of a file, as an upload's answer would."""
    try:
        return Media.read_all({"files": [{**info, "filename": name}]})
    except NetworkError:
        return Media.read_all({"files": [{"filename": name}]})


async def _in_a_thread(make: Callable[[], PreparedFile]) -> PreparedFile:
    """Where it is broken off, what is being drawn is too."""
    drawing = Drawing()
    try:
        return await anyio.to_thread.run_sync(drawing.run, make, abandon_on_cancel=True)
    except anyio.get_cancelled_exc_class():
        drawing.stop()
        raise
