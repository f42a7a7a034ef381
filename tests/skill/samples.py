"""Small files as people have them: with a place, a name and more beside the picture."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageCms, PngImagePlugin

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"SECRET-PLACE"
XMP = b"<x:xmpmeta><exif:GPSLatitude>" + SECRET + b"</exif:GPSLatitude></x:xmpmeta>"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def scene(mode: str = "RGB", size: tuple[int, int] = (48, 32)) -> Image.Image:
    """A picture whose four corners differ: top left red, then blue, green and grey."""
    width, height = size
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    for corner, colour in (((0, 0), "red"), ((1, 0), "blue"), ((0, 1), "lime")):
        left, top = corner[0] * (width - width // 3), corner[1] * (height - height // 3)
        image.paste(colour, (left, top, left + width // 3, top + height // 3))
    return image.convert(mode)


def exif(orientation: int | None = None, *, place: bool = True) -> bytes:
    """As a camera writes it, without the head of six bytes."""
    tags = Image.Exif()
    tags[0x010F] = SECRET.decode()
    if orientation:
        tags[0x0112] = orientation
    if place:
        tags[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0)}
    return tags.tobytes().removeprefix(b"Exif\0\0")


def saved(image: Image.Image, form: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **settings)
    return file.getvalue()


def jpeg(orientation: int | None = None, **settings: Any) -> bytes:
    """With EXIF, XMP, Photoshop's, a comment, an unknown segment, and a second picture and
    a clip behind the first."""
    whole = saved(
        scene(), "JPEG", exif=b"Exif\0\0" + exif(orientation), xmp=XMP, comment=SECRET, icc_profile=SRGB,
        quality=95, **settings,
    )  # fmt: skip
    photoshop = b"\xff\xed" + struct.pack(">H", 2 + len(SECRET)) + SECRET
    unknown = b"\xff\xe2" + struct.pack(">H", 6 + len(SECRET)) + b"Odd\0" + SECRET
    behind = saved(scene(), "JPEG", exif=b"Exif\0\0" + exif()) + b"ftypmp42" + SECRET
    return whole[:2] + photoshop + unknown + whole[2:] + behind


def png(orientation: int | None = None, **settings: Any) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_text("zipped", SECRET.decode(), zip=True)
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add(b"tIME", b"\x07\xea\x01\x02\x03\x04\x05")
    text.add(b"prVt", SECRET)
    whole = saved(
        scene(), "PNG", pnginfo=text, exif=exif(orientation), icc_profile=SRGB, **settings
    )
    late = chunk(b"tEXt", b"date\0" + SECRET)
    return whole[:-12] + late + whole[-12:] + SECRET


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def webp(orientation: int | None = None, **settings: Any) -> bytes:
    whole = saved(
        scene(), "WEBP", exif=exif(orientation), xmp=XMP, icc_profile=SRGB,
        **{"lossless": True, **settings},
    )  # fmt: skip
    return whole + SECRET


def gif(*, frames: int = 3) -> bytes:
    pictures = [scene().rotate(90 * turn) for turn in range(frames)]
    moving: dict[str, Any] = {"save_all": True, "append_images": pictures[1:], "loop": 0}
    whole = saved(
        pictures[0], "GIF", comment=SECRET, duration=100, **(moving if frames > 1 else {})
    )
    # XMP part 3, 1.1.2: the packet stands as it is, and a trailer leads every reader out of it.
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    xmp = b"\x21\xff\x0bXMP DataXMP" + XMP + trailer
    head = 13 + (3 << (whole[10] & 7) + 1)
    return whole[:head] + xmp + whole[head:] + SECRET


def box(kind: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + kind + body


def mov(clip: bytes, *extra: bytes) -> bytes:
    """That clip with boxes at the end of `moov`, which stands at the end of the file."""
    at = clip.index(b"moov") - 4
    size = int.from_bytes(clip[at : at + 4], "big")
    assert at + size == len(clip)
    inner = clip[at + 8 :] + b"".join(extra)
    return clip[:at] + box(b"moov", inner)


PLACE = box(b"\xa9xyz", b"\x00\x12\x15\xc7+52.52+013.40/" + SECRET)
KEYS = box(
    b"meta",
    box(b"hdlr", bytes(8) + b"mdta" + bytes(13)),
    box(b"keys", bytes(4), struct.pack(">I", 1), box(b"mdta", b"com.apple.quicktime.location.ISO6709")),
    box(b"ilst", box(b"\0\0\0\1", box(b"data", bytes(8), b"+52.52+013.40/", SECRET))),
)  # fmt: skip
UUID = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP)

PICTURES: dict[str, Callable[[], bytes]] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/gif": gif,
}
