"""Self-contained skill folders, one a listing: SKILL.md, the code, lock files, references.

A folder is made of nothing but this copy of the skill, so two made of the same copy are the same
byte for byte. It names no packages that a tool would fetch by itself: `skill.install.packages` installs
those of its lock files, by hash.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import textwrap
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from skill import interpreter
from skill.errors import UsageError
from skill.i18n import say
from skill.install.packages import LOCKS
from skill.settings.config import ENVIRONMENT
from skill.settings.manifest import Manifest, find_skill_md

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from skill.settings.listings import Listing

_PACKAGES = ("image_to_video_skill", "skill", "mock_server")
_CODE = (".py", ".toml", ".md", ".yaml", ".json", ".html", ".css", ".js", ".svg")
_FOR_TESTS = ("mock_server/in_process.py", "mock_server/pytest_plugin.py")
"""What only the tests of programs import, which a skill folder has none of."""
_PYPROJECT = """\
# What is needed is in the lock files: the skill installs it by itself, by hash, when it is first used.
[build-system]
requires = ["uv_build>=0.8"]
build-backend = "uv_build"

[tool.uv]
preview = true  # a uv that can keeps the environment outside of this folder, which may be read-only

[tool.uv.build-backend]
module-name = ["image_to_video_skill", "skill", "mock_server"]
module-root = ""

[project]
name = "image-to-video-skill"
version = "{version}"
requires-python = ">=3.11"
license = "MIT-0"

[project.optional-dependencies]
local = []

[project.scripts]
image-to-video = "image_to_video_skill:run"
"""
_UV_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "image-to-video-skill"
version = "{version}"
source = {{ editable = "." }}

[package.metadata]
provides-extras = ["local"]
"""
_IGNORED = "__pycache__/\n*.py[cod]\n.venv/\n.clawhub/\n.openclaw/\n"


@dataclass(frozen=True)
class Bundle:
    """A folder that was made. `bytes` is what its files hold; `sha256` is of their names and
    contents, in hex."""

    name: str
    path: Path
    files: int
    bytes: int
    sha256: str


def bundle(listings: Sequence[Listing], output: Path, *, force: bool = False) -> list[Bundle]:
    """Make a folder for each listing in `output`. One that is there already is replaced with
    `force`, if it is a skill's. Raises UsageError; a folder is there whole or not at all."""
    version, output = Manifest.load().version, output.absolute()
    place = Path(os.path.realpath(output))
    if any(place.is_relative_to(interpreter.ROOT / package) for package in _PACKAGES):
        raise UsageError(
            say("{place} is a part of this skill: bundles do not go there.", place=output),
            hint=say("Name another folder with -o."),
        )
    for listing in listings:
        _check_place(output / listing.name, force=force)
    return [_write(listing.name, contents(listing, version), output) for listing in listings]


def contents(listing: Listing, version: str) -> dict[str, bytes]:
    """The files of a listing's folder: name with slashes → content."""
    folder = find_skill_md().parent
    made = {
        ".clawhubignore": _IGNORED,
        "SKILL.md": skill_md(listing, version),
        "pyproject.toml": _PYPROJECT.format(version=version),
        "uv.lock": _UV_LOCK.format(version=version),
    }
    files = {name: text.encode() for name, text in made.items()}
    for path in (folder / name for name in ("LICENSE", *LOCKS.values())):
        files[path.name] = _read(path)
    for path in sorted((folder / "references").glob("*.md")):
        files[f"references/{path.name}"] = _read(path)
    for package in _PACKAGES:
        files |= {name: _read(path) for name, path in _code(package)}
    return dict(sorted(files.items()))


def _code(package: str) -> Iterator[tuple[str, Path]]:
    """A package's modules and data; not what a wheel carries in it of the folder around it."""
    top = interpreter.ROOT / package
    for path in top.rglob("*"):
        place = path.relative_to(top)
        data = path.suffix != ".md" or place.parent == Path("settings", "listings")
        hidden = any(part.startswith((".", "__pycache__")) for part in place.parts)
        name = f"{package}/{place.as_posix()}"
        wanted = path.suffix in _CODE and data and not hidden and name not in _FOR_TESTS
        if wanted and path.is_file():
            yield name, path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            say("{path}: cannot be read ({reason}).", path=path, reason=error.strerror or error),
            hint=say("This copy of the skill is not whole: install it again."),
        ) from error


def _check_place(place: Path, *, force: bool) -> None:
    if not os.path.lexists(place):
        return
    if not force:
        raise UsageError(
            say("{place} is there already.", place=place),
            hint=say("Add --force to replace it, or name another folder with -o."),
        )
    if place.is_symlink() or not (place / "SKILL.md").is_file():
        raise UsageError(
            say("{place} is no skill's folder: it is not replaced.", place=place),
            hint=say("Name another folder with -o."),
        )


def _write(name: str, files: dict[str, bytes], output: Path) -> Bundle:
    place, new, old = (output / part for part in (name, f".{name}.new", f".{name}.old"))
    try:
        shutil.rmtree(new, ignore_errors=True)
        output.mkdir(parents=True, exist_ok=True)
        new.mkdir()  # fails at a link of that name, which is not followed
        for file, content in files.items():
            target = new / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
            place.replace(old)
        try:
            new.replace(place)
        except OSError:
            with suppress(FileNotFoundError):  # there was none before
                old.replace(place)
            raise
    except OSError as error:
        raise UsageError(
            say(
                "{place} cannot be written: {reason}.",
                place=place,
                reason=error.strerror or error,
            ),
            hint=say("Name another folder with -o."),
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    size = sum(map(len, files.values()))
    return Bundle(name, place, len(files), size, _digest(files.items()))


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in files:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def skill_md(listing: Listing, version: str) -> str:
    """The SKILL.md of a listing in a version, as its folder holds it."""
    folder = package_files("skill.settings.listings")
    words = tomllib.loads((folder / f"{listing.name}.toml").read_text("utf-8"))
    fields = {name: text.strip() for name, text in words.items()}
    fields["description"] = textwrap.fill(
        " ".join(fields["description"].split()),
        100,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
    variables = "\n".join(
        f"      - name: {name}\n        required: false\n        description: {what[:1].upper()}{what[1:]}."
        for name, what in ENVIRONMENT.items()
    )
    body = Template((folder / "body.md").read_text("utf-8"))
    text = body.substitute(fields, name=listing.name, version=version, variables=variables)
    while "\n\n\n" in text:  # a listing without a section of its own
        text = text.replace("\n\n\n", "\n\n")
    return text
