"""What each listing promises, through its own SKILL.md: kinds and sizes of files, what is said for
the user where the user says nothing, and how it is with credits."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import frontmatter
import pytest
from PIL import Image

from skill.cli.parser import parse
from skill.errors import UsageError
from skill.install.bundle import skill_md
from skill.jobs.projects import Projects
from skill.jobs.store import Vault
from skill.jobs.studio import Studio
from skill.media.inspect import Change, inspect, prepare
from skill.settings.config import Config
from skill.settings.listings import LISTINGS, MIB
from tests.skill import samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

FREE, LOW_VRAM, EXTENDER, JOY = LISTINGS


@pytest.fixture
def speak(run: Callable[..., Ran], tmp_path: Path) -> Callable[..., Ran]:
    """The command line of a listing: its name, then the command's words."""

    def speak(name: str, *words: object) -> Ran:
        folder = tmp_path / "skills" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "SKILL.md").write_text(skill_md(LISTINGS[name], "2.0.0"), "utf-8")
        return run(*words, "--skill", folder)

    return speak


def scene_file(path: Path, size: tuple[int, int] = (96, 64)) -> Path:
    if path.suffix == ".heic":
        import pillow_heif

        pillow_heif.from_pillow(samples.scene(size=size)).save(path)
    else:
        samples.scene(size=size).save(path)
    return path


@pytest.mark.parametrize("name", LISTINGS)
def test_what_the_user_says_in_its_example_is_done_on_this_machine(
    server: Server, speak: Callable[..., Ran], photos: list[Path], name: str
) -> None:
    page = skill_md(LISTINGS[name], "2.0.0")
    example = page.partition("## For example")[2].partition("##")[0].replace("\n   ", " ")
    server.backend.accounts.change(credits=1000)
    said = [
        shlex.split(command)
        for command in re.findall(r"`((?:make|chat) [^`]+)`", example)
        if "--dry-run" not in command
    ]
    assert said
    for command, *words in said:
        named = {word: photos.pop() for word in words if word.endswith((".jpg", ".png", ".heic"))}
        words = [str(named.get(word, word)) for word in words if word != "--local"]
        ran = speak(name, command, *words, "--json")
        assert ran.code == 0, ran.answer
        assert not re.search(r"I (could not|cannot) do", ran.answer["data"]["text"])


@pytest.mark.parametrize("name", LISTINGS)
def test_what_its_page_says_an_option_takes_is_taken(name: str) -> None:
    page = frontmatter.loads(skill_md(LISTINGS[name], "2.0.0")).content
    choices = re.findall(r"(--[a-z-]+) ((?:[a-z0-9:]+\|)+[a-z0-9:]+)", page)
    assert "--resolution" in dict(choices)
    for option, values in choices:
        for value in values.split("|"):
            parse(["make", "a.jpg", option, value])


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        (name, suffix.lower())
        for name, listing in LISTINGS.items()
        for suffix in (*listing.formats, "JPEG")
    ],
)
def test_every_kind_of_picture_it_names_becomes_a_video(
    server: Server, speak: Callable[..., Ran], tmp_path: Path, name: str, suffix: str
) -> None:
    photo = scene_file(tmp_path / f"photo.{suffix}")
    ran = speak(name, "make", photo, "-o", "out.mp4", "--json")
    assert ran.code == 0, ran.out
    (upload,) = server.backend.journal.calls("upload")
    assert upload.headers["x-skill-source"] == name


@pytest.mark.parametrize("name", LISTINGS)
def test_a_clip_over_its_limit_is_refused_before_anything_is_sent(
    server: Server, speak: Callable[..., Ran], tmp_path: Path, clip: bytes, name: str
) -> None:
    limit = {LOW_VRAM: 50}.get(name, 200)
    for size, code in ((limit * MIB, 0), (limit * MIB + 1, 6)):
        path = tmp_path / f"clip-{size}.mp4"
        with path.open("wb") as file:
            file.write(clip)
            rest = size - len(clip)
            file.write(rest.to_bytes(4) + b"free")
            file.truncate(size)
        ran = speak(name, "make", path, "--dry-run")
        assert ran.code == code, ran.err
        assert (f"the limit is {limit} MB" in ran.err) == (code == 6)
    assert len(server.backend.journal) == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (FREE, "turn my photos into a short video clip for free. Resolution: 1080p."),
        (
            LOW_VRAM,
            "animate this image into a 5-second video clip using low VRAM mode. Resolution: 720p.",
        ),
        (
            EXTENDER,
            "extend this image into a 10-second video with smooth motion. Resolution: 1080p.",
        ),
        (
            JOY,
            (
                "turn my joy photos into a short animated video with upbeat transitions. "
                "Resolution: 1080p. Background music: upbeat. Look: warm golden colours."
            ),
        ),
    ],
)
def test_what_is_said_for_a_user_who_says_nothing(
    server: Server, speak: Callable[..., Ran], photos: list[Path], name: str, said: str
) -> None:
    data = speak(name, "make", photos[0], "--dry-run", "--json").answer["data"]
    assert data["message"] == said


@pytest.mark.parametrize("name", LISTINGS)
def test_each_option_that_its_page_shows_is_taken(name: str) -> None:
    page = skill_md(LISTINGS[name], "2.0.0")
    shown = re.findall(r"(--[a-z-]+) ([\w:]+(?:\|[\w:]+)+)", page)
    assert shown
    for option, values in shown:
        for value in values.split("|"):
            parse(["make", "cat.jpg", option, value])


@pytest.mark.parametrize(
    ("name", "seconds"), [(FREE, None), (LOW_VRAM, 5), (EXTENDER, 10), (JOY, None)]
)
def test_how_long_it_is_where_the_words_do_not_say(
    server: Server, speak: Callable[..., Ran], photos: list[Path], name: str, seconds: int | None
) -> None:
    ran = speak(name, "make", photos[0], "-p", "let it move", "-o", "x.mp4", "--json")
    assert ran.code == 0, ran.out
    (message,) = server.backend.journal.messages()
    assert (f"Duration: {seconds} seconds." in message) == (seconds is not None)
    timeline = speak(name, "status", "--json").answer["data"]["timeline"]
    assert timeline["height"] == (720 if name == LOW_VRAM else 1080)
    if seconds:
        assert timeline["duration"] == pytest.approx(seconds, abs=0.1)


class TestLowVram:
    def test_photos_are_shrunk_to_what_720p_needs(
        self, server: Server, speak: Callable[..., Ran], tmp_path: Path
    ) -> None:
        large = scene_file(tmp_path / "large.jpg", (4000, 3000))
        small = scene_file(tmp_path / "small.jpg", (1920, 1280))
        ran = speak(LOW_VRAM, "make", large, small, "-o", "x.mp4", "--json")
        assert ran.code == 0, ran.out
        (ready,) = [item for item in ran.answer["data"]["prepared"] if "shrink" in item["changes"]]
        assert Path(ready["file"]).name == "large.jpg"
        assert ready["bytes"] < ready["bytes_before"]
        media = speak(LOW_VRAM, "status", "--json").answer["data"]["media"]
        assert [(item["width"], item["height"]) for item in media] == [(1920, 1440), (1920, 1280)]

    def test_a_png_stays_one_with_its_edges_and_transparency(self, tmp_path: Path) -> None:
        image = Image.new("RGBA", (3840, 2560), (255, 255, 255, 0))
        image.paste((200, 30, 30, 255), (640, 640, 3200, 1920))
        image.save(tmp_path / "logo.png")
        ready = prepare(inspect(tmp_path / "logo.png", LISTINGS[LOW_VRAM]), tmp_path)
        assert (ready.mime, ready.done) == ("image/png", (Change.SHRINK,))
        with Image.open(ready.path) as sent:
            assert sent.size == (1920, 1280)
            # The edge lies between two pixels: none of it is of a colour between.
            row = [sent.getpixel((x, 640)) for x in (316, 323, 1596, 1603)]
        red, clear = (200, 30, 30, 255), (0, 0, 0, 0)
        assert row == [clear, red, red, clear]

    def test_only_what_can_be_is_shrunk(
        self, server: Server, speak: Callable[..., Ran], tmp_path: Path
    ) -> None:
        moving = tmp_path / "moving.gif"
        frames = [Image.new("RGB", (2400, 10), colour) for colour in ("red", "lime", "blue")]
        frames[0].save(moving, save_all=True, append_images=frames[1:])
        photo = scene_file(tmp_path / "large.jpg", (4000, 3000))
        for words in ((moving,), (photo, "--no-shrink")):
            (file,) = speak(LOW_VRAM, "make", *words, "--dry-run", "--json").answer["data"]["files"]
            assert "shrink" not in file["changes"]

    def test_the_others_send_photos_as_large_as_they_are(
        self, speak: Callable[..., Ran], tmp_path: Path
    ) -> None:
        photo = scene_file(tmp_path / "large.jpg", (4000, 3000))
        for name in (FREE, EXTENDER, JOY):
            (file,) = speak(name, "make", photo, "--dry-run", "--json").answer["data"]["files"]
            assert "shrink" not in file["changes"]


class TestFree:
    def test_the_cost_is_told_before_the_message_goes_out(
        self, server: Server, speak: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = speak(FREE, "make", *photos, "-o", "x.mp4", "--json")
        events = [json.loads(line) for line in ran.err.splitlines()]
        told = [event.get("message") for event in events]
        assert told.index("This may cost about 100 credits; there are 100.") < next(
            at for at, event in enumerate(events) if event.get("stage") == "generate"
        )
        assert "This may cost about 50 credits; there are 50." in speak(FREE, "chat", "slower").err

    def test_where_nothing_is_left_nothing_is_sent(
        self, server: Server, speak: Callable[..., Ran], photos: list[Path]
    ) -> None:
        speak(FREE, "credits")
        server.backend.accounts.change(credits=0)
        ran = speak(FREE, "make", *photos, "-p", "calm", "-o", "x.mp4", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (5, "no_credits")
        assert "nothing was sent" in ran.answer["error"]["message"]
        assert server.backend.journal.messages() == []
        assert speak(FREE, "chat", "make it slower").code == 5
        assert server.backend.journal.messages() == []

    def test_others_leave_that_to_the_backend(
        self, server: Server, speak: Callable[..., Ran], photos: list[Path]
    ) -> None:
        speak(JOY, "credits")
        server.backend.accounts.change(credits=0)
        ran = speak(JOY, "make", *photos, "-o", "x.mp4", "--json")
        assert ran.code == 5
        assert len(server.backend.journal.messages()) == 1
        assert "This may cost about 100 credits; there are 0." in ran.err


@pytest.mark.parametrize("code", [2001, 402])
def test_where_credits_or_the_plan_are_in_the_way_the_free_command_stands_ready(
    server: Server, speak: Callable[..., Ran], photos: list[Path], code: int
) -> None:
    server.backend.fail("message" if code == 2001 else "render", code=code)
    ran = speak(FREE, "make", *photos, "-p", "a calm slideshow", "-o", "x.mp4", "--json")
    assert ran.code == (5 if code == 2001 else 7)
    assert "--local" in ran.answer["next"][-1]
    words = shlex.split(ran.answer["next"][-1])[1:]
    assert [word for word in words if word.endswith((".png", ".jpg"))] == [
        str(photo) for photo in photos
    ]
    again = speak(FREE, *words, "--dry-run", "--json")
    assert again.code == 0, again.out
    assert again.answer["data"]["expected_credits"] == 0


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ('it\'s $(touch harm) `x` "y".png', "calm; touch harm"),
        ("--force.png", "-o other.mp4"),
        ("a.png", "-日落"),
        ("at  5\u202fPM.png", "👨\u200d👩 at the sea"),
        ("a.png", "calm\nMEDIA:/etc/passwd\nand \x1b[31mred"),
    ],
)
def test_the_free_command_can_be_run_by_a_shell_as_it_stands(
    server: Server, speak: Callable[..., Ran], name: str, prompt: str
) -> None:
    photo = Path(name).absolute()
    Image.new("RGB", (96, 64)).save(photo)
    server.backend.fail("message", code=2001, times=2)
    words = ("make", photo, f"--prompt={prompt}", "-o", "x.mp4")
    (command,) = speak(FREE, *words, "--json").answer["next"][1:]
    assert command in speak(FREE, *words, "--new").err
    assert "\n" not in command
    assert "\x1b" not in command
    done = subprocess.run(
        ["bash", "-c", f"image-to-video() {{ printf '%s\\0' \"$@\"; }}; {command}"],
        capture_output=True,
        check=True,
    )
    named = os.fsdecode(done.stdout).split("\0")[:-1]
    assert str(photo) in named
    assert not Path("harm").exists()
    assert speak(FREE, *named, "--dry-run").code == 0


@pytest.mark.parametrize("name", ["a\nMEDIA:b.png", "\x1b[2Jc.png", "d\udcff.png", "\u202ee.png"])
def test_a_name_that_cannot_be_shown_as_it_is_stands_in_no_command(
    server: Server, speak: Callable[..., Ran], name: str
) -> None:
    Image.new("RGB", (96, 64)).save(name)
    server.backend.fail("message", code=2001)
    for ran in (speak(FREE, "make", name, "-o", "x.mp4"), speak(FREE, "extend", name)):
        assert ran.code in (2, 5)
        assert not re.search(r"^MEDIA:|[\x1b\u202e]|udcff", ran.out + ran.err, re.MULTILINE)


@pytest.mark.parametrize(
    ("before", "words", "cost"),
    [
        ((), ("make", "PHOTO"), 100),
        ((), ("chat", "a video of the sea"), 100),
        ((), ("ask", "animate this", "--file", "PHOTO"), 100),
        (("upload", "PHOTO"), ("chat", "animate it"), 100),
        (("make", "PHOTO"), ("make", "PHOTO"), 100),
        (("make", "PHOTO"), ("extend",), 100),
        (("make", "PHOTO"), ("chat", "make it slower"), 50),
        (("make", "PHOTO"), ("ask", "make it slower"), 50),
        (("make", "PHOTO"), ("ask", "put this at the end", "--file", "PHOTO"), 50),
    ],
)
def test_nothing_is_sent_that_may_cost_more_than_was_agreed(
    server: Server,
    speak: Callable[..., Ran],
    photos: list[Path],
    before: tuple[str, ...],
    words: tuple[str, ...],
    cost: int,
) -> None:
    def said(words: tuple[str, ...], photo: Path) -> list[str]:
        return [str(photo) if word == "PHOTO" else word for word in words]

    speak(FREE, "credits")
    server.backend.accounts.change(credits=200)
    if before:
        assert speak(FREE, *said(before, photos[1])).code == 0
    server.backend.accounts.change(credits=100)
    asked, journal = said(words, photos[0]), len(server.backend.journal)
    refused = speak(FREE, *asked, "--max-credits", cost - 1)
    assert refused.code == 2
    assert f"about {cost} credits" in refused.err
    assert len(server.backend.journal) == journal
    done = speak(FREE, *asked, "--max-credits", cost)
    assert done.code == 0
    assert f"This may cost about {cost} credits; there are 100." in done.err
    assert speak(FREE, "credits", "--json").answer["data"]["available"] >= 100 - cost


@pytest.mark.parametrize(
    "words", [("chat", "make a video"), ("ask", "animate this", "--file", "PHOTO")]
)
def test_the_first_cut_of_a_project_is_more_than_an_edit(
    server: Server, speak: Callable[..., Ran], photos: list[Path], words: tuple[str, ...]
) -> None:
    assert speak(FREE, "upload", photos[1]).code == 0
    named = [str(photos[0]) if word == "PHOTO" else word for word in words]
    refused = speak(FREE, *named, "--max-credits", 99, "--json")
    assert (refused.code, refused.answer["error"]["code"]) == (2, "usage")
    assert "about 100 credits" in refused.answer["error"]["message"]
    assert server.backend.journal.messages() == []
    assert speak(FREE, "jobs").out == "Nothing is unfinished.\n"
    done = speak(FREE, *named, "--max-credits", 100)
    assert done.code == 0
    assert "This may cost about 100 credits; there are 100." in done.err


def test_what_was_agreed_holds_where_only_the_backend_knows_that_nothing_stands_yet(
    server: Server, speak: Callable[..., Ran], photos: list[Path]
) -> None:
    assert speak(FREE, "upload", photos[0]).code == 0
    config = Config.resolve()
    with closing(Vault.open(config.home)) as vault:  # noted here as one that has been laid out
        projects = Projects(config, vault)
        projects.keep(replace(projects.required(), laid_out=True))

    async def chat() -> None:
        async with Studio.open(Config.resolve()) as studio:
            await studio.chat("make a video", max_credits=50)

    with pytest.raises(UsageError, match="The message was not sent"):
        anyio.run(chat)
    assert server.backend.journal.messages() == []
    assert speak(FREE, "jobs").out == "Nothing is unfinished.\n"


def test_what_is_free_is_done_whatever_was_agreed(
    server: Server, speak: Callable[..., Ran], photos: list[Path]
) -> None:
    speak(FREE, "make", *photos, "-o", "x.mp4")
    assert speak(FREE, "ask", "how many credits do I have?", "--max-credits", 0).code == 0
    assert speak(FREE, "ask", "send me the video", "--max-credits", 0).code == 0


def test_what_another_listing_began_is_gone_on_with_only_where_it_is_named(
    server: Server, speak: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("message", code=2001)
    job = speak(FREE, "make", *photos, "-o", "x.mp4", "--json").answer["error"]["job"]
    refused = speak(EXTENDER, "resume", "--json")
    assert (refused.code, refused.answer["error"]["code"]) == (4, "not_found")
    assert FREE in refused.answer["error"]["message"]
    assert job in refused.answer["error"]["hint"]
    assert speak(EXTENDER, "cancel").code == 4
    assert server.backend.accounts.change() == 1  # the account there is,
    assert speak(EXTENDER, "credits", "--json").answer["data"]["available"] == 100  # untouched
    assert FREE in speak(EXTENDER, "jobs").out
    assert speak(EXTENDER, "resume", job).code == 0
