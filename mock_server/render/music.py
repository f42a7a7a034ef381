"""Music made here: four styles, arranged bar by bar, the same for a seed on every machine.

A style is some chord progressions and a band: parts with patterns to play. A piece begins with an
introduction, goes through phrases of four bars that differ in chords, patterns and in who plays,
with a fill at the end of each, and comes home: its last chord is struck on a beat near the end and
rings on. Bars fall on the grid that `mock_server.beats` tells of.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mock_server.beats import grid

from .instruments import INSTRUMENTS, Room
from .loudness import RATE, TARGET, Meter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

_CHORDS = {
    "I": (0, 4, 7),
    "ii": (2, 5, 9),
    "iii": (4, 7, 11),
    "III": (4, 8, 11),
    "IV": (5, 9, 0),
    "V": (7, 11, 2),
    "vi": (9, 0, 4),
    "Imaj7": (0, 4, 7, 11),
    "Imaj9": (0, 4, 7, 11, 2),
    "Iadd9": (0, 4, 7, 2),
    "ii7": (2, 5, 9, 0),
    "iii7": (4, 7, 11, 2),
    "IVmaj7": (5, 9, 0, 4),
    "IVadd9": (5, 9, 0, 7),
    "V7": (7, 11, 2, 5),
    "Vsus": (7, 0, 2),
    "vi7": (9, 0, 4, 7),
    "viadd9": (9, 0, 4, 11),
}
"""Semitones above the key's root; the chord's own root comes first."""

_SCALE = (0, 2, 4, 7, 9)
"""What melodies are made of: five notes that go with every chord."""


@dataclass(frozen=True)
class Part:
    """What one instrument plays. A pattern is a bar in sixteenths: `.` nothing, `x` or `o` (softer)
    a stroke, `c` the whole chord (at the level of one note), a digit that note of the chord, counted up from the lowest. A
    phrase keeps to one pattern; `heads` are for its first bar, `fills` for its last. It plays when
    at least `since` and less than `until` of the band do: from 0, how an introduction begins, to 3,
    everybody."""

    voice: str
    level: float
    patterns: tuple[str, ...]
    fills: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    since: int = 0
    until: int = 4
    low: int = 52
    """The lowest note its chords are laid on."""
    rooted: bool = False
    """Whether the chord's root is the lowest, as in a bass."""
    held: int = 2
    """Sixteenths a note is held for, if it does not die away by itself."""
    dry: bool = False
    """Whether it is heard without the room."""


@dataclass(frozen=True)
class MusicStyle:
    """`verses` and `choruses` are progressions to choose from; `turn` leads to `home`, the chord it
    all ends on. A melody has `motifs` to choose from, in the notation of a `Part`."""

    verses: tuple[str, ...]
    choruses: tuple[str, ...]
    turn: str
    home: str
    parts: tuple[Part, ...]
    lead: Part
    room: float
    echo: float
    swing: float = 0.0
    ending: tuple[tuple[str, float], ...] = ()
    """Drums that strike together with the last chord."""
    dust: float = 0.0


_REST = "." * 16
_HOLD = "c" + "." * 15

STYLES = {
    "lofi": MusicStyle(
        verses=("ii7 V7 Imaj7 vi7", "IVmaj7 iii7 ii7 Imaj7", "Imaj7 vi7 ii7 V7"),
        choruses=("IVmaj7 V7 iii7 vi7", "vi7 ii7 IVmaj7 V7"),
        turn="V7",
        home="Imaj9",
        parts=(
            Part(
                "keys",
                0.48,
                ("c......c........", "c.....c...c.....", "c..c......c.....", "c.......3.c...2."),
                ("c.....c...2.3.4.", "c..c..c.........", "c...4.3.2.......", "c......c....c..."),
                low=57,
            ),
            Part("pad", 0.13, (_HOLD,), low=50, held=16),
            Part(
                "bass",
                0.30,
                ("0.....0...2.....", "0......0..0...2.", "0...2.....0....."),
                ("0.....0...2.1.0.", "0.......2...3..."),
                since=1,
                low=33,
                rooted=True,
                held=5,
                dry=True,
            ),
            Part(
                "thump",
                0.46,
                ("x......x..x.....", "x.....x...x....o", "x..o......x....."),
                ("x......x..x..o..",),
                since=1,
                dry=True,
            ),
            Part("rim", 0.80, ("....x.......x...",), ("....x..o....x.oo",), since=1),
            Part(
                "tick",
                0.34,
                ("x.o.x.o.x.o.x.o.", "x.o.x.oox.o.x.o.", "o.x.o.x.o.x.o.xo"),
                since=1,
                dry=True,
            ),
        ),
        lead=Part(
            "bell",
            0.11,
            ("x..x..x.........", "....x.x.x.......", "x.....x...x.x...", "......x.x..x...."),
            since=3,
            low=69,
        ),
        room=1.4,
        echo=0.2,
        swing=0.34,
        ending=(("thump", 0.4), ("tick", 0.2)),
        dust=0.014,
    ),
    "ambient": MusicStyle(
        verses=("Iadd9 vi7 IVadd9 Vsus", "Iadd9 IVadd9 vi7 IVadd9", "IVadd9 Iadd9 vi7 Vsus"),
        choruses=("vi7 IVadd9 Iadd9 Vsus", "ii7 IVadd9 vi7 IVadd9"),
        turn="Vsus",
        home="Iadd9",
        parts=(
            Part("pad", 0.40, (_HOLD,), low=50, held=16),
            Part("strings", 0.07, (_HOLD,), since=2, low=62, held=16),
            Part(
                "sub", 0.30, ("0...............",), since=1, low=33, rooted=True, held=16, dry=True
            ),
            Part(
                "keys",
                0.07,
                ("..1...3...2...4.", "1.....3.....2...", "..0.2.4.....3..."),
                since=2,
                low=64,
            ),
        ),
        lead=Part(
            "bell",
            0.075,
            ("x.......x.......", "....x.......x...", "x.....x.........", "........x.....x."),
            since=1,
            low=72,
        ),
        room=3.2,
        echo=0.75,
    ),
    "upbeat": MusicStyle(
        verses=("I V vi IV", "I vi IV V", "I IV vi V", "vi IV I V"),
        choruses=("IV V iii vi", "IV I V vi", "ii IV vi V"),
        turn="V",
        home="I",
        parts=(
            Part(
                "pluck",
                0.30,
                ("0.2.1.2.0.2.1.3.", "0.12..12.0.12.3.", "c..c..c..c..c.c.", "0.1.2.3.2.1.2.3."),
                ("0.2.1.2.3.2.3.4.", "c..c..c.c.c.c...", "0.1.2.3.4.3.4.5."),
                low=64,
            ),
            Part("chorus", 0.19, (_HOLD, "c.....c.........", "c.......c......."), low=57, held=7),
            Part(
                "punch",
                0.27,
                ("0..0..0.0..0..2.", "0.0.0.0.0.0.0.0.", "0...0.0...0.2.1."),
                ("0..0..0.0.1.2.3.", "0.0.0.0.2.2.1.1."),
                since=1,
                low=34,
                rooted=True,
                held=2,
                dry=True,
            ),
            Part("crash", 0.30, (_REST,), heads=("x...............",), since=3),
            Part(
                "kick",
                0.52,
                ("x...x...x...x...", "x...x...x...x.o."),
                ("x...x...x.x.....",),
                since=1,
                dry=True,
            ),
            Part("clap", 0.85, ("....x.......x...",), ("....x.......x.xx",), since=2),
            Part("snare", 0.34, ("....x.......x...",), ("....x...o.oxxxxx",), since=2),
            Part("open_hat", 0.36, ("..x...x...x...x.",), since=2, dry=True),
            Part("hat", 0.36, ("x.o.x.o.x.o.x.o.", "xoxoxoxoxoxoxoxo"), since=1, dry=True),
            Part("shaker", 0.5, ("xoxoxoxoxoxoxoxo", "x.oox.oox.oox.oo"), since=1, dry=True),
        ),
        lead=Part(
            "bell",
            0.17,
            ("x..x..x...x.x...", "x.x.x...x.x.....", "..x.x.x..x..x...", "x...x.x.x...x.x."),
            since=3,
            low=76,
        ),
        room=1.1,
        echo=0.2,
        ending=(("kick", 0.66), ("crash", 0.5), ("clap", 0.6)),
    ),
    "cinematic": MusicStyle(
        verses=("vi IV I V", "vi ii IV III", "vi I V IV"),
        choruses=("IV V vi iii", "ii vi IV V", "vi V IV V"),
        turn="III",
        home="viadd9",
        parts=(
            Part("strings", 0.27, (_HOLD,), low=52, held=16),
            Part("pad", 0.10, (_HOLD,), until=2, low=57, held=16),
            Part("sub", 0.26, ("0...............",), low=33, rooted=True, held=15, dry=True),
            Part(
                "short",
                0.22,
                ("0.1.2.1.0.1.2.1.", "0012001200120012", "0.2.1.2.3.2.1.2.", "0.0.2.0.0.1.2.1."),
                ("0.1.2.3.0.1.2.3.", "0012012301230123"),
                since=1,
                low=57,
            ),
            Part(
                "drum",
                0.55,
                ("x...............", "x.........o.....", "x.....o.x......."),
                ("x.......x...x...",),
                since=2,
            ),
            Part(
                "tom",
                0.30,
                (_REST, "......o...o.x...", "....o...o...x.o."),
                ("o.o.ooxoo.ooxxxx",),
                since=2,
            ),
            Part("horn", 0.22, (_HOLD,), since=3, low=50, held=14),
            Part("riser", 0.5, (_REST,), ("x...............",), since=1, held=16),
        ),
        lead=Part(
            "horn",
            0.13,
            ("x.......x...x...", "x...........x...", "....x...x.......", "x.....x.x......."),
            since=2,
            low=62,
            held=7,
        ),
        room=2.6,
        echo=0.55,
        ending=(("drum", 0.7), ("crash", 0.35)),
    ),
}

_PHRASE = 4
_COURSE = ((0, 2), (0, 3), (1, 3), (0, 1), (0, 3), (1, 2), (1, 3), (0, 2))
"""(0 verse or 1 chorus, how much of the band plays) of the phrases, over and over."""

_FORCE = (0.65, 0.78, 0.9, 1.0)
"""How hard they play, the more of them do."""

_RING = 1.2
"""Seconds the last chord is heard for, at least; it is struck on the last half bar that leaves it."""

_MEASURED = 60
"""Seconds from which the level of a piece is taken. It is the same for all of it."""


def play(style: str, seed: int, seconds: float) -> Generator[NDArray[np.float32]]:
    """A piece of that length or a little more, a bar of (2, n) samples at a time, at `TARGET` LUFS;
    an unknown style is ambient. Peaks may be above 1. It is composed as it is asked for."""
    bars = _bars(style, seed, seconds)
    first: deque[NDArray[np.float32]] = deque()
    meter, left = Meter(), min(round(seconds * RATE), _MEASURED * RATE)
    for bar in bars:  # to its end, where all is measured: the band goes home
        first.append(bar)
        meter.add(bar[:, : max(left, 0)])
        left -= bar.shape[1]
        if left <= 0 and seconds > _MEASURED:
            break
    gain = np.float32(10 ** (round(TARGET - meter.lufs, 2) / 20))
    while first:
        yield first.popleft() * gain
    for bar in bars:
        yield bar * gain


def _bars(name: str, seed: int, seconds: float) -> Iterator[NDArray[np.float32]]:
    style = STYLES.get(name, STYLES["ambient"])
    step = grid(name).beat_ms * RATE // 4000
    length = seconds * RATE / step
    end = int((length - _RING * RATE / step) / 8) * 8
    score = _Score(style, seed, end if end >= 16 else math.inf, length)
    band = _Band(style, step)
    for bar in range(math.ceil(length / 16)):
        for note in score.bar(bar):
            band.strike(note)
        yield band.roll()


@dataclass(frozen=True)
class _Note:
    """`at` and `held` in sixteenths, `at` from the beginning of its bar."""

    voice: str
    at: float
    pitch: int
    held: int
    gain: float
    dry: bool = False


class _Score:
    """Who plays what in a piece of `length` sixteenths, whose last chord is struck at the sixteenth
    `end`. Bars are asked for one after the other, from 0."""

    def __init__(self, style: MusicStyle, seed: int, end: float, length: float) -> None:
        self._style, self._end, self._length = style, end, length
        self._chance = random.Random(seed)  # noqa: S311
        self._key = 43 + int(self._chance.random() * 12)
        self._chords = [self._one_of(options).split() for options in (style.verses, style.choruses)]
        self._melodies = [self._melody(), self._melody()]
        self._bars = math.ceil(min(end, length) / 16)
        self._opening = next(
            n for least, n in ((32, 4), (12, 2), (2, 1), (0, 0)) if self._bars >= least
        )
        self._patterns: dict[Part, str] = {}
        self._lift = 0

    def bar(self, bar: int) -> Iterator[_Note]:
        """The notes of that bar."""
        phrase, place = divmod(bar - self._opening, _PHRASE)
        if bar < self._opening:
            section, crowd = 0, 0 if 2 * bar + 1 < self._opening else 1
            place = bar
        else:
            section, crowd = _COURSE[phrase % len(_COURSE)]
            if bar - place + _PHRASE >= self._bars:
                crowd = 3
        last = bar in (self._opening - 1, self._bars - 1) or place == _PHRASE - 1
        name = self._chords[section][place]
        if bar == self._bars - 1 and self._end < math.inf:
            name = self._style.turn
        if place == 0:
            self._patterns.clear()
            others = [lift for lift in (0, 2, 4, 6, -3) if lift != self._lift]
            self._lift = others[int(self._chance.random() * 4)]
        for part in self._style.parts:
            if part.since <= crowd < part.until:
                pattern = self._pattern(part, place, last)
                yield from self._played(part, bar, name, pattern, _FORCE[crowd])
        if self._style.lead.since <= crowd:
            yield from self._sung(bar, name, *self._melodies[section][2 if last else place % 2])
        if bar == self._end // 16:
            yield from self._ending()

    def _one_of(self, options: Sequence[str]) -> str:
        return options[int(self._chance.random() * len(options))]

    def _melody(self) -> list[tuple[str, list[int]]]:
        """Two motifs and one to close with: a rhythm and steps on the scale for each."""
        motifs = [self._one_of(self._style.lead.patterns) for _ in range(2)]
        motifs.append("x" + "." * 15)
        result: list[tuple[str, list[int]]] = []
        for motif in motifs:
            steps = [1 + int(self._chance.random() * 4)]
            while len(steps) < len(motif) - motif.count("."):
                leap = (-2, -1, -1, 1, 1, 2)[int(self._chance.random() * 6)]
                steps.append(min(max(steps[-1] + leap, 0), 7))
            result.append((motif, steps))
        return result

    def _pattern(self, part: Part, place: int, last: bool) -> str:
        if last and part.fills:
            return self._one_of(part.fills)
        if place == 0 and part.heads:
            return self._one_of(part.heads)
        if part not in self._patterns:
            self._patterns[part] = self._one_of(part.patterns)
        return self._patterns[part]

    def _played(
        self, part: Part, bar: int, chord: str, pattern: str, force: float
    ) -> Iterator[_Note]:
        tones = self._laid(part, chord)
        for at, mark in self._strokes(bar, pattern):
            gain = part.level * force * (0.9 + 0.1 * self._chance.random())
            held = min(part.held, self._end - bar * 16 - at)
            swung = at + (self._style.swing if at % 2 else 0.0)
            if mark == "c":
                gain /= math.sqrt(len(tones))
                for tone in tones:
                    yield _Note(part.voice, swung, tone, int(held), gain, part.dry)
            elif mark in "xo":
                gain *= 1.0 if mark == "x" else 0.55
                yield _Note(part.voice, swung, part.low, int(held), gain, part.dry)
            else:
                octave, number = divmod(int(mark), len(tones))
                gain *= 1.0 if at % 4 == 0 else 0.8
                pitch = tones[number] + 12 * octave
                yield _Note(part.voice, swung, pitch, int(held), gain, part.dry)

    def _sung(self, bar: int, chord: str, motif: str, steps: Sequence[int]) -> Iterator[_Note]:
        lead = self._style.lead
        classes = [(self._key + n) % 12 for n in _CHORDS[chord]]
        scale = [lead.low + (self._key + n - lead.low) % 12 for n in _SCALE]
        ladder = sorted(scale) + [note + 12 for note in sorted(scale)]
        for (at, _), step in zip(self._strokes(bar, motif), steps, strict=False):
            pitch = ladder[step]
            if at % 4 == 0:  # what falls on a beat belongs to the chord
                pitch = min(
                    (note for note in range(pitch - 4, pitch + 5) if note % 12 in classes),
                    key=lambda note: abs(note - pitch),
                )
            gain = lead.level * (0.85 + 0.15 * self._chance.random())
            swung = at + (self._style.swing if at % 2 else 0.0)
            yield _Note(lead.voice, swung, pitch, lead.held, gain)

    def _ending(self) -> Iterator[_Note]:
        """Home: everybody who has a note strikes the last chord, and it rings on."""
        at = int(self._end % 16)
        held = math.ceil(self._length - self._end)
        for voice, gain in self._style.ending:
            yield _Note(voice, at, 60, held, gain)
        for part in self._style.parts:
            if part.until > 3 and not set(part.patterns[0]) <= set(".xo"):
                tones = self._laid(part, self._style.home)[: 1 if part.rooted else None]
                gain = 1.3 * part.level / math.sqrt(len(tones))
                for tone in tones:
                    yield _Note(part.voice, at, tone, held, gain, part.dry)
        lead = self._style.lead
        top = lead.low + (self._key + _CHORDS[self._style.home][0] - lead.low) % 12
        yield _Note(lead.voice, at, top, held, lead.level)

    def _strokes(self, bar: int, pattern: str) -> Iterator[tuple[int, str]]:
        for at, mark in enumerate(pattern):
            if mark != "." and bar * 16 + at < self._end:
                yield at, mark

    def _laid(self, part: Part, chord: str) -> list[int]:
        """The chord's notes from about `part.low` up, close together: another one is the lowest
        from phrase to phrase."""
        root, *others = (self._key + n for n in _CHORDS[chord])
        if part.rooted:
            lowest = part.low + (root - part.low) % 12
            return [lowest, *sorted(lowest + (n - lowest) % 12 for n in others)]
        low = part.low + self._lift
        return sorted(low + (n - low) % 12 for n in (root, *others))


class _Band:
    """The instruments, playing bar by bar: notes sound on into the bars after theirs."""

    _TAIL = 7 * RATE

    def __init__(self, style: MusicStyle, step: int) -> None:
        self._style, self._step, self._bar = style, step, 16 * step
        self._tapes = np.zeros((2, 2, self._bar + self._TAIL), np.float32)
        self._room = Room(style.room)
        self._sample = lru_cache(maxsize=16)(lambda voice, pitch, n: INSTRUMENTS[voice](pitch, n))
        self._rolled = 0

    def strike(self, note: _Note) -> None:
        """Add a note to the bar that is rolled next."""
        sample = self._sample(note.voice, note.pitch, note.held * self._step)
        at = int(note.at * self._step)
        tape = self._tapes[int(note.dry)]
        part = sample[:, : tape.shape[1] - at]
        tape[:, at : at + part.shape[1]] += part * np.float32(note.gain)

    def roll(self) -> NDArray[np.float32]:
        """The bar as it sounds, (2, n); the next begins."""
        wet, dry = self._tapes[:, :, : self._bar]
        sent = (wet[0] + wet[1]) * np.float32(self._style.echo / 2)
        heard: NDArray[np.float32] = wet + dry + self._room.answer(sent)
        if self._style.dust:
            dust = INSTRUMENTS["dust"](self._rolled, self._bar)
            heard += dust * np.float32(self._style.dust)
        self._rolled += 1
        for start in range(0, self._TAIL, self._bar):  # what is moved does not overlap
            end = min(start + self._bar, self._TAIL)
            self._tapes[:, :, start:end] = self._tapes[:, :, start + self._bar : end + self._bar]
        self._tapes[:, :, self._TAIL :] = 0
        return heard
