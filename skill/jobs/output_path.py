"""Where a clip, and what is made of it, will stand: names that may be written to, settled before
anything is sent."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skill.errors import TakenError, UsageError
from skill.i18n import say
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from skill.jobs.request import ClipRequest

_VIDEOS = (".mp4", ".m4v")
_LONGEST_NAME = 255  # bytes, of most file systems
_NUMBERED = 5  # bytes of a number behind a name: "-9999"
LEAST_ROOM = 1_000_000  # bytes: the smallest clip, of a length that is not known
_PAID_ROOM = 4_000_000
# Bytes of a second, of a clip that is easily packed.
_SECOND = {"480p": 60_000, "720p": 120_000, "1080p": 250_000}


def clip_room(seconds: float, resolution: str | None) -> int:
    """Bytes that a clip of so many seconds will need at least."""
    return _PAID_ROOM + round(seconds * _SECOND.get(resolution or "", _SECOND["480p"]))


def check_target(
    target: Path,
    *,
    force: bool,
    sources: Iterable[Path] = (),
    room: int = 0,
    suffixes: tuple[str, ...] = _VIDEOS,
) -> None:
    """Whether a file of `room` bytes may be put there: over one that is there with `force` alone,
    and never over one of the `sources`, or into one that is a folder. Asked before anything is
    sent, and again before it is put there. Raises UsageError; TakenError where another name in the
    same folder would do."""
    try:
        _check_place(target, force, list(sources), room, suffixes)
    except UsageError as error:
        if isinstance(error, TakenError) or not _is_link(target):
            raise
        # The link leads nowhere: it only takes the name.
        raise TakenError(error.message, hint=error.hint) from error


def _is_link(target: Path) -> bool:
    try:
        return target.is_symlink()
    except OSError:  # no file can be called so
        return False


def _check_place(
    target: Path, force: bool, sources: Collection[Path], room: int, suffixes: tuple[str, ...]
) -> None:
    try:
        if target.is_dir():
            raise TakenError(
                say("{target} is a folder.", target=target),
                hint=say("Name a file: -o {target}", target=target / "video.mp4"),
            )
        if target.suffix.lower() not in suffixes or not str(target.absolute()).isprintable():
            raise UsageError(
                say("{name} is not the name of an MP4.", name=clean_line(target.name, 80)),
                hint=say("For example -o video.mp4"),
            )
        _check_folder(target, sources)
        _check_standing(target, force, sources)
        check_room(written(target).parent, room)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise UsageError(
            say(
                "{target} cannot be written: {reason}.",
                target=clean_line(str(target), 80),
                reason=error.strerror or error,
            ),
            hint=say("Make room, or name another place with -o.")
            if full
            else say("Name another with -o."),
        ) from error


def _check_folder(target: Path, sources: Iterable[Path]) -> None:
    """Raises UsageError or OSError where no file can be made beside the one to be written."""
    real = written(target)
    folder = real.parent if target.is_symlink() else target.parent
    if not folder.is_dir():
        if folder.exists():
            raise UsageError(
                say("{folder} is not a folder.", folder=folder), hint=say("Name another with -o.")
            )
        raise UsageError(
            say("The folder {folder} is not there.", folder=folder),
            hint=say("Make it first, or name another."),
        )
    if any(source in real.parents for source in map(written, sources)):
        raise UsageError(
            say("{folder} is where projects of this machine are kept.", folder=folder),
            hint=say("Name another with -o."),
        )
    if not os.access(folder, os.W_OK):
        raise UsageError(
            say("The folder {folder} cannot be written to.", folder=folder),
            hint=say("Name another with -o."),
        )
    import tempfile

    tempfile.TemporaryFile(dir=folder).close()  # rights do not tell of a disk that is read-only


def _check_standing(target: Path, force: bool, sources: Iterable[Path]) -> None:
    """Raises TakenError where what stands under the name has to stay."""
    try:
        there = target.stat()
    except FileNotFoundError:
        if target.is_symlink() and not force:
            raise TakenError(
                say("{target} is a link to a file that is gone.", target=target),
                hint=say("Name another with -o, or add --force to make that file."),
            ) from None
        return
    if not stat.S_ISREG(there.st_mode):
        raise TakenError(
            say("{target} is not a file.", target=target), hint=say("Name another with -o.")
        )
    if any(_is(source, there) for source in sources):
        raise TakenError(
            say("{target} is one of the files the video is made of.", target=target),
            hint=say("Name another with -o."),
        )
    if not force:
        raise TakenError(
            say("{target} is already there.", target=target),
            hint=say("Name another with -o, or add --force."),
        )
    if not os.access(target, os.W_OK) or not there.st_mode & 0o222:  # root may write anything
        raise TakenError(
            say("{target} is write-protected.", target=target), hint=say("Name another with -o.")
        )


def _is(source: Path, there: os.stat_result) -> bool:
    try:
        return os.path.samestat(source.stat(), there)
    except OSError:
        return False


def check_room(folder: Path, needed: int) -> None:
    """Raises OSError where a file of so many bytes will not fit."""
    import shutil

    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return  # a file system that does not say
    if disk.total and disk.free < needed:
        raise OSError(
            errno.ENOSPC,
            say(
                "{needed:.0f} MB more are needed and {free:.0f} MB are free",
                needed=needed / 1e6,
                free=disk.free / 1e6,
            ),
        )


def written(target: Path) -> Path:
    """The file that is written under that name: of a link the one that it points to."""
    return Path(os.path.realpath(target))


class Places(NamedTuple):
    """Where a clip will stand, and what its name is followed by in those of what is made of it."""

    video: Path
    endings: dict[str, str]


def places(
    request: ClipRequest, stem: str, *, sources: Iterable[Path] = (), room: int = LEAST_ROOM
) -> Places:
    """Settle where a clip made of `sources` will stand, and all beside it: where nothing is asked
    for, under a free name that begins with `stem`. The output may be a GIF or WebP: the clip then
    stands beside it. `room`: bytes that it will need. Raises UsageError where it cannot."""
    target, endings = request.target, dict(request.extras.endings)
    suffix = "" if target is None else target.suffix
    if target is not None and suffix.lower() in (".gif", ".webp"):
        wished = request.extras.format
        if wished not in (None, suffix.lower()[1:]):
            raise UsageError(
                say("{name} is not the name of {format}.", name=target.name, format=wished),
                hint=say("Leave --format away, or name another with -o."),
            )
        endings = {"preview": suffix, **endings}
        target = target.with_suffix(".mp4")
    target = target or free_name(Path(f"{stem}.mp4"), endings.values())
    sources = list(sources)
    check_target(target, force=request.force, sources=sources, room=room)
    check_extras(target, endings.values(), sources=sources, force=request.force)
    return Places(target.absolute(), endings)


def check_extras(
    video: Path, endings: Iterable[str], *, sources: Iterable[Path], force: bool
) -> None:
    """Whether they can be made and may stand there; asked before anything is sent. Raises
    UsageError."""
    from skill.local import require

    endings, sources = list(endings), list(sources)
    if endings:
        require(previews=True)
    for ending in endings:
        check_extra(video, ending, sources=sources, force=force)


def check_extra(video: Path, ending: str, *, sources: Iterable[Path], force: bool) -> None:
    """Whether one of them may stand there. Raises UsageError."""
    place = beside(video, ending)
    check_target(place, force=force, sources=sources, suffixes=(place.suffix.lower(),))


def beside(target: Path, ending: str) -> Path:
    """Where what is made of a clip stands: trip.mp4 → trip.gif, trip-poster.jpg."""
    return target.with_name(target.stem + ending)


def free_name(target: Path, endings: Iterable[str] = ()) -> Path:
    """`target`, or one like it that is not taken, nor what stands beside it: name-2.mp4, …"""
    endings = list(endings)
    longest = max(map(len, (target.suffix, *endings)))
    stem = os.fsencode(target.stem)[: _LONGEST_NAME - longest - _NUMBERED].decode(errors="ignore")
    number = 2
    free = target.with_name(f"{stem}{target.suffix}")
    while any(map(os.path.lexists, (free, *(beside(free, ending) for ending in endings)))):
        free = target.with_name(f"{stem}-{number}{target.suffix}")
        number += 1
    return free


def propose_free(error: TakenError, job: str, target: Path, endings: Iterable[str] = ()) -> None:
    """Have an error say how a job's clip, and what stands beside it, is put under a free name."""
    free = str(free_name(target, endings))
    error.job = job
    error.instead = ("resume", job, "-o", free)
    error.hint = say(
        "Put it under a free name: image-to-video resume {job} -o {free}",
        job=job,
        free=shlex.quote(free),
    )
