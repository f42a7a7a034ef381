"""Titles and captions over pictures."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from mock_server.render import fonts
from mock_server.render.plan import Span, Title
from mock_server.render.text import Caption
from mock_server.render.yuv import BLACK, Planes
from tests.mock_server.render.studio import scenery

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio


def laid(
    text: str, frame_size: tuple[int, int], ground: int = BLACK, **style: str
) -> NDArray[np.uint8]:
    """The luma of a frame with the text on it, in the middle of its time."""
    frame = Planes.empty(*frame_size)
    frame.black()
    frame.y[:] = ground
    where = {"position": "center", "size": "large", **style}
    Caption(Title(Span(0, 90), text, **where), frame_size, 30).draw(45, frame)
    return frame.y


def box(luma: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Where letters are: left, top, right, bottom."""
    rows, columns = np.flatnonzero(luma.max(axis=1) > 150), np.flatnonzero(luma.max(axis=0) > 150)
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


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
    caption = Caption(Title(Span(0, 60), "Hello", "center", "large"), (320, 180), 30)
    light = []
    for n in range(60):
        frame.black()
        caption.draw(n, frame)
        light.append(float(frame.y.mean()))
    steps = np.diff(light)
    assert (steps[:12] >= 0).all()
    assert (steps[-12:] <= 0).all()
    assert max(light) == light[30]
    assert light[0] - BLACK < 0.1 * (light[30] - BLACK)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 640)])
@pytest.mark.parametrize("position", ["top", "center", "bottom"])
@pytest.mark.parametrize(
    "text",
    [
        "Hi",
        "A rather long title that has to be set in several lines to be read at all",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "Line one\nline two",
        "word " * 60,
    ],
)
def test_text_stays_in_the_safe_area_and_in_the_middle(
    size: tuple[int, int], position: str, text: str
) -> None:
    left, top, right, bottom = box(laid(text, size, position=position))
    assert left >= size[0] * 0.07
    assert right <= size[0] * 0.93
    assert top >= size[1] * 0.05
    assert bottom <= size[1] * 0.95
    assert abs((left + right) / 2 - size[0] / 2) < size[0] * 0.02


def test_positions_and_sizes() -> None:
    size = (1280, 720)
    tops = [box(laid("Hello", size, position=p))[1] for p in ("top", "center", "bottom")]
    assert tops == sorted(tops)
    assert tops[0] < 200 < 300 < tops[1] < 400 < 500 < tops[2]
    large, small = box(laid("Hello", size)), box(laid("Hello", size, size="small"))
    assert (large[3] - large[1]) > 1.7 * (small[3] - small[1])


def test_lines_are_about_equally_long() -> None:
    luma = laid("one two three four five six seven eight nine ten", (720, 1280))
    rows = luma.max(axis=1) > 150
    edges = np.flatnonzero(np.diff(rows.astype(int)))
    widths = [np.ptp(np.flatnonzero(luma[a:b].max(axis=0) > 150)) for a, b in
              zip(edges[::2] + 1, edges[1::2] + 1, strict=True)]  # fmt: skip
    assert len(widths) >= 2
    assert min(widths) > 0.55 * max(widths)


def test_white_text_can_be_read_on_white() -> None:
    luma = laid("Readable", (640, 360), ground=235)
    assert luma.max() == 235
    assert luma.min() < 120


def test_what_no_font_can_write_is_left_out_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    unwritable = "\U0010fff0"
    with caplog.at_level(logging.WARNING):
        with_it = laid(f"Hello{unwritable}", (640, 360))
    assert len(caplog.records) == 1
    (message,) = caplog.messages
    assert message.startswith(f'warning: the title "Hello{unwritable}" is shown without ')
    assert np.array_equal(with_it, laid("Hello", (640, 360)))


def test_a_title_of_nothing_that_can_be_written_is_no_title() -> None:
    assert laid("\U0010fff0", (320, 180)).max() == BLACK
    assert laid("", (320, 180)).max() == BLACK


def test_latin_is_written_with_no_font_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for cached in (fonts._faces, fonts._best):
        cached.cache_clear()
    monkeypatch.setattr(fonts, "_folders", lambda: ())
    try:
        assert fonts.writable("Über den Cafés") == "Uber den Cafes"
        assert laid("Hello", (320, 180)).max() == 235
    finally:
        for cached in (fonts._faces, fonts._best):
            cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("夏天 2026", 'is shown without "夏天": no font here can write it; install one, e.g. Noto Sans CJK'),
        ("Café", 'is shown as "Cafe": no font here can write it; install one, e.g. Noto Sans'),
        ("ไทย!", 'is shown without "ไทย": no font here can write it; install one, e.g. Noto Sans Thai'),
        ("Go 🚀", 'is shown without "🚀": no font here can write it; install one, e.g. Noto Emoji'),
    ],
)  # fmt: skip
def test_the_log_names_the_text_and_the_font_that_is_missing(
    text: str, notice: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fonts, "_best", lambda char: "a font" if char.isascii() else None)
    fonts.writable(text, "caption")
    assert caplog.messages == [f'warning: the caption "{text}" {notice}']


def test_letters_have_no_colour() -> None:
    frame = Planes.from_rgb(np.asarray(Image.new("RGB", (960, 540), (200, 40, 40))))
    Caption(Title(Span(0, 90), "MMMM", "center", "large"), (960, 540), 30).draw(45, frame)
    letters = frame.y[::2, ::2][: frame.u.shape[0]] > 233
    assert letters.any()
    inner = letters & np.roll(letters, 1, 1) & np.roll(letters, -1, 1)
    assert np.abs(frame.u[inner].astype(int) - 128).max() <= 3
