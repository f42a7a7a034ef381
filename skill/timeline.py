"""Draft → `Timeline`: its summary, and what changed between two drafts. Pure.

Published of a draft (contract, "The draft"): `t` tracks, `tt` track type (0 video, 1 audio, 7 text),
`sg` segments, `d` duration in ms, `m` metadata. The rest of a segment is not: several spellings are
read, what is missing is filled in (a start: the end of the segment before), what has the wrong type
counts as missing. Reading is total: any JSON value gives a `Timeline`. Times here are seconds.

A draft that is sent back is the one that came; nothing here writes drafts.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Segment", "Timeline", "Track", "changes"]

VIDEO, AUDIO, TEXT = 0, 1, 7
LONGEST_NAME = 80
DEEPEST = 12
"""Levels of an unknown value that are compared; what lies deeper is not."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a track. `volume` is 0..1, or None where none is given."""

    name: str
    start: float
    duration: float
    text: str | None = None
    volume: float | None = None
    motion: str | None = None
    transition: str | None = None
    """How it comes in, e.g. "crossfade 0.6s"; None for a cut."""
    look: str | None = None
    """Position and size of a text."""
    source: str | None = None
    """What it is made of, as far as that can be told from content: a hash, else a style or file."""
    extra: str = ""
    """A fingerprint of everything else in it, so that no change goes unseen."""

    @property
    def end(self) -> float:
        return self.start + self.duration


@dataclass(frozen=True)
class Track:
    """`kind` is "Video", "BGM", "Audio", "Title", "Text" or, for an unknown type, "Track N"."""

    kind: str
    type: int | None
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Timeline:
    """What a draft holds. `width` and `height` are None where unknown, `duration` is in seconds."""

    tracks: tuple[Track, ...] = ()
    title: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float = 0.0
    fps: float | None = None

    @classmethod
    def from_draft(cls, draft: object) -> Timeline:
        """Read a draft. Never raises: what cannot be read is left out."""
        root = _mapping(draft)
        meta = _mapping(root.get("m"))
        total = _seconds(_first(root, "d", "duration"))
        tracks = tuple(
            _track(raw, number, total) for number, raw in enumerate(_items(root.get("t")), start=1)
        )
        last = max((s.end for track in tracks for s in track.segments), default=0.0)
        return cls(
            tracks=tracks,
            title=_name(meta.get("title")),
            width=_pixels(meta.get("width", root.get("width"))),
            height=_pixels(meta.get("height", root.get("height"))),
            duration=total or last,
            fps=_number(root.get("fps", meta.get("fps"))),
        )

    @property
    def ready(self) -> bool:
        """Whether it can be exported: at least one track holds a segment."""
        return any(track.segments for track in self.tracks)

    def summary(self) -> str:
        """One line in the contract's form: `Timeline (1 track): 1. Video: city timelapse (0-10s)`."""
        count = len(self.tracks)
        tracks = [
            f"{number}. {track.kind}: {', '.join(_told(s, track) for s in track.segments) or 'empty'}"
            for number, track in enumerate(self.tracks, start=1)
        ]
        return f"Timeline ({count} track{'' if count == 1 else 's'}): {' '.join(tracks) or 'empty'}"

    def to_json(self) -> dict[str, Any]:
        """For `--json`: times in seconds, volumes 0..1, null where unknown."""
        return {
            "title": self.title,
            "width": self.width,
            "height": self.height,
            "duration": self.duration,
            "ready": self.ready,
            "tracks": [
                {
                    "kind": track.kind,
                    "segments": [
                        {
                            "name": s.name,
                            "start": s.start,
                            "end": round(s.end, 3),
                            "duration": s.duration,
                            "text": s.text,
                            "volume": s.volume,
                            "motion": s.motion,
                            "transition": s.transition,
                        }
                        for s in track.segments
                    ],
                }
                for track in self.tracks
            ],
        }


def _told(segment: Segment, track: Track) -> str:
    span = f"{_time(segment.start)}-{_time(segment.end)}s"
    if segment.text is not None:
        return f'"{segment.text}" ({span})'
    loud = track.type == AUDIO and segment.volume is not None
    return f"{segment.name} ({span}{f', {_percent(segment.volume)}' if loud else ''})"


# -- reading

_TYPES = {
    "video": VIDEO,
    "image": VIDEO,
    "audio": AUDIO,
    "music": AUDIO,
    "text": TEXT,
    "title": TEXT,
}
_KINDS = ("Video", "BGM", "Audio", "Title", "Text")
_START = ("s", "start", "st", "start_ms", "startTime", "start_time", "begin", "offset", "at")
_LENGTH = ("d", "duration", "dur", "duration_ms", "length")
_END = ("e", "end", "et", "end_ms", "endTime", "end_time")
_VOLUME = ("v", "vol", "volume", "gain")
_TEXT = ("text", "txt", "content")
_NAMES = ("title", "name", "label", "n")
_READ = {*_START, *_LENGTH, *_END, *_VOLUME, *_TEXT, *_NAMES, "m", "src", "motion", "tr", "style"}
_BY_ITSELF = re.compile(
    r"_.*|.*(?:^|_)(?:ids?|uuid|uid|guid|urls?|uri|href|ts|time_?stamps?|rev|revision|version|etag|token"
    r"|signature|thumb\w*|cover|path|hash|expires?\w*|index|sort)|.*(?:Id|Ids|Url|Urls|Uri|At)|.*_at"
    r"|(?:created|updated|modified)\w*|tt|sg"
)
"""Keys whose values change without anyone seeing it."""


def _track(raw: Mapping[str, Any], number: int, total: float | None) -> Track:
    kind = raw.get("tt", raw.get("type"))
    type_ = _TYPES.get(kind.lower()) if isinstance(kind, str) else None
    if type_ is None and (code := _number(kind)) is not None and code == int(code):
        type_ = int(code)
    meta = _mapping(raw.get("m"))
    title = _name(_first(meta, *_NAMES)) or _name(_first(raw, *_NAMES))
    rows = list(_items(raw.get("sg")))
    segments: list[Segment] = []
    clock = 0.0
    for i, row in enumerate(rows):
        after = _seconds(_first(rows[i + 1], *_START)) if i + 1 < len(rows) else total
        segment = _segment(row, raw, type_, clock, after, None if title in _KINDS else title)
        segments.append(segment)
        clock = segment.end
    label = _kind(type_, title, rows, number)
    return Track(label, type_, tuple(sorted(segments, key=lambda s: s.start)))


def _kind(type_: int | None, title: str | None, rows: list[Mapping[str, Any]], number: int) -> str:
    if type_ == VIDEO:
        return "Video"
    if type_ == AUDIO:
        own = any(_mapping(row.get("src")).get("type") == "audio" for row in rows)
        return title if title in ("BGM", "Audio") else "Audio" if own else "BGM"
    if type_ == TEXT:
        small = any(_mapping(row.get("style")).get("size") == "small" for row in rows)
        return title if title in ("Title", "Text") else "Text" if small else "Title"
    return f"Track {number}"


def _segment(
    row: Mapping[str, Any],
    track: Mapping[str, Any],
    type_: int | None,
    clock: float,
    after: float | None,
    fallback: str | None,
) -> Segment:
    meta, source = _mapping(row.get("m")), _mapping(row.get("src"))
    start, end = _seconds(_first(row, *_START)), _seconds(_first(row, *_END))
    start = clock if start is None else start
    length = _seconds(_first(row, *_LENGTH))
    if length is None:
        length = max(
            0.0, (end if end is not None else after if after is not None else start) - start
        )
    name = (
        _name(_first(meta, *_NAMES))
        or _name(_first(row, *_NAMES))
        or _name(_first(source, "name", "title", "filename", "style"))
        or fallback
    )
    words = _first(row, *_TEXT) or _first(meta, *_TEXT)
    text = _name(words)
    if type_ == TEXT:
        text = text or name or ""
    loud = _first(row, *_VOLUME)
    loud = _first(meta, *_VOLUME) if loud is None else loud
    return Segment(
        name=name
        or text
        or {VIDEO: "clip", AUDIO: "audio"}.get(-1 if type_ is None else type_, "segment"),
        start=round(start, 3),
        duration=round(length, 3),
        text=text if type_ == TEXT else None,
        volume=_volume(_first(track, *_VOLUME) if loud is None else loud),
        motion=_words(row.get("motion"), "style", "move"),
        transition=_transition(row.get("tr")),
        look=_words(row.get("style"), "size", "position"),
        source=_source(source),
        extra=_fingerprint(row)
        + _fingerprint(track, whole_track=True)
        + (repr(words) if isinstance(words, str) and len(words) > LONGEST_NAME else ""),
    )


def _source(source: Mapping[str, Any]) -> str | None:
    digest = source.get("hash")
    if isinstance(digest, str) and digest:
        return digest
    return _name(_first(source, "style", "name", "filename"))


def _transition(value: object) -> str | None:
    raw = _mapping(value)
    kind = _name(raw.get("type")) if raw else _name(value)
    if kind is None or kind in ("cut", "none"):
        return None
    length = _seconds(raw.get("d"))
    return f"{kind} {_time(length)}s" if length else kind


def _words(value: object, *keys: str) -> str | None:
    raw = _mapping(value)
    parts = [_name(raw.get(key)) for key in keys] if raw else [_name(value)]
    return " ".join(part.replace("_", " ") for part in parts if part) or None


def _fingerprint(raw: Mapping[str, Any], *, whole_track: bool = False) -> str:
    """What a viewer might see of the keys nobody here knows."""
    known = _READ if not whole_track else {*_READ, "type"}
    unknown = {k: v for k, v in raw.items() if k not in known}
    nested = {} if whole_track else {
        "m": {k: v for k, v in _mapping(raw.get("m")).items() if k not in (*_NAMES, *_TEXT, *_VOLUME)},
        "src": {k: v for k, v in _mapping(raw.get("src")).items() if k not in ("name", "title")},
        "motion": {k: v for k, v in _mapping(raw.get("motion")).items() if k not in ("style", "move")},
        "style": {k: v for k, v in _mapping(raw.get("style")).items() if k not in ("size", "position")},
        "tr": {k: v for k, v in _mapping(raw.get("tr")).items() if k not in ("type", "d")},
    }  # fmt: skip
    return repr(_plain({**unknown, **nested}, DEEPEST))


def _plain(value: object, depth: int) -> object:
    """A value that compares and prints the same whenever it means the same."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        number = _number(value)
        return None if number is None else round(number, 6)
    if isinstance(value, str):
        return None if value.startswith(("http://", "https://")) else value
    if depth == 0:
        return None
    if isinstance(value, dict):
        pairs = [(str(k), _plain(v, depth - 1)) for k, v in value.items() if isinstance(k, str)]
        kept = [(k, v) for k, v in pairs if v not in (None, (), "") and not _BY_ITSELF.fullmatch(k)]
        return tuple(sorted(kept, key=repr))
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v, depth - 1) for v in value)
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> Iterator[Mapping[str, Any]]:
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (row for row in rows if isinstance(row, dict))


def _first(raw: Mapping[str, Any], *keys: str) -> Any:
    return next((raw[key] for key in keys if raw.get(key) is not None), None)


def _number(value: object) -> float | None:
    if isinstance(value, str) and len(value) < 30:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int) and abs(value) > 10**15:
        return None
    return float(value) if math.isfinite(value) and abs(value) < 1e15 else None


def _seconds(value: object) -> float | None:
    number = _number(value)
    return number / 1000 if number is not None and number >= 0 else None


def _pixels(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number >= 1 else None


def _volume(value: object) -> float | None:
    """0..1; a number above 2 is taken for a percentage."""
    number = _number(value)
    if number is None or number < 0:
        return None
    return round(min(number / 100 if number > 2 else number, 1.0), 4)


def _name(value: object) -> str | None:
    """A text as one printable line of bounded length, None if nothing is left of it."""
    if not isinstance(value, str):
        return None
    line = "".join(c for c in " ".join(value[:2000].split()) if c.isprintable() or c == "\u200d")
    line = hide(line)
    return (line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…") or None


def _time(seconds: float) -> str:
    return f"{seconds:.2f}".rstrip("0").rstrip(".")


def _percent(volume: float | None) -> str:
    return "" if volume is None else f"{volume * 100:.0f}%"


# -- what changed

_EN = {
    "renamed": "Project renamed: {0} → {1}",
    "format": "Format: {0} → {1} ({2})",
    "size": "Size: {0} → {1}",
    "fps": "Frame rate: {0} → {1} fps",
    "duration": "Duration: {0}s → {1}s",
    "added": "{0} added: {1}",
    "removed": "{0} removed: {1}",
    "many added": "Clips added: {0}",
    "many removed": "Clips removed: {0}",
    "swapped": "{0} changed: {1} → {2}",
    "replaced": "{0} replaced: {1} → {2}",
    "moved": "{0} moved from {1}s to {2}s",
    "length": "{0}: {1}s → {2}s long",
    "pace": "Pace: {0} clips now {1}s long (were {2}s)",
    "order": "Clip order: {0} → {1}",
    "reordered": "Clip order changed",
    "volume": "{0} volume: {1} → {2}",
    "motion": "{0} motion: {1} → {2}",
    "transition": "{0} transition: {1} → {2}",
    "look": "{0} style: {1} → {2}",
    "touched": "{0} changed",
    "Clip": "Clip", "BGM": "Music", "Audio": "Audio", "Title": "Title", "Text": "Text",
    "Element": "Element", "none": "none", "quote": "'{0}'", "number": "{0} {1}", "comma": ", ", "was": "{0} ({1} → {2})",
}  # fmt: skip
_ZH = {
    "renamed": "项目改名：{0} → {1}",
    "format": "画面比例：{0} → {1}（{2}）",
    "size": "画面尺寸：{0} → {1}",
    "fps": "帧率：{0} → {1} fps",
    "duration": "时长：{0}秒 → {1}秒",
    "added": "新增{0}：{1}",
    "removed": "删除{0}：{1}",
    "many added": "新增片段：{0}",
    "many removed": "删除片段：{0}",
    "swapped": "{0}更换：{1} → {2}",
    "replaced": "{0}替换：{1} → {2}",
    "moved": "{0}从{1}秒移到{2}秒",
    "length": "{0}时长：{1}秒 → {2}秒",
    "pace": "节奏：{0}个片段现为{1}秒（原为{2}秒）",
    "order": "片段顺序：{0} → {1}",
    "reordered": "片段顺序已调整",
    "volume": "{0}音量：{1} → {2}",
    "motion": "{0}动态：{1} → {2}",
    "transition": "{0}转场：{1} → {2}",
    "look": "{0}样式：{1} → {2}",
    "touched": "{0}有改动",
    "Clip": "片段", "BGM": "音乐", "Audio": "音频", "Title": "标题", "Text": "文字",
    "Element": "元素", "none": "无", "quote": "“{0}”", "number": "{0}{1}", "comma": "、", "was": "{0}（{1} → {2}）",
}  # fmt: skip


@dataclass(frozen=True)
class _Piece:
    """A segment with what it is called in its group."""

    kind: str
    number: int
    of: int
    segment: Segment


def changes(before: object, after: object, language: str = "en") -> tuple[str, ...]:
    """What a viewer could see or hear change from one draft to the other, a sentence each.

    Tracks may change places, and ids, times of writing and addresses may change by themselves:
    that is no change. A move that only follows from a change before it is not told. `language`
    "zh…" gives Chinese.
    """
    old, new = Timeline.from_draft(before), Timeline.from_draft(after)
    say = _ZH if language.lower().startswith("zh") else _EN
    lines = list(_frame_changes(old, new, say))
    for group in ("Clip", "audio", "text", "Element"):
        lines += _group_changes(_pieces(old, group), _pieces(new, group), (old, new), say)
    return tuple(dict.fromkeys(lines))


def _frame_changes(old: Timeline, new: Timeline, say: Mapping[str, str]) -> Iterator[str]:
    if old.title and new.title and old.title != new.title:
        yield say["renamed"].format(old.title, new.title)
    sizes = [f"{t.width}×{t.height}" for t in (old, new) if t.width and t.height]
    if len(set(sizes)) == 2:
        ratios = [_ratio(t) for t in (old, new)]
        if ratios[0] != ratios[1]:
            yield say["format"].format(*ratios, sizes[1])
        else:
            yield say["size"].format(*sizes)
    if old.fps and new.fps and old.fps != new.fps:
        yield say["fps"].format(_time(old.fps), _time(new.fps))
    if _time(old.duration) != _time(new.duration):
        yield say["duration"].format(_time(old.duration), _time(new.duration))


def _ratio(timeline: Timeline) -> str:
    width, height = timeline.width or 1, timeline.height or 1
    divisor = math.gcd(width, height)
    return f"{width // divisor}:{height // divisor}"


def _pieces(timeline: Timeline, group: str) -> list[_Piece]:
    groups = {VIDEO: "Clip", AUDIO: "audio", TEXT: "text"}
    found = [
        (track.kind, segment)
        for track in timeline.tracks
        for segment in track.segments
        if groups.get(-1 if track.type is None else track.type, "Element") == group
    ]
    found.sort(key=lambda pair: (pair[1].start, repr(pair[1])))
    return [
        _Piece(group if group in _EN else kind, i, len(found), segment)
        for i, (kind, segment) in enumerate(found, start=1)
    ]


def _group_changes(
    old: list[_Piece], new: list[_Piece], whole: tuple[Timeline, Timeline], say: Mapping[str, str]
) -> list[str]:
    pairs = _pair(old, new)
    kept = {id(p) for pair in pairs for p in pair}
    lines: list[str] = []
    for key, group in (("removed", old), ("added", new)):
        left = [p for p in group if id(p) not in kept]
        if len(left) > 3 and left[0].kind == "Clip":
            names = say["comma"].join(p.segment.name for p in left)
            lines.append(say[f"many {key}"].format(names))
        else:
            lines += [say[key].format(say[p.kind], _described(p, say)) for p in left]
    places = [a.number - 1 for _, a in pairs]
    video = bool(pairs) and pairs[0][0].kind == "Clip"
    if video and places != sorted(places):
        lines.append(_order([b for b, _ in pairs], [new[i] for i in sorted(places)], say))
    elif video:
        lines += _moves(old, new, pairs, say)
    paced = [(b, a) for b, a in pairs if _time(b.segment.duration) != _time(a.segment.duration)]
    if video and len(paced) > 3:
        spans = [_range([pair[i].segment.duration for pair in paced]) for i in (1, 0)]
        lines.append(say["pace"].format(len(paced), *spans))
        paced = []
    for b, a in pairs:
        told = [] if video else _shifted(b, a, whole, say)
        if video and any(b is x for x, _ in paced):
            times = _time(b.segment.duration), _time(a.segment.duration)
            told.append(say["length"].format(_label(a, say), *times))
        lines += told + _differences(b, a, say, alone=not told)
    return lines


def _pair(old: list[_Piece], new: list[_Piece]) -> list[tuple[_Piece, _Piece]]:
    """Which piece became which: the same content first, then what took its place."""
    left, right, pairs = list(old), list(new), []
    stages: tuple[Callable[[_Piece], object], ...] = (
        lambda p: p.segment,
        lambda p: (p.segment.source, p.segment.name, p.segment.text, p.segment.start),
        lambda p: (p.segment.source, p.segment.name, p.segment.text),
        lambda p: (p.segment.source and (p.segment.source, p.segment.text)) or p,
        lambda p: (p.segment.name, p.segment.text),
        lambda p: (p.number, p.of) if p.kind == "Clip" else p.segment.start,
        lambda p: p.kind if p.kind in ("BGM", "Audio") or (len(left) == len(right) == 1) else id(p),
    )
    for stage in stages:
        waiting: dict[object, list[_Piece]] = {}
        for piece in right:
            waiting.setdefault(stage(piece), []).append(piece)
        for piece in list(left):
            match = waiting.get(stage(piece))
            if match and not (piece.kind == "Clip" and stage is stages[-1]):
                pairs.append((piece, match.pop(0)))
        taken = {id(p) for pair in pairs for p in pair}
        left = [p for p in left if id(p) not in taken]
        right = [p for p in right if id(p) not in taken]
    return sorted(pairs, key=lambda pair: pair[0].number)


def _moves(
    old: list[_Piece], new: list[_Piece], pairs: list[tuple[_Piece, _Piece]], say: Mapping[str, str]
) -> Iterator[str]:
    """Clips that moved by themselves: the gap to the clip before them is another one."""
    for b, a in pairs:
        gaps = [_gap(b, old), _gap(a, new)]
        if _time(b.segment.start) != _time(a.segment.start) and abs(gaps[0] - gaps[1]) > 0.005:
            yield say["moved"].format(
                _label(a, say), _time(b.segment.start), _time(a.segment.start)
            )


def _gap(piece: _Piece, group: list[_Piece]) -> float:
    before = group[piece.number - 2].segment.end if piece.number > 1 else 0.0
    return piece.segment.start - before


def _order(old: list[_Piece], new: list[_Piece], say: Mapping[str, str]) -> str:
    names = [[p.segment.name for p in group] for group in (old, new)]
    if names[0] == names[1] or len(old) > 6:
        return say["reordered"]
    return say["order"].format(*(say["comma"].join(group) for group in names))


def _shifted(
    b: _Piece, a: _Piece, whole: tuple[Timeline, Timeline], say: Mapping[str, str]
) -> list[str]:
    spans = [(_time(p.segment.start), _time(p.segment.end)) for p in (b, a)]
    ends = [_time(t.duration) for t in whole]
    if spans[0] == spans[1] or (
        spans[0][0] == spans[1][0] and [end for _, end in spans] == ends and ends[0] != ends[1]
    ):
        return []
    lengths = [_time(p.segment.duration) for p in (b, a)]
    told = []
    if spans[0][0] != spans[1][0]:
        told.append(say["moved"].format(_label(a, say), spans[0][0], spans[1][0]))
    if lengths[0] != lengths[1]:
        told.append(say["length"].format(_label(a, say), *lengths))
    return told


def _differences(b: _Piece, a: _Piece, say: Mapping[str, str], *, alone: bool) -> list[str]:
    old, new, label = b.segment, a.segment, _label(a, say)
    loud = (_percent(old.volume), _percent(new.volume))
    lines: list[str] = []
    sound = a.kind in ("BGM", "Audio")
    if old.text != new.text:
        lines.append(
            say["swapped"].format(
                say[a.kind], *(say["quote"].format(t) for t in (old.text, new.text))
            )
        )
    elif old.source != new.source or (old.name != new.name and (sound or old.source is None)):
        if old.name == new.name:
            lines.append(say["touched"].format(label))
        elif sound and loud[0] != loud[1] and all(loud):
            lines.append(say["swapped"].format(label, old.name, say["was"].format(new.name, *loud)))
            loud = ("", "")
        else:
            lines.append(say["swapped" if sound else "replaced"].format(label, old.name, new.name))
    if loud[0] != loud[1]:
        lines.append(say["volume"].format(label, loud[0] or say["none"], loud[1] or say["none"]))
    for key in ("motion", "transition", "look"):
        values = [getattr(segment, key) for segment in (old, new)]
        if values[0] != values[1]:
            lines.append(say[key].format(label, *(value or say["none"] for value in values)))
    if not lines and alone and old.extra != new.extra:
        lines.append(say["touched"].format(label))
    return lines


def _label(piece: _Piece, say: Mapping[str, str]) -> str:
    if piece.segment.text is not None:
        return say["number"].format(say[piece.kind], say["quote"].format(piece.segment.text))
    if piece.of == 1 and piece.kind != "Clip":
        return say[piece.kind]
    return say["number"].format(say[piece.kind], piece.number)


def _described(piece: _Piece, say: Mapping[str, str]) -> str:
    segment = piece.segment
    span = f"{_time(segment.start)}-{_time(segment.end)}s"
    if segment.text is not None:
        return f"{say['quote'].format(segment.text)} ({span})"
    if piece.kind in ("BGM", "Audio") and segment.volume is not None:
        span += f", {_percent(segment.volume)}"
    return f"{segment.name} ({span})"


def _range(values: list[float]) -> str:
    low, high = _time(min(values)), _time(max(values))
    return low if low == high else f"{low}-{high}"
