"""A file on disk is looked into before anything is sent: what it is, not what it is called."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from skill.errors import FileRefusedError, SkillError, UsageError
from skill.listings import LISTINGS
from skill.media import inspect, inspect_all

if TYPE_CHECKING:
    from pathlib import Path

FREE = LISTINGS["image-to-video-in-free"]


def picture(path: Path, form: str = "PNG") -> Path:
    Image.new("RGB", (8, 6), "teal").save(path, form)
    return path


def test_a_photo(tmp_path: Path) -> None:
    path = picture(tmp_path / "cat.png")
    file = inspect(path, FREE)
    assert (file.name, file.mime, file.kind) == ("cat.png", "image/png", "image")
    assert file.size == path.stat().st_size
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "form", "sent"),
    [
        ("photo.jpg", "PNG", "photo.png"),
        ("photo.JPEG", "JPEG", "photo.jpeg"),
        ("photo", "GIF", "photo.gif"),
        ("no.dot.at.all", "WEBP", "no.dot.at.webp"),
        ("emoji 🎬 名.jpg", "JPEG", "emoji 🎬 名.jpg"),
        ("line\nbreak.png", "PNG", "linebreak.png"),
        ('quo"te.png', "PNG", "quote.png"),
        (".png", "PNG", "png.png"),
    ],
)
def test_it_is_sent_under_a_name_that_fits_its_content(
    tmp_path: Path, name: str, form: str, sent: str
) -> None:
    assert inspect(picture(tmp_path / name, form), FREE).name == sent


def test_the_same_content_twice_is_taken_once(tmp_path: Path) -> None:
    a, b = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")
    as_large = tmp_path / "c.png"
    as_large.write_bytes(a.read_bytes()[:-1] + b"!")
    assert [file.name for file in inspect_all([a, b, as_large, a], FREE)] == ["a.png", "c.png"]


def test_a_file_is_hashed_only_where_it_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("hashed")

    monkeypatch.setattr(hashlib, "file_digest", never)
    a, b = picture(tmp_path / "a.png"), picture(tmp_path / "b.gif", "GIF")
    first, second = inspect_all([a, b], FREE)
    monkeypatch.undo()
    hashed = first.sha256
    a.unlink()
    b.unlink()
    assert first.sha256 == hashed
    with pytest.raises(UsageError, match=r"b\.gif is not there"):
        _ = second.sha256


def refused(path: Path) -> SkillError:
    with pytest.raises(SkillError) as caught:
        inspect(path, FREE)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


def test_what_is_not_a_readable_file(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert "is a folder" in refused(tmp_path).message
    assert "is not there" in refused(tmp_path / "none.jpg").message
    assert "a link to a file that is gone" in refused(tmp_path / "gone.jpg").message
    assert "is empty" in refused(tmp_path / "empty.jpg").message
    assert isinstance(refused(tmp_path / "empty.jpg"), UsageError)


def test_what_the_backend_does_not_take(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture")
    error = refused(tmp_path / "notes.jpg")
    assert isinstance(error, FileRefusedError)
    assert "jpg png gif webp" in error.hint
    assert "is a BMP file" in refused(picture(tmp_path / "scan.bmp", "BMP")).message


def test_the_listing_sets_the_largest_size(tmp_path: Path) -> None:
    path = picture(tmp_path / "big.png")
    with path.open("ab") as file:
        file.truncate(51 * 1024 * 1024)
    assert inspect(path, FREE).size == 51 * 1024 * 1024
    with pytest.raises(FileRefusedError, match="is 51 MB; the limit is 50 MB"):
        inspect(path, LISTINGS["image-to-video-low-vram"])
