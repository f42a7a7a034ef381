"""Which way each part of a line runs: the Unicode bidirectional algorithm (UAX #9).

What a shaper needs are levels, and libraries give reordered strings; so it is here, without the
explicit embeddings and isolates, which no title has. Pure.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPLICIT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The codes that are not understood here: they are to be taken out before."""

_BRACKETS = "()[]{}⁅⁆〈〉❨❩❪❫⟦⟧⟨⟩⟪⟫⦃⦄⸨⸩〈〉《》「」『』【】〔〕〖〗〘〙〚〛（）［］｛｝｟｠｢｣"
_CLOSING = dict(zip(_BRACKETS[::2], _BRACKETS[1::2], strict=True))
_NEUTRAL = ("B", "S", "WS", "ON")


def levels(text: str) -> list[int]:
    """The level of each character of a paragraph: even ones run to the right, odd ones to the
    left. The paragraph runs as its first strong character does."""
    kinds = [unicodedata.bidirectional(char) or "L" for char in text]
    base = next((int(kind != "L") for kind in kinds if kind in ("L", "R", "AL")), 0)
    at = [index for index, kind in enumerate(kinds) if kind != "BN"]  # X9
    kept = [kinds[index] for index in at]
    _weak(kept, "LR"[base])
    _brackets([text[index] for index in at], kept, "LR"[base])
    _neutral(kept, "LR"[base])
    found = [base] * len(text)
    for index, kind in zip(at, kept, strict=True):
        found[index] = base + _raised(kind, base)
    for index, kind in enumerate(kinds):
        if kind == "BN" and index:
            found[index] = found[index - 1]
    return found


def visual(levels: Sequence[int]) -> list[int]:
    """The places of what has these levels, from left to right (L2)."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = end + 1
    return order


def _raised(kind: str, base: int) -> int:
    """I1 and I2."""
    if base:
        return int(kind != "R")
    return {"L": 0, "R": 1}.get(kind, 2)


def _weak(kinds: list[str], start: str) -> None:
    """W1 to W7; `start` is the side the paragraph runs from."""
    for index, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[index] = kinds[index - 1] if index else start
    strong = start
    for index, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[index] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    for index in range(1, len(kinds) - 1):
        before, kind, after = kinds[index - 1 : index + 2]
        if before == after and (kind, before) in (("ES", "EN"), ("CS", "EN"), ("CS", "AN")):
            kinds[index] = before
    for first, end in _sequences(kinds, ("ET",)):
        if (first and kinds[first - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN"):
            kinds[first:end] = ["EN"] * (end - first)
    strong = start
    for index, kind in enumerate(kinds):
        if kind in ("ES", "ET", "CS"):
            kinds[index] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"


def _brackets(chars: list[str], kinds: list[str], base: str) -> None:
    """N0: both of a pair run as what is in it, or as what is before it."""
    for first, last in _pairs(chars, kinds):
        within = {_side(kind) for kind in kinds[first + 1 : last]} - {""}
        if not within:
            continue
        if base in within:
            side = base
        else:
            before = (_side(kind) for kind in reversed(kinds[:first]))
            side = next(filter(None, before), base)
        kinds[first] = kinds[last] = side


def _pairs(chars: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    waiting: list[tuple[str, int]] = []
    pairs = []
    for index, char in enumerate(chars):
        if kinds[index] != "ON":
            continue
        if char in _CLOSING:
            waiting.append((_CLOSING[char], index))
        elif any(char == closing for closing, _ in waiting):
            while waiting:
                closing, first = waiting.pop()
                if closing == char:
                    pairs.append((first, index))
                    break
    return sorted(pairs)


def _neutral(kinds: list[str], base: str) -> None:
    """N1 and N2."""
    for first, end in _sequences(kinds, _NEUTRAL):
        before = _side(kinds[first - 1]) if first else base
        after = _side(kinds[end]) if end < len(kinds) else base
        kinds[first:end] = [before if before == after else base] * (end - first)


def _side(kind: str) -> str:
    """Numbers count as running to the left."""
    return {"L": "L", "R": "R", "EN": "R", "AN": "R"}.get(kind, "")


def _sequences(kinds: list[str], of: tuple[str, ...]) -> list[tuple[int, int]]:
    """(first, end) of each sequence of such kinds."""
    found = []
    first = 0
    for index, kind in enumerate([*kinds, ""]):
        if kind not in of:
            if first < index:
                found.append((first, index))
            first = index + 1
    return found
