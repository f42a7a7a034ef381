"""A stage on one line of a terminal: what is done, how far it is, how long it takes. Pure."""

from __future__ import annotations

import unicodedata

_WIDEST = 40  # columns of the bar itself
_NARROWEST = 8
_PULSE = 5  # columns of the piece that moves where nobody knows how far it is


def width(text: str) -> int:
    """Columns that text takes on a terminal; Chinese characters take two (UAX 11)."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def line(
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
