"""A file on disk is looked into before anything is sent: what it is, not what it is called."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from skill.errors import FileRefusedError, SkillError, UsageError
from skill.media.formats import identify
from skill.media.inspect import inspect, inspect_all, prepare
from skill.settings.listings import LISTINGS, MIB
from tests.skill import samples

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
        ("esc\x1b[31m\x07.png", "PNG", "esc[31m.png"),
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


def test_what_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert "is not a file" in refused(pipe).message
    assert "is not a file" in refused(Path("/dev/null")).message


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(5, "I/O error")]
)
def test_what_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    path = picture(tmp_path / "mine.png")

    def closed(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", closed)
    assert f"mine.png cannot be read: {error.strerror}" in refused(path).message
    assert isinstance(refused(path), UsageError)


def test_what_the_backend_does_not_take(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture")
    error = refused(tmp_path / "notes.jpg")
    assert isinstance(error, FileRefusedError)
    assert "is no picture, video or sound" in error.message
    assert "jpg png gif webp" in error.hint
    (tmp_path / "paper.jpg").write_bytes(b"%PDF-1.7 ...")
    assert "is a PDF file" in refused(tmp_path / "paper.jpg").message


@pytest.mark.parametrize(
    ("mime", "data"),
    [
        ("image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("image/heic", b"\0\0\0\x18ftypheix\0\0\0\0mif1heix"),
        ("image/heic", b"\0\0\0\x18ftypmif1\0\0\0\0miafheix"),
        ("image/avif", b"\0\0\0\x18ftypmif1\0\0\0\0avifmiaf"),
        ("image/avif", b"\0\0\0\x18ftypavis\0\0\0\0msf1avif"),
        ("image/tiff", b"II*\0" + bytes(20)),
        ("image/tiff", b"MM\0*" + bytes(20)),
        ("image/tiff", b"II+\0" + bytes(20)),
        ("image/bmp", b"BM" + bytes(20)),
        ("image/jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20)),
        ("image/jp2", b"\xff\x4f\xff\x51" + bytes(20)),
        ("image/x-icon", b"\0\0\1\0" + bytes(20)),
        ("image/vnd.adobe.photoshop", b"8BPS" + bytes(20)),
        ("video/mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42"),
        ("video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
    ],
)
def test_a_kind_is_told_by_content(tmp_path: Path, mime: str, data: bytes) -> None:
    assert identify(tmp_path, data + bytes(64)) == mime


def test_a_broken_picture_is_one_clear_line(tmp_path: Path) -> None:
    whole = samples.jpeg()
    for name, data in (
        ("cut.jpg", whole[:600]),
        ("cut.png", samples.png()[:60]),
        ("cut.webp", samples.webp()[:20]),
        ("cut.gif", samples.gif()[:20]),
        ("cut.bmp", samples.saved(samples.scene(), "BMP")[:20]),
        ("cut.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ):
        (tmp_path / name).write_bytes(data)
        error = refused(tmp_path / name)
        assert isinstance(error, FileRefusedError), name
        assert f"{name} cannot be read: it " in error.message


def test_clips_and_sounds_over_the_limit_are_refused(tmp_path: Path, clip: bytes) -> None:
    for name, head in (("long.mp4", clip), ("long.wav", b"RIFF\0\0\0\0WAVEfmt ")):
        path = tmp_path / name
        path.write_bytes(head)
        with path.open("ab") as file:
            file.truncate(300 * MIB)
        error = refused(path)
        assert f"{name} is 300 MB; the limit is 200 MB" in error.message
        assert "Compress or trim" in error.hint


def test_the_listing_sets_the_largest_size(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(clip)
    with path.open("ab") as file:
        file.truncate(50 * MIB + 1)
    assert inspect(path, FREE).size == 50 * MIB + 1
    with pytest.raises(FileRefusedError, match=r"is 50\.1 MB; the limit is 50 MB"):
        inspect(path, LISTINGS["image-to-video-low-vram"])


def test_files_that_will_be_converted_get_names_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [
        picture(tmp_path / "a.png"),
        picture(tmp_path / "a.bmp", "BMP"),
        picture(tmp_path / "other" / "a.tiff", "TIFF"),
        picture(tmp_path / "other" / "a.gif", "GIF"),
    ]
    names = [file.name for file in inspect_all(paths, FREE)]
    assert names == ["a.png", "a-2.bmp", "a-3.tiff", "a.gif"]
    ready = [prepare(file, tmp_path / "ready").name for file in inspect_all(paths, FREE)]
    assert ready == ["a.png", "a-2.png", "a-3.png", "a.gif"]


def test_a_plain_photo_is_looked_into_without_a_decoder(tmp_path: Path) -> None:
    (tmp_path / "sideways.jpg").write_bytes(samples.jpeg(6))
    program = (
        "import sys; sys.modules['PIL'] = sys.modules['pi_heif'] = None\n"
        "from pathlib import Path; from skill.media.inspect import inspect; from skill.settings.listings import DEFAULT\n"
        "print(*inspect(Path(sys.argv[1]), DEFAULT).changes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "sideways.jpg")],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.stdout == "turn strip\n"
