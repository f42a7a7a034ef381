"""Every code has its class, its exit code and what to do about it: one table."""

from __future__ import annotations

from pathlib import Path

import pytest

from skill import errors
from skill.errors import CODES, BusyError, SkillError, StoppedError, error_for, from_record

# As the command line promises them: error.code → exit code.
EXIT = {
    "internal": 1, "usage": 2, "auth": 3, "not_found": 4, "no_credits": 5, "file_refused": 6,
    "export_blocked": 7, "rate_limited": 8, "network": 9, "backend_failed": 10, "unfinished": 11,
}  # fmt: skip
# As the contract has them, and the HTTP statuses that mean the same.
CONTRACT = {
    1001: "auth", 1002: "not_found", 2001: "no_credits", 4001: "file_refused",
    4002: "file_refused", 400: "backend_failed", 402: "export_blocked", 429: "rate_limited",
    401: "auth", 403: "auth", 404: "not_found", 408: "network", 409: "unfinished",
    413: "file_refused", 415: "file_refused", 500: "network", 502: "network", 503: "network",
    504: "network", 7777: "backend_failed",
}  # fmt: skip


def kinds() -> list[type[SkillError]]:
    return [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SkillError) and kind is not SkillError
    ]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_class_has_the_exit_code_of_its_name(kind: type[SkillError]) -> None:
    if kind is StoppedError:
        assert (StoppedError(2).exit_code, StoppedError(15).exit_code) == (130, 143)
    else:
        assert kind("x").exit_code == EXIT[kind.code]
        assert f"{kind.__name__:<{len(kind.__name__)}} " in str(errors.__doc__) + " "


def test_no_code_of_the_command_line_is_without_a_class() -> None:
    assert {kind.code for kind in kinds()} == {*EXIT}


@pytest.mark.parametrize(("code", "name"), CONTRACT.items())
def test_every_code_of_the_contract(code: int, name: str) -> None:
    error = error_for(code, "what it said")
    assert (error.code, error.backend_code) == (name, code)
    assert "what it said" in error.message
    assert error.hint


def test_every_code_we_know_is_tested_here() -> None:
    assert {*CODES} <= {*CONTRACT}


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_a_job_keeps_why_it_failed(kind: type[SkillError]) -> None:
    if kind is StoppedError:
        return  # a signal is no failure of the job
    error = kind("what", hint="do")
    kept = from_record(error.record)
    assert (kept.code, kept.exit_code, kept.message, kept.hint) == (
        error.code, error.exit_code, "what", "do",
    )  # fmt: skip


PAGE = Path(__file__).resolve().parents[2] / "references" / "errors.md"


def page() -> str:
    """references/errors.md, made from the tables."""
    lines = [
        "# Errors and exit codes",
        "",
        "Each error is one line of what is wrong and one of what to do. With `--json` its name stands in",
        "`error.code`, and `error.retryable` says whether the same command may simply be run again; where",
        "`error.job` names a job it may not: `resume` goes on with it, and pays nothing again.",
        "",
        "| exit | `error.code` | class | when |",
        "|---|---|---|---|",
    ]
    shown = [kind for kind in kinds() if kind not in (StoppedError, BusyError)]
    for kind in sorted(shown, key=lambda kind: kind("").exit_code):
        when = (kind.__doc__ or "").partition("\n")[0].replace("|", "\\|")
        lines.append(f"| {kind('').exit_code} | `{kind.code}` | `{kind.__name__}` | {when} |")
    stopped = (StoppedError.__doc__ or "").partition("\n")[0]
    lines += [
        f"| 130, 143 | `unfinished` | `StoppedError` | {stopped} |",
        "",
        "## What the backend's codes become",
        "",
        "The same whether the code comes as an HTTP status or inside a 200. What a code means for a token,",
        "a project or a render under way (a new token, a second try) has been done before it is told.",
        "",
        "| code | `error.code` | what is wrong | what to do |",
        "|---|---|---|---|",
    ]
    for code in sorted(CODES):
        error = error_for(code)
        lines.append(f"| {code} | `{error.code}` | {error.message} | {error.hint} |")
    for code, name in ((500, "500-599"), (7777, "any other")):
        error = error_for(code)
        told = error.message.replace(str(code), "…")
        lines.append(f"| {name} | `{error.code}` | {told} | {error.hint} |")
    return "\n".join(lines) + "\n"


def test_the_page_says_what_the_tables_say(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-docs"):
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page()
