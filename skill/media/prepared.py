"""Files made ready before they are sent: what a job keeps of one, and what is told of it.

A file's record is a dict that can be written as JSON. `changes` is what has to be done to it
first; once that is done, the record is of the file that came of it, and `origin` is the one
before.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.errors import UsageError
from skill.i18n import say, size_in_words
from skill.media.inspect import Change, another_name, inspect, prepare, shrunk
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skill.errors import SkillError
    from skill.media.inspect import LocalFile
    from skill.settings.listings import Listing

Record = dict[str, Any]
_NAMED = 3  # files named one by one; of more, how many


def record_of(file: LocalFile) -> Record:
    return {
        "path": str(file.path.absolute()),
        "name": file.name,
        "mime": file.mime,
        "kind": file.kind,
        "size": file.size,
        "sha256": file.sha256,
        "format": file.format,
        "changes": [change.value for change in file.changes],
        "located": file.located,
        "pages": file.pages,
    }


def is_due(record: Record) -> bool:
    """Whether something is still to be done to it, or to be done again."""
    return bool(record["changes"]) or ("origin" in record and not Path(record["path"]).is_file())


def make_ready(
    record: Record,
    listing: Listing,
    folder: Path,
    *,
    shrink: bool,
    keep_metadata: bool,
    begun: bool,
) -> Record:
    """Do what is to be done to a file, into `folder`; `begun`: something has been sent already.
    Raises UsageError where it is no longer the file it was, and what `media.prepare` does."""
    if not record["changes"]:
        record = record["origin"]
    path = Path(record["path"])
    file = inspect(path, listing, shrink=shrink, keep_metadata=keep_metadata)
    if file.sha256 != record["sha256"]:
        error = no_longer(record)
        if not begun:
            error.hint = say("Run the command again, with the files as they are now.")
        raise error
    return _after(record, prepare(replace(file, name=record["name"]), folder))


def make_smaller(
    record: Record, listing: Listing, folder: Path, taken: set[str], *, keep_metadata: bool
) -> Record:
    """The picture in a quarter of its bytes, for a backend that finds it too large (4002);
    under a name that is not `taken`."""
    file = inspect(Path(record["path"]), listing, keep_metadata=keep_metadata)
    smaller = shrunk(replace(file, name=record["name"]), folder, max_bytes=record["size"] // 4)
    while smaller.name in taken:
        smaller = replace(smaller, name=another_name(smaller.name))
    return _after(record, smaller)


def _after(record: Record, file: LocalFile) -> Record:
    origin = record.get("origin", record)
    done = {*record.get("done", ()), *file.done}
    told = [change.value for change in Change if change in done]
    return {**record_of(file), "changes": [], "origin": origin, "done": told}


def prepared(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Which files were changed, and how: the user's file and the name it was sent under, sizes
    in bytes."""
    return [
        {
            "file": record["origin"]["path"],
            "name": record["name"],
            "changes": record["done"],
            "bytes_before": record["origin"]["size"],
            "bytes": record["size"],
        }
        for record in records
        if "origin" in record
    ]


def left_out(path: Path, error: SkillError) -> dict[str, str]:
    """What a job keeps, and tells, of a file that it is done without."""
    return {"file": str(path.absolute()), "reason": error.message}


def no_longer(record: Record) -> UsageError:
    return UsageError(
        say("{path} is no longer the file it was.", path=clean_line(record["path"], 200)),
        hint=say("Put it back, then go on; or give the job up with cancel."),
    )


def told(records: Iterable[Record]) -> list[str]:
    """What is done, or has been done, to the files: a sentence for those of which it is the
    same."""
    groups: dict[str, list[str]] = {}
    for record in records:
        if words := _changes(record):
            groups.setdefault(words, []).append(_named(record))
    return [
        say("{names}: {changes}.", names=_names(names), changes=words)
        for words, names in groups.items()
    ]


def _named(record: Record) -> str:
    """The file as its user knows it."""
    return clean_line(Path(record.get("origin", record)["path"]).name, 100)


def _names(names: list[str]) -> str:
    if len(names) <= _NAMED:
        return say(", ").join(names)
    return say("{names} and {count} more", names=say(", ").join(names[:2]), count=len(names) - 2)


def _changes(record: Record) -> str:
    before = record.get("origin", record)
    after = record if "origin" in record else None
    return say(", ").join(
        _change(Change(change), before, after)
        for change in record.get("done" if after else "changes", ())
    )


def _converted(before: Record, after: Record | None) -> str:
    formats = {"before": before["format"], "after": after["format"] if after else ""}
    if before["pages"] > 1 and after is not None:
        return say(
            "converted from {before} to {after} (the first of {pages} pictures)",
            **formats,
            pages=before["pages"],
        )
    if before["pages"] > 1:
        return say(
            "converted from {before} (the first of {pages} pictures)",
            before=before["format"],
            pages=before["pages"],
        )
    if after is not None:
        return say("converted from {before} to {after}", **formats)
    return say("converted from {before}", before=before["format"])


def _change(change: Change, before: Record, after: Record | None) -> str:
    match change:
        case Change.CONVERT:
            return _converted(before, after)
        case Change.TURN:
            return say("turned upright")
        case Change.SHRINK if after is not None:
            return say(
                "shrunk from {before} to {after}",
                before=size_in_words(before["size"]),
                after=size_in_words(after["size"]),
            )
        case Change.SHRINK:
            return say("shrunk")
        case Change.STRIP if before["located"]:
            return say("the place where it was taken and other private data removed")
        case Change.STRIP:
            return say("private data in it removed")
