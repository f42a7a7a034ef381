"""docs/architecture.md and CONTRIBUTING.md are true: wings and laws, arrows and paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.test_laws import PACKAGES, ROOT, imports, modules

if TYPE_CHECKING:
    from pathlib import Path

PAGES = (ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md")
PAGE = PAGES[0]


def wings(package: str) -> list[str]:
    """The packages directly in one of ours."""
    return sorted(path.parent.name for path in (ROOT / package).glob("*/__init__.py"))


def law(package: str, wing: str) -> str:
    """The first paragraph of a wing's docstring, on one line."""
    text = (ROOT / package / wing / "__init__.py").read_text("utf-8")
    found = re.match(r'"""(.+?)(?:\n\n|""")', text, re.S)
    assert found is not None, f"{package}/{wing} does not say its law"
    return " ".join(found[1].split())


def arrows(package: str) -> set[tuple[str, str]]:
    """Wing → wing it imports, without those that follow from the others."""
    inside = set(wings(package))
    direct: dict[str, set[str]] = {wing: set() for wing in inside}
    for name, targets in imports().items():
        for target in targets:
            one, other = name.split("."), target.split(".")
            if one[0] == other[0] == package and len(one) > 1 and len(other) > 1:
                a, b = one[1], other[1]
                if a != b and a in inside and b in inside:
                    direct[a].add(b)

    def beyond(wing: str) -> set[str]:
        return {far for near in direct[wing] for far in (*direct[near], *beyond(near))}

    return {(wing, other) for wing in inside for other in direct[wing] - beyond(wing)}


def picture(package: str) -> str:
    """The wings and what they import, as a Mermaid flow chart."""
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"    {a} --> {b}" for a, b in sorted(arrows(package))]
    apart = set(wings(package)) - {wing for arrow in arrows(package) for wing in arrow}
    return "\n".join([*lines, *(f"    {wing}" for wing in sorted(apart)), "```"])


def table(package: str) -> str:
    """The wings with their laws."""
    rows = [f"| `{package}/{wing}/` | {law(package, wing)} |" for wing in wings(package)]
    return "\n".join(["| wing | law |", "|---|---|", *rows])


@pytest.mark.parametrize("package", PACKAGES)
def test_the_page_shows_the_wings_as_they_are(package: str, request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text("utf-8")
    made = f"{picture(package)}\n\n{table(package)}"
    pattern = re.compile(rf"(<!-- {package} -->\n)(.*?)(\n<!-- /{package} -->)", re.S)
    assert pattern.search(text), f"{PAGE.name} has no place for {package}"
    if request.config.getoption("--update-docs"):
        PAGE.write_text(pattern.sub(lambda m: m[1] + made + m[3], text), "utf-8")
    else:
        assert made in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = set(
        re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|toml|lock))`", page.read_text("utf-8"))
    )
    assert len(named) > 5
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_in_a_file_is_there(page: Path) -> None:
    """`file.py: name`, of a function, class or constant."""
    for file, name in re.findall(r"`([\w/]+\.py): (\w+)`", page.read_text("utf-8")):
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^(?:async )?(?:def|class) {name}\b|^{name}\b", text, re.M), (file, name)


def test_a_file_lies_in_a_wing_or_on_the_ground() -> None:
    for package in PACKAGES:
        ground = [name for name in modules() if re.fullmatch(rf"{package}\.\w+", name)]
        assert len([name for name in ground if name.split(".")[1] not in wings(package)]) <= 14
