"""Checks of a draft's way to a file."""

from __future__ import annotations

import hashlib
import itertools
import time
from typing import TYPE_CHECKING, Any

from mock_server.contract import facts
from mock_server.contract.client import UnusableAnswerError
from mock_server.contract.facts import FetchedFile, RenderSnapshot
from mock_server.contract.model import Catalogue, DoesNotApplyError, Kind
from mock_server.contract.project import NAME
from mock_server.openapi import ATTRIBUTION

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import httpx

    from mock_server.contract.client import Client
    from mock_server.contract.context import Context

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
async def attribution(context: Context) -> None:
    body = _asked(context, context.draft or {"t": []})
    for without in (ATTRIBUTION, *((name,) for name in ATTRIBUTION)):
        await context.refuse(402, "render", body={**body, "id": _new_id()}, without=without)


@checks.check("export-plan", "an export on the free plan is refused", "Codes 402", kind=Kind.MOCK)
async def export_plan(context: Context) -> None:
    someone = await context.someone(plan="free")
    made = await context.ask("session", body={"task_name": NAME}, auth=someone)
    body = {**_asked(context, _ANY_DRAFT), "sessionId": str(made.get("session_id"))}
    await context.refuse(402, "render", body=body, auth=someone)


@checks.check("render-unknown", "an unknown render is refused", "Endpoints 8")
async def render_unknown(context: Context) -> None:
    await context.refuse(None, "render_status", render=_new_id())


@checks.check(
    "render",
    "a draft is taken, and its render is pending",
    "Endpoints 7",
    kind=Kind.COSTS,
    needs=("draft",),
)
async def render(context: Context) -> None:
    body = _asked(context, context.draft)
    context.render = str(body["id"])
    answer = await context.client.call("render", body=body)
    data = context.take(answer)
    context.shape = "wrapped" if "success" in answer.json else "bare"
    context.compare("id", data.get("id", context.render), context.render)
    context.compare("status", data.get("status"), "pending")
    context.snapshots.append(RenderSnapshot(data.get("status"), data.get("progress", 0)))


@checks.check(
    "render-again",
    "a render's id cannot be used again",
    "Endpoints 7",
    kind=Kind.COSTS,
    needs=("render",),
)
async def render_again(context: Context) -> None:
    await context.refuse(None, "render", body=_asked(context, context.draft, context.render))


@checks.check(
    "render-course",
    "it goes from pending to completed, and its progress never falls",
    "Endpoints 8",
    kind=Kind.COSTS,
    needs=("render",),
    limit=LONGEST,
)
async def render_course(context: Context) -> None:
    data: dict[str, Any] = {}
    while context.snapshots[-1].status not in facts.FINAL:
        if context.snapshots[-1].status not in ("pending", "processing"):
            break
        if len(context.snapshots) > 1:
            await context.target.sleep(context.target.poll)
        data = await context.ask("render_status", render=context.render)
        context.snapshots.append(
            RenderSnapshot(data.get("status"), data.get("progress", context.snapshots[-1].progress))
        )
    for place, said in facts.course(context.snapshots):
        context.critical(place, said)
    if context.snapshots[-1].status != "completed":
        context.critical(
            "status", f"came to {context.snapshots[-1].status!r}: {data.get('error', '')!r}"
        )
        raise UnusableAnswerError("there is no video")
    output = data.get("output")
    context.output = output if isinstance(output, dict) else {**data, "url": data.get("outputUrl")}


@checks.check(
    "output",
    "an MP4 lies at the address, for everybody",
    "Endpoints 8",
    kind=Kind.COSTS,
    needs=("render-course",),
    limit=LONGEST,
)
async def output(context: Context) -> None:
    url = context.output.get("url")
    if not isinstance(url, str) or not url:
        raise UnusableAnswerError("the completed render has no address")
    context.clip = await _clip(context, context.client.public(url))
    told = context.output.get("size")
    if told is not None:
        context.compare("output.size", context.clip.size, told)
    seconds = facts.number(context.output.get("duration"))
    if seconds is not None and seconds <= 0:
        context.critical("output.duration", f"is {seconds:g} s")


@checks.check(
    "download",
    "the download is the same file",
    "Endpoints 10",
    kind=Kind.COSTS,
    needs=("render-course",),
    limit=LONGEST,
)
async def download(context: Context) -> None:
    clip = await _clip(context, context.client.opened("render_download", render=context.render))
    if context.clip is not None and clip.sha256 != context.clip.sha256:
        context.critical("", "is not the file that lies at output.url")


@checks.check(
    "export-free",
    "the export cost nothing",
    "Endpoints 5",
    kind=Kind.COSTS,
    needs=("charged", "render-course"),
)
async def export_free(context: Context) -> None:
    data = await context.ask("credits")
    context.compare("data.total", facts.number(data.get("total")), context.after)


@checks.check(
    "cancel",
    "a waiting render can be cancelled",
    "Endpoints 9",
    kind=Kind.MOCK,
    needs=("draft",),
)
async def cancel(context: Context) -> None:
    ids = [_new_id() for _ in range(3)]  # one at a time: the last of them has to wait
    for one in ids:
        await context.ask("render", body=_asked(context, context.draft, one))
    last = ids.pop()
    answer = await context.client.call("render_cancel", render=last)
    data = await context.ask("render_status", render=last)
    if answer.code not in (0, None) and data.get("status") in ("completed", "failed"):
        raise DoesNotApplyError("the render had ended before it could be cancelled")
    context.take(answer)
    if data.get("status") in ("pending", "processing", "completed"):
        context.critical("status", f"is {data['status']} of a render that was cancelled")
    for one in ids:
        await context.client.call("render_cancel", render=one)


def _new_id() -> str:
    return f"render_{time.time_ns()}_{next(_numbers)}"


def _asked(context: Context, draft: dict[str, Any], render: str = "") -> dict[str, Any]:
    return {
        "id": render or _new_id(),
        "sessionId": context.session,
        "draft": draft,
        "output": {"format": "mp4", "quality": "high"},
    }


async def _clip(
    context: Context, opened: AbstractAsyncContextManager[httpx.Response]
) -> FetchedFile:
    """The file that an answer brings, wherever it redirects to: there it is public. Raises
    UnusableError."""
    for _ in range(_REDIRECTS):
        async with opened as response:
            if response.next_request is None:
                context.compare("status", response.status_code, 200)
                if response.status_code != 200:
                    raise UnusableAnswerError("there is no file")
                clip = await _taken(response, context.client)
                if not facts.is_mp4(clip.head):
                    context.critical("", f"is no MP4: it begins with {clip.head!r}")
                if clip.type != "video/mp4":
                    context.warning("content-type", f"is {clip.type or 'missing'}, not video/mp4")
                return clip
            url = str(response.next_request.url)
        opened = context.client.public(url)
    raise UnusableAnswerError(f"redirects more than {_REDIRECTS} times")


async def _taken(response: httpx.Response, client: Client) -> FetchedFile:
    size, digest, head = 0, hashlib.sha256(), b""
    async for piece in response.aiter_bytes():
        digest.update(piece)
        size += len(piece)
        head += piece[: max(0, _HEAD - len(head))]
        if size > _LARGEST:
            raise UnusableAnswerError(f"the file is larger than {_LARGEST} bytes")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return FetchedFile(size, digest.hexdigest(), client.hidden(head)[:16], kind)
