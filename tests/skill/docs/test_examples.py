"""What the pages show is so: Python is run as it stands, shell is understood by the program's own
parser, and a session shown with its output is run and compared.

A ```python block may be followed by a ```text block: what it prints. A ```console block holds
commands of the program after `$`, each with what it prints. Both are run beside the mock backend, in
a folder with three photos; `--local` is local. `pytest tests/skill --update-docs` writes outputs anew.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from PIL import Image

from skill.cli.parser import COMMANDS, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_server import Server
    from tests.skill.conftest import Ran

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "session.md"),
    *sorted((ROOT / "references").glob("*.md")),
]


class Block(NamedTuple):
    """A fenced block of a page, its language, and what it is said to print, if that is said."""

    page: Path
    line: int
    language: str
    text: str
    prints: str | None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def write(self, before: str, after: str) -> None:
        """Put `after` where `before` stands behind this block's text."""
        page = self.page.read_text("utf-8")
        assert page.count(self.text + before) == 1, self.place
        self.page.write_text(page.replace(self.text + before, self.text + after), "utf-8")


_FENCE = re.compile(
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$(?:\n\n```text\n(?P<prints>.*?)^```$)?",
    re.DOTALL | re.MULTILINE,
)


def _all(language: str) -> list[Block]:
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, **found.groupdict())
        for page in PAGES
        for text in (page.read_text("utf-8"),)
        for found in _FENCE.finditer(text)
        if found["language"] == language
    ]


def _commands(shell: str) -> Iterator[list[str]]:
    """The words of each command of the program's in a piece of shell."""
    for line in shell.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word and set(word) <= set(";|&()<>"):
                names = [Path(word).name for word in words]
                if "image-to-video" in names:
                    yield words[names.index("image-to-video") + 1 :]
                words = []
            else:
                words.append(word)


@pytest.mark.parametrize("block", _all("sh"), ids=lambda block: block.place)
def test_shell_is_understood(block: Block) -> None:
    bash = shutil.which("bash")
    if bash is not None:
        done = subprocess.run(
            [bash, "-n"], input=block.text, text=True, check=False, capture_output=True
        )
        assert done.returncode == 0, done.stderr
    for words in _commands(block.text):
        assert parse([word.replace("$", "") for word in words]).command in COMMANDS


def test_no_command_in_the_pages_is_overlooked() -> None:
    shown = {parse(words).command for block in _all("sh") for words in _commands(block.text)}
    assert shown == {*COMMANDS}


@pytest.fixture
def folder(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with three photos, in which everything happens; quickly, but not so that a render
    on this machine would count as stuck."""
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.05")
    here = Path.cwd()
    for name, photo in zip(("cat.jpg", "cup.jpg", "sky.jpg"), photos, strict=True):
        Image.open(photo).save(here / name)
    return here


def _steady(text: str, folder: Path) -> str:
    """Without what is another each time."""
    text = text.replace(str(folder), "/home/me")
    text = re.sub(r"job_[0-9a-f]{10}", "job_0123456789", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8123", text)
    return re.sub(r'("session_id": ")[^"]+', r"\g<1>0f3a…", text)


@pytest.mark.parametrize("block", _all("python"), ids=lambda block: block.place)
def test_python_runs_as_it_stands(
    block: Block,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})
    printed = _steady(capsys.readouterr().out, folder)
    if block.prints is None:
        return
    if request.config.getoption("--update-docs"):
        between = "```\n\n```text\n"
        block.write(f"{between}{block.prints}```", f"{between}{printed}```")
    else:
        assert printed == block.prints


@pytest.mark.parametrize("block", _all("console"), ids=lambda block: block.place)
def test_a_session_goes_as_it_is_shown(
    block: Block,
    folder: Path,
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "1")  # a slow machine is no reason for a notice
    shown = ""
    for line in re.findall(r"^\$ image-to-video .*\n", block.text, re.MULTILINE):
        ran = run(*shlex.split(line)[2:])
        shown += line + _steady(ran.err + ran.out, folder)
    if request.config.getoption("--update-docs"):
        page = block.page.read_text("utf-8")
        assert page.count(block.text) == 1, block.place
        block.page.write_text(page.replace(block.text, shown), "utf-8")
    else:
        assert shown == block.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if target and "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name
    for page in (ROOT / "references").glob("*.md"):
        assert f"](../references/{page.name})" in index, page.name
    assert "](docs/README.md)" in (ROOT / "README.md").read_text("utf-8")
