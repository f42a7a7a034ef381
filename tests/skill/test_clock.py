"""A fast clock makes waits short; how long anything may take it leaves to the machine."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from skill.api.retry import RenderWatch, retry_wait
from skill.api.turn import End, Turn
from skill.clock import CLOUD, LOCAL, PATIENCE, PacedClock, TimeLimits, Timing
from skill.errors import NetworkError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

FAST = 0.001


@pytest.mark.parametrize("pace", [1e-4, FAST, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("timing", [CLOUD, LOCAL])
def test_no_limit_is_reached_within_a_few_real_seconds(timing: Timing, pace: float) -> None:
    clock = PacedClock(pace)
    for name, limit in vars(timing.at_pace(pace).limits).items():
        assert clock.real(limit) >= max(PATIENCE, 5), name
        assert clock.real(limit) == pytest.approx(
            max(PATIENCE, pace * getattr(timing.limits, name))
        )


def test_at_the_pace_of_the_contract_the_limits_are_the_contracts() -> None:
    assert CLOUD.at_pace(1.0).limits == TimeLimits()


def test_the_waits_are_left_to_the_clock() -> None:
    fast = CLOUD.at_pace(FAST)
    assert (fast.poll, fast.still_working, fast.retry_base) == (30.0, 120.0, 1.0)
    assert PacedClock(FAST).real(fast.poll) == pytest.approx(0.03)


class TestAtAFastPace:
    """A second of real time is 1000 s of such a clock, and no longer for a busy machine."""

    timing = CLOUD.at_pace(FAST)
    late = PATIENCE / FAST

    @pytest.mark.parametrize("seconds", [600, 900, 5000])
    def test_a_turn_goes_on(self, seconds: float) -> None:
        turn = Turn(self.timing, started=0.0)
        turn.tick(seconds)
        assert turn.end is None
        turn.tick(self.late)
        assert turn.end is End.TIMED_OUT

    def test_a_render_is_waited_for(self) -> None:
        watch = RenderWatch(self.timing, started=0.0)
        assert watch.wait("pending", 0, "", now=5000) == 30.0
        with pytest.raises(UnfinishedError):
            watch.wait("pending", 0, "", now=2 * self.late)

    def test_a_read_is_tried_again(self) -> None:
        error = NetworkError("cut")
        assert retry_wait(error, 0, self.timing, lambda: 0.5, elapsed=5000) == 0.5
        assert retry_wait(error, 0, self.timing, lambda: 0.5, elapsed=self.late) is None


@pytest.mark.parametrize("pace", ["0.001", "100"])
def test_the_limit_on_a_whole_command_is_in_real_seconds(
    pace: str, server: Server, run: Callable[..., Ran]
) -> None:
    server.backend.fail("credits", stall="forever")
    began = time.monotonic()
    ran = run("credits", "--timeout", "0.5", "--pace", pace)
    assert (ran.code, "after 0.5 s" in ran.err) == (11, True)
    assert 0.5 <= time.monotonic() - began < 20


def test_a_process_knows_when_it_began() -> None:
    program = "import skill.clock; print(skill.clock.process_began())"
    before = time.time()
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    # The system counts in hundredths, and began to count at a moment it rounds.
    assert before - 1 <= float(ran.stdout) <= time.time()
