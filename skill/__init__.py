"""Photos in, MP4 out: the client for the NemoVideo backend.

    import anyio
    from pathlib import Path
    from skill import Config, Studio

    async def main() -> None:
        async with Studio.open(Config.resolve(local=True)) as studio:
            video = await studio.make([Path("cat.jpg")], "a slow zoom, 5 seconds")
            print(video.file)

    anyio.run(main)

Names are loaded when they are first used: importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skill.client import Client
    from skill.config import Config
    from skill.errors import (
        AuthError,
        BackendFailedError,
        ExportBlockedError,
        FileRefusedError,
        InternalError,
        NetworkError,
        NoCreditsError,
        NotFoundError,
        RateLimitedError,
        SkillError,
        UnfinishedError,
        UsageError,
    )
    from skill.gui import translate
    from skill.manifest import Manifest
    from skill.routing import Action, route
    from skill.studio import Reply, Studio, Video
    from skill.timeline import Timeline
    from skill.wish import Wish

_HOMES = {
    "Action": "routing",
    "AuthError": "errors",
    "BackendFailedError": "errors",
    "Client": "client",
    "Config": "config",
    "ExportBlockedError": "errors",
    "FileRefusedError": "errors",
    "InternalError": "errors",
    "Manifest": "manifest",
    "NetworkError": "errors",
    "NoCreditsError": "errors",
    "NotFoundError": "errors",
    "RateLimitedError": "errors",
    "Reply": "studio",
    "SkillError": "errors",
    "Studio": "studio",
    "Timeline": "timeline",
    "UnfinishedError": "errors",
    "UsageError": "errors",
    "Video": "studio",
    "Wish": "wish",
    "route": "routing",
    "translate": "gui",
}

__all__ = [
    "Action",
    "AuthError",
    "BackendFailedError",
    "Client",
    "Config",
    "ExportBlockedError",
    "FileRefusedError",
    "InternalError",
    "Manifest",
    "NetworkError",
    "NoCreditsError",
    "NotFoundError",
    "RateLimitedError",
    "Reply",
    "SkillError",
    "Studio",
    "Timeline",
    "UnfinishedError",
    "UsageError",
    "Video",
    "Wish",
    "route",
    "translate",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
