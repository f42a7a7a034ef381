"""What the journal keeps of what was asked and answered, and what it lets a test demand."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mock_server import Journal
from tests.mock_server.api import MAKE, Api, until
from tests.mock_server.conftest import Serve


class TestWhatIsKept:
    def test_a_message_was_sent_once(self, api: Api) -> None:
        api.made()
        api.backend.fail("message", reset=True)
        with pytest.raises(httpx.TransportError):
            api.say("make it 5 seconds")
        api.say("make it 6 seconds")
        journal = api.backend.journal
        expected = [MAKE, "make it 5 seconds", "make it 6 seconds"]
        assert journal.messages(api.session) == journal.messages() == expected
        assert journal.messages("another") == []
        assert [entry.code for entry in journal.calls("message")] == [0, None, 0]

    def test_no_token_is_in_it(self, api: Api) -> None:
        token = api.token()["data"]["token"]
        api.start("client-2")
        own = api.http.headers["Authorization"].removeprefix("Bearer ")
        api.http.post("/run_sse", json=api.message("hi") | {"token": own})
        text = json.dumps([vars(entry) for entry in api.backend.journal], default=str)
        assert token not in text
        assert own not in text
        entry = api.backend.journal.calls("message")[0]
        assert entry.headers["authorization"].startswith("Bearer sha256:")
        assert entry.headers["x-skill-source"] == "a-skill"
        assert (entry.method, entry.path, entry.status) == ("POST", "/run_sse", 200)
        until(lambda: entry.duration is not None)
        assert entry.sent > 0

    def test_it_is_bounded(self) -> None:
        journal = Journal(size=3)
        for number in range(5):
            journal.open("credits", "GET", f"/{number}", {}, 0.0)
        assert [(entry.number, entry.path) for entry in journal] == [
            (3, "/2"),
            (4, "/3"),
            (5, "/4"),
        ]

    def test_it_is_bounded_in_bytes_too(self) -> None:
        journal = Journal(limit=100_000)
        for number in range(256):
            entry = journal.open("message", "POST", f"/{number}", {}, 0.0)
            entry.take(b'{"x": "' + b"y" * 9_000 + b'"}')
        assert sum(entry.size for entry in journal) <= 110_000
        assert list(journal)[-1].number == 256

    def test_when_an_answer_began_and_when_it_was_there(self, api: Api) -> None:
        api.made()
        (entry,) = api.backend.journal.calls("message")
        assert entry.first_byte is not None
        assert entry.duration is not None
        assert 0 < entry.first_byte < entry.duration

    def test_calls_are_told_apart_by_what_came_of_them(self, api: Api) -> None:
        api.start()
        api.backend.fail("credits", code=2001)
        for _ in range(2):
            api.http.get("/api/credits/balance/simple")
        journal = api.backend.journal
        assert [entry.code for entry in journal.calls("credits")] == [2001, 0]
        assert len(journal.calls("credits", code=2001)) == len(journal.calls(code=2001)) == 1

    def test_an_endpoint_that_there_is_not_is_no_empty_list(self, api: Api) -> None:
        with pytest.raises(ValueError, match="no endpoint 'mesage'; there are token, session, "):
            api.backend.journal.calls("mesage")
        api.http.get("/nowhere")
        assert len(api.backend.journal.calls("unknown")) == 1

    @pytest.mark.parametrize("dialect", ["typed", "adk"])
    def test_what_a_stream_says_is_there_once_in_either_dialect(
        self, serve: Serve, dialect: str
    ) -> None:
        api = serve(dialect=dialect, silent_rate=0.0).made()
        entry = api.backend.journal.assert_once("message")
        assert entry.said is not None
        assert entry.said.startswith("I've put together a first cut of your 3 files: ")
        assert entry.said.endswith("Click the Export button to download your video.")
        assert entry.to_json()["said"] == entry.said
        assert api.backend.journal.calls("upload")[0].said is None

    @pytest.mark.parametrize("dialect", ["typed", "adk"])
    def test_of_a_text_that_was_cut_off_it_is_what_came(self, serve: Serve, dialect: str) -> None:
        api = serve(dialect=dialect).start()
        api.upload("beach.png")
        api.backend.fail("message", cut_after_events=8 if dialect == "typed" else 9)
        with pytest.raises(httpx.TransportError):
            api.say(MAKE)
        said = api.backend.journal.wait_for("message").said
        assert said is not None
        assert said == "I've put together a"


class TestWaiting:
    def test_it_is_for_an_answer_that_is_over(self, api: Api) -> None:
        api.start()
        api.upload("beach.png")
        api.backend.fail("message", stall=0.2, stall_after_events=2)
        api.backend.pace = 1.0
        with ThreadPoolExecutor() as pool:
            pool.submit(api.say, MAKE)
            entry = api.backend.journal.wait_for("message")
            assert (entry.text, entry.ended) == (MAKE, "complete")

    def test_what_does_not_come_is_told_with_what_did(self, api: Api) -> None:
        api.start()
        with pytest.raises(AssertionError) as failed:
            api.backend.journal.wait_for("session", times=2, seconds=0.05)
        told = str(failed.value).splitlines()
        assert told[0] == "session was not answered 2 times in 0.05 s:"
        assert told[2].startswith("  #2 session: POST ")


class TestDemands:
    """What does not hold is told with the requests it is about."""

    def test_many_of_a_kind_in_a_row_are_told_in_three_lines(self, api: Api) -> None:
        api.start()
        for _ in range(9):
            api.http.get("/api/credits/balance/simple")
        with pytest.raises(AssertionError) as failed:
            api.backend.journal.assert_once("credits")
        path = "GET /api/credits/balance/simple → 200"
        assert str(failed.value).splitlines()[1:] == [
            f"  #3 credits: {path}",
            "  … 7 more of these",
            f"  #11 credits: {path}",
        ]
        assert len(str(api.backend.journal).splitlines()) == 5

    def test_once(self, api: Api) -> None:
        api.made()
        entry = api.backend.journal.assert_once("message")
        assert entry.text == MAKE
        api.say("make it 5 seconds")
        with pytest.raises(AssertionError) as failed:
            api.backend.journal.assert_once("message")
        told = str(failed.value).splitlines()
        assert told[0] == "message was asked 2 times, not once:"
        assert "message: POST /run_sse 'make it 5 seconds' → 200" in told[2]
        with pytest.raises(AssertionError, match="claim was asked 0 times"):
            api.backend.journal.assert_once("claim")

    def test_order(self, api: Api) -> None:
        api.made()
        journal = api.backend.journal
        journal.assert_order("token", "session", "upload", "message")
        journal.assert_order("token", "message")
        with pytest.raises(AssertionError, match="upload was not asked after token, message"):
            journal.assert_order("token", "message", "upload")

    def test_attribution(self, api: Api) -> None:
        api.start()
        api.backend.journal.assert_attributed()
        api.http.get("/api/credits/balance/simple", headers={"X-Skill-Version": ""})
        with pytest.raises(AssertionError, match="#3 credits"):
            api.backend.journal.assert_attributed()

    def test_no_repeats(self, api: Api) -> None:
        api.made()
        first = api.session
        api.start("client-2").say(MAKE)  # the same words in another project
        api.backend.journal.assert_no_repeats()
        api.session = first
        api.backend.fail("message", code=1001)
        api.say(MAKE)
        with pytest.raises(AssertionError, match=r"(?s)sent again:.*#4.*#8.*code=1001"):
            api.backend.journal.assert_no_repeats()

    def test_no_violations(self, api: Api) -> None:
        api.made()
        api.backend.journal.assert_no_violations()
        api.http.post("/run_sse", json={"session_id": api.session})
        with pytest.raises(AssertionError, match=r"(?s)not as the contract.*body\.new_message"):
            api.backend.journal.assert_no_violations()

    def test_no_leaks_where_all_is_well(self, api: Api) -> None:
        api.made()
        api.render()
        url = api.wait()["output"]["url"]
        api.http.get(url, headers={"Authorization": ""})
        api.backend.journal.assert_no_leaks()

    @pytest.mark.parametrize("token", ["nmv_usr_mine", "a-token-of-another-form"])
    @pytest.mark.parametrize("place", ["path", "query", "header.x-trace", "body"])
    def test_a_bearer_elsewhere_is_a_leak_and_is_not_kept(
        self, api: Api, token: str, place: str
    ) -> None:
        api.backend.accounts.add(token)
        api.http.headers["Authorization"] = f"Bearer {token}"
        api.credits()
        del api.http.headers["Authorization"]
        if place == "path":
            api.http.get(f"/api/render/proxy/{token}/download")
        elif place == "query":
            api.http.get(f"/api/credits/balance/simple?t={token}")
        elif place == "body":
            api.http.post("/run_sse", json=api.message(f"use {token} please", "none"))
        else:
            api.http.get("/api/credits/balance/simple", headers={"X-Trace": f"by {token}"})
        with pytest.raises(AssertionError, match=rf"(?s)belongs:\n  #2 .*{place}: holds a bearer"):
            api.backend.journal.assert_no_leaks()
        assert token not in json.dumps([entry.to_json() for entry in api.backend.journal])

    def test_a_bearer_sent_for_a_public_file_is_a_leak(self, api: Api) -> None:
        api.made()
        api.render()
        api.http.get(api.wait()["output"]["url"])
        with pytest.raises(AssertionError, match="a bearer, for a file that is public"):
            api.backend.journal.assert_no_leaks()
