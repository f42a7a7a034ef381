"""How one shot gives way to the next, on planes. A new one is a function and a line in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2

from .yuv import BLACK, NEUTRAL, Planes

Transition: TypeAlias = Callable[[Planes, Planes, float], None]


def ease(p: float) -> float:
    """0 → 1, at rest at both ends."""
    return p * p * (3 - 2 * p)


def crossfade(into: Planes, new: Planes, p: float) -> None:
    """Mix `new` into `into`, `p` of it."""
    weight = ease(p)
    for a, b in ((into.y, new.y), (into.u, new.u), (into.v, new.v)):
        cv2.addWeighted(a, 1 - weight, b, weight, 0, dst=a)


def dip(into: Planes, new: Planes, p: float) -> None:
    """To black, and out of it with `new`."""
    if p >= 0.5:
        new.copy_to(into)
    light = ease(abs(2 * p - 1))
    cv2.convertScaleAbs(into.y, dst=into.y, alpha=light, beta=BLACK * (1 - light))
    for plane in (into.u, into.v):
        cv2.convertScaleAbs(plane, dst=plane, alpha=light, beta=NEUTRAL * (1 - light))


KINDS: dict[str, Transition] = {"crossfade": crossfade, "dip": dip}


def find(name: str) -> Transition | None:
    """The transition of that name, None for a cut; an unknown one is a crossfade."""
    return None if name == "cut" else KINDS.get(name, crossfade)
