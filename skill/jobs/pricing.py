"""What a message costs, about, and whether the user agreed to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.errors import NoCreditsError, UsageError
from skill.events import Notice
from skill.i18n import say
from skill.jobs.job import Goal

if TYPE_CHECKING:
    from skill.api.models import Credits
    from skill.jobs.context import JobContext
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


async def check_cost(context: JobContext, balance: Credits | None, *, laid_out: bool) -> None:
    """Tell what the job's message may cost, once, and send none that may cost more than was agreed;
    nor, in a listing that is careful with credits, where nothing is left. `balance`: None where it
    is not known; `laid_out` as for `expected_credits`. Raises UsageError, NoCreditsError."""
    job, config = context.job, context.config
    if config.local:
        return
    cost = expected_credits(job.goal, laid_out=laid_out)
    check_cap(config, cost, job.max_credits, begun=True)
    if config.manifest.listing.careful and balance is not None and balance.available <= 0:
        raise context.connection.no_credits(
            NoCreditsError(
                say("No credits are left, so the message was not sent.")
                if job.uploaded
                else say("No credits are left, so nothing was sent."),
                hint=say(
                    "Top up credits in your account, or make the video on this machine with --local."
                ),
            )
        )
    if not context.cost_told:
        context.cost_told = True
        context.tell(
            Notice(
                say("This may cost about {cost} credits.", cost=cost)
                if balance is None
                else say(
                    "This may cost about {cost} credits; there are {left:g}.",
                    cost=cost,
                    left=balance.available,
                )
            )
        )
