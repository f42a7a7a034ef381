"""The contract as a document: that it is valid, whole, and held to in both ways alike."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from mock_server import openapi
from mock_server.journal import ENDPOINTS
from tests.mock_server.api import Api

MEDIA = {
    "filename": "a.png",
    "file_type": "image",
    "cdn_url": "http://127.0.0.1/files/a",
    "duration": None,
    "width": 3,
    "height": 2,
    "fps": None,
    "hash": "0a",
}
DRAFT = {"t": [{"tt": 0, "sg": [{"d": 1000, "own": 1}]}], "d": 1000}
GOOD: list[tuple[str, Any]] = [
    ("SessionRequest", {"task_name": "project", "language": "en"}),
    (
        "MessageRequest",
        {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": "s",
            "new_message": {"parts": [{"text": " "}, {"text": "hi"}]},
        },
    ),
    ("UploadRequest", {"source_type": "url", "urls": ["http://a/b.png"]}),
    (
        "RenderRequest",
        {
            "id": "r",
            "sessionId": "s",
            "output": {"format": "mp4", "quality": "high"},
            "draft": DRAFT,
        },
    ),
    ("ClaimRequest", {"task_id": "t", "session_id": "s"}),
    (
        "TokenAnswer",
        {
            "code": 0,
            "message": "success",
            "data": {
                "token": "nmv_usr_1",
                "user_id": "anon_1",
                "credits": 100,
                "expires_at": "2025-10-09T08:53:20Z",
            },
        },
    ),
    ("TokenAnswer", {"code": 429, "message": "later", "data": None}),
    (
        "UploadAnswer",
        {"code": 0, "data": {"files": [MEDIA], "session_state_applied": True}},
    ),
    ("CreditsAnswer", {"code": 0, "data": {"available": 1, "frozen": 2, "total": 3}}),
    (
        "StateAnswer",
        {
            "code": 0,
            "data": {
                "session_id": "s",
                "task_id": "t",
                "task_name": "",
                "state": {
                    "draft": DRAFT,
                    "video_infos": [MEDIA],
                    "generated_media": [],
                    "canvas_config": {"width": 1},
                    "video_analyses": [{"hash": "0a"}],
                },
            },
        },
    ),
    ("RenderAnswer", {"id": "r", "status": "pending", "progress": 0}),
    (
        "RenderStatusAnswer",
        {
            "id": "r",
            "status": "completed",
            "progress": 100,
            "output": {"url": "https://a/b.mp4", "duration": 9.5, "size": 1000},
        },
    ),
    (
        "RenderStatusAnswer",
        {"success": True, "data": {"status": "completed", "outputUrl": "https://a/b.mp4"}},
    ),
    ("RenderCancelAnswer", {"success": True, "data": {"id": "r", "status": "cancelled"}}),
    ("ClaimAnswer", {"code": 0, "data": {"claim_token": "clm_1", "expires_in": 3600}}),
    ("Event", {"type": "text", "content": "Hi"}),
    ("Event", {"type": "tool_call", "name": "cut", "args": {"a": [1]}}),
    (
        "Event",
        {
            "author": "nemo_agent",
            "invocationId": "e-1",
            "id": "1",
            "timestamp": 1.5,
            "actions": {"stateDelta": {"draft": DRAFT}, "artifactDelta": {}},
            "content": {"role": "model", "parts": [{"text": "Hi", "thought": True}]},
        },
    ),
    ("Event", {"error": "RuntimeError: x", "error_details": {}}),
]


class TestDocument:
    def test_is_openapi(self) -> None:
        validate(copy.deepcopy(openapi.document()))
        assert json.loads(openapi.as_json()) == openapi.document()

    def test_has_every_endpoint_but_the_files(self) -> None:
        assert {*openapi.operations(), "file"} == set(ENDPOINTS)

    def test_is_served_and_leaves_the_journal_alone(self, api: Api) -> None:
        answer = api.http.get("/openapi.json")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == openapi.document()
        assert len(api.backend.journal) == 0

    def test_every_schema_it_names_is_there_and_compiles(self) -> None:
        for name in openapi.document()["components"]["schemas"]:
            assert not openapi.holds(name, float("inf")) or name == "UploadForm"
        for operation in openapi.operations().values():
            assert 200 in operation.answers

    def test_uses_no_keyword_that_is_not_looked_at(self) -> None:
        known = openapi.KEYWORDS | {"description", "examples", "properties", "items", "contains"}
        known |= {"oneOf", "additionalProperties", "$ref", "contentMediaType", "contentSchema"}
        for schema in _schemas(openapi.document()["components"]["schemas"].values()):
            assert set(schema) <= known


@pytest.mark.parametrize(("schema", "value"), GOOD)
def test_what_is_right_has_no_differences(schema: str, value: Any) -> None:
    assert openapi.differences(schema, value) == []
    # Walked at first, compiled later.
    assert all(openapi.holds(schema, value) for _ in range(openapi.WALKS + 1))


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        ("TokenAnswer", {"code": 0, "data": {"token": "nmv_usr_1"}}, "critical data.user_id is missing"),
        ("CreditsAnswer", {"code": 0, "data": {"available": "1"}}, "critical data.available must be a whole number"),
        ("CreditsAnswer", {"code": 1234}, "warning code is 1234, which is none of 1001, 1002"),
        ("CreditsAnswer", [], "critical must be an object"),
        ("CreditsAnswer", {"code": False, "data": {}}, "critical code must be a whole number"),
        ("SessionRequest", {"task_name": " "}, "warning task_name is empty"),
        ("SessionRequest", {"task_name": "x" * 201}, "warning task_name is longer than 200 characters"),
        ("SessionRequest", {"task_name": "p", "langage": "en"}, "info langage is not in the contract"),
        ("ClaimRequest", {"task_id": None, "session_id": "s"}, "critical task_id must be a string"),
        ("UploadRequest", {"source_type": "file"}, "critical source_type must be 'url'"),
        ("UploadRequest", {"source_type": "url", "urls": []}, "warning urls is empty"),
        ("UploadRequest", {"source_type": "url", "urls": ["x"] * 51}, "warning urls has more than 50 entries"),
        ("UploadRequest", {"source_type": "url", "urls": [1]}, "critical urls[0] must be a string"),
        ("RenderStatusAnswer", {"id": "r", "status": "completed", "progress": 100}, "critical output is missing"),
        ("RenderStatusAnswer", {"id": "r", "status": "done", "progress": 1}, "warning status is 'done', which is none of 'pending'"),
        ("RenderStatusAnswer", {"id": "r", "status": "pending", "progress": 101}, "warning progress is more than 100"),
        ("RenderStatusAnswer", {"success": True, "data": {"status": "completed"}}, "critical data.outputUrl is missing"),
        ("RenderStatusAnswer", {"success": True, "data": {"status": "completed", "outputUrl": "b.mp4"}}, "warning data.outputUrl is no uri"),
        ("Event", {"type": "text"}, "critical content is missing"),
        ("Event", {"type": "text", "content": "x", "to": 1}, "info to is not in the contract"),
        ("Event", {"author": "a", "content": {"parts": [{"text": 1}]}}, "critical content.parts[0].text must be a string"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(schema: str, value: Any, told: str) -> None:
    found = [f"{item.severity} {item}" for item in openapi.differences(schema, value)]
    assert any(line.startswith(told) for line in found), found
    assert not any(openapi.holds(schema, value) for _ in range(openapi.WALKS + 1))


def test_a_list_that_has_to_hold_something_says_what() -> None:
    body = dict(GOOD[1][1]) | {"new_message": {"parts": [{"text": " "}]}}
    (found,) = openapi.differences("MessageRequest", body)
    assert str(found) == "new_message.parts must hold a text that is not empty"


@settings(max_examples=1000)
@given(st.data())
def test_walked_and_compiled_they_agree(data: st.DataObject) -> None:
    schema, good = data.draw(st.sampled_from(GOOD))
    value = _spoilt(data, copy.deepcopy(good))
    answers = []
    for walks in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(openapi, "WALKS", walks)
            answers.append(openapi.holds(schema, value))
    assert answers[0] == answers[1], value


def _spoilt(data: st.DataObject, value: Any) -> Any:
    """A value with one thing in it taken out, put in or replaced."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 3)):
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        value[key] = _spoilt(data, value[key])
        return value
    if isinstance(value, dict) and data.draw(st.booleans()):
        if len(value) > 0 and data.draw(st.booleans()):
            del value[data.draw(st.sampled_from(list(value)))]
        else:
            value[data.draw(st.sampled_from(["id", "data", "code", "new"]))] = data.draw(_ANYTHING)
        return value
    return data.draw(_ANYTHING)


_ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 5000),
    st.floats(allow_nan=False),
    st.sampled_from(["", " ", "x", "x" * 300, "completed", "url", "2025-01-01T00:00:00"]),
    st.just([]),
    st.just({}),
    st.just([{}]),
)


def _schemas(schemas: Any) -> Any:
    for schema in schemas:
        yield schema
        inner = [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
        yield from _schemas(
            [*inner, *(schema[key] for key in ("items", "contains") if key in schema)]
        )
