"""An answer on its way out: counted, and cut off where a fault says so."""

import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Protocol

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from mock_server.faults import Fault
from mock_server.journal import Entry
from mock_server.turns import Turn


class HangUp(Protocol):
    """Ends the connection under an answer: after what is written, or with a reset."""

    def __call__(self, *, reset: bool) -> None: ...


class CannotHangUpError(RuntimeError):
    """A fault wants the connection cut, but this server gives no hold of it."""


class Wire:
    """The `send` of one request. Its journal entry is complete before the last byte goes out, so
    that who has read the end of an answer finds it so."""

    def __init__(self, scope: Scope, send: Send, fault: Fault | None, entry: Entry) -> None:
        self._send = send
        self._hang_up: HangUp | None = scope.get("state", {}).get("hang_up")
        self._limit = fault.cut_after_bytes if fault else None
        self._reset = fault.reset if fault else False
        self._entry = entry
        self._begun = time.perf_counter()
        self._length: int | None = None
        self._text = False
        self.sent = 0
        self.cut = False

    async def __call__(self, message: Message) -> None:
        if self.cut:
            return
        if self._limit is not None:
            if self._limit == 0:
                self.hang_up()
                return
            body = message.get("body", b"")
            if self.sent + len(body) > self._limit:
                rest = body[: self._limit - self.sent]
                self._pass(rest)
                await self._send({"type": "http.response.body", "body": rest, "more_body": True})
                self.hang_up()
                return
        self._pass(message.get("body", b""))
        if message["type"] == "http.response.start":
            headers = Headers(raw=message.get("headers", []))
            length = headers.get("content-length")
            self._length = int(length) if length else None
            self._entry.status = message["status"]
            self._entry.type = headers.get("content-type", "")
            self._text = self._entry.type.startswith(("application/json", "text/"))
        elif not message.get("more_body", False) or self.sent == self._length:
            self.finish("complete")
        await self._send(message)

    def _pass(self, chunk: bytes) -> None:
        self.sent += len(chunk)
        if self._text:
            self._entry.tell(time.perf_counter() - self._begun, chunk)

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
        self._hang_up(reset=self._reset)


class EventStream:
    """A turn as a response. A client that leaves stops the turn; a cut by a fault need not.
    `check` is given every event before it goes out."""

    def __init__(
        self, turn: Turn, fault: Fault | None, check: Callable[[bytes], None] | None = None
    ) -> None:
        self._turn = turn
        self._check = check
        self._heartbeats = (fault.heartbeats_for or 0.0) if fault else 0.0
        self._limit = fault.cut_after_events if fault else None
        self._stop_work = fault.stop_work if fault else False
        self._complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with anyio.create_task_group() as tasks:

                async def watch() -> None:
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    cut = isinstance(send, Wire) and send.cut
                    if not self._complete and (self._stop_work or not cut):
                        tasks.cancel_scope.cancel()

                tasks.start_soon(watch)
                await self._write(send)
                tasks.cancel_scope.cancel()
        finally:
            self._turn.abandon()

    async def _write(self, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        headers.append((b"cache-control", b"no-cache"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        count = 0
        async with aclosing(self._turn.stream(heartbeats_for=self._heartbeats)) as events:
            async for event in events:
                if self._check is not None:
                    self._check(event)
                if count == self._limit and isinstance(send, Wire) and not send.cut:
                    send.hang_up()
                await send({"type": "http.response.body", "body": event, "more_body": True})
                count += 1
                if self._stop_work and isinstance(send, Wire) and send.cut:
                    return
        self._complete = True
        await send({"type": "http.response.body", "body": b"", "more_body": False})
