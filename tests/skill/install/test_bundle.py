"""`bundle`: self-contained skill folders, one a listing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import frontmatter
import pytest
from packaging.requirements import Requirement

from skill import interpreter
from skill.errors import UsageError
from skill.install.bundle import bundle
from skill.settings.listings import LISTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.skill.conftest import Ran

ROOT = Path(__file__).resolve().parents[3]
JOY = LISTINGS["joy-image-to-video"]

# OpenClaw's bounds for a managed bundle are 256 files, 1 MiB each; ours is a quarter of its 8 MiB.
MAX_FILES, MAX_FILE_BYTES, MAX_BYTES = 256, 1024 * 1024, 2 * 1024 * 1024


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("bundles") / "технички 视频"
    bundle(list(LISTINGS.values()), output)
    return output


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", LISTINGS)
class TestAFolder:
    def test_is_within_the_bounds_of_those_who_install_it(self, made: Path, name: str) -> None:
        files = tree(made / name)
        assert len(files) <= MAX_FILES
        assert max(map(len, files.values())) <= MAX_FILE_BYTES
        assert sum(map(len, files.values())) <= MAX_BYTES

    def test_holds_what_it_needs_and_nothing_else(self, made: Path, name: str) -> None:
        files = tree(made / name)
        assert {
            "SKILL.md",
            "LICENSE",
            "pyproject.toml",
            "uv.lock",
            "requirements.lock",
            "requirements-local.lock",
            "skill/__main__.py",
            "mock_server/render/__init__.py",
        } <= set(files)
        tops = {file.split("/")[0] for file in files if "/" in file}
        assert tops == {"image_to_video_skill", "skill", "mock_server", "references"}
        for file, content in files.items():
            hidden = any(part.startswith(".") for part in file.split("/"))
            assert not hidden or file == ".clawhubignore"
            assert Path(file).suffix not in (".pyc", ".so", ".png", ".jpg")
            assert not re.search(r"(^|/)(tests?|__pycache__)(/|$)", file)
            content.decode()

    def test_holds_everything_of_the_mock_but_what_tests_of_programs_import(
        self, made: Path, name: str
    ) -> None:
        mock = ROOT / "mock_server"
        for_tests = {f"mock_server/{file}" for file in ("in_process.py", "pytest_plugin.py")}
        files = {
            f"mock_server/{path.relative_to(mock).as_posix()}"
            for path in mock.rglob("*")
            if path.is_file() and path.suffix not in (".pyc", ".typed")
        }
        assert "mock_server/http/page/page.js" in files
        assert for_tests < files
        held = {file for file in tree(made / name) if file.startswith("mock_server/")}
        assert held == files - for_tests

    def test_every_link_in_it_leads_somewhere_and_no_further_than_one_level(
        self, made: Path, name: str
    ) -> None:
        body = (made / name / "SKILL.md").read_text("utf-8")
        links = re.findall(r"\]\(([^)]+)\)", body)
        named = {link for link in links if not link.startswith("http")}
        pages = {f"references/{path.name}" for path in (made / name / "references").iterdir()}
        assert named == pages
        for page in pages:
            text = (made / name / page).read_text("utf-8")
            for link in re.findall(r"\]\(([^)#]+)", text):
                assert link.startswith("http") or f"references/{link}" in pages

    def test_is_of_its_own_name_and_of_the_same_version(self, made: Path, name: str) -> None:
        fields = frontmatter.load(str(made / name / "SKILL.md"))
        root = frontmatter.load(str(ROOT / "SKILL.md"))
        assert (fields["name"], fields["version"]) == (name, root["version"])
        project = tomllib.loads((made / name / "pyproject.toml").read_text())["project"]
        assert project["version"] == root["version"]

    def test_its_program_is_that_listings(self, made: Path, name: str, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "skill", "headers", "--json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(made / name)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout)["data"]["X-Skill-Source"] == name

    def test_words_and_lines_of_its_page(self, made: Path, name: str) -> None:
        fields = frontmatter.load(str(made / name / "SKILL.md"))
        assert len(fields.content.splitlines()) < 150
        assert len(fields.content.split()) < 1000
        assert len(str(fields["description"])) <= 300


def test_two_of_the_same_are_the_same_byte_for_byte(made: Path, tmp_path: Path) -> None:
    (again,) = bundle([JOY], tmp_path)
    assert tree(again.path) == tree(made / JOY.name)


def test_a_bundle_makes_bundles_that_are_the_same(made: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-B", "-m", "skill", "bundle", "--all", "-o", str(tmp_path / "o")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(made / JOY.name)},
        check=True,
        capture_output=True,
    )
    for name in LISTINGS:
        assert tree(tmp_path / "o" / name) == tree(made / name)


def test_no_two_listings_read_alike(made: Path) -> None:
    """ClawHub refuses near-identical ones."""
    pages = {
        name: set(frontmatter.load(str(made / name / "SKILL.md")).content.splitlines())
        for name in LISTINGS
    }
    for name, lines in pages.items():
        others = set().union(*(theirs for other, theirs in pages.items() if other != name))
        own = [line for line in lines - others if line.strip()]
        assert len(own) >= 20


def test_the_lock_files_hold_what_the_project_asks_for_and_name_no_host() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    base = pyproject["project"]["dependencies"]
    extras = pyproject["project"]["optional-dependencies"]
    local = [*base, *extras["local"]]
    own = "image-to-video-skill"
    locks = {
        "requirements.lock": base,
        "requirements-local.lock": local,
        "requirements-dev.lock": [*local, *(d for d in extras["dev"] if not d.startswith(own))],
        "requirements-build.lock": pyproject["build-system"]["requires"],
    }
    pins = {}
    for name, wanted in locks.items():
        text = (ROOT / name).read_text()
        assert "://" not in text
        entries = re.findall(r"^(\S+)==(\S+)(.*?)((?:\\\n +--hash=\S+ ?)+)", text, re.M)
        assert len(entries) == len(re.findall(r"^\S", text, re.M))
        pins[name] = {(package, version) for package, version, _, _ in entries}
        for requirement in map(Requirement, wanted):
            versions = [
                version for package, version in pins[name] if package == requirement.name.lower()
            ]
            assert versions
            assert all(requirement.specifier.contains(version) for version in versions)
    assert pins["requirements.lock"] <= pins["requirements-local.lock"]
    # What is tested is what is shipped.
    assert pins["requirements-local.lock"] <= pins["requirements-dev.lock"]
    assert pins["requirements-build.lock"] <= pins["requirements-dev.lock"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


class TestTheCommand:
    def test_all(self, run: Callable[..., Ran], out: Path) -> None:
        ran = run("bundle", "--all", "-o", out, "--json")
        assert [one["name"] for one in ran.answer["data"]["bundles"]] == list(LISTINGS)
        for one in ran.answer["data"]["bundles"]:
            files = tree(Path(one["path"]))
            assert (one["files"], one["bytes"]) == (len(files), sum(map(len, files.values())))

    def test_one_is_replaced_only_if_that_is_said(self, run: Callable[..., Ran], out: Path) -> None:
        assert run("bundle", JOY.name, "-o", out).code == 0
        (out / JOY.name / "old.txt").touch()
        refused = run("bundle", JOY.name, "-o", out)
        assert refused.code == 2
        assert "--force" in refused.err
        assert run("bundle", JOY.name, "-o", out, "--force").code == 0
        assert not (out / JOY.name / "old.txt").exists()
        assert [path.name for path in out.iterdir()] == [JOY.name]

    def test_somebody_elses_folder_is_left_alone(self, run: Callable[..., Ran], out: Path) -> None:
        (out / JOY.name).mkdir()
        (out / JOY.name / "diary.txt").touch()
        refused = run("bundle", "--all", "-o", out, "--force")
        assert refused.code == 2
        assert "is no skill's folder" in refused.err
        assert [path.name for path in out.iterdir()] == [JOY.name]

    @pytest.mark.parametrize("words", [(), ("--all", "joy-image-to-video"), ("image-to-vidoe",)])
    def test_which_has_to_be_said(
        self, run: Callable[..., Ran], out: Path, words: tuple[str, ...]
    ) -> None:
        ran = run("bundle", *words, "-o", out / "o")
        assert ran.code == 2
        assert "joy-image-to-video" in ran.err
        assert not (out / "o").exists()

    @pytest.mark.parametrize("package", ["skill", "mock_server/render"])
    def test_no_bundle_goes_into_the_code_it_is_made_of(
        self, run: Callable[..., Ran], out: Path, monkeypatch: pytest.MonkeyPatch, package: str
    ) -> None:
        """The next one would hold it too."""
        shutil.copytree(ROOT / "skill", out / "copy" / "skill")
        monkeypatch.setattr(interpreter, "ROOT", out / "copy")
        (out / "link").symlink_to(out / "copy" / package)
        for place in (out / "copy" / package, out / "link" / "dist"):
            ran = run("bundle", JOY.name, "-o", place)
            assert ran.code == 2
            assert "is a part of this skill" in ran.err
        assert not list(out.rglob(f"{JOY.name}/SKILL.md"))

    def test_a_link_in_the_way_is_not_followed(self, run: Callable[..., Ran], out: Path) -> None:
        diary = out.parent / "diary"
        diary.mkdir()
        (out / f".{JOY.name}.new").symlink_to(diary)
        ran = run("bundle", JOY.name, "-o", out)
        assert ran.code == 2
        assert list(diary.iterdir()) == []

    def test_a_place_that_cannot_be_written_is_named(
        self, run: Callable[..., Ran], out: Path
    ) -> None:
        (out / "file").touch()
        ran = run("bundle", "--all", "-o", out / "file")
        assert ran.code == 2
        assert "cannot be written" in ran.err


def test_what_was_there_stays_where_the_new_one_cannot_be_put(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = bundle([JOY], out)
    before = tree(first.path)
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if self.suffix == ".new":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UsageError, match="Permission denied"):
        bundle([JOY], out, force=True)
    assert tree(first.path) == before
    assert [path.name for path in out.iterdir()] == [JOY.name]
