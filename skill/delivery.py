"""A finished render → a file on disk: fetched beside its place, checked, then renamed.

What has been fetched is kept in a `.part` beside the target and gone on with after a cut,
in this process or another: RFC 9110, 14.2 (Range) and 13.1.5 (If-Range). A job's `download`
is the record of it, written down before the first byte:

    part       the file
    source     where its bytes come from: "url" (the render's own), or "backend"
    validator  the entity tag or date by which they are known to be of the same clip
    length     of the whole clip, in bytes

Without a validator it is not gone on with, but begun anew.
"""

from __future__ import annotations

import errno
import hashlib
import os
import random
import re
import stat
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from skill.address import RefusedError, check_peer, check_resolved, check_url
from skill.errors import NetworkError, RateLimitedError, SkillError, UsageError
from skill.mp4 import probe
from skill.polling import retry_wait
from skill.report import Detail, Progress
from skill.target import check_target, free_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import TracebackType
    from typing import Self

    import httpx

    from skill.connection import Connection

_MAX_BYTES = 8 * 1024**3
_WHOLE_DOWNLOAD = 1800.0  # s from one source, all tries together
_WORTH = 64 * 1024  # bytes that count as progress: a source that gives less is not asked for ever
_REDIRECTS = 5
_URL, _BACKEND = "url", "backend"


def sha256(path: Path) -> str:
    """The file's hash in hex; empty where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def discard(record: Mapping[str, str]) -> None:
    """Remove what has been fetched of a clip so far; `record` is a job's `download`. For a job
    that is given up, or done."""
    if name := record.get("part"):
        with suppress(OSError):
            Path(name).unlink()


async def deliver(
    connection: Connection,
    url: str,
    render_id: str,
    target: Path,
    *,
    force: bool,
    other: bool,
    record: dict[str, str],
    note: Callable[[], None],
    about_to_stand: Callable[[Path, str], None],
    jitter: Callable[[], float] = random.random,
) -> Path:
    """Fetch the clip, from `url` or, where that fails, from the backend's own download, and
    put it to `target`; returns where it stands. Half a file never stands under a final name.

    `other`: the target was our choice, so where it has been taken meanwhile another free name
    beside it will do. `record` is changed in place, and `note` puts it on disk.
    `about_to_stand` is told name and SHA-256 just before the clip appears.
    """
    if other:
        target = free_name(target)
    check_target(target, force=force)
    try:
        with _Part(target.with_name(f".{render_id[-24:]}.part"), record, note) as part:
            await _Download(connection, url, render_id, part, jitter).run()
            part.close()
            return _stand(part.path, target, force, other, about_to_stand)
    except OSError as error:
        raise UsageError(
            f"{target} could not be written: {error.strerror or error}.",
            hint="Make room, or name another place with resume -o; the clip is kept at the backend.",
        ) from error


def _stand(
    part: Path, target: Path, force: bool, other: bool, about_to_stand: Callable[[Path, str], None]
) -> Path:
    while True:
        about_to_stand(target, sha256(part))
        try:
            _put(part, target, force=force)
            return target
        except FileExistsError:
            if not other:
                check_target(target, force=False)
                raise
            target = free_name(target)


def _put(part: Path, target: Path, *, force: bool) -> None:
    if force:
        part.replace(target)
        return
    try:
        # A hard link is the one way to a name that fails where somebody has just taken it.
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        part.replace(target)


# ------------------------------------------------------------ the file so far


class _Part:
    """The clip so far, in a file that is ours alone. As a context: closed at the end, and
    removed, unless the clip does not stand yet and the file can be gone on with.

    Raises OSError where it cannot be written."""

    def __init__(self, path: Path, record: dict[str, str], note: Callable[[], None]) -> None:
        self.path = path
        self._record = record
        self._note = note
        before = record.get("part", "")
        kept = before == str(path) or (before != "" and _moved(Path(before), path))
        found = _reopened(path) if kept else None
        if found is None:
            # Whatever stands there, a planted link too, is not ours: its name is freed, and
            # what is made under it is new.
            path.unlink(missing_ok=True)
            record.clear()
        if before != str(path) or found is None:
            record["part"] = str(path)
            note()
        if found is None:
            found = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o666)
        self._file: int | None = found
        self.size = os.lseek(found, 0, os.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if error is None or not self.have(self._record.get("source", "")):
            with suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def validator(self) -> str:
        return self._record.get("validator", "")

    @property
    def length(self) -> int | None:
        """Of the whole clip, where that is known."""
        text = self._record.get("length", "")
        return int(text) if text else None

    def whole(self, source: str) -> bool:
        """Whether all that `source` has is there."""
        return self._record.get("source") == source and 0 < self.size == self.length

    def have(self, source: str) -> int:
        """How many bytes of what `source` has are there and can be gone on with."""
        if self.whole(source):
            return self.size
        usable = self._record.get("source") == source and self.validator
        return self.size if usable and self.size < (self.length or _MAX_BYTES) else 0

    def begin(self, source: str, validator: str, length: int | None) -> None:
        """Empty it for a clip from `source`, and have that on disk before its first byte."""
        self.forget()
        told = "" if length is None else str(length)
        self._record.update(source=source, validator=validator, length=told)
        self._note()

    def forget(self) -> None:
        assert self._file is not None
        if self.size:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.fsync(self._file)
            self.size = 0

    def write(self, piece: bytes) -> None:
        """Straight to the system, so that a process that dies has lost nothing of it."""
        assert self._file is not None
        left = memoryview(piece)
        while left:
            written = os.write(self._file, left)
            self.size += written
            left = left[written:]

    def sync(self) -> None:
        assert self._file is not None
        os.fsync(self._file)

    def seal(self) -> None:
        """It is whole: noted with what is noted next."""
        self._record["length"] = str(self.size)


# Nothing is followed, and nothing that is no file is waited for. (Windows has its own.)
_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def _reopened(path: Path) -> int | None:
    """The file, if it is one that we have made: no link to or of something else."""
    if path.is_symlink():
        return None
    try:
        file = os.open(path, os.O_WRONLY | _FLAGS)
    except OSError:
        return None
    found = os.fstat(file)
    mine = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and mine:
        return file
    os.close(file)
    return None


def _moved(before: Path, path: Path) -> bool:
    """Take the file along to where the clip is to stand now; what cannot be, is removed."""
    try:
        before.replace(path)
    except OSError:
        with suppress(OSError):
            before.unlink()
        return False
    return True


# ------------------------------------------------------------ what an answer holds


@dataclass(frozen=True)
class Piece:
    """Which bytes of the clip an answer brings: from `start` to before `end`, of `length`.
    None where that is not told."""

    start: int
    end: int | None
    length: int | None


_RANGE = re.compile(r"bytes +(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)


def piece_of(
    status: int, headers: Mapping[str, str], have: int, validator: str, length: int | None
) -> Piece | None:
    """What an answer holds, where `have` bytes were there and those after were asked for; None
    where it does not go on with them: then all is to be asked for. (RFC 9110, 14.4, 15.3.7.)

    Raises RefusedError for an answer without a file, NetworkError for one that may pass.
    """
    if status == 200:
        told = headers.get("content-length", "")
        whole = int(told) if re.fullmatch(r"[0-9]{1,18}", told) else None
        return Piece(0, whole, whole)
    if have and status == 416:
        return None
    if have and status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if found is None:
            return None
        start, end = int(found[1]), int(found[2]) + 1
        whole = None if found[3] == "*" else int(found[3])
        if start != have or end <= start or end > (whole or end):
            return None
        if length is not None and (whole not in (None, length) or end > length):
            return None
        name = "etag" if validator.startswith('"') else "last-modified"
        if headers.get(name, validator) != validator:
            return None
        return Piece(start, end, whole or length)
    message = f"The download was answered with HTTP {status}."
    passing = status in (408, 425, 429) or status >= 500
    raise NetworkError(message) if passing else RefusedError(message)


def validator_of(headers: Mapping[str, str]) -> str:
    """By what a file is known to be the same one later: a strong entity tag, or else its date
    where that is a strong one (RFC 9110, 8.8.1 to 8.8.3); empty where there is neither."""
    tag = headers.get("etag", "")
    if re.fullmatch(r'"[!#-~]{1,200}"', tag):
        return tag
    changed, now = headers.get("last-modified", ""), headers.get("date", "")
    return changed if changed and now and _apart(changed, now) else ""


def _apart(changed: str, now: str) -> bool:
    from email.utils import parsedate_to_datetime

    if len(changed) > 40 or not changed.isascii() or not changed.isprintable():
        return False
    try:
        return (parsedate_to_datetime(now) - parsedate_to_datetime(changed)).total_seconds() >= 1
    except (ValueError, TypeError, OverflowError):
        return False


# ------------------------------------------------------------ the fetching


class _Download:
    """One clip on its way into its part."""

    def __init__(
        self,
        connection: Connection,
        url: str,
        render_id: str,
        part: _Part,
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
            part.forget()
            await self._receive(source, 0)
        part.sync()
        try:
            probe(part.path)
        except ValueError as error:
            if part.whole(source):
                part.forget()
            raise NetworkError(f"What was downloaded is no whole MP4: {error}.") from error
        part.seal()

    async def _receive(self, source: str, have: int) -> bool:
        """Make one request; false where its answer does not go on with what is there."""
        part = self._part
        asked = {"Range": f"bytes={have}-", "If-Range": part.validator} if have else {}
        async with self._answer(source, asked) as response:
            piece = piece_of(
                response.status_code, response.headers, have, part.validator, part.length
            )
            if piece is None:
                return False
            if max(piece.end or 0, piece.length or 0) > _MAX_BYTES:
                raise RefusedError("The clip is larger than any it should be.")
            if piece.start == 0:
                part.begin(source, validator_of(response.headers), piece.length)
            _check_room(part.path.parent, (piece.end or 0) - piece.start)
            await self._take(response, piece)
        if part.size < (piece.length or 0):
            raise NetworkError("The download ended before the clip did.")
        return True

    async def _take(self, response: httpx.Response, piece: Piece) -> None:
        self._tell(piece)
        async for some in response.aiter_bytes():
            if self._part.size + len(some) > (piece.end or _MAX_BYTES):
                self._part.forget()
                raise RefusedError("The clip is larger than any it should be.")
            self._part.write(some)
            self._tell(piece)

    def _tell(self, piece: Piece) -> None:
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
        ours = source == _BACKEND
        async with AsyncExitStack() as stack:
            if ours:
                get = client.download(self._render_id, headers)
                response = await stack.enter_async_context(get)
            else:
                response = await self._fetch(stack, self._url, headers)
            for _ in range(_REDIRECTS):
                if response.next_request is None:
                    break
                before, url = response.request.url.scheme, str(response.next_request.url)
                await stack.aclose()
                if before == "https" and not url.startswith("https:"):
                    raise RefusedError("The download redirects from https to less; not followed.")
                ours = ours and client.owns(url)
                if ours:
                    get = client.download(self._render_id, headers, at=url)
                    response = await stack.enter_async_context(get)
                else:
                    response = await self._fetch(stack, url, headers)
            if response.next_request is not None:
                raise RefusedError(f"The download redirects more than {_REDIRECTS} times.")
            yield response

    async def _fetch(
        self, stack: AsyncExitStack, url: str, headers: Mapping[str, str]
    ) -> httpx.Response:
        loopback = self._client.loopback
        url = check_url(url, loopback=loopback)
        direct = self._client.proxy(url) is None
        if direct:
            await check_resolved(url, loopback=loopback)
        response = await stack.enter_async_context(self._client.fetch(url, headers))
        if direct:
            check_peer(response, loopback=loopback)
        return response


def _check_room(folder: Path, needed: int) -> None:
    """Raises OSError where the rest of the clip will not fit."""
    import shutil

    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return  # a file system that does not say
    if disk.total and disk.free < needed:
        raise OSError(
            errno.ENOSPC,
            f"{needed / 1e6:.0f} MB more are needed and {disk.free / 1e6:.0f} MB are free",
        )


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """However slowly it drips, a download ends."""
    try:
        with anyio.fail_after(_WHOLE_DOWNLOAD):
            yield
    except TimeoutError as error:
        raise NetworkError("The download took too long.") from error
