"""The draft, read once and checked: which picture, title and sound is on at which frame.

Pure: no file is opened here. Draft times are milliseconds; a plan counts frames, so that rounding
happens in one place and neighbours that touch in the draft touch in the video.
"""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from .errors import RenderError

MAX_SIDE = 3840
MAX_SECONDS = 3600
DEFAULT_FPS = 30

VIDEO, AUDIO, TEXT = 0, 1, 7


@dataclass(frozen=True)
class Source:
    """An upload: its hash is the key into `media`, its name is what people know it by."""

    hash: str
    name: str


@dataclass(frozen=True)
class Span:
    """Frames `first` up to, not including, `end`."""

    first: int
    end: int

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.first <= frame < self.end

    @property
    def frames(self) -> int:
        return self.end - self.first


@dataclass(frozen=True)
class Shot:
    """One picture or clip. `overlap` frames from `span.first` on, `transition` leads into it, from a
    `side` or through a colour where it is one that does. The picture comes out of the dark in the
    first `opens` frames and goes into it in the last `closes`. `moves` frames of it are those that its
    move takes, and in the rest it goes on; 0 for all of them."""

    span: Span
    source: Source
    style: str
    move: str
    transition: str
    overlap: int
    side: str = "right"
    through: str = "black"
    opens: int = 0
    closes: int = 0
    moves: int = 0


@dataclass(frozen=True)
class Title:
    span: Span
    text: str
    position: str
    size: str


@dataclass(frozen=True)
class Sound:
    """Times in seconds. Either `source` is the user's file or `music` names a style made here.
    `clip`: it is what was recorded with a clip, heard as it is, in step with the picture."""

    start: float
    duration: float
    volume: float
    fade_in: float
    fade_out: float
    source: Source | None
    music: str
    seed: int
    clip: bool = False


@dataclass(frozen=True)
class Plan:
    """`tracks`: the shots of each video track, the lowest track first, each sorted by start.
    `look` names the grade of what they show. One that is `frugal` is made in little memory."""

    width: int
    height: int
    fps: int
    frames: int
    tracks: tuple[tuple[Shot, ...], ...]
    titles: tuple[Title, ...]
    sounds: tuple[Sound, ...]
    look: str = ""
    frugal: bool = False

    @property
    def duration(self) -> float:
        """Seconds, exactly as long as the frames are."""
        return self.frames / self.fps

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every file the plan needs."""
        shots = [shot.source for track in self.tracks for shot in track]
        return (*shots, *(sound.source for sound in self.sounds if sound.source is not None))


def read(draft: Mapping[str, Any]) -> Plan:
    """The plan of a draft; RenderError if a value in it cannot be used."""
    meta = _mapping(draft.get("m"), "draft m")
    fps = round(_number(draft.get("fps", DEFAULT_FPS), "draft fps", 1, 120))
    tracks = _list(draft.get("t"), "draft t")
    shots: list[tuple[Shot, ...]] = []
    titles: list[Title] = []
    sounds: list[Sound] = []
    last = 0.0
    for index, raw in enumerate(tracks):
        track = _mapping(raw, f"track {index + 1}")
        clock = 0.0
        row: list[tuple[Shot, float]] = []
        for number, item in enumerate(_list(track.get("sg"), f"track {index + 1} sg")):
            segment = _Segment(item, f"track {index + 1}, segment {number + 1}", clock, fps)
            clock = segment.start + segment.length
            last = max(last, clock)
            kind = track.get("tt")
            if kind == VIDEO:
                row.append((segment.shot(), segment.clip_volume()))
            elif kind == AUDIO:
                sounds.append(segment.sound())
            elif kind == TEXT:
                titles.append(segment.title())
        if row:
            row.sort(key=lambda pair: pair[0].span.first)
            shots.append(tuple(shot for shot, _ in row))
            sounds += _clip_sounds(row, fps)
    total = _number(draft.get("d", last), "draft d", 0, MAX_SECONDS * 1000)
    frames = round(total * fps / 1000)
    if frames < 1:
        raise RenderError("the draft has nothing to show: its duration is 0")
    return Plan(
        width=_side(meta.get("width", 1920), "width"),
        height=_side(meta.get("height", 1080), "height"),
        fps=fps,
        frames=frames,
        tracks=tuple(shots),
        titles=tuple(titles),
        sounds=tuple(sounds),
        look=str(meta.get("look") or ""),
        frugal=meta.get("frugal") is True,
    )


def without(plan: Plan, sources: Collection[Source]) -> Plan:
    """The plan with nothing of these files in it, as long as before: the time of a shot goes to
    those it touches."""
    tracks = []
    for track in plan.tracks:
        row = list(track)
        while lost := [n for n, shot in enumerate(row) if shot.source in sources]:
            row = _closed_up(row, lost[0])
        if row:
            tracks.append(tuple(row))
    sounds = (sound for sound in plan.sounds if sound.source not in sources)
    return replace(plan, tracks=tuple(tracks), sounds=tuple(sounds))


def _closed_up(row: list[Shot], index: int) -> list[Shot]:
    """The row without one shot: half of its time goes to the one before, half to the next, or all
    of it, and the fade into or out of the dark, to the only one that it touches."""
    before, lost, after = row[:index], row[index], row[index + 1 :]
    first, end = lost.span.first, lost.span.end
    last = before[-1] if before and before[-1].span.end >= first else None
    following = after[0] if after and after[0].span.first <= end else None
    if following is not None:
        start = (first + following.span.first) // 2 if last else first
        after[0] = replace(
            following,
            span=Span(start, following.span.end),
            transition=following.transition if last else "cut",
            overlap=following.overlap if last else 0,
            opens=following.opens if last else lost.opens,
        )
        end = start + following.overlap
    if last is not None:
        before[-1] = replace(
            last,
            span=Span(last.span.first, max(last.span.end, end)),
            closes=last.closes if following else lost.closes,
        )
    return [*before, *after]


def _clip_sounds(row: Sequence[tuple[Shot, float]], fps: int) -> Iterator[Sound]:
    """What the clips of a track were recorded with, at these volumes: faded over the transitions,
    and gone with the picture."""
    followers = [shot for shot, _ in row[1:]]
    for (shot, volume), after in zip_longest(row, followers):
        end = shot.span.end
        fade_out = 0
        if after is not None and after.span.first < end:
            fade_out = _faded(after)
            end = min(end, after.span.first + fade_out)
        if volume > 0 and end > shot.span.first:
            yield Sound(
                start=shot.span.first / fps,
                duration=(end - shot.span.first) / fps,
                volume=volume,
                fade_in=_faded(shot) / fps,
                fade_out=fade_out / fps,
                source=shot.source,
                music="",
                seed=0,
                clip=True,
            )


def _faded(shot: Shot) -> int:
    """Frames over which the shot comes in; none after a cut."""
    return 0 if shot.transition == "cut" else shot.overlap


class _Segment:
    """One `sg` entry on its way into a plan; `where` is how errors name it."""

    def __init__(self, raw: object, where: str, after: float, fps: int) -> None:
        self._raw = _mapping(raw, where)
        meta = _mapping(self._raw.get("m"), f"{where} m")
        name = meta.get("title") or self._raw.get("id")
        self._where = f"{where} ({name})" if name else where
        self._fps = fps
        limit = MAX_SECONDS * 1000
        self.start = _number(self._raw.get("s", after), f"{self._where} s", 0, limit)
        self.length = _number(self._raw.get("d", 0), f"{self._where} d", 0, limit)

    def _span(self) -> Span:
        first = self._frame(self.start)
        return Span(first, max(first + 1, self._frame(self.start + self.length)))

    def _frame(self, ms: float) -> int:
        return round(ms * self._fps / 1000)

    def _part(self, key: str) -> Mapping[str, Any]:
        return _mapping(self._raw.get(key), f"{self._where} {key}")

    def _source(self, part: Mapping[str, Any]) -> Source:
        key = part.get("hash")
        if not isinstance(key, str) or not key:
            raise RenderError(f"{self._where}: its src has no hash")
        return Source(key, str(part.get("name") or key))

    def shot(self) -> Shot:
        span = self._span()
        motion, transition = self._part("motion"), self._part("tr")
        overlap = self._length(transition, "tr")
        return Shot(
            span=span,
            source=self._source(self._part("src")),
            style=str(motion.get("style", "smooth")),
            move=str(motion.get("move", "zoom_in")),
            transition=str(transition.get("type", "cut")),
            overlap=min(overlap, span.frames),
            side=str(transition.get("from", "right")),
            through=str(transition.get("to", "black")),
            opens=min(self._length(self._part("in"), "in"), span.frames),
            closes=min(self._length(self._part("out"), "out"), span.frames),
            moves=self._moves(motion, span),
        )

    def _moves(self, motion: Mapping[str, Any], span: Span) -> int:
        """Frames of the move that the rest of the shot goes on from; 0 where there is no rest."""
        limit = MAX_SECONDS * 1000
        taken = _number(motion.get("d", limit), f"{self._where} motion d", 0, limit)
        moves = max(1, self._frame(self.start + taken) - span.first)
        return moves if moves < span.frames else 0

    def _length(self, part: Mapping[str, Any], name: str) -> int:
        """Frames of a transition or a fade."""
        return self._frame(
            _number(part.get("d", 0), f"{self._where} {name} d", 0, MAX_SECONDS * 1000)
        )

    def clip_volume(self) -> float:
        """How loud the segment's own sound is; 0 for a photo, which has none."""
        if self._part("src").get("type") != "video":
            return 0
        return _number(self._raw.get("v", 1), f"{self._where} v", 0, 4)

    def sound(self) -> Sound:
        part, fade = self._part("src"), self._part("fade")
        music = part.get("type") == "music"
        length = self.length / 1000

        def seconds(key: str) -> float:
            what = f"{self._where} fade {key}"
            return _number(fade.get(key, 0), what, 0, MAX_SECONDS * 1000) / 1000

        return Sound(
            start=self.start / 1000,
            duration=length,
            volume=_number(self._raw.get("v", 1), f"{self._where} v", 0, 4),
            fade_in=min(seconds("in"), length),
            fade_out=min(seconds("out"), length),
            source=None if music else self._source(part),
            music=str(part.get("style", "ambient")) if music else "",
            seed=round(_number(part.get("seed", 0), f"{self._where} seed", 0, 2**63)),
        )

    def title(self) -> Title:
        style = self._part("style")
        return Title(
            span=self._span(),
            text=str(self._raw.get("text") or self._part("m").get("title") or ""),
            position=str(style.get("position", "center")),
            size=str(style.get("size", "large")),
        )


def _side(value: object, name: str) -> int:
    """A side of the frame, made even: yuv420p has one colour sample for two pixels."""
    return max(2, round(_number(value, f"draft m.{name}", 16, MAX_SIDE)) // 2 * 2)


def _number(value: object, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RenderError(f"{what}: {reprlib.repr(value)} is not a number from {low:g} to {high:g}")
    return float(value)


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RenderError(f"{what} is not an object")
    return value


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise RenderError(f"{what} is not a list")
    return list(value)
