"""Colour profiles that are made here, and the ground that what is transparent is seen over."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .yuv import KB, KR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Colour = tuple[int, int, int]

SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""x and y of red, green and blue (IEC 61966-2-1); their white is D65."""
D65 = (0.3127, 0.3290)

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_WEIGHTS = np.array([KR, 1 - KR - KB, KB])

_GROUNDS = (242, 28, 128)
"""How light a ground may be, the one that is taken first where they serve alike."""
_APART = 90
"""A difference in lightness at which anything is readable."""
_TINT = 0.12
"""How much of the picture's own colour the ground has."""


def profile(
    primaries: Sequence[float], white: Sequence[float], curve: NDArray[np.float64]
) -> bytes:
    """An ICC profile (ICC.1:2001-04) of a display: x and y of its red, green and blue, and of its
    white; `curve` is the light, 0..1, of evenly spaced values from 0 to 1."""
    columns = np.array([_xyz(*primaries[n : n + 2]) for n in (0, 2, 4)]).T
    target = _xyz(*white)
    columns = columns * np.linalg.solve(columns, target)
    gain = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ target))
    columns = np.linalg.inv(_BRADFORD) @ gain @ _BRADFORD @ columns
    light = np.round(np.clip(curve, 0, 1) * 65535).astype(">u2").tobytes()
    table = b"curv" + bytes(4) + struct.pack(">I", len(curve)) + light
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 8) + b"display\0" + bytes(78),
        b"wtpt": _point(_D50),
        **{key: _point(columns[:, n]) for n, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), table),
    }
    index, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for key, data in tags.items():
        index += key + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4xI", start + len(body), 0x02400000) + b"mntrRGB XYZ " + bytes(12)
    head += b"acsp" + bytes(28) + struct.pack(">3i", *_fixed(_D50))
    return head.ljust(128, b"\0") + index + body


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _point(xyz: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *_fixed(xyz))


def _fixed(xyz: NDArray[np.float64]) -> list[int]:
    return [round(float(value) * 65536) for value in xyz]


def ground(pixels: NDArray[np.uint8]) -> Colour | None:
    """The one colour before which a picture of (h, w, 4), alpha last, can be made out: light, dark
    or between, with a touch of its own. None where nothing is transparent."""
    alpha = pixels[..., 3].astype(np.float64).ravel() / 255
    if alpha.min() == 1:
        return None
    colours = pixels[..., :3].reshape(-1, 3).astype(np.float64)
    seen = float(alpha.sum())
    if seen == 0:
        return (_GROUNDS[0],) * 3
    light = colours @ _WEIGHTS

    def readable(level: int) -> float:
        return float((np.minimum(np.abs(light - level), _APART) * alpha).sum())

    level = max(_GROUNDS, key=readable)
    mean = (colours * alpha[:, None]).sum(axis=0) / seen
    red, green, blue = np.clip(level + _TINT * (mean - mean @ _WEIGHTS), 0, 255).round()
    return int(red), int(green), int(blue)


def over(image: Image.Image, ground: Colour | None) -> Image.Image:
    """An RGBA picture on its ground, in RGB; on black where nothing in it is transparent."""
    flat = Image.new("RGB", image.size, ground or (0, 0, 0))
    flat.paste(image, mask=image.getchannel("A"))
    return flat
