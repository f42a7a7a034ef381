"""Our own sentences, in the user's language.

A sentence stands in the code in English, with `{fields}`; its Chinese stands in
`skill.i18n.zh`, under the English. A language there are no sentences in is told in English.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MB = 1024 * 1024
_spoken = "en"  # a program speaks to one user at a time


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
    """Say what comes from here on in `language`, a BCP 47 primary tag."""
    global _spoken
    _spoken = language


def say(sentence: str, /, **values: object) -> str:
    """`sentence` in the language that is spoken, its fields filled in."""
    if _spoken == "zh":
        from skill.i18n.zh import SENTENCES

        sentence = SENTENCES.get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def size_in_words(number: int) -> str:
    """A size in bytes, as people and listings have it: MB of 1024 kB, never less than it is."""
    if number < _MB / 10:
        return f"{math.ceil(number / 1024)} kB"
    return f"{math.ceil(number / _MB * 10) / 10:g} MB"
