"""What an output has to do, and what the outputs share: one for a terminal, one for a pipe, one for
programs (JSON)."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from skill.events import Detail, Event, Notice, Progress, Stage, Words, to_json
from skill.i18n import say
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError

VERBS = {
    "prepare": "Preparing",
    "upload": "Uploading",
    "generate": "Generating",
    "render": "Rendering",
    "download": "Downloading",
    "preview": "Making the preview",
    "poster": "Making the poster",
    "sheet": "Making the contact sheet",
    "check": "Checking",
}
_LINE_STEP = 20.0  # percent of progress that are worth a line
_LINE_AFTER = 2.0  # s from one such line to the next
_EVENT_STEP = 1.0  # percent of progress that are worth a JSON event
_AT_LEAST_EVERY = 10.0  # s: progress is told so often, however small


class Output(Protocol):
    """Where events, answers and errors go. The answer goes to stdout, all else to stderr."""

    def tell(self, event: Event, *, is_answer: bool) -> None:
        """Show an event. `is_answer`: these are words of the answer."""

    def draw(self) -> None:
        """Show how much time has passed, where that is seen."""

    def answer(self, command: str, data: Any, lines: Sequence[str], next_: Sequence[str]) -> None:
        """Show what a command came to: `data` to programs, `lines` to people."""

    def suggest(self, next_: Sequence[str]) -> None:
        """Show people the commands that could come next."""

    def error(self, command: str, error: SkillError, hint: str, next_: Sequence[str]) -> None:
        """Show what went wrong and what to do. `hint` is that of the error, to be run as it is."""

    def note(self, text: str) -> None:
        """Show a text beside all else."""


class Streams:
    """stdout and stderr. Tokens are hidden in what is written.

    A reader that goes away, or a stream that is closed, is no reason to stop work that is paid
    for: what can no longer be written is left unwritten. `lost` is why something of the answer was,
    in the user's words; empty where all is written.
    """

    def __init__(self, out: TextIO | None, err: TextIO | None) -> None:
        self.out = out
        self.err = err
        self.lost = ""
        self._last = time.monotonic()

    @property
    def quiet_for(self) -> float:
        """Seconds since anything was written."""
        return time.monotonic() - self._last

    def print(self, text: str) -> None:
        """Write to stdout."""
        self.lost = self._write(self.out, text) or self.lost

    def report(self, text: str) -> None:
        """Write to stderr."""
        self._write(self.err, text)

    def _write(self, file: TextIO | None, text: str) -> str:
        """Returns why it could not be written, if so."""
        self._last = time.monotonic()
        if file is None or file.closed:
            return say("it is closed")
        try:
            file.write(hide(text))
            file.flush()
        except OSError as error:
            silence(file)
            return error.strerror or type(error).__name__
        return ""


def silence(stream: TextIO) -> None:
    """Drop what is written to a stream that nobody reads any more, and what is in its buffer."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def keep_stderr() -> None:
    """Have `sys.stderr` alone write to stderr: what native code writes to its descriptor is dropped."""
    with suppress(OSError):  # it is closed
        kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        sys.stderr = os.fdopen(kept, "w", encoding="utf-8", errors="backslashreplace")


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def verb(stage: str) -> str:
    """What is being done in a stage, for people."""
    return say(VERBS.get(stage, stage.capitalize()))


def error_lines(error: SkillError, hint: str, next_: Sequence[str]) -> str:
    """An error as people read it: what is wrong, what to do, and the commands to do it with."""
    message = say("error: {message}", message=error.message)
    return "\n".join([message, *([hint] if hint else []), *(f"  {each}" for each in next_)]) + "\n"


def next_lines(next_: Sequence[str]) -> str:
    """The commands that could come next, as people read them."""
    return "\n".join([say("Next:"), *(f"  {command}" for command in next_)])


class Sampling:
    """Chooses which of the many events of a stage's progress are shown: one every `step` percent,
    no sooner than `after` seconds after the one before."""

    def __init__(self, step: float, after: float) -> None:
        self._step, self._after = step, after
        self._shown: tuple[str, float, float] = ("", 0.0, 0.0)  # stage, percent, when

    def takes(self, event: Progress) -> bool:
        stage, percent, when = self._shown
        now = time.monotonic()
        began = event.stage != stage
        due = event.progress - percent >= self._step and now - when >= self._after
        if not (began or due or now - when >= _AT_LEAST_EVERY):
            return False
        self._shown = (event.stage, event.progress, now)
        return not began or self._after == 0


class SpokenAnswer:
    """The answer on stdout, of which the backend's words may have been shown as they came."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._words = ""

    def speak(self, text: str) -> None:
        """Show words of the answer."""
        self._words += text
        self._streams.print(text)

    def end_line(self) -> None:
        """End the line that the words have left open, if any."""
        if self._words and not self._words.endswith("\n"):
            self._streams.print("\n")

    def finish(self, lines: Sequence[str]) -> None:
        """Show the whole answer, without the words that have been shown."""
        text = "\n".join(lines)
        if self._words:
            text = text.removeprefix(self._words.strip()).lstrip("\n")
        if text:
            self._streams.print(text + "\n")


class LineOutput:
    """Output for a pipe, a file or a plain terminal: one line for each event."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._answer = SpokenAnswer(streams)
        self._sampling = Sampling(_LINE_STEP, _LINE_AFTER)

    def tell(self, event: Event, *, is_answer: bool) -> None:
        match event:
            case Words(text) if is_answer:
                self._answer.speak(text)
            case Words(text):
                if text.strip():
                    self.note(text.strip())
            case Progress(stage, percent):
                if self._sampling.takes(event):
                    self.note(f"{verb(stage)} {percent:.0f}%")
            case Stage(_, message) | Notice(message) | Detail(message):
                self.note(message)

    def draw(self) -> None:
        """Nothing moves here."""

    def answer(self, command: str, data: Any, lines: Sequence[str], next_: Sequence[str]) -> None:
        self._answer.end_line()
        self._answer.finish(lines)

    def suggest(self, next_: Sequence[str]) -> None:
        self.note(next_lines(next_))

    def error(self, command: str, error: SkillError, hint: str, next_: Sequence[str]) -> None:
        self._answer.end_line()
        self._streams.report(error_lines(error, hint, next_))

    def note(self, text: str) -> None:
        self._streams.report(text + "\n")


class JsonOutput:
    """Output for programs: the answer is one JSON object on stdout, each event a line of JSON on
    stderr; `image-to-video schema` prints their JSON Schemas."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._sampling = Sampling(_EVENT_STEP, after=0)

    def tell(self, event: Event, *, is_answer: bool) -> None:
        value = to_json(event)
        if isinstance(event, Progress):
            if not self._sampling.takes(event):
                return
            value["progress"] = round(event.progress, 1)
        self._streams.report(_line(value))

    def draw(self) -> None:
        """Nothing moves here."""

    def answer(self, command: str, data: Any, lines: Sequence[str], next_: Sequence[str]) -> None:
        answer = {"schema": 1, "ok": True, "command": command, "data": data, "next": list(next_)}
        self._streams.print(_line(answer))

    def suggest(self, next_: Sequence[str]) -> None:
        """Nothing: the answer's `next` says it."""

    def error(self, command: str, error: SkillError, hint: str, next_: Sequence[str]) -> None:
        told = {
            "code": error.code,
            "message": error.message,
            "hint": hint,
            "retryable": error.retryable,
            "job": error.job,
        }
        found = {"data": error.data} if error.data is not None else {}
        answer = {"schema": 1, "ok": False, "command": command, "error": told, **found}
        self._streams.print(_line({**answer, "next": list(next_)}))
        if self._streams.lost:
            self.note(error_lines(error, hint, next_).rstrip())

    def note(self, text: str) -> None:
        self._streams.report(_line(to_json(Notice(text))))


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
