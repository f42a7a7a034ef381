"""What is to be done, settled before anything is sent: an action → a job.

Local files are looked into and the target is checked; nothing is sent and nothing written.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skill.errors import FileRefusedError, NotFoundError, UsageError
from skill.i18n import say, speak
from skill.jobs.job import Goal, Job, Step
from skill.jobs.output_path import check_target, free_name
from skill.jobs.previews import NOTHING, check_extras
from skill.jobs.prompt import EXTENSION, check_words, compose, compose_extension, expected_credits
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError
    from skill.jobs.job import StoredSession
    from skill.jobs.previews import Extras
    from skill.jobs.prompt import Wish
    from skill.settings.config import Config


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
    extras: Extras = NOTHING,
    max_credits: int | None = None,
) -> Job:
    """Photos in, MP4 out; with `export` false, up to the timeline."""
    from skill.routing import route

    job = _new(Goal.MAKE, config, config.language_of(said_in(prompt, wish.title, *wish.captions)))
    check_cap(config, expected_credits("make", laid_out=False), max_credits)
    if not photos:
        raise UsageError(say("No photo was named."), hint=say("Name a photo."))
    if len(wish.captions) > len(photos):
        raise UsageError(
            say(
                "There are {captions} captions for {photos} photos.",
                captions=len(wish.captions),
                photos=len(photos),
            ),
            hint=say("The n-th --caption is for the n-th photo; an empty one is for none."),
        )
    _take_files(job, config, photos, shrink=shrink, keep_metadata=keep_metadata)
    if export:
        aim(job, target, _stem(job), force=force, extras=extras)
    elif extras.endings:
        raise UsageError(
            say("With --no-export there is no video to make anything of."),
            hint=say("Leave --no-export away, or ask for it with export."),
        )
    job.export, job.max_credits = export, max_credits
    wish = replace(wish, captions=_captions(job, photos, wish.captions))
    job.message = compose(prompt, wish, config.manifest.listing)
    job.vague = bool(prompt.strip()) and route(prompt).vague
    return job


def _captions(job: Job, photos: Sequence[Path], captions: Sequence[str]) -> tuple[str, ...]:
    """Those of the photos that are taken, each once, as they are uploaded."""
    lost = {item.file for item in job.left_out}
    pairs = zip_longest(photos, captions, fillvalue="")
    kept = [caption for photo, caption in pairs if str(Path(photo).absolute()) not in lost]
    places = {file.sha256: place for place, file in enumerate(job.files)}
    return tuple(kept[place] for place in sorted(places.values()))


def said_in(prompt: str, *texts: str | None) -> str:
    """The words that tell the user's language: the prompt, else those of a title and captions that
    are not in Latin letters, as they are in many a language."""
    return prompt.strip() or " ".join(text for text in texts if text and not text.isascii())


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
    job = _new(Goal.UPLOAD, config, language)
    _take_files(job, config, files, shrink=shrink, keep_metadata=keep_metadata)
    job.urls = list(urls)
    job.message = words
    job.export = False
    if session is not None:
        _work_on(job, session)
    return job


def plan_chat(
    config: Config,
    session: StoredSession | None,
    message: str,
    *,
    max_credits: int | None = None,
) -> Job:
    """One message to a project's agent; a new project where there is none."""
    from skill.routing import route

    message = message.strip()
    job = _new(Goal.CHAT, config, config.language_of(message))
    if not message:
        raise UsageError(
            say("The message is empty."),
            hint=say("Say what you want: image-to-video chat 'add a title'"),
        )
    job.vague = route(message).vague
    job.message = check_words(message)
    job.max_credits = max_credits
    job.export = False
    if session is not None:
        _work_on(job, session)
    return job


def plan_extend(
    config: Config,
    session: StoredSession | None,
    video: Path | None,
    prompt: str,
    *,
    seconds: float | None = None,
    target: Path | None = None,
    force: bool = False,
    extras: Extras = NOTHING,
    max_credits: int | None = None,
) -> Job:
    """A project's video → a longer one; with a `video` of the user's own, that one in a new
    project. Raises NotFoundError where there is neither a `video` nor a `session`."""
    spoken = session.language if session and video is None and not prompt.strip() else ""
    job = _new(Goal.EXTEND, config, config.language or spoken or config.language_of(prompt))
    check_cap(config, expected_credits("extend", laid_out=True), max_credits)
    if video is not None:
        _take_video(job, config, video)
    elif session is None:
        raise NotFoundError(
            say("There is no project yet."),
            hint=say(
                "Make a video first: image-to-video make PHOTO… Or name one of your own: image-to-video extend VIDEO"
            ),
        )
    aim(job, target, _stem(job) or "video", force=force, extras=extras)
    seconds = seconds or config.manifest.listing.duration or EXTENSION
    job.message = compose_extension(prompt, seconds)
    job.max_credits = max_credits
    if session is not None and video is None:
        _work_on(job, session)
    return job


def check_cap(config: Config, cost: int, max_credits: int | None, *, begun: bool = False) -> None:
    """Raises UsageError where work would cost more credits, about, than the user agreed to. `begun`:
    files may be up already."""
    if config.local or max_credits is None or cost <= max_credits:
        return
    values = {"cost": cost, "max_credits": max_credits}
    raise UsageError(
        say(
            "This may cost about {cost} credits, more than --max-credits {max_credits}. The message was not sent.",
            **values,
        )
        if begun
        else say(
            "This may cost about {cost} credits, more than --max-credits {max_credits}. Nothing was sent.",
            **values,
        ),
        hint=say("Raise --max-credits, or make the video on this machine with --local."),
    )


def _take_video(job: Job, config: Config, video: Path) -> None:
    """Raises UsageError for what is no video."""
    _take_files(job, config, [video], shrink=True, keep_metadata=False)
    kind = job.files[0].kind
    if kind == "video":
        return
    name = clean_line(video.name, 80)
    if kind == "image":
        error = UsageError(
            say("{name} is a picture, not a video.", name=name),
            hint=say("A picture becomes a video with make."),
        )
        error.instead = ("make", str(video.absolute()))
        raise error
    raise UsageError(
        say("{name} is no video.", name=name),
        hint=say("Name an MP4, MOV or WebM, or no file: then the project's video is made longer."),
    )


def _stem(job: Job) -> str:
    """The first file's name without its ending; "" where there is none."""
    return job.files[0].name.rpartition(".")[0] if job.files else ""


def plan_export(
    config: Config,
    session: StoredSession,
    target: Path | None,
    *,
    force: bool = False,
    extras: Extras = NOTHING,
) -> Job:
    """A project as it stands → a clip."""
    job = _new(Goal.EXPORT, config, config.language or session.language)
    aim(job, target, "video", force=force, extras=extras)
    _work_on(job, session)
    job.step = Step.ANSWERED
    return job


class Places(NamedTuple):
    """Where a clip will stand, and what its name is followed by in those of what is made of it."""

    video: Path
    endings: dict[str, str]


def places(
    target: Path | None,
    stem: str,
    *,
    force: bool,
    extras: Extras,
    sources: Sequence[Path] = (),
) -> Places:
    """Settle where a clip made of `sources` will stand, and all beside it. `target` may be that
    of a GIF or WebP: the clip then stands beside that. Raises UsageError where it cannot."""
    endings = dict(extras.endings)
    suffix = "" if target is None else target.suffix
    if target is not None and suffix.lower() in (".gif", ".webp"):
        if extras.format not in (None, suffix.lower()[1:]):
            raise UsageError(
                say("{name} is not the name of {format}.", name=target.name, format=extras.format),
                hint=say("Leave --format away, or name another with -o."),
            )
        endings = {"preview": suffix, **endings}
        target = target.with_suffix(".mp4")
    target = target or free_name(Path(f"{stem}.mp4"), endings.values())
    check_target(target, force=force)
    check_extras(target, endings.values(), photos=sources, force=force)
    return Places(target.absolute(), endings)


def aim(job: Job, target: Path | None, stem: str, *, force: bool, extras: Extras = NOTHING) -> None:
    """Settle where the clip, and what is made of it, will stand. Raises UsageError."""
    job.named, job.force = target is not None, force
    video, job.extras = places(target, stem, force=force, extras=extras, sources=job.sources)
    job.target = str(video)


def redirect(job: Job, target: Path | None, *, force: bool, extras: Extras) -> bool:
    """What `resume` says of a job: another place for a clip that does not stand yet, and more to
    be made of it. Returns whether anything is changed by it. Raises UsageError."""
    stands = job.step in (Step.DELIVERED, Step.DONE)
    gone = job.step is Step.DONE and not Path(job.target).is_file()
    if not job.export or gone or job.step in (Step.CANCELLED, Step.FAILED):
        return False
    wished, asked, photos = job.extras, extras.endings, job.sources
    if target is not None and not stands:
        aim(job, target, "", force=force, extras=extras)
        asked = job.extras
        check_extras(Path(job.target), wished.values(), photos=photos, force=force)
    elif asked:
        check_extras(Path(job.target), asked.values(), photos=photos, force=force)
        job.force = job.force or force
    else:
        return False
    job.extras = {**wished, **asked}
    for kind in asked:
        job.made.pop(kind, None)
        job.missed.pop(kind, None)
    if stands:
        job.step = Step.DELIVERED
    return True


def _take_files(
    job: Job, config: Config, paths: Sequence[Path], *, shrink: bool, keep_metadata: bool
) -> None:
    """What cannot be used is left out where the work costs nothing; else it is an error, before
    anything is paid for a video without it."""
    from skill.media.inspect import inspect_all
    from skill.media.prepared import LeftOut, PreparedFile

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
    job.files = [PreparedFile.of(file) for file in files]
    job.left_out = [LeftOut.of(path, error) for path, error in unusable]


def _new(goal: Goal, config: Config, language: str) -> Job:
    """A job that is spoken of, and speaks to the backend, in `language`."""
    speak(language)
    job = Job.new(goal, config.backend, config.manifest.name)
    job.language = language
    return job


def _work_on(job: Job, session: StoredSession) -> None:
    job.session_id, job.task_id = session.session_id, session.task_id
    job.user_id = session.user_id
