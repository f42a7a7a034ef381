"""What a prompt, the options and a listing make of a message: said once, and no two things at odds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mock_server.agent.director import Asset, direct
from mock_server.agent.steps import Save
from mock_server.render.looks import LOOKS as RENDERED
from skill.errors import UsageError
from skill.i18n import speak
from skill.jobs.plan import plan_make
from skill.jobs.prompt import compose
from skill.jobs.request import MakeRequest, VideoOptions
from skill.settings.choices import LOOKS
from skill.settings.config import Config
from skill.settings.listings import LISTINGS
from tests.mock_server.api import track

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from skill.jobs.job import Job
    from skill.settings.choices import Look

# A listing with a default of every kind.
FULL = replace(
    LISTINGS["joy-image-to-video"], duration=10.0, music="upbeat", look="warm", resolution="1080p"
)
ALL = {"resolution", "duration", "music", "look"}
LINES = {
    "en": {
        "Resolution": "resolution",
        "Duration": "duration",
        "Background music": "music",
        "Look": "look",
    },
    "zh": {"分辨率": "resolution", "时长": "duration", "背景音乐": "music", "色调": "look"},
}


def filled_in(prompt: str, language: str) -> set[str]:
    """What the message says of the listing's defaults."""
    speak(language)
    message = compose(prompt, VideoOptions(), FULL)
    assert message.startswith(prompt)
    rest = message.removeprefix(prompt)
    return {what for line, what in LINES[language].items() if line in rest}


@pytest.mark.parametrize(
    ("prompt", "spoken_of"),
    [
        ("make a video of us", set()),
        ("a video of my golden retriever's first day", {"look"}),
        ("8 seconds", {"duration"}),
        ("an 8-second clip", {"duration"}),
        ("a 15s reel", {"duration"}),
        ("make it a minute long", {"duration"}),
        ("about half a minute", {"duration"}),
        ("two seconds for each photo", {"duration"}),
        ("as long as the song", {"duration", "music"}),
        ("crossfades of 1 second", {"duration"}),
        ("with 1 second crossfades", set()),
        ("with 2-second long transitions", set()),
        ("photos of 2024", set()),
        ("make a second video of it", set()),
        ("in 720p", {"resolution"}),
        ("4K, please", {"resolution"}),
        ("in full HD", {"resolution"}),
        ("1080x1920", {"resolution"}),
        ("without music", {"music"}),
        ("with calm piano", {"music"}),
        ("make it silent", {"music"}),
        ("cut to the beat", {"music"}),
        ("in black and white", {"look"}),
        ("natural colours, no filter", {"look"}),
        ("give it a vintage look", {"look"}),
        ("warmer", {"look"}),
        ("look at us, we look great", set()),
        ("720p, 8 seconds, no music, black & white", ALL),
    ],
)
def test_a_default_is_left_out_where_the_prompt_speaks_of_it(
    prompt: str, spoken_of: set[str]
) -> None:
    assert filled_in(prompt, "en") == ALL - spoken_of


@pytest.mark.parametrize(
    ("prompt", "spoken_of"),
    [
        ("做一个派对视频", set()),
        ("做一个8秒的视频", {"duration"}),
        ("十五秒左右", {"duration"}),
        ("半分钟", {"duration"}),
        ("每张2秒", {"duration"}),
        ("用1秒的转场", set()),
        ("时长不限", {"duration"}),
        ("做成720p的", {"resolution"}),
        ("高清", {"resolution"}),
        ("不要音乐", {"music"}),
        ("配乐欢快一点", {"music"}),
        ("用我的歌", {"music"}),
        ("黑白的", {"look"}),
        ("保留原色", {"look"}),
        ("不要滤镜", {"look"}),
        ("温馨的感觉", {"look"}),
        ("720p、8秒、静音、黑白", ALL),
    ],
)
def test_so_in_chinese(prompt: str, spoken_of: set[str]) -> None:
    assert filled_in(prompt, "zh") == ALL - spoken_of


def test_an_option_is_said_whatever_the_prompt_speaks_of() -> None:
    options = VideoOptions(duration=8, resolution="480p", music="none", look="mono")
    assert compose("10 seconds in 720p with warm music", options, FULL) == (
        "10 seconds in 720p with warm music. Resolution: 480p. Duration: 8 seconds."
        " Background music: none. Look: black and white."
    )


def test_the_example_of_a_listing_speaks_too() -> None:
    assert compose("", VideoOptions(), LISTINGS["ai-image-to-video-extender"]) == (
        "extend this image into a 10-second video with smooth motion. Resolution: 1080p."
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("look", LOOKS)
def test_the_mock_understands_every_look_as_it_is_said(look: Look, language: str) -> None:
    speak(language)
    draft = composed("", VideoOptions(look=look))
    assert draft["m"].get("look", "none") == look
    assert {*RENDERED, "none"} == {*LOOKS}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_mock_puts_every_caption_on_its_photo(language: str) -> None:
    speak(language)
    options = VideoOptions(
        captions=('She said "10 seconds"', "", "他说“黑白，没有音乐”。"), title="Lisbon"
    )
    draft = composed("", options)
    a, _, c = track(draft, 0)
    title, *texts = track(draft, 7)
    shown = [(text["text"], text["m"]["_of"]) for text in texts]
    assert title["text"] == "Lisbon"
    quoted = "他说“黑白，没有音乐”。".translate({ord("“"): "‘", ord("”"): "’"})
    assert shown == [("She said '10 seconds'", a["id"]), (quoted, c["id"])]
    assert "look" not in draft["m"]
    assert (draft["d"], len(track(draft, 1))) == (9000, 1)


def composed(prompt: str, options: VideoOptions) -> dict[str, Any]:
    """The draft that comes of a message to the mock."""
    photos = [Asset(f"hash-{n}", f"{n}.png", "image", 1600, 900) for n in ("a1", "b1", "c1")]
    message = compose(prompt, options, LISTINGS["image-to-video-in-free"])
    saved = [step.draft for step in direct(message, {}, photos).steps if isinstance(step, Save)]
    return saved[-1]


def plan(photos: list[Path], options: VideoOptions, *, local: bool = False) -> Job:
    return plan_make(Config.resolve(local=local), MakeRequest(photos, wish=options))


class TestCaptions:
    def test_there_are_no_more_of_them_than_photos(self, photos: list[Path]) -> None:
        with pytest.raises(UsageError, match=r"There are 2 captions for 1 photos\."):
            plan(photos[:1], VideoOptions(captions=("one", "two")))

    def test_one_stays_with_its_photo_when_another_is_left_out(
        self, photos: list[Path], tmp_path: Path
    ) -> None:
        broken = tmp_path / "broken.jpg"
        broken.write_bytes(b"no photo")
        options = VideoOptions(captions=("first", "lost", "last"))
        files = [photos[0], broken, photos[1]]
        job = plan(files, options, local=True)
        assert 'Caption of photo 1: "first". Caption of photo 2: "last".' in job.message
        assert "lost" not in job.message

    def test_they_tell_the_language_as_a_title_does(self, photos: list[Path]) -> None:
        job = plan(photos[:1], VideoOptions(captions=("里斯本",)))
        assert "第1张照片的字幕：“里斯本”。" in job.message
