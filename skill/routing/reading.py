"""A sentence → a `Route`, by the words and rules beside this module. Pure.

The steps, each a function: `plain` (one width, one case, Simplified; a quotation is one token),
`_clauses` (cut at punctuation and connectives, words → classes, politeness dropped), `_judge` (what
one clause is), `_read` (what the clauses make together). docs/words.md tells it with examples.

A class is one character inside here, so that a clause is a short string and a shape a small regular
expression: quick, and without nested repetition.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from skill.routing.action import Action, Route
from skill.routing.filler import CONNECTIVE, FILLER
from skill.routing.rules import CONTEXT, FOLDS, HANDOVER, REFUSAL, RULES, VAGUE, Rule
from skill.routing.spelling import QUOTED, REAL_WORDS, mend, plain
from skill.routing.words import WORDS, WordClass

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ROUTED = 400
"""Characters; longer words are a brief for the agent, not a command. It bounds the time, too."""

_LINK = "\x01"
_UNIT = (
    r"(?P<link>https?://[!-~]*[a-z0-9/_=&#%+~-])|(?P<quote>\x00)|(?P<stop>[,.;:!?\n，。；：！？、…—](?!\d))"
    r"|(?P<word>[a-zà-ɏ][a-z0-9à-ɏ']*(?:-[a-z]+)*|\d+[a-z]+|\d+(?:[.:/x×]\d+)*|[\u2e80-\u9fff]|\w+)"
)


def route(words: str, files: Sequence[str] = ()) -> Route:
    """Which action `words`, with `files` beside them, ask for.

    Raises ValueError if there are neither words nor files.
    """
    text, given = words.strip(), tuple(files)
    if not text:
        if not given:
            raise ValueError("nothing to do: give words, files or both")
        return Route(Action.UPLOAD, None, given, "files, and no words beside them")
    reading = _read(text, handed=bool(given))
    if not given:
        message = text if reading.wish else None
        return Route(reading.action, message, (), reading.reason, reading.vague)
    if reading.wish:
        reason = "files with a wish: they go first, then the words"
        return Route(Action.UPLOAD, text, given, reason, reading.vague)
    if reading.action is Action.UPLOAD:
        return Route(Action.UPLOAD, None, given, reading.reason)
    reason = f"files first; {reading.action} is a free call of its own, to be asked after"
    return Route(Action.UPLOAD, None, given, reason)


class _Reading(NamedTuple):
    """What the words ask for; `wish`: the agent is to hear of it."""

    action: Action
    reason: str
    wish: bool = True
    vague: bool = False


# What a clause is that is no free action: it asks for nothing; it holds back what was said before it; it
# refuses a free action; it is for the agent.
_Kind = Literal["context", "wait", "refusal", "wish"]


def _read(text: str, *, handed: bool) -> _Reading:
    """The clauses together. With `handed`, files lie beside them, and words may just hand them over."""
    if len(text) > MAX_ROUTED:
        return _Reading(Action.CHAT, "longer than a command: a brief for the agent")
    clauses = [folded for clause in _clauses(text) if (folded := _fold(clause))]
    if handed:
        clauses = [clause for clause in clauses if not _fits(HANDOVER, clause)]
        if not clauses:
            return _Reading(Action.UPLOAD, "files, and no wish beside them", wish=False)
    found: dict[Action, str] = {}
    refused: set[Action] = set()
    wishes: list[str] = []
    held = upload_first = False
    for clause in clauses:
        judged = _judge(clause)
        if isinstance(judged, Rule):
            found.setdefault(judged.action, judged.reason)
        elif judged == "wait":
            held |= bool(found)
        elif judged == "refusal":
            targets = _targets(clause)
            refused |= targets
            held |= not targets and not _has(clause, "make")
        elif judged == "wish":
            upload_first |= not wishes and list(found) == [Action.UPLOAD]
            wishes.append(clause)
    if wishes:
        vague = all(map(_vague, wishes))
        if upload_first:
            reason = "an upload, then a wish that needs the file"
            return _Reading(Action.UPLOAD, reason, vague=vague)
        reason = "a wish for the agent"
        if found:
            reason = f"an edit comes with it and must not be lost: the agent first, {next(iter(found))} next"
        return _Reading(Action.CHAT, reason, vague=vague)
    if held or refused & found.keys() or (refused and not found):
        return _Reading(Action.CHAT, "the action is negated: nothing is run")
    if not found:
        return _Reading(Action.CHAT, "no free action is asked for")
    action = Action.EXPORT if Action.EXPORT in found else next(iter(found))
    return _Reading(action, found[action], wish=False)


def _judge(clause: str) -> Rule | _Kind:
    for rule in RULES:
        if _may(rule.shape, clause) and _fits(rule.shape, clause):
            return rule
    if _fits("wait+", clause):
        return "wait"
    if _fits(CONTEXT, clause) or _fits("no", clause):
        return "context"
    if _has(clause, "neg|wait|no") and _fits(REFUSAL, clause):
        return "refusal"
    return "wish"


def _vague(clause: str) -> bool:
    judged = _has(clause, "better") or (_has(clause, "make|neg") and _has(clause, "praise"))
    return judged and _fits(VAGUE, clause)


def _targets(clause: str) -> set[Action]:
    keys = {
        Action.EXPORT: "export|exported|send",
        Action.UPLOAD: "upload|uploaded",
        Action.STATE: "status|tracks|list",
        Action.CREDITS: "credits|balance",
    }
    return {action for action, classes in keys.items() if _has(clause, classes)}


# -- from letters to classes

_SPECIAL = ("unknown", "quote", "url", "number")
_CLASS = {name: chr(0x100 + i) for i, name in enumerate([*WORDS, *_SPECIAL])}
_CUT = " "


def _clauses(text: str) -> list[str]:
    """The clauses of a sentence, each a string of classes, empty ones left out."""
    lexicon, longest = _lexicon()
    clauses: list[str] = []
    run: list[str] = []
    for unit in _pattern(_UNIT).finditer(plain(text)):
        if unit.lastgroup == "stop":
            clauses += _classes(run, lexicon, longest)
            run = []
        else:
            run.append(_LINK if unit.lastgroup == "link" else mend(unit[0], lexicon))
    clauses += _classes(run, lexicon, longest)
    return [clause for clause in clauses if clause]


def _classes(run: list[str], lexicon: dict[str, str], longest: dict[str, int]) -> list[str]:
    """Words → classes, the longest phrase first, cut at connectives."""
    found, at = "", 0
    while at < len(run):
        size = min(longest.get(run[at], 1), len(run) - at)
        while size > 1 and " ".join(run[at : at + size]) not in lexicon:
            size -= 1
        word = " ".join(run[at : at + size])
        found += lexicon.get(word, _CLASS["number" if word.isdecimal() else "unknown"])
        at += size
    return found.split(_CUT)


def _fold(clause: str) -> str:
    for shape, folded in FOLDS:
        if _may(shape, clause):
            clause = _compiled(shape).sub(_letters(folded), clause)
    return clause


@cache
def _lexicon() -> tuple[dict[str, str], dict[str, int]]:
    """Phrase → class ("" for politeness), and a phrase's first word → the most words it may have."""
    lexicon = {QUOTED: _CLASS["quote"], _LINK: _CLASS["url"]}
    groups = [(words, _CLASS[name]) for name, words in WORDS.items()]
    groups += [(FILLER, ""), (CONNECTIVE, _CUT), (WordClass("", REAL_WORDS), _CLASS["unknown"])]
    for words, letter in groups:
        lexicon.update(dict.fromkeys(words.english.split("|"), letter))
        lexicon.update(dict.fromkeys(map(" ".join, words.chinese.split()), letter))
    lexicon.pop("", None)
    for phrase in [phrase for phrase in lexicon if "'" in phrase]:
        lexicon.setdefault(phrase.replace("'", ""), lexicon[phrase])
    longest: dict[str, int] = {}
    for phrase in lexicon:
        first, _, rest = phrase.partition(" ")
        if rest:
            longest[first] = max(longest.get(first, 1), phrase.count(" ") + 1)
    return lexicon, longest


# -- shapes, which are small regular expressions over classes


@cache
def _letters(shape: str) -> str:
    """A shape in class names as a regular expression over class letters."""
    wishing = _CLASS["neg"] + _CLASS["text"] + _CLASS["no"]
    coded = re.sub(r"\w+", lambda m: f"[^{wishing}]" if m[0] == "rest" else _CLASS[m[0]], shape)
    coded = coded.replace(" ", "")
    return re.sub(r"\(([^()\[\]]+)\)", lambda m: f"[{m[1].replace('|', '')}]", coded)


@cache
def _compiled(shape: str) -> re.Pattern[str]:
    return re.compile(_letters(shape))


@cache
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


@cache
def _needed(shape: str) -> str:
    """The classes without which a shape cannot fit."""
    alone = re.sub(r"\([^)]*\)[*+?]?|\w+[*?]|[+^$]", "", shape)
    return "".join(_CLASS[name] for name in alone.split())


def _may(shape: str, clause: str) -> bool:
    """A look before the shape is tried, since most shapes are never compiled."""
    return all(letter in clause for letter in _needed(shape))


def _fits(shape: str, clause: str) -> bool:
    return _compiled(shape).fullmatch(clause) is not None


def _has(clause: str, classes: str) -> bool:
    return any(_CLASS[name] in clause for name in classes.split("|"))
