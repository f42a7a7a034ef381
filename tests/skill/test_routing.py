"""The user's words: the labelled sentences, the rules about files, vagueness, language, and speed."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skill import routing
from skill.routing import Action, Route, detect_language, route

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent / "data"

# The listings' table, read as bare keywords: what a router without rules would do.
KEYWORDS = {
    Action.EXPORT: ("export", "导出", "download", "send me the video"),
    Action.CREDITS: ("credits", "积分", "balance", "余额"),
    Action.STATE: ("status", "状态", "show tracks"),
    Action.UPLOAD: ("upload", "上传"),
}


def labelled(name: str) -> list[tuple[Action, str, str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(Action(action), kind, words) for action, kind, words in rows]


def by_keyword(words: str) -> Action:
    low = words.lower()
    return next((a for a, keys in KEYWORDS.items() if any(k in low for k in keys)), Action.CHAT)


SETS = ("routing.tsv", "routing_heldout.tsv")


@pytest.mark.parametrize("name", SETS)
def test_every_labelled_sentence_goes_where_it_should(name: str) -> None:
    wrong = [
        f"{words!r}: {route(words).action}, not {action} ({route(words).reason})"
        for action, _, words in labelled(name)
        if route(words).action is not action
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", SETS)
def test_plain_keywords_do_far_worse(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    rows = labelled(name)
    keyword = sum(by_keyword(words) is action for action, _, words in rows) / len(rows)
    ours = sum(route(words).action is action for action, _, words in rows) / len(rows)
    record_property("accuracy", ours)
    record_property("keyword_accuracy", keyword)
    assert keyword < 0.6 < 0.95 < ours


def test_the_labelled_set_is_what_it_claims() -> None:
    rows = labelled("routing.tsv")
    words = [w for _, _, w in rows]
    assert len(rows) >= 300
    assert len(set(words)) == len(words)
    assert not set(words) & {w for _, _, w in labelled("routing_heldout.tsv")}
    assert sum(kind == "trap" for _, kind, _ in rows) * 2 >= len(rows)
    assert sum(any("\u4e00" <= c <= "\u9fff" for c in w) for w in words) * 3 >= len(rows)


def test_a_word_stands_in_one_class_and_every_shape_names_known_classes() -> None:
    groups = [*routing.WORDS.values(), routing.FILLER, routing.CONNECTIVE, routing.REAL_WORDS]
    counted = Counter(word for group in groups for word in group.split("|"))
    assert [word for word, n in counted.items() if n > 1] == []
    assert "" not in counted
    for rule in routing.RULES:
        assert routing._compiled(rule.shape)
        assert rule.reason


def test_traditional_pairs_are_pairs() -> None:
    pairs = list(zip(routing.TRADITIONAL[::2], routing.TRADITIONAL[1::2], strict=True))
    assert all(traditional != simplified for traditional, simplified in pairs)
    assert len({traditional for traditional, _ in pairs}) == len(pairs)


def test_only_chat_carries_the_words() -> None:
    assert route("  make it slower ") == Route(
        Action.CHAT, "make it slower", (), "a wish for the agent"
    )
    assert route("export").message is None
    assert route("credits").message is None


def test_an_edit_beside_an_export_is_sent_whole_and_says_what_is_next() -> None:
    found = route("make it slower and then export")
    assert (found.action, found.message) == (Action.CHAT, "make it slower and then export")
    assert "export next" in found.reason


@pytest.mark.parametrize(
    "words", ["", "upload this", "上传", "here are my photos", "这是我的照片", "these"]
)
def test_files_without_a_wish_are_only_uploaded(words: str) -> None:
    found = route(words, ["a.jpg", "b.png"])
    assert (found.action, found.message) == (Action.UPLOAD, None)
    assert found.files == ("a.jpg", "b.png")


@pytest.mark.parametrize(
    "words",
    [
        "make a 10 second video",
        "upload these and make a slideshow",
        "send me a video",
        "做成视频",
        "use this one",
    ],
)
def test_files_with_a_wish_are_uploaded_and_the_words_sent(words: str) -> None:
    assert route(words, ["a.jpg"]).message == words
    assert route(words, ["a.jpg"]).action is Action.UPLOAD


def test_files_with_a_free_question_do_not_pay_for_it() -> None:
    found = route("how many credits do I have?", ["a.jpg"])
    assert (found.action, found.message) == (Action.UPLOAD, None)
    assert "credits" in found.reason


def test_an_upload_and_then_a_wish_without_a_file_asks_for_the_file() -> None:
    found = route("upload my photos and make a slideshow")
    assert (found.action, found.message) == (Action.UPLOAD, "upload my photos and make a slideshow")


@pytest.mark.parametrize("words", ["", "  ", "\n\t"])
def test_nothing_at_all_is_an_error(words: str) -> None:
    with pytest.raises(ValueError, match="nothing to do"):
        route(words)


@pytest.mark.parametrize(
    "words",
    [
        "make it better",
        "make it nicer please",
        "surprise me",
        "improve the video",
        "弄好看点",
        "优化一下",
        "把视频弄得更好看",
    ],
)
def test_a_vague_wish_is_marked_and_still_sent(words: str) -> None:
    found = route(words)
    assert (found.action, found.message, found.vague) == (Action.CHAT, words, True)


@pytest.mark.parametrize(
    "words",
    [
        "make it 5 seconds longer",
        "add a better title",
        "make a video",
        "hello",
        "把标题弄好看点",
        "turn my photos into a clip",
    ],
)
def test_a_wish_with_something_in_it_is_not_vague(words: str) -> None:
    assert not route(words).vague


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("export the video", "en"),
        ("导出视频", "zh"),
        ("匯出影片，謝謝", "zh"),
        ("帮我export一下这个video", "zh"),
        ("把title改成Hello World", "zh"),
        ("BGM 小一点", "zh"),
        ("add the title 你好世界", "en"),
        ("add a title that says “你好，世界，我们来了”", "en"),
        ("把标题改成“Download our app right now, please”", "zh"),
        ("写真から動画を作ってください", "en"),
        ("🎬", "en"),
        ("", "en"),
        ("“导出”", "zh"),
    ],
)  # fmt: skip
def test_the_language_is_the_script_the_words_are_mainly_in(words: str, language: str) -> None:
    assert detect_language(words) == language


@given(st.text(min_size=1).filter(str.strip))
def test_any_text_is_routed_and_never_lost(words: str) -> None:
    found = route(words)
    assert found.reason
    if found.action is Action.CHAT:
        assert found.message == words.strip()
    assert detect_language(words) in ("en", "zh")


@given(st.sampled_from([words for _, _, words in labelled("routing.tsv")]))
def test_case_and_width_do_not_matter(words: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "a" <= c.lower() <= "z" else c for c in words)
    assert route(words.upper()).action is route(words).action
    if "http" not in words:
        assert route(wide).action is route(words).action


@pytest.mark.parametrize(
    "words",
    ["a" * 100_000, "click " * 20_000, '"' * 50_000, "“" * 390, "'" * 390, "the " * 99, "export " * 57, "导出" * 195, "在" * 400],
    ids=lambda words: f"{words[:6]}…{len(words)}",
)  # fmt: skip
def test_hostile_words_take_no_time(words: str) -> None:
    began = time.perf_counter()
    route(words)
    detect_language(words)
    assert time.perf_counter() - began < 0.5


def test_a_sentence_takes_less_than_a_millisecond() -> None:
    sentences = [words for _, _, words in labelled("routing.tsv")]
    for words in sentences:
        route(words)
    took = []
    for _ in range(3):
        began = time.process_time()
        for words in sentences:
            route(words)
        took.append((time.process_time() - began) / len(sentences))
    assert min(took) < 0.001


@pytest.mark.parametrize(
    "words", ["export", "send me the video", "导出", "credits?", "show tracks"]
)
def test_files_beside_a_free_action_are_uploaded_and_nothing_is_paid_for(words: str) -> None:
    way = route(words, ["a.jpg"])
    assert (way.action, way.message, way.files) == (Action.UPLOAD, None, ("a.jpg",))
