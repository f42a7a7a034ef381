"""EXIF, read and changed as the TIFF structure that it is (CIPA DC-008, 4.6). What is damaged in
it counts as not there."""

from __future__ import annotations

import struct

_ORIENTATION, _GPS, _LATITUDE = 0x0112, 0x8825, 2


def orientation(exif: bytes) -> int:
    """How the picture has to be turned to be upright: 1 to 8, EXIF 2.32, 4.6.4. 1 is upright."""
    at = _orientation_at(exif)
    return _number(exif, at) if at is not None else 1


def upright(exif: bytes) -> bytes:
    """The same EXIF for a picture that was turned."""
    at = _orientation_at(exif)
    if at is None:
        return exif
    one = struct.pack(_order(exif) + "H", 1)
    return exif[:at] + one + exif[at + 2 :]


def located(exif: bytes) -> bool:
    """Whether it says where the picture was taken."""
    entry = _entries(exif, 4).get(_GPS)
    if entry is None:
        return False
    at = struct.unpack_from(_order(exif) + "I", exif, entry + 8)[0]
    return _LATITUDE in _entries(exif, at, direct=True)


def _order(exif: bytes) -> str:
    return {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4], "")


def _entries(exif: bytes, at: int, *, direct: bool = False) -> dict[int, int]:
    """Tag → where its 12 bytes begin, of the directory that is pointed to from `at`, or
    `direct`ly begins there. What is damaged is not there."""
    order = _order(exif)
    try:
        if not order:
            return {}
        if not direct:
            (at,) = struct.unpack_from(order + "I", exif, at)
        (count,) = struct.unpack_from(order + "H", exif, at)
        starts = range(at + 2, min(at + 2 + count * 12, len(exif) - 11), 12)
        return {struct.unpack_from(order + "H", exif, start)[0]: start for start in starts}
    except struct.error:
        return {}


def _orientation_at(exif: bytes) -> int | None:
    """Where a number that turns the picture stands."""
    entry = _entries(exif, 4).get(_ORIENTATION)
    if entry is None:
        return None
    kind: int = struct.unpack_from(_order(exif) + "H", exif, entry + 2)[0]
    at = entry + 8 + (2 if kind == 4 and exif[:2] == b"MM" else 0)  # SHORT as it should be, or LONG
    return at if kind in (3, 4) and 2 <= _number(exif, at) <= 8 else None


def _number(exif: bytes, at: int) -> int:
    number: int = struct.unpack_from(_order(exif) + "H", exif, at)[0]
    return number
