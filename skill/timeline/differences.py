"""What a viewer could see or hear change between two timelines, as a person would tell it. Pure.

The pieces of both are paired by content, not by place or id. From the pairs come notes; the same
note on three pieces or more becomes one line, and what merely follows (a caption that goes with
its clip, clips that make room) none.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skill.timeline.model import Timeline
from skill.timeline.naming import (
    MOST_NAMES,
    called,
    counted,
    described,
    label,
    label_of_many,
    listed,
    quoted,
    range_shown,
)
from skill.timeline.pairing import GroupPairing, NumberedSegment, Pair, group
from skill.timeline.telling import EN, SHAPES, ZH, percent_shown, span_shown, time_shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


MANY = 3
"""Pieces with the same change from which on they are told as one."""
MOST_LINES = 8


@dataclass(frozen=True)
class _Note:
    """What became of a pair: a key of the words, and what is put into them after its name."""

    key: str
    pair: Pair
    values: tuple[str, ...] = ()


def changes(before: object, after: object, language: str = "en") -> tuple[str, ...]:
    """What a viewer could see or hear change from one draft to the other, a sentence each.

    Tracks may change places, and ids, times of writing and addresses may change by themselves:
    that is no change. A move that only follows from a change before it is not told, the same
    change to many clips is told once, and of very many changes the first `MOST_LINES`. `language`
    "zh…" gives Chinese.
    """
    old, new = Timeline.from_draft(before), Timeline.from_draft(after)
    say = ZH if language.lower().startswith("zh") else EN
    if old.ready and not any(track.segments for track in new.tracks):
        return (say["emptied"],)
    clips = group(old, new, "Clip")
    longer = _longer(old, new, clips)
    lines = [*_whole(old, new, say, longer), *_clips(clips, say, longer)]
    for name in ("audio", "text", "Element"):
        some = group(old, new, name)
        lines += _comings(some, say)
        notes = [note for pair in some.pairs for note in _likeness(pair, say)]
        moved = _timings(some, clips, (old, new))
        told_of = {note.pair for note in (*moved, *(n for n in notes if n.key != "touched"))}
        # What lies under the whole goes with its length: the fades of music among it.
        told_of |= {pair for pair in some.pairs if _fills(pair, (old, new))}
        notes = [note for note in notes if note.key != "touched" or note.pair not in told_of]
        lines += _folded([*notes, *moved], some, say)
    lines = list(dict.fromkeys(lines))
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 1 :] = [say["more"].format(len(lines) - MOST_LINES + 1)]
    return tuple(lines)


def _longer(old: Timeline, new: Timeline, clips: GroupPairing) -> Pair | None:
    """The last clip, where it goes on for longer and all before that is when it was."""
    by = new.duration - old.duration
    if by < 0.01 or not clips.pairs or clips.left or clips.came:
        return None
    *others, last = sorted(clips.pairs, key=lambda pair: pair.old.number)
    spans = [(pair.old.segment, pair.new.segment) for pair in clips.pairs]
    stay = all(_near(b.start, a.start) for b, a in spans)
    stay = stay and all(_near(p.old.segment.end, p.new.segment.end) for p in others)
    grows = _near(last.new.segment.duration, last.old.segment.duration + by)
    return last if stay and grows else None


def _whole(
    old: Timeline, new: Timeline, say: Mapping[str, str], longer: Pair | None
) -> Iterator[str]:
    if old.title and new.title and old.title != new.title:
        yield say["renamed"].format(old.title, new.title)
    sizes = [(t.width, t.height) for t in (old, new) if t.width and t.height]
    if len(set(sizes)) == 2:
        shapes = [_shape(width or 1, height or 1) for width, height in sizes]
        shown = [f"{width}×{height}" for width, height in sizes]
        same = shapes[0] == shapes[1]
        yield say["size"].format(*shown) if same else say["format"].format(*shapes, shown[1])
    if old.fps and new.fps and old.fps != new.fps:
        yield say["fps"].format(time_shown(old.fps), time_shown(new.fps))
    if old.look != new.look:
        yield say["colours"].format(old.look or say["natural"], new.look or say["natural"])
    times = time_shown(old.duration), time_shown(new.duration)
    if longer:
        yield say["longer"].format(time_shown(new.duration - old.duration), *times)
    elif times[0] != times[1]:
        yield say["duration"].format(*times)


def _shape(width: int, height: int) -> str:
    for across, down in SHAPES:
        if abs(width * down / (height * across) - 1) < 0.01:
            return f"{across}:{down}"
    divisor = math.gcd(width, height)
    return f"{width // divisor}:{height // divisor}"


# -- clips


def _clips(some: GroupPairing, say: Mapping[str, str], longer: Pair | None) -> list[str]:
    lines, split = _splits(some, say)
    some = GroupPairing(
        some.old, some.new, some.pairs, some.left, [p for p in some.came if p not in split]
    )
    lines += _comings(some, say)
    places = [pair.new.number for pair in some.pairs]
    ordered = places == sorted(places)
    if not ordered:
        lines.append(_order(some.pairs, say))
    timings = [
        note
        for pair in some.pairs
        if pair.old not in split
        and pair is not longer
        and (note := _clip_timing(pair, some, ordered=ordered))
    ]
    notes = [*timings, *(note for pair in some.pairs for note in _likeness(pair, say))]
    busy = {note.pair for note in notes if note.key != "touched"} | {longer}
    notes = [n for n in notes if n.key != "touched" or not (n.pair in busy or n.pair.old in split)]
    return lines + _folded(notes, some, say)


def _splits(some: GroupPairing, say: Mapping[str, str]) -> tuple[list[str], set[NumberedSegment]]:
    """Clips of which a part became one of its own, told, and the pieces that tells everything of."""
    lines: list[str] = []
    settled: set[NumberedSegment] = set()
    parts = {pair.new.number: pair for pair in some.pairs}
    for piece in some.came:
        pair = parts.get(piece.number - 1)
        if pair is None:
            continue
        whole, head, tail = pair.old.segment, pair.new.segment, piece.segment
        same = (tail.source, tail.name) == (whole.source, whole.name)
        if same and abs(head.duration + tail.duration - whole.duration) < 0.01:
            settled |= {pair.old, piece}
            times = time_shown(head.duration), time_shown(tail.duration)
            lines.append(say["split"].format(label(pair.old, say), whole.name, *times))
    return lines, settled


def _order(pairs: Sequence[Pair], say: Mapping[str, str]) -> str:
    """Two that changed places, one that went elsewhere, or the whole order."""
    now = sorted(pairs, key=lambda pair: pair.new.number)
    was = list(pairs)
    astray = [i for i, (b, a) in enumerate(zip(was, now, strict=True)) if b is not a]
    first, last = astray[0], astray[-1]
    names = [[p.old.segment.name for p in was], [p.new.segment.name for p in now]]
    if names[0] == names[1]:
        return say["reordered"]
    if len(astray) == 2:
        one, other = was[first].old, was[last].old
        return say["swapped"].format(one.number, other.number, one.segment.name, other.segment.name)
    for moved, rest in ((was[last], was[first:last]), (was[first], was[first + 1 : last + 1])):
        after = [moved, *rest] if moved is was[last] else [*rest, moved]
        if now[first : last + 1] == after:
            return say["placed"].format(moved.new.segment.name, moved.old.number, moved.new.number)
    if len(pairs) > MOST_NAMES:
        return say["reordered"]
    return say["order"].format(*(say["comma"].join(group) for group in names))


def _clip_timing(pair: Pair, some: GroupPairing, *, ordered: bool) -> _Note | None:
    """Its start counts only if the gap to the clip before it is another one: else it made room."""
    gaps = [_gap(pair.old, some.old), _gap(pair.new, some.new)]
    return _timing(pair, moved=ordered and abs(gaps[0] - gaps[1]) > 0.005)


def _gap(piece: NumberedSegment, pieces: Sequence[NumberedSegment]) -> float:
    before = pieces[piece.number - 2].segment.end if piece.number > 1 else 0.0
    return piece.segment.start - before


# -- everything


def _comings(some: GroupPairing, say: Mapping[str, str]) -> list[str]:
    if some.video and not some.pairs and some.left and some.came:
        names = [listed([p.segment.name for p in side], say) for side in (some.left, some.came)]
        return [say["replaced"].format(label_of_many(some.left, len(some.old), say), *names)]
    lines = []
    for key, pieces in (("removed", some.left), ("added", some.came)):
        if len(pieces) >= MANY:
            shown = listed([called(p, say) for p in pieces], say)
            lines.append(say[key].format(counted(pieces, say), shown))
        else:
            lines += [say[key].format(say[p.kind], described(p, say)) for p in pieces]
    return lines


def _timings(
    some: GroupPairing, clips: GroupPairing, whole: tuple[Timeline, Timeline]
) -> list[_Note]:
    starts = [clip.old.segment.start for clip in clips.pairs]
    notes = []
    for pair in some.pairs:
        text = pair.old.segment.text is not None
        if _fills(pair, whole) or (text and _goes_with_a_clip(pair, clips, starts)):
            continue
        if note := _timing(pair, moved=True):
            notes.append(note)
    return notes


def _fills(pair: Pair, whole: tuple[Timeline, Timeline]) -> bool:
    """Whether it lies to the end as it did, where that is another one now."""
    b, a = pair.old.segment, pair.new.segment
    ends = [time_shown(timeline.duration) for timeline in whole]
    stays = time_shown(b.start) == time_shown(a.start) and ends[0] != ends[1]
    return stays and [time_shown(b.end), time_shown(a.end)] == ends


def _goes_with_a_clip(pair: Pair, clips: GroupPairing, starts: Sequence[float]) -> bool:
    """Whether a text lies in the same way over the clip it lay over before."""
    b, a = pair.old.segment, pair.new.segment
    at = bisect_right(starts, b.start) - 1
    if at < 0:
        return False
    was, now = clips.pairs[at].old.segment, clips.pairs[at].new.segment
    if b.start >= was.end or not _near(b.start - was.start, a.start - now.start):
        return False
    with_it = was.start != now.start and _near(b.duration, a.duration)
    return with_it or _near(b.end - was.end, a.end - now.end)


def _near(one: float, other: float) -> bool:
    return abs(one - other) < 0.01


def _timing(pair: Pair, *, moved: bool) -> _Note | None:
    b, a = pair.old.segment, pair.new.segment
    moved = moved and time_shown(b.start) != time_shown(a.start)
    longer = time_shown(b.duration) != time_shown(a.duration)
    if moved and longer:
        return _Note("span", pair, (span_shown(b.start, b.end), span_shown(a.start, a.end)))
    if moved:
        return _Note("moved", pair, (time_shown(b.start), time_shown(a.start)))
    if longer:
        return _Note("length", pair, (time_shown(b.duration), time_shown(a.duration)))
    return None


def _likeness(pair: Pair, say: Mapping[str, str]) -> Iterator[_Note]:
    """What it is now, beside when. `touched`: something nobody here has a word for."""
    old, new = pair.old.segment, pair.new.segment
    loud = (percent_shown(old.volume), percent_shown(new.volume))
    sound = pair.new.kind in ("BGM", "Audio")
    plain = True
    if old.text != new.text:
        plain = False
        yield _Note("changed", pair, (quoted(old, say), quoted(new, say)))
    elif old.source != new.source or (old.name != new.name and (sound or old.source is None)):
        plain = False
        if old.name == new.name:
            yield _Note("touched", pair)
        elif sound and loud[0] != loud[1] and all(loud):
            yield _Note("changed", pair, (old.name, say["was"].format(new.name, *loud)))
            loud = ("", "")
        else:
            yield _Note("changed" if sound else "replaced", pair, (old.name, new.name))
    if loud[0] != loud[1]:
        plain = False
        yield _Note("volume", pair, (loud[0] or say["default"], loud[1] or say["default"]))
    for key in ("motion", "transition", "look"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            plain = False
            yield _Note(key, pair, (was or say["none"], now or say["none"]))
    if plain and old.extra != new.extra:
        yield _Note("touched", pair)


# -- in words


def _folded(notes: list[_Note], some: GroupPairing, say: Mapping[str, str]) -> list[str]:
    """A line a note, but one for `MANY` of the same key, where the first of them would stand."""
    keys = dict.fromkeys(note.key for note in notes)
    times = [note for note in notes if note.key in ("moved", "length", "span")]
    mixed = len(times) >= MANY and len({note.key for note in times}) > 1
    lines: list[str] = []
    for key in keys:
        same = [note for note in notes if note.key == key]
        if mixed and key in ("moved", "length", "span"):
            if key == times[0].key:
                lines.append(
                    say["retimed"].format(
                        label_of_many([n.pair.new for n in times], len(some.new), say)
                    )
                )
        elif len(same) >= MANY:
            lines.append(_one_line(key, same, len(some.new), say))
        else:
            lines += [say[key].format(_name(note, say), *note.values) for note in same]
    return lines


def _one_line(key: str, notes: list[_Note], of: int, say: Mapping[str, str]) -> str:
    them = label_of_many([note.pair.new for note in notes], of, say)
    befores, afters = ([n.pair.old.segment for n in notes], [n.pair.new.segment for n in notes])
    if key == "length":
        return say["pace"].format(
            them, *(range_shown([s.duration for s in side]) for side in (afters, befores))
        )
    if key in ("moved", "span"):
        by = {round(a.start - b.start, 2) for b, a in zip(befores, afters, strict=True)}
        if key == "span" or len(by) > 1:
            return say["retimed"].format(them)
        (shift,) = by
        return say["later" if shift > 0 else "earlier"].format(them, time_shown(abs(shift)))
    if key == "changed" and afters[0].text is not None:
        return say["reworded"].format(them)
    if key in ("changed", "replaced"):
        names = (listed([s.name for s in side], say) for side in (befores, afters))
        return say[key].format(them, *names)
    if key == "touched":
        return say[key].format(them)
    now = {note.values[1] for note in notes}
    return (
        say[f"all {key}"].format(them, *now) if len(now) == 1 else say[f"differ {key}"].format(them)
    )


def _name(note: _Note, say: Mapping[str, str]) -> str:
    """What a piece is called in a note; one with other words is not called by them."""
    new = note.pair.new
    reworded = note.pair.old.segment.text != new.segment.text
    return say[new.kind] if note.key == "changed" and reworded else label(new, say)
