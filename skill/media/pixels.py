"""Pixels: a picture drawn anew, upright, in eight bits of sRGB and within the limits.

Only what is handed to it is drawn, in the process that it is called in: `skill.media.draw` calls
it in one of its own.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from skill.media.container import CutOffError
from skill.media.picture_file import decode, open_picture

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

_PHOTOS = ("AVIF", "HEIF", "JPEG", "JPEG2000")  # formats of photographs: to JPEG, not to PNG
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_LONGEST = {"JPEG": 65_500, "WEBP": 16_383}  # pixels an edge may have: libjpeg, RFC 9649
_LARGEST_EXIF = 65_527  # bytes a JPEG segment holds
_SMALLEST = 16  # pixels: an edge below which shrinking is given up
_PHOTOMETRIC = 0x0106  # a TIFF tag


class TooLargeError(ValueError):
    """The picture would be over the limit in bytes."""


@dataclass(frozen=True)
class Task:
    """What is to be drawn. `plain`: as eight bits of sRGB; `turn`: EXIF's 1 to 8; `exif`: to be
    carried over; `lossless`: the source's pixels are exact; `smaller`: the source is over
    `max_bytes`, and how good is less than how large. Unless `shrink`, nothing is scaled, be it to
    `longest_edge` (pixels) or to `max_bytes`."""

    form: str
    max_bytes: int
    longest_edge: int | None = None
    plain: bool = False
    turn: int = 1
    lossless: bool = True
    smaller: bool = False
    shrink: bool = True
    exif: bytes = b""


@dataclass(frozen=True)
class Drawn:
    """The file that came of it: its extension, and whether it has fewer pixels."""

    extension: str
    scaled: bool


def draw(source: Path, task: Task, target: Path) -> Drawn:
    """Draw into `target`, a file that is there. The same picture is the same file.

    Raises ValueError where the source is broken, TooLargeError where the limit cannot be kept,
    OSError where the disk fails."""
    with open_picture(source, task.form) as image:
        whole = max(image.size)
        edge = min(whole, task.longest_edge or whole) if task.shrink else whole
        if edge < whole and task.form == "JPEG":
            image.draft(None, _fitted(image.size, edge))
        picture: Image.Image = decode(image)
        photo = task.form in _PHOTOS or picture.mode == "CMYK"
        if task.plain:
            picture = _instead(picture, _plain(picture))
        if task.turn != 1:
            picture = _instead(picture, picture.transpose(_turns()[task.turn]))
        picture.info = {
            key: value
            for key, value in picture.info.items()
            if key in ("icc_profile", "transparency")
        }
        styles = _styles(task, photo=photo, see_through=_see_through(picture))
        while True:
            size = longest = 0
            for style in styles:
                longest = min(edge, _LONGEST.get(style.form, edge))
                if longest < whole and not task.shrink:
                    continue
                size = _save(_scaled(picture, longest), style, task.exif, target)
                if size <= task.max_bytes:
                    return Drawn(_EXTENSIONS[style.form], longest < whole)
            edge = int(longest * min(0.9, 0.95 * (task.max_bytes / max(size, 1)) ** 0.5))
            if not task.shrink or edge < _SMALLEST:
                raise TooLargeError
            styles = styles[-1:]


_JUNK = (b"", b"\x55\xaa" * 64, b"\x9e\x37\x79\xb9\x7f\x4a\x7c\x15" * 16)
_MADE_UP = ("GIF", "JPEG")  # formats of which the decoder makes up what is missing
_END = 2  # bytes of their end marks


def check_whole(source: Path, form: str) -> None:
    """Decode every picture of a file that had no end mark and was given one. Raises ValueError
    where one is broken, CutOffError where pixels are missing."""
    if form not in _MADE_UP:
        _decoded(source, form)
        return
    whole = source.read_bytes()
    digests = set()
    for junk in _JUNK:  # what is missing hangs on what is read in its place
        block = bytes([len(junk)]) + junk if junk and form == "GIF" else junk
        digests.add(_decoded(io.BytesIO(whole[:-_END] + block + whole[-_END:]), form))
    if len(digests) > 1:
        raise CutOffError


def _decoded(source: Path | io.BytesIO, form: str) -> bytes:
    """A digest of all pixels."""
    digest = hashlib.sha256()
    with open_picture(source, form) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            digest.update(decode(image).tobytes())
    return digest.digest()


def _instead(old: Image.Image, new: Image.Image) -> Image.Image:
    """The new picture; the memory of the old one is let go."""
    if new is not old:
        old.close()
    return new


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits a channel, in sRGB: grey, RGB or a palette, with its alpha."""
    profile = image.info.pop("icc_profile", None)
    key = image.info.get("transparency")  # the colour that is nothing, still in 16 bits
    if isinstance(key, int) and image.mode.startswith("I"):
        image.info["transparency"] = int(key / 257 + 0.5)
    elif isinstance(key, tuple) and max(key) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in key)
    if image.mode.startswith("I;16"):
        image = image if image.mode == "I;16" else image.convert("I")
        dark = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0  # white is 0: Pillow reads it so
        scale, white = (-1 / 257, 255) if dark else (1 / 257, 0)
        image = image.point(lambda value: value * scale + white + 0.5).convert("L")
    elif image.mode in ("I", "F"):
        image = _stretched(image)
    if profile:
        image = _managed(image, profile)
        image.info.pop("icc_profile", None)  # that of sRGB, with the time of day in it
    if image.mode in ("PA", "La", "RGBa"):
        return image.convert("RGBA")
    return image if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else image.convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Numbers of 32 bits to eight. How bright white is, the brightest tells: 1 (of fractions),
    that of 8 or 16 bits, or itself."""
    extremes: Any = image.getextrema()
    high = extremes[1]
    white = next(
        (top for top in ((1,) if image.mode == "F" else ()) + (255, 65535) if high <= top), high
    )
    scale = 255 / white
    return image.point(lambda value: value * scale + 0.5).convert("L")


def _managed(image: Image.Image, profile: bytes) -> Image.Image:
    """Through its profile to sRGB; as it is where the profile is not one of its channels."""
    from PIL import ImageCms

    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        if image.mode in ("RGB", "RGBA"):
            ImageCms.profileToProfile(image, source, target, inPlace=True)
        elif image.mode == "CMYK":
            image = _through(image, source, target)
        elif image.mode == "L":
            image = _through(image, source, target).convert("L")
        elif image.mode == "LA":
            alpha = image.getchannel("A")
            image = _through(image.convert("L"), source, target).convert("L")
            image.putalpha(alpha)
    except (ImageCms.PyCMSError, OSError):
        pass
    return image


def _through(image: Image.Image, source: Any, target: Any) -> Image.Image:
    from PIL import ImageCms

    managed = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    assert managed is not None
    return managed


def _turns() -> dict[int, Image.Transpose]:
    from PIL.Image import Transpose

    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }


def _see_through(image: Image.Image) -> bool:
    """Whether anything shows through: an alpha channel that is full hides nothing."""
    if image.mode in ("LA", "RGBA"):
        extremes: Any = image.getchannel("A").getextrema()
        return bool(extremes[0] < 255)
    return "transparency" in image.info


class _Style(NamedTuple):
    form: str
    quality: int = 0
    lossless: bool = False


def _styles(task: Task, *, photo: bool, see_through: bool) -> list[_Style]:
    """How it may be written, the best first: one that does not show, and for the limit's sake
    one that hardly does."""
    fine = [] if task.smaller else [95]
    if task.form == "WEBP":
        exact = [_Style("WEBP", 80, lossless=True)] if task.lossless and fine else []
        return exact or [_Style("WEBP", quality) for quality in (*fine, 90)]
    if see_through:
        return [_Style("PNG")]
    jpeg = [_Style("JPEG", quality) for quality in (*fine, 90)]
    if photo or (task.smaller and task.form in ("PNG", "GIF")):
        return jpeg
    return [_Style("PNG"), *jpeg]


def _fitted(size: tuple[int, int], longest: int) -> tuple[int, int]:
    width, height = size
    whole = max(size)
    return max(1, round(width * longest / whole)), max(1, round(height * longest / whole))


def _scaled(image: Image.Image, longest: int) -> Image.Image:
    from PIL.Image import Resampling

    if longest >= max(image.size):
        return image
    if "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.resize(_fitted(image.size, longest), Resampling.LANCZOS, reducing_gap=3.0)


def _save(image: Image.Image, style: _Style, exif: bytes, target: Path) -> int:
    """Bytes written."""
    settings: dict[str, Any] = {"exif": exif} if exif else {}
    if profile := image.info.get("icc_profile"):
        settings["icc_profile"] = profile
    if style.form == "JPEG":
        image = _opaque(image)
        settings |= {"quality": style.quality, "subsampling": 0}
        settings["exif"] = b"Exif\0\0" + exif if 0 < len(exif) <= _LARGEST_EXIF else b""
    elif style.form == "WEBP":
        settings |= {"quality": style.quality, "lossless": style.lossless}
    elif style.form == "PNG":
        settings["compress_level"] = 4  # 6 takes thrice as long and is no smaller
    # Pillow writes a JPEG as far as there is room for it on the disk, and says nothing.
    file = io.BytesIO()
    image.save(file, style.form, **settings)
    return target.write_bytes(file.getbuffer())


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")
