"""The user's words: the labelled sentences, the rules about files, vagueness, language, and speed."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skill.routing import Action, Route, detect_language, route
from skill.routing import reading as inside
from skill.routing.filler import CONNECTIVE, FILLER
from skill.routing.rules import CONTEXT, FOLDS, HANDOVER, REFUSAL, RULES, VAGUE
from skill.routing.spelling import REAL_WORDS, TRADITIONAL
from skill.routing.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[1] / "data"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "words.md"

# The listings' table, read as bare keywords: what a router without rules would do.
KEYWORDS = {
    Action.EXPORT: ("export", "导出", "download", "send me the video"),
    Action.CREDITS: ("credits", "积分", "balance", "余额"),
    Action.STATE: ("status", "状态", "show tracks"),
    Action.UPLOAD: ("upload", "上传"),
}

# In the order they were written, with what they are in docs/words.md.
SETS = {
    "routing.tsv": "the first set",
    "routing_heldout.tsv": "the second",
    "routing_fresh.tsv": "strangers",
    "routing_fresh2.tsv": "more strangers",
    "routing_fresh3.tsv": "the last strangers",
}


class Sentence(NamedTuple):
    """`label` is an action, or `upload+chat`: the files first, then the words to the agent."""

    label: str
    kind: str
    words: str
    files: tuple[str, ...]


def labelled(name: str) -> list[Sentence]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [
        Sentence(label, kind, words, tuple(" ".join(files).split()))
        for label, kind, words, *files in rows
    ]


EVERY = [sentence for name in SETS for sentence in labelled(name)]


def told(way: Route) -> str:
    return "upload+chat" if way.files and way.message else str(way.action)


def ours(sentence: Sentence) -> str:
    return told(route(sentence.words, sentence.files))


def by_keyword(sentence: Sentence) -> str:
    low = sentence.words.lower()
    found = next((a for a, keys in KEYWORDS.items() if any(k in low for k in keys)), Action.CHAT)
    if sentence.files:
        return "upload+chat" if found is Action.CHAT else "upload"
    return str(found)


@pytest.mark.parametrize("name", SETS)
def test_every_labelled_sentence_goes_where_it_should(name: str) -> None:
    wrong = [
        f"{sentence.words!r}: {ours(sentence)}, not {sentence.label}"
        f" ({route(sentence.words, sentence.files).reason})"
        for sentence in labelled(name)
        if ours(sentence) != sentence.label
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", SETS)
def test_plain_keywords_do_far_worse(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    rows = labelled(name)
    keyword = sum(by_keyword(row) == row.label for row in rows) / len(rows)
    accuracy = sum(ours(row) == row.label for row in rows) / len(rows)
    record_property("accuracy", accuracy)
    record_property("keyword_accuracy", keyword)
    assert keyword < 0.6 < 0.95 < accuracy


def test_the_labelled_sets_are_what_they_claim() -> None:
    rows = labelled("routing.tsv")
    assert len(rows) >= 300
    assert len({(row.words, row.files) for row in EVERY}) == len(EVERY)
    assert sum(row.kind == "trap" for row in EVERY) * 2 >= len(EVERY)
    assert sum(any("\u4e00" <= c <= "\u9fff" for c in row.words) for row in rows) * 3 >= len(rows)
    labels = {*map(str, Action), "upload+chat"}
    assert {row.label for row in EVERY} == labels
    assert {row.kind for row in EVERY} == {"plain", "trap"}


@pytest.mark.parametrize("wrapped", ["Hi! {}", "ok, {}", "{}, thanks a lot", "你好，{}", "{} 谢谢"])
def test_courtesy_around_a_sentence_changes_nothing(wrapped: str) -> None:
    changed = [
        (row.words, told(route(wrapped.format(row.words), row.files)))
        for row in EVERY
        if told(route(wrapped.format(row.words), row.files)) != row.label
        and row.words[:1] not in "\"“「『'"
    ]
    assert changed == []


@pytest.mark.parametrize("edit", ["{}, and make the music quieter", "{}，然后把音乐调小一点"])
def test_an_edit_beside_any_free_action_is_never_lost(edit: str) -> None:
    for row in EVERY:
        words = edit.format(row.words)
        assert route(words, row.files).message == words


def test_a_word_stands_in_one_class_and_every_shape_names_known_classes() -> None:
    groups = [*WORDS.values(), FILLER, CONNECTIVE]
    phrases = [phrase for words in groups for phrase in words.english.split("|") if phrase]
    phrases += [phrase for words in groups for phrase in words.chinese.split()]
    counted = Counter([*phrases, *REAL_WORDS.split("|")])
    assert [phrase for phrase, n in counted.items() if n > 1] == []
    assert "" not in counted
    assert all(words.meaning for words in groups)
    assert all(inside._compiled(rule.shape) and rule.reason for rule in RULES)


def test_no_shape_repeats_a_repetition() -> None:
    """So a shape can be slow by a power of the clause at worst, and a clause is 400 letters at most."""
    shapes = [*(rule.shape for rule in RULES), *(shape for shape, _ in FOLDS)]
    for shape in [*shapes, CONTEXT, HANDOVER, REFUSAL, VAGUE]:
        assert "(" not in inside._letters(shape), shape


def test_traditional_pairs_are_pairs() -> None:
    pairs = list(zip(TRADITIONAL[::2], TRADITIONAL[1::2], strict=True))
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


# -- vague


@pytest.mark.parametrize(
    "words",
    [
        "make it better",
        "make it nicer please",
        "surprise me",
        "improve the video",
        "make a nice video",
        "make my photos look good",
        "I don't like it, make it better",
        "can you make it look cool",
        "弄好看点",
        "优化一下",
        "把视频弄得更好看",
        "整靚啲",
    ],
)
@pytest.mark.parametrize("files", [(), ("a.jpg",)])
def test_a_vague_wish_is_marked_and_still_sent(words: str, files: tuple[str, ...]) -> None:
    found = route(words, files)
    assert (found.message, found.vague) == (words, True)


@pytest.mark.parametrize(
    "words",
    [
        "here are my photos, make something nice",
        "these, make it better please",
        "upload these and make it look good",
        "这是我的照片，弄好看点",
    ],
)
def test_handing_files_over_makes_a_vague_wish_no_clearer(words: str) -> None:
    assert route(words, ["a.jpg"]).vague


@pytest.mark.parametrize(
    "words",
    [
        "it's done, but make it nicer",
        "upload my photos and make it look good",
        "不错，再弄好看点",
    ],
)
def test_what_asks_for_nothing_makes_a_vague_wish_no_clearer(words: str) -> None:
    assert route(words).vague


@pytest.mark.parametrize(
    "words",
    [
        "make it 5 seconds longer",
        "make it better lit",
        "make the music better",
        "add a better title",
        "make it better and add piano music",
        "make a video",
        "hello",
        "looks good",
        "把标题弄好看点",
        "音乐弄好听点",
        "turn my photos into a clip",
        "turn my photos into a short video clip for free",
    ],
)
@pytest.mark.parametrize("files", [(), ("a.jpg",)])
def test_a_wish_with_something_in_it_is_not_vague(words: str, files: tuple[str, ...]) -> None:
    assert not route(words, files).vague


# -- language


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("export the video", "en"),
        ("导出视频", "zh"),
        ("匯出影片，謝謝", "zh"),
        ("帮我export一下这个video", "zh"),
        ("把title改成Hello World", "zh"),
        ("加 WhatsApp", "zh"),
        ("BGM 小一点", "zh"),
        ("add the title 你好世界", "en"),
        ("add a title that says “你好，世界，我们来了”", "en"),
        ("把标题改成“Download our app right now, please”", "zh"),
        ("“导出”", "zh"),
        ("写真から動画を作ってください", "ja"),
        ("ラーメン", "ja"),
        ("做一个美の良品风格的短视频", "zh"),
        ("비디오를 만들어 줘", "ko"),
        ("동영상 만들기 with music", "ko"),
        ("сделай видео", "ru"),
        ("اصنع فيديو", "ar"),
        ("वीडियो बनाओ", "hi"),
        ("ทำวิดีโอ", "th"),
        ("צור סרטון", "he"),
        ("φτιάξε βίντεο", "el"),
        ("ＭＡＫＥ it slower", "en"),
        ("🎬", "en"),
        ("", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_script_the_words_are_mainly_in(words: str, language: str) -> None:
    assert detect_language(words) == language


@pytest.mark.parametrize(
    ("words", "locale", "language"),
    [
        ("mach ein Video", "de_DE@euro", "de"),
        ("make a video", "zh_CN.UTF-8", "en"),
        ("make a video", "C", "en"),
        ("make a video", "C.UTF-8", "en"),
        ("make a video", "POSIX", "en"),
        ("faça um vídeo", "pt_BR.UTF-8", "pt"),
        ("做视频", "de_DE.UTF-8", "zh"),
        ("зроби відео", "uk_UA.UTF-8", "uk"),
        ("направи видео", "bg_BG", "bg"),
        ("видео", "de_DE.UTF-8", "ru"),
        ("ویدیو بساز", "fa_IR", "fa"),
        ("ویڈیو بنائیں", "ur-PK", "ur"),
        ("napravi video", "sr_RS@latin", "sr"),
        ("направи видео", "sr_RS", "sr"),
        ("צור סרטון", "iw_IL", "he"),
        ("გააკეთე ვიდეო", "ka_GE.UTF-8", "ka"),
        ("🎬 5", "zh-Hant-TW", "zh"),
        ("", "fr_FR.UTF-8", "fr"),
        ("", "not a locale", "en"),
        ("", "zh_CN.UTF-8", "zh"),
    ],
)  # fmt: skip
def test_the_locale_decides_where_the_script_does_not(
    words: str, locale: str, language: str
) -> None:
    assert detect_language(words, locale) == language


@given(st.text(), st.text(max_size=12))
def test_any_text_has_a_language(words: str, locale: str) -> None:
    assert re.fullmatch("[a-z]{2,3}", detect_language(words, locale))


# -- any text


@given(st.text(min_size=1).filter(str.strip), st.lists(st.just("a.jpg"), max_size=1))
def test_any_text_is_routed_and_never_lost(words: str, files: list[str]) -> None:
    found = route(words, files)
    assert found.reason
    assert found == route(words, files)
    assert found.files == tuple(files)
    assert found.message in (None, words.strip())
    if found.action is Action.CHAT:
        assert found.message == words.strip()


pieces = st.sampled_from([word for row in EVERY for word in row.words.split()])


@given(st.lists(pieces, min_size=1, max_size=12).map(" ".join))
def test_any_salad_of_our_own_words_is_routed(words: str) -> None:
    found = route(words)
    assert found.message in (None, words)
    assert (found.message is None) <= (found.action is not Action.CHAT)


MARKS = ["“”", '""', "「」", "『』", "《》", "〈〉", "«»", "‹›", "‘’", "''", "``", "„“", "＂＂"]


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("quoted", ["export", "credits", "status", "upload", "导出", "余额"])
def test_what_is_quoted_is_talked_about_in_every_kind_of_marks(marks: str, quoted: str) -> None:
    said = f"{marks[0]}{quoted}{marks[1]}"
    for words in (f"make a sign with {said}", f"{said} in big letters", f"加一行 {said}"):
        assert route(words).message == words
    assert route(f"export {said}").action is Action.EXPORT


@pytest.mark.parametrize("marks", MARKS)
def test_an_edit_in_marks_is_not_done_and_a_wish_outside_them_is(marks: str) -> None:
    title = f"{marks[0]}make it slower{marks[1]}"
    assert route(f"credits, {title}").action in (Action.CREDITS, Action.CHAT)
    assert route(f"what's my balance? then add {title}").action is Action.CHAT


@given(st.sampled_from([row.words for row in EVERY]))
def test_case_and_width_do_not_matter(words: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "a" <= c.lower() <= "z" else c for c in words)
    assert route(words.upper()).action is route(words).action
    if "http" not in words:
        assert route(wide).action is route(words).action


@pytest.mark.parametrize(
    "keyword", ["export", "download", "credits", "balance", "status", "upload"]
)
def test_a_keyword_with_one_letter_wrong_is_still_that_keyword(keyword: str) -> None:
    right = route(keyword).action
    slips = {
        *(keyword[:i] + keyword[i + 1 :] for i in range(len(keyword))),
        *(keyword[:i] + "x" + keyword[i:] for i in range(len(keyword))),
        *(keyword[:i] + "q" + keyword[i + 1 :] for i in range(len(keyword))),
        *(
            keyword[:i] + keyword[i + 1] + keyword[i] + keyword[i + 2 :]
            for i in range(len(keyword) - 1)
        ),
    } - {keyword, *REAL_WORDS.split("|"), "state"}
    wrong = [slip for slip in slips if len(slip) >= 5 and route(slip).action is not right]
    assert wrong == [] or {*wrong} == {"credit"}


# -- speed


@pytest.mark.parametrize(
    "words",
    ["a" * 100_000, "a " * 50_000, "click " * 20_000, '"' * 50_000, "“" * 390, "'" * 390, "the " * 99, "export " * 57,
     "导出" * 195, "在" * 400, "credits how many " * 23, "my beach " * 44, "“「『\"'" * 40 + "'\"』」”" * 40],
    ids=lambda words: f"{words[:6]}…{len(words)}",
)  # fmt: skip
def test_hostile_words_take_no_time(words: str) -> None:
    """Under 0.5 ms where they were measured (benchmarks/words.py); a busy machine gets 50 times that."""
    route(words)
    began = time.process_time()
    route(words)
    detect_language(words)
    assert time.process_time() - began < 0.02


@pytest.mark.parametrize(
    "name", ["the", "ask", "unknown", "howmuch", "export", "credits", "media", "thing"]
)
def test_no_shape_is_slow_on_any_clause_a_sentence_can_make(name: str) -> None:
    clause = inside._CLASS[name] * 399 + inside._CLASS["neg"]
    inside._judge(inside._fold(clause))
    began = time.process_time()
    inside._judge(inside._fold(clause))
    assert time.process_time() - began < 0.1


def test_a_sentence_takes_less_than_a_millisecond() -> None:
    for row in EVERY:
        route(row.words)
    took = []
    for _ in range(3):
        began = time.process_time()
        for row in EVERY:
            route(row.words)
        took.append((time.process_time() - began) / len(EVERY))
    assert min(took) < 0.001


@pytest.mark.parametrize(
    "words", ["export", "send me the video", "导出", "credits?", "show tracks"]
)
def test_files_beside_a_free_action_are_uploaded_and_nothing_is_paid_for(words: str) -> None:
    way = route(words, ["a.jpg"])
    assert (way.action, way.message, way.files) == (Action.UPLOAD, None, ("a.jpg",))


# -- docs/words.md

BEGIN, END = "<!-- made by the tests: begin -->", "<!-- made by the tests: end -->"


def table() -> str:
    """The accuracy of plain keywords and of the rules, by set and kind."""
    numbers = "sentences | keywords right | rules right | edits lost: keywords | rules"
    lines = [
        f"| set | kind | {numbers} | paid needlessly: keywords | rules |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, title in SETS.items():
        for kind in ("plain", "trap"):
            rows = [row for row in labelled(name) if row.kind == kind]
            cells = [title, kind, str(len(rows))]
            for read in (by_keyword, ours):
                right = sum(read(row) == row.label for row in rows)
                cells.append(f"{right} ({right / len(rows):.1%})")
            wish = [row for row in rows if "chat" in row.label]
            free = [row for row in rows if "chat" not in row.label]
            cells += [
                str(sum("chat" not in read(row) for row in wish)) for read in (by_keyword, ours)
            ]
            cells += [str(sum("chat" in read(row) for row in free)) for read in (by_keyword, ours)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def test_the_page_says_how_right_the_rules_are(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    made = f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
    if request.config.getoption("--update-docs"):
        PAGE.write_text(made, "utf-8")
    assert PAGE.read_text("utf-8") == made
