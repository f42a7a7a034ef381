"""Runs a program as a child process that ends when we are done with it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

_LONGEST_LINE = 10_000  # bytes
_ENDS_WITHIN = 5.0  # s, once it writes no more
# What a program does to itself; on Windows such an exit code is a status of this kind.
_CRASHES = ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP")
_WINDOWS_CRASH = 0xC0000000


class ChildProcess:
    """A running program and all it starts. A context manager: when it is left, both are gone.

    It does not get the token, and is the first of a process group of its own: it can be killed with
    all it has started, and Ctrl-C on the terminal comes to us alone. All methods may be called from
    any thread. (asyncio's subprocesses are not for us: where one is killed at the moment it ends,
    two threads wait for it, and the one that comes second complains on stderr.)
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        output: IO[bytes] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start it, to be talked to by `ask` or `read_line`; what it writes to stderr is dropped.
        With `output` all it writes goes to this file, and it has no input. Raises OSError."""
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - no shell, words of our own
            command,
            stdin=subprocess.DEVNULL if output else subprocess.PIPE,
            stdout=output or subprocess.PIPE,
            stderr=output or subprocess.DEVNULL,
            cwd=cwd,
            env={name: value for name, value in os.environ.items() if name != "NEMO_TOKEN"},
            process_group=0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(self, order: bytes, *, within: float) -> bytes:
        """Send it one line and return all it writes until it ends; empty where it died. Raises
        TimeoutError where that takes longer than `within` seconds."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(within, give_up)
        timer.daemon = True
        timer.start()
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            with suppress(OSError):  # it died: the empty answer tells
                self._process.stdin.write(order + b"\n")
                self._process.stdin.flush()
            answer = self._process.stdout.read()
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError
        return answer

    def read_line(self) -> bytes:
        """Wait for the next line it writes; empty where it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline(_LONGEST_LINE)

    def exit_code(self) -> int | None:
        """The exit code, negative where a signal ended it; None while it runs."""
        with self._lock:
            return self._process.poll()

    def was_killed(self) -> bool:
        """Whether it failed for reasons that are not in what it was doing: killed from outside, as
        the system does where memory runs out, or unable to begin. Not so where it crashed. To be
        asked once it writes no more; waits for its end."""
        with self._lock:
            try:
                code = self._process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                return False
        crashes = [-number for name in _CRASHES if (number := getattr(signal, name, None))]
        return code != 0 and code not in crashes and code < _WINDOWS_CRASH

    def kill(self) -> None:
        """Kill it and all it has started, unless it has ended."""
        with self._lock:
            # After it has been waited for, its id may be that of somebody else.
            if self._process.returncode is not None:
                return
            if os.name == "posix":
                with suppress(ProcessLookupError, PermissionError):  # macOS: of one that has ended
                    os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def close(self) -> None:
        """Kill it unless it has ended, wait until it is gone and close its pipes."""
        self.kill()
        with self._lock:
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it did not read
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
