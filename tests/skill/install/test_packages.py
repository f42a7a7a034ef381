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

from skill import interpreter
from skill.cli.main import main
from skill.errors import NetworkError, UsageError
from skill.events import Notice, Stage
from skill.file_lock import Lock
from skill.install import packages
from tests.skill.conftest import ROOT
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from skill.events import Event
    from tests.skill.conftest import Ran

LOCK = "quill==1.0 \\\n    --hash=sha256:00\nparchment==2.0 \\\n    --hash=sha256:01\n"

# Stands for uv: notes what it was asked for, and puts two modules where it was told to.
# (A script's first line cannot name an interpreter in a folder with a space; a shell can.)
UV = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import json, os, pathlib, sys
with open({log!r}, "a") as log:
    asked = {{"argv": sys.argv[1:], "environ": dict(os.environ), "folder": os.getcwd()}}
    log.write(json.dumps(asked) + "\\n")
{program}
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
target.mkdir(exist_ok=True)
(target / "quill.py").write_text("INK = 'blue'")
(target / "parchment.py").write_text("")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A skill folder whose packages are `quill` and `parchment`, on a machine without them."""
    folder = tmp_path / "видео skill"
    folder.mkdir()
    (folder / "requirements.lock").write_text(LOCK)
    monkeypatch.setattr(interpreter, "ROOT", folder)
    monkeypatch.setattr(interpreter, "_added", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(packages.NEEDED, "base", ("json", "quill", "parchment"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = os.umask(0o022)
    yield folder
    os.umask(before)
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
def told() -> list[Event]:
    return []


def sets(tmp_path: Path) -> list[str]:
    """What lies in the cache, beside locks."""
    folder = tmp_path / "cache" / "image-to-video" / "packages"
    return sorted(path.suffix for path in folder.iterdir() if path.suffix != ".lock")


def test_they_are_fetched_once_and_it_is_told(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], tmp_path: Path
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
    told: list[Event],
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
    uv: Callable[..., list[dict[str, object]]], told: list[Event], tmp_path: Path
) -> None:
    packages.provide("base", told.append)
    child = interpreter.command("import quill; print(quill.INK)")
    done = subprocess.run(child, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "blue\n"


def test_a_bundle_that_uv_runs_names_itself_as_uv_runs_it(
    uv: Callable[..., list[dict[str, object]]],
    told: list[Event],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_uv = ["uv", "run", "--project", str(folder), "image-to-video"]
    assert interpreter.call() == ["image-to-video"]
    packages.provide("base", told.append)
    assert interpreter.call() == by_uv
    monkeypatch.delenv("UV")  # started by hand
    assert interpreter.call() == ["image-to-video"]


def test_nothing_lies_in_the_skills_folder(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], folder: Path
) -> None:
    packages.provide("base", told.append)
    assert [path.name for path in folder.iterdir()] == ["requirements.lock"]


def test_another_lock_file_has_packages_of_its_own(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], folder: Path, tmp_path: Path
) -> None:
    packages.provide("base", told.append)
    sys.path.remove(interpreter._added.pop())
    (folder / "requirements.lock").write_text(LOCK + "# a newer version\n")
    packages.provide("base", told.append)
    assert len(uv()) == 2
    assert sets(tmp_path) == ["", ""]


def test_what_has_not_been_used_for_long_is_removed(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], tmp_path: Path
) -> None:
    old = packages.cache() / "of-last-year"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    packages.provide("base", told.append)
    assert not old.exists()


def test_a_cache_that_can_only_be_read_is_used(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.provide("base", told.append)
    sys.path.remove(interpreter._added.pop())

    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert packages.missing("base") == []


def test_of_two_commands_at_once_one_fetches(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], folder: Path
) -> None:
    place = packages._folder(folder / "requirements.lock")
    place.parent.mkdir(mode=0o700, parents=True)
    other, waits = Lock(place.with_suffix(".lock")), threading.Event()
    assert other.take()

    def tell(event: Event) -> None:
        told.append(event)
        waits.set()

    command = threading.Thread(target=packages.provide, args=("base", tell))
    command.start()
    assert waits.wait(HANGS)
    place.mkdir()
    for name in ("quill", "parchment"):
        (place / f"{name}.py").touch()
    other.release()
    command.join(HANGS)
    assert told == [Notice("Another command is setting things up; waiting for it.")]
    assert uv() == []
    assert packages.missing("base") == []


def test_one_that_was_killed_half_way_leaves_nothing_in_the_way(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], folder: Path, tmp_path: Path
) -> None:
    half = packages._folder(folder / "requirements.lock").with_suffix(".new")
    half.mkdir(parents=True)
    (half / "quill.py").touch()
    packages.provide("base", told.append)
    assert packages.missing("base") == []
    assert sets(tmp_path) == [""]


def test_what_was_said_wrong_is_told_as_it_has_to_be_said_again(
    uv: Callable[..., list[dict[str, object]]],
    told: list[Event],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    packages.provide("base", told.append)
    sys.path.remove(interpreter._added.pop())
    assert main(["make", "a.jpg", "--look", "odd"]) == 2
    assert f"uv run --project '{folder}' image-to-video make --help" in capsys.readouterr().err


def test_what_was_taken_out_is_fetched_again(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], folder: Path
) -> None:
    packages.provide("base", told.append)
    (packages._folder(folder / "requirements.lock") / "quill.py").unlink()
    packages.provide("base", told.append)
    assert len(uv()) == 2
    assert packages.missing("base") == []


def test_what_was_cleared_out_of_its_folders_is_fetched_again(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], folder: Path
) -> None:
    """A cache is tidied by the age of its files: folders stay behind, and import as if whole."""
    place = packages._folder(folder / "requirements.lock")
    for name in ("quill", "parchment"):
        (place / name).mkdir(parents=True)
    place.chmod(0o700)
    packages.provide("base", told.append)
    assert len(uv()) == 1
    assert packages.missing("base") == []


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
class TestNothingOfOthersIsRun:
    """Packages see the token: whoever can write where they lie can read it."""

    @pytest.fixture
    def planted(self, folder: Path) -> Path:
        """A set that is whole, and nobody fetched."""
        place = packages._folder(folder / "requirements.lock")
        place.mkdir(parents=True)
        for name in ("quill", "parchment"):
            (place / f"{name}.py").write_text("INK = 'red'")
        for own in (place, place.parent, place.parents[1]):
            own.chmod(0o700)
        assert packages.missing("base") == []
        sys.path.remove(interpreter._added.pop())
        return place

    @pytest.mark.parametrize("mode", [0o770, 0o702])
    def test_a_set_that_others_can_write_to_is_fetched_again(
        self,
        uv: Callable[..., list[dict[str, object]]],
        told: list[Event],
        planted: Path,
        mode: int,
    ) -> None:
        planted.chmod(mode)
        assert packages.missing("base") != []
        packages.provide("base", told.append)
        assert (planted / "quill.py").read_text() == "INK = 'blue'"
        assert planted.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize(("level", "mode"), [(0, 0o770), (0, 0o707), (1, 0o707), (2, 0o707)])
    def test_a_cache_that_others_can_write_to_is_named(
        self,
        uv: Callable[..., list[dict[str, object]]],
        told: list[Event],
        planted: Path,
        level: int,
        mode: int,
    ) -> None:
        place = planted.parents[level]
        place.chmod(mode)
        assert packages.missing("base") != []
        with pytest.raises(UsageError, match="Others can write to") as caught:
            packages.provide("base", told.append)
        assert str(place) in caught.value.message
        assert uv() == []

    def test_one_of_another_user_is_not_run(
        self, planted: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner = planted.stat().st_uid
        if owner == 0:  # whom everybody trusts
            os.chown(planted, owner := 1, -1)
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
        assert packages.missing("base") != []

    def test_a_shared_folder_where_nobody_can_touch_what_is_anothers_will_do(
        self, planted: Path
    ) -> None:
        planted.parents[2].chmod(0o1777)  # as /tmp is
        assert packages.missing("base") == []

    def test_what_it_makes_is_its_own_whatever_the_umask(
        self, uv: Callable[..., list[dict[str, object]]], told: list[Event]
    ) -> None:
        os.umask(0)
        packages.provide("base", told.append)
        sys.path.remove(interpreter._added.pop())
        assert packages.missing("base") == []

    def test_one_that_came_with_the_machine_is_run(
        self, planted: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def utime(path: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "utime", utime)
        assert packages.missing("base") == []


def test_a_cache_is_not_looked_for_where_the_command_happens_to_run(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": "cache", "LOCALAPPDATA": str(tmp_path)}
    assert packages.cache(environ).is_absolute()


def test_the_project_the_user_works_in_has_no_say_in_it(
    uv: Callable[..., list[dict[str, object]]],
    told: list[Event],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """uv takes its settings, where packages come from among them, from the folder it is run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UV", "./uv")
    packages.provide("base", told.append)
    (asked,) = uv()
    assert str(asked["folder"]).startswith(str(packages.cache()))


def test_a_uv_that_is_none_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for nonsense in ("/no/such/uv", str(folder), "", "uv"):
        monkeypatch.setenv("UV", nonsense)
        words = packages._installer(folder / "requirements.lock", folder / "new")
        assert words[:3] == [sys.executable, "-m", "pip"]


def test_a_uv_that_brings_nothing_is_no_success(
    uv: Callable[..., list[dict[str, object]]], told: list[Event]
) -> None:
    uv("sys.exit(0)")
    with pytest.raises(UsageError, match="Packages are missing: quill, parchment"):
        packages.provide("base", told.append)


def test_a_uv_whose_master_was_killed_does_not_write_into_what_the_next_one_fetches(
    uv: Callable[..., list[dict[str, object]]], told: list[Event]
) -> None:
    uv("sys.exit('no network')")
    for _ in range(2):
        with pytest.raises(NetworkError):
            packages.provide("base", told.append)
    first, second = (asked["argv"] for asked in uv())
    assert isinstance(first, list)
    assert isinstance(second, list)
    target = first.index("--target") + 1
    assert first[target] != second[target]


def test_what_goes_wrong_is_one_line_without_passwords(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], tmp_path: Path
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


def test_an_installer_that_cannot_be_started_is_named(
    told: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "uv"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o700)
    monkeypatch.setenv("UV", str(broken))
    with pytest.raises(NetworkError, match=r"could not be installed: .*/uv: No such file"):
        packages.provide("base", told.append)
    assert sets(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_named(
    uv: Callable[..., list[dict[str, object]]], told: list[Event], tmp_path: Path
) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(UsageError, match=r"cannot be put into .*cache") as caught:
        packages.provide("base", told.append)
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_without_uv_pip_does_it_and_without_either_it_is_said(
    told: list[Event], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr(packages, "find_spec", lambda name: name == "pip" or None)
    words = packages._installer(folder / "requirements.lock", folder / "new")
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    # Some set pip up to install for the user alone, which goes with no --target.
    assert {"--require-hashes", "--only-binary", "--no-user"} <= set(words)
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
    monkeypatch.setattr(interpreter, "ROOT", ROOT)
    run(*words)
    assert asked == groups


def test_where_nothing_is_brought_along_it_is_for_others_to_say(
    told: list[Event], folder: Path, monkeypatch: pytest.MonkeyPatch
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
