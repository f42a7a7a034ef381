"""Photos in, MP4 out: the client for the NemoVideo backend.

In one call:

    import skill

    video = skill.make_video(["cat.jpg"], "a slow zoom, 5 seconds", local=True)
    print(video.file)

In an event loop, and for a whole conversation:

    async with skill.Studio.open(skill.Config.resolve(local=True)) as studio:
        video = await studio.make("cat.jpg", "a slow zoom, 5 seconds")
        reply = await studio.chat("make it slower")

docs/programs.md tells the rest. Names are loaded when they are first used: importing this package
costs nothing. What goes wrong is a SkillError, and no token ever stands in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skill.api.client import Client
    from skill.api.models import Account, ClaimToken, Credits, Media, Render, Session, State
    from skill.errors import (
        AuthError,
        BackendFailedError,
        BusyError,
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
    from skill.events import Detail, Event, Notice, Progress, Report, Stage, Words
    from skill.jobs.job import Job
    from skill.jobs.request import Extras, VideoOptions, Wish
    from skill.jobs.results import Connected, Reply, Status, Video
    from skill.jobs.studio import Studio
    from skill.routing import Action, Route, route
    from skill.screentalk import GuiAction, Translation, translate
    from skill.settings.config import Config
    from skill.settings.manifest import Manifest
    from skill.sync import (
        SyncStudio,
        ask,
        cancel,
        chat,
        connect,
        credits,
        export,
        extend,
        make_video,
        resume,
        status,
        unfinished_jobs,
        upload,
    )
    from skill.timeline import Timeline
    from skill.token import Token

    __version__: str

# Module → the public names that live there.
_HOMES = {
    "api.models": ("Account", "ClaimToken", "Credits", "Media", "Render", "Session", "State"),
    "api.client": ("Client",),
    "settings.config": ("Config",),
    "errors": (
        "AuthError",
        "BackendFailedError",
        "BusyError",
        "ExportBlockedError",
        "FileRefusedError",
        "InternalError",
        "NetworkError",
        "NoCreditsError",
        "NotFoundError",
        "RateLimitedError",
        "SkillError",
        "UnfinishedError",
        "UsageError",
    ),
    "jobs.request": ("Extras", "VideoOptions", "Wish"),
    "screentalk": ("GuiAction", "Translation", "translate"),
    "settings.manifest": ("Manifest",),
    "events": ("Detail", "Event", "Notice", "Progress", "Report", "Stage", "Words"),
    "jobs.results": ("Connected", "Reply", "Status", "Video"),
    "routing": ("Action", "Route", "route"),
    "jobs.studio": ("Studio",),
    "sync": (
        "SyncStudio",
        "ask",
        "cancel",
        "chat",
        "connect",
        "credits",
        "export",
        "extend",
        "make_video",
        "resume",
        "status",
        "unfinished_jobs",
        "upload",
    ),
    "timeline": ("Timeline",),
    "token": ("Token",),
    "jobs.job": ("Job",),
}

__all__ = [
    "Account",
    "Action",
    "AuthError",
    "BackendFailedError",
    "BusyError",
    "ClaimToken",
    "Client",
    "Config",
    "Connected",
    "Credits",
    "Detail",
    "Event",
    "ExportBlockedError",
    "Extras",
    "FileRefusedError",
    "GuiAction",
    "InternalError",
    "Job",
    "Manifest",
    "Media",
    "NetworkError",
    "NoCreditsError",
    "NotFoundError",
    "Notice",
    "Progress",
    "RateLimitedError",
    "Render",
    "Reply",
    "Report",
    "Route",
    "Session",
    "SkillError",
    "Stage",
    "State",
    "Status",
    "Studio",
    "SyncStudio",
    "Timeline",
    "Token",
    "Translation",
    "UnfinishedError",
    "UsageError",
    "Video",
    "VideoOptions",
    "Wish",
    "Words",
    "ask",
    "cancel",
    "chat",
    "connect",
    "credits",
    "export",
    "extend",
    "make_video",
    "resume",
    "route",
    "status",
    "translate",
    "unfinished_jobs",
    "upload",
]


if not TYPE_CHECKING:  # a type checker would take it for a name that is anything

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from skill.settings.manifest import Manifest

            return Manifest.load().version
        for module, names in _HOMES.items():
            if name in names:
                from importlib import import_module

                return getattr(import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
