"""Bytes → server-sent events, by the standard's own examples."""

from __future__ import annotations

import itertools
import tracemalloc

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import given
from hypothesis import strategies as st

from skill.api.sse import Comment, Data, Decoder, Dropped, ServerEvent


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
