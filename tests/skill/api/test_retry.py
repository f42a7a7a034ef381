"""When to look again and when to stop: pure, time is handed in."""

from __future__ import annotations

import pytest

from skill.api.retry import COMPLETED, FAILED, RenderWatch, recovery_waits, retry_wait
from skill.clock import Timing
from skill.errors import (
    BackendFailedError,
    NetworkError,
    RateLimitedError,
    UnfinishedError,
    UsageError,
)

TIMING = Timing()


def test_a_render_is_looked_at_every_thirty_seconds_until_it_is_there() -> None:
    watch = RenderWatch(TIMING, started=100.0)
    assert watch.wait("pending", 0, "", 100.0) == 30.0
    assert watch.wait("processing", 40, "", 130.0) == 30.0
    assert watch.wait("completed", 100, "", 160.0) is None


def test_five_minutes_without_progress_end_it() -> None:
    watch = RenderWatch(TIMING, started=0.0)
    assert watch.wait("processing", 0, "", 290.0) == 30.0
    assert watch.wait("processing", 0.5, "", 580.0) == 10.0
    with pytest.raises(
        UnfinishedError, match=r"not done after 10 minutes \(its status: processing\)"
    ):
        watch.wait("processing", 0.9, "", 590.0)
    assert watch.wait("completed", 100, "", 590.0) is None


def test_a_long_render_is_waited_for_while_it_moves_but_not_for_ever() -> None:
    watch = RenderWatch(TIMING, started=0.0)
    waits = [watch.wait("processing", minute, "", 60.0 * minute) for minute in range(30)]
    assert set(waits) == {30.0}
    with pytest.raises(UnfinishedError, match="after 30 minutes"):
        watch.wait("processing", 31, "", 1800.0)


def test_an_unknown_status_waits_and_is_then_named() -> None:
    watch = RenderWatch(TIMING, started=0.0)
    assert watch.wait("thinking", 0, "", 0.0) == 30.0
    with pytest.raises(UnfinishedError, match=r"its status: thinking"):
        watch.wait("thinking", 0, "", 300.0)


@pytest.mark.parametrize("status", sorted(FAILED))
def test_every_terminal_failure_ends_it(status: str) -> None:
    with pytest.raises(BackendFailedError, match=rf"\({status}\): out of memory"):
        RenderWatch(TIMING, 0.0).wait(status, 50, "out of memory", 1.0)


def test_the_sets_of_statuses_do_not_overlap() -> None:
    assert not (COMPLETED & FAILED)


def test_after_a_cut_thirty_seconds_then_five_times_sixty() -> None:
    assert list(recovery_waits(TIMING)) == [30.0, 60.0, 60.0, 60.0, 60.0, 60.0]


class TestRetries:
    def test_full_jitter(self) -> None:
        error = NetworkError("no")
        assert [retry_wait(error, n, TIMING, lambda: 0.5) for n in range(5)] == [
            0.5,
            1.0,
            2.0,
            4.0,
            None,
        ]
        assert retry_wait(error, 3, TIMING, lambda: 0.0) == 0.0

    def test_retry_after_is_kept_to_up_to_the_cap(self) -> None:
        assert retry_wait(RateLimitedError("slow", retry_after=7), 0, TIMING, lambda: 0.5) == 7
        assert retry_wait(NetworkError("slow", retry_after=3600), 0, TIMING, lambda: 0.5) is None

    def test_what_will_not_pass_is_not_tried_again(self) -> None:
        assert retry_wait(UsageError("wrong"), 0, TIMING, lambda: 0.5) is None
        assert retry_wait(BackendFailedError("failed"), 0, TIMING, lambda: 0.5) is None


def test_no_further_try_two_minutes_after_the_first() -> None:
    slow = NetworkError("took too long")
    assert retry_wait(slow, 1, TIMING, lambda: 0.5, elapsed=119.0) == 1.0
    assert retry_wait(slow, 1, TIMING, lambda: 0.5, elapsed=120.0) is None


def test_one_that_is_not_known_yet_is_waited_for_and_then_gone() -> None:
    watch = RenderWatch(TIMING, started=0.0)
    assert [watch.wait_unknown() for _ in range(5)] == [30.0] * 4 + [None]


def test_one_that_was_seen_between_is_waited_for_anew() -> None:
    watch = RenderWatch(TIMING, started=0.0)
    for _ in range(4):
        assert watch.wait_unknown() == 30.0
    assert watch.wait("processing", 10, "", 150.0) == 30.0
    assert watch.wait_unknown() == 30.0
