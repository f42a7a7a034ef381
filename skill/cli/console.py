"""Reports and answers → lines, bars or JSON: words on stdout, what happens meanwhile on stderr."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from skill import interpreter
from skill.cli.progress_bar import line, width
from skill.events import Detail, Notice, Progress, Report, Stage, Words, to_event
from skill.i18n import say
from skill.sanitize import clean
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError
    from skill.token import Token

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
_BESIDE = 20  # columns that a bar and its clock take beside a message
_LINE_AFTER = 2.0  # s without a line after which progress is worth one, where there is no bar
_LINE_STEP = 20.0  # percent it takes for one
_EVENT_STEP = 1.0  # the same for a JSON event


def silence(stream: TextIO) -> None:
    """Nobody reads it any more: what is still in its buffer must not fail at exit either."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _writes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@dataclass
class Console:
    """The command line's face. `prefix` are the global options to repeat in `next`.

    A reader that goes away, or a stream that is closed, is no reason to stop work that is paid
    for: what can no longer be written is left unwritten.
    """

    command: str = ""
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    prefix: tuple[str, ...] = ()
    words_to_stdout: bool = False
    own: Token | None = None  # held to the end, so that it is hidden whether it is used or not
    out: TextIO | None = field(default_factory=lambda: sys.stdout)
    err: TextIO | None = field(default_factory=lambda: sys.stderr)
    _spoken: str = ""
    _open: str = ""  # what stands on the line that is not ended: "stage" or "words"
    _stage: str = ""
    _message: str = ""
    _ended: str = ""  # the stage that came to 100 % last
    _label: str = ""
    _kept: bool = False  # whether the stage's message stands on a line of its own already
    _percent: float | None = None
    _began: float = 0.0
    _told: tuple[str, float, float] = ("", 0.0, 0.0)  # stage, percent, when
    _last: float = field(default_factory=time.monotonic)

    @property
    def quiet_for(self) -> float:
        """Seconds since anything was written."""
        return time.monotonic() - self._last

    def next(self, *words: str) -> str:
        """A command that can be run as it stands."""
        return shlex.join([*interpreter.call(), *self.prefix, *words])

    def runnable(self, sentence: str) -> str:
        """A sentence that names commands, as they can be run; folders of that name stay."""
        return re.sub(
            r"(?<![A-Za-z0-9_/\\-])image-to-video ", lambda _: self.next() + " ", sentence
        )

    @property
    def animated(self) -> bool:
        """Whether a line is drawn that moves: on a terminal, for a person."""
        return self._terminal and not self.quiet

    @property
    def _terminal(self) -> bool:
        moves = os.name != "nt" or "WT_SESSION" in os.environ  # the old console of Windows does not
        return (
            moves and _is_terminal(self.err) and not self.json and os.environ.get("TERM") != "dumb"
        )

    def _write(self, file: TextIO | None, text: str) -> None:
        self._last = time.monotonic()
        if file is None or file.closed:
            return
        try:
            file.write(hide(text))
            file.flush()
        except OSError:
            silence(file)

    # ------------------------------------------------------------ meanwhile

    def tell(self, report: Report) -> None:
        if self.quiet and not (isinstance(report, Words) and self.words_to_stdout):
            return
        if isinstance(report, Detail) and not self.verbose:
            return
        if self.json:
            self._event(report)
            return
        match report:
            case Stage(stage, message) if self.animated:
                self._begin(stage, message)
            case Progress(stage, percent) if self.animated:
                if stage == self._ended and percent == 100:
                    return
                if stage != self._stage:
                    self._begin(stage, say(VERBS.get(stage, stage.capitalize())))
                self._percent = percent
                self.draw()
            case Progress(stage, percent):
                if self._due(stage, percent, _LINE_STEP, _LINE_AFTER):
                    self._line(f"{say(VERBS.get(stage, stage.capitalize()))} {percent:.0f}%")
            case Words(text):
                self._speak(text)
            case Stage(_, message) | Notice(message) | Detail(message):
                self._line(message)

    def _event(self, report: Report) -> None:
        event = to_event(report)
        if isinstance(report, Progress):
            if not self._due(report.stage, report.progress, _EVENT_STEP, 0):
                return
            event["progress"] = round(report.progress, 1)
        self._object(self.err, event)

    def _due(self, stage: str, percent: float, step: float, after: float) -> bool:
        """Whether progress is worth telling: by `step` percent and `after` seconds since the last."""
        told, before, when = self._told
        now = time.monotonic()
        if stage != told:
            self._told = (stage, percent, now)
            return after == 0
        due = percent - before >= step and now - when >= after
        if due or now - when >= 5 * _LINE_AFTER:
            self._told = (stage, percent, now)
            return True
        return False

    def _begin(self, stage: str, message: str) -> None:
        """A line of its own for a stage; a message too long to stand beside a bar gets its own."""
        self._end_stage()
        self._ended = ""
        self._stage, self._percent, self._began = stage, None, time.monotonic()
        self._label = self._message = message
        self._kept = False
        if width(message) > self._columns - _BESIDE:
            self._line(message)
            self._kept = True
            self._label = say(VERBS.get(stage, stage.capitalize()))
        self.draw()

    def draw(self) -> None:
        """The line of the stage, as it stands now; where something else is being written, or no
        stage has begun, nothing."""
        if not self._stage or self._open == "words":
            return
        self._open = "stage"
        elapsed = time.monotonic() - self._began
        colour = not os.environ.get("NO_COLOR")
        encoding = getattr(self.err, "encoding", None) or "utf-8"
        drawn = line(
            self._label,
            self._percent,
            elapsed,
            self._columns,
            colour=colour,
            ascii_only=not _writes("━╌", encoding),
        )
        self._write(self.err, f"\r\x1b[K{drawn}")

    @property
    def _columns(self) -> int:
        try:
            assert self.err is not None
            return os.get_terminal_size(self.err.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _end_line(self) -> None:
        """Make way for something else. The stage's line goes on below it; what stays above is
        what the stage is, once."""
        if self._open == "stage" and self._percent == 100:
            self._end_stage()
        elif self._open == "stage":
            self._write(self.err, "\r\x1b[K" + ("" if self._kept else f"{self._message}\n"))
            self._kept = True
        elif self._open:
            self._write(self.err, "\n")
        self._open = ""

    def _end_stage(self) -> bool:
        """No stage is at work any more: its line stays as it was last drawn. Returns whether a
        line of words was ended by it."""
        words = self._open == "words"
        if self._open == "stage" and self._percent is None:
            self._end_line()
        elif self._open:
            self._write(self.err, "\n")
        if self._percent == 100:
            self._ended = self._stage
        self._open = self._stage = ""
        return words

    def _line(self, message: str) -> None:
        self._end_line()
        self._write(self.err, message + "\n")

    def _speak(self, text: str) -> None:
        """The backend's words: part of the answer for `chat` and `ask`, else beside it."""
        if self._open == "stage":
            self._end_line()
        if self.words_to_stdout:
            self._spoken += text
            self._write(self.out, text)
        elif self._terminal:
            self._write(self.err, text)
        elif text.strip() and not self.quiet:
            self._write(self.err, text.strip() + "\n")
        if self._terminal and (not self.words_to_stdout or _is_terminal(self.out)):
            self._open = "" if text.endswith("\n") else "words"

    # ------------------------------------------------------------ the answer

    def answer(self, data: Any, lines: Sequence[str], next_: Sequence[str] = ()) -> None:
        ended = self._end_stage()
        if self.json:
            answer = {"schema": 1, "ok": True, "command": self.command, "data": data}
            self._object(self.out, answer | {"next": list(next_)})
            return
        text = "\n".join(lines)
        if self._spoken:
            text = text.removeprefix(self._spoken.strip()).lstrip("\n")
            if not ended and not self._spoken.endswith("\n"):
                self._write(self.out, "\n")
        if text:
            self._write(self.out, text + "\n")

    def suggest(self, next_: Sequence[str]) -> None:
        """What could be done next: for people, beside the answer."""
        if next_ and not self.json and not self.quiet:
            self._line("\n".join([say("Next:"), *(f"  {command}" for command in next_)]))

    def trace(self, error: BaseException) -> None:
        """Where a bug came about, for whoever looks for it."""
        import traceback

        self._end_stage()
        text = "".join(traceback.format_exception(error))
        self._object(self.err, to_event(Notice(text))) if self.json else self._line(text)

    def error(self, error: SkillError) -> None:
        """What went wrong, and what to do: the job's `resume`, where there is a job."""
        ended = self._end_stage()
        next_ = [self.next("resume", error.job)] if error.job else []
        # A file's name that is no text, or has a line of its own, would not be shown as it is.
        shown = " ".join(error.instead)
        if shown and clean(shown) == shown and "\n" not in shown:
            next_.append(self.next(*error.instead))
        hint = self.runnable(error.hint)
        if self.json:
            told = {
                "code": error.code,
                "message": error.message,
                "hint": hint,
                "retryable": error.retryable,
                "job": error.job,
            }
            answer = {"schema": 1, "ok": False, "command": self.command, "error": told}
            found = {"data": error.data} if error.data is not None else {}
            self._object(self.out, answer | found | {"next": next_})
            return
        if self._spoken and not ended:
            self._write(self.out, "\n")
        lines = [
            say("error: {message}", message=error.message),
            *([hint] if hint else []),
            *(f"  {n}" for n in next_),
        ]
        self._write(self.err, "\n".join(lines) + "\n")

    def _object(self, file: TextIO | None, value: dict[str, Any]) -> None:
        self._write(file, json.dumps(value, ensure_ascii=False) + "\n")
