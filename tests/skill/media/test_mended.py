"""A picture whose container is not whole though every pixel is there is put right; one that lacks pixels is
refused, in words that are true."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from skill.errors import FileRefusedError
from skill.media import draw, pixels
from skill.media.inspect import Change, LocalFile, inspect, prepare
from skill.settings.listings import LISTINGS
from tests.skill import samples
from tests.video import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

FREE = LISTINGS["image-to-video-in-free"]
SIZE = (160, 96)


def photo() -> Image.Image:
    """No two places of it are alike."""
    noise = Image.effect_noise((40, 24), 90).resize(SIZE)
    return Image.merge("RGB", (noise, samples.scene("L", SIZE), noise.rotate(180)))


def moving(form: str) -> bytes:
    first, *others = (photo().rotate(turn) for turn in (0, 10, 20))
    return samples.saved(first, form, save_all=True, append_images=others)


def pictures(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        shown = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            shown.append(image.convert("RGBA").tobytes())
        return shown


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at in this process."""
    monkeypatch.setattr(draw, "check_whole", pixels.check_whole)


@pytest.fixture(params=["sent", "local"])
def ready(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[bytes], LocalFile]:
    """Make a file ready as it is sent, or as it stays on this machine with all that it tells."""

    def ready(data: bytes) -> LocalFile:
        path = tmp_path / "a"
        path.write_bytes(data)
        found = inspect(path, FREE, keep_metadata=request.param == "local")
        return prepare(found, tmp_path / "ready")

    return ready


WHOLE = {
    "jpeg": (samples.saved(photo(), "JPEG", quality=90), 2),
    "jpeg optimised": (samples.saved(photo(), "JPEG", optimize=True), 2),
    "jpeg progressive": (samples.saved(photo(), "JPEG", progressive=True), 2),
    "jpeg grey": (samples.saved(photo().convert("L"), "JPEG", progressive=True), 2),
    "jpeg with restarts": (samples.saved(photo(), "JPEG", restart_marker_blocks=4), 2),
    "jpeg of one colour": (samples.saved(Image.new("RGB", SIZE, "teal"), "JPEG"), 2),
    "png": (samples.saved(photo(), "PNG"), 12 + 4),
    "png palette": (samples.saved(photo().quantize(32), "PNG"), 12 + 4),
    "apng": (moving("PNG"), 12),
    "gif": (samples.saved(photo().quantize(64), "GIF"), 2),
    "gif moving": (moving("GIF"), 2),
}
"""File, and how many bytes at its end are no pixels."""


@pytest.mark.parametrize(("whole", "spare"), WHOLE.values(), ids=WHOLE)
def test_wherever_it_is_cut_it_is_whole_or_refused(
    ready: Callable[[bytes], LocalFile], whole: bytes, spare: int
) -> None:
    right = pictures(whole)
    for cut in range(1, spare + 1):
        sent = ready(whole[:-cut])
        assert Change.MEND in sent.done
        data = sent.path.read_bytes()
        assert pictures(data) == right, cut
        assert data[-2:] in (b"\xff\xd9", b"\x60\x82", b"\0;")
    for cut in (*range(spare + 1, spare + 30), len(whole) // 3, len(whole) // 2):
        with pytest.raises(FileRefusedError, match=r"it is cut off|it ends before the picture"):
            ready(whole[:-cut])


def test_room_that_was_made_for_the_rest_is_not_taken_for_pixels(
    ready: Callable[[bytes], LocalFile],
) -> None:
    whole = samples.saved(photo(), "JPEG")
    sent = ready(whole[:-2] + bytes(5000))
    assert pictures(sent.path.read_bytes()) == pictures(whole)
    for cut in (3, 10, 500):
        with pytest.raises(FileRefusedError, match="cut off"):
            ready(whole[:-cut] + bytes(5000))


def test_a_progressive_one_without_its_last_scans_lacks_its_details(
    ready: Callable[[bytes], LocalFile],
) -> None:
    whole = samples.saved(photo(), "JPEG", progressive=True)
    scans = [at for at in range(len(whole)) if whole.startswith(b"\xff\xda", at)]
    assert len(scans) > 5
    for at in scans[1:]:
        with pytest.raises(FileRefusedError, match="cut off"):
            ready(whole[: whole.rfind(b"\xff\xc4", 0, at)])


def test_what_stands_behind_the_end_is_nothing_to_be_mended(
    ready: Callable[[bytes], LocalFile],
) -> None:
    for whole, _ in WHOLE.values():
        for behind in (b"\0", b"junk" * 9):
            sent = ready(whole + behind)
            assert Change.MEND not in sent.done
            assert pictures(sent.path.read_bytes()) == pictures(whole)


def wrong_sum(data: bytes, kind: bytes) -> bytes:
    at = data.index(kind)
    end = at + 4 + int.from_bytes(data[at - 4 : at], "big")
    return data[:end] + bytes([data[end] ^ 1]) + data[end + 1 :]


@pytest.mark.parametrize("kind", [b"pHYs", b"iCCP", b"IDAT", b"IEND"])
def test_a_wrong_sum_in_a_png(ready: Callable[[bytes], LocalFile], kind: bytes) -> None:
    whole = samples.saved(photo(), "PNG", dpi=(72, 72), icc_profile=samples.SRGB)
    sent = ready(wrong_sum(whole, kind))
    assert sent.done == (Change.MEND,)
    assert sent.path.read_bytes() == whole


def test_pixels_of_a_png_that_are_damaged_are_not_mended(
    ready: Callable[[bytes], LocalFile],
) -> None:
    whole = samples.saved(photo(), "PNG")
    at = whole.index(b"IDAT") + 300
    for broken in (
        whole[:at] + bytes([whole[at] ^ 85]) + whole[at + 1 :],
        wrong_sum(whole, b"IHDR"),
    ):
        with pytest.raises(FileRefusedError, match="cannot be read: it is damaged"):
            ready(broken)


def told(data: bytes, by: int) -> bytes:
    """A WebP that says it is so many bytes longer."""
    size = int.from_bytes(data[4:8], "little") + by
    return data[:4] + size.to_bytes(4, "little") + data[8:]


def odd_webp() -> bytes:
    """One whose pixels are an odd number of bytes, filled up."""
    for edge in range(16, 96):
        data = samples.saved(photo().resize((edge, 24)), "WEBP", lossless=True)
        if int.from_bytes(data[16:20], "little") % 2:
            return data
    raise AssertionError("all are even")


def test_a_webp_that_tells_its_length_wrong(ready: Callable[[bytes], LocalFile]) -> None:
    whole = odd_webp()
    right = pictures(whole)
    for broken in (
        told(whole, 1),
        told(whole, -1),
        told(whole[:-1], -1),
        whole[:-1],
        told(whole, 900),
    ):
        sent = ready(broken)
        assert sent.done[:1] == (Change.MEND,)
        assert sent.path.read_bytes() == whole
    assert pictures(whole) == right
    for cut in (2, 3, len(whole) // 2):
        with pytest.raises(FileRefusedError, match="cut off"):
            ready(whole[:-cut])
    with pytest.raises(FileRefusedError, match="cut off"):  # a picture may be missing
        ready(told(moving("WEBP"), 900))


def clip_of(path: Path, container: dict[str, str]) -> bytes:
    return encode(path, [photo()] * 5, container=container, silence=True).read_bytes()


@pytest.mark.parametrize(
    ("movflags", "said"),
    [
        ("faststart", "pictures or sound are cut off"),
        ("default_base_moof", "it is cut off"),
        ("frag_keyframe+empty_moov", "it is cut off"),
    ],
)
def test_a_clip_whose_end_is_missing(
    ready: Callable[[bytes], LocalFile], tmp_path: Path, movflags: str, said: str
) -> None:
    whole = clip_of(tmp_path / "whole.mp4", {"movflags": movflags})
    assert ready(whole).done == ()
    for cut in (300, len(whole) // 2):
        with pytest.raises(FileRefusedError, match=said):
            ready(whole[:-cut])


def test_a_clip_that_says_it_is_longer_than_its_pictures(
    ready: Callable[[bytes], LocalFile], tmp_path: Path
) -> None:
    whole = clip_of(tmp_path / "whole.mp4", {"movflags": "faststart"})
    at = whole.index(b"mdat") - 4
    size = int.from_bytes(whole[at : at + 4], "big") + 500
    sent = ready(whole[:at] + size.to_bytes(4, "big") + whole[at + 4 :])
    assert (sent.done, sent.path.read_bytes()) == ((Change.MEND,), whole)


class TestOnTheCommandLine:
    @pytest.fixture
    def cut(self, photos: Sequence[Path]) -> Path:
        photos[1].write_bytes(photos[1].read_bytes()[:-2])
        return photos[1]

    def test_what_is_sent_is_whole_and_the_user_is_told(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], cut: Path
    ) -> None:
        ran = run("make", *photos, "-o", "trip.mp4")
        assert ran.code == 0
        assert f"{cut.name}: its end mark, or a sum or length in it, was missing" in ran.err
        [account] = server.backend._store.read().sessions.values()
        [sent] = [item for item in account.uploads if item.name == cut.name]
        path = server.backend.library.path(sent)
        assert path.read_bytes() == cut.read_bytes() + b"\xff\xd9"

    def test_one_that_lacks_pixels_is_refused_before_anything_is_sent(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], cut: Path
    ) -> None:
        cut.write_bytes(cut.read_bytes()[:-40])
        for more in ((), ("--dry-run",), ("--no-wait",)):
            ran = run("make", *photos, "-o", "trip.mp4", "--json", *more)
            assert (ran.code, ran.answer["error"]["code"]) == (6, "file_refused")
            assert "is cut off" in ran.answer["error"]["message"]
        assert len(server.backend.journal) == 0
