"""Output for a person at a terminal: a stage is one line, with a bar that moves."""

from __future__ import annotations

import os
import time
import unicodedata
from typing import TYPE_CHECKING, Any

from skill.cli.output import SpokenAnswer, Streams, error_lines, is_terminal, next_lines, verb
from skill.events import Detail, Event, Notice, Progress, Stage, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError

_BESIDE = 20  # columns that a bar and its clock take beside a message
_CLEAR = "\r\x1b[K"  # to the beginning of the line, and delete it
_WIDEST = 40  # columns of the bar itself
_NARROWEST = 8
_PULSE = 5  # columns of the piece that moves where nobody knows how far it is


class TerminalOutput:
    """Lines above, and below them the one of the stage at work.

    `_open` says what stands on the line the cursor is in: "stage" or "words", "" for nothing.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._answer = SpokenAnswer(streams)
        self._open = ""
        self._stage = ""
        self._message = ""
        self._label = ""
        self._kept = False  # whether the message stands on a line of its own already
        self._percent: float | None = None
        self._began = 0.0
        self._done = ""  # the stage that came to 100 % last

    @staticmethod
    def suits(streams: Streams) -> bool:
        """Whether stderr is a terminal whose lines can be drawn anew."""
        moves = os.name != "nt" or "WT_SESSION" in os.environ  # the old console of Windows does not
        return moves and is_terminal(streams.err) and os.environ.get("TERM") != "dumb"

    def tell(self, event: Event, *, is_answer: bool) -> None:
        match event:
            case Stage(stage, message):
                self._begin(stage, message)
            case Progress(stage, percent):
                self._advance(stage, percent)
            case Words(text):
                self._speak(text, is_answer=is_answer)
            case Notice(message) | Detail(message):
                self.note(message)

    def draw(self) -> None:
        """Draw the line of the stage as it stands now, unless words are being written."""
        if not self._stage or self._open == "words":
            return
        self._open = "stage"
        bar = progress_line(
            self._label,
            self._percent,
            time.monotonic() - self._began,
            self._columns,
            colour=not os.environ.get("NO_COLOR"),
            ascii_only=not self._can_write("━╌"),
        )
        self._streams.report(_CLEAR + bar)

    def answer(self, command: str, data: Any, lines: Sequence[str], next_: Sequence[str]) -> None:
        self._end_lines()
        self._answer.finish(lines)

    def suggest(self, next_: Sequence[str]) -> None:
        self.note(next_lines(next_))

    def error(self, command: str, error: SkillError, hint: str, next_: Sequence[str]) -> None:
        self._end_lines()
        self._streams.report(error_lines(error, hint, next_))

    def note(self, text: str) -> None:
        """Write a line above that of the stage."""
        self._make_way()
        self._streams.report(text + "\n")

    def _begin(self, stage: str, message: str) -> None:
        """Begin the line of a stage; a message too long to stand beside a bar gets its own."""
        self._end_stage()
        self._done = ""
        self._stage, self._percent, self._began = stage, None, time.monotonic()
        self._label = self._message = message
        self._kept = False
        if width(message) > self._columns - _BESIDE:
            self.note(message)
            self._kept = True
            self._label = verb(stage)
        self.draw()

    def _advance(self, stage: str, percent: float) -> None:
        if stage == self._done and percent == 100:
            return
        if stage != self._stage:
            self._begin(stage, verb(stage))
        self._percent = percent
        self.draw()

    def _speak(self, text: str, *, is_answer: bool) -> None:
        if self._open == "stage":
            self._make_way()
        if is_answer:
            self._answer.speak(text)
        else:
            self._streams.report(text)
        if not is_answer or is_terminal(self._streams.out):
            self._open = "" if text.endswith("\n") else "words"

    def _make_way(self) -> None:
        """End the line for something else. The stage's goes on below it; what stays above is
        what the stage is, once."""
        if self._open == "stage" and self._percent == 100:
            self._end_stage()
        elif self._open == "stage":
            self._streams.report(_CLEAR + ("" if self._kept else f"{self._message}\n"))
            self._kept = True
        elif self._open:
            self._streams.report("\n")
        self._open = ""

    def _end_stage(self) -> None:
        """End the stage, whose line stays as it was last drawn, or a line of words."""
        if self._open == "stage" and self._percent is None:
            self._make_way()
        elif self._open:
            self._streams.report("\n")
        if self._percent == 100:
            self._done = self._stage
        self._open = self._stage = ""

    def _end_lines(self) -> None:
        """End the line of a stage, and that of words wherever they are written."""
        self._end_stage()
        if not is_terminal(self._streams.out):
            self._answer.end_line()

    @property
    def _columns(self) -> int:
        try:
            assert self._streams.err is not None
            return os.get_terminal_size(self._streams.err.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _can_write(self, text: str) -> bool:
        encoding = getattr(self._streams.err, "encoding", None) or "utf-8"
        try:
            text.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True


def width(text: str) -> int:
    """Columns that text takes on a terminal; Chinese characters take two (UAX 11)."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def progress_line(
    label: str,
    percent: float | None,
    elapsed: float,
    columns: int,
    *,
    colour: bool,
    ascii_only: bool = False,
) -> str:
    """The line as it stands after `elapsed` seconds, at most `columns` - 1 wide. `percent` is
    None where it is not known: a piece of the bar then moves along."""
    clock = f"{int(elapsed) // 60}:{int(elapsed) % 60:02d}"
    tail = clock if percent is None else f"{percent:3.0f}% {clock}"
    label = _cut(label.removesuffix("..."), columns - len(tail) - 2)
    room = min(_WIDEST, columns - 1 - width(label) - len(tail) - 2)
    if room < _NARROWEST:
        return f"{label} {tail}"
    if percent is None:
        begin = int(elapsed * 4) % (room - _PULSE + 1)
        parts = (begin, _PULSE, room - begin - _PULSE)
    else:
        full = round(room * min(max(percent, 0), 100) / 100)
        parts = (0, full, room - full)
    on, off = ("\x1b[36m", "\x1b[0m") if colour else ("", "")
    done, left = "#-" if ascii_only else "━╌"
    bar = f"{left * parts[0]}{on}{done * parts[1]}{off}{left * parts[2]}"
    return f"{label} {bar} {tail}"


def _cut(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return text + "…"
