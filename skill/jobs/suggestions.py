"""What a user might say or do next: of what the timeline still lacks, or where the cloud says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.errors import ExportBlockedError, NoCreditsError
from skill.i18n import say
from skill.jobs.job import Goal
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from skill.errors import SkillError
    from skill.jobs.job import Job
    from skill.timeline import Timeline

_MOST = 2
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


def at_home(job: Job, error: SkillError) -> tuple[str, ...]:
    """The command that makes a job's video on this machine, where credits and plans do not count;
    empty where those are not what stopped it, or where that takes more than its files and words."""
    if not isinstance(error, NoCreditsError | ExportBlockedError):
        return ()
    if job.goal is not Goal.MAKE or not job.files:
        return ()
    photos = map(str, job.sources)
    words = clean_line(job.message, len(job.message))
    prompt = (f"--prompt={words}",) if words.startswith("-") else ("-p", words)
    target = ("-o", job.target) if job.target else ()
    return ("make", "--local", *photos, *prompt, *target)
