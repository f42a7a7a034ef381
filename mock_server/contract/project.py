"""Checks of a project: its session, what is put into it, and how it is told of."""

from __future__ import annotations

import struct
import uuid
import zlib
from typing import TYPE_CHECKING, Any

from mock_server.contract import facts
from mock_server.contract.client import UnusableAnswerError
from mock_server.contract.model import Catalogue, DoesNotApplyError, Kind

if TYPE_CHECKING:
    from mock_server.contract.context import Context

checks = Catalogue()
WIDTH, HEIGHT = 96, 64
"""Of the pictures that are uploaded, in pixels. They are drawn here: nothing of the user's is sent."""
NAME = "contract check"
"""What the project is called, so that whoever sees it knows what it is."""


@checks.check("session", "a project is made, with a session", "Endpoints 2")
async def session(context: Context) -> None:
    data = await context.ask("session", body={"task_name": NAME, "language": "en"})
    ids = [data.get(name) for name in ("session_id", "task_id", "user_id")]
    context.session, context.task, context.user = (str(one or "") for one in ids)
    if not isinstance(ids[0], str) or not ids[0]:
        raise UnusableAnswerError("there is no session in the answer")


@checks.check(
    "session-language", "a project is made without a language", "Endpoints 2", kind=Kind.MOCK
)
async def session_language(context: Context) -> None:
    data = await context.ask("session", body={"task_name": NAME})
    if data.get("session_id") == context.session:
        context.critical("data.session_id", "is that of the project before")


@checks.check("state", "the state is that of the session", "Endpoints 6", needs=("session",))
async def state(context: Context) -> None:
    data = await context.ask("state", session=context.session)
    context.compare("data.session_id", data.get("session_id"), context.session)
    context.compare("data.task_id", data.get("task_id"), context.task)
    context.compare("data.task_name", data.get("task_name"), NAME)


@checks.check("session-unknown", "an unknown session is refused", "Codes 1002")
async def session_unknown(context: Context) -> None:
    await context.refuse(1002, "state", session=uuid.uuid4().hex)


@checks.check(
    "session-strange", "a session of somebody else is refused", "Codes 1002", kind=Kind.MOCK
)
async def session_strange(context: Context) -> None:
    mine = await context.ask("session", body={"task_name": NAME})
    someone = await context.someone()
    await context.refuse(1002, "state", session=str(mine.get("session_id")), auth=someone)


@checks.check("body", "a body without its fields is refused", "Envelope", needs=("token",))
async def body(context: Context) -> None:
    await context.refuse(None, "claim", body={})


@checks.check(
    "upload", "a picture is taken, as multipart", "Endpoints 4", needs=("session",), limit=300
)
async def upload(context: Context) -> None:
    sent = [("contract-check.png", draw_picture(0))]
    data = await context.ask("upload", session=context.session, files=sent)
    context.media = _files(context, data, 1)
    context.compare("data.files[0].file_type", context.media[0].get("file_type"), "image")
    size = (context.media[0].get("width"), context.media[0].get("height"))
    context.compare("data.files[0].width, height", size, (WIDTH, HEIGHT))
    context.compare("data.session_state_applied", data.get("session_state_applied"), True)


@checks.check(
    "upload-several",
    "several files are taken in one request",
    "Endpoints 4",
    needs=("upload",),
    limit=300,
)
async def upload_several(context: Context) -> None:
    sent = [(f"contract-check-{n}.png", draw_picture(60 * n)) for n in (1, 2)]
    added = _files(context, await context.ask("upload", session=context.session, files=sent), 2)
    context.media += added
    names = [item.get("filename") for item in added]
    context.compare("data.files[].filename", names, [name for name, _ in sent])
    if added[0].get("hash") == added[1].get("hash"):
        context.critical("data.files[].hash", "is the same of two pictures")


@checks.check(
    "upload-address",
    "a file is fetched from its address",
    "Endpoints 4",
    needs=("upload",),
    limit=300,
)
async def upload_address(context: Context) -> None:
    address = context.media[0].get("cdn_url")
    if not isinstance(address, str):
        raise UnusableAnswerError("the picture that was sent has no cdn_url")
    asked = {"urls": [address], "source_type": "url"}
    (item,) = _files(context, await context.ask("upload", session=context.session, body=asked), 1)
    context.compare("data.files[0].hash", item.get("hash"), context.media[0].get("hash"))


@checks.check("upload-kind", "a text file is refused", "Codes 4001", needs=("session",))
async def upload_kind(context: Context) -> None:
    sent = [("contract-check.txt", b"no picture\n")]
    await context.refuse(4001, "upload", session=context.session, files=sent)


@checks.check(
    "upload-size",
    "a file over the limit is refused",
    "Codes 4002",
    kind=Kind.MOCK,
    needs=("session",),
)
async def upload_size(context: Context) -> None:
    limit = context.target.upload_limit
    if limit is None:
        raise DoesNotApplyError("it would send more than 200 MB")
    sent = [("contract-check.png", draw_picture(0) + bytes(limit))]
    await context.refuse(4002, "upload", session=context.session, files=sent)


@checks.check("state-media", "what was uploaded is in the state", "Endpoints 6", needs=("upload",))
async def state_media(context: Context) -> None:
    told = await latest(context)
    listed = told.get("video_infos")
    items = listed if isinstance(listed, list) else []
    there = [item.get("hash") for item in items if isinstance(item, dict)]
    for item in context.media:
        if item.get("hash") not in there:
            context.critical("data.state.video_infos", f"lacks {item.get('filename')!r}")


@checks.check("claim", "a claim token is given for the project", "Endpoints 11", needs=("session",))
async def claim(context: Context) -> None:
    asked = {"task_id": context.task, "session_id": context.session}
    data = await context.ask("claim", body=asked)
    if not str(data.get("claim_token")).startswith("clm_"):
        context.critical("data.claim_token", "does not begin with clm_")
    seconds = facts.number(data.get("expires_in"))
    if seconds is not None and seconds <= 0:
        context.critical("data.expires_in", f"is {seconds:g} s")


async def latest(context: Context) -> dict[str, Any]:
    """The project's `state`. Raises UnusableError."""
    data = await context.ask("state", session=context.session)
    told = data.get("state")
    if not isinstance(told, dict):
        raise UnusableAnswerError("there is no state in the answer")
    return told


def _files(context: Context, data: dict[str, Any], count: int) -> list[dict[str, Any]]:
    files = data.get("files")
    told = [item for item in files if isinstance(item, dict)] if isinstance(files, list) else []
    if len(told) != count:
        context.critical("data.files", f"tells of {len(told)} files, not of {count}")
        raise UnusableAnswerError("not all files are told of")
    return told


def draw_picture(shade: int) -> bytes:
    """A PNG of WIDTH x HEIGHT pixels, a diagonal ramp of greys from `shade` (0 to 255) on: each
    shade is another file."""
    rows = b"".join(
        b"\0" + bytes((shade + x + y) % 256 for x in range(WIDTH)) for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
