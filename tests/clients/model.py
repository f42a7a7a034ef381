"""A language model that follows a script, for an agent to ask in OpenAI's way, and the scripts of
somebody who does what SKILL.md says.

The script knows nothing of the skill. It reads what the agent shows it: the list of skills in the
system prompt, SKILL.md through the agent's own `read`, and what commands print through the agent's
own `exec` and `process`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool of the agent's that the model wants to be used."""

    tool: str
    arguments: dict[str, Any]


Script = Generator[Call, str, str]
"""Calls tools, is sent what each answered, and returns what the model says to the user."""


@dataclass(frozen=True)
class Prompt:
    """What a model is told at first: the agent's system prompt and the user's words."""

    system: str
    user: str

    def location(self, skill: str) -> str:
        """Where the SKILL.md of a listed skill lies, as the agent writes it."""
        listed = re.search(
            rf"<name>{re.escape(skill)}</name>.*?<location>(.*?)</location>", self.system, re.S
        )
        assert listed, f"the agent did not list {skill} to the model"
        return listed[1]


@dataclass(frozen=True)
class Manual:
    """A SKILL.md that was read at `location`."""

    location: str
    text: str

    def command(self, name: str) -> str:
        """What to run for the first command of this name that it shows, whether in a block of its
        own or in a sentence, with {baseDir} filled in as agents are told: the folder it lies in."""
        block = re.search(r"^    (uv run .* image-to-video) ", self.text, re.M)
        assert block, "SKILL.md shows no command"
        program = block[1]
        shown = re.findall(rf"^    {re.escape(program)} (.+)$|`([^`\n]+)`", self.text, re.M)
        for line in (of_block or of_sentence for of_block, of_sentence in shown):
            if line.startswith(f"{name} ") and "..." not in line.removeprefix(f"{name} PHOTO..."):
                folder = str(PurePosixPath(self.location).parent)
                return f"{program} {line}".replace("{baseDir}", folder)
        raise AssertionError(f"SKILL.md shows no {name}")

    def make(self, photos: Sequence[Path], words: str) -> str:
        """`make` as shown, for these photos and these words."""
        quoted = " ".join(shlex.quote(str(photo)) for photo in photos)
        command = self.command("make").replace("PHOTO...", quoted)
        return re.sub(r'-p "[^"]*"', lambda _: f"-p {shlex.quote(words)}", command)

    def says(self, sentence: str) -> bool:
        return sentence in " ".join(self.text.split())


def consult(prompt: Prompt, skill: str) -> Generator[Call, str, Manual]:
    location = prompt.location(skill)
    return Manual(location, (yield Call("read", {"path": location})))


def execute(command: str) -> Script:
    """Run a command to its end: if the agent puts it into the background, poll as its tool says.
    Returns all that it printed."""
    printed = yield Call("exec", {"command": command})
    running = re.search(r"still running \(session ([\w-]+)", printed)
    while running:
        poll = {"action": "poll", "sessionId": running[1], "timeout": 20_000}
        new = yield Call("process", poll)
        printed += "\n" + new
        if "still running" not in new:
            break
    return printed


def hand_over(printed: str) -> str:
    """The answer to the user: the file, in the line that the agent's host understands."""
    files = re.findall(r"^MEDIA:.+$", printed, re.M)
    assert files, f"the command named no file:\n{printed}"
    return f"Your video is ready.\n{files[-1]}"


def make_video(prompt: Prompt, skill: str, photos: Sequence[Path], words: str) -> Script:
    """For a user who agrees to the cost: it is asked for first, as told, and nothing sent."""
    manual = yield from consult(prompt, skill)
    command = manual.make(photos, words)
    assert manual.says("Run the command with `--dry-run`")
    cost = yield from execute(f"{command} --dry-run")
    assert "100 credits" in cost, cost
    return hand_over((yield from execute(command)))


def make_and_resume(prompt: Prompt, skill: str, photos: Sequence[Path], words: str) -> Script:
    """As for a host that stops commands after 10 seconds."""
    manual = yield from consult(prompt, skill)
    assert manual.says("or 10 seconds: add `--no-wait`. It answers with a JOB")
    begun = yield from execute(f"{manual.make(photos, words)} --no-wait")
    job = re.search(r"\bjob_\w+", begun)
    assert job, f"the command named no job:\n{begun}"
    assert manual.says("until it exits with other than 11")
    resume = re.sub(r"\bJOB\b", job[0], manual.command("resume"))
    printed = yield from execute(resume)
    while "exited with code 11" in printed:
        printed = yield from execute(resume)
    return hand_over(printed)


def make_on_this_machine(prompt: Prompt, skill: str, photos: Sequence[Path], words: str) -> Script:
    """For a user who wants nothing to leave the machine."""
    manual = yield from consult(prompt, skill)
    assert manual.says("the same command with `--local`")
    printed = yield from execute(f"{manual.make(photos, words)} --local --resolution 480p")
    return hand_over(printed)


@dataclass
class Model:
    """The model that `script` (a prompt in, a script out) makes.

    `transcript` is all that went between agent and model, to be read by people; `failure` is what
    the script did not find.
    """

    script: Callable[[Prompt], Script]
    transcript: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    failure: AssertionError | None = None
    _running: Script | None = None

    def respond(self, method: str, path: str, body: bytes) -> bytes:
        """The stream that answers `POST /v1/chat/completions`."""
        assert (method, path) == ("POST", "/v1/chat/completions")
        answer = self.answer(json.loads(body)["messages"])
        events = []
        for delta, reason in _deltas(answer, f"call_{len(self.calls)}"):
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "script"}
            events.append(json.dumps({**chunk, "choices": [choice]}))
        return "".join(f"data: {event}\n\n" for event in (*events, "[DONE]")).encode()

    def answer(self, messages: list[dict[str, Any]]) -> Call | str:
        """What the model says to a conversation."""
        try:
            if self._running is None:
                prompt = _prompt(messages)
                self._note("SYSTEM", f"({len(prompt.system)} characters)\n{_skills(prompt.system)}")
                self._note("USER", prompt.user)
                self._running = self.script(prompt)
                call = next(self._running)
            else:
                result = [_text(message) for message in messages if message["role"] == "tool"][-1]
                self._note("RESULT", result)
                call = self._running.send(result)
        except StopIteration as end:
            self._note("MODEL", end.value)
            return str(end.value)
        except AssertionError as error:
            self.failure = error
            return "I could not do it."
        self.calls.append(call)
        self._note(f"CALL {call.tool}", json.dumps(call.arguments, ensure_ascii=False))
        return call

    def _note(self, who: str, what: str) -> None:
        self.transcript.append(f"## {who}\n{what.strip()}\n")


def _deltas(answer: Call | str, call_id: str) -> list[tuple[dict[str, Any], str | None]]:
    """The parts in which an answer is streamed; a call's arguments come in two pieces."""
    if isinstance(answer, str):
        return [({"role": "assistant", "content": answer}, None), ({}, "stop")]
    arguments = json.dumps(answer.arguments)
    half = len(arguments) // 2
    first = {"name": answer.tool, "arguments": arguments[:half]}
    call = {"index": 0, "id": call_id, "type": "function", "function": first}
    rest = {"index": 0, "function": {"arguments": arguments[half:]}}
    return [
        ({"role": "assistant", "tool_calls": [call]}, None),
        ({"tool_calls": [rest]}, None),
        ({}, "tool_calls"),
    ]


def _prompt(messages: list[dict[str, Any]]) -> Prompt:
    system = next(_text(m) for m in messages if m["role"] in ("system", "developer"))
    return Prompt(system, next(_text(m) for m in messages if m["role"] == "user"))


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _skills(system: str) -> str:
    """The part of a system prompt that tells of skills, with one name a line."""
    rules = re.search(r"## Skills\n.*?\n(?=<available_skills>)", system, re.S)
    names = re.findall(r"<name>(.*?)</name>", system)
    return (rules[0] if rules else "") + "\n".join(f"- {name}" for name in names)
