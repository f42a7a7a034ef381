"""A terminal to write to, and what a person then sees on it."""

from __future__ import annotations

import io

import pyte

_NO_FILE = -1  # what `os.get_terminal_size` is asked with


class Terminal(io.StringIO):
    """A stream that is a terminal of so many columns."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return _NO_FILE

    @property
    def lines(self) -> list[str]:
        """The screen as it stands, read by a terminal emulator."""
        return seen(self.getvalue(), self.columns)


def seen(text: str, columns: int) -> list[str]:
    screen = pyte.Screen(columns, 500)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    lines = [row.rstrip() for row in screen.display]
    return lines[: max((i for i, row in enumerate(lines) if row), default=-1) + 1]
