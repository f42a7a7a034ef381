"""Server-sent events → the agent's events, in both dialects."""

from __future__ import annotations

import json

import pytest

from skill.api.agent_events import (
    Activity,
    AgentEvent,
    Heartbeat,
    StreamFailure,
    Text,
    ToolCall,
    Unreadable,
    agent_events,
)
from skill.api.sse import Data


def events(*values: object) -> list[AgentEvent]:
    return [event for value in values for event in agent_events(Data(json.dumps(value)))]


class TestTypedDialect:
    def test_each_kind(self) -> None:
        assert events(
            {"type": "text", "content": "hello"},
            {"type": "tool_call", "name": "add_title", "args": {"secret": "x"}},
            {"type": "tool_result", "name": "add_title", "result": {"token": "nmv_usr_x"}},
            {"type": "heartbeat"},
        ) == [Text("hello"), ToolCall("add_title"), Activity(), Heartbeat()]

    def test_an_error_in_the_stream_is_an_error(self) -> None:
        assert events({"type": "error", "code": 2001, "message": "no credits"}) == [
            StreamFailure("no credits", 2001)
        ]
        assert events({"code": 1002, "message": "gone", "data": None}) == [
            StreamFailure("gone", 1002)
        ]


class TestAgentKitDialect:
    def test_parts_are_mixed_and_thoughts_stay_inside(self) -> None:
        parts = [
            {"text": "thinking", "thought": True},
            {"text": "I add it."},
            {"functionCall": {"id": "1", "name": "add", "args": {}}},
        ]
        assert events({"author": "nemo", "content": {"role": "model", "parts": parts}}) == [
            Text("I add it.", whole=True),
            ToolCall("add"),
        ]

    def test_pieces_are_told_from_the_whole(self) -> None:
        piece = {"author": "nemo", "partial": True, "content": {"parts": [{"text": "I "}]}}
        assert events(piece) == [Text("I ", whole=False)]

    def test_the_new_draft(self) -> None:
        assert events({"author": "nemo", "actions": {"stateDelta": {"draft": {"t": []}}}}) == [
            Activity()
        ]

    def test_an_event_without_content_is_a_sign_of_life(self) -> None:
        assert events({"author": "nemo", "id": "x", "timestamp": 1.0}) == [Heartbeat()]

    def test_both_kinds_of_error(self) -> None:
        assert events(
            {"author": "nemo", "errorCode": "SAFETY", "errorMessage": "no"},
            {"error": "RuntimeError: boom", "error_details": {"a": 1}},
        ) == [StreamFailure("no"), StreamFailure("RuntimeError: boom")]


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "[1, 2]",
        "null",
        '"text"',
        "[" * 100_000,
        '{"a":' + "9" * 10_000 + "}",
        "{}",
        '{"type": 5}',
        '{"type":"never heard of"}',
        '{"content":{"parts":[null,{"text":7}]}}',
    ],
)
def test_junk_never_breaks_the_turn(text: str) -> None:
    assert all(isinstance(event, Unreadable | Heartbeat) for event in agent_events(Data(text)))


def test_events_whose_blank_lines_were_lost_are_still_read() -> None:
    text = '{"type":"text","content":"a"}\n{"type":"text","content":"b"}'
    assert agent_events(Data(text)) == [Text("a"), Text("b")]
