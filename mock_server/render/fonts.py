"""Which font writes what: those of the packages that come with the renderer, the system's where
those do not do, and a notice where none does.

The package of Chinese, Japanese and Korean has the shapes of all of them in one file: the language
of a text picks among them. A font is opened when it is the first that may have a sign.
"""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import regex
import uharfbuzz as hb

from . import bidi
from .lines import UNBROKEN, clusters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_log = logging.getLogger(__name__)

_BUNDLED = (
    ("fontpkg_inter", "files/Inter[opsz,wght].ttf"),
    ("noto_cjk_sans_jp_bold", "NotoSansCJKjp-Bold.otf"),
    ("justmytype_intl_rtl", "fonts/ofl/notosansarabic/NotoSansArabic[wdth,wght].ttf"),
    ("justmytype_intl_rtl", "fonts/ofl/notosanshebrew/NotoSansHebrew[wdth,wght].ttf"),
    (
        "justmytype_intl_south_asia",
        "fonts/ofl/notosansdevanagari/NotoSansDevanagari[wdth,wght].ttf",
    ),
    ("justmytype_intl_south_asia", "fonts/ofl/notosansbengali/NotoSansBengali[wdth,wght].ttf"),
    ("justmytype_intl_south_asia", "fonts/ofl/notosanstamil/NotoSansTamil[wdth,wght].ttf"),
    ("justmytype_intl_south_asia", "fonts/ofl/notosanstelugu/NotoSansTelugu[wdth,wght].ttf"),
    ("justmytype_intl_sea", "fonts/ofl/notosansthai/NotoSansThai[wdth,wght].ttf"),
    ("justmytype_intl_sea", "fonts/ofl/notosanslao/NotoSansLao[wdth,wght].ttf"),
    ("justmytype_intl_sea", "fonts/ofl/notosanskhmer/NotoSansKhmer[wdth,wght].ttf"),
    ("justmytype_intl_sea", "fonts/ofl/notosansmyanmar/NotoSansMyanmar[wdth,wght].ttf"),
)
"""Module and file within it, in the order in which they are asked."""
_AXES = {"wght": 700.0, "opsz": 32.0}
"""Of variable fonts: bold, in the shapes for large sizes."""

# Families to be preferred among the system's, the best first: heavy enough to be read over a
# photo, then by script.
_PREFERRED = (
    "notosans-bold", "roboto-bold", "opensans-bold", "segoeuib", "liberationsans-bold",
    "dejavusans-bold", "arialbd", "helveticaneue", "notosanscjk-bold", "notosanscjk",
    "sourcehansans", "notosanssc", "pingfang", "hiraginosans", "msyhbd", "msyh", "wqy-microhei",
    "wqy-zenhei", "droidsansfallback", "notosans", "leelawad", "nirmala", "dejavusans", "arial",
)  # fmt: skip
_LATER = ("italic", "oblique", "mono", "serif", "condensed", "light", "thin", "unifont")
_SCRIPTS = (
    "ARABIC", "ARMENIAN", "BENGALI", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GUJARATI", "GURMUKHI",
    "HEBREW", "KANNADA", "KHMER", "LAO", "MALAYALAM", "MYANMAR", "SINHALA", "TAMIL", "TELUGU", "THAI",
)  # fmt: skip
"""Those that Noto has a font of their own for."""
_SUFFIXES = (".ttf", ".otf", ".ttc")
_BOXES = ("lastresort", "adobeblank")
"""Fonts that have something for every sign, but not the sign."""

_EMOJI = regex.compile(r"\p{Emoji_Presentation}(?!\uFE0E)|.\uFE0F", regex.DOTALL)
_SPACES = regex.compile(rf"[^\S{UNBROKEN}]+")
_CODES = regex.compile(rf"[^\P{{Cc}}\n]|[\u00ad{''.join(sorted(bidi.EXPLICIT))}]")
"""Control codes, hyphens that are not seen, and what `bidi` does not understand."""
_OPENING = regex.compile(r"[\p{Ps}\p{Pi}]")
_UNSEEN = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}\s]*")


class Face:
    """A font file, at the weight titles are set in. Lengths are in em."""

    def __init__(self, path: Path) -> None:
        self.font = hb.Font(hb.Face(hb.Blob.from_file_path(str(path))))
        self.em: int = self.font.face.upem
        self.font.set_variations(_AXES)

    @cached_property
    def coloured(self) -> bool:
        """Whether it has pictures in colours, as those of emoji have."""
        face = self.font.face
        return bool(face.has_color_png or face.has_color_layers or face.has_color_paint)

    @cache  # noqa: B019 (faces live as long as the program)
    def writes(self, cluster: str) -> bool:
        """Whether it has a sign for all of a cluster."""
        if not self.font.get_nominal_glyph(ord(cluster[0])) and len(cluster) == 1:
            return False
        return all(glyph.codepoint for glyph in self.shape(cluster)[0])

    def shape(
        self, text: str, *, backwards: bool = False, language: str = ""
    ) -> tuple[list[hb.GlyphInfo], list[hb.GlyphPosition]]:
        """The glyphs of a text in one script, from left to right, and where they stand."""
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if backwards else "ltr"
        if language:
            buffer.language = language
        hb.shape(self.font, buffer)
        return buffer.glyph_infos, buffer.glyph_positions


def writable(text: str) -> str:
    """`text` as it can be shown: without control codes, and with what no font can write made
    plainer (é → e) or left out, as the log then says."""
    text = unicodedata.normalize("NFC", text)
    text = _CODES.sub("", _spaced(text))
    signs = clusters(text)
    plain = {sign: _plainer(sign) for sign in set(signs) if best(sign) is None}
    if not plain:
        return text
    shown = _spaced("".join(plain.get(sign, sign) for sign in signs))
    lost = [sign if plain.get(sign) == "" else " " for sign in signs]
    advised = dict.fromkeys(_advised(sign) for sign in signs if sign in plain)
    notice = {
        "text": " ".join(text.split()),
        "shown": " ".join(shown.split()),
        "lost": " ".join("".join(lost).split()),
        "fonts": ", ".join(advised),
    }
    how = 'without "%(lost)s"' if notice["lost"] else 'as "%(shown)s"'
    _log.warning(
        f'warning: the text "%(text)s" is shown {how}: no font here can write it; '
        "install one, e.g. %(fonts)s",
        notice,
        extra={"unwritable": notice},
    )
    return shown


def _spaced(text: str) -> str:
    """With one space between words, and none at the ends of lines."""
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.splitlines())


def faces(signs: Sequence[str]) -> list[Face]:
    """The face of each cluster of a writable text. What is no letter or digit is set in the face
    of the letter it belongs to, where that has it: “春天” is in one, and “spring” in another."""
    strong = [best(sign) if _is_strong(sign) else None for sign in signs]
    after = strong[:]
    for at in reversed(range(len(after) - 1)):
        after[at] = after[at] or after[at + 1]
    found: list[Face] = []
    before: Face | None = None
    for sign, own, next_one in zip(signs, strong, after, strict=True):
        near = next_one if _OPENING.match(sign) or before is None else before
        face = own or (near if near and not near.coloured and near.writes(sign) else best(sign))
        assert face is not None  # the text is writable
        found.append(face)
        before = own or before
    return found


@cache
def best(cluster: str) -> Face | None:
    """The first face that has a sign for a cluster."""
    if _is_unseen(cluster):
        return next(_text_faces(), None)
    order = (_emoji_faces, _text_faces) if _EMOJI.match(cluster) else (_text_faces, _emoji_faces)
    return next((face for kind in order for face in kind() if face.writes(cluster)), None)


def _is_unseen(cluster: str) -> bool:
    return bool(_UNSEEN.fullmatch(cluster))


def _is_strong(cluster: str) -> bool:
    return cluster[0].isalnum() or bool(_EMOJI.match(cluster))


def _plainer(cluster: str) -> str:
    parts = [c for c in unicodedata.normalize("NFKD", cluster) if not unicodedata.combining(c)]
    plain = "".join(char for char in parts if best(char) is not None)
    return "" if _is_unseen(plain) else plain


def _advised(cluster: str) -> str:
    """A font of the Noto family (https://notofonts.github.io) that writes a sign."""
    script = unicodedata.name(cluster[0], "").split(" ")[0]
    if script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"):
        return "Noto Sans CJK"
    if script in _SCRIPTS:
        return f"Noto Sans {script.capitalize()}"
    emoji = _EMOJI.match(cluster) or unicodedata.category(cluster[0]) == "So"
    return "Noto Color Emoji" if emoji else "Noto Sans"


def _text_faces() -> Iterator[Face]:
    yield from _opened(_bundled())
    yield from _opened(path for path in _installed() if "emoji" not in path.stem.lower())


def _emoji_faces() -> Iterator[Face]:
    found = [path for path in _installed() if "emoji" in path.stem.lower()]
    # One with colours before one of outlines.
    yield from sorted(_opened(found), key=lambda face: not face.coloured)


def _opened(paths: Iterator[Path] | Sequence[Path]) -> Iterator[Face]:
    return (face for path in paths if (face := _open(path)) is not None)


@cache
def _open(path: Path) -> Face | None:
    try:
        face = Face(path)
    except (OSError, hb.HarfBuzzError):
        return None
    return face if face.font.face.glyph_count else None


@cache
def _bundled() -> tuple[Path, ...]:
    """The files of the packages that are installed."""
    specs = ((find_spec(module), file) for module, file in _BUNDLED)
    return tuple(Path(spec.origin).parent / file for spec, file in specs if spec and spec.origin)


@cache
def _installed() -> tuple[Path, ...]:
    """The system's font files, the preferred first. They are looked for, not opened."""
    found = [path for folder in _folders() if folder.is_dir() for path in folder.rglob("*")]
    fonts = (path for path in found if path.suffix.lower() in _SUFFIXES)
    files = (path for path in fonts if not path.stem.lower().startswith(_BOXES))
    return tuple(sorted(files, key=lambda path: (_rank(path), str(path))))


def _rank(path: Path) -> int:
    name = path.stem.lower().replace("_", "-").replace(" ", "")
    if any(word in name for word in _LATER):
        return len(_PREFERRED) + 1
    ranks = (rank for rank, start in enumerate(_PREFERRED) if name.startswith(start))
    return next(ranks, len(_PREFERRED))


def _folders() -> tuple[Path, ...]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - which does not fail where there is none
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
