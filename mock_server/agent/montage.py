"""The cut behind a draft: shots, music and words, taken from a draft and laid out as one again.

A `Montage` is what the director edits. Its times are own times: how long a shot is seen before the
next begins to come in. What follows from them is worked out on the way to the draft: the transitions
and the overlaps they need, and the beats that the cuts are moved to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import gcd
from typing import Any, Self

from mock_server.agent.beat_cutting import on_the_beat
from mock_server.agent.transition import Join, Joining
from mock_server.beats import grid

VIDEO, AUDIO, TEXT = 0, 1, 7
FPS = 30
RATES = (24, 25, 30, 60)
"""Frames a second that can be had."""
MIN_MS, MAX_MS = 1_000, 300_000
SHOT_MS = {"smooth": 3_000, "upbeat": 2_000, "still": 3_000}
"""How long a photo is seen, by pace, where nothing is said of it."""
READ_MS = 3_000
"""How long a title stays."""
FADE_MS = 700
VOLUME, UNDER_CLIPS = 0.35, 0.2
"""Of the music: by itself, and under clips that are heard."""
MIN_SHOT_MS = 200
TITLE_GAP_MS, TITLE_LEAST_MS = 200, 1_500

SIZES = {
    ("16:9", 1080): (1920, 1080),
    ("9:16", 1080): (1080, 1920),
    ("1:1", 1080): (1080, 1080),
    ("4:5", 1080): (1080, 1350),
    ("16:9", 720): (1280, 720),
    ("9:16", 720): (720, 1280),
    ("1:1", 720): (720, 720),
    ("4:5", 720): (720, 900),
    ("16:9", 480): (854, 480),
    ("9:16", 480): (480, 854),
    ("1:1", 480): (480, 480),
    ("4:5", 480): (480, 600),
}
"""(aspect, lines) → width, height in pixels."""

MOVES = ("zoom_in", "pan_left", "zoom_out", "pan_right", "pan_up", "zoom_in", "pan_down")
MUSIC_NAMES = {
    "lofi": "Lo-fi",
    "ambient": "Ambient",
    "upbeat": "Upbeat",
    "cinematic": "Cinematic",
}


@dataclass(frozen=True)
class MontageShot:
    """One picture or clip. `own` ms before the next comes in: to the ms if `exact`, else moved to a
    beat. `more` ms of new footage go on from there. `volume` is that of its own sound, 0 to 1; a
    photo has none."""

    title: str
    source: Mapping[str, Any]
    own: int
    style: str = "smooth"
    move: str = "zoom_in"
    exact: bool = False
    volume: float | None = None
    id: str = ""
    more: int = 0

    @property
    def ms(self) -> int:
        """How long it is seen before the next comes in."""
        return self.own + self.more


@dataclass(frozen=True)
class Music:
    """The one piece of music, under the whole. `volume` is 0 to 1."""

    title: str
    source: Mapping[str, Any]
    volume: float = VOLUME
    id: str = ""


@dataclass(frozen=True)
class TextOverlay:
    """A title (large) or caption (small). A `start` below 0 counts from the end; `ms` of None lasts
    to the end. One that is `fitted` stays no longer than the first shot is seen alone, if that is
    long enough to read it. One that is `of` a shot, by its id, comes and goes with it."""

    text: str
    start: int = 0
    ms: int | None = 3_000
    size: str = "large"
    position: str = "center"
    id: str = ""
    fitted: bool = False
    of: str = ""


@dataclass(frozen=True)
class Montage:
    """A whole cut, in the size of its `aspect` and `lines` (pixels of the shorter side), or on a
    `canvas` of a size of its own. `opens` and `closes` say whether it comes out of black and goes into it; None
    leaves that to the style. `look` names what its colours go through, if anything; one that is
    `frugal` is made in little memory. `made` counts the segments ever made, so that an id is never
    used twice; `used` are the hashes of the shots there ever were, so that a removed one does not
    count as new."""

    aspect: str = "16:9"
    lines: int = 1080
    canvas: tuple[int, int] | None = None
    fps: int = FPS
    title: str = "project"
    shots: tuple[MontageShot, ...] = ()
    music: Music | None = None
    words: tuple[TextOverlay, ...] = ()
    joining: Joining = field(default_factory=Joining)
    opens: bool | None = None
    closes: bool | None = None
    look: str = ""
    frugal: bool = False
    seed: int = 0
    made: int = 0
    used: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.canvas or SIZES[self.aspect, self.lines]

    def sized(self, width: int, height: int) -> Self:
        """In that size, made even."""
        size = (max(16, width // 2 * 2), max(16, height // 2 * 2))
        for (aspect, lines), known in SIZES.items():
            if known == size:
                return replace(self, aspect=aspect, lines=lines, canvas=None)
        part = gcd(*size)
        aspect = f"{size[0] // part}:{size[1] // part}"
        return replace(self, aspect=aspect, lines=min(size), canvas=size)

    def shaped(self, aspect: str) -> Self:
        """In one of the usual shapes, as large as it is."""
        lines = min((lines for _, lines in SIZES if lines >= self.lines), default=1080)
        return replace(self, aspect=aspect, lines=lines, canvas=None)

    def scaled(self, lines: int) -> Self:
        """In the same shape, with the shorter side that long."""
        if self.canvas is None:
            return replace(self, lines=lines)
        width, height = (round(side * lines / min(self.canvas)) for side in self.canvas)
        return self.sized(width, height)

    @property
    def ms(self) -> int:
        """How long it is, in milliseconds."""
        return sum(shot.ms for shot in self.shots)

    @property
    def style(self) -> str:
        return self.shots[0].style if self.shots else "smooth"

    @property
    def seen(self) -> tuple[str, ...]:
        """The hashes of all the shots there are and were."""
        shown = (str(shot.source.get("hash")) for shot in self.shots)
        return tuple(dict.fromkeys([*self.used, *shown]))

    @property
    def fades_out(self) -> bool:
        """Whether it goes into black: smooth and cinematic ones do."""
        cinematic = self.music is not None and self.music.source.get("style") == "cinematic"
        return (self.style == "smooth" or cinematic) if self.closes is None else self.closes

    @property
    def heard(self) -> bool:
        """Whether a clip brings its own sound."""
        return any(shot.volume for shot in self.shots)

    @property
    def on_the_beat(self) -> bool:
        """Whether cuts are moved to beats: of music made here they are known."""
        return self._timed(self._joins()) is not None

    def lasting(self, ms: int) -> Self:
        """As long as that, every shot in proportion."""
        ms = min(max(ms, MIN_MS), MAX_MS)
        if ms == self.ms:
            return self
        shots = tuple(replace(shot, exact=False) for shot in self.shots)
        return replace(self, shots=_scaled(shots, ms))

    def evenly(self, ms: int) -> Self:
        """As long as that, every shot seen for the same time, overlaps included."""
        ms = min(max(ms, MIN_MS), MAX_MS)
        count = max(len(self.shots), 1)
        shots = [replace(shot, exact=False, own=ms // count, more=0) for shot in self.shots]
        overlaps = [join.ms for join in self._joins_of([shot.own for shot in shots])]
        each = (ms + sum(overlaps)) / count
        owns = [each, *(each - overlap for overlap in overlaps)]
        shots = [replace(s, own=max(1, round(o * 1000))) for s, o in zip(shots, owns, strict=False)]
        return replace(self, shots=_scaled(shots, ms))

    def styled(self, style: str) -> Self:
        """Another pace of motion, with the transitions that go with it."""
        return replace(self, shots=tuple(replace(shot, style=style) for shot in self.shots))

    def to_draft(self) -> dict[str, Any]:
        """The draft of this cut. Segments without an id get one."""
        named = self.named()
        width, height = self.size
        joins = self._joins()
        owns = self._timed(joins) or [shot.own for shot in self.shots]
        video = _video(named.shots, owns, joins)
        if video and self.opens:
            video[0]["in"] = _fade(owns[0])
        if video and self.fades_out:
            video[-1]["out"] = _fade(owns[-1])
        alone = video[1]["s"] if len(video) > 1 else self.ms
        tracks = [_track(1, VIDEO, "Video", video)]
        if named.music is not None:
            tracks.append(_track(2, AUDIO, "BGM", [_audio(named.music, self.ms)]))
        if named.words:
            segments = [_text(words, self.ms, alone, video) for words in named.words]
            tracks.append(_track(3, TEXT, "Title", segments))
        meta = {
            "title": self.title,
            "width": width,
            "height": height,
            "ratio": self.aspect,
            "joins": self.joining.to_draft(),
            "opens": self.opens,
            "closes": self.closes,
            "seed": self.seed,
            "made": named.made,
            "used": list(self.seen),
        }
        if self.look:
            meta["look"] = self.look
        if self.frugal:
            meta["frugal"] = True
        return {"d": self.ms, "fps": self.fps, "m": meta, "t": tracks}

    @classmethod
    def from_draft(cls, draft: Mapping[str, Any]) -> Self:
        """The cut of a draft that `to_draft` wrote; an empty one for an empty draft."""
        tracks = {track["tt"]: track["sg"] for track in draft.get("t", [])}
        if not tracks:
            return cls()
        meta = draft["m"]
        audio = tracks.get(AUDIO) or []
        return cls(
            fps=draft["fps"],
            title=meta["title"],
            shots=_shots(tracks.get(VIDEO, []), draft["d"]),
            music=_music(audio[0]) if audio else None,
            words=tuple(_words(segment, draft["d"]) for segment in tracks.get(TEXT, [])),
            joining=Joining.from_draft(meta.get("joins", {})),
            opens=meta.get("opens"),
            closes=meta.get("closes"),
            look=meta.get("look", ""),
            frugal=meta.get("frugal", False),
            seed=meta.get("seed", 0),
            made=meta["made"],
            used=tuple(meta.get("used", ())),
        ).sized(meta["width"], meta["height"])

    def _joins(self) -> list[Join]:
        return self._joins_of([shot.own for shot in self.shots])

    def _joins_of(self, owns: Sequence[int]) -> list[Join]:
        return self.joining.joins(self.style, owns, self.seed)

    def _timed(self, joins: Sequence[Join]) -> list[int] | None:
        """Own times with the cuts on the beats of the music; None where there are none to know."""
        if self.music is None or self.music.source.get("type") != "music":
            return None
        # New footage in the middle stays as long as it is, and the cuts at its ends where they are.
        more = [*(shot.more for shot in self.shots[:-1]), 0]
        pinned = [index for index, shot in enumerate(self.shots) if shot.exact or more[index]]
        if len(pinned) == len(self.shots):
            return None
        late = [0, *(join.late for join in joins)]
        beats = grid(str(self.music.source.get("style")))
        owns = [shot.own + extra for shot, extra in zip(self.shots, more, strict=True)]
        timed = on_the_beat(owns, late, beats, MIN_SHOT_MS, pinned)
        return timed and [own - extra for own, extra in zip(timed, more, strict=True)]

    def named(self) -> Self:
        """With an id for everything in it, and the moves and words that it will have."""
        made = self.made

        def name(old: str) -> str:
            nonlocal made
            if old:
                return old
            made += 1
            return f"seg_{made}"

        shots = tuple(replace(shot, id=name(shot.id)) for shot in _varied(self.shots))
        music = replace(self.music, id=name(self.music.id)) if self.music else None
        there = {shot.id for shot in shots}
        shown = [item for item in self.words if not item.of or item.of in there]
        words = tuple(replace(item, id=name(item.id)) for item in shown)
        return replace(self, shots=shots, music=music, words=words, made=made)


def _scaled(shots: Sequence[MontageShot], ms: int) -> tuple[MontageShot, ...]:
    """Own times in proportion that add up to `ms` exactly, none below the least."""
    total = sum(shot.ms for shot in shots)
    least = min(MIN_SHOT_MS, ms // max(len(shots), 1))
    result: list[MontageShot] = []
    passed = placed = 0
    for number, shot in enumerate(shots):
        passed += shot.ms
        end = ms if number == len(shots) - 1 else round(ms * passed / total)
        end = min(max(end, placed + least), ms - least * (len(shots) - 1 - number))
        own = round((end - placed) * shot.own / shot.ms)
        result.append(replace(shot, own=own, more=end - placed - own))
        placed = end
    return tuple(result)


def _varied(shots: Sequence[MontageShot]) -> list[MontageShot]:
    """The first comes nearer, and no two neighbours move alike."""
    result: list[MontageShot] = []
    for shot in shots:
        if not result:
            shot = replace(shot, move=MOVES[0])
        elif shot.move == result[-1].move:
            shot = replace(shot, move=MOVES[(MOVES.index(shot.move) + 1) % len(MOVES)])
        result.append(shot)
    return result


def _track(number: int, kind: int, title: str, segments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": f"track_{number}", "tt": kind, "m": {"title": title}, "sg": segments}


def _video(
    shots: Sequence[MontageShot], owns: Sequence[int], joins: Sequence[Join]
) -> list[dict[str, Any]]:
    """Segments whose spans overlap by the transition into the later one.

    A transition takes at most half of either span. Half of the later one is its own time, as the
    other half is the overlap; at most the own time of the earlier one, so that no three shots meet.
    """
    segments: list[dict[str, Any]] = []
    start = overlap = 0
    for number, (shot, own) in enumerate(zip(shots, owns, strict=True)):
        join = joins[number - 1] if number else Join()
        if number:
            before = owns[number - 1]
            overlap = min(join.ms, own, before, (before + overlap) // 2)
        segment: dict[str, Any] = {
            "id": shot.id,
            "s": start - overlap,
            "d": own + overlap + shot.more,
            "m": {"title": shot.title, "_own": shot.own},
            "src": dict(shot.source),
            "motion": {"style": shot.style, "move": shot.move},
        }
        if shot.exact:
            segment["m"]["_exact"] = True
        if shot.more:
            segment["m"]["_more"] = shot.more
            segment["motion"]["d"] = own + overlap
        if shot.volume is not None:
            segment["v"] = shot.volume
        if number:
            segment["tr"] = join.to_draft(overlap)
        segments.append(segment)
        start += own + shot.more
    return segments


def _fade(own: int) -> dict[str, Any]:
    """A fade at one end of a shot."""
    return {"type": "dip", "d": min(FADE_MS, own // 3)}


def _shots(segments: Sequence[Mapping[str, Any]], end: int) -> tuple[MontageShot, ...]:
    starts = [segment["s"] + segment.get("tr", {}).get("d", 0) for segment in segments]
    return tuple(
        MontageShot(
            title=segment["m"]["title"],
            source=segment["src"],
            own=segment["m"].get("_own", after - start - segment["m"].get("_more", 0)),
            style=segment["motion"]["style"],
            move=segment["motion"]["move"],
            exact=segment["m"].get("_exact", False),
            volume=segment.get("v"),
            id=segment["id"],
            more=segment["m"].get("_more", 0),
        )
        for segment, start, after in zip(segments, starts, [*starts[1:], end], strict=True)
    )


def _audio(music: Music, ms: int) -> dict[str, Any]:
    return {
        "id": music.id,
        "s": 0,
        "d": ms,
        "v": music.volume,
        "m": {"title": music.title},
        "src": dict(music.source),
        "fade": {"in": min(500, ms // 4), "out": min(1500, ms // 3)},
    }


def _music(segment: Mapping[str, Any]) -> Music:
    return Music(segment["m"]["title"], segment["src"], segment["v"], segment["id"])


def _text(
    words: TextOverlay, ms: int, alone: int, video: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The segment of a title or caption; `alone` is how long the first shot is seen by itself."""
    start = max(ms + words.start, 0) if words.start < 0 else min(words.start, max(ms - 500, 0))
    length = ms - start if words.ms is None else min(words.ms, ms - start)
    if words.of:
        changes = [segment["s"] + segment.get("tr", {}).get("d", 0) // 2 for segment in video]
        index = next(n for n, segment in enumerate(video) if segment["id"] == words.of)
        start, end = [*changes, ms][index : index + 2]
        length = end - start
    if words.fitted:
        length = min(READ_MS, ms - start)
        if alone - TITLE_GAP_MS >= TITLE_LEAST_MS:
            length = min(length, alone - TITLE_GAP_MS)
    meta = {
        "title": words.text,
        "whole": words.ms is None,
        "last": words.start < 0,
        "fitted": words.fitted,
    }
    if words.of:
        meta["_of"] = words.of
    return {
        "id": words.id,
        "s": start,
        "d": length,
        "text": words.text,
        "m": meta,
        "style": {"position": words.position, "size": words.size},
    }


def _words(segment: Mapping[str, Any], ms: int) -> TextOverlay:
    meta = segment["m"]
    return TextOverlay(
        text=segment["text"],
        start=segment["s"] - ms if meta.get("last") else segment["s"],
        ms=None if meta["whole"] else segment["d"],
        size=segment["style"]["size"],
        position=segment["style"]["position"],
        id=segment["id"],
        fitted=meta.get("fitted", False),
        of=meta.get("_of", ""),
    )
