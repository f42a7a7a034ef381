"""The files of a plan: which can be used, and the plan of those."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import RenderError
from .looks import grade
from .media import inspect
from .plan import without
from .shots import Scene, open_scene

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .media import MediaInfo
    from .plan import Plan, Shot, Sound, Source

_log = logging.getLogger(__name__)


class Cast:
    """The files of a plan, looked into, and the plan of those that can be used.

    RenderError if one of them was not uploaded, or none of the pictures can be used.
    """

    def __init__(self, plan: Plan, media: Mapping[str, Path]) -> None:
        self.plan = plan
        self._media = media
        self._left_out: dict[Source, str] = {}
        self._infos: dict[Source, MediaInfo] = {}
        for source in dict.fromkeys(plan.sources):
            path = _find(media, source)
            try:
                self._infos[source] = inspect(path, decode=False)
            except RenderError as error:
                self.leave_out(source, f"{source.name}: {error}")
        self._grade = grade(plan.look)
        self.plan = replace(self.plan, sounds=tuple(filter(self._heard, self.plan.sounds)))

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of the files that could not be used."""
        return tuple(source.name for source in self._left_out)

    def leave_out(self, source: Source, reason: str) -> None:
        """Make the rest of the video without a file; RenderError if nothing would be left."""
        self._left_out[source] = reason
        rest = without(self.plan, self._left_out)
        if self.plan.tracks and not rest.tracks:
            raise RenderError("; ".join(self._left_out.values()))
        _log.warning(
            "warning: %s; the video is made without it", reason, extra={"left_out": reason}
        )
        self.plan = rest

    def _heard(self, sound: Sound) -> bool:
        """Not so a clip that was recorded without sound."""
        return not sound.clip or sound.source is None or self._infos[sound.source].sound

    def scene(self, shot: Shot) -> Scene:
        info = self._infos[shot.source]
        path, plan = _find(self._media, shot.source), self.plan
        size, grade = (plan.width, plan.height), self._grade
        return open_scene(shot, path, info, size, plan.fps, grade=grade, frugal=plan.frugal)


def _find(media: Mapping[str, Path], source: Source) -> Path:
    """The file of a source; RenderError naming it if there is none."""
    path = media.get(source.hash)
    if path is None or not path.is_file():
        raise RenderError(f"{source.name}: the file was not uploaded")
    return path
