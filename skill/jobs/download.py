"""A finished render → a file on disk: fetched beside its place, checked, then renamed.

What has been fetched is kept (`skill.jobs.partial_file`) and gone on with after a cut (`skill.api.byte_ranges`).
"""

from __future__ import annotations

import random
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio

from skill.api.byte_ranges import ByteRange, range_of, validator_of
from skill.api.public_address import RefusedError, check_bare, fetch_public
from skill.api.retry import retry_wait
from skill.errors import NetworkError, RateLimitedError, SkillError, TakenError, UsageError
from skill.events import Detail, Progress, Stage
from skill.files import put, sha256
from skill.i18n import say
from skill.jobs.job import Step
from skill.jobs.output_path import (
    check_room,
    check_target,
    free_name,
    propose_free,
    written,
)
from skill.jobs.partial_file import MAX_BYTES, PartialFile, discard
from skill.jobs.threads import run_blocking
from skill.media.mp4 import probe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    import httpx

    from skill.jobs.connection import Connection
    from skill.jobs.context import JobContext
    from skill.jobs.job import DownloadState

_WHOLE_DOWNLOAD = 1800.0  # s from one source, all tries together
_WORTH = 64 * 1024  # bytes that count as progress: a source that gives less is not asked for ever
_REDIRECTS = 5
_URL, _BACKEND = "url", "backend"


async def download_clip(context: JobContext) -> None:
    """Have the clip of a finished render stand at the job's target."""
    job = context.job
    context.tell(Stage("download", say("Downloading...")))
    target = Path(job.target)
    if not (
        # The process died between its rename and this note.
        context.resuming and job.delivered and await run_blocking(sha256, target) == job.delivered
    ):

        def about_to_stand(target: Path, digest: str) -> None:
            job.target, job.delivered = str(target), digest
            context.vault.save(job)

        try:
            await deliver(
                context.connection,
                job.render.url,
                job.render.id,
                target,
                force=job.force,
                other=not job.named,
                state=job.download,
                note=lambda: context.vault.save(job),
                about_to_stand=about_to_stand,
                sources=await run_blocking(context.connection.projects.sources, job),
            )
        except TakenError as error:
            propose_free(error, job.id, target)
            raise
    discard(job.download)
    await context.note(Step.DELIVERED if job.extras else Step.DONE)


async def deliver(
    connection: Connection,
    url: str,
    render_id: str,
    target: Path,
    *,
    force: bool,
    other: bool,
    state: DownloadState,
    note: Callable[[], None],
    about_to_stand: Callable[[Path, str], None],
    sources: Collection[Path] = (),
    jitter: Callable[[], float] = random.random,
) -> Path:
    """Fetch the clip, from `url` or, where that fails, from the backend's own download, and
    put it to `target`; returns where it stands. Half a file never stands under a final name.

    `other`: the target was our choice, so where it has been taken meanwhile another free name
    beside it will do. It is never one of the `sources`. `state` is changed in place, and `note` puts
    it on disk. `about_to_stand` is told name and SHA-256 just before the clip appears. Both are called
    in a thread.
    """
    if other:
        target = free_name(target)
    check_target(target, force=force, sources=sources)
    path = written(target).with_name(f".{quote(render_id, safe='')[-24:]}.part")
    try:
        with await run_blocking(PartialFile, path, state, note) as part:
            await _Download(connection, url, render_id, part, jitter).run()
            part.close()
            return await run_blocking(_stand, part.path, target, force, other, about_to_stand)
    except OSError as error:
        raise UsageError(
            say(
                "{target} could not be written: {reason}.",
                target=target,
                reason=error.strerror or error,
            ),
            hint=say(
                "Make room, or name another place with resume -o; the clip is kept at the backend."
            ),
        ) from error


def _stand(
    part: Path, target: Path, force: bool, other: bool, about_to_stand: Callable[[Path, str], None]
) -> Path:
    while True:
        about_to_stand(target, sha256(part))
        try:
            put(part, written(target), force=force)
            return target
        except FileExistsError:
            if not other:
                check_target(target, force=False)
                raise
            target = free_name(target)


class _Download:
    """One clip on its way into its part."""

    def __init__(
        self,
        connection: Connection,
        url: str,
        render_id: str,
        part: PartialFile,
        jitter: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._client = connection.client
        self._url = url
        self._render_id = render_id
        self._part = part
        self._jitter = jitter
        self._told = -1.0

    async def run(self) -> None:
        """Have the whole clip, from where it was begun or else from the other source. Raises
        what the backend's own download failed with."""
        order = (_BACKEND, _URL) if self._part.have(_BACKEND) else (_URL, _BACKEND)
        failed: dict[str, SkillError] = {}
        for source in order:
            try:
                async with _in_time():
                    await self._from(source)
                return
            except UsageError:
                raise
            except SkillError as error:
                failed[source] = error
            if len(failed) == 1:
                other = "the backend" if source == _URL else "its own address"
                told = f"{failed[source].message} Fetching it from {other} instead."
                self._connection.tell(Detail(told))
        raise failed[_BACKEND]

    async def _from(self, source: str) -> None:
        """All of it from one source, in as many tries as bring something, and a few that do not."""
        best, attempt = self._part.have(source), 0
        while True:
            try:
                if source == _URL:
                    await self._try(_URL)
                else:
                    await self._connection.call(lambda: self._try(_BACKEND))
                return
            except (NetworkError, RateLimitedError) as error:
                have = self._part.have(source)
                # Nothing of it came: the backend is asked at once.
                if isinstance(error, RefusedError) or (source == _URL and not have):
                    raise
                if have >= best + _WORTH:
                    best, attempt = have, 0
                wait = retry_wait(error, attempt, self._connection.timing, self._jitter)
                if wait is None:
                    raise
                told = f"{error.message} Trying again in {wait:.1f} s, from byte {have}."
                self._connection.tell(Detail(told))
            await self._connection.clock.sleep(wait)
            attempt += 1

    async def _try(self, source: str) -> None:
        part = self._part
        if not part.whole(source) and not await self._receive(source, part.have(source)):
            await self._receive(source, 0)
        await run_blocking(part.sync)
        try:
            await run_blocking(probe, part.path)
        except ValueError as error:
            if part.whole(source):
                await run_blocking(part.forget)
            raise NetworkError(
                say("What was downloaded is no whole MP4: {error}.", error=error)
            ) from error
        part.seal()

    async def _receive(self, source: str, have: int) -> bool:
        """Make one request; false where its answer does not go on with what is there."""
        part = self._part
        asked = {"Range": f"bytes={have}-", "If-Range": part.validator} if have else {}
        async with self._answer(source, asked) as response:
            piece = range_of(
                response.status_code, response.headers, have, part.validator, part.length
            )
            if piece is None:
                return False
            if max(piece.end or 0, piece.length or 0) > MAX_BYTES:
                raise RefusedError(say("The clip is larger than any it should be."))
            if piece.start == 0:
                await run_blocking(part.begin, source, validator_of(response.headers), piece.length)
            check_room(part.path.parent, (piece.end or 0) - piece.start)
            await self._take(response, piece)
        if part.size < (piece.length or 0):
            raise NetworkError(say("The download ended before the clip did."))
        return True

    async def _take(self, response: httpx.Response, piece: ByteRange) -> None:
        self._tell(piece)
        async for some in response.aiter_bytes():
            if self._part.size + len(some) > (piece.end or MAX_BYTES):
                await run_blocking(self._part.forget)
                raise RefusedError(say("The clip is larger than any it should be."))
            await run_blocking(self._part.write, some)
            self._tell(piece)

    def _tell(self, piece: ByteRange) -> None:
        percent = min(100.0, 100 * self._part.size / piece.length) if piece.length else 0.0
        if percent == 100 or not self._told <= percent < self._told + 1:
            self._told = percent
            self._connection.tell(Progress("download", percent))

    @asynccontextmanager
    async def _answer(
        self, source: str, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """The answer of a source, wherever it redirects to. Each address on the way is looked
        at; the token goes along only as long as it is the backend's own origin."""
        client = self._client
        fetch = partial(
            fetch_public,
            headers=headers,
            loopback=client.loopback,
            transport=client.transport,
            log=client.log,
        )
        ours = source == _BACKEND
        async with AsyncExitStack() as stack:
            get = client.download(self._render_id, headers) if ours else fetch(self._url)
            response = await stack.enter_async_context(get)
            for _ in range(_REDIRECTS):
                if response.next_request is None:
                    break
                before, url = response.request.url.scheme, str(response.next_request.url)
                await stack.aclose()
                if before == "https" and not url.startswith("https:"):
                    raise RefusedError(
                        say("The download redirects from https to less; not followed.")
                    )
                check_bare(url)
                ours = ours and client.owns(url)
                get = client.download(self._render_id, headers, at=url) if ours else fetch(url)
                response = await stack.enter_async_context(get)
            if response.next_request is not None:
                raise RefusedError(
                    say("The download redirects more than {most} times.", most=_REDIRECTS)
                )
            yield response


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """However slowly it drips, a download ends."""
    try:
        with anyio.fail_after(_WHOLE_DOWNLOAD):
            yield
    except TimeoutError as error:
        raise NetworkError(say("The download took too long.")) from error
