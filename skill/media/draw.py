"""Draws pictures anew in another process, which may be stopped."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skill import interpreter
from skill.i18n import say
from skill.media import pixels
from skill.media.picture_file import TooManyPixelsError
from skill.media.pixels import Drawn, Task, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def draw(source: Path, task: Task, target: Path) -> Drawn:
    """Draw into `target`, a file that is there. The same picture is the same file.

    It is done in a process of its own: a file made to harm, or only damaged, may take a decoder
    down with it, and what a decoder has to say must not come between the lines of an answer.
    Raises ValueError where the source is broken, TooLargeError where the limit cannot be kept,
    OSError where the disk fails."""
    order = {
        "source": str(source),
        "target": str(target),
        "task": {**vars(task), "exif": task.exif.hex()},
    }
    try:
        told = json.loads(current().ask(json.dumps(order).encode()))
    except subprocess.TimeoutExpired as error:
        raise ValueError(say("it takes too long")) from error
    except ValueError as error:
        raise ValueError(say("it is damaged")) from error
    if "drawn" in told:
        return Drawn(**told["drawn"])
    if "errno" in told:
        raise OSError(told["errno"], told["reason"])
    kinds = {kind.__name__: kind for kind in (TooLargeError, TooManyPixelsError)}
    # The other process speaks English.
    raise kinds.get(told["kind"], ValueError)(say(told["reason"]))


class StoppedDrawingError(Exception):
    """Nobody waits for it any more."""


class Drawing:
    """What is drawn for one piece of work; another thread may stop it, also before it begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, work: Callable[[], T]) -> T:
        """Do the work, whose drawing is this."""
        token = _CURRENT.set(self)
        try:
            return work()
        finally:
            _CURRENT.reset(token)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def go_on(self) -> None:
        """Raises StoppedDrawingError where it was stopped."""
        if self._stopped:
            raise StoppedDrawingError

    def ask(self, order: bytes) -> bytes:
        """The order to the other process, and its answer; empty where it died. It has neither the
        token, nor what lies in the current folder for a library, and ends when we do: its input
        is open for as long as we live."""
        environment = {name: value for name, value in os.environ.items() if name != "NEMO_TOKEN"}
        with self._lock:
            self.go_on()
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
                interpreter.command(_PROGRAM),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._process = process
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None
        watchman = threading.Timer(_PATIENCE, process.kill)
        watchman.daemon = True
        watchman.start()
        try:
            with suppress(OSError):  # it died: the empty answer tells
                asked.write(order + b"\n")
                asked.flush()
            answer = answered.read()
        finally:
            late = not watchman.is_alive()
            watchman.cancel()
            process.kill()
            process.wait()
            with self._lock:
                self._process = None
            with suppress(OSError):
                asked.close()
            answered.close()
        self.go_on()
        if late:
            raise subprocess.TimeoutExpired(process.args, _PATIENCE)
        return answer


def current() -> Drawing:
    """The one that the work at hand is run by; else one that nobody stops."""
    return _CURRENT.get() or Drawing()


_CURRENT: ContextVar[Drawing | None] = ContextVar("drawing", default=None)
_PATIENCE = 600.0  # s: the largest picture takes a tenth of it
_PROGRAM = "from skill.media.draw import answer; answer()"


def answer() -> None:
    """The other process: an order on stdin, what became of it on stdout."""
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    task = Task(**{**order["task"], "exif": bytes.fromhex(order["task"]["exif"])})
    told: dict[str, Any]
    try:
        told = {"drawn": vars(pixels.draw(Path(order["source"]), task, Path(order["target"])))}
    except ValueError as error:
        told = {"kind": type(error).__name__, "reason": str(error)}
    except OSError as error:
        told = {"errno": error.errno or errno.EIO, "reason": error.strerror or str(error)}
    except MemoryError:
        told = {"kind": "ValueError", "reason": "there is not enough memory for it"}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # a thread may be reading still


def _end_with_the_other() -> None:
    sys.stdin.read()
    os._exit(1)
