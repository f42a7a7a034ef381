"""Music and the user's own sound: exact length, pleasant levels, nothing clipped."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mock_server.render import RenderError, music
from mock_server.render.plan import read
from mock_server.render.sound import RATE, limited, mix
from tests.mock_server.render.studio import hearing, scenery
from tests.mock_server.render.test_media import film, tone

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio


def heard(
    *segments: dict[str, Any], length: int = 1000, media: dict[str, Path] | None = None
) -> NDArray[np.float32]:
    plan = read({"d": length, "fps": 30, "t": [{"tt": 1, "sg": list(segments)}]})
    return np.concatenate(list(mix(plan, media or {})), axis=1)


def made(style: str = "lofi", **more: Any) -> dict[str, Any]:
    return {"s": 0, "d": 1000, "src": {"type": "music", "style": style, "seed": 3}, **more}


def own(name: str = "own", **more: Any) -> dict[str, Any]:
    return {"s": 0, "d": 1000, "src": {"type": "audio", "hash": name, "name": name}, **more}


def loudness(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


@pytest.mark.parametrize("style", list(music.STYLES))
def test_each_style_is_music_of_even_level_and_repeats_without_a_seam(style: str) -> None:
    blocks = list(islice(music.play(style, 5, 5.0), 40))
    sound = np.concatenate(blocks, axis=1)[:, : 12 * RATE]
    assert loudness(sound) == pytest.approx(music.LEVEL, rel=0.15)
    seconds = [loudness(sound[:, n * RATE : (n + 1) * RATE]) for n in range(12)]
    assert min(seconds) > 0.25 * max(seconds)
    assert np.abs(np.diff(sound)).max() < 0.6
    spectrum = np.abs(np.fft.rfft(sound[0])) ** 2
    frequency = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    assert spectrum[frequency > 10_000].sum() < 0.05 * spectrum.sum()  # soft, no hiss
    assert spectrum[frequency < 30].sum() < 0.02 * spectrum.sum()


def test_a_seed_always_gives_the_same_music_and_another_one_another() -> None:
    first, again, other = (next(music.play("lofi", seed, 3.0)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_styles_differ() -> None:
    sounds = [next(music.play(style, 1, 3.0)) for style in music.STYLES]
    assert len({sound.tobytes() for sound in sounds}) == 4


def test_volume_is_the_drafts() -> None:
    loud, soft = heard(made(v=0.4)), heard(made(v=0.1))
    assert loudness(loud) == pytest.approx(4 * loudness(soft), rel=1e-3)


def test_fades_start_and_end_in_silence() -> None:
    sound = heard(made(fade={"in": 400, "out": 400}))
    tenth = RATE // 100
    assert loudness(sound[:, :tenth]) < 0.05 * loudness(sound)
    assert loudness(sound[:, -tenth:]) < 0.05 * loudness(sound)


def test_a_segment_is_silent_outside_its_time() -> None:
    sound = heard(made(s=300, d=400))
    assert not sound[:, : int(0.3 * RATE)].any()
    assert not sound[:, int(0.7 * RATE) :].any()
    assert loudness(sound[:, int(0.3 * RATE) : int(0.7 * RATE)]) > 0.01


def test_many_loud_tracks_do_not_clip() -> None:
    sound = heard(*(made(style, v=3) for style in music.STYLES))
    assert np.abs(sound).max() < 1


def test_what_is_not_loud_is_not_touched() -> None:
    quiet = np.linspace(-0.8, 0.8, 100, dtype=np.float32)[None]
    assert np.array_equal(limited(quiet), quiet)
    loud = np.linspace(-4, 4, 4000, dtype=np.float32)[None]
    bent = limited(loud)
    assert (np.diff(bent) >= 0).all()
    assert np.abs(bent).max() <= 0.98


@pytest.mark.parametrize(
    ("codec", "muxer"),
    [("libmp3lame", "mp3"), ("pcm_s16le", "wav"), ("aac", "ipod"), ("aac", "adts")],
)
def test_ones_own_sound_is_looped_without_a_click(tmp_path: Path, codec: str, muxer: str) -> None:
    media = {"own": tone(tmp_path / "own", codec, muxer, hertz=440.25)}
    sound = heard(own(d=2500), length=2500, media=media)
    assert sound.shape == (2, 2.5 * RATE)
    for half in range(5):
        part = sound[0, half * RATE // 2 : (half + 1) * RATE // 2]
        peak = np.abs(np.fft.rfft(part)).argmax() * 2
        assert peak == pytest.approx(440, abs=3)
    assert np.abs(np.diff(sound)).max() < 0.05


def test_a_file_without_sound_and_a_broken_one_are_named(tmp_path: Path) -> None:
    silent = {"own": film(tmp_path / "own", "libx264", "mp4")}
    with pytest.raises(RenderError, match="own: has no sound"):
        heard(own(), media=silent)
    (tmp_path / "bad").write_bytes(b"nothing to be heard here" * 100)
    with pytest.raises(RenderError, match="bad: cannot be read as sound"):
        heard(own("bad"), media={"bad": tmp_path / "bad"})


def test_the_video_carries_the_sound_at_its_exact_length(studio: Studio) -> None:
    studio.duration = 1500
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    studio.sounds = [made("upbeat", d=1500, v=0.8)]
    sound = hearing(studio.render().path)
    assert abs(sound.shape[1] - 1.5 * RATE) <= 1024
    assert loudness(sound) > 0.05
