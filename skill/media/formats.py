"""Which formats there are, told by content: those that the backend takes, and those that are
converted first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from skill.errors import ACCEPTED_FORMATS, FileRefusedError
from skill.i18n import say
from skill.media.boxes import brands
from skill.media.file_errors import shown

if TYPE_CHECKING:
    from pathlib import Path

# MIME type by content → (extension, kind): what the backend takes; anything else is a 4001.
ACCEPTED: dict[str, tuple[str, str]] = {
    "image/jpeg": ("jpg", "image"),
    "image/png": ("png", "image"),
    "image/apng": ("png", "image"),
    "image/gif": ("gif", "image"),
    "image/webp": ("webp", "image"),
    "video/mp4": ("mp4", "video"),
    "video/x-m4v": ("mp4", "video"),
    "video/quicktime": ("mov", "video"),
    "video/x-msvideo": ("avi", "video"),
    "video/webm": ("webm", "video"),
    "video/x-matroska": ("mkv", "video"),
    "audio/mpeg": ("mp3", "audio"),
    "audio/x-wav": ("wav", "audio"),
    "audio/mp4": ("m4a", "audio"),
    "audio/aac": ("aac", "audio"),
}


class Format(NamedTuple):
    """Pillow's name of a format, the one people know it by, and its extension."""

    pillow: str
    label: str
    extension: str


# What is drawn anew before it is sent, and what only sometimes is.
CONVERTED = {
    "image/avif": Format("AVIF", "AVIF", "avif"),
    "image/bmp": Format("BMP", "BMP", "bmp"),
    "image/heic": Format("HEIF", "HEIC", "heic"),
    "image/jp2": Format("JPEG2000", "JPEG 2000", "jp2"),
    "image/tiff": Format("TIFF", "TIFF", "tiff"),
    "image/vnd.adobe.photoshop": Format("PSD", "PSD", "psd"),
    "image/x-icon": Format("ICO", "ICO", "ico"),
}
DRAWN = {
    "image/apng": "PNG",
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
}
# ISO/IEC 23008-12, annexes B to E.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def identify(path: Path, head: bytes) -> str:
    """Tell the MIME type of a file by its first bytes (8 KiB do). Raises FileRefusedError where
    it is none that is taken, or can be made into one."""
    import filetype

    named = brands(head)
    if b"avif" in named or b"avis" in named:
        return "image/avif"
    if any(brand in _HEIF_BRANDS for brand in named):
        return "image/heic"
    if head.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")):
        return "image/jp2"
    if head.startswith((b"II+\0", b"MM\0+")):  # BigTIFF
        return "image/tiff"
    guess = filetype.guess(head)
    mime = str(guess.mime) if guess is not None else ""
    if mime in ACCEPTED or mime in CONVERTED:
        return mime
    raise FileRefusedError(
        say(
            "{path} is a {kind} file, which the backend does not take.",
            path=shown(path),
            kind=guess.extension.upper(),
        )
        if guess is not None
        else say("{path} is no picture, video or sound.", path=shown(path)),
        hint=say("Convert it to JPG or PNG. Taken are: {formats}.", formats=ACCEPTED_FORMATS),
    )
