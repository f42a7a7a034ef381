"""Pictures the backend "generates": soft light over a ground of two colours, drawn from a seed."""

import hashlib
import struct
import zlib
from pathlib import Path

from mock_server.agent.director import Picture
from mock_server.backend.models import Media


def draw(picture: Picture, folder: Path) -> Media:
    """Draw a picture into `folder` as a PNG. The same picture is the same file."""
    width, height = picture.width, picture.height
    data = _png(width, height, _rows(picture))
    key = hashlib.sha256(f"{folder}:{picture.hash}".encode()).hexdigest()[:32]
    path = folder / f"{key}.png"
    path.write_bytes(data)
    return Media(
        key=key,
        name=f"{picture.name}.png",
        type="image",
        format="png",
        hash=picture.hash,
        size=len(data),
        path=f"media/{path.name}",
        width=width,
        height=height,
    )


def _rows(picture: Picture) -> bytes:
    """Its rows as `_png` wants them. Of one colour where numpy, and so the renderer that would show
    it, is not installed."""
    width, height = picture.width, picture.height
    try:
        import numpy as np  # heavy, and only a clip made from words alone needs it
    except ImportError:
        return (b"\0" + bytes.fromhex(picture.hash[:6]) * width) * height
    random = np.random.default_rng(int(picture.hash[:16], 16))
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    low, high = random.uniform(20, 110, 3), random.uniform(120, 235, 3)
    ground = low + (high - low) * (y * 0.7 + x * 0.3)[..., None]
    for _ in range(4):
        cx, cy, radius = random.uniform(0, 1), random.uniform(0, 1), random.uniform(0.08, 0.35)
        spot = np.exp(-(((x - cx) * width / height) ** 2 + (y - cy) ** 2) / radius**2)
        ground += spot[..., None] * random.uniform(-70, 90, 3)
    pixels = np.clip(ground, 0, 255).astype(np.uint8)
    rows: bytes = np.insert(pixels.reshape(height, width * 3), 0, 0, axis=1).tobytes()
    return rows


def _png(width: int, height: int, rows: bytes) -> bytes:
    """8-bit RGB, rows each led by filter type 0 (PNG specification, 5 and 9)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows, 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
