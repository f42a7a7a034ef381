"""SKILL.md → who we are: the attribution headers, and the platform we were installed by."""

from __future__ import annotations

import json
from pathlib import Path, PureWindowsPath

import pytest

from skill.errors import UsageError
from skill.settings.manifest import Manifest, detect_platform, find_skill_md

SKILL_MD = """---
name: my-skill
version: 1.2.3
description: Makes videos.
---
Body.
"""


def install(folder: Path, text: str = SKILL_MD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SKILL.md").write_text(text, "utf-8")
    return folder


def test_the_headers_come_from_the_frontmatter(tmp_path: Path) -> None:
    assert Manifest.load(install(tmp_path)).headers == {
        "X-Skill-Source": "my-skill",
        "X-Skill-Version": "1.2.3",
        "X-Skill-Platform": "unknown",
    }


def test_without_a_folder_it_is_the_skill_above_the_package() -> None:
    root = Path(__file__).resolve().parents[3]
    assert find_skill_md() == root / "SKILL.md"
    assert Manifest.load().name == "image-to-video-in-free"


def test_the_version_may_stand_under_metadata(tmp_path: Path) -> None:
    text = "---\nname: my-skill\nmetadata:\n  version: 2.0.0\n---\n"
    assert Manifest.load(install(tmp_path, text)).version == "2.0.0"


class TestPlatform:
    @pytest.mark.parametrize(
        ("place", "platform"),
        [
            (".clawhub/skills/my-skill", "clawhub"),
            (".cursor/skills/my-skill", "cursor"),
            (".clawhub-old/skills/my-skill", "unknown"),
            (".cursor/skills-backup/my-skill", "unknown"),
            (".cursor/my-skill", "unknown"),
            ("projects/.clawhub/my-skill", "unknown"),
            (".openclaw/workspace/skills/my-skill", "unknown"),
        ],
    )
    def test_from_the_path_by_component(self, home: Path, place: str, platform: str) -> None:
        assert Manifest.load(install(home / place)).platform == platform

    def test_from_the_path_that_a_link_leads_to(self, home: Path, tmp_path: Path) -> None:
        real = install(home / ".clawhub" / "my-skill")
        (tmp_path / "link").symlink_to(real, target_is_directory=True)
        assert Manifest.load(tmp_path / "link").platform == "clawhub"

    def test_skill_source_decides_first(self, home: Path) -> None:
        folder = install(home / ".cursor" / "skills" / "my-skill")
        assert Manifest.load(folder, {"HOME": str(home), "SKILL_SOURCE": "mine"}).platform == "mine"

    def test_the_mark_of_the_clawhub_installer(self, tmp_path: Path) -> None:
        folder = install(tmp_path / "skills" / "my-skill")
        (folder / ".clawhub").mkdir()
        (folder / ".clawhub" / "origin.json").write_text("not json")
        assert Manifest.load(folder).platform == "unknown"
        (folder / ".clawhub" / "origin.json").write_text(json.dumps({"slug": "my-skill"}))
        assert Manifest.load(folder).platform == "clawhub"

    def test_the_path_comes_before_the_mark(self, home: Path) -> None:
        folder = install(home / ".cursor" / "skills" / "my-skill")
        (folder / ".clawhub").mkdir()
        (folder / ".clawhub" / "origin.json").write_text("{}")
        assert Manifest.load(folder).platform == "cursor"

    def test_windows_paths_without_regard_to_case(self) -> None:
        home = PureWindowsPath("C:/Users/Ada")
        for path, platform in (
            ("c:/users/ada/.ClawHub/skills/x/SKILL.md", "clawhub"),
            ("C:\\Users\\Ada\\.cursor\\skills\\x\\SKILL.md", "cursor"),
            ("D:\\Users\\Ada\\.cursor\\skills\\x\\SKILL.md", "unknown"),
        ):
            found = detect_platform(
                PureWindowsPath(path), home=home, source=None, from_clawhub=False
            )
            assert found == platform

    def test_a_source_that_would_break_out_of_its_header(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="SKILL_SOURCE"):
            Manifest.load(install(tmp_path), {"SKILL_SOURCE": "x\r\nAuthorization: y"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nversion: 1.0.0\n---\n", "`name` is missing"),
        ("---\nname: my-skill\n---\n", "`version` is missing"),
        ("---\nname: My Skill\nversion: 1.0.0\n---\n", "`name` is not"),
        ("---\nname: my-skill\nversion: 1.0\n---\n", "`version` is not"),
        ("---\nname: my-skill\nversion: [1]\n---\n", "`version` is not"),
        (f"---\nname: {'a' * 65}\nversion: 1.0.0\n---\n", "`name` is longer"),
        ("---\nname: a\nversion: b: c\n---\n", "not valid YAML in line 3"),
        ("---\n- a\n---\n", "no frontmatter"),
        ("no frontmatter", "no frontmatter"),
        ("", "no frontmatter"),
    ],
)
def test_a_broken_skill_md_is_one_line_naming_file_and_field(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Manifest.load(install(tmp_path, text))
    assert said in caught.value.message
    assert str(tmp_path / "SKILL.md") in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_skill_md(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"SKILL\.md: there is no"):
        Manifest.load(tmp_path)
    (tmp_path / "SKILL.md").write_bytes(b"---\nname: \xff\n---\n")
    with pytest.raises(UsageError, match="UTF-8"):
        Manifest.load(tmp_path)
