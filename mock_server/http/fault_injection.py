"""An answer on its way out: counted, and hindered where a fault says so."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from itertools import cycle
from typing import Protocol

import anyio
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from mock_server.backend.turn import Turn
from mock_server.faults import Fault
from mock_server.faults.effects import ConnectionFault
from mock_server.journal import Entry

JUNK = (
    b": a comment\n\n",
    b"data:\n\n",
    b"data: {oops\n\n",
    b"event: ping\nid: 7\nretry: 10\n\n",
    b'data: {"type": "weather", "sky": "blue"}\n\n',
    b"data: [1, 2]\n\n",
    b"nonsense\n\n",
)
CRUMBS = 10
"""How many crumbs a second an answer that drips comes in."""


class HangUp(Protocol):
    """Ends the connection under an answer: after what is written, or with a reset."""

    def __call__(self, *, reset: bool) -> None: ...


class CannotHangUpError(RuntimeError):
    """A fault wants the connection cut, but this server gives no hold of it."""


class Wire:
    """The `send` of one request. Its journal entry is complete before the last byte goes out, so
    that who has read the end of an answer finds it so. `pause` lets seconds go by."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        entry: Entry,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._receive = receive
        self._send = send
        self._pause = pause
        self._hang_up: HangUp | None = scope.get("state", {}).get("hang_up")
        self._entry = entry
        self._begun = time.perf_counter()
        self._length: int | None = None
        self._text = False
        self._fault: Fault | None = None
        self.cut_at: int | None = None
        self.stall_at: int | None = None
        """At which byte of the body it is cut, and at which it stalls."""
        self.sent = 0
        self.cut = False
        self._left = False

    def arm(self, fault: Fault) -> None:
        """Let a fault hinder the answer."""
        self._fault = fault
        connection = fault.connection
        self.cut_at = connection.cut_after_bytes
        self.stall_at = connection.stall_after_bytes
        stalls = connection.stall is not None and connection.stall_after_events is None
        if stalls and self.stall_at is None:
            self.stall_at = 0

    async def __call__(self, message: Message) -> None:
        if self.cut or self._left:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        fault = self._fault
        if fault is not None and fault.answer.truncate_after_bytes is not None:
            body = body[: max(0, fault.answer.truncate_after_bytes - self.sent)]
        if self._text:
            # In one piece, also if it goes out in crumbs: half a secret is not known for one.
            cut = None if self.cut_at is None else max(0, self.cut_at - self.sent)
            self._entry.tell(time.perf_counter() - self._begun, body[:cut])
        if fault is not None:
            body = await self._hinder(fault.connection, body)
        if not (self.cut or self._left):
            await self._pass(body, more=more)

    async def _start(self, message: Message) -> None:
        if self.cut_at == 0:
            self.hang_up()
            return
        headers = MutableHeaders(raw=list(message["headers"]))
        length = headers.get("content-length")
        self._length = int(length) if length else None
        if self._fault is not None:
            headers.update(self._fault.answer.headers)
            short = self._fault.answer.truncate_after_bytes
            if short is not None and self._length is not None:
                self._length = min(short, self._length)
                headers["content-length"] = str(self._length)
        self._entry.status = message["status"]
        self._entry.first_byte = time.perf_counter() - self._begun
        self._entry.type = headers.get("content-type", "")
        self._text = self._entry.type.startswith(("application/json", "text/"))
        await self._send({**message, "headers": headers.raw})

    async def _hinder(self, fault: ConnectionFault, body: bytes) -> bytes:
        """Send a body as the fault lets it out; what is left may go as it is."""
        crumb = max(1, int(fault.drip / CRUMBS)) if fault.drip is not None else None
        while body:
            if self.sent == self.cut_at:
                self.hang_up()
                return b""
            if self.sent == self.stall_at:
                self.stall_at = None
                await self._stall(fault)
            if self._left:
                return b""
            room = [place - self.sent for place in (self.cut_at, self.stall_at) if place]
            size = min([ahead for ahead in room if ahead > 0] + ([crumb] if crumb else [len(body)]))
            if size >= len(body) and crumb is None:
                break
            part, body = body[:size], body[size:]
            if fault.drip is not None:
                await self._pause(len(part) / fault.drip)
            await self._pass(part, more=True)
        return body

    async def _stall(self, fault: ConnectionFault) -> None:
        """Nothing for as long as the fault says, or until the client leaves."""
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                while (await self._receive())["type"] != "http.disconnect":
                    pass
                self._left = True
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            if isinstance(fault.stall, str):
                await anyio.sleep_forever()
            else:
                await self._pause(fault.stall or 0.0)
            tasks.cancel_scope.cancel()

    async def _pass(self, body: bytes, *, more: bool) -> None:
        self.sent += len(body)
        if not more or self.sent == self._length:
            self.finish("complete")
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def finish(self, ended: str) -> None:
        """Tell the journal how the answer ended. Only the first word on it counts."""
        if self._entry.ended is None:
            self._entry.sent = self.sent
            self._entry.duration = time.perf_counter() - self._begun
            self._entry.ended = ended
            self._entry.touch()

    def hang_up(self) -> None:
        """Cut the connection; whatever is sent afterwards goes nowhere."""
        self.cut = True
        self.finish("cut")
        if self._hang_up is None:
            raise CannotHangUpError("cutting a connection needs mock_server.Server")
        self._hang_up(reset=self._fault is not None and self._fault.connection.reset)


class EventStream:
    """A turn as a response. A client that leaves stops the turn; a cut by a fault need not.
    `check` is given every event before it goes out."""

    def __init__(
        self, turn: Turn, fault: Fault | None, check: Callable[[bytes], None] | None = None
    ) -> None:
        self._turn = turn
        self._check = check
        fault = fault or Fault("message")
        self._connection, self._stream = fault.connection, fault.stream
        self._complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert isinstance(send, Wire)
        try:
            async with anyio.create_task_group() as tasks:

                async def watch() -> None:
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    if not self._complete and (self._connection.stop_work or not send.cut):
                        tasks.cancel_scope.cancel()

                tasks.start_soon(watch)
                await self._write(send)
                tasks.cancel_scope.cancel()
        finally:
            self._turn.abandon()

    async def _write(self, send: Wire) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        headers.append((b"cache-control", b"no-cache"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        fault, junk, count = self._connection, cycle(JUNK), 0
        async with aclosing(self._turn.stream()) as events:
            async for event in events:
                if self._check is not None:
                    self._check(event)
                place = send.sent + (len(event) // 2 if fault.mid_event else 0)
                if count == fault.cut_after_events:
                    send.cut_at = place
                if count == fault.stall_after_events:
                    send.stall_at = place
                beside = [event] * self._stream.duplicate + [next(junk)] * self._stream.junk
                for part in (event, *beside):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                count += 1
                if fault.stop_work and send.cut:
                    return
        self._complete = True
        await send({"type": "http.response.body", "body": b"", "more_body": False})
