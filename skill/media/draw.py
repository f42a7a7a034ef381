"""Draws pictures anew in another process, which may be stopped."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skill import interpreter
from skill.child_process import ChildProcess
from skill.i18n import say
from skill.media import pixels
from skill.media.container import CutOffError
from skill.media.picture_file import TooManyPixelsError
from skill.media.pixels import Drawn, Task, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def draw(source: Path, task: Task, target: Path) -> Drawn:
    """Draw into `target`, a file that is there. The same picture is the same file.

    It is done in a process of its own: a file made to harm, or only damaged, may take a decoder
    down with it, and what a decoder has to say must not come between the lines of an answer.
    Raises ValueError where the source is broken, CutOffError where part of it is missing,
    TooLargeError where the limit cannot be kept, OSError where the disk fails or memory runs out."""
    told = _ordered(
        source=str(source), target=str(target), task={**vars(task), "exif": task.exif.hex()}
    )
    return Drawn(**told)


def check_whole(source: Path, form: str) -> None:
    """Raises ValueError where a picture is broken, CutOffError where pixels of it are missing."""
    _ordered(source=str(source), form=form)


def _ordered(**order: Any) -> Any:
    """What came of an order to the other process."""
    try:
        told = json.loads(current().ask(json.dumps(order).encode()))
    except TimeoutError as error:
        raise ValueError(say("it takes too long")) from error
    except ValueError as error:
        raise ValueError(say("it is damaged")) from error
    if "done" in told:
        return told["done"]
    if "errno" in told:
        raise OSError(told["errno"], told["reason"])
    if told["kind"] == CutOffError.__name__:
        raise CutOffError
    kinds = {kind.__name__: kind for kind in (TooLargeError, TooManyPixelsError)}
    # The other process speaks English.
    raise kinds.get(told["kind"], ValueError)(say(told["reason"]))


class StoppedDrawingError(Exception):
    """Nobody waits for it any more."""


class Drawing:
    """The drawing for one piece of work; another thread may stop it, also before it begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
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
            if self._child is not None:
                self._child.kill()

    def go_on(self) -> None:
        """Raises StoppedDrawingError where it was stopped."""
        if self._stopped:
            raise StoppedDrawingError

    def ask(self, order: bytes) -> bytes:
        """Have another process carry out `order`; returns its answer, empty where it died. It
        imports nothing from the current folder, and ends when we do: its input is open for as long
        as we live. Raises TimeoutError, StoppedDrawingError, and OSError where it was killed."""
        with self._lock:
            self.go_on()
            self._child = child = ChildProcess(interpreter.command(_PROGRAM))
        with child:
            answer = child.ask(order, within=_PATIENCE)
            killed = not answer and child.was_killed()
        self.go_on()
        if killed:
            raise OSError(errno.ENOMEM, say("its process died, as it does where memory runs out"))
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
    told: dict[str, Any]
    try:
        told = {"done": _carried_out(order)}
    except ValueError as error:
        told = {"kind": type(error).__name__, "reason": str(error)}
    except OSError as error:
        told = {"errno": error.errno or errno.EIO, "reason": error.strerror or str(error)}
    except MemoryError:
        told = {"errno": errno.ENOMEM, "reason": "there is not enough memory for it"}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # a thread may be reading still


def _carried_out(order: dict[str, Any]) -> dict[str, Any]:
    source = Path(order["source"])
    if "form" in order:
        pixels.check_whole(source, order["form"])
        return {}
    task = Task(**{**order["task"], "exif": bytes.fromhex(order["task"]["exif"])})
    return vars(pixels.draw(source, task, Path(order["target"])))


def _end_with_the_other() -> None:
    sys.stdin.read()
    os._exit(1)
