"""Colour planes: values by the standard, samples where the standard has them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mock_server.render.geometry import Rect
from mock_server.render.yuv import Planes


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
