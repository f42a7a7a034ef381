"""What a file carries beside its picture, found and left out without touching a pixel."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from skill.i18n import say
from skill.media import bitmaps, iso_metadata
from skill.media.container import BLOCK, Contents, Reader, Stripping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CLIPS = ("video/mp4", "video/x-m4v", "video/quicktime", "audio/mp4")
_WALKS: dict[str, Callable[[Stripping], Contents]] = {
    "image/jpeg": bitmaps.jpeg,
    "image/png": bitmaps.png,
    "image/apng": bitmaps.png,
    "image/webp": bitmaps.webp,
    "image/gif": bitmaps.gif,
    "image/heic": iso_metadata.heif,
    **dict.fromkeys(_CLIPS, iso_metadata.clip),
}


def read(file: BinaryIO, size: int, mime: str) -> Contents:
    """Walk a file of that many bytes. Raises ValueError with the reason where it is no
    picture that could be shown; a clip or sound that is not understood stays whole."""
    whole = Contents((range(size),))
    walk = _WALKS.get(mime)
    if walk is None:
        return whole
    strip = Stripping(Reader(file, size))
    try:
        contents = walk(strip)
    except (ValueError, LookupError, struct.error) as error:
        if mime in _CLIPS:
            return whole
        if isinstance(error, ValueError):
            raise
        raise ValueError(say("it is cut off")) from error
    if not strip.private:
        return replace(contents, pieces=whole.pieces)
    return replace(
        contents, pieces=contents.pieces or tuple(strip.pieces), private=True,
        located=strip.located,
    )  # fmt: skip


def copy(source: BinaryIO, pieces: Sequence[range | bytes], target: BinaryIO) -> None:
    """Write the pieces of a file. Raises ValueError where it has become shorter meanwhile."""
    for piece in pieces:
        if isinstance(piece, bytes):
            target.write(piece)
            continue
        source.seek(piece.start)
        left = len(piece)
        while left:
            block = source.read(min(left, BLOCK))
            if not block:
                raise ValueError(say("it was cut off meanwhile"))
            target.write(block)
            left -= len(block)
