"""ClawHub's own client publishes the skill and installs it again, with a registry on loopback.

It takes no version out of SKILL.md: what is published without `--version` becomes 1.0.0, or the
next patch of what is there.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import frontmatter
import pytest

from tests.clients.conftest import Machine, needs
from tests.clients.registry import Registry
from tests.clients.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs("clawhub", "packages")


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    with served(registry.respond) as registry.url:
        yield registry


@pytest.fixture
def folder(bundle: Path, machine: Machine) -> Path:
    """A copy of the bundle that has been used: there is more in it than was given."""
    folder = machine.home / "clone" / bundle.name
    shutil.copytree(bundle, folder)
    machine.headers(folder)
    assert (folder / ".venv").is_dir()
    return folder


def _version(folder: Path) -> str:
    return str(frontmatter.load(str(folder / "SKILL.md"))["version"])


def _publishable(bundle: Path) -> dict[str, bytes]:
    return {
        path.relative_to(bundle).as_posix(): path.read_bytes()
        for path in bundle.rglob("*")
        if path.is_file() and path.name != ".clawhubignore"
    }


def test_a_dry_run_of_publishing_finds_all_files_and_no_others(
    bundle: Path, folder: Path, machine: Machine, registry: Registry
) -> None:
    options = ("--dry-run", "--json", "--version", _version(folder))
    done = machine.run("clawhub", "--registry", registry.url, "skill", "publish", folder, *options)
    answer = json.loads(done.stdout)
    assert answer["status"] == "would-publish"
    assert answer["slug"] == bundle.name
    assert answer["fileCount"] == len(_publishable(bundle))
    assert registry.published is None


def test_what_is_published_is_installed_and_says_that_it_came_from_clawhub(
    bundle: Path, folder: Path, machine: Machine, registry: Registry
) -> None:
    at = ("--registry", registry.url)
    machine.run("clawhub", *at, "login", "--token", "clh_of_this_test", "--no-browser")
    machine.run("clawhub", *at, "skill", "publish", folder, "--version", _version(folder))
    assert registry.files == _publishable(bundle)

    workspace = machine.home / "workspace"
    workspace.mkdir()
    machine.run("clawhub", *at, "--workdir", workspace, "install", bundle.name)
    installed = workspace / "skills" / bundle.name
    assert machine.headers(installed) == {
        "X-Skill-Source": bundle.name,
        "X-Skill-Version": _version(bundle),
        "X-Skill-Platform": "clawhub",
    }
