"""What the journal keeps of what was asked and answered, and what it lets a test demand."""

import json

import httpx
import pytest

from mock_server import Journal
from tests.mock_server.api import MAKE, Api, until


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
