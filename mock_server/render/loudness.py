"""How loud sound is (ITU-R BS.1770-4, EBU R 128), and a limiter that keeps it below a ceiling.

Loudness is in LUFS, peaks are true peaks in dBTP: what a player's converter makes of the samples,
which may lie between them. Everything is at 48 kHz.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

RATE = 48_000
"""Samples a second, of all sound."""

TARGET = -14.0
"""LUFS that music has at volume 1, ours and the user's own alike: what the big platforms play at."""

_STEP = RATE // 10
"""100 ms: blocks of 400 ms overlap by three quarters."""

_ABSOLUTE, _RELATIVE = -70.0, -10.0
"""Gates, in LUFS and in LU below what is left by the first."""


class Meter:
    """Integrated loudness of what it is given, as far as that goes on."""

    def __init__(self) -> None:
        self._powers: list[float] = []
        self._rest = np.zeros((2, 0), np.float32)

    def add(self, samples: NDArray[np.float32]) -> None:
        """The next samples, (2, n)."""
        joined = np.concatenate([self._rest, samples], axis=1)
        steps = joined.shape[1] // _STEP
        whole, self._rest = joined[:, : steps * _STEP], joined[:, steps * _STEP :]
        self._powers += _powers(whole.reshape(2, steps, _STEP)).tolist()

    @property
    def lufs(self) -> float:
        """Gated; -inf for silence. What is shorter than a block counts as one."""
        steps = np.asarray(self._powers)
        if len(steps) < 4:
            tail = _powers(np.pad(self._rest, ((0, 0), (0, _STEP - self._rest.shape[1])))[:, None])
            length = len(steps) + self._rest.shape[1] / _STEP
            return _lufs((steps.sum() + tail.sum()) / length) if length else -math.inf
        blocks = np.convolve(steps, np.full(4, 0.25), "valid")
        blocks = blocks[blocks > _power(_ABSOLUTE)]
        if not len(blocks):
            return -math.inf
        return _lufs(blocks[blocks > blocks.mean() * _power(_RELATIVE, 0)].mean())


def _powers(steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean squares of (2, steps, `_STEP`) samples as heard, both channels together: by Parseval."""
    spectra = np.fft.rfft(steps)
    heard = (np.square(spectra.real) + np.square(spectra.imag)) @ _hearing()
    return np.asarray(heard.sum(axis=0), np.float64)


@cache
def _hearing() -> NDArray[np.float32]:
    """What each frequency of a step counts: the K curve squared, BS.1770-4 tables 1 and 2."""
    z = np.exp(-2j * np.pi * np.arange(_STEP // 2 + 1) / _STEP)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    sides = np.full(len(z), 2.0)  # negative frequencies too
    sides[[0, -1]] = 1
    return np.asarray(np.abs(shelf * high) ** 2 * sides / _STEP**2, np.float32)


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power) if power > 0 else -math.inf


def _power(lufs: float, offset: float = 0.691) -> float:
    return float(10 ** ((lufs + offset) / 10))


CEILING = 10 ** (-2 / 20)
"""-2 dBTP: AAC at 160 kbit/s turns it into peaks of up to -1 dBTP."""

_GRAIN = 64
"""Samples between two values of the gain, 1.3 ms; from one to the next it goes in a straight line."""

_AHEAD = 4
"""Grains that the gain falls for before a peak."""

_RELEASE = 10 ** (0.05 / 20)
"""How much the gain may rise from grain to grain: 6 dB in 160 ms."""

_TAPS = 16
"""Samples that one between them is worked out from."""


def limited(chunks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The same chunks, (2, n), without a true peak above `CEILING`: turned down smoothly before one
    and up again after it. What has no such peak is passed on as it is. n is a multiple of 64, but
    for the last."""
    before, gain = np.ones(_AHEAD), 1.0
    waiting: tuple[NDArray[np.float32], NDArray[np.float64]] | None = None
    for chunk, wanted in _with_gains(chunks):
        rise = _RELEASE ** np.arange(1, len(wanted) + 1)
        gains = np.minimum(np.minimum(np.minimum.accumulate(wanted / rise), gain) * rise, 1)
        gain = float(gains[-1])
        if waiting is not None:
            yield _turned(*waiting, before, gains)
            before = waiting[1][-_AHEAD:]
        waiting = chunk, gains
    if waiting is not None:
        yield _turned(*waiting, before, np.ones(0))


def _turned(
    chunk: NDArray[np.float32],
    gains: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> NDArray[np.float32]:
    """The chunk, each grain between edges at or below its gain: the lowest of the grains ahead,
    averaged over as many grains behind."""
    after = np.append(after, np.ones(_AHEAD))[:_AHEAD]
    known = np.concatenate([before, gains, after])
    if known.min() >= 1:
        return chunk
    lowest = sliding_window_view(known, _AHEAD + 1).min(axis=1)
    edges = sliding_window_view(lowest, _AHEAD).mean(axis=1)
    at = np.arange(chunk.shape[1]) / _GRAIN
    curve = np.interp(at, np.arange(len(edges)), edges)
    return np.asarray(chunk * curve, np.float32)


def _with_gains(
    chunks: Iterable[NDArray[np.float32]],
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float64]]]:
    """Each chunk with the gain that each of its grains needs to stay below the ceiling, at most 1."""
    reach = _TAPS // 2
    before = np.zeros((2, reach), np.float32)
    for chunk, after in pairwise(chain(chunks, [np.zeros((2, reach), np.float32)])):
        grains = -(-chunk.shape[1] // _GRAIN)
        spare = grains * _GRAIN - chunk.shape[1]
        after = np.pad(after[:, :reach], ((0, 0), (0, spare + max(0, reach - after.shape[1]))))
        joined = np.concatenate([before, chunk, after], axis=1)
        peaks = np.abs(joined[:, reach:-reach]).reshape(2, grains, _GRAIN).max(axis=(0, 2))
        loud = np.flatnonzero(peaks > 0.7 * CEILING)  # between samples it may be 3 dB more
        if len(loud):
            spans = sliding_window_view(joined, _GRAIN + _TAPS, axis=1)[:, ::_GRAIN][:, loud]
            peaks[loud] = np.maximum(peaks[loud], _between(spans).max(axis=(0, 2)))
        yield chunk, np.minimum(CEILING / np.maximum(peaks, 1e-9), 1)
        before = chunk[:, -reach:]


def _between(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each place (..., n + 1 - `_TAPS`) the highest of the three values a quarter, a half and
    three quarters of the way between the two samples in the middle of its taps."""
    return np.asarray(np.abs(sliding_window_view(samples, _TAPS, axis=-1) @ _sinc()).max(axis=-1))


@cache
def _sinc() -> NDArray[np.float32]:
    """(`_TAPS`, 3): the interpolation filters, a windowed sinc."""
    middle = _TAPS // 2 - 1
    away = np.arange(_TAPS)[:, None] - middle - np.array([0.25, 0.5, 0.75])
    window = np.i0(5 * np.sqrt(np.maximum(1 - (away / (middle + 1)) ** 2, 0))) / np.i0(5)
    taps = np.sinc(away) * window
    return np.asarray(taps / taps.sum(axis=0), np.float32)
