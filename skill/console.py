"""Reports and answers → lines, bars or JSON: words on stdout, what happens meanwhile on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from skill.report import Detail, Notice, Progress, Report, Stage, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError

_VERBS = {
    "upload": "Uploading",
    "generate": "Generating",
    "render": "Rendering",
    "download": "Downloading",
}
_LINE_AFTER = 2.0  # s without a line after which progress is worth one, where there is no bar
_LINE_STEP = 20.0  # percent it takes for one
_EVENT_STEP = 1.0  # the same for a JSON event


@dataclass
class Console:
    """The command line's face. `prefix` are the global options to repeat in `next`."""

    command: str = ""
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    prefix: tuple[str, ...] = ()
    words_to_stdout: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _spoken: str = ""
    _open: str = ""  # what stands on the line that is not ended: a stage's bar, or "words"
    _told: tuple[str, float, float] = ("", 0.0, 0.0)  # stage, percent, when

    @property
    def _terminal(self) -> bool:
        return self.err.isatty() and not self.json and os.environ.get("TERM") != "dumb"

    def next(self, *words: str) -> str:
        """A command that can be run as it stands."""
        import shlex

        return shlex.join(["image-to-video", *self.prefix, *words])

    # ------------------------------------------------------------ meanwhile

    def tell(self, report: Report) -> None:
        if self.quiet and not isinstance(report, Words):
            return
        if isinstance(report, Detail) and not self.verbose:
            return
        if self.json:
            self._event(report)
            return
        match report:
            case Progress(stage, percent):
                self._progress(stage, percent)
            case Words(text):
                self._speak(text)
            case Stage(_, message) | Notice(message) | Detail(message):
                self._line(message)

    def _event(self, report: Report) -> None:
        if isinstance(report, Progress) and not self._due(
            report.stage, report.progress, _EVENT_STEP, 0
        ):
            return
        event = {"event": type(report).__name__.lower(), **vars(report)}
        print(json.dumps(event, ensure_ascii=False), file=self.err, flush=True)

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

    def _progress(self, stage: str, percent: float) -> None:
        verb = _VERBS.get(stage, stage.capitalize())
        if not self._terminal:
            if self._due(stage, percent, _LINE_STEP, _LINE_AFTER):
                self._line(f"{verb} {percent:.0f}%")
            return
        import shutil

        room = max(10, min(40, shutil.get_terminal_size().columns - len(verb) - 8))
        full = round(room * percent / 100)
        colour = "" if os.environ.get("NO_COLOR") else "\x1b[36m"
        bar = f"{colour}{'━' * full}{chr(0x1B) + '[0m' if colour else ''}{'╌' * (room - full)}"
        if self._open and self._open != stage:
            self._end_line()
        self._open = stage
        print(f"\r\x1b[K{verb} {bar} {percent:3.0f}%", end="", file=self.err, flush=True)

    def _end_line(self) -> None:
        if self._open:
            self._open = ""
            print(file=self.err, flush=True)

    def _line(self, message: str) -> None:
        self._end_line()
        print(message, file=self.err, flush=True)

    def _speak(self, text: str) -> None:
        """The backend's words: part of the answer for `chat` and `ask`, else beside it."""
        if self._open != "words":
            self._end_line()
        if self.words_to_stdout:
            self._spoken += text
            print(text, end="", file=self.out, flush=True)
        elif self._terminal:
            print(text, end="", file=self.err, flush=True)
            self._open = "" if text.endswith("\n") else "words"
        elif text.strip() and not self.quiet:
            print(text.strip(), file=self.err, flush=True)

    # ------------------------------------------------------------ the answer

    def answer(self, data: Any, lines: Sequence[str], next_: Sequence[str] = ()) -> None:
        self._end_line()
        if self.json:
            self._object(
                {
                    "schema": 1,
                    "ok": True,
                    "command": self.command,
                    "data": data,
                    "next": list(next_),
                }
            )
            return
        text = "\n".join(lines)
        if self._spoken:
            text = text.removeprefix(self._spoken.strip()).lstrip("\n")
            if not self._spoken.endswith("\n"):
                print(file=self.out)
        if text:
            print(text, file=self.out)
        self.out.flush()

    def suggest(self, next_: Sequence[str]) -> None:
        """What could be done next: for people, beside the answer."""
        if next_ and not self.json and not self.quiet:
            self._line("Next: " + "  ·  ".join(next_))

    def error(self, error: SkillError, next_: Sequence[str] = ()) -> None:
        self._end_line()
        if self._spoken and not self.json:
            print(file=self.out, flush=True)
        if self.json:
            self._object(
                {
                    "schema": 1,
                    "ok": False,
                    "command": self.command,
                    "error": {
                        "code": error.code,
                        "message": error.message,
                        "hint": error.hint,
                        "retryable": error.retryable,
                        "job": error.job,
                    },
                    "next": list(next_),
                }
            )
            return
        print(f"error: {error.message}", file=self.err)
        if error.hint:
            print(error.hint, file=self.err)
        for command in next_:
            print(f"  {command}", file=self.err)
        self.err.flush()

    def _object(self, value: dict[str, Any]) -> None:
        print(json.dumps(value, ensure_ascii=False), file=self.out, flush=True)
