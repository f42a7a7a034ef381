"""What the tests of the mock share: a plain client, a renderer that makes nothing, fake photos."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from mock_server.backend.backend import Backend
from mock_server.server import Server

ATTRIBUTION = {"X-Skill-Source": "a-skill", "X-Skill-Version": "1", "X-Skill-Platform": "unknown"}
MAKE = "turn my photos into a short video clip"


@dataclass(frozen=True)
class Facts:
    """What the fake inspector says of a file: a landscape picture, whatever is in it."""

    type: str = "image"
    format: str = "png"
    width: int | None = 1600
    height: int | None = 900
    duration: float | None = None
    fps: float | None = None
    sound: bool = False


def inspector(path: Path) -> Facts:
    """Believes a file that it is a picture, unless it says that it is broken."""
    if path.read_bytes().startswith(b"broken"):
        raise ValueError("not a picture")
    if path.suffix == ".mp3":
        return Facts("audio", "mp3", None, None, 12.0)
    return Facts()


@dataclass(frozen=True)
class Video:
    width: int = 1920
    height: int = 1080
    duration: float = 9.0
    size: int = 1000


@dataclass
class FakeRenderer:
    """A renderer that writes 1000 bytes, once `gate` is open; it counts how many are at work."""

    gate: threading.Event = field(default_factory=threading.Event)
    started: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    drafts: list[dict[str, Any]] = field(default_factory=list)
    media: list[dict[str, Path]] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0

    def __call__(
        self,
        draft: dict[str, Any],
        media: Mapping[str, Path],
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Video:
        self.drafts.append(draft)
        self.media.append(dict(media))
        self.at_work += 1
        self.most_at_work = max(self.at_work, self.most_at_work)
        progress(0.4)
        self.started.release()
        try:
            while not self.gate.wait(0.002):
                if cancelled():
                    raise RuntimeError("cancelled")
        finally:
            self.at_work -= 1
        target.write_bytes(bytes(range(250)) * 4)
        return Video()


@dataclass
class Api:
    """A client of the eleven endpoints, as plain as can be."""

    backend: Backend
    server: Server
    http: httpx.Client
    session: str = ""
    task: str = ""

    def token(self, client_id: str = "client-1") -> dict[str, Any]:
        answer = self.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": client_id})
        body: dict[str, Any] = answer.json()
        if body["code"] == 0:
            self.http.headers["Authorization"] = f"Bearer {body['data']['token']}"
        return body

    def start(self, client_id: str = "client-1", language: str | None = None) -> "Api":
        """A token and a session."""
        self.token(client_id)
        body = {"task_name": "project"} | ({"language": language} if language else {})
        path = "/api/tasks/me/with-session/nemo_agent"
        data = self.http.post(path, json=body).json()["data"]
        self.session, self.task = data["session_id"], data["task_id"]
        return self

    def upload(self, *names: str, contents: bytes = b"") -> httpx.Response:
        files = [("files", (name, contents or name.encode())) for name in names]
        return self.http.post(f"/api/upload-video/nemo_agent/me/{self.session}", files=files)

    def message(self, words: str, session: str | None = None) -> dict[str, Any]:
        return {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session or self.session,
            "new_message": {"parts": [{"text": words}]},
        }

    @contextmanager
    def stream(self, words: str) -> Iterator[httpx.Response]:
        headers = {"Accept": "text/event-stream"}
        with self.http.stream(
            "POST", "/run_sse", json=self.message(words), headers=headers
        ) as response:
            yield response

    def say(self, words: str) -> list[dict[str, Any]]:
        """Send a message and read its stream to the end: the events that hold JSON."""
        with self.stream(words) as response:
            return list(events(response.read()))

    def told(self, words: str) -> str:
        """The text of a typed answer."""
        return "".join(e["content"] for e in self.say(words) if e.get("type") == "text")

    def made(self, *photos: str) -> "Api":
        """A session with a first cut of the photos in it."""
        self.start()
        self.upload(*(photos or ("beach.png", "forest.png", "city.png")))
        self.say(MAKE)
        return self

    def credits(self) -> dict[str, int]:
        data: dict[str, int] = self.http.get("/api/credits/balance/simple").json()["data"]
        return data

    def state(self) -> dict[str, Any]:
        path = f"/api/state/nemo_agent/me/{self.session}/latest"
        data: dict[str, Any] = self.http.get(path).json()["data"]["state"]
        return data

    @property
    def draft(self) -> dict[str, Any]:
        draft: dict[str, Any] = self.state()["draft"]
        return draft

    def render(self, render_id: str = "render_1", **changes: Any) -> httpx.Response:
        body = {
            "id": render_id,
            "sessionId": self.session,
            "draft": self.draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return self.http.post("/api/render/proxy/lambda", json=body | changes)

    def render_status(self, render_id: str = "render_1") -> dict[str, Any]:
        body: dict[str, Any] = self.http.get(f"/api/render/proxy/lambda/{render_id}").json()
        return body

    def wait(self, render_id: str = "render_1", status: str = "completed") -> dict[str, Any]:
        """Poll until a render has that status. The server answers in a millisecond or two."""
        for _ in range(20_000):
            body = self.render_status(render_id)
            if body.get("data", body)["status"] == status:
                return body
        raise AssertionError(f"{render_id} never became {status}: {body}")


def events(body: bytes) -> Iterator[dict[str, Any]]:
    """The JSON of the data lines of a stream."""
    for line in body.decode().split("\n"):
        if line.startswith("data: "):
            yield json.loads(line[6:])


def track(draft: dict[str, Any], kind: int) -> list[dict[str, Any]]:
    """The segments of the track of a kind: 0 video, 1 audio, 7 text."""
    return next((t["sg"] for t in draft["t"] if t["tt"] == kind), [])
