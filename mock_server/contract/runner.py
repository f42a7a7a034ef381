"""All checks, one after the other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import httpx

from mock_server.contract import account, export, facts, message, project
from mock_server.contract.client import Client, UnusableAnswerError
from mock_server.contract.context import Context
from mock_server.contract.model import (
    Check,
    DoesNotApplyError,
    Kind,
    Outcome,
    Report,
    Result,
)
from mock_server.contract.target import MESSAGE_CREDITS, Target, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server.openapi.json_schema import Difference

CHECKS: tuple[Check, ...] = (*account.checks, *project.checks, *message.checks, *export.checks)
"""Every check, in the order in which they are made: each after those it needs."""

AT_A_MOCK = "only at a mock: it would use up or harm an account"
PRICE = "it would cost credits"
NOTHING = "there is nothing to go on from: {of}"
NO_TIME = "no time was left"
REASONS = (
    AT_A_MOCK,
    PRICE,
    NOTHING,
    NO_TIME,
    "it would send more than 200 MB",
    "there are not enough credits: {of}",
    "the stream is in the other dialect: {of}",
    "the render had ended before it could be cancelled",
)
"""The sentences that say why a check was skipped."""
_LAST_WORD = 10.0  # s for the balance at the end


async def run(
    target: Target,
    *,
    seconds: float | None = None,
    begin: Callable[[Check, int], None] = lambda check, number: None,
) -> Report:
    """Make all checks that may be made at a target, in at most so many `seconds`. `begin` is told
    of each and its number, from 0, before it is made. Raises UnreachableError where no answer
    comes to the first request."""
    client = Client(target)
    context = Context(target, client)
    usable = set() if target.auth is None else {"token"}
    end = None if seconds is None else anyio.current_time() + seconds
    results: list[Result] = []
    try:
        for number, check in enumerate(CHECKS):
            begin(check, number)
            left = check.limit if end is None else end - anyio.current_time()
            result = _skipped(check, target, usable, left) or await _made(
                check, context, min(left, check.limit)
            )
            results.append(result)
            if context.going_on and result.outcome is not Outcome.SKIPPED:
                usable.add(check.id)
        spent = await _spent(context)
    finally:
        await client.close()
    priced = any(one.check.kind is Kind.COSTS and one.reason == PRICE for one in results)
    return Report(
        url=target.url,
        mock=target.mock,
        results=tuple(results),
        dialect=context.heard.dialect if context.heard is not None else None,
        shape=context.shape,
        spent=spent,
        left_out=MESSAGE_CREDITS if priced else 0,
    )


def _skipped(check: Check, target: Target, usable: set[str], left: float) -> Result | None:
    if check.kind is Kind.MOCK and not target.mock:
        return Result(check, Outcome.SKIPPED, reason=AT_A_MOCK)
    if check.kind is Kind.COSTS and not (target.mock or target.spend):
        return Result(check, Outcome.SKIPPED, reason=PRICE)
    if left <= 0:
        return Result(check, Outcome.SKIPPED, reason=NO_TIME)
    missing = [name for name in check.needs if name not in usable]
    return (
        Result(check, Outcome.SKIPPED, reason=NOTHING, of=", ".join(missing)) if missing else None
    )


async def _made(check: Check, context: Context, limit: float) -> Result:
    context.found, context.going_on = [], False
    begun = anyio.current_time()
    skipped: DoesNotApplyError | None = None
    try:
        with anyio.move_on_after(limit) as deadline:
            await check.work(context)
            context.going_on = True
        if deadline.cancelled_caught:
            said = f"there was no whole answer within {limit:.0f} s"
            if not context.client.reached:
                raise UnreachableError(said)
            context.critical("", said)
    except DoesNotApplyError as reason:
        skipped = reason
    except UnusableAnswerError as why:
        if not any(one.severity == "critical" for one in context.found):
            context.critical("", str(why))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        if not context.client.reached:
            raise UnreachableError(str(error) or type(error).__name__) from error
        context.critical("", f"the connection failed: {type(error).__name__} {error}".rstrip())
    except UnreachableError:
        raise
    except Exception as error:
        # The boundary to the backend: whatever it has answered, the other checks go on.
        context.critical("", f"the answer cannot be looked at: {type(error).__name__}")
    took = anyio.current_time() - begun
    if skipped is not None:
        return Result(check, Outcome.SKIPPED, (), skipped.reason, skipped.of, took)
    critical = any(one.severity == "critical" for one in context.found)
    outcome = Outcome.FAILED if critical else Outcome.PASSED
    return Result(check, outcome, _once(context.found), seconds=took)


def _once(found: list[Difference]) -> tuple[Difference, ...]:
    """Of what was found at one element of a list after the other, the first."""
    told: dict[tuple[str, str, str], tuple[Difference, int]] = {}
    for one in found:
        key = (one.severity, re.sub(r"\[\d+\]", "[]", one.place), one.said)
        first, count = told.get(key, (one, 0))
        told[key] = (first, count + 1)
    return tuple(
        one if count == 1 else replace(one, said=f"{one.said} ({count} times)")
        for one, count in told.values()
    )


async def _spent(context: Context) -> float | None:
    """By how much the balance fell; None where that cannot be said."""
    if not context.sent:
        return 0.0
    with anyio.move_on_after(_LAST_WORD):
        try:
            answer = await context.client.call("credits")
        except (httpx.HTTPError, UnusableAnswerError):
            return None
        total = facts.number(answer.data.get("total"))
        if context.before is not None and total is not None:
            return context.before - total
    return None
