"""Which language a session is to speak: told by the script of the words, then by the locale. Pure."""

from __future__ import annotations

import re
from functools import cache

from skill.routing.spelling import QUOTE

MAX_HEARD = 1000
"""Characters looked at: the language of a brief shows at its beginning."""

# script: (its letters, its language, the other languages it may be, if the locale says so). Written in
# Latin letters is whatever is named nowhere here.
SCRIPTS = {
    "kana": ("\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d", "ja", ""),
    "han": ("\u3005\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff", "zh", ""),
    "hangul": ("\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3", "ko", ""),
    "cyrillic": ("\u0400-\u052f", "ru", "uk bg be sr mk kk ky mn tg"),
    "arabic": ("\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f", "ar", "fa ur ps ckb sd ug"),
    "devanagari": ("\u0904-\u0939\u0958-\u0961\u0971-\u097f", "hi", "mr ne"),
    "thai": ("\u0e01-\u0e30\u0e40-\u0e46", "th", ""),
    "hebrew": ("\u05d0-\u05ea", "he", "yi"),
    "greek": ("\u0370-\u03ff\u1f00-\u1fff", "el", ""),
    "latin": ("A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a", "en", ""),
}  # fmt: skip

# Scripts without a script of ours above, and names the locale has for our languages.
ELSEWHERE = frozenset(
    {
        "hy",
        "ka",
        "am",
        "ti",
        "bn",
        "as",
        "gu",
        "kn",
        "ml",
        "or",
        "pa",
        "si",
        "ta",
        "te",
        "my",
        "km",
        "lo",
        "bo",
        "dz",
        "yue",
    }
)
ALIASES = {"iw": "he", "in": "id", "ji": "yi"}

# Written without blanks: so many letters weigh as much as a word of the other scripts.
LETTERS_A_WORD = {"han": 1.3, "kana": 2, "thai": 4}

KANA_IN_JAPANESE = 1 / 8
"""Kana to Han characters, at the least: a の on a sign is not yet Japanese."""


def detect_language(words: str, locale: str = "") -> str:
    """The primary tag (BCP 47) of the language of `words`: "en", "zh", "ja" …

    The script with the most words decides; a script that several languages share is the locale's,
    if that is one of them. A title in quotation marks does not count beside other words. `locale` is
    what the system calls it: "zh_CN.UTF-8", "de_DE@euro", "zh-Hant-TW"; "C", "POSIX" and "" say nothing.
    """
    spoken = _spoken(locale)
    text = words[:MAX_HEARD]
    script = _main_script(re.sub(QUOTE, " ", text)) or _main_script(text)
    if script is None:
        return spoken or "en"
    _, language, others = SCRIPTS[script]
    if script == "latin":
        return spoken if spoken and spoken not in _not_latin() else language
    return spoken if spoken in others.split() else language


def _main_script(text: str) -> str | None:
    """The script with the most words; the one that comes first weighs one word more.

    Names and titles of another language stand inside a sentence or at its end.
    """
    runs = [(run.lastgroup or "", len(run[0])) for run in _runs().finditer(text)]
    if not runs:
        return None
    weight = dict.fromkeys((script for script, _ in runs), 0.0)
    letters = weight.copy()
    for script, length in runs:
        weight[script] += length / LETTERS_A_WORD.get(script, length)
        letters[script] += length
    if "kana" in weight and "han" in weight:
        kana = letters["kana"] >= letters["han"] * KANA_IN_JAPANESE
        language, other = ("kana", "han") if kana else ("han", "kana")
        weight[language] += weight.pop(other)
        runs = [(language if script == other else script, 0) for script, _ in runs]
    weight[runs[0][0]] += 1
    return max(weight, key=lambda script: weight[script])


@cache
def _runs() -> re.Pattern[str]:
    return re.compile(
        "|".join(f"(?P<{name}>[{letters}]+)" for name, (letters, _, _) in SCRIPTS.items())
    )


@cache
def _not_latin() -> frozenset[str]:
    named = (
        f"{language} {others}".split()
        for name, (_, language, others) in SCRIPTS.items()
        if name != "latin"
    )
    return ELSEWHERE.union(*named) - {"sr"}


def _spoken(locale: str) -> str:
    """The language of a locale, or ""."""
    found = re.match(r"([A-Za-z]{2,3})(?=[_.@-]|$)", locale)
    language = found[1].lower() if found else ""
    return ALIASES.get(language, language)
