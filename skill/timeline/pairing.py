"""Which segment of one timeline became which of another. Pure.

Pieces are paired by content, not by place or id: what only moved is still the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skill.timeline.draft import AUDIO, TEXT, VIDEO, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from skill.timeline.model import Timeline

_GROUPS = {VIDEO: "Clip", AUDIO: "audio", TEXT: "text"}


@dataclass(frozen=True, eq=False)
class NumberedSegment:
    """A segment, and the how manieth it is of its group."""

    kind: str
    number: int
    of: int
    segment: Segment


@dataclass(frozen=True)
class Pair:
    """A piece before and after."""

    old: NumberedSegment
    new: NumberedSegment


@dataclass(frozen=True)
class GroupPairing:
    """The pieces of one sort in both timelines. `left` and `came` have no partner."""

    old: Sequence[NumberedSegment]
    new: Sequence[NumberedSegment]
    pairs: Sequence[Pair]
    left: Sequence[NumberedSegment]
    came: Sequence[NumberedSegment]

    @property
    def video(self) -> bool:
        return any(piece.kind == "Clip" for piece in (*self.old, *self.new))


def group(old: Timeline, new: Timeline, name: str) -> GroupPairing:
    """The pieces of a sort: "Clip", "audio", "text" or "Element"."""
    before, after = _pieces(old, name), _pieces(new, name)
    pairs = _paired(before, after)
    kept = {piece for pair in pairs for piece in (pair.old, pair.new)}
    left, came = ([p for p in pieces if p not in kept] for pieces in (before, after))
    return GroupPairing(before, after, pairs, left, came)


def _pieces(timeline: Timeline, name: str) -> list[NumberedSegment]:
    found = [
        (track.kind, segment)
        for track in timeline.tracks
        for segment in track.segments
        if _GROUPS.get(-1 if track.type is None else track.type, "Element") == name
    ]
    found.sort(key=lambda pair: (pair[1].start, repr(pair[1])))
    return [
        NumberedSegment(name if name in ("Clip", "Element") else kind, number, len(found), segment)
        for number, (kind, segment) in enumerate(found, start=1)
    ]


def _paired(old: list[NumberedSegment], new: list[NumberedSegment]) -> list[Pair]:
    """The same content first, then what took its place."""
    left, right, pairs = list(old), list(new), list[Pair]()
    stages: tuple[Callable[[NumberedSegment], Hashable], ...] = (
        lambda p: p.segment,
        lambda p: (p.segment.source, p.segment.name, p.segment.text, p.segment.start),
        lambda p: (p.segment.source, p.segment.name, p.segment.text),
        lambda p: (p.segment.source and (p.segment.source, p.segment.text)) or p,
        lambda p: (p.segment.name, p.segment.text),
        lambda p: (p.number, p.of) if p.kind == "Clip" else p.segment.start,
        lambda p: (
            p.kind
            if p.kind in ("BGM", "Audio") or (p.kind != "Clip" and len(left) == len(right) == 1)
            else p
        ),
    )
    for stage in stages:
        waiting: dict[Hashable, deque[NumberedSegment]] = {}
        for piece in right:
            waiting.setdefault(stage(piece), deque()).append(piece)
        found = [
            Pair(piece, match.popleft()) for piece in left if (match := waiting.get(stage(piece)))
        ]
        taken = {piece for pair in found for piece in (pair.old, pair.new)}
        left, right = ([p for p in side if p not in taken] for side in (left, right))
        pairs += found
    return sorted(pairs, key=lambda pair: pair.old.number)
