"""The sound of a plan, a chunk at a time: segments made or decoded, faded, mixed, kept from clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np

from . import music
from .errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from .plan import Plan, Sound

RATE = music.RATE
CHUNK = 1024
"""Samples in a chunk: one AAC frame."""

_JOIN = 480
"""Samples faded where a file is looped, 10 ms: no click."""

_KNEE = 0.8
"""Level from which sound is bent instead of passed as it is."""


def mix(plan: Plan, media: Mapping[str, Path]) -> Iterator[NDArray[np.float32]]:
    """(2, CHUNK) at a time, the last one shorter; together exactly as long as the video."""
    total = round(plan.duration * RATE)
    voices = [_Voice(sound, total, media) for sound in plan.sounds]
    try:
        for start in range(0, total, CHUNK):
            chunk = np.zeros((2, min(CHUNK, total - start)), np.float32)
            for voice in voices:
                voice.add(chunk, start)
            yield limited(chunk)
    finally:
        for voice in voices:
            voice.close()


def limited(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unchanged up to the knee, bent smoothly above it, never at 1 or beyond."""
    over = np.abs(samples) - _KNEE
    if not (over > 0).any():
        return samples
    room = 0.98 - _KNEE
    bent = np.sign(samples) * (_KNEE + room * np.tanh(np.maximum(over, 0) / room))
    return np.where(over > 0, bent, samples).astype(np.float32)


class _Voice:
    """One audio segment: its samples, at its time, at its volume, with its fades."""

    def __init__(self, sound: Sound, total: int, media: Mapping[str, Path]) -> None:
        self._sound = sound
        self._first = round(sound.start * RATE)
        self._end = min(total, self._first + round(sound.duration * RATE))
        self._samples: Iterator[NDArray[np.float32]] | None = None
        self._rest = np.zeros((2, 0), np.float32)
        self._media = media

    def add(self, chunk: NDArray[np.float32], start: int) -> None:
        """Mix into `chunk`, whose first sample is the video's `start`-th."""
        a, b = max(start, self._first), min(start + chunk.shape[1], self._end)
        if a >= b:
            return
        part = self._take(b - a)
        chunk[:, a - start : b - start] += part * self._gain(a - self._first, b - self._first)

    def close(self) -> None:
        close = getattr(self._samples, "close", None)
        if close is not None:
            close()

    def _gain(self, a: int, b: int) -> NDArray[np.float32]:
        at = np.arange(a, b, dtype=np.float64)
        gain = np.full(b - a, self._sound.volume)
        if self._sound.fade_in > 0:
            gain *= np.clip(at / (self._sound.fade_in * RATE), 0, 1)
        if self._sound.fade_out > 0:
            left = (self._end - self._first) - at
            gain *= np.clip(left / (self._sound.fade_out * RATE), 0, 1)
        return gain.astype(np.float32)

    def _take(self, count: int) -> NDArray[np.float32]:
        if self._samples is None:
            self._samples = self._source()
        while self._rest.shape[1] < count:
            self._rest = np.concatenate([self._rest, next(self._samples)], axis=1)
        part, self._rest = self._rest[:, :count], self._rest[:, count:]
        return part

    def _source(self) -> Iterator[NDArray[np.float32]]:
        sound = self._sound
        if sound.source is None:
            return music.play(sound.music, sound.seed, sound.duration)
        return _looped(self._media[sound.source.hash], sound.source.name)


def _looped(path: Path, name: str) -> Iterator[NDArray[np.float32]]:
    """A file's samples, (2, n) at a time, again and again, faded where the end meets the start."""
    again = False
    while True:
        held: NDArray[np.float32] | None = None
        for part in _decoded(path, name):
            if held is not None:
                yield held
            elif again:
                _fade(part, rising=True)
            held = part
        if held is None:
            raise RenderError(f"{name}: has no sound that can be decoded")
        _fade(held, rising=False)
        yield held
        again = True


def _fade(samples: NDArray[np.float32], *, rising: bool) -> None:
    n = min(_JOIN, samples.shape[1])
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    if rising:
        samples[:, :n] *= ramp
    else:
        samples[:, -n:] *= ramp[::-1]


def _decoded(path: Path, name: str) -> Iterator[NDArray[np.float32]]:
    """(2, n) float at `RATE`; a damaged end is left out."""
    try:
        with av.open(path) as container:
            if not container.streams.audio:
                raise RenderError(f"{name}: has no sound")
            resampler = av.AudioResampler("fltp", "stereo", RATE, frame_size=4 * CHUNK)
            try:
                for frame in container.decode(container.streams.audio[0]):
                    for part in resampler.resample(frame):
                        yield np.array(part.to_ndarray(), np.float32)
            except av.InvalidDataError:
                return
            for part in resampler.resample(None):
                yield np.array(part.to_ndarray(), np.float32)
    except (av.FFmpegError, UnicodeDecodeError) as error:
        raise RenderError(f"{name}: cannot be read as sound") from error
