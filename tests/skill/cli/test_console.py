"""What a person sees: one line a stage on a terminal, plain lines through a pipe."""

from __future__ import annotations

import io
import os

import pytest

from skill.cli.console import Console
from skill.cli.terminal_output import progress_line, width
from skill.errors import NoCreditsError
from skill.events import Detail, Event, Notice, Progress, Stage, Words
from skill.i18n import speak
from tests.skill.terminal import Terminal


@pytest.fixture(params=[80, 40])
def terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((request.param, 24)))
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal(request.param)


def tell(console: Console, *events: Event) -> None:
    for event in events:
        console.tell(event)


RENDER = (
    Stage("render", "Rendering..."),
    Progress("render", 0),
    Progress("render", 43.0),
    Progress("render", 100),
)


class TestOnATerminal:
    def test_a_stage_is_one_line_that_moves(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal)
        tell(console, *RENDER[:3])
        (row,) = terminal.lines
        assert row.startswith("Rendering ━")
        assert row.endswith("╌  43% 0:00")

    def test_it_stays_when_the_stage_is_over(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal)
        tell(console, *RENDER)
        console.answer({}, ["MEDIA:/trip.mp4"])
        bar, media = terminal.lines
        assert bar.endswith("━ 100% 0:00")
        assert media == "MEDIA:/trip.mp4"

    def test_a_notice_stands_above_the_line_that_goes_on_below(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal)
        tell(console, *RENDER[:3], Notice("⏳ Still working..."))
        console.draw()
        first, notice, bar = terminal.lines
        assert first == "Rendering..."
        assert notice.startswith("⏳")
        assert bar.endswith("43% 0:00")
        tell(console, Notice("once more"), RENDER[3])
        assert terminal.lines[2:3] == ["once more"]
        assert terminal.lines[3].endswith("100% 0:00")

    def test_the_line_never_breaks_into_the_backends_words(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal, words_to_stdout=True)
        tell(console, Stage("generate", "Working on it..."), Words("The title is "))
        console.draw()
        tell(console, Words("there.\n"))
        console.draw()
        assert terminal.lines[:2] == ["Working on it...", "The title is there."]
        console.answer({}, ["The title is there.", "Timeline (1 tracks)"])
        assert terminal.lines == ["Working on it...", "The title is there.", "Timeline (1 tracks)"]

    def test_words_that_end_in_mid_line_are_ended_once(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal, words_to_stdout=True)
        tell(console, Words("Done."))
        console.answer({}, ["Done.", "Cost: 5"])
        assert terminal.lines == ["Done.", "Cost: 5"]

    def test_nothing_is_left_of_a_line_that_only_moved(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal)
        tell(console, Stage("connect", "Setting things up..."))
        console.draw()
        tell(console, Stage("upload", "Uploading 3 files..."))
        assert terminal.lines[0] == "Setting things up..."
        assert terminal.lines[1].startswith("Uploading 3 files ")
        assert len(terminal.lines) == 2

    def test_a_message_too_long_for_a_bar_has_a_line_of_its_own(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal)
        message = "Working on it... This may take a few minutes and a few more, who knows."
        tell(console, Stage("generate", message))
        assert "".join(terminal.lines[:-1]).replace(" ", "") == message.replace(" ", "")
        assert terminal.lines[-1].startswith("Generating ")
        tell(console, Notice("⏳"))
        assert "".join(terminal.lines).count("Working") == 1

    def test_chinese_takes_two_columns_a_character(self, terminal: Terminal) -> None:
        speak("zh")
        console = Console(out=terminal, err=terminal)
        tell(console, Stage("upload", "正在上传 3 个文件..."), Progress("upload", 50))
        assert len(terminal.lines) == 1

    def test_an_error_stands_below_the_line(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal)
        tell(console, *RENDER[:3])
        console.error(NoCreditsError("Not enough credits.", hint="Top up."))
        assert terminal.lines[1:] == ["error: Not enough credits.", "Top up."]

    def test_quiet_draws_nothing(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal, quiet=True)
        tell(console, *RENDER)
        console.draw()
        assert terminal.getvalue() == ""

    def test_no_color_means_none(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        tell(Console(out=terminal, err=terminal), *RENDER)
        assert "\x1b[36m" in terminal.getvalue()
        monkeypatch.setenv("NO_COLOR", "1")
        plain = Terminal(80)
        tell(Console(out=plain, err=plain), *RENDER)
        assert "\x1b[36m" not in plain.getvalue()

    def test_its_own_width_counts_wherever_the_answer_goes(self, terminal: Terminal) -> None:
        console = Console(out=io.StringIO(), err=terminal)
        tell(console, *RENDER[:3])
        console.draw()
        assert len(terminal.lines) == 1

    def test_one_that_knows_no_lines_gets_a_bar_of_signs(self, terminal: Terminal) -> None:
        class Plain(Terminal):
            encoding = "ascii"

        plain = Plain(80)
        tell(Console(out=plain, err=plain), *RENDER[:3])
        assert plain.lines[0].startswith("Rendering ####")
        assert plain.getvalue().isascii()

    def test_what_is_said_twice_to_be_done_is_done_once(self, terminal: Terminal) -> None:
        console = Console(out=terminal, err=terminal, verbose=True)
        tell(console, *RENDER, Detail("→ 200"), RENDER[3])
        assert len(terminal.lines) == 2

    def test_quiet_leaves_out_words_that_are_not_the_answer(self, terminal: Terminal) -> None:
        tell(Console(out=terminal, err=terminal, quiet=True), Words("Here it is."))
        assert terminal.getvalue() == ""

    def test_a_dumb_terminal_gets_plain_lines(
        self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TERM", "dumb")
        tell(Console(out=terminal, err=terminal), *RENDER)
        assert "\x1b" not in terminal.getvalue()


class TestThroughAPipe:
    def test_plain_lines_and_no_bar(self) -> None:
        out, err = io.StringIO(), io.StringIO()
        console = Console(out=out, err=err)
        tell(console, *RENDER, Words("Done.\n"))
        console.draw()
        console.answer({}, ["MEDIA:/trip.mp4"], ["image-to-video export"])
        console.suggest(["image-to-video export"])
        assert out.getvalue() == "MEDIA:/trip.mp4\n"
        assert err.getvalue() == "Rendering...\nDone.\nNext:\n  image-to-video export\n"

    def test_words_of_a_chat_are_the_answer(self) -> None:
        out, err = io.StringIO(), io.StringIO()
        console = Console(out=out, err=err, words_to_stdout=True)
        tell(console, Words("The title "), Notice("⏳ Still working..."), Words("is there."))
        console.answer({}, ["The title is there.", "Cost: 5"])
        assert out.getvalue() == "The title is there.\nCost: 5\n"


class TestTheLine:
    @pytest.mark.parametrize("columns", [1, 10, 20, 40, 80, 200])
    @pytest.mark.parametrize("label", ["", "Uploading 3 files...", "正在上传文件" * 9, "x" * 300])
    @pytest.mark.parametrize("percent", [None, -3.0, 0.0, 33.3, 100.0, 250.0])
    def test_it_fits_the_terminal(self, columns: int, label: str, percent: float | None) -> None:
        for elapsed in (0.0, 59.0, 3600.0):
            drawn = progress_line(label, percent, elapsed, columns, colour=False)
            assert width(drawn) <= max(columns - 1, 12)

    def test_the_clock_is_in_minutes(self) -> None:
        assert progress_line("Rendering...", None, 102, 30, colour=False).endswith(" 1:42")

    def test_where_nobody_knows_how_far_it_is_a_piece_moves(self) -> None:
        drawn = {progress_line("Generating", None, i / 4, 60, colour=False)[:-5] for i in range(20)}
        assert len(drawn) == 20


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Go on: image-to-video jobs", "Go on: image-to-video --local jobs"),
        ("请运行image-to-video jobs", "请运行image-to-video --local jobs"),
        ("Name a file: -o /image-to-video clips/a.mp4", None),
    ],
)
def test_commands_in_a_sentence_are_named_as_they_run_and_folders_as_they_are(
    sentence: str, told: str | None
) -> None:
    assert Console(prefix=("--local",)).runnable(sentence) == (told or sentence)
