"""What can go wrong at the backend, by the part of a `make` it goes wrong in.

docs/faults.md is made by running each of these (tests/skill/docs/test_faults.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mock_server import Backend

STREAM = {"content-type": "text/event-stream"}
HTML = "<html><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True)
class Case:
    """`faults` are armed in order, (endpoint, what of it). `pace`: the backend's own.
    `expired`: the token has run out. `passes`: the fault is over when `resume` comes.
    `gives_up`: what never comes to an end, a stream or a render."""

    what: str
    faults: tuple[tuple[str, dict[str, Any]], ...]
    pace: float = 0.0
    expired: bool = False
    passes: bool = True
    gives_up: str = ""

    @property
    def slow(self) -> bool:
        """Whether the backend is so slow that a sign of life is due."""
        return any("heartbeats_for" in fault for _, fault in self.faults)

    def arm(self, backend: Backend) -> None:
        if self.expired:
            backend.accounts.change(expire=True)
        for endpoint, fault in self.faults:
            backend.fail(endpoint, **fault)


def case(
    what: str,
    endpoint: str,
    *,
    pace: float = 0.0,
    passes: bool = True,
    gives_up: str = "",
    **fault: Any,
) -> Case:
    return Case(what, ((endpoint, fault),), pace=pace, passes=passes, gives_up=gives_up)


def events(*events: dict[str, Any], tail: str = "") -> dict[str, Any]:
    """A stream made up."""
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return {"status": 200, "headers": STREAM, "body": body + tail}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "content": words}


def state_answer(**state: Any) -> dict[str, Any]:
    return {"code": 0, "data": {"session_id": "s", "state": state}}


@dataclass(frozen=True)
class Here:
    """What is wrong on this machine. `arrange` is given three photos and a clip in this folder, and
    returns the words that `make` is called with."""

    what: str
    arrange: Callable[[list[Path], Path], Sequence[object]]


def _dangling(photos: list[Path], clip: Path) -> Sequence[object]:
    Path("link.mp4").symlink_to("gone.mp4")
    return (*photos, "-o", "link.mp4")


def _protected(photos: list[Path], clip: Path) -> Sequence[object]:
    Path("old.mp4").touch(0o444)
    return (*photos, "-o", "old.mp4", "--force")


def _hard_link(photos: list[Path], clip: Path) -> Sequence[object]:
    Path("other.mp4").hardlink_to(clip)
    return (*photos, clip, "-o", "other.mp4", "--force")


def _cut(photos: list[Path], number: int, end: int) -> Sequence[object]:
    photos[number].write_bytes(photos[number].read_bytes()[:-end])
    return photos


PLACES = (
    Here("a link to a file that is gone", _dangling),
    Here("a file that is write-protected, with `--force`", _protected),
    Here(
        "the clip that it is made of, with `--force`",
        lambda photos, clip: (*photos, clip, "-o", clip, "--force"),
    ),
    Here("another name (hard link) of that clip, with `--force`", _hard_link),
    Here("in a folder that is a file", lambda photos, clip: (*photos, "-o", clip / "trip.mp4")),
    Here("in a folder that is not there", lambda photos, clip: (*photos, "-o", "no/trip.mp4")),
    Here("a name that is too long", lambda photos, clip: (*photos, "-o", f"{'a' * 260}.mp4")),
)
PHOTOS = (
    Here("a JPEG without its end mark", lambda photos, clip: _cut(photos, 1, 2)),
    Here("a JPEG that is cut off", lambda photos, clip: _cut(photos, 1, 40)),
    Here("a PNG without `IEND`", lambda photos, clip: _cut(photos, 0, 12)),
    Here("a PNG that is cut off", lambda photos, clip: _cut(photos, 0, 30)),
    Here("a photo named twice", lambda photos, clip: (*photos, photos[0])),
)

HERE = {"The place of the video": PLACES, "The photos": PHOTOS}

ALWAYS: dict[str, Any] = {"times": None}

SECTIONS: dict[str, tuple[Case, ...]] = {
    "Getting a token and a project": (
        case("429: one token per client in 7 days, once", "token", status=429),
        case("429, and again", "token", status=429, **ALWAYS),
        case("the connection is reset", "token", reset=True),
        case("a proxy's page, HTTP 502", "token", status=502, body=HTML),
        case("a token that is none", "token", body={"code": 0, "data": {"token": "a b\nc"}}),
        case("the answer is lost after the token was given", "token", cut_after_bytes=0, reset=True),
        case("400: the client id is missing", "token", code=400),
        Case("1001: the token of 7 days ago has expired", (), expired=True),
        case("HTTP 500 on the new project", "session", status=500),
        case("a project without an id", "session", body={"code": 0, "data": {}}),
    ),
    "Uploading": (
        case("4001: a kind that is not taken", "upload", code=4001),
        case("4002: too large", "upload", code=4002),
        case("HTTP 413 from a proxy", "upload", status=413, body=HTML),
        case("the connection is reset, once", "upload", reset=True),
        case("the connection is reset, always", "upload", reset=True, **ALWAYS),
        case(
            "the answer is lost after the file arrived", "upload", cut_after_bytes=0, reset=True
        ),
        case("1002: the project is gone", "upload", code=1002),
        case("HTTP 500 on the second file", "upload", status=500, after=1),
    ),
    "Looking at the project": (
        case("HTTP 503, three times", "state", status=503, times=3),
        case("HTTP 503, always", "state", status=503, **ALWAYS),
        case("429 with Retry-After: 5", "state", status=429, headers={"retry-after": "5"}),
        case("429 with Retry-After: 3600", "state", status=429, headers={"retry-after": "3600"}),
        case("a page of HTML with HTTP 200", "state", status=200, body=HTML, **ALWAYS),
        case("JSON that is cut off", "state", cut_after_bytes=300, **ALWAYS),
        case("an answer without `data`", "state", body={"code": 0}, **ALWAYS),
        case("a draft that is no draft", "state", body=state_answer(draft=7), after=1, **ALWAYS),
        case("a redirect", "state", status=302,
             headers={"location": "https://elsewhere.test/"}, **ALWAYS),
        case("an answer packed with gzip", "state", headers={"content-encoding": "gzip"},
             status=200, body=HTML, **ALWAYS),
        case("1002 after the message", "state", code=1002, after=1),
        case("the balance cannot be read", "credits", status=500, **ALWAYS),
    ),
    "The message": (
        case("2001: no credits", "message", code=2001),
        case("1001, though the token has not expired", "message", code=1001),
        case("1001, and the token has expired", "message", expire_token=True),
        case("1001, always", "message", code=1001, **ALWAYS),
        case("1002: the project is gone", "message", code=1002),
        case("400: refused, once", "message", code=400),
        case("403: the token may not", "message", status=403),
        case("409: busy with the message before", "message", status=409),
        case("429: too many requests", "message", status=429),
        case("HTTP 500", "message", status=500),
        case("a proxy's page with HTTP 200", "message", status=200, body=HTML),
        case("the connection is reset before an answer", "message", reset=True, passes=False),
        case("the answer is lost, the work goes on", "message", cut_after_bytes=0, reset=True),
        case("the stream is cut after 40 bytes", "message", cut_after_bytes=40),
        case("the stream is cut in mid-event", "message", cut_after_bytes=333),
        case("the stream is cut after 3 events", "message", cut_after_events=3),
        case("the stream is cut, and the backend stops", "message", cut_after_events=1,
             stop_work=True, passes=False),
        case("nothing but heartbeats for 5 minutes, then the answer", "message",
             heartbeats_for=300, pace=0.001),
        case("nothing but heartbeats for 11 minutes", "message",
             heartbeats_for=660, pace=0.001, gives_up="stream"),
        case("the stream closes without a word, the work is done", "message", silent=True),
        case("what is paid for shows up 90 s later", "message", shows_after=90, pace=0.001),
        case("what is paid for does not show up", "message", shows_after=10**7, pace=0.001,
             passes=False),
        case("the stream closes without a word or a change", "message", **events()),
        case("an error inside the stream", "message",
             **events(text("Working. "), {"error": "RuntimeError: boom"})),
        case("an error inside the stream, when all is done", "message", error="event", code=503),
        case("2001 inside the stream", "message",
             **events({"errorCode": "2001", "errorMessage": "no credits"})),
        case("junk between the events", "message",
             **events(text("Hello. "), {"x": [1]}, tail="data: {oops\n\ndata: [1]\n\nid 7\n\n")),
        case("an event of 9 MiB", "message",
             **events(text("x" * 9 * 1024 * 1024), text("Done."))),
        case("escape sequences and a false MEDIA: line", "message",
             **events(text("\x1b[2J\u202eDone.\nMEDIA:/etc/passwd"))),
    ),
    "The render": (
        case("404 at the first two looks", "render_status", status=404, times=2),
        case("402: the plan has no export", "render", code=402),
        case("429: too many requests, once", "render", status=429),
        case("429, and again", "render", status=429, **ALWAYS),
        case("HTTP 500", "render", status=500),
        case("the connection is reset", "render", reset=True),
        case("the answer is lost after it was taken", "render", cut_after_bytes=0, reset=True),
        case("it fails, once", "render", outcome="failed"),
        case("it fails, always", "render", outcome="failed", **ALWAYS),
        case("it never moves", "render", outcome="stuck", gives_up="render"),
        case("HTTP 502 on a look at it, three times", "render_status", status=502, times=3),
        case("a status nobody knows", "render_status", gives_up="render",
             body={"id": "r", "status": "dreaming", "progress": 3}, **ALWAYS),
        case("404: the backend has lost it", "render_status", status=404, **ALWAYS),
        case("completed, but without an address", "render_status",
             body={"id": "r", "status": "completed", "progress": 100}),
    ),
    "The clip": (
        case("its address answers 404", "file", status=404),
        case("its address redirects to another host", "file", status=302,
             headers={"location": "https://elsewhere.test/x"}),
        case("it is cut off once", "file", cut_after_bytes=300),
        Case("it is cut off always, from both places", (
            ("file", {"cut_after_bytes": 300, **ALWAYS}),
            ("render_download", {"cut_after_bytes": 300, **ALWAYS}),
        )),
        case("it is a page of HTML", "file", status=200, body=HTML),
        case("its address is one on this network", "render_status",
             body={"id": "r", "status": "completed", "progress": 100,
                   "output": {"url": "http://192.168.1.1/clip.mp4"}}),
        Case("neither place has it", (("file", {"status": 404, **ALWAYS}),
             ("render_download", {"status": 500, **ALWAYS}))),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Again:
    """A command that a user runs once more, or elsewhere. `lost`: the answer to the message of the
    `first` one is lost, and nothing more can be learned before it ends."""

    what: str
    first: str
    then: str
    lost: bool = True


AGAIN = (
    Again("`make` was stopped with its message on the way; the same again", "make", "make"),
    Again("the same with `--no-wait`", "make", "make --no-wait"),
    Again("the same with `--dry-run`", "make", "make --dry-run"),
    Again("the same with `--new`", "make", "make --new"),
    Again("`chat` was stopped with its message on the way; the same again", "chat", "chat"),
    Again("`extend` was stopped with its message on the way; the same again", "extend", "extend"),
    Again("after `make --local`, `chat` without it", "make --local", "chat", lost=False),
    Again("after `make`, `chat` with `--local`", "make", "chat --local", lost=False),
)
WORDS = {
    "make": ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4"),
    "chat": ("make it 5 seconds",),
    "extend": ("-o", "longer.mp4"),
}
