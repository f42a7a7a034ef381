"""The tests mirror the packages: each stands in the wing of what it tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[1]
# Folders of tests that test no wing: what the pages in docs/ and references/ promise.
NO_WING = {"docs"}


def wings(package: str) -> set[str]:
    """The folders of a package that are packages themselves."""
    return {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}


def homes(package: str) -> dict[str, set[str]]:
    """Module → the wings that have one of this name; "" stands for the ground floor."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / package).rglob("*.py"):
        folders = path.relative_to(ROOT / package).parts[:-1]
        name = path.parent.name if path.stem == "__init__" else path.stem
        found.setdefault(name, set()).add(folders[0] if folders else "")
    return found


def strays(package: str, tests: Iterable[Path]) -> list[str]:
    """The test modules, relative to the tests of a package, that stand in no wing of it or not in
    the wing of the module they are called after."""
    houses = homes(package)
    found = []
    for path in tests:
        wing = path.parts[0] if len(path.parts) > 1 else ""
        known = houses.get(path.stem.removeprefix("test_"), {wing})
        if wing not in NO_WING and (wing not in {"", *wings(package)} or wing not in known):
            found.append(str(path))
    return found


@pytest.mark.parametrize("package", ["skill", "mock_server"])
def test_the_tests_mirror_the_wings(package: str) -> None:
    folder = ROOT / "tests" / package
    tests = [path.relative_to(folder) for path in sorted(folder.rglob("test_*.py"))]
    assert tests
    assert strays(package, tests) == []


def test_a_stray_test_is_found() -> None:
    tests = [Path(name) for name in ("attic/test_a.py", "api/test_errors.py", "api/test_retry.py")]
    assert strays("skill", tests) == ["attic/test_a.py", "api/test_errors.py"]
