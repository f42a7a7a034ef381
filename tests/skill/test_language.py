"""Our own sentences are in the user's language: every one of them, with all its fields."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import skill
from skill.chinese import SENTENCES
from skill.console import VERBS
from skill.errors import CODES, NoCreditsError, error_for
from skill.language import of_environment, primary_tag, say, speak
from skill.listings import LISTINGS
from skill.phrases import INSTEAD
from skill.pictures import NO_READER
from skill.vault import Step

_SOURCES = sorted(Path(skill.__file__).parent.rglob("*.py"))
_WAITS = ["{number:.0f} days", "{number:.0f} hours", "{number:.0f} minutes"]
# What is told to a user as it stands: an error's words, a stage, a notice.
_TOLD = {"Stage": 1, "Notice": 0}
# Errors that are caught by us, or that a programmer gets.
_OURS = {
    "ArgumentTypeError",
    "AttributeError",
    "FileExistsError",
    "InternalError",
    "NotImplementedError",
    "OSError",
    "RuntimeError",
    "StoppedError",
    "TypeError",
    "ValueError",
}


def _calls() -> list[tuple[str, ast.Call]]:
    return [
        (f"{path.name}:{node.lineno}", node)
        for path in _SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _said() -> set[str]:
    """Every sentence the code says."""
    said = {
        str(call.args[0].value)
        for _, call in _calls()
        if _name(call) == "say" and call.args and isinstance(call.args[0], ast.Constant)
    }
    # Why a picture cannot be read: told by `media`, perhaps on behalf of another process.
    said |= {
        str(call.args[0].value)
        for place, call in _calls()
        if place.startswith(("metadata.py", "pictures.py"))
        and _name(call) == "ValueError"
        and isinstance(call.args[0], ast.Constant)
    } | {NO_READER}
    said |= {words for _, what, hint in CODES.values() for words in (what, hint)}
    said |= set(INSTEAD.values())
    said |= {listing.example for listing in LISTINGS.values()}
    return said | {step.value for step in Step} | set(VERBS.values()) | set(_WAITS)


def _fields(sentence: str) -> set[tuple[str | None, str | None, str | None]]:
    return {part[1:] for part in string.Formatter().parse(sentence) if part[1] is not None}


def test_every_sentence_has_its_chinese() -> None:
    assert sorted(_said() - SENTENCES.keys()) == []


def test_no_chinese_is_kept_for_what_is_no_longer_said() -> None:
    assert sorted(SENTENCES.keys() - _said()) == []


@pytest.mark.parametrize("sentence", sorted(SENTENCES))
def test_the_chinese_has_the_fields_of_the_english(sentence: str) -> None:
    assert _fields(SENTENCES[sentence]) == _fields(sentence)


def test_the_commands_and_options_named_are_those_of_the_english() -> None:
    for sentence, chinese in SENTENCES.items():
        for word in sentence.replace("(", " ").replace(")", " ").replace(";", " ").split():
            word = word.strip(".,:")
            if word.startswith(("--", "NEMO_", "IMAGE_TO_VIDEO")):
                assert word in chinese, sentence


def test_what_is_told_to_a_user_goes_through_the_catalogue() -> None:
    bare = []
    for place, call in _calls():
        name = _name(call)
        told = [keyword.value for keyword in call.keywords if keyword.arg == "hint"]
        if name in _TOLD:
            told += call.args[_TOLD[name] :][:1]
        elif name.endswith("Error") and name not in _OURS:
            told += call.args[:1]
        for node in told:
            literal = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
            if literal or isinstance(node, ast.JoinedStr):
                bare.append(place)
    assert bare == []


def test_a_sentence_is_said_in_the_language_that_is_spoken() -> None:
    assert say("Balance: {available:g} credits.", available=42.0) == "Balance: 42 credits."
    speak("zh")
    assert say("Balance: {available:g} credits.", available=42.0) == "余额：42 积分。"


def test_a_language_without_sentences_is_told_in_english() -> None:
    speak("de")
    assert say("Nothing is lost.") == "Nothing is lost."


def test_what_fills_a_field_may_hold_braces() -> None:
    assert say("Uploaded: {names}", names="{x}.jpg") == "Uploaded: {x}.jpg"


def test_a_code_of_the_backend_is_told_in_chinese_with_the_backends_own_word() -> None:
    speak("zh")
    error = error_for(2001, "quota used up")
    assert isinstance(error, NoCreditsError)
    assert error.message == "积分不足。后台说：quota used up"
    assert "--local" in error.hint


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("zh_CN.UTF-8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("de_DE@euro", "de"),
        ("EN", "en"),
        ("yue", "yue"),
        ("C", ""),
        ("C.UTF-8", ""),
        ("POSIX", ""),
        ("", ""),
        ("english please", ""),
    ],
)
def test_a_locale_names_a_language_or_none(name: str, tag: str) -> None:
    assert primary_tag(name) == tag


def test_the_environment_names_the_language_as_posix_has_it() -> None:
    assert of_environment({"LANG": "de_DE.UTF-8", "LC_ALL": "zh_CN.UTF-8"}) == "zh"
    assert of_environment({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "", "LC_ALL": ""}) == "de"
    assert of_environment({}) == ""
