"""A file on disk → what may be sent: its type by content, its size, its hash.

`inspect` says from the header alone what has to be done to a file first; `prepare` does it.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from skill.errors import FileRefusedError, UsageError
from skill.i18n import say, size_in_words
from skill.media import draw, exif, metadata, picture_file, pixels
from skill.media.container import Contents
from skill.media.file_errors import decodable, readable, shown, writable
from skill.media.formats import ACCEPTED, CONVERTED, DRAWN, identify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError
    from skill.settings.listings import Listing

_MIMES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_SAME_KIND = {"jpeg": "jpg", "m4v": "mp4", "tif": "tiff", "heif": "heic", "j2k": "jp2"}


class Change(StrEnum):
    """What is done to a file before it is sent.

    CONVERT to a format that is taken, in eight bits of sRGB; TURN upright, as EXIF says;
    SHRINK to the limit; STRIP what is not needed to show it, the place where it was taken
    among it; MEND a container whose end mark, sums or lengths are missing or wrong. A file that
    only has to be stripped or mended keeps every pixel as it was stored.
    """

    MEND = "mend"
    CONVERT = "convert"
    TURN = "turn"
    SHRINK = "shrink"
    STRIP = "strip"


@dataclass(frozen=True)
class Limits:
    """What may be sent. Unless `shrink`, what is over `max_bytes` is refused; with it, a still
    picture is made to fit `longest_edge` pixels too, which is no limit: what cannot be is sent as it
    is. With `keep_metadata` nothing is stripped."""

    max_bytes: int
    longest_edge: int | None = None
    shrink: bool = True
    keep_metadata: bool = False


@dataclass(frozen=True)
class LocalFile:
    """A file that may be sent, once its `changes` are done. `name` is the one it is sent under:
    its extension is the content's, whatever the file on disk calls itself. `size` in bytes.

    `format` is what it is, for people: "HEIC", "CMYK JPG". `pages`: the pictures in it, of
    which converting takes the first. `located`: what is stripped says where it was taken.
    Of a file that was made ready, `origin` is the user's own and `done` what was done to it.
    """

    path: Path
    name: str
    mime: str
    kind: str
    size: int
    format: str
    limits: Limits
    changes: tuple[Change, ...] = ()
    pages: int = 1
    located: bool = False
    origin: LocalFile | None = None
    done: tuple[Change, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Of the content, in hex. Reads the whole file, so it is asked for only where it
        matters. Raises UsageError where the file cannot be read any more."""
        with readable(self.path), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def inspect(
    path: Path,
    listing: Listing,
    *,
    shrink: bool = True,
    keep_metadata: bool = False,
) -> LocalFile:
    """Look into one file; no pixel is decoded, unless the file seems cut off: then to tell whether
    any is missing. Raises UsageError where it cannot be read and
    FileRefusedError where it is of a kind or size that is not taken, or broken."""
    return _inspect(path, _limits(listing, shrink, keep_metadata))


def inspect_all(
    paths: Sequence[Path],
    listing: Listing,
    *,
    shrink: bool = True,
    keep_metadata: bool = False,
    unusable: list[tuple[Path, SkillError]] | None = None,
) -> list[LocalFile]:
    """Look into every file before anything is sent; each content is taken once, and no two
    are sent under the same name, nor will be once they are made ready. Where there is a list of
    the `unusable`, a file that is there but cannot be sent goes onto it; else it is an error."""
    limits = _limits(listing, shrink, keep_metadata)
    files: list[LocalFile] = []
    names: set[str] = set()
    for path in paths:
        try:
            file = _inspect(path, limits)
        except (FileRefusedError, UsageError) as error:
            if unusable is None or not path.is_file():
                raise
            unusable.append((path, error))
            continue
        if any(file.size == other.size and file.sha256 == other.sha256 for other in files):
            continue
        while names & _claimed(file):
            file = replace(file, name=another_name(file.name))
        names |= _claimed(file)
        files.append(file)
    return files


def another_name(name: str) -> str:
    """The next for a file of that name: a.jpg, a-2.jpg, a-3.jpg …"""
    stem, _, extension = name.rpartition(".")
    numbered = re.fullmatch(r"(.*)-(\d{1,4})", stem)
    stem, number = (numbered[1], int(numbered[2]) + 1) if numbered else (stem, 2)
    return f"{stem}-{number}.{extension}"


def _claimed(file: LocalFile) -> set[str]:
    """The names it is, or may be, sent under."""
    stem = file.name.rpartition(".")[0]
    drawn = {Change.CONVERT, Change.TURN, Change.SHRINK} & set(file.changes)
    return {file.name} | ({f"{stem}.jpg", f"{stem}.png"} if drawn else set())


def prepare(file: LocalFile, out_dir: Path) -> LocalFile:
    """Do what `inspect` found, into a new file in `out_dir`, readable by its owner alone and
    there only once it is whole. The same file comes out the same. What needs nothing is
    returned as it is. Raises FileRefusedError where it is broken after all, or cannot be made
    to fit; UsageError where it is gone or the disk fails."""
    if not file.changes:
        return file
    with readable(file.path), file.path.open("rb") as source, writable(file.path, out_dir):
        draw.current().go_on()
        out_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=out_dir) as folder:
            return _made(file, source, Path(folder), out_dir)


def shrunk(file: LocalFile, out_dir: Path, max_bytes: int) -> LocalFile:
    """The picture in at most `max_bytes`, for when the backend answers 4002 after all. Takes a
    file as it was inspected or as it was made ready. Raises what `prepare` does, and
    FileRefusedError where it is no picture, or moves."""
    limits = replace(file.limits, max_bytes=max_bytes, shrink=True)
    again = replace(_inspect(file.path, limits), name=file.name, origin=file.origin, done=file.done)
    return prepare(again, out_dir)


@dataclass(frozen=True)
class _Look:
    """What the header of a file says. `turn` is EXIF's; `weight` in bytes, once stripped."""

    format: str
    form: str
    convert: bool
    turn: int
    private: bool
    located: bool
    weight: int
    contents: Contents


def _limits(listing: Listing, shrink: bool, keep_metadata: bool) -> Limits:
    return Limits(listing.max_bytes, listing.longest_edge, shrink, keep_metadata)


def _inspect(path: Path, limits: Limits) -> LocalFile:
    name = shown(path)
    with readable(path):
        if path.is_dir():
            raise UsageError(
                say("{path} is a folder.", path=name),
                hint=say("Name the photos in it, for example folder/*.jpg"),
            )
        if path.exists() and not path.is_file():
            raise UsageError(say("{path} is not a file.", path=name), hint=say("Name a photo."))
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise UsageError(
                    say("{path} is empty.", path=name),
                    hint=say("Name a file with a picture in it."),
                )
            mime = identify(path, file.read(8192))
            look = _look(path, file, mime, keep=limits.keep_metadata)
            if look.contents.mended and mime in DRAWN:
                _check_whole(path, file, look)
    extension, kind = ACCEPTED.get(mime) or (CONVERTED[mime].extension, "image")
    large = look.weight > limits.max_bytes
    if large:
        _check_shrinkable(path, kind, look, limits)
    wide = (
        limits.longest_edge is not None
        and limits.shrink
        and kind == "image"
        and not look.contents.moving
        and max(look.contents.width, look.contents.height) > limits.longest_edge
    )
    wanted = {
        Change.MEND: bool(look.contents.mended),
        Change.CONVERT: look.convert,
        Change.TURN: look.turn != 1,
        Change.SHRINK: large or wide,
        Change.STRIP: look.private,
    }
    return LocalFile(
        path,
        _sent_name(path.name, extension),
        mime,
        kind,
        size,
        look.format,
        limits,
        tuple(change for change in Change if wanted[change]),
        look.contents.pages,
        look.located,
    )


def _look(path: Path, file: BinaryIO, mime: str, *, keep: bool) -> _Look:
    """With `keep`, nothing is private."""
    size = os.fstat(file.fileno()).st_size
    form = CONVERTED.get(mime)
    with decodable(path):
        if form is not None and form.pillow != "HEIF":
            header = picture_file.header(path, form.pillow)
            contents = Contents(
                (range(size),),
                header.width,
                header.height,
                header.exif,
                private=header.private,
                located=exif.located(header.exif),
                pages=header.pages,
            )
        else:
            if form is not None:
                picture_file.check_heif()
            metadata.check_clip(file, size, mime)
            contents = metadata.read(file, size, mime)
        count = contents.width * contents.height
        if count > picture_file.MAX_PIXELS:
            raise picture_file.TooManyPixelsError
        if not count and (form is not None or mime in DRAWN):
            raise ValueError(say("it has no picture"))
    turned = form is not None and form.pillow == "HEIF"  # by its decoder, as the format has it
    return _Look(
        form.label if form else f"{contents.unusual} {ACCEPTED[mime][0].upper()}".strip(),
        form.pillow if form else DRAWN.get(mime, ""),
        convert=form is not None or (bool(contents.unusual) and not contents.moving),
        turn=1 if turned or contents.moving else exif.orientation(contents.exif),
        private=contents.private and not keep,
        located=contents.located and not keep,
        weight=size if keep else contents.length,
        contents=contents,
    )


def _check_whole(path: Path, file: BinaryIO, look: _Look) -> None:
    """Raises FileRefusedError where more is missing than an end mark."""
    room = Path(tempfile.gettempdir())
    with writable(path, room), tempfile.TemporaryDirectory(prefix="image-to-video-") as folder:
        mended = Path(folder) / "mended"
        with decodable(path):
            with mended.open("wb") as target:
                metadata.copy(file, look.contents.mended, target)
            draw.check_whole(mended, look.form)


def _check_shrinkable(path: Path, kind: str, look: _Look, limits: Limits) -> None:
    over = say(
        "{path} is {size}; the limit is {limit}.",
        path=shown(path),
        size=size_in_words(look.weight),
        limit=size_in_words(limits.max_bytes),
    )
    if kind != "image":
        raise FileRefusedError(over, hint=say("Compress or trim it."))
    if look.contents.moving:
        raise FileRefusedError(
            over, hint=say("Shrinking would stop its motion: make it shorter, or an MP4 of it.")
        )
    if not limits.shrink:
        raise FileRefusedError(
            over, hint=say("Make the picture smaller, or have that done with --shrink.")
        )


def _made(file: LocalFile, source: BinaryIO, folder: Path, out_dir: Path) -> LocalFile:
    look = _look(file.path, source, file.mime, keep=file.limits.keep_metadata)
    path, stripped, ready = file.path, folder / "stripped", folder / "ready"
    changes, extension = set(file.changes), ""
    with decodable(file.path):
        if file.mime in ACCEPTED:
            stripped.touch(0o600)
            stays = look.contents.pieces
            if file.limits.keep_metadata:
                stays = look.contents.mended or (range(file.size),)
            with stripped.open("wb") as target:
                metadata.copy(source, stays, target)
            path = stripped
        if changes <= {Change.STRIP, Change.MEND}:
            ready = stripped
        else:
            ready.touch(0o600)
            drawn = draw.draw(path, _task(file, look), ready)
            extension = drawn.extension
            changes |= {Change.SHRINK} if drawn.scaled else set()
    with ready.open("rb") as result:
        digest = hashlib.file_digest(result, "sha256").hexdigest()
        size = result.seek(0, os.SEEK_END)
    extension = extension or ACCEPTED[file.mime][0]
    final = out_dir / f"{digest[:32]}.{extension}"
    draw.current().go_on()
    ready.replace(final)
    return replace(
        file,
        path=final,
        name=_sent_name(file.name, extension),
        mime=_MIMES.get(extension, file.mime),
        size=size,
        format=extension.upper(),
        changes=(),
        origin=file.origin or file,
        done=tuple(change for change in Change if change in changes or change in file.done),
    )


def _task(file: LocalFile, look: _Look) -> pixels.Task:
    limits = file.limits
    return pixels.Task(
        look.form,
        limits.max_bytes,
        limits.longest_edge,
        plain=look.convert,
        turn=look.turn,
        lossless=look.contents.lossless,
        smaller=look.weight > limits.max_bytes,
        shrink=limits.shrink,
        exif=exif.upright(look.contents.exif) if limits.keep_metadata else b"",
    )


def _sent_name(name: str, extension: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem:
        stem, suffix = name, ""
    suffix = suffix.lower()
    if _SAME_KIND.get(suffix, suffix) == extension:
        extension = suffix
    stem = "".join(c for c in stem if unicodedata.category(c)[0] != "C" and c not in '"\\/').strip(
        ". "
    )
    return f"{stem[:100] or 'file'}.{extension}"
