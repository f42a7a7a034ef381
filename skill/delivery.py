"""A finished render → a file on disk: fetched beside its place, checked, then renamed."""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from skill.errors import NetworkError, UsageError
from skill.mp4 import Mp4, probe
from skill.report import Detail, Progress

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import httpx

    from skill.connection import Connection

_MAX_BYTES = 8 * 1024**3


def check_target(target: Path, *, force: bool) -> None:
    """Whether a file may be put there; asked before anything is sent. Raises UsageError."""
    if target.is_dir():
        raise UsageError(
            f"{target} is a folder.", hint=f"Name a file in it: -o {target / 'video.mp4'}"
        )
    if not target.parent.is_dir():
        raise UsageError(
            f"The folder {target.parent} is not there.", hint="Make it first, or name another."
        )
    if not os.access(target.parent, os.W_OK):
        raise UsageError(
            f"The folder {target.parent} cannot be written to.", hint="Name another with -o."
        )
    if target.exists() and not force:
        raise UsageError(
            f"{target} is already there.", hint="Name another with -o, or add --force."
        )


async def deliver(
    connection: Connection, url: str, render_id: str, target: Path, *, force: bool
) -> Mp4:
    """Fetch the clip to `target`, from `url` or, where that fails, from the backend's own
    download. Half a file never stands under the final name."""
    check_target(target, force=force)
    part = target.with_name(f".{render_id[-24:]}.part")
    client = connection.client
    try:
        try:
            check_url(url, loopback=client.loopback)
            clip = await _fetch(connection, client.fetch(url), part)
        except NetworkError as error:
            connection.tell(Detail(f"{error.message} Fetching it from the backend instead."))
            clip = await connection.read(
                lambda: _fetch(connection, client.download(render_id), part)
            )
        _put(part, target, force=force)
    except OSError as error:
        raise UsageError(
            f"{target} could not be written: {error.strerror or error}.",
            hint="Make room or name another place; the clip is kept at the backend.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return clip


def check_url(url: str, *, loopback: bool) -> None:
    """Whether a render's URL is one to fetch from: https, without user, at a public address.
    A backend on this machine (`loopback`) may name itself over http. Raises NetworkError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NetworkError("The clip's address is not a URL.") from None
    local = host in ("127.0.0.1", "localhost", "::1")
    try:
        public = ipaddress.ip_address(host).is_global
    except ValueError:
        # A name: but one of digits and dots alone is an address in disguise.
        public = "." in host and not host.replace(".", "").replace("x", "").isdigit() and not local
    good = (loopback and local and parts.scheme in ("http", "https")) or (
        public and parts.scheme == "https"
    )
    if not good or parts.username is not None or parts.password is not None:
        raise NetworkError("The clip's address is not one to fetch from.")


async def _fetch(
    connection: Connection, source: AbstractAsyncContextManager[httpx.Response], part: Path
) -> Mp4:
    async with source as response:
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
        return probe(part)
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
        check_target(target, force=False)
        raise
    except OSError:
        check_target(target, force=False)
        part.replace(target)
