"""Where a text may be broken into lines, and where it is broken. Pure: widths come from outside.

After UAX #14, as far as titles go, with two habits of typesetters: Korean is broken at its spaces,
and Thai, Lao, Khmer and Burmese, which write none, between any two clusters.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

UNBROKEN = "\u00a0\u2007\u202f"
"""Spaces at which no line is broken."""
_CLUSTER = regex.compile(r"\X")
_NEVER_FIRST = regex.compile(
    r"[\p{lb=CL}\p{lb=CP}\p{lb=EX}\p{lb=IS}\p{lb=SY}\p{lb=NS}\p{lb=CJ}\p{lb=IN}\p{lb=PO}"
    r"\p{lb=BA}\p{lb=HY}\p{lb=GL}\p{lb=WJ}\p{Pf}\p{M}\sะาำๅๆฯະາຳ]"
)
"""Closing punctuation, small kana and the like (the Japanese call the rule kinsoku), and the
vowels of Thai and Lao that are written after their consonant."""
_NEVER_FIRST_AT_ALL = regex.compile(r"[\p{lb=CL}\p{lb=CP}\p{lb=EX}\p{lb=IS}\p{Pf}]")
"""Not even after a space: as in the French « Quoi ? »."""
_NEVER_LAST = regex.compile(r"[\p{lb=OP}\p{lb=PR}\p{lb=GL}\p{lb=WJ}\p{Pi}\p{LOE}]")
"""Opening punctuation, currencies, and the vowels that are written before their consonant."""
_LOOSE = regex.compile(r"[\p{lb=ID}\p{lb=EB}\p{lb=EM}\p{lb=SA}\p{lb=RI}\p{ea=W}\p{ea=F}]")
"""Signs that stand for themselves: a line may be broken on either side of them."""
_HANGUL = regex.compile(r"[\p{lb=H2}\p{lb=H3}\p{lb=JL}\p{lb=JV}\p{lb=JT}]")
_BALANCED = 4
"""So many lines are made equally long; more are filled one after the other."""
_TORN = 0.04
"""What a line costs that ends within a sentence without spaces: as much as one that is a fifth of
the width too short."""
_HYPHEN = regex.compile(r"[\p{lb=HY}\p{lb=BA}\p{lb=B2}]")


def clusters(text: str) -> list[str]:
    """What people take for one sign each: a letter with its marks, a conjunct, a whole emoji."""
    return [found[0] for found in _CLUSTER.finditer(text)]


def breaks(clusters: Sequence[str]) -> list[int]:
    """The places of the clusters before which a line may begin."""
    return [at for at, (a, b) in enumerate(pairwise(clusters), 1) if _parts(a, b)]


def _parts(a: str, b: str) -> bool:
    last, first = a[-1], b[0]
    if last.isspace() and last not in UNBROKEN:
        return not (first.isspace() or _NEVER_FIRST_AT_ALL.match(first))
    if _NEVER_FIRST.match(first) or _NEVER_LAST.match(last):
        return False
    if _HYPHEN.match(last):
        return first.isalpha()
    # The first sign of a cluster says what it is; a mark or a joiner may be its last.
    if _HANGUL.match(a) and _HANGUL.match(b):
        return False
    return bool(_LOOSE.match(a) or _LOOSE.match(b))


def fill(
    signs: Sequence[str], widths: Sequence[float], may: Sequence[int], width: float
) -> list[tuple[int, int]]:
    """As few lines as `width` allows, of nearly equal width, and ended where the text pauses
    rather than elsewhere.

    `signs` are clusters, `widths` theirs, and `may` the places where lines may begin. Lines are
    (first, end) of clusters, without the spaces at their ends; one is wider than `width` only if
    nothing in it may be broken.
    """
    places = [*accumulate(widths, initial=0.0)]
    edges = [0, *may, len(signs)]
    ends = [_without_space(signs, end) for end in edges]
    greedy = _greedy(edges, ends, places, width)
    if not 1 < len(greedy) <= _BALANCED:
        return greedy
    return _balanced(signs, edges, ends, places, width, len(greedy)) or greedy


def widest(lines: Sequence[tuple[int, int]], places: Sequence[float]) -> float:
    """The width of the widest line; `places` are the widths summed up, from 0."""
    return max((places[end] - places[first] for first, end in lines), default=0.0)


def _without_space(signs: Sequence[str], end: int) -> int:
    while end and signs[end - 1].isspace():
        end -= 1
    return end


def _greedy(
    edges: Sequence[int], ends: Sequence[int], places: Sequence[float], width: float
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, end in zip(edges, ends[1:], strict=False):
        if found and places[end] - places[found[-1][0]] <= width:
            found[-1] = (found[-1][0], end)
        elif end > first:
            found.append((first, end))
    return found


def _balanced(
    signs: Sequence[str],
    edges: Sequence[int],
    ends: Sequence[int],
    places: Sequence[float],
    width: float,
    count: int,
) -> list[tuple[int, int]]:
    """The `count` lines of the least cost; none if there are no such lines."""
    even = places[ends[-1]] / count
    # For each edge, the cheapest way to have it begin a line: the cost, and the edges before it.
    ways: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, (0,))}
    for _ in range(count):
        longer: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, before) in ways.items():
            for stop in range(start + 1, len(edges)):
                line = places[ends[stop]] - places[edges[start]]
                if line > width:
                    break
                last = stop == len(edges) - 1
                torn = not last and signs[ends[stop] - 1].isalnum() and ends[stop] == edges[stop]
                total = cost + ((line - even) / width) ** 2 + _TORN * torn
                if stop not in longer or total < longer[stop][0]:
                    longer[stop] = (total, (*before, stop))
        ways = longer
    _, way = ways.get(len(edges) - 1, (0.0, ()))
    return [(edges[a], ends[b]) for a, b in pairwise(way)]
