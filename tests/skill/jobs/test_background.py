"""A job in a process of its own: handed over at once, followed, taken over, given up."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skill.events import Notice, Progress
from skill.jobs.background import LogReader, log_of
from skill.jobs.store import Vault
from skill.settings.config import Config
from tests.skill.conftest import start
from tests.waiting import HANGS, until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from mock_server import Server
    from tests.skill.conftest import Ran


@pytest.fixture
def answer(server: Server, run: Callable[..., Ran]) -> Callable[..., Any]:
    """What a command answers to --json, and its exit code under `exit`."""

    def ask(*words: object) -> Any:
        process = start(*words, "--json", read=True)
        out, err = process.communicate(timeout=HANGS)
        return {**json.loads(out), "exit": process.returncode, "events": err.splitlines()}

    return ask


@contextmanager
def held_up(server: Server) -> Iterator[None]:
    """The backend answers a message with heartbeats until this ends."""
    server.backend.configure(pace=1.0)
    server.backend.fail("message", heartbeats_for=60)
    yield
    server.backend.configure(pace=0.0)


def until_seen(true: Callable[[], object], *processes: subprocess.Popen[str]) -> None:
    """Wait until something is so, while the processes that are to bring it about run."""

    def seen() -> object:
        assert all(process.poll() is None for process in processes)
        return true()

    until(seen)


def worker_of(log: str) -> int:
    """The process that works on a job, as its log has it."""
    found = re.search(r"in the background \(process (\d+)\)", Path(log).read_text())
    assert found is not None
    return int(found[1])


def test_make_returns_with_a_job_and_resume_waits_for_it(
    server: Server, answer: Callable[..., Any], photos: list[Path], clip: bytes
) -> None:
    handed = answer("make", *photos, "-o", "trip.mp4", "--no-wait")
    assert (handed["ok"], handed["exit"]) == (True, 0)
    job = handed["data"]["job"]
    assert handed["next"] == [f"image-to-video resume {job}"]
    resumed = answer("resume", job)
    assert resumed["exit"] == 0
    assert resumed["data"]["file"] == str(Path.cwd() / "trip.mp4")
    assert Path("trip.mp4").read_bytes() == clip
    assert len(server.backend.journal.messages()) == 1
    log = Path(handed["data"]["log"])
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_who_attaches_is_told_what_the_process_tells(
    server: Server,
    answer: Callable[..., Any],
    photos: list[Path],
) -> None:
    with held_up(server):
        job = answer("make", *photos, "-o", "trip.mp4", "--no-wait", "--pace", "1")["data"]["job"]
        until_seen(server.backend.journal.messages)
        attached = start("resume", job, read=True)
        assert attached.stderr is not None
        told = [attached.stderr.readline().strip() for _ in range(2)]
        assert told[0] == f"{job} is being worked on by another process; waiting for it."
        assert told[1].startswith(f"Working on {job} in the background")
        assert [at["working"] for at in answer("jobs")["data"]["jobs"]] == [True]
        # A host that stops the waiting does not stop the work.
        attached.send_signal(signal.SIGTERM)
        attached.communicate(timeout=HANGS)
        assert attached.returncode == 143
        assert [at["working"] for at in answer("jobs")["data"]["jobs"]] == [True]
        assert answer("cancel", job)["exit"] == 0


@pytest.mark.skipif(os.name != "posix", reason="sessions and kill -9")
def test_a_process_that_was_killed_is_taken_over_from(
    server: Server,
    answer: Callable[..., Any],
    photos: list[Path],
    clip: bytes,
) -> None:
    server.backend.configure(pace=1.0)
    server.backend.fail("file", delay=60)
    handed = answer("make", *photos, "-o", "trip.mp4", "--no-wait")["data"]
    until_seen(lambda: server.backend.journal.calls("file"))
    worker = worker_of(handed["log"])
    assert os.getsid(worker) == worker  # what ends the session we are in does not end it
    attached = start("resume", handed["job"], "--json", read=True)
    assert attached.stderr is not None
    assert "another process" in attached.stderr.readline()
    os.kill(worker, signal.SIGKILL)
    out, _ = attached.communicate(timeout=HANGS)
    assert json.loads(out)["data"]["file"] == str(Path.cwd() / "trip.mp4")
    assert Path("trip.mp4").read_bytes() == clip
    assert len(server.backend.journal.messages()) == 1
    assert len(server.backend.journal.calls("render")) == 1


def test_why_it_failed_is_told_to_who_attaches_and_to_who_comes_later(
    server: Server, answer: Callable[..., Any], photos: list[Path]
) -> None:
    server.backend.fail("upload", code=4001)
    job = answer("make", *photos, "--no-wait")["data"]["job"]
    for _ in range(2):
        resumed = answer("resume", job)
        assert (resumed["exit"], resumed["error"]["code"]) == (6, "file_refused")
    assert server.backend.journal.messages() == []


def test_a_job_that_needs_credits_waits_for_them(
    server: Server, answer: Callable[..., Any], photos: list[Path]
) -> None:
    server.backend.fail("message", code=2001, times=2)
    job = answer("make", *photos, "-o", "trip.mp4", "--no-wait")["data"]["job"]
    assert answer("resume", job)["error"]["code"] == "no_credits"
    while answer("resume", job)["exit"] != 0:  # the first may have met the process at work
        pass
    assert Path("trip.mp4").exists()


def test_who_waits_is_told_the_free_command_too(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.configure(pace=0.01)
    server.backend.fail("message", code=2001, delay=30, times=None)
    job = run("make", *photos, "-o", "trip.mp4", "--no-wait", "--json").answer["data"]["job"]
    waited = run("resume", job, "--json")
    assert waited.code == 5
    assert [command.split()[1:3] for command in waited.answer["next"]] == [
        ["resume", job],
        ["make", "--local"],
    ]


@pytest.mark.parametrize("background", [True, False])
def test_cancel_stops_whoever_works_on_it(
    server: Server,
    answer: Callable[..., Any],
    photos: list[Path],
    background: bool,
) -> None:
    with held_up(server):
        more = ("--no-wait",) if background else ()
        worker = start("make", *photos, "-o", "trip.mp4", "--pace", "1", *more, read=True)
        until_seen(server.backend.journal.messages, *(() if background else (worker,)))
        cancelled = answer("cancel")
        assert (cancelled["exit"], cancelled["data"]["step"]) == (0, "cancelled")
        worker.communicate(timeout=HANGS)
        assert worker.returncode == (0 if background else 143)
    assert answer("jobs")["data"]["jobs"] == []
    assert not Path("trip.mp4").exists()


def test_a_request_to_stop_that_came_too_late_stops_nobody_else(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("message", code=2001)
    run("make", *photos, "-o", "trip.mp4")
    vault = Vault.open(Config.resolve().home)
    (job,) = vault.unfinished()
    request = vault.stop_request(job)
    request.touch()
    assert run("resume").code == 0
    assert not request.exists()
    vault.close()


def test_chat_and_export_can_be_left_to_the_background_too(
    server: Server, answer: Callable[..., Any], photos: list[Path], clip: bytes
) -> None:
    assert answer("upload", *photos)["exit"] == 0
    said = answer("chat", "turn my photos into a video", "--no-wait")["data"]["job"]
    assert answer("resume", said)["data"]["text"]
    job = answer("export", "-o", "trip.mp4", "--no-wait")["data"]["job"]
    assert answer("resume", job)["data"]["file"] == str(Path.cwd() / "trip.mp4")
    assert Path("trip.mp4").read_bytes() == clip


def test_a_wrong_word_is_told_at_once_and_leaves_nothing_behind(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    ran = run("make", *photos, "-o", "trip.txt", "--no-wait", "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert run("make", *photos, "--no-wait", "--max-credits", "1").code == 2
    assert run("export", "--no-wait").code == 4
    assert run("jobs").out == "Nothing is unfinished.\n"


class TestLogReader:
    def test_lines_are_read_once_and_whole(self, tmp_path: Path) -> None:
        log = log_of(tmp_path, "job_1")
        reader = LogReader(log)
        assert reader.read() == []
        log.parent.mkdir()
        log.write_text('{"event":"notice","message":"a"}\nnot json\n[1]\n{"event":"no')
        assert reader.read() == [Notice("a")]
        with log.open("a") as file:
            file.write('tice","message":"b"}\n{"event":"none"}\n{"event":"notice","x":1}\n')
        assert reader.read() == [Notice("b")]
        assert reader.read() == []

    def test_a_new_run_is_read_from_its_beginning(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        reader = LogReader(log)
        log.write_text('{"event":"notice","message":"the run before"}\n' * 9)
        reader.read()
        log.write_text('{"event":"progress","stage":"render","progress":1}\n')
        assert reader.read() == [Progress("render", 1)]
