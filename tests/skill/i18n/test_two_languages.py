"""Each request has its own language, whatever else goes on in the process."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

import skill
from skill.cli import runner
from skill.cli.console import Console
from skill.errors import SkillError, UsageError
from skill.events import Event, Notice, Stage, Words
from skill.i18n import say, speak, spoken
from skill.jobs.request import VideoOptions
from skill.jobs.studio import Studio
from skill.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

CALM = "a calm slideshow, 1 second"
PLAIN = "用我的照片做一段 1 秒的视频"


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


class User:
    """Somebody who makes a video, and all that is told them."""

    def __init__(self, words: str, title: str) -> None:
        self.words, self.title = words, title
        self.told: list[str] = []
        self.notices: list[str] = []

    def tell(self, event: Event) -> None:
        if isinstance(event, Notice):
            self.notices.append(event.message)
        if isinstance(event, Stage | Notice | Words):
            self.told.append(event.text if isinstance(event, Words) else event.message)

    async def make(self, home: Path, photos: list[Path], both_ready: asyncio.Barrier) -> None:
        config = Config.resolve(local=True, home=home)
        wish = VideoOptions(duration=1, resolution="480p", title=self.title)
        async with Studio.open(config, self.tell) as studio:
            await both_ready.wait()
            made = await studio.make(photos, self.words, wish, output=home / "x.mp4")
            self.told += made.wishes
            self.told += made.notices
            await self.fail(studio.make([], self.words))
            await self.fail(studio.resume("no such job"))
            await self.fail(studio.open_link())
            self.told.append(studio.credits_line(await studio.credits()))

    async def fail(self, action: object) -> None:
        with pytest.raises(SkillError) as caught:
            await action  # type: ignore[misc]
        self.told += [caught.value.message, caught.value.hint]


def test_two_users_of_one_event_loop_are_told_everything_in_their_own(
    tmp_path: Path, photos: list[Path]
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no picture")
    english, chinese = User(CALM, "Sea \U0010fff0"), User(PLAIN, "夏天 \U0010fff0")

    async def both() -> None:
        ready = asyncio.Barrier(2)
        for name in ("en", "zh"):
            (tmp_path / name).mkdir()
        await asyncio.gather(
            english.make(tmp_path / "en", [*photos, broken], ready),
            chinese.make(tmp_path / "zh", [*photos, broken], ready),
        )
        assert spoken() == "en"  # neither has changed what the task speaks that started them

    anyio.run(both)
    assert [text for text in english.told if is_chinese(text)] == []
    assert [text for text in chinese.told if not is_chinese(text)] == []
    assert min(len(english.told), len(chinese.told)) > 12
    for user, shown in ((english, "is shown without"), (chinese, "没有显示")):
        (warning,) = [text for text in user.notices if "\U0010fff0" in text]
        assert user.title in warning
        assert shown in warning


def test_a_request_without_words_does_not_go_on_in_that_of_the_one_before(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        chinese, english = (
            Config.resolve(local=True, home=tmp_path / tag, language=tag) for tag in ("zh", "en")
        )
        async with Studio.open(chinese) as first, Studio.open(english) as second:
            for _ in range(2):
                for studio, said in ((first, "还没有"), (second, "There is no project")):
                    with pytest.raises(SkillError, match=said):
                        await studio.status()
                    with pytest.raises(SkillError, match=said):
                        await studio.export()

    anyio.run(work)


def test_two_threads_of_a_program_each_have_their_own(
    server: Server, tmp_path: Path, photos: list[Path]
) -> None:
    barrier = threading.Barrier(2)
    heard: dict[str, list[str]] = {CALM: [], PLAIN: []}
    stages: dict[str, list[str]] = {CALM: [], PLAIN: []}

    def tell(words: str, event: Event) -> None:
        if isinstance(event, Notice | Stage):
            heard[words].append(event.message)
        if isinstance(event, Stage):
            stages[words].append(event.stage)

    def make(words: str, home: Path) -> None:
        barrier.wait()
        video = skill.make_video(
            photos, words, output=home / "x.mp4", home=home, tell=partial(tell, words)
        )
        heard[words] += video.wishes
        with pytest.raises(UsageError) as caught:
            skill.make_video([], words, home=home)
        heard[words] += [caught.value.message, caught.value.hint]

    threads = []
    for name, words in (("en", CALM), ("zh", PLAIN)):
        (tmp_path / name).mkdir()
        threads.append(threading.Thread(target=make, args=(words, tmp_path / name)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text for text in heard[CALM] if is_chinese(text)] == []
    assert [text for text in heard[PLAIN] if not is_chinese(text)] == []
    # How often one is told that it goes on hangs on how busy the machine is.
    assert stages[CALM] == stages[PLAIN] != []
    assert min(map(len, heard.values())) > 8
    assert spoken() == "en"


def test_a_thread_that_a_request_starts_speaks_its_language() -> None:
    async def work() -> str:
        speak("zh")
        return await anyio.to_thread.run_sync(say, "Nothing is lost.")

    assert anyio.run(work) == "没有丢失任何内容。"
    assert say("Nothing is lost.") == "Nothing is lost."


class TestOnTheCommandLine:
    def run(self, action: Callable[[Studio], object], console: Console, home: Path) -> None:
        async def act(studio: Studio) -> None:
            await action(studio)  # type: ignore[misc]

        runner.run(console, Config.resolve(home=home), None, act)

    def test_what_is_told_after_the_loop_is_in_that_of_the_work(
        self, tmp_path: Path, server: Server
    ) -> None:
        async def fail(studio: Studio) -> None:
            speak("zh")
            raise UsageError(say("Nothing is lost."))

        with pytest.raises(UsageError):
            self.run(fail, Console(quiet=True), tmp_path)
        assert say("error: {message}", message="x") == "错误：x"

    def test_so_is_the_error_of_a_job_that_is_gone_on_with(
        self, run: Callable[..., Ran], server: Server, photos: list[Path]
    ) -> None:
        server.backend.fail("render_status", status=503, times=None)
        job = run("make", *photos, "-p", PLAIN, "--json").answer["error"]["job"]
        assert run("make", *photos, "-p", CALM, "--no-export").code == 0
        ran = run("resume", job)
        assert [line for line in ran.err.splitlines() if line.startswith("错误：")]

    def test_so_is_the_sign_that_it_is_still_at_it(
        self, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[str] = []
        heard = anyio.Event()

        class Listener(Console):
            @property
            def quiet_for(self) -> float:
                return 31.0

            def tell(self, event: Event) -> None:
                assert isinstance(event, Notice)
                told.append(event.message)
                if event.message.startswith("仍在进行"):
                    heard.set()

        async def no_sleep(seconds: float) -> None:
            await anyio.lowlevel.checkpoint()

        async def act(studio: Studio) -> None:
            speak("zh")
            studio._connection.tell(Notice("…"))
            with anyio.fail_after(10):
                await heard.wait()

        monkeypatch.setattr(anyio, "sleep", no_sleep)
        self.run(act, Listener(), tmp_path)
        assert "仍在进行" in told[-1]
