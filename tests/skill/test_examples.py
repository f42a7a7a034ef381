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

from skill.arguments import COMMANDS, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_server import Server

    from .conftest import Ran

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "session.md"),
]


class Block(NamedTuple):
    """A fenced block: where, in which language, what; and its place in the page's text."""

    place: str
    language: str
    text: str
    span: tuple[int, int]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(f"{page.name}:{line}", found[1], found[2], found.span(2))


def _all(language: str) -> list[Block]:
    return [block for page in PAGES for block in _blocks(page) if block.language == language]


def _page(block: Block) -> Path:
    return next(page for page in PAGES if page.name == block.place.partition(":")[0])


def _commands(shell: str) -> Iterator[list[str]]:
    """The words of each command of the program's in a piece of shell."""
    for line in shell.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word and set(word) <= set(";|&()<>"):
                if "image-to-video" in words:
                    yield words[words.index("image-to-video") + 1 :]
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


def test_the_pages_show_most_commands() -> None:
    shown = {parse(words).command for block in _all("sh") for words in _commands(block.text)}
    assert shown == {*COMMANDS}


@pytest.fixture
def folder(run: Callable[..., Ran], photos: list[Path]) -> Path:
    """A folder with three photos, in which everything happens."""
    here = Path.cwd()
    for name, photo in zip(
        ("cat.jpg", "cup.jpg", "sky.jpg"), (photos[1], *photos[1:]), strict=True
    ):
        shutil.copy(photo, here / name)
    return here


def _steady(text: str, folder: Path) -> str:
    """Without what is another each time."""
    text = text.replace(str(folder), "/home/me")
    text = re.sub(r"job_[0-9a-f]{10}", "job_0123456789", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8123", text)
    return re.sub(r'("session_id": ")[^"]+', r"\g<1>0f3a…", text)


def _compare(block: Block, printed: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-docs"):
        page = _page(block)
        page.write_text(page.read_text("utf-8").replace(block.text, printed), "utf-8")
    else:
        assert block.text == printed, block.place


@pytest.mark.parametrize("block", _all("python"), ids=lambda block: block.place)
def test_python_runs_as_it_stands(
    block: Block,
    folder: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})
    printed = _steady(capsys.readouterr().out, folder)
    blocks = list(_blocks(_page(block)))
    at = next(i for i, other in enumerate(blocks) if other.text == block.text)
    if at + 1 < len(blocks) and blocks[at + 1].language == "text":
        _compare(blocks[at + 1], printed, request)


@pytest.mark.parametrize("block", _all("console"), ids=lambda block: block.place)
def test_a_session_goes_as_it_is_shown(
    block: Block,
    folder: Path,
    server: Server,
    run: Callable[..., Ran],
    request: pytest.FixtureRequest,
) -> None:
    shown = []
    for line in block.text.splitlines():
        if line.startswith("$ image-to-video "):
            ran = run(*shlex.split(line)[2:])
            shown += [f"{line}\n", ran.err, ran.out]
    _compare(block, _steady("".join(shown), folder), request)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if target and "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        if page.name != "README.md":
            assert f"]({page.name})" in index, page.name
    assert "](docs/README.md)" in (ROOT / "README.md").read_text("utf-8")
