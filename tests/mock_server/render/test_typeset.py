"""Which font writes what, and how it is shaped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from mock_server.render import fonts
from mock_server.render.typeset import Glyph, fitted, language
from tests.mock_server.render import typefaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

EVERYWHERE = [
    "Urban Dreams, Évora & Łódź — “quoted” 100 %",
    "Ελλάδα Привет",
    "夏天的海边，我们去「公园」吧！",
    "春の風、東京タワー。",
    "안녕하세요, 세계",
    "مرحبا بالعالم، ٢٠٢٦",
    "שלום עולם",
    "नमस्ते दुनिया क्षत्रिय",
    "สวัสดีชาวโลก น้ำใจ",
    "বাংলা தமிழ் తెలుగు ລາວ ខ្មែរ မြန်မာ",
]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one folder of fonts that the system has; empty at first."""
    _forget()
    monkeypatch.setattr(fonts, "_folders", lambda: (tmp_path,))
    yield tmp_path
    _forget()


def _forget() -> None:
    fonts._installed.cache_clear()
    fonts.best.cache_clear()


def glyphs(text: str) -> list[Glyph]:
    """Of a text that is set in one line, from left to right."""
    setting = fitted(fonts.writable(text), 100, 100_000, 1000)
    assert setting is not None
    (line,) = setting.lines
    return list(line.glyphs)


def drawn(text: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    setting = fitted(fonts.writable(text), 100, 1000, 1000)
    assert setting is not None
    return setting.draw((1000, setting.height), 0)


@pytest.mark.parametrize("text", EVERYWHERE)
def test_these_are_written_on_a_machine_without_a_font(
    text: str, installed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert fonts.writable(text) == text
    assert all(glyph.id for glyph in glyphs(text)), "a box for what is missing"
    assert not caplog.records


def test_the_systems_fonts_are_not_looked_for_while_the_packages_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _forget()

    def never() -> tuple[Path, ...]:
        raise AssertionError

    monkeypatch.setattr(fonts, "_folders", never)
    for text in EVERYWHERE:
        assert fonts.writable(text) == text


def test_the_systems_fonts_are_used_for_the_rest(installed: Path) -> None:
    typefaces.font(installed / "Runes.ttf", "ᚠᚢᚦ")
    assert fonts.writable("Runes: ᚠᚢᚦ") == "Runes: ᚠᚢᚦ"
    assert all(glyph.id for glyph in glyphs("ᚠᚢᚦ"))


def test_a_font_of_boxes_or_a_broken_one_is_not_used(installed: Path) -> None:
    typefaces.font(installed / "LastResort.otf", "ᚠ")
    (installed / "broken.ttf").write_bytes(b"no font")
    assert fonts.writable("Rune ᚠ here") == "Rune here"


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("ᚠ 2026", 'is shown without "ᚠ": no font here can write it; install one, e.g. Noto Sans'),
        ("ÅẶ⑮", None),
        ("x ﷽²", None),
        ("ꞈ ⓩ", 'is shown without "ꞈ": no font here can write it; install one, e.g. Noto Sans'),
        ("Ge'ez ግዕዝ", 'is shown without "ግዕዝ": no font here can write it; install one, e.g. Noto Sans Ethiopic'),
        ("Go 🚀", 'is shown without "🚀": no font here can write it; install one, e.g. Noto Color Emoji'),
        ("👨‍👩‍👧 us", 'is shown without "👨‍👩‍👧": no font here can write it; install one, e.g. Noto Color Emoji'),
    ],
)  # fmt: skip
def test_the_log_names_the_text_and_the_font_that_is_missing(
    text: str, notice: str | None, installed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fonts.writable(text)
    assert caplog.messages == ([f'warning: the text "{text}" {notice}'] if notice else [])


def test_what_cannot_be_written_is_written_plainer_if_it_can(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    face = fonts.best("e")
    monkeypatch.setattr(fonts, "best", lambda sign: face if sign.isascii() else None)
    with caplog.at_level(logging.WARNING):
        assert fonts.writable("Café") == "Cafe"
    (message,) = caplog.messages
    assert message.startswith('warning: the text "Café" is shown as "Cafe": ')


def test_control_codes_are_no_signs(caplog: pytest.LogCaptureFixture) -> None:
    assert fonts.writable("a\x07b\t \u202ec\u00add\r\ne\u0301\u00a0!") == "ab cd\né\u00a0!"
    assert not caplog.records


def test_arabic_is_joined_and_runs_from_the_right() -> None:
    letters, _ = drawn("سلم")
    assert cv2.connectedComponents((letters > 128).astype(np.uint8))[0] == 2, "ground and one word"
    assert glyphs("One ب")[0].face is fonts.best("O")
    assert glyphs("ب One")[-1].face is fonts.best("ب")


def test_hebrew_runs_from_the_right() -> None:
    assert [glyph.id for glyph in glyphs("שלום")] == [glyphs(sign)[0].id for sign in "םולש"]


def test_numbers_in_arabic_run_to_the_right() -> None:
    digits = [glyphs(digit)[0].id for digit in "2026"]
    assert [glyph.id for glyph in glyphs("عام 2026")][:4] == digits


def test_conjuncts_are_one_and_vowels_stand_before_their_consonant() -> None:
    assert len(glyphs("क्ष")) < len("क्ष")
    consonant = glyphs("क")[0].id
    assert [glyph.id for glyph in glyphs("कि")].index(consonant) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("骨", "zh-Hans"),
        ("骨 の", "ja"),
        ("骨 한글", "ko"),
        ("骨 體驗", "zh-Hant"),
        ("Hello", "zh-Hans"),
    ],
)
def test_kana_and_hangul_tell_whose_characters_they_are(text: str, name: str) -> None:
    assert language(text) == name


def test_a_character_has_the_shape_of_its_language() -> None:
    shapes = {glyphs(text)[0].id for text in ("骨", "骨の", "骨體")}
    assert len(shapes) == 3


def test_punctuation_is_of_the_font_of_the_words_it_belongs_to() -> None:
    cjk, latin = fonts.best("春"), fonts.best("a")
    assert set(fonts.faces("“春天”")) == {cjk}
    assert [*fonts.faces("春 “a”")] == [cjk, cjk, latin, latin, latin]


@pytest.mark.parametrize("emoji", [typefaces.layered_emoji, typefaces.pictured_emoji])
def test_emoji_have_their_colours(
    emoji: Callable[[Path, str, tuple[int, int, int]], Path], installed: Path
) -> None:
    emoji(installed / "Some Emoji.ttf", "🚀", (250, 40, 10))
    letters, colours = drawn("🚀 Go")
    assert colours is not None
    there = colours[..., 3] == 255
    assert 65 * 65 < there.sum() <= 100 * 100
    assert np.abs(colours[there][:, :3].astype(int) - (250, 40, 10)).max() <= 2
    assert letters.max() == 255
    assert not (there & (letters > 0)).any()


def test_an_emoji_is_of_the_font_with_colours(installed: Path) -> None:
    typefaces.font(installed / "A Plain Emoji.ttf", "🚀")
    typefaces.font(installed / "Text.ttf", "🚀")
    typefaces.pictured_emoji(installed / "Colour Emoji.ttf", "🚀", (0, 0, 255))
    face = fonts.best("🚀")
    assert face is not None
    assert face.coloured


def test_lines_do_not_touch_where_signs_are_deep_and_high() -> None:
    setting = fitted("กูฎุ\nที่น้ำ", 100, 1000, 1000)
    assert setting is not None
    upper, lower = setting.boxes(1000, 0)
    assert upper[3] < lower[1]


def test_letters_are_drawn_as_large_as_they_are_measured() -> None:
    setting = fitted("Hlm", 100, 1000, 1000)
    assert setting is not None
    letters, colours = setting.draw((1000, setting.height), 0)
    columns = np.flatnonzero(letters.max(axis=0))
    assert colours is None
    assert np.ptp(columns) == pytest.approx(setting.width, abs=12)
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(500, abs=6)
