"""Each ready-made scenario bites as its description says."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from mock_server import ManualClock
from mock_server.http.fault_injection import JUNK
from mock_server.scenarios import load, names
from tests.mock_server.api import MAKE, Api, events
from tests.mock_server.conftest import Serve
from tests.waiting import HANGS, until

CRASH = {"error": "RuntimeError: I encountered a temporary issue."}
BALANCE = "/api/credits/balance/simple"
CUT = (httpx.RemoteProtocolError, httpx.ReadError)


class CountingClock(ManualClock):
    """Every wait is over at once, and is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)


@dataclass
class Stage:
    """A backend on which the scenario is on, and nothing has been asked yet. Waits are counted."""

    api: Api
    clock: CountingClock

    def ready(self) -> Api:
        self.api.start()
        assert self.api.upload("a.png", "b.png").json()["code"] == 0
        return self.api

    def read(self, words: str = MAKE, *, timeout: float = HANGS) -> tuple[bytes, Exception | None]:
        """What comes of a message's stream, and how it breaks off."""
        body = b""
        path, message = "/run_sse", self.api.message(words)
        try:
            with self.api.http.stream("POST", path, json=message, timeout=timeout) as response:
                for chunk in response.iter_raw():
                    body += chunk
        except httpx.TransportError as error:
            return body, error
        return body, None

    def worked(self) -> None:
        """The message has been answered, paid and done, heard or not."""
        until(lambda: self.api.credits()["total"] == 50)
        assert len(self.api.draft["t"]) == 2

    def idle(self) -> None:
        """The message cost nothing."""
        until(lambda: self.api.credits()["frozen"] == 0)
        assert self.api.credits()["total"] == 100


def blocks(body: bytes) -> list[bytes]:
    return [block + b"\n\n" for block in body.split(b"\n\n") if block]


def words_of(body: bytes) -> str:
    return "".join(e["content"] for e in events(body) if e.get("type") == "text")


# ------------------------------------------------------------------------------ the codes

STATUS = {1001: 401, 1002: 404, 2001: 402, 4001: 415, 4002: 413, 400: 400, 402: 402, 429: 429}


def code(stage: Stage, name: str) -> None:
    number, way = int(name.split("-")[1]), name.split("-", 2)[2]
    api = stage.api

    def ask() -> httpx.Response:
        if number in (400, 429):
            path = "/api/auth/anonymous-token"
            return api.http.post(path, headers={"X-Client-Id": "client-1"})
        if number == 1001:
            return api.http.get(BALANCE)
        if number in (4001, 4002):
            return api.upload("a.png")
        if number == 402:
            return api.render()
        with api.stream("hello") as response:
            response.read()
        return response

    if number in (402, 1002, 2001, 4001, 4002):
        api.made() if number == 402 else api.start()
    elif number == 1001:
        api.token()
    refused, taken = ask(), ask()
    assert refused.status_code == (200 if way == "in-200" else STATUS[number])
    told = refused.json().get("code")
    assert told == (None if way == "as-status" else number)
    assert taken.status_code == 200


# ----------------------------------------------------------------------------- the streams


def stream_cut(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert isinstance(error, CUT)
    assert (body.count(b"\n\n"), body[-2:]) == (3, b"\n\n")
    stage.worked()


def stream_cut_at_once(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert (body, isinstance(error, CUT)) == (b"", True)
    stage.worked()


def stream_cut_mid_event(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert isinstance(error, CUT)
    assert (body.count(b"\n\n"), len(blocks(body))) == (3, 4)
    stage.worked()


def stream_cut_and_stopped(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert (body.count(b"\n\n"), isinstance(error, CUT)) == (1, True)
    stage.idle()
    assert stage.api.draft == {}


def stream_reset(stage: Stage) -> None:
    stage.ready()
    _, error = stage.read()  # a reset may take with it what had come
    assert isinstance(error, httpx.ReadError)
    stage.worked()


def stream_refused(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert (body, isinstance(error, CUT)) == (b"", True)
    assert stage.api.backend.journal.calls("message")[-1].code is None
    stage.idle()


def stream_silent(stage: Stage) -> None:
    api = stage.ready()
    api.say(MAKE)
    before = api.draft
    body, error = stage.read("make it 5 seconds")
    assert (words_of(body), error) == ("", None)
    assert api.draft != before


def stream_heartbeats_only(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    beats = blocks(body)[:60]
    assert set(beats) == {b'data: {"type": "heartbeat"}\n\n', b": keep-alive\n\n"}
    assert stage.clock.slept[:60] == [15.0] * 60
    assert words_of(body)


def stalls(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert (stage.clock.slept.count(300), error) == (1, None)
    assert words_of(body)


def stream_stall_forever(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read(timeout=0.5)
    assert isinstance(error, httpx.ReadTimeout)
    assert (body.count(b"\n\n"), body[-2:]) == (3, b"\n\n")
    stage.idle()


def stream_drip(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    assert words_of(body)
    assert sum(stage.clock.slept) >= len(body) / 200


def stream_duplicate(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    parts = blocks(body)
    assert parts[::2] == parts[1::2]
    assert len(parts) > 10


def stream_junk(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    parts = blocks(body)
    assert parts[1::2] == [JUNK[number % len(JUNK)] for number in range(len(parts) // 2)]


def stream_adk(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    assert {event["author"] for event in events(body)} == {"nemo_agent"}


def stream_error(stage: Stage, *, last: dict[str, Any], after: int = 3) -> None:
    stage.ready()
    body, error = stage.read()
    parts = blocks(body)
    assert (len(parts), error) == (after + 1, None)
    said = json.loads(parts[-1][6:])
    assert said | last == said
    stage.idle()


def stream_error_last(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    assert json.loads(blocks(body)[-1][6:])["type"] == "error"
    assert words_of(body)
    stage.worked()


def stream_two_stage(stage: Stage) -> None:
    api = stage.ready()
    body, _ = stage.read(f"{MAKE} with the title 'Sea' and calm piano music")
    assert b"finish_cut" not in body
    assert words_of(body)
    assert [track["tt"] for track in api.draft["t"]] == [0]
    stage.clock.advance(29)
    assert [track["tt"] for track in api.draft["t"]] == [0]
    stage.clock.advance(1)
    assert sorted(track["tt"] for track in api.draft["t"]) == [0, 1, 7]
    assert api.credits()["total"] == 50


def stream_late(stage: Stage) -> None:
    api = stage.ready()
    body, _ = stage.read(MAKE)
    assert words_of(body)
    assert api.credits()["total"] == 50
    assert not api.draft
    stage.clock.advance(89)
    assert not api.draft
    stage.clock.advance(1)
    assert api.draft["t"][0]["sg"]


def stream_truncated(stage: Stage) -> None:
    stage.ready()
    body, error = stage.read()
    assert (len(body), error) == (40, None)
    stage.worked()


def stream_wrong_type(stage: Stage) -> None:
    stage.ready()
    with stage.api.stream(MAKE) as response:
        assert response.headers["content-type"] == "text/html"
        assert words_of(response.read())


def stream_not_one(stage: Stage) -> None:
    stage.ready()
    body, _ = stage.read()
    assert body.startswith(b"<html>")
    stage.idle()


def stream_busy(stage: Stage) -> None:
    stage.ready()
    answer = stage.api.http.post("/run_sse", json=stage.api.message(MAKE))
    assert (answer.status_code, answer.json()["code"]) == (409, 409)
    stage.idle()


# ----------------------------------------------------------------------------- the answers


def looks(stage: Stage, count: int) -> list[httpx.Response | Exception]:
    """So many looks at a new project."""
    if not stage.api.session:
        stage.api.start()
    path = f"/api/state/nemo_agent/me/{stage.api.session}/latest"
    found: list[httpx.Response | Exception] = []
    for _ in range(count):
        try:
            found.append(stage.api.http.get(path))
        except httpx.TransportError as error:
            found.append(error)
    return found


def told(answer: httpx.Response | Exception) -> httpx.Response:
    assert isinstance(answer, httpx.Response)
    return answer


def truncated_json(stage: Stage) -> None:
    for answer in map(told, looks(stage, 2)):
        assert (answer.status_code, len(answer.content)) == (200, 60)
        assert answer.headers["content-length"] == "60"
        with pytest.raises(ValueError, match=r"\w"):
            answer.json()
    assert told(looks(stage, 1)[0]).json()["code"] == 0


def wrong_content_type(stage: Stage) -> None:
    (answer,) = map(told, looks(stage, 1))
    assert answer.headers["content-type"] == "text/plain"
    assert answer.json()["code"] == 0


def proxy_page(stage: Stage) -> None:
    stage.api.start()
    answers = [told(answer) for answer in looks(stage, 3)]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert "Bad Gateway" in answers[0].text
    assert stage.api.http.get("/api/render/proxy/lambda/x").status_code == 502


def proxy_page_in_200(stage: Stage) -> None:
    answer = told(looks(stage, 1)[0])
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")


def answer_cut(stage: Stage) -> None:
    *cut, whole = looks(stage, 3)
    assert [type(answer) for answer in cut] == [httpx.RemoteProtocolError] * 2
    assert told(whole).status_code == 200


def upload_answer_lost(stage: Stage) -> None:
    stage.api.start()
    with pytest.raises(CUT):
        stage.api.upload("a.png")
    until(lambda: len(stage.api.state()["video_infos"]) == 1)


def token_answer_lost(stage: Stage) -> None:
    with pytest.raises(CUT):
        stage.api.token()
    assert stage.api.token()["code"] == 429  # it has been issued


def server_error(stage: Stage) -> None:
    stage.ready()
    for _ in range(2):
        answer = stage.api.http.post("/run_sse", json=stage.api.message(MAKE))
        assert answer.status_code == 500
    stage.idle()


def maintenance(stage: Stage) -> None:
    for method, path in (("POST", "/api/auth/anonymous-token"), ("GET", BALANCE), ("GET", BALANCE)):
        answer = stage.api.http.request(method, path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


def shaky(stage: Stage) -> list[bool]:
    """Which of 100 requests fail."""

    def fails() -> bool:
        try:
            return stage.api.http.get(BALANCE).status_code == 503
        except CUT:
            return True

    drawn = [fails() for _ in range(100)]
    assert 10 < sum(drawn) < 30
    return drawn


def flaky(stage: Stage) -> None:
    drawn = shaky(stage)
    backend = stage.api.backend
    (name,) = backend.scenarios.active
    backend.scenarios.on(name)
    assert shaky(stage) == drawn
    backend.configure(seed=1)
    backend.scenarios.on(name)
    assert shaky(stage) != drawn


def slow(stage: Stage) -> None:
    stage.api.start()
    stage.api.credits()
    assert stage.clock.slept == [5.0] * 3


def slow_line(stage: Stage) -> None:
    answer = stage.api.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "a"})
    assert sum(stage.clock.slept) == pytest.approx(len(answer.content) / 20_000)


# ---------------------------------------------------------------------------- the accounts


def free_plan(stage: Stage) -> None:
    stage.api.made()
    assert stage.api.render().json()["code"] == 402


def no_credits(stage: Stage) -> None:
    stage.ready()
    assert stage.api.http.post("/run_sse", json=stage.api.message(MAKE)).json()["code"] == 2001


def few_credits(stage: Stage) -> None:
    stage.api.made()
    edit = stage.api.message("make it 5 seconds")
    assert stage.api.http.post("/run_sse", json=edit).json()["code"] == 2001


def dear(stage: Stage) -> None:
    api = stage.ready()
    message = api.message("make a 480p video of a red sunset")
    session = api.session
    api.say(MAKE)
    assert api.credits()["total"] == 0
    api.start("client-2")
    message["session_id"], api.session = api.session, session
    assert api.http.post("/run_sse", json=message).json()["code"] == 2001


def small_uploads(stage: Stage) -> None:
    stage.api.start()
    assert stage.api.upload("a.png", contents=b"x" * 101).json()["code"] == 4002
    assert stage.api.upload("a.png", contents=b"x" * 100).json()["code"] == 0


def rate_limited(stage: Stage) -> None:
    path = "/api/auth/anonymous-token"
    first = stage.api.http.post(path, headers={"X-Client-Id": "client-1"})
    stage.api.start()
    second = stage.api.upload("a.png")
    stage.api.upload("a.png")
    stage.api.say(MAKE)
    third = stage.api.render()
    for answer in (first, second, third):
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert stage.api.render().status_code == 200


def token_refused(stage: Stage) -> None:
    assert [stage.api.token(f"client-{number}")["code"] for number in range(3)] == [429] * 3


def expired_token(stage: Stage) -> None:
    api = stage.ready()
    assert api.http.post("/run_sse", json=api.message(MAKE)).json()["code"] == 1001
    assert api.http.get(BALANCE).json()["code"] == 1001
    assert api.token()["code"] == 0
    assert words_of(stage.read()[0])


def expired_token_at_export(stage: Stage) -> None:
    stage.api.made()
    draft = stage.api.draft
    assert stage.api.render(draft=draft).json()["code"] == 1001
    assert stage.api.token()["code"] == 0
    assert stage.api.render("render_2", draft=draft).status_code == 200


# ----------------------------------------------------------------------------- the renders


def render_fails(stage: Stage, *, then: str) -> None:
    stage.api.made()
    for number, status in enumerate(("failed", then)):
        assert stage.api.render(f"render_{number}").status_code == 200
        stage.api.wait(f"render_{number}", status)


def render_stuck(stage: Stage) -> None:
    stage.api.made()
    stage.api.render()
    stage.clock.advance(3600)
    assert stage.api.render_status()["status"] == "processing"


def render_answer_lost(stage: Stage) -> None:
    stage.api.made()
    with pytest.raises(CUT):
        stage.api.render()
    assert stage.api.wait()["status"] == "completed"


def render_wrapped(stage: Stage) -> None:
    stage.api.made()
    assert stage.api.render().json()["success"] is True
    assert stage.api.wait()["data"]["outputUrl"]


def render_status_unknown(stage: Stage) -> None:
    stage.api.made()
    stage.api.render()
    assert stage.api.render_status()["status"] == "dreaming"
    stage.api.wait()


def render_forgotten(stage: Stage) -> None:
    stage.api.made()
    stage.api.render()
    assert [stage.api.render_status()["code"] for _ in range(2)] == [404, 404]


def fetched(stage: Stage, path: str = "", *, timeout: float = HANGS) -> httpx.Response:
    """The clip of a render, from its own address unless another is given."""
    if not stage.api.session:
        stage.api.made()
        stage.api.render()
    url = stage.api.wait()["output"]["url"]
    return stage.api.http.get(path or url, timeout=timeout)


def clip_cut(stage: Stage) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        fetched(stage)
    assert len(fetched(stage).content) == 1000


def clip_truncated(stage: Stage) -> None:
    assert [len(fetched(stage).content) for _ in range(2)] == [300, 1000]


def clip_stalls(stage: Stage) -> None:
    with pytest.raises(httpx.ReadTimeout):
        fetched(stage, timeout=0.5)
    entry = stage.api.backend.journal.calls("file")[-1]
    until(lambda: entry.ended is not None)
    assert (entry.ended, entry.sent) == ("dropped", 300)
    assert len(fetched(stage).content) == 1000


def clip_gone(stage: Stage) -> None:
    assert [fetched(stage).status_code for _ in range(2)] == [404, 404]
    assert len(fetched(stage, "/api/render/proxy/render_1/download").content) == 1000


def clip_nowhere(stage: Stage) -> None:
    assert fetched(stage).status_code == 404
    assert fetched(stage, "/api/render/proxy/render_1/download").status_code == 404


def clip_is_a_page(stage: Stage) -> None:
    answer = fetched(stage)
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")
    assert len(fetched(stage).content) == 1000


BITES: dict[str, Callable[[Stage], None]] = {
    "stream-cut": stream_cut,
    "stream-cut-at-once": stream_cut_at_once,
    "stream-cut-mid-event": stream_cut_mid_event,
    "stream-cut-and-stopped": stream_cut_and_stopped,
    "stream-reset": stream_reset,
    "stream-refused": stream_refused,
    "stream-silent": stream_silent,
    "stream-heartbeats-only": stream_heartbeats_only,
    "stream-stall": stalls,
    "stream-stall-mid-event": stalls,
    "stream-stall-forever": stream_stall_forever,
    "stream-drip": stream_drip,
    "stream-duplicate": stream_duplicate,
    "stream-junk": stream_junk,
    "stream-adk": stream_adk,
    "stream-adk-junk": stream_junk,
    "stream-error-event": lambda stage: stream_error(stage, last={"type": "error", "code": 500}),
    "stream-error-event-adk": lambda stage: stream_error(stage, last={"errorCode": "500"}),
    "stream-error-no-credits": lambda stage: stream_error(stage, last={"code": 2001}, after=0),
    "stream-crash": lambda stage: stream_error(stage, last=CRASH),
    "stream-crash-adk": lambda stage: stream_error(stage, last=CRASH),
    "stream-error-last": stream_error_last,
    "stream-two-stage": stream_two_stage,
    "stream-late": stream_late,
    "stream-truncated": stream_truncated,
    "stream-wrong-type": stream_wrong_type,
    "stream-not-one": stream_not_one,
    "stream-busy": stream_busy,
    "truncated-json": truncated_json,
    "wrong-content-type": wrong_content_type,
    "proxy-page": proxy_page,
    "proxy-page-in-200": proxy_page_in_200,
    "answer-cut": answer_cut,
    "upload-answer-lost": upload_answer_lost,
    "token-answer-lost": token_answer_lost,
    "server-error": server_error,
    "maintenance": maintenance,
    "flaky": flaky,
    "flaky-connection": flaky,
    "slow": slow,
    "slow-line": slow_line,
    "free-plan": free_plan,
    "no-credits": no_credits,
    "few-credits": few_credits,
    "dear": dear,
    "small-uploads": small_uploads,
    "rate-limited": rate_limited,
    "token-refused": token_refused,
    "expired-token": expired_token,
    "expired-token-at-export": expired_token_at_export,
    "render-fails-once": lambda stage: render_fails(stage, then="completed"),
    "render-fails": lambda stage: render_fails(stage, then="failed"),
    "render-stuck": render_stuck,
    "render-answer-lost": render_answer_lost,
    "render-wrapped": render_wrapped,
    "render-status-unknown": render_status_unknown,
    "render-forgotten": render_forgotten,
    "clip-cut": clip_cut,
    "clip-truncated": clip_truncated,
    "clip-stalls": clip_stalls,
    "clip-gone": clip_gone,
    "clip-nowhere": clip_nowhere,
    "clip-is-a-page": clip_is_a_page,
}


@pytest.mark.parametrize("name", [scenario.name for scenario in names()])
def test_it_bites_as_described(name: str, serve: Serve) -> None:
    clock = CountingClock()
    api = serve(clock=clock)
    api.backend.configure(pace=1.0)
    api.backend.scenarios.on(load(name))
    stage = Stage(api, clock)
    if name.startswith("code-"):
        code(stage, name)
    else:
        BITES[name](stage)


def test_no_two_share_a_name_and_each_is_played_here() -> None:
    listed = [scenario.name for scenario in names()]
    assert {*BITES} == {name for name in listed if not name.startswith("code-")}
