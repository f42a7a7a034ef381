"""What the pieces of a timeline are called, in the words of `skill.timeline.telling`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.timeline.telling import percent_shown, span_shown, time_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from skill.timeline.draft import Segment
    from skill.timeline.pairing import NumberedSegment

MOST_NAMES = 6


def label(piece: NumberedSegment, say: Mapping[str, str]) -> str:
    """One piece: Clip 2, Music, Title 'Urban Dreams'."""
    if piece.segment.text is not None:
        return say["number"].format(say[piece.kind], quoted(piece.segment, say))
    if piece.of == 1 and piece.kind != "Clip":
        return say[piece.kind]
    return say["number"].format(say[piece.kind], piece.number)


def label_of_many(pieces: Sequence[NumberedSegment], of: int, say: Mapping[str, str]) -> str:
    """Several of a group of `of`: All 3 clips, 2 of 3 clips."""
    if len(pieces) == 1:
        return label(pieces[0], say)
    kinds = _kinds(pieces, say)
    if len(pieces) == of:
        return say["all"].format(of, kinds)
    return say["some"].format(len(pieces), of, kinds)


def counted(pieces: Sequence[NumberedSegment], say: Mapping[str, str]) -> str:
    """Several, new or gone: 3 clips."""
    return say["count"].format(len(pieces), _kinds(pieces, say))


def _kinds(pieces: Sequence[NumberedSegment], say: Mapping[str, str]) -> str:
    kinds = {piece.kind for piece in pieces}
    several = "Text" if "Text" in kinds else "Audio"
    return say[f"{kinds.pop() if len(kinds) == 1 else several}s"]


def listed(names: Sequence[str], say: Mapping[str, str]) -> str:
    """Names in a row, the first few if they are many."""
    if len(names) <= MOST_NAMES:
        return say["comma"].join(names)
    shown = say["comma"].join(names[: MOST_NAMES - 1])
    return say["rest"].format(shown, len(names) - MOST_NAMES + 1, len(names))


def called(piece: NumberedSegment, say: Mapping[str, str]) -> str:
    """The name of a clip or sound, the words of a text."""
    return piece.segment.name if piece.segment.text is None else quoted(piece.segment, say)


def quoted(segment: Segment, say: Mapping[str, str]) -> str:
    """The words of a text, in the quotation marks of the language."""
    return say["quote"].format(segment.text)


def described(piece: NumberedSegment, say: Mapping[str, str]) -> str:
    """What it is, when, and how loud."""
    segment = piece.segment
    span = f"{span_shown(segment.start, segment.end)}s"
    if piece.kind in ("BGM", "Audio") and segment.volume is not None:
        span += f", {percent_shown(segment.volume)}"
    return f"{called(piece, say)} ({span})"


def range_shown(values: list[float]) -> str:
    """The least and the most of some seconds: 2-4, or 2."""
    low, high = time_shown(min(values)), time_shown(max(values))
    return low if low == high else f"{low}-{high}"
