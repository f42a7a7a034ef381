"""Every request and every answer is held to openapi.yaml, and the journal says what is not so."""

import json
from typing import Any

import pytest

from mock_server.backend.credits import Credits
from mock_server.errors import StorageError
from tests.mock_server.api import ATTRIBUTION, MAKE, Api
from tests.mock_server.conftest import Serve

SESSION = "/api/tasks/me/with-session/nemo_agent"
CREDITS = "/api/credits/balance/simple"


def last(api: Api) -> Any:
    return list(api.backend.journal)[-1]


class TestRequests:
    def test_what_is_right_has_neither_violations_nor_unknown_fields(self, api: Api) -> None:
        api.made()
        api.render()
        api.wait()
        entries = list(api.backend.journal)
        assert {entry.endpoint for entry in entries} >= {"token", "message", "upload", "render"}
        assert [(entry.violations, entry.unknown) for entry in entries] == [([], [])] * len(entries)

    def test_every_breach_of_a_body_is_noted_and_the_first_is_answered(self, api: Api) -> None:
        api.start()
        body = api.message("hi") | {"app_name": "other", "session_id": 7}
        answer = api.http.post("/run_sse", json=body)
        assert answer.json() == {
            "code": 400,
            "message": "app_name must be 'nemo_agent'",
            "data": None,
        }
        assert last(api).violations == [
            "body.app_name must be 'nemo_agent'",
            "body.session_id must be a string",
        ]

    def test_a_bad_token_is_answered_before_a_bad_body_and_both_are_noted(self, api: Api) -> None:
        answer = api.http.post(SESSION, json={})
        assert answer.json()["code"] == 1001
        assert last(api).violations == ["body.task_name is missing"]

    def test_unknown_fields_are_noted_and_let_pass(self, api: Api) -> None:
        api.start()
        answer = api.http.post(
            f"{SESSION}?debug=1&debug",
            json={"task_name": "project", "langage": "en"},
            headers={"X-Skill-Mood": "good"},
        )
        assert answer.json()["code"] == 0
        unknown = ["header.X-Skill-Mood", "query.debug", "query.debug", "body.langage"]
        assert (last(api).unknown, last(api).violations) == (unknown, [])

    def test_only_so_many_are_kept(self, api: Api) -> None:
        api.start()
        body = {"x" * 1000: 1} | {f"field {number}": 1 for number in range(100)}
        api.http.post(SESSION, json=body | {"task_name": "project"})
        assert len(last(api).unknown) == 50
        assert len(last(api).unknown[0]) == 200

    def test_attribution_is_missed_on_every_request_and_wanted_for_an_export(
        self, api: Api
    ) -> None:
        api.made()
        draft = api.draft
        for name in ATTRIBUTION:
            del api.http.headers[name]
        missing = [f"header.{name} is missing" for name in ATTRIBUTION]
        assert api.credits()["total"] == 50
        assert last(api).violations == missing
        answer = api.render(draft=draft)
        assert answer.status_code == 402
        assert "X-Skill-Version is missing" in answer.json()["message"]
        assert api.backend.journal.calls("render")[-1].violations == missing

    def test_a_body_that_is_no_json_is_kept_as_text(self, api: Api) -> None:
        api.start()
        assert api.http.post("/run_sse", content=b"hello=there").status_code == 400
        entry = last(api)
        assert entry.body == "hello=there"
        assert entry.violations[0].startswith("body: the body is not valid JSON")
        assert api.backend.journal.messages() == []

    def test_the_content_type_of_a_body_is_looked_at(self, api: Api) -> None:
        api.start()
        content = json.dumps({"task_name": "project"}).encode()
        assert api.http.post(SESSION, content=content).json()["code"] == 0
        assert last(api).violations == ["header.Content-Type must be application/json"]

    def test_an_upload_without_a_file_is_a_breach(self, api: Api) -> None:
        api.start()
        path = f"/api/upload-video/nemo_agent/me/{api.session}"
        api.http.post(path, files={"file": ("a.png", b"x")})
        assert last(api).violations == ["body: the multipart field files is missing"]
        assert last(api).unknown == ["body.file"]

    def test_a_request_to_no_endpoint_is_journalled(self, api: Api) -> None:
        assert api.http.post("/run", json={"a": 1}).status_code == 404
        assert api.http.put("/run_sse", json={}).headers["allow"] == "POST"
        first, second = api.backend.journal.calls("unknown")
        assert (first.code, first.body) == (404, {"a": 1})
        assert first.violations == ["POST /run is not in the contract"]
        assert (second.code, second.violations) == (405, ["PUT /run_sse is not in the contract"])

    def test_another_method_than_the_contracts_is_noted(self, api: Api) -> None:
        api.start()
        assert api.http.head(CREDITS).status_code == 200
        assert last(api).violations == [f"HEAD {CREDITS} is not in the contract"]

    def test_a_fault_does_not_hide_what_was_wrong(self, api: Api) -> None:
        api.start()
        api.backend.fail("session", code=2001)
        assert api.http.post(SESSION, json={}).json()["code"] == 2001
        assert last(api).violations == ["body.task_name is missing"]


class TestAnswers:
    def test_a_mistake_of_the_mocks_own_is_noted_and_logged(
        self, api: Api, breaches: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.start()
        wrong = {"available": "100", "frozen": 0}
        monkeypatch.setattr(api.backend.credits, "balance", lambda account: wrong)
        api.http.get(CREDITS)
        noted = ["answer: data.available must be a whole number", "answer: data.total is missing"]
        assert last(api).violations == noted
        assert len(breaches) == 2
        breaches.clear()

    @pytest.mark.parametrize("dialect", ["typed", "adk"])
    def test_events_are_held_to_it_too(
        self, serve: Serve, dialect: str, breaches: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mock_server.agent.sse.pieces", lambda text: [7])
        api = serve(dialect=dialect).start()
        api.upload("beach.png")
        api.say(MAKE)
        place = "content" if dialect == "typed" else "content.parts[0].text"
        entry = api.backend.journal.calls("message")[0]
        assert entry.violations == [f"answer: event {place} must be a string"]
        assert breaches
        breaches.clear()

    @pytest.mark.parametrize("dialect", ["typed", "adk"])
    def test_what_a_fault_answers_is_not_the_mocks_own(self, serve: Serve, dialect: str) -> None:
        api = serve(dialect=dialect).start()
        api.backend.fail("credits", body={"what": 1})
        api.http.get(CREDITS)
        assert last(api).violations == []

    def test_it_can_be_turned_off(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        api = serve(validate=False).start()
        monkeypatch.setattr(api.backend.credits, "balance", lambda account: {})
        api.http.get(CREDITS)
        assert last(api).violations == []

    def test_a_storage_that_fails_is_in_the_journal(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(self: Credits, account: object) -> None:
            raise StorageError("The disk is full.")

        api.start()
        monkeypatch.setattr(Credits, "balance", broken)
        assert api.http.get(CREDITS).json()["message"] == "The disk is full."
        assert (last(api).status, last(api).code, last(api).ended) == (500, 500, "complete")
