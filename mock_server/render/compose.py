"""The frames of a plan, one after the other: shots, transitions, titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from . import transitions
from .errors import RenderError
from .shots import Scene, open_scene
from .text import Titles
from .yuv import Planes

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from .plan import Plan, Shot, Source


def frames(plan: Plan, media: Mapping[str, Path]) -> Generator[av.VideoFrame]:
    """`plan.frames` frames, yuv420p. A picture is in memory from its first frame to its last."""
    stage = _Stage(plan, media)
    try:
        for number in range(plan.frames):
            frame = av.VideoFrame(plan.width, plan.height, "yuv420p")
            stage.draw(number, Planes.within(frame))
            yield frame
    finally:
        stage.close()


def find(media: Mapping[str, Path], source: Source) -> Path:
    """The file of a source; RenderError naming it if there is none."""
    path = media.get(source.hash)
    if path is None or not path.is_file():
        raise RenderError(f"{source.name}: the file was not uploaded")
    return path


class _Stage:
    """What is open at the moment: scenes by shot, and the titles."""

    def __init__(self, plan: Plan, media: Mapping[str, Path]) -> None:
        self._plan, self._media = plan, media
        self._size = (plan.width, plan.height)
        self._below, self._above = Planes.empty(*self._size), Planes.empty(*self._size)
        self._scenes: dict[Shot, Scene] = {}
        self._titles = Titles(plan.titles, self._size, plan.fps)

    def draw(self, number: int, out: Planes) -> None:
        self._drop_over(number)
        on = self._shots_on(number)
        if not on:
            out.black()
        else:
            first, *later = on
            self._scene(first).draw(number - first.span.first, self._below if later else out)
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

    def _shots_on(self, number: int) -> list[Shot]:
        """The shots to be drawn, the earliest first, of the topmost track that shows something.
        What a shot has fully given way to is not drawn any more."""
        for track in reversed(self._plan.tracks):
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
        self._scene(shot).draw(number - shot.span.first, self._above)
        p = (number - shot.span.first + 1) / (shot.overlap + 1)
        transition(self._below, self._above, out, p)

    def _scene(self, shot: Shot) -> Scene:
        if shot not in self._scenes:
            path = find(self._media, shot.source)
            self._scenes[shot] = open_scene(shot, path, self._size, self._plan.fps)
        return self._scenes[shot]

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
        transitions.shade(out, out, transitions.ease(light))
