"""A job's steps leave the event loop to others; and whoever cancels one in the middle of a note finds
it made before what it is the note of is sent."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import skill.jobs.download
import skill.jobs.upload
from skill.jobs import worker
from skill.jobs.job import Job, Step
from skill.jobs.partial_file import PartialFile
from skill.jobs.store import Vault
from skill.jobs.studio import Studio
from skill.settings.config import Config
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

WORDS = ("-p", "a calm video, 3 seconds", "-o", "trip.mp4")


class Watch:
    """Notes which of some functions are called in an event loop while a job is at work."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.called: set[str] = set()
        self.in_the_loop: set[str] = set()
        self.at_work = False
        self.patch = monkeypatch
        steps = worker._run_steps

        async def run_steps(context: Any) -> None:
            self.at_work = True
            await steps(context)
            self.at_work = False

        monkeypatch.setattr(worker, "_run_steps", run_steps)

    def over(self, place: Any, *names: str) -> None:
        for name in names:
            self.patch.setattr(place, name, self.watched(name, getattr(place, name)))

    def watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.at_work:
                self.called.add(name)
                try:
                    asyncio.get_running_loop()
                except RuntimeError:
                    pass
                else:
                    self.in_the_loop.add(name)
            return real(*args, **kwargs)

        return call


def test_nothing_that_waits_for_the_disk_is_called_in_the_event_loop(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    watch.over(Vault, "save", "session", "keep_session", "token", "keep_token")
    watch.over(PartialFile, "begin", "write", "sync")
    watch.over(skill.jobs.upload, "sha256")
    watch.over(skill.jobs.download, "sha256", "probe")
    assert run("make", *photos, *WORDS).code == 0
    assert watch.called == {
        *("save", "session", "keep_session", "token", "keep_token"),
        *("begin", "write", "sync", "sha256", "probe"),
    }
    assert watch.in_the_loop == set()


def test_files_are_hashed_in_a_thread_before_there_is_a_job(
    server: Server, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    watch.over(hashlib, "file_digest")

    async def upload() -> None:
        async with Studio.open(Config.resolve()) as studio:
            watch.at_work = True
            await studio.upload(photos)

    anyio.run(upload)
    assert watch.called == {"file_digest"}
    assert watch.in_the_loop == set()


def stored(job_id: str) -> Job:
    with closing(Vault.open(Config.resolve().home)) as vault:
        return vault.job(job_id)


@pytest.mark.parametrize("native", [True, False], ids=["asyncio", "anyio"])
def test_a_message_that_is_cancelled_while_it_is_noted_counts_as_sent(
    server: Server,
    run: Callable[..., Ran],
    photos: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    native: bool,
) -> None:
    saving, cancelled = threading.Event(), threading.Event()
    saved: list[str] = []
    real = Vault.save

    def save(vault: Vault, job: Job, **more: Any) -> None:
        if job.step is Step.SENDING:
            saving.set()
            assert cancelled.wait(HANGS)
        real(vault, job, **more)
        if job.step is Step.SENDING:
            saved.append(job.id)

    async def make() -> None:
        async with Studio.open(Config.resolve()) as studio:
            await studio.make(photos, "a calm video, 3 seconds", output=Path("trip.mp4"))

    async def work() -> None:
        task = asyncio.create_task(make()) if native else None
        async with anyio.create_task_group() as tasks:
            if task is None:
                tasks.start_soon(make)
            await anyio.to_thread.run_sync(saving.wait)
            # Set while the task that is cancelled waits for its note, which blocks the loop.
            threading.Timer(0.05, cancelled.set).start()
            if task is None:
                tasks.cancel_scope.cancel()
            else:
                task.cancel()
        if task is not None:
            with pytest.raises(asyncio.CancelledError):
                await task

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "save", save)
        anyio.run(work)
    (job_id,) = saved
    assert stored(job_id).step is Step.SENDING
    sent = len(server.backend.journal.messages())
    assert run("resume", "--json").code in (0, 11)
    assert len(server.backend.journal.messages()) == sent <= 1
