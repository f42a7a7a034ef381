"""The pictures that are uploaded: drawn here, so that nothing of the user's is sent."""

import struct
import zlib

WIDTH, HEIGHT = 96, 64


def draw(shade: int) -> bytes:
    """A PNG of WIDTH x HEIGHT pixels, a diagonal ramp of greys from `shade` (0 to 255) on: each
    shade is another file."""
    rows = b"".join(
        b"\0" + bytes((shade + x + y) % 256 for x in range(WIDTH)) for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
