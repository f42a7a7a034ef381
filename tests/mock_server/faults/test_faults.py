"""What can be made to go wrong, and what the journal says of it."""

import contextlib
import json
from typing import Any

import httpx
import pytest

from mock_server import Fault, ManualClock
from mock_server.journal import ENDPOINTS
from tests.mock_server.api import MAKE, Api
from tests.mock_server.conftest import Serve
from tests.waiting import until


class TestAnswers:
    @pytest.mark.parametrize("code", [1001, 1002, 2001, 4001, 4002, 400, 402, 429, 500])
    def test_any_code_in_any_of_three_places(self, api: Api, code: int) -> None:
        api.start()
        api.backend.fail("credits", code=code, status=200)
        api.backend.fail("credits", code=code)
        api.backend.fail("credits", status=503)
        api.backend.fail("credits", code=code, status=418)
        natural = code if code < 600 else 200
        for status, said in ((200, code), (natural, code), (503, 503), (418, code)):
            answer = api.http.get("/api/credits/balance/simple")
            assert (answer.status_code, answer.json()["code"]) == (status, said)
        assert api.credits()["total"] == 100

    def test_a_body_of_ones_own(self, api: Api) -> None:
        api.start()
        api.backend.fail("credits", body="<html>Bad gateway</html>", status=502)
        page = api.http.get("/api/credits/balance/simple")
        assert (page.status_code, page.text) == (502, "<html>Bad gateway</html>")
        assert page.headers["content-type"].startswith("text/html")
        api.backend.fail("state", body={"code": 0}, headers={"Retry-After": "7"})
        answer = api.http.get(f"/api/state/nemo_agent/me/{api.session}/latest")
        assert (answer.json(), answer.headers["retry-after"]) == ({"code": 0}, "7")

    @pytest.mark.parametrize("body", ["\ud800", {"a": float("nan")}, {"a": {1, 2}}])
    def test_a_body_that_cannot_be_sent_is_refused(self, api: Api, body: Any) -> None:
        with pytest.raises(ValueError, match="body: "):
            api.backend.fail("state", body=body)

    def test_every_endpoint_can_fail(self, api: Api) -> None:
        api.made()
        api.render()
        url = api.wait()["output"]["url"]
        proxy = "/api/render/proxy"
        requests = {
            "token": ("POST", "/api/auth/anonymous-token"),
            "session": ("POST", "/api/tasks/me/with-session/nemo_agent"),
            "message": ("POST", "/run_sse"),
            "upload": ("POST", f"/api/upload-video/nemo_agent/me/{api.session}"),
            "credits": ("GET", "/api/credits/balance/simple"),
            "state": ("GET", f"/api/state/nemo_agent/me/{api.session}/latest"),
            "render": ("POST", f"{proxy}/lambda"),
            "render_status": ("GET", f"{proxy}/lambda/render_1"),
            "render_cancel": ("POST", f"{proxy}/lambda/render_1/cancel"),
            "render_download": ("GET", f"{proxy}/render_1/download"),
            "claim": ("POST", "/api/auth/claim-token"),
            "file": ("GET", url),
        }
        assert set(requests) == set(ENDPOINTS)
        for endpoint, (method, path) in requests.items():
            api.backend.fail(endpoint, code=4999)
            assert api.http.request(method, path).json()["code"] == 4999, endpoint
            assert api.backend.journal.calls(endpoint)[-1].fault == "code=4999"

    def test_after_and_times(self, api: Api) -> None:
        api.start()
        api.backend.fail("credits", code=2001, after=1, times=2)
        codes = [api.http.get("/api/credits/balance/simple").json()["code"] for _ in range(5)]
        assert codes == [0, 2001, 2001, 0, 0]
        assert api.backend.faults.armed() == []
        api.backend.fail("credits", code=2001, times=None)
        codes = [api.http.get("/api/credits/balance/simple").json()["code"] for _ in range(5)]
        assert codes == [2001] * 5

    def test_a_delay_is_the_clocks(self, serve: Serve) -> None:
        clock = ManualClock()
        api = serve(pace=0.5, clock=clock).start()
        api.backend.fail("credits", delay=60)
        with pytest.raises(httpx.ReadTimeout):
            api.http.get("/api/credits/balance/simple", timeout=0.2)
        assert clock.sleepers == 1
        clock.advance(30)
        until(lambda: clock.sleepers == 0)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"endpoint": "nowhere"},
            {"endpoint": "state", "times": 0},
            {"endpoint": "state", "code": "1001"},
            {"endpoint": "state", "status": 99},
            {"endpoint": "state", "delay": -1},
            {"endpoint": "render", "outcome": "lost"},
        ],
    )
    def test_a_fault_that_makes_no_sense_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            Fault(**wrong)

    def test_a_field_there_is_not_is_refused_with_those_there_are(self, api: Api) -> None:
        with pytest.raises(TypeError, match=r"a fault has no cut; it has times, .*cut_after_bytes"):
            api.backend.fail("message", cut=0)
        answer = api.http.post("/__mock__/faults", json={"endpoint": "message", "cut": 0})
        assert answer.status_code == 400
        assert "cut_after_events" in answer.json()["message"]


class TestCuts:
    def test_a_stream_is_cut_and_the_work_goes_on(self, api: Api) -> None:
        api.start()
        api.upload("a.png")
        api.backend.fail("message", cut_after_events=3)
        with api.stream(MAKE) as response, pytest.raises(httpx.RemoteProtocolError):
            response.read()
        (entry,) = api.backend.journal.calls("message")
        assert entry.ended == "cut"
        until(lambda: api.credits()["total"] == 50)
        assert len(api.draft["t"]) == 2

    def test_a_stream_is_cut_and_the_work_stops(self, api: Api) -> None:
        api.start()
        api.upload("a.png")
        api.backend.fail("message", cut_after_events=3, stop_work=True)
        with api.stream(MAKE) as response, pytest.raises(httpx.RemoteProtocolError):
            response.read()
        until(lambda: api.credits() == {"available": 100, "frozen": 0, "total": 100})
        assert api.draft == {}

    @pytest.mark.parametrize("reset", [False, True])
    def test_an_answer_is_cut_in_its_middle(self, api: Api, reset: bool) -> None:
        api.made()
        api.render()
        api.wait()
        api.backend.fail("render_download", cut_after_bytes=300, reset=reset)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            api.http.get("/api/render/proxy/render_1/download")
        assert len(api.http.get("/api/render/proxy/render_1/download").content) == 1000

    def test_the_answer_is_lost_but_the_render_runs(self, api: Api) -> None:
        api.made()
        api.backend.fail("render", cut_after_bytes=0)
        with pytest.raises(httpx.RemoteProtocolError):
            api.render()
        assert api.wait()["status"] == "completed"

    def test_a_reset_before_anything_was_done(self, api: Api) -> None:
        api.made()
        api.backend.fail("render", reset=True)
        with pytest.raises(httpx.TransportError):
            api.render()
        assert api.http.get("/api/render/proxy/lambda/render_1").status_code == 404


class TestRenders:
    def test_a_render_that_fails_once(self, api: Api) -> None:
        api.made()
        api.backend.fail("render", outcome="failed")
        api.render("render_1")
        assert api.wait(status="failed")["error"]
        api.render("render_2")
        assert api.wait("render_2")["status"] == "completed"

    def test_a_render_that_never_ends_holds_the_session_until_cancelled(self, api: Api) -> None:
        api.made()
        api.backend.fail("render", outcome="stuck")
        api.render("render_1")
        api.render("render_2")
        assert api.render_status("render_1")["status"] == "processing"
        assert api.render_status("render_2")["status"] == "pending"
        api.http.post("/api/render/proxy/lambda/render_1/cancel")
        assert api.wait("render_2")["status"] == "completed"


class TestWhichRequests:
    def test_by_the_words_of_a_message(self, api: Api) -> None:
        api.made()
        api.backend.fail("message", code=2001, match={"contains": "5 SECONDS"}, times=None)
        api.backend.fail("message", code=4001, match={"regex": r"\b[67] seconds"}, times=None)
        for words, code in (("make it 8 seconds", 0), ("5 seconds", 2001), ("to 6 seconds", 4001)):
            with api.stream(words) as response:
                response.read()
            assert api.backend.journal.calls("message")[-1].code == code

    def test_by_session_and_by_header(self, api: Api) -> None:
        first = api.start().session
        second = api.start("client-2").session
        api.backend.fail("upload", code=4002, match={"session": second}, times=None)
        api.backend.fail("credits", code=4999, match={"headers": {"X-Skill-Source": "^another$"}})
        assert api.upload("a.png").json()["code"] == 4002
        api.session = first
        assert api.upload("a.png").json()["code"] == 1002  # another client's; not the fault
        balance = "/api/credits/balance/simple"
        assert api.http.get(balance).json()["code"] == 0
        other = api.http.get(balance, headers={"X-Skill-Source": "another"})
        assert other.json()["code"] == 4999

    def test_the_nth_that_matches_counts_no_others(self, api: Api) -> None:
        api.made()
        api.backend.fail("message", code=2001, match={"contains": "seconds"}, after=1)
        codes = []
        for words in ("hello", "5 seconds", "hello", "6 seconds", "7 seconds"):
            with api.stream(words) as response:
                response.read()
            codes.append(api.backend.journal.calls("message")[-1].code)
        assert codes == [0, 0, 0, 2001, 0]

    def test_any_endpoint(self, api: Api) -> None:
        api.start()
        api.backend.fail("any", status=503, times=2)
        state = f"/api/state/nemo_agent/me/{api.session}/latest"
        paths = ("/api/credits/balance/simple", state, state)
        assert [api.http.get(path).status_code for path in paths] == [503, 503, 200]

    def test_a_share_is_drawn_from_the_seed(self, serve: Serve) -> None:
        def drawn(seed: int) -> list[int]:
            api = serve(seed=seed).start()
            api.backend.fail("credits", code=2001, share=0.5, times=None)
            return [api.http.get("/api/credits/balance/simple").json()["code"] for _ in range(30)]

        first = drawn(1)
        assert {*first} == {0, 2001}
        assert drawn(1) == first
        assert drawn(2) != first


class TestTheWire:
    def test_headers_take_the_place_of_the_answers_own(self, api: Api) -> None:
        api.start()
        api.backend.fail("credits", headers={"Content-Type": "text/plain", "Retry-After": "3"})
        answer = api.http.get("/api/credits/balance/simple")
        assert answer.headers.get_list("content-type") == ["text/plain"]
        assert (answer.headers["retry-after"], answer.json()["code"]) == ("3", 0)

    def test_a_stall_in_mid_event_keeps_half_of_it_back(self, api: Api) -> None:
        api.start()
        api.backend.fail("message", stall="forever", stall_after_events=1, mid_event=True)
        body, message = b"", api.message("hello")
        with (
            contextlib.suppress(httpx.ReadTimeout),
            api.http.stream("POST", "/run_sse", json=message, timeout=0.3) as response,
        ):
            for chunk in response.iter_raw():
                body += chunk
        first, half = body.split(b"\n\n")
        assert first
        assert half.startswith(b"data: {")
        assert not half.endswith(b"}")

    @pytest.mark.parametrize("endpoint", ["credits", "message"])
    def test_who_leaves_in_a_stall_is_not_waited_for(self, api: Api, endpoint: str) -> None:
        api.start()
        api.backend.fail(endpoint, stall="forever", stall_after_bytes=5)
        paths = {"credits": "/api/credits/balance/simple", "message": "/run_sse"}
        method, body = ("POST", api.message("hello")) if endpoint == "message" else ("GET", None)
        with pytest.raises(httpx.ReadTimeout):
            api.http.request(method, paths[endpoint], json=body, timeout=0.3)
        (entry,) = api.backend.journal.calls(endpoint)
        until(lambda: entry.ended is not None)
        assert (entry.ended, entry.sent) == ("dropped", 5)

    def test_a_stall_that_is_over_leaves_the_answer_whole(self, serve: Serve) -> None:
        clock = ManualClock()
        api = serve(clock=clock).start()
        api.backend.fail("credits", stall=60, stall_after_bytes=5)
        api.backend.configure(pace=1.0)
        with api.http.stream("GET", "/api/credits/balance/simple") as response:
            chunks = response.iter_raw()
            assert next(chunks) == b'{"cod'
            until(lambda: clock.sleepers == 1)
            clock.advance(60)
            assert json.loads(b'{"cod' + b"".join(chunks))["code"] == 0

    @pytest.mark.parametrize(
        "fault",
        [
            {"drip": 30},
            {"stall": 1, "stall_after_bytes": 70},
            {"cut_after_bytes": 70},
            {"truncate_after_bytes": 70},
        ],
    )
    def test_a_token_that_goes_out_in_parts_is_in_no_part_of_the_journal(
        self, api: Api, fault: dict[str, Any]
    ) -> None:
        api.backend.fail("token", **fault)
        body, headers = b"", {"X-Client-Id": "client-1"}
        with (
            contextlib.suppress(httpx.RemoteProtocolError),
            api.http.stream("POST", "/api/auth/anonymous-token", headers=headers) as response,
        ):
            for chunk in response.iter_raw():
                body += chunk
        token = body.partition(b"nmv_usr_")[2].partition(b'"')[0].decode()
        assert len(token) > 5
        (entry,) = api.backend.journal.calls("token")
        kept = json.dumps(entry.to_json()) + repr(vars(entry))
        assert not [at for at in range(len(token) - 5) if token[at : at + 6] in kept]


class TestTheWork:
    def test_the_second_stage_comes_before_the_next_message(self, api: Api) -> None:
        api.start()
        api.upload("a.png", "b.png")
        api.backend.configure(pace=0.001)
        api.backend.fail("message", second_stage_after=3_600_000)
        api.say(f"{MAKE} with calm piano music")
        assert [track["tt"] for track in api.draft["t"]] == [0]
        api.say("make it 9 seconds")
        assert sorted(track["tt"] for track in api.draft["t"]) == [0, 1]

    def test_what_is_paid_for_shows_up_later(self, api: Api) -> None:
        api.start()
        api.upload("a.png", "b.png")
        before = api.draft
        api.backend.configure(pace=0.001)
        api.backend.fail("message", shows_after=3_600_000)
        api.say(MAKE)
        assert api.backend.spent == 50
        assert api.draft == before
        api.say("make it 9 seconds")
        assert api.draft["t"][0]["sg"]

    def test_only_the_token_it_comes_with_expires(self, api: Api) -> None:
        api.start()
        mine = api.http.headers["Authorization"]
        api.start("client-2")
        api.backend.fail("credits", expire_token=True)
        balance = "/api/credits/balance/simple"
        assert api.http.get(balance).json()["code"] == 1001
        answer = api.http.get(balance, headers={"Authorization": mine})
        assert answer.json()["code"] == 0

    def test_without_a_token_none_expires(self, api: Api) -> None:
        api.start()
        api.backend.fail("token", expire_token=True)
        headers = {"Authorization": "", "X-Client-Id": "client-2"}
        assert api.http.post("/api/auth/anonymous-token", headers=headers).json()["code"] == 0
        assert api.credits()["total"] == 100
