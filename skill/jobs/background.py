"""A job in a process of its own, that outlives the command which began it.

A dropped stream may stop the work at the backend, so where a host stops commands after some
seconds, somebody else has to hold it. What the process tells goes to a log beside the job,
from which whoever attaches tells it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from skill import interpreter
from skill.errors import InternalError
from skill.events import Event, from_json
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from skill.jobs.job import Job
    from skill.settings.config import Config

_START = 6.0  # s the process may take to be at work before it is left to itself
_GLANCE = 0.01  # s
_KEPT = 7 * 86_400.0  # s a log is kept


def log_of(home: Path, job_id: str) -> Path:
    """Where the process that works on a job writes what it does: an event in JSON a line."""
    return home / "jobs" / f"{job_id}.log"


def start(job: Job, config: Config, options: Sequence[str]) -> Path:
    """Hand a job that is written down to a process of its own, in a new session; returns its
    log once it is at work. `options` are the global ones it needs, beside those of `config`.

    Raises InternalError where it ended at once; the job is then as it was.
    """
    log = log_of(config.home, job.id)
    log.parent.mkdir(mode=0o700, exist_ok=True)
    _forget_old(log.parent)
    words = [
        "--json",
        f"--home={config.home}",
        f"--skill={config.manifest.path.parent}",
        f"--pace={config.pace}",  # also where it is 1: the environment may say otherwise
        *(("--local",) if config.local else ()),
        *options,
        *("resume", job.id, "--detached"),
    ]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    descriptor = os.open(log, flags, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            interpreter.command("from skill.__main__ import run; run()", *words),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=config.home,
            start_new_session=True,
            creationflags=_DETACHED,
        )
        until = time.monotonic() + _START
        reader = LogReader(log)
        while not reader.read() and time.monotonic() < until:
            if process.poll() is not None:
                break
            time.sleep(_GLANCE)
    finally:
        os.close(descriptor)
    if process.poll():
        raise InternalError(
            say(
                "The background process ended at once (exit code {code}).",
                code=process.returncode,
            ),
            hint=say("See {log}, or go on here:", log=log),
            job=job.id,
        )
    process.returncode = 0  # nobody waits for it: it is its own
    return log


_DETACHED = (
    subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined,unused-ignore]
    if sys.platform == "win32"
    else 0
)


def _forget_old(folder: Path) -> None:
    for log in folder.glob("*.log"):
        with suppress(OSError):
            if time.time() - log.stat().st_mtime > _KEPT:
                log.unlink()


class LogReader:
    """What is new in a log at each look, from the beginning of the run."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = 0

    def read(self) -> list[Event]:
        """The events in the lines that have been completed since."""
        try:
            with self._log.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._at:
                    self._at = 0  # another run has begun it anew
                file.seek(self._at)
                piece = file.read()
        except OSError:
            return []
        whole = piece[: piece.rfind(b"\n") + 1]
        self._at += len(whole)
        return [event for line in whole.splitlines() if (event := _event(line)) is not None]


def _event(line: bytes) -> Event | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return from_json(value) if isinstance(value, dict) else None
