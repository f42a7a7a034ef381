"""What the journal keeps of what was asked and answered, and what it lets a test demand."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from mock_server import Backend, Journal, Server
from mock_server.http.page.feed import Feed
from tests.mock_server.api import ATTRIBUTION, MAKE, Api
from tests.mock_server.conftest import Serve
from tests.waiting import until

ATTRIBUTED = [name.lower() for name in ATTRIBUTION]


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

    def test_of_a_long_address_the_beginning_is_kept(self) -> None:
        journal = Journal()
        entry = journal.open("unknown", "GET", "/" + "a" * 60_000, {}, 0.0, query="b" * 60_000)
        assert (len(entry.path), len(entry.query)) == (2048, 2048)

    def test_what_would_steer_a_terminal_is_escaped_in_a_line(self, api: Api) -> None:
        api.http.get("/a%1b%5b31m%0a%23%32%20credits%c2%9b%e2%80%ae")
        (entry,) = api.backend.journal
        line, _ = str(entry).split("\n    ")
        assert r"/a\x1b[31m\n#2 credits\x9b\u202e" in line
        assert all(text.isprintable() for text in str(entry).split("\n    "))

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
        api.backend.configure(pace=1.0)
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

    @pytest.mark.parametrize("forget", ["by number", "by bytes"])
    def test_what_was_forgotten_may_tell_otherwise(self, forget: str) -> None:
        journal = Journal(size=2) if forget == "by number" else Journal(limit=10_000)
        journal.open("message", "POST", "/run_sse", {}, 0.0)
        for _ in range(70):
            entry = journal.open("credits", "GET", "/", dict.fromkeys(ATTRIBUTED, "x"), 0.0)
            entry.take(b"x" * 300)
        journal.open("message", "POST", "/run_sse", dict.fromkeys(ATTRIBUTED, "x"), 0.0)
        once = partial(journal.assert_once, "message")
        demands = (
            journal.assert_no_repeats,
            journal.assert_no_leaks,
            journal.assert_attributed,
            journal.assert_no_violations,
            once,
        )
        for demand in demands:
            with pytest.raises(AssertionError, match=r"the first \d+ requests are no longer"):
                demand()
        journal.assert_order("credits", "message")
        journal.clear()
        for demand in demands[:-1]:
            demand()

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


class TestNoSecretStays:
    """Whatever a client does with its bearer, nothing that shows the journal shows it."""

    @pytest.mark.parametrize("token", ["nmv_usr_mine", "a-token-of-another-form"])
    @pytest.mark.parametrize(
        "place",
        [
            "Bearer {} and more",
            "{} Bearer",
            "a session",
            "a name in the query",
            "the query, encoded",
            "a name in the body",
            "the body, escaped",
            "a name in a form",
            "a file's name",
            "a project's name",
            "words that are repeated",
            "what a fault answers",
            "a header's name",
        ],
    )
    def test_a_bearer(self, api: Api, token: str, place: str) -> None:
        api.backend.accounts.add(token)
        api.http.headers["Authorization"] = f"Bearer {token}"
        api.credits()
        get, post = api.http.get, api.http.post
        credits, encoded = "/api/credits/balance/simple", "".join(f"%{ord(c):02x}" for c in token)
        if "Bearer" in place:
            get(credits, headers={"Authorization": place.format(token)})
        elif place == "a session":
            get(f"/api/state/nemo_agent/me/{token}/latest")
            post("/run_sse", json={"session_id": token})
        elif place == "a name in the query":
            get(f"{credits}?{encoded}=1")
        elif place == "the query, encoded":
            get(f"{credits}?a={encoded}")
        elif place == "a name in the body":
            post("/run_sse", json={token: 1})
        elif place == "the body, escaped":
            escaped = "".join(f"\\u{ord(c):04x}" for c in token)
            post("/run_sse", content=f'{{"session_id": "{escaped}", "b": "{escaped}"}}'.encode())
        elif place == "what a fault answers":
            api.backend.fail("credits", body={"said": token}, times=1)
            api.backend.fail("credits", body=f"<p>{token}", times=1)
            get(credits), get(credits)
        elif place == "a header's name":
            get(credits, headers={f"X-Skill-{token}": "1"})
        else:
            made = post(
                "/api/tasks/me/with-session/nemo_agent",
                json={"task_name": token if "project" in place else "p"},
            )
            api.session = made.json()["data"]["session_id"]
            name = f"{token}.png" if "file" in place else "a.png"
            data = {token: "1"} if "form" in place else {}
            post(
                f"/api/upload-video/nemo_agent/me/{api.session}",
                files=[("files", (name, b"picture"))],
                data=data,
            )
            words = f'make a video titled "{token}"' if "words" in place else MAKE
            post("/run_sse", json=api.message(words))
            get(f"/api/state/nemo_agent/me/{api.session}/latest")
        journal = api.backend.journal
        shown = [json.dumps([entry.to_json() for entry in journal]), str(journal)]
        shown += [repr(list(journal))]
        shown += [get(f"/__mock__/{route}").text for route in ("state", "journal", "faults")]
        shown += [json.dumps(Feed(api.backend, "run", 0)._news())]
        for text in shown:
            assert token not in text

    def test_the_key_of_the_control_routes(self, serve: Serve) -> None:
        backend = Backend(pace=0)
        key = "the-key-of-the-control-routes"
        with Server(backend, key=key) as server, httpx.Client(base_url=server.url) as http:
            http.get(f"/api/credits/balance/simple?key={key}", headers={"X-Mock-Key": key})
            http.get(
                "/nowhere", headers={"Cookie": f"mock_key={key}; a=b", "Referer": f"/?k={key}"}
            )
            text = http.get("/__mock__/journal", headers={"X-Mock-Key": key}).text
        assert '"path": "/nowhere"' in text
        assert key not in text


class TestWhatCannotBeShown:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"task_name": "\\ud800"}',
            b'{"task_name": NaN}',
            b'{"task_name": 1e999}',
            b'{"task_name": "\xff\xfe"}',
            b'{"a":' * 400 + b"1" + b"}" * 400,
            b"[" * 100_000,
        ],
        ids=["surrogate", "nan", "infinity", "no text", "deep", "bottomless"],
    )
    def test_is_shown_all_the_same_as_json(self, api: Api, body: bytes) -> None:
        api.http.post("/api/tasks/me/with-session/nemo_agent", content=body)

        def refuse(name: str) -> None:
            raise AssertionError(f"{name} is no JSON")

        for route in ("journal", "requests/1"):
            answer = api.http.get(f"/__mock__/{route}")
            assert answer.status_code == 200
            json.loads(answer.content, parse_constant=refuse)
