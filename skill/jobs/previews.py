"""What is made beside a video, of the video, on this machine: a small loop, a poster, a contact
sheet. Which, under what names, and the making.
"""

from __future__ import annotations

import filecmp
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from skill.child_process import ChildProcess
from skill.errors import UsageError
from skill.events import Progress, Stage
from skill.files import put
from skill.i18n import say
from skill.jobs.job import Step
from skill.jobs.output_path import beside, check_extra, free_name, written
from skill.jobs.threads import run_blocking
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from skill.events import Event
    from skill.jobs.context import JobContext

_PATIENCE = 600.0  # s for one of them


async def make_extras(context: JobContext) -> None:
    """Make what is to stand beside the clip. The clip stands and is paid for: what cannot be made
    of it is told, and no error."""
    job = context.job
    for kind, ending in job.extras.items():
        if kind in job.made:
            continue
        try:
            video = Path(job.target)
            if job.force:
                sources = await run_blocking(context.connection.projects.sources, job)
                check_extra(video, ending, sources=sources, force=True)
            place = await _make_extra(
                kind, ending, video, job.id, force=job.force, tell=context.tell
            )
            job.made[kind] = str(place)
        except UsageError as error:
            job.missed[kind] = "\n".join(filter(None, [error.message, error.hint]))
        await context.note(Step.DELIVERED)
    await context.note(Step.DONE)


async def _make_extra(
    kind: str, ending: str, video: Path, job: str, *, force: bool, tell: Callable[[Event], None]
) -> Path:
    """Make it of the video, in a process of its own that ends when we do; returns where it
    stands: under another free name where that has been taken meanwhile. Raises UsageError."""
    from skill.local import require

    tell(_stage(kind))
    target = beside(video, ending)
    part = written(target).with_name(f".{job}.{kind}.part")
    try:
        require(previews=True)
        await _make(ending[1:].lower() if kind == "preview" else kind, video, part, kind, tell)
        return await run_blocking(_stand, part, target, force=force)
    except (OSError, ValueError, UsageError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        remedy = error.hint if isinstance(error, UsageError) else ""
        option = f"--format {ending[1:].lower()}" if kind == "preview" else f"--{kind}"
        again = say("Try again: image-to-video resume {job} {option}", job=job, option=option)
        raise UsageError(
            say("{name} was not made: {reason}.", name=target.name, reason=reason.rstrip(".。")),
            hint="\n".join(filter(None, [remedy, again])),
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _stage(kind: str) -> Stage:
    told = {
        "preview": say("Making the preview..."),
        "poster": say("Making the poster..."),
        "sheet": say("Making the contact sheet..."),
    }
    return Stage(kind, told[kind])


async def _make(
    what: str, video: Path, part: Path, stage: str, tell: Callable[[Event], None]
) -> None:
    """Raises ValueError with the reason where it cannot be made."""
    from skill.local import previews

    child = ChildProcess(previews(what, video, part))
    said = ""
    try:
        with anyio.fail_after(_PATIENCE):
            while line := await anyio.to_thread.run_sync(child.read_line, abandon_on_cancel=True):
                said = clean_line(line.decode("utf-8", "replace").rstrip(), 300)
                with suppress(ValueError):
                    tell(Progress(stage, 100 * float(said)))
                    said = ""
    except TimeoutError:
        said = say("it takes too long")
    finally:
        await run_blocking(child.close)
    if not said:
        said = (
            say("its process died, as it does where memory runs out")
            if child.was_killed()
            else say("its process died")
        )
    if said != "made":
        raise ValueError(said)


def _stand(part: Path, target: Path, *, force: bool) -> Path:
    while True:
        try:
            put(part, written(target) if force else target, force=force)
            return target
        except FileExistsError:
            # Ours, where the process before this one died: the same video gives the same file.
            if target.is_file() and filecmp.cmp(target, part, shallow=False):
                return target
            target = free_name(target)
