"""The instruments of the music made here: single notes as samples, and the room they sound in.

Waves are read out of tables and shaped by sums, products and quotients, which IEEE 754 fixes to
the last bit; the tables are rounded, so that no machine's own idea of a sine is heard. The same
note is the same bits everywhere.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .loudness import RATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Wave = NDArray[np.float32]

_BITS = 12
_PERIOD = 1 << _BITS


def noise(seed: int, n: int) -> Wave:
    """White, even between -1 and 1. The generator's raw bits are the same for good."""
    raw = np.asarray(np.random.PCG64(seed).random_raw(n), np.uint64)
    return ((raw >> np.uint64(40)) * 2.0**-23 - 1).astype(np.float32)


@cache
def _table(*overtones: float) -> Wave:
    """One period of a wave, at most 1, out of overtones of these levels."""
    at = np.arange(_PERIOD)
    sine = np.round(np.sin(at * (2 * np.pi / _PERIOD)), 7)
    wave = np.zeros(_PERIOD)
    for number, level in enumerate(overtones, 1):
        wave += sine[at * number % _PERIOD] * level
    return np.asarray(wave / np.abs(wave).max(), np.float32)


_SINE = (1.0,)
_ROUND = (1.0, 0.35, 0.12, 0.05)
_WARM = (1.0, 0.5, 0.3, 0.18, 0.1, 0.06, 0.03)
_STRING = (1.0, 0.62, 0.45, 0.34, 0.25, 0.2, 0.15, 0.11, 0.08, 0.05, 0.03)
_BRIGHT = (1.0, 0.6, 0.5, 0.4, 0.35, 0.3, 0.22, 0.2, 0.16, 0.14, 0.1, 0.08, 0.06, 0.05)
_HOLLOW = (1.0, 0.0, 0.3, 0.0, 0.12, 0.0, 0.05)


def _hertz(note: float) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _turns(hertz: float, n: int) -> NDArray[np.uint32]:
    """Phases: a whole turn is 2 ** 32, and wraps."""
    return np.arange(n, dtype=np.uint32) * np.uint32(round(hertz / RATE * 2**32))


def _read(table: Wave, turns: NDArray[np.uint32]) -> Wave:
    return table.take(turns >> np.uint32(32 - _BITS))


def _tone(overtones: tuple[float, ...], hertz: float, n: int) -> Wave:
    return _read(_table(*overtones), _turns(hertz, n))


@cache
def _decay(n: int, seconds: float) -> Wave:
    """1 and falling, to 1 / e in `seconds`, and to nothing at the end."""
    factor = np.full(n, round(math.exp(-1 / (seconds * RATE)), 12))
    factor[0] = 1
    shape = np.multiply.accumulate(factor)
    last = min(n, RATE // 20)
    shape[n - last :] *= np.arange(last, 0, -1) / last
    return shape.astype(np.float32)


def _rise(wave: Wave, seconds: float) -> Wave:
    """The wave with its beginning faded in."""
    n = min(wave.shape[-1], int(seconds * RATE))
    wave[..., :n] *= np.arange(n, dtype=np.float32) / np.float32(n)
    return wave


def _fall(wave: Wave, seconds: float) -> Wave:
    """The wave with its end faded out."""
    n = min(wave.shape[-1], int(seconds * RATE))
    wave[..., wave.shape[-1] - n :] *= np.arange(n, 0, -1, dtype=np.float32) / np.float32(n)
    return wave


def _held(overtones: tuple[float, ...], note: int, n: int, attack: float, release: float) -> Wave:
    """Two players, a little out of tune with each other, one on each side. It lasts `release`
    seconds longer than n samples."""
    length = n + int(release * RATE)
    hertz = _hertz(note)
    sides = [_tone(overtones, hertz * detune, length) for detune in (0.9982, 1.0018)]
    swell = _fall(_rise(np.ones(length, np.float32), attack), release)
    return np.stack(sides) * (swell * swell)


def pad(note: int, n: int) -> Wave:
    return _held(_WARM, note, n, 0.5, 1.6)


def strings(note: int, n: int) -> Wave:
    return _held(_STRING, note, n, 0.35, 1.0)


def chorus(note: int, n: int) -> Wave:
    """A synthesizer's chord, there at once."""
    return _held(_BRIGHT, note, n, 0.04, 0.3)


def keys(note: int, n: int) -> Wave:
    """An electric piano: one sine bends another, the bell gone sooner than the tone."""
    n = int(2.2 * RATE)
    turns = _turns(_hertz(note), n)
    bell = _read(_table(*_SINE), turns) * _decay(n, 0.3)
    bent = turns + (bell * np.float32(0.2 * 2**32)).astype(np.int64).astype(np.uint32)
    return _placed(_rise(_read(_table(*_SINE), bent) * _decay(n, 0.75), 0.004), 0.1)


def pluck(note: int, n: int) -> Wave:
    n = int(0.75 * RATE)
    hertz = _hertz(note)
    wave = _tone(_BRIGHT, hertz, n) * _decay(n, 0.07) * np.float32(0.9)
    wave += _tone(_ROUND, hertz, n) * _decay(n, 0.22)
    return _placed(_rise(wave, 0.002), -0.2)


def short(note: int, n: int) -> Wave:
    """Strings, bowed briefly."""
    n = int(0.42 * RATE)
    sides = [_tone(_STRING, _hertz(note) * detune, n) for detune in (0.9985, 1.0015)]
    return _rise(np.stack(sides) * _decay(n, 0.11), 0.012)


def bell(note: int, n: int) -> Wave:
    n = int(1.5 * RATE)
    hertz = _hertz(note)
    wave = _tone(_SINE, hertz, n) * _decay(n, 0.42)
    wave += _tone(_SINE, hertz * 2.76, n) * _decay(n, 0.13) * np.float32(0.35)
    wave += _tone(_SINE, hertz * 5.4, n) * _decay(n, 0.05) * np.float32(0.16)
    return _placed(_rise(wave, 0.0015), 0.25)


def flute(note: int, n: int) -> Wave:
    """A soft lead, held for n samples."""
    length = n + RATE // 8
    return _placed(_fall(_rise(_tone(_HOLLOW, _hertz(note), length), 0.03), 0.16), -0.1)


def horn(note: int, n: int) -> Wave:
    """It opens as it swells."""
    length = n + RATE // 3
    open_, closed = (_tone(table, _hertz(note), length) for table in (_STRING, _ROUND))
    opening = _rise(np.full(length, 0.7, np.float32), 0.8)
    return _placed(_fall(_rise(closed + (open_ - closed) * opening, 0.12), 0.4), 0.15)


def bass(note: int, n: int) -> Wave:
    n = max(n, RATE // 8)
    return _placed(_fall(_rise(_tone(_ROUND, _hertz(note), n) * _decay(n, 1.2), 0.008), 0.05), 0)


def punch(note: int, n: int) -> Wave:
    """A bass with an edge at first."""
    n = max(n, RATE // 8)
    wave = _tone(_ROUND, _hertz(note), n) * _decay(n, 0.7)
    wave += _tone(_BRIGHT, _hertz(note), n) * _decay(n, 0.09) * np.float32(0.45)
    return _placed(_fall(_rise(wave, 0.004), 0.03), 0)


def sub(note: int, n: int) -> Wave:
    length = n + RATE // 2
    return _placed(_fall(_rise(_tone(_ROUND, _hertz(note), length), 0.25), 0.8), 0)


def _placed(wave: Wave, side: float) -> Wave:
    """On both sides, a bit more on one: -1 is left, 1 right."""
    return np.stack([wave * np.float32(1 - max(0.0, side)), wave * np.float32(1 + min(0.0, side))])


def _sweep(seconds: float, low: float, high: float, fall: float) -> Wave:
    """A sine whose pitch falls from `high` to `low` hertz."""
    n = int(seconds * RATE)
    hertz = low + (high - low) * _decay(n, fall).astype(np.float64)
    turns = np.cumsum(np.round(hertz / RATE * 2**32).astype(np.uint64)).astype(np.uint32)
    return _read(_table(*_SINE), turns)


def _hiss(seed: int, seconds: float, edges: int) -> Wave:
    """Noise with its low end taken off, the more often `edges` says so."""
    return np.diff(noise(seed, int(seconds * RATE) + edges), edges) / np.float32(1.5**edges)


def _blurred(wave: Wave, width: int) -> Wave:
    """Without its high end: the mean of `width` samples each."""
    total = np.cumsum(np.pad(wave, (width, 0)), dtype=np.float64)
    return ((total[width:] - total[:-width]) / width).astype(np.float32)


def _levelled(wave: Wave) -> Wave:
    """Without its mean, which goes as a drum dies away."""
    shape = _decay(len(wave), len(wave) / RATE / 4)
    mean = np.cumsum(wave, dtype=np.float64)[-1] / np.cumsum(shape, dtype=np.float64)[-1]
    return wave - shape * np.float32(mean)


def kick(note: int, n: int) -> Wave:
    wave = _sweep(0.34, 47, 165, 0.03)
    return _placed(_levelled(_rise(wave * _decay(len(wave), 0.11), 0.001)), 0)


def thump(note: int, n: int) -> Wave:
    """A kick behind a curtain."""
    wave = _sweep(0.3, 52, 110, 0.04)
    return _placed(_levelled(_rise(wave * _decay(len(wave), 0.1), 0.004)), 0)


def snare(note: int, n: int) -> Wave:
    hiss = _hiss(11, 0.24, 1)
    n = len(hiss)
    wave = hiss * _decay(n, 0.055) * np.float32(0.5)
    wave += _tone(_SINE, 186, n) * _decay(n, 0.04) * np.float32(0.5)
    return _placed(_rise(wave, 0.001), 0.05)


def rim(note: int, n: int) -> Wave:
    """A soft snare, of dust and wood."""
    hiss = _blurred(_hiss(12, 0.2, 1), 5)
    n = len(hiss)
    wave = hiss * _decay(n, 0.045) * np.float32(1.6)
    wave += _tone(_ROUND, 212, n) * _decay(n, 0.03) * np.float32(0.45)
    return _placed(_rise(wave, 0.002), 0.08)


def clap(note: int, n: int) -> Wave:
    hiss = _blurred(_hiss(13, 0.26, 1), 3)
    n = len(hiss)
    shape = _decay(n, 0.05) * np.float32(0.8)
    for start in (0, 430, 900):  # three pairs of hands
        shape[start:] += _decay(n - start, 0.006)
    return _placed(_rise(hiss * shape * np.float32(0.7), 0.001), -0.08)


def hat(note: int, n: int) -> Wave:
    hiss = _hiss(14, 0.09, 2)
    return _placed(_rise(hiss * _decay(len(hiss), 0.017), 0.0008) * np.float32(0.5), 0.25)


def tick(note: int, n: int) -> Wave:
    """A hat heard through a wall."""
    hiss = _blurred(_blurred(_hiss(15, 0.08, 1), 4), 5)
    return _placed(_rise(hiss * _decay(len(hiss), 0.014), 0.001) * np.float32(1.5), 0.25)


def open_hat(note: int, n: int) -> Wave:
    hiss = _hiss(16, 0.26, 2)
    return _placed(_rise(hiss * _decay(len(hiss), 0.07), 0.0008) * np.float32(0.4), 0.25)


def shaker(note: int, n: int) -> Wave:
    hiss = _hiss(17, 0.1, 2)
    return _placed(_rise(hiss * _decay(len(hiss), 0.024), 0.018) * np.float32(0.4), -0.35)


def crash(note: int, n: int) -> Wave:
    sides = [_blurred(_hiss(seed, 1.8, 2), 2) for seed in (18, 19)]
    return _rise(np.stack(sides) * _decay(len(sides[0]), 0.4) * np.float32(0.4), 0.002)


def tom(note: int, n: int) -> Wave:
    wave = _sweep(0.4, _hertz(note), _hertz(note) * 1.6, 0.05)
    return _placed(_rise(wave * _decay(len(wave), 0.13), 0.002), 0.3 if note % 2 else -0.3)


def drum(note: int, n: int) -> Wave:
    """A big drum in a hall: skin and boom."""
    wave = _sweep(1.1, 46, 98, 0.06)
    n = len(wave)
    wave = wave * _decay(n, 0.32)
    wave += _blurred(noise(20, n), 24) * _decay(n, 0.05) * np.float32(1.2)
    return _placed(_levelled(_rise(wave, 0.002)), 0)


def riser(note: int, n: int) -> Wave:
    """Wind that swells for n samples."""
    sides = [_blurred(_hiss(seed, n / RATE, 1), 3) for seed in (21, 22)]
    swell = _rise(np.ones(len(sides[0]), np.float32), n / RATE)
    return _fall(np.stack(sides) * (swell * swell * swell) * np.float32(0.5), 0.02)


def dust(note: int, n: int) -> Wave:
    """The crackle and hiss of a record, n samples of it, never twice the same: `note` counts."""
    raw = noise(1000 + note, n)
    spots = np.where(np.abs(raw) > 0.9998, raw, np.float32(0))
    crackle = _blurred(spots, 5) * np.float32(6)
    hiss = _blurred(raw, 4) * np.float32(0.05)
    return np.stack([crackle + hiss, np.roll(crackle, 31) + np.roll(hiss, 977)])


_ALL: tuple[Callable[[int, int], Wave], ...] = (
    *(pad, strings, chorus, keys, pluck, short, bell, flute, horn, bass, punch, sub),
    *(kick, thump, snare, rim, clap, hat, tick, open_hat, shaker, crash, tom, drum, riser, dust),
)
INSTRUMENTS = {instrument.__name__: instrument for instrument in _ALL}
"""By name: (MIDI note, samples it is held for) → (2, n) samples, about 1 at most. What is struck or
plucked dies away by itself; drums take no notice of the note."""


class Room:
    """The echo of a room, a feedback delay network at half the rate: sparse early echoes, eight
    delays that feed each other, the highs dying first. What it is given goes on to sound later."""

    _DELAYS = (1103, 1277, 1433, 1601, 1789, 1973, 2141, 2309)
    _BLOCK = 1024
    _EARLY = 1500

    def __init__(self, seconds: float) -> None:
        """`seconds`: until it has died away by 60 dB."""
        lost = [10 ** (-3 * delay / (seconds * RATE / 2)) for delay in self._DELAYS]
        self._keep = np.round(np.array(lost) / 2 / math.sqrt(8), 6).astype(np.float32)[:, None]
        self._lines = np.zeros((8, max(self._DELAYS) + 1), np.float32)
        spots = (noise(31, 24).astype(np.float64) + 1) / 2
        self._echoes = [int((n + spot) * self._EARLY / 24) for n, spot in enumerate(spots)]
        self._sent = np.zeros(self._EARLY, np.float32)
        self._last = np.zeros((2, 1), np.float32)

    def answer(self, sent: Wave) -> Wave:
        """(n,) in, n even; (2, n) out, of this and of all that came before."""
        sent = (sent[0::2] + sent[1::2]) * np.float32(0.16)
        n = len(sent)
        early = self._early(sent)
        sides = self._late(early) + early * np.float32(0.5)
        before = np.concatenate([self._last, sides[:, :-1]], axis=1)
        self._last = sides[:, -1:]
        wide = np.empty((2, 2 * n), np.float32)
        np.add(before, sides, out=wide[:, 0::2])
        wide[:, 0::2] *= np.float32(0.5)
        wide[:, 1::2] = sides
        return wide

    def _early(self, sent: Wave) -> Wave:
        n, reach = len(sent), self._EARLY
        joined = np.concatenate([self._sent, sent])
        self._sent = joined[n:]
        early = np.zeros(n, np.float32)
        for number, at in enumerate(self._echoes):
            echo = joined[reach - at : reach - at + n]
            (np.subtract if number % 3 == 1 else np.add)(early, echo, out=early)
        return early

    def _late(self, early: Wave) -> Wave:
        n, start = len(early), self._lines.shape[1]
        lines = np.concatenate([self._lines, np.empty((8, n), np.float32)], axis=1)
        sides = np.empty((2, n), np.float32)
        heard, mixed = np.empty((2, 8, self._BLOCK), np.float32)
        for first in range(0, n, self._BLOCK):
            size = min(n - first, self._BLOCK)
            now, next_ = heard[:, :size], mixed[:, :size]
            for line, delay in enumerate(self._DELAYS):
                at = start + first - delay
                np.add(
                    lines[line, at : at + size], lines[line, at - 1 : at - 1 + size], out=now[line]
                )
            now *= self._keep
            for width in (4, 2, 1):  # a Hadamard matrix, as butterflies
                old, new = (a.reshape(-1, 2, width, size) for a in (now, next_))
                np.add(old[:, 0], old[:, 1], out=new[:, 0])
                np.subtract(old[:, 0], old[:, 1], out=new[:, 1])
                now, next_ = next_, now
            sides[:, first : first + size] = now[1:3]
            np.add(
                now, early[first : first + size], out=lines[:, start + first : start + first + size]
            )
        self._lines = lines[:, n:]
        return sides
