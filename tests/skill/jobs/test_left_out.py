"""One broken file among several, and photos of odd makes, all the way to the clip."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import av
import numpy as np
import pytest
from PIL import Image

from tests.skill import samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mock_server import Server
    from tests.skill.conftest import Ran

SMALL = ("--local", "--duration", "2", "--resolution", "480p", "-o", "a.mp4", "--json")


def noise(size: tuple[int, int] = (320, 240)) -> Image.Image:
    pixels = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, Path]:
    """Files that cannot be used, each found out at another place: at the first look, when it is
    made ready, when the backend has it."""
    whole = samples.saved(noise(), "JPEG", quality=95)
    turning = samples.saved(noise(), "JPEG", quality=95, exif=b"Exif\0\0" + samples.exif(6))
    tiff = samples.saved(noise(), "TIFF", compression="tiff_lzw")
    contents = {
        "text.jpg": b"this is no photo\n" * 50,
        "empty.png": b"",
        "half.jpg": whole[: len(whole) // 2],
        "turned.jpg": turning[: len(turning) // 2],
        "torn.tiff": tiff[:2000] + bytes(len(tiff) - 4000) + tiff[-2000:],
    }
    paths = {name: tmp_path / name for name in contents}
    for name, content in contents.items():
        paths[name].write_bytes(content)
    return paths


def shown(path: str) -> NDArray[np.uint8]:
    """A frame from the middle of a clip, RGB."""
    with av.open(path) as container:
        frames = list(container.decode(video=0))
    return np.asarray(frames[len(frames) // 2].to_ndarray(format="rgb24"), np.uint8)


class TestOnThisMachine:
    def test_the_broken_ones_are_named_and_the_rest_is_made(
        self, run: Callable[..., Ran], photos: list[Path], broken: dict[str, Path]
    ) -> None:
        files = [photos[0], *broken.values(), photos[1]]
        ran = run("make", *files, *SMALL)
        assert ran.code == 0, ran.out
        data = ran.answer["data"]
        assert {Path(item["file"]).name for item in data["left_out"]} == set(broken)
        for item in data["left_out"]:
            assert Path(item["file"]).name in item["reason"]
        told = [json.loads(line).get("message", "") for line in ran.err.splitlines()]
        for name in broken:
            assert sum(name in line for line in told if line.startswith("Left out: ")) == 1
        assert Path(data["file"]).is_file()
        status = run("--local", "status", "--json").answer["data"]
        assert [item["filename"] for item in status["media"]] == ["cat.png", "cup.jpg"]

    def test_what_only_the_renderer_finds_broken_is_told_in_the_users_language(
        self, run: Callable[..., Ran], photos: list[Path], tmp_path: Path
    ) -> None:
        """A PNG so large that it is believed for its checksums, with nothing to be unpacked."""
        head = struct.pack(">IIBBBBB", 3000, 2400, 8, 2, 0, 0, 0)
        boxes = ((b"IHDR", head), (b"IDAT", bytes(4000)), (b"IEND", b""))
        hollow = tmp_path / "hollow.png"
        hollow.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))
                for kind, body in boxes
            )
        )
        ran = run("make", photos[0], hollow, "-p", "做一段视频", *SMALL)
        assert ran.code == 0, ran.out
        told = [json.loads(line).get("message", "") for line in ran.err.splitlines()]
        (notice,) = [line for line in told if "hollow.png" in line]
        assert notice.startswith("已略过：hollow.png")

    def test_nothing_is_left_out_of_what_can_be_used(
        self, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("make", *photos, *SMALL).answer["data"]["left_out"] == []

    @pytest.mark.parametrize(
        ("names", "code"),
        [(["text.jpg", "half.jpg"], 6), (["half.jpg"], 6), (["empty.png"], 2)],
        ids=["two", "one", "empty"],
    )
    def test_where_none_can_be_used_it_is_an_error(
        self, run: Callable[..., Ran], broken: dict[str, Path], names: list[str], code: int
    ) -> None:
        ran = run("make", *(broken[name] for name in names), *SMALL)
        assert (ran.code, ran.answer["ok"]) == (code, False)
        assert any(name in ran.answer["error"]["message"] for name in names)

    def test_a_file_that_is_not_there_is_an_error_for_it_may_be_a_slip_of_the_pen(
        self, run: Callable[..., Ran], photos: list[Path], tmp_path: Path
    ) -> None:
        ran = run("make", *photos, tmp_path / "ct.png", *SMALL)
        assert ran.code == 2
        assert "ct.png" in ran.answer["error"]["message"]

    def test_a_dry_run_tells_it_beforehand(
        self, run: Callable[..., Ran], photos: list[Path], broken: dict[str, Path]
    ) -> None:
        ran = run("make", "--local", *photos, broken["text.jpg"], "--dry-run", "--json")
        (item,) = ran.answer["data"]["left_out"]
        assert Path(item["file"]).name == "text.jpg"
        ran = run("make", "--local", *photos, broken["text.jpg"], "--dry-run")
        assert "Left out: " in ran.out
        assert "Would upload: cat.png, cup.jpg, sky.png\n" in ran.out

    def test_an_upload_leaves_it_out_too(
        self, run: Callable[..., Ran], photos: list[Path], broken: dict[str, Path]
    ) -> None:
        ran = run("upload", "--local", *photos, broken["half.jpg"], "--json")
        assert ran.code == 0, ran.out
        assert len(ran.answer["data"]["files"]) == 3
        (item,) = ran.answer["data"]["left_out"]
        assert Path(item["file"]).name == "half.jpg"

    def test_it_is_told_in_the_users_language(
        self, run: Callable[..., Ran], photos: list[Path], broken: dict[str, Path]
    ) -> None:
        words = (
            "make",
            "--local",
            *photos,
            broken["text.jpg"],
            "-p",
            "做一个安静的短片",
            "--dry-run",
        )
        assert "已略过：" in run(*words).out


class TestWhereItCosts:
    def test_a_broken_file_is_an_error_before_anything_is_sent(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        broken: dict[str, Path],
    ) -> None:
        ran = run("make", *photos, broken["text.jpg"], "--json")
        assert ran.code == 6
        assert "text.jpg" in ran.answer["error"]["message"]
        assert ran.answer["error"]["hint"].endswith(" Or leave it out.")
        assert server.backend.journal.calls() == []

    def test_what_only_the_backend_finds_broken_is_an_error_too(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        broken: dict[str, Path],
    ) -> None:
        ran = run("make", *photos, broken["half.jpg"], "--json")
        assert ran.code == 6
        assert "half.jpg" in ran.answer["error"]["message"]
        assert server.backend.journal.messages() == []

    def test_alone_it_cannot_be_left_out(
        self, server: Server, run: Callable[..., Ran], broken: dict[str, Path]
    ) -> None:
        ran = run("make", broken["text.jpg"], "--json")
        assert ran.code == 6
        assert "leave it out" not in ran.answer["error"]["hint"]


class TestOddMakes:
    """From the file on disk through its conversion to a frame of the clip."""

    @pytest.mark.parametrize("orientation", [1, 6, 8])
    def test_a_heic_is_turned_once_though_it_says_so_twice(
        self, run: Callable[..., Ran], tmp_path: Path, orientation: int
    ) -> None:
        """HEIF turns by `irot` alone (ISO/IEC 23008-12, 6.5.10); what EXIF says is a copy of it."""
        import pillow_heif

        upright = samples.scene(size=(480, 320))
        back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
        stored = upright.transpose(back[orientation]) if orientation in back else upright
        body = io.BytesIO()
        told = samples.exif(orientation)
        pillow_heif.from_pillow(stored).save(body, exif=b"Exif\0\0" + told, quality=95, chroma=444)
        data = body.getvalue()
        tag = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00", b"\x12\x01\x03\x00\x01\x00\x00\x00"
        for mark in tag:  # the encoder sets the copy to 1
            data = data.replace(mark + b"\x01", mark + bytes([orientation]))
        assert (b"irot" in data) == (orientation != 1)
        path = tmp_path / "phone.heic"
        path.write_bytes(data)
        assert _exif_orientation(path) == orientation
        ran = run("make", path, "-p", "no motion", *SMALL)
        assert ran.code == 0, ran.out
        frame = shown(ran.answer["data"]["file"]).astype(int)
        height, width = frame.shape[:2]
        y, x = height // 8, (width - height * 3 // 2) // 2 + height // 6
        if width / height > 1.7:  # 3:2 fills 16:9, a strip of it
            x = width // 8
        assert frame[y, x, 0] > 180 > 90 > frame[y, x, 2]  # red, top left
        assert frame[y, width - x, 2] > 180 > 90 > frame[y, width - x, 0]  # blue, top right
        assert frame[height - y, x, 1] > 180 > 90 > frame[height - y, x, 0]  # green, below

    @pytest.mark.parametrize(
        ("mode", "form"),
        [
            ("CMYK", "TIFF"),
            ("LAB", "TIFF"),
            ("I;16", "TIFF"),
            ("F", "TIFF"),
            ("RGBA", "TIFF"),
            ("RGB", "AVIF"),
        ],
    )
    def test_a_file_of_any_mode_is_seen_as_it_is(
        self, run: Callable[..., Ran], tmp_path: Path, mode: str, form: str
    ) -> None:
        grey = Image.linear_gradient("L").resize((320, 180))
        match mode:
            case "I;16":
                image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
            case "F":
                image = Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
            case "LAB":
                image = Image.merge("LAB", (grey, *[Image.new("L", grey.size, 128)] * 2))
            case _:
                image = grey.convert("RGB").convert(mode)
        path = tmp_path / f"odd.{form.lower()}"
        image.save(path, form)
        ran = run("make", path, *SMALL)
        assert ran.code == 0, ran.out
        frame = shown(ran.answer["data"]["file"]).astype(int)
        levels = frame[::60, frame.shape[1] // 2].mean(axis=1)
        assert (np.diff(levels) > 10).all()
        assert np.ptp(frame[240, 400]) < 24


def _exif_orientation(path: Path) -> int:
    """As it stands in the file, whatever the decoder makes of it."""
    data = path.read_bytes()
    start = data.rindex(b"Exif\0\0") + 6
    tags = Image.Exif()
    tags.load(b"Exif\0\0" + data[start:])
    return int(tags[0x0112])
