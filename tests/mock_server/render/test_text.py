"""Titles and captions over pictures."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from mock_server.render.plan import Span, Title
from mock_server.render.text import Titles
from mock_server.render.yuv import BLACK, Planes
from tests.mock_server.render.studio import scenery, seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio

SHAPES = [(854, 480), (480, 854), (480, 480), (480, 600), (1920, 1080), (1080, 1920)]
LENGTHS = {
    "one letter": "A",
    "one deep letter": "ق",
    "a few words": "Summer in Lisbon, 2026",
    "a sentence": "A rather long title that has to be set in several lines to be read at all",
    "a long word": "Donaudampfschifffahrtsgesellschaftskapitän",
    "lines": "Line one\nÉtage deux\nनमस्ते क्षत्रिय\nน้ำใจ",
    "300 Latin letters": ("Lorem ipsum dolor sit amet " * 12)[:300],
    "300 letters of one word": "W" * 300,
    "300 Chinese characters": ("夏天的海边，我们一起去旅行。" * 22)[:300],
    "300 Arabic letters": ("مرحبا بالعالم الجميل " * 15)[:300],
}


def laid(
    titles: list[Title],
    size: tuple[int, int],
    ground: tuple[int, int, int] = (0, 0, 0),
    at: int = 45,
) -> Planes:
    """The titles on a plain frame."""
    frame = Planes.from_rgb(np.full((size[1], size[0], 3), ground, np.uint8))
    Titles(titles, size, 30).draw(at, frame)
    return frame


def title(text: str, position: str = "center", size: str = "large", first: int = 0) -> Title:
    return Title(Span(first, first + 90), text, position, size)


def box(frame: Planes) -> tuple[int, int, int, int]:
    """Where ink is on black: left, top, right, bottom."""
    ink = frame.y > BLACK + 20
    columns, rows = np.flatnonzero(ink.max(axis=0)), np.flatnonzero(ink.max(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def luminance(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """WCAG 2.2, relative luminance."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def grounds(size: tuple[int, int]) -> dict[str, NDArray[np.uint8]]:
    plain = {
        "white": (255, 255, 255),
        "black": (0, 0, 0),
        "grey": (128, 128, 128),
        "red": (255, 0, 0),
    }
    found = {name: np.full((size[1], size[0], 3), rgb, np.uint8) for name, rgb in plain.items()}
    checks = (np.indices((size[1], size[0])) // 6).sum(axis=0) % 2 * 255
    noise = np.random.default_rng(1).normal(0, 40, checks.shape)
    found["checks"] = np.repeat(
        (checks + noise).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2
    )
    return found


@pytest.mark.parametrize(("kind", "least"), [("large", 3.0), ("small", 4.5)])
@pytest.mark.parametrize("ground", ["white", "black", "grey", "red", "checks"])
@pytest.mark.parametrize("text", ["Readable", "夏天海边", "नमस्ते दुनिया"])
def test_each_letter_stands_out_from_what_is_around_it(
    text: str, ground: str, kind: str, least: float
) -> None:
    size = (1280, 720)
    shown = title(text, size=kind)
    ink = laid([shown], size).y
    frame = Planes.from_rgb(grounds(size)[ground])
    Titles([shown], size, 30).draw(45, frame)
    light = luminance(seen(frame))
    count, letters = cv2.connectedComponents((ink > 60).astype(np.uint8))
    near = np.ones((3, 3), np.uint8)
    # Past the pixels that are half letter, as far as a stem of a letter is wide.
    beside = cv2.dilate((ink > BLACK + 4).astype(np.uint8), near)
    assert count > 2
    for number in range(1, count):
        letter = (letters == number).astype(np.uint8)
        core = (letter > 0) & (ink >= 230)
        around = (cv2.dilate(letter, near, iterations=6) > 0) & (beside == 0)
        high, low = light[core].mean(), light[around].mean()
        assert (high + 0.05) / (low + 0.05) >= least


@pytest.mark.parametrize("size", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["large", "small"])
@pytest.mark.parametrize("position", ["top", "center", "bottom"])
@pytest.mark.parametrize("text", LENGTHS.values(), ids=LENGTHS)
def test_all_ink_is_in_the_safe_area_and_in_the_middle(
    size: tuple[int, int], kind: str, position: str, text: str
) -> None:
    """SMPTE ST 2046-1: the safe title area is 90 % of the frame's width and height."""
    width, height = size
    left, top, right, bottom = box(laid([title(text, position, kind)], size))
    assert left >= width * 0.05
    assert right <= width * 0.95
    assert top >= height * 0.05
    assert bottom <= height * 0.95
    assert abs((left + right) / 2 - width / 2) < width * 0.02 + 2


def test_positions_and_sizes() -> None:
    size = (1280, 720)
    tops = [box(laid([title("Hello", place)], size))[1] for place in ("top", "center", "bottom")]
    assert tops[0] < 100 < 300 < tops[1] < 400 < 550 < tops[2]
    large, small = (box(laid([title("Hello", size=kind)], size)) for kind in ("large", "small"))
    assert large[3] - large[1] > 1.7 * (small[3] - small[1])
    assert box(laid([title("Hello", "nowhere", "huge")], size)) == large


def test_a_caption_is_larger_in_an_upright_frame() -> None:
    """It is looked at on a phone. A title, which is large already, is as large as elsewhere."""
    wide, upright = (1920, 1080), (1080, 1920)

    def height(size: tuple[int, int], kind: str) -> int:
        _, top, _, bottom = box(laid([title("Home", size=kind)], size))
        return bottom - top

    assert height(upright, "small") == pytest.approx(1.35 * height(wide, "small"), rel=0.05)
    assert height(upright, "large") == pytest.approx(height(wide, "large"), rel=0.05)


@pytest.mark.parametrize("size", SHAPES, ids=str)
@pytest.mark.parametrize(
    "shown",
    [
        [title("Urban Dreams"), title("A caption", "bottom", "small")],
        [title(LENGTHS["300 Latin letters"]), title(LENGTHS["a sentence"], "bottom", "small")],
        [title(LENGTHS["a sentence"], "bottom", "small"), title("Second", "bottom", "small", 30)],
        [title("One"), title("Two", first=20), title("Three", first=40)],
        [title("Top", "top"), title("Over it", "top", "small"), title("B" * 300, "bottom")],
    ],
)
def test_texts_that_are_on_at_once_are_apart(size: tuple[int, int], shown: list[Title]) -> None:
    titles = Titles(shown, size, 30)
    frame = Planes.empty(*size)
    frame.black()
    titles.draw(50, frame)
    rows = frame.y.max(axis=1) > 150
    places = sorted(titles.places)
    assert len(places) == len(shown)
    for top, bottom in places:
        assert rows[top:bottom].any()
        rows[top:bottom] = False
    assert not rows.any(), "ink beside the places"
    assert all(above[1] < below[0] for above, below in pairwise(places))


def test_a_text_stays_where_it_is_when_another_comes() -> None:
    size = (640, 360)
    first, second = title("First", "bottom", "small"), title("Second", "bottom", "small", first=60)
    both = Titles([first, second], size, 30)
    frame = Planes.empty(*size)
    rows = []
    for number in (30, 74):
        frame.black()
        both.draw(number, frame)
        rows.append((frame.y[300:] > 150).max(axis=1))
    assert rows[0].any()
    assert np.array_equal(rows[0], rows[1])
    assert (frame.y[:300] > 150).any(), "the second is above"


def test_a_text_comes_back_to_a_place_that_is_free_again() -> None:
    size = (640, 360)
    later = title("Second", "bottom", "small", first=90)
    both = Titles([title("First", "bottom", "small"), later], size, 30)
    alone = laid([later], size, at=130).y
    frame = Planes.from_rgb(np.zeros((360, 640, 3), np.uint8))
    both.draw(130, frame)
    assert np.array_equal(frame.y, alone)


def test_a_title_is_seen_while_it_is_on_and_only_then(studio: Studio) -> None:
    studio.duration = 2000
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    plain = studio.frames()
    studio.titles = [{"s": 500, "d": 1000, "text": "Urban Dreams"}]
    titled = studio.frames()

    def change(n: int) -> float:
        return float(np.abs(titled[n].astype(int) - plain[n].astype(int)).max())

    assert change(30) > 100
    assert change(10) < 25
    assert change(50) < 25
    middle = titled[30][70:110, 60:260]
    assert np.percentile(middle, 99) > 230


def test_it_comes_and_goes_softly() -> None:
    frame = Planes.empty(320, 180)
    titles = Titles([Title(Span(0, 60), "Hello", "center", "large")], (320, 180), 30)
    light = []
    for n in range(60):
        frame.black()
        titles.draw(n, frame)
        light.append(float(frame.y.mean()))
    steps = np.diff(light)
    assert (steps[:12] >= 0).all()
    assert (steps[-12:] <= 0).all()
    assert max(light) == light[30]
    assert light[0] - BLACK < 0.1 * (light[30] - BLACK)


def test_what_no_font_can_write_is_left_out_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    unwritable = "\U0010fff0"
    with caplog.at_level(logging.WARNING):
        with_it = laid([title(f"Hello{unwritable}")], (640, 360))
    (message,) = caplog.messages
    assert message.startswith(f'warning: the text "Hello{unwritable}" is shown without ')
    assert np.array_equal(with_it.y, laid([title("Hello")], (640, 360)).y)


@pytest.mark.parametrize("text", ["\U0010fff0", "", " \n ", "\u200d"])
def test_a_title_of_nothing_that_can_be_seen_is_no_title(text: str) -> None:
    assert laid([title(text), title("", "bottom")], (320, 180)).y.max() == BLACK


def test_letters_have_no_colour() -> None:
    frame = Planes.from_rgb(np.asarray(Image.new("RGB", (960, 540), (200, 40, 40))))
    Titles([title("MMMM")], (960, 540), 30).draw(45, frame)
    letters = frame.y[::2, ::2][: frame.u.shape[0]] > 233
    assert letters.any()
    inner = cv2.erode(letters.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert np.abs(frame.u[inner].astype(int) - 128).max() <= 3
