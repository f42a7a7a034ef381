"""Every way in which one shot gives way to the next, from its first frame to its last."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from mock_server.render.cast import Cast
from mock_server.render.compose import frames
from mock_server.render.plan import read
from mock_server.render.yuv import BLACK, WHITE
from tests.mock_server.render.studio import HEIGHT, WIDTH, scenery

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio

SIDES = ("left", "right", "top", "bottom")
MOVING = [{"type": kind, "from": side} for kind in ("slide", "push", "wipe") for side in SIDES]
STEADY = [{"type": "crossfade"}, {"type": "zoom"}, *MOVING]
ALL = [{"type": "dip"}, {"type": "dip", "to": "white"}, *STEADY]
STILL: dict[str, Any] = {"motion": {"style": "still"}}


def run(
    studio: Studio, old: Image.Image, new: Image.Image, tr: dict[str, Any], ms: int = 600
) -> list[NDArray[Any]]:
    """The frames (yuv420p) of one picture giving way to another: one of the old one alone, those
    of the transition, one of the new one."""
    frame = 1000 / 30
    studio.photo("old.png", old)
    studio.photo("new.png", new)
    studio.duration = round(2 * frame + ms)
    studio.shoot("old.png", 0, round(frame + ms), **STILL)
    studio.shoot("new.png", round(frame), round(frame + ms), tr={**tr, "d": ms}, **STILL)
    return [f.to_ndarray() for f in frames(Cast(read(studio.draft()), studio.media))]


def luma(frame: NDArray[Any]) -> NDArray[np.float64]:
    return frame[:HEIGHT].astype(float)


def plain(level: int) -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), (level,) * 3)


def name(tr: dict[str, Any]) -> str:
    return " ".join(tr.values())


@pytest.mark.parametrize("tr", ALL, ids=name)
def test_it_sets_off_from_the_old_one_and_lands_on_the_new_one_without_a_jump(
    studio: Studio, tr: dict[str, Any]
) -> None:
    shown = run(studio, scenery(WIDTH, HEIGHT, 1), scenery(WIDTH, HEIGHT, 2), tr)
    steps = [float(np.abs(luma(b) - luma(a)).mean()) for a, b in itertools.pairwise(shown)]
    assert len(steps) == 19
    # At rest at both ends: the first and the last step are among the small ones.
    assert max(steps[0], steps[-1]) < 0.6 * max(steps)
    assert max(steps) < 3 * sum(steps) / len(steps)


@pytest.mark.parametrize("tr", STEADY, ids=name)
def test_from_black_to_white_it_never_gets_darker(studio: Studio, tr: dict[str, Any]) -> None:
    shown = run(studio, plain(0), plain(255), tr)
    light = [float(luma(frame).mean()) for frame in shown]
    assert (light[0], light[-1]) == (BLACK, WHITE)
    assert min(np.diff(light)) >= 0
    assert max(np.diff(light)) < 0.15 * (WHITE - BLACK)


@pytest.mark.parametrize("tr", ALL, ids=name)
def test_the_frames_beside_it_show_one_picture_alone(studio: Studio, tr: dict[str, Any]) -> None:
    shown = run(studio, scenery(WIDTH, HEIGHT, 1), scenery(WIDTH, HEIGHT, 2), tr)
    for index, picture in ((0, "old.png"), (-1, "new.png")):
        studio.shots = []
        studio.shoot(picture, **STILL)
        alone = next(frames(Cast(read(studio.draft()), studio.media))).to_ndarray()
        assert np.array_equal(shown[index], alone)


@pytest.mark.parametrize("tr", MOVING, ids=name)
def test_the_new_one_comes_from_the_side_that_is_named(studio: Studio, tr: dict[str, Any]) -> None:
    middle = luma(run(studio, plain(0), plain(255), tr)[6])
    edges = {
        "left": middle[:, :40],
        "right": middle[:, -40:],
        "top": middle[:40],
        "bottom": middle[-40:],
    }
    assert max(edges, key=lambda side: float(edges[side].mean())) == tr["from"]
    opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[tr["from"]]
    assert edges[opposite].mean() == BLACK


def test_a_slide_covers_a_picture_that_stands_and_a_push_moves_it(studio: Studio) -> None:
    old, new = scenery(WIDTH, HEIGHT, 1), scenery(WIDTH, HEIGHT, 2)
    slid = run(studio, old, new, {"type": "slide", "from": "right"})
    assert np.array_equal(luma(slid[8])[:, :80], luma(slid[0])[:, :80])
    studio.shots = []
    pushed = run(studio, old, new, {"type": "push", "from": "right"})
    assert np.abs(luma(pushed[8])[:, :80] - luma(pushed[0])[:, :80]).mean() > 10


def test_the_edge_of_a_wipe_moves_by_less_than_a_pixel_where_it_is_slow(studio: Studio) -> None:
    shown = run(studio, plain(0), plain(255), {"type": "wipe", "from": "left"}, 6000)
    light = np.array([luma(frame).mean() for frame in shown])
    steps = np.diff(light[12:-12])
    assert steps.min() > 0
    assert np.abs(np.diff(steps)).max() < 0.1


@pytest.mark.parametrize(("to", "level"), [("black", BLACK), ("white", WHITE)])
def test_a_dip_passes_through_its_colour(studio: Studio, to: str, level: int) -> None:
    shown = run(studio, plain(90), plain(160), {"type": "dip", "to": to}, 633)
    away = [float(np.abs(luma(frame) - level).mean()) for frame in shown]
    assert min(away) == 0
    assert away.index(0) == 10


def test_the_whole_frame_comes_out_of_the_dark_and_goes_into_it_titles_too(studio: Studio) -> None:
    studio.photo("a.png", plain(200))
    studio.titles = [{"s": 0, "d": 1000, "text": "Words"}]
    studio.shoot("a.png", 0, 1000, **{"in": {"d": 300}, "out": {"d": 300}}, **STILL)
    shown = [luma(f.to_ndarray()) for f in frames(Cast(read(studio.draft()), studio.media))]
    assert (shown[0].max(), shown[-1].max()) == (BLACK, BLACK)
    light = [float(frame.mean()) for frame in shown]
    assert light[:10] == sorted(light[:10])
    assert light[-10:] == sorted(light[-10:], reverse=True)
    assert np.ptp(light[12:-12]) < 8
