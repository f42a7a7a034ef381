"""`extend`: a video goes on from its last frame; one message, sent once, and a longer MP4."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from mock_server.render import inspect
from skill.routing import Action, route
from tests.skill.conftest import start
from tests.video import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

TEN = "Extend the video by 10 seconds, going on smoothly from its last frame."
MAKE = ("-p", "turn my photos into a video, 3 seconds", "-o", "short.mp4", "--json")


@pytest.fixture
def project(server: Server, run: Run, photos: list[Path]) -> Server:
    """A backend with a video of 3 s, and an account with enough for more."""
    assert run("make", *photos, *MAKE).code == 0
    server.backend.accounts.change(credits=1000)
    server.backend.journal.clear()
    return server


def sent(server: Server) -> list[str]:
    return server.backend.journal.messages()


class TestOnAProject:
    def test_one_message_and_a_new_longer_file(
        self, project: Server, run: Run, clip: bytes
    ) -> None:
        ran = run("extend", "-o", "long.mp4", "--json")
        assert ran.code == 0, ran.answer
        data = ran.answer["data"]
        assert sent(project) == [TEN]
        assert Path("long.mp4").read_bytes() == clip
        assert data["file"] == str(Path("long.mp4").absolute())
        assert "(9.47-13s)" not in data["summary"]
        assert data["summary"].count("-13s") == 2  # the last clip and the music
        assert data["credits_before"] - data["credits_after"] == 100
        assert not project.backend.journal.calls("upload")
        assert "13s" in run("status").out

    def test_words_and_length_go_into_the_message(self, project: Server, run: Run) -> None:
        assert run("extend", "-p", "The sun sets.", "--duration", "2.5").code == 0
        assert run("extend", "-p", "加上字幕", "--duration", "4").code == 0
        assert sent(project) == [
            "Extend the video by 2.5 seconds, going on smoothly from its last frame. The sun sets.",
            "从最后一帧起把视频平滑地延长4秒。加上字幕。",
        ]

    def test_as_often_as_asked(self, project: Server, run: Run) -> None:
        for number, total in enumerate((8, 13, 18)):
            ran = run("extend", "--duration", "5", "-o", f"{number}.mp4", "--json")
            assert f"-{total}s" in ran.answer["data"]["summary"]
        assert len(sent(project)) == 3

    def test_the_last_line_names_the_file(self, project: Server, run: Run) -> None:
        assert run("extend").out.splitlines()[-1] == f"MEDIA:{Path('video.mp4').absolute()}"

    def test_what_changed_is_told(self, project: Server, run: Run) -> None:
        ran = run("chat", "extend it by 5 seconds", "--json")
        assert ran.answer["data"]["changes"] == ["Made longer by 5s: 3s → 8s"]
        ran = run("chat", "从最后一帧继续延长2秒", "--json")
        assert ran.answer["data"]["changes"] == ["延长了2秒：8秒 → 10秒"]

    def test_the_listing_says_how_long(self, server: Server, run: Run, tmp_path: Path) -> None:
        (tmp_path / "SKILL.md").write_text(
            "---\nname: image-to-video-low-vram\nversion: 1.0.0\n---\n", encoding="utf-8"
        )
        own = ("--skill", tmp_path)
        Image.new("RGB", (64, 36)).save("a.png")
        assert run("make", "a.png", *own).code == 0
        server.backend.accounts.change(credits=1000)
        assert run("extend", *own).code == 0
        assert sent(server)[-1].startswith("Extend the video by 5 seconds")

    def test_in_the_background(self, project: Server, run: Run) -> None:
        ran = run("extend", "--no-wait", "-o", "long.mp4", "--json")
        assert ran.code == 0
        assert run("resume", ran.answer["data"]["job"]).code == 0
        assert Path("long.mp4").is_file()
        assert sent(project) == [TEN]


class TestBeforeSpending:
    def test_a_dry_run_sends_nothing_and_tells_the_cost(self, project: Server, run: Run) -> None:
        ran = run("extend", "--dry-run", "--json")
        data = ran.answer["data"]
        assert (data["message"], data["expected_credits"], data["files"]) == (TEN, 100, [])
        assert {call.endpoint for call in project.backend.journal} <= {"credits"}
        told = run("extend", "--dry-run").out
        assert "about 100 credits" in told
        assert "Would upload" not in told

    def test_a_cap_is_kept(self, project: Server, run: Run) -> None:
        assert run("extend", "--max-credits", "99").code == 2
        assert run("extend", "--max-credits", "99", "--no-wait").code == 2
        assert not project.backend.journal.calls()

    def test_without_a_project_it_says_what_to_do(self, server: Server, run: Run) -> None:
        for words in ((), ("--dry-run",), ("--no-wait",)):
            ran = run("extend", *words, "--json")
            assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
            assert "image-to-video make PHOTO" in ran.answer["error"]["hint"]
            assert "image-to-video extend VIDEO" in ran.answer["error"]["hint"]
        assert not server.backend.journal.calls()

    def test_nothing_is_sent_into_a_project_without_a_video(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        assert run("upload", *photos).code == 0
        ran = run("extend", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
        assert "timeline is empty" in ran.answer["error"]["message"]
        assert (sent(server), run("jobs").out) == ([], "Nothing is unfinished.\n")

    def test_a_photo_is_for_make(self, server: Server, run: Run, photos: list[Path]) -> None:
        ran = run("extend", photos[0], "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        assert "is a picture, not a video" in ran.answer["error"]["message"]
        assert ran.answer["next"] == [f"image-to-video make {photos[0]}"]
        assert not server.backend.journal.calls()

    def test_a_file_that_stands_is_not_written_over(self, project: Server, run: Run) -> None:
        ran = run("extend", "-o", "short.mp4")
        assert ran.code == 2
        assert not project.backend.journal.calls()


class TestNeverTwice:
    @pytest.mark.parametrize("fault", [{"cut_after_bytes": 0}, {"cut_after_events": 2}])
    def test_a_stream_that_is_cut_is_looked_up(
        self, project: Server, run: Run, fault: dict[str, Any]
    ) -> None:
        project.backend.fail("message", **fault)
        ran = run("extend", "-o", "long.mp4", "--json")
        assert ran.code == 0, ran.answer
        assert sent(project) == [TEN]
        assert "-13s" in ran.answer["data"]["summary"]

    def test_what_may_have_been_sent_is_not_sent_by_resume(self, project: Server, run: Run) -> None:
        project.backend.fail("message", cut_after_bytes=0, reset=True, stop_work=True)
        ran = run("extend", "-o", "long.mp4", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (11, "unfinished")
        assert run("resume").code == 11
        assert sent(project) == [TEN]

    def test_a_render_that_fails_is_no_new_message(self, project: Server, run: Run) -> None:
        project.backend.fail("render", outcome="failed", times=2)
        assert run("extend", "-o", "long.mp4").code == 10
        assert run("resume").code == 0
        assert sent(project) == [TEN]

    def test_a_project_that_is_lost_is_not_begun_anew(self, project: Server, run: Run) -> None:
        """A new one would hold no video: the message would be paid for nothing."""
        project.backend.fail("state", code=1002)
        ran = run("extend", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
        assert sent(project) == []
        assert not project.backend.journal.calls("session")

    def test_without_credits_it_is_over_and_can_be_said_again(
        self, project: Server, run: Run
    ) -> None:
        project.backend.accounts.change(credits=60)
        assert run("extend").code == 5
        assert run("jobs").out == "Nothing is unfinished.\n"
        project.backend.accounts.change(credits=100)
        assert run("extend").code == 0

    def test_what_did_not_become_longer_is_not_exported(self, project: Server, run: Run) -> None:
        assert run("chat", "extend it by 400 seconds").code == 0
        project.backend.journal.clear()
        ran = run("extend", "-o", "long.mp4", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (10, "backend_failed")
        assert "300 seconds is the most I can make." in ran.answer["error"]["message"]
        assert not project.backend.journal.calls("render")
        assert not Path("long.mp4").exists()
        assert run("jobs").out == "Nothing is unfinished.\n"

    def test_what_was_charged_for_and_is_not_there_is_looked_for_again(
        self, project: Server, run: Run
    ) -> None:
        event_stream = {"content-type": "text/event-stream"}
        project.backend.fail("message", status=200, body="", headers=event_stream)
        project.backend.fail("credits", status=500, times=None, after=1)
        assert run("extend", "-o", "long.mp4").code == 11
        assert "extend  sending" in run("jobs").out
        assert run("resume").code == 11
        assert len(sent(project)) == 1


class TestAVideoOfTheUsersOwn:
    @pytest.fixture
    def own(self, clip: bytes, tmp_path: Path) -> Path:
        path = tmp_path / "my film.mp4"
        path.write_bytes(clip)
        return path

    def test_goes_up_into_a_project_of_its_own(self, project: Server, run: Run, own: Path) -> None:
        ran = run("extend", own, "--json")
        assert ran.code == 0, ran.answer
        assert sent(project) == [TEN]
        assert len(project.backend.journal.calls("upload")) == 1
        assert len(project.backend.journal.calls("session")) == 1
        assert Path("my film.mp4").is_file()
        assert "my film (0-11s)" in ran.answer["data"]["summary"]

    def test_is_sent_again_where_the_new_project_is_lost(
        self, project: Server, run: Run, own: Path
    ) -> None:
        project.backend.fail("state", code=1002)
        assert run("extend", own).code == 0
        assert sent(project) == [TEN]
        assert len(project.backend.journal.calls("upload")) == 2

    def test_is_up_and_gone_on_with_when_there_are_credits(
        self, project: Server, run: Run, own: Path
    ) -> None:
        project.backend.fail("message", code=2001)
        assert run("extend", own, "-o", "long.mp4").code == 5
        assert run("resume").code == 0
        assert len(project.backend.journal.calls("upload")) == 1

    def test_a_dry_run_names_it(self, project: Server, run: Run, own: Path) -> None:
        data = run("extend", own, "--dry-run", "--json").answer["data"]
        assert [file["name"] for file in data["files"]] == ["my film.mp4"]
        assert not sent(project)


@pytest.mark.parametrize(
    "words", ["extend it by 5 seconds", "make it longer, go on from the last frame", "延长5秒"]
)
def test_a_sentence_for_it_goes_to_the_agent(words: str) -> None:
    assert route(words).action is Action.CHAT


def test_a_process_that_dies_with_the_message_is_followed_by_another(
    project: Server, run: Run, tmp_path: Path
) -> None:
    """Real processes: the first is killed while the backend is at work."""
    project.backend.fail("message", heartbeats_for=3600, delay=0)
    project.backend.configure(pace=0.01)
    process = start("extend", "-o", "long.mp4")
    try:
        while not project.backend.journal.messages():
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    project.backend.configure(pace=0)
    assert run("resume").code in (0, 11)
    assert sent(project) == [TEN]


def luma(path: Path) -> list[NDArray[np.int16]]:
    with av.open(path) as container:
        frames = container.decode(video=0)
        return [frame.to_ndarray()[: frame.height].astype(np.int16) for frame in frames]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("size", [(640, 480), (852, 480), (360, 640)])
def test_on_this_machine_a_clip_keeps_its_size(
    run: Run, size: tuple[int, int], turned: bool
) -> None:
    """Also one that a phone has turned: its display matrix says so."""
    picture = Image.effect_noise((16, 16), 99).resize(size).convert("RGB")
    mine = encode(Path("mine.mp4"), [picture] * 10)
    if turned:
        clip = bytearray(mine.read_bytes())
        matrix = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, size[1] * 65536, 0, 1 << 30)
        at = clip.index(b"tkhd") + 44
        clip[at : at + len(matrix)] = matrix
        mine.write_bytes(clip)
    ran = run("extend", mine, "--local", "--duration", "1", "-o", "long.mp4", "--json")
    assert ran.code == 0, ran.answer
    data = ran.answer["data"]
    assert (data["width"], data["height"]) == (size[::-1] if turned else size)
    assert luma(Path("long.mp4"))[0].shape == (data["height"], data["width"])
    if not turned:  # nothing of it is cut away at the edges
        assert np.abs(luma(mine)[0] - luma(Path("long.mp4"))[0]).mean() < 3


def test_on_this_machine_the_seam_is_not_seen_however_often(run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(5).uniform(0, 255, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(noise).resize((960, 640), Image.Resampling.BICUBIC).save("a.png")
    plain = ("--local", "--json")
    made = ("make", "a.png", "--resolution", "480p", "--duration", "3", "-o", "0.mp4")
    assert run(*made, *plain).code == 0
    for number in (1, 2, 3):
        ran = run("extend", "--duration", "2", "-o", f"{number}.mp4", *plain)
        assert ran.code == 0, ran.answer
        assert ran.answer["data"]["duration"] == 3 + 2 * number
    assert run("extend", "3.mp4", "--duration", "1", "-o", "4.mp4", *plain).code == 0
    assert inspect(Path("4.mp4")).duration == pytest.approx(10, abs=0.05)
    before, after = luma(Path("0.mp4")), luma(Path("3.mp4"))
    assert (len(before), len(after)) == (90, 270)
    faded = 21
    for was, now in zip(before[:-faded], after, strict=False):
        assert np.abs(was - now).mean() < 2
    steps = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(after[:-faded])]
    for seam in (90, 150, 210):
        about = steps[seam - 4 : seam - 1] + steps[seam : seam + 3]
        assert steps[seam - 1] <= max(about) + 0.1, seam
    assert max(steps[89:]) <= max(steps[:89])
    assert float(after[0].mean()) > 20 > float(after[-1].mean())  # it fades at the new end
