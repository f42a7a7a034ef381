"""Loudness by the standards' own test signals and by FFmpeg's meter; a limiter that is not heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mock_server.render.loudness import CEILING, RATE, Meter, limited
from tests.mock_server.render.studio import ebur128

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tone(level: float, seconds: float, hertz: float = 1000, turn: float = 0) -> NDArray[np.float32]:
    """A sine on both sides whose peaks are at `level` dBFS."""
    t = np.arange(round(seconds * RATE)) / RATE
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * (hertz * t + turn))
    return np.stack([wave, wave]).astype(np.float32)


def tones(*parts: tuple[float, float]) -> NDArray[np.float32]:
    return np.concatenate([tone(*part) for part in parts], axis=1)


def noise(level: float, seconds: float, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).normal(0, 10 ** (level / 20), (2, int(seconds * RATE)))
    return samples.astype(np.float32)


def lufs(samples: NDArray[np.float32], size: int = 10_000) -> float:
    meter = Meter()
    for start in range(0, samples.shape[1], size):
        meter.add(samples[:, start : start + size])
    return meter.lufs


def through(samples: NDArray[np.float32], size: int = 1024) -> NDArray[np.float32]:
    chunks = [samples[:, at : at + size] for at in range(0, samples.shape[1], size)]
    result = list(limited(chunks))
    assert [chunk.shape for chunk in result] == [chunk.shape for chunk in chunks]
    return np.concatenate(result, axis=1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-23, 20)], -23),
        ([(-33, 20)], -33),
        ([(-36, 10), (-23, 60), (-36, 10)], -23),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
    ],
)
def test_the_test_tones_of_ebu_tech_3341_are_measured_as_it_says(
    parts: list[tuple[float, float]], expected: float
) -> None:
    assert lufs(tones(*parts)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("hertz", [60, 100, 997, 3000, 10_000])
def test_high_and_low_tones_count_as_much_as_to_ffmpeg(hertz: float) -> None:
    samples = tone(-20, 5, hertz)
    assert lufs(samples) == pytest.approx(ebur128(samples)[0], abs=0.1)


def test_bursts_of_noise_are_gated_as_by_ffmpeg() -> None:
    samples = noise(-20, 20)
    samples *= (np.arange(samples.shape[1]) % (2 * RATE) < RATE / 2) * np.float32(0.99) + 0.01
    assert lufs(samples) == pytest.approx(ebur128(samples)[0], abs=0.1)


def test_it_does_not_matter_in_what_portions_sound_comes() -> None:
    samples = noise(-20, 3)
    once = lufs(samples, samples.shape[1])
    assert lufs(samples, 1024) == pytest.approx(once, abs=1e-3)
    assert lufs(samples, 50_000) == pytest.approx(once, abs=1e-3)


def test_silence_has_no_loudness_and_a_short_beep_has_its_own() -> None:
    assert lufs(np.zeros((2, RATE), np.float32)) == -np.inf
    assert Meter().lufs == -np.inf
    assert lufs(tone(-20, 0.15)) == pytest.approx(-20, abs=0.5)


LOUD: dict[str, Any] = {
    "bass": tone(6, 2, 50),
    "a tone between the samples": tone(6, 2, RATE / 4, turn=1 / 8),
    "a high tone": tone(6, 2, 17_000, turn=0.1),
    "noise": noise(-3, 2),
    "clicks": np.where(np.random.default_rng(2).random((2, 2 * RATE)) < 1e-4, 3, 0),
    "an odd length": tone(6, 1)[:, :-77],
    "less than a chunk": tone(6, 0.01),
}


@pytest.mark.parametrize("name", list(LOUD))
def test_nothing_leaves_the_limiter_above_the_ceiling(name: str) -> None:
    result = through(np.asarray(LOUD[name], np.float32))
    assert np.abs(result).max() <= CEILING * 1.0001
    heard = np.pad(result, ((0, 0), (RATE // 10, RATE // 10)))
    # A tone cut off rings beyond its end.
    assert ebur128(heard)[1] <= 20 * np.log10(CEILING) + 0.4


def test_what_is_not_too_loud_passes_as_it_is() -> None:
    samples = noise(-16, 2)
    assert ebur128(samples)[1] < 20 * np.log10(CEILING)
    assert np.array_equal(through(samples), samples)


def test_the_limiter_turns_down_smoothly_and_lets_go_again() -> None:
    steady = tone(-12, 2, 1000)
    samples = steady.copy()
    samples[:, RATE : RATE + 480] *= 8  # 10 ms that are far too loud
    result = through(samples)
    assert np.array_equal(result[:, : RATE - 1024], samples[:, : RATE - 1024])
    assert np.array_equal(result[:, RATE * 3 // 2 :], samples[:, RATE * 3 // 2 :])
    heard = np.abs(steady[0]) > 0.1
    gain = np.where(heard, result[0] / np.where(heard, samples[0], 1), np.nan)
    gain = gain[~np.isnan(gain)]
    assert gain.min() < 0.5
    assert gain.max() <= 1
    assert np.abs(np.diff(gain)).max() < 0.02
