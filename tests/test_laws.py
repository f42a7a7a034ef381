"""The laws of the packages: which module may import which. Imports inside functions and under
TYPE_CHECKING count as well: who reads a module has to know what it names."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("skill", "mock_server")

# Wing: the wings and modules of its package that it may import, and the packages of others; `*` is
# all of them. The law in words is the first line of the wing's docstring.
LAWS = {
    "mock_server.agent": ("beats", ""),
    "mock_server.backend": (
        "agent clock errors faults journal render scenarios",
        "anyio filetype numpy PIL",
    ),
    "mock_server.contract": ("hosts openapi strict_json", "anyio httpx"),
    "mock_server.faults": ("journal openapi", ""),
    "mock_server.http": (
        "backend errors faults hosts journal openapi scenarios strict_json",
        "anyio httpx python_multipart starlette",
    ),
    "mock_server.journal": ("openapi strict_json", ""),
    "mock_server.openapi": ("", "fastjsonschema yaml"),
    "mock_server.render": ("beats", "av cv2 filetype numpy PIL regex uharfbuzz"),
    "mock_server.scenarios": ("faults strict_json", "yaml"),
    "skill.api": (
        "clock errors i18n sanitize settings token",
        "anyio certifi httpx idna truststore",
    ),
    "skill.cli": ("*", "anyio httpx numpy PIL"),
    "skill.i18n": ("", ""),
    "skill.install": (
        "child_process errors events file_lock i18n interpreter sanitize settings token",
        "",
    ),
    "skill.jobs": (
        (
            "api child_process clock errors events file_lock files i18n interpreter local media "
            "routing sanitize screentalk settings timeline token"
        ),
        "anyio httpx",
    ),
    "skill.media": (
        "child_process errors i18n interpreter sanitize settings",
        "filetype PIL pi_heif",
    ),
    "skill.routing": ("", ""),
    "skill.screentalk": ("", ""),
    "skill.settings": (
        "errors i18n routing sanitize token",
        "frontmatter platformdirs yaml",
    ),
    "skill.timeline": ("token", ""),
}

FACES = {"skill.__main__", "skill.local", "skill.sync", "skill"}
"""The modules of `skill` outside its wings that may import them: how it is called."""

DOORS = {"skill": {"skill.local"}, "mock_server": set[str]()}
"""The modules of each package that may import the other one."""


@cache
def modules() -> dict[str, ast.Module]:
    """Dotted name → source, of every module of ours; a package by its own name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """What module `name` imports, wherever it stands in it: modules, and names in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            # A relative import counts from the package: of a module, the one it lies in.
            package = name if is_package(name) else name.rpartition(".")[0]
            found = resolve_name(module, package)
            yield from (f"{found}.{alias.name}" for alias in node.names)


def is_package(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).is_dir()


@cache
def imports() -> dict[str, set[str]]:
    """Module → the modules of ours that it imports."""
    known = modules()
    return {
        name: {
            target
            for text in imported(name, tree)
            if (target := text if text in known else text.rpartition(".")[0]) in known
        }
        - {name}
        for name, tree in known.items()
    }


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def wing_of(module: str) -> str:
    """The wing that a module lies in, or the module itself where it lies in none."""
    return ".".join(module.split(".")[:2])


def broken(wing: str) -> list[str]:
    """The imports of a wing that its law does not allow."""
    package = wing.partition(".")[0]
    ours, others = (names.split() for names in LAWS[wing])
    found = []
    for module, tree in modules().items():
        for target in imported(module, tree) if wing_of(module) == wing else ():
            top = target.partition(".")[0]
            if wing_of(target) == wing or top in sys.stdlib_module_names:
                continue
            is_ours = top == package
            name, allowed = (wing_of(target).rpartition(".")[2], ours) if is_ours else (top, others)
            if allowed != ["*"] and name not in allowed:
                found.append(f"{module} imports {target}")
    return found


@pytest.mark.parametrize("wing", LAWS)
def test_a_wing_keeps_its_law(wing: str) -> None:
    sentence = (ast.get_docstring(modules()[wing]) or "").partition("\n")[0]
    assert sentence.endswith("."), f"{wing} does not say its law in the first line of its docstring"
    assert broken(wing) == [], sentence


def test_every_wing_has_a_law() -> None:
    packages = {wing.partition(".")[0] for wing in LAWS}
    wings = {wing_of(name) for name in modules() if name.count(".")}
    assert set(LAWS) == {
        wing for wing in wings if is_package(wing) and wing.partition(".")[0] in packages
    }


def test_the_ground_carries_the_wings_and_not_they_it() -> None:
    ground = {name for name in modules() if not is_package(wing_of(name))} - FACES
    found = {
        f"{name} imports {target}"
        for name in ground
        if name.startswith("skill.")
        for target in imports()[name]
        if wing_of(target) not in ground | {"skill.i18n"}
    }
    assert found == set()


def test_only_the_command_line_knows_argparse_and_nothing_knows_the_command_line() -> None:
    readers = {
        wing_of(name)
        for name, tree in modules().items()
        if "argparse" in {text.partition(".")[0] for text in imported(name, tree)}
    }
    assert readers == {"skill.cli"}
    users = {name for name, targets in imports().items() if "skill.cli" in map(wing_of, targets)}
    assert {name for name in users if wing_of(name) != "skill.cli"} == {"skill.__main__"}


def test_the_laws_allow_no_circle() -> None:
    graph = {
        wing: {f"{wing.partition('.')[0]}.{name}" for name in ours.split()}
        for wing, (ours, _) in LAWS.items()
    }
    assert circle(graph) == []


def test_the_packages_know_each_other_by_their_doors_alone() -> None:
    for package, other in zip(PACKAGES, reversed(PACKAGES), strict=True):
        found = {
            module
            for module, targets in imports().items()
            if module.partition(".")[0] == package
            and any(target.partition(".")[0] == other for target in targets)
        }
        assert found <= DOORS[package]


def test_nothing_imports_itself_in_a_circle() -> None:
    assert circle(imports()) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


def class_names(tree: ast.Module) -> list[str]:
    """The public classes of a module."""
    found = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return [name for name in found if not name.startswith("_")]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_public_class_has_the_name_of_another(package: str) -> None:
    counted = Counter(
        class_name
        for module, tree in modules().items()
        if module.partition(".")[0] == package
        for class_name in class_names(tree)
    )
    assert {name for name, count in counted.items() if count > 1} == set()
