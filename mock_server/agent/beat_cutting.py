"""Cuts moved onto the beats of the music. Pure: times in, times out, all in ms.

Each cut goes to a beat near it, so that all of them together leave the shots as even as they were:
the cheapest way through the beats, found from the first cut to the last.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf

from mock_server.beats import Grid

_FINEST = 120
"""Parts of a beat shorter than this are not heard as any."""
_OFF_BAR, _OFF_HALF = 0.02, 0.01
"""What a cut costs off the bar, and on its half: as much as making a shot longer by a seventh, and
by a tenth."""
_OFF_BEAT = 1.0
"""What it costs to leave a cut where it is."""


@dataclass(frozen=True)
class _Place:
    """A moment a cut may be moved to."""

    at: float
    cost: float


def on_the_beat(
    owns: Sequence[int], late: Sequence[int], grid: Grid, least: int, pinned: Collection[int] = ()
) -> list[int] | None:
    """Own times as near to these as puts the cuts on beats; None where shots are too short for it.

    `late` are, for each shot, the ms from the moment that belongs on a beat to when it is seen
    alone. No shot gets shorter than `least`, or than half of what it was; the shots `pinned`, by
    index, keep their times. All together are as long as before.
    """
    count, end = len(owns), sum(owns)
    step = float(grid.beat_ms)
    while count and step > end / count:
        step /= 2
    if count < 2 or step < _FINEST:
        return None
    marks = [0.0]
    for own in owns:
        marks.append(marks[-1] + own)
    late = [*late, 0]
    marks = [mark - late[index] for index, mark in enumerate(marks)]
    reach = max(step, 0.4 * end / count)
    places = [[_Place(0.0, 0)]]
    for index in range(1, count):
        stays = _Place(marks[index], _OFF_BEAT)
        held = {index - 1, index} & set(pinned)
        places.append([stays] if held else [*_beats(marks[index], reach, step, grid), stays])
    places.append([_Place(float(end), 0)])
    way = _cheapest(places, owns, marks, late, least)
    ends = [round(at) + extra for at, extra in zip(way, late, strict=True)]
    return [after - before for before, after in pairwise(ends)]


def _beats(mark: float, reach: float, step: float, grid: Grid) -> list[_Place]:
    """The beats about a moment."""
    places = []
    for number in range(max(1, ceil((mark - reach) / step)), floor((mark + reach) / step) + 1):
        at = number * step
        half = at % grid.bar_ms == grid.bar_ms / 2
        places.append(_Place(at, 0 if at % grid.bar_ms == 0 else _OFF_HALF if half else _OFF_BAR))
    return places


def _cheapest(
    places: Sequence[Sequence[_Place]],
    owns: Sequence[int],
    marks: Sequence[float],
    late: Sequence[int],
    least: int,
) -> list[float]:
    """One place for each cut. Dear is a shot whose length changes much, as a part of it."""
    costs, ways = [0.0], [[0.0]]
    for index in range(1, len(places)):
        meant = max(1.0, marks[index] - marks[index - 1])
        shortest = min(owns[index - 1], max(least, owns[index - 1] / 2))
        reached: list[tuple[float, list[float]]] = []
        for place in places[index]:
            best, origin = inf, 0
            for number, cost in enumerate(costs):
                length = place.at - ways[number][-1]
                if length + late[index] - late[index - 1] < shortest - 0.5:
                    continue
                total = cost + place.cost + (length / meant - 1) ** 2
                if total < best:
                    best, origin = total, number
            reached.append((best, [*ways[origin], place.at]))
        costs = [cost for cost, _ in reached]
        ways = [way for _, way in reached]
    return ways[min(range(len(ways)), key=costs.__getitem__)]
