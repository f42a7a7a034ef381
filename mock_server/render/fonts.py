"""Fonts found on the system by what they can write, and the built-in one where there are none."""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from functools import cache
from pathlib import Path

from PIL import ImageFont

_log = logging.getLogger(__name__)

# Families to be preferred, the best first: heavy enough to be read over a photo, then by script.
_PREFERRED = (
    "inter-bold", "montserrat-bold", "poppins-semibold", "notosans-bold", "roboto-bold",
    "opensans-bold", "segoeuib", "liberationsans-bold", "dejavusans-bold", "arialbd",
    "helveticaneue", "notosanscjk-bold", "notosanscjk", "sourcehansans", "notosanssc", "pingfang",
    "hiraginosans", "msyhbd", "msyh", "wqy-microhei", "wqy-zenhei", "droidsansfallback",
    "notosansarabic-bold", "notonaskharabic-bold", "notosansdevanagari-bold", "notosans",
    "dejavusans", "arial", "unifont",
)  # fmt: skip
_SCRIPTS = (
    "ARABIC", "ARMENIAN", "BENGALI", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GUJARATI", "GURMUKHI",
    "HEBREW", "KANNADA", "KHMER", "LAO", "MALAYALAM", "MYANMAR", "SINHALA", "TAMIL", "TELUGU", "THAI",
)  # fmt: skip
"""Those that Noto has a font of their own for."""
_SUFFIXES = (".ttf", ".otf", ".ttc")
_BUILT_IN = ""
_NOWHERE = "\U0010fffd"
"""A code point no font has a sign for: it draws the box that stands for what is missing."""


def writable(text: str, kind: str = "title") -> str:
    """`text` with what no font can write made plainer (é → e) or left out, as the log then says."""
    plain = {char: _plainer(char) for char in text if _best(char) is None}
    if not plain:
        return text
    shown = "".join(plain.get(char, char) for char in text)
    lost = [char if plain.get(char) == "" else " " for char in text]
    without = " ".join("".join(lost).split())
    how = f'without "{without}"' if without else f'as "{shown}"'
    fonts = " and ".join(dict.fromkeys(_advised(char) for char in plain))
    _log.warning(
        'warning: the %s "%s" is shown %s: no font here can write it; install one, e.g. %s',
        kind, " ".join(text.split()), how, fonts,
    )  # fmt: skip
    return shown


def _advised(char: str) -> str:
    """A font of the Noto family (https://notofonts.github.io) that writes a sign."""
    script = unicodedata.name(char, "").split(" ")[0]
    if script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"):
        return "Noto Sans CJK"
    if script in _SCRIPTS:
        return f"Noto Sans {script.capitalize()}"
    return "Noto Emoji" if unicodedata.category(char) == "So" else "Noto Sans"


def runs(text: str, size: int) -> list[tuple[ImageFont.FreeTypeFont, str]]:
    """Writable `text` in pieces, each with the font of `size` pixels that writes it."""
    pieces: list[tuple[str, str]] = []
    for char in text:
        face = pieces[-1][0] if pieces else None
        if face is None or not writes(face, char):
            face = _best(char)
        if face is None:
            continue
        if pieces and pieces[-1][0] == face:
            pieces[-1] = (face, pieces[-1][1] + char)
        else:
            pieces.append((face, char))
    return [(_load(face, size), piece) for face, piece in pieces]


def _plainer(char: str) -> str:
    parts = unicodedata.normalize("NFKD", char)
    return "".join(c for c in parts if not unicodedata.combining(c) and _best(c) is not None)


@cache
def writes(face: str, char: str) -> bool:
    """Whether the font file `face` has a sign for `char`."""
    if _invisible(char):
        return True
    font = _load(face, 24)
    mask = font.getmask(char)
    return mask.getbbox() is not None and bytes(mask) != bytes(font.getmask(_NOWHERE))


def _invisible(char: str) -> bool:
    """Spaces, joiners, direction marks, variation selectors: nothing to be drawn."""
    return char.isspace() or unicodedata.category(char) in ("Cf", "Cc", "Mn")


@cache
def _best(char: str) -> str | None:
    return next((face for face in _faces() if writes(face, char)), None)


@cache
def _load(face: str, size: int) -> ImageFont.FreeTypeFont:
    if face != _BUILT_IN:
        return ImageFont.truetype(face, size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels all bring FreeType
    return font


@cache
def _faces() -> tuple[str, ...]:
    """All fonts that open, the preferred first, the built-in one after those that are named."""
    found = [path for folder in _folders() if folder.is_dir() for path in folder.rglob("*")]
    files = [path for path in found if path.suffix.lower() in _SUFFIXES]
    ranked = sorted((_rank(path), str(path)) for path in files)
    named = [face for rank, face in ranked if rank < len(_PREFERRED) and _opens(face)]
    others = [face for rank, face in ranked if rank >= len(_PREFERRED) and _opens(face)]
    return (*named, _BUILT_IN, *others)


def _rank(path: Path) -> int:
    name = path.stem.lower().replace("_", "-").replace(" ", "")
    if any(word in name for word in ("italic", "oblique", "mono", "condensed", "light", "thin")):
        return len(_PREFERRED)
    ranks = (rank for rank, start in enumerate(_PREFERRED) if name.startswith(start))
    return next(ranks, len(_PREFERRED))


def _opens(face: str) -> bool:
    try:
        _load(face, 24)
    except OSError:
        return False
    return True


def _folders() -> tuple[Path, ...]:
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        return (windows / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
    )
