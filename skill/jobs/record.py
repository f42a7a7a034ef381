"""Jobs ⇄ the JSON that the state folder keeps of them.

Copies of the skill of several versions share a state folder, and the older ones refuse a key that
they do not know. So a job's record has these keys for ever, with values of these kinds; whatever
else has to be kept of a job goes into a table of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skill.api.models import Media
from skill.errors import UsageError
from skill.i18n import say
from skill.jobs.database import damaged
from skill.jobs.job import (
    EXTRAS,
    Balance,
    DownloadState,
    Goal,
    Job,
    NewerJob,
    RenderState,
    Step,
    StoredFailure,
)
from skill.jobs.json_fields import DamagedRecordError, Fields, NewerRecordError
from skill.media.inspect import Change
from skill.media.prepared import LeftOut, PreparedFile
from skill.sanitize import clean_line


def read_job(job_id: str, record: object, path: Path) -> Job | NewerJob:
    """The job of that id, of the record that stands in the file at `path`. Raises UsageError where
    it is damaged."""
    try:
        fields = Fields.parse(record)
        if fields.needed("id") != job_id:
            raise DamagedRecordError("id")
        try:
            return _job(fields)
        except NewerRecordError as error:
            backend, listing = fields.needed("backend"), fields.needed("listing")
            return NewerJob(job_id, backend, listing, _newer(job_id, str(error)))
    except DamagedRecordError as error:
        raise damaged(path, say("the record of {job} cannot be read", job=job_id)) from error


def _newer(job_id: str, word: str) -> UsageError:
    return UsageError(
        say(
            "{job} was written by a newer version of this skill: {word} is not known here.",
            job=job_id,
            word=clean_line(word, 40),
        ),
        hint=say("Update the skill, or go on with it where it was begun. Nothing was changed."),
    )


def _job(fields: Fields) -> Job:
    return Job(
        id=fields.needed("id"),
        goal=fields.choice("goal", Goal),
        backend=fields.needed("backend"),
        listing=fields.needed("listing"),
        created=fields.date("created"),
        step=fields.choice("step", Step),
        session_id=fields.text("session_id"),
        task_id=fields.text("task_id"),
        user_id=fields.text("user_id"),
        account=fields.text("account"),
        language=fields.text("language", "en"),
        message=fields.text("message"),
        vague=fields.flag("vague"),
        max_credits=fields.whole("max_credits"),
        files=[_file(file) for file in fields.objects("files")],
        urls=fields.texts("urls"),
        fetched=fields.count("fetched"),
        media=[_media(media) for media in fields.objects("media")],
        fresh=fields.flag("fresh"),
        shrink=fields.flag("shrink", default=True),
        keep_metadata=fields.flag("keep_metadata"),
        uploaded=fields.texts("uploaded"),
        left_out=[
            LeftOut(item.needed("file"), item.needed("reason"))
            for item in fields.objects("left_out")
        ],
        draft=fields.json("draft"),
        answered=fields.flag("answered"),
        text=fields.text("text"),
        changes=fields.texts("changes"),
        wishes=fields.texts("wishes"),
        summary=fields.text("summary"),
        ready=fields.flag("ready"),
        export=fields.flag("export", default=True),
        target=fields.text("target"),
        named=fields.flag("named"),
        force=fields.flag("force"),
        render=RenderState(
            fields.text("render_id"),
            fields.count("render_attempt"),
            fields.flag("render_posted"),
            fields.text("url"),
        ),
        delivered=fields.text("delivered"),
        download=_download(fields.object("download")),
        extras=fields.mapping("extras", EXTRAS),
        made=fields.mapping("made", EXTRAS),
        missed=fields.mapping("missed", EXTRAS),
        credits=Balance(fields.number("credits_before"), fields.number("credits_after")),
        failure=_failure(fields),
    )


def _file(fields: Fields) -> PreparedFile:
    return PreparedFile(
        path=Path(fields.needed("path")),
        name=fields.needed("name"),
        mime=fields.needed("mime"),
        kind=fields.needed("kind"),
        size=fields.count("size"),
        sha256=fields.needed("sha256"),
        format=fields.text("format"),
        changes=fields.choices("changes", Change),
        located=fields.flag("located"),
        pages=fields.count("pages"),
        origin=_file(fields.object("origin")) if "origin" in fields else None,
        done=fields.choices("done", Change),
    )


def _media(fields: Fields) -> Media:
    return Media(
        fields.needed("filename"),
        fields.text("file_type"),
        fields.text("cdn_url"),
        fields.number("duration"),
        fields.whole("width"),
        fields.whole("height"),
        fields.optional_text("hash"),
    )


def _download(fields: Fields) -> DownloadState:
    length = fields.text("length")
    if length and not length.isdecimal():
        raise DamagedRecordError("length")
    return DownloadState(
        fields.text("part"),
        fields.text("source"),
        fields.text("validator"),
        int(length) if length else None,
    )


def _failure(fields: Fields) -> StoredFailure | None:
    if fields.json("failure") is None:
        return None
    failure = fields.object("failure")
    return StoredFailure(failure.needed("code"), failure.needed("message"), failure.text("hint"))


def record_of(job: Job) -> dict[str, Any]:
    """The job as JSON."""
    record = {name: value for name, value in vars(job).items() if name not in _GROUPS}
    return {
        **record,
        "created": job.created.isoformat(),
        "files": [_file_record(file) for file in job.files],
        "media": [vars(media) for media in job.media],
        "left_out": [vars(item) for item in job.left_out],
        "render_id": job.render.id,
        "render_attempt": job.render.attempt,
        "render_posted": job.render.posted,
        "url": job.render.url,
        "download": _download_record(job.download),
        "credits_before": job.credits.before,
        "credits_after": job.credits.after,
        "failure": vars(job.failure) if job.failure is not None else None,
    }


_GROUPS = ("render", "credits")  # kept as keys of the job's own


def _file_record(file: PreparedFile) -> dict[str, Any]:
    record = {**vars(file), "path": str(file.path), "changes": list(file.changes)}
    del record["origin"], record["done"]
    if file.origin is None:
        return record
    return {**record, "origin": _file_record(file.origin), "done": list(file.done)}


def _download_record(download: DownloadState) -> dict[str, str]:
    if not download.part:
        return {}
    length = "" if download.length is None else str(download.length)
    return {**vars(download), "length": length}
