"""What a message costs, about, and whether the user agreed to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.i18n import say
from skill.jobs.job import Goal

if TYPE_CHECKING:
    from skill.settings.config import Config

# Approximate figures of the contract.
GENERATION_CREDITS = 100
EDIT_CREDITS = 50  # a round of edits
ANONYMOUS_CREDITS = 100  # what a new anonymous account has


def expected_credits(goal: Goal, *, laid_out: bool) -> int:
    """What a job's message costs, about. `laid_out`: something stands on the project's timeline;
    on an empty one a message is a generation, whatever it says."""
    return EDIT_CREDITS if goal is Goal.CHAT and laid_out else GENERATION_CREDITS


def check_cap(config: Config, cost: int, max_credits: int | None, *, begun: bool = False) -> None:
    """Raises UsageError where work would cost more credits, about, than the user agreed to. `begun`:
    files may be up already."""
    if config.local or max_credits is None or cost <= max_credits:
        return
    values = {"cost": cost, "max_credits": max_credits}
    raise UsageError(
        say(
            "This may cost about {cost} credits, more than --max-credits {max_credits}. The message was not sent.",
            **values,
        )
        if begun
        else say(
            "This may cost about {cost} credits, more than --max-credits {max_credits}. Nothing was sent.",
            **values,
        ),
        hint=say("Raise --max-credits, or make the video on this machine with --local."),
    )
