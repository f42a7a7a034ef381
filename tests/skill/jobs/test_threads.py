"""A note that is made in a thread is made, and has ended, whoever cancels the task meanwhile. A
thread wakes the event loop also where there are no sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest

from skill.jobs.threads import new_event_loop, run_blocking
from tests.waiting import HANGS


class Note:
    """A call that lasts until it is let go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.calls, self.ended = 0, False

    def __call__(self) -> str:
        self.calls += 1
        self.begun.set()
        assert self.go_on.wait(HANGS)
        self.ended = True
        return "noted"


def test_it_runs_beside_the_event_loop() -> None:
    note = Note()

    async def work() -> str:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(let_go_on, note)
            return await run_blocking(note)
        raise AssertionError

    assert anyio.run(work) == "noted"


async def let_go_on(note: Note) -> None:
    with anyio.CancelScope(shield=True):  # it may be cancelled before it has seen the beginning
        while not note.begun.is_set():
            await anyio.lowlevel.checkpoint()
        note.go_on.set()


def test_what_it_raises_is_raised() -> None:
    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    with pytest.raises(Died):
        anyio.run(run_blocking, die)


@pytest.mark.parametrize("early", [True, False], ids=["before it begins", "under way"])
def test_a_cancelled_scope_waits_for_it(early: bool) -> None:
    note, after = Note(), []

    async def work() -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(let_go_on, note)
                if early:
                    note.go_on.set()
                    scope.cancel()
                else:
                    tasks.start_soon(cancel, scope, note)
                after.append(await run_blocking(note))
                await anyio.lowlevel.checkpoint()
                after.append("not reached")

    anyio.run(work)
    assert (note.calls, note.ended, after) == (1, True, ["noted"])


async def cancel(scope: anyio.CancelScope, note: Note) -> None:
    while not note.begun.is_set():
        await anyio.lowlevel.checkpoint()
    scope.cancel()


@pytest.mark.parametrize("early", [True, False], ids=["before it begins", "under way"])
def test_a_task_that_asyncio_cancels_waits_for_it(early: bool) -> None:
    note = Note()

    async def work() -> None:
        task = asyncio.create_task(run_blocking(note))
        await asyncio.sleep(0)
        if not early:
            await asyncio.to_thread(note.begun.wait)
        task.cancel()
        threading.Timer(0.05, note.go_on.set).start()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert note.ended

    asyncio.run(work())
    assert note.calls == 1


class TestEventLoop:
    @pytest.fixture(params=["pair", "message"])
    def denied(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sandbox that denies a pair of sockets, or to send through one."""

        class Mute(socket.socket):
            def send(self, *_: object) -> int:
                raise PermissionError

        def pair() -> tuple[socket.socket, socket.socket]:
            if request.param == "pair":
                raise PermissionError
            return Mute(), Mute()

        monkeypatch.setattr(socket, "socketpair", pair)

    @pytest.mark.skipif(os.name != "posix", reason="there are pipes that can be waited for")
    @pytest.mark.usefixtures("denied")
    def test_it_is_woken_by_threads_and_signals(self) -> None:
        async def work() -> str:
            heard = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heard.set)
            os.kill(os.getpid(), signal.SIGUSR1)
            await heard.wait()
            return await asyncio.to_thread(lambda: "woken")

        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            assert runner.run(asyncio.wait_for(work(), HANGS)) == "woken"

    def test_elsewhere_it_is_that_of_asyncio(self) -> None:
        usual = asyncio.new_event_loop()
        loop = new_event_loop()
        assert type(loop) is type(usual)
        for made in (usual, loop):
            made.close()
