"""`--local` where there is no network: in a sandbox that denies sockets, and in a network namespace
that has not even `lo`. And where the disk is full."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, NoReturn

import pytest
from PIL import Image

from mock_server.backend.store import Store
from mock_server.http.uploads import _Writer
from mock_server.render.encode import Mp4
from skill import interpreter
from skill.media.mp4 import probe
from tests import sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.skill.conftest import Ran

    Run = Callable[..., subprocess.CompletedProcess[str]]

MAKE = ("make", "--local", "-p", "a slow zoom", "--duration", "1", "--resolution", "480p")
SANDBOX = (sys.executable, sandbox.__file__)
NAMESPACE = ("unshare", "--map-root-user", "--net")
REACH = "import socket; socket.create_server(('127.0.0.1', 0)); socket.create_connection(('127.0.0.1', 1))"


@cache
def can(*prefix: str) -> bool:
    """Whether a program may be started so here."""
    if sys.platform != "linux" or platform.machine() not in sandbox.NUMBERS:
        return False
    if shutil.which(prefix[0]) is None:
        return False
    return not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode


@pytest.fixture(params=[*sandbox.DENIED, "no lo"])
def sandboxed(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Run Python with these words where there is no network; returns what became of it."""
    prefix = NAMESPACE if request.param == "no lo" else (*SANDBOX, request.param)
    if not can(*prefix):
        pytest.skip(f"{prefix[0]} {prefix[-1]}: not allowed here")

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, *map(str, words)],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if name != "NEMO_API_URL"},
                "PYTHONPATH": str(interpreter.ROOT),
                "IMAGE_TO_VIDEO_HOME": str(tmp_path / "state"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_there_is_no_network(sandboxed: Run) -> None:
    assert sandboxed("-c", REACH).returncode == 1


def test_a_video_and_what_stands_beside_it_are_made(
    sandboxed: Run, photos: list[Path], tmp_path: Path
) -> None:
    made = sandboxed("-m", "skill", *MAKE, photos[0], "-o", "a.mp4", "--format", "gif")
    assert made.returncode == 0, made.stderr
    assert probe(tmp_path / "a.mp4").duration == pytest.approx(1, abs=0.1)
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")
    assert sandboxed("-m", "skill", "chat", "--local", "make the music quieter").returncode == 0


@pytest.mark.parametrize("sandboxed", ["pairs"], indirect=True)
def test_it_is_made_in_the_background_and_followed(
    sandboxed: Run, photos: list[Path], tmp_path: Path
) -> None:
    begun = sandboxed("-m", "skill", *MAKE, photos[0], "-o", "b.mp4", "--no-wait", "--json")
    assert begun.returncode == 0, begun.stderr
    job = json.loads(begun.stdout)["data"]["job"]
    followed = sandboxed("-m", "skill", "--local", "resume", job)
    assert followed.returncode == 0, followed.stderr
    assert probe(tmp_path / "b.mp4").duration == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("sandboxed", ["pairs"], indirect=True)
def test_a_program_makes_one(sandboxed: Run, photos: list[Path], tmp_path: Path) -> None:
    words = "'a calm video, 1 second, 480p', local=True, output='c.mp4'"
    program = f"import sys, skill; skill.make_video(sys.argv[1:], {words})"
    made = sandboxed("-c", program, photos[0])
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "c.mp4").is_file()


def test_no_server_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_TO_VIDEO_HOME", str(tmp_path))
    program = (
        "import sys; from skill.cli.main import main; main(['--local', 'credits']); "
        "print(sorted({'uvicorn', 'h11', 'httpcore'} & sys.modules.keys()))"
    )
    done = subprocess.run(interpreter.command(program), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_contract_without_sockets_is_one_line(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("mock_server.server._listen", refuse)
    done = run("contract")
    assert done.code == 2
    assert "error: No server can be started here: Operation not permitted.\n" in done.err


class TestDisk:
    """The disk of the local backend fails it."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where it keeps what it has."""
        monkeypatch.setenv("IMAGE_TO_VIDEO_HOME", str(tmp_path / "state"))
        return tmp_path / "state" / "local"

    @pytest.mark.parametrize(
        ("number", "said"),
        [
            (errno.ENOSPC, "The disk is full: {folder} has no room for more."),
            (errno.EDQUOT, "The disk is full: {folder} has no room for more."),
            (errno.EROFS, "{folder} cannot be used: Read-only file system."),
        ],
    )
    @pytest.mark.parametrize(
        "place",
        [(_Writer, "write"), (_Writer, "finish"), (Mp4, "picture")],
        ids=["upload", "end of upload", "render"],
    )
    def test_it_says_which_folder_and_the_work_goes_on(
        self,
        place: tuple[type, str],
        number: int,
        said: str,
        run: Callable[..., Ran],
        photos: list[Path],
        folder: Path,
    ) -> None:
        def refuse(*_: object) -> NoReturn:
            raise OSError(number, os.strerror(number))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*place, refuse)
            done = run(*MAKE, photos[0], "-o", "a.mp4")
        assert done.code == 2
        assert f"error: {said.format(folder=folder)}\n" in done.err
        assert run("--local", "resume").code == 0

    @pytest.mark.parametrize("saves", range(1, 9))
    def test_whatever_it_writes_down_last(
        self,
        saves: int,
        run: Callable[..., Ran],
        photos: list[Path],
        folder: Path,
    ) -> None:
        save, left = Store._save, saves

        def refuse(store: Store) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                with store._writing(folder):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            save(store)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Store, "_save", refuse)

    def test_the_pictures_of_the_demo_do_not_fit(
        self, run: Callable[..., Ran], folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> NoReturn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("skill.cli.demo_pictures.draw_pictures", refuse)
        done = run("demo")
        assert done.code == 2
        demo = folder.with_name("demo")
        assert f"error: {demo} cannot be used: No space left on device.\n" in done.err

    def test_what_it_wrote_down_is_damaged(
        self, run: Callable[..., Ran], photos: list[Path], folder: Path
    ) -> None:
        run(*MAKE, photos[0], "-o", "a.mp4", "--no-export")
        (folder / "world.json").write_text("{")
        done = run("--local", "status")
        assert done.code == 2
        assert "world.json cannot be read" in done.err

    def test_a_real_one(self, tmp_path: Path) -> None:
        """400 KB are enough for the state and not for the photo."""
        prefix = ("unshare", "--map-root-user", "--mount")
        if not can(*prefix, "sh", "-c", f"mount -t tmpfs tmpfs '{tmp_path}'"):
            pytest.skip("nothing may be mounted here")
        state = tmp_path / "state"
        state.mkdir()
        photo = tmp_path / "noise.png"
        Image.effect_noise((1200, 800), 90).save(photo)
        mount = 'mount -t tmpfs -o size=400k,mode=700 tmpfs "$0" && exec "$@"'
        done = subprocess.run(
            [*prefix, "sh", "-c", mount, state, sys.executable, "-m", "skill", *MAKE, photo],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(interpreter.ROOT),
                "IMAGE_TO_VIDEO_HOME": str(state),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert f"error: The disk is full: {state}/local has no room for more." in done.stderr
