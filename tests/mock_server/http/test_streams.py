"""The answer to a message: how it comes, in which dialect, what it costs, and who may leave early."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from mock_server import Backend, ManualClock
from mock_server.agent.sse import Adk, Typed, pieces
from mock_server.agent.steps import Beat, Save, Say, ToolCall, ToolResult
from mock_server.backend.turn import is_silent
from mock_server.http.app import create_app
from tests.mock_server.api import MAKE, Api, FakeRenderer, events, inspector
from tests.mock_server.conftest import Serve
from tests.waiting import until

GAP = 0.05


def step(api: Api) -> None:
    """Let one event out: wait until the stream waits for the clock, then move it."""
    clock = api.backend.clock
    assert isinstance(clock, ManualClock)
    until(lambda: clock.sleepers == 1)
    clock.advance(GAP)


class Reader:
    """Reads a stream event by event, each let out only when the one before has been read."""

    def __init__(self, api: Api, response: httpx.Response) -> None:
        self._api = api
        self.chunks = response.iter_raw()

    def read(self, count: int) -> bytes:
        body = b""
        for number in range(1, count + 1):
            step(self._api)
            while body.count(b"\n\n") < number:
                body += next(self.chunks)
        return body


class TestJournal:
    def test_an_entry_is_complete_before_the_last_byte_goes_out(
        self, renderer: FakeRenderer
    ) -> None:
        backend = Backend(pace=0, silent_rate=0, renderer=renderer, inspector=inspector)
        app, endings = create_app(backend), list[tuple[str | None, int, bool]]()

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def watch(message: Message) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    entry = backend.journal.calls()[-1]
                    endings.append((entry.ended, entry.sent, entry.duration is not None))
                await send(message)

            await app(scope, receive, watch)

        async def talk() -> list[int]:
            transport = httpx.ASGITransport(app=watched)
            async with httpx.AsyncClient(transport=transport, base_url="http://mock") as http:
                path = "/api/auth/anonymous-token"
                token = await http.post(path, headers={"X-Client-Id": "one"})
                http.headers["Authorization"] = f"Bearer {token.json()['data']['token']}"
                path = "/api/tasks/me/with-session/nemo_agent"
                session = await http.post(path, json={"task_name": "project"})
                words = {"parts": [{"text": "make a video of the sea"}]}
                body = {"app_name": "nemo_agent", "user_id": "me", "new_message": words}
                body["session_id"] = session.json()["data"]["session_id"]
                stream = await http.post("/run_sse", json=body)
                return [len(answer.content) for answer in (token, session, stream)]

        sizes = asyncio.run(talk())
        backend.close()
        assert endings == [("complete", size, True) for size in sizes]

    def test_who_has_read_the_end_finds_it_so(self, api: Api) -> None:
        api.made()
        for _ in range(20):
            api.say("hello")
            assert api.backend.journal.calls("message")[-1].ended == "complete"


class TestInTime:
    def test_events_are_read_before_the_next_is_sent(self, serve: Serve) -> None:
        api = serve(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png", "b.png")
        with api.stream(MAKE) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            reader = Reader(api, response)
            body = reader.read(4)
            assert body.startswith(b'data: {"type": "heartbeat"}\n\n')
            (entry,) = api.backend.journal.calls("message")
            assert entry.ended is None  # three events are here, and the server is still at it

    def test_the_price_is_frozen_meanwhile_and_one_message_at_a_time(self, serve: Serve) -> None:
        api = serve(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        with api.stream(MAKE) as response:
            reader = Reader(api, response)
            reader.read(2)
            assert api.credits() == {"available": 50, "frozen": 50, "total": 100}
            busy = api.http.post("/run_sse", json=api.message("and music"))
            assert (busy.status_code, busy.json()["code"]) == (409, 409)

    @pytest.mark.parametrize(("read_events", "tracks"), [(2, 0), (8, 1)])
    def test_who_leaves_early_gets_the_price_back(
        self, serve: Serve, read_events: int, tracks: int
    ) -> None:
        api = serve(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        with api.stream(MAKE) as response:
            reader = Reader(api, response)
            reader.read(read_events)
        until(lambda: api.credits()["frozen"] == 0)
        assert api.credits() == {"available": 100, "frozen": 0, "total": 100}
        assert len(api.draft.get("t", [])) == tracks  # the stage that was reached stays
        (entry,) = api.backend.journal.calls("message")
        until(lambda: entry.ended == "dropped")
        api.backend.configure(pace=0.0)
        api.say("make it 5 seconds")  # the session is free again

    def test_the_server_stops_with_a_stream_open(self, serve: Serve) -> None:
        api = serve(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        with api.stream(MAKE) as response:
            reader = Reader(api, response)
            reader.read(1)
            api.server.stop()
            with pytest.raises(httpx.TransportError):
                next(reader.chunks)


class TestCredits:
    def test_a_cut_50_an_edit_5_a_question_0(self, api: Api) -> None:
        api.made()
        assert api.credits() == {"available": 50, "frozen": 0, "total": 50}
        api.say("make it 5 seconds")
        assert api.credits()["total"] == 45
        api.say("what can you do?")
        api.say("do something nice")
        assert api.credits()["total"] == 45

    def test_a_clip_from_words_alone_is_100_and_has_pictures(self, serve: Serve) -> None:
        api = serve(inspector=None).start()
        api.say("make a 480p video of a red sunset")
        assert api.credits()["total"] == 0
        pictures = api.state()["generated_media"]
        assert len(pictures) == 3
        png = httpx.get(pictures[0]["cdn_url"], trust_env=False).content
        assert png.startswith(b"\x89PNG")
        api.render()
        assert api.wait()["status"] == "completed"

    def test_not_enough_is_2001_and_nothing_is_done(self, api: Api) -> None:
        api.made()
        api.backend.accounts.change(credits=4)
        before = api.draft
        answer = api.http.post("/run_sse", json=api.message("make it 5 seconds"))
        assert (answer.status_code, answer.json()["code"]) == (200, 2001)
        assert (api.draft, api.credits()["total"]) == (before, 4)

    def test_unlimited_credits_do_not_run_out(self, serve: Serve) -> None:
        api = serve(unlimited=True).made()
        for seconds in range(5, 30):
            api.say(f"make it {seconds} seconds")
        assert api.credits() == {"available": 100, "frozen": 0, "total": 100}
        assert api.draft["d"] == 29_000


class TestSilence:
    def test_about_three_edits_in_ten(self) -> None:
        draws = [
            is_silent(0, f"{session}-{turn}", 0.3) for session in range(50) for turn in range(50)
        ]
        assert 0.27 < sum(draws) / len(draws) < 0.33

    def test_the_same_run_gives_the_same_and_the_draft_changes_all_the_same(
        self, serve: Serve
    ) -> None:
        runs = []
        for seed in (1, 1, 2):
            api = serve(seed=seed, silent_rate=0.3).made()
            texts = []
            for seconds in range(5, 15):
                texts.append(api.told(f"make it {seconds} seconds"))
                assert api.draft["d"] == seconds * 1000
            runs.append(texts)
        assert runs[0] == runs[1] != runs[2]
        assert "" in runs[0]
        assert any(runs[0])

    def test_only_edits_are(self, serve: Serve) -> None:
        api = serve(silent_rate=1.0).start()
        api.upload("a.png")
        assert api.told(MAKE)
        assert not api.told("make it 7 seconds")
        assert api.told("what can you do?")

    def test_a_fault_decides(self, serve: Serve) -> None:
        api = serve(silent_rate=1.0).made()
        api.backend.fail("message", silent=False)
        assert api.told("make it 7 seconds")
        assert not api.told("make it 8 seconds")


class TestTyped:
    def test_what_comes(self, api: Api) -> None:
        api.start()
        api.upload("a.png", "b.png")
        with api.stream(MAKE) as response:
            body = response.read()
        assert b"\n\n: keep-alive\n\n" in body
        assert b"\n\ndata:\n\n" in body
        kinds = [event["type"] for event in events(body)]
        assert set(kinds) == {"text", "tool_call", "tool_result", "heartbeat"}
        assert kinds.count("text") > 5
        assert b".internal" in body  # what a client has to keep inside
        assert b"trace_token" in body
        text = "".join(e["content"] for e in events(body) if e["type"] == "text")
        assert ".internal" not in text

    def test_the_whole_text_is_in_the_pieces(self) -> None:
        text = "Click the Export button\u2028 to … 点击导出按钮即可下载视频。 " * 3
        assert "".join(pieces(text)) == text
        assert max(map(len, pieces(text))) <= 22
        (event,) = Typed().encode(Say("a\u2028b"))
        assert event == 'data: {"type": "text", "content": "a\u2028b"}\n\n'.encode()


class TestAdk:
    def test_what_comes(self, serve: Serve) -> None:
        api = serve(dialect="adk").start()
        api.upload("a.png", "b.png")
        seen = api.say(f'{MAKE}. Title: "Hi".')
        for event in seen:
            assert {"author", "invocationId", "id", "timestamp", "actions"} <= set(event)
            assert not any("_" in key for key in [*event, *event["actions"]])
        assert len({event["id"] for event in seen}) == len(seen)
        assert len({event["invocationId"] for event in seen}) == 1
        drafts = [event["actions"]["stateDelta"].get("draft") for event in seen]
        assert [d for d in drafts if d][-1] == api.draft

    def test_pieces_and_then_the_whole(self) -> None:
        adk = Adk("turn", lambda: 1.5)
        *partial, whole = [
            json.loads(event[6:]) for event in adk.encode(Say("one two three four five six"))
        ]
        assert all(event["partial"] for event in partial)
        assert "partial" not in whole
        joined = "".join(event["content"]["parts"][0]["text"] for event in partial)
        assert joined == whole["content"]["parts"][0]["text"] == "one two three four five six"

    def test_a_call_has_its_thought_beside_it_and_its_answer_its_id(self) -> None:
        adk = Adk("turn", lambda: 1.5)
        (called,) = adk.encode(ToolCall("cut", {"a": 1}, "hm"))
        (answered,) = adk.encode(ToolResult("cut", {"ok": True}))
        thought, call = json.loads(called[6:])["content"]["parts"]
        (answer,) = json.loads(answered[6:])["content"]["parts"]
        assert thought == {"text": "hm", "thought": True}
        assert call["functionCall"].items() >= {"name": "cut", "args": {"a": 1}}.items()
        assert answer["functionResponse"]["id"] == call["functionCall"]["id"]
        assert list(adk.encode(Beat())) == [b": keep-alive\n\n"]
        (saved,) = adk.encode(Save({"d": 1}))
        assert "content" not in json.loads(saved[6:])


def test_heartbeats_at_a_fraction_of_the_pace(serve: Serve) -> None:
    api = serve().made()
    api.backend.fail("message", heartbeats_for=600)
    kinds: list[Any] = [event.get("type") for event in api.say("make it 5 seconds")]
    assert kinds[:20] == ["heartbeat"] * 20  # every second one is a comment
