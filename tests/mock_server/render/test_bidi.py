"""Right to left and left to right in one line."""

from __future__ import annotations

import random
import unicodedata

import pytest
from bidi import get_display

from mock_server.render.bidi import levels, visual

STRONG = {"L": "L", "R": "R", "AL": "R"}


def displayed(text: str) -> str:
    return "".join(text[at] for at in visual(levels(text)))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Hello", "Hello"),
        ("שלום", "םולש"),
        ("שלום 2026", "2026 םולש"),
        ("Hello שלום world", "Hello םולש world"),
        ("שלום Hello עולם", "םלוע Hello םולש"),
        ("מחיר 10:30 היום", "םויה 10:30 ריחמ"),
        ("א A(B)", "A(B) א"),  # the brackets belong to what is in them
    ],
)
def test_what_is_read_from_the_right_stands_from_the_right(text: str, seen: str) -> None:
    assert displayed(text) == seen


def test_any_mixture_is_ordered_as_the_unicode_algorithm_orders_it() -> None:
    signs = "abc מןש عرب 12 ٣٤ .,-+%$/:() []!?"
    chance = random.Random(6)
    for _ in range(3000):
        text = "x" + "".join(chance.choices(signs, k=chance.randint(1, 14))) + "ש"
        for one in (text, text[::-1]):
            kinds = (STRONG.get(unicodedata.bidirectional(char)) for char in one)
            assert displayed(one) == get_display(one, base_dir=next(filter(None, kinds)))


def test_a_joiner_goes_with_what_is_before_it() -> None:
    assert levels("ab\u200dש") == [0, 0, 0, 1]
    assert levels("") == []
