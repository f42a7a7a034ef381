"""Pages that are made of the code: references/commands.md of the parser, references/troubleshooting.md's tables
of what the code says where something goes wrong.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

import skill
from mock_server import Backend, Journal, pytest_plugin
from mock_server.backend.settings import Settings as BackendSettings
from mock_server.faults.fault_schema import fault_fields
from mock_server.http.control import control_routes
from mock_server.journal import ENDPOINTS
from skill import errors, sync
from skill.cli.parser import _SAID, COMMANDS, build_parser
from skill.errors import SkillError, UsageError
from skill.settings.config import ENVIRONMENT, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
DOCS, PAGES = ROOT / "docs", ROOT / "references"
PARTS = ("global options", "environment variables", "exit codes")

# ---------------------------------------------------------------- references/commands.md


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _spelled(action: argparse.Action) -> str:
    """An argument as it is written."""
    value = (
        "|".join(map(str, action.choices))
        if action.choices and not action.metavar
        else str(action.metavar or (action.dest.upper() if action.nargs != 0 else ""))
    )
    if action.option_strings:
        names = ", ".join(f"`{_cell(name)}`" for name in action.option_strings)
        return f"{names} `{_cell(value)}`" if value else names
    spelled = {"+": f"{value}…", "*": f"[{value}…]", "?": f"[{value}]"}
    return f"`{_cell(spelled[str(action.nargs)])}`"


def _table(actions: list[argparse.Action]) -> Iterator[str]:
    shown = [
        action
        for action in actions
        if action.help != argparse.SUPPRESS and action.dest not in ("help", "command")
    ]
    if shown:
        yield "| | |"
        yield "|---|---|"
    for action in shown:
        yield f"| {_spelled(action)} | {_cell(action.help or '')} |"
    if shown:
        yield ""


def _own(name: str) -> list[argparse.Action]:
    """A command's arguments, without the global ones."""
    parser = argparse.ArgumentParser(add_help=False)
    COMMANDS[name].arguments(parser)
    return parser._actions


def commands_page() -> str:
    lines = [
        "# Commands",
        "",
        "Made from the program's own parser; `image-to-video COMMAND --help` says the same on a terminal.",
        "",
        " · ".join(f"[{name}](#{name.replace(' ', '-')})" for name in [*COMMANDS, *PARTS]),
    ]
    for name, command in COMMANDS.items():
        lines += ["", f"## {name}", "", f"{command.help[:1].upper()}{command.help[1:]}.", ""]
        lines += _table(_own(name))
        lines += ["```sh", *(f"image-to-video {example}" for example in command.examples), "```"]
    lines += ["", "## global options", "", "They may stand before or after the command.", ""]
    lines += _table(build_parser("credits")._actions)
    lines += [
        *("## environment variables", ""),
        "An option beats the environment, which beats what the listing says. None is needed.",
        *("", "| | |", "|---|---|"),
        *(f"| `{name}` | {what} |" for name, what in ENVIRONMENT.items()),
        *("", "## exit codes", ""),
        "What each means, and the way out: [troubleshooting.md](troubleshooting.md).",
        *("", "| exit | `error.code` with `--json` |", "|---|---|", "| 0 | none: it is done |"),
        *(f"| {number} | [`{code}`](troubleshooting.md#{code}) |" for code, number in _exits()),
        "| 130, 143 | [`unfinished`](troubleshooting.md#unfinished): stopped by Ctrl-C, by SIGTERM |",
    ]
    return "\n".join(lines) + "\n"


def test_the_commands_page_says_what_the_parser_says(request: pytest.FixtureRequest) -> None:
    page = PAGES / "commands.md"
    if request.config.getoption("--update-docs"):
        page.write_text(commands_page(), "utf-8")
    assert page.read_text("utf-8") == commands_page()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_says_what_it_is_for(name: str) -> None:
    assert [action.dest for action in _own(name) if not action.help] == []


# ---------------------------------------------------------------- references/troubleshooting.md

PAGE = PAGES / "troubleshooting.md"


def _kinds() -> dict[str, type[SkillError]]:
    return {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, SkillError) and kind is not SkillError
    }


def _exits() -> list[tuple[str, int]]:
    """`error.code`, exit code."""
    found = {kind.code: kind.exit_code for name, kind in _kinds().items() if name != "StoppedError"}
    return sorted(found.items(), key=lambda pair: pair[1])


def _sentences(node: ast.expr) -> list[str]:
    """What is said in an expression: each of its whole sentences."""
    return [
        str(call.args[0].value)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "say"
        and isinstance(call.args[0], ast.Constant)
        and len(str(call.args[0].value)) > 3  # what parts words is no sentence
    ]


def _said() -> dict[str, dict[str, list[str]]]:
    """`error.code` → message → what to do, for every error that the code makes."""
    kinds: dict[str, type[SkillError]] = {**_kinds(), "ArgumentTypeError": UsageError}
    said: dict[str, dict[str, list[str]]] = {code: {} for code, _ in _exits()}
    wrong_words = {sentence: ["See: {prog} --help"] for _, sentence in _SAID if len(sentence) > 15}
    said["usage"] |= wrong_words
    for path in sorted((ROOT / "skill").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in kinds
                and call.args
            ):
                continue
            hints = [
                hint
                for keyword in call.keywords
                if keyword.arg == "hint"
                for hint in _sentences(keyword.value)
            ]
            for message in _sentences(call.args[0]):
                told = said[kinds[call.func.id].code].setdefault(message.strip(), [])
                told += [hint for hint in hints if hint not in told]
    return said


def _row(message: str, hints: list[str]) -> str:
    # A field is told by its name: what stands there differs.
    cells = [
        re.sub(r"\{(\w+)[^{}]*\}", lambda field: field[1].upper(), text)
        for text in (message, " / ".join(hints))
    ]
    return f"| {_cell(cells[0])} | {_cell(cells[1])} |"


def _tables() -> dict[str, str]:
    return {
        code: "\n".join(
            ["| message | what to do |", "|---|---|", *sorted({_row(*row) for row in said.items()})]
        )
        for code, said in _said().items()
        if said
    }


def _section(page: str, code: str) -> str:
    found = re.search(rf"^## {code}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found is not None, f"references/troubleshooting.md has no section ## {code}"
    return found[1]


@pytest.mark.parametrize(("code", "number"), _exits())
def test_every_error_code_has_a_section_with_all_that_is_said(
    code: str, number: int, request: pytest.FixtureRequest
) -> None:
    page = PAGE.read_text("utf-8")
    section = _section(page, code)
    assert section.startswith(f"\nExit {number}")
    assert len(section.split("<!-- made -->")[0].split()) > 15, "a way out in words is missing"
    if code not in _tables():
        assert "<!-- made -->" not in section
        return
    made = f"<!-- made -->\n{_tables()[code]}\n<!-- /made -->"
    stands = re.search(r"<!-- made -->\n.*?<!-- /made -->", section, re.DOTALL)
    assert stands is not None
    if request.config.getoption("--update-docs"):
        PAGE.write_text(page.replace(section, section.replace(stands[0], made)), "utf-8")
    else:
        assert stands[0] == made


def test_the_page_has_no_section_of_a_code_there_is_not() -> None:
    sections = re.findall(r"^## ([a-z_]+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sections == [code for code, _ in _exits() if code != "internal"] + ["internal"]


def test_what_is_said_is_found_in_the_code() -> None:
    said = _said()
    assert "Nothing was said." in said["usage"]
    assert sum(map(len, said.values())) > 100


# ---------------------------------------------------------------- what is written by hand


ONLY_LOCAL = ("storage", "persistent", "inspector")
"""What only --local tells a backend."""


def test_contract_testing_names_every_fault_endpoint_and_route() -> None:
    page = (DOCS / "contract-testing.md").read_text("utf-8")
    names = [*fault_fields(), *ENDPOINTS, *(item.name for item in fields(BackendSettings))]
    routes = [route.path for mount in control_routes(Backend()) for route in mount.routes]  # type: ignore[attr-defined]
    for name in [*names, *inspect.signature(Backend).parameters]:
        if name not in ("settings", *ONLY_LOCAL):
            assert f"`{name}`" in page, name
    for path in routes:
        assert f"/__mock__{path}`" in page, path


def test_contract_testing_names_every_fixture_setting_and_demand() -> None:
    page = (DOCS / "contract-testing.md").read_text("utf-8")
    names = [name for name in vars(pytest_plugin) if name.startswith("nemo_")]
    names += pytest_plugin.INI
    assert len(names) > len(pytest_plugin.INI)
    for name in names:
        assert f"`{name}`" in page, name
    for name in vars(Journal):
        if name.startswith("assert_"):
            assert f"`{name}(" in page, name


def test_programs_names_every_call_with_what_it_takes() -> None:
    page = (DOCS / "programs.md").read_text("utf-8")
    for name in skill._HOMES["sync"]:
        if name == "SyncStudio":
            continue
        shown = re.search(rf"`{name}\((.*?)\)`", page)
        assert shown is not None, name
        *words, arguments = inspect.signature(getattr(skill, name)).parameters.values()
        options = get_args(eval(arguments.annotation, vars(sync)))[0].__annotations__
        taken = {
            word.name for word in words
        } | options.keys() - sync.CallArguments.__annotations__.keys()
        assert set(re.findall(r"\w+", shown[1])) == taken, name
    for setting in Settings.__annotations__:
        assert f"`{setting}`" in page
