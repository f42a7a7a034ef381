"""What is to be done, settled before anything is sent: an action → a job.

Local files are looked into and the target is checked; nothing is sent and nothing written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skill.errors import FileRefusedError, UsageError
from skill.language import say, speak
from skill.target import check_target, free_name
from skill.vault import Job, Step
from skill.wish import check_words, compose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.config import Config
    from skill.errors import SkillError
    from skill.vault import StoredSession
    from skill.wish import Wish


def plan_make(
    config: Config,
    photos: Sequence[Path],
    prompt: str,
    wish: Wish,
    *,
    target: Path | None = None,
    force: bool = False,
    export: bool = True,
    shrink: bool = True,
    keep_metadata: bool = False,
) -> Job:
    """Photos in, MP4 out; with `export` false, up to the timeline."""
    from skill.routing import route

    job = _new("make", config, config.language_of(said_in(prompt, wish.title)))
    if not photos:
        raise UsageError(say("No photo was named."), hint=say("Name a photo."))
    _take_files(job, config, photos, shrink=shrink, keep_metadata=keep_metadata)
    if export:
        aim(job, target, job.files[0]["name"].rpartition(".")[0], force=force)
    job.export = export
    job.message = compose(prompt, wish, config.manifest.listing)
    job.vague = bool(prompt.strip()) and route(prompt).vague
    return job


def said_in(prompt: str, title: str | None) -> str:
    """The words that tell the user's language: the prompt, else a title that is not in Latin
    letters, as titles are in many a language."""
    return prompt.strip() or ("" if title is None or title.isascii() else title)


def plan_upload(
    config: Config,
    session: StoredSession | None,
    files: Sequence[Path],
    urls: Sequence[str],
    *,
    words: str = "",
    shrink: bool,
    keep_metadata: bool,
) -> Job:
    """Files into a project; a new one where there is none. `words`: what the user said with them,
    to be said once they are up."""
    heard = config.language_of(words)
    language = session.language if session and not words and not config.language else heard
    job = _new("upload", config, language)
    _take_files(job, config, files, shrink=shrink, keep_metadata=keep_metadata)
    job.urls = list(urls)
    job.message = words
    job.export = False
    if session is not None:
        _work_on(job, session)
    return job


def plan_chat(config: Config, session: StoredSession | None, message: str) -> Job:
    """One message to a project's agent; a new project where there is none."""
    from skill.routing import route

    job = _new("chat", config, config.language_of(message))
    job.vague = bool(message.strip()) and route(message).vague
    job.message = check_words(message)
    job.export = False
    if session is not None:
        _work_on(job, session)
    return job


def plan_export(
    config: Config, session: StoredSession, target: Path | None, *, force: bool = False
) -> Job:
    """A project as it stands → a clip."""
    job = _new("export", config, config.language or session.language)
    aim(job, target, "video", force=force)
    _work_on(job, session)
    job.step = Step.ANSWERED
    return job


def aim(job: Job, target: Path | None, stem: str, *, force: bool) -> None:
    """Settle where the clip will stand. Raises UsageError where it cannot."""
    job.named, job.force = target is not None, force
    target = target or free_name(Path(f"{stem}.mp4"))
    check_target(target, force=force)
    job.target = str(target.absolute())


def _take_files(
    job: Job, config: Config, paths: Sequence[Path], *, shrink: bool, keep_metadata: bool
) -> None:
    """What cannot be used is left out where the work costs nothing; else it is an error, before
    anything is paid for a video without it."""
    from skill.media import inspect_all
    from skill.preparing import left_out, record_of

    # What stays on this machine keeps what it tells.
    job.shrink, job.keep_metadata = shrink, keep_metadata or config.local
    unusable: list[tuple[Path, SkillError]] = []
    try:
        files = inspect_all(
            paths,
            config.manifest.listing,
            shrink=job.shrink,
            keep_metadata=job.keep_metadata,
            unusable=unusable if config.local else None,
        )
    except FileRefusedError as error:
        if len(paths) > 1:
            error.hint += say(" ") + say("Or leave it out.")
        raise
    if unusable and not files:
        raise unusable[0][1]
    job.files = [record_of(file) for file in files]
    job.left_out = [left_out(path, error) for path, error in unusable]


def _new(goal: str, config: Config, language: str) -> Job:
    """A job that is spoken of, and speaks to the backend, in `language`."""
    speak(language)
    job = Job.new(goal, config.backend, config.manifest.name)
    job.language = language
    return job


def _work_on(job: Job, session: StoredSession) -> None:
    job.session_id, job.task_id = session.session_id, session.task_id
    job.user_id = session.user_id
