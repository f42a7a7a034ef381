"""A whole session as a person sees it: docs/session.md is what stays on an 80-column terminal."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skill.cli.main import main
from tests.skill.terminal import Terminal, seen

if TYPE_CHECKING:
    from mock_server import Server

PAGE = Path(__file__).parents[3] / "docs" / "session.md"
SILENT, FAILING = "silent", "failing"
# What is done, in order; a word before it says what the backend does at it.
SESSIONS = {
    "English": (
        ("", "make cat.png cup.jpg sky.png -p 'make something nice' -o trip.mp4"),
        ("", "chat 'add the title \"Our trip\"'"),
        (SILENT, "chat 'make the music quieter'"),
        (FAILING, "chat 'use my voice as the music'"),
        ("", "chat 'make it 12 seconds'"),
        ("", "credits"),
        ("", "export -o trip-2.mp4"),
    ),
    "Chinese": (
        ("", "make cat.png cup.jpg sky.png -p '用我的照片做一段安静的视频' -o lvxing.mp4"),
        ("", "chat '加上标题“我们的旅行”'"),
        (SILENT, "chat '音乐小声一点'"),
        (FAILING, "chat '用我的声音做音乐'"),
        ("", "chat '改成12秒'"),
        ("", "credits"),
        ("", "export -o lvxing-2.mp4"),
    ),
}


def _screen(terminal: Terminal) -> str:
    text = terminal.getvalue().replace(str(Path.cwd()), "/home/me")
    text = re.sub(r"job_[0-9a-f]{10}", "job_0123456789", text)
    # How long it took is the machine's own.
    text = re.sub(r"(?:Waiting for|正在等待|⏳).*\n", "", text)
    lines = seen(re.sub(r"\d+:\d\d\b(?=\r|\n|$)", "0:00", text), terminal.columns)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", SESSIONS)
def test_the_page_shows_what_a_person_sees(
    language: str,
    server: Server,
    photos: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    failing = json.dumps({"type": "error", "content": "the music service is down"})
    faults: dict[str, dict[str, Any]] = {
        SILENT: {"silent": True},
        FAILING: {
            "status": 200,
            "body": f"data: {failing}\n\n",
            "headers": {"content-type": "text/event-stream"},
        },
    }
    monkeypatch.chdir(tmp_path)
    # Quickly, but not so that a busy machine has a notice come in between the words.
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.02")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    terminal = Terminal(80)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    server.backend.configure(silent_rate=0)
    for trouble, words in SESSIONS[language]:
        if trouble:
            server.backend.fail("message", **faults[trouble])
        terminal.write(f"$ image-to-video {words}\n")
        main(shlex.split(words))
        terminal.write("\n")
    shown = f"```console\n{_screen(terminal)}```\n"
    page = PAGE.read_text("utf-8")
    stands = re.search(rf"## {language}\n\n(.*?)(?=\n## |\Z)", page, re.DOTALL)
    assert stands is not None
    if request.config.getoption("--update-docs"):
        PAGE.write_text(page.replace(stands[1], shown), "utf-8")
    else:
        assert stands[1] == shown
