"""Where lines may be broken, and where they are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mock_server.render.lines import breaks, clusters, fill


def pieces(text: str) -> list[str]:
    """The text at all places where a line may begin."""
    signs = clusters(text)
    edges = [0, *breaks(signs), len(signs)]
    return ["".join(signs[a:b]) for a, b in pairwise(edges)]


def lines(text: str, width: float) -> list[str]:
    """Every sign as wide as one."""
    signs = clusters(text)
    found = fill(signs, [1.0] * len(signs), breaks(signs), width)
    return ["".join(signs[a:b]) for a, b in found]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It's 3.5% (big) $30", ["It's ", "3.5% ", "(big) ", "$30"]),
        ("state-of-the-art -5", ["state-", "of-", "the-", "art ", "-5"]),
        ("Quoi ? Oui !", ["Quoi ? ", "Oui !"]),
        ("no\u00a0break", ["no\u00a0break"]),
        ("我们去「公园」吧！", ["我", "们", "去", "「公", "园」", "吧！"]),
        ("“春天”……好", ["“春", "天”……", "好"]),
        ("シャッター。コーヒー", ["シャッ", "ター。", "コー", "ヒー"]),
        ("iPhone手机", ["iPhone", "手", "机"]),
        ("안녕하세요 세계", ["안녕하세요 ", "세계"]),
        ("โลกน้ำใจ", ["โล", "ก", "น้ำ", "ใจ"]),
        ("नमस्ते क्षत्रिय", ["नमस्ते ", "क्षत्रिय"]),
        ("👨‍👩‍👧‍👦👍🏽🇩🇪🇫🇷 ok", ["👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "🇫🇷 ", "ok"]),
        ("שלום (עולם) 10:30", ["שלום ", "(עולם) ", "10:30"]),
    ],
)  # fmt: skip
def test_lines_begin_where_readers_of_the_script_expect_it(text: str, parts: list[str]) -> None:
    assert pieces(text) == parts


def test_lines_are_about_equally_long() -> None:
    assert lines("one two three four five six", 20) == ["one two three", "four five six"]


def test_a_line_ends_at_a_comma_rather_than_in_a_word() -> None:
    assert lines("夏天的海边，我们一起去旅行吧", 10) == ["夏天的海边，", "我们一起去旅行吧"]
    assert lines("夏天的海边我们，一起去旅行吧", 10) == ["夏天的海边我们，", "一起去旅行吧"]


def test_there_are_no_more_lines_than_are_needed() -> None:
    assert lines("word " * 40, 20) == ["word word word word"] * 10
    assert lines("word", 20) == ["word"]
    assert lines("", 20) == []


def test_a_word_that_is_wider_than_a_line_has_one_to_itself() -> None:
    assert lines("a loooooong word", 6) == ["a", "loooooong", "word"]
