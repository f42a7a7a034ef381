"""Photos are made ready before they go up: what arrives, what is told, and what is kept."""

from __future__ import annotations

import hashlib
import io
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from mock_server import Backend
from skill.jobs.store import Vault
from skill.media.inspect import Change
from skill.media.prepared import PreparedFile, told
from skill.settings.config import Config
from tests.skill.conftest import Ran, start
from tests.skill.samples import SECRET, exif, jpeg, saved, scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_server import Server
    from mock_server.backend.render_queue import Renderer

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4")


@pytest.fixture
def backend(renderer: Renderer, tmp_path: Path) -> Iterator[Backend]:
    """One whose files can be looked at."""
    backend = Backend(storage=tmp_path / "backend", pace=0, renderer=renderer)
    yield backend
    backend.close()


@pytest.fixture
def arrived(tmp_path: Path) -> Callable[[], list[bytes]]:
    """The pictures the backend has."""

    def arrived() -> list[bytes]:
        kinds = {".jpg", ".png", ".gif", ".webp", ".avif", ".bmp", ".tiff"}
        files = sorted((tmp_path / "backend").rglob("*"))
        return [path.read_bytes() for path in files if path.suffix in kinds]

    return arrived


def fetched(name: str) -> dict[str, object]:
    """The backend's answer to an address."""
    return {"code": 0, "data": {"files": [{"filename": name, "file_type": "image"}]}}


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.fixture
def sideways(tmp_path: Path) -> Path:
    """A phone photo: on its side, with a place in it."""
    path = tmp_path / "IMG_1.jpg"
    path.write_bytes(jpeg(6))
    return path


class TestWhatArrives:
    def test_a_photo_upright_and_without_where_it_was_taken(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        sideways: Path,
    ) -> None:
        ran = run("make", sideways, *WORDS, "--json")
        assert ran.code == 0, ran.err
        (data,) = arrived()
        assert SECRET not in data
        assert decoded(data).size == (32, 48)
        assert not decoded(data).getexif()
        (prepared,) = ran.answer["data"]["prepared"]
        assert (prepared["file"], prepared["changes"]) == (str(sideways), ["turn", "strip"])

    def test_what_has_nothing_to_hide_is_sent_as_it_is(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        tmp_path: Path,
    ) -> None:
        path = tmp_path / "plain.jpg"
        scene().save(path)
        ran = run("make", path, *WORDS, "--json")
        assert arrived() == [path.read_bytes()]
        assert ran.answer["data"]["prepared"] == []

    @pytest.mark.parametrize("form", ["BMP", "TIFF", "AVIF"])
    def test_what_the_backend_would_refuse_is_converted(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        tmp_path: Path,
        form: str,
    ) -> None:
        path = tmp_path / f"a.{form.lower()}"
        path.write_bytes(saved(scene(), form))
        ran = run("make", path, *WORDS)
        assert ran.code == 0, ran.err
        assert f"a.{form.lower()}: converted from {form} to " in ran.err
        (data,) = arrived()
        assert decoded(data).format in ("PNG", "JPEG")
        assert decoded(data).size == scene().size

    def test_on_request_all_of_it(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        sideways: Path,
    ) -> None:
        assert run("upload", sideways, "--keep-metadata").code == 0
        (data,) = arrived()
        assert SECRET in data

    def test_what_stays_on_this_machine_keeps_what_it_tells(
        self, run: Callable[..., Ran], sideways: Path
    ) -> None:
        ran = run("make", "--local", sideways, "--dry-run", "--json")
        assert "strip" not in ran.answer["data"]["files"][0]["changes"]

    @pytest.mark.parametrize("command", ["upload", "ask --file"])
    def test_by_every_command_that_sends_files(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        sideways: Path,
        command: str,
    ) -> None:
        ran = run(*command.split(), sideways)
        assert ran.code == 0, ran.err
        assert "place where it was taken" in ran.err
        assert not any(SECRET in data for data in arrived())


class TestTooLarge:
    @pytest.fixture
    def large(self, tmp_path: Path) -> Path:
        path = tmp_path / "large.jpg"
        Image.effect_noise((1200, 900), 90).convert("RGB").save(path, quality=95)
        return path

    def test_a_photo_the_backend_finds_too_large_is_sent_smaller(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        large: Path,
    ) -> None:
        server.backend.fail("upload", code=4002, times=1)
        ran = run("make", large, *WORDS)
        assert ran.code == 0, ran.err
        assert "large.jpg: shrunk from " in ran.err
        (data,) = arrived()
        assert len(data) <= large.stat().st_size / 4
        assert len(server.backend.journal.messages()) == 1

    def test_not_for_ever(self, server: Server, run: Callable[..., Ran], large: Path) -> None:
        server.backend.fail("upload", code=4002, times=None)
        ran = run("make", large, *WORDS, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (6, "file_refused")
        assert ran.answer["error"]["message"].startswith("large.jpg: ")
        assert len(server.backend.journal.calls("upload")) == 3
        assert server.backend.journal.messages() == []

    def test_not_against_the_users_word(
        self, server: Server, run: Callable[..., Ran], large: Path
    ) -> None:
        server.backend.fail("upload", code=4002, times=1)
        assert run("make", large, *WORDS, "--no-shrink").code == 6
        assert len(server.backend.journal.calls("upload")) == 1

    def test_nor_anything_but_a_photo(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path, clip: bytes
    ) -> None:
        path = tmp_path / "clip.mp4"
        path.write_bytes(clip)
        server.backend.fail("upload", code=4002, times=1)
        assert run("upload", path).code == 6

    def test_and_under_a_name_of_its_own(
        self, server: Server, run: Callable[..., Ran], large: Path
    ) -> None:
        twin = large.with_suffix(".png")
        Image.effect_noise((1200, 900), 80).convert("RGB").save(twin)
        server.backend.fail("upload", code=4002, times=1)
        ran = run("upload", twin, large, "--json")
        names = [file["filename"] for file in ran.answer["data"]["files"]]
        assert names == ["large-2.jpg", "large.jpg"]


class TestTheDryRun:
    def test_says_what_would_be_done_and_does_nothing(
        self, run: Callable[..., Ran], sideways: Path
    ) -> None:
        before = sideways.read_bytes()
        ran = run("make", sideways, "--dry-run")
        assert "Would make ready: IMG_1.jpg: turned upright, " in ran.out
        assert sideways.read_bytes() == before
        assert not (Config.resolve().home / "ready").exists()


def left_at_the_upload(server: Server, run: Callable[..., Ran], photo: Path) -> str:
    """A job whose photo is made ready, and not yet sent."""
    server.backend.fail("upload", status=503, times=2)
    job = run("make", photo, *WORDS, "--json").answer["error"]["job"]
    assert isinstance(job, str)
    return job


class TestBrokenOff:
    def test_a_broken_photo_is_named_before_anything_is_sent(
        self, server: Server, run: Callable[..., Ran], sideways: Path, photos: list[Path]
    ) -> None:
        sideways.write_bytes(sideways.read_bytes()[:700])
        ran = run("make", *photos, sideways, *WORDS, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (6, "file_refused")
        assert "IMG_1.jpg" in ran.answer["error"]["message"]
        assert server.backend.journal.calls("session") == []

    def test_what_was_made_ready_is_gone_when_the_job_is_done_or_given_up(
        self, server: Server, run: Callable[..., Ran], sideways: Path
    ) -> None:
        ready = Config.resolve().home / "ready"
        job = left_at_the_upload(server, run, sideways)
        (kept,) = (ready / job).iterdir()
        assert {stat.S_IMODE(path.stat().st_mode) for path in (ready, ready / job)} == {0o700}
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert run("cancel", job).code == 0
        assert list(ready.iterdir()) == []
        assert run("make", sideways, *WORDS).code == 0
        assert list(ready.iterdir()) == []

    def test_resume_goes_on_from_the_file_made_ready(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        sideways: Path,
    ) -> None:
        job = left_at_the_upload(server, run, sideways)
        sideways.unlink()
        assert run("resume", job).code == 0
        (data,) = arrived()
        assert SECRET not in data

    def test_resume_makes_it_ready_anew_where_it_is_gone(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        sideways: Path,
    ) -> None:
        job = left_at_the_upload(server, run, sideways)
        for kept in (Config.resolve().home / "ready" / job).iterdir():
            kept.unlink()
        assert run("resume", job).code == 0
        (data,) = arrived()
        assert SECRET not in data

    def test_another_photo_in_its_place_is_refused(
        self, server: Server, run: Callable[..., Ran], sideways: Path
    ) -> None:
        job = left_at_the_upload(server, run, sideways)
        for kept in (Config.resolve().home / "ready" / job).iterdir():
            kept.unlink()
        sideways.write_bytes(saved(scene(), "JPEG", exif=b"Exif\0\0" + exif(3)))
        error = run("resume", job, "--json").answer["error"]
        assert (error["code"], "no longer the file" in error["message"]) == ("usage", True)

    def test_killed_at_any_moment_it_ends_in_the_same_upload(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        sideways: Path,
        photos: list[Path],
    ) -> None:
        server.backend.fail("upload", delay=300, times=1)
        process = start("upload", *photos, sideways, "--pace", "1")
        home = Config.resolve().home
        while not list(home.glob("ready/*/*")):
            assert process.poll() is None
        process.kill()
        process.wait()
        server.backend.faults.clear()
        vault = Vault.open(home)
        jobs = vault.unfinished()
        vault.close()
        if jobs:
            assert run("resume", jobs[0].id).code == 0
        assert len(arrived()) == 4
        assert not any(SECRET in data for data in arrived())


class TestAnUploadIsAJob:
    def test_one_cut_off_is_gone_on_with(
        self,
        server: Server,
        arrived: Callable[[], list[bytes]],
        run: Callable[..., Ran],
        photos: list[Path],
    ) -> None:
        server.backend.fail("upload", status=503, after=1, times=2)
        error = run("upload", *photos, "--json").answer["error"]
        assert error["job"]
        ran = run("resume", error["job"], "--json")
        assert ran.code == 0
        names = [file["filename"] for file in ran.answer["data"]["files"]]
        assert names == ["cat.png", "cup.jpg", "sky.png"]
        assert len(arrived()) == 3

    def test_the_photos_are_in_the_project_that_chat_goes_on_with(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("upload", *photos[:2]).code == 0
        assert run("upload", photos[2]).code == 0
        media = run("status", "--json").answer["data"]["media"]
        assert [file["filename"] for file in media] == ["cat.png", "cup.jpg", "sky.png"]

    def test_one_whose_answer_was_lost_is_told_all_the_same(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", cut_after_bytes=5, reset=True)
        ran = run("upload", photos[0], "--json")
        assert ran.answer["data"]["text"] == "Uploaded: cat.png"
        assert [file["filename"] for file in ran.answer["data"]["files"]] == ["cat.png"]
        assert len(server.backend.journal.calls("upload")) == 1

    def test_a_name_alone_is_no_sign_that_it_is_there(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        arrived: Callable[[], list[bytes]],
    ) -> None:
        assert run("upload", photos[0]).code == 0
        photos[0].write_bytes(photos[2].read_bytes())
        state = {"draft": {}, "video_infos": [{"filename": "cat.png", "file_type": "image"}]}
        lost = {"status": 502, "body": "<html>bad gateway</html>"}
        server.backend.fail("upload", **lost)
        server.backend.fail(
            "state", body={"code": 0, "data": {"session_id": "s", "state": state}}, times=None
        )
        assert run("upload", photos[0]).code == 0
        assert photos[2].read_bytes() in arrived()

    def test_what_the_state_tells_of_it_is_cleaned_and_its_name_is_ours(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        digest = hashlib.sha256(photos[0].read_bytes()).hexdigest()
        for name in ("\x1b]0;owned\x07.png", None, 7):
            info = {"filename": name, "file_type": "\x1b[2J", "hash": digest}
            state = {"code": 0, "data": {"session_id": "s", "state": {"video_infos": [info]}}}
            server.backend.fail("upload", cut_after_bytes=5, reset=True)
            server.backend.fail("state", body=state)
            ran = run("upload", photos[0])
            assert (ran.code, ran.out) == (0, "Uploaded: cat.png\n")

    def test_addresses_are_fetched_again_into_a_project_made_anew(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", body=fetched("a.png"))
        server.backend.fail("upload", code=1002)
        server.backend.fail("upload", body=fetched("a.png"))
        server.backend.fail("upload", body=fetched("b.png"))
        ran = run("upload", "https://example.com/a.png", "https://example.com/b.png", "--json")
        asked = [call.body for call in server.backend.journal.calls("upload")]
        assert ran.code == 0, ran.answer
        assert len(asked) == 4
        assert [file["filename"] for file in ran.answer["data"]["files"]] == ["a.png", "b.png"]

    def test_photos_that_differ_in_nothing_but_what_was_removed_are_one(
        self, server: Server, run: Callable[..., Ran], sideways: Path
    ) -> None:
        twin = sideways.with_name("IMG_2.jpg")
        twin.write_bytes(sideways.read_bytes().replace(b"SECRET-PLACE", b"ANOTHER-ONE!"))
        ran = run("upload", sideways, twin, "--json")
        assert [file["filename"] for file in ran.answer["data"]["files"]] == ["IMG_1.jpg"]
        assert len(ran.answer["data"]["prepared"]) == 1

    def test_an_address_that_cannot_be_fetched_is_named_and_given_up(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", after=1, code=4001)
        error = run("upload", photos[0], "https://example.com/a.tar", "--json").answer["error"]
        assert error["message"].startswith("https://example.com/a.tar: ")
        assert error["code"] == "file_refused"
        assert run("jobs").out == "Nothing is unfinished.\n"
        assert [file["filename"] for file in run("status", "--json").answer["data"]["media"]] == [
            "cat.png"
        ]

    def test_what_was_said_with_the_files_is_not_lost_with_them(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", status=503, times=2)
        asked = run("ask", "make a calm video", "--file", photos[0], "--json")
        job = asked.answer["error"]["job"]
        ran = run("resume", job, "--json")
        assert ran.answer["next"] == ["image-to-video chat 'make a calm video'"]

    def test_one_whose_project_is_gone_is_given_up(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("make", *photos, "--no-export").code == 0
        server.backend.fail("upload", code=1002, times=1)
        error = run("upload", photos[0], "--json").answer["error"]
        assert (error["code"], error["job"]) == ("not_found", None)
        assert run("jobs").out == "Nothing is unfinished.\n"
        assert run("upload", photos[0]).code == 0

    def test_a_project_of_its_own_that_is_gone_is_made_anew(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", after=1, code=1002, times=1)
        assert run("upload", *photos).code == 0
        media = run("status", "--json").answer["data"]["media"]
        assert [file["filename"] for file in media] == ["cat.png", "cup.jpg", "sky.png"]


class TestWhatIsTold:
    def record(self, name: str, *changes: str, located: bool = False) -> PreparedFile:
        return PreparedFile(
            Path("/photos") / name,
            name,
            "image/heic",
            "image",
            9_000_000,
            "",
            "HEIC",
            tuple(Change(change) for change in changes),
            located,
        )

    def done(self, name: str, *changes: str) -> PreparedFile:
        origin = self.record(name, *changes)
        return replace(
            origin,
            path=Path("/ready/1.jpg"),
            name="x.jpg",
            format="JPG",
            size=2_100_000,
            changes=(),
            done=origin.changes,
            origin=origin,
        )

    def test_nothing_of_what_needed_nothing(self) -> None:
        assert told([self.record("a.jpg")]) == []

    def test_what_was_done_with_its_figures(self) -> None:
        assert told([self.done("IMG.HEIC", "convert", "shrink")]) == [
            "IMG.HEIC: converted from HEIC to JPG, shrunk from 8.6 MB to 2.1 MB."
        ]

    def test_that_a_file_held_more_than_one_picture(self) -> None:
        pages = replace(self.record("scan.tif", "convert"), pages=3)
        assert told([pages]) == ["scan.tif: converted from HEIC (the first of 3 pictures)."]

    def test_many_of_which_it_is_the_same_in_one_sentence(self) -> None:
        records = [self.record(f"{n}.jpg", "strip", located=True) for n in range(30)]
        assert told(records) == [
            "0.jpg, 1.jpg and 28 more: the place where it was taken and other private data removed."
        ]
