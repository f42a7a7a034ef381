"""Files made ready before they are sent: what is kept of one, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from skill.errors import UsageError
from skill.i18n import say, size_in_words
from skill.media.inspect import Change, another_name, inspect, prepare, shrunk
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from skill.errors import SkillError
    from skill.media.inspect import LocalFile
    from skill.settings.listings import Listing

_NAMED = 3  # files named one by one; of more, how many


@dataclass(frozen=True)
class PreparedFile:
    """A file that is to be sent, under `name`; `size` in bytes, `kind`: video, image or audio.

    `changes`: what has still to be done to it. Once that is done it is the file that came of it,
    `origin` is the user's own and `done` what was done to that. `format`, `located` and `pages` are
    told of it, as of a `LocalFile`.
    """

    path: Path
    name: str
    mime: str
    kind: str
    size: int
    sha256: str
    format: str
    changes: tuple[Change, ...] = ()
    located: bool = False
    pages: int = 1
    origin: PreparedFile | None = None
    done: tuple[Change, ...] = ()

    @classmethod
    def of(cls, file: LocalFile) -> PreparedFile:
        """A file as it was looked into. Reads the whole of it, for its hash."""
        return cls(
            path=file.path.absolute(),
            name=file.name,
            mime=file.mime,
            kind=file.kind,
            size=file.size,
            sha256=file.sha256,
            format=file.format,
            changes=file.changes,
            located=file.located,
            pages=file.pages,
        )

    @property
    def original(self) -> PreparedFile:
        """The file as the user has it."""
        return self.origin or self

    @property
    def due(self) -> bool:
        """Whether something is still to be done to it, or to be done again."""
        return bool(self.changes) or (self.origin is not None and not self.path.is_file())


@dataclass(frozen=True)
class LeftOut:
    """A file that could not be used, and why."""

    file: str
    reason: str

    @classmethod
    def of(cls, path: Path, error: SkillError) -> LeftOut:
        return cls(str(path.absolute()), error.message)


def make_ready(
    file: PreparedFile,
    listing: Listing,
    folder: Path,
    *,
    shrink: bool,
    keep_metadata: bool,
    begun: bool,
) -> PreparedFile:
    """Do what is to be done to a file, into `folder`; `begun`: something has been sent already.
    Raises UsageError where it is no longer the file it was, and what `media.prepare` does."""
    if not file.changes:
        file = file.original
    found = inspect(file.path, listing, shrink=shrink, keep_metadata=keep_metadata)
    if found.sha256 != file.sha256:
        error = no_longer(file)
        if not begun:
            error.hint = say("Run the command again, with the files as they are now.")
        raise error
    return _after(file, prepare(replace(found, name=file.name), folder))


def make_smaller(
    file: PreparedFile, listing: Listing, folder: Path, taken: set[str], *, keep_metadata: bool
) -> PreparedFile:
    """The picture in a quarter of its bytes, for a backend that finds it too large (4002);
    under a name that is not `taken`."""
    found = inspect(file.path, listing, keep_metadata=keep_metadata)
    smaller = shrunk(replace(found, name=file.name), folder, max_bytes=file.size // 4)
    while smaller.name in taken:
        smaller = replace(smaller, name=another_name(smaller.name))
    return _after(file, smaller)


def _after(before: PreparedFile, file: LocalFile) -> PreparedFile:
    done = {*before.done, *file.done}
    return replace(
        PreparedFile.of(file),
        changes=(),
        origin=before.original,
        done=tuple(change for change in Change if change in done),
    )


def changed(files: Iterable[PreparedFile]) -> list[dict[str, Any]]:
    """Which files were changed, and how: the user's file and the name it was sent under, sizes
    in bytes."""
    return [
        {
            "file": str(file.origin.path),
            "name": file.name,
            "changes": list(file.done),
            "bytes_before": file.origin.size,
            "bytes": file.size,
        }
        for file in files
        if file.origin is not None
    ]


def no_longer(file: PreparedFile) -> UsageError:
    return UsageError(
        say("{path} is no longer the file it was.", path=clean_line(str(file.path), 200)),
        hint=say("Put it back, then go on; or give the job up with cancel."),
    )


def told(files: Iterable[PreparedFile]) -> list[str]:
    """What is done, or has been done, to the files: a sentence for those of which it is the
    same."""
    groups: dict[str, list[str]] = {}
    for file in files:
        if words := _changes(file):
            groups.setdefault(words, []).append(clean_line(file.original.path.name, 100))
    return [
        say("{names}: {changes}.", names=_names(names), changes=words)
        for words, names in groups.items()
    ]


def _names(names: list[str]) -> str:
    if len(names) <= _NAMED:
        return say(", ").join(names)
    return say("{names} and {count} more", names=say(", ").join(names[:2]), count=len(names) - 2)


def _changes(file: PreparedFile) -> str:
    after = file if file.origin is not None else None
    return say(", ").join(
        _change(change, file.original, after)
        for change in (file.changes if after is None else file.done)
    )


def _converted(before: PreparedFile, after: PreparedFile | None) -> str:
    formats = {"before": before.format, "after": after.format if after else ""}
    if before.pages > 1 and after is not None:
        return say(
            "converted from {before} to {after} (the first of {pages} pictures)",
            **formats,
            pages=before.pages,
        )
    if before.pages > 1:
        return say(
            "converted from {before} (the first of {pages} pictures)",
            before=before.format,
            pages=before.pages,
        )
    if after is not None:
        return say("converted from {before} to {after}", **formats)
    return say("converted from {before}", before=before.format)


def _change(change: Change, before: PreparedFile, after: PreparedFile | None) -> str:
    match change:
        case Change.CONVERT:
            return _converted(before, after)
        case Change.MEND:
            return say(
                "its end mark, or a sum or length in it, was missing or wrong and is put right:"
                " the picture is whole"
            )
        case Change.TURN:
            return say("turned upright")
        case Change.SHRINK if after is not None:
            return say(
                "shrunk from {before} to {after}",
                before=size_in_words(before.size),
                after=size_in_words(after.size),
            )
        case Change.SHRINK:
            return say("shrunk")
        case Change.STRIP if before.located:
            return say("the place where it was taken and other private data removed")
        case Change.STRIP:
            return say("private data in it removed")
