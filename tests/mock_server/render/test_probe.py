"""The MP4 under a strict eye: bitstream, boxes and times, at every size and rate there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from mock_server.agent.montage import SIZES
from skill.media.mp4 import probe
from tests.mock_server.render import boxes
from tests.mock_server.render.studio import scenery

if TYPE_CHECKING:
    from tests.mock_server.render.studio import Studio

RATES = (24, 25, 30, 60)
ROOT = Path(__file__).resolve().parents[3]
MUSIC: dict[str, Any] = {"s": 0, "v": 0.5, "src": {"type": "music", "style": "lofi", "seed": 1}}
# H.264, table A-1: level → macroblocks a second, macroblocks a frame.
LEVELS = {
    10: (1485, 99), 11: (3000, 396), 12: (6000, 396), 13: (11880, 396), 20: (11880, 396),
    21: (19800, 792), 22: (20250, 1620), 30: (40500, 1620), 31: (108000, 3600),
    32: (216000, 5120), 40: (245760, 8192), 41: (245760, 8192), 42: (522240, 8704),
}  # fmt: skip
AAC_FRAME = Fraction(1024, 48_000)

# Every size once; every rate with every number of lines and with every aspect.
CASES = [
    (size, RATES[(aspects.index(aspect) + row) % 4])
    for aspects in [sorted({aspect for aspect, _ in SIZES})]
    for row, lines in enumerate((480, 720, 1080))
    for aspect, size in ((aspect, SIZES[aspect, lines]) for aspect in aspects)
]


def shot(studio: Studio, size: tuple[int, int], rate: int, milliseconds: int) -> boxes.Box:
    studio.width, studio.height, studio.fps = *size, rate
    studio.duration = milliseconds
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    studio.sounds = [MUSIC | {"d": milliseconds}]
    studio.render()
    return boxes.read(studio.target)


@pytest.mark.parametrize(("size", "rate"), CASES)
def test_a_strict_probe_finds_nothing(studio: Studio, size: tuple[int, int], rate: int) -> None:
    file = shot(studio, size, rate, 500)
    frames = round(rate / 2)
    kinds = [box.kind for box in file.inner]
    assert kinds.index("moov") < kinds.index("mdat")
    assert kinds[0] == "ftyp"
    assert not {"moof", "mfra"} & {*kinds}
    video, audio = file.all("moov", "trak")
    bitstream(video, size, rate)
    picture_times(file, video, rate, frames)
    sound(file, audio, Fraction(frames, rate))
    demuxed(studio.target, size, rate, frames)
    seen = probe(studio.target)  # the client's own eye
    assert (seen.width, seen.height) == size
    assert seen.duration == pytest.approx(frames / rate, abs=0.03)


def bitstream(video: boxes.Box, size: tuple[int, int], rate: int) -> None:
    entry = video.one("mdia", "minf", "stbl", "stsd", "avc1")
    assert entry.numbers("HH", 24) == size
    assert size[0] % 2 == size[1] % 2 == 0
    said = boxes.vui(entry.one("avcC"))
    assert (said.profile, said.limited_range, said.colours) == (100, True, (1, 1, 1))
    assert said.rate == rate
    assert said.fixed_rate
    assert said.reorder <= 2
    assert entry.one("avcC").numbers("BBBB") == (1, 100, 0, said.level)
    blocks = -(-size[0] // 16) * -(-size[1] // 16)
    a_second, a_frame = LEVELS[said.level]
    assert blocks <= a_frame
    assert blocks * rate <= a_second
    assert said.level <= 42
    colour = entry.one("colr")
    assert colour.body[:4] == b"nclx"
    assert colour.numbers("HHHB", 4) == (1, 1, 1, 0)  # BT.709 three times, not full range
    assert {box.kind for box in entry.inner} <= {"avcC", "colr", "pasp", "btrt", "fiel"}
    assert all(box.numbers("II") == (1, 1) for box in entry.all("pasp"))


def picture_times(file: boxes.Box, video: boxes.Box, rate: int, frames: int) -> None:
    """One length for all frames; what the order of decoding shifts, the edit list shifts back."""
    scale, length = video.one("mdia", "mdhd").numbers("II", 12)
    assert Fraction(length, scale) == Fraction(frames, rate)
    table = video.one("mdia", "minf", "stbl")
    assert table.one("stts").table("II") == [(frames, scale // rate)]
    assert scale % rate == 0
    step = scale // rate
    decoded = [step * n for n in range(frames)]
    if table.all("ctts"):
        shifts = [shift for count, shift in table.one("ctts").table("Ii") for _ in range(count)]
    else:
        shifts = [0] * frames
    shown = sorted(at + shift for at, shift in zip(decoded, shifts, strict=True))
    assert [at - shown[0] for at in shown] == decoded
    (whole,) = file.one("moov", "mvhd").numbers("I", 12)
    ((span, begin, speed),) = video.one("edts", "elst").table("IiI")
    assert (begin, speed) == (shown[0], 0x10000)
    assert abs(Fraction(span, whole) - Fraction(frames, rate)) <= Fraction(1, whole)


def sound(file: boxes.Box, audio: boxes.Box, seconds: Fraction) -> None:
    (scale,) = audio.one("mdia", "mdhd").numbers("I", 12)
    assert scale == 48_000
    entry = audio.one("mdia", "minf", "stbl", "stsd", "mp4a")
    channels, bits = entry.numbers("HH", 16)
    assert (channels, bits) == (2, 16)
    # ISO/IEC 14496-3, 1.6.2.1: object type 2 (LC), frequency 3 (48 kHz), two channels.
    assert b"\x11\x90" in entry.one("esds").body
    (whole,) = file.one("moov", "mvhd").numbers("I", 12)
    ((span, begin, speed),) = audio.one("edts", "elst").table("IiI")
    assert (begin, speed) == (1024, 0x10000)  # the encoder's delay is not heard
    assert abs(Fraction(span, whole) - seconds) <= AAC_FRAME


def demuxed(path: Path, size: tuple[int, int], rate: int, frames: int) -> None:
    with av.open(path) as container:
        video, audio = container.streams
        assert isinstance(video, av.VideoStream)
        assert isinstance(audio, av.AudioStream)
        assert (video.codec.name, video.profile) == ("h264", "High")
        assert (video.width, video.height) == size
        assert video.average_rate == rate
        assert video.base_rate == rate
        assert video.frames == frames
        assert (audio.codec.name, audio.profile, audio.rate) == ("aac", "LC", 48_000)
        assert audio.layout.name == "stereo"
        pictures = list(container.decode(video))
        assert [picture.time for picture in pictures] == [
            pytest.approx(n / rate, abs=1e-6) for n in range(frames)
        ]
        assert pictures[0].key_frame
        for picture in pictures:
            assert picture.format.name == "yuv420p"
            assert (picture.colorspace, picture.color_range) == (1, 1)
            assert (picture.color_primaries, picture.color_trc) == (1, 1)
            assert not picture.interlaced_frame
        container.seek(0)
        heard = list(container.decode(audio))
    assert heard[0].time == 0
    length = sum(Fraction(sounds.samples, 48_000) for sounds in heard)
    assert abs(length - Fraction(frames, rate)) <= AAC_FRAME


@pytest.mark.parametrize("rate", RATES)
def test_there_is_a_place_to_seek_to_in_every_ten_seconds(studio: Studio, rate: int) -> None:
    file = shot(studio, (32, 18), rate, 21_000)
    video = file.all("moov", "trak")[0]
    keys = [number - 1 for (number,) in video.one("mdia", "minf", "stbl", "stss").table("I")]
    assert keys[0] == 0
    gaps = [after - before for before, after in zip(keys, [*keys[1:], 21 * rate], strict=True)]
    assert max(gaps) <= 10 * rate


def whole(studio: Studio) -> bytes:
    studio.render()
    return studio.target.read_bytes()


PROCESS = """
import json, pathlib, sys
from mock_server.render import render
draft, media, target = json.loads(sys.stdin.read())
render(draft, {name: pathlib.Path(path) for name, path in media.items()}, pathlib.Path(target))
"""


def test_the_same_draft_gives_the_same_file_here_and_elsewhere(
    studio: Studio,
) -> None:
    """Also in another process, and on a machine with one processor."""
    studio.duration = 1500
    for n in range(3):
        name = studio.photo(f"{n}.png", scenery(400, 300, n))
        studio.shoot(name, n * 400, 700, tr={"type": "crossfade", "d": 300})
    studio.titles = [{"s": 0, "d": 1000, "text": "Again"}]
    studio.sounds = [MUSIC | {"d": 1500}]
    first = whole(studio)
    assert whole(studio) == first
    order = json.dumps(
        [studio.draft(), {k: str(v) for k, v in studio.media.items()}, str(studio.target)]
    )
    for prefix in ([], ["taskset", "-c", "0"]):
        if prefix and not Path("/usr/bin/taskset").exists():
            continue
        studio.target.unlink()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
        subprocess.run(
            [*prefix, sys.executable, "-c", PROCESS],
            input=order, text=True, check=True, env=environment,
        )  # fmt: skip
        assert studio.target.read_bytes() == first, prefix
