"""One message and its answer, over a real socket: text as it comes, and nothing that fools the eye."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mock_server import Backend, Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.skill.conftest import Ran


def stream(*texts: str) -> str:
    return "".join(f"data: {json.dumps({'type': 'text', 'content': text})}\n\n" for text in texts)


def answers(server: Server, body: str) -> None:
    server.backend.fail(
        "message", status=200, body=body, headers={"content-type": "text/event-stream"}
    )


def test_the_backends_words_are_shown_without_its_buttons_and_escapes(
    server: Server, run: Callable[..., Ran]
) -> None:
    answers(
        server,
        stream("I added \x1b[31mred\x1b[0m ", "text. Click the Export button ", "to save it."),
    )
    ran = run("chat", "add a title", "--json")
    assert ran.answer["data"]["text"] == "I added red text."
    answers(server, stream("Safe\u202e gnp.exe\x07."))
    assert run("chat", "what is it called").out == "Safe gnp.exe.\n"


def test_what_is_free_and_safe_is_done(server: Server, run: Callable[..., Ran]) -> None:
    answers(server, stream("Please check your credits on the billing page."))
    assert "credits are available" in run("chat", "can I go on?", "--json").answer["data"]["text"]
    answers(server, stream("Open the Audio panel."))
    text = run("chat", "where is the music?", "--json").answer["data"]["text"]
    assert text.startswith("Here is the timeline.\nTimeline (")
    answers(server, stream("Open the Audio panel."))
    text = run("chat", "音乐在哪里？", "--json").answer["data"]["text"]
    assert text.startswith("时间线如下。\n")


def test_the_text_is_never_empty(server: Server, run: Callable[..., Ran]) -> None:
    answers(server, "")
    data = run("chat", "add a title", "--json").answer["data"]
    assert (
        data["text"]
        == "The backend finished without a word, and nothing on the timeline has changed."
    )
    assert data["changes"] == []


def test_an_event_that_is_cut_off_is_a_cut_and_not_an_end(
    server: Server, run: Callable[..., Ran]
) -> None:
    answers(server, stream("Working on it. ") + 'data: {"type":"te')
    ran = run("chat", "add a title", "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (11, "unfinished")


def test_a_long_wait_is_not_silent(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    run("upload", *photos)
    server.backend.configure(pace=0.001)
    server.backend.fail("message", heartbeats_for=300)
    ran = run("chat", "turn my photos into a video", "--json")
    assert ran.code == 0, ran.answer
    notices = [json.loads(line).get("message", "") for line in ran.err.splitlines()]
    assert "⏳ Still working..." in notices
    assert any(notice.startswith("Waiting for the backend") for notice in notices)


@pytest.mark.parametrize("dialect", ["typed", "adk"])
def test_both_dialects_say_the_same(
    clip: bytes,
    run: Callable[..., Ran],
    photos: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    dialect: str,
) -> None:
    with Server(Backend(pace=0, dialect=dialect, silent_rate=0)) as server:
        monkeypatch.setenv("NEMO_API_URL", server.url)
        run("upload", photos[0])
        text = run("chat", "turn my photo into a 5 second video", "--json").answer["data"]["text"]
    assert text.startswith("I've put together a first cut of your 1 file")
    assert "Lo-fi" in text
    assert text.count("first cut") == 1
    for inside in ("nmv_", "http", "tool", "thought", "{"):
        assert inside not in text
