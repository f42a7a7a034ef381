"""The stream's decoder against httpx-sse, side by side in one run.

    python benchmarks/decoder.py

Both get the same bytes in the same cuts. `bare`: the decoder classes alone, for httpx-sse its
line decoder and event decoder behind the UTF-8 decoder httpx puts before them. `response`: as
their users drive them, out of an httpx.Response. `lines` is httpx-sse's event decoder alone on
lines that are already decoded and cut, which is no stream any more but the least it can take.
Each round runs every program once, in turn; medians, and ratios to httpx-sse. Then whether the
time is linear at any cut, and how much memory the worst streams take. Needs [dev].
"""

from __future__ import annotations

import codecs
import statistics
import time
import tracemalloc
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import httpx
from httpx_sse import EventSource
from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from mock_server.agent.sse import dialect
from mock_server.agent.steps import Beat, Save, Say, Step, ToolCall, ToolResult
from skill.api.sse import MAX_EVENT_BYTES, Data, Decoder, Dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROUNDS = 9
MIB = 1024 * 1024
CUTS = {  # bytes a chunk, bytes in all
    "64 KiB": (65536, 4 * MIB),
    "100 bytes": (100, 2 * MIB),
    "1 byte": (1, MIB // 2),
}
HEADERS = {"content-type": "text/event-stream; charset=utf-8"}
LENGTHS = (1, 2, 4, 8)  # MiB


# ---------------------------------------------------------------- what comes over the wire


def turn(beats: int, beat: Step) -> Iterator[Step]:
    """An answer: words, a tool at work with its heartbeats, the new draft, words."""
    segment = {
        "d": 3333,
        "m": {"title": "猫咪 🎬", "url": "https://cdn.example/a.jpg", "fit": "cover"},
    }
    draft = {"t": [{"tt": kind, "sg": [segment] * 4} for kind in (0, 1, 7)], "d": 10_000}
    yield Say("I'll put the three photos in order, with slow motion and soft music under them.")
    yield ToolCall("add_bgm", {"style": "lo-fi", "volume": 35}, thought="They want it calm.")
    yield from [beat] * beats
    yield ToolResult(
        "add_bgm", {"ok": True, "track": 1, "asset": "https://10.0.0.7/lofi-" + "0" * 64}
    )
    yield Save(draft)
    yield Say("标题已添加。Done: the title stands in the first three seconds 🎬, the music at 35%.")


def stream(name: str, beats: int, beat: Step, size: int) -> bytes:
    """At least `size` bytes of one turn after the other."""
    tongue = dialect(name, turn="0a1b2c3d", now=lambda: 1_760_000_000.123456)
    once = b"".join(chain.from_iterable(map(tongue.encode, turn(beats, beat))))
    return once * (size // len(once) + 1)


STREAMS: dict[str, Callable[[int], bytes]] = {
    "typed": lambda size: stream("typed", 5, Beat(), size),
    "agent kit": lambda size: stream("adk", 5, Beat("comment"), size),
    "heartbeats": lambda size: stream("typed", 200, Beat("comment"), size),
}


def cut(raw: bytes, size: int) -> list[bytes]:
    return [raw[i : i + size] for i in range(0, len(raw), size)]


# ---------------------------------------------------------------- who reads it


def ours_bare(chunks: Iterable[bytes]) -> int:
    feed = Decoder().feed
    length = 0
    for chunk in chunks:
        for event in feed(chunk):
            if isinstance(event, Data):
                length += len(event.text)
    return length


def theirs_bare(chunks: Iterable[bytes]) -> int:
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    cut, decode = SSELineDecoder().decode, SSEDecoder().decode
    length = 0
    for chunk in chunks:
        for line in cut(text(chunk)):
            event = decode(line)
            if event is not None:
                length += len(event.data)
    return length


def theirs_lines(lines: Iterable[str]) -> int:
    decode = SSEDecoder().decode
    length = 0
    for line in lines:
        event = decode(line)
        if event is not None:
            length += len(event.data)
    return length


def ours_response(chunks: Iterable[bytes]) -> int:
    return ours_bare(httpx.Response(200, headers=HEADERS, content=chunks).iter_bytes())


def theirs_response(chunks: Iterable[bytes]) -> int:
    source = EventSource(httpx.Response(200, headers=HEADERS, content=chunks))
    return sum(len(event.data) for event in source.iter_sse())


def seconds(read: Callable[[], int]) -> float:
    began = time.perf_counter()
    read()
    return time.perf_counter() - began


# ---------------------------------------------------------------- the tables


def main() -> None:
    throughput()
    linear()
    memory()


def throughput() -> None:
    print(f"{f'MB/s, median of {ROUNDS}':24}{'bare':>24}{'response':>24}{'lines':>18}")
    print(f"{'':24}" + f"{'ours':>8}{'theirs':>8}{'ratio':>8}" * 2 + f"{'theirs':>10}{'ratio':>8}")
    for name, make in STREAMS.items():
        for cut_name, (size, length) in CUTS.items():
            raw = make(length)
            chunks, lines = cut(raw, size), raw.decode().split("\n")
            programs: dict[str, Callable[[], int]] = {
                "ours": partial(ours_bare, chunks),
                "theirs": partial(theirs_bare, chunks),
                "ours response": partial(ours_response, chunks),
                "theirs response": partial(theirs_response, chunks),
                "theirs lines": partial(theirs_lines, lines),
            }
            assert len({program() for program in programs.values()}) == 1, "one misread it"
            times: dict[str, list[float]] = {program: [] for program in programs}
            for _ in range(ROUNDS):
                for program, read in programs.items():
                    times[program].append(seconds(read))
            speed = {p: len(raw) / 1e6 / statistics.median(t) for p, t in times.items()}
            row = f"{f'{name}, {cut_name}':24}"
            for kind in ("", " response"):
                ours, theirs = speed[f"ours{kind}"], speed[f"theirs{kind}"]
                row += f"{ours:8.1f}{theirs:8.1f}{ours / theirs:8.2f}"
            if size == 65536:  # lines know of no cuts
                alone = speed["theirs lines"]
                row += f"{alone:10.1f}{speed['ours'] / alone:8.2f}"
            print(row)


def linear() -> None:
    """Nanoseconds a byte: the same along a row, whatever the length."""
    print(f"\n{'ns a byte, at a length in MiB of':40}" + "".join(f"{n:8}" for n in LENGTHS))
    worst: dict[str, Callable[[int], bytes]] = {
        "one line": lambda size: b"data: " + b"x" * (size - 8) + b"\n\n",
        "one event of short lines": lambda size: b"data: a\n" * (size // 8 - 1) + b"\n",
        "one comment": lambda size: b":" + b"x" * (size - 2) + b"\n",
    }
    for name, make in worst.items():
        for cut_name, (size, _) in CUTS.items():
            row = f"{f'{name}, {cut_name}':40}"
            for n in LENGTHS:
                chunks = cut(make(n * MIB), size)
                took = statistics.median(seconds(partial(ours_bare, chunks)) for _ in range(3))
                row += f"{took / n / MIB * 1e9:8.1f}"
            print(row)


def memory() -> None:
    """The most that is held at once of a line or an event that is three times too long."""
    print(f"\n{f'MiB held, limit {MAX_EVENT_BYTES // MIB}':40}{'ours':>8}{'theirs':>8}")
    endless = {
        "a line without end": b"x" * 65536,
        "an event without end": b"\ndata: a" * 8192,
        "an event of empty lines without end": b"\ndata" * 13107,
    }
    for name, chunk in endless.items():
        stream = [b"data: ", *[chunk] * (3 * MAX_EVENT_BYTES // len(chunk)), b"\n\ndata: next\n\n"]
        decoder = Decoder()
        tracemalloc.start()
        events = [event for piece in stream for event in decoder.feed(piece)]
        ours = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.reset_peak()
        theirs_bare(stream)
        theirs = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.stop()
        assert [type(event) for event in events] == [Dropped, Data], "one notice, and on it goes"
        print(f"{name:40}{ours:8.1f}{theirs:8.1f}")


if __name__ == "__main__":
    main()
