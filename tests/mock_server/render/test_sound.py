"""Music and the user's own sound: exact length, pleasant levels, nothing clipped."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from mock_server.render import RenderError, inspect, music
from mock_server.render.cast import Cast
from mock_server.render.loudness import RATE
from mock_server.render.plan import read
from mock_server.render.sound import mix
from tests.mock_server.render.studio import ebur128, hearing, scenery, video_segment
from tests.mock_server.render.test_media import tone
from tests.video import encode, shades

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


def recording(path: Path, wave: NDArray[np.floating[Any]]) -> Path:
    """A WAV of these samples, the same on both sides."""
    with av.open(path, "w", format="wav") as container:
        stream = container.add_stream("pcm_f32le", rate=RATE, layout="stereo")
        both = np.repeat(wave.astype(np.float32), 2)[None]
        frame = av.AudioFrame.from_ndarray(both, "flt", "stereo")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def talkie(
    path: Path,
    hertz: float,
    level: float,
    *,
    seconds: float = 1,
    begins: float = 0,
    late: float = 0,
    codec: str = "aac",
) -> Path:
    """A clip with a tone that begins somewhere in it; its sound track may begin late."""
    t = np.arange(int((seconds - late) * RATE)) / RATE
    wave = (t >= begins) * level * np.sin(2 * np.pi * hertz * t)
    samples = np.stack([wave, wave]).astype(np.float32)
    with av.open(path, "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream(codec, rate=RATE, layout="stereo")
        assert isinstance(audio, av.AudioStream)
        for number in range(round(seconds * 10)):
            image = np.full((48, 64, 3), number * 10, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = start + round(late * RATE)
            container.mux(audio.encode(frame))
        container.mux(video.encode())
        container.mux(audio.encode())
    return path


def loudness(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def test_volume_is_the_drafts() -> None:
    loud, soft = heard(made(v=0.4)), heard(made(v=0.1))
    assert loudness(loud) == pytest.approx(4 * loudness(soft), rel=1e-3)


def test_fades_start_and_end_in_silence() -> None:
    sound = heard(made(fade={"in": 400, "out": 400}))
    brief = RATE // 200
    assert loudness(sound[:, :brief]) < 0.05 * loudness(sound)
    assert loudness(sound[:, -brief:]) < 0.05 * loudness(sound)


def test_a_segment_is_silent_outside_its_time() -> None:
    sound = heard(made(s=300, d=400))
    assert not sound[:, : int(0.3 * RATE)].any()
    assert not sound[:, int(0.7 * RATE) :].any()
    assert loudness(sound[:, int(0.3 * RATE) : int(0.7 * RATE)]) > 0.01


def test_what_is_not_too_loud_is_the_sum_of_its_tracks() -> None:
    together = heard(made("lofi", v=0.2), made("upbeat", v=0.2))
    assert np.allclose(together, heard(made("lofi", v=0.2)) + heard(made("upbeat", v=0.2)))


def test_many_loud_tracks_do_not_clip_in_the_finished_video(studio: Studio) -> None:
    studio.duration = 6000
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    studio.sounds = [made(style, d=6000, v=3) for style in music.STYLES]
    sound = hearing(studio.render().path)
    loudness, peak = ebur128(sound)
    assert loudness > -12
    assert peak <= -1


SOUNDS = [("libmp3lame", "mp3"), ("pcm_s16le", "wav"), ("aac", "ipod"), ("aac", "adts")]


@pytest.mark.parametrize("hertz", [440, 440.25], ids=["cut to be looped", "cut anywhere"])
@pytest.mark.parametrize(("codec", "muxer"), SOUNDS)
def test_ones_own_sound_is_looped_without_click_or_gap(
    tmp_path: Path, codec: str, muxer: str, hertz: float
) -> None:
    media = {"own": tone(tmp_path / "own", codec, muxer, hertz)}
    sound = heard(own(d=3500, v=0.3), length=3500, media=media)
    assert sound.shape == (2, 3.5 * RATE)
    steady = sound[0, RATE // 10 : -RATE // 10]
    levels = np.sqrt(np.square(steady[: len(steady) // 480 * 480]).reshape(-1, 480).mean(axis=1))
    assert levels.min() > 0.93 * np.median(levels)
    assert levels.max() < 1.07 * np.median(levels)
    power = np.abs(np.fft.rfft(steady * np.hanning(len(steady)))) ** 2
    away = np.abs(np.fft.rfftfreq(len(steady), 1 / RATE) - hertz)
    assert power[away > 100].sum() < 1e-4 * power.sum()
    assert power[away > 2000].sum() < 1e-6 * power.sum()


def test_a_file_cut_to_be_looped_keeps_its_beat(tmp_path: Path) -> None:
    media = {"own": tone(tmp_path / "own", "pcm_s16le", "wav", 440)}
    sound = heard(own(d=3000), length=3000, media=media)[0]
    first, second = sound[RATE // 2 : RATE], sound[3 * RATE // 2 : 2 * RATE]
    assert np.allclose(first, second, atol=1e-6)


def test_where_a_file_is_joined_to_itself_it_is_as_loud_as_elsewhere(tmp_path: Path) -> None:
    noise = np.random.default_rng(4).normal(0, 0.1, 2 * RATE)
    media = {"own": recording(tmp_path / "own", np.convolve(noise, np.hanning(24), "same") / 4)}
    sound = heard(own(d=9000), length=9000, media=media)[0, RATE:-RATE]
    levels = np.square(sound[: 700 * 480]).reshape(-1, 480).mean(axis=1)
    smooth = np.convolve(levels, np.full(4, 0.25), "valid")  # 40 ms
    assert smooth.min() > 0.62 * smooth.mean()
    assert smooth.max() < 1.4 * smooth.mean()


@pytest.mark.parametrize("level", [-34, -14, -4])
def test_ones_own_sound_is_brought_to_the_level_of_ours(tmp_path: Path, level: float) -> None:
    noise = np.random.default_rng(5).normal(0, 0.05, 4 * RATE).astype(np.float32)
    noise *= 10 ** ((level - ebur128(np.stack([noise, noise]))[0]) / 20)
    media = {"own": recording(tmp_path / "own", noise)}
    loudness, _ = ebur128(heard(own(d=4000, v=0.35), length=4000, media=media))
    raised = min(-14 - level, 12)
    assert loudness == pytest.approx(level + raised - 9.1, abs=0.2)


def test_only_what_is_used_of_a_file_is_measured(tmp_path: Path) -> None:
    noise = np.random.default_rng(6).normal(0, 0.05, 6 * RATE)
    noise[3 * RATE :] *= 20
    media = {"own": recording(tmp_path / "own", noise)}
    loudness, _ = ebur128(heard(own(d=3000, v=0.5), length=3000, media=media))
    assert loudness == pytest.approx(-20, abs=0.3)


def test_silence_stays_silent(tmp_path: Path) -> None:
    media = {"own": recording(tmp_path / "own", np.zeros(RATE))}
    assert not heard(own(d=2000), length=2000, media=media).any()


@pytest.mark.parametrize("samples", [1, 37, 1000, 9000])
def test_a_file_of_next_to_nothing_is_looped_all_the_same(tmp_path: Path, samples: int) -> None:
    wave = np.random.default_rng(7).normal(0, 0.2, samples)
    media = {"own": recording(tmp_path / "own", wave)}
    assert heard(own(d=2000), length=2000, media=media).shape == (2, 2 * RATE)


def test_a_file_is_faded_out_where_it_is_cut_off(tmp_path: Path) -> None:
    media = {"own": tone(tmp_path / "own", "pcm_s16le", "wav", 440)}
    sound = heard(own(d=700), media=media)
    assert np.abs(np.diff(sound[0, int(0.65 * RATE) :])).max() < 0.03
    assert np.abs(sound[0, int(0.69 * RATE) : int(0.7 * RATE)]).max() < 0.2
    assert not sound[:, int(0.7 * RATE) :].any()


def test_a_file_without_sound_and_a_broken_one_are_named(tmp_path: Path) -> None:
    silent = {"own": encode(tmp_path / "own", shades(64, 48), kind="mp4")}
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


def seen(
    *segments: dict[str, Any], length: int = 1000, media: dict[str, Path]
) -> NDArray[np.float32]:
    """What is heard of a video track."""
    plan = read({"d": length, "fps": 30, "t": [{"tt": 0, "sg": list(segments)}]})
    return np.concatenate(list(mix(Cast(plan, media).plan, media)), axis=1)


def strength(samples: NDArray[np.float32], hertz: float) -> float:
    """The amplitude of a tone in sound."""
    n = samples.shape[1]
    wave = np.exp(-2j * np.pi * hertz * np.arange(n) / RATE)
    return float(2 * np.abs((samples[0] * wave).sum()) / n)


def test_a_clip_is_heard_as_it_was_recorded_at_the_drafts_volume(tmp_path: Path) -> None:
    media = {"a": talkie(tmp_path / "a.mp4", 500, 0.1)}
    assert strength(seen(video_segment("a"), media=media), 500) == pytest.approx(0.1, rel=0.1)
    assert strength(seen(video_segment("a", v=0.5), media=media), 500) == pytest.approx(
        0.05, rel=0.1
    )
    assert not seen(video_segment("a", v=0), media=media).any()


def test_a_clip_that_is_over_is_silent_and_not_begun_again(tmp_path: Path) -> None:
    media = {"a": talkie(tmp_path / "a.mp4", 500, 0.1)}
    sound = seen(video_segment("a", s=500, d=2500), length=3000, media=media)
    assert not sound[:, : RATE // 2].any()
    assert strength(sound[:, RATE // 2 : RATE], 500) > 0.08
    assert np.abs(sound[:, int(1.55 * RATE) :]).max() < 0.001


def test_a_clip_that_is_over_goes_silent_without_a_click(tmp_path: Path) -> None:
    loud = talkie(tmp_path / "a.mkv", 437.25, 0.5, codec="pcm_s16le")  # it is cut off at a crest
    sound = seen(video_segment("a", d=2000), length=2000, media={"a": loud})
    steps = np.abs(np.diff(sound[0]))
    assert steps[: RATE // 2].max() == pytest.approx(0.5 * 2 * np.pi * 437.25 / RATE, rel=0.02)
    assert steps[RATE // 2 :].max() <= steps[: RATE // 2].max() * 1.01
    assert np.abs(sound[:, RATE + 1 :]).max() < 0.001


def test_a_clips_sound_is_in_step_with_its_picture(tmp_path: Path) -> None:
    media = {
        "a": talkie(tmp_path / "a.mp4", 500, 0.5, begins=0.4),
        "late": talkie(tmp_path / "late.mkv", 500, 0.5, begins=0.4, late=0.3),
    }
    for name, begin in (("a", 0.4), ("late", 0.7)):
        sound = seen(video_segment(name), media=media)
        loud = np.flatnonzero(np.abs(sound[0]) > 0.1)
        assert loud[0] / RATE == pytest.approx(begin, abs=0.01)


def test_for_sound_that_is_hours_late_no_silence_is_heaped_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.render.sound._delay", lambda *streams: 100 * 3600.0)
    media = {"a": talkie(tmp_path / "a.mp4", 500, 0.5)}
    assert not seen(video_segment("a"), media=media).any()


def spoilt(path: Path, numbers: range) -> Path:
    """With so many packets of the sound made unreadable."""
    with av.open(path) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray(path.read_bytes())
    for at, size in (packets[number] for number in numbers):
        assert at is not None
        data[at : at + size] = b"\xff" * size
    path.write_bytes(data)
    return path


def test_what_lies_behind_a_damage_is_still_heard_and_in_step(tmp_path: Path) -> None:
    media = {"own": spoilt(talkie(tmp_path / "a.mp4", 500, 0.3, begins=0.4), range(4, 10))}
    for sound in (seen(video_segment("own"), media=media), heard(own(), media=media)):
        loud = np.flatnonzero(np.abs(sound[0]) > 0.05)
        assert loud[0] / RATE == pytest.approx(0.4, abs=0.03)
        assert loud[-1] / RATE > 0.9


def test_sound_that_there_is_no_decoder_for_is_none(studio: Studio) -> None:
    path = talkie(studio.file("a.mkv"), 500, 0.3)
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XXX"))
    assert not inspect(path).sound
    with pytest.raises(RenderError, match="own: has no sound"):
        heard(own(), media={"own": path})


def test_clips_cross_over_their_transition_and_part_at_a_cut(tmp_path: Path) -> None:
    media = {
        "a": talkie(tmp_path / "a.mp4", 500, 0.2, seconds=2),
        "b": talkie(tmp_path / "b.mp4", 800, 0.2, seconds=2),
    }
    later = video_segment("b", s=1000, d=1500, tr={"type": "crossfade", "d": 500})
    sound = seen(video_segment("a", d=1500), later, length=2500, media=media)
    middle = sound[:, int(1.2 * RATE) : int(1.3 * RATE)]
    assert strength(middle, 500) == pytest.approx(0.2 * 0.707, rel=0.1)
    assert strength(middle, 800) == pytest.approx(0.2 * 0.707, rel=0.1)
    assert strength(sound[:, int(1.55 * RATE) : 2 * RATE], 500) < 0.01
    cut = seen(
        video_segment("a", d=1500), {**later, "tr": {"type": "cut"}}, length=2500, media=media
    )
    assert strength(cut[:, int(1.05 * RATE) : int(1.5 * RATE)], 500) < 0.01
    assert strength(cut[:, int(0.9 * RATE) : int(0.97 * RATE)], 800) < 0.01
    assert np.abs(np.diff(cut)).max() < 0.05


def test_a_clip_without_sound_gives_a_video_without(studio: Studio) -> None:
    encode(studio.file("mute.mp4"), shades(64, 48))
    studio.shoot("mute.mp4", src={"type": "video", "hash": "mute.mp4", "name": "mute.mp4"})
    with av.open(studio.render().path) as container:
        assert not container.streams.audio


def test_a_clip_with_sound_gives_a_video_with_it(studio: Studio) -> None:
    talkie(studio.file("talk.mp4"), 500, 0.1)
    studio.shoot("talk.mp4", src={"type": "video", "hash": "talk.mp4", "name": "talk.mp4"})
    assert strength(hearing(studio.render().path), 500) == pytest.approx(0.1, rel=0.15)
