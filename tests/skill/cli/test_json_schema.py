"""What --json prints is what `schema` says: every command's, and nothing that is wrong passes.

Each command of every other test that is run with --json is held to it as well (conftest.py).
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mock_server.backend.credits import Prices
from skill import events
from skill.cli.json_schema import schemas
from skill.cli.parser import COMMANDS
from skill.events import Detail, Notice, Progress, Stage, Words, to_json
from tests.skill.conftest import start
from tests.skill.shapes import complaints, complaints_of_event
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

# Every command there is, in an order in which each has something to answer.
SESSION = (
    "connect", "upload PHOTOS", "chat 'turn my photos into a 3 second video'", "status", "credits",
    "export -o a.mp4 --poster", "make PHOTOS -p '3 seconds' -o b.mp4", "make PHOTOS --no-export",
    "make PHOTOS --dry-run", "extend -o longer.mp4", "extend --dry-run", "bundle --all -o bundles",
    "ask 'make it 4 seconds'", "ask 'how many credits'", "ask status",
    "ask export", "ask 'use this' --file PHOTO", "ask --file PHOTO", "route export", "jobs",
    "translate 'Click Export.'", "headers", "doctor", "schema", "schema make", "bundle --all -o dist", "open", "contract", "resume --help",
)  # fmt: skip


@pytest.fixture
def say(run: Callable[..., Ran], photos: list[Path]) -> Callable[[str], Any]:
    """A command with --json → its answer."""

    def say(command: str, *more: str) -> Any:
        import shlex

        words: list[object] = []
        for word in shlex.split(command):
            words += {"PHOTOS": photos, "PHOTO": photos[:1]}.get(word, [word])
        return run(*words, "--json", *more).answer

    return say


@pytest.fixture
def answers(server: Server, say: Callable[[str], Any]) -> list[Any]:
    """What every command answers: a list of objects."""
    server.backend.configure(prices=Prices(first_cut=5, generation=5))
    told = [say(command) for command in SESSION]
    server.backend.fail("render", status=429, times=2)
    failed = say("export -o c.mp4")
    told += [failed, say("jobs"), say(f"resume {failed['error']['job']} -o c.mp4")]
    server.backend.fail("render", status=429, times=2)
    told += [say("export -o d.mp4"), say("cancel"), say("resume job_0123456789"), say("chat ' '")]
    told.append(say("export -o a.mp4"))
    return told


def test_every_command_answers_as_its_schema_says(answers: list[Any]) -> None:
    for answer in answers:
        name = answer["command"]
        assert complaints(answer, name) == []
        other = "credits" if name != "credits" else "status"
        assert complaints(answer, other), f"{name} passes for {other}"
    told = {answer["command"] for answer in answers if answer["ok"]}
    assert told | {"mock", "demo"} == {*COMMANDS}
    failed = [answer["error"] for answer in answers if not answer["ok"]]
    assert [error["code"] for error in failed] == [
        *("rate_limited", "rate_limited", "not_found", "usage", "usage"),
    ]


def test_a_video_made_on_this_machine_is_told_in_the_same_form(say: Callable[[str], Any]) -> None:
    made = say("make PHOTO --local -p '1 second' --resolution 480p -o a.mp4 --format gif --sheet")
    assert made["data"]["preview"].endswith("a.gif")
    assert complaints(made, "make") == []
    assert complaints({**made, "command": "demo"}, "demo") == []  # the demo is a make
    background = say("export --local --no-wait -o b.mp4")
    assert complaints(background, "export") == []
    assert say("resume --local")["data"]["file"].endswith("b.mp4")
    assert complaints(say("open --local"), "open") == []
    assert complaints(say("credits --local"), "credits") == []


@pytest.mark.parametrize(("host", "key"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_the_mock_tells_where_it_listens_and_the_key_others_need(host: str, key: bool) -> None:
    process = start("mock", "--host", host, "--json", read=True)
    try:
        assert process.stdout is not None
        answer = json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=HANGS)
    assert complaints(answer, "mock") == []
    assert ("key" in answer["data"]) is key


@pytest.mark.parametrize(
    "words", ["", "nonsense", "make", "make nothing.jpg", "export", "schema nonsense", "--home"]
)
def test_words_that_are_wrong_are_told_in_the_form_of_an_error(
    words: str, say: Callable[[str], Any]
) -> None:
    answer = say(words)
    assert (answer["ok"], answer["error"]["code"]) == (
        False,
        "not_found" if words == "export" else "usage",
    )
    assert complaints(answer) == []


def _damaged(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The same with one property taken away, or one value of another kind; and which."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        where = ".".join(map(str, (*path, key)))
        if isinstance(value, dict):
            yield f"without {where}", {k: v for k, v in value.items() if k != key}
        yield f"another {where}", _with(value, key, {"a": 1} if not isinstance(inner, dict) else 7)
        if isinstance(inner, dict | list):
            for what, damaged in _damaged(inner, (*path, key)):
                yield what, _with(value, key, damaged)


def _with(value: Any, key: Any, inner: Any) -> Any:
    changed = copy.copy(value)
    changed[key] = inner
    return changed


# What may be missing, and what is the backend's own and may be anything.
FREE = (
    "data.credits_before", "data.credits_after", "data.media.", "data.answer", "data.event", "command",
)  # fmt: skip


def test_no_object_that_is_wrong_passes(answers: list[Any]) -> None:
    seen = 0
    for answer in answers:
        if answer["command"] == "ask" and "bytes" not in answer.get("data", ()):
            continue  # an answer of its own is part of a longer one
        for what, damaged in _damaged(answer):
            if not what.split(" ")[1].startswith(FREE):
                assert complaints(damaged, answer["command"]), f"{answer['command']} {what}"
                seen += 1
    assert seen > 500


def test_a_line_on_stderr_of_every_kind() -> None:
    told = (
        Stage("render", "Rendering..."),
        Progress("render", 40),
        Words(""),
        Notice("a"),
        Detail("b"),
    )
    kinds = {
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, events.Event)
    }
    assert {type(event) for event in told} == kinds - {events.Event}
    for value in map(to_json, told):
        assert complaints_of_event(value) == []
        for what, damaged in _damaged(value):
            assert complaints_of_event(damaged), what
    assert complaints_of_event({"event": "progress", "stage": "render", "progress": 101})


def test_the_schemas_are_schemas_and_stay_open() -> None:
    for name in (None, *COMMANDS):
        for schema in schemas(name).values():
            Draft202012Validator.check_schema(schema)
    answer = {
        "schema": 1, "ok": True, "command": "credits", "next": [], "new": 1,
        "data": {"available": 1, "frozen": 0, "total": 1, "new": 1},
    }  # fmt: skip
    assert Draft202012Validator(schemas("credits")["answer"]).is_valid(answer)
    assert not Draft202012Validator(schemas("status")["answer"]).is_valid(answer)


def test_a_person_is_shown_the_same_without_the_envelope(run: Callable[..., Ran]) -> None:
    assert json.loads(run("schema", "make").out) == run("schema", "make", "--json").answer["data"]
