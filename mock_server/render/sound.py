"""The sound of a plan, a chunk at a time: segments made or decoded, levelled, faded, mixed, limited.

What a volume means: music at 1, made here or the user's own, is at -14 LUFS, which is what the
large platforms play at; at 0.35 it is 9.1 dB below that (20 log10), also when nothing else is to be
heard. So a volume sounds the same whatever the file: it is measured where it is used and brought to
that level first, but a quiet one by at most 12 dB, so that what is nearly silence stays so. A clip's
own sound is heard as it was recorded, times its volume. Where all of it together is too loud, a
limiter turns it down for the moment; what is not too loud passes untouched.
"""

from __future__ import annotations

import math
from contextlib import ExitStack, closing, suppress
from itertools import chain, repeat
from typing import TYPE_CHECKING

import av
import numpy as np

from . import music
from .errors import RenderError
from .loudness import RATE, TARGET, Meter, limited
from .media import audible

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from .plan import Plan, Sound

CHUNK = 1024
"""Samples in a chunk: one AAC frame."""

_BLOCK = 8 * CHUNK
"""Samples that are mixed at a time."""

_EDGE = 0.015
"""Seconds over which any sound comes and goes at least: no click."""

_RAISED = 12.0
"""dB by which a quiet file is made louder, at most."""

_JOIN = RATE * 80 // 1000
"""Samples over which a file that is looped goes from its end into its beginning."""

_PADDING = RATE // 20
"""Samples of silence that an encoder may have put before and after, at most."""

_BLUR = 96
"""Samples next to the padding that are not as they were, 2 ms."""

_CLOSE = RATE // 100
"""Samples on either side of a seam that are looked at, 10 ms."""

_KEPT = 10 * RATE
"""Samples up to which a file that is looped is kept, and not decoded again."""


def mix(plan: Plan, media: Mapping[str, Path]) -> Iterator[NDArray[np.float32]]:
    """(2, CHUNK) at a time, the last one shorter; together exactly as long as the video."""
    total = round(plan.duration * RATE)
    with ExitStack() as stack:
        voices = [
            stack.enter_context(closing(_Voice(sound, total, media))) for sound in plan.sounds
        ]
        for block in limited(_summed(voices, total)):
            for start in range(0, block.shape[1], CHUNK):
                yield block[:, start : start + CHUNK]


def _summed(voices: Iterable[_Voice], total: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, total, _BLOCK):
        block = np.zeros((2, min(_BLOCK, total - start)), np.float32)
        for voice in voices:
            voice.add(block, start)
        yield block


class _Voice:
    """One sound of a plan: its samples, at its time, at its volume, with its fades."""

    def __init__(self, sound: Sound, total: int, media: Mapping[str, Path]) -> None:
        self._sound, self._media = sound, media
        self._first = round(sound.start * RATE)
        self._length = min(total - self._first, round(sound.duration * RATE))
        self._samples: Generator[NDArray[np.float32]] | None = None
        self._rest = np.zeros((2, 0), np.float32)
        self._rise = round(max(sound.fade_in, _EDGE) * RATE)
        self._fall = round(max(sound.fade_out, _EDGE) * RATE)

    def add(self, block: NDArray[np.float32], start: int) -> None:
        """Mix into `block`, whose first sample is the video's `start`-th."""
        a = max(start - self._first, 0)
        b = min(start - self._first + block.shape[1], self._length)
        if a < b:
            part = self._take(b - a) * self._gain(a, b)
            block[:, a + self._first - start : b + self._first - start] += part
        if b == self._length:
            self.close()

    def close(self) -> None:
        if self._samples is not None:
            self._samples.close()

    def _gain(self, a: int, b: int) -> NDArray[np.float32] | np.float32:
        """Of samples `a` to `b`. Fades are quarters of a sine: two sounds that cross stay as loud."""
        if a >= self._rise and b <= self._length - self._fall:
            return np.float32(self._sound.volume)
        at = np.arange(a, b) + 0.5
        into = np.minimum(at / self._rise, 1)
        left = np.minimum((self._length - at) / self._fall, 1)
        curve = np.sin(into * (np.pi / 2)) * np.sin(left * (np.pi / 2))
        return np.asarray(curve * self._sound.volume, np.float32)

    def _take(self, count: int) -> NDArray[np.float32]:
        if self._samples is None:
            self._samples = self._source()
        while self._rest.shape[1] < count:
            self._rest = np.concatenate([self._rest, next(self._samples)], axis=1)
        part, self._rest = self._rest[:, :count], self._rest[:, count:]
        return part

    def _source(self) -> Generator[NDArray[np.float32]]:
        sound = self._sound
        if sound.source is None:
            return music.play(sound.music, sound.seed, self._length / RATE)
        path, name = self._media[sound.source.hash], sound.source.name
        return _recorded(path, name) if sound.clip else _own(path, name, self._length)


def _own(path: Path, name: str, count: int) -> Generator[NDArray[np.float32]]:
    """The user's music, at the level of ours: from its beginning, again and again. `count` samples
    of it will be used: they are measured first."""
    meter, length = Meter(), 0
    whole: list[NDArray[np.float32]] = []
    with closing(_decoded(path, name)) as parts:
        for part in parts:
            meter.add(part[:, : count - length])
            length += part.shape[1]
            if length <= _KEPT:
                whole.append(part)
            if length >= count:
                break
    if not length:
        raise RenderError(f"{name}: has no sound that can be decoded")
    raised = min(TARGET - meter.lufs, _RAISED) if meter.lufs > -math.inf else 0.0
    gain = np.float32(10 ** (raised / 20))
    passes: Iterable[Iterable[NDArray[np.float32]]]
    if length < count and length <= _KEPT:
        kept = np.concatenate(whole, axis=1)
        passes = repeat([np.tile(kept, math.ceil(_JOIN / length))])
    else:
        passes = (_decoded(path, name) for _ in repeat(None))
    for part in _looped(passes):
        yield part * gain


def _recorded(path: Path, name: str) -> Generator[NDArray[np.float32]]:
    """The sound of a clip from its first frame on, then silence, into which it goes without a click.
    What cannot be decoded is silent too: there is the picture to be shown."""
    fall = round(_EDGE * RATE)
    held = np.zeros((2, 0), np.float32)
    with suppress(RenderError):
        for part in _decoded(path, name, clip=True):
            held = np.concatenate([held, part], axis=1)
            yield held[:, :-fall]
            held = held[:, -fall:]
    curve = np.cos((np.arange(held.shape[1]) + 0.5) / max(held.shape[1], 1) * (np.pi / 2))
    yield held * curve.astype(np.float32)
    yield from repeat(np.zeros((2, CHUNK), np.float32))


def _looped(
    passes: Iterable[Iterable[NDArray[np.float32]]],
) -> Iterator[NDArray[np.float32]]:
    """One pass through a file after the other, (2, n) at a time, joined so that nothing is heard of
    it."""
    held = np.zeros((2, 0), np.float32)
    for number, parts in enumerate(passes):
        rest = iter(parts)
        if number:
            held = _joined(held, _first(rest, _JOIN))
        for part in chain([held[:, :0]], rest):
            held = np.concatenate([held, part], axis=1)
            if held.shape[1] > _JOIN:
                yield held[:, :-_JOIN]
                held = held[:, -_JOIN:]


def _first(parts: Iterator[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
    """At least so many samples of what is left, if there are."""
    taken = np.zeros((2, 0), np.float32)
    while taken.shape[1] < count and (part := next(parts, None)) is not None:
        taken = np.concatenate([taken, part], axis=1)
    return taken


def _joined(end: NDArray[np.float32], start: NDArray[np.float32]) -> NDArray[np.float32]:
    """Going from the end of one pass into the start of the next. A file that was cut to be looped
    keeps its length: where the wave goes on as it did, nothing is done. Else one fades into the
    other where they go together best, evenly loud whether they are alike (then their levels add up)
    or not (their powers do)."""
    longest = min(_JOIN, end.shape[1], start.shape[1] // 2)
    if longest < _CLOSE or _goes_on(end[:, -_CLOSE:], start[:, :_CLOSE]):
        return np.concatenate([end, start], axis=1)
    lengths = range(longest, max(longest * 3 // 4, _CLOSE), -12)
    alike, n = max((_likeness(end[:, -n:], start[:, :n]), n) for n in lengths)
    t = (np.arange(n) + 0.5) / n
    level = np.sqrt(np.square(1 - t) + np.square(t) + 2 * max(alike, 0.0) * t * (1 - t))
    crossed = (end[:, -n:] * (1 - t) + start[:, :n] * t) / level
    return np.concatenate([end[:, :-n], crossed.astype(np.float32), start[:, n:]], axis=1)


def _goes_on(end: NDArray[np.float32], start: NDArray[np.float32]) -> bool:
    """Whether the wave bends no more from one to the other than it does in them."""
    bends = np.abs(np.diff(np.concatenate([end, start], axis=1), 2)).max(axis=0)
    between = slice(end.shape[1] - 2, end.shape[1])
    return bool(bends[between].max() <= np.delete(bends, between).max())


def _likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """1 for the same sound, 0 for two that have nothing to do with each other, -1 for the opposite."""
    powers = float(np.vdot(a, a)) * float(np.vdot(b, b))
    return float(np.vdot(a, b)) / math.sqrt(powers) if powers else 0.0


def _decoded(path: Path, name: str, *, clip: bool = False) -> Generator[NDArray[np.float32]]:
    """(2, n) float at `RATE`; what is damaged is silent. Of a clip: from its first picture on."""
    try:
        with av.open(path) as container:
            stream = next(iter(audible(container)), None)
            if stream is None:
                raise RenderError(f"{name}: has no sound")
            parts = _resampled(container, stream)
            if clip:
                yield from _in_step(parts, _delay(container, stream))
            elif stream.codec_context.name.startswith(("aac", "mp3")):
                yield from _unpadded(parts)
            else:
                yield from parts
    except (av.FFmpegError, UnicodeDecodeError) as error:
        raise RenderError(f"{name}: cannot be read as sound") from error


def _resampled(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[NDArray[np.float32]]:
    resampler = av.AudioResampler("fltp", "stereo", RATE, frame_size=4 * CHUNK)
    with suppress(av.InvalidDataError):
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                yield np.zeros((2, _lost(packet)), np.float32)
                continue
            for frame in frames:
                for part in resampler.resample(frame):
                    yield np.array(part.to_ndarray(), np.float32)
    for part in resampler.resample(None):
        yield np.array(part.to_ndarray(), np.float32)


def _lost(packet: av.Packet[av.AudioStream]) -> int:
    """Samples of silence that stand for a damaged packet, whose length may be damaged too."""
    return round(min(float((packet.duration or 0) * (packet.time_base or 0)), 1.0) * RATE)


def _delay(container: av.container.InputContainer, stream: av.AudioStream) -> float:
    """Seconds from the first picture to the first sound."""
    starts = [
        float(s.start_time * s.time_base) if s.start_time and s.time_base else 0.0
        for s in (stream, *container.streams.video[:1])
    ]
    return starts[0] - starts[-1]


def _in_step(parts: Iterator[NDArray[np.float32]], delay: float) -> Iterator[NDArray[np.float32]]:
    """Begun later by so many seconds, or earlier."""
    early = max(0, round(-delay * RATE))
    late = max(0, round(delay * RATE))
    for start in range(0, late, _BLOCK):
        yield np.zeros((2, min(_BLOCK, late - start)), np.float32)
    for part in parts:
        yield part[:, early:]
        early = max(0, early - part.shape[1])


def _unpadded(parts: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Without the silence that an encoder put before and after, of which not every file tells."""
    held = _first(parts, 2 * _PADDING)
    held = held[:, _padding(held[:, : 2 * _PADDING]) :]
    for part in parts:
        held = np.concatenate([held, part], axis=1)
        yield held[:, : -2 * _PADDING]
        held = held[:, -2 * _PADDING :]
    yield held[:, : held.shape[1] - _padding(held[:, : -2 * _PADDING - 1 : -1])]


def _padding(samples: NDArray[np.float32]) -> int:
    """How many samples there are before the first that is heard: 0 if too few for an encoder's
    padding, or too many. With them go those in which the sound sets in, blurred by the codec."""
    loud = np.abs(samples).max(axis=0) > 0.03 * np.abs(samples).max(initial=0)
    silent = int(loud.argmax()) if samples.size else 0
    return silent + _BLUR if 500 < silent <= _PADDING else 0
