"""A timeline, its summary, and what changed since another.

A draft that is sent back is the one that came: reading leaves it as it was, and nothing here writes
drafts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skill.timeline.draft import (
    AUDIO,
    Segment,
    Track,
    finite,
    first,
    items,
    mapping,
    name_of,
    pixels,
    seconds,
    track_of,
)
from skill.timeline.telling import percent_shown, span_shown, time_shown

__all__ = ["Segment", "Timeline", "Track"]

MOST_SEGMENTS = 30
"""Of a track that are named in a summary."""


@dataclass(frozen=True)
class Timeline:
    """What a draft holds. `width` and `height` are None where unknown, `duration` is in seconds;
    `look` names what the colours go through, None being nothing."""

    tracks: tuple[Track, ...] = ()
    title: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float = 0.0
    fps: float | None = None
    look: str | None = None

    @classmethod
    def from_draft(cls, draft: object) -> Timeline:
        """Read a draft. Never raises: what cannot be read is left out."""
        root = mapping(draft)
        meta = mapping(root.get("m"))
        total = seconds(first(root, "d", "duration"))
        tracks = tuple(
            track_of(raw, number, total) for number, raw in enumerate(items(root.get("t")), start=1)
        )
        last = max((s.end for track in tracks for s in track.segments), default=0.0)
        return cls(
            tracks=tracks,
            title=name_of(meta.get("title")),
            width=pixels(meta.get("width", root.get("width"))),
            height=pixels(meta.get("height", root.get("height"))),
            duration=total or last,
            fps=finite(root.get("fps", meta.get("fps"))),
            look=name_of(meta.get("look")),
        )

    @property
    def ready(self) -> bool:
        """Whether it can be exported: at least one track holds a segment."""
        return any(track.segments for track in self.tracks)

    def summary(self) -> str:
        """One line in the contract's form: `Timeline (1 track): 1. Video: city timelapse (0-10s)`."""
        count = len(self.tracks)
        tracks = [
            f"{number}. {track.kind}: {_told(track)}"
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


def _told(track: Track) -> str:
    shown = [_segment(segment, track) for segment in track.segments[:MOST_SEGMENTS]]
    if more := len(track.segments) - len(shown):
        shown.append(f"and {more} more (to {time_shown(max(s.end for s in track.segments))}s)")
    return ", ".join(shown) or "empty"


def _segment(segment: Segment, track: Track) -> str:
    span = f"{span_shown(segment.start, segment.end)}s"
    if segment.text is not None:
        words = segment.text.replace('"', "'")  # the quotation marks of the form end where it ends
        return f'"{words}" ({span})'
    loud = track.type == AUDIO and segment.volume is not None
    return f"{segment.name} ({span}{f', {percent_shown(segment.volume)}' if loud else ''})"
