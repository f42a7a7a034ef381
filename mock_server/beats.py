"""When the music made here beats: known before a note of it is composed, so that cuts can fall on it.

Light: this is for the director, which runs without the renderer's libraries. The renderer composes
by the same numbers.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """Beats fall at 0, `beat_ms`, 2 * `beat_ms` … from the start of the music, bars likewise. Both
    are exact: no rounding anywhere makes cuts and music drift apart."""

    beat_ms: int
    bar_ms: int


_BEATS_MS = {"lofi": 800, "ambient": 1000, "upbeat": 500, "cinematic": 900}
"""75, 60, 120 and 66.7 beats a minute. Each is a whole number of samples at 48 kHz, also for a
sixteenth, and of frames at 30 a second."""

_BEATS_IN_A_BAR = 4


def grid(style: str) -> Grid:
    """The grid of a style, whatever the seed; an unknown style is ambient, as it is when played."""
    beat = _BEATS_MS.get(style, _BEATS_MS["ambient"])
    return Grid(beat, beat * _BEATS_IN_A_BAR)
