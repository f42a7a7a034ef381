"""Checks of the one message that is sent: its stream, what came of it, and what it cost."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import httpx

from mock_server import openapi
from mock_server.contract import facts, stream
from mock_server.contract.client import UnusableAnswerError
from mock_server.contract.model import Catalogue, DoesNotApplyError, Kind
from mock_server.contract.project import NAME, draw_picture, latest
from mock_server.contract.stream import Heard
from mock_server.contract.target import MESSAGE_CREDITS

if TYPE_CHECKING:
    from mock_server.contract.context import Context

checks = Catalogue()
WORDS = "Turn these pictures into a 1 second video in 480p, without music."
WHOLE_TURN = 900.0
"""Seconds a stream may take."""
_READS = 5
_LARGEST = 64 * 1024 * 1024
_DEAREST = 1.5 * MESSAGE_CREDITS
"""Credits that still are "about 100"."""


@checks.check(
    "message",
    "a message is answered by a stream, which closes",
    "Endpoints 3",
    kind=Kind.COSTS,
    needs=("upload",),
    limit=WHOLE_TURN + 60,
)
async def message(context: Context) -> None:
    balance = await context.ask("credits")
    available, context.before = (facts.number(balance.get(key)) for key in ("available", "total"))
    if not context.target.mock and (available is None or available < MESSAGE_CREDITS):
        raise DoesNotApplyError("there are not enough credits: {of}", f"{available or 0:g}")
    assert not context.sent, "a message is never sent twice"
    context.sent = True
    try:
        async with context.client.opened(
            "message", body=_message(context.session), patience=WHOLE_TURN
        ) as response:
            kind = response.headers.get("content-type", "")
            context.heard = heard = Heard(response.status_code, kind)
            await _listen(context, heard, response)
    except httpx.HTTPError as error:
        if context.heard is None:
            raise
        context.heard.broke = f"{type(error).__name__}: {error}".rstrip(": ")
    heard.body = bytearray(context.client.hidden(bytes(heard.body)))
    context.compare("status", heard.status, 200)
    if kind.partition(";")[0].strip().lower() != "text/event-stream":
        begins = heard.body[:120].decode("utf-8", "replace")
        context.critical("content-type", f"is {kind!r}, not text/event-stream: {begins!r}")
        raise UnusableAnswerError("the answer is no stream")
    if heard.broke:
        context.critical("", f"the stream did not close, it broke off: {heard.broke}")


async def _listen(context: Context, heard: Heard, response: httpx.Response) -> None:
    """Take the stream in, and see meanwhile what is held for it."""
    looks = 3
    async for piece in response.aiter_bytes():
        heard.body += piece
        if len(heard.body) > _LARGEST:
            heard.broke = f"it is larger than {_LARGEST} bytes"
            return
        if looks and not context.held:
            looks -= 1
            answer = await context.client.call("credits")
            context.held = facts.number(answer.data.get("frozen")) or 0.0


@checks.check(
    "stream-lines",
    "each line is data with JSON or nothing, or a comment",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_lines(context: Context) -> None:
    for place, said in stream.lines(_heard(context)):
        context.critical(place, said)


@checks.check(
    "stream-events",
    "each event is as the document has it",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_events(context: Context) -> None:
    schema = openapi.operations()["message"].event
    assert schema is not None
    for number, event in enumerate(_heard(context).events):
        context.hold(schema, event, under=f"event[{number}]")


@checks.check(
    "stream-dialect",
    "events and heartbeats are of known types, in one dialect",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_dialect(context: Context) -> None:
    for place, said in stream.kinds(_heard(context)):
        context.critical(place, said)


@checks.check(
    "stream-tools",
    "a tool's result follows its call",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_tools(context: Context) -> None:
    for place, said in stream.tools(_heard(context)):
        context.critical(place, said)


@checks.check(
    "stream-whole",
    "partial pieces are followed by the whole",
    "The agent-kit dialect",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_whole(context: Context) -> None:
    heard = _heard(context)
    if heard.dialect != "adk":
        raise DoesNotApplyError("the stream is in the other dialect: {of}", str(heard.dialect))
    for place, said in stream.whole(heard):
        context.critical(place, said)


@checks.check(
    "draft",
    "a draft came of it that can be exported",
    "The draft",
    kind=Kind.COSTS,
    needs=("message",),
    limit=300,
)
async def draft(context: Context) -> None:
    value = (await latest(context)).get("draft")
    # After a cut the work may go on: it is looked at again, as the contract says. So is its price.
    for _ in range(_READS if _heard(context).broke else 0):
        if isinstance(value, dict) and facts.ready(value):
            break
        await context.target.sleep(context.target.poll)
        value = (await latest(context)).get("draft")
    if not isinstance(value, dict):
        raise UnusableAnswerError("there is no draft in the state")
    for place, said in facts.draft(value):
        context.critical(f"data.state.draft.{place}", said)
    if not facts.ready(value):
        raise UnusableAnswerError("there is nothing in the draft")
    context.draft = value


@checks.check(
    "charged",
    "the message is charged once, and nothing stays frozen",
    "Endpoints 5",
    kind=Kind.COSTS,
    needs=("message",),
    limit=300,
)
async def charged(context: Context) -> None:
    data = await context.ask("credits")
    for _ in range(_READS if _heard(context).broke else 0):
        if not data.get("frozen"):
            break
        await context.target.sleep(context.target.poll)
        data = await context.ask("credits")
    for place, said in facts.balance(data):
        context.critical(place, said)
    total = facts.number(data.get("total"))
    if context.before is None or total is None:
        raise UnusableAnswerError("the balance is not told")
    context.after = total
    fall, most = context.before - total, context.held or _DEAREST
    if fall > most:
        held = (
            f"{context.held:g} were held"
            if context.held
            else f"a generation costs {most:g} at most"
        )
        context.critical("data.total", f"fell by {fall:g}: {held}")
    if data.get("frozen"):
        context.warning("data.frozen", f"is {data['frozen']} after the stream has closed")


@checks.check("message-broke", "a message without credits is refused", "Codes 2001", kind=Kind.MOCK)
async def message_broke(context: Context) -> None:
    someone = await context.someone(credits=0)
    made = await context.ask("session", body={"task_name": NAME}, auth=someone)
    session = str(made.get("session_id"))
    sent = [("contract-check.png", draw_picture(0))]
    await context.ask("upload", session=session, files=sent, auth=someone)
    await context.refuse(2001, "message", body=_message(session), auth=someone)


@checks.check(
    "message-unknown", "a message to an unknown session is refused", "Codes 1002", kind=Kind.MOCK
)
async def message_unknown(context: Context) -> None:
    await context.refuse(1002, "message", body=_message(uuid.uuid4().hex))


def _message(session: str) -> dict[str, object]:
    return {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": session,
        "new_message": {"parts": [{"text": WORDS}]},
    }


def _heard(context: Context) -> Heard:
    assert context.heard is not None
    return context.heard
