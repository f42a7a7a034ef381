"""What a user might say or do next: of what the timeline still lacks, or where the cloud says no."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from skill.errors import ExportBlockedError, NoCreditsError, UsageError
from skill.i18n import say
from skill.jobs.job import PAID
from skill.jobs.threads import run_blocking
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError
    from skill.jobs.job import Job
    from skill.jobs.store import Vault
    from skill.timeline import Timeline

_MOST = 2
_LONGEST = 20_000  # characters of a command's words
_AUDIO, _TEXT = 1, 7  # the contract's `tt`


def next_wishes(timeline: Timeline) -> tuple[str, ...]:
    """Sentences for the project's agent, at most two; none for a timeline with nothing on it."""
    if not timeline.ready:
        return ()
    types = {track.type for track in timeline.tracks if track.segments}
    wishes = (
        (_TEXT not in types, say('add the title "Our trip"')),
        (_AUDIO not in types, say("add calm piano music")),
        (True, say("make it a little slower")),
        (True, say("make the music quieter")),
    )
    return tuple(wish for fits, wish in wishes if fits)[:_MOST]


async def offer_home(vault: Vault, job: Job, error: SkillError) -> None:
    """Where credits or the plan stop a job, have the error tell how to do it on this machine, and
    what a video that is not handed over has cost."""
    if not isinstance(error, NoCreditsError | ExportBlockedError):
        return
    with suppress(UsageError):
        history = await run_blocking(vault.history, job)
        error.instead = _at_home(history)
        if isinstance(error, ExportBlockedError) and (credits := _spent(history)):
            error.message = error.message.rstrip(".。") + say(
                ". {credits:g} credits were spent on the project; it is kept.", credits=credits
            )


def _at_home(jobs: Sequence[Job]) -> tuple[str, ...]:
    """The command that makes a project's video on this machine, where credits and plans do not
    count; empty where none of its files is here any more. `jobs`: all that were done for it, the
    last is the one at work."""
    *before, job = jobs
    told = [one for one in (*before, job) if one.goal in PAID]
    photos = [path for one in jobs for path in one.sources if path.is_file()]
    if not photos:
        clips = [Path(one.target) for one in before if one.target and Path(one.target).is_file()]
        photos, told = clips[-1:], told[-1:]
    if not photos or not told:
        return ()
    words = clean_line(" ".join(one.message for one in told), _LONGEST)
    prompt = (f"--prompt={words}",) if words.startswith("-") else ("-p", words)
    target = ("-o", job.target) if job.target else ()
    return ("make", "--local", *map(str, photos), *prompt, *target)


def _spent(jobs: Sequence[Job]) -> float:
    """The credits that the messages of a project's jobs are known to have cost."""
    balances = [one.credits for one in jobs]
    return sum(
        max(0.0, one.before - one.after)
        for one in balances
        if one.before is not None and one.after is not None
    )
