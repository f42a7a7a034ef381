"""Text from outside is data: nothing in it steers the terminal or fools the eye."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skill.sanitize import clean, clean_line


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain, 把标题 🎬 مرحبا नमस्ते", "plain, 把标题 🎬 مرحبا नमस्ते"),
        ("a\x1b[31mred\x1b[0m b", "ared b"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mx\x85y", "xy"),
        ("a\x00b\x07c\x7fd", "abcd"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("bearer nmv_usr_abc-DEF_1.", "bearer [token]."),
        ("ok\nMEDIA:/etc/passwd", "ok\nMEDIA :/etc/passwd"),
        ("line\r\nnext\rlast\u2028end", "line\nnext\nlast\nend"),
        ("\ud83c\udfac \ud800", "🎬 \ufffd"),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_that_controls_is_left(text: str) -> None:
    shown = clean(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in shown)
    shown.encode()


def test_length_is_bounded() -> None:
    assert clean("x" * 1000, limit=10) == "x" * 9 + "…"
    assert clean_line("a\n b\t c", 100) == "a b c"
