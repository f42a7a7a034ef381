"""A still picture from a file: parts of it at the size that is wanted, upright, in sRGB."""

from __future__ import annotations

import io
import logging
import math
import struct
import warnings
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageCms

from . import colour
from .errors import RenderError, UnusableError
from .geometry import Rect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PICTURE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)
"""What Pillow raises for a file that is not whole."""

MAX_PIXELS = 200_000_000
"""More is refused: a few bytes can claim to be a picture that fills the memory."""

_STRIP = 200_000
"""Pixels converted at a time: beside a large picture there is no second one of its size."""

_LARGE = 20_000_000
"""Pixels from which memory counts for more than one decoder for all."""

Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit warns at 89 megapixels; phones make 100 and 200
warnings.filterwarnings("ignore", "Corrupt EXIF", UserWarning)  # such a photo is shown as it lies

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
    image = Image.open(path, formats=PICTURE_FORMATS)
    if image.width * image.height > MAX_PIXELS:
        image.close()
        size = f"{image.width} x {image.height} pixels"
        raise UnusableError(f"{size}: more than {MAX_PIXELS // 10**6} megapixels")
    return image


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 if there is none that can be read. Reads the header only."""
    if image.format == "PNG" and not {"exif", "xmp", "XML:com.adobe.xmp"} & image.info.keys():
        return 1  # Pillow would decode all of it to look behind the pixels
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except BROKEN:
        return 1
    return turn if turn in _TURNS else 1


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) as seen, with the EXIF orientation applied; reads the header only."""
    width, height = image.size
    return (height, width) if orientation(image) >= 5 else (width, height)


class Photo:
    """An opened picture; `name` is what errors call it. A `frugal` one is made smaller band by band,
    in less memory, for which a few values may be off by two. It is decoded by `decode`, or else when
    `part` first asks for more than was, not before.

    `ground` is the colour that what is transparent in it is seen over, `drawn` the box of what is
    not, in pixels of the upright picture; None where nothing is transparent, and before the first
    part was read.
    """

    def __init__(self, path: Path, name: str, *, frugal: bool = False) -> None:
        self._path, self._name, self._frugal = path, name, frugal
        self._image: Image.Image | None = None
        self.ground: colour.Colour | None = None
        self.drawn: Rect | None = None
        try:
            with opened(path) as image:
                self._stored = image.size
                self._turn = orientation(image)
        except UnusableError as error:
            raise RenderError(f"{name}: {error}") from error
        except BROKEN as error:
            raise RenderError(f"{name}: cannot be read as a picture") from error
        self.size = self._stored[::-1] if self._turn >= 5 else self._stored

    def decode(self, width: float, height: float) -> None:
        """Decode it, for parts of it that show the whole at (width, height) or smaller."""
        if self._turn >= 5:
            width, height = height, width
        try:
            with opened(self._path) as image:
                # JPEG is decoded at a half, a quarter or an eighth where that is still enough.
                image.draft(None, (math.ceil(width), math.ceil(height)))
                self._profile = _profile(image)
                self._image = self._decoded(image)
        except BROKEN as error:
            raise RenderError(f"{self._name}: is damaged ({error})") from error

    def part(self, box: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The part `box` (in pixels of the upright picture) at `size`: (height, width, 3) sRGB,
        without alpha."""
        image = self._fine_enough(self.size[0] * size[0] / box.w, self.size[1] * size[1] / box.h)
        fx, fy = image.width / self._stored[0], image.height / self._stored[1]
        stored = _as_stored(box, self.size, self._turn)
        region = Rect(stored.x * fx, stored.y * fy, stored.w * fx, stored.h * fy)
        turned = size[::-1] if self._turn >= 5 else size
        if not self._frugal:
            part = self._flat(image, region, turned)
            return np.asarray(part.transpose(_TURNS[self._turn]) if self._turn in _TURNS else part)
        pixels = np.empty((turned[1], turned[0], 3), np.uint8)
        for y, rows, band in _bands(region, turned[1]):
            pixels[y : y + rows] = np.asarray(self._flat(image, band, (turned[0], rows)))
        if self._turn in _TURNS:
            return np.asarray(Image.fromarray(pixels).transpose(_TURNS[self._turn]))
        return pixels

    def let_go(self) -> None:
        """What was decoded. It is decoded again if a part is asked for."""
        self._image = None

    def _flat(self, image: Image.Image, region: Rect, size: tuple[int, int]) -> Image.Image:
        """The region of the decoded picture at `size` in sRGB, what is transparent on its ground."""
        part = _srgb(_resized(image, region, size), self._profile, self._name)
        if part.mode != "RGBA":
            return part
        if self.ground is None and np.asarray(part)[..., 3].min() < 255:
            whole = _srgb(
                _resized(image, Rect(0, 0, *image.size), (48, 48)), self._profile, self._name
            )
            self.ground = colour.ground(np.asarray(whole))
            self.drawn = self._box(whole.getchannel("A"))
        return colour.over(part, self.ground)

    def _box(self, alpha: Image.Image) -> Rect | None:
        """Where a small copy's alpha is more than a breath, in pixels of the upright picture."""
        if self._turn in _TURNS:
            alpha = alpha.transpose(_TURNS[self._turn])
        box = alpha.point([0] * 8 + [255] * 248).getbbox()
        if box is None:
            return None
        fx, fy = self.size[0] / alpha.width, self.size[1] / alpha.height
        left, top, right, bottom = box
        return Rect(left * fx, top * fy, (right - left) * fx, (bottom - top) * fy)

    def _fine_enough(self, width: float, height: float) -> Image.Image:
        """The decoded picture, of no less than (width, height) if there is that much in the file."""
        image = self._image
        if image is not None:
            at_hand = image.size[::-1] if self._turn >= 5 else image.size
            if image.size == self._stored or (at_hand[0] >= width and at_hand[1] >= height):
                return image
        self.decode(width, height)
        assert self._image is not None
        return self._image

    def _decoded(self, image: Image.Image) -> Image.Image:
        """A large WebP not by Pillow, which holds it four times over."""
        still = getattr(image, "n_frames", 1) == 1
        if image.format != "WEBP" or not still or image.width * image.height < _LARGE:
            image.load()
            return image
        pixels = cv2.imdecode(np.fromfile(self._path, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise OSError("it cannot be decoded")
        swap = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        return Image.fromarray(np.asarray(cv2.cvtColor(pixels, swap, dst=pixels), np.uint8))


def _as_stored(box: Rect, size: tuple[int, int], turn: int) -> Rect:
    """Where a box of the upright picture of `size` lies before it is turned."""
    x, y = box.x, box.y
    from_right, from_bottom = size[0] - box.right, size[1] - box.bottom
    across = from_right if turn in (2, 3, 6, 7) else x
    down = from_bottom if turn in (3, 4, 7, 8) else y
    return Rect(down, across, box.h, box.w) if turn >= 5 else Rect(across, down, box.w, box.h)


def _bands(region: Rect, height: int) -> Iterator[tuple[int, int, Rect]]:
    """The region in parts that are no more than a strip: the first of the `height` rows that come
    of one, how many they are, and where it lies."""
    most = max(1, int(_STRIP / (region.w * region.h) * height))
    for y in range(0, height, most):
        rows = min(most, height - y)
        above, tall = y * region.h / height, rows * region.h / height
        yield y, rows, Rect(region.x, region.y + above, region.w, tall)


def _resized(image: Image.Image, region: Rect, size: tuple[int, int]) -> Image.Image:
    """The region of a decoded picture at `size`: L, RGB, RGBA or CMYK, 8 bits each."""
    if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
        box = (
            max(0.0, region.x),
            max(0.0, region.y),
            min(float(image.width), region.right),
            min(float(image.height), region.bottom),
        )
        return image.resize(size, Image.Resampling.LANCZOS, box, reducing_gap=2.0)
    # Any other is made simple strip by strip, and smaller by a whole factor to no less than twice
    # the size: there is no second one of its size in memory.
    sx, sy = region.w / size[0], region.h / size[1]
    fx, fy = max(1, int(sx / 2)), max(1, int(sy / 2))
    # Lanczos looks three pixels of the result beyond the edge.
    left = max(0, int(region.x - 3 * sx))
    top = max(0, int(region.y - 3 * sy))
    right = min(image.width, math.ceil(region.right + 3 * sx))
    bottom = min(image.height, math.ceil(region.bottom + 3 * sy))
    rows = max(1, _STRIP // (right - left) // fy) * fy
    reduced: Image.Image | None = None
    for y in range(top, bottom, rows):
        strip = _simple(image.crop((left, y, right, min(y + rows, bottom))))
        if (fx, fy) != (1, 1):
            strip = strip.reduce((fx, fy))
        if reduced is None:
            reduced = Image.new(strip.mode, (strip.width, math.ceil((bottom - top) / fy)))
        reduced.paste(strip, (0, (y - top) // fy))
    assert reduced is not None
    box = (
        max(0.0, (region.x - left) / fx),
        max(0.0, (region.y - top) / fy),
        min(float(reduced.width), (region.right - left) / fx),
        min(float(reduced.height), (region.bottom - top) / fy),
    )
    part = reduced.resize(size, Image.Resampling.LANCZOS, box)
    return part.convert("RGBA") if part.mode == "RGBa" else part


def _simple(image: Image.Image) -> Image.Image:
    """L, RGB or RGBa, 8 bits each: what can be made smaller without another copy."""
    key = image.info.get("transparency")
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        grey = Image.fromarray((deep >> 8).astype(np.uint8))
        if not isinstance(key, int):
            return grey
        grey.putalpha(Image.fromarray(np.where(deep == key, 0, 255).astype(np.uint8)))
        return grey.convert("RGBA").convert("RGBa")
    if isinstance(key, tuple) and max(key) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in key)  # of 16 bits
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or key is not None:
        return image.convert("RGBA").convert("RGBa")
    return image.convert("L" if image.mode == "1" else "RGB")


def _profile(image: Image.Image) -> bytes | None:
    """The ICC profile in the file, or one of what a PNG says of its colours otherwise."""
    if profile := image.info.get("icc_profile"):
        return bytes(profile)
    gamma, spots = image.info.get("gamma"), image.info.get("chromaticity")
    if image.format != "PNG" or "srgb" in image.info or not gamma:
        return None
    primaries, white = (spots[2:], spots[:2]) if spots else (colour.SRGB, colour.D65)
    as_usual = np.allclose([*primaries, *white], [*colour.SRGB, *colour.D65], atol=0.002)
    if as_usual and abs(gamma * 2.2 - 1) < 0.02:
        return None
    try:
        return colour.profile(primaries, white, np.linspace(0, 1, 1024) ** (1 / gamma))
    except (np.linalg.LinAlgError, ArithmeticError, ValueError):
        return None


def _srgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """In RGB or RGBA, colours taken from the picture's own profile to sRGB; as they are where it
    cannot be used."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                return _converted(image, source)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            _log.info("%s: its colour profile is not used (%s)", name, error)
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """As browsers do: perceptual, which for lcms, sRGB being a profile of version 4, means that the
    darkest the source has is black."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    grey = source.profile.xcolor_space.strip() == "GRAY"
    if grey and alpha:
        colours = image.convert("L")
    result = ImageCms.profileToProfile(
        colours,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.PERCEPTUAL,
        outputMode="RGB",
    )
    if result is None:
        raise ImageCms.PyCMSError("nothing came back")
    if alpha:
        result.putalpha(alpha)
    return result
