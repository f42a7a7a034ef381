"""What a test turns while the mock runs: accounts, the clock, renders. And who may."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_server import Clock, ManualClock, create_app
from mock_server.backend import instant_renderer
from mock_server.backend.accounts import iso
from mock_server.backend.backend import Backend
from mock_server.clock import DAY
from mock_server.server import Server
from tests.mock_server.api import MAKE, Api, FakeRenderer, inspector
from tests.mock_server.conftest import Serve
from tests.waiting import HANGS, until


def turn(api: Api, route: str, **fields: Any) -> Any:
    answer = api.http.post(f"/__mock__/{route}", json=fields)
    assert answer.json()["code"] == 0, answer.text
    return answer.json()["data"]


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def state(api: Api) -> dict[str, Any]:
    data: dict[str, Any] = api.http.get("/__mock__/state").json()["data"]
    return data


class TestBeginningInTheMiddle:
    def test_a_session_with_photos_and_a_draft_costs_nothing_and_is_not_journalled(
        self, api: Api
    ) -> None:
        token = turn(api, "accounts", create=True, credits=60)["token"]
        api.session = turn(api, "sessions", token=token, photos=2, words=MAKE)["session_id"]
        assert len(api.backend.journal) == 0
        api.http.headers["Authorization"] = f"Bearer {token}"
        (session,) = state(api)["sessions"]
        assert [item["name"] for item in session["uploads"]] == ["photo-1.png", "photo-2.png"]
        assert session["draft"]["t"]
        assert state(api)["spent"] == 0
        api.say("make it 5 seconds")  # an edit: there is a draft
        assert state(api)["spent"] == api.backend.spent == 5
        assert state(api)["accounts"][0]["credits"] == 55

    def test_what_makes_no_sense_is_told(self, api: Api) -> None:
        expired = turn(api, "accounts", create=True, expire=True)["token"]
        for fields, said in (
            ({"words": "hi"}, "sessions: token is missing"),
            ({"token": expired}, "sessions: Invalid or expired token"),
            ({"token": "t", "photos": 51}, "sessions: photos must be at most 50"),
        ):
            answer = api.http.post("/__mock__/sessions", json=fields).json()
            assert answer["message"] == said

    def test_of_an_endpoint_that_there_is_not_no_requests_are_told(self, api: Api) -> None:
        answer = api.http.get("/__mock__/journal", params={"endpoint": "mesage"})
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert answer.json()["message"].startswith("journal: endpoint is one of token, ")


class TestState:
    def test_it_tells_all_there_is_and_nothing_of_it_is_journalled(self, serve: Serve) -> None:
        api = serve(clock=ManualClock(1_760_000_000), seed=3).made("beach.png")
        api.render()
        api.wait()
        known = len(api.backend.journal)
        told = state(api)
        (account,) = told["accounts"]
        assert (account["credits"], account["frozen"], account["available"]) == (50, 0, 50)
        assert (account["registered"], account["expired"], account["plan"]) == (
            False,
            False,
            "trial",
        )
        (session,) = told["sessions"]
        assert (session["id"], session["busy"]) == (api.session, False)
        assert session["draft"] == api.draft
        (render,) = told["renders"]
        assert (render["id"], render["status"], render["progress"]) == (
            "render_1",
            "completed",
            100,
        )
        assert render["account"] == account["key"]
        assert told["clock"] == {
            "now": "2025-10-09T08:53:20Z",
            "time": 1_760_000_000,
            "rate": 0,
            "sleepers": 0,
        }
        assert (told["seed"], told["faults"]) == (3, [])
        assert [entry.endpoint for entry in list(api.backend.journal)[known:]] == ["state"]

    def test_the_files_it_names_can_be_fetched_as_they_stand(self, api: Api) -> None:
        api.made("beach.png")
        api.render()
        api.wait()
        told = state(api)
        (photo,) = told["sessions"][0]["uploads"]
        assert httpx.get(photo["url"]).content == b"beach.png"
        assert len(httpx.get(told["renders"][0]["url"]).content) == 1000

    def test_no_token_is_in_it(self, api: Api) -> None:
        token = api.start().http.headers["Authorization"].removeprefix("Bearer ")
        assert token not in api.http.get("/__mock__/state").text

    def test_a_message_under_way_keeps_its_session_busy(self, serve: Serve) -> None:
        api = serve(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        with api.stream(MAKE):
            told = state(api)
            assert told["sessions"][0]["busy"]
            assert (told["accounts"][0]["frozen"], told["accounts"][0]["available"]) == (50, 50)


class TestAccounts:
    def test_credits_are_set_and_granted(self, api: Api) -> None:
        api.start()
        assert turn(api, "accounts", credits=7) == {"changed": 1}
        assert api.credits()["total"] == 7
        turn(api, "accounts", grant=100)
        assert api.credits()["total"] == 107
        turn(api, "accounts", grant=-500)
        assert api.credits()["total"] == 0

    def test_one_of_several_is_named_as_the_state_names_it(self, api: Api) -> None:
        api.start("client-1")
        key = state(api)["accounts"][0]["key"]
        api.start("client-2")
        assert turn(api, "accounts", account=key, credits=1) == {"changed": 1}
        assert [account["credits"] for account in state(api)["accounts"]] == [1, 100]

    def test_a_free_plan_has_no_export_until_it_is_another(self, api: Api) -> None:
        api.made()
        turn(api, "accounts", plan="free", registered=True)
        assert api.render().json()["code"] == 402
        turn(api, "accounts", plan="pro")
        assert api.render().json()["status"] == "pending"

    def test_a_token_of_ones_own(self, api: Api) -> None:
        turn(api, "accounts", token="nmv_usr_mine", create=True, credits=500)
        api.http.headers["Authorization"] = "Bearer nmv_usr_mine"
        assert api.credits()["total"] == 500
        turn(api, "accounts", token="nmv_usr_mine", expire=True)
        assert api.http.get("/api/credits/balance/simple").json()["code"] == 1001

    def test_a_token_is_made_where_none_is_given(self, api: Api) -> None:
        made = turn(api, "accounts", create=True, plan="free")
        api.http.headers["Authorization"] = f"Bearer {made['token']}"
        assert api.credits()["total"] == 1000

    @pytest.mark.parametrize("who", [{"token": "nmv_usr_nobody"}, {"account": "00000000"}])
    def test_nobody_cannot_be_changed(self, api: Api, who: dict[str, str]) -> None:
        api.start()
        answer = api.http.post("/__mock__/accounts", json={**who, "credits": 1})
        assert answer.status_code == 404
        assert f"no account has this {next(iter(who))}" in answer.json()["message"]


class TestClock:
    def test_seven_days_go_by_in_no_time(self, api: Api) -> None:
        api.start()
        turn(api, "clock", days=7)
        assert api.http.get("/api/credits/balance/simple").json()["code"] == 1001
        assert api.token()["code"] == 0  # a client gets a new one after 7 days

    def test_it_is_stopped_and_let_go_again(self, api: Api) -> None:
        stopped = turn(api, "clock", rate=0)["now"]
        assert turn(api, "clock", advance=5) == {"now": stopped + 5, "rate": 0}
        assert turn(api, "clock", rate=1000)["rate"] == 1000
        assert turn(api, "clock", rate=0)["now"] > stopped + 5

    def test_a_wait_under_way_goes_at_the_new_rate(self, serve: Serve) -> None:
        api = serve(pace=1.0, clock=ManualClock()).start()
        api.upload("a.png")
        with api.stream(MAKE) as response:
            turn(api, "clock", rate=1e6)
            response.read()
        assert api.credits()["total"] == 50

    def test_who_waits_is_woken_by_an_advance_also_in_real_time(self, serve: Serve) -> None:
        api = serve(pace=1.0, clock=Clock()).start()
        api.backend.fail("credits", delay=3600)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(api.http.get, "/api/credits/balance/simple")
            until(lambda: api.backend.clock.sleepers == 1)
            turn(api, "clock", advance=3601)
            assert waiting.result(HANGS).status_code == 200

    def test_it_has_an_end(self) -> None:
        clock = Clock(0.0, rate=1e300)
        assert iso(clock.now() + 7 * DAY).startswith("9999-01-")
        for start in (-1.0, float("nan"), 1e300):
            with pytest.raises(ValueError, match="begins"):
                Clock(start)

    def test_there_is_no_way_back(self) -> None:
        for clock in (Clock(), ManualClock()):
            with pytest.raises(ValueError, match="not negative"):
                clock.advance(-1)
        with pytest.raises(ValueError, match="rate"):
            Clock(rate=float("nan"))


class TestRenders:
    def test_a_stuck_one_is_completed_and_the_next_goes_on(self, api: Api) -> None:
        api.made()
        api.backend.fail("render", outcome="stuck")
        api.render("render_1")
        api.render("render_2")
        assert turn(api, "renders", id="render_1", status="completed") == {"changed": ["render_1"]}
        done = api.render_status("render_1")
        assert done["status"] == "completed"
        assert done["output"]["duration"] == api.draft["d"] / 1000
        assert httpx.get(done["output"]["url"]).content[4:8] == b"ftyp"
        assert api.wait("render_2")["status"] == "completed"

    def test_one_under_way_fails_with_a_message(self, api: Api, renderer: FakeRenderer) -> None:
        renderer.gate.clear()
        api.made()
        api.render()
        renderer.started.acquire(timeout=HANGS)
        turn(api, "renders", status="failed", message="The moon was full.")
        told = api.render_status()
        assert (told["status"], told["error"]) == ("failed", "The moon was full.")
        renderer.gate.set()
        api.render("render_2")
        assert api.wait("render_2")["status"] == "completed"

    def test_one_that_waits_is_completed(self, api: Api) -> None:
        api.made()
        api.backend.fail("render", outcome="stuck")
        api.render("render_1")
        api.render("render_2")
        api.backend.renders.complete("render_2")
        assert api.render_status("render_2")["status"] == "completed"
        assert api.render_status("render_1")["status"] == "processing"

    @pytest.mark.parametrize(("render", "status"), [("render_1", 400), ("render_9", 404)])
    def test_what_has_ended_or_never_was_is_refused(
        self, api: Api, render: str, status: int
    ) -> None:
        api.made()
        api.render("render_1")
        api.wait("render_1")
        answer = api.http.post("/__mock__/renders", json={"id": render, "status": "failed"})
        assert (answer.status_code, render in answer.json()["message"]) == (status, True)


class TestReset:
    def test_it_is_as_new(self, serve: Serve) -> None:
        api = serve(clock=ManualClock(1000.0), seed=3).made()
        turn(api, "seed", seed=8)
        turn(api, "clock", days=2, rate=60)
        api.backend.fail("credits", code=2001)
        assert api.backend.settings.seed == 8
        turn(api, "reset")
        told = state(api)
        assert (told["accounts"], told["sessions"], told["renders"]) == ([], [], [])
        assert (told["seed"], told["clock"]["time"], told["faults"]) == (3, 1000.0, [])
        assert len(api.backend.journal) == 0
        assert api.token()["code"] == 0  # the client is unknown again

    def test_a_render_from_before_does_not_end_one_that_has_its_id_now(self, serve: Serve) -> None:
        gates = [threading.Event(), threading.Event()]
        made = iter(gates)
        ended = threading.Semaphore(0)

        def render(
            draft: dict[str, Any], media: Any, target: Path, **hooks: Any
        ) -> instant_renderer.InstantVideo:
            next(made).wait(HANGS)
            try:
                return instant_renderer.render(draft, media, target)
            finally:
                ended.release()

        api = serve(renderer=render).made()
        api.render()
        turn(api, "reset")
        api.made()
        api.render()
        gates[0].set()
        assert ended.acquire(timeout=HANGS)
        folder = api.backend._store.root / "renders"
        until(lambda: not list(folder.iterdir()))
        assert api.render_status()["status"] in ("pending", "processing")
        gates[1].set()
        assert api.wait()["status"] == "completed"

    def test_a_message_from_before_costs_who_comes_again_nothing(self, serve: Serve) -> None:
        clock = ManualClock()
        api = serve(clock=clock, pace=1.0)
        api.start()
        api.upload("a.png")
        token = api.http.headers["Authorization"].removeprefix("Bearer ")
        with ThreadPoolExecutor() as pool:
            said = pool.submit(api.say, MAKE)
            until(lambda: api.credits()["frozen"] > 0)
            turn(api, "reset")
            api.backend.accounts.add(token, credits=100)
            assert api.credits()["frozen"] == 0
            api.backend.clock.rate = 1e6
            said.result(HANGS)
        assert api.credits()["total"] == 100

    def test_the_same_is_answered_after_it(self, serve: Serve) -> None:
        api = serve(silent_rate=0.5, seed=1)

        def told() -> list[str]:
            api.made("a.png")
            return [api.told(f"make it {seconds} seconds") for seconds in (5, 6, 7, 8, 9, 10)]

        first = told()
        turn(api, "reset")
        assert told() == first
        assert "" in first


class TestWhatMakesNoSense:
    @pytest.mark.parametrize(
        ("route", "body", "said"),
        [
            ("faults", {}, "endpoint"),
            ("faults", {"endpoint": "nowhere"}, "no endpoint 'nowhere'"),
            ("faults", {"endpoint": "state", "colour": "red"}, "colour"),
            ("accounts", {"credits": "many"}, "credits must be a whole number"),
            ("accounts", {"credits": -1}, "credits must be at least 0"),
            ("accounts", {"grant": 1.5}, "grant must be a whole number"),
            ("accounts", {"plan": "gold"}, "plan is one of trial, free, pro"),
            ("accounts", {"expire": 1}, "expire must be true or false"),
            ("accounts", {"account": ""}, "account"),
            ("accounts", {"account": "ab"}, "account is a key in the state"),
            ("accounts", {"create": True, "account": "0a1b2c3d"}, "create takes a token"),
            ("accounts", {"sums": 1}, "unknown: sums; there are token, account"),
            ("clock", {}, "advance, days or rate is missing"),
            ("clock", {"advance": -1}, "advance must be a number"),
            ("clock", {"rate": "fast"}, "rate must be a number"),
            ("seed", {}, "seed is missing"),
            ("seed", {"seed": True}, "seed must be a whole number"),
            ("renders", {"id": "render_1"}, "status is missing"),
            ("renders", {"status": "lost"}, "status is one of completed, failed"),
            ("reset", {"all": True}, "unknown: all"),
            ("reset", {"a": nested(101)}, "nested more than 100 levels deep"),
            ("faults", {"endpoint": ["message"]}, "endpoint is missing or no text"),
            ("faults", {"endpoint": "state", "self": 1}, "a fault has no self"),
            ("faults", {"endpoint": "state", "body": nested(300)}, "nested more than 100"),
            ("faults", {"endpoint": "state", "headers": {"x": "a\r\nb: c"}}, "headers.'x'"),
            ("faults", {"endpoint": "state", "headers": {"x": "日"}}, "headers.'x'"),
            ("faults", {"endpoint": "state", "headers": {"a b": "c"}}, "headers.'a b'"),
            ("accounts", {"credits": 10**4000}, "credits must be at most 9007199254740991"),
            ("accounts", {"grant": -(10**20)}, "grant must be at most 9007199254740991"),
            ("seed", {"seed": 10**20}, "seed must be at most"),
            ("clock", {"advance": 10**400}, "advance must be at most"),
            ("clock", {"advance": 1e15}, "does not go beyond the year 9998"),
            ("clock", {"days": 3e6}, "does not go beyond the year 9998"),
        ],
    )
    def test_is_400_and_the_field_is_named(
        self, api: Api, route: str, body: dict[str, Any], said: str
    ) -> None:
        answer = api.http.post(f"/__mock__/{route}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert answer.json()["message"].startswith(f"{route}: ")
        assert said in answer.json()["message"]
        for shown in ("state", "journal", "faults", "scenarios"):
            assert api.http.get(f"/__mock__/{shown}").status_code == 200

    @pytest.mark.parametrize(
        ("query", "said"),
        [("status=ok", "status must be a number"), ("violations=yes", "violations"), ("x=1", "x")],
    )
    def test_so_is_a_query(self, api: Api, query: str, said: str) -> None:
        answer = api.http.get(f"/__mock__/journal?{query}")
        assert answer.status_code == 400
        assert said in answer.json()["message"]


class TestJournal:
    def test_it_is_asked_by_endpoint_status_code_and_time(self, serve: Serve) -> None:
        api = serve(clock=ManualClock(1000.0)).start()
        turn(api, "clock", advance=60)
        api.backend.fail("credits", status=503)
        api.http.get("/api/credits/balance/simple")
        api.http.get("/api/credits/balance/simple")

        def asked(query: str) -> list[tuple[str, int]]:
            entries = api.http.get(f"/__mock__/journal?{query}").json()["data"]
            return [(entry["endpoint"], entry["status"]) for entry in entries]

        assert asked("endpoint=credits") == [("credits", 503), ("credits", 200)]
        assert asked("status=503") == [("credits", 503)]
        assert asked("code=0&after=1060") == [("credits", 200)]
        assert asked("before=1060") == [("token", 200), ("session", 200)]
        assert asked("session=none") == []
        last = list(api.backend.journal)[-2].changed
        assert asked(f"since={last}") == [("credits", 200)]
        api.http.delete("/__mock__/journal")
        assert asked("") == []


class Caller:
    """Asks the application without a socket, so as from another machine."""

    def __init__(self, app: Any, base_url: str, address: str) -> None:
        transport = httpx.ASGITransport(app, client=(address, 5000))
        self._http = httpx.AsyncClient(transport=transport, base_url=base_url)

    def get(self, path: str, **headers: str | bytes) -> httpx.Response:
        return self("GET", path, **headers)

    def __call__(self, method: str, path: str, **headers: str | bytes) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._http.request(method, path, headers=named))  # type: ignore[arg-type]


class TestWhoMay:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Host": "evil.example:80"},
            {"Host": "127.0.0.1.evil.example"},
            {"Host": "["},
            {"Host": "[::1"},
            {"Origin": "http://["},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "http://evil.example"},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "null"},
        ],
    )
    def test_a_page_of_another_host_is_refused(self, api: Api, headers: dict[str, str]) -> None:
        for method, path in (("GET", "journal"), ("POST", "reset"), ("POST", "accounts")):
            answer = api.http.request(method, f"/__mock__/{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, 403)

    def test_the_page_of_the_mock_itself_may(self, api: Api) -> None:
        headers = {"Origin": api.server.url, "Sec-Fetch-Site": "same-origin"}
        assert api.http.post("/__mock__/reset", headers=headers).status_code == 200

    @pytest.mark.parametrize(("client", "status"), [("10.1.2.3", 403), ("127.0.0.1", 200)])
    def test_another_machine_is_refused(self, api: Api, client: str, status: int) -> None:
        app = create_app(api.backend)
        http = Caller(app, "http://localhost", client)
        assert http.get("/__mock__/state").status_code == status

    def test_it_can_be_left_out(self, api: Api) -> None:
        http = Caller(create_app(api.backend, control=False), "http://localhost", "127.0.0.1")
        assert http.get("/__mock__/state").status_code == 404


class TestKey:
    @pytest.fixture
    def far(self, api: Api) -> Caller:
        """Another machine's client of a mock with a key."""
        app = create_app(api.backend, key="open sesame")
        return Caller(app, "http://192.168.7.7:8123", "192.168.7.9")

    def test_whoever_shows_it_may(self, far: Caller) -> None:
        assert far.get("/__mock__/state").status_code == 403
        for wrong in ("", "open", "öffne dich"):
            assert far.get("/__mock__/state", X_Mock_Key=wrong.encode()).status_code == 403
        assert far.get("/__mock__/state", X_Mock_Key="open sesame").status_code == 200

    def test_this_machine_has_to_show_it_too(self, api: Api) -> None:
        app = create_app(api.backend, key="open sesame")
        http = Caller(app, "http://localhost", "127.0.0.1")
        assert http.get("/__mock__/state").status_code == 403

    def test_a_browser_gets_a_cookie_for_it_and_an_address_without(self, far: Caller) -> None:
        answer = far.get("/__mock__/?key=open%20sesame")
        assert (answer.status_code, answer.headers["location"]) == (303, "/__mock__/")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert far.get("/__mock__/state").status_code == 200
        assert far("POST", "/__mock__/reset").status_code == 200
        crossed = far("POST", "/__mock__/reset", Origin="http://192.168.7.7:9999")
        assert crossed.status_code == 403

    def test_its_cookie_is_found_among_those_of_others(self, far: Caller) -> None:
        cookie = 'theirs={"a": 1}; mock_key="open sesame"'
        assert far.get("/__mock__/state", Cookie=cookie).status_code == 200

    def test_an_empty_one_is_none(self) -> None:
        with Server(Backend(inspector=inspector), key="") as server:
            assert server.key is None
            foreign = {"Host": "evil.example", "X-Mock-Key": ""}
            answer = httpx.get(f"{server.url}/__mock__/state", headers=foreign)
            assert answer.status_code == 403

    @pytest.mark.parametrize("key", ["ключ", " a", "a\n", "a\x1bb"])
    def test_one_that_cannot_be_shown_is_refused(self, key: str) -> None:
        with pytest.raises(ValueError, match="a key is printable"):
            Server(Backend(inspector=inspector), key=key)

    def test_a_wrong_one_in_the_address_gets_none(self, far: Caller) -> None:
        answer = far.get("/__mock__/?key=guess")
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)

    def test_a_server_that_others_reach_makes_one(self) -> None:
        with Server(Backend(inspector=inspector), host="0.0.0.0") as server:
            port = server.url.rpartition(":")[2]
            url = f"http://127.0.0.1:{port}/__mock__/state"
            assert httpx.get(url).status_code == 403
            assert server.key is not None
            assert httpx.get(url, headers={"X-Mock-Key": server.key}).status_code == 200

    def test_one_that_only_this_machine_reaches_needs_none(self, api: Api) -> None:
        assert api.server.key is None
