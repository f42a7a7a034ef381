"""The contract's checks: the mock passes each of them, and a backend that breaks the contract fails
the one that stands for what it breaks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server import Backend, Server
from mock_server.backend.credits import Prices
from mock_server.contract import (
    CHECKS,
    Kind,
    Outcome,
    Report,
    Target,
    UnreachableError,
    facts,
    is_mock,
    junit,
    run,
    stream,
)
from mock_server.contract.client import Bearer
from mock_server.http.app import create_app
from tests.mock_server.api import ATTRIBUTION

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mock_server.backend.render_queue import Renderer

MIB = 2**20


@dataclass
class Reply:
    """An answer on its way out, which a breach may change."""

    method: str
    path: str
    bearer: bool
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    def is_for(self, method: str, path: str) -> bool:
        return self.method == method and path in self.path

    @property
    def streamed(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")


Breach = Callable[[Reply], None]


class Broken:
    """An application whose answers all pass through a breach of the contract."""

    def __init__(self, app: ASGIApp, breach: Breach) -> None:
        self._app = app
        self._breach = breach

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started: Message = {}
        body = b""

        async def hold(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start":
                started = message
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, hold)
        headers = {name.decode(): value.decode() for name, value in started["headers"]}
        asked = {name for name, _ in scope["headers"]}
        reply = Reply(
            scope["method"],
            scope["path"],
            b"authorization" in asked,
            started["status"],
            headers,
            body,
        )
        if "/__mock__/" not in reply.path:
            self._breach(reply)
        reply.headers.pop("content-length", None)
        raw = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
        await send({**started, "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": reply.body})


RenderSnapshot = Callable[..., Report]


@pytest.fixture
def serve(reluctant: Renderer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Start a mock; `breach` changes its answers."""
    with ExitStack() as stack:

        def start(breach: Breach | None = None, **options: Any) -> Server:
            if breach is not None:
                monkeypatch.setattr(
                    "mock_server.server.create_app",
                    lambda *args, **options: Broken(create_app(*args, **options), breach),
                )
            options = {"pace": 0.02, "max_upload": MIB, "renderer": reluctant, **options}
            return stack.enter_context(Server(Backend(**options)))

        yield start


def look(server: Server, **options: Any) -> Report:
    """Check a mock."""
    options = {"mock": True, "poll": 0.01, "upload_limit": MIB, **options}
    target = Target(server.url, ATTRIBUTION, **options)
    return anyio.run(run, target)


def failed(report: Report) -> list[str]:
    return [result.check.id for result in report.failures]


# ---------------------------------------------------------------- what keeps it


@pytest.mark.parametrize("dialect", ["typed", "adk"])
@pytest.mark.parametrize("shape", ["bare", "wrapped"])
def test_the_mock_keeps_the_contract_in_every_form(
    serve: Callable[..., Server], dialect: str, shape: str
) -> None:
    report = look(serve(dialect=dialect, render_shape=shape))
    found = [(one.check.id, str(what)) for one in report.results for what in one.differences]
    assert found == []
    assert (report.dialect, report.shape, report.spent) == (dialect, shape, 50)
    skipped = [one.check.id for one in report.results if one.outcome is Outcome.SKIPPED]
    assert skipped == ([] if dialect == "adk" else ["stream-whole"])


def test_each_check_stands_for_itself() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    for number, check in enumerate(CHECKS):
        assert set(check.needs) <= set(ids[:number]), "each comes after those it needs"


# ---------------------------------------------------------------- what breaks it


CREDITS = ("GET", "/balance/simple")
STATUS = ("GET", "/lambda/")
TOKEN = ("POST", "/anonymous-token")
UPLOAD = ("POST", "/upload-video/")


def _in_json(method: str, path: str, change: Callable[[Any], None]) -> Breach:
    """Successful answers of an endpoint, changed."""

    def breach(reply: Reply) -> None:
        if reply.is_for(method, path) and reply.status == 200 and not reply.streamed:
            value = reply.json
            if value.get("code", 0) == 0:
                change(value)
                reply.json = value

    return breach


def _page(reply: Reply) -> None:
    if reply.is_for("GET", "/latest"):
        reply.status, reply.body, reply.headers["content-type"] = 502, b"<h1>Bad</h1>", "text/html"


def _failing(reply: Reply) -> None:
    if reply.is_for("POST", "/with-session/"):
        reply.status, reply.json = 500, {"code": 500, "message": "down", "data": None}


def _in_stream(change: Callable[[list[bytes]], list[bytes]]) -> Breach:
    def breach(reply: Reply) -> None:
        if reply.streamed:
            reply.body = b"".join(
                block + b"\n\n" for block in change(reply.body.split(b"\n\n")[:-1])
            )

    return breach


def _event(**event: object) -> bytes:
    return b"data: " + json.dumps(event).encode()


def _no_stream(reply: Reply) -> None:
    if reply.streamed:
        reply.headers["content-type"] = "application/octet-stream"


def _private(reply: Reply) -> None:
    if reply.is_for("GET", "/files/render") or (reply.path.endswith(".mp4") and not reply.bearer):
        reply.status, reply.json = 401, {"code": 1001, "message": "no"}


def _no_video(reply: Reply) -> None:
    if reply.path.startswith("/files/") and reply.path.endswith(".mp4"):
        reply.body = b"<html>soon there</html>" + reply.body[23:]


def _another_file(reply: Reply) -> None:
    if reply.path.endswith("/download") and reply.status == 200:
        reply.body = reply.body[:-1] + b"!"


def _another_hash(reply: Reply) -> None:
    if reply.is_for(*UPLOAD) and b'"files"' in reply.body:
        value = reply.json
        for item in value["data"]["files"]:
            item["hash"] = uuid.uuid4().hex
        reply.json = value


def _accepted(code: int) -> Breach:
    """What is to be refused with a code succeeds."""

    def breach(reply: Reply) -> None:
        if not reply.streamed and b'"code":%d,' % code in reply.body:
            reply.status, reply.json = 200, {"code": 0, "message": "success", "data": {}}

    return breach


def _another(code: int) -> Breach:
    """What is to be refused with a code is refused with another."""

    def breach(reply: Reply) -> None:
        if b'"code":%d,' % code in reply.body:
            reply.json = {**reply.json, "code": 4099}

    return breach


def _back_and_forth(reply: Reply) -> None:
    if reply.is_for("GET", "/lambda/") and reply.status == 200:
        value = reply.json
        value["status"] = "pending" if value["status"] == "processing" else value["status"]
        value["progress"] = 100 if value["status"] == "pending" else 50
        reply.json = value


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


def _drop(*path: str | int) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value.pop(path[-1], None)

    return change


BREACHES: dict[str, tuple[Breach, str]] = {
    "a field is missing": (_in_json(*CREDITS, _drop("data", "frozen")), "credits"),
    "a number is a string": (_in_json(*CREDITS, _set("data", "total", to="100")), "credits"),
    "a number is not finite": (_in_json(*CREDITS, _set("data", "total", to=float("inf"))), "credits"),
    "the sum is another": (_in_json(*CREDITS, _set("data", "total", to=101)), "credits"),
    "the code is a string": (_in_json(*CREDITS, _set("code", to="0")), "envelope"),
    "the message is none": (_in_json(*CREDITS, _set("message", to=None)), "envelope"),
    "a proxy's page": (_page, "state"),
    "the backend is down": (_failing, "session"),
    "no session": (_in_json("POST", "/with-session/", _drop("data", "session_id")), "session"),
    "another session": (_in_json("GET", "/latest", _set("data", "session_id", to="s")), "state"),
    "no token": (_in_json(*TOKEN, _drop("data", "token")), "token"),
    "all sessions are one": (
        _in_json("POST", "/with-session/", _set("data", "session_id", to="s")),
        "session-language",
    ),
    "another hash each time": (_another_hash, "upload-address"),
    "too few credits": (_in_json(*TOKEN, _set("data", "credits", to=10)), "token"),
    "a file is no picture": (
        _in_json(*UPLOAD, _set("data", "files", 0, "file_type", to="video")),
        "upload",
    ),
    "no file is told of": (_in_json(*UPLOAD, _set("data", "files", to=[])), "upload"),
    "only one of several": (_in_json(*UPLOAD, lambda v: v["data"]["files"].__delitem__(slice(1, None))), "upload-several"),
    "an upload is forgotten": (
        _in_json("GET", "/latest", _set("data", "state", "video_infos", to=[])),
        "state-media",
    ),
    "a claim token of another form": (
        _in_json("POST", "/claim-token", _set("data", "claim_token", to="nmv_usr_x")),
        "claim",
    ),
    "no stream": (_no_stream, "message"),
    "an unknown heartbeat": (_in_stream(lambda b: [_event(type="ping"), *b]), "stream-dialect"),
    "an event says done": (_in_stream(lambda b: [*b, _event(type="done")]), "stream-dialect"),
    "the dialects are mixed": (
        _in_stream(lambda b: [*b, _event(invocationId="e", author="a", id="i")]),
        "stream-dialect",
    ),
    "the agent fails": (_in_stream(lambda b: [*b, _event(error="RuntimeError")]), "stream-dialect"),
    "data that is no JSON": (_in_stream(lambda b: [*b, b"data: [DONE]"]), "stream-lines"),
    "named events": (_in_stream(lambda b: [b"event: text\n" + b[0], *b[1:]]), "stream-lines"),
    "nothing at all": (_in_stream(lambda b: []), "stream-lines"),
    "text without content": (_in_stream(lambda b: [*b, _event(type="text")]), "stream-events"),
    "a result without a call": (
        _in_stream(lambda b: [_event(type="tool_result", name="cut", result={}), *b]),
        "stream-tools",
    ),
    "no segments": (_in_json("GET", "/latest", _set("data", "state", "draft", to={"t": []})), "draft"),
    "a render begins at once": (_in_json("POST", "/lambda", _set("status", to="processing")), "render"),
    "another id": (_in_json("POST", "/lambda", _set("id", to="another")), "render"),
    "an unknown status": (_in_json(*STATUS, _set("status", to="rendering")), "render-course"),
    "progress beyond 100": (_in_json(*STATUS, _set("progress", to=101)), "render-course"),
    "progress that falls": (_back_and_forth, "render-course"),
    "no address": (_in_json(*STATUS, lambda v: v.get("output", {}).pop("url", None)), "output"),
    "a wrong size": (_in_json(*STATUS, lambda v: v.get("output", {}).update(size=1)), "output"),
    "a bearer for the video": (_private, "output"),
    "no MP4": (_no_video, "output"),
    "another file": (_another_file, "download"),
    "a cancelled render goes on": (
        _in_json(*STATUS, lambda v: v.update(status="processing") if v["status"] == "cancelled" else None),
        "cancel",
    ),
}  # fmt: skip
REFUSALS = {
    "client-id": 400,
    "client-id-length": 400,
    "token-again": 429,
    "bearer-wrong": 1001,
    "bearer-missing": 1001,
    "bearer-expired": 1001,
    "session-unknown": 1002,
    "session-strange": 1002,
    "message-unknown": 1002,
    "message-broke": 2001,
    "upload-kind": 4001,
    "upload-size": 4002,
    "attribution": 402,
    "export-plan": 402,
}


@pytest.mark.parametrize("what", BREACHES)
def test_a_breach_fails_the_check_that_stands_for_it(
    serve: Callable[..., Server], what: str
) -> None:
    breach, expected = BREACHES[what]
    report = look(serve(breach))
    assert expected in failed(report)
    assert report.count("critical")


@pytest.mark.parametrize("form", [_accepted, _another])
@pytest.mark.parametrize("code", sorted(set(REFUSALS.values())))
def test_a_refusal_that_fails_to_come_fails_its_checks(
    serve: Callable[..., Server], code: int, form: Callable[[int], Breach]
) -> None:
    expected = {check for check, its in REFUSALS.items() if its == code}
    assert expected <= set(failed(look(serve(form(code)))))


@pytest.mark.parametrize("code", sorted(set(REFUSALS.values())))
def test_a_refusal_may_come_as_an_http_status_alone(
    serve: Callable[..., Server], code: int
) -> None:
    status = {1001: 401, 1002: 404, 2001: 402, 4001: 415, 4002: 413}.get(code, code)

    def bare(reply: Reply) -> None:
        if b'"code":%d,' % code in reply.body:
            reply.status, reply.json = status, {"detail": "no"}

    report = look(serve(bare))
    told = {one.check.id for one in report.results for _ in one.differences}
    assert {check for check, its in REFUSALS.items() if its == code} <= told
    assert not set(REFUSALS) & set(failed(report))


def test_any_code_will_do_where_none_is_published(serve: Callable[..., Server]) -> None:
    loose = {"body": 400, "render-again": 400, "render-unknown": 404}
    assert not {*loose} & {*failed(look(serve(_another(404))))}
    for code in set(loose.values()):
        expected = {check for check, its in loose.items() if its == code}
        assert expected <= set(failed(look(serve(_accepted(code)))))


def test_each_check_can_fail() -> None:
    caught = {check for _, check in BREACHES.values()} | REFUSALS.keys()
    caught |= {"body", "render-again", "render-unknown"}  # just above
    caught |= {"stream-whole", "charged", "export-free"}  # just below
    assert caught == {check.id for check in CHECKS}


def test_pieces_without_their_whole_are_told(serve: Callable[..., Server]) -> None:
    def pieces_alone(blocks: list[bytes]) -> list[bytes]:
        whole = [b for b in blocks if b'"text"' in b and b'"functionCall"' not in b]
        return [b for b in blocks if b not in whole or b'"partial": true' in b]

    report = look(serve(_in_stream(pieces_alone), dialect="adk"))
    assert failed(report) == ["stream-whole"]

    def another_whole(blocks: list[bytes]) -> list[bytes]:
        return [b if b'"partial"' in b else b.replace(b'"text": "', b'"text": "!') for b in blocks]

    assert "stream-whole" in failed(look(serve(_in_stream(another_whole), dialect="adk")))


def test_a_stream_that_is_cut_off_did_not_close(serve: Callable[..., Server]) -> None:
    server = serve()
    server.backend.fail("message", cut_after_events=2)
    report = look(server, poll=0.1)
    assert failed(report) == ["message"]
    assert "broke off" in str(report.failures[0].differences[0])
    assert report.spent == 50, "what was cut off is paid for"


@pytest.mark.parametrize("prices", [Prices(first_cut=100), Prices(first_cut=50)])
def test_a_message_that_is_charged_twice_is_told(
    serve: Callable[..., Server], prices: Prices, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The dearer one is told by the contract's price, the other by what was held for it.
    server = serve(prices=prices, pace=0.02 if prices.first_cut == 100 else 1.0)
    spend = server.backend.accounts.spend
    monkeypatch.setattr(
        server.backend.accounts, "spend", lambda key, credits: spend(key, 2 * credits)
    )
    report = look(server)
    assert failed(report)[0] == "charged"
    assert report.spent == 2 * prices.first_cut


def test_an_export_that_costs_is_told(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    backend = server.backend
    start = backend.start_render

    def charged(account: Any, *args: Any) -> Any:
        backend.accounts.spend(account.key, 1)
        return start(account, *args)

    monkeypatch.setattr(backend, "start_render", charged)
    assert failed(look(server)) == ["export-free"]


def test_what_the_contract_does_not_know_is_told_and_is_no_breach(
    serve: Callable[..., Server],
) -> None:
    report = look(serve(_in_json(*CREDITS, _set("data", "bonus", to=3))))
    assert report.passed
    found = [str(one) for result in report.results for one in result.differences]
    assert set(found) == {"data.bonus is not in the contract"}
    assert report.count("info") == len(found)


def test_what_goes_on_from_a_broken_answer_is_left_out_with_the_reason(
    serve: Callable[..., Server],
) -> None:
    report = look(serve(_failing))
    assert {*failed(report)} >= {"session"}
    skipped = {one.check.id: one.of for one in report.results if one.outcome is Outcome.SKIPPED}
    assert skipped["upload"] == "session"
    assert skipped["message"] == "upload"
    assert "credits" not in skipped
    assert report.spent == 0


# ---------------------------------------------------------------- how far it goes


def _real(server: Server, **options: Any) -> Report:
    """The same server as a backend that is nobody's mock."""
    server.backend.accounts.add("nmv_usr_mine", credits=500)
    return look(server, mock=False, auth=Bearer("nmv_usr_mine"), upload_limit=None, **options)


def test_at_a_real_backend_nothing_is_spent_unasked(serve: Callable[..., Server]) -> None:
    server = serve()
    report = _real(server)
    assert report.passed
    left_out = {one.check.kind for one in report.results if one.outcome is Outcome.SKIPPED}
    assert left_out == {Kind.COSTS, Kind.MOCK}
    assert {one.check.kind for one in report.results if one.outcome is Outcome.PASSED} == {
        Kind.FREE
    }
    assert (report.spent, report.left_out) == (0, 100)
    assert server.backend.journal.messages() == []
    asked = [entry for entry in server.backend.journal.calls("token") if entry.status == 200]
    assert asked == [], "no anonymous token is used up"


def test_what_may_be_spent_is_one_message(serve: Callable[..., Server]) -> None:
    server = serve()
    report = _real(server, spend=True)
    assert report.passed
    assert len(server.backend.journal.messages()) == 1
    assert server.backend.journal.calls("render_cancel") == []
    assert (report.spent, report.left_out) == (50, 0)


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 500}, {"cut_after_events": 1}])
def test_a_message_is_not_sent_again_whatever_becomes_of_it(
    serve: Callable[..., Server], fault: dict[str, Any]
) -> None:
    server = serve()
    server.backend.fail("message", times=None, **fault)
    report = _real(server, spend=True)
    assert failed(report)[0] == "message"
    assert len(server.backend.journal.calls("message")) == 1


def test_without_the_credits_for_it_no_message_is_sent(serve: Callable[..., Server]) -> None:
    server = serve()
    server.backend.accounts.add("nmv_usr_mine")
    server.backend.accounts.add("nmv_usr_poor", credits=99)
    report = look(server, mock=False, spend=True, auth=Bearer("nmv_usr_poor"))
    assert report.passed
    assert server.backend.journal.messages() == []
    (message,) = (one for one in report.results if one.check.id == "message")
    assert message.to_json()["reason"] == "there are not enough credits: 99"


def test_the_bearer_does_not_go_where_the_video_lies(serve: Callable[..., Server]) -> None:
    server = serve()
    _real(server, spend=True)
    (fetched,) = (
        entry for entry in server.backend.journal.calls("file") if entry.path.endswith(".mp4")
    )
    assert "authorization" not in fetched.headers
    assert not [name for name in fetched.headers if name.startswith("x-skill")]


def test_there_is_an_end_to_it(serve: Callable[..., Server]) -> None:
    server = serve()
    server.backend.fail("state", delay=60 / server.backend.settings.pace, times=1)
    target = Target(server.url, ATTRIBUTION, mock=True)
    report = anyio.run(lambda: run(target, seconds=1.0))
    assert failed(report) == ["state"]
    assert "no whole answer" in str(report.failures[0].differences[0])
    after = report.results[[one.check.id for one in report.results].index("state") + 1 :]
    assert {one.reason for one in after} == {"no time was left"}


def test_a_mock_is_known_by_its_control_routes(serve: Callable[..., Server]) -> None:
    assert anyio.run(is_mock, serve().url)
    assert not anyio.run(is_mock, "https://example.com")  # which is not even asked
    with Server(Backend(), control=False) as bare:
        assert not anyio.run(is_mock, bare.url)


def test_who_never_answers_is_not_asked_again(serve: Callable[..., Server]) -> None:
    server = serve()
    server.backend.fail("token", delay=60 / server.backend.settings.pace, times=None)
    target = Target(server.url, ATTRIBUTION, mock=True)
    with pytest.raises(UnreachableError):
        anyio.run(lambda: run(target, seconds=0.5))


def test_where_nobody_listens_there_is_nothing_to_check(serve: Callable[..., Server]) -> None:
    with Server(Backend()) as gone:
        target = Target(gone.url, ATTRIBUTION, mock=True)
    with pytest.raises(UnreachableError):
        anyio.run(run, target)
    with pytest.raises(UnreachableError):
        anyio.run(is_mock, gone.url)


def test_what_is_told_of_the_way_there_stands_for_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "::1/128")  # which httpx cannot read
    way = {"proxy": "http://127.0.0.1:9"}
    target = Target("https://backend.test", ATTRIBUTION, connect=way)
    with pytest.raises(UnreachableError):
        anyio.run(run, target)


# ---------------------------------------------------------------- what is told


def test_no_token_is_in_a_report(serve: Callable[..., Server]) -> None:
    tokens: list[str] = []

    def repeat(reply: Reply) -> None:
        """Every answer repeats the token and the claim token where a word is told."""
        words = reply.body.decode("latin-1").replace('"', " ").split()
        tokens.extend(word for word in words if word.startswith(("nmv_usr_", "clm_")))
        if tokens and reply.is_for("GET", "/latest"):
            reply.json = {"code": 1002, "message": f"no {tokens[0]}\x1b[31m\u202e", "data": None}

    report = look(serve(repeat))
    assert len(set(tokens)) >= 2
    told = json.dumps(report.to_json(), ensure_ascii=False) + junit(report).decode()
    assert "[token]" in told
    assert not [token for token in tokens if token in told]
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_junit_tells_what_the_report_tells(serve: Callable[..., Server]) -> None:
    report = look(serve(_in_json(*CREDITS, _set("data", "bonus", to='<&">'))))
    for told in (report, look(serve(_failing))):
        suites = ET.fromstring(junit(told))
        (suite,) = suites
        cases = suite.findall("testcase")
        assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
        assert [case.get("name") for case in cases] == [check.id for check in CHECKS]
        assert suite.attrib == suites.attrib
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        assert len(told.failures) == len(suite.findall("testcase/failure"))
        for case in cases:
            assert {"classname", "name", "time"} == case.attrib.keys()
            assert {child.tag for child in case} <= {"failure", "skipped", "system-out"}
            assert float(case.attrib["time"]) >= 0
        assert (suite.find("testcase/system-out") is not None) == (told.count("info") > 0)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "data", "status", "files", "state", "draft", "t", "progress"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(value=_JSON)
def test_no_rule_stumbles_over_any_json(value: Any) -> None:
    objects = value if isinstance(value, dict) else {"t": value, "total": value}
    list(facts.balance({**objects, "available": value, "frozen": 1}))
    list(facts.draft(objects))
    looks = [
        facts.RenderSnapshot("pending", 0),
        facts.RenderSnapshot(value, value),
        facts.RenderSnapshot("completed", value),
    ]
    list(facts.course(looks))
    heard = stream.Heard(200, "text/event-stream")
    for one in (value, {"type": value}, {"content": {"parts": value}, "partial": value}):
        for event in (one, {"content": {"parts": [{"functionCall": one, "text": value}]}}):
            heard.body += b"data: " + json.dumps(event).encode() + b"\n\n"
    for rule in (stream.lines, stream.kinds, stream.tools, stream.whole):
        list(rule(heard))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=_JSON,
    place=st.sampled_from(
        [UPLOAD, TOKEN, STATUS, CREDITS, ("GET", "/latest"), ("POST", "/lambda"), ("POST", "/with")]
    ),
)
def test_no_answer_of_any_endpoint_stops_the_checks(
    reluctant: Renderer, value: Any, place: tuple[str, str]
) -> None:
    """The mock, but for what one endpoint holds."""

    def hold(answer: dict[str, Any]) -> None:
        if "data" in answer:
            old = answer["data"]
            answer["data"] = {**old, **value} if isinstance(value, dict) else value
            for key in old if isinstance(value, dict) else ():
                answer["data"].update({key: value} if len(key) % 2 else {})
        else:
            answer.update(dict.fromkeys(("status", "progress", "output"), value))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "mock_server.server.create_app",
            lambda *args, **options: Broken(create_app(*args, **options), _in_json(*place, hold)),
        )
        with Server(Backend(pace=0, max_upload=MIB, renderer=reluctant)) as server:
            assert len(look(server).results) == len(CHECKS)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_JSON, under=st.sampled_from(["", "data", "data.state", "data.files"]))
def test_whatever_a_backend_answers_is_told_and_breaks_nothing(value: Any, under: str) -> None:
    """Any JSON in the place of any answer, with the right envelope or without."""
    for step in reversed(under.split(".") if under else []):
        value = {step: value} | ({"code": 0} if step == "data" else {})

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(value).encode())

    report = anyio.run(_against, answer)
    assert not report.passed


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 0, "message": "", "data": {"session_id": "\\ud800", "task_id": "t", "user_id": "u"}}',
        b'{"code": %(n)s, "message": "", "data": {"available": %(n)s, "frozen": %(n)s, "total": %(n)s}}'
        % {b"n": b"9" * 4200},
        b'{"code": 0, "message": "", "data": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
    ],
    ids=["half a surrogate pair", "numbers without end", "depth without end"],
)
def test_what_cannot_even_be_sent_back_is_told_and_breaks_nothing(body: bytes) -> None:
    report = anyio.run(_against, lambda request: httpx.Response(200, content=body))
    assert not report.passed
    assert len(report.results) == len(CHECKS)
    ET.fromstring(junit(report))


async def _against(answer: Callable[[httpx.Request], httpx.Response]) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        client = httpx.AsyncClient
        patch.setattr(
            httpx,
            "AsyncClient",
            lambda **kw: client(**kw, transport=httpx.MockTransport(answer)),
        )
        auth = Bearer("nmv_usr_mine")
        target = Target("http://127.0.0.1:9", ATTRIBUTION, auth, spend=True, poll=0)
        return await run(target, seconds=20)
