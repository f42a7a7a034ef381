"""A finished render → a file on disk: fetched beside its place, checked, then renamed."""

from __future__ import annotations

import errno
import hashlib
import ipaddress
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

from skill.config import LOOPBACK
from skill.errors import NetworkError, SkillError, UsageError
from skill.mp4 import probe
from skill.report import Detail, Progress
from skill.target import check_target, free_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import httpx

    from skill.connection import Connection

_MAX_BYTES = 8 * 1024**3
_WHOLE_DOWNLOAD = 1800.0  # s


def sha256(path: Path) -> str:
    """The file's hash in hex; empty where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


async def deliver(
    connection: Connection,
    url: str,
    render_id: str,
    target: Path,
    *,
    force: bool,
    other: bool,
    about_to_stand: Callable[[Path, str], None],
) -> Path:
    """Fetch the clip, from `url` or, where that fails, from the backend's own download, and
    put it to `target`; returns where it stands. Half a file never stands under a final name.

    `other`: the target was our choice, so where it has been taken meanwhile another free name
    beside it will do. `about_to_stand` is told name and SHA-256 just before the clip appears.
    """
    if other:
        target = free_name(target)
    check_target(target, force=force)
    part = target.with_name(f".{render_id[-24:]}.part")
    client = connection.client
    try:
        try:
            check_url(url, loopback=client.loopback)
            await _fetch(connection, client.fetch(url), part)
        except SkillError as error:
            connection.tell(Detail(f"{error.message} Fetching it from the backend instead."))
            await connection.read(lambda: _fetch(connection, client.download(render_id), part))
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
    except OSError as error:
        raise UsageError(
            f"{target} could not be written: {error.strerror or error}.",
            hint="Make room, or name another place with resume -o; the clip is kept at the backend.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def check_url(url: str, *, loopback: bool) -> None:
    """Whether a render's URL is one to fetch from: https, without user, at a public address.
    A backend on this machine (`loopback`) may name itself over http. Raises NetworkError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NetworkError("The clip's address is not a URL.") from None
    local = host in LOOPBACK
    try:
        public = ipaddress.ip_address(host).is_global
    except ValueError:
        # A name; but one whose last label is a number is an IPv4 address in disguise
        # (https://url.spec.whatwg.org/#ends-in-a-number-checker).
        last = host.rstrip(".").rpartition(".")[2]
        public = "." in host and not local and not last.isdigit() and not last.startswith("0x")
    good = (loopback and local and parts.scheme in ("http", "https")) or (
        public and parts.scheme == "https"
    )
    if not good or parts.username is not None or parts.password is not None:
        raise NetworkError("The clip's address is not one to fetch from.")


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """However slowly it drips, a download ends."""
    try:
        with anyio.fail_after(_WHOLE_DOWNLOAD):
            yield
    except TimeoutError as error:
        raise NetworkError("The download took too long.") from error


async def _fetch(
    connection: Connection, source: AbstractAsyncContextManager[httpx.Response], part: Path
) -> None:
    async with _in_time(), source as response:
        promised = response.headers.get("content-length", "")
        total = int(promised) if promised.isascii() and promised.isdigit() else 0
        done = 0
        connection.tell(Progress("download", 0))
        with part.open("wb") as file:
            async for piece in response.aiter_bytes(256 * 1024):
                done += len(piece)
                if done > _MAX_BYTES:
                    raise NetworkError("The clip is larger than any it should be.")
                file.write(piece)
                if total:
                    connection.tell(Progress("download", min(100.0, 100 * done / total)))
            file.flush()
            os.fsync(file.fileno())
    try:
        probe(part)
    except ValueError as error:
        raise NetworkError(f"What was downloaded is no whole MP4: {error}.") from error


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
