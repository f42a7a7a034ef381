"""What an upload really is, whatever it is called."""

from __future__ import annotations

import struct
import wave
import zlib
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from mock_server.render import MediaInfo, UnusableError, inspect, media
from tests.mock_server.render.studio import scenery
from tests.video import encode, shades

if TYPE_CHECKING:
    from pathlib import Path


def tone(path: Path, codec: str, kind: str, hertz: float = 440) -> Path:
    """A second of a sine."""
    wave = (np.sin(np.arange(48_000) * 2 * np.pi * hertz / 48_000) * 9000).astype(np.int16)
    with av.open(path, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = 48_000
        for part in av.AudioResampler(stream.format.name, "mono", 48_000).resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("kind", ["jpg", "png", "gif", "webp"])
def test_pictures(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"photo.{kind}"
    scenery(64, 48).save(path)
    named_wrong = path.rename(tmp_path / "photo.txt")
    assert inspect(named_wrong) == MediaInfo("image", kind, 64, 48)


def test_a_turned_photo_has_the_size_it_is_seen_in(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    scenery(64, 48).save(tmp_path / "a.jpg", exif=exif)
    info = inspect(tmp_path / "a.jpg")
    assert (info.width, info.height) == (48, 64)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_has_a_length(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    frames = [scenery(64, 48, seed) for seed in range(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=250)
    info = inspect(path)
    assert (info.type, info.format) == ("image", kind)
    assert (info.duration, info.fps) == (1.0, 4.0)


@pytest.mark.parametrize(
    ("kind", "codec", "muxer"),
    [
        ("mp4", "libx264", "mp4"),
        ("mov", "libx264", "mov"),
        ("avi", "mpeg4", "avi"),
        ("mkv", "libx264", "matroska"),
        ("webm", "libvpx", "webm"),
    ],
)
def test_videos(tmp_path: Path, kind: str, codec: str, muxer: str) -> None:
    info = inspect(encode(tmp_path / "film", shades(64, 48), codec=codec, kind=muxer))
    assert (info.type, info.format, info.width, info.height) == ("video", kind, 64, 48)
    assert info.duration == pytest.approx(1.0, abs=0.11)
    assert info.fps == 10


@pytest.mark.parametrize(
    ("kind", "codec", "muxer"),
    [
        ("mp3", "libmp3lame", "mp3"),
        ("wav", "pcm_s16le", "wav"),
        ("m4a", "aac", "ipod"),
        ("aac", "aac", "adts"),
    ],
)
def test_sounds(tmp_path: Path, kind: str, codec: str, muxer: str) -> None:
    info = inspect(tone(tmp_path / "tone", codec, muxer))
    assert (info.type, info.format, info.width, info.fps) == ("audio", kind, None, None)
    assert info.duration == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", b"this is a text, whatever its name says\n" * 50),
        ("a.png", b""),
        ("a.mp3", bytes(range(256)) * 64),
        ("a.jpg", b"\xff\xd8\xff\xe0 and then nothing of the kind"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(4000)),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableError, match=r"cannot be read|damaged or cut off"):
        inspect(tmp_path / name)


@pytest.mark.parametrize("kind", ["bmp", "tiff", "ppm", "ico"])
def test_pictures_the_backend_does_not_take_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo.jpg"
    scenery(64, 48).save(path, format=kind)
    with pytest.raises(UnusableError, match="cannot be read"):
        inspect(path)


def test_heic_is_refused_though_the_decoder_would_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    scenery(64, 48).save(path, format="AVIF")
    with pytest.raises(UnusableError, match="cannot be read"):
        inspect(path)


def test_noise_is_not_an_mp3(tmp_path: Path) -> None:
    noise: Any = np.random.default_rng(5).bytes(200_000)
    (tmp_path / "a.mp3").write_bytes(noise)
    with pytest.raises(UnusableError, match="cannot be read"):
        inspect(tmp_path / "a.mp3")


@pytest.mark.parametrize("kind", ["jpg", "png", "gif", "webp"])
@pytest.mark.parametrize("share", [0.4, 0.97])
def test_a_picture_that_is_cut_off_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    path = tmp_path / f"photo.{kind}"
    scenery(320, 240).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnusableError, match=r"^the picture is damaged or cut off$"):
        inspect(path)


def test_a_big_png_is_believed_by_its_checksums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "_QUICK_PIXELS", 1000)
    path = tmp_path / "photo.png"
    scenery(320, 240).save(path)
    assert (inspect(path).width, inspect(path).height) == (320, 240)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(UnusableError, match="damaged"):
        inspect(path)


def test_sound_that_cannot_be_mixed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(64)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(64 * 2 * 4800))
    with pytest.raises(UnusableError, match="cannot be read"):
        inspect(path)


def test_a_picture_too_big_to_be_opened_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    scenery(64, 48).save(path)
    bomb = bytearray(path.read_bytes())
    bomb[16:24] = struct.pack(">II", 60_000, 50_000)  # PNG, 11.2.1: width and height in IHDR
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    path.write_bytes(bomb)
    with pytest.raises(UnusableError, match="60000 x 50000 pixels: more than 200 megapixels"):
        inspect(path)


def test_a_picture_as_big_as_phones_make_is_taken_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    Image.new("1", (13_000, 10_000)).save(path)
    assert inspect(path).width == 13_000
