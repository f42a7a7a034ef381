"""One message and its answer: the stream read as it comes, in words for the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from skill.api.agent_events import AgentEvent, StreamFailure, agent_events
from skill.api.sse import Data, Decoder, Dropped, ServerEvent
from skill.api.turn import End, Remark, Say, SignOfLife, StillWorking, Turn, TurnEvent
from skill.errors import SkillError, UsageError
from skill.events import Detail, Notice, Tell, Words
from skill.i18n import say
from skill.sanitize import clean
from skill.screentalk import GuiAction, Translator
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from anyio.streams.memory import MemoryObjectSendStream

    from skill.jobs.connection import Connection


_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_LONGEST_WORD = 100


@dataclass(frozen=True)
class Answer:
    """How a message was answered. `text` is translated and cleaned and may be empty."""

    end: End
    text: str
    actions: tuple[GuiAction, ...]
    failure: StreamFailure | None


class _Opened:
    """The stream has begun: from here on the message is known to have arrived."""


async def converse(
    connection: Connection,
    session_id: str,
    message: str,
    about_to_send: Callable[[], Awaitable[None]],
) -> Answer:
    """Send the message, once, and listen until the turn ends.

    `about_to_send` is awaited when the connection stands and the words go out with the next
    byte: what fails before it was not sent. Raises only where the message was refused, where this
    machine failed, or where no stream began: after `about_to_send` a NetworkError then means that it
    may have arrived all the same.
    """
    clock, timing = connection.clock, connection.timing
    send, receive = anyio.create_memory_object_stream[_Opened | bytes | SkillError](16)
    turn = Turn(timing, clock.now())
    speaker = _Speaker(connection.tell)
    decoder = Decoder()
    refused: SkillError | None = None
    opened = False
    async with anyio.create_task_group() as tasks, receive:
        tasks.start_soon(_pump, connection, session_id, message, about_to_send, send)
        while turn.end is None:
            item: _Opened | bytes | SkillError | None = None
            with anyio.move_on_after(max(0.0, clock.real(turn.next_tick - clock.now()))):
                try:
                    item = await receive.receive()
                except anyio.EndOfStream:
                    _finish(decoder, turn, speaker, clock.now())
                    break
            now = clock.now()
            match item:
                case bytes():
                    for server_event in decoder.feed(item):
                        for event in _events(server_event):
                            speaker.say(turn.receive(event, now))
                case SkillError():
                    if not opened or isinstance(item, UsageError):
                        refused = item
                        break
                    connection.tell(Detail(item.message))
                    speaker.say(turn.cut(now))
                case _Opened():
                    opened = True
                case None:
                    speaker.say(turn.tick(now))
        tasks.cancel_scope.cancel()
    if refused is not None:
        raise refused
    assert turn.end is not None
    text, actions = speaker.finish()
    return Answer(turn.end, text, actions, turn.failure)


async def _pump(
    connection: Connection,
    session_id: str,
    message: str,
    about_to_send: Callable[[], Awaitable[None]],
    send: MemoryObjectSendStream[_Opened | bytes | SkillError],
) -> None:
    timing = connection.timing
    dead = connection.clock.real(timing.limits.heartbeats_only + timing.sign_of_life)
    async with send:
        try:
            async with connection.client.send_message(
                session_id, message, about_to_send, read_timeout=dead
            ) as pieces:
                await send.send(_Opened())
                async for piece in pieces:
                    await send.send(piece)
        except SkillError as error:
            await send.send(error)


def _finish(decoder: Decoder, turn: Turn, speaker: _Speaker, now: float) -> None:
    cut = False
    for server_event in decoder.close():
        cut = cut or isinstance(server_event, Dropped)
        if isinstance(server_event, Data):
            for event in _events(server_event):
                speaker.say(turn.receive(event, now))
    speaker.say(turn.cut(now) if cut else turn.close(now))


def _events(server_event: ServerEvent) -> list[AgentEvent]:
    """What is in it, without the token: nothing of what comes after has to think of it."""
    if isinstance(server_event, Data):
        server_event = Data(hide(server_event.text))
    return agent_events(server_event)


class _Speaker:
    """A turn's notices → reports; the backend's GUI talk translated on the way."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._translator = Translator()
        self._text: list[str] = []
        self._held = ""  # a word too long for one, whose end is still to come

    def say(self, notices: Iterable[TurnEvent]) -> None:
        for notice in notices:
            match notice:
                case Say(text):
                    self._show(self._translator.feed(text))
                case StillWorking():
                    self._tell(Notice(say("⏳ Still working...")))
                case SignOfLife(elapsed):
                    self._tell(
                        Notice(say("Waiting for the backend ({elapsed:.0f} s).", elapsed=elapsed))
                    )
                case Remark(text):
                    self._tell(Detail(clean(text, 200)))

    def finish(self) -> tuple[str, tuple[GuiAction, ...]]:
        translation = self._translator.close()
        self._show(translation.text, last=True)
        return "".join(self._text).strip(), translation.actions

    def _show(self, text: str, *, last: bool = False) -> None:
        text = clean(self._held + text)
        word = "" if last else text[len(text.rstrip(_VISIBLE)) :]
        # Long texts come in pieces: a token must not be told in two halves.
        self._held = word if len(word) > _LONGEST_WORD else ""
        text = text.removesuffix(self._held)
        if text:
            self._text.append(text)
            self._tell(Words(text))
