"""A draft's tracks and segments, read whatever they are. Pure.

Published of a draft (contract, "The draft"): `t` tracks, `tt` track type (0 video, 1 audio, 7 text),
`sg` segments, `d` duration in ms, `m` metadata. The rest of a segment is not: several spellings are
read, what is missing is filled in (a start: the end of the segment before), what has the wrong type
counts as missing. Reading is total: any JSON value gives tracks. Times here are seconds.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skill.timeline.telling import time_shown
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


# -- how things are spelled

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
_ADDRESS_OR_STAMP = re.compile(
    r"[a-z][a-z0-9+.-]{1,10}://.*|(?:data|blob):.*|.*[?&](?:X-Amz-\w+|Signature|Expires|sig|token)=.*"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*",
    re.IGNORECASE | re.DOTALL,
)
"""Values that do, whatever their key: addresses, UUIDs, times of writing."""
_EPOCH = 10**9
"""From here on a number is a time of writing: as seconds 2001, as milliseconds of a video 11 days."""


def track_of(raw: Mapping[str, Any], number: int, total: float | None) -> Track:
    """The `number`th track (from 1) of a draft that is `total` seconds long, if that is known."""
    kind = raw.get("tt", raw.get("type"))
    type_ = _TYPES.get(kind.lower()) if isinstance(kind, str) else None
    if type_ is None and (code := finite(kind)) is not None and code == int(code):
        type_ = int(code)
    meta = mapping(raw.get("m"))
    title = name_of(first(meta, *_NAMES)) or name_of(first(raw, *_NAMES))
    rows = list(items(raw.get("sg")))
    own_name = None if title in _KINDS else title
    extra = _fingerprint(raw, whole_track=True)
    segments: list[Segment] = []
    clock = 0.0
    for i, row in enumerate(rows):
        after = seconds(first(rows[i + 1], *_START)) if i + 1 < len(rows) else total
        segment = _segment(row, type_, clock, after, own_name, first(raw, *_VOLUME), extra)
        segments.append(segment)
        clock = segment.end
    label = _kind(type_, title, rows, number)
    return Track(label, type_, tuple(sorted(segments, key=lambda s: s.start)))


def _kind(type_: int | None, title: str | None, rows: list[Mapping[str, Any]], number: int) -> str:
    if type_ == VIDEO:
        return "Video"
    if type_ == AUDIO:
        own = any(mapping(row.get("src")).get("type") == "audio" for row in rows)
        return title if title in ("BGM", "Audio") else "Audio" if own else "BGM"
    if type_ == TEXT:
        small = any(mapping(row.get("style")).get("size") == "small" for row in rows)
        return title if title in ("Title", "Text") else "Text" if small else "Title"
    return f"Track {number}"


def _segment(
    row: Mapping[str, Any],
    type_: int | None,
    clock: float,
    after: float | None,
    track_name: str | None,
    track_volume: object,
    track_extra: str,
) -> Segment:
    meta, source = mapping(row.get("m")), mapping(row.get("src"))
    start, end = seconds(first(row, *_START)), seconds(first(row, *_END))
    start = clock if start is None else start
    length = seconds(first(row, *_LENGTH))
    if length is None:
        length = max(
            0.0, (end if end is not None else after if after is not None else start) - start
        )
    name = (
        name_of(first(meta, *_NAMES))
        or name_of(first(row, *_NAMES))
        or name_of(first(source, "name", "title", "filename", "style"))
        or track_name
    )
    words = first(row, *_TEXT) or first(meta, *_TEXT)
    text = name_of(words)
    if type_ == TEXT:
        text = text or name or ""
    loud = first(row, *_VOLUME)
    loud = first(meta, *_VOLUME) if loud is None else loud
    return Segment(
        name=name
        or text
        or {VIDEO: "clip", AUDIO: "audio"}.get(-1 if type_ is None else type_, "segment"),
        start=round(start, 3),
        duration=round(length, 3),
        text=text if type_ == TEXT else None,
        volume=_volume(track_volume if loud is None else loud),
        motion=_words(row.get("motion"), "style", "move"),
        transition=_transition(row.get("tr")),
        look=_words(row.get("style"), "size", "position"),
        source=_source(source),
        extra=_fingerprint(row)
        + track_extra
        + (repr(words) if isinstance(words, str) and len(words) > LONGEST_NAME else ""),
    )


def _source(source: Mapping[str, Any]) -> str | None:
    digest = source.get("hash")
    if isinstance(digest, str) and digest:
        return digest
    return name_of(first(source, "style", "name", "filename"))


def _transition(value: object) -> str | None:
    raw = mapping(value)
    kind = name_of(raw.get("type")) if raw else name_of(value)
    if kind is None or kind in ("cut", "none"):
        return None
    length = seconds(raw.get("d"))
    return f"{kind} {time_shown(length)}s" if length else kind


def _words(value: object, *keys: str) -> str | None:
    raw = mapping(value)
    parts = [name_of(raw.get(key)) for key in keys] if raw else [name_of(value)]
    return " ".join(part.replace("_", " ") for part in parts if part) or None


def _fingerprint(raw: Mapping[str, Any], *, whole_track: bool = False) -> str:
    """What a viewer might see of the keys nobody here knows."""
    known = _READ if not whole_track else {*_READ, "type"}
    unknown = {k: v for k, v in raw.items() if k not in known}
    nested = {} if whole_track else {
        "m": {k: v for k, v in mapping(raw.get("m")).items() if k not in (*_NAMES, *_TEXT, *_VOLUME)},
        "src": {k: v for k, v in mapping(raw.get("src")).items() if k not in ("name", "title")},
        "motion": {k: v for k, v in mapping(raw.get("motion")).items() if k not in ("style", "move")},
        "style": {k: v for k, v in mapping(raw.get("style")).items() if k not in ("size", "position")},
        "tr": {k: v for k, v in mapping(raw.get("tr")).items() if k not in ("type", "d")},
    }  # fmt: skip
    return repr(_plain({**unknown, **nested}, DEEPEST))


def _plain(value: object, depth: int) -> object:
    """A value that compares and prints the same whenever it means the same."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        number = finite(value)
        return None if number is None or number >= _EPOCH else round(number, 6)
    if isinstance(value, str):
        return None if _ADDRESS_OR_STAMP.fullmatch(value) else value
    if depth == 0:
        return None
    if isinstance(value, dict):
        seen = {
            k: v for k, v in value.items() if isinstance(k, str) and not _BY_ITSELF.fullmatch(k)
        }
        pairs = [(k, _plain(v, depth - 1)) for k, v in seen.items()]
        return tuple(sorted((pair for pair in pairs if pair[1] not in (None, (), "")), key=repr))
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v, depth - 1) for v in value)
    return None


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects in a list, or the values of an object."""
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (row for row in rows if isinstance(row, dict))


def first(raw: Mapping[str, Any], *keys: str) -> Any:
    """The value of the first of these keys that has one."""
    return next((raw[key] for key in keys if raw.get(key) is not None), None)


def finite(value: object) -> float | None:
    """A number, or a string of one, of a size that can be a time or a measure."""
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


def seconds(value: object) -> float | None:
    """Milliseconds, not negative, as seconds."""
    number = finite(value)
    return number / 1000 if number is not None and number >= 0 else None


def pixels(value: object) -> int | None:
    """A length in pixels, at least one."""
    number = finite(value)
    return int(number) if number is not None and number >= 1 else None


def _volume(value: object) -> float | None:
    """0..1; a number above 2 is taken for a percentage."""
    number = finite(value)
    if number is None or number < 0:
        return None
    return round(min(number / 100 if number > 2 else number, 1.0), 4)


def name_of(value: object) -> str | None:
    """A text as one printable line of bounded length, None if nothing is left of it."""
    if not isinstance(value, str):
        return None
    line = "".join(c for c in " ".join(value[:2000].split()) if c.isprintable() or c == "\u200d")
    line = hide(line)
    return (line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…") or None
