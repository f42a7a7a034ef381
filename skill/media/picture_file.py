"""A picture file opened by Pillow or the HEIF decoder: what its header says, and its pixels.

Both are loaded when a picture needs them.
"""

from __future__ import annotations

import errno
import logging
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

from skill.i18n import say
from skill.media.container import CutOffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL.ImageFile import ImageFile

MAX_PIXELS = 250_000_000  # of one picture: a gigabyte once it is decoded
_ONE_AT_A_TIME = threading.Lock()
_SILENT = logging.NullHandler()
# Pillow's name of a format → its module that reads it; HEIF is read by another package.
_READERS = {
    "AVIF": "AvifImagePlugin",
    "BMP": "BmpImagePlugin",
    "GIF": "GifImagePlugin",
    "ICO": "IcoImagePlugin",
    "JPEG": "JpegImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "PNG": "PngImagePlugin",
    "PSD": "PsdImagePlugin",
    "TIFF": "TiffImagePlugin",
    "WEBP": "WebPImagePlugin",
}
# TIFF 6.0 tags that tell of the picture; the others tell how the file is laid out.
_TOLD = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_EXIF, _GPS, _ORIENTATION = 0x8769, 0x8825, 0x0112
_XMP, _IPTC, _SUBFILE, _DNG = 0x02BC, 0x83BB, 0x00FE, 0xC612


class TooManyPixelsError(ValueError):
    """The picture would not fit into memory: over MAX_PIXELS."""


@dataclass(frozen=True)
class Header:
    """What a picture says of itself: size in pixels as stored, how many pictures there are
    (layers are none), EXIF as a TIFF structure, which tells of a turn that is still to be made, and
    whether it holds any metadata."""

    width: int
    height: int
    pages: int
    exif: bytes
    private: bool


def check_heif() -> None:
    """Raises ValueError where its decoder is not installed; there is none for some machines."""
    if find_spec("pi_heif") is None:
        raise ValueError(say("nothing that reads its format is installed here"))


def header(path: Path, form: str) -> Header:
    """Read without decoding; `form` is Pillow's name of the format. Raises ValueError with the
    reason (TooManyPixelsError among them), OSError where the file cannot be read."""
    with open_picture(path, form) as image, _understood():
        tags: Any = getattr(image, "tag_v2", {})
        raw = _DNG in tags or tags.get(_SUBFILE, 0) == 1
        exif = _told(image) if form == "TIFF" else image.info.get("exif") or b""
        told = image.info.get("xmp") or _XMP in tags or _IPTC in tags
        if exif:  # a turn alone is the format's own, which Pillow tells as EXIF
            told = told or form == "TIFF" or any(tag != _ORIENTATION for tag in image.getexif())
        pages = 1 if form == "PSD" else getattr(image, "n_frames", 1)
        size = image.size
    if raw:
        raise ValueError(say("it is a camera's raw file"))  # whose first picture is a thumbnail
    return Header(*size, pages, exif.removeprefix(b"Exif\0\0"), bool(told))


def _told(image: ImageFile) -> bytes:
    """Of a TIFF's tags those that a picture of another format can carry."""
    from PIL import Image

    tags, kept = image.getexif(), Image.Exif()
    for tag in _TOLD:
        if tag in tags:
            kept[tag] = tags[tag]
    for tag in (_EXIF, _GPS):
        if inner := tags.get_ifd(tag):
            kept[tag] = inner
    return kept.tobytes() if len(kept) else b""


@contextmanager
def open_picture(source: Path | BytesIO, form: str) -> Iterator[ImageFile]:
    """A picture whose header was read, in a file or in memory. Pillow's bound on pixels and Python's warnings belong to
    the process, so they are changed for as long as this lasts, by one thread at a time."""
    from PIL import Image

    logging.getLogger("PIL").propagate = False  # what it has to say is no line of ours
    logging.getLogger("PIL").addHandler(_SILENT)
    file = source if isinstance(source, BytesIO) else source.open("rb")
    with _ONE_AT_A_TIME, file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        bound, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MAX_PIXELS
        try:
            with _understood():
                if form == "HEIF":
                    from pi_heif import HeifImageFile

                    image: ImageFile = HeifImageFile(file)
                else:
                    import_module(f"PIL.{_READERS[form]}")
                    image = Image.open(file, formats=(form,))
            if image.width * image.height > MAX_PIXELS:
                raise TooManyPixelsError
            with image:
                yield image
        finally:
            Image.MAX_IMAGE_PIXELS = bound


def decode(image: ImageFile) -> ImageFile:
    with _understood():
        image.load()
    return image


@contextmanager
def _understood() -> Iterator[None]:
    """A decoder raises whatever a broken file makes it stumble over."""
    from PIL import Image

    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError from error
    except MemoryError as error:
        raise OSError(errno.ENOMEM, say("there is not enough memory for it")) from error
    except ImportError as error:
        raise ValueError(say("nothing that reads its format is installed here")) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if isinstance(error, OSError) and "truncated" in str(error):
            raise CutOffError from error
        raise ValueError(say("it is damaged")) from error
