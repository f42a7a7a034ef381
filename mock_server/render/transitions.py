"""How one shot gives way to the next, on planes. A new one is a function and a line in `find`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

from .motion import ease
from .yuv import BLACK, NEUTRAL, WHITE, Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .plan import Shot

Transition: TypeAlias = Callable[[Planes, Planes, Planes, float], None]
"""(old, new, out, p): fills `out` at the moment `p`, between 0, where only the old one is seen, and
1, where only the new one is. What `old` and `new` hold afterwards is of no use."""

_SOFT = 0.2
"""Width of a wipe's edge, of the way it goes."""
_SHADOW = 0.05
"""Width of the shadow before a picture that slides over another, of the way it goes."""
_SHUTTER = 0.5
"""Part of a frame's time that moving pictures are smeared over: a film camera's half turn."""
_NEARER = 1.2
"""How much the old picture has grown when a zoom is over."""
_OUT_OF_FOCUS = 0.5
"""When in a zoom the old picture is as blurred as it gets."""


def whip(p: float) -> float:
    """0 → 1, at rest at both ends, sooner away than it arrives: it starts on the beat."""
    return ease(1 - (1 - p) ** 1.5)


def crossfade(old: Planes, new: Planes, out: Planes, p: float) -> None:
    _mix(old, new, out, ease(p))


def dip(old: Planes, new: Planes, out: Planes, p: float, *, level: int) -> None:
    """To a grey of that luma, and out of it with the new one."""
    shade(old if p < 0.5 else new, out, ease(abs(2 * p - 1)), level)


def push(old: Planes, new: Planes, out: Planes, p: float, *, side: str, step: float) -> None:
    """The new one comes in from a side and shifts the old one out. `step` is how far `p` goes in
    a frame."""
    axis, sign = _way(side)
    for a, b, o in _channels(old, new, out):
        d = _gone(whip(p), out, axis) * o.shape[axis] // out.y.shape[axis]
        _shift(a, o, -sign * d, axis)
        _shift(b, o, sign * (o.shape[axis] - d), axis)
    _smear(out, old, _speed(p, step), axis)


def slide(old: Planes, new: Planes, out: Planes, p: float, *, side: str, step: float) -> None:
    """The new one comes in from a side, over the old one and with a shadow on it."""
    axis, sign = _way(side)
    _smear(new, out, _speed(p, step), axis)
    for a, b, o in _channels(old, new, out):
        n = o.shape[axis]
        d = _gone(whip(p), out, axis) * n // out.y.shape[axis]
        np.copyto(_along(o, sign, axis)[d:], _along(a, sign, axis)[d:])
        _shift(b, o, sign * (n - d), axis)
        if o is out.y:
            under = _along(o, sign, axis)[d : d + round(_SHADOW * n)]
            _darken(under, round(_SHADOW * n), min(1.0, 8 * (1 - p)))


def wipe(old: Planes, new: Planes, out: Planes, p: float, *, side: str) -> None:
    """An edge goes over the picture from a side, soft, and leaves the new one behind it."""
    axis, sign = _way(side)
    for a, b, o in _channels(old, new, out):
        n = o.shape[axis]
        # Luma sample i lies at i + 1/2; of a frame's colours sample j at j + 1/4 across.
        at = 0.25 if axis == 1 and o is not out.y else 0.5
        if sign > 0:
            at = 1 - at
        soft = _SOFT * n
        edge = ease(p) * (n + soft) - soft
        first, last = max(0, int(edge)), min(n, int(edge + soft) + 1)
        a, b, o = (_along(plane, sign, axis) for plane in (a, b, o))
        np.copyto(o[:first], b[:first])
        np.copyto(o[last:], a[last:])
        new_part = (edge + soft - (np.arange(first, last) + at)) / soft
        weight = np.clip(new_part, 0, 1)
        weight = np.round(weight * weight * (3 - 2 * weight) * 256).astype(np.uint16)[:, None]
        mixed = a[first:last] * (256 - weight)
        mixed += b[first:last] * weight
        mixed += 128
        mixed >>= 8
        o[first:last] = mixed


def zoom(old: Planes, new: Planes, out: Planes, p: float) -> None:
    """The old one comes nearer, ever faster, goes out of focus and dissolves into the new one."""
    scale = 1 + _NEARER * p * p
    blur = ease(min(1.0, p / _OUT_OF_FOCUS))
    gone = ease(max(0.0, p - 0.1) / 0.9)
    for a, b, o in _channels(old, new, out):
        soft = cv2.resize(a, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        soft = cv2.resize(soft, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        cv2.blur(soft, (3, 3), dst=soft)
        _enlarge(soft, o, scale)
        if blur < 1:
            near = np.empty_like(o)
            _enlarge(a, near, scale)
            cv2.addWeighted(near, 1 - blur, o, blur, 0, dst=o)
        cv2.addWeighted(o, 1 - gone, b, gone, 0, dst=o)


def shade(source: Planes, out: Planes, light: float, level: int = BLACK) -> None:
    """`light` of the picture and for the rest a grey of that luma."""
    cv2.convertScaleAbs(source.y, dst=out.y, alpha=light, beta=level * (1 - light))
    for a, o in ((source.u, out.u), (source.v, out.v)):
        cv2.convertScaleAbs(a, dst=o, alpha=light, beta=NEUTRAL * (1 - light))


def find(shot: Shot) -> Transition | None:
    """How a shot comes in; None for a cut. An unknown one is a crossfade."""
    step = 1 / (shot.overlap + 1)
    match shot.transition:
        case "cut":
            return None
        case "dip":
            return partial(dip, level=WHITE if shot.through == "white" else BLACK)
        case "push":
            return partial(push, side=shot.side, step=step)
        case "slide":
            return partial(slide, side=shot.side, step=step)
        case "wipe":
            return partial(wipe, side=shot.side)
        case "zoom":
            return zoom
        case _:
            return crossfade


def _channels(*pictures: Planes) -> Iterator[tuple[NDArray[np.uint8], ...]]:
    return zip(*((picture.y, picture.u, picture.v) for picture in pictures), strict=True)


def _mix(a: Planes, b: Planes, out: Planes, weight: float) -> None:
    for one, other, o in _channels(a, b, out):
        cv2.addWeighted(one, 1 - weight, other, weight, 0, dst=o)


def _way(side: str) -> tuple[int, int]:
    """(axis, sign): 1 for across, 0 for down; 1 if the new one comes from that axis's far end."""
    return (0 if side in ("top", "bottom") else 1), (-1 if side in ("left", "top") else 1)


def _gone(way: float, out: Planes, axis: int) -> int:
    """How many pixels of the way are gone: even, so that the colours go along."""
    return 2 * round(way * (out.size[0] if axis else out.size[1]) / 2)


def _speed(p: float, step: float) -> float:
    """Part of the way gone in the frame about `p`."""
    return whip(min(1.0, p + step / 2)) - whip(max(0.0, p - step / 2))


def _shift(plane: NDArray[np.uint8], out: NDArray[np.uint8], by: int, axis: int) -> None:
    """Copy a plane moved along an axis; what leaves `out` is not copied."""
    n = out.shape[axis]
    low, high = max(0, by), min(n, n + by)
    a, o = (plane, out) if axis == 0 else (plane.T, out.T)
    np.copyto(o[low:high], a[low - by : high - by])


def _along(plane: NDArray[np.uint8], sign: int, axis: int) -> NDArray[np.uint8]:
    """A view whose first row or column is where the new picture comes in."""
    turned = plane if axis == 0 else plane.T
    return turned[::-1] if sign > 0 else turned


def _smear(picture: Planes, spare: Planes, speed: float, axis: int) -> None:
    """Blur along the way, as long as it moves while the shutter is open."""
    for plane, other in _channels(picture, spare):
        length = round(speed * _SHUTTER * plane.shape[axis] / 2) * 2 + 1
        if length > 1:
            size = (length, 1) if axis == 1 else (1, length)
            cv2.blur(plane, size, dst=other, borderType=cv2.BORDER_REPLICATE)
            np.copyto(plane, other)


def _darken(rows: NDArray[np.uint8], width: int, strength: float) -> None:
    """A shadow that falls on luma from the first row on and has gone after `width` rows."""
    fall = 1 - (np.arange(len(rows)) + 0.5) / max(1, width)
    light = np.round(256 * (1 - 0.45 * strength * fall * fall)).astype(np.int32)[:, None]
    rows[:] = ((rows.astype(np.int32) - BLACK) * light >> 8) + BLACK


def _enlarge(plane: NDArray[Any], out: NDArray[np.uint8], scale: float) -> None:
    """Fill `out` with the middle of a plane, `scale` times as large as would show all of it.

    Whole pixels go on either side, so that the middle stands still."""
    x, y = (round(length * (1 - 1 / scale) / 2) for length in plane.shape[::-1])
    part = plane[y : plane.shape[0] - y, x : plane.shape[1] - x]
    cv2.resize(part, out.shape[::-1], dst=out, interpolation=cv2.INTER_LINEAR)
