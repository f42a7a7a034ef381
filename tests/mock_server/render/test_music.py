"""Music made here: looked at, since no test can listen."""

from __future__ import annotations

import tracemalloc
import zlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mock_server.beats import grid
from mock_server.render import music
from mock_server.render.instruments import INSTRUMENTS
from mock_server.render.loudness import RATE, TARGET
from tests.mock_server.render.studio import ebur128

if TYPE_CHECKING:
    from numpy.typing import NDArray

STYLES = list(music.STYLES)


@cache
def piece(style: str, seconds: float, seed: int = 3) -> NDArray[np.float32]:
    whole = np.concatenate(list(music.play(style, seed, seconds)), axis=1)
    assert round(seconds * RATE) <= whole.shape[1] < seconds * RATE + grid(style).bar_ms * 48 + 1
    return whole[:, : round(seconds * RATE)]


def share(samples: NDArray[np.float32], low: float, high: float) -> float:
    """How much of the power lies between two frequencies."""
    power = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    hertz = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
    return float(power[(hertz >= low) & (hertz < high)].sum() / power.sum())


def onsets(samples: NDArray[np.float32], low: float = 20) -> NDArray[np.float64]:
    """Seconds at which something begins: where the spectrum above `low` hertz grows most."""
    hop, size = 96, 1024
    padded = np.pad(samples.mean(axis=0), (size, size))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    spectra = np.log1p(100 * np.abs(np.fft.rfft(windows)))[:, round(low * size / RATE) :]
    growth = np.maximum(np.diff(spectra, axis=0), 0).sum(axis=1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(growth, 25), 51)
    top = (growth == around.max(axis=1)) & (growth > 0.25 * growth.max())
    # A window feels an onset most when the onset is in its steep first half.
    return (np.flatnonzero(top) * hop - size + size * 0.7) / RATE


@pytest.mark.parametrize("seconds", [6.0, 60.0])
@pytest.mark.parametrize("style", STYLES)
def test_a_piece_is_as_loud_as_it_should_be(style: str, seconds: float) -> None:
    loudness, peak = ebur128(piece(style, seconds))
    assert loudness == pytest.approx(TARGET, abs=0.1)
    assert peak < 4  # what the limiter takes off is not heard


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("style", STYLES)
def test_a_piece_has_body_and_no_rumble_no_offset_no_hiss(style: str, seed: int) -> None:
    samples = piece(style, 20, seed)
    assert np.abs(samples.mean(axis=1)).max() < 0.001
    assert share(samples, 0, 30) < 0.003
    assert share(samples, 120, 4000) > 0.3
    assert share(samples, 10_000, 24_000) < 0.03
    assert np.abs(np.diff(samples)).max() < 1


def test_upbeat_is_the_bright_one_and_ambient_the_dark_one() -> None:
    bright = {style: share(piece(style, 20, 1), 3000, 20_000) for style in STYLES}
    assert max(bright, key=bright.__getitem__) == "upbeat"
    assert min(bright, key=bright.__getitem__) == "ambient"


@pytest.mark.parametrize("style", STYLES)
def test_a_minute_is_not_the_same_few_bars_again_and_again(style: str) -> None:
    samples = piece(style, 60)
    bar = grid(style).bar_ms * 48
    bars = [samples[0, at : at + bar] for at in range(0, samples.shape[1] - bar, bar)]
    alike = np.corrcoef(bars)
    twins = (np.triu(alike, 1) > 0.97).any(axis=1).sum()
    assert twins <= len(bars) // 3
    assert all(np.diagonal(alike, shift)[4:].mean() < 0.8 for shift in (1, 2, 4, 8))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seconds", [8.0, 20.0])
def test_a_piece_comes_to_an_end_that_rings_out(style: str, seconds: float) -> None:
    samples = piece(style, seconds)
    tail = np.square(samples[:, -RATE:]).reshape(2, 8, -1).mean(axis=(0, 2))
    assert (tail[1:] < 1.5 * tail[:-1]).all()  # nothing is struck any more
    assert tail[-1] < 2 * tail[0]
    ring = samples[:, -round(0.3 * RATE) :]
    assert np.sqrt(np.square(ring).mean()) > 0.01  # -40 dB: it is still there under the fade


@pytest.mark.parametrize(("style", "low"), [("upbeat", 2000), ("lofi", 1000)])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_struck_falls_on_the_grid(style: str, low: float, seed: int) -> None:
    beat = grid(style).beat_ms / 1000
    sound = piece(style, 24, seed)
    found = onsets(sound[:, : 20 * RATE], low)
    step = beat / 4
    off = np.abs((found + step / 2) % step - step / 2)
    straight = np.round(found / step) % 2 == 0  # the others swing in lofi
    assert straight.sum() > 20
    assert np.quantile(off[straight], 0.95) < 0.015
    beats = np.arange(8, 20) * beat
    assert np.mean([np.abs(found - at).min() < 0.015 for at in beats]) > 0.5


@pytest.mark.parametrize(
    ("style", "sum_"),
    [
        ("lofi", 2493728747),
        ("ambient", 696933322),
        ("upbeat", 552272153),
        ("cinematic", 4122140665),
    ],
)
def test_a_seed_gives_the_same_samples_on_every_machine(style: str, sum_: int) -> None:
    samples = piece(style, 9, seed=1)
    assert zlib.crc32(samples.astype("<f4").tobytes()) == sum_


@pytest.mark.parametrize("style", STYLES)
def test_another_seed_is_another_piece(style: str) -> None:
    pieces = [piece(style, 6, seed)[0] for seed in range(4)]
    assert np.triu(np.corrcoef(pieces), 1).max() < 0.9


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.5, 3.2])
@pytest.mark.parametrize("style", STYLES)
def test_short_pieces_are_music_too(style: str, seconds: float) -> None:
    assert ebur128(np.pad(piece(style, seconds), ((0, 0), (0, RATE))))[0] > -25


def test_a_style_there_is_not_is_ambient() -> None:
    assert np.array_equal(piece("polka", 5), piece("ambient", 5))


@pytest.mark.parametrize("style", STYLES)
def test_patterns_are_a_bar_long_for_instruments_there_are(style: str) -> None:
    band = music.STYLES[style]
    for part in (*band.parts, band.lead):
        assert part.voice in INSTRUMENTS
        for pattern in (*part.patterns, *part.fills, *part.heads):
            assert len(pattern) == 16
            assert set(pattern) <= set(".xoc012345")


def test_memory_does_not_grow_with_length() -> None:
    def most(seconds: float) -> int:
        tracemalloc.start()
        for _ in music.play("upbeat", 1, seconds):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(240) < most(90) + 2**22 < 2**26  # all of it would be 2**25 more
