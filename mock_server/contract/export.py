"""Checks of a draft's way to a file."""

from __future__ import annotations

import hashlib
import itertools
import time
from typing import TYPE_CHECKING, Any

from mock_server.contract import facts as rules
from mock_server.contract.facts import Clip, Look
from mock_server.contract.model import Catalogue, DoesNotApplyError, Kind, UnusableError
from mock_server.contract.project import NAME
from mock_server.journal import ATTRIBUTION

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import httpx

    from mock_server.contract.client import Caller
    from mock_server.contract.context import Visit

checks = Catalogue()
LONGEST = 300.0
"""Seconds until a render is there (the reference: up to 5 minutes in all)."""
_REDIRECTS = 5
_LARGEST = 1024 * 1024 * 1024
_HEAD = 4096
_numbers = itertools.count(1)
_ANY_DRAFT = {"t": [{"tt": 0, "sg": [{"d": 1000}]}], "d": 1000, "m": {}}


@checks.check(
    "attribution",
    "an export without each attribution header is refused",
    "Codes 402",
    needs=("session",),
)
async def attribution(visit: Visit) -> None:
    body = _asked(visit, visit.draft or {"t": []})
    for without in (ATTRIBUTION, *((name,) for name in ATTRIBUTION)):
        await visit.refuse(402, "render", body={**body, "id": _new_id()}, without=without)


@checks.check("export-plan", "an export on the free plan is refused", "Codes 402", kind=Kind.MOCK)
async def export_plan(visit: Visit) -> None:
    someone = await visit.someone(plan="free")
    made = await visit.ask("session", body={"task_name": NAME}, auth=someone)
    body = {**_asked(visit, _ANY_DRAFT), "sessionId": str(made.get("session_id"))}
    await visit.refuse(402, "render", body=body, auth=someone)


@checks.check("render-unknown", "an unknown render is refused", "Endpoints 8")
async def render_unknown(visit: Visit) -> None:
    await visit.refuse(None, "render_status", render=_new_id())


@checks.check(
    "render",
    "a draft is taken, and its render is pending",
    "Endpoints 7",
    kind=Kind.COSTS,
    needs=("draft",),
)
async def render(visit: Visit) -> None:
    body = _asked(visit, visit.draft)
    visit.render = str(body["id"])
    answer = await visit.caller.call("render", body=body)
    data = visit.take(answer)
    visit.shape = "wrapped" if "success" in answer.json else "bare"
    visit.compare("id", data.get("id", visit.render), visit.render)
    visit.compare("status", data.get("status"), "pending")
    visit.looks.append(Look(data.get("status"), data.get("progress", 0)))


@checks.check(
    "render-again",
    "a render's id cannot be used again",
    "Endpoints 7",
    kind=Kind.COSTS,
    needs=("render",),
)
async def render_again(visit: Visit) -> None:
    await visit.refuse(None, "render", body=_asked(visit, visit.draft, visit.render))


@checks.check(
    "render-course",
    "it goes from pending to completed, and its progress never falls",
    "Endpoints 8",
    kind=Kind.COSTS,
    needs=("render",),
    limit=LONGEST,
)
async def render_course(visit: Visit) -> None:
    data: dict[str, Any] = {}
    while visit.looks[-1].status not in rules.FINAL:
        if visit.looks[-1].status not in ("pending", "processing"):
            break
        if len(visit.looks) > 1:
            await visit.target.sleep(visit.target.poll)
        data = await visit.ask("render_status", render=visit.render)
        visit.looks.append(Look(data.get("status"), data.get("progress", visit.looks[-1].progress)))
    for place, said in rules.course(visit.looks):
        visit.critical(place, said)
    if visit.looks[-1].status != "completed":
        visit.critical("status", f"came to {visit.looks[-1].status!r}: {data.get('error', '')!r}")
        raise UnusableError("there is no video")
    output = data.get("output")
    visit.output = output if isinstance(output, dict) else {**data, "url": data.get("outputUrl")}


@checks.check(
    "output",
    "an MP4 lies at the address, for everybody",
    "Endpoints 8",
    kind=Kind.COSTS,
    needs=("render-course",),
    limit=LONGEST,
)
async def output(visit: Visit) -> None:
    url = visit.output.get("url")
    if not isinstance(url, str) or not url:
        raise UnusableError("the completed render has no address")
    visit.clip = await _clip(visit, visit.caller.public(url))
    told = visit.output.get("size")
    if told is not None:
        visit.compare("output.size", visit.clip.size, told)
    seconds = rules.number(visit.output.get("duration"))
    if seconds is not None and seconds <= 0:
        visit.critical("output.duration", f"is {seconds:g} s")


@checks.check(
    "download",
    "the download is the same file",
    "Endpoints 10",
    kind=Kind.COSTS,
    needs=("render-course",),
    limit=LONGEST,
)
async def download(visit: Visit) -> None:
    clip = await _clip(visit, visit.caller.opened("render_download", render=visit.render))
    if visit.clip is not None and clip.sha256 != visit.clip.sha256:
        visit.critical("", "is not the file that lies at output.url")


@checks.check(
    "export-free",
    "the export cost nothing",
    "Endpoints 5",
    kind=Kind.COSTS,
    needs=("charged", "render-course"),
)
async def export_free(visit: Visit) -> None:
    data = await visit.ask("credits")
    visit.compare("data.total", rules.number(data.get("total")), visit.after)


@checks.check(
    "cancel",
    "a waiting render can be cancelled",
    "Endpoints 9",
    kind=Kind.MOCK,
    needs=("draft",),
)
async def cancel(visit: Visit) -> None:
    ids = [_new_id() for _ in range(3)]  # one at a time: the last of them has to wait
    for one in ids:
        await visit.ask("render", body=_asked(visit, visit.draft, one))
    last = ids.pop()
    answer = await visit.caller.call("render_cancel", render=last)
    data = await visit.ask("render_status", render=last)
    if answer.code not in (0, None) and data.get("status") in ("completed", "failed"):
        raise DoesNotApplyError("the render had ended before it could be cancelled")
    visit.take(answer)
    if data.get("status") in ("pending", "processing", "completed"):
        visit.critical("status", f"is {data['status']} of a render that was cancelled")
    for one in ids:
        await visit.caller.call("render_cancel", render=one)


def _new_id() -> str:
    return f"render_{time.time_ns()}_{next(_numbers)}"


def _asked(visit: Visit, draft: dict[str, Any], render: str = "") -> dict[str, Any]:
    return {
        "id": render or _new_id(),
        "sessionId": visit.session,
        "draft": draft,
        "output": {"format": "mp4", "quality": "high"},
    }


async def _clip(visit: Visit, opened: AbstractAsyncContextManager[httpx.Response]) -> Clip:
    """The file that an answer brings, wherever it redirects to: there it is public. Raises
    UnusableError."""
    for _ in range(_REDIRECTS):
        async with opened as response:
            if response.next_request is None:
                visit.compare("status", response.status_code, 200)
                if response.status_code != 200:
                    raise UnusableError("there is no file")
                clip = await _taken(response, visit.caller)
                if not rules.is_mp4(clip.head):
                    visit.critical("", f"is no MP4: it begins with {clip.head!r}")
                if clip.type != "video/mp4":
                    visit.warning("content-type", f"is {clip.type or 'missing'}, not video/mp4")
                return clip
            url = str(response.next_request.url)
        opened = visit.caller.public(url)
    raise UnusableError(f"redirects more than {_REDIRECTS} times")


async def _taken(response: httpx.Response, caller: Caller) -> Clip:
    size, digest, head = 0, hashlib.sha256(), b""
    async for piece in response.aiter_bytes():
        digest.update(piece)
        size += len(piece)
        head += piece[: max(0, _HEAD - len(head))]
        if size > _LARGEST:
            raise UnusableError(f"the file is larger than {_LARGEST} bytes")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Clip(size, digest.hexdigest(), caller.hidden(head)[:16], kind)
