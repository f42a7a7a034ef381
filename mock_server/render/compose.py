"""The frames of a plan, one after the other: shots, transitions, titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from . import transitions
from .errors import RenderError
from .memory import give_back
from .motion import ease
from .text import Titles
from .yuv import Planes

if TYPE_CHECKING:
    from collections.abc import Generator

    from .cast import Cast
    from .plan import Shot
    from .shots import Scene


def frames(cast: Cast) -> Generator[av.VideoFrame]:
    """The frames of its plan, yuv420p. A picture is in memory from its first frame to its last."""
    plan, stage = cast.plan, _Stage(cast)
    try:
        for number in range(plan.frames):
            frame = av.VideoFrame(plan.width, plan.height, "yuv420p")
            stage.draw(number, Planes.within(frame))
            yield frame
    finally:
        stage.close()


class _Stage:
    """What is open at the moment: scenes by shot, and the titles."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        size = (cast.plan.width, cast.plan.height)
        self._below, self._above = Planes.empty(*size), Planes.empty(*size)
        self._scenes: dict[Shot, Scene] = {}
        self._titles = Titles(cast.plan.titles, size, cast.plan.fps)

    def draw(self, number: int, out: Planes) -> None:
        self._drop_over(number)
        on = self._open_on(number)
        if not on:
            out.black()
        else:
            first, *later = on
            below = self._below if later else out
            self._scenes[first].draw(number - first.span.first, below)
            for shot in later:
                self._lead_in(shot, number, out)
                if shot is not later[-1]:
                    out.copy_to(self._below)
        self._titles.draw(number, out)
        if on:
            _fade(on, number, out)

    def close(self) -> None:
        for scene in self._scenes.values():
            scene.close()
        self._scenes.clear()

    def _open_on(self, number: int) -> list[Shot]:
        """The shots to be drawn, open. What turns out to be damaged only now is left out, and
        its neighbours are on instead."""
        while True:
            on = self._shots_on(number)
            for shot in on:
                if shot in self._scenes:
                    continue
                try:
                    self._scenes[shot] = self._opened(shot)
                except RenderError as error:
                    self._cast.leave_out(shot.source, str(error))
                    break
            else:
                return on

    def _opened(self, shot: Shot) -> Scene:
        """What was left of the work before a photo is opened, and of opening it, is given back
        where memory counts for more than the while that takes."""
        if not self._cast.plan.frugal:
            return self._cast.scene(shot)
        give_back()
        scene = self._cast.scene(shot)
        give_back()
        return scene

    def _shots_on(self, number: int) -> list[Shot]:
        """The shots to be drawn, the earliest first, of the topmost track that shows something.
        What a shot has fully given way to is not drawn any more."""
        for track in reversed(self._cast.plan.tracks):
            on = [shot for shot in track if number in shot.span]
            for index in range(len(on) - 1, 0, -1):
                shot = on[index]
                cut = transitions.find(shot) is None
                if cut or number >= shot.span.first + shot.overlap:
                    return on[index:]
            if on:
                return on
        return []

    def _lead_in(self, shot: Shot, number: int, out: Planes) -> None:
        """Lead from what is drawn below into a shot."""
        transition = transitions.find(shot)
        assert transition is not None  # `_shots_on` starts at the last cut
        self._scenes[shot].draw(number - shot.span.first, self._above)
        p = (number - shot.span.first + 1) / (shot.overlap + 1)
        transition(self._below, self._above, out, p)

    def _drop_over(self, number: int) -> None:
        for shot in [shot for shot in self._scenes if number >= shot.span.end]:
            self._scenes.pop(shot).close()


def _fade(on: list[Shot], number: int, out: Planes) -> None:
    """Darken the whole frame, titles too, where the first shot on opens or the last one closes."""
    opened, left = number - on[0].span.first, on[-1].span.end - 1 - number
    parts = [
        opened / on[0].opens if on[0].opens else 1,
        left / on[-1].closes if on[-1].closes else 1,
    ]
    if (light := min(parts)) < 1:
        transitions.shade(out, out, ease(light))
