"""A token appears in nothing that is printed, written or sent but where it belongs.

Every command runs through every fault of a backend that says the caller's token back wherever
it can: in messages, headers, redirects, the stream, the draft, file names, addresses. Then
stdout, stderr, logs, the state folder, the folder of the clip, argv, requests and errors are
searched for it, in any form.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import secrets
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage
import pytest

import mock_server.server
from mock_server import Backend
from mock_server.backend.accounts import Accounts
from mock_server.http.app import create_app
from mock_server.http.asgi_transport import answering
from mock_server.render import Rendered
from skill.cli.console import Console
from skill.cli.main import main
from skill.errors import CODES, SkillError
from tests.canary import OWN, Wire, elsewhere, leaks
from tests.skill.conftest import AtOnce, skip_waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


ROOT = Path(__file__).resolve().parents[1]
PHOTO = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090"
    "7753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
ECHO = "Bearer ~RAW~ · ~PCT~ · ~JSON~ · ~B64~ · ~HTML~ · ~PLUS~"
MORE = "~REPR~ · ~B64U~ · ~B64B~ · ~HEX~ · ~JSON2~ · ~PCT2~"
HEADERS = {
    "X-Echo": "~RAW~",
    "Set-Cookie": "session=~B64~; Path=/",
    "WWW-Authenticate": "Bearer ~RAW~",
}


# ---------------------------------------------------------------- what goes wrong


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong at an endpoint: a fault of the mock's, an answer that is
    altered, or events ahead of a stream. `says`: the token is in it."""

    name: str
    endpoint: str
    fault: Mapping[str, Any] | None = None
    alter: Callable[[Any], Any] | None = None
    inject: str = ""
    says: bool = True


def answers(endpoint: str, other: str) -> Iterator[Trouble]:
    """What may come instead of an answer. `other` is the address of another host."""

    def trouble(name: str, says: bool = True, **fault: Any) -> Trouble:
        return Trouble(name, endpoint, {"times": None, "headers": HEADERS, **fault}, says=says)

    for code in (0, 500, 503, *CODES):
        body = {"code": code, "message": ECHO, "error": MORE, "data": {"error": ECHO}}
        status = code if 400 <= code < 600 else 200
        yield trouble(f"code {code}", status=status, body=body)
        if code in (1001, 1002, 401, 429, 500):
            yield trouble(f"code {code} once", status=status, body=body, times=1)
    # What is cut to a length is cut in the middle of the token.
    body = {"code": 4000, "message": "no " * 93 + "~RAW~"}
    yield trouble("cut message", body=body)
    yield trouble("other forms", body={"code": 4000, "message": MORE})
    yield trouble("in pieces", body={"code": 4000, "message": "~ZWS~ \u202e~RAW~\x1b[0m"})
    yield trouble("success false", body={"success": False, "error": ECHO})
    yield trouble("keys", body={"code": 4000, "~RAW~": "~PCT~", "message": {"~RAW~": ECHO}})
    yield trouble("a page", body=f"<html><h1>502 {ECHO}</h1></html>", status=502)
    yield trouble("a page of a proxy", body=f"<html>{ECHO}</html>")
    yield trouble("junk", body="~RAW~\x00\xff ~B64~")
    yield trouble("a list", body=["~RAW~", ECHO])
    yield trouble("nothing", body="")
    kind = {"Content-Type": "application/~RAW~"}
    yield trouble("another kind", body={"x": ECHO}, headers=HEADERS | kind)
    packed = {"Content-Encoding": "~B64~"}
    yield trouble("packed", body="~RAW~", headers=HEADERS | packed)
    later = {"Retry-After": "~RAW~"}
    yield trouble("retry after", status=503, body={"message": ECHO}, headers=HEADERS | later)
    for status in (301, 302, 303, 307, 308):
        location = {"Location": f"{other}/~PCT~?token=~PCT~#~PCT~"}
        yield trouble(f"redirect {status}", status=status, body=ECHO, headers=HEADERS | location)
    yield trouble("cut answer", body={"message": ECHO * 9}, cut_after_bytes=120)
    yield trouble("reset answer", body={"message": ECHO * 9}, cut_after_bytes=120, reset=True)
    yield trouble("reset", says=False, reset=True)


def events(*values: object) -> str:
    return "".join(f"data: {json.dumps(value)}\n\n" for value in values)


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}


def author(**event: Any) -> dict[str, Any]:
    return {"author": "nemo_agent", "id": "~RAW~", **event}


def part(**part: Any) -> dict[str, Any]:
    return author(content={"parts": [part], "role": "model"})


STREAMS: dict[str, str] = {
    "text": events(said(f"I used {ECHO}. Done.")),
    "other text": events(said(f"I used {MORE}. Done.")),
    "text with steps": events(said(f"Click Export with {ECHO}, then open the panel ~RAW~. Done.")),
    "code": events(said(f"Run:\n```\ncurl -H 'Authorization: {ECHO}'\n```\nDone.")),
    "a long word": events(said("x" * 1180 + "~RAW~" + "y" * 900)),
    "a long word in code": events(said("```\n" + "x" * 1180 + "~PCT~" + "y" * 900 + "\n```\n")),
    "invisible": events(said("I used ~ZWS~ for it.")),
    "pieces": events(*(said(piece) for piece in ("It is ~HEAD~", "~TAIL~", " indeed. Done."))),
    "letters": events(*(said(f"~AT{n}~") for n in range(48)), said(". Done.")),
    "tool": events(
        {"type": "tool_call", "name": "~RAW~", "args": {"token": ECHO}},
        {"type": "tool_result", "name": f"{'x' * 190}~RAW~", "result": {"token": ECHO}},
        said("Done."),
    ),
    "error": events(said("Half."), {"type": "error", "message": ECHO, "code": 2001}),
    "error without a code": events({"type": "error", "error": {"message": MORE}}),
    "error code": events(author(errorCode="~RAW~", errorMessage="")),
    "unknown kind": events({"type": "~RAW~", "content": ECHO}, said("Done.")),
    "no JSON": "data: {~RAW~\n\ndata: [1]\n\n: ~RAW~\n\nevent: ~RAW~\ndata: ~PCT~\n\n",
    "cut event": events(said("Half ~RAW~ of it.")) + 'data: {"type":"text","content":"~RAW~',
    "noise": events(said("Done ~RAW~. "), said("I encountered a temporary issue ~RAW~")),
    "heartbeats": ": ~RAW~\n\ndata:\n\n" * 3,
    "adk": events(
        part(thought=True, text=ECHO),
        part(functionCall={"name": "~RAW~", "args": {"token": ECHO}}),
        part(functionResponse={"name": "~RAW~", "response": {"token": ECHO}}),
        author(actions={"stateDelta": {"draft": {"m": {"title": ECHO}}}}),
        {**part(text="I used ~HEAD~"), "partial": True},
        {**part(text="~TAIL~."), "partial": True},
        part(text="I used ~RAW~."),
    ),
}


def streams() -> Iterator[Trouble]:
    kind = {**HEADERS, "content-type": "text/event-stream"}
    for name, body in STREAMS.items():
        fault: dict[str, Any] = {"times": None, "body": body, "headers": kind}
        yield Trouble(f"stream: {name}", "message", fault)
    body = STREAMS["text"]
    for name, reset in (("cut", False), ("reset", True)):
        fault = {
            "times": None,
            "body": body,
            "headers": kind,
            "cut_after_bytes": 60,
            "reset": reset,
        }
        yield Trouble(f"stream: {name}", "message", fault)
    # Ahead of what the backend really does and says.
    for name in ("text", "pieces", "tool", "adk", "no JSON"):
        yield Trouble(f"and {name}", "message", inject=STREAMS[name])
    work = {"times": None, "cut_after_events": 2}
    yield Trouble("work goes on", "message", work, inject=STREAMS["tool"])
    yield Trouble("work stops", "message", work | {"stop_work": True}, inject=STREAMS["text"])


def _put(*path: str | int, value: Any) -> Callable[[Any], Any]:
    """Changes one place of an answer; a last step that is not there is added."""

    def alter(answer: Any) -> Any:
        place = answer
        for step in path[:-1]:
            if isinstance(place, list) and not place:
                return answer
            place = place[step]
        place[path[-1]] = value
        return answer

    return alter


def _named(answer: Any) -> Any:
    """The draft and the uploads, with the token in every name."""
    state = answer["data"]["state"]
    draft = state["draft"]
    draft["m"] = {**draft.get("m", {}), "title": "~RAW~ ~PCT~", "~RAW~": ECHO, "token": MORE}
    draft["unknown"] = [{"deep": {"~RAW~": [ECHO, MORE]}}]
    tracks = draft.get("t", [])
    for track in tracks:
        track["m"] = {"name": "~PCT~", **track.get("m", {})}
        for segment in track["sg"]:
            segment.setdefault("m", {})["name"] = f"{'a' * 70}~RAW~"
            segment["motion"] = {"style": "~RAW~"}
            segment["tr"] = {"type": "~B64~", "d": 500}
    if tracks:
        words = [{"s": 0, "d": 500, "text": text} for text in ("~RAW~", "~ZWS~", MORE)]
        tracks.append({"tt": 7, "sg": words, "m": {"title": "~RAW~"}})
        tracks.append(
            {"tt": 1, "sg": [{"s": 0, "d": 500, "src": {"name": "~PCT~", "hash": "~RAW~"}}]}
        )
    info = {"filename": "~RAW~.png", "file_type": "~RAW~", "hash": "~RAW~", "cdn_url": "~PCT~"}
    state["video_infos"] = [info, *state["video_infos"], "~RAW~"]
    return answer


def alterations(endpoint: str, other: str) -> Iterator[Trouble]:
    """Answers that are good, but for the token in them."""

    def alter(name: str, change: Callable[[Any], Any]) -> Trouble:
        return Trouble(name, endpoint, alter=change)

    if endpoint in ("token", "session", "upload", "credits", "state", "claim"):
        yield alter("message", _put("message", value=ECHO))
    match endpoint:
        case "token":
            for name in ("user_id", "expires_at", "credits", "note"):
                yield alter(name, _put("data", name, value="~RAW~"))
        case "session":
            for name in ("session_id", "task_id", "user_id"):
                for mark in ("~RAW~", "~HEX~", "x~B64U~"):
                    yield alter(f"{name} {mark}", _put("data", name, value=mark))
        case "credits":
            yield alter("available", _put("data", "available", value="~RAW~"))
            yield alter("user", _put("data", "user_id", value="~RAW~"))
        case "state":
            yield alter("names", _named)
            yield alter("title", _put("data", "state", "draft", value={"m": {"title": ECHO}}))
            yield alter("no draft", _put("data", "state", value=ECHO))
        case "upload":
            file = {"filename": f"{ECHO}.png", "hash": "~RAW~", "cdn_url": f"{other}/?t=~PCT~"}
            yield alter("file", _put("data", "files", value=[file | {"file_type": "~RAW~"}]))
            yield alter("files", _put("data", "files", value="~RAW~"))
        case "claim":
            for mark in ("~RAW~", "~HEX~", "~B64U~", "~PCT~"):
                yield alter(f"claim {mark}", _put("data", "claim_token", value=mark))
        case "render_cancel":
            for body in ({"status": "~RAW~"}, {"status": "failed", "message": ECHO, "error": MORE}):
                fault = {"times": None, "body": body, "headers": HEADERS}
                yield Trouble(f"cancelled {len(body)}", endpoint, fault)
        case "render" | "render_status":
            yield alter("status", _put("status", value="~RAW~"))
            yield alter("id", _put("id", value="~RAW~"))
            failed = {"status": "failed", "message": ECHO, "error": MORE}
            yield alter("failed", lambda answer: answer | failed)
            yield alter(
                "failed oddly", lambda answer: answer | {"status": "failed", "error": [ECHO]}
            )
            yield alter("shape", lambda answer: {"success": True, "data": answer | failed})
        case _:
            pass
    if endpoint == "render_status":
        for url in (
            f"{other}/clip.mp4?token=~PCT~",
            f"{other}/~RAW~/clip.mp4",
            f"{other}/clip.mp4#~RAW~",
            f"{other.replace('//', '//~PCT~@')}/clip.mp4",
            "https://~HEX~.example/clip.mp4",
            "http://127.0.0.1:1/~B64U~",
            "~RAW~",
            "file:///~RAW~",
        ):
            done = {"status": "completed", "output": {"url": url}}
            yield alter(url, lambda answer, done=done: answer | done)  # type: ignore[misc]


def everything(endpoint: str, other: str) -> list[Trouble]:
    """Everything that goes wrong at an endpoint."""
    if not endpoint:
        return []
    more = streams() if endpoint == "message" else ()
    return [*answers(endpoint, other), *alterations(endpoint, other), *more]


# ---------------------------------------------------------------- what is run


@dataclass(frozen=True)
class Row:
    """A command with arguments that make it work, and what it asks of the backend. `state`:
    the state folder it begins with."""

    words: tuple[str, ...]
    endpoints: str = ""
    state: str = "empty"
    like: bool = False  # it goes the ways of another row

    @property
    def command(self) -> str:
        return self.words[0]


MAKE = ("make", "a.png", "-p", "turn my photos into a video, 3 seconds")
RENDER = "state render render_status file render_download"
ROWS = {
    "make": Row(
        (*MAKE, "-o", "x.mp4"),
        "token session upload credits message state render render_status file",
    ),
    "make --no-export": Row((*MAKE, "--no-export"), "message", like=True),
    "make --no-wait": Row((*MAKE, "-o", "x.mp4", "--no-wait"), "session message file", like=True),
    "make --dry-run": Row((*MAKE, "--dry-run"), "credits", "project", like=True),
    "ask": Row(("ask", "make it 8 seconds and add a title"), "message", "project", like=True),
    "ask credits": Row(("ask", "how many credits do I have?"), "credits", "project", like=True),
    "ask state": Row(("ask", "show tracks"), "state", "project", like=True),
    "ask export": Row(("ask", "export", "-o", "x.mp4"), "render_status", "project", like=True),
    "ask upload": Row(("ask", "--file", "a.png"), "upload", "project", like=True),
    "route": Row(("route", "send me the video")),
    "connect": Row(("connect",), "token session credits"),
    "connect again": Row(("connect",), "state credits", "project", like=True),
    "chat": Row(("chat", "make it 8 seconds, 快一点"), "message", "project"),
    "chat on": Row(("chat", "make it slower"), "state credits", "project", like=True),
    "chat --no-wait": Row(("chat", "make it slower", "--no-wait"), "message", "project", like=True),
    "upload": Row(("upload", "a.png"), "upload", "project"),
    "upload URL": Row(("upload", "{other}/photo.mp4"), "upload", "project", like=True),
    "status": Row(("status",), "state", "project"),
    "credits": Row(("credits",), "token credits"),
    "export": Row(("export", "-o", "x.mp4"), RENDER, "project"),
    "export --no-wait": Row(
        ("export", "-o", "x.mp4", "--no-wait"), "render_status", "project", like=True
    ),
    "jobs": Row(("jobs",), "", "stopped"),
    "resume": Row(("resume", "-o", "x.mp4"), RENDER, "stopped", like=True),
    "resume unsent": Row(("resume", "-o", "x.mp4"), "state message", "unsent", like=True),
    "resume sent": Row(("resume", "-o", "x.mp4"), "state credits", "sent", like=True),
    "resume --no-wait": Row(("resume", "-o", "x.mp4", "--no-wait"), "render", "stopped", like=True),
    "cancel": Row(("cancel",), "render_cancel", "rendering"),
    "open": Row(("open",), "claim", "project"),
    "demo": Row(("demo", "-o", "x.mp4"), "session upload message render_status", like=True),
    "doctor": Row(("doctor",), "", "project"),
    "translate": Row(("translate", "Click the Export button to save it.")),
    "headers": Row(("headers",)),
}


# ---------------------------------------------------------------- where it is run

WHO = ("own", "anonymous", "odd")
"""Whose token: the user's own, an anonymous one, an anonymous one that does not look like one."""


@dataclass
class Found:
    """What a command came to, and what it left behind, by where that was found."""

    code: int
    places: dict[str, str]

    def leaks(self, tokens: set[str]) -> list[str]:
        return [
            f"{place}: …{leak}…"
            for place, text in self.places.items()
            for leak in leaks(text, tokens)
        ]


_POPEN = subprocess.Popen


class World:
    """The mock behind the wire, state folders to begin with, and the command line as a
    function that hands back everything it left anywhere."""

    def __init__(self, folder: Path, clip: bytes, wire: Wire, backend: Backend) -> None:
        self.folder, self.clip, self.wire, self.backend = folder, clip, wire, backend
        self.url = self.other = ""
        self.visits: list[str] = []  # to the other host
        self.errors: list[BaseException] = []
        self.argv: list[str] = []
        self.runs = 0

    def prepare(self) -> None:
        """Everybody's state folders: a project, and jobs that wait at several places."""
        self.backend.accounts.add(OWN)
        make = ROWS["make"].words
        states: dict[str, tuple[tuple[str, ...], str, dict[str, Any]]] = {
            "project": (ROWS["make --no-export"].words, "render", {"status": 500}),
            "stopped": (make, "render", {"status": 500}),
            "rendering": (make, "render", {"outcome": "stuck"}),
            "unsent": (make, "message", {"code": 2001}),
            "sent": (make, "message", {"cut_after_events": 1, "stop_work": True}),
        }
        for who in WHO:
            for state, (words, endpoint, fault) in states.items():
                self.backend.fail(endpoint, times=None, **fault)
                self.run(who, words, keep=state)
                self.backend.faults.clear()

    def run(
        self, who: str, words: tuple[str, ...], state: str = "empty", *, keep: str = ""
    ) -> Found:
        """One command in a folder of its own, on a copy of a state folder."""
        self.runs += 1
        here = self.folder / f"run-{self.runs}"
        work, home = here / "work", here / "home"
        work.mkdir(parents=True)
        if state != "empty":
            shutil.copytree(self.folder / who / state, home)
        (work / "a.png").write_bytes(PHOTO)
        for list_ in (self.visits, self.errors, self.argv, self.wire.heard):
            list_.clear()
        self.wire.tokens.clear()
        out, err, log = io.StringIO(), io.StringIO(), io.StringIO()
        with (
            self._surroundings(who, work, home),
            _logged(log),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main([word.format(other=self.other) for word in words])
        places = {"stdout": out.getvalue(), "stderr": err.getvalue(), "logging": log.getvalue()}
        places["argv"] = "\n".join(self.argv)
        places["another host"] = "\n".join(self.visits)
        for heard in self.wire.heard:
            places[f"request {heard.endpoint} {len(places)}"] = heard.text
        for error in self.errors:
            places[f"error {len(places)}"] = _told(error)
            places[f"variables {len(places)}"] = _variables(error)
        places |= {f"work/{path.name}": _read(path) for path in work.rglob("*")}
        places |= _state(home)
        if keep:
            (self.folder / who).mkdir(exist_ok=True)
            shutil.copytree(home, self.folder / who / keep)
        shutil.rmtree(here)
        return Found(code, places)

    @contextlib.contextmanager
    def _surroundings(self, who: str, work: Path, home: Path) -> Iterator[None]:
        report = Console.error

        def error(console: Console, error: SkillError) -> None:
            self.errors.append(error)
            report(console, error)

        def issue_anew(accounts: Accounts, client_id: str) -> dict[str, Any]:
            """A token whenever one is asked for, and of a look of its own."""
            token = f"{'nmv_usr_' if who == 'anonymous' else 'k+/'}{secrets.token_hex(20)}"
            user_id = f"anon_{client_id[:8]}"
            accounts.add(token, user_id=user_id)
            ends = datetime.now(UTC) + timedelta(days=7)
            return {"token": token, "user_id": user_id, "expires_at": ends.isoformat()}

        def draw(folder: Path) -> list[Path]:
            folder.mkdir(exist_ok=True)
            (folder / "dawn.png").write_bytes(PHOTO)
            return [folder / "dawn.png"]

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEMO_API_URL", self.url)
            patch.setenv("IMAGE_TO_VIDEO_PACE", "0.0001")
            patch.setenv("IMAGE_TO_VIDEO_HOME", str(home))
            if who == "own":
                patch.setenv("NEMO_TOKEN", OWN)
            patch.chdir(work)
            patch.setattr(subprocess, "Popen", self._popen)
            patch.setattr(Console, "error", error)
            patch.setattr(Accounts, "issue", issue_anew)
            skip_waits(patch)
            patch.setattr("skill.local.running", lambda *_: answering(self.wire))
            patch.setattr("skill.cli.demo_pictures.draw_pictures", draw)
            yield

    def _popen(self, words: list[str], *, stdout: int, **rest: Any) -> Any:
        """A background process as a function, that writes to its log; one that draws pictures as
        it is, without the token."""
        self.argv += words
        assert words[1:3] == ["-P", "-c"]  # and a program that is handed the skill's place
        if "env" in rest:
            assert "NEMO_TOKEN" not in rest["env"]
            return _POPEN(words, stdout=stdout, **rest)
        with (
            os.fdopen(os.dup(stdout), "w", encoding="utf-8") as log,
            contextlib.redirect_stdout(log),
            contextlib.redirect_stderr(log),
        ):
            return _Ended(main(words[5:]))


@dataclass
class _Ended:
    """A process that has ended, and has told nobody yet."""

    returncode: int

    def poll(self) -> None:
        return None


@contextlib.contextmanager
def _logged(file: io.StringIO) -> Iterator[None]:
    """Everything that any library logs, at its most talkative."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.setLevel(logging.DEBUG)
    root.handlers[:] = [logging.StreamHandler(file)]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


def _state(folder: Path) -> dict[str, str]:
    """The state folder's files; of the vault, all but the tokens where they belong."""
    files = {}
    for path in (folder, *folder.rglob("*")) if folder.exists() else ():
        others = stat.S_IMODE(path.stat().st_mode) & 0o077
        assert os.name != "posix" or not others or "demo" in path.parts, path
        files[f"home/{path.name}"] = _read(path)
    if "home/vault.db" in files:
        with contextlib.closing(sqlite3.connect(folder / "vault.db")) as vault:
            for (token,) in vault.execute("SELECT token FROM tokens"):
                assert token != OWN
                files["home/vault.db"] = files["home/vault.db"].replace(token, "", 1)
    return files


def _read(path: Path) -> str:
    return path.name + "\n" + (path.read_bytes().decode("latin-1") if path.is_file() else "")


def _told(error: BaseException) -> str:
    """All that an error shows to whoever prints it, and what led to it."""
    shown = [(str(one), repr(one), repr(one.args), repr(vars(one))) for one in _chain(error)]
    return "\n".join(text for texts in shown for text in texts)


def _variables(error: BaseException) -> str:
    """What a traceback shows that is told with its variables."""
    return "\n".join(
        f"{frame.f_code.co_qualname}: {name} = {value!r}"
        for one in _chain(error)
        for frame, _ in traceback.walk_tb(one.__traceback__)
        if "_pytest" not in frame.f_code.co_filename and frame.f_code.co_filename != __file__
        for name, value in frame.f_locals.items()
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those that Python tells with it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.fixture(scope="module")
def unmeasured() -> Iterator[None]:
    """No coverage is measured meanwhile: that takes longer than the hunt itself, for paths that
    the tests of the wings cover."""
    measuring = coverage.Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    yield
    measuring.start()


@pytest.fixture(scope="module")
def world(clip: bytes, unmeasured: None) -> Iterator[World]:
    def render(draft: Any, media: Any, target: Path, **hooks: Any) -> Rendered:
        target.write_bytes(clip)
        return Rendered(target, 64, 36, 1.0, len(clip))

    memory = Path("/dev/shm")  # where there is one, no run waits for a disk
    wire = Wire()
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:

        def wired(*args: Any, **options: Any) -> Wire:
            wire.app = create_app(*args, **options)
            return wire

        patch.setattr(mock_server.server, "create_app", wired)
        patch.setattr("mock_server.backend.render_queue.ThreadPoolExecutor", AtOnce)
        # Not held to the contract: the tokens it hands out are made to look as they never do.
        backend = Backend(pace=0, renderer=render, unlimited=True, validate=False)
        server = stack.enter_context(mock_server.server.Server(backend))
        folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        world = World(Path(stack.enter_context(folder)), clip, wire, backend)
        world.url = server.url
        world.other = stack.enter_context(elsewhere(clip, world.visits))
        # httpcore looks for it at every lock, and where it is not there that takes its time.
        patch.setitem(sys.modules, "sniffio", sys.modules.get("sniffio"))
        world.prepare()
        yield world


# ---------------------------------------------------------------- the hunt

MODES = ((), ("--verbose",), ("--verbose", "--json"), ("--json",))
EVERYTHING = bool(os.environ.get("CANARY_EVERYTHING"))
PART = 28  # runs to a test


UNSAID = "the token was not said"


@dataclass(frozen=True)
class Hunt:
    """One run: whose token, how it is told, what goes wrong."""

    who: str
    mode: tuple[str, ...]
    trouble: Trouble | None


def hunts(row: Row, endpoint: str, other: str = "http://127.0.0.1:1") -> list[Hunt]:
    """Everything that goes wrong at an endpoint, told in one way with one token, in turns; with
    CANARY_EVERYTHING set, in every way with every token. Rows that share their ways with
    another take every third trouble."""
    turn = list(ROWS.values()).index(row)
    everybody = [who for who in WHO if who != "own" or endpoint != "token"]
    if EVERYTHING:
        troubles = [None, *everything(endpoint, other)]
        return [Hunt(w, m, t) for t in troubles for w in everybody for m in MODES]
    step = 3 if row.like else 1
    troubles = [None, *everything(endpoint, other)[turn % step :: step]]
    return [
        Hunt(everybody[(turn + n) % len(everybody)], MODES[(turn + n + n // 3) % len(MODES)], t)
        for n, t in enumerate(troubles)
    ]


def parts() -> list[Any]:
    return [
        pytest.param(row, endpoint, start, id=f"{name}-{endpoint}-{start // PART + 1}")
        for name, row in ROWS.items()
        for endpoint in row.endpoints.split() or [""]
        for start in range(0, len(hunts(row, endpoint)), PART)
    ]


@pytest.mark.parametrize(("row", "endpoint", "start"), parts())
def test_no_token_is_left_anywhere(world: World, row: Row, endpoint: str, start: int) -> None:
    found = []
    for hunt in hunts(row, endpoint, world.other)[start : start + PART]:
        wrongs = [*_hunt(world, row, endpoint, hunt)]
        if wrongs == [UNSAID]:
            # A request of the run before, that its client had left, took the fault: once more.
            wrongs = [*_hunt(world, row, endpoint, hunt)]
        found += [f"{hunt}: {wrong}" for wrong in wrongs]
    assert not found, f"{len(found)}:\n" + "\n".join(found[:40])


def _hunt(world: World, row: Row, endpoint: str, hunt: Hunt) -> Iterator[str]:
    """Run it, and tell what is wrong."""
    wire, backend, trouble = world.wire, world.backend, hunt.trouble
    wire.clear()
    if trouble is not None:
        if trouble.fault is not None:
            backend.fail(endpoint, **trouble.fault)
        if trouble.alter is not None:
            wire.alter[endpoint] = trouble.alter
        wire.inject = trouble.inject.encode()
        if endpoint == "render_download":
            backend.fail("file", status=500, times=None)
    ran = world.run(hunt.who, (*row.words, *hunt.mode), row.state)
    backend.faults.clear()
    if trouble is not None and endpoint not in [heard.endpoint for heard in wire.heard]:
        yield f"the endpoint was not asked: {ran.places['stdout']} {ran.places['stderr']}"
    elif trouble is not None and trouble.says and not wire.told:
        yield UNSAID
    if ran.code == 1 or (trouble is None and ran.code not in (0, 11)):  # 11: goes on to wait
        yield f"failed: {ran.places['stdout']} {ran.places['stderr']}"
    if "--json" in hunt.mode:
        json.loads(ran.places["stdout"])
    if endpoint in ("token", "file", "render_download"):
        # Where a token comes from, and what a file holds, is a variable for a while.
        ran.places = {k: v for k, v in ran.places.items() if not k.startswith("variables")}
    for heard in wire.heard:
        if heard.bearer is not None and heard.bearer.removeprefix("Bearer ") not in wire.tokens:
            yield f"another bearer to {heard.endpoint}"
    yield from ran.leaks(wire.tokens | ({OWN} if hunt.who == "own" else set()))
