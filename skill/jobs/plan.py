"""What is to be done, settled before anything is sent: a request → a job.

Local files are looked into and the target is checked; nothing is sent and nothing written.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from skill.errors import FileRefusedError, NotFoundError, TakenError, UsageError
from skill.files import sha256
from skill.i18n import say, speak
from skill.jobs.job import Goal, Job, Step
from skill.jobs.output_path import (
    LEAST_ROOM,
    check_extras,
    clip_room,
    places,
    propose_free,
)
from skill.jobs.pricing import check_cap, expected_credits
from skill.jobs.projects import kept_media
from skill.jobs.prompt import EXTENSION, compose, compose_extension, repeats_of
from skill.jobs.request import (
    ChatRequest,
    ExportRequest,
    ExtendRequest,
    MakeRequest,
    UploadRequest,
)
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.errors import SkillError
    from skill.jobs.job import StoredSession
    from skill.jobs.projects import Projects
    from skill.jobs.request import ClipRequest, JobRequest, ResumeRequest
    from skill.media.prepared import LeftOut, PreparedFile
    from skill.settings.config import Config


def plan(config: Config, projects: Projects, request: JobRequest) -> Job:
    """The job that does what is asked for. Raises UsageError where it cannot be done, NotFoundError
    where it takes a project and there is none."""
    match request:
        case MakeRequest():
            job = plan_make(config, request)
        case ExtendRequest():
            job = _plan_extend(config, projects, request)
        case ExportRequest():
            job = _plan_export(config, projects, request)
        case ChatRequest():
            job = _plan_chat(config, projects.meant, request)
        case UploadRequest():
            job = _plan_upload(config, projects.current, request)
    return replace(job, account=projects.owner)


def plan_make(config: Config, request: MakeRequest) -> Job:
    """Photos in, MP4 out; with `export` false, up to the timeline."""
    from skill.routing import route

    job = _new(Goal.MAKE, config, config.language_of(request.words))
    check_cap(config, expected_credits(Goal.MAKE, laid_out=False), request.max_credits)
    _check_make(request)
    job = replace(job, **_prepared(config, request.paths, request.shrink, request.keep_metadata))
    if request.export:
        listing = config.manifest.listing
        room = clip_room(
            request.options.duration or listing.duration or 0,
            request.options.resolution or listing.resolution,
        )
        sources = [*request.paths, *kept_media(config.home)]
        job = replace(job, **_placed(request, _stem(job), sources, room))
    captions = _captions(job, request)
    options = replace(request.options, captions=captions)
    return replace(
        job,
        export=request.export,
        max_credits=request.max_credits,
        message=compose(
            request.prompt,
            options,
            config.manifest.listing,
            repeats_of([file.sha256 for file in job.files]),
        ),
        vague=bool(request.prompt.strip()) and route(request.prompt).vague,
    )


def _check_make(request: MakeRequest) -> None:
    """Raises UsageError where two things of it cannot be together."""
    photos, captions = len(request.paths), len(request.options.captions)
    if not photos:
        raise UsageError(say("No photo was named."), hint=say("Name a photo."))
    if captions > photos:
        raise UsageError(
            say(
                "There are {captions} captions for {photos} photos.",
                captions=captions,
                photos=photos,
            ),
            hint=say("The n-th --caption is for the n-th photo; an empty one is for none."),
        )
    if not request.export and request.extras.endings:
        raise UsageError(
            say("With --no-export there is no video to make anything of."),
            hint=say("Leave --no-export away, or ask for it with export."),
        )


def _captions(job: Job, request: MakeRequest) -> tuple[str, ...]:
    """Those of the photos that are taken."""
    lost = {item.file for item in job.left_out}
    pairs = zip_longest(request.paths, request.options.captions, fillvalue="")
    return tuple(caption for photo, caption in pairs if str(Path(photo).absolute()) not in lost)


def _plan_upload(config: Config, session: StoredSession | None, request: UploadRequest) -> Job:
    """Files into a project; a new one where there is none."""
    heard = config.language_of(request.words)
    spoken = session.language if session and not request.words and not config.language else heard
    return replace(
        _new(Goal.UPLOAD, config, spoken),
        **_prepared(config, request.paths, request.shrink, request.keep_metadata),
        **_project(session),
        urls=list(request.urls),
        message=request.words,
        export=False,
    )


def _plan_chat(config: Config, session: StoredSession | None, request: ChatRequest) -> Job:
    """One message to a project's agent; a new project where there is none."""
    from skill.routing import route

    if not request.words:
        raise UsageError(
            say("The message is empty."),
            hint=say("Say what you want: image-to-video chat 'add a title'"),
        )
    job = _new(Goal.CHAT, config, config.language_of(request.words))
    check_message_cap(config, session, request.max_credits)
    return replace(
        job,
        **_project(session),
        message=request.words,
        vague=route(request.words).vague,
        max_credits=request.max_credits,
        export=False,
    )


def check_message_cap(
    config: Config, session: StoredSession | None, max_credits: int | None
) -> None:
    """Raises UsageError where a message to the project may cost more than the user agreed to."""
    laid_out = session is not None and session.laid_out
    check_cap(config, expected_credits(Goal.CHAT, laid_out=laid_out), max_credits)


def _plan_extend(config: Config, projects: Projects, request: ExtendRequest) -> Job:
    """A project's video → a longer one; with a `video` of the user's own, that one in a new
    project. Raises NotFoundError where there is neither a `video` nor a project."""
    video = request.path
    project = projects.meant if video is None else None
    spoken = project.language if project and not request.words else ""
    job = _new(Goal.EXTEND, config, config.language or spoken or config.language_of(request.prompt))
    check_cap(config, expected_credits(Goal.EXTEND, laid_out=True), request.max_credits)
    if video is not None:
        job = replace(job, **_prepared(config, [video]))
        _check_video(job, video)
    elif project is None:
        raise NotFoundError(
            say("There is no project yet."),
            hint=say(
                "Make a video first: image-to-video make PHOTO… Or name one of your own: image-to-video extend VIDEO"
            ),
        )
    seconds = request.seconds or config.manifest.listing.duration or EXTENSION
    job = replace(job, **_project(project))
    room = clip_room(seconds, config.manifest.listing.resolution)
    return replace(
        job,
        **_placed(request, _stem(job) or "video", projects.sources(job), room),
        message=compose_extension(request.prompt, seconds),
        max_credits=request.max_credits,
    )


def _check_video(job: Job, video: Path) -> None:
    """Raises UsageError for what is no video."""
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


def _plan_export(config: Config, projects: Projects, request: ExportRequest) -> Job:
    """A project as it stands → a clip."""
    session = projects.required()
    job = _new(Goal.EXPORT, config, config.language or session.language)
    job = replace(job, **_project(session), step=Step.ANSWERED)
    return replace(job, **_placed(request, "video", projects.sources(job)))


def redirect(job: Job, request: ResumeRequest, projects: Projects) -> bool:
    """What `resume` says of a job: another place for a clip that does not stand yet, and more to
    be made of it. Returns whether anything is changed by it. Raises UsageError, which names a free
    place where that one is taken."""
    stands = job.step in (Step.DELIVERED, Step.DONE)
    gone = job.step is Step.DONE and not Path(job.target).is_file()
    if not job.export or gone or job.step in (Step.CANCELLED, Step.FAILED):
        return False
    wished, asked, sources = job.extras, request.extras.endings, projects.sources(job)
    if request.output is not None and not stands:
        try:
            placed = _placed(request, "", sources)
            place = Path(placed["target"])
            check_extras(place, wished.values(), sources=sources, force=request.force)
        except TakenError as error:
            propose_free(error, job.id, Path(request.output), {**wished, **asked}.values())
            raise
        job.target, job.named, job.force = placed["target"], placed["named"], placed["force"]
        asked = placed["extras"]
    elif asked:
        check_extras(Path(job.target), asked.values(), sources=sources, force=request.force)
        job.force = job.force or request.force
    else:
        return False
    job.extras = {**wished, **asked}
    for kind in asked:
        job.made.pop(kind, None)
        job.missed.pop(kind, None)
    if stands:
        job.step = Step.DELIVERED
    return True


def _stem(job: Job) -> str:
    """The first file's name without its ending; "" where there is none."""
    return job.files[0].name.rpartition(".")[0] if job.files else ""


# ---------------------------------------------------------------- parts of a job


def _new(goal: Goal, config: Config, language: str) -> Job:
    """A job that is spoken of, and speaks to the backend, in `language`."""
    speak(language)
    return replace(Job.new(goal, config.backend, config.manifest.name), language=language)


class _Placed(TypedDict):
    target: str
    extras: dict[str, str]
    named: bool
    force: bool


def _placed(
    request: ClipRequest, stem: str, sources: Sequence[Path], room: int = LEAST_ROOM
) -> _Placed:
    """Where the clip, and what is made of it, will stand. Raises UsageError."""
    place = places(request, stem, sources=sources, room=room)
    return {
        "target": str(place.video),
        "extras": place.endings,
        "named": request.output is not None,
        "force": request.force,
    }


class _Prepared(TypedDict):
    shrink: bool
    keep_metadata: bool
    files: list[PreparedFile]
    left_out: list[LeftOut]


def _prepared(
    config: Config, paths: Sequence[Path], shrink: bool = True, keep_metadata: bool = False
) -> _Prepared:
    """The files, looked into. What cannot be used is left out where the work costs nothing; else it
    is an error, before anything is paid for a video without it."""
    from skill.media.inspect import inspect_all
    from skill.media.prepared import LeftOut, PreparedFile

    keep_metadata = keep_metadata or config.local  # what stays on this machine keeps what it tells
    unusable: list[tuple[Path, SkillError]] = []
    try:
        files = inspect_all(
            paths,
            config.manifest.listing,
            shrink=shrink,
            keep_metadata=keep_metadata,
            unusable=unusable if config.local else None,
        )
    except FileRefusedError as error:
        if len(paths) > 1:
            error.hint += say(" ") + say("Or leave it out.")
        raise
    if unusable and not files:
        raise unusable[0][1]
    return {
        "shrink": shrink,
        "keep_metadata": keep_metadata,
        "files": _in_order(
            [path for path in paths if path not in dict(unusable)],
            [PreparedFile.of(file) for file in files],
        ),
        "left_out": list(dict.fromkeys(LeftOut.of(path, error) for path, error in unusable)),
    }


def _in_order(paths: Sequence[Path], files: Sequence[PreparedFile]) -> list[PreparedFile]:
    """The file for each of the paths; `files` holds each content once."""
    by_path = {file.path: file for file in files}
    by_content = {file.sha256: file for file in files}
    found = []
    for path in (path.absolute() for path in paths):
        file = by_path.get(path) or by_content.get(sha256(path))
        if file is None:
            raise UsageError(
                say("{path} is no longer the file it was.", path=clean_line(str(path), 200)),
                hint=say("Run the command again, with the files as they are now."),
            )
        found.append(replace(file, path=path))
    return found


class _Project(TypedDict, total=False):
    session_id: str
    task_id: str
    user_id: str


def _project(session: StoredSession | None) -> _Project:
    """The project that is worked on; a new one is made where there is none."""
    if session is None:
        return {}
    return {
        "session_id": session.session_id,
        "task_id": session.task_id,
        "user_id": session.user_id,
    }
