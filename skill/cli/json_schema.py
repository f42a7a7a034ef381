"""JSON Schemas (draft 2020-12) of what `--json` prints: the object on stdout, the lines on stderr.

Objects are left open: within `"schema": 1` properties may be added, and none is taken away or
changes its type. Pure.
"""

from __future__ import annotations

from typing import Any

from skill import errors
from skill.cli.parser import COMMANDS
from skill.jobs.job import FINISHED, Step
from skill.media.inspect import Change
from skill.routing import Action
from skill.screentalk import GuiAction
from skill.settings.listings import LISTINGS

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OPEN = "Properties may be added: ignore those you do not know."


def schemas(command: str | None = None) -> dict[str, Schema]:
    """`answer`: of the one object on stdout, of any command or of the one that is named; `event`:
    of a line on stderr. Each stands for itself."""
    names = list(COMMANDS) if command is None else [command]
    return {
        "answer": {
            "$schema": _DRAFT,
            "title": f"What image-to-video {command or ''} --json prints on stdout".replace(
                "  ", " "
            ),
            "description": _OPEN,
            "anyOf": [*map(_success, names), *_about(names), _failure(names)],
        },
        "event": {
            "$schema": _DRAFT,
            "title": "A line that image-to-video --json prints on stderr",
            "description": f"{_OPEN} Kinds of event may be added: pass over those, too.",
            "anyOf": _EVENTS,
        },
    }


def _success(name: str) -> Schema:
    shapes = _DATA[name]
    data = shapes[0] if len(shapes) == 1 else {"anyOf": list(shapes)}
    return _envelope([name], True, {"data": data})


def _about(names: list[str]) -> list[Schema]:
    """What --help and --version print."""
    return [
        _envelope(["", *names], True, {"data": _object({what: _TEXT})})
        for what in ("help", "version")
    ]


def _failure(names: list[str]) -> Schema:
    found = {"data": _REPORT} if names == ["contract"] else {}
    return _envelope(["", *names], False, {"error": _ERROR}, **found)


def _envelope(
    commands: list[str], ok: bool, holds: dict[str, Schema], **optional: Schema
) -> Schema:
    return _object(
        {
            "schema": {"const": 1},
            "ok": {"const": ok},
            "command": {
                "enum": commands,
                **({"description": "Empty where none was given."} if "" in commands else {}),
            },
            **holds,
            "next": _list(
                {"type": "string", "pattern": "^(uv run --project .+ )?image-to-video( |$)"},
                "Commands that can be run as they stand.",
            ),
        },
        **optional,
    )


# ---------------------------------------------------------------- how a schema is written


def _object(properties: dict[str, Schema], **optional: Schema) -> Schema:
    """An object; what is `optional` may be missing."""
    return {
        "type": "object",
        "properties": {**properties, **optional},
        "required": list(properties),
    }


def _list(of: Schema, description: str = "") -> Schema:
    return _told({"type": "array", "items": of}, description)


def _told(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema


def _or_null(schema: Schema, description: str = "") -> Schema:
    kind = schema.get("type")
    either = (
        {**schema, "type": [kind, "null"]}
        if isinstance(kind, str)
        else {"anyOf": [schema, {"type": "null"}]}
    )
    return _told(either, description)


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


_TEXT: Schema = {"type": "string"}
_SAID: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_AMOUNT: Schema = {"type": "number", "minimum": 0}
_SECONDS = _told(_AMOUNT, "seconds")
_PIXELS: Schema = {"type": "integer", "minimum": 1, "description": "pixels"}
_PATH = _told(_SAID, "an absolute path")
_JOB: Schema = {"type": "string", "pattern": "^job_[0-9a-f]{10}$"}
_SUMMARY = _told(_TEXT, "the timeline in one line; empty where there is none")
_CODES = sorted({kind.code for kind in vars(errors).values() if hasattr(kind, "exit_code")})

# ---------------------------------------------------------------- what commands answer

_ERROR = _object(
    {
        "code": _one_of(*_CODES),
        "message": _told(_SAID, "what is wrong, in one line"),
        "hint": _told(_TEXT, "what to do; may be empty"),
        "retryable": _told(_FLAG, "whether the same command may simply be run again"),
        "job": _or_null(_JOB, "what `resume` goes on with, if anything"),
    }
)
_CREDITS: dict[str, Schema] = {
    "available": {"type": "number"},
    "frozen": _told({"type": "number"}, "held by work in progress"),
    "total": {"type": "number"},
}
_CHARGED: dict[str, Schema] = {
    name: _or_null({"type": "number"}, "null where it is not known")
    for name in ("credits_before", "credits_after")
}
_CHANGES = _list(_one_of(*Change))
_LEFT_OUT = _list(_object({"file": _PATH, "reason": _SAID}), "files that could not be used")
_PREPARED = _list(
    _object(
        {
            "file": _PATH,
            "name": _told(_SAID, "under which it was sent"),
            "changes": _CHANGES,
            "bytes_before": _WHOLE,
            "bytes": _WHOLE,
        }
    ),
    "files that were changed before they were sent",
)
_VIDEO: dict[str, Schema] = {
    "file": _PATH,
    "bytes": _WHOLE,
    "duration": _SECONDS,
    "width": _PIXELS,
    "height": _PIXELS,
    "job": _JOB,
    "session_id": _SAID,
    "summary": _SUMMARY,
    "text": _told(_TEXT, "the backend's words"),
    **_CHARGED,
    "prepared": _PREPARED,
    "left_out": _LEFT_OUT,
    "preview": _or_null(_PATH, "a GIF or WebP, where one was wished"),
    "poster": _or_null(_PATH, "a JPEG, where one was wished"),
    "sheet": _or_null(_PATH, "a JPEG, where one was wished"),
    "notices": _list(_SAID, "why something beside the video was not made"),
}
_REPLY: dict[str, Schema] = {
    "action": _one_of(*Action),
    "text": _SAID,
    "changes": _list(_SAID, "what is another on the timeline"),
    "summary": _SUMMARY,
}
_UPLOADED: dict[str, Schema] = {
    "files": _list(
        _object(
            {
                "filename": _TEXT,
                "file_type": _TEXT,
                "cdn_url": _TEXT,
                "duration": _or_null(_AMOUNT, "seconds"),
                "width": _or_null({"type": "integer"}, "pixels"),
                "height": _or_null({"type": "integer"}, "pixels"),
                "hash": _or_null(_TEXT),
            }
        ),
        "as the backend sees them",
    ),
    "prepared": _PREPARED,
    "left_out": _LEFT_OUT,
}
_SEGMENT = _object(
    {
        "name": _TEXT,
        "start": _SECONDS,
        "end": _SECONDS,
        "duration": _SECONDS,
        "text": _or_null(_TEXT),
        "volume": _or_null({"type": "number"}, "1 is as it was recorded"),
        "motion": _or_null(_TEXT),
        "transition": _or_null(_TEXT, "how it comes in; null for a cut"),
    }
)
_TIMELINE = _object(
    {
        "title": _or_null(_TEXT),
        "width": _or_null(_PIXELS),
        "height": _or_null(_PIXELS),
        "duration": _SECONDS,
        "ready": _told(_FLAG, "whether it can be exported"),
        "tracks": _list(_object({"kind": _SAID, "segments": _list(_SEGMENT)})),
    }
)
_ANSWERED = _object(_REPLY, **_CHARGED)
_MADE = _object(_VIDEO)
_HANDED_OVER = _object({"job": _JOB, "target": _TEXT, "log": _told(_PATH, "events, a line each")})
_PLAN = _object(
    {
        "message": _told(_SAID, "what would be said"),
        "files": _list(
            _object({"file": _PATH, "name": _SAID, "bytes": _WHOLE, "changes": _CHANGES}),
            "what would be sent",
        ),
        "left_out": _LEFT_OUT,
        "target": _TEXT,
        "expected_credits": _AMOUNT,
        "approximate": _FLAG,
        "balance": _or_null(_object(_CREDITS), "null where it is not known"),
        "enough": _or_null(_FLAG, "whether the balance is; null where it is not known"),
        "under_way": _or_null(_JOB, "the unfinished job that does the same; none is sent then"),
        "backend": _told(_SAID, 'its address, or "local"'),
    }
)
_UNFINISHED = _object(
    {
        "job": _JOB,
        "skill": _told(_SAID, "the one it was begun with"),
        "goal": _one_of("make", "extend", "chat", "export", "upload"),
        "step": _one_of(*(step for step in Step if step not in FINISHED)),
        "working": _told(_FLAG, "whether a process is at it"),
        "target": _TEXT,
        "created": {"type": "string", "format": "date-time"},
        "failure": _or_null(
            _object({"code": _one_of(*_CODES), "message": _SAID, "hint": _TEXT}),
            "what stopped whoever worked on it last",
        ),
    }
)

_NEWER = _object({"job": _JOB, "skill": _SAID, "message": _SAID, "hint": _SAID})

_REPORT = _object(
    {
        "backend": _told(_SAID, "its address"),
        "mock": _told(_FLAG, "whether it is a mock"),
        "keeps": _told(_FLAG, "whether no check failed"),
        "counts": _object(
            dict.fromkeys(("passed", "failed", "skipped", "critical", "warning", "info"), _WHOLE)
        ),
        "dialect": _told({"enum": ["typed", "adk", None]}, "of the stream; null: none was heard"),
        "render_shape": _told({"enum": ["bare", "wrapped", None]}, "null: nothing was rendered"),
        "credits_spent": _or_null({"type": "number"}, "null where it is not known"),
        "credits_left_out": _told(_AMOUNT, "about what --spend would cost"),
        "checks": _list(
            _object(
                {
                    "id": _SAID,
                    "title": _SAID,
                    "part": _told(_SAID, "of the contract"),
                    "kind": _one_of("free", "costs", "mock"),
                    "outcome": _one_of("passed", "failed", "skipped"),
                    "reason": _told(_TEXT, "why it was skipped; else empty"),
                    "seconds": _AMOUNT,
                    "differences": _list(
                        _object(
                            {
                                "severity": _one_of("critical", "warning", "info"),
                                "place": _told(_TEXT, "as data.files[0].hash"),
                                "said": _SAID,
                            }
                        )
                    ),
                }
            )
        ),
    }
)

# Command → what its `data` may be.
_DATA: dict[str, tuple[Schema, ...]] = {
    "make": (_MADE, _ANSWERED, _PLAN, _HANDED_OVER),
    "extend": (_MADE, _PLAN, _HANDED_OVER),
    "ask": (
        _object({**_VIDEO, **_REPLY}),
        _object({**_REPLY, **_UPLOADED}),
        _object({**_REPLY, **_CREDITS}),
        _ANSWERED,
    ),
    "route": (
        _object(
            {
                "action": _one_of(*Action),
                "message": _or_null(_TEXT, "what the agent would be sent"),
                "files": _list(_SAID),
                "reason": _SAID,
                "vague": _told(_FLAG, "whether nothing specific is said"),
            }
        ),
    ),
    "connect": (_object({"session_id": _SAID, "anonymous": _FLAG, "credits": _object(_CREDITS)}),),
    "chat": (_ANSWERED, _HANDED_OVER),
    "upload": (_object({**_REPLY, **_UPLOADED}),),
    "status": (
        _object(
            {
                "summary": _SUMMARY,
                "timeline": _TIMELINE,
                "media": _list(_or_null(_object({})), "what was uploaded, as the backend tells it"),
                "session_id": _SAID,
            }
        ),
    ),
    "credits": (_object(_CREDITS),),
    "export": (_MADE, _HANDED_OVER),
    "jobs": (
        _object(
            {
                "jobs": _list(_UNFINISHED),
                "unreadable": _list(_NEWER, "what a newer version of the skill has begun"),
            }
        ),
    ),
    "resume": (_MADE, _object({**_REPLY, **_UPLOADED}), _ANSWERED, _HANDED_OVER),
    "cancel": (_object({"job": _JOB, "step": _one_of(*sorted(FINISHED))}),),
    "open": (_object({"link": {"type": "string", "format": "uri", "pattern": "^https?://"}}),),
    "demo": (_MADE,),
    "doctor": (
        _object(
            {
                "healthy": _FLAG,
                "checks": _list(
                    _object({"name": _SAID, "ok": _FLAG, "found": _TEXT, "remedy": _TEXT})
                ),
            }
        ),
    ),
    "translate": (_object({"text": _TEXT, "actions": _list(_one_of(*GuiAction))}),),
    "mock": (
        _object(
            {
                "url": {"type": "string", "pattern": "^http://"},
                "page": {"type": "string", "pattern": "^http://"},
                "dialect": _one_of("typed", "adk"),
                "seed": {"type": "integer"},
                "renderer": _told(_one_of("real", "instant"), "of its videos"),
                "scenarios": _list(_SAID, "those that are on"),
            },
            key=_told(_TEXT, "of the control routes, where other machines reach the mock"),
        ),
        _object({"scenarios": _list(_object({"name": _SAID, "description": _SAID}))}),
    ),
    "contract": (_REPORT,),
    "bundle": (
        _object(
            {
                "bundles": _list(
                    _object(
                        {
                            "name": _one_of(*LISTINGS),
                            "path": _PATH,
                            "files": _told(_WHOLE, "how many it holds"),
                            "bytes": _told(_WHOLE, "what they hold"),
                            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                        }
                    )
                )
            }
        ),
    ),
    "headers": (
        _object(
            {f"X-Skill-{name}": _SAID for name in ("Source", "Version", "Platform")},
        ),
    ),
    "schema": (_object({"answer": _object({}), "event": _object({})}),),
}


# ---------------------------------------------------------------- what happens meanwhile


def _event(kind: str, **properties: Schema) -> Schema:
    return _object({"event": {"const": kind}, **properties})


_EVENTS = [
    _event("stage", stage=_told(_SAID, "which begins: upload, generate …"), message=_SAID),
    _event("progress", stage=_SAID, progress={"type": "number", "minimum": 0, "maximum": 100}),
    _event("words", text=_told(_TEXT, "the backend's, in pieces as they come")),
    _event("notice", message=_told(_SAID, "what the user should know while waiting")),
    _event("detail", message=_told(_TEXT, "with --verbose alone")),
]
