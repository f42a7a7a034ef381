"""With --json nothing but JSON lines comes on stderr, whatever libraries and native code have to say."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING

import pytest

from skill.cli.runner import caught
from skill.events import Detail, Event, Notice
from tests.skill.conftest import ROOT, start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server


def fail() -> None:
    raise ValueError("stray")


class Unraisable:
    def __del__(self) -> None:
        fail()


def in_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    "write",
    [
        lambda: warnings.warn("stray", RuntimeWarning, stacklevel=1),
        lambda: logging.getLogger("asyncio").warning("stray %d", 1),
        lambda: logging.getLogger("asyncio").error("", exc_info=ValueError("stray")),
        in_thread,
        Unraisable,
    ],
)
def test_what_nobody_asked_for_is_a_detail(
    write: Callable[[], object], capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[Event] = []
    with caught(told.append), warnings.catch_warnings():
        warnings.simplefilter("always")
        write()
    (event,) = told
    assert isinstance(event, Detail)
    assert "stray" in event.message
    assert capfd.readouterr().err == ""


def test_what_the_mock_has_to_say_is_a_notice_unless_it_was_told_already() -> None:
    told: list[Event] = []
    log = logging.getLogger("mock_server.render")
    with caught(told.append):
        log.warning("cut")
        log.warning("cut", extra={"told": True})
    assert told == [Notice("cut")]


def test_all_is_as_it_was_afterwards() -> None:
    def hooks() -> tuple[object, ...]:
        handlers = tuple(logging.getLogger().handlers)
        return sys.unraisablehook, threading.excepthook, warnings.showwarning, handlers

    before = hooks()
    with caught(lambda event: None):
        assert hooks() != before
    assert hooks() == before


class TestAProcess:
    def said(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """What the command line says after `program` has run in its process."""
        code = (
            f"import os, sys; sys.argv[0] = 'x'; {program}; from skill.__main__ import run; run()"
        )
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )

    NATIVE = (
        "import skill.cli.offline as c; "
        "c.COMMANDS['route'] = lambda k, *_, **__: "
        "(os.write(2, b'native'), k.tell(k.event), k.answer({}, []))"
        "; from skill.cli.console import Console; from skill.events import Notice; "
        "Console.event = Notice('ours')"
    )

    def test_what_native_code_writes_is_dropped(self) -> None:
        done = self.said(self.NATIVE, "route", "hi", "--json")
        assert done.returncode == 0, done.stderr
        assert [json.loads(line) for line in done.stderr.splitlines()] == [
            {"event": "notice", "message": "ours"}
        ]

    def test_without_json_it_is_left_alone(self) -> None:
        assert self.said(self.NATIVE, "route", "hi").stderr == "nativeours\n"

    def test_so_it_is_where_a_bug_is_looked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IMAGE_TO_VIDEO_DEBUG", "1")
        assert "native" in self.said(self.NATIVE, "route", "hi", "--json").stderr

    def test_a_poster_is_made_in_json_lines(self, server: Server, photos: list[Path]) -> None:
        made = photos[0].with_name("x.mp4")
        words = ("make", *photos, "-p", "1 second", "-o", made, "--poster", "--json", "--verbose")
        out, err = start(*words, read=True).communicate(timeout=120)
        assert json.loads(out)["ok"], out
        events = [json.loads(line) for line in err.splitlines()]
        assert {"stage", "progress", "detail"} <= {event["event"] for event in events}
