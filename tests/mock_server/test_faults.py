"""What can be made to go wrong, and what the journal says of it."""

from typing import Any

import httpx
import pytest

from mock_server import Fault, ManualClock
from mock_server.faults import ENDPOINTS
from tests.mock_server.api import MAKE, Api, until
from tests.mock_server.conftest import Serve


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
