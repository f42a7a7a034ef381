"""Colour planes: values by the standard, samples where the standard has them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from mock_server.render.geometry import Rect
from mock_server.render.yuv import KB, KR, Planes


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [  # ITU-R BT.709-6, 3.2 to 3.5: white, black, primaries
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_colours_are_those_of_bt709(rgb: tuple[int, ...], yuv: tuple[int, ...]) -> None:
    planes = Planes.from_rgb(np.full((4, 6, 3), rgb, np.uint8))
    assert (planes.y[1, 1], planes.u[1, 1], planes.v[1, 1]) == yuv


@pytest.mark.parametrize("window", [Rect(0, 0, 160, 120), Rect(7.3, 4.1, 131.2, 98.4)])
def test_colour_stays_with_the_light_it_belongs_to(window: Rect) -> None:
    """A soft red dot: the middle of its colour, at the places H.264 gives the samples (E.2.1: on
    the left of two pixels, between two rows), is the middle of its light."""
    ys, xs = np.mgrid[0:120, 0:160] + 0.5
    dot = np.exp(-((xs - 71.3) ** 2 + (ys - 58.6) ** 2) / (2 * 7.0**2))
    rgb = np.stack([dot * 255, dot * 60, dot * 60], axis=2).astype(np.uint8)
    frame = Planes.empty(160, 120)
    Planes.from_rgb(rgb).sample(window, frame)
    light = cv2.moments(frame.y.astype(np.float32) - 16)
    colour = cv2.moments(frame.v.astype(np.float32) - 128)
    expected = (light["m10"] / light["m00"] + 0.5, light["m01"] / light["m00"] + 0.5)
    x, y = colour["m10"] / colour["m00"], colour["m01"] / colour["m00"]
    assert (2 * x + 0.5, 2 * y + 1) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("of_601", [False, True])
@pytest.mark.parametrize("full", [False, True])
def test_planes_in_another_matrix_or_range_become_bt709(of_601: bool, full: bool) -> None:
    kr, kb = (0.299, 0.114) if of_601 else (KR, KB)
    for colour in np.random.default_rng(3).integers(0, 256, (200, 3)) / 255:
        theirs = [np.full((2, 2), v, np.uint8) for v in np.round(coded(colour, kr, kb, full=full))]
        values = [float(plane[0, 0]) for plane in theirs]
        expected = coded(shown(values, kr, kb, full=full), KR, KB, full=False)
        y, u, v = theirs
        made = Planes(y, u[:1, :1], v[:1, :1]).in_709(of_601=of_601, full=full)
        got = [float(plane[0, 0]) for plane in (made.y, made.u, made.v)]
        assert np.abs(np.subtract(got, expected)).max() <= 1.01


def coded(rgb: Any, kr: float, kb: float, *, full: bool) -> list[float]:
    """y, u, v of RGB from 0 to 1 (ITU-R BT.601-7, 2.5; BT.709-6, 3)."""
    y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2]
    pb, pr = (rgb[2] - y) / (2 - 2 * kb), (rgb[0] - y) / (2 - 2 * kr)
    if full:
        return [255 * y, 128 + 255 * pb, 128 + 255 * pr]
    return [16 + 219 * y, 128 + 224 * pb, 128 + 224 * pr]


def shown(yuv: list[float], kr: float, kb: float, *, full: bool) -> list[float]:
    y = yuv[0] / 255 if full else (yuv[0] - 16) / 219
    pb, pr = ((c - 128) / (255 if full else 224) for c in yuv[1:])
    red, blue = y + (2 - 2 * kr) * pr, y + (2 - 2 * kb) * pb
    return [red, (y - kr * red - kb * blue) / (1 - kr - kb), blue]
