"""Where a clip, and what is made of it, will stand: names that may be written to, settled before
anything is sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skill.errors import UsageError
from skill.i18n import say
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from skill.jobs.request import ClipRequest

_VIDEOS = (".mp4", ".m4v")


def check_target(target: Path, *, force: bool, suffixes: tuple[str, ...] = _VIDEOS) -> None:
    """Whether a file may be put there; asked before anything is sent. Raises UsageError."""
    try:
        if target.is_dir():
            raise UsageError(
                say("{target} is a folder.", target=target),
                hint=say("Name a file: -o {target}", target=target / "video.mp4"),
            )
        if target.suffix.lower() not in suffixes or not str(target.absolute()).isprintable():
            raise UsageError(
                say("{name} is not the name of an MP4.", name=clean_line(target.name, 80)),
                hint=say("For example -o video.mp4"),
            )
        if not target.parent.is_dir():
            raise UsageError(
                say("The folder {folder} is not there.", folder=target.parent),
                hint=say("Make it first, or name another."),
            )
        if not os.access(target.parent, os.W_OK):
            raise UsageError(
                say("The folder {folder} cannot be written to.", folder=target.parent),
                hint=say("Name another with -o."),
            )
        if target.exists() and not force:
            raise UsageError(
                say("{target} is already there.", target=target),
                hint=say("Name another with -o, or add --force."),
            )
    except OSError as error:
        raise UsageError(
            say(
                "{target} cannot be written: {reason}.",
                target=clean_line(str(target), 80),
                reason=error.strerror or error,
            ),
            hint=say("Name another with -o."),
        ) from error


class Places(NamedTuple):
    """Where a clip will stand, and what its name is followed by in those of what is made of it."""

    video: Path
    endings: dict[str, str]


def places(request: ClipRequest, stem: str, *, sources: Sequence[Path] = ()) -> Places:
    """Settle where a clip made of `sources` will stand, and all beside it: where nothing is asked
    for, under a free name that begins with `stem`. The output may be a GIF or WebP: the clip then
    stands beside it. Raises UsageError where it cannot."""
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
    check_target(target, force=request.force)
    check_extras(target, endings.values(), photos=sources, force=request.force)
    return Places(target.absolute(), endings)


def check_extras(
    video: Path, endings: Iterable[str], *, photos: Iterable[Path], force: bool
) -> None:
    """Whether they can be made and may stand there; asked before anything is sent. A file that
    the video is made of is never overwritten. Raises UsageError."""
    from skill.local import require

    places = [beside(video, ending) for ending in endings]
    if not places:
        return
    require(previews=True)
    sources = [photo for photo in photos if photo.exists()]
    for place in places:
        if place.exists() and any(place.samefile(source) for source in sources):
            raise UsageError(
                say("{target} is one of the files the video is made of.", target=place),
                hint=say("Name another with -o."),
            )
        check_target(place, force=force, suffixes=(place.suffix.lower(),))


def beside(target: Path, ending: str) -> Path:
    """Where what is made of a clip stands: trip.mp4 → trip.gif, trip-poster.jpg."""
    return target.with_name(target.stem + ending)


def free_name(target: Path, endings: Iterable[str] = ()) -> Path:
    """`target`, or one like it that is not taken, nor what stands beside it: name-2.mp4, …"""
    endings = list(endings)
    number = 2
    free = target
    while free.exists() or any(beside(free, ending).exists() for ending in endings):
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        number += 1
    return free
