"""What is shown beside a video: it looks like the video, it loops, it is small."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from PIL import Image

from mock_server.render import RenderError, previews
from mock_server.render.previews import Film, make
from tests.mock_server.render.studio import Studio, error, likeness, pictures, scenery

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def crossfade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds: one picture, a crossfade of 0.4 s, another picture."""
    studio = Studio(tmp_path_factory.mktemp("crossfade"), duration=2000)
    studio.photo("a.png", scenery(320, 180, 1))
    studio.photo("b.png", scenery(320, 180, 2))
    studio.shoot("a.png", 0, 1200)
    studio.shoot("b.png", 800, 1200, tr={"type": "crossfade", "d": 400})
    return studio.render().path


def moving(path: Path) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """The frames of a GIF or WebP, and how long each is shown in ms."""
    shown, lengths = [], []
    with Image.open(path) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            shown.append(np.asarray(image.convert("RGB")))
            lengths.append(float(image.info["duration"]))
    return shown, lengths


@pytest.mark.parametrize(("kind", "rate"), [("gif", 12), ("webp", 15)])
def test_a_loop_shows_the_whole_video_at_its_pace_and_for_ever(
    crossfade: Path, tmp_path: Path, kind: str, rate: int
) -> None:
    target = tmp_path / "loop"
    make(kind, crossfade, target)
    shown, lengths = moving(target)
    assert len(shown) == 2 * rate
    assert sum(lengths) == pytest.approx(2000, abs=1)
    assert max(lengths) - min(lengths) <= 10
    with Image.open(target) as image:
        assert image.format == kind.upper()
        assert image.info["loop"] == 0
        assert image.size == (320, 180)
    real = pictures(crossfade)
    for number in (0, rate // 2, rate, 2 * rate - 1):
        assert likeness(shown[number], real[number * 30 // rate]) > 0.95, number


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_colours_of_a_loop_are_those_of_the_video(
    studio: Studio, tmp_path: Path, kind: str
) -> None:
    image = Image.new("RGB", (320, 180))
    colours = [(230, 230, 230), (20, 20, 20), (200, 30, 40), (30, 180, 60), (40, 60, 200)]
    for n, colour in enumerate(colours):
        image.paste(colour, (n * 64, 0, n * 64 + 64, 180))
    studio.duration = 400
    studio.shoot(studio.photo("a.png", image), motion={"style": "still", "move": "zoom_in"})
    make(kind, studio.render().path, tmp_path / "loop")
    shown, _ = moving(tmp_path / "loop")
    for n, colour in enumerate(colours):
        seen = shown[-1][40:140, n * 64 + 20 : n * 64 + 44].mean(axis=(0, 1))
        assert np.abs(seen - colour).max() <= 5, (colour, seen)


def test_a_large_video_that_names_the_matrix_of_small_ones_is_read_by_it(tmp_path: Path) -> None:
    path = tmp_path / "601.mp4"
    with av.open(path, "w") as film:
        stream = film.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.codec_context.colorspace = 6  # SMPTE 170M (ITU-T H.273, table 4)
        red = np.full((720, 1280, 3), (200, 30, 40), np.uint8)
        frame = av.VideoFrame.from_ndarray(red, "rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU601
        )
        film.mux(stream.encode(frame))
        film.mux(stream.encode())
    with Film(path) as seen:
        picture = next(seen.pictures([0.0], (320, 180)))
    assert np.abs(picture.mean(axis=(0, 1)) - (200, 30, 40)).max() <= 5


@pytest.mark.parametrize(
    ("size", "shown"), [((960, 540), (480, 270)), ((540, 960), (270, 480)), ((64, 36), (64, 36))]
)
def test_a_loop_is_at_most_480_pixels_long(
    studio: Studio, tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    studio.width, studio.height = size
    studio.duration = 100
    studio.shoot(studio.photo("a.png", scenery(*size)))
    for kind in ("gif", "webp"):
        make(kind, studio.render().path, tmp_path / kind)
        with Image.open(tmp_path / kind) as image:
            assert image.size == shown


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_what_would_be_too_large_is_made_smaller_and_at_last_shorter(
    crossfade: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    make(kind, crossfade, tmp_path / "free")
    free = (tmp_path / "free").stat().st_size
    rungs = [previews._Rung(320, 12), previews._Rung(160, 12), previews._Rung(80, 6)]
    monkeypatch.setitem(previews._RUNGS, kind, rungs)
    for limit, whole in ((free // 2, True), (free // 200, False)):
        monkeypatch.setattr(previews, "LOOP_BYTES", limit)
        make(kind, crossfade, tmp_path / "small")
        shown, lengths = moving(tmp_path / "small")
        assert shown[0].shape[1] < 320
        assert (sum(lengths) == pytest.approx(2000, abs=1)) == whole
        if whole:
            assert (tmp_path / "small").stat().st_size <= limit


@pytest.mark.parametrize("kind", ["gif", "webp", "poster", "sheet"])
def test_the_same_video_gives_the_same_file_and_is_told_to_its_end(
    crossfade: Path, tmp_path: Path, kind: str
) -> None:
    told: list[float] = []
    make(kind, crossfade, tmp_path / "one", told.append)
    make(kind, crossfade, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_poster_is_a_sharp_frame_in_full_size_and_of_neither_fade(
    studio: Studio, tmp_path: Path
) -> None:
    """Dark, a picture with a title that comes and goes, a crossfade, a blurred one, a flash of
    noise that is sharper than all."""
    studio.width, studio.height, studio.duration = 640, 360, 6000
    studio.photo("black.png", Image.new("RGB", (640, 360), "black"))
    studio.photo("sharp.png", scenery(640, 360, 3))
    studio.photo("other.png", scenery(640, 360, 4).resize((64, 36)).resize((640, 360)))
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    studio.photo("noise.png", Image.fromarray(noise))
    studio.shoot("black.png", 0, 1500)
    studio.shoot("sharp.png", 1000, 3000, tr={"type": "crossfade", "d": 500})
    studio.shoot("other.png", 3000, 1800, tr={"type": "crossfade", "d": 1000})
    studio.shoot("noise.png", 4800, 200)
    studio.shoot("other.png", 5000, 1000)
    studio.titles = [{"s": 1500, "d": 1500, "text": "A title"}]
    make("poster", studio.render().path, tmp_path / "poster.jpg")
    with Image.open(tmp_path / "poster.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (640, 360))
        poster = np.asarray(image)
    errors = [error(poster, frame) for frame in pictures(studio.target)]
    best = int(np.argmin(errors))
    assert errors[best] < 3
    seconds = best / 30
    assert 1.5 < seconds < 3
    assert 0.3 < seconds - 1.5 < 1.2  # of the title's 1.5 s: whole


@pytest.mark.parametrize(
    ("size", "tiles"), [((320, 180), (4, 3)), ((180, 320), (6, 2)), ((240, 240), (4, 3))]
)
def test_a_sheet_has_twelve_frames_in_the_order_of_time(
    studio: Studio, tmp_path: Path, size: tuple[int, int], tiles: tuple[int, int]
) -> None:
    studio.width, studio.height, studio.duration = *size, 1200
    for n in range(12):
        studio.photo(f"{n}.png", Image.new("RGB", size, (20 * n, 20 * n, 20 * n)))
        studio.shoot(f"{n}.png", n * 100, 100)
    make("sheet", studio.render().path, tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.format == "JPEG"
        sheet = np.asarray(image.convert("L")).astype(float)
    columns, rows = tiles
    gap = previews._GAP
    across = (sheet.shape[1] - gap) / columns
    down = (sheet.shape[0] - gap) / rows
    for n in range(12):
        x = round(gap + n % columns * across + (across - gap) / 2)
        y = round(gap + n // columns * down + size[1] / 3)
        assert sheet[y - 4 : y + 4, x - 4 : x + 4].mean() == pytest.approx(20 * n, abs=4), n
    assert sheet[:, : gap // 2].mean() < 40


def test_times_on_a_sheet_have_tenths_where_the_video_is_short() -> None:
    assert previews._stamp(3.56, 10.0) == "0:03.5"
    assert previews._stamp(65.9, 100.0) == "1:05"


def test_one_frame_is_enough_for_everything(studio: Studio, tmp_path: Path) -> None:
    studio.duration = 33
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    clip = studio.render().path
    for kind in ("gif", "webp", "poster", "sheet"):
        make(kind, clip, tmp_path / kind)
        with Image.open(tmp_path / kind) as image:
            image.load()


def test_frames_far_apart_are_the_same_as_by_decoding_all(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.duration = 12_000
    studio.width, studio.height = 96, 64
    for name, length in (("black", 12_000), ("white", 11_900)):
        studio.photo(f"{name}.png", Image.new("RGB", (96, 64), name))
        fade = {"type": "crossfade", "d": 11_900}
        studio.shoot(f"{name}.png", 12_000 - length, length, tr=fade)
    studio.render()
    times = [0.0, 0.02, 2.5, 9.1, 11.99]
    with Film(studio.target) as film:
        assert film.duration == 12
        leaping = list(film.pictures(times, film.size))
    monkeypatch.setattr(previews, "_LEAP", 100)
    with Film(studio.target) as film:
        walking = list(film.pictures(times, film.size))
    monkeypatch.setattr(previews, "_LEAP", 1)
    with Film(studio.target) as film:
        hopping = list(film.pictures(times, film.size))
    assert np.array_equal(leaping, walking)
    assert np.array_equal(hopping, walking)
    real = pictures(studio.target)
    for shown, number in zip(walking, (0, 0, 75, 273, 359), strict=True):
        assert shown.mean() == pytest.approx(real[number].mean(), abs=1.5)  # two frames


def test_what_is_no_video_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"nothing of a video")
    with pytest.raises(RenderError, match=r"^no\.mp4: .+"):
        make("gif", tmp_path / "no.mp4", tmp_path / "no.gif")


def _process(*words: object, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}from mock_server.render.previews import run; run()"]
        + [str(word) for word in words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_process_tells_how_far_it_is_and_what_came_of_it(
    crossfade: Path, tmp_path: Path
) -> None:
    told = []
    for film in (crossfade, tmp_path / "lost.mp4"):
        process = _process("sheet", film, tmp_path / "sheet.jpg")
        assert process.stdout is not None
        told.append(process.stdout.read().splitlines())
        process.communicate()
        assert process.returncode == 0
    assert told[0][-2:] == ["1.000", "made"]
    assert told[1] == ["lost.mp4: No such file or directory"]


def test_the_process_ends_when_nobody_waits_for_it(crossfade: Path, tmp_path: Path) -> None:
    process = _process("gif", crossfade, tmp_path / "x.gif")
    process.communicate()  # closes its input
    assert process.returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
@pytest.mark.parametrize("kind", ["gif", "webp", "poster", "sheet"])
def test_what_the_disk_has_no_room_for_is_an_error_and_not_half_a_picture(
    crossfade: Path, tmp_path: Path, kind: str
) -> None:
    make(kind, crossfade, tmp_path / "whole")
    room = (tmp_path / "whole").stat().st_size - 1
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); "
    process = _process(kind, crossfade, tmp_path / "x", before=limit)
    assert process.stdout is not None
    said = process.stdout.read().splitlines()
    process.communicate()
    assert said[-1] == "it cannot be written (File too large)"
