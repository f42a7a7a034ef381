"""The stream: bytes → events → what to tell. First the decoder, by the standard's own examples."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from typing import TYPE_CHECKING

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import given
from hypothesis import strategies as st

from skill.api.turn import (
    MAX_TEXT,
    Comment,
    Data,
    Decoder,
    DraftUpdate,
    Dropped,
    End,
    Event,
    Failure,
    Heartbeat,
    Notice,
    Remark,
    Say,
    ServerEvent,
    SignOfLife,
    StillWorking,
    Text,
    ToolCall,
    ToolResult,
    Turn,
    Unreadable,
    parse,
)
from skill.clock import Timing

if TYPE_CHECKING:
    from collections.abc import Iterable


def decode(*chunks: bytes, limit: int = 1 << 20) -> list[ServerEvent]:
    decoder = Decoder(limit)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


# What a server may send, or a broken one, or a proxy between.
LINES = st.tuples(
    st.sampled_from([b"data: ", b"data:", b"data", b"event:", b"id: ", b"retry:", b":", b"\xef"]),
    st.text(alphabet="a7é🎬\u2028\u0085\v\f \0:").map(str.encode),
    st.sampled_from([b"", b"", b"\xff", b"\xe2\x82"]),
    st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b""]),
).map(b"".join)
STREAMS = st.lists(LINES | st.sampled_from([b"\xef\xbb\xbf", b"\n", b"\r"])).map(b"".join)
CUTS = st.lists(st.integers(1, 12), min_size=1)


def cut(raw: bytes, sizes: list[int]) -> list[bytes]:
    """The bytes in chunks of these sizes, over and over."""
    ends = itertools.accumulate(itertools.cycle(sizes), initial=0)
    bounds = [*itertools.takewhile(lambda end: end < len(raw), ends), len(raw)]
    return [raw[a:b] for a, b in itertools.pairwise(bounds)]


def bytewise(raw: bytes, limit: int = 1 << 20) -> list[ServerEvent]:
    return decode(*cut(raw, [1]), limit=limit)


class TestDecoder:
    def test_several_data_lines_are_one_event(self) -> None:
        # https://html.spec.whatwg.org/multipage/server-sent-events.html, first example
        assert decode(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [Data("YHOO\n+2\n10")]

    def test_comments_and_other_fields(self) -> None:
        raw = b": test stream\n\ndata: first event\nid: 1\n\nevent: x\ndata:second event\n\n"
        assert decode(raw) == [Comment(), Data("first event"), Data("second event")]

    def test_one_space_after_the_colon_is_taken_off_and_no_more(self) -> None:
        assert decode(b"data:test\n\ndata: test\n\ndata:  test\n\n") == [
            Data("test"),
            Data("test"),
            Data(" test"),
        ]

    def test_empty_data_is_a_sign_of_life(self) -> None:
        assert decode(b"data\n\ndata:\n\ndata: \n\n") == [Comment(), Comment(), Comment()]

    @pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
    def test_line_ends_wherever_they_are_cut(self, end: bytes) -> None:
        raw = b"data: a" + end + b"data: b" + end + end + b"data: c" + end + end
        assert decode(raw) == bytewise(raw) == [Data("a\nb"), Data("c")]

    def test_an_event_is_there_as_soon_as_its_blank_line_is(self) -> None:
        decoder = Decoder()
        assert decoder.feed(b"data: a\r\n\r") == [Data("a")]
        assert decoder.feed(b"\ndata: b\r\n\r\n") == [Data("b")]

    def test_the_byte_order_mark_is_not_part_of_the_first_line(self) -> None:
        raw = b"\xef\xbb\xbfdata: a\n\n"
        assert decode(raw) == bytewise(raw) == [Data("a")]

    def test_lines_do_not_end_at_unicode_separators(self) -> None:
        text = '{"a":"x\u2028y\u0085z\x0b\x0c"}'
        raw = f"data: {text}\n\n".encode()
        assert decode(raw) == bytewise(raw) == [Data(text)]

    def test_utf8_cut_in_the_middle(self) -> None:
        raw = "data: 把标题改成余额不足 🎬\n\n".encode()
        assert bytewise(raw) == [Data("把标题改成余额不足 🎬")]

    def test_a_last_event_without_its_blank_line_counts_if_its_json_is_whole(self) -> None:
        assert decode(b'data: {"type":"text"}') == [Data('{"type":"text"}')]
        assert decode(b'data: {"type":"te') == [Dropped("the last event was cut off")]

    def test_a_line_over_the_limit_is_dropped_and_the_stream_goes_on(self) -> None:
        raw = b"data: " + b"x" * 300 + b"\ndata: rest of it\n\ndata: next\n\n"
        for events in (
            decode(raw, limit=100),
            decode(*(raw[i : i + 7] for i in range(0, len(raw), 7)), limit=100),
        ):
            assert events == [Dropped("an event of more than 100 bytes"), Data("next")]

    def test_an_event_of_many_lines_is_bounded_too(self) -> None:
        raw = b"data: 0123456789\n" * 20 + b"\ndata: next\n\n"
        assert decode(raw, limit=100) == [Dropped("an event of more than 100 bytes"), Data("next")]

    def test_a_comment_inside_an_event_that_is_dropped_is_still_a_sign_of_life(self) -> None:
        raw = b"data: 0123456789\n" * 8 + b": ping\n" + b"data: 0123456789\n" * 8 + b"\n"
        assert decode(raw, limit=100) == [Comment(), Dropped("an event of more than 100 bytes")]

    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    def test_a_line_or_an_event_of_just_the_limit_is_taken(self, mark: bytes) -> None:
        whole, longer = mark + b"data: 4567\n\n", mark + b"data: 45678\n\n"
        two, three = mark + b"data:\ndata:\n\n", mark + b"data:\ndata:\ndata:\n\n"
        for raw, event in (
            (whole, Data("4567")),
            (longer, Dropped("an event of more than 10 bytes")),
            (two, Comment()),
            (three, Dropped("an event of more than 10 bytes")),
        ):
            assert decode(raw, limit=10) == bytewise(raw, limit=10) == [event]

    @pytest.mark.parametrize(
        "piece",
        [b"x" * 8192, b"\ndata: abc" * 800, b"\ndata" * 1600, b"\ndata: " + b"x" * 8192],
        ids=["a line", "an event", "an event of empty lines", "an event of long lines"],
    )
    def test_what_never_ends_takes_little_memory(self, piece: bytes) -> None:
        limit, decoder = 1 << 20, Decoder(1 << 20)
        tracemalloc.start()
        events = decoder.feed(b"data: ")
        for _ in range(5 * limit // len(piece)):
            events += decoder.feed(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 3 * limit
        events += decoder.feed(b"\n\ndata: next\n\n")
        assert events == [Dropped(f"an event of more than {limit} bytes"), Data("next")]

    @given(STREAMS, CUTS, st.sampled_from([4, 12, 1 << 20]))
    def test_the_cuts_make_no_difference(self, raw: bytes, sizes: list[int], limit: int) -> None:
        assert decode(raw, limit=limit) == decode(*cut(raw, sizes), limit=limit)

    @given(STREAMS, CUTS)
    def test_it_agrees_with_httpx_sse(self, raw: bytes, sizes: list[int]) -> None:
        # Of theirs, the events without data (of an id alone, say) and those of nothing but
        # spaces are none to us; and they leave a byte order mark in the first line.
        decoder = Decoder()
        ours = [event for chunk in cut(raw, sizes) for event in decoder.feed(chunk)]
        chunks = cut(raw.removeprefix(b"\xef\xbb\xbf"), sizes)
        response = httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=chunks
        )
        theirs = [event.data for event in EventSource(response).iter_sse()]
        assert [event.text for event in ours if isinstance(event, Data)] == [
            text for text in theirs if text.encode().strip()
        ]


def events(*values: object) -> list[Event]:
    return [event for value in values for event in parse(Data(json.dumps(value)))]


class TestTypedDialect:
    def test_each_kind(self) -> None:
        assert events(
            {"type": "text", "content": "hello"},
            {"type": "tool_call", "name": "add_title", "args": {"secret": "x"}},
            {"type": "tool_result", "name": "add_title", "result": {"token": "nmv_usr_x"}},
            {"type": "heartbeat"},
        ) == [Text("hello"), ToolCall("add_title"), ToolResult("add_title"), Heartbeat()]

    def test_an_error_in_the_stream_is_an_error(self) -> None:
        assert events({"type": "error", "code": 2001, "message": "no credits"}) == [
            Failure("no credits", 2001)
        ]
        assert events({"code": 1002, "message": "gone", "data": None}) == [Failure("gone", 1002)]


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
            DraftUpdate({"t": []})
        ]

    def test_an_event_without_content_is_a_sign_of_life(self) -> None:
        assert events({"author": "nemo", "id": "x", "timestamp": 1.0}) == [Heartbeat()]

    def test_both_kinds_of_error(self) -> None:
        assert events(
            {"author": "nemo", "errorCode": "SAFETY", "errorMessage": "no"},
            {"error": "RuntimeError: boom", "error_details": {"a": 1}},
        ) == [Failure("no"), Failure("RuntimeError: boom")]


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
    assert all(isinstance(event, Unreadable | Heartbeat) for event in parse(Data(text)))


def test_events_whose_blank_lines_were_lost_are_still_read() -> None:
    text = '{"type":"text","content":"a"}\n{"type":"text","content":"b"}'
    assert parse(Data(text)) == [Text("a"), Text("b")]


class TestTurn:
    """Seconds are handed in; nothing here waits."""

    def turn(self) -> Turn:
        return Turn(Timing(), started=0.0)

    def said(self, notices: Iterable[Notice]) -> str:
        return "".join(notice.text for notice in notices if isinstance(notice, Say))

    def feed(self, *events: Event) -> tuple[str, Turn]:
        turn = self.turn()
        notices = [n for event in events for n in turn.receive(event, 1.0)]
        return self.said(notices + turn.close(2.0)), turn

    def test_text_comes_as_it_came(self) -> None:
        text, turn = self.feed(Text("Added "), Text("a title."))
        assert text == turn.said == "Added a title."
        assert turn.end is End.CLOSED

    def test_pieces_and_then_the_whole_are_told_once(self) -> None:
        assert (
            self.feed(Text("Hello "), Text("world."), Text("Hello world.", whole=True))[0]
            == "Hello world."
        )

    def test_the_whole_may_go_further_than_its_pieces(self) -> None:
        assert self.feed(Text("Hello "), Text("Hello world.", whole=True))[0] == "Hello world."

    def test_pieces_that_are_snapshots(self) -> None:
        assert self.feed(Text("I"), Text("I added"), Text("I added it."))[0] == "I added it."

    def test_pieces_that_repeat_a_short_word_are_no_snapshots(self) -> None:
        assert self.feed(Text("ha"), Text("ha"), Text("!"))[0] == "haha!"

    def test_two_answers_with_a_tool_between(self) -> None:
        text, _ = self.feed(
            Text("First.", whole=True), ToolCall("bgm"), Text("Second.", whole=True)
        )
        assert text == "First.\nSecond."

    def test_a_trailing_temporary_issue_after_an_answer_is_noise(self) -> None:
        assert (
            self.feed(Text("Title added. I encoun"), Text("tered a temporary issue, sorry."))[0]
            == "Title added. "
        )
        assert (
            self.feed(Text("I encountered a temporary issue."))[0]
            == "I encountered a temporary issue."
        )
        assert self.feed(Text("It lies in Hawaii"))[0] == "It lies in Hawaii"

    def test_an_answer_without_end_is_bounded(self) -> None:
        turn = self.turn()
        piece = "word " * 1000
        told = [turn.receive(Text(piece + str(n)), 1.0) for n in range(100)]
        assert len(turn.said) == len(self.said([n for notices in told for n in notices]))
        assert len(turn.said) == MAX_TEXT
        assert isinstance(told[-1][-1], Remark)

    def test_still_working_every_two_minutes_and_a_sign_of_life_between(self) -> None:
        turn = self.turn()
        told: list[tuple[float, Notice]] = []
        now = 0.0
        while now < 300:
            now = turn.next_tick
            told += [(now, notice) for notice in turn.tick(now)]
            turn.receive(Heartbeat(), now)
        working = [at for at, notice in told if isinstance(notice, StillWorking)]
        assert working == [120.0, 240.0]
        assert sum(isinstance(notice, SignOfLife) for _, notice in told) >= 6
        times = [0.0, *(at for at, _ in told)]
        assert max(b - a for a, b in itertools.pairwise(times)) <= 30.0

    def test_ten_minutes_of_heartbeats_end_it(self) -> None:
        turn = self.turn()
        turn.receive(ToolCall("generate"), 100.0)
        turn.receive(Heartbeat(), 699.0)
        assert turn.end is None
        turn.receive(Heartbeat(), 700.0)
        assert turn.end is End.TIMED_OUT

    def test_fifteen_minutes_in_all_end_it(self) -> None:
        turn = self.turn()
        for now in range(0, 900, 60):
            turn.receive(ToolCall("work"), float(now))
        assert turn.end is None
        turn.tick(900.0)
        assert turn.end is End.TIMED_OUT

    def test_a_failure_ends_it_and_nothing_after_counts(self) -> None:
        text, turn = self.feed(Text("Working. "), Failure("boom", 2001), Text("late"))
        assert (text, turn.end, turn.failure) == ("Working. ", End.FAILED, Failure("boom", 2001))
