"""How the shots of a cut give way to one another: the kinds of transition, in turn, and their lengths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

SIDES = ("right", "bottom", "left", "top")
SIDED = ("slide", "push", "wipe")
"""The kinds in which the new picture comes from a side."""
MIXED = ("slide", "zoom", "wipe", "crossfade", "push", "dip")
LIVELY = ("push", "cut", "slide", "cut", "zoom", "cut")
"""The upbeat way: something new, then a hard cut."""
_MS = {"smooth": 600, "upbeat": 300, "still": 600}
_LEAST_MS = 100
"""What would be shorter is a cut."""
_MOST = 0.4
"""Of the shorter of two shots, that goes into the transition between them."""


@dataclass(frozen=True)
class Join:
    """A transition of `ms` into a shot; `side` and `through` are empty where they say nothing."""

    type: str = "cut"
    ms: int = 0
    side: str = ""
    through: str = ""

    @property
    def late(self) -> int:
        """Ms from the moment that belongs on a beat to the end of the transition. What moves sets
        off on the beat; what changes by and by is half done then."""
        return self.ms if self.type in ("push", "slide") else self.ms // 2

    def to_draft(self, ms: int) -> dict[str, Any]:
        """As a segment's `tr` that lasts `ms`."""
        entry: dict[str, Any] = {"type": self.type, "d": ms}
        if self.side:
            entry["from"] = self.side
        if self.through:
            entry["to"] = self.through
        return entry


@dataclass(frozen=True)
class Joining:
    """What was asked of the transitions. A `type` of "" is what goes with the pace, "mixed" all
    kinds in turn; a `side` of "" is each in turn; `ms` of None fits the pace."""

    type: str = ""
    side: str = ""
    through: str = ""
    ms: int | None = None

    def joins(self, style: str, owns: Sequence[int], seed: int) -> list[Join]:
        """The joins into all shots but the first, whose own times are given; the same for a seed."""
        result: list[Join] = []
        sided = seed
        for number, (before, after) in enumerate(pairwise(owns)):
            kind = self._kind(style, seed, number)
            ms = min(self._wanted(style, kind), round(_MOST * min(before, after)))
            if kind == "cut" or ms < _LEAST_MS:
                result.append(Join())
                continue
            side = ""
            if kind in SIDED:
                side = self.side or SIDES[sided % len(SIDES)]
                sided += 1
            result.append(Join(kind, ms, side, self.through if kind == "dip" else ""))
        return result

    def length(self, style: str) -> int:
        """Ms that a transition is meant to last."""
        return self.ms if self.ms is not None else _MS[style]

    def to_draft(self) -> dict[str, Any]:
        """Of what was asked, what was; for `from_draft`."""
        said = {"type": self.type, "from": self.side, "to": self.through, "d": self.ms}
        return {key: value for key, value in said.items() if value}

    @classmethod
    def from_draft(cls, said: Mapping[str, Any]) -> Self:
        return cls(said.get("type", ""), said.get("from", ""), said.get("to", ""), said.get("d"))

    def _kind(self, style: str, seed: int, number: int) -> str:
        if self.type == "mixed":
            return MIXED[(seed + number) % len(MIXED)]
        if not self.type and style == "upbeat":
            return LIVELY[(2 * seed + number) % len(LIVELY)]
        return self.type or "crossfade"

    def _wanted(self, style: str, kind: str) -> int:
        # A dip is two changes one after the other.
        return self.length(style) * 3 // 2 if kind == "dip" and not self.ms else self.length(style)
