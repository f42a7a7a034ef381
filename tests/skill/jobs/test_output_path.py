"""Where a clip may be put: what is known of that is said before anything is sent, and again at the end."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skill.errors import TakenError, UsageError
from skill.jobs.output_path import check_target, clip_room, free_name

if TYPE_CHECKING:
    from mock_server import Server
    from tests.skill.conftest import Ran

Run = Callable[..., "Ran"]
WORDS = ("-p", "turn my photos into a video, 3 seconds", "--json")


def test_where_a_clip_may_go(tmp_path: Path) -> None:
    check_target(tmp_path / "new.mp4", force=False)
    (tmp_path / "old.mp4").touch()
    check_target(tmp_path / "old.mp4", force=True)
    for target, said in (
        (tmp_path / "old.mp4", "already there"),
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "x.mp4", "is not there"),
    ):
        with pytest.raises(UsageError, match=said):
            check_target(target, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["old.mp4"]


def dangling(target: Path) -> None:
    target.symlink_to("gone/x.mp4")


def loop(target: Path) -> None:
    target.symlink_to(target.name)


def fifo(target: Path) -> None:
    os.mkfifo(target)


def folder(target: Path) -> None:
    target.mkdir()


def read_only(target: Path) -> None:
    target.write_text("precious")
    target.chmod(0o444)


class TestBeforeAnythingIsSent:
    @pytest.mark.parametrize(
        ("arrange", "said"),
        [
            (dangling, "is not there"),
            (loop, "Too many levels of symbolic links"),
            (fifo, "is not a file"),
            (folder, "is a folder"),
            (read_only, "is write-protected"),
        ],
    )
    def test_what_force_cannot_write_over(
        self,
        server: Server,
        run: Run,
        photos: list[Path],
        arrange: Callable[[Path], None],
        said: str,
    ) -> None:
        arrange(Path("trip.mp4"))
        before = Path("trip.mp4").lstat()
        ran = run("make", *photos, *WORDS, "-o", "trip.mp4", "--force")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        assert said in ran.answer["error"]["message"]
        assert len(server.backend.journal) == 0
        assert os.path.samestat(Path("trip.mp4").lstat(), before)

    @pytest.mark.parametrize(
        ("target", "said"),
        [
            ("file/trip.mp4", "is not a folder"),
            (f"{'a' * 260}.mp4", "File name too long"),
            ("/proc/trip.mp4", "cannot be written: No such file or directory"),
        ],
    )
    def test_a_place_where_there_can_be_no_file(
        self, server: Server, run: Run, photos: list[Path], target: str, said: str
    ) -> None:
        Path("file").touch()
        ran = run("make", *photos, *WORDS, "-o", target)
        assert (ran.code, len(server.backend.journal)) == (2, 0)
        assert said in ran.answer["error"]["message"]

    def test_a_disk_without_room_for_what_was_asked_for(
        self, server: Server, run: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, needed = shutil.disk_usage("."), clip_room(60, "1080p")
        words = (*WORDS, "--duration", 60, "--resolution", "1080p", "-o", "trip.mp4")

        def room(free: int) -> None:
            monkeypatch.setattr(shutil, "disk_usage", lambda folder: real._replace(free=free))

        room(needed - 1)
        ran = run("make", *photos, *words)
        assert (ran.code, len(server.backend.journal)) == (2, 0)
        assert "19 MB more are needed and 19 MB are free" in ran.answer["error"]["message"]
        assert ran.answer["error"]["hint"].startswith("Make room")
        room(needed)
        assert run("make", *photos, *words).code == 0


class TestNeverOverWhatItIsMadeOf:
    @pytest.fixture
    def mine(self, run: Run, clip: bytes) -> Path:
        """A clip of the user's own, with a hard link and a symbolic one to it."""
        mine = Path("mine.mp4")
        mine.write_bytes(clip)
        Path("hard.mp4").hardlink_to(mine)
        Path("soft.mp4").symlink_to(mine)
        return mine

    @pytest.mark.parametrize("target", ["mine.mp4", "./mine.mp4", "hard.mp4", "soft.mp4"])
    @pytest.mark.parametrize("command", ["make", "extend"])
    def test_by_whatever_name(
        self, server: Server, run: Run, mine: Path, clip: bytes, command: str, target: str
    ) -> None:
        ran = run(command, mine, *WORDS, "-o", target, "--force")
        assert (ran.code, len(server.backend.journal)) == (2, 0)
        assert "one of the files the video is made of" in ran.answer["error"]["message"]
        assert (mine.read_bytes(), Path("soft.mp4").is_symlink()) == (clip, True)

    def test_nor_over_one_that_is_left_out(self, run: Run, photos: list[Path]) -> None:
        Path("broken.mp4").write_bytes(b"no clip")
        words = ("-o", "broken.mp4", "--force", "--dry-run")
        ran = run("--local", "make", *photos, "broken.mp4", *WORDS, *words)
        assert (ran.code, Path("broken.mp4").read_bytes()) == (2, b"no clip")
        assert "one of the files" in ran.answer["error"]["message"]

    def test_nor_with_a_later_export_or_resume(
        self, server: Server, run: Run, mine: Path, clip: bytes
    ) -> None:
        server.backend.fail("render", status=500, times=9)
        assert run("make", mine, *WORDS, "-o", "trip.mp4").code == 9
        server.backend.faults.clear()
        for command in ("resume", "export"):
            ran = run(command, "-o", mine, "--force", "--json")
            assert (ran.code, mine.read_bytes()) == (2, clip)
            assert "one of the files" in ran.answer["error"]["message"]

    def test_nor_at_the_end_where_it_has_got_there_meanwhile(
        self, server: Server, run: Run, mine: Path, clip: bytes
    ) -> None:
        server.backend.fail("render", status=500, times=9)
        assert run("make", mine, *WORDS, "-o", "trip.mp4", "--force").code == 9
        server.backend.faults.clear()
        mine.rename("trip.mp4")
        mine.symlink_to("trip.mp4")
        ran = run("resume", "--json")
        assert (ran.code, Path("trip.mp4").stat().st_nlink) == (2, 2)
        [again] = ran.answer["next"]
        assert run(*again.split()[1:]).code == 0
        assert Path("trip-2.mp4").read_bytes() == clip

    def test_nor_into_what_the_local_backend_keeps(
        self, run: Run, photos: list[Path], tmp_path: Path
    ) -> None:
        media = tmp_path / "state" / "local" / "media"
        media.mkdir(parents=True)
        Path("link.mp4").symlink_to(media / "x.mp4")
        ran = run("make", *photos, *WORDS, "--local", "--home", tmp_path / "state", "--dry-run",
                  "-o", "link.mp4", "--force")  # fmt: skip
        assert ran.code == 2
        assert "where projects of this machine are kept" in ran.answer["error"]["message"]


class TestThroughALink:
    def test_the_file_that_it_points_to_is_written(
        self, server: Server, run: Run, photos: list[Path], clip: bytes, tmp_path: Path
    ) -> None:
        real, link = tmp_path / "real.mp4", Path("trip.mp4")
        real.write_text("old")
        link.symlink_to(real)
        assert run("make", *photos, *WORDS, "-o", link).code == 2
        ran = run("make", *photos, *WORDS, "-o", link, "--force")
        assert ran.answer["data"]["file"] == str(link.absolute())
        assert (link.readlink(), real.read_bytes()) == (real, clip)

    def test_one_to_nothing_is_something_that_stands_there(
        self, server: Server, run: Run, photos: list[Path], clip: bytes
    ) -> None:
        link = Path("trip.mp4")
        link.symlink_to("real.mp4")
        ran = run("make", *photos, *WORDS, "-o", link)
        assert (ran.code, len(server.backend.journal)) == (2, 0)
        assert "is a link to a file that is gone" in ran.answer["error"]["message"]
        assert run("make", *photos, *WORDS, "-o", link, "--force").code == 0
        assert (str(link.readlink()), Path("real.mp4").read_bytes()) == ("real.mp4", clip)

    def test_one_to_nothing_is_no_free_name(self, tmp_path: Path) -> None:
        (tmp_path / "trip.mp4").symlink_to("gone.mp4")
        assert free_name(tmp_path / "trip.mp4").name == "trip-2.mp4"


class TestATargetThatIsTakenMeanwhile:
    @pytest.mark.parametrize("arrange", [Path.touch, folder, dangling, loop])
    def test_a_free_name_is_proposed_and_the_clip_is_not_lost(
        self,
        server: Server,
        run: Run,
        photos: list[Path],
        clip: bytes,
        arrange: Callable[[Path], None],
    ) -> None:
        target = Path("our trip.mp4")
        server.backend.fail("render", status=500, times=9)
        assert run("make", *photos, *WORDS, "-o", target).code == 9
        server.backend.faults.clear()
        arrange(target)
        for more in ((), ("-o", target)):
            ran = run("resume", "--json", *more)
            error, [again] = ran.answer["error"], ran.answer["next"]
            assert (ran.code, error["code"]) == (2, "usage")
            assert f"resume {error['job']} -o " in again
            assert again in error["hint"]
        assert run(*shlex.split(again)[1:]).code == 0
        assert Path("our trip-2.mp4").read_bytes() == clip
        assert len(server.backend.journal.messages()) == 1


def test_a_free_name_fits_a_file_system(tmp_path: Path) -> None:
    """One of 83 signs in Chinese is whole, and too long with what stands behind a poster's name."""
    first = free_name(tmp_path / f"{'照' * 83}.mp4", ["-poster.jpg"])
    first.touch()
    first.with_name(first.stem + "-poster.jpg").touch()
    second = free_name(first, ["-poster.jpg"])
    second.with_name(second.stem + "-poster.jpg").touch()
    assert second.name.endswith("照-2.mp4")


def test_a_name_that_is_taken_is_told_from_a_place_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "old.mp4").touch()
    with pytest.raises(TakenError):
        check_target(tmp_path / "old.mp4", force=False)
    with pytest.raises(UsageError) as caught:
        check_target(tmp_path / "none" / "x.mp4", force=False)
    assert not isinstance(caught.value, TakenError)
