"""A lock between processes that dies with whoever holds it."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.i18n import say

if TYPE_CHECKING:
    from pathlib import Path

if os.name == "nt":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_GLANCES = 3  # whoever only looks whether it is free has it for a moment
_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})


def _taken(descriptor: int) -> bool:
    """Raises OSError where the file system has no locks."""
    for glance in range(_GLANCES):
        if glance:
            time.sleep(0.005)
        try:
            _take(descriptor)
        except OSError as error:
            if error.errno not in _HELD:
                raise
            continue
        return True
    return False


class Lock:
    """Held by one process at a time; the system lets go of it when the process ends, however
    it ends. The file stays: to remove it would let two hold "the" lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take it if it is free. Raises OSError where there can be no such file, UsageError where
        the file system has no locks."""
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            taken = _taken(descriptor) and self._stands(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise UsageError(
                say(
                    "{path} cannot be locked: its disk has no locks between processes ({reason}).",
                    path=self._path,
                    reason=error.strerror or error,
                ),
                hint=say(
                    "Name a folder on another disk with --home DIR; for packages with XDG_CACHE_HOME."
                ),
            ) from error
        if not taken:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def _stands(self, descriptor: int) -> bool:
        """Whether the file is still the one of that name: else another may hold the lock."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except OSError:
            return False

    @property
    def held(self) -> bool:
        """Whether another process has it at this moment."""
        if self._descriptor is not None or not self._path.exists():
            return False
        if free := self.take():
            self.release()
        return not free

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
