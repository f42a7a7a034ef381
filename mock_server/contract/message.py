"""Checks of the one message that is sent: its stream, what came of it, and what it cost."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import httpx

from mock_server import openapi
from mock_server.contract import facts as rules
from mock_server.contract import picture, stream
from mock_server.contract.model import Catalogue, DoesNotApplyError, Kind, UnusableError
from mock_server.contract.project import NAME, latest
from mock_server.contract.stream import Heard
from mock_server.contract.target import MESSAGE_CREDITS

if TYPE_CHECKING:
    from mock_server.contract.context import Visit

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
async def message(visit: Visit) -> None:
    balance = await visit.ask("credits")
    available, visit.before = (rules.number(balance.get(key)) for key in ("available", "total"))
    if not visit.target.mock and (available is None or available < MESSAGE_CREDITS):
        raise DoesNotApplyError("there are not enough credits: {of}", f"{available or 0:g}")
    assert not visit.sent, "a message is never sent twice"
    visit.sent = True
    try:
        async with visit.caller.opened(
            "message", body=_message(visit.session), patience=WHOLE_TURN
        ) as response:
            kind = response.headers.get("content-type", "")
            visit.heard = heard = Heard(response.status_code, kind)
            await _listen(visit, heard, response)
    except httpx.HTTPError as error:
        if visit.heard is None:
            raise
        visit.heard.broke = f"{type(error).__name__}: {error}".rstrip(": ")
    heard.body = bytearray(visit.caller.hidden(bytes(heard.body)))
    visit.compare("status", heard.status, 200)
    if kind.partition(";")[0].strip().lower() != "text/event-stream":
        begins = heard.body[:120].decode("utf-8", "replace")
        visit.critical("content-type", f"is {kind!r}, not text/event-stream: {begins!r}")
        raise UnusableError("the answer is no stream")
    if heard.broke:
        visit.critical("", f"the stream did not close, it broke off: {heard.broke}")


async def _listen(visit: Visit, heard: Heard, response: httpx.Response) -> None:
    """Take the stream in, and see meanwhile what is held for it."""
    looks = 3
    async for piece in response.aiter_bytes():
        heard.body += piece
        if len(heard.body) > _LARGEST:
            heard.broke = f"it is larger than {_LARGEST} bytes"
            return
        if looks and not visit.held:
            looks -= 1
            answer = await visit.caller.call("credits")
            visit.held = rules.number(answer.data.get("frozen")) or 0.0


@checks.check(
    "stream-lines",
    "each line is data with JSON or nothing, or a comment",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_lines(visit: Visit) -> None:
    for place, said in stream.lines(_heard(visit)):
        visit.critical(place, said)


@checks.check(
    "stream-events",
    "each event is as the document has it",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_events(visit: Visit) -> None:
    schema = openapi.operations()["message"].event
    assert schema is not None
    for number, event in enumerate(_heard(visit).events):
        visit.hold(schema, event, under=f"event[{number}]")


@checks.check(
    "stream-dialect",
    "events and heartbeats are of known types, in one dialect",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_dialect(visit: Visit) -> None:
    for place, said in stream.kinds(_heard(visit)):
        visit.critical(place, said)


@checks.check(
    "stream-tools",
    "a tool's result follows its call",
    "The stream",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_tools(visit: Visit) -> None:
    for place, said in stream.tools(_heard(visit)):
        visit.critical(place, said)


@checks.check(
    "stream-whole",
    "partial pieces are followed by the whole",
    "The agent-kit dialect",
    kind=Kind.COSTS,
    needs=("message",),
)
async def stream_whole(visit: Visit) -> None:
    heard = _heard(visit)
    if heard.dialect != "adk":
        raise DoesNotApplyError("the stream is in the other dialect: {of}", str(heard.dialect))
    for place, said in stream.whole(heard):
        visit.critical(place, said)


@checks.check(
    "draft",
    "a draft came of it that can be exported",
    "The draft",
    kind=Kind.COSTS,
    needs=("message",),
    limit=300,
)
async def draft(visit: Visit) -> None:
    value = (await latest(visit)).get("draft")
    # After a cut the work may go on: it is looked at again, as the contract says. So is its price.
    for _ in range(_READS if _heard(visit).broke else 0):
        if isinstance(value, dict) and rules.ready(value):
            break
        await visit.target.sleep(visit.target.poll)
        value = (await latest(visit)).get("draft")
    if not isinstance(value, dict):
        raise UnusableError("there is no draft in the state")
    for place, said in rules.draft(value):
        visit.critical(f"data.state.draft.{place}", said)
    if not rules.ready(value):
        raise UnusableError("there is nothing in the draft")
    visit.draft = value


@checks.check(
    "charged",
    "the message is charged once, and nothing stays frozen",
    "Endpoints 5",
    kind=Kind.COSTS,
    needs=("message",),
    limit=300,
)
async def charged(visit: Visit) -> None:
    data = await visit.ask("credits")
    for _ in range(_READS if _heard(visit).broke else 0):
        if not data.get("frozen"):
            break
        await visit.target.sleep(visit.target.poll)
        data = await visit.ask("credits")
    for place, said in rules.balance(data):
        visit.critical(place, said)
    total = rules.number(data.get("total"))
    if visit.before is None or total is None:
        raise UnusableError("the balance is not told")
    visit.after = total
    fall, most = visit.before - total, visit.held or _DEAREST
    if fall > most:
        held = f"{visit.held:g} were held" if visit.held else f"a generation costs {most:g} at most"
        visit.critical("data.total", f"fell by {fall:g}: {held}")
    if data.get("frozen"):
        visit.warning("data.frozen", f"is {data['frozen']} after the stream has closed")


@checks.check("message-broke", "a message without credits is refused", "Codes 2001", kind=Kind.MOCK)
async def message_broke(visit: Visit) -> None:
    someone = await visit.someone(credits=0)
    made = await visit.ask("session", body={"task_name": NAME}, auth=someone)
    session = str(made.get("session_id"))
    sent = [("contract-check.png", picture.draw(0))]
    await visit.ask("upload", session=session, files=sent, auth=someone)
    await visit.refuse(2001, "message", body=_message(session), auth=someone)


@checks.check(
    "message-unknown", "a message to an unknown session is refused", "Codes 1002", kind=Kind.MOCK
)
async def message_unknown(visit: Visit) -> None:
    await visit.refuse(1002, "message", body=_message(uuid.uuid4().hex))


def _message(session: str) -> dict[str, object]:
    return {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": session,
        "new_message": {"parts": [{"text": WORDS}]},
    }


def _heard(visit: Visit) -> Heard:
    assert visit.heard is not None
    return visit.heard
