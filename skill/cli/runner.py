"""How a command runs: what can stop it from outside, that it is never silent for long, and that no
library writes to stderr, which is for lines of ours alone."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio

from skill.errors import SkillError, StoppedError, UnfinishedError
from skill.events import Detail, Event, Notice
from skill.i18n import say, speak, spoken
from skill.jobs.studio import Studio
from skill.jobs.threads import new_event_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from anyio.abc import TaskGroup, TaskStatus

    from skill.cli.console import Console
    from skill.events import Tell
    from skill.jobs.job import Job
    from skill.settings.config import Config

_HEED = 0.25  # s between two looks whether the job at work has been given up elsewhere
_FRAME = 0.25  # s between two drawings of a line that moves
_QUIET = 30.0  # s of real time without a word, whatever the wait is for


class _Run:
    """One action on a studio, and what it came to."""

    def __init__(self, console: Console, config: Config, seconds: float | None) -> None:
        self._console = console
        self._config = config
        self._seconds = seconds
        self._signal: int | None = None
        self._given_up = False
        self._studio: Studio | None = None
        self._failure: SkillError | None = None
        self._job: Job | None = None
        self.language = spoken()
        """What the action speaks. Other tasks, and whoever is called after the loop, don't hear
        it from the context."""

    async def run(self, action: Callable[[Studio], Awaitable[None]]) -> None:
        async with anyio.create_task_group() as tasks:
            if hasattr(signal, "SIGHUP"):  # on Windows Ctrl-C comes as KeyboardInterrupt
                await tasks.start(self._listen, tasks)
            tasks.start_soon(self._reassure)
            tasks.start_soon(self._animate)
            tasks.start_soon(self._heed, tasks)
            with anyio.move_on_after(self._seconds) as deadline:
                await self._act(action)
            tasks.cancel_scope.cancel()
        if self._failure is not None:
            raise self._failure
        if self._given_up:
            raise StoppedError(signal.SIGTERM, given_up=True)
        # Also of a job that is done: whoever was stopped before it was told can ask for it.
        job = self._job.id if self._job is not None else None
        if self._signal is not None:
            raise StoppedError(self._signal, job)
        if deadline.cancelled_caught:
            raise UnfinishedError(
                say("Stopped after {seconds:g} s (--timeout).", seconds=self._seconds),
                hint=say("Go on with resume: what was sent is not sent again.")
                if job
                else say("Nothing is lost."),
                job=job,
            )

    async def _act(self, action: Callable[[Studio], Awaitable[None]]) -> None:
        try:
            async with Studio.open(self._config, self._tell) as studio:
                if not gc.isenabled():  # start-up is over
                    gc.freeze()
                    gc.enable()
                self._studio = studio
                try:
                    await action(studio)
                finally:
                    self._studio, self._job = None, studio.job
                    self._console.job = studio.job.id if studio.job else None
        except SkillError as error:
            self._failure = error
        finally:
            self.language = spoken()

    def _tell(self, event: Event) -> None:
        self.language = spoken()
        self._console.tell(event)

    async def _listen(self, tasks: TaskGroup, *, task_status: TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for number in signals:
                self._signal = number
                tasks.cancel_scope.cancel()
                return

    async def _heed(self, tasks: TaskGroup) -> None:
        while self._studio is None or not self._studio.asked_to_stop:  # noqa: ASYNC110
            await anyio.sleep(_HEED)
        self._given_up = True
        tasks.cancel_scope.cancel()

    async def _animate(self) -> None:
        while True:
            self._console.draw()
            await anyio.sleep(_FRAME)

    async def _reassure(self) -> None:
        waited = 0.0
        while True:
            quiet = self._console.quiet_for
            if quiet >= _QUIET:
                waited += quiet
                speak(self.language)
                self._console.tell(Notice(say("Still at it ({waited:.0f} s).", waited=waited)))
            elif quiet < 1:
                waited = 0.0
            await anyio.sleep(max(0.5, _QUIET - self._console.quiet_for))


def run(
    console: Console,
    config: Config,
    seconds: float | None,
    action: Callable[[Studio], Awaitable[None]],
) -> None:
    """Run `action` on a studio of `config`, for at most `seconds`. Raises SkillError."""
    at_work = _Run(console, config, seconds)
    try:
        anyio.run(at_work.run, action, backend_options={"loop_factory": new_event_loop})
    finally:
        speak(at_work.language)


@contextmanager
def caught(tell: Tell) -> Iterator[None]:
    """Tell warnings, log records and exceptions that nothing handles as events. They are details,
    which `--verbose` shows; what the mock backend logs is a notice."""
    handler = _Handler(tell)
    before = sys.unraisablehook, threading.excepthook, warnings.showwarning

    def show_warning(
        message: Warning | str, category: type[Warning], *place: object, **line: object
    ) -> None:
        tell(Detail(f"{category.__name__}: {message}"))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            tell(Detail(_trace(args.exc_value)))

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        tell(Detail(_trace(args.exc_value)))

    sys.unraisablehook, threading.excepthook = unraisable, in_thread
    warnings.showwarning = show_warning
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        sys.unraisablehook, threading.excepthook, warnings.showwarning = before


class _Handler(logging.Handler):
    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "told", False):  # in the user's words (skill.local)
            return
        text = self.format(record)
        own = record.name.partition(".")[0] == "mock_server"
        self._tell(Notice(text) if own else Detail(text))


def _trace(error: BaseException | None) -> str:
    return "" if error is None else "".join(traceback.format_exception(error))
