"""The laws of the packages: which module may import which. Imports inside functions and under
TYPE_CHECKING count as well: who reads a module has to know what it names."""

from __future__ import annotations

import ast
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


def test_nothing_imports_itself_in_a_circle() -> None:
    assert circle(imports()) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


DOUBLES = {"skill": {"Piece", "Step", "Words"}, "mock_server": set[str]()}
"""Names of classes that stand twice in a package and are to go."""


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
    assert {name for name, count in counted.items() if count > 1} == DOUBLES[package]
