"""A still picture from a file: parts of it at the size that is wanted, upright, in sRGB."""

from __future__ import annotations

import io
import logging
import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageCms

from .errors import RenderError, UnusableError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .geometry import Rect

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises for a file that is not whole."""

MAX_PIXELS = 200_000_000
"""More is refused: a few bytes can claim to be a picture that fills the memory."""

Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit warns at 89 megapixels; phones make 100 and 200

_log = logging.getLogger(__name__)


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what brings the picture upright (CIPA DC-008, 4.6.5)."""


def opened(path: Path) -> Image.Image:
    """The picture in a file, of which only the header has been read; it is to be closed.

    Raises UnusableError if it has more than MAX_PIXELS, and what is in BROKEN.
    """
    image = Image.open(path, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        image.close()
        size = f"{image.width} x {image.height} pixels"
        raise UnusableError(f"{size}: more than {MAX_PIXELS // 10**6} megapixels")
    return image


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 if there is none; reads the header only."""
    if image.format == "PNG" and not {"exif", "xmp", "XML:com.adobe.xmp"} & image.info.keys():
        return 1  # Pillow would decode all of it to look behind the pixels
    return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) as seen, with the EXIF orientation applied; reads the header only."""
    width, height = image.size
    return (height, width) if orientation(image) >= 5 else (width, height)


class Photo:
    """An opened picture; `name` is what errors call it. Pixels are read by `part`, not before."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        try:
            with opened(path) as image:
                self.size = upright_size(image)
        except UnusableError as error:
            raise RenderError(f"{name}: {error}") from error
        except BROKEN as error:
            raise RenderError(f"{name}: cannot be read as a picture") from error

    def part(self, box: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The part `box` (in pixels of the upright picture) at `size`: (height, width, 3) sRGB."""
        try:
            with opened(self._path) as image:
                return self._part(image, box, size)
        except BROKEN as error:
            raise RenderError(f"{self._name}: is damaged ({error})") from error

    def _part(self, image: Image.Image, box: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        width, height = size
        enough = (self.size[0] * width / box.w, self.size[1] * height / box.h)
        turn = orientation(image)
        if turn >= 5:
            enough = enough[::-1]
        # JPEG is decoded at a half, a quarter or an eighth where that is still enough.
        image.draft(None, (int(np.ceil(enough[0])), int(np.ceil(enough[1]))))
        profile = image.info.get("icc_profile")
        whole = _simple(image)
        if turn in _TURNS:
            whole = whole.transpose(_TURNS[turn])
        fx, fy = whole.width / self.size[0], whole.height / self.size[1]
        region = (
            max(0.0, box.x * fx),
            max(0.0, box.y * fy),
            min(float(whole.width), box.right * fx),
            min(float(whole.height), box.bottom * fy),
        )
        part = whole.resize(size, Image.Resampling.LANCZOS, region, reducing_gap=2.0)
        return np.asarray(_flat(_srgb(part, profile, self._name)))


def _simple(image: Image.Image) -> Image.Image:
    """L, RGB, RGBA or CMYK, 8 bits each: what can be resized and converted without surprises."""
    if image.mode in ("L", "RGB", "RGBA", "CMYK"):
        image.load()
        return image
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.int64)
        simple = Image.fromarray((grey >> 8 if grey.max() > 255 else grey).astype(np.uint8))
        simple.info = image.info
        return simple
    alpha = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if alpha else "L" if image.mode == "1" else "RGB")


def _srgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """In RGB or RGBA, colours taken from the picture's own profile to sRGB."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                return _converted(image, source)
        except (ImageCms.PyCMSError, OSError) as error:
            _log.info("%s: its colour profile is not used (%s)", name, error)
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    target = ImageCms.createProfile("sRGB")
    result = ImageCms.profileToProfile(colours, source, target, outputMode="RGB")
    if result is None:
        raise ImageCms.PyCMSError("nothing came back")
    if alpha:
        result.putalpha(alpha)
    return result


def _flat(image: Image.Image) -> Image.Image:
    """Without alpha: on white, or on near-black where the picture itself is light."""
    if image.mode != "RGBA":
        return image
    pixels = np.asarray(image).astype(np.float32)
    alpha = pixels[..., 3:] / 255
    light = float((pixels[..., :3] * alpha).sum() / max(1.0, float(alpha.sum()) * 3))
    ground = 24.0 if light > 190 and float(alpha.mean()) < 0.98 else 255.0
    mixed = pixels[..., :3] * alpha + ground * (1 - alpha)
    return Image.fromarray((mixed + 0.5).astype(np.uint8))
