"""The shots a clause speaks of, and where one of them is to go."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from mock_server.agent.vocabulary import (
    CLIP,
    CLIP_ZH,
    NUMBER,
    NUMBER_WORDS,
    ORDINAL,
    ORDINALS,
    REMOVE,
    SWAP,
)

Item = TypeVar("Item")

_ZH = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"两": 2, "半": 0.5}


def amount(text: str) -> float:
    """A number in digits, English words or Chinese characters."""
    if text[0].isdigit():
        return float(text)
    if text in NUMBER_WORDS:
        return NUMBER_WORDS[text]
    total, digit = 0.0, 0.0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _ZH[char]
    return total + digit


def picks_of(clause: str, names: Sequence[str]) -> list[int]:
    """Shots a clause speaks of, counted from 1 in order of mention; from -1 back from the last."""
    found: list[tuple[int, int]] = []
    several = rf"\b{CLIP}\s*#?(\d+)((?:\s*(?:,|and|&|with)\s*(?:and\s*)?#?\d+)*)(?!\s*-?\s*s)"
    for match in re.finditer(several, clause):
        found.append((match.start(), int(match.group(1))))
        more = re.finditer(r"\d+", match.group(2))
        found += [(match.start(2) + item.start(), int(item.group())) for item in more]
    for match in re.finditer(
        rf"\b{CLIP}\s*#?(\d+)\s*(?:-|–|to|through)\s*#?(\d+)\b(?!\s*s)", clause
    ):
        first, last = int(match.group(1)), int(match.group(2))
        if not re.search(r"\bmove\b", clause):
            found += [(match.start() + 1, number) for number in range(first + 1, min(last, 99) + 1)]
    # "the first and last photo": an ordinal counts if a photo follows it, or another that counts.
    # In an exchange it counts by itself, and at the end of what is to be removed, or before what
    # its caption says.
    noun = rf"\s(?:{CLIP}|ones?)\b|\s*:?\s*⟦" + (r"|$" if re.search(REMOVE, clause) else "")
    ends = rf"(?=(?:[\s,&]|and|with|the|{ORDINAL})*(?:{noun}))"
    if re.search(SWAP, clause):
        ends = ""
    for match in re.finditer(rf"\b({ORDINAL})\b(?!\s+(?!ones?\b)(?:{NUMBER})\b){ends}", clause):
        word = match.group(1)
        found.append((match.start(), ORDINALS.get(word) or int(word[:-2])))
    for match in re.finditer(r"(?:\bcaptions?|字幕)\s*#?(\d+)\b(?!\s*s)", clause):
        found.append((match.start(), int(match.group(1))))
    groups = rf"\b(first|last)\s+({NUMBER})(?=\s+{CLIP}\b|$)|(前|最后|后)({NUMBER}){CLIP_ZH}"
    for match in re.finditer(groups, clause):
        count = min(int(amount(match.group(2) or match.group(4))), 99)
        if count > 1 or match.group(3) == "前":
            first = 1 if (match.group(1) or match.group(3)) in ("first", "前") else -count
            found += [(match.start(), first + number) for number in range(count)]
    for match in re.finditer(rf"第\s*(\d+|[一二三四五六七八九十]+)\s*{CLIP_ZH}", clause):
        found.append((match.start(), int(amount(match.group(1)))))
    for match in re.finditer(rf"最后(?:一)?{CLIP_ZH}", clause):
        found.append((match.start(), -1))
    if not found:
        for number, name in enumerate(names, 1):
            at = clause.find(name.lower()) if len(name) > 2 else -1
            if at >= 0:
                found.append((at, number))
    return [number for _, number in sorted(found)]


def place(number: int, count: int) -> int | None:
    """The index, among so many, of a shot counted from 1, or from -1 back from the last; None if
    there is no such shot."""
    index = count + number if number < 0 else number - 1
    return index if 0 <= index < count else None


def repeated(items: Sequence[Item], again: Iterable[tuple[int, int]]) -> list[Item]:
    """With some of them once more: each pair is the number of one and the number that it gets as
    well, counted from 1. A number that there is not, or that is that one already, is passed over."""
    shown = list(items)
    for number, as_number in sorted(set(again), key=lambda pair: pair[1]):
        if 0 < number < as_number <= len(shown) + 1:
            shown.insert(as_number - 1, shown[number - 1])
    return shown


def target(clause: str, picks: list[int]) -> tuple[int, int] | None:
    """(shot, new place) of a move; None for more than one shot, and for nowhere."""
    if len(picks) > 2:
        return None
    place = re.search(r"(?:position|place|spot|第)\s*(\d+)\s*(?:位|个位置)?\s*$", clause)
    if re.search(
        r"\bto the (?:start|beginning|front|top)\b|\bat the (?:start|beginning)\b|\bfirst$|最前|开头|开始",
        clause,
    ):
        return (picks[0], 1) if len(picks) == 1 else None
    if re.search(r"\bto the end\b|\bat the end\b|\blast$|最后面?$|末尾|结尾", clause):
        return (picks[0], -1) if len(picks) == 1 else None
    if place:
        return picks[0], int(place.group(1))
    if len(picks) >= 2:
        if re.search(r"\bafter\b|后", clause):
            return picks[0], picks[1] + (1 if picks[0] > picks[1] > 0 else 0)
        return picks[0], picks[1] - (1 if 0 < picks[0] < picks[1] else 0)
    return None
