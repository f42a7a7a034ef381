"""What an action comes to, as programs get it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.errors import UsageError
from skill.i18n import say

if TYPE_CHECKING:
    from skill.api.models import Credits
    from skill.jobs.connection import Connection
    from skill.jobs.job import Job
    from skill.routing import Action
    from skill.screentalk import GuiAction
    from skill.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class Charged:
    """Work that may have cost credits. None: the balance is not known."""

    credits_before: float | None = None
    credits_after: float | None = None

    @property
    def cost(self) -> float | None:
        """In credits; None where it is not known, or nothing was charged."""
        if self.credits_before is None or self.credits_after is None:
            return None
        return self.credits_before - self.credits_after or None


@dataclass(frozen=True)
class Video(Charged):
    """A finished clip. `bytes` its size, `duration` in seconds, `width` and `height` in pixels.

    `job` and `session_id` name the work and the project; `summary` is the timeline in one line,
    `text` the backend's words. `preview`, `poster`, `sheet`: what was made of it, where that was
    wished; `notices`: why it was not.
    """

    file: Path
    bytes: int
    duration: float
    width: int
    height: int
    job: str
    session_id: str
    summary: str
    text: str = ""
    wishes: tuple[str, ...] = ()  # what might be said next
    prepared: tuple[dict[str, Any], ...] = ()  # the files that were changed before they went up
    left_out: tuple[dict[str, str], ...] = ()  # the files that could not be used, and why
    preview: Path | None = None
    poster: Path | None = None
    sheet: Path | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply(Charged):
    """What an action said and did. `text` is never empty; `changes` is a sentence for each thing
    that is another on the timeline, `summary` the timeline in one line.

    `video` is there after an export; `data` where an action answers with more than words: the
    balance, or `files`, `prepared`, `left_out` of an upload. `offers`: commands that come next,
    as words of the command line.
    """

    action: Action
    text: str
    changes: tuple[str, ...] = ()
    summary: str = ""
    offers: tuple[tuple[str, ...], ...] = ()
    data: dict[str, Any] | None = None
    video: Video | None = None
    tells_changes: bool = False  # whether the text holds the changes already


@dataclass(frozen=True)
class Connected:
    """Ready to work: the project, and the account's balance. `anonymous`: on a free token."""

    session_id: str
    anonymous: bool
    credits: Credits


@dataclass(frozen=True)
class Status:
    """A project as it stands. `media`: what was uploaded, as the backend tells it (dicts)."""

    timeline: Timeline
    media: tuple[Any, ...]
    session_id: str


def uploaded(job: Job) -> Reply:
    """What came of an upload."""
    from skill.media.prepared import changed
    from skill.routing import Action

    names = say(", ").join(item.filename for item in job.media)
    return Reply(
        Action.UPLOAD,
        say("Uploaded: {names}", names=names),
        offers=(("chat", job.message or say("turn my photos into a short video")),),
        data={
            "files": [vars(media) for media in job.media],
            "prepared": changed(job.uploads),
            "left_out": [vars(item) for item in job.left_out],
        },
    )


def video_of(job: Job) -> Video:
    """What came of an export that is done. Raises UsageError where its clip is none any more."""
    from skill.media.mp4 import probe
    from skill.media.prepared import changed

    target = Path(job.target)
    try:
        clip = probe(target)
    except ValueError as error:
        raise UsageError(
            say("{target} is not the clip any more: {error}.", target=target, error=error),
            hint=say("Export it anew: image-to-video export"),
        ) from error
    return Video(
        file=target,
        bytes=target.stat().st_size,
        duration=round(clip.duration, 3),
        width=clip.width,
        height=clip.height,
        job=job.id,
        session_id=job.session_id,
        summary=job.summary,
        text=job.text,
        credits_before=job.credits.before,
        credits_after=job.credits.after,
        wishes=tuple(job.wishes),
        prepared=tuple(changed(job.uploads)),
        left_out=tuple(vars(item) for item in job.left_out),
        notices=tuple(job.missed.values()),
        **{kind: Path(place) for kind, place in job.made.items()},
    )


async def reply_of(job: Job, actions: tuple[GuiAction, ...], connection: Connection) -> Reply:
    """What came of a job's message; what the screen it speaks of stands for (`actions`) is done
    where that is free and safe."""
    from skill.routing import Action
    from skill.screentalk import GuiAction, sentences_for

    parts = [job.text] if job.text else []
    if not job.text and job.changes:
        parts.append(say("Done:"))
        parts += [f"- {change}" for change in job.changes]
    if not parts:
        parts += map(say, sentences_for(actions))
    if GuiAction.CREDITS in actions:
        balance = await connection.balance_at_once()
        parts += [] if balance is None else [balance_line(balance, local=connection.config.local)]
    if GuiAction.STATE in actions:
        parts.append(job.summary)
    if not parts:
        parts.append(
            say("The backend finished without a word, and nothing on the timeline has changed.")
        )
    return Reply(
        Action.CHAT,
        "\n".join(parts),
        changes=tuple(job.changes),
        summary=job.summary,
        offers=_offers(job),
        tells_changes=not job.text,
        credits_before=job.credits.before,
        credits_after=job.credits.after,
    )


def balance_line(credits: Credits, *, local: bool) -> str:
    """A balance in words. `local`: of the backend on this machine."""
    if local:
        return say("Work on this machine (--local) is free: no credits are used.")
    if not credits.frozen:
        return say("{available:g} credits are available.", available=credits.available)
    return say(
        "{available:g} credits are available ({held:g} more are held by work in progress).",
        available=credits.available,
        held=credits.frozen,
    )


def _offers(job: Job) -> tuple[tuple[str, ...], ...]:
    """The commands that come next: two wishes and the export, where there is something to see."""
    if not job.ready:
        return ()
    return (*(("chat", wish) for wish in job.wishes), ("export",))
