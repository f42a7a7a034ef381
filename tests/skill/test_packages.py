"""The packages of a skill folder: fetched once, by hash, outside of it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from skill import itself, packages
from skill.errors import NetworkError, UsageError
from skill.lock import Lock
from skill.report import Notice, Stage
from tests.skill.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from skill.report import Report
    from tests.skill.conftest import Ran

LOCK = "quill==1.0 \\\n    --hash=sha256:00\nparchment==2.0 \\\n    --hash=sha256:01\n"

# Stands for uv: notes what it was asked for, and puts two modules where it was told to.
UV = """#!{python}
import json, os, pathlib, sys
with open({log!r}, "a") as log:
    log.write(json.dumps({{"argv": sys.argv[1:], "environ": dict(os.environ)}}) + "\\n")
{program}
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
target.mkdir()
(target / "quill.py").write_text("INK = 'blue'")
(target / "parchment.py").write_text("")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A skill folder whose packages are `quill` and `parchment`, on a machine without them."""
    folder = tmp_path / "видео skill"
    folder.mkdir()
    (folder / "requirements.lock").write_text(LOCK)
    monkeypatch.setattr(itself, "ROOT", folder)
    monkeypatch.setattr(itself, "_added", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(packages.NEEDED, "base", ("json", "quill", "parchment"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield folder
    for name in ("quill", "parchment"):
        sys.modules.pop(name, None)


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, object]]]:
    """Put a uv in place that runs `program` first; what it was asked for, when it is called."""
    log = tmp_path / "asked"

    def asked(program: str | None = None) -> list[dict[str, object]]:
        if program is not None:
            path = tmp_path / "uv"
            path.write_text(UV.format(python=sys.executable, log=str(log), program=program))
            path.chmod(0o700)
            monkeypatch.setenv("UV", str(path))
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    asked("")
    return asked


@pytest.fixture
def told() -> list[Report]:
    return []


def sets(tmp_path: Path) -> list[str]:
    """What lies in the cache, beside locks."""
    folder = tmp_path / "cache" / "image-to-video" / "packages"
    return sorted(path.suffix for path in folder.iterdir() if path.suffix != ".lock")


def test_they_are_fetched_once_and_it_is_told(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], tmp_path: Path
) -> None:
    packages.provide("base", told.append)
    import quill  # type: ignore[import-not-found]

    assert quill.INK == "blue"
    assert told == [Stage("setup", "Setting things up, this once: 2 packages are fetched...")]
    packages.provide("base", told.append)
    assert len(uv()) == len(told) == 1
    assert sets(tmp_path) == [""]


def test_only_the_hashes_of_the_lock_file_are_taken_and_nothing_is_built(
    uv: Callable[..., list[dict[str, object]]],
    told: list[Report],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_of_the_user")
    packages.provide("base", told.append)
    (asked,) = uv()
    words = asked["argv"]
    assert isinstance(words, list)
    assert {"--require-hashes", "--no-deps"} <= set(words)
    assert words[words.index("--only-binary") + 1] == ":all:"
    assert words[words.index("-r") + 1] == str(folder / "requirements.lock")
    assert "nmv_usr" not in json.dumps(asked)


def test_another_process_finds_them(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], tmp_path: Path
) -> None:
    packages.provide("base", told.append)
    child = itself.command("import quill; print(quill.INK)")
    done = subprocess.run(child, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "blue\n"


def test_a_bundle_that_uv_runs_names_itself_as_uv_runs_it(
    uv: Callable[..., list[dict[str, object]]],
    told: list[Report],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_uv = ["uv", "run", "--project", str(folder), "image-to-video"]
    assert itself.call() == ["image-to-video"]
    packages.provide("base", told.append)
    assert itself.call() == by_uv
    monkeypatch.delenv("UV")  # started by hand
    assert itself.call() == ["image-to-video"]


def test_nothing_lies_in_the_skills_folder(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], folder: Path
) -> None:
    packages.provide("base", told.append)
    assert [path.name for path in folder.iterdir()] == ["requirements.lock"]


def test_another_lock_file_has_packages_of_its_own(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], folder: Path, tmp_path: Path
) -> None:
    packages.provide("base", told.append)
    sys.path.remove(itself._added.pop())
    (folder / "requirements.lock").write_text(LOCK + "# a newer version\n")
    packages.provide("base", told.append)
    assert len(uv()) == 2
    assert sets(tmp_path) == ["", ""]


def test_what_has_not_been_used_for_long_is_removed(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], tmp_path: Path
) -> None:
    old = packages.cache() / "of-last-year"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    packages.provide("base", told.append)
    assert not old.exists()


def test_a_cache_that_can_only_be_read_is_used(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.provide("base", told.append)
    sys.path.remove(itself._added.pop())

    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert packages.missing("base") == []


def test_of_two_commands_at_once_one_fetches(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], folder: Path
) -> None:
    place = packages._folder(folder / "requirements.lock")
    other, waits = Lock(place.with_suffix(".lock")), threading.Event()
    assert other.take()

    def tell(report: Report) -> None:
        told.append(report)
        waits.set()

    command = threading.Thread(target=packages.provide, args=("base", tell))
    command.start()
    assert waits.wait(10)
    place.mkdir()
    for name in ("quill", "parchment"):
        (place / f"{name}.py").touch()
    other.release()
    command.join(10)
    assert told == [Notice("Another command is setting things up; waiting for it.")]
    assert uv() == []
    assert packages.missing("base") == []


def test_one_that_was_killed_half_way_leaves_nothing_in_the_way(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], folder: Path, tmp_path: Path
) -> None:
    half = packages._folder(folder / "requirements.lock").with_suffix(".new")
    half.mkdir(parents=True)
    (half / "quill.py").touch()
    packages.provide("base", told.append)
    assert packages.missing("base") == []
    assert sets(tmp_path) == [""]


def test_what_was_taken_out_is_fetched_again(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], folder: Path
) -> None:
    packages.provide("base", told.append)
    (packages._folder(folder / "requirements.lock") / "quill.py").unlink()
    packages.provide("base", told.append)
    assert len(uv()) == 2
    assert packages.missing("base") == []


def test_what_goes_wrong_is_one_line_without_passwords(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], tmp_path: Path
) -> None:
    uv(
        "sys.exit('Resolving\\nerror: https://me:secret@index.example/quill: 403 \\x1b[31mForbidden')"
    )
    with pytest.raises(NetworkError) as caught:
        packages.provide("base", told.append)
    assert "https://index.example/quill: 403" in caught.value.message
    assert "secret" not in caught.value.message
    assert "\n" not in caught.value.message + caught.value.hint
    assert "\x1b" not in caught.value.message
    assert sets(tmp_path) == []
    uv("")
    packages.provide("base", told.append)
    assert packages.missing("base") == []


def test_a_cache_that_cannot_be_written_is_named(
    uv: Callable[..., list[dict[str, object]]], told: list[Report], tmp_path: Path
) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(UsageError, match=r"cannot be put into .*cache") as caught:
        packages.provide("base", told.append)
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_without_uv_pip_does_it_and_without_either_it_is_said(
    told: list[Report], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr(packages, "find_spec", lambda name: name == "pip" or None)
    words = packages._installer(folder / "requirements.lock", folder / "new")
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    assert {"--require-hashes", "--only-binary"} <= set(words)
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="there is no uv"):
        packages.provide("base", told.append)


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        (("route", "export"), []),
        (("headers",), ["base"]),
        (("doctor", "--local"), ["base"]),
        (("jobs", "--local"), ["local"]),
        (("export", "-o", "a.gif"), ["local"]),
        (("export", "--poster"), ["local"]),
    ],
)
def test_a_command_has_the_packages_it_needs_fetched_at_one_time(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    groups: list[str],
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(packages, "provide", lambda group, tell: asked.append(group))
    monkeypatch.setattr(itself, "ROOT", ROOT)
    run(*words)
    assert asked == groups


def test_where_nothing_is_brought_along_it_is_for_others_to_say(
    told: list[Report], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "requirements.lock").unlink()
    with pytest.raises(UsageError, match=r"Packages are missing: quill, parchment\."):
        packages.provide("base", told.append)
    monkeypatch.setitem(packages.NEEDED, "local", ("quill",))
    with pytest.raises(UsageError, match=r"Packages are missing: quill, parchment\."):
        packages.provide("local", told.append)
    monkeypatch.setitem(packages.NEEDED, "base", ("json",))
    packages.provide("local", told.append)
    assert packages.missing("local") == ["quill"]
    assert told == []
