"""Our own sentences, in the user's language.

A sentence stands in the code in English, with `{fields}`; its Chinese stands in
`skill.i18n.zh`, under the English. A language there are no sentences in is told in English.
"""

from __future__ import annotations

import math
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MB = 1024 * 1024
_spoken: ContextVar[str] = ContextVar("language", default="en")


def primary_tag(name: str) -> str:
    """The primary tag of a language's name as BCP 47 or POSIX has it, in lower case: zh-Hant-TW,
    zh_CN.UTF-8 → zh. Empty where it is none, or the C locale."""
    found = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*(?:[.@].*)?", name)
    return found[1].lower() if found else ""


def of_environment(environ: Mapping[str, str]) -> str:
    """The language the environment names, as POSIX has it: LC_ALL before LC_MESSAGES before
    LANG. Empty where it names none."""
    names = (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return primary_tag(next(filter(None, names), ""))


def speak(language: str) -> None:
    """Set the language of this task, and of the tasks and `to_thread` calls it starts from here on.
    `language` is a BCP 47 primary tag. Other tasks, other threads and the caller of the event loop
    keep theirs: `spoken` is how the language is handed to them."""
    _spoken.set(language)


def spoken() -> str:
    """The language set by `speak` in this task: a BCP 47 primary tag."""
    return _spoken.get()


def say(sentence: str, /, **values: object) -> str:
    """Translate `sentence` into the language of this task and fill its fields in."""
    if spoken() == "zh":
        from skill.i18n.zh import SENTENCES

        sentence = SENTENCES.get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def size_in_words(number: int) -> str:
    """A size in bytes, as people and listings have it: MB of 1024 kB, never less than it is."""
    if number < _MB / 10:
        return f"{math.ceil(number / 1024)} kB"
    return f"{math.ceil(number / _MB * 10) / 10:g} MB"
