"""The cut behind a draft: shots, music and words, taken from a draft and laid out as one again.

A `Montage` is what the director edits. Its times are own times: how long a shot is seen before the
next begins to come in. The overlaps that the draft's form asks for are worked out on the way there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

VIDEO, AUDIO, TEXT = 0, 1, 7
FPS = 30
MIN_MS, MAX_MS = 1_000, 300_000
SHOT_MS = 3_000
MIN_SHOT_MS = 200
TITLE_GAP_MS, TITLE_LEAST_MS = 200, 1_500

ASPECTS = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:5": (4, 5)}
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
TRANSITION_MS = {"smooth": 600, "upbeat": 300, "still": 600}
MUSIC_NAMES = {
    "lofi": "Lo-fi",
    "ambient": "Ambient",
    "upbeat": "Upbeat",
    "cinematic": "Cinematic",
}


@dataclass(frozen=True)
class Shot:
    """One picture or clip. `own` ms before the next comes in; `wanted` ms of transition into it."""

    title: str
    source: Mapping[str, Any]
    own: int
    style: str = "smooth"
    move: str = "zoom_in"
    transition: str = "crossfade"
    wanted: int = 600
    id: str = ""


@dataclass(frozen=True)
class Music:
    """The one piece of music, under the whole. `volume` is 0 to 1."""

    title: str
    source: Mapping[str, Any]
    volume: float = 0.35
    id: str = ""


@dataclass(frozen=True)
class Words:
    """A title (large) or caption (small). A `start` below 0 counts from the end; `ms` of None lasts
    to the end. One that is `fitted` stays no longer than the first shot is seen alone, if that is
    long enough to read it."""

    text: str
    start: int = 0
    ms: int | None = 3_000
    size: str = "large"
    position: str = "center"
    id: str = ""
    fitted: bool = False


@dataclass(frozen=True)
class Montage:
    """A whole cut. `made` counts the segments ever made, so that an id is never used twice; `used`
    are the hashes of the shots there ever were, so that a removed one does not count as new."""

    aspect: str = "16:9"
    lines: int = 1080
    title: str = "project"
    shots: tuple[Shot, ...] = ()
    music: Music | None = None
    words: tuple[Words, ...] = ()
    made: int = 0
    used: tuple[str, ...] = ()

    @property
    def ms(self) -> int:
        """How long it is, in milliseconds."""
        return sum(shot.own for shot in self.shots)

    @property
    def style(self) -> str:
        return self.shots[0].style if self.shots else "smooth"

    @property
    def seen(self) -> tuple[str, ...]:
        """The hashes of all the shots there are and were."""
        shown = (str(shot.source.get("hash")) for shot in self.shots)
        return tuple(dict.fromkeys([*self.used, *shown]))

    def lasting(self, ms: int) -> Self:
        """As long as that, every shot in proportion."""
        ms = min(max(ms, MIN_MS), MAX_MS)
        return replace(self, shots=_scaled(self.shots, ms))

    def evenly(self, ms: int) -> Self:
        """As long as that, every shot seen for the same time, overlaps included."""
        ms = min(max(ms, MIN_MS), MAX_MS)
        count = len(self.shots)
        overlap = sum(_wanted(shot) for shot in self.shots[1:])
        each = (ms + overlap) / max(count, 1)
        owns = [each - (_wanted(shot) if n else 0) for n, shot in enumerate(self.shots)]
        if min(owns, default=0) < each / 2:  # too short for the overlaps: they will be cut down
            owns = [1.0] * count
        shots = [
            replace(s, own=max(1, round(o * 1000))) for s, o in zip(self.shots, owns, strict=True)
        ]
        return replace(self, shots=_scaled(tuple(shots), ms))

    def styled(self, style: str) -> Self:
        """Another pace of motion, with the transitions that go with it."""
        ms = TRANSITION_MS[style]
        return replace(
            self, shots=tuple(replace(shot, style=style, wanted=ms) for shot in self.shots)
        )

    def to_draft(self) -> dict[str, Any]:
        """The draft of this cut. Segments without an id get one."""
        named = self._named()
        width, height = SIZES[self.aspect, self.lines]
        video = _video(named.shots)
        alone = video[1]["s"] if len(video) > 1 else self.ms
        tracks = [_track(1, VIDEO, "Video", video)]
        if named.music is not None:
            tracks.append(_track(2, AUDIO, "BGM", [_audio(named.music, self.ms)]))
        if named.words:
            segments = [_text(words, self.ms, alone) for words in named.words]
            tracks.append(_track(3, TEXT, "Title", segments))
        return {
            "d": self.ms,
            "fps": FPS,
            "m": {
                "title": self.title,
                "width": width,
                "height": height,
                "ratio": self.aspect,
                "made": named.made,
                "used": list(self.seen),
            },
            "t": tracks,
        }

    @classmethod
    def from_draft(cls, draft: Mapping[str, Any]) -> Self:
        """The cut of a draft that `to_draft` wrote; an empty one for an empty draft."""
        tracks = {track["tt"]: track["sg"] for track in draft.get("t", [])}
        if not tracks:
            return cls()
        meta = draft["m"]
        size = (meta["width"], meta["height"])
        lines = next(key[1] for key, value in SIZES.items() if value == size)
        audio = tracks.get(AUDIO) or []
        return cls(
            aspect=meta["ratio"],
            lines=lines,
            title=meta["title"],
            shots=_shots(tracks.get(VIDEO, []), draft["d"]),
            music=_music(audio[0]) if audio else None,
            words=tuple(_words(segment, draft["d"]) for segment in tracks.get(TEXT, [])),
            made=meta["made"],
            used=tuple(meta.get("used", ())),
        )

    def _named(self) -> Self:
        made = self.made

        def name(old: str) -> str:
            nonlocal made
            if old:
                return old
            made += 1
            return f"seg_{made}"

        shots = tuple(replace(shot, id=name(shot.id)) for shot in _varied(self.shots))
        music = replace(self.music, id=name(self.music.id)) if self.music else None
        words = tuple(replace(item, id=name(item.id)) for item in self.words)
        return replace(self, shots=shots, music=music, words=words, made=made)


def _wanted(shot: Shot) -> int:
    return 0 if shot.transition == "cut" else shot.wanted


def _scaled(shots: Sequence[Shot], ms: int) -> tuple[Shot, ...]:
    """Own times in proportion that add up to `ms` exactly, none below the least."""
    total = sum(shot.own for shot in shots)
    least = min(MIN_SHOT_MS, ms // max(len(shots), 1))
    result: list[Shot] = []
    passed = placed = 0
    for number, shot in enumerate(shots):
        passed += shot.own
        end = ms if number == len(shots) - 1 else round(ms * passed / total)
        end = min(max(end, placed + least), ms - least * (len(shots) - 1 - number))
        result.append(replace(shot, own=end - placed))
        placed = end
    return tuple(result)


def _varied(shots: Sequence[Shot]) -> list[Shot]:
    """No two neighbours move alike."""
    result: list[Shot] = []
    for shot in shots:
        if result and shot.move == result[-1].move:
            shot = replace(shot, move=MOVES[(MOVES.index(shot.move) + 1) % len(MOVES)])
        result.append(shot)
    return result


def _track(number: int, kind: int, title: str, segments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": f"track_{number}", "tt": kind, "m": {"title": title}, "sg": segments}


def _video(shots: Sequence[Shot]) -> list[dict[str, Any]]:
    """Segments whose spans overlap by the transition into the later one.

    A transition takes at most half of either span. Half of the later one is its own time, as the
    other half is the overlap; at most the own time of the earlier one, so that no three shots meet.
    """
    segments: list[dict[str, Any]] = []
    start = overlap = 0
    for number, shot in enumerate(shots):
        if number:
            before = shots[number - 1].own
            overlap = min(_wanted(shot), shot.own, before, (before + overlap) // 2)
        segment = {
            "id": shot.id,
            "s": start - overlap,
            "d": shot.own + overlap,
            "m": {"title": shot.title, "wanted": shot.wanted},
            "src": dict(shot.source),
            "motion": {"style": shot.style, "move": shot.move},
        }
        if number:
            segment["tr"] = {"type": shot.transition, "d": overlap}
        segments.append(segment)
        start += shot.own
    return segments


def _shots(segments: Sequence[Mapping[str, Any]], end: int) -> tuple[Shot, ...]:
    starts = [segment["s"] + segment.get("tr", {}).get("d", 0) for segment in segments]
    return tuple(
        Shot(
            title=segment["m"]["title"],
            source=segment["src"],
            own=after - start,
            style=segment["motion"]["style"],
            move=segment["motion"]["move"],
            transition=segment.get("tr", {}).get("type", "crossfade"),
            wanted=segment["m"]["wanted"],
            id=segment["id"],
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


def _text(words: Words, ms: int, alone: int) -> dict[str, Any]:
    """The segment of a title or caption; `alone` is how long the first shot is seen by itself."""
    start = max(ms + words.start, 0) if words.start < 0 else min(words.start, max(ms - 500, 0))
    length = ms - start if words.ms is None else min(words.ms, ms - start)
    if words.fitted:
        length = min(SHOT_MS, ms - start)
        if alone - TITLE_GAP_MS >= TITLE_LEAST_MS:
            length = min(length, alone - TITLE_GAP_MS)
    return {
        "id": words.id,
        "s": start,
        "d": length,
        "text": words.text,
        "m": {
            "title": words.text,
            "whole": words.ms is None,
            "last": words.start < 0,
            "fitted": words.fitted,
        },
        "style": {"position": words.position, "size": words.size},
    }


def _words(segment: Mapping[str, Any], ms: int) -> Words:
    meta = segment["m"]
    return Words(
        text=segment["text"],
        start=segment["s"] - ms if meta.get("last") else segment["s"],
        ms=None if meta["whole"] else segment["d"],
        size=segment["style"]["size"],
        position=segment["style"]["position"],
        id=segment["id"],
        fitted=meta.get("fitted", False),
    )
