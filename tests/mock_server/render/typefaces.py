"""Fonts made for tests: what a machine may have, without what it has."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.sbixGlyph import Glyph as Picture
from fontTools.ttLib.tables.sbixStrike import Strike
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def font(path: Path, signs: str) -> Path:
    """A font with a square for each of the signs."""
    _squares(path.stem, signs).save(path)
    return path


def layered_emoji(path: Path, sign: str, colour: tuple[int, int, int]) -> Path:
    """A colour font as Windows has: a sign of layers (COLR)."""
    builder = _squares(path.stem, sign)
    share = tuple(value / 255 for value in (*colour, 255))
    builder.font["COLR"] = buildCOLR({"s0": [("s0", 0)]}, version=0)
    builder.font["CPAL"] = buildCPAL([[share]])
    builder.save(path)
    return path


def pictured_emoji(path: Path, sign: str, colour: tuple[int, int, int]) -> Path:
    """A colour font as the Mac has: a sign that is a PNG (sbix)."""
    builder = _squares(path.stem, sign)
    png = io.BytesIO()
    Image.new("RGBA", (64, 64), (*colour, 255)).save(png, "PNG")
    strike = Strike(ppem=64, resolution=72)
    for name in builder.font.getGlyphOrder():
        data = png.getvalue() if name == "s0" else None
        strike.glyphs[name] = Picture(
            glyphName=name, graphicType="png " if data else None, imageData=data
        )
    table: Any = newTable("sbix")
    table.strikes = {64: strike}
    builder.font["sbix"] = table
    builder.save(path)
    return path


def _squares(name: str, signs: str) -> FontBuilder:
    pen = TTGlyphPen(None)
    for at, point in enumerate(((0, 0), (0, 700), (700, 700), (700, 0))):
        (pen.lineTo if at else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    names = [".notdef", *(f"s{at}" for at in range(len(signs)))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(sign): f"s{at}" for at, sign in enumerate(signs)})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    return builder
