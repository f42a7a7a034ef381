"""What the command line says, to whoever reads it: a person at a terminal, a pipe, a program."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from skill import interpreter
from skill.cli.output import JsonOutput, LineOutput, Output, Streams
from skill.cli.terminal_output import TerminalOutput
from skill.errors import UnfinishedError, UsageError
from skill.events import Detail, Event, Words
from skill.i18n import say
from skill.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError
    from skill.token import Token


@dataclass
class Console:
    """Says what happens and what came of a command. `prefix` are the global options to repeat in
    the commands that are named; with `words_to_stdout` the backend's words are the answer."""

    command: str = ""
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    prefix: tuple[str, ...] = ()
    words_to_stdout: bool = False
    job: str | None = None
    """The job that the answer is of, by which it can be asked for again."""
    own: Token | None = None  # held to the end, so that it is hidden whether it is used or not
    out: TextIO | None = field(default_factory=lambda: sys.stdout)
    err: TextIO | None = field(default_factory=lambda: sys.stderr)

    def __post_init__(self) -> None:
        self._streams = Streams(self.out, self.err)
        self._output = self._suitable()

    def set_up(
        self, command: str, prefix: tuple[str, ...], *, json: bool, quiet: bool, verbose: bool
    ) -> None:
        """Go on as the options say, once they are known."""
        self.command, self.prefix = command, prefix
        self.quiet, self.verbose = quiet, verbose
        if json != self.json:
            self.json = json
            self._output = self._suitable()

    def _suitable(self) -> Output:
        if self.json:
            return JsonOutput(self._streams)
        if TerminalOutput.suits(self._streams):
            return TerminalOutput(self._streams)
        return LineOutput(self._streams)

    @property
    def quiet_for(self) -> float:
        """Seconds since anything was written."""
        return self._streams.quiet_for

    def next(self, *words: str) -> str:
        """A command that can be run as it stands."""
        return shlex.join([*interpreter.call(), *self.prefix, *words])

    def runnable(self, sentence: str) -> str:
        """A sentence that names commands, as they can be run; folders of that name stay."""
        return re.sub(
            r"(?<![A-Za-z0-9_/\\-])image-to-video ", lambda _: self.next() + " ", sentence
        )

    def tell(self, event: Event) -> None:
        """Show what happens, unless the options say that nobody wants to know."""
        is_answer = isinstance(event, Words) and self.words_to_stdout
        if self.quiet and not is_answer:
            return
        if isinstance(event, Detail) and not self.verbose:
            return
        self._output.tell(event, is_answer=is_answer)

    def draw(self) -> None:
        """Show how much time has passed, where that is seen."""
        self._output.draw()

    def answer(self, data: Any, lines: Sequence[str], next_: Sequence[str] = ()) -> None:
        """Show what came of the command: `data` to programs, `lines` to people."""
        self._output.answer(self.command, data, lines, next_)

    def check_answer(self) -> None:
        """Raise SkillError where something of the answer could not be written."""
        if not self._streams.lost:
            return
        message = say("The answer could not be written ({reason}).", reason=self._streams.lost)
        if self.job:
            hint = say("Ask for it with resume: nothing is sent again.")
            raise UnfinishedError(message, hint=hint, job=self.job)
        raise UsageError(
            message, hint=say("Run it again where its standard output can be written to.")
        )

    def suggest(self, next_: Sequence[str]) -> None:
        """Show people what could be done next, beside the answer."""
        if next_ and not self.quiet:
            self._output.suggest(next_)

    def trace(self, error: BaseException) -> None:
        """Show where a bug came about."""
        import traceback

        self._output.note("".join(traceback.format_exception(error)))

    def error(self, error: SkillError) -> None:
        """Show what went wrong and what to do: the job's `resume`, where there is a job."""
        elsewhere = error.instead[:1] == ("resume",)  # which is to be resumed in another way
        next_ = [self.next("resume", error.job)] if error.job and not elsewhere else []
        # A file's name that is no text, or has a line of its own, would not be shown as it is.
        shown = " ".join(error.instead)
        if shown and clean(shown) == shown and "\n" not in shown:
            next_.append(self.next(*error.instead))
        self._output.error(self.command, error, self.runnable(error.hint), next_)
