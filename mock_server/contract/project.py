"""Checks of a project: its session, what is put into it, and how it is told of."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mock_server.contract import facts as rules
from mock_server.contract import picture
from mock_server.contract.model import Catalogue, DoesNotApplyError, Kind, UnusableError

if TYPE_CHECKING:
    from mock_server.contract.context import Visit

checks = Catalogue()
NAME = "contract check"
"""What the project is called, so that whoever sees it knows what it is."""


@checks.check("session", "a project is made, with a session", "Endpoints 2")
async def session(visit: Visit) -> None:
    data = await visit.ask("session", body={"task_name": NAME, "language": "en"})
    ids = [data.get(name) for name in ("session_id", "task_id", "user_id")]
    visit.session, visit.task, visit.user = (str(one or "") for one in ids)
    if not isinstance(ids[0], str) or not ids[0]:
        raise UnusableError("there is no session in the answer")


@checks.check(
    "session-language", "a project is made without a language", "Endpoints 2", kind=Kind.MOCK
)
async def session_language(visit: Visit) -> None:
    data = await visit.ask("session", body={"task_name": NAME})
    if data.get("session_id") == visit.session:
        visit.critical("data.session_id", "is that of the project before")


@checks.check("state", "the state is that of the session", "Endpoints 6", needs=("session",))
async def state(visit: Visit) -> None:
    data = await visit.ask("state", session=visit.session)
    visit.compare("data.session_id", data.get("session_id"), visit.session)
    visit.compare("data.task_id", data.get("task_id"), visit.task)
    visit.compare("data.task_name", data.get("task_name"), NAME)


@checks.check("session-unknown", "an unknown session is refused", "Codes 1002")
async def session_unknown(visit: Visit) -> None:
    await visit.refuse(1002, "state", session=uuid.uuid4().hex)


@checks.check(
    "session-strange", "a session of somebody else is refused", "Codes 1002", kind=Kind.MOCK
)
async def session_strange(visit: Visit) -> None:
    mine = await visit.ask("session", body={"task_name": NAME})
    someone = await visit.someone()
    await visit.refuse(1002, "state", session=str(mine.get("session_id")), auth=someone)


@checks.check("body", "a body without its fields is refused", "Envelope", needs=("token",))
async def body(visit: Visit) -> None:
    await visit.refuse(None, "claim", body={})


@checks.check(
    "upload", "a picture is taken, as multipart", "Endpoints 4", needs=("session",), limit=300
)
async def upload(visit: Visit) -> None:
    sent = [("contract-check.png", picture.draw(0))]
    data = await visit.ask("upload", session=visit.session, files=sent)
    visit.media = _files(visit, data, 1)
    visit.compare("data.files[0].file_type", visit.media[0].get("file_type"), "image")
    size = (visit.media[0].get("width"), visit.media[0].get("height"))
    visit.compare("data.files[0].width, height", size, (picture.WIDTH, picture.HEIGHT))
    visit.compare("data.session_state_applied", data.get("session_state_applied"), True)


@checks.check(
    "upload-several",
    "several files are taken in one request",
    "Endpoints 4",
    needs=("upload",),
    limit=300,
)
async def upload_several(visit: Visit) -> None:
    sent = [(f"contract-check-{n}.png", picture.draw(60 * n)) for n in (1, 2)]
    added = _files(visit, await visit.ask("upload", session=visit.session, files=sent), 2)
    visit.media += added
    names = [item.get("filename") for item in added]
    visit.compare("data.files[].filename", names, [name for name, _ in sent])
    if added[0].get("hash") == added[1].get("hash"):
        visit.critical("data.files[].hash", "is the same of two pictures")


@checks.check(
    "upload-address",
    "a file is fetched from its address",
    "Endpoints 4",
    needs=("upload",),
    limit=300,
)
async def upload_address(visit: Visit) -> None:
    address = visit.media[0].get("cdn_url")
    if not isinstance(address, str):
        raise UnusableError("the picture that was sent has no cdn_url")
    asked = {"urls": [address], "source_type": "url"}
    (item,) = _files(visit, await visit.ask("upload", session=visit.session, body=asked), 1)
    visit.compare("data.files[0].hash", item.get("hash"), visit.media[0].get("hash"))


@checks.check("upload-kind", "a text file is refused", "Codes 4001", needs=("session",))
async def upload_kind(visit: Visit) -> None:
    sent = [("contract-check.txt", b"no picture\n")]
    await visit.refuse(4001, "upload", session=visit.session, files=sent)


@checks.check(
    "upload-size",
    "a file over the limit is refused",
    "Codes 4002",
    kind=Kind.MOCK,
    needs=("session",),
)
async def upload_size(visit: Visit) -> None:
    limit = visit.target.upload_limit
    if limit is None:
        raise DoesNotApplyError("it would send more than 200 MB")
    sent = [("contract-check.png", picture.draw(0) + bytes(limit))]
    await visit.refuse(4002, "upload", session=visit.session, files=sent)


@checks.check("state-media", "what was uploaded is in the state", "Endpoints 6", needs=("upload",))
async def state_media(visit: Visit) -> None:
    told = await latest(visit)
    listed = told.get("video_infos")
    items = listed if isinstance(listed, list) else []
    there = [item.get("hash") for item in items if isinstance(item, dict)]
    for item in visit.media:
        if item.get("hash") not in there:
            visit.critical("data.state.video_infos", f"lacks {item.get('filename')!r}")


@checks.check("claim", "a claim token is given for the project", "Endpoints 11", needs=("session",))
async def claim(visit: Visit) -> None:
    asked = {"task_id": visit.task, "session_id": visit.session}
    data = await visit.ask("claim", body=asked)
    if not str(data.get("claim_token")).startswith("clm_"):
        visit.critical("data.claim_token", "does not begin with clm_")
    seconds = rules.number(data.get("expires_in"))
    if seconds is not None and seconds <= 0:
        visit.critical("data.expires_in", f"is {seconds:g} s")


async def latest(visit: Visit) -> dict[str, Any]:
    """The project's `state`. Raises UnusableError."""
    data = await visit.ask("state", session=visit.session)
    told = data.get("state")
    if not isinstance(told, dict):
        raise UnusableError("there is no state in the answer")
    return told


def _files(visit: Visit, data: dict[str, Any], count: int) -> list[dict[str, Any]]:
    files = data.get("files")
    told = [item for item in files if isinstance(item, dict)] if isinstance(files, list) else []
    if len(told) != count:
        visit.critical("data.files", f"tells of {len(told)} files, not of {count}")
        raise UnusableError("not all files are told of")
    return told
