"""A clip under way: what has been fetched of it, in a `.part` beside its target.

It is gone on with after a cut, in this process or another, as far as a job's `DownloadState` tells
of it. Without a validator it is not gone on with, but begun anew.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from skill.jobs.job import DownloadState

MAX_BYTES = 8 * 1024**3


class PartialFile:
    """The clip so far, in a file that is ours alone. As a context: closed at the end, and
    removed, unless the clip does not stand yet and the file can be gone on with.

    Raises OSError where it cannot be written."""

    def __init__(self, path: Path, state: DownloadState, note: Callable[[], None]) -> None:
        self.path = path
        self._state = state
        self._note = note
        before = state.part
        kept = before == str(path) or (before != "" and _moved(Path(before), path))
        found = _reopened(path) if kept else None
        if found is None:
            # Whatever stands there, a planted link too, is not ours: its name is freed, and
            # what is made under it is new.
            path.unlink(missing_ok=True)
            forget(state)
        if before != str(path) or found is None:
            state.part = str(path)
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
        if error is None or not self.have(self._state.source):
            with suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def validator(self) -> str:
        return self._state.validator

    @property
    def length(self) -> int | None:
        """Of the whole clip, where that is known."""
        return self._state.length

    def whole(self, source: str) -> bool:
        """Whether all that `source` has is there."""
        return self._state.source == source and 0 < self.size == self.length

    def have(self, source: str) -> int:
        """How many bytes of what `source` has are there and can be gone on with."""
        if self.whole(source):
            return self.size
        usable = self._state.source == source and self.validator
        return self.size if usable and self.size < (self.length or MAX_BYTES) else 0

    def begin(self, source: str, validator: str, length: int | None) -> None:
        """Empty it for a clip from `source`, and have that on disk before its first byte."""
        self.forget()
        state = self._state
        state.source, state.validator, state.length = source, validator, length
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
        self._state.length = self.size


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


def discard(state: DownloadState) -> None:
    """Remove what has been fetched of a clip so far, of a job that is given up or done."""
    if state.part:
        with suppress(OSError):
            Path(state.part).unlink()
    forget(state)


def forget(state: DownloadState) -> None:
    """Nothing is there of it."""
    state.part, state.source, state.validator, state.length = "", "", "", None
