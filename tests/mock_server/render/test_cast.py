"""One broken file among several: it is named, and the rest is made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from mock_server.render import RenderError, cast
from mock_server.render.media import MediaInfo
from mock_server.render.plan import read
from tests.mock_server.render.studio import scenery

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_server.render.studio import Studio

STILL: dict[str, Any] = {"motion": {"style": "still", "move": "zoom_in"}}


def torn(studio: Studio, name: str) -> str:
    """A photo of which a part was never written."""
    studio.photo(name, scenery(320, 180))
    path = studio.media[name]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return name


def plain(studio: Studio, name: str, colour: str) -> str:
    return studio.photo(name, Image.new("RGB", (320, 180), colour))


@pytest.mark.parametrize("broken", ["b.jpg", "b.png", "b.webp", "b.gif"])
def test_of_ten_photos_the_broken_one_is_named_and_nine_are_shown(
    studio: Studio, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(10):
        name = f"{number}.png" if number != 4 else broken
        studio.photo(name, Image.new("RGB", (320, 180), (number * 25, 100, 100)))
        studio.shoot(name, number * 100, 100, **STILL)
    torn(studio, broken)
    result = studio.render()
    assert result.left_out == (broken,)
    assert result.duration == 1.0
    assert f"warning: {broken}: the picture is damaged or cut off" in caplog.text
    assert caplog.text.count("warning:") == 1
    reds = [frame[90, 160, 0] for frame in studio.frames()]
    assert not any(abs(int(red) - 100) <= 8 for red in reds)  # the broken one, nor black
    assert reds[12] == pytest.approx(75, abs=4)  # half of its time goes to the one before
    assert reds[14] == pytest.approx(125, abs=4)


def test_an_animation_may_be_cut_off_anywhere(studio: Studio) -> None:
    plain(studio, "red.png", "#c02020")
    frames = [scenery(24, 16, seed) for seed in range(3)]
    studio.photo("a.gif", frames[0], save_all=True, append_images=frames[1:])
    path, whole = studio.media["a.gif"], studio.media["a.gif"].read_bytes()
    studio.shoot("red.png", 0, 500)
    studio.shoot("a.gif", 500, 500)
    plan = read(studio.draft())
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert set(cast.Cast(plan, studio.media).left_out) <= {"a.gif"}


def test_what_is_found_to_be_broken_only_under_way_gives_way_to_its_neighbours(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain(studio, "red.png", "#c02020")
    torn(studio, "broken.png")
    plain(studio, "blue.png", "#2020c0")
    monkeypatch.setattr(cast, "inspect", lambda path, **_: MediaInfo("image", "png"))
    studio.shoot("red.png", 0, 400, **STILL)
    studio.shoot("broken.png", 300, 400, tr={"type": "crossfade", "d": 100}, **STILL)
    studio.shoot("blue.png", 600, 400, tr={"type": "crossfade", "d": 100}, **STILL)
    result = studio.render()
    assert result.left_out == ("broken.png",)
    assert "warning: broken.png: is damaged" in caplog.text
    frames = [frame[90, 160].astype(int) for frame in studio.frames()]
    assert len(frames) == 30
    for frame in frames:
        assert frame.sum() == pytest.approx(256, abs=12)  # red, blue or between, never black
    assert frames[12] == pytest.approx([192, 32, 32], abs=5)
    assert frames[18] == pytest.approx([32, 32, 192], abs=5)


def test_when_nothing_is_left_every_file_is_named_and_no_file_is_made(studio: Studio) -> None:
    studio.shoot(torn(studio, "one.png"), 0, 500)
    studio.shoot(torn(studio, "two.jpg"), 500, 500)
    before = set(studio.folder.iterdir())
    with pytest.raises(RenderError, match=r"^one\.png: .+; two\.jpg: .+$"):
        studio.render()
    assert set(studio.folder.iterdir()) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "render-frames"]


def test_a_photo_alone_that_breaks_under_way_is_an_error_that_leaves_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cast, "inspect", lambda path, **_: MediaInfo("image", "png"))
    studio.shoot(torn(studio, "one.png"))
    before = set(studio.folder.iterdir())
    with pytest.raises(RenderError, match=r"^one\.png: is damaged"):
        studio.render()
    assert set(studio.folder.iterdir()) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "render-frames"]


def test_sound_that_cannot_be_read_is_left_out_and_named(studio: Studio, tmp_path: Path) -> None:
    studio.shoot(plain(studio, "a.png", "#808080"))
    studio.file("song.mp3").write_bytes(b"this is no song" * 100)
    studio.sounds = [{"s": 0, "d": 1000, "src": {"hash": "song.mp3", "name": "song.mp3"}}]
    assert studio.render().left_out == ("song.mp3",)


def test_a_song_in_the_place_of_a_picture_is_left_out(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.shoot(plain(studio, "a.png", "#808080"), 0, 500)
    plain(studio, "song.mp3.png", "#000000")
    monkeypatch.setattr(
        cast,
        "inspect",
        lambda path, **_: MediaInfo("audio" if "song" in path.name else "image", "png"),
    )
    studio.shoot("song.mp3.png", 500, 500)
    assert studio.render().left_out == ("song.mp3.png",)
