"""What is shipped: the skill folder as an installer sees it, the wheel, the public names."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import frontmatter
import pytest

from skill.cli.parser import COMMANDS
from skill.install.bundle import bundle, skill_md
from skill.settings.config import ENVIRONMENT
from skill.settings.listings import DEFAULT, LISTINGS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def listing() -> frontmatter.Post:
    return frontmatter.load(str(ROOT / "SKILL.md"))


@pytest.fixture(scope="module")
def openclaw(listing: frontmatter.Post) -> Any:
    metadata: Any = listing["metadata"]
    return metadata["openclaw"]


class TestSkillMd:
    def test_the_fields_that_registries_ask_for(self, listing: frontmatter.Post) -> None:
        assert listing["name"] == "image-to-video-in-free"
        assert len(str(listing["description"])) <= 300
        assert listing["license"] == "MIT-0"
        assert listing["compatibility"]

    def test_it_is_made_of_the_default_listing(
        self, listing: frontmatter.Post, request: pytest.FixtureRequest
    ) -> None:
        made = skill_md(DEFAULT, str(listing["version"]))
        if request.config.getoption("--update-docs"):
            (ROOT / "SKILL.md").write_text(made, "utf-8")
        else:
            assert (ROOT / "SKILL.md").read_text("utf-8") == made

    def test_nobody_without_a_token_is_shut_out(self, openclaw: Any) -> None:
        assert openclaw["homepage"].startswith("https://")
        assert openclaw["requires"] == {"bins": ["uv"]}
        assert openclaw["primaryEnv"] == "NEMO_TOKEN"

    def test_every_variable_that_is_read_is_declared_and_none_is_required(
        self, openclaw: Any
    ) -> None:
        declared = {variable["name"]: variable["required"] for variable in openclaw["envVars"]}
        assert declared == dict.fromkeys(ENVIRONMENT, False)
        read = set()
        for path in (ROOT / "skill").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    read |= set(
                        re.findall(r"\b(?:NEMO|IMAGE_TO_VIDEO|SKILL)_[A-Z_]+\b", node.value)
                    )
        assert {name for name in read if not name.startswith("SKILL_FOLDER")} <= set(ENVIRONMENT)

    def test_the_body_is_short_and_names_only_commands_there_are(
        self, listing: frontmatter.Post
    ) -> None:
        body = listing.content
        assert len(body.splitlines()) < 150
        assert len(body.split()) < 1000
        assert "uv run --project {baseDir} image-to-video" in body
        named = set(re.findall(r"`(?:image-to-video )?([a-z]+)(?: [A-Z\"-][^`]*)?`", body))
        assert named & set(COMMANDS) >= {"chat", "export", "resume", "jobs", "doctor", "ask"}

    def test_name_and_version_stand_here_only(self, listing: frontmatter.Post) -> None:
        pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
        assert str(listing["version"]) not in pyproject
        assert f"## {listing['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_client_and_mock_share_no_code() -> None:
    for package, other in (("skill", "mock_server"), ("mock_server", "skill")):
        importers = set()
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                modules = (
                    [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else []
                )
                if any(module.split(".")[0] == other for module in modules):
                    importers.add(path.relative_to(ROOT).as_posix())
        assert importers == ({"skill/local.py"} if package == "skill" else set())


@pytest.mark.parametrize("heavy", ["numpy", "cv2", "av", "PIL", "starlette", "uvicorn"])
def test_a_plain_install_is_light(heavy: str) -> None:
    """The client imports nothing of what only the [local] extra brings, but for --local."""
    program = (
        f"import sys; sys.modules[{heavy!r}] = None\n"
        "import skill.cli.commands, skill.cli.runner, skill.jobs.worker, skill.cli.doctor, skill.install.packages\n"
        "skill.install.packages.provide = lambda group, tell: None  # nothing is fetched to fill the gap\n"
        "from skill.cli.main import main; sys.exit(main(['doctor', '--offline', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert json.loads(done.stdout)["ok"] is True


class TestASkillFolder:
    """The program as uv installs it from a skill's folder, where others have things of its names."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (made,) = bundle([LISTINGS["joy-image-to-video"]], tmp_path / "skills")
        return made.path

    @pytest.fixture
    def others(self, tmp_path: Path) -> Path:
        """A folder of packages that must not be imported."""
        for name in ("skill", "mock_server", "httpx", "frontmatter", "yaml"):
            (tmp_path / "others" / name).mkdir(parents=True)
            wrong = f"raise SystemExit('the wrong {name}')"
            (tmp_path / "others" / name / "__init__.py").write_text(wrong)
        return tmp_path / "others"

    def headers(self, installed: Path, pythonpath: Path | str, folder: Path) -> dict[str, str]:
        """Run `headers` as the installed command does, in a folder of the user's."""
        program = (
            f"import sys; sys.path.insert(1, {str(installed)!r}); from image_to_video_skill import run\n"
            "sys.argv[1:] = ['headers', '--json']; run()"
        )
        done = subprocess.run(
            [sys.executable, "-P", "-B", "-c", program],
            env={**os.environ, "PYTHONPATH": str(pythonpath)},
            cwd=folder.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        headers: dict[str, str] = json.loads(done.stdout)["data"]
        return headers

    @pytest.mark.parametrize("written", ["{}", "{}/", "../others", "/no/such:{}:"])
    def test_nothing_that_pythonpath_names_is_imported(
        self, folder: Path, others: Path, written: str
    ) -> None:
        headers = self.headers(folder, written.format(others), folder)
        assert headers["X-Skill-Source"] == "joy-image-to-video"

    def test_what_is_installed_as_a_copy_runs_from_the_folder(
        self, folder: Path, others: Path, tmp_path: Path
    ) -> None:
        """UV_NO_EDITABLE: the copy has neither SKILL.md nor lock files."""
        site = tmp_path / "site"
        record = site / "image_to_video_skill-1.0.dist-info" / "direct_url.json"
        for package in ("image_to_video_skill", "skill", "mock_server"):
            shutil.copytree(folder / package, site / package)
        record.parent.mkdir()
        record.write_text(json.dumps({"url": folder.as_uri(), "dir_info": {}}))
        assert self.headers(site, others, folder)["X-Skill-Source"] == "joy-image-to-video"

    def test_uv_keeps_its_environment_outside_and_calls_the_program_by_its_own_name(
        self, folder: Path
    ) -> None:
        """The folder may be read-only, and `skill` is a name that others use."""
        pyproject = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        assert pyproject["tool"]["uv"]["preview"] is True
        ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
        assert pyproject["project"]["scripts"] == ours
        assert ours == {"image-to-video": "image_to_video_skill:run"}


def test_the_wheel_carries_its_skill_md(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "tests", "benchmarks", "__pycache__")
    )
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        names = archive.namelist()
    assert {"skill/SKILL.md", "skill/py.typed", "mock_server/py.typed"} <= set(names)
    assert not [name for name in names if name.startswith("tests")]
    done = subprocess.run(
        [sys.executable, "-m", "skill", "headers", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    headers = json.loads(done.stdout)["data"]
    assert headers["X-Skill-Source"] == "image-to-video-in-free"
    assert f"-{headers['X-Skill-Version']}-" in wheel.name
