"""Pixels: what has to be drawn anew before a picture may be sent.

The one module that knows Pillow and the HEIF decoder. Both are loaded when a picture needs them.
"""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from skill import interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image
    from PIL.ImageFile import ImageFile

T = TypeVar("T")
PIXELS = 250_000_000  # of one picture: a gigabyte once it is decoded
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
NO_MEMORY = "there is not enough memory for it"
NO_READER = "nothing that reads its format is installed here"
_PHOTOS = ("AVIF", "HEIF", "JPEG", "JPEG2000")  # formats of photographs: to JPEG, not to PNG
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_LONGEST = {"JPEG": 65_500, "WEBP": 16_383}  # pixels an edge may have: libjpeg, RFC 9649
_LARGEST_EXIF = 65_527  # bytes a JPEG segment holds
_SMALLEST = 16  # pixels: an edge below which shrinking is given up
# TIFF 6.0 tags that tell of the picture; the others tell how the file is laid out.
_TOLD = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_EXIF, _GPS, _ORIENTATION, _PHOTOMETRIC = 0x8769, 0x8825, 0x0112, 0x0106
_XMP, _IPTC, _SUBFILE, _DNG = 0x02BC, 0x83BB, 0x00FE, 0xC612


class TooLargeError(ValueError):
    """The picture would be over the limit in bytes."""


class TooManyPixelsError(ValueError):
    """The picture would not fit into memory: over PIXELS."""


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
        raise ValueError(NO_READER)


def header(path: Path, form: str) -> Header:
    """Read without decoding; `form` is Pillow's name of the format. Raises ValueError with the
    reason (TooManyPixelsError among them), OSError where the file cannot be read."""
    with _opened(path, form) as image, _understood():
        tags: Any = getattr(image, "tag_v2", {})
        raw = _DNG in tags or tags.get(_SUBFILE, 0) == 1
        exif = _told(image) if form == "TIFF" else image.info.get("exif") or b""
        told = image.info.get("xmp") or _XMP in tags or _IPTC in tags
        if exif:  # a turn alone is the format's own, which Pillow tells as EXIF
            told = told or form == "TIFF" or any(tag != _ORIENTATION for tag in image.getexif())
        pages = 1 if form == "PSD" else getattr(image, "n_frames", 1)
        size = image.size
    if raw:
        raise ValueError("it is a camera's raw file")  # whose first picture is a thumbnail
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

    It is done in a process of its own: a file made to harm, or only damaged, may take a decoder
    down with it, and what a decoder has to say must not come between the lines of an answer.
    Raises ValueError where the source is broken, TooLargeError where the limit cannot be kept,
    OSError where the disk fails."""
    order = {
        "source": str(source),
        "target": str(target),
        "task": {**vars(task), "exif": task.exif.hex()},
    }
    try:
        told = json.loads(current().ask(json.dumps(order).encode()))
    except subprocess.TimeoutExpired as error:
        raise ValueError("it takes too long") from error
    except ValueError as error:
        raise ValueError("it is damaged") from error
    if "drawn" in told:
        return Drawn(**told["drawn"])
    if "errno" in told:
        raise OSError(told["errno"], told["reason"])
    kinds = {kind.__name__: kind for kind in (TooLargeError, TooManyPixelsError)}
    raise kinds.get(told["kind"], ValueError)(told["reason"])


class StoppedDrawingError(Exception):
    """Nobody waits for it any more."""


class Drawing:
    """What is drawn for one piece of work; another thread may stop it, also before it begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, work: Callable[[], T]) -> T:
        """Do the work, whose drawing is this."""
        token = _CURRENT.set(self)
        try:
            return work()
        finally:
            _CURRENT.reset(token)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def go_on(self) -> None:
        """Raises StoppedDrawingError where it was stopped."""
        if self._stopped:
            raise StoppedDrawingError

    def ask(self, order: bytes) -> bytes:
        """The order to the other process, and its answer; empty where it died. It has neither the
        token, nor what lies in the current folder for a library, and ends when we do: its input
        is open for as long as we live."""
        environment = {name: value for name, value in os.environ.items() if name != "NEMO_TOKEN"}
        with self._lock:
            self.go_on()
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
                interpreter.command(_PROGRAM),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._process = process
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None
        watchman = threading.Timer(_PATIENCE, process.kill)
        watchman.daemon = True
        watchman.start()
        try:
            with suppress(OSError):  # it died: the empty answer tells
                asked.write(order + b"\n")
                asked.flush()
            answer = answered.read()
        finally:
            late = not watchman.is_alive()
            watchman.cancel()
            process.kill()
            process.wait()
            with self._lock:
                self._process = None
            with suppress(OSError):
                asked.close()
            answered.close()
        self.go_on()
        if late:
            raise subprocess.TimeoutExpired(process.args, _PATIENCE)
        return answer


def current() -> Drawing:
    """The one that the work at hand is run by; else one that nobody stops."""
    return _CURRENT.get() or Drawing()


_CURRENT: ContextVar[Drawing | None] = ContextVar("drawing", default=None)
_PATIENCE = 600.0  # s: the largest picture takes a tenth of it
_PROGRAM = "from skill.media.draw import answer; answer()"


def answer() -> None:
    """The other process: an order on stdin, what became of it on stdout."""
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    task = Task(**{**order["task"], "exif": bytes.fromhex(order["task"]["exif"])})
    told: dict[str, Any]
    try:
        told = {"drawn": vars(draw_here(Path(order["source"]), task, Path(order["target"])))}
    except ValueError as error:
        told = {"kind": type(error).__name__, "reason": str(error)}
    except OSError as error:
        told = {"errno": error.errno or errno.EIO, "reason": error.strerror or str(error)}
    except MemoryError:
        told = {"kind": "ValueError", "reason": NO_MEMORY}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # a thread may be reading still


def _end_with_the_other() -> None:
    sys.stdin.read()
    os._exit(1)


def draw_here(source: Path, task: Task, target: Path) -> Drawn:
    """`draw`, in this process."""
    with _opened(source, task.form) as image:
        whole = max(image.size)
        edge = min(whole, task.longest_edge or whole) if task.shrink else whole
        if edge < whole and task.form == "JPEG":
            image.draft(None, _fitted(image.size, edge))
        picture: Image.Image = _decoded(image)
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


@contextmanager
def _opened(path: Path, form: str) -> Iterator[ImageFile]:
    """A picture whose header was read. Pillow's bound on pixels and Python's warnings belong to
    the process, so they are changed for as long as this lasts, by one thread at a time."""
    from PIL import Image

    logging.getLogger("PIL").propagate = False  # what it has to say is no line of ours
    logging.getLogger("PIL").addHandler(_SILENT)
    with _ONE_AT_A_TIME, path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        bound, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, PIXELS
        try:
            with _understood():
                if form == "HEIF":
                    from pi_heif import HeifImageFile

                    image: ImageFile = HeifImageFile(file)
                else:
                    import_module(f"PIL.{_READERS[form]}")
                    image = Image.open(file, formats=(form,))
            if image.width * image.height > PIXELS:
                raise TooManyPixelsError
            with image:
                yield image
        finally:
            Image.MAX_IMAGE_PIXELS = bound


def _decoded(image: ImageFile) -> ImageFile:
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
        raise ValueError(NO_MEMORY) from error
    except ImportError as error:
        raise ValueError(NO_READER) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError("it is damaged") from error


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
