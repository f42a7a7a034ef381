"""`image-to-video contract`: a backend held to the published contract, and what that comes to."""

from __future__ import annotations

import os
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from skill.clock import CLOUD, LOCAL, PacedClock
from skill.errors import BackendFailedError, NetworkError, SkillError, StoppedError, UsageError
from skill.events import Detail, Notice, Progress, Stage
from skill.i18n import say
from skill.jobs.store import Vault
from skill.local import CHECKED_UPLOAD, contract, mock_to_check
from skill.settings.config import API_URL, Config, address
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from skill.api.client import Client
    from skill.cli.console import Console
    from skill.jobs.studio import Studio
    from skill.local import Check, Report, Result, Target
    from skill.settings.config import Settings

_MARKS = {"passed": "✓", "failed": "✗", "skipped": "–"}


@dataclass(frozen=True)
class Options:
    """How a backend is looked at. `against`: its URL, None for a mock of our own; `timeout` in
    seconds."""

    settings: Settings
    timeout: float | None
    against: str | None
    spend: bool
    force: bool
    junit: Path | None


def check(options: Options, console: Console) -> None:
    """Hold a backend to the contract: the one that is named, else a mock of our own. Raises
    BackendFailedError, with the report as its `data`, where it does not keep it."""
    from skill.cli.runner import run

    if options.settings["local"] and options.against:
        raise UsageError(
            say("--local and --against name two backends."), hint=say("Leave one of them away.")
        )
    if options.junit is not None:
        _check_place(options.junit)
    reports: list[Report] = []
    with ExitStack() as stack:
        own = options.against is None
        url = (
            stack.enter_context(mock_to_check()).url
            if options.against is None
            else address(options.against, "--against")
        )
        config = _config(options, url, own=own)
        if not own and config.token is None and os.environ.get("NEMO_TOKEN"):
            console.tell(Notice(say("NEMO_TOKEN is not sent there: it is for NEMO_API_URL alone.")))

        vault = stack.enter_context(closing(Vault.open(config.home)))
        if options.force:
            vault.end_check(config.backend)

        async def act(studio: Studio) -> None:
            reports.append(await _look(options, console, studio, vault, own=own))

        try:
            run(console, config, None, act)
        except StoppedError as stop:
            if options.spend and vault.check_begun(config.backend):
                stop.hint = say(
                    "The message may have been sent, and charged: image-to-video credits"
                )
            raise
        failure = _answer(options, console, reports[0])
        if options.spend and not reports[0].mock:
            vault.end_check(config.backend)  # what it cost has been told
    if failure is not None:
        raise failure


def _config(options: Options, url: str, *, own: bool) -> Config:
    """The settings, for the backend at `url`. A token of the user's own goes to NEMO_API_URL, or
    where that says nothing to the default, and to no other."""
    environ = {**os.environ, "NEMO_API_URL": url}
    theirs = address(os.environ.get("NEMO_API_URL") or API_URL, "NEMO_API_URL")
    if own:
        environ.pop("NEMO_TOKEN", None)
    settings: Settings = {**options.settings, "local": False}
    config = Config.resolve(**settings, environ=environ)
    return config if config.api_url == theirs else replace(config, token=None)


async def _look(
    options: Options, console: Console, studio: Studio, vault: Vault, *, own: bool
) -> Report:
    """The report. That a message is about to be paid for is in the vault before it is sent."""
    import anyio

    checks = contract()
    total = len(checks.CHECKS)
    console.tell(Stage("check", say("Checking {url}...", url=studio.config.api_url)))

    def begin(one: Check, number: int) -> None:
        console.tell(Progress("check", 100 * number / total))
        console.tell(Detail(one.id))
        if one.id == "message" and target.spend and not vault.begin_check(studio.config.backend):
            raise _paid_before()

    begun_at = anyio.current_time()
    try:
        with anyio.fail_after(options.timeout):
            target = await _target(options, console, studio, vault, own=own)
        took = anyio.current_time() - begun_at
        seconds = None if options.timeout is None else max(options.timeout - took, 0.0)
        async with _reassured(console, target):
            report: Report = await checks.run(target, seconds=seconds, begin=begin)
    except (checks.UnreachableError, TimeoutError) as error:
        raise NetworkError(
            say(
                "{url} does not answer ({reason}).",
                url=studio.config.api_url,
                reason=str(error) or type(error).__name__,
            ),
            hint=say("Check the address, and that something listens there."),
        ) from None
    console.tell(Progress("check", 100))
    return report


@asynccontextmanager
async def _reassured(console: Console, target: Target) -> AsyncIterator[None]:
    """While this lasts, "⏳ Still working..." as often as the contract wants it."""
    import anyio

    async def remind() -> None:
        while True:
            await target.sleep(CLOUD.still_working)
            console.tell(Notice(say("⏳ Still working...")))

    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(remind)
        try:
            yield
        except Exception as error:  # a task group would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _target(
    options: Options, console: Console, studio: Studio, vault: Vault, *, own: bool
) -> Target:
    """What is to be checked. At a mock nothing of the user's is used; else the account is his."""
    from skill.api.environment import httpx_options

    checks, config = contract(), studio.config
    clock = PacedClock(config.pace)
    target: Target = checks.Target(
        config.api_url,
        config.manifest.headers,
        mock=own or await checks.is_mock(config.api_url),
        upload_limit=CHECKED_UPLOAD if own else None,
        sleep=clock.sleep,
        poll=LOCAL.poll,
    )
    if target.mock:
        return target
    if options.spend and vault.check_begun(config.backend):
        raise _paid_before()
    client = await studio.authorized()
    if options.spend:
        balance = await studio.known_balance()
        console.tell(
            Notice(
                say(
                    "One message is going to be sent, once. It costs about {credits} credits; you have {available}.",
                    credits=checks.MESSAGE_CREDITS,
                    available=f"{balance.available:g}" if balance is not None else "?",
                )
            )
        )
    return replace(
        target,
        auth=client.bearer,
        spend=options.spend,
        hide=hide,
        poll=CLOUD.poll,
        fetch=lambda url: _public(client, url),
        connect=httpx_options(config.api_url),
    )


def _paid_before() -> UsageError:
    return UsageError(
        say("An earlier check ended before it was told, and its message may have been charged."),
        hint=say("See what is left with credits. To pay for another one: --spend --force"),
    )


@asynccontextmanager
async def _public(client: Client, url: str) -> AsyncIterator[httpx.Response]:
    """An address that the backend names, under the rules for those."""
    import httpx

    from skill.api.public_address import fetch_public

    try:
        async with fetch_public(url, loopback=client.loopback, log=client.log) as response:
            yield response
    except NetworkError as error:
        raise httpx.RequestError(error.message) from None


# ---------------------------------------------------------------- what it came to


def _answer(options: Options, console: Console, report: Report) -> SkillError | None:
    """Tell what was found; what the command ends with, if it is no success."""
    data = report.to_json()
    for told, result in zip(data["checks"], report.results, strict=True):
        told["title"], told["reason"] = say(result.check.title), _reason(result)
    failure: SkillError | None = None
    if not report.passed:
        failure = BackendFailedError(
            say(
                "The backend does not keep the contract: {count} checks failed.",
                count=len(report.failures),
            ),
            hint=say("Each names its part of the contract, and what is not so."),
        )
    if options.junit is not None:
        try:
            options.junit.write_text(hide(contract().junit(report).decode()), "utf-8")
        except OSError as error:
            failure = failure or _unwritten(options.junit, str(error.strerror or error))
    if failure is None or not console.json:
        console.answer(data, _lines(report))
    if failure is not None:
        failure.data = data
    return failure


def _lines(report: Report) -> list[str]:
    wide = max(len(result.check.id) for result in report.results)
    part = max(len(result.check.part) for result in report.results)
    lines = []
    for result in report.results:
        one = result.check
        line = f"{_MARKS[result.outcome]} {one.id:<{wide}}  {one.part:<{part}}  {say(one.title)}"
        reason = _reason(result)
        lines.append(line + (f" ({reason})" if reason else ""))
        lines += [f"    {found.severity}: {found}" for found in result.differences]
    counts: dict[str, Any] = report.to_json()["counts"]
    told = [
        say("{passed} passed, {failed} failed, {skipped} skipped.", **counts),
        say(
            "{critical} critical differences, {warning} warnings, {info} unknown fields.", **counts
        ),
    ]
    if report.dialect is not None:
        told.append(say("The stream is in the dialect {dialect}.", dialect=report.dialect))
    if report.spent is None:
        told.append(say("What was spent is not known."))
    else:
        told.append(say("{spent:g} credits were spent.", spent=report.spent))
    if report.left_out:
        told.append(
            say(
                "What was left out would cost about {credits:g} (--spend).", credits=report.left_out
            )
        )
    return [*lines, say(" ").join(told)]


def _reason(result: Result) -> str:
    return say(result.reason, of=result.of) if result.reason else ""


def _check_place(file: Path) -> None:
    """Raises UsageError where a report cannot stand: in no folder, or in another file's place."""
    if not file.absolute().parent.is_dir():
        raise _unwritten(file, say("there is no such folder"))
    if file.is_dir() or (file.exists() and b"<testsuites" not in file.read_bytes()[:400]):
        raise _unwritten(file, say("something else is there"))


def _unwritten(file: Path, reason: str) -> UsageError:
    return UsageError(
        say("The report cannot be written to {file}: {reason}.", file=file, reason=reason),
        hint=say("Name another file."),
    )
