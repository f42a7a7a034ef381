"""What a sentence says: the steps in the interface in it, and what remains without them. Pure.

A step is told by three things together: a verb of the interface with a thing of the interface
(`STEPS` of `skill.screentalk.phrases_en` and `skill.screentalk.phrases_zh`), and the user being the one who does it (`LEAD`: "click …", "you can open
…", 请打开 …). "The woman clicks her heels" lacks both, "I opened the scene with a wide shot" the
first. What stands in quotation marks is never a step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from skill.screentalk import grammar, phrases_en, phrases_zh
from skill.screentalk.phrases import LABELS, GuiAction, StepPattern
from skill.screentalk.sentences import pattern

_ENDS = ".!?…。！？～~:：\"'”’」』）)]*_` "


@dataclass(frozen=True)
class _Done:
    """The action of a step. A `guess` gives way to whatever the sentence names better."""

    action: GuiAction
    guess: bool = False


@dataclass(frozen=True)
class _Clause:
    """From `start` to `end` of a sentence; what parts it from the clause before begins at `sep`."""

    sep: int
    start: int
    end: int


_Shapes = tuple[tuple[re.Pattern[str], StepPattern], ...]


def read(sentence: str) -> tuple[str, list[GuiAction]]:
    """What remains of a sentence, "" if nothing, and the actions of the steps in it."""
    plain = re.sub(r"[*_`]", " ", sentence.translate(grammar.TO_SIMPLIFIED))
    masked = _mask(plain)
    tables = _chinese() if pattern(grammar.HAN).search(masked) else _english()
    rest, done = sentence, list[_Done]()
    if any(shape.search(masked) for shape, _ in (*tables.steps, *tables.nouns)):
        rest, done = _without_steps(sentence, plain, masked, tables)
    if not done and pattern(grammar.OFFER).search(masked):
        return rest, [GuiAction.EXPORT]
    sure = [it.action for it in done if not it.guess]
    # Of guesses the first that does something: in "select the clip and click it" that is the click.
    guesses = sorted((it.action for it in done), key=lambda action: action is GuiAction.NONE)
    return rest, sure or guesses[:1]


def _without_steps(body: str, plain: str, masked: str, tables: _Tables) -> tuple[str, list[_Done]]:
    asides: list[_Done] = []
    for group in reversed(list(pattern(grammar.ASIDE).finditer(masked))):
        inner = slice(group.start() + len(group[0]) - len(group[0].lstrip(" (（—–-")), group.end())
        inner = slice(inner.start, inner.start + len(masked[inner].rstrip(" )）—–-")))
        rest, done = _clauses(body[inner], plain[inner], masked[inner], tables)
        if done:
            asides = done + asides
            cut = inner if rest else slice(*group.span())
            body = body[: cut.start] + rest.rstrip(".。") + body[cut.stop :]
            plain, masked = (
                t[: cut.start] + " " * len(rest.rstrip(".。")) + t[cut.stop :]
                for t in (plain, masked)
            )
    rest, done = _clauses(body, plain, masked, tables)
    return rest, done + asides


def _clauses(body: str, plain: str, masked: str, tables: _Tables) -> tuple[str, list[_Done]]:
    core = len(masked.rstrip(_ENDS))
    clauses = _split(masked[:core])
    report = pattern(grammar.REPORTER).match(masked.lstrip(" #>"))
    keep: list[bool] = []
    found: list[_Done] = []
    for it in clauses:
        tied = masked[it.sep : it.start].strip().isalpha()
        joined = masked[clauses[0].start : it.sep] if tied else ""
        words = plain[it.start : it.end], masked[it.start : it.end]
        done = _step(*words, joined, tables, follows=not report and bool(keep) and not keep[-1])
        found += [done] if done else []
        keep.append(done is None)
    if not found:
        return body, []
    return _rebuild(body, core, clauses, _standing(masked, clauses, keep)), found


def _split(masked: str) -> list[_Clause]:
    clauses, sep, start = [], 0, 0
    for match in pattern(grammar.SEPARATOR).finditer(masked):
        clauses.append(_Clause(sep, start, match.start()))
        sep, start = match.span()
    return [*clauses, _Clause(sep, start, len(masked))]


def _standing(masked: str, clauses: list[_Clause], keep: list[bool]) -> list[bool]:
    """`keep` without the clauses that cannot stand once the steps are gone."""
    keep = list(keep)
    texts = [masked[it.start : it.end].strip(" #>▮") for it in clauses]
    for i in reversed(range(len(clauses))):
        leads_on = (
            i + 1 < len(clauses)
            and not keep[i + 1]
            and pattern(grammar.FORWARD).match(texts[i])
            and not (i and pattern(grammar.TRAILS).match(texts[i]))
        )
        if leads_on or not re.search(r"\w", texts[i]):
            keep[i] = False
    report = pattern(grammar.REPORTER).match(texts[0])
    for i in range(1, len(clauses)):
        stands = pattern(grammar.STANDS).match(texts[i])
        if not keep[i - 1] and not stands:
            keep[i] = keep[i] and bool(report and pattern(grammar.REPORTED).match(texts[i]))
    return keep


def _rebuild(body: str, core: int, clauses: list[_Clause], keep: list[bool]) -> str:
    text, end = "", body[core:]
    for it, kept in zip(clauses, keep, strict=True):
        if kept and text:
            text += body[it.sep : it.end]
        elif kept:
            text = _with_reporter(body, clauses[0], it)
    if not re.search(r"\w", text):
        return ""
    if not keep[0]:
        text = text.lstrip()
        text = text[:1].upper() + text[1:]
    if not keep[-1]:
        end = re.sub(r"[?:]", ".", re.sub(r"[？：]", "。", end.lstrip()))
    text = text.rstrip(" ")
    if (text + end).count("**") % 2 > body.count("**") % 2:
        end = end.replace("**", "")
    return text + end


def _with_reporter(body: str, first: _Clause, it: _Clause) -> str:
    """A clause that begins what remains, with who did it where only the first clause said so."""
    words = body[it.start : it.end]
    lone = words.lstrip(" #>")
    if it is first or pattern(grammar.STANDS).match(lone):
        return words
    report = pattern(grammar.REPORTER).match(body[first.start : first.end].lstrip(" #>"))
    if report is None or not pattern(grammar.REPORTED).match(lone):
        return words
    return report[0] + ("" if pattern(grammar.HAN).match(lone) else " ") + lone


# -- one clause


def _step(plain: str, masked: str, joined: str, tables: _Tables, *, follows: bool) -> _Done | None:
    """The step this clause is. `joined`: what "and" ties it to; `follows`: a step is before it."""
    for shape, step in (*tables.steps, *(tables.follow if follows else ())):
        for match in shape.finditer(masked):
            if _by_user(masked[: match.start()], match[0], joined):
                return _done(step, plain[match.start() :], masked[match.start() :])
    if pattern(grammar.STORY).search(masked):
        return None
    for shape, step in tables.nouns:
        if noun := shape.search(masked):
            return _done(step, plain[noun.start() :], masked[noun.start() :])
    return None


def _by_user(prefix: str, verb: str, joined: str) -> bool:
    prefix = re.sub(r"^[^\w▮▯]+", "", prefix)
    if len(prefix) > 80:
        return bool(pattern(grammar.USER).search(prefix[-80:]))
    if pattern(grammar.HAN).match(verb):
        opened = pattern(grammar.OPENING).match(verb) and pattern(grammar.PAST_ZH).fullmatch(prefix)
        return bool(opened or (len(prefix) <= 40 and pattern(grammar.LEAD_ZH).fullmatch(prefix)))
    if pattern(grammar.USER).search(prefix):
        return True
    if pattern(grammar.OPENED).match(verb):
        return bool(pattern(grammar.PAST).fullmatch(prefix))
    if re.match(r"\w+ed\b", verb) or pattern(grammar.STORY).search(f"{joined}\n{prefix}"):
        return False
    return bool(pattern(grammar.LEAD).fullmatch(prefix) or pattern(grammar.DEPENDENT).match(prefix))


def _done(step: StepPattern, plain: str, masked: str) -> _Done:
    """What the thing that is clicked, opened or used is called, decides."""
    if step.action and not step.guess:
        return _Done(step.action)
    name_ends = pattern(grammar.CHOSEN if step.guess else grammar.PURPOSE).search(masked)
    named = plain[: name_ends.start()] if name_ends else plain
    quoted = "".join(c for c, sign in zip(named, masked, strict=False) if sign == "▮")
    every, common = LABELS, LABELS[:3]
    for words, labels in ((quoted, every), (named, every), (plain, common)):
        for action, label in labels:
            if pattern(label).search(words):
                return _Done(action)
    if step.action:
        return _Done(step.action, guess=True)
    if pattern(grammar.OPENING).match(masked):
        return _Done(GuiAction.STATE)
    chosen = pattern(grammar.CHOOSING).match(masked)
    return _Done(GuiAction.NONE if chosen else GuiAction.CHAT, guess=True)


def _mask(text: str) -> str:
    """The text with its quotations (▮) and addresses (▯) blanked out, of the same length."""
    return pattern(grammar.QUOTATION).sub(
        lambda match: ("▯" if match[0].startswith("http") else "▮") * len(match[0]), text
    )


# -- the tables, compiled when they are first needed


@dataclass(frozen=True)
class _Tables:
    steps: _Shapes
    follow: _Shapes
    nouns: _Shapes


def _compiled(steps: tuple[StepPattern, ...], before: str = "") -> _Shapes:
    compiled = []
    for step in steps:
        shape = step.shape
        for name, piece in phrases_en.PIECES.items():
            shape = shape.replace("{" + name + "}", piece)
        compiled.append((re.compile(before + f"(?:{shape})", re.I), step))
    return tuple(compiled)


@cache
def _english() -> _Tables:
    tables = phrases_en.STEPS, phrases_en.FOLLOW, phrases_en.NOUNS
    return _Tables(*(_compiled(table, r"\b") for table in tables))


@cache
def _chinese() -> _Tables:
    """With the English: words of both stand in one sentence."""
    english = _english()
    return _Tables(
        _compiled(phrases_zh.STEPS) + english.steps,
        _compiled(phrases_zh.FOLLOW),
        _compiled(phrases_zh.NOUNS) + english.nouns,
    )
