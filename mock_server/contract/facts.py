"""What has to be true beyond the form of one answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ORDER = {"pending": 0, "processing": 1, "completed": 2, "failed": 2, "cancelled": 2}
FINAL = ("completed", "failed", "cancelled")
_TRACKS = (0, 1, 7)


@dataclass(frozen=True)
class RenderSnapshot:
    """How a render stood when it was looked at."""

    status: object
    progress: object


@dataclass(frozen=True)
class FetchedFile:
    """A file that was fetched: bytes, SHA-256, its first bytes, and the type it came as."""

    size: int
    sha256: str
    head: bytes
    type: str


def number(value: object) -> float | None:
    """A number that one can reckon with; None for anything else."""
    counts = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if counts and isinstance(value, int | float) else None


def balance(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Places and what is wrong there: what can be spent and what is held make the sum."""
    available, frozen, total = (number(data.get(key)) for key in ("available", "frozen", "total"))
    if available is None or frozen is None or total is None:
        return  # the form says so
    if available + frozen != total:
        yield (
            "data.total",
            f"is {total:g}: available {available:g} and frozen {frozen:g} make another",
        )
    for name, part in (("available", available), ("frozen", frozen)):
        if part < 0:
            yield f"data.{name}", f"is negative: {part:g}"


def course(snapshots: Sequence[RenderSnapshot]) -> Iterator[tuple[str, str]]:
    """A render goes from pending by processing to its end, and its progress never back."""
    before: RenderSnapshot | None = None
    for snapshot in snapshots:
        if not isinstance(snapshot.status, str) or snapshot.status not in _ORDER:
            yield "status", f"is {snapshot.status!r}: pending, processing, completed or failed"
            return
        progress = number(snapshot.progress)
        if progress is None or not 0 <= progress <= 100:
            yield "progress", f"is {snapshot.progress!r}, not a number from 0 to 100"
            return
        if before is not None:
            if _ORDER[snapshot.status] < _ORDER[str(before.status)]:
                yield "status", f"went back from {before.status} to {snapshot.status}"
            if progress < (number(before.progress) or 0):
                yield "progress", f"went back from {before.progress} to {progress:g}"
        before = snapshot
    if before is not None and before.status == "completed" and before.progress != 100:
        yield "progress", f"is {before.progress} of a completed render"


def draft(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A draft that a video was made of: at least one track has segments, each type is known."""
    tracks = value.get("t")
    if not isinstance(tracks, list) or not tracks:
        yield "t", "there are no tracks"
        return
    if not ready(value):
        yield "t", "no track has a segment in sg"
    for number, track in enumerate(tracks):
        if isinstance(track, dict) and track.get("tt") not in _TRACKS:
            yield f"t[{number}].tt", f"is {track.get('tt')!r}: 0 video, 1 audio, 7 text"
    if "d" not in value:
        yield "d", "is missing: the duration in ms"


def ready(value: Mapping[str, Any]) -> bool:
    """Whether a draft can be exported: at least one track has a segment."""
    tracks = value.get("t")
    return isinstance(tracks, list) and any(
        isinstance(track, dict) and isinstance(track.get("sg"), list) and track["sg"]
        for track in tracks
    )


def is_mp4(head: bytes) -> bool:
    """Whether a file begins as an MP4 does: with a box of type ftyp (ISO/IEC 14496-12, 4.3)."""
    return len(head) >= 12 and head[4:8] == b"ftyp"
