"""Clients that only need the folder to lie in its place, and the one that lays it there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import frontmatter
import pytest

from tests.clients.conftest import Machine, needs

if TYPE_CHECKING:
    from pathlib import Path


def _attribution(bundle: Path, platform: str) -> dict[str, str]:
    fields = frontmatter.load(str(bundle / "SKILL.md"))
    return {
        "X-Skill-Source": bundle.name,
        "X-Skill-Version": str(fields["version"]),
        "X-Skill-Platform": platform,
    }


@needs("packages")
@pytest.mark.parametrize(
    ("place", "platform"),
    [
        pytest.param(".cursor/skills", "cursor", id="cursor"),
        pytest.param(".claude/skills", "unknown", id="claude-code"),
    ],
)
def test_a_folder_laid_into_a_clients_place_runs_and_names_that_place(
    bundle: Path, machine: Machine, place: str, platform: str
) -> None:
    folder = machine.home / place / bundle.name
    shutil.copytree(bundle, folder)
    assert machine.headers(folder) == _attribution(bundle, platform)


@needs("skills", "packages")
def test_npx_skills_lays_it_where_all_agents_look(bundle: Path, machine: Machine) -> None:
    machine.run("skills", "add", bundle, "--global", "--yes", "--agent", "cursor", "claude-code")
    laid = machine.home / ".agents" / "skills" / bundle.name
    given = {path.relative_to(bundle) for path in bundle.rglob("*.py")}
    assert {path.relative_to(laid) for path in laid.rglob("*.py")} == given
    assert machine.headers(laid) == _attribution(bundle, "unknown")
    link = machine.home / ".claude" / "skills" / bundle.name
    assert link.resolve() == laid.resolve()
