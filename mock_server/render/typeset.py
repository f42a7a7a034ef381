"""Text → pixels: broken into lines that fit, each shaped by script and direction, and drawn.

HarfBuzz shapes and fills the outlines, so that what is drawn is the same on every machine.
"""

from __future__ import annotations

import io
import math
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np
import uharfbuzz as hb
from PIL import Image

from . import bidi, fonts
from .lines import breaks, clusters, fill, widest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .fonts import Face

LEADING = 1.24
"""From one baseline to the next, in em, unless signs need more."""

_CAP, _DEPTH = 0.73, 0.21
"""How far Latin capitals rise above the baseline, and descenders sink below it, in em."""
_AIR = 0.08
_LEAST = 8
"""Pixels an em has at least."""

_TRIALS = ((2, 0.72, False), (4, 0.5, False), (4, 0.5, True), (1000, 0.0, True))
"""Most lines, least part of the full size, whether a word that is too long may be broken: two
lines rather than smaller letters, more lines rather than tiny ones."""


@dataclass(frozen=True)
class Glyph:
    """A glyph and where it stands in its line, in em, x from the line's left end and y up."""

    face: Face
    id: int
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """`ink` in em: left, top, right, bottom of what is drawn, y up from the baseline."""

    glyphs: tuple[Glyph, ...]
    width: float

    @cached_property
    def ink(self) -> tuple[float, float, float, float]:
        boxes = [_ink(glyph) for glyph in self.glyphs]
        lefts, tops, rights, bottoms = zip(*[box for box in boxes if box], strict=True)
        return min(lefts), max(tops), max(rights), min(bottoms)


@dataclass(frozen=True)
class Setting:
    """A text set: its lines at an em of so many pixels. All lengths below are pixels."""

    lines: tuple[Line, ...]
    em: int

    @cached_property
    def _leading(self) -> int:
        tight = max((a - b for a, b in zip(self._tops[1:], self._bottoms, strict=False)), default=0)
        return math.ceil(max(LEADING, tight + _AIR) * self.em)

    @cached_property
    def _tops(self) -> list[float]:
        return [line.ink[1] for line in self.lines]

    @cached_property
    def _bottoms(self) -> list[float]:
        return [line.ink[3] for line in self.lines]

    @property
    def width(self) -> float:
        """Of the widest line, ink that hangs out of it included."""
        return (
            max(
                (max(line.width, line.ink[2]) - min(0.0, line.ink[0]) for line in self.lines),
                default=0,
            )
            * self.em
        )

    @cached_property
    def rise(self) -> int:
        """From the top to the first baseline."""
        return math.ceil(max(_CAP, self._tops[0]) * self.em)

    @cached_property
    def height(self) -> int:
        depth = math.ceil(max(_DEPTH, -self._bottoms[-1]) * self.em)
        return self.rise + self._leading * (len(self.lines) - 1) + depth

    @property
    def middle(self) -> float:
        """From the top to the height that seems the middle: that of capitals and the baseline."""
        return self.rise + (self._leading * (len(self.lines) - 1) - _CAP * self.em) / 2

    def boxes(self, width: int, top: int) -> list[tuple[int, int, int, int]]:
        """Left, top, right, bottom of each line's ink and of its capitals and descenders, on the
        canvas that `draw` is given."""
        found = []
        for number, line in enumerate(self.lines):
            base = top + self.rise + number * self._leading
            left, above, right, below = line.ink
            edge = (width - line.width * self.em) / 2
            found.append(
                (
                    math.floor(edge + min(0.0, left) * self.em),
                    math.floor(base - max(_CAP, above) * self.em),
                    math.ceil(edge + max(line.width, right) * self.em),
                    math.ceil(base + max(_DEPTH, -below) * self.em),
                )
            )
        return found

    def draw(
        self, size: tuple[int, int], top: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """On a canvas of `size` (width, height), in its middle across, the block's top at `top`:
        how much of each pixel the letters cover, (h, w), and what is coloured, (h, w, 4) RGBA
        with the colours multiplied by alpha; None if nothing is."""
        width, height = size
        pen = hb.RasterDraw()
        coloured: NDArray[np.uint8] | None = None
        for number, line in enumerate(self.lines):
            left = (width - line.width * self.em) / 2
            base = height - (top + self.rise + number * self._leading)
            for glyph in line.glyphs:
                x, y = left + glyph.x * self.em, base + glyph.y * self.em
                picture = _picture(glyph, self.em) if glyph.face.coloured else None
                if picture is None:
                    scale = self.em / glyph.face.em
                    pen.transform = (scale, 0, 0, scale, x, y)
                    pen.draw_glyph(glyph.face.font, glyph.id)
                else:
                    if coloured is None:
                        coloured = np.zeros((height, width, 4), np.uint8)
                    pixels, dx, dy = picture
                    _lay(coloured, pixels, round(x + dx), round(height - y - dy))
        pen.extents = hb.RasterExtents(0, 0, width, height, 0)
        image = pen.render()
        rows = np.frombuffer(image.buffer, np.uint8).reshape(height, image.extents.stride)
        return np.ascontiguousarray(rows[::-1, :width]), coloured


def fitted(text: str, em: int, width: float, height: float) -> Setting | None:
    """A text that can be written, set in an em of `em` pixels or, where it would be wider than
    `width` or higher than `height`, in a smaller one. None if there is nothing to be seen."""
    paragraphs = [_Paragraph(line) for line in text.splitlines()]
    paragraphs = [paragraph for paragraph in paragraphs if paragraph.seen]
    if not paragraphs:
        return None
    setting = None
    for most, least, broken in _TRIALS:
        size = em
        while size >= max(_LEAST, em * least):
            lines = [paragraph.lines(width / size, broken) for paragraph in paragraphs]
            if sum(len(part) for part in lines) <= most and all(
                widest(part, paragraph.places) * size <= width
                for part, paragraph in zip(lines, paragraphs, strict=True)
            ):
                setting = _set(paragraphs, lines, size)
                if setting.width <= width and setting.height <= height:
                    return setting
            size = int(size * 0.94)
    return setting or _set(paragraphs, [p.lines(width / _LEAST, True) for p in paragraphs], _LEAST)


def _set(
    paragraphs: Sequence[_Paragraph], lines: Sequence[Sequence[tuple[int, int]]], em: int
) -> Setting:
    parts = zip(paragraphs, lines, strict=True)
    return Setting(tuple(p.line(*span) for p, spans in parts for span in spans), em)


class _Paragraph:
    """Clusters, and for each the face, the script and the level that it is written in."""

    def __init__(self, text: str) -> None:
        self._clusters = clusters(text)
        self._faces = fonts.faces(self._clusters) if self._clusters else []
        self._scripts = _scripts(self._clusters)
        levels = bidi.levels(text)
        firsts = accumulate(map(len, self._clusters), initial=0)
        self._levels = [levels[at] for at, _ in zip(firsts, self._clusters, strict=False)]
        self._language = language(text)
        self._breaks = breaks(self._clusters)

    @cached_property
    def seen(self) -> bool:
        return any(_ink(glyph) for glyph in self.line(0, len(self._clusters)).glyphs)

    @cached_property
    def _widths(self) -> list[float]:
        """Of the clusters, in em, as they are in one line."""
        widths = [0.0] * len(self._clusters)
        for first, end in self._runs(0, len(widths)):
            of = [at for at in range(first, end) for _ in self._clusters[at]]
            scale = 1 / self._faces[first].em
            for glyph, position in zip(*self._shaped(first, end), strict=True):
                widths[of[glyph.cluster]] += position.x_advance * scale
        return widths

    @cached_property
    def places(self) -> list[float]:
        """Where clusters begin, in em, were they all in one line running to the right."""
        return [*accumulate(self._widths, initial=0.0)]

    def lines(self, width: float, broken: bool) -> list[tuple[int, int]]:
        """Lines of at most `width` em; if `broken`, words that are wider are broken too."""
        may: Sequence[int] = self._breaks
        if broken:
            may = self._also_within_words(width)
        return fill(self._clusters, self._widths, may, width)

    def _also_within_words(self, width: float) -> list[int]:
        edges = [0, *self._breaks, len(self._clusters)]
        may = set(self._breaks)
        for first, end in pairwise(edges):
            if self.places[end] - self.places[first] > width:
                may.update(range(first + 1, end))
        return sorted(may)

    def line(self, first: int, end: int) -> Line:
        """The clusters from `first` up to `end`, as they are seen."""
        runs = self._runs(first, end)
        glyphs: list[Glyph] = []
        x = 0.0
        for place in bidi.visual([self._levels[start] for start, _ in runs]):
            start, stop = runs[place]
            face = self._faces[start]
            for glyph, position in zip(*self._shaped(start, stop), strict=True):
                at = x + position.x_offset / face.em
                glyphs.append(Glyph(face, glyph.codepoint, at, position.y_offset / face.em))
                x += position.x_advance / face.em
        return Line(tuple(glyphs), x)

    def _runs(self, first: int, end: int) -> list[tuple[int, int]]:
        """(first, end) of the clusters that are shaped at once."""
        alike = groupby(
            range(first, end), lambda at: (self._faces[at], self._scripts[at], self._levels[at])
        )
        spans = [[*places] for _, places in alike]
        return [(places[0], places[-1] + 1) for places in spans]

    def _shaped(self, first: int, end: int) -> tuple[list[hb.GlyphInfo], list[hb.GlyphPosition]]:
        return self._faces[first].shape(
            "".join(self._clusters[first:end]),
            backwards=self._levels[first] % 2 == 1,
            language=self._language,
        )


def language(text: str) -> str:
    """Whose shapes Chinese characters are to have, as BCP 47 names it: kana tells Japanese,
    Hangul Korean, and characters that only Big5 has the traditional ones of Chinese."""
    names = {unicodedata.name(char, "").split(" ")[0] for char in text}
    if names & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    if "HANGUL" in names:
        return "ko"
    signs = "".join(char for char in text if "\u3400" <= char <= "\u9fff")
    traditional = _in(signs, "big5") and not _in(signs, "gb2312")
    return "zh-Hant" if traditional else "zh-Hans"


def _in(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _scripts(signs: Sequence[str]) -> list[str]:
    """What letters each cluster is of; what is no letter belongs to those before it."""
    found: list[str] = []
    for sign in signs:
        script = unicodedata.name(sign[0], "").split(" ")[0] if sign[0].isalpha() else ""
        found.append(script or (found[-1] if found else ""))
    return found


def _ink(glyph: Glyph) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom of a glyph in its line; None if it is blank."""
    box = glyph.face.font.get_glyph_extents(glyph.id)
    if box is None or not box.width or not box.height:
        return None
    em = glyph.face.em
    left, top = glyph.x + box.x_bearing / em, glyph.y + box.y_bearing / em
    return left, top, left + box.width / em, top + box.height / em


def _picture(glyph: Glyph, em: int) -> tuple[NDArray[np.uint8], float, float] | None:
    """A coloured glyph at an em of so many pixels, RGBA with the colours multiplied by alpha, and
    how far its left and its top are from where the glyph stands; None if it has no colours."""
    font, scale = glyph.face.font, em / glyph.face.em
    box = font.get_glyph_extents(glyph.id)
    if box is None or not box.width or not box.height:
        return None
    left, top = box.x_bearing * scale, box.y_bearing * scale
    width, height = math.ceil(box.width * scale), math.ceil(-box.height * scale)
    png = font.get_glyph_color_png(glyph.id).data
    if png:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            whole = (
                image.convert("RGBA").convert("RGBa").resize((width, height), Image.Resampling.BOX)
            )
        return np.asarray(whole), left, top
    pen = hb.RasterPaint()
    pen.foreground = hb.Color(255, 255, 255, 255)
    pen.transform = (scale, 0, 0, scale, -left, height - top)
    pen.extents = hb.RasterExtents(0, 0, width, height, 0)
    if not pen.paint_glyph_or_fail(font, glyph.id):
        return None
    image = pen.render()
    rows = np.frombuffer(image.buffer, np.uint8).reshape(height, image.extents.stride)
    blue_first = rows[::-1, : width * 4].reshape(height, width, 4)
    return blue_first[..., [2, 1, 0, 3]], left, top


def _lay(canvas: NDArray[np.uint8], pixels: NDArray[np.uint8], x: int, y: int) -> None:
    """Pixels onto the canvas, as far as they lie on it; what is there already is replaced."""
    height, width = pixels.shape[:2]
    top, left = max(0, -y), max(0, -x)
    part = canvas[max(0, y) : y + height, max(0, x) : x + width]
    part[:] = pixels[top : top + part.shape[0], left : left + part.shape[1]]
