"""Music made here: four styles, composed and played by a few lines of numpy, the same for a seed.

A style is some chord progressions and a band. A loop of a few bars is rendered whole and
in a circle (tails and echo of its end sound on at its start), so that it repeats without a seam.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from mock_server.beats import grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RATE = 48_000
LEVEL = 0.16
"""Loudness of a loop at volume 1: the root of its mean square, about -16 dB."""

_BLOCK = 16_384


@dataclass(frozen=True)
class Style:
    """Chords are semitones above the key's root. `pad`, `keys`, `pluck`, `bass`: levels of the
    voices; `bass_at`, `kick`, `snare`, `hat`: when in a bar, in sixteenths; `cutoff` in Hz."""

    progressions: tuple[tuple[tuple[int, ...], ...], ...]
    pad: float = 0.0
    keys: float = 0.0
    pluck: float = 0.0
    bass: float = 0.0
    bass_at: tuple[float, ...] = (0,)
    kick: tuple[float, ...] = ()
    snare: tuple[float, ...] = ()
    hat: tuple[float, ...] = ()
    swing: float = 0.0
    cutoff: float = 8000.0
    echo: float = 0.2
    crackle: float = 0.0


STYLES = {
    "lofi": Style(
        progressions=(
            ((2, 5, 9, 12, 16), (7, 11, 14, 17), (0, 4, 7, 11, 14), (9, 12, 16, 19)),
            ((5, 9, 12, 16), (4, 7, 11, 14), (2, 5, 9, 12), (0, 4, 7, 11)),
            ((9, 12, 16, 19), (2, 5, 9, 12), (7, 11, 14, 17), (0, 4, 7, 11)),
        ),
        keys=0.9,
        pad=0.25,
        bass=0.75,
        bass_at=(0, 6, 10),
        kick=(0, 6.5, 10),
        snare=(4, 12),
        hat=(0, 2, 4, 6, 8, 10, 12, 14),
        swing=0.3,
        cutoff=3600,
        echo=0.18,
        crackle=0.012,
    ),
    "ambient": Style(
        progressions=(
            ((0, 7, 14, 16), (9, 16, 19, 24), (5, 12, 16, 19), (7, 14, 19, 21)),
            ((0, 4, 7, 14), (5, 9, 12, 19), (9, 12, 16, 23), (5, 12, 16, 21)),
        ),
        pad=1.0,
        keys=0.22,
        bass=0.35,
        cutoff=2600,
        echo=0.6,
    ),
    "upbeat": Style(
        progressions=(
            ((0, 4, 7, 12), (7, 11, 14, 19), (9, 12, 16, 21), (5, 9, 12, 17)),
            ((9, 12, 16, 21), (5, 9, 12, 17), (0, 4, 7, 12), (7, 11, 14, 19)),
            ((5, 9, 12, 17), (0, 4, 7, 12), (7, 11, 14, 19), (9, 12, 16, 21)),
        ),
        pluck=0.8,
        pad=0.4,
        bass=0.9,
        bass_at=(0, 3, 6, 8, 11, 14),
        kick=(0, 4, 8, 12),
        snare=(4, 12),
        hat=(2, 6, 10, 14),
        cutoff=9000,
        echo=0.2,
    ),
    "cinematic": Style(
        progressions=(
            ((9, 12, 16, 21), (5, 9, 12, 17), (0, 4, 7, 16), (7, 11, 14, 19)),
            ((9, 16, 19, 24), (2, 9, 14, 17), (5, 12, 17, 21), (4, 11, 16, 20)),
        ),
        pad=1.0,
        pluck=0.35,
        bass=0.9,
        kick=(0,),
        cutoff=3200,
        echo=0.5,
    ),
}


def play(style: str, seed: int, seconds: float) -> Iterator[NDArray[np.float32]]:
    """Samples without end, (2, n) between -1 and 1 at a time; an unknown style is ambient.

    `seconds` says how much will be wanted: no more bars are composed than that takes.
    """
    step = grid(style).beat_ms * RATE // 4000
    loop = _compose(STYLES.get(style, STYLES["ambient"]), step, seed, seconds)
    while True:
        for start in range(0, loop.shape[1], _BLOCK):
            yield loop[:, start : start + _BLOCK]


def _compose(style: Style, step: int, seed: int, seconds: float) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    bars = 4 if seconds <= 16 * step * 4 / RATE else 8
    band = _Band(np.zeros((2, bars * 16 * step), np.float32), step, random)
    chords = style.progressions[int(random.integers(len(style.progressions)))]
    root = 48 + int(random.integers(-4, 4))
    for bar in range(bars):
        notes = [root + n for n in chords[bar % len(chords)]]
        _play_bar(style, band, bar, notes)
    dry = band.loop
    wet = _low_passed(_echoed(dry, style.echo, random), style.cutoff)
    if style.kick or style.hat:
        wet = wet + band.drums(style, bars)
    if style.crackle:
        wet = wet + band.crackle(style.crackle)
    level = float(np.sqrt(np.mean(np.square(wet))))
    return (wet * (LEVEL / max(level, 1e-9))).astype(np.float32)


def _play_bar(style: Style, band: _Band, bar: int, notes: list[int]) -> None:
    first = bar * 16
    low = notes[0] - 12 if notes[0] - 12 >= 33 else notes[0]
    if style.pad:
        for index, note in enumerate(notes):
            band.pad(first, 16, note, style.pad * 0.32, side=index / len(notes) - 0.4)
    if style.bass:
        for at in style.bass_at:
            length = 16 // len(style.bass_at) + 1
            band.bass(first + at, length, low, style.bass * 0.5)
    if style.keys:
        if style.swing:
            for at, gain in ((0, 1.0), (7, 0.55)):
                for index, note in enumerate(notes):
                    band.keys(first + at + index * 0.06, note + 12, style.keys * 0.3 * gain)
        else:
            for at in sorted(band.random.choice(16, size=3, replace=False)):
                note = notes[int(band.random.integers(len(notes)))]
                band.keys(first + int(at), note + 24, style.keys * 0.4)
    if style.pluck:
        pattern = (0, 2, 1, 3, 2, 1, 3, 2)
        every = 2
        for index in range(16 // every):
            note = notes[pattern[index] % len(notes)] + 12
            accent = 1.0 if index % 4 == 0 else 0.7
            band.pluck(first + index * every, note, style.pluck * 0.36 * accent)


class _Band:
    """The voices, playing into one loop. Times in sixteenths, notes as MIDI numbers."""

    def __init__(self, loop: NDArray[np.float32], step: int, random: np.random.Generator) -> None:
        self.loop, self.random = loop, random
        self._step = step

    def pad(self, at: float, steps: int, note: int, gain: float, side: float) -> None:
        """Two soft saws a little apart, swelling; it hangs over into the next bar."""
        n = int((steps + 6) * self._step)
        t = np.arange(n, dtype=np.float32)
        swell = np.minimum(t / (0.6 * RATE), 1) * np.minimum((n - t) / (6 * self._step), 1)
        for detune in (-0.0016, 0.0016):
            wave = _table(_saw(), _hertz(note) * (1 + detune), n, float(self.random.random()))
            self._put(at, wave * swell * swell, gain / 2, side + detune * 150)

    def keys(self, at: float, note: int, gain: float) -> None:
        """An electric piano: one sine bending another, the bell gone sooner than the tone."""
        n = int(2.4 * RATE)
        t = np.arange(n, dtype=np.float32) / RATE
        w = 2 * np.pi * _hertz(note)
        gain *= float(self.random.uniform(0.8, 1.0))
        bell = np.sin(w * t) * np.exp(-4.0 * t) * 0.9
        wave = np.sin(w * t + bell) * np.exp(-1.6 * t) * np.minimum(t / 0.006, 1)
        self._put(at, wave * np.minimum((n / RATE - t) / 0.3, 1), gain, 0.15)

    def pluck(self, at: float, note: int, gain: float) -> None:
        n = int(0.9 * RATE)
        t = np.arange(n, dtype=np.float32) / RATE
        f = _hertz(note)
        wave = _table(_saw(), f, n, 0.0) * np.exp(-7 * t) * 0.6 + np.sin(
            2 * np.pi * f * t
        ) * np.exp(-3.5 * t)
        self._put(at, wave * np.minimum(t / 0.003, 1) * np.minimum((0.9 - t) / 0.1, 1), gain, -0.15)

    def bass(self, at: float, steps: int, note: int, gain: float) -> None:
        n = int(steps * self._step)
        t = np.arange(n, dtype=np.float32) / RATE
        w = 2 * np.pi * _hertz(note)
        wave = np.sin(w * t) + 0.25 * np.sin(2 * w * t) * np.exp(-3 * t)
        shape = np.minimum(t / 0.012, 1) * np.minimum((n / RATE - t) / 0.06, 1) * np.exp(-0.7 * t)
        self._put(at, wave * shape, gain, 0.0)

    def drums(self, style: Style, bars: int) -> NDArray[np.float32]:
        """A loop of its own: drums stay dry."""
        kit = _Band(np.zeros_like(self.loop), self._step, self.random)
        soft = 0.55 if style.cutoff < 5000 else 0.8
        kick, snare, hat = _kick(), _snare(self.random), _hat(self.random)
        for bar in range(bars):
            for at in style.kick:
                kit._put(bar * 16 + at, kick, 0.62 * soft, 0.0)
            for at in style.snare:
                kit._put(bar * 16 + at, snare, 0.42 * soft, 0.05)
            for index, at in enumerate(style.hat):
                late = style.swing if index % 2 else 0.0
                accent = float(self.random.uniform(0.6, 1.0)) * (0.65 if index % 2 else 1.0)
                kit._put(bar * 16 + at + late, hat, 0.17 * soft * accent, 0.2)
        return kit.loop

    def crackle(self, gain: float) -> NDArray[np.float32]:
        """The dust of a record."""
        n = self.loop.shape[1]
        dust = np.zeros(n, np.float32)
        spots = self.random.integers(0, n, size=max(1, n // 6000))
        dust[spots] = self.random.uniform(-1, 1, size=len(spots))
        hiss = np.asarray(self.random.standard_normal(n), np.float32) * np.float32(0.05)
        return _low_passed(np.stack([dust + hiss, np.roll(dust, 37) + hiss]), 5000) * (gain * 4)

    def _put(self, at: float, wave: NDArray[np.float32], gain: float, side: float) -> None:
        """Add `wave` at a time, round the end of the loop where it has to, a bit to one side."""
        total = self.loop.shape[1]
        start = int(at * self._step) % total
        left, right = gain * (1 - max(0.0, side)), gain * (1 + min(0.0, side))
        while len(wave):
            part = wave[: total - start]
            self.loop[0, start : start + len(part)] += part * left
            self.loop[1, start : start + len(part)] += part * right
            wave, start = wave[len(part) :], 0


_TABLE = 2048


@cache
def _saw() -> NDArray[np.float32]:
    """One period of a saw with its edge taken off: a dozen falling overtones."""
    phase = np.arange(_TABLE) * (2 * np.pi / _TABLE)
    waves = [np.sin(k * phase) / k**1.35 for k in range(1, 13)]
    return np.asarray(np.sum(waves, axis=0), np.float32)


def _table(table: NDArray[np.float32], hertz: float, n: int, phase: float) -> NDArray[np.float32]:
    at = (np.arange(n) * (hertz * _TABLE / RATE) + phase * _TABLE).astype(np.int64) % _TABLE
    return table[at]


def _hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _kick() -> NDArray[np.float32]:
    t = np.arange(int(0.35 * RATE), dtype=np.float32) / RATE
    sweep = 48 * t + 70 * (1 - np.exp(-28 * t)) / 28
    wave = np.sin(2 * np.pi * sweep) * np.exp(-9 * t) * np.minimum(t / 0.002, 1)
    return (wave * np.minimum((0.35 - t) / 0.05, 1)).astype(np.float32)


def _snare(random: np.random.Generator) -> NDArray[np.float32]:
    n = int(0.22 * RATE)
    t = np.arange(n, dtype=np.float32) / RATE
    noise = np.diff(random.standard_normal(n + 1)) * 0.35
    wave = noise * np.exp(-22 * t) + 0.5 * np.sin(2 * np.pi * 185 * t) * np.exp(-26 * t)
    return (wave * np.minimum(t / 0.001, 1)).astype(np.float32)


def _hat(random: np.random.Generator) -> NDArray[np.float32]:
    n = int(0.09 * RATE)
    t = np.arange(n, dtype=np.float32) / RATE
    return (np.diff(random.standard_normal(n + 2), 2) * np.exp(-60 * t) * 0.4).astype(np.float32)


def _echoed(
    loop: NDArray[np.float32], amount: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """With the echo of a room: noise that dies away, folded in round the loop."""
    n = loop.shape[1]
    t = np.arange(min(n, int(2.2 * RATE)), dtype=np.float32) / RATE
    room = random.standard_normal((2, len(t))) * np.exp(-3.2 * t) * np.minimum(t / 0.02, 1)
    room /= np.sqrt(np.square(room).sum(axis=1, keepdims=True))
    spectrum = np.fft.rfft(loop) * np.fft.rfft(room, n)
    return (loop * (1 - amount * 0.5) + np.fft.irfft(spectrum, n) * amount).astype(np.float32)


def _low_passed(loop: NDArray[np.float32], cutoff: float) -> NDArray[np.float32]:
    """12 dB an octave above `cutoff`, in a circle; what is below 30 Hz goes too."""
    n = loop.shape[1]
    f = np.fft.rfftfreq(n, 1 / RATE)
    gain = 1 / (1 + (f / cutoff) ** 2) * (f**2 / (f**2 + 30**2))
    return np.fft.irfft(np.fft.rfft(loop) * gain, n).astype(np.float32)
