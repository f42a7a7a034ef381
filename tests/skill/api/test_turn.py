"""The agent's events and the time → what the user is told."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from skill.api.agent_events import AgentEvent, Heartbeat, StreamFailure, Text, ToolCall
from skill.api.turn import (
    MAX_TEXT,
    End,
    Remark,
    Say,
    SignOfLife,
    StillWorking,
    Turn,
    TurnEvent,
)
from skill.clock import Timing

if TYPE_CHECKING:
    from collections.abc import Iterable


class TestTurn:
    """Seconds are handed in; nothing here waits."""

    def turn(self) -> Turn:
        return Turn(Timing(), started=0.0)

    def said(self, notices: Iterable[TurnEvent]) -> str:
        return "".join(notice.text for notice in notices if isinstance(notice, Say))

    def feed(self, *events: AgentEvent) -> tuple[str, Turn]:
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
        told: list[tuple[float, TurnEvent]] = []
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
        text, turn = self.feed(Text("Working. "), StreamFailure("boom", 2001), Text("late"))
        assert (text, turn.end, turn.failure) == (
            "Working. ",
            End.FAILED,
            StreamFailure("boom", 2001),
        )
