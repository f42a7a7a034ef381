"""A photo that is named twice: sent once, seen twice, each time with its own caption."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from skill.i18n import speak
from skill.jobs.prompt import compose, renumbered, repeats_of
from skill.jobs.request import VideoOptions
from skill.settings.listings import LISTINGS
from tests.skill import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

WORDS = ("-p", "turn my photos into a video, 9 seconds", "-o", "trip.mp4", "--json")


def test_which_are_there_before() -> None:
    assert repeats_of("abacbb") == {3: 1, 5: 2, 6: 2}
    assert repeats_of("abc") == repeats_of("") == {}


@pytest.mark.parametrize("prompt", ["a film", "一部影片"])
def test_those_behind_one_that_is_lost_move_up(prompt: str) -> None:
    speak("zh" if prompt == "一部影片" else "en")

    def said(photos: str, captions: tuple[str, ...]) -> str:
        options = VideoOptions(captions=captions, title="Photo 4")
        return compose(prompt, options, LISTINGS["image-to-video-in-free"], repeats_of(photos))

    message = said("xaxba", ("lost", "one", "lost", "", "four 4"))
    assert renumbered(message, [1, 3]) == said("aba", ("one", "", "four 4"))
    assert renumbered(message, []) == message


def shown(server: Server) -> list[str]:
    """The titles of the shots in the draft."""
    return [shot["m"]["title"] for shot in shots(server)]


def shots(server: Server) -> list[Any]:
    [session] = server.backend._store.read().sessions.values()
    return next(track["sg"] for track in session.draft["t"] if track["tt"] == 0)


def captions(server: Server) -> list[tuple[str, int]]:
    """Each caption and the number of the shot that it goes with."""
    [session] = server.backend._store.read().sessions.values()
    ids = [shot["id"] for shot in shots(server)]
    texts = [track["sg"] for track in session.draft["t"] if track["tt"] == 7]
    return [(text["text"], ids.index(text["m"]["_of"]) + 1) for text in (texts[0] if texts else [])]


def sent(server: Server) -> int:
    return len(server.backend.journal.calls("upload"))


class TestOnTheCommandLine:
    def test_it_is_sent_once_and_seen_twice(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        cat, cup, sky = photos
        said = ("--caption", "one", "--caption", "two", "--caption", "three", "--caption", "")
        ran = run("make", cat, cup, cat, sky, cup, *WORDS, *said, "--caption", "five")
        assert ran.code == 0
        assert shown(server) == ["cat", "cup", "cat", "sky", "cup"]
        assert captions(server) == [("one", 1), ("two", 2), ("three", 3), ("five", 5)]
        assert sent(server) == 3
        [message] = server.backend.journal.messages()
        assert "Show photo 1 again as photo 3. Show photo 2 again as photo 5." in message

    def test_another_file_of_the_same_content_is_the_same_photo(
        self, server: Server, run: Run, photos: list[Path], tmp_path: Path
    ) -> None:
        copy = tmp_path / "copy.png"
        shutil.copy(photos[0], copy)
        dry = run("make", *photos, copy, *WORDS, "--dry-run").answer["data"]
        assert [file["name"] for file in dry["files"]] == ["cat.png", "cup.jpg", "sky.png"]
        assert run("make", *photos, copy, *WORDS, "--caption", "a").code == 0
        assert (shown(server), sent(server)) == (["cat", "cup", "sky", "cat"], 3)
        ran = run("export", "-o", copy.rename(tmp_path / "copy.mp4"), "--force", "--json")
        assert ran.code == 0  # it is no file of the project's any more

    def test_photos_that_are_the_same_once_what_they_tell_is_removed(
        self, server: Server, run: Run, photos: list[Path], tmp_path: Path
    ) -> None:
        twins = []
        for number, place in enumerate((True, False)):
            path = tmp_path / f"twin{number}.jpg"
            exif = b"Exif\0\0" + samples.exif(place=place)
            path.write_bytes(samples.saved(samples.scene(), "JPEG", exif=exif))
            twins.append(path)
        said = ("--caption", "one", "--caption", "two", "--caption", "three")
        assert run("make", twins[0], photos[0], twins[1], *WORDS, *said).code == 0
        assert (shown(server), sent(server)) == (["twin0", "cat", "twin0"], 2)
        assert captions(server) == [("one", 1), ("two", 2), ("three", 3)]

    def test_one_that_has_to_be_made_ready_is_made_so_once(
        self, server: Server, run: Run, photos: list[Path], tmp_path: Path
    ) -> None:
        large = tmp_path / "large.png"
        Image.effect_noise((300, 200), 90).save(large)
        server.backend.fail("upload", code=4002)
        ran = run("make", large, photos[0], large, *WORDS)
        assert ran.code == 0
        assert shown(server) == ["large", "cat", "large"]
        assert sent(server) == 3  # one of them was refused
        assert [file["name"] for file in ran.answer["data"]["prepared"]] == ["large.jpg"]

    def test_after_a_cut_it_is_gone_on_with(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        server.backend.fail("upload", reset=True, after=1, times=9)
        job = run("make", *photos, photos[0], *WORDS).answer["error"]["job"]
        server.backend.faults.clear()
        assert run("resume", job, "--json").code == 0
        assert shown(server) == ["cat", "cup", "sky", "cat"]

    def test_in_chinese(self, server: Server, run: Run, photos: list[Path]) -> None:
        words = ("-p", "把我的照片做成9秒的视频", "-o", "trip.mp4", "--json")
        assert run("make", *photos, photos[1], *words, "--caption", "猫").code == 0
        [message] = server.backend.journal.messages()
        assert "第2张照片再次作为第4张。" in message
        assert shown(server) == ["cat", "cup", "sky", "cup"]
        assert captions(server) == [("猫", 1)]

    def test_one_that_turns_out_to_be_damaged_takes_no_caption_of_another(
        self, run: Run, photos: list[Path], tmp_path: Path
    ) -> None:
        broken = tmp_path / "broken.bmp"
        broken.write_bytes(samples.saved(samples.scene(), "BMP")[:-200])
        cat, cup, _ = photos
        said = ("--caption", "lost", "--caption", "one", "--caption", "lost", "--caption", "two")
        files = (broken, cat, broken, cup, cat)
        ran = run("--local", "make", *files, *said, "--caption", "three", "--no-export",
                  "-p", "turn my photos into a video", "--json")  # fmt: skip
        assert ran.code == 0, ran.answer
        summary = run("--local", "status").out
        assert "cat (0-" in summary
        assert summary.index("cup (") > summary.index("cat (")
        assert summary.count("cat (") == 2
        places = [summary.index(f'"{caption}" (') for caption in ("one", "two", "three")]
        assert places == sorted(places)
        assert "lost" not in summary

    @pytest.mark.parametrize("command", ["make", "upload"])
    def test_one_that_cannot_be_used_is_left_out_as_often_as_it_was_named(
        self, run: Run, photos: list[Path], tmp_path: Path, command: str
    ) -> None:
        broken = tmp_path / "broken.jpg"
        broken.write_bytes(b"no photo")
        files = (broken, photos[0], broken, photos[0])
        more = ("--dry-run", *WORDS) if command == "make" else ("--json",)
        data = run("--local", command, *files, *more).answer["data"]
        assert len(data["left_out"]) == 1
        assert len(data["files"]) == 1
        if command == "make":
            assert "Show photo 1 again as photo 2." in data["message"]
